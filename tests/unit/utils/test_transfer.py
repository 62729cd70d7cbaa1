import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from utils.transfer import STRENGTHS, chosen, linear_probe

LAYERS = ["block1_conv1", "block1_conv2", "block10_conv1", "layer1.0.conv1", "logits"]


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        ((), LAYERS),
        (("logits",), ["logits"]),
        (("block1",), LAYERS[:2]),
        (("logits", "layer1"), LAYERS[3:]),
        (("block1_conv1", "block1"), LAYERS[:2]),
    ],
)
def test_names_mean_layers_and_beginnings_of_them(names, meant):
    assert chosen(names, LAYERS) == meant


@pytest.mark.parametrize("name", ["block", "block1_", "logit", ""])
def test_a_name_that_means_none_lists_those_there_are(name):
    with pytest.raises(ValueError, match=r"there are block1_conv1, .*, logits\."):
        chosen((name,), LAYERS)


def features(rng, count, useless=0):
    labels = rng.integers(0, 3, count)
    told = 2.5 * np.eye(3)[labels] + rng.standard_normal((count, 3))
    return np.hstack([told, rng.standard_normal((count, useless))]), labels


def test_the_probe_separates_what_a_line_can():
    rng = np.random.default_rng(0)
    train, validation, test = (features(rng, count) for count in (200, 100, 300))
    probe = linear_probe(*train, validation)
    assert probe.score(*test) > 0.9
    assert set(probe.predict(test[0])) == {0, 1, 2}
    assert linear_probe(train[0], rng.permutation(train[1]), validation).score(*test) < 0.6


def test_the_penalty_is_the_best_on_the_validation_set():
    rng = np.random.default_rng(0)
    train, validation = (features(rng, count, useless=60) for count in (40, 300))
    mean, deviation = train[0].mean(axis=0), train[0].std(axis=0)
    by_hand = {
        strength: RidgeClassifier(strength)
        .fit((train[0] - mean) / deviation, train[1])
        .score((validation[0] - mean) / deviation, validation[1])
        for strength in STRENGTHS
    }
    probe = linear_probe(*train, validation)
    assert probe.score(*validation) == max(by_hand.values()) == by_hand[probe[-1].alpha] > by_hand[STRENGTHS[0]]


GOOD = (np.zeros((6, 4), "float32"), np.array([0, 1, 2, 0, 1, 2]))


@pytest.mark.parametrize(
    ("features_", "labels", "says"),
    [
        (np.zeros((6, 1, 1, 4)), GOOD[1], r"of shape \(6, 1, 1, 4\): pass an array \(N, features\)"),
        (GOOD[0].tolist(), GOOD[1], "a list"),
        (GOOD[0][:0], GOOD[1][:0], r"\(0, 4\)"),
        (GOOD[0] * np.nan, GOOD[1], "NaN or infinity"),
        (GOOD[0], GOOD[1][:4], "6 images but 4 labels"),
        (GOOD[0], GOOD[1] / 1, "float64"),
        (GOOD[0], GOOD[1] * 0, "All 6 labels are 0"),
        (GOOD[0][:, :0], GOOD[1], r"\(6, 0\)"),
        (GOOD[0].astype(object), GOOD[1], "Features are object: pass numbers"),
        (GOOD[0] * 1j, GOOD[1], "Features are complex64"),
        (np.zeros((6, 5)), GOOD[1], "5 features for training and 4 for validation"),
    ],
)
def test_what_does_not_fit_is_refused(features_, labels, says):
    with pytest.raises(ValueError, match=says):
        linear_probe(features_, labels, GOOD)
    if says.startswith("5") or "All" in says:
        return
    with pytest.raises(ValueError, match=says):
        linear_probe(*GOOD, (features_, labels))


@pytest.mark.parametrize("validation", [None, GOOD[0], GOOD[:1]])
def test_a_validation_that_is_no_pair_is_refused(validation):
    with pytest.raises(ValueError, match=r"give a pair, validation=\(features, labels\)"):
        linear_probe(*GOOD, validation)
