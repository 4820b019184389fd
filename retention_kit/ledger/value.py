"""The ledger: who paid what at the end of each month, and under which rules."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.engines import memory
from retention_kit.errors import OptionError
from retention_kit.months import month_start, month_starts
from retention_kit.results import Reconciliation
from retention_kit.schema import CUSTOMER_ID, MONTH, MRR, attribute
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
