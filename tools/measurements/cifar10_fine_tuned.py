"""A pre-trained network fine-tuned on 5,000 pictures of CIFAR-10: S4's way (5.2), one change at a time, and ours.

`mobilenet_v2` with ImageNet's published weights stands in for S4's ResNet-18. Pictures are enlarged to 64, not to 224,
and S4's crop is kept in proportion: 32 → 73 → the middle 64. All recipes see every picture as often.
"""

import numpy as np

from utils import data, images
from utils.augmentation import Augmentation

TITLE = "MobileNetV2 fine-tuned on 5,000 images of CIFAR-10 enlarged to 64 pixels, 2 epochs: a stand-in for ResNet-18"
METRIC = "accuracy on 2,000 test images"
UNIT = "%"
SEEDS = (0, 1, 2)
RUNS = tuple((label, "torch") for label in ("S4's way", "batches of 64 at 16 times the rate", "ours"))
FILES = (
    *(f"utils/{name}.py" for name in ("published", "preprocessing", "images")),
    *(f"utils/torch/{name}.py" for name in ("weights", "mobile", "layers")),
)
S4 = {"batch_size": 4, "optimizer": "sgd", "learning_rate": 0.001, "momentum": 0.9}
BATCHES_OF_64 = S4 | {"batch_size": 64, "learning_rate": 0.016}
OURS = {
    "batch_size": 64,
    "optimizer": "adamw",
    "learning_rate": 0.002,
    "schedule": "one-cycle",
    "augment": Augmentation(flip=0.5, crop=6, fill="reflect"),
}
RECIPES = dict(zip((label for label, _ in RUNS), (S4, BATCHES_OF_64, OURS)))


def load():
    """The first 5,000 images for training, and 2,000 of the test set."""
    train = data.load("cifar10", split="train", source="original", limit=5000)
    return train, data.load("cifar10", split="test", source="original", limit=2000)


def train(wing, sets, label, seed):
    """Accuracy on test in inference mode; of S4's way also as it tests: in training mode, four pictures at a time."""
    training, test = sets
    view = whole if label == "ours" else cropped
    model = wing.mobilenet_v2((64, 64, 3), 10)
    wing.load_pretrained(model)
    wing.fit(model, view(training.images), training.labels, epochs=2, seed=seed, **RECIPES[label])
    seen = view(test.images)
    values = {label: wing.evaluate(model, seen, test.labels)["accuracy"]}
    if label == "S4's way":
        by_class = np.argsort(test.labels, kind="stable")
        values[f"{label}, tested in training mode"] = without_eval(model, seen, test.labels)
        values[f"{label}, the same with the test sorted by class"] = without_eval(
            model, seen[by_class], test.labels[by_class]
        )
    return values


def whole(pictures):
    """32×32 → 64×64."""
    return images.resize(pictures, 64)


def cropped(pictures):
    """As S4 does, in proportion: 32×32 → 73×73 → the middle 64×64."""
    return images.resize(pictures, 73)[:, 4:68, 4:68]


def without_eval(model, pictures, labels):
    """Accuracy as S4's program takes it: the model stays in training mode, batches hold four pictures."""
    import torch

    model.train()
    right = 0
    with torch.no_grad():
        for start in range(0, len(pictures), 4):
            batch = torch.from_numpy(pictures[start : start + 4]).permute(0, 3, 1, 2) / 255
            right += (model(batch).argmax(dim=1).numpy() == labels[start : start + 4]).sum()
    return float(right / len(pictures))
