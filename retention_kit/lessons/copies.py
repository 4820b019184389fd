"""The course on somebody's desk: learners' copies without solutions, the instructor's with them and two pages."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from retention_kit.errors import OptionError
from retention_kit.lessons.library import guide_path, lesson_paths
from retention_kit.lessons.progress import progress_name, write_progress
from retention_kit.lessons.sheet import answer_sheet
from retention_kit.reports.export import render_html
from retention_kit.wording import render

SOLUTION, EXERCISE = "solution", "exercise"


def write_lessons(lang: str, folder: str | Path) -> Path:
    """Write the course into a folder.

    Parameters
    ----------
    lang : {"en", "fr"}
    folder : str or Path
        One that is not there yet, or empty: nobody's work is written over.

    Returns
    -------
    Path
        The folder, with two in it: the learners' lessons, without solutions and outputs, with the file of their
        progress; the instructor's, with both, beside the answer sheet and the guide as pages.

    Raises
    ------
    OptionError
        If there are no lessons in that language, or something lies in the folder already.
    """
    paths, folder = lesson_paths(lang), Path(folder).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OptionError("error.lessons_folder", path=str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".rk-") as aside:
        made = Path(aside) / folder.name
        _write(lang, paths, made)
        if folder.exists():
            folder.rmdir()
        shutil.move(made, folder)
    return folder


def _write(lang: str, paths: list[Path], folder: Path) -> None:
    learners, instructor = (folder / render(f"lesson.file.{name}", lang) for name in ("learners", "instructor"))
    learners.mkdir(parents=True)
    instructor.mkdir()
    for path in paths:
        lesson = nbformat.read(path, as_version=4)
        nbformat.write(without_solutions(lesson), learners / path.name)
        shutil.copyfile(path, instructor / path.name)
    write_progress(learners / progress_name(lang), [])
    pages = {
        "sheet": answer_sheet(lang, [nbformat.read(path, as_version=4) for path in paths]),
        "guide": [guide_path(lang).read_text(encoding="utf-8")],
    }
    for name, texts in pages.items():
        _write_page(lang, texts, instructor / f"{render(f'lesson.file.{name}', lang)}.html")


def _write_page(lang: str, texts: Iterable[str], page: Path) -> None:
    """Write prose as a page that looks like a report."""
    cells = [new_markdown_cell(text, id=f"prose-{i}") for i, text in enumerate(texts)]
    page.write_text(render_html(new_notebook(cells=cells, metadata={"language": lang})), encoding="utf-8")


def without_solutions(lesson: NotebookNode) -> NotebookNode:
    """Return a learner's copy of a lesson: without the cells tagged ``solution``, without outputs."""
    copy = nbformat.from_dict(lesson)
    copy.cells = [_unrun(cell) for cell in lesson.cells if SOLUTION not in cell.metadata.get("tags", [])]
    return copy


def _unrun(cell: NotebookNode) -> NotebookNode:
    fresh = nbformat.from_dict(cell)
    if cell.cell_type == "code":
        fresh.outputs, fresh.execution_count = [], None
    return fresh
