"""Finance's spreadsheet: one row a customer, one column a month, the MRR in the cells.

The customer is in the first column headed customer, client, account, name … (in French as well), else in the first
that is no month. Months are headed ``2025-01``, ``01/2025``, ``Jan-25``, ``January 2025``, ``janv. 2025`` or by a day
of the month, an Excel date included. An empty cell, a dash or 0 is no MRR. Months must follow one another; where one is
missing the file is refused, since a gap would read as churn.

The cell is the state of its month. Each run of equal amounts becomes one monthly subscription from its first month to
the month after its last; the last column ends what the file says. A customer may stand in several rows (one a product):
they are added. A row headed Total that is the sum of the others stays out, and so do columns that are no months (a
total, a segment), which a warning names.

What it cannot say: whether those who pay in the first column began then or before.
"""

import re
import unicodedata

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.errors import InputError, MissingColumnError
from retention_kit.months import month_numbers, month_start, month_starts
from retention_kit.schema import Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import SCALE, currency_beside, ids
from retention_kit.wording import Message

COLUMNS = {"customer": "customer_id", "2025-01, 2025-02, …": "MRR of the month"}
_CUSTOMER = {"customer_id", "customer", "customers", "client", "client_id", "clients", "account", "company", "name"} | {
    "nom",
    "compte",
    "societe",
    "entreprise",
    "raison sociale",
}
_TOTAL = {"total", "totals", "grand total", "total general", "totaux", "sum", "somme", "ensemble", "total mrr", "mrr"}
_NAMES = (
    *("jan january janv janvier", "feb february fev fevr fevrier", "mar march mars", "apr april avr avril"),
    *("may mai", "jun june juin", "jul july juil juillet", "aug august aou aout", "sep sept september septembre"),
    *("oct october octobre", "nov november novembre", "dec december decembre"),
)
_MONTH_OF = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
_DASHES = {"-", "–", "—"}
_LARGEST = 10**13  # beyond it the checks name the cell
_FORMS = (
    r"(?P<year>\d{4})[-/. ](?P<month>\d{1,2})(?:[-/.]\d{1,2}(?:[ t]00:00:00)?)?",
    r"(?P<month>\d{1,2})[-/. ](?P<year>\d{4})",
    r"(?P<name>[a-z]+)[-/ ']*(?P<year>\d{4}|\d{2})",
    r"(?P<year>\d{4})[-/ ](?P<name>[a-z]+)",
)


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return each run of equal amounts as one monthly subscription.

    Raises
    ------
    MissingColumnError
        If no header is a month, none is left for the customer, or a month is missing or stands twice.
    InputError
        If a row headed Total is not the sum of the others.
    """
    headers = _months(raw, cells)
    who, left_out = _customer_column(raw, headers, source)
    order = headers.dropna().astype(int).sort_values()
    _check_months(order, raw, source)
    given = raw.iloc[:, order.index]
    read = np.column_stack([cells.numbers(_without_dashes(given.iloc[:, place])) for place in range(len(order))])
    faulty = (
        (np.isnan(read) & ~np.column_stack([_empty(given[name]) for name in given])) | (read < 0) | (read > _LARGEST)
    )
    parts = np.rint(np.nan_to_num(np.where(faulty, 0, read)) * SCALE).astype(np.int64)
    customers = ids(raw.iloc[:, who])
    total = _total_row(customers, parts, source, raw.index)
    bad = faulty.any(axis=1) & ~total
    first = int(order.iloc[0])
    good = _runs(customers, parts, first, np.flatnonzero(~bad & ~total))
    table = pd.concat([good, _as_given(customers, given, first, faulty, np.flatnonzero(bad))])
    why = np.where(total, "total_row", np.where(np.isin(np.arange(len(raw)), table["place"]), "", "no_mrr"))
    outside = pd.Series(why, index=raw.index, dtype=object)
    table["currency"] = currency_beside(given, cells).to_numpy()[table["place"]]
    told = [Message("warning.first_month_opening", {"source": source, "month": month_start(first)})]
    if left_out:
        told.append(Message("warning.columns_left_out", {"source": source, "columns": left_out}))
    return Converted(table.drop(columns="place"), outside[outside != ""], tuple(told))


def _plain(header: object) -> str:
    text = unicodedata.normalize("NFKD", str(header)).encode("ascii", "ignore").decode()
    return re.sub(r"(?<=[a-z])\.", "", text.lower()).strip()


def _months(raw: pd.DataFrame, cells: Cells) -> pd.Series:
    """Return by place the month a header names, missing where it names none."""
    found = pd.Series([_month_of(header) for header in raw.columns], dtype=float)
    headers = pd.Series([str(header).strip() for header in raw.columns])
    days = found.isna() & headers.str.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|[34]\d{4}")
    if days.any():
        read = cells.days(headers[days].rename("columns"))
        found[read.dropna().index] = month_numbers(read.dropna())
    return found


def _month_of(header: object) -> float:
    if hasattr(header, "year") and hasattr(header, "month"):
        return header.year * 12 + header.month - 1
    for form in _FORMS:
        if match := re.fullmatch(form, _plain(header)):
            parts = match.groupdict()
            month = int(parts["month"]) if parts.get("month") else _MONTH_OF.get(parts["name"], 0)
            year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
            return year * 12 + month - 1 if 1 <= month <= 12 else np.nan
    return np.nan


def _customer_column(raw: pd.DataFrame, months: pd.Series, source: str) -> tuple[int, list[str]]:
    """Return the customer's place, and the headers that are neither it nor a month."""
    others = [place for place in months.index[months.isna()] if _plain(raw.columns[place]) not in _TOTAL]
    if not others or months.isna().all():
        told = {"expected": list(COLUMNS), "found": [str(header) for header in raw.columns]}
        missing = list(COLUMNS)[bool(others)]
        raise MissingColumnError(
            "error.not_the_export", source=source, origin="wide", missing=[missing], first=missing, **told
        )
    named = [place for place in others if _plain(raw.columns[place]).replace("_", " ") in _CUSTOMER]
    who = (named or others)[0]
    return who, [str(raw.columns[place]) for place in months.index[months.isna()] if place != who]


def _check_months(order: pd.Series, raw: pd.DataFrame, source: str) -> None:
    if order.duplicated().any():
        twice = [str(raw.columns[place]) for place in order.index[order.duplicated(keep=False)]]
        raise MissingColumnError("error.months_twice", source=source, headers=twice)
    if missing := sorted(set(range(order.iloc[0], order.iloc[-1])) - set(order)):
        names = [f"{number // 12}-{number % 12 + 1:02}" for number in missing]
        raise MissingColumnError("error.months_missing", source=source, n=len(names), months=names)


def _without_dashes(column: pd.Series) -> pd.Series:
    return column if pd.api.types.is_numeric_dtype(column.dtype) else column.mask(text_of(column).isin(_DASHES), "")


def _empty(column: pd.Series) -> np.ndarray:
    return text_of(column).isin({"", *_DASHES}).to_numpy()


def _total_row(customers: pd.Series, parts: np.ndarray, source: str, lines: pd.Index) -> np.ndarray:
    """Return which row is the sum of all others.

    Raises
    ------
    InputError
        If a row is headed Total and is not.
    """
    headed = customers.map(lambda name: _plain(name) in _TOTAL).to_numpy(bool)
    others = parts[~headed].sum(axis=0)
    if (wrong := headed & (parts != others).any(axis=1)).any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError("error.total_differs", source=source, row=lines[first], name=str(customers.iloc[first]))
    return headed


def _runs(customers: pd.Series, parts: np.ndarray, first: int, rows: np.ndarray) -> pd.DataFrame:
    """Return one row a run of equal amounts above 0."""
    amounts = parts[rows]
    before = np.column_stack([np.zeros(len(rows), np.int64), amounts[:, :-1]])
    row, column = np.nonzero(amounts != before)
    same = np.append(row[1:] == row[:-1], False)
    until = np.where(same, np.append(column[1:], 0), amounts.shape[1])
    paid = amounts[row, column] > 0
    row, column, until = row[paid], column[paid], until[paid]
    return _table(customers, rows[row], column, first).assign(
        end=month_starts(first + until).to_numpy(), amount=amounts[row, column] / SCALE
    )


def _as_given(
    customers: pd.Series, given: pd.DataFrame, first: int, faulty: np.ndarray, rows: np.ndarray
) -> pd.DataFrame:
    """Return one row a line with a cell that cannot be used: that cell, for the checks to name."""
    column = faulty[rows].argmax(axis=1)
    cells = [given.iloc[row, place] for row, place in zip(rows, column, strict=True)]
    return _table(customers, rows, column, first).assign(end=pd.NaT, amount=pd.Series(cells, dtype=object).to_numpy())


def _table(customers: pd.Series, rows: np.ndarray, column: np.ndarray, first: int) -> pd.DataFrame:
    start = month_starts(first + column)
    lines = customers.index[rows]
    return pd.DataFrame(
        {
            "place": rows,
            "subscription_id": [f"{line} {day:%Y-%m}" for line, day in zip(lines, start, strict=True)],
            "customer_id": customers.iloc[rows].to_numpy(),
            "start": start,
            "interval": "month",
        },
        index=lines,
    )
