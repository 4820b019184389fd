"""`retention-kit check`: what a file holds, every wrong row by reason, what would be used, and what to type next."""

import shlex
from dataclasses import FrozenInstanceError

import pandas as pd
import pytest
from cases import told

from retention_kit.checking import check_file
from retention_kit.errors import MissingColumnError
from retention_kit.ledger import build_ledger
from retention_kit.sources import read_subscriptions

FRENCH = """\
Client;Date de début;Date de fin;Montant mensuel;Statut;Commentaire
Société Gérard;15/01/2025;;1 234,50 €;actif;x
Bo;01/02/2025;15/03/2025;12,50 €;résilié;
Cy;01/03/2025;;65,50 €;actif;
"""
WRONG = FRENCH + "Di;bientôt;;-5 €;actif;\nEd;01/03/2025;;cinq;actif;\n"


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="export.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def test_what_the_file_holds_is_said_in_both_languages(write):
    report = check_file(write(FRENCH), as_of="2025-03-31")
    english, french = report.text("en"), report.text("fr")
    assert english.splitlines() == [
        "export.csv: 3 rows read.",
        "  customer_id ← “Client”",
        "  start ← “Date de début” (dates, day first: 31/12/2025)",
        "  amount ← “Montant mensuel” (decimal sign “,”)",
        "  end ← “Date de fin” (dates, day first: 31/12/2025)",
        "  status ← “Statut”",
        "Not used: Commentaire.",
        "Amounts are per month, as the header “Montant mensuel” says.",
        "No column holds a subscription_id: each row is taken for one subscription, named after its row.",
        "The currency is what stands beside the amounts: EUR.",
        "3 customers, 3 subscriptions, from 15 January 2025 to 15 March 2025.",
        "Intervals: month (3).",
        "Currencies: EUR (3).",
        "No row is wrong.",
        "export.csv: 3 rows read = 3 used + 0 rejected + 0 outside.",
        "MRR at the end of March 2025: €1,300, 2 customers.",  # 1,234.50 + 65.50; Bo ended on the 15th
        f"Next: retention-kit report hypothesis --subscriptions {report.words[4]} --as-of 2025-03-31",
    ]
    assert "Aucune ligne n’est fautive." in french
    assert "Périodicités\u00a0: mois (3)." in french
    assert "dates, jour d’abord" in french
    assert report.usable


def test_every_wrong_row_is_named_with_each_of_its_faults(write):
    """Di has two faults: two reasons, one row."""
    report = check_file(write(WRONG))
    assert report.to_frame().to_numpy().tolist() == [
        [5, "start", "bientôt", "date_unreadable"],
        [5, "amount", "-5 €", "amount_negative"],
        [6, "amount", "cinq", "number_unreadable"],
    ]
    english = report.text("en")
    assert "2 rows cannot be used:" in english
    assert "    row 5 (start “bientôt”)" in english
    assert report.reconciliation.counts == {"used": 3, "rejected": 2, "outside": 0}
    assert not report.usable
    assert english.splitlines()[-1].startswith("Mend the file, then: retention-kit check ")


def test_of_each_reason_twenty_rows_are_shown_or_all_when_asked(write):
    bad = "".join(f"C{place};01/03/2025;;-{place} €;actif;\n" for place in range(1, 26))
    report = check_file(write(FRENCH + bad))
    assert sum(line.startswith("    row ") for line in report.lines()) == 20
    assert "    and 5 more (--all shows every one)" in report.lines()
    assert sum(line.startswith("    row ") for line in report.lines(every=True)) == 25
    assert "et 5 de plus" in report.text("fr")


def test_a_file_of_which_nothing_can_be_used_is_reported_all_the_same(write):
    report = check_file(write("client;début;mrr\nAda;soon;1\n"), as_of="2025-03-31")
    assert report.reconciliation.counts == {"used": 0, "rejected": 1, "outside": 0}
    assert len(report.faults) == 1


def test_what_is_outside_is_counted_by_reason(write):
    later = "Zoe;01/04/2025;;10 €;actif;\nYan;01/03/2025;;10 €;essai;\n"
    report = check_file(write(FRENCH + later), as_of="2025-03-31")
    assert report.reconciliation.counts == {"used": 3, "rejected": 0, "outside": 2}
    assert "  outside: begins after the last month that has closed (1)" in report.lines()
    assert "  outside: trial (1)" in report.lines()
    assert report.usable  # a trial is no mistake


def test_the_account_is_the_ledger_s(write):
    path = write(WRONG)
    ledger = build_ledger(read_subscriptions(path, bad_rows="reject"), as_of="2025-03-31")
    account = check_file(path, as_of="2025-03-31").reconciliation
    pd.testing.assert_frame_equal(account.rows, ledger.reconciliation.rows)


def test_what_keeps_the_ledger_from_being_built_is_said(write):
    """Two of two ends on a month's last day: is that day paid?"""
    path = write("client;début;fin;mrr\nAda;15/01/2025;31/03/2025;10\nBo;15/01/2025;28/02/2025;10\n")
    report = check_file(path, as_of="2025-03-31")
    assert not report.usable
    assert "No ledger can be built yet: 2 of 2 end dates" in report.text("en")
    said = check_file(path, as_of="2025-03-31", end_inclusive=True)
    assert said.usable
    assert "--end-inclusive yes" in said.command()


def test_the_next_command_repeats_what_was_said_and_asks_for_the_day(write):
    path = write("who;from;price;interval\nAda;01/02/2025;1,234;month\n", "my export.csv")
    options = {"columns": {"customer_id": "who"}, "day_first": False, "decimal": ".", "currency": "EUR"}
    words = shlex.split(check_file(path, **options).command("fr"))
    assert words[:5] == ["retention-kit", "report", "hypothesis", "--subscriptions", str(path)]
    pairs = dict(zip(words[5::2], words[6::2], strict=True))
    said = {"--currency": "EUR", "--day-first": "no", "--decimal": ".", "--column": "customer_id=who"}
    assert pairs == said | {"--as-of": "AAAA-MM-JJ"}


def test_customers_are_compared(write):
    path = write(FRENCH)
    some = check_file(path, customers=write("client,segment\nBo,SMB\nXi,SMB\n", "customers.csv"))
    assert (
        "Customers file: 2 customers; attributes: segment. Of the customers of the subscriptions it knows 1 in 3"
        in some.text("en")
    )
    assert "--customers" in some.command()
    none = check_file(path, customers=write("client,segment\nXi,SMB\n", "customers.csv"))
    assert not none.usable
    assert "Xi" in none.text("en")


def test_columns_that_are_missing_are_refused_with_words(write):
    with pytest.raises(MissingColumnError) as refused:
        check_file(write("a;b\n1;2\n"))
    assert "lacks customer_id, start, amount, interval" in told(refused.value)[0]


def test_a_report_is_a_value_that_changes_nothing():
    table = pd.DataFrame({"client": ["Ada"], "début": ["2025-01-15"], "mrr": ["10 <b>€</b>"]})
    before = table.copy(deep=True)
    report = check_file(table)
    pd.testing.assert_frame_equal(table, before)
    assert "<b>" not in report._repr_html_()
    faults = report.to_frame()
    faults["row"] = 99
    assert report.faults["row"].tolist() == [0]
    with pytest.raises(FrozenInstanceError):
        report.source = "x"
