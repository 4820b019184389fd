"""Lives: when each customer came and first left."""

from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book


class Lives(NamedTuple):
    """Per customer: first month, age at the first month end at 0 (-1: none), last age watched, start seen or not."""

    start: np.ndarray
    churned: np.ndarray
    watched: np.ndarray
    known: np.ndarray


def lives(book: Book) -> Lives:
    """Return when each customer came and first left; age 0 is the first month end with MRR."""
    start, owner = book.start, book.owner
    nth = np.arange(len(book.month)) - book.bounds[:-1][owner]
    unbroken = book.month - start[owner] == nth
    stayed = np.bincount(owner[unbroken], minlength=book.customers)
    watched = book.last - start
    return Lives(start, np.where(stayed <= watched, stayed, -1), watched, ~book.truncated)
