"""The README promises only what is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)[1]


def test_the_example_prints_what_the_readme_shows():
    # the oracle is the example itself, run in a fresh interpreter
    run = subprocess.run([sys.executable, "-c", block("python")], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout == block("text")
    assert run.stderr == ""


def test_the_example_has_six_lines_at_most():
    assert len([line for line in block("python").splitlines() if line.strip()]) <= 6


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_leads_somewhere(target):
    assert (ROOT / target).exists()


@pytest.mark.parametrize("option", sorted(set(re.findall(r"(?<=\s)--[a-z-]+(?=[ =])", block("bash") + README))))
def test_every_option_named_is_one_of_the_command_or_of_pip(option):
    helps = [
        subprocess.run(
            [sys.executable, "-m", "retention_kit.cli", *words, "--help"],
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for words in ([], ["report"], ["demo"], ["batch"], ["lessons"])
    ]
    assert option in "".join(helps) or option in {"--require-hashes", "--no-deps", "--no-build-isolation"}


def test_every_notebook_is_in_the_reading_order():
    order = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    notebooks = [path.relative_to(ROOT / "notebooks").as_posix() for path in (ROOT / "notebooks").rglob("*.ipynb")]
    assert [path for path in notebooks if f"({path})" not in order] == []
