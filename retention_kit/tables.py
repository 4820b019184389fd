"""Tables to read: the only place where 1.08 becomes "108 %".

A `Table` holds texts in one language and is no longer for computing; results keep the numbers (`to_frame`).
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.results import Bridge, Estimate, Estimates, Finding, Reconciliation, Trend
from retention_kit.wording import Message, Money, language, render
from retention_kit.wording.formats import LOCALES, money

SIGNS = {"new": "gain", "reactivation": "gain", "expansion": "gain", "contraction": "loss", "churn": "loss"}
MEASURES = ("nrr", "grr", "logo_retention")
UNITS = {"rmst": "number1", "spend": "number"}  # all others are fractions


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
    words |= {bridge.by: frame[bridge.by].astype(str).tolist()} if bridge.by else {}
    cents = _cents(frame[["opening", *SIGNS, "closing"]])
    numbers = {}
    for name in ("opening", *SIGNS, "closing"):
        texts = _amounts(frame[name], bridge.currency, lang, cents)
        signs = [SIGNS[name] if name in SIGNS and amount else "" for amount in frame[name]]
        numbers[_head(f"movement.{name}", lang)] = [
            render(f"table.{sign}", lang, value=text) if sign else text for sign, text in zip(signs, texts, strict=True)
        ]
    return _table(render("table.caption.bridge", lang), words, numbers, [render(bridge.rule, lang)])


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
    """Return NRR, GRR and logo retention month by month.

    Parameters
    ----------
    trend : Trend
    lang : {"en", "fr"}, optional
    """
    lang = lang or language()
    frame = trend.frame
    words = {render("table.month", lang): _months(frame["month"], "M", lang)}
    numbers = {_head(f"measure.{name}", lang): _numbers("percent", frame[name], lang) for name in MEASURES}
    numbers[render("table.n", lang)] = _numbers("count", frame["n"], lang)
    numbers[render("table.starting_mrr", lang)] = _amounts(frame["starting_mrr"], trend.currency, lang)
    return _table(render("table.caption.retention_over_time", lang), words, numbers, [render(trend.rule, lang)])
