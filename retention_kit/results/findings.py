"""The answer to a hypothesis: two groups, a verdict, a sentence."""

import html
import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from retention_kit.results import answers
from retention_kit.results.balances import Balance, EValue
from retention_kit.results.evidence import Arm, Line, Verdict
from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, language, render


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
    window : int or None
        Of early churn: how many first months are early.
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
    window: int | None = None

    def sentence(self, lang: str | None = None) -> str:
        """Return the answer in words that stand alone; the verdict in one or two words is `verdict.text`."""
        known = answers.fields(self)
        return " ".join(render(part, lang, **known) for part in answers.sentences(self))

    def question(self, lang: str | None = None) -> str:
        """Return the question that was asked."""
        sign = "more" if self.direction > 0 else "less"
        return render(f"finding.{self.outcome}.question.{sign}", lang, **answers.fields(self))

    def describe(self, lang: str | None = None) -> str:
        """Say both curves as numbers, as they are drawn and not adjusted, for those who cannot see the figure."""
        return self.describe_difference(lang) if math.isnan(self.estimate) else render(answers.drawn(self), lang)

    def describe_difference(self, lang: str | None = None) -> str:
        """Say the difference against no difference and the margin, for those who cannot see the figure."""
        kinds = ("early", "early_unknown") if self.outcome == "early_churn" else ("difference", "unknown")
        kind = kinds[math.isnan(self.estimate)]
        return render(f"finding.describe.{kind}", lang, **answers.fields(self))

    def describe_lines(self, lang: str | None = None) -> str:
        """Say every estimate of the difference, for those who cannot see the forest plot."""
        return describe_rows([(each.label, self, each) for each in self.rows], lang)

    @property
    def rows(self) -> tuple[Line, ...]:
        """The estimate that decides, then those beside it; from the finding itself where it has no lines."""
        if self.lines:
            return self.lines
        ends = self.estimate, self.low, self.high, self.p_value
        n, n_eff, events = (sum(getattr(arm, name) for arm in self.arms) for name in ("n", "n_eff", "events"))
        label = Message("line.adjusted" if self.adjusted_for else "line.unadjusted")
        return (Line("decides", label, *ends, n, n_eff, self.rule, events),)

    def _notes(self) -> list[str]:
        more = {"comparisons": self.comparisons, "check": self.check, "cluster": self.cluster or ""}
        tests = {
            "p_value": not math.isnan(self.p_value),
            "p_adjusted": self.comparisons > 1 and not math.isnan(self.p_adjusted),
            "check": not math.isnan(self.check),
            "cluster": self.cluster is not None,
        }
        p_values = {"p_value": self.p_value, "p_adjusted": self.p_adjusted}
        tested = [render(f"finding.{name}", **p_values, **more) for name, said in tests.items() if said]
        others = [answers.line_in_words(self.outcome, row, self.level, self.currency, None) for row in self.lines[1:]]
        population = [self.population] if self.population else []
        return [
            *lines((*population,)),
            *tested,
            *others,
            *lines((*self.beside, self.rule, *self.excluded, *self.warnings)),
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain numbers an estimate of the difference, the one that decides first.

        `events` are the churns among the customers of that row, missing where it is not said.
        """
        corrected = self.p_value if math.isnan(self.p_adjusted) else self.p_adjusted
        told = {"verdict": self.verdict.kind, "rule": render(self.rule)}
        found = [
            self._about()
            | {"role": row.role, "line": render(row.label)}
            | {"estimate": row.estimate, "low": row.low, "high": row.high, "p_value": row.p_value}
            | {"p_adjusted": corrected if place == 0 else math.nan}
            | {"n": row.n, "events": row.events, "n_eff": row.n_eff, "method": render(row.method)}
            | told
            for place, row in enumerate(self.rows)
        ]
        return pd.DataFrame(found)

    def _about(self) -> dict[str, Any]:
        label = self.arms[0].label
        group = render(label) if isinstance(label, Message) else label
        return {"factor": self.factor or "", "group": group, "outcome": self.outcome, "horizon_months": self.horizon}

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *self._notes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result" lang="{language()}">{self._lead()}{paragraphs(*self._notes())}</div>'

    def _lead(self) -> str:
        known = answers.fields(self)
        first, *rest = (html.escape(render(part, **known)) for part in answers.sentences(self))
        return f"<p>{' '.join([f'<strong>{first}</strong>', *rest])}</p>"


def describe_rows(rows: list[tuple[Message | str, Finding, Line]], lang: str | None) -> str:
    """Say the rows of a forest plot, each with its name, difference and interval."""
    parts = []
    for name, finding, row in rows:
        ends = row.estimate, row.low, row.high
        difference = answers.told(finding.outcome, *ends, finding.level, finding.currency)
        parts.append(Message("finding.line", {"label": name, "difference": difference}))
    return " ".join(render(part, lang) for part in parts)


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

    @property
    def opening(self) -> tuple[Message, ...]:
        """Whether the groups differ at all, and by what test; nothing where no group can be judged."""
        first = self.items[0]
        if all(item.verdict.kind == "not_testable" for item in self.items):
            return ()
        if math.isnan(self.p_value):
            return (self.method,)
        kind = "differ" if self.p_value <= 1 - first.level else "not_shown"
        known = {"horizon": first.horizon, "measured": first.measured or ""}
        return (Message(f"finding.all.{kind}", {"what": Message(f"finding.all.{first.outcome}", known)}), self.method)

    def sentence(self, lang: str | None = None) -> str:
        """Return whether the groups differ at all, then the answer for each of them."""
        return " ".join([*(render(part, lang) for part in self.opening), *(item.sentence(lang) for item in self.items)])

    def describe(self, lang: str | None = None) -> str:
        """Say the outcome of every group as numbers, for those who cannot see the figure."""
        return " ".join(item.describe(lang) for item in self.items)

    def describe_lines(self, lang: str | None = None) -> str:
        """Say the difference of every group, for those who cannot see the forest plot."""
        return describe_rows([(item.arms[0].label, item, item.rows[0]) for item in self.items], lang)

    def to_frame(self) -> pd.DataFrame:
        """Return the rows of every finding, with the p-value of the test that all groups are alike."""
        return pd.concat([item.to_frame() for item in self.items], ignore_index=True).assign(p_all=self.p_value)

    def __str__(self) -> str:
        return "\n".join([*lines(self.opening), *map(str, self.items)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        answered = "".join(item._repr_html_() for item in self.items)
        return f'<div class="rk-result" lang="{language()}">{paragraphs(*lines(self.opening))}{answered}</div>'
