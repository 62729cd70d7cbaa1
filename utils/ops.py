"""The operations of a convolutional network in NumPy: short enough to read, exact enough to check the frameworks by.

Images are (N, C, H, W): images, channels, height, width. Convolution is cross-correlation (the kernel is not
flipped), as in Keras and PyTorch. What an operation means is what ONNX's operator of that name means. Sizes are an int
or a pair (for height, for width); `padding` is an int, such a pair, ((top, bottom), (left, right)), or one of the names
"valid", "same" and "full", with the rules of `utils.shapes.output_size`.

Floats keep their dtype. Integers are computed as floats, float32 for up to 16 bits and else float64; what only moves
or compares numbers (`max_pool2d`, `upsample_nearest2d`, `relu`) leaves them integers. Wrong ranks, sizes that do not
go together and impossible geometry raise ValueError with the numbers.
"""

import numpy as np
from scipy import special

from utils import _windows, shapes
from utils._windows import Padding, Size
from utils.shapes import Axis, pair, whole


def conv2d(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
    method: str = "im2col",
) -> np.ndarray:
    """Convolution (ONNX Conv): x (N, C, H, W), w (F, C/groups, kh, kw) and bias (F,) give (N, F, OH, OW).

    `method` is the route, not the result:
    "im2col" copies every window into a column of a matrix and multiplies. For that it needs memory for the columns of
    one image at a time, C · kh · kw · OH · OW numbers, about kh · kw times the image at stride 1: 2.4 MB for
    64 channels of 32×32 in float32 and a kernel of 3×3, 116 MB for 64 channels of 224×224.
    "loops" computes one output number after another, as one would by hand: to be read, and to be waited for.
    "fft" multiplies spectra, which pays for large kernels at stride 1. It needs memory for the spectra of all images
    and filters, (N·C + F·C/groups + N·F) · H · W numbers of the padded size; a NaN spoils its whole image.
    """
    groups = whole("groups", groups)
    x, w, bias = _convolution_arguments(x, w, bias, groups)
    if method not in _windows.METHODS:
        raise ValueError(f"method must be one of {', '.join(_windows.METHODS)}, not {method!r}.")
    rows, columns = _windows.axes(x.shape[2:], w.shape[2:], stride, padding, dilation)
    return _plus_bias(_windows.METHODS[method](x, w, rows, columns, groups), bias)


def conv2d_backward(
    grad: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    *,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dw, dbias) of a loss, given its gradient `grad` (N, F, OH, OW) at the output of `conv2d`.

    x, w and the keywords are those of the forward pass; dx has the shape and dtype of x, dw those of w, and dbias is
    (F,) in the dtype of w. Memory: the columns of one image, as for `conv2d`.
    """
    groups, grad = whole("groups", groups), _floats("grad", grad)
    dx_dtype, dw_dtype = _floats("x", x).dtype, _floats("w", w).dtype
    x, w, _ = _convolution_arguments(x, w, None, groups)
    rows, columns = _windows.axes(x.shape[2:], w.shape[2:], stride, padding, dilation)
    expected = (len(x), len(w), rows.windows, columns.windows)
    if grad.shape != expected:
        raise ValueError(f"grad has shape {grad.shape}, but the output of this convolution has {expected}.")
    dw = np.zeros((groups, len(w) // groups, w[0].size), np.result_type(grad, x))
    for image, of_image in zip(_windows.windows(x, rows, columns), grad):
        dw += of_image.reshape(*dw.shape[:2], -1) @ _windows.im2col(image, groups).swapaxes(1, 2)
    dx, dbias = _windows.spread(grad, w, rows, columns, groups), grad.sum(axis=(0, 2, 3))
    return dx.astype(dx_dtype, copy=False), dw.reshape(w.shape).astype(dw_dtype, copy=False), dbias.astype(dw_dtype)


def conv_transpose2d(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> np.ndarray:
    """Transposed convolution (ONNX ConvTranspose): x (N, C, H, W), w (C, F/groups, kh, kw), bias (F,): (N, F, OH, OW).

    Each input number lays its filter, times itself, onto the output; what overlaps is added, and `padding` is cut off
    (`utils.shapes.transposed_output_size`). With the same w and sizes it is the gradient of `conv2d` for its input.
    Memory: F · kh · kw · H · W numbers, one image at a time.
    """
    groups = whole("groups", groups)
    x, w, bias = _convolution_arguments(x, w, bias, groups, transposed=True)
    sizes = (x.shape[2:], w.shape[2:], pair("stride", stride), _windows.paddings(padding))
    rows, columns = map(
        shapes.transposed_axis, *sizes, pair("output_padding", output_padding, 0), pair("dilation", dilation)
    )
    return _plus_bias(_windows.spread(x, w, rows, columns, groups), bias)


def max_pool2d(
    x: np.ndarray,
    size: Size,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> np.ndarray:
    """The largest number in each window (ONNX MaxPool): x (N, C, H, W), integers too, to (N, C, OH, OW), same dtype.

    `stride=None` is the window's `size`. Padding never wins: it is -inf, or an integer dtype's least number, which is
    also what comes out where a dilated window sees nothing but padding.
    """
    x = _images("x", x)
    rows, columns = _pooling_axes(x, size, stride, padding, dilation, ceil_mode)
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return _windows.windows(x, rows, columns, least).max(axis=(4, 5))


def avg_pool2d(
    x: np.ndarray,
    size: Size,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> np.ndarray:
    """The mean of each window (ONNX AveragePool): x (N, C, H, W), integers too, to floats (N, C, OH, OW).

    `stride=None` is the window's `size`. The divisor is the number of cells on the picture, with `count_include_pad`
    on the picture and its padding; cells beyond the padding, which `ceil_mode` brings in, never count. 0 comes out
    where a dilated window sees nothing but padding.
    """
    x = _floats("x", _images("x", x))
    rows, columns = _pooling_axes(x, size, stride, padding, dilation, ceil_mode)
    totals = _windows.windows(x, rows, columns).sum(axis=(4, 5))
    cells = np.outer(rows.cells(padding=count_include_pad), columns.cells(padding=count_include_pad))
    return totals / np.maximum(cells, 1).astype(x.dtype)


def global_avg_pool2d(x: np.ndarray) -> np.ndarray:
    """The mean of each channel (ONNX GlobalAveragePool): x (N, C, H, W) to floats (N, C, 1, 1)."""
    return _floats("x", _images("x", x)).mean(axis=(2, 3), keepdims=True)


def upsample_nearest2d(x: np.ndarray, scale: Size) -> np.ndarray:
    """Each cell repeated `scale` times along each axis: x (N, C, H, W) to (N, C, H·scale, W·scale), same dtype."""
    height, width = pair("scale", scale)
    return _images("x", x).repeat(height, axis=2).repeat(width, axis=3)


def upsample_bilinear2d(x: np.ndarray, scale: Size) -> np.ndarray:
    """Straight lines between the centers of cells: x (N, C, H, W) to floats (N, C, H·scale, W·scale).

    ONNX Resize, mode linear, half_pixel: a cell's center lies half a cell from its edge (`align_corners=False` in
    PyTorch, and what Keras does), and beyond the outermost centers the picture goes on unchanged.
    """
    x = _floats("x", _images("x", x))
    return _stretch(_stretch(x, 2, pair("scale", scale)[0]), 3, pair("scale", scale)[1])


def batch_statistics(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean, variance), each (C,), of the channels of x (N, C, ...) over everything else: what training normalizes by.

    The variance is the biased one, divided by n; PyTorch's running variance divides by n - 1, Keras's by n.
    """
    x = _batch(x)
    axes = (0, *range(2, x.ndim))
    if x.size == 0:
        raise ValueError(f"x has shape {x.shape}: nothing to take a mean of.")
    mean, var = x.mean(axes, dtype=np.float64), x.var(axes, dtype=np.float64)
    return mean.astype(x.dtype), var.astype(x.dtype)


def batch_norm(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, mean: np.ndarray, var: np.ndarray, eps: float = 1e-5
) -> np.ndarray:
    """gamma · (x - mean) / √(var + eps) + beta for each channel of x (N, C, ...); the other four are (C,).

    ONNX BatchNormalization (Ioffe and Szegedy 2015). In training mean and var are the batch's (`batch_statistics`), in
    inference the running ones. eps is PyTorch's; Keras's default is 1e-3. ValueError where a variance is negative.
    """
    x = _batch(x)
    gamma, beta, mean, var = (
        _per_channel(name, value, x) for name, value in {"gamma": gamma, "beta": beta, "mean": mean, "var": var}.items()
    )
    if (var < 0).any() or not eps >= 0:
        raise ValueError(f"var and eps must not be negative, but the least variance is {var.min()} and eps is {eps}.")
    return gamma * (x - mean) / np.sqrt(var + x.dtype.type(eps)) + beta


def dropout(x: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Zeros in place of a share `rate` of the numbers of x, the rest divided by 1 - rate so that the mean stays.

    For training; in inference there is nothing to do (ONNX Dropout; Srivastava et al. 2014, scaled at once instead of
    later). Any shape; `rng` decides. ValueError unless 0 ≤ rate < 1.
    """
    x = _floats("x", x)
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be at least 0 and below 1, not {rate!r}.")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a generator such as numpy.random.default_rng(0), not {rng!r}.")
    return np.where(rng.random(x.shape) >= rate, x / (1 - float(rate)), x.dtype.type(0))


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), number by number (ONNX Relu); any shape, same dtype."""
    return np.maximum(_numbers("x", x), 0)


def leaky_relu(x: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """x where positive, else alpha · x (ONNX LeakyRelu). alpha is PyTorch's; Keras's layer has 0.3."""
    x = _floats("x", x)
    return np.maximum(x, 0) + float(alpha) * np.minimum(x, 0)


def elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """x where positive, else alpha · (eˣ - 1) (ONNX Elu; Clevert et al. 2016)."""
    x = _floats("x", x)
    return np.maximum(x, 0) + float(alpha) * np.expm1(np.minimum(x, 0))


def gelu(x: np.ndarray) -> np.ndarray:
    """x · Φ(x), Φ the normal distribution function: the exact form (ONNX Gelu; Hendrycks and Gimpel 2016)."""
    x = _floats("x", x)
    return x * special.ndtr(x).astype(x.dtype, copy=False)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ˣ), number by number (ONNX Sigmoid), without overflow."""
    x = _floats("x", x)
    return special.expit(x).astype(x.dtype, copy=False)


def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, number by number (ONNX Tanh)."""
    return np.tanh(_floats("x", x))


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """eˣ divided by its sum along `axis`: probabilities (ONNX Softmax), without overflow. Same shape."""
    return special.softmax(_floats("x", x), axis=axis)


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.floating:
    """Mean of -log softmax(logits)[label]: logits (N, classes, ...), labels integers (N, ...) from 0 to classes - 1.

    In nats; ONNX SoftmaxCrossEntropyLoss, reduction mean. ValueError for labels that are no classes, or no labels.
    """
    logits, labels = _batch(logits, "logits"), np.asarray(labels)
    classes = logits.shape[1]
    expected = logits.shape[:1] + logits.shape[2:]
    if labels.dtype.kind not in "iu" or labels.shape != expected or labels.size == 0:
        raise ValueError(
            f"labels must be integers of shape {expected} (at least one) for logits of shape {logits.shape}, "
            f"but are {labels.dtype} of shape {labels.shape}."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must lie in 0 to {classes - 1}, but reach from {labels.min()} to {labels.max()}.")
    picked = np.take_along_axis(special.log_softmax(logits, axis=1), np.expand_dims(labels, 1).astype(np.intp), axis=1)
    return -picked.mean()


def _stretch(x: np.ndarray, axis: int, scale: int) -> np.ndarray:
    """x, `scale` times as long along `axis`, linear between the centers of its cells."""
    size = x.shape[axis]
    centers = np.clip((np.arange(size * scale) + 0.5) / scale - 0.5, 0, size - 1)
    left = np.floor(centers).astype(int)
    right = np.minimum(left + 1, size - 1)
    share = (centers - left).astype(x.dtype).reshape((-1,) + (1,) * (x.ndim - axis - 1))
    return x.take(left, axis) * (1 - share) + x.take(right, axis) * share


def _numbers(name: str, x: np.ndarray) -> np.ndarray:
    x = np.asarray(x)
    if x.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold integers or floats, not {x.dtype}.")
    return x


def _floats(name: str, x: np.ndarray) -> np.ndarray:
    x = _numbers(name, x)
    return x if x.dtype.kind == "f" else x.astype(np.result_type(x, np.float32))


def _images(name: str, x: np.ndarray) -> np.ndarray:
    x = _numbers(name, x)
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise ValueError(f"{name} must be (N, C, H, W) with at least one channel and pixel, but has shape {x.shape}.")
    return x


def _batch(x: np.ndarray, name: str = "x") -> np.ndarray:
    x = _floats(name, x)
    if x.ndim < 2 or x.shape[1] == 0:
        raise ValueError(f"{name} must be (N, C, ...) with C of at least 1, but has shape {x.shape}.")
    return x


def _per_channel(name: str, values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`values` (C,) in the dtype of x, shaped to meet its channels."""
    values = _numbers(name, values)
    if values.shape != x.shape[1:2]:
        raise ValueError(f"{name} must have shape {x.shape[1:2]} for x of shape {x.shape}, but has {values.shape}.")
    return values.astype(x.dtype).reshape((-1,) + (1,) * (x.ndim - 2))


def _convolution_arguments(x, w, bias, groups: int, *, transposed: bool = False) -> tuple:
    """x, w and bias in one floating dtype, that of x and w together, once they fit each other."""
    x, w = _floats("x", _images("x", x)), _floats("w", _images("w", w))
    channels = x.shape[1]
    inputs, filters = (len(w), w.shape[1] * groups) if transposed else (w.shape[1] * groups, len(w))
    if inputs != channels or channels % groups or filters % groups or filters == 0:
        wanted = "(C, F/groups, kh, kw)" if transposed else "(F, C/groups, kh, kw)"
        raise ValueError(
            f"w of shape {w.shape} does not fit x of shape {x.shape} with groups={groups}: it must be {wanted} with "
            f"C = {channels}, and the groups must share C and F evenly."
        )
    dtype = np.result_type(x, w)
    if bias is not None:
        bias = _floats("bias", bias).astype(dtype)
        if bias.shape != (filters,):
            raise ValueError(f"bias must have shape ({filters},), one number a filter, but has {bias.shape}.")
    return x.astype(dtype, copy=False), w.astype(dtype, copy=False), bias


def _plus_bias(y: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    return y if bias is None else y + bias[:, None, None]


def _pooling_axes(x, size: Size, stride: Size | None, padding: Padding, dilation: Size, ceil_mode: bool) -> list[Axis]:
    size = pair("size", size)
    return _windows.axes(x.shape[2:], size, size if stride is None else stride, padding, dilation, ceil_mode=ceil_mode)
