"""How alike two groups are before and after weighting, and how strong a hidden factor would have to be."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from retention_kit.results.markup import paragraphs, table_html
from retention_kit.wording import Message, has_message, language, render

FAR_APART = 0.1
"""Standardised mean difference beyond which groups are not called alike: docs/methods.md."""


class EValue(NamedTuple):
    """How strongly a hidden factor would have to go with both the factor and the outcome to explain a difference.

    Attributes
    ----------
    point, limit : float
        Risk ratios, 1 or more: for the estimate, and for the limit of its interval nearest to no difference.
    """

    point: float
    limit: float

    def describe(self, lang: str | None = None) -> str:
        """Return in one sentence how strong a factor that nobody measured would have to be."""
        if math.isnan(self.point) or math.isnan(self.limit):
            return render("balance.e_value.unknown", lang)
        fields = {"point": self.point, "limit": self.limit}
        return render("balance.e_value.limit" if self.limit > 1 else "balance.e_value.point", lang, **fields)


@dataclass(frozen=True, eq=False, repr=False)
class Balance:
    """How alike two groups are in what they were adjusted for.

    Attributes
    ----------
    frame : DataFrame
        One row a covariate, level or square: covariate, level, power, raw, weighted (standardised mean differences),
        variance_ratio.
    n, ess : tuple of int and of float
        Customers, and how many equal ones they are worth after weighting: with the factor, reference.
    """

    frame: pd.DataFrame
    n: tuple[int, int]
    ess: tuple[float, float]

    @property
    def worst(self) -> float:
        """The largest standardised mean difference after weighting, without its sign; NaN without covariates."""
        return float(self.frame["weighted"].abs().max())

    @property
    def worst_before(self) -> float:
        """The same before weighting."""
        return float(self.frame["raw"].abs().max())

    @property
    def labels(self) -> tuple[Message, ...]:
        """What each row is about, in words."""
        rows = zip(self.frame["covariate"], self.frame["level"], self.frame["power"], strict=True)
        return tuple(_label(*row) for row in rows)

    def describe(self, lang: str | None = None) -> str:
        """Say in words how alike the groups were and have become."""
        if self.frame.empty:
            return render("balance.nothing", lang)
        fields = {"name": self.labels[self._first], "before": self.worst_before, "after": self.worst}
        fields |= {"n": self.n[0], "n_reference": self.n[1], "ess": self.ess[0], "ess_reference": self.ess[1]}
        fields |= {"far": FAR_APART}
        return render("balance.alike" if self.worst <= FAR_APART else "balance.apart", lang, **fields)

    @property
    def _first(self) -> int:
        """The row in which the groups differed most."""
        return int(self.frame["raw"].abs().to_numpy().argmax())

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers; a level is a text, empty for numbers."""
        levels = ["" if level is None else str(level) for level in self.frame["level"]]
        return self.frame.assign(level=levels)

    def __str__(self) -> str:
        return self.describe()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = table_html(self, self.to_frame())
        return f'<div class="rk-result" lang="{language()}">{paragraphs(self.describe())}{table}</div>'


def covariate_name(name: str) -> Message:
    """Return how a reader knows a covariate: by the catalogue's word where there is one, else by its column."""
    known = f"covariate.{name}"
    return Message(known) if has_message(known) else Message("text", {"text": name})


def _label(name: str, level: str | Message | None, power: int) -> Message:
    told = covariate_name(name)
    if power > 1:
        return Message("balance.square", {"name": told})
    # a frame turns None into NaN where a column holds texts
    return told if level is None or level != level else Message("balance.level", {"name": told, "level": level})
