"""Build the English lessons from the French ones and the catalogue of their prose.

The French notebooks are the source: their code is everybody's. `notebooks/lessons/en.po` holds, for every cell of
prose, the French text and its English translation; a French text that has changed no longer finds its translation,
which is then marked as stale. What is missing or stale is listed, and the exit code is 1.
"""

import sys
from pathlib import Path

import nbformat
from babel.messages import pofile
from babel.messages.catalog import Catalog
from nbformat import NotebookNode

LESSONS = Path(__file__).parents[2] / "notebooks" / "lessons"
CATALOGUE = LESSONS / "en.po"
SPOKEN = 'rk.use_language("{}")'
FILE = "file"  # the context of the entries that name the notebooks


def sources() -> dict[str, NotebookNode]:
    """Return the French lessons by name."""
    return {path.stem: nbformat.read(path, as_version=4) for path in sorted((LESSONS / "fr").glob("*.ipynb"))}


def wanted() -> dict[str, str]:
    """Return every French text by its context: the cell it stands in."""
    lessons = sources()
    texts = {f"{FILE}/{name}": name for name in lessons}
    for name, lesson in lessons.items():
        prose = (cell for cell in lesson.cells if cell.cell_type == "markdown")
        texts |= {f"{name}/{cell.id}": cell.source for cell in prose}
    return texts


def read_catalogue() -> Catalog:
    """Return the catalogue as it is."""
    if not CATALOGUE.exists():
        return Catalog(locale="en")
    with CATALOGUE.open("rb") as file:
        return pofile.read_po(file, locale="en")


def brought_up_to_date(old: Catalog) -> Catalog:
    """Return a catalogue with an entry for every French text: translated, stale, or empty."""
    known = {message.context: message for message in old if message.id}
    new = Catalog(locale="en", project="retention_kit", header_comment="# The lessons, French to English.")
    for context, text in wanted().items():
        before = known.get(context)
        stale = before is not None and (before.id != text or before.fuzzy) and bool(before.string)
        new.add(text, before.string if before else "", context=context, flags=["fuzzy"] if stale else [])
    return new


def write_catalogue(catalogue: Catalog) -> None:
    """Write the catalogue, one entry a cell in the order of the lessons."""
    with CATALOGUE.open("wb") as file:
        pofile.write_po(file, catalogue, width=0, sort_output=False, omit_header=True)


def unfinished(catalogue: Catalog) -> list[str]:
    """Return the contexts of entries that are missing or stale."""
    return [message.context for message in catalogue if message.id and (message.fuzzy or not message.string)]


def english(name: str, lesson: NotebookNode, texts: dict[str, str]) -> NotebookNode:
    """Return a lesson in English, not yet run."""
    new = nbformat.from_dict(lesson)
    for cell in new.cells:
        if cell.cell_type == "markdown":
            cell.source = texts[f"{name}/{cell.id}"]
        else:
            cell.source = cell.source.replace(SPOKEN.format("fr"), SPOKEN.format("en"))
            cell.outputs, cell.execution_count = [], None
    return new


def translations(catalogue: Catalog) -> dict[str, str]:
    """Return the English texts by their contexts."""
    return {message.context: message.string for message in catalogue if message.id}


def built(catalogue: Catalog) -> dict[str, NotebookNode]:
    """Return the English lessons by name."""
    texts = translations(catalogue)
    return {texts[f"{FILE}/{name}"]: english(name, lesson, texts) for name, lesson in sources().items()}


def main() -> int:
    """Write the catalogue, and the lessons if it is complete."""
    catalogue = brought_up_to_date(read_catalogue())
    write_catalogue(catalogue)
    if lacking := unfinished(catalogue):
        sys.stderr.write("\n".join(["missing or stale in notebooks/lessons/en.po:", *lacking, ""]))
        return 1
    folder, lessons = LESSONS / "en", built(catalogue)
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.ipynb"):
        if path.stem not in lessons:
            path.unlink()
    for name, lesson in lessons.items():
        path = folder / f"{name}.ipynb"
        if not path.exists() or _told(nbformat.read(path, as_version=4)) != _told(lesson):
            nbformat.write(lesson, path)
    return 0


def _told(lesson: NotebookNode) -> list[tuple]:
    """Return what a lesson says and does, without its outputs: one that says the same keeps them."""
    return [(cell.cell_type, cell.id, cell.source, cell.metadata.get("tags")) for cell in lesson.cells]


if __name__ == "__main__":
    sys.exit(main())
