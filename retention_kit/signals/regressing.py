"""Regression to the mean: those ranked high on a day would have looked better later even if nobody had called."""

from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import last_closed, month_end, parse_day
from retention_kit.results import MeanRegression, Signals
from retention_kit.signals.asking import Asked, measured
from retention_kit.signals.log import log_of
from retention_kit.signals.points import points
from retention_kit.signals.thresholds import checked_thresholds
from retention_kit.wording import Message

POINTS = "points"


def regression_to_mean(
    ledger: Ledger,
    events: Any,
    *,
    as_of: Any,
    months: int = 3,
    signal: str = POINTS,
    thresholds: Any = None,
) -> MeanRegression:
    """Follow those flagged on a day before and after it, beside those who were not.

    Parameters
    ----------
    ledger, events, thresholds
        See `signals_of`.
    as_of : str or date
        A past month end on which the ranking is drawn up.
    months : int
        How many months before and after are shown.
    signal : str
        What is followed: ``"points"`` of risk, or the value of one signal.

    Returns
    -------
    MeanRegression
        Means by month of both groups; `plot_regression_to_mean` draws them.

    Raises
    ------
    OptionError
        If `months` or `signal` is not legal.
    OpenMonthError, MonthError
        If a month shown lies outside the months observed.
    MissingColumnError, InvalidRowsError
        If the events or the thresholds cannot be used.

    Notes
    -----
    Who is chosen because a noisy number is high on a day has, on average, a lower one on any other day (Galton 1886).
    Only customers who paid at every month end shown are followed: leaving would look like an improvement as well.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> from retention_kit.synthetic import make_business
    >>> made = make_business(400, seed=2, warning=0.0)
    >>> book = build_ledger(made.subscriptions, as_of=made.as_of)
    >>> followed = regression_to_mean(book, made.events, as_of="2025-06-30")
    >>> followed.at(0) > followed.at(3)
    True
    """
    table = checked_thresholds(thresholds)
    if signal != POINTS and signal not in table.index:
        raise OptionError("error.option", name="signal", value=str(signal), legal=[POINTS, *table.index])
    if isinstance(months, bool) or not isinstance(months, int) or months < 1:
        raise OptionError("error.ranking_count", name="months", value=str(months))
    asked, middle = Asked(ledger, log_of(events, ledger.ids), table), last_closed(parse_day(as_of))
    # the last month first: one that is not yet known is refused before any is measured
    shown = range(middle + months, middle - months - 1, -1)
    return _followed([measured(asked, month_end(month)) for month in shown][::-1], signal, months)


def _followed(found: list[Signals], signal: str, months: int) -> MeanRegression:
    now = found[months]
    risk = points(now, "risk") > 0
    stays = np.logical_and.reduce([risk.index.isin(each.mrr.index) for each in found])
    values = [_value(each, signal).reindex(risk.index) for each in found]
    groups = {"flagged": risk.to_numpy() & stays, "others": ~risk.to_numpy() & stays}
    means = {name: [value.to_numpy()[some] for value in values] for name, some in groups.items()}
    frame = pd.DataFrame({name: [_mean(each) for each in rows] for name, rows in means.items()})
    frame.insert(0, "month", np.arange(-months, months + 1))
    return MeanRegression(
        as_of=now.as_of,
        signal=signal,
        frame=frame,
        flagged=int(groups["flagged"].sum()),
        others=int(groups["others"].sum()),
        left_out=int((risk.to_numpy() & ~stays).sum()),
        rule=Message("rule.regression", {"left": int((risk.to_numpy() & ~stays).sum())}),
    )


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _value(signals: Signals, signal: str) -> pd.Series:
    return points(signals, "risk") if signal == POINTS else signals.values[signal]
