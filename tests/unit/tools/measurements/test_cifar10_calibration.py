"""The calibration measurement's own arithmetic, on cases that can be counted by hand or drawn."""

import numpy as np
import pytest
from scipy.special import softmax

from tools.measurements import cifar10_calibration as measurement


def test_calibration_error_by_hand():
    """Five answers with 0.9, three right; five with 0.6, three right: half of 0.3, and half of nothing."""
    confidences = np.array([0.9] * 5 + [0.6] * 5)
    probabilities = np.stack([confidences, 1 - confidences], axis=1)
    labels = np.array([0, 0, 0, 1, 1] * 2)
    assert measurement.calibration_error(probabilities, labels) == pytest.approx(0.15)
    assert measurement.accuracy(probabilities, labels) == 0.6


def drawn(count, seed=0):
    """Logits, and labels drawn with just the probabilities that these logits say."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, 10))
    return logits, (softmax(logits, axis=1).cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)


def test_temperature_finds_what_logits_were_multiplied_by():
    logits, labels = drawn(20_000)
    assert measurement.temperature(3 * logits, labels) == pytest.approx(3, rel=0.05)
    boasting, honest = (measurement.calibration_error(softmax(each, axis=1), labels) for each in (3 * logits, logits))
    assert honest < 0.02 < 0.1 < boasting


@pytest.mark.parametrize("boast", [1, 3])
def test_sets_hold_the_truth_as_often_as_promised(boast):
    (known, labels), (new, truth) = drawn(20_000), drawn(20_000, seed=1)
    limit = measurement.threshold(softmax(boast * known, axis=1), labels)
    assert measurement.coverage(softmax(boast * new, axis=1), truth, limit) == pytest.approx(0.9, abs=0.01)
