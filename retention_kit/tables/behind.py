"""The numbers behind a picture: of every result that is drawn, the table of what was drawn."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from retention_kit.plots.drawing import label_text
from retention_kit.results import (
    BackTest,
    CohortMatrix,
    Estimate,
    Estimates,
    Finding,
    Findings,
    Forecast,
    MeanRegression,
    MixEffect,
    Position,
    PowerTable,
    Projection,
)
from retention_kit.results.markup import table_of
from retention_kit.tables.books import sheet_cohort_matrix
from retention_kit.tables.columns import Column, amounts, figures, limits, periods
from retention_kit.tables.hypotheses import table_arms, unit_of
from retention_kit.tables.measures import table_benchmark, table_estimates
from retention_kit.tables.studies import table_power
from retention_kit.tables.writing import Table, head, worded
from retention_kit.wording import Message, language, render

_ENDS = ("expected", "low", "high")


def sheet_of(result: Any) -> dict[str, Any] | None:
    """Return the numbers behind the picture of a result, for a spreadsheet.

    Parameters
    ----------
    result : a result, or a Table

    Returns
    -------
    dict or None
        See `Table.sheet`; None where nobody has said what the numbers are.

    Examples
    --------
    >>> import retention_kit as rk
    >>> bridge = rk.mrr_bridge(rk.open_ledger(as_of="2025-12-31"), freq="Y")
    >>> sheet_of(bridge)["columns"][-1]["name"]
    'Closing'
    """
    if isinstance(result, CohortMatrix):
        return sheet_cohort_matrix(result)
    table = result if isinstance(result, Table) else _table_behind(result)
    return table.sheet() if isinstance(table, Table) else None


def _table_behind(result: Any) -> Table | None:
    if isinstance(result, Estimate):
        return table_estimates([result])
    drawn = _DRAWN.get(type(result))
    return drawn(result) if drawn else table_of(result)


def _curves(found: Finding | Findings) -> Table:
    """Return the outcome of every group month by month with its interval, and how many were still watched."""
    items, lang = list(found) if isinstance(found, Findings) else [found], language()
    first = items[0]
    pairs = [(item.arms[0].label, item.curves, 0) for item in items] + [(first.arms[1].label, first.curves, 1)]
    if first.outcome == "early_churn":  # the first months and the later ones are one curve, of the same customers
        pairs = [(Message("plot.everyone"), first.curves, 0)]
    drawn = [frame[frame["group"] == group].assign(label=label_text(label, lang)) for label, frame, group in pairs]
    if not any(map(len, drawn)):
        return table_arms(found, lang=lang)
    frame = pd.concat([each for each in drawn if len(each)], ignore_index=True)
    age = head("plot.age_after" if first.landmark else "plot.age", lang)
    shown = _with_ends(unit_of(first), frame, first)
    cells = {age: figures("count", frame["age"], lang), head(f"plot.curve.{first.outcome}", lang): shown}
    cells[render("table.at_risk_now", lang)] = figures("count", frame["at_risk"], lang)
    words = {render("table.group", lang): frame["label"].tolist()}
    return worded(render("table.caption.curves", lang), words, cells, [render(first.rule, lang)])


def _with_ends(unit: str, frame: pd.DataFrame, finding: Finding) -> Column:
    ends = (frame[name] for name in ("value", "low", "high"))
    return Column(_written(unit, frame["value"], finding).texts, limits(unit, *ends, language(), finding.currency))


def _written(unit: str, values: pd.Series, result: Any) -> Column:
    if unit == "money":
        return amounts(values, result.currency, language())
    return figures(unit, values, language())


def _forecast(forecast: Forecast) -> Table:
    lang, frame = language(), forecast.frame
    words = {render("forecast.head.month", lang): periods(frame["month"], "M", lang)}
    cells = _headed(frame, dict.fromkeys(_ENDS, "money") | {"customers": "count"}, forecast)
    return worded(render("table.caption.forecast", lang), words, cells, _notes(forecast))


def _back_test(tested: BackTest) -> Table:
    units = {"horizon": "count", "forecasts": "count", "held": "percent", "bias": "percent"}
    cells = _headed(tested.by_horizon, units, tested)
    return worded(render("table.caption.back_test"), {}, cells, _notes(tested))


def _projection(projection: Projection) -> Table:
    units = {"age": "count", "observed": "percent", "fitted": "percent", **dict.fromkeys(_ENDS, "percent")}
    return worded(
        render("table.caption.projection"), {}, _headed(projection.frame, units, projection), _notes(projection)
    )


def _headed(frame: pd.DataFrame, units: Mapping[str, str], result: Any) -> dict[str, Column]:
    return {render(f"forecast.head.{name}"): _written(unit, frame[name], result) for name, unit in units.items()}


def _mix(effect: MixEffect) -> Table:
    frame, changes = effect.frame, ("within", "mix")
    shares = ("weight_before", "weight_after", "value_before", "value_after")
    words = {render("table.mix.segment"): frame["segment"].astype(str).tolist()}
    cells = {render(f"table.mix.{name}"): figures("percent", frame[name], language()) for name in shares}
    cells |= {render(f"table.mix.{name}"): figures("points", frame[name], language()) for name in changes}
    return worded(render("table.caption.mix"), words, cells, _notes(effect))


def _regression(followed: MeanRegression) -> Table:
    frame, counts = followed.frame, {"flagged": followed.flagged, "others": followed.others}
    cells = {head("plot.regression.month", language()): figures("count", frame["month"], language())}
    for name, n in counts.items():
        cells[render(f"plot.regression.{name}", n=n)] = figures("number2", frame[name].astype(float), language())
    return worded(render("table.caption.regression"), {}, cells, _notes(followed))


def _notes(result: Any) -> list[str]:
    return [render(note) for note in (result.rule, *getattr(result, "warnings", ()))]


_DRAWN: Mapping[type, Callable[[Any], Table]] = {
    BackTest: _back_test,
    Estimates: table_estimates,
    Finding: _curves,
    Findings: _curves,
    Forecast: _forecast,
    MeanRegression: _regression,
    MixEffect: _mix,
    Position: table_benchmark,
    PowerTable: table_power,
    Projection: _projection,
}
