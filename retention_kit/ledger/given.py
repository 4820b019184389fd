"""A customer × month table that someone already has, long or wide, read as it stands."""

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from retention_kit.engines import memory
from retention_kit.errors import EmptyTableError, MissingColumnError, MonthError
from retention_kit.ledger.accounting import one_row_each
from retention_kit.ledger.billing import whole_minor
from retention_kit.ledger.side_tables import refuse
from retention_kit.months import last_closed, month_number, month_start
from retention_kit.schema import CUSTOMER_ID, MONTH, MRR
from retention_kit.wording import Message

_LONG = (CUSTOMER_ID, MONTH, MRR)


class Given(NamedTuple):
    """What a table of customers and months holds: the book, its customers, the account of its rows, remarks."""

    book: memory.Book
    ids: pd.Index
    rows: pd.DataFrame
    notes: list[Message]


def read_given(frame: pd.DataFrame, as_of: dt.date, digits: int, complete: bool) -> Given:
    """Return the book of a long table (customer_id, month, mrr) or a wide one (a row a customer, a column a month).

    In a long table an absent row is an MRR of 0 up to the last month that has closed; a wide table ends with its last
    column.

    Raises
    ------
    MissingColumnError
        If a wide table has no month, or lacks one between its first and its last.
    InvalidRowsError
        If cells cannot be used: a month or a number unreadable, a negative amount, a customer and month twice.
    EmptyTableError
        If nobody pays in a month that has closed.
    """
    wide = not set(_LONG) <= set(frame.columns)
    cells = _checked(_melted(frame) if wide else frame[list(_LONG)].assign(row=frame.index), digits)
    if wide:
        _refuse_gaps(cells["number"])
    closed = last_closed(as_of)
    last = min(closed, int(cells["number"].max())) if wide and len(cells) else closed
    used = cells[(cells["number"] <= last) & (cells["cents"] > 0)]
    if used.empty:
        raise EmptyTableError("error.nothing_given", as_of=as_of)
    codes, ids = pd.factorize(used[CUSTOMER_ID], sort=True)
    month, first = used["number"].to_numpy(np.int64), int(cells["number"].min())
    book = memory.build(codes, month, month + 1, used["cents"].to_numpy(), last=last, first=first, complete=complete)
    return Given(book, pd.Index(ids, name=CUSTOMER_ID), _accounted(cells, last), _ends_early(int(month.max()), last))


def _refuse_gaps(number: pd.Series) -> None:
    """Refuse a wide table without a column for some month: nobody would have paid in it."""
    lacking = sorted(set(range(number.min(), number.max() + 1)) - set(number)) if len(number) else []
    if lacking:
        raise MissingColumnError("error.months_lacking", n=len(lacking), month=month_start(lacking[0]))


def _melted(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a wide table as a long one; ``row`` is the line of the wide one."""
    table = frame.set_index(CUSTOMER_ID) if CUSTOMER_ID in frame.columns else frame
    if not len(table.columns):
        raise MissingColumnError("error.side_table_column", name="frame", missing=list(_LONG), found=[])
    row = frame.index if CUSTOMER_ID in frame.columns else np.arange(len(frame))
    size = len(table.columns)
    return pd.DataFrame(
        {
            CUSTOMER_ID: np.repeat(table.index.to_numpy(), size),
            MONTH: np.tile(np.array(list(table.columns), object), len(table)),
            MRR: table.astype(object).to_numpy().ravel(),
            "row": np.repeat(row, size),
        }
    )


def _checked(cells: pd.DataFrame, digits: int) -> pd.DataFrame:
    """Return the cells with ``number``, of the month, and ``cents``; an empty amount is 0."""

    def refused(column: str, bad: pd.Series | np.ndarray, reason: str) -> None:
        if bad.any():
            named = cells[CUSTOMER_ID].astype(str) + " " + cells[MONTH].astype(str)
            refuse("frame", column, cells[column].set_axis(named), bad, reason)

    refused(CUSTOMER_ID, _blank(cells[CUSTOMER_ID]), "no_customer_id")
    number = _month_numbers(cells[MONTH])
    refused(MONTH, number < 0, "month_unreadable")
    given = ~_blank(cells[MRR])
    amount = pd.to_numeric(cells[MRR].where(given), errors="coerce").astype(float)
    refused(MRR, given & ~np.isfinite(amount), "number_unreadable")
    refused(MRR, amount < 0, "amount_negative")
    checked = cells.assign(number=number, mrr=amount, cents=whole_minor(amount, digits))
    refused(MONTH, checked.duplicated([CUSTOMER_ID, "number"]), "month_twice")
    return checked


def _blank(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(cells):
        return cells.isna()
    codes, found = pd.factorize(cells)
    empty = np.array([*(str(cell).strip() == "" for cell in found), True], bool)
    return pd.Series(empty[codes], cells.index)


def _month_numbers(months: pd.Series) -> np.ndarray:
    """Return the number of every month, -1 where it cannot be read."""
    codes, found = pd.factorize(months)
    numbers = [_number_or(month) for month in found]
    return np.array([*numbers, -1], np.int64)[codes]


def _number_or(month: object) -> int:
    try:
        return month_number(month)
    except MonthError:
        return -1


def _accounted(cells: pd.DataFrame, last: int) -> pd.DataFrame:
    reason = np.select([cells["number"] > last, cells["cents"] == 0], ["after_window", "no_mrr"], "")
    status = np.where(reason == "", "used", "outside")
    rows = pd.DataFrame(
        {
            "row": cells["row"].to_numpy(),
            "subscription_id": "",
            CUSTOMER_ID: cells[CUSTOMER_ID].to_numpy(),
            "amount": cells[MRR].to_numpy(),
            "status": status,
            "reason": reason.astype(object),
        }
    )
    return one_row_each(rows)


def _ends_early(seen: int, last: int) -> list[Message]:
    if seen == last:
        return []
    return [Message("warning.given_ends_early", {"month": month_start(seen), "last": month_start(last)})]
