"""CIFAR-10 with the embedded `small_resnet`: only a new head trained on it, or all its layers.

Its weights were distilled from the ImageNet features of MobileNetV2, on photos of cats and dogs and on these training
images, without any label. Pictures are enlarged to the 64 pixels that it was shown.
"""

from utils import data, images
from utils.augmentation import Augmentation

TITLE = "CIFAR-10 with small_resnet pre-trained: a head for 2 epochs, or all layers for 6; enlarged to 64 pixels"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
RUNS = (("head only", "torch"), ("all layers", "torch"))
FILES = (
    *(f"utils/{name}.py" for name in ("transfer", "published", "images")),
    *(f"utils/torch/{name}.py" for name in ("transfer", "resnets")),
)
RECIPE = {
    "epochs": 6,
    "batch_size": 128,
    "optimizer": "adamw",
    "learning_rate": 0.002,
    "weight_decay": 0.05,
    "schedule": "one-cycle",
    "label_smoothing": 0.1,
    "average": 0.998,
    "augment": Augmentation(flip=0.5, crop=8, fill="reflect"),
    "mixed_precision": True,
}
RECIPES = {"head only": RECIPE | {"epochs": 2, "learning_rate": 0.01}, "all layers": RECIPE}


def load():
    """The images for training and for the test, enlarged."""
    sets = [data.load("cifar10", split=name, source="original") for name in ("train", "test")]
    return [(images.resize(each.images, 64), each.labels) for each in sets]


def train(wing, sets, label, seed):
    """Accuracy on test."""
    training, test = sets
    model = wing.small_resnet((64, 64, 3), 10)
    wing.load_pretrained(model)
    if label == "head only":
        wing.freeze(model)
        wing.unfreeze(model, "logits")
    wing.fit(model, *training, seed=seed, **RECIPES[label])
    return {label: wing.evaluate(model, *test)["accuracy"]}
