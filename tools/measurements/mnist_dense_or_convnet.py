"""Dense net and convnet at equal parameters on the original MNIST: few digits and many, as they are and shuffled.

S2's convnet has 93,322 parameters, the dense net with 117 hidden units 93,025. Every net takes the same number of
steps, so that only the number of *different* digits changes. Each seed draws digits of its own; the 784 pixels are
shuffled in one way for all.
"""

import numpy as np

from utils import data

TITLE = "Dense net (93,025 parameters) and S2's convnet (93,322) on MNIST: 600 steps"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
RUNS = (("dense_net", "torch"), ("small_convnet", "torch"))
DIGITS = (100, 1_000, 10_000)
UNITS = 117
STEPS, BATCH = 600, 50
RECIPE = {
    "batch_size": BATCH,
    "optimizer": "adamw",
    "learning_rate": 0.003,
    "schedule": "one-cycle",
    "mixed_precision": True,
}
ORDER = np.random.default_rng(0).permutation(28 * 28)


def load():
    """The training images (without the validation images), and the test set."""
    train = data.load("mnist", split="train", source="original")
    return train, data.load("mnist", split="test", source="original")


def shuffled(images):
    """The same pixels at other places, in all images at the same ones; (N, 28, 28, 1) in and out."""
    return images.reshape(len(images), -1)[:, ORDER].reshape(images.shape)


def train(wing, sets, label, seed):
    """Accuracy on test for every number of digits, as they are and shuffled."""
    train_set, test = sets
    options = {"units": UNITS} if label == "dense_net" else {}
    drawn = np.random.default_rng(seed).permutation(len(train_set))
    values = {}
    for kind, prepare in (("as they are", np.asarray), ("shuffled", shuffled)):
        images, test_images = prepare(train_set.images), prepare(test.images)
        for count in DIGITS:
            model, chosen = getattr(wing, label)(**options), drawn[:count]
            epochs = STEPS * BATCH // count
            wing.fit(model, images[chosen], train_set.labels[chosen], epochs=epochs, seed=seed, **RECIPE)
            accuracy = wing.evaluate(model, test_images, test.labels)["accuracy"]
            values[f"{label}, {count:,} digits {kind}"] = accuracy
    return values
