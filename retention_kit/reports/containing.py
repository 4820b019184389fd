"""Keeping what a notebook shows inside its place on the page.

Outputs may hold text that nobody escaped, such as a customer's name. The page's content security policy
stops scripts and requests, but not a ``<meta http-equiv="refresh">``, which leads the reader elsewhere, nor
an end tag that takes the page apart. So each output is parsed, and what has no place in a report falls away.
On the way, tables get a box of their own in which they scroll when they are wider than the window, words longer
than any word get places where they may break, and amounts lose those where they may not.
"""

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from retention_kit.wording.formats import straight


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _words(
    """
    a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s section small span strong style sub
    summary sup table tbody td tfoot th thead time tr u ul var
    """
)
# What these hold is no text for readers; browsers and parsers do not even agree on where it ends.
_DROPPED = _words(
    """
    applet base embed frame frameset head iframe link math meta noembed noframes noscript object
    plaintext script svg template textarea title xmp
    """
)
_ATTRIBUTES = _words(
    """
    abbr alt class colspan datetime dir headers height id lang open role rowspan scope start style
    tabindex title width
    """
)
# Browsers end a line between the sign of an amount and that of its currency, and anywhere in "p < 0.001".
_SIGN, _JOINER = re.compile(r"[-+−±](?=[$¢£¤¥\u20a0-\u20cf]\d)"), "\u2060"
_P_VALUE = re.compile(r"\bp ([<=]) (?=\d)")
_LONG_WORD, _PIECE = re.compile(r"\S{40,}"), re.compile(r"\S{1,12}")
_ADDRESSES = {"href": ("#", "https://", "http://", "mailto:"), "src": ("data:image/",)}


def contained(html: str, table: str = "") -> str:
    """Return a piece of HTML with its tags closed and without anything that acts beyond its place.

    Parameters
    ----------
    html : str
    table : str
        What a screen reader calls the box of a table without a caption. Empty: tables get no box.

    Examples
    --------
    >>> contained('<b onclick="x()">Acme</b></div><meta http-equiv="refresh" content="0;url=x">')
    '<b>Acme</b>'
    >>> contained("<table></table>", table="Table")
    '<div aria-label="Table" class="rk-wide" role="group" tabindex="0"><table></table></div>'
    """
    soup = BeautifulSoup(html, "html.parser")
    for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        text.extract()
    for tag in soup.find_all(_out_of_place):
        tag.decompose()
    for tag in soup.find_all(True):
        _keep_harmless(tag)
    for text in soup.find_all(string=_to_be_mended):
        text.replace_with(NavigableString(shown(text)))
    for text in soup.find_all(string=_LONG_WORD.search):
        _allow_breaks(soup, text)
    if table:
        _box_tables(soup, table)
    return str(soup)


def shown(text: str) -> str:
    r"""Return a text as it stands on a page: no mark turns what follows, no line ends within a number.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> shown("Acme \u202egpj.exe"), ascii(shown("+€1"))
    ('Acme gpj.exe', "'+\\u2060\\u20ac1'")
    """
    tied = _SIGN.sub(lambda sign: sign[0] + _JOINER, straight(text))
    return _P_VALUE.sub("p\u00a0\\1\u00a0", tied)


def _to_be_mended(text: str | None) -> bool:
    return bool(text) and shown(text) != text


def _allow_breaks(soup: BeautifulSoup, text: NavigableString) -> None:
    end = 0
    for word in _LONG_WORD.finditer(text):
        text.insert_before(text[end : word.start()])
        for piece in _PIECE.findall(word[0]):
            text.insert_before(piece, soup.new_tag("wbr"))
        end = word.end()
    text.replace_with(text[end:])


def _box_tables(soup: BeautifulSoup, label: str) -> None:
    """Put each table into a box that scrolls sideways, by the keyboard too."""
    for table in soup.find_all("table"):
        if table.find_parent("table"):
            continue
        caption = table.find("caption")
        name = " ".join(caption.get_text().split()) if caption else ""
        box = {"class": "rk-wide", "role": "group", "tabindex": "0", "aria-label": name or label}
        table.wrap(soup.new_tag("div", attrs=box))


def _out_of_place(tag: Tag) -> bool:
    """Tell what falls away, of style sheets those that pandas scopes: browsers apply them to the whole page."""
    if tag.name == "style":
        # A `<` is how text breaks out of a style sheet.
        return tag.has_attr("scoped") or "<" in tag.get_text()
    return tag.name in _DROPPED


def _keep_harmless(tag: Tag) -> None:
    if tag.name not in _TAGS:
        tag.unwrap()
        return
    tag.attrs = {name: _straightened(value) for name, value in tag.attrs.items() if _harmless(name, value)}


def _straightened(value: str | list[str]) -> str | list[str]:
    return straight(value) if isinstance(value, str) else value


def _harmless(name: str, value: str | list[str]) -> bool:
    if name in _ADDRESSES:
        return str(value).strip().lower().startswith(_ADDRESSES[name])
    return name in _ATTRIBUTES or name.startswith("aria-")
