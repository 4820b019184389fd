"""How often customers of a cell leave, change and come back, with every customer weighed anew in each draw."""

from dataclasses import dataclass

import numpy as np

from retention_kit.forecasts.past import AWAY, Absences, Cells, Steps

WEIGHT = 0.5  # events by which the wider group is mixed into the rate of a cell
ENOUGH = 20  # changes from which on a cell lends its own
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Counts:
    """What happened, by customer and cell: the tables that a draw weighs and sums.

    Attributes
    ----------
    seen, left, moved : ndarray
        Customers × cells: month ends followed by another, of these with nothing after, with another amount after.
    waited, back : ndarray
        Customers × months away (last: `AWAY` and more): month ends at 0 followed by another, of these with a return.
    mover, ratios, bounds : ndarray
        Changes sorted by cell: customer, ratio, and where those from which a cell borrows begin and end.
    returner, returns : ndarray
        Customer and ratio of every return.
    terms : ndarray of int
        By cell, months that one chance to leave stands for; 0 between renewals.
    """

    seen: np.ndarray
    left: np.ndarray
    moved: np.ndarray
    waited: np.ndarray
    back: np.ndarray
    mover: np.ndarray
    ratios: np.ndarray
    bounds: np.ndarray
    returner: np.ndarray
    returns: np.ndarray
    terms: np.ndarray
    per_group: int


@dataclass(frozen=True, eq=False)
class Rates:
    """Chances from one month end to the next, one row a draw: by cell, and by months away."""

    leave: np.ndarray
    move: np.ndarray
    back: np.ndarray


def counts_of(steps: Steps, absences: Absences, cells: Cells, customers: int) -> Counts:
    """Return the tables of what happened so far."""
    stayed = ~steps.left & (steps.ratio != 1)
    order = np.argsort(steps.cell[stayed], kind="stable")
    moves = np.flatnonzero(stayed)[order]
    waited, back = _waiting(absences, customers)
    group = np.arange(cells.number) // cells.per_group
    return Counts(
        seen=_table(steps.owner, steps.cell, customers, cells.number),
        left=_table(steps.owner[steps.left], steps.cell[steps.left], customers, cells.number),
        moved=_table(steps.owner[moves], steps.cell[moves], customers, cells.number),
        waited=waited,
        back=back,
        mover=steps.owner[moves],
        ratios=steps.ratio[moves],
        bounds=_lenders(steps.cell[moves], cells),
        returner=absences.owner[absences.back],
        returns=absences.ratio[absences.back],
        terms=np.where((group % 2 == 1), cells.terms[group // 2], 0),
        per_group=cells.per_group,
    )


def _table(owner: np.ndarray, column: np.ndarray, customers: int, columns: int) -> np.ndarray:
    return np.bincount(owner * columns + column, minlength=customers * columns).reshape(customers, columns)


def _waiting(absences: Absences, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the tables of absences: one column for each month away, all from `AWAY` on together."""
    owner = np.repeat(absences.owner, absences.months)
    first = np.repeat(np.cumsum(absences.months) - absences.months, absences.months)
    away = np.minimum(np.arange(len(owner)) - first + 1, AWAY)
    returned = np.minimum(absences.months[absences.back], AWAY)
    back = _table(absences.owner[absences.back], returned, customers, AWAY + 1)
    return _table(owner, away, customers, AWAY + 1), back


def _lenders(cell: np.ndarray, cells: Cells) -> np.ndarray:
    """Return by cell the stretch of sorted changes it borrows from: its own, or the next wider group's with enough."""
    number = np.arange(cells.number)
    found = np.tile([0, len(cell)], (cells.number, 1))
    for width in (cells.per_group, cells.ages, 1):
        low = number // width * width
        bounds = np.searchsorted(cell, np.column_stack([low, low + width]))
        found = np.where((np.diff(bounds, axis=1) >= ENOUGH), bounds, found)
    return found


def rates_of(counts: Counts, weights: np.ndarray) -> Rates:
    """Return the chances of each draw from its weights of customers (draws × customers).

    The rate of a cell is mixed with that of its term and kind of month as if `WEIGHT` more events had been seen at that
    rate; the latter in the same way with the churn per month of all customers, compounded over the term.
    """
    seen, left, moved = (weights @ table for table in (counts.seen, counts.left, counts.moved))
    monthly = left.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), _TINY)
    root = 1 - (1 - monthly) ** counts.terms
    grouped = [_grouped(table, counts.per_group) for table in (seen, left, moved)]
    # between renewals nobody is thought to leave unless somebody did
    parent = np.where(counts.terms > 0, _mixed(grouped[1], grouped[0], root), _share(grouped[1], grouped[0]))
    stay, stay_grouped = seen - left, grouped[0] - grouped[1]
    waited, back = weights @ counts.waited, weights @ counts.back
    overall = _share(back.sum(axis=1, keepdims=True), waited.sum(axis=1, keepdims=True))
    return Rates(
        leave=_mixed(left, seen, parent),
        move=_mixed(moved, stay, _share(grouped[2], stay_grouped)),
        back=_mixed(back, waited, overall),
    )


def _grouped(table: np.ndarray, per_group: int) -> np.ndarray:
    sums = table.reshape(len(table), -1, per_group).sum(axis=2)
    return np.repeat(sums, per_group, axis=1)


def _share(events: np.ndarray, seen: np.ndarray) -> np.ndarray:
    return events / np.maximum(seen, _TINY)


def _mixed(events: np.ndarray, seen: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Return rates with `WEIGHT` events at the wider group's rate added; that rate where nothing was seen."""
    added = WEIGHT / np.maximum(parent, _TINY)
    return (events + added * parent) / (seen + added)
