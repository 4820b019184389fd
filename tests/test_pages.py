"""What a notebook cell shows: words escaped, pictures once and with their alt text."""

import base64
import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import nbformat
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import retention_kit as rk
from retention_kit.pages import Picture, Remarks, heading, paragraph, picture
from retention_kit.pages.telling import by_group
from retention_kit.results import Verdict
from retention_kit.wording import Message, render, use_language

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def ax():
    _, axes = plt.subplots(figsize=(4, 2), dpi=100)
    yield axes
    plt.close("all")


def test_a_heading_has_its_level_and_its_words():
    assert heading("page.answer")._repr_html_() == "<h2>Answer</h2>"
    assert heading("page.answer", 3)._repr_html_() == "<h3>Answer</h3>"
    assert str(heading("page.answer")) == "Answer"


def test_words_are_those_of_the_language_they_are_shown_in():
    shown = heading("page.answer")
    with use_language("fr"):
        assert shown._repr_html_() == "<h2>Réponse</h2>"
    assert str(shown) == "Answer"


def test_what_is_filled_into_a_text_is_escaped():
    shown = paragraph("plot.line_end", label=HOSTILE, value=3)
    assert shown._repr_html_() == "<p>&lt;img src=x onerror=alert(1)&gt;: 3</p>"
    assert str(shown) == f"{HOSTILE}: 3"


def test_an_unknown_key_is_a_mistake_of_the_programmer():
    with pytest.raises(KeyError):
        str(heading("page.no_such_thing"))


def test_a_picture_shows_its_png_with_the_alt_text_beside_it(ax):
    data, metadata = picture(ax, alt="two lines")._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG\r\n")
    assert data["text/plain"] == "two lines"
    assert metadata["image/png"]["alt"] == "two lines"


def test_a_picture_is_twice_as_sharp_as_it_is_large(ax):
    shown = picture(ax, alt="")
    height, width, _ = plt.imread(BytesIO(shown.png)).shape
    assert (shown.width, shown.height) == (width // 2, height // 2)
    assert 300 < shown.width < 420  # 4 inches at 100 dots, margins cut


def test_the_figure_is_closed_so_that_it_is_not_shown_twice(ax):
    other = plt.figure()
    picture(ax, alt="")
    assert plt.get_fignums() == [other.number]


def test_a_picture_of_one_axes_among_several_is_the_whole_figure():
    figure, axes = plt.subplots(1, 2, figsize=(6, 2), dpi=100)
    assert picture(axes[0], alt="").width > 450
    assert not plt.fignum_exists(figure.number)


def test_the_same_figure_gives_the_same_bytes_without_the_software_s_name():
    def drawn():
        axes = plt.subplots()[1]
        axes.plot([1, 3, 2])
        return picture(axes, alt="").png

    assert drawn() == drawn()
    assert b"matplotlib" not in drawn()


def test_alt_text_may_be_a_message(ax):
    assert str(picture(ax, alt=Message("word.months", {"n": 2}))) == "2 months"
    assert "PNG" not in repr(picture(plt.subplots()[1], alt=""))


def test_a_picture_of_a_result_carries_its_numbers(ledger):
    bridge = rk.mrr_bridge(ledger, freq="Y")
    shown = picture(rk.plot_bridge(bridge), of=bridge)
    data, _ = shown._repr_mimebundle_()
    assert data["application/vnd.retention-kit.sheet+json"] == rk.table_bridge(bridge).sheet()
    assert shown.alt == bridge.describe()
    assert "sheet" not in repr(shown)


def test_a_picture_of_a_table_carries_the_numbers_of_the_table(ledger):
    table = rk.table_bridge(rk.mrr_bridge(ledger, freq="Y"))
    assert picture(plt.subplots()[1], of=table, alt="bars").sheet == table.sheet()


def test_a_picture_of_nothing_in_particular_carries_no_numbers(ax):
    assert list(picture(ax, alt="")._repr_mimebundle_()[0]) == ["image/png", "text/plain"]


@pytest.mark.notebook
def test_in_a_notebook_the_picture_arrives_once_with_its_alt_text():
    from nbclient import NotebookClient

    code = """
    from matplotlib import pyplot as plt
    from retention_kit.pages import heading, picture
    picture(plt.subplots()[1], alt="a « b » <c>")
    """
    cells = [nbformat.v4.new_code_cell("\n".join(line.strip() for line in code.splitlines()))]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    (output,) = notebook.cells[0].outputs
    assert output.metadata["image/png"]["alt"] == "a « b » <c>"
    assert output.data["text/plain"] == "a « b » <c>"
    assert base64.b64decode(output.data["image/png"]).startswith(b"\x89PNG")


def test_importing_pages_loads_no_matplotlib():
    code = "import sys, retention_kit.pages; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# ---- parts of a page about an answer ----


@pytest.fixture(scope="module")
def ledger():
    business = rk.synthetic.make_business(400, seed=3)
    customers = business.customers.copy()
    days = pd.to_timedelta([20 + 17 * (i % 30) for i in range(len(customers))], "D")
    customers["trained_on"] = (pd.to_datetime(customers["signup"]) + days).dt.date
    customers["score"] = [i % 11 for i in range(len(customers))]
    return rk.build_ledger(business.subscriptions, as_of="2025-12-31", customers=customers)


ASKED = {
    "drawn": {"factor": "personalised_demo", "randomised": True},
    "adjusted": {"factor": "personalised_demo", "outcome": "nrr", "adjust": ["segment"]},
    "groups": {"factor": "segment", "adjust": ["plan"]},
    "dated": {"factor": "trained_on", "adjust": [], "horizon": 24},
    "early": {"outcome": "early_churn", "horizon": 24},
    "measured": {"factor": "personalised_demo", "outcome": "score", "margin": 1.0, "adjust": []},
}


@pytest.fixture(scope="module")
def answers(ledger):
    few = rk.synthetic.make_business(14, seed=3)
    small = rk.build_ledger(few.subscriptions, as_of="2025-12-31", customers=few.customers)
    found = {name: rk.compare(ledger, **asked) for name, asked in ASKED.items()}
    return found | {"not_testable": rk.compare(small, "personalised_demo", outcome="nrr", randomised=True)}


def parts_of(found):
    return [
        rk.section("page.answer", rk.show_answer(found), rk.show_forest(found)),
        rk.section("page.how_we_know", rk.show_evidence(found)),
        rk.section("page.about_whom", rk.show_balance(found)),
        rk.section("page.left_out", rk.show_left_out(found)),
        rk.section("page.limits", rk.show_limits(found, "report.limits.rounding")),
    ]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("name", [*ASKED, "not_testable"])
def test_no_heading_stands_alone_and_every_picture_has_words(answers, name, lang):
    with use_language(lang):
        for part in parts_of(answers[name]):
            kinds = [getattr(content, "tag", "") for content in part]
            assert not kinds or (len(kinds) > 1 and not kinds[-1].startswith("h"))
            assert all(content.alt for content in part if isinstance(content, Picture))
        assert str(rk.show_question(answers[name])).endswith("?")


def test_what_is_not_testable_has_no_forest_and_what_was_drawn_no_balance(answers):
    assert answers["not_testable"].verdict.kind == "not_testable"
    for untold in (answers["not_testable"], replace(answers["drawn"], verdict=Verdict("not_testable"))):
        assert len(rk.show_forest(untold)) == 0
    assert len(rk.show_forest(answers["drawn"])) == 1
    assert len(rk.section("page.about_whom", rk.show_balance(answers["drawn"]))) == 0


def test_the_answer_to_several_groups_says_first_whether_they_differ(answers):
    found = answers["groups"]
    said = str(rk.show_answer(found)).splitlines()
    assert said == [*map(render, found.opening), *(item.sentence() for item in found)]
    assert "segment" in str(rk.show_question(found))


def test_what_all_groups_say_is_said_once(answers):
    first, second = answers["groups"]
    common, own = Message("page.answer"), {first: Message("page.limits"), second: Message("page.provenance")}
    told = by_group(answers["groups"], lambda item: [common, own[item]])
    lists = [str(content) for content in told if isinstance(content, Remarks)]
    assert lists == ["- Answer", "- Limits", "- Provenance"]
    assert [str(content) for content in told if getattr(content, "tag", "") == "h3"] == [
        str(Message("page.group", {"group": item.arms[0].label})) for item in answers["groups"]
    ]


def test_an_answer_escapes_what_customers_are_called(answers):
    found = answers["drawn"]
    hostile = replace(found, arms=(replace(found.arms[0], label=HOSTILE), found.arms[1]))
    assert "<img" not in rk.show_answer(hostile)._repr_html_()
    assert "&lt;img" in rk.show_answer(hostile)._repr_html_()


def test_a_section_shows_its_contents_one_by_one_and_nothing_where_there_is_nothing():
    code = "\n".join(
        (
            "from retention_kit.pages import heading, paragraph, section",
            "section('page.answer', None, section('page.limits'), paragraph('word.months', n=3))",
        )
    )
    cells = [nbformat.v4.new_code_cell(code), nbformat.v4.new_code_cell("section('page.limits', None)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    from nbclient import NotebookClient

    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    first, second = notebook.cells
    assert [output.data["text/html"] for output in first.outputs] == ["<h2>Answer</h2>", "<p>3 months</p>"]
    assert second.outputs == []


def test_the_parts_of_a_study(ledger):
    study = rk.Study(ledger).add("demo", "personalised_demo", randomised=True, secondary=("nrr",))
    study = study.add("segment", "segment", outcome="nrr", adjust=()).add("early", outcome="early_churn", horizon=24)
    result = study.run()
    assert str(rk.show_title(result)) == "A study of 3 hypotheses"
    remarks, protocol = rk.show_protocol(result, study.protocol())
    assert result.hash in str(remarks)
    assert len(protocol.frame) == 3
    assert str(rk.show_aloud(result)) == result.read_aloud()
    told = str(rk.show_hypotheses(result))
    for name in result:
        assert str(rk.show_answer(result[name])) in told
    pictures = [content for content in rk.show_verdicts(result) if isinstance(content, Picture)]
    able = {(each.outcome, each.margin) for _, each in result.primaries() if each.verdict.kind != "not_testable"}
    assert len(pictures) == len(able)
