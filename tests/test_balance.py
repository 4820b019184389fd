"""Groups made alike: strata counted by hand, NHEFS and Berkeley, a numerical derivative, a trial that knows better."""

import datetime as dt
import math
from pathlib import Path

import causaldata
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.discrete.discrete_model import Logit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from retention_kit.balance import (
    Column,
    Covariates,
    balance_of,
    covariates,
    e_value,
    e_value_of_hazard,
    e_value_of_mean,
    e_value_of_shares,
    effective_size,
    mantel_haenszel,
    measured_benchmark,
    overlap_difference,
    propensity,
)
from retention_kit.contrasts import ratio_difference
from retention_kit.intervals import ratio_error, ratio_sums
from retention_kit.wording import use_language

approx = pytest.approx
NSW = Path(__file__).parents[2] / "shared" / "data" / "causal_nsw"

# Bickel, Hammel and O'Connell (1975), Berkeley 1973: men admitted, rejected, women admitted, rejected, by department
BERKELEY = {
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}


def berkeley():
    """Admitted, man and department of each of the 4,526 applicants."""
    cells = [
        (admitted, man, department)
        for department, counts in BERKELEY.items()
        for (man, admitted), n in zip([(1, 1), (1, 0), (0, 1), (0, 0)], counts, strict=True)
        for _ in range(n)
    ]
    admitted, man, department = zip(*cells, strict=True)
    return np.array(admitted, bool), np.array(man, bool), np.array(department)


def confounded(n, seed):
    """Large accounts get the factor more often and stay more often: attributes, factor, MRR at the start and later."""
    rng = np.random.Generator(np.random.PCG64(seed))
    segment, size = rng.integers(0, 3, n), rng.normal(size=n)
    treated = rng.random(n) < 1 / (1 + np.exp(0.9 - 0.7 * segment - 0.5 * size))
    stayed = rng.random(n) < 0.55 + 0.1 * segment + 0.05 * np.tanh(size)
    mrr = np.exp(4 + segment + 0.7 * size)
    later = np.where(stayed, mrr * np.exp(rng.normal(0, 0.3, n)), 0)
    table = pd.DataFrame({"segment": np.array(["smb", "mid", "ent"])[segment], "size": size, "month": rng.random(n)})
    return table, treated, mrr, later


# ---- by hand ----


def by_hand():
    """Of four large customers three have the factor, of four small ones one; who stayed is given one by one."""
    large = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    treated = np.array([1, 1, 1, 0, 1, 0, 0, 0], bool)
    stayed = np.array([1, 1, 0, 1, 1, 1, 0, 0], float)
    return stayed, treated, Covariates(large[:, None].astype(float), (Column("size", "large"),))


def test_one_attribute_counted_by_hand():
    # e = 3/4 and 1/4. With: (1/4·1 + 1/4·1 + 1/4·0 + 3/4·1) / (3/4 + 3/4) = 5/6; without: (3/4·1 + 1/4·1) / 1.5 = 2/3
    stayed, treated, given_ = by_hand()
    found = overlap_difference(stayed, np.ones(8), treated, given_)
    assert found.propensity == approx([0.75] * 4 + [0.25] * 4)
    assert found.weights == approx([0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.25])
    assert found.values == approx((5 / 6, 2 / 3))
    assert found.comparison.estimate == approx(1 / 6)
    # (Σw)² / Σw² = 2.25 / (3/16 + 9/16) in both groups
    assert found.ess == approx((3, 3))


def test_its_error_counted_by_hand():
    # Residuals of (1,1,0 | 1) and (1 | 1,0,0) over 1.5, from 5/6 and 2/3; the score of the propensity is saturated, so
    # the correction takes the mean of both groups' residuals within a size: e(1-e) is the same, 3/16, for all.
    stayed, treated, given_ = by_hand()
    with_it, without = (stayed - 5 / 6) / 1.5, (stayed - 2 / 3) / 1.5
    residual = np.where(treated, with_it, without)
    correction = np.repeat([residual[:4].mean(), residual[4:].mean()], 4)
    weights = np.array([0.25, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.25])
    leverage = weights / 1.5
    squares = (weights * (residual - correction) / (1 - leverage)) ** 2
    found = overlap_difference(stayed, np.ones(8), treated, given_).comparison
    assert found.error == approx(math.sqrt(squares.sum()))
    # Bell–McCaffrey: h = 1/6, 1/6, 1/6, 1/2, hence q = 1/5 three times and 1, in either group: (1.6)²/(1.12 + ...)
    b = np.array([1 / 25, 1 / 25, 1 / 25, 1])
    freedom = 1.6**2 / (b.sum() + b.sum() ** 2 - (b**2).sum())
    first, second = squares[treated].sum(), squares[~treated].sum()
    assert found.freedom == approx((first + second) ** 2 / ((first**2 + second**2) / freedom))


def test_nothing_to_adjust_for_is_the_plain_difference():
    table, treated, mrr, later = confounded(150, 1)
    found = overlap_difference(later, mrr, treated, covariates(table[[]], treated))
    plain = ratio_difference(later, mrr, treated)
    assert found.comparison.estimate == approx(plain.estimate)
    # the propensity is a constant: its correction is the mean residual, not 0 where denominators differ
    equal = overlap_difference(later, np.ones(150), treated, covariates(table[[]], treated)).comparison
    one = ratio_difference(later, np.ones(150), treated)
    assert (equal.error, equal.freedom) == approx((one.error, one.freedom))


# ---- published ----


def test_the_strata_of_berkeley():
    # STATISTICS.md section 9: crude .1416454282, Mantel–Haenszel -.01842519619, Sato .01482539444
    admitted, man, department = berkeley()
    assert admitted[man].mean() - admitted[~man].mean() == approx(0.1416454282, abs=1e-10)
    found = mantel_haenszel(admitted, man, department)
    assert (found.estimate, found.error) == approx((-0.01842519619, 0.01482539444), abs=1e-11)
    assert (found.dropped, found.n) == ((), 4526)
    assert (found.low, found.high) == approx((found.estimate - 1.959964 * found.error, 0.01063204), abs=1e-7)
    assert found.p_value == approx(0.213937, abs=1e-5)


def test_overlap_within_strata_is_mantel_haenszel():
    # with one column a stratum e = n₁/n there, and the weights of a stratum add up to n₁n₀/n in either group
    admitted, man, department = berkeley()
    found = overlap_difference(admitted, np.ones(4526), man, covariates(pd.DataFrame({"department": department}), man))
    assert found.comparison.estimate == approx(-0.01842519619, abs=1e-11)
    assert found.comparison.error == approx(0.0148, abs=1e-4)


def test_a_stratum_with_nothing_to_compare_is_named():
    admitted, man, department = berkeley()
    lonely = np.append(department, ["G"] * 5)
    found = mantel_haenszel(np.append(admitted, [True] * 5), np.append(man, [True] * 4 + [False]), lonely)
    assert (found.dropped, found.n) == (("G",), 4526)
    assert found.estimate == approx(-0.01842519619, abs=1e-11)


def test_strata_without_variation_have_no_interval():
    everybody = mantel_haenszel(np.ones(20, bool), np.arange(20) % 2 == 0, np.zeros(20))
    assert everybody.estimate == 0
    assert math.isnan(everybody.low)
    assert math.isnan(everybody.p_value)
    nobody = mantel_haenszel(np.ones(4, bool), np.ones(4, bool), np.zeros(4))
    assert math.isnan(nobody.estimate)
    assert (nobody.dropped, nobody.n) == (("0.0",), 0)


@pytest.fixture(scope="module")
def nhefs():
    """Hernán and Robins: weight gained, stopped smoking, and their covariates of chapter 12."""
    frame = causaldata.nhefs_complete.load_pandas().data
    table = frame[["sex", "race", "education", "exercise", "active"]].astype(str)
    table = table.join(frame[["age", "smokeintensity", "smokeyrs", "wt71"]].astype(float))
    return frame["wt82_71"].to_numpy(float), frame["qsmk"].astype(int).to_numpy() == 1, table


def test_stopping_smoking(nhefs):
    # STATISTICS.md section 9; the inverse weights check the propensity on their own
    gained, stopped, table = nhefs
    given_ = covariates(table, stopped)
    found = overlap_difference(gained, np.ones(len(gained)), stopped, given_)
    assert gained[stopped].mean() - gained[~stopped].mean() == approx(2.5405814549558876, rel=1e-12)
    assert found.comparison.estimate == approx(3.4611485591227806, rel=1e-10)
    assert found.comparison.error == approx(0.4888, rel=0.06)  # that of AIPW, which is about other customers
    assert found.overlap
    assert found.warnings == ()
    inverse = 1 / np.where(stopped, found.propensity, 1 - found.propensity)
    hajek = [np.average(gained[side], weights=inverse[side]) for side in (stopped, ~stopped)]
    assert hajek[0] - hajek[1] == approx(3.440535429646128, rel=1e-10)


def test_what_is_in_the_propensity_is_balanced_exactly(nhefs):
    gained, stopped, table = nhefs
    given_ = covariates(table, stopped)
    found = overlap_difference(gained, np.ones(len(gained)), stopped, given_)
    balance = balance_of(given_, stopped, found.weights)
    assert balance.worst < 1e-8
    assert balance.worst_before == approx(0.28198, abs=1e-4)
    assert balance.n == (403, 1163)
    assert balance.ess == found.ess == effective_size(found.weights, stopped)
    frame = balance.to_frame().set_index(["covariate", "level", "power"])
    age = table["age"]
    spread = math.sqrt((age[stopped].var() + age[~stopped].var()) / 2)
    assert frame.loc[("age", "", 1), "raw"] == approx((age[stopped].mean() - age[~stopped].mean()) / spread)
    # mean and square both balanced: so is the variance
    assert frame.loc[("age", "", 1), "variance_ratio"] == approx(1)
    assert math.isnan(frame.loc[("age", "", 2), "variance_ratio"])


@pytest.mark.parametrize(
    ("found", "point", "limit"),
    [
        (e_value(3.9, 1.8, 8.7), 7.263034, 3.0),
        (e_value(10.73, 8.02, 14.36), 20.94777, 15.52336),
        (e_value(0.80, 0.71, 0.91), 1.809017, 1.428571),
        (e_value_of_hazard(0.56, 0.46, 0.69), 2.349531, 1.908004),
        (e_value(0.56, 0.46, 0.69), 2.97022, 2.25620),
        (e_value(1.2, 0.9, 1.6), 1.2 + math.sqrt(0.24), 1.0),
        (e_value(0.8, 0.5, 1.1), 1.809017, 1.0),
        (e_value(1.0, 0.9, 1.1), 1.0, 1.0),
        (e_value_of_shares(0.9, 0.8, -0.02, 0.22), 2 + math.sqrt(2), 1.0),
        (e_value_of_shares(0.9, 0.8, 0.04, 0.16), 2 + math.sqrt(2), 1.809017),
        (e_value_of_mean(0.0, -0.5, 0.5, 2.0), 1.0, 1.0),
    ],
)
def test_e_values(found, point, limit):
    # EValue package of R, VanderWeele and Ding (2017): STATISTICS.md section 9
    assert (found.point, found.limit) == approx((point, limit), rel=2e-6)


def test_an_e_value_of_two_counts():
    # 397 of 78,954 against 51 of 108,829
    ratio = (397 / 78954) / (51 / 108829)
    assert e_value(ratio, ratio, ratio).point == approx(20.947334, rel=1e-7)


@pytest.mark.parametrize(
    "found",
    [
        e_value(math.nan, math.nan, math.nan),
        e_value_of_hazard(math.nan, 0.5, 2),
        e_value_of_shares(0.9, 1.0, 0.0, 0.1),
        e_value_of_mean(1.0, 0.5, 1.5, 0.0),
    ],
)
def test_what_has_no_ratio_has_no_e_value(found):
    assert math.isnan(found.point)
    assert "cannot be said" in found.describe()


# ---- the error ----


def perturbed(numerator, denominator, treated, matrix, case_weights):
    """The adjusted difference when customers count more or less than once: statsmodels and plain sums."""
    design = np.column_stack([np.ones(len(matrix)), matrix])
    model = GLM(treated.astype(float), design, family=Binomial(), freq_weights=case_weights)
    chance = model.fit(tol=1e-14).fittedvalues
    weights = case_weights * np.where(treated, 1 - chance, chance)
    first, second = (
        (weights * numerator)[side].sum() / (weights * denominator)[side].sum() for side in (treated, ~treated)
    )
    return first - second


def test_the_influence_is_the_derivative_by_a_customer_s_weight():
    table, treated, mrr, later = confounded(60, 3)
    given_ = covariates(table[["size", "month"]], treated, squares=False)
    found = overlap_difference(later, mrr, treated, given_)
    influence = np.empty(60)
    for customer in range(60):
        step = np.zeros(60)
        step[customer] = 1e-5
        up, down = (perturbed(later, mrr, treated, given_.matrix, np.ones(60) + way * step) for way in (1, -1))
        influence[customer] = (up - down) / 2e-5
    leverage = np.empty(60)
    for side in (treated, ~treated):
        leverage[side] = (found.weights * mrr)[side] / (found.weights * mrr)[side].sum()
    assert found.comparison.error == approx(math.sqrt(np.square(influence / (1 - leverage)).sum()), rel=1e-6)


def test_the_error_is_about_that_of_leaving_each_customer_out():
    table, treated, _, later = confounded(150, 4)
    given_ = covariates(table, treated)
    found = overlap_difference(later > 0, np.ones(150), treated, given_)
    each = overlap_difference(later > 0, np.ones(150), treated, given_, cluster=np.arange(150))
    assert each.comparison.estimate == approx(found.comparison.estimate)
    assert found.comparison.error == approx(each.comparison.error, rel=0.05)
    assert each.comparison.freedom == 149


def test_portfolios_are_left_out_with_a_propensity_of_their_own():
    table, treated, mrr, later = confounded(120, 5)
    given_ = covariates(table[["size", "month"]], treated, squares=False)
    cluster = np.repeat([f"csm {number}" for number in range(8)], 15)
    left_out = []
    for name in np.unique(cluster):
        among = cluster != name
        design = np.column_stack([np.ones(among.sum()), given_.matrix[among]])
        chance = Logit(treated[among].astype(float), design).fit(disp=0, tol=1e-10).predict()
        side = treated[among]
        weights = np.where(side, 1 - chance, chance)
        first, second = ((weights * later[among])[s].sum() / (weights * mrr[among])[s].sum() for s in (side, ~side))
        left_out.append(first - second)
    found = overlap_difference(later, mrr, treated, given_, cluster=cluster).comparison
    around = np.array(left_out) - found.estimate
    assert found.error == approx(math.sqrt(7 / 8 * (around**2).sum()), rel=1e-6)
    assert found.freedom == 7


def test_a_group_that_shows_no_spread_borrows_the_other_s():
    # nobody of the treated left: as contrasts.ratio_difference does
    _, treated, _, later = confounded(150, 6)
    stayed = np.where(treated, 1.0, later > 0)
    found = overlap_difference(stayed, np.ones(150), treated, Covariates(np.empty((150, 0)), ()))
    plain = ratio_difference(stayed, np.ones(150), treated)
    reference = ratio_error(ratio_sums(stayed[~treated], np.ones((~treated).sum())))[0]
    assert found.comparison.error == approx(plain.error)
    assert found.comparison.error > reference
    assert found.comparison.freedom == approx(plain.freedom)


def test_nobody_moved_apart_is_no_certainty():
    table, treated, mrr, _ = confounded(150, 7)
    found = overlap_difference(mrr, mrr, treated, covariates(table, treated)).comparison
    assert found.estimate == approx(0, abs=1e-12)
    assert math.isnan(found.error)
    assert math.isnan(found.p_value)


def test_a_group_of_one_says_nothing_about_its_spread():
    _, _, _, later = confounded(30, 14)
    found = overlap_difference(later, np.ones(30), np.arange(30) == 3, Covariates(np.empty((30, 0)), ())).comparison
    assert found.estimate == approx(later[3] - np.delete(later, 3).mean())
    assert math.isnan(found.error)


# ---- what cannot change it ----


@given(st.permutations(range(90)), st.permutations(["segment", "size", "month"]), st.floats(0.01, 1000))
def test_order_and_units_change_nothing(rows, names, unit):
    table, treated, mrr, later = confounded(90, 8)
    before = overlap_difference(later, mrr, treated, covariates(table, treated)).comparison
    rows = np.array(rows)
    moved = table.assign(size=table["size"] * unit + 3)[names].iloc[rows].reset_index(drop=True)
    among = treated[rows]
    after = overlap_difference(later[rows] * unit, mrr[rows] * unit, among, covariates(moved, among)).comparison
    assert (after.estimate, after.error, after.freedom) == approx(
        (before.estimate, before.error, before.freedom), rel=1e-6
    )


def test_an_attribute_told_twice_changes_nothing():
    table, treated, mrr, later = confounded(300, 9)
    twice = table.assign(again=table["segment"].str.upper(), double=2 * table["size"])
    once = overlap_difference(later, mrr, treated, covariates(table, treated)).comparison
    found = overlap_difference(later, mrr, treated, covariates(twice, treated)).comparison
    assert (found.estimate, found.error) == approx((once.estimate, once.error), rel=1e-8)


def test_groups_exchanged_change_the_sign():
    table, treated, mrr, later = confounded(150, 10)
    one = overlap_difference(later, mrr, treated, covariates(table, treated)).comparison
    other = overlap_difference(later, mrr, ~treated, covariates(table, ~treated)).comparison
    assert (other.estimate, other.error, other.freedom) == approx((-one.estimate, one.error, one.freedom), rel=1e-7)


# ---- covariates ----


def half(n):
    return np.arange(n) % 2 == 0


def worded(fields):
    """The fields of a message, with the names of attributes as texts."""
    named = {key: str(value) for key, value in fields.items() if key == "name"}
    listed = {key: [str(value) for value in values] for key, values in fields.items() if key == "names"}
    return {**fields, **named, **listed}


def told(given_):
    return [(column.name, column.level and str(column.level), column.power) for column in given_.columns]


def test_every_kind_of_attribute():
    table = pd.DataFrame(
        {
            "plan": pd.Categorical(["pro", "free", None, "free"] * 10),
            "seats": [1, 2, np.nan, 7] * 10,
            "demo": [True, None, False, True] * 10,
            "began": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-02-01", "2024-05-01"] * 10),
            "same": ["x"] * 40,
            "flag": [0, 1, 1, 0] * 10,
            "signed": pd.Series(
                [dt.date(2024, 1, 1), None, dt.date(2024, 1, 3), dt.date(2024, 1, 3)] * 10, dtype=object
            ),
            "month": pd.PeriodIndex(["2024-01", "2024-02", "2024-01", "2024-02"] * 10, freq="M"),
        }
    )
    given_ = covariates(table, np.arange(40) < 0)  # without a group the numbers of parameters are not the question
    assert given_.matrix.shape == (40, 0)
    table = pd.concat([table] * 5, ignore_index=True)
    given_ = covariates(table, half(200))
    assert told(given_) == [
        ("plan", "missing", 1),
        ("plan", "pro", 1),
        ("plan", "free", 1),
        ("seats", None, 1),
        ("seats", None, 2),
        ("seats", "missing", 1),
        ("demo", None, 1),
        ("demo", "missing", 1),
        ("began", None, 1),
        ("began", None, 2),
        ("flag", None, 1),
        ("signed", None, 1),
        ("signed", "missing", 1),
        ("month", None, 1),
    ]
    seats = given_.matrix[:, 3]
    # 1, 2 and 7 have the mean 10/3; a missing one takes it, 0 once standardised
    assert seats[:4] == approx(np.array([-7 / 3, -4 / 3, 0, 11 / 3]) / math.sqrt((49 + 16 + 121) / 27))
    assert given_.matrix[:4, 5].tolist() == [0, 0, 1, 0]
    # 1 January, 3 January, 1 February, 1 May 2024: days 0, 2, 31, 121
    days = np.array([0, 2, 31, 121])
    assert given_.matrix[:4, 8] == approx((days - days.mean()) / days.std())
    said = [(warning.key, worded(warning.fields)) for warning in given_.warnings]
    assert said == [
        ("balance.constant", {"names": ["same"]}),
        ("balance.lacking.level", {"name": "plan", "n": 50, "total": 200}),
        ("balance.lacking.number", {"name": "seats", "n": 50, "total": 200}),
        ("balance.lacking.number", {"name": "demo", "n": 50, "total": 200}),
        ("balance.lacking.number", {"name": "signed", "n": 50, "total": 200}),
    ]


def test_numbers_and_yes_no_beside_gaps_are_still_numbers():
    table = pd.DataFrame({"seats": [1, 2, pd.NA, 3] * 20, "demo": [True, pd.NA, False, True] * 20}, dtype=object)
    expected = covariates(table.astype({"seats": "Int64", "demo": "boolean"}), half(80))
    given_ = covariates(table, half(80))
    assert told(given_) == told(expected)
    assert given_.columns[0] == Column("seats")
    assert given_.matrix == approx(expected.matrix)


def test_who_lacks_an_attribute_is_counted_and_said_in_both_languages():
    """Of 80, every fourth has no seats, and two no plan; all of them are told apart from those who have."""
    place = np.arange(80)
    table = pd.DataFrame({"seats": np.where(place % 4 == 0, np.nan, place), "plan": np.array(list("kl"))[place % 2]})
    table.loc[:1, "plan"] = None
    number, level = covariates(table, half(80)).warnings
    assert str(number).startswith("20 of 80 customers have no value for this: seats. They take the mean")
    assert str(level) == "2 of 80 customers have no value for this: plan. They are a level of their own."
    with use_language("fr"):
        assert str(number).startswith("20 clients sur 80 n’ont pas de valeur pour ceci")
        assert "la moyenne" in str(number).lower()
        assert str(level).endswith(": offre. Ils forment une modalité à part.")


def test_who_lacks_a_text_may_be_counted_with_its_rarest_values():
    table = crowded(80)
    table["country"] = table["country"].mask(table["country"] == "a")
    said = {warning.key: worded(warning.fields) for warning in covariates(table, half(80)).warnings}
    assert said["balance.lacking.pooled"] == {"name": "country", "n": 4, "total": 80}
    assert "balance.lacking.level" not in said


def test_who_lacks_what_is_not_adjusted_for_is_not_counted():
    table = crowded(40)
    table.loc[:3, "other"] = np.nan
    keys = [warning.key for warning in covariates(table.assign(country="x"), half(40)).warnings]
    assert ("balance.lacking.number" in keys) == ("balance.dropped" not in keys)


def crowded(n):
    """Five countries, the rarest of 1 in 20; the groups differ much in "far", less in "near", hardly in "other"."""
    place = np.arange(n)
    first = place % 2 == 0
    country = np.select([place % 20 == 0, place % 10 == 1, place % 5 == 2, place % 5 == 3], list("abcd"), "e")
    wave = np.sin(place)
    return pd.DataFrame({"country": country, "near": wave + first / 2, "far": wave + first, "other": np.cos(place)})


@pytest.mark.parametrize(
    ("n", "squares", "pooled", "dropped"),
    [
        # parameters: 4 + 3·2 = 10, and the constant; 5 customers of each group for each
        (110, ["near", "far", "other"], None, []),
        (109, ["near", "far"], None, []),
        (90, ["far"], None, []),
        (80, ["far"], 2, []),
        (60, ["far"], 4, []),
        (50, [], 4, []),
        (40, [], 4, ["other"]),
        (20, [], None, ["country", "near", "other"]),
    ],
)
def test_what_goes_first_when_groups_are_small(n, squares, pooled, dropped):
    given_ = covariates(crowded(n), half(n))
    names = {column.name for column in given_.columns}
    assert [column.name for column in given_.columns if column.power == 2] == squares
    said = {warning.key: worded(warning.fields) for warning in given_.warnings}
    assert (said["balance.pooled"]["n"] if "balance.pooled" in said else None) == pooled
    assert sorted({"country", "near", "far", "other"} - names) == dropped
    assert sorted(said["balance.dropped"]["names"] if dropped else []) == dropped


def test_the_rarest_are_pooled_and_said_in_both_languages():
    given_ = covariates(crowded(80), half(80))
    assert [level for name, level, _ in told(given_) if name == "country"] == ["other values", "c", "d", "e"]
    assert given_.matrix[:, 0].sum() == 12  # 4 of a, 8 of b
    texts = [str(warning) for warning in given_.warnings]
    assert any(text.startswith("The rarest values (country, 2 of them) are counted as one") for text in texts)
    with use_language("fr"):
        assert any("Les valeurs les plus rares (pays, au nombre de 2)" in str(warning) for warning in given_.warnings)


def test_the_rarest_of_all_attributes_go_first():
    # 6 parameters and the constant want 35 customers a group; 34 are there: a and b, of 4 each, become one
    place = np.arange(68)
    table = pd.DataFrame({"plan": np.array(list("klmn"))[place % 4], "country": np.array(list("cdcd"))[place % 4]})
    table.loc[place < 8, "country"] = ["a", "a", "b", "b"] * 2
    given_ = covariates(table, half(68))
    assert [worded(warning.fields) for warning in given_.warnings] == [{"name": "country", "n": 2}]


def test_the_outcome_is_not_known_to_the_reduction():
    # nothing but the table and the groups is handed in, and neither is changed
    table = crowded(60)
    before = table.copy()
    covariates(table, half(60))
    pd.testing.assert_frame_equal(table, before)


# ---- overlap ----


def test_groups_told_apart_are_refused():
    size = np.arange(80.0)
    given_ = covariates(pd.DataFrame({"size": size}), size >= 40)
    found = overlap_difference(np.ones(80), np.ones(80), size >= 40, given_)
    assert not found.overlap
    assert found.reason.key == "balance.separated"


def test_a_level_in_one_group_only_does_not_count_and_harms_nobody():
    table, treated, mrr, later = confounded(300, 11)
    lonely = treated & (np.arange(300) % 5 == 0)
    with_it = table.assign(club=np.where(lonely, "in", "out"))
    found = overlap_difference(later, mrr, treated, covariates(with_it, treated))
    assert found.overlap
    assert found.weights[lonely].max() < 1e-6
    without = ~lonely
    rest = overlap_difference(
        later[without], mrr[without], treated[without], covariates(table[without], treated[without])
    )
    assert found.comparison.estimate == approx(rest.comparison.estimate, abs=1e-6)
    assert found.comparison.error == approx(rest.comparison.error, rel=1e-4)


def test_groups_that_hardly_overlap_are_refused_or_warned_of():
    rng = np.random.Generator(np.random.PCG64(12))
    size = rng.normal(size=2000)
    treated = rng.random(2000) < 1 / (1 + np.exp(-4 * size))
    for n, reason, warned in ((150, "balance.few_alike", []), (2000, None, ["balance.partial_overlap"])):
        given_ = covariates(pd.DataFrame({"size": size[:n]}), treated[:n])
        found = overlap_difference(rng.random(n), np.ones(n), treated[:n], given_)
        assert (found.reason.key if found.reason else None) == reason
        assert [warning.key for warning in found.warnings] == warned
        assert found.overlap == (reason is None)


def test_nothing_left_to_adjust_for_is_said():
    found = overlap_difference(np.arange(16.0), np.ones(16), half(16), covariates(crowded(16), half(16)))
    assert found.reason.key == "balance.nothing_left"
    assert found.comparison.estimate == approx(-1)


def test_the_propensity_is_that_of_a_logistic_regression():
    table, treated, _, _ = confounded(200, 13)
    given_ = covariates(table[["size", "month"]], treated)
    design = np.column_stack([np.ones(200), given_.matrix])
    expected = Logit(treated.astype(float), design).fit(disp=0, tol=1e-10).predict()
    assert propensity(given_, treated) == approx(expected, abs=1e-8)


# ---- benchmark ----


def test_the_strongest_measured_attribute():
    # large: 30 of 40 with the factor against 10 of 40, ratio (30.5/41)/(10.5/41); churn 5 of 40 against 20 of 40
    place = np.arange(80)
    treated = place < 40
    large = np.where(treated, place < 30, place < 50)
    churned = np.where(large, place % 8 == 0, place % 2 == 0)
    noise = place % 2 == 0
    given_ = covariates(pd.DataFrame({"large": large, "noise": noise}), treated)
    found = measured_benchmark(churned, treated, given_)
    assert found.column == Column("large")
    assert found.factor_ratio == approx(30.5 / 10.5)
    few, many = churned[large].sum() + 0.5, churned[~large].sum() + 0.5
    assert found.outcome_ratio == approx(many / few)
    a, b = found.factor_ratio, found.outcome_ratio
    assert found.explains == approx(a * b / (a + b - 1))
    assert measured_benchmark(churned, treated, covariates(pd.DataFrame(index=place), treated)) is None
    assert measured_benchmark(churned, treated, given_, but={"large", "noise"}) is None
    # nobody odd churned: "noise" tells nothing
    assert measured_benchmark(churned, treated, given_, but={"large"}) is None


@pytest.mark.parametrize("few", ["churned", "stayed", "in one group"])
@pytest.mark.parametrize(("n", "told_of"), [(4, False), (5, True)])
def test_a_ratio_of_fewer_than_five_is_no_benchmark(few, n, told_of):
    """40 of 80 have it, half of them in either group; of any of the cells that make the ratios 4 are too few."""
    place = np.arange(80)
    has, treated, churned = place < 40, place % 2 == 0, place % 4 < 2
    if few == "churned":
        churned = np.where(has, place < n, churned)
    elif few == "stayed":
        churned = np.where(has, place >= n, churned)
    else:
        treated = np.where(has, place < n, treated)
    given_ = Covariates(has[:, None].astype(float), (Column("it", "yes"),))
    assert (measured_benchmark(churned, treated, given_) is not None) == told_of


def test_nobody_churned_and_so_nothing_explains_it():
    place = np.arange(80)
    given_ = Covariates((place < 40)[:, None].astype(float), (Column("it", "yes"),))
    assert measured_benchmark(np.zeros(80, bool), place % 2 == 0, given_) is None


# ---- a trial, and what observation makes of it ----


def job_training():
    """Earnings, training and attributes: the trained of the trial, set against people who were merely observed."""
    trial = pd.read_csv(NSW / "nsw_mixtape.csv")
    observed = pd.concat([trial[trial["treat"] == 1], pd.read_csv(NSW / "cps_mixtape.csv")], ignore_index=True)
    yes_no = observed[["black", "hisp", "marr", "nodegree"]].astype(bool)
    table = observed[["age", "educ", "re74", "re75"]].astype(float).join(yes_no)
    return trial, table, observed["treat"].to_numpy() == 1, observed["re78"].to_numpy(float)


@pytest.mark.real_data
@pytest.mark.skipif(not NSW.is_dir(), reason="shared/data does not lie beside the project")
def test_adjusting_brings_observation_back_towards_the_trial():
    trial, table, trained, earned = job_training()
    by_trial = trial.loc[trial["treat"] == 1, "re78"].mean() - trial.loc[trial["treat"] == 0, "re78"].mean()
    assert by_trial == approx(1794.342, abs=1e-3)
    assert earned[trained].mean() - earned[~trained].mean() == approx(-8497.516, abs=1e-3)
    given_ = covariates(table, trained)
    found = overlap_difference(earned, np.ones(len(earned)), trained, given_)
    contrast = found.comparison.contrast(0.95)
    # about those who could have been in either, of 185 and 15,992 like 155 and 440
    assert contrast.estimate == approx(833.39, abs=0.01)
    assert contrast.low < by_trial < contrast.high
    assert found.ess == approx((154.96, 440.47), abs=0.01)
    assert found.overlap
    assert [warning.key for warning in found.warnings] == ["balance.partial_overlap"]
    balance = balance_of(given_, trained, found.weights)
    assert balance.worst < 1e-8
    assert balance.worst_before == approx(2.4277, abs=1e-4)
    raw = balance.to_frame().set_index(["covariate", "power"])["raw"]
    assert raw[("black", 1)] == approx(2.4277, abs=1e-4)
    assert raw[("marr", 1)] == approx(-1.2326, abs=1e-4)
