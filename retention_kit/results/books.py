"""Tables of a book of business: the bridge, the cohort matrix, the reconciliation of its input."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import paragraphs
from retention_kit.wording import Message, Money, render

MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")
"""The five movements, in the order of the bridge."""


@dataclass(frozen=True, eq=False)
class Bridge:
    """Opening MRR to closing MRR, period by period.

    Attributes
    ----------
    frame : DataFrame
        One row a period (and group): period (its first day), opening, new, reactivation, expansion, contraction,
        churn, closing. Amounts are positive magnitudes in the user's unit of money.
    freq : {"M", "Q", "Y"}
    by : str or None
    currency : str or None
    rule : Message
    """

    frame: pd.DataFrame
    freq: str
    rule: Message
    by: str | None = None
    currency: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def describe(self, lang: str | None = None) -> str:
        """Say the whole bridge in one sentence, for those who cannot see the figure."""
        flows = self.frame.groupby("period").sum(numeric_only=True)
        amounts = {name: flows[name].sum() for name in MOVEMENTS}
        amounts |= {"opening": flows["opening"].iloc[0], "closing": flows["closing"].iloc[-1]}
        money = {name: Money(float(amount), self.currency) for name, amount in amounts.items()}
        covered = {name: self.rule.fields[name] for name in ("start", "end")}
        return render("bridge.describe", lang, **covered, **money)

    def __str__(self) -> str:
        return f"{self.frame.to_string(index=False)}\n{render(self.rule)}"

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{self.frame.to_html(index=False)}{paragraphs(render(self.rule))}</div>'


@dataclass(frozen=True, eq=False)
class CohortMatrix:
    """Cohorts of customers by age.

    Attributes
    ----------
    measure : {"customers", "logo", "mrr", "nrr", "grr", "arpa"}
    values : DataFrame
        Cohorts (first day of their first paying month) × ages in months; NaN where not yet observed, never 0.
    numerators, denominators : DataFrame
        The sums behind each cell, of the same shape.
    sizes : Series
        Customers of each cohort.
    average : Series
        Σ numerators ÷ Σ denominators over the observed cells of each age.
    currency : str or None
    rule : Message
    """

    measure: str
    values: pd.DataFrame
    numerators: pd.DataFrame
    denominators: pd.DataFrame
    sizes: pd.Series
    average: pd.Series
    rule: Message
    currency: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the matrix of plain numbers."""
        return self.values.copy()

    def describe(self, lang: str | None = None) -> str:
        """Say what the matrix shows in one sentence, for those who cannot see the figure."""
        age = int(min(12, self.values.columns[-1]))
        fields = {
            "measure": Message(f"measure.{self.measure}"),
            "cohorts": len(self.sizes),
            "n": int(self.sizes.sum()),
        }
        fields |= {"first": self.values.index[0], "last": self.values.index[-1], "age": age}
        average = float(self.average[age])
        if self.measure in {"logo", "nrr", "grr"}:
            return render("cohorts.describe", lang, average=average, **fields)
        return render("cohorts.describe_amount", lang, average=Money(average, self.currency), **fields)

    def __str__(self) -> str:
        return f"{self.values.to_string()}\n{render(self.rule)}"

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{self.values.to_html()}{paragraphs(render(self.rule))}</div>'


@dataclass(frozen=True, eq=False)
class Trend:
    """Retention over time: every window of one length, month by month.

    Attributes
    ----------
    frame : DataFrame
        month (first day of the month the window ends with), nrr, grr, logo_retention (fractions), n (customers of the
        opening base), starting_mrr.
    window : int
        Months each window looks back.
    currency : str or None
    rule : Message
    """

    frame: pd.DataFrame
    window: int
    rule: Message
    currency: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def describe(self, lang: str | None = None) -> str:
        """Say first and last month in one sentence, for those who cannot see the figure."""
        first, last = self.frame.iloc[0], self.frame.iloc[-1]
        fields = {f"{name}_{when}": row[name] for when, row in (("first", first), ("last", last)) for name in row.index}
        return render("trend.describe", lang, window=self.window, **fields)

    def __str__(self) -> str:
        return f"{self.frame.to_string(index=False)}\n{render(self.rule)}"

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{self.frame.to_html(index=False)}{paragraphs(render(self.rule))}</div>'


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """What became of every input row, from the reading of the file to the ledger.

    Attributes
    ----------
    rows : DataFrame
        One row an input row: row (its line in the file, or its index label), subscription_id, customer_id, amount as
        given, status (used, rejected or outside) and reason (a key of the catalogue, empty for used).
    source : str
        The file's name, or what else the rows came from.
    currency : str or None
    digest : str
        SHA-256 of the file, empty for a DataFrame.
    """

    rows: pd.DataFrame
    source: str
    currency: str | None = None
    digest: str = ""

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by status; used + rejected + outside is the number of input rows."""
        found = self.rows["status"].value_counts()
        return {status: int(found.get(status, 0)) for status in ("used", "rejected", "outside")}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a status and reason: how many input rows, and what amounts they carry."""
        grouped = self.rows.groupby(["status", "reason"], sort=False, dropna=False)["amount"]
        return grouped.agg(rows="size", amount="sum").reset_index()

    def sentence(self, lang: str | None = None) -> str:
        """Return the account in one sentence."""
        return render("reconciliation.sentence", lang, source=self.source, total=len(self.rows), **self.counts)

    def __str__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{paragraphs(self.sentence())}{self.to_frame().to_html(index=False)}</div>'
