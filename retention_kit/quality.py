"""What a file of subscriptions is worth: how it was read, what became of every row, what looks odd in those used."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.checking import FileReport, check_file
from retention_kit.errors import InputError
from retention_kit.ledger import Ledger, build_ledger
from retention_kit.ledger.choosing import only_customers
from retention_kit.ledger.masking import masked, without_values
from retention_kit.ledger.opening import Asked, bundled_business, bundled_source, empty, open_tables, said
from retention_kit.months import parse_day
from retention_kit.results import DataQuality
from retention_kit.schema import CUSTOMER_ID, INTERVALS
from retention_kit.sources.files import Table
from retention_kit.wording import Message

_FAR = 100  # times the median
_OLDEST, _YEARS_AHEAD = pd.Timestamp("1990-01-01"), 50
_SAME = [CUSTOMER_ID, "plan", "product", "amount", "interval", "currency"]
_COLUMNS = ["kind", "row", CUSTOMER_ID, "value"]
_NONE = pd.DataFrame({name: [] for name in _COLUMNS}, dtype=object)


def data_quality(
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
    where: Mapping[str, Any] | None = None,
    mask: bool = False,
    seed: int = 0,
) -> DataQuality:
    """Return what a file of subscriptions is worth: how it was read, what became of every row, what looks odd.

    Parameters
    ----------
    subscriptions, customers, as_of, columns, interval, currency, source, day_first, decimal, sheet
        See `open_ledger`; rows that cannot be used are set aside and listed.
    end_inclusive, history_from, where, mask, seed
        See `open_ledger`. Masked, no value as given is shown.

    Returns
    -------
    DataQuality

    Raises
    ------
    FileNotReadableError, MissingColumnError, EmptyTableError, OptionError
        If the file cannot be read at all. What keeps a ledger from being built is said in the result instead.

    Notes
    -----
    Odd is no wrong: such rows are used. What counts as odd: two rows of one customer alike in amount, interval, plan
    and product that run at the same time (counted twice?); an amount of a month at least 100 times the median of all
    rows that are used, or at most a hundredth of it (cents for units?); a customer back after at least one month end
    without MRR (left, or a hole in the export?); a start before 1990 or an end more than 50 years ahead (a
    placeholder?).

    Examples
    --------
    >>> table = pd.DataFrame({"client": ["Ada", "Ada", "Bo"], "start": ["2025-01-15"] * 2 + ["soon"], "mrr": [50] * 3})
    >>> found = data_quality(table, as_of="2025-02-28")
    >>> found.oddities[["kind", "row"]].to_dict("list"), found.reconciliation.counts["rejected"]
    ({'kind': ['overlap', 'overlap'], 'row': [0, 1]}, 1)
    """
    asked = Asked(source, columns, interval, currency, day_first, decimal, sheet, "reject")
    inclusive = said("end_inclusive", end_inclusive)
    report = _checked(subscriptions, customers, asked, as_of, inclusive)
    try:
        read, known = open_tables(subscriptions, customers, asked)
        whole = build_ledger(
            read, as_of=as_of, customers=known, end_inclusive=inclusive, history_from=history_from or None
        )
    except InputError as error:
        return _found(as_of, report, None, _NONE, (Message(error.key, error.fields),), mask)
    chosen = only_customers(whole, where or {})
    odd = _oddities(read.frame, chosen)
    if not mask:
        return _found(as_of, report, chosen, odd, chosen.about(), mask)
    shown = masked(chosen, whole.ids, seed)
    ids = {one: text for text, one in shown.key.items()}
    return _found(as_of, report, shown, odd.assign(customer_id=odd[CUSTOMER_ID].map(ids)), shown.about(), mask)


def _checked(
    subscriptions: Table, customers: Table, asked: Asked, as_of: Any, end_inclusive: bool | None
) -> FileReport:
    if empty(subscriptions):
        business = bundled_business()
        found = check_file(business.subscriptions, customers=business.customers)
        named = [_from(message, bundled_source()) for message in found.contents]
        return replace(found, source=bundled_source(), contents=tuple(named))
    return check_file(subscriptions, customers=None if empty(customers) else customers, **asked.options)


def _from(message: Message, source: str) -> Message:
    return Message(message.key, message.fields | {"source": source}) if "source" in message.fields else message


def _found(
    as_of: Any, report: FileReport, ledger: Ledger | None, odd: pd.DataFrame, about: tuple[Message, ...], mask: bool
) -> DataQuality:
    contents, faults = _briefly(report.contents), report.faults
    if mask:
        about = about if ledger else tuple(map(without_values, about))
        faults = faults.assign(value="…")
    return DataQuality(
        source=report.source,
        as_of=parse_day(as_of),
        about=about,
        contents=contents,
        faults=faults,
        reconciliation=report.reconciliation if ledger is None else ledger.reconciliation,
        oddities=odd,
        usable=ledger is not None,
        provenance=() if ledger is None else ledger.provenance(),
        rule=Message("rule.quality", {"far": _FAR, "oldest": _OLDEST, "years": _YEARS_AHEAD}),
    )


def _briefly(contents: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return how a file was read, the columns that already had the right name in one sentence."""
    same = [one for one in contents if one.key == "check.column" and one.fields["field"] == one.fields["header"]]
    if not same:
        return contents
    told = Message("quality.same_names", {"found": [one.fields["field"] for one in same]})
    place = contents.index(same[0])
    rest = [one for one in contents[place:] if one not in same]
    return (*contents[:place], told, *rest)


def _oddities(table: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return the rows used that look odd, one row each and kind."""
    rows = ledger.reconciliation.rows
    used = table[table["row"].isin(rows["row"][rows["status"] == "used"])]
    parts = [_overlaps(used), _amounts(used), _gaps(used, ledger), _days(used, ledger.as_of)]
    return pd.concat([part[_COLUMNS].astype(object) for part in parts], ignore_index=True)


def _overlaps(used: pd.DataFrame) -> pd.DataFrame:
    """Return rows of one customer, alike, that run at the same time."""
    priced = used[used["amount"] > 0].sort_values("start", kind="stable")
    ends = priced["end"].fillna(pd.Timestamp("2262-01-01"))
    groups = [priced[name].astype(object).where(priced[name].notna(), "") for name in _SAME]
    runs_until = ends.groupby(groups).cummax().groupby(groups).shift()
    starts_next = priced["start"].groupby(groups).shift(-1)
    meets = (runs_until > priced["start"]) | (starts_next < ends)
    return priced[meets].sort_index().assign(kind="overlap", value=lambda rows: rows["amount"])


def _amounts(used: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose amount of a month is far from the median's."""
    factors = used["interval"].map({name: up / down for name, (up, down) in INTERVALS.items()})
    monthly = used["amount"] * factors / used["interval_count"].fillna(1)
    middle = monthly[monthly > 0].median()
    far = (monthly >= _FAR * middle) | ((monthly > 0) & (monthly <= middle / _FAR))
    return used[far].assign(kind="amount", value=monthly[far])


def _gaps(used: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return the first row with which a customer came back after a month end without MRR."""
    book = ledger.book
    after_a_hole = (np.diff(book.month, prepend=-1) > 1) & (np.diff(book.owner, prepend=-1) == 0)
    back = pd.DataFrame({CUSTOMER_ID: ledger.ids[book.owner[after_a_hole]], "month": book.month[after_a_hole]})
    months = used["start"].dt.year * 12 + used["start"].dt.month - 1
    rows = used[[CUSTOMER_ID, "row"]].assign(month=months)
    found = rows.merge(back, on=[CUSTOMER_ID, "month"]).drop_duplicates([CUSTOMER_ID, "month"])
    return found.assign(kind="gap", value=None)


def _days(used: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return rows whose dates look like placeholders."""
    latest = pd.Timestamp(as_of) + pd.DateOffset(years=_YEARS_AHEAD)
    early, late = used["start"] < _OLDEST, used["end"] > latest
    odd = early | late
    return used[odd].assign(kind="date", value=used["start"].where(early, used["end"]).dt.date[odd])
