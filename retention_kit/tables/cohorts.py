"""What stands behind a cohort matrix, in tables: the average row of several measures, the customers of a cell."""

from collections.abc import Iterable

import pandas as pd

from retention_kit.results import CohortDrop, CohortMatrix
from retention_kit.tables.columns import Column, amounts, figures, has_cents, numbers, periods
from retention_kit.tables.writing import Table, head, worded
from retention_kit.wording import Message, language, render

_AGES = (0, 1, 3, 6, 12, 18, 24, 36, 48, 60)
_YEAR = 12
_UNITS = {"arpa": "money", "mrr": "money", "customers": "number1"}  # all others are fractions


def table_cohort_averages(
    matrices: Iterable[CohortMatrix], *, ages: Iterable[int] | None = None, lang: str | None = None
) -> Table:
    """Return the average row of several matrices of the same cohorts, and how many customers stand behind each age.

    Parameters
    ----------
    matrices : iterable of CohortMatrix
    ages : iterable of int, optional
        Default: of 0, 1, 3, 6, 12, 18, 24, 36, 48 and 60 those that have been observed, and the last one before 12.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        One row an age.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> matrices = [rk.cohort_matrix(ledger, measure=measure, cohort="Y") for measure in ("logo", "nrr")]
    >>> rk.table_cohort_averages(matrices, lang="en").frame.iloc[0].tolist()
    ['0', '100.0%', '100.0%', '4', '1,992']
    """
    lang, items = lang or language(), list(matrices)
    first = items[0]
    known = list(first.average.index)
    usual = sorted({*_AGES, min(known[-1], _YEAR)})
    chosen = [age for age in (usual if ages is None else ages) if age in known]
    reached = first.numerators[chosen].notna()
    cells = {render("table.averages.age", lang): figures("count", chosen, lang)}
    cells |= {head("text", lang, text=render(each.name, lang)): _average(each, chosen, lang) for each in items}
    cells[render("table.averages.cohorts", lang)] = figures("count", reached.sum(), lang)
    customers = reached.mul(first.sizes, axis=0).sum()
    cells[render("table.averages.customers", lang)] = figures("count", customers, lang)
    said = (first.rule, *first.warnings, Message("table.averages.note"))
    notes = [render(note, lang) for note in said]
    return worded(render("table.caption.averages", lang), {}, cells, notes)


def _average(matrix: CohortMatrix, ages: list[int], lang: str) -> Column:
    values, unit = matrix.average[ages], _UNITS.get(matrix.measure, "percent")
    if unit == "money":
        return amounts(values, matrix.currency, lang, cents=False)
    return figures(unit, values, lang)


def table_cohort_drop(
    drop: CohortDrop, before: pd.DataFrame, after: pd.DataFrame, *, top: int = 10, lang: str | None = None
) -> Table:
    """Return the customers behind a cell: those whose MRR moved most from the age before to it.

    Parameters
    ----------
    drop : CohortDrop
    before, after : DataFrame
        What `cohort_customers` returns for the two ages.
    top : int
        Customers shown.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        The last row is what all others of the cohort pay together.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> drop = rk.cohort_drops(rk.cohort_matrix(ledger, cohort="Y"))[0]
    >>> ages = (drop.before.age, drop.after.age)
    >>> cells = [rk.cohort_customers(ledger, cohort=drop.after.cohort, age=age, freq="Y") for age in ages]
    >>> len(rk.table_cohort_drop(drop, *cells, top=5).frame)
    6
    """
    lang, frame = lang or language(), _moved(before, after)
    shown, rest = frame.head(top), frame.iloc[top:]
    words = {render("table.movers.customer", lang): shown["customer_id"].astype(str).tolist()}
    began = list(periods(shown["first_month"], "M", lang))
    if len(rest):
        words[render("table.movers.customer", lang)].append(render("table.movers.others", lang, n=len(rest)))
        began.append("")
        shown = pd.concat([shown, rest[["before", "after", "change"]].sum().to_frame().T], ignore_index=True)
    words[render("table.drop.began", lang)] = began
    currency, cents = drop.after.currency, has_cents(frame[["before", "after"]])
    cells = {
        render("table.age", lang, age=age): amounts(shown[name], currency, lang, cents)
        for name, age in (("before", drop.before.age), ("after", drop.after.age))
    }
    cells[render("table.movers.change", lang)] = _signed(shown["change"], currency, cents, lang)
    return worded(render("table.caption.drop", lang), words, cells, [render(drop.message(), lang)])


def _moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return who pays what at either age, who lost most first."""
    frame = after[["customer_id", "first_month"]].assign(before=before["mrr"], after=after["mrr"])
    frame["change"] = frame["after"] - frame["before"]
    return frame.sort_values("change", kind="stable").reset_index(drop=True)


def _signed(change: pd.Series, currency: str | None, cents: bool, lang: str) -> Column:
    values = change.astype(float)
    texts = zip(amounts(values.abs(), currency, lang, cents), values, strict=True)
    written = (render(f"table.{'gain' if x > 0 else 'loss'}", lang, value=text) if x else text for text, x in texts)
    return Column(tuple(written), (numbers("money", values, currency),))
