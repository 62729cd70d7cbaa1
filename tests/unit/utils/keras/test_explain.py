"""Explaining: what both wings have in common, and models that only this framework can build."""

import keras
import numpy as np
import pytest
from keras import layers

import utils.keras
from tests.unit.utils import explain_cases
from tests.unit.utils.explain_cases import PHOTOS
from utils.keras import activations, fit, gap_convnet, get_weights, grad_cam, saliency, small_resnet, vgg16_small

METHODS = explain_cases.methods(utils.keras)


@pytest.mark.parametrize("case", explain_cases.CASES, ids=lambda case: case.__name__)
def test_explain(case):
    case(utils.keras)


@pytest.mark.parametrize("method", METHODS)
def test_the_model_stays_as_it_is(method):
    model = gap_convnet((32, 32, 3), 2)
    model.get_layer("conv2").trainable = False
    before = get_weights(model)
    METHODS[method](model, PHOTOS)
    activations(model, PHOTOS)
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, before[key])
    assert [layer.name for layer in model.layers if not layer.trainable] == ["conv2"]
    assert not any("call" in vars(layer) for layer in model.layers)
    fit(model, PHOTOS, np.array([0, 1, 1]), epochs=1)  # compiled, and still to be trained
    METHODS[method](model, PHOTOS)


def test_a_failed_call_leaves_no_traces():
    model = gap_convnet((32, 32, 3), 2)
    for call in (activations, saliency, grad_cam):
        with pytest.raises(ValueError, match="can not take images"):
            call(model, PHOTOS[..., :2])
    assert not any("call" in vars(layer) for layer in model.layers)


def test_it_infers():
    model = small_resnet((32, 32, 3), 2)
    found = activations(model, PHOTOS)["logits"]
    np.testing.assert_allclose(found[:1], activations(model, PHOTOS[:1])["logits"], atol=1e-5)
    np.testing.assert_allclose(found, model(PHOTOS.astype("float32") / 255, training=False), atol=1e-6)


def test_frozen_layers_do_not_matter():
    model = small_resnet((32, 32, 3), 2)
    expected = {name: method(model, PHOTOS, [0, 1, 1]) for name, method in METHODS.items()}
    model.trainable = False
    for name, method in METHODS.items():
        np.testing.assert_allclose(method(model, PHOTOS, [0, 1, 1]), expected[name], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("kind", ["functional", "sequential", "subclassed"])
def test_layers_in_models_within_models_are_named_by_their_way(kind):
    inner = vgg16_small((64, 64, 3))
    inner.name = "features"
    tail = [layers.Flatten(name="flatten"), layers.Dense(2, name="logits")]
    if kind == "functional":
        images = keras.Input((64, 64, 3))
        model = keras.Model(images, tail[1](tail[0](inner(images))))
    elif kind == "sequential":
        model = keras.Sequential([layers.Input((64, 64, 3)), inner, *tail])
    else:
        model = Subclassed(inner, *tail)
        model(np.zeros((1, 64, 64, 3), "float32"))
    photos = np.random.default_rng(0).random((1, 64, 64, 3), "float32")
    found = activations(model, photos, ["logits", "features.block5_pool"])
    assert {name: array.shape for name, array in found.items()} == {
        "features.block5_pool": (1, 2, 2, 128),
        "logits": (1, 2),
    }
    expected = inner(photos, training=False)
    np.testing.assert_array_equal(found["features.block5_pool"], expected)
    assert grad_cam(model, photos, [0], layer="features.block5_conv3").shape == (1, 64, 64)
    assert len(activations(model, photos)) == len(activations(inner, photos)) + 2
    with pytest.raises(ValueError, match=r"choose one of features.preprocess, features.block1_conv1, .*logits"):
        activations(model, photos, ["block1_conv1"])


class Subclassed(keras.Model):
    def __init__(self, inner, flatten, logits):
        super().__init__()
        self.inner, self.flatten, self.logits = inner, flatten, logits

    def call(self, images, training=None):
        return self.logits(self.flatten(self.inner(images, training=training)))


def test_a_layer_used_twice_gives_its_last_output_and_one_that_gives_two_nothing():
    images, relu = keras.Input((8, 8, 3)), layers.ReLU(name="relu")
    conv2 = layers.Conv2D(5, 3, name="conv2")(relu(layers.Conv2D(4, 3, name="conv1")(images)))
    halves = Halves(name="halves")(relu(conv2))
    model = keras.Model(images, layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(halves[0])))
    found = activations(model, PHOTOS[:, :8, :8])
    np.testing.assert_array_equal(found["relu"], np.maximum(found["conv2"], 0))
    assert "halves" not in found
    with pytest.raises(ValueError, match="Layer halves gave no tensor for these images"):
        activations(model, PHOTOS[:, :8, :8], ["halves"])


class Halves(layers.Layer):
    def call(self, maps):
        return maps[:, :2], maps[:, 2:]
