"""The pages of definitions say what the package says."""

import importlib.util
from pathlib import Path

import pytest

from retention_kit.wording import LANGUAGES

DOCS = Path(__file__).parent.parent / "docs" / "definitions"


@pytest.fixture(scope="module")
def write():
    spec = importlib.util.spec_from_file_location("write", DOCS / "write.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_are_up_to_date(write, lang):
    # the oracle is the page written anew; a rule, an option or a number that changed shows here: make docs
    assert (DOCS / f"{lang}.md").read_text(encoding="utf-8") == write.page(lang)


def test_the_table_of_one_customer_is_the_published_one(write):
    # DEFINITIONS of the project: GRR capped, running minimum, monthly movements summed, NRR
    expected = [
        (1.0, 0.6, 0.6, 1.0),
        (1.0, 1.0, 0.5, 1.0),
        (0.8, 0.8, 0.3, 0.8),
        (0.8, 0.0, 0.0, 0.8),
        (0.0, 0.0, -1.758, 0.0),
    ]
    for path, values in zip(write.PATHS, expected, strict=True):
        book = write.of_path(path)
        assert [float(eval(call, book)) for call in write.COLUMNS.values()] == pytest.approx(values)
