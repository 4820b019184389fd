"""The accounts behind every movement of one period, and how much of it they make."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import PERIOD_MONTHS, month_end, month_start
from retention_kit.mrr_movements.asked import flow_names, step_of
from retention_kit.mrr_movements.behind import period_end
from retention_kit.mrr_movements.flows import mrr_bridge
from retention_kit.results import MOVEMENTS, Bridge, Movers
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message


def top_movers(ledger: Ledger, *, freq: str = "M", period: Any = None, top: int = 10) -> Movers:
    """Return the largest accounts behind each movement of one period.

    Parameters
    ----------
    ledger : Ledger
    freq : {"M", "Q", "Y"}
        Calendar months, quarters or years.
    period : str or date, optional
        Any month or day of the period; default: the last one that has closed.
    top : int
        Accounts a movement.

    Returns
    -------
    Movers
        With the bridge of the period, to the cent: what the accounts and the others make adds up to it.

    Raises
    ------
    OptionError
        If `freq` is another word, or `top` is no whole number from 1 on.
    MonthError
        If the ledger holds no such period whole.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Bo", "Cy"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01", "2025-02-01", "2025-02-01"], "amount": [50, 20, 90]})
    >>> print(top_movers(build_ledger(table, as_of="2025-02-28")).describe("en"))
    MRR gained from 2 customers: 110; from Cy (90), Bo (20).
    """
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise OptionError("error.top", value=str(top))
    ends, length = period_end(ledger, freq, period), PERIOD_MONTHS[freq]
    customers, _, amounts = ledger.engine.movements(ledger.book, ends, length, step_of("period", length))
    names = flow_names(ledger)
    parts = {name: _largest(amounts[:, names.index(name)]) for name in MOVEMENTS}
    frame = pd.concat([_rows(ledger, name, customers, amounts, order[:top], names) for name, order in parts.items()])
    sums = [ledger.to_units(amounts[order, names.index(name)].sum()) for name, order in parts.items()]
    totals = pd.DataFrame(
        {"movement": MOVEMENTS, "customers": [len(order) for order in parts.values()], "amount": np.array(sums, float)}
    )
    covered = {"start": month_end(int(ends[0]) - length), "end": month_end(int(ends[0]))}
    rule = Message("rule.movers", {**covered, "top": int(top)})
    return Movers(frame.reset_index(drop=True), totals, _bridge(ledger, freq, int(ends[0]), covered), rule)


def _largest(amount: np.ndarray) -> np.ndarray:
    """Return who moved, the largest first."""
    order = np.argsort(-np.abs(amount), kind="stable")
    return order[amount[order] != 0]


def _rows(
    ledger: Ledger, movement: str, customers: np.ndarray, amounts: np.ndarray, order: np.ndarray, names: list[str]
) -> pd.DataFrame:
    money = {
        "opening": amounts[order, 0],
        "closing": amounts[order, -1],
        "amount": amounts[order, names.index(movement)],
    }
    columns = {name: ledger.to_units(minor).astype(float) for name, minor in money.items()}
    return pd.DataFrame({"movement": movement, CUSTOMER_ID: ledger.ids[customers[order]], **columns})


def _bridge(ledger: Ledger, freq: str, end: int, covered: dict[str, Any]) -> Bridge:
    """Return the bridge of one period."""
    whole = mrr_bridge(ledger, freq=freq)
    first = month_start(end - PERIOD_MONTHS[freq] + 1)
    row = whole.frame[whole.frame["period"] == first].reset_index(drop=True)
    return replace(whole, frame=row, rule=Message(whole.rule.key, {**whole.rule.fields, **covered}))
