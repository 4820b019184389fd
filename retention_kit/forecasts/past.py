"""What customers did from one month end to the next, so far: left, changed what they pay, stayed; and who came back."""

from dataclasses import dataclass

import numpy as np

from retention_kit.engines.memory import Book
from retention_kit.ledger import Ledger

AGES = np.array([4, 7, 13, 25])  # where bands of age begin, in months: to 3, to 6, to 12, to 24, beyond
SIZES = 3  # bands of MRR, equally many customer-months each
AWAY = 13  # months away from which on all are taken together


@dataclass(frozen=True, eq=False)
class Steps:
    """One row a customer and month end with MRR that another month end follows.

    Attributes
    ----------
    owner, month : ndarray of int
    cell : ndarray of int
        See `Cells`.
    left : ndarray of bool
        0 at the next month end.
    ratio : ndarray
        MRR at the next month end over MRR at this one.
    """

    owner: np.ndarray
    month: np.ndarray
    cell: np.ndarray
    left: np.ndarray
    ratio: np.ndarray


@dataclass(frozen=True, eq=False)
class Absences:
    """Who was at 0 after having paid, one row an absence.

    Attributes
    ----------
    owner, months : ndarray of int
        Month ends at 0 that another month end followed.
    back : ndarray of bool
    ratio : ndarray
        MRR at the return over MRR before the absence; NaN where nobody came back.
    """

    owner: np.ndarray
    months: np.ndarray
    back: np.ndarray
    ratio: np.ndarray


@dataclass(frozen=True, eq=False)
class Cells:
    """Customers taken for alike: same contract term, at a renewal or not, same band of MRR, same band of age.

    Numbered so that age runs fastest, then MRR, then renewal, then term: wider groups are stretches of numbers.

    Attributes
    ----------
    terms : ndarray of int
        Terms that occur.
    edges : ndarray
        Per term, MRR (minor units) where its upper bands begin.
    """

    terms: np.ndarray
    edges: np.ndarray

    ages: int = len(AGES) + 1

    @property
    def per_group(self) -> int:
        """Cells that share term and renewal."""
        return SIZES * self.ages

    @property
    def number(self) -> int:
        """How many cells there are."""
        return 2 * len(self.terms) * self.per_group

    def of(self, kind: np.ndarray, age: np.ndarray, cents: np.ndarray) -> np.ndarray:
        """Return the cell of customers by the position of their term, the age they reach next and their MRR."""
        due = age % self.terms[kind] == 0
        size = sum((cents >= self.edges[kind, band]).astype(np.int64) for band in range(SIZES - 1))
        return ((kind * 2 + due) * SIZES + size) * self.ages + np.searchsorted(AGES, age, side="right")


def spell_ages(book: Book) -> np.ndarray:
    """Return for every row of the book the months since the customer's present spell of paying began.

    Who paid in the opening and whose start nobody knows is older than any other: they count from the last band of age.
    """
    starts = np.append(True, (np.diff(book.month) != 1) | (np.diff(book.owner) != 0))
    began = book.month[starts].copy()
    known = np.where(book.origin >= 0, book.origin, book.first - AGES[-1])
    opening = book.truncated[book.owner[starts]] & (began == book.first)
    began[opening] = known[book.owner[starts][opening]]
    return book.month - began[np.cumsum(starts) - 1]


def terms_of(ledger: Ledger) -> np.ndarray:
    """Return contract terms by customer; 1 where it is not known when a longer one was signed."""
    return np.where(ledger.book.origin >= 0, ledger.terms, 1)


def steps_of(ledger: Ledger) -> tuple[Steps, Cells]:
    """Return what customers did month by month, and the cells in which they are alike."""
    book = ledger.book
    terms, kind = np.unique(terms_of(ledger), return_inverse=True)
    seen = book.month < book.last
    owner, month, cents, age = book.owner[seen], book.month[seen], book.cents[seen], spell_ages(book)[seen] + 1
    edges = [_edges(cents[kind[owner] == number]) for number in range(len(terms))]
    cells = Cells(terms, np.array(edges))
    following = _following(book)[seen]
    cell = cells.of(kind[owner], age, cents)
    return Steps(owner, month, cell, following == 0, following / cents), cells


def _edges(cents: np.ndarray) -> np.ndarray:
    return np.quantile(cents, np.arange(1, SIZES) / SIZES) if len(cents) else np.zeros(SIZES - 1)


def _following(book: Book) -> np.ndarray:
    """Return the MRR at the next month end, by row."""
    goes_on = np.append((np.diff(book.month) == 1) & (np.diff(book.owner) == 0), False)
    return np.where(goes_on, np.append(book.cents[1:], 0), 0)


def absences_of(book: Book) -> Absences:
    """Return who stopped paying, for how long, and who came back with what."""
    last_row = np.append(np.diff(book.owner) != 0, True)
    following = np.where(last_row, book.last + 1, np.append(book.month[1:], 0))
    gap = following - book.month - 1
    gone = np.flatnonzero((gap > 0) & (book.month < book.last))
    back = ~last_row[gone]
    ratio = np.append(book.cents[1:], 0)[gone] / book.cents[gone]
    # a return is seen at the month end after the last one at 0; of an absence that lasts, the last has none after it
    return Absences(book.owner[gone], gap[gone] - ~back, back, np.where(back, ratio, np.nan))
