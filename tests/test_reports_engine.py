"""Our engine against plain papermill: the same outputs cell by cell, and no report that changes another."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.exceptions import PapermillExecutionError

from retention_kit.errors import OptionError, ReportError
from retention_kit.reports import engine, forking, report_names, report_path, run_report

pytestmark = pytest.mark.skipif(not forking.available(), reason="the engine needs Linux")
notebook_test = pytest.mark.notebook
DRAWN = {"hypothesis", "monthly_retention", "cohort_study", "segment_comparison"}
COMPARED_ALWAYS = {("hypothesis", "en")}
FIRST_BYTES = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def sets_in_one_order(monkeypatch):
    # the order of a set of texts differs from process to process, and shows in some reprs
    monkeypatch.setenv("PYTHONHASHSEED", "0")


def small(folder, *sources, name="small", tags=()):
    cells = [new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    path = Path(folder) / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def executed(path, output, name, parameters=None):
    given = {"kernel_name": "python3", "language": "python", "progress_bar": False}
    with mock.patch.dict(os.environ):
        # ipykernel does not watch what subprocesses print where it believes to be tested itself
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        return papermill.execute_notebook(path, output, parameters, engine_name=name, **given)


def shown(notebook):
    return [(cell.get("execution_count"), merged(cell.get("outputs", []))) for cell in notebook.cells]


def merged(outputs):
    """Streams as one text each: a kernel sends what it has every 0.2 seconds, so a busy machine cuts them up."""
    whole, streams = [], {}
    for output in map(dict, outputs):
        before = streams.setdefault(output.get("name"), output)
        if output["output_type"] == "stream" and before is not output:
            before["text"] += output["text"]
        else:
            whole.append(output)
    return sorted(whole, key=lambda output: output["output_type"] == "stream")


def pictures(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]


def both(path, folder, parameters=None):
    return [executed(path, folder / f"{name}.ipynb", name, parameters) for name in ("nbclient", engine.NAME)]


def every_report():
    """Every report in both languages; two of them always, the others where there is time."""
    pairs = [(name, lang) for name in report_names() for lang in ("en", "fr")]
    return [pytest.param(*pair, marks=() if pair in COMPARED_ALWAYS else pytest.mark.slow) for pair in pairs]


@notebook_test
@pytest.mark.parametrize(("name", "lang"), every_report())
def test_a_report_has_the_outputs_of_plain_papermill(tmp_path, name, lang):
    plain, ours = both(report_path(name), tmp_path, {"lang": lang})
    for theirs, own in zip(shown(plain), shown(ours), strict=True):
        assert own == theirs
    assert [cell.source for cell in ours.cells] == [cell.source for cell in plain.cells]
    assert len(pictures(ours)) == len(pictures(plain))
    assert pictures(ours) or name not in DRAWN
    assert all(base64.b64decode(picture).startswith(FIRST_BYTES) for picture in pictures(ours))
    assert ours.metadata.language_info == plain.metadata.language_info


FIGURE = "import matplotlib.pyplot as plt\nax = plt.subplots(figsize=(2, 1))[1]\nax.plot([1, 2]);"
WAYS_TO_SHOW = (
    FIGURE,  # left open: shown at the end of the cell
    "plt.gca()",  # closed with the cell before: this is a new, empty one
    "fig, axes = plt.subplots(2)\nplt.show()\nprint('after')",
    "fig = plt.figure(); plt.close(fig)\nfig",
    "display(fig, metadata={'image/png': {'alt': 'nothing'}})\n1 + 1",
    "print('one'); print('two', end=''); import sys; print('wrong', file=sys.stderr); print('three')",
    "print('a'); display('b'); print('c'); sys.stderr.write('d')",
    "shown = display('before', display_id='x')\nupdated = display('old', display_id=True)",
    "shown.update('after'); updated.update('new', metadata={'text/plain': {'k': 1}})",
    "from IPython.display import HTML, Markdown, clear_output\nprint('gone'); clear_output(); HTML('<b>x</b>')",
    "print('waits'); clear_output(wait=True); print('replaced')",
    "import pandas as pd\npd.DataFrame({'a': [1.5, None]})",
    "import warnings\nwarnings.warn('careful', stacklevel=99)",
    "Out[5] + 1, _5",
    "%matplotlib inline\nplt.plot([3, 1]);",
    "!echo from a shell",
    "import subprocess; subprocess.run(['echo', 'from a subprocess'], check=True);",
    "import datetime\nday = datetime.datetime(2025, 1, 2, tzinfo=datetime.UTC)\n"  # no JSON, and sent all the same
    "class Bundle:\n    def _repr_mimebundle_(self, **_):\n"
    "        return {'text/plain': 't', 'application/x+json': {'a': (1, 2), 'on': day}}, {'m': 1}\nBundle()",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "__name__, get_ipython().__class__.__name__, sys.stdout.isatty(), sys.stdout.encoding",
    "import pickle\ndef mine(): return 1\npickle.loads(pickle.dumps(mine))()",
    "",
    "sys.exit(0)",
    "never",
)


@notebook_test
def test_every_way_of_showing_something_shows_the_same(tmp_path):
    plain, ours = both(small(tmp_path, *WAYS_TO_SHOW), tmp_path)
    for source, theirs, own in zip(WAYS_TO_SHOW, shown(plain), shown(ours), strict=True):
        assert own == theirs, source
    assert len(pictures(ours)) == len(pictures(plain)) == 4


LEFT = "print('x')\nraise SystemExit(1)"
BROKEN = "class Broken:\n    def __repr__(self): return 'r'\n    def _repr_html_(self): 1 / 0\nBroken()"


def told(path, folder, name):
    """What papermill raised for a notebook, and what the notebook then shows."""
    error = None
    try:
        executed(path, folder / f"{name}.ipynb", name)
    except PapermillExecutionError as failure:
        error = failure.ename, failure.evalue
    return error, shown(nbformat.read(folder / f"{name}.ipynb", as_version=4))


@notebook_test
@pytest.mark.parametrize(
    "source", ["1 / 0", BROKEN, *(pytest.param(text, marks=pytest.mark.slow) for text in ("def f(:\n    pass", LEFT))]
)
def test_what_breaks_is_told_alike(tmp_path, source):
    notebook = small(tmp_path, "1 + 1", source, "2 + 2")
    plain, ours = (told(notebook, tmp_path, name) for name in ("nbclient", engine.NAME))
    assert ours == plain
    assert ours[0]


@notebook_test
def test_a_cell_that_may_raise_does_not_stop_the_rest(tmp_path):
    notebook = small(tmp_path, "1 / 0", "2", tags=["raises-exception"])
    plain, ours = (told(notebook, tmp_path, name) for name in ("nbclient", engine.NAME))
    assert ours == plain
    assert ours[1][-1][1][0]["data"]["text/plain"] == "2"


@notebook_test
def test_leaving_stops_the_notebook(tmp_path):
    # a kernel would die of it a moment later
    error, cells = told(small(tmp_path, "print(1)", "exit()", "print(2)"), tmp_path, engine.NAME)
    assert error is None
    assert [number for number, _ in cells] == [1, 2, None]


def test_papermill_records_what_ran(tmp_path):
    skipped = new_code_cell("0 / 0", metadata={"tags": ["skip-execution"]})
    cells = [new_markdown_cell("# Title"), skipped, new_code_cell("print(1)"), new_code_cell("1 / 0")]
    notebook = new_notebook(cells=cells)
    nbformat.write(notebook, tmp_path / "in.ipynb")
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        executed(tmp_path / "in.ipynb", tmp_path / "out.ipynb", engine.NAME)
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    ran = [cell.metadata.papermill for cell in cells if "papermill" in cell.metadata]
    assert [record.status for record in ran] == ["completed", "completed", "completed", "failed"]
    assert ran[2].duration >= 0
    assert [cell.execution_count for cell in cells if cell.get("execution_count")] == [1, 2]


REPORT = """\
import matplotlib, numpy, os, pandas, random, sys, warnings
import matplotlib.pyplot as plt
import retention_kit as rk
print(matplotlib.rcParams["font.size"], pandas.get_option("display.precision"), hasattr(rk, "left_here"))
from retention_kit.wording import language
print(language(), os.environ.get("LEFT_HERE"), "left_here" in globals(), plt.get_fignums())
print(numpy.random.random(), random.random())
warnings.warn("said once by each", stacklevel=99)"""
LEAVE = """\
matplotlib.rcParams["font.size"] = 99; pandas.set_option("display.precision", 1); rk.left_here = left_here = 1
os.environ["LEFT_HERE"] = "x"; rk.use_language("fr"); warnings.simplefilter("ignore")
pandas.DataFrame.sum = None; plt.ioff(); plt.switch_backend("agg")"""


@pytest.fixture(scope="module")
def prepared():
    """Lines of a process that was prepared, as a batch is: what three forks one after the other showed."""
    code = """\
import os, sys
sys.modules["rfc3987_syntax"] = None
from functools import partial
from retention_kit.reports import forking, run_report
from retention_kit.wording import language, use_language
def state(): return dict(os.environ), list(sys.path), sys.modules["__main__"], language()
for name in forking._THREADS_OF_LIBRARIES: os.environ.setdefault(name, "1")
with use_language("fr"):
    before = state()
    forking.prepare()
    assert state() == before
tasks = [(n, partial(run_report, sys.argv[1], output_dir=sys.argv[2], stem=str(n), engine="fork", formats=[]))
         for n in range(3)]
for key, outcome in forking.forked(tasks, 1):
    if outcome.error: raise outcome.error
"""

    def run(notebook, folder):
        done = subprocess.run(
            [sys.executable, "-c", code, str(notebook), str(folder)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return [nbformat.read(folder / f"{number}.ipynb", as_version=4) for number in range(3)]

    return run


@notebook_test
def test_nothing_gets_from_one_report_to_the_next(tmp_path, prepared):
    source = small(tmp_path, REPORT, FIGURE, LEAVE, FIGURE, "plt.show()")
    plain = executed(source, tmp_path / "plain.ipynb", "nbclient")
    forks = prepared(source, tmp_path)
    drawn = {fork.cells[0].outputs[0].text.splitlines()[2] for fork in forks}
    assert len(drawn) == 3
    for notebook in (plain, *forks):
        outputs = notebook.cells[0].outputs
        lines = outputs[0].text.splitlines()
        assert lines[:2] == ["10.0 6 False", "en None False []"]
        assert "said once by each" in outputs[1].text
        notebook.cells[0].outputs = []
    assert [shown(fork) for fork in forks] == [shown(plain)] * 3
    assert len(pictures(forks[0])) == 1


@notebook_test
@pytest.mark.slow
def test_a_prepared_process_gives_the_outputs_of_plain_papermill(tmp_path, prepared):
    plain = executed(report_path("hypothesis"), tmp_path / "plain.ipynb", "nbclient")
    for fork in prepared(report_path("hypothesis"), tmp_path):
        assert shown(fork) == shown(plain)
        assert len(pictures(fork)) == len(pictures(plain)) > 0


@notebook_test
def test_the_caller_keeps_its_own_state(tmp_path):
    before = dict(os.environ), list(sys.path), sys.modules["__main__"], sys.stdout, sys.excepthook
    source = small(tmp_path, "import os, sys\nos.environ['X'] = '1'; sys.path.insert(0, 'x'); os.chdir('/')")
    executed(source, tmp_path / "out.ipynb", engine.NAME)
    assert (dict(os.environ), list(sys.path), sys.modules["__main__"], sys.stdout, sys.excepthook) == before
    assert Path.cwd() != Path("/")


ENDLESS = """\
import time
print("half")
while True:
    try: time.sleep(60)
    except BaseException: pass"""


@notebook_test
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (ENDLESS, "3 seconds"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended"),
        ("import os, sys; os.write(2, b'no memory left\\n'); os._exit(3)", "ended: no memory left"),
    ],
)
def test_nothing_a_cell_does_can_hold_a_report_up(tmp_path, source, reason):
    with pytest.raises(ReportError) as broke:
        run_report(small(tmp_path, "print('ran')", source), output_dir=tmp_path / "out", cell_timeout=3, engine="fork")
    assert reason in str(broke.value)
    kept = nbformat.read(tmp_path / "out" / "small.failed.ipynb", as_version=4)
    assert kept.cells[0].outputs[0].text == "ran\n"
    if "half" in source:
        assert kept.cells[1].outputs[0].text == "half\n"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small.failed.ipynb"]


def test_an_engine_that_is_none_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(OptionError) as refused:
        run_report(small(tmp_path, "1"), output_dir=tmp_path / "out", engine="steam")
    assert refused.value.fields["legal"] == ["fork", "papermill"]
    assert not (tmp_path / "out").exists()


@notebook_test
def test_the_entry_point_serves_plain_papermill_whichever_is_imported_first(tmp_path):
    # papermill asks for the engine while it is being imported, maybe by the engine itself
    found = tmp_path / "path" / "some-1.dist-info"
    found.mkdir(parents=True)
    entry = "[papermill.engine]\nretention-kit-too = retention_kit.reports.entry:engine\n"
    (found / "entry_points.txt").write_text(entry, encoding="utf-8")
    (found / "METADATA").write_text("Metadata-Version: 2.1\nName: some\nVersion: 1\n", encoding="utf-8")
    source, output = small(tmp_path, "print(6 * 7)"), tmp_path / "out.ipynb"
    for first in ("papermill", "retention_kit.reports.engine"):
        code = f"""import {first}, sys, papermill
papermill.execute_notebook(*sys.argv[1:], engine_name="retention-kit-too", kernel_name="python3")"""
        environment = os.environ | {"PYTHONPATH": str(found.parent)}
        subprocess.run([sys.executable, "-c", code, source, output], env=environment, check=True, capture_output=True)
        assert nbformat.read(output, as_version=4).cells[0].outputs[0].text == "42\n"
        output.unlink()
