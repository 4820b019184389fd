"""The MRR that today's customers will pay, month by month, with intervals for what will really come."""

import numpy as np
import pandas as pd

from retention_kit.errors import InputError, OptionError
from retention_kit.forecasts.announced import in_words
from retention_kit.forecasts.paths import Base, Past, base_of, futures, past_of
from retention_kit.ledger import Ledger
from retention_kit.ledger.snapshots import refuse_snapshot
from retention_kit.months import month_start, month_starts
from retention_kit.results import Forecast
from retention_kit.wording import Message

LEAST_MONTHS, LEAST_CHURNS, LEAST_RENEWALS = 12, 10, 10
_LARGE, _UNTOLD = 0.2, 0.1  # shares of MRR from which on a warning is due


def forecast_mrr(
    ledger: Ledger, months: int = 12, *, level: float = 0.9, seed: int = 0, draws: int = 1_000
) -> Forecast:
    """Return the expected MRR of the customers of the last month closed, month by month, with intervals.

    Parameters
    ----------
    ledger : Ledger
    months : int
        How far ahead; at most as many months as the ledger has observed.
    level : float
        Share of such forecasts whose interval is to hold the MRR that really comes, month by month.
    seed : int
        The same seed gives the same forecast.
    draws : int
        Futures drawn.

    Returns
    -------
    Forecast
        Nobody new is in it: it says what is there to lose and to grow, not what sales will bring.

    Raises
    ------
    OptionError
        If `months`, `level` or `draws` is out of range.
    InputError
        If the history is too short, too few customers have left, most MRR is in contracts whose renewals have hardly
        been seen, nobody pays in the last month closed, or the ledger holds a snapshot of survivors. The message says
        what would help.

    Notes
    -----
    In every draw each customer goes from month end to month end as those like them did so far: leaves, changes what
    they pay by a ratio that one of them changed by, stays, or comes back after having left. Alike are customers of the
    same contract term, at a renewal or between two, in the same third of MRR and the same band of age (to 3, 6, 12, 24
    months, beyond), age counted from the beginning of the present spell of paying. A rate of few is mixed with that of
    its contract term as if half an event more had been seen.

    Each draw weighs the customers of the past anew (Bayesian bootstrap, Rubin 1981): so sure are the rates. Each
    customer's luck is drawn one by one: a large account stays or goes as a whole. Where whole months vary more than
    luck alone explains (chi-squared, 5 %), a common factor of the month is drawn as well. The limits are quantiles of
    the total over all draws. Coverage is measured in docs/forecasts.md.

    Cancellations already announced (`Ledger.announced`) are no matter of luck: what they end is taken out in its month
    in every draw, and who ends altogether leaves then, neither before nor later; they may come back as others did. All
    the others leave as often as customers did so far. Where part of the usual departures is announced beforehand, the
    first months are therefore on the low side. A past ledger (`Ledger.until`) knows of none, nor do back-tests.

    It assumes that the future is like the past: no price change, no crisis that has not happened before.

    Examples
    --------
    >>> import retention_kit as rk
    >>> business = rk.synthetic.make_business(customers=300, seed=3)
    >>> ledger = rk.build_ledger(business.subscriptions, as_of=business.as_of)
    >>> forecast = rk.forecast_mrr(ledger, months=6)
    >>> len(forecast.frame), bool((forecast.frame["low"] < forecast.frame["high"]).all())
    (6, True)
    """
    _check(months, level, draws)
    past = _past(ledger, months)
    base = base_of(ledger, past.cells, months)
    mrr, paying = futures(past, base, months, draws, seed)
    low, high = np.quantile(mrr, [(1 - level) / 2, (1 + level) / 2], axis=0)
    sums = {
        name: ledger.to_units(value) for name, value in (("expected", mrr.mean(axis=0)), ("low", low), ("high", high))
    }
    ahead = month_starts(ledger.book.last + 1 + np.arange(months))
    return Forecast(
        frame=pd.DataFrame({"month": ahead, **sums, "customers": paying.mean(axis=0)}),
        starting=float(ledger.to_units(base.cents.sum())),
        origin=ledger.last_month,
        n=len(base.cents),
        level=level,
        rule=Message("forecast.rule", {"level": level, "total": draws}),
        warnings=(*in_words(ledger, base.announced, ahead[-1]), *_warnings(past, base, months)),
        currency=ledger.currency,
    )


def _check(months: int, level: float, draws: int) -> None:
    if isinstance(months, bool) or not isinstance(months, int | np.integer) or months < 1:
        raise OptionError("error.horizon", value=months)
    if not 0.5 <= level < 1:
        raise OptionError("error.level", value=level)
    if draws < 100:
        raise OptionError("forecast.error.draws", value=draws)


def _past(ledger: Ledger, months: int) -> Past:
    """Return what the history says, or say why it says too little."""
    refuse_snapshot(ledger)
    book = ledger.book
    seen, needed = book.last - book.first + 1, max(LEAST_MONTHS, months)
    if seen < needed:
        raise InputError(
            "forecast.refused.history", n=seen, months=months, needed=needed, until=month_start(book.first + needed - 1)
        )
    if not (book.month == book.last).any():
        raise InputError("forecast.refused.nobody", month=month_start(book.last))
    past = past_of(ledger)
    if past.churns < LEAST_CHURNS:
        raise InputError("forecast.refused.churns", n=past.churns, needed=LEAST_CHURNS, months=seen)
    term, share = _untold(past, base_of(ledger, past.cells, months), months)
    if share > 0.5:
        raise InputError("forecast.refused.renewals", term=term, share=share, needed=LEAST_RENEWALS)
    return past


def _untold(past: Past, base: Base, months: int) -> tuple[int, float]:
    """Return the share of MRR that falls due in contracts whose renewals have hardly been seen, and their term."""
    terms, seen = past.cells.terms, past.counts.seen.sum(axis=0)
    renewals = seen.reshape(len(terms), 2, -1).sum(axis=2)[:, 1]
    few = (renewals < LEAST_RENEWALS)[base.kind] & (base.age % terms[base.kind] + months >= terms[base.kind])
    share = base.cents[few].sum() / base.cents.sum()
    return int(terms[base.kind[few]].max(initial=1)), float(share)


def _warnings(past: Past, base: Base, months: int) -> tuple[Message, ...]:
    found = []
    largest = float(base.cents.max() / base.cents.sum())
    if largest >= _LARGE:
        found.append(Message("forecast.warning.largest", {"share": largest}))
    term, share = _untold(past, base, months)
    if share >= _UNTOLD:
        found.append(Message("forecast.warning.renewals", {"term": term, "share": share, "needed": LEAST_RENEWALS}))
    if max(past.spread) > 0:
        found.append(Message("forecast.warning.spread", {"spread": float(np.sqrt(max(past.spread)))}))
    return tuple(found)
