"""The command line as a whole: which command, in which language, and how it ends."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise

from retention_kit.cli import batch, check, demo, lessons, report, study
from retention_kit.cli.parsing import FAILED, FINE, INTERRUPTED, PROGRAM, REFUSED, Parser, heading
from retention_kit.errors import OptionError, ReportError, RetentionKitError
from retention_kit.reports import forking
from retention_kit.wording import LANGUAGES, render, use_language

_COMMANDS = {
    "demo": demo.parser,
    "check": check.parser,
    "report": report.parser,
    "batch": batch.parser,
    "study": study.parser,
    "lessons": lessons.parser,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``retention-kit``. Default: those of the process.

    Returns
    -------
    int
        0 fine, 1 a report failed, 2 wrong usage or wrong input, 130 interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        # the whole process is the command's, so that a report may be a fork of it
        forking.prepare(warm=False)
    _print_what_the_terminal_can()
    with use_language(_interface_language(words)):
        try:
            return _run(words)
        except RetentionKitError as error:
            print(error, file=sys.stderr)
            return _exit_code(error)
        except KeyboardInterrupt:
            print(render("cli.interrupted"), file=sys.stderr)
            return INTERRUPTED


def _print_what_the_terminal_can() -> None:
    """Replace a character which an old terminal lacks, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _exit_code(error: RetentionKitError) -> int:
    return FAILED if isinstance(error, ReportError) and error.key != "error.report_input" else REFUSED


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
        return int(leave.code or FINE)
    return given.run(given)


def _command(given: argparse.Namespace, commands: Mapping[str, Parser]) -> tuple[Parser, list[str]]:
    """Return the parser of a command and its words; a language said before the command is the command's."""
    name, *rest = given.command
    if name not in commands:
        raise OptionError("error.cli_command", value=name, legal=list(commands))
    return commands[name], (["--lang", given.lang, *rest] if given.lang else rest)


def _parser() -> tuple[Parser, dict[str, Parser]]:
    commands = {name: parser_of() for name, parser_of in _COMMANDS.items()}
    lines = "\n".join(f"  {name:<20}{command.description}" for name, command in commands.items())
    parser = Parser(PROGRAM, "\n".join([render("cli.about"), "", heading("cli.commands"), lines]))
    parser.add_argument("--version", action="store_true", help=render("cli.help_version"))
    parser.add_argument("--lang", metavar=render("cli.metavar_lang"), help=render("cli.help_lang"))
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.usage = f"{PROGRAM} {render('cli.metavar_command')} …"
    parser.set_defaults(run=lambda given: _version() if given.version else _help(parser))
    return parser, commands


def _help(parser: Parser) -> int:
    parser.print_help()
    return FINE


def _version() -> int:
    from importlib.metadata import version

    print(PROGRAM, version(PROGRAM))
    return FINE
