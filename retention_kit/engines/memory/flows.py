"""Movements: opening against closing, per customer and period."""

from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book, Foreign

_SAFE = 2**62  # products below it, and their differences, fit int64


class Flows(NamedTuple):
    """Opening, movements and closing: matrices of periods × customers; `fx` is None where all is in one currency."""

    opening: np.ndarray
    new: np.ndarray
    reactivation: np.ndarray
    expansion: np.ndarray
    contraction: np.ndarray
    churn: np.ndarray
    fx: np.ndarray | None
    closing: np.ndarray

    @property
    def known(self) -> list[np.ndarray]:
        """Those there are, in order."""
        return [flow for flow in self if flow is not None]


def bridge(
    book: Book, ends: np.ndarray, length: int, group: np.ndarray, groups: int, step: int | None = None
) -> np.ndarray:
    """Return the sums of the flows: an array of periods × groups × fields, in cents.

    The fields are opening, new, reactivation, expansion, contraction, churn, fx if the book has foreign parts, closing.

    Parameters
    ----------
    ends : ndarray
        Last month of each period, after the book's opening; `length` is the months of a period.
    group : ndarray of int
        The group of every customer, 0 … groups - 1.
    step : int, optional
        Months of the parts of a period whose movements are added up. Default: the period whole, so that what happened
        inside it is netted.
    """
    total = np.zeros((len(ends), groups, _width(book)), np.int64)
    for some, dense in book.blocks():
        order = np.argsort(group[some], kind="stable")
        present, begins = np.unique(group[some][order], return_index=True)
        for place, flow in enumerate(_flows(book, some, dense, ends, length, step).known):
            total[:, present, place] += np.add.reduceat(flow[:, order], begins, axis=1)
    return total


def movements(
    book: Book, ends: np.ndarray, length: int, step: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per customer and period: customers, indices of periods, and an array of rows × fields in cents.

    Only where somebody paid at the opening, at the closing or, movements being added up, moved in between; sorted by
    customer, then period. Fields and arguments are those of `bridge`.
    """
    customers, periods, amounts = [], [], []
    for some, dense in book.blocks():
        flows = _flows(book, some, dense, ends, length, step)
        column, period = np.nonzero(((flows.opening > 0) | (flows.closing > 0) | (flows.churn > 0)).T)
        customers.append(column + some.start)
        periods.append(period)
        amounts.append(np.stack([flow[period, column] for flow in flows.known], axis=1))
    return np.concatenate(customers), np.concatenate(periods), np.concatenate(amounts)


def _width(book: Book) -> int:
    return len(Flows._fields) - (not book.foreign)


def _flows(book: Book, some: slice, dense: np.ndarray, ends: np.ndarray, length: int, step: int | None) -> Flows:
    """Return opening and closing of each period, and between them the movements of its steps, added up."""
    step = step or length
    within = (ends[:, None] - np.arange(0, length, step)[::-1]).ravel()
    steps = _from_end_to_end(book, some, dense, within, step)
    if step == length:
        return steps
    shape = (len(ends), length // step, dense.shape[1])
    opening, *moved, closing = (None if flow is None else flow.reshape(shape) for flow in steps)
    sums = (None if flow is None else flow.sum(axis=1) for flow in moved)
    return Flows(opening[:, 0], *sums, closing[:, -1])


def _from_end_to_end(book: Book, some: slice, dense: np.ndarray, ends: np.ndarray, length: int) -> Flows:
    before, after = np.maximum(ends - length, book.opening), np.maximum(ends, book.opening)
    opening, closing = dense[book.row(before)], dense[book.row(after)]
    joined = opening == 0
    first_ever = book.start[some] > before[:, None]
    stays = ~joined & (closing > 0)
    fx = np.where(stays, _exchange(book, some, before, after), 0) if book.foreign else None
    change = closing - opening if fx is None else closing - opening - fx
    return Flows(
        opening,
        np.where(joined & first_ever, closing, 0),
        np.where(joined & ~first_ever, closing, 0),
        np.where(stays, np.maximum(change, 0), 0),
        np.where(stays, np.maximum(-change, 0), 0),
        np.where(closing == 0, opening, 0),
        fx,
        closing,
    )


def _exchange(book: Book, some: slice, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return what the rates alone did to the MRR kept in each foreign currency, periods × customers."""
    parts = (_of_currency(part, some, book.row(before), book.row(after)) for part in book.foreign)
    return sum(parts, np.zeros((len(before), some.stop - some.start), np.int64))


def _of_currency(part: Foreign, some: slice, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    native, converted = part.native.dense(some), part.converted.dense(some)
    effect = np.zeros((len(before), native.shape[1]), np.int64)
    kept = np.nonzero((native[before] > 0) & (native[after] > 0))
    ends = (native[before][kept], native[after][kept], converted[before][kept], converted[after][kept])
    effect[kept] = rate_effect(*ends)
    return effect


def rate_effect(opening: np.ndarray, closing: np.ndarray, was: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return min(opening, closing) × (now ÷ closing − was ÷ opening), exact, rounded half-even once.

    Parameters
    ----------
    opening, closing : ndarray of int64
        MRR in the foreign currency's minor units, positive.
    was, now : ndarray of int64
        The same two converted.
    """
    largest = max(int(amount.max(initial=0)) for amount in (opening, closing, was, now))
    if largest**2 >= _SAFE:
        opening, closing, was, now = (amount.astype(object) for amount in (opening, closing, was, now))
    divisor = np.maximum(opening, closing)
    dividend = now * opening - was * closing
    whole = dividend // divisor
    twice = 2 * (dividend - whole * divisor)
    up = (twice > divisor) | ((twice == divisor) & (whole % 2 == 1))
    return (whole + up.astype(np.int64)).astype(np.int64)
