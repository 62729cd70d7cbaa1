"""One wing's networks, built and asked in a process of its own for test_models_wings.py: FRAMEWORK FOLDER TASK…"""

import importlib
import inspect
import json
import sys
from pathlib import Path

import numpy as np

from utils import runtime

# Sizes are not square on purpose, and some layer of each meets an odd and an even one: padding, rounding and flattening
# show their differences there.
NETWORKS = {
    "dense_net": {"input_shape": (9, 10, 3), "classes": 3, "units": 20},
    "small_convnet": {"input_shape": (26, 30, 2), "classes": 3},
    "small_convnet_without_pooling": {"input_shape": (9, 10, 2), "classes": 3},
    "lenet": {"input_shape": (28, 36, 1), "classes": 3},
    "lenet_bn": {"input_shape": (28, 36, 1), "classes": 3},
    "catdog_convnet": {"input_shape": (86, 70, 3), "classes": 3},
    "gap_convnet": {"input_shape": (25, 18, 3), "classes": 3},
    "small_resnet": {"input_shape": (33, 46, 3), "classes": 3},
    "vgg16": {"input_shape": (33, 64, 3), "classes": 3},
    "vgg16_small": {"input_shape": (33, 64, 3), "classes": 3},
    "resnet18": {"input_shape": (65, 75, 3), "classes": 3},
    "mobilenet_v2": {"input_shape": (65, 78, 3), "classes": 3},
    "squeezenet": {"input_shape": (47, 60, 3), "classes": 3},
}
DEFAULTS = (
    "lenet_bn",
    "catdog_convnet",
    "gap_convnet",
    "small_resnet",
    "vgg16_small",
    "resnet18",
    "mobilenet_v2",
    "squeezenet",
)
PRETRAINABLE = ("vgg16", "vgg16_small", "resnet18", "mobilenet_v2", "squeezenet")


def wrong_weights(wing):
    """What `set_weights`, `copy_weights` and `load_weights` refuse: {what: call}."""
    good = wing.get_weights(wing.lenet())
    kernel = good["conv1/kernel"]
    return {
        "no dict": lambda: wing.set_weights(wing.lenet(), list(good.values())),
        "nothing": lambda: wing.set_weights(wing.lenet(), {}),
        "a tensor less": lambda: wing.copy_weights({k: v for k, v in good.items() if k != "conv2/bias"}, wing.lenet()),
        "a tensor more": lambda: wing.set_weights(wing.lenet(), good | {"conv3/kernel": kernel}),
        "layout of PyTorch": lambda: wing.set_weights(
            wing.lenet(), good | {"conv1/kernel": kernel.transpose(3, 2, 0, 1)}
        ),
        "integers": lambda: wing.set_weights(wing.lenet(), good | {"conv1/kernel": kernel.astype("int8")}),
        "NaN": lambda: wing.set_weights(wing.lenet(), good | {"conv1/kernel": kernel * np.nan}),
        "other classes": lambda: wing.copy_weights(wing.lenet(classes=4), wing.lenet()),
        "another network": lambda: wing.copy_weights(wing.dense_net(), wing.lenet()),
        "no file": lambda: wing.load_weights(wing.lenet(), "nowhere.safetensors"),
        "no pretrained file": lambda: wing.load_pretrained(wing.lenet(), "nowhere.h5"),
    }


def wrong_networks(wing):
    """What the builders refuse: {what: call}."""
    return {
        **{f"{n} of one class": lambda n=n: getattr(wing, n)(classes=1) for n in NETWORKS},
        **{f"{n} without channels": lambda n=n: getattr(wing, n)(input_shape=(64, 64)) for n in NETWORKS},
        **{f"{n} in gray": lambda n=n: getattr(wing, n)(input_shape=(64, 64, 1)) for n in PRETRAINABLE},
        **{f"small {n}": lambda n=n: getattr(wing, n)(input_shape=(16, 16, 3)) for n in ("vgg16", "squeezenet")},
        "small catdog_convnet": lambda: wing.catdog_convnet(input_shape=(40, 40, 3)),
        "small gap_convnet": lambda: wing.gap_convnet(input_shape=(7, 7, 3)),
        **{
            f"{n} without classes": lambda n=n: getattr(wing, n)(classes=None)
            for n in NETWORKS
            if n not in PRETRAINABLE
        },
        **{f"half a class in {n}": lambda n=n: getattr(wing, n)(classes=2.5) for n in NETWORKS},
        "no units": lambda: wing.dense_net(units=0),
        "no stride": lambda: wing.small_resnet(stem_stride=0),
    }


def error_of(call):
    try:
        call()
    except (ValueError, FileNotFoundError) as error:
        return str(error)
    return "no error"


def layers(model):
    """{layer: shape of its output for one image, channels last} of all layers that hold no others."""
    if hasattr(model, "layers"):
        return {layer.name: list(layer.output.shape[1:]) for layer in model.layers if layer.name != "images"}
    return _torch_layers(model)


def _torch_layers(model):
    import torch

    found = {}

    def note(name):
        return lambda layer, given, output: found.update({name: [*output.shape[2:], output.shape[1]]})

    for name, layer in model.named_modules():
        if next(layer.children(), None) is None:
            layer.register_forward_hook(note(name))
    height, width, channels = model.input_shape
    model.eval()(torch.zeros(1, channels, height, width))
    return found


def build(wing, framework, folder):
    """Write FRAMEWORK.json, what the networks are like, and FRAMEWORK-NAME.safetensors, random weights of each."""
    runtime.seed_everything(1)
    rng = np.random.default_rng(1)
    described = {"layers": {}, "parameters": {}}
    for name, settings in NETWORKS.items():
        model = getattr(wing, name)(**settings)
        described["layers"][name] = layers(model)
        described["parameters"][name] = wing.count_parameters(model)
        wing.set_weights(model, {key: shaken(rng, key, array) for key, array in wing.get_weights(model).items()})
        wing.save_weights(model, folder / f"{framework}-{name}.safetensors")
    if framework == "torch":
        save_as_torchvision(wing.resnet18(), folder / "resnet18.pth")
    described["defaults"] = {name: wing.count_parameters(getattr(wing, name)()) for name in DEFAULTS}
    described["errors"] = {
        what: error_of(call) for f in (wrong_weights, wrong_networks) for what, call in f(wing).items()
    }
    described["signatures"] = {name: str(inspect.signature(getattr(wing, name))) for name in wing.__all__}
    (folder / f"{framework}.json").write_text(json.dumps(described))


def shaken(rng, key, array):
    """Weights as after some training: no bias at zero, no batch norm as it was born."""
    noise = rng.standard_normal(array.shape).astype("float32")
    if key.endswith("kernel"):
        return array
    return np.abs(array + 0.2 * noise) + 0.1 if key.endswith(("gamma", "variance")) else array + 0.2 * noise


def sample(input_shape):
    """The same pictures, float32 in [0, 1], and labels in every process."""
    rng = np.random.default_rng(5)
    return rng.random((6, *input_shape), "float32"), np.array([0, 1, 2, 0, 1, 2])


def answer(wing, framework, folder):
    """Write FRAMEWORK-NAME.npz: what the wing makes of weights of Keras. Take up those of PyTorch and write them again.

    Gradients are computed in double precision: in single, rounding turns a few ReLUs on in one framework alone.
    """
    train = {"keras": train_keras, "torch": train_torch}[framework]
    for name, settings in NETWORKS.items():
        model = getattr(wing, name)(**settings)
        wing.load_weights(model, folder / f"torch-{name}.safetensors")
        wing.save_weights(model, folder / f"torch-{name}-through-{framework}.safetensors")
        images, labels = sample(settings["input_shape"])
        weights = folder / f"keras-{name}.safetensors"
        wing.copy_weights(weights, model)
        inference = ask(model, images)
        training, *_ = train(wing, model, images, labels)
        precise = in_double(wing, name, weights)
        precise_logits, of_images, gradients, statistics = train(wing, precise, images.astype("float64"), labels)
        assert of_images.dtype == precise_logits.dtype == np.float64
        gradients = {f"gradient {key}": array for key, array in gradients.items() if "moving" not in key}
        statistics = {key: array for key, array in statistics.items() if "moving" in key}
        outputs = {"inference": inference, "training": training, "gradient images": of_images}
        np.savez(folder / f"{framework}-{name}.npz", **outputs, **gradients, **statistics)
    model = wing.resnet18()
    wing.load_pretrained(model, folder / "resnet18.pth")
    wing.save_weights(model, folder / f"resnet18-through-{framework}.safetensors")


def save_as_torchvision(model, path):
    """A state dict as torchvision publishes it: its classifier is called fc, and nothing counts batches."""
    import torch

    state = {key.replace("logits", "fc"): array for key, array in model.state_dict().items()}
    torch.save({key: array for key, array in state.items() if "num_batches" not in key}, path)


def ask(model, images):
    if hasattr(model, "layers"):
        return model(images, training=False).numpy()
    import torch

    with torch.no_grad():
        return model.eval()(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()


def in_double(wing, name, weights):
    if wing.__name__ == "utils.torch":
        model = getattr(wing, name)(**NETWORKS[name]).double()
    else:
        import keras

        set_precision(keras, "float64")
        model = getattr(wing, name)(**NETWORKS[name])
        set_precision(keras, "float32")
    wing.copy_weights(weights, model)
    return model


def set_precision(keras, dtype):
    keras.config.set_floatx(dtype)  # of inputs
    keras.config.set_dtype_policy(dtype)  # of layers


def train_keras(wing, model, images, labels):
    """Logits in training mode, the loss's gradients by image and by weight, running statistics afterwards."""
    import tensorflow as tf

    pictures = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        logits = model(pictures, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    of_images, *gradients = tape.gradient(loss, [pictures, *(variable.value for variable in model.trainable_variables)])
    statistics = wing.get_weights(model)
    for variable, gradient in zip(model.trainable_variables, gradients):
        variable.assign(gradient)  # so that get_weights lays the gradients out as weights
    return logits.numpy(), of_images.numpy(), wing.get_weights(model), statistics


def train_torch(wing, model, images, labels):
    """The same in PyTorch."""
    import torch

    pictures = torch.from_numpy(images).permute(0, 3, 1, 2).requires_grad_()
    logits = model.train()(pictures)
    torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels)).backward()
    statistics = wing.get_weights(model)
    with torch.no_grad():
        for weights in model.parameters():
            weights.copy_(weights.grad)
    of_images = pictures.grad.permute(0, 2, 3, 1).numpy()
    return logits.detach().numpy(), of_images, wing.get_weights(model), statistics


if __name__ == "__main__":
    _, framework, folder, *tasks = sys.argv
    for task in tasks:
        {"build": build, "answer": answer}[task](importlib.import_module(f"utils.{framework}"), framework, Path(folder))
