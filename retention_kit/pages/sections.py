"""Several things shown as one part of a page, under a heading that only stands where something stands under it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from retention_kit.pages.elements import heading


@dataclass(frozen=True)
class Section:
    """What is shown one under another in one cell: headings, results, tables, pictures.

    Attributes
    ----------
    contents : tuple
        Empty where there is nothing to show; a notebook then shows nothing.
    """

    contents: tuple[Any, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.contents)

    def __len__(self) -> int:
        return len(self.contents)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.contents))

    __repr__ = __str__

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for content in self.contents:
            display(content)


def together(contents: Iterable[Any]) -> Section:
    """Return contents as one part: sections are taken apart, what is None or empty is left out."""
    flat: list[Any] = []
    for content in contents:
        if isinstance(content, Section):
            flat += content.contents
        elif content is not None:
            flat.append(content)
    return Section(tuple(flat))


def section(key: str, *contents: Any, level: int = 2) -> Section:
    """Return contents under a heading; nothing at all where all of them are empty.

    Parameters
    ----------
    key : str
        Of the catalogue: the heading.
    *contents : object
        Results, tables, pictures, notes, other sections. None and empty sections are left out.
    level : int
        Of the heading, 1 to 6.

    Returns
    -------
    Section

    Examples
    --------
    >>> print(section("page.answer", None))
    <BLANKLINE>
    >>> from retention_kit.pages.elements import paragraph
    >>> print(section("page.answer", paragraph("word.months", n=3)))
    Answer
    <BLANKLINE>
    3 months
    """
    below = together(contents)
    return together([heading(key, level), below]) if below else below
