"""Cohorts by age."""

from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import paragraphs
from retention_kit.wording import Message, Money, render


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
