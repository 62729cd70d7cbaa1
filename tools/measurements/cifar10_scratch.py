"""CIFAR-10 from scratch in ten minutes on two cores: `small_resnet`, from small pictures to larger ones.

An epoch of 24 pixels takes less than half the time of one of 40, and what is learned there serves at the larger sizes
(Tan and Le 2021, section 4). Recipe and sizes were chosen on the 5,000 validation images, with the 45,000 others for
training; here all 50,000 are trained on, and the test is looked at once a seed. (Once more before, with ten epochs at
24 pixels: they took longer than ten minutes.)
"""

import numpy as np

from utils import data, images
from utils.augmentation import Augmentation
from utils.schedules import one_cycle

TITLE = "CIFAR-10 from scratch: small_resnet, ten minutes on two cores"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
THREADS = 2
RUNS = (("small_resnet", "torch"),)
FILES = ("utils/images.py", "utils/torch/inference.py", "utils/torch/resnets.py")
STAGES = ((24, 9), (32, 8), (40, 5))  # pixels, epochs
RECIPE = {
    "batch_size": 128,
    "optimizer": "adamw",
    "learning_rate": 0.006,
    "weight_decay": 0.05,
    "warm_up": 0.0,  # it is part of the one cycle over all stages
    "label_smoothing": 0.1,
    "average": 0.998,
    "augment": Augmentation(flip=0.5, crop=4, fill="reflect"),
    "mixed_precision": True,
}


def load():
    """All images that are not for the test, their labels, and the test."""
    first, rest, test = (
        data.load("cifar10", split=name, source="original") for name in ("train", "validation", "test")
    )
    return np.concatenate([first.images, rest.images]), np.concatenate([first.labels, rest.labels]), test


def train(wing, sets, label, seed):
    """Accuracy on test, and that of the mean over each picture and its mirror image."""
    pictures, labels, test = sets
    model = wing.small_resnet((32, 32, 3), 10, stem_stride=1)
    done, epochs = 0, sum(count for _, count in STAGES)
    for size, count in STAGES:
        shown, part = images.resize(pictures, size), _part(done, count, epochs)
        wing.fit(model, shown, labels, epochs=count, schedule=part, seed=seed + done, **RECIPE)
        done += count
    shown = images.resize(test.images, size)
    logits = wing.predict(model, shown)
    both = logits + wing.predict(model, np.ascontiguousarray(shown[:, :, ::-1]))
    found = {label: logits, f"{label}, with the mirror image": both}
    return {row: float((values.argmax(axis=1) == test.labels).mean()) for row, values in found.items()}


def _part(done, count, epochs):
    """The schedule of `count` epochs behind `done` ones, in one cycle over all `epochs`."""

    def schedule(step, steps):
        an_epoch = steps // count
        return one_cycle(done * an_epoch + step, epochs * an_epoch)

    return schedule
