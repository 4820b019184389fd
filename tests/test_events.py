"""Reading events: every row is used or set aside with its reason, in both languages."""

import hashlib

import pandas as pd
import pytest
from cases import told
from hypothesis import given
from hypothesis import strategies as st

from retention_kit.errors import (
    EmptyTableError,
    FileNotReadableError,
    InputError,
    InvalidRowsError,
    MissingColumnError,
    OptionError,
)
from retention_kit.ledger import Ledger
from retention_kit.schema import EVENT_KINDS
from retention_kit.signals import signals_of
from retention_kit.sources import events_of, read_events
from retention_kit.synthetic import make_business
from retention_kit.wording import has_message

HEADER = "customer_id,at,kind,value"
GOOD = "Ada,2025-03-31,nps,9"
WRONG = {
    "no_customer_id": ",2025-03-31,login,",
    "no_day": "Bo,,login,",
    "date_unreadable": "Bo,2025-02-30,login,",
    "no_kind": "Bo,2025-03-31,,1",
    "number_unreadable": "Bo,2025-03-31,payment_late,many",
    "nps_wrong": "Bo,2025-03-31,nps,11",
    "event_value_missing": "Bo,2025-03-31,limit_reached,",
    "event_value_negative": "Bo,2025-03-31,complaint,-2",
    "limit_above_two": "Bo,2025-03-31,limit_reached,95",
}


@pytest.fixture
def write(tmp_path):
    def to_file(*lines):
        path = tmp_path / "events.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return to_file


def events(*rows, **more):
    return pd.DataFrame(rows, columns=["customer_id", "at", "kind", "value"]).assign(**more)


def refused(kind, source, **options):
    with pytest.raises(kind) as caught:
        read_events(source, **options)
    assert type(caught.value) is kind
    return told(caught.value)


# --- what is good


def test_a_file_is_typed_and_numbered_as_a_spreadsheet_shows_it(write):
    path = write(HEADER, GOOD, " 007 ,2025-04-01T23:30:00, Login ,")
    read = read_events(path)
    row = read.frame.iloc[1]
    assert list(read.frame.columns) == ["row", "customer_id", "at", "kind", "value"]
    assert read.frame["row"].tolist() == [2, 3]
    assert (row["customer_id"], row["at"], row["kind"]) == ("007", pd.Timestamp("2025-04-01"), "login")
    assert pd.isna(row["value"])
    assert (read.frame["value"][0], len(read), read.source, len(read.rejected)) == (9.0, 2, "events.csv", 0)
    assert read.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.notes == ()


def test_the_events_of_an_invented_business_are_read_as_they_stand():
    table = make_business(60).events
    read = read_events(table)
    pd.testing.assert_frame_equal(read.frame.drop(columns="row"), table)
    assert (read.source, read.digest, read.notes) == ("DataFrame", "", ())


def test_a_file_written_and_read_again_is_the_same(tmp_path):
    table = make_business(30, months=12).events
    table.to_csv(tmp_path / "events.csv", index=False)
    read = read_events(tmp_path / "events.csv")
    pd.testing.assert_frame_equal(read.frame.drop(columns="row"), table, check_dtype=False)


def test_headers_are_guessed_in_french_and_shown(write):
    read = read_events(write("Client;Date de l'évènement;Type d'événement;Valeur;Agent", "Ada;31/03/2025;NPS;7,5;Zoé"))
    assert read.frame.iloc[0, 1:].tolist() == ["Ada", pd.Timestamp("2025-03-31"), "nps", 7.5]
    assert read.columns == {
        "customer_id": "Client",
        "at": "Date de l'évènement",
        "kind": "Type d'événement",
        "value": "Valeur",
    }
    assert "Columns not read: Agent." in read.text("en")
    assert "Colonnes non lues : Agent." in read.text("fr").replace("\u00a0", " ")
    assert "1 événement utilisable" in read.text("fr").replace("\u00a0", " ")


def test_said_columns_are_taken_over_guesses():
    table = events(("Ada", "2025-03-31", "login", 1), when=["2025-05-05"])
    read = read_events(table, columns={"at": "when"})
    assert read.frame["at"].tolist() == [pd.Timestamp("2025-05-05")]
    assert read.columns["at"] == "when"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Email opened", "email_opened"),
        ("e-mail ouvert", "email_opened"),
        ("Connexion", "login"),
        ("Réclamation", "complaint"),
        ("Late payment", "payment_late"),
        ("limite atteinte", "limit_reached"),
        ("Limite du forfait atteinte", "limit_reached"),
        ("Retard de paiement", "payment_late"),
        ("Note NPS", "nps"),
        ("Utilisation de fonctionnalité", "feature_use"),
        ("UTILISATION D'UNE FONCTIONNALITÉ", "feature_use"),
        ("Fonctionnalité utilisée", "feature_use"),
        ("Fonctionnalités utilisées", "feature_use"),
        ("réclamations", "complaint"),
        ("Connexions", "login"),
        ("Logins", "login"),
        ("Emails ouverts", "email_opened"),
        ("support tickets", "ticket"),
        *((kind, kind) for kind in EVENT_KINDS),
    ],
)
def test_kinds_are_understood_in_both_languages(word, kind):
    value = 1 if kind in {"nps", "payment_late", "limit_reached"} else None
    assert read_events(events(("Ada", "2025-03-31", word, value))).frame["kind"].tolist() == [kind]


def test_features_may_have_names():
    names = ["export", "2FA", "", "chat", "export"]
    rows = [("Ada", "2025-03-31", "Feature used", name) for name in names]
    read = read_events(events(*rows, ("Ada", "2025-03-31", "payment_late", "12")))
    # in alphabetical order, capitals and digits first; one without a name has no number
    assert read.frame["value"].fillna(0).tolist() == [3, 1, 0, 2, 3, 12]
    assert read.frame["detail"].fillna("-").tolist() == ["export", "2FA", "-", "chat", "export", "-"]
    assert len(read.rejected) == 0


def test_features_by_number_stay_numbers():
    read = read_events(events(("Ada", "2025-03-31", "feature_use", "7"), ("Bo", "2025-03-31", "feature_use", "12")))
    assert read.frame["value"].tolist() == [7, 12]
    assert "detail" not in read.frame


def test_the_order_of_the_rows_does_not_number_the_features():
    rows = [("Ada", "2025-03-31", "feature_use", name) for name in ("export", "chat", "api")]
    there, back = (read_events(events(*some)).frame.set_index("detail")["value"] for some in (rows, rows[::-1]))
    assert there.to_dict() == back.to_dict() == {"api": 1, "chat": 2, "export": 3}


@pytest.mark.parametrize(("cell", "share"), [("95 %", 0.95), ("95%", 0.95), ("12,5 %", 0.125), ("1.2", 1.2), (2, 2)])
def test_a_share_of_the_limit_may_be_in_percent(cell, share):
    rows = [("Ada", "2025-03-31", "limit_reached", cell), ("Bo", "2025-03-31", "payment_late", "30")]
    assert read_events(events(*rows)).frame["value"].tolist() == [share, 30]


@pytest.mark.parametrize("cell", [95, "95", 2.01, "210 %"])
def test_a_share_of_the_limit_that_may_be_a_percentage_asks(cell):
    rows = [("Ada", "2025-03-31", "limit_reached", cell), ("Bo", "2025-03-31", "login", 1)]
    assert read_events(events(*rows)).rejected["reason"].tolist() == ["limit_above_two"]


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_no_kind_that_signals_read_counts_below_nothing(kind):
    read = read_events(events(("Ada", "2025-03-31", kind, -1), ("Bo", "2025-03-31", "balance", -1)))
    assert read.rejected["reason"].tolist() == ["nps_wrong" if kind == "nps" else "event_value_negative"]
    assert read.frame["kind"].tolist() == ["balance"]


@pytest.mark.parametrize("kind", ["payment_late", "limit_reached"])
def test_what_is_measured_needs_its_measure_with_or_without_a_column(kind):
    rows = events(("Ada", "2025-03-31", kind, None), ("Bo", "2025-03-31", "login", None))
    for table in (rows, rows.drop(columns="value")):
        assert read_events(table).rejected["reason"].tolist() == ["event_value_missing"]


def test_events_are_printed_as_a_sentence():
    read = read_events(events(("Ada", "2025-03-31", "Webinar", 1), ("Bo", "soon", "login", None)))
    assert str(read) == repr(read) == read.text()
    assert str(read).startswith("DataFrame: 1 event that can be used.")
    assert "Message(" not in str(read)


def test_unknown_kinds_are_kept_and_said():
    read = read_events(events(("Ada", "2025-03-31", "Webinar", 1), ("Bo", "2025-03-31", "login", None)))
    assert read.frame["kind"].tolist() == ["Webinar", "login"]
    assert read.text("en").endswith("1 event is of kinds that no signal reads: Webinar.")
    assert "aucun signal ne lit" in read.text("fr").replace("\u00a0", " ")


def test_a_table_without_values_has_none():
    read = read_events(events(("Ada", "2025-03-31", "login", 1)).drop(columns="value"))
    assert read.frame["value"].isna().tolist() == [True]


def test_rows_alike_are_all_kept():
    assert len(read_events(events(*[("Ada", "2025-03-31", "ticket", None)] * 3))) == 3


def test_numbers_as_ids_stay_numbers_as_in_the_ledger():
    assert read_events(events((7, "2025-03-31", "login", 1))).frame["customer_id"].tolist() == [7]


# --- what is not


@pytest.mark.parametrize(("reason", "line"), WRONG.items())
def test_a_row_that_cannot_be_used_is_set_aside_with_its_reason(write, reason, line):
    read = read_events(write(HEADER, line, GOOD))
    assert read.frame["row"].tolist() == [3]
    assert read.rejected["row"].tolist() == [2]
    assert read.rejected["reason"].tolist() == [reason]
    assert has_message(f"reason.{reason}")
    assert ",".join(map(str, read.rejected.loc[0, ["customer_id", "at", "kind", "value"]])) == line


def test_all_reasons_together_are_told_with_examples(write):
    read = read_events(write(HEADER, *WRONG.values(), GOOD, *[WRONG["no_day"]] * 4))
    assert read.rejected["row"].tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15]
    assert "13 rows set aside: " in read.text("en")
    assert "2025-02-30" in read.text("en")
    assert "is it meant in percent? Then write 0.95 or 95% instead of 95" in read.text("en")
    assert "13 lignes mises de côté" in read.text("fr").replace("\u00a0", " ")


def test_of_two_faults_the_first_is_the_reason(write):
    assert read_events(write(HEADER, ",soon,nps,many", GOOD)).rejected["reason"].tolist() == ["no_customer_id"]


def test_an_nps_answer_needs_a_score_and_a_value_a_limit():
    read = read_events(
        events(
            ("Ada", "2025-03-31", "nps", None),
            ("Bo", "2025-03-31", "login", float("inf")),
            ("Cy", "2025-03-31", "nps", 0),
        )
    )
    assert read.rejected["reason"].tolist() == ["nps_wrong", "number_unreadable"]
    assert read.frame["customer_id"].tolist() == ["Cy"]


def test_rows_are_refused_where_that_is_asked_for(write):
    assert len(read_events(write(HEADER, GOOD), bad_rows="refuse")) == 1
    english, french = refused(InvalidRowsError, write(HEADER, GOOD, *WRONG.values()), bad_rows="refuse")
    assert "9 events cannot be used" in english
    assert "9 événements inutilisables" in french
    assert "many" in english
    assert "many" in french


@pytest.mark.parametrize("lines", [(HEADER,), (HEADER, *WRONG.values())])
def test_a_table_of_which_nothing_is_left_is_refused(write, lines):
    refused(EmptyTableError, write(*lines))


def test_a_missing_column_is_named_with_those_found():
    english, french = refused(
        MissingColumnError, events(("Ada", "2025-03-31", "login", 1)).drop(columns=["at", "kind"])
    )
    for text in (english, french):
        assert all(word in text for word in ("at", "kind", "customer_id", "value", "columns="))


@pytest.mark.parametrize("option", [{"bad_rows": "drop"}, {"columns": {"day": "at"}}, {"decimal": ";"}])
def test_an_option_without_such_a_value_is_refused(option):
    name, *_ = option
    assert name in refused(OptionError, events(("Ada", "2025-03-31", "login", 1)), **option)[0]


def test_two_headers_for_one_field_ask_which():
    table = pd.DataFrame({"client": ["Ada"], "date": ["2025-03-31"], "day": ["2025-03-30"], "event": ["login"]})
    assert "date, day could each be at" in refused(InputError, table)[0]
    assert len(read_events(table, columns={"at": "day"})) == 1


def test_days_that_can_be_two_ask_which(write):
    path = write(HEADER, "Ada,01/02/2025,login,")
    assert "day_first" in refused(InputError, path)[0]
    assert read_events(path, day_first=True).frame["at"].tolist() == [pd.Timestamp("2025-02-01")]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    refused(FileNotReadableError, tmp_path / "none.csv")


def test_a_feature_by_name_that_is_no_longer_used_is_seen():
    # the last two months, and the two before
    used = [("2025-03-05", "export"), ("2025-03-06", "export"), ("2025-03-05", "chat"), ("2025-03-06", "chat")]
    rows = [("Ada", day, "feature_use", name) for day, name in [*used, ("2025-06-05", "chat")]]
    ledger = Ledger.from_frame(pd.DataFrame({"2025-06": [100.0]}, index=["Ada"]), as_of="2025-06-30")
    found = signals_of(ledger, read_events(events(*rows))).values["feature_dropped"]
    assert found.tolist() == [1]


# --- events given in any form


def test_events_of_reads_what_is_not_read_yet(write):
    table = events(("Ada", "2025-03-31", "Connexions", 1))
    read = read_events(table)
    assert events_of(read) is read
    pd.testing.assert_frame_equal(events_of(table).frame, read.frame)
    assert events_of(write(HEADER, GOOD)).frame["kind"].tolist() == ["nps"]


def test_events_of_sets_nothing_aside_silently():
    with pytest.raises(InvalidRowsError) as caught:
        events_of(events(("Ada", "2025-03-31", "limit_reached", 95), ("Bo", "2025-03-31", "login", 1)))
    assert caught.value.key == "error.invalid_events"


def test_events_of_knows_that_nothing_happened():
    none = events(("Ada", "2025-03-31", "login", 1)).iloc[:0]
    read = events_of(none)
    assert len(read) == 0
    assert list(read.frame.columns) == list(read_events(events(("Ada", "2025-03-31", "login", 1))).frame.columns)
    with pytest.raises(EmptyTableError):
        events_of(none.drop(columns="kind"))


def test_no_events_are_named_as_such():
    with pytest.raises(OptionError) as caught:
        events_of(None)
    english, french = told(caught.value)
    assert "events=None" in english
    assert "events=None" in french


CELLS = st.tuples(
    st.sampled_from(["Ada", "Bo", "", " "]),
    st.sampled_from(["2025-03-31", "2024-02-29", "", "soon", "2025-13-01"]),
    st.sampled_from(["login", "nps", "", "webinar"]),
    st.sampled_from(["", "3", "-1", "ten"]),
)


def usable(who, day, kind, value):
    """The rule of the docstring, by hand."""
    known = who.strip() and day in {"2025-03-31", "2024-02-29"} and kind and value != "ten"
    fits = {"nps": value == "3", "login": value != "-1"}
    return bool(known) and fits.get(kind, True)


@given(st.lists(CELLS, min_size=1, max_size=12))
def test_every_row_is_used_or_rejected(rows):
    table = events(*rows)
    good = [place for place, row in enumerate(rows) if usable(*row)]
    if not good:
        with pytest.raises(EmptyTableError):
            read_events(table)
        return
    read = read_events(table)
    assert read.frame["row"].tolist() == good
    assert sorted([*good, *read.rejected["row"]]) == list(range(len(rows)))
    assert (read.rejected["reason"] != "").all()


def test_the_table_is_left_as_it_was():
    table = events(("Ada", "2025-03-31", "login", "1"), ("Bo", "soon", "login", "x"))
    before = table.copy()
    read_events(table)
    pd.testing.assert_frame_equal(table, before)
