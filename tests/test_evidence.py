"""The pages of evidence: numbers and verdicts held against plain pandas, statsmodels and what was planted."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import retention_kit as rk

approx = pytest.approx
PAGES = Path(__file__).parent.parent / "docs" / "evidence"
DATA = Path(__file__).parents[2] / "shared" / "data"
sys.path.insert(0, str(PAGES))
import nsw  # noqa: E402
import study  # noqa: E402
import telco  # noqa: E402

real_data = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="shared/data does not lie beside the project"),
]
MINUS = "\u2212"


def read(name):
    return (PAGES / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def trained():
    return nsw.findings(DATA / "causal_nsw")


@pytest.fixture(scope="module")
def customers():
    return telco.read(DATA / "telco_ibm")


@pytest.fixture(scope="module")
def services(customers):
    return telco.findings(customers, telco.ledgers(customers))


@pytest.fixture(scope="module")
def result():
    ours = rk.Study.from_yaml(study.PROTOCOL, ledger=study.ledger(*study.business()))
    return ours.run(ours.lock())


def overlap_by_hand(people):
    """Overlap weights on statsmodels' logit with standardised numbers and their squares."""
    import statsmodels.api as sm

    columns = []
    for name in nsw.KNOWN_BEFORE:
        values = people[name].astype(float)
        values = (values - values.mean()) / values.std(ddof=0)
        columns += [values] if people[name].nunique() == 2 else [values, values**2]
    treated = people["treat"].to_numpy(bool)
    chance = sm.GLM(treated.astype(float), sm.add_constant(np.column_stack(columns)), sm.families.Binomial()).fit()
    weights = np.where(treated, 1 - chance.fittedvalues, chance.fittedvalues)
    means = [np.average(people["re78"][side], weights=weights[side]) for side in (treated, ~treated)]
    equal = [weights[side].sum() ** 2 / (weights[side] ** 2).sum() for side in (treated, ~treated)]
    return means, equal


class TestTrial:
    pytestmark = real_data

    def test_the_trial_and_the_naive_comparison_are_differences_of_means(self, trained):
        trial, observed = nsw.people(DATA / "causal_nsw")
        for name, people, published in (("trial", trial, 1794.34), ("naive", observed, -8497.52)):
            means = people.groupby("treat")["re78"].mean()
            assert trained[name].estimate == approx(means[1] - means[0])
            assert trained[name].estimate == approx(published, abs=0.01)  # shared/data/README.md: +1,794 and -8,498

    def test_ours_is_statsmodels_overlap_weighting(self, trained):
        means, equal = overlap_by_hand(nsw.people(DATA / "causal_nsw")[1])
        ours = trained["ours"]
        assert [arm.adjusted for arm in ours.arms] == approx(means, rel=1e-4)
        assert ours.estimate == approx(means[0] - means[1], rel=1e-3)
        assert ours.balance.ess == approx(equal, rel=1e-3)

    def test_the_interval_holds_the_trial_and_nothing_and_the_verdict_says_so(self, trained):
        ours = trained["ours"]
        assert ours.low < 0 < trained["trial"].estimate < ours.high
        assert (ours.verdict.kind, ours.verdict.reason.key) == ("inconclusive", "reason.inconclusive.both")
        assert trained["naive"].verdict.reason.key == "reason.inconclusive.not_adjusted"
        assert trained["trial"].verdict.kind == "supports"

    def test_without_past_earnings_the_answer_is_clear_and_wrong(self, trained):
        assert trained["people"].verdict.kind == "contradicts"
        assert trained["people"].balance.worst < 1e-8  # as balanced as ours: balance tells nothing of what is left out

    def test_the_page_says_these_numbers(self, trained):
        text = read("nsw.md")
        for finding in trained.values():
            assert f"| {nsw.signed(finding.estimate)} | {nsw.interval(finding)} |" in text
        assert f"{MINUS}8,498" in text
        assert "+1,794" in text


class TestTelco:
    pytestmark = real_data

    def test_every_row_is_used(self, customers):
        books = telco.ledgers(customers)
        assert all(book.reconciliation.counts == {"used": 7043, "rejected": 0, "outside": 0} for book in books.values())
        new = customers["tenure"].eq(0)
        assert new.sum() == 11
        assert customers["TotalCharges"][new].str.strip().eq("").all()

    def test_the_kit_notices_that_all_leave_on_one_day(self, customers):
        [warning] = [str(each) for each in telco.ledgers(customers)["watched"].warnings]
        assert warning.startswith("1,869 of the 1,869 customers who leave")

    def test_retention_is_the_life_table_of_one_month(self, customers, services):
        """At each age, those of that tenure who left in the month over all of that tenure, multiplied up to 12."""
        left = customers["Churn"].eq("Yes").groupby([customers["TechSupport"], customers["tenure"]]).mean()
        for value in ("No", "Yes", "No internet service"):
            expected = math.prod(1 - left[value, tenure] for tenure in range(1, 13))
            assert telco.retained(services["retention"], value) == approx(expected, abs=1e-9)

    def test_without_left_truncation_the_survivors_look_immortal(self, services):
        for value in ("No", "Yes", "No internet service"):
            assert telco.retained(services["wrong"], value) > telco.retained(services["retention"], value) + 0.7

    def test_what_cannot_be_answered_is_not_answered(self, services):
        for name in ("adjusted", "contract", "nrr"):
            assert {each.verdict.kind for each in services[name]} == {"not_testable"}
        assert {each.verdict.reason.key for each in services["retention"]} == {"reason.inconclusive.not_adjusted"}

    def test_holm_doubles_the_smaller_p_value(self, services):
        first, second = sorted(services["rmst"], key=lambda each: each.p_value)
        assert first.p_adjusted == approx(2 * first.p_value)
        assert second.p_adjusted == approx(max(second.p_value, first.p_adjusted))

    def test_the_page_says_these_numbers(self, services):
        text = read("telco.md")
        for rows in (telco.shares(services), telco.months(services["rmst"]), telco.alike(services["arithmetic"])):
            assert rows in text
        assert "**This page is arithmetic and shape of data, not evidence.**" in text


@pytest.mark.slow
class TestStudy:
    """Verdicts beside the truth that was planted; the page, in both languages."""

    def test_the_columns_added_are_what_they_are_said_to_be(self):
        made, table = study.business(4_000, seed=3)
        means = table.groupby("personalised_demo")["satisfaction"].mean()
        assert means[True] - means[False] == approx(study.SATISFACTION_GAIN, abs=0.15)  # 3 errors of 0.05
        ends = made.subscriptions.groupby("customer_id")["end"].agg(lambda end: end.max(skipna=False))
        last = table["customer_id"].map(ends)
        assert (table["feature_activated_at"] < last)[table["feature_activated_at"].notna() & last.notna()].all()

    def test_the_verdicts_fit_what_was_planted(self, result):
        kinds = {name: [] for name in result.findings}
        for name, finding in result.primaries():
            kinds[name].append(finding.verdict.kind)
        assert kinds == {
            "demo": ["supports"],
            "feature": ["does_not_support"],  # it does nothing
            "satisfaction": ["supports"],
            "segment": ["inconclusive", "supports"],
            "onboarding": ["supports"],
        }
        feature, satisfaction = (result.findings[name] for name in ("feature", "satisfaction"))
        assert feature.low < 0 < feature.high
        assert satisfaction.low < study.SATISFACTION_GAIN < satisfaction.high

    @pytest.mark.parametrize(("lang", "name"), [("en", "study.md"), ("fr", "study.fr.md")])
    def test_the_page_is_what_is_read_aloud(self, result, lang, name):
        text = read(name)
        for paragraph in result.read_aloud(lang).split("\n\n"):
            assert paragraph in text
        assert result.hash in text
