"""What a way of choosing customers was worth: of those chosen, how many it came true for, against all.

A customer is looked at on several days, so the customer and not the day is the unit of every interval.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from retention_kit.intervals import wilson

LEAST_HITS = 5
"""Customers called to whom it happened, below which no lift is claimed: the logarithm's error is not to be trusted."""


class Looks(NamedTuple):
    """Customers on days, one place each: who, on which of the days, and whether it came true."""

    customer: np.ndarray
    date: np.ndarray
    came: np.ndarray

    def only(self, some: np.ndarray) -> "Looks":
        """Return some of them (a mask)."""
        return Looks(*(column[some] for column in self))


class Share(NamedTuple):
    """A share with its interval."""

    value: float
    low: float
    high: float
    hits: int
    n: int


class Ratio(NamedTuple):
    """A ratio of two shares with its interval."""

    value: float
    low: float
    high: float


def quantile(level: float) -> float:
    """Return how many standard errors an interval reaches to either side."""
    return NormalDist().inv_cdf((1 + level) / 2)


def share(looks: Looks, level: float) -> Share:
    """Return the share for which it came true, with Wilson's interval at the number the customers are worth.

    Notes
    -----
    The variance is that of a ratio of sums, by customer; `n_eff = p (1 - p) / variance`, at most the number of looks.
    Where nothing or everything came true there is no variance to see, and n_eff is the number of customers.
    """
    hits, n = int(looks.came.sum()), len(looks.came)
    if not n:
        return Share(math.nan, math.nan, math.nan, 0, 0)
    p = hits / n
    influence = by_customer(looks, (looks.came - p) / n)
    variance = spread(influence)
    worth = p * (1 - p) / variance if variance > 0 else len(np.unique(looks.customer))
    return Share(p, *wilson(p, min(worth, n), quantile(level)), hits, n)


def by_customer(looks: Looks, parts: np.ndarray) -> np.ndarray:
    """Return the sum of each customer's parts."""
    _, codes = np.unique(looks.customer, return_inverse=True)
    return np.bincount(codes, parts)


def spread(influence: np.ndarray) -> float:
    """Return the variance of an estimate from what each customer adds to it: ``m / (m - 1) · Σ u²``."""
    m = len(influence)
    return float(m / (m - 1) * (influence**2).sum()) if m > 1 else math.nan


def ratio(looks: Looks, chosen: np.ndarray, against: np.ndarray, level: float) -> Ratio:
    """Return the share among the chosen ÷ the share among others or all, with an interval on the logarithm.

    Parameters
    ----------
    looks : Looks
    chosen, against : ndarray of bool
        They may overlap: the error takes account of it.
    level : float

    Notes
    -----
    ``log R = log A - log K - log B + log N`` for A of K against B of N; each customer adds ``a/A - k/K - b/B + n/N``,
    and the variance is the sum of their squares (the delta method, clustered by customer). Without a hit among the
    chosen the ratio is 0 and its upper limit is Wilson's over the other share.
    """
    top, base = share(looks.only(chosen), level), share(looks.only(against), level)
    if not top.n or not base.hits:
        return Ratio(math.nan, math.nan, math.nan)
    if not top.hits:
        return Ratio(0.0, 0.0, top.high / base.value)
    parts = chosen * (looks.came / top.hits - 1 / top.n) - against * (looks.came / base.hits - 1 / base.n)
    error = math.sqrt(spread(by_customer(looks, parts)))
    value, reach = top.value / base.value, math.exp(quantile(level) * error)
    return Ratio(value, value / reach, value * reach)
