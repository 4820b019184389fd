"""What a notebook cell shows: words escaped, pictures once and with their alt text."""

import base64
import subprocess
import sys
from io import BytesIO

import nbformat
import pytest
from matplotlib import pyplot as plt

from retention_kit.pages import heading, paragraph, picture
from retention_kit.wording import Message, use_language

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
