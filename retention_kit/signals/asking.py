"""Every signal of every paying customer at a day, from what was known then."""

import datetime as dt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from retention_kit.errors import OpenMonthError
from retention_kit.ledger import Ledger
from retention_kit.months import last_closed, month_ends, month_number, month_start, parse_day
from retention_kit.results import Signals
from retention_kit.signals.log import EventLog, day_number, log_of
from retention_kit.signals.measuring import SIGNALS, fires
from retention_kit.signals.silences import silences, told
from retention_kit.signals.thresholds import checked_thresholds
from retention_kit.wording import Message

_CONTRACT_END = "contract_end"


def signals_of(ledger: Ledger, events: Any, *, as_of: Any = None, thresholds: Any = None) -> Signals:
    """Return every signal of every customer who pays, as it stood at the close of a day.

    Parameters
    ----------
    ledger : Ledger
    events : Events, DataFrame, str or Path
        What `read_events` returns, or what it reads: a table or a file, of which then no row may be one that it would
        set aside. What happened after the day is not looked at.
    as_of : str or date, optional
        The day; who pays is taken from the last month end up to it. Default: the ledger's own.
    thresholds : DataFrame or path, optional
        Your own table instead of `signal_thresholds`; a signal that is not in it is not measured.

    Returns
    -------
    Signals
        Value and whether it fired, one column a signal and one row a customer who paid at that month end.

    Raises
    ------
    OpenMonthError, MonthError
        If the day lies after the ledger's, or before its first month end.
    MissingColumnError, InvalidRowsError, OptionError
        If the events or the thresholds cannot be used.

    Notes
    -----
    Windows are whole months that end at the close of the day. Where a kind of event that came before has none in the
    last window, of any customer, its signals are missing for everybody and a warning says since when; usage, features
    and mails, which silence makes fire, are missing as soon as the silence is longer than usual. The end of a contract
    is the attribute ``contract_end`` where the ledger knows one after the day; else, for contracts longer than a month,
    the next anniversary of the first paying month. A past day knows only anniversaries: the table of today says who
    renewed.

    Examples
    --------
    >>> book = Ledger.from_frame(pd.DataFrame({"2025-06": [100.0]}, index=["Ada"]), as_of="2025-06-30")
    >>> told = pd.DataFrame({"customer_id": ["Ada"], "at": ["2025-06-12"], "kind": ["complaint"]})
    >>> signals_of(book, told).fired.loc["Ada", "complaints"]
    np.True_
    """
    table = checked_thresholds(thresholds)
    day = ledger.as_of if as_of is None else parse_day(as_of)
    log = log_of(events, ledger.ids)
    return measured(Asked(ledger, log, table), day)


class Asked(NamedTuple):
    """What signals are measured from: the ledger, the events of its customers and the team's thresholds."""

    ledger: Ledger
    log: EventLog
    thresholds: pd.DataFrame


def measured(asked: Asked, day: dt.date) -> Signals:
    """Return the signals at the close of a day."""
    ledger = known_at(asked.ledger, day)
    where = asked.ledger.ids.get_indexer(ledger.ids)
    month, book = ledger.book.last, ledger.book
    mrr = np.zeros(len(ledger.ids), np.int64)
    mrr[book.owner[book.month == month]] = book.cents[book.month == month]
    pays = mrr > 0
    ends, dated = contract_ends(ledger, day)
    log = asked.log.until(day)
    values, stops = _values(asked, log, day, where, ends)
    values = values[pays]
    steps = asked.thresholds["threshold"]
    fired = pd.DataFrame({name: fires(name, values[name].to_numpy(), steps[name]) for name in values}, values.index)
    return Signals(
        as_of=day,
        values=values.set_axis(ledger.ids[pays]),
        fired=fired.set_axis(ledger.ids[pays]),
        mrr=pd.Series(ledger.to_units(mrr[pays]), ledger.ids[pays], name="mrr"),
        numbers=pd.Series(where[pays] + 1, ledger.ids[pays]),
        ends=pd.Series(np.where(np.isnan(ends[pays]), np.nan, ends[pays] + day_number(day)), ledger.ids[pays]),
        dated=pd.Series(dated[pays], ledger.ids[pays]),
        leaves=pd.Series(announced_leaves(ledger, mrr)[pays], ledger.ids[pays]),
        age=pd.Series(month - book.origin[pays], ledger.ids[pays]).where(book.origin[pays] >= 0),
        thresholds=asked.thresholds,
        events=len(log),
        currency=ledger.currency,
        rule=Message("rule.signals", {"as_of": day, "month": month_start(month)}),
        warnings=(*of_strangers(asked.log), *stops),
    )


def known_at(ledger: Ledger, day: dt.date) -> Ledger:
    """Return the ledger as it was known at the close of a day."""
    if day > ledger.as_of:
        named = {"month": month_start(month_number(day)), "last": ledger.last_month}
        raise OpenMonthError("error.open_month", as_of=ledger.as_of, **named)
    return ledger if day == ledger.as_of else ledger.until(month_start(last_closed(day)))


def of_strangers(log: EventLog) -> tuple[Message, ...]:
    """Return what there is to say of events whose customers the ledger does not have."""
    return (Message("signal.warning.unknown_customers", {"n": log.unknown}),) if log.unknown else ()


def _values(
    asked: Asked, log: EventLog, day: dt.date, where: np.ndarray, ends: np.ndarray
) -> tuple[pd.DataFrame, tuple[Message, ...]]:
    """Return the values of every customer, missing where the events fell silent, and what there is to say of that."""
    windows, found = asked.thresholds["window_months"].to_dict(), {}
    silent = silences(log, day, windows)
    for name, months in windows.items():
        measure = SIGNALS[name].measure
        found[name] = ends if measure is None else np.nan if name in silent else measure(log, day, months)[where]
    return pd.DataFrame(found, index=range(len(where)), dtype=float), told(log, day, silent)


def announced_leaves(ledger: Ledger, cents: np.ndarray) -> np.ndarray:
    """Return the first month without MRR of each customer who has announced the end of all they pay; NaN for others.

    Parameters
    ----------
    ledger : Ledger
        As it was known at a day: of a past one nothing is known to be announced (`Ledger.until`).
    cents : ndarray
        What each pays at the end of the last month closed.
    """
    told = ledger.announced
    customer, ending = told["customer"].to_numpy(), np.zeros(len(cents))
    np.add.at(ending, customer, told["cents"].to_numpy())
    last = np.full(len(cents), np.nan)
    np.fmax.at(last, customer, told["month"].to_numpy(float))
    return np.where((cents > 0) & (ending >= cents), last, np.nan)


def contract_ends(ledger: Ledger, day: dt.date) -> tuple[np.ndarray, np.ndarray]:
    """Return the days until each customer's contract ends (NaN: a contract by the month), and whether a date said so.

    Parameters
    ----------
    ledger : Ledger
        As it was known at `day`.
    day : date
    """
    book, month = ledger.book, last_closed(day)
    due = book.origin + np.maximum(-(-(month + 1 - book.origin) // ledger.terms), 1) * ledger.terms
    left = month_ends(due).to_numpy("datetime64[D]").astype(np.int64) - day_number(day)
    found = np.where((ledger.terms > 1) & (book.origin >= 0), left, np.nan).astype(float)
    said = np.full(len(found), np.nan)
    if ledger.customers is not None and _CONTRACT_END in ledger.customers:
        dates = pd.to_datetime(ledger.customers[_CONTRACT_END], errors="coerce")
        said = ((dates - pd.Timestamp(day)) / pd.Timedelta(days=1)).to_numpy(float)
    dated = said >= 0
    return np.where(dated, said, found), dated
