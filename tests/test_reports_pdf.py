"""The PDF of a report, read back: pages, outline, language, words for pictures, nothing cut, nothing fetched."""

import importlib
import re
import subprocess
import sys
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import nbformat
import pypdfium2
import pypdfium2.raw
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image
from pypdf import PdfReader

from retention_kit.errors import OptionError, ReportError
from retention_kit.reports import pdf, run_report
from retention_kit.reports.export import css_text, render_html
from retention_kit.reports.pdf import to_pdf
from tests.report_cases import BUNDLED, NAMES

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
needs_weasyprint = pytest.mark.skipif(
    bool(pdf.weasyprint_hindrance()), reason=f"WeasyPrint does not start here: {pdf.weasyprint_hindrance()}"
)
needs_chromium = pytest.mark.skipif(pdf.chromium() is None, reason="no Chromium on the PATH")
ENGINES = [
    pytest.param("write_with_weasyprint", marks=needs_weasyprint),
    pytest.param("print_with_chromium", marks=needs_chromium),
]
MM = 72 / 25.4  # points
MARGIN = 16 * MM


def page_of(*pieces, lang="fr", **parameters):
    """An executed notebook that shows these pieces of HTML, one a cell."""
    outputs = [new_output("display_data", data={"text/html": piece, "text/plain": "-"}) for piece in pieces]
    cells = [new_code_cell("", outputs=[output], execution_count=1) for output in outputs]
    return new_notebook(cells=cells, metadata={"language": lang, "retention_kit": {"parameters": parameters}})


def with_picture(notebook, alt="a", png=PIXEL, after=0):
    data, words = {"image/png": png, "text/plain": "-"}, {"image/png": {"alt": alt}}
    notebook.cells[after].outputs.append(new_output("display_data", data=data, metadata=words))
    return notebook


def png(width, height):
    """A picture of this size in pixels, which a report makes twice as sharp."""
    file = BytesIO()
    Image.new("RGB", (width, height), "#0b5394").save(file, "PNG")
    return b64encode(file.getvalue()).decode("ascii")


def pictures_on(page):
    """Boxes of the pictures of a page in points: left, low, right, high."""
    return [each.get_bounds() for each in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=5)]


def saved(folder, notebook, name="a"):
    path = Path(folder) / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def table(rows, columns, cell="{row}.{column}"):
    head = "".join(f'<th scope="col">head {column}</th>' for column in range(columns))
    body = "".join(
        f"<tr>{''.join(f'<td>{cell.format(row=row, column=column)}</td>' for column in range(columns))}</tr>"
        for row in range(rows)
    )
    return f'<table class="rk-table"><caption>all</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def texts(path):
    # several kinds of space are one glyph of a font, and read back as one of them
    return [re.sub("[\u00a0\u202f]", " ", page.extract_text()) for page in PdfReader(path).pages]


def outline(reader):
    """Titles of the outline with their depth, 0 for the first level."""

    def walk(items, depth):
        for item in items:
            if isinstance(item, list):
                yield from walk(item, depth + 1)
            else:
                yield depth, " ".join(item.title.split())

    return list(walk(reader.outline, 0))


def beyond_the_margins(path):
    """Pieces of text that reach out of the type area, by page."""
    found = []
    for number, page in enumerate(pypdfium2.PdfDocument(path), start=1):
        width, text = page.get_width(), page.get_textpage()
        for place in range(text.count_rects()):
            left, _, right, _ = text.get_rect(place)
            if left < MARGIN - 2 or right > width - MARGIN + 2:
                found.append((number, text.get_text_bounded(*text.get_rect(place))))
    return found


def boxes(caplog):
    """Characters that came out as a box, because no font has them: WeasyPrint logs them."""
    return [record.getMessage() for record in caplog.records if "notdef" in record.getMessage()]


@pytest.mark.parametrize("engine", ENGINES)
def test_pages_outline_title_and_language_are_there(tmp_path, engine):
    headings = "<h1>Qui part&nbsp;?</h1>", "<h2>Réponse</h2><p>Peu.</p>", "<h3>Détail</h3>", "<h2>Limites</h2>"
    notebook = page_of(*headings, *['<p style="break-before: page">mot</p>'] * 2, lang="fr", as_of="2025-12-31")
    target = tmp_path / "a.pdf"
    getattr(pdf, engine)(render_html(notebook), target)
    reader = PdfReader(target)
    assert len(reader.pages) == 3
    assert reader.metadata.title == "Qui part\u00a0?"
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert outline(reader) == [(0, "Qui part ?"), (1, "Réponse"), (2, "Détail"), (1, "Limites")]
    for number, text in enumerate(texts(target), start=1):
        assert f"Page {number} / 3" in text
        assert "À la date du 31 décembre 2025" in text
        # the running head stands on every page but the first, where the title itself stands
        assert text.count("Qui part ?") == 1


@needs_weasyprint
@pytest.mark.parametrize(("as_of", "line"), [("2025-12-31", "As of 31 December 2025"), ("", None), (7, None)])
def test_the_day_of_the_data_stands_below_where_it_is_known(tmp_path, as_of, line):
    (text,) = texts(to_pdf(saved(tmp_path, page_of("<h1>Who?</h1>", lang="en", as_of=as_of)), tmp_path / "a.pdf"))
    assert ("As of" in text) == (line is not None)
    assert (line or "") in text


@needs_weasyprint
def test_the_same_page_gives_the_same_bytes_in_another_process(tmp_path):
    source = saved(tmp_path, page_of("<h1>é</h1>", table(3, 3)))
    first = to_pdf(source, tmp_path / "a.pdf").read_bytes()
    code = f"from retention_kit.reports.pdf import to_pdf; to_pdf({str(source)!r}, {str(tmp_path / 'b.pdf')!r})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert first == (tmp_path / "b.pdf").read_bytes()


@needs_weasyprint
def test_a_long_table_repeats_its_head_and_cuts_no_row(tmp_path):
    pages = texts(
        to_pdf(saved(tmp_path, page_of(table(90, 3, "{row}a{column}<br>{row}b{column}"))), tmp_path / "a.pdf")
    )
    assert len(pages) > 2
    assert all("head 2" in page for page in pages)
    for row in range(90):
        (page,) = [page for page in pages if f"\n{row}a0" in page or f" {row}a0" in page]
        assert f"{row}b0" in page


@needs_weasyprint
@pytest.mark.parametrize("rows", [2, 5, 6, 12])
@pytest.mark.parametrize("words", [24, 27, 30, 31, 32, 33, 34])
def test_a_table_breaks_only_between_three_rows_and_three_and_keeps_its_heading(tmp_path, rows, words):
    # a row is 6.8 mm: some of these places have room for two rows or less, some for more
    notebook = page_of(*["<p>mot</p>"] * words, "<h2>Titre</h2>", table(rows, 2, "z{row}.{column}"))
    pages = texts(to_pdf(saved(tmp_path, notebook), tmp_path / "a.pdf"))
    shown = [len(re.findall(r"z\d+\.0", page)) for page in pages]
    assert sum(shown) == rows
    parts = [count for count in shown if count]
    assert len(parts) == 1 or min(parts) >= 3
    # the heading, the caption and the head stand where the first rows stand, and nowhere else but the head
    start = next(number for number, count in enumerate(shown) if count)
    for words_kept in ("Titre", "all"):
        assert [number for number, page in enumerate(pages) if words_kept in page] == [start]
    assert ["head 1" in page for page in pages] == [count > 0 for count in shown]


@needs_weasyprint
def test_a_table_of_long_rows_fills_the_page_it_begins_on(tmp_path):
    # ten rows of some 30 mm: kept whole, they would leave a page with nothing but the caption
    name = "Société anonyme de gestion immobilière " * 6
    pages = texts(
        to_pdf(saved(tmp_path, page_of("<h2>Titre</h2>", table(10, 3, "z{row} " + name))), tmp_path / "a.pdf")
    )
    shown = [len(re.findall(r"z\d+ ", page)) // 3 for page in pages]
    assert sum(shown) == 10
    assert len(pages) == 2
    assert shown[0] >= 6
    assert "Titre" in pages[0]


@needs_weasyprint
def test_a_small_table_does_not_cling_to_the_figure_below(tmp_path):
    # 150 mm of words, a table of two rows, a figure of 100 mm: only the figure has no room
    notebook = with_picture(page_of(*["<p>mot</p>"] * 21, "<h2>Titre</h2>", table(2, 2)), png=png(900, 540), after=-1)
    first, second = pypdfium2.PdfDocument(to_pdf(saved(tmp_path, notebook), tmp_path / "a.pdf"))
    assert "Titre" in first.get_textpage().get_text_bounded()
    assert "1.1" in first.get_textpage().get_text_bounded()
    assert (len(pictures_on(first)), len(pictures_on(second))) == (0, 1)


@needs_weasyprint
@pytest.mark.parametrize("height", [527, 1058])
def test_two_heatmaps_share_a_page_and_one_of_forty_cohorts_fits_with_its_heading(tmp_path, height):
    # the sizes in pixels of heatmaps of 16 and of 40 cohorts; four lines of their rule
    rule = "<ul class='rk-notes'><li>" + "chaque ligne réunit les clients du même trimestre, " * 7 + "</li></ul>"
    cells = [
        cell
        for number in (1, 2)
        for cell in with_picture(page_of(f"<h3>Titre {number}</h3>", rule), png=png(912, height)).cells
    ]
    target = to_pdf(saved(tmp_path, new_notebook(cells=cells, metadata={"language": "fr"})), tmp_path / "a.pdf")
    pages = list(pypdfium2.PdfDocument(target))
    boxes_of_pages = [pictures_on(page) for page in pages]
    assert list(map(len, boxes_of_pages)) == ([2] if height == 527 else [1, 1])
    for left, low, right, high in [box for found in boxes_of_pages for box in found]:
        # letters of 8 pt at 100 dots an inch, drawn 912 pixels wide, print at 5 pt or more
        assert (right - left) / 912 * 8 / 72 * 100 >= 5
        assert MARGIN - 1 <= left < right <= pages[0].get_width() - MARGIN + 1
        # nothing of a figure reaches into the footer or the head
        assert 17 * MM - 1 <= low < high <= pages[0].get_height() - 18 * MM + 1
    for number, text in enumerate(texts(target)):
        assert f"Titre {number + 1}" in text


@needs_weasyprint
def test_answers_of_many_groups_break_between_two_of_them(tmp_path):
    said = "".join(f"<p><strong>g{number}.</strong> {'mot ' * 160}e{number}.</p>" for number in range(12))
    target = to_pdf(
        saved(tmp_path, page_of(f'<h2>Réponse</h2><div class="rk-result">{said}</div>')), tmp_path / "a.pdf"
    )
    pages = texts(target)
    assert len(pages) == 2
    assert "g0." in pages[0]
    for number in range(12):
        (page,) = [page for page in pages if f"g{number}." in page]
        assert f"e{number}." in page


@needs_weasyprint
def test_the_first_note_stays_with_its_table_and_others_may_go_overleaf(tmp_path):
    notes = "".join(f'<p class="rk-note">r{number}.</p>' for number in range(3))
    apart = 0
    for above in range(204, 230, 4):
        notebook = page_of(f'<p style="height: {above}mm">mot</p>', table(3, 2, "z{row}.{column}") + notes)
        pages = texts(to_pdf(saved(tmp_path, notebook), tmp_path / "a.pdf"))
        row, first, last = (next(n for n, page in enumerate(pages) if text in page) for text in ("z2.0", "r0.", "r2."))
        assert row == first
        apart += last > first
    assert apart


@needs_weasyprint
def test_no_letter_is_smaller_than_six_points_and_a_half(tmp_path):
    # headings of every level, a table of twelve columns, notes, what a page prints raw
    pieces = (
        "<h4>Titre</h4>",
        table(3, 12),
        '<p class="rk-note">note</p>',
        "<pre>brut</pre>",
        '<ul class="rk-notes"><li>r</li></ul>',
    )
    sizes = {}
    for page in PdfReader(to_pdf(saved(tmp_path, page_of(*pieces)), tmp_path / "a.pdf")).pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, font, size: sizes.setdefault(text.strip(), size * abs(tm[3]))
        )
    letters = {text: size * 0.75 for text, size in sizes.items() if text}
    assert min(letters.values()) >= 6.5 - 0.01
    # what explains is smaller than what says, at 9.5; a heading of the fourth level is not
    assert letters["note"] == pytest.approx(8.5, abs=0.01)
    assert letters["Titre"] == pytest.approx(10, abs=0.01)


@needs_weasyprint
@pytest.mark.parametrize(("columns", "wide"), [(6, False), (9, False), (12, False), (16, True)])
def test_tables_of_many_columns_stay_within_the_margins(tmp_path, columns, wide):
    cell = "1\u202f003\u202f770,50\u00a0€" if columns < 12 else "100,5\u00a0%"
    target = to_pdf(saved(tmp_path, page_of("<h1>Titre</h1>", table(5, columns, cell))), tmp_path / "a.pdf")
    assert beyond_the_margins(target) == []
    sizes = [(page.mediabox.width, page.mediabox.height) for page in PdfReader(target).pages]
    assert any(width > height for width, height in sizes) == wide


@needs_weasyprint
def test_long_and_hostile_names_stay_within_the_margins(tmp_path):
    name = "Wolkenkratzer" * 23
    pieces = (
        f"<h1>{name}</h1>",
        f"<p>{name}</p>",
        f"<table><tr><td>{name}</td><td>1</td></tr></table>",
        table(2, 8, name),
    )
    assert beyond_the_margins(to_pdf(saved(tmp_path, page_of(*pieces)), tmp_path / "a.pdf")) == []


@needs_weasyprint
@pytest.mark.parametrize(("others", "roomy"), [(4, True), (5, False)])
def test_long_names_have_the_room_that_few_columns_leave(tmp_path, others, roomy):
    name = "Société anonyme de gestion " * 11  # 297 characters
    row = f"<td>{name}</td>{'<td>1</td>' * others}"
    head = "".join(f"<th>h{number}</th>" for number in range(others + 1))
    shown = f'<table class="rk-table"><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr></tbody></table>'
    target = to_pdf(saved(tmp_path, page_of(shown)), tmp_path / "a.pdf")
    assert beyond_the_margins(target) == []
    (page,) = pypdfium2.PdfDocument(target)
    assert page.get_textpage().get_text_bounded().count("Société") == 11
    words = page.get_textpage()
    lines = [words.get_rect(number) for number in range(words.count_rects())]
    widest = max(right - left for left, _, right, _ in lines if left < MARGIN + 3 * MM)
    assert (widest > 60 * MM) == roomy


@needs_weasyprint
def test_every_letter_is_in_a_font(tmp_path, caplog):
    # thin spaces, signs, arrows and accents must not come out as boxes; U+E000, which no font has, does
    to_pdf(saved(tmp_path, page_of("<p>1\u202f234 −5 ≤ 3 œÉ → × « ’ … – —</p>")), tmp_path / "a.pdf")
    assert boxes(caplog) == []
    to_pdf(saved(tmp_path, page_of("<p>\ue000</p>")), tmp_path / "a.pdf")
    assert len(boxes(caplog)) == 1


@needs_weasyprint
def test_nothing_outside_the_page_is_read(tmp_path, monkeypatch):
    # WeasyPrint knows no content security policy: a style could draw a file of this machine
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"no image")
    hostile = f'<style>p {{ background: url("{secret.as_uri()}") }} @import url("{secret.as_uri()}");</style><p>x</p>'
    fetched = []
    urls = importlib.import_module("weasyprint.urls")

    class Watching(urls.URLFetcher):
        def fetch(self, url, *args, **kwargs):
            response = super().fetch(url, *args, **kwargs)
            fetched.append(url.partition(":")[0])
            return response

    monkeypatch.setattr(urls, "URLFetcher", Watching)
    to_pdf(saved(tmp_path, with_picture(page_of(hostile))), tmp_path / "a.pdf")
    assert set(fetched) == {"data"}


@needs_weasyprint
def test_pictures_carry_their_words(tmp_path):
    notebook = with_picture(page_of("<h1>Titre</h1>"), alt="Le MRR baisse.")
    reader = PdfReader(to_pdf(saved(tmp_path, notebook), tmp_path / "a.pdf"))
    assert alternatives(reader) == ["Le MRR baisse."]


def alternatives(reader):
    """Alternative texts in the tree of tags."""

    def walk(node):
        node = node.get_object()
        if not hasattr(node, "get"):
            return
        if "/Alt" in node:
            yield node["/Alt"]
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            yield from walk(kid)

    return list(walk(reader.trailer["/Root"]["/StructTreeRoot"]))


def test_a_title_cannot_leave_its_place_in_the_style_sheet():
    hostile = '"; } </style><script>alert(1)</script> \\ \n é 🦄'
    written = css_text(hostile)
    assert not set(written[1:-1]) & set("\"'<>;{}()\n")
    page = render_html(page_of(f"<h1>{hostile.replace('<', '&lt;')}</h1>"))
    assert page.count("</style>") == 1


def test_without_anything_that_writes_pdf_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "weasyprint_hindrance", lambda: "no module named weasyprint")
    monkeypatch.setattr(pdf, "chromium", lambda: None)
    with pytest.raises(OptionError) as refused:
        to_pdf(saved(tmp_path, page_of("<p>x</p>")), tmp_path / "a.pdf")
    assert refused.value.key == "error.pdf_engine"
    assert "retention-kit[pdf]" in str(refused.value)
    assert not (tmp_path / "a.pdf").exists()


def test_where_weasyprint_does_not_start_chromium_prints(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "weasyprint_hindrance", lambda: "no pango")
    monkeypatch.setattr(pdf, "chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(pdf, "print_with_chromium", lambda page, target: target.write_bytes(b"%PDF printed"))
    assert to_pdf(saved(tmp_path, page_of("<p>x</p>")), tmp_path / "a.pdf").read_bytes() == b"%PDF printed"


def test_the_environment_names_the_chromium(tmp_path, monkeypatch):
    own = tmp_path / "my-browser"
    own.write_text("#!/bin/sh\n", encoding="utf-8")
    own.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(own))
    assert pdf.chromium() == str(own)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nowhere"))
    assert pdf.chromium() is None


@pytest.mark.parametrize("fault", [OSError(28, "no space left"), ValueError("a bug"), KeyboardInterrupt()])
def test_what_breaks_leaves_nothing_new_and_spoils_nothing_old(tmp_path, monkeypatch, fault):
    def broken(page, target):
        target.write_bytes(b"half")
        raise fault

    monkeypatch.setattr(pdf, "_write", broken)
    monkeypatch.setattr(pdf, "check_available", lambda: None)
    source = saved(tmp_path, page_of("<p>x</p>"))
    (tmp_path / "a.pdf").write_bytes(b"before")
    expected = KeyboardInterrupt if isinstance(fault, KeyboardInterrupt) else ReportError
    with pytest.raises(expected):
        to_pdf(source, tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ipynb", "a.pdf"]


ALWAYS = {"cohort_study"}  # the widest figure


@pytest.mark.notebook
@needs_weasyprint
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.slow) for name in NAMES]
)
def test_every_report_goes_on_paper_whole(tmp_path, caplog, name):
    # French words are the longer ones
    files = run_report(name, {"lang": "fr", **BUNDLED.get(name, {})}, output_dir=tmp_path)
    target = to_pdf(files.notebook, tmp_path / "a.pdf")
    reader, pages = PdfReader(target), texts(target)
    assert beyond_the_margins(target) == []
    assert boxes(caplog) == []
    assert all(f"Page {number} / {len(pages)}" in text for number, text in enumerate(pages, start=1))
    assert [depth for depth, _ in outline(reader)].count(0) == 1
    assert {"Limites", "Provenance"} <= {title for _, title in outline(reader)}
    pictures = sum("image/png" in output.get("data", {}) for cell in files_cells(files) for output in cell.outputs)
    assert len(alternatives(reader)) == pictures
    shown = [len(pictures_on(page)) for page in pypdfium2.PdfDocument(target)]
    assert sum(shown) == pictures  # a figure that is split counts twice
    if name == "cohort_study":
        assert sorted(shown)[-2:] == [2, 2]  # its four matrices, two by two
    assert ends_of_pages(target) & {title for _, title in outline(reader)} == set()


def ends_of_pages(path):
    """The last line above the foot of each page, by its place on the sheet and not in the file."""
    ends = set()
    for page in pypdfium2.PdfDocument(path):
        words = page.get_textpage()
        places = [words.get_rect(number) for number in range(words.count_rects())]
        above = [place for place in places if place[1] > 17 * MM]
        lowest = min(place[1] for place in above)
        line = [place for place in above if place[1] < lowest + 2]
        ends.add(" ".join(words.get_text_bounded(*place).strip() for place in sorted(line)))
    return ends


def files_cells(files):
    return [cell for cell in nbformat.read(files.notebook, as_version=4).cells if cell.cell_type == "code"]
