"""Answers of exercises compared: each function ends quietly, or says in one sentence what is wrong.

Sentences go to learners: they tell shape, range and meaning of what was expected, and never the answer itself.
"""

from collections.abc import Mapping

import numpy as np

PLAIN = (bool, int, float, complex, str, type(None), np.generic)
FEW = 4


class WrongError(Exception):
    """An answer is wrong; the text says what about it."""


class NotDoneError(Exception):
    """The learner has not begun: what stands in for the answer is still there."""


def plain(answer: object) -> object:
    """An answer as numbers, texts, arrays, lists and dictionaries of such; tensors become arrays.

    Raises:
        WrongError: it holds something else, or a tensor that NumPy can not read.
        NotDoneError: it is an ellipsis, which stands in for an answer.
    """
    if answer is Ellipsis:
        raise NotDoneError
    if isinstance(answer, PLAIN):
        return answer
    if isinstance(answer, list | tuple):
        return [plain(item) for item in answer]
    if isinstance(answer, dict):
        return {plain(key): plain(value) for key, value in answer.items()}
    if getattr(answer, "requires_grad", False):
        raise WrongError("your answer still carries its gradient's history: give it as .detach().")
    if hasattr(answer, "__array__"):
        array = _read(answer)
        if array.dtype != object:
            return array if array.ndim else array[()]
    raise WrongError(f"your answer is of type {type(answer).__name__}: give numbers, text or an array.")


def _read(answer: object) -> np.ndarray:
    """An array of a tensor; PyTorch gives none of what is on a GPU or of bfloat16, Keras none of what has no value."""
    try:
        return np.asarray(answer)
    except (TypeError, ValueError, RuntimeError):
        raise WrongError(
            f"your answer is a {type(answer).__name__} that NumPy can not read: give float32 numbers in main memory, "
            f"in PyTorch by .float().cpu()."
        ) from None


def fail(feedback: str) -> None:
    """End a comparison: the answer is wrong, and this sentence says what about it."""
    raise WrongError(feedback)


def shape(answer: object, expected: tuple[int, ...], hints: Mapping[tuple[int, ...], str] | None = None) -> None:
    """Wrong unless the answer is an array of this shape; `hints` says what another shape is a sign of."""
    if not isinstance(answer, np.ndarray):
        if expected:
            raise WrongError(f"your answer is {_described(answer)}, not an array of shape {expected}.")
        return
    if answer.shape != expected:
        hint = (hints or {}).get(answer.shape, "")
        raise WrongError(f"your output has shape {answer.shape}, not {expected}{': ' if hint else '.'}{hint}")


def close(
    answer: object,
    expected: object,
    meaning: str,
    *,
    tolerance: float = 1e-5,
    shapes: Mapping[tuple[int, ...], str] | None = None,
    confusions: Mapping[str, object] | None = None,
) -> None:
    """Wrong unless the answer is near what is expected: |answer − expected| ≤ tolerance · (1 + |expected|).

    Args:
        answer: what the learner's code gave: a number or an array, or a list or dictionary of such.
        expected: the right one, of the same structure.
        meaning: what the numbers are, to end the sentence "expected is …".
        tolerance: absolute near zero, relative beyond one.
        shapes: what the learner may have confused if the shape is one of these.
        confusions: what to say if the answer is near one of these wrong ones.
    """
    if isinstance(expected, dict | list | tuple):
        return _each_close(answer, expected, meaning, tolerance, shapes, confusions)
    if answer is None:
        raise WrongError(f"your code gives None: let it return {meaning}.")
    if isinstance(answer, list | tuple):
        answer = _as_array(answer)
    if not isinstance(answer, np.ndarray | int | float | np.generic) or _is_bool(answer) != _is_bool(expected):
        raise WrongError(f"your answer is {_described(answer)}: expected is {meaning}, {_kind(expected)}.")
    if isinstance(answer, np.ndarray) and answer.dtype.kind not in "biufc":
        raise WrongError(f"your answer is an array of {answer.dtype}: expected is {meaning}, numbers.")
    shape(answer, np.shape(expected), shapes)
    if _near(answer, expected, tolerance):
        return None
    for feedback, wrong in (confusions or {}).items():
        if _confused(answer, wrong, tolerance):
            raise WrongError(feedback)
    raise WrongError(_off(np.asarray(answer), np.asarray(expected), meaning, tolerance))


def _each_close(
    answer: object,
    expected: object,
    meaning: str,
    tolerance: float,
    shapes: Mapping | None,
    confusions: Mapping | None,
) -> None:
    if isinstance(expected, dict):
        if not isinstance(answer, dict) or answer.keys() != expected.keys():
            keys = ", ".join(map(str, expected))
            raise WrongError(f"your answer is {_described(answer)}: expected is a dictionary with {keys}.")
        pairs = {f"{name}: {meaning}": (answer[name], expected[name], name) for name in expected}
    else:
        if not isinstance(answer, list | tuple | np.ndarray) or len(answer) != len(expected):
            for feedback, wrong in (confusions or {}).items():
                if _confused(answer, wrong, tolerance):
                    raise WrongError(feedback)
            raise WrongError(f"your answer is {_described(answer)}: expected is {meaning}, {len(expected)} of them.")
        confusions = {said: wrong for said, wrong in (confusions or {}).items() if len(wrong) == len(expected)}
        pairs = {f"{meaning} (number {n})": (*pair, n) for n, pair in enumerate(zip(answer, expected))}
    for said, (one, other, key) in pairs.items():
        mine = {feedback: wrong[key] for feedback, wrong in (confusions or {}).items()}
        close(one, other, said, tolerance=tolerance, shapes=shapes, confusions=mine)


def equal(answer: object, expected: object, meaning: str, *, confusions: Mapping[str, object] | None = None) -> None:
    """Wrong unless the answer is exactly this number, text, or sequence of such (a list may stand for a tuple)."""
    answer, expected = _listed(answer), _listed(expected)
    if type(answer) is type(expected) and answer == expected:
        return
    if isinstance(answer, int | float) and isinstance(expected, int | float) and answer == expected:
        return
    if answer is None:
        raise WrongError(f"your code gives None: let it return {meaning}.")
    for feedback, wrong in (confusions or {}).items():
        if answer == _listed(wrong):
            raise WrongError(feedback)
    raise WrongError(f"your answer is {_described(answer)}: expected is {meaning}.")


def between(answer: object, low: float, high: float, meaning: str) -> None:
    """Wrong unless every number of the answer lies in [low, high]; NaN does not."""
    numbers = np.asarray(answer)
    if numbers.dtype.kind not in "iuf":
        raise WrongError(f"your answer is {_described(answer)}: expected is {meaning}.")
    if not np.all((numbers >= low) & (numbers <= high)):
        raise WrongError(f"your answer is {_described(answer)}: {meaning} lies between {low:g} and {high:g}.")


def _is_bool(value: object) -> bool:
    return isinstance(value, bool | np.bool_)


def _as_array(answer: list | tuple) -> np.ndarray:
    try:
        return np.asarray(answer, float)
    except (ValueError, TypeError):
        raise WrongError(f"your answer is {_described(answer)}: it can not be read as an array of numbers.") from None


def _listed(value: object) -> object:
    """Sequences and arrays as lists, NumPy's numbers as Python's."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _confused(answer: object, wrong: object, tolerance: float) -> bool:
    try:
        return np.shape(wrong) == np.shape(answer) and _near(answer, wrong, tolerance)
    except (ValueError, TypeError):  # lists of several lengths, or text
        return False


def _near(answer: object, expected: object, tolerance: float) -> bool:
    return np.allclose(answer, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


def _off(answer: np.ndarray, expected: np.ndarray, meaning: str, tolerance: float) -> str:
    if np.isnan(answer.astype(float)).any() and not np.isnan(expected.astype(float)).any():
        return f"your answer holds NaN, no number: expected is {meaning}."
    if not expected.shape:
        return f"your answer is {answer:.6g}, which is not {meaning}."
    off = ~np.isclose(answer, expected, rtol=tolerance, atol=tolerance)
    first = tuple(int(place) for place in np.argwhere(off)[0])
    said = f"the shape is right, but {int(off.sum())} of {off.size} values are not, the first at {list(first)}."
    if expected.size < FEW:  # a range would give the answer away
        return f"{said} Expected is {meaning}."
    ends = [f"from {array.min():.4g} to {array.max():.4g}" for array in (expected, answer)]
    return f"{said} Expected is {meaning}, {ends[0]}; yours go {ends[1]}."


def _kind(expected: object) -> str:
    """What sort of thing is expected, without its value."""
    if isinstance(expected, np.ndarray):
        return f"an array of shape {expected.shape}"
    return "True or False" if _is_bool(expected) else "a number"


def _described(value: object) -> str:
    """A value in a few words."""
    if isinstance(value, np.ndarray):
        ends = f", from {value.min():.4g} to {value.max():.4g}" if value.size and value.dtype.kind in "iuf" else ""
        return f"an array of shape {value.shape}{ends}"
    if isinstance(value, dict):
        return f"a dictionary with {', '.join(map(str, value)) or 'nothing in it'}"
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 60 else f"{text[:60]} …"
