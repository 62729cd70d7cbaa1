"""CIFAR-10 from scratch in ten minutes on two cores: `small_resnet`, chosen on the validation images."""

from utils import data
from utils.augmentation import Augmentation

TITLE = "CIFAR-10 from scratch: small_resnet, ten minutes on two cores"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
THREADS = 2
RUNS = (("small_resnet", "torch"),)
RECIPE = {
    "epochs": 12,
    "batch_size": 128,
    "optimizer": "adamw",
    "learning_rate": 0.006,
    "weight_decay": 0.05,
    "schedule": "one-cycle",
    "label_smoothing": 0.1,
    "average": 0.998,
    "augment": Augmentation(flip=0.5, crop=4, fill="reflect"),
    "mixed_precision": True,
}


def load():
    """The images for training and for the test."""
    return tuple(data.load("cifar10", split=name, source="original") for name in ("train", "test"))


def train(wing, sets, label, seed):
    """Accuracy on test."""
    training, test = sets
    model = wing.small_resnet((32, 32, 3), 10, stem_stride=1)
    wing.fit(model, training.images, training.labels, seed=seed, **RECIPE)
    return {label: wing.evaluate(model, test.images, test.labels)["accuracy"]}
