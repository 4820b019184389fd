"""Every rule under which subscriptions become MRR: worked by hand, against the oracle, and what may not change."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import cases
import hypothesis.strategies as st
import oracle
import pandas as pd
import pytest
from cases import ledger_of, subscriptions, told
from hypothesis import assume, given, settings
from pandas.testing import assert_frame_equal

from retention_kit.engines import memory
from retention_kit.errors import (
    CurrencyError,
    EmptyTableError,
    InvalidRowsError,
    MissingColumnError,
    MonthError,
    OptionError,
    UnknownColumnError,
)
from retention_kit.ledger import build_ledger
from retention_kit.sources import read_subscriptions

DAY = dt.date(2024, 12, 31)
MARCH = "2025-03-31"
ANCHOR = ("Zoe", "2025-01-01", None, 1.0)


def mrr_of(ledger, who="Ada"):
    """MRR by month (1 … 12) of one customer."""
    frame = ledger.frame.query("customer_id == @who")
    return dict(zip(frame["month"].dt.month.tolist(), frame["mrr"].tolist(), strict=True))


def keys(ledger):
    return [rule.key for rule in ledger.rules]


def paid(ledger):
    """The book as the oracle holds it: cents by customer and month."""
    book = ledger.book
    found = {who: {} for who in ledger.ids}
    for who, month, cents in zip(ledger.ids[book.owner], book.month.tolist(), book.cents.tolist(), strict=True):
        found[who][month] = cents
    return found


def told_by(kind, *rows, as_of=MARCH, **options):
    with pytest.raises(kind) as caught:
        ledger_of(*rows, as_of=as_of, **options)
    assert type(caught.value) is kind
    return told(caught.value)


# --- discounts and pauses ------------------------------------------------------------------------------------------

HALF = {"discount_percent": 50.0}
HALF_UNTIL = HALF | {"discount_until": "2025-02-15"}


@pytest.mark.parametrize(
    ("discounts", "ending", "lasting"),
    [
        ("until", {1: 50.0, 2: 100.0, 3: 100.0}, {1: 50.0, 2: 50.0, 3: 50.0}),
        ("permanent", {1: 100.0, 2: 100.0, 3: 100.0}, {1: 50.0, 2: 50.0, 3: 50.0}),
        ("gross", {1: 100.0, 2: 100.0, 3: 100.0}, {1: 100.0, 2: 100.0, 3: 100.0}),
    ],
)
def test_discounts(discounts, ending, lasting):
    rows = ("Ada", "2025-01-01", None, 100.0, HALF_UNTIL), ("Bo", "2025-01-01", None, 100.0, HALF)
    ledger = ledger_of(*rows, as_of=MARCH, discounts=discounts)
    assert (mrr_of(ledger), mrr_of(ledger, "Bo")) == (ending, lasting)
    assert keys(ledger)[1:] == ([] if discounts == "until" else [f"rule.discounts.{discounts}"])


FREE = {"discount_percent": 100.0, "discount_until": "2025-03-01"}


def test_a_pause_is_no_mrr_unless_it_is_kept():
    """Paused, free until March by percent, and free by an amount: 0 by default; kept, each at its 100."""
    rows = [
        ("Ada", "2025-01-01", None, 100.0, {"status": "paused"}),
        ("Bo", "2025-01-01", None, 100.0, FREE),
        ("Cy", "2025-01-01", None, 100.0, {"discount_percent": 10.0, "discount_amount": 90.0}),
        ANCHOR,
    ]
    zero, kept = ledger_of(*rows, as_of=MARCH), ledger_of(*rows, as_of=MARCH, paused="keep")
    assert [mrr_of(zero, who) for who in ("Ada", "Bo", "Cy")] == [{}, {3: 100.0}, {}]
    assert [mrr_of(kept, who) for who in ("Ada", "Bo", "Cy")] == [{1: 100.0, 2: 100.0, 3: 100.0}] * 3
    assert zero.reconciliation.rows["reason"].tolist() == ["paused", "", "no_mrr", ""]
    assert kept.reconciliation.rows["reason"].tolist() == [""] * 4
    assert keys(kept)[1:] == ["rule.paused.keep"]


def test_a_partial_discount_is_deducted_where_pauses_are_kept():
    ledger = ledger_of(("Ada", "2025-01-01", None, 100.0, HALF), as_of="2025-01-31", paused="keep")
    assert mrr_of(ledger) == {1: 50.0}


def test_grace_is_stored_and_said():
    ledger = ledger_of(ANCHOR, as_of=MARCH, grace_months=2)
    assert (ledger.grace_months, keys(ledger)[1:]) == (2, ["rule.grace"])
    assert "more than 2 month ends" in ledger.rules[1].text("en")
    assert ledger_of(ANCHOR, as_of=MARCH).grace_months == 0


@pytest.mark.parametrize("value", [-1, 1.5, True, "1"])
def test_a_grace_that_is_no_number_of_months_is_refused(value):
    english, french = told_by(OptionError, ANCHOR, grace_months=value)
    assert f"grace_months cannot be {value}" in english
    assert "nombre entier de mois" in french


@pytest.mark.parametrize("name", ["discounts", "paused", "churn_date", "refund_rule"])
def test_a_rule_that_does_not_exist_is_refused_with_those_that_do(name):
    english, _ = told_by(OptionError, ANCHOR, **{name: "whatever"})
    assert f"{name} cannot be “whatever”. Choose one of: " in english


# --- the day a subscription stops counting -------------------------------------------------------------------------

LEAVING = {"cancel_requested_at": "2025-01-20", "cancel_effective_at": "2025-02-28"}


@pytest.mark.parametrize(
    ("churn_date", "months"),
    [
        ("paid_period", [1, 2, 3]),  # paid until 1 April
        ("requested", []),  # asked to leave on 20 January
        ("effective", [1]),  # 28 February does not count any more
    ],
)
def test_churn_date(churn_date, months):
    ledger = ledger_of(("Ada", "2025-01-01", "2025-04-01", 10.0, LEAVING), ANCHOR, as_of=MARCH, churn_date=churn_date)
    assert list(mrr_of(ledger)) == months
    assert keys(ledger)[1:] == ([] if churn_date == "paid_period" else [f"rule.churn_date.{churn_date}"])


def test_an_end_before_the_request_stays_the_end():
    """Paid until 10 February, asked on 5 March: gone at the end of February."""
    row = ("Ada", "2025-01-01", "2025-02-10", 10.0, {"cancel_requested_at": "2025-03-05"})
    assert list(mrr_of(ledger_of(row, ANCHOR, as_of=MARCH, churn_date="requested"))) == [1]


def test_a_request_before_the_start_leaves_the_row_outside_with_that_reason():
    row = ("Ada", "2025-02-01", None, 10.0, {"cancel_requested_at": "2025-01-05"})
    ledger = ledger_of(row, ANCHOR, as_of=MARCH, churn_date="requested")
    assert ledger.reconciliation.rows["reason"].tolist() == ["cancelled_before_start", ""]


def test_a_churn_date_that_no_row_has_is_refused():
    english, french = told_by(MissingColumnError, ANCHOR, churn_date="effective")
    assert 'churn_date="effective" needs the column cancel_effective_at, and DataFrame has no date in it' in english
    assert "n’y a aucune date" in french


# --- currencies ----------------------------------------------------------------------------------------------------

RATES = pd.DataFrame(
    {"currency": ["USD", "USD", "JPY"], "from": ["2024-01-01", "2025-02-01", "2024-01-01"], "rate": [0.9, 0.8, 0.006]}
)


def in_currencies(*rows, **options):
    table = subscriptions(*((who, start, end, amount, {"currency": code}) for who, start, end, amount, code in rows))
    return build_ledger(table, **{"as_of": MARCH, "end_inclusive": False, "rates": RATES, "currency": "EUR"} | options)


THREE = [
    ("Ada", "2025-01-01", "2025-03-01", 100.0, "USD"),
    ("Ada", "2025-03-01", None, 100.0, "USD"),
    ("Bo", "2025-01-01", None, 50.0, "EUR"),
    ("Cy", "2025-02-10", None, 1000.0, "JPY"),
]


def test_each_amount_is_converted_at_the_rate_of_its_contract_s_start():
    """100 USD: 90 at 0.90 through the rate's move in February, 80 from the renewal in March. 1,000 JPY are 6 EUR."""
    ledger = in_currencies(*THREE)
    assert mrr_of(ledger) == {1: 90.0, 2: 90.0, 3: 80.0}
    assert (mrr_of(ledger, "Bo"), mrr_of(ledger, "Cy")) == ({1: 50.0, 2: 50.0, 3: 50.0}, {2: 6.0, 3: 6.0})
    assert (ledger.currency, keys(ledger)) == ("EUR", ["rule.ledger", "rule.currency"])
    assert ledger.rules[1].fields["converted"] == ["JPY", "USD"]


def test_a_rate_is_in_force_from_its_first_day_on():
    """0.80 from 1 February: the day before is still converted at 0.90."""
    rows = ("Ada", "2025-01-31", None, 100.0, "USD"), ("Bo", "2025-02-01", None, 100.0, "USD")
    ledger = in_currencies(*rows)
    assert (mrr_of(ledger)[3], mrr_of(ledger, "Bo")[3]) == (90.0, 80.0)


def test_the_part_in_each_other_currency_is_kept_beside_the_book():
    """Customers Ada, Bo, Cy; native amounts in their own minor units: yen have none."""
    book = in_currencies(*THREE).book
    yen, dollars = book.foreign
    months = [[0, 0, 0, 0], [0, 0, 0, 0]]
    everybody = slice(0, 3)
    assert dollars.native.dense(everybody).T.tolist() == [[0, 100_00, 100_00, 100_00], *months]
    assert dollars.converted.dense(everybody).T.tolist() == [[0, 90_00, 90_00, 80_00], *months]
    assert yen.native.dense(everybody).T.tolist() == [*months, [0, 0, 1000, 1000]]
    assert yen.converted.dense(everybody).T.tolist() == [*months, [0, 0, 6_00, 6_00]]
    assert {
        (part.first, part.last, part.customers) for pair in book.foreign for part in (pair.native, pair.converted)
    } == {(book.first, book.last, 3)}


def test_one_rate_for_all_time_leaves_no_part_to_rates():
    """A mapping of one rate each; or the rate in force on the as-of day, 0.80 since February."""
    flat = in_currencies(*THREE, rates={"USD": 0.9, "jpy": "0.006"})
    assert mrr_of(flat) == {1: 90.0, 2: 90.0, 3: 90.0}
    at_the_end = in_currencies(*THREE, constant_rate=True)
    assert mrr_of(at_the_end) == {1: 80.0, 2: 80.0, 3: 80.0}
    assert (flat.book.foreign, at_the_end.book.foreign) == ((), ())
    assert keys(flat)[1:] == keys(at_the_end)[1:] == ["rule.currency.constant"]
    assert flat.rules != at_the_end.rules


def test_rates_come_from_a_mapping_of_days_or_a_file_alike(tmp_path):
    path = tmp_path / "rates.csv"
    RATES.to_csv(path, index=False)
    mapped = {"USD": {"2024-01-01": 0.9, "2025-02-01": 0.8}, "JPY": {"2024-01-01": 0.006}}
    expected = in_currencies(*THREE)
    for rates in (mapped, path, RATES.iloc[::-1]):
        found = in_currencies(*THREE, rates=rates)
        assert_frame_equal(found.frame, expected.frame)
        assert found.rules == expected.rules
    assert in_currencies(*THREE, rates=RATES.assign(rate=[0.9, 0.7, 0.006])).rules != expected.rules


@pytest.mark.parametrize(
    ("amount", "rate", "cents"),
    [
        (10.0, "0.0005", 0),  # 0.5 cents → the even 0
        (10.0, "0.0015", 2),  # 1.5 → 2
        (10.0, "0.0025", 2),  # 2.5 → 2
        (10.0, "0.0025000001", 3),  # the tenth decimal decides
        (9_000_000_000_000.0, "0.1234567891", 111_111_110_190_000),
    ],
)
def test_conversion_is_exact_and_rounded_once(amount, rate, cents):
    ledger = in_currencies(
        ("Ada", "2025-01-01", None, amount, "USD"), ("Z", "2025-01-01", None, 1.0, "EUR"), rates={"USD": rate}
    )
    assert paid(ledger).get("Ada", {}).get(oracle.number(dt.date(2025, 1, 1)), 0) == cents


def test_a_target_without_cents():
    """10.25 EUR at 160.5 are 1,645.125 yen → 1,645."""
    ledger = in_currencies(("Ada", "2025-01-01", None, 10.25, "EUR"), rates={"EUR": 160.5}, currency="jpy")
    assert (mrr_of(ledger)[1], ledger.digits, ledger.currency) == (1645.0, 0, "JPY")


def refused_rates(*rows, kind=CurrencyError, **options):
    with pytest.raises(kind) as caught:
        in_currencies(*rows, **options)
    return told(caught.value)


def test_a_missing_rate_names_currency_and_days():
    rows = ("Ada", "2023-05-01", None, 1.0, "USD"), ("Bo", "2023-07-01", None, 1.0, "USD")
    english, french = refused_rates(*rows, ("Cy", "2025-01-01", None, 1.0, "GBP"))
    assert "3 subscriptions have no rate to EUR" in english
    assert "GBP (1 January 2025 to 1 January 2025), USD (1 May 2023 to 1 July 2023)" in english
    assert "taux en vigueur ces jours-là" in french


def test_a_row_that_cannot_count_needs_no_rate():
    """It begins after the window; it ended before the history; it is a trial."""
    late = ("Ada", "2025-06-01", None, 1.0, "GBP")
    gone = ("Bo", "2023-05-01", "2024-02-01", 1.0, "USD")
    ledger = in_currencies(late, gone, ("Zoe", "2025-01-01", None, 1.0, "EUR"), history_from="2025-01")
    assert ledger.reconciliation.rows["reason"].tolist() == ["starts_after_window", "ended_before_history", ""]


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"currency": None}, CurrencyError, "rates= needs the currency to convert to"),
        ({"rates": RATES.assign(rate=[0.9, 0.0, 1])}, InvalidRowsError, "rate that is not above 0: row 1"),
        ({"rates": RATES.assign(rate=["0.9", "x", "1"])}, InvalidRowsError, "rates=: 1 row cannot be used"),
        ({"rates": RATES.assign(currency="USD")}, InvalidRowsError, "two rates from the same day"),
        ({"rates": RATES.drop(columns="rate")}, MissingColumnError, "rates= lacks the column rate"),
        ({"rates": {"USD": 0.9, "JPY": 0.1, "EUR": 2}}, CurrencyError, "another rate than 1"),
        ({"rates": None, "constant_rate": True}, OptionError, "constant_rate=True needs a rate table"),
        ({"rates": None}, CurrencyError, "pass rates="),
    ],
)
def test_rates_that_cannot_be_used_are_refused_by_name(options, kind, text):
    assert text in refused_rates(*THREE, kind=kind, **options)[0]


def test_a_table_in_one_other_currency_is_not_relabelled():
    rows = [("Ada", "2025-01-01", None, 1.0, "USD")]
    assert "in USD, not in EUR" in refused_rates(*rows, rates=None)[0]
    assert in_currencies(*rows, rates=None, currency="usd").currency == "USD"


def test_amounts_in_several_currencies_are_not_added_up_in_the_account():
    account = in_currencies(*THREE).reconciliation
    assert account.rows["currency"].tolist() == ["USD", "USD", "EUR", "JPY"]
    assert account.currency is None


# --- refunds -------------------------------------------------------------------------------------------------------

REFUNDS = pd.DataFrame(
    {
        "customer_id": ["Ada", "Ada", "Bo", "Nobody"],
        "at": ["2025-03-05", "2025-03-20", "2025-02-10", "2025-02-01"],
        "amount": [30.0, 0.5, 80.0, 5.0],
        "for_month": ["2025-01", "2025-02", "2025-02", "2025-02"],
    }
)
TWO = ("Ada", "2025-01-01", None, 100.0), ("Bo", "2025-01-01", None, 50.0)


@pytest.mark.parametrize(
    ("rule", "ada", "bo"),
    [
        ("out", {1: 100.0, 2: 100.0, 3: 100.0}, {1: 50.0, 2: 50.0, 3: 50.0}),
        ("issue", {1: 100.0, 2: 100.0, 3: 69.5}, {1: 50.0, 3: 50.0}),
        ("retroactive", {1: 70.0, 2: 99.5, 3: 100.0}, {1: 50.0, 3: 50.0}),
    ],
)
def test_refunds(rule, ada, bo):
    """Of Bo's 80 only 50 can be deducted, and Nobody's 5 nowhere: 35 of 115.50 are left."""
    ledger = ledger_of(*TWO, as_of=MARCH, refunds=REFUNDS, refund_rule=rule)
    assert (mrr_of(ledger), mrr_of(ledger, "Bo")) == (ada, bo)
    (note,) = ledger.warnings
    if rule == "out":
        assert (note.key, note.fields["n"], note.fields["amount"].amount) == ("warning.refunds_out", 4, 115.5)
    else:
        assert (note.key, note.fields["rest"].amount) == ("warning.refunds_rest", 35.0)
        assert keys(ledger)[1:] == [f"rule.refunds.{rule}"]


def test_a_customer_refunded_entirely_is_not_in_the_ledger():
    """Attributes and numbers follow those who are left."""
    all_back = pd.DataFrame({"customer_id": ["A"], "at": ["2025-01-20"], "amount": [100.0]})
    rows = ("A", "2025-01-01", "2025-02-01", 100.0), ("B", "2025-01-01", None, 50.0)
    ledger = ledger_of(*rows, as_of=MARCH, refunds=all_back, refund_rule="issue", customers=cases.customers())
    assert (ledger.ids.tolist(), ledger.customers["segment"].tolist()) == (["B"], ["small"])
    assert ledger.reconciliation.counts["used"] == 2
    assert told_by(EmptyTableError, rows[0], refunds=all_back, refund_rule="issue")


@pytest.mark.parametrize(
    ("refunds", "rule", "kind", "text"),
    [
        (None, "issue", OptionError, 'refund_rule="issue" needs the refunds'),
        (REFUNDS.drop(columns="for_month"), "retroactive", MissingColumnError, "refunds= lacks the column for_month"),
        (REFUNDS.assign(amount=-1), "issue", InvalidRowsError, "negative amount: row 0"),
        (REFUNDS.assign(at="soon"), "issue", InvalidRowsError, "4 rows cannot be used"),
        (REFUNDS.assign(currency="USD"), "issue", CurrencyError, "Refunds in USD cannot be deducted"),
    ],
)
def test_refunds_that_cannot_be_used_are_refused_by_name(refunds, rule, kind, text):
    assert text in told_by(kind, *TWO, refunds=refunds, refund_rule=rule)[0]


# --- merged customers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["mapping", "frame", "file"])
def test_merged_customers_are_one(form, tmp_path):
    """D became C, C became A: one customer of 70 then 80, with A's attributes; F is on the list and not in the file."""
    merge = {"D": "C", "C": "A", "F": "A"}
    table = pd.DataFrame({"old": list(merge), "new": list(merge.values())})
    table.to_csv(path := tmp_path / "merge.csv", index=False)
    rows = ("A", "2025-01-01", None, 50.0), ("C", "2025-01-01", None, 20.0), ("D", "2025-02-01", None, 10.0)
    pairs = {"mapping": merge, "frame": table, "file": path}[form]
    ledger = ledger_of(*rows, as_of=MARCH, merge=pairs, customers=cases.customers())
    assert mrr_of(ledger, "A") == {1: 70.0, 2: 80.0, 3: 80.0}
    assert (ledger.ids.tolist(), ledger.customers["segment"].tolist()) == (["A"], ["large"])
    assert ledger.reconciliation.rows["customer_id"].tolist() == ["A", "C", "D"]
    assert keys(ledger)[1:] == ["rule.merge"]
    merged = ledger.warnings[0]
    assert (merged.key, merged.fields) == ("warning.merged", {"n": 2, "unused": 1})
    assert ledger.rules != ledger_of(*rows, as_of=MARCH, merge={"D": "C", "F": "A"}).rules


@pytest.mark.parametrize(
    ("merge", "text"),
    [
        ({"A": "B", "B": "C", "C": "A"}, "in a circle: A, B, C, A"),
        (pd.DataFrame({"old": ["A", "A"], "new": ["B", "C"]}), "customer_id stands twice: row 1"),
        (pd.DataFrame({"old": ["A"], "new": [""]}), "no customer_id: row 0"),
    ],
)
def test_a_list_of_merged_ids_that_leads_nowhere_is_refused(merge, text):
    assert text in told_by(InvalidRowsError, *TWO, merge=merge)[0]


# --- an export that is complete only since a month -----------------------------------------------------------------


def test_history_from_keeps_the_month_before_as_an_opening():
    """Ada paid before and goes on, Bo begins in it, Cy ended before it, Di paid before and comes back."""
    rows = [
        ("Ada", "2024-03-01", None, 10.0),
        ("Bo", "2025-01-15", None, 20.0),
        ("Cy", "2024-03-01", "2024-12-15", 30.0),
        ("Di", "2024-03-01", "2024-06-01", 40.0),
        ("Di", "2025-02-01", None, 40.0),
    ]
    ledger = ledger_of(*rows, as_of=MARCH, history_from="2025-01")
    book = ledger.book
    assert (ledger.first_month, book.complete, book.opening) == (pd.Timestamp("2024-12-01"), False, book.first)
    assert dict(zip(ledger.ids, book.truncated.tolist(), strict=True)) == {"Ada": True, "Bo": False, "Di": False}
    assert ledger.reconciliation.rows["reason"].tolist() == ["", "", "ended_before_history", "ended_before_history", ""]
    assert memory.cohorts(book).customers.sum(axis=1).tolist() == [0, 3, 2, 0]  # Bo in 3 months, Di in 2
    assert [note.fields["n"] for note in ledger.warnings if note.key == "warning.back_from_before_history"] == [1]
    assert keys(ledger)[1:] == ["rule.history_from"]


def test_a_history_that_begins_after_the_window_is_refused():
    english, _ = told_by(MonthError, ANCHOR, history_from="2025-04")
    assert "cannot begin in April 2025" in english
    assert ledger_of(ANCHOR, as_of=MARCH, history_from="2025-03").first_month == pd.Timestamp("2025-02-01")


# --- grain ---------------------------------------------------------------------------------------------------------


def test_the_grain_may_be_another_column():
    """Two subscriptions of A, on two plans of which B has one as well."""
    rows = [
        ("A", "2025-01-01", None, 10.0, {"plan": "basic", "site": "x"}),
        ("A", "2025-02-01", None, 20.0, {"plan": "pro", "site": "y"}),
        ("B", "2025-02-01", None, 40.0, {"plan": "pro", "site": "z"}),
    ]
    options = {"as_of": MARCH, "customers": cases.customers()}
    by_line, by_plan, by_site = (
        ledger_of(*rows, grain=name, **options) for name in ("subscription_id", "plan", "site")
    )
    assert (by_line.ids.tolist(), by_plan.ids.tolist(), by_site.ids.tolist()) == (
        ["s1", "s2", "s3"],
        ["basic", "pro"],
        ["x", "y", "z"],
    )
    assert mrr_of(by_plan, "pro") == {2: 60.0, 3: 60.0}
    assert by_line.customers["segment"].tolist() == ["large", "large", "small"]
    assert by_plan.customers["segment"].isna().tolist() == [False, True]
    assert [note.fields["n"] for note in by_plan.warnings if note.key == "warning.grain_shared"] == [1]
    assert keys(by_site)[1:] == ["rule.grain"]
    kept = read_subscriptions(subscriptions(*rows), keep=["site"])
    assert build_ledger(kept, as_of=MARCH, grain="site").ids.tolist() == ["x", "y", "z"]


def test_a_grain_that_is_not_there_or_not_filled_is_refused():
    assert 'grain="planet" is not a column' in told_by(UnknownColumnError, ANCHOR, grain="planet")[0]
    half = ("Ada", "2025-01-01", None, 10.0, {"plan": "pro"}), ("Bo", "2025-01-01", None, 10.0, {"plan": None})
    assert (
        "1 subscription has no value in the column “plan” (such as row 1)"
        in told_by(InvalidRowsError, *half, grain="plan")[0]
    )


# --- all rules together --------------------------------------------------------------------------------------------

DOLLARS = {"USD": [(dt.date(2022, 1, 1), "0.9"), (dt.date(2023, 7, 15), "1.0123456789"), (dt.date(2024, 2, 1), "0.75")]}
EXACT = {"EUR": [(dt.date(1, 1, 1), Fraction(1))], "USD": [(day, Fraction(rate)) for day, rate in DOLLARS["USD"]]}
MERGES = [{}, {"B": "A"}, {"C": "B", "B": "A", "E": "F"}]


@st.composite
def ruled(draw):
    """A table with currencies and cancellations, options of `build_ledger`, and the oracle's of the same meaning."""
    table = draw(cases.TABLES.filter(len))
    size = len(table)
    lists = {
        "currency": st.lists(st.sampled_from(["EUR", "USD"]), min_size=size, max_size=size),
        "after": st.lists(st.one_of(st.none(), st.integers(-5, 500)), min_size=size, max_size=size),
    }
    after = draw(lists["after"])
    days = [None if n is None else start + dt.timedelta(days=n) for start, n in zip(table["start"], after, strict=True)]
    table = table.assign(currency=draw(lists["currency"]), cancel_requested_at=pd.Series(days, dtype=object))
    since = draw(st.sampled_from([None, "2023-06", "2024-03"]))
    requested = draw(st.booleans()) and any(after)
    shared = {
        "discounts": draw(st.sampled_from(["until", "permanent", "gross"])),
        "paused": draw(st.sampled_from(["zero", "keep"])),
        "merge": draw(st.sampled_from(MERGES)),
        "grain": draw(st.sampled_from(["customer_id", "customer_id", "subscription_id", "interval"])),
    }
    ours = shared | {
        "churn_date": "requested" if requested else "paid_period",
        "history_from": since,
        "rates": {"USD": dict(DOLLARS["USD"])},
        "currency": "EUR",
        "end_inclusive": False,
        "as_of": DAY,
    }
    opening = since and int(since[:4]) * 12 + int(since[5:]) - 2
    theirs = {"cancelled_in": "cancel_requested_at" if requested else None, "opening": opening, "rates": EXACT}
    return table, ours, oracle.ledger(table, DAY, **shared, **theirs)


@given(ruled())
def test_under_any_rules_the_ledger_is_the_oracle_s_to_the_cent(drawn):
    table, options, expected = drawn
    assume(expected is not None)
    ledger = build_ledger(table, **options)
    assert paid(ledger) == expected.paid
    assert (ledger.book.first, ledger.book.last) == (expected.first, expected.last)
    rows = ledger.reconciliation.rows
    assert sum(ledger.reconciliation.counts.values()) == len(rows) == len(table)
    assert ledger.reconciliation.to_frame()["amount"].sum() == pytest.approx(table["amount"].sum())
    assert ((rows["status"] == "used") == (rows["reason"] == "")).all()


@settings(max_examples=10)
@given(ruled(), st.randoms(use_true_random=False))
def test_under_any_rules_the_order_of_rows_changes_nothing(drawn, random):
    table, options, expected = drawn
    assume(expected is not None)
    shuffled = build_ledger(table.iloc[random.sample(range(len(table)), len(table))], **options)
    ledger = build_ledger(table, **options)
    assert_frame_equal(shuffled.frame, ledger.frame)
    assert shuffled.rules == ledger.rules
    assert shuffled.reconciliation.counts == ledger.reconciliation.counts


@given(ruled())
def test_the_foreign_part_and_the_rest_are_the_whole(drawn):
    """The ledger of the euro rows alone and the converted part of the dollar rows add up to the book."""
    table, options, expected = drawn
    assume(expected is not None)
    book = build_ledger(table, **options).book
    everybody = slice(0, book.customers)
    dollars = oracle.ledger(table[table["currency"] == "USD"], DAY, **{"opening": book.first} | oracle_options(options))
    assert len(book.foreign) == (dollars is not None)
    for part in book.foreign:
        assert (part.converted.dense(everybody) <= book.dense(everybody)).all()
        assert part.converted.cents.sum() == sum(sum(months.values()) for months in dollars.paid.values())


def oracle_options(options):
    requested = options["churn_date"] == "requested"
    same = {name: options[name] for name in ("discounts", "paused", "merge", "grain")}
    return same | {"cancelled_in": "cancel_requested_at" if requested else None, "rates": EXACT}


@given(cases.TABLES.filter(len), st.sampled_from([2, 4, 8]))
def test_a_constant_rate_scales_every_amount(table, rate):
    """Twice the rate is twice the price: rounding comes after both. Powers of two are exact in floats."""
    assume(oracle.ledger(table, DAY) is not None)
    table = table.assign(currency="USD")
    dearer = table.assign(amount=table["amount"] * rate, discount_amount=table["discount_amount"] * rate)
    converted = build_ledger(table, as_of=DAY, end_inclusive=False, rates={"USD": rate}, currency="EUR")
    assert_frame_equal(converted.frame, build_ledger(dearer, as_of=DAY, end_inclusive=False).frame)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6))
def test_merging_customers_who_follow_each_other_turns_churn_into_contraction_or_none(first, second, months):
    """A pays until B begins. Apart: churn of A's MRR. As one: contraction by what B pays less, if anything."""
    cut = oracle.first_day(2024 * 12 + months)
    rows = ("A", dt.date(2024, 1, 1), cut, first), ("B", cut, None, second)
    lost = []
    for merge in ({}, {"B": "A"}):
        book = ledger_of(*rows, as_of=DAY, merge=merge).book
        ends = range(book.first, book.last + 1)
        flows = memory.bridge(book, pd.Index(ends).to_numpy(), 1, pd.Series([0] * book.customers).to_numpy(), 1)
        sums = dict(zip(memory.Flows._fields, flows[:, 0, :].sum(axis=0).tolist(), strict=False))
        lost.append((sums["churn"], sums["contraction"]))
    assert lost == [(100 * first, 0), (0, 100 * max(0, first - second))]


# --- the account of every input row --------------------------------------------------------------------------------


def accounted(read, **options):
    return build_ledger(read, as_of=MARCH, end_inclusive=False, **options).reconciliation


def test_rows_that_are_no_subscriptions_join_the_account_with_their_money():
    table = subscriptions(
        ("Ada", "2025-01-01", None, 10.0), ("Bo", "soon", None, 20.0), ("Cy", "2025-06-01", None, 40.0)
    )
    read = read_subscriptions(table, bad_rows="reject")
    charge = {"row": 3, "subscription_id": "s9", "customer_id": "Ada", "amount": 80.0, "reason": "no_mrr"}
    account = accounted(replace(read, outside=pd.DataFrame([charge])))
    assert account.counts == {"used": 1, "rejected": 1, "outside": 2}
    assert account.rows["amount"].tolist() == [10.0, 20.0, 40.0, 80.0]
    assert account.to_frame()["amount"].sum() == 150.0


def test_the_stretches_of_one_input_row_are_one_row():
    """Row 0: used and after the window; 1: twice outside; 2: outside and rejected; 3: rejected and used."""
    rows = [
        ("Ada", "2025-01-01", "2025-02-01", 10.0),
        ("Ada", "2025-06-01", None, 20.0),
        ("Bo", "2025-06-01", None, 40.0),
        ("Bo", "2025-07-01", None, 80.0),
        ("Cy", "2025-07-01", None, 160.0),
        ("Cy", "soon", None, 320.0),
        ("Di", "soon", None, 640.0),
        ("Di", "2025-01-01", None, 1280.0),
    ]
    read = read_subscriptions(subscriptions(*rows), bad_rows="reject")
    once = replace(read, frame=read.frame.assign(row=read.frame["row"] // 2), rejected=read.rejected.assign(row=[2, 3]))
    account = accounted(once)
    assert account.rows[["row", "status", "reason", "amount"]].to_numpy().tolist() == [
        [0, "used", "", 30.0],
        [1, "outside", "starts_after_window", 120.0],
        [2, "rejected", "date_unreadable", 480.0],
        [3, "used", "", 1920.0],
    ]
    assert account.counts == {"used": 2, "rejected": 1, "outside": 1}


@given(cases.TABLES.filter(lambda table: len(table) > 2), st.data())
def test_input_rows_are_used_rejected_or_outside_whatever_their_stretches(table, data):
    """Some rows are bad, some are no subscriptions, several make one input row."""
    bad = data.draw(
        st.lists(st.booleans(), min_size=len(table), max_size=len(table)).filter(lambda some: not all(some))
    )
    labels = data.draw(st.lists(st.integers(0, 9), min_size=len(table), max_size=len(table)))
    anchor = subscriptions(("Z", "2024-01-01", None, 1.0)).assign(subscription_id="anchor")
    both = pd.concat([table.assign(interval=table["interval"].mask(bad, "fortnight")), anchor], ignore_index=True)
    read = read_subscriptions(both, bad_rows="reject")
    label = dict(enumerate([*labels, 99]))
    renamed = {
        name: getattr(read, name).assign(row=lambda some: some["row"].map(label)) for name in ("frame", "rejected")
    }
    outside = pd.DataFrame(
        {"row": [50], "subscription_id": ["x"], "customer_id": ["A"], "amount": [5.0], "reason": ["trial"]}
    )
    account = build_ledger(replace(read, outside=outside, **renamed), as_of=DAY, end_inclusive=False).reconciliation
    assert account.rows["row"].tolist() == sorted({*labels, 50, 99})
    assert sum(account.counts.values()) == len(account.rows)
    assert account.rows["amount"].sum() == pytest.approx(both["amount"].sum() + 5)


@pytest.mark.parametrize(
    ("row", "as_of", "months", "reason"),
    [
        (("Ada", "2025-01-01", None, 9.0, FREE | {"discount_until": "2025-05-01"}), MARCH, [], "no_mrr"),
        (("Ada", "2025-01-01", "2025-03-31", 9.0), MARCH, [1, 2], ""),  # its end is the as-of day
        (("Ada", "2025-03-01", "2025-03-31", 9.0), MARCH, [], "between_month_ends"),
        (("Ada", "2025-01-01", "2025-03-15", 9.0), "2025-03-15", [1, 2], ""),
        (("Ada", "2025-03-01", None, 9.0), "2025-03-30", [], "starts_after_window"),  # March has not closed
        (("Ada", "2025-03-31", None, 9.0), MARCH, [3], ""),
    ],
)
def test_edges_of_the_window(row, as_of, months, reason):
    ledger = ledger_of(row, ANCHOR, as_of=as_of)
    assert list(mrr_of(ledger)) == months
    assert ledger.reconciliation.rows["reason"].tolist() == [reason, ""]
