"""One wing's answers, computed in a process of its own for test_wings.py: `wing_worker.py FRAMEWORK FOLDER TASK…`.

Weights travel as PyTorch lays them out: convolutions (out, in, height, width), dense layers (out, in), and what a
dense layer gets from flatten in the order channel, row, column.
"""

import importlib
import inspect
import json
import sys
from pathlib import Path

import numpy as np

from utils import augmentation, runtime

MODELS = ("dense_net", "small_convnet", "small_convnet_without_pooling", "lenet")
MIXED = augmentation.Augmentation(shift=0.1, mixup=0.4, cutmix=1.0)
RECIPES = {
    "rmsprop": {"optimizer": "rmsprop"},
    "rmsprop with momentum": {"optimizer": "rmsprop", "momentum": 0.5},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.01},
    "sgd with momentum": {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9},
    "adam": {"optimizer": "adam"},
    "adamw, one cycle": {"optimizer": "adamw", "schedule": "one-cycle", "learning_rate": 0.002},
    "adam, averaged and smoothed": {"optimizer": "adam", "average": 0.6, "label_smoothing": 0.2},
    "sgd, warmed up and mixed": {"optimizer": "sgd", "warm_up": 0.5, "augment": MIXED},
}


def sample(count=96):
    """The same images and labels in every process; labels that can be learned from the images."""
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 10, count)
    images = rng.integers(0, 128, (count, 28, 28, 1))
    for image, label in zip(images, labels):
        image[2 * label : 2 * label + 6] += 100
    return images.astype("uint8"), labels


def describe(wing):
    """Names, signatures, layers and parameter counts."""
    models = {name: getattr(wing, name)() for name in MODELS}
    return {
        "signatures": {name: str(inspect.signature(getattr(wing, name))) for name in wing.__all__},
        "layers": {name: layer_names(model) for name, model in models.items()},
        "parameters": {name: wing.count_parameters(model) for name, model in models.items()},
        "errors": {name: error_of(call, wing) for name, call in WRONG.items()},
    }


IMAGES, LABELS = sample(8)
NORMALIZED = np.linspace(-2, 2, 32 * 32 * 3, dtype="float32").reshape(32, 32, 3)
RNG = np.random.default_rng(0)
WRONG = {
    "no images": lambda wing: wing.fit(wing.lenet(), IMAGES[:0], LABELS[:0]),
    "images as a list": lambda wing: wing.predict(wing.lenet(), IMAGES.tolist()),
    "one image without its batch": lambda wing: wing.predict(wing.lenet(), IMAGES[0]),
    "float64": lambda wing: wing.predict(wing.lenet(), IMAGES / 255),
    "NaN": lambda wing: wing.fit(wing.lenet(), np.full((8, 28, 28, 1), np.nan, "float32"), LABELS),
    "lengths": lambda wing: wing.evaluate(wing.lenet(), IMAGES, LABELS[:5]),
    "one-hot": lambda wing: wing.fit(wing.lenet(), IMAGES, np.eye(10)[LABELS]),
    "float labels": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS / 1.0),
    "labels from 1": lambda wing: wing.fit(wing.lenet(), IMAGES, np.arange(3, 11)),
    "a class too few": lambda wing: wing.fit(wing.lenet(classes=2), IMAGES, np.full(8, 2)),
    "negative label": lambda wing: wing.evaluate(wing.lenet(), IMAGES, np.full(8, -1)),
    "image size": lambda wing: wing.predict(wing.lenet(), IMAGES[:, :20, :20]),
    "channels": lambda wing: wing.predict(wing.small_convnet(), np.repeat(IMAGES, 3, axis=3)),
    "validation": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, validation=(IMAGES, LABELS[:2])),
    "range of a published network": lambda wing: wing.predict(
        wing.vgg16_small((32, 32, 3), 3), np.linspace(0, 255, 2 * 32 * 32 * 3, dtype="float32").reshape(2, 32, 32, 3)
    ),
    "range of one image": lambda wing: wing.fit(
        wing.mobilenet_v2((32, 32, 3), 3), np.stack([np.zeros((32, 32, 3), "float32"), NORMALIZED]), LABELS[:2] % 3
    ),
    "augmenting nothing": lambda wing: wing.augment(
        IMAGES[:0], augmentation.Augmentation(flip=0.5).draw(RNG, 1, (28, 28))
    ),
    "augmenting others": lambda wing: wing.augment(IMAGES, augmentation.Augmentation(flip=0.5).draw(RNG, 3, (28, 28))),
    "augmenting by what is not drawn": lambda wing: wing.augment(IMAGES, augmentation.Augmentation(flip=0.5)),
    "optimizer": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, optimizer="lion"),
    "one label": lambda wing: wing.fit(wing.lenet(), IMAGES, np.full(8, 3)),
    "mixed sizes": lambda wing: wing.predict(wing.lenet(), [IMAGES[0], IMAGES[1, :20]]),
    "patience without validation": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, patience=2),
    "nowhere to keep a checkpoint": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, checkpoint="nowhere/run.part"),
    "all of it smoothed": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, label_smoothing=1),
    "augmented by its name": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, augment="flip"),
    "schedule": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, schedule="triangle"),
    "momentum of adam": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, optimizer="adam", momentum=0.9),
    "half an epoch": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, epochs=0.5),
    "learning rate": lambda wing: wing.fit(wing.lenet(), IMAGES, LABELS, learning_rate=-1),
    "batch of 0": lambda wing: wing.predict(wing.lenet(), IMAGES, batch_size=0),
    "batch of True": lambda wing: wing.predict(wing.lenet(), IMAGES, batch_size=True),
    "shape of a number": lambda wing: wing.lenet(28),
    "shape without channels": lambda wing: wing.lenet(input_shape=(28, 28)),
    "too small": lambda wing: wing.small_convnet(input_shape=(8, 8, 1)),
    "one class": lambda wing: wing.dense_net(classes=1),
}


def error_of(call, wing):
    try:
        call(wing)
    except ValueError as error:
        return str(error)
    return "no error"


def answers(wing, weights):
    """What the wing computes from given weights: logits' probabilities, losses, histories."""
    images, labels = sample()
    found = {}
    for name in MODELS:
        model = getattr(wing, name)()
        put(model, weights, name)
        found[f"{name} logits"] = logits(model, images)
        found[f"{name} probabilities"] = wing.predict(model, images, batch_size=40)
        found[f"{name} loss"] = wing.evaluate(model, images, labels, batch_size=40)["loss"]
    for recipe, settings in RECIPES.items():
        model = wing.lenet()
        put(model, weights, "lenet")
        # 96 images in batches of 96: each epoch is one step, so the second loss is the one after one step
        history = wing.fit(model, images, labels, epochs=6, batch_size=96, seed=3, **settings)
        found[f"{recipe} losses"] = history["loss"]
        found[f"{recipe} afterwards"] = wing.evaluate(model, images, labels)["loss"]
    model = wing.lenet()
    put(model, weights, "lenet")
    settings = {"optimizer": "sgd", "learning_rate": 0.02, "validation": (images[:50], labels[:50])}
    history = wing.fit(model, images, labels, epochs=3, batch_size=20, seed=3, **settings)
    found |= {f"shuffled {name}": values for name, values in history.items()}
    return found


def layer_names(model):
    return [layer.name for layer in model.layers] if hasattr(model, "layers") else list(model._modules)


def logits(model, images):
    scaled = images.astype("float32") / 255
    if hasattr(model, "layers"):
        return model(scaled).numpy()
    import torch

    return model(torch.from_numpy(scaled).permute(0, 3, 1, 2)).detach().numpy()


def get(model, name):
    """Weights of a model, {"model layer weight": array}, as PyTorch lays them out."""
    if not hasattr(model, "layers"):
        return {f"{name} {key.replace('.', ' ')}": value.numpy() for key, value in model.state_dict().items()}
    found = {}
    for layer in (layer for layer in model.layers if layer.weights):
        kernel, bias = layer.get_weights()
        found[f"{name} {layer.name} bias"] = bias
        found[f"{name} {layer.name} weight"] = _to_torch(model, layer, kernel)
    return found


def _to_torch(model, layer, kernel):
    if kernel.ndim == 4:
        return kernel.transpose(3, 2, 0, 1)
    if layer.name == "dense1":
        height, width, channels = model.get_layer("flatten").input.shape[1:]
        kernel = kernel.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
    return kernel.T


def put(model, weights, name):
    """The way back: give a model the weights that `get` returned."""
    if not hasattr(model, "layers"):
        import torch

        arrays = {key: weights[f"{name} {key.replace('.', ' ')}"] for key in model.state_dict()}
        model.load_state_dict({key: torch.from_numpy(array) for key, array in arrays.items()})
        return
    for layer in (layer for layer in model.layers if layer.weights):
        kernel = _to_keras(model, layer, weights[f"{name} {layer.name} weight"])
        layer.set_weights([kernel, weights[f"{name} {layer.name} bias"]])


def _to_keras(model, layer, kernel):
    if kernel.ndim == 4:
        return kernel.transpose(2, 3, 1, 0)
    if layer.name == "dense1":
        height, width, channels = model.get_layer("flatten").input.shape[1:]
        kernel = kernel.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(kernel.shape)
    return kernel.T


def build(wing, framework, folder):
    """Write FRAMEWORK.json, what the wing is like, and FRAMEWORK-weights.npz, weights of its models."""
    runtime.seed_everything(1)
    (folder / f"{framework}.json").write_text(json.dumps(describe(wing)))
    weights = {key: value for name in MODELS for key, value in get(getattr(wing, name)(), name).items()}
    np.savez(folder / f"{framework}-weights.npz", **weights)


def answer(wing, framework, folder):
    """Write FRAMEWORK-from-BUILDER.npz, what the wing computes, for the weights of each builder there is."""
    for path in folder.glob("*-weights.npz"):
        builder = path.stem.removesuffix("-weights")
        np.savez(folder / f"{framework}-from-{builder}.npz", **answers(wing, np.load(path)))


if __name__ == "__main__":
    _, framework, folder, *tasks = sys.argv
    for task in tasks:
        {"build": build, "answer": answer}[task](importlib.import_module(f"utils.{framework}"), framework, Path(folder))
