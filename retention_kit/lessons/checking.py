"""Checking an answer: right, or which mistake it looks like, and a hint."""

from functools import cache
from typing import Any

from retention_kit.errors import OptionError
from retention_kit.lessons.answers import Choice
from retention_kit.lessons.exercise import Exercise
from retention_kit.lessons.exercises import (
    lesson_1,
    lesson_2,
    lesson_3,
    lesson_4,
    lesson_5,
    lesson_6,
    lesson_7,
    lesson_8,
)
from retention_kit.lessons.feedback import BLANK, MISTAKE, RIGHT, UNKNOWN, Feedback
from retention_kit.lessons.progress import keep
from retention_kit.wording import Message

_LESSONS = (lesson_1, lesson_2, lesson_3, lesson_4, lesson_5, lesson_6, lesson_7, lesson_8)


def check(number: str, answer: Any = ...) -> Feedback:
    """Say whether the answer to an exercise is right; if not, which mistake it looks like, and give a hint.

    Where a progress file lies in the working directory, as in a learner's copy, the attempt is noted there; nowhere
    else is anything written.

    Parameters
    ----------
    number : str
        Of the lesson and of the exercise: ``"3.2"``.
    answer : object
        A number, a letter or what a line of pandas returns; ``...`` while nothing has been filled in.

    Returns
    -------
    Feedback
        In the language of the moment. It never says the solution.

    Raises
    ------
    OptionError
        If there is no such exercise.

    Examples
    --------
    >>> print(check("1.1", ...))
    Exercise 1.1: nothing filled in yet. Replace the three dots by your answer, then run the cell again.
    """
    exercise = exercise_of(number)
    feedback = _feedback(exercise, answer)
    if feedback.status != BLANK:
        keep(feedback)
    return feedback


def _feedback(exercise: Exercise, answer: Any) -> Feedback:
    number = exercise.number
    if answer is ... or answer is None:
        return Feedback(number, BLANK, None, (Message("lesson.blank", {"number": number}), Message("lesson.fill")))
    if exercise.compare.same(answer, exercise.right()):
        told = (Message("lesson.right", {"number": number}), exercise.because)
        return Feedback(number, RIGHT, None, tuple(message for message in told if message))
    not_yet = Message("lesson.not_yet", {"number": number})
    if name := exercise.looks_like(answer):
        return Feedback(number, MISTAKE, name, (not_yet, exercise.mistake(name), exercise.hint))
    if name := _slip(answer, exercise):
        return Feedback(number, MISTAKE, name, (not_yet, Message(f"lesson.mistake.{name}"), exercise.hint))
    return Feedback(number, UNKNOWN, None, (not_yet, Message("lesson.unknown"), exercise.hint))


def _slip(answer: Any, exercise: Exercise) -> str | None:
    """Return what Python makes of a number written by hand: 1,13 is two numbers to it, and "1.13" a text."""
    if not isinstance(exercise.compare, Choice) and isinstance(answer, str):
        return "text"
    return "decimal_comma" if isinstance(answer, tuple) and len(answer) == 2 else None


def exercise_of(number: str) -> Exercise:
    """Return an exercise by its number.

    Raises
    ------
    OptionError
        If there is no such exercise.
    """
    known = all_exercises()
    if str(number) not in known:
        raise OptionError("error.option", name="number", value=str(number), legal=list(known))
    return known[str(number)]


@cache
def all_exercises() -> dict[str, Exercise]:
    """Return the exercises of all lessons by their numbers, in order."""
    return {exercise.number: exercise for lesson in _LESSONS for exercise in lesson.EXERCISES}
