"""Residual networks in Keras. Layer names are torchvision's, and those of the PyTorch wing."""

from keras import layers

from utils import preprocessing
from utils.keras.building import batch_norm, he, pad, pretrainable


def basic_block(x, name, filters, stride=1):
    """Two 3×3 convolutions and a shortcut past them (He et al. 2016, "Deep residual learning for image recognition").

    Where the shapes differ, a 1×1 convolution fits the shortcut to them.

    Args:
        x: feature maps (N, height, width, channels) of a model being built.
        name: of the block; its layers are called `name.conv1` and so on.
        filters: of both convolutions.
        stride: of the first, and of the shortcut.
    """
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = _conv(filters, 1, f"{name}.downsample.0", stride)(x)
        shortcut = batch_norm(f"{name}.downsample.1")(shortcut)
    x = _conv(filters, 3, f"{name}.conv1", stride)(pad(x))
    x = layers.ReLU(name=f"{name}.relu1")(batch_norm(f"{name}.bn1")(x))
    x = _conv(filters, 3, f"{name}.conv2")(pad(x))
    x = layers.Add(name=f"{name}.add")([batch_norm(f"{name}.bn2")(x), shortcut])
    return layers.ReLU(name=f"{name}.relu2")(x)


def _conv(filters, size, name, stride=1):
    return layers.Conv2D(filters, size, strides=stride, use_bias=False, kernel_initializer=he(), name=name)


def resnet18(input_shape=(224, 224, 3), classes=1000):
    """ResNet-18 as torchvision builds it; `load_pretrained` takes torchvision's file, resnet18-f37072fd.pth.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits; 1000 takes the published classifier too; None ends in the last feature map.

    Returns:
        keras.Model: RGB images float32 in [0, 1], (N, height, width, 3) → logits float32 (N, classes), or features
        (N, height / 32, width / 32, 512), rounded up. Normalizes by ImageNet's mean and deviation itself.
        11,689,512 parameters with 1000 classes, 11,176,512 without classifier.

    Raises:
        ValueError: a size is impossible; when called, pictures that do not lie in [0, 1].
    """

    def body(x):
        x = _conv(64, 7, "conv1", stride=2)(pad(x, 3))
        x = layers.ReLU(name="relu")(batch_norm("bn1")(x))
        x = layers.MaxPooling2D(3, strides=2, name="maxpool")(pad(x))  # no picture is below zero behind a ReLU
        for number, filters in enumerate((64, 128, 256, 512), start=1):
            x = basic_block(x, f"layer{number}.0", filters, stride=1 if number == 1 else 2)
            x = basic_block(x, f"layer{number}.1", filters)
        return x

    return pretrainable(input_shape, classes, preprocessing.TORCHVISION, body)
