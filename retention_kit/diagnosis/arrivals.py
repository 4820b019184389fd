"""Departures by age: soon after the first payment, or later."""

import math
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.diagnosis.base import Base
from retention_kit.results import Clue
from retention_kit.wording import Message

_EARLY = 3  # months after the first payment in which a customer is still arriving
_AGES = ((1, _EARLY), (_EARLY + 1, 12), (13, None))


def onboarding(base: Base) -> Clue:
    """Return how many left soon after their first payment, and what NRR lost with them."""
    lives = base.ledger.engine.lives(base.ledger.book)
    left = lives.start + lives.churned
    inside = lives.known & (lives.churned >= 0) & (left > base.begin) & (left <= base.close)
    rows = [_rate(base, lives, inside, *ages) for ages in _AGES]
    early = inside & (lives.churned <= _EARLY)
    young = (lives.known & (base.begin - lives.start < _EARLY))[base.customers]
    gone = early[base.customers] & (base.closing == 0)
    lost = base.money(base.lost[gone].sum())
    fields = {f"{name}_{when}": row[name] for row, when in zip(rows, ("early", "later"), strict=False) for name in row}
    fields |= {"lost": lost, "n": int(gone.sum()), "newcomers": int((early & (lives.start > base.begin)).sum())}
    unknown = int((~lives.known).sum())
    notes = (Message("diagnosis.onboarding.unknown", {"n": unknown}),) if unknown else ()
    answer = Message("diagnosis.onboarding.answer", fields | {"months": _EARLY})
    return Clue("onboarding", base.points(young, gone), answer, pd.DataFrame(rows), lost, notes=notes)


def _rate(base: Base, lives: Any, inside: np.ndarray, low: int, high: int | None) -> dict[str, Any]:
    """Return churns ÷ customer-months at risk at these ages, within the window."""
    until = np.where(lives.churned >= 0, lives.churned, lives.watched)
    oldest = np.minimum(until, base.close - lives.start)
    oldest = oldest if high is None else np.minimum(oldest, high)
    youngest = np.maximum(low, base.begin + 1 - lives.start)
    at_risk = int(np.maximum(oldest - youngest + 1, 0)[lives.known].sum())
    churned = int((inside & (lives.churned >= low) & (lives.churned <= (high or lives.churned))).sum())
    ages = {"age_from": low, "age_to": math.nan if high is None else high}
    return ages | {"at_risk": at_risk, "churned": churned, "rate": churned / at_risk if at_risk else math.nan}
