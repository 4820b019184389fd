"""What a file is worth: every planted fault and oddity is named, nothing else, and every row accounted for."""

import pandas as pd
import pytest

import retention_kit as rk
from retention_kit.pages import show_faults, show_oddities
from retention_kit.wording import LANGUAGES

AS_OF = "2025-12-31"
ROWS = [
    ("Ada", "2024-12-03", None, 50, "month"),
    ("Bo", "2024-11-03", "2025-02-01", "abc", "month"),
    ("Cy", "soon", None, 3, "month"),
    ("Di", "2024-01-05", "2024-05-05", 840, "year"),
    ("Di", "2024-08-05", None, 840, "year"),  # back after May to July
    ("Ed", "1900-01-01", None, 60, "month"),
    ("Fi", "2024-05-05", None, 50, "month"),
    ("Fi", "2024-06-05", None, 50, "month"),  # with the row before
    ("Gus", "2025-05-05", None, 4000, "month"),  # 80 times the median: not yet far
    ("Hal", "2025-05-05", None, 5000, "month"),  # 100 times
    ("Ivy", "2025-05-05", "9999-12-31", 50, "month"),
    ("Jo", "2025-01-05", "2025-06-05", 50, "month"),
    ("Jo", "2025-06-05", None, 50, "month"),  # a renewal, not at the same time
]


def table():
    return pd.DataFrame(ROWS, columns=["customer_id", "start", "end", "amount", "interval"])


def test_every_planted_oddity_is_found_and_no_other():
    found = rk.data_quality(table(), as_of=AS_OF)
    rows = found.oddities.groupby("kind")["row"].apply(list).to_dict()
    assert rows == {"overlap": [6, 7], "amount": [9], "gap": [4], "date": [5, 10]}
    assert found.faults["row"].tolist() == [1, 2]
    assert found.reconciliation.counts == {"used": 11, "rejected": 2, "outside": 0}
    assert sum(found.reconciliation.counts.values()) == len(ROWS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_said_in_words(lang):
    found = rk.data_quality(table(), as_of=AS_OF)
    assert "11" in found.sentence(lang)
    assert "13" in found.sentence(lang)
    faults = rk.table_faults(found, lang=lang)
    assert "abc" in faults.frame.iloc[0, 1]
    odd = rk.table_oddities(found, lang=lang)
    assert len(odd.frame) == 4
    assert odd.notes == (found.rule.text(lang),)


def test_a_sound_file_has_no_heading_without_contents():
    found = rk.data_quality(table().iloc[:1], as_of=AS_OF)
    assert len(show_faults(found)) == 0
    assert found.oddities.empty
    assert str(found.rule) in str(show_oddities(found))


def test_a_file_without_a_ledger_still_has_its_page():
    found = rk.data_quality(table().iloc[1:3], as_of=AS_OF)
    assert not found.usable
    assert found.reconciliation.counts["rejected"] == 2
    assert len(found.about) == 1
    assert "no number can be computed yet" in found.sentence("en")


def test_only_the_customers_chosen_are_looked_at():
    known = pd.DataFrame({"customer_id": [row[0] for row in ROWS]}).drop_duplicates()
    known["segment"] = known["customer_id"].map(lambda one: "SMB" if one == "Fi" else "large")
    found = rk.data_quality(table(), known, as_of=AS_OF, where={"segment": "SMB"})
    assert set(found.oddities["customer_id"]) == {"Fi"}
    assert len(found.reconciliation.rows) == len(ROWS)


def test_masked_it_quotes_nothing():
    found = rk.data_quality(table(), as_of=AS_OF, mask=True)
    assert set(found.faults["value"]) == {"…"}
    assert all(str(one).startswith("Customer 0") for one in found.oddities["customer_id"])


def odd(*rows):
    """Kinds of oddities with their rows: rows are customer, start, end, amount[, interval, how many, product]."""
    names = ["customer_id", "start", "end", "amount", "interval", "interval_count", "product"]
    usual = ["month", 1, "x"]
    frame = pd.DataFrame([[*row, *usual[len(row) - 4 :]] for row in rows], columns=names)
    return rk.data_quality(frame, as_of=AS_OF).oddities.groupby("kind")["row"].apply(list).to_dict()


def test_rows_that_run_within_another_are_doubled_and_those_of_two_products_are_not():
    assert odd(
        ("Ann", "2024-01-05", None, 50),
        ("Ann", "2024-02-05", "2024-03-05", 50),
        ("Ann", "2024-05-05", "2024-06-05", 50),  # within the first, long after the second
        ("Ben", "2024-01-05", None, 50, "month", 1, "x"),
        ("Ben", "2024-01-05", None, 50, "month", 1, "y"),
    ) == {"overlap": [0, 1, 2]}


def test_amounts_are_compared_by_the_month():
    assert odd(
        *((who, "2024-01-05", None, 50) for who in ("Ann", "Ben", "Cid")),
        ("Dot", "2024-01-05", None, 6000, "year"),  # 500 a month
        ("Eva", "2024-01-05", None, 6000, "month", 12),
        ("Flo", "2024-01-05", None, 0.5),  # a hundredth
        ("Gil", "2024-01-05", None, 0.51),
    ) == {"amount": [5]}


def test_one_month_end_without_mrr_is_a_gap_told_once():
    assert odd(
        ("Ann", "2024-01-05", "2024-03-05", 50),  # at the end of March, nothing
        ("Ann", "2024-04-05", None, 50),
        ("Ann", "2024-04-20", None, 60),
        ("Ben", "2024-01-05", "2024-03-25", 50),
        ("Ben", "2024-04-05", None, 50),
    ) == {"gap": [1, 4]}


def test_columns_that_have_their_right_names_are_told_in_one_sentence():
    found = rk.data_quality(table().rename(columns={"customer_id": "client"}), as_of=AS_OF)
    told = [message for message in found.contents if message.key in {"check.column", "quality.same_names"}]
    assert [message.fields.get("found", message.fields.get("header")) for message in told] == [
        "client",
        ["amount", "interval"],
    ]


@pytest.mark.parametrize("mask", [True, False])
def test_why_there_is_no_ledger_quotes_customers_only_where_names_may_be_shown(mask):
    strangers = pd.DataFrame({"customer_id": ["Zed"], "segment": ["SMB"]})
    found = rk.data_quality(table(), strangers, as_of=AS_OF, mask=mask)
    assert not found.usable
    assert ("Ada" in str(found.about[0])) is not mask
