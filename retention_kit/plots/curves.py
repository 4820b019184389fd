"""The outcome of each group at every age, with how many are still watched."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from retention_kit.plots.drawing import ARMS, INK, OFFSET, canvas, label_ends, label_text, named, writer
from retention_kit.results import Finding, Findings
from retention_kit.wording import Message, language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_survival(found: Finding | Findings, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the outcome of every group at every age, as it is and not adjusted, and how many were still watched.

    Parameters
    ----------
    found : Finding or Findings
        An outcome measured only once, such as a satisfaction score, has no curve: the picture then says so.
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
    >>> rk.picture(rk.plot_survival(finding), alt=finding.describe()).alt[:11]
    'Both groups'
    """
    lang = lang or language()
    first, groups = _groups(found, lang)
    unit = "money" if first.outcome == "spend" else "percent"
    names = [name for name, _ in groups]
    if not groups:
        return _say_no_curve(ax, lang)
    with canvas(ax, 4.6 + 0.36 * max(len(groups) - 2, 0)) as axes:
        for (_, curve), (colour, dash) in zip(groups, ARMS, strict=False):
            _draw_curve(axes, curve, colour, dash)
        axes.margins(x=0)
        axes.set(xticks=_ticks(groups), xlabel=named("plot.age_after" if first.landmark else "plot.age", lang))
        axes.set_ylabel(named(f"plot.curve.{first.outcome}", lang))
        axes.yaxis.set_major_formatter(writer(unit, lang, first.currency))
        axes.grid(axis="y")
        _mark_horizon(axes, first.horizon, lang)
        label_ends(axes, names, writer(unit.replace("percent", "percent1"), lang, first.currency), lang)
        if first.adjusted_for:
            axes.set_title(render("plot.unadjusted", lang), loc="left", fontsize=8)
        _write_at_risk(axes, groups, "plot.may_leave" if first.outcome == "early_churn" else "plot.at_risk", lang)
    return axes


def _groups(found: Finding | Findings, lang: str) -> tuple[Finding, list[tuple[str, pd.DataFrame]]]:
    """Return one of the findings, and each group's name and curve, the reference last; no group without a curve."""
    items = list(found) if isinstance(found, Findings) else [found]
    first = items[0]
    pairs = [(item.arms[0].label, item.curves, 0) for item in items] + [(first.arms[1].label, first.curves, 1)]
    if first.outcome == "early_churn":  # the first months and the later ones are one curve, of the same customers
        pairs = [(Message("plot.everyone"), first.curves, 0)]
    curves = [(label, frame[frame["group"] == group]) for label, frame, group in pairs if len(frame)]
    return first, [(label_text(label, lang, capital=True), curve) for label, curve in curves if len(curve)]


def _ticks(groups: Sequence[tuple[str, pd.DataFrame]]) -> range:
    last = max(int(curve["age"].max()) for _, curve in groups)
    step = next(step for step in (1, 3, 6, 12, 24, max(last, 1)) if last <= 12 * step)
    return range(0, last + 1, step)


def _say_no_curve(ax: "Axes | None", lang: str) -> "Axes":
    with canvas(ax, 1.2) as axes:
        axes.set(xticks=[], yticks=[])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.text(0.5, 0.5, render("plot.no_curve", lang), transform=axes.transAxes, ha="center", va="center")
    return axes


def _draw_curve(axes: "Axes", curve: pd.DataFrame, colour: str, dash: Any) -> None:
    # The last value holds for a while, so that a drop at the last age is seen.
    ages = [*curve["age"], curve["age"].iloc[-1] + max(0.5, len(curve) / 24)]
    value, low, high = ([*curve[name], curve[name].iloc[-1]] for name in ("value", "low", "high"))
    axes.step(ages, value, where="post", color=colour, linestyle=dash, linewidth=2)
    axes.fill_between(ages, low, high, step="post", color=colour, alpha=0.15, linewidth=0)


def _mark_horizon(axes: "Axes", horizon: int, lang: str) -> None:
    axes.axvline(horizon, color=INK, linestyle=":", linewidth=1)
    late = horizon > 0.8 * axes.get_xlim()[1]  # then the names of the lines stand to the right of it
    where = {"xycoords": axes.get_xaxis_transform(), "ha": "right" if late else "center", "va": "bottom", **OFFSET}
    axes.annotate(render("plot.horizon", lang, n=horizon), (horizon, 1), (0, 3), **where)


def _write_at_risk(axes: "Axes", groups: Sequence[tuple[str, pd.DataFrame]], key: str, lang: str) -> None:
    under = {"xycoords": axes.get_xaxis_transform(), "va": "top", "fontsize": 8, **OFFSET}
    for i, ((name, curve), (colour, _)) in enumerate(zip(groups, ARMS, strict=False)):
        title = render(key, lang, label=name)
        axes.annotate(title, (0, 0), (0, -38 - 26 * i), color=colour, weight="bold", **under)
        seen = curve.set_index("age")["at_risk"]
        for age in seen.index.intersection(axes.get_xticks()):
            count = render("plot.count", lang, value=int(seen[age]))
            axes.annotate(count, (age, 0), (0, -50 - 26 * i), ha="center", color=colour, **under)
