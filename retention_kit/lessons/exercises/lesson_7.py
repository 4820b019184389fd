"""Lesson 7: does the demo help, does the feature help."""

from functools import cache

import pandas as pd

from retention_kit.lessons.examples import example
from retention_kit.lessons.exercise import amount, fraction, pandas_line, sentence
from retention_kit.lessons.useless import false_alarms

_DEMO, _LEVEL = "personalised_demo", 0.05


@cache
def _customers() -> pd.DataFrame:
    customers = example("demo_customers")
    return customers.assign(stayed=customers["end"].isna())


def _stayed(*by: str) -> pd.Series:
    return _customers().groupby(list(by))["stayed"].mean()


@cache
def _alarms() -> pd.DataFrame:
    return false_alarms(customers=200, times=40)


EXERCISES = (
    sentence("7.1", "c", {"forgot_chance_here": "a", "zero_is_possible": "b", "chose_one_end": "d"}),
    fraction(
        "7.2",
        lambda: _stayed(_DEMO)[True] - _stayed(_DEMO)[False],
        {
            "other_sign": lambda: _stayed(_DEMO)[False] - _stayed(_DEMO)[True],
            "took_one_share": lambda: _stayed(_DEMO)[True],
            "divided_shares": lambda: _stayed(_DEMO)[True] / _stayed(_DEMO)[False],
        },
    ),
    pandas_line(
        "7.3",
        lambda: _stayed("segment", _DEMO),
        {
            "demo_only": lambda: _stayed(_DEMO),
            "segment_only": lambda: _stayed("segment"),
            "summed": lambda: _customers().groupby(["segment", _DEMO])["stayed"].sum(),
            "other_order": lambda: _stayed(_DEMO, "segment"),
        },
    ),
    sentence("7.4", "b", {"both_tables_hold_here": "a", "size_is_not_it": "c", "read_too_much": "d"}),
    sentence("7.5", "b", {"read_the_unadjusted": "a", "across_zero": "c", "look_closer": "d"}, kind="figure"),
    sentence("7.6", "b", {"more_customers_more_wrong": "a", "nobody_chose_here": "c", "no_extremes_here": "d"}),
    pandas_line(
        "7.7",
        lambda: (_alarms()["naive_p_value"] < _LEVEL).mean(),
        {
            "honest_column": lambda: (_alarms()["honest_p_value"] < _LEVEL).mean(),
            "counted_alarms": lambda: (_alarms()["naive_p_value"] < _LEVEL).sum(),
            "averaged_p_values": lambda: _alarms()["naive_p_value"].mean(),
            "the_other_side": lambda: (_alarms()["naive_p_value"] >= _LEVEL).mean(),
        },
    ),
    amount(
        "7.8",
        lambda: 20 * _LEVEL,
        {"never_wrong": lambda: 0, "took_the_percentage": lambda: 5, "counted_the_right": lambda: 19},
        within=0.01,
    ),
)
