"""What a ranking was worth, and how those flagged come back by themselves."""

import math
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from retention_kit.plots.drawing import ARMS, FAINT, INK, canvas, label_ends, named, writer
from retention_kit.results import Judgement, Lift, MeanRegression
from retention_kit.wording import Message, language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOUR = ARMS[0][0]
_TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_LEAST = 0.05


def plot_lift(judgement: Judgement, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the lift of every way of choosing, with its interval on a logarithmic axis; 1 is calling anybody.

    Parameters
    ----------
    judgement : Judgement
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Examples
    --------
    >>> import retention_kit as rk
    >>> made = rk.synthetic.make_business(300, seed=1)
    >>> ledger = rk.build_ledger(made.subscriptions, as_of=made.as_of)
    >>> judged = rk.judge_ranking(ledger, made.events, model=False)
    >>> rk.picture(rk.plot_lift(judged), alt=judged.describe()).alt[:4]
    'Lift'
    """
    lang = lang or language()
    rows = [each for each in judgement.shown if not math.isnan(each.lift)]
    texts = [fill(named(f"ranking.by.{each.name}", lang), 30) for each in rows]
    with canvas(ax, 1.4 + 0.45 * len(rows)) as axes:
        for place, row in enumerate(rows):
            _draw(axes, row, -place, lang)
        axes.axvline(1, color=INK, linewidth=1, zorder=1)
        ends = [x for row in rows for x in (row.lift_low, row.lift_high)]
        low, high = max(_LEAST, min([0.5, *ends]) / 1.15), max([2.0, *ends]) * 1.15
        axes.set(xscale="log", xlim=(low, high), ylim=(0.6 - max(len(rows), 1), 0.6))
        axes.set(yticks=[-place for place in range(len(rows))], yticklabels=texts)
        axes.set_xticks([tick for tick in _TICKS if low <= tick <= high], minor=False)
        axes.set_xticks([], minor=True)
        axes.xaxis.set_major_formatter(lambda x, _: render("plot.number", lang, value=float(x)))
        axes.set_xlabel(named("plot.lift" if judgement.kind == "risk" else "plot.lift.upsell", lang))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return axes


def _draw(axes: "Axes", row: Lift, place: float, lang: str) -> None:
    decides = row.name == "rules"
    low, high = max(row.lift_low, _LEAST), row.lift_high
    axes.plot([low, high], [place, place], color=_COLOUR, linewidth=3 if decides else 1.4, solid_capstyle="butt")
    fill_in = {"markerfacecolor": _COLOUR if decides else "white", "markeredgecolor": _COLOUR}
    axes.plot(max(row.lift, _LEAST), place, "D" if decides else "o", markersize=7, **fill_in)
    ends = {"value": row.lift, "low": row.lift_low, "high": row.lift_high}
    texts = {name: render("table.number1", lang, value=x) for name, x in ends.items()}
    where = {"xycoords": axes.get_yaxis_transform(), "annotation_clip": False, "va": "center", "fontsize": 8.5}
    axes.annotate(render("table.value_interval", lang, **texts), (1.02, place), **where)


def plot_regression_to_mean(followed: MeanRegression, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw those flagged on a day before and after it, beside those who were not.

    Parameters
    ----------
    followed : MeanRegression
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Examples
    --------
    >>> import retention_kit as rk
    >>> made = rk.synthetic.make_business(300, seed=1)
    >>> ledger = rk.build_ledger(made.subscriptions, as_of=made.as_of)
    >>> followed = rk.regression_to_mean(ledger, made.events, as_of="2025-06-30")
    >>> rk.picture(rk.plot_regression_to_mean(followed), alt=followed.describe()).alt[-40:]
    'wn at random tells what the calls added.'
    """
    lang = lang or language()
    frame, counts = followed.frame, {"flagged": followed.flagged, "others": followed.others}
    with canvas(ax, 3.4) as axes:
        for (name, _), (colour, dash) in zip(counts.items(), ARMS, strict=False):
            values = frame[name].to_numpy(float)
            axes.plot(frame["month"], values, color=colour, linestyle=dash, marker="o", markersize=4, linewidth=2)
        axes.axvline(0, color=FAINT, linewidth=1, zorder=1)
        axes.set_xticks(frame["month"].to_numpy())
        axes.xaxis.set_major_formatter(lambda x, _: render("plot.number", lang, value=float(x)).replace("-", "−"))
        axes.set_xlabel(named("plot.regression.month", lang))
        axes.set_ylabel(named(Message(f"signal.followed.{followed.signal}"), lang))
        axes.yaxis.set_major_formatter(writer("number", lang))
        axes.margins(x=0.02)
        if not np.isnan(frame[["flagged", "others"]].to_numpy(float)).all():
            labels = [render(f"plot.regression.{name}", lang, n=n) for name, n in counts.items()]
            label_ends(axes, labels, lambda value: render("table.number1", lang, value=value), lang)
    return axes
