"""Do they leave soon after they start? Churn per customer-month early on, over churn per customer-month later."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from retention_kit.errors import OptionError

_FAR = 25.0  # logarithm of a ratio beyond which none is told apart from 0 or from infinity
_SURE = 1 - 1e-12  # a share of 1 would be infinitely informative


class Stretch(NamedTuple):
    """Churn of one stretch, the first months or the later ones, where it is compared with the other.

    Attributes
    ----------
    events, months : int
        Churns and customer-months.
    rate : float
        Churns a month; where several terms compare, an average over them with the same weights in both stretches.
    worth : float
        How many months of one term would tell the rate as well: `months` where only one term compares.
    """

    events: int
    months: int
    rate: float
    worth: float


@dataclass(frozen=True)
class EarlyChurn:
    """The ratio of early to later churn, with its interval and p-value.

    Attributes
    ----------
    ratio, low, high : float
        Churns per customer-month at risk in the early window, over those after it; among customers of one contract term
        where terms differ. NaN when there is nothing to compare: no churn, or no month at risk on one side.
    p_value : float
        Of "as many early as later"; below 1 - level exactly when the interval leaves 1 out.
    level : float
    early, late : tuple of int
        Churns and customer-months at risk, in all.
    terms : tuple of int
        The contract terms there are.
    strata : tuple
        Per contract term, and per kind of month: early churns and months, later churns and months. First the months in
        which a contract of each term can end, then all others.
    """

    ratio: float
    low: float
    high: float
    p_value: float
    level: float
    early: tuple[int, int]
    late: tuple[int, int]
    terms: tuple[int, ...] = field(repr=False)
    strata: tuple[tuple[int, int, int, int], ...] = field(repr=False)

    def interval(self, level: float) -> tuple[float, float]:
        """Return the limits of the ratio at another level: ratios that the score test does not exclude."""
        return _interval(self.strata, level)

    @property
    def telling(self) -> np.ndarray:
        """Churns and months, early and later, of the strata on which the ratio rests: a row each, none without one."""
        return _telling(self.strata).T.astype(int)

    @property
    def compared_terms(self) -> tuple[int, ...]:
        """The terms of which months of some kind are compared."""
        telling = _tells(self.strata).reshape(2, -1).any(axis=0)
        return tuple(term for term, tells in zip(self.terms, telling, strict=True) if tells)

    @property
    def compared(self) -> tuple[Stretch, Stretch]:
        """The first months and the later ones, of the strata on which the ratio rests: one rate over the other is it.

        Where nothing can be compared, all churns and months at risk.
        """
        if math.isnan(self.ratio):
            both = (self.early, self.late)
            return tuple(Stretch(n, months, n / months if months else math.nan, months) for n, months in both)
        return _stretches(_telling(self.strata), self.ratio)


def early_churn(
    age: np.ndarray,
    churned: np.ndarray,
    term: np.ndarray,
    *,
    window: int,
    horizon: int,
    entry: np.ndarray | None = None,
    shift: np.ndarray | None = None,
    level: float = 0.95,
) -> EarlyChurn:
    """Return how many times more customers churn per month at risk at ages 1 … `window` than afterwards.

    Parameters
    ----------
    age, churned, entry
        As in `kaplan_meier`.
    term : ndarray of int
        Months between the dates at which a customer's contract can end; 1 where it can end every month.
    window : int
        Last early month, before the horizon.
    horizon : int
        Last month looked at.
    shift : ndarray of int, optional
        Age of a customer at which the clock of `age` begins, where it is not their start: terms count from the start.
    level : float
        Of the interval.

    Returns
    -------
    EarlyChurn

    Raises
    ------
    OptionError
        When no month is left after the window.

    Notes
    -----
    A month counts as at risk when the contract can end there (age a multiple of the term), and where the customer did
    churn. Customers of one term are compared with one another: annual contracts end at month 12 only, and their months
    would otherwise make later churn look frequent where nothing depends on age (in a simulation of 2,000 customers,
    half of them on annual contracts, 59 % false findings; 5 % by term). Churn where the contract could not end is
    compared per month of that kind, early and later.

    The p-value is the score test on customer-months; the interval holds the ratios which that same test does not
    exclude (Koopman, 1984; over several terms Gart and Nam, 1988, without correction for skewness). Simulated, it keeps
    5 % and 95 % from 4 churns on, where Wald's interval of the logarithm covers 99 %, and at churn of 15 % a month,
    where the test for Poisson counts rejects 3.5 %.

    The rates shown beside the ratio (`EarlyChurn.compared`) are those of the strata it rests on. Over several terms
    they are averages of the rates counted, with weights 1 / ((1 - p) / m + ratio · (1 - q) / n) in both stretches,
    where m and n are the early and the later months of a term, p and q their churn as fitted with the common ratio: by
    its score equation one average over the other is that ratio exactly.

    A falling rate need not mean that anybody's risk falls: where customers differ, those at risk leave first, and the
    ratio rises above 1 by itself (1.2 at a frailty of standard deviation 1).

    Examples
    --------
    Four customers for 6 months; two leave, at 1 and at 5. Early months: 1 + 2 + 2 + 2; later 3 + 4 + 4.

    >>> left = np.array([True, True, False, False])
    >>> found = early_churn(np.array([1, 5, 6, 6]), left, np.ones(4, int), window=2, horizon=6)
    >>> found.early, found.late, round(found.ratio, 2)
    ((1, 7), (1, 11), 1.57)
    """
    if not 1 <= window < horizon:
        raise OptionError("error.option", name="window", value=window, legal=list(range(1, horizon)))
    start = np.zeros_like(age) if entry is None else np.minimum(entry, age)
    zero = np.zeros_like(age) if shift is None else shift
    seen = churned & (age > start)
    early = _counts(age, seen, term, start, zero, 0, window)
    late = _counts(age, seen, term, start, zero, window, horizon)
    strata = tuple(tuple(row) for row in np.hstack([early, late]).tolist())
    ratio, p_value = _ratio(strata), _p_value(strata)
    terms = tuple(np.unique(term).tolist())
    return EarlyChurn(ratio, *_interval(strata, level), p_value, level, _total(early), _total(late), terms, strata)


def _counts(age, seen, term, start, zero, after, last):
    """Return churns and months in ages after + 1 … last: by term, months in which it ends, then all others."""
    terms, kind = np.unique(term, return_inverse=True)
    low, high = np.clip(start, after, last), np.clip(age, after, last)
    ends = (high + zero) // term - (low + zero) // term
    left = seen & (age > after) & (age <= last)
    due = (age + zero) % term == 0

    def by_term(values):
        return np.bincount(kind, weights=values, minlength=len(terms)).astype(int)

    in_term = np.column_stack([by_term(left & due), by_term(ends)])
    between = np.column_stack([by_term(left & ~due), by_term(high - low - ends)])
    return np.vstack([in_term, between])


def _total(counts):
    """Return churns and months at risk in all; of months in which no contract can end, those where somebody churned."""
    in_term, between = np.vsplit(counts, 2)
    churns = int(counts[:, 0].sum())
    return churns, int(in_term[:, 1].sum() + between[:, 0].sum())


def _tells(strata) -> np.ndarray:
    """Return which strata compare anything: somebody left, and there are months in both stretches."""
    early, early_months, late, late_months = np.array(strata, float).reshape(-1, 4).T
    return (early + late > 0) & (early_months > 0) & (late_months > 0)


def _telling(strata) -> np.ndarray:
    """Return the counts of those strata, as columns."""
    return np.array(strata, float).reshape(-1, 4).T[:, _tells(strata)]


def _fitted(counts: np.ndarray, log_ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each stratum's share leaving a month, early and later, as likely as can be under a common ratio."""
    early, early_months, late, late_months = counts
    ratio = math.exp(log_ratio)
    months, churns = early_months + late_months, early + late
    slope = early_months * ratio + early + late_months + late * ratio
    # the smaller root, written so that nothing cancels
    later = 2 * churns / (slope + np.sqrt(np.maximum(slope**2 - 4 * months * ratio * churns, 0)))
    later = np.minimum(later, _SURE)
    return np.minimum(later * ratio, _SURE), later


def _score(counts: np.ndarray, log_ratio: float) -> tuple[float, float]:
    """Return the score of a common ratio and its variance, each month's share fitted under that ratio."""
    early, early_months, late, late_months = counts
    sooner, later = _fitted(counts, log_ratio)
    variance = 1 / ((1 - sooner) / (early_months * sooner) + (1 - later) / (late_months * later))
    # under the fit both arms say the same with opposite signs; the smaller share says it more exactly
    from_early = (early - early_months * sooner) / (1 - sooner)
    from_late = (late_months * later - late) / (1 - later)
    return float(np.where(sooner < later, from_early, from_late).sum()), float(variance.sum())


def _stretches(counts: np.ndarray, ratio: float) -> tuple[Stretch, Stretch]:
    """Return both stretches, their rates averaged over the strata with the weights that give the ratio."""
    log_ratio = float(np.clip(math.log(ratio) if ratio > 0 else -math.inf, -_FAR, _FAR))
    sooner, later = _fitted(counts, log_ratio)
    weight = 1 / ((1 - sooner) / counts[1] + math.exp(log_ratio) * (1 - later) / counts[3])
    share = weight / weight.sum()
    found = []
    for events, months in (counts[:2], counts[2:]):
        rate, worth = (share * events / months).sum(), 1 / (share**2 / months).sum()
        found.append(Stretch(int(events.sum()), int(months.sum()), float(rate), float(worth)))
    return tuple(found)


def _statistic(counts: np.ndarray, log_ratio: float) -> float:
    score, variance = _score(counts, log_ratio)
    return score / math.sqrt(variance)


def _ratio(strata) -> float:
    """Return the likeliest common ratio: where the score is 0."""
    counts = _telling(strata)
    if not counts.size:
        return math.nan
    early, _, late, _ = counts.sum(axis=1)
    if not early or not late:
        return math.inf if early else 0.0
    return math.exp(_where(lambda log_ratio: _score(counts, log_ratio)[0]))


def _p_value(strata) -> float:
    from scipy.stats import norm

    counts = _telling(strata)
    return float(2 * norm.sf(abs(_statistic(counts, 0.0)))) if counts.size else math.nan


def _interval(strata, level: float) -> tuple[float, float]:
    from scipy.stats import norm

    counts = _telling(strata)
    if not counts.size:
        return math.nan, math.nan
    early, _, late, _ = counts.sum(axis=1)
    z = float(norm.ppf((1 + level) / 2))
    low = math.exp(_where(lambda log_ratio: _statistic(counts, log_ratio) - z)) if early else 0.0
    high = math.exp(_where(lambda log_ratio: _statistic(counts, log_ratio) + z)) if late else math.inf
    return low, high


def _where(falling) -> float:
    """Return the logarithm of a ratio at which a falling function meets 0."""
    from scipy.optimize import brentq

    return float(brentq(falling, -_FAR, _FAR, xtol=1e-13))
