import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import explaining, ops

LOGITS = np.array([[0.5, 3.0, -1.0], [2.0, 0.1, 0.2]], "float32")


@given(st.integers(0, 100), st.integers(1, 2**19))
def test_batches_hold_each_image_once_and_no_more_pixels_than_allowed(count, pixels):
    cut = [list(range(count))[few] for few in explaining.few_at_once(count, pixels)]
    assert list(itertools.chain(*cut)) == list(range(count))
    assert all(len(few) == 1 or len(few) * pixels <= explaining.PIXELS_AT_ONCE for few in cut)


def test_batches_come_together_again(monkeypatch):
    monkeypatch.setattr(explaining, "PIXELS_AT_ONCE", 3 * 20)
    images, sizes = np.random.default_rng(0).random((8, 4, 5, 2)), []

    def means(few, classes):
        sizes.append((len(few), len(classes)))
        return few.mean(axis=(1, 2, 3)) + classes

    np.testing.assert_allclose(
        explaining.in_batches(means, images, np.arange(8)), images.mean(axis=(1, 2, 3)) + np.arange(8)
    )
    assert sizes == [(3, 3), (3, 3), (2, 2)]


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5))
def test_maps_are_enlarged_as_the_reference_does(height, width, down, right):
    maps = np.random.default_rng(0).random((2, height, width), "float32")
    size = height * down, width * right
    enlarged = explaining.resize(maps, size)
    np.testing.assert_allclose(enlarged, ops.upsample_bilinear2d(maps[:, None], (down, right))[:, 0], atol=1e-6)
    np.testing.assert_allclose(enlarged.mean(axis=(1, 2)), maps.mean(axis=(1, 2)), atol=1e-6)
    assert enlarged.dtype == np.float32


@given(st.integers(2, 9), st.integers(2, 30))
def test_any_size_keeps_a_straight_line_straight_between_the_outermost_centers(old, new):
    line = explaining.resize(np.arange(old, dtype="float64")[None, :, None], (new, 1))[0, :, 0]
    np.testing.assert_allclose(line, np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1))


def test_classes_are_those_asked_for_or_the_predicted_ones():
    assert explaining.checked_classes(None, LOGITS, 2).tolist() == [1, 0]
    assert explaining.checked_classes([2, 2], LOGITS[:1], 2).tolist() == [2, 2]
    assert explaining.checked_classes(np.array([0, 1], "uint8"), LOGITS[:1], 2).dtype == np.int64


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ([0, 3], "Class 3 is not one of the model's 3, 0 to 2: give the number of a logit."),
        ([-1, 0], "Class -1 is not one of the model's 3"),
        ([0], "classes are int64 of shape (1,): give one integer for each of 2 images."),
        (1, "classes are int64 of shape ()"),
        ([[0, 1]], "of shape (1, 2)"),
        ([0.0, 1.0], "classes are float64"),
        (["cat", "dog"], "classes are <U3"),
    ],
)
def test_other_classes_are_refused(classes, says):
    with pytest.raises(ValueError) as error:
        explaining.checked_classes(classes, LOGITS[:1], 2)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        (np.array([[0.2, 0.8], [0.5, 0.5]], "float32"), "The model gives probabilities"),
        (np.zeros((2, 3, 3, 4), "float32"), "For one image the model gives shape (1, 3, 3, 4)"),
    ],
)
def test_what_are_no_logits_is_refused(outputs, says):
    with pytest.raises(ValueError) as error:
        explaining.checked_classes(None, outputs, 2)
    assert says in str(error.value)


def test_an_unknown_layer_is_refused_with_those_there_are():
    explaining.check_layers(["b", "a", "b"], ["a", "b"])
    explaining.check_layers([], ["a"])
    with pytest.raises(ValueError, match=r"There is no layer 'c' in this model: choose one of a, b, b.d"):
        explaining.check_layers(["a", "c"], ["a", "b", "b.d"])
    with pytest.raises(ValueError, match=r"layers is 'ab': give a list of names, such as \['ab'\]"):
        explaining.check_layers("ab", ["a", "b", "ab"])


SHAPES = {"conv": (1, 8, 8, 4), "pool": (1, 2, 1, 4), "gap": (1, 1, 1, 4), "flatten": (1, 4), "logits": (1, 3)}


def test_the_last_feature_map_is_the_last_one_of_several_cells():
    assert explaining.map_layer(None, SHAPES) == "pool"
    assert explaining.map_layer("conv", SHAPES) == "conv"


@pytest.mark.parametrize(
    ("layer", "shapes", "says"),
    [
        ("flatten", SHAPES, "Layer flatten gives shape (1, 4), no feature map of several cells: choose one of conv"),
        ("gap", SHAPES, "Layer gap gives shape (1, 1, 1, 4)"),
        ("dropped", SHAPES, "Layer dropped gave no tensor"),
        (None, {"flatten": (1, 4), "logits": (1, 3)}, "No layer of this model gives a feature map"),
    ],
)
def test_a_layer_without_a_feature_map_is_refused(layer, shapes, says):
    with pytest.raises(ValueError) as error:
        explaining.map_layer(layer, shapes)
    assert says in str(error.value)


def test_class_maps_add_up_to_the_logits():
    rng = np.random.default_rng(0)
    maps, kernel, bias = (rng.standard_normal(shape).astype("float32") for shape in ((5, 3, 4, 6), (6, 7), (7,)))
    logits = maps.mean(axis=(1, 2)) @ kernel + bias
    classes = np.array([0, 6, 3, 3, 1])
    found = explaining.class_map(maps, kernel, bias, logits, classes)
    assert found.shape == (5, 3, 4)
    np.testing.assert_allclose(
        found.mean(axis=(1, 2)) + bias[classes], logits[np.arange(5), classes], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("what", ["other logits", "other channels"])
def test_a_head_that_does_not_see_the_means_is_refused(what):
    rng = np.random.default_rng(0)
    maps, kernel, bias = (rng.standard_normal(shape).astype("float32") for shape in ((2, 3, 4, 6), (6, 7), (7,)))
    logits = (maps.max(axis=(1, 2)) if what == "other logits" else maps.mean(axis=(1, 2))) @ kernel + bias
    kernel = kernel if what == "other logits" else np.repeat(kernel, 2, axis=0)
    with pytest.raises(ValueError, match="class_activation_map reads: use grad_cam"):
        explaining.class_map(maps, kernel, bias, logits, np.array([0, 1]))


def test_a_gradient_map_weighs_channels_by_their_mean_gradient():
    maps = np.array([[[[1, 5], [2, 0]]]], "float32")  # two cells, two channels
    gradients = np.array([[[[2, 0], [4, -2]]]], "float32")  # means 3 and -1
    np.testing.assert_array_equal(explaining.gradient_map(maps, gradients), [[[0, 6]]])
