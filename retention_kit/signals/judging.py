"""What a ranking was worth on past days: of those it put first, how many left, against all and against MRR alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import month_end, month_number
from retention_kit.results import Judgement
from retention_kit.signals.asking import Asked, measured
from retention_kit.signals.lifts import LEAST_HITS, ratio
from retention_kit.signals.log import date_of, log_of
from retention_kit.signals.model import model_beside
from retention_kit.signals.past import Past, lift_of
from retention_kit.signals.silences import stopped
from retention_kit.signals.thresholds import KINDS, checked_thresholds
from retention_kit.wording import Message

_SEEN = 4  # months of events before the first day judged


def judge_ranking(
    ledger: Ledger,
    events: Any,
    *,
    k: int = 20,
    horizon: int = 3,
    kind: str = "risk",
    thresholds: Any = None,
    months: Sequence[Any] | None = None,
    model: bool = True,
    level: float = 0.95,
) -> Judgement:
    """Judge a ranking on the past: of those it put first, how many left, against all and against MRR alone.

    Parameters
    ----------
    ledger, events, thresholds
        See `signals_of`.
    k : int
        How many are called at most on each day; where fewer have a point, only those.
    horizon : int
        Months within which they must leave for the call to have been right.
    kind : {"risk", "upsell"}
        What is judged: churn after signs of leaving, or growth of MRR after signs of being ready for more.
    months : sequence of str, optional
        Month ends at which the ranking is drawn up. Default: every `horizon` months back from the last whose future is
        known, as long as four months of events lie before, and none after the events end; so that no two futures
        overlap.
    model : bool
        Whether to fit a logistic model on the earlier days; it is shown only where it finds, on the later ones, more
        than the same model without the signals and more than the rules: this is how much the events add.
    level : float
        Of the intervals.

    Returns
    -------
    Judgement
        Shares and lifts of the rules, of all flagged accounts, of MRR alone, and of the model where it is shown.

    Raises
    ------
    OptionError
        If `k`, `horizon`, `kind`, `months` or `level` is not legal, or no past day can be judged.
    MissingColumnError, InvalidRowsError
        If the events or the thresholds cannot be used.

    Notes
    -----
    On each day only the ledger and the events up to it are known. Lift is the share among those called ÷ the share
    among all; its interval is on the logarithm and clustered by customer, since the same customers return on later
    days. A lift is claimed only where the interval lies above 1 and at least five of those called left. MRR alone
    calls as many on each day, the largest first.

    Examples
    --------
    >>> from retention_kit.synthetic import make_business
    >>> from retention_kit.ledger import build_ledger
    >>> made = make_business(300, seed=1)
    >>> book = build_ledger(made.subscriptions, as_of=made.as_of)
    >>> judge_ranking(book, made.events, model=False).claims_lift
    True
    """
    _check(k, horizon, kind, level)
    asked = Asked(ledger, log_of(events, ledger.ids), checked_thresholds(thresholds))
    days = _days(asked, horizon, months)
    past = Past(asked, kind, horizon, k, [measured(asked, month_end(day)) for day in days])
    looks, everyone = past.looks, np.ones(len(past.looks.came), bool)
    chosen = {"rules": past.called, "flagged": past.flagged, "mrr": past.by_mrr}
    lifts = {name: lift_of(looks, name, some, level) for name, some in chosen.items()}
    beside, note = model_beside(past, level) if model else (None, None)
    return Judgement(
        kind=kind,
        k=k,
        horizon=horizon,
        level=level,
        days=tuple(month_end(day) for day in days),
        base=lift_of(looks, "all", everyone, level),
        lifts=tuple(lifts.values()),
        over_mrr=tuple(ratio(looks, past.called, past.by_mrr, level)),
        least=LEAST_HITS,
        model=beside,
        notes=(*past.notes, *([note] if note else [])),
        rule=Message("rule.judgement", {"k": k, "horizon": horizon, "level": level, "least": LEAST_HITS}),
    )


def _check(k: int, horizon: int, kind: str, level: float) -> None:
    for name, value in (("k", k), ("horizon", horizon)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise OptionError("error.ranking_count", name=name, value=str(value))
    if kind not in KINDS:
        raise OptionError("error.option", name="kind", value=str(kind), legal=list(KINDS))
    if not 0 < level < 1:
        raise OptionError("error.ranking_level", name="level", value=str(level))


def _days(asked: Asked, horizon: int, months: Sequence[Any] | None) -> list[int]:
    """Return the month ends judged, oldest first."""
    book = asked.ledger.book
    days = asked.log.day
    last = min(book.last - horizon - asked.ledger.grace_months, _last_read(asked))
    began = pd.Timestamp(int(days[0]), unit="D") if len(days) else None
    first = max(book.first, month_number(began) + _SEEN) if began is not None else book.first
    if months is None:
        found = list(range(last, first - 1, -horizon))[::-1]
    else:
        found = sorted({month_number(month) for month in months})
    if months is not None and found and found[-1] > _last_read(asked):
        raise OptionError("error.ranking_after_events", last=date_of(int(days[-1])), day=month_end(found[-1]))
    if not found or not book.first <= found[0] <= found[-1] <= last:
        raise OptionError("error.ranking_no_past", horizon=horizon, months=_SEEN)
    return found


def _last_read(asked: Asked) -> int:
    """Return the last month end that the events reach; the ledger's where there are none at all."""
    if not len(asked.log):
        return asked.ledger.book.last
    month = month_number(pd.Timestamp(date_of(int(asked.log.day[-1]))))
    return month - 1 if stopped(asked.log, month_end(month)) else month
