"""Intervals for one group: Wilson for a share, leave-one-out for a ratio of sums.

A ratio of sums such as NRR is a regression through the origin in which every customer has the leverage
``h``, its share of the denominator. The error is the leave-one-out one (HC3) and the degrees of freedom are
Bell and McCaffrey's under a variance proportional to the denominator, so that one large account widens the
interval as it should (docs/methods.md).
"""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RatioSums:
    """The sums from which a ratio of sums gets its interval; an engine can compute them where the data live.

    Attributes
    ----------
    n : int
        Customers with a positive denominator.
    numerator, denominator : float
        The two sums, in any one unit.
    squared_error : float
        Sum of ``e² / (1 - h)²`` with ``e = (y - ratio·d) / denominator``.
    q, b, b2 : float
        Sums of ``q = h / (1 - h)``, of ``b = q²`` and of ``b²``.
    h2, largest : float
        Sum of ``h²`` and the largest ``h``.
    """

    n: int
    numerator: float
    denominator: float
    squared_error: float
    q: float
    b: float
    b2: float
    h2: float
    largest: float

    @property
    def ratio(self) -> float:
        """Numerator over denominator; NaN when nobody is in the denominator."""
        return self.numerator / self.denominator if self.denominator else math.nan

    @property
    def n_eff(self) -> float:
        """How many customers of equal size would be as informative: ``1 / Σh²``."""
        return 1 / self.h2 if self.h2 else 0.0


def ratio_sums(numerator: np.ndarray, denominator: np.ndarray) -> RatioSums:
    """Return the sums behind ``Σ numerator / Σ denominator``.

    Parameters
    ----------
    numerator, denominator : ndarray, one value a customer
        The denominator is positive.
    """
    total = float(denominator.sum())
    if not total:
        return RatioSums(0, 0.0, 0.0, *[0.0] * 6)
    share = denominator / total
    left = 1 - share
    error = (numerator - numerator.sum() / total * denominator) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        q = share / left
        squared = np.nansum((error / left) ** 2) if len(share) > 1 else math.nan
    b = q**2
    sums = (float(part) for part in (squared, q.sum(), b.sum(), (b**2).sum(), (share**2).sum(), share.max()))
    return RatioSums(len(share), float(numerator.sum()), total, *sums)


def ratio_error(sums: RatioSums) -> tuple[float, float]:
    """Return the leave-one-out standard error of a ratio of sums and its degrees of freedom.

    Both are NaN with fewer than two customers, or when no customer differs from the ratio: then the data hold no
    information about their own spread, and an interval of width zero would be a false certainty.

    Notes
    -----
    ``v = Σ e²/(1-h)²``; ``df = (Σq)² / (Σb + (Σb)² - Σb²)``; n - 1 when all denominators are equal.
    """
    spread = sums.squared_error
    if sums.n < 2 or not spread > 1e-24 * max(sums.ratio, 1.0) ** 2:
        return math.nan, math.nan
    return math.sqrt(spread), sums.q**2 / (sums.b + sums.b**2 - sums.b2)


def ratio_interval(sums: RatioSums, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a ratio of sums: estimate ± t · leave-one-out error.

    Returns
    -------
    low, high : float
        NaN where the error cannot be estimated, see `ratio_error`.

    Examples
    --------
    >>> import numpy as np
    >>> paid, now = np.array([100.0, 100.0, 100.0]), np.array([120.0, 100.0, 80.0])
    >>> low, high = ratio_interval(ratio_sums(now, paid))
    >>> round(low, 2), round(high, 2)
    (0.39, 1.61)
    """
    from scipy.stats import t

    error, freedom = ratio_error(sums)
    if math.isnan(error):
        return math.nan, math.nan
    reach = float(t.ppf((1 + level) / 2, freedom)) * error
    return sums.ratio - reach, sums.ratio + reach


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share.

    Parameters
    ----------
    share : float in [0, 1]
    n : float
        Customers, or an effective number of them; any positive number.
    z : float
        Normal quantile: 1.96 for 95 %.

    Examples
    --------
    Newcombe (1998), 81 of 263:

    >>> low, high = wilson(81 / 263, 263, 1.959964)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    centre = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)
