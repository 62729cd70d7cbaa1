"""Whether the twin of MNIST teaches what MNIST does: a linear model does not solve it, a convnet leads a dense net."""

from utils import data

TITLE = "A linear model, the dense net and S2's convnet on the twin of MNIST: 10,000 images, 3 epochs"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2, 3, 4)
RUNS = (("linear", "torch"), ("dense_net", "torch"), ("small_convnet", "torch"))
RECIPE = {"optimizer": "adamw", "learning_rate": 0.003, "schedule": "one-cycle"}
FILES = ("utils/data/synthetic/digits.py",)


def load():
    """The twin's first 10,000 training images, and its test set."""
    train = data.load("mnist", split="train", source="twin", limit=10_000)
    return train, data.load("mnist", split="test", source="twin")


def train(wing, sets, label, seed):
    """Accuracy on test after three epochs that end on small steps, so that the last ones do not decide too much."""
    train_set, test = sets
    model = _linear() if label == "linear" else getattr(wing, label)()
    wing.fit(model, train_set.images, train_set.labels, epochs=3, seed=seed, **RECIPE)
    return {label: wing.evaluate(model, test.images, test.labels)["accuracy"]}


def _linear():
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))
