"""utils.plots: every figure has its text, decodes, repeats byte for byte; wrong inputs are refused in one sentence."""

import base64
import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from utils import plots

PHOTO = np.arange(64, dtype="uint8").reshape(8, 8)
DRAWINGS = {
    "gray": lambda alt: plots.show_images([PHOTO, PHOTO], titles=["a", "b"], alt=alt),
    "one": lambda alt: plots.show_images(PHOTO, alt=alt),
    "stack": lambda alt: plots.show_images(np.random.default_rng(0).random((9, 28, 28, 1)), alt=alt),
    "color": lambda alt: plots.show_images([np.zeros((8, 8, 3), "uint8"), np.full((8, 8, 3), 0.5)], columns=1, alt=alt),
    "signed": lambda alt: plots.show_images([PHOTO - 30.0, PHOTO > 9], limits=(-30, 30), alt=alt),
    "numbers": lambda alt: plots.show_numbers(
        [PHOTO[:3, :3], np.eye(3) / 3 - 0.1], signs=["×"], windows=[None, (0, 0, 2, 2)], alt=alt
    ),
    "row": lambda alt: plots.show_numbers(np.arange(5), decimals=1, limits=(-9, 9), titles=["signal"], alt=alt),
    "curves": lambda alt: plots.curves(
        {"a": [1, 2], "b": np.ones((3, 2))}, xlabel="x", ylabel="y", log="xy", x=[1, 9], alt=alt
    ),
    "bars": lambda alt: plots.bars({"a": 1, "b": [1, 2, 4]}, xlabel="seconds", log=True, alt=alt),
    "own": lambda alt: plots.figure(plots.subplots(1, 2)[0], alt=alt),
}


@pytest.fixture(params=DRAWINGS, scope="module")
def draw(request):
    return DRAWINGS[request.param]


@pytest.mark.parametrize("alt", ["", "  \n", None, 3])
def test_refuses_a_figure_without_alternative_text(draw, alt):
    with pytest.raises(ValueError, match="every figure must say what it shows"):
        draw(alt)


def test_the_keyword_alt_is_required():
    with pytest.raises(TypeError, match="alt"):
        plots.show_images([PHOTO])


def test_bundle_carries_picture_and_text_in_three_forms(draw):
    data, metadata = draw('Two "spots" < 3')._repr_mimebundle_()
    assert set(data) == {"image/png", "text/html", "text/plain"}
    assert metadata["image/png"]["alt"] == 'Two "spots" < 3'
    assert data["text/plain"] == 'Figure: Two "spots" < 3'
    assert 'alt="Two &quot;spots&quot; &lt; 3"' in data["text/html"] and data["image/png"] in data["text/html"]


def test_png_decodes_and_is_shown_at_half_its_pixels(draw):
    drawn = draw("A test")
    image = Image.open(io.BytesIO(base64.b64decode(drawn._repr_mimebundle_()[0]["image/png"])))
    image.load()
    assert image.size == (pytest.approx(2 * drawn.width, abs=1), pytest.approx(2 * drawn.height, abs=1))
    assert drawn.width <= plots.WIDTH * plots.PIXELS_PER_INCH + 20
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_same_input_gives_same_bytes(draw):
    assert draw("A test").png == draw("A test").png


def test_line_breaks_in_the_text_become_spaces():
    assert plots.show_images(PHOTO, alt="One\n   line").alt == "One line"


def center_color(picture, **options):
    image = Image.open(io.BytesIO(plots.show_images([picture], alt="A test", **options).png)).convert("RGB")
    return image.getpixel((image.width // 2, image.height // 2))


def test_positive_is_orange_negative_blue_zero_white():
    frame = np.zeros((9, 9))
    frame[0, 0] = -1
    assert center_color(frame) == (255, 255, 255)
    assert center_color(frame + np.pad([[1.0]], 4)) == (0xD5, 0x5E, 0x00)
    assert center_color(frame - np.pad([[1.0]], 4)) == (0x00, 0x72, 0xB2)


def test_numbers_side_by_side_share_their_colors_on_request():
    ones = [np.ones((1, 1)), -np.ones((1, 1))]
    alone, shared = (plots.show_numbers(ones, limits=limits, alt="A test").png for limits in (None, (-1, 1)))
    colors = [Image.open(io.BytesIO(png)).convert("RGB").getpixel((30, 30)) for png in (alone, shared)]
    assert colors[0] == (255, 255, 255) and colors[1][0] > colors[1][2] + 50  # white; orange


def test_unsigned_pictures_keep_their_scale():
    assert center_color(np.full((9, 9), 128, "uint8")) == (128, 128, 128)
    assert center_color(np.full((9, 9), 0.5)) == pytest.approx((128,) * 3, abs=1)
    assert center_color(np.full((9, 9, 3), 0.25)) == pytest.approx((64,) * 3, abs=1)
    assert center_color(np.full((9, 9), 1.0), limits=(0, 2)) == pytest.approx((128,) * 3, abs=1)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ([], "1 to 200 pictures, not 0"),
        (np.zeros((512, 8, 3)), "not 512: pass a list"),
        ([np.zeros((3, 8, 8))], r"Image 0 has shape \(3, 8, 8\).*np.moveaxis"),
        ([PHOTO, np.zeros(8)], r"Image 1 has shape \(8,\)"),
        ([np.zeros((0, 8))], r"Image 0 has shape \(0, 8\)"),
        ([np.full((8, 8), np.nan)], r"Image 0 \(float64\) holds something other than finite numbers"),
        ([np.full((8, 8), "a")], "finite numbers"),
    ],
)
def test_show_images_refuses_what_is_no_picture(images, says):
    with pytest.raises(ValueError, match=says):
        plots.show_images(images, alt="A test")


@pytest.mark.parametrize("titles", [["one"], "ab", ["a", "b", "c"]])
def test_titles_must_match_the_pictures(titles):
    with pytest.raises(ValueError, match="There are 2 images, but titles is"):
        plots.show_images([PHOTO, PHOTO], titles=titles, alt="A test")


@pytest.mark.parametrize("array", [np.zeros((25, 25)), np.zeros((1, 2, 2, 2)), np.zeros((0, 3))])
def test_show_numbers_refuses_what_no_grid_can_hold(array):
    with pytest.raises(ValueError, match="1 to 600 cells"):
        plots.show_numbers(array, alt="A test")


def test_show_numbers_needs_an_array_and_signs_between():
    with pytest.raises(ValueError, match="no arrays to show"):
        plots.show_numbers([], alt="A test")
    with pytest.raises(ValueError, match="There are 1 gaps between arrays, but signs"):
        plots.show_numbers([PHOTO, PHOTO], signs=["+", "="], alt="A test")
    with pytest.raises(ValueError, match="There are 1 arrays, but windows"):
        plots.show_numbers([PHOTO], windows=[None, (0, 0, 3, 3)], alt="A test")


@pytest.mark.parametrize(
    ("series", "says"),
    [
        ({}, "no series"),
        ({"loss": [1, 2, 3]}, r"'loss' has shape \(3,\), and x has 2 points"),
        ({"loss": np.ones((1, 1, 2))}, r"\(1, 1, 2\)"),
    ],
)
def test_curves_refuse_other_shapes(series, says):
    with pytest.raises(ValueError, match=says):
        plots.curves(series, x=[0, 1], xlabel="x", ylabel="y", alt="A test")


@pytest.fixture
def axes(monkeypatch):
    """A function that gives the axes of what a figure was made from."""
    monkeypatch.setattr(plots, "figure", lambda drawing, *, alt: drawing.axes)
    return lambda draw, *arguments, **options: draw(*arguments, **options, alt="A test")


@pytest.mark.parametrize(("x", "whole"), [(None, True), ([0.0, 0.5, 1.0, 1.5], False)])
def test_curves_over_counts_are_labelled_by_whole_numbers(axes, x, whole):
    (axis,) = axes(plots.curves, {"loss": [3, 2, 1, 0]}, x=x, xlabel="epoch", ylabel="loss")
    assert all(tick == round(tick) for tick in axis.get_xticks()) is whole


def test_curves_are_means_in_bands_of_one_sample_standard_deviation(axes):
    series = {"one": [3, 1], "three": [[1, 4], [2, 4], [3, 7]]}
    (axis,) = axes(plots.curves, series, x=[10, 20], xlabel="epoch", ylabel="loss")
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("epoch", "loss")
    lines = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert lines == {"one": [[10, 3], [20, 1]], "three": [[10, 2], [20, 5]]}
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["one", "three"]
    (band,) = axis.collections
    expected = {(10, 1), (10, 3), (20, 5 - 3**0.5), (20, 5 + 3**0.5)}
    corners = band.get_paths()[0].vertices
    assert {tuple(corner) for corner in corners.round(9)} == {tuple(np.round(corner, 9)) for corner in expected}


def test_bars_are_as_long_as_their_means_and_say_them(axes):
    values = {"one": 0.12345, "large": 1234.5, "three": [1, 2, 3]}
    (axis,) = axes(plots.bars, values, xlabel="seconds")
    assert axis.get_xlabel() == "seconds"
    assert [label.get_text() for label in axis.get_yticklabels()] == list(values)
    assert axis.yaxis_inverted(), "the first stands on top"
    assert [bar.get_width() for bar in axis.patches] == [0.12345, 1234.5, 2]
    said = {text.get_text(): text.xy for text in axis.texts}
    assert said == {"0.123": (0.12345, 0), "1,234": (1234.5, 1), "2 ± 1": (3, 2)}
    (whisker,) = axis.collections
    np.testing.assert_allclose(whisker.get_segments(), [[[1, 2], [3, 2]]])


def test_numbers_stand_in_their_cells_and_frames_around_theirs(axes):
    table = np.array([[0, -1.5, 2], [0.126, -0.001, 10]])
    signed, whole = axes(plots.show_numbers, [table, 10 * table.round()], windows=[(0, 1, 1, 2), None])
    said = {tuple(map(int, text.get_position())): text.get_text() for text in signed.texts}
    assert said == {(0, 0): "0.00", (1, 0): "−1.50", (2, 0): "2.00", (0, 1): "0.13", (1, 1): "0.00", (2, 1): "10.00"}
    assert {text.get_text() for text in whole.texts} == {"0", "−20", "20", "100"}
    (frame,) = signed.patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((0.5, -0.5), 2, 1)
    assert not whole.patches


def test_numbers_have_as_many_places_as_asked_for(axes):
    (axis,) = axes(plots.show_numbers, np.array([0.126, -0.04]), decimals=1)
    assert [text.get_text() for text in axis.texts] == ["0.1", "0.0"]


@pytest.mark.parametrize("values", [{}, {"a": []}])
def test_bars_refuse_nothing(values):
    with pytest.raises(ValueError, match="at least one number"):
        plots.bars(values, xlabel="x", alt="A test")


def test_importing_loads_no_pyplot_and_no_framework():
    unwanted = {"matplotlib.pyplot", "torch", "tensorflow", "keras"}
    code = f"import sys, utils.plots; print(sorted({unwanted} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
