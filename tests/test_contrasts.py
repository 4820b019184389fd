"""Two groups compared: published values, golden values, and p-values that belong to their intervals."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from lifelines.datasets import load_lung, load_waltons
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import confint_proportions_2indep

from retention_kit.contrasts import (
    Mover,
    Permuted,
    Share,
    StudentT,
    equal_ratios,
    false_discovery,
    holm,
    leave_one_cluster_out,
    permutation_p,
    ratio_difference,
    retention_difference,
    rmst_difference,
)
from retention_kit.intervals import ratio_error, ratio_sums
from retention_kit.survival import kaplan_meier, rmst

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
    # 3 · 0.2 and 0.6 are the same, but not in floating point
    one, other = Share(3 * 0.2, 0.012, 12), Share(0.6, 0.024, 6)
    assert one.value != other.value
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


def test_a_mover_is_the_difference_at_any_level():
    mover = Mover(share(56, 70), share(48, 80))
    assert mover.contrast(0.9) == retention_difference(share(56, 70), share(48, 80), level=0.9)
    assert (mover.estimate, mover.p_value) == approx((0.2, mover.contrast(0.99).p_value))


def test_a_share_nobody_was_left_for_has_no_difference():
    mover = Mover(share(5, 10), Share(math.nan, math.nan, 0))
    assert all(math.isnan(value) for value in (mover.p_value, mover.contrast(0.95).low, mover.contrast(0.95).high))


# --- an estimate with its error -----------------------------------------------------------------------------


@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(1, 1e6), levels)
def test_student_p_is_below_alpha_exactly_when_its_interval_leaves_zero_out(estimate, error, freedom, level):
    found = StudentT(estimate, error, freedom).contrast(level)
    assume(min(abs(found.low), abs(found.high)) > 1e-9)
    assert (found.p_value < 1 - level) == (found.low > 0 or found.high < 0)


def test_an_infinite_freedom_is_the_normal_distribution():
    found = StudentT(1.0, 0.5, math.inf).contrast(0.95)
    assert (found.low, found.high, found.p_value) == approx((0.0200180, 1.9799820, 0.0455003), abs=1e-7)


@pytest.mark.parametrize("error", [0.0, math.nan])
def test_an_error_that_is_not_known_gives_no_interval_and_no_p_value(error):
    for some in (StudentT(0.3, error, 5), Permuted(0.3, error, np.arange(99.0))):
        found = some.contrast(0.95)
        assert found.estimate == 0.3
        assert all(math.isnan(value) for value in (found.low, found.high, found.p_value))


# few different values, so that draws tie with one another and with what was seen
far = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, math.inf])


@given(st.sampled_from([-3.0, -1.4, 0.0, 0.7, 2.1]), st.lists(far, min_size=1, max_size=60), levels)
@example(2.1, [3.0] * 4 + [0.0] * 95, 0.95)  # p is 0.05 itself
@example(2.1, [3.0] * 9 + [0.0] * 90, 0.9)
def test_permuted_p_is_below_alpha_exactly_when_its_interval_leaves_zero_out(estimate, draws, level):
    found = Permuted(estimate, 0.7, np.array(draws)).contrast(level)
    assert (found.p_value < 1 - level) == (found.low > 0 or found.high < 0)
    assert found.low <= estimate <= found.high


def test_permuted_by_hand():
    # T = 2: of 99 draws four are as far out, 3 and three times 2, so p = 5/100; at 90 % nine others may be as far as
    # T, so c is the tenth largest draw, 1.9: 4 ± 1.9 · 2
    found = Permuted(4.0, 2.0, np.array([3.0, *[2.0] * 3, *[1.9] * 10, *[0.5] * 85])).contrast(0.9)
    assert (found.low, found.high, found.p_value) == approx((0.2, 7.8, 0.05))


def test_a_draw_that_differs_by_rounding_alone_is_as_far_out():
    # 0.3/0.1 is 2.9999999999999996 in floating point: that draw is what was seen
    assert Permuted(0.3, 0.1, np.array([0.3 / 0.1 * (1 - 1e-15), 0.0, 0.0])).p_value == 2 / 4


def test_too_few_draws_for_a_level_exclude_nothing():
    # with nine draws p is never below 0.1
    found = Permuted(4.0, 1.0, np.zeros(9)).contrast(0.95)
    assert (found.low, found.high, found.p_value) == (-math.inf, math.inf, 0.1)


# --- ratios of sums -----------------------------------------------------------------------------------------

# survey::apistrat, api.stu/enroll of the elementary and the high schools (California, 2000)
ELEMENTARY = """
241/276 631/841 415/441 288/298 319/354 315/330 363/385 510/583 652/763 322/381 931/1112 447/515 192/262
479/528 266/278 241/266 222/256 401/443 397/450 509/553 509/589 266/312 397/474 148/184 356/446 327/369
602/681 226/263 256/313 437/522 243/339 244/334 257/323 622/655 299/388 293/342 284/355 438/537 312/382
368/444 532/603 238/264 124/158 567/643 386/424 478/541 397/473 278/337 354/447 265/334 256/290 597/660
250/285 133/143 484/555 304/382 436/571 542/619 239/270 383/441 338/387 185/227 137/155 288/325 366/437
168/195 395/445 228/292 320/332 301/339 323/386 219/250 478/587 241/262 251/304 349/459 376/492 552/615
381/437 325/390 487/547 326/365 645/770 403/678 261/271 278/307 500/620 123/153 175/213 372/410 347/364
142/169 332/368 168/190 314/368 457/601 352/420 534/613 351/446 446/482
"""
HIGH = """
1850/2165 1451/1894 302/357 2238/2552 851/1105 1349/1586 1458/1527 285/331 853/983 780/1423 645/682 1607/1820
884/1033 303/532 1099/1115 1756/1956 626/695 594/637 1309/1515 364/633 1454/1771 318/588 1344/1469 106/119
1581/1989 665/1139 178/195 840/1148 932/1032 1552/1692 2052/2247 1147/1068 1153/2018 1593/1788 162/216
917/1377 914/1115 1958/2181 814/1783 1137/1389 1111/1313 430/542 1208/1684 1306/1520 2900/3156 691/763
1248/2237 1178/1602 1516/1754 517/599
"""


def test_the_schools_of_california():
    # STATISTICS.md, section 2.2
    tested, enrolled = np.array([pair.split("/") for pair in (ELEMENTARY + HIGH).split()], float).T
    elementary = np.arange(150) < 100
    found = ratio_difference(tested, enrolled, elementary)
    assert (found.estimate, found.error, found.freedom) == approx((0.0412461538, 0.0227393058, 47.386267), rel=1e-8)
    contrast = found.contrast(0.95)
    assert (contrast.low, contrast.high) == approx((-0.0044895877, 0.0869818952), abs=5e-11)
    assert contrast.p_value == approx(0.0760324500, abs=5e-11)
    assert [each.n for each in found.sums] == [100, 50]


def of_shape(mean, variance, n):
    """n values with exactly that mean and variance."""
    values = stats.norm.ppf((np.arange(n) + 0.5) / n)
    return mean + (values - values.mean()) / values.std(ddof=1) * math.sqrt(variance)


def test_growthbooks_welch_t():
    # gbstats tests: n, Σx, Σx² of two variations; 0.29 (0.04538, 0.53462), p 0.02016. The leave-one-out error has n - 1
    # in the place of n, here 1.00015 times the reach: the fifth decimal may differ by four
    groups = [(3461, 2422.7, 134698.29), (3407, 1396.87, 52377.9767)]
    arms = [of_shape(total / n, (squares - total**2 / n) / (n - 1), n) for n, total, squares in groups]
    values = np.concatenate(arms)
    found = ratio_difference(values, np.ones(len(values)), np.arange(len(values)) < 3461).contrast(0.95)
    assert found.estimate == approx(0.29)
    assert (found.low, found.high, found.p_value) == approx((0.04538, 0.53462, 0.02016), abs=5e-5)


samples = st.lists(st.floats(0, 3).map(lambda x: round(x, 3)), min_size=2, max_size=20)


@given(samples, samples)
def test_equal_denominators_give_welchs_t_with_n_less_one_under_the_variances(first, second):
    # v = s²/(n - 1) where Welch has s²/n; handed samples of variance s²·n/(n - 1), Welch's t is ours, but for its n:
    # its degrees of freedom weigh v²/(n - 1) just as ours
    assume(min(np.std(first), np.std(second)) > 1e-3)
    values, n = np.array([*first, *second]) * 100, np.array([len(first), len(second)])
    treated = np.arange(len(values)) < n[0]
    deviation = np.array([np.std(side, ddof=1) for side in (first, second)]) * np.sqrt(n / (n - 1))
    welch = stats.ttest_ind_from_stats(
        np.mean(first), deviation[0], n[0], np.mean(second), deviation[1], n[1], equal_var=False
    )
    found = ratio_difference(values, np.full(len(values), 100.0), treated)
    assert found.p_value == approx(welch.pvalue, rel=1e-6, abs=1e-12)
    assert found.estimate / found.error == approx(welch.statistic, rel=1e-6, abs=1e-9)


def test_the_error_of_a_difference_is_that_of_both_arms():
    numerator, denominator, treated = accounts(30, seed=3)
    found = ratio_difference(numerator, denominator, treated)
    errors = [ratio_error(ratio_sums(numerator[side], denominator[side])) for side in (treated, ~treated)]
    (one, freedom_1), (other, freedom_0) = errors
    assert found.error == approx(math.sqrt(one**2 + other**2))
    assert found.freedom == approx((one**2 + other**2) ** 2 / (one**4 / freedom_1 + other**4 / freedom_0))


def accounts(n, seed):
    generator = np.random.Generator(np.random.PCG64(seed))
    paid = generator.lognormal(size=n)
    return paid * generator.exponential(size=n), paid, np.arange(n) % 3 == 0


def test_weights_multiply_both_sums_and_leave_out_those_of_weight_zero():
    numerator, denominator, treated = accounts(30, seed=4)
    weights = np.tile([0.0, 0.5, 1.0, 2.0, 0.25], 6)
    found = ratio_difference(numerator, denominator, treated, weights=weights)
    some = weights > 0
    plain = ratio_difference((weights * numerator)[some], (weights * denominator)[some], treated[some])
    assert found == plain
    assert ratio_difference(numerator, denominator, treated, weights=np.ones(30)) == ratio_difference(
        numerator, denominator, treated
    )


def test_an_arm_without_spread_borrows_that_of_the_other():
    # reference: four of 100, one lost: R = 0.75, s² = 0.25, v = s²/3 = 1/12, 3 degrees of freedom; two of 100 both kept
    # would have s²/(2 - 1) = 1/4: error √(1/12 + 1/4)
    now, paid = np.array([100.0, 100, 100, 100, 0, 100]), np.full(6, 100.0)
    found = ratio_difference(now, paid, np.arange(6) < 2)
    assert (found.estimate, found.error, found.freedom) == approx((0.25, math.sqrt(1 / 3), 3))
    turned = ratio_difference(now, paid, np.arange(6) >= 2)
    assert (turned.estimate, turned.error, turned.freedom) == approx((-0.25, math.sqrt(1 / 3), 3))


@pytest.mark.parametrize(
    ("now", "treated"),
    [
        ([100.0, 100, 90, 90], [True, True, False, False]),  # neither arm shows any spread
        ([100.0, 80, 90, 70], [True, False, False, False]),  # one customer
        ([100.0, 80, 90, 70], [False] * 4),  # nobody
    ],
)
def test_where_the_data_do_not_show_their_spread_nothing_is_said(now, treated):
    found = ratio_difference(np.array(now), np.full(4, 100.0), np.array(treated)).contrast(0.95)
    assert all(math.isnan(value) for value in (found.low, found.high, found.p_value))


# --- labels dealt by chance ---------------------------------------------------------------------------------


def labelings(n, first):
    for chosen in itertools.combinations(range(n), first):
        yield np.isin(np.arange(n), chosen)


def exact(statistic, treated):
    """Share of all labelings whose statistic is at least as far from 0 as the one seen."""
    far = np.array([abs(statistic(labels)) for labels in labelings(len(treated), treated.sum())])
    return (far >= abs(statistic(treated)) * (1 - 1e-9)).mean()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_permutations_of_ratios_come_near_all_labelings(seed):
    # 3 of 9 treated: 84 labelings; 20,000 draws have a standard error of at most 0.0036
    numerator, denominator, treated = accounts(9, seed)
    numerator[treated] *= 1.5

    def studentised(labels):
        found = ratio_difference(numerator, denominator, labels)
        return found.estimate / found.error

    p_value = permutation_p(numerator, denominator, treated, draws=20_000, seed=seed)
    assert p_value == approx(exact(studentised, treated), abs=0.0144)


def test_permutations_of_months_come_near_all_labelings():
    # 4 of 8 treated: 70 labelings; some leave no variance, or nobody watched, in a group
    age, churned = np.array([1, 3, 4, 6, 2, 5, 9, 9]), np.array([True, True, True, False, False, True, False, False])
    treated = np.arange(8) >= 4

    def studentised(labels):
        one, other = (rmst(age[side], churned[side], horizon=6) for side in (labels, ~labels))
        variance = one.variance + other.variance
        return (one.value - other.value) / math.sqrt(variance) if variance > 0 else math.inf

    found = rmst_difference(age, churned, treated, horizon=6, draws=20_000)
    assert found.p_value == approx(exact(studentised, treated), abs=0.0144)
    assert found.estimate / found.error == approx(studentised(treated))


def test_permutations_keep_to_their_seed():
    numerator, denominator, treated = accounts(60, seed=5)
    one, same, other = (permutation_p(numerator, denominator, treated, seed=seed) for seed in (1, 1, 2))
    assert one == same != other
    assert one * 2000 == approx(round(one * 2000))  # (1 + hits) / (1999 + 1)


def test_a_block_of_draws_is_as_good_as_one():
    # 4,000 customers come in blocks of 15 draws: the p-value still is near Student's
    numerator, denominator, treated = accounts(4000, seed=6)
    student = ratio_difference(numerator, denominator, treated).p_value
    assert permutation_p(numerator, denominator, treated, draws=499) == approx(student, abs=0.1)


@pytest.mark.parametrize(("now", "p_value"), [([100.0] * 6, 1.0), ([100.0, 100, 100, 0, 0, 0], 0.1)])
def test_permutations_without_any_spread(now, p_value):
    # all alike: nothing is ever farther out; all kept against all lost: 2 of the 20 labelings are as far out
    found = permutation_p(np.array(now), np.full(6, 100.0), np.arange(6) < 3, draws=20_000)
    assert found == approx(p_value, abs=0.01)


def test_permutations_that_deal_the_same_groups_again_are_as_far_out():
    # the two that grew most are the treated, so that of the ten labelings only theirs is as far out: p = 1/10, though
    # sums in another order differ by rounding
    paid = np.array([10.1, 20.3, 30.7, 41.9, 53.3])
    now = paid * np.array([1.91, 1.83, 0.97, 0.71, 0.83])
    assert permutation_p(now, paid, np.arange(5) < 2, draws=5000) == approx(0.1, abs=0.017)


def test_permutations_of_accounts_that_all_keep_nine_tenths():
    # no spread but for rounding, which must not be taken for one
    paid = np.random.Generator(np.random.PCG64(8)).lognormal(size=20)
    assert permutation_p(paid * 0.9, paid, np.arange(20) < 9, draws=99) == 1


def test_permutations_need_two_customers_a_group():
    assert math.isnan(permutation_p(np.arange(4.0), np.ones(4), np.arange(4) < 1))


# --- months gained ------------------------------------------------------------------------------------------


def test_months_gained_in_the_lung_data():
    # STATISTICS.md, section 9, by R: women against men within 365 days
    lung = load_lung()
    found = rmst_difference(
        lung["time"].to_numpy(), lung["status"].to_numpy() == 1, lung["sex"].to_numpy() == 2, horizon=365
    )
    assert isinstance(found, StudentT)
    contrast = found.contrast(0.95)
    assert (found.estimate, found.error) == approx((55.97032434, 14.95812586), abs=5e-9)
    assert (contrast.low, contrast.high) == approx((26.65293615, 85.28771253), abs=5e-7)
    assert contrast.p_value == approx(0.0001827065, abs=5e-11)


def freireich():
    age, churned = (np.array(SIX_MP[row] + CONTROL[row]) for row in (0, 1))
    return age, churned.astype(bool), np.arange(42) < 21


@pytest.mark.parametrize(
    ("week", "estimate", "error"), [(12, 3.497478992, 1.019220059), (20, 7.687955182, 1.781694871)]
)
def test_months_gained_in_the_remissions(week, estimate, error):
    # STATISTICS.md, section 9, by R; 21 a group are few, so that the labels are permuted
    found = rmst_difference(*freireich(), horizon=week)
    assert isinstance(found, Permuted)
    assert (found.estimate, found.error) == approx((estimate, error), abs=5e-9)
    assert found.p_value <= 0.005
    assert found.contrast(0.95).low > 0


def test_months_gained_in_the_waltons_data():
    # lifelines #1526: p 0.15 within 10 days by the normal distribution, 0.81 with the wrong variance; with 5 deaths
    # before day 10 the labels are permuted, which is less sure still
    waltons = load_waltons()
    control = waltons["group"].to_numpy() == "control"
    found = rmst_difference(waltons["T"].astype(int).to_numpy(), waltons["E"].to_numpy() == 1, control, horizon=10)
    assert (found.estimate, found.error**2) == approx((9.97674419 - 9.79411765, 0.0152 + 0.0005), abs=5e-5)
    assert StudentT(found.estimate, found.error, math.inf).p_value == approx(0.15, abs=0.005)
    assert found.p_value > 0.15


@pytest.mark.parametrize(("n", "churns", "kind"), [(49, 25, Permuted), (50, 19, Permuted), (50, 20, StudentT)])
def test_small_groups_are_permuted(n, churns, kind):
    age = np.tile(np.where(np.arange(n) < churns, 1 + np.arange(n) % 5, 12), 2)
    # churn at the horizon shortens no stay and does not count
    assert isinstance(rmst_difference(age, age < 13, np.arange(2 * n) < n, horizon=12), kind)


def test_late_entries_are_permuted_with_their_customers():
    age, churned, treated = freireich()
    entry = np.where(np.arange(42) % 3 == 0, age // 2, 0)
    found = rmst_difference(age, churned, treated, horizon=12, entry=entry)
    one, other = (rmst(age[side], churned[side], horizon=12, entry=entry[side]) for side in (treated, ~treated))
    assert found.estimate == approx(one.value - other.value)
    assert found.error == approx(math.sqrt(one.variance + other.variance))
    assert not np.isnan(found.draws).any()
    assert found.estimate != rmst_difference(age, churned, treated, horizon=12).estimate


def test_nobody_watched_to_the_horizon_leaves_the_difference_open():
    age = np.array([1, 2, 3, 3, 9, 9, 9, 9])
    found = rmst_difference(age, age == 1, np.arange(8) < 4, horizon=8).contrast(0.95)
    assert all(math.isnan(value) for value in (found.estimate, found.low, found.high, found.p_value))


# --- portfolios, several groups, several questions ----------------------------------------------------------


@given(samples)
def test_clusters_of_one_customer_give_students_t(values):
    # (n - 1)/n · Σ(mean without i - mean)² = s²/n
    assume(np.std(values) > 1e-3)
    months = np.array(values)
    found = leave_one_cluster_out(lambda enters: months[enters].mean(), np.arange(len(months)))
    student = stats.ttest_1samp(months, 0)
    assert found.p_value == approx(student.pvalue, rel=1e-6)
    interval = student.confidence_interval(0.9)
    assert (found.contrast(0.9).low, found.contrast(0.9).high) == approx((interval.low, interval.high), abs=1e-9)


def test_clusters_by_hand():
    # months 8 2 | 4 | 7 4 by portfolio, mean 5; without ana (4 + 7 + 4)/3 = 5, without bo 21/4 = 5.25, without cy
    # 14/3: v = 2/3 · (0 + 1/16 + 1/9)
    months, portfolio = np.array([8.0, 4, 7, 2, 4]), np.array(["ana", "bo", "cy", "ana", "cy"], dtype=object)
    found = leave_one_cluster_out(lambda enters: months[enters].mean(), portfolio)
    assert (found.estimate, found.error, found.freedom) == approx((5, math.sqrt(2 / 3 * (1 / 16 + 1 / 9)), 2))


@pytest.mark.parametrize("cluster", [["a", "a", "a"], ["a", "b", "b"]])
def test_clusters_that_cannot_be_left_out_give_no_error(cluster):
    # one portfolio only; or all the treated in one, so that nothing is left to compare without it
    treated = np.array([True, False, False])

    def difference(enters):
        sides = [enters & treated, enters & ~treated]
        return sides[0].sum() - sides[1].sum() if all(side.any() for side in sides) else math.nan

    found = leave_one_cluster_out(difference, np.array(cluster))
    assert found.estimate == -1
    assert math.isnan(found.p_value)


def test_two_equal_ratios_are_the_difference_of_two():
    numerator, denominator, treated = accounts(40, seed=7)
    found = equal_ratios(numerator, denominator, treated.astype(int))
    difference = ratio_difference(numerator, denominator, treated)
    assert found.p_value == approx(difference.p_value)
    assert found.statistic == approx((difference.estimate / difference.error) ** 2)


@pytest.mark.parametrize("groups", [3, 4, 6])
def test_equal_ratios_with_equal_denominators_are_welchs_analysis_of_variance(groups):
    # v = s²/(n - 1) where Welch has s²/n, the same factor in all groups of n: his F with (n - 1)/n under it
    generator = np.random.Generator(np.random.PCG64(groups))
    values = generator.normal(1, 1 + np.arange(groups), size=(12, groups)).T
    welch = anova_oneway(list(values), use_var="unequal", welch_correction=True)
    found = equal_ratios(values.ravel(), np.ones(values.size), np.repeat(np.arange(groups), 12))
    assert (found.statistic, found.freedom) == approx((welch.statistic * 11 / 12, groups - 1))
    assert found.p_value == approx(stats.f.sf(welch.statistic * 11 / 12, *welch.df))


def test_equal_ratios_with_a_group_that_shows_no_spread():
    now, paid = np.array([100.0, 100, 100, 100, 0, 100, 50, 90, 10]), np.full(9, 100.0)
    assert 0 < equal_ratios(now, paid, np.repeat([0, 1, 2], 3)).p_value < 1
    assert math.isnan(equal_ratios(now, paid, np.array([0] * 8 + [1])).p_value)
    assert math.isnan(equal_ratios(paid, paid, np.repeat([0, 1, 2], 3)).p_value)


# McDonald, Handbook of Biological Statistics: 25 foods and mammographic density (García-Arenzana et al. 2014)
FOODS = [0.001, 0.008, 0.039, 0.041, 0.042, 0.060, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269]
FOODS += [0.275, 0.340, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.940, 0.942, 0.975, 0.986]


def test_false_discoveries_among_the_foods():
    printed = [0.025, 0.1, 0.21, 0.21, 0.21, 0.25, 0.264286, 0.491071]
    assert false_discovery(FOODS)[:8] == approx(printed, abs=5e-7)


def test_corrections_of_five_p_values():
    # STATISTICS.md, section 9
    p_values = [0.01, 0.02, 0.03, 0.04, 0.05]
    assert holm(p_values) == approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert false_discovery(p_values) == approx([0.05] * 5)


@pytest.mark.parametrize("correct", [holm, false_discovery])
def test_questions_that_were_not_tested_do_not_count(correct):
    tested = [0.04, 0.001, 0.3]
    found = correct([0.04, math.nan, 0.001, 0.3, math.nan])
    assert found[[0, 2, 3]] == approx(correct(tested))
    assert np.isnan(found[[1, 4]]).all()
    assert np.isnan(correct([math.nan, math.nan])).all()
    assert len(correct([])) == 0
