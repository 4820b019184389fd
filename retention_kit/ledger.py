"""The one table in the middle: who paid what at the end of each month, and under which rules."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.billing import money_of, paid_until, reasons_outside, stretches_of_mrr
from retention_kit.engines import memory
from retention_kit.errors import EmptyTableError, OptionError, UnmatchedCustomersError
from retention_kit.months import last_closed, month_start, month_starts, parse_day
from retention_kit.results import Reconciliation
from retention_kit.schema import CUSTOMER_ID, MONTH, MRR, Subscriptions, attribute
from retention_kit.sources import read_customers, read_subscriptions
from retention_kit.sources.files import Table
from retention_kit.wording import Message, Money, render


@dataclass(frozen=True, eq=False)
class Ledger:
    """Who paid what at the end of each month, with all that its numbers need to explain themselves.

    Attributes
    ----------
    book : engine's book
        MRR in minor units; use `frame` for a DataFrame.
    ids : Index
        Customer ids, in the order of the book.
    as_of : date
        Nothing after it is observed; a month that has not ended by then is not reported.
    currency : str or None
    digits : int
        Decimals of the currency's minor unit.
    rules : tuple of Message
        How subscriptions became MRR.
    reconciliation : Reconciliation
        What became of every input row.
    customers : DataFrame or None
        Attributes by customer id, one row for every customer of the ledger.
    warnings : tuple of Message
    """

    book: memory.Book
    ids: pd.Index
    as_of: dt.date
    currency: str | None
    digits: int
    rules: tuple[Message, ...]
    reconciliation: Reconciliation
    customers: pd.DataFrame | None = None
    warnings: tuple[Message, ...] = field(default=())

    @property
    def engine(self) -> ModuleType:
        """The engine that understands the book."""
        return memory

    @property
    def first_month(self) -> pd.Timestamp:
        """First month observed."""
        return month_start(self.book.first)

    @property
    def last_month(self) -> pd.Timestamp:
        """Last month that has ended at `as_of`."""
        return month_start(self.book.last)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a customer and month with MRR: customer_id, month (its first day), mrr."""
        return pd.DataFrame(
            {
                CUSTOMER_ID: self.ids[self.book.owner],
                MONTH: month_starts(self.book.month),
                MRR: self.to_units(self.book.cents),
            }
        )

    def to_units(self, minor: np.ndarray) -> np.ndarray:
        """Return amounts in the user's unit of money from integer minor units."""
        return np.asarray(minor) / 10**self.digits

    def money(self, minor: float) -> Money:
        """Return one amount, from minor units, with its currency."""
        return Money(float(minor) / 10**self.digits, self.currency)

    def groups(self, by: str) -> tuple[np.ndarray, list[Any]]:
        """Return the group of every customer (0 … k - 1) and the groups' names, sorted; unknown comes last.

        Raises
        ------
        UnknownColumnError
            If the ledger has no customers, or they lack that attribute.
        """
        values = attribute(self.customers, by, "by")
        codes, names = pd.factorize(values, sort=True)
        labels = [name.item() if isinstance(name, np.generic) else name for name in names]
        if (codes < 0).any():
            codes, labels = np.where(codes < 0, len(labels), codes), [*labels, render("word.unknown")]
        return codes, labels

    def last_window(self, months: int) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return start and end of the last `months` months observed, as nrr and its like take them.

        Raises
        ------
        OptionError
            If `months` is less than 1, or more than lie between the first and the last month observed.
        """
        longest = self.book.last - self.book.first
        if not 1 <= months <= longest:
            raise OptionError("error.window_length", value=months, longest=longest)
        return month_start(self.book.last - months), self.last_month

    def summary(self, lang: str | None = None) -> str:
        """Return what the ledger holds, in one sentence."""
        return render(
            "ledger.summary",
            lang,
            n=len(self.ids),
            first=self.first_month,
            last=self.last_month,
            as_of=self.as_of,
            mrr=self.money(self.book.cents[self.book.month == self.book.last].sum()),
        )

    def provenance(self) -> tuple[Message, ...]:
        """Return where the numbers come from: kit, day, file with its digest, rules."""
        made = Message("provenance.made", {"version": version("retention-kit"), "as_of": self.as_of})
        read = self.reconciliation
        kept = Message("provenance.digest", {"source": read.source, "digest": read.digest}) if read.digest else None
        return tuple(message for message in (made, kept, *self.rules) if message)

    def __str__(self) -> str:
        return "\n".join([self.summary(), *map(str, self.rules), str(self.reconciliation), *map(str, self.warnings)])

    def _repr_html_(self) -> str:
        messages = (Message("text", {"text": line}) for line in str(self).split("\n"))
        return f'<div class="rk-result">{"".join(message._repr_html_() for message in messages)}</div>'


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
    end_inclusive: bool | None = None,
) -> Ledger:
    """Build the ledger a report asks for: from files, or from the bundled business when `subscriptions` is empty.

    Parameters
    ----------
    subscriptions, customers : str, Path or DataFrame
        Empty text stands for "not given", as a report's parameters do.
    as_of, end_inclusive
        See `build_ledger`.
    columns, interval, currency
        See `read_subscriptions`.

    Returns
    -------
    Ledger
    """
    if isinstance(subscriptions, str) and not subscriptions:
        from retention_kit.synthetic import make_business

        business = make_business()
        return build_ledger(business.subscriptions, as_of=as_of, customers=business.customers)
    read = read_subscriptions(subscriptions, columns=columns, interval=interval or None, currency=currency or None)
    given = None if isinstance(customers, str) and not customers else customers
    return build_ledger(read, as_of=as_of, customers=given, end_inclusive=end_inclusive)
