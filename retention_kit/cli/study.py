"""``retention-kit study``: what a study could find, and its lock."""

import argparse

from retention_kit.cli.parsing import FINE, PROGRAM, Parser, check_language, option
from retention_kit.wording import render


def parser() -> Parser:
    """Return the parser of the command."""
    words = Parser(f"{PROGRAM} study", render("cli.help_before"))
    for name in ("step", "study"):
        words.add_argument(name, nargs="?", metavar=render(f"cli.metavar_{name}"), help=render(f"cli.help_{name}"))
    option(words, "--lang", "lang", "lang")
    words.set_defaults(run=_study)
    return words


def _study(given: argparse.Namespace) -> int:
    from retention_kit.studies.steps import taken

    check_language(given.lang)
    print(taken(given.step, given.study))
    return FINE
