"""How a cohort goes on beyond what was seen."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from retention_kit.errors import InputError, OptionError
from retention_kit.forecasts.beta_geometric import ALIKE, fitted, likely, survival
from retention_kit.forecasts.cohort import survivors_of
from retention_kit.ledger import Ledger
from retention_kit.results import Projection
from retention_kit.wording import Message

LEAST_PERIODS, LEAST_LOST = 3, 10
_LONG = 2  # times what was seen that is far


def project_cohort(
    survivors: Sequence[int] | Ledger,
    ages: int | None = None,
    *,
    cohort: str | None = None,
    term: int | None = None,
    seen: int | None = None,
    level: float = 0.9,
    seed: int = 0,
    draws: int = 4_000,
) -> Projection:
    """Return a cohort's survivors carried on by the shifted-beta-geometric model, beside those observed.

    Parameters
    ----------
    survivors : sequence of int, or Ledger
        Customers still there at ages 0, 1, 2 …, in periods at whose end everybody can leave: months for monthly
        contracts, years for yearly ones. Customers of one kind of contract only. Or a ledger, with `cohort`: who came
        then, without those whose start nobody saw.
    ages : int, optional
        Last age to project to; by default twice as far as was seen, and at least to the last age given.
    cohort : str, optional
        Month, quarter or year of the start, such as ``"2023-01"``, ``"2023-Q1"`` or ``"2023"``; with a ledger only.
    term : int, optional
        Of a ledger, customers whose contract can end every so many months, which is then the period: 1 by the month, 12
        by the year. Default: what all of the cohort have.
    seen : int, optional
        Ages up to which the model may look; later ones are held out, and stand beside the projection. Default: all.
    level : float
        Of the interval for the share of the cohort that will really be there.
    seed : int
        The same seed gives the same interval.
    draws : int
        Futures drawn.

    Returns
    -------
    Projection

    Raises
    ------
    InputError
        If fewer than 3 periods were seen or fewer than 10 customers have left.
    OptionError
        If the survivors rise or are no counts, `ages` ends before what was seen, or another argument is out of range;
        if a ledger's cohort is none, or has contracts of several lengths and no `term` says which.

    Notes
    -----
    Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76–90. It
    assumes that each customer's risk stays the same for ever and that risks differ between customers, as a beta
    distribution does: ``S(t) = B(α, β + t) / B(α, β)``. The cohort's churn falls with age because those at high risk go
    first, not because anybody comes to stay. Maximum likelihood.

    Beyond what was seen, ``S(t) / S(T)`` carries the last survivors on. The interval holds both what is not known of α
    and β and the luck of the customers left at T: each future takes α and β as likely as the survivors seen make them
    (flat prior on the logarithms of the mean odds α/β and of α + β, the latter from 1/n to 1,000 √(n/1,000): n
    customers tell no more), then each customer goes on to t with ``S(t) / S(T)``. Limits are quantiles of whole
    customers with half of each count's chance on either side (mid-p); otherwise those of a small cohort would hold too
    often. Coverage is measured in docs/forecasts.md. The interval says nothing of a model that is wrong.

    Examples
    --------
    The "Regular" cohort of the paper, seen for seven years; published: α = 0.704, β = 1.182.

    >>> seen = project_cohort([1000, 631, 468, 382, 326, 289, 262, 241], ages=12)
    >>> round(seen.alpha, 3), round(seen.beta, 3)
    (0.704, 1.182)

    Customers who came in 2023 on contracts by the month; the model sees twelve months, the others are held out:

    >>> from retention_kit.ledger import open_ledger
    >>> book = open_ledger(as_of="2025-12-31")
    >>> project_cohort(book, cohort="2023", term=1, seen=12).seen
    12
    """
    every, counts = _counts(survivors, cohort, term, seen)
    seen, n = len(counts) - 1, int(counts[0])
    last = max(2 * seen, len(every) - 1) if ages is None else ages
    if isinstance(last, bool) or not isinstance(last, int | np.integer) or last <= seen:
        raise OptionError("forecast.error.ages", value=last, seen=seen)
    if not 0.5 <= level < 1:
        raise OptionError("error.level", value=level)
    if draws < 100:
        raise OptionError("forecast.error.draws", value=draws)
    alpha, beta = fitted(counts)
    age = np.arange(last + 1)
    curve, later = survival(alpha, beta, age), age > seen
    frame = pd.DataFrame({"age": age, "observed": np.nan, "fitted": curve, "expected": np.nan})
    frame.loc[~later, "observed"] = counts / n
    frame.loc[later, "expected"] = counts[-1] / n * curve[later] / curve[seen]
    futures = _futures(counts, age[later], draws, seed) / n
    limits = np.quantile(futures, [(1 - level) / 2, (1 + level) / 2], axis=0)
    frame[["low", "high"]] = np.full((last + 1, 2), np.nan)
    frame.loc[later, ["low", "high"]] = limits.T
    if len(every) > len(counts):
        came = pd.Series(every / n)
        frame["later"] = came.where(came.index > seen).reindex(age).to_numpy()
    rule = Message("forecast.projection.rule", {"level": level, "total": draws})
    return Projection(frame, alpha, beta, n, seen, level, rule, _warnings(alpha + beta, seen, last))


def _counts(
    survivors: Sequence[int] | Ledger, cohort: str | None, term: int | None, seen: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the survivors at every age given, and at those the model may look at."""
    if isinstance(survivors, Ledger):
        survivors = survivors_of(survivors, cohort, term)
    elif cohort is not None or term is not None:
        raise OptionError("forecast.error.cohort_of", name="term" if cohort is None else "cohort")
    last = len(survivors) - 1
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int | np.integer) or not 0 < seen <= last):
        raise OptionError("forecast.error.seen", value=seen, last=max(last, 0))
    every = _counted(survivors)
    return every, _enough(every if seen is None else every[: seen + 1])


def _counted(survivors: Sequence[int]) -> np.ndarray:
    values = np.asarray(survivors, float)
    counts = values.ndim == 1 and np.isfinite(values).all() and (values == np.rint(values)).all()
    if not counts or (values < 0).any() or (np.diff(values) > 0).any():
        raise OptionError("forecast.error.survivors")
    return values


def _enough(values: np.ndarray) -> np.ndarray:
    seen = len(values) - 1
    if seen < LEAST_PERIODS:
        raise InputError("forecast.refused.periods", n=max(seen, 0), needed=LEAST_PERIODS)
    if (lost := int(values[0] - values[-1])) < LEAST_LOST:
        raise InputError("forecast.refused.lost", n=lost, needed=LEAST_LOST)
    if not values[-1]:
        raise InputError("forecast.refused.gone")
    return values.astype(np.int64)


def _futures(counts: np.ndarray, ages: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return survivors at later ages by draw, each draw with parameters of its own and moved by up to half a customer.

    The same move at all ages: survivors of a draw never rise.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    alpha, beta = likely(counts, draws, rng)
    alive, path = np.full(draws, counts[-1]), []
    for age in ages:
        # of those who reach an age one in (α + β + age - 1) / (β + age - 1) goes on
        alive = rng.binomial(alive, (beta + age - 1) / (alpha + beta + age - 1))
        path.append(alive)
    move = rng.random((draws, 1)) - 0.5
    return np.clip(np.column_stack(path) + move, 0, counts[-1])


def _warnings(total: float, seen: int, last: int) -> tuple[Message, ...]:
    alike = [Message("forecast.warning.alike")] if total > ALIKE else []
    far = [Message("forecast.warning.far", {"seen": seen, "age": last})] if last > _LONG * seen else []
    return (*alike, *far)
