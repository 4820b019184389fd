"""Pictures are tested by what stands on them, never by pixels."""

import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PolyCollection
from pictures import (
    DRAWN,
    LONG,
    balance_of,
    box_of,
    bridge_of,
    collisions,
    finding_of,
    findings_of,
    matrix_of,
    outside,
    over_time,
    ratio_of,
    texts,
    tick_labels,
    with_fx,
    with_lines,
    words,
)

from retention_kit import plots
from retention_kit.errors import OptionError
from retention_kit.wording import Message, use_language


@pytest.fixture(autouse=True)
def _close_figures():
    plt.close("all")  # those of a test or an example before
    yield
    plt.close("all")


# --- every picture -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_axes_given_are_the_axes_returned_and_no_other_figure_is_touched(draw):
    first, second = plt.figure(), plt.figure()
    ax = second.subplots()
    plt.figure(first)  # the current figure is another one
    assert draw(ax=ax) is ax
    assert first.axes == []
    assert plt.get_fignums() == [first.number, second.number]


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_drawing_leaves_the_settings_of_matplotlib_alone(draw):
    before = dict(mpl.rcParams)
    ax = draw()
    assert dict(mpl.rcParams) == before
    assert ax.figure.get_dpi() == 110
    assert not ax.spines["top"].get_visible()


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_no_text_covers_another_or_leaves_the_picture(draw, lang):
    ax = draw(lang=lang)
    assert collisions(ax) == []
    assert outside(ax) == []


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_language_is_that_of_the_moment_of_the_call_even_if_drawn_later(draw):
    with use_language("fr"):
        ax, asked = draw(), draw(lang="en")
    french, english = draw(lang="fr"), draw()
    assert words(ax) == words(french) != words(english) == words(asked)


def test_importing_the_module_loads_no_matplotlib():
    code = "import sys, retention_kit.plots; print(sorted({'matplotlib', 'seaborn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_importing_matplotlib_through_a_picture_changes_no_setting():
    code = """if True:
        import matplotlib
        before = dict(matplotlib.rcParams)
        from retention_kit import plots
        with plots.house_style():
            inside = dict(matplotlib.rcParams)
        assert inside != before
        assert dict(matplotlib.rcParams) == before"""
    subprocess.run([sys.executable, "-c", code], check=True)


# --- cohort matrix -----------------------------------------------------------------------------------------


def cells(ax):
    return ax.collections[0].get_array().reshape(ax.collections[0].get_coordinates().shape[0] - 1, -1)


def test_a_cell_not_yet_observed_is_masked_and_an_observed_zero_is_drawn():
    # the oldest cohort lost everyone
    drawn = cells(plots.plot_cohort_matrix(matrix_of(3, cell=(0, 2, 0.0))))
    # rows: average, January, February, March; March has been seen at age 0 only
    assert drawn.mask[1:].tolist() == [[False, False, False], [False, False, True], [False, True, True]]
    assert drawn[1, 2] == 0.0


def test_the_average_stands_above_the_cohorts_with_its_own_name():
    ax = plots.plot_cohort_matrix(matrix_of(3), lang="en")
    drawn = cells(ax)
    # age 1: (10 × 0.9 + 11 × 0.9) / 21
    assert drawn[0].tolist() == pytest.approx([1, 0.9, 0.81])
    average = next(text for text in ax.texts if text.get_text() == "Weighted average")
    assert average.get_weight() == "bold"
    assert average.xy == (0, 0.5)


def test_rows_name_their_month_and_size_in_french():
    ax = plots.plot_cohort_matrix(matrix_of(3), lang="fr")
    ax.figure.canvas.draw()
    rows = [label.get_text().replace("\u00a0", " ") for label in ax.get_yticklabels()]
    assert rows[1:] == ["janv. 2024 (n = 10)", "févr. 2024 (n = 11)", "mars 2024 (n = 12)"]


def test_cells_are_annotated_without_decimals_where_they_fit():
    french = words(plots.plot_cohort_matrix(matrix_of(6), lang="fr"))
    assert "73\u00a0%" in french  # 0.9³ = 72.9 %
    assert not any("%" in text.get_text() for text in plots.plot_cohort_matrix(matrix_of(36)).texts)
    assert "73%" in words(plots.plot_cohort_matrix(matrix_of(36), annotate=True))
    assert "73%" not in words(plots.plot_cohort_matrix(matrix_of(6), annotate=False))


def test_the_colours_of_shares_end_at_all_and_those_of_nrr_lie_about_one():
    low, high = plots.plot_cohort_matrix(matrix_of(6)).collections[0].get_clim()
    # the lowest observed share rounded down to a tenth, so that cohorts can be told apart
    assert (low, high) == (np.floor(10 * np.nanquantile(matrix_of(6).values, 0.02)) / 10, 1)
    low, high = plots.plot_cohort_matrix(matrix_of(6, "nrr")).collections[0].get_clim()
    assert low + high == pytest.approx(2)


def test_one_small_cohort_does_not_bleach_the_others():
    ax = plots.plot_cohort_matrix(matrix_of(20, "nrr", cell=(0, 19, 30.0)))
    assert ax.collections[0].get_clim()[1] <= 2
    assert ax.collections[0].colorbar.extend == "both"


def test_money_is_written_as_money():
    matrix = matrix_of(3, "mrr", "EUR", cell=(0, 0, 12345.4))
    assert "12\u202f345\u00a0€" in words(plots.plot_cohort_matrix(matrix, lang="fr"))
    assert "Moyenne" in words(plots.plot_cohort_matrix(matrix, lang="fr"))


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", [None, (8, 4)], ids=["own figure", "small figure"])
def test_labels_of_48_cohorts_by_48_ages_stay_legible(lang, size):
    given = plt.figure(figsize=size, layout="constrained").subplots() if size else None
    ax = plots.plot_cohort_matrix(matrix_of(48), given, lang=lang)
    assert collisions(ax) == []
    rows, ages = ([t.get_text() for t in labels] for labels in (ax.get_yticklabels(), ax.get_xticklabels()))
    assert len(rows) == 1 + (48 if size is None else 16)  # every cohort, or every third, below the average
    assert ages[:3] == ["0", "3", "6"]


SECTORS = [
    *("Grandes entreprises du secteur public et parapublic", "Commerce de détail et distribution spécialisée"),
    *("Professions libérales réglementées", "Hôtellerie, restauration et tourisme", "Collectivités territoriales"),
    *("Associations et fondations", "Transports et logistique", "Banque et assurance", "PME industrielles"),
    *("Éducation", "Santé", "(not given)"),
]


def grouped(cohort, measure="logo", **options):
    """Cohorts by quarter, year or sector, over 36 ages or 4."""
    rows = {"Q": 16, "Y": 4}.get(cohort, len(SECTORS))
    whole = matrix_of(36, measure, "EUR")
    days = pd.date_range("2022-01-01", periods=rows, freq={"Q": "QS", "Y": "YS"}.get(cohort, "D"))
    labels = days if cohort in "QY" else pd.Index(SECTORS, dtype=object)
    parts = {name: getattr(whole, name).iloc[:rows].set_axis(labels) for name in ("values", "numerators", "sizes")}
    parts["denominators"] = whole.denominators.iloc[:rows].set_axis(labels)
    return replace(whole, cohort=cohort, **parts, **options)


def cohorts_named(ax):
    ax.figure.canvas.draw()
    return [label.get_text().replace("\n", " ") for label in tick_labels(ax.yaxis)][1:]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("cohort", ["Q", "Y", "secteur"])
def test_cohorts_by_quarter_year_and_long_names_stay_legible(cohort, lang):
    ax = plots.plot_cohort_matrix(grouped(cohort), lang=lang)
    assert collisions(ax) == []
    assert outside(ax) == []
    assert len(cohorts_named(ax)) == {"Q": 16, "Y": 4, "secteur": 12}[cohort]


def test_rows_are_named_by_what_makes_the_cohorts():
    nbsp = "\u00a0"
    drawn = {name: plots.plot_cohort_matrix(grouped(name), lang="fr") for name in ("Q", "Y", "secteur")}
    first = [cohorts_named(ax)[0].replace(nbsp, " ") for ax in drawn.values()]
    assert first == ["T1 2022 (n = 10)", "2022 (n = 10)", f"{SECTORS[0]} (n = 10)"]
    assert cohorts_named(drawn["secteur"])[-1].replace(nbsp, " ") == "(non renseigné) (n = 21)"
    asked = [ax.get_ylabel().replace("\n", " ") for ax in drawn.values()]
    assert asked == ["Cohorte (trimestre du premier paiement)", "Cohorte (année du premier paiement)", "secteur"]


@pytest.mark.parametrize(
    ("measure", "options", "words_beside"),
    [
        ("logo", {"fill_gaps": True}, "Rétention clients, paiement à cet âge ou après"),
        ("nrr", {"relative_to": "previous"}, "Rétention nette du revenu (NRR), par rapport au mois d’avant"),
        ("arpa", {"cumulative": True}, "MRR cumulé par client de départ (LTV à date)"),
    ],
)
def test_the_options_stand_beside_the_colours(measure, options, words_beside):
    for cohort in ("Q", "Y"):
        ax = plots.plot_cohort_matrix(grouped(cohort, measure, **options), lang="fr")
        bar = ax.collections[0].colorbar
        ax.figure.canvas.draw()
        assert bar.ax.get_ylabel().replace("\n", " ") == words_beside
        assert box_of(bar.ax.yaxis.label).height <= ax.figure.bbox.height


def test_what_is_set_against_the_month_before_is_coloured_about_one():
    low, high = plots.plot_cohort_matrix(grouped("Q", relative_to="previous")).collections[0].get_clim()
    assert low + high == pytest.approx(2)


def test_a_matrix_in_which_nothing_can_be_divided_is_drawn():
    empty = matrix_of(3)
    ax = plots.plot_cohort_matrix(replace(empty, values=empty.values * np.nan, average=empty.average * np.nan))
    assert cells(ax).mask.all()


def test_numbers_in_cells_stand_out_from_their_colour():
    ax = plots.plot_cohort_matrix(matrix_of(12))
    mesh = ax.collections[0]
    faces = mesh.get_facecolors()[~np.ma.getmaskarray(mesh.get_array()).ravel()][:, :3]
    linear = np.where(faces <= 0.03928, faces / 12.92, ((faces + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)  # as WCAG 2 defines it, and so the contrast with white and black
    white, black = 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05
    best = np.where(white > black, "white", "black")
    assert [text.get_color() for text in ax.texts[: len(best)]] == best.tolist()
    assert set(best) == {"white", "black"}


# --- bridge ------------------------------------------------------------------------------------------------


def bars(ax):
    return {c.get_label(): [(round(bar.get_y(), 6), round(bar.get_height(), 6)) for bar in c] for c in ax.containers}


def test_gains_stand_on_zero_and_losses_hang_below_it():
    drawn = bars(plots.plot_bridge(bridge_of(2), lang="en"))
    assert drawn == {
        "New": [(0, 100)] * 2,
        "Reactivation": [(100, 10)] * 2,
        "Expansion": [(110, 40)] * 2,
        "Contraction": [(0, -20)] * 2,
        "Churn": [(-20, -30)] * 2,
    }


def test_groups_of_a_bridge_are_added_up():
    drawn = bars(plots.plot_bridge(bridge_of(2, by="segment"), lang="en"))
    assert drawn["New"] == [(0, 200)] * 2


def test_the_net_change_is_marked():
    (line, _zero) = plots.plot_bridge(bridge_of(3)).get_lines()
    assert line.get_ydata().tolist() == [100, 100, 100]


def test_only_the_last_periods_are_drawn_when_asked():
    ax = plots.plot_bridge(bridge_of(12), periods=3, lang="fr")
    assert len(ax.containers[0]) == 3
    assert "oct.\u00a02025" in words(ax)
    assert "sept.\u00a02025" not in words(ax)


def test_quarters_are_named_as_each_language_does():
    assert "T2 2025" in words(plots.plot_bridge(bridge_of(4, "Q"), lang="fr"))
    assert "Q2 2025" in words(plots.plot_bridge(bridge_of(4, "Q"), lang="en"))


def test_losses_on_the_axis_carry_a_true_minus_sign():
    assert "−50\u00a0€" in words(plots.plot_bridge(bridge_of(3), lang="fr"))


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_months_of_long_bridges_are_thinned(lang):
    ax = plots.plot_bridge(bridge_of(48), lang=lang)
    assert collisions(ax) == []
    assert len([text for text in words(ax) if "202" in text]) >= 4


def test_flows_stay_apart_in_grey():
    def grey(colour):
        return np.dot(mpl.colors.to_rgb(colour), (0.299, 0.587, 0.114))

    for side in (plots.GAINS, plots.LOSSES):
        shades = sorted(grey(colour) for colour in side.values())
        assert min(np.diff(shades)) > 0.15


def test_the_waterfall_goes_from_opening_to_closing():
    ax = plots.plot_waterfall(bridge_of(3), lang="fr")
    # 1 000 + 300 + 30 + 120 − 60 − 90 = 1 300
    amounts = ["1\u202f000", "+300", "+30", "+120", "−60", "−90", "1\u202f300"]
    assert [text.get_text() for text in ax.texts] == [f"{amount}\u00a0€" for amount in amounts]
    tops = [bar.get_y() + bar.get_height() for c in ax.containers for bar in c]
    assert tops == [1000, 1300, 1330, 1450, 1450, 1390, 1300]
    assert ax.get_title(loc="left") == "janv.\u00a02025 – mars\u00a02025"


def test_a_waterfall_cut_at_its_base_says_so():
    ax = plots.plot_waterfall(bridge_of(1, opening=100_000.0), lang="en")
    assert ax.get_ylim()[0] > 0
    assert ax.get_title(loc="left") == "Jan\u00a02025 (bars cut at the base)"
    assert plots.plot_waterfall(bridge_of(1)).get_ylim()[0] == 0


def test_a_bridge_without_flows_is_drawn():
    bridge = bridge_of(1)
    bridge.frame[["new", "reactivation", "expansion", "contraction", "churn"]] = 0.0
    assert "€1,000" in words(plots.plot_waterfall(bridge, lang="en"))


def test_exchange_rates_stand_beyond_the_gains_or_hang_beyond_the_losses():
    # gains end at 150, losses at −50
    ax = plots.plot_bridge(with_fx(bridge_of(2), 25.0, -15.0), lang="en")
    assert bars(ax)["Exchange rates"] == [(150, 25), (-50, -15)]
    assert list(ax.get_lines()[0].get_ydata()) == [125, 85]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["New", "Contraction", "Exchange rates", "Reactivation", "Churn", "Expansion", "Net change"]


def test_exchange_rates_are_hatched_and_in_no_colour_of_gains_or_losses():
    ax = plots.plot_bridge(with_fx(bridge_of(2), 25.0), lang="en")
    (bar, _) = next(c for c in ax.containers if c.get_label() == "Exchange rates")
    colours = {c.patches[0].get_facecolor() for c in ax.containers if c.get_label() != "Exchange rates"}
    assert bar.get_hatch()
    assert bar.get_facecolor() not in colours
    assert "Exchange rates" not in bars(plots.plot_bridge(bridge_of(2), lang="en"))


@pytest.mark.parametrize(
    ("effect", "written", "level"), [(40.0, "+€40", 1140), (-40.0, "−€40", 1060), (0.0, "€0", 1100)]
)
def test_exchange_rates_are_a_step_of_the_waterfall(effect, written, level):
    # 1 000 + 100 + 10 + 40 − 20 − 30 = 1 100, then the rates
    ax = plots.plot_waterfall(with_fx(bridge_of(1), effect), lang="en")
    assert [text.get_text() for text in ax.texts][-2:] == [written, f"€{level:,}"]
    step, closing = (bar for c in ax.containers[-2:] for bar in c)
    assert sorted([step.get_y(), step.get_y() + step.get_height()]) == sorted([1100, level])
    assert closing.get_height() == level
    assert step.get_hatch()


# --- retention over time -----------------------------------------------------------------------------------


def test_each_line_is_named_at_its_end_with_its_last_value():
    ax = plots.plot_retention_over_time(over_time(), lang="fr")
    found = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert found == [
        "Rétention nette du revenu (NRR)\u00a0: 102,5\u00a0%",
        "Rétention brute du revenu (GRR)\u00a0: 90,5\u00a0%",
        "Rétention clients\u00a0: 90,0\u00a0%",
    ]


def test_lines_that_end_together_keep_their_names_apart():
    same = replace(over_time(), frame=over_time().frame.assign(nrr=0.9, grr=0.9))
    assert collisions(plots.plot_retention_over_time(same, lang="fr")) == []


def test_the_hundred_per_cent_line_is_drawn_and_months_carry_their_n():
    ax = plots.plot_retention_over_time(over_time(), lang="en")
    assert any(set(line.get_ydata()) == {1} for line in ax.get_lines())
    assert "Dec\u00a02023\nn = 1,000" in words(ax)
    assert "105%" in words(ax)


def test_a_line_is_named_where_it_was_last_observed():
    trend = over_time()
    trend.frame.loc[20:, "nrr"] = np.nan
    trend.frame["grr"] = np.nan
    ax = plots.plot_retention_over_time(trend, lang="en")
    assert len(ax.texts) == 2
    (leader, _) = ax.collections[0].get_segments()
    # the 20th of 25 months, so 19 of 24 steps along the axis, and a hair's breadth further
    assert leader[0][0] == pytest.approx(19 / 24, abs=0.01)
    ((_, dashes), (_, whole)) = ax.collections[0].get_linestyles()
    assert dashes  # so that it is not taken for the line going on
    assert whole is None


# --- survival and finding ----------------------------------------------------------------------------------


def test_both_curves_are_steps_that_differ_in_style_with_a_band_each():
    ax = plots.plot_survival(finding_of())
    one, other, _horizon = ax.get_lines()
    assert one.get_drawstyle() == other.get_drawstyle() == "steps-post"
    assert one.get_linestyle() != other.get_linestyle()
    assert one.get_ydata()[:3].tolist() == pytest.approx([1, 0.99, 0.9801])
    assert len([area for area in ax.collections if isinstance(area, PolyCollection)]) == 2


def test_a_drop_at_the_last_age_is_seen():
    line = plots.plot_survival(finding_of()).get_lines()[0]
    assert line.get_xdata()[-1] > 12
    assert line.get_ydata()[-1] == line.get_ydata()[-2]


def test_the_numbers_at_risk_stand_under_their_ages():
    ax = plots.plot_survival(finding_of(last=36), lang="fr")
    notes = [text for text in ax.texts if isinstance(text, mpl.text.Annotation)]
    placed = {(text.get_text(), text.xy) for text in notes}
    # 1 084 − 3 × 3 and 231 − 3 × 36; ticks every third month
    assert {("1\u202f075", (3, 0)), ("123", (36, 0))} <= placed
    heights = {text.xyann[1] for text in notes if text.get_text() in {"1\u202f084", "1\u202f075", "976"}}
    assert len(heights) == 1
    assert {"With demo, encore suivis", "Without demo, encore suivis"} <= set(words(ax))


def test_the_horizon_is_marked():
    ax = plots.plot_survival(finding_of(last=36, horizon=24), lang="fr")
    assert ax.get_lines()[2].get_xdata() == [24, 24]
    assert "horizon\u00a0: 24 mois" in words(ax)


@pytest.mark.parametrize("draw", [plots.plot_survival, plots.plot_finding])
def test_long_french_labels_do_not_collide(draw):
    labels = (LONG, LONG.replace("avec une", "sans"))
    ax = draw(finding_of(labels=labels), lang="fr")
    assert collisions(ax) == []
    assert outside(ax) == []


def test_a_label_that_is_a_message_is_put_into_words():
    labels = (Message("word.months", {"n": 3}), Message("word.months", {"n": 9}))
    ax = plots.plot_survival(finding_of(labels=labels), lang="fr")
    assert "3 mois, encore suivis" in words(ax)


def test_the_finding_is_drawn_in_points_against_the_margin():
    ax = plots.plot_finding(finding_of(), lang="fr")
    interval, estimate = ax.get_lines()
    assert interval.get_xdata() == pytest.approx([-2, 14])
    assert estimate.get_xdata() == pytest.approx([6])
    assert "+6,0 points (intervalle à 95\u00a0%\u00a0: de −2,0 à +14,0)" in words(ax)
    assert "trop petit pour compter\u00a0: moins de 5 points" in words(ax)
    band = ax.collections[0].get_paths()[0].vertices[:, 0]
    assert (band.min(), band.max()) == pytest.approx((-5, 5))
    assert "plus élevé pour\u00a0: with demo\u00a0→" in words(ax)
    assert "+10" in words(ax)


def test_months_stayed_are_not_turned_into_points():
    ax = plots.plot_finding(finding_of("rmst", estimate=0.6), lang="en")
    assert ax.get_lines()[1].get_xdata() == pytest.approx([0.6])
    assert "+0.6 months (95% interval: +0.5 to +0.7)" in words(ax)


@pytest.mark.parametrize("estimate", [-0.3, -0.06, 0.0, 0.3])
def test_the_interval_in_words_stays_inside_the_picture(estimate):
    ax = plots.plot_finding(finding_of(estimate=estimate), lang="fr")
    assert outside(ax) == []
    assert collisions(ax) == []


def test_a_finding_without_an_estimate_says_so():
    finding = finding_of(estimate=float("nan"))
    assert "no estimate" in words(plots.plot_finding(finding, lang="en"))


@pytest.mark.parametrize(
    ("outcome", "numbers", "written"),
    [
        (
            "spend",
            (31.0, 4.5, 57.5, 20.0),
            "+31\u00a0€ par mois (intervalle à 95\u00a0%\u00a0: de +4,50\u00a0€ à +57,50\u00a0€)",
        ),
        ("measured_number", (-0.4, -0.7, -0.1, 0.3), "−0,4 (intervalle à 95\u00a0%\u00a0: de −0,7 à −0,1)"),
        ("measured_share", (0.09, 0.03, 0.15, 0.05), "+9,0 points (intervalle à 95\u00a0%\u00a0: de +3,0 à +15,0)"),
    ],
)
def test_each_difference_is_written_in_its_own_unit(outcome, numbers, written):
    given = dict(zip(("estimate", "low", "high", "margin"), numbers, strict=True))
    finding = replace(finding_of(outcome), **given, currency="EUR", measured="csat")
    ax = plots.plot_finding(finding, lang="fr")
    assert written in words(ax)
    assert collisions(ax) == []
    assert outside(ax) == []


def test_a_ratio_stands_on_a_logarithmic_axis_around_one():
    ax = plots.plot_finding(ratio_of(), lang="en")
    interval, estimate = ax.get_lines()
    assert interval.get_xdata() == pytest.approx(np.log([1.2, 3.75]))
    assert estimate.get_xdata() == pytest.approx([np.log(2.1)])
    band = ax.collections[0].get_paths()[0].vertices[:, 0]
    assert (band.min(), band.max()) == pytest.approx((-np.log(1.5), np.log(1.5)))
    places = dict(zip([text.get_text() for text in tick_labels(ax.xaxis)], ax.get_xticks(), strict=True))
    assert places["1"] == 0
    assert places["2"] == pytest.approx(np.log(2))


def test_the_ticks_of_ratios_are_those_that_its_axis_has_room_for():
    near, far = (
        {text.get_text() for text in tick_labels(plots.plot_finding(ratio, lang="en").xaxis)}
        for ratio in (ratio_of(1.1, 0.95, 1.3), ratio_of())
    )
    assert near == {"0.5", "0.67", "0.8", "1", "1.25", "1.5", "2"}  # up to 1.6 times the margin's logarithm and more
    assert far == {"0.2", "0.5", "1", "2", "5"}


# --- forest, balance, several groups -----------------------------------------------------------------------


def test_the_estimate_that_decides_is_filled_and_the_others_hollow():
    ax = plots.plot_forest(with_lines(finding_of(), 0.06, 0.09, 0.03), lang="en")
    markers = [line for line in ax.get_lines() if line.get_marker() not in ("None", "")]
    assert [line.get_xdata()[0] for line in markers] == pytest.approx([6, 9, 3])
    assert [line.get_markerfacecolor() == "white" for line in markers] == [False, True, True]
    assert [line.get_ydata()[0] for line in markers] == sorted((line.get_ydata()[0] for line in markers), reverse=True)
    assert {"+6.0 (+1.0 to +11.0)", "+9.0 (+4.0 to +14.0)", "+3.0 (−2.0 to +8.0)"} <= set(words(ax))
    assert "Groups made alike" in words(ax)


def test_the_forest_shades_the_margin_and_says_so():
    ax = plots.plot_forest(with_lines(finding_of(), 0.06, 0.09), lang="en")
    band = ax.patches[0]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-5, 5))
    assert "Shaded: less than 5 points" in ax.get_title(loc="left").replace("\n", " ")
    assert "hollow" in ax.get_title(loc="left")
    assert "hollow" not in plots.plot_forest(findings_of(), lang="en").get_title(loc="left")


def test_the_forest_shows_the_whole_margin_however_far_the_estimates_are_from_it():
    one = with_lines(finding_of(), 0.09)
    near = replace(one, lines=tuple(replace(line, low=0.085, high=0.095) for line in one.lines))
    low, high = plots.plot_forest(near, lang="en").get_xlim()
    assert low < -5
    assert high > 9.5


def test_an_estimate_that_is_missing_keeps_its_row():
    ax = plots.plot_forest(with_lines(finding_of(), 0.06, float("nan")), lang="en")
    assert "no estimate" in words(ax)
    assert len(ax.get_yticks()) == 2


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_long_names_of_many_groups_do_not_collide(lang):
    found = findings_of(7, label=LONG + " {}")
    for ax in (plots.plot_forest(found, lang=lang), plots.plot_survival(findings_of(4, label=LONG + " {}"), lang=lang)):
        assert collisions(ax) == []
        assert outside(ax) == []


def test_findings_of_different_outcomes_share_no_forest():
    with pytest.raises(OptionError, match="2 different outcomes"):
        plots.plot_forest([finding_of(), finding_of("rmst")])


def test_every_group_has_its_curve_the_reference_last():
    ax = plots.plot_survival(findings_of(), lang="en")
    lines = ax.get_lines()[:4]
    assert len({str(line._dash_pattern) for line in lines}) == 4
    assert [line.get_ydata()[-1] for line in lines] == pytest.approx([1, 0.96, 0.92, 0.98**12])
    assert "Customers of no channel, still watched" in words(ax)


def test_early_churn_is_one_curve_of_all_customers():
    curves = ratio_of().curves
    ax = plots.plot_survival(replace(ratio_of(), curves=curves[curves["group"] == 0]), lang="en")
    assert len(ax.get_lines()) == 2  # the curve and the horizon
    assert "All customers, whose contract could end" in words(ax)


def test_an_outcome_measured_once_has_no_curve_and_says_so():
    ax = plots.plot_survival(replace(finding_of(), curves=pd.DataFrame()), lang="en")
    assert words(ax) == ["No curve: this outcome has one value a group."]
    assert ax.get_lines()[:] == []


def test_the_balance_is_drawn_without_signs_before_and_after_the_worst_on_top():
    ax = plots.plot_balance(balance_of(), lang="en")
    before, after, line = ax.get_lines()
    assert before.get_xdata() == pytest.approx([0.22, 0.41, 0.61])
    assert after.get_xdata() == pytest.approx([0.011, 0, 0])
    assert list(line.get_xdata()) == [0.1, 0.1]
    assert line.get_linestyle() == "--"
    assert (before.get_markerfacecolor(), before.get_marker()) != (after.get_markerfacecolor(), after.get_marker())
    assert before.get_markerfacecolor() == "white"


# --- texts that come from data -------------------------------------------------------------------------------


def read_as_mathematics(ax):
    return [text.get_text() for text in texts(ax) if text._preprocess_math(text.get_text())[1] is True]


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("draw", [plots.plot_forest, plots.plot_survival])
def test_dollars_in_names_are_not_mathematics(draw, given):
    found = findings_of(3, label="$1k to $5k, {}")
    ax = plt.subplots()[1] if given else None
    ax = draw(found, ax, lang="en")
    assert any("$1k" in text for text in words(ax))
    assert read_as_mathematics(ax) == []


def test_amounts_in_dollars_are_not_mathematics():
    finding = replace(finding_of("spend"), currency="USD", estimate=31.0, low=4.5, high=57.5, margin=20.0)
    for ax in (plots.plot_finding(finding, lang="en"), plots.plot_forest(finding, lang="en")):
        assert any(text.count("$") > 1 for text in words(ax))
        assert read_as_mathematics(ax) == []


def test_the_mathematics_of_axes_that_were_given_stay():
    ax = plt.subplots()[1]
    ax.set_title("$x^2$")
    assert plots.plot_finding(finding_of(), ax, lang="en").get_title() == "$x^2$"
    assert read_as_mathematics(ax) == ["$x^2$"]


@pytest.mark.parametrize(("lang", "said"), [("en", "As it is, not adjusted"), ("fr", "Tel quel, sans ajustement")])
def test_curves_say_that_they_are_not_adjusted(lang, said):
    adjusted = replace(finding_of(), adjusted_for=(Message("covariate.segment"),))
    ax = plots.plot_survival(adjusted, lang=lang)
    assert said in words(ax)
    assert collisions(ax) == []
    assert outside(ax) == []
    assert said not in words(plots.plot_survival(finding_of(), lang=lang))


@pytest.mark.parametrize(("estimate", "said"), [(-0.006, "−0,6 point ("), (0.111, "+11,1 points (")])
def test_less_than_two_points_are_one_in_french(estimate, said):
    assert any(said in text for text in words(plots.plot_finding(finding_of(estimate=estimate), lang="fr")))
