"""compare(): every outcome counted by hand on a small ledger, who enters and who is left out, what may not matter."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from cases import crowd, ledger_of_lives, life, told
from hypothesis import given, settings
from scipy.stats import chi2_contingency, t
from scipy.stats import f as fisher
from statsmodels.duration.survfunc import survdiff
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

import retention_kit as rk
from retention_kit.results import Findings

approx = pytest.approx


def ask(people, factor="demo", *, randomised=True, **options):
    return rk.compare(ledger_of_lives(people), factor, randomised=randomised, **options)


def values(found):
    return tuple(arm.value for arm in found.arms)


def counted(messages):
    return {message.key.partition(".")[2]: message.fields["n"] for message in messages if message.key[:8] == "excluded"}


def keys(messages):
    return [message.key for message in messages]


# ---- months stayed ----


def test_months_stayed_within_the_horizon():
    # who churns at 3 stayed at ages 0, 1, 2: (16·12 + 4·3)/20 = 10.2; (10·12 + 10·6)/20 = 9
    found = ask(crowd(True, 20, 4, 3) + crowd(False, 20, 10, 6), outcome="rmst")
    assert values(found) == approx((10.2, 9.0))
    assert found.estimate == approx(1.2)
    assert (found.arms[0].events, found.arms[0].at_risk) == (4, 16)
    assert found.lines[0].method.key == "method.permuted"


def test_with_many_customers_and_churns_months_have_greenwood_s_error():
    # without censoring Greenwood's variance of the mean is the variance over customers, with n below: Σ(m - mean)²/n²
    found = ask(crowd(True, 60, 20, 3) + crowd(False, 50, 25, 6), outcome="rmst")
    months = np.repeat([3, 12], [20, 40]), np.repeat([6, 12], [25, 25])
    error = math.sqrt(sum(each.var() / len(each) for each in months))
    assert found.lines[0].method.key == "method.greenwood"
    assert found.estimate == approx(9 - 9)
    assert (found.low, found.high) == approx((-1.959964 * error, 1.959964 * error))


@pytest.mark.parametrize(("horizon", "margin"), [(12, 0.5), (18, 0.75)])
def test_half_a_month_in_twelve_matters(horizon, margin):
    assert ask(crowd(True, 12, 4) + crowd(False, 12, 6), outcome="rmst", horizon=horizon).margin == approx(margin)


# ---- money ----

# with: 12 customers, 4 pay 30 instead of 20 from age 6 on, 2 leave at 3, 1 pays 5 from 8 on, 5 stay at 20
# without: 12 customers paying 10, 3 leave at 12, 3 pay 16 from 4 on, 6 stay
RICHER = (
    [life(True, pays=20, then=30)] * 4
    + [life(True, pays=20, churned=3)] * 2
    + [life(True, pays=20, then=5, turn=8)]
    + [life(True, pays=20)] * 5
)
SAME = [life(False, churned=12)] * 3 + [life(False, then=16, turn=4)] * 3 + [life(False)] * 6
MONEY = {
    # (4·30 + 5 + 5·20)/240, (3·16 + 6·10)/120
    "nrr": (225 / 240, 108 / 120),
    # (4·20 + 5 + 5·20)/240, (3·10 + 6·10)/120
    "grr": (185 / 240, 90 / 120),
    # 4·10/240, 3·6/120
    "expansion": (40 / 240, 18 / 120),
    # 225/12, 108/12
    "spend": (225 / 12, 108 / 12),
}


@pytest.mark.parametrize("outcome", MONEY)
def test_money_after_twelve_months(outcome):
    found = ask(RICHER + SAME, outcome=outcome)
    assert values(found) == approx(MONEY[outcome])
    assert found.estimate == approx(MONEY[outcome][0] - MONEY[outcome][1])
    assert [(arm.n, arm.events) for arm in found.arms] == [(12, 2), (12, 3)]


def test_spend_is_welch_s_test_with_one_customer_fewer():
    # v = s²/(n - 1) with s² the variance with n - 1 below; Satterthwaite over 11 and 11
    found = ask(RICHER + SAME, outcome="spend")
    paid = np.array([30.0] * 4 + [0.0] * 2 + [5.0] + [20.0] * 5), np.array([0.0] * 3 + [16.0] * 3 + [10.0] * 6)
    v = np.array([each.var(ddof=1) / 11 for each in paid])
    freedom, error = v.sum() ** 2 / (v**2 / 11).sum(), math.sqrt(v.sum())
    reach = t.ppf(0.975, freedom) * error
    assert (found.low, found.high) == approx((found.estimate - reach, found.estimate + reach))
    assert found.p_value == approx(2 * t.sf(abs(found.estimate) / error, freedom))


@pytest.mark.parametrize(("outcome", "margin"), [("nrr", 0.1), ("grr", 0.1), ("expansion", 0.1), ("spend", 1.5)])
def test_what_matters_in_money(outcome, margin):
    # a tenth of the mean starting MRR: (12·20 + 12·10)/24 = 15
    assert ask(RICHER + SAME, outcome=outcome).margin == approx(margin)


def test_the_money_of_the_young_is_not_known_yet():
    # as of the end of December 2025 who began in January 2025 is 11 months old, in December 2024 twelve
    young = (
        crowd(True, 3, start="2025-01") + crowd(False, 2, 2, at=1, start="2025-01") + crowd(True, 1, start="2024-12")
    )
    found = ask(RICHER + SAME + young, outcome="nrr")
    assert counted(found.excluded) == {"follow_up": 5}
    assert [arm.n for arm in found.arms] == [13, 12]
    # 225 of 240, and the one who came in December pays the 10 they began with
    assert values(found) == approx((235 / 250, 0.9))


def test_who_left_and_came_back_counts_what_they_pay_then():
    back = [life(True, pays=20, churned=3, back=9)] * 2
    found = ask(RICHER[:4] + back + RICHER[6:] + SAME, outcome="nrr")
    assert found.arms[0].value == approx((225 + 40) / 240)
    assert found.arms[0].events == 2


def test_the_path_of_money_ends_where_the_groups_are():
    found = ask(RICHER + SAME, outcome="nrr")
    with_it = found.curves[found.curves["group"] == 0].set_index("age")["value"]
    # from 3 on two have left, from 6 on four pay 30, from 8 on one pays 5
    assert with_it.loc[[0, 2, 3, 6, 8, 12]].tolist() == approx([1, 1, 200 / 240, 1, 225 / 240, 225 / 240])


def test_beside_money_stands_what_is_left_without_the_largest_account():
    heavy = [life(True, pays=60, then=120)]
    found = ask([*RICHER, *heavy, *SAME], outcome="nrr")
    line = next(line for line in found.lines if line.role == "sensitivity")
    # 60 of 300 is the largest share; without that account it is the difference counted above
    assert line.label.fields["share"] == approx(0.2)
    assert line.estimate == approx(225 / 240 - 108 / 120)
    assert line.n == 24
    assert found.estimate == approx((225 + 120) / 300 - 0.9)


def test_money_carries_how_many_equal_customers_it_is_worth():
    # 12 of 20 and one of 60: 300²/(12·400 + 3600) = 10.71
    found = ask([*RICHER, life(True, pays=60), *SAME], outcome="nrr")
    assert found.arms[0].n_eff == approx(300**2 / (12 * 400 + 3600))
    assert found.arms[1].n_eff == approx(12)
    # of spend, by what they paid at the start: 12 of 20
    assert ask(RICHER + SAME, outcome="spend").arms[0].n_eff == approx(12)


def test_money_is_checked_by_a_permutation_and_staying_is_not():
    assert 0 < ask(RICHER + SAME, outcome="nrr").check <= 1
    assert math.isnan(ask(crowd(True, 12, 4) + crowd(False, 12, 6)).check)


# ---- what was measured ----


def scored(with_it, without, **more):
    pairs = [(True, score) for score in with_it] + [(False, score) for score in without]
    return [life(value, score=score, **more) for value, score in pairs]


def test_a_number_is_compared_by_its_mean():
    first, second = [8.0, 9, 7, 10, 6, 8, 9, 7, 10, 6], [5.0, 6, 4, 7, 5, 6, 4, 5, 7, 6, 5, 6]
    found = ask(scored(first, second), outcome="score", margin=1)
    assert values(found) == approx((8.0, 5.5))
    v = np.var(first, ddof=1) / 9, np.var(second, ddof=1) / 11
    freedom = sum(v) ** 2 / (v[0] ** 2 / 9 + v[1] ** 2 / 11)
    assert found.p_value == approx(2 * t.sf(2.5 / math.sqrt(sum(v)), freedom))
    assert (found.outcome, found.measured, found.verdict.kind) == ("measured_number", "score", "supports")


def test_a_yes_or_no_is_compared_by_newcombe():
    found = ask(scored([True] * 15 + [False] * 5, [True] * 8 + [False] * 12), outcome="score")
    low, high = confint_proportions_2indep(15, 20, 8, 20, method="newcomb", compare="diff")
    assert values(found) == approx((0.75, 0.4))
    assert (found.low, found.high) == approx((low, high))
    assert (found.outcome, found.margin) == ("measured_share", 0.05)
    assert math.isnan(found.check)


def test_only_what_was_measured_after_the_start_and_by_the_last_day_counts():
    # the clock begins at the end of January 2024: measured on that day is before, on 1 February after
    days = ["2024-01-31", "2024-02-01", "2025-12-31", "2026-01-01", None, "2025-12-31 14:00"]
    people = [
        life(value, score=place, on=day) for value in (True, False) for place in range(6) for day in [days[place]] * 4
    ]
    found = ask(people, outcome="score", margin=1, measured_at={"score": "on"})
    assert counted(found.excluded) == {"measured_before": 16, "measured_later": 8}
    assert [arm.n for arm in found.arms] == [12, 12]
    assert found.arms[0].value == approx((1 + 2 + 5) / 3)


def test_a_clock_says_when_after_is():
    on = [
        life(value, score=score, on="2024-05-15", ready="2024-06-01") for value, score in [(True, 1), (False, 2)] * 10
    ]
    measured = {"measured_at": {"score": "on"}, "outcome": "score", "margin": 1}
    assert counted(ask(on, clock="ready", **measured).excluded) == {"measured_before": 20}
    assert counted(ask(on, **measured).excluded) == {}


@pytest.mark.parametrize(("answers", "warned"), [(18, False), (17, True)])
def test_answers_missing_more_often_in_one_group_are_said(answers, warned):
    # 20 of 20 answered in one group; 18 in the other is 10 points fewer, 17 is 15
    first = [1.0, 2.0] * 9 + [3.0, 4.0]
    second = [score if place < answers else None for place, score in enumerate([2.0, 3.0] * 10)]
    found = ask(scored(first, second), outcome="score", margin=1)
    said = [message for message in found.warnings if message.key == "warning.measured_of_those_there"]
    assert bool(said) is warned
    assert counted(found.excluded) == {"not_measured": 20 - answers}
    if warned:
        english, french = told(said[0])
        assert "85%" in english
        assert "85 %" in french


# ---- leaving early ----


def leaving(*people):
    return ledger_of_lives([each for group in people for each in group])


def test_early_churn_counts_churns_and_months_at_risk():
    # 40 customers: 6 leave at 2, 3 at 8, 31 stay. months 1–3: 34·3 + 6·2 = 114; months 4–12: 3·5 + 31·9 = 294
    found = rk.compare(leaving(crowd(True, 20, 6, 2), crowd(True, 20, 3, 8)), outcome="early_churn")
    early, late = found.arms
    assert (early.events, early.at_risk, late.events, late.at_risk) == (6, 114, 3, 294)
    assert (early.n, late.n) == (40, 34)
    assert values(found) == approx((6 / 114, 3 / 294))
    assert found.estimate == approx((6 / 114) / (3 / 294))
    # the score test of two shares on customer-months
    assert found.p_value == approx(proportions_ztest([6, 3], [114, 294])[1])
    assert (found.margin, found.window, found.factor) == (1.5, 3, None)


def test_early_churn_is_more_or_less_than_later():
    soon = leaving(crowd(True, 100, 40, 2), crowd(True, 100, 6, 8))
    late = leaving(crowd(True, 100, 3, 2), crowd(True, 100, 80, 5))
    verdicts = [
        rk.compare(ledger, outcome="early_churn", direction=direction).verdict.kind
        for ledger in (soon, late)
        for direction in ("more", "less")
    ]
    assert verdicts == ["supports", "contradicts", "contradicts", "supports"]


def yearly(n, gone=0, at=12):
    return crowd(True, n, gone, at, interval="year", start="2023-01")


def test_annual_contracts_are_at_risk_only_at_renewal():
    # 20 customers a year at a time: 6 leave at 12; of the 14 left 2 leave at 24. Early: months 1–12
    people = yearly(10, 6, 12) + yearly(10, 2, 24)
    found = rk.compare(ledger_of_lives(people), outcome="early_churn", window=12, horizon=24)
    early, late = found.arms
    assert (early.events, early.at_risk, late.events, late.at_risk) == (6, 20, 2, 14)
    assert found.estimate == approx((6 / 20) / (2 / 14))
    assert found.curves.set_index("age")["at_risk"].loc[[11, 12, 13, 24]].tolist() == [0, 20, 0, 14]
    assert next(w for w in found.warnings if w.key == "warning.months_at_risk").fields["share"] == 1


def test_monthly_and_annual_contracts_are_each_compared_with_their_own():
    # months 1–12 against 13–24. annual: 6 of 20, then 2 of 14; monthly: 3 leave at 2, 1 at 14, 16 stay:
    # early 3·2 + 17·12 = 210, late 1·2 + 16·12 = 194
    people = yearly(10, 6, 12) + yearly(10, 2, 24) + crowd(True, 10, 3, 2, start="2023-01")
    people += crowd(True, 10, 1, 14, start="2023-01")
    found = rk.compare(ledger_of_lives(people), outcome="early_churn", window=12, horizon=24)
    early, late = found.arms
    assert (early.events, early.at_risk, late.events, late.at_risk) == (9, 230, 3, 208)
    # neither 9/230 nor 3/208: averages with the same weights
    assert early.value / late.value == approx(found.estimate)
    assert 3 / 210 < early.value < 6 / 20
    assert 1 / 194 < late.value < 2 / 14
    assert early.low < early.value < early.high
    assert next(w for w in found.warnings if w.key == "warning.months_at_risk").fields["share"] == 0.5


def test_annual_renewals_are_not_in_the_rates_of_monthly_contracts():
    """Monthly: 6 leave at 2, 4 at 8, 30 stay; 10 of 25 annual ones leave at 12, and none of theirs ends early.

    Months 1-3: 34·3 + 6·2 = 114; months 4-12: 4·5 + 30·9 = 290, which with renewals would be 14 of 315.
    """
    people = crowd(True, 20, 6, 2) + crowd(True, 20, 4, 8) + yearly(25, 10)
    found = rk.compare(ledger_of_lives(people), outcome="early_churn")
    assert [(arm.n, arm.events, arm.at_risk) for arm in found.arms] == [(40, 6, 114), (34, 4, 290)]
    assert values(found) == approx((6 / 114, 4 / 290))
    assert found.warnings == ()
    assert found.estimate == approx((6 / 114) / (4 / 290))
    assert "5.3% of the customers" in found.sentence("en")
    assert "against 1.4% during months 4 to 12" in found.sentence("en")
    assert rk.table_arms(found, lang="en").frame.iloc[:, 1:4].values.tolist() == [
        ["40", "6", "114"],
        ["34", "4", "290"],
    ]
    (row,) = found.to_frame().to_dict("records")
    assert (row["n"], row["events"]) == (40, 10)
    (left_out,) = found.excluded
    assert (left_out.key, left_out.fields["n"], left_out.fields["events"]) == ("excluded.not_compared", 25, 10)
    english, french = told(left_out)
    assert "25 customers and 10 churns" in english
    assert "25 clients et 10 résiliations" in french
    # the same without the annual contracts, but for what is said of them
    alone = rk.compare(ledger_of_lives(people[:40]), outcome="early_churn")
    assert (alone.estimate, alone.low, alone.p_value) == (found.estimate, found.low, found.p_value)
    assert values(alone) == values(found)
    assert alone.excluded == ()


def test_churns_of_those_who_are_compared_may_be_in_no_comparison():
    # annual contracts of which one was left at 2 and four at 7, when none could end; at 12 three more, of 15
    people = yearly(1, 1, 2) + yearly(4, 4, 7) + yearly(15, 3)
    found = rk.compare(ledger_of_lives(people), outcome="early_churn")
    # months 1-3: 2 + 19·3; 4-12 but for the ends: 4·4 + 15·8
    assert [(arm.events, arm.at_risk) for arm in found.arms] == [(1, 59), (4, 136)]
    (said,) = found.excluded
    assert (said.fields["n"], said.fields["events"]) == (0, 3)


@pytest.mark.parametrize(
    ("window", "english", "french"),
    [
        (3, "in months 1 to 3 against months 4 to 12;", "mois 1 à 3 contre mois 4 à 12 ;"),
        (1, "in month 1 against months 2 to 12;", "mois 1 contre mois 2 à 12 ;"),
        (11, "in months 1 to 11 against month 12;", "mois 1 à 11 contre mois 12 ;"),
    ],
)
def test_the_rule_of_early_churn_counts_its_months(window, english, french):
    found = rk.compare(leaving(crowd(True, 20, 6, 1)), outcome="early_churn", window=window)
    assert english in told(found.rule)[0]
    assert french in told(found.rule)[1]
    assert [told(arm.label)[0] for arm in found.arms] == [words.strip("; ") for words in english[3:].split(" against ")]


def test_monthly_contracts_have_no_such_warning():
    found = rk.compare(leaving(crowd(True, 20, 6, 2)), outcome="early_churn")
    assert found.warnings == ()


def test_early_can_be_counted_from_the_end_of_onboarding():
    # ready in April 2024, age 3: who left at 2 is out; 4 leave at 5, two months after being ready; window 3
    people = crowd(True, 10, 5, 2, ready="2024-04-10") + crowd(True, 20, 4, 5, ready="2024-04-10")
    people += crowd(True, 3, ready=None)
    found = rk.compare(ledger_of_lives(people), outcome="early_churn", clock="ready")
    assert counted(found.excluded) == {"no_clock": 3, "left_clock": 5}
    # 25 are left: months 1–3 of 21·3 + 4·2, then 21·9
    assert [(arm.events, arm.at_risk) for arm in found.arms] == [(4, 71), (0, 189)]


# ---- a factor that comes in time ----


def featured(n, day, gone=0, at=6, start="2024-01"):
    return crowd(day, n, gone, at, start=start)


def test_a_dated_factor_is_compared_from_three_months_on():
    # by month 3 (April 2024): 12 have it; 12 have it not, 4 of whom get it in June; 5 left at 2, one at 3; 2 are two
    # months old
    people = featured(12, "2024-03-15", 3, 9) + featured(8, None, 2, 8) + featured(4, "2024-06-10")
    people += featured(5, None, 5, 2) + featured(1, "2024-02-10", 1, 3) + featured(2, "2025-10-10", start="2025-10")
    found = ask(people, horizon=6)
    assert found.landmark == 3
    assert counted(found.excluded) == {"left_landmark": 6, "unwatched_landmark": 2}
    assert [arm.n for arm in found.arms] == [12, 12]
    # churn at 9 and 8 is at ages 6 and 5 of the clock
    assert values(found) == approx((9 / 12, 10 / 12))
    assert values(ask(people, horizon=5)) == approx((1.0, 10 / 12))
    later = next(w for w in found.warnings if w.key == "note.activated_later")
    assert later.fields["n"] == 4


def test_another_landmark_makes_other_groups():
    people = featured(12, "2024-03-15", 3, 9) + featured(12, "2024-06-10", 2, 8)
    assert [arm.n for arm in ask(people, horizon=6, landmark=1).arms if arm.n] == [24]
    found = ask(people + featured(12, None), horizon=6, landmark=5)
    assert [arm.n for arm in found.arms] == [24, 12]


def test_money_at_a_landmark_begins_with_what_was_paid_there():
    # 20 from age 2 on: at the landmark they pay 20 already, and 20 then
    people = [life("2024-02-01", then=20, turn=2) for _ in range(12)] + [life(None, then=20, turn=4) for _ in range(12)]
    assert values(ask(people, outcome="nrr", horizon=6)) == approx((1.0, 2.0))


def test_who_had_it_all_at_the_start_is_compared_from_there():
    found = ask(featured(12, "2024-01-20", 3) + featured(12, None, 6))
    assert found.landmark is None
    assert values(found) == approx((0.75, 0.5))


def test_beside_the_landmark_stands_cox_with_time():
    rng = np.random.Generator(np.random.PCG64(3))
    days = [("2024-03-01", "2024-06-01", None)[k] for k in rng.integers(0, 3, 120)]
    people = [
        life(day, churned=int(age) if age < 20 else None)
        for day, age in zip(days, rng.integers(4, 30, 120), strict=True)
    ]
    beside = keys(ask(people, horizon=9).beside)
    assert beside[0] == "beside.log_rank"
    assert "beside.cox_time_varying" in beside
    assert "beside.cox_time_varying" not in keys(ask(crowd(True, 40, 12) + crowd(False, 40, 14)).beside)


# ---- a clock of one's own ----


def test_ages_count_from_a_date_of_one_s_own():
    # ready in March 2024, age 2. With: 4 of 12 leave at 8, six months on; without: 6 leave at 9; 3 had left at 2
    people = crowd(True, 12, 4, 8, ready="2024-03-05") + crowd(False, 12, 6, 9, ready="2024-03-05")
    people += crowd(True, 3, 3, 2, ready="2024-03-05") + crowd(False, 2, ready="2026-01-05")
    found = ask(people, clock="ready", horizon=6)
    assert values(found) == approx((8 / 12, 1.0))
    assert values(ask(people, clock="ready", horizon=7)) == approx((8 / 12, 0.5))
    assert counted(found.excluded) == {"left_clock": 3, "no_clock": 2}
    assert "“ready”" in str(found.rule)


# ---- several groups ----


def three(*gone, n=20):
    people = [crowd(name, n, left) for name, left in zip("abc", gone, strict=True)]
    return [each for group in people for each in group]


def test_three_groups_are_tested_together_and_each_against_the_reference():
    found = ask(three(2, 8, 14))
    assert isinstance(found, Findings)
    assert [str(item.arms[0].label) for item in found] == ["customers with demo = b", "customers with demo = c"]
    assert [item.estimate for item in found] == approx([-0.3, -0.6])
    # log-rank over 23 months by statsmodels
    age = np.where(np.concatenate([np.arange(20) < k for k in (2, 8, 14)]), 6, 23)
    assert found.p_value == approx(survdiff(age, age == 6, np.repeat([0, 1, 2], 20))[1])


def test_p_values_of_several_groups_are_holm_s():
    found = ask(three(4, 10, 12))
    small, large = sorted(item.p_value for item in found)
    assert sorted(item.p_adjusted for item in found) == approx([2 * small, max(2 * small, large)])
    assert [item.comparisons for item in found] == [2, 2]


def test_what_no_longer_stands_after_correction_is_inconclusive():
    # 3 of 20 against 9 of 20 has a p between 2.5 and 5 %: alone it contradicts, beside another question no more
    alone = ask(three(3, 9, 4)[:40])
    assert 0.025 < alone.p_value < 0.05
    assert alone.verdict.kind == "contradicts"
    first, _ = ask(three(3, 9, 4))
    assert first.p_value == alone.p_value
    assert (first.verdict.kind, first.verdict.reason.key) == ("inconclusive", "reason.inconclusive.multiple")
    assert "2 hypotheses" in first.sentence("en")


def test_means_of_three_groups_are_tested_by_welch():
    rng = np.random.Generator(np.random.PCG64(1))
    scores = [rng.normal(mean, 1, n).round(3) for mean, n in ((5, 12), (5.5, 14), (6.5, 16))]
    found = ask(
        [life(name, score=float(score)) for name, some in zip("abc", scores, strict=True) for score in some],
        outcome="score",
        margin=1,
    )
    # Welch's F with variance s²/(n - 1)
    n = np.array([12, 14, 16])
    mean, weight = np.array([s.mean() for s in scores]), np.array([(len(s) - 1) / s.var(ddof=1) for s in scores])
    centre, share = weight @ mean / weight.sum(), 1 - weight / weight.sum()
    unsure = (share**2 / (n - 1)).sum()
    statistic = (weight @ (mean - centre) ** 2 / 2) / (1 + 2 / 8 * unsure)
    assert found.p_value == approx(fisher.sf(statistic, 2, 8 / (3 * unsure)))


def test_a_group_of_one_gives_no_test_of_all():
    found = ask(three(4, 11, 5)[:40] + crowd("c", 1))
    assert math.isnan(found.p_value)
    assert found.method.key == "method.all_alike.none"
    assert [item.verdict.kind for item in found] == ["contradicts", "not_testable"]
    # the one that was not tested does not count
    assert found.items[0].p_adjusted == found.items[0].p_value


def test_in_four_groups_of_shares_all_are_tested():
    yes = {"a": 3, "b": 8, "c": 12, "d": 18}
    people = [life(name, score=place < k) for name, k in yes.items() for place in range(20)]
    found = ask(people, outcome="score")
    assert len(found) == 3
    # nothing like the same test, but as clear: χ² of the four shares
    chi = chi2_contingency([[k, 20 - k] for k in yes.values()])[1]
    assert found.p_value < 1e-4
    assert chi < 1e-4


# ---- portfolios ----


def test_portfolios_are_left_out_one_at_a_time():
    # six portfolios of ten, three with; so many of each leave
    gone = {"p1": (True, 1), "p2": (True, 2), "p3": (True, 4), "p4": (False, 5), "p5": (False, 6), "p6": (False, 8)}
    people = [each for name, (value, k) in gone.items() for each in crowd(value, 10, k, csm=name)]
    found = ask(people)

    def difference(without):
        sides = [
            [(10 - k) / 10 for name, (v, k) in gone.items() if v is value and name != without]
            for value in (True, False)
        ]
        return float(np.mean(sides[0]) - np.mean(sides[1]))

    whole = difference(None)
    error = math.sqrt(5 / 6 * sum((difference(name) - whole) ** 2 for name in gone))
    assert found.estimate == approx(whole)
    assert found.high - whole == approx(t.ppf(0.975, 5) * error)
    assert found.p_value == approx(2 * t.sf(whole / error, 5))
    assert found.cluster == "csm"


@pytest.mark.parametrize("outcome", ["rmst", "nrr"])
def test_portfolios_serve_every_outcome(outcome):
    people = [each for k in range(6) for each in crowd(k < 3, 10, 1 + k, csm=f"p{k}")]
    found = ask(people, outcome=outcome)
    plain = ask([each | {"more": {}} for each in people], outcome=outcome)
    assert found.lines[0].method.key == "method.clusters"
    assert found.estimate == approx(plain.estimate)
    assert math.isnan(found.check)


# ---- customers seen only from a later age on ----


def late_ledger():
    """The history opens with the end of December 2024. Twelve old began in March 2024 (age 9 then), 4 leave at 12."""
    people = crowd(True, 12, 4, 12, start="2024-03") + crowd(True, 12, 3, 3, start="2025-01")
    people += crowd(False, 12, 6, 10, start="2025-01")
    return ledger_of_lives(people, as_of="2026-03-31", history_from="2025-01")


def test_the_old_count_from_the_age_at_which_they_were_first_seen():
    # 12 young: 3 of 12 leave at 3. At 12 the 9 young left and 12 old are at risk, 4 leave: 9/12 · 17/21
    found = rk.compare(late_ledger(), "demo", randomised=True)
    assert found.arms[0].value == approx(9 / 12 * 17 / 21)
    assert (found.arms[0].n, found.arms[0].at_risk, found.arms[0].events) == (24, 21, 7)
    assert next(w for w in found.warnings if w.key == "note.delayed_entry").fields["n"] == 12
    assert counted(found.excluded) == {}


def test_months_of_the_old_count_from_that_age_too():
    # within 12 months only the 3 young of 12 who left at 3 shorten the stay
    found = rk.compare(late_ledger(), "demo", randomised=True, outcome="rmst")
    assert found.arms[0].value == approx((3 * 3 + 9 * 12) / 12)


def test_an_adjusted_comparison_leaves_the_old_out_and_says_how_many():
    found = rk.compare(late_ledger(), "demo")
    assert counted(found.excluded) == {"delayed": 12}
    assert found.arms[0].n == 12
    assert found.arms[0].value == approx(9 / 12)


def test_the_starting_mrr_of_the_old_was_not_seen():
    found = rk.compare(late_ledger(), "demo", randomised=True, outcome="nrr")
    assert counted(found.excluded) == {"delayed_money": 12}


def test_early_churn_counts_the_months_of_the_old_from_where_they_were_seen():
    # months 1–3: only the 24 young: 21·3 + 3·3 = 72; months 4–12: 9·9 + 6·9 + 6·7 of the young, 12·3 of the old
    found = rk.compare(late_ledger(), outcome="early_churn")
    assert [(arm.events, arm.at_risk) for arm in found.arms] == [(3, 72), (10, 81 + 54 + 42 + 36)]


# ---- everybody is counted ----

LIVES = st.builds(
    lambda value, start, churned, pays, score, ready, csm: life(
        value, f"{2023 + start // 12}-{start % 12 + 1:02}", churned, pays=pays, score=score, ready=ready, csm=csm
    ),
    st.sampled_from([True, False, None]),
    st.integers(0, 34),
    st.sampled_from([None, None, None, 1, 2, 5, 9]),
    st.sampled_from([10, 10, 40]),
    st.sampled_from([None, 1.0, 2.0, 5.0]),
    st.sampled_from([None, "2024-03-15", "2025-06-01", "2026-02-01"]),
    st.sampled_from("pqrstuv"),
)
SOME = [life(value, score=3.0, ready=None, csm=csm) for value in (True, False) for csm in "pqr"]
OPTIONS = [
    {"outcome": outcome, **more}
    for outcome in ("retention", "rmst", "nrr", "grr", "expansion", "spend", "score")
    for more in ({}, {"adjust": ["starting_mrr"], "randomised": False}, {"clock": "ready"})
]
OPTIONS += [
    {"outcome": "score", "measured_at": {"score": "ready"}},
    {"outcome": "nrr", "cluster": "csm"},
    {"outcome": "retention", "factor": "ready"},
    {"outcome": "nrr", "factor": "ready", "landmark": 2},
    {"outcome": "early_churn", "factor": None},
    {"outcome": "early_churn", "factor": None, "clock": "ready"},
    {"outcome": "grr", "factor": "csm"},
]


@settings(max_examples=2)
@given(st.lists(LIVES, min_size=6, max_size=24))
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(map(str, options.values())))
def test_who_enters_and_who_does_not_are_all_customers(options, people):
    ledger = ledger_of_lives(SOME + people + [life(True, score=1.0, ready="2024-05-01", csm="p", start="2024-01")])
    margin = {"margin": 1} if options["outcome"] == "score" else {}
    found = rk.compare(ledger, **{"factor": "demo", "randomised": True, "horizon": 6, **margin, **options})
    if isinstance(found, Findings):
        entering = found.items[0].arms[1].n + sum(item.arms[0].n for item in found)
        excluded = found.items[0].excluded
    else:
        early = options["outcome"] == "early_churn"
        entering = found.lines[0].n if early else sum(arm.n for arm in found.arms)
        excluded = found.excluded
    assert entering + sum(counted(excluded).values()) == len(ledger.ids)


# ---- what may not matter ----

MIXED = (
    RICHER
    + SAME
    + crowd(True, 8, 3, 4, pays=37, start="2024-05", segment="SMB")
    + crowd(False, 9, 2, 7, pays=55, start="2024-08", segment="Large")
)


def numbers(found, scale=1.0):
    ends = [number / scale for number in (found.estimate, found.low, found.high)]
    arms = [number for arm in found.arms for number in (arm.value / scale, arm.n, arm.events)]
    return [*ends, *arms, found.p_value], found.verdict.kind, counted(found.excluded)


def same(one, other):
    assert one[0] == approx(other[0], rel=1e-6, abs=1e-9)
    assert one[1:] == other[1:]


@pytest.mark.parametrize("randomised", [True, False])
@pytest.mark.parametrize("outcome", ["retention", "rmst", "nrr", "grr", "spend"])
def test_order_names_and_currency_of_the_customers_do_not_matter(outcome, randomised):
    def answer(people, **given):
        return rk.compare(ledger_of_lives(people, **given), "demo", outcome=outcome, randomised=randomised)

    plain = numbers(answer(MIXED))
    same(numbers(answer(MIXED[::-1])), plain)
    same(numbers(answer(MIXED, ids=[f"z{997 * place % 1009}" for place in range(len(MIXED))])), plain)
    same(numbers(answer(MIXED, factor=100), 10 if outcome == "spend" else 1), plain)


def test_the_same_seed_gives_the_same_answer_and_another_seed_the_same_estimate():
    people = [life(place % 2 == 0, churned=2 + place if place < 14 else None) for place in range(30)]
    first, again, other = (ask(people, outcome="rmst", horizon=20, seed=seed) for seed in (0, 0, 1))
    assert (first.p_value, first.low) == (again.p_value, again.low)
    assert first.estimate == other.estimate
    assert other.p_value != first.p_value


def test_the_level_reaches_every_interval():
    at_95, at_80 = (ask(RICHER + SAME, outcome="nrr", level=level) for level in (0.95, 0.8))
    assert at_95.low < at_80.low < at_80.high < at_95.high
    assert at_95.arms[0].low < at_80.arms[0].low
