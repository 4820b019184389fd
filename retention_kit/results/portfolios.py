"""A portfolio of customers beside the whole it is part of, and the contracts that end soon."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.results.estimates import Estimate
from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.wording import Message, Money, language, render


@dataclass(frozen=True)
class Account:
    """One customer of a portfolio who pays.

    Attributes
    ----------
    customer_id : Any
    who : str
        Name, or id where there is none.
    since : Timestamp or None
        First month with MRR; None where nobody knows.
    mrr : Money
        Of the last month.
    change : float
        Of the MRR since the window's start; NaN for who did not pay then.
    """

    customer_id: Any
    who: str
    since: pd.Timestamp | None
    mrr: Money
    change: float


@dataclass(frozen=True, eq=False, repr=False)
class Portfolio:
    """Customers of a portfolio, its retention, and that of the whole it is part of.

    Attributes
    ----------
    name : str
        Whose portfolio; empty: everybody's.
    accounts : tuple of Account
        Who pays in the last month, the largest first.
    mrr, whole_mrr : Money
        Of the last month.
    customers : int
        Of the whole, who pay in the last month.
    own, whole : tuple of Estimate
        NRR, GRR and logo retention; empty where fewer than two months were observed.
    rule : Message
    """

    name: str
    accounts: tuple[Account, ...]
    mrr: Money
    whole_mrr: Money
    customers: int
    own: tuple[Estimate, ...]
    whole: tuple[Estimate, ...]
    rule: Message

    def __iter__(self):
        return iter(self.accounts)

    def __len__(self) -> int:
        return len(self.accounts)

    @property
    def message(self) -> Message:
        """How many customers with how much MRR, as a part of the whole."""
        fields = {"n": len(self), "total": self.customers, "mrr": self.mrr, "name": self.name}
        if not self.name or not self.whole_mrr.amount:
            return Message("portfolio.everybody", fields)
        return Message("portfolio.sentence", fields | {"share": self.mrr.amount / self.whole_mrr.amount})

    def to_frame(self) -> pd.DataFrame:
        """Return one row an account: customer_id, name, since, mrr, change."""
        cells = [(one.customer_id, one.who, one.since, one.mrr.amount, one.change) for one in self]
        return pd.DataFrame(cells, columns=["customer_id", "name", "since", "mrr", "change"])

    def sentence(self, lang: str | None = None) -> str:
        """Return how large the portfolio is, in words."""
        return render(self.message, lang)

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *(each.sentence() for each in self.own), *lines((self.rule,))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result" lang="{language()}">{paragraphs(*str(self).splitlines())}</div>'


@dataclass(frozen=True)
class Renewal:
    """One customer whose contract ends soon, or who has announced an end.

    Attributes
    ----------
    customer_id : Any
    who : str
    mrr : Money
        Of the last month.
    ends_on : date or None
        When the contract ends; the end of its month where only an anniversary says so; None where it runs by the month.
    dated : bool
        Whether a date of the customers table said that day.
    leaving : Money or None
        MRR announced to end; None where nothing was announced.
    leaves_in : Timestamp or None
        First month without it.
    """

    customer_id: Any
    who: str
    mrr: Money
    ends_on: dt.date | None
    dated: bool
    leaving: Money | None = None
    leaves_in: pd.Timestamp | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Renewals:
    """Contracts that end in the days ahead, and ends already announced.

    Attributes
    ----------
    as_of : date
    within_days : int
    rows : tuple of Renewal
        Ends announced first, then by day, among equals the largest MRR first.
    customers, known : int
        Who pay; those of them of whom some end is known, near or not.
    currency : str or None
    rule : Message
    """

    as_of: dt.date
    within_days: int
    rows: tuple[Renewal, ...]
    customers: int
    known: int
    currency: str | None
    rule: Message

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What lies ahead, in sentences."""
        at = {"days": self.within_days, "as_of": self.as_of, "customers": self.customers}
        due = [row for row in self.rows if row.ends_on is not None]
        leaving = [row for row in self.rows if row.leaving is not None]
        told = [Message("renewals.due", at | {"n": len(due), "mrr": self._sum(row.mrr for row in due)})]
        if not due:
            told = [Message("renewals.none" if self.known else "renewals.unknown", at)]
        if leaving:
            told.append(
                Message("renewals.leaving", {"n": len(leaving), "mrr": self._sum(row.leaving for row in leaving)})
            )
        return tuple(told)

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return Money(sum(each.amount for each in amounts), self.currency)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a customer: customer_id, name, ends_on, dated, leaving, leaves_in, mrr."""
        names = ["customer_id", "name", "ends_on", "dated", "leaving", "leaves_in", "mrr"]
        return pd.DataFrame([self._cells(row) for row in self.rows], columns=names)

    @staticmethod
    def _cells(row: Renewal) -> tuple[Any, ...]:
        leaving = float("nan") if row.leaving is None else row.leaving.amount
        return (row.customer_id, row.who, row.ends_on, row.dated, leaving, row.leaves_in, row.mrr.amount)

    def sentence(self, lang: str | None = None) -> str:
        """Return how many contracts end and how much was announced to end, in words."""
        return " ".join(render(message, lang) for message in self.messages)

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *lines((self.rule,))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        shown = table_html(self, self.to_frame())
        return f'<div class="rk-result" lang="{language()}">{paragraphs(self.sentence())}{shown}</div>'
