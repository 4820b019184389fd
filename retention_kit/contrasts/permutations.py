"""Labels dealt by chance: what the difference of two ratios looks like when the factor means nothing."""

import math
from collections.abc import Iterator

import numpy as np

_CELLS = 60_000  # customers × draws at a time: they fit the processor's cache, and 100,000 customers fit the memory
_NOISE = 1e12  # a variance that gives more standard errors than this is rounding, as is a difference below 1 over it


def permutation_p(
    numerator: np.ndarray, denominator: np.ndarray, treated: np.ndarray, *, draws: int = 1999, seed: int = 0
) -> float:
    """Return the studentised permutation p-value of a difference of two ratios of sums.

    Parameters
    ----------
    numerator, denominator : ndarray, one value a customer
        The denominator is positive.
    treated : ndarray of bool
    draws : int
        How often the customers are dealt anew to two groups of the same sizes.
    seed : int

    Returns
    -------
    float
        NaN when a group has fewer than two customers.

    Notes
    -----
    ``p = (1 + #{|T*| >= |T|}) / (draws + 1)``, T the difference over its leave-one-out error, draws by
    ``Generator(PCG64(seed))``. Exact when the groups follow one law, and nearly so when they share the ratio alone
    (Janssen 1997; Chung & Romano 2013), which the unstudentised test is not. Without any spread T is 0 where the ratios
    agree, infinite where they do not.

    Examples
    --------
    >>> paid = np.full(12, 100.0)
    >>> now = np.array([120.0, 110, 130, 115, 105, 125, 80, 90, 0, 85, 95, 100])
    >>> permutation_p(now, paid, np.arange(12) < 6) < 0.05
    True
    """
    n, first = len(treated), int(treated.sum())
    if min(first, n - first) < 2:
        return math.nan
    order = np.argsort(~treated, kind="stable")[None]
    seen = _studentised(numerator[order], denominator[order], first)[0]
    as_far = sum(
        int((_studentised(numerator[deal], denominator[deal], first) >= seen * (1 - 1e-9)).sum())
        for deal in _deals(n, draws, seed)
    )
    return (1 + as_far) / (draws + 1)


def _deals(n: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yield orders of the customers, one a row, in blocks."""
    generator = np.random.Generator(np.random.PCG64(seed))
    rows = max(1, _CELLS // n)
    for done in range(0, draws, rows):
        shape = (min(rows, draws - done), n)
        yield generator.permuted(np.broadcast_to(np.arange(n), shape), axis=1)


def _studentised(numerator: np.ndarray, denominator: np.ndarray, first: int) -> np.ndarray:
    """Return ``|T|`` of every row, whose `first` entries are the treated."""
    ratio_1, variance_1 = _ratio(numerator[:, :first], denominator[:, :first])
    ratio_0, variance_0 = _ratio(numerator[:, first:], denominator[:, first:])
    return standardised(ratio_1 - ratio_0, variance_1 + variance_0)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ratio and squared leave-one-out error of every row: ``e / (1 - h) = (y - R·d) / (D - d)``."""
    total = denominator.sum(axis=1, keepdims=True)
    ratio = numerator.sum(axis=1, keepdims=True) / total
    left_out = (numerator - ratio * denominator) / (total - denominator)
    return ratio[:, 0], np.einsum("ij,ij->i", left_out, left_out)


def standardised(difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return ``|difference| / √variance``: without any variance 0 where there is no difference, else infinity.

    Infinite also where a draw cannot tell (NaN): such a draw speaks against a finding, never for it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.abs(difference) / np.sqrt(variance)
    far = np.where(far < _NOISE, far, np.inf)
    return np.where(np.abs(difference) * _NOISE < 1, 0.0, far)
