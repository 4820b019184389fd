"""From an executed notebook to a PDF: its page, put on sheets by WeasyPrint or else by a Chromium.

WeasyPrint comes first: its PDF is tagged, has an outline and the same bytes for the same page. It needs
pango on the machine; where that is missing, a Chromium on the PATH prints the same page.
"""

import io
import os
import shutil
import subprocess
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

import nbformat

from retention_kit.errors import OptionError, ReportError
from retention_kit.reports.export import render_html, written_aside

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_CHROMIUM_OPTIONS = (
    *("--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-extensions"),
    *("--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf"),
)
_LONGEST_PRINTING = 120  # seconds; a page takes two


def to_pdf(notebook: str | Path, pdf: str | Path) -> Path:
    """Write an executed notebook as a PDF with outline, page numbers and alternative texts.

    Parameters
    ----------
    notebook, pdf : str or Path
        The PDF appears whole or not at all.

    Returns
    -------
    Path
        `pdf`.

    Raises
    ------
    OptionError
        If nothing here can write a PDF; see `check_available`.
    ReportError
        ``error.pdf_failed`` if writing it broke; ``error.image_without_alt`` as `to_html`.

    Notes
    -----
    Nothing is fetched: what a page refers to outside itself, a file of this machine included, is left out.
    """
    check_available()
    pdf = Path(pdf)
    page = render_html(nbformat.read(notebook, as_version=4))
    try:
        with written_aside(pdf) as partial:
            _write(page, partial)
    except Exception as failure:
        # WeasyPrint names no errors of its own, and a browser fails in many ways
        raise ReportError("error.pdf_failed", reason=f"{type(failure).__name__}: {failure}") from failure
    return pdf


def check_available() -> None:
    """Raise an error with the next step unless something here can write a PDF.

    Raises
    ------
    OptionError
        ``error.pdf_engine`` if WeasyPrint does not start and no Chromium is on the PATH.
    """
    if (hindrance := weasyprint_hindrance()) and not chromium():
        raise OptionError("error.pdf_engine", reason=hindrance)


@cache
def weasyprint_hindrance() -> str:
    """Return why WeasyPrint does not start here; nothing if it does."""
    said = io.StringIO()
    try:
        # without pango it prints half a page before it raises
        with redirect_stdout(said), redirect_stderr(said):
            import weasyprint  # noqa: F401
    except (ImportError, OSError) as fault:
        return str(fault).split("\n")[0]
    return ""


def chromium() -> str | None:
    """Return the path of a Chromium: the one that the environment variable ``CHROMIUM`` names, or of the PATH."""
    named = os.environ.get("CHROMIUM")
    return next(filter(None, map(shutil.which, [named] if named else _CHROMIUMS)), None)


def _write(page: str, pdf: Path) -> None:
    if weasyprint_hindrance():
        print_with_chromium(page, pdf)
    else:
        write_with_weasyprint(page, pdf)


def write_with_weasyprint(page: str, pdf: Path) -> None:
    """Write a page as PDF: tagged, with its outline, the same bytes for the same page on the same machine."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # WeasyPrint knows no content security policy: nothing but what the page itself holds may be read
    fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=False)
    HTML(string=page, url_fetcher=fetcher).write_pdf(pdf, pdf_tags=True)


def print_with_chromium(page: str, pdf: Path) -> None:
    """Write a page as PDF with a browser; it stamps the hour, so its bytes differ from run to run."""
    with tempfile.TemporaryDirectory(prefix="rk-", ignore_cleanup_errors=True) as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        # Chromium refuses to sandbox itself for root, as in a container
        root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        own = [f"--user-data-dir={Path(folder) / 'profile'}", f"--print-to-pdf={pdf.absolute()}", source.as_uri()]
        command = [str(chromium()), *_CHROMIUM_OPTIONS, *root, *own]
        done = subprocess.run(
            command, capture_output=True, timeout=_LONGEST_PRINTING, check=True, stdin=subprocess.DEVNULL
        )
        if not pdf.is_file():
            raise OSError(done.stderr.decode(errors="replace").strip().rpartition("\n")[2])
