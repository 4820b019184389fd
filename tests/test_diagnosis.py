"""The diagnosis names the culprit of books made by hand, and its points add up."""

import math
import re
from fractions import Fraction

import hypothesis.strategies as st
import oracle
import pandas as pd
import pytest
from cases import ledger_of, told
from hypothesis import assume, given, settings

import retention_kit as rk
from retention_kit.errors import (
    EmptyTableError,
    InvalidRowsError,
    MissingColumnError,
    MonthError,
    OpenMonthError,
    UnknownColumnError,
    UnmatchedCustomersError,
)
from retention_kit.wording import LANGUAGES, Money, use_language

BEGIN = 2023 * 12 + 11  # December 2023; the window below is index 12 to 24
WINDOW = ("2024-12", "2025-12")
MONTHS = 25
KEYS = {"one_account", "one_segment", "onboarding", "contraction", "support", "when"}


def path(amount, *, come=0, leave=MONTHS, then=None, at=MONTHS):
    """MRR at 25 month ends: `amount` from index `come` until `leave`, another amount from `at`."""
    return [
        (amount if month < at else then) if come <= month < leave else 0 for month in range(MONTHS)
    ]  # fmt: skip


def ledger_of_these(paths, **attributes):
    rows = [
        (who, oracle.first_day(BEGIN + place), oracle.first_day(BEGIN + place + 1), amount)
        for who, amounts in paths.items()
        for place, amount in enumerate(amounts)
        if amount
    ]
    table = pd.DataFrame({"customer_id": list(paths), **{name: list(cells) for name, cells in attributes.items()}})
    longest = max(len(amounts) for amounts in paths.values())
    customers = {"customers": table} if attributes else {}
    return ledger_of(*rows, as_of=oracle.last_day(BEGIN + longest - 1), **customers)


def many(number, amount, letter, **shape):
    return {f"{letter}{place}": path(amount, **shape) for place in range(number)}


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def segments(paths, marked):
    """Those whose id begins with one of the letters are in segment left, the others in right."""
    return ["left" if who[0] in marked else "right" for who in paths]


# ---- each question as the culprit ----

EARLY = {  # five came a month before the window; four of them leave at age 2
    **many(20, 100, "a"),
    **many(2, 100, "b", leave=18),
    **many(1, 100, "c", come=11),
    **many(4, 100, "d", come=11, leave=13),
}
SEGMENT = {**many(15, 100, "a"), **many(1, 100, "b", leave=16), **many(4, 100, "c", leave=18), **many(1, 100, "d")}
ACCOUNT = {**many(14, 100, "a"), "b0": path(600, leave=20)}
SHRUNK = {**many(9, 100, "a"), **many(1, 100, "b", leave=20), **many(10, 100, "c", then=60, at=15)}


@pytest.mark.parametrize(
    ("paths", "left", "culprit", "points"),
    [
        # opening 2,700, lost 600; the young are 5 of 27, early leavers lost 400: (400 − 5/27 × 600) / 2,700
        (EARLY, "bd", "onboarding", Fraction(400 - Fraction(5, 27) * 600) / 2700),
        # opening 2,100, lost 500; segment c and d, 5 of 21, lost 400: (400 − 5/21 × 500) / 2,100
        (SEGMENT, "cd", "one_segment", Fraction(400 - Fraction(5, 21) * 500) / 2100),
        # opening 2,000, lost 600 by an account of 600: (600 − 0.3 × 600) / 2,000
        (ACCOUNT, "b", "one_account", Fraction(21, 100)),
        # opening 2,000, 10 × 40 lost by contraction
        (SHRUNK, "b", "contraction", Fraction(1, 5)),
    ],
    ids=["onboarding", "segment", "account", "contraction"],
)
def test_the_culprit_is_named_first(paths, left, culprit, points):
    halves = ["x" if place % 2 else "y" for place in range(len(paths))]
    marked = segments(paths, left) if culprit == "one_segment" else halves
    found = rk.diagnose(ledger_of_these(paths, segment=marked), *WINDOW)
    assert found.findings[0].key == culprit
    assert found.findings[0].points == pytest.approx(float(points))
    assert {each.key for each in found} == KEYS


def test_all_answers_stand_before_those_that_are_missing_and_the_most_points_first():
    found = rk.diagnose(ledger_of_these(SEGMENT, segment=segments(SEGMENT, "cd")), *WINDOW)
    points = [each.points for each in found if not math.isnan(each.points)]
    assert points == sorted(points, reverse=True)
    assert [each.key for each in found][len(points) :] == ["when", "support"]
    assert [each.answerable for each in found] == [True] * 5 + [False]


# ---- what each says ----


def test_one_account_says_nrr_without_it():
    answer = rk.diagnose(ledger_of_these(ACCOUNT), *WINDOW)["one_account"]
    # without b0: 1,400 of 1,400; with it: 1,400 of 2,000
    assert answer.frame.to_dict("records") == [
        {
            "customer_id": "b0", "opening": 600.0, "closing": 0.0, "lost": 600.0,
            "share_of_losses": 1.0, "nrr_without": 1.0, "points": pytest.approx(0.21),
        }
    ]  # fmt: skip
    assert plain(answer.sentence("en")) == (
        "The largest loss is that of “b0”: 600, 100% of all losses; without this customer NRR is 100.0% instead of "
        "70.0%. The 1 largest loss makes 100% of all losses. The largest account is 30% of the starting MRR. In points "
        "of NRR: 21 more than in proportion to starting MRR."
    )
    assert plain(answer.sentence("fr")) == (
        "La plus grosse perte est celle de « b0 » : 600, soit 100 % des pertes ; sans ce client, le NRR est de 100,0 % "
        "au lieu de 70,0 %. Ensemble, les plus grosses (au nombre de 1) font 100 % des pertes. Le plus gros compte "
        "pèse 30 % du MRR de départ. En points de NRR : 21 de plus qu’en proportion du MRR de départ."
    )


def test_the_five_largest_losses_are_listed():
    paths = {f"a{place}": path(100 + place, leave=20) for place in range(7)} | {"b": path(900)}
    frame = rk.diagnose(ledger_of_these(paths), *WINDOW)["one_account"].frame
    assert frame["lost"].tolist() == [106.0, 105.0, 104.0, 103.0, 102.0]


def test_the_only_customer_leaves_no_nrr_without_them():
    answer = rk.diagnose(ledger_of_these({"a": path(100, leave=20)}), *WINDOW)["one_account"]
    assert math.isnan(answer.frame["nrr_without"][0])
    assert "NRR is – instead of 0.0%" in answer.sentence()


def test_segments_stand_with_their_shares():
    answer = rk.diagnose(ledger_of_these(SEGMENT, segment=segments(SEGMENT, "cd")), *WINDOW)["one_segment"]
    left = answer.frame.iloc[0]
    assert (left["attribute"], left["group"], left["customers"]) == ("segment", "left", 5)
    assert (left["nrr"], left["share_of_losses"]) == (0.2, 0.8)
    assert left["share_of_opening"] == pytest.approx(5 / 21)
    assert "Of 2 groups looked at" in answer.sentence("en")
    assert "segment = left ont perdu 400" in plain(answer.sentence("fr"))


def test_a_group_of_one_is_an_account_and_not_a_segment():
    paths = {**many(10, 100, "a"), "b0": path(500, leave=20), **many(4, 100, "c"), **many(1, 100, "d", leave=20)}
    cells = ["alone" if who == "b0" else "first" if who[0] == "a" else "second" for who in paths]
    answer = rk.diagnose(ledger_of_these(paths, segment=cells), *WINDOW)["one_segment"]
    assert answer.frame["group"].tolist()[0] == "alone"
    assert answer.answer.fields["group"] == "second"


def test_by_default_attributes_of_2_to_12_values_are_looked_at_and_no_dates():
    paths = many(14, 100, "a", leave=20)
    ledger = ledger_of_these(
        paths,
        two=["x", "y"] * 7,
        twelve=[*range(12), 0, 1],
        thirteen=[*range(13), 0],
        one=["x"] * 14,
        signup=pd.to_datetime(["2024-01-01", "2024-02-01"] * 7),
    )
    assert set(rk.diagnose(ledger, *WINDOW)["one_segment"].frame["attribute"]) == {"two", "twelve"}
    asked = rk.diagnose(ledger, *WINDOW, by=["thirteen", "one"])["one_segment"]
    assert set(asked.frame["attribute"]) == {"thirteen", "one"}
    assert set(rk.diagnose(ledger, *WINDOW, by="two")["one_segment"].frame["attribute"]) == {"two"}


def test_without_attributes_the_segment_is_not_answerable_and_says_what_it_takes():
    answer = rk.diagnose(ledger_of_these(ACCOUNT), *WINDOW)["one_segment"]
    assert not answer.answerable
    assert "2 to 12 different values" in answer.sentence("en")
    assert "customers=" in answer.sentence("fr")


def test_churn_by_age_counts_customer_months_at_risk_within_the_window():
    rows = rk.diagnose(ledger_of_these(EARLY), *WINDOW)["onboarding"].frame
    # index 11 starters are of age 2 and 3 at indices 13 and 14: 4 leave at age 2, 1 stays: 5 + 1 months, 4 churns
    # ages 4 to 12: c0 at indices 15 to 23: 9 months; 22 old ones are of age 12 at index 12, before the window
    # ages 13 and on: the old at indices 13 to 24, 20 × 12; two leave at 18: 2 × 6; c0 at index 24: 1
    assert rows["at_risk"].tolist() == [6, 9, 253]
    assert rows["churned"].tolist() == [4, 0, 2]
    assert rows["rate"].tolist() == [4 / 6, 0.0, 2 / 253]


def test_who_comes_and_goes_within_the_window_is_said_to_be_unseen():
    paths = EARLY | many(3, 100, "e", come=14, leave=16)
    answer = rk.diagnose(ledger_of_these(paths), *WINDOW)["onboarding"]
    assert answer.answer.fields["newcomers"] == 3
    assert answer.lost.amount == 400.0
    assert "unseen by NRR: 3 more" in answer.sentence("en")


def test_an_early_departure_before_the_window_is_not_in_it():
    # left at age 1 before the window, back at its start, gone for good within it: not an early departure;
    # c left at the month end the window begins with
    gone = [0] * 10 + [100, 0, 100] + [0] * 12
    answer = rk.diagnose(ledger_of_these({"a": path(100), "b": gone, "c": path(100, come=10, leave=12)}), *WINDOW)[
        "onboarding"
    ]
    assert answer.lost.amount == 0.0
    assert answer.frame["churned"].sum() == 0


def test_contraction_says_how_many_and_which_column_is_missing():
    answer = rk.diagnose(ledger_of_these(SHRUNK, plan=segments(SHRUNK, "abc")), *WINDOW)["contraction"]
    assert plain(answer.sentence("en")).startswith("10 customers stayed and pay less: 400, 80% of all losses.")
    assert [note.fields["names"] for note in answer.notes] == [["plan"], ["seats"]]
    assert answer.frame[["attribute", "group", "customers", "lost"]].to_numpy().tolist() == [
        ["movement", "contraction", 10, 400.0],
        ["movement", "churn", 1, 100.0],
        ["plan", "left", 10, 400.0],
    ]


def test_when_names_the_month_with_its_share():
    answer = rk.diagnose(ledger_of_these(SEGMENT), *WINDOW)["when"]
    # index 18 is June 2025: four leave; index 16 is April: one
    assert answer.answer.fields["month"] == pd.Timestamp("2025-06-01")
    assert (answer.lost, answer.answer.fields["share"]) == (Money(400.0, None), 0.8)
    assert len(answer.frame) == 12
    assert "June 2025" in answer.sentence("en")
    assert "juin 2025" in answer.sentence("fr")


# ---- support, from events ----


def events_of(*rows):
    return pd.DataFrame(rows, columns=["customer_id", "at", "kind"])


@pytest.mark.parametrize(
    ("who", "day", "kind", "churned", "stayed"),
    [
        # b0 is paid for the last time at the end of July 2025 (index 19): May, June and July count
        ("b0", "2025-07-31", "ticket", 1, 0),
        ("b0", "2025-05-01", " Complaint", 1, 0),
        ("b0", "2025-04-30", "ticket", 0, 0),
        ("b0", "2025-08-01", "ticket", 0, 0),
        ("b0", "2025-07-15", "login", 0, 0),
        # the window ends with December: September, October and November count
        ("a0", "2025-11-30T23:59:00", "ticket", 0, 1),
        ("a0", "2025-09-01", "ticket", 0, 1),
        ("a0", "2025-08-31", "ticket", 0, 0),
        ("a0", "2025-12-01", "ticket", 0, 0),
    ],
)
def test_a_ticket_counts_in_the_three_months_before(who, day, kind, churned, stayed):
    answer = rk.diagnose(ledger_of_these(ACCOUNT), *WINDOW, events=events_of((who, day, kind)))["support"]
    assert answer.frame[["group", "customers", "asked"]].to_numpy().tolist() == [
        ["churned", 1, churned],
        ["stayed", 14, stayed],
    ]
    assert answer.lost.amount == 600.0 * churned
    assert answer.answerable


def test_several_tickets_of_one_customer_are_one_customer():
    events = events_of(*[("b0", pd.Timestamp("2025-06-10"), "ticket")] * 3, ("nobody", "2025-06-10", "ticket"))
    answer = rk.diagnose(ledger_of_these(ACCOUNT), *WINDOW, events=events.astype({"at": "datetime64[s]"}))["support"]
    assert answer.frame["share"].tolist() == [1.0, 0.0]


def test_without_events_support_is_not_answerable_and_says_what_it_takes():
    answer = rk.diagnose(ledger_of_these(ACCOUNT), *WINDOW)["support"]
    assert not answer.answerable
    assert "customer_id, at, kind" in answer.sentence("en")
    assert "events=" in answer.sentence("fr")


def test_events_that_cannot_be_used_are_refused():
    ledger = ledger_of_these(ACCOUNT)
    with pytest.raises(MissingColumnError, match="lack kind"):
        rk.diagnose(ledger, *WINDOW, events=events_of(("b0", "2025-07-01", "ticket")).drop(columns="kind"))
    with pytest.raises(InvalidRowsError) as refused:
        rk.diagnose(ledger, *WINDOW, events=events_of(("b0", "soon", "ticket"), ("b0", "2025-07-01", "ticket")))
    assert all("soon" in text for text in told(refused.value))
    with pytest.raises(UnmatchedCustomersError):
        rk.diagnose(ledger, *WINDOW, events=events_of(("B0", "2025-07-01", "ticket")))


# ---- refusals ----


def test_windows_and_attributes_are_refused_as_nrr_refuses_them():
    ledger = ledger_of_these(ACCOUNT, segment=segments(ACCOUNT, "b"))
    with pytest.raises(OpenMonthError):
        rk.diagnose(ledger, "2024-12", "2026-01")
    with pytest.raises(MonthError):
        rk.diagnose(ledger, "2025-12", "2024-12")
    with pytest.raises(UnknownColumnError):
        rk.diagnose(ledger, *WINDOW, by="colour")
    with pytest.raises(UnknownColumnError):
        rk.diagnose(ledger_of_these(ACCOUNT), *WINDOW, by="colour")


def test_an_empty_opening_base_is_refused():
    ledger = ledger_of_these({"a": path(100, leave=3), "b": path(100, come=14)})
    with pytest.raises(EmptyTableError) as refused:
        rk.diagnose(ledger, *WINDOW)
    assert all("2024" in text for text in told(refused.value))


# ---- it adds up ----

PATHS = st.dictionaries(
    st.sampled_from("ABCDEFGH"),
    st.lists(st.sampled_from([0, 0, 10.01, 33.33, 50, 120.5]), min_size=6, max_size=6),
    min_size=1,
)


def drawn(paths):
    """The ledger of generated paths, with a segment by the id, over the window from index 1 to 5."""
    assume(any(amounts[1] for amounts in paths.values()))
    assume(any(amounts[0] for amounts in paths.values()))
    paid = {who: amounts for who, amounts in paths.items() if any(amounts)}
    return paid, ledger_of_these(paid, segment=["vowel" if who in "AE" else "other" for who in paid])


def cents(amount):
    return round(100 * amount)


SPAN = ("2024-01", "2024-05")


@settings(max_examples=10)
@given(PATHS)
def test_lost_and_gained_make_the_nrr_to_the_cent(paths):
    paid, ledger = drawn(paths)
    base = {who: (cents(amounts[1]), cents(amounts[5])) for who, amounts in paid.items() if amounts[1]}
    found = rk.diagnose(ledger, *SPAN, by="segment")
    assert cents(found.opening.amount) == sum(then for then, _ in base.values())
    assert cents(found.lost.amount) == sum(max(then - now, 0) for then, now in base.values())
    assert cents(found.gained.amount) == sum(max(now - then, 0) for then, now in base.values())
    assert 1 - found.lost_points + found.gained_points == pytest.approx(float(found.nrr), abs=1e-12)


@settings(max_examples=10)
@given(PATHS)
def test_groups_add_up_to_the_whole_and_their_points_to_nothing(paths):
    _, ledger = drawn(paths)
    found = rk.diagnose(ledger, *SPAN, by="segment")
    frame = found["one_segment"].frame
    for name in ("opening", "lost", "gained"):
        assert sum(cents(amount) for amount in frame[name]) == cents(getattr(found, name).amount)
    assert frame["points"].sum() == pytest.approx(0, abs=1e-12)
    parts = found["contraction"].frame.query("attribute == 'movement'")["lost"]
    assert sum(cents(amount) for amount in parts) == cents(found.lost.amount)


@settings(max_examples=10)
@given(PATHS)
def test_without_an_account_is_as_if_it_had_never_been_there(paths):
    paid, ledger = drawn(paths)
    for row in rk.diagnose(ledger, *SPAN)["one_account"].frame.head(2).itertuples():
        rest = {who: amounts for who, amounts in paid.items() if who != row.customer_id}
        if any(amounts[1] for amounts in rest.values()):
            # one more customer who pays before the window only, so that the months observed are the same
            again = ledger_of_these(rest | {"Z": [1, 0, 0, 0, 0, 0]})
            assert row.nrr_without == pytest.approx(float(rk.nrr(again, *SPAN)), abs=1e-12)
        else:
            assert math.isnan(row.nrr_without)


@settings(max_examples=10)
@given(PATHS)
def test_churn_by_age_equals_a_count_by_hand(paths):
    paid, ledger = drawn(paths)
    expected = {1: [0, 0], 4: [0, 0], 13: [0, 0]}
    for amounts in paid.values():
        start = next(place for place, amount in enumerate(amounts) if amount)
        for age in range(1, 6 - start):
            low = 1 if age <= 3 else 4
            gone = not amounts[start + age]
            if 1 < start + age <= 5:
                expected[low][0] += 1
                expected[low][1] += gone
            if gone:
                break
    rows = rk.diagnose(ledger, *SPAN)["onboarding"].frame
    assert {row.age_from: [row.at_risk, row.churned] for row in rows.itertuples()} == expected


# ---- how it shows ----

CAUSAL = re.compile(r"\b(because|caus(e|ed|es)|due to|driven|parce que|à cause|grâce|provoqu\w*)\b", re.IGNORECASE)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_claims_a_cause(lang):
    found = rk.diagnose(ledger_of_these(SEGMENT, segment=segments(SEGMENT, "cd")), *WINDOW)
    texts = " ".join(each.sentence(lang) for each in found)
    assert not CAUSAL.search(texts)
    assert re.search("not causes" if lang == "en" else "pas des causes", found.rule.text(lang))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("paths", [EARLY, SEGMENT, ACCOUNT, SHRUNK, many(3, 100, "a")])
def test_it_shows_itself_in_both_languages(lang, paths):
    found = rk.diagnose(ledger_of_these(paths, segment=segments(paths, "bcd")), *WINDOW)
    with use_language(lang):
        assert "{" not in str(found)
        assert found._repr_html_().count("<li>") == 6
        assert len(found.to_frame()) == 6
        assert all(each._repr_html_() for each in found)
        assert rk.table_diagnosis(found).frame.shape == (6, 4)


def test_where_nothing_was_lost_that_is_said():
    found = rk.diagnose(ledger_of_these(many(3, 100, "a", then=120, at=20)), *WINDOW)
    assert float(found.nrr) == 1.2
    assert [each.points for each in found if each.key in {"one_account", "contraction"}] == [0.0, 0.0]
    assert "Nothing was lost" in found["one_account"].sentence("en")
    assert "Rien n’a été perdu" in found["when"].sentence("fr")


def test_hostile_names_are_escaped():
    hostile = "<script>alert(1)</script>"
    paths = {hostile: path(100, leave=20), "b": path(100), "c": path(100, leave=20)}
    found = rk.diagnose(ledger_of_these(paths, segment=[hostile, "x", hostile]), *WINDOW)
    assert hostile in found["one_account"].sentence()
    for shown in (found, rk.table_diagnosis(found), *found):
        assert "<script" not in shown._repr_html_()


def test_the_table_in_french():
    table = rk.table_diagnosis(rk.diagnose(ledger_of_these(ACCOUNT), *WINDOW), lang="fr")
    assert table.frame.columns.tolist() == ["Question posée", "Ce que disent les données", "Points de NRR", "MRR perdu"]
    assert table.frame.iloc[0, 0] == "Un seul gros compte\u00a0?"
    assert table.frame.iloc[0, 2:].tolist() == ["21,0", "600"]
    assert plain(table.notes[0]).startswith("Le NRR est de 70,0 % : sur 2 000 payés au départ")
