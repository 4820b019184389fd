"""The difference of two groups against nothing and the margin, all its estimates, and how alike the groups are."""

import math
from collections.abc import Iterable
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from retention_kit.errors import OptionError
from retention_kit.plots.drawing import ARMS, FAINT, INK, PALE, canvas, label_text, named
from retention_kit.results import Balance, Finding, Findings, Line, answers
from retention_kit.results.scales import scale_of
from retention_kit.wording import Message, language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RATIOS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_NEAR_RATIOS = (0.25, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
ALIKE = 0.1
"""Standard deviations up to which two groups count as alike."""
COLOUR = ARMS[0][0]


def plot_finding(finding: Finding, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the difference with its interval against no difference and the smallest one that matters.

    Parameters
    ----------
    finding : Finding
        A ratio is drawn on a logarithmic axis around 1.
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
    >>> rk.picture(rk.plot_finding(finding), alt=finding.describe_difference()).alt[:33]
    'Customers with a personalised dem'
    """
    lang = lang or language()
    value, low, high, margin = (_place(finding, x) for x in _numbers(finding))
    reach = 1.3 * np.nanmax([abs(low), abs(high), 1.6 * margin])
    with canvas(ax, 2.2) as axes:
        axes.fill_between([-margin, margin], 0, 0.76, color=PALE, linewidth=0)
        too_small = render("plot.margin", lang, margin=answers.margin(finding))
        axes.text(0, 0.8, too_small, ha="center", fontsize=8)
        axes.vlines(0, 0, 0.44, color=INK, linewidth=1)
        axes.plot([low, high], [0.28, 0.28], color=COLOUR, linewidth=3, solid_capstyle="butt")
        axes.plot(value, 0.28, "D", color=COLOUR, markersize=9, markeredgecolor="white")
        axes.text(**_beside(value, low, high, reach), y=0.5, s=_interval(finding, finding, lang))
        axes.set(ylim=(0, 1), yticks=[])
        _measure(axes, finding, (-reach, reach), lang)
        axes.spines["left"].set_visible(False)
        for side, arm in zip(("right", "left"), finding.arms, strict=True):
            label = render(f"plot.higher.{side}", lang, label=label_text(arm.label, lang))
            axes.set_title(fill(label, 44), loc=side, fontsize=8)
    return axes


def _numbers(finding: Finding) -> tuple[float, ...]:
    return finding.estimate, finding.low, finding.high, finding.margin


def _place(finding: Finding, x: float) -> float:
    """Where a difference stands on the axis: points as such, a ratio by its logarithm."""
    scale = scale_of(finding.outcome)
    if scale == "ratio":
        return math.log(x) if 0 < x < math.inf else math.nan
    return 100 * x if scale == "points" else x


def _measure(axes: "Axes", finding: Finding, ends: tuple[float, float], lang: str) -> None:
    """Label the axis of differences."""
    scale, unit = scale_of(finding.outcome), 100 if scale_of(finding.outcome) == "points" else 1
    axes.set_xlim(*ends)
    known = {"horizon": finding.horizon, "measured": finding.measured or ""}
    axes.set_xlabel(named(f"plot.difference.{finding.outcome}", lang, **known))
    if scale == "money":
        axes.locator_params(axis="x", nbins=5)
    if scale == "ratio":
        far = max(ends) - min(ends) > 2 * math.log(4.5)
        axes.set_xticks([math.log(x) for x in (_RATIOS if far else _NEAR_RATIOS) if ends[0] <= math.log(x) <= ends[1]])

    def write(x: float, _position: Any = None) -> str:
        shown = round(math.exp(x), 2) if scale == "ratio" else x / unit
        return render(answers.signed(finding.outcome, shown, 3, finding.currency), lang)

    axes.xaxis.set_major_formatter(write)


def _beside(value: float, low: float, high: float, reach: float) -> dict[str, Any]:
    """Where a text about the interval stays inside the picture."""
    if math.isnan(value) or abs(value) < 0.3 * reach:
        return {"x": 0 if math.isnan(value) else value, "ha": "center"}
    return {"x": high, "ha": "right"} if value > 0 else {"x": low, "ha": "left"}


def _interval(finding: Finding, row: Finding | Line, lang: str) -> str:
    """Write a difference with its interval, in its unit."""
    if math.isnan(row.estimate):
        return render("plot.no_estimate", lang)
    scale = scale_of(finding.outcome)
    known = {"level": finding.level, "difference": row.estimate}
    return render(f"plot.interval.{scale}", lang, **_signs(finding, row), **known)


def _signs(finding: Finding, row: Finding | Line) -> dict[str, Message]:
    ends = {"estimate": row.estimate, "low": row.low, "high": row.high}
    scale = scale_of(finding.outcome)
    digits = 1 if scale == "points" else answers.decimals(scale, list(ends.values()))
    return {name: answers.signed(finding.outcome, x, digits, finding.currency) for name, x in ends.items()}


def plot_forest(
    found: Finding | Findings | Iterable[Finding], ax: "Axes | None" = None, *, lang: str | None = None
) -> "Axes":
    """Draw every estimate of a difference, or the difference of several groups, one under another.

    Parameters
    ----------
    found : Finding, Findings or iterable of Finding
        Of one finding all its estimates: the one that decides is filled, the others hollow. Of several findings the
        estimate that decides each of them.
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Raises
    ------
    OptionError
        If the findings do not measure the same outcome, or there is none.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> rk.picture(rk.plot_forest(finding), alt=finding.describe_lines()).alt[:5]
    'As it'
    """
    lang = lang or language()
    first, rows = _rows(found)
    texts = [fill(label_text(label, lang, capital=True), 34) for label, _ in rows]
    heights = [1.0 + 0.55 * text.count("\n") for text in texts]
    places = [-sum(heights[:i]) - height / 2 for i, height in enumerate(heights)]
    with canvas(ax, 1.5 + 0.36 * sum(heights)) as axes:
        reach = _shade(axes, first, [row for _, row in rows])
        for place, (_, row) in zip(places, rows, strict=True):
            _draw_row(axes, first, row, place, lang)
        axes.axvline(0, color=INK, linewidth=1, zorder=1)
        axes.set(ylim=(-sum(heights), 0), yticks=places, yticklabels=texts)
        _measure(axes, first, reach, lang)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_title(fill(_under_margin(first, [row for _, row in rows], lang), 70), loc="left", fontsize=8)
    return axes


def _rows(found: Finding | Findings | Iterable[Finding]) -> tuple[Finding, list[tuple[Message | str, Line]]]:
    if isinstance(found, Finding):
        return found, [(row.label, row) for row in found.rows]
    items = list(found)
    outcomes = sorted({item.outcome for item in items})
    if len(outcomes) != 1:
        raise OptionError("error.forest", n=len(outcomes), found=outcomes)
    return items[0], [(item.arms[0].label, item.rows[0]) for item in items]


def _under_margin(finding: Finding, rows: list[Line], lang: str) -> str:
    shaded = render("plot.shaded", lang, margin=answers.margin(finding))
    mixed = len({row.role == "decides" for row in rows}) > 1
    return f"{render('plot.decides', lang)} {shaded}" if mixed else shaded


def _shade(axes: "Axes", finding: Finding, rows: list[Line]) -> tuple[float, float]:
    """Shade the differences too small to matter; return how far the axis reaches on either side."""
    margin = _place(finding, finding.margin)
    axes.axvspan(-margin, margin, color=PALE, linewidth=0, zorder=0)
    ends = [_place(finding, x) for row in rows for x in (row.estimate, row.low, row.high)]
    known = [x for x in ends if not math.isnan(x)]
    low, high = min([-1.2 * margin, *known]), max([1.2 * margin, *known])
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _draw_row(axes: "Axes", finding: Finding, row: Line, place: float, lang: str) -> None:
    decides = row.role == "decides"
    colour = COLOUR if decides else INK
    ends = [_place(finding, x) for x in (row.low, row.high)]
    axes.plot(ends, [place, place], color=colour, linewidth=3 if decides else 1.4, solid_capstyle="butt")
    look = {"marker": "D", "markersize": 8} if decides else {"marker": "o", "markersize": 6.5}
    fill_in = {"markerfacecolor": colour if decides else "white", "markeredgecolor": "white" if decides else colour}
    axes.plot(_place(finding, row.estimate), place, **look, **fill_in)
    key = "plot.forest.unknown" if math.isnan(row.estimate) else "plot.forest.known"
    text = render(key, lang, **_signs(finding, row))
    where = {"xycoords": axes.get_yaxis_transform(), "annotation_clip": False, "va": "center", "fontsize": 8.5}
    axes.annotate(text, (1.02, place), weight="bold" if decides else "normal", **where)


def plot_balance(balance: Balance, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw how far the groups were apart in each thing adjusted for, before and after weighting (a love plot).

    Parameters
    ----------
    balance : Balance
    ax : Axes, optional
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Notes
    -----
    Standardised mean differences without their sign: the difference of the means over the standard deviation. Up to 0.1
    groups count as alike.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> balance = rk.compare(ledger, "personalised_demo", adjust=["segment"]).balance
    >>> rk.picture(rk.plot_balance(balance), alt=balance.describe()).alt[:38]
    'Before weighting, the groups differ mo'
    """
    lang = lang or language()
    frame = balance.frame.reset_index(drop=True)
    order = frame["raw"].abs().sort_values(na_position="first").index
    texts = [fill(named(balance.labels[i], lang), 34) for i in order]
    before, after = (frame.loc[order, name].abs().to_numpy(float) for name in ("raw", "weighted"))
    places = np.arange(len(order), dtype=float)
    with canvas(ax, 1.5 + 0.32 * sum(1 + 0.5 * text.count("\n") for text in texts)) as axes:
        axes.hlines(places, np.fmin(before, after), np.fmax(before, after), color=FAINT, linewidth=1)
        hollow = {"markerfacecolor": "white", "markeredgecolor": ARMS[1][0], "markeredgewidth": 1.5}
        axes.plot(before, places, "o", markersize=7, **hollow, label=render("plot.before", lang))
        axes.plot(after, places, "D", markersize=6.5, color=COLOUR, label=render("plot.after", lang))
        axes.axvline(ALIKE, color=INK, linestyle="--", linewidth=1, label=render("plot.alike", lang, far=ALIKE))
        axes.set(yticks=places, yticklabels=texts, ylim=(-0.7, len(order) - 0.3))
        furthest = np.nanmax([2 * ALIKE, *before, *after])
        axes.set_xlim(-0.02 * furthest, 1.08 * furthest)
        axes.xaxis.set_major_formatter(lambda x, _: render("plot.number", lang, value=float(x)))
        axes.set_xlabel(named("plot.balance", lang))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
    return axes
