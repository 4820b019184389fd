"""Headers and words in English and French: what they are taken for, that it is shown, and when it is asked instead."""

from pathlib import Path

import pandas as pd
import pytest
from cases import told
from pandas.testing import assert_frame_equal

from retention_kit.errors import InputError, MissingColumnError, OptionError
from retention_kit.schema import FIELDS
from retention_kit.sources import read_customers, read_subscriptions
from retention_kit.sources.guessing import guess_columns, interval_of, interval_of_header, status_of

PLAYBOOK = Path(__file__).parents[2] / "shared" / "data" / "mrr_playbook" / "subscription_periods.csv"

# Every header that is a field's in English or French, as people write it.
HEADERS = {
    "subscription_id": ["Subscription ID", "abonnement", "ID abonnement", "N° de contrat", "Contract number", "id"],
    "customer_id": [
        "Customer ID",
        "client",
        "Client ID",
        "Compte",
        "account",
        "Société",
        "Nom du client",
        "Code client",
    ],
    "start": ["start_date", "Started at", "Date de début", "début", "Date d'effet", "Created (UTC)", "startDate"],
    "end": ["end_date", "Ended At", "Date de fin", "FIN", "Date de résiliation", "canceled_at", "churn_date"],
    "amount": ["Price", "Montant", "Prix HT", "monthly_amount", "MRR", "Montant mensuel (€)", "ARR", "Tarif annuel"],
    "interval": ["Billing period", "Périodicité", "période", "Fréquence de facturation", "plan_interval"],
    "currency": ["Devise", "currency code", "CURRENCY"],
    "discount_percent": ["Remise %", "percent_off", "Taux de remise", "Discount (%)"],
    "discount_amount": ["amount_off", "Montant de la remise"],
    "discount_until": ["discount_end_date", "Fin de remise"],
    "status": ["Statut", "État", "state", "Subscription status"],
    "plan": ["Forfait", "Plan name", "offre", "Formule"],
    "product": ["Produit", "product name"],
}
PAIRS = [(field, header) for field, headers in HEADERS.items() for header in headers]
PLAIN = {"customer_id": "Ada", "start": "2025-01-15", "amount": 10.0, "interval": "month"}


def table(**cells):
    return pd.DataFrame([cells])


def asked(kind, read, raw, **options):
    with pytest.raises(kind) as caught:
        read(raw, **options)
    return told(caught.value)


@pytest.mark.parametrize(("field", "header"), PAIRS)
def test_a_header_in_either_language_is_taken_for_its_field(field, header):
    assert guess_columns(table(**{header: "x"}), {}, source="t") == {field: header}


def test_every_field_has_headers_that_are_guessed():
    assert set(HEADERS) <= set(FIELDS)


@pytest.mark.parametrize(
    "header", ["notes", "amount_due_later", "clientèle visée", "startup", "segment", "montant TVA"]
)
def test_a_header_of_another_thing_is_taken_for_nothing(header):
    assert guess_columns(table(**{header: "x"}), {}, source="t") == {}


def test_the_playbook_is_read_without_a_word_about_its_columns():
    if not PLAYBOOK.exists():
        pytest.skip("shared data are not here")
    names = {"start": "start_date", "end": "end_date", "amount": "monthly_amount"}
    guessed, said = read_subscriptions(PLAYBOOK), read_subscriptions(PLAYBOOK, columns=names, interval="month")
    assert_frame_equal(guessed.frame, said.frame)
    assert set(guessed.frame["interval"]) == {"month"}
    assert guessed.columns == {"subscription_id": "subscription_id", "customer_id": "customer_id", **names}


def test_what_was_taken_for_what_is_shown_in_both_languages():
    read = read_subscriptions(table(Client="Ada", Début="2025-01-15", MRR="10 €"))
    assert read.columns == {"customer_id": "Client", "start": "Début", "amount": "MRR"}
    english, french = read.text("en"), read.text("fr")
    assert "customer_id: “Client”, start: “Début”, amount: “MRR”" in english
    assert "Amounts are per month, as the header “MRR” says." in english
    assert "each row is taken for one subscription" in english
    assert "The currency is what stands beside the amounts: EUR." in english
    assert "Les montants sont par mois" in french
    assert "chaque ligne est prise pour un abonnement" in french


def test_the_kit_s_own_header_and_what_is_said_come_before_any_guess():
    raw = table(customer_id="Ada", client="Bo", start="2025-01-15", price=10, montant=20, interval="month")
    read = read_subscriptions(raw, columns={"amount": "montant"})
    assert read.frame[["customer_id", "amount"]].to_numpy().tolist() == [["Ada", 20]]
    assert (read.columns["customer_id"], read.columns["amount"]) == ("customer_id", "montant")


def test_a_likelier_header_comes_before_a_less_likely_one():
    """A name is taken for the customer's id only where there is none; created_at only where there is no start date."""
    raw = table(
        **{"Nom du client": "Ada Ltd", "ID client": "A1", "created_at": "2024-12-01", "start_date": "2025-01-15"}
    )
    assert guess_columns(raw, {}, source="t") == {"customer_id": "ID client", "start": "start_date"}


def test_two_headers_for_one_field_are_asked_about():
    english, french = asked(InputError, read_subscriptions, table(**PLAIN | {"end_date": "", "Date de fin": ""}))
    assert "end_date, Date de fin could each be end" in english
    assert 'columns={"end": "end_date"}' in english
    assert "Choisissez" in french


# --- the interval


@pytest.mark.parametrize(
    ("word", "interval"),
    [
        ("daily", "day"),
        ("Journalier", "day"),
        ("weekly", "week"),
        ("Hebdomadaire", "week"),
        ("Monthly", "month"),
        ("mensuel", "month"),
        ("mensuelle", "month"),
        ("1 mois", "month"),
        ("every 3 months", "quarter"),
        ("Trimestriel", "quarter"),
        ("semestriel", "half_year"),
        ("6 mois", "half_year"),
        ("half_year", "half_year"),
        ("annuel", "year"),
        ("Annual", "year"),
        ("yearly", "year"),
        ("tous les ans", None),
        ("12 months", "year"),
        ("2 months", None),
        ("fortnight", None),
    ],
)
def test_an_interval_is_understood_in_both_languages(word, interval):
    assert interval_of(word) == interval
    if interval:
        assert read_subscriptions(table(**PLAIN | {"interval": word})).frame["interval"].tolist() == [interval]


def test_a_header_of_amounts_that_says_its_interval_gives_it():
    raw = table(client="Ada", start="2025-01-15", **{"Montant annuel": 1200})
    assert read_subscriptions(raw).frame[["amount", "interval"]].to_numpy().tolist() == [[1200, "year"]]
    # what is said for every row goes before what a header says
    assert read_subscriptions(raw, interval="quarter").frame["interval"].tolist() == ["quarter"]
    assert interval_of_header("Montant") is None


def test_a_header_and_a_column_that_disagree_about_the_interval_are_asked_about():
    """An MRR of 100 with yearly billing is 100 a month, or 100 a year."""
    raw = table(client="Ada", start="2025-01-15", mrr=100, périodicité="annuel")
    english, french = asked(InputError, read_subscriptions, raw)
    assert "“mrr” says amounts per month, but the column of intervals says year" in english
    assert "annonce des montants par mois" in french
    agreeing = raw.assign(périodicité="mensuel")
    assert read_subscriptions(agreeing).frame["interval"].tolist() == ["month"]
    assert read_subscriptions(raw, columns={"amount": "mrr"}).frame["interval"].tolist() == ["year"]


def test_without_an_interval_it_is_missing():
    english, _ = asked(MissingColumnError, read_subscriptions, table(client="Ada", start="2025-01-15", montant=10))
    assert "lacks interval" in english


# --- the other words


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Actif", "active"),
        ("résilié", "cancelled"),
        ("Essai", "trialing"),
        ("canceled", "cancelled"),
        ("gone", None),
        ("En pause", "paused"),
        ("impayé", "past_due"),
        ("past_due", "past_due"),
        ("ACTIVE", "active"),
    ],
)
def test_a_status_is_understood_in_both_languages(word, status):
    assert status_of(word) == status
    if status:
        read = read_subscriptions(table(**PLAIN | {"status": word, "end": "2025-06-01"}))
        assert read.frame["status"].tolist() == [status]


def test_a_discount_is_a_percentage_where_its_cells_say_so_and_asked_about_where_not():
    raw = table(**PLAIN | {"Remise": "10 %"})
    assert read_subscriptions(raw).frame["discount_percent"].tolist() == [10.0]
    english, french = asked(InputError, read_subscriptions, raw.assign(Remise="10"))
    assert 'columns={"discount_percent": "Remise"} or columns={"discount_amount": "Remise"}' in english
    assert "un pourcentage ou un montant" in french
    assert read_subscriptions(raw.assign(Remise="1"), columns={"discount_amount": "Remise"}).frame[
        "discount_amount"
    ].tolist() == [1.0]


def test_rows_without_an_id_are_named_after_their_line(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("client;début;mrr\nAda;2025-01-15;10\n\nBo;2025-01-15;20\n", encoding="utf-8")
    assert read_subscriptions(path).frame["subscription_id"].tolist() == ["row 2", "row 4"]
    # labels that stand twice name no row: then places do
    twice = pd.concat([table(**PLAIN)] * 2)
    assert read_subscriptions(twice).frame["subscription_id"].tolist() == ["row 0", "row 1"]


@pytest.mark.parametrize(
    ("cells", "currencies"),
    [
        (["10 €", "20"], ["EUR", "EUR"]),  # one sign, beside some amounts: there is one currency
        (["$10", "20 €"], ["USD", "EUR"]),
        (["10", "20"], [None, None]),
    ],
)
def test_a_missing_currency_is_what_stands_beside_the_amounts(cells, currencies):
    raw = pd.concat([table(**PLAIN | {"amount": cell}) for cell in cells])
    assert read_subscriptions(raw).frame["currency"].replace({float("nan"): None}).tolist() == currencies


def test_a_currency_that_is_said_overrules_a_bare_dollar_and_nothing_else():
    """$ may be Canadian; € is never a dollar."""
    assert read_subscriptions(table(**PLAIN | {"amount": "$10"}), currency="CAD").frame["currency"].tolist() == ["CAD"]
    for cell in ("10 €", "US$10"):
        english, _ = asked(OptionError, read_subscriptions, table(**PLAIN | {"amount": cell}), currency="CAD")
        assert 'currency="CAD" contradicts' in english


def test_a_sign_in_the_column_of_currencies_is_its_code():
    assert read_subscriptions(table(**PLAIN | {"devise": "€"})).frame["currency"].tolist() == ["EUR"]


def test_the_id_of_customers_is_guessed_and_their_cells_are_read(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text("Client;Arrivée;CA\n007;31/12/2024;1 234,56 €\n8;01/02/2025;\n", encoding="cp1252")
    read = read_customers(path)
    assert read.index.tolist() == ["007", "8"]
    assert read["Arrivée"].tolist() == [pd.Timestamp("2024-12-31"), pd.Timestamp("2025-02-01")]
    assert read["CA"].iloc[0] == 1234.56
    assert read["CA"].isna().tolist() == [False, True]


def test_codes_of_customers_are_no_amounts_and_numbers_no_days(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("id,code,seats,postcode\nAda,SKU123,45292,01000\n", encoding="utf-8")
    read = read_customers(path)
    assert read.loc["Ada"].tolist() == ["SKU123", 45292, "01000"]
