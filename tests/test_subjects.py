"""Who enters a comparison, from when on, and the money measured of them."""

import datetime as dt
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import oracle
import pandas as pd
import pytest
from cases import books, ledger_of, ledger_of_paths, told
from hypothesis import given

from retention_kit.errors import OptionError, UnknownColumnError
from retention_kit.factors import Dated, dated
from retention_kit.ledger import Ledger
from retention_kit.subjects import AMOUNTS, amounts, subjects

PATHS = {  # six month ends, January to June 2025
    "Ada": [10, 10, 10, 10, 10, 10],  # watched to age 5
    "Bo": [10, 10, 0, 0, 0, 0],  # left at age 2
    "Cy": [10, 10, 10, 0, 0, 8],  # left at age 3, came back
    "Di": [0, 0, 0, 0, 20, 30],  # watched to age 1
    "Ed": [40, 30, 50, 60, 0, 0],  # left at age 4
}


def counted(messages):
    return {message.key.partition(".")[2]: message.fields["n"] for message in messages}


def by_name(ledger, found):
    """(age, churned, follow-up) by customer."""
    rows = zip(found.age.tolist(), found.churned.tolist(), found.follow_up.tolist(), strict=True)
    return dict(zip(ledger.ids[found.customer], rows, strict=True))


# ---- from their own start ----


def test_everybody_from_their_start():
    ledger = ledger_of_paths(PATHS)
    found = subjects(ledger)
    assert by_name(ledger, found) == {
        "Ada": (5, False, 5),
        "Bo": (2, True, 5),
        "Cy": (3, True, 5),
        "Di": (1, False, 1),
        "Ed": (4, True, 5),
    }
    assert not found.entry.any()
    assert not found.shift.any()
    assert found.term.tolist() == [1] * 5
    assert found.excluded == found.notes == ()
    assert len(found) == 5


def test_some_of_them():
    ledger = ledger_of_paths(PATHS)
    found = subjects(ledger)
    some = found.only(found.churned)
    assert ledger.ids[some.customer].tolist() == ["Bo", "Cy", "Ed"]
    assert (some.age.tolist(), some.term.tolist()) == ([2, 3, 4], [1, 1, 1])


# ---- from a landmark ----


def test_at_a_landmark_those_still_there_start_anew():
    """At 2 Bo has just left (a churn at the landmark is before it) and Di is not yet two months old."""
    ledger = ledger_of_paths(PATHS)
    found = subjects(ledger, landmark=2)
    assert by_name(ledger, found) == {"Ada": (3, False, 3), "Cy": (1, True, 3), "Ed": (2, True, 3)}
    assert found.shift.tolist() == [2] * 3
    assert counted(found.excluded) == {"left_landmark": 1, "unwatched_landmark": 1}


def test_someone_watched_just_to_the_landmark_enters_with_no_time():
    ledger = ledger_of_paths(PATHS)
    assert by_name(ledger, subjects(ledger, landmark=1))["Di"] == (0, False, 0)


def test_those_who_get_it_later_are_said_to_stay_in_the_reference():
    """By 2 nobody but Ada; Ed gets it at 3 and is still there at 2; Bo, who had left, would be at 4."""
    ledger = ledger_of_paths(PATHS)
    later = Dated("trained", np.array([1.0, 4.0, np.nan, np.nan, 3.0]), False)
    found = subjects(ledger, landmark=2, factor=later)
    assert counted(found.notes) == {"activated_later": 1}
    english, french = told(found.notes[0])
    assert "of the reference got “trained” later than 2 months" in english
    assert "pas encore" in french


@pytest.mark.parametrize("landmark", [-1, 1.5, True, "3"])
def test_a_landmark_is_a_whole_number_of_months(landmark):
    with pytest.raises(OptionError, match="The landmark cannot be"):
        subjects(ledger_of_paths(PATHS), landmark=landmark)


@given(books(), st.integers(0, 8))
def test_any_landmark_is_a_loop_over_lives(both, landmark):
    ledger, expected = both
    found = subjects(ledger, landmark=landmark)
    assert by_name(ledger, found) == oracle.subjects(expected, lambda who: landmark)
    assert len(found) + sum(counted(found.excluded).values()) == len(ledger.ids)


# ---- from a date of their own ----


def test_the_clock_starts_at_the_month_end_of_the_date():
    """Ada at 2 (31 March), Bo after he had left, Cy before his start, Di not, Ed in April at 3."""
    ledger = ledger_of_paths(PATHS)
    clock = pd.Series(["2025-03-31", "2025-03-01", "2024-12-24", None, "2025-04-01"], index=ledger.ids)
    found = subjects(ledger, clock=clock)
    assert by_name(ledger, found) == {"Ada": (3, False, 3), "Cy": (3, True, 5), "Ed": (1, True, 2)}
    assert found.shift.tolist() == [2, 0, 3]
    assert counted(found.excluded) == {"no_clock": 1, "left_clock": 1}


GAPS = {  # January to August 2025
    "Ada": [10, 0, 0, 20, 20, 20, 0, 0],  # away February and March, gone from July on
    "Bo": [10, 0, 10, 0, 10, 10, 10, 10],  # away twice for a month
    "Cy": [10, 10, 0, 0, 0, 0, 0, 9],  # back in August
    "Di": [10, 10, 10, 10, 10, 10, 10, 0],  # in August, one month end that may yet be forgiven
}


@pytest.mark.parametrize(
    ("grace", "on", "expected", "away", "elapsed"),
    [
        # at the end of April Ada is back since April, and leaves 3 months later; Bo is away in April, Cy since March
        (0, "2025-04-20", {"Ada": (3, True, 4), "Di": (4, True, 4)}, 2, {"Ada": 0, "Di": 3}),
        # in May Ada has 2 months to July; Bo is back since May and stays to August
        (
            0,
            "2025-05-20",
            {"Ada": (2, True, 3), "Bo": (3, False, 3), "Di": (3, True, 3)},
            1,
            {"Ada": 1, "Bo": 0, "Di": 4},
        ),
        # one month end forgiven: Bo never left, and pays nothing at the end of April; Di's gap is still open
        (
            1,
            "2025-04-20",
            {"Ada": (3, True, 4), "Bo": (4, False, 4), "Di": (4, False, 4)},
            1,
            {"Ada": 0, "Bo": 3, "Di": 3},
        ),
        (0, "2025-08-20", {"Bo": (0, False, 0), "Cy": (0, False, 0)}, 2, {"Bo": 3, "Cy": 0}),
    ],
)
def test_who_is_back_when_the_clock_begins_is_there(grace, on, expected, away, elapsed):
    ledger = replace(ledger_of_paths(GAPS), grace_months=grace)
    found = subjects(ledger, clock=pd.Series([on] * 4, index=ledger.ids))
    assert by_name(ledger, found) == expected
    assert counted(found.excluded) == {"left_clock": away}
    assert dict(zip(ledger.ids[found.customer], found.elapsed.tolist(), strict=True)) == elapsed
    back = sum(elapsed[who] < shift for who, shift in zip(ledger.ids[found.customer], found.shift, strict=True))
    assert counted(found.notes) == ({"came_back": back} if back else {})


def test_from_their_start_or_a_landmark_a_return_undoes_no_churn():
    ledger = ledger_of_paths(GAPS)
    assert by_name(ledger, subjects(ledger))["Ada"] == (1, True, 7)
    assert list(by_name(ledger, subjects(ledger, landmark=4))) == ["Di"]
    assert subjects(ledger, landmark=4).elapsed.tolist() == [4]


def test_what_who_came_back_pays_is_set_against_what_they_paid_at_the_clock():
    """Ada pays 20 at the end of April, and the same two months later, and nothing after three."""
    ledger = ledger_of_paths(GAPS)
    found = subjects(ledger, clock=pd.Series(["2025-04-20"] * 4, index=ledger.ids))
    assert [amounts(ledger, found, "nrr", months).numerator[0] for months in (2, 3)] == [20, 0]
    assert amounts(ledger, found, "nrr", 2).denominator[0] == 20


def test_the_clock_can_be_a_column_of_the_customers():
    days = pd.DataFrame({"customer_id": ["Ada", "Bo"], "onboarded_at": ["2025-02-01", "2025-09-09"]})
    rows = [("Ada", "2025-01-01", None, 10.0), ("Bo", "2025-01-01", None, 10.0)]
    ledger = ledger_of(*rows, as_of="2025-06-30", customers=days)
    found = subjects(ledger, clock="onboarded_at")
    assert (ledger.ids[found.customer].tolist(), found.shift.tolist()) == (["Ada"], [1])
    assert counted(found.excluded) == {"no_clock": 1}  # a date after the last day known is none yet
    with pytest.raises(UnknownColumnError, match="onboarded_at"):
        subjects(ledger, clock="activated_at")


def test_a_date_in_the_month_that_has_not_ended_is_waited_for():
    ledger = ledger_of(("Ada", "2025-01-01", None, 10.0), as_of="2025-03-20")
    found = subjects(ledger, clock=pd.Series(["2025-03-05"]))
    assert counted(found.excluded) == {"unwatched_clock": 1}
    assert len(found) == 0


def test_a_clock_without_dates_and_two_clocks_are_refused():
    ledger = ledger_of_paths(PATHS)
    with pytest.raises(OptionError, match="holds no dates"):
        subjects(ledger, clock=pd.Series(list("abcde"), name="csm"))
    with pytest.raises(OptionError, match="cannot both say"):
        subjects(ledger, landmark=3, clock=pd.Series(["2025-03-05"] * 5))


DATES = st.none() | st.dates(dt.date(2022, 12, 1), dt.date(2024, 12, 31))


@given(books(), st.lists(DATES, min_size=6, max_size=6))
def test_any_clock_is_a_loop_over_dates(both, drawn):
    ledger, expected = both
    days = [day for day, _ in zip(drawn, ledger.ids, strict=False)]
    if not any(days):
        return
    given_days = {
        who: day for who, day in zip(ledger.ids, days, strict=True) if day is not None and day <= ledger.as_of
    }

    def zero(who):
        return max(oracle.first_month_end(given_days[who]) - expected.start(who), 0) if who in given_days else None

    found = subjects(ledger, clock=pd.Series(days, dtype=object))
    assert by_name(ledger, found) == oracle.subjects_at_a_date(expected, zero)
    assert len(found) + sum(counted(found.excluded).values()) == len(ledger.ids)


# ---- customers seen only from a later age on ----

LATE = [
    ("Ada", "2024-03-01", None, 10.0),  # nine months old when the history opens
    ("Bo", "2025-01-15", None, 20.0),
    ("Cy", "2024-10-01", "2025-03-01", 30.0),  # two months old, leaves at age 5
    ("Di", "2024-03-01", "2024-06-01", 40.0),  # left, and was back when the history opens
    ("Di", "2024-11-01", None, 40.0),
]


def late_ledger():
    return ledger_of(*LATE, as_of="2025-06-30", history_from="2025-01")  # opens with the end of December 2024


def test_delayed_entry_by_hand():
    ledger = late_ledger()
    found = subjects(ledger)
    assert by_name(ledger, found) == {"Ada": (15, False, 15), "Bo": (5, False, 5), "Cy": (5, True, 8)}
    assert found.entry.tolist() == [9, 0, 2]
    assert counted(found.excluded) == {"start_unseen": 1}
    assert counted(found.notes) == {"delayed_entry": 2}


def test_a_landmark_after_entry_makes_it_none():
    """Cy is watched from 2, so at 3 from its zero; Ada from 9, so at 3 from 6 on."""
    ledger = late_ledger()
    found = subjects(ledger, landmark=3)
    assert dict(zip(ledger.ids[found.customer], found.entry.tolist(), strict=True)) == {"Ada": 6, "Bo": 0, "Cy": 0}
    assert by_name(ledger, found) == {"Ada": (12, False, 12), "Bo": (2, False, 2), "Cy": (2, True, 5)}
    assert counted(found.notes) == {"delayed_entry": 1}
    paid = amounts(ledger, found, "nrr", 1)
    assert paid.enters.tolist() == [False, True, True]
    assert (paid.numerator.tolist(), paid.denominator.tolist()) == ([0, 20, 30], [0, 20, 30])


def test_a_table_whose_first_month_is_an_opening_knows_nobody_s_start():
    wide = pd.DataFrame({"2025-01": [100, 0], "2025-02": [120, 50]}, index=["Ada", "Bo"])
    ledger = Ledger.from_frame(wide, as_of="2025-02-28")
    assert by_name(ledger, subjects(ledger)) == {"Bo": (0, False, 0)}
    assert counted(subjects(ledger).excluded) == {"start_unseen": 1}


def test_ages_at_a_date_count_from_the_true_start():
    """Ada began in March 2024: a date in January 2025 is age 10, and one of April 2024 is age 1."""
    ledger = late_ledger()
    assert dated("trained", pd.Series(["2025-01-05", None, None, None]), ledger).age.tolist()[0] == 10
    assert dated("trained", pd.Series(["2024-04-30", None, None, None]), ledger).age.tolist()[0] == 1


# ---- money ----


@pytest.mark.parametrize(
    ("outcome", "numerator", "denominator"),
    [
        ("nrr", [10, 0, 0, 60], [10, 10, 10, 40]),
        ("grr", [10, 0, 0, 40], [10, 10, 10, 40]),
        ("expansion", [0, 0, 0, 20], [10, 10, 10, 40]),
        ("spend", [10, 0, 0, 60], [1, 1, 1, 1]),
    ],
)
def test_amounts_three_months_after_the_start(outcome, numerator, denominator):
    """Ada, Bo, Cy and Ed; Di is one month old: in neither sum, whether or not she would have stayed."""
    ledger = ledger_of_paths(PATHS)
    found = amounts(ledger, subjects(ledger), outcome, 3)
    assert found.enters.tolist() == [True, True, True, False, True]
    assert found.numerator[found.enters].tolist() == numerator
    assert found.denominator[found.enters].tolist() == denominator
    assert found.numerator[3] == found.denominator[3] == 0
    assert [(message.key, message.fields["n"], message.fields["share"]) for message in found.excluded] == [
        ("excluded.follow_up", 1, 0.2)
    ]


def test_who_came_back_enters_with_what_they_pay_then():
    """Cy left at age 3 and pays 8 at age 5: 8 of the 10 paid at the start."""
    ledger = ledger_of_paths(PATHS)
    found = amounts(ledger, subjects(ledger), "nrr", 5)
    assert (found.numerator[2], found.denominator[2]) == (8, 10)


def test_expansion_at_a_landmark_counts_from_what_was_paid_there():
    """Ed pays 30 at age 1 and 50 one month later."""
    ledger = ledger_of_paths(PATHS)
    found = amounts(ledger, subjects(ledger, landmark=1), "expansion", 1)
    assert (found.numerator[-1], found.denominator[-1]) == (20, 30)


def test_who_pays_nothing_at_the_zero_is_in_no_ratio_but_spends():
    """One month end at 0 is forgiven: Ada has not churned at age 1, but there is nothing to divide by."""
    rows = [("Ada", "2025-01-01", "2025-02-01", 10.0), ("Ada", "2025-03-01", None, 10.0)]
    ledger = ledger_of(*rows, ("Bo", "2025-01-01", None, 10.0), as_of="2025-06-30", grace_months=1)
    found = subjects(ledger, landmark=1)
    assert len(found) == 2
    paid = amounts(ledger, found, "nrr", 2)
    assert (paid.enters.tolist(), counted(paid.excluded)) == ([False, True], {"nothing_at_zero": 1})
    assert amounts(ledger, found, "spend", 2).enters.tolist() == [True, True]


def test_an_outcome_that_is_no_money_is_refused():
    ledger = ledger_of_paths(PATHS)
    with pytest.raises(OptionError, match="nrr, grr, expansion, spend"):
        amounts(ledger, subjects(ledger), "retention", 3)


@given(books(), st.integers(0, 6), st.integers(1, 12), st.sampled_from(AMOUNTS))
def test_any_amounts_are_the_oracle_s(both, landmark, horizon, outcome):
    ledger, expected = both
    who = subjects(ledger, landmark=landmark)
    found = amounts(ledger, who, outcome, horizon)
    for place, name in enumerate(ledger.ids[who.customer]):
        assert found.enters[place] == (expected.start(name) + landmark + horizon <= expected.last)
        if found.enters[place]:
            above, below = oracle.amounts(expected, name, landmark, horizon, outcome)
            assert found.numerator[place] == pytest.approx(above / 100)
            assert found.denominator[place] == pytest.approx(below if outcome == "spend" else below / 100)
    assert int(found.enters.sum()) + sum(counted(found.excluded).values()) == len(who)
