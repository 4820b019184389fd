"""The ledger: who paid what at the end of each month, and under which rules."""

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.engines import memory
from retention_kit.errors import MonthError, OpenMonthError, OptionError
from retention_kit.ledger.accounting import attributes
from retention_kit.ledger.announcing import nothing_announced
from retention_kit.ledger.billing import digits_of
from retention_kit.ledger.given import read_given
from retention_kit.ledger.rules import Rules
from retention_kit.months import month_end, month_number, month_start, month_starts, parse_day
from retention_kit.results import Reconciliation
from retention_kit.schema import CUSTOMER_ID, MONTH, MRR, attribute
from retention_kit.sources.files import Table
from retention_kit.wording import Message, Money, render


@dataclass(frozen=True, eq=False, repr=False)
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
    terms : ndarray of int
        By customer, the months from one date at which their contract can end to the next: the longest billing interval
        among the subscriptions they began with, 12 for a yearly one; 1 where it is not known.
    customers : DataFrame or None
        Attributes by customer id, one row for every customer of the ledger.
    warnings : tuple of Message
    grace_months : int
        How many month ends at 0 in a row are not yet churn, for the time to churn.
    reading : tuple of Message
        How the file was read: which header was taken for what, what was guessed.
    announced : DataFrame
        MRR known at `as_of` to end later: customer (number), month (number of the first one without it), cents. Empty
        for a ledger from a table of MRR, where `end` is no more than the end of a term, and after `until`: nobody says
        what had been announced by then.
    key : dict
        Ids by what is shown for them, where they are masked; shown nowhere.
    """

    book: memory.Book
    ids: pd.Index
    as_of: dt.date
    currency: str | None
    digits: int
    rules: tuple[Message, ...]
    reconciliation: Reconciliation
    terms: np.ndarray
    customers: pd.DataFrame | None = None
    warnings: tuple[Message, ...] = field(default=())
    grace_months: int = 0
    reading: tuple[Message, ...] = ()
    announced: pd.DataFrame = field(default_factory=nothing_announced)
    key: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        as_of: str | dt.date,
        complete: bool = False,
        customers: Table | None = None,
        currency: str | None = None,
        grace_months: int = 0,
    ) -> "Ledger":
        """Return the ledger of a customer × month table that someone already has.

        Parameters
        ----------
        frame : DataFrame
            Long, with the columns customer_id, month and mrr: an absent row is an MRR of 0. Or wide, with a column a
            month (such as ``2025-01``) and the customers as index or in the column customer_id: an empty cell is an
            MRR of 0, and what lies after the last column is not observed.
        as_of : str or date
            See `build_ledger`.
        complete : bool
            Whether nobody paid before the table's first month. If that is not said, the first month is an opening:
            without movements, and who pays in it is never new and in no cohort.
        customers, grace_months
            See `build_ledger`.
        currency : str, optional

        Returns
        -------
        Ledger

        Raises
        ------
        InvalidRowsError
            If a month or a number cannot be read, an amount is negative, or a customer has a month twice.
        EmptyTableError
            If nobody pays in a month that has closed.

        Examples
        --------
        >>> wide = pd.DataFrame({"2025-01": [100, 50], "2025-02": [120, None]}, index=["Ada", "Bo"])
        >>> Ledger.from_frame(wide, as_of="2025-02-28").frame
          customer_id      month    mrr
        0         Ada 2025-01-01  100.0
        1         Ada 2025-02-01  120.0
        2          Bo 2025-01-01   50.0
        """
        day, currency = parse_day(as_of), currency and currency.upper()
        rules, digits = Rules(grace_months=grace_months), digits_of(currency)
        book, ids, rows, remarks = read_given(frame, day, digits, complete)
        known, notes = attributes(customers, ids, {})
        opening = [] if complete else [Message("rule.given.opening", {"month": month_start(book.first)})]
        return cls(
            book=book,
            ids=ids,
            as_of=day,
            currency=currency,
            digits=digits,
            rules=(Message("rule.given"), *opening, *rules.messages()),
            reconciliation=Reconciliation(rows, "DataFrame", currency),
            terms=np.ones(len(ids), np.int64),
            customers=known,
            warnings=(*remarks, *notes),
            grace_months=grace_months,
        )

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

    def until(self, month: Any) -> "Ledger":
        """Return the ledger as it was known at the end of an earlier month.

        Parameters
        ----------
        month : str or date
            Such as ``"2025-06"``; what came later is not there, nor are customers who had not yet paid.

        Returns
        -------
        Ledger
            Its `as_of` is the last day of the month. Dates among the customers' attributes that lie after it are
            missing, for nobody says whether they were known; attributes without a date are as the table has them.
            Of cancellations to come nothing is known (`announced` is empty).

        Raises
        ------
        OpenMonthError
            If that month has not ended at `as_of`.
        MonthError
            If it lies before the first month observed, or is none.

        Examples
        --------
        >>> wide = pd.DataFrame({"2025-01": [100], "2025-02": [0]}, index=["Ada"])
        >>> Ledger.from_frame(wide, as_of="2025-02-28").until("2025-01").as_of
        datetime.date(2025, 1, 31)
        """
        number = month_number(month)
        if number > self.book.last:
            named = {"month": month_start(number), "last": self.last_month}
            raise OpenMonthError("error.open_month", as_of=self.as_of, **named)
        if number < self.book.first:
            raise MonthError("error.before_history", month=month_start(number), first=self.first_month)
        if number == self.book.last and month_end(number) == self.as_of:
            return self
        cut, day = _until(self.book, number), month_end(number)
        some = np.diff(cut.bounds) > 0
        return replace(
            self,
            book=memory.only(cut, some),
            ids=self.ids[some],
            as_of=day,
            rules=(*self.rules, Message("rule.until", {"as_of": day})),
            terms=self.terms[some],
            customers=None if self.customers is None else _dated_until(self.customers[some], day),
            announced=nothing_announced(),
        )

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

    def about(self) -> tuple[Message, ...]:
        """Return what a page says first: what the ledger holds, and what a reader must know of its data."""
        return (Message("text", {"text": self.summary()}), *self.warnings)

    def provenance(self) -> tuple[Message, ...]:
        """Return where the numbers come from: kit, day, file with its digest, rules."""
        made = Message("provenance.made", {"version": version("retention-kit"), "as_of": self.as_of})
        read = self.reconciliation
        kept = Message("provenance.digest", {"source": read.source, "digest": read.digest}) if read.digest else None
        return tuple(message for message in (made, kept, *self.reading, *self.rules) if message)

    def __str__(self) -> str:
        return "\n".join([self.summary(), *map(str, self.rules), str(self.reconciliation), *map(str, self.warnings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        messages = (Message("text", {"text": line}) for line in str(self).split("\n"))
        return f'<div class="rk-result">{"".join(message._repr_html_() for message in messages)}</div>'


def _until(book: memory.Book, last: int) -> memory.Book:
    """Return the book cut after a month; who then has no row keeps their number."""
    cut = replace(memory.with_cents(book, np.where(book.month <= last, book.cents, 0)), last=last)
    parts = (memory.Foreign(_until(part.native, last), _until(part.converted, last)) for part in book.foreign)
    return replace(cut, foreign=tuple(parts))


def _dated_until(customers: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Return attributes whose dates after a day are missing."""
    dates = customers.select_dtypes(include="datetime")
    return customers.assign(**{name: cells.where(cells <= pd.Timestamp(day)) for name, cells in dates.items()})
