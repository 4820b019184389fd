"""Exports that nobody here wrote: the mrr_playbook of dbt Labs, 121 periods of 55 customers; IBM's Telco customers."""

import datetime as dt
import html
import re
from pathlib import Path

import oracle
import pandas as pd
import pytest
from cases import label

import retention_kit as rk
from retention_kit.cohorts import cohort_matrix
from retention_kit.engines.memory import lives
from retention_kit.ledger import build_ledger, open_ledger, snapshot_seen
from retention_kit.mrr_movements import movements, mrr_bridge
from retention_kit.reports import run_report
from retention_kit.retention import grr, logo_retention, nrr
from retention_kit.sources import read_subscriptions

approx = pytest.approx
DATA = Path(__file__).parents[2] / "shared" / "data"
EXPORT = DATA / "mrr_playbook" / "subscription_periods.csv"
TELCO = DATA / "telco_ibm" / "Telco-Customer-Churn.csv"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not EXPORT.is_file(), reason="shared/data does not lie beside the project"),
]
NAMES = {"start": "start_date", "end": "end_date", "amount": "monthly_amount"}
AS_OF = dt.date(2019, 12, 31)
ENDS = "2018-12", "2019-12"
AMOUNTS = list(oracle.AMOUNTS)


def built(as_of):
    return build_ledger(read_subscriptions(EXPORT, columns=NAMES, interval="month"), as_of=as_of)


def exact(as_of):
    """The oracle's book, read with nothing but pandas' CSV reader."""
    raw = pd.read_csv(EXPORT, dtype={"customer_id": str}).rename(
        columns={header: name for name, header in NAMES.items()}
    )
    days = {name: [dt.date.fromisoformat(day) for day in raw[name]] for name in ("start", "end")}
    plain = {"interval": "month", "interval_count": 1, "discount_percent": 0, "discount_amount": 0, "status": "active"}
    return oracle.ledger(raw.assign(**days, **plain, discount_until=None), as_of)


@pytest.fixture(scope="module")
def ledger():
    return built(AS_OF)


@pytest.fixture(scope="module")
def expected():
    return exact(AS_OF)


def test_all_rows_are_accounted_for(ledger):
    """121 rows; the four that begin on 1 January 2020 lie after the last closed month."""
    account = ledger.reconciliation
    assert account.counts == {"used": 117, "rejected": 0, "outside": 4}
    assert account.rows["row"].tolist() == list(range(2, 123))
    assert set(account.rows["reason"]) == {"", "starts_after_window"}


def test_the_ledger_is_the_oracle_s(ledger, expected):
    found = dict(
        zip(zip(ledger.frame["customer_id"], ledger.frame["month"], strict=True), ledger.frame["mrr"], strict=True)
    )
    assert found == {
        (who, label(month)): cents / 100 for who, months in expected.paid.items() for month, cents in months.items()
    }
    assert len(ledger.ids) == 51  # of 55: four begin after the last closed month


@pytest.mark.parametrize("freq", ["M", "Q", "Y"])
def test_the_bridge_is_the_oracle_s(ledger, expected, freq):
    frame = mrr_bridge(ledger, freq=freq).frame
    found = dict(zip(frame["period"], (frame[AMOUNTS] * 100).to_numpy().tolist(), strict=True))
    assert found == {
        label(start): [sums[name] for name in AMOUNTS] for (start, _), sums in oracle.bridge(expected, freq).items()
    }


def test_retention_of_2019_is_the_oracle_s(ledger, expected):
    start = oracle.number(dt.date(2018, 12, 31))
    base = oracle.opening_base(expected, start, start + 12)
    for measure, truth in ((nrr, oracle.nrr), (grr, oracle.grr), (logo_retention, oracle.logo_retention)):
        estimate = measure(ledger, *ENDS)
        assert float(estimate) == float(truth(base))
        assert estimate.n == len(base)
        assert estimate.low < float(estimate) < estimate.high


@pytest.mark.parametrize("measure", ["customers", "logo", "mrr", "nrr", "grr", "arpa"])
def test_cohorts_are_the_oracle_s(ledger, expected, measure):
    cells, average = oracle.cohort_matrix(expected, measure)
    matrix, unit = cohort_matrix(ledger, measure=measure), 100 if measure in ("mrr", "arpa") else 1
    assert int(matrix.to_frame().notna().to_numpy().sum()) == sum(cell is not None for cell in cells.values())
    for (start, age), cell in cells.items():
        if cell is not None:
            assert matrix.to_frame().loc[label(start), age] == approx(float(cell / unit), rel=1e-14)
    for age, mean in average.items():
        assert mean is None or matrix.average[age] == approx(float(mean / unit), rel=1e-14)


def test_time_to_churn_is_the_oracle_s(ledger, expected):
    found = lives(ledger.book)
    ages = [None if age < 0 else age for age in found.churned.tolist()]
    assert dict(zip(ledger.ids, zip(found.start.tolist(), ages, found.watched.tolist(), strict=True), strict=True)) == (
        oracle.time_to_churn(expected)
    )


def test_three_customers_return_and_one_churns_twice(ledger):
    """As the data's README says."""
    frame = movements(ledger)
    returned = frame.loc[frame["reactivation"] > 0, "customer_id"]
    churns = frame.loc[frame["churn"] > 0, "customer_id"].value_counts()
    assert len(returned) == returned.nunique() == 3
    assert churns[churns > 1].tolist() == [2]


def asked_about_the_end(ledger):
    return [warning.fields for warning in ledger.warnings if warning.key == "warning.end_of_export"]


def test_the_last_day_of_the_export_is_questioned_when_it_has_passed():
    """As of 31 January 2020: 28 of the 51 customers who have left did so on 1 January, when nothing begins any more."""
    (fields,) = asked_about_the_end(built(dt.date(2020, 1, 31)))
    assert (fields["n"], fields["total"], fields["day"]) == (28, 51, pd.Timestamp("2020-01-01"))


def test_before_that_day_nothing_is_questioned(ledger):
    """As of 31 December those 28 are running; 17 of the 23 who had left did so on 1 December, but the file goes on."""
    assert asked_about_the_end(ledger) == []
    assert float(mrr_bridge(ledger).frame["churn"].iloc[-1]) > 0


def test_no_view_of_the_export_looks_like_a_snapshot_of_survivors():
    """Its 55 customers left from 2018 on, at any as-of day."""
    days = pd.date_range("2018-06-30", "2020-06-30", freq="ME")
    assert not [day for day in days if snapshot_seen(built(day.date()))]


@pytest.fixture(scope="module")
def telco(tmp_path_factory):
    """IBM's Telco customers (telco_ibm) as files: those there in December 2019, and those who left in it."""
    raw, folder = pd.read_csv(TELCO), tmp_path_factory.mktemp("telco")
    starts = [(pd.Period("2019-12", "M") - int(tenure)).start_time.date() for tenure in raw["tenure"]]
    ends = raw["Churn"].map({"Yes": "2019-12-01", "No": ""})
    rows = {"customer_id": raw["customerID"], "start": starts, "end": ends, "mrr": raw["MonthlyCharges"]}
    pd.DataFrame(rows).to_csv(folder / "subscriptions.csv", index=False)
    named = raw.rename(columns={"customerID": "customer_id"})
    named[["customer_id", "TechSupport", "Partner"]].to_csv(folder / "customers.csv", index=False)
    files = {name: str(folder / f"{name}.csv") for name in ("subscriptions", "customers")}
    return files | {"as_of": "2019-12-31", "interval": "month"}


def test_the_telco_customers_are_survivors_and_nothing_is_answered_from_their_start(telco):
    """1,869 left in the last month, after 72 months of starts and none."""
    ledger = open_ledger(**telco)
    said = snapshot_seen(ledger)
    fields = said.fields["reason"].fields
    assert (fields["n"], fields["seen"], fields["since_text"], fields["first_text"]) == (1869, 0, "2019-12", "2013-12")
    for outcome in ("retention", "rmst", "nrr", "spend"):
        found = rk.compare(ledger, "Partner", outcome=outcome, adjust=())
        assert found.verdict.reason == said.fields["reason"]
        assert pd.isna(found.estimate)
    assert cohort_matrix(ledger, cohort="Y").warnings == (said,)
    assert said in rk.data_quality(**telco).about


def test_watched_since_december_they_are_answered(telco):
    ledger = open_ledger(**telco, history_from="2019-12")
    assert snapshot_seen(ledger) is None
    found = rk.compare(ledger, "Partner", outcome="rmst", adjust=())
    assert found.verdict.kind != "not_testable"
    # at 3 months, the life table of the month: those of tenure 1, 2 and 3 who did not leave in it
    table = pd.read_csv(TELCO).query("Partner == 'Yes'").assign(stayed=lambda rows: rows["Churn"] == "No")
    share = table.groupby("tenure")["stayed"].mean().loc[1:3].prod()
    retained = rk.compare(ledger, "Partner", horizon=3, adjust=()).arms
    assert retained[0].value == approx(share)


def test_a_hundred_and_fifty_of_them_are_enough_to_see_it():
    """Fewer are not: of 40 customers some 10 left, and none of those can be told to have come too late."""
    raw = pd.read_csv(TELCO)

    def seen(n, seed):
        some = raw.sample(n, random_state=seed)
        start = [(pd.Period("2019-12", "M") - int(tenure)).start_time for tenure in some["tenure"]]
        end = pd.to_datetime(some["Churn"].map({"Yes": "2019-12-01", "No": None}))
        table = {"subscription_id": some["customerID"], "customer_id": some["customerID"], "start": start, "end": end}
        rows = pd.DataFrame(table | {"amount": some["MonthlyCharges"], "interval": "month"})
        return snapshot_seen(build_ledger(rows, as_of="2019-12-31", end_inclusive=False)) is not None

    assert all(seen(150, seed) for seed in range(5))
    assert not any(seen(40, seed) for seed in range(5))


@pytest.mark.notebook
@pytest.mark.parametrize(("lang", "words"), [("en", "Not testable"), ("fr", "Non testable")])
def test_the_report_on_them_shows_the_refusal_and_no_share_retained(telco, tmp_path, lang, words):
    given = {**telco, "factor": "Partner", "lang": lang}
    page = run_report("hypothesis", given, output_dir=tmp_path, stem="page").html.read_text(encoding="utf-8")
    text = " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())
    said = snapshot_seen(open_ledger(**telco))
    answer = text.index(words)
    assert " ".join(said.fields["reason"].text(lang).split()) in text[answer:]
    assert " ".join(said.fields["remedy"].text(lang).split()) in text[answer:]
    assert "history_from=2019-12" in text


def test_the_report_on_them_watched_since_december_has_an_answer_and_the_one_month_there_is(telco, tmp_path):
    given = {**telco, "factor": "Partner", "history_from": "2019-12-01", "horizon": 1}
    page = run_report("hypothesis", given, output_dir=tmp_path, stem="page").html.read_text(encoding="utf-8")
    text = " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())
    assert "Not testable" not in text
    assert "from 30 November 2019 to 31 December 2019" in text
