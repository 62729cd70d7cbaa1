"""What `python -m tools bench` measures: a module a topic, whose functions make a `Ratio` and import what they need."""

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
