"""Segments held against all the others, one after another."""

from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.wording import Message, render


@dataclass(frozen=True, eq=False, repr=False)
class SegmentDifferences:
    """Each segment's ratio beside that of all other customers.

    Attributes
    ----------
    measure : {"nrr", "grr", "logo_retention"}
    by : str
        The attribute that makes the segments.
    frame : DataFrame
        One row a segment: segment, n, value, others (the ratio of all other customers), difference, low, high (limits
        at `level`, for each difference by itself), p_value, p_adjusted (Holm, over all segments that could be tested).
        NaN where the data cannot tell.
    comparisons : int
        Questions the p-values are corrected for; of two segments, each against the other, one.
    level : float
    rule : Message
    warnings : tuple of Message
    """

    measure: str
    by: str
    frame: pd.DataFrame
    comparisons: int
    level: float
    rule: Message
    warnings: tuple[Message, ...] = ()

    def apart(self) -> pd.DataFrame:
        """Return the segments that stand apart from the others after Holm's correction."""
        return self.frame[self.frame["p_adjusted"] < 1 - self.level]

    def sentences(self) -> tuple[Message, ...]:
        """Return which segments stand apart, or that none can be told from the others."""
        if self.frame["p_adjusted"].isna().all():
            return (Message("segments.untested", {"n": len(self.frame)}),)
        known = {"measure": Message(f"measure.{self.measure}"), "n": self.comparisons}
        apart, many = self.apart(), "several" if self.comparisons > 1 else "two"
        if apart.empty:
            return (Message(f"segments.{many}_not_apart", known),)
        told = [Message("segments.one", row._asdict()) for row in apart.itertuples(index=False)]
        return (Message(f"segments.{many}_apart", {**known, "apart": told}),)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def describe(self, lang: str | None = None) -> str:
        """Say which segments stand apart, in words."""
        return " ".join(render(each, lang) for each in self.sentences())

    def __str__(self) -> str:
        return "\n".join([self.describe(), render(self.rule), *lines(self.warnings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{paragraphs(self.describe())}{table_html(self, self.frame)}</div>'
