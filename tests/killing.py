"""Kill batches at random moments, and look at what stands at the final paths: a program, as it must fork.

``python tests/killing.py FOLDER KILLS SEED`` prints what it saw, as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import batches
import nbformat

from retention_kit.reports import library
from retention_kit.reports import run as running_one
from retention_kit.reports.batch import read_plan, run_batch
from retention_kit.reports.export import to_html

PLAN = """\
data: {as_of: 2025-12-31}
reports:
  - {report: quick, for_each: {segment: [a, b]}}
  - {report: quick, name: asked, parameters: {question: q, p: 0.03}, for_each: {segment: [a, b]}}
"""


def main(folder, kills, seed):
    plan = prepared(folder)
    draw = random.Random(seed)
    begun = time.monotonic()
    run_batch(plan, folder / "undisturbed", jobs=2)
    seconds = time.monotonic() - begun  # what is done is kept, so that later kills fall on later reports
    seen = {"killed": 0, "whole": 0, "finished": 0}
    round_ = 0
    while seen["killed"] < kills:
        out = folder / f"out{round_}"
        killed = killed_after(draw.uniform(0, 0.7 * seconds), plan, out, alone=draw.random() < 0.5)
        seen["killed"] += killed
        seen["whole"] += check_whole(out)
        if not killed:
            check_finished(folder, out)
            seen["finished"] += 1
            round_ += 1
    run_batch(plan, out, jobs=2)
    check_finished(folder, out)
    return seen


def prepared(folder):
    os.fsync = lambda file: None  # what a process wrote outlives it; only a failing power does not
    library.reports_folder = lambda: folder
    running_one.run_report = batches.run_report
    batches.shelf(folder)
    (folder / "plan.yml").write_text(PLAN, encoding="utf-8")
    warm = folder / "warm.ipynb"  # forks begin with nbconvert loaded
    nbformat.write(batches.notebook({"lang": "en"}), warm)
    to_html(warm, folder / "warm.html")
    return read_plan(folder / "plan.yml")


def killed_after(seconds, plan, out, alone):
    """Start a batch in a group of its own and kill it: the whole group, or its first process alone."""
    process = os.fork()
    if process == 0:
        os.setsid()
        run_batch(plan, out, jobs=2)
        os._exit(0)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        (os.kill if alone else os.killpg)(process, signal.SIGKILL)
    killed = os.waitpid(process, 0)[1] == signal.SIGKILL
    check_gone(process)
    return killed


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


def check_whole(out):
    """Read every file at a final path; return how many there were."""
    finals = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")]
    for path in finals:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            assert nbformat.reads(text, as_version=4).cells[0].outputs, path
        elif path.suffix == ".html":
            assert text.rstrip().endswith("</html>"), path
        else:
            assert path.name == "manifest.jsonl", path
            for line in text.splitlines()[:-1]:
                json.loads(line)
    return len(finals)


def check_finished(folder, out):
    """Hold a batch that was killed on the way against one that was not."""
    theirs, ours = ({path.relative_to(top) for path in top.rglob("*")} for top in (folder / "undisturbed", out))
    assert ours == theirs, ours ^ theirs
    for name in ("index.html", "asked/asked_a_en.html", "quick/quick_b_en.ipynb"):
        assert (out / name).read_bytes() == (folder / "undisturbed" / name).read_bytes(), name


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
