"""Where the windows of a layer stand on images, and what is computed from them: the inside of `utils.ops`.

`utils.shapes.Axis` knows the windows along one axis; here two of them, `rows` for height and `columns` for width,
meet arrays. The arrays are NCHW, of one floating dtype (pooling's of any), and `utils.ops` has checked them.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from utils import shapes
from utils.shapes import Axis, pair

Size = int | tuple[int, int]
Padding = int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]] | str


def axes(sizes: Size, kernel: Size, stride: Size, padding: Padding, dilation: Size, *, ceil_mode=False) -> list[Axis]:
    """The windows of a convolution or pooling along height and along width."""
    per_axis = zip(sizes, kernel, pair("stride", stride), paddings(padding), pair("dilation", dilation))
    return [shapes.axis(*numbers, ceil_mode=ceil_mode) for numbers in per_axis]


def paddings(padding: Padding) -> tuple:
    """The padding of height and that of width, each still an int, (before, after) or a name."""
    both = tuple(padding) if isinstance(padding, tuple | list) else (padding, padding)
    if len(both) != 2:
        raise ValueError(f"padding must be an int, a pair, ((top, bottom), (left, right)) or a name, not {padding!r}.")
    return both


def pad(x: np.ndarray, rows: Axis, columns: Axis, value: float = 0) -> np.ndarray:
    """x with `value` around it, at the end no farther than the windows reach."""
    ends = [(axis.before, max(axis.reach - axis.before - axis.size, 0)) for axis in (rows, columns)]
    return np.pad(x, ((0, 0), (0, 0), *ends), constant_values=value)


def windows(x: np.ndarray, rows: Axis, columns: Axis, value: float = 0) -> np.ndarray:
    """Every window of x padded with `value`: a view (N, C, OH, OW, kh, kw), for which no number is copied again."""
    dense = sliding_window_view(pad(x, rows, columns, value), (rows.span, columns.span), axis=(2, 3))
    return dense[:, :, :: rows.stride, :: columns.stride, :: rows.dilation, :: columns.dilation]


def im2col(image: np.ndarray, groups: int) -> np.ndarray:
    """The windows (C, OH, OW, kh, kw) of one image, copied to matrices (groups, C/groups · kh · kw, OH · OW)."""
    channels, height, width, kh, kw = image.shape
    return image.transpose(0, 3, 4, 1, 2).reshape(groups, channels // groups * kh * kw, height * width)


def convolve_by_loops(x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """One output number after another: lay the filter on the image, multiply cell by cell, add up."""
    padded = pad(x, rows, columns)
    y = np.empty((len(x), len(w), rows.windows, columns.windows), x.dtype)
    depth, filters_per_group = w.shape[1], len(w) // groups
    for n in range(len(x)):
        for f in range(len(w)):
            first = f // filters_per_group * depth  # channel of those that this filter's group looks at
            for i in range(rows.windows):
                for j in range(columns.windows):
                    top, left = i * rows.stride, j * columns.stride
                    height = slice(top, top + rows.span, rows.dilation)
                    width = slice(left, left + columns.span, columns.dilation)
                    y[n, f, i, j] = (padded[n, first : first + depth, height, width] * w[f]).sum()
    return y


def convolve_by_im2col(x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """One matrix product for each image: the filters are its rows, the windows its columns."""
    filters = w.reshape(groups, len(w) // groups, -1)
    y = np.empty((len(x), *filters.shape[:2], rows.windows * columns.windows), x.dtype)
    for image, output in zip(windows(x, rows, columns), y):
        np.matmul(filters, im2col(image, groups), out=output)
    return y.reshape(len(x), len(w), rows.windows, columns.windows)


def convolve_by_fft(x: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """Spectra multiplied, the filter's conjugated: correlation at every start, of which the stride keeps some."""
    padded = pad(x, rows, columns)
    size = padded.shape[2:]
    dilated = np.zeros((*w.shape[:2], rows.span, columns.span), w.dtype)
    dilated[:, :, :: rows.dilation, :: columns.dilation] = w
    images, filters = np.fft.rfft2(padded), np.fft.rfft2(dilated, size).conj()
    spectrum = images.shape[2:]
    images = images.reshape(len(x), groups, w.shape[1], *spectrum)
    filters = filters.reshape(groups, len(w) // groups, w.shape[1], *spectrum)
    outputs = np.einsum("ngchw,gfchw->ngfhw", images, filters).reshape(len(x), len(w), *spectrum)
    everywhere = np.fft.irfft2(outputs, size)  # wraps around at the right and the bottom, where no window starts
    return everywhere[:, :, rows.tap(0), columns.tap(0)].astype(x.dtype)


METHODS = {"im2col": convolve_by_im2col, "loops": convolve_by_loops, "fft": convolve_by_fft}


def spread(numbers: np.ndarray, w: np.ndarray, rows: Axis, columns: Axis, groups: int) -> np.ndarray:
    """im2col backwards: each number, (N, F, OH, OW), lays its filter, times itself, on its window; overlaps add up.

    w is (F, C/groups, kh, kw), the result (N, C, H, W) with the sizes of the axes, padding cut off.
    """
    filters = w.reshape(groups, len(w) // groups, -1).swapaxes(1, 2)
    height, width = (max(axis.reach, axis.before + axis.size) for axis in (rows, columns))
    canvas = np.zeros((len(numbers), w.shape[1] * groups, height, width), np.result_type(numbers, w))
    for image, of_image in zip(canvas, numbers):
        laid = (filters @ of_image.reshape(groups, len(w) // groups, -1)).reshape(
            len(image), *w.shape[2:], *numbers.shape[2:]
        )
        for i, j in np.ndindex(w.shape[2:]):
            image[:, rows.tap(i), columns.tap(j)] += laid[:, i, j]
    return canvas[:, :, rows.before : rows.before + rows.size, columns.before : columns.before + columns.size]
