"""Climbing to the picture that a filter answers most to: parameters, regularizers and steps, on NumPy arrays.

The wings only give the gradient of the filter by a picture; so both draw the same numbers and climb the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from utils.shapes import pair, whole

# The axes along which the colors of photos hardly correlate, brightness, red against blue, green against both (Ohta et
# al. 1980), and the standard deviations along them of CIFAR-10's first 5,000 pictures for training, in [0, 1].
AXES = np.array([[1, 1, 1], [1, 0, -1], [-1, 2, -1]]) / np.sqrt([[3], [2], [6]])
DEVIATIONS = np.array([0.415, 0.111, 0.053])
START = 0.1  # deviation of the first picture's pixels before the sigmoid: gray, but not the same gray everywhere
FLAT = 1e-3  # a step this small, a quarter of an 8-bit one, has hardly a direction


@dataclass(frozen=True)
class Ascent:
    """How `maximize_filter` climbs, with its arguments; refuses what makes no sense."""

    steps: int
    learning_rate: float
    jitter: int
    blur: float
    total_variation: float
    fourier: bool
    seed: int

    def __post_init__(self) -> None:
        """Check everything before anything is computed."""
        whole("steps", self.steps)
        whole("jitter", self.jitter, 0)
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(f"learning_rate is {self.learning_rate}: give a positive number, such as 0.1.")
        for name in ("blur", "total_variation"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is {getattr(self, name)}: give 0 for none, or a positive number.")


def picture_shape(input_shape: tuple[int | None, ...], size: int | tuple[int, int] | None) -> tuple[int, int, int]:
    """(height, width, channels) of the picture to climb on: of this size, or of that which the model was built for."""
    *built_for, channels = input_shape
    if channels is None:
        raise ValueError("The model does not say what it takes: set model.input_shape, or build it for one shape.")
    if size is None and None in built_for:
        raise ValueError("The model takes pictures of any size: say which one to make, size=96 or (height, width).")
    return (*(built_for if size is None else pair("size", size)), channels)


def check_filter(layer: str, filter: int, channels: int) -> int:
    """`filter` as an int, if the layer has one of this number."""
    if whole("filter", filter, 0) >= channels:
        raise ValueError(f"filter is {filter}, but layer {layer} has {channels}: choose one from 0 to {channels - 1}.")
    return int(filter)


def climb(
    shape: tuple[int, int, int],
    ascent: Ascent,
    gradient: Callable[[np.ndarray], np.ndarray],
    layer: str,
    filter: int,
) -> np.ndarray:
    """Ascend for `ascent.steps` steps of one length, `ascent.learning_rate`.

    A step's length is the root mean square of what it changes before the sigmoid, so that it means the same for waves
    and for pixels, whatever the size of the gradient.

    Args:
        shape: (height, width, channels) of the picture.
        ascent: how.
        gradient: of the filter's mean output by a picture; both float32 of that shape.
        layer, filter: which one it is.

    Returns:
        The picture at the end, float32 of that shape, in [0, 1].

    Raises:
        ValueError: at the start the gradient is 0 everywhere.
    """
    rng, canvas = np.random.default_rng(ascent.seed), Canvas(shape, ascent)
    parameters = START * rng.standard_normal(shape)
    for step in range(ascent.steps):
        picture = canvas.picture(parameters)
        shift = rng.integers(-ascent.jitter, ascent.jitter + 1, 2)
        upward = np.roll(gradient(np.roll(picture, shift, axis=(0, 1)).astype("float32")), -shift, axis=(0, 1))
        if step == 0 and not upward.any():
            raise _dead(layer, filter)
        upward = canvas.backward(upward - ascent.total_variation * total_variation_gradient(picture), picture)
        step_length = max(_root_mean_square(canvas.pixels(upward)), 1e-12)
        parameters = canvas.blurred(parameters + ascent.learning_rate * upward / step_length)
    return canvas.picture(parameters).astype("float32")


def _root_mean_square(array: np.ndarray) -> float:
    return float(np.sqrt(np.mean(array**2)))


def _dead(layer: str, filter: int) -> ValueError:
    return ValueError(
        f"Filter {filter} of layer {layer} has no gradient anywhere on the starting picture, so that the climb would "
        f"stay there: climb on the layer before its ReLU, or start from another seed."
    )


class Canvas:
    """Turns parameters into a picture (height, width, channels) in [0, 1] by a sigmoid, and gradients back.

    With Fourier parameters (Olah et al. 2017) each is the height of a wave. Their scale falls with the frequency, as
    in photos, and channels of RGB are the axes of their colors: steps of one size are large along what photos have
    much of. Waves are Hartley's, cosine plus sine: real, and the transform is its own inverse and transpose.
    """

    def __init__(self, shape: tuple[int, int, int], ascent: Ascent) -> None:
        height, width, channels = shape
        self.fourier, self.blur = ascent.fourier, ascent.blur
        frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))[..., None]  # waves a pixel
        scale = 1 / np.maximum(frequencies, 1 / max(height, width))
        self.scale = scale / _root_mean_square(scale)  # so that pixels deviate as much as parameters
        self.passed = np.exp(-2 * (np.pi * self.blur * frequencies) ** 2)  # what a Gaussian leaves of each wave
        self.colors = AXES * DEVIATIONS[:, None] / _root_mean_square(DEVIATIONS) if channels == 3 else np.eye(channels)

    def picture(self, parameters: np.ndarray) -> np.ndarray:
        """Float64 in [0, 1]. Left and right border, and top and bottom, are neighbors: jitter shifts it around."""
        return expit(self.pixels(parameters))

    def pixels(self, parameters: np.ndarray) -> np.ndarray:
        """The picture before the sigmoid, a linear function of the parameters."""
        return hartley(parameters * self.scale) @ self.colors if self.fourier else parameters

    def backward(self, gradient: np.ndarray, picture: np.ndarray) -> np.ndarray:
        """The gradient by the parameters, from that by the picture which they make."""
        by_pixels = gradient * picture * (1 - picture)
        return hartley(by_pixels @ self.colors.T) * self.scale if self.fourier else by_pixels

    def blurred(self, parameters: np.ndarray) -> np.ndarray:
        """Parameters of a picture that a Gaussian of `blur` pixels has smoothed before the sigmoid."""
        if not self.blur:
            return parameters
        return parameters * self.passed if self.fourier else hartley(hartley(parameters) * self.passed)


def hartley(x: np.ndarray) -> np.ndarray:
    """Discrete Hartley transform of the rows and columns of x (height, width, channels), its own inverse."""
    spectrum = np.fft.fft2(x, axes=(0, 1), norm="ortho")
    return spectrum.real - spectrum.imag


def total_variation(picture: np.ndarray) -> float:
    """The mean length of the step from a pixel to its lower and right neighbors (Rudin et al. 1992)."""
    return float(_steps(picture)[2].mean())


def total_variation_gradient(picture: np.ndarray) -> np.ndarray:
    """The gradient of `total_variation` by the picture."""
    down, right, length = _steps(picture)
    down, right = down / length, right / length
    return (np.roll(down, 1, axis=0) - down + np.roll(right, 1, axis=1) - right) / picture.size


def _steps(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    down, right = (np.roll(picture, -1, axis) - picture for axis in (0, 1))
    return down, right, np.sqrt(down**2 + right**2 + FLAT**2)
