"""Pictures of results: Axes in, the same Axes out.

Every function draws one result on `ax`, or on a new figure in the house's style; it shows and saves nothing. Numbers
and words on the picture are written in `lang`, by default the language of the moment. matplotlib and seaborn are
loaded when the first picture is drawn.

Public names: `house_style`, `plot_cohort_matrix`, `plot_bridge`, `plot_waterfall`, `plot_retention_over_time`,
`plot_survival`, `plot_finding`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_kit.results import Arm, Bridge, CohortMatrix, Finding
from retention_kit.wording import Message, Money, language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK, FAINT = "#333333", "#8c8c8c"
LINES = {"nrr": ("#0072B2", "-"), "logo_retention": ("#D55E00", "-."), "grr": ("#009E73", "--")}
ARMS = (("#0072B2", "-"), ("#D55E00", "--"))
# Dark, middle and light on each side of zero, so that the flows stay apart in grey.
GAINS = {"new": "#0072B2", "expansion": "#56B4E9", "reactivation": "#B6E3D4"}
LOSSES = {"churn": "#A63D00", "contraction": "#F0A030"}
GROWTH = "#8a3b00 #e8a05c #ececec #6aaed6 #08407e".split()
_BOX = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
_STYLE = {
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#e4e4e4",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Give figures made inside the ``with`` block the house's style; outside it nothing changes."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


@contextmanager
def _canvas(ax: "Axes | None", width: float, height: float) -> Iterator["Axes"]:
    if ax is not None:
        yield ax
        return
    from matplotlib import pyplot as plt

    with house_style():
        yield plt.subplots(figsize=(width, height))[1]


def _writer(unit: str, lang: str, currency: str | None = None) -> Callable[..., str]:
    def write(value: float, _position: Any = None) -> str:
        field = Money(value, currency) if unit in {"money", "gain", "loss"} else value
        return render(f"plot.{unit}", lang, value=field).replace("-", "−")

    return write


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _named(key: str, lang: str, **fields: Any) -> str:
    return _capital(render(key, lang, **fields))


def _period(day: pd.Timestamp, freq: str, lang: str) -> str:
    return render(f"period.{freq}", lang, day=day, quarter=str(day.quarter), year=str(day.year))


def _label_places(axis: "Axis", places: Sequence[float], texts: Sequence[str], room: float | None = None) -> None:
    """Label as many places as have `room` points each, however large the picture becomes."""
    from matplotlib.ticker import Locator

    named = dict(zip(places, texts, strict=True))
    widest = max(len(line) for text in texts for line in text.splitlines())
    need = room or 6 * widest + 6

    class Thinned(Locator):
        def __call__(self) -> Sequence[float]:
            corners = axis.axes.transData.transform([(places[0],) * 2, (places[-1],) * 2])
            pixels = abs(corners[1] - corners[0])[int(axis.axis_name == "y")]
            each = pixels * 72 / axis.get_figure(root=True).dpi / max(len(places) - 1, 1)
            return places[:: next((step for step in (1, 2, 3, 6, 12, 24) if step * each >= need), len(places))]

    axis.set_major_locator(Thinned())
    axis.set_major_formatter(lambda place, _: named.get(place, ""))


def _spread(centres: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Move labels, lowest first, just far enough apart that none covers another."""
    order = np.argsort(centres, kind="stable")
    moved, top = np.array(centres, float), -math.inf
    for i in order:
        moved[i] = max(moved[i], top + heights[i] / 2)
        top = moved[i] + heights[i] / 2
    return list(moved - (moved - np.array(centres)).mean())


def _label_ends(axes: "Axes", ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write (x, y, text, colour) to the right of each line's end."""
    texts = [fill(text, 24) for _, _, text, _ in ends]
    points = axes.bbox.height * 72 / axes.get_figure(root=True).dpi
    # The layout may yet take a third of the height for what stands under the axis.
    unit = np.ptp(axes.get_ylim()) / (0.67 * points)
    places = _spread([end[1] for end in ends], [unit * (12 * text.count("\n") + 16) for text in texts])
    for (x, y, _, colour), text, place in zip(ends, texts, places, strict=True):
        line = {"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 2}
        where = {"xycoords": "data", "textcoords": axes.get_yaxis_transform(), "arrowprops": line}
        axes.annotate(text, (x, y), (1.03, place), va="center", color=colour, annotation_clip=False, **where)


def _cell_scale(matrix: CohortMatrix) -> dict[str, Any]:
    values = matrix.values.to_numpy(float)
    if matrix.measure == "nrr":
        reach = float(np.clip(np.nanquantile(np.abs(values - 1), 0.98), 0.1, 1))
        return {"vmin": 1 - reach, "vmax": 1 + reach}
    top = 1.0 if matrix.measure in {"logo", "grr"} else float(np.nanmax(values))
    return {"vmin": 0.0, "vmax": top}


def plot_cohort_matrix(
    matrix: CohortMatrix, ax: "Axes | None" = None, *, annotate: bool | None = None, lang: str | None = None
) -> "Axes":
    """Draw cohorts by age as a heatmap under a row of averages; what is not yet observed stays empty.

    Parameters
    ----------
    matrix : CohortMatrix
    ax : Axes, optional
    annotate : bool, optional
        Whether to write the numbers into the cells; by default where they fit.
    lang : {"en", "fr"}, optional
    """
    import seaborn as sns

    lang = lang or language()
    unit = {"customers": "count", "mrr": "money", "arpa": "money"}.get(matrix.measure, "percent")
    write = _writer(unit, lang, matrix.currency)
    table = pd.concat([matrix.average.to_frame().T, matrix.values])
    texts = table.round(2).map(write)
    fits = table.shape[1] * texts.map(len).to_numpy().max() <= 84
    scale = _cell_scale(matrix)
    scale["cmap"] = sns.blend_palette(GROWTH, as_cmap=True) if matrix.measure == "nrr" else "crest"
    beyond = (matrix.values < scale["vmin"]).any(axis=None), (matrix.values > scale["vmax"]).any(axis=None)
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond, "neither")
    bar = {"format": write, "extend": extend, "label": _named(f"measure.{matrix.measure}", lang), "aspect": 30}
    with _canvas(ax, 8.2, 1.3 + 0.2 * len(table)) as axes:
        sns.heatmap(
            table, ax=axes, mask=table.isna(), annot=texts if (fits if annotate is None else annotate) else None,
            fmt="", annot_kws={"size": 7.5}, cbar_kws=bar, xticklabels=False, yticklabels=False, **scale,
        )  # fmt: skip
        _label_cohorts(axes, matrix, lang)
    return axes


def _label_cohorts(axes: "Axes", matrix: CohortMatrix, lang: str) -> None:
    sizes = zip(matrix.values.index, matrix.sizes, strict=True)
    rows = [render("plot.cohort_row", lang, period=_period(day, "M", lang), n=int(n)) for day, n in sizes]
    _label_places(axes.yaxis, [1.5 + i for i in range(len(rows))], rows, room=11)
    ages = matrix.values.columns
    _label_places(axes.xaxis, [0.5 + i for i in range(len(ages))], [str(age) for age in ages], room=14)
    axes.tick_params(length=0, labelsize=8)
    axes.xaxis.set_ticks_position("top")
    axes.xaxis.set_label_position("top")
    axes.set(xlabel=_named("plot.age", lang), ylabel=_named("plot.cohort", lang))
    axes.axhline(1, color="white", linewidth=5)
    where = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "ha": "right", "va": "center"}
    axes.annotate(render("plot.cohort_average", lang), (0, 0.5), (-4, 0), fontsize=8, weight="bold", **where)


def _flows(bridge: Bridge, periods: int | None) -> pd.DataFrame:
    flows = bridge.frame.groupby("period")[["opening", *GAINS, *LOSSES, "closing"]].sum()
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
    """
    lang, flows = lang or language(), _flows(bridge, periods)
    if len(flows) == 1:
        return plot_waterfall(bridge, ax, periods=1, lang=lang)
    with _canvas(ax, 8.2, 4.2) as axes:
        # The legend fills column by column: gains above, losses and the net change below.
        for sign, names in ((1, GAINS), (-1, LOSSES)):
            base = np.zeros(len(flows))
            for name, colour in names.items():
                height, label = sign * flows[name].to_numpy(float), _named(f"movement.{name}", lang)
                axes.bar(range(len(flows)), height, 0.8, base, color=colour, edgecolor="white", linewidth=0.6, label=label)
                base = base + height
        net = (flows["closing"] - flows["opening"]).to_numpy()
        axes.plot(net, "D", color="black", markeredgecolor="white", label=_named("plot.net", lang))
        _dress_bridge(axes, bridge, flows, lang)
    return axes


def _dress_bridge(axes: "Axes", bridge: Bridge, flows: pd.DataFrame, lang: str) -> None:
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.grid(axis="y")
    axes.yaxis.set_major_formatter(_writer("money", lang, bridge.currency))
    _label_places(axes.xaxis, range(len(flows)), [_period(day, bridge.freq, lang) for day in flows.index])
    net, *bars = axes.get_legend_handles_labels()[0]
    # A legend fills column by column: gains go into its first line, losses and the net change into its second.
    handles = [bars[i] for i in (0, 3, 1, 4, 2)] + [net]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


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
    """
    lang, flows = lang or language(), _flows(bridge, periods)
    moves = {name: flows[name].sum() for name in GAINS} | {name: -flows[name].sum() for name in LOSSES}
    levels = np.cumsum([flows["opening"].iloc[0], *moves.values()])
    days = [_period(flows.index[i], bridge.freq, lang) for i in (0, -1)]
    names = [_named(f"movement.{name}", lang) for name in ("opening", *moves, "closing")]
    with _canvas(ax, 8.2, 3.8) as axes:
        _draw_steps(axes, levels, list(moves), lang, bridge.currency)
        axes.set_xticks(range(len(names)), [fill(name, 14) for name in names])
        axes.set_title(" – ".join(dict.fromkeys(days)), loc="left")
        axes.tick_params(axis="x", length=0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    return axes


def _draw_steps(axes: "Axes", levels: np.ndarray, moves: list[str], lang: str, currency: str | None) -> None:
    colours = [FAINT, *(GAINS | LOSSES).values(), FAINT]
    starts, stops = [0.0, *levels[:-1], 0.0], [*levels, levels[-1]]
    floor = _floor(levels)
    for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        axes.bar(i, abs(stop - start), 0.7, min(start, stop), color=colours[i])
        unit = "money" if i in (0, len(moves) + 1) else "gain" if stop >= start else "loss"
        below = unit == "loss"
        text = _writer(unit, lang, currency)(abs(stop - start))
        axes.annotate(text, (i, min(start, stop) if below else max(start, stop)), (0, -3 if below else 3),
                      textcoords="offset points", ha="center", va="top" if below else "bottom")  # fmt: skip
    axes.hlines(levels, np.arange(len(levels)) + 0.35, np.arange(len(levels)) + 0.65, color=FAINT, linewidth=0.8)


def _floor(levels: np.ndarray) -> float:
    """Where the bars begin: at zero, unless the flows would then be too thin to see."""
    span = float(np.ptp(levels))
    return max(0.0, float(levels.min()) - span) if span < 0.12 * float(levels.max()) else 0.0


def plot_retention_over_time(frame: pd.DataFrame, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw NRR, GRR and logo retention month by month.

    Parameters
    ----------
    frame : DataFrame
        One row a month: month (its first day), nrr, grr, logo_retention, n.
    ax : Axes, optional
    lang : {"en", "fr"}, optional
    """
    lang = lang or language()
    places = (frame["month"].dt.year * 12 + frame["month"].dt.month).tolist()
    months = zip(frame["month"], frame["n"], strict=True)
    texts = [f"{_period(month, 'M', lang)}\n{render('plot.n', lang, n=int(n))}" for month, n in months]
    write = _writer("percent", lang)
    with _canvas(ax, 8.2, 3.8) as axes:
        axes.axhline(1, color=FAINT, linewidth=1)
        ends = []
        for name, (colour, dash) in LINES.items():
            axes.plot(places, frame[name], color=colour, linestyle=dash, linewidth=2)
            ends += _end(places, frame[name], _named(f"measure.{name}", lang), colour, write, lang)
        axes.margins(x=0)
        axes.grid(axis="y")
        axes.yaxis.set_major_formatter(write)
        axes.set_ylabel(_named("plot.retention", lang))
        _label_places(axes.xaxis, places, texts)
        _label_ends(axes, ends)
    return axes


def _end(places, values, label, colour, write, lang) -> list[tuple[float, float, str, str]]:
    seen = [(x, float(y)) for x, y in zip(places, values, strict=True) if not math.isnan(y)]
    return [(*seen[-1], render("plot.line_end", lang, label=label, value=write(seen[-1][1])), colour)] if seen else []


def _words(label: Message | str, lang: str) -> str:
    return render(label, lang) if isinstance(label, Message) else str(label)


def plot_survival(finding: Finding, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the outcome of both groups at every age, their intervals, and how many were still watched.

    Parameters
    ----------
    finding : Finding
    ax : Axes, optional
    lang : {"en", "fr"}, optional
    """
    lang = lang or language()
    curves = [finding.curves[finding.curves["group"] == group] for group in (0, 1)]
    write = _writer("signed" if finding.outcome == "spend" else "percent", lang)
    with _canvas(ax, 8.2, 4.6) as axes:
        ends = []
        for curve, arm, (colour, dash) in zip(curves, finding.arms, ARMS, strict=True):
            axes.step(curve["age"], curve["value"], where="post", color=colour, linestyle=dash, linewidth=2)
            axes.fill_between(curve["age"], curve["low"], curve["high"], step="post", color=colour, alpha=0.15, linewidth=0)
            ends += _end(curve["age"], curve["value"], _capital(_words(arm.label, lang)), colour, write, lang)
        last = int(finding.curves["age"].max())
        step = next(step for step in (1, 3, 6, 12, 24, 48, last) if last / step <= 12)
        axes.set(xlim=(0, last), xticks=range(0, last + 1, step), ylabel=_named(f"plot.curve.{finding.outcome}", lang))
        axes.set_xlabel(_named("plot.age", lang))
        axes.grid(axis="y")
        axes.yaxis.set_major_formatter(write)
        axes.axvline(finding.horizon, color=INK, linestyle=":", linewidth=1)
        axes.annotate(render("plot.horizon", lang, n=finding.horizon), (finding.horizon, 1), (0, 3), ha="center",
           xycoords=axes.get_xaxis_transform(), textcoords="offset points", va="bottom")
        _label_ends(axes, ends)
        _write_at_risk(axes, curves, finding.arms, lang)
    return axes


def _write_at_risk(axes, curves, arms, lang) -> None:
    under = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "va": "top", "fontsize": 8}
    for i, (curve, arm, (colour, _)) in enumerate(zip(curves, arms, ARMS, strict=True)):
        title = _named("plot.at_risk", lang, label=_words(arm.label, lang))
        axes.annotate(title, (0, 0), (0, -38 - 26 * i), color=colour, weight="bold", **under)
        seen = curve.set_index("age")["at_risk"]
        for age in axes.get_xticks():
            if age in seen.index:
                axes.annotate(_writer("count", lang)(seen[age]), (age, 0), (0, -50 - 26 * i), ha="center", color=colour, **under)


def plot_finding(finding: Finding, ax: "Axes | None" = None, *, lang: str | None = None) -> "Axes":
    """Draw the difference with its interval against zero and the smallest difference that matters.

    Parameters
    ----------
    finding : Finding
    ax : Axes, optional
    lang : {"en", "fr"}, optional
    """
    lang = lang or language()
    kind = {"rmst": "months", "spend": "amount"}.get(finding.outcome, "points")
    scale = 100 if kind == "points" else 1
    value, low, high, margin = (scale * x for x in (finding.estimate, finding.low, finding.high, finding.margin))
    reach = 1.3 * np.nanmax([abs(low), abs(high), 1.6 * margin])
    signed, number = _writer("signed", lang), _writer("number", lang)
    numbers = {"estimate": signed(value), "low": signed(low), "high": signed(high), "level": finding.level}
    text = finding.verdict.text(lang) if math.isnan(value) else render(f"plot.interval.{kind}", lang, **numbers)
    with _canvas(ax, 8.2, 2.2) as axes:
        axes.axvspan(-margin, margin, color="#e8e8e8", linewidth=0)
        axes.axvline(0, color=INK, linewidth=1)
        axes.plot([low, high], [0.35, 0.35], color=ARMS[0][0], linewidth=3, solid_capstyle="butt")
        axes.plot(value, 0.35, "D", color=ARMS[0][0], markersize=9, markeredgecolor="white")
        side = 0 if math.isnan(value) or abs(value) < 0.3 * reach else math.copysign(1, value)
        axes.annotate(text, ({0: value, 1: high, -1: low}[side] if value==value else 0, 0.35), (0, 9), textcoords="offset points", va="bottom", ha={0: "center", 1: "right", -1: "left"}[side], bbox=_BOX)
        axes.text(0, 0.97, render(f"plot.margin.{kind}", lang, margin=margin), ha="center", va="top", fontsize=8, bbox=_BOX)
        axes.set(xlim=(-reach, reach), ylim=(0, 1), yticks=[], xlabel=_named(f"plot.difference.{finding.outcome}", lang, horizon=finding.horizon))
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(lambda x, _: ("+" if x > 0 else "") + number(x))
        for key, arm, side in (("reference", finding.arms[1], "left"), ("treated", finding.arms[0], "right")):
            axes.set_title(fill(_named(f"plot.favours_{key}", lang, label=_words(arm.label, lang)), 44), loc=side, fontsize=8)
    return axes
