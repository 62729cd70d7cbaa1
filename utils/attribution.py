"""Attribution of a logit to pixels: noise, paths and windows on NumPy arrays. No framework is needed.

Images are float32 (N, height, width, channels), and logits and gradients come from functions of the wings:
`logits(images)` gives float32 (N, classes), `gradients(images, classes)` the gradient of one logit of each image by
that image, float32 of the images' shape.
"""

import itertools
import warnings
from collections.abc import Callable

import numpy as np

from utils.explaining import few_at_once
from utils.shapes import whole

Logits = Callable[[np.ndarray], np.ndarray]
Gradients = Callable[[np.ndarray, np.ndarray], np.ndarray]

INCOMPLETE = 0.05  # the share missed that Sundararajan et al. find acceptable


def saliency(gradients: np.ndarray) -> np.ndarray:
    """The largest absolute value over the channels: (N, height, width, channels) → (N, height, width)."""
    return np.abs(gradients).max(axis=3)


def smooth_grad(
    images: np.ndarray, classes: np.ndarray, gradients: Gradients, samples: int, noise: float, seed: int
) -> np.ndarray:
    """The mean gradient of noisy copies (Smilkov et al. 2017): float32 (N, height, width, channels).

    Each picture meets the same noise, which is `noise` times its range. Copies are cut off at that range: networks that
    preprocess refuse what can be no picture.
    """
    whole("samples", samples)
    if not 0 < noise <= 1:
        raise ValueError(f"noise is {noise!r}: give a share of the pictures' range, above 0 and at most 1.")
    draws = np.random.default_rng(seed).standard_normal((samples, *images.shape[1:]), "float32")
    low, high = images.min(axis=(1, 2, 3), keepdims=True), images.max(axis=(1, 2, 3), keepdims=True)

    def noisy(sample: int) -> np.ndarray:
        return np.clip(images + np.float32(noise) * (high - low) * draws[sample], low, high)

    return _mean_gradient(noisy, samples, classes, gradients)


def integrated_gradients(
    images: np.ndarray,
    classes: np.ndarray,
    gradients: Gradients,
    logits: Logits,
    baseline: float,
    steps: int,
) -> np.ndarray:
    """Each pixel's share in the logit's way from the baseline to the picture (Sundararajan et al. 2017).

    The gradient is taken in the middle of each of `steps` pieces of the straight line between them. RuntimeWarning
    where the shares do not add up to what the logit gained: `INCOMPLETE`.
    """
    whole("steps", steps)
    _check_number("baseline", baseline)
    start = np.full_like(images, baseline)
    way = images - start
    mean = _mean_gradient(lambda step: start + np.float32((step + 0.5) / steps) * way, steps, classes, gradients)
    rows = np.arange(len(images))
    gained = logits(images)[rows, classes] - logits(start)[rows, classes]
    _check_completeness(way * mean, gained, steps)
    return way * mean


def _check_completeness(attributions: np.ndarray, gained: np.ndarray, steps: int) -> None:
    axes = (1, 2, 3)
    # where hardly anything was gained, attributions of both signs cancel, and their rounding counts for nothing
    scale = np.maximum(np.abs(gained), np.abs(attributions).sum(axis=axes) / 10)
    missed = np.abs(attributions.sum(axis=axes) - gained) / np.maximum(scale, 1e-12)
    if missed.max() > INCOMPLETE:
        warnings.warn(
            f"The attributions of {int((missed > INCOMPLETE).sum())} of {len(missed)} images miss what the logit "
            f"gained, at worst by {missed.max():.0%}: take more steps than {steps}.",
            RuntimeWarning,
            stacklevel=4,  # the line that called the wing's function
        )


def _mean_gradient(
    variant: Callable[[int], np.ndarray], count: int, classes: np.ndarray, gradients: Gradients
) -> np.ndarray:
    """The mean gradient of variant(0), …, variant(count - 1), each the images changed, several of them at once."""
    shape = variant(0).shape
    total = np.zeros(shape)
    for few in few_at_once(count, len(classes) * shape[1] * shape[2]):
        numbers = range(count)[few]
        found = gradients(np.concatenate([variant(number) for number in numbers]), np.tile(classes, len(numbers)))
        total += found.reshape(len(numbers), *shape).sum(axis=0, dtype="float64")
    return (total / count).astype("float32")


def occlusion(
    images: np.ndarray, classes: np.ndarray, logits: Logits, window: int, stride: int, value: float
) -> np.ndarray:
    """How much a logit falls, in the mean over the windows that cover a pixel: float32 (N, height, width)."""
    places = _places(images.shape[1:3], window, stride)
    _check_number("value", value)
    return np.stack([_falls(image, class_, logits, places, value) for image, class_ in zip(images, classes)])


def _places(size: tuple[int, int], window: int, stride: int) -> list[tuple[slice, slice]]:
    """Where windows lie: each `stride` pixels, and flush with the right and the lower border."""
    if whole("window", window) > min(size):
        raise ValueError(f"window is {window}, but the images have {size[0]}×{size[1]} pixels: take a smaller one.")
    if whole("stride", stride) > window:
        raise ValueError(f"stride is {stride}, above window={window}: some pixels would never be covered, lower it.")
    starts = [sorted({*range(0, side - window, stride), side - window}) for side in size]
    return [tuple(slice(start, start + window) for start in corner) for corner in itertools.product(*starts)]


def _falls(
    image: np.ndarray, class_: int, logits: Logits, places: list[tuple[slice, slice]], value: float
) -> np.ndarray:
    total, times = np.zeros((2, *image.shape[:2]))
    before = logits(image[None])[0, class_]
    for few in few_at_once(len(places), total.size):
        covered = np.repeat(image[None], len(places[few]), axis=0)
        for picture, place in zip(covered, places[few]):
            picture[place] = value
        for place, after in zip(places[few], logits(covered)[:, class_]):
            total[place] += before - after
            times[place] += 1
    return (total / times).astype("float32")


def _check_number(name: str, value: float) -> None:
    if not isinstance(value, int | float | np.number) or not np.isfinite(value):
        raise ValueError(f"{name} is {value!r}: give one finite number, the same for all pixels.")
