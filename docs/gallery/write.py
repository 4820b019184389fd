"""Draw the gallery anew: `make gallery` runs every report in both languages and writes docs/gallery.md.

Needs Chromium for the pictures of pages. What else is not there is left out: the shared data, LibreOffice.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import which
from typing import Any

from retention_kit.reports import forking

DOCS = Path(__file__).parent.parent
IMAGES = DOCS / "images" / "gallery"
SHARED = DOCS.parent.parent / "shared" / "data"
PERIODS = SHARED / "mrr_playbook" / "subscription_periods.csv"
LANGUAGES = ("en", "fr")
WIDTH, SCREEN, HEAVIEST = 1000, 1300, 200_000  # pixels of the page, of its first screen; bytes of a picture
SHOWN = 800  # pixels of a picture
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PLAYBOOK = {"start": "start_date", "end": "end_date", "amount": "monthly_amount"}


@dataclass(frozen=True)
class Shown:
    """A report of the gallery: what it answers, and what it is run with."""

    name: str
    about: str
    parameters: dict[str, Any] = field(default_factory=dict)
    data: str = ""

    @property
    def stem(self) -> str:
        """What its pictures are called."""
        return f"{self.name}_{self.data}" if self.data else self.name

    def command(self, lang: str) -> str:
        """Return the line that makes the page."""
        given = [f"-p {name} {value}" for name, value in self.parameters.items() if name != "columns"]
        if not self.data:
            files = ["-p study study.yml"] if self.name == "study" else [OWN]
            return " ".join(["retention-kit report", self.name, *files, *given, "--lang", lang])
        columns = [f"--column {name}={header}" for name, header in PLAYBOOK.items()]
        read = [f"--subscriptions {PERIODS.name}", "--as-of 2019-12-31", "--interval month", "--currency USD", *columns]
        return " ".join(["retention-kit report", self.name, *read, "--lang", lang])


OWN = "--subscriptions subscriptions.csv --customers customers.csv --as-of 2025-12-31"
PLAYED = {
    "subscriptions": str(PERIODS),
    "as_of": "2019-12-31",
    "interval": "month",
    "currency": "USD",
    "columns": PLAYBOOK,
}
REPORTS = (
    Shown("monthly_retention", "How MRR and retention moved, and who is behind it.", {"by": "segment"}),
    Shown("cohort_study", "How customers who began together stay, and what they pay."),
    Shown("segment_comparison", "Which customers keep their revenue."),
    Shown("hypothesis", "Does a factor go with better retention? Here: a personalised demo."),
    Shown("study", "Several hypotheses declared in a file: what could be found, what came out."),
    Shown("portfolio", "One CSM's accounts: who to call first and why."),
    Shown("data_quality", "Can the numbers of an export be relied on?"),
    Shown("monthly_retention", "51 customers, real data: intervals as wide as so few deserve.", PLAYED, "mrr_playbook"),
)


def main() -> None:
    """Run the reports, draw the pictures, write the page."""
    browser = next(filter(None, map(which, BROWSERS)), None)
    if browser is None:
        sys.exit("The pictures are taken with Chromium: install it, or put it on the PATH.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    shown = [each for each in REPORTS if not each.data or PERIODS.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        made = run_all(shown, Path(folder))
        titles = {key: title_of(notebook) for key, notebook in made.items()}
        for (stem, lang), notebook in made.items():
            page = first_screen(browser, notebook.with_suffix(".html"))
            keep(page, IMAGES / f"{stem}_{lang}.webp")
        keep(pdf_page(made["monthly_retention", "en"].with_suffix(".pdf"), 1), IMAGES / "pdf_page.webp")
        has_sheet = bool(which("soffice")) and draw_sheet(made["monthly_retention", "en"].with_suffix(".xlsx"))
    (DOCS / "gallery.md").write_text("\n".join(page_lines(shown, titles, has_sheet)), encoding="utf-8")


def run_all(shown: Iterable[Shown], folder: Path) -> dict[tuple[str, str], Path]:
    """Return the executed notebooks, their exports beside them, by report and language."""
    from retention_kit.reports import run_report

    def work() -> Iterator[tuple[tuple[str, str], Any]]:
        for each in shown:
            for lang in LANGUAGES:
                stem, given = f"{each.stem}_{lang}", each.parameters | {"lang": lang}
                how = {"output_dir": folder, "stem": stem, "formats": ("html", "pdf", "xlsx")}
                yield (each.stem, lang), partial(run_report, each.name, given, **how)

    forking.prepare()
    made = {}
    for key, outcome in forking.forked(work(), 2):
        if outcome.error is not None:
            raise outcome.error
        made[key] = outcome.value.notebook
    return dict(sorted(made.items()))


def title_of(notebook: Path) -> str:
    """Return the title of an executed notebook's page."""
    import nbformat

    return nbformat.read(notebook, as_version=4).metadata["title"]


def first_screen(browser: str, page: Path) -> Any:
    """Return what a reader sees of a page first, as a picture."""
    from PIL import Image

    picture = page.with_suffix(".png")
    options = ["--headless", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{SCREEN}"]
    # a container's root has no sandbox; the page is our own, and forbids itself scripts and the network
    options += ["--no-sandbox", f"--user-data-dir={page.with_suffix('.profile')}", f"--screenshot={picture}"]
    subprocess.run([browser, *options, page.resolve().as_uri()], check=True, capture_output=True, timeout=120)
    return Image.open(picture).convert("RGB")


def pdf_page(pdf: Path, number: int) -> Any:
    """Return a page of a PDF as a picture; pages count from 0."""
    import pypdfium2

    return pypdfium2.PdfDocument(pdf)[number].render(scale=2).to_pil().convert("RGB")


def draw_sheet(book: Path) -> bool:
    """Draw the first sheet of a workbook, and say whether it could be drawn."""
    convert = ["soffice", f"-env:UserInstallation={book.with_suffix('.office').as_uri()}", "--headless"]
    options = ["--convert-to", "pdf", "--outdir", str(book.parent / "sheets"), str(book)]
    subprocess.run([*convert, *options], check=True, capture_output=True, timeout=180)
    keep(pdf_page(book.parent / "sheets" / f"{book.stem}.pdf", 0), IMAGES / "workbook.webp")
    return True


def keep(picture: Any, path: Path) -> None:
    """Write a picture at a readable size; WebP, as the colours of a legend must stay what they are."""
    height = round(picture.height * SHOWN / picture.width)
    picture.resize((SHOWN, height)).save(path, quality=85, method=6)
    if path.stat().st_size > HEAVIEST:
        raise ValueError(f"{path} is too heavy")


def page_lines(shown: Iterable[Shown], titles: dict[tuple[str, str], str], has_sheet: bool) -> Iterator[str]:
    """Yield the page: each report in English beside French, with the line that makes it."""
    monthly = alt(titles["monthly_retention", "en"])
    yield "# Gallery\n"
    yield "The first screen of every report, in English and in French, on the bundled, invented business unless said."
    yield "`make gallery` draws this page anew. The commands are those for files of your own; without `--to`, a report"
    yield "is an HTML page and its executed notebook.\n"
    for each in shown:
        yield f"## {each.stem if each.data else each.name}\n"
        yield f"{each.about}\n"
        yield "| English | French |\n|---|---|"
        pictures = (f"![{alt(titles[each.stem, lang])}](images/gallery/{each.stem}_{lang}.webp)" for lang in LANGUAGES)
        yield f"| {' | '.join(pictures)} |\n"
        yield "```\n" + "\n".join(map(each.command, LANGUAGES)) + "\n```\n"
    yield "## On paper\n"
    yield "A page of a PDF (`--to pdf`): A4, figures and tables kept whole, page numbers.\n"
    yield f"![A page of the PDF of: {monthly}](images/gallery/pdf_page.webp)\n"
    yield f"```\nretention-kit report monthly_retention {OWN} -p by segment --to pdf\n```"
    if has_sheet:
        yield "\n## In a spreadsheet\n"
        yield "The first sheet of a workbook (`--to xlsx`): rules, warnings, links to the numbers behind all else.\n"
        yield f"![The first sheet of the workbook of: {monthly}](images/gallery/workbook.webp)\n"
        yield f"```\nretention-kit report monthly_retention {OWN} -p by segment --to xlsx\n```"
    yield ""


def alt(title: str) -> str:
    """Return a title as the text alternative of its page's picture."""
    return " ".join(title.replace("|", "–").split())


if __name__ == "__main__":
    main()
