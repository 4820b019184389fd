"""``retention-kit report``: one report on the reader's own data."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_kit.cli.parsing import FINE, PROGRAM, READING, Parser, check_language, option, reading_options
from retention_kit.wording import render

if TYPE_CHECKING:
    from retention_kit.reports import ReportFiles

OPTIONS = ("subscriptions", "customers", "as_of", *READING, "lang")


def parser() -> Parser:
    """Return the parser of the command."""
    words = Parser(f"{PROGRAM} report", render("cli.help_report"))
    words.add_argument("report", nargs="?", metavar=render("cli.metavar_name"), help=render("cli.help_name"))
    option(words, "--subscriptions", "file", "subscriptions")
    option(words, "--customers", "file", "customers")
    option(words, "--as-of", "date", "as_of")
    reading_options(words)
    pair = (render("cli.metavar_name"), render("cli.metavar_value"))
    words.add_argument("-p", nargs=2, action="append", default=[], metavar=pair, help=render("cli.help_parameter"))
    option(words, "--lang", "lang", "lang")
    option(words, "--to", "formats", "to", default="html")
    option(words, "--engine", "engine", "engine")
    option(words, "--output-dir", "folder", "output_dir", default="reports")
    option(words, "--name", "name", "stem", dest="stem")
    for flag, key in (("--list", "list"), ("--help-parameters", "parameters")):
        words.add_argument(flag, action="store_true", help=render(f"cli.help_{key}"))
    words.set_defaults(run=_report)
    return words


def _report(given: argparse.Namespace) -> int:
    if given.list or given.help_parameters or not given.report:
        return _list(None if given.list else given.report)
    formats = [word.strip() for word in given.to.split(",") if word.strip()]
    # a page in a second language must not take the place of the first
    stem = given.stem or (f"{Path(given.report).stem}_{given.lang}" if given.lang else None)
    where = {"formats": formats, "output_dir": given.output_dir, "stem": stem}
    where |= {"engine": given.engine} if given.engine else {}
    _name(running(given.report, _parameters(given), **where), formats)
    return FINE


def _name(files: "ReportFiles", formats: list[str]) -> None:
    """Say which files there are now, the page last."""
    if "ipynb" in formats:
        print(render("cli.notebook", path=files.notebook))
    for key, kind in (("cli.workbook", "xlsx"), ("cli.document", "pdf"), ("cli.page", "html")):
        if kind in formats:
            print(render(key, path=getattr(files, kind)))


def _list(report: str | None) -> int:
    from retention_kit.reports.listing import listed_parameters, listed_reports

    print(*(listed_parameters(report) if report else listed_reports()), sep="\n")
    return FINE


def running(name: str, parameters: Mapping[str, Any], **where: Any) -> "ReportFiles":
    """Run a report, and say so first."""
    print(render("cli.running", report=name), flush=True)
    from retention_kit.reports import run_report

    return run_report(name, parameters, **where)


def _parameters(given: argparse.Namespace) -> dict[str, Any]:
    from retention_kit.reports.given import given_parameters

    check_language(given.lang)
    return given_parameters(given.report, {name: getattr(given, name) for name in OPTIONS}, given.columns, given.p)
