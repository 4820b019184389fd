"""Tables of a comparison: its groups, every estimate of their difference, how alike they are."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from retention_kit.plots.drawing import label_text
from retention_kit.results import Arm, Balance, Finding, Findings, Line, answers
from retention_kit.results.scales import scale_of
from retention_kit.tables.columns import Column, Numbers, figures, limits, numbers, p_values
from retention_kit.tables.writing import Table, worded
from retention_kit.wording import Message, language, render


def table_arms(found: Finding | Findings, *, lang: str | None = None) -> Table:
    """Return the groups compared: customers, churned, still watched, outcome with its interval.

    Parameters
    ----------
    found : Finding or Findings
        Of several groups, each of them, the reference last.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts. What is measured once has no churn and nobody still watched. Where the groups were made alike, what each
        comes to then (of several groups: each with what the reference comes to beside it, as each pair is made alike on
        its own); where money was compared, how many equal customers each group is worth and the share of its largest
        account.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> rk.table_arms(finding).frame.iloc[0, 0]
    'customers with a personalised demo'
    """
    lang, finding = lang or language(), _items(found)[0]
    arms = (*(item.arms[0] for item in _items(found)), finding.arms[1])
    at = {"horizon": finding.horizon, "level": finding.level}
    counted = (
        ("n_early", "events_early", "months_early") if finding.outcome == "early_churn" else ("n", "events", "at_risk")
    )
    counts = zip(counted, ("n", "events", "at_risk"), strict=True)
    cells = {
        render(f"table.{key}", lang, **at): figures("count", [getattr(arm, name) for arm in arms], lang)
        for key, name in counts
        if not all(math.isnan(getattr(arm, name)) for arm in arms)
    }
    outcome = render(f"table.outcome.{finding.outcome}", lang, measured=finding.measured or "", **at)
    cells[outcome] = _outcomes(finding, arms, lang)
    if not all(math.isnan(arm.adjusted) for arm in arms):
        cells[render("table.adjusted", lang)] = _made_alike(found, lang)
    if not all(math.isnan(arm.n_eff) for arm in arms):
        cells[render("table.n_eff", lang)] = figures("number1", [arm.n_eff for arm in arms], lang)
        cells[render("table.largest_share", lang)] = figures("percent", [arm.largest_share for arm in arms], lang)
    groups = {render("table.group", lang): [label_text(arm.label, lang) for arm in arms]}
    return worded(render("table.caption.arms", lang), groups, cells)


def _items(found: Finding | Iterable[Finding]) -> list[Finding]:
    return [found] if isinstance(found, Finding) else list(found)


def unit_of(finding: Finding) -> str:
    """Return the format in which the outcome of a group is written."""
    scale = scale_of(finding.outcome)
    return {"points": "percent", "ratio": "percent", "months": "number1"}.get(scale, scale)


def _outcomes(finding: Finding, arms: tuple[Arm, ...], lang: str) -> Column:
    texts = tuple(_with_interval(finding, arm.value, arm.low, arm.high, lang) for arm in arms)
    ends = ([getattr(arm, name) for arm in arms] for name in ("value", "low", "high"))
    return Column(texts, limits(unit_of(finding), *ends, lang, finding.currency))


def _made_alike(found: Finding | Findings, lang: str) -> Column:
    items, unit = _items(found), unit_of(_items(found)[0])
    if isinstance(found, Finding):
        values = [arm.adjusted for arm in found.arms]
        return Column(tuple(_value(found, x, lang) for x in values), (numbers(unit, values, found.currency),))
    pairs = [[_value(item, arm.adjusted, lang) for arm in item.arms] for item in items]
    texts = [render("table.adjusted_pair", lang, value=one, reference=other) for one, other in pairs]
    own, reference = ([*(item.arms[place].adjusted for item in items), None] for place in (0, 1))
    part = render("table.part.reference", lang)
    behind = numbers(unit, own, items[0].currency), numbers(unit, reference, items[0].currency, part)
    return Column((*texts, render("table.unknown", lang)), behind)


def _value(finding: Finding, x: float, lang: str) -> str:
    """Write the outcome of a group as a number alone: the head says of what."""
    if math.isnan(x):
        return render("table.unknown", lang)
    if scale_of(finding.outcome) == "months":
        return render("table.number1", lang, value=x)
    return render(answers.value(finding.outcome, x, finding.currency), lang).replace("-", "−")


def _with_interval(finding: Finding, x: float, low: float, high: float, lang: str) -> str:
    if math.isnan(low):
        return _value(finding, x, lang)
    ends = {name: _value(finding, end, lang) for name, end in (("value", x), ("low", low), ("high", high))}
    return render("table.value_interval", lang, **ends)


def table_finding(found: Finding | Findings | Iterable[Finding], *, lang: str | None = None) -> Table:
    """Return every estimate of the difference, the one that decides first, with what stands behind it.

    Parameters
    ----------
    found : Finding, Findings or iterable of Finding
        Of several groups, the estimates of each against the reference; of several findings, of one outcome.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> rk.table_finding(finding).frame.iloc[0, 0]
    'As it is'
    """
    lang = lang or language()
    items = _items(found)
    pairs = [(item, row) for item in items for row in item.rows]
    first, rows = items[0], [row for _, row in pairs]
    words = {render("table.line", lang): [label_text(row.label, lang, capital=True) for row in rows]}
    if len(items) > 1:
        words = {render("table.group", lang): [label_text(item.arms[0].label, lang) for item, _ in pairs]} | words
    scale = scale_of(first.outcome)
    head = render("table.difference", lang, unit=Message(f"table.unit.{scale}"), level=first.level)
    cells = {
        head: Column(tuple(_difference(item, row, lang) for item, row in pairs), difference_limits(pairs, lang)),
        render("table.p_value", lang): p_values([row.p_value for row in rows], lang),
        render("table.n", lang): figures("count", [row.n for row in rows], lang),
    }
    if not all(math.isnan(row.n_eff) for row in rows):
        cells[render("table.n_eff", lang)] = figures("number1", [row.n_eff for row in rows], lang)
    method = render("table.method", lang)
    cells[method] = [render(row.method, lang) for row in rows]
    table = worded(render("table.caption.finding", lang), words, cells, _rules(found, items, lang))
    return replace(table, numeric=table.numeric - {method})  # methods are words, though they stand last


def difference_limits(pairs: Sequence[tuple[Finding, Finding | Line]], lang: str) -> tuple[Numbers, ...]:
    """Return differences and both ends of their intervals, each pair a finding and the estimate that is meant."""
    scales = {scale_of(finding.outcome) for finding, _ in pairs}
    unit = {"months": "number1", "ratio": "number2"}.get(*scales, *scales) if len(scales) == 1 else "number"
    ends = ([getattr(row, name) for _, row in pairs] for name in ("estimate", "low", "high"))
    return limits(unit, *ends, lang, pairs[0][0].currency if pairs else None)


def _rules(found: Any, items: list[Finding], lang: str) -> list[str]:
    opening = found.opening if isinstance(found, Findings) else ()
    return [render(note, lang) for note in (*opening, *(item.rule for item in items))]


def _difference(finding: Finding, row: Line, lang: str) -> str:
    if math.isnan(row.estimate):
        return render("table.unknown", lang)
    ends = {"value": row.estimate, "low": row.low, "high": row.high}
    scale = scale_of(finding.outcome)
    digits = 1 if scale == "points" else answers.decimals(scale, list(ends.values()))
    signed = {name: answers.signed(finding.outcome, x, digits, finding.currency) for name, x in ends.items()}
    return render("table.value_interval", lang, **signed)


def table_balance(balance: Balance, *, lang: str | None = None) -> Table:
    """Return how far the groups were apart in each thing adjusted for, before and after weighting.

    Parameters
    ----------
    balance : Balance
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts: standardised mean differences, treated minus reference, the largest before weighting first.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> finding = rk.compare(ledger, "personalised_demo", adjust=("segment",))
    >>> rk.table_balance(finding.balance).frame.columns[0]
    'Adjusted for'
    """
    lang = lang or language()
    frame = balance.frame.reset_index(drop=True)
    order = frame["raw"].abs().sort_values(ascending=False).index
    words = {render("table.covariate", lang): [label_text(balance.labels[i], lang, capital=True) for i in order]}
    columns = {"before": "raw", "after": "weighted", "variance_ratio": "variance_ratio"}
    cells = {
        render(f"table.{head}", lang): figures("number2", frame.loc[order, name].astype(float), lang)
        for head, name in columns.items()
    }
    return worded(render("table.caption.balance", lang), words, cells)
