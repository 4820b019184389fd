"""``retention-kit lessons``: the course for learners and instructor, and what a class has done."""

import argparse
from pathlib import Path

from retention_kit.cli.parsing import FINE, PROGRAM, Parser, option
from retention_kit.errors import OptionError
from retention_kit.wording import LANGUAGES, render, use_language

_SUMMARY = "summary"


def parser() -> Parser:
    """Return the parser of the command."""
    words = Parser(f"{PROGRAM} lessons", render("cli.help_lessons"))
    for name in ("lessons", "folder", "table"):
        words.add_argument(
            name, nargs="?", metavar=render(f"cli.metavar_{name}"), help=render(f"cli.help_lessons_{name}")
        )
    option(words, "--lang", "lang", "lang")
    words.set_defaults(run=_lessons)
    return words


def _lessons(given: argparse.Namespace) -> int:
    what, legal = given.lessons, [*LANGUAGES, _SUMMARY]
    if what not in legal:
        raise OptionError("error.option", name="lessons", value=str(what), legal=legal)
    if not given.folder or (what == _SUMMARY and not given.table):
        raise OptionError("error.cli_lessons", command=given.lessons)
    return _sum_up(given.folder, given.table) if what == _SUMMARY else _write(what, given.folder)


def _write(lang: str, folder: str) -> int:
    from retention_kit.lessons import write_lessons

    with use_language(lang):
        print(render("cli.lessons_written", path=write_lessons(lang, folder)))
    return FINE


def _sum_up(folder: str, table: str) -> int:
    from retention_kit.lessons import summarise
    from retention_kit.results.sheets import written

    summary = summarise(folder)
    path = written(table, lambda path: summary.to_csv(path, index=False, encoding="utf-8-sig"))
    print(render("cli.lessons_summed", n=summary["learner"].nunique(), path=Path(path)))
    return FINE
