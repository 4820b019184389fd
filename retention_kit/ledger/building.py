"""From subscriptions to the ledger, every input row accounted for."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from retention_kit.engines import memory
from retention_kit.errors import EmptyTableError, OptionError, UnmatchedCustomersError
from retention_kit.ledger.billing import money_of, paid_until, reasons_outside, stretches_of_mrr
from retention_kit.ledger.value import Ledger
from retention_kit.months import last_closed, parse_day
from retention_kit.results import Reconciliation
from retention_kit.schema import CUSTOMER_ID, Subscriptions
from retention_kit.sources import read_customers, read_subscriptions
from retention_kit.sources.files import Table
from retention_kit.wording import Message

_WORDS = {"": None, "yes": True, "no": False}


def build_ledger(
    subscriptions: Table | Subscriptions,
    *,
    as_of: str | dt.date,
    customers: Table | None = None,
    end_inclusive: bool | None = None,
    bad_rows: str = "refuse",
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

    Returns
    -------
    Ledger

    Raises
    ------
    InclusiveEndsError
        If most ends fall on the last day of a month and `end_inclusive` is not given.
    CurrencyError
        If there are several currencies.
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
    read = _read(subscriptions, bad_rows)
    day = parse_day(as_of)
    table, last = read.frame, last_closed(day)
    currency, digits = money_of(table)
    ends, convention = paid_until(table, end_inclusive)
    stretches = stretches_of_mrr(table.assign(end=ends), digits, last)
    outside = reasons_outside(table["status"], stretches, last)
    used = stretches[stretches["counts"] & stretches["place"].map(outside == "").to_numpy()]
    if used.empty:
        raise EmptyTableError("error.nothing_in_window", source=read.source, as_of=day)
    codes, ids = pd.factorize(table[CUSTOMER_ID].iloc[used["place"]], sort=True)
    columns = (used[name].to_numpy(np.int64) for name in ("first", "until", "cents"))
    known, notes = _attributes(customers, pd.Index(ids, name=CUSTOMER_ID))
    return Ledger(
        book=memory.build(codes, *columns, last=last),
        ids=pd.Index(ids, name=CUSTOMER_ID),
        as_of=day,
        currency=currency,
        digits=digits,
        rules=(Message("rule.ledger", {"ends": convention}),),
        reconciliation=Reconciliation(_account(read, outside), read.source, currency, read.digest),
        customers=known,
        warnings=(*_end_of_export(table.assign(end=ends), day, read.source), *notes),
    )


def _read(subscriptions: Table | Subscriptions, bad_rows: str) -> Subscriptions:
    if isinstance(subscriptions, Subscriptions):
        return subscriptions
    return read_subscriptions(subscriptions, bad_rows=bad_rows)


def _account(read: Subscriptions, outside: pd.Series) -> pd.DataFrame:
    """Return one row an input row with its status and reason, in the order of the input."""
    kept = read.frame[["row", "subscription_id", CUSTOMER_ID, "amount"]].assign(
        status=np.where(outside == "", "used", "outside"), reason=outside.to_numpy()
    )
    rows = pd.concat([kept, read.rejected.assign(status="rejected")[kept.columns]] if len(read.rejected) else [kept])
    return rows.sort_values("row", kind="stable").reset_index(drop=True)


def _attributes(customers: Table | None, ids: pd.Index) -> tuple[pd.DataFrame | None, list[Message]]:
    if customers is None:
        return None, []
    table = read_customers(customers)
    known = ids.isin(table.index)
    if not known.any():
        raise UnmatchedCustomersError(
            "error.unmatched_customers", ledger=list(ids[:3]), customers=list(table.index[:3])
        )
    notes = []
    if not known.all():
        notes.append(Message("warning.customers_unknown", {"n": int((~known).sum()), "total": len(ids)}))
    if unused := int((~table.index.isin(ids)).sum()):
        notes.append(Message("warning.customers_without_mrr", {"n": unused}))
    return table.reindex(ids), notes


def _end_of_export(table: pd.DataFrame, as_of: dt.date, source: str) -> list[Message]:
    """Warn when most who leave do so on the last day of the file, which may be churn or only the end of the export."""
    gone = table["end"].fillna(pd.Timestamp.max.floor("D").as_unit("s")).groupby(table[CUSTOMER_ID]).max()
    seen = gone[gone <= pd.Timestamp(as_of)]
    same = int((seen == seen.max()).sum())
    if len(seen) < 2 or same * 2 <= len(seen) or (table["start"] > seen.max()).any():
        return []
    return [Message("warning.end_of_export", {"n": same, "total": len(seen), "day": seen.max(), "source": source})]


def open_ledger(
    subscriptions: Table = "",
    customers: Table = "",
    *,
    as_of: str | dt.date,
    columns: Mapping[str, str] | None = None,
    interval: str = "",
    currency: str = "",
    end_inclusive: bool | str | None = None,
) -> Ledger:
    """Build the ledger a report asks for: from files, or from the bundled business when `subscriptions` is empty.

    Parameters
    ----------
    subscriptions, customers : str, Path or DataFrame
        Empty text stands for "not given", as a report's parameters do.
    as_of
        See `build_ledger`.
    end_inclusive : bool or str, optional
        See `build_ledger`; in words, as a report's parameters have it: yes, no, or empty for not said.
    columns, interval, currency
        See `read_subscriptions`.

    Returns
    -------
    Ledger

    Raises
    ------
    OptionError
        If `end_inclusive` is a text other than yes and no.
    InputError
        See `read_subscriptions` and `build_ledger`.

    Examples
    --------
    >>> print(open_ledger(as_of="2025-12-31").reconciliation.source)
    make_business(seed=7)
    """
    if isinstance(subscriptions, str) and not subscriptions:
        from retention_kit.synthetic import make_business

        business = make_business()
        name = f"make_business(seed={business.truth.seed})"
        read = replace(read_subscriptions(business.subscriptions), source=name)
        return build_ledger(read, as_of=as_of, customers=business.customers)
    read = read_subscriptions(subscriptions, columns=columns, interval=interval or None, currency=currency or None)
    given = None if isinstance(customers, str) and not customers else customers
    return build_ledger(read, as_of=as_of, customers=given, end_inclusive=_said(end_inclusive))


def _said(end_inclusive: bool | str | None) -> bool | None:
    """Return what a report's parameter says, which knows texts only."""
    if not isinstance(end_inclusive, str):
        return end_inclusive
    if end_inclusive not in _WORDS:
        raise OptionError("error.option", name="end_inclusive", value=end_inclusive, legal=["yes", "no"])
    return _WORDS[end_inclusive]
