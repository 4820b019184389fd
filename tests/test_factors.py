"""Factors: groups by value, groups by what was there at a landmark, and dates never as ever against never."""

import datetime as dt

import hypothesis.strategies as st
import numpy as np
import oracle
import pandas as pd
import pytest
from cases import ledger_of, ledger_of_paths, told
from hypothesis import given

from retention_kit.errors import FactorError, ImmortalTimeError
from retention_kit.factors import Dated, between, dated, days_of, is_date, split_at, split_by

YES_NO = pd.Series([True, False, None, True], index=list("abcd"), dtype="boolean")


def said(split):
    return [str(label) for label in split.labels]


# ---- groups by value ----


def test_yes_and_no():
    split = split_by("vip", YES_NO)
    assert split.group.tolist() == [1, 0, pd.NA, 1]
    assert split.codes().tolist() == [1, 0, -1, 1]
    assert split.treated.tolist() == [True, False, pd.NA, True]
    assert said(split) == ["customers without “vip”", "customers with “vip”"]
    assert (split.missing, split.yes_no, split.dated, split.when) == (1, True, False, None)
    assert split.group.index.tolist() == list("abcd")


def test_yes_as_reference():
    split = split_by("vip", YES_NO, reference=True)
    assert split.codes().tolist() == [0, 1, -1, 0]
    assert said(split) == ["customers with “vip”", "customers without “vip”"]


def test_three_names_the_reference_first_then_in_order():
    values = pd.Series(["b", "c", "a", None, "b"])
    assert split_by("plan", values).codes().tolist() == [1, 2, 0, -1, 1]
    split = split_by("plan", values, reference="b")
    assert split.codes().tolist() == [0, 2, 1, -1, 0]
    assert said(split) == [f"customers with plan = {name}" for name in "bac"]
    assert not split.yes_no


@pytest.mark.parametrize("kind", ["object", "str", "category"])
def test_names_of_every_kind(kind):
    assert split_by("plan", pd.Series(["x", "y", None, "x"], dtype=kind)).codes().tolist() == [0, 1, -1, 0]


def test_whole_numbers_with_gaps_are_named_as_whole_numbers():
    split = split_by("seats", pd.Series([2.0, 5.0, np.nan, 2.5]))
    assert said(split) == [f"customers with seats = {number}" for number in ("2", "2.5", "5")]


@pytest.mark.parametrize("number", [0, 1, 9, 30])
def test_two_to_eight_values_make_groups_and_no_other_number(number):
    with pytest.raises(FactorError) as refused:
        split_by("plan", pd.Series([f"p{place}" for place in range(number)], dtype=object))
    english, french = told(refused.value)
    assert f"has {number} value" in english
    assert "2 to 8" in english
    assert "de 2 à 8" in french


@pytest.mark.parametrize("number", [2, 8])
def test_two_and_eight_values_do(number):
    assert len(split_by("plan", pd.Series([f"p{place}" for place in range(number)])).labels) == number


def test_a_reference_that_is_no_value_is_refused():
    with pytest.raises(FactorError, match="Choose one of: a, b"):
        split_by("plan", pd.Series(["a", "b"]), reference="z")


# ---- portfolios ----


def test_the_share_of_variance_between_portfolios_by_hand():
    """Yes in 2 of 2 and 1 of 3: means 1 and 1/3 around 3/5, (2 × 4/25 + 3 × 16/225) / 5 over 6/25 is 4/9."""
    split = split_by("vip", pd.Series([True, True, True, False, False]))
    assert between(split.group, pd.Series(list("AABBB"))) == pytest.approx(4 / 9)
    assert between(split.group, pd.Series(list("AAABB"))) == pytest.approx(1)


def test_of_three_groups_the_variances_are_added_up():
    """x, y in A and x, z in B: x is half of both; y is 1/2 and 0 around 1/4, so 1/16 between of 3/16 in all, as is z.

    Between: 0 + 1/16 + 1/16; in all: 1/4 + 3/16 + 3/16. The share is 1/5.
    """
    split = split_by("plan", pd.Series(list("xyxz")))
    assert between(split.group, pd.Series(list("AABB"))) == pytest.approx(1 / 5)


@pytest.mark.parametrize("portfolio", ["AAAA", "ABCD"])
def test_one_portfolio_or_one_each_say_nothing(portfolio):
    assert between(split_by("plan", pd.Series(list("xyxy"))).group, pd.Series(list(portfolio))) == 0


# ---- dates ----

DAYS = [dt.date(2025, 2, 28), None, dt.date(2025, 3, 1)]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(DAYS, dtype=object),
        pd.to_datetime(pd.Series(DAYS)),
        pd.to_datetime(pd.Series(DAYS)).dt.tz_localize("Europe/Paris"),
        pd.Series(["2025-02-28", None, "2025-03-01T09:30:00"]),
        pd.Series([pd.Timestamp("2025-02-28 23:59"), pd.NaT, pd.Timestamp("2025-03-01")], dtype=object),
    ],
)
def test_dates_of_every_kind_are_dates_and_never_a_factor(values):
    assert is_date(values)
    assert days_of(values).dt.strftime("%Y-%m-%d").tolist()[::2] == ["2025-02-28", "2025-03-01"]
    with pytest.raises(ImmortalTimeError):
        split_by("activated", values)


@pytest.mark.parametrize(
    "cells", [["a", "2025-03-01"], [1, 2], [True, False], ["2025-13-45", None], [None, None], ["2025", "2026"]]
)
def test_what_is_no_column_of_dates(cells):
    assert not is_date(pd.Series(cells, dtype=object))


def test_the_refusal_of_a_date_says_what_would_have_gone_wrong_and_the_way_out():
    with pytest.raises(ImmortalTimeError) as refused:
        split_by("activated", pd.to_datetime(pd.Series(DAYS)))
    english, french = told(refused.value)
    for text in (english, french):
        assert "landmark=3" in text
    assert "more time to get there" in english
    assert "hazard ratio of about 0.3" in english
    assert "plus de temps pour y arriver" in french
    assert "hazard ratio d’environ 0,3" in french


def test_ages_of_a_dated_factor_by_hand():
    """Ada and Bo begin in January, Cy in March. The first month end at or after a date is that of its month."""
    ledger = ledger_of_paths({"Ada": [10] * 6, "Bo": [10] * 6, "Cy": [0, 0, 10, 10, 10, 10]})
    values = pd.Series(["2025-03-31", "2025-04-01", "2025-03-02"], index=ledger.ids)
    found = dated("trained", values, ledger)
    assert found.age.tolist() == [2, 3, 0]
    assert (found.baseline, found.notes) == (False, ())


def test_who_has_it_by_the_landmark_and_who_not_yet():
    found = Dated("trained", np.array([-2.0, 2.0, 3.0, np.nan]), False, ids=pd.Index(list("abcd")))
    split = split_at(found, 2)
    assert split.codes().tolist() == [1, 1, 0, 0]
    assert split.group.index.tolist() == list("abcd")
    assert (split.when, split.dated, split.yes_no, split.missing) == (found, True, True, 0)
    assert said(split)[0] == "customers not yet with “trained” 2 months after their start"
    assert said(split_at(found, 0))[1] == "customers with “trained” at their start"
    assert split_at(found, 0).codes().tolist() == [1, 0, 0, 0]


def test_what_everybody_had_from_the_start_is_like_any_yes_or_no():
    """A demo at signup: all dates in the month of the start or before; ever against never then is legitimate."""
    ledger = ledger_of_paths({"Ada": [10] * 6, "Bo": [10] * 6, "Cy": [0, 0, 10, 10, 10, 10]})
    found = dated("demo", pd.Series(["2025-01-31", None, "2024-11-05"]), ledger)
    assert found.age.tolist()[::2] == [0, -4]
    assert found.baseline
    for landmark in (0, 3):
        split = split_at(found, landmark)
        assert split.codes().tolist() == [1, 0, 1]
        assert said(split) == ["customers without “demo”", "customers with “demo”"]


def test_one_later_date_makes_it_dated():
    ledger = ledger_of_paths({"Ada": [10] * 3, "Bo": [10] * 3})
    assert not dated("demo", pd.Series(["2025-01-31", "2025-02-01"]), ledger).baseline


def test_a_date_to_come_is_not_known_yet_and_is_counted():
    ledger = ledger_of_paths({"Ada": [10] * 3, "Bo": [10] * 3, "Cy": [10] * 3})  # as of 31 March
    found = dated("trained", pd.Series(["2025-03-31", "2025-04-01", None]), ledger)
    np.testing.assert_array_equal(found.age, [2, np.nan, np.nan])
    assert [(note.key, note.fields["n"]) for note in found.notes] == [("warning.dates_to_come", 1)]


def test_a_date_in_the_month_that_has_not_ended_is_known_but_after_all_ages_watched():
    ledger = ledger_of(("Ada", "2025-01-01", None, 10.0), as_of="2025-03-20")
    assert dated("trained", pd.Series(["2025-03-05"]), ledger).age.tolist() == [2]
    assert ledger.engine.lives(ledger.book).watched.tolist() == [1]


@pytest.mark.parametrize("cells", [["x", "y"], ["2025-04-01", None], [pd.NaT, pd.NaT]])
def test_a_column_without_a_known_date_is_refused(cells):
    ledger = ledger_of_paths({"Ada": [10] * 3, "Bo": [10] * 3})
    with pytest.raises(FactorError, match="holds no date up to 31 March 2025"):
        dated("trained", pd.Series(cells, dtype=object), ledger)


DATES = st.dates(dt.date(2024, 6, 1), dt.date(2025, 12, 31))


@given(st.lists(st.tuples(st.integers(0, 5), st.none() | DATES), min_size=1, max_size=6), st.integers(0, 9))
def test_a_landmark_splits_as_a_loop_over_month_ends_does(drawn, landmark):
    """Every customer pays from some month on to October; the oracle walks from month end to month end."""
    paths = {f"c{place}": [0] * begin + [10] * (10 - begin) for place, (begin, _) in enumerate(drawn)}
    ledger, as_of = ledger_of_paths(paths), dt.date(2025, 10, 31)
    days = pd.Series([day for _, day in drawn], dtype=object)
    known = [day for _, day in drawn if day is not None and day <= as_of]
    if not known:
        with pytest.raises(FactorError):
            dated("trained", days, ledger)
        return
    found, first = dated("trained", days, ledger), oracle.number(dt.date(2025, 1, 1))
    expected = [
        oracle.first_month_end(day) - first - begin if day is not None and day <= as_of else np.nan
        for begin, day in drawn
    ]
    np.testing.assert_array_equal(found.age, expected)
    assert found.baseline == all(age <= 0 for age in expected if not np.isnan(age))
    by_then = [int(day in known and oracle.first_month_end(day) <= first + begin + landmark) for begin, day in drawn]
    assert split_at(found, landmark).codes().tolist() == by_then
