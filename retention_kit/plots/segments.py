"""Segments side by side: the number of each with its interval, and what each did to the number of all."""

import math
from textwrap import fill
from typing import TYPE_CHECKING

from retention_kit.plots.drawing import FAINT, INK, OFFSET, canvas, drawable, named, writer
from retention_kit.plots.flows import GAINS, LOSSES
from retention_kit.plots.hypotheses import COLOUR
from retention_kit.results import Estimate, Estimates, MixEffect
from retention_kit.wording import language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UP, _DOWN = GAINS["expansion"], LOSSES["churn"]  # apart in grey as well
_WIDEST = 34  # characters of a name on one line


def plot_estimates(
    estimates: Estimates, ax: "Axes | None" = None, *, total: Estimate | None = None, lang: str | None = None
) -> "Axes":
    """Draw one measure of several groups, each with its interval, if asked against that of all together.

    Parameters
    ----------
    estimates : Estimates
    ax : Axes, optional
    total : Estimate, optional
        The same measure of all customers: a line across all groups.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> by_segment = rk.nrr(ledger, "2024-12", "2025-12", by="segment")
    >>> total = rk.nrr(ledger, "2024-12", "2025-12")
    >>> from retention_kit.plots import plot_estimates
    >>> rk.picture(plot_estimates(by_segment, total=total), alt=by_segment.describe(total=total)).alt[:40]
    'Net revenue retention (NRR) by “segment”'
    """
    lang, items = lang or language(), list(estimates)
    first = items[0]
    names = [_group_name(item, lang) for item in items]
    heights = [1.0 + 0.55 * name.count("\n") for name in names]
    places = [-sum(heights[:i]) - height / 2 for i, height in enumerate(heights)]
    with canvas(ax, 1.3 + 0.36 * sum(heights)) as axes:
        for item, place in zip(items, places, strict=True):
            _draw_estimate(axes, item, place, lang)
        if total is not None and not math.isnan(total.value):
            _draw_total(axes, total, lang)
        axes.set(ylim=(-sum(heights), 0), yticks=places, yticklabels=names)
        axes.margins(x=0.06)
        axes.xaxis.set_major_formatter(writer(first.unit.replace("percent1", "percent"), lang))
        key = "plot.estimate.level" if any(not math.isnan(item.low) for item in items) else f"measure.{first.measure}"
        axes.set_xlabel(named(key, lang, measure=named(f"measure.{first.measure}", lang), level=first.level))
        _plain_rows(axes)
    return axes


def _group_name(item: Estimate, lang: str) -> str:
    known = {"group": drawable(str(item.group)), "n": item.n}
    return fill(render("plot.estimate.group", lang, **known) if item.n is not None else known["group"], _WIDEST)


def _draw_estimate(axes: "Axes", item: Estimate, place: float, lang: str) -> None:
    axes.plot([item.low, item.high], [place, place], color=COLOUR, linewidth=3, solid_capstyle="butt")
    axes.plot(item.value, place, "D", color=COLOUR, markersize=8, markeredgecolor="white")
    where = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 8.5}
    axes.text(1.02, place, render(item.in_short, lang), **where)


def _draw_total(axes: "Axes", total: Estimate, lang: str) -> None:
    axes.axvline(total.value, color=INK, linestyle="--", linewidth=1, zorder=1)
    text = render("plot.estimate.total", lang, value=writer(total.unit, lang)(total.value))
    where = {"xycoords": axes.get_xaxis_transform(), "ha": "center", "va": "bottom", **OFFSET}
    axes.annotate(text, (total.value, 1), (0, 3), fontsize=8.5, **where)


def _plain_rows(axes: "Axes") -> None:
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")


def plot_mix_effect(mix: MixEffect, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the way of a ratio from one window to the next: what each segment did to it, and what their mix did.

    Parameters
    ----------
    mix : MixEffect
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own; without a change to split they say so.

    Notes
    -----
    The segments' steps are their parts of "within" (see `mix_effect`). The mix is one step: one segment's weight cannot
    change by itself.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> mix = rk.mix_effect(ledger, ("2023-12", "2024-12"), ("2024-12", "2025-12"), by="segment")
    >>> from retention_kit.plots import plot_mix_effect
    >>> rk.picture(plot_mix_effect(mix), alt=mix.describe_segments()).alt[:32]
    'Net revenue retention (NRR) went'
    """
    lang = lang or language()
    if math.isnan(mix.change):
        return _say_no_change(ax, mix, lang)
    steps = [*mix.frame["within"].to_numpy(float), mix.mix]
    levels = [mix.before.value]
    for step in steps:
        levels.append(levels[-1] + step)
    segments = [drawable(render("plot.mix.within", lang, segment=segment)) for segment in mix.frame["segment"]]
    ends = [named("plot.mix.before", lang), named("plot.mix.mix", lang), named("plot.mix.after", lang)]
    names = [fill(name, _WIDEST) for name in (ends[0], *segments, *ends[1:])]
    heights = [1.0 + 0.5 * name.count("\n") for name in names]
    places = [-sum(heights[:i]) - height / 2 for i, height in enumerate(heights)]
    with canvas(ax, 1.3 + 0.34 * sum(heights)) as axes:
        for i, step in enumerate(steps):
            _draw_step(axes, levels[i], step, places[i + 1], lang)
        for level, place in ((levels[0], places[0]), (levels[-1], places[-1])):
            axes.plot(level, place, "D", color=INK, markersize=8)
            _beside(axes, writer("percent1", lang)(level), place, weight="bold")
        axes.vlines(levels, places[1:], places[:-1], color=FAINT, linewidth=0.8, zorder=1)
        axes.set(ylim=(-sum(heights), 0), yticks=places, yticklabels=names)
        axes.use_sticky_edges = False
        axes.margins(x=0.06)
        axes.xaxis.set_major_formatter(writer("percent", lang))
        axes.set_xlabel(named(f"measure.{mix.measure}", lang))
        axes.set_title(fill(render("plot.mix.note", lang), 100), loc="left", fontsize=8)
        _plain_rows(axes)
    return axes


def _say_no_change(ax: "Axes | None", mix: MixEffect, lang: str) -> "Axes":
    with canvas(ax, 1.2) as axes:
        axes.set(xticks=[], yticks=[])
        axes.spines[["left", "bottom"]].set_visible(False)
        said = fill(mix.describe(lang), 80)
        axes.text(0.5, 0.5, said, transform=axes.transAxes, ha="center", va="center")
    return axes


def _draw_step(axes: "Axes", start: float, step: float, place: float, lang: str) -> None:
    axes.barh(place, step, 0.6, start, color=_UP if step >= 0 else _DOWN)
    _beside(axes, render("plot.mix.points", lang, value=step), place)


def _beside(axes: "Axes", text: str, place: float, weight: str = "normal") -> None:
    where = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 8.5, "weight": weight}
    axes.text(1.02, place, text, **where)
