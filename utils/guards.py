"""What both wings refuse, each in one sentence that names the value, the rule and the way out."""

import os
from pathlib import Path

import numpy as np


def check_images(images: np.ndarray) -> None:
    """Refuse what is not a non-empty stack of uint8 or finite float32 images."""
    sizes = _sizes(images)
    if len(sizes) > 1:
        raise ValueError(
            f"Images differ in shape, such as {' and '.join(map(str, sorted(sizes)[:2]))}: resize them to one size "
            f"first, for example with utils.images.resize."
        )
    if not isinstance(images, np.ndarray) or images.ndim != 4:
        found = f"of shape {images.shape}" if isinstance(images, np.ndarray) else f"a {type(images).__name__}"
        raise ValueError(f"Images are {found}: pass a NumPy array of shape (N, height, width, channels).")
    if len(images) == 0:
        raise ValueError(f"There are no images in this array of shape {images.shape}: pass at least one.")
    if images.dtype not in (np.uint8, np.float32):
        raise ValueError(
            f'Images are {images.dtype}: pass uint8 (0-255), or images.astype("float32") on your own scale.'
        )
    if images.dtype == np.float32 and not np.isfinite(images).all():
        broken = int((~np.isfinite(images).all(axis=(1, 2, 3))).sum())
        raise ValueError(f"{broken} of {len(images)} images hold NaN or infinity: find them with np.isfinite.")


def _sizes(images: object) -> set[tuple[int, ...]]:
    """The shapes in a list of arrays, or in an array of them; empty where there are none."""
    if isinstance(images, np.ndarray) and images.dtype != object:
        return set()
    return {image.shape for image in images if isinstance(image, np.ndarray)} if np.iterable(images) else set()


def check_labels(labels: np.ndarray, count: int) -> None:
    """Refuse what is not one class number for each of `count` images."""
    if not isinstance(labels, np.ndarray) or labels.ndim != 1:
        found = f"of shape {labels.shape}" if isinstance(labels, np.ndarray) else f"a {type(labels).__name__}"
        raise ValueError(f"Labels are {found}: pass class numbers of shape (N,); from one-hot rows, .argmax(axis=1).")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f'Labels are {labels.dtype}: pass integers, for example labels.astype("int64").')
    if len(labels) != count:
        raise ValueError(f"There are {count} images but {len(labels)} labels: pass one label for each image.")


def no_model(model: object) -> ValueError:
    """The error for what is no model of the wing's framework."""
    return ValueError(
        f"model is a {type(model).__name__}: give a Keras model to utils.keras, a PyTorch model to utils.torch."
    )


def check_pair(name: str, pair: object, parts: str) -> None:
    """Refuse what is no tuple or list of two, such as images without their labels."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        found = f"has {len(pair)} parts" if isinstance(pair, tuple | list) else f"is a {type(pair).__name__}"
        raise ValueError(f"{name} {found}: give a pair, {name}=({parts}).")


def check_training(labels: np.ndarray, validation: tuple | None, patience: int | None) -> None:
    """Refuse what nothing can be learned from, and patience without anything to judge by."""
    if isinstance(labels, np.ndarray) and labels.ndim == 1 and len(labels) and (labels == labels[0]).all():
        raise ValueError(
            f"All {len(labels)} labels are {labels[0]}: a classifier learns from images of at least two classes; "
            f"shuffle before you take a part."
        )
    if validation is None and patience is not None:
        raise ValueError(
            f"patience is {patience}, but there is no validation to judge by: give validation=(images, labels)."
        )
    if validation is not None:
        check_pair("validation", validation, "images, labels")


def check_trainable(count: int) -> None:
    """Refuse a model of whose tensors none is to be trained."""
    if count == 0:
        raise ValueError("Every layer of this model is frozen: unfreeze those that are to be trained.")


def check_file(name: str, path: str | os.PathLike) -> None:
    """Refuse what is no path of a file that can be written."""
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"{name} is a {type(path).__name__}: give the path of a file.")
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give the path of a file in it.")
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {path.parent} for {path.name}: make it, or name another.")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"The folder {path.parent} can not be written to: name another for {path.name}.")


def check_checkpoint(path: str | os.PathLike, found: dict[str, str], expected: dict[str, str]) -> None:
    """Refuse a checkpoint that was written by another training."""
    for name, value in expected.items():
        if found.get(name) != value:
            raise ValueError(
                f"{path} is of a training with {name} {found.get(name)}, but this one has {value}: give the same "
                f"arguments again, or another file."
            )


def no_checkpoint(path: str | os.PathLike) -> ValueError:
    """The error for a file that training can not go on from; raise it `from` what was found wrong."""
    return ValueError(f"{path} is no checkpoint of this model, or broken: give another file, or delete this one.")


def no_array(outputs: object) -> ValueError:
    """The error for a model that gives something else than one array."""
    return ValueError(f"The model gives a {type(outputs).__name__}: give one with a single output.")


def check_classes(shape: tuple[int, ...]) -> None:
    """Refuse the single logit of a model that tells two classes apart by its sign: softmax makes 1 of any number."""
    if shape in ((1,), (1, 1)):
        raise ValueError("The model gives one logit for each image: give it one for each class, two for yes and no.")


def check_outputs(outputs: np.ndarray, labels: np.ndarray | None) -> None:
    """Refuse a model whose outputs for one image are not logits, float32 (1, classes), or do not suit the labels."""
    if outputs.ndim != 2:
        raise ValueError(
            f"For one image the model gives shape {outputs.shape}, not (1, classes): flatten before its last layer."
        )
    if (outputs >= 0).all() and abs(outputs.sum() - 1) < 1e-5:
        raise ValueError("The model gives probabilities, where logits are wanted: leave out its final softmax.")
    if labels is None:
        return
    wrong = labels[(labels < 0) | (labels >= outputs.shape[1])]
    if len(wrong):
        raise ValueError(
            f"Label {wrong[0]} is not one of the model's {outputs.shape[1]} classes, 0 to {outputs.shape[1] - 1}: "
            f"correct the labels, or build it with more classes."
        )


def too_small(input_shape: tuple[int, int, int]) -> ValueError:
    """The error for an input_shape of which the layers leave nothing."""
    return ValueError(
        f"input_shape is {input_shape}: too small, the convolutions leave nothing of it; give larger images."
    )


def does_not_fit(shape: tuple[int, ...]) -> ValueError:
    """The error for images that a model can not take; raise it `from` what the framework said."""
    return ValueError(f"The model can not take images of shape {shape}: resize them, or build it for that shape.")


def check_batch_size(batch_size: int) -> None:
    """Refuse a batch size that is no positive whole number."""
    if not _is_count(batch_size):
        raise ValueError(f"batch_size is {batch_size!r}: give a whole number of images, at least 1.")


def check_architecture(input_shape: tuple[int, int, int], classes: int) -> None:
    """Refuse sizes that no network can be built for."""
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 3 or not all(map(_is_count, input_shape)):
        raise ValueError(f"input_shape is {input_shape!r}: give (height, width, channels), such as (28, 28, 1).")
    if not _is_count(classes) or classes < 2:
        raise ValueError(f"classes is {classes!r}: a classifier needs at least 2.")


def check_pretrained_architecture(input_shape: tuple[int, int, int], classes: int | None) -> None:
    """The same for a network of published weights: RGB pictures, and None for no classifier on top."""
    check_architecture(input_shape, 2 if classes is None else classes)
    if input_shape[-1] != 3:
        raise ValueError(f"input_shape is {input_shape}: this network takes RGB pictures, of 3 channels.")


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 1
