"""What pre-training is worth in photos: a linear probe on features against training from scratch, 2 to 1,000 photos.

Each seed draws its photos, as many of either class; the smaller sets are part of the larger ones, and all ways get the
same. Nothing but these photos is used: no validation photo picks the strength of a probe, or the epoch of a training.
`mobilenet_v2` has ImageNet's published weights, `vgg16_small` those embedded in this course.
"""

import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from tools.measurements.cats_and_dogs_scratch import AUGMENT
from utils import data

TITLE = "2 to 1,000 photos of cats and dogs: linear probes on features, and small_resnet from scratch"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
RANDOM = "vgg16_small with random weights"
RUNS = (
    ("mobilenet_v2", "torch"),
    ("vgg16_small", "torch"),
    (RANDOM, "torch"),
    ("small_resnet from scratch", "torch"),
)
FILES = (
    "tools/measurements/cats_and_dogs_scratch.py",
    *(f"utils/{name}.py" for name in ("transfer", "published", "preprocessing")),
    *(f"utils/torch/{name}.py" for name in ("transfer", "vgg", "mobile")),
)
SIDES = {"mobilenet_v2": 224, "vgg16_small": 96, RANDOM: 96, "small_resnet from scratch": 64}
EPOCHS = {2: 150, 10: 150, 30: 150, 100: 100, 300: 60, 1000: 40}  # by how many photos there are
STRENGTHS = np.logspace(-4, 3, 15)  # of the penalty, for features of length 1; chosen by leaving one photo out
RECIPE = {
    "batch_size": 32,
    "optimizer": "adamw",
    "learning_rate": 0.003,
    "weight_decay": 0.05,
    "schedule": "one-cycle",
    "label_smoothing": 0.1,
    "augment": AUGMENT,
    "mixed_precision": True,
}
_features = {}


def load():
    """Photos for training and test, by the side they are resized to."""
    return {
        side: [
            data.load("cats_vs_dogs", split=name, source="original", size=(side, side)) for name in ("train", "test")
        ]
        for side in set(SIDES.values())
    }


def train(wing, sets, label, seed):
    """Accuracy on test after learning from each number of photos."""
    training, test = sets[SIDES[label]]
    way = _scratch if label.endswith("scratch") else _probe
    chosen = {count: _draw(training.labels, count, seed) for count in EPOCHS}
    learn = way(wing, label, training, test, seed)
    return {f"{label}, {count} photos": learn(photos, EPOCHS[count]) for count, photos in chosen.items()}


def _draw(labels, count, seed):
    """Which photos: half of them of each class, the first ones of an order that the seed draws."""
    orders = [np.random.default_rng(seed).permutation(np.flatnonzero(labels == label)) for label in (0, 1)]
    return np.concatenate([order[: count // 2] for order in orders])


def _probe(wing, label, training, test, seed):
    if label not in _features or label == RANDOM:
        _features[label] = _computed(wing, label, training, test)
    known, asked = _features[label]

    def learn(photos, epochs):
        probe = make_pipeline(Normalizer(), RidgeClassifierCV(STRENGTHS))
        return probe.fit(known[photos], training.labels[photos]).score(asked, test.labels)

    return learn


def _computed(wing, label, training, test):
    side = SIDES[label]
    model = getattr(wing, label.split()[0])((side, side, 3))
    if label != RANDOM:
        wing.load_pretrained(model)
    return [wing.cached_features(model, each.images) for each in (training, test)]


def _scratch(wing, label, training, test, seed):
    def learn(photos, epochs):
        model = wing.small_resnet((64, 64, 3))
        wing.fit(model, training.images[photos], training.labels[photos], epochs=epochs, seed=seed, **RECIPE)
        return wing.evaluate(model, test.images, test.labels)["accuracy"]

    return learn
