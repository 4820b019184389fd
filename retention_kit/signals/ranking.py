"""Who to call first and why."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import parse_day
from retention_kit.results import Ranked, Ranking, Signals
from retention_kit.signals.asking import Asked, measured
from retention_kit.signals.log import date_of, log_of
from retention_kit.signals.thresholds import checked_thresholds
from retention_kit.wording import Message, Money

_NAME, _CSM = "name", "csm"


def rank_signals(
    ledger: Ledger, events: Any, *, as_of: Any = None, thresholds: Any = None, mask: bool = False, seed: int = 0
) -> Ranking:
    """Return who to call first and why, with the MRR at stake, and who is ready for more.

    Parameters
    ----------
    ledger, events, as_of, thresholds
        See `signals_of`.
    mask : bool
        Whether to show account numbers, drawn at random, instead of names, ids and CSMs, for a list that leaves the
        house.
    seed : int
        Of the account numbers: the same ledger and seed give the same. Whoever has both can undo them, so choose your
        own and keep it.

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
        If the events, the thresholds or the seed cannot be used.

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
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise OptionError("error.study.seed", name="seed", value=str(seed))
    table = checked_thresholds(thresholds)
    day = ledger.as_of if as_of is None else parse_day(as_of)
    return ranked(ledger, measured(Asked(ledger, log_of(events, ledger.ids), table), day), seed if mask else None)


def points(signals: Signals, kind: str) -> pd.Series:
    """Return the points of every customer from the signals of one kind."""
    steps = signals.thresholds
    own = steps.index[steps["kind"] == kind]
    return signals.fired[own].astype(float) @ steps.loc[own, "points"]


def order(points: pd.Series, mrr: pd.Series) -> np.ndarray:
    """Return the places of those with points, most points first, among equals the largest MRR, then by id."""
    by = np.lexsort((points.index.astype(str), -mrr.to_numpy(), -points.to_numpy()))
    return by[points.to_numpy()[by] > 0]


def ranked(ledger: Ledger, signals: Signals, seed: int | None = None) -> Ranking:
    """Return the ranking of signals already measured; a seed masks names and ids by numbers that it draws."""
    risk, upsell = (points(signals, kind) for kind in ("risk", "upsell"))
    names, mask = _named(ledger, signals, seed), seed is not None
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
        read=signals.read,
        told_about=signals.told_about,
        thresholds=signals.thresholds,
        key=dict(zip((name.customer_id for name in names), signals.mrr.index, strict=True)) if mask else {},
        rule=Message("rule.ranking", {"as_of": signals.as_of}),
        warnings=signals.warnings,
    )


class _Named(NamedTuple):
    """How an account is shown."""

    customer_id: Any
    who: str | Message
    csm: str | None = None


def _named(ledger: Ledger, signals: Signals, seed: int | None) -> list[_Named]:
    ids = signals.mrr.index
    if seed is not None:
        drawn = Generator(PCG64(seed)).permutation(len(ledger.ids)) + 1
        numbers = [str(drawn[number - 1]) for number in signals.numbers]
        return [_Named(number, Message("ranking.account", {"number": number})) for number in numbers]
    names, csms = (_attribute(ledger, name, ids) for name in (_NAME, _CSM))
    return [_Named(one, name or str(one), csm) for one, name, csm in zip(ids, names, csms, strict=True)]


def _attribute(ledger: Ledger, name: str, ids: pd.Index) -> list[str | None]:
    known = ledger.customers
    if known is None or name not in known:
        return [None] * len(ids)
    return [None if pd.isna(cell) else str(cell) for cell in known[name].reindex(ids)]


def _row(signals: Signals, names: list[_Named], points: pd.Series, kind: str, at: int, rank: int) -> Ranked:
    own = signals.fired.iloc[at]
    fired = [name for name in own.index[own] if name != "contract_end_ahead" and _kind(signals, name) == kind]
    steps = signals.thresholds["points"]
    fired.sort(key=lambda name: -steps[name])
    months, ends = signals.thresholds["window_months"], _end(signals, at)
    why = [reason(name, signals.values[name].iloc[at], int(months[name])) for name in fired]
    return Ranked(
        rank=rank,
        customer_id=names[at].customer_id,
        who=names[at].who,
        kind=kind,
        points=float(points.iloc[at]),
        mrr=Money(float(signals.mrr.iloc[at]), signals.currency),
        signals=tuple(fired),
        reasons=tuple(why) or (ends,),  # without another, the end of the contract was given points
        ends=ends if why else None,
        ending=bool(own.get("contract_end_ahead", False)),
        ends_on=None if np.isnan(signals.ends.iloc[at]) else date_of(int(signals.ends.iloc[at])),
        csm=names[at].csm,
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
    day = date_of(int(signals.ends.iloc[at]))
    if signals.dated.iloc[at]:
        return Message("ranking.ends_in_days", {"n": (day - signals.as_of).days})
    return Message("ranking.ends_in_month", {"month": day})
