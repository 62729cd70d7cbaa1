"""Reads weights as they are published: Keras' HDF5 files, old and new, NumPy archives, PyTorch's state dicts, and ours.

What comes out is what `utils.weights` describes. Which kind a file is, its first bytes say; nothing in a file is ever
run (no pickle is loaded: `utils.state_dicts`). Layers are found by name, "/", "." and "_" being the same to us, because
Keras' names can not hold the one and PyTorch's can not do without the other. Which file is a model's, its layers say.
"""

import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from utils import provenance, state_dicts
from utils.weights import HEAD, ROLES, existing, listed, load

# What others call the layer that ends in logits.
HEADS = ("fc", "predictions", "Logits", HEAD)

# Tensors of a layer in the order in which Keras' files list them, by how many there are.
ORDERS = {1: ROLES[:1], 2: ROLES[:2], 4: ROLES[2:]}

MOST_BYTES = 2**30

# Weights that come with this course, trained by tools/pretrain.py, and a tensor that of our networks only this one has.
EMBEDDED_FOLDER = Path(__file__).parent / "pretrained"
EMBEDDED = {
    "vgg16_small": ("block5_conv3/kernel", (3, 3, 128, 128)),
    "small_resnet": ("block4.conv2/kernel", (3, 3, 160, 160)),
}

# MobileNetV2's file was written when Keras called its layers otherwise: mobl3_conv_3_expand and bn3_conv_3_bn_expand
# are today's block_3_expand and block_3_expand_BN, and block 0 is expanded_conv.
_OLD_NAME = re.compile(r"(?:mobl|bn)(\d+)_conv(?:_\d+)?_(bn_)?(expand|depthwise|project)")

_STATE_DICT = {"running_mean": "moving_mean", "running_var": "moving_variance"}


def read(path: str | os.PathLike) -> dict[str, dict[str, np.ndarray]]:
    """The layers with weights in a published file, by their names there: {layer: {role: array}}.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is of no known kind, broken or cut short.
    """
    path = existing(path)
    with path.open("rb") as file:
        start = file.read(9)
    if start[:8] == b"\x89HDF\r\n\x1a\n":
        return _read_hdf5(path)
    if start[8:] == b"{":
        return _grouped(path, load(path))
    if start[:4] == b"PK\x03\x04":
        return _read_npz(path) if _is_npz(path) else _read_state_dict(path)
    raise ValueError(
        f"{path.name} is no HDF5, NumPy, PyTorch or safetensors file of weights: take the one that this network's "
        f"docstring names."
    )


def matched(path: str | os.PathLike | None, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The arrays of a published file that a model with tensors of these shapes takes, by the model's names.

    Everything below the head must be there and fit, and nothing else may be. The head, `logits`, is taken where the
    file has one of the same shape, for as many classes; otherwise the model keeps its own. Without a path the file is
    that of the network these shapes are of.

    Raises:
        FileNotFoundError, ValueError: as `read` and `file_of`, or the file belongs to another network; it is said where
            they differ.
    """
    if path is None:
        path = file_of(shapes)
    else:
        provenance.note_file(path)
    name = Path(path).name
    found = {_plain(layer): (layer, arrays) for layer, arrays in read(path).items()}
    layers = dict.fromkeys(key.rpartition("/")[0] for key in shapes)
    head = next((found.pop(_plain(head)) for head in HEADS if _plain(head) in found), None)
    wanted = {_plain(layer): layer for layer in layers if layer != HEAD}
    _check_layers(name, wanted, found)
    taken = {}
    for plain, layer in wanted.items():
        taken |= _tensors(name, layer, found[plain][1], shapes)
    if head and HEAD in layers and all(array.shape == shapes.get(f"{HEAD}/{r}") for r, array in head[1].items()):
        taken |= _tensors(name, HEAD, head[1], shapes)
    return taken


def file_of(shapes: Mapping[str, tuple[int, ...]]) -> Path:
    """Where the published or embedded weights are, on this machine, of the network whose tensors have these shapes.

    Raises:
        FileNotFoundError: they are not on disk; the command that gets them is said.
        ValueError: the file there is not the published one, or none is published for this network.
    """
    from utils.data import registry, weights_file  # not for those who say a path

    for network, (name, shape) in EMBEDDED.items():
        if shapes.get(name) == shape:
            path = EMBEDDED_FOLDER / f"{network}.safetensors"
            provenance.note_file(path)
            return path
    for weights in registry.WEIGHTS.values():
        name, shape = weights.tensor
        if shapes.get(name) == shape:
            return weights_file(weights.name)
    raise ValueError(
        f"This model is none of those that weights are published for ({', '.join([*EMBEDDED, *registry.WEIGHTS])}): "
        f"say the path of a file of its own."
    )


def _check_layers(name: str, wanted: Mapping[str, str], found: Mapping[str, tuple]) -> None:
    missing = listed(layer for plain, layer in wanted.items() if plain not in found)
    surplus = listed(layer for plain, (layer, _) in found.items() if plain not in wanted)
    if missing:
        raise ValueError(
            f"{name} lacks the layers {missing} of this model (it has {listed(layer for layer, _ in found.values())}): "
            f"take the file of this network."
        )
    if surplus:
        raise ValueError(
            f"{name} also holds the layers {surplus}, which this model has not: take the file of this network, and "
            f"where there is one without its top (notop), that one."
        )


def _tensors(
    name: str, layer: str, arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """The tensors of one layer by "layer/role"; ValueError unless they are those the model has."""
    found = {f"{layer}/{role}": array for role, array in arrays.items()}
    expected = {key: shape for key, shape in shapes.items() if key.rpartition("/")[0] == layer}
    for key in {**expected, **found}:
        if key not in found or key not in expected or found[key].shape != tuple(expected[key]):
            here = f"has shape {found[key].shape}" if key in found else "is missing"
            there = f"has shape {tuple(expected[key])}" if key in expected else "does not exist"
            raise ValueError(
                f"{key} {here} in {name}, but {there} in the model: take the file of this network and this width, and "
                f"build the network for pictures of 3 channels."
            )
    return found


def _plain(layer: str) -> str:
    """A layer's name without what differs between those who write it."""
    if old := _OLD_NAME.fullmatch(layer):
        number, norm, part = old.groups()
        layer = f"block_{number}_{part}" if int(number) else f"expanded_conv_{part}"
        layer += "_BN" if norm else ""
    return layer.replace("/", "_").replace(".", "_")


def _is_npz(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise ValueError(
                    f"{path.name} unpacks to more than {MOST_BYTES:,} bytes: no network of ours has as many."
                )
            return all(name.endswith(".npy") for name in archive.namelist())
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path.name} is broken or cut short ({error}): download it again.") from error


def _read_npz(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """A NumPy archive of arrays named layer/role."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} is broken: {error}; get it again.") from error
    return _grouped(path, arrays)


def _read_state_dict(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """PyTorch's tensors, laid out as Keras lays them out."""
    tensors = state_dicts.read(path)
    arrays = {}
    for key, array in tensors.items():
        layer, _, name = key.rpartition(".")
        normalized = f"{layer}.running_mean" in tensors
        if name == "weight":
            role = "gamma" if normalized else "kernel"
            arrays[f"{layer}/{role}"] = array.transpose((2, 3, 1, 0)) if array.ndim == 4 else array.T
        elif name == "bias":
            arrays[f"{layer}/{'beta' if normalized else 'bias'}"] = array
        elif name != "num_batches_tracked":
            arrays[f"{layer}/{_STATE_DICT.get(name, name)}"] = array
    return _grouped(path, arrays)


def _grouped(path: Path, arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    layers = {}
    for key, array in arrays.items():
        layer, _, role = key.rpartition("/")
        if role not in ROLES:
            raise ValueError(
                f"{path.name} holds {key!r}, but its arrays should be named layer/role ({', '.join(ROLES)})."
            )
        layers.setdefault(layer, {})[role] = array
    return layers


def _read_hdf5(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """Keras' files."""
    import h5py  # a large library that only these files need

    try:
        with h5py.File(path) as file:
            layers = _listed_layers(file) if "layer_names" in file.attrs else _numbered_layers(file)
            return {name: _roles(name, arrays, path) for name, arrays in layers.items() if arrays}
    except (OSError, KeyError, RuntimeError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path.name} is broken, or no file of Keras weights: {error}; download it again.") from error


def _listed_layers(file: Mapping) -> dict[str, list]:
    """Until Keras 2: a group for each layer, and attributes that list layers and arrays."""
    names = [_text(name) for name in file.attrs["layer_names"]]
    return {name: [file[name][_text(key)] for key in file[name].attrs["weight_names"]] for name in names}


def _numbered_layers(file: Mapping) -> dict[str, list]:
    """Since Keras 3: groups numbered by kind of layer, in them numbered arrays and the layer's name as attribute."""
    if "layers" not in file:
        raise ValueError("it lists no layers")
    groups = {name: group["vars"] for name, group in file["layers"].items() if "vars" in group}
    return {
        _text(group.attrs.get("name", name)): [group[str(number)] for number in range(len(group))]
        for name, group in groups.items()
    }


def _roles(name: str, datasets: list, path: Path) -> dict[str, np.ndarray]:
    if len(datasets) not in ORDERS:
        raise ValueError(f"its layer {name} has {len(datasets)} arrays, and no layer of our networks has as many")
    if sum(dataset.nbytes for dataset in datasets) > path.stat().st_size:
        raise ValueError(f"its layer {name} claims to be larger than the file")
    return {role: dataset[()] for role, dataset in zip(ORDERS[len(datasets)], datasets)}


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
