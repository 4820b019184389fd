"""Windows: the customers of an opening base, and what became of them."""

from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book


def opening_base(book: Book, start: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per customer who paid at `start`: the customer, MRR at `start`, MRR at `end`, in cents."""
    customers, opening, closing = [], [], []
    for some, dense in book.blocks():
        before, after = dense[book.row(start)], dense[book.row(end)]
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
