"""What a reader's eye meets: words in order around names from right to left, numbers whole, on a telephone too."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from retention_kit.reports.export import to_html
from retention_kit.tables.writing import worded
from retention_kit.wording import render
from retention_kit.wording.formats import Formatter, without_isolates
from tests.browser.looking import BROKEN_NUMBERS, OUT_OF_ORDER, TOO_WIDE
from tests.report_cases import LANGUAGES, NAMES

NARROW = (400, 320)
CUT_CAPTIONS = """() => [...document.querySelectorAll('caption')]
    .filter(each => each.getBoundingClientRect().right > innerWidth).map(each => each.textContent)"""
TURNING = ("שלום 3 עולם", "عمر", "Acme \u202egpj.exe", "\u2067مرحبا", "a\u2069 שלום")


def page_of(tmp_path, html):
    cell = new_code_cell("", outputs=[new_output("display_data", {"text/html": html})])
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    return to_html(tmp_path / "a.ipynb", tmp_path / "a.html")


def sentences():
    told = Formatter("en", render).format
    for name in TURNING:
        for other in TURNING:
            yield told("{x} 300 of {y} 12% lost €5, {xs:list} 7", x=name, y=other, xs=[name, other])


@pytest.mark.parametrize("tag", ["p", "h2", "li", "dd", "td", "th", "caption", "small"])
def test_words_and_numbers_keep_their_order_around_names(browser, tmp_path, tag):
    around = {"td": "<table><tr>{}</tr></table>", "th": "<table><tr>{}</tr></table>"}
    around["caption"] = "<table style='width: 900px'>{}</table>"
    htmls = [around.get(tag, "{}").format(f"<{tag}>{text}</{tag}>") for text in sentences()]
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        page.goto(page_of(tmp_path, "<h1>a</h1>" + "".join(htmls)).as_uri())
        assert page.evaluate(OUT_OF_ORDER, True) == []
        page.goto(page_of(tmp_path, "<h1>a</h1>" + without_isolates("".join(htmls))).as_uri())
        assert len(page.evaluate(OUT_OF_ORDER, False)) > 5


def test_names_in_cells_heads_and_captions_of_tables_keep_to_themselves(browser, tmp_path):
    names = {str(n): [f"{name} 12"] for n, name in enumerate(TURNING)}
    table = worded(next(sentences()), names, {"NRR": ["12%"]}, sentences())
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        page.goto(page_of(tmp_path, f"<h1>a</h1>{table._repr_html_()}").as_uri())
        assert page.evaluate(OUT_OF_ORDER, True) == []
        lefts = page.evaluate("[...document.querySelectorAll('td')].map(each => each.getBoundingClientRect().left)")
        assert lefts == sorted(lefts)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_move_no_word_of_a_report(browser, delivered_hostile, name, lang):
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        page.goto(delivered_hostile(name, lang).html.as_uri())
        assert page.evaluate(OUT_OF_ORDER, True) == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_broken_and_nothing_is_too_wide_on_a_telephone(browser, delivered, name, lang):
    with browser.new_page() as page:
        for width in NARROW:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(delivered(name, lang).html.as_uri())
            assert page.evaluate(BROKEN_NUMBERS) == []
            assert page.evaluate(CUT_CAPTIONS) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(TOO_WIDE) == []


def test_a_broken_number_is_seen(browser, tmp_path):
    # the sign of minus in front of a currency is where a browser ends a line
    (tmp_path / "a.html").write_text(
        "<!DOCTYPE html><meta charset=utf-8><p style='width: 3em'>abc −€47,247</p>", "utf-8"
    )
    with browser.new_page() as page:
        page.goto((tmp_path / "a.html").as_uri())
        assert page.evaluate(BROKEN_NUMBERS) == ["−€47,247"]
        page.goto(page_of(tmp_path, "<p style='width: 3em'>abc</p><p>−€47,247 to +$1,000</p>").as_uri())
        page.evaluate("document.querySelectorAll('p').forEach(each => { each.style.width = '6em' })")
        assert page.evaluate(BROKEN_NUMBERS) == []
