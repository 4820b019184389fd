"""The embedded engine: a book of business as a matrix, months down and customers across, cents inside.

Kept as one row a customer and month, sorted; opened block by block of customers into small dense matrices. Opening
is the row above, each movement an elementwise expression on two rows, a cohort a group of columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_BLOCK = 4096  # customers whose matrix fits the cache


@dataclass(frozen=True, eq=False)
class Book:
    """Who paid what at the end of each month.

    Attributes
    ----------
    bounds : ndarray of n + 1
        Where each customer's rows begin; customers are numbered 0 … n - 1 and everyone has at least one row.
    month : ndarray
        Month numbers, rising within a customer.
    cents : ndarray of int64
        MRR in minor units, positive.
    first, last : int
        The months observed; an absent row between them is an observed zero.
    """

    bounds: np.ndarray
    month: np.ndarray
    cents: np.ndarray
    first: int
    last: int

    @property
    def customers(self) -> int:
        """How many customers ever paid."""
        return len(self.bounds) - 1

    @property
    def start(self) -> np.ndarray:
        """First month with MRR, per customer."""
        return self.month[self.bounds[:-1]]

    @property
    def owner(self) -> np.ndarray:
        """The customer of every row."""
        return np.repeat(np.arange(self.customers), np.diff(self.bounds))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield slices of customers with their dense matrix (months × customers); row 0 is the month before `first`."""
        for low in range(0, self.customers, _BLOCK):
            some = slice(low, min(low + _BLOCK, self.customers))
            rows = slice(self.bounds[some.start], self.bounds[some.stop])
            dense = np.zeros((self.last - self.first + 2, some.stop - some.start), np.int64)
            columns = np.repeat(np.arange(dense.shape[1]), np.diff(self.bounds[some.start : some.stop + 1]))
            dense[self.month[rows] - self.first + 1, columns] = self.cents[rows]
            yield some, dense


def build(customer: np.ndarray, start: np.ndarray, end: np.ndarray, cents: np.ndarray, *, last: int) -> Book:
    """Return the book of subscriptions given as stretches of constant MRR.

    Parameters
    ----------
    customer : ndarray of int
        0 … n - 1, everyone with at least one stretch that reaches into the window.
    start, end : ndarray of int
        First month with the MRR, first month without it.
    cents : ndarray of int64
    last : int
        Last month observed; later ones are cut.
    """
    first, order = int(start.min()), np.argsort(customer, kind="stable")
    customer, start, end, cents = (column[order] for column in (customer, start, end, cents))
    end = np.minimum(end, last + 1)
    parts = [
        _dense_to_rows(
            customer[rows] - low, start[rows] - first, end[rows] - first, cents[rows], last - first + 1, size
        )
        for low, size, rows in _stretches(customer)
    ]
    counts = np.concatenate([count for count, _, _ in parts])
    bounds = np.concatenate([[0], np.cumsum(counts)])
    month = np.concatenate([month for _, month, _ in parts]) + first
    return Book(bounds, month, np.concatenate([amount for _, _, amount in parts]), first, last)


def _stretches(customer: np.ndarray) -> Iterator[tuple[int, int, slice]]:
    """Yield blocks of customers: the first of them, how many, and their rows."""
    number = int(customer[-1]) + 1
    for low in range(0, number, _BLOCK):
        size = min(_BLOCK, number - low)
        yield low, size, slice(*np.searchsorted(customer, [low, low + size]))


def _dense_to_rows(
    column: np.ndarray, start: np.ndarray, end: np.ndarray, cents: np.ndarray, months: int, customers: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add each stretch at its start, take it away at its end, sum down the months; keep what is positive."""
    change = np.zeros((months + 1, customers), np.int64)
    np.add.at(change, (start, column), cents)
    np.add.at(change, (end, column), -cents)
    dense = np.cumsum(change[:-1], axis=0).T
    owner, month = np.nonzero(dense)
    return np.bincount(owner, minlength=customers), month, dense[owner, month]


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
    closing = dense[ends - book.first + 1]
    before = np.maximum(ends - length, book.first - 1)
    opening = dense[before - book.first + 1]
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
        Last month of each period; `length` is the months of a period.
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


def opening_base(book: Book, start: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per customer who paid at `start`: the customer, MRR at `start`, MRR at `end`, in cents."""
    customers, opening, closing = [], [], []
    for some, dense in book.blocks():
        before, after = dense[start - book.first + 1], dense[end - book.first + 1]
        base = np.flatnonzero(before)
        customers.append(base + some.start)
        opening.append(before[base])
        closing.append(after[base])
    return np.concatenate(customers), np.concatenate(opening), np.concatenate(closing)


class Trailing(NamedTuple):
    """Sums over the opening base of every window: customers, MRR in cents."""

    customers: np.ndarray
    stayed: np.ndarray
    opening: np.ndarray
    closing: np.ndarray
    capped: np.ndarray


def trailing(book: Book, length: int) -> Trailing:
    """Return sums for every window of `length` months, from the one that starts with the first month observed."""
    windows = book.last - book.first + 1 - length
    total = np.zeros((len(Trailing._fields), windows), np.int64)
    for _, dense in book.blocks():
        opening = dense[1 : 1 + windows]
        base = opening > 0
        closing = np.where(base, dense[1 + length :], 0)
        columns = (base, closing > 0, opening, closing, np.minimum(opening, closing))
        total += np.stack([column.sum(axis=1) for column in columns])
    return Trailing(*total)


class Cohorts(NamedTuple):
    """Sums per month of start (rows) and age in months (columns): customers, MRR in cents."""

    customers: np.ndarray
    mrr: np.ndarray
    capped: np.ndarray


def cohorts(book: Book) -> Cohorts:
    """Return who paid, what, and what of it does not exceed their own first MRR, by month of start and age."""
    months, owner = book.last - book.first + 1, book.owner
    began = book.start[owner]
    cell = (began - book.first) * months + book.month - began
    at_start = book.cents[book.bounds[:-1]][owner]

    def sums(amount: np.ndarray | None) -> np.ndarray:
        # bincount adds in float64: exact for integers below 2**53 cents
        return np.bincount(cell, amount, months * months).astype(np.int64).reshape(months, months)

    return Cohorts(sums(None), sums(book.cents), sums(np.minimum(book.cents, at_start)))


class Lives(NamedTuple):
    """Per customer: first month, age at the first month end at 0 (-1: not seen), last age watched."""

    start: np.ndarray
    churned: np.ndarray
    watched: np.ndarray


def lives(book: Book) -> Lives:
    """Return when each customer came and first left; age 0 is the first month end with MRR."""
    start, owner = book.start, book.owner
    nth = np.arange(len(book.month)) - book.bounds[:-1][owner]
    unbroken = book.month - start[owner] == nth
    stayed = np.bincount(owner[unbroken], minlength=book.customers)
    watched = book.last - start
    return Lives(start, np.where(stayed <= watched, stayed, -1), watched)
