"""The learner's own record: a small file beside the lessons, which they can read, and delete."""

import csv
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from retention_kit.lessons.feedback import Feedback
from retention_kit.wording import LANGUAGES, render


@dataclass(frozen=True)
class Record:
    """What became of one exercise.

    Attributes
    ----------
    exercise : str
    status : str
        Of the last attempt: right, mistake or unknown.
    mistake : str
        Name of the last mistake; empty for none.
    attempts : int
        Until the first right answer, that one included.
    """

    exercise: str
    status: str
    mistake: str = ""
    attempts: int = 1


def progress_name(lang: str) -> str:
    """Return the name of the progress file in a language."""
    return render("lesson.file.progress", lang)


def progress_file(folder: Path) -> Path | None:
    """Return the progress file of a folder, in whatever language; None where there is none."""
    found = (folder / progress_name(lang) for lang in LANGUAGES)
    return next((path for path in found if path.is_file()), None)


def read_progress(path: Path) -> dict[str, Record]:
    """Return the records of a progress file by exercise."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if len(row) == len(fields(Record))][1:]
    return {row[0]: Record(*row[:3], attempts=int(row[3]) if row[3].isdigit() else 1) for row in rows}


def write_progress(path: Path, records: Iterable[Record]) -> None:
    """Write records; the file is at no moment half written."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("w", encoding="utf-8-sig", newline="") as file:  # the signature tells Excel that it is UTF-8
        writer = csv.writer(file, delimiter=";")
        writer.writerow([field.name for field in fields(Record)])
        writer.writerows(map(astuple, records))
    aside.replace(path)


def keep(feedback: Feedback) -> None:
    """Note an attempt where a progress file lies in the working directory."""
    path = progress_file(Path())
    if path is None:
        return
    records = read_progress(path)
    before = records.get(feedback.exercise)
    new = Record(feedback.exercise, feedback.status, feedback.mistake or "")
    if before:
        solved = before.status == "right"
        new = before if solved else replace(new, attempts=before.attempts + 1)
    # the record is a convenience, the feedback is not: a folder that cannot be written to must not cost it
    with suppress(OSError):
        write_progress(path, (records | {new.exercise: new}).values())
