"""Reading subscriptions and customers from files and DataFrames."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from retention_kit.checks import check_customers, check_subscriptions, rename_headers, text_of
from retention_kit.schema import CUSTOMER_ID, Subscriptions
from retention_kit.sources.ahead import served_ahead
from retention_kit.sources.cells import Cells
from retention_kit.sources.guessing import guess_columns
from retention_kit.sources.opening import Table, open_table
from retention_kit.sources.origins import TABLE
from retention_kit.sources.preparing import prepare

__all__ = ["Table", "read_customers", "read_subscriptions"]

_YES, _NO = {"true", "yes", "oui", "vrai"}, {"false", "no", "non", "faux"}


@served_ahead
def read_subscriptions(
    table: Table,
    *,
    source: str = TABLE,
    columns: Mapping[str, str] | None = None,
    interval: str | None = None,
    currency: str | None = None,
    keep: Sequence[str] = (),
    bad_rows: str = "refuse",
    day_first: bool | None = None,
    decimal: str | None = None,
    time_zone: str = "UTC",
    sheet: str | None = None,
    encoding: str | None = None,
) -> Subscriptions:
    """Read subscriptions from a file or a DataFrame and check every row.

    Parameters
    ----------
    table : str, Path or DataFrame
        Text with a header, separated by commas, semicolons, tabs or bars; an Excel or Parquet file; or a table. What
        it needs: customer_id, start, amount (of the whole line, per interval), interval (day, week, month, quarter,
        half_year, year); optional: subscription_id, end (the first day not paid; empty: running), interval_count,
        currency, discount_percent, discount_amount, discount_until, status, plan, product.
    source : str
        ``"table"``, or the system that the export comes from (`sources.ORIGINS`).
    columns : mapping, optional
        Field → header where the table uses other names: ``{"start": "start_date"}``; for another `source`, its
        documented header → the one used. What is not said is guessed from the header's name, in English or French;
        `Subscriptions.columns` shows what was taken for what.
    interval, currency : str, optional
        One value for every row, where the table has no such column.
    keep : sequence of str
        Further headers to keep as they are (for `build_ledger`'s `grain`); one that is not there is left out.
    bad_rows : {"refuse", "reject"}
        What to do with rows that cannot be used: refuse the table and name them, or set them aside and list them in
        the reconciliation.
    day_first : bool, optional
        Whether ``01/02/2025`` is 1 February. Default: what the dates of the table say; an error asks where they do not.
    decimal : {".", ","}, optional
        The decimal sign. Default: what the numbers of the table say; an error asks where they do not.
    time_zone : str
        Where a moment with a time zone (``2025-01-15T23:30:00Z``, ``+02:00``, Unix seconds) is a day. A DataFrame's
        column with a time zone keeps its own days; a time without one is dropped.
    sheet : str, optional
        Sheet of an Excel file. Default: the first.
    encoding : str, optional
        Of a text file. Default: UTF-8 or UTF-16 where its bytes are so, else Windows' Latin-1.

    Returns
    -------
    Subscriptions

    Raises
    ------
    FileNotReadableError
        If the file is not there or cannot be read.
    MissingColumnError
        If a required column is missing; the columns found are listed.
    InvalidRowsError
        If rows cannot be used and `bad_rows` is ``"refuse"``; the rows are listed by reason.
    EmptyTableError
        If there is no row, or none that can be used.
    OptionError
        If `interval` or `currency` is given and the table says otherwise, or an option has no such value.
    InputError
        If dates, numbers or headers can be understood in two ways; it names the option that says which.

    Notes
    -----
    Days may be ISO, ``31/12/2025``, ``12/31/2025``, ``31.12.2025``, Excel's serial numbers (of 1900) or Unix seconds;
    numbers ``1234.56``, ``1,234.56``, ``1 234,56 €``, ``1'234.50``, ``(12.50)``. A currency beside the amounts fills a
    missing column; a bare ``$`` is taken for USD, which `currency` overrules. Without subscription_id each row is one.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a"], "client": ["Ada"], "début": ["15/01/2025"], "montant annuel": ["1 200 €"]})
    >>> read = read_subscriptions(table)
    >>> read.frame[["customer_id", "start", "amount", "interval", "currency"]]
      customer_id      start  amount interval currency
    0         Ada 2025-01-15  1200.0     year      EUR
    >>> read.columns
    {'subscription_id': 'id', 'customer_id': 'client', 'start': 'début', 'amount': 'montant annuel'}
    """
    opened = open_table(table, sheet=sheet, encoding=encoding)
    cells = Cells(opened.name, decimal, day_first, time_zone, opened.raw)
    ready = prepare(opened, cells, source=source, columns=columns, interval=interval, currency=currency, keep=keep)
    readers = {"numbers": cells.numbers, "days": cells.days}
    checked = check_subscriptions(ready.table, source=opened.name, bad_rows=bad_rows, **readers)
    shown = {"columns": ready.columns, "notes": ready.notes, "outside": ready.outside_rows()}
    return replace(checked, digest=opened.digest, **shown)


@served_ahead
def read_customers(
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    day_first: bool | None = None,
    decimal: str | None = None,
    time_zone: str = "UTC",
    sheet: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Read customers and their attributes from a file or a DataFrame.

    Parameters
    ----------
    table : str, Path or DataFrame
        One row a customer; ``customer_id`` is required (or a header that says so in English or French), anything else
        is an attribute. In a text file, columns of days become dates, of yes/no (true/false, oui/non) booleans, of
        numbers numbers; all else stays text.
    columns : mapping, optional
        New name → header where the table uses other names.
    day_first, decimal, time_zone, sheet, encoding
        See `read_subscriptions`.

    Returns
    -------
    DataFrame
        The attributes by customer id.

    Raises
    ------
    FileNotReadableError, MissingColumnError, EmptyTableError, InvalidRowsError, OptionError, InputError
        See `read_subscriptions`; an id that is missing or stands twice is refused.

    Examples
    --------
    >>> read_customers(pd.DataFrame({"customer_id": ["Ada"], "segment": ["SMB"]}))
                segment
    customer_id
    Ada             SMB
    """
    opened = open_table(table, sheet=sheet, encoding=encoding)
    cells = Cells(opened.name, decimal, day_first, time_zone, opened.raw)
    said = dict(columns or {})
    guessed = guess_columns(opened.raw, said, source=opened.name, customers=True)
    raw = rename_headers(opened.raw, {**said, **guessed}, opened.name)
    if opened.digest and CUSTOMER_ID in raw and not pd.api.types.is_numeric_dtype(raw[CUSTOMER_ID].dtype):
        raw[CUSTOMER_ID] = text_of(raw[CUSTOMER_ID])
    customers = check_customers(raw, source=opened.name)
    return customers.apply(_typed, cells=cells) if opened.digest else customers


def _typed(column: pd.Series, cells: Cells) -> pd.Series:
    """Return a column of a file in the type that all its cells have."""
    if column.dtype not in (object, "str"):
        return column
    text = text_of(column)
    given = text[text != ""]
    if given.empty:
        return text.mask(text == "")
    if given.str.lower().isin(_YES | _NO).all():
        return text.str.lower().map(dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)).astype("boolean")
    if cells.are_days(given) and cells.days(given).notna().all():
        return cells.days(column)
    if not given.str.match(r"0\d").any() and cells.are_numbers(given):
        numbers = cells.numbers(column)
        return (
            numbers.astype("int64")
            if len(given) == len(text) and given.str.fullmatch(r"[+-]?\d{1,15}").all()
            else numbers
        )
    return text.mask(text == "")
