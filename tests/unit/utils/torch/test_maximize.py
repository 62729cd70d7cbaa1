"""Pictures that filters of networks want: that climbing leads up, from where it can not, and what it leaves alone."""

import numpy as np
import pytest
import torch
from torch import nn

from utils import maximizing
from utils.torch import (
    activations,
    dense_net,
    gap_convnet,
    get_weights,
    lenet,
    maximize_filter,
    set_weights,
    small_resnet,
    vgg16_small,
)

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return drawn(gap_convnet((32, 40, 3), 3))


def drawn(model):
    """A model with weights of NumPy's: the same in both wings."""
    rng, weights = np.random.default_rng(0), get_weights(model)
    kernels = [key for key in weights if key.endswith("kernel")]
    deviations = {key: np.sqrt(2 / np.prod(weights[key].shape[:-1])) for key in kernels}  # He et al. 2015
    draws = {key: rng.normal(0, deviations[key], weights[key].shape).astype("float32") for key in kernels}
    set_weights(model, weights | draws)
    return model


def mean_output(model, layer, filter, picture):
    return activations(model, picture[None], [layer])[layer][..., filter].mean()


@pytest.mark.parametrize("fourier", [True, False])
@pytest.mark.parametrize(("layer", "filter"), [("conv1", 3), ("conv4", 17), ("relu4", 5), ("gap", 5), ("logits", 2)])
def test_a_filter_answers_more_and_more_to_its_picture(model, layer, filter, fourier):
    pictures = [maximize_filter(model, layer, filter, steps=steps, fourier=fourier) for steps in (1, 15, 40)]
    assert {(picture.shape, picture.dtype) for picture in pictures} == {((32, 40, 3), np.dtype("float32"))}
    assert min(picture.min() for picture in pictures) >= 0 and max(picture.max() for picture in pictures) <= 1
    early, later, late = (mean_output(model, layer, filter, picture) for picture in pictures)
    assert later > early + 0.1 * abs(early)
    assert late > later + 0.1 * abs(early)


@pytest.mark.parametrize("build", [small_resnet, vgg16_small])
def test_deep_networks_and_those_that_preprocess_can_be_climbed_on(build):
    model = drawn(build((48, 48, 3), 2))
    layer = "block3.conv2" if build is small_resnet else "block3_conv1"
    early, late = (mean_output(model, layer, 4, maximize_filter(model, layer, 4, steps=n)) for n in (1, 25))
    assert late > early + 0.3 * abs(early)


def test_a_filter_of_a_known_pattern_is_given_that_pattern():
    model = lenet((20, 20, 3), 2)
    weights = get_weights(model)
    kernel = np.zeros_like(weights["conv1/kernel"])
    kernel[..., 0, 0], kernel[..., 2, 0] = 1, -1  # red instead of blue
    set_weights(model, weights | {"conv1/kernel": kernel})
    for fourier in (True, False):
        red, green, blue = maximize_filter(model, "conv1", 0, steps=40, fourier=fourier).mean(axis=(0, 1))
        assert red > 0.75 and blue < 0.25
        assert 0.3 < green < 0.7


def test_gray_pictures_of_one_channel_and_logits_of_dense_nets():
    model = drawn(dense_net((12, 14, 1), 3, units=8))
    picture = maximize_filter(model, "logits", 1, steps=20)
    assert picture.shape == (12, 14, 1)
    assert mean_output(model, "logits", 1, picture) > mean_output(
        model, "logits", 1, np.full((12, 14, 1), 0.5, "float32")
    )


def test_the_seed_decides_everything(model):
    settings = {"steps": 5, "jitter": 3}
    first, again = (maximize_filter(model, "conv2", 1, seed=4, **settings) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - maximize_filter(model, "conv2", 1, seed=5, **settings)).max() > 0.01


@pytest.mark.parametrize("change", [{"blur": 0.7}, {"total_variation": 20.0}])
def test_regularizers_make_it_smoother(model, change):
    plain, smoothed = (maximize_filter(model, "conv3", 2, steps=20, fourier=False, **c) for c in ({}, change))
    assert maximizing.total_variation(smoothed) < 0.9 * maximizing.total_variation(plain)


def test_a_dead_filter_is_told_and_climbed_on_before_its_relu(model):
    weights = get_weights(model)
    bias = weights["conv2/bias"].copy()
    bias[7] = -100
    dead = gap_convnet((32, 40, 3), 3)
    set_weights(dead, weights | {"conv2/bias": bias})
    with pytest.raises(ValueError, match="Filter 7 of layer relu2 has no gradient anywhere on the starting picture"):
        maximize_filter(dead, "relu2", 7)
    before, after = (mean_output(dead, "conv2", 7, maximize_filter(dead, "conv2", 7, steps=n)) for n in (1, 20))
    assert after > before


def test_the_model_stays_as_it_is(model):
    before = get_weights(model)
    maximize_filter(model, "conv3", 0, steps=2)
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, before[key])
    assert all(weights.requires_grad and weights.grad is None for weights in model.parameters())
    assert all(part.training and not part._forward_hooks for part in model.modules())


def test_a_network_that_does_not_say_its_size_is_asked_for_one():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 5, 3), nn.ReLU(inplace=True))
    with torch.no_grad():
        assert maximize_filter(model, "2", 1, size=(20, 24), steps=3).shape == (20, 24, 3)
    with pytest.raises(ValueError, match=r"size=96 or \(height, width\)"):
        maximize_filter(model, "2", 1)
    with pytest.raises(ValueError, match="The model does not say what it takes"):
        maximize_filter(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), "1", 1, size=2)


@pytest.mark.parametrize(
    ("arguments", "changes", "says"),
    [
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
    ],
)
def test_what_makes_no_sense_is_refused(model, arguments, changes, says):
    with pytest.raises(ValueError) as error:
        maximize_filter(model, *arguments, **changes)
    assert says in str(error.value)
