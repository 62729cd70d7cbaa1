"""What `maximize_filter` must do in either wing, as functions of the wing: each wing's test_maximize.py runs all."""

import itertools

import numpy as np
import pytest

from utils import maximizing


def net(wing):
    return drawn(wing, wing.gap_convnet((32, 40, 3), 3))


def drawn(wing, model):
    """A model with weights of NumPy's: the same in both wings."""
    rng, weights = np.random.default_rng(0), wing.get_weights(model)
    kernels = [key for key in weights if key.endswith("kernel")]
    deviations = {key: np.sqrt(2 / np.prod(weights[key].shape[:-1])) for key in kernels}  # He et al. 2015
    draws = {key: rng.normal(0, deviations[key], weights[key].shape).astype("float32") for key in kernels}
    wing.set_weights(model, weights | draws)
    return model


def mean_output(wing, model, layer, filter, picture):
    return wing.activations(model, picture[None], [layer])[layer][..., filter].mean()


def a_filter_answers_more_and_more_to_its_picture(wing):
    model = net(wing)
    filters = [("conv1", 3), ("conv4", 17), ("relu4", 5), ("gap", 5), ("logits", 2)]
    for (layer, filter), fourier in itertools.product(filters, (True, False)):
        pictures = [wing.maximize_filter(model, layer, filter, steps=steps, fourier=fourier) for steps in (1, 15, 40)]
        assert {(picture.shape, picture.dtype) for picture in pictures} == {((32, 40, 3), np.dtype("float32"))}
        assert min(picture.min() for picture in pictures) >= 0 and max(picture.max() for picture in pictures) <= 1
        early, later, late = (mean_output(wing, model, layer, filter, picture) for picture in pictures)
        assert late - 0.1 * abs(early) > later > early + 0.1 * abs(early), (layer, filter, fourier)


def deep_networks_and_those_that_preprocess_can_be_climbed_on(wing):
    for build, layer in ((wing.small_resnet, "block3.conv2"), (wing.vgg16_small, "block3_conv1")):
        model = drawn(wing, build((48, 48, 3), 2))
        pictures = (wing.maximize_filter(model, layer, 4, steps=steps) for steps in (1, 25))
        early, late = (mean_output(wing, model, layer, 4, picture) for picture in pictures)
        assert late > early + 0.3 * abs(early)


def a_filter_of_a_known_pattern_is_given_that_pattern(wing):
    model = wing.lenet((20, 20, 3), 2)
    weights = wing.get_weights(model)
    kernel = np.zeros_like(weights["conv1/kernel"])
    kernel[..., 0, 0], kernel[..., 2, 0] = 1, -1  # red instead of blue
    wing.set_weights(model, weights | {"conv1/kernel": kernel})
    for fourier in (True, False):
        red, green, blue = wing.maximize_filter(model, "conv1", 0, steps=40, fourier=fourier).mean(axis=(0, 1))
        assert red > 0.75 and blue < 0.25
        assert 0.3 < green < 0.7


def gray_pictures_of_one_channel_and_logits_of_dense_nets(wing):
    model = drawn(wing, wing.dense_net((12, 14, 1), 3, units=8))
    picture = wing.maximize_filter(model, "logits", 1, steps=20)
    assert picture.shape == (12, 14, 1)
    gray = np.full((12, 14, 1), 0.5, "float32")
    assert mean_output(wing, model, "logits", 1, picture) > mean_output(wing, model, "logits", 1, gray)


def the_seed_decides_everything(wing):
    model = net(wing)
    settings = {"steps": 5, "jitter": 3}
    first, again = (wing.maximize_filter(model, "conv2", 1, seed=4, **settings) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - wing.maximize_filter(model, "conv2", 1, seed=5, **settings)).max() > 0.01


def regularizers_make_it_smoother(wing):
    model, settings = net(wing), {"steps": 20, "fourier": False}
    plain = maximizing.total_variation(wing.maximize_filter(model, "conv3", 2, **settings))
    for change in ({"blur": 0.7}, {"total_variation": 20.0}):
        smoothed = wing.maximize_filter(model, "conv3", 2, **settings, **change)
        assert maximizing.total_variation(smoothed) < 0.9 * plain, change


def a_dead_filter_is_told_and_climbed_on_before_its_relu(wing):
    weights = wing.get_weights(net(wing))
    bias = weights["conv2/bias"].copy()
    bias[7] = -100
    dead = wing.gap_convnet((32, 40, 3), 3)
    wing.set_weights(dead, weights | {"conv2/bias": bias})
    with pytest.raises(ValueError, match="Filter 7 of layer relu2 has no gradient anywhere on the starting picture"):
        wing.maximize_filter(dead, "relu2", 7)
    pictures = (wing.maximize_filter(dead, "conv2", 7, steps=steps) for steps in (1, 20))
    before, after = (mean_output(wing, dead, "conv2", 7, picture) for picture in pictures)
    assert after > before


def what_makes_no_sense_is_refused(wing):
    model = net(wing)
    for arguments, changes, says in (
        (("conv9", 0), {}, "There is no layer 'conv9' in this model: choose one of conv1, relu1, pool1, conv2"),
        (("conv1", 16), {}, "filter is 16, but layer conv1 has 16: choose one from 0 to 15."),
        (("conv1", -1), {}, "filter must be a whole number of at least 0, not -1"),
        (("conv1", 0.5), {}, "filter must be a whole number"),
        (("conv1", 0), {"steps": 0}, "steps must be a whole number of at least 1, not 0"),
        (("conv1", 0), {"learning_rate": -1}, "learning_rate is -1"),
        (("conv1", 0), {"jitter": -1}, "jitter must be"),
        (("conv1", 0), {"blur": -1}, "blur is -1"),
        (("conv1", 0), {"total_variation": -1}, "total_variation is -1"),
        (("conv1", 0), {"size": 0}, "size must be"),
        (("conv1", 0), {"size": (4, 4)}, "can not take images of shape (4, 4, 3)"),
    ):
        with pytest.raises(ValueError) as error:
            wing.maximize_filter(model, *arguments, **changes)
        assert says in str(error.value)


CASES = [
    a_filter_answers_more_and_more_to_its_picture,
    deep_networks_and_those_that_preprocess_can_be_climbed_on,
    a_filter_of_a_known_pattern_is_given_that_pattern,
    gray_pictures_of_one_channel_and_logits_of_dense_nets,
    the_seed_decides_everything,
    regularizers_make_it_smoother,
    a_dead_filter_is_told_and_climbed_on_before_its_relu,
    what_makes_no_sense_is_refused,
]
