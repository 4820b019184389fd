"""The signals: each a small function of the events up to a day, one number a customer.

Every function takes the log, the day and the months of its window, looks only at windows that end at the close of that
day, and returns NaN where the events say nothing: no earlier use to fall from, no mail sent, no answer given.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from retention_kit.signals.log import EventLog

LEAST_USES, LEAST_MAILS, LEAST_TIMES = 6, 3, 2
"""Uses a window from which a fall can be told; mails sent; times a feature was used to have been in use.

No thresholds of a team: they say what can be told from chance at all (docs/signals.md).
"""
_BEFORE = 3
_USE = ("login", "feature_use")


def usage_falling(log: EventLog, day: dt.date, months: int) -> np.ndarray:
    """Share by which logins and feature uses fell: 1 − uses in the last window ÷ the average of the three before.

    Of the three windows before, those without any use are left out, so that a young customer is compared with the
    months they had. Negative where use grew; NaN where that average is below six.

    Examples
    --------
    >>> from retention_kit.signals.log import log_of
    >>> days = [*pd.date_range("2025-05-01", periods=10), *pd.date_range("2025-06-01", periods=4)]
    >>> table = pd.DataFrame({"customer_id": "Ada", "at": days, "kind": "login"})
    >>> usage_falling(log_of(table, pd.Index(["Ada"])), dt.date(2025, 6, 30), 1)
    array([0.6])
    """
    now, *before = (log.within(day, months, back).of(*_USE).counts() for back in range(_BEFORE + 1))
    windows = np.maximum(np.count_nonzero(before, axis=0), 1)
    usual = np.sum(before, axis=0) / windows
    return np.where(usual >= LEAST_USES, 1 - now / np.maximum(usual, 1), np.nan)


def feature_dropped(log: EventLog, day: dt.date, months: int) -> np.ndarray:
    """Features used at least twice in the window before and not once in the last; NaN where none was in use."""
    now, before = (log.within(day, months, back).of("feature_use") for back in (0, 1))
    times = pd.Series(1, _features(before)).groupby(level=[0, 1]).sum()
    in_use = times.index[times >= LEAST_TIMES]
    owner = in_use.get_level_values(0).to_numpy(np.int64)
    dropped = np.bincount(owner[~in_use.isin(_features(now))], minlength=log.customers)
    return np.where(np.bincount(owner, minlength=log.customers) > 0, dropped, np.nan)


def _features(used: EventLog) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([used.owner, used.value])


def complaints(log: EventLog, day: dt.date, months: int) -> np.ndarray:
    """Complaints in the window; NaN for everybody where the events know none at all."""
    found = log.within(day, months).of("complaint").counts().astype(float)
    return found if len(log.of("complaint")) else np.full(log.customers, np.nan)


def mails_unopened(log: EventLog, day: dt.date, months: int) -> np.ndarray:
    """Share of the mails sent in the window that were not opened in it; NaN with fewer than three sent."""
    mails = log.within(day, months)
    sent, opened = (mails.of(kind).counts() for kind in ("email_sent", "email_opened"))
    return np.where(sent >= LEAST_MAILS, 1 - np.minimum(opened / np.maximum(sent, 1), 1), np.nan)


def nps_low(log: EventLog, day: dt.date, months: int) -> np.ndarray:
    """Last NPS answer in the window, 0 to 10; the lower one of two on the same day."""
    answers = log.within(day, months).of("nps")
    latest = np.full(log.customers, np.nan)
    # sorted by day, then value: written backwards within a day, the lowest of the last day stays
    order = np.lexsort((-answers.value, answers.day))
    latest[answers.owner[order]] = answers.value[order]
    return latest


def payment_late(log: EventLog, day: dt.date, months: int) -> np.ndarray:
    """Most days by which a payment of the window was late; NaN where none was or nobody wrote down how many."""
    return _largest(log.within(day, months).of("payment_late"))


def limit_reached(log: EventLog, day: dt.date, months: int) -> np.ndarray:
    """Largest share of the plan's limit reached in the window; an event without a share is the whole limit."""
    reached = log.within(day, months).of("limit_reached")
    return _largest(replace(reached, value=np.where(np.isnan(reached.value), 1.0, reached.value)))


def _largest(log: EventLog) -> np.ndarray:
    found = np.full(log.customers, -np.inf)
    known = ~np.isnan(log.value)
    np.maximum.at(found, log.owner[known], log.value[known])
    return np.where(np.isinf(found), np.nan, found)


class Signal(NamedTuple):
    """How a signal is measured, on which side of its threshold it fires, and from which kinds of events.

    Attributes
    ----------
    measure : callable or None
    fires : {"at_least", "at_most"}
    kinds : tuple of str
    by_silence : bool
        Whether the lack of events makes it fire.
    back : int or None
        Windows before the last one that it compares with; None: a kind that ever came is expected.
    share : bool
        Whether its value is a share, at most 1.
    """

    measure: Callable[[EventLog, dt.date, int], np.ndarray] | None
    fires: str = "at_least"
    kinds: tuple[str, ...] = ()
    by_silence: bool = False
    back: int | None = None
    share: bool = False


SIGNALS = {
    "usage_falling": Signal(usage_falling, kinds=_USE, by_silence=True, back=_BEFORE, share=True),
    "feature_dropped": Signal(feature_dropped, kinds=("feature_use",), by_silence=True),
    "complaints": Signal(complaints, kinds=("complaint",)),
    "mails_unopened": Signal(mails_unopened, kinds=("email_sent", "email_opened"), by_silence=True, share=True),
    "nps_low": Signal(nps_low, "at_most", kinds=("nps",)),
    "payment_late": Signal(payment_late, kinds=("payment_late",)),
    "contract_end_ahead": Signal(None, "at_most"),
    "limit_reached": Signal(limit_reached, kinds=("limit_reached",), share=True),
}
"""By name; the end of a contract is no event and comes from the ledger."""


def fires(name: str, value: np.ndarray, threshold: float) -> np.ndarray:
    """Return where a signal fires: at its threshold or beyond; never where it is not known.

    >>> fires("nps_low", np.array([6.0, 7.0, np.nan]), 6).tolist()
    [True, False, False]
    """
    return value <= threshold if SIGNALS[name].fires == "at_most" else value >= threshold
