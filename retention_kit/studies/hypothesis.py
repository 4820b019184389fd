"""One hypothesis of a protocol: a single primary outcome, every argument written out before the numbers are seen."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Real
from typing import Any

from retention_kit.errors import OptionError
from retention_kit.hypotheses.attributes import ALL_STANDARD, START_MONTH, STARTING_MRR
from retention_kit.hypotheses.question import EARLY, MARGINS, NUMBER, SHARE, Question, kind_of_outcome
from retention_kit.ledger import Ledger
from retention_kit.schema import attribute
from retention_kit.wording import Message

ARGUMENTS: Mapping[str, Any] = {
    "outcome": "retention",
    "horizon": 12,
    "reference": None,
    "randomised": False,
    "adjust": None,
    "cluster": None,
    "landmark": None,
    "clock": None,
    "window": 3,
    "measured_at": None,
    "direction": "more",
    "margin": None,
    "level": 0.95,
    "seed": 0,
}
"""The arguments of `compare` after the factor, with its defaults: the protocol writes them all out."""
VARIED = ("horizon", "landmark", "adjust", "window", "cluster", "clock", "seed")
"""What a sensitivity run may change: how the question is answered, never the question."""
_ONE_VALUE = ("horizon", "landmark", "window", "margin", "direction", "reference", "clock", "cluster")


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of a study.

    Attributes
    ----------
    name : str
    factor : str or None
    arguments : mapping
        Every argument of `compare` after the factor, its default where nothing was said.
    secondary : tuple of str
        Outcomes looked at beside the primary one, which decide nothing.
    sensitivity : tuple of mapping
        Arguments changed one set at a time; what comes out decides nothing.
    """

    name: str
    factor: str | None
    arguments: Mapping[str, Any]
    secondary: tuple[str, ...] = ()
    sensitivity: tuple[Mapping[str, Any], ...] = ()

    @property
    def outcome(self) -> str:
        """The primary outcome."""
        return self.arguments["outcome"]

    @property
    def asks(self) -> tuple[Any, ...]:
        """What makes it the hypothesis that it is; a second horizon or landmark does not make another."""
        return (self.factor, *(self.arguments[name] for name in ("outcome", "reference", "clock")))

    def given(self, **changed: Any) -> dict[str, Any]:
        """Return the arguments for `compare`, those at their default left to it."""
        asked = {**self.arguments, **changed}
        return {name: value for name, value in asked.items() if value != ARGUMENTS[name]}

    def beside(self, outcome: str, margin: float | None = None) -> dict[str, Any]:
        """Return the arguments for a secondary outcome; the primary's margin is of another scale and stays behind."""
        return self.given(outcome=outcome, margin=margin)

    def protocol(self) -> dict[str, Any]:
        """Return what was declared, as plain values, every default that is known without the data written out."""
        varied = [plain(dict(changed)) for changed in self.sensitivity]
        more = {"secondary": list(self.secondary), "sensitivity": varied}
        asked = {**self.arguments, "adjust": self._adjust(), "margin": self._margin()}
        return {"name": self.name, "factor": self.factor, **plain(asked), **more}

    def _adjust(self) -> tuple[str, ...]:
        """Return what is adjusted for, "standard" standing for the usual attributes that are there."""
        if self.arguments["adjust"] is not None:
            return self.arguments["adjust"]
        return () if self.arguments["randomised"] or self.outcome == EARLY else (ALL_STANDARD,)

    def _margin(self) -> float | None:
        """Return the smallest difference that matters; None for spend, whose default rests on the starting MRR."""
        margin, outcome = self.arguments["margin"], self.outcome
        if margin is not None or outcome == "spend":
            return margin
        scale = self.arguments["horizon"] if outcome == "rmst" else 1
        # a column of numbers has no default and was refused without a margin; what is left is a column of yes and no
        return round(MARGINS.get(outcome, MARGINS[SHARE]) * scale, 12)


def about(ledger: Ledger, outcome: str, arguments: Mapping[str, Any]) -> Message:
    """Return an outcome in words."""
    kind, measured = kind_of_outcome(outcome, ledger.customers)
    if measured:
        return Message("study.outcome.measured", {"name": measured})
    return Message(f"study.outcome.{kind}", {"horizon": arguments["horizon"], "window": arguments["window"]})


def plain(value: Any) -> Any:
    """Return the value as JSON and YAML know it; a NumPy number or a tuple is no other protocol."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return plain(value.item()) if hasattr(value, "item") else value


def declared(
    ledger: Ledger,
    name: str,
    factor: str | None,
    arguments: Mapping[str, Any],
    secondary: Any,
    sensitivity: Any,
) -> Hypothesis:
    """Return a hypothesis whose arguments have been checked against the ledger, before any number is seen.

    Raises
    ------
    OptionError
        If an argument is unknown or not one of its legal values; each error has the argument as its field ``name``.
    """
    _refuse_unknown(arguments, tuple(ARGUMENTS), "argument")
    _refuse_several(arguments)
    asked = {**ARGUMENTS, **{key: _settled(key, value) for key, value in arguments.items()}}
    _check(ledger, factor, asked)
    _check_list("secondary", secondary, str)
    _check_list("sensitivity", sensitivity, Mapping)
    beside = tuple(dict.fromkeys(outcome for outcome in secondary if outcome != asked["outcome"]))
    for outcome in beside:
        within("secondary", kind_of_outcome, outcome, ledger.customers)
    return Hypothesis(name, factor, asked, beside, tuple(_varied(ledger, factor, asked, each) for each in sensitivity))


def _varied(ledger: Ledger, factor: str | None, asked: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return one sensitivity run's changes, once they are known to leave the question as it is."""
    for name in changed:
        if name in {*ARGUMENTS, "factor"} - set(VARIED):
            raise OptionError("error.study.other_question", name="sensitivity", value=name, legal=list(VARIED))
    _refuse_unknown(changed, VARIED, "sensitivity")
    settled = {key: _settled(key, value) for key, value in changed.items()}
    within("sensitivity", _check, ledger, factor, {**asked, **settled})
    return settled


def _refuse_unknown(given: Mapping[str, Any], legal: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in legal:
            near = get_close_matches(str(name), legal, n=1)
            key = "error.study.unknown_near" if near else "error.study.unknown"
            more = {"nearest": near[0]} if near else {}
            place = {"argument": str(name), "sensitivity": "sensitivity"}[where]
            raise OptionError(key, name=place, value=str(name), legal=list(legal), **more)


def _refuse_several(given: Mapping[str, Any]) -> None:
    if isinstance(given.get("outcome"), list | tuple | set):
        first, *others = map(str, given["outcome"])
        raise OptionError("error.study.one_outcome", name="outcome", value=[first, *others], first=first, others=others)
    for name in _ONE_VALUE:
        if isinstance(given.get(name), list | tuple | set):
            key = "error.study.one_value_varied" if name in VARIED else "error.study.one_value"
            raise OptionError(key, name=name, value=[str(each) for each in given[name]])


def _settled(name: str, value: Any) -> Any:
    """Return an argument in the one form that the protocol and its hash know."""
    if name == "adjust" and isinstance(value, list | str):
        return (value,) if isinstance(value, str) else tuple(value)
    if name in ("margin", "level") and _number(value):
        return float(value)
    return value.item() if hasattr(value, "item") else value


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check(ledger: Ledger, factor: str | None, asked: Mapping[str, Any]) -> None:
    outcome, measured = kind_of_outcome(asked["outcome"], ledger.customers)
    if factor is None and outcome != EARLY:
        raise OptionError("error.study.no_factor", name="factor", value=asked["outcome"])
    for name in ("factor", "cluster", "clock"):
        column = factor if name == "factor" else asked[name]
        if column is not None:
            attribute(ledger.customers, column, name)
    for column in asked["adjust"] or ():
        if column not in (STARTING_MRR, START_MONTH, ALL_STANDARD):
            attribute(ledger.customers, column, "adjust")
    if asked["margin"] is not None and not _number(asked["margin"]):
        raise OptionError("error.study.not_a_number", name="margin", value=str(asked["margin"]))
    fixed = {name: asked[name] for name in ("horizon", "direction", "margin", "level", "randomised", "window", "seed")}
    question = Question(factor=factor, outcome=outcome, measured=measured, **fixed)
    if outcome == NUMBER:
        question.matters(0.0)  # nobody can know beforehand what matters on the analyst's own scale


def _check_list(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, list | tuple) or not all(isinstance(item, kind) for item in value):
        raise OptionError(f"error.study.list_{name}", name=name, value=str(value))


def within(name: str, check: Any, *arguments: Any) -> None:
    """Let an error of a secondary outcome or a sensitivity run say that it is about that."""
    try:
        check(*arguments)
    except OptionError as error:
        problem = Message(error.key, error.fields)
        raise type(error)("error.study.within", name=name, problem=problem) from error
