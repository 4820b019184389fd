"""Whether a hypothesis can be asked of these data at all, and what of it only the data settle; no outcome is told."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from retention_kit.errors import OptionError
from retention_kit.hypotheses.adjusting import asked_for
from retention_kit.hypotheses.answering import Pair
from retention_kit.hypotheses.attributes import ALL_STANDARD
from retention_kit.hypotheses.preparing import prepared
from retention_kit.hypotheses.question import EARLY, Question, kind_of_outcome
from retention_kit.hypotheses.sampling import Sample, drawn
from retention_kit.ledger import Ledger
from retention_kit.studies.hypothesis import ARGUMENTS, Hypothesis, within
from retention_kit.wording import Message
from retention_kit.yaml_files import Place, about_argument

_SAMPLING = ("reference", "landmark", "clock")
_PREPARING = (*_SAMPLING, "adjust", "cluster", "measured_at")
_QUESTION = ("horizon", "direction", "margin", "level", "randomised", "window", "seed")


def question(ledger: Ledger, factor: str | None, arguments: Mapping[str, Any]) -> Question:
    """Return the question that arguments of `compare` ask."""
    kind, measured = kind_of_outcome(arguments["outcome"], ledger.customers)
    return Question(factor=factor, outcome=kind, measured=measured, **{name: arguments[name] for name in _QUESTION})


def covariates_of(ledger: Ledger, factor: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the groups would be made alike in."""
    return asked_for(arguments["adjust"], ledger.customers, factor, arguments["randomised"])


def sample(ledger: Ledger, factor: str | None, arguments: Mapping[str, Any]) -> Sample | None:
    """Return who would enter the comparison; None where all customers are one group."""
    asked = question(ledger, factor, arguments)
    if asked.outcome == EARLY:
        return None
    how = {name: arguments[name] for name in _SAMPLING}
    adjusted = bool(covariates_of(ledger, factor, arguments))
    return drawn(ledger, asked, measured_at=arguments["measured_at"] or {}, seen_from_start=adjusted, **how)


def check_askable(ledger: Ledger, hypothesis: Hypothesis) -> None:
    """Refuse a hypothesis that `compare` could not be asked, beside outcomes and sensitivity runs included.

    Raises
    ------
    OptionError
        The one that `compare` would raise.
    """
    asked = hypothesis.arguments
    _check(ledger, hypothesis.factor, asked)
    for outcome in hypothesis.secondary:
        # a margin is of the scale of its own outcome, and none is asked for where no verdict is given
        within("secondary", _check, ledger, hypothesis.factor, {**asked, "outcome": outcome, "margin": None})
    for changed in hypothesis.sensitivity:
        within("sensitivity", _check, ledger, hypothesis.factor, {**asked, **changed})


def _check(ledger: Ledger, factor: str | None, arguments: Mapping[str, Any]) -> None:
    asked = question(ledger, factor, arguments)
    if asked.outcome == EARLY:
        if factor is not None:
            raise OptionError("error.early_churn_factor", factor=factor, window=asked.window)
        return
    how, entering = prepared(ledger, asked, **{name: arguments[name] for name in _PREPARING})
    for code in range(1, len(entering.labels)):
        pair = Pair(how, entering.pair(code))
        # both refuse columns that were known too late, or that are not there
        _ = pair.table, pair.units


@contextmanager
def told_of(name: str, source: Path | None, lines: Mapping[Place, int]) -> Iterator[None]:
    """Let errors within name the hypothesis, and its line where a file declares it."""
    try:
        yield
    except OptionError as error:
        problem = Message("error.study.hypothesis", {"name": name, "problem": Message(error.key, error.fields)})
        place = ("hypotheses", name)
        argument = (*place, about_argument(error, (*ARGUMENTS, "factor", "secondary", "sensitivity")))
        line = lines.get(argument, lines.get(place))
        if source is None or line is None:
            raise type(error)(problem.key, **problem.fields) from error
        raise type(error)("error.study.line", path=source.name, line=line, problem=problem) from error


def settled(ledger: Ledger, hypotheses: tuple[Hypothesis, ...]) -> dict[str, dict[str, Any]]:
    """Return by hypothesis what only the data settle: the standard attributes that are there, the margin of spend."""
    found = {each.name: _settled(ledger, each) for each in hypotheses}
    return {name: values for name, values in found.items() if values}


def _settled(ledger: Ledger, hypothesis: Hypothesis) -> dict[str, Any]:
    asked, fixed = hypothesis.arguments, {}
    if ALL_STANDARD in hypothesis.protocol()["adjust"]:
        fixed["adjust"] = list(covariates_of(ledger, hypothesis.factor, asked))
    if hypothesis.outcome == "spend" and asked["margin"] is None:
        entering = sample(ledger, hypothesis.factor, asked)
        starting = float(np.mean(entering.outcome.path(0))) if len(entering) else 0.0
        margin = round(question(ledger, hypothesis.factor, asked).matters(starting), 2)
        if margin > 0 and math.isfinite(margin):
            fixed["margin"] = margin
    return fixed


def held(hypotheses: tuple[Hypothesis, ...], fixed: Mapping[str, Mapping[str, Any]]) -> tuple[Hypothesis, ...]:
    """Return the hypotheses with the margins that were fixed when they were locked."""
    margins = {name: values["margin"] for name, values in fixed.items() if "margin" in values}
    return tuple(
        replace(each, arguments={**each.arguments, "margin": margins[each.name]}) if each.name in margins else each
        for each in hypotheses
    )
