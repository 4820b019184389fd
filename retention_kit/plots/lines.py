"""Retention over time."""

from typing import TYPE_CHECKING

from retention_kit.plots.drawing import FAINT, canvas, label_ends, label_places, named, period, writer
from retention_kit.results import Trend
from retention_kit.wording import language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's hues; line styles keep them apart in grey as well.
LINES = {"nrr": ("#0072B2", "-"), "grr": ("#00805E", "--"), "logo_retention": ("#C05000", "-.")}


def plot_retention_over_time(trend: Trend, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw NRR, GRR and logo retention month by month.

    Parameters
    ----------
    trend : Trend
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
    >>> trend = rk.retention_over_time(ledger, window=12)
    >>> rk.picture(rk.plot_retention_over_time(trend), alt=trend.describe()).alt[:25]
    'Over windows of 12 months'
    """
    lang = lang or language()
    frame = trend.frame
    places = (frame["month"].dt.year * 12 + frame["month"].dt.month).tolist()
    months = zip(frame["month"], frame["n"], strict=True)
    texts = [f"{period(month, 'M', lang)}\n{render('plot.n', lang, n=int(n))}" for month, n in months]
    with canvas(ax, 3.8) as axes:
        for name, (colour, dash) in LINES.items():
            axes.plot(places, frame[name].to_numpy(float), color=colour, linestyle=dash, linewidth=2)
        axes.axhline(1, color=FAINT, linewidth=1, zorder=1)
        axes.margins(x=0)
        axes.grid(axis="y")
        axes.set_ylabel(named("plot.retention", lang))
        axes.yaxis.set_major_formatter(writer("percent", lang))
        label_places(axes.xaxis, places, texts)
        names = [named(f"measure.{name}", lang) for name in LINES]
        label_ends(axes, names, writer("percent1", lang), lang)
    return axes
