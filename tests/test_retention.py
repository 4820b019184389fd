"""NRR, GRR and logo retention over a window: against the oracle, their order, their refusals, their words."""

import math

import cases
import hypothesis.strategies as st
import oracle
import pytest
from cases import books, customers, label, ledger_of, ledger_of_paths, segmented_books
from hypothesis import assume, given
from pandas.testing import assert_frame_equal

from retention_kit.errors import MonthError, OpenMonthError, OptionError, UnknownColumnError
from retention_kit.intervals import ratio_interval, ratio_sums, wilson
from retention_kit.retention import grr, logo_retention, nrr, retention_over_time

approx = pytest.approx
MEASURES = {nrr: oracle.nrr, grr: oracle.grr, logo_retention: oracle.logo_retention}


@st.composite
def windows(draw, of):
    """A book of either kind and two of its month ends."""
    ledger, expected = draw(of)
    assume(expected.last > expected.first)
    start = draw(st.integers(expected.first, expected.last - 1))
    return ledger, expected, start, draw(st.integers(start + 1, expected.last))


@given(windows(books()))
def test_the_three_measures_are_the_oracle_s_over_any_window(drawn):
    """Sums are whole cents, so a ratio is the float nearest to the exact fraction."""
    ledger, expected, start, end = drawn
    base = oracle.opening_base(expected, start, end)
    for measure, exact in MEASURES.items():
        estimate = measure(ledger, cases.name(start), cases.name(end))
        assert estimate.n == len(base)
        if base:
            assert float(estimate) == float(exact(base))
            assert estimate.base.amount == sum(then for then, _ in base) / 100
            assert estimate.largest_share == approx(max(then for then, _ in base) / sum(then for then, _ in base))
        else:
            assert math.isnan(estimate.value)


@given(windows(books()))
def test_grr_lies_between_0_and_nrr_and_1(drawn):
    ledger, _, start, end = drawn
    net, gross = (measure(ledger, cases.name(start), cases.name(end)) for measure in (nrr, grr))
    if net.n:
        assert 0 <= gross.value <= min(1, net.value)
        assert math.isnan(gross.low) or 0 <= gross.low <= gross.value <= gross.high <= 1


@given(windows(segmented_books()))
def test_by_segment_each_group_is_the_oracle_s_on_its_customers(drawn):
    ledger, expected, start, end = drawn
    for measure, exact in MEASURES.items():
        by_segment = measure(ledger, cases.name(start), cases.name(end), by="segment")
        assert {item.group for item in by_segment} == {cases.segment(who) for who in expected.paid}
        for item in by_segment:
            paid = {who: months for who, months in expected.paid.items() if cases.segment(who) == item.group}
            base = oracle.opening_base(oracle.Book(paid, expected.first, expected.last), start, end)
            assert item.n == len(base)
            assert (item.value == float(exact(base))) if base else math.isnan(item.value)


@given(books(), st.sampled_from([1, 3, 12]))
def test_retention_over_time_is_the_oracle_s_at_every_month(both, window):
    ledger, expected = both
    assume(expected.last - expected.first >= window)
    frame, rows = retention_over_time(ledger, window=window).frame, oracle.retention_over_time(expected, window)
    assert frame["month"].tolist() == [label(row["month"]) for row in rows]
    assert frame["n"].tolist() == [row["n"] for row in rows]
    assert frame["starting_mrr"].tolist() == [row["starting_mrr"] / 100 for row in rows]
    for name in ("nrr", "grr", "logo_retention"):
        exact = [float("nan") if row[name] is None else float(row[name]) for row in rows]
        assert frame[name].tolist() == approx(exact, abs=0, rel=1e-15, nan_ok=True)


def three():
    """100 → 120, 100 → 0, 50 → 30; Di joins later and does not count."""
    return ledger_of_paths({"Ada": [100, 120], "Bo": [100, 0], "Cy": [50, 30], "Di": [0, 500]})


def test_the_measures_by_hand():
    """NRR (120 + 0 + 30) / 250; GRR (100 + 0 + 30) / 250; 2 of 3 customers."""
    ledger, ends = three(), ("2025-01", "2025-02")
    assert [float(measure(ledger, *ends)) for measure in MEASURES] == [0.6, 0.52, approx(2 / 3)]


def test_one_customer_s_cap_does_not_pay_for_another_s_loss():
    """The aggregate minimum min(200, 200) / 200 would hide the loss: 100 → 150 and 100 → 50 keep 100 + 50 of 200."""
    ledger = ledger_of_paths({"Ada": [100, 150], "Bo": [100, 50]})
    assert float(grr(ledger, "2025-01", "2025-02")) == 0.75
    assert float(nrr(ledger, "2025-01", "2025-02")) == 1.0


def test_who_left_and_came_back_counts_and_who_was_gone_at_the_opening_never():
    """Ada of the base comes back at 70; Bo is gone at the opening (February) and comes back at 90."""
    ledger = ledger_of_paths({"Ada": [100, 100, 0, 70], "Bo": [100, 0, 0, 90]})
    assert float(nrr(ledger, "2025-02", "2025-04")) == 0.7
    assert float(logo_retention(ledger, "2025-02", "2025-04")) == 1.0
    assert nrr(ledger, "2025-02", "2025-04").n == 1


def test_intervals_come_from_the_pairs_of_the_opening_base():
    """NRR and GRR: leave-one-out, cut at 0 (and 1); logo retention: Wilson, 2 of 3."""
    import numpy as np

    ledger, ends = three(), ("2025-01", "2025-02")
    paid, now = np.array([100, 100, 50]), np.array([120, 0, 30])
    low, high = ratio_interval(ratio_sums(now, paid), level=0.9)
    assert low < 0
    estimate = nrr(ledger, *ends, level=0.9)
    assert (estimate.low, estimate.high) == (0.0, approx(high))
    estimate = grr(ledger, *ends, level=0.9)
    assert (estimate.low, estimate.high) == (0.0, 1.0)
    logo = logo_retention(ledger, *ends, level=0.95)
    assert (logo.low, logo.high) == approx(wilson(2 / 3, 3, 1.9599639845400545))


def test_n_eff_and_the_largest_share_come_from_the_opening_mrr():
    """Shares .4, .4, .2: n_eff = 1 / (.16 + .16 + .04) = 2.78."""
    for measure in MEASURES:
        estimate = measure(three(), "2025-01", "2025-02")
        assert (estimate.n_eff, estimate.largest_share, estimate.base.amount) == (approx(1 / 0.36), 0.4, 250.0)


def keys(estimate):
    return [warning.key for warning in estimate.warnings]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ({"Ada": [100, 50], "Bo": [100, 100]}, ["warning.few_accounts"]),  # half each is not more than half
        ({"Ada": [101, 50], "Bo": [100, 100]}, ["warning.one_account"]),
        ({"Ada": [100, 50]}, ["warning.no_interval", "warning.one_account"]),
        ({f"c{place}": [100, 50 * (place % 3)] for place in range(15)}, []),
        ({f"c{place}": [100, 50 * (place % 3)] for place in range(14)}, ["warning.few_accounts"]),
        ({f"c{place}": [100, 90] for place in range(15)}, ["warning.no_interval"]),  # all moved alike
        ({"Ada": [100, 50], "Bo": [0, 50]}, ["warning.no_interval", "warning.one_account"]),
    ],
)
def test_what_rests_on_few_accounts_says_so(paths, expected):
    assert keys(nrr(ledger_of_paths(paths), "2025-01", "2025-02")) == expected


def test_nobody_at_the_start_is_not_a_number_and_says_so():
    ledger = ledger_of_paths({"Ada": [100, 0, 0, 50]})
    estimate = nrr(ledger, "2025-02", "2025-04")
    assert all(math.isnan(value) for value in (estimate.value, estimate.low, estimate.high))
    assert (estimate.n, keys(estimate)) == (0, ["warning.nobody_at_start"])


def test_the_rule_prints_both_dates_and_the_months():
    """January to March 2025 is from the end of December to the end of March."""
    ledger = ledger_of_paths({"Ada": [100] * 4}, first="2024-12")
    rule = str(nrr(ledger, "2024-12", "2025-03").rule)
    assert "MRR on 31 March 2025 of the customers who paid on 31 December 2024" in rule
    assert "3 months" in rule


def test_wrong_windows_are_refused():
    ledger = three()
    with pytest.raises(OpenMonthError, match="March 2025 has not ended on 28 February 2025"):
        nrr(ledger, "2025-01", "2025-03")
    with pytest.raises(MonthError, match="runs backwards"):
        grr(ledger, "2025-02", "2025-01")
    with pytest.raises(MonthError, match="before the first month with data"):
        logo_retention(ledger, "2024-12", "2025-02")
    with pytest.raises(UnknownColumnError, match="Pass customers="):
        nrr(ledger, "2025-01", "2025-02", by="segment")


@pytest.mark.parametrize("window", [0, -1, 2])
def test_a_window_over_time_must_fit_the_months_observed(window):
    """Two month ends are observed: one window of one month."""
    with pytest.raises(
        OptionError, match=f"A window of {window} months does not fit: choose a whole number from 1 to 1"
    ):
        retention_over_time(three(), window=window)


def test_groups_can_be_asked_for_by_name():
    rows = [("A", "2025-01-01", None, 30.0), ("B", "2025-01-01", "2025-02-01", 30.0)]
    by_segment = nrr(ledger_of(*rows, as_of="2025-02-28", customers=customers()), "2025-01", "2025-02", by="segment")
    assert (by_segment["large"].value, by_segment["small"].value) == (1.0, 0.0)
    assert by_segment.to_frame()["value"].tolist() == [1.0, 0.0]


def test_measuring_changes_nothing():
    ledger = three()
    frame, months = ledger.frame.copy(deep=True), ledger.book.cents.tolist()
    for measure in MEASURES:
        measure(ledger, "2025-01", "2025-02")
    retention_over_time(ledger, window=1)
    assert_frame_equal(ledger.frame, frame)
    assert ledger.book.cents.tolist() == months
