"""Measured numbers: one, or one a group, and the difference of two measured under the same rule."""

import html
import math
from dataclasses import dataclass

import pandas as pd

from retention_kit.errors import RuleMismatchError
from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, Money, render

_DATES = ("start", "end")  # the fields of a rule that may differ between two numbers of one rule


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
    ledger_rules : tuple of Message
        How subscriptions became the MRR that was measured; empty where only totals were given.
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
    ledger_rules: tuple[Message, ...] = ()

    def __float__(self) -> float:
        return float(self.value)

    @property
    def unit(self) -> str:
        """How the number is written: as a percentage, or as a plain number."""
        return "number1" if self.measure == "quick_ratio" else "percent1"

    @property
    def in_short(self) -> Message:
        """The number with its interval, as it stands beside a picture."""
        if math.isnan(self.value):
            return Message("plot.estimate.nobody")
        ends = {name: Message(f"plot.{self.unit}", {"value": getattr(self, name)}) for name in ("value", "low", "high")}
        return Message("plot.estimate.plain" if math.isnan(self.low) else "plot.estimate", ends)

    def sentence(self, lang: str | None = None) -> str:
        """Return the number with its interval and its n, in words."""
        name = "estimate.plain" if math.isnan(self.low) else "estimate.interval"
        if self.n is None:
            name = "estimate.totals"
        if self.measure == "quick_ratio":
            name = "estimate.quick_ratio"
        elif self.measure == "gross_renewal_rate":
            name = "estimate.due_plain" if math.isnan(self.low) else "estimate.due_interval"
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


_MANY = 8  # groups, more than can be listened to


def _grouped(item: Estimate) -> Message:
    return Message("estimates.group", {"group": item.group, "value": item.in_short})


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

    def describe(self, lang: str | None = None, *, total: Estimate | None = None) -> str:
        """Say the number of every group, of many the ends, for those who cannot see the figure."""
        known = [item for item in self.items if not math.isnan(item.value)]
        about = {"measure": Message(f"measure.{self.items[0].measure}"), "by": self.by, "level": self.items[0].level}
        if len(known) > _MANY:
            low, high = (pick(known, key=float) for pick in (min, max))
            about |= {"n": len(self.items), "low": _grouped(low), "high": _grouped(high)}
            said = [render("estimates.describe_many", lang, **about)]
        else:
            said = [render("estimates.describe", lang, **about, items=[_grouped(item) for item in self.items])]
        if total is not None:
            said.append(render("estimates.describe_total", lang, value=total.in_short))
        return " ".join(said)

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


@dataclass(frozen=True)
class Difference:
    """How far apart two numbers of one rule are: ``float(difference)`` is second - first, in fractions.

    Attributes
    ----------
    first, second : Estimate
    """

    first: Estimate
    second: Estimate

    @property
    def value(self) -> float:
        """Second - first: 0.03 is 3 points."""
        return self.second.value - self.first.value

    @property
    def rule(self) -> Message:
        """The rule of the second number; the first one's differs in its dates alone."""
        return self.second.rule

    def __float__(self) -> float:
        return float(self.value)

    def sentence(self, lang: str | None = None) -> str:
        """Return the difference in words."""
        fields = {"first": self.first.value, "second": self.second.value, "value": self.value}
        return render("difference.sentence", lang, measure=Message(f"measure.{self.first.measure}"), **fields)

    def __str__(self) -> str:
        return "\n".join([self.sentence(), render(self.first.rule), render(self.second.rule)])

    def _repr_html_(self) -> str:
        body = paragraphs(self.sentence(), render(self.first.rule), render(self.second.rule))
        return f'<div class="rk-result">{body}</div>'

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain numbers, the rule as text."""
        row = {"measure": self.first.measure, "first": self.first.value, "second": self.second.value}
        return pd.DataFrame([row | {"value": self.value, "rule": render(self.rule)}])


def compare_estimates(first: Estimate, second: Estimate) -> Difference:
    """Return the difference of two numbers that were measured under one rule, or refuse.

    Parameters
    ----------
    first, second : Estimate
        Of two windows, two groups or two ledgers.

    Returns
    -------
    Difference
        Second - first, without an interval: two windows of one ledger share their customers.

    Raises
    ------
    RuleMismatchError
        If measure, method, returners or another option of their rules differ, the length of their windows, the rules
        of their ledgers, or their currencies; or if the length of a window is not known.

    Examples
    --------
    >>> import retention_kit as rk
    >>> before, after = (rk.nrr_from_movements(100, churn=lost, months=3) for lost in (20, 10))
    >>> round(float(rk.compare_estimates(before, after)), 2)
    0.1
    >>> rk.compare_estimates(before, rk.nrr_from_movements(100, churn=10, months=12))
    Traceback (most recent call last):
    ...
    retention_kit.errors.RuleMismatchError: These two numbers do not answer the same question: the windows differ in \
length. First: Rule: (starting MRR + expansion − churn − contraction) ÷ starting MRR, from totals; window: 3 months. \
Second: Rule: (starting MRR + expansion − churn − contraction) ÷ starting MRR, from totals; window: 12 months. Measure \
both under one rule, then compare.
    """
    rules = {"first": first.rule, "second": second.rule}
    if differs := _what_differs(first, second):
        raise RuleMismatchError("error.rules_differ", differs=differs, **rules)
    if first.rule.fields.get("months") == Message("rule.window_not_said"):
        raise RuleMismatchError("error.rules_window", **rules)
    return Difference(first, second)


def _what_differs(first: Estimate, second: Estimate) -> list[Message]:
    one, other = (dict(each.rule.fields) for each in (first, second))
    lengths = one.pop("months", None), other.pop("months", None)
    options = [{name: value for name, value in fields.items() if name not in _DATES} for fields in (one, other)]
    same_rule = (first.measure, first.rule.key) == (second.measure, second.rule.key)
    found = [
        (not same_rule, Message("differs.measure")),
        (same_rule and options[0] != options[1], Message("differs.option")),
        (lengths[0] != lengths[1], Message("differs.window")),
        (first.ledger_rules != second.ledger_rules, Message("differs.ledger")),
    ]
    money = [each.base.currency if each.base else None for each in (first, second)]
    found.append((money[0] != money[1], Message("differs.currency", {"first": money[0], "second": money[1]})))
    return [message for differs, message in found if differs]
