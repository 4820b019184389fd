"""The MRR bridge: gains and losses by period, and the way from opening to closing."""

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_kit.plots.drawing import FAINT, INK, OFFSET, PALE, canvas, label_places, named, period, writer
from retention_kit.results import Bridge
from retention_kit.wording import language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Lightness keeps the flows of each side apart in grey.
GAINS = {"new": "#0072B2", "reactivation": "#B6E3D4", "expansion": "#56B4E9"}
LOSSES = {"contraction": "#F0A030", "churn": "#A63D00"}
# Exchange rates are nobody's doing: neither the colours of gains nor those of losses, and hatched.
_NEUTRAL = {"facecolor": PALE, "hatch": "////", "edgecolor": INK, "linewidth": 0.6}


def _flows(bridge: Bridge, periods: int | None) -> pd.DataFrame:
    effect = ["fx"] if bridge.has_fx else []
    flows = bridge.frame.groupby("period")[["opening", *GAINS, *LOSSES, *effect, "closing"]].sum()
    return flows if periods is None else flows.tail(periods)


def plot_bridge(
    bridge: Bridge, ax: "Axes | None" = None, *, periods: int | None = None, lang: str | None = None
) -> "Axes":
    """Draw what was gained and lost in each period; a single period is drawn as a waterfall.

    Parameters
    ----------
    bridge : Bridge
        Its groups, if any, are added up.
    ax : Axes, optional
    periods : int, optional
        Only the last so many.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> bridge = rk.mrr_bridge(ledger, freq="Q")
    >>> rk.picture(rk.plot_bridge(bridge), alt=bridge.describe()).alt[:21]
    'From 31 December 2021'
    """
    lang, flows = lang or language(), _flows(bridge, periods)
    if len(flows) == 1:
        return plot_waterfall(bridge, ax, periods=1, lang=lang)
    with canvas(ax, 4.2) as axes:
        _stack(axes, flows[list(GAINS)], GAINS, lang)
        _stack(axes, -flows[list(LOSSES)], LOSSES, lang)
        if bridge.has_fx:
            _add_effect(axes, flows, lang)
        net = (flows["closing"] - flows["opening"]).to_numpy(float)
        axes.plot(net, "D", color="black", markeredgecolor="white", label=named("plot.net", lang))
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.use_sticky_edges = False
        axes.grid(axis="y")
        axes.yaxis.set_major_formatter(writer("money", lang, bridge.currency))
        label_places(axes.xaxis, range(len(flows)), [period(day, bridge.freq, lang) for day in flows.index])
        _explain(axes)
    return axes


def _stack(axes: "Axes", heights: pd.DataFrame, colours: dict[str, str], lang: str) -> None:
    tops = heights.cumsum(axis="columns")
    for name, colour in colours.items():
        look = {"color": colour, "edgecolor": "white", "linewidth": 0.6}
        label = named(f"movement.{name}", lang)
        axes.bar(range(len(heights)), heights[name], bottom=tops[name] - heights[name], label=label, **look)


def _add_effect(axes: "Axes", flows: pd.DataFrame, lang: str) -> None:
    """Stack what exchange rates did beyond the gains, or beyond the losses."""
    effect = flows["fx"]
    ends = flows[list(GAINS)].sum(axis=1).where(effect > 0, -flows[list(LOSSES)].sum(axis=1))
    axes.bar(range(len(flows)), effect, bottom=ends, label=named("movement.fx", lang), **_NEUTRAL)


def _explain(axes: "Axes") -> None:
    """Put the gains in the legend's first line, losses and the net change in its second, exchange rates in a third."""
    net, *flows = axes.get_legend_handles_labels()[0]
    handles = dict(zip([*GAINS, *LOSSES, "fx"], flows, strict=False)) | {"net": net}
    # A legend fills column by column, the first of them with what is left over.
    order = ["new", "contraction", "fx", "reactivation", "churn", "expansion", "net"]
    shown = [handles[name] for name in order if name in handles]
    axes.legend(handles=shown, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def plot_waterfall(
    bridge: Bridge, ax: "Axes | None" = None, *, periods: int | None = None, lang: str | None = None
) -> "Axes":
    """Draw the way from opening to closing MRR over all periods together, with its amounts.

    Parameters
    ----------
    bridge : Bridge
        Its groups, if any, are added up.
    ax : Axes, optional
    periods : int, optional
        Only the last so many.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Axes
        Those given, or new ones on a figure of their own.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> bridge = rk.mrr_bridge(ledger, freq="Y", start="2024-12")
    >>> rk.picture(rk.plot_waterfall(bridge), alt=bridge.describe()).alt[:21]
    'From 31 December 2024'
    """
    lang, flows = lang or language(), _flows(bridge, periods)
    effect = flows[["fx"]].sum() if bridge.has_fx else None
    moves = pd.concat([flows[list(GAINS)].sum(), -flows[list(LOSSES)].sum(), effect])
    levels = np.cumsum([flows["opening"].iloc[0], *moves])
    names = [fill(named(f"movement.{name}", lang), 14) for name in ("opening", *moves.index, "closing")]
    floor = _floor(levels)
    window = " – ".join(dict.fromkeys(period(flows.index[i], bridge.freq, lang) for i in (0, -1)))
    with canvas(ax, 3.8) as axes:
        _draw_steps(axes, levels, moves, lang, bridge.currency)
        axes.set(xticks=range(len(names)), xticklabels=names, yticks=[], ylim=(floor, _ceiling(levels, floor)))
        axes.set_title(render("plot.cut", lang, window=window) if floor else window, loc="left")
        axes.tick_params(axis="x", length=0)
        axes.spines["left"].set_visible(False)
        for bar in (0, len(names) - 1) if floor else ():
            axes.plot([bar - 0.4, bar + 0.4], floor + np.ptp(levels) * np.array([0.3, 0.45]), color="white", lw=5)
    return axes


def _floor(levels: np.ndarray) -> float:
    """Where the bars begin: at zero, unless the flows would then be too thin to see."""
    span = float(np.ptp(levels))
    return max(0.0, float(levels.min()) - span) if 0 < span < 0.12 * float(levels.max()) else 0.0


def _ceiling(levels: np.ndarray, floor: float) -> float:
    """Where the picture ends: just above the highest amount, however little of the bars is shown."""
    return float(levels.max()) + (0.1 * (float(levels.max()) - floor) or 1.0)


def _draw_steps(axes: "Axes", levels: np.ndarray, moves: pd.Series, lang: str, currency: str | None) -> None:
    fell = [name in LOSSES or (name == "fx" and amount < 0) for name, amount in moves.items()]
    units = ["money", *("loss" if down else "gain" for down in fell), "money"]
    colours = {name: {"color": colour} for name, colour in (GAINS | LOSSES).items()} | {"fx": _NEUTRAL}
    looks = [{"color": FAINT}, *(colours[name] for name in moves.index), {"color": FAINT}]
    steps = zip([0.0, *levels[:-1], 0.0], [*levels, levels[-1]], units, looks, strict=True)
    for i, (start, stop, unit, look) in enumerate(steps):
        axes.bar(i, abs(stop - start), 0.7, min(start, stop), **look)
        height = abs(stop - start)
        text = writer(unit if height else "money", lang, currency)(height)  # nothing has no sign
        side = {"va": "top"} if unit == "loss" else {"va": "bottom"}
        axes.annotate(text, (i, stop), (0, -3 if unit == "loss" else 3), ha="center", **side, **OFFSET)
    places = np.arange(len(levels))
    axes.hlines(levels, places + 0.35, places + 0.65, color=FAINT, linewidth=0.8)
