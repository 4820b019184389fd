"""Retention of revenue and of customers over a window, each with its interval, its concentration and its rule."""

import math
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.engines.memory import Choice, Window
from retention_kit.errors import OptionError
from retention_kit.intervals import RatioSums
from retention_kit.ledger import Ledger
from retention_kit.months import month_starts, window
from retention_kit.ratios import METHODS, about_returners, cautions, chosen, limits, ratios, rule, windows, within
from retention_kit.results import Estimate, Estimates, Trend
from retention_kit.wording import Message


def nrr(
    ledger: Ledger,
    start: Any,
    end: Any,
    *,
    method: str = "cohort",
    returners: str = "count",
    by: str | None = None,
    level: float = 0.95,
) -> Estimate | Estimates:
    """Net revenue retention: MRR at the end of the customers who paid at the start ÷ their MRR at the start.

    Parameters
    ----------
    ledger : Ledger
    start, end : str or date
        Month ends: ``"2024-12", "2025-12"`` is from 31 December 2024 to 31 December 2025.
    method : {"cohort", "movements", "compounded"}
        ``"cohort"``: from end to end. ``"movements"``: (opening + expansion - churn - contraction) ÷ opening, summed
        over the months and the customers of the opening base, reactivation left out. ``"compounded"``: the product
        of the monthly NRRs, each on the customers who paid at that month's start.
    returners : {"count", "lost", "all"}
        Customers who came back. ``"count"``: those of the opening base at what they pay now. ``"lost"``: who was once
        at 0 within the window stays at 0. ``"all"``: also those gone at the opening who had paid before, in the
        numerator only. By movements a return never counts: with ``"count"`` what they do after it does, with
        ``"lost"`` neither.
    by : str, optional
        An attribute of the customers: one estimate a group.
    level : float
        Of the interval.

    Returns
    -------
    Estimate or Estimates
        A fraction: 1.08 is 108 %. NaN if nobody paid at the start.

    Raises
    ------
    OptionError
        If `method` or `returners` is not one of the legal ones, or they do not go together.
    OpenMonthError
        If `end` has not ended at the ledger's `as_of`.
    MonthError
        If `start` is not before `end`, or lies before the first month observed.
    UnknownColumnError
        If the customers lack the attribute `by`.

    Notes
    -----
    Customers who joined after the start never count, except compounded: there from the month after they joined. Source:
    the point-to-point cohort method of public filings and SaaS Capital; "all" is Maxio's style.

    The interval is the leave-one-out one of a ratio of sums (see `intervals`); compounded, each customer is left out of
    the whole product, with the least of the months' degrees of freedom, which is the same over one month. It is
    cut at 0, except by movements: there the ratio itself falls below 0 where what came back is lost again.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Ada", "Bo"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01", "2025-02-01", "2025-01-01"],
    ...     "end": ["2025-02-01", None, None], "amount": [100, 150, 100]})
    >>> float(nrr(build_ledger(table, as_of="2025-02-28"), "2025-01", "2025-02"))
    1.25
    """
    return _measure(ledger, start, end, chosen("nrr", method, returners), by, level)


def grr(
    ledger: Ledger,
    start: Any,
    end: Any,
    *,
    method: str = "cohort",
    returners: str = "count",
    by: str | None = None,
    level: float = 0.95,
) -> Estimate | Estimates:
    """Gross revenue retention: like `nrr`, but no customer counts for more than at the start.

    ``Σ min(opening, now) ÷ Σ opening``, capped per customer: never above 1, never below 0, never above NRR.

    Parameters
    ----------
    ledger, start, end, by, level
        See `nrr`.
    method : {"cohort", "running_min", "movements", "compounded"}
        ``"cohort"``: as above. ``"running_min"``: money once lost never returns; each customer counts for the least of
        the window's month ends. ``"movements"``: (opening - churn - contraction) ÷ opening, summed over the
        months and the customers of the opening base; below 0, with a warning, where more was lost than there was at the
        start. ``"compounded"``: the product of the monthly GRRs.
    returners : {"count", "lost", "all"}
        See `nrr`. Those gone at the opening have no starting MRR to keep: with ``"all"`` they count for 0. The running
        minimum knows no return.

    Returns
    -------
    Estimate or Estimates
        A fraction; its interval is cut at 1, and at 0 except by movements.

    Raises
    ------
    OptionError, OpenMonthError, MonthError, UnknownColumnError
        See `nrr`. ``method="aggregate"``, min(Σ opening, Σ now) ÷ Σ opening, is refused: one customer's growth would
        hide another's loss.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Ada", "Bo"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01", "2025-02-01", "2025-01-01"],
    ...     "end": ["2025-02-01", None, "2025-02-01"], "amount": [100, 150, 100]})
    >>> float(grr(build_ledger(table, as_of="2025-02-28"), "2025-01", "2025-02"))
    0.5
    """
    return _measure(ledger, start, end, chosen("grr", method, returners), by, level)


def logo_retention(
    ledger: Ledger,
    start: Any,
    end: Any,
    *,
    method: str = "cohort",
    returners: str = "count",
    by: str | None = None,
    level: float = 0.95,
) -> Estimate | Estimates:
    """Share of the customers who paid at the start and pay at the end; its complement is customer churn.

    Parameters
    ----------
    ledger, start, end, by, level
        See `nrr`.
    method : {"cohort", "compounded"}
        ``"compounded"``: the product of the monthly shares, each of the customers who paid at that month's start.
    returners : {"count", "lost", "all"}
        See `nrr`. With ``"all"`` the ratio can exceed 1.

    Returns
    -------
    Estimate or Estimates
        A fraction with Wilson's interval (compounded: at the number of customers that Greenwood's variance is worth;
        with ``"all"``, no longer a share: the leave-one-out one). Those who join within the window are in neither
        count.

    Raises
    ------
    OptionError, OpenMonthError, MonthError, UnknownColumnError
        See `nrr`.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada", "Bo"], "interval": ["month"] * 2,
    ...     "start": ["2025-01-01"] * 2, "end": [None, "2025-02-01"], "amount": [100, 100]})
    >>> float(logo_retention(build_ledger(table, as_of="2025-02-28"), "2025-01", "2025-02"))
    0.5
    """
    return _measure(ledger, start, end, chosen("logo_retention", method, returners), by, level)


def _measure(
    ledger: Ledger, start: Any, end: Any, choice: Choice, by: str | None, level: float
) -> Estimate | Estimates:
    begin, close = window(start, end, first=ledger.book.first, last=ledger.book.last, as_of=ledger.as_of)
    (whole,) = windows(ledger, [begin], close - begin, [choice])
    said = rule(choice, begin, close)
    if by is None:
        return _estimate(ledger, choice, whole, said, level, None)
    codes, names = ledger.groups(by)
    parts = ((str(name), within(whole, codes == code)) for code, name in enumerate(names))
    return Estimates(by, tuple(_estimate(ledger, choice, part, said, level, name) for name, part in parts))


def _estimate(ledger: Ledger, choice: Choice, base: Window, said: Message, level: float, group: str | None) -> Estimate:
    (found,) = ratios([choice], base)
    ((low, high),) = limits(choice, [found], level)
    money = found.money
    return Estimate(
        measure=choice.measure,
        value=found.value,
        low=low,
        high=high,
        level=level,
        n=money.n,
        rule=said,
        n_eff=money.n_eff if money.n else math.nan,
        largest_share=money.largest if money.n else math.nan,
        base=ledger.money(money.denominator),
        group=group,
        warnings=cautions(choice, found, low),
        ledger_rules=ledger.rules,
    )


def retention_over_time(
    ledger: Ledger, *, window: int = 12, method: str = "cohort", returners: str = "count", level: float = 0.95
) -> Trend:
    """Return NRR, GRR and logo retention of every window of that many months, one row a month.

    Parameters
    ----------
    ledger : Ledger
    window : int
        Months from each window's start to its end, such as 1, 3 or 12.
    method : {"cohort", "running_min", "movements", "compounded"}
        See `grr`; a measure that has no such method (NRR no running minimum, logo retention neither that nor movements)
        is measured from end to end.
    returners : {"count", "lost", "all"}
        See `nrr`.
    level : float
        Of the intervals.

    Returns
    -------
    Trend
        Its ``frame`` has month (first day of the month the window ends with), nrr, grr, logo_retention (fractions),
        each with its limits (nrr_low, nrr_high …), n (customers of the opening base), n_eff, largest_share,
        starting_mrr. The first row is the first window that lies within the months observed.

    Raises
    ------
    OptionError
        If `window` is less than 1, or longer than the months observed; for `method` and `returners` see `nrr`.

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
    first, observed = ledger.book.first, ledger.book.last - ledger.book.first
    if not 1 <= window <= observed:
        raise OptionError("error.window_length", value=window, longest=observed)
    choices = _choices_over_time(method, returners)
    bases = windows(ledger, range(first, first + observed - window + 1), window, choices)
    columns: dict[str, Any] = {"month": month_starts(np.arange(first + window, ledger.book.last + 1))}
    for choice, same in zip(choices, zip(*(ratios(choices, base) for base in bases), strict=True), strict=True):
        lows, highs = zip(*limits(choice, same, level), strict=True)
        values = [one.value for one in same]
        columns |= {choice.measure: values, f"{choice.measure}_low": lows, f"{choice.measure}_high": highs}
    columns |= _behind([one.money for one in same], ledger)
    return Trend(pd.DataFrame(columns), window, _rule_over_time(choices, window), ledger.currency, level)


def _behind(money: list[RatioSums], ledger: Ledger) -> dict[str, Any]:
    """Return what stands behind each month's ratios; they share their opening base."""
    return {
        "n": [one.n for one in money],
        "n_eff": [one.n_eff if one.n else math.nan for one in money],
        "largest_share": [one.largest if one.n else math.nan for one in money],
        "starting_mrr": ledger.to_units([one.denominator for one in money]),
    }


def _choices_over_time(method: str, returners: str) -> list[Choice]:
    chosen("grr", method, returners)
    return [Choice(measure, method if method in legal else "cohort", returners) for measure, legal in METHODS.items()]


def _rule_over_time(choices: list[Choice], window: int) -> Message:
    net, gross, _ = choices
    fields: dict[str, Any] = {"months": window, "returners": about_returners(net)}
    return Message(f"rule.trailing.{gross.method}", fields)
