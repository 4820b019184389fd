"""A feature that does nothing, and how often it looks good: the false alarm of lesson 7, live."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from retention_kit.hypotheses import compare
from retention_kit.ledger import Ledger, build_ledger
from retention_kit.subjects import subjects
from retention_kit.survival import log_rank

_MONTHS, _CHURN, _ACTIVATION = 24, 0.05, 0.10
_AS_OF = pd.Timestamp("2025-12-31")
FACTOR = "feature_activated_at"


class Tables(NamedTuple):
    """The two tables of an invented business."""

    subscriptions: pd.DataFrame
    customers: pd.DataFrame


def useless_feature(customers: int = 60, *, seed: int = 0) -> Tables:
    """Return an invented business with a feature that does nothing.

    Everybody is as likely to leave in each month (5 %), and whoever is still there as likely to activate the feature
    (10 %): neither knows of the other. Customers arrive over two years.

    Parameters
    ----------
    customers : int
    seed : int

    Returns
    -------
    Tables
        subscriptions (100 € a month each) and customers, with ``feature_activated_at``, empty for those who left or
        were watched until the end without activating it, and ``activated``.

    Examples
    --------
    >>> int(useless_feature(60, seed=1).customers["activated"].sum())
    22
    """
    rng = Generator(PCG64(seed))
    began = rng.integers(0, _MONTHS, customers)  # months before the end
    stays, waits = rng.geometric(_CHURN, customers), rng.geometric(_ACTIVATION, customers)
    names = [f"K{number:04d}" for number in range(customers)]
    closing = _AS_OF.to_period("M")
    start = pd.PeriodIndex([closing - int(months) for months in began]).to_timestamp()
    end = _later(start, np.where(stays <= began, stays, -1))
    subscriptions = pd.DataFrame({"subscription_id": names, "customer_id": names, "start": start, "end": end})
    activated = _later(start, np.where(waits <= np.minimum(stays - 1, began), waits, -1))
    known = pd.DataFrame({"customer_id": names, FACTOR: activated, "activated": activated.notna()})
    return Tables(subscriptions.assign(amount=100, interval="month", currency="EUR"), known)


def _later(start: pd.DatetimeIndex, months: np.ndarray) -> pd.Series:
    """Return each start so many months later; no date where the number is negative."""
    days = [day + pd.DateOffset(months=int(n)) if n >= 0 else pd.NaT for day, n in zip(start, months, strict=True)]
    return pd.Series(pd.DatetimeIndex(days))


def false_alarms(customers: int = 60, *, times: int = 20, seed: int = 0) -> pd.DataFrame:
    """Ask of many businesses whether a feature that does nothing keeps customers, naively and honestly.

    Parameters
    ----------
    customers : int
        Of each business.
    times : int
        How many businesses.
    seed : int
        Of the first; the next ones follow.

    Returns
    -------
    DataFrame
        One row a business: ``naive_p_value``, of the log-rank test between those who ever activated the feature and
        those who never did; ``honest_p_value``, of `compare` from the landmark at three months, empty where it refuses;
        ``verdict``, what `compare` says.

    Examples
    --------
    >>> alarms = false_alarms(times=2)
    >>> alarms.columns.tolist()
    ['naive_p_value', 'honest_p_value', 'verdict']
    """
    return pd.DataFrame([_asked(useless_feature(customers, seed=seed + i)) for i in range(times)])


def _asked(tables: Tables) -> dict[str, float | str]:
    ledger = build_ledger(tables.subscriptions, as_of=_AS_OF, customers=tables.customers)
    found = compare(ledger, FACTOR, outcome="retention", landmark=3, adjust=(), randomised=True)
    naive = _ever_against_never(ledger)
    return {"naive_p_value": naive, "honest_p_value": found.p_value, "verdict": found.verdict.kind}


def _ever_against_never(ledger: Ledger) -> float:
    """Return what is usually computed: whoever ever activated it against whoever never did, from their first day."""
    lives = subjects(ledger)
    ever = ledger.customers["activated"].to_numpy()[lives.customer]
    return log_rank(lives.age, lives.churned, ever.astype(int)).p_value
