"""Sizes against counting on fingers, and against the numbers of published networks."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from utils import shapes


@st.composite
def one_axis(draw):
    """size, kernel, stride, (before, after), dilation: any padding below the dilated kernel, and room for a window."""
    kernel, stride, dilation = (draw(st.integers(1, 5)) for _ in range(3))
    span = dilation * (kernel - 1) + 1
    padding = (draw(st.integers(0, span - 1)), draw(st.integers(0, span - 1)))
    size = draw(st.integers(max(1, span - sum(padding)), 30))
    return size, kernel, stride, padding, dilation


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((7, 3), 5),
        ((7, 3, 2), 3),
        ((7, 3, 1, 1), 7),
        ((7, 3, 1, (0, 2)), 7),
        ((7, 3, 1, "valid"), 5),
        ((7, 3, 1, "same"), 7),
        ((7, 3, 1, "full"), 9),
        ((8, 3, 2, "same"), 4),
        ((7, 4, 1, "same"), 7),
        ((7, 3, 1, 0, 3), 1),
        ((224, 7, 2, 3), 112),  # ResNet's first layer
        ((227, 11, 4), 55),  # AlexNet's
    ],
)
def test_known_output_sizes(arguments, expected):
    assert shapes.output_size(*arguments) == expected


@given(one_axis(), st.booleans())
def test_output_size_counts_the_windows_that_fit(geometry, ceil_mode):
    size, kernel, stride, (before, after), dilation = geometry
    end, span = before + size + after, dilation * (kernel - 1) + 1
    fitting = [start for start in range(0, end, stride) if start + span <= end]
    something_is_left = fitting[-1] + span < end
    next_begins_before_the_padding = fitting[-1] + stride < before + size
    expected = len(fitting) + (ceil_mode and something_is_left and next_begins_before_the_padding)
    assert shapes.output_size(*geometry, ceil_mode=ceil_mode) == expected


@pytest.mark.parametrize(
    ("arguments", "rounded_down", "rounded_up"),
    [
        ((5, 2, 2), 2, 3),
        ((4, 2, 2), 2, 2),
        ((5, 2, 2, 1), 3, 3),  # a fourth window would begin at 6, in the padding after the picture
        ((2, 1, 3), 1, 1),
        ((6, 2, 3, (1, 1)), 3, 3),
    ],
)
def test_ceil_mode(arguments, rounded_down, rounded_up):
    assert shapes.output_size(*arguments) == rounded_down
    assert shapes.output_size(*arguments, ceil_mode=True) == rounded_up


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4))
def test_same_is_tensorflows_rule(size, kernel, stride, dilation):
    axis = shapes.axis(size, kernel, stride, "same", dilation)
    assert axis.windows == -(-size // stride)
    assert axis.after - axis.before in (0, 1), "the odd cell goes to the end"
    assert axis.before + axis.after == max(axis.reach - size, 0), "no more padding than the windows reach"


@given(one_axis())
def test_transposed_size_undoes_output_size(geometry):
    size, kernel, stride, padding, dilation = geometry
    windows = shapes.output_size(*geometry)
    skipped = (size + sum(padding) - dilation * (kernel - 1) - 1) % stride
    assert shapes.transposed_output_size(windows, kernel, stride, padding, skipped, dilation) == size


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((4, 3), 6),
        ((4, 3, 2), 9),
        ((4, 3, 2, 1), 7),
        ((4, 3, 2, 1, 1), 8),
        ((4, 3, 2, "same"), 8),
        ((4, 2, 3, "same"), 12),  # a gap after each window, and one at the end
        ((4, 3, 2, "same", 1), 8),  # the size is fixed already: output_padding only moves the cut
        ((4, 3, 1, "full"), 2),
        ((4, 3, 1, "valid", 0, 2), 8),
    ],
)
def test_known_transposed_sizes(arguments, expected):
    assert shapes.transposed_output_size(*arguments) == expected


@given(one_axis(), st.sampled_from(["numbers", "same", "valid"]), st.integers(0, 4))
def test_windows_of_a_transposed_convolution_stand_on_its_output(geometry, padding, output_padding):
    size, kernel, stride, numbers, dilation = geometry
    output_padding %= max(stride, dilation)
    padding = numbers if padding == "numbers" else padding
    assume(stride * (size - 1) + dilation * (kernel - 1) + output_padding >= sum(numbers))
    axis = shapes.transposed_axis(size, kernel, stride, padding, output_padding, dilation)
    assert axis.windows == size
    assert axis.before + axis.size + axis.after == axis.reach


@given(one_axis(), st.booleans(), st.booleans())
def test_axis_counts_cells(geometry, ceil_mode, padding):
    axis = shapes.axis(*geometry, ceil_mode=ceil_mode)
    picture = np.zeros(axis.before + axis.size + axis.after + axis.reach, int)
    picture[axis.before : axis.before + axis.size] = 1
    if padding:
        picture[: axis.before + axis.size + axis.after] = 1
    taps = [picture[axis.tap(position)] for position in range(axis.kernel)]
    assert axis.cells(padding=padding) == np.sum(taps, axis=0).tolist()


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([], 1),
        ([3], 3),
        ([3, 3], 5),
        ([3, 3, 3], 7),
        ([(3, 2), (3, 2)], 7),
        ([(3, 1), (2, 2), (3, 1)], 8),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 15),
        ([7, [1, 1]], 7),
        ([3, 3, (2, 2)] * 2 + [3, 3, 3, (2, 2)] * 3, 212),  # VGG16 to its last pooling
    ],
)
def test_receptive_field(layers, expected):
    assert shapes.receptive_field(layers) == expected


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), max_size=4))
def test_receptive_field_is_the_input_that_makes_one_output(layers):
    size = 1
    for kernel, stride, dilation in reversed(layers):
        size = stride * (size - 1) + dilation * (kernel - 1) + 1
    assert shapes.receptive_field(layers) == size


def test_parameters_of_small_convnets():
    convolutions = [(1, 32, 3), (32, 64, 3), (64, 64, 3)]
    shared = sum(shapes.conv2d_parameters(*layer) for layer in convolutions) + shapes.dense_parameters(64, 10)
    assert shared + shapes.dense_parameters(3 * 3 * 64, 64) == 93_322  # S2's net
    assert shared + shapes.dense_parameters(22 * 22 * 64, 64) == 2_038_922  # the same without pooling


def test_parameters_by_hand():
    assert shapes.conv2d_parameters(4, 6, (3, 5), groups=2) == 6 * 2 * 15 + 6
    assert shapes.conv2d_parameters(8, 8, 3, groups=8, bias=False) == 72
    assert shapes.dense_parameters(3, 2, bias=False) == 6


def test_flops_by_hand():
    assert shapes.dense_flops(3, 2) == 12
    assert shapes.conv2d_flops(1, 1, 2, 1) == 8  # four products, three additions and that of the bias
    assert shapes.conv2d_flops(64, 64, 3, 32) == 2 * 64 * 64 * 9 * 32 * 32
    assert shapes.conv2d_flops(64, 64, 3, (32, 16), groups=64) == 2 * 64 * 9 * 32 * 16


NO_SIZES = [0, -1, 2.0, 2.5, float("nan"), float("inf"), True, np.True_, None, "3", (3, 3), np.array([3])]


@pytest.mark.parametrize("wrong", NO_SIZES, ids=repr)
@pytest.mark.parametrize("position", range(3))
def test_no_size_is_refused(wrong, position):
    arguments = [7, 3, 1]
    arguments[position] = wrong
    name = ("size", "kernel", "stride")[position]
    for function in (shapes.output_size, shapes.transposed_output_size):
        with pytest.raises(ValueError, match=f"^{name} must be a whole number of at least 1, not "):
            function(*arguments)


@pytest.mark.parametrize("wrong", NO_SIZES, ids=repr)
def test_no_number_of_a_layer_is_refused(wrong):
    with pytest.raises(ValueError, match="whole number"):
        shapes.output_size(7, 3, dilation=wrong)
    with pytest.raises(ValueError, match="whole number"):
        shapes.receptive_field([(3, wrong)])
    with pytest.raises(ValueError, match="whole number"):
        shapes.conv2d_parameters(wrong, 8, 3)
    with pytest.raises(ValueError, match="whole number"):
        shapes.dense_flops(8, wrong)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: shapes.output_size(4, 5),
            r"kernel of 5 with dilation 1 covers 5 cells, but there are only 4: .* 0 and 0",
        ),
        (lambda: shapes.output_size(4, 3, dilation=3), "kernel of 3 with dilation 3 covers 7 cells"),
        (lambda: shapes.output_size(7, 3, padding=3), r"padding \(3, 3\) must stay below the 3 cells"),
        (lambda: shapes.output_size(7, 3, padding=(0, 4)), r"padding \(0, 4\) must stay below the 3 cells"),
        (lambda: shapes.output_size(7, 3, padding=-1), "padding must be a whole number of at least 0, not -1"),
        (lambda: shapes.output_size(7, 3, padding=(1, 1.5)), "padding must be a whole number of at least 0, not 1.5"),
        (lambda: shapes.output_size(7, 3, padding=(1, 1, 1)), r"padding .* pair of them, not \(1, 1, 1\)"),
        (lambda: shapes.output_size(7, 3, padding="SAME"), "valid, same, full, not 'SAME'"),
        (
            lambda: shapes.transposed_output_size(1, 2, padding=1),
            "makes 2 cells, of which a padding of 1 and 1 leaves none",
        ),
        (lambda: shapes.transposed_output_size(4, 3, 2, output_padding=2), "output_padding 2 must be less than"),
        (lambda: shapes.transposed_output_size(4, 3, 2, output_padding=-1), "output_padding must be a whole number"),
        (lambda: shapes.transposed_output_size(4, 3, padding=3), r"padding \(3, 3\) must stay below the 3 cells"),
        (lambda: shapes.receptive_field([(3, 1, 1, 1)]), r"not \(3, 1, 1, 1\)"),
        (lambda: shapes.receptive_field([()]), r"not \(\)"),
        (lambda: shapes.conv2d_parameters(6, 4, 3, groups=4), "4 groups can not share 6 channels and 4 filters evenly"),
        (lambda: shapes.conv2d_parameters(4, 6, 3, groups=4), "4 groups can not share 4 channels and 6 filters evenly"),
    ],
)
def test_impossible_geometry_is_refused_with_its_numbers(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert str(error.value).endswith(".")


def test_numpy_integers_are_sizes():
    assert shapes.output_size(np.int64(7), np.uint8(3), np.array(2)) == 3


@given(one_axis())
def test_a_size_is_a_plain_int(geometry):
    size, kernel, stride, padding, dilation = geometry
    assert type(shapes.output_size(np.int32(size), kernel, np.int64(stride), padding, dilation)) is int
    assume(stride > 1)
    assert type(shapes.transposed_output_size(np.int32(size), kernel, stride, 0, np.int64(1), dilation)) is int
