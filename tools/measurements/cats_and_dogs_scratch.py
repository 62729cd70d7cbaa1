"""The 2,000 photos from scratch: our residual net, chosen on the validation photos."""

from utils import data
from utils.augmentation import Augmentation

TITLE = "2,000 photos of cats and dogs from scratch: small_resnet on 96×96 pixels"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
THREADS = 2
RUNS = (("small_resnet", "torch"),)
AUGMENT = Augmentation(
    flip=0.5,
    rotation=15,
    shift=0.1,
    zoom=0.25,
    fill="reflect",
    brightness=0.3,
    contrast=0.3,
    saturation=0.3,
    hue=0.03,
)
RECIPE = {
    "batch_size": 64,
    "optimizer": "adamw",
    "learning_rate": 0.004,
    "schedule": "one-cycle",
    "label_smoothing": 0.1,
    "average": 0.99,
    "augment": AUGMENT,
    "mixed_precision": True,
}
EPOCHS = 90


def load():
    """The photos for training and for the test."""
    return tuple(data.load("cats_vs_dogs", split=name, source="original", size=(96, 96)) for name in ("train", "test"))


def train(wing, sets, label, seed):
    """Accuracy on test. Benchmarks ask for labels such as "…, 3 epochs", only to time them."""
    training, test = sets
    model = wing.small_resnet()
    epochs = int(label.split()[-2]) if label.endswith(("epoch", "epochs")) else EPOCHS
    wing.fit(model, training.images, training.labels, epochs=epochs, seed=seed, **RECIPE)
    if epochs < EPOCHS:
        return {}
    return {label: wing.evaluate(model, test.images, test.labels)["accuracy"]}
