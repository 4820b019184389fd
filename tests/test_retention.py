"""NRR, GRR and logo retention over a window: against the oracle, their order, their refusals, their words."""

import math
from itertools import pairwise

import cases
import hypothesis.strategies as st
import numpy as np
import oracle
import pandas as pd
import pytest
from cases import books, customers, label, ledger_of, ledger_of_paths, segmented_books
from hypothesis import assume, given
from pandas.testing import assert_frame_equal

from retention_kit.engines.memory import Window
from retention_kit.errors import MonthError, OpenMonthError, OptionError, UnknownColumnError
from retention_kit.intervals import ratio_interval, ratio_sums, wilson
from retention_kit.ledger import build_ledger
from retention_kit.ratios import METHODS, RETURNERS, Choice, limits, ratios
from retention_kit.retention import grr, logo_retention, nrr, retention_over_time
from retention_kit.synthetic import make_business

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
    with pytest.raises(UnknownColumnError, match="Give the customers when building the ledger"):
        nrr(ledger, "2025-01", "2025-02", by="segment")


@pytest.mark.parametrize("window", [0, -1, 2])
def test_a_window_over_time_must_fit_the_months_observed(window):
    """Two month ends are observed: one window of one month."""
    with pytest.raises(
        OptionError,
        match=f"A window of {str(window).replace('-', '−')} months does not fit: choose a whole number from 1 to 1",
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


# ---- every rule by its name ----

BY_NAME = {"nrr": nrr, "grr": grr, "logo_retention": logo_retention}
LEGAL = [
    (measure, method, returners)
    for measure, methods in METHODS.items()
    for method in methods
    for returners in RETURNERS
    if (method, returners) != ("movements", "all")
]


def measured(ledger, start, end, rule, **more):
    measure, method, returners = rule
    names = cases.name(start), cases.name(end)
    return BY_NAME[measure](ledger, *names, method=method, returners=returners, **more)


@given(windows(books()))
def test_every_method_and_returner_is_the_oracle_s(drawn):
    """Sums of whole cents: the float nearest to the fraction; a product of floats is near it."""
    ledger, expected, start, end = drawn
    for rule in LEGAL:
        exact, estimate = oracle.window_ratio(expected, start, end, *rule), measured(ledger, start, end, rule)
        if exact is None:
            assert math.isnan(estimate.value)
            assert keys(estimate) == ["warning.nobody_at_start"]
        elif rule[1] == "compounded":
            assert estimate.value == approx(float(exact), rel=1e-12)
        else:
            assert estimate.value == float(exact)


@given(windows(books()))
def test_cohort_and_netted_movements_agree(drawn):
    """DEFINITIONS.md's identity: each customer of the opening base compared once, at the two ends of the window."""
    ledger, expected, start, end = drawn
    rows = [oracle.flows(expected, who, start, end) for who in expected.paid if expected.at(who, start)]
    assume(rows)
    total = {flow: sum(row[flow] for row in rows) for flow in oracle.AMOUNTS}
    lost = total["churn"] + total["contraction"]
    net, gross = total["opening"] + total["expansion"] - lost, total["opening"] - lost
    assert measured(ledger, start, end, ("nrr", "cohort", "count")).value == net / total["opening"]
    assert measured(ledger, start, end, ("grr", "cohort", "count")).value == gross / total["opening"]


@given(windows(books()))
def test_over_one_month_all_methods_are_one(drawn):
    """Within a month nobody can leave and come back, and nothing can be won and lost again."""
    ledger, expected, start, _ = drawn
    assume(any(expected.at(who, start) for who in expected.paid))
    for measure, methods in METHODS.items():
        found = [measured(ledger, start, start + 1, (measure, method, "count")) for method in methods]
        assert [one.value for one in found] == approx([found[0].value] * len(found), rel=1e-15)
        assert [one.n_eff for one in found] == [found[0].n_eff] * len(found)
        for one in found:
            near = approx((found[0].low, found[0].high), nan_ok=True, rel=1e-6, abs=1e-9)
            assert (one.low, one.high) == near or one.low < 0


@given(windows(books()))
def test_the_order_of_the_rules(drawn):
    """What is always so: summed movements ≤ running minimum ≤ lost for good ≤ capped ≤ min(1, NRR), and returners that
    stay lost ≤ that count ≤ all; summed movements, which leave returns out, ≤ the NRR from end to end."""
    ledger, expected, start, end = drawn
    assume(any(expected.at(who, start) for who in expected.paid))
    value = {rule: measured(ledger, start, end, rule).value for rule in LEGAL}
    rising = ("lost", "count", "all")
    gross = [value["grr", "cohort", returners] for returners in rising]
    assert value["grr", "movements", "count"] <= value["grr", "running_min", "count"]
    assert 0 <= value["grr", "running_min", "count"] <= gross[0] <= gross[1] == gross[2]
    assert gross[1] <= min(1, value["nrr", "cohort", "count"])
    assert value["nrr", "movements", "count"] <= value["nrr", "cohort", "count"]
    for measure in METHODS:
        lost, count, back = (value[measure, "cohort", returners] for returners in rising)
        assert lost <= count <= back
        assert value[measure, "compounded", "count"] <= value[measure, "compounded", "all"]
    assert value["nrr", "movements", "lost"] == value["nrr", "cohort", "lost"]  # all that happens before leaving nets


@given(windows(segmented_books()), st.sampled_from([rule for rule in LEGAL if rule[1] != "compounded"]))
def test_segments_add_up_to_the_whole(drawn, rule):
    ledger, _, start, end = drawn
    whole, parts = (measured(ledger, start, end, rule, by=by) for by in (None, "segment"))
    assert sum(part.n for part in parts) == whole.n
    assert sum(part.base.amount for part in parts) == approx(whole.base.amount)
    assume(whole.n and all(part.n for part in parts))
    weights = [part.n if rule[0] == "logo_retention" else part.base.amount for part in parts]
    pooled = sum(part.value * weight for part, weight in zip(parts, weights, strict=True)) / sum(weights)
    assert whole.value == approx(pooled, abs=1e-9)


@pytest.fixture(scope="module")
def business():
    made = make_business(120, seed=5)
    return build_ledger(made.subscriptions, as_of=made.as_of, customers=made.customers)


@pytest.mark.parametrize("method", METHODS["grr"])
@pytest.mark.parametrize("returners", RETURNERS)
@pytest.mark.parametrize("window", [1, 3, 12])
def test_over_time_every_row_is_the_measure_of_its_window(business, method, returners, window):
    """Values, limits, n, n_eff and largest share; a measure without the method is measured from end to end."""
    if (method, returners) == ("movements", "all"):
        with pytest.raises(OptionError, match="reactivation is left out"):
            retention_over_time(business, window=window, method=method, returners=returners)
        return
    frame = retention_over_time(business, window=window, method=method, returners=returners, level=0.9).frame
    for _, row in frame.iloc[:: max(1, len(frame) // 3)].iterrows():
        end = oracle.number(row["month"])
        for measure, legal in METHODS.items():
            rule = (measure, method if method in legal else "cohort", returners)
            one = measured(business, end - window, end, rule, level=0.9)
            found = [row[measure], row[f"{measure}_low"], row[f"{measure}_high"]]
            assert found == approx([one.value, one.low, one.high], nan_ok=True, rel=1e-12)
            assert [row["n"], row["n_eff"], row["largest_share"]] == approx([one.n, one.n_eff, one.largest_share])


def test_the_rule_over_time_names_the_method(business):
    words = {"cohort": "looks back", "running_min": "never returns", "movements": "summed month by month"}
    for method, word in (words | {"compounded": "product of 3 monthly ratios"}).items():
        assert word in str(retention_over_time(business, window=3, method=method).rule)


def test_a_return_under_each_rule_by_hand():
    """Ada 100 → 0 → 70 → 90; Bo gone at the opening, back at 60. All on Ada's 100: at the end 90; with Bo 150; by
    movements 100 - 100 + 20 = 20; once lost 0. Months: 0, then none to divide by, then 90 / 70: the product is 0."""
    ledger = ledger_of_paths({"Bo": [50, 0, 0, 0, 60], "Ada": [0, 100, 0, 70, 90]})
    ends = oracle.number(pd.Timestamp("2025-02-01")), oracle.number(pd.Timestamp("2025-05-01"))
    expected = {
        ("nrr", "cohort", "count"): 0.9,
        ("nrr", "cohort", "lost"): 0.0,
        ("nrr", "cohort", "all"): 1.5,
        ("nrr", "movements", "count"): 0.2,
        ("nrr", "movements", "lost"): 0.0,
        ("nrr", "compounded", "count"): 0.0,
        ("grr", "cohort", "all"): 0.9,
        ("grr", "running_min", "all"): 0.0,
        ("grr", "movements", "count"): 0.0,
        ("logo_retention", "cohort", "lost"): 0.0,
        ("logo_retention", "cohort", "all"): 2.0,
    }
    assert {rule: measured(ledger, *ends, rule).value for rule in expected} == expected


def test_compounding_takes_in_who_joined():
    """Ada 100 → 100 → 50; Bo joins at 100 and stays: months 100 / 100 and 150 / 200."""
    ledger = ledger_of_paths({"Ada": [100, 100, 50], "Bo": [0, 100, 100]})
    assert float(nrr(ledger, "2025-01", "2025-03", method="compounded")) == 0.75
    assert float(nrr(ledger, "2025-01", "2025-03")) == 0.5


def test_what_came_back_and_was_lost_again_takes_nrr_by_movements_below_0():
    """100 → 0 → 80 → 0: 100 - 100 - 80 = -80; from end to end 0."""
    ledger = ledger_of_paths({"Ada": [100, 0, 80, 0], "Bo": [0, 0, 0, 1]})
    summed = nrr(ledger, "2025-01", "2025-04", method="movements")
    assert summed.value == -0.8
    assert "warning.lost_again" in keys(summed)
    assert float(nrr(ledger, "2025-01", "2025-04")) == 0.0


@pytest.mark.parametrize(
    ("measure", "options", "told"),
    [
        (grr, {"method": "aggregate"}, "would hide another's loss"),
        (nrr, {"method": "aggregate"}, "cohort, movements, compounded"),
        (nrr, {"method": "running_min"}, "cohort, movements, compounded"),
        (logo_retention, {"method": "movements"}, "cohort, compounded"),
        (nrr, {"returners": "some"}, "count, lost, all"),
        (grr, {"method": "movements", "returners": "all"}, "reactivation is left out"),
    ],
)
def test_rules_that_are_none_are_refused(measure, options, told):
    with pytest.raises(OptionError, match=told):
        measure(three(), "2025-01", "2025-02", **options)


@pytest.mark.parametrize("rule", LEGAL)
def test_every_rule_has_a_text_of_its_own_with_its_dates(rule):
    ledger = ledger_of_paths({"Ada": [100, 90, 80], "Bo": [50, 0, 40]})
    texts = {one: cases.told(measured(ledger, 24300, 24302, one).rule) for one in LEGAL}
    english, french = texts[rule]
    assert all(word in english for word in ("31 January 2025", "31 March 2025", "2 months"))
    assert all(word in french for word in ("31 janvier 2025", "31 mars 2025", "2 mois"))
    same = {one for one, text in texts.items() if text[0] == english}
    assert same == ({("grr", "running_min", each) for each in RETURNERS} if rule[1] == "running_min" else {rule})


# ---- intervals of the other methods ----


def test_movements_have_the_interval_of_their_numerators():
    """Per customer opening + expansion - churn - contraction: 100 + 50 - 50 = 100, 100 - 40 = 60, 50 - 50 = 0."""
    ledger = ledger_of_paths({"Ada": [100, 150, 100], "Bo": [100, 60, 60], "Cy": [50, 0, 50]})
    found = nrr(ledger, "2025-01", "2025-03", method="movements")
    low, high = ratio_interval(ratio_sums(np.array([100, 60, 0]), np.array([100, 100, 50])))
    assert (found.value, found.low, found.high) == approx((0.64, low, high))
    assert low < 0  # not cut: the ratio itself can fall below 0


def test_who_came_back_from_before_adds_to_the_error_but_not_to_n():
    """A customer with nothing at the opening, left out, takes their MRR out of the numerator alone."""
    ledger = ledger_of_paths({"Ada": [0, 100, 120], "Bo": [0, 100, 80], "Cy": [9, 0, 40]})
    found = nrr(ledger, "2025-02", "2025-03", returners="all")
    ratios_without = [(80 + 40) / 100, (120 + 40) / 100, (120 + 80) / 200]
    spread = math.sqrt(sum((one - 1.2) ** 2 for one in ratios_without))
    from scipy.stats import t

    assert (found.n, found.value) == (2, 1.2)
    assert found.high - found.value == approx(t.ppf(0.975, 1) * spread)


def test_a_product_s_error_leaves_each_customer_out_of_all_its_months():
    """Three customers, two months; degrees of freedom: the lesser of the months', here of the second."""
    paths = {"Ada": [100, 120, 130], "Bo": [100, 90, 60], "Cy": [100, 100, 100]}

    def product(some):
        months = list(zip(*some, strict=True))
        return math.prod(sum(after) / sum(before) for before, after in pairwise(months))

    whole = product(paths.values())
    without = [product([path for who, path in paths.items() if who != left]) for left in paths]
    spread = math.sqrt(sum((one - whole) ** 2 for one in without))
    shares = np.array([120, 90, 100]) / 310
    q = shares / (1 - shares)
    freedom = q.sum() ** 2 / ((q**2).sum() + (q**2).sum() ** 2 - (q**4).sum())
    from scipy.stats import t

    found = nrr(ledger_of_paths(paths), "2025-01", "2025-03", method="compounded")
    assert found.value == approx(whole)
    assert freedom < 2
    assert found.high - found.value == approx(t.ppf(0.975, freedom) * spread)


def test_compounded_logo_retention_has_wilson_s_interval_at_greenwood_s_number():
    """10 customers, 2 leave, then 2 of 8: 0.8 × 0.75 = 0.6 like a cohort's, so worth exactly its 10 customers."""
    leaving = [0] * 2 + [1] * 2 + [2] * 6
    paths = {f"c{place}": [10, 10 * (last > 0), 10 * (last > 1)] for place, last in enumerate(leaving)}
    ledger = ledger_of_paths(paths)
    chained, cohort = (logo_retention(ledger, "2025-01", "2025-03", method=m) for m in ("compounded", "cohort"))
    assert (chained.value, chained.low, chained.high) == approx((0.6, cohort.low, cohort.high))


@pytest.mark.parametrize("size", [40, 200])
def test_the_interval_of_a_product_covers(size):
    """Customers of lognormal size who each month grow by half or leave: true monthly ratio 0.97, over six 0.97⁶. 95 %
    of 400 intervals is 380 ± 4.4; the bound is five of those below."""
    rng, choice, hits = np.random.default_rng(size), Choice("nrr", "compounded", "count"), 0
    for _ in range(400):
        steps = rng.choice([0.0, 1.0, 1.5], p=[0.06, 0.88, 0.06], size=(6, size))
        path = np.vstack([np.ones(size), steps.cumprod(axis=0)]) * rng.lognormal(4, 1, size) * 100
        cents = np.rint(path).astype(np.int64)
        found = ratios([choice], Window(np.arange(size), cents[:-1], (cents[1:],)))
        ((low, high),) = limits(choice, found, 0.95)
        hits += low <= 0.97**6 <= high
    assert hits >= 358


def test_a_product_of_the_largest_account_alone_has_no_interval():
    """Bo leaves at once: the second month is Ada's alone."""
    found = nrr(ledger_of_paths({"Ada": [100, 90, 80], "Bo": [100, 0, 0]}), "2025-01", "2025-03", method="compounded")
    assert math.isnan(found.low)
    assert "warning.no_interval" in keys(found)
