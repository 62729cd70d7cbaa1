"""What each of the five stages of training from scratch changes, on the 2,000 photos, at equal pixels and epochs.

From S0's network, as S0 trains it, one change a stage: S3's augmentation (5.1), regularization, S1's network with its
global average pooling (3.8), and a residual network with batch norm on a one-cycle schedule. Small photos and 24 epochs
keep the five of them affordable; `cats_and_dogs_scratch` gives the last one more pixels and more time. Nothing was
tuned on the test photos: rates, dropout and smoothing are the customary ones.
"""

from utils import data
from utils.augmentation import Augmentation

TITLE = "2,000 photos of cats and dogs from scratch in five stages: 48×48 pixels, 24 epochs each"
METRIC = "accuracy"
UNIT = "%"
SEEDS = (0, 1, 2)
STAGES = (
    "1 S0's network",
    "2 with augmentation",
    "3 with regularization",
    "4 with a GAP head",
    "5 with residual blocks",
)
RUNS = tuple((stage, "torch") for stage in STAGES)
SIZE = (48, 48)
PLAIN = {"epochs": 24, "batch_size": 32, "optimizer": "rmsprop", "learning_rate": 0.001}
AUGMENTED = PLAIN | {"augment": Augmentation(rotation=20, shift=0.2, shear=0.2, zoom=0.2, flip=0.5, fill="nearest")}
REGULAR = AUGMENTED | {"optimizer": "adamw", "weight_decay": 0.05, "label_smoothing": 0.1}
ONE_CYCLE = REGULAR | {"learning_rate": 0.004, "schedule": "one-cycle"}
DROPOUT = 0.5


def load():
    """The photos for training and for the test."""
    return tuple(data.load("cats_vs_dogs", split=split, source="original", size=SIZE) for split in ("train", "test"))


def train(wing, sets, label, seed):
    """Accuracy of one stage on test, and on its training photos as they are."""
    training, test = sets
    model, recipe = _stage(wing, label)
    wing.fit(model, training.images, training.labels, seed=seed, mixed_precision=True, **recipe)
    return {
        f"{label}, test": wing.evaluate(model, test.images, test.labels)["accuracy"],
        f"{label}, training photos": wing.evaluate(model, training.images, training.labels)["accuracy"],
    }


def _stage(wing, label):
    """A new network and its recipe."""
    shape, number = (*SIZE, 3), STAGES.index(label)
    networks = (wing.catdog_convnet, wing.catdog_convnet, _with_dropout(wing), wing.gap_convnet, wing.small_resnet)
    recipes = (PLAIN, AUGMENTED, REGULAR, REGULAR, ONE_CYCLE)
    return networks[number](shape), recipes[number]


def _with_dropout(wing):
    """S0's network with dropout before its two dense layers."""
    from torch import nn

    def build(shape):
        layers = []
        for name, layer in wing.catdog_convnet(shape).named_children():
            dropped = name in ("dense1", "logits")
            layers += [nn.Dropout(DROPOUT), layer] if dropped else [layer]
        return nn.Sequential(*layers)

    return build
