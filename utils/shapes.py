"""Output sizes, receptive fields, parameters and FLOPs, by arithmetic alone: no array is made here.

Sizes are counted in cells (pixels) along one axis, height or width; a picture's two axes never mix. `axis` and
`transposed_axis` say where the windows of a layer stand along one axis, and `utils.ops` computes from what they say.
The rules are those of ONNX's Conv, ConvTranspose, MaxPool and AveragePool; Dumoulin and Visin (2016), "A guide to
convolution arithmetic for deep learning", draws them.
"""

import operator
from collections.abc import Iterable
from dataclasses import dataclass

PADDINGS = ("valid", "same", "full")


def whole(name: str, value: int, least: int = 1) -> int:
    """`value` as an int. ValueError unless it is a whole number (Python's or NumPy's, no bool) of at least `least`."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return number


def pair(name: str, value: int | tuple[int, int], least: int = 1) -> tuple[int, int]:
    """A pair of whole numbers as it is, or twice the one that serves both. ValueError as in `whole`."""
    values = value if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} must be one whole number or a pair of them, not {value!r}.")
    return whole(name, values[0], least), whole(name, values[1], least)


@dataclass(frozen=True)
class Axis:
    """Where the windows of a layer stand along one axis of a picture; every number in cells but `windows`, a count.

    `size` is the picture's, `before` and `after` are the padding at its two ends. Cell 0 of the padded axis is the
    first padding cell, and the first window begins there.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    windows: int

    @property
    def span(self) -> int:
        """Cells from a window's first to its last: the dilated kernel."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def reach(self) -> int:
        """Cells from the first window's first to the last window's last. With `ceil_mode` more than there are."""
        return self.stride * (self.windows - 1) + self.span

    def tap(self, position: int) -> slice:
        """The padded cells that meet the kernel's cell `position`: one for each window."""
        first = position * self.dilation
        return slice(first, first + self.stride * (self.windows - 1) + 1, self.stride)

    def cells(self, *, padding: bool) -> list[int]:
        """For each window, how many of its cells lie on the picture, or with `padding` on the picture or its padding.

        Cells beyond the padding, which `ceil_mode` lets a last window have, are never counted.
        """
        first, end = (0, self.before + self.size + self.after) if padding else (self.before, self.before + self.size)
        starts = range(0, self.stride * self.windows, self.stride)
        return [sum(first <= cell < end for cell in range(s, s + self.span, self.dilation)) for s in starts]


def axis(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int = 1,
    *,
    ceil_mode: bool = False,
) -> Axis:
    """The windows of a convolution or pooling along one axis; arguments and errors as for `output_size`."""
    size, kernel, stride, dilation = _sizes(size, kernel, stride, dilation)
    span = dilation * (kernel - 1) + 1
    if padding == "same":
        missing = max(stride * ((size - 1) // stride) + span - size, 0)
        padding = (missing // 2, missing - missing // 2)
    before, after = _padding(padding, span)
    room = size + before + after - span
    if room < 0:
        raise ValueError(
            f"A kernel of {kernel} with dilation {dilation} covers {span} cells, but there are only "
            f"{size + before + after}: a size of {size}, padded by {before} and {after}."
        )
    windows = room // stride + 1
    if ceil_mode and room % stride and windows * stride < size + before:
        windows += 1  # this one begins ahead of the padding at the end, and hangs over
    return Axis(size, kernel, stride, dilation, before, after, windows)


def transposed_axis(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] | str = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> Axis:
    """The windows of a transposed convolution, which stand on its *output*: `size` of them, one for each input cell.

    Arguments and errors as for `transposed_output_size`. `after` is negative where the output goes on behind the
    last window.
    """
    size, kernel, stride, dilation = _sizes(size, kernel, stride, dilation)
    span = dilation * (kernel - 1) + 1
    output_padding = whole("output_padding", output_padding, 0)
    if output_padding >= max(stride, dilation):
        raise ValueError(
            f"output_padding {output_padding} must be less than the stride {stride} or the dilation {dilation}."
        )
    if padding == "same":
        surplus = span - stride + output_padding
        before = max(surplus, 0) // 2
        after = surplus - before
    else:
        before, after = _padding(padding, span)
    made = stride * (size - 1) + span
    output = made - before - after + output_padding
    if output < 1:
        raise ValueError(
            f"A transposed convolution of {size} cells with a kernel of {kernel}, stride {stride} and dilation "
            f"{dilation} makes {made} cells, of which a padding of {before} and {after} leaves none."
        )
    return Axis(output, kernel, stride, dilation, before, after - output_padding, size)


def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int = 1,
    *,
    ceil_mode: bool = False,
) -> int:
    """Output cells along one axis of a convolution or pooling: floor((size + padding - span) / stride) + 1.

    span = dilation · (kernel - 1) + 1 is the dilated kernel; `padding` is a number for both ends, (before, after) with
    each below the span, or a name: "valid" (none), "same" (TensorFlow's rule: ceil(size / stride) outputs, an odd
    cell goes to the end), "full" (span - 1 at both ends). `ceil_mode` rounds up instead, but drops a last window that
    would begin in the padding after the picture. ValueError where no window fits, or a number is none.
    """
    return axis(size, kernel, stride, padding, dilation, ceil_mode=ceil_mode).windows


def transposed_output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] | str = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> int:
    """Output cells along one axis of a transposed convolution: stride · (size - 1) + span - padding + output_padding.

    span = dilation · (kernel - 1) + 1. `padding` is that of the convolution which this one undoes in shape, and is cut
    off here: a number for both ends, (before, after), or a name: "valid" (nothing), "same" (stride · size is left),
    "full" (span - 1 at both ends). `output_padding`, below the stride or the dilation, gives back cells that the
    convolution's stride skipped at the end. ValueError where nothing is left, or a number is none.
    """
    return transposed_axis(size, kernel, stride, padding, output_padding, dilation).size


def receptive_field(layers: Iterable[int | tuple[int, ...]]) -> int:
    """How many cells of the input, along one axis, one output cell of a stack of layers can see.

    `layers`, first one first, convolutions and poolings alike: each a kernel, (kernel, stride) or
    (kernel, stride, dilation). Every layer adds dilation · (kernel - 1) steps, and a step is as long as the product
    of all strides before it (Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural
    networks"). No layer sees 1. ValueError for a size that is no whole number of at least 1.
    """
    field = step = 1
    for layer in layers:
        numbers = tuple(layer) if isinstance(layer, tuple | list) else (layer,)
        if not 1 <= len(numbers) <= 3:
            raise ValueError(f"A layer is a kernel, (kernel, stride) or (kernel, stride, dilation), not {layer!r}.")
        kernel, stride, dilation = (
            whole(name, number) for name, number in zip(("kernel", "stride", "dilation"), (*numbers, 1, 1))
        )
        field += step * dilation * (kernel - 1)
        step *= stride
    return field


def conv2d_parameters(
    channels: int, filters: int, kernel: int | tuple[int, int], *, groups: int = 1, bias: bool = True
) -> int:
    """Trainable numbers of a convolution, or a transposed one: filters · (channels/groups) · kh · kw, and the biases.

    `channels` go in, `filters` come out. ValueError where the groups can not share them evenly.
    """
    height, width = pair("kernel", kernel)
    channels, filters, groups = whole("channels", channels), whole("filters", filters), whole("groups", groups)
    if channels % groups or filters % groups:
        raise ValueError(f"{groups} groups can not share {channels} channels and {filters} filters evenly.")
    return filters * (channels // groups * height * width + bool(bias))


def conv2d_flops(
    channels: int, filters: int, kernel: int | tuple[int, int], output: int | tuple[int, int], *, groups: int = 1
) -> int:
    """Floating-point operations of a convolution with bias on one image, whose output measures `output` cells.

    Each output number is a sum of n = (channels/groups) · kh · kw products and a bias: n multiplications and n
    additions, so 2n, where papers often count n "multiply-adds". Errors as for `conv2d_parameters`.
    """
    height, width = pair("output", output)
    return 2 * height * width * conv2d_parameters(channels, filters, kernel, groups=groups, bias=False)


def dense_parameters(inputs: int, units: int, *, bias: bool = True) -> int:
    """Trainable numbers of a dense layer: units · inputs, and the biases. ValueError where a number is none."""
    return whole("units", units) * (whole("inputs", inputs) + bool(bias))


def dense_flops(inputs: int, units: int) -> int:
    """Floating-point operations of a dense layer with bias on one sample: a multiplication and an addition a weight."""
    return 2 * dense_parameters(inputs, units, bias=False)


def _sizes(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, ...]:
    named = {"size": size, "kernel": kernel, "stride": stride, "dilation": dilation}
    return tuple(whole(name, value) for name, value in named.items())


def _padding(padding: int | tuple[int, int] | str, span: int) -> tuple[int, int]:
    """(before, after) of every padding but "same", which depends on more than the dilated kernel."""
    if isinstance(padding, str):
        if padding not in PADDINGS:
            raise ValueError(f"padding must be whole numbers or one of {', '.join(PADDINGS)}, not {padding!r}.")
        padding = span - 1 if padding == "full" else 0
    before, after = pair("padding", padding, 0)
    if max(before, after) >= span:
        raise ValueError(
            f"padding ({before}, {after}) must stay below the {span} cells that the dilated kernel covers, "
            f"or a window would see no picture; pad the picture itself (numpy.pad) if that is meant."
        )
    return before, after
