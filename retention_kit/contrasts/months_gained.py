"""Months of life within a horizon compared: by Greenwood's error, or by dealing the customers anew in small groups."""

import math

import numpy as np

from retention_kit.contrasts.comparisons import Permuted, StudentT
from retention_kit.contrasts.permutations import standardised
from retention_kit.survival import rmst_of_counts

_FEWEST, _FEWEST_CHURNS = 50, 20  # in each arm: below, the normal distribution is too sure of itself (docs/methods.md)


def rmst_difference(
    age: np.ndarray,
    churned: np.ndarray,
    treated: np.ndarray,
    *,
    horizon: int,
    entry: np.ndarray | None = None,
    draws: int = 1999,
    seed: int = 0,
) -> StudentT | Permuted:
    """Compare the mean number of months that two groups stay within their first `horizon` months.

    Parameters
    ----------
    age : ndarray of int
        Age in months at churn, or the last age watched.
    churned, treated : ndarray of bool
    horizon : int
    entry : ndarray of int, optional
        Age at which watching began, 0 for those seen from the start.
    draws, seed : int
        Of the permutations, where they are needed.

    Returns
    -------
    StudentT or Permuted
        `Permuted` with fewer than 50 customers, or fewer than 20 churns that shorten the stay, in an arm; otherwise the
        normal distribution with Greenwood's variances.

    Notes
    -----
    Studentised permutation (Horiguchi & Uno 2020; Ditzhaus, Yu & Xu 2021), draws by ``Generator(PCG64(seed))``: dealing
    the labels anew is drawing how many customers of each kind (entry, age, churned) fall to the treated, which follows
    the multivariate hypergeometric law. A draw without any variance counts as 0 when its means agree; it counts as
    infinitely far when they do not, or when one of its groups is not watched up to the horizon.

    Examples
    --------
    >>> age = np.array([2, 3, 5, 9, 12, 12, 12, 12, 12, 12])
    >>> found = rmst_difference(age, age < 12, np.arange(10) % 2 == 0, horizon=12)
    >>> round(found.estimate, 2), found.p_value > 0.5
    (-1.0, True)
    """
    kinds, exposure = _kinds(age, churned, np.zeros_like(age) if entry is None else entry, horizon)
    everybody, of_treated = (np.bincount(kinds[who], minlength=exposure.shape[1]) for who in (slice(None), treated))
    sides = np.stack([of_treated, everybody - of_treated])
    means, variances = rmst_of_counts(*(sides @ exposure))
    estimate, error = float(means[0] - means[1]), math.sqrt(variances.sum())
    if sides.sum(axis=1).min() >= _FEWEST and (sides @ exposure[1]).sum(axis=1).min() >= _FEWEST_CHURNS:
        return StudentT(estimate, error, math.inf)
    generator = np.random.Generator(np.random.PCG64(seed))
    dealt = generator.multivariate_hypergeometric(everybody, of_treated.sum(), size=draws, method="marginals")
    means, variances = rmst_of_counts(*(np.stack([dealt, everybody - dealt]) @ exposure[:, None]))
    return Permuted(estimate, error, standardised(means[0] - means[1], variances.sum(axis=0)))


def _kinds(age: np.ndarray, churned: np.ndarray, entry: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which kind each customer is of, and what each kind adds to at risk and to events at ages 1 … horizon - 1.

    Customers of one kind entered, were last watched and churned alike, as far as their months below the horizon go.
    """
    last, begun = np.minimum(age, horizon - 1), np.minimum(entry, horizon - 1)
    seen = churned & (age < horizon) & (entry < age)
    code, kinds = np.unique((begun * horizon + last) * 2 + seen, return_inverse=True)
    (begun, last), event = np.divmod(code // 2, horizon), code % 2 == 1
    ages = np.arange(1, horizon)
    at_risk = (begun[:, None] < ages) & (ages <= last[:, None])
    events = (last[:, None] == ages) & event[:, None]
    return kinds, np.stack([at_risk, events]).astype(float)
