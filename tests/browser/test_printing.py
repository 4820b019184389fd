"""A page printed from the browser, and its PDF: whole, with page numbers, within the margins, hostile names too."""

import pytest

from retention_kit.reports.pdf import check_available, to_pdf
from tests.report_cases import LANGUAGES, NAMES
from tests.test_reports_pdf import beyond_the_margins, texts


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_browser_prints_numbered_pages_within_their_margins(browser, delivered, tmp_path, name, lang):
    with browser.new_page() as page:
        page.goto(delivered(name, lang).html.as_uri())
        page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True, print_background=True)
    pages = texts(tmp_path / "a.pdf")
    assert all(f"Page {number} / {len(pages)}" in text for number, text in enumerate(pages, start=1))
    assert beyond_the_margins(tmp_path / "a.pdf") == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_stay_on_the_paper(delivered_hostile, tmp_path, name, lang):
    check_available()
    assert beyond_the_margins(to_pdf(delivered_hostile(name, lang).notebook, tmp_path / "a.pdf")) == []
