"""Retention over time, the curves of two groups, and the difference between them."""

import math
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_kit.plots.drawing import (
    FAINT,
    INK,
    OFFSET,
    PALE,
    canvas,
    label_ends,
    label_places,
    named,
    period,
    writer,
)
from retention_kit.results import Finding, Trend
from retention_kit.wording import Message, language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's hues; line styles keep them apart in grey as well.
LINES = {"nrr": ("#0072B2", "-"), "grr": ("#00805E", "--"), "logo_retention": ("#C05000", "-.")}
ARMS = (("#0072B2", "-"), ("#C05000", "--"))


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


def _arm_names(finding: Finding, lang: str) -> list[str]:
    return [render(arm.label, lang) if isinstance(arm.label, Message) else arm.label for arm in finding.arms]


def _curves(finding: Finding) -> list[pd.DataFrame]:
    return [finding.curves[finding.curves["group"] == group] for group in range(len(finding.arms))]


def plot_survival(finding: Finding, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the outcome of both groups at every age with intervals, and how many were still watched.

    Parameters
    ----------
    finding : Finding
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
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> rk.picture(rk.plot_survival(finding), alt=finding.describe()).alt[:33]
    'Share of customers who have staye'
    """
    lang, last = lang or language(), int(finding.curves["age"].max())
    names = [name[:1].upper() + name[1:] for name in _arm_names(finding, lang)]
    step = next(step for step in (1, 3, 6, 12, 24, max(last, 1)) if last <= 12 * step)
    unit = "number" if finding.outcome == "spend" else "percent"
    with canvas(ax, 4.6) as axes:
        for curve, (colour, dash) in zip(_curves(finding), ARMS, strict=True):
            _draw_curve(axes, curve, colour, dash)
        axes.margins(x=0)
        axes.set(xticks=range(0, last + 1, step), xlabel=named("plot.age", lang))
        axes.set_ylabel(named(f"plot.curve.{finding.outcome}", lang))
        axes.yaxis.set_major_formatter(writer(unit, lang))
        axes.grid(axis="y")
        label_ends(axes, names, writer(unit.replace("percent", "percent1"), lang), lang)
        _mark_horizon(axes, finding.horizon, lang)
        _write_at_risk(axes, finding, names, lang)
    return axes


def _draw_curve(axes: "Axes", curve: pd.DataFrame, colour: str, dash: str) -> None:
    # The last value holds for a while, so that a drop at the last age is seen.
    ages = [*curve["age"], curve["age"].iloc[-1] + max(0.5, len(curve) / 24)]
    value, low, high = ([*curve[name], curve[name].iloc[-1]] for name in ("value", "low", "high"))
    axes.step(ages, value, where="post", color=colour, linestyle=dash, linewidth=2)
    axes.fill_between(ages, low, high, step="post", color=colour, alpha=0.15, linewidth=0)


def _mark_horizon(axes: "Axes", horizon: int, lang: str) -> None:
    axes.axvline(horizon, color=INK, linestyle=":", linewidth=1)
    where = {"xycoords": axes.get_xaxis_transform(), "ha": "center", "va": "bottom", **OFFSET}
    axes.annotate(render("plot.horizon", lang, n=horizon), (horizon, 1), (0, 3), **where)


def _write_at_risk(axes: "Axes", finding: Finding, names: Sequence[str], lang: str) -> None:
    under = {"xycoords": axes.get_xaxis_transform(), "va": "top", "fontsize": 8, **OFFSET}
    for i, (curve, name, (colour, _)) in enumerate(zip(_curves(finding), names, ARMS, strict=True)):
        title = render("plot.at_risk", lang, label=name)
        axes.annotate(title, (0, 0), (0, -38 - 26 * i), color=colour, weight="bold", **under)
        seen = curve.set_index("age")["at_risk"]
        for age in seen.index.intersection(axes.get_xticks()):
            count = render("plot.count", lang, value=int(seen[age]))
            axes.annotate(count, (age, 0), (0, -50 - 26 * i), ha="center", color=colour, **under)


def plot_finding(finding: Finding, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the difference with its interval against zero and the smallest difference that matters.

    Parameters
    ----------
    finding : Finding
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
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> rk.picture(rk.plot_finding(finding), alt=finding.describe()).alt[:33]
    'Share of customers who have staye'
    """
    lang = lang or language()
    kind = {"rmst": "months", "spend": "amount"}.get(finding.outcome, "points")
    unit = 100 if kind == "points" else 1
    value, low, high, margin = (unit * x for x in (finding.estimate, finding.low, finding.high, finding.margin))
    reach = 1.3 * np.nanmax([abs(low), abs(high), 1.6 * margin])
    number = writer("number", lang)
    with canvas(ax, 2.2) as axes:
        axes.fill_between([-margin, margin], 0, 0.76, color=PALE, linewidth=0)
        axes.text(0, 0.8, render(f"plot.margin.{kind}", lang, margin=margin), ha="center", fontsize=8)
        axes.vlines(0, 0, 0.44, color=INK, linewidth=1)
        axes.plot([low, high], [0.28, 0.28], color=ARMS[0][0], linewidth=3, solid_capstyle="butt")
        axes.plot(value, 0.28, "D", color=ARMS[0][0], markersize=9, markeredgecolor="white")
        axes.text(**_beside(value, low, high, reach), y=0.5, s=_interval(finding, value, low, high, kind, lang))
        axes.set(xlim=(-reach, reach), ylim=(0, 1), yticks=[])
        axes.set_xlabel(named(f"plot.difference.{finding.outcome}", lang, horizon=finding.horizon))
        axes.xaxis.set_major_formatter(lambda x, _: ("+" if x > 0 else "") + number(x))
        axes.spines["left"].set_visible(False)
        for side, name in zip(("right", "left"), _arm_names(finding, lang), strict=True):
            axes.set_title(fill(render(f"plot.favours.{side}", lang, label=name), 44), loc=side, fontsize=8)
    return axes


def _beside(value: float, low: float, high: float, reach: float) -> dict[str, Any]:
    """Where a text about the interval stays inside the picture."""
    if math.isnan(value) or abs(value) < 0.3 * reach:
        return {"x": 0 if math.isnan(value) else value, "ha": "center"}
    return {"x": high, "ha": "right"} if value > 0 else {"x": low, "ha": "left"}


def _interval(finding: Finding, value: float, low: float, high: float, kind: str, lang: str) -> str:
    if math.isnan(value):
        return render("plot.no_estimate", lang)
    signed = writer("signed", lang)
    numbers = {"estimate": signed(value), "low": signed(low), "high": signed(high), "level": finding.level}
    return render(f"plot.interval.{kind}", lang, **numbers)
