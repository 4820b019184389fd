"""The notebooks: how they are kept, and that what they show is what the package computes."""

import ast
import html
import os
import re
from pathlib import Path

import nbformat
import openpyxl
import pytest
from prepared_reports import run_once

import retention_kit as rk
from retention_kit.media_types import SHEET
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


def test_the_list_of_notebooks_names_every_one_and_every_example():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = {target for target in re.findall(r"\]\((.*?)\)", text) if not target.startswith("..")}
    examples = (ROOT / "reports").glob("*.yml")
    assert linked == {path.relative_to(ROOT).as_posix() for path in [*ALL, *examples]}


# --- what the pages say


GIVEN = {"hypothesis": {"randomised": True}, "monthly_retention": {"by": "segment"}, "study": {}}
GIVEN |= {"cohort_study": {}, "segment_comparison": {"measure": "logo_retention"}}
PICTURED = {"monthly_retention": {"by": "segment"}, "hypothesis": {"adjust": ["segment"]}}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The folder of all reports on the bundled business: as pages in both languages, and as workbooks."""
    asked = {f"{name}_{lang}": (name, GIVEN[name] | {"lang": lang}, ["html"]) for name in GIVEN for lang in LANGUAGES}
    asked |= {f"{path.stem}_book": (path.stem, PICTURED.get(path.stem, {}), ["xlsx"]) for path in REPORTS}
    shared = tmp_path_factory.getbasetemp()
    return run_once(asked, (shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared) / "notebooks")


@pytest.fixture(scope="module")
def pages(ran):
    """The pages of reports by name and language."""
    return {
        (name, lang): (ran / f"{name}_{lang}.html").read_text(encoding="utf-8") for name in GIVEN for lang in LANGUAGES
    }


def shown(page):
    """The words of a page, without its tags, between plain spaces."""
    page = re.sub(r"<wbr/?>", "", page)  # where a long word may break
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
    moved = rk.top_movers(ledger)
    for said in (moved.bridge.describe(lang), moved.describe(lang), rk.retention_over_time(ledger).describe(lang)):
        assert plain(said) in text
    for customer in moved.frame["customer_id"]:
        assert customer in text
    position = rk.benchmark("nrr", rk.nrr(ledger, start, end), arr=rk.annual_revenue(ledger))
    for each in position.comparisons:
        assert plain(each.sentence(lang)) in text
    for measure in (rk.nrr, rk.grr, rk.logo_retention):
        assert plain(render("table.percent", lang, value=float(measure(ledger, start, end)))) in text
    for item in rk.nrr(ledger, start, end, by="segment"):
        assert item.group in text
    assert plain(ledger.reconciliation.source) in text
    assert pages["monthly_retention", lang].count("<img ") == 4


@pytest.mark.notebook
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_cohort_report_names_the_customers_behind_the_largest_drop(pages, lang):
    ledger = rk.open_ledger(as_of="2025-12-31")
    net = rk.cohort_matrix(ledger, measure="nrr", cohort="Q")
    page, text = pages["cohort_study", lang], shown(pages["cohort_study", lang])
    drops = rk.cohort_drops(net)
    for drop in drops:
        assert plain(render(drop.message(), lang)) in text
    ages = (rk.cohort_customers(ledger, cohort=drops[0].after.cohort, age=at, freq="Q")["mrr"] for at in (23, 24))
    before, after = ages
    assert (drops[0].before.age, drops[0].after.age) == (23, 24)
    who = rk.cohort_customers(ledger, cohort=drops[0].after.cohort, age=0, freq="Q")["customer_id"]
    assert who[(after - before).idxmin()] in text
    for matrix in (net, rk.cohort_matrix(ledger, measure="logo", cohort="Q")):
        for said in (*rk.cohorts_in_words(matrix, 12), matrix.rule):
            assert plain(render(said, lang)) in text
    assert page.count("<img ") == 5  # the curves, four matrices
    assert 'alt=""' not in page


@pytest.mark.notebook
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_segment_report_says_who_differs_and_that_nobody_was_drawn(pages, lang):
    ledger = rk.open_ledger(as_of="2025-12-31")
    start, end = ledger.last_window(12)
    page, text = pages["segment_comparison", lang], shown(pages["segment_comparison", lang])
    found = rk.compare_segments(ledger, start, end, by="segment", measure="logo_retention")
    mix = rk.mix_effect(ledger, ("2023-12", "2024-12"), (start, end), by="segment", measure="logo_retention")
    for said in (found.describe(lang), found.rule.text(lang), mix.describe(lang), mix.rule.text(lang)):
        assert plain(said) in text
    assert plain(render("warning.segments_not_drawn", lang)) in text
    assert page.count("<img ") == 2  # the segments, the mix
    assert 'alt=""' not in page


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
@pytest.mark.parametrize("path", REPORTS, ids=name)
def test_every_picture_carries_its_numbers_and_the_workbook_a_sheet_of_each(path, ran):
    executed = cells(ran / f"{path.stem}_book.ipynb")
    shown = [out.data for cell in executed for out in cell.outputs if "image/png" in getattr(out, "data", {})]
    assert shown or path.stem in ("portfolio", "data_quality")
    book = openpyxl.load_workbook(ran / f"{path.stem}_book.xlsx")
    heads = {tuple(cell.value for cell in sheet[1]) for sheet in book.worksheets[1:]}
    for picture in shown:
        columns = picture[SHEET]["columns"]
        assert any(column["format"] != "text" for column in columns)
        assert tuple(column["name"] for column in columns) in heads


@pytest.mark.notebook
@pytest.mark.parametrize("report", ["hypothesis", "monthly_retention", "study", "cohort_study", "segment_comparison"])
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


@pytest.mark.notebook
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_portfolio_report_says_what_to_do_first_and_shows_the_package_s_numbers(tmp_path, lang):
    files = run_report("portfolio", {"csm": "Zoé P.", "lang": lang}, output_dir=tmp_path, stem="page")
    text = shown(files.html.read_text(encoding="utf-8"))
    whole = rk.open_ledger(as_of="2025-12-31")
    ledger = rk.only_customers(whole, {"csm": "Zoé P."})
    plan = rk.action_plan(rk.rank_signals(ledger, rk.open_events(ledger)))
    renewals, portfolio = rk.renewals_ahead(ledger), rk.portfolio(ledger, whole, name="Zoé P.")
    with rk.use_language(lang):
        answer = text.index(plain(render("page.answer")))
        due = [step for step in plan if (step.by - plan.as_of).days <= 7] or plan.steps
        assert text.index(plain(due[0].sentence())) > answer
        assert plain(portfolio.sentence()) in text[:answer]
        assert plain(str(renewals.messages[0])) in text[answer:]
        for estimate in (*portfolio.own, *portfolio.whole):
            assert plain(render("table.percent", value=estimate.value)) in text
        assert plain(ledger.reconciliation.sentence()) in text


@pytest.mark.notebook
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_data_quality_report_accounts_for_every_row(tmp_path, lang):
    files = run_report("data_quality", {"lang": lang}, output_dir=tmp_path, stem="page")
    text = shown(files.html.read_text(encoding="utf-8"))
    quality = rk.data_quality(as_of="2025-12-31")
    with rk.use_language(lang):
        for message in (*quality.messages, *quality.contents, quality.rule):
            assert plain(str(message)) in text
        assert plain(quality.reconciliation.sentence()) in text
        assert plain(render("report.quality.faults")) not in text  # no row is wrong: no heading says otherwise
