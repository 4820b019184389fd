"""Staying as an outcome: the share never churned at a horizon, and the months of life within it."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retention_kit.contrasts import Mover, Permuted, Share, StudentT, rmst_difference
from retention_kit.results import Arm
from retention_kit.survival import Mean, kaplan_meier, pseudo_values, rmst
from retention_kit.wording import Message


@dataclass(frozen=True, eq=False)
class Survivors:
    """Customers watched from the zero of their clock, each until churn or the last month closed.

    Attributes
    ----------
    outcome : {"retention", "rmst"}
    horizon : int
    age, churned, entry : ndarray
        See `retention_kit.survival.kaplan_meier`.
    seed : int
        Of the permutations.
    """

    outcome: str
    horizon: int
    age: np.ndarray
    churned: np.ndarray
    entry: np.ndarray
    seed: int

    def __len__(self) -> int:
        return len(self.age)

    def only(self, some: np.ndarray) -> "Survivors":
        """Return some of them."""
        return replace(self, age=self.age[some], churned=self.churned[some], entry=self.entry[some])

    def curve(self, some: np.ndarray, level: float) -> pd.DataFrame:
        """Return the share never churned of some of them, with Wilson limits: age, value, low, high, at_risk."""
        table = self._kaplan_meier(some)
        shares = [_share(row) for row in table.itertuples()]
        limits = pd.DataFrame([_wilson(share, level) for share in shares], columns=["low", "high"])
        named = table.reset_index()[["age", "survival", "at_risk"]].rename(columns={"survival": "value"})
        return pd.concat([named, limits], axis=1)[["age", "value", "low", "high", "at_risk"]]

    def arm(self, some: np.ndarray, label: Message, level: float) -> Arm:
        """Return the outcome of some of them."""
        table = self._kaplan_meier(some)
        value, low, high = self._value(some, table, level)
        return Arm(label, int(some.sum()), self.events(some), int(table["at_risk"].iloc[-1]), value, low, high)

    def events(self, some: np.ndarray) -> int:
        """Return how many of some of them churned within the horizon."""
        seen = self._kaplan_meier(some)["events"]
        # a churn at the horizon itself shortens no stay within it
        return int((seen.iloc[:-1] if self.outcome == "rmst" else seen).sum())

    def longest(self, some: np.ndarray, least: int) -> int:
        """Return the last age at which at least so many of them are still watched and active."""
        ages, entries = self.age[some], self.entry[some]
        at_risk = [
            (age, int(((entries < age) & (ages >= age)).sum())) for age in range(1, int(ages.max(initial=0)) + 1)
        ]
        return max((age for age, n in at_risk if n >= least), default=0)

    def fewest(self, some: np.ndarray) -> int:
        """Return how many of them are watched at the age, up to the horizon, at which fewest are.

        Fewer at first than later where watching began late: a curve that starts on two customers says little.
        """
        return int(self._kaplan_meier(some)["at_risk"].iloc[1:].min())

    def comparison(self, treated: np.ndarray) -> Mover | StudentT | Permuted:
        """Return the difference of the two groups with its inference."""
        if self.outcome == "rmst":
            return rmst_difference(
                self.age, self.churned, treated, horizon=self.horizon, entry=self.entry, seed=self.seed
            )
        return Mover(self._share_of(treated), self._share_of(~treated))

    def statistic(self, treated: np.ndarray, some: np.ndarray) -> float:
        """Return the difference among some of them."""
        if not (treated & some).any() or not (~treated & some).any():
            return math.nan
        return self._plain(treated & some) - self._plain(~treated & some)

    def sums(self, treated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return per customer the pseudo-observation within their group, and 1."""
        values = np.empty(len(self))
        for some in (treated, ~treated):
            retained, months = pseudo_values(self.age[some], self.churned[some], horizon=self.horizon)
            values[some] = months if self.outcome == "rmst" else retained
        return values, np.ones(len(self))

    def _kaplan_meier(self, some: np.ndarray) -> pd.DataFrame:
        return kaplan_meier(self.age[some], self.churned[some], horizon=self.horizon, entry=self.entry[some])

    def _share_of(self, some: np.ndarray) -> Share:
        return _share(next(self._kaplan_meier(some).tail(1).itertuples()))

    def _mean_of(self, some: np.ndarray) -> Mean:
        return rmst(self.age[some], self.churned[some], horizon=self.horizon, entry=self.entry[some])

    def _plain(self, some: np.ndarray) -> float:
        return self._mean_of(some).value if self.outcome == "rmst" else self._share_of(some).value

    def _value(self, some: np.ndarray, table: pd.DataFrame, level: float) -> tuple[float, float, float]:
        if self.outcome == "retention":
            share = _share(next(table.tail(1).itertuples()))
            return share.value, *_wilson(share, level)
        mean = self._mean_of(some)
        reach = _normal(level) * math.sqrt(mean.variance)
        return mean.value, max(0.0, mean.value - reach), min(float(self.horizon), mean.value + reach)


def _share(row) -> Share:
    return Share(float(row.survival), float(row.variance), int(row.at_risk))


def _wilson(share: Share, level: float) -> tuple[float, float]:
    return share.limits(_normal(level)) if share.known else (math.nan, math.nan)


def _normal(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))
