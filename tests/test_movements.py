"""The five movements and the bridge, against the oracle, and what must hold between them."""

import dataclasses
import itertools
import math
from collections import Counter
from fractions import Fraction

import cases
import hypothesis.strategies as st
import numpy as np
import oracle
import pandas as pd
import pytest
from cases import books, label, ledger_of, ledger_of_paths, name, segmented_books
from hypothesis import assume, given
from pandas.testing import assert_frame_equal

from retention_kit.engines import memory
from retention_kit.errors import MonthError, OpenMonthError, OptionError, UnknownColumnError
from retention_kit.mrr_movements import movements, movers, mrr_bridge, quick_ratio
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
    with pytest.raises(UnknownColumnError, match="Give the customers when building the ledger"):
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


# --- converted money, incomplete histories, netting: an oracle of their own --------------------------------


RATES = [Fraction(9, 10), Fraction(10, 11), Fraction(1, 160), Fraction(1)]
SEGMENT_OF = {"Ada": "large", "Bo": "small", "Cy": "small", "Dee": "large"}


@dataclasses.dataclass
class Hand:
    """What each customer pays at month ends: cents in all, and (native, converted) by currency."""

    paid: dict
    foreign: dict
    first: int
    last: int
    complete: bool

    @property
    def opening(self):
        return self.first - 1 if self.complete else self.first

    def at(self, who, month):
        return self.paid[who].get(month, 0)

    def fx(self, who, then, now):
        """min(native, native) × (rate now − rate then), a rate being converted ÷ native; round() is half-even."""
        effect = 0
        for months in self.foreign.values():
            (was, was_here), (is_now, is_here) = (months[who].get(month, (0, 0)) for month in (then, now))
            if was and is_now:
                effect += round(min(was, is_now) * (Fraction(is_here, is_now) - Fraction(was_here, was)))
        return effect

    def step(self, who, then, now):
        opening, closing = self.at(who, then), self.at(who, now)
        row = dict.fromkeys(MOVED, 0)
        if opening and closing:
            row["fx"] = self.fx(who, then, now)
            rest = closing - opening - row["fx"]
            row["expansion"], row["contraction"] = max(rest, 0), max(-rest, 0)
        elif closing:
            row["reactivation" if any(month <= then for month in self.paid[who]) else "new"] = closing
        elif opening:
            row["churn"] = opening
        return row

    def ends(self, freq):
        length = oracle.LENGTHS[freq]
        closed = [month for month in range(self.opening + 1, self.last + 1) if month % length == length - 1]
        return [end for end in closed if self.complete or end - length >= self.first]

    def rows(self, freq, netting):
        """By customer and period: opening, the movements of the period whole or of its months added up, closing."""
        length, found = oracle.LENGTHS[freq], {}
        for who in sorted(self.paid):
            for end in self.ends(freq):
                begin = max(end - length, self.opening)
                cuts = [begin, end] if netting == "period" else list(range(begin, end + 1))
                steps = [self.step(who, then, now) for then, now in itertools.pairwise(cuts)]
                moved = {name: sum(step[name] for step in steps) for name in MOVED}
                row = {"opening": self.at(who, begin), **moved, "closing": self.at(who, end)}
                if any(row.values()):
                    found[who, label(end - length + 1)] = row
        return found

    def book(self, amounts):
        """The engine's book of {customer: {month: cents}}."""
        rows = [(n, month, cents) for n, who in enumerate(self.paid) for month, cents in amounts[who].items() if cents]
        who, month, cents = np.array(rows, np.int64).reshape(-1, 3).T
        bounds = np.searchsorted(who, np.arange(len(self.paid) + 1))
        return memory.Book(bounds, month, cents, self.first, self.last, self.complete)

    def ledger(self):
        parts = [
            [self.book({who: {m: pair[side] for m, pair in months[who].items()} for who in months}) for side in (0, 1)]
            for months in self.foreign.values()
        ]
        book = dataclasses.replace(self.book(self.paid), foreign=tuple(memory.Foreign(*part) for part in parts))
        some = pd.DataFrame({"segment": SEGMENT_OF, "demo": {"Ada": True, "Bo": True, "Cy": False, "Dee": True}})
        end = oracle.last_day(self.last)
        plain = ledger_of_paths({"Ada": [1]})
        return dataclasses.replace(
            plain, book=book, ids=pd.Index(list(self.paid)), as_of=end, customers=some.loc[list(self.paid)]
        )


MOVED = (*oracle.FLOWS, "fx")


@st.composite
def hands(draw, currencies=("USD", "JPY")):
    """Up to four customers who pay in euros and other currencies, at rates that change as contracts do."""
    months = draw(st.integers(2, 20))
    first = 2023 * 12 + draw(st.integers(0, 11))
    path = st.lists(st.sampled_from([0, 0, 3000, 3000, 5001]), min_size=months, max_size=months)
    span = range(first, first + months)
    paid, foreign = {}, {currency: {} for currency in currencies}
    for who in list(SEGMENT_OF)[: draw(st.integers(1, 4))]:
        cents = Counter(dict(zip(span, draw(path), strict=True)))
        for currency in currencies:
            rates = draw(st.lists(st.sampled_from(RATES), min_size=months, max_size=months))
            pairs = zip(draw(path), rates, strict=True)
            here = {month: (n, round(n * rate)) for month, (n, rate) in zip(span, pairs, strict=True) if n}
            foreign[currency][who] = here
            cents.update({month: converted for month, (_, converted) in here.items()})
        paid[who] = {month: amount for month, amount in sorted(cents.items()) if amount}
    paid = {who: amounts for who, amounts in paid.items() if amounts}
    assume(paid)
    foreign = {currency: {who: months[who] for who in paid} for currency, months in foreign.items()}
    return Hand(paid, foreign, first, first + months - 1, draw(st.booleans()))


WHOLE = st.one_of(hands(), hands(currencies=()))
HOWS = list(itertools.product(FREQS, ["period", "none"]))


def columns_of(hand):
    return ["opening", *(MOVED if hand.foreign else FLOWS), "closing"]


def whole_cents(frame, names):
    return (frame[names] * 100).round(6).to_numpy().tolist()


@given(WHOLE)
def test_movements_of_any_history_currency_and_netting_are_the_oracle_s(hand):
    """Every row of every customer, and every row closes; no fx column where nothing was converted."""
    ledger, names = hand.ledger(), columns_of(hand)
    for freq, netting in HOWS:
        frame, expected = movements(ledger, freq=freq, netting=netting), hand.rows(freq, netting)
        assert frame.columns.tolist() == ["customer_id", "period", *names]
        assert list(zip(frame["customer_id"], frame["period"], strict=True)) == list(expected)
        assert whole_cents(frame, names) == [[row[name] for name in names] for row in expected.values()]
        for row in expected.values():
            gained, lost = (sum(row[name] for name in some) for some in (FLOWS[:3], FLOWS[3:]))
            assert row["opening"] + gained - lost + row["fx"] == row["closing"]


@given(WHOLE)
def test_customers_make_segments_and_segments_make_the_bridge(hand):
    """Sums over customers, by segment, by two attributes and in all; each closing is the next opening."""
    ledger, names = hand.ledger(), columns_of(hand)
    for freq, netting in ((freq, netting) for freq, netting in HOWS if hand.ends(freq)):
        moved = movements(ledger, freq=freq, netting=netting, by="segment")
        total = mrr_bridge(ledger, freq=freq, netting=netting).frame.set_index("period")
        assert total.index.tolist() == [label(end - oracle.LENGTHS[freq] + 1) for end in hand.ends(freq)]
        assert whole_cents(total, ["opening"])[1:] == whole_cents(total, ["closing"])[:-1]
        for by in ("segment", ["demo", "segment"]):
            frame = mrr_bridge(ledger, freq=freq, netting=netting, by=by).frame
            assert whole_cents(frame.groupby("period")[names].sum(), names) == whole_cents(total, names)
        frame = mrr_bridge(ledger, freq=freq, netting=netting, by="segment").frame.set_index(["period", "segment"])
        by_hand = moved.groupby(["period", "segment"])[names].sum().reindex(frame.index, fill_value=0.0)
        assert whole_cents(by_hand, names) == whole_cents(frame, names)


@given(hands(currencies=()))
def test_netting_takes_as_much_from_gains_as_from_losses(hand):
    """What the months say and the whole period does not was gained and lost again inside it."""
    ledger = hand.ledger()
    for freq in (freq for freq in FREQS if hand.ends(freq)):
        netted, summed = (mrr_bridge(ledger, freq=freq, netting=netting).frame for netting in ("period", "none"))
        inside = [(summed[side] - netted[side]).sum(axis=1).mul(100).round(6) for side in (FLOWS[:3], FLOWS[3:])]
        assert inside[0].tolist() == inside[1].tolist()
        assert (inside[0] >= 0).all()
        assert freq != "M" or not inside[0].any()
        assert netted[["opening", "closing"]].equals(summed[["opening", "closing"]])


def test_a_year_netted_and_its_months_added_up():
    """Fincome: 100 in December, gone in January, back at 70 in April. By year 30 of contraction; its months say 100 of
    churn and 70 of reactivation, 70 more on either side."""
    ledger = ledger_of_paths({"Ada": [100, 0, 0, 0, *[70] * 9]}, first="2024-12")
    netted, summed = (mrr_bridge(ledger, freq="Y", netting=netting, start="2024-12") for netting in ("period", "none"))
    assert cents(netted.frame) == [[10_000, 0, 0, 0, 3_000, 0, 7_000]]
    assert cents(summed.frame) == [[10_000, 0, 7_000, 0, 0, 10_000, 7_000]]
    assert "added up" in summed.rule.text("en")
    assert "additionnés" in summed.rule.text("fr")
    assert netted.rule != summed.rule


def test_a_stay_inside_a_period_is_in_its_months():
    """Nothing on 31 December nor on 31 March, 50 in February: no row by quarter, 50 came and went by its months."""
    ledger = ledger_of_paths({"Ada": [0, 50, 0], "Bo": [10, 10, 10]})
    assert movements(ledger, freq="Q")["customer_id"].tolist() == ["Bo"]
    assert cents(movements(ledger, freq="Q", netting="none")) == [
        [0, 5000, 0, 0, 0, 5000, 0],
        [0, 1000, 0, 0, 0, 0, 1000],
    ]


@pytest.mark.parametrize("freq", FREQS)
@pytest.mark.parametrize("netting", ["period", "none"])
def test_every_label_can_be_reached_at_every_frequency(freq, netting):
    """50, 60, 40, 0, 30 at the ends of five periods; the rate of the last two of five moves by 0.1."""
    length = oracle.LENGTHS[freq]
    path = [amount for amount in (50, 60, 40, 0, 30) for _ in range(length)]
    frame = movements(ledger_of_paths({"Ada": path}), freq=freq, netting=netting)
    assert [next(name for name in FLOWS if row[name]) for _, row in frame.iterrows()] == [
        "new", "expansion", "contraction", "churn", "reactivation",
    ]  # fmt: skip
    dollars = {2025 * 12 + place: (1000, 900 if place < 3 * length else 1000) for place in range(5 * length)}
    hand = Hand({"Ada": {m: here for m, (_, here) in dollars.items()}}, {"USD": {"Ada": dollars}}, 24300, 24299, True)
    hand.last += 5 * length
    moved = movements(hand.ledger(), freq=freq, netting=netting)
    assert moved["fx"].tolist() == [0, 0, 0, 1, 0]
    assert moved[["expansion", "contraction"]].to_numpy().sum() == 0


def dollars(*pairs, euros=None):
    """Ada pays these (native, converted) cents at month ends from January 2025, and Bo some euros."""
    months = {2025 * 12 + place: pair for place, pair in enumerate(pairs)}
    paid = {"Ada": {month: here for month, (_, here) in months.items()}}
    bo = {2025 * 12 + place: cents for place, cents in enumerate(euros or [100] * len(pairs))}
    return Hand({**paid, "Bo": bo}, {"USD": {"Ada": months, "Bo": {}}}, 24300, 24299 + len(pairs), True).ledger()


def test_the_rate_and_the_customer_each_answer_for_their_part():
    """$100 at 0.90, then $120 at 0.95: the rate brought 100 × 0.05 = 5 €, Ada 20 × 0.95 = 19 €. Then $60 at 0.90: the
    rate took 60 × 0.05 = 3 €, Ada 60 × 0.95 = 57 €."""
    bridge = mrr_bridge(dollars((10_000, 9_000), (12_000, 11_400), (6_000, 5_400)), end="2025-03")
    names = ["opening", "new", "expansion", "contraction", "fx", "closing"]
    assert whole_cents(bridge.frame, names)[1:] == [
        [9_100, 0, 1_900, 0, 500, 11_500],
        [11_500, 0, 0, 5_700, -300, 5_500],
    ]


def test_what_comes_or_goes_is_no_matter_of_rates():
    """Ada joins, leaves and returns at another rate: new 9, churn 9, reactivation 10 and no fx."""
    frame = movements(dollars((10, 900), (0, 0), (10, 1000))).query("customer_id == 'Ada'")
    assert frame[["new", "churn", "reactivation", "fx"]].to_numpy().tolist() == [
        [9, 0, 0, 0],
        [0, 9, 0, 0],
        [0, 0, 10, 0],
    ]


def test_the_bridge_names_exchange_rates_only_where_money_was_converted():
    converted, plain = mrr_bridge(dollars((10_000, 9_000), (10_000, 8_000))), mrr_bridge(ledger_of_paths({"Ada": [9]}))
    assert (converted.has_fx, plain.has_fx) == (True, False)
    assert "fx" not in plain.frame
    assert "xchange rates changed it by −10" in converted.describe("en")
    assert "fait varier de −10" in converted.describe("fr")
    assert "exchange" not in plain.describe("en") + plain.rule.text("en")
    assert "± exchange rates" in converted.rule.text("en")
    assert "± effet de change" in converted.rule.text("fr")


def incomplete(paths, first="2025-02"):
    ledger = ledger_of_paths(paths, first=first)
    return dataclasses.replace(ledger, book=dataclasses.replace(ledger.book, complete=False))


def test_an_incomplete_history_begins_with_an_opening():
    """Ada and Bo pay in the first month: in the opening, never new; Ada's return is a reactivation. Cy is new."""
    bridge = mrr_bridge(incomplete({"Ada": [50, 0, 60], "Bo": [10, 10, 5], "Cy": [0, 20, 20]}))
    assert bridge.frame["period"].dt.month.tolist() == [3, 4]
    assert cents(bridge.frame) == [[6000, 2000, 0, 0, 0, 5000, 3000], [3000, 0, 6000, 0, 500, 0, 8500]]
    assert "from 28 February 2025 to 30 April 2025" in str(bridge.rule)
    assert ["before 28 February 2025 was not observed" in note.text("en") for note in bridge.warnings] == [True]
    assert "vu plus tard" in bridge.warnings[0].text("fr")
    assert str(bridge.warnings[0]) in str(bridge)
    assert "not observed" in bridge._repr_html_()


def test_an_incomplete_history_has_only_whole_quarters():
    """It begins at the end of February: what the first quarter opened with is not known, the second's is."""
    ledger = incomplete({"Ada": [50, 50, 50, 50, 60]})
    assert mrr_bridge(ledger, freq="Q").frame["period"].dt.month.tolist() == [4]
    assert movements(ledger, freq="Y").empty
    with pytest.raises(MonthError, match="No whole year lies between 28 February 2025 and 30 June 2025"):
        mrr_bridge(ledger, freq="Y")
    with pytest.raises(MonthError, match="No whole month lies between 28 February 2025 and 28 February 2025"):
        mrr_bridge(incomplete({"Ada": [50]}))


# --- several attributes, windows of movements --------------------------------------------------------------


def with_attributes(paths, **attributes):
    ledger = ledger_of_paths(paths)
    return dataclasses.replace(ledger, customers=pd.DataFrame(attributes, index=ledger.ids))


TWO = {"Ada": [50, 60], "Bo": [10, 0], "Cy": [5, 5]}


def test_several_attributes_make_the_groups_that_occur():
    ledger = with_attributes(TWO, segment=["large", "small", "small"], new=[True, None, True])
    bridge = mrr_bridge(ledger, by=["segment", "new"], start="2025-01")
    # an attribute that is called as a movement is gets a name of its own
    assert bridge.by == bridge.groups == ("segment", "by_new")
    assert bridge.frame[["segment", "by_new", "opening", "expansion", "churn"]].to_numpy().tolist() == [
        ["large", True, 50, 10, 0],
        ["small", True, 5, 0, 0],
        ["small", "(not given)", 10, 0, 10],
    ]
    frame = movements(ledger, by=["segment"], start="2025-01")
    assert frame["segment"].tolist() == ["large", "small", "small"]
    assert mrr_bridge(ledger, by="segment").groups == ("segment",)
    assert mrr_bridge(ledger).groups == ()


def test_movements_between_two_month_ends():
    ledger = ledger_of_paths({"Ada": [50, 60, 0, 10]})
    assert movements(ledger, start="2025-01", end="2025-03")["period"].dt.month.tolist() == [2, 3]
    with pytest.raises(OptionError, match=r"netting cannot be “month”. Choose one of: period, none"):
        movements(ledger, netting="month")


# --- the customers behind a cell ---------------------------------------------------------------------------


@given(WHOLE)
def test_the_customers_behind_a_cell_add_up_to_it(hand):
    """Every cell of every bridge, by group too: sorted by size, then customer, none of them 0."""
    ledger, names = hand.ledger(), columns_of(hand)
    for freq, netting in ((freq, netting) for freq, netting in HOWS[2:] if hand.ends(freq)):
        how = {"freq": freq, "netting": netting, "by": "segment"}
        for cell in mrr_bridge(ledger, **how).frame.to_dict("records"):
            for movement in names:
                found = movers(ledger, movement, cell["period"], group=cell["segment"], top=None, **how)
                assert round(100 * found["amount"].sum(), 6) == round(100 * cell[movement], 6)
                assert (found["segment"] == cell["segment"]).all()
                keys = list(zip(-found["amount"].abs(), found["customer_id"], strict=True))
                assert keys == sorted(keys)
                assert (found["amount"] != 0).all()


def test_the_largest_come_first_and_the_rest_are_left_out():
    ledger = with_attributes({"Bo": [5, 0], "Ada": [5, 0], "Cy": [9, 0], "Di": [7, 8]}, csm=["x", "x", "y", "y"])
    frame = movers(ledger, "churn", "2025-02-14", by="csm", top=2)
    assert frame.columns.tolist() == ["customer_id", "csm", "opening", "closing", "amount"]
    # Ada and Bo lost as much: by name
    assert frame.to_numpy().tolist() == [["Cy", "y", 9, 0, 9], ["Ada", "x", 5, 0, 5]]
    assert movers(ledger, "churn", "2025-02", by=["csm"], group="y")["customer_id"].tolist() == ["Cy"]
    assert movers(ledger, "opening", "2025-02")["amount"].tolist() == [9, 7, 5, 5]


def test_a_group_of_two_attributes_is_named_by_both():
    ledger = with_attributes(TWO, segment=["large", "small", "small"], demo=[True, False, True])
    how = {"by": ["segment", "demo"]}
    assert movers(ledger, "closing", "2025-02", group=("small", True), **how)["customer_id"].tolist() == ["Cy"]
    assert movers(ledger, "churn", "2025-02", group=["small", False], **how)["customer_id"].tolist() == ["Bo"]


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"movement": "lost"}, OptionError, "movement cannot be “lost”. Choose one of: opening, new, reactivation"),
        ({"movement": "fx"}, OptionError, "movement cannot be “fx”"),
        ({"period": "2025-03"}, MonthError, "No month .* March 2025 .* run from January 2025 to February 2025"),
        ({"freq": "Q"}, MonthError, "No whole quarter"),
        ({"top": 0}, OptionError, "top cannot be “0”"),
        ({"top": True}, OptionError, "top cannot be “True”"),
        ({"group": "small"}, OptionError, "pass by= as well. The customers have: segment"),
        ({"group": "tiny", "by": "segment"}, OptionError, "group cannot be “tiny”. Choose one of: large, small"),
        ({"by": "plan"}, UnknownColumnError, "plan"),
    ],
)
def test_what_is_no_cell_is_refused(wrong, error, says):
    ledger = with_attributes(TWO, segment=["large", "small", "small"])
    with pytest.raises(error, match=says):
        movers(ledger, **{"movement": "churn", "period": "2025-02"} | wrong)


# --- quick ratio -------------------------------------------------------------------------------------------


def test_the_quick_ratio_by_hand():
    """January to March. Netted: Ada +10, Bo −10, Cy new 35: 45 ÷ 10. Month by month Ada +20 −10, Bo −10, Cy +40 −5:
    60 ÷ 25."""
    ledger = ledger_of_paths({"Ada": [50, 70, 60], "Bo": [10, 0, 0], "Cy": [0, 40, 35], "Di": [9, 9, 9]})
    netted, summed = (quick_ratio(ledger, "2025-01", "2025-03", netting=netting) for netting in ("period", "none"))
    assert (float(netted), netted.n) == (4.5, 3)
    assert float(summed) == 60 / 25
    assert netted.sentence("en") == "Quick ratio: 4.5 (3 customers whose MRR moved)."
    assert (
        netted.sentence("fr").replace("\u00a0", " ")
        == "Ratio gains/pertes (quick ratio) : 4,5 (3 clients dont le MRR a changé)."
    )
    assert "31 January 2025" in netted.rule.text("en")
    assert "additionnés" in summed.rule.text("fr")
    assert netted.rule != summed.rule


def test_a_quick_ratio_without_losses_has_no_value():
    ratio = quick_ratio(ledger_of_paths({"Ada": [50, 70]}), "2025-01", "2025-02")
    assert math.isnan(float(ratio))
    assert [note.text("en")[:16] for note in ratio.warnings] == ["Nothing was lost"]
    assert ratio.sentence("en") == "Quick ratio: – (1 customer whose MRR moved)."


def test_the_quick_ratio_by_group():
    ratios = quick_ratio(with_attributes(TWO, segment=["large", "small", "small"]), "2025-01", "2025-02", by="segment")
    assert [(item.group, item.n) for item in ratios] == [("large", 1), ("small", 1)]
    assert float(ratios["small"]) == 0
    assert math.isnan(float(ratios["large"]))


@given(WHOLE)
def test_the_quick_ratio_is_that_of_the_bridge(hand):
    """Gains over losses of the months added up; netted over a calendar year, of the year."""
    ledger = hand.ledger()
    for freq in (freq for freq in FREQS if hand.ends(freq)):
        end, length = hand.ends(freq)[-1], oracle.LENGTHS[freq]
        window = max(end - length, hand.opening), end
        for netting in ("period", "none"):
            row = mrr_bridge(ledger, freq=freq, netting=netting).frame.iloc[-1]
            found = quick_ratio(ledger, *map(name, window), netting=netting)
            lost = round(100 * row[FLOWS[3:]].sum())
            assert math.isnan(float(found)) if not lost else float(found) == round(100 * row[FLOWS[:3]].sum()) / lost
