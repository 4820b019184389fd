"""Columns of a table: each declared once, with its values and their format, from which its texts and its sheet come."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.wording import Money, render
from retention_kit.wording.formats import LOCALES, money

UNITS = {"rmst": "number1", "spend": "number", "quick_ratio": "number1"}  # all others are fractions
_FORMATS = {"percent": "percent1", "number2": "number"}  # tables write every percentage with one decimal
_NOISE = 1e-12
_EVEN = ("count", "number1", "number2")  # with no, one, two decimals


@dataclass(frozen=True)
class Numbers:
    """The values behind one column, for a spreadsheet.

    Attributes
    ----------
    format : str
        text, percent, percent1, points, money, count, number, number1, p, date or month.
    values : tuple
        What JSON knows: fractions, amounts in units, dates in ISO, None for what is not known.
    currency : str or None
    part : str
        In words, which part of the cells they are, where cells say more than one number.
    """

    format: str
    values: tuple[Any, ...]
    currency: str | None = None
    part: str = ""

    def under(self, head: str) -> dict[str, Any]:
        """Return them as a column of a sheet."""
        name = f"{head} – {self.part}" if self.part else head
        return {"name": name, "format": self.format, "currency": self.currency, "values": list(self.values)}


@dataclass(frozen=True)
class Column(Sequence[str]):
    """Cells in words, and the numbers behind them.

    Attributes
    ----------
    texts : tuple of str
    behind : tuple of Numbers
        One, or one a part of what the cells say.
    """

    texts: tuple[str, ...]
    behind: tuple[Numbers, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, place: Any) -> Any:
        return self.texts[place]


def column(cells: Iterable[str]) -> Column:
    """Return cells as a column; of plain texts the texts are all there is."""
    if isinstance(cells, Column):
        return cells
    texts = tuple(cells)
    return Column(texts, (Numbers("text", texts),))


def numbers(unit: str, values: Iterable[Any], currency: str | None = None, part: str = "") -> Numbers:
    """Return values with their format, as JSON knows them.

    >>> numbers("percent", [0.5, float("nan")]).values
    (0.5, None)
    """
    known = map(_known, values)
    if unit != "p":  # a spreadsheet would show what is left of a difference as -0.00
        known = (0.0 if isinstance(x, float) and abs(x) < _NOISE else x for x in known)
    return Numbers(_FORMATS.get(unit, unit), tuple(known), currency if unit == "money" else None, part)


def _known(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value if isinstance(value, bool | int) else str(value)


def limits(
    unit: str,
    values: Iterable[float],
    lows: Iterable[float],
    highs: Iterable[float],
    lang: str,
    currency: str | None = None,
) -> tuple[Numbers, ...]:
    """Return values and both ends of their intervals."""
    ends = {name: render(f"table.part.{name}", lang) for name in ("low", "high")}
    return (
        numbers(unit, values, currency),
        numbers(unit, lows, currency, ends["low"]),
        numbers(unit, highs, currency, ends["high"]),
    )


def figure(unit: str, value: float, lang: str) -> str:
    """Return one number in the words of a unit."""
    return render(f"table.{unit}", lang, value=value).replace("-", "−")


def figures(unit: str, values: Iterable[float], lang: str) -> Column:
    """Return numbers in the words of a unit, all with as many decimals."""
    known = list(values)
    shown = _even(known) if unit == "number" else unit
    return Column(tuple(figure(shown, value, lang) for value in known), (numbers(unit, known),))


def _even(values: list[float]) -> str:
    """Return the unit in which plain numbers line up: with as many decimals as the finest of them needs."""
    known = [value for value in values if not pd.isna(value)]
    fit = (unit for digits, unit in enumerate(_EVEN) if all(round(x, digits) == round(x, 3) for x in known))
    return next(fit, "number")


def points(values: Iterable[float], lang: str) -> Column:
    """Return fractions as points without a sign."""
    known = list(values)
    texts = tuple(figure("number1", 100 * value, lang) for value in known)
    return Column(texts, (numbers("points", known),))


def p_value_text(p_value: float, lang: str) -> str:
    """Return a p-value as a cell of a table."""
    if math.isnan(p_value):
        return render("table.unknown", lang)
    return render("table.p", lang, p_value=p_value).removeprefix("= ")


def p_values(values: Iterable[float], lang: str) -> Column:
    """Return p-values."""
    known = list(values)
    return Column(tuple(p_value_text(value, lang) for value in known), (numbers("p", known),))


def period(day: pd.Timestamp, freq: str, lang: str) -> str:
    """Return the name of a period by its first day."""
    return render(f"period.{freq}", lang, day=day, quarter=str(day.quarter), year=str(day.year))


def periods(days: Iterable[pd.Timestamp], freq: str, lang: str) -> Column:
    """Return the names of periods by their first day; a spreadsheet gets months as dates."""
    known = list(days)
    texts = tuple(period(day, freq, lang) for day in known)
    return Column(texts, (numbers("month", known) if freq == "M" else Numbers("text", texts),))


def dates(days: Iterable[dt.date], lang: str) -> Column:
    """Return dates."""
    known = list(days)
    return Column(tuple(render("table.plan.date", lang, day=day) for day in known), (numbers("date", known),))


def amounts(values: Iterable[float], currency: str | None, lang: str, cents: bool | None = None) -> Column:
    """Return amounts, all of them with cents or none."""
    known = pd.Series(values, dtype=float)
    shown = has_cents(known) if cents is None else cents
    texts = tuple(amount(value, currency, lang, shown) for value in known)
    return Column(texts, (numbers("money", known, currency),))


def signed_amounts(values: Iterable[float], currency: str | None, lang: str, cents: bool | None = None) -> Column:
    """Return amounts with their signs; nothing has none."""
    known = pd.Series(values, dtype=float) + 0.0
    plain = amounts(known.abs(), currency, lang, cents)
    signs = ["gain" if x > 0 else "loss" if x < 0 else "" for x in known]
    pairs = zip(signs, plain, strict=True)
    texts = tuple(render(f"table.{sign}", lang, value=text) if sign else text for sign, text in pairs)
    return Column(texts, (numbers("money", known, currency),))


def amount(value: float, currency: str | None, lang: str, cents: bool) -> str:
    """Return one amount in words."""
    if pd.isna(value):
        return render("table.unknown", lang)
    return money(Money(round(value, 2), currency), LOCALES[lang], decimals=cents).replace("-", "−")


def has_cents(values: pd.Series | pd.DataFrame) -> bool:
    """Whether any amount has cents."""
    known = values.astype(float).fillna(0.0)
    return bool((known.round(2) != known.round(0)).to_numpy().any())


def ranges(unit: str, values: Iterable[float], lows: Iterable[float], highs: Iterable[float], lang: str) -> Column:
    """Return numbers, each with its interval."""
    cells = list(zip(values, lows, highs, strict=True))
    texts = tuple(with_range("table.value_interval", lang, unit, *cell) for cell in cells)
    return Column(texts, limits(unit, *map(list, zip(*cells, strict=True)), lang) if cells else ())


def with_range(key: str, lang: str, unit: str, value: float, low: float, high: float) -> str:
    """Write an interval; where there is none, the value alone."""
    if pd.isna(low):
        return figure(unit, value, lang) if key == "table.value_interval" else render("table.unknown", lang)
    ends = {name: figure(unit, x, lang) for name, x in (("value", value), ("low", low), ("high", high))}
    return render(key, lang, **ends)
