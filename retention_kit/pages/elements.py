"""What a notebook cell shows besides results: headings and paragraphs in words, pictures with their alt text."""

import html
from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from retention_kit.wording import Message, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHARPNESS = 2  # pixels of the file per pixel of the page


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


@dataclass(frozen=True)
class Picture:
    """A picture for a page: PNG, its size on the page in pixels, and its words for those who cannot see it."""

    png: bytes = field(repr=False)
    alt: str
    width: int
    height: int

    def __str__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        data = {"image/png": b64encode(self.png).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": self.width, "height": self.height}}


def picture(ax: "Axes", *, of: Any = None, alt: object = None) -> Picture:
    """Draw the figure `ax` stands in and close it, so that a notebook shows it once.

    Parameters
    ----------
    ax : Axes
        Any of the figure's.
    of : a result, optional
        What was drawn.
    alt : str, or a value that prints as one, optional
        What the picture shows. Default: ``of.describe()``.

    Returns
    -------
    Picture
        The same bytes for the same figure.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> print(picture(plt.subplots()[1], alt="An empty frame."))
    An empty frame.
    """
    from matplotlib import pyplot as plt

    figure, file = ax.get_figure(root=True), BytesIO()
    # Without a name of the software the bytes do not change with matplotlib's version.
    options = {"dpi": _SHARPNESS * figure.dpi, "bbox_inches": "tight", "metadata": {"Software": None}}
    figure.savefig(file, format="png", **options)
    plt.close(figure)
    png = file.getvalue()
    # A PNG file says its width and height at this place.
    width, height = (int.from_bytes(png[start : start + 4], "big") // _SHARPNESS for start in (16, 20))
    return Picture(png, str(of.describe() if alt is None else alt), width, height)
