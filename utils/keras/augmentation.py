"""Augmentation of whole batches in Keras, from parameters drawn by `utils.augmentation`."""

import keras
import numpy as np

from utils import _transforms, guards, inputs
from utils._parameters import check_parameters

LUMA = _transforms.YIQ[:1].T.astype("float32")


def augment(images, parameters):
    """Images as these parameters change them.

    Args:
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels). They stay as they are.
        parameters: drawn for them by `utils.augmentation.Augmentation.draw`.

    Returns:
        float32 (N, height, width, channels).

    Raises:
        ValueError: the images are empty, of wrong shape or type, not finite, or the parameters are none, or for others.
    """
    guards.check_images(images)
    check_parameters(parameters, images)
    return changed(images, parameters).numpy()


def changed(images, parameters):
    """The same, unchecked: a float32 tensor (N, height, width, channels)."""
    pictures = to_tensor(images)
    if parameters.matrices is not None:
        pictures = _moved(pictures, parameters)
    if parameters.colors is not None:
        pictures = _colored(pictures, parameters.colors.astype("float32"))
    if parameters.partners is not None:
        others = keras.ops.take(pictures, parameters.partners, axis=0)
        pictures = others + parameters.shares()[..., None] * (pictures - others)
    return keras.ops.clip(pictures, 0, 1) if images.dtype == np.uint8 else pictures  # between whites, sums round up


def to_tensor(images):
    """NumPy images as a float32 tensor of the same shape."""
    return keras.ops.convert_to_tensor(inputs.to_float(images))


def _moved(pictures, parameters):
    rows = parameters.matrices.reshape(-1, 6)
    projective = np.concatenate([rows, np.zeros((len(rows), 2))], axis=1).astype("float32")
    return keras.ops.image.affine_transform(
        pictures, projective, fill_mode=parameters.fill, fill_value=parameters.fill_value, data_format="channels_last"
    )


def _colored(pictures, colors):
    """Gray is three equal channels on which only sums count."""
    channels = pictures.shape[-1]
    pixels = keras.ops.reshape(pictures, (len(pictures), -1, channels))
    mean = keras.ops.mean(pixels, axis=1, keepdims=True)
    if channels == 3:
        mean = mean @ LUMA
        matrices = colors[:, :, :3].transpose(0, 2, 1)
    else:
        matrices = colors[:, :1, :3].sum(axis=2, keepdims=True)
    colored = pixels @ matrices + mean * colors[:, None, :channels, 3]
    return keras.ops.reshape(keras.ops.clip(colored, 0, 1), pictures.shape)
