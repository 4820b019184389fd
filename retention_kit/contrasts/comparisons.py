"""A difference of two groups: its estimate, its interval at any level, and the p-value that inverts that interval."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Contrast:
    """A difference with its interval and p-value.

    Attributes
    ----------
    estimate, low, high : float
    p_value : float
        Two-sided; below 1 - level exactly when the interval leaves 0 out.
    """

    estimate: float
    low: float
    high: float
    p_value: float


class Comparison(Protocol):
    """What every way of comparing two groups can tell."""

    @property
    def estimate(self) -> float:
        """Difference, treated minus reference."""

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no difference; NaN where the data do not show their own spread."""

    def contrast(self, level: float) -> Contrast:
        """Return the difference with its interval at that level."""


@dataclass(frozen=True)
class StudentT:
    """An estimate with a standard error: interval and p-value by Student's t.

    Attributes
    ----------
    estimate, error : float
        An error that is zero or NaN gives no interval and no p-value: a width of zero would be a false certainty.
    freedom : float
        Degrees of freedom, not necessarily whole; infinite for the normal distribution.

    Examples
    --------
    >>> found = StudentT(0.29, 0.125, math.inf).contrast(0.95)
    >>> round(found.low, 3), round(found.high, 3), round(found.p_value, 3)
    (0.045, 0.535, 0.02)
    """

    estimate: float
    error: float
    freedom: float

    @property
    def p_value(self) -> float:
        """Two-sided p-value of an estimate of 0."""
        from scipy.stats import t

        return float(2 * t.sf(abs(self.estimate) / self.error, self.freedom)) if self.error > 0 else math.nan

    def contrast(self, level: float) -> Contrast:
        """Return estimate ± t · error."""
        from scipy.stats import t

        reach = float(t.isf((1 - level) / 2, self.freedom)) * self.error if self.error > 0 else math.nan
        return Contrast(self.estimate, self.estimate - reach, self.estimate + reach, self.p_value)


@dataclass(frozen=True, eq=False)
class Permuted:
    """An estimate held against the studentised estimates of customers dealt to the two groups by chance.

    Attributes
    ----------
    estimate, error : float
        An error that is zero or NaN gives no interval and no p-value.
    draws : ndarray
        ``|T*|``: absolute estimate over error of every draw; infinite where a draw cannot tell.

    Notes
    -----
    ``p = (1 + #{|T*| >= |T|}) / (draws + 1)`` with ``T = estimate / error``. The interval is estimate ± c·error, with c
    the order statistic of the draws that makes it leave 0 out exactly when p < 1 - level; infinite when there are too
    few draws for that level. It takes the other differences to be shifts of this one (Ditzhaus, Yu & Xu 2021).

    Examples
    --------
    >>> found = Permuted(2.1, 1.0, np.linspace(0, 3.1, 1999))
    >>> found.contrast(0.95).low > 0, found.p_value < 0.05
    (False, False)
    """

    estimate: float
    error: float
    draws: np.ndarray

    @cached_property
    def _ratios(self) -> np.ndarray:
        """``|T*| / |T|`` from the largest down: 1 where a draw equals what was seen but for rounding."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.sort(self.draws * self.error / abs(self.estimate))[::-1]
        return np.where(np.isclose(ratios, 1, rtol=1e-9, atol=0), 1.0, ratios)

    @cached_property
    def p_value(self) -> float:
        """Two-sided p-value of customers dealt to the groups by chance."""
        if not self.error > 0:
            return math.nan
        as_far = int((self._ratios >= 1).sum()) if self.estimate else len(self.draws)
        return (1 + as_far) / (len(self.draws) + 1)

    def contrast(self, level: float) -> Contrast:
        """Return estimate ± c · error."""
        reach = self._reach(level) if self.error > 0 else math.nan
        return Contrast(self.estimate, self.estimate - reach, self.estimate + reach, self.p_value)

    def _reach(self, level: float) -> float:
        possible = (1 + np.arange(len(self.draws) + 1)) / (len(self.draws) + 1)
        # so many draws as far out as what was seen still give p < 1 - level, by the very comparison a reader makes
        place = int((possible < 1 - level).sum()) - 1
        if place < 0:
            return math.inf
        if not self.estimate:
            return float(np.sort(self.draws)[::-1][place]) * self.error
        return abs(self.estimate) * float(self._ratios[place])
