"""Results: frozen values that know their number, its doubt, its n and its rule.

They store keys and numbers; words are rendered in the language of the moment. A result prints as text, shows
itself as HTML in a notebook and becomes a DataFrame of plain numbers with `to_frame`.
"""

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from retention_kit.wording import Message, Money, language, render


def _paragraphs(*texts: str) -> str:
    return "".join(f"<p>{html.escape(text)}</p>" for text in texts if text)


def _lines(messages: tuple[Message, ...]) -> list[str]:
    return [render(message) for message in messages]


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
        return "\n".join([self.sentence(), render(self.rule), *_lines(self.warnings)])

    def _repr_html_(self) -> str:
        body = _paragraphs(render(self.rule), *_lines(self.warnings))
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
        frame.insert(0, self.by, [item.group for item in self.items])
        return frame

    def __str__(self) -> str:
        return "\n".join([*(f"{item.group}: {item.sentence()}" for item in self.items), render(self.rule)])

    def _repr_html_(self) -> str:
        texts = (f"{item.group}: {item.sentence()}" for item in self.items)
        return f'<div class="rk-result">{_paragraphs(*texts, render(self.rule))}</div>'


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
        flows = self.frame.groupby("period")[list(self.frame.columns[-7:])].sum()
        fields = {name: Money(float(flows[name].sum()), self.currency) for name in flows.columns[1:-1]}
        opening, closing = (
            Money(flows["opening"].iloc[0], self.currency),
            Money(flows["closing"].iloc[-1], self.currency),
        )
        return render(
            "bridge.describe",
            lang,
            start=flows.index[0],
            end=flows.index[-1],
            opening=opening,
            closing=closing,
            **fields,
        )

    def __str__(self) -> str:
        return f"{self.frame.to_string(index=False)}\n{render(self.rule)}"

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{self.frame.to_html(index=False)}{_paragraphs(render(self.rule))}</div>'


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
        return render("cohorts.describe", lang, average=float(self.average[age]), **fields)

    def __str__(self) -> str:
        return f"{self.values.to_string()}\n{render(self.rule)}"

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{self.values.to_html()}{_paragraphs(render(self.rule))}</div>'


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """What became of every input row, from the reading of the file to the ledger.

    Attributes
    ----------
    rows : DataFrame
        One row an input row: row (its line in the file, or its index label), subscription_id, customer_id, amount as
        given, status (used, rejected or outside) and reason (a key of the catalogue, empty for used).
    source : str
        The file's name, or what else the rows came from.
    currency : str or None
    """

    rows: pd.DataFrame
    source: str
    currency: str | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by status; used + rejected + outside is the number of input rows."""
        found = self.rows["status"].value_counts()
        return {status: int(found.get(status, 0)) for status in ("used", "rejected", "outside")}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a status and reason: how many input rows, and what amounts they carry."""
        grouped = self.rows.groupby(["status", "reason"], sort=False, dropna=False)["amount"]
        return grouped.agg(rows="size", amount="sum").reset_index()

    def sentence(self, lang: str | None = None) -> str:
        """Return the account in one sentence."""
        return render("reconciliation.sentence", lang, source=self.source, total=len(self.rows), **self.counts)

    def __str__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{_paragraphs(self.sentence())}{self.to_frame().to_html(index=False)}</div>'


@dataclass(frozen=True)
class Arm:
    """One of the groups compared.

    Attributes
    ----------
    label : Message or str
        How a sentence names its customers: "customers with a personalised demo".
    n, events, at_risk : int
        Customers; those whose churn was seen by the horizon; those still watched and active at the horizon.
    value, low, high : float
        The outcome of the group with its own interval.
    """

    label: Message | str
    n: int
    events: int
    at_risk: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """What the data say about a hypothesis.

    Attributes
    ----------
    kind : {"supports", "does_not_support", "contradicts", "inconclusive", "not_testable"}
    reason : Message or None
        Why it is inconclusive or not testable.
    remedy : Message or None
        What would make it testable.
    nuance : Message or None
        What can be added to a clear verdict.
    """

    kind: str
    reason: Message | None = None
    remedy: Message | None = None
    nuance: Message | None = None

    def text(self, lang: str | None = None) -> str:
        """Return the verdict in one or two words."""
        return render(f"verdict.{self.kind}", lang)

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, eq=False)
class Finding:
    """The answer to "do customers with this factor fare better?".

    Attributes
    ----------
    factor, outcome : str
    horizon : int
        Months from each customer's own start.
    estimate, low, high : float
        Difference, first group minus reference, with its interval at `level`; a fraction for retention.
    p_value : float
        By inversion of the same interval; NaN where no verdict is given.
    level, margin : float
        Of the interval; the smallest difference that matters.
    direction : {1, -1}
        Whether the hypothesis says more (1) or less (-1).
    arms : tuple of two Arm
        The group with the factor, then the reference.
    verdict : Verdict
    rule : Message
    curves : DataFrame
        group (0: with the factor, 1: reference), age, value, low, high, at_risk: the outcome at every age.
    excluded : tuple of Message
        Customers who do not enter, and why.
    warnings : tuple of Message
    needed : int or None
        Customers needed in all to detect `margin` with 80 % power.
    """

    factor: str
    outcome: str
    horizon: int
    estimate: float
    low: float
    high: float
    p_value: float
    level: float
    margin: float
    direction: int
    arms: tuple[Arm, Arm]
    verdict: Verdict
    rule: Message
    curves: pd.DataFrame
    randomised: bool = False
    needed: int | None = None
    excluded: tuple[Message, ...] = ()
    warnings: tuple[Message, ...] = field(default=())

    def _fields(self) -> dict[str, Any]:
        treated, reference = self.arms
        return {
            "treated": treated.label,
            "reference": reference.label,
            "horizon": self.horizon,
            "estimate": self.estimate,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "margin": self.margin,
            "needed": self.needed,
            "value": treated.value,
            "reference_value": reference.value,
            "reason": self.verdict.reason or "",
            "remedy": self.verdict.remedy or "",
        }

    def sentence(self, lang: str | None = None) -> str:
        """Return the answer in words that can be repeated; the verdict itself is `verdict.text`."""
        fields = self._fields()
        return " ".join(render(key, lang, **fields) for key in self._sentence_keys())

    def _sentence_keys(self) -> list[str | Message]:
        kind, nuance = self.verdict.kind, self.verdict.nuance
        if kind == "not_testable":
            return [f"finding.{self.outcome}.{kind}"]
        if kind == "inconclusive":
            return [f"finding.{self.outcome}.{kind}", *(["finding.needed"] if self.needed else [])]
        sign = "more" if self.direction > 0 else "less"
        causal = ["finding.caveat.randomised"] if kind != "does_not_support" and self.randomised else []
        return [f"finding.{self.outcome}.{kind}.{sign}", *([nuance] if nuance else []), *causal]

    def describe(self, lang: str | None = None) -> str:
        """Say the comparison as numbers, for those who cannot see the figure."""
        return render(f"finding.{self.outcome}.describe", lang, **self._fields())

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain numbers."""
        row = {"factor": self.factor, "outcome": self.outcome, "horizon_months": self.horizon}
        row |= {"estimate": self.estimate, "low": self.low, "high": self.high, "p_value": self.p_value}
        row |= {"n": sum(arm.n for arm in self.arms), "events": sum(arm.events for arm in self.arms)}
        return pd.DataFrame([row | {"verdict": self.verdict.kind, "rule": render(self.rule)}])

    def __str__(self) -> str:
        return "\n".join([self.sentence(), render(self.rule), *_lines(self.excluded), *_lines(self.warnings)])

    def _repr_html_(self) -> str:
        notes = _paragraphs(render(self.rule), *_lines(self.excluded), *_lines(self.warnings))
        title = html.escape(self.verdict.text())
        lead = f"<p><strong>{title}.</strong> {html.escape(self.sentence())}</p>"
        return f'<div class="rk-result" lang="{language()}">{lead}{notes}</div>'
