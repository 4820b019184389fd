"""axe-core finds nothing on any report, and what it does not ask holds too."""

from itertools import pairwise

import pytest

from tests.browser.looking import violations
from tests.report_cases import LANGUAGES, NAMES


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(browser, axe, delivered, name, lang, width):
    assert violations(browser, axe, delivered(name, lang).html, width) == {}


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_where_names_are_hostile(browser, axe, delivered_hostile, name):
    assert violations(browser, axe, delivered_hostile(name, "fr").html, 400) == {}


def test_axe_finds_something_where_there_is_something(browser, axe, tmp_path):
    faulty = "<!DOCTYPE html><title>a</title><h1>a</h1><h3>b</h3><main><img src='data:,'></main>"
    (tmp_path / "a.html").write_text(faulty, encoding="utf-8")
    assert violations(browser, axe, tmp_path / "a.html", 1280).keys() >= {"html-has-lang", "image-alt", "heading-order"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_language_headings_and_words_for_pictures_are_in_order(browser, delivered, name, lang):
    with browser.new_page() as page:
        page.goto(delivered(name, lang).html.as_uri())
        assert page.locator("html").get_attribute("lang") == lang
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => +each.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert page.evaluate("[...document.images].every(each => each.alt.trim().length > 20)")
        assert page.locator("main h1").inner_text().split() == page.title().split()


@pytest.mark.parametrize("name", NAMES)
def test_what_scrolls_is_reached_by_the_keyboard(browser, delivered, name):
    with browser.new_page(viewport={"width": 400, "height": 900}) as page:
        page.goto(delivered(name, "fr").html.as_uri())
        wide = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(each => each.scrollWidth > each.clientWidth + 1"
            " && getComputedStyle(each).overflowX == 'auto').map(each => each.tabIndex)"
        )
        assert wide
        assert set(wide) == {0}
        box = page.locator(".rk-wide").first
        box.focus()
        before = box.evaluate("each => each.scrollLeft")
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
        assert box.evaluate("each => each.scrollLeft > 0 || each.scrollWidth <= each.clientWidth") or before > 0
