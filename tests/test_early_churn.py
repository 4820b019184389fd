"""Early against later churn: counted by hand, against statsmodels and R, and where contracts end once a year."""

import math

import numpy as np
import pytest
from cases import told
from hypothesis import given
from hypothesis import strategies as st

from retention_kit.errors import OptionError
from retention_kit.survival import early_churn

approx = pytest.approx
NORMAL = 1.959963984540054


def early(ages, churned, term=1, *, window=3, horizon=12, **more):
    """`early_churn` of lists; one term for all, or one each."""
    terms = np.broadcast_to(np.array(term), len(ages))
    more = {name: np.array(values) if isinstance(values, list) else values for name, values in more.items()}
    return early_churn(np.array(ages), np.array(churned, bool), terms, window=window, horizon=horizon, **more)


def strata(*rows):
    """`early_churn` of customers at risk for one month each, at 3 (early) or at 6: churns, months of both, term."""
    ages, churned, terms = [], [], []
    for early_churns, early_months, late_churns, late_months, term in rows:
        for age, churns, months in ((3, early_churns, early_months), (6, late_churns, late_months)):
            ages += [age] * months
            churned += [1] * churns + [0] * (months - churns)
            terms += [term] * months
    return early(ages, churned, terms, horizon=6, entry=[age - 1 for age in ages])


# --- who is at risk ---------------------------------------------------------------------------------------


def test_months_and_churns_of_five_customers_counted_by_hand():
    # early 1–3, later 4–6: churn at 2 (2 months, 0), churn at 5 (3, 2), to 6 (3, 3), to 3 (3, 0), churn at 9 (3, 3)
    found = early([2, 5, 6, 3, 9], [1, 1, 0, 0, 1], window=3, horizon=6)
    assert (found.early, found.late) == ((1, 14), (1, 8))
    assert found.ratio == approx((1 / 14) / (1 / 8))


def test_who_is_watched_later_counts_from_the_month_after():
    # watched from 2 on, to 5: at risk at 3 (early), 4 and 5 (later); from 4 on, churn at 6: 5 and 6
    found = early([5, 6], [0, 1], window=3, horizon=6, entry=[2, 4])
    assert (found.early, found.late) == ((0, 1), (1, 4))


def test_an_annual_contract_is_at_risk_when_it_ends():
    """Six annual contracts, ages 1–12 against 13–24, counted by hand.

    Two leave at 12, when they could: early 6 ends (all), 2 churns. Of the four left one leaves at 24 and two stay to
    30: later 3 ends, 1 churn; the fourth is watched to 23 only, and no contract of theirs ended after 12.
    """
    found = early([12, 12, 24, 30, 30, 23], [1, 1, 1, 0, 0, 0], 12, window=12, horizon=24)
    assert (found.early, found.late) == ((2, 6), (1, 3))
    assert found.ratio == approx((2 / 6) / (1 / 3))


def test_months_of_one_contract_are_not_those_of_another():
    # quarterly, to 12: ends at 3 | 6 9 12; half-yearly, to 12: none early | 6 12; monthly, churn at 4: 1 2 3 | 4
    found = early([12, 12, 4], [0, 0, 1], [3, 6, 1])
    assert (found.early, found.late) == ((0, 1 + 0 + 3), (1, 3 + 2 + 1))


def test_churn_between_the_ends_of_contracts_counts_with_its_month():
    """Ten annual contracts to 12; one more left at 2, another at 7, when no contract could end.

    Churns and months in all: 1 of 1 early, 1 of 1 + 10 later. Compared are months of that kind: at 1–3 there were
    10·3 + 2 + 3 = 35, at 4–12 but for the ends 10·8 + 4 = 84.
    """
    found = early([12] * 10 + [2, 7], [0] * 10 + [1, 1], 12)
    assert (found.early, found.late) == ((1, 1), (1, 11))
    assert found.ratio == approx((1 / 35) / (1 / 84))


def test_terms_count_from_the_start_whatever_the_clock():
    # the clock starts at 2 months: an annual contract ends at 10 of it; at 3 of it a quarter does not end, at 1 it does
    found = early([12, 12], [0, 0], [12, 3], window=1, horizon=11, shift=[2, 2])
    assert (found.early, found.late) == ((0, 0 + 1), (0, 1 + 3))


def test_churn_where_the_contract_ends_is_told_by_the_start_too():
    # half-yearly, the clock starts at 2: one leaves at 4 of it, when the contract ends, one at 6, when it does not
    found = early([4, 6, 9], [1, 1, 0], 6, window=5, horizon=9, shift=[2, 2, 2])
    # ends at 4 early (all three), none at 5 … 9; the churn at 6 brings its month
    assert (found.early, found.late) == ((1, 3), (1, 1))


def test_who_left_when_watching_began_is_not_counted():
    found = early([2, 6, 7], [1, 0, 0], window=3, horizon=6, entry=[2, 0, 9])
    assert (found.early, found.late) == ((0, 3), (0, 3))


def test_what_happens_after_the_horizon_is_not_seen():
    assert early([13, 2], [1, 1]) == early([20, 2], [0, 1])


# --- annual and monthly contracts together ----------------------------------------------------------------


def mixed():
    """Monthly contracts with one churn per hundred months throughout, and annual ones of which 30 of 100 end at 12."""
    ages = list(range(1, 13)) * 10 + [12] * 980 + [12] * 100
    churned = [1] * 120 + [0] * 980 + [1] * 30 + [0] * 70
    return ages, churned, [1] * 1100 + [12] * 100


def test_annual_contracts_do_not_make_later_churn_look_frequent():
    """Among monthly contracts: 30 of 1100·3 - 10·(2 + 1) months early, 90 of the rest later; annual ones add none."""
    early_months, all_months = 1100 * 3 - 30, sum(range(1, 13)) * 10 + 980 * 12
    found = early(*mixed())
    assert found.ratio == approx((30 / early_months) / (90 / (all_months - early_months)))
    assert (found.early, found.late) == ((30, early_months), (120, all_months - early_months + 100))
    assert found.p_value == approx(early(*(part[:1100] for part in mixed())).p_value)
    assert found.low < 1 < found.high


def test_several_terms_say_what_their_common_ratio_is():
    # monthly: 60/1000 early, 40/2000 later (3); quarterly: 90/300, 50/500 (3)
    found = strata((60, 1000, 40, 2000, 1), (90, 300, 50, 500, 3))
    assert (found.early, found.late) == ((150, 1300), (90, 2500))
    assert found.ratio == approx(3, rel=1e-9)
    pooled = (150 / 1300) / (90 / 2500)
    assert abs(pooled - 3) > 0.2


# --- what is shown beside the ratio ------------------------------------------------------------------------


def test_with_one_term_the_rates_shown_are_churns_over_months():
    found = early([2, 5, 6, 3, 9], [1, 1, 0, 0, 1], window=3, horizon=6)
    assert found.compared == ((1, 14, 1 / 14, 14), (1, 8, 1 / 8, 8))
    assert found.compared_terms == (1,)


def test_months_that_are_compared_with_nothing_are_not_shown():
    """The annual contracts of `mixed` end at 12 only: with them 120 of 100 more months would seem to leave later."""
    found = early(*mixed())
    (soon, later), months = found.compared, 1100 * 3 - 30
    assert soon[:3] == (30, months, 30 / months)
    assert later[:2] == (90, found.late[1] - 100)
    assert soon.rate / later.rate == approx(found.ratio)
    assert found.compared_terms == (1,)
    assert found.telling.tolist() == [[30, months, 90, found.late[1] - 100]]


def test_rates_of_several_terms_are_averages_with_the_same_weights():
    """Monthly 6 % against 2 %, quarterly 30 % against 10 %: the fit is what was counted, ratio 3."""
    found = strata((60, 1000, 40, 2000, 1), (90, 300, 50, 500, 3))
    monthly = 1 / (0.94 / 1000 + 3 * 0.98 / 2000)
    quarterly = 1 / (0.7 / 300 + 3 * 0.9 / 500)
    soon, later = found.compared
    assert soon.rate == approx((monthly * 0.06 + quarterly * 0.3) / (monthly + quarterly))
    assert later.rate == approx((monthly * 0.02 + quarterly * 0.1) / (monthly + quarterly))
    assert (soon[:2], later[:2]) == ((150, 1300), (90, 2500))
    share = monthly / (monthly + quarterly)
    assert soon.worth == approx(1 / (share**2 / 1000 + (1 - share) ** 2 / 300))
    assert found.compared_terms == (1, 3)


def test_a_churn_between_the_ends_of_contracts_makes_such_months_compared():
    found = early([12] * 10 + [2, 7], [0] * 10 + [1, 1], 12)
    assert [each[:2] for each in found.compared] == [(1, 35), (1, 84)]
    assert found.compared_terms == (12,)


@pytest.mark.parametrize(("ages", "churned", "term"), [([12, 12], [0, 0], 1), ([12, 12], [1, 0], 12), ([], [], 1)])
def test_where_nothing_is_compared_all_is_shown(ages, churned, term):
    found = early(np.array(ages, int), churned, term)
    assert tuple(each[:2] for each in found.compared) == (found.early, found.late)
    assert (found.compared_terms, found.telling.tolist()) == ((), [])


# --- ratio, interval, p-value -----------------------------------------------------------------------------


def test_the_ratio_of_a_published_test_of_rates():
    """R: ``poisson.test(c(41, 15), c(28010, 19017))``, 1.855758658, exact limits 1.005684063 and 3.609300311."""
    found = strata((41, 28010, 15, 19017, 1))
    assert found.ratio == approx(1.855758658, rel=1e-9)
    # the exact test counts every table as likely as its worst case: its interval holds that of the score
    assert 1.005684063 < found.low < 1.06
    assert 3.2 < found.high < 3.609300311


cells = [(41, 28010, 15, 19017), (36, 40, 16, 80), (1, 100, 3, 200), (12, 40, 2, 90), (3, 9, 8, 9)]


@pytest.mark.parametrize("counts", cells)
def test_one_term_against_statsmodels(counts):
    """Koopman's (1984) score interval and test of the ratio of two shares."""
    from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

    found = strata((*counts, 1))
    score = {"compare": "ratio", "method": "score", "correction": False}
    for level in (0.95, 0.9):
        assert found.interval(level) == approx(confint_proportions_2indep(*counts, alpha=1 - level, **score), rel=1e-6)
    assert found.p_value == approx(test_proportions_2indep(*counts, **score).pvalue, rel=1e-9)
    assert found.ratio == approx(counts[0] / counts[1] / (counts[2] / counts[3]), rel=1e-9)


def test_a_published_score_interval():
    """Koopman's example as Nam (1995) prints it: 36 of 40 against 16 of 80, 2.940 to 7.152."""
    found = strata((36, 40, 16, 80, 1))
    assert (round(found.low, 3), round(found.high, 3)) == (2.940, 7.152)


def fitted(rows, log_ratio=None):
    """A binomial regression of the logarithm on the term, and on earliness unless its coefficient is given."""
    import statsmodels.api as sm

    counts = np.array([cells for *four, _ in rows for cells in (four[:2], four[2:])])
    term = np.repeat(np.eye(len(rows)), 2, axis=0)
    is_early = np.tile([1.0, 0.0], len(rows))
    outcome = np.column_stack([counts[:, 0], counts[:, 1] - counts[:, 0]])
    given = {} if log_ratio is None else {"offset": log_ratio * is_early}
    design = np.column_stack([term, is_early]) if log_ratio is None else term
    model = sm.GLM(outcome, design, family=sm.families.Binomial(sm.families.links.Log()), **given)
    starting = np.log(counts[1::2, 0] / counts[1::2, 1]) - 0.3
    return model.fit(start_params=starting if log_ratio is not None else [*starting, 0.1], tol=1e-14), is_early


several = [
    [(60, 1000, 40, 2000, 1), (70, 300, 50, 500, 3)],
    [(8, 120, 21, 300, 1), (2, 15, 9, 40, 3)],
]


@pytest.mark.filterwarnings("ignore:The Log link function")  # fitted shares stay below 1 here
@pytest.mark.parametrize("rows", several)
def test_several_terms_against_a_regression(rows):
    """The common ratio is the coefficient of a log-binomial regression; its score test gives p-value and limits."""
    found = strata(*rows)
    assert math.log(found.ratio) == approx(fitted(rows)[0].params[-1], abs=1e-7)

    def tested(log_ratio):
        at, is_early = fitted(rows, log_ratio)
        statistic, p_value, _ = at.model.score_test(at.params, exog_extra=is_early[:, None], observed=False)
        return np.hstack([statistic, p_value])

    assert found.p_value == approx(tested(0.0)[1], rel=1e-6)
    for limit in (found.low, found.high):
        assert tested(math.log(limit))[0] == approx(NORMAL**2, rel=1e-6)


few = st.integers(0, 6)
row = st.tuples(few, few, few, few).map(lambda n: (n[0], n[0] + n[1], n[2], n[2] + n[3]))


@given(row, row)
def test_one_rate_over_the_other_is_the_ratio_and_lies_between_those_of_the_terms(monthly, quarterly):
    found = strata((*monthly, 1), (*quarterly, 3))
    if math.isnan(found.ratio):
        return
    soon, later = found.compared
    if math.isinf(found.ratio):
        assert (later.rate, soon.rate > 0) == (0, True)
    else:
        assert soon.rate == approx(found.ratio * later.rate, rel=1e-6)
    for stretch, events, months in ((soon, 0, 1), (later, 2, 3)):
        rates = found.telling[:, events] / found.telling[:, months]
        assert rates.min() - 1e-9 <= stretch.rate <= rates.max() + 1e-9
        assert stretch.worth <= stretch.months + 1e-6


@given(row, row)
def test_the_interval_leaves_one_out_exactly_when_the_p_value_says_so(monthly, quarterly):
    found = strata((*monthly, 1), (*quarterly, 3))
    if math.isnan(found.p_value):
        assert np.isnan([found.ratio, found.low, found.high]).all()
        return
    assert found.low <= found.ratio * (1 + 1e-6) <= found.high * (1 + 2e-6)
    for level in (0.8, 0.95):
        low, high = found.interval(level)
        if abs(found.p_value - (1 - level)) > 1e-9:
            assert (found.p_value < 1 - level) == (not low < 1 < high)


@given(row)
def test_early_and_late_exchanged_is_the_reciprocal(counts):
    found, turned = strata((*counts, 1)), strata((*counts[2:], *counts[:2], 1))
    if math.isnan(found.p_value):
        assert math.isnan(turned.p_value)
        return
    assert turned.p_value == approx(found.p_value, abs=1e-5)
    for one, other in ((found.ratio, turned.ratio), (found.low, turned.high), (found.high, turned.low)):
        assert other == approx(math.inf if one == 0 else 1 / one, rel=1e-5)


def test_limits_where_everybody_left_early():
    """5 of 5 against 3 of 9; statsmodels stops at the least ratio its fit reaches, here the fit lies on the boundary.

    Likelihood maximised over a grid of the later share: Pearson's statistic at the limits is the normal quantile's
    square.
    """
    found = strata((5, 5, 3, 9, 1))
    for limit in (found.low, found.high):
        later = np.linspace(1e-6, min(1, 1 / limit) - 1e-6, 400_001)
        likely = 5 * np.log(limit * later) + 3 * np.log(later) + 6 * np.log1p(-later)
        share = later[likely.argmax()]
        expected = np.array([5 * limit * share, 5 - 5 * limit * share, 9 * share, 9 - 9 * share])
        statistic = ((np.array([5, 0, 3, 6]) - expected) ** 2 / expected).sum()
        assert statistic == approx(NORMAL**2, rel=1e-2)


def test_no_early_churn_is_a_ratio_of_zero_with_an_upper_limit():
    found = strata((0, 50, 9, 100, 1))
    assert (found.ratio, found.low) == (0, 0)
    assert 0 < found.high < 1


def test_no_later_churn_is_an_infinite_ratio_with_a_lower_limit():
    found = strata((9, 50, 0, 100, 1))
    assert (found.ratio, found.high) == (math.inf, math.inf)
    assert found.low > 1


@pytest.mark.parametrize(
    ("ages", "churned", "term"),
    [
        ([12, 12], [0, 0], 1),  # nobody churned
        ([12, 12], [1, 0], 12),  # no contract ends early, nobody churned early
        ([3, 2], [1, 1], 1),  # nobody was watched later
        ([], [], 1),
    ],
)
def test_where_nothing_can_be_compared_nothing_is_said(ages, churned, term):
    found = early(np.array(ages, int), churned, term)
    assert np.isnan([found.ratio, found.low, found.high, found.p_value, *found.interval(0.9)]).all()


def test_a_higher_level_is_a_wider_interval():
    found = strata((12, 40, 9, 90, 1))
    (low, high), (lower, higher) = found.interval(0.9), found.interval(0.99)
    assert lower < found.low < low < found.ratio < high < found.high < higher
    assert (found.low, found.high) == found.interval(0.95)
    assert early([1, 1, 2, 3, 5, 6], [1, 0, 1, 0, 1, 0], window=2, horizon=6, level=0.9).level == 0.9


@pytest.mark.parametrize("window", [0, 12, 13])
def test_a_window_that_leaves_nothing_to_compare_with_is_refused(window):
    with pytest.raises(OptionError) as refused:
        early([1, 12], [1, 0], window=window)
    english, french = told(refused.value)
    assert f"window cannot be “{window}”. Choose one of: 1, 2, 3" in english
    assert f"window ne peut pas valoir « {window} »" in french


def test_five_per_cent_of_worlds_without_early_churn_say_there_is():
    """Monthly and annual contracts, churn of 3 % a month and 12 % at the end of a year, 400 worlds of 300 customers.

    With 400 worlds the rate of false findings has a standard error of 1.1 points; without terms it is above 10 %.
    """
    rng = np.random.Generator(np.random.PCG64(11))
    found = 0
    for _ in range(400):
        term = np.where(rng.random(300) < 0.5, 1, 12)
        chance = np.where(term == 1, 0.03, 0.0)[:, None] + np.zeros(12)
        chance[:, 11] = np.where(term == 12, 0.12, 0.03)
        left = rng.random((300, 12)) < chance
        watched = rng.integers(4, 31, 300)
        when = np.where(left.any(axis=1), left.argmax(axis=1) + 1, 99)
        result = early(np.minimum(when, watched).tolist(), when <= watched, term)
        found += result.p_value < 0.05
    assert 0.02 < found / 400 < 0.08
