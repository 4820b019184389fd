"""``retention-kit check``: what a file holds, before a report is asked for."""

import argparse

from retention_kit.cli.parsing import FINE, PROGRAM, READING, REFUSED, Parser, check_language, option, reading_options
from retention_kit.errors import OptionError
from retention_kit.wording import render


def parser() -> Parser:
    """Return the parser of the command."""
    words = Parser(f"{PROGRAM} check", render("cli.help_check"))
    words.add_argument("file", nargs="?", metavar=render("cli.metavar_file"), help=render("cli.help_check_file"))
    option(words, "--customers", "file", "customers")
    option(words, "--as-of", "date", "as_of")
    reading_options(words)
    option(words, "--lang", "lang", "lang")
    words.add_argument("--all", action="store_true", help=render("cli.help_all"))
    words.set_defaults(run=_check)
    return words


def _check(given: argparse.Namespace) -> int:
    from retention_kit.checking import check_file
    from retention_kit.reports.given import given_reading

    check_language(given.lang)
    if not given.file:
        raise OptionError("error.cli_no_file")
    options = given_reading({name: getattr(given, name) for name in ("as_of", "customers", *READING)}, given.columns)
    report = check_file(given.file, **options)
    print(report.text(every=given.all))
    return FINE if report.usable else REFUSED
