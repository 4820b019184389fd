"""What a study could find, said before its numbers are seen."""

import math
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.evidence import Verdict
from retention_kit.results.markup import lines, paragraphs
from retention_kit.results.scales import size
from retention_kit.wording import Message, language, render


@dataclass(frozen=True)
class Power:
    """The smallest difference that one comparison of a study would find.

    Attributes
    ----------
    hypothesis, outcome : str
    about : Message
        The outcome in words: "NRR at 12 months".
    who : Message
        Whom it rests on.
    n : tuple of int
        Customers a group, reference last; one number where all customers are one group.
    events : int
        Churns by the horizon, all groups together.
    detectable : float
        Difference found with 80 % power, on the outcome's own scale; NaN where it cannot be told beforehand.
    margin : float
        Smallest difference that matters.
    attainable : bool
        Whether a difference of that size can exist at all: retention cannot exceed 100 %.
    method : Message
    better : Power or None
        The same hypothesis with an outcome that comes closer to what matters, where this one does not reach it.
    currency : str or None
    refused : Verdict or None
        Why no verdict will be given, with the way out; None where one will.
    """

    hypothesis: str
    outcome: str
    about: Message
    who: Message
    n: tuple[int, ...]
    events: int
    detectable: float
    margin: float
    method: Message
    attainable: bool = True
    better: "Power | None" = None
    currency: str | None = None
    refused: Verdict | None = None

    @property
    def enough(self) -> bool:
        """Whether a difference of the size that matters would be found."""
        return self.attainable and self.detectable <= self.margin

    def sentence(self, lang: str | None = None) -> str:
        """Return what would be found, in words."""
        fields = {"hypothesis": self.hypothesis, "who": self.who, "about": self.about}
        if self.refused:
            fields |= {"reason": self.refused.reason, "remedy": self.refused.remedy}
        sizes = {name: size(self.outcome, getattr(self, name), self.currency) for name in ("detectable", "margin")}
        better = [self._instead()] if self.better else []
        return " ".join([render(f"power.{self._kind}", lang, **fields, **sizes), *(one.text(lang) for one in better)])

    @property
    def _kind(self) -> str:
        if self.refused:
            return "refused"
        if math.isnan(self.detectable):
            return "unknown"
        if not self.attainable:
            return "unattainable"
        return "enough" if self.enough else "too_little"

    def _instead(self) -> Message:
        other = self.better
        sizes = {name: size(other.outcome, getattr(other, name), other.currency) for name in ("detectable", "margin")}
        return Message(f"power.instead.{'enough' if other.enough else 'closer'}", {"about": other.about, **sizes})

    def row(self) -> dict[str, object]:
        """Return plain numbers."""
        asked = {"hypothesis": self.hypothesis, "outcome": self.outcome, "group": render(self.who)}
        numbers = {"n": sum(self.n), "n_smallest": min(self.n), "events": self.events}
        found = {"detectable": self.detectable, "margin": self.margin, "enough": self.enough}
        return asked | numbers | found | {"better": self.better.outcome if self.better else None}


@dataclass(frozen=True, eq=False, repr=False)
class PowerTable:
    """What a study could find, one row a comparison.

    Attributes
    ----------
    rows : tuple of Power
    alpha : float
        Of the whole study.
    comparisons : int
        How many share it: the first step of Holm's correction asks each for ``alpha / comparisons``.
    notes : tuple of Message
    """

    rows: tuple[Power, ...]
    alpha: float
    comparisons: int
    notes: tuple[Message, ...] = ()

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def rule(self) -> Message:
        """How it was computed."""
        each = self.alpha / self.comparisons
        return Message("power.rule", {"alpha": self.alpha, "n": self.comparisons, "each": round(each, 6)})

    def sentence(self, lang: str | None = None) -> str:
        """Return what would be found, row by row, in words."""
        return " ".join(row.sentence(lang) for row in self.rows)

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain numbers a comparison."""
        return pd.DataFrame([row.row() for row in self.rows])

    def __str__(self) -> str:
        return "\n".join([*(row.sentence() for row in self.rows), *lines((self.rule, *self.notes))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = paragraphs(*(row.sentence() for row in self.rows), *lines((self.rule, *self.notes)))
        return f'<div class="rk-result" lang="{language()}">{said}</div>'
