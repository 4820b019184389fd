"""A factor, an outcome, a horizon: the two groups compared, and an answer that can be defended."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.contrasts import Contrast, Share, retention_difference
from retention_kit.errors import OptionError
from retention_kit.factors import Split, split_by
from retention_kit.ledger import Ledger
from retention_kit.results import Arm, Finding, Verdict
from retention_kit.schema import attribute
from retention_kit.survival import kaplan_meier
from retention_kit.verdicts import (
    LEAST_CHURNS,
    LEAST_JUDGED,
    LEAST_SHOWN,
    LEAST_WATCHED,
    MOST_BETWEEN,
    customers_needed,
    judge,
    not_testable,
)
from retention_kit.wording import Message

PORTFOLIO = "csm"  # the attribute that says whose portfolio a customer is in
MARGINS = {"retention": 0.05}
"""The smallest difference that matters, unless the analyst says: docs/methods.md."""
_DIRECTIONS = {"more": 1, "less": -1}


@dataclass(frozen=True)
class _Question:
    """What is asked, fixed before the numbers are seen."""

    outcome: str
    horizon: int
    direction: str
    margin: float
    level: float
    randomised: bool

    def __post_init__(self) -> None:
        legal = {"outcome": list(MARGINS), "direction": list(_DIRECTIONS)}
        for name, values in legal.items():
            if getattr(self, name) not in values:
                raise OptionError("error.option", name=name, value=str(getattr(self, name)), legal=values)
        whole = isinstance(self.horizon, int | np.integer) and not isinstance(self.horizon, bool)
        for name, fits in {
            "horizon": whole and self.horizon >= 1,
            "margin": 0 < self.margin < 1,
            "level": 0.5 < self.level < 1,
        }.items():
            if not fits:
                raise OptionError(f"error.{name}", value=getattr(self, name))

    @property
    def sign(self) -> int:
        return _DIRECTIONS[self.direction]


@dataclass(frozen=True, eq=False)
class _Group:
    """One arm: its label, its customers and their Kaplan–Meier curve up to the horizon."""

    label: Message
    ages: np.ndarray
    curve: pd.DataFrame

    @property
    def n(self) -> int:
        return len(self.ages)

    @property
    def events(self) -> int:
        return int(self.curve["events"].sum())

    @property
    def at_risk(self) -> int:
        return int(self.curve["at_risk"].iloc[-1])

    @property
    def longest(self) -> int:
        """The last age with enough customers still watched and active."""
        return int(np.sort(self.ages)[-LEAST_WATCHED]) if self.n >= LEAST_WATCHED else 0

    def share(self, age: int) -> Share:
        row = self.curve.loc[age]
        return Share(float(row["survival"]), float(row["variance"]), int(row["at_risk"]))

    def arm(self, level: float) -> Arm:
        share = self.share(self.curve.index[-1])
        return Arm(self.label, self.n, self.events, self.at_risk, share.value, *_limits(share, level))


def compare(
    ledger: Ledger,
    factor: str,
    *,
    outcome: str = "retention",
    horizon: int = 12,
    reference: Any = None,
    randomised: bool = False,
    direction: str = "more",
    margin: float | None = None,
    level: float = 0.95,
) -> Finding:
    """Compare two groups of customers and say what the data allow to be said.

    Parameters
    ----------
    ledger : Ledger
        With customers that have the attribute `factor`.
    factor : str
        An attribute with two values, known when the customer began: yes/no, or two names. Customers without a value
        are left out and counted.
    outcome : {"retention"}
        Share of customers never churned `horizon` months after their own start.
    horizon : int
        Months from each customer's own first month end with MRR. With annual contracts churn falls at 12, 24 …: choose
        a horizon that includes it.
    reference : value, optional
        Which value is the reference group. Default: no; of two names, the first.
    randomised : bool
        Whether who got the factor was drawn at random. If not, and nothing is adjusted for, no verdict in favour or
        against is given: the groups may differ in other ways.
    direction : {"more", "less"}
        What the hypothesis says of the group with the factor.
    margin : float, optional
        Smallest difference that matters, as a fraction. Default: 0.05, five points.
    level : float
        Of the interval.

    Returns
    -------
    Finding
        Difference (with the factor minus reference) with its interval and p-value, both groups, the verdict, its
        sentence in French and English, who was left out, and the rule.

    Raises
    ------
    UnknownColumnError
        If the customers lack the attribute.
    FactorError
        If it has not two values, or `reference` is neither.
    ImmortalTimeError
        If it is a date: "ever" against "never" lets those who stay longer have more time to get it.
    OptionError
        If another argument is not one of its legal values.

    Notes
    -----
    Kaplan–Meier by group, difference by MOVER with Wilson limits at the effective number of customers, p-value by
    inverting that interval (docs/methods.md). The verdict is "not testable" with fewer than 10
    customers or 5 still watched at the horizon in a group, with fewer than 5 churns in all, or when portfolios rather
    than customers were given the factor.

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> finding = compare(open_ledger(as_of="2025-12-31"), "personalised_demo", randomised=True)
    >>> finding.verdict.kind
    'supports'
    """
    fraction = MARGINS.get(outcome, 1.0) if margin is None else margin
    asked = _Question(outcome, horizon, direction, fraction, level, randomised)
    split = split_by(factor, attribute(ledger.customers, factor, "factor"), reference)
    groups = _groups(ledger, split, horizon)
    contrast, verdict = _answer(asked, groups, _refusal(ledger, groups, split, horizon))
    return Finding(
        factor=factor,
        outcome=outcome,
        horizon=horizon,
        estimate=contrast.estimate,
        low=contrast.low,
        high=contrast.high,
        p_value=math.nan if verdict.kind == "not_testable" else contrast.p_value,
        level=level,
        margin=asked.margin,
        direction=asked.sign,
        arms=tuple(group.arm(level) for group in groups),
        verdict=verdict,
        rule=Message(f"rule.compare.{outcome}", {"horizon": horizon, "level": level, "as_of": ledger.as_of}),
        curves=_curves(groups, level),
        randomised=randomised,
        needed=customers_needed(contrast, asked.margin, level, sum(group.n for group in groups)),
        excluded=_excluded(ledger, split),
        warnings=_warnings(split, randomised),
    )


def _groups(ledger: Ledger, split: Split, horizon: int) -> list[_Group]:
    lives = ledger.engine.lives(ledger.book, ledger.grace_months)
    churned = lives.churned >= 0
    ages = np.where(churned, lives.churned, lives.watched)
    groups = []
    for side, label in zip((True, False), split.labels, strict=True):
        among = (split.treated == side).fillna(False).to_numpy(bool) & lives.known
        groups.append(_Group(label, ages[among], kaplan_meier(ages[among], churned[among], horizon=horizon)))
    return groups


def _answer(asked: _Question, groups: list[_Group], refusal: Verdict | None) -> tuple[Contrast, Verdict]:
    shares = [group.share(asked.horizon) for group in groups]
    if min(group.n for group in groups) < LEAST_SHOWN or not all(share.known for share in shares):
        return Contrast(math.nan, math.nan, math.nan, math.nan), refusal
    contrast = retention_difference(*shares, level=asked.level)
    if refusal:
        return contrast, refusal
    one_sided = retention_difference(*shares, level=2 * asked.level - 1)
    return contrast, judge(contrast, one_sided, asked.sign, asked.margin, 1 - asked.level, asked.randomised)


def _refusal(ledger: Ledger, groups: list[_Group], split: Split, horizon: int) -> Verdict | None:
    """Return why the question cannot be judged with these data and what would change that; None if it can."""
    smallest = min(groups, key=lambda group: group.n)
    if smallest.n < LEAST_JUDGED:
        return not_testable("few_customers", group=smallest.label, n=smallest.n, least=LEAST_JUDGED)
    if min(group.at_risk for group in groups) < LEAST_WATCHED:
        longest = min(group.longest for group in groups)
        reason = "short_follow_up" if longest else "no_follow_up"
        return not_testable(reason, horizon=horizon, least=LEAST_WATCHED, longest=longest)
    events = sum(group.events for group in groups)
    if events < LEAST_CHURNS:
        return not_testable("few_churns", events=events, horizon=horizon, least=LEAST_CHURNS)
    between = split.between(ledger.customers[PORTFOLIO]) if PORTFOLIO in ledger.customers else 0.0
    if between > MOST_BETWEEN:
        return not_testable("by_portfolio", share=between, portfolio=PORTFOLIO)
    return None


def _limits(share: Share, level: float) -> tuple[float, float]:
    from scipy.stats import norm

    if not share.known:
        return math.nan, math.nan
    return share.limits(float(norm.ppf((1 + level) / 2)))


def _curves(groups: list[_Group], level: float) -> pd.DataFrame:
    rows = []
    for number, group in enumerate(groups):
        for age in group.curve.index:
            share = group.share(age)
            rows.append((number, int(age), share.value, *_limits(share, level), share.at_risk))
    return pd.DataFrame(rows, columns=["group", "age", "value", "low", "high", "at_risk"])


def _excluded(ledger: Ledger, split: Split) -> tuple[Message, ...]:
    unseen = int(ledger.book.truncated.sum())
    counted = {"no_factor": (split.missing, {"factor": split.factor}), "start_unseen": (unseen, {})}
    return tuple(Message(f"excluded.{why}", {"n": n, **more}) for why, (n, more) in counted.items() if n)


def _warnings(split: Split, randomised: bool) -> tuple[Message, ...]:
    if randomised or not split.yes_no:
        return ()
    return (Message("warning.may_come_later", {"factor": split.factor}),)
