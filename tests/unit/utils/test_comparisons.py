"""Answers compared: what is near enough passes, what is wrong is told in one sentence that gives nothing away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import comparisons
from utils.comparisons import NotDoneError, WrongError, between, close, equal, plain, shape

TABLE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def told(compare, *arguments, **options) -> str:
    """What a comparison says is wrong."""
    with pytest.raises(WrongError) as wrong:
        compare(*arguments, **options)
    return str(wrong.value)


@pytest.mark.parametrize(
    "answer, expected",
    [
        (TABLE, TABLE),
        (TABLE + 1e-7, TABLE),
        (TABLE.tolist(), TABLE),
        (TABLE.astype("float32"), TABLE),
        (3, 3.0),
        (np.float32(0.1), 0.1),
        (np.array(2.0), 2),
        ([TABLE, 1.0], (TABLE, 1.0)),
        ({"a": 1.0, "b": TABLE}, {"a": 1, "b": TABLE}),
        (True, np.True_),
        (np.True_, True),
        (np.array([True, False]), [True, False]),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
    ],
)
def test_what_is_near_enough_is_close(answer, expected):
    close(answer, expected, "a number")


@pytest.mark.parametrize(
    "answer, said",
    [
        (None, "your code gives None: let it return the sums."),
        (TABLE.T, "your output has shape (3, 2), not (2, 3): you exchanged rows and columns."),
        (TABLE[:1], "your output has shape (1, 3), not (2, 3)."),
        (3.0, "your answer is 3.0, not an array of shape (2, 3)."),
        ("sums", "your answer is 'sums': expected is the sums, an array of shape (2, 3)."),
        (True, "your answer is True: expected is the sums, an array of shape (2, 3)."),
        (np.array(["a"]), "your answer is an array of <U1: expected is the sums, numbers."),
        ([[1, 2], [3]], "your answer is [[1, 2], [3]]: it can not be read as an array of numbers."),
        (TABLE / 2, "you took the mean of two."),
        (TABLE * np.nan, "your answer holds NaN, no number: expected is the sums."),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(answer, said):
    shapes = {(3, 2): "you exchanged rows and columns."}
    assert (
        told(close, answer, TABLE, "the sums", shapes=shapes, confusions={"you took the mean of two.": TABLE / 2})
        == said
    )


@pytest.mark.parametrize("yes", [True, np.True_])
def test_numbers_are_no_truth_values(yes):
    assert told(close, yes, 1, "the sum") == "your answer is True: expected is the sum, a number."
    assert told(close, 1, yes, "the answer") == "your answer is 1: expected is the answer, True or False."


def test_wrong_values_are_counted_and_ranges_told():
    said = told(close, np.where(TABLE > 4, 0, TABLE), TABLE, "the sums")
    assert said == (
        "the shape is right, but 2 of 6 values are not, the first at [1, 1]. "
        "Expected is the sums, from 1 to 6; yours go from 0 to 4."
    )


@pytest.mark.parametrize("expected", [7.25, np.array([7.25]), np.array([7.25, 7.25, 7.25])])
def test_few_numbers_are_not_given_away_by_their_range(expected):
    assert "7.25" not in told(close, np.zeros_like(expected), expected, "the sum")


def test_parts_of_an_answer_are_named():
    assert "gradient of b: the" not in told(close, {"a": 1.0}, {"a": 1.0, "b": 2.0}, "the gradient")
    assert told(close, {"a": 1.0, "b": 0.0}, {"a": 1.0, "b": 2.0}, "the gradient").endswith(
        "which is not b: the gradient."
    )
    assert "number 1" in told(close, [1.0, 0.0], [1.0, 2.0], "the gradients")
    assert (
        told(close, [1.0], [1.0, 2.0], "the gradients") == "your answer is [1.0]: expected is the gradients, 2 of them."
    )
    assert told(close, [TABLE.T], [TABLE], "tables", shapes={(3, 2): "turned."}).endswith("not (2, 3): turned.")
    confusions = {"you forgot the sign.": [-1.0, -2.0], "the last one is missing.": [1.0]}
    assert told(close, [1.0], [1.0, 2.0], "gradients", confusions=confusions) == "the last one is missing."
    for ragged in ([[1.0, 2.0], 3.0, 4.0], ["a"]):
        assert "2 of them" in told(close, ragged, [1.0, 2.0], "gradients", confusions=confusions)
    assert told(close, [1.0, -2.0], [1.0, 2.0], "gradients", confusions=confusions) == "you forgot the sign."


@pytest.mark.parametrize(
    "answer, expected", [(3, 3), (3.0, 3), ((1, 2), [1, 2]), ("cat", "cat"), (np.array([1, 2]), (1, 2)), (True, True)]
)
def test_what_is_equal_passes(answer, expected):
    equal(answer, expected, "the size")


@pytest.mark.parametrize(
    "answer, said",
    [
        (None, "your code gives None: let it return the size."),
        ((28, 28), "that is 'same' padding."),
        ([24, 25], "your answer is [24, 25]: expected is the size."),
        ("24", "your answer is '24': expected is the size."),
    ],
)
def test_what_differs_is_told(answer, said):
    assert told(equal, answer, (24, 26), "the size", confusions={"that is 'same' padding.": (28, 28)}) == said


def test_numbers_must_lie_between():
    between(np.array([0.0, 1.0]), 0, 1, "a probability")
    assert told(between, [0.5, 1.5], 0, 1, "a probability") == (
        "your answer is [0.5, 1.5]: a probability lies between 0 and 1."
    )
    assert "your answer is 1.5:" in told(between, np.float64(1.5), 0, 1, "a probability")
    assert "probability" in told(between, np.nan, 0, 1, "a probability")
    assert "expected is a probability" in told(between, "much", 0, 1, "a probability")


def test_a_shape_alone_may_be_asked_for():
    shape(TABLE, (2, 3))
    shape(3.0, ())
    assert told(shape, [1], (1,)) == "your answer is [1], not an array of shape (1,)."


class Tensor:
    """Like a framework's: no array, but made into one."""

    def __init__(self, gradient: bool):
        self.requires_grad = gradient

    def __array__(self, dtype=None, copy=None):
        return TABLE


class TensorElsewhere:
    """Like PyTorch's on a GPU or of bfloat16."""

    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert cuda:0 device type tensor to numpy.")


def test_answers_become_plain_data():
    assert plain(((1, "a"), {"b": None})) == [[1, "a"], {"b": None}]
    np.testing.assert_array_equal(plain(Tensor(gradient=False)), TABLE)
    assert plain(np.array(3)) == 3 and not isinstance(plain(np.array(3)), np.ndarray)
    assert told(plain, Tensor(gradient=True)).endswith("give it as .detach().")
    assert told(plain, [TensorElsewhere()]) == (
        "your answer is a TensorElsewhere that NumPy can not read: give float32 numbers in main memory, in PyTorch by "
        ".float().cpu()."
    )
    assert told(plain, object()) == "your answer is of type object: give numbers, text or an array."
    assert told(plain, np.array([object()])) == "your answer is of type ndarray: give numbers, text or an array."
    with pytest.raises(NotDoneError):
        plain([1, ...])


def test_an_author_may_fail_an_answer_in_words():
    assert told(comparisons.fail, "turned around.") == "turned around."


@given(st.floats(-1e6, 1e6), st.floats(-1e-3, 1e-3))
def test_tolerance_is_absolute_near_zero_and_relative_beyond(expected, off):
    near = abs(off) <= 1e-5 * (1 + abs(expected))
    if abs(abs(off) - 1e-5 * (1 + abs(expected))) < 1e-9:
        return
    try:
        close(expected + off, expected, "a number")
    except WrongError:
        assert not near
    else:
        assert near
