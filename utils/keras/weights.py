"""Weights of Keras models as NumPy arrays, to and from the PyTorch wing and files, laid out as in `utils.weights`."""

import os

import keras
from keras import layers

from utils import guards, published, weights
from utils.weights import ROLES

_KINDS = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense, layers.BatchNormalization)


def get_weights(model):
    """All weights and running statistics of a model, copied.

    Args:
        model: made of convolutions, dense layers, batch norms, and layers without weights.

    Returns:
        {"layer/role": float32 array}, laid out as `utils.weights` says, the same in both wings.

    Raises:
        ValueError: a layer has weights of another kind.
    """
    return {key: variable.numpy().astype("float32") for key, variable in _variables(model)}


def set_weights(model, values):
    """Give a model these weights; its dtype stays as it is.

    Args:
        model: as for `get_weights`.
        values: what `get_weights` returned, in either wing, for a model of the same layers and sizes.

    Raises:
        ValueError: a tensor is missing, unknown, of another shape, no float or not finite; then nothing is changed.
    """
    variables = dict(_variables(model))
    values = weights.checked(values, {key: tuple(variable.shape) for key, variable in variables.items()})
    for key, variable in variables.items():
        variable.assign(values[key])


def copy_weights(source, target):
    """Give `target` the weights of `source`.

    The frameworks share no process: what comes from the PyTorch wing is a dict, or a file of its `save_weights`.

    Args:
        source: a model of this wing, what `get_weights` returned in either wing, or the path of a safetensors file.
        target: a model of this wing with the same layers and sizes.

    Raises:
        FileNotFoundError, ValueError: as for `load_weights` and `set_weights`; then nothing is changed.
    """
    if isinstance(source, keras.Model):
        set_weights(target, get_weights(source))
    elif isinstance(source, dict):
        set_weights(target, source)
    elif isinstance(source, str | os.PathLike):
        load_weights(target, source)
    else:
        raise guards.no_model(source)


def save_weights(model, path):
    """Write a model's weights to a safetensors file for `load_weights` of either wing. Its folder must exist."""
    weights.save(get_weights(model), path)


def load_weights(model, path):
    """Give a model the weights of a safetensors file that `save_weights` wrote in either wing.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such file, broken, or of another model; it is said where they differ. Nothing is changed.
    """
    set_weights(model, weights.load(path))


def load_pretrained(model, path=None):
    """Give a model the weights of a published file, or of ours, that was trained on other classes.

    Everything below the layer `logits` must be in the file and fit. `logits` itself is taken where the file has it for
    as many classes; else it keeps what it has, and is to be trained.

    Args:
        model: `vgg16`, `resnet18` and so on: their docstrings name the files they take.
        path: HDF5 of Keras, .npz with names "layer/role", a state dict of `torch.save`, or safetensors. Nothing in it
            is ever run, and no pickle loaded. Without it the file is the one that comes with this course
            (`vgg16_small`, `small_resnet`), or that was published for this network, in the data directory, where
            `python -m utils.data download NAME` has put it; it is known by the model's layers, and nothing is
            downloaded here.

    Raises:
        FileNotFoundError: there is no such file; without a path, the command that gets it is said.
        ValueError: it is of another kind, broken, or of another network; it is said where they differ. Nothing is
            changed.
    """
    values = get_weights(model)
    set_weights(model, values | published.matched(path, {key: value.shape for key, value in values.items()}))


def _variables(model, prefix=""):
    """("layer/role", variable) for all weights of a model, models within it included."""
    if not isinstance(model, keras.Model):
        raise guards.no_model(model)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _variables(layer, f"{prefix}{layer.name}.")
        elif not layer.built:
            raise ValueError(f"Layer {prefix}{layer.name} has no weights yet: call the model on images once.")
        elif layer.weights:
            _check(f"{prefix}{layer.name}", layer)
            roles = {role: getattr(layer, role, None) for role in ROLES}
            yield from ((f"{prefix}{layer.name}/{role}", value) for role, value in roles.items() if value is not None)


def _check(name, layer):
    if type(layer) not in _KINDS:
        raise ValueError(f"Layer {name} is a {type(layer).__name__}, whose weights the wings do not exchange.")
    if getattr(layer, "groups", 1) != 1:
        raise ValueError(f"Layer {name} is a convolution of {layer.groups} groups, which the wings do not exchange.")
