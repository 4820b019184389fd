"""Pictures as a notebook shows them: drawn once, small, with their alt text and the numbers behind them."""

import os
from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_kit.media_types import SHEET
from retention_kit.tables.behind import sheet_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

_SHARPNESS = 2  # pixels of the file per pixel of the page
_BORDER = 0.1  # inches
# At two pixels for one, letters need no pushing onto the grid.
_DRAWING = {"text.hinting": "no_hinting", "figure.autolayout": False, "figure.constrained_layout.use": False}
_COMPRESSION = 3  # a sixth larger than by the usual 6, in half the time
_NUMBERED = 256  # colours that one byte tells apart: a file of a third of the size, in a fourth of the time
_EXACT = 64  # of them, those that fill the figure; the others are shades along the edges of letters and lines
_MOST = 4096  # colours of a drawing; more make it a photograph
_OPAQUE = 255
_UNSEEN = 8  # of 255, by which the red, green or blue of a shade may be off


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
        with rc_context(_DRAWING):
            if layout is not None:
                layout.execute(figure)
            figure.set_layout_engine(None)
            pixels = _cropped(canvas, layout is not None)
    finally:
        figure.set_dpi(dpi)
        figure.set_layout_engine(layout)
        figure.set_canvas(shown)
    return _png(pixels), pixels.shape[::-1]


def _cropped(canvas: "FigureCanvasAgg", laid_out: bool) -> np.ndarray:
    """Draw a figure and return its pixels, four bytes as one number, without what is empty beyond a border."""
    if laid_out:
        canvas.draw()
        pixels = _pixels(canvas)
    if not laid_out or _touched(pixels):  # something may lie outside the figure
        box = canvas.figure.get_tightbbox(canvas.get_renderer()).padded(_BORDER)
        canvas.figure.savefig(os.devnull, format="rgba", dpi=canvas.figure.dpi, bbox_inches=box)
        pixels = _pixels(canvas)
    border, inked = round(_BORDER * canvas.figure.dpi), _inked(pixels)
    return pixels[_extent(inked.any(axis=1), border), _extent(inked.any(axis=0), border)]


def _touched(pixels: np.ndarray) -> bool:
    """Whether anything stands at the edge."""
    inked = _inked(pixels)
    return bool(inked[[0, -1]].any() or inked[:, [0, -1]].any())


def _inked(pixels: np.ndarray) -> np.ndarray:
    return pixels != pixels[0, 0]


def _pixels(canvas: "FigureCanvasAgg") -> np.ndarray:
    return np.ascontiguousarray(canvas.buffer_rgba()).view(np.uint32)[..., 0]


def _extent(inked: np.ndarray, border: int) -> slice:
    """Return from the first to the last that is inked with a border around them, or all if none is."""
    at = np.flatnonzero(inked)
    return slice(max(at[0] - border, 0), at[-1] + 1 + border) if at.size else slice(None)


def _png(pixels: np.ndarray) -> bytes:
    """Write packed pixels, by the number of their colour in a palette where the eye sees no difference."""
    from PIL import Image

    file = BytesIO()
    if numbered := _numbered(pixels):
        numbers, palette = numbered
        image = Image.fromarray(numbers)
        image.putpalette(palette.tobytes())
    else:
        image = Image.frombuffer("RGBA", pixels.shape[::-1], np.ascontiguousarray(pixels))
    image.save(file, "PNG", compress_level=_COMPRESSION)
    return file.getvalue()


def _numbered(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the number of each pixel's colour, and the colours by number; None if a byte does not tell them apart.

    Neighbours are mostly alike, so it is runs of them that are counted.
    """
    flat = pixels.ravel()
    starts = np.flatnonzero(np.append(True, flat[1:] != flat[:-1]))
    lengths = np.diff(starts, append=flat.size)
    numbers, found = pd.factorize(flat[starts])
    colours = found.view(np.uint8).reshape(-1, 4)
    if len(colours) > _MOST or colours[:, 3].min() < _OPAQUE:
        return None
    palette = colours[:, :3]
    if len(palette) > _NUMBERED:
        palette = _palette(colours[:, :3], np.bincount(numbers, weights=lengths))
        off = np.abs(colours[:, None, :3].astype(np.int16) - palette).max(axis=2)
        if off.min(axis=1).max() > _UNSEEN:
            return None
        numbers = off.argmin(axis=1)[numbers]
    return np.repeat(numbers.astype(np.uint8), lengths).reshape(pixels.shape), palette


def _palette(colours: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return the colours that fill most pixels, and others that leave no colour far from all of them."""
    from PIL import Image

    shades = Image.fromarray(colours[None]).quantize(_NUMBERED - _EXACT, method=Image.Quantize.MAXCOVERAGE)
    most = np.argsort(-pixels, kind="stable")[:_EXACT]
    return np.concatenate([colours[most], np.reshape(shades.getpalette(), (-1, 3)).astype(np.uint8)])
