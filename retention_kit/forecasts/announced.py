"""What today's customers have already announced: when all or part of what they pay ends."""

from dataclasses import dataclass

import numpy as np

from retention_kit.ledger import Ledger
from retention_kit.wording import Message

_NOTHING = 1e-9  # share of MRR below which nothing is left


@dataclass(frozen=True, eq=False)
class Announced:
    """Ends known in advance, one row a customer of the base and one column a month ahead.

    Attributes
    ----------
    left : ndarray
        Share of what a customer pays that the ends of the month leave: 1 where none is known, 0 where all ends.
    bound : ndarray of bool
        Whether the day on which the customer leaves is known and this month does not lie after it: they go on that day,
        neither before nor later.
    cents : ndarray
        MRR, in minor units, that ends within these months.
    """

    left: np.ndarray
    bound: np.ndarray
    cents: np.ndarray


def announced_by(ledger: Ledger, owner: np.ndarray, cents: np.ndarray, months: int) -> Announced:
    """Return what is known to end of the MRR of some customers, within so many months.

    Parameters
    ----------
    ledger : Ledger
    owner : ndarray of int
        Numbers of the customers, rising.
    cents : ndarray
        What they pay at the end of the last month closed.
    months : int
    """
    table, last = ledger.announced, ledger.book.last
    table = table[np.isin(table["customer"], owner)]
    place, ahead = np.searchsorted(owner, table["customer"]), table["month"].to_numpy() - last - 1
    ends = np.zeros((len(owner), max(months, int(ahead.max(initial=0)) + 1)))
    np.add.at(ends, (place, ahead), table["cents"])
    rest = np.maximum(np.column_stack([cents, cents[:, None] - ends.cumsum(axis=1)]), 0) / cents[:, None]
    rest[rest < _NOTHING] = 0
    left = np.divide(rest[:, 1:], rest[:, :-1], out=np.ones_like(ends), where=rest[:, :-1] > 0)
    bound = (rest[:, -1:] == 0) & (rest[:, :-1] > 0)
    return Announced(left[:, :months], bound[:, :months], cents * (1 - rest[:, months]))


def in_words(ledger: Ledger, announced: Announced, month: object) -> tuple[Message, ...]:
    """Return how much is known to end by a month, if anything is."""
    gone = announced.cents[announced.cents > 0]
    fields = {"n": len(gone), "mrr": ledger.money(gone.sum()), "month": month, "as_of": ledger.as_of}
    return (Message("forecast.warning.announced", fields),) if len(gone) else ()
