"""Every word a reader sees, in French and English, from one catalogue.

`catalogue.po` holds, side by side, the key of a message, its English text and its French text. Results,
rules and errors carry keys and numbers; this module puts them into words when somebody reads them.

Public names: `LANGUAGES`, `Message`, `Money`, `language`, `use_language`, `render`.
"""

import html
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from retention_kit import errors
from retention_kit.errors import OptionError
from retention_kit.wording.formats import Formatter, Money

__all__ = ["LANGUAGES", "Message", "Money", "has_message", "language", "render", "use_language"]

LANGUAGES = ("en", "fr")
_language: ContextVar[str] = ContextVar("retention_kit_language", default="en")


def language() -> str:
    """Return the language of the moment, ``"en"`` or ``"fr"``."""
    return _language.get()


def _checked(lang: str | None) -> str:
    if lang is None:
        return language()
    if lang not in LANGUAGES:
        raise OptionError("error.option", name="lang", value=str(lang), legal=list(LANGUAGES))
    return lang


class _Switch:
    """The language is switched at once; used as a context manager it is switched back."""

    def __init__(self, lang: str) -> None:
        self._token = _language.set(lang)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        _language.reset(self._token)

    def _ipython_display_(self) -> None:
        """Show nothing in a notebook whose cell ends with the switch."""


def use_language(lang: str) -> _Switch:
    """Write what follows in `lang`, for good or inside a ``with`` block.

    Parameters
    ----------
    lang : {"en", "fr"}

    Returns
    -------
    context manager
        At the end of its ``with`` block the language before is back; without one it need not be kept.

    Raises
    ------
    OptionError
        If there is no catalogue for that language.

    Examples
    --------
    >>> with use_language("fr"):
    ...     print(render("word.customer"))
    client
    """
    return _Switch(_checked(lang))


@lru_cache(maxsize=len(LANGUAGES))
def _texts(lang: str) -> Mapping[str, str]:
    from retention_kit.wording.catalogue import load

    return load(lang)


@lru_cache(maxsize=len(LANGUAGES))
def _formatter(lang: str) -> Formatter:
    return Formatter(lang, render)


def has_message(key: str) -> bool:
    """Whether the catalogue has a message of that key."""
    return key in _texts(LANGUAGES[0])


def render(message: "str | Message", lang: str | None = None, **fields: Any) -> str:
    """Return a message in words.

    Parameters
    ----------
    message : str or Message
        A key of the catalogue, or a message that carries its fields with it.
    lang : {"en", "fr"}, optional
        Default: the language of the moment.
    **fields
        Values of the placeholders; numbers, dates and money are written the way the language does.

    Raises
    ------
    KeyError
        If the catalogue has no such key: a mistake of the programmer, never of the user.

    Examples
    --------
    >>> print(render("word.months", lang="fr", n=12))
    12 mois
    """
    if isinstance(message, Message):
        message, fields = message.key, {**message.fields, **fields}
    lang = _checked(lang)
    return _formatter(lang).vformat(_texts(lang)[message], (), fields)


@dataclass(frozen=True)
class Message:
    """A text that is yet to be put into words: a key and its fields.

    Two messages are the same when key and fields are, whatever the language.

    Examples
    --------
    >>> str(Message("word.months", {"n": 1}))
    '1 month'
    """

    key: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: str | None = None) -> str:
        """Return the message in words."""
        return render(self, lang)

    def __str__(self) -> str:
        return render(self)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(render(self))}</p>"


errors.render_with(lambda key, fields: render(Message(key, fields)))
