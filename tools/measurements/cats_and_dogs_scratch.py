"""The 2,000 photos from scratch: our residual net, first on small photos, then on larger ones.

Small photos take less than half the time, and what is learned on them holds for larger ones: the net ends in global
average pooling, so its weights fit any size. Chosen on the validation photos.
"""

from utils import data
from utils.augmentation import Augmentation

TITLE = "2,000 photos of cats and dogs from scratch: small_resnet on 64×64, then on 96×96 pixels"
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
    "weight_decay": 0.05,
    "schedule": "one-cycle",
    "label_smoothing": 0.1,
    "average": 0.99,
    "augment": AUGMENT,
    "mixed_precision": True,
}
STAGES = ((64, 50), (96, 40))  # pixels, epochs


def load():
    """The photos for training, in the size of each stage, and for the test, in the last."""
    sizes = [size for size, _ in STAGES]
    return *(_photos("train", size) for size in sizes), _photos("test", sizes[-1])


def train(wing, sets, label, seed):
    """Accuracy on test."""
    *stages, test = sets
    model = wing.small_resnet()
    for (_, epochs), photos in zip(STAGES, stages):
        wing.fit(model, photos.images, photos.labels, epochs=epochs, seed=seed, **RECIPE)
    return {label: wing.evaluate(model, test.images, test.labels)["accuracy"]}


def _photos(split, size):
    return data.load("cats_vs_dogs", split=split, source="original", size=(size, size))
