"""A factor, an outcome, a horizon: the two groups compared, and an answer that can be defended."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.contrasts import Contrast, Share, retention_difference
from retention_kit.errors import FactorError, ImmortalTimeError, OptionError
from retention_kit.ledger import Ledger
from retention_kit.results import Arm, Finding, Verdict
from retention_kit.schema import attribute
from retention_kit.survival import kaplan_meier
from retention_kit.wording import Message, has_message

PORTFOLIO = "csm"  # the attribute that says whose portfolio a customer is in
MARGINS = {"retention": 0.05}
"""The smallest difference that matters, unless the analyst says: STATISTICS.md, preface."""
_DIRECTIONS = {"more": 1, "less": -1}
_LEAST_SHOWN, _LEAST_JUDGED = 5, 10  # customers a group
_LEAST_CHURN, _LEAST_WATCHED = 5, 5  # churns in all; customers a group still watched at the horizon
_BETWEEN = 0.8  # share of the factor's variance between portfolios above which portfolios, not customers, were given it
_DETECTABLE = 2.80  # standard errors found with 80 % power at 5 %: 1.96 + 0.84


@dataclass(frozen=True)
class _Group:
    """One arm: its label, its customers and their Kaplan–Meier curve."""

    label: Message
    n: int
    longest: int
    curve: pd.DataFrame

    def share(self, age: int) -> Share:
        row = self.curve.loc[age]
        return Share(float(row["survival"]), float(row["variance"]), int(row["at_risk"]))

    @property
    def events(self) -> int:
        return int(self.curve["events"].sum())

    @property
    def at_risk(self) -> int:
        return int(self.curve["at_risk"].iloc[-1])


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
    inverting that interval (STATISTICS.md, sections 1.4 and 6). The verdict is "not testable" with fewer than 10 customers
    or 5 still watched at the horizon in a group, with fewer than 5 churns in all, or when portfolios rather than customers
    were given the factor.

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> finding = compare(open_ledger(as_of="2025-12-31"), "personalised_demo", randomised=True)
    >>> finding.verdict.kind
    'supports'
    """
    _check_options(outcome, horizon, direction, margin, level)
    values = attribute(ledger.customers, factor, "factor")
    treated, labels = _split(factor, values, reference)
    groups = _groups(ledger, treated, labels, horizon)
    shares = [group.share(horizon) for group in groups]
    refusal = _refusal(ledger, groups, treated, horizon)
    shown = min(group.n for group in groups) >= _LEAST_SHOWN and not any(math.isnan(share.value) for share in shares)
    nothing = Contrast(math.nan, math.nan, math.nan, math.nan)
    contrast = retention_difference(*shares, level=level) if shown else nothing
    sign = _DIRECTIONS[direction]
    smallest = MARGINS[outcome] if margin is None else margin
    verdict = refusal
    if verdict is None:
        wide = retention_difference(*shares, level=2 * level - 1)
        verdict = _verdict(contrast, wide, sign, smallest, 1 - level, randomised)
    return Finding(
        factor=factor,
        outcome=outcome,
        horizon=horizon,
        estimate=contrast.estimate,
        low=contrast.low,
        high=contrast.high,
        p_value=math.nan if refusal else contrast.p_value,
        level=level,
        margin=smallest,
        direction=sign,
        arms=tuple(_arm(group, share, level) for group, share in zip(groups, shares, strict=True)),
        verdict=verdict,
        rule=Message(f"rule.compare.{outcome}", {"horizon": horizon, "level": level, "as_of": ledger.as_of}),
        curves=_curves(groups, level),
        randomised=randomised,
        needed=_needed(contrast, smallest, level, sum(group.n for group in groups)),
        excluded=_excluded(factor, values),
        warnings=_warnings(factor, values, randomised),
    )


def _check_options(outcome: str, horizon: int, direction: str, margin: float | None, level: float) -> None:
    for name, value, legal in (("outcome", outcome, list(MARGINS)), ("direction", direction, list(_DIRECTIONS))):
        if value not in legal:
            raise OptionError("error.option", name=name, value=str(value), legal=legal)
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise OptionError("error.horizon", value=horizon)
    if margin is not None and not 0 < margin < 1:
        raise OptionError("error.margin", value=margin)
    if not 0.5 < level < 1:
        raise OptionError("error.level", value=level)


def _split(factor: str, values: pd.Series, reference: Any) -> tuple[pd.Series, tuple[Message, Message]]:
    """Return who is in the group with the factor (missing: in neither), and how both groups are called."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        raise ImmortalTimeError("error.immortal_time", factor=factor)
    found = sorted(values.dropna().unique().tolist(), key=lambda value: (str(type(value)), value))
    if len(found) != 2:
        raise FactorError("error.factor_values", factor=factor, n=len(found), found=found[:6])
    base = found[0] if reference is None else reference
    if base not in found:
        raise FactorError("error.factor_reference", factor=factor, value=str(reference), found=found)
    other = found[1] if base == found[0] else found[0]
    treated = (values == other).astype("boolean").mask(values.isna())
    return treated, (_label(factor, other), _label(factor, base))


def _label(factor: str, value: Any) -> Message:
    if not isinstance(value, bool):
        return Message("factor.value", {"factor": factor, "value": str(value)})
    side = "with" if value else "without"
    known = f"factor.{factor}.{side}"
    return Message(known) if has_message(known) else Message(f"factor.any.{side}", {"factor": factor})


def _groups(ledger: Ledger, treated: pd.Series, labels: tuple[Message, Message], horizon: int) -> tuple[_Group, _Group]:
    lives = ledger.engine.lives(ledger.book)
    churned = lives.churned >= 0
    age = np.where(churned, lives.churned, lives.watched)

    def group(side: bool, label: Message) -> _Group:
        among = (treated == side).fillna(False).to_numpy(bool)
        curve = kaplan_meier(age[among], churned[among], horizon=horizon)
        longest = np.sort(age[among])[-_LEAST_WATCHED:]
        return _Group(label, int(among.sum()), int(longest[0]) if len(longest) == _LEAST_WATCHED else 0, curve)

    return group(True, labels[0]), group(False, labels[1])


def _refusal(ledger: Ledger, groups: tuple[_Group, _Group], treated: pd.Series, horizon: int) -> Verdict | None:
    """Return why the question cannot be judged with these data and what would change that; None if it can."""
    smallest = min(groups, key=lambda group: group.n)
    if smallest.n < _LEAST_JUDGED:
        fields = {"group": smallest.label, "n": smallest.n, "least": _LEAST_JUDGED}
        return _not_testable("few_customers", **fields)
    if min(group.at_risk for group in groups) < _LEAST_WATCHED:
        longest = min(group.longest for group in groups)
        fields = {"horizon": horizon, "least": _LEAST_WATCHED, "longest": longest}
        return _not_testable("short_follow_up" if longest else "no_follow_up", **fields)
    events = sum(group.events for group in groups)
    if events < _LEAST_CHURN:
        return _not_testable("few_churns", events=events, horizon=horizon, least=_LEAST_CHURN)
    between = _between_portfolios(ledger, treated)
    if between > _BETWEEN:
        return _not_testable("by_portfolio", share=between, portfolio=PORTFOLIO)
    return None


def _not_testable(reason: str, **fields: Any) -> Verdict:
    return Verdict(
        "not_testable", Message(f"reason.untestable.{reason}", fields), Message(f"remedy.untestable.{reason}", fields)
    )


def _between_portfolios(ledger: Ledger, treated: pd.Series) -> float:
    """Return the share of the factor's variance that lies between portfolios; 0 without portfolios."""
    if ledger.customers is None or PORTFOLIO not in ledger.customers:
        return 0.0
    table = pd.DataFrame({"treated": treated, "portfolio": ledger.customers[PORTFOLIO]}).dropna()
    given = table["treated"].astype(float)
    if given.nunique() < 2 or table["portfolio"].nunique() in {1, len(table)}:
        return 0.0
    means = given.groupby(table["portfolio"]).transform("mean")
    return float(means.var(ddof=0) / given.var(ddof=0))


def _verdict(contrast: Contrast, wide: Contrast, sign: int, margin: float, alpha: float, randomised: bool) -> Verdict:
    """Return the verdict of STATISTICS.md section 6; what nobody drew or adjusted for decides nothing.

    `wide` is the contrast with the one-sided limit at `alpha`: its far end below the margin excludes an effect that
    matters.
    """
    low, high = sorted((sign * contrast.low, sign * contrast.high))
    at_least = Message("nuance.at_least_margin", {"margin": margin})
    furthest = max(sign * wide.low, sign * wide.high)
    if high < 0:
        found = Verdict("contradicts")
    elif furthest < margin:
        found = Verdict("does_not_support", nuance=Message("nuance.smaller_exists") if low > 0 else None)
    elif low > 0 and contrast.p_value <= alpha:
        found = Verdict("supports", nuance=at_least if low >= margin else None)
    else:
        return Verdict("inconclusive", Message("reason.inconclusive.both"))
    if not randomised:
        return Verdict("inconclusive", Message("reason.inconclusive.not_adjusted"))
    return found


def _arm(group: _Group, share: Share, level: float) -> Arm:
    low, high = _limits(share, level)
    return Arm(group.label, group.n, group.events, group.at_risk, share.value, low, high)


def _limits(share: Share, level: float) -> tuple[float, float]:
    from scipy.stats import norm

    if math.isnan(share.value) or share.n_eff == 0:
        return math.nan, math.nan
    return share.limits(float(norm.ppf((1 + level) / 2)))


def _curves(groups: tuple[_Group, _Group], level: float) -> pd.DataFrame:
    rows = []
    for number, group in enumerate(groups):
        for age in group.curve.index:
            share = group.share(age)
            low, high = _limits(share, level)
            rows.append((number, int(age), share.value, low, high, share.at_risk))
    return pd.DataFrame(rows, columns=["group", "age", "value", "low", "high", "at_risk"])


def _needed(contrast: Contrast, margin: float, level: float, n: int) -> int | None:
    """Return how many customers, split and watched like these, would show `margin` with 80 % power; None if these do."""
    from scipy.stats import norm

    if math.isnan(contrast.low):
        return None
    error = (contrast.high - contrast.low) / (2 * float(norm.ppf((1 + level) / 2)))
    needed = math.ceil(n * (_DETECTABLE * error / margin) ** 2 / 10) * 10
    return needed if needed > n else None


def _excluded(factor: str, values: pd.Series) -> tuple[Message, ...]:
    missing = int(values.isna().sum())
    return (Message("excluded.no_factor", {"n": missing, "factor": factor}),) if missing else ()


def _warnings(factor: str, values: pd.Series, randomised: bool) -> tuple[Message, ...]:
    if randomised or not pd.api.types.is_bool_dtype(values.dropna().infer_objects().dtype):
        return ()
    return (Message("warning.may_come_later", {"factor": factor}),)
