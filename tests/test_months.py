"""Calendar months as numbers: the doors in and out, closed months, windows, periods."""

import calendar
import datetime as dt

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from retention_kit.errors import MonthError, OpenMonthError, OptionError
from retention_kit.months import (
    last_closed,
    month_end,
    month_number,
    month_numbers,
    month_start,
    month_starts,
    parse_day,
    period_ends,
    window,
)
from retention_kit.wording import use_language

DEC_2024 = 2024 * 12 + 11


@pytest.mark.parametrize(
    "written",
    ["2024-12", " 2024-12 ", "2024-12-31", dt.date(2024, 12, 5), pd.Timestamp("2024-12-31"), pd.Period("2024-12", "M")],
)
def test_a_month_is_its_year_times_twelve_plus_its_place(written):
    assert month_number(written) == DEC_2024


@pytest.mark.parametrize("written", ["2024-13", "2024-00", "2024-02-30", "2024", "december", "2024-1", "", 2024, None])
def test_what_is_no_month_is_refused_in_both_languages(written):
    with pytest.raises(MonthError) as caught:
        month_number(written)
    assert str(written) in str(caught.value)
    assert "Write it as 2025-12" in str(caught.value)
    with use_language("fr"):
        assert "n’est pas un mois" in str(caught.value)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)))
def test_numbers_and_dates_are_each_other_s_inverse(day):
    """The oracle is the calendar of the standard library."""
    number = month_number(day)
    assert month_start(number) == pd.Timestamp(day.replace(day=1))
    assert month_starts(np.array([number]))[0] == month_start(number)
    assert month_end(number) == day.replace(day=calendar.monthrange(day.year, day.month)[1])
    assert month_numbers(pd.Series([pd.Timestamp(day)])).tolist() == [number]


@given(st.dates(dt.date(1999, 1, 1), dt.date(2101, 12, 31)))
def test_a_month_is_closed_on_its_last_day_and_not_before(day):
    """It has closed when the next day lies in another month."""
    closed = (day + dt.timedelta(days=1)).month != day.month
    assert last_closed(day) == month_number(day) - (not closed)


def test_a_day_is_read_as_date_or_text():
    assert parse_day("2025-12-31") == dt.date(2025, 12, 31)
    assert parse_day(pd.Timestamp("2025-12-31 18:00")) == dt.date(2025, 12, 31)
    assert parse_day(dt.date(2025, 12, 31)) == dt.date(2025, 12, 31)


@pytest.mark.parametrize("written", ["31/12/2025", "2025-12", "2025-02-29"])
def test_what_is_no_day_is_refused(written):
    with pytest.raises(MonthError, match=r"is not a day. Write it as 2025-12-31"):
        parse_day(written)


def a_window(start, end):
    first, last = month_number("2024-03"), month_number("2024-12")
    return window(start, end, first=first, last=last, as_of=dt.date(2025, 1, 15))


def test_a_window_inside_the_months_observed_is_two_numbers():
    assert a_window("2024-03", "2024-12") == (DEC_2024 - 9, DEC_2024)


def test_a_month_that_has_not_closed_is_named_with_the_last_that_has():
    with pytest.raises(OpenMonthError, match=r"January 2025 has not ended on 15 January 2025.*December 2024"):
        a_window("2024-03", "2025-01")


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2024-05", "2024-04", "runs backwards"),
        ("2024-05", "2024-05", "runs backwards"),
        ("2024-02", "2024-05", "before the first month with data, March 2024"),
    ],
)
def test_a_window_that_runs_backwards_or_begins_before_the_data_is_refused(start, end, said):
    with pytest.raises(MonthError, match=said):
        a_window(start, end)


def test_periods_are_calendar_periods_that_have_closed():
    """February to August 2024: the first quarter began before the data, the third has not closed."""
    months = {"first": month_number("2024-02"), "last": month_number("2024-08")}
    assert period_ends("M", **months).tolist() == list(range(months["first"], months["last"] + 1))
    assert period_ends("Q", **months).tolist() == [month_number("2024-03"), month_number("2024-06")]
    assert period_ends("Y", **months).tolist() == []


def test_another_letter_is_refused_with_the_legal_ones():
    with pytest.raises(OptionError, match=r"freq cannot be “W”. Choose one of: M, Q, Y"):
        period_ends("W", first=0, last=1)
