"""judge(): every verdict, both directions, by the rules of docs/methods.md; what correction and doubts may change."""

import math
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from cases import told
from hypothesis import given

from retention_kit.contrasts import Contrast, StudentT
from retention_kit.hypotheses.comparing import judged_again
from retention_kit.results import Arm, Finding, Verdict
from retention_kit.verdicts import Evidence, customers_needed, inconclusive, judge, not_testable
from retention_kit.wording import Message

approx = pytest.approx
ERROR = 0.02
# one-sided reach of 95 % and 90 % intervals: 1.96 · .02 and 1.645 · .02
REACH, WIDE = 0.039199, 0.032897
OPPOSITE = {"supports": "contradicts", "contradicts": "supports"}


def evidence(estimate, *, error=ERROR, sign=1, margin=0.05, **more):
    made = StudentT(estimate, error, math.inf)
    return Evidence(made.contrast(0.95), made.contrast(0.9), sign, margin, 1 - 0.95, said_margin=margin, **more)


def said(verdict):
    return verdict.kind, *(message and message.key.rpartition(".")[2] for message in (verdict.reason, verdict.nuance))


@pytest.mark.parametrize(("estimate", "expected"), [(-0.10, "contradicts"), (0.00, "inconclusive"), (0.10, "supports")])
def test_where_most_could_not_leave_only_a_small_difference_decides_nothing(estimate, expected):
    diluted = Message("reason.inconclusive.locked", {"n": 3, "total": 4, "horizon": 3, "longest": 12})
    found = judge(evidence(estimate, error=0.01, diluted=diluted))
    assert found.kind == expected
    assert found.reason == (diluted if expected == "inconclusive" else None)


# ---- the five, at both sides of every border ----


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        # the interval ends below 0
        (-REACH - 0.001, ("contradicts", None, None)),
        (-REACH + 0.001, ("does_not_support", None, None)),
        # the 90 % interval ends below the margin of 5 points
        (0.05 - WIDE - 0.001, ("does_not_support", None, None)),
        (0.05 - WIDE + 0.001, ("inconclusive", "both", None)),
        # the interval begins above 0
        (REACH - 0.001, ("inconclusive", "both", None)),
        (REACH + 0.001, ("supports", None, "may_be_small")),
        # all of it is beyond the margin
        (0.05 + REACH - 0.001, ("supports", None, "may_be_small")),
        (0.05 + REACH + 0.001, ("supports", None, "at_least_margin")),
    ],
)
def test_the_borders_between_verdicts(estimate, expected, sign):
    assert said(judge(evidence(sign * estimate, sign=sign))) == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_that_is_there_but_too_small_to_matter(sign):
    # .03 ± .0098, and at 90 % below .0383 < .05
    assert said(judge(evidence(sign * 0.03, error=0.005, sign=sign))) == ("does_not_support", None, "smaller_exists")


def test_the_margin_is_said_as_the_reader_knows_it():
    found = evidence(1.5, error=0.1, margin=math.log(1.5))
    assert judge(replace(found, said_margin=1.5)).nuance.fields["margin"] == 1.5


def test_an_interval_that_supports_needs_its_p_value_to():
    found = evidence(0.1)
    limp = replace(found, contrast=replace(found.contrast, p_value=0.2))
    assert said(judge(limp)) == ("inconclusive", "both", None)


@pytest.mark.parametrize("estimate", [0.2, 0.0, -0.2])
def test_without_an_interval_nothing_is_decided(estimate):
    nothing = Contrast(estimate, math.nan, math.nan, math.nan)
    assert judge(replace(evidence(0.1), contrast=nothing, wide=nothing)).kind == "inconclusive"


# ---- doubts ----

CLEAR = {"supports": 0.2, "contradicts": -0.2, "does_not_support": 0.0}


@pytest.mark.parametrize("kind", CLEAR)
def test_nothing_clear_is_said_of_groups_that_nobody_made_alike(kind):
    assert judge(evidence(CLEAR[kind])).kind == kind
    assert said(judge(evidence(CLEAR[kind], alike=False))) == ("inconclusive", "not_adjusted", None)


def test_what_is_not_clear_anyway_says_that_first():
    assert said(judge(evidence(0.03, alike=False))) == ("inconclusive", "both", None)


@pytest.mark.parametrize("estimate", [*CLEAR.values(), 0.03, math.nan])
def test_groups_with_too_little_in_common_say_so_whatever_the_numbers(estimate):
    why = Message("balance.separated")
    assert judge(evidence(estimate, unlike=why)) == Verdict("inconclusive", why)


@pytest.mark.parametrize("kind", CLEAR)
def test_interval_and_permutation_must_agree(kind):
    p_value = evidence(CLEAR[kind]).contrast.p_value
    other = 0.2 if p_value < 0.05 else 0.01
    found = judge(evidence(CLEAR[kind], check=other))
    assert said(found) == ("inconclusive", "check", None)
    assert found.reason.fields == {"p_value": p_value, "check": other}
    assert judge(evidence(CLEAR[kind], check=p_value)).kind == kind
    english, french = told(found.reason)
    assert "disagree" in english
    assert "se contredisent" in french


def test_a_check_at_the_level_itself_counts_as_below():
    assert judge(evidence(0.2, check=0.05)).kind == "supports"
    assert judge(evidence(0.2, check=0.0501)).kind == "inconclusive"
    assert judge(evidence(0.0, check=0.05)).kind == "inconclusive"


# ---- whatever the numbers ----

NUMBERS = st.builds(
    lambda estimate, error, sign, margin, check, alike: evidence(
        estimate, error=error, sign=sign, margin=margin, check=check, alike=alike
    ),
    st.floats(-1, 1),
    st.floats(1e-3, 1),
    st.sampled_from([1, -1]),
    st.floats(0.01, 0.5),
    st.one_of(st.just(math.nan), st.floats(0, 1)),
    st.booleans(),
)


@given(NUMBERS)
def test_what_a_verdict_promises_holds_of_its_numbers(found):
    low, high = sorted((found.sign * found.contrast.low, found.sign * found.contrast.high))
    furthest = max(found.sign * found.wide.low, found.sign * found.wide.high)
    kind = judge(found).kind
    if kind == "supports":
        assert low > 0
        assert found.contrast.p_value <= found.alpha
    if kind == "contradicts":
        assert high < 0
    if kind == "does_not_support":
        assert furthest < found.margin
        assert high >= 0
    if kind != "inconclusive":
        assert found.alike
        assert math.isnan(found.check) or (found.check <= 0.05) == (found.contrast.p_value <= found.alpha)
    assert kind in {"supports", "contradicts", "does_not_support", "inconclusive"}


@given(NUMBERS)
def test_the_other_hypothesis_of_the_mirrored_numbers_is_judged_alike(found):
    def turned(contrast):
        return Contrast(-contrast.estimate, -contrast.high, -contrast.low, contrast.p_value)

    mirrored = replace(found, contrast=turned(found.contrast), wide=turned(found.wide), sign=-found.sign)
    assert judge(mirrored) == judge(found)


@given(NUMBERS)
def test_turning_the_hypothesis_never_leaves_a_clear_verdict_as_it_was(found):
    one, other = judge(found).kind, judge(replace(found, sign=-found.sign)).kind
    assert one not in OPPOSITE or other != one
    if one == "supports":
        # the same numbers contradict, unless they do not reach far enough to
        assert other == "contradicts"
    if one == "contradicts":
        assert other in {"supports", "does_not_support"}


@given(NUMBERS)
def test_doubts_only_ever_take_a_verdict_away(found):
    plain = judge(replace(found, check=math.nan, alike=True))
    assert judge(found) == plain or judge(found).kind == "inconclusive"


# ---- corrected for other questions ----


def finding(verdict, p_value=0.02, level=0.95):
    arms = tuple(Arm(Message("text", {"text": name}), 20, 5, 15, 0.5, 0.3, 0.7) for name in "ab")
    numbers = {"estimate": 0.1, "low": 0.01, "high": 0.2, "p_value": p_value, "level": level, "margin": 0.05}
    return Finding(
        factor="demo",
        outcome="retention",
        horizon=12,
        direction=1,
        arms=arms,
        verdict=verdict,
        rule=Message("method.mover"),
        curves=None,
        **numbers,
    )


VERDICTS = [
    Verdict("supports"),
    Verdict("contradicts"),
    Verdict("does_not_support"),
    inconclusive("both"),
    inconclusive("not_adjusted"),
    inconclusive("multiple", p_adjusted=0.06, comparisons=2),
    not_testable("few_customers", n=3, least=10, group="a", landmark=None),
]


@given(st.sampled_from(VERDICTS), st.floats(0, 1), st.sampled_from([0.9, 0.95, 0.99]))
def test_correction_can_only_take_a_clear_verdict_away(verdict, p_adjusted, level):
    found = judged_again(finding(verdict, level=level), p_adjusted, 3)
    assert (found.p_adjusted, found.comparisons) == (p_adjusted, 3)
    if (verdict.kind in OPPOSITE or said(verdict)[1] == "multiple") and p_adjusted > 1 - level:
        assert said(found.verdict) == ("inconclusive", "multiple", None)
        assert found.verdict.reason.fields == {"p_adjusted": p_adjusted, "comparisons": 3}
    else:
        assert found.verdict == verdict


def test_a_question_that_was_not_tested_is_not_judged_again():
    assert judged_again(finding(VERDICTS[0], math.nan), math.nan, 2).verdict == VERDICTS[0]


def test_a_corrected_p_value_at_the_level_still_bears_the_verdict():
    assert judged_again(finding(VERDICTS[0]), 1 - 0.95, 2).verdict.kind == "supports"


# ---- how many customers it would take ----


def test_customers_needed_by_hand():
    # error .0392/1.96 = .02; (2.8 · .02/.05)² = 1.2544 times 100, up to the next ten
    contrast = Contrast(0.0, -REACH, REACH, 1.0)
    assert customers_needed(contrast, 0.05, 0.95, 100) == 130
    assert customers_needed(contrast, 0.056, 0.95, 100) is None


@pytest.mark.parametrize(("low", "high"), [(math.nan, math.nan), (-math.inf, math.inf), (-math.inf, 0.1)])
def test_without_limits_nobody_can_say_how_many(low, high):
    assert customers_needed(Contrast(0.0, low, high, 1.0), 0.05, 0.95, 100) is None


def test_a_refusal_carries_why_and_a_way_out_with_the_same_numbers():
    found = not_testable("few_churns", events=3, horizon=12, least=5)
    assert (found.reason.key, found.remedy.key) == ("reason.untestable.few_churns", "remedy.untestable.few_churns")
    assert found.reason.fields == found.remedy.fields == {"events": 3, "horizon": 12, "least": 5}
