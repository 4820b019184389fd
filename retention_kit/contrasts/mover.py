"""Two shares compared by MOVER: Newcombe's interval, also when some customers were not watched to the end."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from retention_kit.contrasts.comparisons import Contrast
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
class Mover:
    """The difference of two Kaplan–Meier shares, treated minus reference.

    Newcombe's formula with Wilson limits at each group's effective number of customers; without censoring it is
    Newcombe's hybrid score interval (1998, method 10) itself. Defined when a group had no churn, and calibrated down
    to 8 customers a group (docs/methods.md). The p-value inverts the same interval. All is NaN when a share is not
    known.

    Attributes
    ----------
    treated, reference : Share

    Examples
    --------
    Newcombe (1998), 56 of 70 against 48 of 80:

    >>> def share(k, n):
    ...     return Share(k / n, k / n * (1 - k / n) / n, n)
    >>> found = Mover(share(56, 70), share(48, 80)).contrast(0.95)
    >>> round(found.low, 4), round(found.high, 4)
    (0.0524, 0.3339)
    """

    treated: Share
    reference: Share

    @property
    def estimate(self) -> float:
        """Difference of the shares."""
        difference = self.treated.value - self.reference.value
        return 0.0 if abs(difference) < _NOISE else difference

    @cached_property
    def p_value(self) -> float:
        """Two-sided p-value at which a limit of the interval meets 0."""
        if not self._known:
            return math.nan
        return _inverted(self._limits, self.estimate) if self.estimate else 1.0

    def contrast(self, level: float) -> Contrast:
        """Return the difference with its MOVER interval."""
        from scipy.stats import norm

        low, high = self._limits(float(norm.isf((1 - level) / 2))) if self._known else (math.nan, math.nan)
        return Contrast(self.estimate, low, high, self.p_value)

    @property
    def _known(self) -> bool:
        return self.treated.known and self.reference.known

    def _limits(self, z: float) -> tuple[float, float]:
        low_1, high_1 = self.treated.limits(z)
        low_0, high_0 = self.reference.limits(z)
        below = math.hypot(self.treated.value - low_1, high_0 - self.reference.value)
        above = math.hypot(high_1 - self.treated.value, self.reference.value - low_0)
        difference = self.treated.value - self.reference.value
        return difference - below, difference + above


def retention_difference(treated: Share, reference: Share, *, level: float = 0.95) -> Contrast:
    """Return the difference of two Kaplan–Meier shares with its MOVER interval.

    Parameters
    ----------
    treated, reference : Share
    level : float

    Returns
    -------
    Contrast
        In fractions; see `Mover` for the formula.

    Examples
    --------
    >>> found = retention_difference(Share(1.0, 0.0, 10), Share(0.0, 0.0, 20))
    >>> round(found.low, 4), round(found.high, 4)
    (0.6791, 1.0)
    """
    return Mover(treated, reference).contrast(level)


def _inverted(interval: Callable[[float], tuple[float, float]], estimate: float) -> float:
    """Return the two-sided p-value at which a limit of the interval meets 0."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    side = 0 if estimate > 0 else 1
    if estimate * interval(_FAR)[side] > 0:
        return float(2 * norm.sf(_FAR))
    return float(2 * norm.sf(brentq(lambda z: interval(z)[side], _NOISE, _FAR)))
