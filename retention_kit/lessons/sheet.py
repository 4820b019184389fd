"""The answer sheet: for each exercise its solution, its hint, and the mistakes that `check` recognises."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from retention_kit.lessons.checking import exercise_of
from retention_kit.lessons.exercise import Exercise
from retention_kit.wording import render

_CHECKED = re.compile(r"check\(\s*[\"'](\d+\.\d+)[\"']")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def answer_sheet(lang: str, lessons: Sequence[NotebookNode]) -> Iterator[str]:
    """Yield the answer sheet of lessons, text after text.

    Parameters
    ----------
    lang : {"en", "fr"}
    lessons : sequence of notebooks
        With their solutions.
    """
    yield f"# {render('lesson.sheet.title', lang)}\n\n{render('lesson.sheet.lead', lang)}"
    for lesson in lessons:
        yield f"## {lesson_title(lesson)}"
        for cell in lesson.cells:
            if cell.cell_type == "code" and "solution" in cell.metadata.get("tags", []):
                yield from (_exercise_text(exercise_of(number), cell.source, lang) for number in numbers_in(cell))


def lesson_title(lesson: NotebookNode) -> str:
    """Return the title of a lesson: its first heading."""
    found = (_TITLE.search(cell.source) for cell in lesson.cells if cell.cell_type == "markdown")
    return next((match[1] for match in found if match), "")


def numbers_in(cell: NotebookNode) -> list[str]:
    """Return the numbers of the exercises that a cell checks."""
    return _CHECKED.findall(cell.source)


def _exercise_text(exercise: Exercise, source: str, lang: str) -> str:
    heading = render("lesson.sheet.exercise", lang, number=exercise.number)
    kind = render(f"lesson.kind.{exercise.kind}", lang)
    lines = [f"### {heading} ({kind})", f"```python\n{source}\n```"]
    lines.append(f"{render('lesson.sheet.right', lang)} {_shown(exercise.right())}")
    lines.append(f"{render('lesson.sheet.hint', lang)} {render(exercise.hint, lang)}")
    said = {name: render(exercise.mistake(name), lang) for name in exercise.mistakes}
    listed = "\n".join(f"- {_shown(exercise.mistakes[name]())} (`{name}`) → {text}" for name, text in said.items())
    return "\n\n".join([*lines, render("lesson.sheet.mistakes", lang), listed])


def _shown(value: Any) -> str:
    """Write a value as one would type it; a table as its text, shortened."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return f"`{' '.join(value.head(6).to_string().split())}`"
    return f"`{round(float(value), 4)}`" if hasattr(value, "__float__") else f"`{value!r}`"
