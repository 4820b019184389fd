"""Names that attack: nothing runs, nothing leaves, nothing comes apart, nothing is wider than the window."""

import re

import nbformat
import pytest

from retention_kit.reports.export import render_html
from tests.browser.looking import OUTSIDE_MAIN, TOO_WIDE, visit
from tests.report_cases import LANGUAGES, LONG, NAMES, SCRIPT

WIDTHS = (1280, 400)


@pytest.fixture(params=[False, True], ids=["policy", "no policy"])
def opened(request, browser):
    """`opened(path, width)`: the page, and all it did; with and without its content security policy."""
    context = browser.new_context(bypass_csp=request.param)
    yield lambda path, width: visit(context.new_page(), path, width)
    context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_nothing_leaves_and_the_page_holds_together(opened, delivered_hostile, name, lang):
    files = delivered_hostile(name, lang)
    page, done = opened(files.html, 1280)
    assert done == []
    assert page.title() == nbformat.read(files.notebook, as_version=4).metadata.title.replace("\u202e", "")
    assert page.locator("body > main").count() == 1
    assert page.locator("script, iframe, object, embed, link, base, form, input").count() == 0
    assert page.evaluate(OUTSIDE_MAIN) == []
    written = render_html(nbformat.read(files.notebook, as_version=4))
    assert page.locator("main > section.cell").count() == written.count('<section class="cell">')
    assert page.locator("main > section.cell").last.is_visible()
    # shown as what they are: letters
    shown = page.locator("main").inner_text()
    assert not re.search("[\u202a-\u202e]", shown)
    if name in {"monthly_retention", "hypothesis", "study"}:
        assert SCRIPT in shown
        assert LONG in shown


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_window(browser, delivered_hostile, name, lang, width):
    with browser.new_page() as page:
        visit(page, delivered_hostile(name, lang).html, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_WIDE) == []


def test_what_is_measured_here_can_be_too_wide(browser, tmp_path):
    (tmp_path / "a.html").write_text(f"<!DOCTYPE html><h1>{LONG}</h1><b>outside</b><main></main>", encoding="utf-8")
    with browser.new_page() as page:
        visit(page, tmp_path / "a.html", 400)
        assert page.evaluate("document.documentElement.scrollWidth") > 400
        assert page.evaluate(TOO_WIDE) == []  # the letters reach out of their box
        assert page.evaluate(OUTSIDE_MAIN) == [LONG, "outside"]


def test_what_a_page_does_is_seen(browser, tmp_path):
    attack = "<script>alert('hello')</script><h1>a</h1><img src='http://x.invalid/y.png'>"
    (tmp_path / "a.html").write_text(attack, encoding="utf-8")
    with browser.new_page() as page:
        _, done = visit(page, tmp_path / "a.html", 400)
        assert sorted(done) == ["dialog hello", "http://x.invalid/y.png"]
