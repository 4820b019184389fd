"""From an executed notebook to a page for readers who never see code."""

import html
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from retention_kit.errors import ReportError
from retention_kit.reports.containing import contained, straight
from retention_kit.wording import LANGUAGES, render

_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]
_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL | re.IGNORECASE)
_MARKDOWN_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)


def to_html(notebook: str | Path, page: str | Path) -> Path:
    """Write an executed notebook as one HTML page that fetches nothing and runs nothing.

    Parameters
    ----------
    notebook, page : str or Path
        The page appears whole or not at all.

    Returns
    -------
    Path
        `page`.

    Raises
    ------
    ReportError
        If a figure has no text alternative (``metadata={"image/png": {"alt": …}}`` of `display`).
    """
    page = Path(page)
    text = render_html(nbformat.read(notebook, as_version=4))
    with written_aside(page) as partial:
        partial.write_text(text, encoding="utf-8")
    return page


@contextmanager
def written_aside(file: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there becomes `file` if nothing broke, and is removed otherwise."""
    partial = file.with_name(f".{file.stem}.{os.getpid()}.partial{file.suffix}")
    try:
        yield partial
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def render_html(notebook: NotebookNode) -> str:
    """Return the page of an executed notebook as text; see `to_html`."""
    _check_alternatives(notebook)
    resources = {"page": _page_words(notebook)}
    return _exporter().from_notebook_node(notebook, resources)[0]


@cache
def _exporter() -> HTMLExporter:
    # Reading the templates takes longer than filling them: a hundred pages share one exporter.
    return HTMLExporter(
        template_name="retention_kit",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_anchor_links=True,
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        optimistic_validation=True,
        filters={"contained": contained, "straight": straight, "css_text": css_text},
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN}}),
    )


def _page_words(notebook: NotebookNode) -> dict[str, str]:
    """Return what the template says of its own, in the language of the page."""
    lang = _language(notebook)
    known = lang if lang in LANGUAGES else "en"
    return {
        "lang": lang,
        "title": straight(page_title(notebook)),
        "as_of": _as_of(notebook, known),
        "number": render("page.print_page", known),
        "table": render("page.box_table", known),
        "figure": render("page.box_figure", known),
    }


def _as_of(notebook: NotebookNode, lang: str) -> str:
    """Return up to when the data of a page speak, where a parameter says it."""
    given = notebook.metadata.get("retention_kit", {}).get("parameters", {}).get("as_of", "")
    try:
        return render("page.print_as_of", lang, as_of=date.fromisoformat(given))
    except (TypeError, ValueError):
        return ""


def css_text(text: str) -> str:
    r"""Return a text as a string of CSS in which no character has a meaning, not even the end of a style sheet.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> css_text('12 "</style>')
    '"12\\20 \\22 \\3c \\2f style\\3e "'
    """
    plain = (each if each.isascii() and each.isalnum() else f"\\{ord(each):x} " for each in text)
    return f'"{"".join(plain)}"'


def page_title(notebook: NotebookNode) -> str:
    """Return the title of a page: the notebook's own, or its first heading, or nothing."""
    return notebook.metadata.get("title") or next(filter(None, map(_heading, notebook.cells)), "")


def _language(notebook: NotebookNode) -> str:
    return notebook.metadata.get("language") or "en"


def _heading(cell: NotebookNode) -> str:
    if "source" in cell.metadata.get("tags", []):
        return ""
    if cell.cell_type == "markdown":
        found = _MARKDOWN_HEADING.search(cell.source)
        return found[1].strip() if found else ""
    shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.get("outputs", []))
    found = _HEADING.search(shown)
    return html.unescape(re.sub(r"<[^>]*>", "", found[1])).strip() if found else ""


def _check_alternatives(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if (kind := _image_kind(output)) and not output.metadata.get(kind, {}).get("alt", "").strip():
                raise ReportError("error.image_without_alt", cell=number)


def _image_kind(output: NotebookNode) -> str | None:
    """Return the type under which an output is shown, if that is an image."""
    shown = next((kind for kind in _SHOWN if kind in output.get("data", {})), "")
    return shown if shown.startswith("image/") else None
