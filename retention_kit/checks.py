"""Checking the tables that come in, cell by cell: what is wrong is said row by row.

Everything is checked here, once, at the door; what stands further inside trusts its input.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from retention_kit.errors import EmptyTableError, InvalidRowsError, MissingColumnError, OptionError
from retention_kit.schema import CUSTOMER_ID, FIELDS, INTERVALS, OPTIONAL, STATUSES, Subscriptions
from retention_kit.wording import Message

DATES = ("start", "end", "discount_until", "cancel_requested_at", "cancel_effective_at")
NUMBERS = ("amount", "interval_count", "discount_percent", "discount_amount")
_Reader = Callable[[pd.Series], pd.Series]
_EXAMPLES = 3
_LARGEST = 10**13  # beyond it sums of minor units would no longer be exact


def rename_headers(raw: pd.DataFrame, columns: dict[str, str], source: str) -> pd.DataFrame:
    """Return `raw` with new names (new → header) for some of its headers.

    Raises
    ------
    MissingColumnError
        If a header is not in the table.
    """
    for header in columns.values():
        if header not in raw.columns:
            raise MissingColumnError("error.missing_header", header=header, source=source, found=list(raw.columns))
    return raw.drop(columns=list(columns.values())).assign(**{name: raw[header] for name, header in columns.items()})


def check_subscriptions(
    raw: pd.DataFrame, *, source: str, numbers: _Reader, days: _Reader, bad_rows: str = "refuse"
) -> Subscriptions:
    """Return subscriptions with typed cells, or say row by row what is wrong.

    Parameters
    ----------
    raw : DataFrame
        Under the kit's field names, typed or as text; its index says which row each is.
    numbers, days : callable
        How a column of numbers or days is read; a cell that cannot be is missing.
    bad_rows : {"refuse", "reject"}
        Refuse the whole table, naming the rows; or set them aside, to be listed in the reconciliation.

    Raises
    ------
    EmptyTableError
        If there is no row, or none that can be used.
    InvalidRowsError
        If rows cannot be used and `bad_rows` is ``"refuse"``.
    """
    if bad_rows not in {"refuse", "reject"}:
        raise OptionError("error.option", name="bad_rows", value=str(bad_rows), legal=["refuse", "reject"])
    if raw.empty:
        raise EmptyTableError("error.empty", source=source)
    typed, faults = judge(raw, numbers, days)
    if len(faults) and bad_rows == "refuse":
        raise InvalidRowsError("error.invalid_rows", source=source, n=faults.index.nunique(), faults=_told(faults))
    if len(typed) == faults.index.nunique():
        raise EmptyTableError("error.all_rejected", source=source, faults=_told(faults))
    return sorted_out(raw, typed, faults, source)


def sorted_out(raw: pd.DataFrame, typed: pd.DataFrame, faults: pd.DataFrame, source: str) -> Subscriptions:
    """Return the rows without a fault, and those with one under the first of their reasons."""
    bad = typed.index.isin(faults.index)
    first = faults[~faults.index.duplicated()]
    rejected = raw.loc[bad, ["subscription_id", CUSTOMER_ID]].assign(
        row=first["row"].to_numpy(), amount=typed.loc[bad, "amount"].to_numpy(), reason=first["reason"].to_numpy()
    )
    return Subscriptions(typed[~bad].reset_index(drop=True), rejected.reset_index(drop=True), source)


def judge(raw: pd.DataFrame, numbers: _Reader, days: _Reader) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table with typed cells, and one row a fault by its place: row, field, value as given, reason."""
    typed = _typed(raw, numbers, days)
    return typed, _faults(raw, typed)


def _typed(raw: pd.DataFrame, numbers: _Reader, days: _Reader) -> pd.DataFrame:
    """Every field in its type; a cell that cannot be read is missing here and found again by `_faults`."""
    table = pd.DataFrame({"row": raw.index}).assign(
        subscription_id=text_of(raw["subscription_id"]).to_numpy(), **{CUSTOMER_ID: raw[CUSTOMER_ID].to_numpy()}
    )
    for field in FIELDS[2:]:
        cells = raw[field].reset_index(drop=True) if field in raw else None
        table[field] = OPTIONAL[field] if cells is None else _cells(field, cells, numbers, days)
    table[list(DATES)] = table[list(DATES)].astype("datetime64[s]")
    kept = {name: raw[name].to_numpy() for name in raw if name not in FIELDS}
    return table.assign(**kept)


def _cells(field: str, cells: pd.Series, numbers: _Reader, days: _Reader) -> pd.Series:
    if field in DATES:
        return days(cells)
    if field in NUMBERS:
        read = numbers(cells)
        return read if field == "amount" else read.where(~blank(cells), OPTIONAL[field])
    text = text_of(cells)
    if field in {"interval", "status"}:
        text = text.str.lower()
    if field == "currency":
        text = text.str.upper()
    return text.mask(text == "", OPTIONAL.get(field, ""))


def text_of(cells: pd.Series) -> pd.Series:
    """Return the cells as text, without spaces around it; empty where there is nothing."""
    return cells.astype(object).where(~blank(cells), "").astype(str).str.strip()


def blank(cells: pd.Series) -> pd.Series:
    """Whether each cell is empty."""
    return cells.isna() | (cells.astype(str).str.strip() == "")


def _faults(raw: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """Return one row a fault, by its place in the table: row, field, value as given, reason."""
    found = [
        (field, reason, typed.index[mask.to_numpy(bool)]) for field, reason, mask in _checks(raw, typed) if mask.any()
    ]
    rows = [
        (place, typed["row"][place], field, _given(raw, typed, field, place), reason)
        for field, reason, places in found
        for place in places
    ]
    faults = pd.DataFrame(rows, columns=["place", "row", "field", "value", "reason"])
    return faults.set_index("place").sort_index(kind="stable")


def _given(raw: pd.DataFrame, typed: pd.DataFrame, field: str, place: int) -> str:
    return str((raw[field] if field in raw else typed[field]).iloc[place])


def _checks(raw: pd.DataFrame, typed: pd.DataFrame) -> Iterable[tuple[str, str, pd.Series]]:
    """Yield every check as field, reason and the rows that fail it."""
    yield "subscription_id", "no_subscription_id", typed["subscription_id"] == ""
    yield CUSTOMER_ID, "no_customer_id", blank(typed[CUSTOMER_ID])
    yield "start", "no_start", blank(raw["start"]).reset_index(drop=True)
    for field in (*DATES, *NUMBERS):
        if field in raw:
            given = ~blank(raw[field].reset_index(drop=True))
            yield (
                field,
                "date_unreadable" if field in DATES else "number_unreadable",
                given & typed[field].isna(),
            )
    yield "amount", "no_amount", blank(raw["amount"]).reset_index(drop=True)
    yield "amount", "amount_infinite", np.isinf(typed["amount"])
    yield "amount", "amount_too_large", np.isfinite(typed["amount"]) & (typed["amount"] > _LARGEST)
    yield "amount", "amount_negative", typed["amount"] < 0
    yield "interval", "interval_unknown", ~typed["interval"].isin(INTERVALS)
    count = typed["interval_count"]
    yield "interval_count", "interval_count_wrong", count.notna() & ((count < 1) | (count % 1 != 0))
    yield "status", "status_unknown", ~typed["status"].isin(STATUSES)
    yield "discount_percent", "discount_wrong", ~typed["discount_percent"].fillna(0).between(0, 100)
    yield "discount_amount", "discount_wrong", ~_discount_fits(typed)
    yield "end", "end_before_start", typed["end"] < typed["start"]
    yield "end", "cancelled_without_end", (typed["status"] == "cancelled") & typed["end"].isna()
    if "currency" in raw and typed["currency"].notna().any():
        yield "currency", "no_currency", typed["currency"].isna()
    twice = typed["subscription_id"].duplicated() & (typed["subscription_id"] != "")
    yield "subscription_id", "duplicate_subscription_id", twice


def _discount_fits(typed: pd.DataFrame) -> pd.Series:
    reduced = typed["amount"] * (1 - typed["discount_percent"] / 100)
    return typed["discount_amount"].isna() | (typed["discount_amount"] >= 0) & (
        (typed["discount_amount"] == 0) | (typed["discount_amount"] <= reduced + 1e-9)
    )


def _told(faults: pd.DataFrame) -> list[Message]:
    """Return one message a reason, with its first rows as examples."""
    told = []
    for reason, some in faults.groupby("reason", sort=False):
        first = some.head(_EXAMPLES)
        cells = [
            Message("error.cell", {"row": row, "field": field, "value": value})
            for row, field, value in zip(first["row"], first["field"], first["value"], strict=True)
        ]
        more = Message("error.and_more", {"n": len(some) - _EXAMPLES}) if len(some) > _EXAMPLES else ""
        told.append(Message("error.fault", {"reason": Message(f"reason.{reason}"), "cells": cells, "more": more}))
    return told


def check_customers(raw: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """Return customers by id, one row each.

    Raises
    ------
    MissingColumnError, EmptyTableError, InvalidRowsError
        If there is no ``customer_id``, no row, or an id that is missing or stands twice.
    """
    if CUSTOMER_ID not in raw.columns:
        raise MissingColumnError("error.missing_column", missing=[CUSTOMER_ID], source=source, found=list(raw.columns))
    if raw.empty:
        raise EmptyTableError("error.empty", source=source)
    empty, twice = blank(raw[CUSTOMER_ID]), raw[CUSTOMER_ID].duplicated()
    faults = [
        {"row": row, "field": CUSTOMER_ID, "value": str(raw[CUSTOMER_ID][row]), "reason": reason}
        for reason, mask in (("no_customer_id", empty), ("duplicate_customer_id", twice & ~empty))
        for row in raw.index[mask]
    ]
    if faults:
        table = pd.DataFrame(faults)
        raise InvalidRowsError("error.invalid_customers", source=source, n=len(table), faults=_told(table))
    return raw.set_index(CUSTOMER_ID)
