"""Kill batches at random moments, and look at what stands at the final paths: a program, as it must fork.

``python tests/killing.py FOLDER KILLS SEED [real]`` prints what it saw, as JSON: how often it killed, how often while a
file was half written aside, how many whole files of each kind stood at their final paths, and how many batches came to
their end in spite of it.
"""

import json
import os
import random
import signal
import sys
import time
import zipfile
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

import batches
import nbformat

from retention_kit.reports import forking, library
from retention_kit.reports import run as running_one
from retention_kit.reports.batch import read_plan, run_batch
from retention_kit.reports.batch.manifest import Manifest
from retention_kit.reports.export import to_html
from retention_kit.reports.pdf import to_pdf
from retention_kit.reports.spreadsheet import to_xlsx

QUICK = """\
data: {as_of: 2025-12-31}
reports:
  - {report: quick, for_each: {segment: [a, b]}}
  - {report: quick, name: asked, parameters: {question: q, p: 0.03}, for_each: {segment: [a, b]}}
"""
REAL = """\
data: {as_of: 2025-12-31}
formats: [html, xlsx, pdf]
reports:
  - report: hypothesis
    parameters: {factor: personalised_demo, randomised: true}
    for_each: {outcome: [retention, nrr]}
  - {report: monthly_retention, languages: fr}
"""
JOBS = 2
FRESH = 0.2  # of the batches write over the reports of the one before
CHANGES = {".ipynb", ".jsonl", ".lock"}  # kinds of files that hold times or the numbers of processes


def main(folder, kills, seed, real=False):
    plan = (prepared_for_real if real else prepared)(folder)
    draw = random.Random(seed)
    for _ in range(2):  # the second time everything is loaded, as it is for the forks
        begun = time.monotonic()
        run_batch(plan, folder / "undisturbed", jobs=JOBS, fresh=True)
    seconds = time.monotonic() - begun  # what is done is kept, so that later kills fall on later reports
    seen, whole = Counter(killed=0, half_aside=0, finished=0), Counter()
    round_ = 0
    while seen["killed"] < kills:
        out = folder / f"out{round_}"
        how = {"alone": draw.random() < 0.5, "fresh": draw.random() < FRESH, "writing": draw.random() < 0.5}
        killed = killed_after(draw.uniform(0, 0.7 * seconds), plan, out, **how)
        seen["killed"] += killed
        seconds *= 1.02 if killed else 0.9  # a machine may be busier or freer by now
        seen["half_aside"] += half_aside(out)
        whole.update(check_whole(out))
        check_noted(out)
        if not killed:
            check_finished(folder, out)
            seen["finished"] += 1
            round_ += 1
    run_batch(plan, out, jobs=JOBS)
    check_finished(folder, out)
    return seen | {"whole": whole}


def prepared(folder):
    """A plan of reports that are written piece by piece and not run."""
    library.reports_folder = lambda: folder
    running_one.run_report = batches.run_report
    batches.shelf(folder)
    return written(folder, QUICK, to_html)  # forks begin with nbconvert loaded


def prepared_for_real(folder):
    """A plan of reports of the package, with every page they can have."""
    forking.prepare()
    return written(folder, REAL, to_html, to_pdf, to_xlsx)


def written(folder, plan, *writers):
    os.fsync = lambda file: None  # what a process wrote outlives it; only a failing power does not
    (folder / "plan.yml").write_text(plan, encoding="utf-8")
    warm = folder / "warm.ipynb"
    nbformat.write(batches.notebook({"lang": "en"}), warm)
    for write in writers:
        write(warm, folder / f"warm.{write.__name__.removeprefix('to_')}")
    return read_plan(folder / "plan.yml")


def killed_after(seconds, plan, out, *, alone, fresh, writing):
    """Start a batch in a group of its own and kill it: the whole group, or its first process alone.

    If asked, it waits for the next moment at which a file is being written aside.
    """
    process = os.fork()
    if process == 0:
        os.setsid()
        run_batch(plan, out, jobs=JOBS, fresh=fresh)
        os._exit(0)
    time.sleep(seconds)
    while writing and runs(process) and not half_aside(out):
        time.sleep(0.0005)
    with suppress(ProcessLookupError):
        (os.kill if alone else os.killpg)(process, signal.SIGKILL)
    status = os.waitpid(process, 0)[1]
    assert status in (0, signal.SIGKILL), status
    check_gone(process)
    return status == signal.SIGKILL


def runs(process):
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def half_aside(out):
    return any(out.rglob(".*.partial*"))


def check_gone(group):
    """Children die with their parent: soon nobody of its group is alive."""
    for _ in range(500):
        if not any(map(partial(alive_in, group), Path("/proc").glob("[0-9]*/stat"))):
            return
        time.sleep(0.01)
    raise AssertionError(f"orphans in {group}")


def alive_in(group, stat):
    with suppress(OSError):
        state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
        return int(of) == group and state not in "ZX"


def at_final_paths(out):
    return [path for path in out.rglob("*") if not path.name.startswith(".")]


def check_whole(out):
    """Read every file at a final path to its end; return how many there were of each kind."""
    finals = [path for path in at_final_paths(out) if path.is_file()]
    for path in finals:
        CHECKS[path.suffix](path)
    return Counter(path.suffix.removeprefix(".") for path in finals)


def check_notebook(path):
    cells = nbformat.read(path, as_version=4).cells
    assert any(cell.get("outputs") for cell in cells), path


def check_page(path):
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>"), path


def check_pdf(path):
    from pypdf import PdfReader

    assert PdfReader(path, strict=True).pages[-1].extract_text(), path


def check_workbook(path):
    with zipfile.ZipFile(path) as parts:
        assert parts.testzip() is None, path


def check_manifest(path):
    assert path.name == "manifest.jsonl", path
    for line in path.read_text(encoding="ascii").split("\n")[:-1]:  # only the last line may be torn
        json.loads(line)


CHECKS = {
    ".ipynb": check_notebook,
    ".html": check_page,
    ".pdf": check_pdf,
    ".xlsx": check_workbook,
    ".jsonl": check_manifest,
}


def check_noted(out):
    """What is done need not be done again: the manifest knows of all but those that had just ended."""
    noted = Manifest(out / "manifest.jsonl").records
    written = [path for path in at_final_paths(out) if path.suffix == ".ipynb"]
    assert len(noted) >= len(written) - JOBS, written


def check_finished(folder, out):
    """Hold a batch that was killed on the way against one that was not."""
    theirs, ours = ({path.relative_to(top) for path in top.rglob("*")} for top in (folder / "undisturbed", out))
    assert ours == theirs, ours ^ theirs
    for name in (name for name in theirs if name.suffix not in {"", *CHANGES}):
        assert (out / name).read_bytes() == (folder / "undisturbed" / name).read_bytes(), name
    records = batches.records(out)
    assert {record["status"] for record in records.values()} == {"done"}, records


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:] == ["real"])))
