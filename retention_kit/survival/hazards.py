"""Hazards of churn compared: the log-rank test, Cox's ratio, and a factor that begins during the customer's life."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.survival.partial_likelihood import Spells, maximum, proportional_p, spells, sums_at_risk

NAN = float("nan")


@dataclass(frozen=True)
class Test:
    """A test of several groups at once: its statistic, degrees of freedom and p-value."""

    __test__ = False  # pytest takes every class of this name for one of its own
    statistic: float
    freedom: float
    p_value: float


@dataclass(frozen=True)
class Hazard:
    """A hazard ratio, its limits, and whether one ratio fits all ages (`proportional_p`); NaN where there is none."""

    ratio: float = NAN
    low: float = NAN
    high: float = NAN
    p_value: float = NAN
    log_ratio: float = NAN
    error: float = NAN
    proportional_p: float = NAN


def log_rank(age: np.ndarray, churned: np.ndarray, group: np.ndarray, *, entry: Any = None, strata: Any = None) -> Test:
    """Test whether groups churn at the same pace, over the whole time they are watched.

    Parameters
    ----------
    age : ndarray
        Age in months at churn, or the last age watched.
    churned : ndarray of bool
        Whether the customer churned at that age.
    group : ndarray of int
        The group of each customer, two or more.
    entry : ndarray, optional
        Age at which watching began; at risk from the month after (at every age for entry 0).
    strata : ndarray, optional
        Customers are only compared with those of their own stratum.

    Returns
    -------
    Test
        Chi-squared on one degree less than there are groups. NaN where no churn falls while two groups are watched,
        or where some groups never meet the others in a stratum.

    Notes
    -----
    Computed by ``statsmodels.duration.survfunc.survdiff``, whose delayed entry is open as it should be but is not
    split by its strata: strata are laid one after another on one axis instead, which is the same test. Groups that
    are never watched together with another while somebody churns do not count. The log-rank test looks for hazards
    that differ by one factor throughout; it sees little where curves cross or where only the first months differ.

    Examples
    --------
    >>> age = np.array([10, 20, 30, 10, 20, 50])
    >>> found = log_rank(age, np.ones(6, bool), np.array([1, 1, 1, 0, 0, 0]))
    >>> round(found.statistic, 6), found.freedom, round(found.p_value, 6)
    (0.254237, 1, 0.614107)
    """
    from scipy.stats import chi2
    from statsmodels.duration.survfunc import survdiff

    lives = spells(age, churned, entry=entry, strata=strata)
    labels, code = np.unique(np.asarray(group)[lives.row], return_inverse=True)
    met = _groups_that_meet(lives, code, len(labels))
    if met is None:
        return Test(NAN, NAN, NAN)
    rows = met[code]
    statistic, _ = survdiff(lives.stop[rows], lives.churned[rows], code[rows], entry=lives.start[rows])
    freedom = int(met.sum()) - 1
    return Test(float(statistic), freedom, float(chi2.sf(statistic, freedom)))


def _groups_that_meet(lives: Spells, code: np.ndarray, groups: int) -> np.ndarray | None:
    """Which groups are watched together while some churn and some stay; None where these do not all hang together."""
    from scipy.sparse.csgraph import connected_components

    times, events = np.unique(lives.stop[lives.churned], return_counts=True)
    at_risk = sums_at_risk(lives, times, (code[:, None] == np.arange(groups)).astype(float))
    together = (at_risk[events < at_risk.sum(axis=1)] > 0).astype(int)
    meetings = together.T @ together
    met = (meetings - np.diag(np.diag(meetings))).any(axis=0)
    if not met.any() or connected_components(meetings[np.ix_(met, met)], directed=False)[0] > 1:
        return None
    return met


def cox(
    age: np.ndarray,
    churned: np.ndarray,
    exog: np.ndarray,
    *,
    entry: Any = None,
    strata: Any = None,
    level: float = 0.95,
) -> Hazard:
    """Return the ratio of the churn hazards for one unit more of the first column of `exog`.

    Parameters
    ----------
    age : ndarray
        Age in months at churn, or the last age watched.
    churned : ndarray of bool
        Whether the customer churned at that age.
    exog : ndarray
        One row a customer: the factor first, then what it is adjusted for.
    entry : ndarray, optional
        Age at which watching began; at risk from the month after (at every age for entry 0).
    strata : ndarray, optional
        Each stratum has a baseline hazard of its own.
    level : float
        Level of the (Wald) limits.

    Returns
    -------
    Hazard
        All NaN where the factor cannot be told from the other columns, where a value is missing, or where the
        likelihood has no maximum, as when all churn falls in one arm.

    Notes
    -----
    Cox's partial likelihood with Efron's ties, of ``statsmodels.duration.hazard_regression.PHReg``. A further column
    that repeats others is left out. `proportional_p` is Grambsch and Therneau's score test for the first column
    against the Kaplan–Meier transform of time, as ``cox.zph`` of R's survival 3 does; small values say that one ratio
    does not describe all ages.

    Examples
    --------
    >>> age, churned = np.array([2, 3, 5, 8, 4, 1, 6, 7]), np.array([1, 1, 0, 1, 1, 1, 0, 1], bool)
    >>> found = cox(age, churned, np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    >>> round(found.ratio, 3), round(found.low, 3), round(found.high, 3)
    (1.473, 0.244, 8.904)
    """
    lives = spells(age, churned, entry=entry, strata=strata)
    return _hazard(lives, _columns(exog)[lives.row], level)


def cox_time_varying(
    age: np.ndarray,
    churned: np.ndarray,
    activated: np.ndarray,
    *,
    entry: Any = None,
    exog: np.ndarray | None = None,
    level: float = 0.95,
) -> Hazard:
    """Return the ratio of the churn hazards after an activation to those before it or without one.

    Parameters
    ----------
    age : ndarray
        Age in months at churn, or the last age watched.
    churned : ndarray of bool
        Whether the customer churned at that age.
    activated : ndarray
        Age at activation; NaN for customers who never did.
    entry : ndarray, optional
        Age at which watching began; at risk from the month after (at every age for entry 0).
    exog : ndarray, optional
        What it is adjusted for, known at the start: one row a customer.
    level : float
        Level of the (Wald) limits.

    Returns
    -------
    Hazard
        As for :func:`cox`.

    Notes
    -----
    A customer is exposed from the month after activation: the month itself was survived in order to activate, and
    counting it makes a feature that does nothing look as if it kept customers, as comparing ever with never activated
    does far more (Stanford heart transplants: ratio 0.27 ever against never, 1.14 here; Crowley and Hu 1977, values of
    R's survival). It does not cure confounding: engaged customers activate more.

    Examples
    --------
    >>> age, churned = np.array([2, 3, 5, 8, 4, 1, 6, 7]), np.array([1, 1, 0, 1, 1, 1, 0, 1], bool)
    >>> activated = np.array([np.nan, 1, 2, 2, np.nan, np.nan, 3, 7])
    >>> round(cox_time_varying(age, churned, activated).ratio, 3)
    0.395
    """
    rows = expanded(age, churned, activated, entry=entry)
    lives = spells(rows["stop"].to_numpy(), rows["churned"].to_numpy(), entry=rows["start"].to_numpy())
    columns = rows["exposed"].to_numpy(float)[:, None]
    if exog is not None:
        columns = np.hstack([columns, _columns(exog)[rows["customer"].to_numpy()]])
    return _hazard(lives, columns[lives.row], level)


def expanded(age: np.ndarray, churned: np.ndarray, activated: np.ndarray, *, entry: Any = None) -> pd.DataFrame:
    """Return the stretches of each life before and after activation, one row each.

    Parameters
    ----------
    age, churned, activated, entry : ndarray
        As for :func:`cox_time_varying`.

    Returns
    -------
    DataFrame
        customer (position in the arrays), start (not included), stop (included), churned at stop, exposed. Two rows
        for customers who activate while watched, none for those never at risk.

    Examples
    --------
    >>> expanded(np.array([5, 3]), np.array([True, False]), np.array([2, np.nan]))
       customer  start  stop  churned  exposed
    0         0    0.0   2.0    False    False
    1         0    2.0   5.0     True     True
    2         1    0.0   3.0    False    False
    """
    age = np.asarray(age, float)
    begun = np.zeros(len(age)) if entry is None else np.asarray(entry, float)
    switch = np.where(np.isnan(activated), age, np.clip(activated, begun, np.maximum(age, begun)))
    customer = np.arange(len(age))
    before = {"customer": customer, "start": begun, "stop": switch, "churned": churned & (switch >= age)}
    after = {"customer": customer, "start": switch, "stop": age, "churned": churned}
    rows = pd.concat([pd.DataFrame(before).assign(exposed=False), pd.DataFrame(after).assign(exposed=True)])
    return rows[rows["start"] < rows["stop"]].sort_values(["customer", "start"], ignore_index=True)


def _columns(exog: Any) -> np.ndarray:
    exog = np.asarray(exog, float)
    return exog if exog.ndim == 2 else exog[:, None]


def _hazard(lives: Spells, columns: np.ndarray, level: float) -> Hazard:
    """Estimate, Wald limits and check of the first column."""
    from scipy.stats import norm

    fitted = maximum(lives, columns)
    if fitted is None:
        return Hazard()
    log_ratio, error = fitted.coefficient, fitted.error
    reach = norm.isf((1 - level) / 2) * error
    ratio, low, high = np.exp([log_ratio, log_ratio - reach, log_ratio + reach])
    p_value = 2 * norm.sf(abs(log_ratio / error))
    values = (ratio, low, high, p_value, log_ratio, error, proportional_p(lives, fitted))
    return Hazard(*map(float, values))
