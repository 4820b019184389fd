"""Tables of a book of business: bridge, cohorts, reconciliation."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from retention_kit.results import Bridge, CohortMatrix, Reconciliation
from retention_kit.results.matrices import check_age
from retention_kit.tables.columns import (
    Column,
    Numbers,
    amounts,
    figure,
    figures,
    has_cents,
    numbers,
    periods,
    signed_amounts,
)
from retention_kit.tables.writing import Table, head, sheet, worded
from retention_kit.wording import language, render

SIGNS = {"new": "gain", "reactivation": "gain", "expansion": "gain", "contraction": "loss", "churn": "loss"}
_AGES = (0, 1, 3, 6, 12, 18, 24, 36, 48, 60)
_CELLS = {"customers": "count", "logo": "percent", "nrr": "percent", "grr": "percent"}  # all others are amounts


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
    words = {head("table.period", lang): periods(frame["period"], bridge.freq, lang)}
    words |= {name: frame[name].astype(str).tolist() for name in bridge.groups}
    shown = ["opening", *SIGNS, *(["fx"] if bridge.has_fx else []), "closing"]
    cents = has_cents(frame[shown])
    flows = {head(f"movement.{name}", lang): _flow(bridge, name, cents, lang) for name in shown}
    notes = [render(note, lang) for note in (bridge.rule, *bridge.warnings)]
    return worded(render("table.caption.bridge", lang), words, flows, notes)


def _flow(bridge: Bridge, name: str, cents: bool, lang: str) -> Column:
    """Return one column, of the flows with the sign with which they enter the closing."""
    values = bridge.frame[name].astype(float)
    if name not in SIGNS and name != "fx":
        return amounts(values, bridge.currency, lang, cents)
    return signed_amounts(-values if SIGNS.get(name) == "loss" else values, bridge.currency, lang, cents)


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
    table = _with_average(matrix).reindex(columns=chosen)
    words = {render("table.cohort", lang): _rows(matrix, lang)}
    cells = {render("table.n", lang): figures("count", _sizes(matrix), lang)}
    cents = has_cents(table) if matrix.measure not in _CELLS else False
    cells |= {render("table.age", lang, age=age): _aged(matrix, table[age], cents, lang) for age in chosen}
    return worded(render("table.caption.cohorts", lang, measure=matrix.name), words, cells, _notes(matrix, lang))


def sheet_cohort_matrix(matrix: CohortMatrix) -> dict[str, Any]:
    """Return a matrix for a spreadsheet at every age: the numbers without their words, which take long to write."""
    lang, table = language(), _with_average(matrix)
    columns = [
        Numbers("text", tuple(_rows(matrix, lang))).under(render("table.cohort", lang)),
        numbers("count", _sizes(matrix)).under(render("table.n", lang)),
        *(_behind(matrix, table[age]).under(render("table.age", lang, age=age)) for age in table),
    ]
    return sheet(render("table.caption.cohorts", lang, measure=matrix.name), columns, _notes(matrix, lang))


def _with_average(matrix: CohortMatrix) -> pd.DataFrame:
    return pd.concat([matrix.values, matrix.average.to_frame().T])


def _rows(matrix: CohortMatrix, lang: str) -> list[str]:
    average = "plain" if matrix.measure in {"customers", "mrr"} else "weighted"
    return [*matrix.rows(lang), render(f"plot.cohort_average.{average}", lang)]


def _sizes(matrix: CohortMatrix) -> list[int]:
    return [*matrix.sizes, matrix.sizes.sum()]


def _notes(matrix: CohortMatrix, lang: str) -> list[str]:
    return [render(note, lang) for note in (matrix.rule, *matrix.warnings)]


def _behind(matrix: CohortMatrix, column: pd.Series) -> Numbers:
    unit = _CELLS.get(matrix.measure, "money")
    return numbers("number" if unit == "count" else unit, column, matrix.currency)


def _given_ages(ages: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(check_age("ages", age) for age in ages))


def _aged(matrix: CohortMatrix, column: pd.Series, cents: bool, lang: str) -> Column:
    unit = _CELLS.get(matrix.measure)
    if unit is None:
        return amounts(column, matrix.currency, lang, cents)
    if unit == "percent":
        return figures(unit, column, lang)
    counts, average = figures(unit, column.iloc[:-1], lang), figure("number1", column.iloc[-1], lang)
    return Column((*counts, average), (_behind(matrix, column),))


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
    counts = {
        render("table.rows", lang): figures("count", frame["rows"], lang),
        render("table.amount", lang): amounts(frame["amount"], reconciliation.currency, lang),
    }
    caption = render("table.caption.reconciliation", lang, source=reconciliation.source)
    return worded(caption, words, counts, [reconciliation.sentence(lang)])
