"""Cohort matrices: against the oracle, cell by cell; what is not observed is not 0."""

import math
from dataclasses import replace
from itertools import product

import hypothesis.strategies as st
import numpy as np
import oracle
import pandas as pd
import pytest
from cases import UNKNOWN, books, label, ledger_of_paths, segment, segmented_books, told
from hypothesis import given
from pandas.testing import assert_frame_equal, assert_series_equal

from retention_kit.cohorts import cohort_customers, cohort_matrix
from retention_kit.errors import InputError, MonthError, OptionError
from retention_kit.ledger import Ledger
from retention_kit.wording import use_language

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
        shares = matrix.numerators / matrix.denominators.where(matrix.denominators > 0)
        assert_frame_equal(shares, matrix.to_frame())
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


# ---- by quarter, year or attribute, with every option ----

GROUPS = {
    "M": lambda book: lambda who: label(book.start(who)),
    "Q": lambda book: lambda who: label(oracle.period_of(book.start(who), "Q")),
    "Y": lambda book: lambda who: label(oracle.period_of(book.start(who), "Y")),
    "segment": lambda _: segment,
}
RELATIVE = [{"relative_to": each} for each in ("start", "previous")]
GAPS = [{"fill_gaps": each} for each in (False, True)]
BASES = [{"baseline": each} for each in (0, 1)]
SUMMED = [{}, {"cumulative": True}]
# Every option with every measure it goes with: 8 + 4 + 4 + 2 + 2 + 2.
WAYS = [
    *[{"measure": "logo"} | a | b | c for a, b, c in product(RELATIVE, GAPS, BASES)],
    *[{"measure": measure} | a | b for measure, a, b in product(("nrr", "grr"), RELATIVE, BASES)],
    *[{"measure": "customers"} | a for a in GAPS],
    *[{"measure": measure} | a for measure, a in product(("mrr", "arpa"), SUMMED)],
]


def exact(cells, measure):
    """The ratios of the oracle's sums, as the package shows them."""
    return {place: shown(oracle.share([upper], [lower]), measure) for place, (upper, lower) in cells.items()}


def observed(table):
    """Cells with a number behind them, by (cohort, age)."""
    cells = ((row, age, table.loc[row, age]) for row in table.index for age in table.columns)
    return {(row, age): value for row, age, value in cells if not math.isnan(value)}


@given(segmented_books(), st.sampled_from(list(GROUPS)))
def test_every_cell_under_every_option_is_the_oracle_s(both, cohort):
    """Observed exactly where the oracle has the cell: up to the age of the cohort's youngest member."""
    ledger, book = both
    for way in WAYS:
        cells = oracle.cohort_cells(book, GROUPS[cohort](book), **way)
        if not cells:
            with pytest.raises(OptionError, match="No cohort has reached age 1"):
                cohort_matrix(ledger, cohort=cohort, **way)
            continue
        matrix, measure = cohort_matrix(ledger, cohort=cohort, **way), way["measure"]
        assert observed(matrix.numerators).keys() == observed(matrix.denominators).keys() == cells.keys()
        known = {place: value for place, value in exact(cells, measure).items() if not math.isnan(value)}
        assert observed(matrix.values) == approx(known, rel=1e-14, abs=0)
        for age, mean in matrix.average.items():
            sums = [pair for (_, at), pair in cells.items() if at == age]
            assert mean == approx(shown(oracle.share(*zip(*sums, strict=True)), measure), rel=1e-14, abs=0, nan_ok=True)


@given(segmented_books())
def test_customers_at_age_0_are_the_size_of_the_cohort(both):
    ledger, book = both
    for cohort, name_of in GROUPS.items():
        matrix = cohort_matrix(ledger, measure="customers", cohort=cohort)
        members = pd.Series([name_of(book)(who) for who in book.paid]).value_counts()
        assert matrix.values[0].to_dict() == matrix.sizes.to_dict() == members.to_dict()


def named(ledger: Ledger, names) -> Ledger:
    """The ledger with one more attribute of its customers: who."""
    given = pd.DataFrame(index=ledger.ids) if ledger.customers is None else ledger.customers
    return replace(ledger, customers=given.assign(who=names))


@given(books())
def test_the_row_of_one_customer_is_their_own_path(both):
    """Each customer a cohort: MRR is the path, NRR the path ÷ its first value, to date the running sum."""
    ledger, book = both
    ledger = named(ledger, list(ledger.ids))
    tables = {name: cohort_matrix(ledger, measure=name, cohort="who").values for name in ("mrr", "nrr", "logo")}
    to_date = cohort_matrix(ledger, measure="mrr", cohort="who", cumulative=True).values
    for who in book.paid:
        own = oracle.path(book, who)
        assert tables["mrr"].loc[who].dropna().tolist() == [cents / 100 for cents in own]
        assert tables["nrr"].loc[who].dropna().tolist() == approx([cents / own[0] for cents in own], rel=1e-14)
        assert tables["logo"].loc[who].dropna().tolist() == [float(cents > 0) for cents in own]
        assert to_date.loc[who].dropna().tolist() == (np.cumsum(own) / 100).tolist()


@given(books())
def test_all_cohorts_in_one_are_the_average_row(both):
    """As far as the youngest of all has been watched, nobody drops out of the average."""
    ledger, _ = both
    everybody = named(ledger, "everybody")
    for way in (way for way in WAYS if way["measure"] in ("logo", "nrr", "grr", "arpa") and not way.get("baseline")):
        one = cohort_matrix(everybody, cohort="who", **way).values.loc["everybody"]
        average = cohort_matrix(ledger, **way).average
        assert one.tolist() == approx(average[: len(one)].tolist(), rel=1e-14, nan_ok=True)


@given(segmented_books(), st.sampled_from(list(GROUPS)), st.integers(0, 12))
def test_the_customers_behind_a_cell_sum_to_it(both, cohort, age):
    ledger, _ = both
    matrices = {name: cohort_matrix(ledger, measure=name, cohort=cohort) for name in ("mrr", "customers", "grr")}
    for row in matrices["mrr"].values.index:
        behind = cohort_customers(ledger, cohort=row, age=age, freq=cohort)
        cells = {name: matrix.cell(row, age) for name, matrix in matrices.items()}
        assert len(behind) == cells["mrr"].customers
        assert cells["mrr"].observed == behind["mrr"].notna().all()
        if cells["mrr"].observed:
            assert behind["mrr"].sum() == approx(cells["mrr"].value)
            assert (behind["mrr"] > 0).sum() == cells["customers"].value
            assert np.minimum(behind["mrr"], behind["starting_mrr"]).sum() == approx(cells["grr"].numerator)
            assert behind["starting_mrr"].sum() == approx(cells["grr"].denominator)


@given(segmented_books(), st.permutations(list("ABCDEF")))
def test_new_ids_in_another_order_change_nothing(both, letters):
    """Who is called what, and so who stands where in the book, is no part of any cell."""
    ledger, book = both
    paths = {who: [cents / 100 for cents in oracle.path(book, who)] for who in book.paid}
    begun = {who: [0] * (book.start(who) - book.first) + path for who, path in paths.items()}
    first = f"{label(book.first):%Y-%m}"
    called = dict(zip("ABCDEF", letters, strict=True))
    again = ledger_of_paths({called[who]: path for who, path in reversed(begun.items())}, first=first)
    for cohort, measure in product("MQY", ("logo", "nrr", "grr")):
        options = {"cohort": cohort, "measure": measure}
        assert_frame_equal(cohort_matrix(again, **options).values, cohort_matrix(ledger, **options).values)


# ---- by hand ----


def test_a_quarter_is_observed_up_to_its_youngest_customer():
    """Q1: Ada and Bo from January, Cy from February, so ages 0 to 2 of the 4 months. Age 1: 30 + 20 of 150 + 20."""
    paths = {"Ada": [100, 0, 0, 150], "Bo": [50, 30, 0, 0], "Cy": [0, 20, 20, 0], "Di": [0, 0, 0, 10]}
    values = cohort_matrix(ledger_of_paths(paths), cohort="Q").values
    assert values.index.tolist() == [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-04-01")]
    assert values.to_numpy().tolist() == [approx([1, 50 / 170, 0]), approx([1, math.nan, math.nan], nan_ok=True)]
    assert cohort_matrix(ledger_of_paths(paths), cohort="Y").values.columns.tolist() == [0]


def test_those_without_a_value_come_last():
    ledger = named(three(), ["small", None, "large", "small"])
    matrix = cohort_matrix(ledger, measure="logo", cohort="who")
    assert matrix.values.index.tolist() == ["large", "small", UNKNOWN]
    assert matrix.sizes.tolist() == [1, 2, 1]
    assert matrix.rows("fr")[-1] == "(non renseigné)"


# Ada 100, 0, 0, 150 and Bo 50, 30, 0, 0: January's cohort.
@pytest.mark.parametrize(
    ("way", "cells"),
    [
        ({"measure": "logo", "fill_gaps": True}, [1, 1, 1 / 2, 1 / 2]),  # Bo until age 1, Ada until age 3
        ({"measure": "customers", "fill_gaps": True}, [2, 2, 1, 1]),
        ({"measure": "logo", "relative_to": "previous"}, [1, 1 / 2, 0, None]),  # one came back to nobody
        ({"measure": "nrr", "relative_to": "previous"}, [1, 30 / 150, 0, None]),
        ({"measure": "logo", "fill_gaps": True, "relative_to": "previous"}, [1, 1, 1 / 2, 1]),
        ({"measure": "logo", "baseline": 1}, [1, 0, 0]),  # only Bo pays at age 1
        ({"measure": "nrr", "baseline": 1}, [1, 0, 0]),
        ({"measure": "logo", "fill_gaps": True, "baseline": 1}, [1, 1 / 2, 1 / 2]),  # Ada pays after age 1
        ({"measure": "mrr", "cumulative": True}, [150, 180, 180, 330]),
        ({"measure": "arpa", "cumulative": True}, [75, 90, 90, 165]),
    ],
)
def test_the_options_by_hand(way, cells):
    matrix = cohort_matrix(three(), **way)
    row = matrix.values.loc["2025-01-01"]
    assert row.tolist() == approx([math.nan if cell is None else cell for cell in cells], nan_ok=True)
    assert row.index[0] == way.get("baseline", 0)


def test_a_small_cohort_that_stayed_does_not_lift_the_average():
    """PostHog's case: 10 customers retained at 20 %, 100 at 0 %: 2 of 110 are 1.8 %, not the mean of rows, 10 %."""
    small = {f"a{place}": [10, 10 if place < 2 else 0, 0] for place in range(10)}
    large = {f"b{place}": [0, 10, 0] for place in range(100)}
    average = cohort_matrix(ledger_of_paths(small | large), measure="logo").average
    assert average[1] == approx(2 / 110)


def test_a_customer_whose_start_nobody_saw_is_in_no_cohort():
    """Ada and Bo paid already when the history opens: Cy's February and Di's April are left, and two are named."""
    ledger = three()
    matrix = cohort_matrix(replace(ledger, book=replace(ledger.book, complete=False)), measure="customers")
    assert matrix.sizes.tolist() == [1, 1]
    assert [str(warning)[:30] for warning in matrix.warnings] == ["2 customers of 4 already paid "]
    assert "already paid" in str(matrix)
    assert "already paid" in matrix._repr_html_()
    assert cohort_matrix(ledger).warnings == ()


def test_without_a_single_start_there_is_no_matrix():
    ledger = ledger_of_paths({"Ada": [10, 10]})
    with pytest.raises(InputError, match=r"nobody's start was observed .1 customer."):
        cohort_matrix(replace(ledger, book=replace(ledger.book, complete=False)))


def test_a_row_that_one_new_customer_cuts_short_says_so():
    """Ada has been watched for 3 months, Bo since the last one: their row ends at age 0."""
    paths = {"Ada": [10, 10, 10, 10], "Bo": [0, 0, 0, 10], "Cy": [10, 10, 10, 10]}
    ledger = named(ledger_of_paths(paths), ["x", "x", "y"])
    matrix = cohort_matrix(ledger, cohort="who")
    assert matrix.values.loc["x"].notna().tolist() == [True, False, False, False]
    assert str(matrix.warnings[0]).startswith("1 of 2 rows ends early")


# ---- what is refused ----


@pytest.mark.parametrize(
    ("way", "english", "french"),
    [
        ({"measure": "mrr", "relative_to": "previous"}, "relative_to='previous'", "nrr, grr, logo"),
        ({"measure": "nrr", "fill_gaps": True}, "fill_gaps=True does not go with measure=“nrr”", "logo, customers"),
        ({"measure": "arpa", "baseline": 1}, "baseline=1", "Mesures possibles : nrr, grr, logo"),
        ({"measure": "logo", "cumulative": True}, "It goes with: mrr, arpa", "ne va pas avec measure=« logo »"),
        ({"relative_to": "first"}, "Choose one of: start, previous", "start, previous"),
        ({"baseline": 2}, "baseline cannot be “2”", "0, 1"),
        ({"baseline": True}, "baseline cannot be “True”", "0, 1"),
        ({"fill_gaps": 1}, "Choose one of: False, True", "False, True"),
    ],
)
def test_options_that_do_not_go_together_are_refused_with_those_that_do(way, english, french):
    with pytest.raises(OptionError) as caught:
        cohort_matrix(three(), **way)
    texts = told(caught.value)
    assert english in texts[0]
    assert french in texts[1]


def test_every_option_either_works_or_names_its_measures():
    options = [{"relative_to": "previous"}, {"fill_gaps": True}, {"baseline": 1}, {"cumulative": True}]
    for measure, option in product(MEASURES, options):
        if any({"measure": measure, **option}.items() <= way.items() for way in WAYS):
            assert cohort_matrix(three(), measure=measure, **option).measure == measure
        else:
            with pytest.raises(OptionError, match="It goes with"):
                cohort_matrix(three(), measure=measure, **option)


def test_attributes_are_among_the_legal_cohorts():
    with pytest.raises(OptionError, match="Choose one of: M, Q, Y, who"):
        cohort_matrix(named(three(), "x"), cohort="W")


@pytest.mark.parametrize("age", [-1, 1.5, "3", True])
def test_an_age_is_a_whole_number_of_months(age):
    for ask in (cohort_matrix(three()).cell, lambda cohort, age: cohort_customers(three(), cohort=cohort, age=age)):
        with pytest.raises(OptionError, match="whole months from 0 on"):
            ask("2025-01", age)
    with pytest.raises(OptionError, match="whole months from 1 on"):
        cohort_matrix(three(), baseline=1).cell("2025-01", 0)


@pytest.mark.parametrize("cohort", ["2025-03", "2024-01", "spring"])
def test_a_cohort_that_is_not_there_is_refused_with_those_that_are(cohort):
    with pytest.raises(OptionError, match="Choose one of: 2025-01, 2025-02, 2025-04") as caught:
        cohort_matrix(three()).cell(cohort, 0)
    assert not isinstance(caught.value, MonthError)
    with pytest.raises(OptionError, match="Choose one of: 2025-01, 2025-02, 2025-04"):
        cohort_customers(three(), cohort=cohort, age=0)


# ---- one cell, and words ----


@pytest.mark.parametrize(
    ("way", "cell", "english", "french"),
    [
        ({"measure": "logo"}, ("2025-01", 3), "Jan 2025, 3 months after the start", "50,0 % (1 sur 2 ; cohorte"),
        ({"cohort": "Q"}, ("2025-Q1", 1), "Q1 2025, 1 month after the start", "T1 2025, à 1 mois de l’arrivée"),
        ({"cohort": "Q"}, ("2025-02", 1), "17.6% (30 of 170; cohort of 3 customers)", "17,6 % (30 sur 170"),
        ({"cohort": "Y"}, ("2025", 1), "not observed yet (cohort of 4 customers)", "pas encore observé"),
        ({}, ("2025-01", 99), "not observed yet", "pas encore observé"),
        ({"measure": "customers"}, (pd.Timestamp("2025-01-01"), 3), "customers 1 (cohort of 2", "clients 1 (cohorte"),
        ({"measure": "mrr"}, ("2025-01", 3), "MRR 150 (cohort of 2 customers)", "MRR 150 (cohorte de 2 clients)"),
        ({"measure": "arpa"}, ("2025-01", 3), "150 (150 divided by 1;", "150 (150 divisés par 1 ;"),
        ({"measure": "arpa"}, ("2025-01", 2), "there is nothing to divide by", "il n’y a rien à diviser"),
    ],
)
def test_a_cell_says_itself(way, cell, english, french):
    found = cohort_matrix(three(), **way).cell(*cell)
    assert english in found.sentence("en").replace("\u00a0", " ")
    assert french in found.sentence("fr").replace("\u00a0", " ")
    with use_language("fr"):
        assert str(found) == found.sentence("fr")
        assert "cohorte" in found._repr_html_()


def test_a_cell_holds_the_numbers_behind_it():
    cell = cohort_matrix(three(), measure="nrr").cell("2025-01", 1)
    assert (cell.value, cell.numerator, cell.denominator, cell.customers, cell.observed) == (0.2, 30, 150, 2, True)
    assert float(cell) == 0.2
    assert cell.to_frame().iloc[0].tolist()[1:] == [1, 0.2, 30, 150, 2, True]
    ahead = cohort_matrix(three(), measure="nrr").cell("2025-04", 1)
    assert not ahead.observed
    assert math.isnan(ahead.value)


@pytest.mark.parametrize("cohort", ["M", "Q", "Y", "who"])
def test_every_way_has_a_rule_and_a_description_of_its_own(cohort):
    ledger, told_so = named(three(), "x"), set()
    for way in WAYS:
        matrix = cohort_matrix(ledger, cohort=cohort, **way) if cohort in "MQ" or not way.get("baseline") else None
        for lang in ("en", "fr") if matrix else ():
            told_so |= {(matrix.rule.text(lang), matrix.describe(lang).partition(" 0 m")[0])}
    assert len(told_so) == 2 * sum(cohort in "MQ" or not way.get("baseline") for way in WAYS)
    assert len({rule for rule, _ in told_so}) == len({words for _, words in told_so}) == len(told_so)


def test_an_attribute_called_like_a_column_keeps_both():
    ledger = replace(three(), customers=pd.DataFrame({"mrr": list("abcd")}, three().ids))
    assert cohort_customers(ledger, cohort="2025-04", age=0).iloc[0, 3:].tolist() == [10, "d"]
    assert cohort_customers(ledger, cohort="2025-04", age=0).columns[-1] == "mrr_given"


def test_the_customers_of_a_cell_come_with_their_attributes():
    ledger = named(three(), ["a", "b", "c", "d"])
    table = cohort_customers(ledger, cohort="2025-01", age=3)
    assert table.columns.tolist() == ["customer_id", "first_month", "starting_mrr", "mrr", "who"]
    assert table.to_numpy().tolist() == [
        ["Ada", pd.Timestamp("2025-01-01"), 100, 150, "a"],
        ["Bo", pd.Timestamp("2025-01-01"), 50, 0, "b"],
    ]
    assert cohort_customers(ledger, cohort="d", age=1, freq="who")["mrr"].isna().all()


def test_what_is_handed_out_does_not_change_the_matrix():
    ledger = named(three(), "x")
    matrix, before = cohort_matrix(ledger, cohort="Q"), cohort_matrix(ledger, cohort="Q")
    matrix.cell("2025-Q1", 0), matrix.describe(), str(matrix), matrix._repr_html_(), matrix.rows()
    copy = matrix.to_frame()
    copy.iloc[:] = 7.0
    for name in ("values", "numerators", "denominators"):
        assert_frame_equal(getattr(matrix, name), getattr(before, name))
    assert_series_equal(matrix.average, before.average)
    behind = cohort_customers(ledger, cohort="2025-01", age=0)
    behind.iloc[:, 2] = 0.0
    assert ledger.frame["mrr"].min() == 10
