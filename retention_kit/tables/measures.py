"""Tables of measures: estimates, retention over time, benchmarks."""

from collections.abc import Iterable

import pandas as pd

from retention_kit.results import Estimate, Estimates, Position, Trend
from retention_kit.tables.columns import (
    UNITS,
    Column,
    amount,
    amounts,
    figure,
    figures,
    has_cents,
    limits,
    numbers,
    periods,
    ranges,
    with_range,
)
from retention_kit.tables.writing import Table, head, told, worded
from retention_kit.wording import Message, language, render

MEASURES = ("nrr", "grr", "logo_retention")


def table_estimates(estimates: Estimates | Iterable[Estimate], *, lang: str | None = None) -> Table:
    """Return measured numbers with their intervals and what stands behind them; rules and warnings below.

    Parameters
    ----------
    estimates : Estimates or iterable of Estimate
        One measure by group, or several measures.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> estimate = rk.nrr(ledger, "2024-12", "2025-12")
    >>> rk.table_estimates([estimate]).frame.iloc[0, 0]
    'Net revenue retention (NRR)'
    """
    lang, items = lang or language(), list(estimates)
    measured = {
        **_values(items, lang),
        render("table.n", lang): figures("count", [item.n for item in items], lang),
        render("table.n_eff", lang): figures("number1", [item.n_eff for item in items], lang),
        render("table.largest_share", lang): figures("percent", [item.largest_share for item in items], lang),
        render("table.starting_mrr", lang): _bases(items, lang),
    }
    words = _about(estimates, items, lang)
    notes = [render(note, lang) for item in items for note in (item.rule, *item.warnings)]
    return worded(render("table.caption.estimates", lang), words, measured, notes)


def _values(items: list[Estimate], lang: str) -> dict[str, Column]:
    """Return the values, and their intervals."""
    units = [UNITS.get(item.measure, "percent") for item in items]
    cells = [(unit, item.value, item.low, item.high) for item, unit in zip(items, units, strict=True)]
    ends = ([cell[place] for cell in cells] for place in (1, 2, 3))
    value, *interval = limits(units[0] if len(set(units)) == 1 else "number", *ends, lang)
    shown = [figure(unit, x, lang) for unit, x, _, _ in cells], [with_range("table.interval", lang, *c) for c in cells]
    heads = render("table.value", lang), _interval_head(items, lang)
    behind = (value,), tuple(interval)
    return {name: Column(tuple(texts), part) for name, texts, part in zip(heads, shown, behind, strict=True)}


def _about(estimates: Estimates | Iterable[Estimate], items: list[Estimate], lang: str) -> dict[str, list[str]]:
    group = estimates.by if isinstance(estimates, Estimates) else render("table.group", lang)
    groups = [render("table.all", lang) if item.group is None else str(item.group) for item in items]
    measures = {render("table.measure", lang): [head(f"measure.{item.measure}", lang) for item in items]}
    return measures | ({group: groups} if any(item.group is not None for item in items) else {})


def _interval_head(items: list[Estimate], lang: str) -> str:
    levels = {item.level for item in items if not pd.isna(item.low)}
    key = "table.interval_at" if len(levels) == 1 else "table.interval_any"
    return render(key, lang, level=max(levels, default=0.0))


def _bases(items: list[Estimate], lang: str) -> Column:
    bases = pd.Series([item.base.amount if item.base else None for item in items], dtype=float)
    currencies = [item.base.currency if item.base else None for item in items]
    cents = has_cents(bases)
    texts = tuple(amount(base, currency, lang, cents) for base, currency in zip(bases, currencies, strict=True))
    known = {currency for currency, base in zip(currencies, bases, strict=True) if not pd.isna(base)}
    return Column(texts, (numbers("money", bases, known.pop() if len(known) == 1 else None),))


def table_retention_over_time(trend: Trend, *, lang: str | None = None) -> Table:
    """Return NRR, GRR and logo retention month by month, with their intervals and what stands behind them.

    Parameters
    ----------
    trend : Trend
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> trend = rk.retention_over_time(rk.open_ledger(as_of="2025-12-31"))
    >>> print(rk.table_retention_over_time(trend).frame.columns[4])
    Customers
    """
    lang = lang or language()
    frame = trend.frame
    words = {render("table.month", lang): periods(frame["month"], "M", lang)}
    measured = {_measure_head(name, trend.level, lang): _with_limits(frame, name, lang) for name in MEASURES}
    measured |= {
        render("table.n", lang): figures("count", frame["n"], lang),
        render("table.n_eff", lang): figures("number1", frame["n_eff"], lang),
        render("table.largest_share", lang): figures("percent", frame["largest_share"], lang),
        render("table.starting_mrr", lang): amounts(frame["starting_mrr"], trend.currency, lang),
    }
    return worded(render("table.caption.retention_over_time", lang), words, measured, [render(trend.rule, lang)])


def _measure_head(name: str, level: float, lang: str) -> str:
    return head("table.measure_interval", lang, measure=Message(f"measure.{name}"), level=level)


def _with_limits(frame: pd.DataFrame, name: str, lang: str) -> Column:
    return ranges("percent", frame[name], frame[f"{name}_low"], frame[f"{name}_high"], lang)


def table_benchmark(position: Position, *, lang: str | None = None) -> Table:
    """Return the published figures beside a number, each named for what it is; definitions and warnings below.

    Parameters
    ----------
    position : Position
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts.

    Examples
    --------
    >>> import retention_kit as rk
    >>> position = rk.benchmark("nrr", 0.97, arr=9e6, statistic="top_quartile")
    >>> rk.table_benchmark(position).frame.iloc[0].tolist()
    ['ChartMogul 2023', 'top quartile', '3 to 15 M USD of ARR', 'below', '99%']
    """
    lang, published = lang or language(), [each.benchmark for each in position.comparisons]
    words = {
        "source": [figure.edition for figure in published],
        "kind": [Message(f"benchmark.kind.{figure.statistic}") for figure in published],
        "band": [figure.band for figure in published],
        "relation": [Message(f"benchmark.relation.{each.relation}") for each in position.comparisons],
    }
    columns = {render(f"table.benchmark_{name}", lang): told(texts, lang) for name, texts in words.items()}
    # "above 105%" is no number: published figures stay texts
    levels = {render("table.benchmark_level", lang): told([figure.level for figure in published], lang)}
    measure = Message(f"measure.{position.metric}") if position.metric in MEASURES else position.metric
    caption = render("table.caption.benchmark", lang, measure=measure, value=position.value)
    below = [position.equilibrium] if position.equilibrium else []
    return worded(caption, columns, levels, told([*below, *position.warnings, position.rule], lang))
