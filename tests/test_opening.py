"""Some customers of a ledger: the same numbers as from their rows alone, every other row accounted for."""

import datetime as dt

import cases
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given

import retention_kit as rk
from retention_kit.errors import EmptyTableError, OptionError, UnknownColumnError
from retention_kit.ledger import build_ledger
from retention_kit.ledger.choosing import value_texts
from retention_kit.ledger.opening import bundled_business
from retention_kit.wording import use_language

AS_OF = "2025-12-31"


@pytest.fixture(scope="module")
def whole():
    return rk.open_ledger(as_of=AS_OF)


def known():
    return pd.DataFrame(
        {
            "customer_id": ["A", "B", "C", "D", "E"],
            "segment": ["007", "7", "SMB", None, "SMB"],
            "demo": [True, False, True, None, False],
            "since": pd.to_datetime(["2025-01-02", "2025-01-03", None, "2025-01-02", None]),
            "seats": [7.0, 7.5, np.nan, 3, 3],
        }
    )


@pytest.fixture
def small():
    return cases.ledger_of(*((who, "2025-01-01", None, 100) for who in "ABCDE"), as_of="2025-03-31", customers=known())


# ---- where ----


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({}, "ABCDE"),
        ({"segment": "007"}, "A"),
        ({"segment": 7}, "B"),
        ({"segment": "7"}, "B"),
        ({"segment": ["SMB", "7"]}, "BCE"),
        ({"segment": None}, "D"),
        ({"segment": ""}, "D"),
        ({"segment": ["SMB", ""]}, "CDE"),
        ({"demo": True}, "AC"),
        ({"demo": "true"}, "AC"),
        ({"demo": "non"}, "BE"),
        ({"since": "2025-01-02"}, "AD"),
        ({"since": dt.date(2025, 1, 2)}, "AD"),
        ({"seats": 7}, "A"),
        ({"seats": "7.5"}, "B"),
        ({"segment": "SMB", "demo": "yes"}, "C"),
    ],
)
def test_values_are_compared_as_the_texts_that_are_shown(small, where, ids):
    assert "".join(rk.only_customers(small, where).ids) == ids


@pytest.mark.parametrize(
    ("where", "error", "said"),
    [
        ({"segmen": "SMB"}, UnknownColumnError, "segment, demo, since, seats"),
        ({"segment": "smb"}, OptionError, "“SMB”"),
        ({"segment": []}, OptionError, "segment"),
        ({"segment": [["SMB"]]}, OptionError, "segment"),
        ({"segment": "7", "demo": True}, EmptyTableError, "segment “7”"),
        ("SMB", OptionError, "SMB"),
    ],
)
def test_what_nobody_has_is_refused_by_name(small, where, error, said):
    with pytest.raises(error) as caught:
        rk.only_customers(small, where)
    assert all(said in text.replace("« ", "“").replace(" »", "”") for text in cases.told(caught.value))


def test_without_a_customers_table_there_is_nothing_to_choose_by():
    ledger = cases.ledger_of(("A", "2025-01-01", None, 100), as_of="2025-03-31")
    with pytest.raises(UnknownColumnError):
        rk.only_customers(ledger, {"segment": "SMB"})


def test_every_row_stays_accounted_for(whole):
    some = rk.open_ledger(as_of=AS_OF, where={"segment": "SMB"})
    before, after = whole.reconciliation, some.reconciliation
    assert sum(after.counts.values()) == sum(before.counts.values()) == len(after.rows)
    assert after.to_frame()["amount"].sum() == pytest.approx(before.to_frame()["amount"].sum())
    own = set(some.ids)
    used = after.rows["status"] == "used"
    assert set(after.rows["customer_id"][used]) <= own
    left = after.rows[after.rows["reason"] == "not_chosen"]
    assert len(left) == before.counts["used"] - after.counts["used"]
    assert not set(left["customer_id"]) & own


def test_the_page_says_whom_it_is_about_in_both_languages(whole):
    some = rk.only_customers(whole, {"segment": ["SMB", "Enterprise"]})
    texts = [str(message) for message in some.about()]
    assert any("1,992 customers, by choice: segment “SMB”" in text for text in texts)
    with use_language("fr"):
        assert any("par choix" in str(message) for message in some.about())
    assert any(message.key == "ledger.where" for message in some.provenance())


@given(cases.TABLES.filter(len), cases.AS_OF, st.sampled_from(["large", "small"]))
def test_numbers_are_those_of_a_ledger_from_their_rows_alone(table, day, segment):
    known_ids = [who for who, name in cases.SEGMENTS.items() if name == segment]
    own = table[table["customer_id"].isin(known_ids)]
    assume(len(own))
    try:
        whole = build_ledger(table, as_of=day, end_inclusive=False, customers=cases.customers())
        alone = build_ledger(own, as_of=day, end_inclusive=False)
    except EmptyTableError:
        assume(False)
    some = rk.only_customers(whole, {"segment": segment})
    pd.testing.assert_frame_equal(some.frame, alone.frame)
    assert list(some.terms) == list(alone.terms)
    assert some.first_month == whole.first_month <= alone.first_month
    start, end = alone.first_month, alone.last_month
    assume(start < end)
    for measure in (rk.nrr, rk.grr, rk.logo_retention):
        one, other = measure(some, start, end), measure(alone, start, end)
        assert (one.n, one.value, one.low, one.high) == pytest.approx(
            (other.n, other.value, other.low, other.high), nan_ok=True
        )


def test_ends_announced_are_those_of_the_customers_chosen(whole):
    own = whole.customers["segment"].to_numpy() == "SMB"
    expected = {
        (whole.ids[row.customer], row.month, row.cents) for row in whole.announced.itertuples() if own[row.customer]
    }
    some = rk.only_customers(whole, {"segment": "SMB"})
    assert {(some.ids[row.customer], row.month, row.cents) for row in some.announced.itertuples()} == expected
    assert expected


def test_the_largest_group_is_the_one_that_pays_most_in_the_last_month():
    rows = [("A", "2025-01-01", None, 100), ("B", "2025-01-01", None, 80), ("C", "2025-01-01", None, 50)]
    known = pd.DataFrame({"customer_id": ["A", "B", "C"], "csm": ["Max", "Zoé", "Zoé"]})
    ledger = cases.ledger_of(*rows, as_of="2025-02-28", customers=known)
    assert rk.largest_group(ledger) == "Zoé"  # 80 + 50 > 100
    assert rk.largest_group(ledger, "segment") == ""


def test_texts_of_values():
    column = pd.Series([True, None, 7.0, 7.25, "007", pd.Timestamp("2025-03-31"), np.nan], dtype=object)
    assert value_texts(column).tolist() == ["yes", "", "7", "7.25", "007", "2025-03-31", ""]


# ---- events ----


def test_events_of_customers_left_out_are_no_strangers(whole):
    some = rk.only_customers(whole, {"csm": "Zoé P."})
    told = rk.open_events(some)
    strangers = set(rk.open_events(whole).frame["customer_id"]) - set(whole.ids)  # never paid at a month end
    assert set(told.frame["customer_id"]) - strangers == set(some.ids)


def test_only_the_bundled_business_brings_events_of_its_own():
    table = bundled_business().subscriptions
    assert rk.open_events(rk.open_ledger(table, as_of=AS_OF)) is None


def test_history_from_reaches_the_ledger():
    business = rk.synthetic.make_business(customers=80, seed=3)
    asked = {"as_of": "2025-12-31", "history_from": "2024-01-01"}
    opened = rk.open_ledger(business.subscriptions, business.customers, **asked)
    built = rk.build_ledger(business.subscriptions, customers=business.customers, **asked)
    assert opened.frame.equals(built.frame)
    assert len(opened.frame) < len(rk.open_ledger(business.subscriptions, business.customers, as_of="2025-12-31").frame)
