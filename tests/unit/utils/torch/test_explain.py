"""Explaining: what both wings have in common, and models that only this framework can build."""

import numpy as np
import pytest
import torch
from torch import nn

import utils.torch
from tests.unit.utils import explain_cases
from tests.unit.utils.explain_cases import PHOTOS
from utils import runtime
from utils.torch import (
    activations,
    class_activation_map,
    gap_convnet,
    grad_cam,
    resnet18,
    saliency,
    small_resnet,
    vgg16_small,
)

METHODS = explain_cases.methods(utils.torch)


@pytest.mark.parametrize("case", explain_cases.CASES, ids=lambda case: case.__name__)
def test_explain(case):
    case(utils.torch)


class Doubled(nn.Module):
    """Layers as people write them: one ReLU used twice, in place, one layer never used, one that gives two tensors."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 5, 3, padding=1)
        self.norm = nn.BatchNorm2d(5)
        self.relu = nn.ReLU(inplace=True)
        self.unused, self.pair = nn.Linear(2, 2), nn.MaxPool2d(2, return_indices=True)
        self.pool, self.flatten, self.logits = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)

    def forward(self, x):
        x = self.relu(self.norm(self.conv2(self.relu(self.conv1(x)))))
        return self.logits(self.flatten(self.pool(self.pair(x)[0])))


@pytest.fixture
def doubled():
    torch.manual_seed(0)
    return Doubled()


def test_work_in_place_does_not_change_what_was_seen(doubled):
    found = activations(doubled.eval(), PHOTOS)
    images = torch.from_numpy(PHOTOS.astype("float32") / 255).permute(0, 3, 1, 2)
    with torch.no_grad():
        expected = doubled.conv1(images).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found["conv1"], expected, atol=1e-6)
    assert (expected < 0).any()
    assert grad_cam(doubled, PHOTOS, layer="conv1").any()


def test_a_layer_used_twice_gives_its_last_output_and_one_unused_nothing(doubled):
    found = activations(doubled, PHOTOS)
    np.testing.assert_array_equal(found["relu"], np.maximum(found["norm"], 0))
    assert list(found) == ["conv1", "conv2", "norm", "relu", "pool", "flatten", "logits"]
    for layer in ("unused", "pair"):
        with pytest.raises(ValueError, match=f"Layer {layer} gave no tensor for these images"):
            activations(doubled, PHOTOS, [layer])


def test_a_head_of_other_layers_with_the_same_meaning_is_read_as_well(doubled):
    doubled.pair = nn.Identity()
    doubled.forward = lambda x: doubled.logits(
        doubled.relu(doubled.norm(doubled.conv2(doubled.conv1(x)))).mean(dim=(2, 3))
    )
    found = class_activation_map(doubled, PHOTOS, [1, 1, 1])
    logits = activations(doubled, PHOTOS, ["logits"])["logits"]
    np.testing.assert_allclose(found.mean(axis=(1, 2)) + doubled.logits.bias[1].item(), logits[:, 1], rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("surroundings", [torch.no_grad, torch.enable_grad])
def test_the_model_stays_as_it_is(method, surroundings):
    model = gap_convnet((32, 32, 3), 2).train()
    model.conv2.eval().requires_grad_(False)
    model.conv1.weight.grad = torch.ones_like(model.conv1.weight)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with surroundings():
        METHODS[method](model, PHOTOS)
        activations(model, PHOTOS)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert {name for name, part in model.named_modules() if not part.training} == {"conv2"}
    assert {name for name, weights in model.named_parameters() if not weights.requires_grad} == {
        "conv2.weight",
        "conv2.bias",
    }
    assert torch.equal(model.conv1.weight.grad, torch.ones_like(model.conv1.weight))
    assert all(weights.grad is None for name, weights in model.named_parameters() if name != "conv1.weight")
    assert not any(part._forward_hooks for part in model.modules())


def test_a_failed_call_leaves_no_hooks_and_no_other_mode():
    model = gap_convnet((32, 32, 3), 2).train()
    for call in (activations, saliency, grad_cam):
        with pytest.raises(ValueError, match="can not take images"):
            call(model, PHOTOS[..., :2])
    assert not any(part._forward_hooks for part in model.modules())
    assert all(part.training for part in model.modules())


def test_it_infers_even_in_training_mode():
    model = small_resnet((32, 32, 3), 2).train()
    found = activations(model, PHOTOS)["logits"]
    alone = activations(model, PHOTOS[:1])["logits"]
    np.testing.assert_allclose(found[:1], alone, atol=1e-5)
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(PHOTOS.astype("float32") / 255).permute(0, 3, 1, 2))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("change", ["double", "channels last", "frozen"])
def test_precision_layout_and_freezing_do_not_matter(change):
    runtime.seed_everything(0)
    model = small_resnet((32, 32, 3), 2)
    expected = {name: method(model, PHOTOS, [0, 1, 1]) for name, method in METHODS.items()}
    if change == "double":
        model.double()
    elif change == "channels last":
        model.to(memory_format=torch.channels_last)
    else:
        model.requires_grad_(False)
    for name, method in METHODS.items():
        found = method(model, PHOTOS, [0, 1, 1])
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[name], rtol=1e-2, atol=1e-3 * np.abs(expected[name]).max())


def test_layers_in_blocks_are_named_by_their_way():
    model = resnet18((32, 32, 3), 2)
    found = activations(model, PHOTOS, ["layer1.0.conv1", "layer4.1.relu2", "layer2.0.downsample.0"])
    assert {name: array.shape for name, array in found.items()} == {
        "layer1.0.conv1": (3, 8, 8, 64),
        "layer2.0.downsample.0": (3, 4, 4, 128),
        "layer4.1.relu2": (3, 1, 1, 512),
    }
    outer = nn.Sequential()
    outer.add_module("features", vgg16_small((64, 64, 3)))
    outer.add_module("flatten", nn.Flatten())
    outer.add_module("logits", nn.Linear(512, 2))
    photos = np.random.default_rng(0).random((1, 64, 64, 3), "float32")
    found = activations(outer, photos, ["features.block5_pool", "logits"])
    assert found["features.block5_pool"].shape == (1, 2, 2, 128)
    assert grad_cam(outer, photos, [0], layer="features.block5_conv3").shape == (1, 64, 64)
