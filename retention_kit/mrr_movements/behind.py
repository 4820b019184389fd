"""The customers behind a cell of the bridge."""

from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import MonthError, OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import PERIOD_MONTHS, month_number, month_start
from retention_kit.mrr_movements.asked import (
    By,
    flow_names,
    group_of,
    joined,
    legal,
    refuse_none,
    step_of,
    whole_periods,
)
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message


def movers(
    ledger: Ledger,
    movement: str,
    period: Any,
    *,
    freq: str = "M",
    by: By = None,
    group: Any = None,
    netting: str = "period",
    top: int | None = 10,
) -> pd.DataFrame:
    """Return the customers behind one cell of a bridge, the largest first.

    Parameters
    ----------
    ledger, freq, by, netting
        As for the bridge: see `mrr_bridge`.
    movement : str
        A column of the bridge: opening, new, reactivation, expansion, contraction, churn, fx, closing.
    period : str or date
        Any month or day of the period, such as its first day in the bridge.
    group : value or tuple, optional
        The group the cell is about, a tuple where `by` names several attributes; default: all customers.
    top : int or None
        At most so many customers; None for all of them, whose amounts add up to the cell.

    Returns
    -------
    DataFrame
        customer_id, the attributes of `by`, opening, closing, amount; by size of the amount, then by customer.

    Raises
    ------
    OptionError
        If an option is not one of its legal values.
    UnknownColumnError
        If the customers lack an attribute of `by`.
    MonthError
        If the ledger holds no such period whole.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Bo", "Cy"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01", "2025-02-01", "2025-02-01"], "amount": [50, 20, 90]})
    >>> movers(build_ledger(table, as_of="2025-02-28"), "new", "2025-02")
      customer_id  opening  closing  amount
    0          Cy      0.0     90.0    90.0
    1          Bo      0.0     20.0    20.0
    """
    names = flow_names(ledger)
    legal("movement", movement, names)
    if top is not None and (not isinstance(top, int | np.integer) or isinstance(top, bool) or top < 1):
        raise OptionError("error.top", value=str(top))
    ends, length = period_end(ledger, freq, period), PERIOD_MONTHS[freq]
    groups, labels = group_of(ledger, by)
    customers, _, amounts = ledger.engine.movements(ledger.book, ends, length, step_of(netting, length))
    amount = amounts[:, names.index(movement)]
    among = (amount != 0) & _in_group(ledger, labels, groups[customers], by, group)
    order = np.argsort(-np.abs(amount[among]), kind="stable")[:top]
    customers, amounts, amount = customers[among][order], amounts[among][order], amount[among][order]
    money = {"opening": amounts[:, 0], "closing": amounts[:, -1], "amount": amount}
    columns = pd.DataFrame({name: ledger.to_units(minor) for name, minor in money.items()})
    return joined(pd.DataFrame({CUSTOMER_ID: ledger.ids[customers]}), labels.iloc[groups[customers]], columns)


def period_end(ledger: Ledger, freq: str, period: Any) -> np.ndarray:
    """Return the last month of the one period asked for; of the last one where none is."""
    ends = whole_periods(ledger, freq)
    refuse_none(ledger, ends, freq, None, None)
    if period is None:
        return ends[-1:]
    month, length = month_number(period), PERIOD_MONTHS[freq]
    asked = ends[ends == month // length * length + length - 1]
    if not len(asked):
        known = {"first": month_start(int(ends[0]) - length + 1), "last": month_start(int(ends[-1]))}
        raise MonthError("error.not_a_period", freq=Message(f"word.freq.{freq}"), month=month_start(month), **known)
    return asked


def _in_group(ledger: Ledger, labels: pd.DataFrame, groups: np.ndarray, by: By, group: Any) -> np.ndarray:
    """Return which of the customers' groups is the one asked for; all are where none was."""
    if group is None:
        return np.ones(len(groups), bool)
    if not by:
        columns = [] if ledger.customers is None else list(ledger.customers)
        raise OptionError("error.movers_group", columns=columns)
    known = labels.iloc[:, 0].tolist() if labels.shape[1] == 1 else list(labels.itertuples(index=False, name=None))
    wanted = tuple(group) if isinstance(group, list) else group
    legal("group", wanted, known)
    return groups == known.index(wanted)
