"""Shapes cover what geometry says they cover, wherever they are moved, and colors are laid where they are."""

import numpy as np
import pytest

from utils.data.synthetic import canvas
from utils.data.synthetic.canvas import Frame

SIDE = 200
SQUARE = [(-0.4, -0.3), (0.4, -0.3), (0.4, 0.3), (-0.4, 0.3)]
ARROW = [(-0.5, -0.4), (0.5, 0.0), (-0.5, 0.4), (-0.2, 0.0)]

AREAS = {
    "ellipse": (lambda frame: frame.ellipse(0, 0, 0.5, 0.3), np.pi * 0.5 * 0.3),
    "turned ellipse": (lambda frame: frame.ellipse(0.1, -0.1, 0.5, 0.3, angle=0.7), np.pi * 0.5 * 0.3),
    "stroke": (lambda frame: frame.stroke((-0.4, 0), (0.4, 0), 0.1), 0.8 * 0.2 + np.pi * 0.01),
    "box": (lambda frame: frame.box(0, 0, 0.4, 0.3), 0.8 * 0.6),
    "round box": (lambda frame: frame.box(0, 0, 0.4, 0.3, corner=0.1), 0.8 * 0.6 - (4 - np.pi) * 0.01),
    "polygon": (lambda frame: frame.polygon(SQUARE), 0.8 * 0.6),
    "arrow": (lambda frame: frame.polygon(ARROW), 0.5 * 1.0 * 0.8 - 0.5 * 0.3 * 0.8),
}


def area(frame, distance):
    """What a shape covers, in units of the whole picture's coordinates."""
    return frame.cover(distance).sum(axis=(1, 2)) * (2 / SIDE) ** 2


@pytest.mark.parametrize("shape", AREAS)
def test_a_shape_covers_its_area(shape):
    draw, expected = AREAS[shape]
    frame = Frame.whole(1, SIDE)
    assert area(frame, draw(frame)) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("shape", AREAS)
def test_moving_turning_and_mirroring_keep_the_area_and_scaling_squares_it(shape):
    draw, expected = AREAS[shape]
    scale = np.array([0.5, 1.0, 1.3])
    frame = Frame.whole(3, SIDE).moved(
        np.array([0.1, 0, -0.1]), 0.05, angle=np.array([0, 1, 2]), scale=scale, mirror=np.array([1, -1, -1])
    )
    assert area(frame, draw(frame)) == pytest.approx(expected * scale**2, rel=0.03)


def test_a_moved_frame_puts_its_origin_there_and_turns_clockwise():
    frame = Frame.whole(1, SIDE).moved(0.5, -0.25, angle=np.pi / 2)
    spot = frame.cover(frame.ellipse(0.2, 0, 0.03, 0.03))[0]
    rows, columns = np.nonzero(spot > 0.5)
    center = (np.array([columns.mean(), rows.mean()]) + 0.5) * 2 / SIDE - 1
    np.testing.assert_allclose(center, [0.5, -0.05], atol=0.01)


def test_a_mirrored_object_looks_the_other_way():
    for mirror, side in ((1, 1), (-1, -1)):
        frame = Frame.whole(1, SIDE).moved(mirror=np.array([mirror]))
        columns = np.nonzero(frame.cover(frame.ellipse(0.5, 0, 0.1, 0.1))[0] > 0.5)[1]
        assert np.sign(columns.mean() - SIDE / 2) == side


def test_convex_polygons_agree_with_polygons_on_what_is_inside():
    frame = Frame.whole(1, SIDE).moved(angle=0.3)
    corners = [(-0.5, -0.2), (0.1, -0.5), (0.5, 0.1), (0.0, 0.5), (-0.4, 0.3)]
    any_kind, convex = frame.polygon(corners), frame.convex(corners)
    np.testing.assert_array_equal(any_kind < 0, convex < 0)
    inside = any_kind < 0
    np.testing.assert_allclose(convex[inside], any_kind[inside], atol=1e-5)


def test_a_tapered_stroke_is_thinner_at_its_end():
    frame = Frame.whole(1, SIDE)
    cover = frame.cover(frame.stroke((-0.5, 0), (0.5, 0), 0.2, taper=0.25))[0]
    thickness = cover.sum(axis=0) * 2 / SIDE
    assert thickness[52] == pytest.approx(0.4, abs=0.03)
    assert thickness[148] == pytest.approx(0.1, abs=0.03)


def test_joining_is_the_nearest_shape_and_clay_only_adds():
    frame = Frame.whole(1, SIDE)
    first, second = frame.ellipse(-0.2, 0, 0.3, 0.3), frame.ellipse(0.2, 0, 0.3, 0.3)
    np.testing.assert_array_equal(canvas.joined(first, second), np.minimum(first, second))
    clay = canvas.joined(first, second, smooth=0.2)
    assert (clay <= np.minimum(first, second) + 1e-6).all()
    assert area(frame, clay) > area(frame, canvas.joined(first, second))


@pytest.mark.parametrize("colors", ["one", "one a picture", "one a pixel"])
def test_paint_mixes_by_cover_and_opacity(colors):
    rng = np.random.default_rng(0)
    pictures = rng.random((3, 8, 8, 3), dtype=np.float32)
    cover = rng.random((3, 8, 8), dtype=np.float32)
    opacity = np.array([0.0, 0.5, 1.0])
    color = rng.random({"one": 3, "one a picture": (3, 3), "one a pixel": (3, 8, 8, 3)}[colors])
    wide = color[:, None, None] if colors == "one a picture" else color
    weight = (cover * opacity[:, None, None])[..., None]
    expected = pictures * (1 - weight) + weight * wide
    canvas.paint(pictures, cover, color, opacity)
    np.testing.assert_allclose(pictures, expected, atol=1e-6)


def test_noise_is_smooth_and_of_mean_zero_and_spread_one():
    field = canvas.noise(np.random.default_rng(0), 300, 40, 5)
    assert field.shape == (300, 40, 40)
    assert abs(field.mean()) < 0.05
    assert abs(field.std() - 1) < 0.05
    assert np.abs(np.diff(field, axis=1)).mean() < 0.3
    assert abs(np.corrcoef(field[:, 0, 0], field[:, 39, 39])[0, 1]) < 0.2


def test_bytes_are_cut_off_at_black_and_white():
    assert canvas.to_bytes(np.array([-1, 0, 0.5, 1, 2])).tolist() == [0, 0, 128, 255, 255]
