"""Retention over time."""

from dataclasses import dataclass

import pandas as pd

from retention_kit.errors import OptionError, WindowMismatchError
from retention_kit.results.markup import table_html
from retention_kit.results.positions import Benchmark, Position
from retention_kit.wording import Message, render

MEASURES = ("nrr", "grr", "logo_retention")


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

    def figures(self, benchmark: Position | None) -> tuple[Benchmark, ...]:
        """Return the published figures that can be set beside the lines.

        Raises
        ------
        WindowMismatchError
            If they are about windows of another length.
        OptionError
            If they are about a measure that has no line.
        """
        if benchmark is None:
            return ()
        if benchmark.metric not in MEASURES:
            raise OptionError("error.option", name="benchmark", value=benchmark.metric, legal=list(MEASURES))
        if benchmark.months != self.window:
            raise WindowMismatchError("error.trend_benchmark", months=self.window, wanted=benchmark.months)
        return tuple(each.benchmark for each in benchmark.comparisons)

    def describe(self, lang: str | None = None, *, benchmark: Position | None = None) -> str:
        """Say where the lines begin, end and turn, and the figures beside them, for those who cannot see the figure."""
        first, last = self.frame.iloc[0], self.frame.iloc[-1]
        fields = {f"{name}_{when}": row[name] for when, row in (("first", first), ("last", last)) for name in row.index}
        said = [render("trend.describe", lang, window=self.window, **fields)]
        nrr = self.frame["nrr"]
        if nrr.count() > 2:
            ends = {
                f"{name}_month": self.frame["month"][at] for name, at in (("low", nrr.idxmin()), ("high", nrr.idxmax()))
            }
            above = {"above": int((nrr > 1).sum()), "n": int(nrr.count())}
            said.append(render("trend.describe_range", lang, low=nrr.min(), high=nrr.max(), **ends, **above))
        if figures := self.figures(benchmark):
            said.append(render("trend.describe_benchmark", lang, figures=[figure.name for figure in figures]))
        return " ".join(said)

    def __str__(self) -> str:
        return f"{self.frame.to_string(index=False)}\n{render(self.rule)}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{table_html(self, self.frame)}</div>'
