"""A difference of shares within strata: Mantel and Haenszel."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

LEAST_PER_ARM = 2
"""Customers of either group below which a stratum has nothing to compare."""


@dataclass(frozen=True)
class Stratified:
    """A difference of shares averaged over strata.

    Attributes
    ----------
    estimate, error : float
        With the factor minus reference, and its standard error by Sato.
    low, high : float
        Limits at `level`.
    level, p_value : float
    dropped : tuple of str
        Strata with fewer than two customers of a group: they compare nothing.
    n : int
        Customers of the strata that stay.
    """

    estimate: float
    error: float
    low: float
    high: float
    level: float
    p_value: float
    dropped: tuple[str, ...]
    n: int


def mantel_haenszel(kept: np.ndarray, treated: np.ndarray, strata: np.ndarray, *, level: float = 0.95) -> Stratified:
    """Return the difference of two shares within strata, each weighted by what it can tell.

    Parameters
    ----------
    kept, treated : ndarray of bool
    strata : ndarray
        The stratum of each customer; a missing one is a stratum of its own.
    level : float

    Returns
    -------
    Stratified
        NaN where no stratum has two customers of either group; the interval is NaN where nobody differs.

    Notes
    -----
    ``Σ w (p₁ - p₀) / Σ w`` with ``w = n₁n₀/n`` (Greenland and Robins, 1985). The error is Sato's (1989), which holds
    for few large strata as for many small ones.

    Examples
    --------
    Two strata in which both groups keep the same share; mixed together they would not:

    >>> strata = np.repeat(["large", "small"], 20)
    >>> treated = np.tile([True] * 15 + [False] * 5, 2) ^ (strata == "small")
    >>> kept = np.where(strata == "large", np.arange(40) % 5 > 0, np.arange(40) % 5 > 2)
    >>> round(abs(mantel_haenszel(kept, treated, strata).estimate), 3)
    0.0
    """
    from scipy.stats import norm

    counts = _counts(np.asarray(kept, bool), np.asarray(treated, bool), strata)
    enough = counts[["treated", "reference"]].min(axis=1) >= LEAST_PER_ARM
    dropped = tuple(str(name) for name in counts.index[~enough])
    n = int(counts.loc[enough, ["treated", "reference"]].to_numpy().sum())
    estimate, error = _difference(*counts[enough].to_numpy(float).T) if enough.any() else (math.nan, math.nan)
    reach = float(norm.ppf((1 + level) / 2)) * error
    p_value = float(2 * norm.sf(abs(estimate) / error)) if error > 0 else math.nan
    return Stratified(estimate, error, estimate - reach, estimate + reach, level, p_value, dropped, n)


def _counts(kept: np.ndarray, treated: np.ndarray, strata: np.ndarray) -> pd.DataFrame:
    """Return the customers of either group and those kept, by stratum."""
    columns = {"treated": treated, "reference": ~treated, "kept": kept & treated, "kept_reference": kept & ~treated}
    return pd.DataFrame(columns).groupby(np.asarray(strata), dropna=False).sum()


def _difference(
    treated: np.ndarray, reference: np.ndarray, kept: np.ndarray, kept_reference: np.ndarray
) -> tuple[float, float]:
    """Return the Mantel–Haenszel difference and Sato's error; NaN where the data show no variation."""
    n = treated + reference
    weight = (treated * reference / n).sum()
    estimate = ((kept * reference - kept_reference * treated) / n).sum() / weight
    skewed = treated**2 * kept_reference - reference**2 * kept + treated * reference * (reference - treated) / 2
    even = (kept * (reference - kept_reference) + kept_reference * (treated - kept)) / (2 * n)
    variance = (estimate * (skewed / n**2).sum() + even.sum()) / weight**2
    return float(estimate), float(np.sqrt(variance)) if variance > 1e-15 else math.nan
