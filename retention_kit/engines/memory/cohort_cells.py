"""Cohorts: sums by group of customers and age."""

from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book


class Cohorts(NamedTuple):
    """Sums per cohort (rows) and age in months (columns), of those who pay at the age taken as base; MRR in cents.

    Attributes
    ----------
    customers, later : ndarray
        How many pay at that age; how many pay at it or later.
    mrr, capped : ndarray
        Their MRR; what of it does not exceed each customer's own MRR at the base.
    sizes : ndarray
        Customers of each cohort, whether or not they pay at the base.
    reached : ndarray
        The age that the youngest of each cohort has reached; -1 where a cohort has nobody.
    """

    customers: np.ndarray
    later: np.ndarray
    mrr: np.ndarray
    capped: np.ndarray
    sizes: np.ndarray
    reached: np.ndarray


def at_age(book: Book, age: int | np.ndarray) -> np.ndarray:
    """Return every customer's MRR in cents at an age in months, the same for all or each their own.

    0 where they do not pay, have not reached that age, or were not yet watched at it, and where nobody knows their
    start.
    """
    owner = book.owner
    month = np.where(book.origin < 0, -1, book.origin + age)
    rows = np.flatnonzero(book.month == month[owner])
    amount = np.zeros(book.customers, np.int64)
    amount[owner[rows]] = book.cents[rows]
    return amount


def cohorts(book: Book, group: np.ndarray | None = None, groups: int = 0, *, baseline: int = 0) -> Cohorts:
    """Return the sums of each cohort and age; customers whose start nobody saw are in no cohort.

    Parameters
    ----------
    book : Book
    group : ndarray of int, optional
        The cohort of every customer, 0 … `groups` - 1; by default one cohort a month, the first month observed first.
    groups : int
    baseline : int
        The age taken as base: only who pays at it is summed, and capped at their MRR then.
    """
    months = book.last - book.first + 1
    if group is None:
        group, groups = book.start - book.first, months
    group, base = np.where(book.truncated, -1, group), at_age(book, baseline)
    reached = np.full(groups + 1, book.last + 1)
    np.minimum.at(reached, group, book.last - book.start)
    sizes = np.bincount(group + 1, minlength=groups + 1)[1:]
    reached = np.where(sizes > 0, reached[:groups], -1)
    return Cohorts(*_sums(book, group, groups, base), sizes, reached)


def _sums(book: Book, group: np.ndarray, groups: int, base: np.ndarray) -> list[np.ndarray]:
    """Return how many pay at each age, or then and later, and what, and what of it is capped at the base."""
    months, repeats = book.last - book.first + 1, np.diff(book.bounds)
    place, counted = group * months - book.start, (group >= 0) & (base > 0)
    inside = slice(None) if counted.all() else np.repeat(counted, repeats)
    cell, cents = (np.repeat(place, repeats) + book.month)[inside], book.cents[inside]
    capped = np.minimum(cents, np.repeat(base, repeats)[inside])

    def sums(cell: np.ndarray, amount: np.ndarray | None = None) -> np.ndarray:
        # bincount adds in float64: exact for integers below 2**53 cents
        return np.bincount(cell, amount, groups * months).astype(np.int64).reshape(groups, months)

    # who pays last at an age pays at each earlier one, or later than it
    left = sums((place + book.month[book.bounds[1:] - 1])[group >= 0])
    later = left[:, ::-1].cumsum(axis=1)[:, ::-1]
    return [sums(cell), later, sums(cell, cents), sums(cell, capped)]
