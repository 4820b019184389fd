"""What customers do from day to day, with early warnings of known strength planted before churn and growth.

Month by month of every life, a customer is as usual or drifts, has room or is near the limits of the plan; what
happens depends on that, and on seats and plan. A month is drawn whole and cut to the life afterwards, so an end
changes nothing before it. Every life takes the same draws whatever is planted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from retention_kit.schema import CUSTOMER_ID, EVENT_KINDS
from retention_kit.synthetic.habits import EVENTS, FEATURES, NPS_SHARES
from retention_kit.synthetic.lives import Lives

_STREAM = 5  # apart from that of the contracts, which has the seed alone
_TICKETS = 3
_Drawn = tuple[str, np.ndarray, np.ndarray, np.ndarray]  # kind, place among the months of lives, day, value


@dataclass(frozen=True, eq=False)
class _Months:
    """Every calendar month of every life, side by side, and the working days of the calendar."""

    life: np.ndarray
    customer: np.ndarray
    month: np.ndarray  # calendar number
    depth: np.ndarray  # of drift: 0 as usual, else which month of it, 3 at most
    near_limit: np.ndarray
    seats: np.ndarray
    plan: np.ndarray
    first: np.ndarray  # place of the month's first working day
    count: np.ndarray  # of its working days
    working_days: np.ndarray

    def by_drift(self, chances: tuple[float, float]) -> np.ndarray:
        return np.where(self.depth > 0, chances[1], chances[0])

    def day(self, place: np.ndarray, number: Any) -> np.ndarray:
        return self.working_days[self.first[place] + number]


def draw_events(
    lives: Lives, ids: Any, *, seed: int, warning: float, upsell: float, closing: np.datetime64
) -> pd.DataFrame:
    """Return the events of these lives up to the closing day, in order of time.

    Parameters
    ----------
    lives : Lives
    ids : array
        The customers' ids by number.
    seed : int
    warning, upsell : float
        Share of lives whose drift shows before churn, and whose limits do before growth.
    closing : datetime64
    """
    rng = Generator(PCG64([seed, _STREAM]))
    months = _months(rng, lives, warning, upsell, closing)
    kinds, places, days, values = zip(*_everything(rng, months), strict=True)
    kind = np.repeat([EVENT_KINDS.index(name) for name in kinds], [len(place) for place in places])
    place, day, value = np.concatenate(places), np.concatenate(days), np.concatenate(values)
    life, customer = months.life[place], months.customer[place]
    kept = np.flatnonzero((lives.begin[life] <= day) & (day < lives.end[life]) & (day <= closing))
    kept = kept[np.lexsort((kind[kept], customer[kept], day[kept]))]
    table = {CUSTOMER_ID: ids.take(customer[kept]), "at": day[kept].astype("datetime64[s]")}
    table["kind"] = pd.array(EVENT_KINDS, dtype="str").take(kind[kept])
    return pd.DataFrame(table | {"value": value[kept]})


def _months(rng: Generator, lives: Lives, warning: float, upsell: float, closing: np.datetime64) -> _Months:
    """Lay the months of the lives side by side, and say in which of them somebody drifts or is near the limits."""
    first = lives.begin.astype("datetime64[M]").astype(int)
    last = np.minimum(lives.churn, closing.astype("datetime64[M]").astype(int))
    origin, span = first.min(), int(last.max() - first.min()) + 1
    drift, limits = (_by_chance(rng, len(first), span) for _ in range(2))
    warns, signs = rng.random((2, len(first)))
    count = np.maximum(last - first + 1, 0)
    life = np.repeat(np.arange(len(first)), count)
    month = np.arange(len(life)) - np.repeat(count.cumsum() - count, count) + first[life]
    age = np.maximum(month - lives.month[life], 0)
    ahead = lives.churn[life] - month
    planted = np.where((warns < warning)[life] & (ahead <= EVENTS.ahead), _depth_before(ahead), 0)
    near = (signs < upsell)[life] & lives.growing()[life, age]
    at = (life, month - origin)
    return _Months(
        *(life, lives.customer[life], month, np.maximum(drift[at], planted), near | (limits[at] > 0)),
        *(lives.seats[life, age], lives.plan[life, age], *_working_days(origin, span, month)),
    )


def _by_chance(rng: Generator, lives: int, span: int) -> np.ndarray:
    """By life and calendar month, the month of a spell that has nothing to do with what comes; 0: none."""
    begins = rng.random((lives, span + EVENTS.ahead - 1)) < EVENTS.drift
    windows = np.lib.stride_tricks.sliding_window_view(begins, EVENTS.ahead, axis=1)
    return (windows * np.arange(EVENTS.ahead, 0, -1)).max(axis=-1)


def _depth_before(ahead: np.ndarray) -> np.ndarray:
    """Return the month of a drift that leads to churn; it goes on to the end in the month of the churn."""
    return np.minimum(EVENTS.ahead + 1 - ahead, EVENTS.ahead)


def _working_days(origin: int, span: int, month: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each month the place of its first working day and their number, and all working days."""
    bounds = np.arange(origin, origin + span + 1).astype("datetime64[M]").astype("datetime64[D]")
    days = np.arange(bounds[0], bounds[-1])
    days = days[np.is_busday(days)]
    starts = np.searchsorted(days, bounds)
    return starts[:-1][month - origin], np.diff(starts)[month - origin], days


def _everything(rng: Generator, months: _Months) -> Iterator[_Drawn]:
    """Yield each kind of event; a chance is one of a whole month."""
    yield _logins(rng, months)
    slots = np.arange(FEATURES.max())
    uses = EVENTS.uses * np.take(EVENTS.fall, months.depth)
    yield _feature(*_now_and_then(rng, months, uses[:, None] * (slots < FEATURES[months.plan][:, None])))
    least, each, most = EVENTS.tickets
    asks = np.minimum(least + each * months.seats, most)
    yield _plain("ticket", *_now_and_then(rng, months, np.repeat(asks[:, None], _TICKETS, axis=1)))
    yield _plain("complaint", *_now_and_then(rng, months, months.by_drift(EVENTS.complains)[:, None]))
    yield from _mails(rng, months)
    yield _nps(rng, months)
    late = _now_and_then(rng, months, months.by_drift(EVENTS.pays_late)[:, None])
    yield _measured("payment_late", EVENTS.days_late, 0, *late)
    limits = _now_and_then(rng, months, months.near_limit[:, None].astype(float))
    yield _measured("limit_reached", EVENTS.near_limit, 2, *limits)


def _logins(rng: Generator, months: _Months) -> _Drawn:
    """Days on which somebody logged in: one row a day, its value how many people did."""
    most = months.count.max()
    somebody = EVENTS.at_work * (1 - (1 - EVENTS.logs_in) ** months.seats) * np.take(EVENTS.fall, months.depth)
    luck = rng.random((len(somebody), most))
    place, number = np.nonzero((luck < somebody[:, None]) & (np.arange(most) < months.count[:, None]))
    low, high = EVENTS.people
    share = low + (high - low) * luck[place, number] / somebody[place]
    return "login", place, months.day(place, number), np.maximum(1, np.rint(months.seats[place] * share))


def _now_and_then(
    rng: Generator, months: _Months, chance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return month, column and day of what happens with these chances, and a fresh uniform for each."""
    luck, day = rng.random((2, *chance.shape))
    place, column = np.nonzero(luck < chance)
    number = (day[place, column] * months.count[place]).astype(int)
    return place, column, months.day(place, number), luck[place, column] / chance[place, column]


def _plain(kind: str, place: np.ndarray, column: np.ndarray, day: np.ndarray, luck: np.ndarray) -> _Drawn:
    return kind, place, day, np.full(len(place), np.nan)


def _feature(place: np.ndarray, column: np.ndarray, day: np.ndarray, luck: np.ndarray) -> _Drawn:
    return "feature_use", place, day, column + 1.0


def _measured(
    kind: str,
    bounds: tuple[float, float],
    digits: int,
    place: np.ndarray,
    column: np.ndarray,
    day: np.ndarray,
    luck: np.ndarray,
) -> _Drawn:
    low, high = bounds
    return kind, place, day, np.round(low + (high - low) * luck, digits)


def _mails(rng: Generator, months: _Months) -> Iterator[_Drawn]:
    """One mail a month to everybody; who opens it does so within three days, mostly at once."""
    everyone = np.arange(len(months.life))
    sent = months.day(everyone, EVENTS.mail_day)
    yield "email_sent", everyone, sent, np.full(len(everyone), np.nan)
    opens = months.by_drift(EVENTS.opens)
    luck = rng.random(len(everyone))
    opened = np.flatnonzero(luck < opens)
    later = (4 * (luck[opened] / opens[opened]) ** 2).astype(int)
    yield "email_opened", opened, sent[opened] + later, np.full(len(opened), np.nan)


def _nps(rng: Generator, months: _Months) -> _Drawn:
    """Answers of those asked, each customer in two months of the year."""
    asked = (months.month + months.customer) % EVENTS.asked_every == 0
    place, _, day, luck = _now_and_then(rng, months, (EVENTS.answers * asked)[:, None])
    cuts = NPS_SHARES.cumsum(axis=1)[(months.depth[place] > 0).astype(int), :-1]
    return "nps", place, day, (luck[:, None] >= cuts).sum(axis=1).astype(float)
