"""Pictures of a page: drawn once, cropped, with few colours; the oracle is matplotlib's own file of the same figure."""

import io

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from retention_kit.pages import picture

SHARP, UNSEEN = 2, 8


def opened(shown):
    return Image.open(io.BytesIO(shown.png))


def pixels(shown):
    return np.asarray(opened(shown).convert("RGBA"))


def as_saved(figure, **options):
    """The figure's pixels as savefig writes them, with letters as in a picture."""
    file = io.BytesIO()
    with plt.rc_context({"text.hinting": "no_hinting"}):
        figure.savefig(file, format="png", dpi=SHARP * figure.dpi, **options)
    return np.asarray(Image.open(file).convert("RGBA"))


def first_ink(image):
    inked = (image[..., :3] != 255).any(axis=2)
    return inked.any(axis=1).argmax(), inked.any(axis=0).argmax()


def window(whole, part):
    """What `whole` shows where `part` was cut out of it: both begin to be inked at the same place."""
    (top, left), (above, before) = first_ink(whole), first_ink(part)
    height, width = part.shape[:2]
    return whole[top - above :, left - before :][:height, :width]


def bars(**options):
    figure, ax = plt.subplots(figsize=(2, 1), dpi=50, layout="constrained", **options)
    ax.bar([0, 1], [1, 2], color=["#00568C", "#C05000"])
    ax.set(xticks=[], yticks=[])
    ax.text(0, 1.4, "2 bars")
    return figure, ax


def test_few_colours_are_kept_to_the_last_pixel():
    """A window of matplotlib's own file, and a byte a pixel: 200 by 100 pixels have no more than 256 colours here."""
    figure, ax = bars()
    whole = as_saved(figure)
    shown = picture(ax, alt="Two bars.")
    assert opened(shown).mode == "P"
    assert len(np.unique(whole.reshape(-1, 4), axis=0)) <= 256
    assert np.array_equal(pixels(shown), window(whole, pixels(shown)))


@pytest.mark.parametrize("layout", ["constrained", None])
def test_what_is_empty_is_cut_off_but_for_a_border(layout, monkeypatch):
    """A frame in the middle ninth of 3 by 3 inches, at 100 pixels an inch; a border of 0.1 inch is 10 of them."""
    figure = plt.figure(figsize=(3, 3), dpi=50, layout=layout)
    monkeypatch.setitem(plt.rcParams, "savefig.pad_inches", 0)
    figure.add_artist(plt.Rectangle((1 / 3, 1 / 3), 1 / 3, 1 / 3, fill=False))
    ax = figure.add_subplot()
    ax.set_axis_off()
    ax.set_position((0.4, 0.4, 0.2, 0.2))
    shown = picture(ax, alt="A frame.")
    assert first_ink(pixels(shown)) == pytest.approx((10, 10), abs=2)
    assert opened(shown).size == pytest.approx((100 + 20, 100 + 20), abs=3)  # and the frame's own lines
    assert (shown.width, shown.height) == (opened(shown).width // SHARP, opened(shown).height // SHARP)


@pytest.mark.parametrize(("layout", "x"), [("constrained", 0.9), (None, 0.9), (None, 1.6)])
def test_what_hangs_over_the_figure_s_edge_is_shown_whole(layout, x):
    """Over the edge, or wholly beyond it: as wide as without it and more."""
    _, ax = plt.subplots(figsize=(2, 1), dpi=50, layout=layout, subplot_kw={"xticks": [], "yticks": []})
    ax.text(x, 0.5, "a long remark", transform=ax.transAxes, in_layout=True, clip_on=False)
    ax.texts[0].set_in_layout(layout is None)
    assert opened(picture(ax, alt="A frame and a remark.")).width > SHARP * 50 * 2 + 5


def test_an_empty_figure_keeps_its_size():
    ax = plt.figure(figsize=(2, 1), dpi=50, layout="constrained").add_subplot()
    ax.set_axis_off()
    assert opened(picture(ax, alt="Nothing.")).size == (200, 100)


def test_many_shades_are_numbered_and_no_pixel_is_far_off():
    """Letters over 1,000 greens have more than 256 colours: shades are off by 8 of 255 at most, what fills is exact."""
    figure = plt.figure(figsize=(10, 1), dpi=50)
    ax = figure.add_axes((0.1, 0.2, 0.8, 0.6))
    ax.imshow(np.linspace(0, 1, 1000)[None], aspect="auto", cmap="viridis", interpolation="nearest")
    ax.text(400, 0, "Shades of green and some words over them", color="white")
    ax.add_artist(plt.Rectangle((0, 0), 0.2, 1, transform=ax.transAxes, color="#C05000"))
    ax.set_axis_off()
    whole = as_saved(figure)
    shown = picture(ax, alt="Shades.")
    drawn = pixels(shown)
    expected = window(whole, drawn)
    assert opened(shown).mode == "P"
    assert len(np.unique(expected.reshape(-1, 4), axis=0)) > 256
    assert 0 < np.abs(drawn.astype(int) - expected).max() <= UNSEEN
    fills = (expected == (0xC0, 0x50, 0x00, 255)).all(axis=2) | (expected == 255).all(axis=2)
    assert fills.mean() > 0.3
    assert np.array_equal(drawn[fills], expected[fills])


def test_a_photograph_keeps_all_its_colours():
    """Noise of 40,000 colours has no palette of 256."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    figure = plt.figure(figsize=(2, 2), dpi=50)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.imshow(noise, interpolation="nearest")
    ax.set_axis_off()
    shown = picture(ax, alt="Noise.")
    assert opened(shown).mode == "RGBA"
    assert {tuple(colour) for colour in pixels(shown)[..., :3].reshape(-1, 3)} >= {tuple(c) for c in noise[50:150, 50]}


def test_a_figure_without_background_stays_transparent():
    _figure, ax = bars(facecolor="none")
    ax.set_facecolor("none")
    assert pixels(picture(ax, alt="Two bars."))[0, 0, 3] == 0


def test_the_figure_is_left_as_it_was():
    figure, ax = bars()
    before = figure.dpi, figure.get_layout_engine()
    picture(ax, alt="Two bars.")
    assert (figure.dpi, figure.get_layout_engine()) == before
    assert not plt.get_fignums()


@pytest.mark.parametrize("layout", ["constrained", None])
def test_a_figure_is_drawn_once(layout, monkeypatch):
    drawings, draw = [], Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda self, renderer: drawings.append(draw(self, renderer)))
    ax = plt.figure(figsize=(2, 1), layout=layout).add_subplot(xticks=[], yticks=[])
    picture(ax, alt="A frame.")
    assert len(drawings) == 1


def test_the_same_figure_gives_the_same_bytes():
    assert picture(bars()[1], alt="Two bars.").png == picture(bars()[1], alt="Two bars.").png
