"""Files in the layouts of published weights, made here small, and all that can be wrong with them."""

import hashlib

import h5py
import numpy as np
import pytest

from utils import provenance, published, weights
from utils.data import registry

RNG = np.random.default_rng(3)
SHAPES = {
    "preprocessed.conv1/kernel": (3, 3, 3, 4),
    "preprocessed.conv1/bias": (4,),
    "bn/gamma": (4,),
    "bn/beta": (4,),
    "bn/moving_mean": (4,),
    "bn/moving_variance": (4,),
    "block_1.depthwise/kernel": (3, 3, 4, 1),
}
ARRAYS = {key: RNG.random(shape, "float32") for key, shape in SHAPES.items()}
HEAD = {"logits/kernel": RNG.random((4, 7), "float32"), "logits/bias": RNG.random(7, "float32")}


def by_layer(arrays):
    layers = {}
    for key, array in arrays.items():
        layer, _, role = key.rpartition("/")
        layers.setdefault(layer, {})[role] = array
    return layers


def legacy_hdf5(path, arrays, *, separator="/", suffix="_W_1:0"):
    """As Keras 1 and 2 wrote: a group for each layer, some without arrays, and lists of names in attributes."""
    with h5py.File(path, "w") as file:
        layers = {"input_1": {}, **by_layer(arrays), "pool1": {}}
        names = [name.replace(".", separator).encode() for name in layers]
        file.attrs["layer_names"] = names
        for name, tensors in zip(names, layers.values()):
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name.decode()}_{role}{suffix}".encode() for role in tensors]
            for key, array in zip(group.attrs["weight_names"], tensors.values()):
                group.create_dataset(key, data=array)
    return path


def new_hdf5(path, arrays):
    """As Keras 3 writes: numbered layers by kind, with their names in attributes."""
    with h5py.File(path, "w") as file:
        for number, (name, tensors) in enumerate(by_layer(arrays).items()):
            group = file.create_group(f"layers/conv2d_{number}/vars")
            group.attrs["name"] = name.replace(".", "_")
            for position, array in enumerate(tensors.values()):
                group.create_dataset(str(position), data=array)
        file.create_group("layers/relu")
    return path


def npz(path, arrays):
    with path.open("wb") as file:
        np.savez_compressed(file, **{key.replace(".", "_"): array for key, array in arrays.items()})
    return path


def ours(path, arrays):
    weights.save(arrays, path)
    return path


LAYOUTS = {"keras 2": legacy_hdf5, "keras 3": new_hdf5, "npz": npz, "safetensors": ours}
every_layout = pytest.mark.parametrize("write", LAYOUTS.values(), ids=LAYOUTS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.weights"


def same(found, expected):
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array, err_msg=key)


@every_layout
def test_every_layout_gives_the_models_names(path, write):
    same(published.matched(write(path, ARRAYS), SHAPES), ARRAYS)


@every_layout
@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ({}, {}),
        ({"logits/kernel": (4, 7), "logits/bias": (7,)}, HEAD),
        ({"logits/kernel": (4, 2), "logits/bias": (2,)}, {}),
    ],
    ids=["no head", "the same head", "other classes"],
)
def test_a_head_is_taken_if_it_fits(path, write, model, taken):
    same(published.matched(write(path, ARRAYS | HEAD), SHAPES | model), ARRAYS | taken)


@every_layout
def test_a_file_without_head_leaves_the_models_alone(path, write):
    same(published.matched(write(path, ARRAYS), SHAPES | {"logits/kernel": (4, 2), "logits/bias": (2,)}), ARRAYS)


def test_heads_of_others_are_known(path):
    renamed = {key.replace("logits", "predictions"): array for key, array in HEAD.items()}
    shapes = {key: array.shape for key, array in HEAD.items()}
    same(published.matched(legacy_hdf5(path, ARRAYS | renamed), SHAPES | shapes), ARRAYS | HEAD)


WRONG = {
    "a layer less": (
        {k: v for k, v in ARRAYS.items() if "bn" not in k},
        r"lacks the layers bn of this model \(it has ",
    ),
    "a layer more": (ARRAYS | {"fc1/kernel": np.ones((2, 2))}, r"also holds the layers fc1, which .* \(notop\)"),
    "a wider layer": (
        ARRAYS | {"block_1.depthwise/kernel": np.ones((3, 3, 8, 1))},
        r"depthwise/kernel has shape \(3, 3, 8, 1\) in net\.weights, but has shape \(3, 3, 4, 1\) in the model",
    ),
    "no bias": (
        {k: v for k, v in ARRAYS.items() if k != "preprocessed.conv1/bias"},
        r"preprocessed\.conv1/bias is missing in net\.weights, but has shape \(4,\) in the model",
    ),
    "a bias too many": (
        ARRAYS | {"block_1.depthwise/bias": np.ones(4)},
        r"block_1\.depthwise/bias has shape \(4,\) in net\.weights, but does not exist in the model",
    ),
}


@every_layout
@pytest.mark.parametrize("what", WRONG)
def test_files_of_other_networks_are_refused(path, write, what):
    arrays, says = WRONG[what]
    with pytest.raises(ValueError, match=says):
        published.matched(write(path, arrays), SHAPES)


@every_layout
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.97])
def test_truncated_files_are_refused_by_name(path, write, kept):
    content = write(path, ARRAYS).read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match=r"net\.weights is (broken|no )"):
        published.matched(path, SHAPES)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x80\x02}q\x00.", b"PK\x03\x04"], ids=repr)
def test_other_files_are_refused_by_name(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.weights is (broken|no HDF5)"):
        published.read(path)


def test_a_missing_file_is_named(path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*net\.weights"):
        published.read(path)


def test_npz_with_pickles_or_other_names_are_refused(path):
    npz(path, {"conv1/kernel": np.array([{"a": 1}], object)})
    with pytest.raises(ValueError, match=r"net\.weights is broken: .*allow_pickle"):
        published.read(path)
    npz(path, {"arr_0": np.ones(3)})
    with pytest.raises(ValueError, match="holds 'arr_0', but its arrays should be named layer/role"):
        published.read(path)


def test_npz_that_unpacks_to_too_much_is_refused(path, monkeypatch):
    npz(path, {"conv1/kernel": np.zeros((100, 100))})
    monkeypatch.setattr(published, "MOST_BYTES", 50_000)
    assert path.stat().st_size < published.MOST_BYTES
    with pytest.raises(ValueError, match=r"net\.weights unpacks to more than 50,000 bytes"):
        published.read(path)


def test_hdf5_of_something_else_is_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=np.zeros(3))
    with pytest.raises(ValueError, match="it lists no layers"):
        published.read(path)


def test_hdf5_that_claims_to_be_larger_than_its_file_is_refused(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv1"]
        file.create_group("conv1").attrs["weight_names"] = [b"kernel"]
        file["conv1"].create_dataset("kernel", shape=(2**30, 1024), dtype="float32", chunks=(1024, 1024))
    with pytest.raises(ValueError, match="conv1 claims to be larger than the file"):
        published.read(path)


def test_layers_of_kinds_we_have_not_are_refused(path):
    arrays = {f"lstm/{role}": np.ones(2, "float32") for role in ("kernel", "recurrent", "bias")}
    with pytest.raises(ValueError, match="layer lstm has 3 arrays"):
        published.read(legacy_hdf5(path, arrays))


MOBILE = {  # by the names in MobileNetV2's published file, as those who read it by hand call them
    "mobl0_conv_0_depthwise": "expanded_conv.depthwise",
    "bn0_conv_0_bn_depthwise": "expanded_conv.depthwise_BN",
    "bn0_conv_0_bn_project": "expanded_conv.project_BN",
    "mobl1_conv_1_expand": "block_1.expand",
    "bn1_conv_1_bn_expand": "block_1.expand_BN",
    "mobl16_conv_16_project": "block_16.project",
    "bn16_conv_bn_project": "block_16.project_BN",
    "bn_Conv1": "bn_Conv1",
    "Conv_1_bn": "Conv_1_bn",
}


def test_mobilenets_file_keeps_the_names_of_its_time(path):
    arrays = {f"{old}/kernel": RNG.random((2, number), "float32") for number, old in enumerate(MOBILE, start=1)}
    expected = {f"{new}/kernel": arrays[f"{old}/kernel"] for old, new in MOBILE.items()}
    shapes = {key: array.shape for key, array in expected.items()}
    same(published.matched(legacy_hdf5(path, arrays), shapes), expected)


@pytest.mark.parametrize("name", registry.WEIGHTS)
def test_a_network_is_known_by_its_layers(tmp_path, monkeypatch, name):
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path))
    tensor, shape = registry.WEIGHTS[name].tensor
    for call in (published.file_of, lambda shapes: published.matched(None, shapes)):
        with pytest.raises(
            FileNotFoundError, match=rf"is missing: get it with `python -m utils\.data download {name}`"
        ):
            call(SHAPES | {tensor: shape})
        with pytest.raises(ValueError, match="none of those that weights are published for"):
            call(SHAPES | {tensor: (*shape[:-1], 7)})


@pytest.mark.parametrize("network", published.EMBEDDED)
def test_embedded_weights_have_a_model_card_of_their_own(network):
    path = published.EMBEDDED_FOLDER / f"{network}.safetensors"
    digits = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"SHA-256 of the weights: `{digits}`" in path.with_suffix(".md").read_text("utf8")


def test_a_file_of_the_project_is_noted(path, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", path.parent)
    monkeypatch.setattr(provenance, "_files", set())
    published.matched(ours(path, ARRAYS), SHAPES)
    assert provenance.report()["files"][path.name] == provenance.file_hash(path)
