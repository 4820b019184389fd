"""The notebooks: how they are kept, and that what they show is what the package computes."""

import ast
import html
import re
from pathlib import Path

import nbformat
import pytest

import retention_kit as rk
from retention_kit.pages.telling import contrasts
from retention_kit.reports import declared_parameters, run_report, study_file
from retention_kit.wording import LANGUAGES, render

ROOT = Path(__file__).parent.parent / "notebooks"
REPORTS = sorted((ROOT / "reports").glob("*.ipynb"))
LESSONS = sorted((ROOT / "lessons").rglob("*.ipynb"))
ALL = [*REPORTS, *LESSONS]


def name(path):
    return path.stem


def cells(path, kind="code"):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def tags(cell):
    return cell.metadata.get("tags", [])


@pytest.mark.parametrize("path", ALL, ids=name)
def test_names_and_formats(path):
    assert re.fullmatch(r"(\d\d_)?[a-z][a-z0-9_]*", path.stem)
    nbformat.validate(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", REPORTS, ids=name)
def test_a_report_is_kept_without_outputs(path):
    assert all(not cell.outputs and cell.execution_count is None for cell in cells(path))
    assert not any("injected-parameters" in tags(cell) for cell in cells(path))


@pytest.mark.parametrize("path", REPORTS, ids=name)
def test_a_report_has_one_parameters_cell_and_each_parameter_its_row_and_its_help(path):
    assert sum("parameters" in tags(cell) for cell in cells(path)) == 1
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    for parameter in declared_parameters(path).values():
        assert parameter.help, parameter.name
        assert f"`{parameter.name}`" in prose


@pytest.mark.parametrize("path", REPORTS, ids=name)
def test_a_report_holds_no_logic(path):
    forbidden = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.Lambda, ast.BinOp)
    for cell in cells(path):
        if "parameters" not in tags(cell):
            assert len(cell.source.splitlines()) <= 12
            assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, forbidden)], cell.source


@pytest.mark.parametrize("path", REPORTS, ids=name)
def test_what_explains_the_source_stays_off_the_page(path):
    # a page is in the language of `lang`: words written into the notebook would be in one language only
    assert all("source" in tags(cell) for cell in cells(path, "markdown"))
    texts = [node.value for cell in cells(path) for node in ast.walk(ast.parse(cell.source)) if is_text(node)]
    words = [text for text in texts if " " in text]
    assert words == []


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_lesson_is_kept_with_its_outputs_in_order(path):
    counts = [cell.execution_count for cell in cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    assert not [out for cell in cells(path) for out in cell.outputs if out.output_type == "error"]


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_lesson_s_exercises_have_a_blank_and_a_checked_solution(path):
    solutions = [cell for cell in cells(path) if "solution" in tags(cell)]
    blanks = [cell for cell in cells(path) if re.search(r"= \.\.\.$", cell.source)]
    assert len(solutions) == len(blanks) >= 2
    assert all("assert" in cell.source for cell in solutions)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_lesson_in_french_has_french_typography(path):
    prose = "\n".join(re.sub(r"`[^`]*`|<[^>]*>", "", cell.source) for cell in cells(path, "markdown"))
    assert re.findall(r".{12} [:;?!»%€].{0,5}", prose) == []
    assert re.findall(r".{8}\w'\w.{5}", prose) == []
    assert re.findall(r"\d \d{3}\b", prose) == []


# --- what the pages say


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """All reports, in both languages, on the bundled business."""
    folder = tmp_path_factory.mktemp("pages")
    given = {"hypothesis": {"randomised": True}, "monthly_retention": {"by": "segment"}, "study": {}}
    return {
        (report, lang): run_report(
            report, {**given[report], "lang": lang}, output_dir=folder, stem=f"{report}_{lang}"
        ).html.read_text(encoding="utf-8")
        for report in given
        for lang in LANGUAGES
    }


def shown(page):
    """The words of a page, without its tags, between plain spaces."""
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def plain(text):
    return " ".join(text.split())


@pytest.mark.notebook
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_hypothesis_report_answers_with_the_package_s_sentence_and_rules(pages, lang):
    ledger = rk.open_ledger(as_of="2025-12-31")
    finding = rk.compare(ledger, "personalised_demo", randomised=True)
    page, text = pages["hypothesis", lang], shown(pages["hypothesis", lang])
    assert f'<html lang="{lang}"' in page
    assert plain(finding.question(lang)) in text
    assert plain(finding.sentence(lang)) in text
    start, end = ledger.last_window(12)
    for result in (finding, rk.nrr(ledger, start, end), rk.mrr_bridge(ledger, start=start, end=end)):
        assert plain(result.rule.text(lang)) in text
    assert page.count("<img ") == 4  # the difference, the curves, the bridge, the cohorts
    assert re.findall(r"<h2>", page)[5:] == []  # nothing was adjusted for, nobody left out: no heading says otherwise
    assert 'alt=""' not in page


@pytest.mark.notebook
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_monthly_report_shows_the_package_s_numbers(pages, lang):
    ledger = rk.open_ledger(as_of="2025-12-31")
    start, end = ledger.last_window(12)
    text = shown(pages["monthly_retention", lang])
    bridge = rk.mrr_bridge(ledger, start=start, end=end)
    assert plain(bridge.describe(lang)) in text
    for measure in (rk.nrr, rk.grr, rk.logo_retention):
        assert plain(render("table.percent", lang, value=float(measure(ledger, start, end)))) in text
    for item in rk.nrr(ledger, start, end, by="segment"):
        assert item.group in text
    assert plain(ledger.reconciliation.source) in text
    assert pages["monthly_retention", lang].count("<img ") == 4


@pytest.mark.notebook
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_study_report_shows_hash_and_power_before_the_verdicts(pages, lang):
    study = rk.Study.from_yaml(study_file())
    result, page, text = study.run(), pages["study", lang], shown(pages["study", lang])
    heads = [text.index(plain(render(f"page.{key}", lang))) for key in ("protocol", "power", "verdicts", "hypotheses")]
    assert text.index(result.hash) < heads[1]
    assert heads == sorted(heads)
    for name in result:
        for item in contrasts(result[name]):
            assert plain(item.sentence(lang)) in text[heads[3] :]
    for part in result.read_aloud(lang).split("\n\n"):
        assert plain(part) in text
    assert 'alt=""' not in page


@pytest.mark.notebook
@pytest.mark.parametrize("report", ["hypothesis", "monthly_retention", "study"])
def test_a_french_page_has_no_english_heading_and_the_other_way_round(pages, report):
    english, french = (set(re.findall(r"<h[12]>(.*?)</h[12]>", pages[report, lang])) for lang in LANGUAGES)
    assert len(english) == len(french) > 3
    assert english & french <= {"Provenance", "What keeps customers?"}  # a study's title is in its file's language


@pytest.mark.notebook
@pytest.mark.real_data
def test_the_monthly_report_on_real_data_from_the_command_line(tmp_path):
    from retention_kit.cli import main

    path = ROOT.parent.parent / "shared" / "data" / "mrr_playbook" / "subscription_periods.csv"
    if not path.is_file():
        pytest.skip("../shared/data is not beside the project")
    mapping = ["start=start_date", "end=end_date", "amount=monthly_amount"]
    words = ["report", "monthly_retention", "--subscriptions", str(path), "--as-of", "2019-12-31", "--lang", "fr"]
    options = [word for item in mapping for word in ("--column", item)]
    assert main([*words, *options, "--interval", "month", "--output-dir", str(tmp_path)]) == 0
    text = shown((tmp_path / "monthly_retention_fr.html").read_text(encoding="utf-8"))
    # 121 periods in the file, all of them used (tests/test_real_data.py counts them); 585 → 1 255 of MRR in 2019
    assert "121" in text
    assert "585" in text
    assert "1 255" in text
