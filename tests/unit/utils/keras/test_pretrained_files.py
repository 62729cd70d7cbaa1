"""`load_pretrained` without a path: the file of the model's network, where the data directory has it."""

import dataclasses
import hashlib

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file

from utils import provenance, published
from utils.data import registry, weights_file
from utils.keras import (
    gap_convnet,
    get_weights,
    lenet,
    load_pretrained,
    mobilenet_v2,
    resnet18,
    small_resnet,
    squeezenet,
    vgg16,
    vgg16_small,
)

SQUARE = (48, 48, 3)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where weights belong in a data directory that has none."""
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path))
    monkeypatch.setattr(provenance, "_data", {})
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


@pytest.fixture
def publish(folder, monkeypatch):
    """A function that puts a network's file there, in Keras' layout of 2016, and says that it is the published one."""

    def write(network, arrays):
        facts = registry.WEIGHTS[network]
        path = folder / facts.files[0].name
        layers = {}
        for key, array in arrays.items():
            layer, _, role = key.rpartition("/")
            layers.setdefault(layer.replace(".", "/"), {})[f"{role}:0"] = array
        with h5py.File(path, "w") as file:
            file.attrs["layer_names"] = [layer.encode() for layer in layers]
            for layer, tensors in layers.items():
                group = file.create_group(layer)
                group.attrs["weight_names"] = [key.encode() for key in tensors]
                for key, array in tensors.items():
                    group[key] = array
        file = registry.File(path.name, path.stat().st_size, f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}")
        monkeypatch.setitem(registry.WEIGHTS, network, dataclasses.replace(facts, files=(file,)))
        return path

    return write


def drawn(model):
    """Other weights for a model, without its head."""
    weights = get_weights(model).items()
    rng = np.random.default_rng(0)
    return {key: rng.random(array.shape, "float32") for key, array in weights if not key.startswith("logits/")}


def same(found, expected):
    assert expected
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array, err_msg=key)


@pytest.mark.parametrize("classes", [None, 5])
def test_the_published_file_is_found_and_noted(publish, classes):
    model = squeezenet(input_shape=SQUARE, classes=classes)
    before, expected = get_weights(model), drawn(model)
    publish("squeezenet", expected)
    load_pretrained(model)
    same(get_weights(model), before | expected)
    noted = provenance.report()["data"]
    assert noted == {"squeezenet": {"source": "original", "checksum": registry.WEIGHTS["squeezenet"].checksum}}


@pytest.mark.parametrize("name", registry.WEIGHTS["mobilenet_v2"].conversions[1:])
def test_converted_weights_are_found_and_noted(folder, name):
    model = mobilenet_v2(input_shape=SQUARE)
    expected = drawn(model)
    np.savez(folder / name, **{key.replace(".", "_"): array for key, array in expected.items()})
    load_pretrained(model)
    same(get_weights(model), expected)
    checksum = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert provenance.report()["data"] == {"mobilenet_v2": {"source": "original", "checksum": checksum}}


@pytest.mark.parametrize("build", [vgg16, resnet18, mobilenet_v2, squeezenet], ids=lambda build: build.__name__)
def test_each_network_asks_for_its_own_file(folder, build):
    model = build(input_shape=SQUARE, classes=3)
    before = get_weights(model)
    with pytest.raises(FileNotFoundError) as error:
        load_pretrained(model)
    path = folder / registry.WEIGHTS[build.__name__].files[0].name
    assert str(error.value) == f"{path} is missing: get it with `python -m utils.data download {build.__name__}`."
    same(get_weights(model), before)
    assert provenance.report()["data"] == {build.__name__: {"source": "missing", "checksum": ""}}


@pytest.mark.parametrize("build", [lenet, gap_convnet], ids=lambda build: build.__name__)
def test_other_models_are_refused_in_one_sentence(folder, build):
    with pytest.raises(ValueError) as error:
        load_pretrained(build())
    assert str(error.value) == (
        "This model is none of those that weights are published for (vgg16_small, small_resnet, vgg16, resnet18, "
        "mobilenet_v2, squeezenet): say the path of a file of its own."
    )


@pytest.mark.parametrize("build", [vgg16_small, small_resnet], ids=lambda build: build.__name__)
def test_embedded_weights_come_with_the_course(folder, build):
    model = build(input_shape=SQUARE, classes=2)
    head = get_weights(model)["logits/kernel"]
    load_pretrained(model)
    expected = load_file(published.EMBEDDED_FOLDER / f"{build.__name__}.safetensors")
    found = get_weights(model)
    assert found.keys() == expected.keys() | {"logits/kernel", "logits/bias"}
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array, err_msg=key)
    np.testing.assert_array_equal(found["logits/kernel"], head)
    assert f"utils/pretrained/{build.__name__}.safetensors" in provenance.report()["files"]


def test_a_truncated_file_is_refused_and_nothing_changed(publish):
    model = squeezenet(input_shape=SQUARE)
    before = get_weights(model)
    path = publish("squeezenet", drawn(model))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        ValueError, match=r"notop\.h5 is broken \(it has .*: replace it with `python -m utils.data downl"
    ):
        load_pretrained(model)
    same(get_weights(model), before)


def test_a_truncated_conversion_is_refused_and_nothing_changed(folder):
    model = mobilenet_v2(input_shape=SQUARE)
    before = get_weights(model)
    path = folder / "mobilenet_v2_0.35_224_notop.npz"
    np.savez(path, **drawn(model))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"mobilenet_v2_0\.35_224_notop\.npz is broken or cut short"):
        load_pretrained(model)
    same(get_weights(model), before)


def test_weights_of_another_network_are_refused_and_nothing_changed(publish):
    model = squeezenet(input_shape=SQUARE)
    before = get_weights(model)
    publish("squeezenet", drawn(lenet()))
    with pytest.raises(ValueError, match=r"notop\.h5 lacks the layers fire2\.squeeze1x1, .* of this model"):
        load_pretrained(model)
    same(get_weights(model), before)


@pytest.mark.originals
@pytest.mark.parametrize("build", [vgg16, resnet18, mobilenet_v2, squeezenet], ids=lambda build: build.__name__)
def test_the_published_weights_fit(build):
    try:
        weights_file(build.__name__)
    except FileNotFoundError:
        pytest.skip(f"the weights of {build.__name__} are not on disk")
    model = build(input_shape=SQUARE)
    before = get_weights(model)
    load_pretrained(model)
    after = get_weights(model)
    assert not any(np.array_equal(before[key], after[key]) for key in before if key.endswith("kernel"))
