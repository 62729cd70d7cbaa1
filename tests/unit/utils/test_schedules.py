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


def test_a_cosine_falls_from_its_top():
    assert [schedules.cosine(step, 4) for step in range(4)] == pytest.approx([1, 0.5 + 0.5**1.5, 0.5, 0.5 - 0.5**1.5])


def test_one_cycle_is_a_cosine_behind_its_own_warm_up():
    for step in range(40):
        usual = schedules.one_cycle(step, 40)
        assert usual == schedules.factor("one-cycle", None, step, 40) == schedules.factor("cosine", 0.25, step, 40)
    assert schedules.factor("one-cycle", 0.5, 19, 40) == 1 > schedules.factor("one-cycle", 0.5, 20, 40)


def test_a_warm_up_goes_before_any_schedule():
    assert [schedules.factor("constant", 0.5, step, 4) for step in range(4)] == [0.5, 1, 1, 1]
    assert [schedules.factor("cosine", 0.0, step, 4) for step in range(4)] == [
        schedules.cosine(step, 4) for step in range(4)
    ]
    counted = [schedules.factor(lambda step, steps: (step, steps), 0.2, step, 10) for step in range(2, 10)]
    assert counted == [(step, 9) for step in range(1, 9)]  # step 0 of 9 is the top, where the warm-up ends
