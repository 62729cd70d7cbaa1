"""The contract between the wings: same names, signatures, layers and errors; equal weights give equal numbers.

TensorFlow and PyTorch never share a process: each wing answers in one of its own and leaves files to compare.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.unit.utils import wings
from utils import provenance, runtime

MODELS = ("dense_net", "small_convnet", "small_convnet_without_pooling", "lenet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Answers of both wings: Keras builds, PyTorch builds and answers from both sets of weights, Keras answers."""
    path = tmp_path_factory.mktemp("wings")
    for framework, *tasks in (("keras", "build"), ("torch", "build", "answer"), ("keras", "answer")):
        wings.run("wing_worker", path, *tasks, frameworks=[framework])
    return path


@pytest.fixture(scope="module")
def described(folder):
    return [json.loads((folder / f"{framework}.json").read_text()) for framework in runtime.FRAMEWORKS]


@wings.both_installed
def test_both_wings_export_the_same_names_with_the_same_signatures(described):
    keras, torch = described
    assert keras["signatures"] == torch["signatures"]
    assert {"fit", "evaluate", "predict", "batches", "augment", "count_parameters", *MODELS} <= keras[
        "signatures"
    ].keys()


@wings.both_installed
def test_layers_have_the_same_names_in_the_same_order(described):
    keras, torch = described
    assert keras["layers"] == torch["layers"]


@wings.both_installed
def test_parameter_counts_are_the_known_ones(described):
    known = {
        "dense_net": 784 * 512 + 512 + 512 * 10 + 10,
        "small_convnet": 93_322,
        "small_convnet_without_pooling": 2_038_922,
        "lenet": 44_426,
    }
    assert [wing["parameters"] for wing in described] == [known, known]


@wings.both_installed
def test_both_wings_refuse_the_same_inputs_with_the_same_sentence(described):
    keras, torch = (wing["errors"] for wing in described)
    assert keras == torch
    assert "no error" not in keras.values()
    assert all(said.count(". ") == 0 and said.endswith((".", ")")) for said in keras.values())  # one sentence each


@wings.both_installed
@pytest.mark.parametrize("builder", runtime.FRAMEWORKS)
@pytest.mark.parametrize("model", MODELS)
def test_equal_weights_give_equal_logits(folder, builder, model):
    keras, torch = (np.load(folder / f"{framework}-from-{builder}.npz") for framework in runtime.FRAMEWORKS)
    for what in ("logits", "probabilities", "loss"):
        np.testing.assert_allclose(keras[f"{model} {what}"], torch[f"{model} {what}"], rtol=0, atol=1e-4)


@wings.both_installed
@pytest.mark.parametrize("builder", runtime.FRAMEWORKS)
def test_equal_weights_give_equal_losses_after_each_step(folder, builder):
    keras, torch = (np.load(folder / f"{framework}-from-{builder}.npz") for framework in runtime.FRAMEWORKS)
    recipes = [name for name in keras if name.endswith("losses")]
    assert len(recipes) == 8
    for recipe in recipes:
        np.testing.assert_allclose(keras[recipe][:2], torch[recipe][:2], rtol=0, atol=1e-4, err_msg=recipe)
        # Adam's epsilon stands before the bias correction in one framework and after it in the other: it adds up
        later = 1e-3 if recipe.startswith("adam") else 1e-5
        np.testing.assert_allclose(keras[recipe], torch[recipe], rtol=0, atol=later, err_msg=recipe)
        left = recipe.replace("losses", "afterwards")  # with the averaged weights, where there are such
        np.testing.assert_allclose(keras[left], torch[left], rtol=0, atol=later, err_msg=recipe)


@wings.both_installed
def test_both_wings_shuffle_alike(folder):
    keras, torch = (np.load(folder / f"{framework}-from-keras.npz") for framework in runtime.FRAMEWORKS)
    for what in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
        np.testing.assert_allclose(keras[f"shuffled {what}"], torch[f"shuffled {what}"], atol=1e-4)


def test_importing_utils_imports_no_framework():
    code = (
        "import sys, utils, utils.ops, utils.data, utils.plots, utils.runtime, utils.results, utils.shapes\n"
        "print(sorted({'torch', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    surroundings = {**os.environ, "PYTHONPATH": str(provenance.ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
