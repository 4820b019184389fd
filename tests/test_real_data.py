"""A real export that nobody here wrote: the mrr_playbook of dbt Labs, 121 periods of 55 customers, 2017 to 2020."""

import datetime as dt
from pathlib import Path

import oracle
import pandas as pd
import pytest
from cases import label

from retention_kit.cohorts import cohort_matrix
from retention_kit.engines.memory import lives
from retention_kit.ledger import build_ledger
from retention_kit.mrr_movements import movements, mrr_bridge
from retention_kit.retention import grr, logo_retention, nrr
from retention_kit.sources import read_subscriptions

approx = pytest.approx
EXPORT = Path(__file__).parents[2] / "shared" / "data" / "mrr_playbook" / "subscription_periods.csv"
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
