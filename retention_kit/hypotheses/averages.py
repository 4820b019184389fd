"""Money and measured values as outcomes: ratios of sums over customers, and shares of yes."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from retention_kit.contrasts import Mover, RatioDifference, Share, permutation_p, ratio_difference
from retention_kit.intervals import RatioSums, ratio_interval, ratio_sums
from retention_kit.results import Arm
from retention_kit.wording import Message

Path = Callable[[int], np.ndarray]
CURVE = ["age", "value", "low", "high", "at_risk"]


@dataclass(frozen=True, eq=False)
class Averages:
    """A numerator and a denominator a customer: NRR, GRR, expansion, spend, or any measured number.

    Attributes
    ----------
    horizon : int
    numerator, denominator : ndarray
        The denominator is 1 where customers count alike.
    age, churned : ndarray
        To say how many churned within the horizon.
    path : callable or None
        The numerator at an earlier age, for the curve; None where there is none.
    seed : int
        Of the permutations.
    """

    horizon: int
    numerator: np.ndarray
    denominator: np.ndarray
    age: np.ndarray
    churned: np.ndarray
    path: Path | None
    seed: int

    def __len__(self) -> int:
        return len(self.numerator)

    def only(self, some: np.ndarray) -> "Averages":
        """Return some of them."""
        whole = self.path
        return replace(
            self,
            numerator=self.numerator[some],
            denominator=self.denominator[some],
            age=self.age[some],
            churned=self.churned[some],
            path=whole and (lambda age: whole(age)[some]),
        )

    def curve(self, some: np.ndarray, level: float) -> pd.DataFrame:
        """Return the ratio of some of them at every age; empty without a path."""
        if self.path is None:
            return pd.DataFrame(columns=CURVE)
        rows = []
        for age in range(self.horizon + 1):
            sums = ratio_sums(self.path(age)[some], self.denominator[some])
            rows.append((age, sums.ratio, *ratio_interval(sums, level=level), int(some.sum())))
        return pd.DataFrame(rows, columns=CURVE)

    def arm(self, some: np.ndarray, label: Message, level: float) -> Arm:
        """Return the outcome of some of them."""
        sums = self.sums_of(some)
        n, events = int(some.sum()), self.events(some)
        limits = ratio_interval(sums, level=level)
        return Arm(label, n, events, n - events, sums.ratio, *limits, **self._weight(some))

    def events(self, some: np.ndarray) -> float:
        """Return how many of some of them churned within the horizon; NaN of what is measured once."""
        return math.nan if self.path is None else int((some & self.churned & (self.age <= self.horizon)).sum())

    @cached_property
    def start(self) -> np.ndarray | None:
        """What each paid at the start; None where nobody pays, or all pay alike."""
        paid = self.path(0) if self.path and (self.denominator == 1).all() else self.denominator
        return paid if (paid != paid[:1]).any() else None

    def _weight(self, some: np.ndarray) -> dict[str, float]:
        if self.start is None:
            return {}
        paid = ratio_sums(self.start[some], self.start[some])
        return {"n_eff": paid.n_eff, "largest_share": paid.largest}

    def sums_of(self, some: np.ndarray) -> RatioSums:
        """Return the sums behind the ratio of some of them."""
        return ratio_sums(self.numerator[some], self.denominator[some])

    def comparison(self, treated: np.ndarray) -> RatioDifference:
        """Return the difference of the two groups with its inference."""
        return ratio_difference(self.numerator, self.denominator, treated)

    def check(self, treated: np.ndarray) -> float:
        """Return the p-value of the studentised permutation."""
        return permutation_p(self.numerator, self.denominator, treated, seed=self.seed)

    def statistic(self, treated: np.ndarray, some: np.ndarray) -> float:
        """Return the difference among some of them."""
        return self.sums_of(treated & some).ratio - self.sums_of(~treated & some).ratio

    def sums(self, treated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return numerator and denominator a customer."""
        return self.numerator, self.denominator


@dataclass(frozen=True, eq=False)
class YesShares(Averages):
    """A yes or no a customer."""

    def arm(self, some: np.ndarray, label: Message, level: float) -> Arm:
        """Return the share of yes of some of them, with Wilson limits."""
        from scipy.stats import norm

        share, n = self._share(some), int(some.sum())
        limits = share.limits(float(norm.ppf((1 + level) / 2))) if n else (math.nan, math.nan)
        return Arm(label, n, self.events(some), math.nan, share.value, *limits)

    def comparison(self, treated: np.ndarray) -> Mover:
        """Return the difference of the two shares: Newcombe's interval."""
        return Mover(self._share(treated), self._share(~treated))

    def check(self, treated: np.ndarray) -> float:
        """Return no second p-value: Newcombe's interval never rejects too often (docs/methods.md)."""
        return math.nan

    def _share(self, some: np.ndarray) -> Share:
        n = int(some.sum())
        value = float(self.numerator[some].mean()) if n else math.nan
        return Share(value, value * (1 - value) / n if n else math.nan, n)
