"""The public names: all there, all explained in the same form, and their tables named in one way."""

import ast
import importlib
import inspect
import re

import pandas as pd
import pytest
from each import for_each

import retention_kit as rk

NAMES = [name for name in rk.__all__ if name != "__version__"]
MODULES = set(rk._MODULES)
COLUMN = re.compile(r"^[a-z][a-z0-9_]*$")
SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
NUMPYDOC = ["Parameters", "Attributes", "Returns", "Yields", "Raises", "Notes", "Examples"]


def functions():
    """Public names that are functions, without having to resolve them now."""
    return [name for name in NAMES if name not in MODULES and name.islower()]


def sections(name):
    return SECTION.findall(inspect.getdoc(getattr(rk, name)) or "")


def raising(function):
    """Whether a function raises, itself or in a function of its module that it calls."""
    module = inspect.getmodule(inspect.unwrap(function))
    waiting, seen = [inspect.unwrap(function).__name__], set()
    bodies = {
        node.name: node
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    while waiting:
        name = waiting.pop()
        if name in seen or name not in bodies:
            continue
        seen.add(name)
        nodes = list(ast.walk(bodies[name]))
        if any(isinstance(node, ast.Raise) for node in nodes):
            return True
        waiting += [node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return False


# ---- names ----


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert rk.__version__ == version("retention-kit")


def test_no_name_stands_twice():
    assert len(rk.__all__) == len(set(rk.__all__)) > 20


@for_each(NAMES)
def test_every_name_resolves(name):
    assert getattr(rk, name) is getattr(rk, name)


@for_each([name for name in NAMES if name not in MODULES])
def test_every_name_is_called_so_at_home(name):
    home = importlib.import_module(f"retention_kit.{rk._HOMES[name]}")
    assert getattr(rk, name) is getattr(home, name)
    assert getattr(rk, name).__name__ == name


def test_names_are_listed():
    assert set(rk.__all__) <= set(dir(rk))


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="'retention_kit' has no attribute 'plot_everything'"):
        _ = rk.plot_everything


def test_all_can_be_imported_at_once():
    space = {}
    exec("from retention_kit import *", space)
    assert set(rk.__all__) <= space.keys()


# ---- docstrings ----


@for_each(NAMES)
def test_every_name_is_explained(name):
    first = (inspect.getdoc(getattr(rk, name)) or "").split("\n\n")[0]
    assert first, "no docstring"
    assert first.rstrip().endswith((".", "?", '".')), "the first paragraph is a sentence"


@for_each([name for name in NAMES if name not in MODULES])
def test_docstrings_have_the_sections_of_numpydoc_in_order(name):
    found = [section for section in sections(name) if section in NUMPYDOC]
    assert sections(name) == found
    assert found == sorted(found, key=NUMPYDOC.index)


@for_each(functions())
def test_every_parameter_is_explained(name):
    function, text = getattr(rk, name), inspect.getdoc(getattr(rk, name))
    parameters = list(inspect.signature(function).parameters)
    assert "Parameters" in sections(name) or not parameters
    told = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    explained = {
        word.lstrip("*")
        for line in told.splitlines()
        if not line.startswith(" ")
        for word in re.split(r",\s*", line.partition(" : ")[0])
    }
    assert explained == set(parameters)


@for_each(functions())
def test_every_function_says_what_comes_back(name):
    assert {"Returns", "Yields"} & set(sections(name))


@for_each(functions())
def test_every_function_that_raises_says_so(name):
    if raising(getattr(rk, name)):
        assert "Raises" in sections(name)


@for_each(functions())
def test_every_function_has_an_example(name):
    assert "Examples" in sections(name)
    assert ">>> " in inspect.getdoc(getattr(rk, name))


def test_a_function_that_raises_through_another_is_noticed():
    # compare raises through the question it makes, nrr_from_movements through _positive
    assert raising(rk.compare)
    assert raising(rk.nrr_from_movements)
    assert not raising(rk.heading)


@for_each(functions())
def test_the_signature_tells_what_can_be_said(name):
    # no **options; heading and paragraph take the fields of their message
    kinds = {parameter.kind for parameter in inspect.signature(getattr(rk, name)).parameters.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds or name in {"heading", "paragraph"}


@for_each(functions())
def test_no_default_can_be_changed(name):
    defaults = [parameter.default for parameter in inspect.signature(getattr(rk, name)).parameters.values()]
    assert not any(isinstance(default, list | dict | set | pd.DataFrame) for default in defaults)


# ---- columns ----


@pytest.fixture(scope="module")
def ledger():
    business = rk.synthetic.make_business(200, seed=3)
    return rk.build_ledger(business.subscriptions, as_of=business.as_of, customers=business.customers)


def read(**row):
    return rk.read_subscriptions(pd.DataFrame([{"subscription_id": "a", "customer_id": "Ada", "amount": 12.0} | row]))


def compared(ledger):
    return rk.compare(ledger, "personalised_demo", randomised=True)


# Every table of numbers that a public function returns or a result carries.
TABLES = {
    "ledger.frame": lambda ledger: ledger.frame,
    "ledger.customers": lambda ledger: ledger.customers,
    "subscriptions.frame": lambda _: read(start="2025-01-15", interval="year").frame,
    "subscriptions.rejected": lambda _: read(start="2025-01-15", interval="year").rejected,
    "read_customers": lambda _: rk.read_customers(pd.DataFrame({"customer_id": ["Ada"], "segment": ["SMB"]})),
    "movements": lambda ledger: rk.movements(ledger),
    "bridge": lambda ledger: rk.mrr_bridge(ledger, by="segment"),
    "nrr": lambda ledger: rk.nrr(ledger, "2024-12", "2025-12"),
    "grr by segment": lambda ledger: rk.grr(ledger, "2024-12", "2025-12", by="segment"),
    "logo_retention": lambda ledger: rk.logo_retention(ledger, "2024-12", "2025-12"),
    "nrr_from_movements": lambda _: rk.nrr_from_movements(100, churn=10),
    "retention_over_time": lambda ledger: rk.retention_over_time(ledger),
    "finding": compared,
    "finding.curves": lambda ledger: compared(ledger).curves,
    "reconciliation": lambda ledger: ledger.reconciliation,
    "reconciliation.rows": lambda ledger: ledger.reconciliation.rows,
    "cohort sizes": lambda ledger: rk.cohort_matrix(ledger).sizes,
    "cohort averages": lambda ledger: rk.cohort_matrix(ledger).average,
}


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_named_in_one_way(ledger, table):
    found = TABLES[table](ledger)
    frame = found if isinstance(found, pd.DataFrame) else found.to_frame()
    assert not frame.columns.empty
    assert [name for name in frame.columns if not COLUMN.match(name)] == []


def test_slips_in_the_names_of_columns_are_noticed():
    assert not any(COLUMN.match(name) for name in ("adjusted ci_lower", "Month", "2024", "é", ""))


def test_cohort_matrices_have_ages_for_columns(ledger):
    table = rk.cohort_matrix(ledger).to_frame()
    assert (table.index.name, table.columns.name) == ("cohort", "age")
    assert table.columns.tolist() == list(range(table.shape[1]))
