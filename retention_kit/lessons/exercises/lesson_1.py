"""Lesson 1: what NRR says."""

from functools import cache

import pandas as pd

from retention_kit.ledger import Ledger, build_ledger
from retention_kit.lessons.examples import example
from retention_kit.lessons.exercise import amount, fraction, pandas_line, sentence
from retention_kit.mrr_movements import mrr_bridge
from retention_kit.retention import nrr
from retention_kit.sources import read_subscriptions
from retention_kit.totals import grr_from_movements, nrr_from_movements

_OTHER = {"expansion": 20_000, "churn": 5_000, "contraction": 2_000}


@cache
def _ledger() -> Ledger:
    return build_ledger(read_subscriptions(example("five_customers"), currency="EUR"), as_of="2026-03-31")


def _quarter() -> float:
    return float(nrr(_ledger(), "2025-12", "2026-03"))


def _flows() -> dict[str, float]:
    return mrr_bridge(_ledger(), freq="Q", start="2025-12", end="2026-03").frame.sum(numeric_only=True).to_dict()


def _rows(month: str) -> pd.DataFrame:
    frame = _ledger().frame
    return frame[frame["month"] == month]


def _at(month: str) -> float:
    return _rows(month)["mrr"].sum()


def _without_churn() -> float:
    """Return the MRR of the start's customers at the end, had nobody left."""
    flows = _flows()
    return flows["opening"] + flows["expansion"] - flows["contraction"]


EXERCISES = (
    fraction(
        "1.1",
        lambda: nrr_from_movements(100_000, **_OTHER),
        {
            "forgot_expansion": lambda: grr_from_movements(100_000, churn=5_000, contraction=2_000),
            "forgot_churn": lambda: nrr_from_movements(100_000, **_OTHER | {"churn": 0}),
            "inverted": lambda: 1 / float(nrr_from_movements(100_000, **_OTHER)),
        },
    ),
    sentence("1.2", "b", {"counted_new": "a", "divided_by_closing": "c", "counted_customers": "d"}),
    fraction(
        "1.3",
        lambda: _without_churn() / _flows()["opening"],
        {
            "kept_churn": _quarter,
            "left_the_base": lambda: (_without_churn() - _flows()["churn"]) / (_flows()["opening"] - _flows()["churn"]),
            "counted_new": lambda: (_without_churn() + _flows()["new"]) / _flows()["opening"],
        },
    ),
    pandas_line(
        "1.4",
        lambda: _at("2025-12-01"),
        {
            "all_months": lambda: _ledger().frame["mrr"].sum(),
            "wrong_month": lambda: _at("2026-03-01"),
            "counted_rows": lambda: len(_rows("2025-12-01")),
        },
    ),
    amount(
        "1.5",
        lambda: _flows()["closing"] - _flows()["new"],
        {
            "kept_new": lambda: _flows()["closing"],
            "opening": lambda: _flows()["opening"],
            "added_new": lambda: _flows()["closing"] + _flows()["new"],
        },
        kind="figure",
    ),
    fraction(
        "1.6",
        lambda: 0.97**4,
        {"times_four": lambda: 1 - 4 * 0.03, "same_as_quarter": lambda: 0.97, "three_quarters": lambda: 0.97**3},
    ),
    sentence("1.7", "b", {"as_it_stands": "a", "multiplied": "c", "divided": "d"}),
)
