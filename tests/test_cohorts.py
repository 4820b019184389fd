"""Cohort matrices: against the oracle, cell by cell; what is not observed is not 0."""

import math

import oracle
import pandas as pd
import pytest
from cases import books, label, ledger_of_paths
from hypothesis import given
from pandas.testing import assert_frame_equal

from retention_kit.cohorts import cohort_matrix
from retention_kit.errors import OptionError

approx = pytest.approx
MEASURES = ["customers", "logo", "mrr", "nrr", "grr", "arpa"]
MONEY = {"mrr", "arpa"}


def shown(cell, measure):
    """An exact cell as the package shows it: money in units, nothing to divide by as NaN."""
    if cell is None:
        return math.nan
    return float(cell / 100 if measure in MONEY else cell)


@given(books())
def test_every_cell_and_the_average_row_are_the_oracle_s(both):
    """Rows are the cohorts that exist; every age up to the oldest cohort's has a column; unobserved is NaN."""
    ledger, expected = both
    for measure in MEASURES:
        cells, average = oracle.cohort_matrix(expected, measure)
        matrix = cohort_matrix(ledger, measure=measure)
        starts, ages = sorted({start for start, _ in cells}), sorted({age for _, age in cells})
        assert matrix.to_frame().index.tolist() == [label(start) for start in starts]
        assert matrix.to_frame().columns.tolist() == ages
        for place, start in enumerate(starts):
            exact = [shown(cells.get((start, age)), measure) for age in ages]
            assert matrix.to_frame().iloc[place].tolist() == approx(exact, rel=1e-14, abs=0, nan_ok=True)
        exact = [shown(average[age], measure) for age in ages]
        assert matrix.average.tolist() == approx(exact, rel=1e-14, abs=0, nan_ok=True)


@given(books())
def test_the_cells_are_the_sums_behind_them(both):
    ledger, _ = both
    for measure in MEASURES:
        matrix = cohort_matrix(ledger, measure=measure)
        assert_frame_equal(matrix.numerators / matrix.denominators, matrix.to_frame())
        assert matrix.sizes.sum() == len(ledger.ids)


def three():
    """January: Ada and Bo; February: Cy; nobody in March; April: Di. Ada leaves for a month and comes back higher."""
    return ledger_of_paths({"Ada": [100, 0, 0, 150], "Bo": [50, 30, 0, 0], "Cy": [0, 20, 0, 0], "Di": [0, 0, 0, 10]})


@pytest.mark.parametrize(
    ("measure", "january", "february", "april", "average"),
    [
        ("customers", [2, 1, 0, 1], [1, 0, 0], 1, [4 / 3, 1 / 2, 0, 1]),
        ("logo", [1, 1 / 2, 0, 1 / 2], [1, 0, 0], 1, [1, 1 / 3, 0, 1 / 2]),
        ("mrr", [150, 30, 0, 150], [20, 0, 0], 10, [60, 15, 0, 150]),
        ("nrr", [1, 0.2, 0, 1], [1, 0, 0], 1, [1, 30 / 170, 0, 1]),
        ("grr", [1, 0.2, 0, 100 / 150], [1, 0, 0], 1, [1, 30 / 170, 0, 100 / 150]),
        ("arpa", [75, 30, None, 150], [20, None, None], 10, [45, 30, None, 150]),
    ],
)
def test_the_matrix_by_hand(measure, january, february, april, average):
    """Average at age 1: (1 + 0) of 3 customers, (30 + 0) of 170; April's age 1 is not observed and not 0."""
    matrix = cohort_matrix(three(), measure=measure)
    rows = [january, [*february, None], [april, None, None, None], average]
    found = [*matrix.to_frame().to_numpy().tolist(), matrix.average.tolist()]
    for cells, row in zip(found, rows, strict=True):
        assert cells == approx([math.nan if cell is None else cell for cell in row], nan_ok=True)
    assert matrix.to_frame().index.tolist() == [pd.Timestamp(f"2025-0{month}-01") for month in (1, 2, 4)]
    assert matrix.sizes.tolist() == [2, 1, 1]


def test_what_has_not_happened_is_nan_and_what_ended_is_zero():
    """Cy's cohort lost everyone: observed zeros at ages 1 and 2. Its age 3 lies after the last month."""
    values = cohort_matrix(three(), measure="logo").to_frame()
    assert values.loc["2025-02-01"].tolist()[:3] == [1.0, 0.0, 0.0]
    assert math.isnan(values.loc["2025-02-01", 3])


def test_a_row_may_rise_when_somebody_returns():
    values = cohort_matrix(three()).to_frame()
    assert values.loc["2025-01-01", 3] > values.loc["2025-01-01", 2]


def test_no_gross_cell_exceeds_one_or_the_net_one():
    net, gross = (cohort_matrix(three(), measure=measure).to_frame().fillna(0) for measure in ("nrr", "grr"))
    assert (gross <= net).all(axis=None)
    assert (gross <= 1).all(axis=None)


@pytest.mark.parametrize(("option", "value"), [("measure", "ltv"), ("cohort", "W")])
def test_other_words_are_refused_with_the_legal_ones(option, value):
    with pytest.raises(OptionError, match=f"{option} cannot be “{value}”. Choose one of:"):
        cohort_matrix(three(), **{option: value})


def test_a_matrix_says_itself_and_hands_out_copies():
    matrix = cohort_matrix(three(), measure="logo")
    assert "3 cohorts, 4 customers in all" in matrix.describe("en")
    assert "3 mois" in matrix.describe("fr").replace("\u00a0", " ")
    copy = matrix.to_frame()
    copy.iloc[0, 0] = -1.0
    assert matrix.to_frame().iloc[0, 0] == 1.0
    assert "An empty cell has not happened yet" in str(matrix)


def test_measuring_changes_nothing():
    ledger = three()
    before = ledger.frame.copy(deep=True)
    for measure in MEASURES:
        cohort_matrix(ledger, measure=measure)
    assert_frame_equal(ledger.frame, before)
