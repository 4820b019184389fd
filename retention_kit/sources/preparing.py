"""From a table as it came to one under the kit's field names, its columns guessed where nobody said them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from retention_kit.checks import rename_headers, text_of
from retention_kit.errors import EmptyTableError, InputError, MissingColumnError, OptionError
from retention_kit.schema import CUSTOMER_ID, FIELDS, REQUIRED
from retention_kit.sources.amounts import code_of
from retention_kit.sources.cells import Cells
from retention_kit.sources.guessing import guess_columns, interval_of, interval_of_header, status_of
from retention_kit.sources.opening import Opened
from retention_kit.sources.origins import TABLE, converter
from retention_kit.wording import Message

_WORDS = {"interval": interval_of, "status": status_of, "currency": code_of}


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table under the kit's field names, not yet checked, and where its fields come from."""

    table: pd.DataFrame
    columns: dict[str, str] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    outside: pd.Series = field(default_factory=lambda: pd.Series(dtype=str))

    def outside_rows(self) -> pd.DataFrame | None:
        """Return the lines that are no subscriptions, as `Subscriptions.outside` has them."""
        if self.outside.empty:
            return None
        empty = {"subscription_id": "", CUSTOMER_ID: "", "amount": np.nan}
        return pd.DataFrame({"row": self.outside.index, **empty, "reason": self.outside.to_numpy()})


def prepare(
    opened: Opened,
    cells: Cells,
    *,
    source: str = TABLE,
    columns: Mapping[str, str] | None = None,
    interval: str | None = None,
    currency: str | None = None,
    keep: Sequence[str] = (),
) -> Prepared:
    """Return a table under the kit's field names, its columns guessed where they have not been said.

    Raises
    ------
    MissingColumnError, EmptyTableError, OptionError, InputError
        See `read_subscriptions`.
    """
    said, constants = dict(columns or {}), {"interval": interval, "currency": currency}
    constants = {name: value for name, value in constants.items() if value is not None}
    if opened.raw.empty:
        raise EmptyTableError("error.empty", source=opened.name)
    if source != TABLE:
        raw = rename_headers(opened.raw, said, opened.name)
        found = converter(source)(raw, source=opened.name, cells=cells)
        ready = _with_constants(found.table, constants, opened.name)
        return Prepared(ready, notes=found.warnings, outside=found.outside)
    return _kit_s_own(opened, cells, said, constants, keep)


def _kit_s_own(
    opened: Opened, cells: Cells, said: dict[str, str], constants: dict[str, str], keep: Sequence[str]
) -> Prepared:
    for name in said:
        if name not in FIELDS:
            raise OptionError("error.option", name="columns", value=name, legal=list(FIELDS))
    guessed = guess_columns(opened.raw, {**dict.fromkeys(constants, ""), **said}, source=opened.name)
    named = rename_headers(opened.raw, {**said, **guessed}, opened.name)
    table = _with_constants(named[[name for name in (*FIELDS, *keep) if name in named]], constants, opened.name)
    used = {name: (said | guessed).get(name, name) for name in table if name not in constants}
    notes = []
    if "amount" in guessed and (implied := interval_of_header(guessed["amount"])):
        table, told = _implied_interval(table, implied, guessed["amount"], constants, opened.name)
        notes += told
    missing = [name for name in REQUIRED[1:] if name not in table]
    if missing:
        raise MissingColumnError("error.missing_column", missing=missing, source=opened.name, found=list(opened.raw))
    if "subscription_id" not in table:
        table.insert(0, "subscription_id", _row_ids(table.index))
        notes.append(Message("note.row_ids"))
    table, told = _currency_of_signs(table, cells, constants, opened.name)
    notes += _left_unread(opened, used, table)
    return Prepared(_in_the_kit_s_words(table, opened), used, (*notes, *told))


def _left_unread(opened: Opened, used: Mapping[str, str], table: pd.DataFrame) -> list[Message]:
    """Say which columns nobody read, and that without an end every subscription runs on."""
    unread = [str(name) for name in opened.raw if name not in used.values()]
    told = [Message("note.unread", {"headers": unread})] if unread else []
    return told if "end" in table else [*told, Message("warning.no_end_column", {"source": opened.name})]


def _with_constants(table: pd.DataFrame, constants: Mapping[str, str], name: str) -> pd.DataFrame:
    """Return the table with one value for every row, unless it says otherwise itself."""
    for column, value in constants.items():
        if column in table:
            _refuse_other(column, value, _said(table[column], column), name)
    return table.assign(**constants)


def _refuse_other(column: str, value: str, said: list[str], name: str) -> None:
    if other := sorted({*said} - {value}):
        raise OptionError("error.said_otherwise", name=column, value=value, source=name, found=other[:5])


def _said(cells: pd.Series, column: str) -> list[str]:
    words = [word for word in text_of(cells).unique() if word]
    return [_WORDS[column](word) or word for word in words]


def _implied_interval(
    table: pd.DataFrame, implied: str, header: str, constants: Mapping[str, str], name: str
) -> tuple[pd.DataFrame, list[Message]]:
    """Return the table with the interval that the amounts' header says, unless another was said for every row."""
    if "interval" in constants:
        return table, []
    if "interval" in table:
        if other := sorted(set(_said(table["interval"], "interval")) - {implied}):
            fields = {"header": header, "interval": implied, "word": Message(f"interval.{implied}"), "found": other[:5]}
            raise InputError("error.amount_or_interval", source=name, **fields)
        return table, []
    return table.assign(interval=implied), [
        Message("note.interval", {"header": header, "interval": Message(f"interval.{implied}")})
    ]


def _currency_of_signs(
    table: pd.DataFrame, cells: Cells, constants: Mapping[str, str], name: str
) -> tuple[pd.DataFrame, list[Message]]:
    """Return the table with the currency that stands beside its amounts, where it has no such column."""
    signs = cells.currencies(table["amount"])
    found = sorted(signs.dropna().unique())
    if not found or ("currency" in table and "currency" not in constants):
        return table, []
    if "currency" in constants:
        bare = text_of(table["amount"]).str.contains(r"(?<![A-Z])\$", regex=True) & (signs == "USD")
        _refuse_other("currency", constants["currency"], sorted(signs[~bare].dropna().unique()), name)
        return table, []
    column = found[0] if len(found) == 1 else signs
    return table.assign(currency=column), [Message("note.currency", {"found": found})]


def _row_ids(index: pd.Index) -> list[str]:
    labels = index if index.is_unique else pd.RangeIndex(len(index))
    return [f"row {label}" for label in labels]


def _in_the_kit_s_words(table: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """Return the table with the words for intervals, statuses and currencies that the kit knows; others as they are."""
    for column in _WORDS.keys() & set(table):
        cells = text_of(table[column])
        meant = {word: _WORDS[column](word) for word in cells.unique()}
        known = cells.map({word: meaning for word, meaning in meant.items() if meaning}).astype(object)
        table[column] = known.where(known.notna(), table[column].astype(object))
    if opened.digest and not pd.api.types.is_numeric_dtype(table[CUSTOMER_ID].dtype):
        table[CUSTOMER_ID] = text_of(table[CUSTOMER_ID])
    return table
