"""Who enters a comparison, in which group, and what is known of them; everybody else is counted out by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import ImmortalTimeError, OptionError
from retention_kit.factors import Split, dated, days_of, is_date, split_at, split_by
from retention_kit.hypotheses.averages import Averages, YesShares
from retention_kit.hypotheses.question import MONEY, NUMBER, SHARE, SURVIVAL, Question
from retention_kit.hypotheses.survivors import Survivors
from retention_kit.ledger import Ledger
from retention_kit.months import month_ends
from retention_kit.schema import attribute
from retention_kit.subjects import Subjects, amounts, subjects
from retention_kit.wording import Message

LANDMARK = 3
"""Months from each customer's start at which a dated factor is looked at, unless the analyst says."""
_UNEQUAL = 0.1  # difference of the shares measured above which who is missing may matter
Outcome = Survivors | Averages


@dataclass(frozen=True, eq=False)
class Sample:
    """The customers who enter, one value each, in one order.

    Attributes
    ----------
    subjects : Subjects
    group : ndarray of int
        0 is the reference.
    labels : tuple of Message
        By group.
    outcome : Survivors or Averages
    split : Split
    landmark : int or None
    clock : Message
        From when on ages count.
    excluded, warnings : tuple of Message
    """

    ledger: Ledger
    subjects: Subjects
    group: np.ndarray
    labels: tuple[Message, ...]
    outcome: Outcome
    split: Split
    landmark: int | None
    clock: Message
    excluded: tuple[Message, ...]
    warnings: tuple[Message, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.group)

    def only(self, some: np.ndarray) -> "Sample":
        """Return some of them."""
        parts = {"subjects": self.subjects.only(some), "group": self.group[some], "outcome": self.outcome.only(some)}
        return replace(self, **parts)

    def pair(self, code: int) -> "Sample":
        """Return one group and the reference, as groups 1 and 0."""
        pair = self.only((self.group == 0) | (self.group == code))
        return replace(pair, group=(pair.group == code).astype(int), labels=(self.labels[0], self.labels[code]))

    @property
    def treated(self) -> np.ndarray:
        """Who is not in the reference."""
        return self.group > 0

    def column(self, name: str, argument: str) -> pd.Series:
        """Return an attribute of those who enter."""
        return attribute(self.ledger.customers, name, argument).iloc[self.subjects.customer]

    @property
    def zeros(self) -> pd.DatetimeIndex:
        """The last day of the month in which each one's clock begins."""
        return month_ends(self.ledger.book.last - self.subjects.follow_up)


def drawn(
    ledger: Ledger,
    asked: Question,
    *,
    reference: Any,
    landmark: int | None,
    clock: str | None,
    measured_at: Mapping[str, str],
    seen_from_start: bool,
) -> Sample:
    """Return who enters.

    Parameters
    ----------
    seen_from_start : bool
        Whether customers watched only from a later age on must stay out, because what is computed cannot use them.
    """
    split, landmark, notes = _split(ledger, asked.factor, reference, landmark, clock)
    entering = subjects(ledger, landmark=landmark or 0, clock=clock, factor=split.when if landmark else None)
    counted = _Counted(entering, split.codes()[entering.customer])
    counted = counted.without(counted.group < 0, "no_factor", factor=asked.factor)
    if seen_from_start and asked.outcome in SURVIVAL:
        counted = counted.without(counted.subjects.entry > 0, "delayed")
    counted, outcome = _measured(ledger, asked, counted, measured_at, split.labels)
    return Sample(
        ledger=ledger,
        subjects=counted.subjects,
        group=counted.group,
        labels=split.labels,
        outcome=outcome,
        split=split,
        landmark=landmark,
        clock=clock_rule(landmark, clock),
        excluded=(*entering.excluded, *counted.excluded),
        warnings=(*notes, *_of_those_in(entering.notes, counted.subjects), *counted.notes),
    )


def _of_those_in(notes: tuple[Message, ...], who: Subjects) -> tuple[Message, ...]:
    """Return what is to be said of those who entered: nothing of late entrants if they were counted out."""
    return tuple(note for note in notes if note.key != "note.delayed_entry" or who.entry.any())


def clock_rule(landmark: int | None, clock: str | None) -> Message:
    """Return from when on ages count, in words."""
    if landmark:
        return Message("rule.clock.landmark", {"landmark": landmark})
    return Message("rule.clock.date", {"clock": clock}) if clock else Message("rule.clock.start")


def _split(
    ledger: Ledger, factor: str, reference: Any, landmark: int | None, clock: str | None
) -> tuple[Split, int | None, tuple[Message, ...]]:
    """Return the groups; a factor that is a date is looked at from a landmark on, never ever against never."""
    values = attribute(ledger.customers, factor, "factor")
    if not is_date(values):
        if landmark is not None:
            raise OptionError("error.landmark_not_dated", factor=factor, value=landmark)
        return split_by(factor, values, reference), None, ()
    if clock is not None:
        raise OptionError("error.landmark_and_clock", factor=factor, clock=clock)
    when = dated(factor, values, ledger)
    if when.baseline:
        return split_at(when, 0), None, when.notes
    if landmark == 0:
        raise ImmortalTimeError("error.immortal_time", factor=factor)
    at = LANDMARK if landmark is None else landmark
    if not isinstance(at, int | np.integer) or isinstance(at, bool) or at < 1:
        raise OptionError("error.landmark", value=at)
    return split_at(when, at), at, when.notes


@dataclass(frozen=True, eq=False)
class _Counted:
    """Those still in, and the messages about those who are not."""

    subjects: Subjects
    group: np.ndarray
    excluded: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()

    def without(self, gone: np.ndarray, why: str, **fields: Any) -> "_Counted":
        """Leave some out and say how many."""
        n = int(gone.sum())
        if not n:
            return self
        said = Message(f"excluded.{why}", {"n": n, "share": n / len(gone), **fields})
        return replace(self.keep(~gone), excluded=(*self.excluded, said))

    def keep(self, some: np.ndarray) -> "_Counted":
        return replace(self, subjects=self.subjects.only(some), group=self.group[some])


def _measured(
    ledger: Ledger, asked: Question, counted: _Counted, measured_at: Mapping[str, str], labels: tuple[Message, ...]
) -> tuple[_Counted, Outcome]:
    if asked.outcome in SURVIVAL:
        who = counted.subjects
        return counted, Survivors(asked.outcome, asked.horizon, who.age, who.churned, who.entry, asked.seed)
    if asked.outcome in MONEY:
        return _money(ledger, asked, counted)
    everybody = counted.group
    counted, outcome = _column(ledger, asked, counted, measured_at.get(asked.measured))
    return replace(counted, notes=(*counted.notes, *_answered(asked, everybody, counted.group, labels))), outcome


def _money(ledger: Ledger, asked: Question, counted: _Counted) -> tuple[_Counted, Averages]:
    at_end = amounts(ledger, counted.subjects, asked.outcome, asked.horizon)
    young = counted.subjects.follow_up < asked.horizon
    counted = replace(counted.keep(at_end.enters), excluded=(*counted.excluded, *at_end.excluded))
    if young.sum() * 2 > len(young):
        said = Message("warning.half_too_young", {"n": int(young.sum()), "total": len(young), "horizon": asked.horizon})
        counted = replace(counted, notes=(*counted.notes, said))
    who = counted.subjects

    def path(age: int) -> np.ndarray:
        return amounts(ledger, who, asked.outcome, age).numerator

    numerator, denominator = at_end.numerator[at_end.enters], at_end.denominator[at_end.enters]
    return counted, Averages(asked.horizon, numerator, denominator, who.age, who.churned, path, asked.seed)


def _answered(
    asked: Question, everybody: np.ndarray, known: np.ndarray, labels: tuple[Message, ...]
) -> tuple[Message, ...]:
    """Warn when one group was measured clearly less often than another."""
    sizes = [np.bincount(group, minlength=len(labels)) for group in (everybody, known)]
    share = sizes[1] / np.maximum(sizes[0], 1)
    least, most = int(share.argmin()), int(share.argmax())
    if share[most] - share[least] <= _UNEQUAL:
        return ()
    fields = {"group": labels[least], "least": share[least], "other": labels[most], "most": share[most]}
    return (Message("warning.measured_of_those_there", {"name": asked.measured, **fields}),)


def _column(ledger: Ledger, asked: Question, counted: _Counted, when: str | None) -> tuple[_Counted, Averages]:
    """Take what was measured after the clock's zero, and count out the rest."""
    name = asked.measured
    values = attribute(ledger.customers, name, "outcome")
    counted = counted.without(values.iloc[counted.subjects.customer].isna().to_numpy(), "not_measured", name=name)
    if when is not None:
        days = days_of(attribute(ledger.customers, when, "measured_at"))
        if days is None:
            raise OptionError("error.measured_at", name=name, column=when)
        zeros = month_ends(ledger.book.last - counted.subjects.follow_up)
        at = days.iloc[counted.subjects.customer].to_numpy()
        counted = counted.without(~(at > zeros.to_numpy()), "measured_before", name=name, column=when)
        at = days.iloc[counted.subjects.customer].to_numpy()
        counted = counted.without(at > np.datetime64(ledger.as_of), "measured_later", name=name, as_of=ledger.as_of)
    who = counted.subjects
    numbers = values.iloc[who.customer].astype(float).to_numpy()
    kind = {SHARE: YesShares, NUMBER: Averages}[asked.outcome]
    ever = int(who.age.max(initial=1))
    return counted, kind(ever, numbers, np.ones(len(numbers)), who.age, who.churned, None, asked.seed)
