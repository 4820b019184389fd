"""Kaplan–Meier by age: against published values, against a product taken by hand, and at the edges of follow-up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_kit.survival import kaplan_meier

approx = pytest.approx

# Freireich et al. (1963), 6-MP arm: weeks, and whether the remission ended then (gehan in R's MASS).
SIX_MP_WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
SIX_MP_ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def curve(ages, churned, horizon):
    return kaplan_meier(np.array(ages), np.array(churned, bool), horizon=horizon)


def by_hand(ages, churned, horizon):
    """The product-limit and Greenwood's sum, age by age, in loops; None where nobody is watched and some may stay."""
    lives, rows, survival, greenwood = list(zip(ages, churned, strict=True)), [], 1.0, 0.0
    for age in range(horizon + 1):
        at_risk = sum(last >= age for last, _ in lives)
        events = sum(last == age and gone for last, gone in lives)
        if events:
            survival *= 1 - events / at_risk
            greenwood = greenwood + events / (at_risk * (at_risk - events)) if at_risk > events else math.nan
        known = at_risk > 0 or survival == 0
        variance = 0.0 if survival == 0 else survival**2 * greenwood
        rows.append((at_risk, events, survival if known else None, variance if known else None))
    return rows


@pytest.mark.parametrize(
    ("week", "published"), [(6, 0.8571428571), (10, 0.7529411765), (20, 0.6274509804), (35, 0.4481792717)]
)
def test_survival_of_the_published_remissions(week, published):
    assert curve(SIX_MP_WEEKS, SIX_MP_ENDED, 35).loc[week, "survival"] == approx(published, abs=1e-10)


def test_error_of_the_published_remissions():
    # Greenwood at 6 weeks: R's survfit prints .07636035
    assert math.sqrt(curve(SIX_MP_WEEKS, SIX_MP_ENDED, 35).loc[6, "variance"]) == approx(0.07636035, abs=1e-8)


lives = st.lists(st.tuples(st.integers(1, 15), st.booleans()), min_size=1, max_size=40)


@given(lives, st.integers(1, 20))
def test_the_curve_is_the_product_taken_by_hand(people, horizon):
    ages, churned = zip(*people, strict=True)
    found = curve(ages, churned, horizon)
    for age, (at_risk, events, survival, variance) in enumerate(by_hand(ages, churned, horizon)):
        row = found.loc[age]
        assert (row["at_risk"], row["events"]) == (at_risk, events)
        assert row["survival"] == approx(math.nan if survival is None else survival, abs=1e-12, nan_ok=True)
        assert row["variance"] == approx(math.nan if variance is None else variance, abs=1e-12, nan_ok=True)


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
    ages, churned = np.array([3, 1, 2]), np.array([True, False, True])
    kaplan_meier(ages, churned, horizon=3)
    assert (ages.tolist(), churned.tolist()) == ([3, 1, 2], [True, False, True])
