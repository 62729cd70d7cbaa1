"""What enlarging small pictures buys: a linear probe on a pre-trained network's features of CIFAR-10, by side.

`mobilenet_v2` with ImageNet's published weights, which were trained at 224 pixels, stands in for S4's ResNet-18. The
last row is S4's own preparation (5.2): 32 → 256, of which the middle 224 is kept. A seed draws the pictures to learn
from; the test pictures are the same for all.
"""

from functools import cache

import numpy as np

from utils import data, images

TITLE = "Linear probe on MobileNetV2's features of CIFAR-10, 600 images to learn from, by the side they are enlarged to"
METRIC = "accuracy on 1,000 test images"
UNIT = "%"
SEEDS = (0, 1, 2)
SIDES = {"32 pixels": (32, 32), "64 pixels": (64, 64), "96 pixels": (96, 96), "224 pixels": (224, 224)}
SIDES["224 cut out of 256"] = (256, 224)
RUNS = tuple((label, "torch") for label in SIDES)
FILES = (
    *(f"utils/{name}.py" for name in ("transfer", "published", "preprocessing", "images")),
    *(f"utils/torch/{name}.py" for name in ("transfer", "weights", "mobile", "layers")),
)
LEARN, CHOOSE = 600, 300


def load():
    """Training, validation and test images; of the test the first 1,000."""
    sets = [data.load("cifar10", split=name, source="original") for name in ("train", "validation")]
    return *sets, data.load("cifar10", split="test", source="original", limit=1000)


def train(wing, sets, label, seed):
    """Accuracy on test of the probe whose strength the validation images chose."""
    rng = np.random.default_rng(seed)
    parts = [rng.choice(len(each.labels), count, False) for each, count in zip(sets, (LEARN, CHOOSE))]
    model = _network(wing, label)
    learned, chosen = (
        (wing.cached_features(model, prepared(each.images[part], label)), each.labels[part])
        for each, part in zip(sets, parts)
    )
    probe = wing.linear_probe(*learned, chosen)
    return {label: float(probe.score(_test_features(wing, label), sets[2].labels))}


def prepared(pictures, label):
    """Enlarged, and where the row says so cut down to the middle."""
    side, kept = SIDES[label]
    margin = (side - kept) // 2
    return images.resize(pictures, side)[:, margin : margin + kept, margin : margin + kept]


@cache
def _network(wing, label):
    side = SIDES[label][1]
    model = wing.mobilenet_v2((side, side, 3))
    wing.load_pretrained(model)
    return model


@cache
def _test_features(wing, label):
    return wing.cached_features(_network(wing, label), prepared(load()[2].images, label))
