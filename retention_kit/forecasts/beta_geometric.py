"""The shifted-beta-geometric model of a cohort: every customer's risk constant, and different from one to the next."""

from itertools import pairwise
from typing import Any

import numpy as np

ALIKE = 1_000.0  # α + β from which on the risks of 1,000 customers hardly differ
_BOUNDS = (-16.0, 14.0)  # of the logarithms of both parameters; beyond, all customers are alike or none is
_SIDE, _NEAR = 41, 12.0  # cells of the grid each way; log-likelihood below the highest from which on a cell is left out
_COARSE = 50  # customers as many as whom the coarsest grid can tell apart


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


def fitted(survivors: np.ndarray) -> tuple[float, float]:
    """Return α and β of highest likelihood for the survivors at ages 0, 1, 2 and so on.

    Notes
    -----
    Who leaves in period t does so with ``S(t - 1) - S(t) = B(α + 1, β + t - 1) / B(α, β)``; the last survivors count
    with ``S(T)`` (Fader and Hardie 2007, equations 5 to 7). The climb is in the logarithms, where both are free.
    """
    from scipy.optimize import minimize

    fine = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1_000}  # of the mean: in millions of customers it is still a lot
    found = minimize(
        _loss, (0.0, 0.0), (survivors,), method="L-BFGS-B", jac=True, bounds=[_BOUNDS, _BOUNDS], options=fine
    )
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


def likely(survivors: np.ndarray, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return values of α and β drawn as the survivors make them likely.

    Notes
    -----
    Posterior under a flat prior on the logarithms of the mean odds ``α / β`` and of ``α + β``; the latter from 1/n to
    `ALIKE` times the root of n/1,000: outside, n customers can no longer tell one value from another, and an endless
    range would count for more than they do. It is summed over a grid that closes in on the likely part: the likelihood
    is first flattened to that of few customers, so that no ridge falls between two cells. Within a cell all values are
    taken for equally likely.
    """
    n = survivors[0]
    reach = np.log(10 * n * len(survivors))  # of the logit: beyond, none of n would leave or none would stay
    edges = np.array([[-reach, reach], [-np.log(n), np.log(ALIKE * np.sqrt(n / 1_000))]])
    for power in (1, 0.75, 0.5, 0.25, 0):
        centres, height = _grid(survivors, edges)
        near = (height - height.max()) * min(1.0, _COARSE / n) ** power > -_NEAR
        edges = np.array([_around(near.any(axis=1 - axis), edges[axis]) for axis in (0, 1)])
    centres, height = _grid(survivors, edges)
    chance = np.exp(height - height.max()).ravel()
    cell = np.unravel_index(rng.choice(chance.size, draws, p=chance / chance.sum()), height.shape)
    width = np.diff(edges, axis=1) / _SIDE
    drawn = [centres[axis][cell[axis]] + width[axis] * (rng.random(draws) - 0.5) for axis in (0, 1)]
    return _parameters(*drawn)


def _grid(survivors: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres of the cells between the edges, one row an axis, and the log-likelihood of each cell.

    In period t a customer leaves with ``α / (α + β + t - 1)``: a product of binomials, the same likelihood as
    `fitted` climbs.
    """
    centres = edges[:, :1] + np.diff(edges, axis=1) * (np.arange(_SIDE) + 0.5) / _SIDE
    alpha, beta = _parameters(centres[0][:, None], centres[1][None, :])
    height = (survivors[0] - survivors[-1]) * np.log(alpha)
    for before, (there, stayed) in enumerate(pairwise(survivors)):
        height = height + stayed * np.log(beta + before) - there * np.log(alpha + beta + before)
    return centres, height


def _parameters(logit: np.ndarray, log_sum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import expit

    return np.exp(log_sum) * expit(logit), np.exp(log_sum) * expit(-logit)


def _around(near: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the edges around the cells that are near, with one cell more on either side, within the old edges."""
    step, found = (edges[1] - edges[0]) / len(near), np.flatnonzero(near)
    return np.clip(edges[0] + step * np.array([found[0] - 1, found[-1] + 2]), *edges)
