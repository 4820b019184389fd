"""The mix effect: against the oracle's exact fractions, its sum, its edges, its words."""

import math

import cases
import hypothesis.strategies as st
import oracle
import pandas as pd
import pytest
from cases import ledger_of_paths, segmented_books, told
from hypothesis import assume, given

from retention_kit.errors import MonthError, OpenMonthError, OptionError, UnknownColumnError
from retention_kit.ledger import build_ledger
from retention_kit.mixes import mix_effect
from retention_kit.retention import nrr

approx = pytest.approx


def ledger_of_segments(paths, segments):
    """A ledger of paths whose customers belong to segments."""
    plain = ledger_of_paths(paths)
    table = pd.DataFrame({"customer_id": list(segments), "segment": list(segments.values())})
    frame = plain.frame
    rows = frame.assign(
        subscription_id=[f"s{place}" for place in range(len(frame))],
        start=frame["month"],
        end=frame["month"] + pd.offsets.MonthBegin(1),
        amount=frame["mrr"],
        interval="month",
    )
    columns = ["subscription_id", "customer_id", "start", "end", "amount", "interval"]
    return build_ledger(rows[columns], as_of=plain.as_of, customers=table, end_inclusive=False)


def two():
    """January: large 300 of 400 keeps 90 %, small 100 keeps 50 %. February: large 270 of 540, small 270 (Eve joins)."""
    paths = {"Ada": [300, 270, 270], "Bo": [100, 50, 25], "Eve": [0, 220, 110]}
    return ledger_of_segments(paths, {"Ada": "large", "Bo": "small", "Eve": "small"})


WINDOWS = ("2025-01", "2025-02"), ("2025-02", "2025-03")


def test_the_mix_effect_by_hand():
    """NRR 320 / 400 = 0.8, then (270 + 135) / 540 = 0.75. Weights .75 → .5 and .25 → .5; ratios .9 → 1 and .5 → .5.
    Within: .625 × .1 = .0625 and 0; mix: .95 × -.25 + .5 × .25 = -.1125; together -.05."""
    found = mix_effect(two(), *WINDOWS, by="segment")
    assert (found.before.value, found.after.value, found.change) == approx((0.8, 0.75, -0.05))
    assert found.frame["segment"].tolist() == ["large", "small"]
    assert found.frame["weight_before"].tolist() == [0.75, 0.25]
    assert found.frame["weight_after"].tolist() == [0.5, 0.5]
    assert found.frame["within"].tolist() == approx([0.0625, 0.0])
    assert found.frame["mix"].tolist() == approx([-0.2375, 0.125])
    assert (found.within, found.mix) == approx((0.0625, -0.1125))
    assert found.warnings == ()


@given(segmented_books(), st.sampled_from(["nrr", "grr", "logo_retention"]), st.integers(1, 8), st.integers(0, 40))
def test_the_mix_effect_is_the_oracle_s_and_adds_up(both, measure, length, apart):
    """The later window ends with the last month, the earlier one begins up to 40 months before it."""
    ledger, expected = both
    starts = [max(expected.first, expected.last - length - apart), expected.last - length]
    assume(starts[0] < starts[1])
    assume(all(any(expected.at(who, start) for who in expected.paid) for start in starts))
    windows = [(start, start + length) for start in starts]
    names = [(cases.name(start), cases.name(end)) for start, end in windows]
    found = mix_effect(ledger, *names, by="segment", measure=measure)
    exact = oracle.mix_effect(expected, *windows, cases.segment, measure)
    for row in found.frame.to_dict("records"):
        assert (row["within"], row["mix"]) == approx([float(part) for part in exact[row["segment"]]], abs=1e-12)
    assert found.within + found.mix == approx(found.change, abs=1e-12)


def test_a_segment_of_one_window_is_mix_and_is_named():
    """Small joins in February: its 0.5 is there for the first time, nothing of it changed within."""
    ledger = ledger_of_segments({"Ada": [100, 100, 100], "Bo": [0, 100, 50]}, {"Ada": "large", "Bo": "small"})
    found = mix_effect(ledger, *WINDOWS, by="segment")
    assert math.isnan(found.frame.loc[1, "value_before"])
    assert (found.within, found.mix) == approx((0.0, -0.25))
    english, french = told(found.warnings[0])
    assert english.endswith("counted as mix: small.")
    assert french.endswith("dans le mix : small.")


def test_nobody_at_the_start_leaves_nothing_to_split():
    ledger = ledger_of_segments({"Ada": [100, 0, 0, 50]}, {"Ada": "large"})
    found = mix_effect(ledger, *WINDOWS, by="segment")
    assert math.isnan(found.change)
    assert math.isnan(found.within)
    assert [note.key for note in found.warnings] == ["warning.nobody_at_start", "warning.segment_in_one_window"]
    assert "no change to split" in found.describe("en")


def test_the_mix_effect_in_words():
    found = mix_effect(two(), *WINDOWS, by="segment")
    assert found.describe("en") == (
        "Net revenue retention (NRR) went from 80.0% to 75.0%: −5.0 points, of which +6.2 because the segments changed"
        " and −11.2 because the mix of segments did."
    )
    assert "dont +6,2 parce que les segments ont évolué et −11,2 parce que leur mix a changé" in found.describe("fr")
    assert "31 January 2025 to 28 February 2025" in str(found.rule)
    assert str(found.rule) in str(found)
    assert "<table" in found._repr_html_()


def test_wrong_windows_measures_and_segments_are_refused():
    ledger = two()
    with pytest.raises(OptionError, match="1 month and 2 months"):
        mix_effect(ledger, ("2025-01", "2025-02"), ("2025-01", "2025-03"), by="segment")
    with pytest.raises(OptionError, match="before must be two month ends"):
        mix_effect(ledger, "2025-01", WINDOWS[1], by="segment")
    with pytest.raises(OptionError, match="nrr, grr, logo_retention"):
        mix_effect(ledger, *WINDOWS, by="segment", measure="arpa")
    with pytest.raises(UnknownColumnError):
        mix_effect(ledger, *WINDOWS, by="country")
    with pytest.raises(OpenMonthError):
        mix_effect(ledger, WINDOWS[1], ("2025-03", "2025-04"), by="segment")
    with pytest.raises(MonthError):
        mix_effect(ledger, ("2025-02", "2025-01"), ("2025-03", "2025-02"), by="segment")


def test_the_frame_can_be_changed_and_the_result_stays():
    found = mix_effect(two(), *WINDOWS, by="segment")
    changed = found.to_frame()
    changed["mix"] = 0
    assert found.mix == approx(-0.1125)
    assert found.before == nrr(two(), *WINDOWS[0])
