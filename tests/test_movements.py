"""The five movements and the bridge, against the oracle, and what must hold between them."""

import cases
import oracle
import pandas as pd
import pytest
from cases import books, label, ledger_of, ledger_of_paths, segmented_books
from hypothesis import given
from pandas.testing import assert_frame_equal

from retention_kit.errors import MonthError, OpenMonthError, OptionError, UnknownColumnError
from retention_kit.mrr_movements import movements, mrr_bridge
from retention_kit.wording import use_language

FLOWS, AMOUNTS = list(oracle.FLOWS), list(oracle.AMOUNTS)
FREQS = ["M", "Q", "Y"]


def cents(frame):
    """Money columns as whole cents; what is not a whole cent stands out."""
    return (frame[AMOUNTS] * 100).round(6).to_numpy().tolist()


def closes(frame):
    """opening + new + reactivation + expansion − contraction − churn = closing, in whole cents, in every row."""
    return all(o + n + r + e - c - k == end for o, n, r, e, c, k, end in cents(frame))


@given(books())
def test_movements_are_the_oracle_s_to_the_cent(both):
    ledger, expected = both
    for freq in FREQS:
        frame, rows = movements(ledger, freq=freq), oracle.movements(expected, freq)
        assert frame["customer_id"].tolist() == [row["customer_id"] for row in rows]
        assert frame["period"].tolist() == [label(row["period"]) for row in rows]
        assert cents(frame) == [[row[name] for name in AMOUNTS] for row in rows]
        assert closes(frame)


def bridged(frame, by):
    names = frame[by].tolist() if by else [None] * len(frame)
    return dict(zip(zip(frame["period"], names, strict=True), cents(frame), strict=True))


@given(segmented_books())
def test_the_bridge_is_the_oracle_s_by_segment_and_in_all(both):
    """Every row closes, in all and in each segment, unknown customers included."""
    ledger, expected = both
    for freq in (freq for freq in FREQS if oracle.period_ends(expected, freq)):
        for by, segment in ((None, lambda _: None), ("segment", cases.segment)):
            frame = mrr_bridge(ledger, freq=freq, by=by).frame
            assert bridged(frame, by) == {
                (label(start), name): [sums[flow] for flow in AMOUNTS]
                for (start, name), sums in oracle.bridge(expected, freq, segment).items()
            }
            assert closes(frame)


@given(books())
def test_the_closing_of_a_period_is_the_opening_of_the_next(both):
    """And nothing comes before the first month observed, so the first opening is 0."""
    ledger, expected = both
    for freq in (freq for freq in FREQS if oracle.period_ends(expected, freq)):
        frame = mrr_bridge(ledger, freq=freq).frame
        assert frame["opening"].tolist() == [0.0, *frame["closing"].iloc[:-1]]


@given(books())
def test_a_customer_has_one_movement_a_period_and_is_new_once(both):
    for freq in FREQS:
        frame = movements(both[0], freq=freq)
        assert ((frame[FLOWS] > 0).sum(axis=1) == (frame["opening"] != frame["closing"])).all()
        assert frame.loc[frame["new"] > 0, "customer_id"].is_unique


def labels(path, freq="M"):
    frame = movements(ledger_of_paths({"Ada": path, "Bo": [1] * len(path)}), freq=freq).query("customer_id == 'Ada'")
    return [next((name for name in FLOWS if row[name]), None) for _, row in frame.iterrows()]


@pytest.mark.parametrize(
    ("path", "flow"),
    [
        ([0, 50], "new"),
        ([50, 0, 50], "reactivation"),
        ([50, 0, 90], "reactivation"),  # though it is more than before: two dbt packages say expansion
        ([50, 60], "expansion"),
        ([50, 40], "contraction"),
        ([50, 0], "churn"),
        ([50, 50], None),
    ],
)
def test_every_label_can_be_reached(path, flow):
    assert labels(path)[-1] == flow


def test_a_cent_is_a_movement_and_float_noise_is_none():
    """0.1 + 0.2 is 0.30000000000000004 in floats: two subscriptions of Ada against one of 0.3."""
    rows = [
        ("Ada", "2025-01-01", "2025-02-01", 0.1),
        ("Ada", "2025-01-01", "2025-02-01", 0.2),
        ("Ada", "2025-02-01", "2025-03-01", 0.3),
        ("Ada", "2025-03-01", None, 0.31),
    ]
    frame = movements(ledger_of(*rows, as_of="2025-03-31"))
    assert cents(frame[["opening", "expansion", "contraction", "closing"]].reindex(columns=AMOUNTS, fill_value=0)) == [
        [0, 0, 0, 0, 0, 0, 30],
        [30, 0, 0, 0, 0, 0, 30],
        [30, 0, 0, 1, 0, 0, 31],
    ]


def test_a_change_of_plan_within_a_month_is_one_movement():
    """The old subscription ends on the day the new one begins: 50 → 80 is 30 of expansion, no churn, no new."""
    rows = ("Ada", "2025-01-10", "2025-02-17", 50.0), ("Ada", "2025-02-17", None, 80.0)
    frame = movements(ledger_of(*rows, as_of="2025-02-28"))
    assert frame.iloc[-1][FLOWS].tolist() == [0.0, 0.0, 30.0, 0.0, 0.0]


def test_a_quarter_nets_what_happened_inside_it():
    """January to June: 50 → 0 within the first quarter (paid in January and February only), back in May."""
    path = [50, 50, 0, 0, 70, 70]
    assert labels(path) == ["new", None, "churn", "reactivation", None]
    assert labels(path, "Q") == ["reactivation"]  # first MRR ever was in January, inside a quarter that closed at 0


def test_a_bridge_between_two_month_ends():
    """From the end of January to the end of March: February and March, opening 50."""
    bridge = mrr_bridge(ledger_of_paths({"Ada": [50, 60, 0, 10]}), start="2025-01", end="2025-03")
    assert bridge.frame["period"].dt.month.tolist() == [2, 3]
    assert cents(bridge.frame) == [[5000, 0, 0, 1000, 0, 0, 6000], [6000, 0, 0, 0, 0, 6000, 0]]
    assert "from 31 January 2025 to 31 March 2025" in str(bridge.rule)


def test_only_whole_periods_inside_the_window_are_drawn_up():
    """From the end of February: the first quarter began before, the second is the first whole one."""
    ledger = ledger_of_paths({"Ada": [50] * 9})
    assert mrr_bridge(ledger, freq="Q", start="2025-02").frame["period"].dt.month.tolist() == [4, 7]
    with pytest.raises(MonthError, match="No whole quarter lies between 28 February 2025 and 31 May 2025"):
        mrr_bridge(ledger, freq="Q", start="2025-02", end="2025-05")


def test_wrong_options_are_refused_by_name():
    ledger = ledger_of_paths({"Ada": [50, 50]})
    with pytest.raises(OptionError, match="freq cannot be “W”"):
        movements(ledger, freq="W")
    with pytest.raises(OpenMonthError, match="March 2025 has not ended"):
        mrr_bridge(ledger, end="2025-03")
    with pytest.raises(MonthError, match="runs backwards"):
        mrr_bridge(ledger, start="2025-02", end="2025-01")
    with pytest.raises(UnknownColumnError, match="Pass customers="):
        mrr_bridge(ledger, by="segment")


def test_a_ledger_without_a_closed_period_has_no_movements_in_it():
    frame = movements(ledger_of_paths({"Ada": [50, 50]}), freq="Y")
    assert frame.empty
    assert frame.columns.tolist() == ["customer_id", "period", *AMOUNTS]


def test_measuring_changes_nothing():
    ledger = ledger_of_paths({"Ada": [50, 0, 60], "Bo": [10, 20, 0]})
    before = ledger.frame.copy(deep=True), ledger.book.cents.copy()
    movements(ledger)
    bridge = mrr_bridge(ledger)
    copy = bridge.to_frame()
    copy["opening"] = -1.0
    assert bridge.frame["opening"].tolist() == [0.0, 60.0, 20.0]
    assert_frame_equal(ledger.frame, before[0])
    assert ledger.book.cents.tolist() == before[1].tolist()


def test_the_bridge_says_itself_in_both_languages():
    bridge = mrr_bridge(ledger_of_paths({"Ada": [50, 0, 60], "Bo": [10, 30, 20]}))
    english, french = (bridge.describe(lang) for lang in ("en", "fr"))
    for amount in ("new 60", "reactivation 60", "expansion 20", "contraction 10", "churn 50"):
        assert amount in english
    assert "réactivation 60" in french
    assert "by month" in str(bridge)
    with use_language("fr"):
        assert "par mois" in bridge._repr_html_()
    assert isinstance(bridge.to_frame(), pd.DataFrame)
