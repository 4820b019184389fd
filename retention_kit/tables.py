"""Tables to read: the only place where 1.08 becomes "108 %".

A `Table` holds texts in one language and is no longer for computing; results keep the numbers (`to_frame`).
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.results import (
    Bridge,
    CohortMatrix,
    Diagnosis,
    Estimate,
    Estimates,
    Finding,
    Position,
    Reconciliation,
    Trend,
)
from retention_kit.results.matrices import check_age
from retention_kit.wording import Message, Money, language, render
from retention_kit.wording.formats import LOCALES, money

SIGNS = {"new": "gain", "reactivation": "gain", "expansion": "gain", "contraction": "loss", "churn": "loss"}
MEASURES = ("nrr", "grr", "logo_retention")
UNITS = {"rmst": "number1", "spend": "number", "quick_ratio": "number1"}  # all others are fractions


@dataclass(frozen=True, eq=False)
class Table:
    """A table of texts with a caption, safe to show whatever the customers are called.

    Attributes
    ----------
    frame : DataFrame
        The texts, under column heads in words.
    caption : str
    numeric : frozenset of str
        Heads of the columns to be aligned on the right.
    notes : tuple of str
        Rules and warnings that belong under the table.

    Examples
    --------
    >>> print(Table(pd.DataFrame({"Customer": ["<b>Ada</b>"]}), "All")._repr_html_())
    <table class="rk-table"><caption>All</caption><thead><tr><th scope="col">Customer</th></tr></thead>
    <tbody><tr><td>&lt;b&gt;Ada&lt;/b&gt;</td></tr></tbody></table>
    """

    frame: pd.DataFrame
    caption: str
    numeric: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.caption, self.frame.to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        # DataFrame.to_html knows no class per column, and cuts long texts and long tables.
        head = self._row("th", self.frame.columns, ' scope="col"')
        rows = "".join(self._row("td", row) for row in self.frame.itertuples(index=False))
        caption = f"<caption>{html.escape(self.caption)}</caption>"
        notes = "".join(f'<p class="rk-note">{html.escape(note)}</p>' for note in self.notes)
        return f'<table class="rk-table">{caption}<thead>{head}</thead>\n<tbody>{rows}</tbody></table>{notes}'

    def _row(self, tag: str, texts: Iterable[str], scope: str = "") -> str:
        kinds = [' class="rk-number"' if name in self.numeric else "" for name in self.frame.columns]
        cells = zip(kinds, texts, strict=True)
        return f"<tr>{''.join(f'<{tag}{scope}{kind}>{html.escape(text)}</{tag}>' for kind, text in cells)}</tr>"


def _table(
    caption: str, words: Mapping[str, list[str]], numbers: Mapping[str, list[str]], notes: Iterable[str] = ()
) -> Table:
    frame = pd.DataFrame({**words, **numbers}, dtype=object)
    return Table(frame, caption, frozenset(numbers), tuple(dict.fromkeys(notes)))


def _head(key: str, lang: str, **fields: Any) -> str:
    text = render(key, lang, **fields)
    return text[:1].upper() + text[1:]


def _number(unit: str, value: float, lang: str) -> str:
    return render(f"table.{unit}", lang, value=value).replace("-", "−")


def _numbers(unit: str, values: Iterable[float], lang: str) -> list[str]:
    return [_number(unit, value, lang) for value in values]


def _months(days: Iterable[pd.Timestamp], freq: str, lang: str) -> list[str]:
    fields = ({"day": day, "quarter": str(day.quarter), "year": str(day.year)} for day in days)
    return [render(f"period.{freq}", lang, **each) for each in fields]


def _amounts(values: pd.Series, currency: str | None, lang: str, cents: bool | None = None) -> list[str]:
    """Write amounts, all of them with cents or none."""
    shown = _cents(values) if cents is None else cents
    unknown = render("table.unknown", lang)
    return [
        unknown
        if pd.isna(value)
        else money(Money(round(value, 2), currency), LOCALES[lang], decimals=shown).replace("-", "−")
        for value in values.astype(float)
    ]


def _cents(values: pd.Series | pd.DataFrame) -> bool:
    known = values.astype(float).fillna(0.0)
    return bool((known.round(2) != known.round(0)).to_numpy().any())


def _range(key: str, lang: str, unit: str, value: float, low: float, high: float) -> str:
    """Write an interval; where there is none, the value alone."""
    if pd.isna(low):
        return _number(unit, value, lang) if key == "table.value_interval" else render("table.unknown", lang)
    ends = {name: _number(unit, x, lang) for name, x in (("value", value), ("low", low), ("high", high))}
    return render(key, lang, **ends)


def table_bridge(bridge: Bridge, *, lang: str | None = None) -> Table:
    """Return the bridge period by period, gains and losses with their signs.

    Parameters
    ----------
    bridge : Bridge
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> bridge = rk.mrr_bridge(ledger, freq="Y")
    >>> rk.table_bridge(bridge).frame.iloc[-1, 0]
    '2025'
    """
    lang, frame = lang or language(), bridge.frame
    words = {_head("table.period", lang): _months(frame["period"], bridge.freq, lang)}
    words |= {name: frame[name].astype(str).tolist() for name in bridge.groups}
    shown = ["opening", *SIGNS, *(["fx"] if bridge.has_fx else []), "closing"]
    cents = _cents(frame[shown])
    numbers = {}
    for name in shown:
        texts = zip(_amounts(frame[name].abs(), bridge.currency, lang, cents), frame[name], strict=True)
        numbers[_head(f"movement.{name}", lang)] = [_signed(text, name, amount, lang) for text, amount in texts]
    notes = [render(note, lang) for note in (bridge.rule, *bridge.warnings)]
    return _table(render("table.caption.bridge", lang), words, numbers, notes)


def _signed(text: str, name: str, amount: float, lang: str) -> str:
    sign = SIGNS.get(name) if name != "fx" else "loss" if amount < 0 else "gain"
    return render(f"table.{sign}", lang, value=text) if sign and amount else text


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
    units = [UNITS.get(item.measure, "percent") for item in items]
    pairs = list(zip(items, units, strict=True))
    numbers = {
        render("table.value", lang): [_number(unit, item.value, lang) for item, unit in pairs],
        _interval_head(items, lang): [
            _range("table.interval", lang, unit, item.value, item.low, item.high) for item, unit in pairs
        ],
        render("table.n", lang): _numbers("count", [item.n for item in items], lang),
        render("table.n_eff", lang): _numbers("number1", [item.n_eff for item in items], lang),
        render("table.largest_share", lang): _numbers("percent", [item.largest_share for item in items], lang),
        render("table.starting_mrr", lang): _bases(items, lang),
    }
    words = _about(estimates, items, lang)
    notes = [render(note, lang) for item in items for note in (item.rule, *item.warnings)]
    return _table(render("table.caption.estimates", lang), words, numbers, notes)


def _about(estimates: Estimates | Iterable[Estimate], items: list[Estimate], lang: str) -> dict[str, list[str]]:
    group = estimates.by if isinstance(estimates, Estimates) else render("table.group", lang)
    groups = [render("table.all", lang) if item.group is None else str(item.group) for item in items]
    measures = {render("table.measure", lang): [_head(f"measure.{item.measure}", lang) for item in items]}
    return measures | ({group: groups} if any(item.group is not None for item in items) else {})


def _interval_head(items: list[Estimate], lang: str) -> str:
    levels = {item.level for item in items if not pd.isna(item.low)}
    key = "table.interval_at" if len(levels) == 1 else "table.interval_any"
    return render(key, lang, level=max(levels, default=0.0))


def _bases(items: list[Estimate], lang: str) -> list[str]:
    amounts = pd.Series([item.base.amount if item.base else None for item in items], dtype=float)
    currencies = [item.base.currency if item.base else None for item in items]
    cents = _cents(amounts)
    rows = zip(amounts.index, currencies, strict=True)
    return [_amounts(amounts.loc[[row]], currency, lang, cents)[0] for row, currency in rows]


def table_arms(finding: Finding, *, lang: str | None = None) -> Table:
    """Return the groups compared: customers, churned, still watched, outcome with its interval.

    Parameters
    ----------
    finding : Finding
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> rk.table_arms(finding).frame.iloc[0, 0]
    'customers with a personalised demo'
    """
    lang, arms, at = lang or language(), finding.arms, {"horizon": finding.horizon}
    unit = UNITS.get(finding.outcome, "percent")
    outcome = render(f"table.outcome.{finding.outcome}", lang, level=finding.level, **at)
    labels = [render(arm.label, lang) if isinstance(arm.label, Message) else arm.label for arm in arms]
    numbers = {
        render("table.n", lang): _numbers("count", [arm.n for arm in arms], lang),
        render("table.events", lang, **at): _numbers("count", [arm.events for arm in arms], lang),
        render("table.at_risk", lang, **at): _numbers("count", [arm.at_risk for arm in arms], lang),
        outcome: [_range("table.value_interval", lang, unit, arm.value, arm.low, arm.high) for arm in arms],
    }
    return _table(render("table.caption.arms", lang), {render("table.group", lang): labels}, numbers)


def table_reconciliation(reconciliation: Reconciliation, *, lang: str | None = None) -> Table:
    """Return what became of the input rows: how many, why, and what amounts they carry.

    Parameters
    ----------
    reconciliation : Reconciliation
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> account = ledger.reconciliation
    >>> rk.table_reconciliation(account).frame.iloc[0, 0]
    'used'
    """
    lang, frame = lang or language(), reconciliation.to_frame()
    reasons = [render(f"reason.{reason}", lang) if reason else "" for reason in frame["reason"].fillna("")]
    words = {
        render("table.status", lang): [render(f"status.{status}", lang) for status in frame["status"]],
        render("table.reason", lang): reasons,
    }
    numbers = {
        render("table.rows", lang): _numbers("count", frame["rows"], lang),
        render("table.amount", lang): _amounts(frame["amount"], reconciliation.currency, lang),
    }
    caption = render("table.caption.reconciliation", lang, source=reconciliation.source)
    return _table(caption, words, numbers, [reconciliation.sentence(lang)])


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
    >>> rk.table_retention_over_time(trend).frame.iloc[-1, 0]
    'Dec 2025'
    """
    lang = lang or language()
    frame = trend.frame
    words = {render("table.month", lang): _months(frame["month"], "M", lang)}
    numbers = {_measure_head(name, trend.level, lang): _with_limits(frame, name, lang) for name in MEASURES}
    numbers[render("table.n", lang)] = _numbers("count", frame["n"], lang)
    numbers[render("table.n_eff", lang)] = _numbers("number1", frame["n_eff"], lang)
    numbers[render("table.largest_share", lang)] = _numbers("percent", frame["largest_share"], lang)
    numbers[render("table.starting_mrr", lang)] = _amounts(frame["starting_mrr"], trend.currency, lang)
    return _table(render("table.caption.retention_over_time", lang), words, numbers, [render(trend.rule, lang)])


def _measure_head(name: str, level: float, lang: str) -> str:
    return _head("table.measure_interval", lang, measure=Message(f"measure.{name}"), level=level)


def _with_limits(frame: pd.DataFrame, name: str, lang: str) -> list[str]:
    cells = zip(frame[name], frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    return [_range("table.value_interval", lang, "percent", *cell) for cell in cells]


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
    lang, figures = lang or language(), [each.benchmark for each in position.comparisons]
    words = {
        "source": [figure.edition for figure in figures],
        "kind": [Message(f"benchmark.kind.{figure.statistic}") for figure in figures],
        "band": [figure.band for figure in figures],
        "relation": [Message(f"benchmark.relation.{each.relation}") for each in position.comparisons],
    }
    told = {render(f"table.benchmark_{name}", lang): _told(texts, lang) for name, texts in words.items()}
    numbers = {render("table.benchmark_level", lang): _told([figure.level for figure in figures], lang)}
    measure = Message(f"measure.{position.metric}") if position.metric in MEASURES else position.metric
    caption = render("table.caption.benchmark", lang, measure=measure, value=position.value)
    below = [position.equilibrium] if position.equilibrium else []
    return _table(caption, told, numbers, _told([*below, *position.warnings, position.rule], lang))


def _told(texts: Iterable[Message | str], lang: str) -> list[str]:
    return [render(text, lang) if isinstance(text, Message) else str(text) for text in texts]


def table_diagnosis(diagnosis: Diagnosis, *, lang: str | None = None) -> Table:
    """Return the questions behind an NRR with their answers, those that take most points first.

    Parameters
    ----------
    diagnosis : Diagnosis
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> rk.table_diagnosis(rk.diagnose(ledger, "2024-12", "2025-12")).frame["Question"].iloc[-1]
    'Was support missing at a key moment?'
    """
    lang = lang or language()
    lost = [each.lost.amount if each.lost else None for each in diagnosis]
    words = {
        render("table.question", lang): [each.question(lang) for each in diagnosis],
        render("table.answer", lang): [each.sentence(lang) for each in diagnosis],
    }
    numbers = {
        render("table.points_nrr", lang): _numbers("points_lost", [each.points for each in diagnosis], lang),
        render("table.lost", lang): _amounts(pd.Series(lost, dtype=float), diagnosis.lost.currency, lang),
    }
    notes = _told([*diagnosis.nrr.warnings, diagnosis.rule], lang)
    return _table(render("table.caption.diagnosis", lang), words, numbers, [diagnosis.sentence(lang), *notes])


_AGES = (0, 1, 3, 6, 12, 18, 24, 36, 48, 60)
_CELLS = {"customers": "count", "logo": "percent", "nrr": "percent", "grr": "percent"}  # all others are amounts


def table_cohort_matrix(matrix: CohortMatrix, *, ages: Iterable[int] | None = None, lang: str | None = None) -> Table:
    """Return cohorts at a choice of ages, with their sizes, and their average in the last row.

    Parameters
    ----------
    matrix : CohortMatrix
    ages : iterable of int, optional
        Months since the start; those that nobody has reached are dashes. Default: of 0, 1, 3, 6, 12, 18, 24, 36, 48
        and 60 those that have been observed.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule and the warnings under them; what is not observed is a dash, an observed zero a zero.

    Raises
    ------
    OptionError
        If an age is no whole number from 0 on.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> matrix = rk.cohort_matrix(ledger, measure="logo", cohort="Y")
    >>> rk.table_cohort_matrix(matrix, ages=[0, 12], lang="en").frame.columns.tolist()
    ['Cohort', 'Customers', '0 months', '12 months']
    """
    lang, known = lang or language(), list(matrix.average.index)
    chosen = [age for age in _AGES if age in known] if ages is None else _given_ages(ages)
    table = pd.concat([matrix.values, matrix.average.to_frame().T]).reindex(columns=chosen)
    average = "plain" if matrix.measure in {"customers", "mrr"} else "weighted"
    words = {render("table.cohort", lang): [*matrix.rows(lang), render(f"plot.cohort_average.{average}", lang)]}
    numbers = {render("table.n", lang): _numbers("count", [*matrix.sizes, matrix.sizes.sum()], lang)}
    cents = _cents(table) if matrix.measure not in _CELLS else False
    for age in chosen:
        numbers[render("table.age", lang, age=age)] = _aged(matrix, table[age], cents, lang)
    notes = [render(note, lang) for note in (matrix.rule, *matrix.warnings)]
    return _table(render("table.caption.cohorts", lang, measure=matrix.name), words, numbers, notes)


def _given_ages(ages: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(check_age("ages", age) for age in ages))


def _aged(matrix: CohortMatrix, column: pd.Series, cents: bool, lang: str) -> list[str]:
    unit = _CELLS.get(matrix.measure)
    if unit is None:
        return _amounts(column, matrix.currency, lang, cents)
    last = "number1" if unit == "count" else unit
    return [*_numbers(unit, column.iloc[:-1], lang), _number(last, column.iloc[-1], lang)]
