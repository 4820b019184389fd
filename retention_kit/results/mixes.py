"""Why a ratio changed: the segments, or their mix."""

import math
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.estimates import Estimate
from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, render


@dataclass(frozen=True, eq=False)
class MixEffect:
    """The change of a ratio between two windows, split over segments.

    Attributes
    ----------
    measure : {"nrr", "grr", "logo_retention"}
    by : str
        The attribute that makes the segments.
    before, after : Estimate
        The ratio of either window, over all segments.
    frame : DataFrame
        One row a segment: segment, weight_before, weight_after (shares of the starting MRR, or of the customers for
        logo retention), value_before, value_after (NaN where it has nobody), within, mix. One segment's mix means
        little by itself: weights add up to 1, so what one gains another loses.
    rule : Message
    warnings : tuple of Message
    """

    measure: str
    by: str
    before: Estimate
    after: Estimate
    frame: pd.DataFrame
    rule: Message
    warnings: tuple[Message, ...] = ()

    @property
    def change(self) -> float:
        """After - before; within + mix."""
        return self.after.value - self.before.value

    @property
    def within(self) -> float:
        """The part of the change that comes from the segments' own ratios."""
        return float(self.frame["within"].sum(skipna=False))

    @property
    def mix(self) -> float:
        """The part of the change that comes from the segments' weights."""
        return float(self.frame["mix"].sum(skipna=False))

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def describe(self, lang: str | None = None) -> str:
        """Return the answer in one sentence."""
        fields = {"measure": Message(f"measure.{self.measure}"), "change": self.change}
        fields |= {"before": self.before.value, "after": self.after.value, "within": self.within, "mix": self.mix}
        return render("mix.unknown" if math.isnan(self.change) else "mix.sentence", lang, **fields)

    def describe_segments(self, lang: str | None = None) -> str:
        """Say what each segment and the mix added, for those who cannot see the figure."""
        if math.isnan(self.change):
            return self.describe(lang)
        rows = zip(self.frame["segment"], self.frame["within"], strict=True)
        parts = [Message("mix.part", {"segment": segment, "value": value}) for segment, value in rows]
        return f"{self.describe(lang)} {render('mix.describe_segments', lang, within_parts=parts, mix=self.mix)}"

    def __str__(self) -> str:
        return "\n".join([self.describe(), render(self.rule), *lines(self.warnings)])

    def _repr_html_(self) -> str:
        notes = paragraphs(render(self.rule), *lines(self.warnings))
        return f'<div class="rk-result">{paragraphs(self.describe())}{self.frame.to_html(index=False)}{notes}</div>'
