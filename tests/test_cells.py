"""Cells of text: one number, one day or one currency in every dialect, and a question where there are two."""

import datetime as dt

import pandas as pd
import pytest
from cases import told
from hypothesis import given
from hypothesis import strategies as st

from retention_kit.errors import InputError, OptionError
from retention_kit.sources.cells import Cells


def number(*cells, **options):
    return Cells(**options).numbers(pd.Series(cells, name="amount")).tolist()


def day(*cells, **options):
    read = Cells(**options).days(pd.Series(cells, name="start"))
    return [None if pd.isna(value) else value.strftime("%Y-%m-%d") for value in read]


def asked(call, *cells, **options):
    with pytest.raises(InputError) as caught:
        call(*cells, **options)
    return caught.value.key, *told(caught.value)


# --- numbers

NUMBERS = {
    "1234.56": 1234.56,
    "1,234.56": 1234.56,
    "$1,234.56": 1234.56,
    "-$1,234.56": -1234.56,
    "1 234,56 €": 1234.56,
    "1\u00a0234,56\u00a0€": 1234.56,
    "1\u202f234,56": 1234.56,
    "1'234.50": 1234.5,
    "1’234.50": 1234.5,
    "1.234,56": 1234.56,
    "1,234,567": 1234567.0,
    "1.234.567": 1234567.0,
    "(12.50)": -12.5,
    "($12.50)": -12.5,
    "−12,50": -12.5,
    "12.50-": -12.5,
    "+12": 12.0,
    "EUR 12": 12.0,
    "12 CHF": 12.0,
    "US$ 12": 12.0,
    "12,5 %": 12.5,
    "12.5%": 12.5,
    "0.125": 0.125,
    "0,125": 0.125,
    ".5": 0.5,
    "1e3": 1000.0,
    "12345.678": 12345.678,
    " 12 ": 12.0,
}


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_number_is_read_in_every_dialect(cell):
    assert number(cell) == [NUMBERS[cell]]


@pytest.mark.parametrize(
    "cell", ["", "twelve", "12.5.0", "1,23,456.7", "1 23", "12 34", "1,2345.6", "SKU123", "12 €€", "1'23", "--1", "€"]
)
def test_what_is_no_number_is_missing(cell):
    assert pd.isna(number(cell)).all()


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,234", "0.5"], [1234.0, 0.5]),
        (["1,234", "0,5"], [1.234, 0.5]),
        (["1.234", "12,50 €"], [1234.0, 12.5]),
        (["1.234", "12.50 €"], [1.234, 12.5]),
        (["1,234", "1,234,567"], [1234.0, 1234567.0]),
        (["12,50", "12.50"], [12.5, 12.5]),  # each can mean one thing only
    ],
)
def test_a_column_s_other_cells_say_what_its_comma_is(cells, values):
    assert number(*cells) == values


def test_another_column_of_numbers_says_it_where_the_column_does_not():
    """Notes hold 12,5 as well, but not only numbers: they say nothing."""
    table = pd.DataFrame({"amount": ["1,234", "2"], "fee": ["0.5", ""], "notes": ["12,5", "see above"]})
    assert Cells(table=table).numbers(table["amount"]).tolist() == [1234.0, 2.0]


@pytest.mark.parametrize("others", [[], ["12"], ["0.5", "0,5"]])
def test_a_number_that_can_mean_two_is_asked_about_with_both_readings(others):
    key, english, french = asked(number, "1,234", *others, source="export.csv")
    assert key == "error.ambiguous_numbers"
    assert "export.csv: the numbers of “amount” can be read in two ways (“1,234”)" in english
    assert (
        'decimal="." (--decimal .) to read “1,234” as 1234, or decimal="," (--decimal ,) to read it as 1.234' in english
    )
    assert "se lisent de deux façons" in french


def test_the_decimal_sign_can_be_said_and_then_the_other_is_no_number():
    assert number("1,234", decimal=".") == [1234.0]
    assert number("1,234", decimal=",") == [1.234]
    assert pd.isna(number("12.50", decimal=",")).all()
    assert pd.isna(number("12,50", decimal=".")).all()
    with pytest.raises(OptionError) as refused:
        Cells(decimal=";")
    assert "decimal cannot be “;”" in told(refused.value)[0]


def test_numbers_that_are_numbers_are_not_read_as_text():
    """12.345 in a spreadsheet's cell is not twelve thousand, nor a question."""
    assert number(12.345, "12,50", None, 7)[:2] == [12.345, 12.5]
    assert number(1.234, 2.5) == [1.234, 2.5]


def groups(whole, sign):
    return f"{whole:,}".replace(",", sign)


DIALECTS = {
    "English": lambda cents: f"{groups(cents // 100, ',')}.{cents % 100:02}",
    "American": lambda cents: f"${groups(cents // 100, ',')}.{cents % 100:02}",
    "French": lambda cents: f"{groups(cents // 100, chr(0x202F))},{cents % 100:02}\u00a0€",
    "German": lambda cents: f"{groups(cents // 100, '.')},{cents % 100:02}",
    "Swiss": lambda cents: f"CHF {groups(cents // 100, chr(39))}.{cents % 100:02}",
    "programs'": lambda cents: f"{cents // 100}.{cents % 100:02}",
    "accountants'": lambda cents: f"({groups(cents // 100, ',')}.{cents % 100:02})",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=8))
def test_numbers_come_back_from_every_dialect(dialect, cents):
    sign = -1 if dialect == "accountants'" else 1
    assert number(*map(DIALECTS[dialect], cents)) == [sign * value / 100 for value in cents]


# --- currencies


def test_what_stands_beside_an_amount_is_its_currency():
    cells = pd.Series(["12 €", "$12", "CA$12", "£ 12", "12 CHF", "EUR 12", "-€12", "12", "12 %", ""])
    assert Cells().currencies(cells).tolist() == ["EUR", "USD", "CAD", "GBP", "CHF", "EUR", "EUR", None, None, None]
    assert Cells().currencies(pd.Series([1.0])).tolist() == [None]


# --- days

DAYS = {
    "2025-01-15": "2025-01-15",
    "2025-01-15 23:30": "2025-01-15",
    "2025-01-15T23:30:00": "2025-01-15",
    "2025-01-15T10:00:00Z": "2025-01-15",
    "2025-01-15 10:00:00 UTC": "2025-01-15",
    "2025-01-15T00:30:00+02:00": "2025-01-14",  # 22:30 of the day before in UTC
    "2025-01-15T23:30:00-0500": "2025-01-16",
    "2025/01/15": "2025-01-15",
    "31/12/2025": "2025-12-31",
    "12/31/2025": "2025-12-31",
    "31.12.2025": "2025-12-31",
    "31-12-2025": "2025-12-31",
    "31/12/2025 08:15": "2025-12-31",
    "1/1/2025": "2025-01-01",  # the same either way
    "45292": "2024-01-01",
    "45292.75": "2024-01-01",
    "1735689600": "2025-01-01",
}


@pytest.mark.parametrize("cell", DAYS)
def test_a_day_is_read_in_every_dialect(cell):
    assert day(cell) == [DAYS[cell]]


@pytest.mark.parametrize("cell", ["", "soon", "2025-02-30", "31/02/2025", "31/12-2025", "12/2025", "12", "15/13/2025"])
def test_what_is_no_day_is_missing(cell):
    assert day(cell) == [None]


def test_excel_s_and_unix_numbers_are_days_when_they_are_numbers_too():
    """45292 is 1 January 2024 in the 1900 system; a column with a gap holds floats."""
    assert day(45292, 45293) == ["2024-01-01", "2024-01-02"]
    assert day(45292.0, None) == ["2024-01-01", None]
    assert day(1735689600, 1735776000) == ["2025-01-01", "2025-01-02"]


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["01/02/2025", "13/02/2025"], ["2025-02-01", "2025-02-13"]),
        (["01/02/2025", "02/13/2025"], ["2025-01-02", "2025-02-13"]),
        (["31/12/2025", "12/31/2025"], ["2025-12-31", "2025-12-31"]),  # each can mean one thing only
    ],
)
def test_a_thirteenth_says_which_comes_first(cells, days):
    assert day(*cells) == days


def test_the_other_dates_of_the_table_say_it_where_the_column_does_not():
    table = pd.DataFrame({"start": ["01/02/2025"], "end": ["31/12/2025"]})
    assert Cells(table=table).days(table["start"]).dt.month.tolist() == [2]
    american = table.assign(end="12/31/2025")
    assert Cells(table=american).days(american["start"]).dt.month.tolist() == [1]


@pytest.mark.parametrize("others", [[], ["2025-01-15"], ["13/02/2025", "02/13/2025"]])
def test_a_date_that_can_mean_two_is_asked_about_with_both_readings(others):
    key, english, french = asked(day, "01/02/2025", *others, source="export.csv")
    assert key == "error.ambiguous_dates"
    assert "export.csv: the dates of “start” can be read in two ways (“01/02/2025”)" in english
    assert "day_first=True (--day-first yes) to read “01/02/2025” as 1 February 2025" in english
    assert "day_first=False (--day-first no) to read it as 2 January 2025" in english
    assert "1er février 2025" in french


def test_the_order_can_be_said_and_then_the_other_is_no_day():
    assert day("01/02/2025", day_first=True) == ["2025-02-01"]
    assert day("01/02/2025", day_first=False) == ["2025-01-02"]
    assert day("13/02/2025", day_first=False) == [None]
    with pytest.raises(OptionError):
        Cells(day_first="yes")


def test_a_moment_is_a_day_of_the_time_zone_that_is_said():
    """23:30 in London is 00:30 of the next day in Paris; the second moment is already a day of the 15th anywhere."""
    cells = "2025-01-15T23:30:00Z", "2025-01-15T12:00:00+01:00", "1736983800"
    assert day(*cells) == ["2025-01-15"] * 3
    assert day(*cells, time_zone="Europe/Paris") == ["2025-01-16", "2025-01-15", "2025-01-16"]
    assert day("2025-01-15 23:30", time_zone="Europe/Paris") == ["2025-01-15"]  # says no zone: as it stands
    with pytest.raises(OptionError) as refused:
        Cells(time_zone="Mars/Olympus")
    assert "Europe/Paris" in told(refused.value)[0]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%dT%H:%M:%SZ"])
@given(st.lists(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=8))
def test_days_come_back_from_every_dialect(form, dates):
    """A last row with a 28th settles the order."""
    rows = [*dates, dt.date(2025, 2, 28)]
    assert day(*(date.strftime(form) for date in rows)) == [date.isoformat() for date in rows]


@given(st.lists(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=8))
def test_days_come_back_from_excel_s_and_unix_numbers(dates):
    """Excel counts 1 January 1900 as 1 and a 29 February 1900 that was none: day n is 30 December 1899 + n."""
    excel = [str((date - dt.date(1899, 12, 30)).days) for date in dates]
    assert day(*excel) == [date.isoformat() for date in dates]
    late = [date for date in dates if date > dt.date(2001, 9, 10)]  # ten digits from then on
    seconds = [str((date - dt.date(1970, 1, 1)).days * 86_400) for date in late]
    assert day(*seconds) == [date.isoformat() for date in late]


def test_how_days_and_numbers_are_written_is_said():
    table = pd.DataFrame({"a": ["31/12/2025", "01/02/2025"], "b": ["12/31/2025", "45292"], "c": ["1,5", "2"]})
    cells = Cells()
    assert cells.forms_of(table["a"]) == ["day_first"]
    assert cells.forms_of(table["b"]) == ["month_first", "excel"]
    assert cells.forms_of(pd.to_datetime(pd.Series(["2025-01-01"]))) == ["typed"]
    assert (cells.decimal_of(table["c"]), cells.decimal_of(pd.Series(["1", "2"]))) == (",", None)
