"""Lesson 4: the five movements and the bridge."""

from functools import cache

import pandas as pd

from retention_kit.ledger import Ledger, build_ledger
from retention_kit.lessons.examples import example
from retention_kit.lessons.exercise import amount, pandas_line, sentence
from retention_kit.mrr_movements import mrr_bridge, quick_ratio
from retention_kit.sources import read_subscriptions

_GAINS, _LOSSES = ["new", "reactivation", "expansion"], ["contraction", "churn"]
_TEAM = {
    "opening": 50_000,
    "new": 8_000,
    "reactivation": 1_500,
    "expansion": 4_000,
    "contraction": 2_500,
    "churn": 6_000,
}


@cache
def _ledger() -> Ledger:
    return build_ledger(read_subscriptions(example("six_firms"), currency="EUR"), as_of="2025-06-30")


@cache
def _months() -> pd.DataFrame:
    return mrr_bridge(_ledger(), start="2024-12").frame


@cache
def _photographs() -> pd.DataFrame:
    """Return what each customer pays at the beginning and at the end."""
    paid = _ledger().frame.pivot_table(index="customer_id", columns="month", values="mrr", fill_value=0)
    return paid[["2024-12-01", "2025-06-01"]].set_axis(["first", "last"], axis=1)


def _falls(*, gone: bool = False) -> pd.Series:
    """Return by how much each customer came down between the two photographs; those who left only if asked for."""
    first, last = _photographs()["first"], _photographs()["last"]
    return (first - last)[(last < first) & (gone | (last > 0))]


def _closing(without: str | None = None, sign: int = -1) -> float:
    """Return the team's closing, one movement forgotten, or the losses added."""
    flows = {name: 0 if name == without else value for name, value in _TEAM.items()}
    return sum(flows[name] for name in ["opening", *_GAINS]) + sign * sum(flows[name] for name in _LOSSES)


def _sum(names: list[str]) -> float:
    return float(_months()[names].to_numpy().sum())


EXERCISES = (
    sentence("4.1", "b", {"paid_before": "a", "compared_too_far": "c", "came_from_zero": "d"}),
    amount(
        "4.2",
        _closing,
        {
            "forgot_return": lambda: _closing("reactivation"),
            "forgot_contraction": lambda: _closing("contraction"),
            "added_losses": lambda: _closing(sign=1),
            "forgot_opening": lambda: _closing("opening"),
        },
    ),
    pandas_line(
        "4.3",
        lambda: _months()["churn"].sum(),
        {
            "counted_rows": lambda: len(_months()),
            "largest_only": lambda: _months()["churn"].max(),
            "average_of_months": lambda: _months()["churn"].mean(),
            "whole_column": lambda: _months()["churn"],
        },
    ),
    amount(
        "4.4",
        lambda: _falls().sum(),
        {
            "monthly_movements": lambda: _sum(["contraction"]),
            "one_customer_only": lambda: _falls().min(),
            "added_churn": lambda: _falls(gone=True).sum(),
        },
    ),
    sentence("4.5", "c", {"more_photographs": "a", "only_the_end": "b", "averaged_rules": "d"}),
    amount(
        "4.6",
        lambda: _sum(_GAINS),
        {
            "new_only": lambda: _sum(["new"]),
            "net_change": lambda: _sum(_GAINS) - _sum(_LOSSES),
            "forgot_return": lambda: _sum(["new", "expansion"]),
            "read_the_level": lambda: _months()["opening"].iloc[0] + _sum(_GAINS),
        },
        kind="figure",
    ),
    amount(
        "4.7",
        lambda: _sum(_GAINS) / _sum(_LOSSES),
        {
            "two_photographs": lambda: quick_ratio(_ledger(), "2024-12", "2025-06"),
            "forgot_return": lambda: _sum(["new", "expansion"]) / _sum(_LOSSES),
            "turned_round": lambda: _sum(_LOSSES) / _sum(_GAINS),
            "churn_only": lambda: _sum(_GAINS) / _sum(["churn"]),
        },
        within=0.0006,
    ),
)
