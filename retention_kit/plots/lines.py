"""Retention over time."""

from textwrap import fill
from typing import TYPE_CHECKING

from retention_kit.plots.drawing import ARMS, FAINT, INK, PALE, canvas, label_ends, label_places, named, period, writer
from retention_kit.results import Benchmark, Position, Trend
from retention_kit.wording import language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = dict(zip(("nrr", "grr", "logo_retention"), (ARMS[0], ARMS[2], ARMS[1]), strict=True))


def plot_retention_over_time(
    trend: Trend, ax: "Axes | None" = None, *, benchmark: Position | None = None, lang: str | None = None
) -> "Axes":
    """Draw NRR, GRR and logo retention month by month, if asked beside published figures of one of them.

    Parameters
    ----------
    trend : Trend
    ax : Axes, optional
    benchmark : Position, optional
        What `benchmark` returned for a window of the same length: each of its figures is a grey line or band with its
        kind, source and year beside it.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Raises
    ------
    WindowMismatchError
        If the figures are about windows of another length.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> trend = rk.retention_over_time(ledger, window=12)
    >>> rk.picture(rk.plot_retention_over_time(trend), alt=trend.describe()).alt[:25]
    'Over windows of 12 months'
    >>> position = rk.benchmark("nrr", rk.nrr(ledger, "2024-12", "2025-12"), arr=9e6)
    >>> ax = rk.plot_retention_over_time(trend, benchmark=position)
    >>> rk.picture(ax, alt=trend.describe(benchmark=position)).alt[-38:]
    'NRR, median: 102% (SaaS Capital 2023).'
    """
    lang, frame = lang or language(), trend.frame
    figures = trend.figures(benchmark)
    places = (frame["month"].dt.year * 12 + frame["month"].dt.month).tolist()
    months = zip(frame["month"], frame["n"], strict=True)
    texts = [f"{period(month, 'M', lang)}\n{render('plot.n', lang, n=int(n))}" for month, n in months]
    with canvas(ax, 3.8 + 0.3 * len(figures)) as axes:
        for name, (colour, dash) in LINES.items():
            alone = {"marker": "o"} if len(frame) == 1 else {}
            axes.plot(places, frame[name].to_numpy(float), color=colour, linestyle=dash, linewidth=2, **alone)
        axes.axhline(1, color=FAINT, linewidth=1, zorder=1)
        marks = [_draw_figure(axes, figure, lang) for figure in figures]
        axes.margins(x=0)
        axes.grid(axis="y")
        axes.set_ylabel(named("plot.retention", lang))
        axes.yaxis.set_major_formatter(writer("percent", lang))
        label_places(axes.xaxis, places, texts)
        names = [named(f"measure.{name}", lang) for name in LINES]
        label_ends(axes, names, writer("percent1", lang), lang, marks)
        if figures:
            axes.set_title(fill(render("plot.published", lang), 92), loc="left", fontsize=8)
    return axes


def _draw_figure(axes: "Axes", figure: Benchmark, lang: str) -> tuple[float, str]:
    """Draw a published figure across all months; return where its words belong and what they are."""
    low, high = figure.low, figure.high if figure.operator == "range" else figure.low
    if high > low:  # ruled and grey, so that nobody takes it for an interval of a line
        axes.axhspan(low, high, facecolor=PALE, edgecolor=FAINT, hatch="---", linewidth=0.6, zorder=0)
    else:
        axes.axhline(low, color=INK, linestyle=(0, (1, 2.5)), linewidth=1.2, zorder=1)
    return (low + high) / 2, named(figure.name, lang)
