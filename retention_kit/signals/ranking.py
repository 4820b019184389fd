"""Who to call first and why."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.ledger import Ledger
from retention_kit.months import parse_day
from retention_kit.results import Ranked, Ranking, Signals
from retention_kit.signals.asking import Asked, measured
from retention_kit.signals.log import log_of
from retention_kit.signals.thresholds import checked_thresholds
from retention_kit.wording import Message, Money

_NAME = "name"


def rank_signals(
    ledger: Ledger, events: Any, *, as_of: Any = None, thresholds: Any = None, mask: bool = False
) -> Ranking:
    """Return who to call first and why, with the MRR at stake, and who is ready for more.

    Parameters
    ----------
    ledger, events, as_of, thresholds
        See `signals_of`.
    mask : bool
        Whether to show account numbers (their place in the ledger) instead of names and ids, for a list that leaves
        the house.

    Returns
    -------
    Ranking
        Accounts with at least one point of risk, most points first, among equals the largest MRR first; then, apart,
        those with signs of upsell and no point of risk.

    Raises
    ------
    OpenMonthError, MonthError
        If the day lies after the ledger's, or before its first month end.
    MissingColumnError, InvalidRowsError, OptionError
        If the events or the thresholds cannot be used.

    Notes
    -----
    An account's points are the sum of the points of its signals that fired. They rank, and are no probability: what
    being ranked first was worth in the past is what `judge_ranking` says.

    Examples
    --------
    >>> book = Ledger.from_frame(pd.DataFrame({"2025-06": [100.0, 80.0]}, index=["Ada", "Bo"]), as_of="2025-06-30")
    >>> told = pd.DataFrame({"customer_id": ["Bo"] * 2, "at": ["2025-06-12"] * 2, "kind": ["complaint"] * 2})
    >>> print(rank_signals(book, told).first.sentence())
    Call Bo first: 2 complaints in 2 months; 80 of MRR a month at stake.
    """
    table = checked_thresholds(thresholds)
    day = ledger.as_of if as_of is None else parse_day(as_of)
    return ranked(ledger, measured(Asked(ledger, log_of(events, ledger.ids), table), day), mask)


def points(signals: Signals, kind: str) -> pd.Series:
    """Return the points of every customer from the signals of one kind."""
    steps = signals.thresholds
    own = steps.index[steps["kind"] == kind]
    return signals.fired[own].astype(float) @ steps.loc[own, "points"]


def order(points: pd.Series, mrr: pd.Series) -> np.ndarray:
    """Return the places of those with points, most points first, among equals the largest MRR, then by id."""
    by = np.lexsort((points.index.astype(str), -mrr.to_numpy(), -points.to_numpy()))
    return by[points.to_numpy()[by] > 0]


def ranked(ledger: Ledger, signals: Signals, mask: bool) -> Ranking:
    """Return the ranking of signals already measured."""
    risk, upsell = (points(signals, kind) for kind in ("risk", "upsell"))
    names = _names(ledger, signals, mask)
    rows = [_row(signals, names, risk, "risk", at, place) for place, at in enumerate(order(risk, signals.mrr), 1)]
    ready = upsell.where(risk == 0, 0.0)
    more = [_row(signals, names, ready, "upsell", at, n) for n, at in enumerate(order(ready, signals.mrr), 1)]
    return Ranking(
        as_of=signals.as_of,
        rows=tuple(rows),
        upsell=tuple(more),
        customers=len(signals.mrr),
        currency=signals.currency,
        masked=mask,
        rule=Message("rule.ranking", {"as_of": signals.as_of}),
        warnings=signals.warnings,
    )


def _names(ledger: Ledger, signals: Signals, mask: bool) -> list[str | Message]:
    if mask:
        return [Message("ranking.account", {"number": str(number)}) for number in signals.numbers]
    known = ledger.customers
    if known is None or _NAME not in known:
        return [str(one) for one in signals.mrr.index]
    named = known[_NAME].reindex(signals.mrr.index)
    return [str(one) if pd.isna(name) else str(name) for one, name in named.items()]


def _row(signals: Signals, names: list[str | Message], points: pd.Series, kind: str, at: int, rank: int) -> Ranked:
    own = signals.fired.iloc[at]
    fired = [name for name in own.index[own] if name != "contract_end_ahead" and _kind(signals, name) == kind]
    steps = signals.thresholds["points"]
    fired.sort(key=lambda name: -steps[name])
    months, ends = signals.thresholds["window_months"], _end(signals, at)
    why = [reason(name, signals.values[name].iloc[at], int(months[name])) for name in fired]
    return Ranked(
        rank=rank,
        customer_id=signals.mrr.index[at],
        who=names[at],
        kind=kind,
        points=float(points.iloc[at]),
        mrr=Money(float(signals.mrr.iloc[at]), signals.currency),
        signals=tuple(fired),
        reasons=tuple(why) or (ends,),  # without another, the end of the contract was given points
        ends=ends if why else None,
        ending=bool(own.get("contract_end_ahead", False)),
    )


def _kind(signals: Signals, name: str) -> str:
    return signals.thresholds["kind"][name]


def reason(name: str, value: float, months: int) -> Message:
    """Return why a signal fired, in words."""
    if name in ("feature_dropped", "complaints", "payment_late"):
        return Message(f"signal.reason.{name}", {"n": int(value), "months": months})
    return Message(f"signal.reason.{name}", {"value": round(float(value), 2), "months": months})


def _end(signals: Signals, at: int) -> Message | None:
    """Return when the contract ends, in days where a date says so, else by its month; None where it is not near."""
    name = "contract_end_ahead"
    if name not in signals.fired or not signals.fired[name].iloc[at]:
        return None
    day = dt.date(1970, 1, 1) + dt.timedelta(days=int(signals.ends.iloc[at]))
    if signals.dated.iloc[at]:
        return Message("ranking.ends_in_days", {"n": (day - signals.as_of).days})
    return Message("ranking.ends_in_month", {"month": day})
