"""Wilson's interval and the leave-one-out interval of a ratio of sums."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from retention_kit.intervals import ratio_error, ratio_interval, ratio_sums, wilson

approx = pytest.approx
Z = 1.959963984540054

# boot::city: population of ten American cities in 1920 and 1930 (thousands)
IN_1920 = np.array([138.0, 93, 61, 179, 48, 37, 29, 23, 30, 2])
IN_1930 = np.array([143.0, 104, 69, 260, 75, 63, 50, 48, 111, 50])


def test_the_ten_cities():
    """STATISTICS.md section 2.2: ratio, HC3 error, Bell and McCaffrey's degrees of freedom, effective number."""
    sums = ratio_sums(IN_1930, IN_1920)
    error, freedom = ratio_error(sums)
    assert sums.ratio == 1.5203125
    assert error == approx(0.2057680, abs=5e-8)
    assert freedom == approx(4.452348, abs=5e-7)
    assert sums.n_eff == approx(5.901847, abs=5e-7)
    assert (sums.n, sums.largest) == (10, 179 / 640)
    assert ratio_interval(sums) == approx(sums.ratio + stats.t.ppf([0.025, 0.975], 4.452348) * 0.2057680, abs=1e-6)


PAIRS = st.lists(
    st.tuples(st.integers(0, 50_000).map(float), st.integers(1, 50_000).map(float)), min_size=2, max_size=12
).map(lambda pairs: tuple(np.array(column) for column in zip(*pairs, strict=True)))


@given(PAIRS)
def test_the_error_is_that_of_leaving_each_customer_out(pairs):
    """The oracle leaves one out, n times: v = Σ (R without i − R)², for e / (1 − h) is exactly that difference."""
    now, paid = pairs
    ratio = now.sum() / paid.sum()
    others = [np.delete(now, place).sum() / np.delete(paid, place).sum() for place in range(len(now))]
    error, _ = ratio_error(ratio_sums(now, paid))
    brute = math.sqrt(sum((other - ratio) ** 2 for other in others))
    if not math.isnan(error):
        assert error == approx(brute, rel=1e-9)
    else:
        assert brute <= 1e-11 * max(1, ratio)


@given(PAIRS)
def test_the_degrees_of_freedom_are_those_of_the_quadratic_form(pairs):
    """Satterthwaite by matrices: v = |A y|², Var y = diag(paid), so df = tr(V)² / tr(V²) with V = A diag(paid) Aᵀ."""
    now, paid = pairs
    _, freedom = ratio_error(ratio_sums(now, paid))
    if math.isnan(freedom):
        return
    share = paid / paid.sum()
    left_out = (np.eye(len(paid)) - np.outer(share, np.ones(len(paid)))) / (1 - share)[:, None]
    spread = left_out @ np.diag(paid) @ left_out.T
    assert freedom == approx(np.trace(spread) ** 2 / np.trace(spread @ spread), rel=1e-6)


@given(st.lists(st.floats(0, 3), min_size=2, max_size=30), st.sampled_from([0.8, 0.95, 0.99]))
def test_equal_denominators_give_student_s_interval_with_the_leave_one_out_error(ratios, level):
    """With n equal shares h = 1/n: e/(1 − h) = (r − mean)/(n − 1), so v = s²/(n − 1) where Student has s²/n, and
    df = (n·q)² / (n·b + (n·b)² − n·b²) with b = q² = 1/(n − 1)² is n − 1: Student’s interval, √(n/(n − 1)) as wide."""
    values = np.array(ratios)
    n, sums = len(values), ratio_sums(values * 100, np.full(len(values), 100.0))
    error, freedom = ratio_error(sums)
    if math.isnan(error):
        assert values.std() < 1e-10
        return
    assert freedom == approx(n - 1)
    student = stats.ttest_1samp(values, 0).confidence_interval(level)
    reach = (student.high - student.low) / 2 * math.sqrt(n / (n - 1))
    assert ratio_interval(sums, level=level) == approx((values.mean() - reach, values.mean() + reach), abs=1e-9)


def test_one_large_account_widens_the_interval():
    """The same ratios; nine customers of 100, then one of 900 among them."""
    ratios = np.array([1.2, 0.8] * 5)
    reach = []
    for paid in (np.full(10, 100.0), np.array([900.0, *[100.0] * 9])):
        low, high = ratio_interval(ratio_sums(ratios * paid, paid))
        reach.append(high - low)
    assert reach[1] > 2 * reach[0]


@given(PAIRS, st.floats(0.01, 100))
def test_the_unit_of_money_changes_nothing(pairs, unit):
    now, paid = pairs
    plain, scaled = ratio_interval(ratio_sums(now, paid)), ratio_interval(ratio_sums(now * unit, paid * unit))
    assert scaled == approx(plain, rel=1e-6, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("now", "paid"),
    [
        ([], []),
        ([50.0], [100.0]),  # one customer
        ([90.0, 45.0], [100.0, 50.0]),  # both at 90 %: a width of zero would be a false certainty
        ([0.0, 0.0], [100.0, 50.0]),
    ],
)
def test_where_the_data_do_not_show_their_spread_there_is_no_interval(now, paid):
    sums = ratio_sums(np.array(now), np.array(paid))
    assert all(math.isnan(value) for value in (*ratio_error(sums), *ratio_interval(sums)))


def test_nobody_has_no_ratio():
    sums = ratio_sums(np.array([]), np.array([]))
    assert math.isnan(sums.ratio)
    assert (sums.n, sums.n_eff) == (0, 0.0)


@pytest.mark.parametrize(
    ("retained", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_newcombe_s_table(retained, n, low, high):
    """Newcombe (1998), printed to four decimals."""
    assert wilson(retained / n, n, Z) == approx((low, high), abs=5e-5)


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipy_s(n, share, level):
    retained = round(share * n)
    limits = stats.binomtest(retained, n).proportion_ci(level, method="wilson")
    assert wilson(retained / n, n, float(stats.norm.ppf((1 + level) / 2))) == approx(tuple(limits), abs=1e-12)
