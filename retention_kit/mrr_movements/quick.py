"""The quick ratio: MRR gained for each unit lost."""

import math
from typing import Any

import numpy as np

from retention_kit.ledger import Ledger
from retention_kit.months import month_end, window
from retention_kit.mrr_movements.asked import step_of
from retention_kit.results import Estimate, Estimates
from retention_kit.wording import Message

_GAINS, _LOSSES = slice(1, 4), slice(4, 6)  # where the engine's array of flows has them


def quick_ratio(
    ledger: Ledger, start: Any, end: Any, *, by: str | None = None, netting: str = "period"
) -> Estimate | Estimates:
    """Quick ratio: MRR gained (new, reactivation, expansion) ÷ MRR lost (contraction, churn).

    Parameters
    ----------
    ledger : Ledger
    start, end : str or date
        Month ends: ``"2024-12", "2025-12"`` is from 31 December 2024 to 31 December 2025.
    by : str, optional
        An attribute of the customers: one ratio a group.
    netting : {"period", "none"}
        Each customer's movements netted over the whole window; ``"none"`` adds up those of its months.

    Returns
    -------
    Estimate or Estimates
        4.0 is four gained for one lost, not a percentage; NaN, with a warning, if nothing was lost. ``n`` is the number
        of customers whose MRR moved. It has no interval.

    Raises
    ------
    OptionError
        If `netting` is another word.
    UnknownColumnError
        If the customers lack the attribute `by`.
    OpenMonthError, MonthError
        If `end` has not closed, or `start` is not before it.

    Examples
    --------
    >>> import pandas as pd
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada", "Bo"], "interval": ["month"] * 2,
    ...     "start": ["2025-01-01", "2025-02-01"], "end": ["2025-02-01", None], "amount": [50, 200]})
    >>> float(quick_ratio(build_ledger(table, as_of="2025-02-28"), "2025-01", "2025-02"))
    4.0
    """
    book = ledger.book
    begin, close = window(start, end, first=book.opening, last=book.last, as_of=ledger.as_of)
    step = step_of(netting, close - begin)
    customers, _, amounts = ledger.engine.movements(book, np.array([close]), close - begin, step)
    rule = Message(f"rule.quick_ratio.{netting}", {"start": month_end(begin), "end": month_end(close)})

    def estimate(among: np.ndarray | slice, group: str | None) -> Estimate:
        gained, lost = (amounts[among, side].sum(axis=1) for side in (_GAINS, _LOSSES))
        value = float(gained.sum() / lost.sum()) if lost.any() else math.nan
        cautions = () if lost.any() else (Message("warning.nothing_lost"),)
        n = int(((gained > 0) | (lost > 0)).sum())
        return Estimate("quick_ratio", value, math.nan, math.nan, 0.95, n, rule, group=group, warnings=cautions)

    if by is None:
        return estimate(slice(None), None)
    codes, names = ledger.groups(by)
    return Estimates(by, tuple(estimate(codes[customers] == code, str(name)) for code, name in enumerate(names)))
