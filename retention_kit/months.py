"""Calendar months as whole numbers: months since January of year 0.

A month is one integer, so an age is a difference and a window a range. Only the doors (`month_number`
in, `month_start` out) know dates.
"""

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import MonthError, OpenMonthError, OptionError

_MONTH = re.compile(r"(\d{4}-\d{2})(-\d{2})?")
PERIOD_MONTHS = {"M": 1, "Q": 3, "Y": 12}
"""Length in months of the calendar periods a table can be drawn up by."""


def month_number(value: Any) -> int:
    """Return the number of a calendar month: ``year * 12 + month - 1``.

    Parameters
    ----------
    value : str, datetime.date, pandas.Timestamp or pandas.Period
        Such as ``"2024-12"``; a day inside the month stands for the month.

    Raises
    ------
    MonthError
        If the text is no month.

    Examples
    --------
    >>> month_number("2024-12") - month_number("2023-12")
    12
    """
    if isinstance(value, dt.date | pd.Timestamp | pd.Period):
        return value.year * 12 + value.month - 1
    match = _MONTH.fullmatch(str(value).strip())
    try:
        day = dt.date.fromisoformat(match[1] + (match[2] or "-01"))
    except (TypeError, ValueError):
        raise MonthError("error.not_a_month", value=str(value)) from None
    return day.year * 12 + day.month - 1


def month_numbers(dates: pd.Series) -> np.ndarray:
    """Return the month number of every date of a Series without gaps."""
    return (dates.dt.year * 12 + dates.dt.month - 1).to_numpy(np.int64)


def month_start(number: int) -> pd.Timestamp:
    """Return the first day of a month given by its number.

    Examples
    --------
    >>> month_start(month_number("2024-12"))
    Timestamp('2024-12-01 00:00:00')
    """
    return pd.Timestamp(number // 12, number % 12 + 1, 1)


def month_starts(numbers: np.ndarray) -> pd.DatetimeIndex:
    """Return the first day of every month of an array of numbers."""
    since_1970 = np.asarray(numbers, np.int64) - 1970 * 12
    return pd.DatetimeIndex(since_1970.astype("datetime64[M]").astype("datetime64[s]"))


def month_end(number: int) -> dt.date:
    """Return the last day of a month given by its number.

    Examples
    --------
    >>> month_end(month_number("2024-02"))
    datetime.date(2024, 2, 29)
    """
    return (month_start(number) + pd.offsets.MonthEnd(0)).date()


def month_ends(numbers: np.ndarray) -> pd.DatetimeIndex:
    """Return the last days of months counted since January of year 0.

    Examples
    --------
    >>> month_ends(np.array([2024 * 12 + 1]))[0]
    Timestamp('2024-02-29 00:00:00')
    """
    return month_starts(np.asarray(numbers) + 1) - pd.Timedelta(days=1)


def parse_day(value: Any) -> dt.date:
    """Return a day given as a date or as text like ``"2025-12-31"``.

    Raises
    ------
    MonthError
        If the text is no day.
    """
    if isinstance(value, pd.Timestamp | dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        raise MonthError("error.not_a_day", value=str(value)) from None


def last_closed(as_of: dt.date) -> int:
    """Return the last month that has ended at the close of the day `as_of`.

    Examples
    --------
    >>> import datetime as dt
    >>> last_closed(dt.date(2025, 12, 31)) == month_number("2025-12")
    True
    >>> last_closed(dt.date(2025, 12, 30)) == month_number("2025-11")
    True
    """
    number = month_number(as_of)
    return number if month_end(number) <= as_of else number - 1


def window(start: Any, end: Any, *, first: int, last: int, as_of: dt.date) -> tuple[int, int]:
    """Return the two month numbers of a window inside the months observed.

    Raises
    ------
    OpenMonthError
        If `end` has not ended at `as_of`.
    MonthError
        If `start` is not before `end`, or lies before the first month observed.
    """
    begin, close = month_number(start), month_number(end)
    if close > last:
        raise OpenMonthError("error.open_month", month=month_start(close), as_of=as_of, last=month_start(last))
    if begin >= close:
        raise MonthError("error.window_backwards", start=month_start(begin), end=month_start(close))
    if begin < first:
        raise MonthError("error.before_history", month=month_start(begin), first=month_start(first))
    return begin, close


def period_ends(freq: str, *, first: int, last: int) -> np.ndarray:
    """Return the last month of every period that has closed, from the one `first` lies in.

    Parameters
    ----------
    freq : {"M", "Q", "Y"}
        Calendar months, quarters or years.

    Raises
    ------
    OptionError
        If `freq` is another letter.
    """
    if freq not in PERIOD_MONTHS:
        raise OptionError("error.option", name="freq", value=str(freq), legal=list(PERIOD_MONTHS))
    length = PERIOD_MONTHS[freq]
    ends = np.arange(first // length * length + length - 1, last + 1, length)
    return ends.astype(np.int64)
