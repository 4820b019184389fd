"""Past days looked at again: what was known then, who would have been called, and what came."""

import numpy as np

from retention_kit.months import month_number
from retention_kit.results import Lift, Signals
from retention_kit.signals.asking import Asked, of_strangers
from retention_kit.signals.lifts import Looks, ratio, share
from retention_kit.signals.outcomes import came_true
from retention_kit.signals.points import order, points
from retention_kit.wording import Message


class Past:
    """All customers on all past days: what was known, what came, and who would have been called.

    Parameters
    ----------
    asked : Asked
    kind : {"risk", "upsell"}
    horizon, k : int
    signals : list of Signals
        One a day, oldest first.
    """

    def __init__(self, asked: Asked, kind: str, horizon: int, k: int, signals: list[Signals]) -> None:
        self.horizon, self.signals = horizon, signals
        customers = [each.numbers.to_numpy() - 1 for each in signals]
        came = [
            came_true(asked.ledger, kind, month_number(each.as_of), horizon)[who]
            for each, who in zip(signals, customers, strict=True)
        ]
        dates = np.repeat(np.arange(len(signals)), [len(who) for who in customers])
        self.looks = Looks(np.concatenate(customers), dates, np.concatenate(came))
        scores = [points(each, kind) for each in signals]
        self.flagged = np.concatenate([score.to_numpy() > 0 for score in scores])
        ranked = [order(score, each.mrr)[:k] for score, each in zip(scores, signals, strict=True)]
        self.calls = [len(first) for first in ranked]
        self.called = np.concatenate([_mask(len(s), first) for s, first in zip(scores, ranked, strict=True)])
        self.by_mrr = self.best([each.mrr.to_numpy() for each in signals])
        self.notes = (*of_strangers(asked.log), *_missing(signals))

    def best(self, scores: list[np.ndarray]) -> np.ndarray:
        """Return who comes first by a score, as many on each day as the rules call."""
        firsts = (np.argsort(-one, kind="stable")[:n] for one, n in zip(scores, self.calls, strict=True))
        return np.concatenate([_mask(len(one), first) for one, first in zip(scores, firsts, strict=True)])


def _missing(signals: list[Signals]) -> tuple[Message, ...]:
    """Return which signals were known for nobody, and on how many of the days."""
    days = sum((each.values.isna().all().astype(int) for each in signals), start=0)
    names = [name for name in days.index if days[name] > 0 and name != "contract_end_ahead"]
    named = [
        Message("signal.unknown_days", {"what": Message(f"signal.followed.{n}"), "n": int(days[n])}) for n in names
    ]
    return (Message("signal.warning.unknown_days", {"days": len(signals), "names": named}),) if named else ()


def _mask(size: int, places: np.ndarray) -> np.ndarray:
    found = np.zeros(size, bool)
    found[places] = True
    return found


def lift_of(looks: Looks, name: str, some: np.ndarray, level: float) -> Lift:
    """Return what choosing some of the looks was worth; ``"all"`` is what the others are measured against."""
    found, against = share(looks.only(some), level), ratio(looks, some, np.ones(len(some), bool), level)
    lift = against if name != "all" else (1.0, 1.0, 1.0)
    return Lift(name, found.n, found.hits, found.value, found.low, found.high, *lift)
