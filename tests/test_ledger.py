"""Who paid what at the end of each month: against the oracle, and what may not change it."""

import datetime as dt

import cases
import hypothesis.strategies as st
import oracle
import pandas as pd
import pytest
from cases import books, customers, label, ledger_of, subscriptions, told
from hypothesis import assume, given
from pandas.testing import assert_frame_equal

from retention_kit.errors import (
    CurrencyError,
    EmptyTableError,
    InvalidRowsError,
    MissingColumnError,
    MonthError,
    UnknownColumnError,
    UnmatchedCustomersError,
)
from retention_kit.ledger import Ledger, build_ledger, open_ledger
from retention_kit.sources import read_subscriptions
from retention_kit.synthetic import make_business
from retention_kit.wording import has_message

DAY = dt.date(2024, 12, 31)


def table_of(expected):
    """The oracle's book as the package's frame."""
    rows = [
        (who, label(month), cents / 100)
        for who, months in sorted(expected.paid.items())
        for month, cents in sorted(months.items())
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def refused(kind, *arguments, **options):
    with pytest.raises(kind) as caught:
        build_ledger(*arguments, **options)
    assert type(caught.value) is kind
    return told(caught.value)


@given(books())
def test_the_ledger_is_the_oracle_s_to_the_cent(both):
    ledger, expected = both
    assert [ledger.frame[name].tolist() for name in ledger.frame] == table_of(expected)
    assert (ledger.first_month, ledger.last_month) == (label(expected.first), label(expected.last))


def test_where_no_month_has_mrr_the_ledger_says_so():
    """A trial, a start after the last closed month, and a life between two month ends."""
    rows = [
        ("A", dt.date(2024, 1, 1), None, 9.0, {"status": "trialing"}),
        ("B", dt.date(2025, 1, 1), None, 9.0),
        ("C", dt.date(2024, 3, 2), dt.date(2024, 3, 9), 9.0),
    ]
    assert oracle.ledger(subscriptions(*rows), DAY) is None
    english, french = refused(EmptyTableError, subscriptions(*rows), as_of=DAY)
    assert "No subscription of DataFrame has MRR at the end of a month that had ended by 31 December 2024" in english
    assert "Check the as-of date" in english
    assert "Vérifiez la date d’arrêté" in french


@given(books())
def test_the_ledger_s_table_is_sorted_unique_and_positive(both):
    frame = both[0].frame
    assert not frame.duplicated(["customer_id", "month"]).any()
    assert_frame_equal(frame, frame.sort_values(["customer_id", "month"], ignore_index=True))
    assert (frame["mrr"] > 0).all()


@given(cases.TABLES.filter(lambda table: len(table) > 1), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(table, random):
    assume(oracle.ledger(table, DAY) is not None)
    order = random.sample(range(len(table)), len(table))
    built, shuffled = (build_ledger(t, as_of=DAY, end_inclusive=False) for t in (table, table.iloc[order]))
    assert_frame_equal(built.frame, shuffled.frame)
    assert built.reconciliation.counts == shuffled.reconciliation.counts


@given(books())
def test_names_of_customers_change_nothing_but_themselves(both):
    """Upside down: A is called Z, F is called U, so that their order turns round as well."""
    ledger, expected = both
    names = {who: chr(ord("A") + ord("Z") - ord(who)) for who in "ABCDEF"}
    renamed = oracle.Book({names[who]: months for who, months in expected.paid.items()}, expected.first, expected.last)
    frame = ledger.frame.assign(customer_id=ledger.frame["customer_id"].map(names))
    frame = frame.sort_values(["customer_id", "month"])
    assert [frame[name].tolist() for name in frame] == table_of(renamed)


@given(cases.rows(), st.integers(1, 300))
def test_a_subscription_cut_in_two_adjacent_ones_is_the_same(row, days):
    """[start, cut) and [cut, end) have the same amount, so they round alike and no month end is in both."""
    who, start, end, *rest = row
    cut = start + dt.timedelta(days=days)
    assume(end is None or cut < end)
    anchor = ("Z", start, None, 1.0)
    whole = ledger_of((who, start, end, *rest), anchor, as_of=dt.date(2025, 3, 31))
    halves = ledger_of((who, start, cut, *rest), (who, cut, end, *rest), anchor, as_of=dt.date(2025, 3, 31))
    assert_frame_equal(whole.frame, halves.frame)


@given(books())
def test_every_input_row_is_accounted_for_once(both):
    ledger, _ = both
    account = ledger.reconciliation
    assert sum(account.counts.values()) == len(account.rows)
    assert account.rows["row"].tolist() == list(range(len(account.rows)))
    assert ((account.rows["status"] == "used") == (account.rows["reason"] == "")).all()
    reasons = set(account.rows["reason"]) - {""}
    assert all(has_message(f"reason.{reason}") for reason in reasons)
    assert account.to_frame()["rows"].sum() == len(account.rows)
    assert account.to_frame()["amount"].sum() == pytest.approx(account.rows["amount"].sum())


@given(cases.TABLES.filter(len))
def test_a_row_is_used_when_the_oracle_finds_mrr_in_it(table):
    """Each row alone: it is used exactly if the oracle's ledger of that one row is not empty."""
    anchor = subscriptions(("Z", "2024-01-01", None, 1.0)).assign(subscription_id="anchor")
    ledger = build_ledger(pd.concat([table, anchor], ignore_index=True), as_of=DAY, end_inclusive=False)
    used = [oracle.ledger(table.iloc[[place]], DAY) is not None for place in range(len(table))]
    assert (ledger.reconciliation.rows["status"] == "used").tolist() == [*used, True]


def test_rows_read_rejected_and_outside_add_up_with_their_words():
    rows = [("Ada", "2024-01-01", None, 10.0), ("Bo", "soon", None, 20.0), ("Cy", "2025-06-01", None, 30.0)]
    ledger = ledger_of(*rows, as_of=DAY, bad_rows="reject")
    account = ledger.reconciliation
    assert account.counts == {"used": 1, "rejected": 1, "outside": 1}
    assert account.sentence("en") == "DataFrame: 3 rows read = 1 used + 1 rejected + 1 outside."
    assert "3 lignes lues = 1 utilisée + 1 rejetée + 1 hors champ" in account.sentence("fr")
    assert account.rows["reason"].tolist() == ["", "date_unreadable", "starts_after_window"]


def test_building_does_not_change_its_input():
    table, attributes = subscriptions(("A", "2024-01-01", "2024-05-05", 10.0)), customers()
    read = read_subscriptions(table)
    before = [frame.copy(deep=True) for frame in (table, attributes, read.frame)]
    build_ledger(read, as_of=DAY, customers=attributes)
    build_ledger(table, as_of=DAY, customers=attributes, end_inclusive=True)
    for frame, copy in zip((table, attributes, read.frame), before, strict=True):
        assert_frame_equal(frame, copy)


def test_a_month_that_has_not_ended_is_not_in_the_ledger():
    """As of 30 January only December has closed."""
    rows = ("Ada", "2024-12-05", None, 10.0), ("Bo", "2025-01-05", None, 10.0)
    ledger = ledger_of(*rows, as_of="2025-01-30")
    assert ledger.frame["month"].tolist() == [pd.Timestamp("2024-12-01")]
    assert ledger.reconciliation.rows["reason"].tolist() == ["", "starts_after_window"]


def test_several_currencies_are_refused_and_named():
    table = subscriptions(("Ada", "2024-01-01", None, 10.0), ("Bo", "2024-01-01", None, 10.0))
    english, french = refused(CurrencyError, table.assign(currency=["EUR", "USD"]), as_of=DAY)
    assert "several currencies: EUR, USD. Build one ledger for each" in english
    assert "plusieurs devises : EUR, USD" in french
    assert build_ledger(table.assign(currency="EUR"), as_of=DAY).currency == "EUR"


def test_customers_none_of_whom_is_known_are_refused_with_examples():
    """Ids written in two ways: 7 in one table, 007 in the other."""
    others = pd.DataFrame({"customer_id": ["007"], "segment": ["small"]})
    table = subscriptions(("7", "2024-01-01", None, 10.0))
    english, french = refused(UnmatchedCustomersError, table, as_of=DAY, customers=others)
    assert all(part in english for part in ["such as 7", "such as 007", "same ids, written the same way"])
    assert "écrits de la même façon" in french


def test_customers_partly_known_are_counted_and_shown_as_unknown():
    """A is known, F is not; B, C and D never paid."""
    rows = ("A", "2024-01-01", None, 10.0), ("F", "2024-01-01", None, 10.0)
    ledger = ledger_of(*rows, as_of=DAY, customers=customers())
    found = {warning.key: warning.fields for warning in ledger.warnings}
    assert found["warning.customers_unknown"]["n"] == 1
    assert found["warning.customers_without_mrr"]["n"] == 3
    codes, names = ledger.groups("segment")
    assert (codes.tolist(), names) == ([0, 1], ["large", cases.UNKNOWN])


def test_an_attribute_that_is_not_there_is_refused_with_those_that_are():
    rows = [("A", "2024-01-01", None, 10.0)]
    with pytest.raises(UnknownColumnError, match=r'by="region" is not an attribute.*They have: segment'):
        ledger_of(*rows, as_of=DAY, customers=customers()).groups("region")
    with pytest.raises(UnknownColumnError, match="Give the customers when building the ledger"):
        ledger_of(*rows, as_of=DAY).groups("segment")


def test_an_as_of_that_is_no_day_is_refused():
    with pytest.raises(MonthError, match="“tomorrow” is not a day"):
        ledger_of(("A", "2024-01-01", None, 10.0), as_of="tomorrow")


def end_of_export(*rows, as_of):
    found = [warning for warning in ledger_of(*rows, as_of=as_of).warnings if warning.key == "warning.end_of_export"]
    return [(warning.fields["n"], warning.fields["total"], warning.fields["day"].date()) for warning in found]


STAYS, LEFT, RENEWED = "2024-01-01", "2024-06-05", "2024-11-05"


def test_ends_on_the_last_day_of_a_file_are_questioned():
    """Ada renews once; hers and Bo's last ends are the last day of the file, Cy's is earlier: 2 of 3 who leave."""
    rows = [
        ("Ada", STAYS, LEFT, 10.0),
        ("Ada", LEFT, RENEWED, 10.0),
        ("Bo", STAYS, RENEWED, 10.0),
        ("Cy", STAYS, LEFT, 10.0),
    ]
    assert end_of_export(*rows, as_of=DAY) == [(2, 3, dt.date(2024, 11, 5))]


@pytest.mark.parametrize(
    "others",
    [
        [("Cy", "2024-11-06", None, 10.0)],  # the file goes on after that day
        [("Cy", STAYS, LEFT, 10.0), ("Di", STAYS, LEFT, 10.0)],  # half of them are not most
        [("Bo", RENEWED, None, 10.0)],  # Bo stays: only one leaves
    ],
)
def test_ordinary_ends_are_not_questioned(others):
    rows = [("Ada", STAYS, RENEWED, 10.0), ("Bo", STAYS, RENEWED, 10.0), *others]
    assert end_of_export(*rows, as_of=DAY) == []


def test_ends_after_as_of_are_not_seen():
    rows = [("Ada", STAYS, RENEWED, 10.0), ("Bo", STAYS, RENEWED, 10.0)]
    assert end_of_export(*rows, as_of="2024-10-31") == []


def test_the_ledger_says_what_it_holds_and_by_which_rule():
    ledger = ledger_of(("Ada", "2024-01-01", None, 10.0), as_of=DAY)
    assert (
        ledger.summary("en") == "1 customer, January 2024 to December 2024, as of 31 December 2024; MRR at the end: 10."
    )
    text = str(ledger)
    assert "first day not paid" in text
    assert "1 row read = 1 used" in text
    assert text.split("\n")[0] in ledger._repr_html_()


def test_a_ledger_can_be_opened_as_a_report_does(tmp_path):
    """Empty texts stand for what is not given."""
    path = tmp_path / "export.csv"
    subscriptions(("Ada", "2024-01-01", "", 10.0)).rename(columns={"start": "from"}).to_csv(path, index=False)
    ledger = open_ledger(str(path), "", as_of="2024-03-31", columns={"start": "from"}, interval="", currency="EUR")
    assert (ledger.frame["mrr"].tolist(), ledger.currency) == ([10.0, 10.0, 10.0], "EUR")


# --- a customer × month table that someone already has -------------------------------------------------------------

WIDE = pd.DataFrame({"2025-01": [100.0, 50.0, 0.0], "2025-02": [120.0, None, 30.0]}, index=["Ada", "Bo", "Cy"])
LONG = pd.DataFrame(
    {
        "customer_id": ["Ada", "Ada", "Bo", "Cy"],
        "month": ["2025-01", "2025-02", "2025-01", "2025-02"],
        "mrr": [100.0, 120.0, 50.0, 30.0],
    }
)


def from_frame_refused(kind, frame, **options):
    with pytest.raises(kind) as caught:
        Ledger.from_frame(frame, **{"as_of": "2025-02-28"} | options)
    assert type(caught.value) is kind
    return told(caught.value)[0]


@given(books())
def test_a_ledger_s_own_frame_makes_the_same_ledger(both):
    ledger, _ = both
    again = Ledger.from_frame(ledger.frame, as_of=ledger.as_of, complete=True)
    assert_frame_equal(again.frame, ledger.frame)
    assert (again.book.first, again.book.last, again.book.complete) == (ledger.book.first, ledger.book.last, True)
    assert again.reconciliation.counts["used"] == len(ledger.frame)


@pytest.mark.parametrize("frame", [LONG, WIDE, WIDE.rename_axis("customer_id").reset_index(), LONG.iloc[::-1]])
def test_long_and_wide_tables_are_read_alike(frame):
    before = frame.copy(deep=True)
    ledger = Ledger.from_frame(frame, as_of="2025-02-28", currency="eur", customers=customers_of("Ada", "Bo", "Cy"))
    assert_frame_equal(ledger.frame.astype({"month": str}), LONG.assign(month=LONG["month"] + "-01"), check_dtype=False)
    assert (ledger.currency, ledger.customers["segment"].tolist()) == ("EUR", ["small"] * 3)
    assert_frame_equal(frame, before)


def customers_of(*ids):
    return pd.DataFrame({"customer_id": ids, "segment": "small"})


def test_the_first_month_of_a_table_is_an_opening_unless_it_is_said_to_be_complete():
    opening, complete = (Ledger.from_frame(WIDE, as_of="2025-02-28", complete=said) for said in (False, True))
    assert opening.book.truncated.tolist() == [True, True, False]
    assert [rule.key for rule in opening.rules] == ["rule.given", "rule.given.opening"]
    assert complete.book.truncated.tolist() == [False] * 3
    assert [rule.key for rule in complete.rules] == ["rule.given"]


def test_a_wide_table_ends_with_its_last_column_a_long_one_with_as_of():
    """Nobody is in the long table in March: all who were there have left, which is said."""
    wide, long = (Ledger.from_frame(frame, as_of="2025-03-31") for frame in (WIDE, LONG))
    assert (wide.last_month, wide.warnings) == (pd.Timestamp("2025-02-01"), ())
    assert long.last_month == pd.Timestamp("2025-03-01")
    assert "The last month of the table is February 2025" in long.warnings[0].text("en")


def test_what_lies_after_as_of_and_what_is_nothing_is_outside():
    """Of the long table, February has not closed; Di pays nothing. Of the wide one, Cy's only amount is February's."""
    nothing = pd.DataFrame({"customer_id": ["Di"], "month": ["2025-01"], "mrr": [0.0]})
    long = Ledger.from_frame(pd.concat([LONG, nothing], ignore_index=True), as_of="2025-02-27").reconciliation
    assert long.rows["reason"].tolist() == ["", "after_window", "", "after_window", "no_mrr"]
    assert long.counts == {"used": 2, "rejected": 0, "outside": 3}
    wide = Ledger.from_frame(WIDE, as_of="2025-02-27").reconciliation
    assert wide.rows[["customer_id", "status", "amount"]].to_numpy().tolist() == [
        ["Ada", "used", 220.0],
        ["Bo", "used", 50.0],
        ["Cy", "outside", 30.0],
    ]


def test_a_table_is_exact_to_the_cent():
    """1.035 is a tie to the even 1.04 although its float lies below; text is read as it is written."""
    cells = ["1.035", 0.1 + 0.2, "19.99", 9_999_999_999.99]
    wide = pd.DataFrame([cells], columns=["2025-01", "2025-02", "2025-03", "2025-04"], index=["Ada"])
    assert Ledger.from_frame(wide, as_of="2025-04-30").book.cents.tolist() == [104, 30, 1999, 999_999_999_999]


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (pd.concat([LONG, LONG[:1]]), "the same customer and month stand twice: row Ada 2025-01"),
        (LONG.assign(mrr=[1, 2, -3, 4]), "negative amount: row Bo 2025-01"),
        (LONG.assign(mrr=[1, 2, "x", 4]), "not a number like 1234.56: row Bo 2025-01"),
        (LONG.assign(month=["2025-01", "Feb", "2025-01", "2025-02"]), "not a month like 2025-12: row Ada Feb"),
        (WIDE.rename(columns={"2025-02": "total"}), "3 rows cannot be used. not a month like 2025-12"),
        (pd.concat([WIDE, WIDE[:1]]), "2 rows cannot be used. the same customer and month"),
        (LONG.assign(customer_id=["Ada", "Ada", "", "Cy"]), "no customer_id"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_name(frame, text):
    assert text in from_frame_refused(InvalidRowsError, frame)


def test_a_wide_table_with_a_gap_and_one_without_a_month_are_refused():
    gap = WIDE.rename(columns={"2025-02": "2025-04"})
    assert "no column for 2 months" in from_frame_refused(MissingColumnError, gap, as_of="2025-04-30")
    assert "frame= lacks the column customer_id, month, mrr" in from_frame_refused(MissingColumnError, WIDE[[]])
    assert "No cell of the table has MRR" in from_frame_refused(EmptyTableError, WIDE, as_of="2024-12-31")


def test_a_day_long_after_the_last_news_is_warned_of():
    """Nothing happens after 1 January 2024: in June that is half a year without news, in March it is not."""
    row = ("A", "2024-01-01", None, 10.0)
    late = ledger_of(row, as_of="2024-12-31").warnings
    assert "warning.after_the_data" in [warning.key for warning in late]
    assert "2024" in late[0].text("fr")
    assert ledger_of(row, as_of="2024-06-30").warnings == ()


def test_a_table_without_ends_says_that_every_subscription_runs_on():
    table = cases.subscriptions(("A", "2024-01-01", None, 10.0)).drop(columns="end")
    keys = [warning.key for warning in build_ledger(table, as_of="2024-03-31").warnings]
    assert keys == ["warning.no_end_column"]
    assert build_ledger(table.assign(end=None), as_of="2024-03-31").warnings == ()


# --- when contracts can end, and who began before the history ------------------------------------------------------


def test_terms_are_the_longest_interval_among_those_a_customer_began_with():
    """Bo's yearly contract comes later, Cy's is beside a monthly one, Fo pays only after a free half-year."""
    rows = [
        ("Ada", "2024-01-10", None, 10.0, {"interval": "quarter", "interval_count": 2}),
        ("Bo", "2024-01-10", None, 10.0),
        ("Bo", "2024-02-10", None, 120.0, {"interval": "year"}),
        ("Cy", "2024-01-10", None, 10.0),
        ("Cy", "2024-01-20", None, 120.0, {"interval": "year"}),
        ("Di", "2024-01-10", None, 10.0, {"interval": "week", "interval_count": 26}),
        ("Ed", "2024-01-10", None, 240.0, {"interval": "year", "interval_count": 2}),
        (
            "Fo",
            "2024-01-10",
            None,
            60.0,
            {"interval": "half_year", "discount_percent": 100.0, "discount_until": "2024-07-10"},
        ),
        ("Fo", "2024-02-10", "2024-06-01", 9.0, {"interval": "year", "status": "trialing"}),
    ]
    ledger = ledger_of(*rows, as_of="2024-12-31")
    assert dict(zip(ledger.ids, ledger.terms.tolist(), strict=True)) == {
        **{"Ada": 6, "Bo": 1, "Cy": 12, "Di": 1, "Ed": 24, "Fo": 6}
    }


def test_yearly_contracts_of_the_invented_business_end_every_twelve_months():
    business = make_business(300, seed=3)
    yearly = business.subscriptions.groupby("customer_id")["interval"].agg(lambda cells: (cells == "year").any())
    ledger = build_ledger(business.subscriptions, as_of=business.as_of, end_inclusive=False)
    expected = yearly.reindex(ledger.ids).map({True: 12, False: 1})
    assert ledger.terms.tolist() == expected.tolist()
    assert set(ledger.terms) == {1, 12}


def test_a_table_of_months_and_a_start_nobody_knows_have_terms_of_one():
    assert Ledger.from_frame(LONG, as_of="2025-02-28").terms.tolist() == [1, 1, 1]
    gap = [
        ("Ada", f"2024-{month}-01", end, 12.0, {"interval": "year"})
        for month, end in (("01", "2024-02-01"), ("04", None))
    ]
    assert ledger_of(*gap, as_of="2024-12-31", history_from="2024-06").terms.tolist() == [1]


def test_refunds_that_empty_a_customer_keep_terms_beside_their_customers():
    rows = [("Ada", "2024-01-10", "2024-02-10", 10.0), ("Bo", "2024-01-10", None, 120.0, {"interval": "year"})]
    back = pd.DataFrame({"customer_id": ["Ada"], "at": ["2024-01-31"], "amount": [10]})
    ledger = ledger_of(*rows, as_of="2024-03-31", refunds=back, refund_rule="issue")
    assert (ledger.ids.tolist(), ledger.terms.tolist()) == (["Bo"], [12])


def test_a_true_start_is_the_first_of_an_unbroken_row_of_contracts():
    """The history opens with December 2023: Ada a row of two, Bo with a hole, Cy one beneath two, Di in December."""
    rows = [
        ("Ada", "2023-02-15", "2023-08-15", 10.0),
        ("Ada", "2023-08-15", None, 12.0),
        ("Bo", "2023-02-15", "2023-07-15", 10.0),
        ("Bo", "2023-08-15", None, 12.0),
        ("Cy", "2023-06-01", None, 10.0),
        ("Cy", "2023-02-15", "2023-03-15", 10.0),
        ("Cy", "2023-01-01", "2023-09-15", 10.0),
        ("Di", "2023-12-20", None, 10.0),
        ("Ed", "2024-01-01", None, 10.0),
    ]
    ledger = ledger_of(*rows, as_of="2024-06-30", history_from="2024-01")
    lives = ledger.engine.lives(ledger.book)
    assert ledger.book.truncated.tolist() == [True, True, True, True, False]
    assert lives.known.tolist() == [True, False, True, True, True]
    assert lives.entry.tolist() == [10, 0, 11, 0, 0]


def test_what_a_shorter_history_knows_of_a_customer_is_what_the_whole_file_knows():
    """Delayed entry changes from when on a customer is watched, not how old they are or when they leave."""
    business = make_business(300, seed=3)
    whole, late = (
        build_ledger(business.subscriptions, as_of=business.as_of, end_inclusive=False, history_from=since)
        for since in (None, "2024-06")
    )
    lives, after = whole.engine.lives(whole.book), late.engine.lives(late.book)
    some = after.known & (after.entry > 0)
    where = whole.ids.get_indexer(late.ids[some])
    assert some.sum() > 50
    for name in ("start", "watched"):
        assert getattr(after, name)[some].tolist() == getattr(lives, name)[where].tolist()
    assert after.churned[some].tolist() == lives.churned[where].tolist()
    assert (after.start + after.entry)[some].tolist() == [late.book.first] * int(some.sum())
    assert late.terms[some].tolist() == whole.terms[where].tolist()
