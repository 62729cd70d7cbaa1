"""Descriptions of an augmentation, and what is drawn from them: no framework, no picture."""

import colorsys
import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import _transforms
from utils._parameters import Parameters, check_parameters, soft_labels
from utils.augmentation import FILLS, OPERATIONS, Augmentation, RandAugment, check_augment, check_classes

EVERYTHING = Augmentation(
    0.5, 30, 0.2, 10, 0.3, 2, "reflect", 0.0, 0.3, 0.3, 0.3, 0.1, RandAugment(3, 20), mixup=0.4, cutmix=1.0
)
IMAGES = np.zeros((4, 8, 10, 3), np.uint8)


def drawn(seed=0, count=200, size=(20, 30), **description):
    return Augmentation(**description).draw(np.random.default_rng(seed), count, size)


def assert_one_sentence(said):
    assert said.endswith(".") and said.count(". ") == 0


WRONG = {
    "flip": (True, math.nan, -0.1, 1.1, "0.5", None),
    "rotation": (-5, 181, math.nan, math.inf),
    "shift": (-0.1, 1.5, math.nan, (0.1,), (0.1, 0.1, 0.1), (0.1, -0.1), None),
    "shear": (-1, 90, math.nan),
    "zoom": (-0.1, 1, math.nan),
    "crop": (-1, 1.5, True, math.nan),
    "fill": ("wrap", None),
    "fill_value": (math.nan, math.inf, "black"),
    "brightness": (-0.1, 1.1, math.nan),
    "contrast": (-0.1, 2),
    "saturation": (-0.1, 2),
    "hue": (-0.1, 0.6, math.nan),
    "rand_augment": (9, True, "rand"),
    "mixup": (-0.2, math.nan, math.inf, True),
    "cutmix": (-1, math.nan),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_makes_no_sense_is_refused_with_its_name_and_value(name):
    for value in WRONG[name]:
        with pytest.raises(ValueError, match=name) as refused:
            Augmentation(**{name: value})
        assert_one_sentence(str(refused.value))
        assert repr(value) in str(refused.value)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"count": 1.5}, {"magnitude": -1}, {"magnitude": 31}], ids=str)
def test_a_randaugment_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))) as refused:
        RandAugment(**wrong)
    assert_one_sentence(str(refused.value))


def test_every_setting_has_a_wrong_value_here():
    assert WRONG.keys() == {field.name for field in dataclasses.fields(Augmentation)}


@given(st.sampled_from(sorted(WRONG)), st.floats() | st.integers() | st.booleans() | st.none() | st.text(max_size=3))
def test_a_setting_is_taken_or_refused_but_never_fails_otherwise(name, value):
    try:
        augmentation = Augmentation(**{name: value})
    except ValueError:
        return
    if augmentation.crop < 4:
        parameters = augmentation.draw(np.random.default_rng(0), 3, (4, 5))
        numbers = (parameters.matrices, parameters.colors, parameters.weights)
        assert all(np.isfinite(array).all() for array in numbers if array is not None)


def test_the_default_does_nothing():
    parameters = drawn()
    assert (parameters.matrices, parameters.colors, parameters.partners) == (None, None, None)


def test_the_same_state_draws_the_same_and_another_draws_others():
    first, second, other = (EVERYTHING.draw(np.random.default_rng(seed), 9, (20, 30)) for seed in (1, 1, 2))
    for name in ("matrices", "colors", "partners", "weights", "boxes"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
        assert not np.array_equal(getattr(first, name), getattr(other, name))


def test_switching_a_setting_off_leaves_what_others_draw():
    both = drawn(flip=0.5, brightness=0.5, shift=0.3)
    np.testing.assert_array_equal(np.sign(both.matrices[:, 0, 0]), drawn(flip=0.5).matrices[:, 0, 0])
    np.testing.assert_array_equal(both.colors, drawn(brightness=0.5).colors)


# Moves: where the pixels of a new picture come from


def came_from(parameters, x, y):
    return parameters.matrices @ [x, y, 1]


def test_a_flip_takes_each_pixel_from_its_mirror_image():
    np.testing.assert_allclose(came_from(drawn(flip=1), 0, 7), np.tile([29, 7], (200, 1)), atol=1e-9)
    np.testing.assert_allclose(came_from(drawn(flip=1), 12, 0), np.tile([17, 0], (200, 1)), atol=1e-9)
    mirrored = came_from(drawn(flip=0.3, count=2000), 0, 0)[:, 0] > 28
    assert 0.26 < mirrored.mean() < 0.34


def test_a_rotation_turns_around_the_middle_counterclockwise_and_within_its_range():
    parameters = drawn(rotation=30)
    np.testing.assert_allclose(came_from(parameters, 14.5, 9.5), np.tile([14.5, 9.5], (200, 1)))
    x, y = came_from(parameters, 15.5, 9.5).T - [[14.5], [9.5]]
    angles = np.degrees(np.arctan2(y, x))  # of a pixel's source, y pointing down: clockwise
    assert -30 < angles.min() < -25 and 25 < angles.max() < 30
    turned = _transforms.rotation(np.array([90.0])) @ [1, 0, 1]  # what lay to the right
    np.testing.assert_allclose(turned[0], [0, -1, 1], atol=1e-12)  # lies above


def test_shifts_are_parts_of_height_and_width():
    down, right = (drawn(shift=pair).matrices[:, :, 2] for pair in ((0.5, 0), (0, 0.5)))
    assert np.ptp(down[:, 0]) < 1e-9 and 9 < np.abs(down[:, 1]).max() < 10
    assert np.ptp(right[:, 1]) < 1e-9 and 14 < np.abs(right[:, 0]).max() < 15


def test_shear_leans_upright_lines_by_its_degrees():
    matrices = drawn(shear=40).matrices
    leaning = np.degrees(np.arctan(matrices[:, 0, 1]))
    assert -40 < leaning.min() < -35 and 35 < leaning.max() < 40
    np.testing.assert_allclose(matrices[:, 1], np.tile([0, 1, 0], (200, 1)), atol=1e-9)


def test_zoom_scales_both_axes_alike():
    matrices = drawn(zoom=0.5).matrices
    np.testing.assert_allclose(matrices[:, 0, 0], matrices[:, 1, 1])
    scales = 1 / matrices[:, 0, 0]
    assert 0.5 < scales.min() < 0.55 and 1.45 < scales.max() < 1.5


def test_a_crop_takes_every_place_that_the_padding_allows_and_whole_pixels():
    moved = drawn(crop=2, count=2000).matrices[:, :, 2]
    places, counts = np.unique(np.rint(moved), axis=0, return_counts=True)
    assert np.abs(moved - np.rint(moved)).max() < 1e-9
    assert len(places) == 25 and np.abs(places).max() == 2
    assert counts.min() > 45  # of 80 each on average


def test_moves_follow_each_other_in_the_order_that_is_promised():
    order = {"flip": 0.5, "zoom": 0.3, "shear": 20, "rotation": 40, "shift": 0.3, "rand_augment": RandAugment(1, 20)}
    places = np.tile([3.0, 4.0, 1.0], (200, 1))
    for name in reversed(order):  # back from where a pixel is to where it was
        places[:, :2] = np.einsum("nij,nj->ni", drawn(**{name: order[name]}).matrices, places)
    np.testing.assert_allclose(came_from(drawn(**order), 3, 4), places[:, :2], atol=1e-9)


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 40))
def test_matrices_undo_moves_of_any_size(seed, height, width):
    moves = _transforms.rotation(np.random.default_rng(seed).uniform(-180, 180, 3)) @ _transforms.shearing(
        np.full(3, 0.3), np.full(3, -0.2)
    )
    matrices = _transforms.sources(moves, (height, width))
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    place = np.array([3.0, 1.0])
    back = np.einsum("nij,nj->ni", moves[:, :2, :2], matrices @ [*(middle + place), 1] - middle)
    np.testing.assert_allclose(back, np.tile(place, (3, 1)), atol=1e-9)


# Colors


PIXEL = np.array([0.8, 0.4, 0.1])
LUMA = 0.299 * 0.8 + 0.587 * 0.4 + 0.114 * 0.1


@pytest.mark.parametrize(
    ("kind", "towards"), [("brightness", 0), ("contrast", 0.25), ("saturation", LUMA)], ids=lambda value: str(value)[:8]
)
def test_a_factor_of_a_half_goes_half_the_way(kind, towards):
    color = _transforms.blend(kind, np.array([0.5]))[0]
    np.testing.assert_allclose((color @ [*PIXEL, 0.25])[:3], (PIXEL + towards) / 2)
    np.testing.assert_allclose(_transforms.blend(kind, np.array([1.0]))[0], np.eye(4))


def test_the_mean_follows_the_brightness_so_that_contrast_knows_it():
    brighter, contrast = (
        _transforms.blend(kind, np.array([factor]))[0] for kind, factor in (("brightness", 1.5), ("contrast", 0.0))
    )
    np.testing.assert_allclose((contrast @ brighter @ [*PIXEL, 0.2])[:3], 0.3)


def test_a_turn_of_hue_keeps_luma_and_turns_chroma():
    turned = (_transforms.hue_turn(np.array([0.1]))[0] @ [*PIXEL, 0])[:3]
    before, after = colorsys.rgb_to_yiq(*PIXEL), colorsys.rgb_to_yiq(*turned)  # of rounded coefficients
    assert after[0] == pytest.approx(before[0], abs=0.01)
    angle = math.atan2(after[2], after[1]) - math.atan2(before[2], before[1])
    assert math.degrees(angle) == pytest.approx(36, abs=3)
    np.testing.assert_allclose(_transforms.hue_turn(np.array([1.0]))[0], np.eye(4), atol=1e-12)


@pytest.mark.parametrize("kind", _transforms.BLENDS)
def test_factors_fill_their_range(kind):
    factors = drawn(**{kind: 0.4}).colors[:, 0, 0]
    at = {"brightness": lambda f: f, "contrast": lambda f: f, "saturation": lambda f: f + 0.299 * (1 - f)}[kind]
    assert at(0.6) < factors.min() < at(0.65) and at(1.35) < factors.max() < at(1.4)


def test_turns_of_hue_fill_their_range():
    colors = drawn(hue=0.1).colors
    (_, *before), after = _transforms.YIQ @ PIXEL, colors[:, :, :3] @ PIXEL @ _transforms.YIQ.T
    angles = np.degrees(np.arctan2(after[:, 2], after[:, 1]) - np.arctan2(before[1], before[0]))
    assert -36 <= angles.min() < -35 and 35 < angles.max() <= 36


# RandAugment


def values(array):
    """The different numbers, or rows of them, in order."""
    return np.unique(np.round(array, 6) + 0.0, axis=0).tolist()


def test_randaugment_of_magnitude_30_goes_as_far_as_is_written_here():
    parameters = drawn(count=900, size=(20, 30), rand_augment=RandAugment(1, 30))
    slopes, shifts = parameters.matrices[:, :, :2], came_from(parameters, 14.5, 9.5) - [14.5, 9.5]
    turned = slopes[:, 0, 0] < 0.99
    assert values(np.degrees(np.arcsin(slopes[turned, 0, 1]))) == [-30, 30]
    assert values(slopes[~turned, 0, 1]) == values(slopes[~turned, 1, 0]) == [-0.3, 0, 0.3]
    assert values(shifts) == [[-13.5, 0], [0, -9], [0, 0], [0, 9], [13.5, 0]]  # 0.45 of either side
    towards = (0, 0.25, LUMA)  # brightness, contrast, saturation
    expected = [PIXEL, *(factor * PIXEL + (1 - factor) * end for factor in (0.1, 1.9) for end in towards)]
    assert values(parameters.colors @ [*PIXEL, 0.25]) == values(expected)


def test_randaugment_of_two_operations_may_do_two_things():
    parameters = drawn(count=900, rand_augment=RandAugment(2, 15))
    moved = ~np.isclose(parameters.matrices, np.eye(3)[:2]).all(axis=(1, 2))
    colored = ~np.isclose(parameters.colors, np.eye(4)[:3]).all(axis=(1, 2))
    assert (moved & colored).mean() == pytest.approx(2 * 5 / 9 * 3 / 9, abs=0.05)


def test_randaugment_of_one_operation_does_one_thing_as_strongly_as_it_says():
    parameters = drawn(count=900, rand_augment=RandAugment(1, 15))
    moved = ~np.isclose(parameters.matrices, np.eye(3)[:2]).all(axis=(1, 2))
    colored = ~np.isclose(parameters.colors, np.eye(4)[:3]).all(axis=(1, 2))
    assert not (moved & colored).any()
    shares = np.array([moved.mean(), colored.mean(), (~moved & ~colored).mean()])
    np.testing.assert_allclose(shares, [5 / 9, 3 / 9, 1 / 9], atol=0.05)
    angles = np.degrees(np.arcsin(parameters.matrices[:, 0, 1]))
    assert {-15, 15} <= set(np.rint(angles[moved]))  # half of 30 degrees
    assert len(np.unique(parameters.matrices.round(6), axis=0)) == 11  # five moves in two directions, and none


def test_randaugment_of_magnitude_0_does_nothing():
    parameters = drawn(rand_augment=RandAugment(3, 0))
    np.testing.assert_allclose(parameters.matrices, np.tile(np.eye(3)[:2], (200, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(parameters.colors, np.tile(np.eye(4)[:3], (200, 1, 1)), atol=1e-9)


def test_randaugment_names_nine_operations():
    assert len(OPERATIONS) == 9


# Mixing


@given(st.integers(0, 2**32), st.floats(1e-3, 100), st.floats(1e-3, 100), st.integers(1, 30), st.integers(1, 30))
def test_a_mixed_image_keeps_the_share_of_pixels_that_its_label_says(seed, mixup, cutmix, height, width):
    for kinds in ({"mixup": mixup}, {"cutmix": cutmix}, {"mixup": mixup, "cutmix": cutmix}):
        parameters = drawn(seed, 6, (height, width), **kinds)
        assert sorted(parameters.partners) == list(range(6))
        assert ((parameters.weights >= 0) & (parameters.weights <= 1)).all()
        top, left, bottom, right = parameters.boxes.T
        assert ((top >= 0) & (top <= bottom) & (bottom <= height)).all()
        assert ((left >= 0) & (left <= right) & (right <= width)).all()
        kept = np.broadcast_to(parameters.shares(), (6, height, width)).mean(axis=(1, 2))
        np.testing.assert_allclose(kept, parameters.weights, atol=1e-5)


def test_mixup_mixes_everywhere_and_cutmix_in_a_box():
    assert not drawn(mixup=1).boxes.any()
    assert drawn(mixup=1).shares().shape == (200, 1, 1)
    parameters = drawn(cutmix=1)
    assert set(np.unique(parameters.shares())) == {0, 1}
    top, left, bottom, right = parameters.boxes[np.argmax(parameters.boxes[:, 2] - parameters.boxes[:, 0])]
    assert bottom > top and right > left


@pytest.mark.parametrize("alpha", [0.2, 2])
def test_shares_are_drawn_from_a_beta_distribution(alpha):
    weights = drawn(mixup=alpha, count=4000).weights
    assert weights.mean() == pytest.approx(0.5, abs=0.02)
    assert weights.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_a_box_has_the_area_that_was_drawn_where_no_border_cuts_it():
    size = np.array([200, 300])
    corners = drawn(cutmix=100, count=2000, size=size.tolist()).boxes.reshape(-1, 2, 2)
    whole = corners[((corners > 0) & (corners < size)).all(axis=(1, 2))]
    assert len(whole) > 100
    np.testing.assert_allclose((whole[:, 1] - whole[:, 0]).mean(axis=0) / size, np.sqrt(0.5), atol=0.01)


def test_each_kind_of_mixing_has_its_own_alpha():
    parameters = drawn(mixup=100, cutmix=1e-3, count=2000)
    weights = parameters.weights[~parameters.boxes.any(axis=1)]
    halves = np.abs(weights - 0.5) < 0.2  # MixUp's; CutMix's boxes are whole pictures or nothing
    assert halves.sum() == pytest.approx(1000, abs=60) and (weights[~halves] == 1).all()


def test_with_both_a_coin_decides_for_each_image():
    cut = drawn(mixup=100, cutmix=100, count=2000).boxes.any(axis=1)
    assert 0.45 < cut.mean() < 0.55


def test_soft_labels_are_one_hot_or_mixed_as_the_weights_say():
    labels = np.array([0, 2, 1])
    np.testing.assert_array_equal(soft_labels(labels, 4), np.eye(4)[labels])
    mixed = Parameters(3, (2, 2), partners=np.array([1, 2, 0]), weights=np.array([1, 0.75, 0]))
    found = soft_labels(labels, 4, mixed)
    np.testing.assert_allclose(found, [[1, 0, 0, 0], [0, 0.25, 0.75, 0], [1, 0, 0, 0]])
    assert found.dtype == np.float32


# What does not fit the images


@pytest.mark.parametrize(
    ("augmentation", "images", "said"),
    [
        ("flip", IMAGES, "augment is 'flip'"),
        ({"flip": 0.5}, IMAGES, "pass an Augmentation"),
        (Augmentation(crop=8), IMAGES, "crop is 8"),
        (Augmentation(hue=0.1), IMAGES[..., :2], "Images of 2 channels"),
        (Augmentation(rand_augment=RandAugment()), IMAGES[..., :2], "Images of 2 channels"),
        (Augmentation(hue=0.1), IMAGES[..., :1], "neither saturation nor hue"),
        (Augmentation(contrast=0.1), np.full((2, 4, 4, 3), -2, "float32"), "Images go from -2 to -2"),
        (Augmentation(contrast=0.1), np.full((2, 4, 4, 3), 255, "float32"), "Images go from 255 to 255"),
    ],
)
def test_an_augmentation_that_does_not_suit_the_images_is_refused(augmentation, images, said):
    with pytest.raises(ValueError, match=said) as refused:
        check_augment(augmentation, images)
    assert_one_sentence(str(refused.value))


def test_what_suits_them_is_not():
    check_augment(None, IMAGES)
    check_augment(EVERYTHING, IMAGES)
    check_augment(Augmentation(flip=0.5, crop=7), IMAGES[..., :2])
    check_augment(Augmentation(rotation=9), np.full((2, 4, 4, 3), -2, "float32"))
    check_augment(Augmentation(brightness=0.1), IMAGES[..., :1])


@pytest.mark.parametrize(
    ("classes", "labels", "said"),
    [
        (None, [0, 1], "classes="),
        (1, [0, 0], "classes must be a whole number of at least 2, not 1"),
        (2.0, [0, 1], "not 2.0"),
        (3, [0, 3], "Label 3 is not one of 3 classes, 0 to 2"),
        (3, [0, -1], "Label -1"),
    ],
)
def test_classes_that_do_not_suit_the_labels_are_refused(classes, labels, said):
    with pytest.raises(ValueError, match=said) as refused:
        check_classes(classes, Augmentation(mixup=0.2), np.array(labels))
    assert_one_sentence(str(refused.value))


def test_parameters_for_other_images_are_refused():
    parameters = EVERYTHING.draw(np.random.default_rng(0), 4, (8, 10))
    check_parameters(parameters, IMAGES)
    for others in (IMAGES[:3], IMAGES[:, :7], IMAGES[:, :, :9]):
        with pytest.raises(ValueError, match="4 images of 8 by 10, but these are") as refused:
            check_parameters(parameters, others)
        assert_one_sentence(str(refused.value))
    with pytest.raises(ValueError, match="2 channels"):
        check_parameters(parameters, IMAGES[..., :2])
    with pytest.raises(ValueError, match=r"parameters are of type Augmentation: draw them first,"):
        check_parameters(Augmentation(flip=0.5), IMAGES)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0, 4, (8, 8)), "rng is a int"),
        ((np.random.RandomState(0), 4, (8, 8)), "rng is a RandomState"),
        ((np.random.default_rng(0), 0, (8, 8)), "count must be"),
        ((np.random.default_rng(0), 4, (8, 0)), "size must be"),
        ((np.random.default_rng(0), 4, (8, 2)), "crop is 2"),
    ],
    ids=["integer", "old generator", "none", "no width", "crop"],
)
def test_nothing_is_drawn_from_wrong_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        EVERYTHING.draw(*arguments)


def test_fills_are_those_that_s3_chooses_from():
    assert FILLS == ("nearest", "constant", "reflect")
