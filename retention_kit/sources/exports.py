"""What the exports of billing systems have in common: headers in several spellings, contracts, histories of changes.

A cell that cannot be read is handed on as it stands, so that the checks name it with its row.
"""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.errors import InvalidRowsError, MissingColumnError
from retention_kit.schema import CUSTOMER_ID, Converted
from retention_kit.sources.cells import Cells
from retention_kit.wording import Message

_YES = {"true", "yes", "1", "t", "y"}
_UNITS = {"monthly": "month", "annual": "year", "annually": "year", "yearly": "year", "weekly": "week", "daily": "day"}
_EXAMPLES = 3
SCALE = 10**4
"""Amounts are added and compared as whole ten-thousandths, so that sums are exact."""


def take(
    raw: pd.DataFrame, columns: Mapping[str, str], required: Iterable[str], *, source: str, origin: str
) -> pd.DataFrame:
    """Return an export's columns under the names of their meaning; one that is not there is empty.

    Headers are compared without case and punctuation. Where several have one meaning, the first of `columns` that is
    there counts.

    Parameters
    ----------
    columns : mapping
        Header → meaning.
    required : iterable of str
        Meanings without which this is no such export.

    Raises
    ------
    MissingColumnError
        If a required meaning has no header: another export, most often.
    """
    found = {_plain(header): place for place, header in reversed(list(enumerate(raw.columns)))}
    meanings = dict.fromkeys(columns.values())
    spellings = {name: [header for header, means in columns.items() if means == name] for name in meanings}
    places = {
        name: next((found[_plain(header)] for header in headers if _plain(header) in found), None)
        for name, headers in spellings.items()
    }
    if missing := [spellings[name][0] for name in required if places[name] is None]:
        fields = {
            "missing": missing,
            "first": missing[0],
            "expected": list(columns),
            "found": [str(header) for header in raw.columns],
        }
        raise MissingColumnError("error.not_the_export", source=source, origin=origin, **fields)
    empty = pd.Series("", index=raw.index, dtype=object)
    export = pd.concat(
        {name: empty if place is None else raw.iloc[:, place] for name, place in places.items()}, axis="columns"
    )
    return export.assign(**{CUSTOMER_ID: ids(export[CUSTOMER_ID])})


def ids(column: pd.Series) -> pd.Series:
    """Return ids without spaces around them; numbers stay numbers."""
    return column if pd.api.types.is_numeric_dtype(column.dtype) else text_of(column)


def _plain(header: object) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(header).casefold()).strip("_")


def written_by_a_machine(raw: pd.DataFrame, header: str) -> bool:
    """Whether a header stands in the file as ``period_start`` rather than as ``Period Start (UTC)``."""
    written = [str(name) for name in raw.columns if _plain(name) == _plain(header)]
    return bool(written) and re.fullmatch(r"\w+([-_.]\w+)*", written[0].strip()) is not None


def yes(column: pd.Series) -> pd.Series:
    """Return whether each cell says yes."""
    return text_of(column).str.lower().isin(_YES)


def interval_of(column: pd.Series) -> pd.Series:
    """Return billing units in the kit's words: ``Months`` is month, ``annual`` is year."""
    text = text_of(column).str.lower()
    return text.replace(_UNITS).str.removesuffix("s")


def later(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return the later of two days; a missing one does not count."""
    return one.where(other.isna() | (one >= other), other)


def legible(result: pd.Series, *parts: tuple[pd.Series, pd.Series]) -> pd.Series:
    """Return `result`, but the cell as given wherever a part of it (as read, as given) was given and not readable."""
    for read, given in parts:
        if (spoilt := read.isna() & (text_of(given) != "")).any():
            result = result.astype(object).mask(spoilt, text_of(given))
    return result


def amounts_in_units(amount: pd.Series, currency: pd.Series) -> pd.Series:
    """Return amounts in currency units from whole minor units: cents, or yen."""
    from babel.numbers import get_currency_precision

    codes = text_of(currency).str.upper()
    digits = codes.map({code: get_currency_precision(code) if code else 2 for code in codes.unique()})
    return amount / 10.0 ** digits.to_numpy(float)


def currency_beside(amounts: pd.DataFrame, cells: Cells) -> pd.Series:
    """Return by row the currency that stands beside an amount; the only one of a table is that of all its rows.

    A bare ``$`` tells nothing.
    """
    found = pd.Series(None, index=amounts.index, dtype=object)
    for place in range(amounts.shape[1]):
        column = amounts.iloc[:, place]
        bare = text_of(column).str.contains(r"(?<![A-Z])\$", regex=True)
        found = found.where(found.notna(), cells.currencies(column).mask(bare.to_numpy(bool), None))
    codes = found.dropna().unique()
    return found.fillna(codes[0]) if len(codes) == 1 else found


def converted(
    table: pd.DataFrame, outside: Mapping[str, pd.Series], warnings: Iterable[Message | None] = ()
) -> Converted:
    """Return a table with the lines taken out that are no subscriptions; the first reason given counts.

    Parameters
    ----------
    outside : mapping
        Reason → the lines it holds for.
    """
    why = pd.Series("", index=table.index, dtype=object)
    for reason, mask in outside.items():
        why = why.mask((why == "") & mask.to_numpy(bool), reason)
    return Converted(table[why == ""], why[why != ""], tuple(filter(None, warnings)))


def between_changes(changes: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return `changes` in order of time, each with its end: the day of the next change of its `key`.

    Parameters
    ----------
    changes : DataFrame
        start (a day), rank (orders the changes of one day), and `key`; the order of the file decides what is left.
    """
    ordered = changes.assign(_place=np.arange(len(changes))).sort_values([key, "start", "rank", "_place"])
    return ordered.assign(end=ordered.groupby(key)["start"].shift(-1)).drop(columns="_place")


def refuse_history(export: pd.DataFrame, faults: Mapping[tuple[str, str], pd.Series], source: str) -> None:
    """Refuse a history in which a row is at fault: without it, all that follows would be wrong.

    Parameters
    ----------
    faults : mapping
        (column, reason) → the rows at fault.

    Raises
    ------
    InvalidRowsError
        If there is any; the rows are listed by reason.
    """
    found = {key: export.index[mask.to_numpy(bool)] for key, mask in faults.items() if mask.any()}
    if not found:
        return
    told = []
    for (column, reason), rows in found.items():
        cells = [
            Message("error.cell", {"row": row, "field": column, "value": str(value)})
            for row, value in export.loc[rows, column].head(_EXAMPLES).items()
        ]
        more = Message("error.and_more", {"n": len(rows) - _EXAMPLES}) if len(rows) > _EXAMPLES else ""
        told.append(Message("error.fault", {"reason": Message(f"reason.{reason}"), "cells": cells, "more": more}))
    rows_at_fault = set().union(*map(set, found.values()))
    raise InvalidRowsError("error.invalid_history", source=source, n=len(rows_at_fault), faults=told)


def no_customer(export: pd.DataFrame) -> pd.Series:
    """Return which rows name no customer."""
    return text_of(export[CUSTOMER_ID]) == ""
