"""Published figures of retention as data, and where a number stands against them."""

import math
import os
from collections.abc import Iterable
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from retention_kit.errors import (
    FileNotReadableError,
    InvalidRowsError,
    MissingColumnError,
    OptionError,
    WindowMismatchError,
)
from retention_kit.results import Benchmark, Comparison, Estimate, Position
from retention_kit.wording import Message, Money

STATISTICS = ("median", "mean", "top_quartile", "bottom_quartile", "top_decile", "usual")
OPERATORS = ("equal", "about", "above", "below", "range")
_NEEDED = ("metric", "statistic", "value_low", "operator", "source")
_NUMBERS = ("value_low", "value_high", "arr_low", "arr_high", "window_months", "year")
_TEXTS = ("segment", "currency", "definition", "url")
_WORDS = {  # what the table shipped names by a word, because it is said in two languages
    "source": {"bootcamp": Message("benchmark.source.bootcamp")},
    "definition": {
        "bootcamp": Message("benchmark.definition.bootcamp"),
        "chartmogul": Message("benchmark.definition.chartmogul"),
        "saas_capital": Message("benchmark.definition.saas_capital"),
    },
}
_PRINTED, _ABOUT = 0.0005, 0.005  # equal at one decimal of a per cent; "about" means to the whole per cent
_LARGEST = 10  # nobody retains 1,000 %; who gives 97 means 0.97


def benchmark(
    metric: str,
    value: float | Estimate,
    *,
    arr: float | Money | None = None,
    table: pd.DataFrame | str | os.PathLike | None = None,
    window_months: int | None = 12,
    statistic: str | None = None,
) -> Position:
    """Return where a number stands against published figures of the same measure over the same length of time.

    Parameters
    ----------
    metric : str
        Such as ``"nrr"``.
    value : float or Estimate
        A fraction, 0.97 and never 97; an Estimate knows its own window.
    arr : float or Money, optional
        Annual recurring revenue of the company, to find its band; Money says its currency as well. Without it only
        figures for companies of all sizes are used.
    table : DataFrame or path, optional
        Figures of your own: a table or CSV file with the columns of `published_benchmarks`, of which metric, statistic,
        value_low, operator and source are needed.
    window_months : int
        Months `value` was measured over, if it is a plain number.
    statistic : {"median", "mean", "top_quartile", "bottom_quartile", "top_decile", "usual"}, optional
        Only figures of this kind.

    Returns
    -------
    Position
        One comparison a published figure, in words with `sentence`.

    Raises
    ------
    WindowMismatchError
        If the number was measured over another length of time than the figures, or over one nobody said.
    OptionError
        If there is no figure for that measure or kind, or `value` is no fraction or an Estimate of another measure.
    MissingColumnError, InvalidRowsError, FileNotReadableError
        If a table of your own cannot be used.

    Notes
    -----
    Shipped: the levels which the bootcamp's article gives as usual; the top quartile of ChartMogul's SaaS Benchmarks
    Report 2023 (over 2,100 SaaS companies), which they match; the median of SaaS Capital's survey of 2023 (about 1,500
    private B2B SaaS companies). A band reaches from its lower limit up to, and without, its upper one. Currencies are
    not converted.

    Examples
    --------
    >>> position = benchmark("nrr", 0.97, arr=9e6, statistic="top_quartile")
    >>> print(position.comparisons[0].sentence())
    97.0% is below the top quartile (99%) of ChartMogul 2023 for 3 to 15 M USD of ARR; a quarter of the companies reach
    that figure, and it says nothing about the middle of the field.
    """
    number, months = _measured(metric, value, window_months)
    rows = _chosen(metric, statistic, _benchmarks(table))
    wanted = [row for row in rows if row.window_months == months]
    if not wanted:
        _refuse_window(metric, number, months, sorted({row.window_months for row in rows}))
    size, currency = _size(arr)
    used = [row for row in wanted if not row.banded or (not math.isnan(size) and row.covers(size))]
    return Position(
        metric=metric,
        value=number,
        months=months,
        comparisons=tuple(Comparison(number, row, _relation(number, row)) for row in used),
        rule=Message("rule.benchmark", {"months": months, "definitions": _definitions(used)}),
        arr=size,
        warnings=tuple(_cautions(wanted, used, size, currency)),
    )


def published_benchmarks() -> pd.DataFrame:
    """Return the published figures that are shipped, one row each.

    Returns
    -------
    DataFrame
        metric, statistic, segment, arr_low, arr_high and currency (the band of ARR), value_low, value_high and operator
        (the figure), window_months, year, source, definition, url.

    Examples
    --------
    >>> published_benchmarks().groupby("source")["statistic"].first()
    source
    ChartMogul      top_quartile
    SaaS Capital          median
    bootcamp               usual
    Name: statistic, dtype: str
    """
    with files("retention_kit").joinpath("benchmarks.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def _measured(metric: str, value: float | Estimate, window_months: int | None) -> tuple[float, int]:
    """Return the number and the months it was measured over."""
    months = window_months
    if isinstance(value, Estimate):
        if value.measure != metric:
            raise OptionError("error.benchmark_measure", metric=metric, measure=value.measure)
        said = value.rule.fields.get("months")
        months = said.fields.get("n") if isinstance(said, Message) else said
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= _LARGEST:
        raise OptionError("error.benchmark_value", value=str(value) if math.isnan(number) else number)
    if months is None:
        raise WindowMismatchError("error.window_not_said", value=number)
    return number, int(months)


def _chosen(metric: str, statistic: str | None, rows: list[Benchmark]) -> list[Benchmark]:
    for name, value, column in (("metric", metric, "metric"), ("statistic", statistic, "statistic")):
        legal = list(dict.fromkeys(getattr(row, column) for row in rows))
        if value is not None and value not in legal:
            raise OptionError("error.option", name=name, value=str(value), legal=legal)
        rows = [row for row in rows if value in (None, getattr(row, column))]
    return rows


def _refuse_window(metric: str, value: float, months: int, windows: list[int]) -> None:
    nearest = min(windows, key=lambda window: abs(window - months))
    alike = value ** (nearest / months) if months > 0 else math.nan
    measure = Message(f"measure.{metric}") if metric in {"nrr", "grr", "logo_retention"} else metric
    raise WindowMismatchError(
        "error.window_mismatch", measure=measure, value=value, months=months, wanted=nearest, alike=alike
    )


def _size(arr: float | Money | None) -> tuple[float, str | None]:
    amount, currency = arr if isinstance(arr, Money) else (arr, None)
    if amount is None:
        return math.nan, None
    if not amount > 0:
        raise OptionError("error.not_positive", name="arr", value=amount)
    return float(amount), currency


def _relation(value: float, row: Benchmark) -> str:
    slack = _ABOUT if row.operator == "about" else _PRINTED
    high = row.high if row.operator == "range" else row.low
    if row.operator == "above":
        return "at" if value > row.low else "below"
    if row.operator == "below":
        return "at" if value < row.low else "above"
    return "below" if value < row.low - slack else "above" if value > high + slack else "at"


def _definitions(used: list[Benchmark]) -> list[Message]:
    return _once(
        Message("benchmark.defined", {"source": row.edition, "definition": row.definition})
        for row in used
        if row.definition
    )


def _once(items: Iterable[Any]) -> list[Any]:
    """Return each item once, in order; a message cannot be a key."""
    found: list[Any] = []
    for item in items:
        found += [] if item in found else [item]
    return found


def _cautions(wanted: list[Benchmark], used: list[Benchmark], arr: float, currency: str | None) -> list[Message]:
    """Say which bands do not cover the ARR, and which currencies stand beside it unconverted."""
    banded = [row for row in wanted if row.banded]
    if banded and math.isnan(arr):
        return [Message("benchmark.no_arr")]
    found = []
    for source in _once(row.edition for row in banded):
        bands = [row.band for row in banded if row.edition == source]
        if not any(row.edition == source and row.banded for row in used):
            found.append(Message("benchmark.outside", {"arr": arr / 1e6, "source": source, "bands": bands}))
    others = sorted({row.currency for row in used if row.banded and row.currency} - {currency})
    if others:
        own = currency or Message("rule.window_not_said")
        found.append(Message("benchmark.not_converted", {"currency": own, "others": others}))
    return found


def _benchmarks(table: pd.DataFrame | str | os.PathLike | None) -> list[Benchmark]:
    if table is None:
        return [_row(cells, _WORDS) for cells in _checked(published_benchmarks(), "benchmarks.csv").to_dict("records")]
    named = isinstance(table, pd.DataFrame)
    raw, source = (table, "DataFrame") if named else (_read(Path(table)), Path(table).name)
    return [_row(cells, {}) for cells in _checked(raw, source).to_dict("records")]


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileNotReadableError("error.file_missing", path=str(path)) from None
    except (OSError, ValueError) as error:
        raise FileNotReadableError("error.file_unreadable", path=str(path), detail=str(error)) from error


def _checked(raw: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the table with all columns, typed; or name the cells that cannot be used."""
    missing = [name for name in _NEEDED if name not in raw]
    if missing:
        raise MissingColumnError(
            "error.benchmark_columns", missing=missing, source=source, found=[str(name) for name in raw]
        )
    table = raw.reindex(columns=dict.fromkeys([*_NEEDED, *_NUMBERS, *_TEXTS])).reset_index(drop=True)
    typed = table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in _NUMBERS})
    typed["window_months"] = typed["window_months"].where(table["window_months"].notna(), 12)
    faults = [
        Message("error.cell", {"row": str(raw.index[place]), "field": name, "value": str(table[name][place])})
        for name, wrong in _faults(table, typed).items()
        for place in typed.index[wrong]
    ]
    if faults:
        raise InvalidRowsError("error.benchmark_rows", source=source, n=len(faults), faults=faults)
    return typed


def _faults(table: pd.DataFrame, typed: pd.DataFrame) -> dict[str, pd.Series]:
    """Return for each column the rows that cannot be used."""
    wrong = {name: table[name].notna() & typed[name].isna() for name in _NUMBERS}
    wrong |= {name: table[name].isna() for name in ("metric", "source")}
    wrong["statistic"], wrong["operator"] = ~table["statistic"].isin(STATISTICS), ~table["operator"].isin(OPERATORS)
    wrong["value_low"] |= ~typed["value_low"].between(0, _LARGEST)
    wrong["value_high"] |= (typed["operator"] == "range") & ~(typed["value_high"] >= typed["value_low"])
    wrong["arr_high"] |= typed["arr_high"] <= typed["arr_low"]
    wrong["window_months"] |= ~(typed["window_months"] > 0)
    return wrong


def _row(cells: dict[str, Any], words: dict[str, dict[str, Message]]) -> Benchmark:
    known = {name: None if pd.isna(value) else value for name, value in cells.items()}
    known |= {name: words.get(name, {}).get(known[name], known[name] or "") for name in ("source", "definition")}
    known |= {"low": cells["value_low"], "high": cells["value_high"]}
    known |= {name: cells[name] for name in ("arr_low", "arr_high")}
    known |= {"year": int(known["year"]) if known["year"] else None, "window_months": int(known["window_months"])}
    known |= {name: known[name] or "" for name in ("segment", "url")}
    return Benchmark(**{field.name: known[field.name] for field in fields(Benchmark)})
