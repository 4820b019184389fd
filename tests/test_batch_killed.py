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


def killed(folder, kills, seed, pause=""):
    command = [sys.executable, "-W", "error", str(TESTS / "killing.py"), str(folder), str(kills), str(seed)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"BATCH_PAUSE": pause or "0"}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@needs_forks
def test_killed_at_eight_moments_no_file_is_half_and_the_next_run_finishes(tmp_path):
    seen = killed(tmp_path, 8, seed=1)
    assert seen["killed"] == 8
    assert seen["whole"] > 10


@needs_forks
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_hundreds_of_moments(tmp_path, seed):
    """With pauses between the pieces of a notebook, so that most kills fall within one."""
    assert killed(tmp_path, 100, seed, pause="0.002")["killed"] == 100
