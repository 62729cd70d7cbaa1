"""Learning-rate schedules: pure arithmetic, one factor a training step, the same in both frameworks."""

import math
from collections.abc import Callable

from utils import defaults

Schedule = Callable[[int, int], float]


def constant(step: int, steps: int) -> float:
    """Factor 1 at every step."""
    return 1.0


def cosine(step: int, steps: int) -> float:
    """Fall from 1 along half a cosine towards 0 (Loshchilov and Hutter 2017, without restarts).

    Args:
        step: 0 … steps - 1.
        steps: training steps in all.
    """
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def one_cycle(step: int, steps: int) -> float:
    """Rise in a straight line to 1, then fall along half a cosine towards 0 (after Smith and Topin, 2018).

    Args:
        step: 0 … steps - 1.
        steps: training steps in all.

    Returns:
        What to multiply the peak learning rate by, in (0, 1].
    """
    return _behind_warm_up(cosine, max(1, round(defaults.WARM_UP * steps)), step, steps)


SCHEDULES: dict[str, Schedule] = {"constant": constant, "cosine": cosine, "one-cycle": one_cycle}


def factor(schedule: str | Schedule, warm_up: float | None, step: int, steps: int) -> float:
    """What to multiply the peak learning rate by.

    Args:
        schedule: a name of `SCHEDULES`, or a function of step and steps, which count from the end of the warm-up.
        warm_up: the share of all steps in which the rate rises in a straight line; None leaves it to the schedule.
        step: 0 … steps - 1.
        steps: training steps in all.
    """
    if warm_up is None:
        return _named(schedule)(step, steps)
    behind = cosine if schedule == "one-cycle" else _named(schedule)
    return _behind_warm_up(behind, round(warm_up * steps), step, steps)


def _named(schedule: str | Schedule) -> Schedule:
    return SCHEDULES[schedule] if isinstance(schedule, str) else schedule


def _behind_warm_up(schedule: Schedule, rising: int, step: int, steps: int) -> float:
    """The schedule starts again from its top, which the warm-up has already reached."""
    if step < rising:
        return (step + 1) / rising
    top = rising - 1 if rising else 0
    return schedule(step - top, steps - top)
