import keras
import numpy as np
import pytest

from utils import runtime
from utils.keras import count_parameters, dense_net, lenet, small_convnet, small_convnet_without_pooling

MODELS = [dense_net, lenet, small_convnet, small_convnet_without_pooling]


@pytest.mark.parametrize("build", MODELS)
def test_models_end_in_logits_of_the_asked_for_classes(build):
    runtime.seed_everything(0)
    model = build(input_shape=(32, 30, 3), classes=4)
    logits = model(np.random.default_rng(0).random((5, 32, 30, 3), "float32"))
    assert logits.shape == (5, 4)
    assert not np.allclose(keras.ops.sum(logits, axis=1), 1, atol=1e-3)  # no softmax has been applied


def test_shapes_of_s2s_summary():
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in small_convnet().layers}
    assert shapes["conv1"] == (26, 26, 32)
    assert shapes["pool1"] == (13, 13, 32)
    assert shapes["conv2"] == (11, 11, 64)
    assert shapes["pool2"] == (5, 5, 64)
    assert shapes["conv3"] == (3, 3, 64)
    assert shapes["flatten"] == (576,)


@pytest.mark.parametrize("build", MODELS)
def test_kernels_follow_glorot_and_biases_start_at_zero(build):
    runtime.seed_everything(0)
    for layer in (layer for layer in build().layers if layer.weights):
        kernel, bias = layer.get_weights()
        receptive = int(np.prod(kernel.shape[:-2]))
        limit = np.sqrt(6 / (receptive * (kernel.shape[-2] + kernel.shape[-1])))
        assert np.abs(kernel).max() == pytest.approx(limit, rel=0.1)
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.15)
        assert not bias.any()


def test_only_what_is_trained_is_counted():
    model = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.BatchNormalization(), keras.layers.Flatten()])
    assert count_parameters(model) == 4  # gamma and beta of two channels, not their running statistics


def test_images_too_small_are_refused():
    with pytest.raises(ValueError, match=r"input_shape is \(8, 8, 1\): too small"):
        small_convnet(input_shape=(8, 8, 1))
