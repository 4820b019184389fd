"""The ledger and the events a report asks for, from the texts that its parameters are."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import pandas as pd

from retention_kit.errors import InputError, OptionError
from retention_kit.ledger.building import build_ledger
from retention_kit.ledger.choosing import NOT_CHOSEN, SAID, only_customers
from retention_kit.ledger.masking import masked, unnamed
from retention_kit.ledger.value import Ledger
from retention_kit.schema import CUSTOMER_ID, Events, Subscriptions
from retention_kit.sources import read_customers, read_events, read_subscriptions
from retention_kit.sources.ahead import read_ahead
from retention_kit.sources.files import Table
from retention_kit.synthetic import Business, make_business
from retention_kit.wording import Message

_WORDS = {"": None, **SAID}


def open_ledger(
    subscriptions: Table = "",
    customers: Table = "",
    *,
    as_of: str | dt.date,
    columns: Mapping[str, str] | None = None,
    interval: str = "",
    currency: str = "",
    source: str = "",
    day_first: bool | str | None = None,
    decimal: str = "",
    sheet: str = "",
    end_inclusive: bool | str | None = None,
    history_from: str | dt.date = "",
    bad_rows: str = "refuse",
    where: Mapping[str, Any] | None = None,
    mask: bool = False,
    seed: int = 0,
) -> Ledger:
    """Build the ledger a report asks for: from files, or from the bundled business when `subscriptions` is empty.

    Parameters
    ----------
    subscriptions, customers : str, Path or DataFrame
        Empty text stands for "not given", as a report's parameters do.
    as_of
        See `build_ledger`.
    columns, interval, currency, source, decimal, sheet, bad_rows
        See `read_subscriptions`.
    day_first, end_inclusive : bool or str, optional
        See `read_subscriptions` and `build_ledger`; in words, as a report's parameters have it: yes, no, or empty for
        not said.
    history_from : str or date
        Since when the export is complete, see `build_ledger`; empty for from the start.
    where : mapping, optional
        Attribute of the customers → value or list of values: only these customers stay; see `only_customers`.
    mask : bool
        Whether numbers stand for customers' names and ids, on the page and in errors. An error then names row and field
        only.
    seed : int
        Of those numbers, which are given out in the order of the SHA-256 of seed and id. Whoever has the ids and the
        seed can undo them.

    Returns
    -------
    Ledger

    Raises
    ------
    OptionError
        If `day_first` or `end_inclusive` is a text other than yes and no, or a value of `where` is nobody's.
    UnknownColumnError
        If `where` names an attribute that the customers do not have.
    InputError
        See `read_subscriptions` and `build_ledger`.

    Examples
    --------
    >>> print(open_ledger(as_of="2025-12-31").reconciliation.source)
    make_business(seed=7)
    """
    asked = Asked(source, columns, interval, currency, day_first, decimal, sheet, bad_rows)
    try:
        read, known = open_tables(subscriptions, customers, asked)
        inclusive = said("end_inclusive", end_inclusive)
        whole = build_ledger(
            read, as_of=as_of, customers=known, end_inclusive=inclusive, history_from=history_from or None
        )
        chosen = only_customers(whole, where or {})
    except InputError as error:
        raise (unnamed(error) if mask else error) from None
    return masked(chosen, whole.ids, seed) if mask else chosen


@dataclass(frozen=True)
class Asked:
    """How the files are to be read, in the texts that a report's parameters are; empty for what is not said."""

    source: str = ""
    columns: Mapping[str, str] | None = None
    interval: str = ""
    currency: str = ""
    day_first: bool | str | None = None
    decimal: str = ""
    sheet: str = ""
    bad_rows: str = "refuse"

    @property
    def dialect(self) -> dict[str, Any]:
        """What holds for every file."""
        return {"day_first": said("day_first", self.day_first), "decimal": self.decimal or None}

    @property
    def options(self) -> dict[str, Any]:
        """What holds for the file of subscriptions, but for its bad rows."""
        names = {name: getattr(self, name) or None for name in ("columns", "interval", "currency", "sheet")}
        return {"source": self.source or "table", **names, **self.dialect}


def open_tables(subscriptions: Table, customers: Table, asked: Asked) -> tuple[Subscriptions, pd.DataFrame | None]:
    """Return the subscriptions and the customers, of the bundled business where no subscriptions are given."""
    if empty(subscriptions):
        business = bundled_business()
        notes = (Message("warning.invented"),)
        read = replace(read_subscriptions(business.subscriptions), source=bundled_source(), notes=notes)
        return read, read_customers(business.customers)
    read = read_subscriptions(subscriptions, bad_rows=asked.bad_rows, **asked.options)
    return read, None if empty(customers) else read_customers(customers, **asked.dialect)


def open_ahead(parameters: Mapping[str, Any]) -> None:
    """Read now the files that reports with these parameters will open: forks of this process find them read.

    Parameters
    ----------
    parameters : mapping of str to object
        Of a report: those of `open_ledger` and ``events``; others do not matter here.

    Raises
    ------
    InputError
        If a file is refused, as it will be by the report.
    """
    asked = Asked(**{field.name: parameters[field.name] for field in fields(Asked) if field.name in parameters})
    for name, reader, options in (
        ("subscriptions", read_subscriptions, {"bad_rows": asked.bad_rows, **asked.options}),
        ("customers", read_customers, asked.dialect),
        ("events", read_events, {"day_first": asked.dialect["day_first"]}),
    ):
        if not empty(parameters.get(name, "")):
            read_ahead(reader, parameters[name], **options)


def open_events(ledger: Ledger, events: Table = "", *, day_first: bool | str | None = None) -> Events | None:
    """Return the events of a ledger's customers: from a file, or those of the bundled business.

    Parameters
    ----------
    ledger : Ledger
        What `open_ledger` returned.
    events : str, Path or DataFrame
        See `read_events`; empty for those that the ledger's own business has.
    day_first : bool or str, optional
        See `open_ledger`.

    Returns
    -------
    Events or None
        Without those of customers whom the ledger leaves out by choice; under the customers' numbers where the ledger
        is masked. None where there are none to open.

    Raises
    ------
    FileNotReadableError, MissingColumnError, OptionError, InvalidRowsError
        See `read_events`.

    Examples
    --------
    >>> table = pd.DataFrame({"client": ["Ada"], "start": ["2025-01-15"], "mrr": [50]})
    >>> ledger = open_ledger(table, as_of="2025-02-28")
    >>> open_events(ledger) is None
    True
    >>> told = pd.DataFrame({"customer_id": ["Ada"], "at": ["2025-02-12"], "kind": ["complaint"]})
    >>> len(open_events(ledger, told))
    1
    """
    try:
        read = _events(ledger, events, said("day_first", day_first))
    except InputError as error:
        raise (unnamed(error) if ledger.key else error) from None
    if read is None:
        return None
    frame = read.frame
    if ledger.key:
        frame = frame.assign(customer_id=frame[CUSTOMER_ID].map({one: shown for shown, one in ledger.key.items()}))
    rows = ledger.reconciliation.rows
    others = pd.Index(rows[CUSTOMER_ID][rows["reason"] == NOT_CHOSEN].unique()).difference(ledger.ids, sort=False)
    return replace(read, frame=frame[~frame[CUSTOMER_ID].isin(others)])


def _events(ledger: Ledger, events: Table, day_first: bool | None) -> Events | None:
    if not empty(events):
        return read_events(events, day_first=day_first)
    if ledger.reconciliation.source != bundled_source():
        return None
    return Events(bundled_business().events, pd.DataFrame(), bundled_source())


@cache
def bundled_business() -> Business:
    """Return the invented business that stands in where a report is given no file."""
    return make_business()


def bundled_source() -> str:
    """Return what the bundled business is called as a source."""
    return f"make_business(seed={bundled_business().truth.seed})"


def empty(table: Table) -> bool:
    """Return whether a parameter names no table."""
    return isinstance(table, str) and not table


def said(name: str, value: bool | str | None) -> bool | None:
    """Return what a report's parameter says, which knows texts only."""
    if not isinstance(value, str):
        return value
    if value.lower() not in _WORDS:
        raise OptionError("error.option", name=name, value=value, legal=["yes", "no"])
    return _WORDS[value.lower()]
