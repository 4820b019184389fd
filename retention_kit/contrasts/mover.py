"""Two groups compared: the difference, its interval, and the p-value that belongs to it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from retention_kit.intervals import wilson

_FAR = 40.0  # standard errors beyond which no p-value is told apart from 0
_NOISE = 1e-9  # two shares that are equal on paper may differ by less in floating point


@dataclass(frozen=True)
class Share:
    """A share estimated by Kaplan–Meier.

    Attributes
    ----------
    value : float in [0, 1]
    variance : float
        Greenwood's.
    at_risk : int
        Customers still watched and active at the horizon.
    """

    value: float
    variance: float
    at_risk: int

    @property
    def n_eff(self) -> float:
        """How many fully watched customers tell as much: ``S(1 - S) / variance``; those at risk if none churned."""
        return self.value * (1 - self.value) / self.variance if self.variance > 0 else float(self.at_risk)

    @property
    def known(self) -> bool:
        """Whether anybody was left to learn from: not beyond the follow-up, nor after the last of the group churned."""
        return not math.isnan(self.value) and self.n_eff > 0

    def limits(self, z: float) -> tuple[float, float]:
        """Return Wilson's limits at the effective number of customers."""
        return wilson(self.value, self.n_eff, z)


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


def retention_difference(treated: Share, reference: Share, *, level: float = 0.95) -> Contrast:
    """Return the difference of two Kaplan–Meier shares with its MOVER interval.

    Newcombe's formula with Wilson limits at each group's effective number of customers; without censoring it is
    Newcombe's hybrid score interval (1998, method 10) itself. Defined when a group had no churn, and calibrated down
    to 8 customers a group (docs/methods.md). The p-value inverts the same interval.

    Parameters
    ----------
    treated, reference : Share
    level : float

    Returns
    -------
    Contrast
        In fractions.

    Examples
    --------
    Newcombe (1998), 56 of 70 against 48 of 80:

    >>> def share(k, n):
    ...     return Share(k / n, k / n * (1 - k / n) / n, n)
    >>> result = retention_difference(share(56, 70), share(48, 80))
    >>> round(result.low, 4), round(result.high, 4)
    (0.0524, 0.3339)
    """
    from scipy.stats import norm

    low, high = _mover(treated, reference, float(norm.ppf((1 + level) / 2)))
    estimate = treated.value - reference.value
    if abs(estimate) < _NOISE:
        return Contrast(0.0, low, high, 1.0)
    return Contrast(estimate, low, high, _inverted(lambda z: _mover(treated, reference, z), estimate))


def _mover(treated: Share, reference: Share, z: float) -> tuple[float, float]:
    low_1, high_1 = treated.limits(z)
    low_0, high_0 = reference.limits(z)
    difference = treated.value - reference.value
    below = math.hypot(treated.value - low_1, high_0 - reference.value)
    above = math.hypot(high_1 - treated.value, reference.value - low_0)
    return difference - below, difference + above


def _inverted(interval: Callable[[float], tuple[float, float]], estimate: float) -> float:
    """Return the two-sided p-value at which a limit of the interval meets 0."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    side = 0 if estimate > 0 else 1
    if estimate * interval(_FAR)[side] > 0:
        return float(2 * norm.sf(_FAR))
    return float(2 * norm.sf(brentq(lambda z: interval(z)[side], _NOISE, _FAR)))
