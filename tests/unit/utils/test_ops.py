"""The reference operations against hand-computed cases, against each other and against their own definitions."""

import itertools
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import ops, shapes

examples = settings(max_examples=60)
METHODS = ("im2col", "loops", "fft")


@st.composite
def geometries(draw, largest_kernel=4):
    """Height and width with a kernel, stride, dilation and any padding below the dilated kernel, room for a window."""
    kernel, stride, dilation = ((draw(st.integers(1, n)), draw(st.integers(1, n))) for n in (largest_kernel, 3, 3))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    padding = tuple((draw(st.integers(0, span - 1)), draw(st.integers(0, span - 1))) for span in spans)
    smallest = [max(1, span - sum(ends)) for span, ends in zip(spans, padding)]
    size = tuple(draw(st.integers(least, least + 5)) for least in smallest)
    return size, kernel, {"stride": stride, "padding": padding, "dilation": dilation}


@st.composite
def convolutions(draw):
    """(x, w, bias, keywords) of `conv2d` in float64."""
    size, kernel, keywords = draw(geometries())
    groups, depth, filters, images = (draw(st.integers(1, 3)) for _ in range(4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((images, groups * depth, *size))
    w = rng.standard_normal((groups * filters, depth, *kernel))
    return x, w, rng.standard_normal(groups * filters), {**keywords, "groups": groups}


def picture(*rows):
    return np.array(rows, "float32")[None, None]


# --- By hand ---


@pytest.mark.parametrize("method", METHODS)
def test_convolution_by_hand(method):
    x = picture([0, 1, 2], [3, 4, 5], [6, 7, 8])
    w = picture([0, 1], [2, 3])
    y = ops.conv2d(x, w, method=method)
    np.testing.assert_allclose(y[0, 0], [[19, 25], [37, 43]], rtol=1e-5)  # 0·0 + 1·1 + 3·2 + 4·3 = 19: not flipped
    np.testing.assert_allclose(ops.conv2d(x, w, np.array([1.0]), method=method), y + 1, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_channels_are_added_and_groups_keep_them_apart(method):
    x = np.stack([np.full((3, 3), 1.0), np.full((3, 3), 10.0)])[None]
    together = ops.conv2d(x, np.ones((2, 2, 2, 2)), method=method)
    apart = ops.conv2d(x, np.ones((2, 1, 2, 2)), groups=2, method=method)
    np.testing.assert_allclose(together[0, :, 0, 0], [44, 44])
    np.testing.assert_allclose(apart[0, :, 0, 0], [4, 40])


@pytest.mark.parametrize(
    ("padding", "corner", "shape"),
    [
        ("valid", 9, (5, 5)),
        ("same", 4, (7, 7)),
        ("full", 1, (9, 9)),
        (1, 4, (7, 7)),
        ((0, 1), 6, (5, 7)),
        ([1, 0], 6, (7, 5)),
        (((1, 0), (0, 2)), 6, (6, 7)),
        (((0, 2), 1), 6, (7, 7)),
        (((2, 2), (2, 2)), 1, (9, 9)),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_each_way_to_name_a_padding(padding, corner, shape, method):
    y = ops.conv2d(np.ones((1, 1, 7, 7)), np.ones((1, 1, 3, 3)), padding=padding, method=method)
    assert y.shape == (1, 1, *shape)
    np.testing.assert_allclose(y[0, 0, 0, 0], corner)


def test_same_puts_the_odd_cell_at_the_bottom_and_right():
    y = ops.conv2d(picture([1, 2, 3, 4]), picture([1, 1]), padding="same")
    np.testing.assert_array_equal(y[0, 0], [[3, 5, 7, 4]])
    y = ops.conv2d(picture([1, 2, 3, 4]), picture([1, 1, 1]), padding="same", stride=2)
    np.testing.assert_array_equal(y[0, 0], [[6, 7]])  # pads 0 and 1; PyTorch's padding=1 gives 3 and 9


def test_transposed_convolution_by_hand():
    x, w = picture([1, 2], [3, 4]), picture([1, 10], [100, 1000])
    y = ops.conv_transpose2d(x, w)
    np.testing.assert_array_equal(y[0, 0], [[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]])
    np.testing.assert_array_equal(ops.conv_transpose2d(x, w, padding=1)[0, 0], [[1234]])
    np.testing.assert_array_equal(ops.conv_transpose2d(x, w, padding="full")[0, 0], [[1234]])
    y = ops.conv_transpose2d(picture([1, 2]), picture([1, 10, 100]), stride=(1, 2), padding="same")
    np.testing.assert_array_equal(y[0, 0], [[1, 10, 102, 20]])  # the odd cell is cut off at the end
    y = ops.conv_transpose2d(picture([1, 2]), picture([1, 10]), np.array([5]), stride=(1, 3), padding="same")
    np.testing.assert_array_equal(y[0, 0], [[6, 15, 5, 7, 25, 5]])
    y = ops.conv_transpose2d(picture([1, 2]), picture([1, 10]), stride=2, output_padding=(0, 1))
    np.testing.assert_array_equal(y[0, 0], [[1, 10, 2, 20, 0]])


def test_pooling_by_hand():
    x = picture([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    np.testing.assert_array_equal(ops.max_pool2d(x, 2)[0, 0], [[7, 9]])
    np.testing.assert_array_equal(ops.avg_pool2d(x, 2)[0, 0], [[4, 6]])
    np.testing.assert_array_equal(ops.max_pool2d(x, 2, ceil_mode=True)[0, 0], [[7, 9, 10]])
    np.testing.assert_array_equal(ops.avg_pool2d(x, 2, ceil_mode=True)[0, 0], [[4, 6, 7.5]])
    np.testing.assert_array_equal(ops.max_pool2d(x, (1, 3), stride=1)[0, 0], [[3, 4, 5], [8, 9, 10]])
    np.testing.assert_array_equal(ops.max_pool2d(x, 2, stride=1, dilation=(1, 3))[0, 0], [[9, 10]])
    np.testing.assert_array_equal(ops.max_pool2d(-x, 2, padding="same")[0, 0], [[-1, -3, -5]])
    np.testing.assert_array_equal(ops.global_avg_pool2d(x), [[[[5.5]]]])


def test_what_an_average_is_divided_by():
    x = picture([6, 6, 6, 6])
    two_before = {"stride": (1, 2), "padding": (0, (2, 0))}
    np.testing.assert_array_equal(ops.avg_pool2d(x, (1, 3), **two_before)[0, 0], [[6, 6]])
    counted = ops.avg_pool2d(x, (1, 3), **two_before, count_include_pad=True)
    np.testing.assert_array_equal(counted[0, 0], [[2, 6]])
    hanging_over = ops.avg_pool2d(x, (1, 3), **two_before, count_include_pad=True, ceil_mode=True)
    np.testing.assert_array_equal(hanging_over[0, 0], [[2, 6, 6]])  # two cells, not three: the third is no padding


def test_a_window_that_sees_only_padding():
    x = np.ones((1, 1, 1, 1))
    keywords = {"stride": 1, "padding": (0, (3, 3)), "dilation": (1, 3)}
    np.testing.assert_array_equal(ops.max_pool2d(x, (1, 2), **keywords)[0, 0], [[1, -np.inf, -np.inf, 1]])
    np.testing.assert_array_equal(ops.avg_pool2d(x, (1, 2), **keywords)[0, 0], [[1, 0, 0, 1]])
    assert ops.max_pool2d(x.astype("int16"), (1, 2), **keywords).min() == -(2**15)


def test_upsampling_by_hand():
    x = picture([0, 4])
    np.testing.assert_array_equal(ops.upsample_nearest2d(x, (2, 3))[0, 0], [[0, 0, 0, 4, 4, 4]] * 2)
    np.testing.assert_array_equal(ops.upsample_bilinear2d(x, (2, 2))[0, 0], [[0, 1, 3, 4]] * 2)


def test_batch_norm_by_hand():
    x = np.array([[1.0, 10.0], [3.0, 10.0]])
    mean, var = ops.batch_statistics(x)
    np.testing.assert_array_equal([mean, var], [[2, 10], [1, 0]])
    y = ops.batch_norm(x, [2, 1], [0, 7], mean, var, eps=0.44)
    np.testing.assert_allclose(y, [[-2 / 1.2, 7], [2 / 1.2, 7]])


def test_activations_by_hand():
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_array_equal(ops.relu(x), [0, 0, 3])
    np.testing.assert_allclose(ops.leaky_relu(x), [-0.02, 0, 3])
    np.testing.assert_allclose(ops.leaky_relu(x, 0.5), [-1, 0, 3])
    np.testing.assert_allclose(ops.elu(x, 2.0), [2 * (np.exp(-2) - 1), 0, 3])
    np.testing.assert_allclose(ops.gelu(x), [-0.0455003, 0, 2.9959503], rtol=1e-6)
    np.testing.assert_allclose(ops.sigmoid(x), [0.1192029, 0.5, 0.9525741], rtol=1e-6)
    np.testing.assert_allclose(ops.tanh(x), np.tanh(x))
    np.testing.assert_allclose(ops.softmax(np.log([[1, 2, 5]])), [[0.125, 0.25, 0.625]])
    np.testing.assert_allclose(ops.softmax(np.log([[1, 2], [3, 6]]), axis=0), [[0.25, 0.25], [0.75, 0.75]])


def test_activations_take_single_numbers_and_extremes_without_a_warning():
    assert ops.relu(-3) == 0 and ops.sigmoid(0) == 0.5 and ops.leaky_relu(-1) == -0.01
    extremes = np.array([-1e4, 1e4])
    np.testing.assert_array_equal(ops.elu(extremes), [-1, 1e4])
    np.testing.assert_array_equal(ops.gelu(extremes), [0, 1e4])
    np.testing.assert_array_equal(ops.sigmoid(extremes), [0, 1])
    np.testing.assert_array_equal(ops.softmax(extremes), [0, 1])
    assert ops.cross_entropy(extremes[None], [0]) == 2e4


def test_cross_entropy_by_hand():
    logits = np.log([[1.0, 3.0], [1.0, 1.0]])
    expected = -(np.log(0.75) + np.log(0.5)) / 2
    np.testing.assert_allclose(ops.cross_entropy(logits, [1, 0]), expected)
    pixels = logits.T.reshape(1, 2, 1, 2)  # one picture of two pixels, two classes
    np.testing.assert_allclose(ops.cross_entropy(pixels, np.array([[[1, 0]]], "uint8")), expected)


def test_dropout_keeps_the_mean_and_its_generators_word():
    x = np.ones((200, 500), "float32")
    y = ops.dropout(x, 0.25, np.random.default_rng(0))
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.005 and abs(y.mean() - 1) < 0.01
    np.testing.assert_array_equal(y, ops.dropout(x, 0.25, np.random.default_rng(0)))
    np.testing.assert_array_equal(ops.dropout(x, 0, np.random.default_rng(0)), x)


# --- Routes that must agree ---


@given(convolutions())
@examples
def test_the_three_methods_agree(case):
    x, w, bias, keywords = case
    loops = ops.conv2d(x, w, bias, **keywords, method="loops")
    for method in ("im2col", "fft"):
        np.testing.assert_allclose(ops.conv2d(x, w, bias, **keywords, method=method), loops, atol=1e-10)


@given(convolutions(), st.sampled_from(["valid", "same", "full"]))
@examples
def test_a_named_padding_is_the_numbers_it_stands_for(case, name):
    x, w, bias, keywords = case
    x = np.tile(x, (1, 1, 10, 10))[:, :, :12, :11]  # room for "valid"
    sizes = zip(x.shape[2:], w.shape[2:], keywords["stride"], (name, name), keywords["dilation"])
    axes = [shapes.axis(*numbers) for numbers in sizes]
    numbers = tuple((axis.before, axis.after) for axis in axes)
    named = ops.conv2d(x, w, bias, **{**keywords, "padding": name})
    assert named.shape[2:] == tuple(axis.windows for axis in axes)
    np.testing.assert_array_equal(named, ops.conv2d(x, w, bias, **{**keywords, "padding": numbers}))


@given(convolutions())
@examples
def test_transposed_convolution_is_the_adjoint(case):
    """<conv(x), g> = <x, conv_transpose(g)>, with the cells that the stride skipped given back."""
    x, w, _, keywords = case
    g = np.random.default_rng(0).standard_normal(ops.conv2d(x, w, **keywords).shape)
    spans = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], keywords["dilation"])]
    rest = zip(x.shape[2:], keywords["padding"], spans, keywords["stride"])
    skipped = tuple((size + sum(ends) - span) % stride for size, ends, span, stride in rest)
    back = ops.conv_transpose2d(g, w, **keywords, output_padding=skipped)
    assert back.shape == x.shape
    np.testing.assert_allclose((ops.conv2d(x, w, **keywords) * g).sum(), (x * back).sum(), atol=1e-9)
    np.testing.assert_allclose(ops.conv2d_backward(g, x, w, **keywords)[0], back, atol=1e-12)


@given(convolutions())
@examples
def test_backward_is_what_finite_differences_say(case):
    """Along a random direction of x, of w and of bias, through a loss that is curved."""
    *arrays, keywords = case
    rng = np.random.default_rng(0)
    gradients = ops.conv2d_backward(np.cos(ops.conv2d(*arrays, **keywords)), *arrays[:2], **keywords)
    for position, gradient in enumerate(gradients):
        direction = rng.standard_normal(gradient.shape)
        ends = []
        for step in (-1e-5, 1e-5):
            moved = [*arrays]
            moved[position] = arrays[position] + step * direction
            ends.append(np.sin(ops.conv2d(*moved, **keywords)).sum())
        slope = (ends[1] - ends[0]) / 2e-5
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-5)


def test_backward_by_hand():
    x, w = picture([1, 2, 3]), picture([10, 20])
    dx, dw, dbias = ops.conv2d_backward(picture([1, 100]), x, w)
    np.testing.assert_array_equal(dx[0, 0], [[10, 20 + 1000, 2000]])
    np.testing.assert_array_equal(dw[0, 0], [[1 + 200, 2 + 300]])
    np.testing.assert_array_equal(dbias, [101])


@given(geometries(), st.booleans(), st.booleans())
@examples
def test_pooling_is_what_its_definition_says(geometry, ceil_mode, count_include_pad):
    """Window by window and cell by cell, from the definition of MaxPool and AveragePool."""
    size, kernel, keywords = geometry
    x = np.random.default_rng(0).standard_normal((1, 1, *size))
    numbers = zip(size, kernel, keywords["stride"], keywords["padding"], keywords["dilation"])
    seen, divisors = [], []  # along height, along width: for each window the cells it sees, and how many count
    for length, taps, stride, (before, after), dilation in numbers:
        windows = shapes.output_size(length, taps, stride, (before, after), dilation, ceil_mode=ceil_mode)
        cells = [[i * stride - before + tap * dilation for tap in range(taps)] for i in range(windows)]
        first, end = (-before, length + after) if count_include_pad else (0, length)
        seen.append([[cell for cell in window if 0 <= cell < length] for window in cells])
        divisors.append([sum(first <= cell < end for cell in window) for window in cells])
    largest = ops.max_pool2d(x, kernel, **keywords, ceil_mode=ceil_mode)[0, 0]
    mean = ops.avg_pool2d(x, kernel, **keywords, ceil_mode=ceil_mode, count_include_pad=count_include_pad)[0, 0]
    assert largest.shape == mean.shape == (len(seen[0]), len(seen[1]))
    for i, j in itertools.product(range(len(seen[0])), range(len(seen[1]))):
        window = x[0, 0][np.ix_(seen[0][i], seen[1][j])]
        assert largest[i, j] == window.max(initial=-np.inf)
        np.testing.assert_allclose(mean[i, j], window.sum() / max(divisors[0][i] * divisors[1][j], 1), atol=1e-12)


@given(convolutions(), st.integers(0, 1))
@examples
def test_an_int_is_the_pair_of_it(case, padding):
    x, w, bias, _ = case
    x = np.tile(x, (1, 1, 4, 4))
    padding = min(padding, *(size - 1 for size in w.shape[2:]))
    groups = x.shape[1] // w.shape[1]
    one = ops.conv2d(x, w, bias, stride=2, padding=padding, dilation=1, groups=groups)
    two = ops.conv2d(x, w, bias, stride=(2, 2), padding=(padding, padding), dilation=[1, 1], groups=groups)
    np.testing.assert_array_equal(one, two)


# --- Dtypes, and arrays that stay as they were ---

X = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 6))
W = np.random.default_rng(1).integers(-3, 4, (4, 4, 3, 3))
ONE_ARRAY = {
    "max_pool2d": lambda x: ops.max_pool2d(x, 2, padding=1),
    "avg_pool2d": lambda x: ops.avg_pool2d(x, 2),
    "global_avg_pool2d": ops.global_avg_pool2d,
    "upsample_nearest2d": lambda x: ops.upsample_nearest2d(x, 2),
    "upsample_bilinear2d": lambda x: ops.upsample_bilinear2d(x, 2),
    "batch_statistics": lambda x: ops.batch_statistics(x)[1],
    "batch_norm": lambda x: ops.batch_norm(x, np.ones(4), np.zeros(4), np.zeros(4), np.ones(4)),
    "dropout": lambda x: ops.dropout(x, 0.5, np.random.default_rng(0)),
    "relu": ops.relu,
    "leaky_relu": ops.leaky_relu,
    "elu": ops.elu,
    "gelu": ops.gelu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "softmax": ops.softmax,
    "cross_entropy": lambda x: ops.cross_entropy(x[:, :, 0, 0], [0, 1]),
}
KEEP_INTEGERS = {"max_pool2d", "upsample_nearest2d", "relu"}


@pytest.mark.parametrize("name", ONE_ARRAY)
def test_floats_keep_their_dtype_and_integers_become_floats(name):
    for dtype in ("float16", "float32", "float64"):
        assert ONE_ARRAY[name]((X / 256).astype(dtype)).dtype == dtype
    for dtype, floating in {"uint8": "float32", "int16": "float32", "int64": "float64"}.items():
        assert ONE_ARRAY[name](X.astype(dtype)).dtype == (dtype if name in KEEP_INTEGERS else floating)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("x", "w", "y"),
    [
        ("float32", "float32", "float32"),
        ("uint8", "float32", "float32"),
        ("float32", "float64", "float64"),
        ("float64", "float64", "float64"),
        ("uint8", "int8", "float32"),
        ("int64", "int64", "float64"),
        ("float16", "float16", "float16"),
    ],
)
def test_dtype_of_a_convolution(x, w, y, method):
    result = ops.conv2d((X % 3).astype(x), W.astype(w), np.zeros(4), method=method)
    assert result.dtype == y and result.flags.writeable
    np.testing.assert_allclose(result, ops.conv2d(X % 3, W, method="loops"), atol=0.1 if y == "float16" else 1e-4)
    assert ops.conv_transpose2d(X.astype(x), W.astype(w), np.zeros(4)).dtype == y


def test_dtypes_of_gradients_are_those_of_what_they_belong_to():
    grad = np.ones((2, 4, 4, 4), "float32")
    for x, w in itertools.product(("float32", "float64"), repeat=2):
        dx, dw, dbias = ops.conv2d_backward(grad, X.astype(x), W.astype(w))
        assert (dx.dtype, dw.dtype, dbias.dtype) == (x, w, w)
    assert ops.conv2d_backward(grad, X.astype("uint8"), W.astype("float32"))[0].dtype == "float32"


def test_integer_pooling_is_exact():
    x = np.array([[[[-(2**62), -(2**62) + 1], [-(2**62), -(2**62)]]]])
    assert ops.max_pool2d(x, 2, padding=1, stride=2).max() == -(2**62) + 1
    assert ops.max_pool2d(np.array([[[[-128]]]], "int8"), 2, padding=1).tolist() == [[[[-128]]]]


@given(convolutions())
@settings(max_examples=10)
def test_inputs_are_left_alone(case):
    arrays, keywords = case[:3], case[3]
    before = [array.copy() for array in arrays]
    y = ops.conv2d(*arrays, **keywords)
    ops.conv2d_backward(y, *arrays[:2], **keywords)
    ops.max_pool2d(arrays[0], 1)[:] = 0
    ops.conv_transpose2d(y, arrays[1], stride=2, groups=keywords["groups"])[:] = 0
    for array, copy in zip(arrays, before):
        np.testing.assert_array_equal(array, copy)


def test_im2col_needs_the_columns_of_one_image_at_a_time():
    x, w = np.ones((16, 8, 32, 32), "float32"), np.ones((8, 8, 3, 3), "float32")
    padded, columns, output = x.nbytes * 34**2 // 32**2, 9 * x[0].nbytes, x.nbytes
    tracemalloc.start()
    try:
        ops.conv2d(x, w, padding=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert padded + output + columns <= peak < padded + output + 1.2 * columns


@pytest.mark.parametrize("method", METHODS)
def test_no_images_make_no_images(method):
    nothing = np.zeros((0, 4, 6, 6), "float32")
    assert ops.conv2d(nothing, W, padding=1, stride=2, method=method).shape == (0, 4, 3, 3)
    dx, dw, dbias = ops.conv2d_backward(np.zeros((0, 4, 4, 4)), nothing, W)
    assert dx.shape == nothing.shape and not dw.any() and not dbias.any()
    assert ops.max_pool2d(nothing, 2).shape == ops.avg_pool2d(nothing, 2).shape == (0, 4, 3, 3)


# --- What is refused ---


def ones(*shape):
    return np.ones(shape, "float32")


x, w = ones(2, 4, 6, 7), ones(8, 4, 3, 3)
REFUSED = {
    "x without the batch axis": (lambda: ops.conv2d(x[0], w), r"x must be \(N, C, H, W\).* \(4, 6, 7\)"),
    "w of rank 2": (lambda: ops.conv2d(x, w[0, 0]), r"w must be .* \(3, 3\)"),
    "x of rank 3 in a pool": (lambda: ops.max_pool2d(x[0], 2), r"\(4, 6, 7\)"),
    "x of rank 2 in a global pool": (lambda: ops.global_avg_pool2d(x[0, 0]), r"\(6, 7\)"),
    "x of rank 5 in upsampling": (lambda: ops.upsample_nearest2d(x[None], 2), r"\(1, 2, 4, 6, 7\)"),
    "no pixels": (lambda: ops.conv2d(x[:, :, :0], w, padding=2), r"\(2, 4, 0, 7\)"),
    "no channels": (lambda: ops.conv2d(x[:, :0], w[:, :0]), r"\(2, 0, 6, 7\)"),
    "no filters": (lambda: ops.conv2d(x, w[:0]), r"w of shape \(0, 4, 3, 3\)"),
    "channels": (lambda: ops.conv2d(x, w[:, :3]), r"w of shape \(8, 3, 3, 3\).* x of shape \(2, 4, 6, 7\).* C = 4"),
    "w as Keras lays it out": (lambda: ops.conv2d(x, ones(3, 3, 4, 8)), r"\(3, 3, 4, 8\)"),
    "groups that do not divide": (lambda: ops.conv2d(x, w, groups=3), "groups=3"),
    "groups that do not divide the filters": (lambda: ops.conv2d(x, w[:6, :1], groups=4), r"\(6, 1, 3, 3\)"),
    "w for one group": (lambda: ops.conv2d(x, w, groups=2), "groups=2"),
    "groups of 0": (lambda: ops.conv2d(x, w, groups=0), "groups must be a whole number of at least 1, not 0"),
    "groups of True": (lambda: ops.conv2d(x, w, groups=True), "groups .* not True"),
    "bias": (lambda: ops.conv2d(x, w, ones(4)), r"bias must have shape \(8,\).* has \(4,\)"),
    "bias that would broadcast": (lambda: ops.conv2d(x, w, 1.0), r"bias must have shape \(8,\).* has \(\)"),
    "method": (lambda: ops.conv2d(x, w, method="winograd"), "im2col, loops, fft, not 'winograd'"),
    "kernel beyond the picture": (lambda: ops.conv2d(x, ones(1, 4, 3, 8)), "kernel of 8 .* only 7"),
    "dilated kernel beyond the picture": (lambda: ops.conv2d(x, w, dilation=(3, 1)), "covers 7 cells, .* only 6"),
    "padding": (lambda: ops.conv2d(x, w, padding=3), r"padding \(3, 3\) must stay below the 3 cells"),
    "padding name": (lambda: ops.conv2d(x, w, padding="Same"), "valid, same, full, not 'Same'"),
    "three paddings": (lambda: ops.conv2d(x, w, padding=(1, 1, 1)), r"padding .* not \(1, 1, 1\)"),
    "four paddings in a row": (lambda: ops.conv2d(x, w, padding=(1, 1, 1, 1)), r"not \(1, 1, 1, 1\)"),
    "three paddings on one axis": (lambda: ops.conv2d(x, w, padding=(1, (1, 1, 1))), r"not \(1, 1, 1\)"),
    "three strides": (lambda: ops.conv2d(x, w, stride=(1, 1, 1)), r"stride must be .* not \(1, 1, 1\)"),
    "booleans": (lambda: ops.conv2d(x > 0, w), "x must hold integers or floats, not bool"),
    "complex numbers": (lambda: ops.relu(np.array(1j)), "not complex128"),
    "text": (lambda: ops.softmax(np.array(["a"])), "not <U1"),
    "grad": (lambda: ops.conv2d_backward(ones(2, 8, 6, 7), x, w), r"grad has .* \(2, 8, 6, 7\).* \(2, 8, 4, 5\)"),
    "grad of rank 3": (lambda: ops.conv2d_backward(ones(8, 4, 5), x, w), r"\(8, 4, 5\)"),
    "transposed channels": (lambda: ops.conv_transpose2d(x, w), r"w of shape \(8, 4, 3, 3\).* \(C, F/groups, kh, kw\)"),
    "transposed groups": (lambda: ops.conv_transpose2d(x, w[:4], groups=3), "groups=3"),
    "transposed bias": (lambda: ops.conv_transpose2d(x, w[:4], ones(8)), r"\(4,\).* \(8,\)"),
    "output_padding": (lambda: ops.conv_transpose2d(x, w[:4], stride=2, output_padding=2), "output_padding 2 must be"),
    "nothing left": (lambda: ops.conv_transpose2d(x[:, :, :1], w[:4], padding=2), "leaves none"),
    "window beyond the picture": (lambda: ops.max_pool2d(x, 7), "kernel of 7 .* only 6"),
    "window of padding": (lambda: ops.avg_pool2d(x, 2, padding=2), r"padding \(2, 2\) must stay below the 2 cells"),
    "no variance": (lambda: ops.batch_norm(x, *[ones(4)] * 3, -ones(4)), "least variance is -1"),
    "negative eps": (lambda: ops.batch_norm(x, *[ones(4)] * 4, eps=-1), "eps is -1"),
    "gamma": (lambda: ops.batch_norm(x, ones(7), *[ones(4)] * 3), r"gamma must have shape \(4,\) .* has \(7,\)"),
    "var": (lambda: ops.batch_norm(x, *[ones(4)] * 3, ones(4, 1)), r"var must have shape \(4,\) .* has \(4, 1\)"),
    "batch norm of a vector": (lambda: ops.batch_norm(ones(4), *[ones(4)] * 4), r"\(4,\)"),
    "statistics of nothing": (lambda: ops.batch_statistics(ones(0, 4)), r"\(0, 4\)"),
    "rate 1": (lambda: ops.dropout(x, 1, np.random.default_rng(0)), "rate must be .* not 1"),
    "negative rate": (lambda: ops.dropout(x, -0.1, np.random.default_rng(0)), "not -0.1"),
    "rate NaN": (lambda: ops.dropout(x, float("nan"), np.random.default_rng(0)), "not nan"),
    "seed for generator": (lambda: ops.dropout(x, 0.5, 0), r"rng must be a generator .* not 0"),
    "softmax axis": (lambda: ops.softmax(x, axis=4), "axis 4"),
    "labels one-hot": (lambda: ops.cross_entropy(ones(2, 3), ones(2, 3)), r"shape \(2,\).* float32 of shape \(2, 3\)"),
    "labels too many": (lambda: ops.cross_entropy(ones(2, 3), [0, 1, 2]), r"shape \(2,\).* \(3,\)"),
    "labels beyond the classes": (lambda: ops.cross_entropy(ones(2, 3), [1, 3]), "0 to 2, but reach from 1 to 3"),
    "negative labels": (lambda: ops.cross_entropy(ones(2, 3), [-1, 0]), "reach from -1 to 0"),
    "no labels": (lambda: ops.cross_entropy(ones(0, 3), np.zeros(0, int)), "at least one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_go_together_is_refused_with_its_numbers(case):
    call, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        call()


SIZES = {
    "stride": lambda n: ops.conv2d(x, w, stride=n),
    "dilation": lambda n: ops.conv2d(x, w, dilation=(1, n)),
    "size": lambda n: ops.max_pool2d(x, n),
    "scale": lambda n: ops.upsample_bilinear2d(x, n),
    "groups": lambda n: ops.conv_transpose2d(x, w, groups=n),
}
CAN_BE_ZERO = {
    "padding": lambda n: ops.conv2d(x, w, padding=n),
    "output_padding": lambda n: ops.conv_transpose2d(x, w[:4], stride=2, output_padding=(n, 0)),
}


@pytest.mark.parametrize("wrong", [-1, 1.0, 1.5, float("nan"), float("inf"), True, np.False_, None, "2"], ids=repr)
@pytest.mark.parametrize("name", [*SIZES, *CAN_BE_ZERO])
def test_no_size_is_refused(name, wrong):
    with pytest.raises(ValueError, match=rf"^{name} must be .*{wrong!r}"):
        {**SIZES, **CAN_BE_ZERO}[name](wrong)


@pytest.mark.parametrize("name", SIZES)
def test_zero_is_no_size(name):
    with pytest.raises(ValueError, match=f"^{name} must be a whole number of at least 1, not 0"):
        SIZES[name](0)


def test_importing_ops_imports_no_framework():
    check = "import sys; from utils import ops; sys.exit(any(name in sys.modules for name in ('torch', 'tensorflow')))"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0
