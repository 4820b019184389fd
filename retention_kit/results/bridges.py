"""The MRR bridge: from opening to closing, period by period."""

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
