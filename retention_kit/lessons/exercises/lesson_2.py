"""Lesson 2: GRR beside NRR."""

from functools import cache

import pandas as pd

from retention_kit.ledger import Ledger, build_ledger
from retention_kit.lessons.examples import example
from retention_kit.lessons.exercise import amount, fraction, pandas_line, sentence
from retention_kit.mrr_movements import movements, mrr_bridge
from retention_kit.retention import grr
from retention_kit.sources import read_subscriptions
from retention_kit.totals import grr_from_movements, nrr_from_movements

_START, _LOST = 250_000, {"churn": 30_000, "contraction": 7_500}


@cache
def _ledger() -> Ledger:
    return build_ledger(read_subscriptions(example("ten_customers"), currency="EUR"), as_of="2026-03-31")


@cache
def _table() -> pd.DataFrame:
    return movements(_ledger(), freq="Q", start="2025-12")[["opening", "closing"]]


@cache
def _flows() -> pd.Series:
    return mrr_bridge(_ledger(), freq="Q", start="2025-12", end="2026-03").frame.iloc[0]


@cache
def _dip() -> Ledger:
    months = {"2025-12": [100], "2026-01": [60], "2026-02": [60], "2026-03": [100]}
    return Ledger.from_frame(pd.DataFrame(months, index=["Roseau"]), as_of="2026-03-31")


EXERCISES = (
    fraction(
        "2.1",
        lambda: grr_from_movements(_START, **_LOST),
        {
            "added_expansion": lambda: nrr_from_movements(_START, expansion=40_000, **_LOST),
            "forgot_contraction": lambda: grr_from_movements(_START, churn=30_000, contraction=0),
            "forgot_churn": lambda: grr_from_movements(_START, churn=0, contraction=7_500),
            "took_the_loss": lambda: 1 - float(grr_from_movements(_START, **_LOST)),
        },
    ),
    sentence("2.2", "c", {"expansion_counts": "a", "counted_new": "b", "longer_window": "d"}),
    amount(
        "2.3",
        lambda: 10 * 8_333,
        {"as_announced": lambda: 83_333, "one_more": lambda: 11 * 8_333, "one_less": lambda: 9 * 8_333},
    ),
    sentence("2.4", "b", {"may_go_up_together": "a", "nrr_is_never_lower": "c", "contraction_is_no_churn": "d"}),
    pandas_line(
        "2.5",
        lambda: _table().min(axis="columns").sum(),
        {
            "smaller_total": lambda: _table()["closing"].sum(),
            "starting_total": lambda: _table()["opening"].sum(),
            "larger_of_each": lambda: _table().max(axis="columns").sum(),
        },
    ),
    amount(
        "2.6",
        lambda: _flows()["churn"] + _flows()["contraction"],
        {
            "churn_only": lambda: _flows()["churn"],
            "net_of_expansion": lambda: _flows()["opening"] - _flows()["closing"],
            "added_to_losses": lambda: _flows()["churn"] + _flows()["contraction"] + _flows()["expansion"],
            "what_is_left": lambda: _flows()["opening"] - _flows()["churn"] - _flows()["contraction"],
        },
        kind="figure",
    ),
    fraction(
        "2.7",
        lambda: grr(_dip(), "2025-12", "2026-03"),
        {
            "lowest_on_the_way": lambda: grr(_dip(), "2025-12", "2026-03", method="running_min"),
            "took_the_dip": lambda: 0.4,
            "averaged": lambda: 0.8,
        },
    ),
)
