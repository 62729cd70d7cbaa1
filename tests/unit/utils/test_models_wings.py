"""The networks of both wings: same layers, sizes and refusals, and from equal weights equal outputs and gradients.

TensorFlow and PyTorch never share a process: each wing answers in one of its own and leaves files to compare.
"""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.unit.utils import wings
from utils import defaults, runtime

IMAGES = 6  # in the worker's batch
NETWORKS = (
    "dense_net",
    "small_convnet",
    "small_convnet_without_pooling",
    "lenet",
    "lenet_bn",
    "catdog_convnet",
    "gap_convnet",
    "small_resnet",
    "vgg16",
    "vgg16_small",
    "resnet18",
    "mobilenet_v2",
    "squeezenet",
)

pytestmark = wings.both_installed
every_network = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Answers of both wings. Both build; then both answer from the weights of Keras, and pass on those of PyTorch."""
    path = tmp_path_factory.mktemp("models")
    for task in ("build", "answer"):
        wings.run("models_worker", path, task)
    return path


@pytest.fixture(scope="module")
def described(folder):
    return [json.loads((folder / f"{framework}.json").read_text()) for framework in runtime.FRAMEWORKS]


@pytest.fixture
def answered(folder, name):
    return [np.load(folder / f"{framework}-{name}.npz") for framework in runtime.FRAMEWORKS]


def test_both_wings_export_the_same_names_with_the_same_signatures(described):
    keras, torch = (wing["signatures"] for wing in described)
    assert keras == torch
    assert set(NETWORKS) < set(keras)


@every_network
def test_layers_have_the_same_names_and_give_the_same_shapes(described, name):
    keras, torch = (wing["layers"][name] for wing in described)
    assert keras == torch
    assert len(keras) >= 4


@every_network
def test_parameters_are_equally_many(described, name):
    keras, torch = (wing["parameters"][name] for wing in described)
    assert keras == torch


def test_parameter_counts_are_the_known_ones(described):
    convolutions = {"S0": 896 + 18_496 + 73_856 + 147_584, "S1": 448 + 4_640 + 18_496 + 73_856}
    known = {
        "catdog_convnet": convolutions["S0"] + (7 * 7 * 128 + 1) * 512 + (512 + 1) * 2,
        "gap_convnet": convolutions["S1"] + (128 + 1) * 2,
        "small_resnet": 861_082,
        "lenet_bn": 80_250,
        "vgg16_small": 920_784,
        "resnet18": 11_689_512,  # torchvision's documentation
        "mobilenet_v2": 396_128,
        "squeezenet": 722_496,
    }
    assert [wing["defaults"] for wing in described] == [known, known]


def test_both_wings_refuse_the_same_with_the_same_sentence(described):
    keras, torch = (wing["errors"] for wing in described)
    assert keras == torch
    assert "no error" not in keras.values()
    assert all(said.count(". ") == 0 and said.endswith((".", ")")) for said in keras.values())  # one sentence each


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("a tensor less", "lack conv2/bias;"),
        ("a tensor more", "hold conv3/kernel, which it has not"),
        ("layout of PyTorch", "conv1/kernel has shape (6, 1, 5, 5) in these weights, but (5, 5, 1, 6) in the model"),
        ("integers", "conv1/kernel is int8"),
        ("NaN", "conv1/kernel holds NaN"),
        ("other classes", "logits/kernel has shape (84, 4) in these weights, but (84, 10)"),
        ("no file", "There is no file nowhere.safetensors"),
        ("vgg16 in gray", "input_shape is (64, 64, 1): this network takes RGB pictures"),
        ("small vgg16", "input_shape is (16, 16, 3): too small"),
        ("lenet without classes", "classes is None: a classifier needs at least 2"),
        ("no stride", "stem_stride must be a whole number of at least 1, not 0"),
    ],
)
def test_a_refusal_names_what_is_wrong(described, call, says):
    assert says in described[0]["errors"][call]


@every_network
@pytest.mark.parametrize("mode", ["inference", "training"])
def test_equal_weights_give_equal_outputs(answered, name, mode):
    keras, torch = (wing[mode] for wing in answered)
    np.testing.assert_allclose(keras, torch, rtol=0, atol=1e-4 * max(1, np.abs(torch).max()))
    assert np.ptp(torch, axis=0).min() > 1e-3, "outputs that ignore the picture would agree as well"


@every_network
def test_equal_weights_give_equal_gradients(answered, name):
    keras, torch = answered
    gradients = [key for key in torch if key.startswith("gradient ")]
    assert len(gradients) > 4
    largest = max(np.abs(torch[key]).max() for key in gradients)
    for key in gradients:
        # what stands before a batch norm and only shifts or scales has a gradient of 0 but for rounding
        allowed = 1e-5 * max(np.abs(torch[key]).max(), 1e-5 * largest)
        np.testing.assert_allclose(keras[key], torch[key], rtol=0, atol=allowed, err_msg=key)


@pytest.mark.parametrize("name", ["lenet_bn", "small_resnet", "resnet18", "mobilenet_v2"])
def test_running_statistics_differ_by_what_the_frameworks_are_known_to_differ_by(folder, answered, described, name):
    keras, torch = answered
    before, shapes = load_file(folder / f"keras-{name}.safetensors"), described[0]["layers"][name]
    layers = [key.rpartition("/")[0] for key in torch if key.endswith("moving_variance")]
    assert layers
    for layer in layers:
        np.testing.assert_allclose(keras[f"{layer}/moving_mean"], torch[f"{layer}/moving_mean"], rtol=1e-4, atol=1e-5)
        kept = defaults.BATCH_NORM_MOMENTUM * before[f"{layer}/moving_variance"]
        biased, unbiased = (wing[f"{layer}/moving_variance"] - kept for wing in (keras, torch))
        pixels = IMAGES * shapes[layer][0] * shapes[layer][1]
        np.testing.assert_allclose(unbiased, biased * pixels / (pixels - 1), rtol=1e-3, atol=1e-5, err_msg=layer)


def test_a_state_dict_is_the_same_to_both_wings(folder):
    keras, torch = (load_file(folder / f"resnet18-through-{framework}.safetensors") for framework in runtime.FRAMEWORKS)
    assert keras.keys() == torch.keys()
    assert keras["logits/kernel"].shape == (512, 1000)
    for key, array in keras.items():
        np.testing.assert_array_equal(array, torch[key], err_msg=key)


@every_network
@pytest.mark.parametrize("framework", runtime.FRAMEWORKS)
def test_weights_of_pytorch_come_through_either_wing_unchanged(folder, framework, name):
    before, after = (
        load_file(folder / f"torch-{name}.safetensors"),
        load_file(folder / f"torch-{name}-through-{framework}.safetensors"),
    )
    assert before.keys() == after.keys()
    for key, array in before.items():
        np.testing.assert_array_equal(array, after[key], err_msg=key)
