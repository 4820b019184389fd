"""Forecasts made at earlier months of one's own ledger, set against what came."""

from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import InputError, OptionError
from retention_kit.forecasts.forecasting import LEAST_CHURNS, LEAST_MONTHS, forecast_mrr
from retention_kit.ledger import Ledger
from retention_kit.months import month_start
from retention_kit.results import BackTest
from retention_kit.schema import CUSTOMER_ID, MONTH, MRR
from retention_kit.wording import Message

_MANY = 8  # forecasts from which on a share of them says something


def back_test(
    ledger: Ledger, months: int = 12, *, every: int = 3, level: float = 0.9, seed: int = 0, draws: int = 500
) -> BackTest:
    """Return how often the intervals of past forecasts held what came, and on which side they were off.

    Parameters
    ----------
    ledger : Ledger
    months : int
        How far ahead each forecast looks; it is judged at a quarter, half and all of it.
    every : int
        Months from one forecast to the next.
    level, seed, draws
        As in `forecast_mrr`.

    Returns
    -------
    BackTest
        Forecasts begin as soon as the history allowed one, and end `months` before the last month closed. Each knows
        only what was known then (`Ledger.until`).

    Raises
    ------
    OptionError
        If `months`, `every`, `level` or `draws` is out of range.
    InputError
        If no earlier month had history enough for a forecast and months enough after it.

    Notes
    -----
    Bias: MRR realised over MRR expected, both summed over the forecasts, less 1; positive where more came than was
    expected. Forecasts a few months apart share most of their customers and their future: ten of them are worth far
    fewer than ten independent ones.

    Examples
    --------
    >>> import retention_kit as rk
    >>> business = rk.synthetic.make_business(customers=300, seed=3)
    >>> ledger = rk.build_ledger(business.subscriptions, as_of=business.as_of)
    >>> test = rk.back_test(ledger, months=6, every=6, draws=200)
    >>> test.by_horizon["horizon"].tolist()
    [1, 3, 6]
    """
    if isinstance(every, bool) or not isinstance(every, int | np.integer) or every < 1:
        raise OptionError("forecast.error.every", value=every)
    book = ledger.book
    first = book.first + max(LEAST_MONTHS, months) - 1
    origins = range(book.last - months, first - 1, -every)
    found = [_one(ledger, origin, months, level, seed, draws) for origin in reversed(origins)]
    told = [frame for frame in found if frame is not None]
    if not told:
        needed = max(LEAST_MONTHS, months) + months
        lacks = {"n": book.last - book.first + 1, "needed": needed, "churns": LEAST_CHURNS, "months": months}
        raise InputError("forecast.refused.back_test", **lacks)
    frame = pd.concat(told, ignore_index=True)
    counted = {"months": months, "every": every, "n": len(told), "level": level}
    few = (Message("forecast.warning.few_tests", {"n": len(told)}),) if len(told) < _MANY else ()
    rule = Message("forecast.back_test.rule", counted)
    return BackTest(frame, _by_horizon(frame), level, rule, few, ledger.currency)


def _one(ledger: Ledger, origin: int, months: int, level: float, seed: int, draws: int) -> pd.DataFrame | None:
    """Return one forecast and what came, at each horizon; None where the history of then would have been refused."""
    then = ledger.until(month_start(origin))
    try:
        forecast = forecast_mrr(then, months, level=level, seed=seed, draws=draws)
    except InputError:
        return None
    frame = forecast.frame.drop(columns="customers")
    frame.insert(0, "origin", forecast.origin)
    frame.insert(2, "horizon", np.arange(1, months + 1))
    frame["realised"] = realised(ledger, then.frame, frame["month"])
    frame["held"] = frame["realised"].between(frame["low"], frame["high"])
    judged = sorted({max(1, months // 4), max(1, months // 2), months})
    return frame[frame["horizon"].isin(judged)]


def realised(ledger: Ledger, known: pd.DataFrame, months: Any) -> np.ndarray:
    """Return the MRR that the customers of the last month of `known` came to pay at the end of each month."""
    base = known.loc[known[MONTH] == known[MONTH].max(), CUSTOMER_ID]
    later = ledger.frame[ledger.frame[CUSTOMER_ID].isin(base)]
    return later.groupby(MONTH)[MRR].sum().reindex(pd.DatetimeIndex(months), fill_value=0.0).to_numpy()


def _by_horizon(frame: pd.DataFrame) -> pd.DataFrame:
    groups = frame.groupby("horizon")
    bias = groups["realised"].sum() / groups["expected"].sum() - 1
    table = {"forecasts": groups.size(), "held": groups["held"].mean(), "bias": bias}
    return pd.DataFrame(table).reset_index()
