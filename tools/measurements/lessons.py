"""What every twin must be good for: a ladder of models, augmentation, and few images against many, on one data set.

Each rung takes the same number of steps. Augmented training sees every image as often as plain training does, each
time moved, turned, scaled and perhaps mirrored anew: the copies are made beforehand, one an epoch, and gone through
once. The measurements `twin_*` are made of this; each says on which twin and for how long.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from utils import data
from utils.data import registry, twins
from utils.provenance import ROOT

METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2, 3, 4)
RUNS = tuple(
    (label, "torch")
    for label in ("linear", "dense_net", "small_convnet", "small_convnet, augmented", "small_convnet, few images")
)
RECIPE = {"optimizer": "adamw", "learning_rate": 0.003, "schedule": "one-cycle"}


@dataclass(frozen=True)
class Setting:
    """A twin, and what is made of it.

    `images` are used for training, `epochs` times; `few` of them make the rung "few images". `mirror` says whether
    augmentation mirrors, which digits would not survive; `size` is (height, width) for pictures that differ in it.
    """

    name: str
    images: int
    epochs: int
    few: int
    mirror: bool
    size: tuple[int, int] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The code that the numbers depend on beside the wing's: this module and what draws the twin."""
        drawing = [path.relative_to(ROOT).as_posix() for path in twins.modules(registry.find(self.name))]
        return "tools/measurements/lessons.py", *drawing

    def load(self):
        """(this setting, images for training, images for the test)."""
        train = data.load(self.name, split="train", source="twin", limit=self.images, size=self.size)
        return self, train, data.load(self.name, split="test", source="twin", size=self.size)


def train(wing, sets, label, seed):
    """Accuracy on test of one rung; of the convnets also that on their own training images."""
    setting, training, test = sets
    images, labels, epochs = training.images, training.labels, setting.epochs
    build = _linear if label == "linear" else getattr(wing, label.split(",")[0])
    model = build(images.shape[1:], len(training.classes))
    if label.endswith("few images"):
        epochs = epochs * len(images) // setting.few
        images, labels = images[: setting.few], labels[: setting.few]
    seen, seen_labels = images, labels
    if label.endswith("augmented"):
        rng = np.random.default_rng(seed)
        seen = np.concatenate([augmented(images, rng, mirror=setting.mirror) for _ in range(epochs)])
        seen_labels, epochs = np.tile(labels, epochs), 1
    wing.fit(model, seen, seen_labels, epochs=epochs, seed=seed, **RECIPE)
    values = {label: wing.evaluate(model, test.images, test.labels)["accuracy"]}
    if label.startswith("small_convnet"):
        values[f"{label}, on its training images"] = wing.evaluate(model, images, labels)["accuracy"]
    return values


def augmented(images, rng, *, mirror):
    """Each image moved by up to 8 %, turned by up to 10°, scaled by up to 10 %, and mirrored half the time if wanted.

    Args:
        images: uint8 (N, height, width, channels).
        rng: where the numbers come from.
        mirror: whether left and right may change sides.

    Returns:
        uint8, of the same shape.
    """
    height, width = images.shape[1:3]
    center = np.array([height - 1, width - 1]) / 2
    result = np.empty_like(images)
    for image, changed in zip(images, result):
        angle, scale = rng.uniform(-np.pi / 18, np.pi / 18), rng.uniform(0.9, 1.1)
        cos, sin, side = np.cos(angle) / scale, np.sin(angle) / scale, rng.choice([-1, 1]) if mirror else 1
        matrix = np.array([[cos, sin * side], [-sin, cos * side]])
        offset = center - matrix @ (center + rng.uniform(-0.08, 0.08, 2) * (height, width))
        for channel in range(images.shape[3]):
            ndimage.affine_transform(
                image[..., channel], matrix, offset, output=changed[..., channel], order=1, mode="nearest"
            )
    return result


def _linear(shape, classes):
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), classes))
