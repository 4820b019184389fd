"""From rows to stretches of MRR: normalisation, rounding, discounts, ends, what stays outside."""

import datetime as dt
from fractions import Fraction

import hypothesis.strategies as st
import oracle
import pandas as pd
import pytest
from cases import ledger_of, subscriptions
from hypothesis import given

from retention_kit.errors import InclusiveEndsError
from retention_kit.ledger import build_ledger
from retention_kit.wording import use_language

DAY = dt.date(2025, 1, 31)


def one_month(amount, **more):
    """MRR in cents at the end of January 2025 of one running subscription (0 where there is none)."""
    other = ("other", "2025-01-01", None, 1.0)
    frame = ledger_of(("Ada", "2025-01-01", None, amount, more), other, as_of="2025-01-31").frame
    return round(100 * frame.set_index("customer_id")["mrr"].get("Ada", 0.0))


@pytest.mark.parametrize(
    ("interval", "count", "amount", "mrr"),
    [
        ("month", 1, 50.00, 50_00),
        ("month", 3, 150.00, 50_00),  # three months are a quarter
        ("quarter", 1, 150.00, 50_00),
        ("half_year", 1, 300.00, 50_00),
        ("year", 1, 600.00, 50_00),
        ("year", 3, 1800.00, 50_00),  # 1,800 ÷ 36
        ("week", 1, 12.00, 52_00),  # 12 × 52 ÷ 12
        ("week", 2, 12.00, 26_00),
        ("day", 1, 12.00, 365_00),  # 12 × 365 ÷ 12
    ],
)
def test_an_amount_is_brought_to_a_month(interval, count, amount, mrr):
    assert one_month(amount, interval=interval, interval_count=count) == mrr


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (0.06, 0),  # 0.5 cents → the even 0
        (0.18, 2),  # 1.5 → 2
        (0.30, 2),  # 2.5 → 2, where half-up says 3
        (0.42, 4),  # 3.5 → 4
        (1.26, 10),  # 10.5 → 10
        (0.31, 3),  # 2.58: no tie
    ],
)
def test_ties_go_to_the_even_cent(amount, cents):
    """A year ÷ 12: cents that are 6 modulo 12 are a tie, which 1.26 / 12 in floats cannot be trusted with."""
    assert one_month(amount, interval="year") == cents


def test_a_tie_below_the_cent_is_seen():
    """33.3333 ÷ 3 = 11.1111; 0.125 is exactly 12.5 cents → 12; 0.1251 is more → 13."""
    assert one_month(33.3333, interval="quarter") == 11_11
    assert one_month(0.125) == 12
    assert one_month(0.1251) == 13


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (461_168_601.90, 38_430_716_82),  # 38,430,716.825: a tie, on the last 64-bit amounts
        (9_000_000_000_000.06, 750_000_000_000_00),  # 750,000,000,000.005: a tie where floats have no room left
        (9_000_000_000_000.18, 750_000_000_000_02),  # .015 → .02
        (10_000_000_000_000.00, 833_333_333_333_33),
    ],
)
def test_amounts_beyond_64_bits_and_beyond_floats_are_exact(amount, cents):
    assert one_month(amount, interval="year") == cents


@given(
    st.integers(0, 10**15),
    st.sampled_from(list(oracle.A_MONTH)),
    st.integers(1, 5),
    st.sampled_from(["0", "10", "33.33", "12.3456"]),
)
def test_any_amount_is_the_exact_fraction_rounded_half_even(cents, interval, count, percent):
    """The oracle computes with fractions; round() of a Fraction is half-even."""
    more = {"interval": interval, "interval_count": count, "discount_percent": float(percent)}
    exact = cents * (1 - Fraction(percent) / 100) * oracle.A_MONTH[interval] / count
    book = ledger_of(("Ada", "2025-01-01", None, cents / 100, more), ("z", "2025-01-01", None, 1.0), as_of=DAY).book
    assert book.cents[:-1].tolist() == ([round(exact)] if round(exact) else [])


def test_the_minor_unit_is_the_currency_s():
    """Yen have no cents: 1,000 a year are 83.33 a month → 83; dinars have three decimals: 83.333."""
    yen = build_ledger(
        subscriptions(("Ada", "2025-01-01", None, 1000)).assign(interval="year", currency="JPY"), as_of=DAY
    )
    dinar = build_ledger(
        subscriptions(("Ada", "2025-01-01", None, 1000)).assign(interval="year", currency="KWD"), as_of=DAY
    )
    assert (yen.frame["mrr"].tolist(), dinar.frame["mrr"].tolist()) == ([83.0], [83.333])
    assert (yen.currency, yen.digits, dinar.digits) == ("JPY", 0, 3)


def test_discounts_are_deducted_percent_first_and_only_while_they_run():
    """(100 − 10 %) − 5 = 85 at the ends of January and February; its last day is 14 March: 100 from March on."""
    cut = {"discount_percent": 10.0, "discount_amount": 5.0, "discount_until": "2025-03-15"}
    ledger = ledger_of(("Ada", "2025-01-10", None, 100.0, cut), as_of="2025-04-30")
    assert ledger.frame["mrr"].tolist() == [85.0, 85.0, 100.0, 100.0]


def test_a_discount_until_the_first_day_of_a_month_runs_at_the_end_of_the_month_before():
    cut = {"discount_percent": 50.0, "discount_until": "2025-02-01"}
    ledger = ledger_of(("Ada", "2025-01-10", None, 100.0, cut), as_of="2025-02-28")
    assert ledger.frame["mrr"].tolist() == [50.0, 100.0]


def test_a_full_discount_is_no_mrr_until_it_ends():
    """Free for two month ends: Ada's first paying month is March, not January."""
    cut = {"discount_percent": 100.0, "discount_until": "2025-03-01"}
    ledger = ledger_of(("Ada", "2025-01-10", None, 100.0, cut), ("Bo", "2025-01-01", None, 1.0), as_of="2025-03-31")
    ada = ledger.frame.query("customer_id == 'Ada'")
    assert ada["month"].tolist() == [pd.Timestamp("2025-03-01")]
    assert ledger.reconciliation.counts["used"] == 2


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2025-01-31", "2025-02-28", [1]),  # the last day of February is not paid
        ("2025-01-31", "2025-03-01", [1, 2]),
        ("2025-02-01", "2025-03-31", [2]),
        ("2025-01-01", None, [1, 2, 3]),
        ("2025-03-31", "2025-04-01", [3]),
    ],
)
def test_a_subscription_counts_when_it_has_begun_and_not_ended_on_the_last_day(start, end, months):
    ledger = ledger_of(("Ada", start, end, 10.0), ("Bo", "2025-01-01", None, 1.0), as_of="2025-03-31")
    assert ledger.frame.query("customer_id == 'Ada'")["month"].dt.month.tolist() == months


def test_inclusive_ends_pay_their_day():
    """Ends on 31 January: gone in January when the day is not paid, still there when it is."""
    rows = [("Ada", "2025-01-01", "2025-01-31", 10.0), ("Bo", "2025-01-01", None, 1.0)]
    assert ledger_of(*rows, as_of="2025-01-31", end_inclusive=False).frame["customer_id"].tolist() == ["Bo"]
    assert ledger_of(*rows, as_of="2025-01-31", end_inclusive=True).frame["customer_id"].tolist() == ["Ada", "Bo"]


def ends(*days):
    return subscriptions(*((f"c{place}", "2024-11-01", day, 10.0) for place, day in enumerate(days)))


def test_ends_mostly_on_last_days_are_refused_until_the_convention_is_said():
    """Two of three ends on a last day; half of them are not most."""
    two_of_three = ends("2024-12-31", "2025-01-31", "2025-01-15", None)
    with pytest.raises(InclusiveEndsError) as caught:
        build_ledger(two_of_three, as_of=DAY)
    assert "2 of 3 end dates" in str(caught.value)
    assert "end_inclusive=True" in str(caught.value)
    with use_language("fr"):
        assert "ce jour est-il encore payé" in str(caught.value)
    assert len(build_ledger(two_of_three, as_of=DAY, end_inclusive=True).frame)
    assert len(build_ledger(ends("2024-12-31", "2025-01-15", None), as_of=DAY).frame)


def test_the_rule_says_which_convention_holds():
    rows = ends("2025-01-15")
    assert "first day not paid" in str(build_ledger(rows, as_of=DAY).rules[0])
    assert "last day paid" in str(build_ledger(rows, as_of=DAY, end_inclusive=True).rules[0])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("Ada", "2025-01-10", "2025-01-20", 10.0), "between_month_ends"),
        (("Ada", "2025-01-10", "2025-01-10", 10.0), "between_month_ends"),
        (("Ada", "2025-02-01", None, 10.0), "starts_after_window"),
        (("Ada", "2025-01-01", None, 0.0), "no_mrr"),
        (("Ada", "2025-01-01", None, 10.0, {"discount_percent": 100.0}), "no_mrr"),
        (("Ada", "2025-01-01", None, 0.04, {"interval": "year"}), "no_mrr"),  # a third of a cent
        (("Ada", "2025-01-01", None, 10.0, {"status": "trialing"}), "trial"),
        (("Ada", "2025-01-01", None, 10.0, {"status": "paused"}), "paused"),
    ],
)
def test_what_is_outside_the_ledger_says_why(row, reason):
    ledger = ledger_of(row, ("Bo", "2025-01-01", None, 1.0), as_of="2025-01-31")
    assert ledger.reconciliation.rows["reason"].tolist() == [reason, ""]
    assert ledger.reconciliation.rows["status"].tolist() == ["outside", "used"]


def test_past_due_and_cancelled_with_an_end_count_until_it():
    rows = [
        ("Ada", "2025-01-01", None, 10.0, {"status": "past_due"}),
        ("Bo", "2025-01-01", "2025-02-10", 20.0, {"status": "cancelled"}),
    ]
    assert ledger_of(*rows, as_of="2025-02-28").frame["mrr"].tolist() == [10.0, 10.0, 20.0]
