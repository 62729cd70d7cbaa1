"""The reference operations against PyTorch's, in double precision."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from utils import ops, shapes

examples = settings(max_examples=80)
seeds = st.integers(0, 2**32 - 1)
pairs = {n: st.tuples(st.integers(1, n), st.integers(1, n)) for n in (2, 3, 4)}
activations = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


def agree(ours, theirs, tolerance=1e-10):
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


@st.composite
def convolutions(draw, *, transposed=False):
    """(x, w, bias, keywords); padding on all four sides, or for transposed convolution, as PyTorch has it, on two."""
    kernel, stride, dilation = draw(pairs[4]), draw(pairs[3]), draw(pairs[3])
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    ends = [(draw(st.integers(0, span - 1)), draw(st.integers(0, span - 1))) for span in spans]
    groups, depth, filters = (draw(st.integers(1, 3)) for _ in range(3))
    rng = np.random.default_rng(draw(seeds))
    if transposed:
        x = rng.standard_normal((draw(st.integers(1, 3)), groups * depth, *draw(pairs[4])))
        w = rng.standard_normal((groups * depth, filters, *kernel))
        extra = tuple(draw(st.integers(0, max(numbers) - 1)) for numbers in zip(stride, dilation))
        padding = {"padding": tuple(before for before, _ in ends), "output_padding": extra}
    else:
        smallest = [max(1, span - sum(sides)) for span, sides in zip(spans, ends)]
        size = [draw(st.integers(least, least + 6)) for least in smallest]
        x = rng.standard_normal((draw(st.integers(1, 3)), groups * depth, *size))
        w = rng.standard_normal((groups * filters, depth, *kernel))
        padding = {"padding": tuple(ends)}
    keywords = {"stride": stride, "dilation": dilation, "groups": groups, **padding}
    return x, w, rng.standard_normal(groups * filters), keywords


def torch_conv2d(x, w, bias, *, padding, **keywords):
    (top, bottom), (left, right) = padding
    return F.conv2d(F.pad(x, (left, right, top, bottom)), w, bias, **keywords)


@given(convolutions(), st.sampled_from(["im2col", "loops", "fft"]))
@examples
def test_conv2d(case, method):
    *arrays, keywords = case
    theirs = torch_conv2d(*map(torch.from_numpy, arrays), **keywords)
    agree(ops.conv2d(*arrays, **keywords, method=method), theirs)


@given(convolutions())
@examples
def test_conv2d_backward_is_autograd(case):
    *arrays, keywords = case
    x, w, bias = (torch.tensor(array, requires_grad=True) for array in arrays)
    y = torch_conv2d(x, w, bias, **keywords)
    grad = np.random.default_rng(0).standard_normal(y.shape)
    y.backward(torch.from_numpy(grad))
    for ours, theirs in zip(ops.conv2d_backward(grad, *arrays[:2], **keywords), (x.grad, w.grad, bias.grad)):
        agree(ours, theirs)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@given(convolutions(), st.sampled_from(["same", "valid"]))
@examples
def test_named_paddings(case, name):
    x, w, bias, keywords = case
    x = np.tile(x, (1, 1, 10, 10))[:, :, :12, :11]  # room for "valid"
    keywords = {**keywords, "padding": name}
    if name == "same":
        keywords["stride"] = 1  # PyTorch refuses any other
    agree(ops.conv2d(x, w, bias, **keywords), F.conv2d(*map(torch.from_numpy, (x, w, bias)), **keywords))


@given(convolutions(transposed=True))
@examples
def test_conv_transpose2d(case):
    x, w, bias, keywords = case
    sizes = zip(x.shape[2:], w.shape[2:], *(keywords[k] for k in ("stride", "padding", "output_padding", "dilation")))
    reach = [s * (n - 1) + d * (k - 1) + 1 + extra - 2 * p for n, k, s, p, extra, d in sizes]
    assume(min(reach) > 0)
    agree(
        ops.conv_transpose2d(x, w, bias, **keywords),
        F.conv_transpose2d(*map(torch.from_numpy, (x, w, bias)), **keywords),
    )


@st.composite
def poolings(draw, *, dilated):
    """(x, size, keywords) with PyTorch's padding: both ends alike, at most half of the window."""
    size, dilation = draw(pairs[4]), draw(pairs[3]) if dilated else (1, 1)
    padding = tuple(draw(st.integers(0, k // 2)) for k in size)
    smallest = [max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(size, dilation, padding)]
    picture = [draw(st.integers(least, least + 7)) for least in smallest]
    x = np.random.default_rng(draw(seeds)).standard_normal((2, 3, *picture))
    keywords = {"stride": draw(st.none() | pairs[4]), "padding": padding, "ceil_mode": draw(st.booleans())}
    return x, size, {**keywords, "dilation": dilation} if dilated else keywords


@given(poolings(dilated=True))
@examples
def test_max_pool2d(case):
    x, size, keywords = case
    agree(ops.max_pool2d(x, size, **keywords), F.max_pool2d(torch.from_numpy(x), size, **keywords))


@given(poolings(dilated=False), st.booleans())
@examples
def test_avg_pool2d(case, count_include_pad):
    x, size, keywords = case
    keywords = {**keywords, "count_include_pad": count_include_pad}
    agree(ops.avg_pool2d(x, size, **keywords), F.avg_pool2d(torch.from_numpy(x), size, **keywords))


@given(convolutions(), st.booleans())
@examples
def test_pooling_with_any_padding(case, count_include_pad):
    """PyTorch stops at half of the window and at two sides; padding first by hand, it goes on."""
    x, w, _, keywords = case
    keywords.pop("groups")
    size, ((top, bottom), (left, right)) = w.shape[2:], keywords["padding"]
    padded = F.pad(torch.from_numpy(x), (left, right, top, bottom), value=-torch.inf)
    theirs = F.max_pool2d(padded, size, keywords["stride"], dilation=keywords["dilation"])
    agree(ops.max_pool2d(x, size, **keywords), theirs)
    sums = [
        F.conv2d(
            F.pad(numbers, (left, right, top, bottom), value=value),
            torch.ones(1, 1, *size, dtype=torch.float64),
            stride=keywords["stride"],
            dilation=keywords["dilation"],
        )
        for numbers, value in (
            (torch.from_numpy(x[:, :1]), 0),
            (torch.ones(1, 1, *x.shape[2:]).double(), count_include_pad),
        )
    ]
    agree(
        ops.avg_pool2d(x[:, :1], size, **keywords, count_include_pad=count_include_pad), sums[0] / sums[1].clamp(min=1)
    )


@given(pairs[4], pairs[4], seeds)
@examples
def test_upsampling(size, scale, seed):
    x = np.random.default_rng(seed).standard_normal((2, 3, *size))
    theirs = torch.from_numpy(x)
    agree(ops.upsample_nearest2d(x, scale), F.interpolate(theirs, scale_factor=scale, mode="nearest"))
    agree(
        ops.upsample_bilinear2d(x, scale),
        F.interpolate(theirs, scale_factor=scale, mode="bilinear", align_corners=False),
    )


def test_global_avg_pool2d():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    agree(ops.global_avg_pool2d(x), F.adaptive_avg_pool2d(torch.from_numpy(x), 1))


@given(st.sampled_from([(5, 3), (4, 3, 2, 2), (2, 3, 4, 5), (3, 3, 7)]), seeds, st.sampled_from([1e-5, 1e-3, 0.5]))
@examples
def test_batch_norm(shape, seed, eps):
    rng = np.random.default_rng(seed)
    x, gamma, beta, mean = rng.standard_normal(shape), *rng.standard_normal((3, 3))
    var = rng.random(3)
    running = [torch.from_numpy(array) for array in (mean, var, gamma, beta)]
    agree(ops.batch_norm(x, gamma, beta, mean, var, eps), F.batch_norm(torch.from_numpy(x), *running, eps=eps))
    in_training = F.batch_norm(torch.from_numpy(x), None, None, *running[2:], training=True, eps=eps)
    agree(ops.batch_norm(x, gamma, beta, *ops.batch_statistics(x), eps), in_training)


@given(seeds, st.sampled_from([1, 10, 100]))
@examples
@pytest.mark.parametrize("name", activations)
def test_activations(name, seed, spread):
    x = np.random.default_rng(seed).standard_normal((4, 5)) * spread
    agree(getattr(ops, name)(x), activations[name](torch.from_numpy(x)))


@given(seeds, st.floats(0, 2))
@examples
def test_activations_with_alpha(seed, alpha):
    x = np.random.default_rng(seed).standard_normal((4, 5))
    agree(ops.leaky_relu(x, alpha), F.leaky_relu(torch.from_numpy(x), alpha))
    agree(ops.elu(x, alpha), F.elu(torch.from_numpy(x), alpha))


@given(seeds, st.integers(-3, 2), st.sampled_from([1, 100]))
@examples
def test_softmax(seed, axis, spread):
    x = np.random.default_rng(seed).standard_normal((2, 3, 4)) * spread
    agree(ops.softmax(x, axis), F.softmax(torch.from_numpy(x), axis))


@given(seeds, st.sampled_from([(), (2,), (3, 4)]), st.sampled_from([1, 100]))
@examples
def test_cross_entropy(seed, pixels, spread):
    rng = np.random.default_rng(seed)
    logits, labels = rng.standard_normal((6, 5, *pixels)) * spread, rng.integers(0, 5, (6, *pixels))
    agree(ops.cross_entropy(logits, labels), F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)))


@pytest.mark.parametrize("method", ["im2col", "loops", "fft"])
def test_single_precision(method):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 16, 20, 20), np.float32), rng.standard_normal((8, 16, 5, 5), np.float32)
    theirs = F.conv2d(torch.from_numpy(x), torch.from_numpy(w), padding=2)
    ours = ops.conv2d(x, w, padding=2, method=method)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)  # sums of 400 products, each about 1


def test_flops_are_those_pytorch_counts():
    with FlopCounterMode(display=False) as counter:
        F.conv2d(torch.ones(1, 6, 9, 9), torch.ones(4, 3, 3, 2), groups=2, stride=2)
        torch.ones(1, 7) @ torch.ones(7, 5)
    assert counter.get_total_flops() == shapes.conv2d_flops(6, 4, (3, 2), (4, 4), groups=2) + shapes.dense_flops(7, 5)
