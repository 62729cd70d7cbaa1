"""Checks of exercises: draw inputs, ask the learner's code, compare its answer, and say in one sentence what is wrong.

A check is a class with three functions, none of which takes `self`:

    @checks.check("One sum for each place of the window", points=2)
    class Places:
        def inputs(rng):                       # what the code is asked about, drawn from a NumPy generator
            return {"image": rng.integers(0, 9, (5, 6)), "kernel": rng.integers(-2, 3, (2, 3))}

        def probe(image, kernel):              # runs with the learner's code, gives plain data
            return correlate(image, kernel)

        def compare(answer, image, kernel):    # says what is wrong, by the functions below
            checks.close(answer, correlate2d(image, kernel, "valid"), "the sum of products at each place")

In a notebook it runs where it stands. The three stay apart so that a grader can send `inputs` to a sandbox that knows
only `probe`, and compare what comes back elsewhere. A hidden check (`hidden=True`) may leave `compare` out, or take
`expected`, the solution's own answer, as its second argument.
"""

import copy
import html
import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from utils.comparisons import PLAIN, NotDoneError, WrongError, between, close, equal, fail, plain, shape

__all__ = ["Check", "Outcome", "between", "check", "close", "equal", "fail", "passed", "recording", "shape", "summary"]

NOT_DONE = "Not done yet: replace what stands in for your answer by your own code."

_outcomes: dict[str, "Outcome"] = {}  # of this notebook, by title
_recorded: list["Check"] | None = None  # the checks met by `recording`


@dataclass(frozen=True)
class Outcome:
    """What became of a check: passed, and if not, one sentence about it."""

    title: str
    points: float
    passed: bool
    feedback: str = ""

    def __str__(self) -> str:
        """One line: a mark, the title, its points or what is wrong."""
        if self.passed:
            return f"✓ {self.title} ({_points(self.points)})"
        return f"✗ {self.title}: {self.feedback}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        color, mark = ("#1a7f37", "✓") if self.passed else ("#b35900", "✗")
        said = _points(self.points) if self.passed else self.feedback[:1].upper() + self.feedback[1:]
        return (
            f'<div style="border-left: 4px solid {color}; padding: 0.2em 0.8em">'
            f"<strong>{mark} {html.escape(self.title)}</strong><br>{html.escape(said)}</div>"
        )


def _points(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"


@dataclass(frozen=True)
class Check:
    """A check as it is written in a lab: its title, its points, and its three functions."""

    title: str
    points: float
    hidden: bool
    inputs: Callable[[np.random.Generator], dict]
    probe: Callable
    compare: Callable | None

    def draw(self, seed: int) -> dict:
        """The inputs that a seed gives; every check draws its own."""
        return self.inputs(np.random.default_rng([seed, crc32(self.title.encode())]))

    def run(self, seed: int = 0, solution: Callable | None = None) -> Outcome:
        """Ask the learner's code, and compare. `solution` is the probe that knows the solution, for hidden checks."""
        given = self.draw(seed)
        try:
            answer = _ask(self.probe, given)
            expected = {"expected": _ask(solution, given)} if _wants_expected(self.compare) else {}
            self._compared(answer, expected, copy.deepcopy(given))
        except NotDoneError:
            return Outcome(self.title, self.points, False, NOT_DONE)
        except WrongError as wrong:
            return Outcome(self.title, self.points, False, str(wrong))
        return Outcome(self.title, self.points, True)

    def _compared(self, answer: object, expected: dict, given: dict) -> None:
        """Compare; WrongError, too, where the answer is of a kind that the comparison did not think of."""
        if self.compare is None:
            return close(answer, expected["expected"], "what the exercise asks for")
        try:
            self.compare(answer, **expected, **given)
        except WrongError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise WrongError(f"your answer can not be compared ({said}): look at its type and shape.") from None


def check(title: str, *, points: float = 1, hidden: bool = False) -> Callable[[type], Check]:
    """Turn a class into a `Check`, and run it at once; hidden checks are run by the tools alone.

    Raises:
        TypeError: the class lacks `inputs` or `probe`, or a visible check lacks `compare` or wants `expected`.
    """

    def made(parts: type) -> Check:
        functions = {name: vars(parts).get(name) for name in ("inputs", "probe", "compare")}
        if not functions["inputs"] or not functions["probe"]:
            raise TypeError(f"The check {title!r} needs the functions inputs(rng) and probe(…).")
        if not hidden and not functions["compare"]:
            raise TypeError(f"The check {title!r} is visible: it needs the function compare(answer, …), too.")
        if not hidden and _wants_expected(functions["compare"]):
            raise TypeError(
                f"The check {title!r} is visible: its compare(answer, …) can not know the solution's answer."
            )
        made = Check(title, points, hidden, **functions)
        if _recorded is not None:
            _recorded.append(made)
        elif not hidden:
            _show(made.run())
        return made

    return made


def _wants_expected(compare: Callable | None) -> bool:
    return compare is None or "expected" in inspect.signature(compare).parameters


def _show(outcome: Outcome) -> None:
    from IPython.display import display

    _outcomes[outcome.title] = outcome
    display(outcome)


@contextmanager
def recording() -> Iterator[list[Check]]:
    """Within it, checks are collected into a list instead of being run."""
    global _recorded
    before, _recorded = _recorded, []
    try:
        yield _recorded
    finally:
        _recorded = before


def passed(*titles: str) -> bool:
    """Whether the checks of these titles have run in this notebook and passed."""
    return all(title in _outcomes and _outcomes[title].passed for title in titles)


def summary() -> None:
    """Print how many points the checks that ran in this notebook have given, and what is still open."""
    passed = sum(outcome.points for outcome in _outcomes.values() if outcome.passed)
    print(f"{passed:g} of {_points(sum(outcome.points for outcome in _outcomes.values()))} in the checks you can see")
    for outcome in _outcomes.values():
        if not outcome.passed:
            print(f"open: {outcome.title}")


def _ask(probe: Callable, given: dict) -> object:
    """The probe's answer as plain data; WrongError where the learner's code fails, or changes what it was given."""
    handed = copy.deepcopy(given)
    try:
        answer = probe(**handed)
    except NotImplementedError:
        raise NotDoneError from None
    except Exception as error:
        raise WrongError(f"your code stopped with {type(error).__name__}: {error}{_line(error)}") from None
    for name, value in given.items():
        if not _same(value, handed[name]):
            raise WrongError(f"your code changed its input {name}: let it work on a copy, callers still need theirs.")
    return plain(answer)


def _line(error: Exception) -> str:
    """Where the learner's code stopped: the deepest line that stands in a cell."""
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if "ipykernel" in frame.filename]
    return f" (at `{lines[-1]}`)" if lines and lines[-1] else ""


def _same(one: object, other: object) -> bool:
    """Whether two values hold the same; what can not be compared counts as the same."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return not isinstance(one, PLAIN) or one == other or (one != one and other != other)  # NaN
