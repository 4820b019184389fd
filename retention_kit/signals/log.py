"""The events of a ledger's customers, sorted by day, and windows of months that end at a day."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.schema import CUSTOMER_ID
from retention_kit.sources import events_of


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events of customers numbered 0 … n - 1.

    Attributes
    ----------
    customers : int
    owner, day : ndarray of int
        Customer of each event; days since 1 January 1970, rising.
    kind : ndarray of int
        Place of the event's kind in `names`.
    value : ndarray of float
        NaN where an event has none.
    names : tuple of str
    unknown : int
        Events of customers that the ledger does not have, left out.
    """

    customers: int
    owner: np.ndarray
    day: np.ndarray
    kind: np.ndarray
    value: np.ndarray
    names: tuple[str, ...]
    unknown: int = 0

    def until(self, day: dt.date) -> "EventLog":
        """Return what had happened by the close of a day."""
        return self._rows(slice(0, int(np.searchsorted(self.day, day_number(day), side="right"))))

    def of(self, *kinds: str) -> "EventLog":
        """Return the events of some kinds."""
        return self._rows(np.isin(self.names, kinds)[self.kind] if self.names else slice(0))

    def within(self, day: dt.date, months: int, back: int = 0) -> "EventLog":
        """Return the events of the `months` months that end at the close of `day`, or `back` such windows earlier.

        Examples
        --------
        >>> days = np.array([day_number(dt.date(2025, 3, 31)), day_number(dt.date(2025, 4, 1))])
        >>> log = EventLog(1, np.zeros(2, int), days, np.zeros(2, int), np.zeros(2), ("login",))
        >>> len(log.within(dt.date(2025, 6, 30), 3)), len(log.within(dt.date(2025, 6, 30), 3, back=1))
        (1, 1)
        """
        after = pd.Timestamp(day) + pd.Timedelta(days=1)
        ends = (after - pd.DateOffset(months=months * (back + 1)), after - pd.DateOffset(months=months * back))
        return self._rows(slice(*np.searchsorted(self.day, [day_number(end.date()) for end in ends])))

    def counts(self) -> np.ndarray:
        """Return how many events each customer has."""
        return np.bincount(self.owner, minlength=self.customers)

    def __len__(self) -> int:
        return len(self.day)

    def _rows(self, rows: Any) -> "EventLog":
        columns = (self.owner[rows], self.day[rows], self.kind[rows], self.value[rows])
        return replace(self, **dict(zip(("owner", "day", "kind", "value"), columns, strict=True)))


def day_number(day: dt.date) -> int:
    """Return the days since 1 January 1970.

    >>> day_number(dt.date(1970, 1, 2))
    1
    """
    return (day - dt.date(1970, 1, 1)).days


def date_of(number: int) -> dt.date:
    """Return the day of so many days since 1 January 1970.

    >>> date_of(1)
    datetime.date(1970, 1, 2)
    """
    return dt.date(1970, 1, 1) + dt.timedelta(days=number)


def log_of(events: Any, ids: pd.Index) -> EventLog:
    """Return the events of the customers of a ledger.

    Parameters
    ----------
    events : Events, DataFrame, str or Path
        What `read_events` returns, or what it reads; then no row may be one that it would set aside.
    ids : Index
        The ledger's customers.

    Raises
    ------
    InputError
        As `read_events`; of its kinds, `InvalidRowsError` if a row cannot be used.
    """
    frame = events_of(events).frame
    who, customers = pd.factorize(frame[CUSTOMER_ID])
    owner = np.append(ids.get_indexer(customers), -1)[who]
    day = frame["at"].to_numpy("datetime64[D]").astype(np.int64)
    value = frame["value"].to_numpy(float, na_value=np.nan)
    known = np.flatnonzero(owner >= 0)
    # the value decides between events of one day, so that the order of the file never does
    order = known[np.lexsort((value[known], owner[known], day[known]))]
    kind, names = pd.factorize(frame["kind"], use_na_sentinel=False)
    columns = (owner[order], day[order], kind[order], value[order])
    return EventLog(len(ids), *columns, tuple(map(str, names)), int((owner < 0).sum()))
