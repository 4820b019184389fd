"""Retention over time."""

from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import table_html
from retention_kit.wording import Message, render


@dataclass(frozen=True, eq=False, repr=False)
class Trend:
    """Retention over time: every window of one length, month by month.

    Attributes
    ----------
    frame : DataFrame
        month (first day of the month the window ends with), nrr, grr, logo_retention (fractions), each with its limits
        (nrr_low, nrr_high …; NaN where the data cannot tell), n (customers of the opening base), n_eff,
        largest_share, starting_mrr.
    window : int
        Months each window looks back.
    currency : str or None
    rule : Message
    level : float
        Of the intervals.
    """

    frame: pd.DataFrame
    window: int
    rule: Message
    currency: str | None = None
    level: float = 0.95

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

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{table_html(self, self.frame)}</div>'
