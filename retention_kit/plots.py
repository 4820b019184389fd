"""Pictures of results: Axes in, the same Axes out.

Every function draws one result on `ax`, or on a new figure in the house's style; it shows and saves nothing.
Words and numbers are written in `lang`, by default the language of the moment. matplotlib and seaborn are
loaded when the first picture is drawn.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_kit.results import Bridge, CohortMatrix, Finding
from retention_kit.wording import Message, Money, language, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK, FAINT, PALE = "#333333", "#8c8c8c", "#e6e6e6"
# Okabe and Ito's hues; line styles and lightness keep them apart in grey as well.
LINES = {"nrr": ("#0072B2", "-"), "grr": ("#00805E", "--"), "logo_retention": ("#C05000", "-.")}
ARMS = (("#0072B2", "-"), ("#C05000", "--"))
GAINS = {"new": "#0072B2", "reactivation": "#B6E3D4", "expansion": "#56B4E9"}
LOSSES = {"contraction": "#F0A030", "churn": "#A63D00"}
GROWTH = ("#8a3b00", "#e8a05c", "#ececec", "#6aaed6", "#08407e")
CELLS = {"customers": "count", "mrr": "money", "arpa": "money"}
_POINTS = {"textcoords": "offset points", "annotation_clip": False}
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
    "grid.color": PALE,
    "legend.frameon": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Give figures made inside the ``with`` block the house's style; outside it nothing changes."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


@contextmanager
def _canvas(ax: "Axes | None", height: float) -> Iterator["Axes"]:
    if ax is not None:
        yield ax
        return
    from matplotlib import pyplot as plt

    with house_style():
        yield plt.subplots(figsize=(8.2, height))[1]


def _writer(unit: str, lang: str, currency: str | None = None) -> Callable[..., str]:
    def write(value: float, _position: Any = None) -> str:
        field = Money(value, currency) if unit in {"money", "gain", "loss"} else value
        return render(f"plot.{unit}", lang, value=field).replace("-", "−")

    return write


def _named(name: str | Message, lang: str, **fields: Any) -> str:
    text = render(name, lang, **fields)
    return text[:1].upper() + text[1:]


def _period(day: pd.Timestamp, freq: str, lang: str) -> str:
    return render(f"period.{freq}", lang, day=day, quarter=str(day.quarter), year=str(day.year))


def _label_places(axis: "Axis", places: Sequence[float], texts: Sequence[str], room: float = 0) -> None:
    """Label as many places as have `room` points each, however large the picture becomes."""
    from matplotlib.ticker import Locator

    texts_at = dict(zip(places, texts, strict=True))
    need = room or 5.2 * max(len(line) for text in texts for line in text.splitlines()) + 6

    class Thinned(Locator):
        def __call__(self) -> Sequence[float]:
            corners = axis.axes.transData.transform([(places[0],) * 2, (places[-1],) * 2])
            pixels = abs(corners[1] - corners[0])[int(axis.axis_name == "y")]
            each = pixels * 72 / axis.get_figure(root=True).dpi / max(len(places) - 1, 1)
            return places[:: next((step for step in (1, 3, 6, 12, 24) if step * each >= need), len(places))]

    axis.set_major_locator(Thinned())
    axis.set_major_formatter(lambda place, _: texts_at.get(place, ""))


def _spread(centres: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Move labels just far enough apart that none covers another.

    >>> _spread([1.0, 0.9], [0.2, 0.2])
    [1.05, 0.85]
    """
    moved, top = list(centres), -math.inf
    for i in sorted(range(len(moved)), key=lambda i: centres[i]):
        moved[i] = max(moved[i], top + heights[i] / 2)
        top = moved[i] + heights[i] / 2
    shift = (sum(moved) - sum(centres)) / max(len(moved), 1)
    return [round(place - shift, 9) for place in moved]


def _label_ends(axes: "Axes", names: Sequence[str], colours: Sequence[str], lang: str) -> None:
    """Write its name and last value to the right of every line."""
    write = axes.yaxis.get_major_formatter()
    ends = [line.get_xydata()[~np.isnan(line.get_ydata())][-1:] for line in axes.get_lines()[: len(names)]]
    drawn = [(*end[0], *pair) for end, *pair in zip(ends, names, colours, strict=True) if len(end)]
    texts = [fill(render("plot.line_end", lang, label=name, value=write(y)), 24) for _, y, name, _ in drawn]
    # The layout may yet take a third of the height for what stands under the axis.
    unit = np.ptp(axes.get_ylim()) / (0.67 * axes.bbox.height * 72 / axes.get_figure(root=True).dpi)
    places = _spread([end[1] for end in drawn], [unit * (12 * text.count("\n") + 16) for text in texts])
    for (x, y, _, colour), text, place in zip(drawn, texts, places, strict=True):
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 2}
        where = {"textcoords": axes.get_yaxis_transform(), "annotation_clip": False, "arrowprops": leader}
        axes.annotate(text, (x, y), (1.03, place), va="center", color=colour, **where)


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
    lang = lang or language()
    table = pd.concat([matrix.average.to_frame().T, matrix.to_frame()])
    write = _writer(CELLS.get(matrix.measure, "percent"), lang, matrix.currency)
    texts = table.round(2).map(write)
    fits = table.shape[1] * texts.map(len).to_numpy().max() <= 84
    height = 1.3 + 0.2 * len(table)
    bar = {"format": write, "label": _named(f"measure.{matrix.measure}", lang), "aspect": 5 * height}
    with _canvas(ax, height) as axes:
        _draw_cells(axes, matrix, table, texts if (fits if annotate is None else annotate) else None, bar)
        _label_cohorts(axes, matrix, lang)
    return axes


def _draw_cells(
    axes: "Axes", matrix: CohortMatrix, table: pd.DataFrame, texts: pd.DataFrame | None, bar: dict[str, Any]
) -> None:
    import seaborn as sns

    low, high = _limits(matrix)
    beyond = bool((table < low).any(axis=None)), bool((table > high).any(axis=None))
    bar |= {"extend": {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond, "neither")}
    cmap = sns.blend_palette(GROWTH, as_cmap=True) if matrix.measure == "nrr" else "crest"
    colours = {"vmin": low, "vmax": high, "cmap": cmap, "cbar_kws": bar}
    shown = {"mask": table.isna(), "annot": texts, "fmt": "", "annot_kws": {"size": 7.5}}
    sns.heatmap(table, ax=axes, xticklabels=False, yticklabels=False, **shown, **colours)
    faces = axes.collections[-1].get_facecolors()[table.notna().to_numpy().ravel()]
    # seaborn's own choice leaves white on mid-tones, too faint to read.
    for text, face in zip(axes.texts, faces, strict=False):
        text.set_color("white" if sns.utils.relative_luminance(face) < 0.2 else "black")


def _limits(matrix: CohortMatrix) -> tuple[float, float]:
    """Return the ends of the colours: for NRR even about 100 %, whatever one small cohort does."""
    values = matrix.to_frame().to_numpy(float)
    if matrix.measure == "nrr":
        reach = float(np.clip(np.nanquantile(np.abs(values - 1), 0.98), 0.1, 1))
        return 1 - reach, 1 + reach
    return 0.0, 1.0 if matrix.measure in {"logo", "grr"} else float(np.nanmax(values))


def _label_cohorts(axes: "Axes", matrix: CohortMatrix, lang: str) -> None:
    sizes = matrix.sizes.items()
    rows = [render("plot.cohort_row", lang, period=_period(day, "M", lang), n=int(n)) for day, n in sizes]
    ages = [str(age) for age in matrix.average.index]
    _label_places(axes.yaxis, [1.5 + i for i in range(len(rows))], rows, room=11)
    _label_places(axes.xaxis, [0.5 + i for i in range(len(ages))], ages, room=14)
    axes.tick_params(length=0, labelsize=8)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set(xlabel=_named("plot.age", lang), ylabel=_named("plot.cohort", lang))
    axes.axhline(1, color="white", linewidth=5)
    where = {"xycoords": axes.get_yaxis_transform(), "ha": "right", "va": "center", **_POINTS}
    average = "plain" if matrix.measure in {"customers", "mrr"} else "weighted"
    axes.annotate(render(f"plot.cohort_average.{average}", lang), (0, 0.5), (-4, 0), fontsize=8, weight="bold", **where)


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
    with _canvas(ax, 4.2) as axes:
        _stack(axes, flows[list(GAINS)], GAINS, lang)
        _stack(axes, -flows[list(LOSSES)], LOSSES, lang)
        net = (flows["closing"] - flows["opening"]).to_numpy(float)
        axes.plot(net, "D", color="black", markeredgecolor="white", label=_named("plot.net", lang))
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.grid(axis="y")
        axes.yaxis.set_major_formatter(_writer("money", lang, bridge.currency))
        _label_places(axes.xaxis, range(len(flows)), [_period(day, bridge.freq, lang) for day in flows.index])
        # A legend fills column by column: gains in its first line, losses and the net change in its second.
        handles = dict(zip(["net", *GAINS, *LOSSES], axes.get_legend_handles_labels()[0], strict=True))
        order = [handles[name] for name in ("new", "contraction", "reactivation", "churn", "expansion", "net")]
        axes.legend(handles=order, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return axes


def _stack(axes: "Axes", heights: pd.DataFrame, colours: dict[str, str], lang: str) -> None:
    tops = heights.cumsum(axis="columns")
    for name, colour in colours.items():
        look = {"color": colour, "edgecolor": "white", "linewidth": 0.6}
        label = _named(f"movement.{name}", lang)
        axes.bar(range(len(heights)), heights[name], bottom=tops[name] - heights[name], label=label, **look)


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
    moves = pd.concat([flows[list(GAINS)].sum(), -flows[list(LOSSES)].sum()])
    levels = np.cumsum([flows["opening"].iloc[0], *moves])
    names = [fill(_named(f"movement.{name}", lang), 14) for name in ("opening", *moves.index, "closing")]
    floor = _floor(levels)
    window = " – ".join(dict.fromkeys(_period(flows.index[i], bridge.freq, lang) for i in (0, -1)))
    with _canvas(ax, 3.8) as axes:
        _draw_steps(axes, levels, lang, bridge.currency)
        axes.set(xticks=range(len(names)), xticklabels=names, yticks=[], ylim=(floor, None))
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


def _draw_steps(axes: "Axes", levels: np.ndarray, lang: str, currency: str | None) -> None:
    units = ["money", *["gain"] * len(GAINS), *["loss"] * len(LOSSES), "money"]
    colours = [FAINT, *GAINS.values(), *LOSSES.values(), FAINT]
    steps = zip([0.0, *levels[:-1], 0.0], [*levels, levels[-1]], units, colours, strict=True)
    for i, (start, stop, unit, colour) in enumerate(steps):
        axes.bar(i, abs(stop - start), 0.7, min(start, stop), color=colour)
        text = _writer(unit, lang, currency)(abs(stop - start))
        side = {"va": "top"} if unit == "loss" else {"va": "bottom"}
        axes.annotate(text, (i, stop), (0, -3 if unit == "loss" else 3), ha="center", **side, **_POINTS)
    places = np.arange(len(levels))
    axes.hlines(levels, places + 0.35, places + 0.65, color=FAINT, linewidth=0.8)


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
    with _canvas(ax, 3.8) as axes:
        for name, (colour, dash) in LINES.items():
            axes.plot(places, frame[name].to_numpy(float), color=colour, linestyle=dash, linewidth=2)
        axes.axhline(1, color=FAINT, linewidth=1, zorder=1)
        axes.margins(x=0)
        axes.grid(axis="y")
        axes.set_ylabel(_named("plot.retention", lang))
        axes.yaxis.set_major_formatter(_writer("percent", lang))
        _label_places(axes.xaxis, places, texts)
        names = [_named(f"measure.{name}", lang) for name in LINES]
        _label_ends(axes, names, [colour for colour, _ in LINES.values()], lang)
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
    """
    lang, last = lang or language(), int(finding.curves["age"].max())
    names = [name[:1].upper() + name[1:] for name in _arm_names(finding, lang)]
    step = next(step for step in (1, 3, 6, 12, 24, max(last, 1)) if last <= 12 * step)
    with _canvas(ax, 4.6) as axes:
        for curve, (colour, dash) in zip(_curves(finding), ARMS, strict=True):
            look = {"step": "post", "color": colour, "alpha": 0.15, "linewidth": 0}
            axes.step(curve["age"], curve["value"], where="post", color=colour, linestyle=dash, linewidth=2)
            axes.fill_between(curve["age"], curve["low"], curve["high"], **look)
        axes.set(xlim=(0, last), xticks=range(0, last + 1, step), xlabel=_named("plot.age", lang))
        axes.set_ylabel(_named(f"plot.curve.{finding.outcome}", lang))
        axes.yaxis.set_major_formatter(_writer("number" if finding.outcome == "spend" else "percent", lang))
        axes.grid(axis="y")
        _label_ends(axes, names, [colour for colour, _ in ARMS], lang)
        _mark_horizon(axes, finding.horizon, lang)
        _write_at_risk(axes, finding, names, lang)
    return axes


def _mark_horizon(axes: "Axes", horizon: int, lang: str) -> None:
    axes.axvline(horizon, color=INK, linestyle=":", linewidth=1)
    where = {"xycoords": axes.get_xaxis_transform(), "ha": "center", "va": "bottom", **_POINTS}
    axes.annotate(render("plot.horizon", lang, n=horizon), (horizon, 1), (0, 3), **where)


def _write_at_risk(axes: "Axes", finding: Finding, names: Sequence[str], lang: str) -> None:
    under = {"xycoords": axes.get_xaxis_transform(), "va": "top", "fontsize": 8, **_POINTS}
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
    """
    lang = lang or language()
    kind = {"rmst": "months", "spend": "amount"}.get(finding.outcome, "points")
    unit = 100 if kind == "points" else 1
    value, low, high, margin = (unit * x for x in (finding.estimate, finding.low, finding.high, finding.margin))
    reach = 1.3 * np.nanmax([abs(low), abs(high), 1.6 * margin])
    number = _writer("number", lang)
    with _canvas(ax, 2.2) as axes:
        axes.fill_between([-margin, margin], 0, 0.76, color=PALE, linewidth=0)
        axes.text(0, 0.8, render(f"plot.margin.{kind}", lang, margin=margin), ha="center", fontsize=8)
        axes.vlines(0, 0, 0.44, color=INK, linewidth=1)
        axes.plot([low, high], [0.28, 0.28], color=ARMS[0][0], linewidth=3, solid_capstyle="butt")
        axes.plot(value, 0.28, "D", color=ARMS[0][0], markersize=9, markeredgecolor="white")
        axes.text(**_beside(value, low, high, reach), y=0.5, s=_interval(finding, value, low, high, kind, lang))
        axes.set(xlim=(-reach, reach), ylim=(0, 1), yticks=[])
        axes.set_xlabel(_named(f"plot.difference.{finding.outcome}", lang, horizon=finding.horizon))
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
    signed = _writer("signed", lang)
    numbers = {"estimate": signed(value), "low": signed(low), "high": signed(high), "level": finding.level}
    return render(f"plot.interval.{kind}", lang, **numbers)
