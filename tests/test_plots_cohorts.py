"""Heatmaps and curves of cohorts, few or many, with names and amounts of any length: no label collides or is cut."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from pictures import collisions, matrix_of, outside, tick_labels, words

from retention_kit import plots
from retention_kit.plots.matrices import HIGHEST

LONG = "Établissements publics à caractère industriel et commercial"  # 59 characters
PAGE = 960  # pixels of a page's column; matplotlib's are 1/110 inch


def named_cohorts(names, ages=40, measure="nrr"):
    """Cohorts by an attribute, all of them observed at every age."""
    index = pd.Index(names, dtype=object)
    shares = pd.DataFrame([np.linspace(1, 0.5 + 0.01 * i, ages) for i in range(len(names))], index)
    born = pd.DataFrame(100.0, index, shares.columns)
    sizes = pd.Series(range(1000, 1000 + len(names)), index)
    parts = {"values": shares, "numerators": shares * born, "denominators": born, "sizes": sizes}
    return replace(matrix_of(1, measure, "EUR"), cohort="secteur", average=shares.mean(), **parts)


def dear(matrix, amount=1_234_567_890.0):
    """The same matrix in money: every cell a huge amount."""
    return replace(
        matrix, measure="mrr", currency="EUR", values=matrix.values * amount, average=matrix.average * amount
    )


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


CASES = {
    "one": matrix_of(1),
    "two": matrix_of(2, "nrr"),
    "twelve": matrix_of(12),
    "forty": matrix_of(40, "nrr"),
    "eighty": matrix_of(80),
    "huge": dear(matrix_of(3)),
    "huge twelve": dear(matrix_of(12)),
    "huge forty": dear(matrix_of(40)),
    "one long name": named_cohorts([LONG]),
    "twelve long names": named_cohorts([f"{LONG[:-2]}{i:02}" for i in range(12)]),
    "forty long names": named_cohorts([f"{LONG[:-2]}{i:02}" for i in range(40)]),
    "one word": named_cohorts(["É" * 59, "Ш" * 59], ages=4),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", [plots.plot_cohort_matrix, plots.plot_cohort_curves])
def test_no_label_collides_or_is_cut(draw, case):
    ax = draw(CASES[case], lang="fr")
    assert collisions(ax) == []
    assert outside(ax) == []


@pytest.mark.parametrize("case", CASES)
def test_a_heatmap_is_as_wide_as_a_page_and_one_of_months_no_higher_than_a_sheet(case):
    ax = plots.plot_cohort_matrix(CASES[case])
    width, height = ax.figure.get_size_inches()
    assert PAGE - 80 <= width * ax.figure.dpi <= PAGE
    # A4 with margins of 18 mm shows 174 mm by 261 mm: a sheet as wide as that shrinks the picture to 84 %
    assert height * 174 / 25.4 / width <= 261 / 25.4
    if CASES[case].cohort == "M":
        assert height <= HIGHEST


@pytest.mark.parametrize("case", ["twelve long names", "forty long names"])
def test_every_name_is_written_in_full(case):
    ax = plots.plot_cohort_matrix(CASES[case], lang="fr")
    ax.figure.canvas.draw()
    rows = [label.get_text().replace("\n", " ") for label in tick_labels(ax.yaxis)][1:]
    assert len(rows) == len(CASES[case].sizes)
    assert all(row.startswith(str(name)) for row, name in zip(rows, CASES[case].sizes.index, strict=True))
    assert rows[0].endswith("(n\u00a0=\u00a01\u202f000)")


@pytest.mark.parametrize("case", ["twelve", "forty", "eighty"])
def test_the_triangle_that_is_not_observed_stays_empty(case):
    ax = plots.plot_cohort_matrix(CASES[case])
    n = len(CASES[case].sizes)
    drawn = ax.collections[0].get_array().reshape(n + 1, n)
    # cohort i has been seen at ages 0 to n − 1 − i
    assert drawn.mask[1:].sum() == n * (n - 1) / 2
    faces = ax.collections[0].get_facecolors().reshape(n + 1, n, 4)
    assert (faces[-1, 1:, 3] == 0).all()


def test_a_heatmap_is_not_drawn_before_it_is_shown(monkeypatch):
    # seaborn would draw it whole, for the sake of tick labels that it does not have
    monkeypatch.setattr(Figure, "draw", None)
    figure, ax = plt.subplots()
    canvas = figure.canvas
    plots.plot_cohort_matrix(CASES["twelve"], ax)
    assert figure.canvas is canvas


@pytest.mark.parametrize("measure", ["logo", "nrr", "mrr"])
def test_rows_of_nothing_known_are_drawn_empty(measure):
    whole = matrix_of(4, measure, "EUR")
    values = whole.values.copy()
    values.iloc[1:] = np.nan
    ax = plots.plot_cohort_matrix(replace(whole, values=values), lang="fr")
    assert collisions(ax) == []
    assert ax.collections[0].get_array().reshape(5, 4).mask[2:].all()
    curves = plots.plot_cohort_curves(replace(whole, values=values), lang="fr")
    assert [np.isnan(line.get_ydata()).all() for line in curves.get_lines()[1:5]] == [False, True, True, True]
    assert collisions(curves) == []


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=60)


@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(names, min_size=1, max_size=12, unique=True), st.integers(1, 40))
def test_names_of_any_signs_keep_off_one_another(labels, ages):
    for draw in (plots.plot_cohort_matrix, plots.plot_cohort_curves):
        ax = draw(named_cohorts(labels, ages), lang="fr")  # a sign that the font lacks would warn
        assert collisions(ax) == []
        assert outside(ax) == []
        plt.close("all")


# --- curves ------------------------------------------------------------------------------------------------


def lines(ax):
    return [line for line in ax.get_lines() if len(line.get_xdata()) > 2]


def test_every_cohort_is_a_line_that_ends_where_it_was_last_observed_and_the_average_is_thick():
    ax = plots.plot_cohort_curves(matrix_of(5), lang="en")
    average, *cohorts = lines(ax)
    assert average.get_linewidth() > 1.5 * max(line.get_linewidth() for line in cohorts)
    assert list(average.get_ydata()) == pytest.approx([0.9**age for age in range(5)])
    assert [int((~np.isnan(line.get_ydata())).sum()) for line in cohorts] == [5, 4, 3, 2, 1]
    assert len({str(line._dash_pattern) for line in cohorts}) == 5  # told apart in grey as well
    named = [text.get_text() for text in ax.texts]
    assert named[:2] == ["Weighted average: 65.6%", "Jan\u00a02024: 65.6%"]  # 0.9⁴
    assert named[-1] == "May\u00a02024: 100.0%"  # seen at age 0 only
    assert cohorts[-1].get_marker() == "o"  # a line of one point would not be seen


def test_all_that_was_paid_at_the_start_is_a_line_of_shares_and_none_of_money():
    flat = [
        [line for line in plots.plot_cohort_curves(matrix).get_lines() if list(line.get_ydata()) == [1, 1]]
        for matrix in (matrix_of(5), dear(matrix_of(5)))
    ]
    assert [len(lines) for lines in flat] == [1, 0]
    assert "Average: " in " ".join(words(plots.plot_cohort_curves(dear(matrix_of(5)), lang="en")))


def test_of_many_cohorts_the_ends_are_named_and_the_others_run_from_light_to_dark():
    matrix = matrix_of(40, cell=(3, 12, 0.99))
    matrix.values.iloc[7, 12] = 0.01
    ax = plots.plot_cohort_curves(matrix, lang="en")
    named = [text.get_text().partition(":")[0] for text in ax.texts]
    assert named == ["Weighted average", "Apr\u00a02024", "Aug\u00a02024"]  # the highest and the lowest at a year
    light = [sum(plt.matplotlib.colors.to_rgb(line.get_color())) for line in lines(ax)[3:]]
    assert light == sorted(light, reverse=True)
    key = [text.get_text() for text in ax.get_legend().get_texts()]
    assert key == ["Jan\u00a02024", "Sept\u00a02025", "Apr\u00a02027"]


def test_many_cohorts_without_an_order_are_grey_but_the_ends():
    ax = plots.plot_cohort_curves(named_cohorts([f"secteur {i}" for i in range(10)]), lang="fr")
    colours = [plt.matplotlib.colors.to_hex(line.get_color()) for line in lines(ax)]
    assert colours.count("#bdbdbd") == 8
    assert ax.get_legend() is None
    assert any(text.startswith("secteur 9") for text in words(ax))


# --- words -------------------------------------------------------------------------------------------------


def test_the_heatmap_says_the_average_and_the_ends_at_a_year():
    matrix = matrix_of(14, cell=(0, 12, 0.5))
    english, french = (matrix.describe(lang).replace("\u00a0", " ") for lang in ("en", "fr"))
    # 0.9¹² = 28.2 %; only the two oldest have been seen for a year
    assert "12 months after the start, the weighted average is 28.2%." in english
    assert english.endswith(
        "Of the 2 cohorts observed at that age, Feb 2024 is lowest (28.2%) and Jan 2024 highest (50%)."
    )
    assert french.endswith(
        "Parmi les cohortes observées à cet âge (2), févr. 2024 est la plus basse (28,2 %) et janv. 2024 la plus haute "
        "(50 %)."
    )
    assert "cohorts observed" not in matrix_of(1).describe("en")


def test_the_curves_say_how_the_average_goes_on():
    english, french = (matrix_of(14).describe_curves(lang).replace("\u00a0", " ") for lang in ("en", "fr"))
    # 1, 0.9³, 0.9⁶, 0.9¹²
    assert "100% at month 0, 72.9% at month 3, 53.1% at month 6, 28.2% at month 12" in english
    assert "72,9 % au mois 3" in french
    assert "one line for each of 14 cohorts" in english
