"""Tables of what a file is worth: rows that cannot be used, rows that look odd."""

import datetime as dt
from typing import Any

import pandas as pd

from retention_kit.results import DataQuality
from retention_kit.tables.columns import figures
from retention_kit.tables.writing import Table, worded
from retention_kit.wording import language, render

_EXAMPLES = 5


def table_faults(quality: DataQuality, *, lang: str | None = None) -> Table:
    """Return why rows cannot be used, how many, and the first of each reason.

    Parameters
    ----------
    quality : DataQuality
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts.

    Examples
    --------
    >>> import retention_kit as rk
    >>> table = pd.DataFrame({"client": ["Ada", "Bo"], "start": ["2025-01-15", "soon"], "mrr": [50, 70]})
    >>> table_faults(rk.data_quality(table, as_of="2025-02-28"), lang="en").frame.iloc[0].tolist()[:2]
    ['not a date like 2025-12-31', 'row 1 (start “soon”)']
    """
    lang, groups = lang or language(), list(quality.faults.groupby("reason", sort=False))
    words = {
        render("table.reason", lang): [render(f"reason.{reason}", lang) for reason, _ in groups],
        render("table.quality.examples", lang): [_cells(some, lang) for _, some in groups],
    }
    numbers = {render("table.rows", lang): figures("count", [len(some) for _, some in groups], lang)}
    return worded(render("table.caption.faults", lang), words, numbers)


def _cells(some: pd.DataFrame, lang: str) -> str:
    cells = zip(some["row"], some["field"], some["value"], strict=True)
    shown = [
        render("error.cell", lang, row=str(row), field=field, value=value)
        for row, field, value in list(cells)[:_EXAMPLES]
    ]
    return _listed(shown, len(some), lang)


def table_oddities(quality: DataQuality, *, lang: str | None = None) -> Table:
    """Return what looks odd in rows that are used, how many, and the first of each kind.

    Parameters
    ----------
    quality : DataQuality
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with what counts as odd under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> table = pd.DataFrame({"client": ["Ada", "Ada"], "start": ["2025-01-15"] * 2, "mrr": [50, 50]})
    >>> table_oddities(rk.data_quality(table, as_of="2025-02-28"), lang="en").frame.iloc[0, 0]
    'Alike and at the same time: counted twice?'
    """
    lang, groups = lang or language(), list(quality.oddities.groupby("kind", sort=False))
    words = {
        render("table.quality.odd", lang): [render(f"quality.kind.{kind}", lang) for kind, _ in groups],
        render("table.quality.examples", lang): [_rows(some, lang) for _, some in groups],
    }
    numbers = {
        render("table.rows", lang): figures("count", [some["row"].nunique() for _, some in groups], lang),
        render("table.quality.customers", lang): figures(
            "count", [some["customer_id"].nunique() for _, some in groups], lang
        ),
    }
    return worded(render("table.caption.oddities", lang), words, numbers, [render(quality.rule, lang)])


def _rows(some: pd.DataFrame, lang: str) -> str:
    cells = zip(some["row"], some["customer_id"], some["value"], strict=True)
    shown = [_row(*cell, lang) for cell in list(cells)[:_EXAMPLES]]
    return _listed(shown, len(some), lang)


def _row(row: Any, customer: Any, value: Any, lang: str) -> str:
    if value is None or pd.isna(value):
        return render("table.quality.row", lang, row=str(row), customer=str(customer))
    told = render("table.plan.date", lang, day=value) if isinstance(value, dt.date) else _number(value, lang)
    return render("table.quality.row_value", lang, row=str(row), customer=str(customer), value=told)


def _number(value: float, lang: str) -> str:
    return render("table.number", lang, value=float(value))


def _listed(shown: list[str], total: int, lang: str) -> str:
    """Return examples as one text, and how many more there are."""
    more = render("error.and_more", lang, n=total - len(shown)) if total > len(shown) else ""
    return ", ".join(shown) + more
