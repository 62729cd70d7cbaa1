"""Learning-rate schedules: pure arithmetic, one factor a training step, the same in both frameworks."""

import math

from utils import defaults


def constant(step: int, steps: int) -> float:
    """Factor 1 at every step."""
    return 1.0


def one_cycle(step: int, steps: int) -> float:
    """Rise in a straight line to 1, then fall along half a cosine towards 0 (after Smith and Topin, 2018).

    Args:
        step: 0 … steps - 1.
        steps: training steps in all.

    Returns:
        What to multiply the peak learning rate by, in (0, 1].
    """
    rising = max(1, round(defaults.WARM_UP * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step + 1 - rising) / (steps + 1 - rising)))


SCHEDULES = {"constant": constant, "one-cycle": one_cycle}
