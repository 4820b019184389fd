"""An export of survivors and those lost lately is seen in the book itself, and nothing that is whole looks like it.

The book of most tests: cohorts that begin each December from 2019 to 2022, of whom nobody is lost before January 2023,
when some of the last cohort are, at age 1. Each such loss would as soon have been of one of the three Januaries before:
with cohorts alike, 3 in 4 of the losses are expected earlier, and Poisson's chance of none is exp(-3/4 of them).
"""

import math

import numpy as np
import pytest
from cases import crowd, ledger_of_lives, life, told
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

import retention_kit as rk
from retention_kit.engines import memory
from retention_kit.errors import InputError
from retention_kit.ledger import only_customers, snapshot_seen
from retention_kit.ledger.snapshots import snapshot_warning

STARTS = ("2019-12", "2020-12", "2021-12", "2022-12")
AS_OF = "2023-01-31"
JANUARY_2000 = 24_000  # as months are numbered


def decembers(lost, size=40, at=1, **more):
    """Cohorts of equal size, and so many of the last one lost; every other customer has the factor."""
    early = [each for start in STARTS[:-1] for each in crowd(None, size, start=start, **more)]
    people = early + crowd(None, size, lost, at, start=STARTS[-1])
    return [each | {"demo": place % 2 == 0} for place, each in enumerate(people)]


def seen(people, as_of=AS_OF, **options):
    return snapshot_seen(ledger_of_lives(people, as_of=as_of, **options))


def fields(people, **options):
    return seen(people, **options).fields["reason"].fields


# ---- the rule ----


def test_the_losses_expected_earlier_are_counted_by_hand():
    """19 lost: 14.25 expected earlier, exp(-14.25) is 6.5e-7; 18 lost: 13.5, exp(-13.5) is 1.4e-6."""
    assert math.exp(-0.75 * 19) < 1e-6 < math.exp(-0.75 * 18)
    assert seen(decembers(18)) is None
    found = fields(decembers(19))
    assert (found["n"], found["expected"], found["seen"]) == (19, 14, 0)
    assert (f"{found['first']:%Y-%m}", f"{found['since']:%Y-%m}") == ("2019-12", "2023-01")
    assert (found["first_text"], found["since_text"]) == ("2019-12", "2023-01")


def test_it_says_in_both_languages_what_was_seen_and_the_way_out():
    english, french = told(seen(decembers(40)))
    for word in (
        "40 customers were lost",
        "December 2019",
        "January 2023",
        "about 30",
        "history_from=2023-01",
        "history_from=2019-12",
    ):
        assert word in english
    for word in (
        "40 clients ont été perdus",
        "décembre 2019",
        "janvier 2023",
        "environ 30",
        "history_from=2023-01",
        "la première arrivée",
    ):
        assert word in french


@pytest.mark.parametrize("start", STARTS[:-1])
def test_one_loss_in_an_earlier_year_and_it_is_a_history(start):
    assert seen([*decembers(40), life(True, start=start, churned=1)]) is None


def test_who_left_and_came_back_is_no_loss_for_good_but_counts_as_one_seen():
    """One away and back at age 18 adds a loss that must be early and is: 1 seen, 31 expected, (1 + 31)·exp(-31)."""
    found = fields([*decembers(40), life(True, start=STARTS[0], churned=18, back=20)])
    assert (found["n"], found["expected"], found["seen"]) == (40, 31, 1)
    # as many away in earlier Januaries as were lost in the last one, all back: losses are no news
    back = [life(True, start=start, churned=1, back=3) for start in STARTS[:-1] for _ in range(40)]
    assert seen([*decembers(40), *back]) is None


def test_the_losses_lie_in_the_last_fifth():
    """To September 2023 they lie in 9 months of 46, a month later in 10 of 47."""
    assert seen(decembers(40), as_of="2023-09-30")
    assert seen(decembers(40), as_of="2023-10-31") is None


@pytest.mark.parametrize(("first", "warned"), [("2020-01", True), ("2020-02", False)])
def test_a_business_younger_than_two_years_is_never_called_so(first, warned):
    """100 begin, 100 more a year later, of whom 60 are lost in January 2022 at age 12 or 11: 30 expected earlier."""
    second, age = ("2021-01", 12) if warned else ("2021-02", 11)
    people = crowd(True, 100, start=first) + crowd(False, 100, 60, age, start=second)
    assert (seen(people, as_of="2022-01-31") is not None) is warned


@pytest.mark.parametrize("extra", [9, 10])
def test_nine_starts_typed_as_1990_make_no_century_without_a_loss(extra):
    """The young business of the test above: counting begins with the tenth start."""
    people = crowd(True, 100, start="2020-02") + crowd(False, 100, 60, 11, start="2021-02")
    people += crowd(True, extra, start="1990-01")
    assert (seen(people, as_of="2022-01-31") is not None) is (extra == 10)


# ---- what is whole and looks a little like it ----


def test_a_business_that_lost_nobody_for_years_and_then_a_few():
    """Each loss adds less than 1 to what is expected, and 13 of it are not enough: exp(-13) is 2.3e-6."""
    people = [each for year in range(2000, 2022) for each in crowd(True, 20, start=f"{year}-12")]
    assert seen(people + crowd(False, 20, 13, 1, start="2022-12")) is None
    assert seen(people + crowd(False, 20, 20, 1, start="2022-12"))


def test_annual_contracts_tell_nothing_of_monthly_ones():
    assert seen(decembers(40, interval="month"))
    assert seen(decembers(40, interval="year")) is None


def test_customers_who_can_leave_only_after_three_years_though_the_file_does_not_say_so():
    """20 a month from 2018 on, half of each cohort lost at age 36: nobody had been so old before."""
    starts = [f"{2018 + place // 12}-{place % 12 + 1:02}" for place in range(42)]
    people = [each for start in starts for each in crowd(True, 20, 10, 36, start=start)]
    assert seen(people, as_of="2021-06-30") is None


def test_a_season_is_compared_with_the_same_season():
    """Losses at ages 1 to 12 in January only, of cohorts that begin every month of the year before: none like them."""
    starts = [f"2022-{month:02}" for month in range(1, 13)]
    late = [each for place, start in enumerate(starts) for each in crowd(False, 20, 10, 12 - place, start=start)]
    # those who began in other Januaries, of whom only one cohort reached the same age in January
    assert seen(late + crowd(True, 20, start="2019-01"), as_of=AS_OF) is None


def test_who_began_since_the_first_loss_tells_nothing():
    """3 lost in November 2023 of those there before; of 200 of a new kind, sold since December, 150 a month later."""
    new = crowd(False, 200, 150, 1, start="2023-12")
    assert seen(decembers(3, at=11) + new, as_of="2024-01-31") is None
    assert seen(decembers(30, at=11) + new, as_of="2024-01-31")


@pytest.mark.parametrize(("as_of", "warned"), [("2023-01-31", True), ("2024-12-31", False)])
def test_ends_entered_in_bulk_one_day_are_doubted_at_first_only(as_of, warned):
    """Half of each cohort ends in January 2023, whenever it left: then nothing was known before."""
    people = [each for place, start in enumerate(STARTS) for each in crowd(True, 40, 20, 37 - 12 * place, start=start)]
    later = [life(True, start="2019-12", churned=churned) for churned in (45, 50, 55)]
    assert (seen(people + later, as_of=as_of) is not None) is warned


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.integers(0, 95), st.integers(1, 95), st.integers(1, 30)), max_size=20),
    st.integers(0, 200),
)
def test_a_history_with_a_loss_in_every_year_is_never_called_a_snapshot(years, groups, late):
    """Whatever else happens, and however many are lost in the last month."""
    last = 12 * years
    begin = (
        [0] * (years + 1) + [min(start, last) for start, _, n in groups for _ in range(n)] + [max(last - 1, 0)] * late
    )
    age = [12 * year + 1 for year in range(years)] + [last + 1]
    age += [life_ for _, life_, n in groups for _ in range(n)] + [1] * late
    assert not snapshot_warning(book(begin, age, last), np.ones(len(begin), int), 0)


@given(st.integers(0, 10**6))
def test_losses_alike_in_all_years_are_never_called_a_snapshot(seed):
    """Any of the worlds in which churn does not depend on the year: one in a million at most."""
    ledger, _ = world(seed, 0.3, customers=60, months=60)
    whole = memory.build(
        ledger.book.owner, ledger.book.month, ledger.book.month + 1, ledger.book.cents, last=ledger.book.last
    )
    assert not snapshot_warning(whole, ledger.terms, 0)


# ---- who asks it ----


@pytest.fixture(scope="module")
def ledger():
    people = [
        each | {"more": {"onboarded": f"{each['start']}-20", "score": float(k % 7)}}
        for k, each in enumerate(decembers(40))
    ]
    return ledger_of_lives(people, as_of=AS_OF)


@pytest.mark.parametrize("history_from", ["2023-01", "2019-12", "2019-01"])
def test_with_history_from_nothing_of_this_is_said(history_from):
    assert seen(decembers(40), history_from=history_from) is None


def test_the_first_start_asserts_that_the_history_is_whole():
    """The answer is then that of the whole: of either half, 60 of 80 stay."""
    people = decembers(40)
    whole = rk.compare(ledger_of_lives(people, as_of=AS_OF, history_from="2019-12"), "demo", horizon=1, randomised=True)
    assert [(arm.n, arm.value) for arm in whole.arms] == [(80, 0.75), (80, 0.75)]


def test_parts_and_earlier_views_of_it_are_survivors_too(ledger):
    assert snapshot_seen(only_customers(ledger, {"demo": True}))
    assert snapshot_seen(ledger.until("2022-06"))


@pytest.mark.parametrize("outcome", ["retention", "rmst", "nrr", "grr", "expansion", "spend", "early_churn"])
@pytest.mark.parametrize("clock", [None, "onboarded"])
def test_what_counts_from_a_start_or_a_clock_is_refused_without_a_number(ledger, outcome, clock):
    factor = None if outcome == "early_churn" else "demo"
    found = rk.compare(ledger, factor, outcome=outcome, horizon=6, clock=clock, adjust=None if factor else ())
    said = snapshot_seen(ledger).fields
    assert (found.verdict.kind, found.verdict.reason, found.verdict.remedy) == ("not_testable", *said.values())
    for lang in ("en", "fr"):
        assert found.sentence(lang).endswith(snapshot_seen(ledger).text(lang))
        assert str(found.describe(lang))
    table = found.to_frame()[["estimate", "low", "high", "p_value", "p_adjusted", "events", "n_eff"]]
    assert table.isna().all(axis=None)
    assert all(math.isnan(x) for arm in found.arms for x in (arm.value, arm.low, arm.high, arm.events, arm.at_risk))
    assert (len(found.curves), found.beside, found.balance, len(found.lines)) == (0, (), None, 1)
    assert "%" not in rk.table_arms(found, lang="en").frame.to_string(header=False)


def test_a_landmark_does_not_help(ledger):
    found = rk.compare(ledger, "demo", outcome="retention", horizon=6, adjust=())
    dated = ledger_of_lives(
        [each | {"demo": "2021-02-01" if k % 2 else None} for k, each in enumerate(decembers(40))], as_of=AS_OF
    )
    assert rk.compare(dated, "demo", landmark=2, adjust=()).verdict.reason.key == found.verdict.reason.key


def test_what_was_measured_once_is_answered_with_the_warning(ledger):
    found = rk.compare(ledger, "demo", outcome="score", margin=1, adjust=())
    assert found.verdict.kind != "not_testable"
    assert snapshot_seen(ledger) in found.warnings


def test_several_groups_get_no_test_of_all_of_them():
    people = [each | {"demo": "abc"[k % 3]} for k, each in enumerate(decembers(40))]
    found = rk.compare(ledger_of_lives(people, as_of=AS_OF), "demo", adjust=())
    assert {each.verdict.reason.key for each in found} == {"reason.untestable.snapshot"}
    assert math.isnan(found.p_value)
    assert found.opening == ()


def test_a_study_refuses_before_and_after(ledger):
    study = rk.Study(ledger).add("demo", "demo", horizon=6, adjust=())
    [power] = study.power().rows
    assert power.refused.reason.key == "reason.untestable.snapshot"
    assert study.run().findings["demo"].verdict.reason.key == "reason.untestable.snapshot"


def test_windows_of_the_calendar_are_answered_and_cohorts_warned_about(ledger):
    """In January 2023, 120 of the 160 who paid before are still there."""
    assert float(rk.logo_retention(ledger, "2022-12", "2023-01")) == 120 / 160
    assert rk.cohort_matrix(ledger, measure="logo").warnings == (snapshot_seen(ledger),)
    assert snapshot_seen(ledger) in ledger.about()


def book(begin, age, last):
    """A whole book of customers who begin `begin` months after January 2000 and leave `age` months later."""
    start = JANUARY_2000 + np.array(begin)
    end, cents = start + np.array(age), np.full(len(start), 100)
    return memory.build(np.arange(len(start)), start, end, cents, last=JANUARY_2000 + last)


def test_nothing_is_forecast_from_survivors():
    """There are as many months as a forecast needs, and losses enough; who says that the book is whole gets one."""
    survivors = ledger_of_lives(decembers(40), as_of=AS_OF)
    for ask in (lambda: rk.forecast_mrr(survivors, months=6), lambda: rk.project_cohort(survivors, cohort="2019")):
        with pytest.raises(InputError) as refused:
            ask()
        assert refused.value.key == "warning.snapshot"
        assert "history_from=2023-01" in str(refused.value)
    whole = ledger_of_lives(decembers(40), as_of=AS_OF, history_from="2019-12-01")
    assert rk.forecast_mrr(whole, months=6).n == 120
