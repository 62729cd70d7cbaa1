"""One wing's maps and pictures, made in a process of its own for test_explain_wings.py: FRAMEWORK FOLDER."""

import importlib
import inspect
import json
import sys
import warnings
from pathlib import Path

import numpy as np

# Sizes are not square on purpose; layers to see and to climb on lie in the middle.
NETWORKS = {
    "gap_convnet": ({"input_shape": (40, 48, 3), "classes": 3}, "conv3"),
    "small_resnet": ({"input_shape": (40, 48, 3), "classes": 3}, "block3.conv2"),
    "vgg16_small": ({"input_shape": (64, 96, 3), "classes": 3}, "block3_conv2"),
    "lenet": ({"input_shape": (32, 28, 1), "classes": 3}, "conv2"),
}
NAMES = (
    "activations",
    "class_activation_map",
    "grad_cam",
    "integrated_gradients",
    "maximize_filter",
    "occlusion",
    "saliency",
    "smooth_grad",
)


def model_of(wing, name):
    """The network with weights of NumPy's, the same in every process, biases too."""
    model, rng = getattr(wing, name)(**NETWORKS[name][0]), np.random.default_rng(2)
    weights = wing.get_weights(model)
    for key, array in weights.items():
        noise = rng.standard_normal(array.shape).astype("float32")
        deviation = np.sqrt(2 / np.prod(array.shape[:-1])) if key.endswith("kernel") else 0.1
        weights[key] = np.float32(deviation) * noise + (key.endswith(("gamma", "variance")) and np.float32(1))
    wing.set_weights(model, weights)
    return model


def photos(shape):
    """Three pictures with something in them: noise, of which one corner each is brighter."""
    pictures = np.random.default_rng(3).integers(0, 120, (3, *shape))
    for number, picture in enumerate(pictures):
        picture[5 * number : 5 * number + 12, 4 * number : 4 * number + 14] += 100
    return pictures.astype("uint8")


def answers(wing, name):
    """What the wing says of one network: {what: array}."""
    settings, layer = NETWORKS[name]
    model, images, classes = model_of(wing, name), photos(settings["input_shape"]), [2, 0, 1]
    found = {f"activations {key}": array for key, array in wing.activations(model, images).items()}
    if name != "lenet":
        found["class_activation_map"] = wing.class_activation_map(model, images, classes)
    found["grad_cam"] = wing.grad_cam(model, images, classes)
    found["grad_cam in the middle"] = wing.grad_cam(model, images, classes, layer=layer)
    found["saliency"] = wing.saliency(model, images, classes)
    found["saliency of the predicted"] = wing.saliency(model, images)
    found["smooth_grad"] = wing.smooth_grad(model, images, classes, samples=6, noise=0.2, seed=1)
    found["integrated_gradients"] = wing.integrated_gradients(model, images, classes, baseline=0.3, steps=20)
    found["occlusion"] = wing.occlusion(model, images, classes, window=9, stride=6, value=0.4)
    climbs = {
        "as it is": {},
        "of pixels": {"fourier": False, "learning_rate": 0.1},
        "smoothed": {"blur": 0.4, "total_variation": 0.3, "jitter": 2, "seed": 5},
    }
    for what, changes in climbs.items():
        found[f"maximize_filter {what}"] = wing.maximize_filter(model, layer, 3, steps=8, **changes)
    return found


def wrong(wing):
    """What both refuse: {what: call}."""
    lenet, gap = model_of(wing, "lenet"), model_of(wing, "gap_convnet")
    gray, images = photos((32, 28, 1)), photos((40, 48, 3))
    broken = np.where(np.arange(48)[:, None] == 7, np.nan, images / 255).astype("float32")
    return {
        "unknown layer": lambda: wing.activations(gap, images, ["conv3", "conv5"]),
        "one name for a list": lambda: wing.activations(gap, images, "conv3"),
        "NaN": lambda: wing.saliency(gap, broken),
        "float64": lambda: wing.smooth_grad(gap, images / 255),
        "channels": lambda: wing.occlusion(gap, images[..., :1]),
        "size": lambda: wing.grad_cam(lenet, gray[:, :20]),
        "no image": lambda: wing.activations(gap, images[:0]),
        "class": lambda: wing.saliency(gap, images, [0, 1, 3]),
        "classes": lambda: wing.saliency(gap, images, 1),
        "no classifier": lambda: wing.saliency(wing.vgg16_small((64, 64, 3)), photos((64, 64, 3))),
        "no head": lambda: wing.class_activation_map(lenet, gray),
        "no map": lambda: wing.grad_cam(wing.dense_net((32, 28, 1), 3), gray),
        "no map of a layer": lambda: wing.grad_cam(lenet, gray, layer="flatten"),
        "unknown layer of grad_cam": lambda: wing.grad_cam(lenet, gray, layer="conv3"),
        "samples": lambda: wing.smooth_grad(gap, images, samples=0),
        "noise": lambda: wing.smooth_grad(gap, images, noise=10),
        "steps": lambda: wing.integrated_gradients(gap, images, steps=0.5),
        "baseline": lambda: wing.integrated_gradients(gap, images, baseline=np.nan),
        "window": lambda: wing.occlusion(gap, images, window=41),
        "stride": lambda: wing.occlusion(gap, images, window=4, stride=5),
        "filter": lambda: wing.maximize_filter(gap, "conv1", 16),
        "dead filter": lambda: wing.maximize_filter(_dead(wing, gap), "relu1", 2),
        "unknown layer to climb on": lambda: wing.maximize_filter(gap, "conv5", 0),
        "size to climb on": lambda: wing.maximize_filter(lenet, "conv1", 0, size=0),
        "no model to climb on": lambda: wing.maximize_filter(None, "conv1", 0),
        "jitter": lambda: wing.maximize_filter(gap, "conv1", 0, jitter=0.5),
    }


def _dead(wing, model):
    weights = wing.get_weights(model)
    weights["conv1/bias"][2] = -100
    wing.set_weights(model, weights)
    return model


def error_of(call):
    try:
        call()
    except ValueError as error:
        return str(error)
    return "no error"


if __name__ == "__main__":
    _, framework, folder = sys.argv
    wing, folder = importlib.import_module(f"utils.{framework}"), Path(folder)
    warnings.simplefilter("ignore", RuntimeWarning)  # 20 steps are few
    for name in NETWORKS:
        np.savez(folder / f"{framework}-{name}.npz", **answers(wing, name))
    described = {
        "signatures": {name: str(inspect.signature(getattr(wing, name))) for name in NAMES},
        "errors": {what: error_of(call) for what, call in wrong(wing).items()},
    }
    (folder / f"{framework}.json").write_text(json.dumps(described))
