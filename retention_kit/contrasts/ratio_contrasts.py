"""Ratios of sums compared: NRR, GRR, expansion, mean spend, and whatever else is one sum over another.

Every arm has the leave-one-out error and the degrees of freedom of `intervals.ratio_error`. An arm in which nobody
differs from its ratio does not show its own spread; it borrows that of the other arms, scaled to its own accounts.
"""

import math
from dataclasses import dataclass

import numpy as np

from retention_kit.contrasts.comparisons import StudentT
from retention_kit.intervals import RatioSums, ratio_error, ratio_sums


@dataclass(frozen=True)
class RatioDifference(StudentT):
    """The difference of two ratios of sums, treated minus reference.

    Attributes
    ----------
    estimate, error, freedom : float
    sums : tuple of two RatioSums
        Of the treated, then of the reference: their ratios, effective numbers and largest shares.
    """

    sums: tuple[RatioSums, RatioSums]


@dataclass(frozen=True)
class Spreads:
    """Variance and degrees of freedom by arm; `own` is False for an arm that borrowed them."""

    variance: np.ndarray
    freedom: np.ndarray
    own: np.ndarray


def ratio_difference(
    numerator: np.ndarray, denominator: np.ndarray, treated: np.ndarray, *, weights: np.ndarray | None = None
) -> RatioDifference:
    """Compare ``Σ numerator / Σ denominator`` of two groups.

    Parameters
    ----------
    numerator, denominator : ndarray, one value a customer
        The denominator is positive.
    treated : ndarray of bool
    weights : ndarray, optional
        Multiply both; customers of weight 0 do not enter. Taken as known.

    Returns
    -------
    RatioDifference
        NaN error, hence no interval and no p-value, when an arm has fewer than two customers or neither shows any
        spread.

    Notes
    -----
    Difference ± t · √(v₁ + v₀), v the squared leave-one-out error of each arm, with Satterthwaite's degrees of freedom
    ``(v₁ + v₀)² / (v₁²/f₁ + v₀²/f₀)``. With equal denominators v = s²/(n - 1) and f = n - 1: Welch's t test with
    n - 1 in the place of n under the variances. An arm without spread takes the other's degrees of freedom and
    ``v₁ = v₀ · (q₁/D₁)/(q₀/D₀)``, what is expected of it under one variance proportional to the denominator.

    Examples
    --------
    >>> paid = np.array([100.0, 100.0, 100.0, 50.0, 150.0, 100.0])
    >>> now = np.array([120.0, 100.0, 110.0, 50.0, 120.0, 90.0])
    >>> found = ratio_difference(now, paid, np.array([True] * 3 + [False] * 3))
    >>> round(found.estimate, 3), round(found.contrast(0.95).low, 3)
    (0.233, -0.07)
    """
    sums = sums_by_group(numerator, denominator, np.where(treated, 0, 1), 2, weights)
    found = spreads(sums)
    error, freedom = math.sqrt(found.variance.sum()), float(found.freedom.max())
    if found.own.all():
        freedom = float(found.variance.sum() ** 2 / (found.variance**2 / found.freedom).sum())
    return RatioDifference(sums[0].ratio - sums[1].ratio, error, freedom, (sums[0], sums[1]))


def sums_by_group(
    numerator: np.ndarray, denominator: np.ndarray, group: np.ndarray, groups: int, weights: np.ndarray | None = None
) -> list[RatioSums]:
    """Return the sums of groups 0, 1, …."""
    if weights is not None:
        enters = weights > 0
        numerator, denominator, group = (weights * numerator)[enters], (weights * denominator)[enters], group[enters]
    return [ratio_sums(numerator[group == code], denominator[group == code]) for code in range(groups)]


def spreads(sums: list[RatioSums]) -> Spreads:
    """Return the spread of every group's ratio; all NaN when a group has fewer than two customers or none has any."""
    error, freedom = np.array([ratio_error(each) for each in sums]).T
    own = ~np.isnan(error)
    if not own.any() or min(each.n for each in sums) < 2:
        return Spreads(error * math.nan, freedom * math.nan, own)
    expected = np.array([each.q / each.denominator for each in sums])
    # σ² of Var(numerator) = σ² · denominator, as the arms that show it do on average
    scale = (error[own] ** 2 / expected[own]).mean()
    variance = np.where(own, error**2, scale * expected)
    return Spreads(variance, np.where(own, freedom, freedom[own].min()), own)
