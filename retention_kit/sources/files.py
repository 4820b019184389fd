"""Reading subscriptions and customers from CSV files and DataFrames."""

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from retention_kit.checks import check_customers, check_subscriptions, map_columns, rename_headers
from retention_kit.errors import EmptyTableError, FileNotReadableError, OptionError
from retention_kit.schema import CUSTOMER_ID, FIELDS, Subscriptions

Table = str | Path | pd.DataFrame
_FIRST_LINE = 2  # a spreadsheet shows the first row of data on line 2
_YES, _NO = {"true", "yes", "oui", "vrai"}, {"false", "no", "non", "faux"}


def read_subscriptions(
    source: Table,
    *,
    columns: Mapping[str, str] | None = None,
    interval: str | None = None,
    currency: str | None = None,
    bad_rows: str = "refuse",
) -> Subscriptions:
    """Read subscriptions from a CSV file or a DataFrame and check every row.

    Parameters
    ----------
    source : str, Path or DataFrame
        A comma-separated UTF-8 file with a header, or a table. Required columns: subscription_id, customer_id, start,
        amount (of the whole line, per interval), interval (day, week, month, quarter, half_year, year); optional: end
        (the first day not paid; empty: running), interval_count, currency, discount_percent, discount_amount,
        discount_until, status, plan, product. Days are ``YYYY-MM-DD``; amounts have a decimal point.
    columns : mapping, optional
        Field → header where the table uses other names: ``{"start": "start_date"}``.
    interval, currency : str, optional
        One value for every row, where the table has no such column.
    bad_rows : {"refuse", "reject"}
        What to do with rows that cannot be used: refuse the table and name them, or set them aside and list them in
        the reconciliation.

    Returns
    -------
    Subscriptions

    Raises
    ------
    FileNotReadableError
        If the file is not there or is no such text.
    MissingColumnError
        If a required column is missing; the columns found are listed.
    InvalidRowsError
        If rows cannot be used and `bad_rows` is ``"refuse"``; the rows are listed by reason.
    EmptyTableError
        If there is no row, or none that can be used.
    OptionError
        If `interval` or `currency` is given and the table says otherwise.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a"], "client": ["Ada"], "start": ["2025-01-15"], "price": [1200.0]})
    >>> names = {"subscription_id": "id", "customer_id": "client", "amount": "price"}
    >>> read_subscriptions(table, columns=names, interval="year").frame[["customer_id", "amount", "interval"]]
      customer_id  amount interval
    0         Ada  1200.0     year
    """
    raw, name = _open(source)
    constants = {"interval": interval, "currency": currency}
    for field, value in constants.items():
        raw = raw if value is None else _constant(raw, field, value, name)
    table = map_columns(raw, dict(columns or {}), name)
    checked = check_subscriptions(table[[field for field in FIELDS if field in table]], source=name, bad_rows=bad_rows)
    return checked if isinstance(source, pd.DataFrame) else replace(checked, digest=_digest(Path(source)))


def read_customers(source: Table, *, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read customers and their attributes from a CSV file or a DataFrame.

    Parameters
    ----------
    source : str, Path or DataFrame
        One row a customer; ``customer_id`` is required, anything else is an attribute. In a file, columns of days
        become dates, of yes/no (true/false, oui/non) booleans, of numbers numbers; all else stays text.
    columns : mapping, optional
        New name → header where the table uses other names.

    Returns
    -------
    DataFrame
        The attributes by customer id.

    Raises
    ------
    FileNotReadableError, MissingColumnError, EmptyTableError, InvalidRowsError
        See `read_subscriptions`; an id that is missing or stands twice is refused.

    Examples
    --------
    >>> read_customers(pd.DataFrame({"customer_id": ["Ada"], "segment": ["SMB"]}))
                segment
    customer_id
    Ada             SMB
    """
    raw, name = _open(source)
    raw = rename_headers(raw, dict(columns or {}), name)
    customers = check_customers(raw, source=name)
    return customers if isinstance(source, pd.DataFrame) else customers.apply(_guess)


def _constant(raw: pd.DataFrame, field: str, value: str, name: str) -> pd.DataFrame:
    """Return the table with one value for every row, unless it says otherwise itself."""
    if field in raw:
        said = sorted(set(raw[field].dropna().astype(str).str.strip()) - {"", value})
        if said:
            raise OptionError("error.said_otherwise", name=field, value=value, source=name, found=said[:5])
    return raw.assign(**{field: value})


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(source: Table) -> tuple[pd.DataFrame, str]:
    if isinstance(source, pd.DataFrame):
        return source.reset_index() if source.index.name == CUSTOMER_ID else source, "DataFrame"
    path = Path(source)
    if not path.is_file():
        raise FileNotReadableError("error.file_missing", path=str(path))
    try:
        raw = _lines(path)
    except pd.errors.EmptyDataError:
        raise EmptyTableError("error.empty", source=path.name) from None
    except pd.errors.ParserWarning:
        raise FileNotReadableError("error.more_cells_than_headers", path=str(path)) from None
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise FileNotReadableError("error.file_unreadable", path=str(path), detail=str(error)) from error
    return raw, path.name


def _lines(path: Path) -> pd.DataFrame:
    """Return a file's cells as text, indexed by line as a spreadsheet counts; a line that holds nothing is no row."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # more cells than headers: which is which?
        raw = pd.read_csv(
            path,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skip_blank_lines=False,
            index_col=False,
        )
    numbered = raw.set_axis(pd.RangeIndex(_FIRST_LINE, len(raw) + _FIRST_LINE))
    return numbered[(raw != "").any(axis=1).to_numpy()]


def _guess(cells: pd.Series) -> pd.Series:
    """Return a column of a file in the type that all its cells have."""
    text = cells.str.strip()
    given = text[text != ""]
    if given.empty:
        return text.mask(text == "")
    if given.str.lower().isin(_YES | _NO).all():
        return text.str.lower().map(dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)).astype("boolean")
    if pd.to_datetime(given, format="%Y-%m-%d", errors="coerce").notna().all():
        return pd.to_datetime(text.mask(text == ""), format="%Y-%m-%d")
    if not given.str.match(r"0\d").any() and pd.to_numeric(given, errors="coerce").notna().all():
        return pd.to_numeric(text.mask(text == ""))
    return text.mask(text == "")
