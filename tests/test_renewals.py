"""The gross renewal rate: due and renewed by hand, the day that is paid, its refusals and warnings."""

import math

import numpy as np
import pandas as pd
import pytest
from cases import ledger_of, told

from retention_kit.errors import InclusiveEndsError, OptionError, UnknownColumnError
from retention_kit.intervals import ratio_interval, ratio_sums
from retention_kit.renewals import gross_renewal_rate

approx = pytest.approx
ROWS = [
    ("Ada", "2025-01-01", "2025-03-15", 100.0),  # renewed at 150
    ("Ada", "2025-03-15", None, 150.0),
    ("Bo", "2025-01-01", "2025-04-10", 80.0),  # renewed at 60
    ("Bo", "2025-04-10", None, 60.0),
    ("Cy", "2025-01-01", "2025-04-10", 50.0),  # gone
    ("Di", "2025-01-01", None, 500.0),  # due next year
    ("Eve", "2025-01-01", None, 70.0),  # no contract end
    ("Fay", "2025-01-01", "2025-02-10", 40.0),  # gone before hers ends: owes nothing
]
ENDS = {
    "Ada": "2025-03-15",
    "Bo": "2025-04-10",
    "Cy": "2025-04-10",
    "Di": "2026-01-10",
    "Eve": None,
    "Fay": "2025-04-10",
}


def ledger_with(ends, *rows, as_of="2025-05-31"):
    table = pd.DataFrame({"customer_id": list(ends), "contract_end": pd.to_datetime(list(ends.values()))})
    return ledger_of(*(rows or ROWS), as_of=as_of, customers=table)


def keys(estimate):
    return [warning.key for warning in estimate.warnings]


def test_the_gross_renewal_rate_by_hand():
    """Due 100 + 80 + 50; renewed min(100, 150) + min(80, 60) + 0 = 160."""
    found = gross_renewal_rate(ledger_with(ENDS), "2025-01", "2025-05")
    low, high = ratio_interval(ratio_sums(np.array([100, 60, 0]), np.array([100, 80, 50])))
    assert found.value == 160 / 230
    assert (found.low, found.high) == (max(low, 0), min(high, 1))
    assert (found.n, found.base.amount, found.largest_share) == (3, 230.0, 100 / 230)
    assert keys(found) == ["warning.few_accounts", "warning.no_contract_end"]
    assert "1 customer who paid at the start of the window has no contract end" in str(found)


def test_only_contracts_that_end_in_the_window_are_due():
    """After March: Bo and Cy, 60 of 130; to March: Ada alone, 100 of 100."""
    ledger = ledger_with(ENDS)
    assert gross_renewal_rate(ledger, "2025-03", "2025-05").value == 60 / 130
    assert gross_renewal_rate(ledger, "2025-01", "2025-03").value == 1.0
    assert "warning.one_account_due" in keys(gross_renewal_rate(ledger, "2025-01", "2025-03"))


def test_the_last_day_of_a_month_asks_whether_it_is_paid():
    """30 April as first day not paid is judged at the end of April; as last day paid at the end of May, when the MRR
    that went on from 1 May is seen."""
    rows = [("Ada", "2025-01-01", "2025-05-01", 100.0), ("Ada", "2025-05-01", None, 30.0)]
    ledger = ledger_with({"Ada": "2025-04-30"}, *rows)
    with pytest.raises(InclusiveEndsError, match="end_inclusive=True"):
        gross_renewal_rate(ledger, "2025-01", "2025-05")
    late, early = (gross_renewal_rate(ledger, "2025-01", "2025-05", end_inclusive=paid) for paid in (True, False))
    assert (late.value, early.value) == (0.3, 1.0)
    assert late.rule != early.rule
    assert math.isnan(gross_renewal_rate(ledger, "2025-01", "2025-04", end_inclusive=True).value)


def test_nobody_due_is_not_a_number_and_says_so():
    found = gross_renewal_rate(ledger_with({"Ada": "2027-01-10"}), "2025-01", "2025-05")
    assert math.isnan(found.value)
    assert (found.n, keys(found)[0]) == (0, "warning.nobody_due")


def test_a_file_that_moves_its_contract_ends_is_suspected():
    """Only those who left are still due: 0 % of two customers."""
    rows = [("Ada", "2025-01-01", None, 10.0), *((who, "2025-01-01", "2025-03-10", 10.0) for who in ("Bo", "Cy"))]
    ends = {"Ada": "2026-03-10", "Bo": "2025-03-10", "Cy": "2025-03-10"}
    found = gross_renewal_rate(ledger_with(ends, *rows), "2025-01", "2025-05")
    assert found.value == 0.0
    assert "warning.contract_ends_moved" in keys(found)


def test_without_the_attribute_or_without_dates_it_is_refused():
    ledger = ledger_with(ENDS)
    with pytest.raises(UnknownColumnError, match="renewal_date"):
        gross_renewal_rate(ledger, "2025-01", "2025-05", "renewal_date")
    with pytest.raises(UnknownColumnError):
        gross_renewal_rate(ledger_of(*ROWS, as_of="2025-05-31"), "2025-01", "2025-05")
    table = pd.DataFrame({"customer_id": ["Ada"], "plan": ["Pro"]})
    with pytest.raises(OptionError, match="“plan” holds no dates"):
        gross_renewal_rate(ledger_of(*ROWS, as_of="2025-05-31", customers=table), "2025-01", "2025-05", "plan")


def test_the_rate_and_its_rule_in_words():
    found = gross_renewal_rate(ledger_with(ENDS), "2025-01", "2025-05")
    assert found.sentence("en").startswith("Gross renewal rate: 69.6% (95% interval")
    assert found.sentence("en").endswith("3 customers due for renewal).")
    english, french = told(found.rule)
    assert english.endswith("The contract end is the first day not paid.")
    assert french.endswith("La fin de contrat est le premier jour non payé.")
