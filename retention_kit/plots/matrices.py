"""Cohorts by age as a heatmap."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import fill, shorten
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_kit.months import PERIOD_MONTHS
from retention_kit.plots.drawing import OFFSET, canvas, drawable, label_places, named, writer
from retention_kit.results import CohortMatrix
from retention_kit.wording import language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Two hues that meet at 100 %, and darker the higher: in grey as well one sees which of two cells is higher.
GROWTH = ("#fbdf9d", "#f3c06a", "#b8b4ae", "#4f8fc0", "#08306b")
CELLS = {"customers": "count", "mrr": "money", "arpa": "money"}
WIDEST = 30  # characters of a cohort's name on one line; longer ones take two
FEW = 26  # cohorts whose names may take two lines without making the picture higher than a page
HIGHEST = 11.2  # inches, of which an A4 page shows all


def plot_cohort_matrix(
    matrix: CohortMatrix, ax: "Axes | None" = None, *, annotate: bool | None = None, lang: str | None = None
) -> "Axes":
    """Draw cohorts by age as a heatmap under a row of averages; what is not yet observed stays empty.

    Parameters
    ----------
    matrix : CohortMatrix
    ax : Axes, optional
    annotate : bool, optional
        Whether to write the numbers into the cells; by default where they fit.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> matrix = rk.cohort_matrix(ledger, measure="logo")
    >>> rk.picture(rk.plot_cohort_matrix(matrix), alt=matrix.describe()).alt[:28]
    'Cohort matrix, logo retentio'
    """
    lang = lang or language()
    table = pd.concat([matrix.average.to_frame().T, matrix.to_frame()])
    write = writer(CELLS.get(matrix.measure, "percent"), lang, matrix.currency)
    names = _names(matrix, lang)
    ends = (len(write(round(end, 2))) for end in (table.min(axis=None), table.max(axis=None)))
    fits = table.shape[1] * max(ends) <= 84 - max(_longest(names) - 22, 0)
    texts = _texts(table, write) if (fits if annotate is None else annotate) else None
    height = max(1.3 + (0.34 if any("\n" in name for name in names) else 0.2) * len(table), 2.4)
    if matrix.cohort in PERIOD_MONTHS:  # of months one can leave some out, of other names none
        height = min(height, HIGHEST)
    along = int(12 * (height - 0.8))  # characters that fit beside the cells
    bar = {"format": write, "label": fill(named(matrix.name, lang), along), "aspect": 5 * height}
    with canvas(ax, height) as axes:
        _draw_cells(axes, matrix, table, texts, bar)
        _label_cohorts(axes, matrix, names, lang)
        axes.set_ylabel(fill(_grouping(matrix, lang), along), labelpad=4 + max(0, 5.2 * (22 - _longest(names))))
    return axes


def _texts(table: pd.DataFrame, write: Callable[..., str]) -> np.ndarray:
    """Return what stands in each cell; many cells say the same."""
    values, places = np.unique(table.round(2).to_numpy(float), return_inverse=True)
    return np.array([write(float(value)) for value in values], dtype=object)[places].reshape(table.shape)


def _draw_cells(
    axes: "Axes", matrix: CohortMatrix, table: pd.DataFrame, texts: np.ndarray | None, bar: dict[str, Any]
) -> None:
    import seaborn as sns

    low, high = _limits(matrix)
    beyond = bool((table < low).any(axis=None)), bool((table > high).any(axis=None))
    bar |= {"extend": {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond, "neither")}
    cmap = sns.blend_palette(GROWTH, as_cmap=True) if _may_grow(matrix) else "crest"
    colours = {"vmin": low, "vmax": high, "cmap": cmap, "cbar_kws": bar}
    shown = {"annot": texts, "fmt": "", "annot_kws": {"size": 7.5}}
    with _undrawn(axes):
        sns.heatmap(table, ax=axes, xticklabels=False, yticklabels=False, **shown, **colours)
    mesh = axes.collections[-1]
    mesh.update_scalarmappable()
    faces = mesh.get_facecolors()[table.notna().to_numpy().ravel()]
    # seaborn's own choice leaves white on mid-tones; at this luminance black and white stand out alike.
    for text, face in zip(axes.texts, faces, strict=False):
        text.set_color("white" if sns.utils.relative_luminance(face) < 0.179 else "black")


@contextmanager
def _undrawn(axes: "Axes") -> Iterator[None]:
    """Let nothing be drawn: seaborn draws the figure to see whether tick labels overlap, and here it has none."""
    from matplotlib.backend_bases import FigureCanvasBase

    figure = axes.get_figure(root=True)
    canvas = figure.canvas
    FigureCanvasBase(figure)
    try:
        yield
    finally:
        figure.set_canvas(canvas)


def _limits(matrix: CohortMatrix) -> tuple[float, float]:
    """Return the ends of the colours, whatever one small cohort does: NRR even about 100 %, shares up to 100 %."""
    values = matrix.to_frame().to_numpy(float)
    known = values[~np.isnan(values)] if not np.isnan(values).all() else np.ones(1)
    if _may_grow(matrix):
        reach = float(np.clip(np.quantile(np.abs(known - 1), 0.98), 0.1, 1))
        return 1 - reach, 1 + reach
    if matrix.measure in {"logo", "grr"}:
        return min(0.8, float(np.floor(10 * np.quantile(known, 0.02)) / 10)), 1.0
    return 0.0, float(known.max())


def _may_grow(matrix: CohortMatrix) -> bool:
    return matrix.measure == "nrr" or matrix.relative_to == "previous"


def _names(matrix: CohortMatrix, lang: str) -> list[str]:
    """Return the cohorts' names with their sizes; long ones stand on two lines, unless there are many."""
    rows = [drawable(shorten(row, 2 * WIDEST, placeholder="…")) for row in matrix.rows(lang)]
    width = WIDEST + 4 if len(rows) <= FEW else 4 * WIDEST
    named = zip(rows, matrix.sizes, strict=True)
    return [fill(render("plot.cohort_row", lang, period=row, n=int(n)), width) for row, n in named]


def _longest(names: list[str]) -> int:
    return max(len(line) for name in names for line in name.splitlines())


def _grouping(matrix: CohortMatrix, lang: str) -> str:
    if matrix.cohort in PERIOD_MONTHS:
        return named(f"plot.cohort.{matrix.cohort}", lang)
    return drawable(shorten(matrix.cohort, WIDEST, placeholder="…"))


def _label_cohorts(axes: "Axes", matrix: CohortMatrix, names: list[str], lang: str) -> None:
    ages = [str(age) for age in matrix.average.index]
    # The place of the average counts as named, so that a thinned label keeps off it.
    room = 22 if any("\n" in name for name in names) else 11
    label_places(axes.yaxis, [0.5 + i for i in range(len(names) + 1)], ["", *names], room=room)
    label_places(axes.xaxis, [0.5 + i for i in range(len(ages))], ages, room=14)
    axes.tick_params(length=0, labelsize=8 if _longest(names) <= 40 else 7)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(named("plot.age", lang))
    axes.axhline(1, color="white", linewidth=5)
    where = {"xycoords": axes.get_yaxis_transform(), "ha": "right", "va": "center", **OFFSET}
    average = "plain" if matrix.measure in {"customers", "mrr"} else "weighted"
    axes.annotate(render(f"plot.cohort_average.{average}", lang), (0, 0.5), (-4, 0), fontsize=8, weight="bold", **where)
