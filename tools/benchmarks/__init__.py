"""What `python -m tools bench` measures: a module a topic, whose functions make a `Ratio` or a `Race`.

What a function needs, it imports itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ratio:
    """Two ways to one result, of which ours may take `at_most` times as long as theirs."""

    what: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]
    at_most: float
    rounds: int = 30
    tolerance: float = 1e-3  # by which the two results may differ
    times: int = 1  # how many of their calls make up what they do; one is timed
    threads: int = 1


@dataclass(frozen=True)
class Runner:
    """A recipe of `tools.measurements`, whose training is timed in a process of its own.

    With `epochs`, the recipe is trained for one epoch and for three, and the time of so many is extrapolated.
    """

    measurement: str
    label: str
    framework: str
    epochs: int | None = None


@dataclass(frozen=True)
class Race:
    """Two trainings, of which ours may take `at_most` times as long as theirs; once each, for they take minutes."""

    what: str
    ours: Runner
    theirs: Runner
    at_most: float
