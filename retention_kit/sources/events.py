"""Reading events: what customers did and what happened to them, day by day."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from retention_kit.checks import blank, rename_headers, text_of
from retention_kit.errors import EmptyTableError, InputError, InvalidRowsError, MissingColumnError, OptionError
from retention_kit.schema import CUSTOMER_ID, EVENT_FIELDS, EVENT_KINDS, Events
from retention_kit.sources.ahead import served_ahead
from retention_kit.sources.cells import Cells
from retention_kit.sources.event_values import read_kinds, read_values, wrong_values
from retention_kit.sources.guessing import guess_columns, plain
from retention_kit.sources.opening import Opened, Table, open_table
from retention_kit.wording import Message

__all__ = ["events_of", "read_events"]

# Spellings by field, as `plain` leaves them; the likeliest first.
_HEADERS = {
    "at": (
        "event date, event time, event timestamp, timestamp, occurred at, occurred on, happened at, date evenement, "
        "date de l evenement, horodatage",
        "date, day, jour, time, moment, datetime, created at",
    ),
    "kind": ("event type, event name, event kind, type evenement, type d evenement, evenement, event", "type, action"),
    "value": ("event value, valeur", "score, amount, quantity, quantite, number, nombre, montant"),
}
_EXAMPLES, _NAMED = 3, 6


@served_ahead
def read_events(
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    bad_rows: str = "reject",
    day_first: bool | None = None,
    decimal: str | None = None,
    time_zone: str = "UTC",
    sheet: str | None = None,
    encoding: str | None = None,
) -> Events:
    """Read events (logins, complaints, NPS answers, late payments …) from a file or a DataFrame.

    Parameters
    ----------
    table : str, Path or DataFrame
        One row an event: customer_id, at (day or moment), kind, and value where the kind has one: ``login`` (how many
        people; kept, but signals count rows), ``feature_use`` (which feature, by number or name), ``ticket``,
        ``complaint``, ``email_sent``, ``email_opened``, ``nps`` (0 to 10), ``payment_late`` (days), ``limit_reached``
        (share of the plan's limit, as 0.95 or 95 %). Other kinds are kept as they are, and said.
    columns : mapping, optional
        Field → header where the table uses other names: ``{"at": "created"}``. What is not said is guessed from the
        header's name, in English or French; `Events.columns` shows what was taken for what.
    bad_rows : {"reject", "refuse"}
        What to do with rows that cannot be used: set them aside in `Events.rejected` with their reason, or refuse the
        table and name them. Set aside is the default, unlike for subscriptions: an event more or less changes no MRR.
    day_first, decimal, time_zone, sheet, encoding
        See `read_subscriptions`.

    Returns
    -------
    Events

    Raises
    ------
    FileNotReadableError, InputError
        See `read_subscriptions`.
    MissingColumnError
        If customer, day or kind have no column; the columns found are listed.
    EmptyTableError
        If there is no row, or none that can be used.
    InvalidRowsError
        If rows cannot be used and `bad_rows` is ``"refuse"``; the rows are listed by reason.
    OptionError
        If `columns` names no field of events, or an option has no such value.

    Notes
    -----
    A row cannot be used without a customer, a kind or a day; with a day or a value that cannot be read; with an NPS
    answer that is missing or outside 0 to 10; a late payment or a limit without value; a value below 0 where the kind
    is one that signals read; a share of the limit above 2, which may be meant in percent. Rows alike are all kept: a
    customer may log in twice a day. Nobody says what day it is today: an event that lies ahead is kept, and each
    signal looks only at those up to its day.

    Features named in words are numbered in alphabetical order in ``value``; their names stand in ``detail``, a column
    that is there for them only.

    Examples
    --------
    >>> table = pd.DataFrame({"client": ["Ada", "Bo"], "date": ["2025-03-31", "soon"], "event": ["Connexion", "nps"]})
    >>> read = read_events(table)
    >>> read.frame[["customer_id", "at", "kind", "value"]]
      customer_id         at   kind  value
    0         Ada 2025-03-31  login    NaN
    >>> read.rejected["reason"].tolist()
    ['date_unreadable']
    """
    if bad_rows not in {"refuse", "reject"}:
        raise OptionError("error.option", name="bad_rows", value=str(bad_rows), legal=["reject", "refuse"])
    opened = open_table(table, sheet=sheet, encoding=encoding)
    cells = Cells(opened.name, decimal, day_first, time_zone, opened.raw)
    used = _columns(opened, dict(columns or {}))
    raw = rename_headers(opened.raw, {name: used[name] for name in used if name != used[name]}, opened.name)
    raw = raw[list(used)].reset_index(drop=True)
    typed = _typed(raw, opened, cells)
    faults = _faults(raw, typed)
    told = _told(faults)
    if len(faults) and bad_rows == "refuse":
        raise InvalidRowsError("error.invalid_events", source=opened.name, n=len(faults), faults=told)
    if len(faults) == len(typed):
        raise EmptyTableError("error.all_rejected", source=opened.name, faults=told)
    notes = [Message("note.events_rejected", {"n": len(faults), "faults": told})] if told else []
    frame = typed.drop(index=faults.index).reset_index(drop=True)
    rejected = faults.reset_index(drop=True)[["row", *EVENT_FIELDS, "reason"]]
    notes += [*_other_kinds(frame), *_unread(opened, used)]
    return Events(frame, rejected, opened.name, opened.digest, used, tuple(notes))


def events_of(events: Events | Table) -> Events:
    """Return events that are read, as they are; others read and checked, with no row set aside silently.

    Parameters
    ----------
    events : Events, DataFrame, str or Path
        What `read_events` returns or takes. A table with the columns customer_id, at and kind may have no row.

    Returns
    -------
    Events

    Raises
    ------
    OptionError
        If there are none (None).
    InvalidRowsError
        If rows cannot be used; `read_events` sets them aside instead.
    FileNotReadableError, InputError, MissingColumnError
        See `read_events`.

    Examples
    --------
    >>> table = pd.DataFrame({"customer_id": ["Ada"], "at": ["2025-03-31"], "kind": ["Connexions"]})
    >>> events_of(table).frame["kind"].tolist()
    ['login']
    """
    if events is None:
        raise OptionError("error.no_events")
    if isinstance(events, Events):
        return events
    if isinstance(events, pd.DataFrame) and events.empty and not {*EVENT_FIELDS[:3]} - {*events}:
        none = {"row": "int64", CUSTOMER_ID: events[CUSTOMER_ID].dtype, "at": "datetime64[s]", "kind": "str"}
        frame = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in (none | {"value": "float64"}).items()})
        return Events(frame, frame.assign(reason=""), "DataFrame", columns={name: name for name in EVENT_FIELDS[:3]})
    return read_events(events, bad_rows="refuse")


def _columns(opened: Opened, said: dict[str, str]) -> dict[str, str]:
    """Return field → header, guessed where nobody said it."""
    for name in said:
        if name not in EVENT_FIELDS:
            raise OptionError("error.option", name="columns", value=name, legal=list(EVENT_FIELDS))
    if opened.raw.empty:
        raise EmptyTableError("error.empty", source=opened.name)
    for name, ranks in _HEADERS.items():
        if name not in said and (header := _header(name, ranks, opened, said.values())):
            said[name] = header
    said |= guess_columns(opened.raw, said, source=opened.name, customers=True)
    if CUSTOMER_ID in opened.raw:
        said.setdefault(CUSTOMER_ID, CUSTOMER_ID)
    if missing := [name for name in EVENT_FIELDS[:3] if name not in said]:
        raise MissingColumnError(
            "error.missing_event_column", missing=missing, source=opened.name, found=list(opened.raw)
        )
    return {name: said[name] for name in EVENT_FIELDS if name in said}


def _header(name: str, ranks: Iterable[str], opened: Opened, taken: Iterable[str]) -> str | None:
    """Return the header of a field: its own name, else the likeliest spelling that any has."""
    plains = {header: plain(header) for header in opened.raw.columns if header not in taken}
    for spellings in (name, *ranks):
        fitting = [header for header, words in plains.items() if words in spellings.split(", ")]
        if len(fitting) > 1:
            raise InputError("error.two_headers", source=opened.name, field=name, found=fitting, first=fitting[0])
        if fitting:
            return fitting[0]
    return None


def _typed(raw: pd.DataFrame, opened: Opened, cells: Cells) -> pd.DataFrame:
    """Every field in its type; a cell that cannot be read is missing here and found again by `_faults`."""
    who = raw[CUSTOMER_ID]
    as_text = opened.digest and not pd.api.types.is_numeric_dtype(who.dtype)
    typed = pd.DataFrame({"row": opened.raw.index, CUSTOMER_ID: text_of(who) if as_text else who})
    typed["at"] = cells.days(raw["at"]).astype("datetime64[s]")
    typed["kind"] = read_kinds(raw["kind"])
    if "value" not in raw:
        return typed.assign(value=np.nan)
    typed["value"], names = read_values(raw["value"], typed["kind"], cells)
    return typed if names is None else typed.assign(detail=names)


def _faults(raw: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that cannot be used, by place: row, the cells as given, field and reason of the first fault."""
    empty = _empty(raw["at"])
    given = ~_empty(raw["value"]) if "value" in raw else typed["value"].notna()
    wrong = wrong_values(typed["kind"], typed["value"], given)
    checks = {
        "no_customer_id": (CUSTOMER_ID, _empty(raw[CUSTOMER_ID])),
        "no_day": ("at", empty),
        "date_unreadable": ("at", ~empty & typed["at"].isna()),
        "no_kind": ("kind", typed["kind"] == ""),
        **{reason: ("value", rows) for reason, rows in wrong.items()},
    }
    first = np.select([mask.to_numpy(bool) for _, mask in checks.values()], range(len(checks)), -1)
    places = np.flatnonzero(first >= 0)
    told = [(field, reason) for reason, (field, _) in checks.items()]
    found = pd.DataFrame([told[number] for number in first[places]], columns=["field", "reason"], index=places)
    cells = raw.iloc[places].reindex(columns=list(EVENT_FIELDS))
    return pd.concat([typed["row"].iloc[places], cells, found], axis=1)


def _empty(column: pd.Series) -> pd.Series:
    """Whether each cell is empty, asked once of each different one."""
    places, cells = pd.factorize(column, use_na_sentinel=False)
    return pd.Series(blank(pd.Series(cells)).to_numpy(bool)[places], index=column.index)


def _told(faults: pd.DataFrame) -> list[Message]:
    """Return one message a reason, with its first rows as examples."""
    told = []
    for reason, some in faults.groupby("reason", sort=False):
        cells = [
            Message("error.cell", {"row": row["row"], "field": row["field"], "value": str(row[row["field"]])})
            for _, row in some.head(_EXAMPLES).iterrows()
        ]
        more = Message("error.and_more", {"n": len(some) - _EXAMPLES}) if len(some) > _EXAMPLES else ""
        told.append(Message("error.fault", {"reason": Message(f"reason.{reason}"), "cells": cells, "more": more}))
    return told


def _other_kinds(frame: pd.DataFrame) -> list[Message]:
    """Say which kinds are none that a signal reads, the most frequent first."""
    others = frame["kind"][~frame["kind"].isin(EVENT_KINDS)].value_counts()
    fields = {"n": int(others.sum()), "kinds": list(others.index[:_NAMED])}
    return [Message("note.other_kinds", fields)] if len(others) else []


def _unread(opened: Opened, used: Mapping[str, str]) -> list[Message]:
    headers = [str(name) for name in opened.raw if name not in used.values()]
    return [Message("note.unread", {"headers": headers})] if headers else []
