"""What a study could find, before its numbers are seen: a row a comparison, set against what matters."""

import math
from dataclasses import replace

import numpy as np

from retention_kit.hypotheses.early import early_churn_finding
from retention_kit.hypotheses.portfolios import portfolios
from retention_kit.hypotheses.question import MONEY, SURVIVAL, Question
from retention_kit.hypotheses.refusals import dilution, refusal
from retention_kit.hypotheses.sampling import Sample
from retention_kit.hypotheses.survivors import Survivors
from retention_kit.ledger import Ledger
from retention_kit.results import Arm, Power, PowerTable, Verdict
from retention_kit.studies.asking import question, sample
from retention_kit.studies.detecting import Detectable, detectable, detectable_early, expected_at_risk
from retention_kit.studies.hypothesis import Hypothesis, about
from retention_kit.studies.sample_sizes import errors_apart
from retention_kit.subjects import subjects
from retention_kit.wording import Message


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
    samples = [(each, sample(ledger, each.factor, each.arguments)) for each in hypotheses]
    comparisons = sum(1 if some is None else len(some.labels) - 1 for _, some in samples)
    errors = errors_apart(alpha / max(comparisons, 1))
    rows = [row for each, some in samples for row in _rows(ledger, each, some, errors)]
    grouped = any(each.arguments["cluster"] for each in hypotheses)
    notes = [Message("power.note.clustered")] if grouped else []
    notes += [note for each, some in samples if some is not None for note in _dilutions(ledger, each, some)]
    return PowerTable(tuple(rows), alpha, max(comparisons, 1), tuple(notes))


def _rows(ledger: Ledger, hypothesis: Hypothesis, entering: Sample | None, errors: float) -> list[Power]:
    asked = question(ledger, hypothesis.factor, hypothesis.arguments)
    if entering is None:
        return [_early(ledger, hypothesis, asked, errors)]
    rows = []
    for code in range(1, len(entering.labels)):
        pair = entering.pair(code)
        row = _of_pair(ledger, hypothesis, asked, pair, errors)
        rows.append(row if row.enough else replace(row, better=_better(ledger, hypothesis, code, row, errors)))
    return rows


def _dilutions(ledger: Ledger, hypothesis: Hypothesis, entering: Sample) -> list[Message]:
    """Return the warnings that come with an answer about groups that were drawn and are mostly locked."""
    asked = question(ledger, hypothesis.factor, hypothesis.arguments)
    pairs = [entering.pair(code) for code in range(1, len(entering.labels))]
    judged = [pair for pair in pairs if _refused(hypothesis, asked, pair) is None]
    told = [dilution(asked, pair) for pair in judged]
    return [Message("power.note.of", {"hypothesis": hypothesis.name, "note": note}) for note in told if note]


def _early(ledger: Ledger, hypothesis: Hypothesis, asked: Question, errors: float) -> Power:
    clock = hypothesis.arguments["clock"]
    who = subjects(ledger, clock=clock)
    verdict = early_churn_finding(ledger, asked, clock).verdict
    refused = verdict if verdict.kind == "not_testable" else None
    found, everybody = detectable_early(asked, who, errors), Message("power.who.all", {"n": len(who.age)})
    return _row(ledger, hypothesis, asked, found, everybody, (len(who.age),), asked.matters(0.0), refused)


def _of_pair(ledger: Ledger, hypothesis: Hypothesis, asked: Question, pair: Sample, errors: float) -> Power:
    n = int(pair.treated.sum()), int((~pair.treated).sum())
    reference, treated = pair.labels
    who = Message("power.who.groups", {"n": n[0], "treated": treated, "n_reference": n[1], "reference": reference})
    refused = _refused(hypothesis, asked, pair)
    found = detectable(asked, pair, errors)
    return _row(ledger, hypothesis, asked, found, who, n, asked.matters(_starting(asked, pair)), refused)


def _refused(hypothesis: Hypothesis, asked: Question, pair: Sample) -> Verdict | None:
    """Return why the comparison will not be judged, as far as that can be told without the outcome by group."""
    foreseen = refusal(asked, pair, _foreseen_arms(asked, pair))
    units = portfolios(pair, hypothesis.arguments["cluster"])
    return foreseen or (units.refusal(pair) if units else None)


def _foreseen_arms(asked: Question, pair: Sample) -> tuple[Arm, Arm]:
    """Return both groups as they would be if they left as all customers together do."""
    arms = []
    for some, label in ((pair.treated, pair.labels[1]), (~pair.treated, pair.labels[0])):
        arm = pair.outcome.arm(some, label, asked.level)
        if isinstance(pair.outcome, Survivors):
            arm = replace(arm, at_risk=round(expected_at_risk(asked, pair, some)))
        arms.append(replace(arm, value=math.nan, low=math.nan, high=math.nan))
    return arms[0], arms[1]


def _row(
    ledger: Ledger,
    hypothesis: Hypothesis,
    asked: Question,
    found: Detectable,
    who: Message,
    n: tuple[int, ...],
    margin: float,
    refused: Verdict | None,
) -> Power:
    return Power(
        hypothesis=hypothesis.name,
        outcome=asked.outcome,
        about=about(ledger, asked.measured or asked.outcome, hypothesis.arguments),
        who=who,
        n=n,
        events=found.events,
        detectable=math.nan if refused else found.value,
        margin=margin,
        method=found.method,
        attainable=found.attainable,
        currency=ledger.currency,
        refused=refused,
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
        # a margin is of the scale of its own outcome
        arguments = {**hypothesis.arguments, "outcome": outcome, "margin": None}
        if outcome != row.outcome:
            asked = question(ledger, hypothesis.factor, arguments)
            pair = sample(ledger, hypothesis.factor, arguments).pair(code)
            others.append(_of_pair(ledger, hypothesis, asked, pair, errors))
    usable = [other for other in others if other.attainable and other.detectable > 0]
    best = min(usable, key=_reach, default=None)
    return best if best and not _reach(best) >= _reach(row) else None


def _reach(row: Power) -> float:
    """How many times what matters a difference must be to be found."""
    return row.detectable / row.margin
