"""The reference operations against Keras's and TensorFlow's, "same" above all, in double precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import ops

examples = settings(max_examples=60)
seeds = st.integers(0, 2**32 - 1)
names = st.sampled_from(["same", "valid"])
pairs = {n: st.tuples(st.integers(1, n), st.integers(1, n)) for n in (3, 4)}
activations = {
    "relu": keras.ops.relu,
    "leaky_relu": lambda x: keras.ops.leaky_relu(x, negative_slope=0.01),
    "elu": keras.ops.elu,
    "gelu": lambda x: keras.ops.gelu(x, approximate=False),
    "sigmoid": keras.ops.sigmoid,
    "tanh": keras.ops.tanh,
}


def channels_last(images):
    return np.moveaxis(images, 1, 3)


def filters_last(w):
    """(F, C, kh, kw) to (kh, kw, C, F); for transposed convolution (C, F, kh, kw) to (kh, kw, F, C)."""
    return w.transpose(2, 3, 1, 0)


def agree(ours, theirs, tolerance=1e-10):
    """`theirs` has its channels last, if it is images."""
    theirs = np.asarray(theirs)
    theirs = np.moveaxis(theirs, 3, 1) if theirs.ndim == 4 else theirs
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@st.composite
def layers(draw, *, dilated=True):
    """(x, w, stride, dilation, padding name). TensorFlow has stride or dilation, not both, and no dilated gradients."""
    kernel, padding = draw(pairs[4]), draw(names)
    strided = st.tuples(pairs[4], st.just((1, 1)))
    stride, dilation = draw(strided | st.tuples(st.just((1, 1)), pairs[3]) if dilated else strided)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    size = [draw(st.integers(span if padding == "valid" else 1, span + 7)) for span in spans]
    images, channels, filters = (draw(st.integers(1, 3)) for _ in range(3))
    rng = np.random.default_rng(draw(seeds))
    x, w = rng.standard_normal((images, channels, *size)), rng.standard_normal((filters, channels, *kernel))
    return x, w, stride, dilation, padding


@given(layers(), st.sampled_from(["im2col", "loops", "fft"]))
@examples
def test_conv2d(case, method):
    x, w, stride, dilation, padding = case
    theirs = keras.ops.conv(channels_last(x), filters_last(w), stride, padding, "channels_last", dilation)
    agree(ops.conv2d(x, w, stride=stride, dilation=dilation, padding=padding, method=method), theirs)


@given(layers())
@examples
def test_depthwise_convolution_is_one_group_for_each_channel(case):
    x, w, stride, dilation, padding = case
    kernel = w[:1].transpose(2, 3, 1, 0)  # (kh, kw, C, 1)
    stride = (max(stride), max(stride))  # TensorFlow's depthwise kernel has one stride for both axes
    theirs = keras.ops.depthwise_conv(channels_last(x), kernel, stride, padding, "channels_last", dilation)
    keywords = {"stride": stride, "dilation": dilation, "padding": padding}
    agree(ops.conv2d(x, w[:1].swapaxes(0, 1), groups=x.shape[1], **keywords), theirs)


@given(layers(dilated=False))
@examples
def test_conv2d_backward_is_the_gradient_tape(case):
    x, w, stride, _, padding = case
    images, kernel, bias = (tf.Variable(a) for a in (channels_last(x), filters_last(w), np.zeros(len(w))))
    with tf.GradientTape() as tape:
        y = tf.nn.conv2d(images, kernel, stride, padding.upper()) + bias
        loss = tf.reduce_sum(tf.sin(y))
    dx, dw, dbias = tape.gradient(loss, (images, kernel, bias))
    ours = ops.conv2d_backward(np.moveaxis(np.cos(y), 3, 1), x, w, stride=stride, padding=padding)
    agree(ours[0], dx)
    np.testing.assert_allclose(filters_last(ours[1]), dw, atol=1e-10)
    agree(ours[2], dbias)


@given(layers(dilated=False))
@examples
def test_conv_transpose2d(case):
    x, w, stride, _, padding = case
    if padding == "valid":  # Keras lengthens the output where the kernel is shorter than the stride; ONNX does not
        stride = tuple(map(min, stride, w.shape[2:]))
    w = w.swapaxes(0, 1)
    theirs = keras.ops.conv_transpose(channels_last(x), filters_last(w), stride, padding, None, "channels_last")
    agree(ops.conv_transpose2d(x, w, stride=stride, padding=padding), theirs)


@given(layers())
@examples
def test_pooling(case):
    x, w, stride, _, padding = case
    size, images = tuple(map(min, w.shape[2:], x.shape[2:])), tf.constant(channels_last(x))
    keywords = {"stride": stride, "padding": padding}
    agree(ops.max_pool2d(x, size, **keywords), keras.ops.max_pool(images, size, stride, padding, "channels_last"))
    agree(ops.avg_pool2d(x, size, **keywords), keras.ops.average_pool(images, size, stride, padding, "channels_last"))


@given(layers())
@examples
def test_the_windows_size_is_the_default_stride(case):
    x, w, *_, padding = case
    size, images = tuple(map(min, w.shape[2:], x.shape[2:])), tf.constant(channels_last(x))
    theirs = keras.ops.max_pool(images, size, None, padding, "channels_last")
    agree(ops.max_pool2d(x, size, padding=padding), theirs)


@given(pairs[4], pairs[4], seeds)
@examples
def test_upsampling(size, scale, seed):
    x = np.random.default_rng(seed).standard_normal((2, 3, *size)).astype("float32")
    nearest = keras.layers.UpSampling2D(scale, interpolation="nearest", data_format="channels_last")
    bilinear = keras.layers.UpSampling2D(scale, interpolation="bilinear", data_format="channels_last")
    agree(ops.upsample_nearest2d(x, scale), nearest(channels_last(x)))
    agree(ops.upsample_bilinear2d(x, scale), bilinear(channels_last(x)), tolerance=1e-5)


def test_global_avg_pool2d():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype("float32")
    layer = keras.layers.GlobalAveragePooling2D(keepdims=True, data_format="channels_last")
    agree(ops.global_avg_pool2d(x), layer(channels_last(x)), tolerance=1e-6)


@given(seeds, st.sampled_from([1e-5, 1e-3, 0.5]))
@examples
def test_batch_norm(seed, eps):
    rng = np.random.default_rng(seed)
    x, gamma, beta = rng.standard_normal((4, 3, 2, 2)), *rng.standard_normal((2, 3))
    mean, var = ops.batch_statistics(x)
    theirs = keras.ops.moments(channels_last(x), (0, 1, 2))
    agree(mean, theirs[0])
    agree(var, theirs[1])
    normalized = keras.ops.batch_normalization(channels_last(x), mean, var, 3, beta, gamma, epsilon=eps)
    agree(ops.batch_norm(x, gamma, beta, mean, var, eps), normalized)


@given(seeds, st.sampled_from([1, 10, 100]))
@examples
@pytest.mark.parametrize("name", activations)
def test_activations(name, seed, spread):
    x = np.random.default_rng(seed).standard_normal((4, 5)) * spread
    agree(getattr(ops, name)(x), activations[name](x), tolerance=1e-6)  # their constants are in single precision


@given(seeds, st.integers(-3, 2), st.sampled_from([1, 100]))
@examples
def test_softmax(seed, axis, spread):
    x = np.random.default_rng(seed).standard_normal((2, 3, 4)) * spread
    agree(ops.softmax(x, axis), keras.ops.softmax(x, axis))


@given(seeds, st.sampled_from([1, 100]))
@examples
def test_cross_entropy(seed, spread):
    rng = np.random.default_rng(seed)
    logits, labels = rng.standard_normal((6, 5)) * spread, rng.integers(0, 5, 6)
    losses = keras.ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    agree(ops.cross_entropy(logits, labels), keras.ops.mean(losses))


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_grouped_convolution(padding):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 6, 7, 8)), rng.standard_normal((4, 3, 3, 2))
    theirs = keras.ops.conv(channels_last(x), filters_last(w), 2, padding, "channels_last")
    agree(ops.conv2d(x, w, stride=2, padding=padding, groups=2), theirs)
