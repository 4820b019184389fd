"""Cohorts as curves: each one against its own age, and their average."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_kit.months import PERIOD_MONTHS
from retention_kit.plots.drawing import ARMS, FAINT, canvas, drawable, label_ends, label_places, named, writer
from retention_kit.plots.matrices import CELLS
from retention_kit.results import CohortMatrix
from retention_kit.wording import language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 6  # cohorts, more than can be told apart by their line and named at its end
_RAMP = ("#8db9da", "#3377aa", "#06203f")  # the oldest cohort, the one in the middle, the youngest
_OTHERS = "#bdbdbd"


def plot_cohort_curves(matrix: CohortMatrix, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw one line a cohort against its age, and their average as a thick one; what is not observed is absent.

    Parameters
    ----------
    matrix : CohortMatrix
        A few cohorts have each a colour, a line style and a name. Many run from light, the oldest, to dark; named are
        the lowest and the highest of those that reached a year.
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> matrix = rk.cohort_matrix(ledger, measure="nrr", cohort="Y")
    >>> from retention_kit.plots import plot_cohort_curves
    >>> rk.picture(plot_cohort_curves(matrix), alt=matrix.describe_curves()).alt[:40]
    'Net revenue retention (NRR) by months si'
    """
    lang = lang or language()
    table, unit = matrix.to_frame(), CELLS.get(matrix.measure, "percent")
    rows = [drawable(row) for row in matrix.rows(lang)]
    chosen = list(range(len(rows))) if len(rows) <= _NAMED else _ends(matrix)
    looks = _looks(matrix, chosen)
    order = [*chosen, *(i for i in range(len(rows)) if i not in set(chosen))]
    with canvas(ax, 4.4 + 0.25 * max(len(chosen) - 4, 0)) as axes:
        _draw_line(axes, matrix.average, color="black", linewidth=3.5, zorder=2.5)
        for i in order:
            _draw_line(axes, table.iloc[i], **looks[i])
        if unit == "percent":
            axes.axhline(1, color=FAINT, linewidth=1, zorder=1)
        axes.margins(x=0)
        axes.set_xlabel(named("plot.age", lang))
        axes.set_ylabel(named(matrix.name, lang))
        label_places(axes.xaxis, table.columns.tolist(), [str(age) for age in table.columns], room=14)
        axes.yaxis.set_major_formatter(writer(unit, lang, matrix.currency))
        axes.grid(axis="y")
        average = "plain" if matrix.measure in {"customers", "mrr"} else "weighted"
        names = [render(f"plot.cohort_average.{average}", lang), *(rows[i] for i in chosen)]
        label_ends(axes, names, writer(unit.replace("percent", "percent1"), lang, matrix.currency), lang)
        if len(rows) > _NAMED and matrix.cohort in PERIOD_MONTHS:
            _explain(axes, rows, named(f"plot.cohort.{matrix.cohort}", lang))
    return axes


def _ends(matrix: CohortMatrix) -> list[int]:
    """Return the places of the highest and the lowest cohort at the age at which they are compared."""
    seen = matrix.to_frame()[matrix.reading_age].reset_index(drop=True).dropna()
    return [int(seen.idxmax()), int(seen.idxmin())] if len(seen) > 1 else []


def _looks(matrix: CohortMatrix, chosen: list[int]) -> list[dict[str, Any]]:
    """Return how each cohort's line looks: the named ones by colour and style, the others by their age."""
    from matplotlib.colors import LinearSegmentedColormap

    n, ordered = len(matrix.sizes), matrix.cohort in PERIOD_MONTHS
    ramp = LinearSegmentedColormap.from_list("cohorts", _RAMP if ordered else (_OTHERS, _OTHERS))
    looks = [{"color": ramp(i / max(n - 1, 1)), "linewidth": 1.0} for i in range(n)]
    for i, (colour, dash) in zip(chosen, ARMS[1:], strict=False):
        looks[i] = {"color": colour, "linestyle": dash, "linewidth": 2, "zorder": 3}
    return looks


def _draw_line(axes: "Axes", row: pd.Series, **look: Any) -> None:
    values = row.to_numpy(float)
    alone = {"marker": "o", "markersize": 4} if np.count_nonzero(~np.isnan(values)) == 1 else {}
    axes.plot(row.index.to_numpy(float), values, **look, **alone)


def _explain(axes: "Axes", rows: list[str], grouping: str) -> None:
    """Say what light and dark mean, by the oldest cohort, the one in the middle and the youngest."""
    from matplotlib.lines import Line2D

    shown = zip((0, len(rows) // 2, -1), _RAMP, strict=True)
    handles = [Line2D([], [], color=colour, label=rows[i]) for i, colour in shown]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=3,
        title=grouping,
        alignment="left",
        fontsize=8,
    )
