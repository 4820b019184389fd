"""What today's customers will pay, and how a cohort goes on: lines with the band of what may come."""

from typing import TYPE_CHECKING

import numpy as np

from retention_kit.plots.drawing import FAINT, INK, canvas, label_places, named, period, writer
from retention_kit.results import Forecast, Projection
from retention_kit.wording import language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE = "#0072B2", "#C05000"


def plot_forecast(forecast: Forecast, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the expected MRR of today's customers month by month, with its interval.

    Parameters
    ----------
    forecast : Forecast
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own. `Forecast.describe` is its alternative text.

    Examples
    --------
    >>> import retention_kit as rk
    >>> forecast = rk.forecast_mrr(rk.open_ledger(as_of="2025-12-31"), months=6)
    >>> rk.picture(rk.plot_forecast(forecast), alt=forecast.describe()).alt[:3]
    'The'
    """
    lang, frame = lang or language(), forecast.frame
    months = [forecast.origin, *frame["month"]]
    places = [month.year * 12 + month.month for month in months]
    value, low, high = (np.array([forecast.starting, *frame[name]]) for name in ("expected", "low", "high"))
    with canvas(ax, 3.8) as axes:
        band = render("forecast.plot.band", lang, level=forecast.level)
        axes.fill_between(places, low, high, color=_BLUE, alpha=0.18, linewidth=0, label=band)
        axes.plot(places, value, color=_BLUE, linewidth=2, label=render("forecast.plot.expected", lang))
        axes.axhline(forecast.starting, color=FAINT, linewidth=1, linestyle=":", zorder=1)
        axes.plot(places[:1], value[:1], "o", color=INK, label=render("forecast.plot.today", lang), zorder=3)
        axes.set_ylim(0, 1.08 * high.max())
        axes.margins(x=0.02)
        axes.grid(axis="y")
        axes.set_ylabel(named("measure.mrr", lang))
        axes.yaxis.set_major_formatter(writer("money", lang, forecast.currency))
        label_places(axes.xaxis, places, [period(month, "M", lang) for month in months])
        axes.legend(loc="lower left")
    return axes


def plot_projection(projection: Projection, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the survivors seen and the model's curve, and beyond what was seen the interval of what may come.

    Ages held out from the model (``project_cohort(…, seen=…)``) are open dots.

    Parameters
    ----------
    projection : Projection
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own. `Projection.describe` is its alternative text.

    Examples
    --------
    >>> import retention_kit as rk
    >>> projection = rk.project_cohort([1000, 631, 468, 382, 326, 289, 262, 241], ages=12)
    >>> rk.picture(rk.plot_projection(projection), alt=projection.describe()).alt[:8]
    'Of 1,000'
    """
    lang, frame = lang or language(), projection.frame
    ages, seen = frame["age"].to_numpy(), projection.seen
    begin = frame["observed"][seen]
    low, high, value = (np.append(begin, frame[name][seen + 1 :]) for name in ("low", "high", "expected"))
    with canvas(ax, 3.8) as axes:
        band = render("forecast.plot.band", lang, level=projection.level)
        axes.fill_between(ages[seen:], low, high, color=_ORANGE, alpha=0.18, linewidth=0, label=band)
        axes.plot(
            ages[: seen + 1], frame["fitted"][: seen + 1], color=FAINT, label=render("forecast.plot.fitted", lang)
        )
        axes.plot(ages[seen:], value, "--", color=_ORANGE, linewidth=2, label=render("forecast.plot.expected", lang))
        axes.plot(ages, frame["observed"], "o", color=INK, markersize=4, label=render("forecast.plot.observed", lang))
        if "later" in frame:
            hollow = {"markersize": 5, "markerfacecolor": "white", "markeredgecolor": INK, "zorder": 3}
            axes.plot(ages, frame["later"], "o", label=render("forecast.plot.later", lang), **hollow)
        axes.set_ylim(0, 1.02)
        axes.margins(x=0.02)
        axes.grid(axis="y")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel=named("forecast.plot.age", lang), ylabel=named("forecast.plot.share", lang))
        axes.yaxis.set_major_formatter(writer("percent", lang))
        axes.legend(loc="upper right")
    return axes
