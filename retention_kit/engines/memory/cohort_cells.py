"""Cohorts: sums by start and age."""

from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book


class Cohorts(NamedTuple):
    """Sums per month of start (rows) and age in months (columns): customers, MRR in cents."""

    customers: np.ndarray
    mrr: np.ndarray
    capped: np.ndarray


def cohorts(book: Book) -> Cohorts:
    """Return who paid, what, and what of it does not exceed their own first MRR, by month of start and age.

    Customers whose start nobody saw are in no cohort.
    """
    months, owner = book.last - book.first + 1, book.owner
    seen = ~book.truncated[owner]
    began = book.start[owner]
    cell = ((began - book.first) * months + book.month - began)[seen]
    at_start = book.cents[book.bounds[:-1]][owner]

    def sums(amount: np.ndarray | None) -> np.ndarray:
        # bincount adds in float64: exact for integers below 2**53 cents
        return np.bincount(cell, amount, months * months).astype(np.int64).reshape(months, months)

    return Cohorts(sums(None), sums(book.cents[seen]), sums(np.minimum(book.cents, at_start)[seen]))
