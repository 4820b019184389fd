"""Two numbers are compared under one rule, or not at all: each thing that can differ is refused and named."""

from dataclasses import replace

import pytest
from cases import ledger_of_paths, told

import retention_kit as rk
from retention_kit.errors import OptionError, RuleMismatchError
from retention_kit.results import Difference, compare_estimates
from retention_kit.wording import Message, Money

approx = pytest.approx


@pytest.fixture(scope="module")
def ledger():
    return ledger_of_paths({"Ada": [100, 90, 80, 80], "Bo": [100, 100, 50, 60], "Cy": [50, 50, 50, 0]})


@pytest.fixture(scope="module")
def first(ledger):
    return rk.nrr(ledger, "2025-01", "2025-02")


def test_two_windows_of_one_length_are_compared(ledger, first):
    """240 / 250 = .96, then 180 / 240 = .75: -21 points."""
    found = compare_estimates(first, rk.nrr(ledger, "2025-02", "2025-03"))
    assert isinstance(found, Difference)
    assert (float(found), found.value) == approx((-0.21, -0.21))
    assert found.to_frame()[["first", "second", "value"]].to_numpy().tolist() == [approx([0.96, 0.75, -0.21])]
    assert found.sentence("en").startswith("Net revenue retention (NRR): 75.0% against 96.0%, −21.0 points.")
    assert "75,0\u00a0% contre 96,0\u00a0%, −21,0 points" in found.sentence("fr")
    assert "31 March 2025" in str(found)
    assert "28 February 2025" in found._repr_html_()


def test_groups_and_levels_may_differ(ledger, first):
    assert float(compare_estimates(first, replace(first, group="small", level=0.9))) == 0


@pytest.mark.parametrize(
    ("other", "english", "french"),
    [
        (lambda book: rk.grr(book, "2025-01", "2025-02"), "the rules differ", "les règles diffèrent"),
        (lambda book: rk.nrr(book, "2025-01", "2025-02", method="movements"), "the rules differ", "les règles"),
        (lambda book: rk.nrr(book, "2025-01", "2025-02", returners="lost"), "an option of the rule", "une option"),
        (lambda book: rk.nrr(book, "2025-01", "2025-03"), "the windows differ in length", "la même durée"),
    ],
)
def test_another_measure_method_returner_or_length_is_refused(ledger, first, other, english, french):
    with pytest.raises(RuleMismatchError) as refused:
        compare_estimates(first, other(ledger))
    for text, word in zip(told(refused.value), (english, french), strict=True):
        assert word in text
    assert str(first.rule) in str(refused.value)
    assert str(other(ledger).rule) in str(refused.value)
    assert isinstance(refused.value, OptionError)


def test_another_currency_is_refused(first):
    with pytest.raises(RuleMismatchError, match=r"the currencies differ \(EUR and USD\)"):
        compare_estimates(replace(first, base=Money(1.0, "EUR")), replace(first, base=Money(1.0, "USD")))


def test_ledgers_of_other_rules_are_refused(ledger, first):
    assert first.ledger_rules == ledger.rules != ()
    inclusive = (Message("rule.ledger", {"ends": Message("rule.ends_inclusive")}),)
    with pytest.raises(RuleMismatchError, match="the ledgers were built under different rules"):
        compare_estimates(first, replace(first, ledger_rules=inclusive))


def test_every_difference_is_named_at_once(ledger, first):
    other = replace(rk.grr(ledger, "2025-01", "2025-03"), base=Money(1.0, "USD"))
    with pytest.raises(RuleMismatchError, match="the rules differ, the windows differ in length, the currencies"):
        compare_estimates(first, other)


def test_totals_without_a_window_are_compared_with_nothing():
    """A quarter's 90 % is not a year's."""
    unknown = rk.nrr_from_movements(100, churn=10)
    with pytest.raises(RuleMismatchError, match="Pass months= to both"):
        compare_estimates(unknown, unknown)
    with pytest.raises(RuleMismatchError, match="differ in length"):
        compare_estimates(unknown, rk.nrr_from_movements(100, churn=10, months=3))
    quarters = [rk.nrr_from_movements(100, churn=lost, months=3) for lost in (20, 10)]
    assert float(compare_estimates(*quarters)) == approx(0.1)


def test_totals_are_not_compared_with_customers(ledger, first):
    with pytest.raises(RuleMismatchError, match="the rules differ"):
        compare_estimates(first, rk.nrr_from_movements(100, churn=10, months=1))
