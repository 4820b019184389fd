"""From an executed notebook to a page for readers who never see code."""

import html
import os
import re
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from retention_kit.errors import ReportError
from retention_kit.reports.containing import contained

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
    partial = page.with_name(f".{page.stem}.{os.getpid()}.partial.html")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(page)
    finally:
        partial.unlink(missing_ok=True)
    return page


def render_html(notebook: NotebookNode) -> str:
    """Return the page of an executed notebook as text; see `to_html`."""
    _check_alternatives(notebook)
    exporter = HTMLExporter(
        template_name="retention_kit",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_anchor_links=True,
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        filters={"contained": contained},
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN}}),
    )
    resources = {"page": {"lang": _language(notebook), "title": page_title(notebook)}}
    return exporter.from_notebook_node(notebook, resources)[0]


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
