"""Segments side by side, published figures beside the lines, and what is said to those who see neither."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from pictures import (
    DRAWN,
    bridge_of,
    collisions,
    estimates_of,
    mix_of,
    outside,
    over_time,
    published,
    total_of,
    with_fx,
    words,
)

from retention_kit import plots
from retention_kit.errors import OptionError, WindowMismatchError
from retention_kit.results import Estimates
from retention_kit.wording import render

LONG = "Établissements publics à caractère industriel et commercial {}"


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\n", " ")


# --- estimates ---------------------------------------------------------------------------------------------


def test_each_group_has_its_dot_its_interval_and_its_n():
    ax = plots.plot_estimates(estimates_of(2), lang="en")
    (interval, dot, *_) = ax.get_lines()
    assert list(interval.get_xdata()) == pytest.approx([0.85, 0.95])
    assert list(dot.get_xdata()) == [0.9]
    said = [plain(text) for text in words(ax)]
    assert {"segment 0 (n = 10)", "segment 1 (n = 20)", "90.0% (85.0% to 95.0%)"} <= set(said)
    assert "Net revenue retention (NRR), with 95% intervals" in said


def test_the_total_is_a_line_across_the_groups_and_only_if_given():
    ax = plots.plot_estimates(estimates_of(), total=total_of(), lang="fr")
    assert "ensemble : 93,0 %" in [plain(text) for text in words(ax)]
    assert list(ax.get_lines()[-1].get_xdata()) == [0.93, 0.93]
    assert not any("ensemble" in text for text in words(plots.plot_estimates(estimates_of(), lang="fr")))


def test_what_is_not_known_of_groups_and_total_is_not_drawn():
    bare = [replace(item, low=np.nan, high=np.nan, n=None) for item in estimates_of(2)]
    total = replace(total_of(), value=np.nan, low=np.nan, high=np.nan)
    ax = plots.plot_estimates(Estimates("segment", tuple(bare)), total=total, lang="en")
    said = [plain(text) for text in words(ax)]
    assert {"segment 0", "segment 1", "Net revenue retention (NRR)"} <= set(said)
    assert not any(text.startswith("all: ") or "interval" in text for text in said)


def test_a_group_of_nobody_keeps_its_row():
    first, second = estimates_of(2)
    nobody = replace(second, value=np.nan, low=np.nan, high=np.nan, n=0)
    ax = plots.plot_estimates(Estimates("segment", (first, nobody)), lang="en")
    assert len(ax.get_yticks()) == 2
    assert "nobody at the start" in words(ax)


def test_a_number_that_is_no_share_is_not_written_as_one():
    ax = plots.plot_estimates(estimates_of(2, measure="quick_ratio"), lang="en")
    assert "0.9 (0.8 to 0.9)" in words(ax) or "0.9 (0.8 to 1.0)" in words(ax)
    assert not any("%" in text for text in words(ax) if "interval" not in text)


@pytest.mark.parametrize("groups", [1, 12, 40])
def test_long_names_of_many_segments_do_not_collide(groups):
    drawn = plots.plot_estimates(estimates_of(groups, LONG), total=total_of(), lang="fr")
    steps = plots.plot_mix_effect(mix_of((0.01, -0.02) * groups, label=LONG), lang="fr")
    for ax in (drawn, steps):
        assert collisions(ax) == []
        assert outside(ax) == []


def test_estimates_are_said_one_by_one_or_by_their_ends():
    few = plain(estimates_of(2).describe("en", total=total_of()))
    assert few == (
        "Net revenue retention (NRR) by “segment”, with 95% intervals: segment 0 90.0% (85.0% to 95.0%), "
        "segment 1 92.0% (87.0% to 97.0%). All together: 93.0% (90.0% to 96.0%)."
    )
    many = plain(estimates_of(12).describe("fr"))
    # 90 % and 90 + 11 × 2 = 112 %
    assert "12 groupes : de segment 0 90,0 % (de 85,0 % à 95,0 %) à segment 11 112,0 %" in many


# --- mix ---------------------------------------------------------------------------------------------------


def test_the_steps_lead_from_before_to_after():
    ax = plots.plot_mix_effect(mix_of((-0.04, 0.01), mix=0.002), lang="en")
    bars = [(bar.get_x(), bar.get_width()) for held in ax.containers for bar in held]
    # 100 % − 4 = 96, + 1 = 97, + 0.2 = 97.2
    assert [x for x, _ in bars] == pytest.approx([1.0, 0.96, 0.97])
    assert [width for _, width in bars] == pytest.approx([-0.04, 0.01, 0.002])
    ends = [line.get_xdata()[0] for line in ax.get_lines()]
    assert ends == pytest.approx([1.0, 0.972])
    beside = [plain(text.get_text()) for text in ax.texts]
    assert beside == ["−4.0 points", "+1.0 points", "+0.2 points", "100.0%", "97.2%"]
    # a thin line leads from each row to the next, at the level where one ends and the other begins
    rows = ax.get_yticks()
    leaders = [tuple(map(tuple, line)) for line in ax.collections[0].get_segments()]
    levels = [1.0, 0.96, 0.97, 0.972]
    expected = [((x, under), (x, over)) for x, over, under in zip(levels, rows, rows[1:], strict=False)]
    assert np.array(leaders) == pytest.approx(np.array(expected))
    assert ax.get_title(loc="left").replace("\n", " ") == render("plot.mix.note", "en")


def test_less_than_two_points_are_one_in_french():
    beside = [plain(text.get_text()) for text in plots.plot_mix_effect(mix_of(), lang="fr").texts]
    assert beside[:2] == ["−4,0 points", "+1,0 point"]


def test_ups_and_downs_have_their_colours():
    ax = plots.plot_mix_effect(mix_of((-0.04, 0.01), mix=0.002))
    down, up, mix = (bar.get_facecolor() for held in ax.containers for bar in held)
    assert down != up == mix


def test_without_a_change_to_split_the_picture_says_so():
    mix = mix_of()
    ax = plots.plot_mix_effect(replace(mix, before=replace(mix.before, value=np.nan)), lang="en")
    assert ax.containers == []
    assert "nobody paid at the start" in plain(ax.texts[0].get_text())


def test_the_segments_parts_are_said():
    said = plain(mix_of((-0.04, 0.01), mix=0.002).describe_segments("en"))
    assert said.startswith("Net revenue retention (NRR) went from 100.0% to 97.2%")
    assert said.endswith("Within the segments: segment 0 −4.0, segment 1 +1.0 points. Change of their mix: +0.2.")


# --- published figures -------------------------------------------------------------------------------------


def test_published_figures_are_lines_with_kind_source_and_year_beside_them():
    ax = plots.plot_retention_over_time(over_time(), benchmark=published(), lang="en")
    beside = [plain(text.get_text()) for text in ax.texts]
    assert "NRR, top quartile: 99% (ChartMogul 2023)" in beside
    assert "NRR, median: 102% (SaaS Capital 2023)" in beside
    flat = [line.get_ydata()[0] for line in ax.get_lines() if list(line.get_xdata()) == [0, 1]]
    assert sorted(flat) == [0.99, 0.99, 1, 1.02]
    assert "not an interval" in ax.get_title(loc="left")


def test_a_range_is_ruled_and_in_no_colour_of_a_line():
    ax = plots.plot_retention_over_time(over_time(), benchmark=published(arr=2e6), lang="fr")
    (band,) = [patch for patch in ax.patches if patch.get_hatch()]
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((0.9, 0.94))
    starts = [leader[0][1] for leader in ax.collections[-1].get_segments()]
    assert starts[3:] == pytest.approx([0.92, 0.94, 1.02])  # after three lines: the band's words begin at its middle
    red, green, blue, _ = band.get_facecolor()
    assert red == green == blue
    assert "NRR, donné comme usuel : de 90 % à 94 % (l’article du bootcamp)" in [plain(t.get_text()) for t in ax.texts]
    assert collisions(ax) == []


def test_no_figure_is_drawn_unless_given():
    ax = plots.plot_retention_over_time(over_time(), lang="en")
    assert len(ax.get_lines()) == 4
    assert ax.get_title(loc="left") == ""


def test_figures_over_another_window_or_of_another_measure_are_refused():
    trend = replace(over_time(), window=3)
    with pytest.raises(WindowMismatchError, match=r"windows of 3 months.*Pass window=12"):
        plots.plot_retention_over_time(trend, benchmark=published())
    other = replace(published(), metric="quick_ratio")
    with pytest.raises(OptionError, match="quick_ratio"):
        over_time().describe("en", benchmark=other)


def test_one_month_is_drawn_as_points():
    ax = plots.plot_retention_over_time(over_time(1), lang="fr")
    assert [line.get_marker() for line in ax.get_lines()[:3]] == ["o"] * 3
    assert collisions(ax) == []


def test_the_lines_are_said_with_their_turns_and_the_figures():
    trend = over_time()
    trend.frame.loc[5, "nrr"] = 0.97
    said = plain(trend.describe("en", benchmark=published(statistic="median")))
    # 25 months from December 2023: the sixth is May 2024, and the only one not above 100 %
    assert "NRR was lowest in May 2024 (97.0%), highest in December 2023 (110.0%), and above 100% in 24 of 25" in said
    assert said.endswith("figures published about other companies: NRR, median: 102% (SaaS Capital 2023).")
    assert "other companies" not in trend.describe("en")
    french = plain(trend.describe("fr"))
    assert "au plus bas en mai 2024 (97,0 %)" in french


# --- the bridge in words -----------------------------------------------------------------------------------


def test_the_bars_are_said_by_period_and_not_as_the_waterfall():
    bridge = bridge_of(3)
    frame = bridge.frame.assign(churn=[30.0, 230.0, 30.0], closing=bridge.frame["opening"] + [100.0, -100.0, 100.0])
    said = plain(replace(bridge, frame=frame).describe_periods("en"))
    # 150 won each month; lost 50, 250, 50
    assert said == (
        "Net change in MRR from Jan 2025 to Mar 2025, one bar a period: MRR grew in 2 of 3. The largest change was "
        "+€100 in Jan 2025, the smallest −€100 in Feb 2025. Most was won in Jan 2025 (€150), most was lost in "
        "Feb 2025 (€250)."
    )
    assert "Variation nette du MRR de janv. 2025 à mars 2025" in plain(
        replace(bridge, frame=frame).describe_periods("fr")
    )


def test_a_single_period_is_a_waterfall_in_words_too():
    rule = bridge_of(1).rule
    dated = replace(rule, fields={"start": pd.Timestamp("2024-12-31"), "end": pd.Timestamp("2025-01-31")})
    for bridge in (bridge_of(1), with_fx(bridge_of(1), 5.0)):
        known = replace(bridge, rule=dated)
        assert known.describe_periods("en") == known.describe("en")


def test_names_that_the_font_lacks_become_squares_and_do_not_turn_the_line():
    ax = plots.plot_estimates(estimates_of(1, "\u202eA \u6f22 {}"), lang="en")
    assert plain(words(ax)[1]).startswith("A □ 0") or "A □ 0 (n = 10)" in [plain(text) for text in words(ax)]


def test_every_public_picture_is_drawn_here():
    made = {name for name in plots.__all__ if name.startswith("plot_")}
    elsewhere = {"plot_forecast", "plot_projection", "plot_lift", "plot_regression_to_mean"}  # their own tests
    code = {name for draw in DRAWN.values() for name in draw.__code__.co_names}
    assert made - elsewhere == {name for name in code if name.startswith("plot_")}
