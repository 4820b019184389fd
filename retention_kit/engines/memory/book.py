"""The book of business: who paid what at the end of each month, one row a customer and month, sorted."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

_BLOCK = 4096  # customers whose matrix fits the cache


@dataclass(frozen=True, eq=False)
class Book:
    """Who paid what at the end of each month.

    Attributes
    ----------
    bounds : ndarray of n + 1
        Where each customer's rows begin; customers are numbered 0 … n - 1.
    month : ndarray
        Month numbers, rising within a customer.
    cents : ndarray of int64
        MRR in minor units, positive.
    first, last : int
        The months observed; an absent row between them is an observed zero.
    complete : bool
        Whether all that happened before `first` is known to be nothing. If not, `first` is an opening: nobody is new in
        it, and who pays in it began at a time nobody saw.
    foreign : tuple of Foreign
        One a currency that was converted; empty when all is in one currency.
    began : ndarray of int or None
        Of who paid already in the opening of an incomplete book: their first month with MRR, where it is known all the
        same; -1 elsewhere. None where nobody's is.
    """

    bounds: np.ndarray
    month: np.ndarray
    cents: np.ndarray
    first: int
    last: int
    complete: bool = True
    foreign: tuple["Foreign", ...] = field(default=())
    began: np.ndarray | None = None

    @property
    def customers(self) -> int:
        """How many customers ever paid."""
        return len(self.bounds) - 1

    @property
    def start(self) -> np.ndarray:
        """First month with MRR that was observed, per customer."""
        return self.month[self.bounds[:-1]]

    @property
    def truncated(self) -> np.ndarray:
        """Who paid already in the opening of an incomplete book: their start was not observed, per customer."""
        return (self.start == self.first) & (not self.complete)

    @property
    def origin(self) -> np.ndarray:
        """First month with MRR, seen or known from elsewhere, per customer; -1 where nobody knows it."""
        began = -1 if self.began is None else self.began
        return np.where(self.truncated, began, self.start)

    @property
    def opening(self) -> int:
        """The month whose end opens the first period: the one before `first`; in an incomplete book `first` itself."""
        return self.first - 1 if self.complete else self.first

    @property
    def owner(self) -> np.ndarray:
        """The customer of every row."""
        return np.repeat(np.arange(self.customers), np.diff(self.bounds))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield slices of customers with their dense matrix (months × customers); row 0 is the month before `first`."""
        for low in range(0, self.customers, _BLOCK):
            some = slice(low, min(low + _BLOCK, self.customers))
            yield some, self.dense(some)

    def dense(self, some: slice) -> np.ndarray:
        """Return the matrix (months × customers) of a slice of customers; row 0 is the month before `first`."""
        rows = slice(self.bounds[some.start], self.bounds[some.stop])
        matrix = np.zeros((self.last - self.first + 2, some.stop - some.start), np.int64)
        columns = np.repeat(np.arange(matrix.shape[1]), np.diff(self.bounds[some.start : some.stop + 1]))
        matrix[self.month[rows] - self.first + 1, columns] = self.cents[rows]
        return matrix

    def row(self, month: int | np.ndarray) -> int | np.ndarray:
        """Return the row of a month, or of several, in the dense matrices."""
        return month - self.first + 1


@dataclass(frozen=True, eq=False)
class Foreign:
    """The part of a book that was converted from one other currency: the same customers and months.

    Attributes
    ----------
    native : Book
        In the minor units of that currency.
    converted : Book
        In those of the book.
    """

    native: Book
    converted: Book


def build(
    customer: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    cents: np.ndarray,
    *,
    last: int,
    first: int | None = None,
    customers: int | None = None,
    complete: bool = True,
) -> Book:
    """Return the book of subscriptions given as stretches of constant MRR.

    Parameters
    ----------
    customer : ndarray of int
        0 … n - 1; everyone with at least one stretch that reaches into the window, unless `customers` says how many.
    start, end : ndarray of int
        First month with the MRR, first month without it.
    cents : ndarray of int64
    last : int
        Last month observed; later ones are cut.
    first : int, optional
        First month observed; earlier ones are cut. Default: the first with MRR.
    customers : int, optional
        How many customers the book numbers; some of them may have no row.
    complete : bool
        See `Book`.
    """
    first, order = int(start.min()) if first is None else first, np.argsort(customer, kind="stable")
    customer, start, end, cents = (column[order] for column in (customer, start, end, cents))
    start, end = np.clip(start, first, last + 1), np.clip(end, first, last + 1)
    parts = [
        _dense_to_rows(
            customer[rows] - low, start[rows] - first, end[rows] - first, cents[rows], last - first + 1, size
        )
        for low, size, rows in _stretches(customer, int(customer[-1]) + 1 if customers is None else customers)
    ]
    counts = np.concatenate([count for count, _, _ in parts])
    bounds = np.concatenate([[0], np.cumsum(counts)])
    month = np.concatenate([month for _, month, _ in parts]) + first
    return Book(bounds, month, np.concatenate([amount for _, _, amount in parts]), first, last, complete)


def with_cents(book: Book, cents: np.ndarray) -> Book:
    """Return the book with other amounts in its rows; a row whose amount is 0 is no row any more."""
    counts = np.bincount(book.owner, cents > 0, book.customers).astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    return replace(book, bounds=bounds, month=book.month[cents > 0], cents=cents[cents > 0])


def only(book: Book, some: np.ndarray) -> Book:
    """Return the book of some of its customers (a mask), numbered anew in the same order."""
    rows = some[book.owner]
    bounds = np.concatenate([[0], np.cumsum(np.diff(book.bounds)[some])])
    foreign = tuple(Foreign(only(part.native, some), only(part.converted, some)) for part in book.foreign)
    began = None if book.began is None else book.began[some]
    return replace(book, bounds=bounds, month=book.month[rows], cents=book.cents[rows], foreign=foreign, began=began)


def _stretches(customer: np.ndarray, number: int) -> Iterator[tuple[int, int, slice]]:
    """Yield blocks of customers: the first of them, how many, and their rows."""
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
