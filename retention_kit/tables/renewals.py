"""Tables of a portfolio: its customers, and the contracts that end soon."""

import math

from retention_kit.results import Portfolio, Renewal, Renewals
from retention_kit.tables.columns import Column, amounts, numbers
from retention_kit.tables.writing import Table, told, worded
from retention_kit.wording import Message, language, render


def table_portfolio(portfolio: Portfolio, *, first: int | None = None, lang: str | None = None) -> Table:
    """Return the customers of a portfolio, the largest first.

    Parameters
    ----------
    portfolio : Portfolio
    first : int, optional
        How many; default: all.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> book = rk.Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30", complete=True)
    >>> rk.table_portfolio(rk.portfolio(book, book)).frame.iloc[0, [0, 2, 3]].tolist()
    ['Bo', '80', '–']
    """
    lang, rows = lang or language(), portfolio.accounts[:first]
    unknown = render("table.unknown", lang)
    since = tuple(unknown if row.since is None else render("period.M", lang, day=row.since, **_NO) for row in rows)
    words = {
        render("table.ranking.account", lang): [row.who for row in rows],
        render("table.portfolio.since", lang): Column(since, (numbers("month", [row.since for row in rows]),)),
    }
    currency = portfolio.mrr.currency
    measured = {
        render("table.ranking.mrr", lang): amounts([row.mrr.amount for row in rows], currency, lang),
        render("table.portfolio.change", lang): _changes([row.change for row in rows], currency, lang),
    }
    notes = [render(portfolio.rule, lang)]
    if len(rows) < len(portfolio):
        notes.append(render("table.portfolio.first", lang, n=len(rows), total=len(portfolio)))
    return worded(render("table.caption.portfolio", lang), words, measured, notes)


_NO = {"quarter": "", "year": ""}


def _changes(values: list[float], currency: str | None, lang: str) -> Column:
    """Return amounts with their signs."""
    plain = amounts([abs(value) for value in values], currency, lang)
    texts = tuple(
        render("table.gain" if value > 0 else "table.loss", lang, value=text)
        if value and not math.isnan(value)
        else text
        for text, value in zip(plain, values, strict=True)
    )
    return Column(texts, (numbers("money", values, currency),))


def table_renewals(renewals: Renewals, *, first: int | None = None, lang: str | None = None) -> Table:
    """Return the contracts that end soon and the ends announced, with the MRR at stake.

    Parameters
    ----------
    renewals : Renewals
    first : int, optional
        How many; default: all.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> known = pd.DataFrame({"customer_id": ["Bo"], "contract_end": pd.to_datetime(["2025-07-15"])})
    >>> wide = pd.DataFrame({"2025-06": [80.0]}, index=["Bo"])
    >>> book = rk.Ledger.from_frame(wide, as_of="2025-06-30", customers=known)
    >>> rk.table_renewals(rk.renewals_ahead(book)).frame.iloc[0, [0, 2, 3, 4]].tolist()
    ['Bo', 'not announced', '80', '–']
    """
    lang = lang or language()
    rows, currency = renewals.rows[:first], renewals.currency
    words = {
        render("table.ranking.account", lang): [row.who for row in rows],
        render("table.renewals.ends", lang): Column(
            tuple(_end(row, lang) for row in rows), (numbers("date", [row.ends_on for row in rows]),)
        ),
        render("table.renewals.announced", lang): Column(
            tuple(_announced(row, lang) for row in rows), (numbers("month", [row.leaves_in for row in rows]),)
        ),
    }
    leaving = [math.nan if row.leaving is None else row.leaving.amount for row in rows]
    measured = {
        render("table.ranking.mrr", lang): amounts([row.mrr.amount for row in rows], currency, lang),
        render("table.renewals.leaving", lang): amounts(leaving, currency, lang),
    }
    left = (
        [Message("table.renewals.first", {"n": len(rows), "total": len(renewals)})] if len(rows) < len(renewals) else []
    )
    return worded(render("table.caption.renewals", lang), words, measured, told([renewals.rule, *left], lang))


def _end(row: Renewal, lang: str) -> str:
    if row.ends_on is None:
        return render("table.unknown", lang)
    if row.dated:
        return render("table.plan.date", lang, day=row.ends_on)
    return render("table.renewals.in_month", lang, month=row.ends_on)


def _announced(row: Renewal, lang: str) -> str:
    if row.leaves_in is None:
        return render("table.renewals.not_announced", lang)
    return render("table.renewals.in_month", lang, month=row.leaves_in)
