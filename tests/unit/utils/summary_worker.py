"""One wing's summaries, made in a process of its own for test_summary_wings.py: FRAMEWORK FOLDER."""

import dataclasses
import importlib
import json
import sys
from pathlib import Path

from models_worker import NETWORKS

FLATTENING = ("dense_net", "small_convnet", "small_convnet_without_pooling", "lenet", "lenet_bn", "catdog_convnet")


def keras_models():
    """Models that learners write, in Keras: {name: model}. Layers are called as in PyTorch's."""
    import keras
    from keras import layers

    def block(name, filters):
        return keras.Sequential(
            [layers.Conv2D(filters, 3, padding="same", name="0"), layers.LeakyReLU(name="1")], name=name
        )

    images = layers.Input((32, 48, 3))
    down = block("down", 8)(images)
    x = block("deep", 12)(layers.AveragePooling2D((2, 4), name="pool")(down))
    x = layers.Conv2D(12, (1, 5), padding="same", dilation_rate=2, groups=3, name="grouped")(x)
    x = layers.UpSampling2D((2, 4), interpolation="bilinear", name="up")(x)
    x = layers.Concatenate(name="skip")([x, down])
    x = layers.Conv2DTranspose(5, 2, strides=2, name="last")(x)
    return {
        "sequential": keras.Sequential(
            [
                layers.Input((21, 30, 2)),
                layers.Conv2D(4, (3, 5), strides=(2, 1), name="0"),
                layers.BatchNormalization(name="1"),
                layers.Activation("gelu", name="2"),
                layers.ZeroPadding2D(1, name="3"),
                layers.DepthwiseConv2D(3, depth_multiplier=2, name="4"),
                layers.PReLU(shared_axes=(1, 2, 3), name="5"),
                layers.MaxPooling2D(3, strides=2, name="6"),
                layers.Dropout(0.5, name="7"),
                layers.GlobalMaxPooling2D(keepdims=True, name="8"),
                layers.Flatten(name="9"),
                layers.Dense(6, name="10"),
                layers.Softmax(name="11"),
            ]
        ),
        "u-net": keras.Model(images, x),
    }


def torch_models():
    """The same in PyTorch."""
    import torch
    from torch import nn

    from utils.torch.layers import Concatenate

    def block(inputs, filters):
        return nn.Sequential(nn.Conv2d(inputs, filters, 3, padding=1), nn.LeakyReLU())

    class UNet(nn.Module):
        input_shape = (32, 48, 3)

        def __init__(self):
            super().__init__()
            self.down, self.pool, self.deep = block(3, 8), nn.AvgPool2d((2, 4)), block(8, 12)
            self.grouped = nn.Conv2d(12, 12, (1, 5), padding="same", dilation=2, groups=3)
            self.up = nn.Upsample(scale_factor=(2, 4), mode="bilinear")
            self.skip, self.last = Concatenate(), nn.ConvTranspose2d(20, 5, 2, stride=2)

        def forward(self, images):
            down = self.down(images)
            x = self.up(self.grouped(self.deep(self.pool(down))))
            return torch.tanh(self.last(self.skip(x, down)))

    sequential = nn.Sequential(
        nn.Conv2d(2, 4, (3, 5), stride=(2, 1)),
        nn.BatchNorm2d(4),
        nn.GELU(),
        nn.ZeroPad2d(1),
        nn.Conv2d(4, 8, 3, groups=4),
        nn.PReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Dropout(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 6),
        nn.Softmax(dim=1),
    )
    sequential.input_shape = (21, 30, 2)
    return {"sequential": sequential, "u-net": UNet()}


def wrong(wing):
    """What `summary` refuses: {what: call}."""
    return {
        "no model": lambda: wing.summary("lenet"),
        "a class": lambda: wing.summary(wing.lenet),
        "one number": lambda: wing.summary(wing.gap_convnet(), 64),
        "three numbers": lambda: wing.summary(wing.gap_convnet(), (64, 64, 3)),
        "no height": lambda: wing.summary(wing.gap_convnet(), (0, 64)),
        "half a pixel": lambda: wing.summary(wing.gap_convnet(), (64.5, 64)),
        "too small": lambda: wing.summary(wing.gap_convnet(), (7, 64)),
        "too small a convnet": lambda: wing.summary(wing.lenet(), (4, 4)),
        "too small for squeezenet": lambda: wing.summary(wing.squeezenet(), size=(20, 99)),
        "a flattened size": lambda: wing.summary(wing.lenet(), (40, 50)),
        "a flattened size of dense_net": lambda: wing.summary(wing.dense_net(), (20, 20)),
    }


def error_of(call):
    try:
        call()
    except ValueError as error:
        return str(error)
    return "no error"


def described(table):
    return {"data": dataclasses.asdict(table), "text": str(table), "html": table._repr_html_()}


def describe(wing, framework):
    models = {name: getattr(wing, name)(**settings) for name, settings in NETWORKS.items()}
    tables = {name: wing.summary(model) for name, model in models.items()}
    tables |= {f"{n} at 66 × 81": wing.summary(m, (66, 81)) for n, m in models.items() if n not in FLATTENING}
    tables |= {name: wing.summary(m) for name, m in {"keras": keras_models, "torch": torch_models}[framework]().items()}
    return {
        "tables": {name: described(table) for name, table in tables.items()},
        "counted": {name: wing.count_parameters(model) for name, model in models.items()},
        "errors": {what: error_of(call) for what, call in wrong(wing).items()},
    }


if __name__ == "__main__":
    _, framework, folder = sys.argv
    answers = describe(importlib.import_module(f"utils.{framework}"), framework)
    (Path(folder) / f"{framework}.json").write_text(json.dumps(answers))
