"""Tables to read: the only place where 1.08 becomes "108 %".

A `Table` holds texts in one language and is no longer for computing; results keep the numbers (`to_frame`).
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.wording import Money, render

SIGNS = {"new": "gain", "reactivation": "gain", "expansion": "gain", "contraction": "loss", "churn": "loss"}
MEASURES = ("nrr", "grr", "logo_retention")
UNITS = {"rmst": "months", "spend": "number", "quick_ratio": "number"}  # all others are fractions


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


def _table(caption: str, words: Mapping[str, Any], numbers: Mapping[str, Any], notes=()) -> Table:
    return Table(pd.DataFrame({**words, **numbers}, dtype=str), caption, frozenset(numbers), tuple(notes))


def _named(key: str, lang: str | None, **fields: Any) -> str:
    text = render(key, lang, **fields)
    return text[:1].upper() + text[1:]


def _written(unit: str, values: Iterable[Any], lang: str | None) -> list[str]:
    return [render(f"table.{unit}", lang, value=value) for value in values]


def _amounts(values: Iterable[float], currency: str | None, lang: str | None, cents: bool) -> list[str]:
    unit = "money" if cents else "money_round"
    return _written(unit, (Money(float(value), currency) for value in values), lang)


def _has_cents(values: pd.DataFrame | pd.Series) -> bool:
    return bool((values.round(2) != values.round(0)).to_numpy().any())


def _range(low: float, high: float, unit: str, lang: str | None) -> str:
    ends = dict(zip(("low", "high"), _written(unit, (low, high), lang), strict=True))
    return render("table.unknown", lang) if pd.isna(low) else render("table.interval", lang, **ends)
