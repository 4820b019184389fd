"""What a notebook cell shows besides results: headings, paragraphs and lists in words."""

import html
from dataclasses import dataclass
from typing import Any

from retention_kit.wording import Message, render


@dataclass(frozen=True)
class Prose:
    """A text of the catalogue as one element of a page, in the language of the moment.

    Attributes
    ----------
    tag : str
        Such as ``"h2"``.
    message : Message
    """

    tag: str
    message: Message

    def __str__(self) -> str:
        return render(self.message)

    def _repr_html_(self) -> str:
        return f"<{self.tag}>{html.escape(str(self))}</{self.tag}>"


def heading(key: str, level: int = 2, **fields: Any) -> Prose:
    """Return a heading whose words are in the catalogue.

    Parameters
    ----------
    key : str
        Of the catalogue, such as ``"page.answer"``.
    level : int
        1 to 6.
    **fields
        Values of the placeholders.

    Returns
    -------
    Prose

    Examples
    --------
    >>> heading("page.answer")._repr_html_()
    '<h2>Answer</h2>'
    """
    return Prose(f"h{level}", Message(key, fields))


def paragraph(key: str, **fields: Any) -> Prose:
    """Return a paragraph whose words are in the catalogue.

    Parameters
    ----------
    key : str
        Of the catalogue.
    **fields
        Values of the placeholders.

    Returns
    -------
    Prose

    Examples
    --------
    >>> paragraph("word.months", n=3)._repr_html_()
    '<p>3 months</p>'
    """
    return Prose("p", Message(key, fields))


@dataclass(frozen=True)
class Remarks:
    """Several texts as one list of a page.

    Attributes
    ----------
    messages : tuple of Message
    """

    messages: tuple[Message, ...]

    def __str__(self) -> str:
        return "\n".join(f"- {message}" for message in self.messages)

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(str(message))}</li>" for message in self.messages)
        return f'<ul class="rk-notes">{items}</ul>'


def notes(*messages: str | Message) -> Remarks:
    """Return texts as a list.

    Parameters
    ----------
    *messages : str or Message
        Keys of the catalogue, or messages with their fields, such as ``ledger.warnings``.

    Returns
    -------
    Remarks
        In the language of the moment.

    Examples
    --------
    >>> print(notes("page.answer", Message("word.months", {"n": 3})))
    - Answer
    - 3 months
    """
    return Remarks(tuple(Message(message) if isinstance(message, str) else message for message in messages))
