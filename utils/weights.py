"""Weights as both wings exchange them: a dict of NumPy arrays, kept in safetensors files. No framework is needed.

Keys are "layer/role", such as "conv1/kernel" or "layer1.0.bn1/moving_mean"; arrays are float32 and laid out as Keras
lays them out:

| role | of | shape |
|---|---|---|
| kernel | convolution | (height, width, channels in, channels out) |
| kernel | depthwise convolution | (height, width, channels, 1) |
| kernel | dense layer | (inputs, units); behind a flatten layer inputs are in the order row, column, channel |
| bias | any of them | (channels out,) or (units,) |
| gamma, beta, moving_mean, moving_variance | batch normalization | (channels,); behind a flatten layer as above |
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from utils import guards, writing

ROLES = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
HEAD = "logits"  # the layer every classifier of ours ends in


def checked(weights: Mapping[str, np.ndarray], expected: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """`weights` as float32, if they are exactly those of a model whose tensors have the shapes `expected`.

    Raises:
        ValueError: a tensor is missing, unknown, of another shape, no float, or holds NaN or infinity.
    """
    if not isinstance(weights, Mapping):
        raise ValueError(f"Weights are a {type(weights).__name__}: pass the dict that get_weights returns.")
    missing, unknown = (listed(sorted(set(a) - set(b))) for a, b in ((expected, weights), (weights, expected)))
    if missing or unknown:
        found = ", and ".join(
            part for part in (missing and f"lack {missing}", unknown and f"hold {unknown}, which it has not") if part
        )
        raise ValueError(f"These weights are not the model's: they {found}; build the model that they were saved from.")
    return {name: _checked(name, np.asarray(weights[name]), tuple(shape)) for name, shape in expected.items()}


def _checked(name: str, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if array.shape != shape:
        raise ValueError(
            f"{name} has shape {array.shape} in these weights, but {shape} in the model: "
            f"build it with the input_shape, classes and widths that they were saved with."
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"{name} is {array.dtype}: weights are floating-point numbers.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity: the training it was saved from has failed; train again.")
    return array.astype(np.float32)


def save(weights: Mapping[str, np.ndarray], path: str | os.PathLike) -> None:
    """Write weights to a safetensors file, whole or not at all. ValueError where it can not be written."""
    guards.check_file("path", path)
    content = safetensors.numpy.save({name: np.array(array, np.float32, order="C") for name, array in weights.items()})
    with writing.whole(path) as part:
        part.write_bytes(content)


def load(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read a safetensors file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no safetensors file, or cut short.
    """
    path = existing(path)
    try:
        return safetensors.numpy.load(path.read_bytes())
    except (SafetensorError, KeyError, TypeError) as error:  # the latter two: a dtype that NumPy has not, such as bf16
        raise ValueError(
            f"{path.name} is no safetensors file of float32 weights, or broken ({error}): "
            f"save it again with save_weights; published files are for load_pretrained."
        ) from error


def existing(path: str | os.PathLike) -> Path:
    """`path` as a Path. FileNotFoundError unless it is a file."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: check its name, or download it first.")
    return path


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names in one phrase, the first few of them where they are many: "a, b and 7 more"; "" for none."""
    names = list(names)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
