"""Published figures: shipped as what they are, compared only over the same length of time."""

import math

import pandas as pd
import pytest
from cases import ledger_of_paths, told

import retention_kit as rk
from retention_kit.benchmarks import OPERATORS, STATISTICS
from retention_kit.errors import (
    FileNotReadableError,
    InvalidRowsError,
    MissingColumnError,
    OptionError,
    WindowMismatchError,
)
from retention_kit.wording import LANGUAGES, Money, use_language

M = 1e6
ROW = {"metric": "nrr", "statistic": "median", "value_low": 0.9, "operator": "equal", "source": "Our group"}


def own(**cells):
    return pd.DataFrame([ROW | cells])


def relations(position):
    return {str(each.benchmark.source): each.relation for each in position.comparisons}


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


# ---- what is shipped ----


def test_the_figures_shipped_are_those_of_their_sources():
    frame = rk.published_benchmarks()
    figures = frame[["statistic", "arr_low", "arr_high", "currency", "operator", "value_low", "value_high"]]
    got = [[None if pd.isna(cell) else cell for cell in row] for row in figures.to_numpy().tolist()]
    # DEFINITIONS.md: the bootcamp's article, then ChartMogul 2023; SaaS Capital 2023 as ChurnZero reported it
    assert got == [
        ["usual", M, 3 * M, "EUR", "range", 0.90, 0.94],
        ["usual", 8 * M, 15 * M, "EUR", "about", 0.99, None],
        ["usual", 15 * M, 30 * M, "EUR", "above", 1.05, None],
        ["top_quartile", M, 3 * M, "USD", "equal", 0.94, None],
        ["top_quartile", 3 * M, 15 * M, "USD", "equal", 0.99, None],
        ["top_quartile", 15 * M, 30 * M, "USD", "above", 1.05, None],
        ["median", None, None, None, "equal", 1.02, None],
    ]
    assert frame["source"].tolist() == ["bootcamp"] * 3 + ["ChartMogul"] * 3 + ["SaaS Capital"]
    assert set(frame["window_months"]) == {12}
    assert frame["definition"].notna().all()


# ---- where a number stands ----


def test_97_percent_at_9_million_is_below_what_is_usual_and_below_the_top_quartile():
    position = rk.benchmark("nrr", 0.97, arr=9 * M)
    assert relations(position) == {
        "the bootcamp's article": "below",
        "ChartMogul": "below",
        "SaaS Capital": "below",
    }


def test_the_sentence_says_which_kind_of_figure_it_is():
    position = rk.benchmark("nrr", 0.97, arr=9 * M, statistic="top_quartile")
    assert plain(position.comparisons[0].sentence("en")) == (
        "97.0% is below the top quartile (99%) of ChartMogul 2023 for 3 to 15 M USD of ARR; a quarter of the companies "
        "reach that figure, and it says nothing about the middle of the field."
    )
    assert plain(position.comparisons[0].sentence("fr")) == (
        "97,0 % : sous le quartile supérieur (99 %) de ChartMogul 2023 pour un ARR de 3 à 15 M USD ; un quart des "
        "entreprises atteint ce chiffre, qui ne dit rien du milieu du marché."
    )


def test_the_articles_levels_are_said_to_be_without_survey_and_to_match_the_top_quartile():
    position = rk.benchmark("nrr", 0.92, arr=Money(2 * M, "EUR"), statistic="usual")
    assert relations(position) == {"the bootcamp's article": "at"}  # 90 to 94 %
    assert "without a survey" in position.sentence("en")
    assert "match the top quartile of ChartMogul 2023" in position.rule.text("en")
    assert "correspondent au quartile supérieur de ChartMogul 2023" in position.rule.text("fr")


@pytest.mark.parametrize(
    ("cells", "value", "relation"),
    [
        ({"operator": "equal"}, 0.9, "at"),
        ({"operator": "equal"}, 0.9004, "at"),  # printed 90.0 %
        ({"operator": "equal"}, 0.899, "below"),
        ({"operator": "equal"}, 0.901, "above"),
        ({"operator": "about"}, 0.896, "at"),  # 90 % when rounded as "about" is
        ({"operator": "about"}, 0.894, "below"),
        ({"operator": "about"}, 0.906, "above"),
        ({"operator": "above"}, 0.9, "below"),
        ({"operator": "above"}, 0.91, "at"),
        ({"operator": "below"}, 0.9, "above"),
        ({"operator": "below"}, 0.89, "at"),
        ({"operator": "range", "value_high": 0.94}, 0.89, "below"),
        ({"operator": "range", "value_high": 0.94}, 0.90, "at"),
        ({"operator": "range", "value_high": 0.94}, 0.94, "at"),
        ({"operator": "range", "value_high": 0.94}, 0.95, "above"),
    ],
)
def test_below_at_and_above(cells, value, relation):
    assert relations(rk.benchmark("nrr", value, table=own(**cells))) == {"Our group": relation}


@pytest.mark.parametrize(
    ("arr", "sources"),
    [
        (0.99 * M, {"SaaS Capital"}),
        (1 * M, {"the bootcamp's article", "ChartMogul", "SaaS Capital"}),
        (3 * M, {"ChartMogul", "SaaS Capital"}),  # a band ends before its upper limit; the article has none for 3 to 8
        (8 * M, {"the bootcamp's article", "ChartMogul", "SaaS Capital"}),
        (30 * M, {"SaaS Capital"}),
    ],
)
def test_a_band_covers_its_lower_limit_and_not_its_upper_one(arr, sources):
    assert set(relations(rk.benchmark("nrr", 0.97, arr=arr))) == sources


def test_an_arr_on_a_limit_is_in_one_band():
    position = rk.benchmark("nrr", 0.97, arr=15 * M, statistic="top_quartile")
    assert [each.benchmark.low for each in position.comparisons] == [1.05]


def test_an_arr_outside_every_band_is_said():
    position = rk.benchmark("nrr", 0.97, arr=40 * M, statistic="top_quartile")
    assert position.comparisons == ()
    assert [warning.key for warning in position.warnings] == ["benchmark.outside"]
    assert "40 M" in plain(position.sentence())
    assert "15 to 30 M USD" in plain(position.sentence())
    assert position.to_frame().empty
    assert "sentence" in position.to_frame()


def test_without_arr_only_figures_for_all_sizes_are_used():
    position = rk.benchmark("nrr", 0.97)
    assert relations(position) == {"SaaS Capital": "below"}
    assert [warning.key for warning in position.warnings] == ["benchmark.no_arr"]


@pytest.mark.parametrize(
    ("arr", "text"),
    [
        (9 * M, "the bands are in EUR, USD, the currency of the ARR is not said"),
        (Money(9 * M, "EUR"), "the bands are in USD, the currency of the ARR is EUR"),
    ],
)
def test_currencies_are_not_converted_and_that_is_said(arr, text):
    assert text in rk.benchmark("nrr", 0.97, arr=arr).sentence()


def test_a_band_in_the_currency_of_the_arr_needs_no_warning():
    assert rk.benchmark("nrr", 0.97, arr=Money(9 * M, "USD"), statistic="top_quartile").warnings == ()


@pytest.mark.parametrize(
    ("value", "key"),
    [(0.97, "below"), (1.0, "at"), (1.0004, "at"), (1.02, "above")],
)
def test_100_percent_is_the_equilibrium(value, key):
    assert rk.benchmark("nrr", value).equilibrium.key == f"benchmark.equilibrium.{key}"


def test_only_nrr_has_an_equilibrium():
    assert rk.benchmark("grr", 0.97, table=own(metric="grr")).equilibrium is None


# ---- over the same length of time, or not at all ----


def test_a_quarter_is_not_compared_with_a_year():
    quarter = rk.nrr_from_movements(100_000, expansion=10_000, churn=15_000, contraction=5_000, months=3)
    with pytest.raises(WindowMismatchError) as refused:
        rk.benchmark("nrr", quarter, arr=9 * M)
    english, french = told(refused.value)
    # 0.9 to the power of 12 / 3 is 0.6561: an explanation, said to be one
    assert "90.0% was measured over 3 months" in english
    assert "As an explanation only: windows all like this one would make 65.6% over 12 months" in english
    assert "65,6 % sur 12 mois, ce que personne n’a mesuré" in french


@pytest.mark.parametrize("months", [1, 3, 11, 13, 24])
def test_a_plain_number_over_another_window_is_refused(months):
    with pytest.raises(WindowMismatchError):
        rk.benchmark("nrr", 0.97, window_months=months)


@pytest.mark.parametrize("value", [rk.nrr_from_movements(100, churn=10), 0.9])
def test_a_window_nobody_said_is_refused(value):
    with pytest.raises(WindowMismatchError, match="nobody said"):
        rk.benchmark("nrr", value, window_months=None)


def test_an_estimate_knows_its_own_window():
    ledger = ledger_of_paths({"Ada": [100] * 13, "Bo": [100] * 12 + [50]}, first="2024-12")
    assert rk.benchmark("nrr", rk.nrr(ledger, "2024-12", "2025-12")).value == 0.75
    with pytest.raises(WindowMismatchError):  # although the argument's default says 12
        rk.benchmark("nrr", rk.nrr(ledger, "2025-09", "2025-12"))


def test_a_years_totals_can_be_compared():
    assert rk.benchmark("nrr", rk.nrr_from_movements(100, churn=10, months=12)).months == 12


def test_quarterly_figures_of_ones_own_meet_quarterly_numbers():
    table = own(window_months=3)
    assert relations(rk.benchmark("nrr", 0.97, window_months=3, table=table)) == {"Our group": "above"}
    with pytest.raises(WindowMismatchError):
        rk.benchmark("nrr", 0.97, table=table)


# ---- refusals ----


def test_an_estimate_of_another_measure_is_refused():
    with pytest.raises(OptionError, match="grr, not nrr"):
        rk.benchmark("nrr", rk.grr_from_movements(100, churn=10, months=12))


@pytest.mark.parametrize("value", [97, -0.1, math.nan, math.inf, "much"])
def test_what_is_no_fraction_is_refused(value):
    with pytest.raises(OptionError, match=r"0\.97"):
        rk.benchmark("nrr", value)


@pytest.mark.parametrize(
    ("arguments", "legal"),
    [({"metric": "grr"}, "nrr"), ({"metric": "nrr", "statistic": "top_decile"}, "usual, top_quartile, median")],
)
def test_what_no_figure_is_about_is_refused(arguments, legal):
    with pytest.raises(OptionError, match=legal):
        rk.benchmark(value=0.9, **arguments)


@pytest.mark.parametrize("arr", [0, -1.0, math.nan])
def test_an_arr_is_positive(arr):
    with pytest.raises(OptionError, match="arr must be above 0"):
        rk.benchmark("nrr", 0.9, arr=arr)


# ---- a table of one's own ----


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "ours.csv"
    own(arr_low=M, year=2024, definition="billing, point to point", currency="EUR").to_csv(path, index=False)
    position = rk.benchmark("nrr", 0.95, arr=Money(2 * M, "EUR"), table=path)
    assert plain(position.sentence()).startswith(
        "95.0% is above the median (90%) of Our group 2024 for 1 M EUR of ARR and more; half of the companies"
    )
    assert "Our group 2024: billing, point to point" in str(position.rule)


def test_no_word_of_the_shipped_table_is_put_into_ones_own():
    assert relations(rk.benchmark("nrr", 0.95, table=own(source="bootcamp"))) == {"bootcamp": "above"}


def test_columns_that_are_missing_are_named():
    with pytest.raises(MissingColumnError, match="lack operator, source"):
        rk.benchmark("nrr", 0.9, table=own().drop(columns=["operator", "source"]))


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"statistic": "best"}, "statistic"),
        ({"operator": ">="}, "operator"),
        ({"value_low": 97}, "value_low"),
        ({"value_low": "high"}, "value_low"),
        ({"operator": "range"}, "value_high"),
        ({"operator": "range", "value_high": 0.8}, "value_high"),
        ({"arr_low": 3, "arr_high": 1}, "arr_high"),
        ({"window_months": 0}, "window_months"),
        ({"window_months": "a year"}, "window_months"),
        ({"source": None}, "source"),
    ],
)
def test_cells_that_cannot_be_used_are_named(cells, field):
    with pytest.raises(InvalidRowsError) as refused:
        rk.benchmark("nrr", 0.9, table=own(**cells))
    assert [fault.fields["field"] for fault in refused.value.fields["faults"]] == [field]
    assert all(f"({field}" in text for text in told(refused.value))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(FileNotReadableError, match=r"nothing\.csv"):
        rk.benchmark("nrr", 0.9, table="nothing.csv")


def test_a_table_is_not_changed():
    table = own()
    rk.benchmark("nrr", 0.9, table=table)
    pd.testing.assert_frame_equal(table, own())


# ---- how it shows ----


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("operator", OPERATORS)
def test_every_kind_of_figure_has_words(lang, statistic, operator):
    position = rk.benchmark("nrr", 0.9, table=own(statistic=statistic, operator=operator, value_high=0.95))
    with use_language(lang):
        assert "{" not in str(position)
        assert rk.table_benchmark(position).frame.shape == (1, 5)
        assert position.to_frame()["statistic"].tolist() == [statistic]


def test_hostile_sources_are_escaped():
    position = rk.benchmark("nrr", 0.9, table=own(source="<script>"))
    assert "<script" not in position._repr_html_()
    assert "<script" not in rk.table_benchmark(position)._repr_html_()


def test_the_table_in_french():
    table = rk.table_benchmark(rk.benchmark("nrr", 0.97, arr=Money(9 * M, "EUR"), statistic="usual"), lang="fr")
    assert [plain(text) for text in table.frame.iloc[0]] == [
        "l’article du bootcamp", "donné comme usuel", "un ARR de 8 à 15 M EUR", "au-dessous", "environ 99 %",
    ]  # fmt: skip
    assert plain(table.caption) == "Rétention nette du revenu (NRR) : 97,0 % à côté de chiffres publiés"
    assert table.notes[0].startswith("L’équilibre est à 100")
