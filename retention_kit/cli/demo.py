"""``retention-kit demo``: the bundled business, in both languages."""

import argparse
from pathlib import Path

from retention_kit.cli.parsing import FINE, PROGRAM, Parser, check_language, option
from retention_kit.cli.report import running
from retention_kit.wording import LANGUAGES, render, use_language

DEMO = "hypothesis"


def parser() -> Parser:
    """Return the parser of the command."""
    words = Parser(f"{PROGRAM} demo", render("cli.help_demo"))
    option(words, "--lang", "lang", "demo_lang", action="append")
    option(words, "--output-dir", "folder", "output_dir", default="reports/demo")
    words.set_defaults(run=_demo)
    return words


def _demo(given: argparse.Namespace) -> int:
    languages = list(dict.fromkeys(given.lang or LANGUAGES))
    for lang in languages:
        check_language(lang)
    pages = {lang: _demo_page(lang, given.output_dir) for lang in languages}
    for lang, page in pages.items():
        print(render("cli.page", lang, path=page))
    return FINE


def _demo_page(lang: str, folder: str) -> Path:
    with use_language(lang):
        return running(DEMO, {"lang": lang, "randomised": True}, output_dir=folder, stem=f"{DEMO}_{lang}").html
