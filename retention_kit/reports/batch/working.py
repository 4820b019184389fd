"""What is done aside for one report: its notebook run, what it says read off, its pages written."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from retention_kit.errors import OptionError
from retention_kit.media_types import HEADLINE
from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.batch.manifest import DONE, RUN, write_whole
from retention_kit.reports.batch.origins import sha256


def check_engine(engine: str | None) -> None:
    """Refuse an engine that there is not, once rather than for each report."""
    from retention_kit.reports.run import ENGINES

    if engine is not None and engine not in ENGINES:
        raise OptionError("error.option", name="engine", value=engine, legal=list(ENGINES))


def check_formats(formats: Iterable[str]) -> None:
    """Refuse formats that this machine cannot write, before an hour is spent on notebooks."""
    from retention_kit.reports import pdf, spreadsheet

    asked = set(formats)
    for kind, module in (("pdf", pdf), ("xlsx", spreadsheet)):
        if kind in asked:
            module.check_available()


def run_notebook(job: Job, folder: Path, engine: str | None) -> dict[str, Any]:
    """Run the notebook of a job, and write its pages unless they must wait for the other questions of the batch.

    Returns
    -------
    dict
        Fields of its record: status, told, files.
    """
    from retention_kit.reports.run import run_report

    how = {"engine": engine} if engine else {}
    files = run_report(
        job.source, job.parameters, output_dir=folder / job.folder, stem=job.stem, formats=["ipynb"], **how
    )
    told = read_off(json.loads(files.notebook.read_text(encoding="utf-8")))
    if told["answers"]:
        return {"status": RUN, "told": told, "files": _hashed(folder, [files.notebook])}
    return {"told": told} | write_pages(job, folder, None)


def write_pages(job: Job, folder: Path, notice: Mapping[str, Any] | None) -> dict[str, Any]:
    """Write the pages of a report from its notebook, with what they say of the other questions.

    Returns
    -------
    dict
        Fields of its record: status, notice, files.
    """
    notebook = path_of(job, folder, "ipynb")
    try:
        _note(notebook, notice)
        writers = _writers()
        pages = [writers[kind](notebook, path_of(job, folder, kind)) for kind in job.formats if kind in writers]
    except Exception:  # handed on as it is: a notebook without its pages must not pass for a report
        notebook.replace(path_of(job, folder, "failed.ipynb"))
        raise
    return {"status": DONE, "notice": notice, "files": _hashed(folder, [notebook, *pages])}


def path_of(job: Job, folder: Path, ending: str) -> Path:
    """Return the place of one of a job's files."""
    return folder / job.folder / f"{job.stem}.{ending}"


def read_off(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list of reports shows of an executed notebook: title, figures, texts and answers."""
    told = {"title": notebook["metadata"].get("title", ""), "figures": [], "texts": [], "answers": []}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            carried = output.get("data", {}).get(HEADLINE, {})
            for name in ("figures", "texts", "answers"):
                told[name] += carried.get(name, [])
    return told


def _note(path: Path, notice: Mapping[str, Any] | None) -> None:
    """Put the notice into the notebook, of which every page is an export; or take the former one out."""
    notebook = nbformat.read(path, as_version=4)
    told = notebook.metadata.get("retention_kit", {})
    if told.get("batch") == notice:
        return
    if notice:
        told["batch"] = notice
    else:
        del told["batch"]
    notebook.metadata["retention_kit"] = told
    write_whole(path, nbformat.writes(notebook) + "\n")


def _writers() -> dict[str, Callable[[Path, Path], Path]]:
    from retention_kit.reports import export, pdf, spreadsheet

    return {"html": export.to_html, "pdf": pdf.to_pdf, "xlsx": spreadsheet.to_xlsx}


def _hashed(folder: Path, paths: Iterable[Path]) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256(path) for path in paths}
