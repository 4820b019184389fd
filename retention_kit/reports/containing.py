"""Keeping what a notebook shows inside its place on the page.

Outputs may hold text that nobody escaped, such as a customer's name. The page's content security policy
stops scripts and requests, but not a ``<meta http-equiv="refresh">``, which leads the reader elsewhere, nor
an end tag that takes the page apart. So each output is parsed, and what has no place in a report falls away.
"""

from bs4 import BeautifulSoup
from bs4.element import PreformattedString, Tag


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
_ADDRESSES = {"href": ("#", "https://", "http://", "mailto:"), "src": ("data:image/",)}


def contained(html: str) -> str:
    """Return a piece of HTML with its tags closed and without anything that acts beyond its place.

    Parameters
    ----------
    html : str

    Examples
    --------
    >>> contained('<b onclick="x()">Acme</b></div><meta http-equiv="refresh" content="0;url=x">')
    '<b>Acme</b>'
    """
    soup = BeautifulSoup(html, "html.parser")
    for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        text.extract()
    for tag in soup.find_all(_out_of_place):
        tag.decompose()
    for tag in soup.find_all(True):
        _keep_harmless(tag)
    return str(soup)


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
    tag.attrs = {name: value for name, value in tag.attrs.items() if _harmless(name, value)}


def _harmless(name: str, value: str | list[str]) -> bool:
    if name in _ADDRESSES:
        return str(value).strip().lower().startswith(_ADDRESSES[name])
    return name in _ATTRIBUTES or name.startswith("aria-")
