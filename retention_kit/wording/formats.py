"""Numbers, dates and money as each language writes them; Babel knows how.

A placeholder of the catalogue names its format: ``{value:percent}``, ``{opening:money}``,
``{month:month}``, ``{n:plural customer|customers}``. A plain ``{name}`` is text, or a message to be
rendered in the same language.
"""

import datetime as dt
import math
import re
import string
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

LOCALES = {"en": "en_GB", "fr": "fr_FR"}
_QUOTES = {"en": "“{}”", "fr": "«\u202f{}\u202f»"}
_SPACE_BEFORE_PERCENT = {"en_GB": "", "fr_FR": "\u00a0"}
_UNKNOWN = "–"
_NO_SIGN = str.maketrans("", "", "+-−")
# Marks that turn the direction of whatever follows them, up to the end of the paragraph.
_TURNS = re.compile("[\u202a-\u202e]")
_ISOLATES, _ISOLATE, _END = re.compile("[\u2066-\u2069]"), "\u2068", "\u2069"
_ISOLATED = re.compile("[\u2066-\u2068][^\u2066-\u2069]*\u2069")
_LEFTWARD = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
_written_once = lru_cache(maxsize=10_000)  # a figure asks twenty times for the same few ticks


class Money(NamedTuple):
    """An amount and the ISO code of its currency (None: not said, written without a symbol)."""

    amount: float
    currency: str | None = None


def _unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _signed_well(text: str) -> str:
    """Return a number with a true minus sign, and without any sign where only zeros are shown."""
    return text.replace("-", "−") if re.search("[1-9]", text) else text.translate(_NO_SIGN)


def straight(text: str) -> str:
    r"""Return a text without the marks that would turn the direction of what stands after it.

    Letters that run from right to left, and isolates that end where they should, stay.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> straight("Acme \u202egpj.exe")
    'Acme gpj.exe'
    """
    opened: list[int] = []
    lone: list[int] = []
    for mark in _ISOLATES.finditer(text):
        if mark[0] != _END:
            opened.append(mark.start())
        elif opened:
            opened.pop()
        else:
            lone.append(mark.start())
    for place in sorted(lone + opened, reverse=True):
        text = text[:place] + text[place + 1 :]
    return _TURNS.sub("", text)


def isolated(text: str) -> str:
    r"""Return a value as it stands in a sentence: one that runs from right to left moves no word around it.

    Only such a value changes: it is put between the marks of Unicode that keep its direction to itself.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> isolated("Acme"), ascii(isolated("\u05d0\u05d1 3"))
    ('Acme', "'\\u2068\\u05d0\\u05d1 3\\u2069'")
    """
    if text.isascii():
        return text
    outside = text = straight(text)
    while (less := _ISOLATED.sub("", outside)) != outside:
        outside = less
    return f"{_ISOLATE}{text}{_END}" if _LEFTWARD.search(outside) else text


def without_isolates(text: str) -> str:
    """Return a text without the marks of `isolated`: a spreadsheet and its formulas know no others than letters."""
    return text.replace(_ISOLATE, "").replace(_END, "")


@_written_once
def _decimal(value: float, locale: str, pattern: str) -> str:
    from babel.numbers import format_decimal

    return _signed_well(format_decimal(value, pattern, locale=locale))


@_written_once
def percent(value: float, locale: str) -> str:
    """Write a fraction as a percentage, with at most one decimal."""
    from babel.numbers import format_percent

    return _signed_well(format_percent(value, f"#,##0.#{_SPACE_BEFORE_PERCENT[locale]}%", locale=locale))


@_written_once
def percent_even(value: float, locale: str, decimals: str = "0") -> str:
    """Write a fraction as a percentage with one decimal, so that an estimate and its limits line up."""
    from babel.numbers import format_percent

    return _signed_well(format_percent(value, f"#,##0.{decimals}{_SPACE_BEFORE_PERCENT[locale]}%", locale=locale))


def percent_fine(value: float, locale: str) -> str:
    """Write a fraction as a percentage with two decimals."""
    return percent_even(value, locale, "00")


def points(value: float, locale: str) -> str:
    """Write a difference of fractions in percentage points, with its sign and one decimal."""
    return _decimal(100 * value, locale, "+#,##0.0;−#,##0.0")


def points_plain(value: float, locale: str) -> str:
    """Write an amount of percentage points without a sign, with at most one decimal."""
    return _decimal(100 * value, locale, "#,##0.#")


def _as_points(value: float) -> Decimal:
    """Return a fraction as the number of points that is read: with one decimal."""
    return Decimal(f"{100 * (0 if _unknown(value) else value):.1f}")


def money(value: Money, locale: str, decimals: bool | None = None) -> str:
    """Write an amount; cents only where there are some, unless `decimals` says."""
    from babel.numbers import format_currency

    amount, currency = value
    shown = float(amount) != round(float(amount)) if decimals is None else decimals
    digits = money_decimals(currency)
    fraction = "." + "0" * digits if shown and digits else ""
    if currency is None:
        return _decimal(amount, locale, f"#,##0{fraction}")
    pattern = f"#,##0{fraction}\u00a0¤" if locale.startswith("fr") else f"¤#,##0{fraction}"
    return _signed_well(format_currency(amount, currency, pattern, locale=locale, currency_digits=False))


def money_signed(value: Money, locale: str) -> str:
    """Write a difference of amounts with its sign."""
    written = money(value, locale)
    return f"+{written}" if value.amount > 0 and re.search("[1-9]", written) else written


def money_decimals(currency: str | None) -> int:
    """Return how many decimals amounts of a currency have."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency) if currency else 2


def p_value(value: float, locale: str) -> str:
    """Write a p-value with its sign: three decimals, and never as zero."""
    return "< " + _decimal(0.001, locale, "0.000") if value < 0.001 else "= " + _decimal(value, locale, "0.000")


def date(value: dt.date, locale: str, pattern: str) -> str:
    """Write a date with a CLDR pattern."""
    from babel.dates import format_date

    text = format_date(value, pattern, locale=locale)
    # French writes the first of a month as an ordinal, which CLDR leaves to the writer
    return f"1er{text[1:]}" if locale.startswith("fr") and text.startswith("1 ") and pattern.startswith("d ") else text


_DATES = {"date": "d MMMM y", "date_short": "d MMM y", "month": "MMMM y", "month_short": "MMM\u00a0y"}
_NUMBERS = {
    "count": "#,##0",
    "number": "#,##0.###",
    "number1": "#,##0.0",
    "number2": "#,##0.00",
    "signed1": "+#,##0.0;−#,##0.0",
}
_CUSTOM: dict[str, Callable[..., str]] = {
    "percent": percent,
    "percent1": percent_even,
    "percent2": percent_fine,
    "points": points,
    "points_plain": points_plain,
    "money": money,
    "money_signed": money_signed,
    "p": p_value,
}


class Formatter(string.Formatter):
    """Fill the placeholders of one language.

    Parameters
    ----------
    lang : {"en", "fr"}
    render : callable
        Puts a message found among the fields into words: ``render(message, lang)``.
    """

    def __init__(self, lang: str, render: Callable[..., str]) -> None:
        self._lang, self._locale, self._render = lang, LOCALES[lang], render

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one value in the format its placeholder names."""
        name, _, rest = format_spec.partition(" ")
        if name in {"plural", "plural_points"}:
            return self._plural(value if name == "plural" else _as_points(value), rest)
        if name == "list":
            return self._list(value)
        if name == "quoted":
            return _QUOTES[self._lang].format(self._text(value))
        if name == "capital":
            return self._capital(value)
        if not name:
            return self._text(value)
        if _unknown(value) or (name.startswith("money") and _unknown(value[0])):
            return _UNKNOWN
        if name == "money_round":
            return money(value, self._locale, decimals=False)
        if name in _DATES:
            return date(value, self._locale, _DATES[name])
        if name in _NUMBERS:
            return _decimal(value, self._locale, _NUMBERS[name])
        return _CUSTOM[name](value, self._locale)

    def _plural(self, number: float | Decimal, forms: str) -> str:
        from babel import Locale

        one, other = forms.split("|")
        return one if Locale.parse(self._locale).plural_form(number) == "one" else other

    def _capital(self, value: Any) -> str:
        text = self._text(value)
        return text[:1].upper() + text[1:]

    def _list(self, values: Iterable[Any]) -> str:
        return ", ".join(self._text(value) for value in values)

    def _text(self, value: Any) -> str:
        if hasattr(value, "key") and hasattr(value, "fields"):
            return self._render(value, self._lang)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return isolated(str(value))
        return _UNKNOWN if _unknown(value) else _decimal(value, self._locale, _NUMBERS["number"])
