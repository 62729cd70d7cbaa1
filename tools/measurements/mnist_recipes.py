"""S2's and S4's recipes in full, on the original MNIST: 60,000 images for training, 10,000 for the test.

S2 leaves the dense net to its book's second chapter (512 units, RMSprop, 5 epochs, batches of 128). S4 never defines
its `train_loader`; batches of 64 are our choice.
"""

import numpy as np

from utils import data

TITLE = "The recipes of S2 and S4 on MNIST, trained on 60,000 images"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2, 3, 4)
RUNS = (
    ("small_convnet", "keras"),
    ("lenet", "torch"),
    ("dense_net", "keras"),
    ("small_convnet", "torch"),
    ("lenet", "keras"),
    ("dense_net", "torch"),
)
RECIPES = {
    "small_convnet": {"epochs": 5, "batch_size": 64, "optimizer": "rmsprop", "learning_rate": 0.001},
    "lenet": {"epochs": 10, "batch_size": 64, "optimizer": "sgd", "learning_rate": 0.001, "momentum": 0.9},
    "dense_net": {"epochs": 5, "batch_size": 128, "optimizer": "rmsprop", "learning_rate": 0.001},
}
MEAN, DEVIATION = 0.1307, 0.3081  # S4 normalizes by these


def load():
    """((60,000 images, labels), (10,000 images, labels)): the published files, undivided."""
    train, validation, test = (
        data.load("mnist", split=name, source="original") for name in ("train", "validation", "test")
    )
    images = np.concatenate([train.images, validation.images])
    return (images, np.concatenate([train.labels, validation.labels])), (test.images, test.labels)


def train(wing, sets, label, seed):
    """Accuracy on test; for S2's convnet in Keras, also what Keras' progress bar would have shown for it."""
    (images, labels), (test_images, test_labels) = sets
    if label == "lenet":
        images, test_images = _normalize(images), _normalize(test_images)
    model = getattr(wing, label)()
    wing.fit(model, images, labels, seed=seed, **RECIPES[label])
    right = wing.predict(model, test_images).argmax(axis=1) == test_labels
    values = {label: float(right.mean())}
    if label == "small_convnet" and wing.__name__ == "utils.keras":
        values["small_convnet, as the progress bar shows it"] = progress_bar_accuracy(right)
    return values


def progress_bar_accuracy(right, batch_size=32):
    """The accuracy that the progress bar of `model.evaluate` ended on in Keras 3, until it was corrected.

    After each batch the bar got the accuracy so far, and showed the mean of all it had got, the final one once more:
    what the first batches got wrong weighs in every figure after them (issues 21301 and 23030 of keras-team/keras).

    Args:
        right: bool (N,), in the order of evaluation.
        batch_size: images a batch; Keras' own is 32, as in S2.
    """
    ends = np.append(np.arange(batch_size, len(right), batch_size), len(right))
    so_far = np.cumsum(right)[ends - 1] / ends
    return float(np.append(so_far, so_far[-1]).mean())


def _normalize(images):
    return ((images.astype("float32") / 255 - MEAN) / DEVIATION).astype("float32")
