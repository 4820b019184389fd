"""The list of a batch: whole, in order and within the window, however the segments of its plan are called."""

import json
import re

import pytest

from retention_kit.reports import library
from retention_kit.reports.batch import read_plan, run_batch
from tests import batches
from tests.browser.looking import OUTSIDE_MAIN, TOO_WIDE, violations, visit
from tests.report_cases import HOSTILE_NAMES, IMAGE, LONG, SCRIPT, TURNED

WIDTHS = (1280, 400)
CALM = {
    "languages": ["en", "fr"],
    "data": {"as_of": "2025-12-31"},
    "reports": [
        {"report": "quick", "for_each": {"segment": ["SMB", "Enterprise"], "month": ["2025-11", "2025-12"]}},
        {"report": "quick", "name": "demo", "parameters": {"question": "Does the demo help?", "p": 0.03}},
        {"report": "quick", "name": "call", "parameters": {"question": "Does the call help?", "p": 0.2}},
        {"report": "quick", "name": "broken", "parameters": {"breaks": True}},
    ],
}
HOSTILE = {
    "title": f"{SCRIPT} {TURNED} {LONG}",
    "languages": ["fr", "en"],
    "data": {"as_of": "2025-12-31"},
    "reports": [
        {"report": "quick", "for_each": {"segment": list(HOSTILE_NAMES)}},
        {
            "report": "quick",
            "name": "two",
            "for_each": {IMAGE: list(HOSTILE_NAMES[:3]), LONG: list(HOSTILE_NAMES[3:5])},
        },
        *(
            {"report": "quick", "name": f"asked{n}", "parameters": {"question": name, "p": 0.01 * n}}
            for n, name in enumerate(HOSTILE_NAMES)
        ),
        {"report": "quick", "name": "broken", "parameters": {"breaks": True, "question": LONG}},
    ],
}


@pytest.fixture(scope="session", params=[CALM, HOSTILE], ids=["calm", "hostile"])
def index(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("batch")
    batches.shelf(folder)
    # JSON is YAML, whatever stands in the names
    (folder / "plan.yml").write_text(json.dumps(request.param, ensure_ascii=False), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "reports_folder", lambda: folder)
        patch.setattr("retention_kit.reports.run.run_report", batches.run_report)
        patch.setattr("retention_kit.reports.forking.forked", batches.at_once)
        patch.setattr("os.fsync", lambda file: None)
        return run_batch(read_plan(folder / "plan.yml"), folder / "out").index


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(browser, axe, index, width):
    assert violations(browser, axe, index, width) == {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("bypass", [False, True], ids=["policy", "no policy"])
def test_nothing_runs_nothing_leaves_and_nothing_is_wider_than_the_window(browser, index, bypass, width):
    with browser.new_context(bypass_csp=bypass) as context:
        page, done = visit(context.new_page(), index, width)
        assert done == []
        assert "owned" not in page.title().removesuffix(LONG).split()
        assert page.locator("script, iframe, object, embed, link, base, form, input, img").count() == 0
        assert page.locator("main > section").count() == 2
        assert not re.search("[\u202a-\u202e]", page.title() + page.locator("main").inner_html())
        assert page.evaluate(OUTSIDE_MAIN) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_WIDE) == []


def test_every_report_of_the_plan_has_its_row_and_links_that_lead_to_it(browser, index):
    with browser.new_page() as page:
        page.goto(index.as_uri())
        rows = page.locator("tr:has(a[href$='.html'], .rk-error)").count()
        pages = list(index.parent.glob("*/*.html"))
        assert rows == len(pages) + page.locator(".rk-error").count() > 0
        links = page.evaluate(
            "[...document.querySelectorAll('td a')].map(each => decodeURI(each.getAttribute('href')))"
        )
        assert all((index.parent / link).is_file() for link in links)
