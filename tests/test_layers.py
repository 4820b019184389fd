"""The house as DESIGN.md draws it: who may import whom, how long a room may be, and what is kept out."""

import ast
from functools import cache
from pathlib import Path

import pytest
from each import for_each

import retention_kit

PACKAGE = Path(retention_kit.__file__).parent
# A module or package of the list imports only what stands above it.
ORDER = (
    *("errors", "months", "wording", "yaml_files", "media_types", "results", "intervals"),  # words
    *("schema", "checks", "sources", "synthetic", "engines", "ledger", "checking", "quality"),  # tables
    *("mrr_movements", "ratios", "retention", "mixes", "renewals", "totals"),  # measures
    *("cohorts", "benchmarks", "survival", "diagnosis"),
    *("contrasts", "segments", "balance", "verdicts", "factors", "subjects", "hypotheses", "studies"),  # inference
    *("signals", "forecasts", "portfolios"),
    *("plots", "tables", "pages"),  # showing
    *("reports", "lessons", "cli"),  # delivering
)
WORDS = {"errors", "months", "wording", "media_types", "results"}
ONLY = {
    "plots": WORDS,
    "tables": WORDS | {"plots"},
    "pages": WORDS | {"plots", "tables"},
    # a batch reads its plan, asks the ledger which values "all" stands for, and corrects for several questions
    "reports": {"errors", "wording", "yaml_files", "media_types", "ledger", "contrasts"},
}
LONGEST_MODULE, LONGEST_BODY = 300, 40
FACE = "__init__.py"


def files():
    """Every module of the package, by its path below the package."""
    return {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(path):
    """The name in ORDER of a file: its module, or its package."""
    return path.partition("/")[0].removesuffix(".py")


def dotted(path):
    return "retention_kit." + path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


@cache
def tree(path):
    return ast.parse((PACKAGE / path).read_text(encoding="utf-8"))


def imported_by(path, parsed):
    """Dotted names of all modules that a file imports, wherever it does so."""
    package = dotted(path).split(".") if path.endswith(FACE) else dotted(path).split(".")[:-1]
    found = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            source = ".".join(filter(None, (above, node.module)))
            found |= {f"{source}.{alias.name}" for alias in node.names} if source in PACKAGES else {source}
    return found


PACKAGES = {"retention_kit", *(dotted(path) for path in files() if path.endswith(f"/{FACE}"))}


def ours(path):
    """Modules of ours that a file imports, as dotted paths of files, and the names it takes from a package's face."""
    modules = {dotted(other) for other in files() if other != FACE}
    found = set()
    for name in imported_by(path, tree(path)):
        if name == "retention_kit" or name.startswith("retention_kit."):
            found.add(name if name in modules else name.rpartition(".")[0])
    return found


def rooms_imported_by(path):
    return {module.split(".")[1] if "." in module else "the face" for module in ours(path)} - {room(path)}


ROOMS = sorted(path for path in files() if path != FACE)


def test_the_list_names_every_module_and_no_other():
    assert {room(path) for path in ROOMS} == set(ORDER)


@for_each(ROOMS)
def test_imports_point_up_the_list(path):
    allowed = set(ORDER[: ORDER.index(room(path))])
    assert rooms_imported_by(path) <= allowed


@for_each([path for path in ROOMS if room(path) in ONLY])
def test_showing_and_delivering_know_no_measure(path):
    assert rooms_imported_by(path) <= ONLY[room(path)]


def test_the_face_imports_nothing_of_ours_before_it_is_asked():
    assert ours(FACE) == set()


@pytest.mark.parametrize(
    ("path", "code", "found"),
    [
        ("a.py", "import retention_kit.months", {"retention_kit.months"}),
        ("a.py", "def f():\n    from retention_kit.months import x", {"retention_kit.months"}),
        ("a.py", "from retention_kit import months, nrr", {"retention_kit.months", "retention_kit.nrr"}),
        ("a.py", "from .months import x", {"retention_kit.months"}),
        ("a.py", "from . import months", {"retention_kit.months"}),
        ("reports/run.py", "from ..months import x", {"retention_kit.months"}),
        ("reports/run.py", "from .export import x", {"retention_kit.reports.export"}),
        ("reports/__init__.py", "from .export import x", {"retention_kit.reports.export"}),
        ("a.py", "if True:\n    import numpy as np", {"numpy"}),
    ],
)
def test_every_way_of_importing_is_seen(path, code, found):
    assert imported_by(path, ast.parse(code)) == found


def test_no_import_runs_in_a_circle():
    # a package's face imports its modules, which name the package on the way to one another: only files count
    waiting = {dotted(path): ours(path) - PACKAGES for path in ROOMS if not path.endswith(FACE)}
    while free := {name for name, needed in waiting.items() if not needed & waiting.keys()}:
        waiting = {name: needed for name, needed in waiting.items() if name not in free}
    assert waiting == {}


@for_each([path for path in ROOMS if "/" in path and not path.endswith(FACE)])
def test_no_module_of_a_package_imports_its_face(path):
    assert dotted(f"{room(path)}/{FACE}") not in ours(path)


@for_each([*ROOMS, FACE])
def test_names_of_modules_are_read_off_the_code(path):
    # an import by a name put together would escape the tests above; three faces and the origins do it, to be light
    calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    hidden = {call for call in calls if call.rpartition(".")[2] in {"import_module", "__import__", "exec", "eval"}}
    assert not hidden or path in {FACE, "lessons/__init__.py", "reports/__init__.py", "sources/origins.py"}


@for_each([*ROOMS, FACE])
def test_nothing_imports_a_notebook(path):
    roots = {name.partition(".")[0] for name in imported_by(path, tree(path))}
    assert not roots & {"notebooks", "_notebooks", "notebook", "import_ipynb", "nbimporter", "importnb", "tests"}
    assert not any("notebooks" in name for name in imported_by(path, tree(path)))


def test_there_is_no_drawer():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    assert [path for path in files() if drawers & set(Path(path).with_suffix("").parts)] == []


@for_each([*ROOMS, FACE])
def test_no_module_is_too_long_to_read(path):
    assert len(files()[path].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def body_lengths(parsed):
    """Lines of every function's body, without its docstring."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield node.name, body[-1].end_lineno - body[0].lineno + 1 if body else 0


@for_each([*ROOMS, FACE])
def test_no_function_is_too_long_to_read(path):
    assert {name: lines for name, lines in body_lengths(tree(path)) if lines > LONGEST_BODY} == {}


def test_bodies_are_counted_without_their_docstring():
    code = 'def f(\n    x,\n):\n    """One.\n\n    Two.\n    """\n    y = x\n\n    return y'
    assert list(body_lengths(ast.parse(code))) == [("f", 3)]


@for_each([path for path in (*ROOMS, FACE) if room(path) != "cli"])
def test_only_the_command_line_prints(path):
    calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert not {"print", "sys.stdout.write", "sys.stderr.write"} & set(calls)


@for_each([*ROOMS, FACE])
def test_user_input_is_never_checked_by_assert(path):
    # python -O removes assertions
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree(path)))
