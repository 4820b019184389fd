"""One report: parameters checked, notebook run aside, results moved into place when they are whole."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from retention_kit import errors
from retention_kit.errors import OptionError, ReportError
from retention_kit.reports import forking, pdf, spreadsheet
from retention_kit.reports.execution import UnfinishedError, execute
from retention_kit.reports.export import page_title, to_html
from retention_kit.reports.library import report_path
from retention_kit.reports.parameters import check_parameters, declared_parameters
from retention_kit.wording import Message

FORMATS = ("html", "pdf", "xlsx", "ipynb")
ENGINES = ("fork", "papermill")
_WRITERS = {"html": to_html, "pdf": pdf.to_pdf, "xlsx": spreadsheet.to_xlsx}
_LONGEST_STEM = 100


@dataclass(frozen=True)
class ReportFiles:
    """What a report left: the executed notebook and, where asked for, its exports.

    Attributes
    ----------
    notebook : Path
    html, pdf, xlsx : Path or None
    """

    notebook: Path
    html: Path | None = None
    pdf: Path | None = None
    xlsx: Path | None = None


def run_report(
    name: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    output_dir: str | Path,
    stem: str | None = None,
    formats: Iterable[str] = ("html",),
    cell_timeout: float | None = None,
    engine: str = "fork",
) -> ReportFiles:
    """Run a report and write its executed notebook and its exports.

    Parameters
    ----------
    name : str or Path
        One of `report_names()`, or the path of a notebook of one's own.
    parameters : mapping of str to object, optional
        Values of parameters which the notebook declares; the others keep their defaults.
    output_dir : str or Path
        Made if it is not there.
    stem : str, optional
        Name of the files without their endings. Default: the name of the report.
    formats : iterable of {"html", "pdf", "xlsx", "ipynb"}
        The executed notebook is always written.
    cell_timeout : float, optional
        Seconds that one cell may take. Default: no limit.
    engine : {"fork", "papermill"}
        What runs the notebook: a process of its own without a kernel, forked from this one if `prepare` made it
        ready for that; or papermill's kernel, which also serves where the first is not available.

    Returns
    -------
    ReportFiles
        Files that are whole: they are written aside and moved into place together at the end.

    Raises
    ------
    UnknownParameterError, ParameterTypeError, OptionError
        If a parameter, a format, an engine or a name is refused, or a format cannot be written here, before anything
        runs.
    ReportError
        ``error.report_input`` if the notebook refused its input with an error of this package;
        ``error.report_failed`` or that of an export if it broke, and then the partly run notebook stays as
        ``<stem>.failed.ipynb``.
    """
    source = report_path(name)
    checked = check_parameters(source, parameters or {})
    endings = _checked_formats(formats)
    fork = _checked_engine(engine) == "fork" and forking.available()
    stem = _checked_stem(source.stem if stem is None else stem)
    run = _Run(source, checked, _made_folder(output_dir), stem, cell_timeout, fork)
    try:
        return run.deliver(endings)
    finally:
        for ending in FORMATS:
            run.partial(ending).unlink(missing_ok=True)


@dataclass(frozen=True)
class _Run:
    source: Path
    parameters: Mapping[str, Any]
    folder: Path
    stem: str
    cell_timeout: float | None
    fork: bool

    def partial(self, ending: str = "ipynb") -> Path:
        return self.folder / f".{self.stem}.{os.getpid()}.partial.{ending}"

    @property
    def failed(self) -> Path:
        return self.folder / f"{self.stem}.failed.ipynb"

    def deliver(self, endings: Iterable[str]) -> ReportFiles:
        notebook = self._execute()
        _describe(notebook, self)
        nbformat.write(notebook, self.partial())
        for ending in endings:
            self._export(ending)
        # the notebook last: where it is, the rest is
        files = {ending: self.partial(ending).replace(self.folder / f"{self.stem}.{ending}") for ending in endings}
        notebook_file = self.partial().replace(self.folder / f"{self.stem}.ipynb")
        self.failed.unlink(missing_ok=True)
        return ReportFiles(notebook_file, **files)

    def _execute(self) -> NotebookNode:
        try:
            return execute(self.source, self.partial(), self.parameters, cell_timeout=self.cell_timeout, fork=self.fork)
        except PapermillExecutionError as failure:
            if _refused_input(failure.ename):
                raise self._refusal(failure.evalue) from None
            raise self._failure(failure) from failure
        except Exception as failure:
            # a dead kernel, a full disk, a source that is no notebook: whatever it is, one report failed
            raise self._failure(failure) from failure

    def _export(self, ending: str) -> None:
        try:
            _WRITERS[ending](self.partial(), self.partial(ending))
        except ReportError:
            self.partial().replace(self.failed)
            raise
        except Exception as failure:
            # a full disk, a library that breaks on a page: the executed notebook must stay all the same
            raise self._failure(failure) from failure

    def _refusal(self, message: str) -> ReportError:
        return ReportError("error.report_input", report=self.source.stem, message=message)

    def _failure(self, failure: Exception) -> ReportError:
        if self.partial().exists():
            self.partial().replace(self.failed)
        return ReportError(
            "error.report_failed",
            report=self.source.stem,
            reason=_reason(failure, self.cell_timeout),
            notebook=str(self.failed),
        )


def _refused_input(ename: str) -> bool:
    kind = getattr(errors, ename, None)
    return isinstance(kind, type) and issubclass(kind, errors.RetentionKitError)


def _reason(failure: Exception, cell_timeout: float | None) -> Message:
    if isinstance(failure, UnfinishedError):
        return Message("report.reason_stopped")
    if said := getattr(failure, "__notes__", []):
        return Message("report.reason_kernel_said", {"text": said[-1]})
    if isinstance(failure, DeadKernelError):
        return Message("report.reason_kernel")
    if isinstance(failure, CellTimeoutError):
        return Message("report.reason_timeout", {"seconds": cell_timeout})
    name, text = type(failure).__name__, str(failure)
    if isinstance(failure, PapermillExecutionError):
        name, text = failure.ename, failure.evalue
    return Message("report.reason_exception", {"name": name, "message": text})


def _describe(notebook: NotebookNode, run: _Run) -> None:
    """Write into the notebook what made it, and what the page needs."""
    defaults = {item.name: item.default for item in declared_parameters(run.source).values()}
    effective = defaults | dict(run.parameters)
    lang = str(effective.get("lang", "en"))
    title = page_title(notebook) or run.source.stem
    notebook.metadata.update(language=lang, title=title)
    notebook.metadata.papermill.update(input_path=str(run.source), output_path=str(run.folder / f"{run.stem}.ipynb"))
    notebook.metadata["retention_kit"] = {
        "version": version("retention-kit"),
        "report": run.source.stem,
        "lang": lang,
        "parameters": effective,
    }


def _checked_formats(formats: Iterable[str]) -> list[str]:
    """Return the exports asked for, each of which can be written here."""
    chosen = set(formats)
    for unknown in sorted(chosen - set(FORMATS)):
        raise OptionError("error.report_format", value=unknown, legal=list(FORMATS))
    if "pdf" in chosen:
        pdf.check_available()
    if "xlsx" in chosen:
        spreadsheet.check_available()
    return [ending for ending in FORMATS if ending in chosen - {"ipynb"}]


def _checked_engine(engine: str) -> str:
    if engine not in ENGINES:
        raise OptionError("error.option", name="engine", value=str(engine), legal=list(ENGINES))
    return engine


def _checked_stem(stem: str) -> str:
    if not stem or stem.startswith(".") or len(stem) > _LONGEST_STEM or set(stem) & set("/\\\0:"):
        raise OptionError("error.report_stem", value=stem, longest=_LONGEST_STEM)
    return stem


def _made_folder(output_dir: str | Path) -> Path:
    folder = Path(output_dir).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise OptionError("error.output_dir", path=str(folder), reason=fault.strerror) from None
    if not os.access(folder, os.W_OK):
        raise OptionError("error.output_dir", path=str(folder), reason=os.strerror(13))
    return folder
