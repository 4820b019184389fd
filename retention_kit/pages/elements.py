"""What a notebook cell shows besides results: headings and paragraphs in words, pictures with their alt text."""

import html
import os
from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from retention_kit.tables.behind import sheet_of
from retention_kit.tables.writing import SHEET
from retention_kit.wording import Message, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHARPNESS = 2  # pixels of the file per pixel of the page
_BORDER = 0.1  # inches
_OPAQUE = 255
_COMPRESSION = 3  # a fifth larger than by the usual 6, in three fifths of the time


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
    """A picture for a page.

    Attributes
    ----------
    png : bytes
    alt : str
        Its words for those who cannot see it.
    width, height : int
        Its size on the page in pixels.
    sheet : dict or None
        The numbers behind it, for a spreadsheet; see `Table.sheet`.
    """

    png: bytes = field(repr=False)
    alt: str
    width: int
    height: int
    sheet: dict[str, Any] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": b64encode(self.png).decode("ascii"), "text/plain": self.alt}
        if self.sheet:
            data[SHEET] = self.sheet
        return data, {"image/png": {"alt": self.alt, "width": self.width, "height": self.height}}


def picture(ax: "Axes", *, of: Any = None, alt: object = None) -> Picture:
    """Draw the figure `ax` stands in and close it, so that a notebook shows it once.

    Parameters
    ----------
    ax : Axes
        Any of the figure's.
    of : a result or a Table, optional
        What was drawn, whose numbers the picture carries for a spreadsheet.
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

    figure = ax.get_figure(root=True)
    png, (width, height) = _drawn(figure)
    plt.close(figure)
    return Picture(
        png, str(of.describe() if alt is None else alt), width // _SHARPNESS, height // _SHARPNESS, sheet_of(of)
    )


def _drawn(figure: "Figure") -> tuple[bytes, tuple[int, int]]:
    """Return a figure without its empty borders as PNG, and its size in pixels.

    Laid out once and drawn once: ``savefig`` with a layout and ``bbox_inches="tight"`` draws twice.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    dpi, layout, shown = figure.dpi, figure.get_layout_engine(), figure.canvas
    canvas = FigureCanvasAgg(figure)
    try:
        figure.set_dpi(_SHARPNESS * dpi)
        if layout is not None:
            layout.execute(figure)
        box = figure.get_tightbbox(canvas.get_renderer()).padded(_BORDER)
        with rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)
            figure.savefig(os.devnull, format="rgba", dpi=figure.dpi, bbox_inches=box)
        return _png(canvas.buffer_rgba())
    finally:
        figure.set_dpi(dpi)
        figure.set_layout_engine(layout)
        figure.set_canvas(shown)


def _png(pixels: memoryview) -> tuple[bytes, tuple[int, int]]:
    from PIL import Image

    drawn, file = Image.frombuffer("RGBA", pixels.shape[1::-1], pixels), BytesIO()
    if drawn.getextrema()[-1] == (_OPAQUE, _OPAQUE):
        drawn = drawn.convert("RGB")
    drawn.save(file, "PNG", compress_level=_COMPRESSION)
    return file.getvalue(), drawn.size
