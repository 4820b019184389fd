"""Who enters a comparison, from when on, and what is measured of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.factors import Dated, days_of
from retention_kit.ledger import Ledger
from retention_kit.schema import attribute
from retention_kit.wording import Message

_ARRAYS = ("customer", "age", "churned", "entry", "follow_up", "shift", "term", "elapsed")
_NEVER = np.iinfo(np.int64).max // 2
_TOO_LATE = {"landmark": ("left_landmark", "unwatched_landmark"), "clock": ("left_clock", "unwatched_clock")}
AMOUNTS = ("nrr", "grr", "expansion", "spend")
"""Outcomes that are money: what `amounts` measures."""


@dataclass(frozen=True, eq=False)
class Subjects:
    """The customers of a comparison, one place each in every array; ages are months since the zero of the clock.

    Attributes
    ----------
    customer : ndarray of int
        Their places in the book.
    age : ndarray of int
        Age at churn, or last age watched.
    churned : ndarray of bool
        Whether their churn was seen.
    entry : ndarray of int
        Age at which watching began; 0 for those watched since the zero of the clock. At risk at a: entry < a <= age.
    follow_up : ndarray of int
        Months from the zero of the clock to the last month observed, churned or not.
    shift : ndarray of int
        The zero of the clock, in months since their own first month end with MRR.
    term : ndarray of int
        Months between the dates at which their contract can end (`Ledger.terms`).
    elapsed : ndarray of int
        Months from the start of their contract to the zero of the clock: `shift`, or since they last came back.
    excluded : tuple of Message
        Customers who do not enter, and why.
    notes : tuple of Message
        What a reader must know of those who do.
    """

    customer: np.ndarray
    age: np.ndarray
    churned: np.ndarray
    entry: np.ndarray
    follow_up: np.ndarray
    shift: np.ndarray
    term: np.ndarray
    elapsed: np.ndarray
    excluded: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()

    def __len__(self) -> int:
        return len(self.customer)

    def only(self, some: np.ndarray) -> "Subjects":
        """Return some of them (a mask)."""
        return replace(self, **{name: getattr(self, name)[some] for name in _ARRAYS})


class Amounts(NamedTuple):
    """What each subject adds to both sums of an outcome, in units of money; nothing to either if they do not enter."""

    enters: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray
    excluded: tuple[Message, ...]


def subjects(
    ledger: Ledger, *, landmark: int = 0, clock: str | pd.Series | None = None, factor: Dated | None = None
) -> Subjects:
    """Return the customers who enter a comparison, with their times to churn.

    Parameters
    ----------
    ledger : Ledger
    landmark : int
        Age in months at which everybody's clock starts: only those who have never churned by it and have been watched
        up to it enter.
    clock : str or Series, optional
        A column of dates, or its name among the customers: everybody's clock starts at the first month end at or after
        their date, and not before their first month end with MRR. Only customers with a date enter, and of those only
        who has not left by then; who had left before and is back counts, with what comes after.
    factor : Dated, optional
        The dated factor compared at the landmark: how many get it later is then among the notes.

    Returns
    -------
    Subjects

    Raises
    ------
    OptionError
        If `landmark` is no whole number of months, or is given together with a `clock`, or the clock's column holds no
        dates.
    UnknownColumnError
        If the customers have no such column.

    Notes
    -----
    Who paid already when a history begins enters at the age they had then, if the file tells when they began (delayed
    entry); if not, they are left out. A churn at the zero of the clock, or before it, leaves a customer out; under a
    `clock`, only one from which they have not come back by then.

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> ledger = open_ledger(as_of="2025-12-31")
    >>> all_of_them, at_three = subjects(ledger), subjects(ledger, landmark=3)
    >>> len(all_of_them) - len(at_three) == sum(message.fields["n"] for message in at_three.excluded)
    True
    """
    lives = ledger.engine.lives(ledger.book, ledger.grace_months)
    zero, given = _zeros(ledger, lives.start, landmark, clock)
    if clock is None:
        churn, left, back = _ever_left(lives.churned, zero)
    else:
        churn, left, back = _gaps(ledger, lives.start).seen_from(zero)
    churned = churn >= 0
    age = np.where(churned, churn, lives.watched)
    unwatched = ~left & (lives.watched < zero)
    why = _TOO_LATE["landmark" if clock is None else "clock"]
    fields = {"landmark": landmark, "clock": _name(clock), "as_of": ledger.as_of}
    reasons = {"start_unseen": ~lives.known, "no_clock": ~given, **dict(zip(why, (left, unwatched), strict=True))}
    who = np.flatnonzero(lives.known & given & ~left & ~unwatched)
    zero, entry = zero[who], np.maximum(lives.entry - zero, 0)[who]
    return Subjects(
        customer=who,
        age=age[who] - zero,
        churned=churned[who],
        entry=entry,
        follow_up=lives.watched[who] - zero,
        shift=zero,
        term=ledger.terms[who],
        elapsed=zero - back[who],
        excluded=_first_reasons(fields, reasons),
        notes=_notes(who, entry, landmark, factor, int((back[who] > 0).sum())),
    )


def amounts(ledger: Ledger, subjects: Subjects, outcome: str, horizon: int) -> Amounts:
    """Return what each subject adds to an outcome in money, `horizon` months after the zero of their clock.

    Parameters
    ----------
    ledger : Ledger
    subjects : Subjects
        Of the same ledger.
    outcome : {"nrr", "grr", "expansion", "spend"}
        MRR then; the smaller of MRR then and at the zero; what is more than at the zero; each over MRR at the zero. Or
        ``spend``, MRR then over 1.
    horizon : int

    Returns
    -------
    Amounts
        Arrays as long as the subjects. Those who have churned enter with what they pay then: nothing, or what they
        came back with. Only those with `horizon` months of potential follow-up enter, churned or not, who were watched
        at the zero; and, but for ``spend``, who paid at it.

    Raises
    ------
    OptionError
        If there is no such outcome.

    Notes
    -----
    To leave out those who churned, or to count as 0 those not yet watched for so long, would both mislead.
    """
    if outcome not in AMOUNTS:
        raise OptionError("error.option", name="outcome", value=str(outcome), legal=list(AMOUNTS))
    before, then = (_cents_at(ledger, subjects, subjects.shift + months) for months in (0, horizon))
    numerator = {"grr": np.minimum(before, then), "expansion": np.maximum(then - before, 0)}.get(outcome, then)
    divisor = np.ones(len(subjects)) if outcome == "spend" else ledger.to_units(before)
    reasons = {
        "follow_up": subjects.follow_up < horizon,
        "delayed_money": subjects.entry > 0,
        "nothing_at_zero": divisor == 0,
    }
    enters = ~np.logical_or.reduce(list(reasons.values()))
    found = (np.where(enters, values, 0.0) for values in (ledger.to_units(numerator), divisor))
    return Amounts(enters, *found, _first_reasons({"horizon": horizon}, reasons))


def _zeros(
    ledger: Ledger, start: np.ndarray, landmark: Any, clock: str | pd.Series | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the age at which each customer's clock starts, and whether they have one."""
    whole = isinstance(landmark, int | np.integer) and not isinstance(landmark, bool)
    if not whole or landmark < 0:
        raise OptionError("error.landmark", value=str(landmark))
    if clock is None:
        return np.full(len(start), int(landmark)), np.ones(len(start), bool)
    if landmark:
        raise OptionError("error.two_clocks", landmark=landmark, clock=_name(clock))
    days = days_of(attribute(ledger.customers, clock, "clock") if isinstance(clock, str) else clock)
    if days is None:
        raise OptionError("error.clock", name=_name(clock))
    given = (days <= pd.Timestamp(ledger.as_of)).to_numpy(bool)
    month = np.where(given, (days.dt.year * 12 + days.dt.month - 1).to_numpy(float, na_value=0), start)
    return np.maximum(month.astype(np.int64) - start, 0), given


class _Gaps(NamedTuple):
    """Months without MRR too many to be forgiven: whose, and the ages at which they left and came back."""

    customers: int
    owner: np.ndarray
    left: np.ndarray
    back: np.ndarray

    def seen_from(self, zero: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the age at each customer's first churn after `zero`, whether they are gone at it, and their return.

        The churn is -1 where none is seen; the return is the age at which they last came back by then, 0 if never away.
        """
        at = zero[self.owner]
        later, gone, over = self.left > at, (self.left <= at) & (at < self.back), self.back <= at
        churn = np.full(self.customers, _NEVER)
        np.minimum.at(churn, self.owner[later], self.left[later])
        back = np.zeros(self.customers, np.int64)
        np.maximum.at(back, self.owner[over], self.back[over])
        return np.where(churn == _NEVER, -1, churn), np.bincount(self.owner[gone], minlength=self.customers) > 0, back


def _gaps(ledger: Ledger, start: np.ndarray) -> _Gaps:
    book, owner = ledger.book, ledger.book.owner
    ends = book.bounds[1:] - 1
    following = np.append(book.month[1:], 0)
    following[ends] = book.last + 1
    long = following - book.month - 1 > ledger.grace_months
    following[ends] = _NEVER
    whose = owner[long]
    return _Gaps(book.customers, whose, book.month[long] + 1 - start[whose], following[long] - start[whose])


def _ever_left(churned: np.ndarray, zero: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the same where a later return undoes no churn."""
    return churned, (churned >= 0) & (churned <= zero), np.zeros(len(zero), np.int64)


def _name(clock: str | pd.Series | None) -> str:
    return clock if isinstance(clock, str) else str(getattr(clock, "name", None) or "clock")


def _first_reasons(fields: dict[str, Any], reasons: dict[str, np.ndarray]) -> tuple[Message, ...]:
    """Return how many do not enter for each reason, everybody counted under their first."""
    found, free = [], np.ones(len(next(iter(reasons.values()))), bool)
    for reason, those in reasons.items():
        if n := int((those & free).sum()):
            found.append(Message(f"excluded.{reason}", {"n": n, "share": n / len(free), **fields}))
        free &= ~those
    return tuple(found)


def _notes(
    who: np.ndarray, entry: np.ndarray, landmark: int, factor: Dated | None, returned: int
) -> tuple[Message, ...]:
    later = 0 if factor is None else int((factor.age[who] > landmark).sum())
    name = "" if factor is None else factor.factor
    counted: Iterable[tuple[str, int, dict[str, Any]]] = (
        ("delayed_entry", int((entry > 0).sum()), {}),
        ("came_back", returned, {}),
        ("activated_later", later, {"factor": name, "landmark": landmark}),
    )
    return tuple(Message(f"note.{key}", {"n": n, **fields}) for key, n, fields in counted if n)


def _cents_at(ledger: Ledger, subjects: Subjects, age: np.ndarray) -> np.ndarray:
    ages = np.zeros(ledger.book.customers, np.int64)
    ages[subjects.customer] = age
    return ledger.engine.at_age(ledger.book, ages)[subjects.customer]
