"""Three ways to use vgg16_small on 2,000 photos: features cached once, the frozen base run anew on augmented photos
every epoch, and block 5 fine-tuned after that. All end in two logits on averaged features.

The recipe is that of `cats_and_dogs_pretrained`, shorter. Nothing was chosen here: the test photos are seen at the end.
"""

from tools.measurements.cats_and_dogs_pretrained import FINE_TUNING
from utils import data

TITLE = "vgg16_small on 2,000 photos of cats and dogs: cached, frozen with augmentation, block 5 fine-tuned"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
RUNS = (("features cached", "torch"), ("frozen, augmented", "torch"))  # the second goes on to block 5
FILES = (
    "tools/measurements/cats_and_dogs_pretrained.py",
    "tools/measurements/cats_and_dogs_scratch.py",
    *(f"utils/{name}.py" for name in ("transfer", "published", "preprocessing")),
    *(f"utils/torch/{name}.py" for name in ("transfer", "vgg")),
)
BLOCKS = ("block1", "block2", "block3", "block4", "block5")
HEAD = FINE_TUNING | {"epochs": 5, "learning_rate": 0.01}
TUNING = FINE_TUNING | {"epochs": 5}


def load():
    """Photos of all splits at 96 pixels."""
    return [
        data.load("cats_vs_dogs", split=name, source="original", size=(96, 96))
        for name in ("train", "validation", "test")
    ]


def train(wing, sets, label, seed):
    """Accuracy on test. A probe on cached features is computed, not drawn, so that its seeds differ in nothing."""
    training, validation, test = sets
    if label == "features cached":
        base = wing.vgg16_small()
        wing.load_pretrained(base)
        features = [wing.cached_features(base, each.images) for each in sets]
        probe = wing.linear_probe(features[0], training.labels, (features[1], validation.labels))
        return {label: probe.score(features[2], test.labels)}
    model = wing.vgg16_small(classes=2)
    wing.load_pretrained(model)
    wing.freeze(model, *BLOCKS)
    wing.fit(model, training.images, training.labels, seed=seed, **HEAD)
    frozen = wing.evaluate(model, test.images, test.labels)["accuracy"]
    wing.unfreeze(model, "block5")
    wing.fit(model, training.images, training.labels, seed=seed, **TUNING)
    tuned = wing.evaluate(model, test.images, test.labels)["accuracy"]
    return {label: frozen, f"{label}, then block 5 fine-tuned": tuned}
