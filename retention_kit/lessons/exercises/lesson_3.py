"""Lesson 3: from subscriptions to MRR."""

from functools import cache
from typing import Any

import pandas as pd

from retention_kit.ledger import Ledger, build_ledger
from retention_kit.lessons.examples import example
from retention_kit.lessons.exercise import amount, pandas_line, sentence
from retention_kit.mrr_movements import mrr_bridge
from retention_kit.sources import read_subscriptions

_AS_OF = "2026-03-31"


def _mrr(**line: Any) -> float:
    """Return the MRR at the end of January of one subscription, as the kit works it out."""
    row = {"subscription_id": 1, "customer_id": "one", "start": "2025-12-10", "end": None, **line}
    ledger = build_ledger(read_subscriptions(pd.DataFrame([row]), currency="EUR"), as_of=_AS_OF)
    return float(ledger.frame.set_index("month")["mrr"]["2026-01-01"])


@cache
def _ledger() -> Ledger:
    return build_ledger(read_subscriptions(example("six_contracts"), currency="EUR"), as_of=_AS_OF)


def _flow(month: str, name: str) -> float:
    return float(mrr_bridge(_ledger(), start="2025-09").frame.set_index("period").loc[month, name])


EXERCISES = (
    amount(
        "3.1",
        lambda: _mrr(amount=5_400, interval="year"),
        {
            "whole_invoice": lambda: _mrr(amount=5_400, interval="month"),
            "as_a_quarter": lambda: _mrr(amount=5_400, interval="quarter"),
            "multiplied_by_twelve": lambda: 5_400 * 12,
        },
    ),
    amount(
        "3.2",
        lambda: _mrr(amount=120, interval="week"),
        {
            "four_weeks": lambda: 4 * 120,
            "a_whole_year": lambda: 52 * 120,
            "thirty_days": lambda: 120 * 30 / 7,
        },
    ),
    amount(
        "3.3",
        lambda: _mrr(amount=400, interval="month", discount_percent=25),
        {
            "forgot_discount": lambda: _mrr(amount=400, interval="month"),
            "took_the_discount": lambda: 400 - _mrr(amount=400, interval="month", discount_percent=25),
            "discount_in_euros": lambda: _mrr(amount=400, interval="month", discount_amount=25),
        },
    ),
    sentence("3.4", "b", {"last_full_month": "a", "month_after": "c", "pro_rata": "d"}),
    pandas_line(
        "3.5",
        lambda: _ledger().frame.groupby("month")["mrr"].sum(),
        {
            "average_per_customer": lambda: _ledger().frame.groupby("month")["mrr"].mean(),
            "counted_customers": lambda: _ledger().frame.groupby("month")["mrr"].count(),
            "by_customer": lambda: _ledger().frame.groupby("customer_id")["mrr"].sum(),
            "one_total": lambda: _ledger().frame["mrr"].sum(),
        },
    ),
    sentence("3.6", "b", {"thought_lost": "a", "between_two_photographs": "c", "pro_rata": "d"}),
    amount(
        "3.7",
        lambda: _flow("2026-02-01", "churn"),
        {
            "another_bar": lambda: _flow("2026-03-01", "expansion"),
            "sign_of_the_bar": lambda: -_flow("2026-02-01", "churn"),
            "closing_of_month": lambda: _flow("2026-02-01", "closing"),
        },
        kind="figure",
    ),
)
