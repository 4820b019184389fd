"""Renewals: of the MRR whose contract ended, the part that went on."""

import math
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.engines.memory import Choice
from retention_kit.errors import InclusiveEndsError, OptionError
from retention_kit.intervals import RatioSums, ratio_interval, ratio_sums
from retention_kit.ledger import Ledger
from retention_kit.months import month_end, window
from retention_kit.ratios import few_accounts
from retention_kit.results import Estimate
from retention_kit.schema import attribute
from retention_kit.wording import Message

_CAPPED = Choice("grr", "cohort", "count")
_NONE = -1  # no contract end: before every month


def gross_renewal_rate(
    ledger: Ledger,
    start: Any,
    end: Any,
    contract_end: str = "contract_end",
    *,
    end_inclusive: bool | None = None,
    level: float = 0.95,
) -> Estimate:
    """Gross renewal rate: MRR renewed ÷ MRR due for renewal, of the customers whose contract ends in the window.

    Parameters
    ----------
    ledger : Ledger
    start, end : str or date
        Month ends: ``"2024-12", "2025-12"`` takes the contracts that end from 1 January to 31 December 2025.
    contract_end : str
        The attribute of the customers that holds the date.
    end_inclusive : bool, optional
        Whether that day is still paid. Default: no, it is the first day not paid, as in `build_ledger`, and dates most
        of which are the last day of a month are refused until it is said.
    level : float
        Of the interval.

    Returns
    -------
    Estimate
        A fraction, never above 1; n counts the customers due. Its interval is the leave-one-out one of a ratio of sums,
        cut at 0 and 1. NaN if nobody was due.

    Raises
    ------
    UnknownColumnError
        If the customers lack that attribute.
    OptionError
        If it holds no dates.
    InclusiveEndsError
        If most dates are the last day of a month and `end_inclusive` is not given.
    OpenMonthError, MonthError
        See `nrr`.

    Notes
    -----
    A definition among several. Due: the customer's MRR at the month end before the month of their first day not paid.
    Renewed: ``min(due, MRR at the end of that month)``, per customer, so expansion never counts and a
    renewal that comes a month late counts as none. Customers not paying at the month end before owe nothing and do
    not count; customers without a contract end are left out and counted in a warning. Unlike GRR, customers in the
    middle of a contract, who could not leave, are not in the denominator.

    A customer has one contract end here. A table in which each renewal has moved it forward holds, for a window in the
    past, only those who did not renew: give the dates as they stood at the window's start.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Bo", "Cy"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01"] * 3, "end": [None, "2025-03-15", None],
    ...     "amount": [300, 100, 50]})
    >>> ends = pd.to_datetime(["2025-03-10", "2025-03-15", "2026-01-10"])
    >>> customers = pd.DataFrame({"customer_id": ["Ada", "Bo", "Cy"], "contract_end": ends})
    >>> ledger = build_ledger(table, as_of="2025-03-31", customers=customers)
    >>> float(gross_renewal_rate(ledger, "2025-01", "2025-03"))
    0.75
    """
    book = ledger.book
    begin, close = window(start, end, first=book.first, last=book.last, as_of=ledger.as_of)
    days = _dates(attribute(ledger.customers, contract_end, "contract_end"), contract_end)
    month, convention = _due_months(days, end_inclusive)
    bases = ledger.engine.kept(book, range(begin, close), 1, [_CAPPED])
    here = [month[base.customers] == begin + place + 1 for place, base in enumerate(bases)]
    due = np.concatenate([base.opening[now] for base, now in zip(bases, here, strict=True)])
    renewed = np.concatenate([base.kept[0][now] for base, now in zip(bases, here, strict=True)])
    sums = ratio_sums(renewed, due)
    low, high = ratio_interval(sums, level=level)
    dates = {"start": month_end(begin), "end": month_end(close), "months": close - begin}
    return Estimate(
        measure="gross_renewal_rate",
        value=sums.ratio,
        low=max(low, 0.0),
        high=min(high, 1.0),
        level=level,
        n=sums.n,
        rule=Message("rule.gross_renewal_rate", dates | {"ends": convention}),
        n_eff=sums.n_eff if sums.n else math.nan,
        largest_share=sums.largest if sums.n else math.nan,
        base=ledger.money(sums.denominator),
        warnings=(*_cautions(sums, low), *_left_out(month[bases[0].customers])),
        ledger_rules=ledger.rules,
    )


def _dates(values: pd.Series, name: str) -> pd.Series:
    if not pd.api.types.is_datetime64_any_dtype(values):
        raise OptionError("error.no_dates", name=name)
    return values


def _due_months(days: pd.Series, end_inclusive: bool | None) -> tuple[np.ndarray, Message]:
    """Return the month of each customer's first day not paid, and the convention in words."""
    on_last_day, known = int(days.dropna().dt.is_month_end.sum()), int(days.notna().sum())
    if end_inclusive is None and on_last_day * 2 > known:
        raise InclusiveEndsError("error.inclusive_ends", n=on_last_day, total=known)
    first_free = days + pd.Timedelta(days=1) if end_inclusive else days
    month = (first_free.dt.year * 12 + first_free.dt.month - 1).fillna(_NONE).to_numpy(np.int64)
    return month, Message("rule.contract_inclusive" if end_inclusive else "rule.contract_exclusive")


def _cautions(sums: RatioSums, low: float) -> list[Message]:
    if not sums.n:
        return [Message("warning.nobody_due")]
    found = [Message("warning.no_interval")] if math.isnan(low) else []
    if sums.n > 1 and not sums.numerator:
        found.append(Message("warning.contract_ends_moved", {"n": sums.n}))
    return found + few_accounts(sums, "due")


def _left_out(month_of_base: np.ndarray) -> list[Message]:
    unknown = int((month_of_base == _NONE).sum())
    return [Message("warning.no_contract_end", {"n": unknown})] if unknown else []
