"""MRR that is known to end: cancellations already announced when the ledger closes."""

import datetime as dt

import numpy as np
import pandas as pd

from retention_kit.engines.memory import Book
from retention_kit.ledger.billing import RUNNING, month_or
from retention_kit.months import month_numbers

_MOST = 0.5
_FAR = 60  # months ahead from which on an end is not kept


def announced_ends(
    table: pd.DataFrame, stretches: pd.DataFrame, units: np.ndarray, book: Book, as_of: dt.date
) -> pd.DataFrame:
    """Return the MRR known on a day to end after the last month closed, by unit.

    What the rows of a unit still bring, month by month, is compared with what they bring at the end of the last month
    closed; a row that goes on, or begins later, continues one that ends. An end is known when it has come or its
    cancellation was requested by the day. Without a day of request it is known as well, unless the table holds
    customers who began after the day: then it was drawn up later, and nobody says which of its ends were known before.

    Some tables give every term or billing period a row of its own, with its end, whatever comes next. Where most rows
    of an interval that run today have an end, and most that ended were continued, an end announces nothing.

    Parameters
    ----------
    table : DataFrame
        The subscriptions.
    stretches : DataFrame
        All their stretches of constant MRR, those beginning later as well.
    units : ndarray of int
        The unit of every row of the table, -1 for those that are not in the ledger.
    book : Book
    as_of : date

    Returns
    -------
    DataFrame
        customer (number), month (number of the first one without it), cents; at most 60 months ahead.
    """
    last, ends = book.last, month_or(table["end"], RUNNING)
    known = _known(table, units, pd.Timestamp(as_of)) & ~_terms(table, ends, units, book)
    unknown = ~known[stretches["place"]]
    own_end = stretches["until"].to_numpy() == ends[stretches["place"]]
    until = np.where(unknown & own_end, RUNNING, stretches["until"])
    rows = stretches.assign(unit=units[stretches["place"]], until=until)
    rows = rows[(rows["unit"] >= 0) & (rows["cents"] > 0) & (rows["until"] > np.maximum(rows["first"], last))]
    ending = rows["unit"][(rows["first"] <= last) & (rows["until"] <= last + _FAR)].unique()
    rows = rows[rows["unit"].isin(ending)]
    customers, place = np.unique(rows["unit"], return_inverse=True)
    steps = np.zeros((len(customers), _FAR + 2), np.int64)
    np.add.at(steps, (place, (rows["first"] - last).clip(0, _FAR + 1)), rows["cents"])
    np.subtract.at(steps, (place, (rows["until"] - last).clip(0, _FAR + 1)), rows["cents"])
    brings = steps.cumsum(axis=1)[:, :-1]
    # what a later row brings back is not lost in between
    later = np.maximum.accumulate(brings[:, ::-1], axis=1)[:, ::-1]
    lost = -np.diff(np.minimum(later, brings[:, :1]), axis=1)
    who, ahead = np.nonzero(lost)
    return pd.DataFrame({"customer": customers[who], "month": last + 1 + ahead, "cents": lost[who, ahead]})


def _known(table: pd.DataFrame, units: np.ndarray, day: pd.Timestamp) -> np.ndarray:
    """Return by row whether its end was known on the day."""
    drawn_later = ((table["start"] > day).to_numpy() & (units < 0)).any()
    requested = table["cancel_requested_at"]
    in_time = (requested <= day) | (requested.isna() & (not drawn_later))
    return ((table["end"] <= day) | in_time).to_numpy()


def _terms(table: pd.DataFrame, ends: np.ndarray, units: np.ndarray, book: Book) -> np.ndarray:
    """Return by row whether rows of its interval end with every term rather than with the contract."""
    paid = book.owner * RUNNING + book.month
    here, begun = units >= 0, month_numbers(table["start"]) <= book.last
    runs, ended = here & begun & (ends > book.last), here & begun & (ends <= book.last)
    told = {
        "ends": np.where(runs, ends <= book.last + _FAR, np.nan),
        "continued": np.where(ended, np.isin(units * RUNNING + ends, paid), np.nan),
    }
    intervals = [table["interval"], table["interval_count"].fillna(1)]
    shares = pd.DataFrame(told, index=table.index).groupby(intervals).transform("mean")
    return ((shares["ends"] > _MOST) & (shares["continued"] > _MOST)).to_numpy()


def nothing_announced() -> pd.DataFrame:
    """Return the table of a ledger that knows of no end to come."""
    return pd.DataFrame({name: np.array([], np.int64) for name in ("customer", "month", "cents")})
