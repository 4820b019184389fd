"""Masked: the same numbers, and no name or id of a customer anywhere on a page."""

import json

import cases
import nbformat
import pandas as pd
import pytest

import retention_kit as rk
from retention_kit.errors import InvalidRowsError, UnmatchedCustomersError
from retention_kit.ledger.masking import account_numbers, in_words
from retention_kit.reports import declared_parameters, report_path, run_report
from retention_kit.wording import use_language

AS_OF = "2025-12-31"
NAMES = {
    "Ada": "Ada & Söhne GmbH",
    "<script>alert(1)</script>": '<b onmouseover="x()">Bö</b>',
    "=HYPERLINK(1)": "=cmd|calc",
    "مرحبا": "\u202eevil Corp",
    "Zed-" + "x" * 120: "Zed " + "y" * 120,
    "🦄-7": "🦄 Unicorn Ltd",
}


def hostile():
    """Customers whose ids and names break pages, with movements of every kind."""
    rows = []
    for place, who in enumerate([*NAMES, *(f"Kunde{number:03}" for number in range(40))]):
        end = f"2025-{place % 9 + 3:02}-15" if place % 3 == 0 else None
        rows.append((who, f"2024-{place % 12 + 1:02}-03", end, 100 + 10 * place))
        if place % 5 == 1:
            rows.append((who, "2025-06-03", None, 60))
    table = cases.subscriptions(*rows)
    ids = list(dict.fromkeys(table["customer_id"]))
    known = pd.DataFrame({"customer_id": ids, "name": [NAMES.get(one, f"Firma {one} AG") for one in ids]})
    known["segment"] = ["SMB" if place % 2 else "Large" for place in range(len(ids))]
    known["csm"] = ["Zoé P." if place % 3 else "Max Q." for place in range(len(ids))]
    known["personalised_demo"] = [place % 4 < 2 for place in range(len(ids))]
    known["email"] = [f"boss@{place}.example" for place in range(len(ids))]
    told = {"at": "2025-12-12", "kind": "complaint", "value": None}
    events = pd.DataFrame([{"customer_id": one, **told} for one in ids[:8]])
    return table.assign(subscription_id=[f"{who}/{n}" for n, who in enumerate(table["customer_id"])]), known, events


def identifying(known):
    cells = [*known["customer_id"], *known["name"], *known["email"]]
    return {str(cell) for cell in cells}


# ---- numbers ----


def test_numbers_tell_nothing_and_are_the_same_for_the_same_seed():
    ids = [f"C{number:05}" for number in range(200)]
    one, other = account_numbers(ids, 3), account_numbers(reversed(ids), 3)
    assert one == other
    assert sorted(one.values()) == list(range(1, 201))
    assert one != account_numbers(ids, 4)
    # a number in the order of the ids would give 1; at random the correlation of 200 is within 0.25 (3.5 sigma)
    assert abs(pd.Series(one).corr(pd.Series(range(200), index=ids))) < 0.25


def test_a_mask_changes_no_number():
    plain, hidden = rk.open_ledger(as_of=AS_OF), rk.open_ledger(as_of=AS_OF, mask=True)
    assert hidden.frame["mrr"].tolist() == plain.frame["mrr"].tolist()
    assert hidden.frame["month"].tolist() == plain.frame["month"].tolist()
    assert hidden.reconciliation.counts == plain.reconciliation.counts
    assert [hidden.key[shown] for shown in hidden.ids] == list(plain.ids)
    ranked = [rk.rank_signals(ledger, rk.open_events(ledger)) for ledger in (plain, hidden)]
    assert [row.points for row in ranked[0]] == [row.points for row in ranked[1]]
    assert ranked[0].warnings == ranked[1].warnings


def test_a_customer_has_one_number_whoever_the_page_is_about():
    everybody = rk.open_ledger(as_of=AS_OF, mask=True)
    some = rk.open_ledger(as_of=AS_OF, mask=True, where={"segment": "SMB"})
    assert set(some.ids) < set(everybody.ids)
    assert all(some.key[shown] == everybody.key[shown] for shown in some.ids)


def test_masked_customers_are_called_so_in_the_language_of_the_page():
    assert rk.open_ledger(as_of=AS_OF, mask=True).ids[0].startswith("Customer 0")
    with use_language("fr"):
        assert rk.open_ledger(as_of=AS_OF, mask=True).ids[0].startswith("Client 0")
    assert str(in_words({number: number for number in range(1, 10_001)})[7]) == "Customer 00007"  # as 10 000 has


def test_nothing_of_a_masked_ledger_shows_a_name():
    table, known, _ = hostile()
    ledger = rk.open_ledger(table, known, as_of=AS_OF, mask=True, where={"email": "boss@0.example"})
    shown = [str(ledger), ledger._repr_html_(), *map(str, ledger.about()), *map(str, ledger.provenance())]
    shown += [ledger.customers.to_csv(), ledger.reconciliation.rows.to_csv()]
    assert not [text for text in shown for secret in identifying(known) if secret in text]
    assert ledger.customers["segment"].tolist() == ["Large"]  # what is no name stays


def test_columns_that_tell_customers_apart_are_hidden_whatever_they_are_called():
    ids = [f"C{number:02}" for number in range(30)]
    known = pd.DataFrame({"customer_id": ids, "parent": ["C03"] * 3 + [None] * 27, "Company Name": "Firm"})
    known["memo"] = [f"call {number}" for number in range(29)] + ["call 0"]
    known["team"], known["score"] = ["North", "South"] * 15, range(30)
    table = cases.subscriptions(*((one, "2025-01-05", None, 50) for one in ids))
    plain, hidden = (rk.open_ledger(table, known, as_of=AS_OF, mask=mask).customers for mask in (False, True))
    told = [name for name in plain if hidden[name].tolist() == plain[name].tolist()]
    assert [name for name in plain if name not in told] == ["parent", "Company Name", "memo"]
    assert hidden["memo"].tolist() == hidden.index.tolist()


@pytest.mark.parametrize("mask", [True, False])
def test_errors_quote_the_input_only_where_names_may_be_shown(mask):
    table = pd.DataFrame({"client": ["Ada"], "start": ["Adasoon"], "mrr": [5]})
    with pytest.raises(InvalidRowsError) as caught:
        rk.open_ledger(table, as_of=AS_OF, mask=mask)
    assert all(("Adasoon" in text) is not mask for text in cases.told(caught.value))
    fine = table.assign(start="2025-01-01")
    with pytest.raises(UnmatchedCustomersError) as caught:
        rk.open_ledger(fine, pd.DataFrame({"customer_id": ["Bo"], "x": [1]}), as_of=AS_OF, mask=mask)
    assert all(("Ada" in text) is not mask for text in cases.told(caught.value))


# ---- pages ----

REPORTS = ["hypothesis", "monthly_retention", "cohort_study", "segment_comparison", "portfolio", "data_quality"]


ALWAYS = {"monthly_retention"}  # it names the accounts behind the flows


@pytest.mark.parametrize("report", REPORTS)
def test_reports_know_where_and_mask(report):
    declared = declared_parameters(report_path(report))
    assert {"where", "mask"} <= set(declared)


@pytest.mark.notebook
@pytest.mark.parametrize(
    "report", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.slow) for name in REPORTS]
)
def test_no_name_and_no_id_is_left_on_a_masked_page(report, tmp_path):
    table, known, events = hostile()
    bad = pd.DataFrame([table.iloc[0].to_dict() | {"subscription_id": "Ada/bad", "start": "Ada & Söhne GmbH"}])
    table = pd.concat([table, bad], ignore_index=True)
    paths = {name: tmp_path / f"{name}.csv" for name in ("subscriptions", "customers", "events")}
    for path, frame in zip(paths.values(), (table, known, events), strict=True):
        frame.to_csv(path, index=False)
    given = {"subscriptions": str(paths["subscriptions"]), "customers": str(paths["customers"]), "mask": True}
    given |= {"portfolio": {"events": str(paths["events"]), "csm": "Zoé P."}}.get(report, {})
    given |= {} if report == "data_quality" else {"bad_rows": "reject"}
    files = run_report(report, given, output_dir=tmp_path / "out", stem="page")
    notebook = nbformat.read(files.notebook, as_version=4)
    outputs = json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)
    page = files.html.read_text(encoding="utf-8")
    # "Ada" alone may stand inside other words of a page
    secrets = {one for one in identifying(known) if one != "Ada"} | {"Ada/", "Ada &amp;", "Firma", "Kunde"}
    written = [json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets]
    assert [secret for secret in written if secret in outputs or secret in page] == []
    assert "Customer 0" in outputs or report != "portfolio"


@pytest.mark.notebook
def test_no_name_and_no_id_of_the_bundled_business_is_left_on_a_masked_page(tmp_path):
    files = run_report("portfolio", {"mask": True, "csm": "Zoé P.", "lang": "fr"}, output_dir=tmp_path, stem="page")
    known = rk.synthetic.make_business().customers
    page = files.html.read_text(encoding="utf-8") + files.notebook.read_text(encoding="utf-8")
    assert [one for one in [*known["customer_id"], *known["name"]] if one in page] == []
    assert "Client 0" in page
