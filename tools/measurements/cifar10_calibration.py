"""What temperature scaling and an average of five networks are worth: accuracy, calibration error and coverage."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from utils import data

TITLE = "Five lenet_bn on 5,000 images of CIFAR-10, 10 epochs: one, one with its temperature set, all averaged"
METRIC = "accuracy, calibration error or coverage on test"
UNIT = "%"
SEEDS = (0, 1, 2)
RUNS = (("five networks", "torch"),)
NETWORKS = 5
BINS = 15
ALPHA = 0.1  # conformal sets may miss one truth in ten


def load():
    """The first 5,000 training images, the validation set and the test set."""
    train = data.load("cifar10", split="train", source="original", limit=5_000)
    others = [data.load("cifar10", split=split, source="original") for split in ("validation", "test")]
    return train, *others


def train(wing, sets, label, seed):
    """Each value for a single network is a mean over the five; temperatures and thresholds come from validation."""
    train_set, validation, test = sets
    logits = []
    for number in range(NETWORKS):
        model = wing.lenet_bn((32, 32, 3))
        wing.fit(
            *(model, train_set.images, train_set.labels),
            epochs=10,
            optimizer="adamw",
            learning_rate=0.005,
            schedule="one-cycle",
            mixed_precision=True,
            seed=NETWORKS * seed + number,
        )
        # the logarithms of probabilities are logits too: softmax takes both to the same
        pair = [np.log(np.maximum(wing.predict(model, part.images), 1e-12)) for part in (validation, test)]
        logits.append(pair)
    scaled = [on_test / temperature(on_validation, validation.labels) for on_validation, on_test in logits]
    single = [softmax(on_test, axis=1) for _, on_test in logits]
    tempered = [softmax(on_test, axis=1) for on_test in scaled]
    averaged = np.mean(single, axis=0)
    thresholds = [threshold(softmax(on_validation, axis=1), validation.labels) for on_validation, _ in logits]
    truth = test.labels
    return {
        "one network, accuracy": float(np.mean([accuracy(each, truth) for each in single])),
        "five averaged, accuracy": accuracy(averaged, truth),
        "one network, calibration error": float(np.mean([calibration_error(each, truth) for each in single])),
        "one network, temperature set, calibration error": float(
            np.mean([calibration_error(each, truth) for each in tempered])
        ),
        "five averaged, calibration error": calibration_error(averaged, truth),
        "conformal sets for 90 %, coverage": float(
            np.mean([coverage(each, truth, limit) for each, limit in zip(single, thresholds)])
        ),
    }


def accuracy(probabilities, labels):
    """The share of right answers."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def temperature(logits, labels):
    """The number to divide logits by for the smallest cross-entropy (Guo et al. 2017)."""
    rows = np.arange(len(labels))

    def loss(log_t):
        return -log_softmax(logits / np.exp(log_t), axis=1)[rows, labels].mean()

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def calibration_error(probabilities, labels):
    """Expected calibration error of the top answer, over bins of equal width."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    numbers = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(numbers, weights=right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(labels))


def threshold(probabilities, labels):
    """Split conformal prediction: the smallest probability that still gets a class into the set."""
    count = len(labels)
    scores = np.sort(1 - probabilities[np.arange(count), labels])
    return float(1 - scores[int(np.ceil((count + 1) * (1 - ALPHA))) - 1])


def coverage(probabilities, labels, limit):
    """The share of test images whose set holds the truth."""
    return float(np.mean(probabilities[np.arange(len(labels)), labels] >= limit))
