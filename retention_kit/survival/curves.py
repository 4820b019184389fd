"""Time to churn: Kaplan–Meier by age in months with numbers at risk, and the months of life within a horizon."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Mean:
    """Mean months of life within a horizon (restricted mean survival time), estimated under censoring.

    Attributes
    ----------
    value : float
        Months; NaN where nobody was watched at some age before the horizon.
    variance : float
        Greenwood's, of the mean.
    at_risk : int
        Customers at risk at the horizon, as in `kaplan_meier`.
    """

    value: float
    variance: float
    at_risk: int


def kaplan_meier(
    age: np.ndarray, churned: np.ndarray, *, horizon: int, entry: np.ndarray | None = None
) -> pd.DataFrame:
    """Return the share never churned by each age, for customers who are not all watched equally long.

    Parameters
    ----------
    age : ndarray of int
        Age in months at churn, or the last age watched.
    churned : ndarray of bool
        Whether the customer churned at that age; otherwise it is only known that they had not.
    horizon : int
        Last age of the table.
    entry : ndarray of int, optional
        Age at which watching began: 0 for those seen from their start, 7 for one who already paid at age 7 when the
        history opens. Without it, everybody is seen from the start.

    Returns
    -------
    DataFrame
        Index age 0 … horizon; at_risk (watched at that age and not churned before it), events (churned at it), survival
        (never churned by it), variance (Greenwood's). NaN from the first age nobody was watched at.

    Notes
    -----
    ``S(a) = Π (1 - d/n)`` over ages up to a (Kaplan and Meier, 1958), ``S² Σ d/(n(n - d))`` its variance. At risk at
    age a: ``entry < a <= age``, and at age 0 those seen from the start. A customer whose watching ends at an age counts
    at risk there; one whose watching begins at an age does not yet. Someone who churned and came back has churned. With
    late entries few may be at risk at the first ages: if all of them churn, the curve is 0 from there on.

    Examples
    --------
    >>> curve = kaplan_meier(np.array([1, 2, 3]), np.array([True, False, True]), horizon=2)
    >>> curve["survival"].round(3).tolist()
    [1.0, 0.667, 0.667]

    The third is watched from age 1 on: not at risk at 1, where one of two churns.

    >>> late = kaplan_meier(
    ...     np.array([1, 2, 3]), np.array([True, False, True]), horizon=2, entry=np.array([0, 0, 1])
    ... )
    >>> late["survival"].tolist(), late["at_risk"].tolist()
    ([1.0, 0.5, 0.5], [2, 2, 2])
    """
    at_risk, events = counts_by_age(age, churned, horizon=horizon, entry=entry)
    watched = at_risk.copy()
    watched[0] = max(at_risk[0], 1)  # nobody has churned at age 0, whether anybody was watched then or not
    survival = product_limit(watched, events)
    # where everybody has churned Greenwood's sum is not defined, and nothing is left to vary
    variance = np.where(survival > 0, survival**2 * _greenwood(watched, events).cumsum(), survival)
    columns = {"at_risk": at_risk, "events": events, "survival": survival, "variance": variance}
    return pd.DataFrame(columns, index=pd.RangeIndex(horizon + 1, name="age"))


def rmst(age: np.ndarray, churned: np.ndarray, *, horizon: int, entry: np.ndarray | None = None) -> Mean:
    """Return the mean months that a customer stays during the first `horizon` months.

    Parameters
    ----------
    age, churned, entry
        As in `kaplan_meier`.
    horizon : int
        Months; at least 1.

    Returns
    -------
    Mean

    Notes
    -----
    Restricted mean survival time ``Σ S(a)`` over ages 0 … horizon - 1, the area under the Kaplan–Meier curve; variance
    ``Σ (Σ_{b>=a} S(b))² d/(n(n - d))``, as R's ``survfit`` prints it.

    Examples
    --------
    Two leave at 1 and 3 months, two stay: 1 + 3 + 4 + 4 months within the first four.

    >>> rmst(np.array([1, 3, 4, 6]), np.array([True, True, False, False]), horizon=4).value
    3.0
    """
    at_risk, events = counts_by_age(age, churned, horizon=horizon, entry=entry)
    value, variance = rmst_of_counts(at_risk[1:-1], events[1:-1])
    return Mean(float(value), float(variance), int(at_risk[-1]))


def rmst_of_counts(at_risk: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `rmst` and its variance from counts by age.

    Parameters
    ----------
    at_risk, events : ndarray of int
        Last axis: ages 1 … horizon - 1 (churn at the horizon shortens no stay within it). Leading axes: any, such as
        the permutations of a test.

    Returns
    -------
    value, variance : ndarray
        Of the leading axes; NaN where nobody is at risk at some age while some may still stay.

    Examples
    --------
    >>> value, variance = rmst_of_counts(np.array([[4, 3, 3], [4, 4, 4]]), np.array([[1, 0, 1], [0, 0, 0]]))
    >>> value.tolist(), variance.tolist()
    ([3.0, 4.0], [0.375, 0.0])
    """
    survival = product_limit(at_risk, events)
    still_to_come = survival[..., ::-1].cumsum(axis=-1)[..., ::-1]
    variance = (still_to_come**2 * _greenwood(at_risk, events)).sum(axis=-1)
    return 1 + survival.sum(axis=-1), variance


def counts_by_age(
    age: np.ndarray, churned: np.ndarray, *, horizon: int, entry: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many are at risk and how many churn at each age 0 … horizon; parameters as in `kaplan_meier`."""
    entry = np.zeros_like(age) if entry is None else np.minimum(entry, age)
    at_risk = _reaching(age, horizon) - _reaching(entry, horizon)
    at_risk[0] = np.count_nonzero(entry == 0)
    return at_risk, np.bincount(age[churned & (age > entry)], minlength=horizon + 1)[: horizon + 1]


def product_limit(at_risk: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Return Kaplan–Meier's product along the last axis: NaN from an age without anybody on, 0 once all have churned.

    Ours rather than statsmodels' ``SurvfuncRight``: the permutation test and the pseudo-values take thousands of curves
    at a time, and with late entries that one rises from 0 to 1e-16 again.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(np.where(at_risk > 0, 1 - events / at_risk, np.nan), axis=-1)
    return np.where(np.logical_or.accumulate(survival == 0, axis=-1), 0.0, survival)


def _greenwood(at_risk: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Return the terms ``d/(n(n - d))`` of Greenwood's sum; 0 where all at risk churned, and the curve with them."""
    staying = at_risk - events
    return np.divide(events, at_risk * staying, out=np.zeros(np.shape(at_risk)), where=staying > 0)


def _reaching(ages: np.ndarray, horizon: int) -> np.ndarray:
    """Return how many of `ages` are at least 0, 1, … horizon."""
    return np.bincount(np.minimum(ages, horizon), minlength=horizon + 1)[::-1].cumsum()[::-1]
