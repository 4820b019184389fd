"""How the command line is read: what the commands share, and refusals in the reader's language."""

import argparse
from typing import Any

from retention_kit.errors import OptionError
from retention_kit.wording import LANGUAGES, render

PROGRAM = "retention-kit"
FINE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130
READING = ("source", "interval", "currency", "day_first", "decimal", "sheet", "end_inclusive")


def heading(key: str) -> str:
    """Return the heading of a part of the help."""
    return render("cli.heading", title=render(key))


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """Write the usage in the reader's language."""
        super().add_usage(usage, actions, groups, f"{render('cli.usage')} ")


class Parser(argparse.ArgumentParser):
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
            group.title = heading(key).removesuffix(":")
        self.add_argument("-h", "--help", action="help", help=render("cli.help_help"))

    def parse_args(self, args: Any = None, namespace: Any = None) -> argparse.Namespace:
        """Return what was given."""
        try:
            given, unknown = self.parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            raise OptionError("error.cli_values", option=error.argument_name, command=self.prog) from None
        if unknown:
            raise OptionError("error.cli_unknown_argument", value=unknown[0], command=self.prog)
        return given

    def error(self, message: str) -> None:
        """Refuse what argparse could not read."""
        raise OptionError("error.cli_usage", reason=message, command=self.prog)


def option(parser: Parser, flag: str, metavar: str, key: str, **settings: Any) -> None:
    """Give a command an option, with the words of the catalogue."""
    text = render(f"cli.help_{key}", default=settings.get("default"))
    parser.add_argument(flag, metavar=render(f"cli.metavar_{metavar}"), help=text, **settings)


def reading_options(parser: Parser) -> None:
    """Give a command the options that say how a file is to be read."""
    option(parser, "--source", "source", "source")
    option(parser, "--column", "column", "column", action="append", dest="columns", default=[])
    option(parser, "--interval", "interval", "interval")
    option(parser, "--currency", "currency", "currency")
    option(parser, "--day-first", "yes_no", "day_first")
    option(parser, "--decimal", "sign", "decimal")
    option(parser, "--sheet", "sheet", "sheet")
    option(parser, "--end-inclusive", "yes_no", "end_inclusive")


def check_language(lang: str | None) -> None:
    """Refuse a language that the catalogue has not."""
    if lang not in (None, *LANGUAGES):
        raise OptionError("error.option", name="--lang", value=lang, legal=list(LANGUAGES))
