"""Movements: opening against closing, per customer and period."""

from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book


class Flows(NamedTuple):
    """Opening, the five movements and closing: matrices of periods × customers, or of sums."""

    opening: np.ndarray
    new: np.ndarray
    reactivation: np.ndarray
    expansion: np.ndarray
    contraction: np.ndarray
    churn: np.ndarray
    closing: np.ndarray


def _flows(book: Book, some: slice, dense: np.ndarray, ends: np.ndarray, length: int) -> Flows:
    before = np.maximum(ends - length, book.opening)
    opening, closing = dense[book.row(before)], dense[book.row(ends)]
    joined = opening == 0
    first_ever = book.start[some] > before[:, None]
    change = closing - opening
    stays = ~joined & (closing > 0)
    return Flows(
        opening,
        np.where(joined & first_ever, closing, 0),
        np.where(joined & ~first_ever, closing, 0),
        np.where(stays, np.maximum(change, 0), 0),
        np.where(stays, np.maximum(-change, 0), 0),
        np.where(closing == 0, opening, 0),
        closing,
    )


def bridge(book: Book, ends: np.ndarray, length: int, group: np.ndarray, groups: int) -> np.ndarray:
    """Return the sums of the flows: an array of periods × groups × 7 (the fields of `Flows`), in cents.

    Parameters
    ----------
    ends : ndarray
        Last month of each period, after the book's opening; `length` is the months of a period.
    group : ndarray of int
        The group of every customer, 0 … groups - 1.
    """
    total = np.zeros((len(ends), groups, len(Flows._fields)), np.int64)
    for some, dense in book.blocks():
        order = np.argsort(group[some], kind="stable")
        present, begins = np.unique(group[some][order], return_index=True)
        for place, flow in enumerate(_flows(book, some, dense, ends, length)):
            total[:, present, place] += np.add.reduceat(flow[:, order], begins, axis=1)
    return total


def movements(book: Book, ends: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per customer and period: customers, indices of periods, and an array of rows × 7 in cents.

    Only where somebody paid at the opening or at the closing; sorted by customer, then period.
    """
    customers, periods, amounts = [], [], []
    for some, dense in book.blocks():
        flows = _flows(book, some, dense, ends, length)
        column, period = np.nonzero(((flows.opening > 0) | (flows.closing > 0)).T)
        customers.append(column + some.start)
        periods.append(period)
        amounts.append(np.stack([flow[period, column] for flow in flows], axis=1))
    return np.concatenate(customers), np.concatenate(periods), np.concatenate(amounts)
