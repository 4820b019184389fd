"""Studies: declared once, locked, judged together; what stands beside a verdict never moves it."""

import datetime as dt
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from cases import told

import retention_kit as rk
from retention_kit.contrasts import holm
from retention_kit.errors import FileNotReadableError, OptionError, ProtocolChangedError, UnknownColumnError
from retention_kit.results import Arm, Finding, Findings, Line, Power, PowerTable, Verdict
from retention_kit.studies import running
from retention_kit.studies import study as study_module
from retention_kit.studies.hypothesis import ARGUMENTS
from retention_kit.studies.locking import hash_of
from retention_kit.wording import Message, use_language

approx = pytest.approx
FIXTURES = Path(__file__).parent / "fixtures" / "studies"
FORBIDDEN = re.compile(r"no effect|proves?\b|significant|aucun effet|prouve|significatif|p = 0[.,]000", re.IGNORECASE)
NAN = math.nan


def ledger_at(as_of, customers=200):
    business = rk.synthetic.make_business(customers, seed=3)
    return rk.build_ledger(business.subscriptions, as_of=as_of, customers=business.customers)


@pytest.fixture(scope="module")
def ledger():
    return ledger_at("2025-12-31")


@pytest.fixture(scope="module")
def later():
    # the same business a month on: nothing of the later month is known, which is enough for looks
    business = rk.synthetic.make_business(200, seed=3)
    return rk.build_ledger(business.subscriptions, as_of="2026-01-31", customers=business.customers)


@pytest.fixture
def study(ledger):
    return rk.Study(ledger, title="Demo").add("demo", "personalised_demo", randomised=True)


def answer(p_value, estimate=0.1, label="customers with it", outcome="retention", kind="supports"):
    """A finding as `compare` gives it, with the numbers that a test needs."""
    named = Message("text", {"text": label})
    arms = (Arm(named, 50, 4, 40, 0.9, 0.8, 0.95), Arm(named, 60, 9, 45, 0.8, 0.7, 0.9))
    line = Line("decides", named, estimate, estimate - 0.05, estimate + 0.05, p_value, 110, NAN, named)
    numbers = {"estimate": estimate, "low": estimate - 0.05, "high": estimate + 0.05, "p_value": p_value}
    asked = {"factor": "demo", "outcome": outcome, "horizon": 12, "level": 0.95, "margin": 0.05, "direction": 1}
    reason = Message("reason.inconclusive.both")
    verdict = Verdict(kind, reason=reason if kind in ("inconclusive", "not_testable") else None, remedy=reason)
    return Finding(**asked, **numbers, arms=arms, verdict=verdict, rule=named, curves=pd.DataFrame(), lines=(line,))


def judged_again(finding, p_adjusted, comparisons):
    """As the package's: a corrected p-value above 5 % is not enough to support."""
    kind = "supports" if p_adjusted <= 0.05 else "inconclusive"
    verdict = Verdict(kind, reason=None if kind == "supports" else Message("reason.inconclusive.both"))
    return replace(finding, p_adjusted=p_adjusted, comparisons=comparisons, verdict=verdict)


@pytest.fixture
def canned(monkeypatch):
    """Let `compare` return what a test says, by outcome or by the arguments it is called with."""
    asked = []

    def use(answers):
        def compare(ledger, factor=None, **given):
            asked.append((factor, given))
            return answers(factor, given)

        monkeypatch.setattr(running.engine, "compare", compare)
        monkeypatch.setattr(running.engine, "judged_again", judged_again)
        monkeypatch.setattr(study_module, "power_table", lambda *_: nothing_told())
        return asked

    return use


def nothing_told():
    about = Message("text", {"text": "retention"})
    row = Power("demo", "retention", about, Message("power.who.all", {"n": 9}), (9,), 2, 0.2, 0.05, about)
    return PowerTable((row,), 0.05, 1)


# ---- declaring ----


def test_a_study_is_never_changed_but_replaced(ledger):
    empty = rk.Study(ledger)
    more = empty.add("demo", "personalised_demo")
    assert (len(empty.hypotheses), len(more.hypotheses)) == (0, 1)
    with pytest.raises(AttributeError):
        more.alpha = 0.1


def test_the_defaults_written_into_a_protocol_are_those_of_compare():
    import inspect

    parameters = inspect.signature(rk.compare).parameters.values()
    assert {each.name: each.default for each in parameters if each.name not in ("ledger", "factor")} == ARGUMENTS


def test_every_argument_is_written_down(study):
    (declared,) = study.protocol()["hypotheses"]
    assert set(declared) == {"name", "factor", *ARGUMENTS, "secondary", "sensitivity"}
    assert (declared["horizon"], declared["randomised"], declared["level"]) == (12, True, 0.95)


def test_cluster_seed_and_level_come_from_the_study(ledger):
    declared = rk.Study(ledger, alpha=0.1, cluster="csm", seed=4).add("demo", "personalised_demo").hypotheses[0]
    assert [declared.arguments[name] for name in ("cluster", "seed", "level")] == ["csm", 4, 0.9]


@pytest.mark.parametrize(
    ("arguments", "english", "french"),
    [
        ({"horizont": 6}, "did you mean “horizon”?", "vouliez-vous dire « horizon » ?"),
        ({"xyz": 6}, "“xyz” means nothing here. What can be said: outcome, horizon", "« xyz » n’a pas de sens ici"),
        ({"outcome": ["rmst", "nrr"]}, "outcome=rmst, and put the others under secondary: nrr", "outcome=rmst"),
        ({"horizon": [6, 12]}, "6, 12 are several", "6, 12 en font plusieurs"),
        ({"direction": ["more", "less"]}, "more, less are several", "more, less en font plusieurs"),
        ({"margin": "5 %"}, "margin cannot be “5 %”", "margin ne peut pas valoir « 5 % »"),
        ({"horizon": "twelve"}, "twelve", "twelve"),
        ({"level": 0.9}, "level=0.9 contradicts alpha=0.05", "level=0.9 contredit alpha=0.05"),
        ({"sensitivity": ({"outcome": "nrr"},)}, "cannot change “outcome”", "ne peut pas changer « outcome »"),
        ({"sensitivity": ({"factor": "plan"},)}, "cannot change “factor”", "ne peut pas changer « factor »"),
        ({"sensitivity": ({"horizont": 6},)}, "did you mean “horizon”?", "« horizon »"),
        ({"sensitivity": ({"horizon": 0},)}, "Under sensitivity:", "Sous sensitivity :"),
        ({"sensitivity": {"horizon": 6}}, "sensitivity cannot be", "sensitivity ne peut pas valoir"),
        ({"secondary": "nrr"}, "secondary cannot be “nrr”", "secondary ne peut pas valoir « nrr »"),
        ({"secondary": ("mood",)}, "Under secondary:", "Sous secondary :"),
        ({"outcome": "mood"}, "mood", "mood"),
        ({"direction": "up"}, "“up”", "« up »"),
    ],
)
def test_what_is_not_legal_is_refused_with_the_way_out(ledger, arguments, english, french):
    with pytest.raises(OptionError) as refused:
        rk.Study(ledger).add("demo", "personalised_demo", **arguments)
    for text, expected in zip(told(refused.value), (english, french), strict=True):
        assert expected in text


def test_columns_that_are_not_there_are_refused_at_once(ledger):
    study = rk.Study(ledger)
    for arguments in ({"factor": "demo"}, {"factor": "plan", "adjust": ["size"]}, {"factor": "plan", "clock": "born"}):
        with pytest.raises(UnknownColumnError):
            study.add("demo", **arguments)


def test_only_early_churn_needs_no_factor(ledger):
    assert rk.Study(ledger).add("early", outcome="early_churn").hypotheses[0].factor is None
    with pytest.raises(OptionError, match="say which with factor"):
        rk.Study(ledger).add("all", outcome="nrr")


def test_a_name_stands_once(study):
    with pytest.raises(OptionError, match="taken so far: demo"):
        study.add("demo", "plan")
    with pytest.raises(OptionError, match="taken so far: none"):
        replace(study, hypotheses=()).add("", "plan")


@pytest.mark.parametrize("again", [{}, {"horizon": 6}, {"direction": "less"}])
def test_the_same_question_is_asked_once(study, again):
    with pytest.raises(OptionError, match="put the other values under sensitivity of “demo”"):
        study.add("again", "personalised_demo", randomised=True, **again)
    assert len(study.add("money", "personalised_demo", outcome="nrr").hypotheses) == 2


@pytest.mark.parametrize("options", [{"alpha": 0}, {"alpha": 5}, {"alpha": "5 %"}, {"alpha": True}, {"seed": -1}])
def test_a_study_says_what_it_cannot_be(ledger, options):
    with pytest.raises(OptionError) as refused:
        rk.Study(ledger, **options)
    assert next(iter(options)) in str(refused.value)


def test_a_column_of_numbers_needs_a_margin_as_primary_and_none_as_secondary(ledger):
    scored = replace(
        ledger, customers=ledger.customers.assign(score=[float(place % 7) for place in range(len(ledger.ids))])
    )
    study = rk.Study(scored)
    with pytest.raises(OptionError):
        study.add("score", "personalised_demo", outcome="score")
    study = study.add("score", "personalised_demo", outcome="score", margin=0.5)
    study = study.add("demo", "personalised_demo", randomised=True, secondary=("score",))
    (beside,) = study.run().secondaries["demo"]
    assert beside.finding.outcome == "measured_number"


def test_a_lock_needs_its_folder(study, tmp_path):
    with pytest.raises(FileNotReadableError, match="There is no folder"):
        study.lock(tmp_path / "nowhere" / "lock.json")


@pytest.mark.parametrize("act", [rk.Study.power, rk.Study.lock, rk.Study.run])
def test_an_empty_study_asks_for_a_hypothesis(ledger, act):
    with pytest.raises(OptionError, match="has no hypothesis yet"):
        act(rk.Study(ledger))


def test_an_outcome_is_not_its_own_secondary(ledger):
    declared = rk.Study(ledger).add("demo", "plan", reference="Starter", secondary=("retention", "nrr", "nrr"))
    assert declared.hypotheses[0].secondary == ("nrr",)


# ---- the lock ----


def test_the_hash_is_that_of_the_protocol_in_canonical_json():
    # printf '{"a":[1,"é"],"b":null}' | sha256sum
    known = "1e02bc81a26af2f027329541e97eef36f3290bedc6dfe043dbe66b057ecb13ba"
    assert hash_of({"b": None, "a": [1, "é"]}) == hash_of({"a": [1, "é"], "b": None}) == known


def test_the_hash_is_the_same_in_every_run_of_python(study):
    protocol = json.dumps(study.protocol())
    code = "import json,sys; from retention_kit.studies.locking import hash_of; print(hash_of(json.load(sys.stdin)))"
    for seed in ("0", "1"):
        ran = subprocess.run(
            [sys.executable, "-c", code], input=protocol, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(rk.__file__).parents[1])},
        )  # fmt: skip
        assert ran.stdout.strip() == study.hash


def test_order_of_arguments_types_of_numbers_and_data_do_not_enter_the_hash(ledger, later):
    import numpy as np

    one = rk.Study(ledger).add("demo", "plan", reference="Starter", horizon=12, margin=0.1, adjust=("segment",))
    two = rk.Study(later).add("demo", "plan", adjust=["segment"], margin=np.float64(0.1), horizon=np.int64(12),
                              reference="Starter")  # fmt: skip
    assert one.hash == two.hash


CHANGED = {
    "outcome": "nrr",
    "horizon": 6,
    "reference": "Growth",
    "randomised": True,
    "adjust": ("segment",),
    "cluster": "csm",
    "landmark": 4,
    "clock": "signup",
    "window": 2,
    "measured_at": {"plan": "signup"},
    "direction": "less",
    "margin": 0.07,
    "seed": 9,
    "secondary": ("nrr",),
    "sensitivity": ({"horizon": 6},),
}


@pytest.mark.parametrize("name", CHANGED)
def test_every_argument_enters_the_hash(ledger, name):
    plain = rk.Study(ledger).add("demo", "plan", outcome="retention")
    assert plain.hash != rk.Study(ledger).add("demo", "plan", **{"outcome": "retention", name: CHANGED[name]}).hash


def test_that_list_is_whole():
    assert set(CHANGED) == {*ARGUMENTS, "secondary", "sensitivity"} - {"level"}


def test_title_alpha_order_and_names_enter_the_hash(ledger):
    def made(first="a", second="b", **options):
        return rk.Study(ledger, **options).add(first, "plan").add(second, "personalised_demo").hash

    swapped = rk.Study(ledger).add("b", "personalised_demo").add("a", "plan").hash
    assert len({made(), made("c"), made(title="x"), made(alpha=0.1), made(seed=1), swapped}) == 6


def test_a_lock_is_kept_in_a_file_and_counts_looks(study, later, tmp_path):
    path = tmp_path / "demo.lock.json"
    first = study.lock(path)
    assert first == study.lock(path)  # the same data are no second look
    assert (first.hash, first.as_of, first.looks) == (study.hash, dt.date(2025, 12, 31), (dt.date(2025, 12, 31),))
    second = replace(study, ledger=later).lock(path)
    assert second.looks == (dt.date(2025, 12, 31), dt.date(2026, 1, 31))
    assert [each.name for each in tmp_path.iterdir()] == ["demo.lock.json"]
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert (kept["hash"], kept["looks"]) == (study.hash, ["2025-12-31", "2026-01-31"])
    assert kept["protocol"] == study.protocol()


def test_a_lock_without_a_path_writes_nothing(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert study.lock().hash == study.hash
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OptionError, match="Give a path"):
        study.lock(write=True)


def test_a_lock_is_written_beside_the_study_when_asked(ledger, tmp_path):
    path = tmp_path / "study.yml"
    path.write_text((FIXTURES / "demo.yml").read_text(encoding="utf-8"), encoding="utf-8")
    study = rk.Study.from_yaml(path, ledger)
    study.lock()
    assert not (tmp_path / "study.lock.json").exists()
    study.lock(write=True)
    assert (tmp_path / "study.lock.json").exists()


def test_a_changed_protocol_is_refused_and_the_change_said(study, tmp_path):
    path = tmp_path / "lock.json"
    lock = study.lock(path)
    other = replace(study, hypotheses=()).add("demo", "personalised_demo", randomised=True, margin=0.1)
    for act in (lambda: other.run(lock), lambda: other.run(path), lambda: other.lock(path)):
        with pytest.raises(ProtocolChangedError) as refused:
            act()
        english, french = told(refused.value)
        assert "Changed: demo.margin: 0.05 → 0.1. Go back" in english
        assert "demo.margin : 0.05 → 0.1." in french.replace("\u00a0", " ")


def test_a_hypothesis_more_or_less_is_a_change(study):
    lock = study.lock()
    with pytest.raises(ProtocolChangedError, match=r"hypotheses: demo → demo, money.* money\.factor: nothing → "):
        study.add("money", "personalised_demo", outcome="nrr").run(lock)


def test_data_of_an_earlier_look_are_refused_after_a_later_one(study, later, tmp_path):
    path = tmp_path / "lock.json"
    study.lock(path)
    replace(study, ledger=later).lock(path)
    for act in (study.run, study.lock):  # of 31 December, the first of the two looks
        with pytest.raises(ProtocolChangedError, match="before the last look of this study, 31 January 2026"):
            act(path)


def test_defaults_are_written_out_as_numbers_and_names(ledger):
    study = rk.Study(ledger).add("stay", "plan").add("months", "plan", outcome="rmst", horizon=24)
    study = study.add("drawn", "personalised_demo", randomised=True).add("early", outcome="early_churn")
    study = study.add("money", "plan", outcome="spend")
    written = {each["name"]: (each["margin"], each["adjust"]) for each in study.protocol()["hypotheses"]}
    # 5 points; half a month in 12, so 1 in 24; a ratio; a tenth of a starting MRR that only the data know
    assert written == {
        "stay": (0.05, ["standard"]),
        "months": (1.0, ["standard"]),
        "drawn": (0.05, []),
        "early": (1.5, []),
        "money": (None, ["standard"]),
    }


def test_a_default_said_is_the_default_left_out(ledger):
    said = rk.Study(ledger).add("demo", "plan", margin=0.05, adjust="standard")
    assert said.hash == rk.Study(ledger).add("demo", "plan").hash


def test_another_standard_attribute_is_a_change(ledger, tmp_path):
    path = tmp_path / "lock.json"
    poorer = replace(ledger, customers=ledger.customers.drop(columns="country"))
    study = rk.Study(poorer).add("demo", "personalised_demo")
    lock = study.lock(path)
    assert lock.fixed["demo"]["adjust"] == ["segment", "plan", "starting_mrr", "start_month"]
    richer = replace(study, ledger=ledger)
    for act in (lambda: richer.run(lock), lambda: richer.run(path), lambda: richer.lock(path)):
        with pytest.raises(ProtocolChangedError) as refused:
            act()
        english, french = told(refused.value)
        assert '["segment", "plan", "starting_mrr", "start_month"] → ["segment", "plan", "country", "star' in english
        assert "les attributs usuels présents" in french


def test_the_margin_of_spend_is_that_of_the_lock(ledger, tmp_path):
    path = tmp_path / "lock.json"
    study = rk.Study(ledger).add("money", "personalised_demo", outcome="spend", randomised=True)
    lock = study.lock(path)
    now = rk.compare(ledger, "personalised_demo", outcome="spend", randomised=True).margin
    assert lock.fixed["money"]["margin"] == approx(now, abs=0.005)  # kept in cents
    kept = replace(lock, fixed={"money": {"margin": 12.5}})
    result = study.run(kept)
    assert (result["money"].margin, result.power.rows[0].margin) == (12.5, 12.5)
    assert study.run()["money"].margin == approx(now)


def test_what_the_lock_fixed_cannot_be_changed_by_hand(ledger, tmp_path):
    path = tmp_path / "lock.json"
    study = rk.Study(ledger).add("money", "personalised_demo", outcome="spend", randomised=True)
    margin = study.lock(path).fixed["money"]["margin"]
    path.write_text(path.read_text(encoding="utf-8").replace(f": {margin}", ": 1.0"), encoding="utf-8")
    with pytest.raises(FileNotReadableError, match="changed by hand"):
        study.run(path)


IMPOSSIBLE = {
    "reference: Gold": ("Hypothesis “second”: The reference “Gold” is not", 7),
    "outcome: early_churn": ("Hypothesis “second”: early_churn asks", 6),  # its factor is what is wrong
    "landmark: 0": ("Hypothesis “second”: “plan” is not a date, so landmark=0", 7),
    "secondary: [early_churn]": ("Hypothesis “second”: Under secondary: early_churn asks", 7),
    "sensitivity: [{landmark: 4}]": ("Hypothesis “second”: Under sensitivity: “plan” is not a date", 7),
    "measured_at: {nothing: signup}": ("Hypothesis “second”: measured_at names “nothing”", 7),
    "outcome: shoe_size": ("shoe_size", 7),
    "cluster: nobody": ("nobody", 7),
}


@pytest.mark.parametrize("said", IMPOSSIBLE)
def test_an_impossible_question_is_refused_before_the_lock_with_its_name_and_line(ledger, tmp_path, said):
    path = tmp_path / "study.yml"
    head = "data:\n  as_of: 2025-12-31\nhypotheses:\n  first: {factor: segment}\n  second:\n    factor: plan\n"
    path.write_text(f"{head}    {said}\n", encoding="utf-8")
    with pytest.raises(OptionError) as refused:
        rk.Study.from_yaml(path, ledger).lock(tmp_path / "lock.json")
    expected, line = IMPOSSIBLE[said]
    english, french = told(refused.value)
    assert english.startswith(f"study.yml, line {line}: ")
    assert expected in english
    assert french.startswith(f"study.yml, ligne {line}")
    assert not (tmp_path / "lock.json").exists()


def test_without_a_file_the_hypothesis_is_named_all_the_same(ledger):
    study = rk.Study(ledger).add("gold", "plan", reference="Gold")
    for act in (study.power, study.lock, study.run):
        with pytest.raises(OptionError) as refused:
            act()
        english, french = told(refused.value)
        assert english.startswith("Hypothesis “gold”: ")
        assert french.replace("\u202f", " ").startswith("Hypothèse « gold »")


def test_data_older_than_the_last_look_are_refused(study, later):
    lock = replace(study, ledger=later).lock()
    with pytest.raises(ProtocolChangedError) as refused:
        study.run(lock)
    assert "31 December 2025, before the last look of this study, 31 January 2026" in told(refused.value)[0]
    assert "du 31 décembre 2025, avant le dernier regard" in told(refused.value)[1]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"hash": "0", "looks": [], "version": "", "protocol": {}}'])
def test_a_file_that_is_no_lock_is_refused(study, tmp_path, text):
    path = tmp_path / "lock.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileNotReadableError, match="is not a lock"):
        study.run(path)


def test_a_lock_changed_by_hand_is_refused(study, tmp_path):
    path = tmp_path / "lock.json"
    study.lock(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"horizon": 12', '"horizon": 6'), encoding="utf-8")
    with pytest.raises(FileNotReadableError, match="changed by hand"):
        study.run(path)
    with pytest.raises(FileNotReadableError, match="There is no lock"):
        study.run(tmp_path / "nothing.json")


# ---- running ----


def three(ledger):
    """Three hypotheses on three factors."""
    study = rk.Study(ledger, title="Three").add("one", "plan")
    return study.add("two", "personalised_demo").add("three", "country")


def test_verdicts_follow_holms_correction_by_hand(ledger, canned):
    canned(lambda factor, given: answer({"plan": 0.01, "personalised_demo": 0.03, "country": 0.04}[factor]))
    result = three(ledger).run()
    # 3·0.01, then max(0.03, 2·0.03), then max(0.06, 1·0.04)
    assert [found.p_adjusted for found in result.findings.values()] == approx([0.03, 0.06, 0.06])
    assert [found.verdict.kind for found in result.findings.values()] == ["supports", "inconclusive", "inconclusive"]
    assert {found.comparisons for found in result.findings.values()} == {3}
    assert result.sentence("en") == "Of 3 hypotheses: the data support 1, 2 are inconclusive."
    expected = "Sur 3 hypothèses : 1 est soutenue par les données, 2 restent non concluantes."
    assert result.sentence("fr").replace("\u00a0", " ") == expected


def test_what_cannot_be_tested_does_not_count_but_is_said(ledger, canned):
    untestable = answer(NAN, kind="not_testable")
    canned(lambda factor, given: untestable if factor == "country" else answer(0.02))
    result = three(ledger).run()
    assert result["one"].p_adjusted == approx(0.04)  # two comparisons, not three
    assert result["three"].verdict.kind == "not_testable"
    assert result.comparisons == 2
    assert "1 comparison was not tested and does not count in the correction." in result.read_aloud("en")


def test_each_group_of_a_factor_counts(ledger, canned):
    several = Findings((answer(0.02, label="a"), answer(0.01, label="b")), 0.01, Message("text", {"text": "x"}))
    canned(lambda factor, given: several if factor == "plan" else answer(0.5))
    result = three(ledger).run()
    # four comparisons: 4·0.01 = 0.04, 3·0.02 = 0.06, then 0.5 twice, capped at 1
    assert [found.p_adjusted for found in result["one"]] == approx([0.06, 0.04])
    assert result["two"].p_adjusted == approx(1)
    assert result.comparisons == 4
    assert result.sentence("en").startswith("Of 4 comparisons, which belong to 3 hypotheses: the data support 1")


def test_secondary_outcomes_get_q_values_and_no_verdict(ledger, canned):
    asked = canned(lambda factor, given: answer({"nrr": 0.01, "rmst": 0.04}.get(given.get("outcome"), 0.001)))
    study = rk.Study(ledger).add("demo", "personalised_demo", margin=0.2, secondary=("nrr", "rmst"))
    result = study.run()
    # Benjamini and Hochberg over two: min(2·0.01, 2/2·0.04) and 0.04
    assert [each.q_value for each in result.secondaries["demo"]] == approx([0.02, 0.04])
    assert "margin" in asked[0][1]
    assert all("margin" not in given for _, given in asked[1:])  # a margin belongs to its outcome
    frame = result.to_frame()
    assert frame["role"].tolist() == ["primary", "secondary", "secondary"]
    assert frame["verdict"].tolist()[1:] == ["", ""]
    for each in result.secondaries["demo"]:
        assert "deciding nothing" in each.sentence("en")
        assert "The data support" not in each.sentence("en")


def test_what_stands_beside_and_is_not_testable_shows_its_reason_and_no_number(ledger, canned):
    def answers(factor, given):
        refused = given.get("outcome") == "nrr" or given.get("landmark") == 6
        return answer(NAN, kind="not_testable") if refused else answer(0.01)

    canned(answers)
    varied = ({"landmark": 6}, {"adjust": ()})
    study = rk.Study(dated(ledger)).add("demo", "trained", secondary=("nrr", "rmst"), sensitivity=varied)
    result = study.run()
    why = {lang: Message("reason.inconclusive.both").text(lang) for lang in ("en", "fr")}
    for lang, said in (("en", "not testable"), ("fr", "pas testable")):
        for each in (result.secondaries["demo"][0], result.sensitivity["demo"][0]):
            text = each.sentence(lang)
            assert said in text
            assert why[lang] in text
            assert "+10" not in text
    shown = rk.table_beside(result, "demo", lang="en").frame["Difference"].tolist()
    assert shown[0] == shown[2] == f"Not testable: {why['en']}"
    assert shown[1] == shown[3] == "+10.0 points (95% interval +5.0 to +15.0)"
    assert [line.label.key for line in result["demo"].lines[1:]] == ["study.varied"]  # the other run alone is drawn
    frame = result.to_frame()
    assert frame["verdict"].tolist() == ["supports", "not_testable", "", "not_testable", ""]
    assert frame["reason"].astype(bool).tolist() == [False, True, False, True, False]


def dated(ledger):
    """The same customers, half of them trained in their first months: a factor that is a date."""
    trained = ledger.customers["signup"] + pd.to_timedelta(
        [20 + place % 2 * 300 for place in range(len(ledger.ids))], "D"
    )
    return replace(ledger, customers=ledger.customers.assign(trained=trained))


def test_a_run_at_another_horizon_is_told_and_not_drawn(ledger, canned):
    canned(lambda factor, given: replace(answer(0.01), horizon=given.get("horizon", 12)))
    result = rk.Study(ledger).add("demo", "plan", sensitivity=({"horizon": 24}, {"adjust": ()})).run()
    assert [line.label.text("en") for line in result["demo"].lines[1:]] == ["no adjustment"]
    assert [each.finding.horizon for each in result.sensitivity["demo"]] == [24, 12]


def test_no_interval_stands_beside_a_verdict_that_is_not_testable(ledger, canned):
    canned(lambda factor, given: answer(NAN, kind="not_testable") if factor == "plan" else answer(0.01))
    frame = rk.table_verdicts(three(ledger).run(), lang="en").frame
    assert frame["Difference"].tolist() == ["–", *["+10.0 points (95% interval +5.0 to +15.0)"] * 2]


def test_the_correction_is_said_once_for_several_groups(ledger, canned):
    several = Findings((answer(0.02, label="a"), answer(0.01, label="b")), 0.01, Message("text", {"text": "x"}))
    canned(lambda factor, given: several)
    text = rk.Study(ledger).add("one", "plan").run().sentence("en", "one")
    assert text.count("Holm") == 1
    # Holm over two: 2·0.01 for b, then max(0.02, 0.02) for a
    assert text.endswith("at least this large is: p = 0.020 for a, p = 0.020 for b.")
    assert text.count("Hypothesis “one”") == 1


def test_power_is_told_before_the_answers(ledger, canned):
    canned(lambda factor, given: answer(0.01))
    result = rk.Study(ledger).add("demo", "plan").run()
    for told_ in (result.read_aloud("en"), result._repr_html_()):
        assert told_.index("4 times out of 5") < told_.index("Hypothesis “demo”")


def test_a_sensitivity_run_cannot_change_a_verdict(ledger, canned):
    def by_horizon(factor, given):
        return answer(0.9, estimate=-0.3, kind="contradicts") if given.get("horizon") == 6 else answer(0.01)

    asked = canned(by_horizon)
    plain = rk.Study(ledger).add("demo", "personalised_demo")
    varied = rk.Study(ledger).add("demo", "personalised_demo", sensitivity=({"horizon": 6}, {"adjust": ()}))
    alone, result = plain.run()["demo"], varied.run()
    found = result["demo"]
    assert (found.verdict, found.p_adjusted, found.estimate) == (alone.verdict, alone.p_adjusted, alone.estimate)
    assert result.comparisons == 1
    assert [line.role for line in found.lines] == ["decides", "sensitivity", "sensitivity"]
    assert [line.estimate for line in found.lines[1:]] == [-0.3, 0.1]
    assert [given for _, given in asked[2:]] == [{"horizon": 6}, {"adjust": ()}]
    assert "with a horizon of 6 months" in result.sensitivity["demo"][0].sentence("en")
    assert "with no adjustment" in result.sensitivity["demo"][1].sentence("en")
    assert result.to_frame()["verdict"].tolist() == ["supports", "", ""]


def test_a_study_that_was_not_locked_says_so(study, canned):
    canned(lambda factor, given: answer(0.01))
    free, held = study.run(), study.run(study.lock())
    assert "was not locked" in free.read_aloud("en")
    assert "n’a pas été verrouillée" in free.read_aloud("fr")
    assert "was not locked" not in held.read_aloud("en")
    assert free.lock is None
    assert free.hash == held.hash == held.lock.hash


def test_looks_are_numbered_by_their_data(study, later, canned):
    canned(lambda factor, given: answer(0.01))
    lock, second = study.lock(), replace(study, ledger=later)
    result = second.run(lock)
    assert (study.run(lock).look, result.look) == (1, 2)
    assert "10 looks at 5% raise it to about 19%" in result.read_aloud("en")
    assert "environ 19" in result.read_aloud("fr")
    assert "19%" not in study.run(lock).read_aloud("en")
    assert "not written in the lock yet" in result.read_aloud("en")


def test_a_written_second_look_is_no_more_missing(study, later, canned, tmp_path):
    canned(lambda factor, given: answer(0.01))
    second = replace(study, ledger=later)
    study.lock(tmp_path / "lock.json")
    result = second.run(second.lock(tmp_path / "lock.json"))
    assert result.look == 2
    assert "not written" not in result.read_aloud("en")


def test_another_version_of_the_kit_is_said_not_refused(study, canned):
    canned(lambda factor, given: answer(0.01))
    assert "with retention_kit 9.9.0" in study.run(replace(study.lock(), version="9.9.0")).read_aloud("en")
    assert "CHANGELOG" not in study.run(study.lock()).read_aloud("en")


def test_a_study_can_be_read_aloud_in_both_languages(ledger, canned):
    canned(lambda factor, given: answer(0.01))
    study = three(ledger).add("money", "segment", outcome="nrr", secondary=("grr",), sensitivity=({"horizon": 6},))
    result = study.run(study.lock())
    for lang in ("en", "fr"):
        text = result.read_aloud(lang)
        assert not FORBIDDEN.search(text)
        assert not re.search(r"[{}<>]|Message\(|nan", text)
        assert all(name in text for name in result.findings)
        assert all(line.endswith((".", "three", "Three")) for line in text.split("\n\n"))


def test_a_result_shows_itself_and_hostile_names_as_text(ledger, canned):
    canned(lambda factor, given: answer(0.01))
    result = rk.Study(ledger, title="<b>x</b>").add("<i>{0}</i>", "plan").run()
    with use_language("fr"):
        shown = result._repr_html_()
    assert 'lang="fr"' in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "<i>" not in shown
    assert "{0}" in shown


def test_the_table_has_plain_numbers(ledger, canned):
    canned(lambda factor, given: answer(0.01))
    frame = three(ledger).run().to_frame()
    columns = "hypothesis role outcome about group estimate low high p_value p_adjusted n events n_eff method"
    assert frame.columns.tolist() == [*columns.split(), "verdict", "reason"]
    assert frame["n"].tolist() == [110] * 3


def test_provenance_names_hash_look_and_corrections(ledger, canned):
    canned(lambda factor, given: answer(0.01))
    study = rk.Study(ledger).add("demo", "plan", secondary=("nrr",))
    texts = " ".join(message.text("en") for message in study.run(study.lock()).provenance())
    assert study.hash in texts
    assert "Look number 1, at the data of 31 December 2025." in texts
    assert "1 primary comparison tested; Holm" in texts
    assert "The 1 secondary outcome decides nothing: a q-value (Benjamini and Hochberg)" in texts


def test_a_real_study_runs_from_power_to_verdict():
    study = rk.Study.from_yaml(FIXTURES / "files.yml")
    result = study.run(study.lock())
    # 10 of 12 stay with the demo, 6 of 12 without: one comparison, so Holm changes nothing
    found = result["demo"]
    assert found.estimate == approx(4 / 12)
    assert found.p_adjusted == approx(found.p_value)
    assert found.verdict.kind == rk.compare(study.ledger, "demo", randomised=True).verdict.kind


def test_holm_of_a_real_study_is_holm_of_its_p_values(ledger):
    study = rk.Study(ledger).add("demo", "personalised_demo", randomised=True)
    result = study.add("early", outcome="early_churn").run()
    found = [result["demo"], result["early"]]
    assert not any(math.isnan(each.p_value) for each in found)
    assert [each.p_adjusted for each in found] == approx(holm([each.p_value for each in found]).tolist())
    assert {each.comparisons for each in found} == {2}


# ---- files ----


def test_a_study_file_says_what_python_says(ledger):
    study = rk.Study.from_yaml(FIXTURES / "demo.yml", ledger)
    by_hand = rk.Study(ledger, title="Does the personalised demo keep customers?", seed=3)
    by_hand = by_hand.add(
        "demo",
        "personalised_demo",
        randomised=True,
        secondary=("nrr",),
        sensitivity=({"horizon": 6}, {"adjust": ("segment",)}),
    )
    by_hand = by_hand.add("segment", "plan", reference="Starter", outcome="nrr", margin=0.1, direction="less")
    assert study.protocol() == by_hand.protocol()
    assert study.hash == by_hand.hash


def test_a_protocol_survives_being_written_and_read(ledger, tmp_path):
    study = rk.Study.from_yaml(FIXTURES / "demo.yml", ledger)
    study = replace(study, title="Été : « oui »", alpha=0.05).add(
        "early", outcome="early_churn", window=2, cluster="csm"
    )
    path = tmp_path / "again.yml"
    path.write_text(study.to_yaml(), encoding="utf-8")
    again = rk.Study.from_yaml(path, ledger)
    assert again.protocol() == study.protocol()
    assert again.to_yaml() == study.to_yaml()
    assert "window: 2" in study.to_yaml()
    assert "measured_at" not in study.to_yaml()


def test_paths_of_a_study_file_are_relative_to_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    study = rk.Study.from_yaml(FIXTURES / "files.yml")
    assert (len(study.ledger.ids), study.ledger.as_of) == (24, dt.date(2025, 12, 31))


def test_without_files_a_study_is_about_the_bundled_business():
    study = rk.Study.from_yaml(FIXTURES / "demo.yml")
    assert study.ledger.reconciliation.source == "make_business(seed=7)"


WRONG = {
    "duplicate_key": ("line 7: “horizon” stands twice", "ligne 7 : « horizon » figure deux fois"),
    "unknown_argument": ("line 6: “horizont” means nothing here; did you mean “horizon”?", "ligne 6 : « horizont »"),
    "several_outcomes": ("line 6: A hypothesis has one primary outcome", "ligne 6 : Une hypothèse a un seul critère"),
    "bad_margin": ("line 6: margin cannot be “5 %”", "ligne 6 : margin ne peut pas valoir « 5 % »"),
    "bad_direction": ("line 7: direction cannot be “up”. Choose one of: more, less", "ligne 7 : direction ne peut pas"),
    "no_as_of": ("line 2: as_of is missing", "ligne 2 : as_of manque"),
    "unknown_data": ("line 3: “currrency” means nothing here; did you mean “currency”?", "ligne 3 : « currrency »"),
    "no_hypotheses": ("line 4: hypotheses is missing or empty", "ligne 4 : hypotheses manque ou est vide"),
    "bad_sensitivity": ("line 6: A sensitivity run cannot change “outcome”", "ligne 6 : Une analyse de sensibilité"),
    "bad_alpha": ("line 3: alpha cannot be “5”", "ligne 3 : alpha ne peut pas valoir « 5 »"),
    "bad_factor": ('line 6: factor="personalized_demo" is not', 'ligne 6 : factor="personalized_demo" n’est pas'),
    "no_study": ("line 1: This is no study file", "ligne 1 : Ce n’est pas un fichier d’étude"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_study_file_is_refused_with_its_line(ledger, name):
    given = None if name in ("no_as_of", "unknown_data") else ledger
    with pytest.raises(OptionError) as refused:
        rk.Study.from_yaml(FIXTURES / f"{name}.yml", given)
    for text, expected in zip(told(refused.value), WRONG[name], strict=True):
        assert text.startswith(f"{name}.yml")
        assert expected in text


def test_a_month_13_is_refused_on_its_line_with_how_dates_are_written(ledger, tmp_path):
    path = tmp_path / "study.yml"
    path.write_text("title: x\ndata:\n  as_of: 2025-13-31\nhypotheses:\n  demo: {factor: plan}\n", encoding="utf-8")
    with pytest.raises(OptionError) as refused:
        rk.Study.from_yaml(path, ledger)
    english, french = told(refused.value)
    assert english.startswith("study.yml, line 3: “2025-13-31” is no date. Write it as year-month-day")
    assert "n’est pas une date" in french


def test_a_study_shows_what_it_asks_in_a_few_lines(ledger):
    study = rk.Study(ledger, title="Demos").add("demo", "personalised_demo").add("early", outcome="early_churn")
    shown = str(study).splitlines()
    assert repr(study) == str(study)
    assert shown[0] == "Demos: a study with 2 hypotheses on 200 customers, data as of 31 December 2025, alpha 5%."
    assert shown[1] == "- “demo”: retention at 12 months, by “personalised_demo”"
    assert shown[2].startswith("- “early”: early churn (months 1 to 3")
    assert study.hash in shown[3]
    with use_language("fr"):
        assert "une étude de 2 hypothèses" in str(study)
    assert str(rk.Study(ledger)).startswith("A study with 0 hypotheses")


def test_what_is_no_yaml_or_not_there_is_refused(ledger, tmp_path):
    with pytest.raises(FileNotReadableError, match=r"no_yaml\.yml cannot be read as YAML: line 3"):
        rk.Study.from_yaml(FIXTURES / "no_yaml.yml", ledger)
    with pytest.raises(FileNotReadableError):
        rk.Study.from_yaml(tmp_path / "nothing.yml", ledger)
    empty = tmp_path / "empty.yml"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(OptionError, match="no study file"):
        rk.Study.from_yaml(empty, ledger)


def test_a_file_that_the_study_names_and_is_not_there_is_said_with_its_line(tmp_path):
    path = tmp_path / "study.yml"
    path.write_text((FIXTURES / "files.yml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(FileNotReadableError, match=r"^study\.yml, line 2: .*subscriptions\.csv"):
        rk.Study.from_yaml(path)


def test_no_python_can_be_smuggled_in(ledger, tmp_path):
    path = tmp_path / "evil.yml"
    path.write_text("title: !!python/object/apply:os.system ['exit 1']\n", encoding="utf-8")
    with pytest.raises(FileNotReadableError, match="cannot be read as YAML: line 1"):
        rk.Study.from_yaml(path, ledger)


@pytest.mark.slow
def test_the_study_of_the_documentation_is_legal_and_testable(tmp_path):
    text = (Path(__file__).parents[1] / "docs" / "studies.md").read_text(encoding="utf-8")
    path = tmp_path / "study.yml"
    path.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    bundled = rk.open_ledger(as_of="2025-12-31")
    later = pd.to_timedelta([40 + place % 2 * 160 for place in range(len(bundled.ids))], "D")
    customers = bundled.customers.assign(feature_activated_at=bundled.customers["signup"] + later)
    study = rk.Study.from_yaml(path, replace(bundled, customers=customers))
    assert [each.name for each in study.hypotheses] == ["demo", "feature"]
    assert [row.refused for row in study.power()] == [None, None]
    result = study.run(study.lock())
    assert "not_testable" not in result.to_frame()["verdict"].tolist()
