"""Weights of PyTorch models as NumPy arrays, to and from the Keras wing and files, laid out as in `utils.weights`."""

import os

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from utils import guards, published, weights
from utils.torch.layers import GlobalAveragePool2d

_BATCH_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def get_weights(model):
    """All weights and running statistics of a model, copied.

    Args:
        model: made of convolutions, dense layers, batch norms, and layers without weights.

    Returns:
        {"layer/role": float32 array}, laid out as `utils.weights` says, the same in both wings.

    Raises:
        ValueError: a layer has weights of another kind, or maps are flattened between layers, not by nn.Flatten.
    """
    return {
        key: array_of(tensor.detach().float().numpy(force=True)).copy() for key, tensor, array_of, _ in _parts(model)
    }


def set_weights(model, values):
    """Give a model these weights; its device and dtype stay as they are.

    Args:
        model: as for `get_weights`.
        values: what `get_weights` returned, in either wing, for a model of the same layers and sizes.

    Raises:
        ValueError: a tensor is missing, unknown, of another shape, no float or not finite; then nothing is changed.
    """
    parts = _parts(model)
    values = weights.checked(values, {key: array_of(_shadow(tensor)).shape for key, tensor, array_of, _ in parts})
    with torch.no_grad():
        for key, tensor, _, tensor_of in parts:
            tensor.copy_(torch.from_numpy(np.ascontiguousarray(tensor_of(values[key]))))


def copy_weights(source, target):
    """Give `target` the weights of `source`.

    The frameworks share no process: what comes from the Keras wing is a dict, or a file of its `save_weights`.

    Args:
        source: a model of this wing, what `get_weights` returned in either wing, or the path of a safetensors file.
        target: a model of this wing with the same layers and sizes.

    Raises:
        FileNotFoundError, ValueError: as for `load_weights` and `set_weights`; then nothing is changed.
    """
    if isinstance(source, nn.Module):
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


def _parts(model):
    """("layer/role", tensor, our array of PyTorch's, PyTorch's of ours) for all weights of a model."""
    if not isinstance(model, nn.Module):
        raise guards.no_model(model)
    channels = _flattened_channels(model)
    parts = []
    for name, layer in model.named_modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            vector = _vector(channels[name]) if name in channels else (_same, _same)
            found = {role: (getattr(layer, attribute), *vector) for role, attribute in _BATCH_NORM.items()}
        elif isinstance(layer, nn.Conv2d):
            found = {"kernel": (layer.weight, *_convolution(name, layer)), "bias": (layer.bias, _same, _same)}
        elif isinstance(layer, nn.Linear):
            dense = _dense(channels.get(name, layer.in_features))
            found = {"kernel": (layer.weight, *dense), "bias": (layer.bias, _same, _same)}
        elif next(layer.parameters(recurse=False), None) is None:
            continue
        else:
            raise ValueError(f"Layer {name} is a {type(layer).__name__}, whose weights the wings do not exchange.")
        if any(is_lazy(tensor) for tensor, *_ in found.values()):
            raise ValueError(f"Layer {name} has no weights yet: call the model on images once.")
        parts += [(f"{name}/{role}", *part) for role, part in found.items() if part[0] is not None]
    return parts


def _same(array):
    return array


def _convolution(name, layer):
    if layer.groups == 1:
        return (lambda array: array.transpose(2, 3, 1, 0)), (lambda array: array.transpose(3, 2, 0, 1))
    if layer.groups == layer.in_channels == layer.out_channels:  # depthwise
        return (lambda array: array.transpose(2, 3, 0, 1)), (lambda array: array.transpose(2, 3, 0, 1))
    raise ValueError(f"Layer {name} is a convolution of {layer.groups} groups, which the wings do not exchange.")


def _dense(channels):
    """PyTorch flattens channel by channel, Keras cell by cell: the inputs of a dense layer swap accordingly."""

    def array_of(array):
        return array.reshape(len(array), channels, -1).transpose(2, 1, 0).reshape(-1, len(array))

    def tensor_of(array):
        units = array.shape[1]
        return array.reshape(-1, channels, units).transpose(2, 1, 0).reshape(units, -1)

    return array_of, tensor_of


def _vector(channels):
    """The same for a batch norm of what is flattened."""
    return (
        lambda array: array.reshape(channels, -1).transpose(1, 0).reshape(-1),
        lambda array: array.reshape(-1, channels).transpose(1, 0).reshape(-1),
    )


def _flattened_channels(model):
    """{dense layer or batch norm behind a flatten layer: how many channels were flattened}."""
    channels, given, found = getattr(model, "input_shape", (None,))[-1], "maps", {}
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d):
            channels, given = layer.out_channels, "maps"
        elif isinstance(layer, GlobalAveragePool2d) or getattr(layer, "output_size", None) in (1, (1, 1)):
            given = "means"
        elif isinstance(layer, nn.Flatten) and given != "means":
            given = "flat"
        elif isinstance(layer, nn.Linear | nn.BatchNorm1d):
            if given == "flat":
                found[name] = channels
            if given in ("flat", "maps"):
                _check_flattened(name, layer, channels, given)
            given = "units" if isinstance(layer, nn.Linear) else given
    return found


def _check_flattened(name, layer, channels, given):
    """Refuse a layer on flattened maps whose order can not be seen."""
    inputs = layer.in_features if isinstance(layer, nn.Linear) else layer.num_features
    if given == "flat" and (channels is None or inputs % channels):
        raise ValueError(
            f"How many channels are flattened for layer {name} can not be seen from the layers before it: "
            f"set model.input_shape = (height, width, channels)."
        )
    if given == "maps" and channels not in (None, 1) and inputs > channels and inputs % channels == 0:
        raise ValueError(
            f"Layer {name} takes {inputs} numbers from {channels} channels, and the wings flatten in different orders: "
            f"flatten by a layer of the model, nn.Flatten(), or average channels by nn.AdaptiveAvgPool2d(1)."
        )


def _shadow(tensor):
    """An array of a tensor's shape that takes no memory."""
    return np.broadcast_to(np.float32(0), tensor.shape)
