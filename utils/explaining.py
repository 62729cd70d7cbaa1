"""What both wings' `explain` need on NumPy arrays: batches, checks, class activation maps. No framework is needed."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from utils import guards

PIXELS_AT_ONCE = 2**18  # 28 pictures of 96×96, 5 of 224×224: of what a deep network computes of them, about 0.5 GB


def in_batches(function: Callable[..., np.ndarray], *stacks: np.ndarray) -> np.ndarray:
    """function(*stacks), called on a few of the images at once; the first of `stacks` are the images."""
    images = stacks[0]
    batches = few_at_once(len(images), images.shape[1] * images.shape[2])
    return np.concatenate([function(*(stack[few] for stack in stacks)) for few in batches])


def few_at_once(count: int, pixels: int) -> Iterator[slice]:
    """Slices that cut `count` pictures of so many pixels each into batches."""
    step = max(1, PIXELS_AT_ONCE // pixels)
    return (slice(start, start + step) for start in range(0, count, step))


def check_layers(layers: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that are none of the model's layers."""
    known = list(known)
    if isinstance(layers, str):
        raise ValueError(f"layers is {layers!r}: give a list of names, such as [{layers!r}].")
    for layer in layers:
        if layer not in known:
            raise ValueError(f"There is no layer {layer!r} in this model: choose one of {', '.join(known)}.")


def silent(layer: str) -> ValueError:
    """The error for a layer that was to be seen, but gave no tensor."""
    return ValueError(
        f"Layer {layer} gave no tensor for these images: choose one that takes part in the network and has one output."
    )


def checked_classes(classes: np.ndarray | None, outputs: np.ndarray, count: int) -> np.ndarray:
    """The classes to explain, int64 (count,): those asked for, or where that is None those of the highest logits.

    `outputs` are the logits of all images, or of the first one if classes were asked for.
    """
    guards.check_outputs(outputs[:1], None)
    if classes is None:
        return outputs.argmax(axis=1)
    classes = np.asarray(classes)
    if classes.shape != (count,) or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            f"classes are {classes.dtype} of shape {classes.shape}: give one integer for each of {count} images."
        )
    wrong = classes[(classes < 0) | (classes >= outputs.shape[1])]
    if len(wrong):
        raise ValueError(
            f"Class {wrong[0]} is not one of the model's {outputs.shape[1]}, 0 to {outputs.shape[1] - 1}: "
            f"give the number of a logit."
        )
    return classes.astype("int64")


def map_layer(layer: str | None, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """`layer` if its output is a feature map; the last layer of which that is so if it is None.

    A feature map has rows and columns, and more than one cell: a single one can not say where something is.

    Args:
        layer: one of `shapes`, or None.
        shapes: of each layer's output (N, height, width, channels) or (N, units), in the order they were computed.
    """
    maps = [name for name, shape in shapes.items() if len(shape) == 4 and shape[1] * shape[2] > 1]
    if not maps:
        raise ValueError("No layer of this model gives a feature map: saliency and occlusion need none.")
    if layer is None:
        return maps[-1]
    if layer not in shapes:
        raise silent(layer)
    if layer not in maps:
        raise ValueError(
            f"Layer {layer} gives shape {shapes[layer]}, no feature map of several cells: choose one of "
            f"{', '.join(maps)}."
        )
    return layer


def class_map(
    maps: np.ndarray, kernel: np.ndarray, bias: np.ndarray, logits: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """Class activation maps at the size of the feature maps (Zhou et al. 2016): their mean plus bias is the logit.

    Args:
        maps: float32 (N, height, width, channels), those of the last layer that gives feature maps.
        kernel, bias: (units, classes) and (classes,), of the last dense layer.
        logits: (N, classes), of the model.
        classes: int64 (N,).

    Raises:
        ValueError: the logits do not come from the means of these maps.
    """
    if len(kernel) == maps.shape[3]:
        computed = maps.mean(axis=(1, 2)) @ kernel + bias
        if np.allclose(computed, logits, rtol=1e-3, atol=1e-3 * np.abs(logits).max()):
            return np.einsum("nhwc,cn->nhw", maps, kernel[:, classes])
    raise no_head()


def no_head() -> ValueError:
    """The error for a model whose logits are no weighted sums of its feature maps' means."""
    return ValueError(
        "The model does not end in global average pooling of its last feature map and one dense layer, which "
        "class_activation_map reads: use grad_cam."
    )


def gradient_map(maps: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Grad-CAM at the size of the feature maps (Selvaraju et al. 2017): float32 (N, height, width), never below 0.

    Args:
        maps: float32 (N, height, width, channels).
        gradients: of the logit by these maps, of the same shape.
    """
    weights = gradients.mean(axis=(1, 2))
    return np.maximum(np.einsum("nhwc,nc->nhw", maps, weights), 0)


def resize(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps (N, height, width) enlarged to (N, *size), linear between the centers of cells, as both frameworks do it."""
    rows, columns = (_shares(old, new).astype(maps.dtype) for old, new in zip(maps.shape[1:], size))
    return rows @ maps @ columns.T


def _shares(old: int, new: int) -> np.ndarray:
    """How much of each of `old` cells is in each of `new` ones: (new, old)."""
    centers = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(centers[:, None] - np.arange(old)))
