"""What somebody typed on a command line, as parameters of a report."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from retention_kit.errors import FileNotReadableError, OptionError
from retention_kit.reports.library import report_path
from retention_kit.reports.parameters import check_parameters, declared_parameters

FILES = ("subscriptions", "customers", "events", "study", "lock")
"""Parameters that are paths."""
_NEEDED = ("subscriptions", "as_of", "study")
_WITH_OPTION = ("subscriptions", "as_of")
_SAID_YES_OR_NO, _WORDS = {"day_first", "end_inclusive"}, {"yes": True, "no": False}


def given_parameters(
    report: str | Path,
    options: Mapping[str, str | None],
    columns: Iterable[str] = (),
    pairs: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Return the parameters that were given, checked; those that were not keep the notebook's defaults.

    Parameters
    ----------
    report : str or Path
    options : mapping of str to str or None
        Parameters with an option of their own; None where it was not used.
    columns : iterable of str
        ``field=column``, for the parameter ``columns``.
    pairs : iterable of (str, str)
        Name and value of other parameters.

    Raises
    ------
    OptionError
        If a parameter is unknown, of the wrong type, given twice, or missing though the report needs it.
    FileNotReadableError
        If a file is not there; the paths of files become absolute, as a notebook may run elsewhere.
    """
    parameters: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if columns:
        parameters["columns"] = dict(map(_column, columns))
    for name, value in pairs:
        _add_once(parameters, name, value)
    notebook = report_path(report)
    checked = check_parameters(notebook, parameters)
    _check_needed(notebook, checked)
    return checked | {name: _file(checked[name]) for name in FILES if checked.get(name)}


def given_reading(options: Mapping[str, str | None], columns: Iterable[str] = ()) -> dict[str, Any]:
    """Return how a file is to be read, as `check_file` takes it; what was not given is left out.

    Parameters
    ----------
    options : mapping of str to str or None
    columns : iterable of str
        ``field=column``.

    Raises
    ------
    OptionError
        If ``day_first`` or ``end_inclusive`` is neither yes nor no, or a column is not said as ``field=column``.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    for name in _SAID_YES_OR_NO & given.keys():
        if given[name] not in _WORDS:
            raise OptionError("error.option", name="--" + name.replace("_", "-"), value=given[name], legal=list(_WORDS))
        given[name] = _WORDS[given[name]]
    return given | ({"columns": dict(map(_column, columns))} if columns else {})


def _column(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not (equals and field.strip() and column.strip()):
        raise OptionError("error.cli_column", value=text)
    return field.strip(), column.strip()


def _add_once(parameters: dict[str, Any], name: str, value: str) -> None:
    if name in parameters:
        raise OptionError("error.parameter_twice", name=name, first=str(parameters[name]), second=value)
    parameters[name] = value


def _check_needed(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Refuse what would show the bundled business in place of the reader's."""
    declared = declared_parameters(notebook)
    missing = [name for name in _NEEDED if name in declared and not parameters.get(name)]
    if missing:
        flags = ["--" + name.replace("_", "-") if name in _WITH_OPTION else f"-p {name}" for name in missing]
        raise OptionError("error.cli_missing_input", report=notebook.stem, missing=flags)


def _file(path: str) -> str:
    absolute = Path(path).expanduser().absolute()
    if not absolute.exists():
        raise FileNotReadableError("error.file_missing", path=str(absolute))
    return str(absolute)
