"""A batch that is killed leaves no half file at a final path, and the next run finishes the rest."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from retention_kit.reports import forking

TESTS = Path(__file__).parent
needs_forks = pytest.mark.skipif(not forking.available(), reason="kills process groups of forks")


def killed(folder, kills, seed, *real, pause="0"):
    command = [sys.executable, "-W", "error", str(TESTS / "killing.py"), str(folder), str(kills), str(seed), *real]
    (folder / "scratch").mkdir()  # what killed processes leave of their temporary files
    own = {"BATCH_PAUSE": pause, "TMPDIR": str(folder / "scratch")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | own)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@needs_forks
def test_killed_at_eight_moments_no_file_is_half_and_the_next_run_finishes(tmp_path):
    """With pauses between the pieces of a notebook, so that many kills fall within one."""
    seen = killed(tmp_path, 8, seed=1, pause="0.002")
    assert seen["killed"] == 8
    assert sum(seen["whole"].values()) > 10


@needs_forks
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_hundreds_of_moments(tmp_path, seed):
    seen = killed(tmp_path, 100, seed, pause="0.002")
    assert seen["killed"] == 100
    assert seen["half_aside"] > 10


@needs_forks
@pytest.mark.slow
def test_reports_of_the_package_killed_at_a_hundred_moments(tmp_path):
    """Notebooks that are run, and their pages, workbooks and PDFs: some minutes."""
    seen = killed(tmp_path, 100, 2, "real")
    assert seen["killed"] == 100
    assert all(seen["whole"][kind] > 10 for kind in ("ipynb", "html", "xlsx", "pdf"))
    assert seen["finished"] > 3
