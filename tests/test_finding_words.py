"""What a finding says: every outcome, verdict, direction, adjustment and landmark, in both languages."""

import dataclasses
import itertools
import math
import re

import pandas as pd
import pytest

from retention_kit.results import Arm, EValue, Finding, Findings, Line, Verdict, answers
from retention_kit.wording import LANGUAGES, Message, use_language

LABELS = Message("factor.personalised_demo.with"), Message("factor.personalised_demo.without")
COVARIATES = tuple(Message(f"covariate.{name}") for name in ("segment", "plan", "starting_mrr"))
# estimate, limits, margin, both groups' values
NUMBERS = {
    "retention": (0.061, 0.012, 0.11, 0.05, 0.861, 0.8),
    "rmst": (0.8, 0.3, 1.3, 0.5, 10.8, 10.0),
    "nrr": (0.08, 0.021, 0.139, 0.1, 1.04, 0.96),
    "grr": (0.04, 0.011, 0.069, 0.1, 0.92, 0.88),
    "expansion": (0.12, 0.03, 0.21, 0.1, 0.2, 0.08),
    "spend": (31.0, 4.5, 57.5, 20.0, 231.0, 200.0),
    "early_churn": (2.14, 1.22, 3.75, 1.5, 0.03, 0.014),
    "measured_number": (0.42, 0.13, 0.71, 0.3, 8.12, 7.7),
    "measured_share": (0.09, 0.03, 0.15, 0.05, 0.54, 0.45),
}
REASONS = {
    "both": {},
    "not_adjusted": {},
    "multiple": {"p_adjusted": 0.081, "comparisons": 4},
    "check": {"p_value": 0.041, "check": 0.063},
}
NUANCES = {"supports": ("at_least_margin", "may_be_small"), "does_not_support": ("smaller_exists",)}
FORBIDDEN = re.compile(
    r"no effect|aucun effet|sans effet|prove[sn]?\b|prouve|proof|preuve|significant|significati|0[.,]000|nan\b|None",
    re.IGNORECASE,
)


def arms_of(outcome, treated, reference, adjusted=False):
    if outcome == "early_churn":
        texts = Message("text", {"text": "months 1 to 3"}), Message("text", {"text": "months 4 to 12"})
        return Arm(texts[0], 400, 36, 1200, treated, 0.02, 0.04), Arm(texts[1], 400, 31, 2210, reference, 0.01, 0.02)
    values = (treated, reference) if adjusted else (math.nan, math.nan)
    raw = (treated + 0.5, reference - 0.5) if adjusted else (treated, reference)
    rows = zip(LABELS, (180, 220), raw, values, strict=True)
    return tuple(
        Arm(label, n, 20, 90, value, value - 0.05, value + 0.05, adjusted=made) for label, n, value, made in rows
    )


def finding_of(outcome, verdict, direction=1, *, adjusted=False, landmark=None, **changed):
    estimate, low, high, margin, treated, reference = NUMBERS[outcome]
    early = outcome == "early_churn"
    kept = {
        "factor": None if early else "personalised_demo",
        "outcome": outcome,
        "horizon": 12,
        "estimate": estimate,
        "low": low,
        "high": high,
        "p_value": math.nan if verdict.kind == "not_testable" else 0.0123,
        "level": 0.95,
        "margin": margin,
        "direction": direction,
        "arms": arms_of(outcome, treated, reference, adjusted),
        "verdict": verdict,
        "rule": Message("word.customer"),
        "curves": pd.DataFrame(columns=["group", "age", "value", "low", "high", "at_risk"]),
        "needed": 1230,
        "adjusted_for": COVARIATES if adjusted else (),
        "e_value": EValue(1.83, 1.2) if adjusted else None,
        "landmark": landmark,
        "measured": "csat" if outcome.startswith("measured") else None,
        "currency": "EUR",
        "window": 3 if early else None,
    }
    return Finding(**(kept | changed))


def verdicts():
    for kind, nuances in NUANCES.items():
        yield from (Verdict(kind, nuance=Message(f"nuance.{name}", {"margin": 0.05})) for name in nuances)
    yield from (Verdict("supports"), Verdict("does_not_support"), Verdict("contradicts"))
    yield from (Verdict("inconclusive", Message(f"reason.inconclusive.{why}", given)) for why, given in REASONS.items())
    lacking = {"group": LABELS[0], "n": 7, "least": 10}
    why, cure = (Message(f"{part}.untestable.few_customers", lacking) for part in ("reason", "remedy"))
    yield Verdict("not_testable", why, cure)


def every():
    for outcome, verdict, direction in itertools.product(NUMBERS, verdicts(), (1, -1)):
        alone = outcome == "early_churn"
        for adjusted, landmark in [(False, None)] if alone else itertools.product((False, True), (None, 3)):
            yield finding_of(outcome, verdict, direction, adjusted=adjusted, landmark=landmark)


EVERY = list(every())


def name_of(finding):
    frame = "adjusted " * bool(finding.adjusted_for) + "landmark" * bool(finding.landmark)
    return f"{finding.outcome} {finding.verdict.kind} {finding.direction:+} {frame}"


# ---- every sentence ----


@pytest.mark.parametrize("finding", EVERY, ids=name_of)
def test_every_answer_stands_alone(finding):
    texts = [finding.sentence(lang) for lang in LANGUAGES]
    assert texts[0] != texts[1]
    for text in texts:
        assert not re.search(r"[{}]|\b(treated|reference|nan)\b|  | \.|\.\.", text), text
        assert not FORBIDDEN.search(text), text
        assert text.endswith(".")
        assert text[:1].isupper()
    for label in LABELS if finding.factor else ():
        assert all(label.text(lang) in text for lang, text in zip(LANGUAGES, texts, strict=True))


@pytest.mark.parametrize("finding", EVERY, ids=name_of)
def test_every_answer_says_its_numbers_unless_it_cannot(finding):
    texts = [str(answers.fields(finding)["difference"].text(lang)) for lang in LANGUAGES]
    shown = [text in finding.sentence(lang) for lang, text in zip(LANGUAGES, texts, strict=True)]
    assert shown == [finding.verdict.kind != "not_testable"] * 2
    assert all(re.search(r"\d", text) for text in texts)


@pytest.mark.parametrize("outcome", NUMBERS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_more_and_less_are_different_hypotheses_and_questions(outcome, lang):
    more, less = (finding_of(outcome, Verdict("supports"), direction) for direction in (1, -1))
    assert more.sentence(lang) != less.sentence(lang)
    assert more.question(lang) != less.question(lang)
    assert {text[-1] for text in (more.question(lang), less.question(lang))} == {"?"}


@pytest.mark.parametrize("outcome", NUMBERS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_can_be_told(outcome, lang):
    finding = finding_of(outcome, Verdict("supports"))
    for text in (finding.describe(lang), finding.describe_difference(lang), finding.describe_lines(lang)):
        assert text.endswith(".")
        assert re.search(r"\d", text)
    assert answers.margin(finding).text(lang) in finding.describe_difference(lang)


# ---- word by word ----

EXPECTED = {
    ("retention", "en"): "86.1% of the customers with a personalised demo have stayed 12 months, against 80.0% of the "
    "customers without a personalised demo: 6.1 points more (95% interval: from 1.2 to 11 points more).",
    ("rmst", "en"): "Out of the first 12 months, customers with a personalised demo stayed 10.8 months on average, "
    "against 10.0 months for customers without a personalised demo: 0.8 months longer (95% interval: from 0.3 to 1.3 "
    "months longer).",
    (
        "rmst",
        "fr",
    ): "Sur les 12 premiers mois, les clients avec une démo personnalisée sont restés 10,8 mois en moyenne, "
    "contre 10,0 mois pour les clients sans démo personnalisée, soit 0,8 mois de plus (intervalle à 95 % : de 0,3 à "
    "1,3 mois de plus).",
    ("early_churn", "fr"): "Un mois où leur contrat peut prendre fin, 3,0 % des clients partent pendant leurs 3 "
    "premiers mois, contre 1,4 % pendant les mois 4 à 12 ; à durée de contrat égale, c’est un risque de départ "
    "multiplié par 2,1 (intervalle à 95 % : de 1,2 à 3,8).",
    ("spend", "en"): "After 12 months, customers with a personalised demo pay €231 a month on average (those who left "
    "counting 0), against €200 for customers without a personalised demo: €31 more (95% interval: from €4.50 to €57.50 "
    "more).",
}


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(("asked", "expected"), EXPECTED.items(), ids=str)
def test_the_numbers_word_by_word(asked, expected):
    outcome, lang = asked
    assert expected in plain(finding_of(outcome, Verdict("supports")).sentence(lang))


def test_a_supported_hypothesis_made_alike_names_what_and_how_strong_a_hidden_factor_would_have_to_be():
    english, french = (
        plain(finding_of("rmst", Verdict("supports"), adjusted=True).sentence(lang)) for lang in LANGUAGES
    )
    assert english.startswith(
        "The data support the hypothesis that customers with a personalised demo stay longer, over the first 12 "
        "months, than customers without a personalised demo. After making both groups alike in segment, plan, starting "
        "MRR: "
    )
    assert "a risk ratio of 1.8 each could explain it." in english
    assert "rendus comparables (segment, offre, MRR de départ)" in french
    assert "un risque relatif de 1,8 chacun" in french


def test_what_was_made_alike_is_what_is_said():
    # the factory's unadjusted values lie half a unit further apart on each side
    finding = finding_of("rmst", Verdict("supports"), adjusted=True)
    assert [arm.value for arm in finding.arms] == [11.3, 9.5]
    assert "10.8 months" in finding.sentence("en")
    assert "11.3" not in finding.sentence("en")


@pytest.mark.parametrize(("kind", "causal"), [("supports", True), ("contradicts", True), ("does_not_support", False)])
def test_only_a_clear_difference_drawn_at_random_is_an_effect(kind, causal):
    finding = finding_of("retention", Verdict(kind), randomised=True)
    assert ("as an effect" in finding.sentence("en")) is causal
    assert "association" not in finding.sentence("en")
    assert "association" in finding_of("retention", Verdict(kind)).sentence("en")


def test_a_landmark_says_who_is_compared_from_when():
    english, french = (finding_of("retention", Verdict("supports"), landmark=3).sentence(lang) for lang in LANGUAGES)
    assert "Among customers still there 3 months after their start, and counting from then: 86.1%" in english
    assert "Parmi les clients encore présents 3 mois après leur arrivée" in french


def test_early_churn_warns_of_a_rate_that_falls_by_itself():
    found = finding_of("early_churn", Verdict("supports"))
    assert "the rate falls by itself" in found.sentence("en")
    assert "the rate falls by itself" not in finding_of("early_churn", Verdict("contradicts")).sentence("en")


@pytest.mark.parametrize(
    ("window", "horizon", "early", "later"),
    [(1, 12, "their first month", "months 2 to 12"), (3, 4, "their first 3 months", "month 4")],
)
def test_the_stretches_of_early_churn(window, horizon, early, later):
    text = finding_of("early_churn", Verdict("supports"), window=window, horizon=horizon).sentence("en")
    assert f"during {early} than during {later}." in text


def test_early_churn_without_its_window_falls_back_on_the_labels_of_its_arms():
    text = finding_of("early_churn", Verdict("supports"), window=None).question("en")
    assert text == "Do customers leave more often in a month during months 1 to 3 than during months 4 to 12?"


@pytest.mark.parametrize(("why", "adds"), [("both", True), ("not_adjusted", False), ("multiple", False)])
def test_customers_needed_are_told_only_where_more_of_them_would_settle_it(why, adds):
    verdict = Verdict("inconclusive", Message(f"reason.inconclusive.{why}", REASONS[why]))
    assert ("About 1,230 customers" in finding_of("retention", verdict).sentence("en")) is adds


# ---- differences ----


@pytest.mark.parametrize(
    ("outcome", "low", "high", "english", "french"),
    [
        ("retention", -0.02, 0.14, "from 2 points less to 14 points more", "de 2 points de moins à 14 points de plus"),
        ("retention", -0.14, -0.02, "from 2 to 14 points less", "de 2 à 14 points de moins"),
        ("retention", -0.14, 0.0, "from 14 points less to no difference", "de 14 points de moins à aucun écart"),
        ("retention", 0.005, 0.01, "from 0.5 to 1 point more", "de 0,5 à 1 point de plus"),
        ("rmst", -0.3, 1.3, "from 0.3 months less to 1.3 months longer", "de 0,3 mois de moins à 1,3 mois de plus"),
        ("spend", -12.0, 250.0, "from €12 less to €250 more", "de 12 € de moins à 250 € de plus"),
        ("early_churn", 0.6, 2.5, "from 0.6 to 2.5 times", "de 0,6 à 2,5"),
        ("measured_number", -0.04, 0.3, "from 0.04 less to 0.3 more", "de 0,04 de moins à 0,3 de plus"),
    ],
)
def test_intervals_to_be_read_aloud(outcome, low, high, english, french):
    told = answers.told(outcome, (low + high) / 2, low, high, 0.95, "EUR")
    assert [plain(told.fields["range"].text(lang)) for lang in LANGUAGES] == [english, french]


def test_a_difference_without_an_interval_is_told_alone():
    assert answers.told("rmst", 1.0, math.nan, math.nan, 0.95).text("en") == "1 month longer"
    assert answers.told("rmst", math.nan, math.nan, math.nan, 0.95).text("en") == "no estimate"


@pytest.mark.parametrize(
    ("outcome", "changed", "english", "french"),
    [
        ("retention", {}, "5 points", "5 points"),
        ("retention", {"margin": 0.01}, "1 point", "1 point"),
        ("rmst", {}, "half a month out of 12", "0,5 mois sur 12"),
        ("rmst", {"margin": 1.0, "horizon": 24}, "1 month out of 24", "1 mois sur 24"),
        ("spend", {}, "€20 a month", "20 € par mois"),
        ("spend", {"margin": 73.93}, "€74 a month", "74 € par mois"),
        ("early_churn", {}, "a factor of 1.5", "1,5 fois"),
    ],
)
def test_the_smallest_difference_that_matters_has_its_unit(outcome, changed, english, french):
    margin = answers.margin(finding_of(outcome, Verdict("supports"), **changed))
    assert [plain(margin.text(lang)) for lang in LANGUAGES] == [english, french]


# ---- notes, frames, groups ----


def lines_of():
    rows = [("decides", "line.adjusted", 0.061), ("beside", "line.unadjusted", 0.091)]
    method = Message("method.overlap")
    return tuple(Line(r, Message(key), x, x - 0.05, x + 0.05, 0.02, 400, 321.5, method) for r, key, x in rows)


def test_the_notes_say_every_test_and_every_other_estimate():
    made = {"p_adjusted": 0.049, "comparisons": 4, "check": 0.02, "cluster": "csm", "lines": lines_of()}
    population = Message("population.overlap", {"n": 400, "ess": 321})
    text = str(finding_of("retention", Verdict("supports"), adjusted=True, population=population, **made))
    assert str(population) in text
    for part in ("p = 0.012", "4 hypotheses", "p = 0.049", "p = 0.020", "“csm”", "As it is: 9.1 points more"):
        assert part in text
    assert "Groups made alike: 6.1" not in text  # that is the answer itself


def test_a_frame_has_one_row_an_estimate():
    frame = finding_of("retention", Verdict("supports"), adjusted=True, lines=lines_of(), p_adjusted=0.03).to_frame()
    assert frame["role"].tolist() == ["decides", "beside"]
    assert frame["estimate"].tolist() == [0.061, 0.091]
    assert frame["p_adjusted"].fillna(-1).tolist() == [0.03, -1]
    assert frame["n_eff"].tolist() == [321.5] * 2
    assert frame["group"].tolist() == ["customers with a personalised demo"] * 2
    assert list(frame)[:6] == ["factor", "group", "outcome", "horizon_months", "role", "line"]


def test_a_frame_without_lines_is_made_of_the_finding_itself():
    row = finding_of("early_churn", Verdict("supports")).to_frame().iloc[0]
    assert row[["factor", "role", "estimate", "p_adjusted", "n"]].tolist() == ["", "decides", 2.14, 0.0123, 800]


def findings():
    one = finding_of("retention", Verdict("supports"), randomised=True)
    label = Message("factor.value", {"factor": "channel", "value": "fair"})
    other = dataclasses.replace(one, arms=(dataclasses.replace(one.arms[0], label=label), one.arms[1]))
    return Findings((one, other), 0.021, Message("method.all_alike.log_rank", {"groups": 3, "p_value": 0.021}))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_several_groups_are_answered_all_together_then_one_by_one(lang):
    found = findings()
    with use_language(lang):
        shown = [found.sentence(), str(found)]
        page = found._repr_html_()
    opened = {
        "en": "As they are, the groups differ in how many of their customers stay.",
        "fr": "Tels quels, les groupes ",
    }
    for text in shown:
        assert text.startswith(opened[lang])
        assert found.method.text(lang) in text
        assert all(item.sentence(lang) in text for item in found)
    assert page.count("<div") == page.count("</div>") == 3
    assert found.to_frame()["p_all"].tolist() == [0.021] * 2
    assert "fair" in found.describe(lang)
    assert "fair" in found.describe_lines(lang)


def test_groups_that_no_test_tells_apart_are_not_said_to_differ():
    found = dataclasses.replace(findings(), p_value=0.3)
    assert found.sentence("en").startswith(
        "These data do not show that the groups differ in how many of their customers"
    )
    assert dataclasses.replace(found, p_value=math.nan).opening == (found.method,)


def test_groups_of_which_none_can_be_judged_have_no_opening():
    found = findings()
    mute = tuple(dataclasses.replace(item, verdict=Verdict("not_testable")) for item in found)
    assert dataclasses.replace(found, items=mute).opening == ()
    assert dataclasses.replace(found, items=(mute[0], found.items[1])).opening != ()


# ---- subtraction ----


@pytest.mark.parametrize(
    ("outcome", "values", "english", "french"),
    [
        # to one decimal 71.6, 62.8 and 8.9: two decimals subtract
        (
            "retention",
            (0.7164, 0.62753),
            ("71.64%", "62.75%", "8.89 points more"),
            ("71,64 %", "62,75 %", "8,89 points de plus"),
        ),
        (
            "retention",
            (0.716, 0.628),
            ("71.6%", "62.8%", "8.8 points more"),
            ("71,6 %", "62,8 %", "8,8 points de plus"),
        ),
        # 71.644 - 62.756 = 8.888: neither one decimal (8.9 of 71.6 and 62.8) nor two (8.89 of 71.64 and 62.76) do
        (
            "nrr",
            (0.71644, 0.62756),
            ("71.64%", "62.76%", "8.88 points more"),
            ("71,64 %", "62,76 %", "8,88 points de plus"),
        ),
        ("spend", (744.4, 701.6), ("€744.40", "€701.60", "€42.80 more"), ("744,40 €", "701,60 €", "42,80 € de plus")),
        ("spend", (744.0, 602.0), ("€744", "€602", "€142 more"), ("744 €", "602 €", "142 € de plus")),
        (
            "rmst",
            (10.84, 10.06),
            ("10.84 months", "10.06 months", "0.78 months longer"),
            ("10,84 mois", "10,06 mois", "0,78 mois de plus"),
        ),
        ("retention", (0.8, 0.8002), ("80.0%", "80.0%", "no difference"), ("80,0 %", "80,0 %", "aucun écart")),
    ],
)
def test_a_reader_who_subtracts_finds_the_difference(outcome, values, english, french):
    estimate = values[0] - values[1]
    ends = estimate, estimate - (120 if outcome == "spend" else 0.1), estimate + (120 if outcome == "spend" else 0.1)
    if outcome == "rmst":
        ends = estimate, estimate - 2, estimate + 2
    shown = answers.compared(outcome, values, ends, 0.95, "EUR")
    for lang, (value, reference, difference) in zip(LANGUAGES, (english, french), strict=True):
        told = [plain(shown[name].text(lang)) for name in ("value", "reference_value", "difference")]
        assert told[:2] == [value, reference]
        assert told[2].startswith(difference + " (")


def test_a_difference_that_is_none_is_no_points_less():
    assert answers.change("retention", -0.0001).text("fr") == "aucun écart"
    across = answers.interval("retention", -0.0001, 0.05)
    assert [plain(across.text(lang)) for lang in LANGUAGES] == [
        "from no difference to 5 points more",
        "d’aucun écart à 5 points de plus",
    ]
    assert answers.interval("retention", -0.0001, 0.0001).text("en") == "no difference"


# ---- what is drawn ----


def drawn(*values):
    rows = [(group, age, value if age else 1.0) for group, value in enumerate(values) for age in (0, 12)]
    return pd.DataFrame(rows, columns=["group", "age", "value"])


def test_an_adjusted_finding_says_its_curves_as_they_are_drawn():
    finding = finding_of("retention", Verdict("supports"), adjusted=True, curves=drawn(0.818, 0.771))
    english, french = (plain(finding.describe(lang)) for lang in LANGUAGES)
    assert english.startswith("Both groups, month by month up to month 12, as they are, not adjusted: 81.8% of the ")
    assert "against 77.1% of the customers without a personalised demo: 4.7 points more." in english
    assert "tels quels, sans ajustement : 81,8 % des " in french
    assert "86.1%" not in english
    assert "86.1%" in finding.sentence("en")


def test_the_interval_of_the_unadjusted_line_stands_with_the_curves():
    made = lines_of()
    plain_line = dataclasses.replace(made[1], estimate=0.818 - 0.771)
    curves = drawn(0.818, 0.771)
    finding = finding_of("retention", Verdict("supports"), adjusted=True, curves=curves, lines=(made[0], plain_line))
    assert "4.7 points more (95% interval: from 4.1 to 14.1 points more)" in finding.describe("en")


def test_curves_of_months_stayed_are_told_as_the_shares_they_draw():
    text = finding_of("rmst", Verdict("supports"), curves=drawn(0.9, 0.8)).describe("en")
    assert "90.0% of the customers with a personalised demo have stayed 12 months" in text
    assert "not adjusted" not in text


def test_early_churn_is_drawn_for_all_customers_together():
    english, french = (finding_of("early_churn", Verdict("supports")).describe(lang) for lang in LANGUAGES)
    assert english.startswith("All customers, month by month")
    assert french.startswith("Tous les clients")
    assert "roups" not in english


def test_what_has_no_curve_is_not_said_month_by_month():
    text = finding_of("measured_number", Verdict("supports")).describe("en")
    assert text.startswith("“csat” averages 8.1")


# ---- frames ----


def test_each_row_of_a_frame_has_the_churns_of_its_own_customers():
    lines = tuple(dataclasses.replace(line, events=events) for line, events in zip(lines_of(), (31, 17), strict=True))
    finding = finding_of("retention", Verdict("supports"), lines=lines)
    assert finding.to_frame()["events"].tolist() == [31, 17]
    assert finding_of("retention", Verdict("supports")).to_frame()["events"].tolist() == [40]  # 20 a group
