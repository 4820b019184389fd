"""The command ``retention-kit``: reports from the command line, in English or French."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_kit.errors import OptionError, ReportError, RetentionKitError
from retention_kit.wording import LANGUAGES, render, use_language

if TYPE_CHECKING:
    from retention_kit.reports import ReportFiles

# jsonschema compiles the grammars of this optional module at import: a second in every process (it copes
# without it, see python-jsonschema/jsonschema#1428). A command line may decide that; a library may not.
sys.modules.setdefault("rfc3987_syntax", None)

PROGRAM = "retention-kit"
DEMO = "hypothesis"
_FINE, _FAILED, _REFUSED, _INTERRUPTED = 0, 1, 2, 130
_READING = ("source", "interval", "currency", "day_first", "decimal", "sheet", "end_inclusive")
_OPTIONS = ("subscriptions", "customers", "as_of", *_READING, "lang")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``retention-kit``. Default: those of the process.

    Returns
    -------
    int
        0 fine, 1 a report failed, 2 wrong usage or wrong input.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _print_what_the_terminal_can()
    with use_language(_interface_language(words)):
        try:
            return _run(words)
        except RetentionKitError as error:
            print(error, file=sys.stderr)
            return _exit_code(error)
        except KeyboardInterrupt:
            print(render("cli.interrupted"), file=sys.stderr)
            return _INTERRUPTED


def _print_what_the_terminal_can() -> None:
    """Replace a character which an old terminal lacks, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _exit_code(error: RetentionKitError) -> int:
    return _FAILED if isinstance(error, ReportError) and error.key != "error.report_input" else _REFUSED


def _interface_language(words: Sequence[str]) -> str:
    """Return the one language asked for, else that of the environment."""
    asked = [after for word, after in pairwise(words) if word == "--lang"]
    asked += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    known = [lang for lang in dict.fromkeys(asked) if lang in LANGUAGES]
    if len(known) == 1:
        return known[0]
    settings = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "fr" if next(filter(None, settings), "").lower().startswith("fr") else "en"


def _run(words: Sequence[str]) -> int:
    parser, commands = _parser()
    try:
        given = parser.parse_args(words)
        if given.command:
            chosen, rest = _command(given, commands)
            given = chosen.parse_args(rest)
    except SystemExit as leave:  # after --help
        return int(leave.code or _FINE)
    return given.run(given)


def _command(given: argparse.Namespace, commands: Mapping[str, "_Parser"]) -> tuple["_Parser", list[str]]:
    """Return the parser of a command and its words; a language said before the command is the command's."""
    name, *rest = given.command
    if name not in commands:
        raise OptionError("error.cli_command", value=name, legal=list(commands))
    return commands[name], (["--lang", given.lang, *rest] if given.lang else rest)


def _heading(key: str) -> str:
    return render("cli.heading", title=render(key))


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, f"{render('cli.usage')} ")


class _Parser(argparse.ArgumentParser):
    """An argument parser that speaks the reader's language and refuses with named errors."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            prog,
            description=description,
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
            exit_on_error=False,
        )
        for group, key in ((self._positionals, "cli.arguments"), (self._optionals, "cli.options")):
            group.title = _heading(key).removesuffix(":")
        self.add_argument("-h", "--help", action="help", help=render("cli.help_help"))

    def parse_args(self, args: Any = None, namespace: Any = None) -> argparse.Namespace:
        try:
            given, unknown = self.parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            raise OptionError("error.cli_values", option=error.argument_name, command=self.prog) from None
        if unknown:
            raise OptionError("error.cli_unknown_argument", value=unknown[0], command=self.prog)
        return given

    def error(self, message: str) -> None:
        raise OptionError("error.cli_usage", reason=message, command=self.prog)


def _parser() -> tuple[_Parser, dict[str, _Parser]]:
    commands = {"demo": _demo_parser(), "check": _check_parser(), "report": _report_parser(), "study": _study_parser()}
    lines = "\n".join(f"  {name:<20}{command.description}" for name, command in commands.items())
    parser = _Parser(PROGRAM, "\n".join([render("cli.about"), "", _heading("cli.commands"), lines]))
    parser.add_argument("--version", action="store_true", help=render("cli.help_version"))
    parser.add_argument("--lang", metavar=render("cli.metavar_lang"), help=render("cli.help_lang"))
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.usage = f"{PROGRAM} {render('cli.metavar_command')} …"
    parser.set_defaults(run=lambda given: _version() if given.version else _help(parser))
    return parser, commands


def _help(parser: _Parser) -> int:
    parser.print_help()
    return _FINE


def _version() -> int:
    from importlib.metadata import version

    print(PROGRAM, version(PROGRAM))
    return _FINE


def _demo_parser() -> _Parser:
    parser = _Parser(f"{PROGRAM} demo", render("cli.help_demo"))
    _option(parser, "--lang", "lang", "demo_lang", action="append")
    _option(parser, "--output-dir", "folder", "output_dir", default="reports/demo")
    parser.set_defaults(run=_demo)
    return parser


def _report_parser() -> _Parser:
    parser = _Parser(f"{PROGRAM} report", render("cli.help_report"))
    parser.add_argument("report", nargs="?", metavar=render("cli.metavar_name"), help=render("cli.help_name"))
    _option(parser, "--subscriptions", "file", "subscriptions")
    _option(parser, "--customers", "file", "customers")
    _option(parser, "--as-of", "date", "as_of")
    _reading_options(parser)
    pair = (render("cli.metavar_name"), render("cli.metavar_value"))
    parser.add_argument("-p", nargs=2, action="append", default=[], metavar=pair, help=render("cli.help_parameter"))
    _option(parser, "--lang", "lang", "lang")
    _option(parser, "--to", "formats", "to", default="html")
    _option(parser, "--output-dir", "folder", "output_dir", default="reports")
    _option(parser, "--name", "name", "stem", dest="stem")
    for flag, key in (("--list", "list"), ("--help-parameters", "parameters")):
        parser.add_argument(flag, action="store_true", help=render(f"cli.help_{key}"))
    parser.set_defaults(run=_report)
    return parser


def _check_parser() -> _Parser:
    parser = _Parser(f"{PROGRAM} check", render("cli.help_check"))
    parser.add_argument("file", nargs="?", metavar=render("cli.metavar_file"), help=render("cli.help_check_file"))
    _option(parser, "--customers", "file", "customers")
    _option(parser, "--as-of", "date", "as_of")
    _reading_options(parser)
    _option(parser, "--lang", "lang", "lang")
    parser.add_argument("--all", action="store_true", help=render("cli.help_all"))
    parser.set_defaults(run=_check)
    return parser


def _study_parser() -> _Parser:
    parser = _Parser(f"{PROGRAM} study", render("cli.help_before"))
    for name in ("step", "study"):
        parser.add_argument(name, nargs="?", metavar=render(f"cli.metavar_{name}"), help=render(f"cli.help_{name}"))
    _option(parser, "--lang", "lang", "lang")
    parser.set_defaults(run=_study)
    return parser


def _reading_options(parser: _Parser) -> None:
    """How a file is to be read."""
    _option(parser, "--source", "source", "source")
    _option(parser, "--column", "column", "column", action="append", dest="columns", default=[])
    _option(parser, "--interval", "interval", "interval")
    _option(parser, "--currency", "currency", "currency")
    _option(parser, "--day-first", "yes_no", "day_first")
    _option(parser, "--decimal", "sign", "decimal")
    _option(parser, "--sheet", "sheet", "sheet")
    _option(parser, "--end-inclusive", "yes_no", "end_inclusive")


def _option(parser: _Parser, flag: str, metavar: str, key: str, **settings: Any) -> None:
    text = render(f"cli.help_{key}", default=settings.get("default"))
    parser.add_argument(flag, metavar=render(f"cli.metavar_{metavar}"), help=text, **settings)


def _demo(given: argparse.Namespace) -> int:
    languages = list(dict.fromkeys(given.lang or LANGUAGES))
    for lang in languages:
        _check_language(lang)
    pages = {lang: _demo_page(lang, given.output_dir) for lang in languages}
    for lang, page in pages.items():
        print(render("cli.page", lang, path=page))
    return _FINE


def _demo_page(lang: str, folder: str) -> Path:
    with use_language(lang):
        return _run_report(DEMO, {"lang": lang, "randomised": True}, output_dir=folder, stem=f"{DEMO}_{lang}").html


def _report(given: argparse.Namespace) -> int:
    if given.list or given.help_parameters or not given.report:
        return _list(None if given.list else given.report)
    formats = [word.strip() for word in given.to.split(",") if word.strip()]
    # a page in a second language must not take the place of the first
    stem = given.stem or (f"{Path(given.report).stem}_{given.lang}" if given.lang else None)
    files = _run_report(given.report, _parameters(given), formats=formats, output_dir=given.output_dir, stem=stem)
    if "ipynb" in formats:
        print(render("cli.notebook", path=files.notebook))
    if files.html:
        print(render("cli.page", path=files.html))
    return _FINE


def _check(given: argparse.Namespace) -> int:
    from retention_kit.checking import check_file
    from retention_kit.reports.given import given_reading

    _check_language(given.lang)
    if not given.file:
        raise OptionError("error.cli_no_file")
    options = given_reading({name: getattr(given, name) for name in ("as_of", "customers", *_READING)}, given.columns)
    report = check_file(given.file, **options)
    print(report.text(every=given.all))
    return _FINE if report.usable else _REFUSED


def _study(given: argparse.Namespace) -> int:
    from retention_kit.studies.steps import taken

    _check_language(given.lang)
    print(taken(given.step, given.study))
    return _FINE


def _list(report: str | None) -> int:
    from retention_kit.reports.listing import listed_parameters, listed_reports

    print(*(listed_parameters(report) if report else listed_reports()), sep="\n")
    return _FINE


def _run_report(name: str, parameters: Mapping[str, Any], **where: Any) -> "ReportFiles":
    print(render("cli.running", report=name), flush=True)
    from retention_kit.reports import run_report

    return run_report(name, parameters, **where)


def _check_language(lang: str | None) -> None:
    if lang not in (None, *LANGUAGES):
        raise OptionError("error.option", name="--lang", value=lang, legal=list(LANGUAGES))


def _parameters(given: argparse.Namespace) -> dict[str, Any]:
    from retention_kit.reports.given import given_parameters

    _check_language(given.lang)
    return given_parameters(given.report, {name: getattr(given, name) for name in _OPTIONS}, given.columns, given.p)


if __name__ == "__main__":
    sys.exit(main())
