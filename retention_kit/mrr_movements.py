"""The five movements of MRR: new, reactivation, expansion, contraction, churn; and the bridge they make."""

from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import MonthError
from retention_kit.ledger import Ledger
from retention_kit.months import PERIOD_MONTHS, month_end, month_number, month_start, month_starts, period_ends, window
from retention_kit.results import MOVEMENTS, Bridge
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message

_AMOUNTS = ("opening", *MOVEMENTS, "closing")


def movements(ledger: Ledger, *, freq: str = "M") -> pd.DataFrame:
    """Return what each customer's MRR did in each period, opening against closing.

    ``closing = opening + new + reactivation + expansion - contraction - churn`` to the cent in every row. Quarters and
    years are derived again from the MRR at their two ends, not summed over months.

    Parameters
    ----------
    ledger : Ledger
    freq : {"M", "Q", "Y"}
        Calendar months, quarters or years; only periods that have closed.

    Returns
    -------
    DataFrame
        customer_id, period (its first day), opening, new, reactivation, expansion, contraction, churn, closing;
        positive magnitudes; one row a customer and period in which they paid at the opening or at the closing.

    Raises
    ------
    OptionError
        If `freq` is another letter.

    Notes
    -----
    new: first MRR ever. reactivation: 0 → positive, after having paid before. expansion: positive → more. contraction:
    positive → less, still positive. churn: positive → 0.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada"] * 2, "interval": ["month"] * 2,
    ...     "start": ["2025-01-10", "2025-03-10"], "end": ["2025-02-10", None], "amount": [50, 70]})
    >>> result = movements(build_ledger(table, as_of="2025-03-31"))
    >>> result[["period", "new", "reactivation", "churn"]]
          period   new  reactivation  churn
    0 2025-01-01  50.0           0.0    0.0
    1 2025-02-01   0.0           0.0   50.0
    2 2025-03-01   0.0          70.0    0.0
    """
    ends = period_ends(freq, first=ledger.book.opening + 1, last=ledger.book.last)
    length = PERIOD_MONTHS[freq]
    customers, periods, amounts = ledger.engine.movements(ledger.book, ends, length)
    keys = {CUSTOMER_ID: ledger.ids[customers], "period": month_starts(ends - length + 1)[periods]}
    columns = dict(zip(_AMOUNTS, ledger.to_units(amounts.T), strict=True))
    return pd.DataFrame(keys | columns)


def mrr_bridge(ledger: Ledger, *, freq: str = "M", by: str | None = None, start: Any = None, end: Any = None) -> Bridge:
    """Return how MRR went from opening to closing, period by period.

    Parameters
    ----------
    ledger : Ledger
    freq : {"M", "Q", "Y"}
        Calendar months, quarters or years; only periods that have closed.
    by : str, optional
        An attribute of the customers: one row a period and group.
    start, end : str or date, optional
        Month ends between which to draw it up; default: all that was observed.

    Returns
    -------
    Bridge
        Its ``frame`` has period (first day), the group, opening, new, reactivation, expansion, contraction, churn,
        closing.

    Raises
    ------
    OptionError
        If `freq` is another letter.
    UnknownColumnError
        If the customers lack the attribute `by`.
    OpenMonthError, MonthError
        If `end` has not closed, or `start` is not before it.

    Notes
    -----
    Each period's closing is the next one's opening, and every row closes to the cent.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1], "customer_id": ["Ada"], "interval": ["month"],
    ...     "start": ["2025-01-10"], "end": ["2025-02-10"], "amount": [50]})
    >>> mrr_bridge(build_ledger(table, as_of="2025-02-28")).frame[["opening", "new", "churn", "closing"]]
       opening   new  churn  closing
    0      0.0  50.0    0.0     50.0
    1     50.0   0.0   50.0      0.0
    """
    ends = _ends(ledger, freq, start, end)
    length = PERIOD_MONTHS[freq]
    group, names = ledger.groups(by) if by else (np.zeros(len(ledger.ids), np.int64), [None])
    sums = ledger.engine.bridge(ledger.book, ends, length, group, len(names))
    frame = pd.DataFrame({"period": month_starts(ends - length + 1).repeat(len(names))})
    if by:
        frame[by] = names * len(ends)
    frame[list(_AMOUNTS)] = ledger.to_units(sums.reshape(-1, len(_AMOUNTS)))
    covered = {"start": month_end(int(ends[0]) - length), "end": month_end(int(ends[-1]))}
    rule = Message("rule.bridge", {"freq": Message(f"word.freq.{freq}"), **covered})
    return Bridge(frame, freq, rule, by, ledger.currency)


def _ends(ledger: Ledger, freq: str, start: Any, end: Any) -> np.ndarray:
    book = ledger.book
    ends = period_ends(freq, first=book.opening + 1, last=book.last)
    begin = book.opening if start is None else month_number(start)
    _, close = window(
        month_start(begin),
        month_start(book.last) if end is None else end,
        first=book.opening,
        last=book.last,
        as_of=ledger.as_of,
    )
    inside = ends[(ends <= close) & ((ends - PERIOD_MONTHS[freq] >= begin) | (begin == book.opening))]
    if not len(inside):
        window_ends = {"start": month_end(begin), "end": month_end(close)}
        raise MonthError("error.no_period", freq=Message(f"word.freq.{freq}"), **window_ends)
    return inside
