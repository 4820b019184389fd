"""The page of a report: complete, accessible, and harmless whatever the notebook holds."""

import re
import subprocess

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from retention_kit.errors import ReportError
from retention_kit.reports.containing import contained, straight
from retention_kit.reports.export import css_text, page_title, render_html, to_html
from retention_kit.reports.pdf import chromium
from retention_kit.wording import render
from retention_kit.wording.formats import Formatter

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CHROMIUM = chromium()
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="a Chromium shows whether a script runs")


def shown(data, metadata=None):
    return new_output("display_data", data=data, metadata=metadata or {})


def html(text):
    return shown({"text/html": text, "text/plain": "<HTML>"})


def figure(alt):
    return shown({"image/png": PIXEL, "text/plain": "<Figure>"}, {"image/png": {"alt": alt}})


def executed(*outputs, **metadata):
    cell = new_code_cell("secret_code = 1", outputs=list(outputs), execution_count=1)
    return new_notebook(cells=[cell], metadata=metadata)


def dom(path):
    """What Chromium has made of a page, once its scripts and redirections had their time."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={path.parent / 'profile'}", "--virtual-time-budget=2000", "--dump-dom"]
    return subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=60, check=True).stdout


def test_the_page_has_language_title_and_policy_and_fetches_nothing():
    page = render_html(executed(html("<h1>Réponse</h1>"), figure("a"), language="fr", title="A <b> & c"))
    assert '<html lang="fr">' in page
    assert "<title>A &lt;b&gt; &amp; c</title>" in page
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert not re.search(r"""(?:src|href)=["'](?!data:)|url\(|@import|<script|<link""", page)


def test_code_prompts_anchors_and_standard_error_are_hidden_and_printed_text_is_not():
    noise = new_output("stream", name="stderr", text="a warning")
    printed = new_output("stream", name="stdout", text="1 < 2")
    notebook = executed(noise, printed, new_output("execute_result", data={"text/plain": "42"}, execution_count=1))
    notebook.cells.append(new_markdown_cell("## Limits"))
    page = render_html(notebook)
    assert "secret_code" not in page
    assert "a warning" not in page
    assert "[1]" not in page
    assert "¶" not in page
    assert "<pre>1 &lt; 2</pre>" in page
    assert "<pre>42</pre>" in page
    assert "Limits</h2>" in page


def test_notes_to_those_who_open_the_notebook_stay_in_the_notebook():
    notebook = executed()
    notebook.cells += [new_markdown_cell("for analysts", metadata={"tags": ["source"]}), new_markdown_cell("for all")]
    page = render_html(notebook)
    assert "for analysts" not in page
    assert "for all" in page


def test_a_figure_carries_its_text_and_nothing_of_its_repr():
    page = render_html(executed(figure('Revenue "falls" <fast>')))
    picture = BeautifulSoup(page, "html.parser").select_one("figure > .rk-wide > img")
    assert picture["alt"] == 'Revenue "falls" <fast>'
    assert picture["src"] == f"data:image/png;base64,{PIXEL}"
    assert "Figure&gt;" not in page
    assert "No description" not in page


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_figure_without_text_is_an_error_that_names_the_cell(alt):
    with pytest.raises(ReportError) as refused:
        render_html(executed(figure(alt)))
    assert refused.value.key == "error.image_without_alt"
    assert refused.value.fields == {"cell": 1}


def test_nothing_is_left_at_the_final_path_when_the_page_fails(tmp_path):
    nbformat.write(executed(figure("")), tmp_path / "a.ipynb")
    (tmp_path / "a.html").write_text("before", encoding="utf-8")
    with pytest.raises(ReportError):
        to_html(tmp_path / "a.ipynb", tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.ipynb"]


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        (
            [new_code_cell("", outputs=[html("<p>x</p><h1>Does <em>it</em> hold &amp; why?</h1>")])],
            "Does it hold & why?",
        ),
        ([new_markdown_cell("text\n# Title")], "Title"),
        ([new_markdown_cell("no heading")], ""),
        ([new_markdown_cell("# Source", metadata={"tags": ["source"]}), new_markdown_cell("# Page")], "Page"),
    ],
)
def test_the_title_is_the_first_heading(cells, title):
    assert page_title(new_notebook(cells=cells)) == title


def test_tables_and_results_survive_containment():
    table = (
        '<style>#T_1_row0 {color: #333}</style><table class="rk-table"><caption>c</caption><thead><tr><th scope="col">'
        'a</th></tr></thead><tbody><tr><td colspan="2" id="T_1_row0">1 234 €</td></tr></tbody></table>'
    )
    assert contained(table) == table
    assert contained('<div class="rk-result" lang="fr"><p><strong>x</strong></p></div>').startswith(
        '<div class="rk-result"'
    )


@pytest.mark.parametrize(
    ("hostile", "left"),
    [
        ("a<script>x()</script>b", "ab"),
        ('<img src="http://x/y.png" onerror="x()" alt="t">', '<img alt="t"/>'),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ("</div></main>text", "text"),
        ("<b>open", "<b>open</b>"),
        ("<acme corp>Acme", "Acme"),
        ("<!--><meta http-equiv=refresh content=0>-->", ""),
        ("<style>a</style ><meta></style>", None),
        ("<svg><style><meta http-equiv=refresh content=0></style></svg>", ""),
        ('<xmp><a title="</xmp><meta http-equiv=refresh content=0>"></a></xmp>', ""),
        ("<style scoped>th {text-align: right}</style>", ""),
    ],
)
def test_what_acts_beyond_its_place_falls_away(hostile, left):
    result = contained(hostile)
    assert not re.search(r"<meta|<script|onerror|javascript:|scoped", result)
    if left is not None:
        assert result == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a \u202ec", "a c"),
        ("\u202b\u202da", "a"),
        ("a \u2067b", "a b"),  # an isolate that nobody ends
        ("a \u2068b\u2069 c", "a \u2068b\u2069 c"),
        ("a\u2069 \u2068b", "a b"),  # ended before it began
        ("a\u2069 \u2068b\u2069 \u2067c", "a \u2068b\u2069 c"),  # one name's marks do not cost another's
        ("שלום \u200f3", "שלום \u200f3"),  # letters from right to left, and their marks, are no attack
    ],
)
def test_marks_that_turn_what_follows_fall_away(text, left):
    assert straight(text) == left
    assert contained(f'<p title="{text}">{text}</p>') == f'<p title="{left}">{left}</p>'


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("p_value", [0.0001, 0.25])
def test_a_p_value_stays_on_one_line(lang, p_value):
    told = Formatter(lang, render).format("with p {x:p}.", x=p_value)
    assert " " not in contained(f"<li>{told}</li>").removeprefix("<li>with ")


@pytest.mark.parametrize("sign", "+−-±")
def test_no_line_ends_after_the_sign_of_an_amount(sign):
    assert contained(f"<td>{sign}€47</td>") == f"<td>{sign}\u2060€47</td>"
    assert contained(f"<td>{sign}$47 to {sign}¥3</td>") == f"<td>{sign}\u2060$47 to {sign}\u2060¥3</td>"
    assert contained(f"<td>{sign}47 € {sign} €</td>") == f"<td>{sign}47 € {sign} €</td>"


def test_every_table_has_a_box_that_scrolls_and_has_a_name():
    html = "<p>a</p><table><caption>Who <b>left</b></caption><tr><td><table></table></td></tr></table><table></table>"
    boxes = BeautifulSoup(contained(html, "Tableau"), "html.parser").select(".rk-wide")
    assert [box["aria-label"] for box in boxes] == ["Who left", "Tableau"]
    assert all((box["tabindex"], box["role"]) == ("0", "group") for box in boxes)
    assert [child.name for box in boxes for child in box.children] == ["table", "table"]


def test_words_longer_than_any_word_may_break_and_others_may_not():
    word = "x" * 45
    assert contained(f"<td>a {word}\n{'y' * 39}</td>").count("<wbr/>") == 4  # 12 + 12 + 12 + 9 letters
    assert BeautifulSoup(contained(f"<td>a {word} b\n</td>"), "html.parser").get_text() == f"a {word} b\n"
    assert contained(f"<td>{'x' * 39}</td>") == f"<td>{'x' * 39}</td>"


@pytest.mark.parametrize(("lang", "words"), [("en", "As of 31 December 2025"), ("fr", "À la date du 31 décembre 2025")])
def test_what_stands_at_the_foot_of_printed_pages(lang, words):
    notebook = executed(html("<h1>a</h1>"), language=lang, retention_kit={"parameters": {"as_of": "2025-12-31"}})
    assert css_text(words) in render_html(notebook)
    notebook.metadata.retention_kit.parameters.as_of = ""
    assert '@bottom-left { content: ""; }' in render_html(notebook)


def test_one_exporter_serves_pages_of_both_languages():
    french = render_html(executed(html("<h1>a</h1><table></table>"), language="fr", title="Un"))
    english = render_html(executed(html("<h1>a</h1><table></table>"), language="en", title="One"))
    assert french == render_html(executed(html("<h1>a</h1><table></table>"), language="fr", title="Un"))
    assert 'aria-label="Tableau, défile' in french
    assert 'aria-label="Table, scrolls' in english


HOSTILE = """\
<h1>Safe</h1><script>document.title = "EVIL"</script>
<img src="x" onerror="document.title = 'EVIL'"><svg onload="document.title = 'EVIL'"></svg>
<meta http-equiv="refresh" content="0;url=evil.html"></div></main>
<style>a</style ><meta http-equiv="refresh" content="0;url=evil.html"><script>document.title = "EVIL"</script></style>
<p id="after">after</p>"""


@needs_chromium
def test_a_hostile_notebook_changes_nothing_in_the_browser(tmp_path):
    (tmp_path / "evil.html").write_text("<title>EVIL</title>", encoding="utf-8")
    notebook = executed(html(HOSTILE), shown({"application/javascript": "document.title = 'EVIL'", "text/plain": "-"}))
    notebook.cells.append(new_markdown_cell(HOSTILE))
    notebook.metadata.title = "Safe </title><script>document.title = 'EVIL'</script>"
    nbformat.write(notebook, tmp_path / "a.ipynb")
    seen = dom(to_html(tmp_path / "a.ipynb", tmp_path / "a.html"))
    assert "<title>Safe &lt;/title&gt;" in seen
    assert seen.count('<p id="after">') == 2
    assert seen.rindex("after</p>") < seen.index("</main>")


@needs_chromium
def test_the_policy_alone_stops_scripts(tmp_path):
    # Two walls: even what slipped through containment does not run.
    page = render_html(executed(html("<h1>Safe</h1>"), title="Safe"))
    attack = "<script>document.title = 'EVIL'</script><img src='x' onerror=\"document.title = 'EVIL'\">"
    (tmp_path / "a.html").write_text(page.replace("<main>", f"<main>{attack}"), encoding="utf-8")
    assert "<title>Safe</title>" in dom(tmp_path / "a.html")
    bare = re.sub(r"<meta[^>]*Content-Security-Policy[^>]*>", "", page.replace("<main>", f"<main>{attack}"))
    (tmp_path / "b.html").write_text(bare, encoding="utf-8")
    assert "<title>EVIL</title>" in dom(tmp_path / "b.html")
