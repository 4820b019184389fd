"""Lesson 5: what is a good NRR."""

from functools import cache

from retention_kit.benchmarks import published_benchmarks
from retention_kit.ledger import Ledger, open_ledger
from retention_kit.lessons.exercise import amount, fraction, pandas_line, sentence
from retention_kit.retention import grr, logo_retention, nrr

_YEAR = ("2024-12", "2025-12")


@cache
def _ledger() -> Ledger:
    return open_ledger(as_of="2025-12-31")


def _december() -> float:
    frame = _ledger().frame
    return float(frame.loc[frame["month"] == "2025-12-01", "mrr"].sum())


def _published(statistic: str):
    table = published_benchmarks()
    return table[table["statistic"] == statistic]


EXERCISES = (
    sentence("5.1", "b", {"counted_customers": "a", "took_the_loss": "c", "counted_new": "d"}),
    amount(
        "5.2",
        lambda: 12 * _december(),
        {
            "one_month": _december,
            "four_quarters": lambda: 4 * _december(),
            "divided_by_twelve": lambda: _december() / 12,
        },
        within=1,
    ),
    sentence("5.3", "c", {"is_no_average": "a", "that_is_the_median": "b", "three_quarters_of_companies": "d"}),
    pandas_line(
        "5.4",
        lambda: _published("median"),
        {
            "kept_all": published_benchmarks,
            "other_statistic": lambda: _published("top_quartile"),
            "the_others": lambda: published_benchmarks().drop(_published("median").index),
            "only_a_column": lambda: _published("median")["value_low"],
        },
    ),
    fraction(
        "5.5",
        lambda: 0.99**12,
        {"times_twelve": lambda: 1 - 12 * 0.01, "same_as_month": lambda: 0.99, "a_quarter": lambda: 0.99**4},
    ),
    fraction(
        "5.6",
        lambda: grr(_ledger(), *_YEAR),
        {
            "took_nrr": lambda: nrr(_ledger(), *_YEAR),
            "took_logo_retention": lambda: logo_retention(_ledger(), *_YEAR),
            "first_point": lambda: grr(_ledger(), "2023-12", "2024-12"),
            "took_the_loss": lambda: 1 - float(grr(_ledger(), *_YEAR)),
        },
        within=0.0055,
        kind="figure",
    ),
    sentence("5.7", "b", {"forgot_chance": "a", "chose_one_end": "c", "hid_the_interval": "d"}),
)
