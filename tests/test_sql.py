"""Every table recomputed, cell by cell, in plain SQL on DuckDB: an independent pair of eyes.

The SQL knows nothing of the package: it reads subscriptions and says, month end by month end, who pays what. Amounts
are decimals; the cases have monthly and yearly amounts that divide without a rest, so that rounding is not at stake
here (tests/test_billing.py has the ties).
"""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import retention_kit as rk

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
FLOWS = ["opening", "new", "reactivation", "expansion", "contraction", "churn", "closing"]

LEDGER = """
    CREATE OR REPLACE TABLE ledger AS
    WITH months AS (
        SELECT unnest(generate_series(
            (SELECT date_trunc('month', min(start_day)) FROM subscriptions), DATE '{last}', INTERVAL 1 MONTH
        ))::DATE AS month
    )
    SELECT customer_id, month, sum(CASE interval WHEN 'year' THEN amount / 12 ELSE amount END)::DECIMAL(18, 2) AS mrr
    FROM subscriptions JOIN months
      ON start_day <= last_day(month) AND (end_day IS NULL OR last_day(month) < end_day)
    GROUP BY ALL
"""
MOVEMENTS = """
    WITH ends AS (
        SELECT month AS closing_month, (month - INTERVAL {length} MONTH)::DATE AS opening_month
        FROM (SELECT unnest(generate_series(DATE '{first}', DATE '{last}', INTERVAL {length} MONTH))::DATE AS month)
    ), born AS (SELECT customer_id, min(month) AS born FROM ledger GROUP BY ALL),
    pairs AS (
        SELECT b.customer_id, b.born, e.*, coalesce(o.mrr, 0) AS opening, coalesce(c.mrr, 0) AS closing
        FROM born b CROSS JOIN ends e
        LEFT JOIN ledger o ON o.customer_id = b.customer_id AND o.month = e.opening_month
        LEFT JOIN ledger c ON c.customer_id = b.customer_id AND c.month = e.closing_month
    )
    SELECT customer_id, (opening_month + INTERVAL 1 MONTH)::DATE AS period, opening,
        CASE WHEN opening = 0 AND born > opening_month THEN closing ELSE 0 END AS new,
        CASE WHEN opening = 0 AND born <= opening_month THEN closing ELSE 0 END AS reactivation,
        CASE WHEN opening > 0 AND closing > opening THEN closing - opening ELSE 0 END AS expansion,
        CASE WHEN closing > 0 AND closing < opening THEN opening - closing ELSE 0 END AS contraction,
        CASE WHEN closing = 0 THEN opening ELSE 0 END AS churn,
        closing
    FROM pairs WHERE opening > 0 OR closing > 0
    ORDER BY customer_id, period
"""
RETENTION = """
    SELECT sum(c.mrr) FILTER (c.mrr IS NOT NULL) / sum(o.mrr) AS nrr,
           sum(least(o.mrr, coalesce(c.mrr, 0))) / sum(o.mrr) AS grr,
           count(c.mrr) / count(*) AS logo_retention, count(*) AS n
    FROM ledger o LEFT JOIN ledger c ON c.customer_id = o.customer_id AND c.month = DATE '{end}'
    WHERE o.month = DATE '{start}'
"""
COHORTS = """
    WITH born AS (SELECT customer_id, min(month) AS cohort, arg_min(mrr, month) AS mrr FROM ledger GROUP BY ALL),
    cells AS (
        SELECT b.cohort, datediff('month', b.cohort, l.month) AS age, count(*) AS customers, sum(l.mrr) AS mrr,
               sum(least(l.mrr, b.mrr)) AS capped
        FROM ledger l JOIN born b USING (customer_id) GROUP BY ALL
    ), sizes AS (SELECT cohort, count(*) AS size, sum(mrr) AS birth FROM born GROUP BY ALL),
    grid AS (
        SELECT cohort, size, birth, unnest(range(datediff('month', cohort, DATE '{last}') + 1)) AS age FROM sizes
    )
    SELECT g.cohort, g.age, coalesce(customers, 0) AS customers, coalesce(customers, 0) / size AS logo,
           coalesce(mrr, 0) AS mrr, coalesce(mrr, 0) / birth AS nrr, coalesce(capped, 0) / birth AS grr
    FROM grid g LEFT JOIN cells USING (cohort, age) ORDER BY g.cohort, g.age
"""


def mrr_playbook():
    path = DATA / "mrr_playbook" / "subscription_periods.csv"
    if not path.is_file():
        pytest.skip("../shared/data is not beside the project")
    table = pd.read_csv(path, parse_dates=["start_date", "end_date"])
    names = {"start_date": "start", "end_date": "end", "monthly_amount": "amount"}
    return table.rename(columns=names).assign(interval="month"), "2019-12-31"


def cdnow():
    """Purchases as a spend ledger: what a customer spent in a month stands in for that month's MRR."""
    path = DATA / "cdnow_sample" / "CDNOW_sample.txt"
    if not path.is_file():
        pytest.skip("../shared/data is not beside the project")
    names = ["master", "customer_id", "day", "cds", "amount"]
    bought = pd.read_csv(path, sep=r"\s+", names=names, parse_dates=["day"], date_format="%Y%m%d")
    start = bought["day"].dt.to_period("M").dt.to_timestamp()
    spent = bought.assign(start=start).groupby(["customer_id", "start"], as_index=False)["amount"].sum()
    spent = spent[spent["amount"] > 0].round({"amount": 2})
    table = spent.assign(end=spent["start"] + pd.offsets.MonthBegin(1), interval="month")
    return table.assign(subscription_id=np.arange(len(table))), "1998-06-30"


def invented():
    """Gaps, returns, overlaps and changes within a month, drawn with a fixed seed."""
    draw = np.random.default_rng(11)
    rows = 600
    start = pd.Timestamp("2023-01-01") + pd.to_timedelta(draw.integers(0, 900, rows), unit="D")
    end = pd.Series(start + pd.to_timedelta(draw.integers(1, 400, rows), unit="D"))
    end[draw.random(rows) < 0.3] = pd.NaT
    table = {"subscription_id": np.arange(rows), "customer_id": draw.integers(0, 150, rows), "start": start, "end": end}
    interval = np.where(draw.random(rows) < 0.5, "year", "month")
    return pd.DataFrame(table | {"amount": 12.0 * draw.integers(1, 90, rows), "interval": interval}), "2025-12-31"


BOOKS = {
    "mrr_playbook": pytest.param(mrr_playbook, marks=pytest.mark.real_data),
    "cdnow": pytest.param(cdnow, marks=pytest.mark.real_data),
    "invented": invented,
}


@pytest.fixture(scope="module", params=list(BOOKS.values()), ids=list(BOOKS))
def both(request):
    """The package's ledger, and a DuckDB connection that has its own."""
    table, as_of = request.param()
    kept = table[["subscription_id", "customer_id", "start", "end", "amount", "interval"]]
    base = duckdb.connect()
    base.register("given", kept)
    base.execute(
        'CREATE TABLE subscriptions AS SELECT customer_id, start::DATE AS start_day, "end"::DATE AS end_day,'
        " amount::DECIMAL(18, 2) AS amount, interval FROM given"
    )
    base.execute(LEDGER.format(last=pd.Timestamp(as_of).replace(day=1).date()))
    return rk.build_ledger(kept, as_of=as_of, end_inclusive=False), base


def floats(frame, columns):
    return frame[columns].astype(float).to_numpy()


def test_ledger(both):
    ledger, base = both
    expected = base.sql("SELECT * FROM ledger WHERE mrr > 0 ORDER BY customer_id, month").df()
    assert ledger.frame["customer_id"].tolist() == expected["customer_id"].tolist()
    assert ledger.frame["month"].tolist() == pd.to_datetime(expected["month"]).tolist()
    assert (floats(ledger.frame, ["mrr"]) == floats(expected, ["mrr"])).all()


@pytest.mark.parametrize(("freq", "length"), [("M", 1), ("Q", 3), ("Y", 12)])
def test_movements_and_bridge(both, freq, length):
    ledger, base = both
    first = pd.Period(ledger.first_month, freq).end_time.replace(day=1).date()
    asked = MOVEMENTS.format(first=first, last=ledger.last_month.date(), length=length)
    expected, found = base.sql(asked).df(), rk.movements(ledger, freq=freq)
    assert found["customer_id"].tolist() == expected["customer_id"].tolist()
    assert found["period"].tolist() == pd.to_datetime(expected["period"]).tolist()
    assert (floats(found, FLOWS) == floats(expected, FLOWS)).all()
    sums = expected.groupby("period")[FLOWS].sum()
    bridge = rk.mrr_bridge(ledger, freq=freq).frame
    bridge = bridge[bridge[FLOWS].astype(float).any(axis=1)]
    assert floats(bridge, FLOWS) == pytest.approx(floats(sums, FLOWS), abs=1e-9)


@pytest.mark.parametrize("months", [1, 3, 12])
def test_retention_of_the_last_window(both, months):
    ledger, base = both
    start, end = ledger.last_window(months)
    expected = base.sql(RETENTION.format(start=start.date(), end=end.date())).df().iloc[0]
    for measure in (rk.nrr, rk.grr, rk.logo_retention):
        found = measure(ledger, start, end)
        assert float(found) == pytest.approx(float(expected[found.measure]), rel=1e-12)
        assert found.n == expected["n"]


@pytest.mark.parametrize("measure", ["customers", "logo", "mrr", "nrr", "grr"])
def test_cohorts(both, measure):
    ledger, base = both
    expected = base.sql(COHORTS.format(last=ledger.last_month.date())).df()
    wide = expected.set_index(["cohort", "age"])[measure].astype(float).unstack()  # noqa: PD010
    found = rk.cohort_matrix(ledger, measure=measure).values
    assert found.index.tolist() == pd.to_datetime(wide.index).tolist()
    assert found.columns.tolist() == wide.columns.tolist()
    assert (found.isna() == wide.isna().to_numpy()).all(axis=None)
    assert found.to_numpy() == pytest.approx(wide.to_numpy(), rel=1e-12, nan_ok=True)
