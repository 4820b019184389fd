"""One exercise: how its right answer is computed, and what wrong answers look like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from retention_kit.lessons.answers import Choice, Kind, Line, Number
from retention_kit.wording import Message, has_message

Answer = Callable[[], Any]
KINDS = ("number", "sentence", "pandas", "figure")


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson. Its texts are in the catalogue, under its number.

    ``lesson.3.2.hint`` is the hint. A mistake is said by ``lesson.3.2.<name>``, or, where many exercises share it, by
    ``lesson.mistake.<name>``. ``lesson.3.2.right``, if it is there, adds to "right" why that matters.

    Attributes
    ----------
    number : str
        Of the lesson and of the exercise: ``"3.2"``.
    kind : {"number", "sentence", "pandas", "figure"}
        What the learner does.
    compare : Kind
        When two answers are the same.
    right : callable
        Computes the right answer, by the kit.
    mistakes : mapping of str to callable
        Computes the answer that each known mistake gives.
    percent : bool
        Whether the answer is a fraction, so that a hundred times as much, rounded as a percentage is, is a mistake.
    """

    number: str
    kind: str
    compare: Kind
    right: Answer = field(repr=False)
    mistakes: Mapping[str, Answer] = field(repr=False)
    percent: bool = False

    @property
    def hint(self) -> Message:
        """What helps without giving the answer away."""
        return Message(f"lesson.{self.number}.hint")

    @property
    def because(self) -> Message | None:
        """Why the right answer matters; None where nothing is added."""
        key = f"lesson.{self.number}.right"
        return Message(key) if has_message(key) else None

    def mistake(self, name: str) -> Message:
        """Return what a mistake looks like."""
        own = f"lesson.{self.number}.{name}"
        return Message(own if has_message(own) else f"lesson.mistake.{name}")

    def looks_like(self, given: Any) -> str | None:
        """Return the name of the first mistake that gives this answer."""
        known = (name for name, wrong in self.mistakes.items() if self.compare.same(given, wrong()))
        return next(known, "percent" if self.percent and self.compare.same(_hundredth(given), self.right()) else None)


def fraction(
    number: str, right: Answer, mistakes: Mapping[str, Answer], *, within: float = 0.0005, kind: str = "number"
) -> Exercise:
    """Return an exercise whose answer is a fraction: one hundred times too much is a percentage."""
    known = {**mistakes, "percent": lambda: 100 * float(right())}
    return Exercise(number, kind, Number(within), right, known, percent=True)


def amount(
    number: str, right: Answer, mistakes: Mapping[str, Answer], *, within: float = 0.5, kind: str = "number"
) -> Exercise:
    """Return an exercise whose answer is an amount, a count or another plain number."""
    return Exercise(number, kind, Number(within), right, mistakes)


def sentence(number: str, right: str, wrong: Mapping[str, str], *, kind: str = "sentence") -> Exercise:
    """Return an exercise whose answer is a letter; `wrong` maps the name of a mistake to its letter."""
    return Exercise(number, kind, Choice(), lambda: right, {name: _always(letter) for name, letter in wrong.items()})


def pandas_line(number: str, right: Answer, mistakes: Mapping[str, Answer], *, ordered: bool = False) -> Exercise:
    """Return an exercise whose answer is what a line of pandas returns."""
    return Exercise(number, "pandas", Line(ordered), right, mistakes)


def _hundredth(given: Any) -> Any:
    return given / 100 if isinstance(given, int | float) and not isinstance(given, bool) else given


def _always(value: Any) -> Answer:
    return lambda: value
