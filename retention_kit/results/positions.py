"""Where a number stands against published figures, each with its source and its kind."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, render

_MILLION = 1e6


@dataclass(frozen=True)
class Benchmark:
    """One published figure, with all that is needed to know what it is.

    Attributes
    ----------
    metric : str
        Such as ``"nrr"``.
    statistic : {"median", "mean", "top_quartile", "bottom_quartile", "top_decile", "usual"}
    low, high : float
        The figure as a fraction; `high` is NaN unless `operator` is ``"range"``.
    operator : {"equal", "about", "above", "below", "range"}
        How the figure was published: 94 %, about 99 %, above 105 %, 90–94 %.
    arr_low, arr_high : float
        Band of ARR of the companies, from `arr_low` up to and without `arr_high`; NaN: open.
    source : Message or str
    definition : Message or str
        What was measured.
    window_months : int
    currency : str or None
        Of the band.
    year : int or None
    segment, url : str
    """

    metric: str
    statistic: str
    low: float
    high: float
    operator: str
    arr_low: float
    arr_high: float
    source: Message | str
    definition: Message | str
    window_months: int = 12
    currency: str | None = None
    year: int | None = None
    segment: str = ""
    url: str = ""

    @property
    def banded(self) -> bool:
        """Whether it is about companies of one size only."""
        return not (math.isnan(self.arr_low) and math.isnan(self.arr_high))

    def covers(self, arr: float) -> bool:
        """Whether companies with that ARR are in the band."""
        return not (arr < self.arr_low or arr >= self.arr_high)

    @property
    def edition(self) -> Message | str:
        """Source and year."""
        return (
            Message("benchmark.edition", {"source": self.source, "year": str(self.year)}) if self.year else self.source
        )

    @property
    def level(self) -> Message:
        """The figure in words."""
        return Message(f"benchmark.level.{self.operator}", {"low": self.low, "high": self.high})

    @property
    def name(self) -> Message:
        """Measure, kind, figure, source and year, as they stand beside a picture."""
        measure = Message("measure.logo_retention") if self.metric == "logo_retention" else self.metric.upper()
        kind = Message(f"benchmark.kind.{self.statistic}")
        fields = {"measure": measure, "kind": kind, "level": self.level, "source": self.edition}
        return Message("benchmark.name", fields)

    @property
    def band(self) -> Message:
        """The band of ARR in words."""
        if not self.banded:
            return Message("benchmark.band.all")
        kind = "below" if math.isnan(self.arr_low) else "above" if math.isnan(self.arr_high) else "between"
        limits = {"low": self.arr_low / _MILLION, "high": self.arr_high / _MILLION, "currency": self.currency or ""}
        return Message(f"benchmark.band.{kind}", limits)


@dataclass(frozen=True)
class Comparison:
    """A number beside one published figure.

    Attributes
    ----------
    value : float
    benchmark : Benchmark
    relation : {"below", "at", "above"}
    """

    value: float
    benchmark: Benchmark
    relation: str

    def sentence(self, lang: str | None = None) -> str:
        """Return the comparison in words, with what that kind of figure says about the field."""
        figure = Message(f"benchmark.statistic.{self.benchmark.statistic}", {"level": self.benchmark.level})
        says = Message(f"benchmark.says.{self.benchmark.statistic}")
        fields = {"source": self.benchmark.edition, "band": self.benchmark.band, "figure": figure, "says": says}
        return render(f"benchmark.compare.{self.relation}", lang, value=self.value, **fields)


@dataclass(frozen=True)
class Position:
    """Where a number stands against published figures of the same measure over the same length of time.

    Attributes
    ----------
    metric : str
    value : float
    months : int
        Length of the window, of the number and of the figures alike.
    comparisons : tuple of Comparison
        One a published figure that covers the ARR given; empty where none does, and `warnings` then says why.
    rule : Message
    arr : float
        NaN if not given.
    warnings : tuple of Message
        Bands that do not cover the ARR, currencies that were not converted.
    """

    metric: str
    value: float
    months: int
    comparisons: tuple[Comparison, ...]
    rule: Message
    arr: float = math.nan
    warnings: tuple[Message, ...] = ()

    @property
    def equilibrium(self) -> Message | None:
        """For NRR: on which side of 100 % it is, where the customers there at the start keep their MRR as it was."""
        if self.metric != "nrr":
            return None
        side = "at" if round(self.value, 3) == 1 else "below" if self.value < 1 else "above"
        return Message(f"benchmark.equilibrium.{side}", {"value": self.value, "gap": abs(self.value - 1)})

    def sentence(self, lang: str | None = None) -> str:
        """Return all comparisons in words, with the equilibrium and what must be known before repeating them."""
        return " ".join(self._texts(lang))

    def _texts(self, lang: str | None = None) -> list[str]:
        shown = [comparison.sentence(lang) for comparison in self.comparisons]
        shown += [render(self.equilibrium, lang)] if self.equilibrium else []
        return [*shown, *(render(warning, lang) for warning in self.warnings)]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a comparison, texts in the language of the moment."""
        return pd.DataFrame([self._row(each) for each in self.comparisons], columns=_COLUMNS)

    def _row(self, comparison: Comparison) -> dict[str, Any]:
        found = comparison.benchmark
        row = {"metric": self.metric, "value": self.value, "relation": comparison.relation}
        row |= {name: getattr(found, name) for name in _KEPT}
        texts = {"source": str(found.source), "definition": str(found.definition), "sentence": comparison.sentence()}
        return row | {"value_low": found.low, "value_high": found.high} | texts

    def __str__(self) -> str:
        return "\n".join([*self._texts(), *lines((self.rule,))])

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{paragraphs(*self._texts(), *lines((self.rule,)))}</div>'


_KEPT = ("statistic", "operator", "arr_low", "arr_high", "currency", "year", "segment", "window_months", "url")
_COLUMNS = (
    *("metric", "value", "relation", "statistic", "value_low", "value_high", "operator"),
    *("arr_low", "arr_high", "currency", "segment", "window_months", "year", "source", "definition", "url", "sentence"),
)
