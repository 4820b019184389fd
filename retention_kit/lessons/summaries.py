"""What a class has done: one row a learner and exercise, from the folders they handed in."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
from nbformat.reader import NotJSONError

from retention_kit.errors import FileNotReadableError
from retention_kit.lessons.checking import all_exercises
from retention_kit.lessons.feedback import BLANK
from retention_kit.lessons.progress import Record, progress_file, read_progress
from retention_kit.media_types import FEEDBACK
from retention_kit.results.sheets import neutral

COLUMNS = ("learner", "lesson", "exercise", "status", "mistake", "attempts", "source")


def summarise(folder: str | Path) -> pd.DataFrame:
    """Return how far each learner came.

    Parameters
    ----------
    folder : str or Path
        With a folder for each learner, holding their notebooks and, where it was kept, their progress file. Notebooks
        that lie in `folder` itself are those of one learner.

    Returns
    -------
    DataFrame
        One row a learner and exercise: learner, lesson, exercise, status (right, mistake, unknown, or blank for an
        exercise not tried), mistake, attempts (missing where only the notebook tells) and source: ``progress`` for the
        progress file, ``notebook`` for what the saved notebook shows. A notebook that cannot be read is a row with the
        status ``unreadable``.

    Raises
    ------
    FileNotReadableError
        If there is no such folder, or no notebook in it.
    """
    root = Path(folder)
    desks = _desks(root) if root.is_dir() else {}
    if not desks:
        raise FileNotReadableError("error.lessons_none_found", path=str(root))
    rows = [row for learner, desk in desks.items() for row in _learner_rows(learner, desk)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(attempts=table["attempts"].astype("Int64"))


def _desks(root: Path) -> dict[str, Path]:
    """Return the folder of every learner by name; a notebook's own folder is one."""
    found = {path.parent for path in root.rglob("*.ipynb") if not _hidden(path.relative_to(root))}
    return {_name(desk, root): desk for desk in sorted(found)}


def _name(desk: Path, root: Path) -> str:
    """Return what a learner is called: their folder, in a form that no spreadsheet takes for a formula."""
    return str(neutral(root.resolve().name if desk == root else desk.relative_to(root).as_posix()))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _learner_rows(learner: str, desk: Path) -> Iterator[tuple]:
    kept = progress_file(desk)
    known = {number: (record, "progress") for number, record in (read_progress(kept) if kept else {}).items()}
    for path in sorted(desk.glob("[!.]*.ipynb")):
        try:
            shown = _shown(path)
        except (OSError, ValueError, NotJSONError):
            yield (learner, str(neutral(path.stem)), "", "unreadable", "", None, "notebook")
            continue
        known = {number: (record, "notebook") for number, record in shown.items()} | known
    for number in all_exercises():
        record, source = known.get(number, (Record(number, BLANK, attempts=0), ""))
        attempts = record.attempts if source != "notebook" else None
        yield (learner, number.partition(".")[0], number, record.status, str(neutral(record.mistake)), attempts, source)


def _shown(path: Path) -> dict[str, Record]:
    """Return the last feedback to each exercise that a saved notebook shows."""
    notebook = nbformat.read(path, as_version=4)
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    told = [output["data"][FEEDBACK] for output in outputs if FEEDBACK in output.get("data", {})]
    return {each["exercise"]: Record(each["exercise"], each["status"], each["mistake"] or "") for each in told}
