"""The ablation that S2 announces (5.1.2) and does not show: its convnet without max-pooling, all else equal."""

from utils import data

TITLE = "S2's convnet with and without its max-poolings: 10,000 images of MNIST, 2 epochs"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
RUNS = tuple(
    (label, framework)
    for framework in ("keras", "torch")
    for label in ("small_convnet", "small_convnet_without_pooling")
)


def load():
    """The first 10,000 images for training, and the test set."""
    train = data.load("mnist", split="train", source="original", limit=10_000)
    return train, data.load("mnist", split="test", source="original")


def train(wing, sets, label, seed):
    """Accuracy on test after S2's optimizer had two epochs."""
    train_set, test = sets
    model = getattr(wing, label)()
    wing.fit(model, train_set.images, train_set.labels, epochs=2, seed=seed)
    return {label: wing.evaluate(model, test.images, test.labels)["accuracy"]}
