"""compare() refuses or warns, with the way out: every line of the table of conditions, and where it just answers.

Most comparisons here say that the factor was drawn at random, so that nothing else stands in the way of a verdict.
"""

import math
import re

import pytest
from cases import crowd, ledger_of_lives, life, told

import retention_kit as rk
from retention_kit.errors import ImmortalTimeError, OptionError, OutcomeAsCovariateError, UnknownColumnError
from retention_kit.hypotheses.question import Question

approx = pytest.approx


def ask(people, factor="demo", *, randomised=True, **options):
    return rk.compare(ledger_of_lives(people), factor, randomised=randomised, **options)


def refused(found, reason, *words):
    """Assert a refusal told in both languages with its way out; `words`: what each must say, English and French."""
    verdict = found.verdict
    assert (verdict.kind, verdict.reason.key) == ("not_testable", f"reason.untestable.{reason}"), str(verdict.reason)
    assert verdict.remedy.key == f"remedy.untestable.{reason}"
    assert math.isnan(found.p_value)
    for lang, place in (("en", 0), ("fr", 1)):
        sentence = found.sentence(lang).replace("\u00a0", " ").replace("\u202f", " ")
        assert verdict.reason.text(lang) in found.sentence(lang)
        assert found.sentence(lang).endswith(verdict.remedy.text(lang))
        assert not re.search(r"\bnan\b|\binf\b|None|[{}]", sentence)
        for word in words:
            assert word[place] in sentence
    return found


def answered(found):
    assert found.verdict.kind != "not_testable", str(found.verdict.reason)
    return found


def warned(found, key):
    return [message for message in found.warnings if message.key == f"warning.{key}"]


# ---- a date, ever against never ----


def dated(n, day, gone=0):
    return crowd(day, n, gone, 8)


def test_ever_against_never_is_refused_and_a_landmark_applied_by_itself():
    people = dated(20, "2024-03-10", 4) + dated(20, None, 8)
    with pytest.raises(ImmortalTimeError) as error:
        ask(people, landmark=0)
    english, french = told(error.value)
    for word in ("“demo”", "0.3", "200", "landmark=3"):
        assert word in english
    for word in ("« demo »", "0,3", "200", "landmark=3"):
        assert word in french
    assert ask(people).landmark == 3
    assert "3 months after their start" in str(ask(people).rule)


def test_a_date_that_all_had_when_they_began_is_no_such_factor():
    assert ask(dated(20, "2024-01-05", 4) + dated(20, None, 8), landmark=0).landmark is None


@pytest.mark.parametrize("landmark", [-1, 1.5, True, "3"])
def test_a_landmark_is_a_whole_number_of_months(landmark):
    with pytest.raises(OptionError) as error:
        ask(dated(20, "2024-03-10") + dated(20, None), landmark=landmark)
    assert error.value.key == "error.landmark"


def test_a_landmark_needs_a_date():
    with pytest.raises(OptionError) as error:
        ask(crowd(True, 20) + crowd(False, 20), landmark=3)
    assert "“demo” is not a date" in told(error.value)[0]
    assert "« demo » n’est pas une date" in told(error.value)[1]


def test_a_landmark_and_a_clock_cannot_both_begin():
    people = [life(day, ready="2024-02-01") for day in ["2024-03-10"] * 12 + [None] * 12]
    with pytest.raises(OptionError) as error:
        ask(people, clock="ready")
    assert "“ready”" in told(error.value)[0]
    assert "« ready »" in told(error.value)[1]


def test_too_few_at_a_landmark_are_offered_a_later_one():
    people = dated(9, "2024-03-10", 3) + dated(6, "2024-07-10", 3) + dated(20, None, 8)
    refused(ask(people, horizon=6), "few_customers_landmark", ("later landmark (now 3 months)", "(ici 3 mois)"))
    answered(ask(people + dated(1, "2024-03-10"), horizon=6))


# ---- follow-up ----


def test_four_watched_to_the_horizon_are_too_few_and_five_are_not():
    # in the first group 4 or 5 are watched for 23 months, 15 for 7
    def found(long):
        young = crowd(True, 15, 4, 2, start="2025-05") + crowd(True, long)
        return ask(young + crowd(False, 20, 6), horizon=12)

    answered(found(5))
    refused(found(4), "short_follow_up", ("12 months", "12 mois"), ("today is 7 months", "aujourd’hui est de 7 mois"))


@pytest.mark.parametrize("outcome", ["retention", "rmst"])
def test_the_longest_horizon_named_can_be_judged(outcome):
    people = crowd(True, 30, 8, 2, start="2025-03") + crowd(False, 30, 10)
    found = refused(ask(people, outcome=outcome), "short_follow_up")
    longest = found.verdict.remedy.fields["longest"]
    assert longest == 9
    answered(ask(people, outcome=outcome, horizon=longest))
    refused(ask(people, outcome=outcome, horizon=longest + 1), "short_follow_up")


def seen_late(young):
    """A first group of 20 first seen at age 9, and so many seen from their start; a second of 20, all of them."""
    people = crowd(True, 20, 4, 12, start="2024-03") + crowd(True, young, 1, 3, start="2025-01")
    people += crowd(False, 20, 6, 10, start="2025-01")
    ledger = ledger_of_lives(people, as_of="2026-03-31", history_from="2025-01")
    return rk.compare(ledger, "demo", randomised=True)


def test_a_group_that_hardly_anybody_saw_young_is_not_judged():
    # at ages 1 to 3 six are at risk, from 4 on five
    answered(seen_late(6))
    # four from age 4 on, until the old come in
    refused(seen_late(5), "late_entry", ("12 months", "12 mois"))


def test_the_young_are_left_out_of_money_and_said_when_they_are_most():
    def found(young):
        people = [each for value in (True, False) for each in crowd(value, 10, 4, then=12)]
        return ask(people + crowd(True, young, start="2025-06"), outcome="nrr")

    # of 20 known, 20 too young are half, 21 more than half
    assert not warned(found(20), "half_too_young")
    (said,) = warned(found(21), "half_too_young")
    assert "21 of 41" in told(said)[0]
    assert "shorter horizon" in told(said)[0]
    assert "21 sur 41" in told(said)[1]
    assert found(21).estimate == found(0).estimate


# ---- customers, churns ----


@pytest.mark.parametrize("outcome", ["retention", "rmst", "nrr", "grr", "spend", "score"])
def test_ten_customers_a_group(outcome):
    def found(n):
        people = [life(True, churned=6 if k < 4 else None, score=float(k)) for k in range(n)]
        return ask(people + [life(False, churned=6 if k < 5 else None, score=float(k)) for k in range(12)], **options)

    options = {"outcome": outcome, **({"margin": 1} if outcome == "score" else {})}
    words = (
        ("at least 10", "au moins 10") if "at least 10" in found(9).sentence("en") else ("10 customers or more", "10")
    )
    refused(found(9), "few_customers", words)
    answered(found(10))
    # down to five the difference is shown, without a p-value; below, it is not even computed
    assert not math.isnan(found(5).estimate)
    assert math.isnan(found(5).p_value)
    assert math.isnan(found(4).estimate)


@pytest.mark.parametrize("outcome", ["retention", "rmst"])
def test_five_churns_in_both_groups_together(outcome):
    refused(ask(crowd(True, 20, 1) + crowd(False, 20, 3), outcome=outcome), "few_churns", ("4 customers", "4 clients"))
    answered(ask(crowd(True, 20, 1) + crowd(False, 20, 4), outcome=outcome))


def test_a_churn_at_the_horizon_counts_for_retention_and_takes_no_month():
    people = crowd(True, 20, 4, 6) + crowd(False, 20, 4, 6)
    answered(ask(people, horizon=6))
    refused(ask(people, horizon=6, outcome="rmst"), "few_churns")
    answered(ask(people, horizon=7, outcome="rmst"))


def test_a_number_measured_needs_no_churn():
    answered(ask([life(k % 2 == 0, score=float(k % 5)) for k in range(30)], outcome="score", margin=1))


# ---- money on few accounts ----


def accounts(*heavy, n=12, other=12):
    """A group of `n` customers paying 10 and `heavy` ones, one in three leaving; a second like it without the heavy."""
    people = [life(True, pays=pays) for pays in heavy]
    people += [life(True, churned=6 if k % 3 == 0 else None) for k in range(n)]
    return people + [life(False, churned=6 if k % 3 == 1 else None) for k in range(other)]


@pytest.mark.parametrize("outcome", ["nrr", "grr"])
def test_one_account_with_more_than_half_of_the_money(outcome):
    # 12 of 10 make 120: one of 90 is 43 %, of 120 half, which is worth fewer than four equal ones, of 130 is 52 %
    assert answered(ask(accounts(90), outcome=outcome)).arms[0].largest_share == approx(90 / 210)
    assert refused(ask(accounts(120), outcome=outcome), "few_accounts").arms[0].largest_share == approx(0.5)
    found = refused(ask(accounts(130), outcome=outcome), "one_account", ("52%", "52 %"), ("retention", "rétention"))
    # without it the difference is shown: 8 of 12 against 8 of 12
    line = next(line for line in found.lines if line.role == "sensitivity")
    assert line.estimate == approx(0)
    assert not math.isnan(line.low)


def test_one_account_does_not_hinder_other_outcomes():
    for outcome in ("retention", "rmst"):
        answered(ask(accounts(1300), outcome=outcome))


def test_four_equal_customers():
    # 10 of 1 and some of 100: (10 + 100·m)² / (10 + 10,000·m) is 3.2 for three, 4.2 for four
    def found(m):
        light = [life(True, pays=1, churned=6 if k % 3 == 0 else None) for k in range(10)]
        return ask([life(True, pays=100)] * m + light + accounts()[12:], outcome="nrr")

    assert found(3).arms[0].n_eff == approx(310**2 / 30_010)
    assert found(4).arms[0].n_eff == approx(410**2 / 40_010)
    refused(found(3), "few_accounts", ("3.2 equal customers", "3,2 clients égaux"), ("at least 4", "au moins 4"))
    answered(found(4))


@pytest.mark.parametrize(("n", "said"), [(14, True), (15, False)])
def test_fewer_than_fifteen_equal_customers_are_warned_about(n, said):
    found = answered(ask([*accounts(n=n, other=30), life(False, pays=12)], outcome="nrr"))
    messages = [message for message in found.warnings if message.key.startswith("warning.few_accounts")]
    assert bool(messages) is said
    if said:
        assert "14" in told(messages[0])[0]
        assert "14" in told(messages[0])[1]


@pytest.mark.parametrize(("outcome", "turned"), [("grr", 5), ("expansion", 15)])
def test_five_accounts_that_changed(outcome, turned):
    def found(changed):
        people = [life(k % 2 == 0, pays=10, then=turned if k < changed else None) for k in range(40)]
        return ask(people, outcome=outcome)

    refused(found(4), f"few_{outcome}", ("4 customers", "4 clients"), ("longer horizon", "horizon plus long"))
    answered(found(5))


@pytest.mark.parametrize("outcome", ["nrr", "spend", "score"])
def test_where_nobody_differs_nothing_is_judged(outcome):
    margin = {"margin": 1} if outcome == "score" else {}
    words = ("Nobody differs", "Personne ne diffère")
    refused(ask([life(k % 2 == 0, score=3.0) for k in range(40)], outcome=outcome, **margin), "no_spread", words)
    one = [life(k % 2 == 0, score=3.0 + (k == 0), churned=6 if k == 0 else None) for k in range(40)]
    answered(ask(one, outcome=outcome, **margin))


def test_a_level_that_no_permutation_reaches():
    # p is at least 1/2,000 with 1,999 draws
    people = crowd(True, 20, 6) + crowd(False, 20, 7)
    answered(ask(people, outcome="rmst", level=0.99))
    found = refused(ask(people, outcome="rmst", level=0.9999), "no_spread")
    assert math.isnan(found.low)
    assert found.needed is None


# ---- portfolios ----


def in_portfolios(with_it, without, **options):
    """Portfolios of ten, a quarter leaving, so many of either group."""
    sides = [(True, f"w{k}") for k in range(with_it)] + [(False, f"o{k}") for k in range(without)]
    people = [each for place, (value, csm) in enumerate(sides) for each in crowd(value, 10, 1 + place % 4, csm=csm)]
    return ask(people, **options)


def test_six_portfolios_and_three_of_each_group():
    words = ("within each portfolio", "dans chaque portefeuille")
    refused(in_portfolios(3, 2), "few_portfolios", ("only 5", "que 5"), ("at least 6", "au moins 6"), words)
    refused(in_portfolios(2, 4), "few_portfolios_a_group", ("in only 2", "que dans 2"), words)
    refused(in_portfolios(4, 2), "few_portfolios_a_group", ("in only 2", "que dans 2"), words)
    found = answered(in_portfolios(3, 3))
    assert found.cluster == "csm"
    (said,) = warned(found, "by_portfolio")
    assert "100%" in told(said)[0]


def test_portfolios_that_were_asked_for_are_held_to_the_same_and_not_warned_about():
    people = [life(k % 2 == 0, churned=6 if k % 3 == 0 else None, team=f"t{k % 5}") for k in range(60)]
    refused(ask(people, cluster="team"), "few_portfolios")
    people = [life(k % 2 == 0, churned=6 if k % 3 == 0 else None, team=f"t{k % 7}") for k in range(60)]
    found = answered(ask(people, cluster="team"))
    assert found.cluster == "team"
    assert not warned(found, "by_portfolio")
    assert ask(people).cluster is None
    with pytest.raises(UnknownColumnError):
        ask(people, cluster="squad")


def test_a_portfolio_a_customer_is_none():
    people = [life(k % 2 == 0, churned=6 if k % 3 == 0 else None, csm=f"p{k}") for k in range(30)]
    assert ask(people).cluster is None


# ---- annual contracts: groups that nobody drew ----

NOBODY_DREW = {"randomised": False, "adjust": ()}  # drawn groups are compared all the same (decision 12)


def contracts(annual, monthly, **options):
    """So many of either group on annual contracts, 4 of whom leave at 12; so many on monthly ones, 3 leaving at 5."""
    options = NOBODY_DREW | options
    people = []
    for value in (True, False):
        people += crowd(value, annual, min(annual, 4), 12, interval="year", start="2023-06")
        people += crowd(value, monthly, min(monthly, 3), 5, start="2023-06")
    return ask(people, **options)


@pytest.mark.parametrize("outcome", ["retention", "nrr"])
def test_half_of_the_contracts_may_be_locked_and_no_more(outcome):
    found = answered(contracts(10, 10, outcome=outcome, horizon=11))
    (said,) = warned(found, "locked")
    assert "50%" in told(said)[0]
    assert "11 mois" in told(said)[1]
    words = ("horizon of 12 months", "horizon de 12 mois")
    refused(contracts(11, 10, outcome=outcome, horizon=11), "locked", ("52", "52"), words)
    found = answered(contracts(11, 10, outcome=outcome, horizon=12))
    assert not warned(found, "locked")


@pytest.mark.parametrize(("landmark", "ends"), [(3, 9), (11, 1), (12, 12), (14, 10)])
def test_months_that_have_passed_before_a_landmark_count(landmark, ends):
    # an annual contract ends at 12 and 24: so many months after the landmark
    people = [
        each
        for day in ("2022-02-15", None)
        for each in crowd(day, 20, 6, 12 * (1 + landmark // 12), interval="year", start="2022-01")
    ]
    answered(ask(people, landmark=landmark, horizon=ends, **NOBODY_DREW))
    if ends > 1:
        words = (f"horizon of {ends} months", f"horizon de {ends} mois")
        refused(ask(people, landmark=landmark, horizon=ends - 1, **NOBODY_DREW), "locked", words)


def test_the_horizon_named_is_the_first_at_which_half_of_them_can_leave():
    # ready at age 2, 5 and 7: contracts end 10, 7 and 5 months later
    people = []
    for value in (True, False):
        for ready, n in (("2023-03-05", 10), ("2023-06-05", 6), ("2023-08-05", 4)):
            people += crowd(value, n, 3, 12, interval="year", start="2023-01", ready=ready)
    asked = {"clock": "ready"} | NOBODY_DREW
    found = refused(ask(people, horizon=6, **asked), "locked", ("80%", "80 %"), ("7 months", "7 mois"))
    answered(ask(people, horizon=found.verdict.remedy.fields["longest"], **asked))


def test_the_horizon_named_for_money_is_that_of_those_watched_so_long():
    # 12 of either group are watched for 6 months, and their contracts end after 7; those of the other 11 after 10
    people = []
    for value in (True, False):
        people += crowd(value, 12, interval="year", start="2025-01", ready="2025-06-05")
        people += crowd(value, 11, 5, 12, interval="year", start="2023-01", ready="2023-03-05")
    asked = {"clock": "ready", "outcome": "nrr"} | NOBODY_DREW
    found = refused(ask(people, horizon=6, **asked), "locked", ("10 months", "10 mois"))
    refused(ask(people, horizon=7, **asked), "locked", ("10 months", "10 mois"))
    answered(ask(people, horizon=found.verdict.remedy.fields["longest"], **asked))


def test_months_of_life_need_a_quarter_of_them_after_the_first_end():
    # a contract that ends at 12 can take 3 of 15 months, a fifth, and 4 of 16
    for horizon in (12, 13, 15):
        found = ask_months(12, 10, horizon)
        refused(found, "locked_months", ("16 months", "16 mois"), ("a quarter", "un quart"))
    assert not warned(answered(ask_months(12, 10, 16)), "locked_months")
    (said,) = warned(answered(ask_months(10, 10, 15)), "locked_months")
    assert "50%" in told(said)[0]
    assert "15 mois" in told(said)[1]


def ask_months(annual, monthly, horizon):
    return contracts(annual, monthly, outcome="rmst", horizon=horizon)


def test_many_who_leave_at_the_first_renewal_are_not_said_to_take_no_months():
    """5 of 100 against 45 of 100 leave at 12: one month of 13 shows 0.4, less than what matters; 4 of 16 show 1.6."""
    people = [
        each
        for value, gone in ((True, 5), (False, 45))
        for each in crowd(value, 100, gone, 12, interval="year", start="2023-01")
    ]
    assert ask(people).verdict.kind == "supports"
    found = refused(ask(people, outcome="rmst", horizon=13, **NOBODY_DREW), "locked_months")
    found = ask(people, outcome="rmst", horizon=found.verdict.remedy.fields["longest"])
    assert (found.verdict.kind, found.horizon) == ("supports", 16)
    assert found.estimate == approx(4 * 0.4)


def test_months_of_life_from_a_landmark_count_what_has_passed():
    # 9 months after a landmark at 3: 3 of 12 months are a quarter
    people = [each for day in ("2022-02-15", None) for each in crowd(day, 20, 6, 12, interval="year", start="2022-01")]
    asked = {"outcome": "rmst", "landmark": 3} | NOBODY_DREW
    refused(ask(people, horizon=11, **asked), "locked_months", ("12 months", "12 mois"))
    answered(ask(people, horizon=12, **asked))


@pytest.mark.parametrize(
    ("outcome", "horizon", "reason"), [("retention", 6, "locked"), ("nrr", 6, "locked"), ("rmst", 13, "locked_months")]
)
def test_the_horizon_that_is_named_can_be_judged(outcome, horizon, reason):
    found = refused(contracts(20, 0, outcome=outcome, horizon=horizon), reason)
    answered(contracts(20, 0, outcome=outcome, horizon=found.verdict.remedy.fields["longest"]))


def test_what_is_locked_is_said_before_the_numbers_are_seen():
    people = [each for day in ("2022-02-15", None) for each in crowd(day, 40, 9, 12, interval="year", start="2022-01")]

    def found(horizon):
        study = rk.Study(ledger_of_lives(people)).add("early on", "demo", randomised=True, landmark=3, horizon=horizon)
        (row,) = study.power().rows
        return row.detectable

    assert math.isnan(found(8))
    assert found(9) > 0


def test_what_is_measured_waits_for_no_contract():
    people = [life(k % 2 == 0, interval="year", score=float(k % 5)) for k in range(30)]
    answered(ask(people, outcome="score", margin=1, horizon=6))


# ---- annual contracts: groups that were drawn ----


def a_list(gone, annual=150, monthly=100, **options):
    """As many of either group bound for a year from the day of the list on as said, and on monthly contracts; of the
    latter so many (called, held out) have left 2 months later; three months are asked about.
    """
    people = []
    for value, left in zip((True, False), gone, strict=True):
        people += crowd(value, annual, interval="year", start="2025-01", listed="2025-01-31")
        people += crowd(value, monthly, left, 2, start="2025-01", listed="2025-01-31")
    return ask(people, clock="listed", **{"horizon": 3} | options)


def bound_of(found, key="locked_drawn"):
    """What the caveat of a diluted answer counts."""
    (said,) = warned(found, key)
    for text in told(said):
        assert not re.search(r"\bnan\b|None|[{}]", text)
    return tuple(said.fields[name] for name in ("n", "total", "others", "longest"))


def test_a_list_that_was_drawn_is_compared_though_most_are_bound():
    """Of 100 who can leave, 10 against 50 left: 40 points among them, 16 among all 250 of either group."""
    found = a_list((10, 50))
    assert found.verdict.kind == "supports"
    assert found.estimate == approx(0.16)
    assert bound_of(found) == (300, 500, 200, 12)
    english, french = told(warned(found, "locked_drawn")[0])
    assert "300 of 500 customers were bound by contract within the 3 months and could not leave" in english
    assert "only come from the 200 others" in english
    assert "horizon of 12 months or more" in english
    assert "300 clients sur 500" in french
    refused(a_list((10, 50), **NOBODY_DREW), "locked", ("12 months", "12 mois"))


def test_a_drawn_list_on_which_calling_did_harm_is_said_to_contradict():
    found = a_list((50, 10))
    assert (found.verdict.kind, found.estimate) == ("contradicts", approx(-0.16))


def test_that_nothing_matters_is_not_said_of_a_list_most_of_which_is_bound():
    """30 of 100 left in either group of 2,000: a call that saves every one of the 30 would show 1.5 points."""
    found = a_list((30, 30), annual=1900)
    assert found.high < 0.05
    assert (found.verdict.kind, found.verdict.reason.key) == ("inconclusive", "reason.inconclusive.locked")
    assert found.verdict.reason.fields["longest"] == 12
    assert "3,800 of 4,000 customers were bound" in found.sentence("en")
    assert "horizon de 12 mois" in found.sentence("fr").replace("\u00a0", " ")
    # with as many bound as free it is said, with a warning
    found = a_list((30, 30), annual=1000, monthly=1000)
    assert found.verdict.kind == "does_not_support"
    assert warned(found, "locked")
    assert not warned(found, "locked_drawn")


def test_a_drawn_list_that_hardly_anybody_could_leave_is_refused_with_the_horizon_that_tells():
    refused(a_list((1, 3)), "locked", ("60%", "60 %"), ("12 months", "12 mois"))
    answered(a_list((1, 4)))  # five churns


def test_money_and_months_of_a_drawn_list_have_the_same_caveat():
    found = a_list((10, 50), outcome="nrr")
    assert (found.estimate, found.verdict.kind, bound_of(found)) == (approx(0.16), "supports", (300, 500, 200, 12))
    # leaving 2 months later takes 1 of 3: 0.16 months; contracts of a year tell from 16 on
    found = a_list((10, 50), outcome="rmst")
    assert (found.estimate, bound_of(found, "locked_months_drawn")) == (approx(0.16), (300, 500, 200, 16))


# ---- a clock, and customers who had left before ----


def test_who_came_back_before_the_clock_began_is_compared_with_what_came_after():
    """All left at 3 and came back at 5; listed at 8, when a year's contract has run for 3 months and has 9 to go."""
    people = [
        life(k % 2 == 0, churned=3, back=5, interval="year", start="2024-01", listed="2024-09-05") for k in range(40)
    ]
    found = rk.compare(ledger_of_lives(people), "demo", clock="listed", horizon=8, **NOBODY_DREW)
    refused(found, "locked", ("9 months", "9 mois"))
    assert [arm.n for arm in found.arms] == [20, 20]
    assert found.excluded == ()
    (said,) = [each for each in found.warnings if each.key == "note.came_back"]
    assert said.fields["n"] == 40
    assert "40 customers had left before and had come back" in told(said)[0]
    assert "40 clients étaient partis" in told(said)[1]


# ---- leaving early ----


def early(*people, **options):
    return rk.compare(ledger_of_lives([each for some in people for each in some]), outcome="early_churn", **options)


def test_early_churn_has_its_own_minima():
    refused(
        early(crowd(True, 9, 6, 2)), "few_customers_in_all", ("only 9", "9 seulement"), ("10 customers", "10 clients")
    )
    answered(early(crowd(True, 11, 6, 2)))
    refused(early(crowd(True, 20, 4, 2)), "few_churns_in_all", ("4 customers", "4 clients"))
    answered(early(crowd(True, 20, 5, 2)))
    short = crowd(True, 20, 6, 2, start="2025-06")
    refused(early(short, crowd(True, 4)), "short_follow_up_in_all", ("is 6 months", "est de 6 mois"))
    answered(early(short, crowd(True, 5)))
    answered(early(short, crowd(True, 4), horizon=6))


def test_a_window_before_every_renewal_has_nothing_to_compare():
    annual = crowd(True, 30, 8, 12, interval="year", start="2023-01")
    words = ("12 and 24 months", "12 et 24 mois")
    refused(early(annual, horizon=24), "no_month_at_risk", ("first 3 months", "3 premiers mois"), words)
    answered(early(annual, window=12, horizon=24))


def test_the_longest_horizon_named_goes_beyond_the_window():
    def found(start, **options):
        return early(crowd(True, 30, 6, 1, start=start), **options)

    # 24 are watched for 2 months, with a window of 3: a window of 1 leaves one
    said = ("fewer than 2 months", "moins de 2 premiers mois")
    refused(found("2025-10"), "short_follow_up_for_window", ("first 3 months", "3 premiers mois"), said)
    answered(found("2025-10", window=1, horizon=2))
    refused(found("2025-09"), "short_follow_up_for_window", ("3 months", "3 mois"))
    refused(found("2025-08"), "short_follow_up_in_all", ("is 4 months", "est de 4 mois"))
    answered(found("2025-08", horizon=4))
    refused(found("2025-11"), "no_follow_up_in_all", ("two months", "deux mois"))


def test_churns_that_are_compared_with_nothing_do_not_count():
    """Of 40 annual contracts 9 end at 12 with a churn; of 30 monthly ones four, or five, leave in any month."""
    annual = crowd(True, 40, 9, 12, interval="year", start="2023-01")
    found = refused(
        early(annual, crowd(True, 30, 4, 2)),
        "few_churns_compared",
        ("4 customers", "4 clients"),
        ("12 and 24", "12 et 24"),
    )
    assert [arm.events for arm in found.arms] == [4, 0]
    answered(early(annual, crowd(True, 30, 5, 2)))


def test_early_churn_takes_no_factor_and_the_others_need_one():
    people = crowd(True, 20, 6) + crowd(False, 20)
    with pytest.raises(OptionError) as error:
        ask(people, outcome="early_churn")
    assert "horizon=3" in told(error.value)[0]
    with pytest.raises(OptionError) as error:
        ask(people, factor=None)
    assert "factor=" in told(error.value)[0]
    assert "factor=" in told(error.value)[1]


@pytest.mark.parametrize("window", [0, 12, 13, 2.5, True])
def test_the_window_of_early_churn_is_within_the_horizon(window):
    with pytest.raises(OptionError) as error:
        early(crowd(True, 20, 6), window=window)
    assert error.value.key == "error.window"
    assert "horizon (12)" in told(error.value)[0]


def test_a_window_matters_to_early_churn_only():
    answered(early(crowd(True, 20, 6, 2), window=11))
    answered(ask(crowd(True, 20, 4, 2) + crowd(False, 20, 6, 2), horizon=3))


# ---- margins and outcomes ----


@pytest.mark.parametrize(
    ("outcome", "wrong", "right"),
    [
        ("retention", (0, 1, -0.1, 5), 0.99),
        ("rmst", (0, 12, -1), 11.9),
        ("nrr", (0, 1), 0.2),
        ("grr", (0, 1), 0.2),
        ("expansion", (0, 1), 0.2),
        ("spend", (0, -2), 2_000),
        ("score", (0, -2), 50),
        ("happy", (0, 1), 0.2),
        ("early_churn", (1, 0.5), 1.01),
    ],
)
def test_margins_are_in_the_unit_of_the_outcome(outcome, wrong, right):
    people = [life(k % 2 == 0, score=float(k), happy=k % 3 == 0, churned=6 if k % 4 == 0 else None) for k in range(40)]
    ledger = ledger_of_lives(people)
    factor = None if outcome == "early_churn" else "demo"
    for margin in wrong:
        with pytest.raises(OptionError) as error:
            rk.compare(ledger, factor, outcome=outcome, margin=margin)
        assert error.value.key.startswith("error.margin.")
        english, french = told(error.value)
        assert f"cannot be {margin}".replace("-", "−") in english
        assert f"ne peut pas être {margin}".replace(".", ",").replace("-", "−") in french
    assert rk.compare(ledger, factor, outcome=outcome, margin=right, randomised=True).margin == right


def test_a_number_has_no_margin_of_its_own():
    people = [life(k % 2 == 0, score=float(k)) for k in range(40)]
    with pytest.raises(OptionError) as error:
        ask(people, outcome="score")
    assert "margin=" in told(error.value)[0]
    assert "« score »" in told(error.value)[1]


def test_an_outcome_is_known_or_a_column_of_numbers_or_yes_and_no():
    people = [life(k % 2 == 0, plan="pro", when="2024-01-01") for k in range(24)]
    with pytest.raises(OptionError) as error:
        ask(people, outcome="churn")
    assert "retention, rmst" in told(error.value)[0]
    assert "plan" in told(error.value)[0]
    for column in ("plan", "when"):
        with pytest.raises(OptionError) as error:
            ask(people, outcome=column)
        assert error.value.key == "error.outcome_column"


def test_a_clock_is_a_column_of_dates():
    people = [life(k % 2 == 0, plan="pro") for k in range(24)]
    with pytest.raises(OptionError) as error:
        ask(people, clock="plan")
    assert error.value.key == "error.clock"
    with pytest.raises(UnknownColumnError):
        ask(people, clock="ready")


def test_what_was_measured_when_is_a_column_of_dates():
    people = [life(k % 2 == 0, score=float(k), when=k) for k in range(24)]
    for more in ({"outcome": "score", "margin": 1}, {"adjust": ["score"], "randomised": False}):
        with pytest.raises(OptionError) as error:
            ask(people, measured_at={"score": "when"}, **more)
        assert error.value.key == "error.measured_at"
        assert "“when”" in told(error.value)[0]
    with pytest.raises(UnknownColumnError):
        ask(people, outcome="score", margin=1, measured_at={"score": "day"})


@pytest.mark.parametrize("level", [0.5, 1, 95, 0])
def test_a_level_is_a_fraction_above_a_half(level):
    with pytest.raises(OptionError) as error:
        Question("demo", "retention", 12, "more", None, level, True, 3, 0)
    assert error.value.key == "error.level"


# ---- nobody at all ----


@pytest.mark.parametrize("outcome", ["retention", "rmst", "nrr", "spend", "score"])
def test_a_landmark_that_everybody_left_before(outcome):
    people = [life(day, churned=2, score=1.0) for day in ["2024-02-10"] * 12 + ["2025-05-10"] * 12]
    margin = {"margin": 1} if outcome == "score" else {}
    found = refused(ask(people, outcome=outcome, **margin), "few_customers_landmark")
    assert [arm.n for arm in found.arms] == [0, 0]
    found = ask(people, outcome=outcome, randomised=False, **margin)
    assert found.verdict.kind == "not_testable"


@pytest.mark.parametrize("outcome", ["retention", "nrr"])
def test_who_came_back_has_left(outcome):
    """A gap of a month end at 0 is a churn, whatever comes after; forgiving one month is for the ledger to say."""
    people = [life(True, churned=4, back=5)] * 12 + [life(False)] * 12
    found = ask(people, outcome=outcome)
    assert found.arms[0].events == 12
    forgiving = rk.compare(ledger_of_lives(people, grace_months=1), "demo", outcome=outcome, randomised=True)
    assert forgiving.arms[0].events == 0


def test_what_is_measured_can_neither_make_the_groups_nor_be_made_alike():
    people = [life(k % 2 == 0, happy=k % 3 == 0) for k in range(40)]
    with pytest.raises(OptionError) as error:
        ask(people, "happy", outcome="happy")
    assert "“happy” cannot both" in told(error.value)[0]
    assert "« happy »" in told(error.value)[1]
    with pytest.raises(OutcomeAsCovariateError) as error:
        ask(people, outcome="happy", adjust=["happy"])
    assert error.value.key == "error.outcome_adjusted_for"
    assert "Retirez-le de adjust" in told(error.value)[1]


def test_churns_on_one_side_of_the_window_only_are_told_and_drawn():
    """All leave early and nobody later: infinitely more often, and at least so many times."""
    found = early(crowd(True, 30, 8, 2))
    assert (found.estimate, found.high, found.verdict.kind) == (math.inf, math.inf, "supports")
    assert found.low > 1.5
    assert "∞ times as often" in found.sentence("en")
    assert "∞" in found.sentence("fr")
    assert rk.plot_forest(found).get_xlim()[1] < math.inf
    assert early(crowd(True, 30, 8, 8)).estimate == 0
