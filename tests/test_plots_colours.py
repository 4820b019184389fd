"""Colours are told apart with any colour vision and in grey, and every text stands out from what is behind it.

Colour-blindness: the matrices of G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A physiologically-based model for
simulation of color vision deficiency", IEEE TVCG 15(6), 2009, for severity 1, applied to linear RGB. Distances are CIE
1976 (L*a*b*, D65): about 2 is just seen side by side. Contrast: WCAG 2.1, at least 4.5 for text.
"""

from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from pictures import DRAWN, box_of, matrix_of, texts

from retention_kit import plots
from retention_kit.plots.drawing import ARMS
from retention_kit.plots.lines import LINES
from retention_kit.plots.matrices import GROWTH

SEEN = {
    "everyone": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
COLOURS = ["everyone", "protanopia", "deuteranopia", "tritanopia"]


def linear(colour):
    light = np.array(mpl.colors.to_rgb(colour))
    return np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)


def lab(colour, eyes="everyone"):
    """L*, a*, b* of a colour as it is seen."""
    xyz = XYZ @ np.clip(SEEN[eyes] @ linear(colour), 0, 1) / WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def distance(one, other, eyes):
    return float(np.linalg.norm(lab(one, eyes) - lab(other, eyes)))


def contrast(one, other):
    dark, light = sorted(float(linear(colour) @ SEEN["grey"][0]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_the_yardsticks_themselves():
    assert contrast("black", "white") == pytest.approx(21)  # WCAG's own example
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.005)  # the well-known grey that just fails
    assert lab("white") == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("red") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    # who has no red cones mixes up red and dark yellow-brown: they come closer by far
    assert distance("#c00000", "#604000", "protanopia") < 0.5 * distance("#c00000", "#604000", "everyone")
    assert distance("#ff0000", "#4a4a4a", "grey") > 10


@pytest.mark.parametrize("eyes", COLOURS)
def test_lines_are_told_apart_by_colour(eyes):
    colours = [colour for colour, _ in ARMS]
    near = {pair: distance(*pair, eyes) for pair in combinations(colours, 2)}
    assert min(near.values()) >= 10, min(near, key=near.get)


def test_lines_are_told_apart_in_grey_by_their_dashes_and_two_by_lightness_as_well():
    assert len({str(dash) for _, dash in ARMS}) == len(ARMS)
    assert distance(ARMS[0][0], ARMS[1][0], "grey") >= 10
    assert len({str(dash) for _, dash in LINES.values()}) == 3


@pytest.mark.parametrize("eyes", SEEN)
def test_flows_that_touch_are_told_apart(eyes):
    for side in (plots.GAINS, plots.LOSSES):
        for one, other in pairwise(side.values()):
            assert distance(one, other, eyes) >= 10
    new, contraction = plots.GAINS["new"], plots.LOSSES["contraction"]
    assert distance(new, contraction, eyes) >= 10


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("measure", ["nrr", "logo", "mrr"])
def test_the_higher_cell_is_the_darker_one_and_none_is_the_paper(measure, eyes):
    shades = plots.plot_cohort_matrix(matrix_of(4, measure, "EUR")).collections[0].get_cmap()
    light = [lab(shades(x), eyes)[0] for x in np.linspace(0, 1, 9)]
    assert max(np.diff(light)) < 0
    assert light[0] - light[-1] >= 30
    assert distance(shades(0.0), "white", eyes) >= 8


@pytest.mark.parametrize("eyes", COLOURS)
def test_more_and_less_than_all_are_two_hues(eyes):
    # of like lightness, on either side of 100 %
    assert distance(GROWTH[1], GROWTH[3], eyes) >= 40


def backgrounds(ax, found):
    """The colour most of each text stands on: the picture without its texts, at the place of each."""
    boxes = [box_of(text).extents for text in found]
    for text in found:
        text.set_alpha(0)
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())[:, :, :3] / 255
    height = len(pixels)
    for x0, y0, x1, y1 in boxes:
        rows, columns = (slice(max(int(a), 0), max(int(b), 1)) for a, b in ((height - y1, height - y0), (x0, x1)))
        yield np.median(pixels[rows, columns].reshape(-1, 3), axis=0)


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_every_text_stands_out_from_its_background(draw):
    ax = draw(lang="fr")
    found = [text for text in texts(ax) if text.get_text().strip()]
    colours = [text.get_color() for text in found]
    behind = list(backgrounds(ax, found))
    faint = [
        (text.get_text(), round(contrast(colour, back), 2))
        for text, colour, back in zip(found, colours, behind, strict=True)
        if contrast(colour, back) < 4.5
    ]
    assert faint == []
