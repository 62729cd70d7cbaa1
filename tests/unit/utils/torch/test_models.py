import numpy as np
import pytest
import torch
from torch import nn

from utils import runtime
from utils.torch import count_parameters, dense_net, lenet, small_convnet, small_convnet_without_pooling

MODELS = [dense_net, lenet, small_convnet, small_convnet_without_pooling]


@pytest.mark.parametrize("build", MODELS)
def test_models_end_in_logits_of_the_asked_for_classes(build):
    runtime.seed_everything(0)
    model = build(input_shape=(32, 30, 3), classes=4)
    logits = model(torch.rand(5, 3, 32, 30, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (5, 4)
    assert not np.allclose(logits.detach().sum(dim=1), 1, atol=1e-3)  # no softmax has been applied


def test_shapes_of_s2s_summary():
    shapes, values = {}, torch.zeros(1, 1, 28, 28)
    for name, layer in small_convnet().named_children():
        values = layer(values)
        shapes[name] = tuple(values.shape[1:])
    assert shapes["conv1"] == (32, 26, 26)
    assert shapes["pool1"] == (32, 13, 13)
    assert shapes["conv2"] == (64, 11, 11)
    assert shapes["pool2"] == (64, 5, 5)
    assert shapes["conv3"] == (64, 3, 3)
    assert shapes["flatten"] == (576,)


@pytest.mark.parametrize("build", MODELS)
def test_kernels_follow_glorot_and_biases_start_at_zero(build):
    runtime.seed_everything(0)
    for layer in (layer for layer in build() if isinstance(layer, nn.Conv2d | nn.Linear)):
        kernel, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        receptive = int(np.prod(kernel.shape[2:]))
        limit = np.sqrt(6 / (receptive * (kernel.shape[0] + kernel.shape[1])))
        assert np.abs(kernel).max() == pytest.approx(limit, rel=0.1)
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.15)
        assert not bias.any()


def test_only_what_is_trained_is_counted():
    frozen = nn.Conv2d(2, 2, 1).requires_grad_(False)
    assert count_parameters(nn.Sequential(nn.BatchNorm2d(2), frozen)) == 4  # gamma and beta of two channels


def test_images_too_small_are_refused():
    with pytest.raises(ValueError, match=r"input_shape is \(8, 8, 1\): too small"):
        small_convnet(input_shape=(8, 8, 1))
