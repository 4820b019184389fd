"""Who to call first and why."""

import datetime as dt
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.ledger.masking import account_numbers, in_words
from retention_kit.months import month_end, parse_day
from retention_kit.results import Judgement, Ranked, Ranking, Signals
from retention_kit.signals.asking import Asked, measured
from retention_kit.signals.log import date_of, log_of
from retention_kit.signals.model import probabilities
from retention_kit.signals.points import order, points
from retention_kit.signals.thresholds import checked_thresholds
from retention_kit.wording import Message, Money

_NAME, _CSM = "name", "csm"


def rank_signals(
    ledger: Ledger,
    events: Any,
    *,
    as_of: Any = None,
    thresholds: Any = None,
    by: Judgement | None = None,
    mask: bool = False,
    seed: int = 0,
) -> Ranking:
    """Return who to call first and why, with the MRR at stake, and who is ready for more.

    Parameters
    ----------
    ledger, events, as_of, thresholds
        See `signals_of`.
    by : Judgement, optional
        What `judge_ranking` says of the past of the same ledger. If its logistic model found more there than the rules,
        on days it had not seen, the list has the `k` accounts likeliest to leave within its horizon, each with that
        probability; if not, the list is by points as ever, and a warning says so. Default: by points.
    mask : bool
        Whether to show numbers, those that `open_ledger` shows with ``mask=True``, instead of names, ids and CSMs, for
        a list that leaves the house.
    seed : int
        Of the numbers: the same ledger and seed give the same. Whoever has both can undo them, so choose your
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
        If the events, the thresholds or the seed cannot be used, or `by` judged growth, or other signals.

    Notes
    -----
    An account's points are the sum of the points of its signals that fired. They rank, and are no probability: what
    being ranked first was worth in the past is what `judge_ranking` says.

    The model was fitted on the earlier of the days judged. Its logits are recalibrated, ``a + b · logit``, with
    intercept and slope of what came on the later days (Cox 1958): the order stays, the probabilities get the level and
    the spread that held there. Accounts may stand in it that show no sign: MRR, age and contract tell as well.

    Examples
    --------
    >>> book = Ledger.from_frame(pd.DataFrame({"2025-06": [100.0, 80.0]}, index=["Ada", "Bo"]), as_of="2025-06-30")
    >>> told = pd.DataFrame({"customer_id": ["Bo"] * 2, "at": ["2025-06-12"] * 2, "kind": ["complaint"] * 2})
    >>> print(rank_signals(book, told).first.sentence())
    Call Bo first: 2 complaints in 2 months; 80 of MRR a month at stake.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise OptionError("error.study.seed", name="seed", value=str(seed))
    if by is not None and by.kind != "risk":
        raise OptionError("error.ranking_by", kind=by.kind)
    table = checked_thresholds(thresholds)
    day = ledger.as_of if as_of is None else parse_day(as_of)
    signals = measured(Asked(ledger, log_of(events, ledger.ids), table), day)
    return ranked(ledger, signals, seed if mask else None, by)


def ranked(ledger: Ledger, signals: Signals, seed: int | None = None, by: Judgement | None = None) -> Ranking:
    """Return the ranking of signals already measured; a seed masks names and ids by its numbers."""
    risk, upsell = (points(signals, kind) for kind in ("risk", "upsell"))
    names, mask = _named(ledger, signals, seed), seed is not None
    chance = _chances(signals, by)
    places = order(risk, signals.mrr) if chance is None else order(chance, signals.mrr)[: by.k]
    rows = [_row(signals, names, risk, "risk", at, place) for place, at in enumerate(places, 1)]
    listed = np.isin(np.arange(len(risk)), places)
    ready = upsell.where(~listed & (risk == 0) & signals.leaves.isna(), 0.0)
    more = [_row(signals, names, ready, "upsell", at, n) for n, at in enumerate(order(ready, signals.mrr), 1)]
    by_model = chance is not None
    return Ranking(
        as_of=signals.as_of,
        rows=_with_chances(rows, chance.iloc[places], by) if by_model else tuple(rows),
        upsell=tuple(more),
        customers=len(signals.mrr),
        currency=signals.currency,
        masked=mask,
        read=signals.read,
        told_about=signals.told_about,
        thresholds=signals.thresholds,
        key=dict(zip((name.customer_id for name in names), signals.mrr.index, strict=True)) if mask else {},
        rule=_rule(signals, by) if by_model else Message("rule.ranking", {"as_of": signals.as_of}),
        warnings=(*signals.warnings, *_unlisted(signals, listed), *(_by_points(by) if by and not by_model else ())),
        horizon=by.horizon if by_model else None,
    )


def _chances(signals: Signals, by: Judgement | None) -> pd.Series | None:
    """Return every customer's probability of leaving, if a model was judged better; None where points rank."""
    if by is None or by.model is None or not by.model.slope > 0:
        return None
    return probabilities(by.model, signals, by.horizon)


def _with_chances(rows: list[Ranked], chance: pd.Series, by: Judgement) -> tuple[Ranked, ...]:
    said = [Message("ranking.chance", {"share": share, "horizon": by.horizon}) for share in chance]
    return tuple(
        replace(row, probability=float(share), reasons=(why, *row.reasons))
        for row, share, why in zip(rows, chance, said, strict=True)
    )


def _rule(signals: Signals, by: Judgement) -> Message:
    told = {"as_of": signals.as_of, "horizon": by.horizon, "fitted": by.model.fitted, "judged": by.model.judged}
    sizes = {"slope": round(by.model.slope, 2), "intercept": round(by.model.intercept, 2), "k": by.k}
    return Message("rule.ranking.model", told | sizes)


def _by_points(by: Judgement) -> tuple[Message, ...]:
    """Say why the list is by points although a judgement was handed in."""
    return Message("ranking.warning.by_points"), *(note for note in by.notes if note.key.startswith("ranking.model."))


def _unlisted(signals: Signals, listed: np.ndarray) -> tuple[Message, ...]:
    """Say how many have announced to leave whom the list does not have, for it has those who show signs."""
    gone = signals.mrr[signals.leaves.notna() & ~listed]
    fields = {"n": len(gone), "mrr": Money(float(gone.sum()), signals.currency)}
    return (Message("ranking.warning.announced", fields),) if len(gone) else ()


class _Named(NamedTuple):
    """How an account is shown."""

    customer_id: Any
    who: str | Message
    csm: str | None = None


def _named(ledger: Ledger, signals: Signals, seed: int | None) -> list[_Named]:
    ids = signals.mrr.index
    if seed is not None:
        shown = in_words(account_numbers(ledger.ids, seed))
        return [_Named(shown[one].fields["number"], shown[one]) for one in ids]
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
    months, leaves = signals.thresholds["window_months"], _leaves(signals, at)
    ends = Message("ranking.announced", {"month": leaves}) if leaves else _end(signals, at)
    why = [reason(name, signals.values[name].iloc[at], int(months[name])) for name in fired]
    return Ranked(
        rank=rank,
        customer_id=names[at].customer_id,
        who=names[at].who,
        kind=kind,
        points=float(points.iloc[at]),
        mrr=Money(float(signals.mrr.iloc[at]), signals.currency),
        signals=tuple(fired),
        # without another, the end of the contract was given points; or a model puts it there
        reasons=tuple(why) or ((ends,) if ends and points.iloc[at] > 0 else ()),
        ends=ends if why or not points.iloc[at] > 0 else None,
        ending=bool(own.get("contract_end_ahead", False)),
        ends_on=None if np.isnan(signals.ends.iloc[at]) else date_of(int(signals.ends.iloc[at])),
        csm=names[at].csm,
        leaves=leaves,
    )


def _kind(signals: Signals, name: str) -> str:
    return signals.thresholds["kind"][name]


def reason(name: str, value: float, months: int) -> Message:
    """Return why a signal fired, in words."""
    if name in ("feature_dropped", "complaints", "payment_late"):
        return Message(f"signal.reason.{name}", {"n": int(value), "months": months})
    return Message(f"signal.reason.{name}", {"value": round(float(value), 2), "months": months})


def _leaves(signals: Signals, at: int) -> dt.date | None:
    month = signals.leaves.iloc[at]
    return None if np.isnan(month) else month_end(int(month))


def _end(signals: Signals, at: int) -> Message | None:
    """Return when the contract ends, in days where a date says so, else by its month; None where it is not near."""
    name = "contract_end_ahead"
    if name not in signals.fired or not signals.fired[name].iloc[at]:
        return None
    day = date_of(int(signals.ends.iloc[at]))
    if signals.dated.iloc[at]:
        return Message("ranking.ends_in_days", {"n": (day - signals.as_of).days})
    return Message("ranking.ends_in_month", {"month": day})
