"""Amounts as people and programs write them: ``1234.56``, ``1 234,56 €``, ``$1,234.56``, ``1'234.50``, ``(12.50)``."""

import re
from functools import lru_cache

_GAP = re.compile(r"(?<=\d)[\s\u00a0\u202f\u2009]+(?=\d)")  # between digits a space groups thousands
_SPACE = re.compile(r"[\s\u00a0\u202f\u2009]+")
_CODES = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "US$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "A$": "AUD",
    "¥": "JPY",
    "₹": "INR",
}
_ISO = (  # named, as an article's "SKU123" is no amount
    "EUR USD GBP CHF CAD AUD NZD JPY CNY INR SEK NOK DKK ISK PLN CZK HUF RON BGN TRY ILS AED SAR QAR ZAR MAD TND DZD "
    "EGP NGN KES XOF XAF BRL MXN ARS CLP COP PEN SGD HKD TWD KRW THB IDR MYR PHP VND"
)
_MONEY = rf"(?:(?:US|CA|[AC])?\$|[€£¥₹]|{_ISO.replace(' ', '|')})"
_CELL = re.compile(
    rf"(?P<outer>{_MONEY})?(?P<sign>[+-])?(?P<inner>{_MONEY})?"
    rf"(?P<digits>[\d.,'’]*\d[\d.,'’]*)(?:(?P<behind>[+-])|%)?(?P<after>{_MONEY})?"
)
_POWERS = re.compile(r"[+-]?(?:\d+(?:\.\d*)?e[+-]?\d+|inf(?:inity)?)", re.IGNORECASE)
_FORMS = {
    ".": re.compile(r"(?:\d+|[1-9]\d{0,2}(?P<group>[,'])\d{3}(?:(?P=group)\d{3})*)?(?:\.\d*)?"),
    ",": re.compile(r"(?:\d+|[1-9]\d{0,2}(?P<group>[.'])\d{3}(?:(?P=group)\d{3})*)?(?:,\d*)?"),
}
DECIMALS = tuple(_FORMS)


@lru_cache(maxsize=1 << 18)
def readings(text: str) -> dict[str, float]:
    """Return what a cell can mean, by decimal sign; empty where it is no number.

    Examples
    --------
    >>> readings("1 234,56 €"), readings("1,234")
    ({',': 1234.56}, {'.': 1234.0, ',': 1.234})
    """
    if _POWERS.fullmatch(text):
        return dict.fromkeys(DECIMALS, float(text))
    negative, found = _parts(text)
    if found is None:
        return {}
    digits = found["digits"].replace("’", "'")
    sign = -1.0 if negative or "-" in (found["sign"], found["behind"]) else 1.0
    return {
        decimal: sign * float(re.sub(rf"[^\d{decimal}]", "", digits).replace(",", "."))
        for decimal, form in _FORMS.items()
        if form.fullmatch(digits)
    }


def currency(text: str) -> str | None:
    """Return the ISO code beside an amount, from a code or a sign; a bare ``$`` is taken for US dollars.

    Examples
    --------
    >>> currency("1 234,56 €"), currency("CHF 12"), currency("12")
    ('EUR', 'CHF', None)
    """
    _, found = _parts(text)
    said = found and (found["outer"] or found["inner"] or found["after"])
    return _CODES.get(said, said) if said else None


def code_of(text: str) -> str:
    """Return the ISO code of a sign; any other text as it is."""
    return _CODES.get(text, text)


def _parts(text: str) -> tuple[bool, re.Match | None]:
    """Whether a cell is negative by its brackets, and its parts."""
    bare = _SPACE.sub("", _GAP.sub("'", text.strip().replace("−", "-")))
    inside = bare.startswith("(") and bare.endswith(")")
    return inside, _CELL.fullmatch(bare[1:-1] if inside else bare)
