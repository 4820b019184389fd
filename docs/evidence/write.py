"""Write the pages of evidence anew: `make evidence`.

The pages on real data need `shared/data` beside the project; the study needs nothing.
"""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import nsw
import study
import telco

HERE = Path(__file__).parent
IMAGES = HERE.parent / "images"
DATA = HERE.parents[2] / "shared" / "data"
COLOURS = 64


def pages_of_nsw() -> tuple[dict[str, str], dict[str, Any]]:
    """Return the page on the job-training trial, and its pictures."""
    found = nsw.findings(DATA / "causal_nsw")
    pictures = nsw.figures(found)
    return {"nsw.md": nsw.page(found, pictures)}, pictures


def pages_of_telco() -> tuple[dict[str, str], dict[str, Any]]:
    """Return the page on the Telco customers, and its picture."""
    raw = telco.read(DATA / "telco_ibm")
    books = telco.ledgers(raw)
    found = telco.findings(raw, books)
    pictures = telco.figures(found)
    return {"telco.md": telco.page(raw, books, found, pictures)}, pictures


def pages_of_study() -> tuple[dict[str, str], dict[str, Any]]:
    """Return the pages on the invented business, and their pictures."""
    found = study.findings()
    pictures = study.figures(found)
    return {
        name: study.page(found, pictures, lang) for name, lang in (("study.md", "en"), ("study.fr.md", "fr"))
    }, pictures


def small(png: bytes) -> bytes:
    """Return a picture with as few colours as its eye needs: a third of the bytes."""
    from PIL import Image

    file = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS).save(file, format="PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    """Write the pages and pictures; without the real data, the study's only, saying so."""
    makers = [pages_of_study]
    if DATA.is_dir():
        makers = [pages_of_nsw, pages_of_telco, pages_of_study]
    else:
        sys.stderr.write("nsw.md and telco.md stay as they are: shared/data does not lie beside the project\n")
    for make in makers:
        pages, pictures = make()
        for name, text in pages.items():
            (HERE / name).write_text(text, encoding="utf-8")
        for name, each in pictures.items():
            (IMAGES / name).write_bytes(small(each.png))


if __name__ == "__main__":
    main()
