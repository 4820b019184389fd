"""The difference of two retentions: golden values, published intervals, and a p-value that belongs to its interval."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from retention_kit.contrasts import Share, retention_difference
from retention_kit.survival import kaplan_meier

approx = pytest.approx

# Freireich et al. (1963): weeks, and whether the remission ended then; in the control arm all ended.
SIX_MP = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21


def remission(arm, week):
    weeks, ended = arm
    row = kaplan_meier(np.array(weeks), np.array(ended, bool), horizon=week).loc[week]
    return Share(float(row["survival"]), float(row["variance"]), int(row["at_risk"]))


def share(kept, n):
    """A share that everybody was watched for: binomial variance, all n at risk."""
    return Share(kept / n, kept / n * (1 - kept / n) / n, n)


@pytest.mark.parametrize(
    ("week", "estimate", "low", "high", "p_value"),
    [
        (6, 0.285714, 0.011447, 0.511720, 0.041127),
        (12, 0.562465, 0.259810, 0.740579, 0.000206),
        (20, 0.532213, 0.233984, 0.726468, 0.000402),
    ],
)
def test_golden_values_of_the_remissions(week, estimate, low, high, p_value):
    # STATISTICS.md, section 1.4
    found = retention_difference(remission(SIX_MP, week), remission(CONTROL, week))
    assert (found.estimate, found.low, found.high, found.p_value) == approx((estimate, low, high, p_value), abs=1e-6)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_intervals_published_by_newcombe(first, second, low, high):
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10
    found = retention_difference(share(*first), share(*second))
    assert (found.low, found.high) == approx((low, high), abs=6e-5)


counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@given(counts, counts, levels)
def test_without_censoring_it_is_newcombes_interval(first, second, level):
    found = retention_difference(share(*first), share(*second), level=level)
    oracle = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff", alpha=1 - level)
    assert (found.low, found.high) == approx(oracle, abs=1e-9)


@given(counts, counts, levels)
@example((12, 20), (6, 10), 0.95)  # no difference at all
def test_p_is_below_alpha_exactly_when_the_interval_leaves_zero_out(first, second, level):
    found = retention_difference(share(*first), share(*second), level=level)
    assume(min(abs(found.low), abs(found.high)) > 1e-9)
    assert (found.p_value < 1 - level) == (found.low > 0 or found.high < 0)


@given(counts, counts)
def test_the_p_value_is_the_level_whose_interval_ends_at_zero(first, second):
    p_value = retention_difference(share(*first), share(*second)).p_value
    assume(1e-12 < p_value < 0.99)
    at_p = retention_difference(share(*first), share(*second), level=1 - p_value)
    assert min(abs(at_p.low), abs(at_p.high)) == approx(0, abs=1e-6)


@given(counts, counts, levels)
def test_swapping_the_groups_only_turns_the_signs(first, second, level):
    there = retention_difference(share(*first), share(*second), level=level)
    back = retention_difference(share(*second), share(*first), level=level)
    assert (back.estimate, back.low, back.high) == approx((-there.estimate, -there.high, -there.low), abs=1e-12)
    assert back.p_value == approx(there.p_value, rel=1e-6)


@given(counts, counts, levels)
def test_the_interval_holds_the_estimate_and_stays_among_differences(first, second, level):
    found = retention_difference(share(*first), share(*second), level=level)
    assert -1 - 1e-12 <= found.low <= found.estimate <= found.high <= 1 + 1e-12
    assert 0 <= found.p_value <= 1


def test_groups_without_churn_still_have_an_interval():
    # both at 100 %: Wilson says 10 of 10 may be 72.25 % in truth, 20 of 20 may be 83.89 %
    found = retention_difference(share(10, 10), share(20, 20))
    assert (found.estimate, found.p_value) == (0, 1)
    assert (found.low, found.high) == approx((-0.2775, 0.1611), abs=6e-5)


def test_one_group_without_churn_leans_on_those_still_watched():
    # 30 began, none churned, 12 are still watched: the interval is that of 12 of 12, not of 30 of 30
    watched = retention_difference(Share(1.0, 0.0, 12), share(10, 20))
    assert (watched.low, watched.high) == approx(
        confint_proportions_2indep(12, 12, 10, 20, method="newcomb", compare="diff"), abs=1e-9
    )


def test_equal_shares_reached_by_other_roads_do_not_differ():
    # 17/20 · 12/17 and 6/10 are both 0.6, but not in floating point
    one = remission(([1] * 3 + [2] * 5 + [9] * 12, [1] * 8 + [0] * 12), 3)
    other = remission(([1] * 4 + [9] * 6, [1] * 4 + [0] * 6), 3)
    assert one.value != other.value
    assert (one.value, other.value) == approx((0.6, 0.6))
    found = retention_difference(one, other)
    assert (found.estimate, found.p_value) == (0, 1)


def test_a_higher_level_gives_a_wider_interval():
    narrow, wide = (retention_difference(share(56, 70), share(48, 80), level=level) for level in (0.9, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.p_value == narrow.p_value


def test_effective_numbers():
    assert share(56, 70).n_eff == approx(70)
    assert Share(1.0, 0.0, 12).n_eff == 12
    # S(1 - S) / variance = 0.25 / 0.01
    assert Share(0.5, 0.01, 40).n_eff == approx(25)


@pytest.mark.parametrize(
    ("some", "known"),
    [
        (Share(0.5, 0.01, 3), True),
        (Share(0.0, 0.0, 4), True),
        (Share(0.0, 0.0, 0), False),
        (Share(math.nan, math.nan, 0), False),
    ],
)
def test_a_share_is_known_while_anybody_is_left_to_learn_from(some, known):
    assert some.known is known


def test_an_overwhelming_difference_has_a_p_value_near_zero():
    assert retention_difference(share(100_000, 100_000), share(0, 100_000)).p_value < 1e-12
