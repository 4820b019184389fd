"""From subscriptions to the ledger, every input row accounted for."""

import datetime as dt

import numpy as np
import pandas as pd

from retention_kit.engines.memory import Book
from retention_kit.errors import EmptyTableError, InvalidRowsError, OptionError, UnknownColumnError
from retention_kit.ledger.accounting import account, attributes_of_units
from retention_kit.ledger.announcing import announced_ends
from retention_kit.ledger.billing import (
    contract_terms,
    counted_until,
    digits_of,
    discounted,
    month_or,
    out_by_status,
    paid_until,
    reasons_outside,
    stretches_of_mrr,
)
from retention_kit.ledger.booking import booked
from retention_kit.ledger.merging import Merge, merged, survivors
from retention_kit.ledger.rates import Exchange, Rates, converted, one_currency
from retention_kit.ledger.refunds import Refunds, deduct, read_refunds
from retention_kit.ledger.rules import EVER, Rules
from retention_kit.ledger.snapshots import snapshot_warning
from retention_kit.ledger.value import Ledger
from retention_kit.months import last_closed, month_numbers, parse_day
from retention_kit.schema import CUSTOMER_ID, FIELDS, Subscriptions
from retention_kit.sources import read_subscriptions
from retention_kit.sources.files import Table
from retention_kit.wording import Message

_QUIET = 183  # days without anything new after which an export is probably older than its as-of day


def build_ledger(
    subscriptions: Table | Subscriptions,
    *,
    as_of: str | dt.date,
    customers: Table | None = None,
    end_inclusive: bool | None = None,
    bad_rows: str = "refuse",
    discounts: str = "until",
    paused: str = "zero",
    grace_months: int = 0,
    churn_date: str = "paid_period",
    currency: str | None = None,
    rates: Rates | None = None,
    constant_rate: bool = False,
    refunds: Refunds | None = None,
    refund_rule: str = "out",
    merge: Merge | None = None,
    history_from: str | dt.date | None = None,
    grain: str = CUSTOMER_ID,
) -> Ledger:
    """Build the ledger: each customer's MRR as it stands at the end of each month.

    A subscription counts in a month when it has begun by the month's last day and has not ended by it:
    ``start <= last day < end``. Its amount is normalised to a month (quarter ÷ 3, half-year ÷ 6, year ÷ 12,
    week × 52/12, day × 365/12), the discount of that day deducted, the result rounded half-even to the cent; a
    customer's subscriptions are summed. From there on all sums are exact.

    Parameters
    ----------
    subscriptions : Subscriptions, DataFrame, str or Path
        What `read_subscriptions` returns or takes.
    as_of : str or date
        The day up to which the data speak; months that have not ended by its close are not reported.
    customers : DataFrame, str or Path, optional
        What `read_customers` returns or takes.
    end_inclusive : bool, optional
        Whether the day in ``end`` is still paid. Default: no, and a table in which most ends fall on the last day of a
        month is refused until it is said.
    bad_rows : {"refuse", "reject"}
        See `read_subscriptions`.
    discounts : {"until", "permanent", "gross"}
        Deducted while they run; only those without an end (no ``discount_until``); or none.
    paused : {"zero", "keep"}
        Whether a subscription that is paused, or discounted by 100 %, has an MRR of 0 or keeps its amount.
    grace_months : int
        How many month ends at 0 in a row are not yet churn. MRR stays 0 there; the time to churn heeds it.
    churn_date : {"paid_period", "requested", "effective"}
        The day a subscription stops counting: its ``end``; or the day in ``cancel_requested_at`` or
        ``cancel_effective_at`` where that comes first. Such a day is the first one that does not count.
    currency : str, optional
        What amounts are converted to; without `rates`, the currency they must be in.
    rates : DataFrame, mapping, str or Path, optional
        Units of `currency` for one unit of another: columns currency, from (first day in force; empty: always) and
        rate (at most 10 decimals), or ``{currency: rate}``, or ``{currency: {first day: rate}}``. An amount is
        converted at the rate in force on its contract's start, exactly, and rounded once.
    constant_rate : bool
        Convert everything at the rate in force on `as_of`: no part of a change is then due to rates.
    refunds : DataFrame, str or Path, optional
        Columns customer_id (the unit's, under another grain), at, amount (in the ledger's currency), for_month.
    refund_rule : {"out", "issue", "retroactive"}
        Leave refunds out; deduct each from the MRR of the month it was issued in; or of the month it pays back
        (``for_month``). MRR does not go below 0: the rest is named in the warnings.
    merge : mapping, DataFrame, str or Path, optional
        Old customer id → new one (columns old, new), applied before anything else; chains are followed. Of merged
        customers' attributes the row of the surviving id is kept.
    history_from : str or date, optional
        The month since when the export is complete. The month before is kept as an opening: whoever pays in it is
        never new and in no cohort. Default: everything is there; a warning where those lost earlier seem to be missing.
    grain : str
        The column whose values are the ledger's units; another one than the customer's makes, say, every subscription
        or plan a unit of its own, with the attributes of the customer it belongs to.

    Returns
    -------
    Ledger

    Raises
    ------
    InclusiveEndsError
        If most ends fall on the last day of a month and `end_inclusive` is not given.
    CurrencyError
        If there are several currencies and no rates, or a rate is missing.
    MissingColumnError, InvalidRowsError, FileNotReadableError
        If the table of rates, refunds or merged ids, or a column that a rule needs, cannot be used.
    OptionError
        If a rule is not one of the legal ones.
    EmptyTableError
        If no subscription reaches the end of a month that has closed.
    UnmatchedCustomersError
        If the customers table knows none of the ledger's customers.

    Examples
    --------
    An annual contract of 1,200 that begins in mid-January counts 100 at the end of January:

    >>> table = pd.DataFrame({"subscription_id": ["s1"], "customer_id": ["Ada"], "start": ["2025-01-15"],
    ...                       "amount": [1200], "interval": ["year"]})
    >>> build_ledger(table, as_of="2025-02-28").frame
      customer_id      month    mrr
    0         Ada 2025-01-01  100.0
    1         Ada 2025-02-01  100.0
    """
    rules = Rules(end_inclusive, discounts, paused, grace_months, churn_date, refund_rule, history_from, grain)
    day, read, into = parse_day(as_of), _read(subscriptions, bad_rows, grain), survivors(merge)
    last, opening = last_closed(day), rules.opening(day)
    table, rule_of_merge, merged_ids = merged(read.frame, into)
    table, convention = _under_rules(table, rules, read.source)
    by_status = out_by_status(table["status"], paused)
    money = _exchange(table, by_status, last, opening, currency, rates, day if constant_rate else None)
    digits = digits_of(money.currency)
    stretches = stretches_of_mrr(table, digits, last, money.rates)
    outside = reasons_outside(stretches, by_status, last, opening)
    units = _units(table, grain)
    used, before, everyone = _of_units(stretches[stretches["counts"]], units, outside)
    if used.empty:
        raise EmptyTableError("error.nothing_in_window", source=read.source, as_of=day)
    book = booked(table, used, last, opening, money.others, before)
    terms = contract_terms(table, pd.concat([used, before]), book.origin)
    refunded = read_refunds(refunds, refund_rule, money.currency, digits)
    book, ids, rule_of_refunds, refunds_left = deduct(book, everyone, refunded, refund_rule, money.currency, digits)
    if not len(ids):
        raise EmptyTableError("error.nothing_in_window", source=read.source, as_of=day)
    known, notes = attributes_of_units(customers, table.iloc[used["place"].unique()], units, ids, into, grain)
    terms = terms[everyone.get_indexer(ids)]
    warnings = [*snapshot_warning(book, terms, grace_months), *_told(read.notes, True)]
    warnings += [*_after_the_data(table, day, read.source), *_end_of_export(table, day, read.source)]
    warnings += [*merged_ids, *refunds_left, *notes, *_back_from_before(units, outside, ids, book)]
    return Ledger(
        book=book,
        ids=ids,
        as_of=day,
        currency=money.currency,
        digits=digits,
        rules=(convention, *rule_of_merge, *money.rules, *rules.messages(), *rule_of_refunds),
        reconciliation=account(read, outside, money.currency),
        terms=terms,
        customers=known,
        reading=_reading(read),
        warnings=tuple(warnings),
        grace_months=grace_months,
        announced=announced_ends(table, stretches[_live(stretches, by_status)], ids.get_indexer(units), book, day),
    )


def _read(subscriptions: Table | Subscriptions, bad_rows: str, grain: str) -> Subscriptions:
    if isinstance(subscriptions, Subscriptions):
        return subscriptions
    return read_subscriptions(subscriptions, bad_rows=bad_rows, keep=() if grain in FIELDS else (grain,))


def _under_rules(table: pd.DataFrame, rules: Rules, source: str) -> tuple[pd.DataFrame, Message]:
    """Return the rows with the end and the discounts that count, and the first rule in words."""
    ends, convention = paid_until(table, rules.end_inclusive)
    table = table.assign(end=ends)
    table = table.assign(end=counted_until(table, rules.churn_date, source))
    return discounted(table, rules.discounts, rules.paused), Message("rule.ledger", {"ends": convention})


def _exchange(
    table: pd.DataFrame,
    by_status: pd.Series,
    last: int,
    opening: int | None,
    currency: str | None,
    rates: Rates | None,
    constant_on: dt.date | None,
) -> Exchange:
    if rates is None and constant_on is not None:
        raise OptionError("error.constant_rate")
    if rates is None:
        return one_currency(table, currency and currency.upper())
    runs = (month_numbers(table["start"]) <= last) & (
        month_or(table["end"], last) > (EVER if opening is None else opening)
    )
    return converted(table, runs & (by_status == "").to_numpy(), rates, currency, constant_on)


def _live(stretches: pd.DataFrame, by_status: pd.Series) -> np.ndarray:
    """Return which stretches are of rows that no status leaves out."""
    return (by_status == "").to_numpy()[stretches["place"]]


def _units(table: pd.DataFrame, grain: str) -> pd.Series:
    """Return the unit of every row: its customer, or its value of another column.

    Raises
    ------
    UnknownColumnError
        If there is no such column.
    InvalidRowsError
        If a row has no value in it.
    """
    if grain not in table or grain == "row":
        legal = [name for name in table.columns if name != "row" and table[name].notna().any()]
        raise UnknownColumnError("error.grain", name=grain, legal=legal)
    empty = table[grain].isna() | (table[grain].astype(str).str.strip() == "")
    if empty.any():
        raise InvalidRowsError("error.grain_empty", n=int(empty.sum()), name=grain, row=table["row"][empty].iloc[0])
    return table[grain]


def _of_units(
    stretches: pd.DataFrame, units: pd.Series, outside: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Index]:
    """Return the stretches used and those of the same units that ended before the history, each with its unit's code.

    The units in the order of their codes come with them.
    """
    why = stretches["place"].map(outside).to_numpy()
    used = stretches[why == ""]
    codes, ids = pd.factorize(units.iloc[used["place"]], sort=True)
    before = stretches[why == "ended_before_history"]
    before = before.assign(code=pd.Index(ids).get_indexer(units.iloc[before["place"]]))
    return used.assign(code=codes), before[before["code"] >= 0], pd.Index(ids, name=CUSTOMER_ID)


def _back_from_before(units: pd.Series, outside: pd.Series, ids: pd.Index, book: Book) -> list[Message]:
    """Say who looks new though an earlier contract of theirs is in the file."""
    earlier = ids.isin(units[(outside == "ended_before_history").to_numpy()])
    n = int((earlier & ~book.truncated).sum())
    return [Message("warning.back_from_before_history", {"n": n})] if n else []


def _told(notes: tuple[Message, ...], warning: bool) -> tuple[Message, ...]:
    """Return the reader's notes that warn, or the others."""
    return tuple(note for note in notes if note.key.startswith("warning.") is warning)


def _reading(read: Subscriptions) -> tuple[Message, ...]:
    """Return what each field was read from, and what was guessed."""
    pairs = [Message("columns.pair", {"field": name, "header": header}) for name, header in read.columns.items()]
    told = [Message("columns.read", {"source": read.source, "n": len(read), "pairs": pairs})] if pairs else []
    return (*told, *_told(read.notes, False))


def _after_the_data(table: pd.DataFrame, as_of: dt.date, source: str) -> list[Message]:
    """Warn when the day lies long after the last thing the file knows: such months look like perfect retention."""
    days = pd.concat([table["start"], table["end"]]).dropna()
    latest = days.max()
    if pd.Timestamp(as_of) - latest <= pd.Timedelta(days=_QUIET):
        return []
    return [Message("warning.after_the_data", {"as_of": as_of, "latest": latest, "source": source})]


def _end_of_export(table: pd.DataFrame, as_of: dt.date, source: str) -> list[Message]:
    """Warn when most who leave do so on the last day of the file, which may be churn or only the end of the export."""
    gone = table["end"].fillna(pd.Timestamp.max.floor("D").as_unit("s")).groupby(table[CUSTOMER_ID]).max()
    seen = gone[gone <= pd.Timestamp(as_of)]
    same = int((seen == seen.max()).sum())
    if len(seen) < 2 or same * 2 <= len(seen) or (table["start"] > seen.max()).any():
        return []
    return [Message("warning.end_of_export", {"n": same, "total": len(seen), "day": seen.max(), "source": source})]
