"""What the pages on retention, cohorts and segments say: who moved, where cohorts lost most, which segments differ."""

import math

import numpy as np
import pandas as pd
import pytest
from cases import crowd, ledger_of, ledger_of_lives, ledger_of_paths, told

import retention_kit as rk
from retention_kit.contrasts import holm
from retention_kit.errors import MonthError, OptionError
from retention_kit.wording import LANGUAGES, render, use_language

# January to April: Ada halves in April, Bo leaves, Cy grows, Dot is new, Ed comes back, Flo stays.
PATHS = {
    "Ada": [100, 100, 100, 50],
    "Bo": [40, 40, 40, 0],
    "Cy": [10, 10, 10, 90],
    "Dot": [0, 0, 0, 30],
    "Ed": [20, 0, 0, 20],
    "Flo": [5, 5, 5, 5],
}


@pytest.fixture(scope="module")
def ledger():
    return ledger_of_paths(PATHS)


@pytest.fixture(scope="module")
def still():
    return ledger_of(*((f"c{n}", "2025-01-01", None, 100) for n in range(3)), as_of="2025-04-30")


@pytest.fixture(scope="module")
def business():
    made = rk.synthetic.make_business(400, seed=3)
    return rk.build_ledger(made.subscriptions, as_of="2025-12-31", customers=made.customers)


# ---- movers ----


def test_the_movers_are_those_of_the_last_period(ledger):
    found = rk.top_movers(ledger).frame.set_index("movement")
    assert found["customer_id"].to_dict() == {
        "new": "Dot",
        "reactivation": "Ed",
        "expansion": "Cy",
        "contraction": "Ada",
        "churn": "Bo",
    }
    assert found["amount"].to_dict() == {
        "new": 30.0,
        "reactivation": 20.0,
        "expansion": 80.0,
        "contraction": 50.0,
        "churn": 40.0,
    }


@pytest.mark.parametrize("freq", ["M", "Q", "Y"])
def test_accounts_and_the_others_add_up_to_the_bridge(business, freq):
    found = rk.top_movers(business, freq=freq, top=2)
    (row,) = found.bridge.frame.to_dict("records")
    for name, amount in zip(found.totals["movement"], found.totals["amount"], strict=True):
        assert amount == pytest.approx(row[name], abs=0.001)
    last = rk.mrr_bridge(business, freq=freq).frame.iloc[-1]
    assert row == {**last.to_dict()}
    assert (found.frame.groupby("movement").size() <= 2).all()
    table = rk.table_movers(found, lang="en").sheet()["columns"]
    change = next(column for column in table if column["name"] == "Change of MRR")["values"]
    assert sum(change) == pytest.approx(row["closing"] - row["opening"], abs=0.01)


def test_the_dates_said_are_those_of_the_period(business):
    found = rk.top_movers(business, freq="Q", period="2025-05")
    with use_language("en"):
        assert "from 31 March 2025 to 30 June 2025" in found.bridge.describe().replace("From", "from")
        assert "31 March 2025 against 30 June 2025" in str(found.rule)


def test_a_movement_names_its_largest_accounts_and_their_share(ledger):
    lost, gained = rk.top_movers(ledger).sentences()
    assert str(lost) == "MRR lost from 2 customers: 90; from Ada (50), Bo (40)."
    assert str(gained) == "MRR gained from 3 customers: 130; from Cy (80), Dot (30), Ed (20)."
    assert "Ada (50)" in render(lost, "fr")


def test_nothing_that_moved_is_said_once_and_not_drawn(still):
    found = rk.top_movers(still)
    assert not found.any
    (only,) = rk.show_changes(found)
    assert [message.key for message in only.messages] == ["movers.nothing"]
    assert len(rk.show_movers(found)) == 0


@pytest.mark.parametrize("top", [0, True, 1.5])
def test_top_is_a_number_of_accounts(ledger, top):
    with pytest.raises(OptionError):
        rk.top_movers(ledger, top=top)


def test_a_period_that_was_not_observed_is_refused(ledger):
    with pytest.raises(MonthError):
        rk.top_movers(ledger, freq="Y")


# ---- what a page looks back on ----


def test_the_window_is_a_year_or_all_there_is_or_what_was_asked(ledger, business):
    assert [rk.window_length(business), rk.window_length(business, 3), rk.window_length(ledger)] == [12, 3, 3]
    assert rk.window_lengths(ledger, 3) == (1, 3)
    assert rk.window_before(ledger, 2) is None
    assert [day.month for day in rk.window_before(ledger, 1)] == [2, 3]
    with pytest.raises(OptionError):
        rk.window_length(ledger, 4)


def test_the_revenue_of_a_year_is_twelve_times_the_last_month_s(ledger, still):
    assert rk.annual_revenue(ledger).amount == 12 * (50 + 90 + 30 + 20 + 5)
    assert rk.annual_revenue(ledger, usd=5e6) == (5e6, "USD")


def test_a_quarter_is_never_held_against_a_year(business):
    quarter = rk.nrr(business, *business.last_window(3))
    (only,) = rk.show_benchmarks(None, quarter)
    assert [message.key for message in only.messages] == ["report.monthly.other_window"]


def test_retention_is_held_against_the_window_before(ledger):
    # March: 155 of 155; April: 145 (50 + 90 + 5) of the 155 that Ada, Bo, Cy and Flo paid
    trend = rk.retention_over_time(ledger, window=1)
    said = str(rk.show_changes(rk.top_movers(ledger), trend).contents[0])
    assert "NRR is 93.5%, down from 100.0%" in said
    whole = rk.retention_over_time(ledger, window=3)
    assert "no whole window before" in str(rk.show_changes(rk.top_movers(ledger), whole).contents[0])
    assert len(rk.show_trend(whole)) == 0


def test_windows_stand_side_by_side_each_under_its_own_length(ledger):
    found = [measure(ledger, *ledger.last_window(n)) for measure in (rk.nrr, rk.grr) for n in (1, 3)]
    columns = {column["name"]: column["values"] for column in rk.table_windows(found, lang="en").sheet()["columns"]}
    # three months: of 175 Ada's 50, Cy's 90 (10 for GRR), Ed's 20 and Flo's 5; one month: of 155 the same without Ed
    assert columns["3 months (95% interval)"] == pytest.approx([165 / 175, 85 / 175])
    assert columns["1 month (95% interval)"] == pytest.approx([145 / 155, 65 / 155])


# ---- cohorts ----


def test_the_largest_drop_of_each_cohort_comes_first():
    paths = {"Ada": [100, 100, 40], "Bo": [50, 0, 0], "Cy": [0, 80, 10]}
    matrix = rk.cohort_matrix(ledger_of_paths(paths))
    found = rk.cohort_drops(matrix)
    # January's 150 → 100 → 40; February's 80 → 10
    assert [(drop.after.cohort.month, drop.after.age, drop.lost) for drop in found] == [(2, 1, 70.0), (1, 2, 60.0)]
    assert [drop.lost for drop in rk.cohort_drops(matrix, cohort="2025-01", age=1)] == [50.0]
    assert [drop.after.age for drop in rk.cohort_drops(matrix, age=1)] == [1, 1]
    with pytest.raises(OptionError):
        rk.cohort_drops(matrix, age=9)
    with pytest.raises(OptionError):
        rk.cohort_drops(rk.cohort_matrix(ledger_of_paths(paths), measure="logo"))


def test_the_customers_behind_a_drop_add_up_to_it(business):
    (drop, *_) = rk.cohort_drops(rk.cohort_matrix(business, cohort="Q"))
    ages = (drop.before.age, drop.after.age)
    cells = [rk.cohort_customers(business, cohort=drop.after.cohort, age=age, freq="Q") for age in ages]
    columns = rk.table_cohort_drop(drop, *cells, top=3, lang="en").sheet()["columns"]
    assert -sum(columns[-1]["values"]) == pytest.approx(drop.lost, abs=0.01)
    assert len(columns[0]["values"]) == 4
    assert columns[-1]["values"][:3] == sorted(columns[-1]["values"][:3])


def test_where_no_cohort_lost_anything_that_is_said(still):
    drops = rk.cohort_drops(rk.cohort_matrix(still))
    assert drops == ()
    assert str(rk.show_drops(drops)) == "- No cohort's MRR fell from one month of age to the next."


def test_cohorts_are_told_at_an_age_some_cohort_has_reached(still):
    matrix = rk.cohort_matrix(still)
    assert rk.age_to_tell(matrix) == 3
    with pytest.raises(OptionError) as refused:
        rk.age_to_tell(matrix, 12)
    assert all("12" in text and "3" in text for text in told(refused.value))


def test_older_and_newer_cohorts_are_sums_over_sums():
    people = [*crowd(1, 10, gone=5, start="2024-01"), *crowd(1, 30, gone=3, start="2024-02")]
    people += [*crowd(1, 10, gone=1, start="2024-03"), *crowd(1, 10, gone=1, start="2024-04")]
    matrix = rk.cohort_matrix(ledger_of_lives(people), measure="logo")
    average, span, newer = rk.cohorts_in_words(matrix, 12)
    assert average.fields["value"] == pytest.approx(50 / 60)
    assert (span.fields["worst_value"], span.fields["worst_n"]) == (0.5, 10)
    # older: 32 of 40; newer: 18 of 20
    assert newer.key == "report.cohorts.newer_better"
    assert (newer.fields["older"], newer.fields["newer"]) == pytest.approx((0.8, 0.9))


# ---- segments ----


def lives(**segments):
    return ledger_of_lives(
        [each for name, people in segments.items() for each in crowd(name, *people, start="2025-01")]
    )


def test_each_segment_is_held_against_all_others():
    found = rk.compare_segments(lives(A=(20, 2), B=(20, 10), C=(20, 3)), "2025-01", "2025-12", by="demo", measure="nrr")
    frame = found.frame.set_index("segment")
    # B keeps 10 of 20, the others 35 of 40
    assert frame.loc["B", ["value", "others", "difference"]].tolist() == pytest.approx([0.5, 0.875, -0.375])
    np.testing.assert_allclose(frame["p_adjusted"], holm(frame["p_value"]))
    assert found.apart()["segment"].tolist() == ["B"]
    assert found.comparisons == 3


def test_two_segments_are_one_question():
    found = rk.compare_segments(lives(A=(30, 2), B=(30, 10)), "2025-01", "2025-12", by="demo", measure="logo_retention")
    assert found.comparisons == 1
    assert found.frame["p_value"].tolist() == pytest.approx(found.frame["p_adjusted"].tolist())
    first, second = found.frame["p_value"]
    assert first == pytest.approx(second)


def test_a_segment_too_small_is_named_and_not_tested():
    found = rk.compare_segments(lives(A=(20, 2), B=(7, 5), C=(20, 3)), "2025-01", "2025-12", by="demo")
    assert math.isnan(found.frame.set_index("segment").loc["B", "p_value"])
    assert found.comparisons == 2
    assert any("B" in render(warning, "en") for warning in found.warnings[1:])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_segments_are_said_not_to_be_drawn(lang):
    found = rk.compare_segments(lives(A=(20, 2), B=(20, 10)), "2025-01", "2025-12", by="demo")
    notes = rk.table_segment_differences(found, lang=lang).notes
    assert render("warning.segments_not_drawn", lang) in notes


def test_the_bridge_of_a_segment_closes_over_all_its_periods(business):
    bridge = rk.mrr_bridge(business, by="segment", start="2024-12", end="2025-12")
    sheet = rk.table_segment_bridge(bridge, lang="en").sheet()
    frame = pd.DataFrame({column["name"]: column["values"] for column in sheet["columns"]}).set_index("segment")
    flows = frame.drop(columns="Closing").sum(axis=1)
    assert flows.to_numpy() == pytest.approx(frame["Closing"].to_numpy(), abs=0.01)
    ends = bridge.frame.groupby("segment")["closing"].last()
    assert frame["Closing"].to_dict() == pytest.approx(ends.to_dict())


def test_a_table_of_segments_names_whom_a_caution_is_about():
    found = lives(A=(20, 2), B=(1, 0))
    segments = [measure(found, "2025-01", "2025-12", by="demo") for measure in (rk.nrr, rk.logo_retention)]
    notes = rk.table_segments(*segments, lang="en").notes
    assert [note for note in notes if note.startswith("B: Mind: one account")]
    assert not [note for note in notes if note.startswith("A: Mind: one account")]


def test_no_window_before_is_said_and_nothing_drawn():
    assert str(rk.show_mix(None, 12)).startswith("There are not two windows of 12 months")
