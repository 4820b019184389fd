"""Running a report: what is delivered, what is refused, and what stays when it breaks."""

import json
import logging
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from retention_kit import reports
from retention_kit.errors import FileNotReadableError, OptionError, ReportError, UnknownParameterError
from retention_kit.reports import library, report_names, report_path, run_report
from retention_kit.reports import run as running

PARAMETERS = 'word: str = "none"\nlang: str = "en"'
notebook_test = pytest.mark.notebook


def small(folder, *sources, name="small"):
    """A notebook of a parameters cell and these cells."""
    cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}), *map(new_code_cell, sources)]
    path = Path(folder) / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def printed(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(
        output.text for cell in cells for output in cell.get("outputs", []) if output.get("name") == "stdout"
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_reports_of_the_source_tree_are_found(tmp_path, monkeypatch):
    small(tmp_path, name="one")
    small(tmp_path, name=".hidden")
    monkeypatch.setattr(library, "reports_folder", lambda: tmp_path)
    assert report_names() == ["one"]
    assert report_path("one") == tmp_path / "one.ipynb"
    with pytest.raises(OptionError) as refused:
        report_path("two")
    assert refused.value.fields["legal"] == ["one"]


def test_a_wheel_brings_its_notebooks_along(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "files", lambda _: tmp_path / "retention_kit")
    assert library.reports_folder() == tmp_path / "notebooks" / "reports"
    (tmp_path / "retention_kit" / "_notebooks" / "reports").mkdir(parents=True)
    assert library.reports_folder() == tmp_path / "retention_kit" / "_notebooks" / "reports"


def test_a_path_to_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotReadableError, match="nowhere"):
        report_path(tmp_path / "nowhere.ipynb")


def test_listing_reports_needs_no_papermill():
    code = "import retention_kit.reports, sys; sys.exit('papermill' in sys.modules or 'nbconvert' in sys.modules)"
    assert os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", code) == 0


@pytest.mark.parametrize("stem", ["", "a/b", "../a", ".a", "a" * 101, "a\\b", "a\0b", "a:b"])
def test_a_name_that_is_a_path_is_refused_before_anything_runs(tmp_path, stem):
    with pytest.raises(OptionError) as refused:
        run_report(small(tmp_path), output_dir=tmp_path / "out", stem=stem)
    assert refused.value.key == "error.report_stem"
    assert names(tmp_path) == ["small.ipynb"]


def test_formats_and_parameters_are_checked_before_anything_runs(tmp_path):
    with pytest.raises(OptionError) as refused:
        run_report(small(tmp_path), output_dir=tmp_path / "out", formats=["docx"])
    assert refused.value.fields["value"] == "docx"
    with pytest.raises(UnknownParameterError):
        run_report(small(tmp_path), {"wrod": "x"}, output_dir=tmp_path / "out")
    assert names(tmp_path) == ["small.ipynb"]


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_what_cannot_be_written_here_is_refused_before_anything_runs(tmp_path, monkeypatch, kind):
    def refuse():
        raise OptionError("error.xlsx_package")

    module = {"pdf": "pdf", "xlsx": "spreadsheet"}[kind]
    monkeypatch.setattr(f"retention_kit.reports.{module}.check_available", refuse)
    with pytest.raises(OptionError):
        run_report(small(tmp_path), output_dir=tmp_path / "out", formats=["html", kind])
    assert names(tmp_path) == ["small.ipynb"]


@pytest.fixture
def not_run(monkeypatch):
    """Notebooks are taken for executed as they are."""

    def execute(source, output, parameters, **_):
        notebook = nbformat.read(source, as_version=4)
        notebook.metadata["papermill"] = {"parameters": parameters}
        nbformat.write(notebook, output)
        return notebook

    monkeypatch.setattr("retention_kit.reports.run.execute", execute)


def test_what_was_not_given_is_written_down_as_the_default_that_it_had(tmp_path, not_run):
    longest = "a" * 100
    files = run_report(small(tmp_path), {"lang": "fr"}, output_dir=tmp_path / "out", stem=longest, formats=["ipynb"])
    assert files.notebook.stem == longest
    described = nbformat.read(files.notebook, as_version=4).metadata
    assert described.retention_kit.parameters == {"word": "none", "lang": "fr"}
    assert described.title == "small"  # of a page without a heading


@pytest.mark.parametrize("fault", [ReportError("error.pdf_failed", reason="no ink"), MemoryError("no room")])
def test_an_executed_notebook_stays_when_a_page_of_it_cannot_be_written(tmp_path, not_run, monkeypatch, fault):
    def refuse(notebook, page):
        page.write_text("half", encoding="utf-8")
        raise fault

    monkeypatch.setitem(running._WRITERS, "xlsx", refuse)
    with pytest.raises(ReportError) as broke:
        run_report(small(tmp_path), output_dir=tmp_path / "out", formats=["html", "xlsx"])
    assert str(fault) in str(broke.value)
    assert names(tmp_path / "out") == ["small.failed.ipynb"]


def test_an_output_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(OptionError) as refused:
        run_report(small(tmp_path), output_dir=tmp_path / "out")
    assert refused.value.key == "error.output_dir"


def test_an_output_folder_that_one_may_not_write_into_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, how: False)  # the tests may run as root, who may
    with pytest.raises(OptionError) as refused:
        run_report(small(tmp_path), output_dir=tmp_path / "out")
    assert refused.value.fields["reason"] == "Permission denied"


@notebook_test
def test_a_report_is_delivered_whole_quietly_and_from_anywhere(tmp_path, monkeypatch, capfd):
    # The braces would be evaluated or raise if papermill were left to format the paths.
    folder = tmp_path / "out {0} {word.__class__}"
    word = "\"'\n{word}\u202f\\ "
    source = small(
        tmp_path,
        "import os, sys\nprint(repr(word)); print(sys.executable); print(os.getcwd())",
        "from IPython.display import HTML, display\ndisplay(HTML('<h1>Titre &amp; nom</h1>'))",
        "print('noise', file=sys.stderr)",
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "colorsys.py").write_text("raise SystemError('a stray module')", encoding="utf-8")
    handlers = list(logging.getLogger("papermill").handlers)
    files = run_report(source, {"word": word, "lang": "fr"}, output_dir=folder.name, stem="a {1}")
    assert names(folder) == ["a {1}.html", "a {1}.ipynb"]
    assert printed(files.notebook).splitlines() == [repr(word), sys.executable, str(tmp_path)]
    page = files.html.read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "<title>Titre &amp; nom</title>" in page
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("papermill").handlers == handlers
    assert Path.cwd() == tmp_path
    described = json.loads(files.notebook.read_text(encoding="utf-8"))["metadata"]
    assert described["retention_kit"]["parameters"] == {"word": word, "lang": "fr"}
    assert described["retention_kit"]["report"] == "small"
    assert described["retention_kit"]["version"]
    assert described["papermill"]["output_path"] == str(files.notebook)


@notebook_test
def test_nothing_of_the_users_own_settings_stands_in(tmp_path, monkeypatch):
    # Reproduced: plain papermill starts the kernel registered under the same name and dies.
    spec = tmp_path / "data" / "kernels" / "python3"
    spec.mkdir(parents=True)
    broken = {"argv": ["/nowhere/python", "{connection_file}"], "display_name": "Broken", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(broken), encoding="utf-8")
    for name in ("JUPYTER_PATH", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    start_up = tmp_path / "ipython" / "profile_default" / "startup" / "00.py"
    start_up.parent.mkdir(parents=True)
    start_up.write_text("print = None", encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    source = small(tmp_path, "import ipykernel.connect, json, sys\nprint(sys.executable)", SOCKETS)
    files = run_report(source, output_dir=tmp_path / "out", formats=["ipynb"], engine="papermill")
    assert files.html is None
    assert printed(files.notebook).split() == [sys.executable, "ipc"]


@notebook_test
def test_an_installation_in_the_working_directory_is_found(tmp_path, monkeypatch):
    # IPython's --ipython-dir takes the working directory off sys.path, even if something had put it there.
    (tmp_path / "beside.py").write_text("", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    files = run_report(small(tmp_path, "import beside\nprint(beside.__file__)"), output_dir="out", formats=["ipynb"])
    assert printed(files.notebook) == f"{tmp_path / 'beside.py'}\n"


SOCKETS = "print(json.load(open(ipykernel.connect.get_connection_file()))['transport'])"


@notebook_test
def test_input_that_the_package_refuses_leaves_nothing_but_the_message(tmp_path, capfd):
    source = small(
        tmp_path,
        "from retention_kit import errors, wording; wording.use_language(lang)",
        "raise errors.OptionError('error.option', name='horizon', value='-1', legal=['1', '2'])",
    )
    with pytest.raises(ReportError) as refused:
        run_report(source, {"lang": "fr"}, output_dir=tmp_path / "out")
    assert refused.value.key == "error.report_input"
    assert "horizon ne peut pas valoir" in str(refused.value)
    assert names(tmp_path / "out") == []
    assert capfd.readouterr() == ("", "")


@notebook_test
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        # papermill calls all the following "completed":
        ("import os; os._exit(3)", "the process that runs the notebook ended)"),
        ("import time; time.sleep(60)", "a cell took longer than 3 seconds"),
        ("import sys; sys.exit(0)", "it stopped before its last cell"),
    ],
)
def test_what_breaks_leaves_the_partly_run_notebook(tmp_path, capfd, source, reason):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "small.html").write_text("before", encoding="utf-8")
    with pytest.raises(ReportError) as broke:
        run_report(small(tmp_path, "print('ran')", source), output_dir=folder, cell_timeout=3)
    assert broke.value.key == "error.report_failed"
    assert reason in str(broke.value)
    assert names(folder) == ["small.failed.ipynb", "small.html"]
    assert (folder / "small.html").read_text(encoding="utf-8") == "before"
    assert printed(folder / "small.failed.ipynb") == "ran\n"
    assert str(folder / "small.failed.ipynb") in str(broke.value)
    assert capfd.readouterr() == ("", "")


@notebook_test
def test_a_process_that_cannot_start_says_why(tmp_path, monkeypatch, capfd):
    (tmp_path / "path" / "ipykernel").mkdir(parents=True)
    (tmp_path / "path" / "ipykernel" / "__init__.py").touch()
    broken = tmp_path / "path" / "ipykernel" / "__main__.py"
    broken.write_text("raise ImportError('a broken installation')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    with pytest.raises(ReportError, match="ended: ImportError: a broken installation"):
        run_report(small(tmp_path), output_dir=tmp_path / "out", engine="papermill")
    assert capfd.readouterr() == ("", "")


@notebook_test
def test_a_report_that_works_again_takes_the_failed_one_away(tmp_path):
    source, folder = small(tmp_path, "assert word == 'right'", FIGURE), tmp_path / "out"
    with pytest.raises(ReportError, match="AssertionError"):
        run_report(source, {"word": "wrong"}, output_dir=folder)
    assert names(folder) == ["small.failed.ipynb"]
    run_report(source, {"word": "right"}, output_dir=folder)
    assert names(folder) == ["small.html", "small.ipynb"]
    assert 'alt="A line"' in (folder / "small.html").read_text(encoding="utf-8")


FIGURE = """\
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(1, 1))
plt.close(figure)
display(figure, metadata={"image/png": {"alt": "A line"}})"""


def test_public_names_exist():
    assert all(getattr(reports, name) for name in reports.__all__)
    with pytest.raises(AttributeError):
        _ = reports.nonsense
