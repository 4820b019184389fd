"""The small tables beside the subscriptions: rates, merged ids, refunds; read and checked in one way."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import FileNotReadableError, InvalidRowsError, MissingColumnError
from retention_kit.wording import Message

_EXAMPLES = 3
_FIRST_LINE = 2  # a spreadsheet shows the first row of data on line 2


def read_table(given: pd.DataFrame | str | Path, name: str, required: Sequence[str]) -> pd.DataFrame:
    """Return a side table with the columns it must have; a CSV file's cells are texts.

    Raises
    ------
    FileNotReadableError
        If the file is not there.
    MissingColumnError
        If a column is missing.
    """
    table = given.reset_index(drop=True) if isinstance(given, pd.DataFrame) else _read_file(Path(given))
    missing = [column for column in required if column not in table.columns]
    if missing:
        raise MissingColumnError(
            "error.side_table_column", name=name, missing=missing, found=[str(column) for column in table.columns]
        )
    return table


def _read_file(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise FileNotReadableError("error.file_missing", path=str(path))
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return raw.set_axis(pd.RangeIndex(_FIRST_LINE, len(raw) + _FIRST_LINE))


def days(table: pd.DataFrame, column: str, name: str, *, blank: bool = False) -> pd.Series:
    """Return a column of days; an empty cell is refused unless `blank` allows it."""
    cells = table[column]
    if not pd.api.types.is_datetime64_any_dtype(cells):
        cells = pd.to_datetime(cells.astype(str).str.strip(), format="ISO8601", errors="coerce")
    found = cells.dt.tz_localize(None).dt.floor("D").astype("datetime64[s]")
    empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
    refuse(name, column, table[column], found.isna() & ~(empty & blank), "date_unreadable")
    return found


def decimals(table: pd.DataFrame, column: str, name: str) -> list[Decimal]:
    """Return a column of decimal numbers as they are written, none of them negative."""
    found = [_decimal(cell) for cell in table[column]]
    refuse(name, column, table[column], np.array([number is None for number in found], bool), "number_unreadable")
    refuse(name, column, table[column], np.array([number < 0 for number in found], bool), "amount_negative")
    return found


def _decimal(cell: Any) -> Decimal | None:
    try:
        number = Decimal(str(cell).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def refuse(name: str, column: str, cells: pd.Series, bad: Any, reason: str) -> None:
    """Refuse a table whose `bad` cells cannot be used, with the first of them, by their index, as examples.

    Raises
    ------
    InvalidRowsError
    """
    rows = np.flatnonzero(bad)
    if not len(rows):
        return
    examples = [
        Message("error.cell", {"row": str(cells.index[row]), "field": column, "value": str(cells.iloc[row])})
        for row in rows[:_EXAMPLES]
    ]
    more = Message("error.and_more", {"n": len(rows) - _EXAMPLES}) if len(rows) > _EXAMPLES else ""
    fault = Message("error.fault", {"reason": Message(f"reason.{reason}"), "cells": examples, "more": more})
    raise InvalidRowsError("error.side_table_rows", name=name, n=len(rows), faults=[fault])


def fingerprint(rows: Any) -> str:
    """Return a short text that differs where the contents of a side table do, whatever the order of its rows."""
    lines = sorted(" ".join(map(str, row)) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
