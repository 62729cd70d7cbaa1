"""The same 2,000 photos with networks that were trained on others: features and a linear probe, and fine-tuning.

`mobilenet_v2` has ImageNet's published weights, `vgg16_small` those embedded in this course, which were distilled from
the former's features of CIFAR-10 and of these 2,000 photos (without their labels). Recipes were chosen on validation.
"""

from tools.measurements.cats_and_dogs_scratch import AUGMENT
from utils import data

TITLE = "2,000 photos of cats and dogs with pre-trained networks"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
THREADS = 2
RUNS = (
    ("mobilenet_v2, linear probe", "torch"),
    ("mobilenet_v2, linear probe", "keras"),
    ("vgg16_small, linear probe", "torch"),
    ("vgg16_small, linear probe", "keras"),
    ("vgg16_small, fine-tuned", "torch"),
)
FILES = (
    "tools/measurements/cats_and_dogs_scratch.py",
    *(f"utils/{name}.py" for name in ("transfer", "published", "preprocessing")),
    *(f"utils/{wing}/{name}.py" for wing in ("torch", "keras") for name in ("transfer", "vgg", "mobile")),
)
SIDES = {"mobilenet_v2": 224, "vgg16_small": 96}
FINE_TUNING = {
    "epochs": 12,
    "batch_size": 32,
    "optimizer": "adamw",
    "learning_rate": 0.001,
    "schedule": "one-cycle",
    "label_smoothing": 0.1,
    "average": 0.99,
    "augment": AUGMENT,
    "mixed_precision": True,
}


def load():
    """Photos of all splits, by the side they are resized to."""
    return {
        side: [
            data.load("cats_vs_dogs", split=name, source="original", size=(side, side))
            for name in ("train", "validation", "test")
        ]
        for side in SIDES.values()
    }


def train(wing, sets, label, seed):
    """Accuracy on test; a probe is computed, not drawn, so that its seeds differ in nothing but the seconds."""
    network, _, way = label.partition(", ")
    training, validation, test = sets[SIDES[network]]
    side, classes = SIDES[network], None if way == "linear probe" else 2
    model = getattr(wing, network)((side, side, 3), classes)
    wing.load_pretrained(model)
    if way == "linear probe":
        features = [wing.cached_features(model, each.images) for each in (training, validation, test)]
        probe = wing.linear_probe(features[0], training.labels, (features[1], validation.labels))
        return {label: probe.score(features[2], test.labels)}
    wing.fit(model, training.images, training.labels, seed=seed, **FINE_TUNING)
    return {label: wing.evaluate(model, test.images, test.labels)["accuracy"]}
