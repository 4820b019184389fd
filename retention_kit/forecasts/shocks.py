"""Do bad months strike many customers at once? The spread of whole months beyond the luck of each customer."""

import numpy as np

from retention_kit.forecasts.past import Steps

CHANCE = 0.05  # a spread that luck alone shows less often than this is taken for real


def month_spread(steps: Steps, happened: np.ndarray, expected: np.ndarray) -> float:
    """Return the variance of a common factor, mean 1, on the chances of a month; 0 where luck alone would do.

    Parameters
    ----------
    steps : Steps
    happened : ndarray of bool
        Whether it happened, by row.
    expected : ndarray
        Its chance, by row.

    Notes
    -----
    By calendar month O happened, E were expected, with variance V = Σ p(1 - p). ``Σ (O - E)²/V`` is compared with
    chi-squared on one degree of freedom less than there are months; the variance is by moments:
    ``Σ ((O - E)² - V) / Σ E²``.
    """
    from scipy.stats import chi2

    place = steps.month - steps.month.min()
    observed, mean, variance = (
        np.bincount(place, weights) for weights in (happened.astype(float), expected, expected * (1 - expected))
    )
    told = variance > 0
    if told.sum() < 2:
        return 0.0
    off = (observed - mean)[told] ** 2
    if chi2.sf((off / variance[told]).sum(), told.sum() - 1) >= CHANCE:
        return 0.0
    return max(0.0, float((off - variance[told]).sum() / (mean[told] ** 2).sum()))


def month_factors(spread: float, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return factors of mean 1 and this variance, log-normal: one a draw and month."""
    deviation = np.sqrt(np.log1p(spread))
    return np.exp(deviation * rng.standard_normal(shape) - deviation**2 / 2)
