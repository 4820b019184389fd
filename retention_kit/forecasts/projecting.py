"""How a cohort goes on beyond what was seen."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from retention_kit.errors import InputError, OptionError
from retention_kit.forecasts.beta_geometric import fitted, survival
from retention_kit.results import Projection
from retention_kit.wording import Message

LEAST_PERIODS, LEAST_LOST = 3, 10
_ALIKE, _LONG = 1_000.0, 2  # α + β from which on risks hardly differ; times what was seen that is far


def project_cohort(
    survivors: Sequence[int], ages: int | None = None, *, level: float = 0.9, seed: int = 0, draws: int = 500
) -> Projection:
    """Return a cohort's survivors carried on by the shifted-beta-geometric model, beside those observed.

    Parameters
    ----------
    survivors : sequence of int
        Customers still there at ages 0, 1, 2 …, in periods at whose end everybody can leave: months for monthly
        contracts, years for yearly ones. Customers of one kind of contract only.
    ages : int, optional
        Last age to project to; by default twice as far as was seen.
    level : float
        Of the interval for the share of the cohort that will really be there.
    seed, draws : int
        Of the bootstrap.

    Returns
    -------
    Projection

    Raises
    ------
    InputError
        If fewer than 3 periods were seen or fewer than 10 customers have left.
    OptionError
        If the survivors rise or are no counts, `ages` ends before what was seen, or `level` or `draws` is out of range.

    Notes
    -----
    Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76–90. It
    assumes that each customer's risk stays the same for ever and that risks differ between customers, as a beta
    distribution does: ``S(t) = B(α, β + t) / B(α, β)``. The cohort's churn falls with age because those at high risk go
    first, not because anybody comes to stay. Maximum likelihood.

    Beyond what was seen, ``S(t) / S(T)`` carries the last survivors on. The interval: the same cohort is drawn again
    `draws` times from the fitted model and fitted anew, then the customers left at T live on under that fit. It says
    nothing of a model that is wrong.

    Examples
    --------
    The "Regular" cohort of the paper, seen for seven years; published: α = 0.704, β = 1.182.

    >>> seen = project_cohort([1000, 631, 468, 382, 326, 289, 262, 241], ages=12)
    >>> round(seen.alpha, 3), round(seen.beta, 3)
    (0.704, 1.182)
    """
    counts = _checked(survivors)
    seen, n = len(counts) - 1, int(counts[0])
    last = 2 * seen if ages is None else ages
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
    futures = _futures(counts, (alpha, beta), age[later], draws, seed) / n
    limits = np.quantile(futures, [(1 - level) / 2, (1 + level) / 2], axis=0)
    frame[["low", "high"]] = np.full((last + 1, 2), np.nan)
    frame.loc[later, ["low", "high"]] = limits.T
    rule = Message("forecast.projection.rule", {"level": level, "total": draws})
    return Projection(frame, alpha, beta, n, seen, level, rule, _warnings(alpha + beta, seen, last))


def _checked(survivors: Sequence[int]) -> np.ndarray:
    values = np.asarray(survivors, float)
    counts = values.ndim == 1 and np.isfinite(values).all() and (values == np.rint(values)).all()
    if not counts or (values < 0).any() or (np.diff(values) > 0).any():
        raise OptionError("forecast.error.survivors")
    seen = len(values) - 1
    if seen < LEAST_PERIODS:
        raise InputError("forecast.refused.periods", n=max(seen, 0), needed=LEAST_PERIODS)
    if (lost := int(values[0] - values[-1])) < LEAST_LOST:
        raise InputError("forecast.refused.lost", n=lost, needed=LEAST_LOST)
    if not values[-1]:
        raise InputError("forecast.refused.gone")
    return values.astype(np.int64)


def _futures(counts: np.ndarray, found: tuple[float, float], ages: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return survivors at later ages: the cohort drawn again and fitted anew, then those left live on, by draw."""
    rng = np.random.Generator(np.random.PCG64(seed))
    curve = survival(*found, np.arange(len(counts)))
    shares = np.append(-np.diff(curve), curve[-1])
    lost = rng.multinomial(counts[0], shares / shares.sum(), size=draws)[:, :-1]
    again = counts[0] - np.hstack([np.zeros((draws, 1), np.int64), lost.cumsum(axis=1)])
    fits = np.array([fitted(row, tuple(np.log(found))) for row in again])
    alive, path = np.full(draws, counts[-1]), []
    for age in ages:
        # of those who reach an age one in (α + β + age - 1) / (β + age - 1) goes on
        stays = (fits[:, 1] + age - 1) / (fits.sum(axis=1) + age - 1)
        alive = rng.binomial(alive, stays)
        path.append(alive)
    return np.column_stack(path)


def _warnings(total: float, seen: int, last: int) -> tuple[Message, ...]:
    alike = [Message("forecast.warning.alike")] if total > _ALIKE else []
    far = [Message("forecast.warning.far", {"seen": seen, "age": last})] if last > _LONG * seen else []
    return (*alike, *far)
