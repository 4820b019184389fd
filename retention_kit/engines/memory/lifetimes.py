"""Lives: when each customer came and first left."""

from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book


class Lives(NamedTuple):
    """When each customer came and first left, one array a field.

    Attributes
    ----------
    start : ndarray of int
        First month with MRR; where nobody knows it, the first one observed.
    churned, watched : ndarray of int
        Age at churn (-1: none seen) and last age watched, counted from `start`.
    known : ndarray of bool
        Whether `start` is where the customer began, so that ages are ages.
    entry : ndarray of int
        Age at which watching began: 0 for those seen from the start. Who paid already in the opening and began seven
        months before it enters at 7, and is at risk of a churn that is seen from 8 on: those who left before were not
        in the export to be counted.
    """

    start: np.ndarray
    churned: np.ndarray
    watched: np.ndarray
    known: np.ndarray
    entry: np.ndarray


def lives(book: Book, grace: int = 0) -> Lives:
    """Return when each customer came and first left for longer than `grace` months.

    Age 0 is the first month end with MRR. Churn is dated at the first month end at 0 of the first gap of more than
    `grace` month ends at 0. A gap of at most `grace` month ends that ended with a return is none. Neither is one that
    the last month closed still finds open and no longer than `grace`: whether it lasts is not known yet, and that
    customer is censored at the last month closed, like one who still pays. A later return undoes no churn.

    Parameters
    ----------
    book : Book
    grace : int
        Month ends at 0 that are forgiven.
    """
    origin, owner = book.origin, book.owner
    known = origin >= 0
    start = np.where(known, origin, book.start)
    following = np.append(book.month[1:], book.last + 1)
    following[book.bounds[1:] - 1] = book.last + 1
    left = np.flatnonzero(following - book.month - 1 > grace)[::-1]  # the earliest is written last, and stays
    churned = np.full(book.customers, -1)
    churned[owner[left]] = book.month[left] + 1 - start[owner[left]]
    return Lives(start, churned, book.last - start, known, book.start - start)
