"""From an executed notebook to a workbook: a sheet of rules, then the numbers behind every table and picture.

Texts are written as texts, never as formulas or addresses: Excel shows a customer named ``=1+1`` as it is, and nothing
is put before the name.
"""

import datetime as dt
import json
import os
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import count
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from retention_kit.errors import OptionError
from retention_kit.reports.tabulating import Book, book_of
from retention_kit.wording import render
from retention_kit.wording.formats import LOCALES, money_decimals

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_LONGEST_NAME, _LONGEST_TEXT, _MOST_ROWS = 31, 32_767, 1_000_000
_WIDEST, _NARROWEST, _LINE, _HIGHEST = 60, 8, 15, 409
_RULES = (34, 100)  # widths of the sheet of rules
_BEFORE_NAMES = 3
_BOLD, _WRAPPED = {"bold": True}, {"text_wrap": True, "valign": "top"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_CREATED = dt.datetime(2000, 1, 1)  # the same bytes for the same notebook, whenever it is written
# Codes every Excel understands; how thousands, decimals and dates then look is the reader's own language.
_CODES = {
    "percent": "0%",
    "percent1": "0.0%",
    "points": '+0.0" pts";-0.0" pts";0.0" pts"',
    "count": "#,##0",
    "number1": "#,##0.0",
    "p": "[<0.001]0.0E+00;0.000",
    "date": "dd/mm/yyyy",
    "month": "mmm yyyy",
}


def check_available() -> None:
    """Refuse where workbooks cannot be written.

    Raises
    ------
    OptionError
        With what to install.
    """
    if find_spec("xlsxwriter") is None:
        raise OptionError("error.xlsx_package")


def to_xlsx(notebook: str | Path, book: str | Path) -> Path:
    """Write the numbers behind an executed notebook as a workbook.

    Parameters
    ----------
    notebook, book : str or Path
        The workbook appears whole or not at all.

    Returns
    -------
    Path
        `book`.

    Raises
    ------
    OptionError
        If xlsxwriter is not installed.

    Notes
    -----
    The first sheet says what the page says beside its tables: title, links to the other sheets, rules and warnings,
    then parameters and versions; in a batch also what its other questions leave of the answers. A table or picture that
    carries its numbers has a sheet of them, equal ones once; a table that carries none, such as a DataFrame, one of its
    texts. The same notebook gives the same bytes.
    """
    check_available()
    notebook, book = Path(notebook), Path(book)
    contents = book_of(nbformat.read(notebook, as_version=4), notebook)
    partial = book.with_name(f".{book.stem}.{os.getpid()}.partial.xlsx")
    try:
        _write(contents, partial)
        partial.replace(book)
    finally:
        partial.unlink(missing_ok=True)
    return book


def _write(book: Book, path: Path) -> None:
    from xlsxwriter import Workbook

    rules, *names = sheet_names(
        [render("xlsx.rules", book.lang), *(sheet["title"] for sheet in book.sheets)], book.lang
    )
    with Workbook(path) as workbook:
        workbook.set_properties({"title": book.title[:255], "created": _CREATED})
        _write_rules(workbook, book, rules, names)
        for name, sheet in zip(names, book.sheets, strict=True):
            _write_sheet(workbook, name, sheet, book.lang)


def sheet_names(titles: Iterable[str], lang: str) -> list[str]:
    """Return a legal name a sheet, each another one, whatever the titles are.

    >>> sheet_names(["What became of every input row: a/b.csv", "WHAT became of every input row: c"], "en")
    ['What became of every input row', 'WHAT became of every input (2)']
    """
    given, names = list(titles), {}
    first = [_shortened(_plain(title, lang)) for title in given]
    for title, name in zip(given, first, strict=True):
        # what several titles begin with tells less than what each ends with
        telling = _capital(title.rsplit(": ", 1)[-1]) if first.count(name) > 1 else title
        tries = (_shortened(_plain(telling, lang), f" ({i})" if i > 1 else "") for i in count(1))
        free = next(name for name in tries if name.lower() not in names)
        names[free.lower()] = free
    return list(names.values())


def _plain(title: str, lang: str) -> str:
    plain = " ".join(_FORBIDDEN.sub(" ", title).split()).strip("'")
    # History is Excel's own, and an apostrophe at either end breaks references
    return plain if plain and plain.lower() != "history" else render("xlsx.sheet", lang)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shortened(text: str, end: str = "") -> str:
    # Excel counts UTF-16 units, of which an emoji takes two
    cut = text.encode("utf-16-le")[: 2 * (_LONGEST_NAME - len(end))].decode("utf-16-le", "ignore")
    if " " in cut[12:] and text[len(cut) : len(cut) + 1].isalnum():
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip(" ',") + end


def _write_rules(workbook: "Workbook", book: Book, name: str, names: list[str]) -> None:
    sheet = workbook.add_worksheet(name)
    title, bold = workbook.add_format({"bold": True, "font_size": 14}), workbook.add_format(_BOLD)
    wrapped = workbook.add_format(_WRAPPED)
    _for_paper(sheet)
    for place, width in enumerate(_RULES):
        sheet.set_column(place, place, width)
    _text(sheet, 0, 0, book.title, title)
    for row, (first, second) in enumerate(_rules(book, names), start=1):
        _text(sheet, row, 0, first, wrapped if second else bold)
        _text(sheet, row, 1, second, wrapped)
        sheet.set_row(row, _height((first if second else "", second), _RULES))
        if first in names and row <= len(names) + _BEFORE_NAMES:
            sheet.write_url(row, 0, f"internal:'{_doubled(first)}'!A1", None, first)


def _rules(book: Book, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the rows of the sheet of rules; a heading has nothing beside it."""
    as_of = book.parameters.get("as_of")
    yield (render("xlsx.as_of", book.lang), str(as_of)) if as_of else ("", "")
    yield (render("xlsx.batch", book.lang), book.notice) if book.notice else ("", "")
    yield render("xlsx.sheets", book.lang), ""
    yield from zip(names, (sheet["title"] for sheet in book.sheets), strict=True)
    yield "", ""
    yield render("xlsx.page", book.lang), ""
    for is_heading, text in book.said[book.said[:1] == ((True, book.title),) :]:
        yield (text, "") if is_heading else ("", text)
    for key, pairs in (("xlsx.parameters", book.parameters), ("xlsx.versions", book.versions)):
        yield "", ""
        yield render(key, book.lang), ""
        for label, value in pairs.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield label, text or render("table.unknown", book.lang)


def _for_paper(sheet: "Worksheet") -> None:
    sheet.set_paper(9)  # A4
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _doubled(name: str) -> str:
    return name.replace("'", "''")


def _text(sheet: "Worksheet", row: int, column: int, text: str, look: Any = None) -> None:
    """Write a text that stays one: nothing guesses what it might be."""
    if text:
        sheet.write_string(row, column, text[:_LONGEST_TEXT], look)


def _height(texts: Iterable[str], widths: Iterable[float]) -> float:
    """Return the height of a row in points: the programs that read a workbook do not all work it out."""
    lines = (
        sum(ceil(max(len(part), 1) / (1.05 * width)) for part in text.split("\n"))
        for text, width in zip(texts, widths, strict=True)
    )
    return min(_LINE * max(lines, default=1), _HIGHEST)


def _write_sheet(workbook: "Workbook", name: str, contents: dict[str, Any], lang: str) -> None:
    sheet, columns = workbook.add_worksheet(name), contents["columns"]
    widths = [_width(column) for column in columns]
    sheet.freeze_panes(1, 0)
    _for_paper(sheet)
    sheet.repeat_rows(0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # a year that is a name is meant as text
    sheet.set_row(0, _height([column["name"] for column in columns], widths))
    for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
        sheet.set_column(place, place, width)
        side = "left" if column["format"] == "text" else "right"
        _text(sheet, 0, place, column["name"], workbook.add_format({**_BOLD, **_WRAPPED, "bottom": 1, "align": side}))
        _write_column(workbook, sheet, place, column, lang)
    _set_heights(sheet, columns, widths)
    most = max((len(column["values"]) for column in columns), default=0)
    cut = [render("xlsx.cut", lang, shown=_MOST_ROWS, total=most)] if most > _MOST_ROWS else []
    _write_notes(workbook, sheet, min(most, _MOST_ROWS) + 2, [contents["title"], *contents["notes"], *cut], widths)


def _set_heights(sheet: "Worksheet", columns: list[dict[str, Any]], widths: list[float]) -> None:
    texts = [(column["values"], width) for column, width in zip(columns, widths, strict=True)]
    long = {row for values, width in texts for row, value in enumerate(values) if len(str(value)) > width}
    for row in long:
        cells = [str(values[row]) if isinstance(values[row], str) else "" for values, _ in texts]
        sheet.set_row(row + 1, _height(cells, widths))


def _width(column: dict[str, Any]) -> float:
    longest = max([len(value) for value in column["values"] if isinstance(value, str)] or [12])
    return min(max(longest, len(column["name"]) / 3, _NARROWEST) + 2, _WIDEST)


def _write_notes(workbook: "Workbook", sheet: "Worksheet", start: int, notes: list[str], widths: list[float]) -> None:
    """Write what belongs under a table over its whole width."""
    wrapped = workbook.add_format(_WRAPPED)
    for row, note in enumerate(notes, start=start):
        if len(widths) > 1:
            sheet.merge_range(row, 0, row, len(widths) - 1, "", wrapped)
        _text(sheet, row, 0, note, wrapped)
        sheet.set_row(row, _height([note], [sum(widths) or _WIDEST]))


def _write_column(workbook: "Workbook", sheet: "Worksheet", place: int, column: dict[str, Any], lang: str) -> None:
    unit, values = column["format"], column["values"][:_MOST_ROWS]
    code = number_code(unit, values, column["currency"], lang)
    number = workbook.add_format({"num_format": code, "valign": "top"})
    wrapped = workbook.add_format(_WRAPPED)
    for row, value in enumerate(values, start=1):
        if isinstance(value, str) and unit in {"date", "month"}:
            sheet.write_datetime(row, place, dt.datetime.fromisoformat(value), number)
        elif isinstance(value, str):
            _text(sheet, row, place, value, wrapped)
        elif isinstance(value, bool):
            sheet.write_boolean(row, place, value)
        elif value is not None:  # what is not known stays empty, so that no sum counts it
            sheet.write_number(row, place, 100 * value if unit == "points" else value, number)


def number_code(unit: str, values: Iterable[Any], currency: str | None, lang: str) -> str:
    """Return Excel's code of a number format.

    >>> number_code("money", [1.5], "EUR", "en"), number_code("number", [2], None, "en")
    ('[$€]#,##0.00', '#,##0')
    """
    if unit not in {"money", "number"}:
        return _CODES.get(unit, "General")
    known = [value for value in values if isinstance(value, int | float)]
    whole = all(round(value, 2) == round(value) for value in known)
    digits = 0 if whole else money_decimals(currency) if unit == "money" else 2
    code = f"#,##0{'.' + '0' * digits if digits else ''}"
    if unit == "number" or currency is None:
        return code
    return f"{code}\u00a0[${_symbol(currency, lang)}]" if lang == "fr" else f"[${_symbol(currency, lang)}]{code}"


def _symbol(currency: str, lang: str) -> str:
    from babel.numbers import get_currency_symbol

    return get_currency_symbol(currency, locale=LOCALES[lang])
