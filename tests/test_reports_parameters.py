"""What a report's notebook declares, and what may be handed to it."""

import datetime as dt
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from retention_kit.errors import FileNotReadableError, ParameterTypeError, ReportError, UnknownParameterError
from retention_kit.reports import Parameter, check_parameters, declared_parameters

DECLARED = """\
subscriptions: str = ""  # file; "" is the bundled # one
horizon: int = 12  # months = 12
share: "float" = 0.5
adjust: list[str] = [
    "segment",
]  # columns
columns: dict = {"a=b": "#c"}
flag: bool = True
plain = 3
"""


def notebook(folder, source=DECLARED, tags=("parameters",)):
    path = folder / "small.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source, metadata={"tags": list(tags)})]), path)
    return path


def test_declarations_which_papermill_loses_are_read(tmp_path):
    # papermill's pattern drops values with "=" and cuts "#" out of texts; the syntax tree does neither.
    declared = declared_parameters(notebook(tmp_path))
    assert declared["subscriptions"] == Parameter("subscriptions", "str", "", 'file; "" is the bundled # one')
    assert declared["horizon"] == Parameter("horizon", "int", 12, "months = 12")
    assert declared["share"].type == "float"
    assert declared["adjust"] == Parameter("adjust", "list", ["segment"], "columns")
    assert declared["columns"].default == {"a=b": "#c"}
    assert declared["plain"].type == "int"


def test_a_text_among_the_declarations_declares_nothing(tmp_path):
    assert list(declared_parameters(notebook(tmp_path, '"""What to set."""\nhorizon: int = 12'))) == ["horizon"]


def test_a_notebook_without_the_tag_declares_nothing(tmp_path):
    assert declared_parameters(notebook(tmp_path, tags=["other"])) == {}


@pytest.mark.parametrize(
    "line",
    ["x: str | None = None", "x: int = 2 * 6", "import os", "x: int = 'a'", "x: set = {1}", "x, y = 1, 2", "%magic"],
)
def test_anything_but_literals_of_the_allowed_types_is_refused(tmp_path, line):
    with pytest.raises(ReportError) as refused:
        declared_parameters(notebook(tmp_path, line))
    assert refused.value.key == "error.parameters_cell"
    assert line.split()[0] in str(refused.value)


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "no.ipynb"
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(FileNotReadableError, match=r"no\.ipynb"):
        declared_parameters(path)


def test_an_unknown_name_is_refused_with_the_nearest_one(tmp_path):
    with pytest.raises(UnknownParameterError) as refused:
        check_parameters(notebook(tmp_path), {"horizn": 6})
    assert refused.value.fields["nearest"] == "horizon"
    assert "horizn" in str(refused.value)
    assert "share" in str(refused.value)


@pytest.mark.parametrize("name", ["x = 1; import os; y", "class", ""])
def test_a_name_that_would_be_code_is_refused(tmp_path, name):
    with pytest.raises(UnknownParameterError):
        check_parameters(notebook(tmp_path), {name: 1})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("subscriptions", "007", "007"),
        ("subscriptions", "None", "None"),
        ("subscriptions", 'a"b\n{0}', 'a"b\n{0}'),
        ("horizon", "6", 6),
        ("share", "1", 1.0),
        ("flag", "oui", True),
        ("flag", "non", False),
        ("flag", "TRUE", True),
        ("flag", " vrai ", True),
        ("flag", "yes", True),
        ("flag", "Faux", False),
        ("flag", "no", False),
        ("adjust", '["a", "b"]', ["a", "b"]),
        ("columns", '{"amount": "Prix"}', {"amount": "Prix"}),
    ],
)
def test_a_text_becomes_what_is_declared(tmp_path, name, text, value):
    checked = check_parameters(notebook(tmp_path), {name: text})[name]
    assert checked == value
    assert type(checked) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("horizon", "3.5"),
        ("horizon", 3.0),
        ("horizon", True),
        ("share", "0,5"),
        ("flag", "1"),
        ("flag", 1),
        ("adjust", "a,b"),
        ("adjust", '{"a": 1}'),
        ("subscriptions", 7),
        ("subscriptions", None),
        ("subscriptions", pd.NaT),
        ("columns", {1: "a"}),
        ("adjust", [object()]),
        ("adjust", {"a"}),
    ],
)
def test_what_does_not_convert_is_refused_with_an_example(tmp_path, name, value):
    with pytest.raises(ParameterTypeError) as refused:
        check_parameters(notebook(tmp_path), {name: value})
    assert f"-p {name} " in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "builtin"),
    [
        ("horizon", np.int64(6), 6),
        ("share", np.float32(0.5), 0.5),
        ("share", 1, 1.0),
        ("flag", np.bool_(False), False),
        ("subscriptions", np.str_("a"), "a"),
        ("subscriptions", dt.date(2025, 12, 31), "2025-12-31"),
        ("subscriptions", pd.Timestamp("2025-12-31"), "2025-12-31"),
        ("subscriptions", dt.datetime(2025, 12, 31, 8), "2025-12-31T08:00:00"),
        ("subscriptions", dt.datetime(2025, 12, 31, tzinfo=dt.UTC), "2025-12-31T00:00:00+00:00"),
        ("subscriptions", Path("/tmp/a b.csv"), "/tmp/a b.csv"),
        ("adjust", ("a", np.str_("b")), ["a", "b"]),
        ("adjust", np.array([1, 2]), [1, 2]),
        ("columns", {np.str_("a"): np.float64(1)}, {"a": 1.0}),
    ],
)
def test_values_become_builtins(tmp_path, name, value, builtin):
    checked = check_parameters(notebook(tmp_path), {name: value})[name]
    assert checked == builtin
    assert type(checked) is type(builtin)
    if isinstance(checked, dict):
        assert [(type(key), type(item)) for key, item in checked.items()] == [(str, float)]
    if isinstance(checked, list):
        assert {type(item) for item in checked} <= {str, int}


def test_a_path_becomes_absolute_because_the_notebook_may_run_elsewhere(tmp_path, monkeypatch):
    path = notebook(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert check_parameters(path, {"subscriptions": Path("s.csv")}) == {"subscriptions": str(tmp_path / "s.csv")}
