"""Reading files and tables: what is good is typed, what is wrong is named, row by row, in both languages."""

import hashlib
import zipfile

import pandas as pd
import pytest
from cases import subscriptions, told
from pandas.testing import assert_frame_equal

from retention_kit.errors import (
    EmptyTableError,
    FileNotReadableError,
    InvalidRowsError,
    MissingColumnError,
    OptionError,
)
from retention_kit.ledger import build_ledger
from retention_kit.sources import read_customers, read_subscriptions
from retention_kit.wording import Message, has_message, render

HEADER = "subscription_id,customer_id,start,end,amount,interval"
GOOD = "s1,Ada,2025-01-01,,10.5,month"


@pytest.fixture
def write(tmp_path):
    """Write lines (or bytes) to a CSV file and return its path."""

    def to_file(*lines, encoding="utf-8"):
        path = tmp_path / "export.csv"
        path.write_bytes(lines[0] if isinstance(lines[0], bytes) else "\n".join(lines).encode(encoding))
        return path

    return to_file


def refused(kind, source, read=read_subscriptions, **options):
    """The English and the French text of an error."""
    with pytest.raises(kind) as caught:
        read(source, **options)
    assert type(caught.value) is kind
    return told(caught.value)


def says(texts, english, french):
    return all(part in texts[0] for part in english) and all(part in texts[1] for part in french)


# --- what is good


def test_a_file_is_typed_and_numbered_as_a_spreadsheet_shows_it(write):
    read = read_subscriptions(write(HEADER, GOOD, " s2 ,Bo,2025-01-15,2025-03-15,1200, Year "))
    row = read.frame.iloc[1]
    assert read.frame["row"].tolist() == [2, 3]
    assert (row["subscription_id"], row["interval"], row["amount"]) == ("s2", "year", 1200.0)
    assert (row["start"], row["end"]) == (pd.Timestamp("2025-01-15"), pd.Timestamp("2025-03-15"))
    assert (len(read), read.source) == (2, "export.csv")


def test_an_empty_end_means_running_and_optional_columns_have_their_defaults(write):
    row = read_subscriptions(write(HEADER, GOOD)).frame.iloc[0]
    assert pd.isna(row["end"])
    assert (row["interval_count"], row["discount_percent"], row["status"]) == (1, 0.0, "active")


def test_leading_zeros_of_ids_survive(write):
    """Read as numbers, 007 and 7 would become one customer."""
    lines = HEADER, "0001,007,2025-01-01,,10,month", "0002,7,2025-01-01,,10,month"
    ledger = build_ledger(write(*lines), as_of="2025-01-31")
    assert ledger.frame["customer_id"].tolist() == ["007", "7"]
    assert ledger.reconciliation.rows["subscription_id"].tolist() == ["0001", "0002"]


def test_words_that_pandas_takes_for_missing_stay_ids(write):
    assert read_subscriptions(write(HEADER, GOOD.replace("Ada", "NA"))).frame["customer_id"].tolist() == ["NA"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_accents_and_a_byte_order_mark_are_read(write, encoding):
    """With the mark kept, the first header would read ﻿subscription_id and be missing."""
    read = read_subscriptions(write(HEADER, GOOD.replace("Ada", "Société Gérard"), encoding=encoding))
    assert read.frame["customer_id"].tolist() == ["Société Gérard"]


def test_lines_that_hold_nothing_are_no_rows_but_are_counted(write):
    """Line 3 is blank, line 4 has only commas; the bad row stands on line 5, where a spreadsheet shows it."""
    read = read_subscriptions(write(HEADER, GOOD, "", ",,,,,", "s2,Bo,soon,,1,month", ""), bad_rows="reject")
    assert read.frame["row"].tolist() == [2]
    assert read.rejected["row"].tolist() == [5]


def test_the_digest_is_the_file_s_sha256(write):
    path = write(HEADER, GOOD)
    assert read_subscriptions(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_other_headers_are_mapped_and_constants_fill_missing_columns(write):
    path = write("id,client,from,monthly,amount", "s1,Ada,2025-01-01,99,no number")
    names = {"subscription_id": "id", "customer_id": "client", "start": "from", "amount": "monthly"}
    read = read_subscriptions(path, columns=names, interval="month", currency="EUR")
    assert read.frame[["customer_id", "amount", "interval", "currency"]].to_numpy().tolist() == [
        ["Ada", 99.0, "month", "EUR"]
    ]


def test_one_header_may_serve_two_fields():
    """An export with one subscription a customer has one id."""
    table = subscriptions(("Ada", "2025-01-01", None, 10.0)).drop(columns="subscription_id")
    read = read_subscriptions(table, columns={"subscription_id": "customer_id", "customer_id": "customer_id"})
    assert read.frame[["subscription_id", "customer_id"]].to_numpy().tolist() == [["Ada", "Ada"]]


@pytest.mark.parametrize(
    "start",
    [
        "2025-01-15",
        "2025-01-15T23:30:00",
        pd.Timestamp("2025-01-15 23:30"),
        pd.Timestamp("2025-01-15 23:30", tz="Asia/Tokyo"),
    ],
)
def test_a_day_is_a_day_in_whatever_form(start):
    """A time of day is dropped; a time zone's own day is kept (in UTC the last one would be the 15th at 14:30)."""
    read = read_subscriptions(subscriptions(("Ada", start, None, 10.0)))
    assert read.frame["start"].tolist() == [pd.Timestamp("2025-01-15")]


def test_reading_does_not_change_the_table():
    table = subscriptions(("Ada", "2025-01-01", None, 10.0), ("Bo", "soon", None, -1.0))
    before = table.copy(deep=True)
    read_subscriptions(table, columns={"plan": "status"}, currency="EUR", bad_rows="reject")
    assert_frame_equal(table, before)


# --- what is wrong: columns, options, files


def test_a_missing_column_is_named_with_those_found_and_the_way_out(write):
    texts = refused(MissingColumnError, write("subscription_id,who,start,amount", "1,2,2025-01-01,3"))
    assert says(
        texts,
        ["export.csv lacks customer_id, interval", "subscription_id, who, start, amount", 'columns={"start"'],
        ["export.csv n’a pas de colonne customer_id, interval", "Dites quel en-tête convient"],
    )


def test_a_header_that_is_not_there_is_named(write):
    texts = refused(MissingColumnError, write(HEADER, GOOD), columns={"start": "begin"})
    assert says(texts, ["no column “begin”", "subscription_id, customer_id"], ["pas de colonne « begin »"])


def test_a_field_that_does_not_exist_is_refused_with_the_legal_ones(write):
    texts = refused(OptionError, write(HEADER, GOOD), columns={"price": "amount"})
    assert says(texts, ["columns cannot be “price”", "amount, interval"], ["ne peut pas valoir « price »"])


def test_another_word_for_bad_rows_is_refused(write):
    texts = refused(OptionError, write(HEADER, GOOD), bad_rows="drop")
    assert says(texts, ["bad_rows cannot be “drop”", "refuse, reject"], ["« drop »"])


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", HEADER.encode(), HEADER.encode() + b"\n\n,,,,,\n"])
def test_an_empty_file_says_so(write, content):
    texts = refused(EmptyTableError, write(content))
    assert says(texts, ["export.csv has no rows. Export it again"], ["export.csv ne contient aucune ligne"])


def test_a_file_that_is_not_there_is_named(tmp_path):
    texts = refused(FileNotReadableError, tmp_path / "nowhere.csv")
    assert says(texts, ["There is no file", "nowhere.csv", "Check the path"], ["Il n’y a pas de fichier"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_accents_are_right_in_every_usual_encoding(write, encoding):
    """Read as UTF-8, é of Latin-1 is no text at all; read as Latin-1, é of UTF-8 is Ã©."""
    read = read_subscriptions(write(HEADER, GOOD.replace("Ada", "Gérard"), encoding=encoding))
    assert read.frame["customer_id"].tolist() == ["Gérard"]


def test_the_encoding_can_be_said_and_an_unknown_one_is_refused(write):
    path = write(HEADER, GOOD.replace("Ada", "Łódź"), encoding="cp1250")
    assert read_subscriptions(path, encoding="cp1250").frame["customer_id"].tolist() == ["Łódź"]
    assert says(refused(OptionError, path, encoding="klingon"), ["encoding cannot be “klingon”"], ["« klingon »"])


def test_what_is_no_text_is_refused_and_says_how_to_save_it(write):
    texts = refused(FileNotReadableError, write(b"PK\x03\x04\x00\x00\xff"))
    assert says(texts, ["export.csv cannot be read", "“CSV UTF-8”"], ["« CSV UTF-8 »"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(write, separator):
    """The product's name holds the other three, in quotes."""
    header = [*HEADER.split(","), "product"]
    cells = [*GOOD.split(","), '"a,b;c|d"']
    read = read_subscriptions(write(separator.join(header), separator.join(cells)))
    assert read.frame[["customer_id", "amount", "product"]].to_numpy().tolist() == [["Ada", 10.5, "a,b;c|d"]]


TYPED = pd.DataFrame(
    {
        "subscription_id": ["s1", "s2"],
        "customer_id": [7, 8],
        "start": pd.to_datetime(["2025-01-15", "2025-02-01"]),
        "end": pd.to_datetime([None, "2025-03-31"]),
        "amount": [12.345, 1200.0],
        "interval": ["month", "year"],
    }
)


def test_excel_s_typed_cells_are_read_from_the_first_or_a_named_sheet(tmp_path):
    """12.345 is a number there, no text that could be twelve thousand; ids are texts as in a CSV."""
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        TYPED.to_excel(book, sheet_name="Abonnements", index=False)
        TYPED.assign(amount=1).to_excel(book, sheet_name="Autre", index=False)
    read = read_subscriptions(path)
    assert read.frame["amount"].tolist() == [12.345, 1200.0]
    assert read.frame["customer_id"].tolist() == ["7", "8"]
    assert read.frame["start"].tolist() == TYPED["start"].tolist()
    assert read.frame["end"].isna().tolist() == [True, False]
    assert read.frame["row"].tolist() == [2, 3]
    assert read.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_subscriptions(path, sheet="Autre").frame["amount"].tolist() == [1, 1]
    assert says(refused(OptionError, path, sheet="Feuil1"), ["“Feuil1”", "Abonnements, Autre"], ["Abonnements, Autre"])


def test_a_sheet_is_only_for_excel_and_a_false_excel_file_is_named(write, tmp_path):
    assert says(refused(OptionError, write(HEADER, GOOD), sheet="A"), ["Excel", "Leave sheet out"], ["N’indiquez pas"])
    path = tmp_path / "book.xlsx"
    path.write_text(HEADER)
    assert says(refused(FileNotReadableError, path), ["book.xlsx is not what its ending says"], ["son extension"])


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_an_excel_file_damaged_inside_is_named(tmp_path, place):
    """The archive is whole, the compressed sheet is not: a byte of its stream is turned round, early or late."""
    path = tmp_path / "book.xlsx"
    pd.concat([TYPED] * 500).assign(note=range(1000)).to_excel(path, index=False)
    with zipfile.ZipFile(path) as archive:
        sheet = next(item for item in archive.infolist() if "sheet1" in item.filename)
    content = bytearray(path.read_bytes())
    content[sheet.header_offset + 30 + len(sheet.filename) + int(place * sheet.compress_size)] ^= 0xFF
    path.write_bytes(content)
    assert says(refused(FileNotReadableError, path), ["book.xlsx is not what its ending says"], ["son extension"])


def test_parquet_is_read_with_its_types(tmp_path):
    path = tmp_path / "export.parquet"
    TYPED.to_parquet(path)
    read = read_subscriptions(path)
    assert read.frame[["customer_id", "amount"]].to_numpy().tolist() == [[7, 12.345], [8, 1200.0]]


def test_a_package_that_is_missing_is_named_with_the_extra(tmp_path, monkeypatch):
    path = tmp_path / "export.parquet"
    TYPED.to_parquet(path)

    def missing(*_, **__):
        raise ImportError("pyarrow")

    monkeypatch.setattr(pd, "read_parquet", missing)
    texts = refused(FileNotReadableError, path)
    assert says(texts, ["needs the package pyarrow", "retention-kit[files]"], ["il faut le paquet pyarrow"])


def test_one_row_with_more_cells_is_refused_with_its_line(write):
    texts = refused(FileNotReadableError, write(HEADER, GOOD, GOOD + ",extra"))
    assert says(texts, ["export.csv cannot be read", "line 3"], ["ne se lit pas"])


@pytest.mark.parametrize("read", [read_subscriptions, read_customers])
def test_rows_with_more_cells_than_headers_are_never_shifted(write, read):
    """Pandas would take the first column for row labels: every customer's segment would become its id."""
    texts = refused(FileNotReadableError, write("customer_id,segment", "Ada,small,", "Bo,large,"), read)
    assert says(texts, ["more cells than its header", "take away the comma"], ["plus de cellules que l’en-tête"])


# --- what is wrong: rows

BAD_CELLS = [
    ({"subscription_id": " "}, "no_subscription_id"),
    ({"customer_id": ""}, "no_customer_id"),
    ({"start": ""}, "no_start"),
    ({"start": "15/13/2025"}, "date_unreadable"),
    ({"start": "2025-02-30"}, "date_unreadable"),
    ({"end": "soon"}, "date_unreadable"),
    ({"end": "2024-12-31"}, "end_before_start"),
    ({"amount": ""}, "no_amount"),
    ({"amount": "12,50.1"}, "number_unreadable"),
    ({"amount": "-5"}, "amount_negative"),
    ({"amount": "inf"}, "amount_infinite"),
    ({"amount": "1e14"}, "amount_too_large"),
    ({"interval": "fortnight"}, "interval_unknown"),
    ({"interval": ""}, "interval_unknown"),
    ({"interval_count": "0"}, "interval_count_wrong"),
    ({"interval_count": "1.5"}, "interval_count_wrong"),
    ({"discount_percent": "101"}, "discount_wrong"),
    ({"discount_amount": "10.01"}, "discount_wrong"),
    ({"discount_amount": "-1"}, "discount_wrong"),
    ({"discount_until": "forever"}, "date_unreadable"),
    ({"status": "gone"}, "status_unknown"),
    ({"status": "cancelled"}, "cancelled_without_end"),
    ({"currency": ""}, "no_currency"),
    ({"subscription_id": "s1"}, "duplicate_subscription_id"),
]
_GOOD_CELLS = dict(zip(HEADER.split(","), ["s1", "Ada", "2025-01-01", "", "10", "month"], strict=True)) | {
    "interval_count": "1",
    "discount_percent": "0",
    "discount_amount": "0",
    "discount_until": "",
    "status": "active",
    "currency": "EUR",
}


def lines_with(cells):
    good, bad = _GOOD_CELLS, _GOOD_CELLS | {"subscription_id": "s2", "customer_id": "Bo"} | cells
    return [",".join(good), *('"' + '","'.join(row.values()) + '"' for row in (good, bad))]


@pytest.mark.parametrize(("cells", "reason"), BAD_CELLS)
def test_a_bad_cell_is_refused_with_its_row_value_and_the_way_out(write, cells, reason):
    """The good row is on line 2, the bad one on line 3."""
    (field, value), texts = next(iter(cells.items())), refused(InvalidRowsError, write(*lines_with(cells)))
    english, french = told(Message(f"reason.{reason}"))
    assert says(
        texts, ["export.csv: 1 row cannot be used", english, "row 3 (", 'bad_rows="reject"'], [french, "ligne 3 ("]
    )
    if reason not in ("cancelled_without_end",):  # there the value at fault is the end that is not given
        assert f"{field} “{value}”" in texts[0]


@pytest.mark.parametrize(("cells", "reason"), BAD_CELLS)
def test_a_bad_row_is_set_aside_and_accounted_for_when_asked(write, cells, reason):
    ledger = build_ledger(write(*lines_with(cells)), as_of="2025-01-31", bad_rows="reject")
    account = ledger.reconciliation.rows
    assert account[["row", "status", "reason"]].to_numpy().tolist() == [[2, "used", ""], [3, "rejected", reason]]
    assert ledger.frame["customer_id"].tolist() == ["Ada"]


@pytest.mark.parametrize("reason", sorted({reason for _, reason in BAD_CELLS}))
def test_every_reason_has_words_in_both_languages(reason):
    assert has_message(f"reason.{reason}")
    assert render(f"reason.{reason}", "en") != render(f"reason.{reason}", "fr")


def test_many_bad_rows_are_counted_by_reason_with_three_examples(write):
    bad = [f"s{place},Bo,2025-01-01,,-1,month" for place in range(2, 7)]
    english, french = refused(InvalidRowsError, write(HEADER, GOOD, *bad))
    assert "5 rows cannot be used: negative amount: row 3" in english
    assert "row 5 (amount “-1”)" in english
    assert "row 6" not in english
    assert "and 2 more" in english
    assert "et 2 de plus" in french


def test_a_row_with_two_faults_is_one_row_with_both_reasons(write):
    english, _ = refused(InvalidRowsError, write(HEADER, GOOD, "s2,Bo,soon,,-1,month"))
    assert "1 row cannot be used" in english
    assert "not a date" in english
    assert "negative amount" in english


def test_when_no_row_is_left_the_reasons_are_told(write):
    texts = refused(EmptyTableError, write(HEADER, "s1,Ada,soon,,1,month"), bad_rows="reject")
    assert says(texts, ["No row of export.csv can be used", "row 2 (start “soon”)"], ["Aucune ligne de export.csv"])


@pytest.mark.parametrize(("labels", "named"), [([7, 9], 9), ([7, 7], 1)])
def test_rows_of_a_dataframe_are_named_by_their_label_or_by_their_place_where_labels_repeat(labels, named):
    """Two rows with the same label, as pd.concat leaves them, are two input rows: only the bad one is set aside."""
    table = subscriptions(("Ada", "2025-01-01", None, 10.0), ("Bo", "soon", None, 10.0)).set_axis(labels)
    read = read_subscriptions(table, bad_rows="reject")
    assert read.frame["customer_id"].tolist() == ["Ada"]
    assert read.rejected[["row", "customer_id"]].to_numpy().tolist() == [[named, "Bo"]]
    account = build_ledger(table, as_of="2025-01-31", bad_rows="reject").reconciliation
    assert account.counts == {"used": 1, "rejected": 1, "outside": 0}


# --- customers


def test_attributes_of_a_file_get_the_type_all_their_cells_have(write):
    table = read_customers(
        write(
            "customer_id,demo,trained,signup,seats,code,segment,empty",
            "007,oui,yes,2025-01-31,12,01,small,",
            "7,Non,,,3.5,2,,",
        )
    )
    assert table.index.tolist() == ["007", "7"]
    assert table["demo"].tolist() == [True, False]
    assert (table["trained"].iloc[0], table["trained"].isna().tolist()) == (True, [False, True])
    assert table["signup"].iloc[0] == pd.Timestamp("2025-01-31")
    assert table["seats"].tolist() == [12.0, 3.5]
    assert table["code"].tolist() == ["01", "2"]  # a code, not a number: its zero leads
    assert table["segment"].isna().tolist() == [False, True]
    assert table["empty"].isna().all()


def test_customers_without_attributes_and_headers_of_other_names_are_read(write):
    assert read_customers(write("customer_id", "Ada")).index.tolist() == ["Ada"]
    assert read_customers(write("client,taille", "Ada,5"), columns={"customer_id": "client"})["taille"].tolist() == [5]


def test_a_table_keeps_its_types_and_may_have_its_ids_as_index():
    table = pd.DataFrame({"customer_id": [1, 2], "segment": ["a", "b"]})
    assert_frame_equal(read_customers(table.set_index("customer_id")), table.set_index("customer_id"))


def test_customers_without_id_column_are_refused(write):
    texts = refused(MissingColumnError, write("who", "Ada"), read_customers)
    assert says(texts, ["lacks customer_id", "It has: who"], ["n’a pas de colonne customer_id"])


def test_a_customer_without_id_or_with_two_rows_is_refused(write):
    texts = refused(InvalidRowsError, write("customer_id,x", "Ada,1", ",2", "Ada,3"), read_customers)
    assert says(
        texts,
        ["2 rows cannot be used", "no customer_id: row 3", "customer_id stands twice: row 4", "one row with its id"],
        ["customer_id absent : ligne 3", "customer_id en double : ligne 4"],
    )


def test_one_value_for_every_row_does_not_overrule_the_table():
    table = subscriptions_in("USD", "usd")
    with pytest.raises(OptionError) as refused:
        read_subscriptions(table, currency="EUR")
    assert "USD" in str(refused.value)
    # lower case is the same currency; where the table says the same, nothing is contradicted
    assert set(read_subscriptions(table.assign(currency="USD"), currency="USD").frame["currency"]) == {"USD"}
    assert set(read_subscriptions(table).frame["currency"]) == {"USD"}


def test_an_empty_currency_column_says_nothing():
    read = read_subscriptions(subscriptions_in("", ""))
    assert read.frame["currency"].isna().all()
    with pytest.raises(InvalidRowsError):
        read_subscriptions(subscriptions_in("EUR", ""))


def test_a_header_of_the_customers_that_is_not_there_is_refused():
    with pytest.raises(MissingColumnError):
        read_customers(pd.DataFrame({"customer_id": ["Ada"]}), columns={"segment": "Segment"})


def subscriptions_in(*currencies):
    rows = len(currencies)
    columns = {"start": ["2025-01-01"] * rows, "amount": [10] * rows, "interval": ["month"] * rows}
    ids = {"subscription_id": range(rows), "customer_id": ["Ada"] * rows}
    return pd.DataFrame({**ids, **columns, "currency": currencies})
