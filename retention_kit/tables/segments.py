"""Segments side by side, in tables to read."""

from dataclasses import replace

import pandas as pd

from retention_kit.results import Bridge, Estimates, SegmentDifferences
from retention_kit.results.bridges import MOVEMENTS
from retention_kit.tables.books import SIGNS
from retention_kit.tables.columns import Column, amounts, figures, has_cents, limits, numbers, p_values, ranges
from retention_kit.tables.writing import Table, head, worded
from retention_kit.wording import language, render


def table_segments(*estimates: Estimates, lang: str | None = None) -> Table:
    """Return several measures of the same segments side by side, each with its interval, and what stands behind them.

    Parameters
    ----------
    *estimates : Estimates
        By the same attribute over the same window.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rules under them, and of each segment what a reader must know before repeating its numbers.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> found = [measure(ledger, "2024-12", "2025-12", by="segment") for measure in (rk.nrr, rk.grr)]
    >>> rk.table_segments(*found, lang="en").frame.iloc[0, 0]
    'Enterprise'
    """
    lang, first = lang or language(), estimates[0]
    words = {first.by: [str(item.group) for item in first]}
    cells: dict[str, Column] = {}
    for each in estimates:
        parts = ([getattr(item, part) for item in each] for part in ("value", "low", "high"))
        cells[render(f"table.segments.{each.items[0].measure}", lang)] = ranges("percent", *parts, lang)
    measured = list(cells)
    bases = pd.Series([item.base.amount for item in first], dtype=float)
    cells[render("table.n", lang)] = figures("count", [item.n for item in first], lang)
    cells[render("table.segments.share", lang)] = figures("percent", bases / bases.sum(), lang)
    notes = [render("table.segments.note", lang), *(render(each.rule, lang) for each in estimates)]
    caption = render("table.caption.segments", lang, level=first.items[0].level)
    table = worded(caption, words, cells, [*notes, *_cautions(estimates, lang)])
    # three intervals side by side do not fit a page unless each may take two lines
    return replace(table, numeric=table.numeric - set(measured))


def _cautions(estimates: tuple[Estimates, ...], lang: str) -> list[str]:
    """Return each warning once, with the segments it is about."""
    about: dict[str, dict[str, None]] = {}
    for item in (item for each in estimates for item in each):
        for warning in item.warnings:
            about.setdefault(render(warning, lang), {})[str(item.group)] = None
    return [render("table.segments.caution", lang, segments=list(names), text=text) for text, names in about.items()]


def table_segment_differences(differences: SegmentDifferences, *, lang: str | None = None) -> Table:
    """Return each segment beside all other customers: the difference, its interval, its p-value plain and corrected.

    Parameters
    ----------
    differences : SegmentDifferences
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule and the warnings under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> found = rk.compare_segments(rk.open_ledger(as_of="2025-12-31"), "2024-12", "2025-12", by="segment")
    >>> rk.table_segment_differences(found, lang="en").frame.columns.tolist()[0]
    'segment'
    """
    lang, frame = lang or language(), differences.frame
    words = {differences.by: frame["segment"].astype(str).tolist()}
    cells = {
        head(f"measure.{differences.measure}", lang): figures("percent", frame["value"], lang),
        render("table.segments.others", lang): figures("percent", frame["others"], lang),
        render("table.difference", lang, unit=render("table.unit.points", lang), level=differences.level): _gap(
            frame, lang
        ),
        render("table.p_value", lang): p_values(frame["p_value"], lang),
    }
    if differences.comparisons > 1:
        cells[render("table.p_adjusted", lang)] = p_values(frame["p_adjusted"], lang)
    notes = [render(note, lang) for note in (differences.rule, *differences.warnings)]
    return worded(render("table.caption.segment_differences", lang), words, cells, notes)


def _gap(frame: pd.DataFrame, lang: str) -> Column:
    cells = frame[["difference", "low", "high"]].itertuples(index=False, name=None)
    texts = tuple(_points(*cell, lang) for cell in cells)
    return Column(texts, limits("points", frame["difference"], frame["low"], frame["high"], lang))


def _points(value: float, low: float, high: float, lang: str) -> str:
    if pd.isna(value):
        return render("table.unknown", lang)
    shown = {
        name: render("table.points_signed", lang, value=x)
        for name, x in (("value", value), ("low", low), ("high", high))
    }
    return shown["value"] if pd.isna(low) else render("table.value_interval", lang, **shown)


def table_segment_bridge(bridge: Bridge, *, lang: str | None = None) -> Table:
    """Return the bridge of each segment over all its periods: opening, the flows added up, closing.

    Parameters
    ----------
    bridge : Bridge
        By one attribute.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        One row a segment, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> bridge = rk.mrr_bridge(rk.open_ledger(as_of="2025-12-31"), by="segment", start="2024-12", end="2025-12")
    >>> rk.table_segment_bridge(bridge, lang="en").frame.iloc[0, 0]
    'Enterprise'
    """
    lang, (group,) = lang or language(), bridge.groups
    flows = [*MOVEMENTS, *(["fx"] if bridge.has_fx else [])]
    rows = bridge.frame.groupby(group, sort=False, observed=True)
    frame = pd.concat([rows["opening"].first(), rows[flows].sum(), rows["closing"].last()], axis=1)
    cents = has_cents(frame)
    cells = {head(f"movement.{name}", lang): _flow(frame[name], name, bridge, cents, lang) for name in frame}
    notes = [render(note, lang) for note in (bridge.rule, *bridge.warnings)]
    words = {group: [str(name) for name in frame.index]}
    return worded(render("table.caption.segment_bridge", lang), words, cells, notes)


def _flow(amount: pd.Series, name: str, bridge: Bridge, cents: bool, lang: str) -> Column:
    """Return one column with the signs with which flows enter the closing."""
    signed = -amount.astype(float) if SIGNS.get(name) == "loss" else amount.astype(float)
    texts = amounts(signed.abs(), bridge.currency, lang, cents)
    if name in SIGNS or name == "fx":
        pairs = zip(texts, signed, strict=True)
        texts = [render("table.gain" if x > 0 else "table.loss", lang, value=text) if x else text for text, x in pairs]
    return Column(tuple(texts), (numbers("money", signed + 0.0, bridge.currency),))
