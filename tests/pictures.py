"""Results to draw, made by hand, and what can be asked of a picture: its texts, and whether they collide."""

from dataclasses import replace
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd

from retention_kit import plots
from retention_kit.benchmarks import benchmark
from retention_kit.results import (
    Arm,
    Balance,
    Bridge,
    CohortMatrix,
    Estimate,
    Estimates,
    Finding,
    Findings,
    Line,
    MixEffect,
    Trend,
    Verdict,
)
from retention_kit.wording import Message

RULE = Message("word.customer")
LONG = "clients avec une démo personnalisée de leur propre interlocuteur commercial"


def matrix_of(rows, measure="logo", currency=None, cell=None):
    """Return cohorts of 10, 11, 12 … customers that lose a tenth a month; `cell`: row, column and another value."""
    months = pd.date_range("2024-01-01", periods=rows, freq="MS")
    sizes = pd.Series(range(10, 10 + rows), months)
    kept = pd.DataFrame([[0.9**age if age < rows - i else np.nan for age in range(rows)] for i in range(rows)], months)
    born = kept.notna().mul(sizes, axis=0).astype(float).where(kept.notna())
    numerators = kept * born
    average = numerators.sum() / born.sum()
    if cell:
        kept.iloc[cell[0], cell[1]] = cell[2]
    return CohortMatrix(measure, kept, numerators, born, sizes, average, RULE, currency)


def bridge_of(periods, freq="M", by=None, opening=1000.0):
    """Return a bridge of the same flows every period: +100 +10 +40 −20 −30, so +100 net."""
    starts = pd.date_range("2025-01-01", periods=periods, freq={"M": "MS", "Q": "QS"}[freq])
    flows = {"new": 100.0, "reactivation": 10.0, "expansion": 40.0, "contraction": 20.0, "churn": 30.0}
    openings = opening + 100.0 * np.arange(periods)
    frame = pd.DataFrame({"period": starts, "opening": openings, **flows, "closing": openings + 100})
    if by:
        frame = pd.concat([frame.assign(**{by: group}) for group in ("A", "B")], ignore_index=True)
        frame.insert(1, by, frame.pop(by))
    return Bridge(frame, freq, RULE, by, "EUR")


def with_fx(bridge, *effects):
    """Return the bridge with what exchange rates did in each period, and the closing that makes."""
    amounts = np.resize(effects, len(bridge.frame))
    frame = bridge.frame.assign(fx=amounts, closing=bridge.frame["closing"] + amounts)
    return replace(bridge, frame=frame)


def finding_of(outcome="retention", estimate=0.06, labels=("with demo", "without demo"), last=12, horizon=12):
    ages = np.arange(last + 1)
    curves = pd.concat(
        pd.DataFrame({"group": group, "age": ages, "value": kept**ages, "at_risk": n - 3 * ages})
        for group, (kept, n) in enumerate([(0.99, 1084), (0.98, 231)])
    )
    curves = curves.assign(low=curves["value"] - 0.05, high=(curves["value"] + 0.05).clip(upper=1))
    arms = tuple(Arm(label, 100, 10, 50, 0.8, 0.7, 0.9) for label in labels)
    limits = {"low": estimate - 0.08, "high": estimate + 0.08, "level": 0.95, "margin": 0.05, "direction": 1}
    rest = {"arms": arms, "verdict": Verdict("inconclusive"), "rule": RULE, "curves": curves}
    return Finding("demo", outcome, horizon, estimate, p_value=0.2, **limits, **rest)


def over_time(months=25):
    month = pd.date_range("2023-12-01", periods=months, freq="MS")
    shares = {"nrr": np.linspace(1.1, 1.025, months), "grr": 0.905, "logo_retention": 0.9}
    frame = pd.DataFrame({"month": month, **shares, "n": range(1000, 1000 + months), "starting_mrr": 1.0})
    rule = Message("rule.trailing.cohort", {"months": 12, "returners": Message("rule.returners.nrr.count")})
    return Trend(frame, 12, rule, "EUR")


def ratio_of(estimate=2.1, low=1.2, high=3.75):
    return replace(finding_of("early_churn"), estimate=estimate, low=low, high=high, margin=1.5, window=3)


def with_lines(finding, *estimates):
    """Return the finding with an estimate that decides and others beside it, each with its own interval."""
    labels = ["line.adjusted", "line.unadjusted", "line.without_largest"]
    rows = [
        Line("decides" if i == 0 else "beside", Message(labels[i % 3]), x, x - 0.05, x + 0.05, 0.2, 90, 80.0, RULE)
        for i, x in enumerate(estimates)
    ]
    return replace(finding, lines=tuple(rows))


def findings_of(groups=3, label="customers of channel number {}"):
    """Return groups against one reference, each with a curve of its own."""
    items = []
    for i in range(groups):
        one = finding_of(estimate=0.02 * i, labels=(label.format(i), "customers of no channel"))
        lower = one.curves.assign(
            value=one.curves["value"].where(one.curves["group"] == 1, 1 - 0.04 * i * one.curves["age"] / 12)
        )
        items.append(replace(one, curves=lower))
    return Findings(tuple(items), 0.04, RULE)


def balance_of():
    rows = [
        ("segment", "PME", -0.41, 0.0),
        ("plan", "Annuel avec accompagnement dédié", 0.22, 0.011),
        ("age", None, 0.61, -0.0),
    ]
    frame = pd.DataFrame(rows, columns=["covariate", "level", "raw", "weighted"]).astype({"level": object})
    frame["level"] = frame["level"].where(frame["level"].notna(), None)
    return Balance(frame.assign(power=1, variance_ratio=1.0), (180, 220), (150.2, 170.8))


def estimates_of(groups=3, label="segment {}", measure="nrr"):
    """Return groups of 10, 20, 30 … customers at 90 %, 92 %, 94 % …, give or take 5 points."""
    rows = [(label.format(i), 0.9 + 0.02 * i, 10 * (i + 1)) for i in range(groups)]
    items = [Estimate(measure, x, x - 0.05, x + 0.05, 0.95, n, RULE, group=group) for group, x, n in rows]
    return Estimates("segment", tuple(items))


def total_of():
    return Estimate("nrr", 0.93, 0.9, 0.96, 0.95, 60, RULE)


def published(metric="nrr", value=1.01, arr=9e6, **options):
    """Return where a number stands: about 9 M of ARR two figures of 99 % and one of 102 %."""
    return benchmark(metric, value, arr=arr, **options)


def mix_of(within=(-0.04, 0.01, 0.005), mix=0.002, label="segment {}"):
    """Return a ratio of 100 % that moved by what is given."""
    frame = pd.DataFrame({"segment": [label.format(i) for i in range(len(within))], "within": within})
    frame["mix"] = mix / len(within)
    before, after = (Estimate("nrr", x, x, x, 0.95, 60, RULE) for x in (1.0, 1.0 + sum(within) + mix))
    return MixEffect("nrr", "segment", before, after, frame, RULE)


DRAWN = {
    "cohorts": lambda **how: plots.plot_cohort_matrix(matrix_of(6), **how),
    "bridge": lambda **how: plots.plot_bridge(bridge_of(6), **how),
    "single period": lambda **how: plots.plot_bridge(bridge_of(1), **how),
    "waterfall": lambda **how: plots.plot_waterfall(bridge_of(6), **how),
    "bridge with exchange rates": lambda **how: plots.plot_bridge(with_fx(bridge_of(6), 25.0, -15.0), **how),
    "waterfall with exchange rates": lambda **how: plots.plot_waterfall(with_fx(bridge_of(6), -25.0), **how),
    "over time": lambda **how: plots.plot_retention_over_time(over_time(), **how),
    "cohorts as curves": lambda **how: plots.plot_cohort_curves(matrix_of(5), **how),
    "many cohorts as curves": lambda **how: plots.plot_cohort_curves(matrix_of(40, "nrr"), **how),
    "estimates": lambda **how: plots.plot_estimates(estimates_of(), total=total_of(), **how),
    "mix": lambda **how: plots.plot_mix_effect(mix_of(), **how),
    "benchmarks": lambda **how: plots.plot_retention_over_time(over_time(), benchmark=published(), **how),
    "survival": lambda **how: plots.plot_survival(finding_of(), **how),
    "finding": lambda **how: plots.plot_finding(finding_of(), **how),
    "ratio": lambda **how: plots.plot_finding(ratio_of(), **how),
    "forest": lambda **how: plots.plot_forest(with_lines(finding_of(), 0.06, 0.09, 0.03), **how),
    "forest of groups": lambda **how: plots.plot_forest(findings_of(), **how),
    "balance": lambda **how: plots.plot_balance(balance_of(), **how),
    "survival of groups": lambda **how: plots.plot_survival(findings_of(), **how),
    "no curve": lambda **how: plots.plot_survival(replace(finding_of(), curves=pd.DataFrame()), **how),
}


def tick_labels(axis):
    """Return the labels of the ticks in view; a locator may name places just beyond."""
    low, high = sorted(axis.get_view_interval())
    places = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [label for place, label in places if low - 1e-9 <= place <= high + 1e-9]


def texts(ax):
    """Return every text on the Axes that a reader would see, drawn."""
    if ax.figure.stale:
        ax.figure.canvas.draw()
    found = [*ax.texts, *tick_labels(ax.xaxis), *tick_labels(ax.yaxis), ax.xaxis.label, ax.yaxis.label]
    found += [ax.title, ax._left_title, ax._right_title]
    if legend := ax.get_legend():
        found += [legend.get_title(), *legend.get_texts()]
    bars = [colours.colorbar for colours in ax.collections if colours.colorbar]
    found += [text for bar in bars for text in (bar.ax.yaxis.label, *tick_labels(bar.ax.yaxis))]
    return [text for text in found if text.get_text() and text.get_visible()]


def words(ax):
    return [text.get_text() for text in texts(ax)]


def box_of(text):
    # An annotation's own method adds the line that leads to it.
    return mpl.text.Text.get_window_extent(text)


def collisions(ax):
    boxes = [(text.get_text(), box_of(text).shrunk(0.98, 0.9)) for text in texts(ax)]
    return [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


def outside(ax):
    page = ax.figure.bbox.padded(1)
    boxes = [(text.get_text(), box_of(text)) for text in texts(ax)]
    return [text for text, box in boxes if not (page.x0 <= box.x0 and box.x1 <= page.x1 and box.y1 <= page.y1)]
