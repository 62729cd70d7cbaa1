"""`summary` in both wings: the same tables, to the letter, and the same refusals.

TensorFlow and PyTorch never share a process: each wing answers in one of its own and leaves files to compare.
"""

import json

import pytest

from tests.unit.utils import wings
from utils import runtime

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
OTHER_SIZES = tuple(f"{name} at 66 × 81" for name in NETWORKS[6:])

pytestmark = wings.both_installed


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    folder = tmp_path_factory.mktemp("summaries")
    wings.run("summary_worker", folder)
    return [json.loads((folder / f"{framework}.json").read_text()) for framework in runtime.FRAMEWORKS]


@pytest.mark.parametrize("name", [*NETWORKS, *OTHER_SIZES, "sequential", "u-net"])
def test_both_wings_make_the_same_table(described, name):
    keras, torch = (wing["tables"][name] for wing in described)
    assert keras["text"] == torch["text"]
    assert keras["data"] == torch["data"]
    assert keras["html"] == torch["html"]
    assert "?" not in keras["text"]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_parameters_are_those_of_count_parameters(described, name):
    for wing in described:
        rows = wing["tables"][name]["data"]["rows"]
        assert sum(row["trainable"] for row in rows) == wing["counted"][name]
        assert sum(row["parameters"] for row in rows) == wing["counted"][name]


def test_layers_in_layers_have_dotted_names_and_branches_stand_one_behind_the_other(described):
    names = [row["name"] for row in described[1]["tables"]["u-net"]["data"]["rows"]]
    assert names == ["down.0", "down.1", "pool", "deep.0", "deep.1", "grouped", "up", "skip", "last"]
    names = [row["name"] for row in described[1]["tables"]["resnet18"]["data"]["rows"]]
    first = names.index("layer2.0.conv1")
    block = ["conv1", "bn1", "relu1", "conv2", "bn2", "downsample.0", "downsample.1", "add", "relu2"]
    assert names[first : first + 9] == [f"layer2.0.{name}" for name in block]


@pytest.mark.parametrize(
    ("name", "layer", "field"),
    [("vgg16", "block5_pool", 212), ("resnet18", "layer4.1.relu2", 435), ("mobilenet_v2", "out_relu", 491)],
)
def test_receptive_fields_of_published_networks_are_the_known_ones(described, name, layer, field):
    for wing in described:
        rows = {row["name"]: row for row in wing["tables"][name]["data"]["rows"]}
        assert rows[layer]["receptive_field"] == field


def test_both_wings_refuse_the_same_with_the_same_sentence(described):
    keras, torch = (wing["errors"] for wing in described)
    assert keras == torch
    assert "no error" not in keras.values()
    assert all(said.count(". ") == 0 and said.endswith((".", ")")) for said in keras.values())  # one sentence each


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("no model", "model is a str: give a Keras model to utils.keras"),
        ("a class", "model is a function"),
        ("one number", "size is 64: give (height, width)"),
        ("too small", "can not take pictures of size (7, 64): its layers leave nothing of them"),
        ("a flattened size", "Layer dense1 takes 256 numbers, and 1,008 reach it from pictures of size (40, 50)"),
    ],
)
def test_a_refusal_names_what_is_wrong(described, call, says):
    assert says in described[0]["errors"][call]
