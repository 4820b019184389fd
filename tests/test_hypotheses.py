"""compare(): retention counted by hand, refusals with their way out, the five verdicts, a planted truth found again."""

import math
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from statsmodels.stats.proportion import confint_proportions_2indep

import retention_kit as rk
from retention_kit.errors import FactorError, ImmortalTimeError, OptionError, UnknownColumnError
from retention_kit.synthetic import make_business

approx = pytest.approx
FORBIDDEN = re.compile(r"no effect|proves?\b|significant|aucun effet|prouve|significatif|p = 0[.,]000", re.IGNORECASE)


def ledger_of(lives, as_of="2025-12-31", **attributes):
    """A ledger of customers given as (value of `demo`, first month, age at churn or None), each paying 10 a month."""
    first = [pd.Period(start, "M") for _, start, _ in lives]
    ends = [start + churned if churned else None for start, (_, _, churned) in zip(first, lives, strict=True)]
    ids = [f"c{number:04}" for number in range(len(lives))]
    table = pd.DataFrame({"subscription_id": ids, "customer_id": ids, "amount": 10, "interval": "month"})
    table["start"] = [start.start_time for start in first]
    table["end"] = pd.to_datetime([end and end.start_time for end in ends])
    customers = pd.DataFrame({"customer_id": ids, "demo": [value for value, _, _ in lives], **attributes})
    return rk.build_ledger(table, as_of=as_of, customers=customers)


def group(value, n, gone=0, *, at=6, start="2024-01"):
    """`n` customers who began together, `gone` of whom churned at age `at`."""
    return [(value, start, at)] * gone + [(value, start, None)] * (n - gone)


def finding_of(treated, reference, **options):
    """Compare two groups given as (customers, churned), drawn at random and watched for 23 months."""
    lives = group(True, *treated) + group(False, *reference)
    return rk.compare(ledger_of(lives), "demo", **{"randomised": True, **options})


# ---- retention, counted by hand ----


def test_retention_is_the_share_never_churned():
    # with: 16 of 20 stay, without: 10 of 20; churn at age 12 is within 12 months, churn at age 13 is not
    lives = group(True, 17, 4, at=3) + group(True, 3, 3, at=13) + group(False, 20, 10, at=12)
    found = rk.compare(ledger_of(lives), "demo", horizon=12, randomised=True)
    treated, reference = found.arms
    assert (treated.value, reference.value) == approx((0.8, 0.5))
    assert (treated.n, treated.events, reference.n, reference.events) == (20, 4, 20, 10)
    # before age 12 only 4 of 20 had gone, and those who churn at 12 are still at risk there
    assert (treated.at_risk, reference.at_risk) == (16, 20)
    assert found.estimate == approx(0.3)


def test_interval_and_p_value_without_censoring_are_newcombes():
    found = finding_of((20, 4), (20, 10))
    low, high = confint_proportions_2indep(16, 20, 10, 20, method="newcomb", compare="diff")
    assert (found.low, found.high) == approx((low, high))
    # the p-value is the level at which that interval reaches 0
    at_p = confint_proportions_2indep(16, 20, 10, 20, method="newcomb", compare="diff", alpha=found.p_value)
    assert at_p[0] == approx(0, abs=1e-9)


def test_customers_watched_for_less_count_for_as_long_as_they_were():
    # age 2: 2 of 20 go; ten are watched to age 3 only; age 5: 1 of the 8 left goes: 18/20 · 7/8 = 0.7875
    with_it = group(True, 2, 2, at=2) + group(True, 8, 1, at=5) + group(True, 10, start="2025-09")
    found = rk.compare(ledger_of(with_it + group(False, 20, 5, at=4)), "demo", horizon=6, randomised=True)
    treated, reference = found.arms
    assert (treated.value, reference.value) == approx((0.7875, 0.75))
    assert (treated.at_risk, treated.events) == (7, 3)
    assert found.estimate == approx(0.0375)


def test_who_left_and_came_back_has_churned():
    # all 12 of the first group leave in their third month, and pay again from the fifth
    ids = [f"c{number}" for number in range(12)] * 2 + [f"d{number}" for number in range(12)]
    table = pd.DataFrame({"customer_id": ids, "amount": 10, "interval": "month"}).rename_axis("subscription_id")
    table["start"] = ["2024-01-01"] * 12 + ["2024-05-01"] * 12 + ["2024-01-01"] * 12
    table["end"] = ["2024-03-01"] * 12 + [None] * 24
    customers = pd.DataFrame({"customer_id": sorted(set(ids))})
    customers["demo"] = customers["customer_id"].str.startswith("c")
    ledger = rk.build_ledger(table.reset_index(), as_of="2025-12-31", customers=customers)
    found = rk.compare(ledger, "demo", horizon=2, randomised=True)
    assert [arm.value for arm in found.arms] == [0, 1]


def test_the_curves_end_where_the_arms_are():
    found = finding_of((20, 4), (20, 10), horizon=8)
    assert found.curves.groupby("group")["age"].apply(list).tolist() == [list(range(9))] * 2
    for number, arm in enumerate(found.arms):
        last = found.curves[found.curves["group"] == number].iloc[-1]
        assert tuple(last[["value", "low", "high", "at_risk"]]) == approx((arm.value, arm.low, arm.high, arm.at_risk))


def test_with_two_names_the_first_is_the_reference():
    found = rk.compare(ledger_of(group("call", 20, 4) + group("chat", 20, 10)), "demo")
    assert [str(arm.label) for arm in found.arms] == ["customers with demo = chat", "customers with demo = call"]
    assert found.estimate == approx(0.5 - 0.8)


def test_the_reference_can_be_chosen():
    ledger = ledger_of(group("call", 20, 4) + group("chat", 20, 10))
    assert rk.compare(ledger, "demo", reference="chat").estimate == approx(0.3)


def test_customers_without_a_value_are_left_out_and_counted():
    plain = group(True, 20, 4) + group(False, 20, 10)
    without, with_them = (rk.compare(ledger_of(lives), "demo") for lives in (plain, plain + group(None, 7, 7)))
    assert with_them.arms == without.arms
    assert (with_them.estimate, with_them.low, with_them.high) == (without.estimate, without.low, without.high)
    assert (with_them.p_value, with_them.verdict) == (without.p_value, without.verdict)
    assert_frame_equal(with_them.curves, without.curves)
    assert without.excluded == ()
    assert str(with_them.excluded[0]) == "7 customers have no value for “demo” and are in no group."
    assert with_them.excluded[0].text("fr").startswith("7 clients n’ont pas de valeur pour «\u00a0demo\u00a0»")


def test_the_ledger_is_left_as_it_was():
    ledger = ledger_of(group(True, 20, 4) + group(False, 20, 10) + group(None, 2))
    frame, customers, months = ledger.frame.copy(), ledger.customers.copy(), ledger.book.month.copy()
    rk.compare(ledger, "demo")
    assert_frame_equal(ledger.frame, frame)
    assert_frame_equal(ledger.customers, customers)
    assert (ledger.book.month == months).all()


# ---- what is refused with an error ----


def test_a_date_compared_ever_against_never_is_refused():
    lives = [(pd.Timestamp("2024-03-01") if number % 2 else pd.NaT, "2024-01", None) for number in range(40)]
    with pytest.raises(ImmortalTimeError) as refused:
        rk.compare(ledger_of(lives), "demo", landmark=0)
    assert "“demo” is a date" in str(refused.value)
    with rk.use_language("fr"):
        assert "« demo » est une date" in str(refused.value).replace("\u00a0", " ")


@pytest.mark.parametrize(("values", "said"), [(["a"], "1 value (a)"), (list("abcdefghi"), "9 values (a, b")])
def test_a_factor_needs_two_values_to_eight(values, said):
    lives = [life for value in values for life in group(value, 12)]
    with pytest.raises(FactorError, match=re.escape(said)):
        rk.compare(ledger_of(lives), "demo")


def test_an_unknown_factor_is_refused_with_those_there_are():
    ledger = ledger_of(group(True, 12) + group(False, 12), segment="SMB")
    with pytest.raises(UnknownColumnError, match="demo, segment"):
        rk.compare(ledger, "plan")


def test_without_customers_there_is_no_factor():
    table = pd.DataFrame({"subscription_id": ["s"], "customer_id": ["c"], "start": "2025-01-01", "interval": "month"})
    ledger = rk.build_ledger(table.assign(amount=10), as_of="2025-12-31")
    with pytest.raises(UnknownColumnError, match="customers="):
        rk.compare(ledger, "demo")


def test_an_unknown_reference_is_refused():
    with pytest.raises(FactorError, match="call, chat"):
        rk.compare(ledger_of(group("call", 12) + group("chat", 12)), "demo", reference="mail")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"outcome": "happiness"}, "retention"),
        ({"direction": "up"}, "more, less"),
        ({"horizon": 0}, "whole number of months"),
        ({"horizon": 2.5}, "whole number of months"),
        ({"horizon": True}, "whole number of months"),
        ({"margin": 0}, "between 0 and 1"),
        ({"margin": 5}, "between 0 and 1"),
        ({"level": 95}, "0.95"),
        ({"level": 0.5}, "0.95"),
    ],
)
def test_an_option_that_is_not_legal_is_refused_with_what_is(options, said):
    with pytest.raises(OptionError, match=re.escape(said)):
        rk.compare(ledger_of(group(True, 12) + group(False, 12)), "demo", **options)


def test_a_numpy_whole_number_is_a_horizon():
    assert finding_of((20, 4), (20, 10), horizon=np.int64(6)).horizon == 6


# ---- what is refused with a verdict ----


def refused(found, reason):
    """Assert a refusal for that reason, told in both languages with its way out."""
    verdict = found.verdict
    assert (verdict.kind, verdict.reason.key) == ("not_testable", f"reason.untestable.{reason}")
    assert verdict.remedy.key == f"remedy.untestable.{reason}"
    assert math.isnan(found.p_value)
    for lang in ("en", "fr"):
        assert found.sentence(lang).endswith(f". {verdict.reason.text(lang)} {verdict.remedy.text(lang)}")
    assert verdict.text("en") == "Not testable with these data"
    assert verdict.text("fr") == "Non testable avec ces données"
    return found


def test_fewer_than_ten_customers_in_a_group():
    found = refused(finding_of((9, 4), (40, 10)), "few_customers")
    assert "9" in found.sentence("en")
    assert "at least 10" in found.sentence("en") or "10 customers or more" in found.sentence("en")
    assert "au moins 10 clients" in found.sentence("fr")
    # 5/9 - 30/40: the numbers are shown, without a verdict
    assert found.estimate == approx(5 / 9 - 0.75)
    assert finding_of((10, 4), (40, 10)).verdict.kind != "not_testable"


def test_fewer_than_five_customers_in_a_group_are_not_even_compared():
    found = refused(finding_of((4, 1), (40, 10)), "few_customers")
    assert all(math.isnan(number) for number in (found.estimate, found.low, found.high))
    assert found.arms[0].value == approx(0.75)
    assert not math.isnan(finding_of((5, 1), (40, 10)).estimate)


def follow_up(horizon):
    # in the first group 4 are watched for 23 months, 1 for 9, 15 for 7; in the second all 20 for 23 months
    young = group(True, 15, 4, at=2, start="2025-05") + group(True, 1, start="2025-03") + group(True, 4)
    return rk.compare(ledger_of(young + group(False, 20, 6)), "demo", horizon=horizon, randomised=True)


def test_too_short_a_follow_up_names_the_longest_horizon_that_is_admissible():
    found = refused(follow_up(12), "short_follow_up")
    assert found.verdict.remedy.fields["longest"] == 9
    assert "9 months" in found.sentence("en")
    assert "9 mois" in found.sentence("fr")
    assert follow_up(9).verdict.kind != "not_testable"
    refused(follow_up(10), "short_follow_up")


def test_a_horizon_beyond_all_follow_up_has_no_estimate():
    # the youngest group is known to age 23 at most
    found = refused(follow_up(24), "short_follow_up")
    assert math.isnan(found.estimate)


def test_customers_watched_for_less_than_a_month():
    lives = group(True, 20, start="2025-12") + group(False, 20, 6)
    found = refused(rk.compare(ledger_of(lives), "demo", horizon=1), "no_follow_up")
    assert "5" in found.sentence("en")
    assert "5" in found.sentence("fr")


def test_a_group_that_left_altogether_is_described_and_not_judged():
    # nobody of the first group is left after age 3, so nothing is to be said about age 12
    found = refused(finding_of((12, 12), (12, 0), horizon=12), "short_follow_up")
    assert found.arms[0].value == 0
    assert found.verdict.remedy.fields["longest"] == 6


def test_fewer_than_five_churns_in_all():
    found = refused(finding_of((20, 1), (20, 3)), "few_churns")
    assert "4 customers" in found.sentence("en")
    assert "4 clients ont" in found.sentence("fr")
    # 19/20 - 17/20
    assert found.estimate == approx(0.1)
    assert finding_of((20, 1), (20, 4)).verdict.kind != "not_testable"


def by_portfolio(shares, **options):
    """Groups of 60 in six portfolios of 20; of each portfolio so many have the factor."""
    csm = [f"csm {number}" for number in range(6) for _ in range(20)]
    lives = [(place < share, "2024-01", 6 if place % 4 == 0 else None) for share in shares for place in range(20)]
    return rk.compare(ledger_of(lives, csm=csm), "demo", randomised=True, **options)


def test_a_factor_that_follows_the_portfolios_is_compared_portfolio_by_portfolio():
    found = by_portfolio([20, 20, 20, 0, 0, 0])
    assert found.cluster == "csm"
    assert (found.lines[0].method.key, found.lines[0].method.fields["n"]) == ("method.clusters", 6)
    warned = next(warning for warning in found.warnings if warning.key == "warning.by_portfolio")
    assert warned.fields["share"] == approx(1)
    assert "100%" in warned.text("en")
    assert "100\u00a0%" in warned.text("fr")


def test_portfolios_with_both_groups_do_not_stand_in_the_way():
    # 18 and 2 of 20: shares .9 and .1, variance between (.4)² of .25 in all = .64, below .8
    assert by_portfolio([18, 18, 18, 2, 2, 2]).cluster is None
    # 19 and 1: (.45)² / .25 = .81, above .8
    assert by_portfolio([19, 19, 19, 1, 1, 1]).cluster == "csm"
    assert by_portfolio([18, 18, 18, 2, 2, 2], cluster="csm").cluster == "csm"


def test_fewer_than_six_portfolios_cannot_tell():
    lives = group(True, 40, 10) + group(False, 60, 10)
    csm = [f"csm {number // 20}" for number in range(100)]
    found = refused(rk.compare(ledger_of(lives, csm=csm), "demo", randomised=True), "few_portfolios")
    assert found.verdict.reason.fields["n"] == 5


def test_fewer_than_three_portfolios_of_a_group_cannot_tell():
    found = refused(by_portfolio([20, 20, 0, 0, 0, 0]), "few_portfolios_a_group")
    assert found.verdict.reason.fields["n"] == 2


# ---- verdicts ----

# (treated, reference) as (customers, churned), and a margin: with `more`, each gives the verdict named
WORLDS = {
    "supports": ((100, 10), (100, 40), 0.05),
    "contradicts": ((100, 40), (100, 10), 0.05),
    "does_not_support": ((400, 40), (400, 40), 0.05),
    "inconclusive": ((20, 4), (20, 5), 0.05),
    "not_testable": ((9, 4), (20, 5), 0.05),
}
SAID = {
    "supports": ("The data support the hypothesis", "Les données soutiennent l’hypothèse"),
    "contradicts": ("The data contradict the hypothesis", "Les données contredisent l’hypothèse"),
    "does_not_support": ("The data do not support the hypothesis", "Les données ne soutiennent pas l’hypothèse"),
    "inconclusive": ("Inconclusive", "Non concluant"),
    "not_testable": ("Not testable with these data", "Non testable avec ces données"),
}


def world(kind, direction):
    treated, reference, margin = WORLDS[kind]
    if direction == "less":
        treated, reference = reference, treated
    return finding_of(treated, reference, margin=margin, direction=direction)


@pytest.mark.parametrize("direction", ["more", "less"])
@pytest.mark.parametrize("kind", WORLDS)
def test_each_verdict_is_reached_and_said_in_both_languages(kind, direction):
    found = world(kind, direction)
    assert found.verdict.kind == kind
    assert (found.verdict.text("en"), found.verdict.text("fr")) == SAID[kind]
    english, french = found.sentence("en"), found.sentence("fr")
    assert english != french
    for text in (english, french, str(found), found.describe("en"), found.describe("fr")):
        assert text
        assert not FORBIDDEN.search(text)
        assert not re.search(r"[{}]|\bnan\b|None", text)


@pytest.mark.parametrize("kind", ["supports", "contradicts", "does_not_support", "inconclusive"])
def test_the_sentence_carries_both_retentions_and_the_difference(kind):
    found = world(kind, "more")
    treated, reference = found.arms
    for share in (treated.value, reference.value):
        assert f"{share:.1%}" in found.sentence("en")
        assert f"{100 * share:.1f}".replace(".", ",") + "\u00a0%" in found.sentence("fr")
    for points in (found.low, found.high):
        assert f"{abs(points) * 100:.1f}".removesuffix(".0") in found.sentence("en")


def test_a_drawn_factor_may_be_read_as_an_effect_and_no_other():
    drawn, observed = (finding_of((100, 10), (100, 40), randomised=yes) for yes in (True, False))
    assert "drawn at random, so it is fair" in drawn.sentence("en")
    assert "tirée au sort" in drawn.sentence("fr")
    assert "fair" not in observed.sentence("en")


@pytest.mark.parametrize("direction", ["more", "less"])
@pytest.mark.parametrize("kind", ["supports", "contradicts", "does_not_support"])
def test_what_nobody_drew_or_adjusted_for_decides_nothing(kind, direction):
    treated, reference, margin = WORLDS[kind]
    found = finding_of(treated, reference, margin=margin, direction=direction, randomised=False)
    assert found.verdict.kind == "inconclusive"
    assert found.verdict.reason.key == "reason.inconclusive.not_adjusted"
    assert "not drawn at random and nothing was adjusted for" in found.sentence("en")
    assert "n’a pas été tirée au sort et rien n’a été ajusté" in found.sentence("fr")


def test_observational_data_that_tell_nothing_say_that_instead():
    found = finding_of((20, 4), (20, 5), randomised=False)
    assert found.verdict.reason.key == "reason.inconclusive.both"


def test_a_yes_that_may_come_later_is_warned_about_unless_it_was_drawn():
    observed, drawn = (finding_of((20, 4), (20, 10), randomised=yes) for yes in (False, True))
    # all began together and pay the same: there is nothing to adjust for
    assert [warning.key for warning in observed.warnings] == [
        "warning.may_come_later",
        "warning.little_adjusted",
        "balance.constant",
    ]
    assert drawn.warnings == ()
    names = rk.compare(ledger_of(group("call", 20, 4) + group("chat", 20, 10)), "demo")
    assert [warning.key for warning in names.warnings] == ["warning.little_adjusted", "balance.constant"]


def test_a_margin_above_the_interval_says_that_a_smaller_difference_exists():
    # 90 of 100 against 60 of 100: 95 % interval about +18 to +41 points, so 50 points or more are excluded
    found = finding_of((100, 10), (100, 40), margin=0.5)
    assert (found.verdict.kind, found.verdict.nuance.key) == ("does_not_support", "nuance.smaller_exists")
    assert "There is a smaller difference in that direction." in found.sentence("en")
    assert "Il existe un écart plus petit dans ce sens." in found.sentence("fr")
    assert world("does_not_support", "more").verdict.nuance is None


@pytest.mark.parametrize(("margin", "nuance"), [(0.05, True), (0.18, True), (0.19, False), (0.3, False)])
def test_support_says_whether_the_difference_is_at_least_what_matters(margin, nuance):
    found = finding_of((100, 10), (100, 40), margin=margin)
    assert found.verdict.kind == "supports"
    # the lower limit decides: 18 points are reached, 19 are not
    assert 0.18 < found.low < 0.19
    assert found.verdict.nuance.key == ("nuance.at_least_margin" if nuance else "nuance.may_be_small")
    assert ("the smallest that matters, is not excluded" in found.sentence("en")) is not nuance
    assert ("le plus petit qui compte, n’est pas exclu" in found.sentence("fr")) is not nuance


def test_the_margin_is_five_points_unless_said():
    assert finding_of((100, 10), (100, 40)).margin == 0.05
    assert finding_of((100, 10), (100, 40), margin=0.1).margin == 0.1


def test_a_stricter_level_asks_for_more():
    # 16 of 20 against 9 of 20: p is between 1 and 5 %
    at_95, at_99 = (finding_of((20, 4), (20, 11), level=level) for level in (0.95, 0.99))
    assert 0.01 < at_95.p_value < 0.05
    assert (at_95.verdict.kind, at_99.verdict.kind) == ("supports", "inconclusive")


def test_customers_needed_follow_the_square_of_the_margin():
    # error = width / 2·1.96; n · (2.8 · error / margin)², rounded up to ten
    found = finding_of((20, 4), (20, 5))
    error = (found.high - found.low) / (2 * 1.959964)
    assert found.needed == math.ceil(40 * (2.8 * error / 0.05) ** 2 / 10) * 10
    assert f"{found.needed:,} customers" in found.sentence("en")
    # 800 customers put the error at 2.1 points, which detects 2.8 · 2.1 = 5.9: somewhat more are needed for 5
    assert 800 < world("does_not_support", "more").needed < 1_200
    assert finding_of((100, 10), (100, 40), margin=0.3).needed is None


def test_direction_turns_the_verdict_and_not_the_numbers():
    more, less = (finding_of((100, 10), (100, 40), direction=direction) for direction in ("more", "less"))
    assert (more.estimate, more.low, more.high, more.p_value) == (less.estimate, less.low, less.high, less.p_value)
    assert (more.verdict.kind, less.verdict.kind) == ("supports", "contradicts")
    assert (more.direction, less.direction) == (1, -1)


def test_customers_called_with_markup_are_only_called_so():
    found = rk.compare(ledger_of(group("<b>{x}</b>", 20, 4) + group("plain", 20, 10)), "demo")
    assert "<b>{x}</b>" in found.sentence("en")
    assert "&lt;b&gt;{x}&lt;/b&gt;" in found._repr_html_()
    assert "<b>" not in found._repr_html_()


# ---- a truth planted and found again ----

SEEDS = range(40)


def study(seed, effect):
    business = make_business(400, seed=seed, demo_effect=effect)
    ledger = rk.build_ledger(business.subscriptions, as_of=business.as_of, customers=business.customers)
    return business.truth, rk.compare(ledger, "personalised_demo", randomised=True)


@pytest.mark.slow
def test_a_planted_effect_lies_in_the_interval():
    # with 95 % coverage 40 intervals hold the truth Binomial(40, .95) times: 33 or fewer has a chance of 0.3 %
    held = [found.low <= truth.demo_effect <= found.high for truth, found in (study(seed, 0.08) for seed in SEEDS)]
    assert sum(held) >= 34


def test_a_demo_that_does_nothing_is_hardly_ever_supported():
    # one side of a 95 % interval: Binomial(40, .025); more than 4 times has a chance of 0.3 %
    kinds = Counter(study(seed, 0.0)[1].verdict.kind for seed in SEEDS)
    assert kinds["supports"] <= 4
    assert kinds["contradicts"] <= 4
    assert kinds["not_testable"] == 0
