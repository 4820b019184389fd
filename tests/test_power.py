"""Power: sample sizes against R's, smallest detectable differences by hand, and no look at the outcome by group."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from cases import crowd, ledger_of_lives
from scipy.stats import norm

import retention_kit as rk
from retention_kit.errors import OptionError
from retention_kit.studies import churns_for_hazard_ratio, customers_for_mean, customers_for_retention
from retention_kit.studies.detecting import _expected_at_risk
from retention_kit.studies.sample_sizes import errors_apart
from retention_kit.wording import LANGUAGES

approx = pytest.approx
Z = float(norm.ppf(0.975) + norm.ppf(0.8))  # 2.80


# ---- sample sizes: STATISTICS section 9, R's values ----


def test_customers_for_retention_are_those_of_power_prop_test():
    # power.prop.test(p1=.50, p2=.75, power=.90) and (.90, .95, power=.8)
    assert customers_for_retention(0.5, 0.75, power=0.9) == approx(76.7069, abs=5e-5)
    assert customers_for_retention(0.9, 0.95) == approx(434.4320, abs=5e-5)
    assert customers_for_retention(0.95, 0.9) == customers_for_retention(0.9, 0.95)


def test_customers_for_a_mean_are_those_of_power_t_test():
    # power.t.test(delta=.5, power=.8)
    assert customers_for_mean(0.5) == approx(63.76576, abs=5e-6)
    assert customers_for_mean(-1.0, 2.0) == customers_for_mean(0.5)


@pytest.mark.parametrize(
    ("ratio", "share", "churns"),
    [(0.5, 0.5, 66), (0.6, 0.5, 121), (0.7, 0.5, 247), (0.8, 0.5, 631),
     (0.5, 0.2, 103), (0.6, 0.2, 188), (0.7, 0.2, 386), (0.8, 0.2, 986)],
)  # fmt: skip
def test_churns_are_schoenfelds(ratio, share, churns):
    assert churns_for_hazard_ratio(ratio, share=share) == churns


def test_errors_apart_is_two_point_eight():
    assert errors_apart(0.05) == approx(2.8016, abs=5e-5)
    assert errors_apart(0.05 / 3) == approx(norm.ppf(1 - 0.05 / 6) + norm.ppf(0.8))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: customers_for_retention(1.2, 0.5),
        lambda: customers_for_retention(0.5, 0.5),
        lambda: customers_for_mean(0),
        lambda: customers_for_mean(1, 0),
        lambda: customers_for_mean(1, power=1),
        lambda: churns_for_hazard_ratio(0),
        lambda: churns_for_hazard_ratio(1),
        lambda: churns_for_hazard_ratio(0.5, share=0),
    ],
)
def test_what_has_no_answer_is_refused(wrong):
    with pytest.raises(OptionError):
        wrong()


# ---- what a study could find ----


def ledger_of(lives, as_of="2025-12-31", interval="month", **columns):
    """A ledger of customers given as (demo, first month, age at churn or None, MRR at first, MRR from month 6)."""
    rows = []
    for number, (_, start, churned, before, after) in enumerate(lives):
        first = pd.Period(start, "M")
        change = first + 6
        end = first + churned if churned else None
        if end is not None and end <= change:
            rows.append((number, first.start_time, end.start_time, before))
        else:
            rows.append((number, first.start_time, change.start_time, before))
            rows.append((number, change.start_time, end and end.start_time, after))
    table = pd.DataFrame(rows, columns=["number", "start", "end", "amount"])
    table["customer_id"] = [f"c{number:04}" for number in table["number"]]
    table["subscription_id"] = [f"s{place}" for place in range(len(table))]
    table["end"] = pd.to_datetime(table["end"])
    ids = [f"c{number:04}" for number in range(len(lives))]
    customers = pd.DataFrame({"customer_id": ids, "demo": [life[0] for life in lives], **columns})
    table = table.drop(columns="number").assign(interval=interval)
    return rk.build_ledger(table, as_of=as_of, customers=customers, end_inclusive=False)


def group(value, n, gone=0, *, at=6, start="2024-01", before=10, after=10):
    return [(value, start, at, before, after)] * gone + [(value, start, None, before, after)] * (n - gone)


def row_of(ledger, **arguments):
    study = rk.Study(ledger).add("demo", **{"factor": "demo", "randomised": True, **arguments})
    (row,) = study.power()
    return row


def test_retention_without_censoring_is_the_normal_formula_at_the_pooled_rate():
    ledger = ledger_of(group(True, 40, 4) + group(False, 60, 16))
    row = row_of(ledger)
    # 80 of 100 stay: 2.80·√(0.8·0.2·(1/40 + 1/60))
    assert row.detectable == approx(Z * math.sqrt(0.16 * (1 / 40 + 1 / 60)))
    assert (row.n, row.events, row.margin) == ((40, 60), 20, 0.05)
    assert not row.enough


def test_it_comes_near_the_table_of_the_statistics():
    # G5: control 0.8, half with the factor, 200 customers: +13 points, from 0.8 to 0.93; pooled 0.865
    ledger = ledger_of(group(True, 100, 7) + group(False, 100, 20))
    assert row_of(ledger).detectable == approx(0.135, abs=0.005)


def test_who_left_in_which_group_does_not_matter():
    one = ledger_of(group(True, 40, 20) + group(False, 60))
    other = ledger_of(group(True, 40) + group(False, 60, 20))
    for outcome in ("retention", "rmst"):
        assert row_of(one, outcome=outcome) == replace(
            row_of(other, outcome=outcome), who=row_of(one, outcome=outcome).who
        )


def test_customers_watched_for_less_are_worth_less():
    full = ledger_of(group(True, 40, 4) + group(False, 60, 16))
    young = ledger_of(group(True, 20, 2) + group(True, 20, 2, at=3, start="2025-07") + group(False, 60, 16))
    assert row_of(young).detectable > row_of(full).detectable


def test_who_is_watched_from_later_on_counts_from_there():
    # both are watched to age 3, the second from age 2: S = 1, 0.8, 0.5, 0.4; the second was still there at 2
    who = SimpleNamespace(entry=np.array([0, 2]), follow_up=np.array([3, 3]))
    at_risk = _expected_at_risk(who, np.array([True, True]), np.array([1, 0.8, 0.5, 0.4]))
    assert at_risk.tolist() == approx([1, 0.8, 0.5 + 1])


def test_rmst_without_censoring_is_two_point_eight_errors_of_a_mean():
    ledger = ledger_of(group(True, 40, 4, at=3) + group(False, 60, 16, at=7))
    months = np.array([3.0] * 4 + [7.0] * 16 + [12.0] * 80)
    row = row_of(ledger, outcome="rmst")
    # Greenwood's variance of a mean of full lives is the plain one over n
    assert row.detectable == approx(Z * months.std() * math.sqrt(1 / 40 + 1 / 60))
    assert row.margin == approx(0.5)


def test_money_is_two_point_eight_median_errors_of_groups_drawn_anew():
    lives = group(True, 20, 3) + group(False, 20, 3, after=14) + group(False, 20, 0, before=30, after=36)
    row = row_of(ledger_of(lives), outcome="nrr")
    # leave-one-out errors written out, for groups drawn anew another way
    before = np.array([10.0] * 40 + [30.0] * 20)
    after = np.array([0.0] * 3 + [10.0] * 17 + [0.0] * 3 + [14.0] * 17 + [36.0] * 20)
    rng, errors = np.random.default_rng(5), []
    for _ in range(400):
        some = np.zeros(60, bool)
        some[rng.choice(60, 20, replace=False)] = True
        squares = 0.0
        for arm in (some, ~some):
            h = before[arm] / before[arm].sum()
            e = (after[arm] - after[arm].sum() / before[arm].sum() * before[arm]) / before[arm].sum()
            squares += ((e / (1 - h)) ** 2).sum()
        errors.append(math.sqrt(squares))
    assert row.detectable == approx(Z * np.median(errors), rel=0.03)
    assert row == row_of(ledger_of(lives), outcome="nrr")  # seeded


def test_one_large_account_makes_money_hard_to_tell():
    even = ledger_of(group(True, 30, 3) + group(False, 30, 3))
    uneven = ledger_of(group(True, 29, 3) + group(True, 1, 0, before=200, after=100) + group(False, 30, 3))
    assert row_of(uneven, outcome="nrr").detectable > 1.5 * row_of(even, outcome="nrr").detectable


def test_measured_values_go_by_their_pooled_spread():
    score = [float(number % 10) for number in range(50)]
    ledger = ledger_of(group(True, 20) + group(False, 30), score=score)
    row = row_of(ledger, outcome="score", margin=1.0)
    assert row.detectable == approx(Z * np.std(score, ddof=1) * math.sqrt(1 / 20 + 1 / 30))


def test_early_churn_goes_by_the_number_of_churns():
    lives = group(True, 50, 10, at=2) + group(False, 50, 5, at=9)
    row = row_of(ledger_of(lives), factor=None, outcome="early_churn", randomised=False)
    # at risk: ages 1-2: 100 + 100, age 3: 90; ages 4-9: 90 a month, ages 10-12: 85
    early, late = 290, 6 * 90 + 3 * 85
    share = early / (early + late)
    assert row.detectable == approx(math.exp(Z / math.sqrt(15 * share * (1 - share))))
    assert (row.n, row.margin) == ((100,), 1.5)


def test_several_comparisons_share_alpha():
    ledger = ledger_of(group(True, 40, 4) + group(False, 60, 16))
    study = rk.Study(ledger).add("a", "demo", randomised=True).add("b", "demo", outcome="rmst", randomised=True)
    table = study.power()
    assert table.comparisons == 2
    z = norm.ppf(1 - 0.05 / 4) + norm.ppf(0.8)
    assert table.rows[0].detectable == approx(z * math.sqrt(0.16 * (1 / 40 + 1 / 60)))
    assert "a two-sided level of 2.5%: 5% shared by 2 comparisons" in table.rule.text("en")


def test_each_group_of_a_factor_has_its_row():
    ledger = ledger_of(group("a", 30, 4) + group("b", 30, 6) + group("c", 30, 8))
    table = rk.Study(ledger).add("demo", "demo", randomised=True).power()
    assert len(table) == table.comparisons == 2


def test_it_says_when_a_study_cannot_detect_what_matters():
    small = row_of(ledger_of(group(True, 20, 5) + group(False, 20, 5)))
    assert "this study cannot detect the effect you care about" in small.sentence("en")
    assert "ne peut pas déceler l’effet qui vous importe" in small.sentence("fr")
    wide = row_of(ledger_of(group(True, 20, 5) + group(False, 20, 5)), margin=0.6)
    assert wide.enough
    assert "cannot detect" not in wide.sentence("en")


def test_an_effect_for_which_there_is_no_room_is_said():
    row = row_of(ledger_of(group(True, 10, 1) + group(False, 90, 4)))
    # 95 % stay: 2.80·√(0.95·0.05·(1/10 + 1/90)) = 20 points, of which nine tenths above 95 % cannot be
    assert not row.attainable
    assert "there is no room for one so large" in row.sentence("en")


def test_it_proposes_the_outcome_with_more_power():
    lives = [
        (bool(number % 2), "2024-01", 4 if number % 10 == 0 else None, 10 + 90 * (number % 7 == 0), 40)
        for number in range(120)
    ]
    row = row_of(ledger_of(lives), outcome="nrr")
    assert row.detectable > row.margin
    assert row.better.outcome in ("retention", "rmst")
    assert row.better.detectable / row.better.margin < row.detectable / row.margin
    assert "Asked about" in row.sentence("en")


def test_nobody_gone_is_not_taken_for_certainty():
    row = row_of(ledger_of(group(True, 20) + group(False, 20)))
    assert math.isnan(row.detectable)
    assert not row.enough
    assert row.refused.reason.key == "reason.untestable.few_churns"
    money = row_of(ledger_of(group(True, 20) + group(False, 20)), outcome="nrr")
    assert math.isnan(money.detectable)
    assert money.refused is None
    assert "cannot be told beforehand" in money.sentence("en")


def test_what_will_not_be_judged_is_not_promised():
    # fewer than ten in a group; months within 12 when contracts of a year cannot end before
    assert math.isnan(row_of(ledger_of(group(True, 9, 2) + group(False, 60, 16))).detectable)
    yearly = ledger_of(group(True, 40, 8, at=12) + group(False, 40, 16, at=12), interval="year")
    row = row_of(yearly, outcome="rmst")
    assert math.isnan(row.detectable)
    assert row.better.outcome == "retention"
    assert row.better.detectable == approx(Z * math.sqrt(0.7 * 0.3 / 20))
    # the one reason, and the horizon that would do: a quarter of 16 months lies after the end of a year
    assert row.refused.kind == rk.compare(yearly, "demo", outcome="rmst", randomised=True).verdict.kind
    assert "will not be judged" in row.sentence("en")
    assert "with a horizon of 16 months or more" in row.sentence("en")
    assert "avec un horizon de 16 mois" in row.sentence("fr").replace("\u00a0", " ")
    assert "too few customers" not in row.sentence("en")
    assert row_of(yearly, outcome="rmst", horizon=16).refused is None
    shown = rk.table_power(rk.Study(yearly).add("demo", "demo", outcome="rmst", randomised=True).power(), lang="en")
    assert "Not testable with these data" in shown.frame.iloc[0].tolist()


@pytest.mark.parametrize(
    ("lives", "options", "reason"),
    [
        (group(True, 9, 2) + group(False, 60, 16), {}, "few_customers"),
        (group(True, 20, 2) + group(False, 20, 2), {}, "few_churns"),
        (group(True, 20, 3, at=3, start="2025-07") + group(False, 60, 16), {}, "short_follow_up"),
        (group(True, 20, 3) + group(False, 60, 16), {"factor": None, "outcome": "early_churn"}, None),
        (group(True, 2, 1) + group(False, 3, 1), {"factor": None, "outcome": "early_churn"}, "few_customers_in_all"),
    ],
)
def test_power_foresees_the_refusals_of_compare(lives, options, reason):
    ledger = ledger_of(lives)
    asked = {"factor": "demo", "randomised": True, **options}
    finding, row = rk.compare(ledger, **asked), row_of(ledger, **asked)
    if reason is None:
        assert row.refused is None
        assert finding.verdict.kind != "not_testable"
    else:
        assert row.refused == finding.verdict
        assert row.refused.reason.key == f"reason.untestable.{reason}"


def test_a_dated_factor_is_split_at_its_landmark():
    when = [pd.Timestamp("2024-02-15") if number % 2 else pd.NaT for number in range(60)]
    lives = [(True, "2024-01", 8 if number % 6 == 0 else None, 10, 10) for number in range(60)]
    row = row_of(ledger_of(lives, activated_at=when), factor="activated_at", randomised=False)
    assert row.n == (30, 30)
    assert row.events == 10


def test_the_table_reads_in_both_languages():
    ledger = ledger_of(group(True, 40, 4) + group(False, 60, 16), score=[1.0, 2.0] * 50)
    study = rk.Study(ledger, cluster=None)
    for name, options in {
        "stay": {},
        "months": {"outcome": "rmst"},
        "nrr": {"outcome": "nrr"},
        "spend": {"outcome": "spend"},
        "score": {"outcome": "score", "margin": 0.5},
    }.items():
        study = study.add(name, "demo", **options)
    table = study.add("early", outcome="early_churn").power()
    for lang in LANGUAGES:
        with rk.use_language(lang):
            for text in (str(table), table._repr_html_(), table.sentence()):
                assert all(name in text for name in ("stay", "months", "nrr", "spend", "score", "early"))
                assert "{" not in text
                assert "nan" not in text
    frame = table.to_frame()
    assert frame["hypothesis"].tolist() == ["stay", "months", "nrr", "spend", "score", "early"]
    assert frame["n"].tolist() == [100] * 6


def test_that_most_of_a_drawn_list_is_bound_is_said_beforehand():
    # 150 of 250 of either group on annual contracts from the day of the list on: none of them can leave in 3 months
    people = []
    for value, gone in ((True, 10), (False, 50)):
        people += crowd(value, 150, interval="year", start="2025-01")
        people += crowd(value, 100, gone, 2, start="2025-01")
    ledger = ledger_of_lives(people)
    drawn, longer, not_drawn = (
        rk.Study(ledger, title="T").add("list", "demo", horizon=horizon, randomised=randomised).power()
        for horizon, randomised in ((3, True), (12, True), (3, False))
    )
    (note,) = [note for note in drawn.notes if note.key == "power.note.of"]
    finding = rk.compare(ledger, "demo", horizon=3, randomised=True)
    (warned,) = [each for each in finding.warnings if each.key == "warning.locked_drawn"]
    assert str(note) == f"“list”: {warned}"
    assert [each.fields[name] for each in (warned,) for name in ("n", "total")] == [300, 500]
    assert longer.notes == not_drawn.notes == ()
    assert not_drawn.rows[0].refused
