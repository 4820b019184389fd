"""Published examples and lives small enough to check by hand: the numbers others print are the numbers here."""

import csv
from itertools import pairwise
from pathlib import Path

import pytest
from cases import ledger_of, ledger_of_paths, subscriptions
from oracle import FLOWS

from retention_kit.cohorts import cohort_matrix
from retention_kit.errors import OptionError
from retention_kit.ledger import build_ledger
from retention_kit.mrr_movements import movements, mrr_bridge
from retention_kit.retention import grr, logo_retention, nrr
from retention_kit.totals import grr_from_movements, nrr_from_movements

approx = pytest.approx
with (Path(__file__).parent / "worked_examples.csv").open(encoding="utf-8") as file:
    EXAMPLES = {row["id"]: row for row in csv.DictReader(file)}


def totals(example):
    """An example's amounts as arguments: the starting MRR, the lost ones, the expansion, the months."""
    amounts = {name: float(example[name]) for name in ("starting_mrr", "expansion", "contraction", "churn")}
    lost = {name: amounts[name] for name in ("contraction", "churn")}
    return amounts["starting_mrr"], lost, amounts["expansion"], int(example["months"] or 0) or None


def warned(estimate):
    return [warning.key for warning in estimate.warnings]


def flows(frame):
    """The movement and its amount for each row that has one, in order."""
    return [next(((name, row[name]) for name in FLOWS if row[name]), None) for _, row in frame.iterrows()]


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_published_totals_give_the_published_ratios(example):
    """Source and figures stand in worked_examples.csv; six decimals, as far as any is printed."""
    starting, lost, expansion, months = totals(example)
    net = nrr_from_movements(starting, expansion=expansion, **lost, months=months)
    gross = grr_from_movements(starting, **lost, months=months)
    assert float(net) == approx(float(example["nrr"]), abs=5e-7)
    assert float(gross) == approx(float(example["grr"]), abs=5e-7)
    assert ("warning.no_window" in warned(net)) == (months is None)
    assert ("warning.lost_more_than_start" in warned(gross)) == (float(example["grr"]) < 0)


@pytest.mark.parametrize("measure", [nrr_from_movements, grr_from_movements])
@pytest.mark.parametrize("wrong", [{"starting": 0.0}, {"churn": -1.0}, {"contraction": -1.0}, {"months": 0}])
def test_totals_that_cannot_be_are_refused_by_name(measure, wrong):
    with pytest.raises(OptionError, match=next(iter(wrong))):
        measure(**{"starting": 100.0} | wrong)


def test_an_expansion_below_zero_is_refused():
    with pytest.raises(OptionError, match="expansion must not be negative; it is −5"):
        nrr_from_movements(100.0, expansion=-5.0)


def test_bubble_consistent_as_customers():
    """Eight at 8,148.11, one at 8,148.12 and one at 10,000 are 83,333.00; the large one leaves, one goes down by 833,
    three go up by 417 + 583 + 250 = 1,250: the published ratios, and the published movements."""
    start = [10_000.00, *[8_148.11] * 8, 8_148.12]
    change = [-10_000.00, -833.0, 417.0, 583.0, 250.0, 0, 0, 0, 0, 0]
    paths = {
        f"c{place}": [paid, round(paid + more, 2)] for place, (paid, more) in enumerate(zip(start, change, strict=True))
    }
    ledger, example = ledger_of_paths(paths), EXAMPLES["bubble_consistent"]
    assert float(nrr(ledger, "2025-01", "2025-02")) == approx(float(example["nrr"]), abs=5e-7)
    assert float(grr(ledger, "2025-01", "2025-02")) == approx(float(example["grr"]), abs=5e-7)
    february = mrr_bridge(ledger).frame.iloc[-1]
    for column, name in {"opening": "starting_mrr", "expansion": "expansion", "churn": "churn"}.items():
        assert february[column] == float(example[name])
    assert february["contraction"] == float(example["contraction"])


def test_bubble_as_printed_fits_no_customers():
    """Ten customers at 8,333 have 83,330 of MRR, not 83,333, and the churn of one is 8,333, never 10,000."""
    ledger = ledger_of_paths({f"c{place}": [8_333, 8_333 * (place > 0)] for place in range(10)})
    february, example = mrr_bridge(ledger).frame.iloc[-1], EXAMPLES["bubble"]
    assert february["opening"] == 83_330 != float(example["starting_mrr"])
    assert february["churn"] == 8_333 != float(example["churn"])
    assert float(example["churn"]) % 8_333 != 0  # nor do any number of them leaving make it


def test_baremetrics_cap_on_the_customer_is_zero_not_minus_176_percent():
    """500 → 1,379 → gone: totals say (500 − 1,379) / 500 = −1.758 and warn; capped per customer nothing is left: 0."""
    ledger = ledger_of_paths({"Ada": [500, 1379, 0], "Bo": [0, 10, 10]})
    bridge = mrr_bridge(ledger, start="2025-01").frame
    assert (bridge["expansion"].sum(), bridge["churn"].sum()) == (879.0, 1379.0)
    summed = grr_from_movements(500.0, churn=1379.0)
    assert float(summed) == -1.758
    assert "warning.lost_more_than_start" in warned(summed)
    assert float(grr(ledger, "2025-01", "2025-03")) == 0.0
    assert float(nrr(ledger, "2025-01", "2025-03")) == 0.0


def test_payproglobal_s_three_months_chain():
    """500k → 485k → 470k → 460k: each month starts where the last one ended; with customers that never grow, the
    product of the monthly GRRs is the GRR of the quarter, 0.92."""
    months = [EXAMPLES[f"payproglobal_m{number}"] for number in (1, 2, 3)]
    mrr, product = 500_000.0, 1.0
    for example in months:
        starting, lost, _, length = totals(example)
        assert starting == mrr
        mrr -= sum(lost.values())
        product *= float(grr_from_movements(starting, **lost, months=length))
    assert (mrr, product) == (460_000.0, approx(0.92))
    paths = {  # churn 10k, 12k, 8k; contraction 5k, 3k, 2k of one account; the rest stays
        "gone in a": [10_000, 0, 0, 0],
        "gone in b": [12_000, 12_000, 0, 0],
        "gone in c": [8_000, 8_000, 8_000, 0],
        "shrinks": [470_000, 465_000, 462_000, 460_000],
    }
    ledger = ledger_of_paths(paths)
    assert float(grr(ledger, "2025-01", "2025-04")) == 0.92
    ends = ["2025-01", "2025-02", "2025-03", "2025-04"]
    found = [float(grr(ledger, start, end)) for start, end in pairwise(ends)]
    assert found == approx([float(example["grr"]) for example in months], abs=5e-7)


def test_fincome_s_churn_by_customers_and_by_mrr():
    """Fincome help, churn recognition: 5 of 100 customers leave (5 %), 2,000 of 50,000 MRR (4 %), with 1,000 of
    contraction gross loss is 6 %. Five at 400 leave, one at 2,000 goes down to 1,000, 94 share the other 46,000."""
    paths = {f"leaves {place}": [400, 0] for place in range(5)} | {"shrinks": [2000, 1000]}
    paths |= {f"stays {place}": [480, 480] for place in range(93)} | {"stays large": [1360, 1360]}
    ledger, ends = ledger_of_paths(paths), ("2025-01", "2025-02")
    february = mrr_bridge(ledger).frame.iloc[-1]
    assert (february["opening"], february["churn"], february["contraction"]) == (50_000.0, 2_000.0, 1_000.0)
    assert float(logo_retention(ledger, *ends)) == 0.95
    assert 1 - float(grr(ledger, *ends)) == approx(0.06)


# --- one customer's paths: the table of DEFINITIONS.md, opening 100 (500 in the last)


@pytest.mark.parametrize(
    ("path", "capped", "running_min", "summed", "net"),
    [
        ([100, 60, 100], 1.0, 0.6, 0.6, 1.0),
        ([100, 150, 100], 1.0, 1.0, 0.5, 1.0),
        ([100, 150, 80], 0.8, 0.8, 0.3, 0.8),
        ([100, 0, 0, 80], 0.8, 0.0, 0.0, 0.8),
        ([500, 1379, 0], 0.0, 0.0, -1.758, 0.0),
        ([100, 100, 120], 1.0, 1.0, 1.0, 1.2),
    ],
)
def test_paths_of_one_customer(path, capped, running_min, summed, net):
    ledger = ledger_of_paths({"Ada": path, "Bo": [0, *[10] * (len(path) - 1)]})
    ends = "2025-01", f"2025-{len(path):02}"
    methods = [grr(ledger, *ends, method=method) for method in ("cohort", "running_min", "movements")]
    assert [*map(float, methods), float(nrr(ledger, *ends))] == [capped, running_min, summed, net]
    assert ("warning.lost_more_than_start" in warned(methods[2])) == (summed < 0)


@pytest.mark.parametrize(
    ("path", "summed"),
    [([100, 0, 100], 0.0), ([100, 60, 100], 1.0), ([100, 150, 80], 0.8), ([100, 0, 0, 80], 0.0)],
)
def test_nrr_by_summed_movements_leaves_reactivation_out(path, summed):
    """100 → 0 → 100 is 0 %, where the cohort method says 100 %."""
    ledger = ledger_of_paths({"Ada": path, "Bo": [0, *[10] * (len(path) - 1)]})
    assert float(nrr(ledger, "2025-01", f"2025-{len(path):02}", method="movements")) == summed


# --- worked_ledgers.md


def test_1_one_life_has_all_five_labels():
    """Syncalytics (ChartMogul help, life of a customer): 2,000 a year → new 166.67; + 60 → expansion; − 60 →
    contraction; the paid year ends → churn 166.67; back at 3 × 50 → reactivation 150."""
    rows = [
        ("Syncalytics", "2024-01-10", "2025-01-10", 2000.0, {"interval": "year"}),
        ("Syncalytics", "2024-03-05", "2024-06-05", 60.0),
        ("Syncalytics", "2025-04-02", None, 150.0),
    ]
    frame = movements(ledger_of(*rows, as_of="2025-04-30"))
    assert [flow for flow in flows(frame) if flow] == [
        ("new", 166.67),
        ("expansion", 60.0),
        ("contraction", 60.0),
        ("churn", 166.67),
        ("reactivation", 150.0),
    ]


def test_2_a_month_end_sees_the_whole_price():
    """Recurly: 100 a month paid 29 March–29 April counts 100 in March, not three days' worth, and nothing in April."""
    frame = ledger_of(("Ada", "2025-03-29", "2025-04-29", 100.0), as_of="2025-04-30").frame
    assert frame[["month", "mrr"]].astype(str).to_numpy().tolist() == [["2025-03-01", "100.0"]]


def test_3_the_end_is_the_first_day_not_paid():
    """fivetran's dbt_stripe decision log: paid 15 May–15 June is in May's MRR and churned in June."""
    frame = movements(ledger_of(("Ada", "2025-05-15", "2025-06-15", 10.0), as_of="2025-06-30"))
    assert flows(frame) == [("new", 10.0), ("churn", 10.0)]
    assert frame["period"].dt.month.tolist() == [5, 6]


def test_4_who_joins_and_leaves_in_the_month_is_not_in_its_churn():
    """ChartMogul: 100 at the start, 11 cancel, one of the 11 had joined this month: 10 %, not 11 %. As a snapshot the
    joiner is in no month end at all; the reconciliation says so."""
    rows = [(f"c{place}", "2025-01-01", "2025-02-15" if place < 10 else None, 10.0) for place in range(100)]
    ledger = ledger_of(*rows, ("joiner", "2025-02-03", "2025-02-20", 10.0), as_of="2025-02-28")
    assert 1 - float(logo_retention(ledger, "2025-01", "2025-02")) == approx(0.10)
    assert logo_retention(ledger, "2025-01", "2025-02").n == 100
    assert ledger.reconciliation.rows["reason"].iloc[-1] == "between_month_ends"


def test_5_a_year_nets_what_months_and_quarters_show():
    """Fincome: paid in December, gone in January, back lower in April: churn and reactivation by month and by quarter,
    by year one contraction of 100 − 70."""
    ledger = ledger_of_paths({"Ada": [100, 0, 0, 0, *[70] * 9]}, first="2024-12")
    for freq in ("M", "Q"):
        assert [flow for flow in flows(movements(ledger, freq=freq)) if flow][-2:] == [
            ("churn", 100.0),
            ("reactivation", 70.0),
        ]
    assert flows(movements(ledger, freq="Y")) == [("new", 100.0), ("contraction", 30.0)]


def test_6_the_average_row_weighs_by_customers():
    """A PostHog issue: 10 customers retained at 20 %, 100 at 0 %: 2 / 110 = 1.8 %, not 10 %."""
    small = {f"a{place}": [10, 10 * (place < 2)] for place in range(10)}
    large = {f"b{place}": [0, 10, 0] for place in range(100)}
    average = cohort_matrix(ledger_of_paths(small | large), measure="logo").average
    assert average[1] == approx(2 / 110)


def test_7_annual_plans_count_a_twelfth():
    """Stripe's glossary: 100 at 100 a month + 50 at 600 a year are 12,500; with the 800 of its formula, 13,333.33."""
    monthly = [(f"m{place}", "2025-01-01", None, 100.0) for place in range(100)]
    for price, mrr in ((600.0, 12_500.0), (800.0, 10_000 + 50 * 66.67)):
        annual = [(f"y{place}", "2025-01-01", None, price, {"interval": "year"}) for place in range(50)]
        ledger = build_ledger(subscriptions(*monthly, *annual), as_of="2025-01-31")
        assert mrr_bridge(ledger).frame["closing"].tolist() == [mrr]


def test_8_the_order_of_labels():
    """50, 50, 0, 0, 50, 25, 0 → new, –, churn, –, reactivation, contraction, churn."""
    frame = movements(ledger_of_paths({"Ada": [50, 50, 0, 0, 50, 25, 0]}))
    expected = {
        1: ("new", 50),
        2: None,
        3: ("churn", 50),
        5: ("reactivation", 50),
        6: ("contraction", 25),
        7: ("churn", 25),
    }
    assert dict(zip(frame["period"].dt.month, flows(frame), strict=True)) == expected
