"""The shifted-beta-geometric model of a cohort: every customer's risk constant, and different from one to the next."""

from typing import Any

import numpy as np

_BOUNDS = (-8.0, 14.0)  # of the logarithms of both parameters; beyond, all customers are alike or none is


def survival(alpha: Any, beta: Any, age: Any) -> np.ndarray:
    """Return the share still there after `age` periods: ``B(α, β + t) / B(α, β)``.

    Examples
    --------
    One in two leaves at once where the risk is spread evenly over 0 … 1; of the others one in three.

    >>> survival(1.0, 1.0, np.array([0, 1, 2])).round(4).tolist()
    [1.0, 0.5, 0.3333]
    """
    from scipy.special import betaln

    return np.exp(betaln(alpha, beta + age) - betaln(alpha, beta))


def fitted(survivors: np.ndarray, start: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
    """Return α and β of highest likelihood for the survivors at ages 0, 1, 2 and so on.

    Notes
    -----
    Who leaves in period t does so with ``S(t - 1) - S(t) = B(α + 1, β + t - 1) / B(α, β)``; the last survivors count
    with ``S(T)`` (Fader and Hardie 2007, equations 5 to 7). The climb is in the logarithms, where both are free.
    """
    from scipy.optimize import minimize

    found = minimize(_loss, start, (survivors,), method="L-BFGS-B", jac=True, bounds=[_BOUNDS, _BOUNDS])
    alpha, beta = np.exp(found.x)
    return float(alpha), float(beta)


def _loss(logs: np.ndarray, survivors: np.ndarray) -> tuple[float, np.ndarray]:
    """Return minus the mean log-likelihood, and its slope."""
    from scipy.special import betaln, digamma

    (alpha, beta), lost, ages = np.exp(logs), -np.diff(survivors), np.arange(1, len(survivors))
    last, total = ages[-1], survivors[0]
    chance = lost @ betaln(alpha + 1, beta + ages - 1) + survivors[-1] * betaln(alpha, beta + last)
    height = chance - total * betaln(alpha, beta)
    both = digamma(alpha + beta)
    together = lost @ digamma(alpha + beta + ages) + survivors[-1] * digamma(alpha + beta + last)
    by_alpha = lost.sum() * digamma(alpha + 1) + survivors[-1] * digamma(alpha) - together
    by_beta = lost @ digamma(beta + ages - 1) + survivors[-1] * digamma(beta + last) - together
    slope = np.array([by_alpha - total * (digamma(alpha) - both), by_beta - total * (digamma(beta) - both)])
    return -height / total, -slope * np.exp(logs) / total
