"""The reports and their parameters, in words."""

from collections.abc import Iterator
from pathlib import Path

from retention_kit.reports.library import report_names, report_path
from retention_kit.reports.parameters import Parameter, declared_parameters
from retention_kit.wording import Message, has_message, render


def listed_reports() -> Iterator[str]:
    """Yield the lines which list the reports."""
    yield render("cli.list_reports")
    yield from (f"  {name}" for name in report_names())


def listed_parameters(name: str | Path) -> Iterator[str]:
    """Yield the lines which list the parameters of a report: type, default and meaning."""
    path = report_path(name)
    yield render("cli.list_parameters", report=path.stem)
    yield from (f"  {_described(parameter, path.stem)}" for parameter in declared_parameters(path).values())


def _described(parameter: Parameter, report: str) -> str:
    """Words of the catalogue come before the notebook's own comment, which has one language."""
    # what a name means in one report comes before what it means in the others
    keys = (f"report.parameter_{report}_{parameter.name}", f"report.parameter_{parameter.name}")
    key = next(filter(has_message, keys), None)
    text = render(key) if key else parameter.help
    fields = {
        "name": parameter.name,
        "type": Message(f"report.type_{parameter.type}"),
        "default": repr(parameter.default),
    }
    return render("cli.parameter_help", help=text, **fields) if text else render("cli.parameter", **fields)
