"""What pyproject.toml, requirements.lock, environment.yml and the Makefile say of dependencies is one thing."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA = (ROOT / "environment.yml").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
BROWSER_LOCK = (ROOT / "requirements-browser.lock").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NAMED = {"jupyterlab", "pandas", "matplotlib", "seaborn", "papermill", "nbval"}
PLACES = ("retention_kit", "tests", "notebooks", "docs", ".ci", "benchmarks")


def declared():
    """Every requirement of pyproject.toml: to run, of the extras, to develop, to build."""
    lists = [PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"]]
    lists += [*PROJECT["project"]["optional-dependencies"].values(), PROJECT["dependency-groups"]["dev"]]
    return [Requirement(text) for some in lists for text in some]


def locked_blocks():
    """The lock, one block a requirement: its first line and the hashes below."""
    return [block for block in re.split(r"\n(?=\S)", LOCK.strip()) if not block.startswith("#")]


def locked():
    """Versions of the lock by name; several where the version depends on the Python."""
    found = {}
    for block in locked_blocks():
        requirement = Requirement(block.partition("\\")[0].strip())
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        found.setdefault(canonicalize_name(requirement.name), []).append(Version(pin.version))
    return found


def conda_list(heading):
    """The entries of a list of environment.yml; a list within it, such as pip's, is left out."""
    (block,) = re.findall(rf"^{heading}:\n((?: +.*\n)+)", CONDA, re.MULTILINE)
    return [entry for entry in re.findall(r"^  - (.*)$", block, re.MULTILINE) if not entry.endswith(":")]


def conda_pins():
    """What environment.yml admits of each package; conda's `=4.6` is 4.6 and whatever begins so."""
    pins = {}
    for text in conda_list("dependencies"):
        name, spec = re.fullmatch(r"([\w-]+)(.*)", text).groups()
        fuzzy = re.fullmatch(r"=([\d.]+)", spec)
        pins[name] = SpecifierSet(f"=={fuzzy[1]}.*" if fuzzy else spec)
    return pins


# ---- environment.yml ----


def test_the_conda_environment_has_its_name_and_channel():
    assert re.search(r"^name: (.*)$", CONDA, re.MULTILINE)[1] == "retention-kit"
    assert conda_list("channels")[0] == "conda-forge"
    assert set(conda_list("channels")) <= {"conda-forge", "nodefaults"}


def test_the_six_named_packages_are_in_the_conda_environment():
    assert conda_pins().keys() >= NAMED


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_conda_pin_admits_what_is_locked(name):
    pin = conda_pins()[name]
    assert str(pin), "a package without a pin may become another one tomorrow"
    assert any(version in pin for version in locked()[name])


def test_every_conda_package_is_one_of_the_project():
    known = {canonicalize_name(requirement.name) for requirement in declared()} | {"python", "pip"}
    assert conda_pins().keys() <= known


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_conda_and_pyproject_admit_a_version_in_common(requirement):
    pin = conda_pins().get(requirement.name, SpecifierSet())
    both = [version for version in locked()[canonicalize_name(requirement.name)] if version in pin]
    assert any(version in requirement.specifier for version in both)


def test_conda_installs_the_rest_from_the_project_itself():
    assert re.search(r"^  - pip:\n((?:      - .*\n)+)", CONDA, re.MULTILINE)[1].split("\n") == ["      - -e .", ""]


def test_python_is_the_same_everywhere():
    said = SpecifierSet(PROJECT["project"]["requires-python"])
    assert conda_pins()["python"] == said
    lowest = re.search(r"--python-version ([\d.]+)", MAKEFILE)[1]
    assert str(said) == f">={lowest}"
    assert "sys.version_info < ({}, {})".format(*lowest.split(".")) in MAKEFILE
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + lowest.replace(".", "")


# ---- requirements.lock ----


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_everything_declared_is_locked_at_a_version_that_is_admitted(requirement):
    versions = locked()[canonicalize_name(requirement.name)]
    assert all(version in requirement.specifier for version in versions)


def test_what_browsers_need_is_locked_with_hashes_and_without_addresses():
    for requirement in map(Requirement, PROJECT["dependency-groups"]["browser"]):
        assert re.search(
            rf"^{canonicalize_name(requirement.name)}==\S+ .*\n +--hash=sha256:", BROWSER_LOCK, re.MULTILINE
        )
    assert not re.search(r"https?://|index-url|find-links", BROWSER_LOCK)


def test_everything_locked_has_a_hash():
    assert len(locked_blocks()) > 50
    assert [block for block in locked_blocks() if not re.search(r"--hash=sha256:[0-9a-f]{64}", block)] == []


def test_the_lock_names_no_address():
    assert re.findall(r"https?://|index-url|find-links|file:|trusted-host| @ ", LOCK) == []


@pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="conda and others install what their pins admit")
def test_the_lock_is_what_make_installs():
    from importlib.metadata import version

    names = [requirement.name for requirement in declared() if requirement.name not in {"uv", "hatchling", "editables"}]
    assert {name: version(name) for name in names if Version(version(name)) not in locked()[name]} == {}


# ---- Makefile and .ci ----


def test_uv_is_the_same_everywhere():
    (said,) = [requirement for requirement in declared() if requirement.name == "uv"]
    assert [Version(str(said.specifier).removeprefix("=="))] == locked()["uv"]
    assert make("--eval", "say:;@echo $(UV)", "say").strip() == str(said.specifier).removeprefix("==")


def make(*words):
    if not shutil.which("make"):
        pytest.skip("there is no make here")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-s", *words], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_make_alone_lists_the_targets():
    listed = re.findall(r"^  make (\S+)", make(), re.MULTILINE)
    assert {"setup", "demo", "test", "lint"} <= set(listed)
    assert set(listed) == set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_two_commands_of_the_readme_are_targets(command):
    assert re.search(rf"^{command.split()[1]}:", MAKEFILE, re.MULTILINE)
    assert re.search(rf"\b{command}\b", (ROOT / "README.md").read_text(encoding="utf-8"))


def test_what_guards_main_is_the_command_of_the_readme():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands[-1] == "make test"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


# ---- every file ----


def text_files():
    """Text files of the project, tracked or new; what .gitignore names is not of it."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    named = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    if done.returncode:
        named = [*ROOT.glob("*"), *(path for place in PLACES for path in (ROOT / place).rglob("*"))]
    for path in sorted(named):
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8", errors="replace")


def lines_with(pattern):
    # this file holds the patterns themselves
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in text_files()
        if name != "tests/test_environment.py"
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_files_of_the_project_are_found():
    names = {name for name, _ in text_files()}
    assert {"pyproject.toml", "requirements.lock", "retention_kit/wording/catalogue.po", ".ci/run"} <= names


def test_no_file_names_a_package_registry():
    registry = r"(?:pypi\.org|pythonhosted\.org|anaconda\.org|registry\.npmjs|/artifactory|/nexus|/simple/)"
    option = r"(?<![\w-])--?(?:(?:extra-)?index-url|find-links)|trusted-host|PIP_INDEX_URL|UV_(?:DEFAULT_)?INDEX"
    assert lines_with(re.compile(rf"https?://\S*{registry}|(?:{option})\b\s*[=: ]\s*\S")) == []


def test_no_file_names_a_place_of_this_machine():
    # where the project lies, the folder it lies in unless that is one of everybody's, and people's homes
    shared = {Path("/"), Path(tempfile.gettempdir()), Path("/tmp"), Path("/src"), Path("/app"), Path("/opt")}
    places = [re.escape(str(ROOT)) + r"\b"]
    places += [] if ROOT.parent in shared else [rf"(?<![\w.]){re.escape(str(ROOT.parent))}/"]
    places += [r"(?<![\w.])/home/\w+/", r"(?<![\w.])/Users/\w+/", r"(?<![\w.])/root/", r"\b[A-Z]:\\\\?Users\\"]
    assert lines_with(re.compile("|".join(places))) == []
