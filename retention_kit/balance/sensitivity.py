"""How strong a factor nobody measured would have to be to explain a difference, and how strong the measured are."""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from retention_kit.balance.covariates import Column, Covariates
from retention_kit.results.balances import EValue

LEAST_TELLING = 5
"""Customers in every cell of a table that a ratio of the benchmark is computed from."""
_PER_DEVIATION = 0.91  # logarithm of the risk ratio that a difference of one standard deviation amounts to


def e_value(ratio: float, low: float, high: float) -> EValue:
    """Return the E-value of a risk ratio.

    Parameters
    ----------
    ratio, low, high : float
        A risk ratio with its interval, above or below 1.

    Returns
    -------
    EValue
        For the ratio and for the limit of its interval nearest to 1; 1 where the interval contains 1.

    Notes
    -----
    ``RR + √(RR (RR - 1))``, of ``1 / RR`` where it is below 1 (VanderWeele and Ding, 2017).

    Examples
    --------
    >>> found = e_value(3.9, 1.8, 8.7)
    >>> round(found.point, 2), round(found.limit, 2)
    (7.26, 3.0)
    """
    nearest = low if ratio >= 1 else high
    limit = _strength(nearest) if math.isnan(nearest) or (nearest - 1) * (ratio - 1) > 0 else 1.0
    return EValue(_strength(ratio), limit)


def _strength(ratio: float) -> float:
    if not ratio > 0:
        return math.nan
    away = max(ratio, 1 / ratio)
    return away + math.sqrt(away * (away - 1))


def e_value_of_hazard(ratio: float, low: float, high: float) -> EValue:
    """Return the E-value of a hazard ratio of an event that is not rare, such as churn.

    Parameters
    ----------
    ratio, low, high : float

    Notes
    -----
    As a risk ratio it is about ``(1 - 0.5^√HR) / (1 - 0.5^√(1/HR))`` (VanderWeele, 2017). Of a rare event the hazard
    ratio is the risk ratio: `e_value`.

    Examples
    --------
    >>> round(e_value_of_hazard(0.56, 0.46, 0.69).point, 2)
    2.35
    """
    return e_value(*(_risk_ratio(hazard) for hazard in (ratio, low, high)))


def _risk_ratio(hazard: float) -> float:
    if not hazard > 0:
        return math.nan
    return (1 - 0.5 ** math.sqrt(hazard)) / (1 - 0.5 ** math.sqrt(1 / hazard))


def e_value_of_shares(treated: float, reference: float, low: float, high: float) -> EValue:
    """Return the E-value of a difference of shares retained, by the ratio of the shares lost.

    Parameters
    ----------
    treated, reference : float
        Shares retained.
    low, high : float
        Interval of their difference.

    Notes
    -----
    The limits move the share of the group with the factor and keep the reference's, so that the limit is 1 exactly
    when the interval of the difference contains 0. A limit beyond the possible shares is NaN.

    Examples
    --------
    Lost 10 % against 20 %, a ratio of 0.5:

    >>> round(e_value_of_shares(0.9, 0.8, 0.02, 0.18).point, 2)
    3.41
    """
    if not reference < 1:
        return EValue(math.nan, math.nan)
    lost = (1 - treated, 1 - reference - high, 1 - reference - low)
    return e_value(*(share / (1 - reference) for share in lost))


def e_value_of_mean(difference: float, low: float, high: float, deviation: float) -> EValue:
    """Return the E-value of a difference of means.

    Parameters
    ----------
    difference, low, high : float
    deviation : float
        Standard deviation of the outcome.

    Notes
    -----
    As a risk ratio it is about ``exp(0.91 · difference / deviation)`` (VanderWeele and Ding, 2017).

    Examples
    --------
    >>> round(e_value_of_mean(0.5, 0.1, 0.9, 1.0).point, 2)
    2.53
    """
    if not deviation > 0:
        return EValue(math.nan, math.nan)
    return e_value(*(math.exp(_PER_DEVIATION * value / deviation) for value in (difference, low, high)))


@dataclass(frozen=True)
class MeasuredBenchmark:
    """The strongest measured attribute, to hold an E-value against.

    Attributes
    ----------
    column : Column
        A level, or the upper half of a number.
    factor_ratio, outcome_ratio : float
        Risk ratios, 1 or more: how much more frequent it is in one group than in the other, and how much more
        frequent churn is with it than without it (or the other way round).
    """

    column: Column
    factor_ratio: float
    outcome_ratio: float

    @property
    def explains(self) -> float:
        """The largest risk ratio that an attribute so strong can bring about on its own."""
        return self.factor_ratio * self.outcome_ratio / (self.factor_ratio + self.outcome_ratio - 1)


def measured_benchmark(
    churned: np.ndarray, treated: np.ndarray, given: Covariates, *, but: Collection[str] = ()
) -> MeasuredBenchmark | None:
    """Return the measured attribute that could explain most on its own; None where none can tell.

    Parameters
    ----------
    churned, treated : ndarray of bool
    given : Covariates
        A level is held against all others, a number's upper half against its lower.
    but : collection of str
        Attributes that are left out, such as dates.

    Notes
    -----
    Ranked by the bounding factor ``a·b / (a + b - 1)`` of Ding and VanderWeele (2016), unadjusted for one another;
    half a customer is added to every count, so that a small one exaggerates less. Left out is what has fewer than 5
    churned or 5 other customers on either side, or fewer than 5 of either side in a group: such ratios are accidents.

    Examples
    --------
    >>> large, treated = np.arange(40) < 20, np.arange(40) % 20 < np.where(np.arange(40) < 20, 15, 5)
    >>> given = Covariates(large[:, None].astype(float), (Column("size", "large"),))
    >>> found = measured_benchmark(np.arange(40) % np.where(large, 4, 2) == 0, treated, given)
    >>> round(found.factor_ratio, 1), found.column.level
    (2.8, 'large')
    """
    churned, treated = np.asarray(churned, bool), np.asarray(treated, bool)
    found = []
    for column, values in zip(given.columns, given.matrix.T, strict=True):
        high = values > (np.median(values) if column.level is None else 0.5)
        if column.power == 1 and column.name not in but and _tells(high, churned) and _tells(high, treated):
            found.append(MeasuredBenchmark(column, _ratio(high, treated), _ratio(churned, high)))
    return max(found, key=lambda benchmark: benchmark.explains, default=None)


def _tells(high: np.ndarray, other: np.ndarray) -> bool:
    """Return whether both sides of one and of the other meet in enough customers."""
    cells = [int((one & two).sum()) for one in (high, ~high) for two in (other, ~other)]
    return min(cells) >= LEAST_TELLING


def _ratio(event: np.ndarray, group: np.ndarray) -> float:
    """Return how much more frequent an event is on one side than on the other, 1 or more."""
    shares = [(event[side].sum() + 0.5) / (side.sum() + 1) for side in (group, ~group)]
    return float(max(shares) / min(shares))
