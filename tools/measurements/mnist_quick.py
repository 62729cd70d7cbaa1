"""How good and how fast MNIST can be learned on two cores, beside S2's recipe as it stands (listings 5-1 to 5-3).

Ours is a wider LeNet with batch norm, the learning rate on one cycle, smoothed labels and averaged weights. Chosen on
the validation images.
"""

import numpy as np

from tools.measurements.mnist_recipes import load

TITLE = "MNIST in seconds: lenet_bn by our recipe, and S2's network by S2's"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
THREADS = 2
RUNS = (("our recipe", "torch"), ("our recipe", "keras"), ("S2's recipe", "keras"))
FILES = ("tools/measurements/mnist_recipes.py",)
OURS = {
    "epochs": 2,
    "batch_size": 192,
    "optimizer": "adamw",
    "learning_rate": 0.0125,
    "schedule": "one-cycle",
    "label_smoothing": 0.05,
    "average": 0.98,
    "mixed_precision": True,
}

__all__ = ["load"]


def train(wing, sets, label, seed):
    """Accuracy on test."""
    (images, labels), (test_images, test_labels) = sets
    if label == "S2's recipe":
        return {label: _s2(images, labels, test_images, test_labels)}
    model = wing.lenet_bn()
    wing.fit(model, images, labels, seed=seed, **OURS)
    return {label: wing.evaluate(model, test_images, test_labels)["accuracy"]}


def _s2(images, labels, test_images, test_labels):
    """S2's listings, but for the name of the import."""
    from keras import layers, models
    from keras.utils import to_categorical

    model = models.Sequential()
    model.add(layers.Input((28, 28, 1)))
    model.add(layers.Conv2D(32, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    scaled, test_scaled = (each.reshape(-1, 28, 28, 1).astype("float32") / 255 for each in (images, test_images))
    model.fit(scaled, to_categorical(labels), epochs=5, batch_size=64, verbose=0)
    right = model.predict(test_scaled, verbose=0).argmax(axis=1) == test_labels
    return float(np.mean(right))
