"""The answer to a hypothesis: two groups, a verdict, a sentence."""

import html
import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from retention_kit.results.balances import Balance, EValue
from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, language, render


@dataclass(frozen=True)
class Arm:
    """One of the groups compared.

    Attributes
    ----------
    label : Message or str
        How a sentence names its customers: "customers with a personalised demo".
    n, events, at_risk : int
        Customers who enter; those whose churn was seen by the horizon; those still watched and active at the horizon.
        Of early churn: customers, churns of the stretch, customer-months of it.
    value, low, high : float
        The outcome of the group with its own interval, as it is without adjustment.
    n_eff, largest_share : float
        How many equal customers its starting MRR is worth, and the share of its largest account; NaN where customers
        count, not money.
    adjusted : float
        The outcome of the group after weighting; NaN where nothing was adjusted for.
    """

    label: Message | str
    n: int
    events: int
    at_risk: int
    value: float
    low: float
    high: float
    n_eff: float = math.nan
    largest_share: float = math.nan
    adjusted: float = math.nan


@dataclass(frozen=True)
class Line:
    """One estimate of the difference, by one method: a row of the forest plot.

    Attributes
    ----------
    role : {"decides", "beside", "sensitivity"}
        The first line decides; no other can change a verdict.
    label : Message
        Such as "adjusted", "unadjusted", "landmark at 6 months".
    estimate, low, high, p_value : float
    n : int
        Customers who enter.
    n_eff : float
        How many equal customers they are worth; NaN where that is not said.
    method : Message
    """

    role: str
    label: Message
    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    n_eff: float
    method: Message


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


@dataclass(frozen=True, eq=False, repr=False)
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
    lines : tuple of Line
        The estimate that decides first, then those beside it.
    p_adjusted : float
        Corrected for the other hypotheses or groups asked about together; `p_value` if this was the only one.
    comparisons : int
        How many were asked about together.
    check : float
        p-value of the studentised permutation beside the interval; NaN where none was made.
    adjusted_for : tuple of Message
        What the groups were made alike in, by name; empty without adjustment.
    population : Message or None
        Which customers the number is about, where it is not simply all who enter.
    balance : Balance or None
    e_value : EValue or None
    landmark : int or None
        Month of age from which a dated factor is compared.
    cluster : str or None
        The attribute whose groups, not customers, were left out one by one.
    beside : tuple of Message
        Other tests of the same question (log-rank, Cox), which decide nothing.
    measured : str or None
        The column measured, of measured_number and measured_share.
    currency : str or None
    """

    factor: str | None
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
    lines: tuple[Line, ...] = ()
    p_adjusted: float = math.nan
    comparisons: int = 1
    check: float = math.nan
    adjusted_for: tuple[Message, ...] = ()
    population: Message | None = None
    balance: Balance | None = None
    e_value: EValue | None = None
    landmark: int | None = None
    cluster: str | None = None
    beside: tuple[Message, ...] = ()
    measured: str | None = None
    currency: str | None = None

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
            open_question = self.needed and self.verdict.reason.key == "reason.inconclusive.both"
            return [f"finding.{self.outcome}.{kind}", *(["finding.needed"] if open_question else [])]
        sign = "more" if self.direction > 0 else "less"
        causal = ["finding.caveat.randomised"] if kind != "does_not_support" and self.randomised else []
        return [f"finding.{self.outcome}.{kind}.{sign}", *([nuance] if nuance else []), *causal]

    def question(self, lang: str | None = None) -> str:
        """Return the question that was asked."""
        sign = "more" if self.direction > 0 else "less"
        return render(f"finding.{self.outcome}.question.{sign}", lang, **self._fields())

    def describe(self, lang: str | None = None) -> str:
        """Say both curves as numbers, for those who cannot see the figure."""
        return render(f"finding.{self.outcome}.curves.{self._known}", lang, **self._fields())

    def describe_difference(self, lang: str | None = None) -> str:
        """Say the difference against zero and the margin, for those who cannot see the figure."""
        return render(f"finding.{self.outcome}.difference.{self._known}", lang, **self._fields())

    @property
    def _known(self) -> str:
        return "unknown" if math.isnan(self.estimate) else "known"

    def _notes(self) -> list[str]:
        tested = [] if math.isnan(self.p_value) else [render("finding.p_value", p_value=self.p_value)]
        return [*tested, *lines((self.rule, *self.excluded, *self.warnings))]

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain numbers."""
        row = {"factor": self.factor, "outcome": self.outcome, "horizon_months": self.horizon}
        row |= {"estimate": self.estimate, "low": self.low, "high": self.high, "p_value": self.p_value}
        row |= {"n": sum(arm.n for arm in self.arms), "events": sum(arm.events for arm in self.arms)}
        return pd.DataFrame([row | {"verdict": self.verdict.kind, "rule": render(self.rule)}])

    def __str__(self) -> str:
        return "\n".join([f"{self.verdict.text()}. {self.sentence()}", *self._notes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        notes = paragraphs(*self._notes())
        title = html.escape(self.verdict.text())
        lead = f"<p><strong>{title}.</strong> {html.escape(self.sentence())}</p>"
        return f'<div class="rk-result" lang="{language()}">{lead}{notes}</div>'


@dataclass(frozen=True, eq=False, repr=False)
class Findings:
    """The answer when a factor has more than two values: do they differ at all, and each against the reference.

    Attributes
    ----------
    items : tuple of Finding
        One a group, against the reference; their `p_adjusted` are Holm's.
    p_value : float
        Of the global test that all groups are alike.
    method : Message
        The global test: log-rank, or equal ratios.
    """

    items: tuple[Finding, ...]
    p_value: float
    method: Message

    def __iter__(self):
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def to_frame(self) -> pd.DataFrame:
        """Return the rows of every finding."""
        return pd.concat([item.to_frame() for item in self.items], ignore_index=True)
