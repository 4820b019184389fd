"""One portfolio of customers: who they are, how they stay beside the whole, and whose contract ends soon."""

import math

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import month_start
from retention_kit.results import Account, Portfolio, Renewal, Renewals
from retention_kit.retention import grr, logo_retention, nrr
from retention_kit.signals.asking import contract_ends
from retention_kit.signals.log import date_of, day_number
from retention_kit.wording import Message

_LONGEST = 3650
_NAME = "name"


def portfolio(ledger: Ledger, whole: Ledger, *, name: str = "", months: int = 12) -> Portfolio:
    """Return a portfolio's customers and its retention beside that of the whole.

    Parameters
    ----------
    ledger : Ledger
        Of the portfolio, such as ``only_customers(whole, {"csm": "Ada"})``.
    whole : Ledger
        It is part of.
    name : str
        Whose portfolio.
    months : int
        Retention looks back over as many months, or over all where fewer were observed.

    Returns
    -------
    Portfolio

    Raises
    ------
    OptionError
        If `months` is below 1.

    Notes
    -----
    The whole contains the portfolio: its figures are a background, not a group to compare with.

    Examples
    --------
    >>> wide = pd.DataFrame({"2025-01": [100, 50], "2025-02": [120, 50]}, index=["Ada", "Bo"])
    >>> whole = Ledger.from_frame(wide, as_of="2025-02-28")
    >>> print(portfolio(whole, whole).sentence())
    2 customers pay, with 170 of MRR a month.
    """
    if isinstance(months, bool) or months < 1:
        raise OptionError("error.window_length", value=months, longest=whole.book.last - whole.book.first)
    back = min(months, ledger.book.last - ledger.book.first)
    before, now = _paid(ledger, ledger.book.last - back), _paid(ledger, ledger.book.last)
    paying = np.flatnonzero(now)
    order = paying[np.argsort(-now[paying], kind="stable")]
    names = _names(ledger)
    rows = [_account(ledger, names, before, now, number, back) for number in order]
    last = _paid(whole, whole.book.last)
    return Portfolio(
        name=name,
        accounts=tuple(rows),
        mrr=ledger.money(now.sum()),
        whole_mrr=whole.money(last.sum()),
        customers=int((last > 0).sum()),
        own=_retention(ledger, back),
        whole=_retention(whole, back),
        rule=Message("rule.portfolio" if back else "rule.portfolio.now", {"month": ledger.last_month, "months": back}),
    )


def renewals_ahead(ledger: Ledger, *, within_days: int = 90) -> Renewals:
    """Return the contracts that end within some days after the ledger's day, and the ends already announced.

    Parameters
    ----------
    ledger : Ledger
    within_days : int
        From 1.

    Returns
    -------
    Renewals
        Of the customers who pay in the last month.

    Raises
    ------
    OptionError
        If `within_days` is no whole number of days from 1 to 3650.

    Notes
    -----
    A contract ends on ``contract_end`` of the customers table where that is a later day; else, for contracts longer
    than a month, on the next anniversary of the first paying month, known to the month only: its last day is taken. An
    end is announced where a subscription ends and none goes on: the ledger's `announced`, counted where its first month
    without MRR begins within the days.

    Examples
    --------
    >>> wide = pd.DataFrame({"2025-01": [100]}, index=["Ada"])
    >>> known = pd.DataFrame({"customer_id": ["Ada"], "contract_end": pd.to_datetime(["2025-03-15"])})
    >>> ahead = renewals_ahead(Ledger.from_frame(wide, as_of="2025-01-31", customers=known))
    >>> [(row.who, str(row.ends_on)) for row in ahead]
    [('Ada', '2025-03-15')]
    """
    if isinstance(within_days, bool) or not isinstance(within_days, int) or not 1 <= within_days <= _LONGEST:
        raise OptionError("error.within_days", value=within_days, longest=_LONGEST)
    days, dated = contract_ends(ledger, ledger.as_of)
    now, today = _paid(ledger, ledger.book.last), day_number(ledger.as_of)
    leaving = _announced(ledger, within_days)
    due = (days >= 0) & (days <= within_days)
    names = _names(ledger)
    rows = []
    for number in np.flatnonzero((now > 0) & (due | np.isin(np.arange(len(now)), leaving.index))):
        cents, month = leaving.loc[number] if number in leaving.index else (None, None)
        rows.append(
            Renewal(
                customer_id=ledger.ids[number],
                who=names[number],
                mrr=ledger.money(now[number]),
                ends_on=date_of(today + int(days[number])) if due[number] else None,
                dated=bool(dated[number] and due[number]),
                leaving=None if cents is None else ledger.money(min(cents, now[number])),
                leaves_in=None if month is None else month_start(month),
            )
        )
    return Renewals(
        as_of=ledger.as_of,
        within_days=within_days,
        rows=tuple(sorted(rows, key=_order)),
        customers=int((now > 0).sum()),
        known=int((~np.isnan(days) & (now > 0)).sum()),
        currency=ledger.currency,
        rule=Message("rule.renewals", {"as_of": ledger.as_of, "days": within_days}),
    )


def _order(row: Renewal) -> tuple:
    first = row.leaves_in.date() if row.leaves_in is not None else row.ends_on
    return row.leaving is None, first, -row.mrr.amount, str(row.customer_id)


def _announced(ledger: Ledger, within_days: int) -> pd.DataFrame:
    """Return the MRR announced to end within the days and the first month of it, by customer."""
    table, until = ledger.announced, pd.Timestamp(ledger.as_of) + pd.Timedelta(days=within_days)
    near = table[table["month"].map(month_start) <= until] if len(table) else table
    return near.groupby("customer").agg(cents=("cents", "sum"), month=("month", "min"))


def _paid(ledger: Ledger, month: int) -> np.ndarray:
    """Return what each customer paid in a month, in minor units."""
    paid, here = np.zeros(len(ledger.ids), np.int64), ledger.book.month == month
    paid[ledger.book.owner[here]] = ledger.book.cents[here]
    return paid


def _names(ledger: Ledger) -> list[str]:
    ids = [str(one) for one in ledger.ids]
    if ledger.customers is None or _NAME not in ledger.customers:
        return ids
    names = ledger.customers[_NAME]
    return [one if pd.isna(name) else str(name) for one, name in zip(ids, names, strict=True)]


def _account(ledger: Ledger, names: list[str], before: np.ndarray, now: np.ndarray, number: int, back: int) -> Account:
    origin = ledger.book.origin[number]
    change = ledger.to_units(now[number] - before[number]) if back and before[number] else math.nan
    return Account(
        customer_id=ledger.ids[number],
        who=names[number],
        since=None if origin < 0 else month_start(origin),
        mrr=ledger.money(now[number]),
        change=float(change),
    )


def _retention(ledger: Ledger, back: int) -> tuple:
    if not back:
        return ()
    start, end = ledger.last_window(back)
    return nrr(ledger, start, end), grr(ledger, start, end), logo_retention(ledger, start, end)
