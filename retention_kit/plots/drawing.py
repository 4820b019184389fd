"""What all pictures share: the house's style, numbers and months in words, labels that keep off one another."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING, Any
from unicodedata import category

import numpy as np
import pandas as pd

from retention_kit.wording import Message, Money, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK, FAINT, PALE = "#333333", "#8c8c8c", "#e6e6e6"
# After Okabe and Ito, dark enough for words on white, told apart with any kind of colour-blindness; in grey it is the
# line styles that keep the groups apart.
ARMS: tuple[tuple[str, Any], ...] = (
    ("#00568C", "-"),
    ("#C05000", "--"),
    ("#00805E", "-."),
    ("#A04A80", ":"),
    ("#333333", (0, (6, 1.5))),
    ("#781800", (0, (4, 1, 1, 1, 1, 1))),
    ("#6A5FC8", (0, (1, 1))),
    ("#8A10D0", (0, (8, 2, 2, 2))),
)
OFFSET = {"textcoords": "offset points", "annotation_clip": False}
# Names and amounts come from data: "$1k to $5k" is no mathematics.
_PLAIN = {"text.parse_math": False}
_FONT = "DejaVu Sans"
_STYLE = {
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.family": [_FONT],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titley": 1.0,  # no tick stands above the axes where there is a title: it need not be looked for
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": PALE,
    "legend.frameon": False,
    **_PLAIN,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Give figures made inside the ``with`` block the house's style; outside it nothing changes.

    Yields
    ------
    None
        For as long as the block lasts, matplotlib's settings are the house's.

    Examples
    --------
    >>> import matplotlib
    >>> with house_style():
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    >>> matplotlib.rcParams["axes.spines.top"]
    True
    """
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


@contextmanager
def canvas(ax: "Axes | None", height: float) -> Iterator["Axes"]:
    """Yield the Axes given, or new ones in the house's style, as wide as a page."""
    from matplotlib import pyplot as plt

    if ax is not None:
        with plt.rc_context(_PLAIN), _read_plainly(ax):
            yield ax
        return

    with house_style():
        yield plt.subplots(figsize=(8.2, height))[1]


@contextmanager
def _read_plainly(ax: "Axes") -> Iterator[None]:
    """Let no text written here onto Axes that were there before be read as mathematics, and leave theirs alone."""
    titles = {text: text.get_text() for text in ax.get_children() if hasattr(text, "set_parse_math")}
    yield
    written = [text for text, before in titles.items() if text.get_text() != before]
    ticks = [text for axis in (ax.xaxis, ax.yaxis) for text in (axis.label, *axis.get_ticklabels(which="both"))]
    for text in (*written, *ticks):
        text.set_parse_math(False)


def writer(unit: str, lang: str, currency: str | None = None) -> Callable[..., str]:
    """Return a function that writes numbers of one unit; matplotlib takes it as a formatter."""

    def write(value: float, _position: Any = None) -> str:
        field = Money(value, currency) if unit in {"money", "gain", "loss"} else value
        return render(f"plot.{unit}", lang, value=field).replace("-", "−")

    return write


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(_FONT)).get_charmap())


def drawable(text: str) -> str:
    """Return a text from data as the font can draw it: a square for what it lacks, no marks of direction.

    >>> drawable("Santé \u202e\u6f22")
    'Santé □'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if ord(sign) in _characters() else _instead(sign) for sign in text if category(sign) != "Cf")


def _instead(sign: str) -> str:
    return " " if sign.isspace() else "" if category(sign) == "Cc" else "□"


def label_text(label: str | Message, lang: str, *, capital: bool = False) -> str:
    """Return how a group is called."""
    text = drawable(render(label, lang) if isinstance(label, Message) else label)
    return text[:1].upper() + text[1:] if capital else text


def named(name: str | Message, lang: str, **fields: Any) -> str:
    """Return words that begin with a capital."""
    text = drawable(render(name, lang, **fields))
    return text[:1].upper() + text[1:]


def period(day: pd.Timestamp, freq: str, lang: str) -> str:
    """Return the name of a month, quarter or year by its first day."""
    return render(f"period.{freq}", lang, day=day, quarter=str(day.quarter), year=str(day.year))


def label_places(axis: "Axis", places: Sequence[float], texts: Sequence[str], room: float = 0) -> None:
    """Label as many places as have `room` points each, however large the picture becomes."""
    from matplotlib.ticker import Locator

    texts_at = dict(zip(places, texts, strict=True))
    need = room or 5.2 * max(len(line) for text in texts for line in text.splitlines()) + 6

    class Thinned(Locator):
        def __call__(self) -> Sequence[float]:
            corners = axis.axes.transData.transform([(places[0],) * 2, (places[-1],) * 2])
            pixels = abs(corners[1] - corners[0])[int(axis.axis_name == "y")]
            each = pixels * 72 / axis.get_figure(root=True).dpi / max(len(places) - 1, 1)
            return places[:: next((step for step in (1, 3, 6, 12, 24) if step * each >= need), len(places))]

    if any("$" in text for text in texts):
        axis.get_major_ticks(len(places))  # made while texts are read plainly
    axis.set_major_locator(Thinned())
    axis.set_major_formatter(lambda place, _: texts_at.get(place, ""))


def _spread(centres: Sequence[float], heights: Sequence[float], floor: float) -> list[float]:
    """Move labels just far enough apart that none covers another or reaches below the floor.

    >>> _spread([5.0, 1.0, 0.5], [1.0, 1.0, 1.0], floor=-1.0)
    [5.0, 1.25, 0.25]
    """
    places = list(centres)
    order = sorted(range(len(places)), key=places.__getitem__)
    for _ in range(100):
        for lowest in order[:1]:
            places[lowest] = max(places[lowest], floor + heights[lowest] / 2)
        for under, over in pairwise(order):
            lacking = (heights[under] + heights[over]) / 2 - (places[over] - places[under])
            places[under] -= max(lacking, 0) / 2
            places[over] += max(lacking, 0) / 2
    return places


def label_ends(
    axes: "Axes",
    names: Sequence[str],
    write: Callable[..., str],
    lang: str,
    marks: Sequence[tuple[float, str]] = (),
) -> None:
    """Write its name and last value to the right of each of the first lines, and of each mark on the axis its words."""
    lines = zip(axes.get_lines(), names, strict=False)
    known = [(line.get_xydata()[~np.isnan(line.get_ydata())], name, line.get_color()) for line, name in lines]
    ends = [
        (*points[-1], render("plot.line_end", lang, label=name, value=write(points[-1][1])), colour)
        for points, name, colour in known
        if len(points)
    ]
    ends += [(axes.get_xlim()[1], y, text, INK) for y, text in marks]
    texts = [fill(text, 24 if i < len(ends) - len(marks) else 28) for i, (_, _, text, _) in enumerate(ends)]
    sizes = [9] * (len(ends) - len(marks)) + [8] * len(marks)
    # The layout may yet take a third of the height for what stands under the axis.
    unit = np.ptp(axes.get_ylim()) / (0.67 * axes.bbox.height * 72 / axes.get_figure(root=True).dpi)
    heights = [unit * size * (1.3 * text.count("\n") + 1.75) for text, size in zip(texts, sizes, strict=True)]
    places = _spread([y for _, y, _, _ in ends], heights, axes.get_ylim()[0])
    where = {"transform": axes.get_yaxis_transform(), "va": "center"}
    for (*_, colour), text, place, size in zip(ends, texts, places, sizes, strict=True):
        axes.text(1.03, place, text, color=colour, fontsize=size, **where)
    _lead(axes, ends, places)


def _lead(axes: "Axes", ends: Sequence[tuple[float, float, str, str]], places: Sequence[float]) -> None:
    """Draw a thin line from the end of each line to its words; far quicker than annotations with arrows."""
    from matplotlib.collections import LineCollection

    (left, right), colours = axes.get_xlim(), [colour for *_, colour in ends]
    leaders = [
        [((x - left) / (right - left) + 0.004, y), (1.025, place)]
        for (x, y, _, _), place in zip(ends, places, strict=True)
    ]
    # Where a line ends early the way to its words is long, and must not be taken for the line going on.
    dashes = ["-" if start[0] > 0.97 else (0, (1, 4)) for start, _ in leaders]
    where = {"transform": axes.get_yaxis_transform(), "clip_on": False, "linestyles": dashes}
    lines = axes.add_collection(LineCollection(leaders, colors=colours, linewidths=0.7, **where), autolim=False)
    lines.set_in_layout(False)
