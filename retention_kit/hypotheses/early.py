"""Do customers leave soon after they begin? Churn a month early against later: a question about all of them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from retention_kit.contrasts import Contrast
from retention_kit.hypotheses.averages import CURVE
from retention_kit.hypotheses.question import Question
from retention_kit.hypotheses.refusals import survivors_only, uncounted
from retention_kit.hypotheses.sampling import clock_rule
from retention_kit.intervals import wilson
from retention_kit.ledger import Ledger
from retention_kit.results import Arm, Finding, Line, Verdict
from retention_kit.subjects import Subjects, subjects
from retention_kit.survival import EarlyChurn, early_churn
from retention_kit.verdicts import LEAST_CHURNS, LEAST_JUDGED, LEAST_WATCHED, Evidence, judge, not_testable
from retention_kit.wording import Message


def early_churn_finding(ledger: Ledger, asked: Question, clock: str | None) -> Finding:
    """Return how much likelier customers are to leave in a month of the first ones than in a later one."""
    who = subjects(ledger, clock=clock)
    found = _measured(asked, who)
    margin, contrast = asked.matters(math.nan), _contrast(found, asked.level)
    withheld = survivors_only(asked, ledger)
    refused = withheld or _refusal(asked, who, found)
    p_value = math.nan if refused else found.p_value
    method = Message("method.snapshot" if withheld else "method.early_churn")
    n = int(_compared(who, found).sum())
    finding = Finding(
        factor=None,
        outcome=asked.outcome,
        horizon=asked.horizon,
        estimate=contrast.estimate,
        low=contrast.low,
        high=contrast.high,
        p_value=p_value,
        p_adjusted=p_value,
        level=asked.level,
        margin=margin,
        direction=asked.sign,
        arms=_arms(asked, who, found),
        verdict=refused or _judged(asked, found, margin),
        rule=_rule(ledger, asked, method, clock),
        curves=_by_month(asked, who),
        randomised=True,  # nobody is in a group: there is nothing to draw or to adjust for
        excluded=(*who.excluded, *_not_compared(asked, found, len(who) - n)),
        warnings=_warnings(who, _compared(who, found)),
        lines=(_line(asked, found, p_value, n, method),),
        window=asked.window,
        currency=ledger.currency,
    )
    return _without_numbers(finding) if withheld else finding


def _without_numbers(finding: Finding) -> Finding:
    """Return the finding with nothing computed, as whatever came out would be about survivors only."""
    unknown = dict.fromkeys(("estimate", "low", "high", "p_value"), math.nan)
    [line] = finding.lines
    return replace(
        finding,
        **unknown,
        p_adjusted=math.nan,
        arms=tuple(map(uncounted, finding.arms)),
        curves=finding.curves.iloc[:0],
        lines=(replace(line, **unknown, events=math.nan),),
    )


def _measured(asked: Question, who: Subjects) -> EarlyChurn:
    span = {"window": asked.window, "horizon": asked.horizon}
    return early_churn(who.age, who.churned, who.term, entry=who.entry, shift=who.elapsed, level=asked.level, **span)


def _compared(who: Subjects, found: EarlyChurn) -> np.ndarray:
    """Return who has a contract of a length that is compared; everybody where nothing can be."""
    return np.ones(len(who), bool) if math.isnan(found.ratio) else np.isin(who.term, found.compared_terms)


def _not_compared(asked: Question, found: EarlyChurn, n: int) -> tuple[Message, ...]:
    """Say how many customers, and how many churns, are in no comparison."""
    events = found.early[0] + found.late[0] - sum(stretch.events for stretch in found.compared)
    if not n and not events:
        return ()
    return (Message("excluded.not_compared", {"n": n, "events": events, **_stretches(asked)}),)


def _stretches(asked: Question) -> dict[str, Message]:
    """Name the first months and the later ones."""
    return {"early": _months(1, asked.window), "later": _months(asked.window + 1, asked.horizon)}


def _months(first: int, last: int) -> Message:
    return Message("factor.month" if first == last else "factor.months", {"first": first, "last": last})


def _rule(ledger: Ledger, asked: Question, method: Message, clock: str | None) -> Message:
    fields = {**_stretches(asked), "level": asked.level, "as_of": ledger.as_of}
    return Message("rule.compare.early_churn", {**fields, "method": method, "clock": clock_rule(None, clock)})


def _line(asked: Question, found: EarlyChurn, p_value: float, n: int, method: Message) -> Line:
    label = Message("line.early_churn", {"window": asked.window})
    at, events = _contrast(found, asked.level), sum(stretch.events for stretch in found.compared)
    return Line("decides", label, at.estimate, at.low, at.high, p_value, n, math.nan, method, events)


def _contrast(found: EarlyChurn, level: float) -> Contrast:
    low, high = found.interval(level)
    return Contrast(found.ratio, low, high, found.p_value)


def _refusal(asked: Question, who: Subjects, found: EarlyChurn) -> Verdict | None:
    if len(who) < LEAST_JUDGED:
        return not_testable("few_customers_in_all", n=len(who), least=LEAST_JUDGED)
    if int((~_unwatched(who, asked.horizon)).sum()) < LEAST_WATCHED:
        return _short_follow_up(asked, who)
    events = found.early[0] + found.late[0]
    few = {"horizon": asked.horizon, "least": LEAST_CHURNS}
    if events < LEAST_CHURNS:
        return not_testable("few_churns_in_all", events=events, **few)
    if math.isnan(found.ratio):
        return not_testable("no_month_at_risk", window=asked.window, horizon=asked.horizon)
    events = sum(stretch.events for stretch in found.compared)
    return not_testable("few_churns_compared", events=events, **few) if events < LEAST_CHURNS else None


def _unwatched(who: Subjects, age: int) -> np.ndarray:
    return (who.entry >= age) | (who.age < age)


def _short_follow_up(asked: Question, who: Subjects) -> Verdict:
    """Name the longest horizon that can be judged, and a shorter window where it would leave nothing later."""
    ages = range(1, int(who.age.max()) + 1)
    longest = max((age for age in ages if (~_unwatched(who, age)).sum() >= LEAST_WATCHED), default=0)
    fields = {"horizon": asked.horizon, "least": LEAST_WATCHED, "longest": longest, "window": asked.window}
    if longest > asked.window:
        return not_testable("short_follow_up_in_all", **fields)
    return not_testable("short_follow_up_for_window" if longest > 1 else "no_follow_up_in_all", **fields)


def _judged(asked: Question, found: EarlyChurn, margin: float) -> Verdict:
    """Judge on the log scale, where 0 is as likely early as late."""

    def logged(level: float) -> Contrast:
        at = _contrast(found, level)
        return Contrast(*(_log(limit) for limit in (at.estimate, at.low, at.high)), at.p_value)

    level = asked.level
    return judge(
        Evidence(logged(level), logged(2 * level - 1), asked.sign, math.log(margin), asked.alpha, said_margin=margin)
    )


def _log(ratio: float) -> float:
    return math.log(ratio) if ratio > 0 else -math.inf


def _arms(asked: Question, who: Subjects, found: EarlyChurn) -> tuple[Arm, Arm]:
    """Return both stretches as far as they are compared, so that one value divided by the other is the ratio."""
    spans = ((1, asked.window), (asked.window + 1, asked.horizon))
    arms = []
    for stretch, (first, last) in zip(found.compared, spans, strict=True):
        watched = int((_compared(who, found) & (who.age >= first) & (who.entry < last)).sum())
        share = _share(stretch.rate, stretch.worth, asked.level)
        arms.append(Arm(_months(first, last), watched, stretch.events, stretch.months, *share))
    return tuple(arms)


def _share(rate: float, months: float, level: float) -> tuple[float, float, float]:
    """Return churns a month at risk with Wilson's limits."""
    from scipy.stats import norm

    if not months:
        return math.nan, math.nan, math.nan
    return rate, *wilson(rate, months, float(norm.ppf((1 + level) / 2)))


def _by_month(asked: Question, who: Subjects) -> pd.DataFrame:
    """Return churns a month at risk at every age."""
    rows = []
    for age in range(1, asked.horizon + 1):
        gone = who.churned & (who.age == age)
        at_risk = int((~_unwatched(who, age) & (((age + who.elapsed) % who.term == 0) | gone)).sum())
        rows.append((age, *_share(gone.sum() / max(at_risk, 1), at_risk, asked.level), at_risk))
    return pd.DataFrame(rows, columns=CURVE).assign(group=0)[["group", *CURVE]]


def _warnings(who: Subjects, compared: np.ndarray) -> tuple[Message, ...]:
    share = float((who.term[compared] > 1).mean()) if compared.any() else 0.0
    return (*who.notes, *([Message("warning.months_at_risk", {"share": share})] if share else ()))
