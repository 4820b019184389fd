"""plan.yml: what it expands to, what it refuses and where, and the names it gives to files."""

import json
import re
from collections import Counter
from types import SimpleNamespace

import hypothesis.strategies as st
import nbformat
import pandas as pd
import pytest
from hypothesis import example, given
from nbformat.v4 import new_code_cell, new_notebook

from retention_kit.errors import FileNotReadableError, OptionError
from retention_kit.reports import library
from retention_kit.reports.batch import read_plan
from retention_kit.reports.batch.naming import LONGEST, slug, stems

DECLARED = {
    "asked": 'subscriptions: str = ""\nas_of: str = ""\nfactor: str = ""\nseed: int = 0\nwhere: dict = {}\n'
    'mask: bool = False\nlang: str = "en"',
    "portfolio": 'as_of: str = ""\ncsm: str = ""\nlang: str = "en"',
    "study": 'study: str = ""\nlang: str = "en"',
    "mute": "seed: int = 0",
}


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """Four reports in a library of its own."""
    for name, declared in DECLARED.items():
        cell = new_code_cell(declared, metadata={"tags": ["parameters"]})
        nbformat.write(new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    monkeypatch.setattr(library, "reports_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def plan(tmp_path):
    def read(text):
        (tmp_path / "plan.yml").write_text(text, encoding="utf-8")
        return read_plan(tmp_path / "plan.yml").jobs

    return read


DATA = "data: {as_of: 2025-12-31}\n"


def test_a_report_is_asked_for_every_combination_in_every_language(plan):
    jobs = plan(
        DATA + "languages: [en, fr]\nreports:\n"
        "  - {report: asked, for_each: {segment: [SMB, Île], month: [2025-11, 2025-02]}}\n"
        "  - {report: portfolio, for_each: {csm: Ada}, languages: fr, formats: [html, pdf]}\n"
    )
    assert len(jobs) == 2 * 2 * 2 + 1
    assert jobs[3].key == "asked/asked_smb_2025-02_fr"
    assert jobs[3].parameters == {"as_of": "2025-02-28", "lang": "fr", "where": {"segment": "SMB"}}
    assert jobs[3].group == (("segment", "SMB"), ("month", "2025-02"))
    # a name that the report declares is that parameter, not a filter of customers
    assert jobs[8].parameters == {"as_of": "2025-12-31", "csm": "Ada", "lang": "fr"}
    assert (jobs[8].lang, jobs[8].formats, jobs[0].formats) == ("fr", ("html", "pdf"), ("html",))


def test_all_stands_for_the_values_of_the_customers_as_the_ledger_reads_them(plan):
    from retention_kit.ledger import open_ledger

    known = open_ledger(as_of="2025-12-31").customers
    jobs = plan(
        DATA + "for_each: {segment: all}\nreports:\n  - report: asked\n  - {report: portfolio, for_each: {csm: all}}\n"
    )
    assert [job.parameters["where"] for job in jobs[:3]] == [{"segment": name} for name in sorted(set(known.segment))]
    assert [job.parameters["csm"] for job in jobs[3:]] == sorted(known.csm.dropna().unique())


def test_all_is_what_is_known_on_the_last_day_each_value_once_and_in_order(plan, monkeypatch):
    def opened(**how):
        assert how == {"as_of": "2025-12-31"}
        return SimpleNamespace(customers=pd.DataFrame({"segment": ["b", None, "a", "b"]}))

    monkeypatch.setattr("retention_kit.reports.batch.data.open_ledger", opened)
    text = "data: {as_of: [2024-12-31, 2025-12-31, 2025-06-30]}\nreports: [{report: asked, for_each: %s}]"
    jobs = plan(text % "{segment: all, month: 2025-12}")
    assert [job.parameters["where"] for job in jobs] == [{"segment": "a"}, {"segment": "b"}]


def test_what_is_said_twice_is_asked_once(plan):
    twice = "data: {as_of: [2025-12-31, 2025-12-31]}\nlanguages: [en, en]\nformats: [pdf, pdf]\n"
    twice += "reports: [{report: asked%s}]"
    (job,) = plan(twice % ", for_each: {segment: [SMB, SMB]}")
    assert job.formats == ("pdf",)
    (job,) = plan(twice % ", for_each: {month: [2025-06, 2025-06]}")


def test_a_report_without_a_language_is_made_once(plan):
    (job,) = plan("data: {as_of: 2025-12-31}\nlanguages: [en, fr]\nreports: [{report: mute}]")
    assert job.key == "mute/mute"
    assert "lang" not in job.parameters


def test_several_days_of_the_data_make_a_report_each_unless_months_are_asked_for(plan):
    text = "data: {as_of: [2025-12-31, 2024-12-31]}\nreports: [{report: asked%s}]"
    assert [job.parameters["as_of"] for job in plan(text % "")] == ["2025-12-31", "2024-12-31"]
    (job,) = plan(text % ", for_each: {month: 2025-06}")
    assert job.parameters["as_of"] == "2025-06-30"


def test_shared_parameters_reach_the_reports_that_declare_them_and_own_ones_win(plan):
    jobs = plan(
        DATA + "parameters: {mask: true, where: {plan: pro}, seed: 1}\nreports:\n"
        "  - {report: asked, parameters: {seed: 2}, for_each: {segment: SMB}}\n  - report: portfolio\n"
    )
    assert jobs[0].parameters["where"] == {"plan": "pro", "segment": "SMB"}
    assert (jobs[0].parameters["mask"], jobs[0].parameters["seed"]) == (True, 2)
    assert jobs[1].parameters == {"as_of": "2025-12-31", "lang": "en"}


def test_paths_are_relative_to_the_plan_wherever_it_is_run(plan, tmp_path, monkeypatch):
    (tmp_path / "s.csv").touch()
    (tmp_path / "study.yml").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    jobs = plan(
        "data: {subscriptions: s.csv, as_of: 2025-12-31}\nreports: [{report: asked.ipynb}, "
        "{report: study, parameters: {study: study.yml}}]"
    )
    assert jobs[0].parameters["subscriptions"] == str(tmp_path / "s.csv")
    assert jobs[0].source == tmp_path / "asked.ipynb"
    assert jobs[1].parameters["study"] == str(tmp_path / "study.yml")


def test_one_question_in_two_languages_masked_or_not_is_one(plan):
    jobs = plan(
        DATA + "languages: [en, fr]\nreports: [{report: asked}, {report: asked, name: b, parameters: {mask: true}}, "
        "{report: asked, name: c, parameters: {seed: 1}}]"
    )
    assert list(Counter(job.question for job in jobs).values()) == [4, 2]
    jobs = plan(
        DATA + "reports: [{report: asked, name: b, parameters: {seed: 1, factor: x}}, "
        "{report: asked, name: c, parameters: {factor: x, seed: 1}}]"
    )
    assert len({job.question for job in jobs}) == 1


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("reports: [{report: asked}]", 1, "data"),
        (DATA + "reports: []", 2, "reports is missing"),
        (DATA + "report: []", 2, "reports"),
        (DATA + "reports:\n  - {name: x}", 3, "which report"),
        (DATA + "reports:\n  - {report: askd}", 3, "asked"),
        (DATA + "reports:\n  - {report: asked, formt: pdf}", 3, "formats"),
        (DATA + "reports:\n  - {report: asked, formats: docx}", 3, "html, pdf, xlsx, ipynb"),
        (DATA + "reports:\n  - {report: asked, languages: [de]}", 3, "en, fr"),
        (DATA + "reports:\n  - {report: asked, languages: []}", 3, "en, fr"),
        (DATA + "reports:\n  - report: asked\n    parameters: {facter: x}", 4, "factor"),
        (DATA + "reports:\n  - report: asked\n    parameters:\n      seed: many", 5, "seed"),
        (DATA + "reports:\n  - report: asked\n    parameters: {lang: fr}", 4, "languages"),
        (DATA + "reports:\n  - report: asked\n    parameters: {as_of: 2024-12-31}", 4, "data"),
        (DATA + "parameters: {colour: red}\nreports: [{report: asked}]", 2, "colour"),
        (DATA + "parameters: [red]\nreports: [{report: asked}]", 2, "parameters"),
        (DATA + "reports:\n  - report: asked\n    for_each:\n      segmnt: all", 5, "segment"),
        (DATA + "reports:\n  - report: asked\n    for_each: {segment: []}", 4, "segment"),
        (DATA + "reports:\n  - report: asked\n    for_each: {segment: [[a]]}", 4, "segment"),
        (DATA + "reports:\n  - report: asked\n    for_each: {month: 2025-13}", 4, "2025-13"),
        (DATA + "reports:\n  - report: asked\n    for_each: {as_of: yesterday}", 4, "yesterday"),
        (DATA + "reports:\n  - report: asked\n    for_each: 3", 4, "for_each"),
        (DATA + "reports:\n  - {report: asked}\n  - {report: asked}", 4, "another name"),
        (DATA + "reports:\n  - {report: asked, name: b}\n  - {report: asked, name: ' b '}", 4, "another name"),
        (DATA + "reports:\n  - {report: asked, name: 3}", 3, "name"),
        (DATA + "reports: [{report: asked}]\nreports: []", 3, "reports"),
        (DATA + "title: [a]\nreports: [{report: asked}]", 2, "title"),
        ("data: {as_off: 2025-12-31}\nreports: [{report: asked}]", 1, "as_of"),
        ("data: {as_of: []}\nreports: [{report: asked}]", 1, "as_of"),
        ("data: {as_of: 2025-13-31}\nreports: [{report: asked}]", 1, "2025-13-31"),
        ("data: {subscriptions: ''}\nreports: [{report: asked}]", 1, "as_of is missing"),
        (DATA + "reports:\n  - report: study", 3, "study file"),
    ],
)
def test_what_is_not_legal_is_refused_with_its_line(plan, text, line, told):
    with pytest.raises(OptionError) as refused:
        plan(text)
    assert str(refused.value).startswith(f"plan.yml, line {line}: ")
    assert told in str(refused.value)


@pytest.mark.parametrize("text", ["a: [", "\tx"])
def test_what_is_no_yaml_is_refused(plan, text):
    with pytest.raises(FileNotReadableError, match=r"plan\.yml"):
        plan(text)


def test_what_holds_no_names_is_no_plan(plan):
    with pytest.raises(OptionError, match="This is no plan"):
        plan("- a")


def test_a_file_that_is_not_there_is_refused_with_its_line(plan):
    with pytest.raises(FileNotReadableError, match=r"line 2: .*nowhere\.csv"):
        plan("data:\n  subscriptions: nowhere.csv\n  as_of: 2025-12-31\nreports: [{report: asked}]")


HOSTILE = [
    "../x",
    "CON",
    "con",
    "x" * 300,
    "😀",
    "😁",
    "a/b",
    "A\\B",
    "nul.txt",
    "",
    " ",
    "..",
    "aux",
    "É",
    "é",
    "\ud800",
]


@given(st.lists(st.lists(st.text() | st.sampled_from(HOSTILE), min_size=1, max_size=3).map(tuple), unique=True))
@example([(name,) for name in HOSTILE])
@example([("a-b", "c"), ("a", "b-c"), ("a-b_c",), ("a b", "c")])
def test_names_of_files_are_different_and_safe_on_every_system(parts):
    names = stems(parts)
    assert len(set(names)) == len(parts)
    for name in names:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name)
        assert len(name) <= LONGEST
        assert name not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_a_safe_name_reads_as_what_it_names_and_does_not_hang_on_the_others():
    assert stems([("demo", "Mid market", "fr"), ("demo", "Côté 7", "fr")]) == ["demo_mid-market_fr", "demo_cote-7_fr"]
    hashed, other, alone = stems([("x", "SMB"), ("x", "smb"), ("x", "big")])
    assert hashed.startswith("x_smb-")
    assert other.startswith("x_smb-")
    assert alone == "x_big"
    assert slug("../Ünïx!") == "unix"


def test_the_example_of_the_package_is_a_plan(monkeypatch):
    monkeypatch.undo()
    jobs = read_plan(library.reports_folder() / "plan_example.yml").jobs
    assert {job.lang for job in jobs} == {"en", "fr"}
    assert json.dumps([dict(job.parameters) for job in jobs])
