"""Measured numbers: one, or one a group."""

import html
import math
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, Money, render


@dataclass(frozen=True)
class Estimate:
    """One measured number: ``float(estimate)`` is its value.

    Attributes
    ----------
    measure : str
        Such as ``"nrr"``; names the words it is shown with.
    value : float
        A fraction: 1.08, never 108. NaN where nobody was in the base.
    low, high : float
        Limits of the interval at `level`; NaN where the data cannot tell, or none was asked for.
    level : float
        Such as 0.95.
    n : int or None
        Customers in the base; None where only totals were given.
    rule : Message
        The rule that decided the number; ``str(rule)`` is its text.
    n_eff, largest_share : float
        How many equal customers the base is worth, and the share of its largest account; NaN without customers.
    base : Money or None
        What the customers of the base paid at the start.
    group : str or None
        The group of customers it is about, None for all.
    warnings : tuple of Message
        What a reader must know before repeating the number.
    """

    measure: str
    value: float
    low: float
    high: float
    level: float
    n: int | None
    rule: Message
    n_eff: float = math.nan
    largest_share: float = math.nan
    base: Money | None = None
    group: str | None = None
    warnings: tuple[Message, ...] = ()

    def __float__(self) -> float:
        return float(self.value)

    def sentence(self, lang: str | None = None) -> str:
        """Return the number with its interval and its n, in words."""
        name = "estimate.plain" if math.isnan(self.low) else "estimate.interval"
        if self.n is None:
            name = "estimate.totals"
        fields = {"measure": Message(f"measure.{self.measure}"), "value": self.value, "n": self.n}
        return render(name, lang, low=self.low, high=self.high, level=self.level, **fields)

    def __str__(self) -> str:
        return "\n".join([self.sentence(), render(self.rule), *lines(self.warnings)])

    def _repr_html_(self) -> str:
        body = paragraphs(render(self.rule), *lines(self.warnings))
        return f'<div class="rk-result"><p><strong>{html.escape(self.sentence())}</strong></p>{body}</div>'

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain numbers, the rule as text."""
        row = {"measure": self.measure, "value": self.value, "low": self.low, "high": self.high}
        row |= {"n": self.n, "n_eff": self.n_eff, "largest_share": self.largest_share}
        row |= {"base": self.base.amount if self.base else math.nan, "rule": render(self.rule)}
        return pd.DataFrame([row])


@dataclass(frozen=True)
class Estimates:
    """The same measure for several groups of customers, under one rule.

    Attributes
    ----------
    by : str
        The attribute that makes the groups.
    items : tuple of Estimate
        One a group, in order of the group.
    """

    by: str
    items: tuple[Estimate, ...]

    def __iter__(self):
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, group: str) -> Estimate:
        return {item.group: item for item in self.items}[group]

    @property
    def rule(self) -> Message:
        """The rule all of them were measured under."""
        return self.items[0].rule

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain numbers a group."""
        frame = pd.concat([item.to_frame() for item in self.items], ignore_index=True)
        name = f"by_{self.by}" if self.by in frame else self.by
        frame.insert(0, name, [item.group for item in self.items])
        return frame

    def __str__(self) -> str:
        return "\n".join([*(f"{item.group}: {item.sentence()}" for item in self.items), render(self.rule)])

    def _repr_html_(self) -> str:
        texts = (f"{item.group}: {item.sentence()}" for item in self.items)
        return f'<div class="rk-result">{paragraphs(*texts, render(self.rule))}</div>'
