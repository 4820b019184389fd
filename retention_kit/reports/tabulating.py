"""What a workbook takes from an executed notebook: its sheets, the words of its page, what made it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode

from retention_kit.errors import RetentionKitError
from retention_kit.media_types import SHEET
from retention_kit.reports.export import page_title
from retention_kit.reports.parameters import declared_parameters
from retention_kit.wording import LANGUAGES, render
from retention_kit.wording.formats import without_isolates

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SAID = (*_HEADINGS, "p", "li", "dt", "dd")


@dataclass(frozen=True)
class Book:
    """What goes into a workbook.

    Attributes
    ----------
    title, lang : str
    sheets : tuple of dict
        title; columns with name, format, currency and values; notes. None stands twice.
    said : tuple of (bool, str)
        What the page says beside its tables, and whether it is a heading.
    parameters : dict
    versions : dict
    notice : str
        That the page is one of a batch that asks several questions, and what is left of its answers; else empty.
    """

    title: str
    lang: str
    sheets: tuple[dict[str, Any], ...]
    said: tuple[tuple[bool, str], ...]
    parameters: dict[str, Any]
    versions: dict[str, str]
    notice: str = ""


def book_of(notebook: NotebookNode, path: Path) -> Book:
    """Return what a workbook holds of an executed notebook."""
    parameters = _parameters(notebook, path)
    lang = str(notebook.metadata.get("language") or parameters.get("lang") or LANGUAGES[0])
    lang = lang if lang in LANGUAGES else LANGUAGES[0]
    shown = [output["data"] for output in _outputs(notebook)]
    sheets: dict[str, dict[str, Any]] = {}
    for sheet in (sheet for data in shown for sheet in _sheets(data, lang)):
        sheets.setdefault(_identity(sheet), sheet)
    said = dict.fromkeys(pair for data in shown for pair in _said(data))
    title = without_isolates(page_title(notebook)) or path.stem
    notice = notebook.metadata.get("retention_kit", {}).get("batch", {}).get("notice", "")
    return Book(title, lang, tuple(sheets.values()), tuple(said), parameters, _versions(notebook), notice)


def _outputs(notebook: NotebookNode) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from (output for output in cell.get("outputs", []) if "data" in output)


def _sheets(data: dict[str, Any], lang: str) -> Iterator[dict[str, Any]]:
    if SHEET in data:
        yield data[SHEET]
    elif "text/html" in data:
        tables = BeautifulSoup(data["text/html"], "html.parser").find_all("table")
        yield from (_as_it_stands(table, lang) for table in tables)


def _as_it_stands(table: Tag, lang: str) -> dict[str, Any]:
    """Return a table that carries no numbers as texts; whoever made it knows which of them are numbers."""
    rows = [[_text(cell) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
    width = max(map(len, rows), default=0)
    heads, *body = [row + [""] * (width - len(row)) for row in rows] or [[]]
    columns = [
        {"name": head, "format": "text", "currency": None, "values": [row[place] for row in body]}
        for place, head in enumerate(heads)
    ]
    title = _text(table.caption) if table.caption else ""
    return {"title": title, "columns": columns, "notes": [render("xlsx.text_only", lang)]}


def _identity(sheet: dict[str, Any]) -> str:
    """Return what makes two sheets the same: their numbers, not the words above and below them."""
    return json.dumps(sheet["columns"], sort_keys=True)


def _said(data: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    soup = BeautifulSoup(data.get("text/html", ""), "html.parser")
    for element in soup.find_all(_SAID):
        nested = element.find_parent(["table", *_SAID])
        if not nested and (text := _text(element)):
            yield element.name in _HEADINGS, text


def _text(element: Tag) -> str:
    # no-break spaces stay: they are part of how French is written
    return without_isolates(element.get_text()).strip(" \n\t")


def _parameters(notebook: NotebookNode, path: Path) -> dict[str, Any]:
    """Return the parameters in force: as the run wrote them, else those declared and those papermill was given."""
    if written := notebook.metadata.get("retention_kit", {}).get("parameters"):
        return dict(written)
    try:
        declared = {name: each.default for name, each in declared_parameters(path).items()}
    except RetentionKitError:  # somebody's own notebook need not declare any
        declared = {}
    return declared | dict(notebook.metadata.get("papermill", {}).get("parameters", {}))


def _versions(notebook: NotebookNode) -> dict[str, str]:
    known = {
        "retention-kit": notebook.metadata.get("retention_kit", {}).get("version"),
        "Python": notebook.metadata.get("language_info", {}).get("version"),
        "papermill": notebook.metadata.get("papermill", {}).get("version"),
    }
    return {name: str(version) for name, version in known.items() if version}
