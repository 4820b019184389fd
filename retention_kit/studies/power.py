"""What a study could find, before its numbers are seen: a row a comparison, set against what matters."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from retention_kit.hypotheses.question import EARLY, MONEY, SURVIVAL, Question, kind_of_outcome
from retention_kit.hypotheses.refusals import locked
from retention_kit.hypotheses.sampling import Sample, drawn
from retention_kit.ledger import Ledger
from retention_kit.results import Power, PowerTable
from retention_kit.studies.detecting import Detectable, detectable, detectable_early
from retention_kit.studies.hypothesis import Hypothesis
from retention_kit.studies.sample_sizes import errors_apart
from retention_kit.subjects import subjects
from retention_kit.verdicts import LEAST_JUDGED, MOST_LOCKED
from retention_kit.wording import Message

_SAMPLING = ("reference", "landmark", "clock", "measured_at")


def power_table(ledger: Ledger, hypotheses: tuple[Hypothesis, ...], alpha: float) -> PowerTable:
    """Return what each comparison of a study could find.

    Parameters
    ----------
    ledger : Ledger
    hypotheses : tuple of Hypothesis
    alpha : float
        Of the whole study. Each comparison is held to ``alpha / comparisons``, the first step of Holm's correction: the
        later steps ask for less.

    Notes
    -----
    Retention by the normal formula and RMST by 2.80 errors, both with Greenwood's variance at the pooled
    hazard and each group's own follow-up; money by 2.80 median errors under permuted groups; early churn by
    Schoenfeld's number of churns; measured values by their pooled spread (docs/studies.md).
    """
    samples = [(each, _sample(ledger, each, _question(ledger, each))) for each in hypotheses]
    comparisons = sum(1 if sample is None else len(sample.labels) - 1 for _, sample in samples)
    errors = errors_apart(alpha / max(comparisons, 1))
    rows = [row for each, sample in samples for row in _rows(ledger, each, sample, errors)]
    grouped = any(each.arguments["cluster"] for each in hypotheses)
    notes = (Message("power.note.clustered"),) if grouped else ()
    return PowerTable(tuple(rows), alpha, max(comparisons, 1), notes)


def about(ledger: Ledger, outcome: str, arguments: Mapping[str, Any]) -> Message:
    """Return an outcome in words."""
    kind, measured = kind_of_outcome(outcome, ledger.customers)
    if measured:
        return Message("study.outcome.measured", {"name": measured})
    return Message(f"study.outcome.{kind}", {"horizon": arguments["horizon"], "window": arguments["window"]})


def _question(ledger: Ledger, hypothesis: Hypothesis, outcome: str | None = None) -> Question:
    asked = hypothesis.arguments
    kind, measured = kind_of_outcome(outcome or asked["outcome"], ledger.customers)
    same = {name: asked[name] for name in ("horizon", "direction", "level", "randomised", "window", "seed")}
    margin = asked["margin"] if outcome is None else None
    return Question(factor=hypothesis.factor, outcome=kind, measured=measured, margin=margin, **same)


def _sample(ledger: Ledger, hypothesis: Hypothesis, asked: Question) -> Sample | None:
    if asked.outcome == EARLY:
        return None
    how = {name: hypothesis.arguments[name] for name in _SAMPLING}
    how["measured_at"] = how["measured_at"] or {}
    return drawn(ledger, asked, seen_from_start=False, **how)


def _rows(ledger: Ledger, hypothesis: Hypothesis, sample: Sample | None, errors: float) -> list[Power]:
    asked = _question(ledger, hypothesis)
    if sample is None:
        who = subjects(ledger, landmark=hypothesis.arguments["landmark"] or 0, clock=hypothesis.arguments["clock"])
        found = detectable_early(asked, who, errors)
        everybody = Message("power.who.all", {"n": len(who.age)})
        return [_row(ledger, hypothesis, asked, found, everybody, (len(who.age),), asked.matters(0.0))]
    rows = []
    for code in range(1, len(sample.labels)):
        pair = sample.pair(code)
        row = _of_pair(ledger, hypothesis, asked, pair, errors)
        rows.append(row if row.enough else replace(row, better=_better(ledger, hypothesis, code, row, errors)))
    return rows


def _of_pair(ledger: Ledger, hypothesis: Hypothesis, asked: Question, pair: Sample, errors: float) -> Power:
    n = int(pair.treated.sum()), int((~pair.treated).sum())
    reference, treated = pair.labels
    who = Message("power.who.groups", {"n": n[0], "treated": treated, "n_reference": n[1], "reference": reference})
    found = detectable(asked, pair, errors)
    if min(n) < LEAST_JUDGED or _locked(asked, pair):
        found = replace(found, value=math.nan)
    return _row(ledger, hypothesis, asked, found, who, n, asked.matters(_starting(asked, pair)))


def _locked(asked: Question, pair: Sample) -> bool:
    """Whether most of them have contracts that cannot end in time: then no verdict will be given."""
    return locked(asked, pair.subjects.term, pair.outcome)[0] > MOST_LOCKED


def _row(
    ledger: Ledger,
    hypothesis: Hypothesis,
    asked: Question,
    found: Detectable,
    who: Message,
    n: tuple[int, ...],
    margin: float,
) -> Power:
    return Power(
        hypothesis=hypothesis.name,
        outcome=asked.outcome,
        about=about(ledger, asked.measured or asked.outcome, hypothesis.arguments),
        who=who,
        n=n,
        events=found.events,
        detectable=found.value,
        margin=margin,
        method=found.method,
        attainable=found.attainable,
        currency=ledger.currency,
    )


def _starting(asked: Question, pair: Sample) -> float:
    """Return the mean starting MRR of those who enter, from which the margin of spend follows."""
    if asked.outcome != "spend" or not len(pair):
        return 0.0
    return float(np.mean(pair.outcome.path(0)))


def _better(ledger: Ledger, hypothesis: Hypothesis, code: int, row: Power, errors: float) -> Power | None:
    """Return the same hypothesis with the outcome that comes closest to what matters, if one comes closer."""
    if row.outcome not in (*MONEY, *SURVIVAL):
        return None
    others = []
    for outcome in SURVIVAL:
        asked = _question(ledger, hypothesis, outcome)
        pair = _sample(ledger, hypothesis, asked).pair(code)
        if outcome != row.outcome:
            others.append(_of_pair(ledger, hypothesis, asked, pair, errors))
    usable = [other for other in others if other.attainable and other.detectable > 0]
    best = min(usable, key=_reach, default=None)
    return best if best and not _reach(best) >= _reach(row) else None


def _reach(row: Power) -> float:
    """How many times what matters a difference must be to be found."""
    return row.detectable / row.margin
