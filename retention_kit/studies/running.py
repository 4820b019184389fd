"""A protocol run: primaries decide, corrected for their number; what stands beside decides nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from retention_kit.contrasts.multiplicity import false_discovery, holm
from retention_kit.hypotheses import comparing as engine
from retention_kit.hypotheses.question import NUMBER, kind_of_outcome
from retention_kit.ledger import Ledger
from retention_kit.results import Finding, Findings, Line, Lock
from retention_kit.results.studies import Beside, contrasts_of, varied
from retention_kit.studies.hypothesis import Hypothesis, about
from retention_kit.wording import Message

Answers = Mapping[str, Finding | Findings]


def primaries(ledger: Ledger, declared: Iterable[Hypothesis]) -> tuple[Answers, int]:
    """Return the answer to every hypothesis, judged with Holm's p-values, and how many contrasts shared them."""
    found = {each.name: engine.compare(ledger, each.factor, **each.given()) for each in declared}
    contrasts = [one for answer in found.values() for one in contrasts_of(answer)]
    tested = sum(one.p_value == one.p_value for one in contrasts)
    adjusted = iter(holm([one.p_value for one in contrasts]))
    return {name: _judged(answer, adjusted, tested) for name, answer in found.items()}, tested


def _judged(answer: Finding | Findings, adjusted: Any, tested: int) -> Finding | Findings:
    """Return an answer with the verdicts that its corrected p-values bear; those that were not tested stay."""
    pairs = [(one, float(next(adjusted))) for one in contrasts_of(answer)]
    judged = tuple(engine.judged_again(one, p, tested) if p == p else one for one, p in pairs)
    return replace(answer, items=judged) if isinstance(answer, Findings) else judged[0]


def untested(answers: Answers) -> tuple[Message, ...]:
    """Return how many contrasts could not be tested, which do not count in the correction."""
    contrasts = [one for answer in answers.values() for one in contrasts_of(answer)]
    n = sum(one.p_value != one.p_value for one in contrasts)
    return (Message("study.untested", {"n": n}),) if n else ()


def secondaries(ledger: Ledger, declared: Iterable[Hypothesis]) -> dict[str, tuple[Beside, ...]]:
    """Return the secondary outcomes of every hypothesis, with q-values over all of them."""
    found = []
    for each in declared:
        for outcome in each.secondary:
            named = about(ledger, outcome, each.arguments)
            # compare asks for the margin of a column of numbers, for a verdict that is not shown here
            margin = 1.0 if kind_of_outcome(outcome, ledger.customers)[0] == NUMBER else None
            answer = engine.compare(ledger, each.factor, **each.beside(outcome, margin))
            found += [Beside(each.name, "secondary", named, one) for one in contrasts_of(answer)]
    q_values = false_discovery([one.finding.p_value for one in found])
    return _by_name(replace(one, q_value=float(q)) for one, q in zip(found, q_values, strict=True))


def sensitivities(ledger: Ledger, declared: Iterable[Hypothesis]) -> dict[str, tuple[Beside, ...]]:
    """Return the sensitivity runs of every hypothesis."""
    found = []
    for each in declared:
        for changed in each.sensitivity:
            answer = engine.compare(ledger, each.factor, **each.given(**changed))
            named = varied(changed)
            found += [Beside(each.name, "sensitivity", named, one) for one in contrasts_of(answer)]
    return _by_name(found)


def with_lines(answers: Answers, beside: Mapping[str, tuple[Beside, ...]]) -> dict[str, Finding | Findings]:
    """Return the answers with their sensitivity runs as lines of the forest plot; no verdict changes.

    A run that is not testable is not drawn, nor one at another horizon, which the axis does not name.
    """
    return {name: _with_lines(answer, beside.get(name, ())) for name, answer in answers.items()}


def _with_lines(answer: Finding | Findings, runs: tuple[Beside, ...]) -> Finding | Findings:
    contrasts = contrasts_of(answer)
    # each run has the contrasts of the answer, in their order
    extended = tuple(
        replace(one, lines=(*one.lines, *_drawn(one, runs[place :: len(contrasts)])))
        for place, one in enumerate(contrasts)
    )
    return replace(answer, items=extended) if isinstance(answer, Findings) else extended[0]


def _drawn(one: Finding, runs: tuple[Beside, ...]) -> list[Line]:
    return [_line(run) for run in runs if run.refused is None and run.finding.horizon == one.horizon]


def _line(run: Beside) -> Line:
    found = run.finding
    deciding = found.lines[0] if found.lines else None
    n = deciding.n if deciding else sum(arm.n for arm in found.arms)
    n_eff, method = (deciding.n_eff, deciding.method) if deciding else (float("nan"), found.rule)
    events = sum(arm.events for arm in found.arms)
    limits = (found.estimate, found.low, found.high, found.p_value)
    return Line("sensitivity", run.about, *limits, n, n_eff, method, events)


def notes(lock: Lock | None, look: int) -> tuple[Message, ...]:
    """Return what a lock and a look make worth knowing: a look that is not written, another version of the kit."""
    if lock is None:
        return ()
    unwritten = [Message("study.note.unwritten_look", {"look": look})] if look > len(lock.looks) else []
    ours = version("retention-kit")
    if _series(lock.version) == _series(ours):
        return tuple(unwritten)
    return (*unwritten, Message("study.note.other_version", {"locked": lock.version, "version": ours}))


def _series(text: str) -> str:
    """Return major and minor of a version: within them, methods do not change."""
    return ".".join(text.split(".")[:2])


def _by_name(found: Iterable[Beside]) -> dict[str, tuple[Beside, ...]]:
    several: dict[str, list[Beside]] = {}
    for one in found:
        several.setdefault(one.hypothesis, []).append(one)
    return {name: tuple(some) for name, some in several.items()}
