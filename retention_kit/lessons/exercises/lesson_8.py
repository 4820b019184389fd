"""Lesson 8: a portfolio, its signals, a plan, and how to show its effect."""

from functools import cache

import pandas as pd

from retention_kit.ledger import Ledger, only_customers, open_events, open_ledger
from retention_kit.lessons.exercise import amount, fraction, pandas_line, sentence
from retention_kit.results import MeanRegression, Ranking
from retention_kit.signals import action_plan, rank_signals, regression_to_mean


@cache
def _ledger() -> Ledger:
    return open_ledger(as_of="2025-12-31")


@cache
def _ranked() -> Ranking:
    return rank_signals(only_customers(_ledger(), {"csm": "Gaspard O."}), open_events(_ledger()))


def _at_stake(*kinds: str) -> float:
    table = _ranked().to_frame()
    return float(table.loc[table["kind"].isin(kinds), "mrr"].sum())


@cache
def _plan() -> pd.DataFrame:
    return action_plan(_ranked()).to_frame()


@cache
def _followed() -> MeanRegression:
    return regression_to_mean(_ledger(), open_events(_ledger()), as_of="2025-09-30")


EXERCISES = (
    fraction(
        "8.1",
        lambda: 1 - 15 / 40,
        {"took_what_is_left": lambda: 15 / 40, "turned_usage_round": lambda: 40 / 15, "took_the_logins": lambda: 25},
    ),
    sentence(
        "8.2",
        "b",
        {"one_signal_only": "a", "wrong_end_of_list": "c", "ready_for_more": "d"},
        kind="figure",
    ),
    sentence("8.3", "c", {"points_as_chance": "a", "points_as_ratio": "b", "points_as_months": "d"}),
    pandas_line(
        "8.4",
        lambda: _at_stake("risk"),
        {
            "added_upsell": lambda: _at_stake("risk", "upsell"),
            "upsell_only": lambda: _at_stake("upsell"),
            "counted_accounts": lambda: int((_ranked().to_frame()["kind"] == "risk").sum()),
        },
    ),
    sentence("8.5", "b", {"sells_too_early": "a", "signals_do_not_cancel": "c", "two_in_one_mail": "d"}),
    pandas_line(
        "8.6",
        lambda: _plan().groupby("action").size(),
        {
            "counted_accounts": lambda: len(_plan()),
            "grouped_by_kind": lambda: _plan().groupby("kind").size(),
            "listed_actions": lambda: _plan()["action"],
        },
    ),
    amount(
        "8.7",
        lambda: _followed().at(0) - _followed().at(3),
        {
            "read_the_end": lambda: _followed().at(3),
            "read_the_start": lambda: _followed().at(0),
            "one_month_only": lambda: _followed().at(0) - _followed().at(1),
        },
        within=0.075,
        kind="figure",
    ),
    sentence("8.8", "c", {"before_and_after": "a", "unlike_groups": "b", "asked_those_who_called": "d"}),
)
