"""Lesson 6: the cohort triangle."""

from functools import cache

import pandas as pd

from retention_kit.cohorts import cohort_matrix
from retention_kit.ledger import open_ledger
from retention_kit.lessons.exercise import fraction, pandas_line, sentence

_YEAR = 12


@cache
def _years(measure: str) -> pd.DataFrame:
    table = cohort_matrix(open_ledger(as_of="2025-12-31"), measure=measure, cohort="Y").to_frame()
    return table.set_axis(table.index.year)


def _observed() -> pd.Series:
    """Return the sizes of the cohorts that have reached twelve months."""
    return _years("customers")[0][_years("customers")[_YEAR].notna()]


EXERCISES = (
    fraction(
        "6.1",
        lambda: _years("logo").loc[2024, _YEAR],
        {
            "other_cohort": lambda: _years("logo").loc[2023, _YEAR],
            "other_age": lambda: _years("logo").loc[2024, 6],
            "took_the_loss": lambda: 1 - _years("logo").loc[2024, _YEAR],
        },
    ),
    sentence("6.2", "c", {"empty_is_no_zero": "a", "nothing_is_damaged": "b", "nobody_knows": "d"}),
    pandas_line(
        "6.3",
        lambda: _years("customers")[_YEAR].sum(),
        {
            "age_zero": lambda: _years("customers")[0].sum(),
            "averaged_cohorts": lambda: _years("customers")[_YEAR].mean(),
            "counted_cohorts": lambda: _years("customers")[_YEAR].count(),
            "added_shares": lambda: _years("logo")[_YEAR].sum(),
        },
    ),
    fraction(
        "6.4",
        lambda: _years("customers")[_YEAR].sum() / _observed().sum(),
        {
            "counted_unobserved": lambda: _years("customers")[_YEAR].sum() / _years("customers")[0].sum(),
            "averaged_percentages": lambda: _years("logo")[_YEAR].mean(),
            "counted_empty_as_zero": lambda: _years("logo")[_YEAR].fillna(0).mean(),
        },
    ),
    sentence("6.5", "b", {"nearly_lowest": "a", "third_lowest": "c", "empty_is_no_zero": "d"}, kind="figure"),
    sentence("6.6", "c", {"both_tables_hold": "a", "counted_new": "b", "gone_is_gone": "d"}),
    sentence("6.7", "b", {"returns_exist": "a", "counted_new": "c", "customers_not_money": "d"}),
)
