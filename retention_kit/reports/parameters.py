"""The parameters of a report: what its notebook declares, and what may be handed to it.

papermill's own inspection reads line by line with a pattern, loses declarations and only logs unknown names;
values it does not know are written into the notebook as code. Here the cell is parsed, names and types are
checked, and only builtins reach papermill.
"""

import ast
import datetime as dt
import io
import json
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Any

from retention_kit.errors import FileNotReadableError, ParameterTypeError, ReportError, UnknownParameterError
from retention_kit.wording import Message

TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
_EXAMPLES = {
    "str": "2025-12-31",
    "int": "12",
    "float": "0.5",
    "bool": "true",
    "list": """'["a", "b"]'""",
    "dict": """'{"a": "b"}'""",
}
_TRUTH = {
    **dict.fromkeys(("true", "yes", "oui", "vrai"), True),
    **dict.fromkeys(("false", "no", "non", "faux"), False),
}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of a report.

    Attributes
    ----------
    name : str
    type : {"str", "int", "float", "bool", "list", "dict"}
    default : object
        The value when nothing is given.
    help : str
        The comment beside the declaration.
    """

    name: str
    type: str
    default: Any
    help: str = ""


def declared_parameters(notebook: str | Path) -> dict[str, Parameter]:
    """Return the parameters which a notebook declares in the cell tagged ``parameters``, by name.

    Parameters
    ----------
    notebook : str or Path

    Raises
    ------
    ReportError
        If that cell holds anything but assignments of literals of the allowed types.
    FileNotReadableError
        If the file is not a notebook.
    """
    source = _parameters_source(Path(notebook))
    report = Path(notebook).stem
    try:
        statements, comments = ast.parse(source).body, _comments(source)
    except (SyntaxError, tokenize.TokenError) as fault:
        raise _unreadable(report, getattr(fault, "text", None) or source) from None
    declared = [_declared(statement, comments, report) for statement in statements if not _is_text(statement)]
    return {parameter.name: parameter for parameter in declared}


def check_parameters(notebook: str | Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return `given` as builtins of the declared types, ready for papermill.

    A text is converted by the declared type, as the command line needs it: ``"007"`` stays a text where a
    text is declared. Numpy scalars, paths, dates and tuples become the builtin they stand for.

    Parameters
    ----------
    notebook : str or Path
    given : mapping of str to object

    Raises
    ------
    UnknownParameterError
        If the notebook declares no parameter of that name; papermill would only log it.
    ParameterTypeError
        If a value is not of the declared type.
    """
    declared, report = declared_parameters(notebook), Path(notebook).stem
    for name in given:
        if name not in declared:
            raise _unknown(report, str(name), list(declared))
    return {name: _checked(report, declared[name], value) for name, value in given.items()}


def _parameters_source(path: Path) -> str:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        raise FileNotReadableError("error.notebook_unreadable", path=str(path)) from None
    tagged = (cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", []))
    return "".join(next(tagged, {"source": ""})["source"])


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("#").strip() for t in tokens if t.type == tokenize.COMMENT}


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _declared(statement: ast.stmt, comments: Mapping[int, str], report: str) -> Parameter:
    try:
        name, annotation = _target(statement)
        default = ast.literal_eval(statement.value)
        kind = annotation or type(default).__name__
        if kind not in TYPES or not _fits(default, kind):
            raise ValueError(kind)
    except (AttributeError, TypeError, ValueError):
        raise _unreadable(report, ast.unparse(statement)) from None
    return Parameter(name, kind, default, comments.get(statement.end_lineno, ""))


def _target(statement: ast.stmt) -> tuple[str, str | None]:
    """Return name and declared type of an assignment; `list[str]` and `"list"` both say list."""
    if isinstance(statement, ast.AnnAssign):
        annotation = ast.unparse(statement.annotation).strip("'\"")
        return statement.target.id, annotation.partition("[")[0]
    (target,) = statement.targets
    return target.id, None


def _unreadable(report: str, line: str) -> ReportError:
    return ReportError("error.parameters_cell", report=report, line=line.strip(), legal=list(TYPES))


def _unknown(report: str, name: str, legal: list[str]) -> UnknownParameterError:
    near = get_close_matches(name, legal, n=1)
    if not near:
        return UnknownParameterError("error.unknown_parameter", report=report, name=name, legal=legal)
    return UnknownParameterError("error.unknown_parameter_near", report=report, name=name, legal=legal, nearest=near[0])


def _checked(report: str, parameter: Parameter, value: Any) -> Any:
    try:
        plain = _plain(value)
        plain = _from_text(plain, parameter.type) if isinstance(plain, str) else plain
        if not _fits(plain, parameter.type):
            raise TypeError
    except (ValueError, TypeError, KeyError):
        raise ParameterTypeError(
            "error.parameter_type",
            report=report,
            name=parameter.name,
            value=str(value),
            expected=Message(f"report.type_{parameter.type}"),
            example=_EXAMPLES[parameter.type],
        ) from None
    return float(plain) if parameter.type == "float" else plain


def _from_text(text: str, kind: str) -> Any:
    if kind == "bool":
        return _TRUTH[text.strip().lower()]
    if kind in ("list", "dict"):
        return json.loads(text)
    return TYPES[kind](text)


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, (int, float) if kind == "float" else TYPES[kind])


def _plain(value: Any) -> Any:
    """Return the builtin that a value stands for; papermill would write anything else as code."""
    if isinstance(value, dt.date):
        return _iso(value)
    if isinstance(value, PurePath):
        return str(Path(value).absolute())
    if isinstance(value, Mapping):
        return dict(_plain_items(value))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return _plain_scalar(value)


def _plain_items(mapping: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise TypeError(key)
        yield str.__str__(key), _plain(value)


def _plain_scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    for builtin, convert in ((int, int), (float, float), (str, str.__str__)):
        if isinstance(value, builtin):
            return convert(value)
    raise TypeError(value)


def _iso(value: dt.date) -> str:
    """Write a date; a moment at midnight is a day, and NaT, which is not equal to itself, is none."""
    if value != value:
        raise ValueError(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time.min and value.tzinfo is None:
        value = value.date()
    return value.isoformat()
