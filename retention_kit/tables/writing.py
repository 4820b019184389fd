"""What all tables share: the value, and how numbers become texts in one language."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.wording import Message, Money, render
from retention_kit.wording.formats import LOCALES, money

UNITS = {"rmst": "number1", "spend": "number", "quick_ratio": "number1"}  # all others are fractions


@dataclass(frozen=True, eq=False)
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

    Examples
    --------
    >>> print(Table(pd.DataFrame({"Customer": ["<b>Ada</b>"]}), "All")._repr_html_())
    <table class="rk-table"><caption>All</caption><thead><tr><th scope="col">Customer</th></tr></thead>
    <tbody><tr><td>&lt;b&gt;Ada&lt;/b&gt;</td></tr></tbody></table>
    """

    frame: pd.DataFrame
    caption: str
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.caption, self.frame.to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        # DataFrame.to_html knows no class per column, and cuts long texts and long tables.
        head = self._row("th", self.frame.columns, ' scope="col"')
        rows = "".join(self._row("td", row) for row in self.frame.itertuples(index=False))
        caption = f"<caption>{html.escape(self.caption)}</caption>"
        notes = "".join(f'<p class="rk-note">{html.escape(note)}</p>' for note in self.notes)
        return f'<table class="rk-table">{caption}<thead>{head}</thead>\n<tbody>{rows}</tbody></table>{notes}'

    def _row(self, tag: str, texts: Iterable[str], scope: str = "") -> str:
        kinds = [' class="rk-number"' if name in self.numeric else "" for name in self.frame.columns]
        cells = zip(kinds, texts, strict=True)
        return f"<tr>{''.join(f'<{tag}{scope}{kind}>{html.escape(text)}</{tag}>' for kind, text in cells)}</tr>"


def worded(
    caption: str, words: Mapping[str, list[str]], numbers: Mapping[str, list[str]], notes: Iterable[str] = ()
) -> Table:
    """Return a table of columns of words, then columns of numbers."""
    frame = pd.DataFrame({**words, **numbers}, dtype=object)
    return Table(frame, caption, frozenset(numbers), tuple(dict.fromkeys(notes)))


def head(key: str, lang: str, **fields: Any) -> str:
    """Return a column head in words, with a capital."""
    text = render(key, lang, **fields)
    return text[:1].upper() + text[1:]


def figure(unit: str, value: float, lang: str) -> str:
    """Return one number in the words of a unit."""
    return render(f"table.{unit}", lang, value=value).replace("-", "−")


def figures(unit: str, values: Iterable[float], lang: str) -> list[str]:
    """Return numbers in the words of a unit."""
    return [figure(unit, value, lang) for value in values]


def periods(days: Iterable[pd.Timestamp], freq: str, lang: str) -> list[str]:
    """Return the names of periods by their first day."""
    fields = ({"day": day, "quarter": str(day.quarter), "year": str(day.year)} for day in days)
    return [render(f"period.{freq}", lang, **each) for each in fields]


def amounts(values: pd.Series, currency: str | None, lang: str, cents: bool | None = None) -> list[str]:
    """Write amounts, all of them with cents or none."""
    shown = has_cents(values) if cents is None else cents
    unknown = render("table.unknown", lang)
    return [
        unknown
        if pd.isna(value)
        else money(Money(round(value, 2), currency), LOCALES[lang], decimals=shown).replace("-", "−")
        for value in values.astype(float)
    ]


def has_cents(values: pd.Series | pd.DataFrame) -> bool:
    """Whether any amount has cents."""
    known = values.astype(float).fillna(0.0)
    return bool((known.round(2) != known.round(0)).to_numpy().any())


def with_range(key: str, lang: str, unit: str, value: float, low: float, high: float) -> str:
    """Write an interval; where there is none, the value alone."""
    if pd.isna(low):
        return figure(unit, value, lang) if key == "table.value_interval" else render("table.unknown", lang)
    ends = {name: figure(unit, x, lang) for name, x in (("value", value), ("low", low), ("high", high))}
    return render(key, lang, **ends)


def told(texts: Iterable[Message | str], lang: str) -> list[str]:
    """Return messages in words, texts as they are."""
    return [render(text, lang) if isinstance(text, Message) else str(text) for text in texts]
