"""What all tables share: the value that holds texts and the numbers behind them, and how it shows itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from retention_kit.media_types import SHEET
from retention_kit.tables.columns import Column, column
from retention_kit.wording import Message, render
from retention_kit.wording.formats import without_isolates

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table of texts with a caption, safe to show whatever the customers are called.

    Attributes
    ----------
    frame : DataFrame
        The texts, under column heads in words.
    caption : str
    numeric : frozenset of str
        Heads of the columns to be aligned on the right.
    notes : tuple of str
        Rules and warnings that belong under the table.
    columns : mapping of str to Column
        By head, the texts with the numbers behind them; a column not among them has no more than its texts.

    Examples
    --------
    >>> print(Table(pd.DataFrame({"Customer": ["<b>Ada</b>"]}), "All")._repr_html_().splitlines()[-1])
    <tbody><tr><td style="text-align: left">&lt;b&gt;Ada&lt;/b&gt;</td></tr></tbody></table>
    """

    frame: pd.DataFrame
    caption: str
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    columns: Mapping[str, Column] | None = None

    def __str__(self) -> str:
        return "\n".join([self.caption, self.frame.to_string(index=False), *self.notes])

    __repr__ = __str__

    def sheet(self) -> dict[str, Any]:
        """Return the table for a spreadsheet: its numbers as numbers, as JSON knows them.

        Returns
        -------
        dict
            title; columns, each with name, format, currency and values; notes.

        Examples
        --------
        >>> Table(pd.DataFrame({"Customer": ["Ada"]}), "All").sheet()["columns"]
        [{'name': 'Customer', 'format': 'text', 'currency': None, 'values': ['Ada']}]
        """
        known = self.columns or {}
        columns = {head: known.get(head) or column(self.frame[head]) for head in self.frame.columns}
        behind = [part.under(head) for head, each in columns.items() for part in each.behind]
        return sheet(self.caption, behind, self.notes)

    def styler(self) -> "Styler":
        """Return the texts as a pandas Styler, everything in them escaped, to be styled further.

        Examples
        --------
        >>> table = Table(pd.DataFrame({"Customer": ["<b>Ada</b>"]}), "All")
        >>> "&lt;b&gt;" in table.styler().highlight_null().to_html()
        True
        """
        shown = _styler_class()(self.frame, uuid_len=0, cell_ids=False).hide(axis="index")
        return shown.format(escape="html").format_index(escape="html", axis="columns").set_caption(self.caption)

    def _repr_html_(self) -> str:
        numeric = [place for place, head in enumerate(self.frame.columns) if head in self.numeric]
        with pd.option_context(*_whole(self.frame)):
            return self.styler().to_html(exclude_styles=True, numeric=numeric, notes=self.notes)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self._repr_html_(), "text/plain": str(self), SHEET: self.sheet()}


def _whole(frame: pd.DataFrame) -> tuple[Any, ...]:
    """Return the options under which pandas leaves no row out."""
    limits = {"max_elements": max(frame.size, 1), "max_rows": None, "max_columns": None}
    return tuple(part for name, value in limits.items() for part in (f"styler.render.{name}", value))


@cache
def _styler_class() -> type["Styler"]:
    from pandas.io.formats.style import Styler

    return Styler.from_custom_template(str(Path(__file__).parent), html_table="styled.html.j2")


def worded(
    caption: str, words: Mapping[str, Iterable[str]], numbers: Mapping[str, Iterable[str]], notes: Iterable[str] = ()
) -> Table:
    """Return a table of columns of words, then columns of numbers; a list of texts is a column without numbers."""
    columns = {head: column(cells) for head, cells in {**words, **numbers}.items()}
    frame = pd.DataFrame({head: list(each) for head, each in columns.items()}, dtype=object)
    return Table(frame, caption, frozenset(numbers), tuple(dict.fromkeys(notes)), columns)


def sheet(title: str, columns: Iterable[dict[str, Any]], notes: Iterable[str]) -> dict[str, Any]:
    """Return what a spreadsheet is made of; see `Table.sheet`."""
    named = [{**each, "name": _bare(each["name"]), "values": [_bare(x) for x in each["values"]]} for each in columns]
    return {"title": _bare(title), "columns": named, "notes": [_bare(note) for note in dict.fromkeys(notes)]}


def _bare(value: Any) -> Any:
    """Return a text without the marks that sentences need: in a cell it would be another text."""
    return without_isolates(value) if isinstance(value, str) else value


def head(key: str, lang: str, **fields: Any) -> str:
    """Return a column head in words, with a capital."""
    text = render(key, lang, **fields)
    return text[:1].upper() + text[1:]


def told(texts: Iterable[Message | str], lang: str) -> list[str]:
    """Return messages in words, texts as they are."""
    return [render(text, lang) if isinstance(text, Message) else str(text) for text in texts]
