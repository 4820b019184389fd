"""Lives under censoring: against published values, against loops taken by hand, and at the edges of follow-up.

Reference values are R's (4.2.2, survival 3.5-3: ``survfit``, ``print(fit, rmean=)``), to the digits printed.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retention_kit.survival import Mean, kaplan_meier, pseudo_values, rmst, rmst_of_counts

approx = pytest.approx
DATA = Path(__file__).parent / "fixtures" / "survival"

# Freireich et al. (1963), 6-MP arm: weeks, and whether the remission ended then (gehan in R's MASS).
SIX_MP_WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
SIX_MP_ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
# The same trial's controls, all watched until the remission ended.
CONTROL_WEEKS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
CONTROL_ENDED = [1] * 21


def curve(ages, churned, horizon, entry=None):
    entry = None if entry is None else np.array(entry)
    return kaplan_meier(np.array(ages), np.array(churned, bool), horizon=horizon, entry=entry)


def months(ages, churned, horizon, entry=None):
    entry = None if entry is None else np.array(entry)
    return rmst(np.array(ages), np.array(churned, bool), horizon=horizon, entry=entry)


def pseudo(ages, churned, horizon):
    return pseudo_values(np.array(ages), np.array(churned, bool), horizon=horizon)


def by_hand(ages, churned, horizon, entry=None):
    """The product-limit and Greenwood's sum, age by age, in loops; NaN from where nobody is watched, some may stay."""
    lives = list(zip(ages, churned, entry or [0] * len(ages), strict=True))
    rows, survival, greenwood = [], 1.0, 0.0
    for age in range(horizon + 1):
        here = [(last, gone) for last, gone, first in lives if first < age <= last or age == first == 0]
        at_risk, events = len(here), sum(last == age and gone for last, gone in here)
        if age and not at_risk and survival:
            survival = math.nan
        if events:
            survival *= 1 - events / at_risk
            greenwood = greenwood + events / (at_risk * (at_risk - events)) if at_risk > events else math.nan
        rows.append((at_risk, events, survival, survival and survival**2 * greenwood))
    return rows


# --- the curve --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("week", "published"), [(6, 0.8571428571), (10, 0.7529411765), (20, 0.6274509804), (35, 0.4481792717)]
)
def test_survival_of_the_published_remissions(week, published):
    assert curve(SIX_MP_WEEKS, SIX_MP_ENDED, 35).loc[week, "survival"] == approx(published, abs=1e-10)


def test_error_of_the_published_remissions():
    # Greenwood at 6 weeks: R's survfit prints .07636035
    assert math.sqrt(curve(SIX_MP_WEEKS, SIX_MP_ENDED, 35).loc[6, "variance"]) == approx(0.07636035, abs=1e-8)


@pytest.mark.parametrize(
    ("sex", "published", "error"), [(1, 0.3360878346, 0.0434235888), (2, 0.5264630302, 0.0597368540)]
)
def test_survival_of_a_year_with_advanced_lung_cancer(sex, published, error):
    """Loprinzi et al. (1994), R's ``survival::lung``, as lifelines carries it: S(365) of men and women."""
    last = curve(*lung(sex), 365).loc[365]
    assert last["survival"] == approx(published, abs=1e-10)
    assert math.sqrt(last["variance"]) == approx(error, abs=1e-10)


lives = st.lists(st.tuples(st.integers(1, 15), st.booleans()), min_size=1, max_size=40)
# last age, churned, months watched (0: watching ends where it begins); those of full length are seen from the start
late_lives = st.lists(
    st.tuples(st.integers(1, 15), st.booleans(), st.integers(0, 15)).map(
        lambda life: (life[0], life[1], max(0, life[0] - life[2]))
    ),
    min_size=1,
    max_size=40,
)


def assert_equal(found, rows):
    for age, (at_risk, events, survival, variance) in enumerate(rows):
        row = found.loc[age]
        assert (row["at_risk"], row["events"]) == (at_risk, events)
        assert row["survival"] == approx(survival, abs=1e-12, nan_ok=True)
        assert row["variance"] == approx(variance, abs=1e-12, nan_ok=True)


@given(lives, st.integers(1, 20))
def test_the_curve_is_the_product_taken_by_hand(people, horizon):
    ages, churned = zip(*people, strict=True)
    assert_equal(curve(ages, churned, horizon), by_hand(ages, churned, horizon))


@given(late_lives, st.integers(1, 20))
def test_the_curve_of_late_entries_is_the_product_taken_by_hand(people, horizon):
    ages, churned, entry = zip(*people, strict=True)
    assert_equal(curve(ages, churned, horizon, entry), by_hand(ages, churned, horizon, entry))


def test_numbers_at_risk_count_whoever_is_watched_at_that_age():
    # watched to 0, 1, 1 and 3: everybody at age 0, three at 1, one at 2 and 3
    assert curve([0, 1, 1, 3], [0, 0, 1, 0], 3)["at_risk"].tolist() == [4, 3, 1, 1]


def test_the_table_runs_from_birth_to_the_horizon():
    found = curve([2, 9], [True, False], 4)
    assert (found.index.name, found.index.tolist()) == ("age", [0, 1, 2, 3, 4])
    assert found["survival"].iloc[0] == 1


def test_without_churn_everybody_stays_and_the_variance_is_zero():
    found = curve([3, 4, 5], [False] * 3, 4)
    assert found["survival"].tolist() == [1.0] * 5
    assert found["variance"].tolist() == [0.0] * 5
    assert found["events"].sum() == 0


def test_when_everybody_has_churned_nothing_is_left_to_doubt():
    # 3 → 2 → 1 → 0, and it stays 0 although nobody is watched any more
    found = curve([1, 2, 3], [True] * 3, 5)
    assert found["survival"].tolist() == approx([1, 2 / 3, 1 / 3, 0, 0, 0])
    assert found["variance"].iloc[3:].tolist() == [0.0, 0.0, 0.0]


def test_beyond_the_longest_follow_up_nothing_is_known():
    found = curve([2, 4], [True, False], 6)
    assert found["survival"].tolist()[:5] == approx([1, 1, 0.5, 0.5, 0.5])
    assert found.loc[5:, ["survival", "variance"]].isna().all(axis=None)
    assert found.loc[5:, "at_risk"].tolist() == [0, 0]


def test_who_is_watched_to_an_age_counts_among_those_who_could_churn_at_it():
    # one churns at 3, three are watched to exactly 3: 1 of 4 leaves; counting the censored out first would say 1 of 1
    assert curve([3, 3, 3, 3], [1, 0, 0, 0], 3).loc[3, "survival"] == approx(0.75)


def test_churn_beyond_the_horizon_is_not_seen():
    found = curve([2, 7], [True, True], 5)
    assert found["events"].tolist() == [0, 0, 1, 0, 0, 0]
    assert found.loc[5, "survival"] == approx(0.5)


def test_the_ages_given_are_not_changed():
    ages, churned, entry = np.array([3, 1, 2]), np.array([True, False, True]), np.array([0, 0, 9])
    for estimate in (kaplan_meier, rmst):
        estimate(ages, churned, horizon=3, entry=entry)
    pseudo_values(ages, churned, horizon=3)
    assert (ages.tolist(), churned.tolist(), entry.tolist()) == ([3, 1, 2], [True, False, True], [0, 0, 9])


# --- watched from a later age on --------------------------------------------------------------------------


def test_who_is_watched_later_is_at_risk_only_after_that_age():
    """Counted by hand: two seen from the start (churn at 2; watched to 4) and two from age 2 on (churn at 3; to 5).

    At 1 and 2 the first two are at risk, one of them churns at 2: 1/2. At 3 the second and both late ones are, one
    churns: 1/2 · 2/3 = 1/3. Had entry at 2 counted at 2, it were 3/4 there. Greenwood at 3: 1/9 · (1/2 + 1/6).
    """
    found = curve([2, 4, 3, 5], [1, 0, 1, 0], 5, entry=[0, 0, 2, 2])
    assert found["at_risk"].tolist() == [2, 2, 2, 3, 2, 1]
    assert found["survival"].tolist() == approx([1, 1, 1 / 2, 1 / 3, 1 / 3, 1 / 3])
    assert found.loc[3, "variance"] == approx(1 / 9 * (1 / 2 + 1 / 6))
    # months within five: 1 + 1 + 1/2 + 1/3 + 1/3
    assert months([2, 4, 3, 5], [1, 0, 1, 0], 5, entry=[0, 0, 2, 2]).value == approx(19 / 6)


def test_seen_from_the_start_is_the_same_as_no_entry():
    ages, churned = [6, 0, 3, 3], [1, 0, 1, 0]
    pd.testing.assert_frame_equal(curve(ages, churned, 7), curve(ages, churned, 7, entry=[0] * 4))


def test_who_would_be_watched_only_after_the_end_is_never_at_risk():
    # the second was watched from 3 on and churned at 3, the third from 9 on: neither is seen
    found = curve([4, 3, 3], [False, True, True], 4, entry=[0, 3, 9])
    assert found["at_risk"].tolist() == [1, 1, 1, 1, 1]
    assert found["survival"].tolist() == [1, 1, 1, 1, 1]


def test_what_happened_before_anybody_was_watched_is_not_known():
    # both are watched from age 3 on: of the first three months nothing is known, so neither is how many are left
    found = curve([5, 6], [True, False], 6, entry=[3, 3])
    assert found["at_risk"].tolist() == [0, 0, 0, 0, 2, 2, 1]
    assert found["survival"].iloc[0] == 1
    assert found["survival"].iloc[1:].isna().all()
    assert math.isnan(months([5, 6], [True, False], 6, entry=[3, 3]).value)


def test_a_curve_that_reached_zero_stays_there_for_the_late_ones():
    # the only one watched at 1 churns; 0 is the estimate from there on, however many are watched later
    found = curve([1, 4, 4], [True, True, False], 4, entry=[0, 1, 1])
    assert found["survival"].tolist() == [1, 0, 0, 0, 0]
    assert found["variance"].tolist() == [0, 0, 0, 0, 0]
    assert found["events"].tolist() == [0, 1, 0, 0, 1]


def late_book(seed, n=300):
    rng = np.random.Generator(np.random.PCG64(seed))
    age, churned = rng.integers(1, 25, n), rng.random(n) < 0.5
    return age, churned, np.where(rng.random(n) < 0.4, 0, rng.integers(0, age))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_late_entries_against_lifelines(seed):
    """lifelines' entry is open, like ours: half a month later, which says so, gives the same."""
    from lifelines import KaplanMeierFitter

    age, churned, entry = late_book(seed)
    found = curve(age, churned, 24, entry)["survival"].tolist()
    for watched_from in (entry, np.where(entry > 0, entry + 0.5, 0)):
        oracle = KaplanMeierFitter().fit(age, churned, entry=watched_from)
        assert found == approx(oracle.predict(range(25)).tolist(), abs=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_late_entries_against_statsmodels(seed):
    """statsmodels' entry is open, like ours; the square of its error is Greenwood's variance."""
    from statsmodels.duration.survfunc import SurvfuncRight

    age, churned, entry = late_book(seed)
    oracle = SurvfuncRight(age, churned, entry=entry)
    found = curve(age, churned, 24, entry).loc[oracle.surv_times]
    assert found["survival"].tolist() == approx(oracle.surv_prob.tolist(), abs=1e-12)
    assert found["variance"].tolist() == approx((oracle.surv_prob_se**2).tolist(), abs=1e-12)
    assert found["at_risk"].tolist() == oracle.n_risk.tolist()


# --- months of life ---------------------------------------------------------------------------------------


def lung(sex):
    from lifelines.datasets import load_lung

    rows = load_lung().query("sex == @sex")
    return rows["time"].to_numpy(), rows["status"].to_numpy(bool)


def leukemia(treated):
    from lifelines.datasets import load_leukemia

    rows = load_leukemia().query("Rx != @treated")
    return rows["t"].to_numpy(), rows["status"].to_numpy(bool)


def pasted(name, arm, times=1):
    rows = pd.read_csv(DATA / f"{name}.csv").query("trt == @arm")
    return rows["time"].to_numpy() * times, rows["status"].to_numpy(bool)


def assert_printed(found, value, error, digits=1e-8):
    assert found.value == approx(value, rel=digits)
    assert math.sqrt(found.variance) == approx(error, rel=digits)


@pytest.mark.parametrize(
    ("treated", "weeks", "value", "error"),
    [
        (True, 12, 10.783193277, 0.4990450914),
        (False, 12, 7.285714286, 0.8886864039),
        (True, 20, 16.116526611, 1.251560196),
        (False, 20, 8.428571429, 1.268082683),
    ],
)
def test_months_of_the_published_remissions(treated, weeks, value, error):
    """Freireich et al. (1963), the copy in lifelines; R's rmean at 12 and 20 weeks."""
    assert_printed(months(*leukemia(treated), weeks), value, error)


def test_the_pasted_remissions_are_those_of_lifelines():
    for treated, ages, ended in ((True, SIX_MP_WEEKS, SIX_MP_ENDED), (False, CONTROL_WEEKS, CONTROL_ENDED)):
        assert sorted(zip(*leukemia(treated), strict=True)) == sorted(zip(ages, ended, strict=True))


@pytest.mark.parametrize(
    ("sex", "days", "value", "error"),
    [
        (1, 365, 241.4950852, 10.35822649),
        (2, 365, 297.4654095, 10.79132398),
        (1, 730, 311.1177659, 19.30171879),
        (2, 730, 434.7052080, 27.24759532),
    ],
)
def test_days_of_life_with_advanced_lung_cancer(sex, days, value, error):
    """Loprinzi et al. (1994), R's ``survival::lung``, the copy in lifelines; R's rmean. Days serve as ages."""
    assert_printed(months(*lung(sex), days), value, error)


@pytest.mark.parametrize(("arm", "value", "error"), [(1, 95.37446574, 7.947993733), (2, 81.61432143, 7.915397469)])
def test_days_of_life_of_the_veterans(arm, value, error):
    """Kalbfleisch and Prentice (1980), R's ``survival::veteran`` (a copy: fixtures); R's rmean at 180 days."""
    assert_printed(months(*pasted("veteran", arm), 180), value, error)


@pytest.mark.parametrize(("arm", "value", "error"), [(1, 7.1464929963, 0.2827748496), (2, 7.2834157612, 0.2954780922)])
def test_years_of_life_with_biliary_cirrhosis(arm, value, error):
    """Vignette of survRM2 (Uno et al.): R's ``survival::pbc``, the 312 drawn (a copy: fixtures), within 10 years.

    Ten years of 365.25 days are 3652.5 days: half days serve as ages.
    """
    found = months(*pasted("pbc", arm, times=2), 7305)
    half_days = 2 * 365.25
    assert found.value / half_days == approx(value, abs=1e-10)
    assert math.sqrt(found.variance) / half_days == approx(error, abs=1e-10)


def test_the_variance_of_a_mean_life_is_that_of_an_estimate():
    """lifelines' waltons, miR-137, within 10: 9.7941, Greenwood's variance .0152 (lifelines itself reports .5164)."""
    from lifelines.datasets import load_waltons

    rows = load_waltons().query("group == 'miR-137'")
    found = months(rows["T"].astype(int), rows["E"].astype(bool), 10)
    assert (round(found.value, 4), round(found.variance, 4)) == (9.7941, 0.0152)


def test_months_are_a_value_with_its_customers_at_risk():
    # 1, 3, 4 and 6 months within four: 1 + 3 + 4 + 4 = 12 among four customers; two are watched and active to 4
    found = months([1, 3, 4, 6], [1, 1, 0, 0], 4)
    # Greenwood: months to come after 1 are 3/4 + 3/4 + 1/2 = 2, and after 3 1/2: 4 · 1/(4·3) + 1/4 · 1/(3·2)
    assert found == Mean(3.0, approx(4 / 12 + 1 / 24), 2)


@given(lives, st.integers(1, 20))
def test_months_are_the_area_under_the_curve(people, horizon):
    ages, churned = zip(*people, strict=True)
    rows = by_hand(ages, churned, horizon)
    found = months(ages, churned, horizon)
    assert found.value == approx(sum(survival for _, _, survival, _ in rows[:-1]), nan_ok=True)
    assert found.at_risk == rows[-1][0]


def test_the_first_month_is_everybodys():
    assert months([1, 2], [True, False], 1) == Mean(1.0, 0.0, 2)


def test_churn_at_the_horizon_shortens_no_stay_within_it():
    assert months([3, 3], [True, True], 3).value == 3
    assert months([2, 3], [True, True], 3).value == 2.5


def test_months_beyond_the_follow_up_are_not_known():
    assert months([2, 4], [True, False], 5).value == approx(3.5)  # 1 + 1 + ½ + ½ + ½
    assert math.isnan(months([2, 4], [True, False], 6).value)
    assert math.isnan(months([2, 4], [True, False], 6).variance)


def test_many_groups_at_once_are_as_one_by_one():
    arms = [(SIX_MP_WEEKS, SIX_MP_ENDED), (CONTROL_WEEKS, CONTROL_ENDED)]
    counts = [curve(*arm, 20).loc[1:19, ["at_risk", "events"]].to_numpy().T for arm in arms]
    at_risk, events = np.moveaxis(np.array([counts, counts[::-1]]), 2, 0)
    value, variance = rmst_of_counts(at_risk, events)
    one_by_one = [months(*arm, 20) for arm in arms]
    assert value.tolist() == [[mean.value for mean in order] for order in (one_by_one, one_by_one[::-1])]
    assert variance[1, 0] == approx(1.268082683**2, rel=1e-8)


# --- pseudo-observations ----------------------------------------------------------------------------------


def left_out(ages, churned, horizon):
    """Every customer taken out by hand, the whole estimate taken anew."""
    n, people = len(ages), list(zip(ages, churned, strict=True))
    whole = curve(ages, churned, horizon)["survival"][horizon], months(ages, churned, horizon).value
    for place in range(n):
        rest = zip(*(people[:place] + people[place + 1 :]), strict=True)
        rest = [list(part) for part in rest]
        without = curve(*rest, horizon)["survival"][horizon], months(*rest, horizon).value
        yield tuple(n * all_of - (n - 1) * others for all_of, others in zip(whole, without, strict=True))


@given(st.lists(st.tuples(st.integers(1, 15), st.booleans()), min_size=2, max_size=40), st.integers(1, 17))
def test_pseudo_values_are_what_leaving_each_out_by_hand_gives(people, horizon):
    ages, churned = zip(*people, strict=True)
    retained, stayed = pseudo(ages, churned, horizon)
    expected = np.array(list(left_out(ages, churned, horizon)))
    assert retained.tolist() == approx(expected[:, 0].tolist(), abs=1e-9, nan_ok=True)
    assert stayed.tolist() == approx(expected[:, 1].tolist(), abs=1e-9, nan_ok=True)


def test_pseudo_values_of_the_published_remissions():
    """6-MP at 20 weeks: means .6274509804 and 16.1165266106; their spread says 1.2885705608, Greenwood 1.25156."""
    retained, stayed = pseudo(SIX_MP_WEEKS, SIX_MP_ENDED, 20)
    assert retained.mean() == approx(0.6274509804, abs=1e-10)
    assert stayed.mean() == approx(16.1165266106, abs=1e-10)
    assert stayed.std(ddof=1) / math.sqrt(21) == approx(1.2885705608, abs=1e-10)


@given(st.lists(st.integers(1, 15), min_size=2, max_size=40), st.integers(1, 17))
def test_without_censoring_pseudo_values_are_what_each_customer_did(ages, horizon):
    retained, stayed = pseudo(ages, [True] * len(ages), horizon)
    assert retained.tolist() == approx([float(age > horizon) for age in ages], abs=1e-9)
    assert stayed.tolist() == approx([float(min(age, horizon)) for age in ages], abs=1e-9)
    assert retained.mean() == approx(curve(ages, [True] * len(ages), horizon)["survival"][horizon])


@given(lives, st.integers(1, 12))
def test_the_mean_of_pseudo_values_is_close_to_the_curve(people, horizon):
    ages, churned = zip(*people, strict=True)
    found = curve(ages, churned, horizon)
    assume(found["at_risk"][horizon] > 1)
    retained, stayed = pseudo(ages, churned, horizon)
    assert retained.mean() == approx(found["survival"][horizon], abs=1 / len(ages))
    assert stayed.mean() == approx(months(ages, churned, horizon).value, abs=horizon / len(ages))


def test_without_the_last_one_watched_nothing_is_known():
    # only the third is watched to 4: without them the curve ends at 2
    retained, stayed = pseudo([1, 2, 4], [True, False, False], 4)
    assert np.isnan(retained).tolist() == np.isnan(stayed).tolist() == [False, False, True]


def test_many_customers_take_no_longer_than_their_ages():
    rng = np.random.Generator(np.random.PCG64(4))
    age, churned = rng.integers(1, 40, 200_000), rng.random(200_000) < 0.3
    retained, stayed = pseudo_values(age, churned, horizon=24)
    assert len(retained) == 200_000
    assert len(np.unique(retained)) <= 2 * 25
    assert stayed.mean() == approx(rmst(age, churned, horizon=24).value, abs=1e-4)
