"""`summary` in both wings: the same tables, to the letter, and the same refusals.

TensorFlow and PyTorch never share a process: each wing answers in one of its own and leaves files to compare.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from utils import runtime

ROOT = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("summary_worker.py")
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

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in runtime.FRAMEWORKS), reason="only one framework is installed"
)


@pytest.fixture(scope="module")
def wings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("summaries")
    surroundings = {**os.environ, **runtime.notebook_environment(threads=1), "PYTHONPATH": str(ROOT)}
    outputs = {"env": surroundings, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    commands = [[sys.executable, str(WORKER), framework, str(folder)] for framework in runtime.FRAMEWORKS]
    for started in [subprocess.Popen(command, **outputs) for command in commands]:
        said, _ = started.communicate()
        assert started.returncode == 0, said
    return [json.loads((folder / f"{framework}.json").read_text()) for framework in runtime.FRAMEWORKS]


@pytest.mark.parametrize("name", [*NETWORKS, *OTHER_SIZES, "sequential", "u-net"])
def test_both_wings_make_the_same_table(wings, name):
    keras, torch = (wing["tables"][name] for wing in wings)
    assert keras["text"] == torch["text"]
    assert keras["data"] == torch["data"]
    assert keras["html"] == torch["html"]
    assert "?" not in keras["text"]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_parameters_are_those_of_count_parameters(wings, name):
    for wing in wings:
        rows = wing["tables"][name]["data"]["rows"]
        assert sum(row["trainable"] for row in rows) == wing["counted"][name]
        assert sum(row["parameters"] for row in rows) == wing["counted"][name]


def test_layers_in_layers_have_dotted_names_and_branches_stand_one_behind_the_other(wings):
    names = [row["name"] for row in wings[1]["tables"]["u-net"]["data"]["rows"]]
    assert names == ["down.0", "down.1", "pool", "deep.0", "deep.1", "grouped", "up", "skip", "last"]
    names = [row["name"] for row in wings[1]["tables"]["resnet18"]["data"]["rows"]]
    first = names.index("layer2.0.conv1")
    block = ["conv1", "bn1", "relu1", "conv2", "bn2", "downsample.0", "downsample.1", "add", "relu2"]
    assert names[first : first + 9] == [f"layer2.0.{name}" for name in block]


@pytest.mark.parametrize(
    ("name", "layer", "field"),
    [("vgg16", "block5_pool", 212), ("resnet18", "layer4.1.relu2", 435), ("mobilenet_v2", "out_relu", 491)],
)
def test_receptive_fields_of_published_networks_are_the_known_ones(wings, name, layer, field):
    for wing in wings:
        rows = {row["name"]: row for row in wing["tables"][name]["data"]["rows"]}
        assert rows[layer]["receptive_field"] == field


def test_both_wings_refuse_the_same_with_the_same_sentence(wings):
    keras, torch = (wing["errors"] for wing in wings)
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
def test_a_refusal_names_what_is_wrong(wings, call, says):
    assert says in wings[0]["errors"][call]
