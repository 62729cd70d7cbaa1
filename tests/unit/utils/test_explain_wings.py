"""Explaining in both wings: the same names, signatures and refusals, and from equal weights equal maps and pictures.

TensorFlow and PyTorch never share a process: each wing answers in one of its own and leaves files to compare.
"""

import json

import numpy as np
import pytest

from tests.unit.utils import wings
from utils import runtime

pytestmark = wings.both_installed
every_network = pytest.mark.parametrize("name", ["gap_convnet", "small_resnet", "vgg16_small", "lenet"])
MAPS = (
    "class_activation_map",
    "grad_cam",
    "grad_cam in the middle",
    "saliency",
    "saliency of the predicted",
    "smooth_grad",
    "integrated_gradients",
    "occlusion",
)
CLIMBS = ("maximize_filter as it is", "maximize_filter of pixels", "maximize_filter smoothed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("explain")
    wings.run("explain_worker", path)
    return path


@pytest.fixture(scope="module")
def described(folder):
    return [json.loads((folder / f"{framework}.json").read_text()) for framework in runtime.FRAMEWORKS]


@pytest.fixture
def answered(folder, name):
    return [np.load(folder / f"{framework}-{name}.npz") for framework in runtime.FRAMEWORKS]


def test_both_wings_have_the_same_signatures(described):
    keras, torch = (wing["signatures"] for wing in described)
    assert keras == torch


def test_both_wings_refuse_the_same_with_the_same_sentence(described):
    keras, torch = (wing["errors"] for wing in described)
    assert keras == torch
    assert "no error" not in keras.values()
    assert all(said.count(". ") == 0 and said.endswith((".", ")", "]")) for said in keras.values())  # one sentence each


@every_network
def test_every_layer_gives_the_same(answered, name):
    keras, torch = answered
    layers = [key for key in torch if key.startswith("activations ")]
    assert sorted(keras) == sorted(torch)
    assert len(layers) >= 12
    for key in layers:
        assert (keras[key].shape, keras[key].dtype) == (torch[key].shape, torch[key].dtype)
        scale = np.abs(torch[key]).max()
        np.testing.assert_allclose(keras[key], torch[key], rtol=0, atol=1e-4 * scale, err_msg=key)


@every_network
@pytest.mark.parametrize("what", MAPS)
def test_equal_weights_give_equal_maps(answered, name, what):
    if (name, what) == ("lenet", "class_activation_map"):
        pytest.skip("it has no global average pooling")
    keras, torch = (wing[what] for wing in answered)
    assert (keras.shape, keras.dtype) == (torch.shape, torch.dtype)
    alive = [number for number, found in enumerate(torch) if np.ptp(found) > 0]  # Grad-CAM can be 0 everywhere
    assert alive
    for number in alive:
        assert np.corrcoef(keras[number].ravel(), torch[number].ravel())[0, 1] >= 0.999
    # a ReLU that rounding turns on in one wing alone changes a gradient's few pixels
    assert np.abs(keras - torch).mean() <= 1e-3 * np.abs(torch).mean()


@every_network
@pytest.mark.parametrize("what", CLIMBS)
def test_equal_weights_and_seeds_give_equal_pictures(answered, name, what):
    keras, torch = (wing[what] for wing in answered)
    assert (keras.shape, keras.dtype) == (torch.shape, torch.dtype)
    assert torch.std() > 0.02
    assert np.corrcoef(keras.ravel(), torch.ravel())[0, 1] >= 0.999
    np.testing.assert_allclose(keras, torch, rtol=0, atol=0.05)
