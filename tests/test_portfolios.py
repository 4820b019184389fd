"""A portfolio beside the whole, and the contracts that end soon; arithmetic by hand."""

import datetime as dt

import cases
import pandas as pd
import pytest

import retention_kit as rk
from retention_kit.errors import OptionError
from retention_kit.pages import show_calls, show_plan, show_portfolio, show_renewals, show_upsell, show_week
from retention_kit.wording import LANGUAGES, use_language

AS_OF = "2025-06-30"
YEARLY = {"interval": "year"}


def ledger(**options):
    rows = [
        ("A", "2024-08-10", None, 1200, YEARLY),  # 100 a month, next anniversary in August 2025
        ("B", "2024-08-10", "2025-08-10", 2400, YEARLY),  # 200 a month, cancelled for August
        ("C", "2025-01-05", None, 50),
        ("D", "2024-10-05", "2025-03-05", 70),  # has left
        ("D2", "2024-10-05", None, 80),
    ]
    known = pd.DataFrame({"customer_id": ["A", "B", "C", "D", "D2"], "csm": ["Zoé", "Zoé", "Zoé", "Max", "Max"]})
    known["name"] = ["Ada", "Bo", None, "Di", "Di 2"]
    known["contract_end"] = pd.to_datetime([None, None, "2025-07-14", None, None])
    return cases.ledger_of(*rows, as_of=AS_OF, customers=known, **options)


def test_a_portfolio_is_a_part_of_the_whole():
    whole = ledger()
    own = rk.only_customers(whole, {"csm": "Zoé"})
    found = rk.portfolio(own, whole, name="Zoé", months=6)
    assert [(row.who, row.mrr.amount) for row in found] == [("Bo", 200), ("Ada", 100), ("C", 50)]
    assert (found.mrr.amount, found.whole_mrr.amount, found.customers) == (350, 430, 4)
    # December to June: A and B stay at 300; of all, D's 70 of 450 are lost
    assert [each.value for each in found.own] == [1, 1, 1]
    assert found.whole[0].value == pytest.approx(380 / 450)
    assert found.to_frame()["change"].tolist()[:2] == [0, 0]
    assert pd.isna(found.to_frame()["change"].iloc[2])  # C was not there
    for lang in LANGUAGES:
        assert "350" in found.sentence(lang)
        assert "Zoé" in found.sentence(lang)


def test_renewals_by_date_by_anniversary_and_as_announced():
    ahead = rk.renewals_ahead(ledger(), within_days=62)  # up to 31 August
    rows = [(row.who, row.ends_on, row.dated, row.leaving and row.leaving.amount, row.leaves_in) for row in ahead]
    august = pd.Timestamp("2025-08-01")
    assert rows == [
        ("Bo", dt.date(2025, 8, 31), False, 200.0, august),  # announced first
        ("C", dt.date(2025, 7, 14), True, None, None),
        ("Ada", dt.date(2025, 8, 31), False, None, None),
    ]
    assert [message.fields["mrr"].amount for message in ahead.messages] == [350, 200]
    near = rk.renewals_ahead(ledger(), within_days=14)
    assert [row.who for row in near] == ["C"]
    assert [row.who for row in rk.renewals_ahead(ledger(), within_days=13)] == []


def test_an_end_is_announced_from_the_day_its_first_month_without_mrr_begins():
    # 31 days after 30 June is 31 July; the month without B's MRR is August
    assert "Bo" not in [row.who for row in rk.renewals_ahead(ledger(), within_days=31)]
    assert "Bo" in [row.who for row in rk.renewals_ahead(ledger(), within_days=32)]


def test_ends_of_one_day_are_in_the_order_of_their_mrr_and_those_who_left_have_none():
    rows = [
        ("A", "2024-08-10", None, 1200, YEARLY),  # 100 a month
        ("E", "2024-08-20", None, 3600, YEARLY),  # 300
        ("F", "2024-10-05", "2025-08-05", 70),
        ("F", "2024-10-05", "2025-09-05", 30),
        ("G", "2024-10-05", "2025-03-05", 70),  # has left, whatever its contract says
        ("H", "2024-10-05", None, 10),
    ]
    known = pd.DataFrame({"customer_id": ["G", "H"], "contract_end": ["2025-08-15", AS_OF]})
    ahead = rk.renewals_ahead(cases.ledger_of(*rows, as_of=AS_OF, customers=known), within_days=92)
    assert [(row.who, row.ends_on) for row in ahead] == [
        ("F", None),
        ("H", dt.date(2025, 6, 30)),  # today is not too late
        ("E", dt.date(2025, 8, 31)),
        ("A", dt.date(2025, 8, 31)),
    ]
    (leaving, *_) = ahead
    assert (leaving.leaving.amount, leaving.leaves_in) == (100, pd.Timestamp("2025-08-01"))
    assert (ahead.customers, ahead.known) == (4, 3)  # of those who pay: A, E and H


@pytest.mark.parametrize("days", [0, -1, 1.5, True, 10_000])
def test_days_ahead_are_a_whole_number(days):
    with pytest.raises(OptionError):
        rk.renewals_ahead(ledger(), within_days=days)


def test_months_back_are_cut_to_those_observed():
    found = rk.portfolio(ledger(), ledger(), months=99)
    assert found.rule.fields["months"] == 10  # August to June
    with pytest.raises(OptionError):
        rk.portfolio(ledger(), ledger(), months=0)


# ---- the page ----


def test_without_events_the_page_says_so_and_goes_on():
    week = show_week(None, rk.renewals_ahead(ledger()))
    assert "events" in str(week)
    assert "Bo has announced the end of 200" in str(week)
    assert (len(show_calls(None)), len(show_plan(None)), len(show_upsell(None))) == (0, 0, 0)


def test_a_ledger_of_one_month_has_a_page():
    tiny = cases.ledger_of(("A", "2025-06-05", None, 50), as_of=AS_OF)
    found = rk.portfolio(tiny, tiny)
    assert found.own == found.whole == ()
    assert len(show_portfolio(found)) == 1
    assert not len(show_renewals(rk.renewals_ahead(tiny)))  # the answer has said that none is known


def test_the_week_is_made_of_what_is_due_in_it():
    told = pd.DataFrame({"customer_id": ["A", "C"], "at": ["2025-06-12"] * 2, "kind": ["complaint"] * 2})
    book = ledger()
    plan = rk.action_plan(rk.rank_signals(book, told))
    week = str(show_week(plan, rk.renewals_ahead(book)))
    due = [step for step in plan if step.by <= plan.as_of + dt.timedelta(days=7)] or plan.steps[:3]
    assert due
    assert all(step.sentence() in week for step in due[:5])


def test_nobody_at_risk_is_said():
    book = ledger()
    silent = pd.DataFrame({"customer_id": ["A"], "at": ["2025-06-12"], "kind": ["ticket"]})
    ranking = rk.rank_signals(book, silent)
    assert ranking.sentence() in str(show_calls(ranking))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_tables_are_in_words(lang):
    with use_language(lang):
        renewals = rk.table_renewals(rk.renewals_ahead(ledger()))
        assert renewals.frame.iloc[0, 0] == "Bo"
        assert len(rk.table_renewals(rk.renewals_ahead(ledger()), first=1).frame) == 1
        customers = rk.table_portfolio(rk.portfolio(ledger(), ledger()), first=2)
        assert customers.frame.iloc[:, 0].tolist() == ["Bo", "Ada"]
        assert len(customers.notes) == 2
