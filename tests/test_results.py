"""Results: frozen, with their rule and their doubt, in words of both languages and in plain numbers."""

import copy
import inspect
import math
import pickle
from dataclasses import FrozenInstanceError, fields, is_dataclass

import numpy as np
import pandas as pd
import pytest

import retention_kit as rk
from retention_kit import results
from retention_kit.results import Arm, Estimate, Finding, Verdict
from retention_kit.wording import Message, Money

approx = pytest.approx
RULE = Message("rule.nrr_from_movements", {"months": Message("word.months", {"n": 3})})
HOSTILE = '<script>alert("{x}")</script>'


def estimate(**changed):
    given = {"measure": "nrr", "value": 0.9, "low": 0.85, "high": 0.954, "level": 0.95, "n": 1234, "rule": RULE}
    return Estimate(**(given | {"base": Money(1000.0, "EUR"), "n_eff": 9.5, "largest_share": 0.25} | changed))


def finding(*, label="customers with “x”", outcome="retention", **changed):
    arms = (Arm(label, 20, 4, 16, 0.8, 0.58, 0.92), Arm("others", 20, 10, 10, 0.5, 0.3, 0.7))
    asked = {"horizon": 12, "level": 0.95, "as_of": pd.Timestamp("2025-12-31"), "clock": "", "name": None}
    rule = Message("rule.compare.retention", {**asked, "method": Message("method.mover")})
    numbers = {"estimate": 0.3, "low": 0.01, "high": 0.55, "p_value": 0.04, "level": 0.95, "margin": 0.05}
    curves = pd.DataFrame({"group": [0, 1], "age": [0, 0], "value": 1.0, "low": 0.8, "high": 1.0, "at_risk": 20})
    given = {"factor": "x", "outcome": outcome, "horizon": 12, "direction": 1, **numbers, "arms": arms}
    return Finding(**(given | {"verdict": Verdict("supports"), "rule": rule, "curves": curves} | changed))


@pytest.fixture(scope="module")
def ledger():
    table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Bo", "Cy"], "interval": "month"})
    table["start"], table["end"] = ["2025-01-01", "2025-01-01", "2025-02-01"], [None, "2025-03-01", None]
    table["amount"], table["currency"] = [100.5, 50, 25], "EUR"
    customers = pd.DataFrame({"customer_id": ["Ada", "Bo", "Cy"], "segment": [HOSTILE, "plain", "plain"]})
    return rk.build_ledger(table, as_of="2025-03-31", customers=customers)


@pytest.fixture(scope="module")
def measured(ledger):
    """Every kind of result, measured."""
    return {
        "estimate": rk.nrr(ledger, "2025-01", "2025-03"),
        "estimates": rk.nrr(ledger, "2025-01", "2025-03", by="segment"),
        "bridge": rk.mrr_bridge(ledger, by="segment"),
        "trend": rk.retention_over_time(ledger, window=1),
        "matrix": rk.cohort_matrix(ledger, measure="nrr"),
        "reconciliation": ledger.reconciliation,
        "finding": finding(label=HOSTILE),
    }


KINDS = ["estimate", "estimates", "bridge", "trend", "matrix", "reconciliation", "finding"]


@pytest.mark.parametrize(
    "kind", [kind for _, kind in inspect.getmembers(results, inspect.isclass) if not issubclass(kind, tuple)]
)
def test_results_are_frozen_dataclasses(kind):
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_a_result_can_be_set(measured, kind):
    result = measured[kind]
    for field in fields(result):
        with pytest.raises(FrozenInstanceError):
            setattr(result, field.name, None)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "reconciliation"])
def test_results_know_their_rule_and_tell_it(measured, kind):
    result = measured[kind]
    for lang, word in (("en", "Rule: "), ("fr", "Règle\u00a0: ")):
        with rk.use_language(lang):
            assert str(result.rule).startswith(word)
            assert str(result.rule) in str(result)


@pytest.mark.parametrize("kind", KINDS)
def test_results_speak_the_language_of_the_moment(measured, kind):
    texts = []
    for lang in ("en", "fr"):
        with rk.use_language(lang):
            texts.append((str(measured[kind]), measured[kind]._repr_html_()))
    (english, english_page), (french, french_page) = texts
    assert english != french
    assert english_page != french_page


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_shows_hostile_names_as_text(measured, kind):
    page = measured[kind]._repr_html_()
    assert "<script" not in page
    assert page.startswith('<div class="rk-result"')
    assert page.count("<div") == page.count("</div>")


@pytest.mark.parametrize("kind", ["estimates", "bridge", "finding"])
def test_hostile_names_come_out_whole(measured, kind):
    assert "&lt;script&gt;alert(" in measured[kind]._repr_html_()
    assert HOSTILE in str(measured[kind])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "matrix"])
def test_frames_hold_plain_numbers_and_texts(measured, kind):
    frame = measured[kind].to_frame()
    assert len(frame) > 0
    for name, column in frame.items():
        plain = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_dtype(column)
        assert plain or column.map(lambda cell: isinstance(cell, str)).all(), name


def test_a_frame_can_be_changed_and_the_result_stays(measured):
    for kind in ("bridge", "trend", "matrix"):
        before, changed = measured[kind].to_frame(), measured[kind].to_frame()
        changed.iloc[:, -1] = 0
        pd.testing.assert_frame_equal(measured[kind].to_frame(), before)


@pytest.mark.parametrize("kind", KINDS)
def test_results_can_be_pickled_and_copied(measured, kind):
    for twin in (pickle.loads(pickle.dumps(measured[kind])), copy.deepcopy(measured[kind])):
        assert str(twin) == str(measured[kind])


def test_an_estimate_is_its_value():
    assert float(estimate()) == 0.9
    assert math.isnan(float(estimate(value=math.nan)))


def test_an_estimate_in_words():
    assert estimate().sentence("en") == (
        "Net revenue retention (NRR): 90.0% (95% interval 85.0% to 95.4%; 1,234 customers at the start)."
    )
    assert estimate(n=1).sentence("fr") == (
        "Rétention nette du revenu (NRR)\u00a0: 90,0\u00a0% "
        "(intervalle à 95\u00a0%\u00a0: 85,0\u00a0% à 95,4\u00a0%\u00a0; 1 client au départ)."
    )


def test_an_estimate_without_interval_says_none():
    text = estimate(low=math.nan, high=math.nan).sentence("en")
    assert "interval" not in text
    assert "1,234 customers" in text


def test_an_estimate_from_totals_counts_no_customers():
    nan = math.nan
    assert estimate(n=None, low=nan, high=nan).sentence("en") == "Net revenue retention (NRR): 90%."


def test_the_frame_of_an_estimate():
    row = estimate().to_frame().iloc[0]
    assert row[["measure", "value", "low", "high", "n"]].tolist() == ["nrr", 0.9, 0.85, 0.954, 1234]
    assert row[["n_eff", "largest_share", "base"]].tolist() == [9.5, 0.25, 1000.0]
    assert row["rule"].startswith("Rule: ")


def test_estimates_by_group(measured):
    estimates = measured["estimates"]
    assert (len(estimates), [item.group for item in estimates]) == (2, [HOSTILE, "plain"])
    # Ada pays 100.5 throughout; Bo, the only other one at the start, left
    assert float(estimates[HOSTILE]) == 1
    assert float(estimates["plain"]) == 0
    assert estimates.to_frame()["segment"].tolist() == [HOSTILE, "plain"]


def test_the_bridge_in_one_sentence(measured):
    # 0 + 150.5 in January + 25 in February - 50 of Bo in March = 125.5; amounts are rounded to the euro
    english, french = (measured["bridge"].describe(lang) for lang in ("en", "fr"))
    for euros in (0, 176, 50, 126):
        assert f"€{euros}" in english
        assert f"{euros}\u00a0€" in french


def test_the_cohort_matrix_in_one_sentence(measured):
    # two months after the start: only Ada and Bo were watched so long, 100.5 of 150.5 is left
    assert "66.8%" in measured["matrix"].describe("en")
    assert "66,8\u00a0%" in measured["matrix"].describe("fr")


def test_the_trend_in_one_sentence(measured):
    # over one month: all stayed in February; in March 125.5 of 175.5 is left, and 2 of 3 customers
    english, french = (measured["trend"].describe(lang) for lang in ("en", "fr"))
    for share in ("100.0%", "71.5%", "66.7%"):
        assert share in english
    assert "71,5\u00a0%" in french


def test_the_account_of_the_rows(measured):
    account = measured["reconciliation"]
    assert dict(account.counts) == {"used": 3, "rejected": 0, "outside": 0}
    assert account.sentence("en") == "DataFrame: 3 rows read = 3 used + 0 rejected + 0 outside."
    assert account.sentence("fr").startswith("DataFrame\u00a0: 3 lignes lues = 3 utilisées")
    assert account.to_frame()[["rows", "amount"]].to_numpy().tolist() == [[3, 175.5]]


def test_the_frame_of_a_finding():
    row = finding().to_frame().iloc[0]
    assert row[["factor", "outcome", "horizon_months", "n", "events", "verdict"]].tolist() == [
        *["x", "retention", 12, 40, 14, "supports"]
    ]
    assert row[["estimate", "low", "high", "p_value"]].tolist() == [0.3, 0.01, 0.55, 0.04]


def test_a_finding_names_its_language_for_screen_readers():
    for lang in ("en", "fr"):
        with rk.use_language(lang):
            assert f'lang="{lang}"' in finding()._repr_html_()


def test_a_finding_in_words():
    assert finding().sentence("en") == (
        "The data support the hypothesis that customers with “x” are more often still there after 12 months than "
        "others. 80.0% of the customers with “x” have stayed 12 months, against 50.0% of the others: 30 points more "
        "(95% interval: from 1 to 55 points more). This is an association: something that was not recorded may differ "
        "between the groups and account for part of it."
    )


def test_a_finding_prints_what_must_be_known():
    notes = {
        "excluded": (Message("excluded.no_factor", {"n": 3, "factor": "x"}),),
        "warnings": (Message("warning.may_come_later", {"factor": "x"}),),
    }
    found = finding(**notes)
    for note in (*found.excluded, *found.warnings):
        assert str(note) in str(found)
    assert "3 customers have no value" in found._repr_html_()


@pytest.mark.parametrize("direction", [1, -1])
def test_a_finding_asks_its_question(direction):
    english, french = (finding(direction=direction).question(lang) for lang in ("en", "fr"))
    assert english.endswith("?")
    assert french.endswith("\u00a0?")
    assert finding(direction=-direction).question("en") != english


def test_numpy_numbers_are_written_like_any_other():
    assert estimate(value=np.float64(0.9), n=np.int64(1234)).sentence("en") == estimate().sentence("en")


# ---- what stands behind each estimate ----


def compared(value, outcome, *, large=0.0, **options):
    """Compare 60 customers, every other one with the factor, who pay 100 to 159; the first of them pays `large` more.

    Every sixth of them leaves after 6 months; `value` makes an attribute out of the number of a customer.
    """
    ids = [f"c{number:02}" for number in range(60)]
    table = pd.DataFrame({"subscription_id": ids, "customer_id": ids, "interval": "month"})
    table["amount"] = [100.0 + number + large * (number == 0) for number in range(60)]
    table["start"] = pd.Timestamp("2024-01-01")
    table["end"] = pd.to_datetime(
        ["2024-07-01" if number % 6 == 3 or number % 12 == 4 else None for number in range(60)]
    )
    customers = pd.DataFrame({"customer_id": ids, "demo": [number % 2 == 0 for number in range(60)]})
    customers = customers.assign(**{name: [make(number) for number in range(60)] for name, make in value.items()})
    ledger = rk.build_ledger(table, as_of="2025-12-31", customers=customers)
    return rk.compare(ledger, "demo", outcome=outcome, **options)


@pytest.mark.parametrize("outcome", ["csat", "renewed"])
def test_what_is_measured_once_has_no_churn_and_nobody_still_watched(outcome):
    values = {"csat": lambda number: float(number % 7), "renewed": lambda number: number % 3 == 0}
    found = compared(values, outcome, randomised=True, margin=0.5)
    assert all(math.isnan(arm.events) and math.isnan(arm.at_risk) for arm in found.arms)
    assert found.to_frame()["events"].isna().all()
    assert rk.table_arms(found, lang="en").frame.shape[1] == 3  # the group, customers, the outcome


def test_spend_counts_the_accounts_by_what_they_paid_at_the_start():
    # 30 customers with the factor pay 100 + 102 + … + 158 = 3 870 at the start; the first pays 100 + 21 930 = 22 030 of
    # 25 800 in all, which is 85.4 %, and 1 / Σ share² is 1.37 customers
    found = compared({}, "spend", large=21_930, randomised=True)
    shares = np.array([22_030.0, *range(102, 160, 2)]) / 25_800
    assert found.arms[0].largest_share == pytest.approx(22_030 / 25_800)
    assert found.arms[0].n_eff == pytest.approx(1 / (shares**2).sum())
    without = found.lines[-1]
    assert without.label.key == "line.without_largest"
    assert without.n == 59
    assert without.estimate < 100 < found.estimate


@pytest.mark.parametrize("outcome", ["spend", "nrr"])
def test_without_the_largest_account_customers_are_left_out_as_in_the_estimate_that_decides(outcome):
    found = compared({"csm": lambda number: f"m{number % 12}"}, outcome, large=50, randomised=True, cluster="csm")
    first, without = found.lines[0], found.lines[-1]
    assert (first.method.key, without.method.key) == ("method.clusters",) * 2
    assert without.method.fields["n"] == 12
    assert without.n_eff > 50
    customers = compared({}, outcome, large=50, randomised=True).lines[-1]
    assert without.estimate == pytest.approx(customers.estimate)
    assert without.high - without.low != pytest.approx(customers.high - customers.low)


def test_each_estimate_counts_the_churns_of_its_own_customers():
    # 10 customers churn with number % 6 == 3, 5 more with number % 12 == 4; all 60 are watched for two years
    found = compared({"segment": lambda number: "ab"[number // 3 % 2]}, "retention", adjust=("segment",))
    rows = found.to_frame().set_index("role")
    assert rows["events"].tolist() == [15] * 3
    # a segment of one customer of a kind compares nothing: without number 3, who left, 14
    found = compared(
        {"segment": lambda number: "c" if number == 3 else "ab"[number // 3 % 2]}, "retention", adjust=("segment",)
    )
    assert found.to_frame()["events"].tolist()[-1] == 14
    assert found.to_frame()["n"].tolist()[-1] == 59
