"""Retention of revenue and of customers over a window, each with its interval, its concentration and its rule."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.intervals import RatioSums, ratio_interval, ratio_sums, wilson
from retention_kit.ledger import Ledger
from retention_kit.months import month_end, month_starts, window
from retention_kit.results import Estimate, Estimates, Trend
from retention_kit.wording import Message

_FEW = 15  # n_eff below which STATISTICS.md section 8 warns
_MOST = 0.5  # share of one account above which no verdict rests on a ratio

Pairs = tuple[np.ndarray, np.ndarray]


def nrr(ledger: Ledger, start: Any, end: Any, *, by: str | None = None, level: float = 0.95) -> Estimate | Estimates:
    """Net revenue retention: MRR at the end of the customers who paid at the start ÷ their MRR at the start.

    Parameters
    ----------
    ledger : Ledger
    start, end : str or date
        Month ends: ``"2024-12", "2025-12"`` is from 31 December 2024 to 31 December 2025.
    by : str, optional
        An attribute of the customers: one estimate a group.
    level : float
        Of the interval.

    Returns
    -------
    Estimate or Estimates
        A fraction: 1.08 is 108 %. NaN if nobody paid at the start. The interval is the leave-one-out one of a ratio of
        sums (see `intervals`), cut at 0.

    Raises
    ------
    OpenMonthError
        If `end` has not ended at the ledger's `as_of`.
    MonthError
        If `start` is not before `end`, or lies before the first month observed.
    UnknownColumnError
        If the customers lack the attribute `by`.

    Notes
    -----
    A customer who left and came back counts at what they pay now; customers who joined after the start never count.
    Source: the point-to-point cohort method of public filings and SaaS Capital.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Ada", "Bo"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01", "2025-02-01", "2025-01-01"],
    ...     "end": ["2025-02-01", None, None], "amount": [100, 150, 100]})
    >>> float(nrr(build_ledger(table, as_of="2025-02-28"), "2025-01", "2025-02"))
    1.25
    """
    return _measure(ledger, "nrr", start, end, by, level, lambda opening, closing: (closing, opening))


def grr(ledger: Ledger, start: Any, end: Any, *, by: str | None = None, level: float = 0.95) -> Estimate | Estimates:
    """Gross revenue retention: like `nrr`, but no customer counts for more than at the start.

    ``Σ min(opening, now) ÷ Σ opening``, capped per customer: never above 1, never below 0, never above NRR.

    Parameters
    ----------
    ledger, start, end, by, level
        See `nrr`.

    Returns
    -------
    Estimate or Estimates
        A fraction; its interval is cut at 0 and 1.

    Raises
    ------
    OpenMonthError, MonthError, UnknownColumnError
        See `nrr`.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Ada", "Bo"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01", "2025-02-01", "2025-01-01"],
    ...     "end": ["2025-02-01", None, "2025-02-01"], "amount": [100, 150, 100]})
    >>> float(grr(build_ledger(table, as_of="2025-02-28"), "2025-01", "2025-02"))
    0.5
    """
    return _measure(
        ledger, "grr", start, end, by, level, lambda opening, closing: (np.minimum(opening, closing), opening)
    )


def logo_retention(
    ledger: Ledger, start: Any, end: Any, *, by: str | None = None, level: float = 0.95
) -> Estimate | Estimates:
    """Share of the customers who paid at the start and pay at the end; its complement is customer churn.

    Parameters
    ----------
    ledger, start, end, by, level
        See `nrr`.

    Returns
    -------
    Estimate or Estimates
        A fraction with Wilson's interval; those who join within the window are in neither count.

    Raises
    ------
    OpenMonthError, MonthError, UnknownColumnError
        See `nrr`.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada", "Bo"], "interval": ["month"] * 2,
    ...     "start": ["2025-01-01"] * 2, "end": [None, "2025-02-01"], "amount": [100, 100]})
    >>> float(logo_retention(build_ledger(table, as_of="2025-02-28"), "2025-01", "2025-02"))
    0.5
    """
    return _measure(
        ledger,
        "logo_retention",
        start,
        end,
        by,
        level,
        lambda opening, closing: ((closing > 0).astype(np.int64), np.ones_like(opening)),
    )


def _measure(
    ledger: Ledger,
    measure: str,
    start: Any,
    end: Any,
    by: str | None,
    level: float,
    ratio: Callable[..., Pairs],
) -> Estimate | Estimates:
    book = ledger.book
    begin, close = window(start, end, first=book.first, last=book.last, as_of=ledger.as_of)
    customers, opening, closing = ledger.engine.opening_base(book, begin, close)
    rule = Message(f"rule.{measure}", {"start": month_end(begin), "end": month_end(close), "months": close - begin})

    def estimate(among: np.ndarray | slice, group: str | None) -> Estimate:
        return _estimate(ledger, measure, opening[among], closing[among], ratio, level, rule, group)

    if by is None:
        return estimate(slice(None), None)
    codes, names = ledger.groups(by)
    return Estimates(by, tuple(estimate(codes[customers] == code, str(name)) for code, name in enumerate(names)))


def _estimate(
    ledger: Ledger,
    measure: str,
    opening: np.ndarray,
    closing: np.ndarray,
    ratio: Callable[..., Pairs],
    level: float,
    rule: Message,
    group: str | None,
) -> Estimate:
    sums = ratio_sums(*ratio(opening, closing))
    money = ratio_sums(opening, opening)
    low, high = _interval(measure, sums, level)
    return Estimate(
        measure=measure,
        value=sums.ratio,
        low=low,
        high=high,
        level=level,
        n=sums.n,
        rule=rule,
        n_eff=money.n_eff if sums.n else math.nan,
        largest_share=money.largest if sums.n else math.nan,
        base=ledger.money(money.denominator),
        group=group,
        warnings=tuple(_cautions(measure, sums, money, low)),
    )


def _interval(measure: str, sums: RatioSums, level: float) -> tuple[float, float]:
    if not sums.n:
        return math.nan, math.nan
    if measure == "logo_retention":
        from scipy.stats import norm

        return wilson(sums.ratio, sums.n, float(norm.ppf((1 + level) / 2)))
    low, high = ratio_interval(sums, level=level)
    return max(low, 0.0), min(high, 1.0) if measure == "grr" else high


def _cautions(measure: str, sums: RatioSums, money: RatioSums, low: float) -> list[Message]:
    """Return what a reader must know before repeating a ratio of sums."""
    if not sums.n:
        return [Message("warning.nobody_at_start")]
    if measure == "logo_retention":
        return []
    found = []
    if math.isnan(low):
        found.append(Message("warning.no_interval"))
    if money.largest > _MOST:
        found.append(Message("warning.one_account", {"share": money.largest}))
    elif money.n_eff < _FEW:
        found.append(Message("warning.few_accounts", {"n_eff": money.n_eff, "n": sums.n, "share": money.largest}))
    return found


def retention_over_time(ledger: Ledger, *, window: int = 12) -> Trend:
    """Return NRR, GRR and logo retention of every window of that many months, one row a month.

    Parameters
    ----------
    ledger : Ledger
    window : int
        Months from each window's start to its end.

    Returns
    -------
    Trend
        Its ``frame`` has month (first day of the month the window ends with), nrr, grr, logo_retention (fractions), n
        (customers of the opening base), starting_mrr. The first row is the first window that lies within the months
        observed.

    Raises
    ------
    OptionError
        If `window` is less than 1, or longer than the months observed.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada", "Bo"], "interval": ["month"] * 2,
    ...     "start": ["2025-01-01"] * 2, "end": [None, "2025-03-01"], "amount": [300, 100]})
    >>> retention_over_time(build_ledger(table, as_of="2025-03-31"), window=1).frame[["month", "nrr", "n"]]
           month   nrr  n
    0 2025-02-01  1.00  2
    1 2025-03-01  0.75  2
    """
    observed = ledger.book.last - ledger.book.first
    if not 1 <= window <= observed:
        raise OptionError("error.window_length", value=window, longest=observed)
    sums = ledger.engine.trailing(ledger.book, window)
    with np.errstate(invalid="ignore"):
        shares = {
            "nrr": sums.closing / sums.opening,
            "grr": sums.capped / sums.opening,
            "logo_retention": sums.stayed / sums.customers,
        }
    months = month_starts(np.arange(ledger.book.first + window, ledger.book.last + 1))
    frame = pd.DataFrame(
        {"month": months, **shares, "n": sums.customers, "starting_mrr": ledger.to_units(sums.opening)}
    )
    return Trend(frame, window, Message("rule.trailing", {"months": window}), ledger.currency)
