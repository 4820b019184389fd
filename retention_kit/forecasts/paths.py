"""Futures of today's customers, drawn month by month: each leaves, changes, stays or comes back as others did."""

from dataclasses import dataclass

import numpy as np

from retention_kit.forecasts.announced import Announced, announced_by
from retention_kit.forecasts.past import AWAY, Cells, absences_of, spell_ages, steps_of, terms_of
from retention_kit.forecasts.rates import Counts, Rates, counts_of, rates_of
from retention_kit.forecasts.shocks import month_factors, month_spread
from retention_kit.ledger import Ledger

_ROOM = 2_000_000  # numbers of one array held at a time


@dataclass(frozen=True, eq=False)
class Base:
    """Today's customers: position of their contract term, age of their spell, MRR in minor units, what ends of it."""

    kind: np.ndarray
    age: np.ndarray
    cents: np.ndarray
    announced: Announced


@dataclass(frozen=True, eq=False)
class Past:
    """All that a forecast learns from: counts and cells, and how much whole months vary (leaving, changing)."""

    counts: Counts
    cells: Cells
    spread: tuple[float, float]
    churns: int


def past_of(ledger: Ledger) -> Past:
    """Return what the ledger's history says."""
    steps, cells = steps_of(ledger)
    counts = counts_of(steps, absences_of(ledger.book), cells, ledger.book.customers)
    rates = rates_of(counts, np.ones((1, ledger.book.customers)))
    leave, move = rates.leave[0, steps.cell], (1 - rates.leave[0, steps.cell]) * rates.move[0, steps.cell]
    moved = ~steps.left & (steps.ratio != 1)
    spread = month_spread(steps, steps.left, leave), month_spread(steps, moved, move)
    return Past(counts, cells, spread, int(steps.left.sum()))


def base_of(ledger: Ledger, cells: Cells, months: int) -> Base:
    """Return the customers of the last month closed, and what they announced for the next months."""
    book = ledger.book
    today = book.month == book.last
    owner, cents = book.owner[today], book.cents[today]
    kind = np.searchsorted(cells.terms, terms_of(ledger)[owner])
    return Base(kind, spell_ages(book)[today], cents, announced_by(ledger, owner, cents, months))


def futures(past: Past, base: Base, months: int, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the base's MRR (minor units) and its paying customers: draws × months."""
    rng = np.random.Generator(np.random.PCG64(seed))
    customers = len(past.counts.seen)
    block = max(1, _ROOM // max(len(base.kind), customers, len(past.counts.ratios), 1))
    parts = [
        _block(past, base, months, rng.standard_exponential((min(block, draws - low), customers)), rng)
        for low in range(0, draws, block)
    ]
    mrr, paying = zip(*parts, strict=True)
    return np.concatenate(mrr), np.concatenate(paying)


def _block(past, base, months, weights, rng) -> tuple[np.ndarray, np.ndarray]:
    """Draw some futures: each with customers weighed anew, which says how sure the rates are."""
    draws, rates = len(weights), rates_of(past.counts, weights)
    moves = _Lottery(weights[:, past.counts.mover], past.counts.ratios)
    returns = _Lottery(weights[:, past.counts.returner], past.counts.returns)
    factors = [month_factors(spread, (draws, months), rng) for spread in past.spread]
    age = np.tile(base.age, (draws, 1))
    amount = np.tile(base.cents.astype(float), (draws, 1))
    away = np.zeros(age.shape, np.int64)
    mrr, paying = np.empty((draws, months)), np.empty((draws, months))
    for month in range(months):
        strength = [factor[:, month, None] for factor in factors]
        known = base.announced.left[:, month], base.announced.bound[:, month]
        _step(past, rates, (base.kind, *known), (age, amount, away), strength, (moves, returns), rng)
        mrr[:, month] = np.where(away == 0, amount, 0).sum(axis=1)
        paying[:, month] = (away == 0).sum(axis=1)
    return mrr, paying


def _step(past: Past, rates: Rates, base, state, strength, lotteries, rng) -> None:
    """Take every customer of every draw from one month end to the next; `state` is changed in place."""
    (kind, left, bound), (age, amount, away), (moves, returns) = base, state, lotteries
    draw = np.arange(len(age))[:, None]
    here, luck = away == 0, rng.random(age.shape)
    cell = past.cells.of(np.broadcast_to(kind, age.shape), age + 1, amount)
    leave = np.where(bound, left == 0, np.minimum(rates.leave[draw, cell] * strength[0], 1))
    move = (1 - leave) * np.minimum(rates.move[draw, cell] * strength[1], 1)
    leaves = here & (luck < leave)
    moving = np.nonzero(here & ~leaves & (luck < leave + move))
    back = np.nonzero(~here & (luck < rates.back[draw, np.minimum(away, AWAY)]))
    amount[moving] *= moves.drawn(moving[0], past.counts.bounds[cell[moving]], rng)
    amount[back] *= returns.drawn(back[0], np.tile([0, len(past.counts.returns)], (len(back[0]), 1)), rng)
    amount *= np.where(here & ~leaves, left, 1)
    age += 1
    away[~here | leaves] += 1
    away[back], age[back] = 0, 0


class _Lottery:
    """Ratios to be drawn by the weights of the customers they come from, draw by draw."""

    def __init__(self, weights: np.ndarray, ratios: np.ndarray) -> None:
        sums = np.cumsum(weights, axis=1)
        self._ratios = ratios
        self._sums = np.hstack([np.zeros((len(sums), 1)), sums])
        # one rising line for all draws, so that all are looked up at once
        self._total = self._sums[:, -1].max(initial=0) + 1
        self._line = (self._sums + np.arange(len(sums))[:, None] * self._total).ravel()

    def drawn(self, draw: np.ndarray, bounds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        low, high = self._sums[draw, bounds[:, 0]], self._sums[draw, bounds[:, 1]]
        asked = low + (high - low) * rng.random(len(draw)) + draw * self._total
        place = np.searchsorted(self._line, asked, side="right") - 1 - draw * self._sums.shape[1]
        return self._ratios[np.clip(place, bounds[:, 0], bounds[:, 1] - 1)]
