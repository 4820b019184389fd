"""Do customers leave soon after they begin? Churn a month early against later: a question about all of them."""

import math

import numpy as np
import pandas as pd

from retention_kit.contrasts import Contrast
from retention_kit.hypotheses.averages import CURVE
from retention_kit.hypotheses.question import Question
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
    refused = _refusal(asked, who, found)
    p_value = math.nan if refused else found.p_value
    method = Message("method.early_churn")
    return Finding(
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
        excluded=who.excluded,
        warnings=_warnings(asked, who),
        lines=(_line(asked, contrast, p_value, len(who), method),),
        window=asked.window,
        currency=ledger.currency,
    )


def _measured(asked: Question, who: Subjects) -> EarlyChurn:
    span = {"window": asked.window, "horizon": asked.horizon}
    return early_churn(who.age, who.churned, who.term, entry=who.entry, shift=who.shift, level=asked.level, **span)


def _rule(ledger: Ledger, asked: Question, method: Message, clock: str | None) -> Message:
    fields = {"horizon": asked.horizon, "window": asked.window, "level": asked.level, "as_of": ledger.as_of}
    return Message("rule.compare.early_churn", {**fields, "method": method, "clock": clock_rule(None, clock)})


def _line(asked: Question, found: Contrast, p_value: float, n: int, method: Message) -> Line:
    label = Message("line.early_churn", {"window": asked.window})
    return Line("decides", label, found.estimate, found.low, found.high, p_value, n, math.nan, method)


def _contrast(found: EarlyChurn, level: float) -> Contrast:
    low, high = found.interval(level)
    return Contrast(found.ratio, low, high, found.p_value)


def _refusal(asked: Question, who: Subjects, found: EarlyChurn) -> Verdict | None:
    if len(who) < LEAST_JUDGED:
        return not_testable("few_customers_in_all", n=len(who), least=LEAST_JUDGED)
    at_risk = int(((who.entry < asked.horizon) & (who.age >= asked.horizon)).sum())
    if at_risk < LEAST_WATCHED:
        longest = int(np.sort(who.age)[-LEAST_WATCHED])
        return not_testable("short_follow_up_in_all", horizon=asked.horizon, least=LEAST_WATCHED, longest=longest)
    events = found.early[0] + found.late[0]
    if events < LEAST_CHURNS:
        return not_testable("few_churns_in_all", events=events, horizon=asked.horizon, least=LEAST_CHURNS)
    if math.isnan(found.ratio):
        return not_testable("no_month_at_risk", window=asked.window, horizon=asked.horizon)
    return None


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
    stretches = ((found.early, 1, asked.window), (found.late, asked.window + 1, asked.horizon))
    arms = []
    for (events, months), first, last in stretches:
        label = Message("factor.months", {"first": first, "last": last})
        watched = int(((who.age >= first) & (who.entry < last)).sum())
        arms.append(Arm(label, watched, events, months, *_share(events, months, asked.level)))
    return tuple(arms)


def _share(events: int, months: int, level: float) -> tuple[float, float, float]:
    """Return churns a month at risk with Wilson's limits."""
    from scipy.stats import norm

    if not months:
        return math.nan, math.nan, math.nan
    return events / months, *wilson(events / months, months, float(norm.ppf((1 + level) / 2)))


def _by_month(asked: Question, who: Subjects) -> pd.DataFrame:
    """Return churns a month at risk at every age."""
    rows = []
    for age in range(1, asked.horizon + 1):
        gone = who.churned & (who.age == age)
        at_risk = (who.entry < age) & (who.age >= age) & (((age + who.shift) % who.term == 0) | gone)
        rows.append((age, *_share(int(gone.sum()), int(at_risk.sum()), asked.level), int(at_risk.sum())))
    return pd.DataFrame(rows, columns=CURVE).assign(group=0)[["group", *CURVE]]


def _warnings(asked: Question, who: Subjects) -> tuple[Message, ...]:
    share = float((who.term > 1).mean()) if len(who) else 0.0
    return (*who.notes, *([Message("warning.months_at_risk", {"share": share})] if share else ()))
