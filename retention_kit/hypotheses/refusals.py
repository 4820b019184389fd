"""When a question cannot be judged with these data, why, and what would change that."""

import math
from typing import Any

import numpy as np

from retention_kit.hypotheses.averages import Averages
from retention_kit.hypotheses.question import MONEY, Question
from retention_kit.hypotheses.sampling import Sample
from retention_kit.hypotheses.survivors import Survivors
from retention_kit.ledger import Ledger, snapshot_seen
from retention_kit.results import Arm, Verdict
from retention_kit.subjects import Subjects
from retention_kit.verdicts import (
    FEW_EQUAL,
    LEAST_CHURNS,
    LEAST_EQUAL,
    LEAST_JUDGED,
    LEAST_WATCHED,
    MOST_LOCKED,
    MOST_OF_ONE,
    not_testable,
)
from retention_kit.wording import Message


def refusal(asked: Question, sample: Sample, arms: tuple[Arm, Arm]) -> Verdict | None:
    """Return the verdict that two groups cannot be compared on this, with the way out; None if they can.

    Parameters
    ----------
    arms : tuple of two Arm
        The group with the factor, then the reference.
    """
    return (
        survivors_only(asked, sample.ledger)
        or _few_customers(sample, arms)
        or _short_follow_up(asked, sample, arms)
        or _late_entry(asked, sample)
        or _locked(asked, sample, arms)
        or _few_churns(asked, arms)
        or _few_accounts(asked, arms)
        or _few_changes(asked, sample)
    )


def survivors_only(asked: Question, ledger: Ledger) -> Verdict | None:
    """Return the refusal where the export lacks who was lost earlier: nobody can be followed from their start.

    What was measured once of those who are there is no such question, and gets a warning instead (`cautions`).
    """
    seen = snapshot_seen(ledger)
    if seen is None or asked.measured is not None:
        return None
    return Verdict("not_testable", reason=seen.fields["reason"], remedy=seen.fields["remedy"])


def uncounted(arm: Arm) -> Arm:
    """Return a group of which nothing is told but how many customers it has."""
    return Arm(arm.label, arm.n, *[math.nan] * 5)


def _few_customers(sample: Sample, arms: tuple[Arm, Arm]) -> Verdict | None:
    smallest = min(arms, key=lambda arm: arm.n)
    if smallest.n >= LEAST_JUDGED:
        return None
    late = any(said.key == "excluded.delayed_money" for said in sample.excluded)
    reason = "few_customers_landmark" if sample.landmark else "few_starts" if late else "few_customers"
    return not_testable(reason, group=smallest.label, n=smallest.n, least=LEAST_JUDGED, landmark=sample.landmark)


def _short_follow_up(asked: Question, sample: Sample, arms: tuple[Arm, Arm]) -> Verdict | None:
    if not isinstance(sample.outcome, Survivors) or min(arm.at_risk for arm in arms) >= LEAST_WATCHED:
        return None
    longest = min(sample.outcome.longest(some, LEAST_WATCHED) for some in (sample.treated, ~sample.treated))
    reason = "short_follow_up" if longest else "no_follow_up"
    return not_testable(reason, horizon=asked.horizon, least=LEAST_WATCHED, longest=longest)


def _late_entry(asked: Question, sample: Sample) -> Verdict | None:
    """Watching began so late that hardly anybody was seen young."""
    if not isinstance(sample.outcome, Survivors) or not sample.outcome.entry.any():
        return None
    if min(sample.outcome.fewest(some) for some in (sample.treated, ~sample.treated)) >= LEAST_WATCHED:
        return None
    return not_testable("late_entry", horizon=asked.horizon, least=LEAST_WATCHED)


def _locked(asked: Question, sample: Sample, arms: tuple[Arm, Arm]) -> Verdict | None:
    """Most of them have contracts that could not end in time for the outcome to tell.

    Groups that were drawn are compared all the same, unless hardly anybody could leave at all.
    """
    share, horizon = locked(asked, sample.subjects, sample.outcome)
    if share <= MOST_LOCKED or (asked.randomised and not _few_churns(asked, arms)):
        return None
    return not_testable(_kind(asked), share=share, horizon=asked.horizon, longest=horizon)


def locked(asked: Question, who: Subjects, outcome: Survivors | Averages) -> tuple[float, int]:
    """Return the share of customers whose contracts end too late to tell, and the shortest horizon where half do not.

    A contract of `term` months first ends ``term - elapsed % term`` months after the zero of the clock, where `elapsed`
    is how long it had run by then: an annual contract after 12 months, or after 9 when looked at from the age of 3.
    For retention, NRR and the like a contract tells when it ends by the horizon. For months of life it tells when at
    least a quarter of the horizon's months lie at or after that end: leaving then can take no other months, and a large
    difference in who leaves would make a small one in months. An annual contract tells from a horizon of 16 months on.

    Money is known only of those watched up to the horizon: the one that is named is judged on those who would be left.
    """
    if not len(who) or (not isinstance(outcome, Survivors) and asked.outcome not in MONEY):
        return 0.0, asked.horizon
    ends = who.term - who.elapsed % who.term
    enough = -(-4 * ends // 3) if asked.outcome == "rmst" else ends
    judged = (months for months in np.unique(enough).tolist() if _tells(asked, who, enough, months))
    return float((enough > asked.horizon).mean()), next(judged, int(np.sort(enough)[(len(enough) - 1) // 2]))


def bound(asked: Question, sample: Sample) -> dict[str, Any] | None:
    """Return how many are locked where they are most of groups that were drawn: an answer, but a diluted one."""
    share, longest = locked(asked, sample.subjects, sample.outcome)
    if not asked.randomised or share <= MOST_LOCKED:
        return None
    n = len(sample)
    return {"n": round(share * n), "total": n, "others": n - round(share * n)} | {
        "horizon": asked.horizon,
        "longest": longest,
    }


def dilution(asked: Question, sample: Sample) -> Message | None:
    """Return the warning that most of the groups that were drawn are locked, where they are."""
    fields = bound(asked, sample)
    return Message(f"warning.{_kind(asked)}_drawn", fields) if fields else None


def _kind(asked: Question) -> str:
    return "locked_months" if asked.outcome == "rmst" else "locked"


def _tells(asked: Question, who: Subjects, enough: np.ndarray, horizon: int) -> bool:
    """Whether so few are locked at a horizon that it is judged."""
    left = enough[who.follow_up >= horizon] if asked.outcome in MONEY else enough
    return horizon > asked.horizon and len(left) > 0 and float((left > horizon).mean()) <= MOST_LOCKED


def _few_churns(asked: Question, arms: tuple[Arm, Arm]) -> Verdict | None:
    events = sum(arm.events for arm in arms)
    if asked.outcome not in ("retention", "rmst") or events >= LEAST_CHURNS:
        return None
    return not_testable("few_churns", events=events, horizon=asked.horizon, least=LEAST_CHURNS)


def _few_accounts(asked: Question, arms: tuple[Arm, Arm]) -> Verdict | None:
    """One account, or a handful, decides what the ratio of a group is."""
    if asked.outcome not in MONEY:
        return None
    worst = max(arms, key=lambda arm: arm.largest_share)
    if worst.largest_share > MOST_OF_ONE:
        return not_testable("one_account", group=worst.label, share=worst.largest_share)
    fewest = min(arms, key=lambda arm: arm.n_eff)
    if fewest.n_eff < LEAST_EQUAL:
        return not_testable("few_accounts", group=fewest.label, n_eff=fewest.n_eff, least=LEAST_EQUAL)
    return None


def _few_changes(asked: Question, sample: Sample) -> Verdict | None:
    """So few customers lost or added anything that the spread cannot be learnt from them."""
    outcome, reason = sample.outcome, {"grr": "few_grr", "expansion": "few_expansion"}.get(asked.outcome)
    if reason is None:
        return None
    unmoved = outcome.denominator if asked.outcome == "grr" else 0.0
    changed = int((outcome.numerator != unmoved).sum())
    if changed >= LEAST_CHURNS:
        return None
    return not_testable(reason, n=changed, horizon=asked.horizon, least=LEAST_CHURNS)


def cautions(asked: Question, sample: Sample, arms: tuple[Arm, Arm]) -> tuple[Message, ...]:
    """Return what does not forbid a verdict but must be known with it."""
    seen = snapshot_seen(sample.ledger)
    said = [seen] if seen and asked.measured is not None else []
    share, _ = locked(asked, sample.subjects, sample.outcome)
    if diluted := dilution(asked, sample):
        said.append(diluted)
    elif 0 < share <= MOST_LOCKED:
        said.append(Message(f"warning.{_kind(asked)}", {"share": share, "horizon": asked.horizon}))
    for arm in arms:
        if LEAST_EQUAL <= arm.n_eff < FEW_EQUAL:
            fields = {"group": arm.label, "n_eff": arm.n_eff, "share": arm.largest_share}
            said.append(Message("warning.few_accounts_of", fields))
    return tuple(said)
