import numpy as np
import pytest

from utils import defaults, schedules


def test_constant_is_one_throughout():
    assert {schedules.constant(step, 10) for step in range(10)} == {1.0}


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 430])
def test_one_cycle_rises_in_a_line_then_falls_and_never_reaches_zero(steps):
    factors = np.array([schedules.one_cycle(step, steps) for step in range(steps)])
    top = factors.argmax()
    assert factors[top] == 1.0
    assert np.all((factors > 0) & (factors <= 1))
    assert np.all(np.diff(factors[: top + 1]) > 0)
    assert np.all(np.diff(factors[top:]) < 0)


def test_one_cycle_by_hand():
    # 8 steps, a quarter of them rising: 1/2, 1, then half a cosine in 7 equal parts of which the first is the top
    assert defaults.WARM_UP == 0.25
    expected = [0.5, 1.0, *(0.5 * (1 + np.cos(np.pi * part / 7)) for part in range(1, 7))]
    assert [schedules.one_cycle(step, 8) for step in range(8)] == pytest.approx(expected)
