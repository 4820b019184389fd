"""A batch: what is run, what is kept, what a failure leaves, how many questions are corrected, and the list of all."""

import json
import subprocess
import sys
from dataclasses import replace

import batches
import nbformat
import pytest
from bs4 import BeautifulSoup
from statsmodels.stats.multitest import multipletests

from retention_kit.cli import main
from retention_kit.errors import OptionError
from retention_kit.reports import library
from retention_kit.reports.batch import origins, read_plan, run_batch
from retention_kit.reports.batch.correcting import corrected, notice
from retention_kit.reports.batch.locking import locked
from retention_kit.reports.batch.manifest import Manifest


@pytest.fixture
def batch(tmp_path, monkeypatch):
    """Run a plan of quick reports into `out`: text → result."""
    batches.shelf(tmp_path)
    (tmp_path / "s.csv").write_text("a\n", encoding="utf-8")
    monkeypatch.setattr(library, "reports_folder", lambda: tmp_path)
    monkeypatch.setattr("retention_kit.reports.run.run_report", batches.run_report)
    monkeypatch.setattr("retention_kit.reports.forking.forked", batches.at_once)
    monkeypatch.setattr("os.fsync", lambda file: None)
    monkeypatch.chdir(tmp_path)

    def run(text, **options):
        (tmp_path / "plan.yml").write_text(text, encoding="utf-8")
        return run_batch(read_plan(tmp_path / "plan.yml"), tmp_path / "out", **options)

    return run


TWO = "data: {subscriptions: s.csv, as_of: 2025-12-31}\nreports: [{report: quick, for_each: {segment: [a, b]}}]\n"
KEYS = ("quick/quick_a_en", "quick/quick_b_en")


def asked(**p_values):
    """A plan of one question a p-value, in both languages."""
    reports = "".join(
        f"  - {{report: quick, name: {name}, parameters: {{question: {name}, p: {p}}}}}\n"
        for name, p in p_values.items()
    )
    return f"data: {{as_of: 2025-12-31}}\nlanguages: [en, fr]\nreports:\n{reports}"


# --- what is kept, and what is run again


def test_a_rerun_keeps_what_is_whole_and_writes_the_same_index(batch, tmp_path):
    first = batch(TWO)
    assert (first.ran, first.kept, first.failed, first.former) == (KEYS, (), (), ())
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "quick").iterdir()}
    index = first.index.read_bytes()
    assert len(files) == 4
    again = batch(TWO)
    assert (again.ran, again.kept) == ((), KEYS)
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert first.index.read_bytes() == index


def test_a_process_is_made_ready_only_for_notebooks_that_it_forks(batch, monkeypatch):
    prepared = []
    monkeypatch.setattr("retention_kit.reports.forking.prepare", lambda: prepared.append(1))
    batch(TWO, prepare=True, engine="papermill")
    batch(TWO, prepare=True)
    assert prepared == []
    batch(TWO, prepare=True, fresh=True)
    assert prepared == [1]


def test_the_manifest_says_what_each_report_was_made_of(batch, tmp_path):
    batch(TWO.replace("quick,", "quick, parameters: {seed: 3},"))
    record = batches.records(tmp_path / "out")[KEYS[0]]
    assert record["parameters"]["where"] == {"segment": "a"}
    assert record["inputs"] == {str(tmp_path / "s.csv"): origins.sha256(tmp_path / "s.csv")}
    assert record["notebook"] == origins.sha256(tmp_path / "quick.ipynb")
    assert {"python", "pandas", "retention-kit", "source"} <= set(record["versions"])
    assert (record["seed"], record["seconds"], record["status"], record["error"]) == (3, 0.5, "done", None)
    assert record["files"] == {
        name: origins.sha256(tmp_path / "out" / name) for name in (f"{KEYS[0]}.ipynb", f"{KEYS[0]}.html")
    }


def test_a_change_of_input_notebook_parameter_or_version_runs_again(batch, tmp_path, monkeypatch):
    batch(TWO)
    (tmp_path / "s.csv").write_text("b\n", encoding="utf-8")
    assert batch(TWO).ran == KEYS
    with (tmp_path / "quick.ipynb").open("a", encoding="utf-8") as source:
        source.write("\n")
    assert batch(TWO).ran == KEYS
    assert batch(TWO.replace("quick,", "quick, parameters: {seed: 1},")).ran == KEYS
    assert batch(TWO).ran == KEYS
    monkeypatch.setattr(origins, "versions", lambda: {"python": "4"})
    assert batch(TWO).ran == KEYS
    assert batch(TWO).ran == ()
    assert batch(TWO, fresh=True).ran == KEYS


def test_the_source_of_the_package_and_the_data_of_a_study_are_among_what_counts(tmp_path):
    (tmp_path / "a.py").write_text("1", encoding="utf-8")
    before = origins._source(tmp_path)
    (tmp_path / "a.py").write_text("2", encoding="utf-8")
    assert origins._source(tmp_path) != before
    (tmp_path / "study.yml").write_text("data: {subscriptions: s.csv}", encoding="utf-8")
    named = list(origins._named_by(tmp_path / "study.yml"))
    assert named == [tmp_path / "s.csv", tmp_path / "study.lock.json"]


def test_a_damaged_notebook_runs_again_and_a_damaged_page_is_only_written_again(batch, tmp_path):
    batch(TWO)
    (tmp_path / "out" / f"{KEYS[0]}.ipynb").write_text("{", encoding="utf-8")
    page = tmp_path / "out" / f"{KEYS[1]}.html"
    whole = page.read_text(encoding="utf-8")
    page.write_text(whole[:50], encoding="utf-8")
    assert batch(TWO).ran == KEYS[:1]
    assert page.read_text(encoding="utf-8") == whole


def test_a_new_format_is_written_from_the_notebooks(batch, tmp_path):
    batch(TWO + "formats: ipynb\n")
    assert not list((tmp_path / "out").rglob("*.html.*"))
    assert batch(TWO).ran == ()
    assert len(list((tmp_path / "out" / "quick").glob("*.html"))) == 2


def test_a_torn_last_line_and_a_line_of_another_version_are_no_records(batch, tmp_path):
    batch(TWO)
    manifest = tmp_path / "out" / "manifest.jsonl"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text(f'{lines[0]}\n{{"key": "x"}}\n[]\n{lines[1][:90]}', encoding="utf-8")
    assert set(Manifest(manifest).records) == {KEYS[0]}
    assert batch(TWO).ran == KEYS[1:]
    assert list(batches.records(tmp_path / "out")) == list(KEYS)


def test_reports_of_a_former_plan_stay_and_are_not_listed(batch, tmp_path):
    batch(TWO)
    result = batch(TWO.replace("[a, b]", "[b]"))
    assert (result.ran, result.kept, result.former) == ((), KEYS[1:], KEYS[:1])
    assert (tmp_path / "out" / f"{KEYS[0]}.html").exists()
    assert KEYS[0] not in result.index.read_text(encoding="utf-8")
    assert batch(TWO).ran == ()


def test_what_a_killed_batch_had_begun_to_write_is_removed(batch, tmp_path):
    (tmp_path / "out" / "quick").mkdir(parents=True)
    for name in ("quick/.quick_a_en.77.partial.ipynb", "quick/.x.1.partial.html", ".manifest.jsonl.7.partial"):
        (tmp_path / "out" / name).touch()
    batch(TWO)
    assert list((tmp_path / "out").rglob("*partial*")) == []


# --- failures


BROKEN = TWO.replace("reports: [", "reports: [{report: quick, name: worse, parameters: {breaks: true}}, ")


def test_a_failed_report_stops_nothing_is_listed_with_its_notebook_and_is_tried_again(batch, tmp_path):
    result = batch(BROKEN)
    (failed,) = result.failed
    assert failed.key == "worse/worse_en"
    assert list(failed.files) == ["worse/worse_en.failed.ipynb"]
    page = BeautifulSoup(result.index.read_text(encoding="utf-8"), "html.parser")
    (row,) = (row for row in page.find_all("tr") if row.find(class_="rk-error"))
    assert "<b>no</b>" in row.get_text()
    assert row.a["href"] == "worse/worse_en.failed.ipynb"
    assert len(list((tmp_path / "out" / "quick").glob("*.html"))) == 2
    assert batch(BROKEN).ran == ("worse/worse_en",)


def test_a_failure_is_told_in_the_language_of_its_page_and_counted_above(batch):
    result = batch("languages: fr\n" + BROKEN)
    assert "ne peut pas être produit avec ces données" in result.failed[0].error
    assert "1 rapport a échoué" in result.index.read_text(encoding="utf-8").replace("\u00a0", " ")


def test_a_format_that_cannot_be_written_here_is_refused_before_anything_runs(batch, tmp_path, monkeypatch):
    def refuse():
        raise OptionError("error.xlsx_package")

    for kind, module in (("pdf", "pdf"), ("xlsx", "spreadsheet")):
        monkeypatch.setattr(f"retention_kit.reports.{module}.check_available", refuse)
        with pytest.raises(OptionError):
            batch(f"{TWO}formats: [html, {kind}]\n")
    assert not (tmp_path / "out").exists()


def test_a_page_that_cannot_be_written_is_a_failed_report(batch, tmp_path, monkeypatch):
    def refuse(notebook, page):
        raise ValueError("no ink")

    monkeypatch.setattr("retention_kit.reports.export.to_html", refuse)
    result = batch(asked(one=0.5))
    assert [(record.status, record.error) for record in result.failed] == [("failed", "ValueError: no ink")] * 2
    assert sorted(path.name for path in (tmp_path / "out" / "one").iterdir()) == [
        "one_en.failed.ipynb",
        "one_fr.failed.ipynb",
    ]
    monkeypatch.undo()


def test_exit_codes_and_the_summary(batch, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("retention_kit.reports.forking.prepare", lambda: None)
    for text, code in ((TWO, 0), (BROKEN, 1), (BROKEN + "x: 1\n", 2)):
        (tmp_path / "p.yml").write_text(text, encoding="utf-8")
        assert main(["batch", "p.yml", "--output-dir", "out", "--jobs", "2"]) == code
        out, err = capsys.readouterr()
        said = out if code < 2 else err
        assert ("List of reports: " in out) == (code < 2)
        assert ("worse/worse_en: " in said) == (code == 1)
        assert "Traceback" not in err
    assert "line 3" in err


def test_what_is_told_of_each_report_that_ends(batch):
    told = []
    batch(BROKEN + "languages: fr\n", report=told.append)
    assert [(each.stage, each.done, each.total, each.failed) for each in told] == [
        ("run", 1, 3, 1),
        ("run", 2, 3, 1),
        ("run", 3, 3, 1),
    ]
    assert [each.error is None for each in told] == [False, True, True]
    assert told[0].left > told[-1].left == 0


def test_progress_is_a_line_a_report_on_standard_error_where_there_is_no_terminal(batch, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("retention_kit.reports.forking.prepare", lambda: None)
    (tmp_path / "p.yml").write_text(BROKEN, encoding="utf-8")
    assert main(["batch", "p.yml", "--output-dir", "out", "--lang", "fr"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "3 rapports dans le plan."
    assert lines[-1] == "3 sur 3 rapports exécutés, 1 en échec."
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["batch"], "retention-kit batch PLAN.yml"),
        (["batch", "nowhere.yml"], "nowhere.yml"),
        (["batch", "p.yml", "--jobs", "0"], "--jobs cannot be “0”"),
        (["batch", "p.yml", "--jobs", "two"], "--jobs cannot be “two”"),
        (["batch", "p.yml", "--output-dir", "s.csv"], "s.csv"),
        (["batch", "p.yml", "--engine", "steam"], "engine cannot be “steam”"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_code_2(batch, tmp_path, capsys, words, told):
    (tmp_path / "p.yml").write_text(TWO, encoding="utf-8")
    assert main(words) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "reports" / "batch" / "manifest.jsonl").exists()


def test_list_says_what_would_be_run_and_runs_nothing(batch, tmp_path, capsys):
    batch(TWO.replace("[a, b]", "[a]"))
    (tmp_path / "p.yml").write_text(TWO, encoding="utf-8")
    assert main(["batch", "p.yml", "--output-dir", "out", "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "quick/quick_a_en (html): already run, would be kept",
        "quick/quick_b_en (html)",
    ]


def test_interrupted_it_keeps_what_is_done_and_says_so(batch, tmp_path, capsys, monkeypatch):
    def interrupted(tasks, jobs):
        yield next(batches.at_once(tasks, jobs))
        raise KeyboardInterrupt

    monkeypatch.setattr("retention_kit.reports.forking.prepare", lambda: None)
    monkeypatch.setattr("retention_kit.reports.forking.forked", interrupted)
    (tmp_path / "p.yml").write_text(TWO, encoding="utf-8")
    assert main(["batch", "p.yml", "--output-dir", "out"]) == 130
    assert "are kept" in capsys.readouterr().err
    monkeypatch.setattr("retention_kit.reports.forking.forked", batches.at_once)
    assert batch(TWO).ran == KEYS[1:]


def test_two_batches_in_one_folder_are_refused_and_a_dead_ones_lock_is_none(batch, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".batch.lock").write_text("1234567890", encoding="ascii")  # of a batch long dead
    code = (
        "import sys, pathlib; from retention_kit.reports.batch.locking import locked\n"
        "with locked(pathlib.Path('out')): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True, cwd=tmp_path)
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(OptionError) as refused:
            batch(TWO)
        assert refused.value.fields["process"] == str(holder.pid)
        holder.kill()
    assert batch(TWO).ran == KEYS
    with locked(tmp_path / "out"):
        pass


# --- several questions


def test_p_values_are_corrected_as_statsmodels_does_and_a_question_in_two_languages_counts_once(batch):
    p_values = {"a": 0.012, "b": 0.02, "c": 0.04, "d": 0.5}
    result = batch(asked(**p_values))
    expected = multipletests(list(p_values.values()), method="holm")[1]  # .048, .06, .08, .5
    for name, p_adjusted in zip(p_values, expected, strict=True):
        for lang in ("en", "fr"):
            (one,) = result.answers[f"{name}/{name}_{lang}"]
            assert (one.p_adjusted, one.comparisons) == (pytest.approx(p_adjusted), 4)
            assert one.stands == ("supports" if p_adjusted <= 0.05 else "inconclusive")


def test_the_rule_is_that_of_a_study():
    """Against `judged_again` itself, whatever the verdict, on both sides of the level."""
    from retention_kit.hypotheses import compare, judged_again
    from retention_kit.ledger import open_ledger
    from retention_kit.reports.batch.correcting import _corrected
    from retention_kit.results import Verdict

    found = compare(open_ledger(as_of="2025-12-31"), "personalised_demo", randomised=True)
    for kind in ("supports", "does_not_support", "contradicts", "inconclusive", "not_testable"):
        for p_adjusted in (0.01, 1 - 0.95, 0.051, float("nan")):
            one = replace(found, verdict=Verdict(kind))
            told = batches.answer("?", 0.01, kind)
            assert _corrected(told, p_adjusted, 9).stands == judged_again(one, p_adjusted, 9).verdict.kind


def test_the_pages_say_that_they_are_one_of_several_and_a_new_question_rewrites_them_without_running(batch, tmp_path):
    alone = batch(asked(a=0.03)).index.read_text(encoding="utf-8")
    assert "The questions asked together" not in alone
    assert batches.records(tmp_path / "out")["a/a_en"]["seconds"] == 1.0  # of notebook and page
    page = tmp_path / "out" / "a" / "a_en.html"
    assert "tested together" not in page.read_text(encoding="utf-8")
    result = batch(asked(a=0.03, b=0.5))
    assert (result.ran, result.kept) == (("b/b_en", "b/b_fr"), ("a/a_en", "a/a_fr"))
    said = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find(class_="rk-batch").get_text()
    assert said.startswith("This comparison is one of 2 tested together")
    assert "p = 0.060, which no longer bears the verdict of this page" in said
    french = (tmp_path / "out" / "a" / "a_fr.html").read_text(encoding="utf-8")
    assert "Cette comparaison est l’une des 2" in french
    assert nbformat.read(tmp_path / "out" / "a" / "a_fr.ipynb", 4).metadata.retention_kit.batch.comparisons == 2
    batch(asked(a=0.03))
    assert "tested together" not in page.read_text(encoding="utf-8")


def test_what_could_not_be_tested_does_not_count_and_alone_nothing_is_said(batch, tmp_path):
    from retention_kit.reports.batch.manifest import Record

    jobs = read_plan_of(tmp_path, asked(a=0.03, b=0.03, c=0.03))
    told = {
        jobs[0].key: [batches.answer("a", 0.03), batches.answer("a2", 0.01, "contradicts")],
        jobs[2].key: [batches.answer("b", None, "not_testable")],
    }
    made = {
        key: Record(key, "done", "quick", {}, {}, "", {}, told={"answers": answers}) for key, answers in told.items()
    }
    found = corrected(jobs, made)
    first, second = found[jobs[0].key]
    assert (first.p_adjusted, second.p_adjusted) == (pytest.approx(0.03), pytest.approx(0.02))
    assert notice(found[jobs[2].key], "en") is None
    said = notice(found[jobs[0].key], "en")["notice"]
    assert "The 2 comparisons here are of 2 tested" in said
    assert said.count("with: ") == 2  # of which group
    assert notice((replace(first, comparisons=1),), "en") is None
    assert corrected(jobs, {}) == {}


def read_plan_of(folder, text):
    (folder / "other.yml").write_text(text, encoding="utf-8")
    return read_plan(folder / "other.yml").jobs


# --- the list of all


def test_the_index_is_in_the_languages_of_the_plan(batch):
    french = "languages: fr\ntitle: Bilan\n" + TWO
    page = BeautifulSoup(batch(french).index.read_text(encoding="utf-8"), "html.parser")
    assert (page.html["lang"], page.title.string) == ("fr", "Bilan")
    assert [section["lang"] for section in page.find_all("section")] == ["fr"]
    assert page.h1.string == "Bilan"
    assert [h2.get_text() for h2 in page.find_all("h2")] == ["segment\u00a0: a", "segment\u00a0: b"]
    assert "Données au 31 décembre 2025." in page.get_text()
    both = "title: {en: Review, fr: Bilan}\n" + asked(a=0.01, b=0.5)
    page = BeautifulSoup(batch(both).index.read_text(encoding="utf-8"), "html.parser")
    assert [(part["lang"], part.h1.string) for part in page.find_all("section")] == [("en", "Review"), ("fr", "Bilan")]
    assert "The questions asked together" in page.find(id="en").get_text()
    assert "Les questions posées ensemble" in page.find(id="fr").get_text()


def test_the_index_shows_headline_rule_verdict_and_links_that_lead_somewhere(batch, tmp_path):
    result = batch(asked(a=0.03, b=0.03))
    page = BeautifulSoup(result.index.read_text(encoding="utf-8"), "html.parser").find(id="en")
    row = page.find_all("tr")[1]
    said = " ".join(row.get_text(" ").split())
    assert "NRR 98.7% (95% interval 92% to 105%)" in said
    assert "NRR counts <all>." in said
    assert "Inconclusive. The interval leaves out zero, but no longer after correcting for the 2 hypotheses" in said
    assert [(tmp_path / "out" / link["href"]).is_file() for link in row.find_all("a")] == [True]
    questions = page.find_all("table")[-1].find_all("tr")
    assert [cell.get_text() for cell in questions[1].find_all("td")][1:4] == [
        "p\u00a0=\u00a00.030",
        "p\u00a0=\u00a00.060",
        "The data support the hypothesis",
    ]
    addresses = {link["href"].removeprefix("#") for link in page.find_all("a") if link["href"].startswith("#")}
    assert addresses <= {tag["id"] for tag in page.find_all(id=True)}
    assert all(cell.has_attr("scope") for cell in page.find_all("th"))


def test_what_else_it_was_asked_for_stands_beside_each_report(batch):
    result = batch(TWO.replace("{segment: [a, b]}", "{segment: [a, b], month: 2025-06, plan: x}"))
    page = BeautifulSoup(result.index.read_text(encoding="utf-8"), "html.parser")
    assert [h2.get_text() for h2 in page.find_all("h2")] == ["segment: a", "segment: b"]
    row = page.find_all("tr")[1].get_text(" ").replace("\u00a0", " ")
    assert "June 2025" in row
    assert "plan: x" in row


def test_half_a_character_is_replaced_rather_than_a_list_lost(batch):
    result = batch(TWO.replace("[a, b]", '["\\ud800"]'))
    assert "segment: ?" in result.index.read_text(encoding="utf-8")


def test_hostile_names_are_text_and_their_files_stay_below_the_folder(batch, tmp_path):
    names = ["<script>alert(1)</script>", "../../x", "CON", "=HYPERLINK(1)", "x" * 300, "😀", "\u202eevil", "a'\"&b"]
    result = batch(TWO.replace("[a, b]", json.dumps(names, ensure_ascii=False)))
    assert not result.failed
    text = result.index.read_text(encoding="utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert page.script is None
    assert [h2.get_text() for h2 in page.find_all("h2")] == [f"segment: {name}".replace("\u202e", "") for name in names]
    assert "default-src 'none'" in text
    assert len({path.name.lower() for path in (tmp_path / "out" / "quick").glob("*.html")}) == len(names)
    top = {path.name for path in (tmp_path / "out").iterdir()}
    assert top == {".batch.lock", "index.html", "manifest.jsonl", "quick"}
    assert {path.parent for path in tmp_path.rglob("*.html")} == {tmp_path / "out", tmp_path / "out" / "quick"}


# --- as it is


@pytest.mark.notebook
def test_a_plan_runs_from_the_command_line_in_processes_of_its_own(tmp_path):
    sources = ["word: str = ''\nlang: str = 'en'", "if word == 'die': import os; os._exit(3)", "print(word)"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "own.ipynb")
    (tmp_path / "p.yml").write_text(
        "data: {}\nreports: [{report: own.ipynb, for_each: {word: [hello, die]}}]", encoding="utf-8"
    )
    command = [sys.executable, "-m", "retention_kit.cli", "batch", "p.yml", "--output-dir", "out", "--jobs", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "hello" in (tmp_path / "out" / "own" / "own_hello_en.html").read_text(encoding="utf-8")
    assert batches.records(tmp_path / "out")["own/own_die_en"]["status"] == "failed"
