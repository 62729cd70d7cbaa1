"""The first networks of the course, in PyTorch. Each ends in logits; layer names are those of the Keras wing.

Kernels are drawn by Glorot's uniform rule and biases start at zero, as Keras has it by default.
"""

from torch import nn

from utils import guards, shapes
from utils.torch.building import batch_norm, sequential


def dense_net(input_shape=(28, 28, 1), classes=10, units=512):
    """The dense network of the book that S2 quotes: one hidden layer.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.
        units: width of the hidden layer.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        407,050 parameters with the defaults.

    Raises:
        ValueError: a size is impossible.
    """
    guards.check_architecture(input_shape, classes)
    shapes.whole("units", units)
    return sequential(
        input_shape,
        flatten=nn.Flatten(),
        dense1=nn.LazyLinear(units),
        relu1=nn.ReLU(),
        logits=nn.Linear(units, classes),
    )


def small_convnet(input_shape=(28, 28, 1), classes=10):
    """S2's convnet, listings 5-1 and 5-2: three convolutions, two max-poolings, one hidden dense layer.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        93,322 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for three convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        conv1=nn.Conv2d(input_shape[-1], 32, 3),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(32, 64, 3),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        conv3=nn.Conv2d(64, 64, 3),
        relu3=nn.ReLU(),
        flatten=nn.Flatten(),
        dense1=nn.LazyLinear(64),
        relu4=nn.ReLU(),
        logits=nn.Linear(64, classes),
    )


def small_convnet_without_pooling(input_shape=(28, 28, 1), classes=10):
    """`small_convnet` with its two poolings left out: the ablation S2 announces in 5.1.2.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        2,038,922 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for three convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        conv1=nn.Conv2d(input_shape[-1], 32, 3),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(32, 64, 3),
        relu2=nn.ReLU(),
        conv3=nn.Conv2d(64, 64, 3),
        relu3=nn.ReLU(),
        flatten=nn.Flatten(),
        dense1=nn.LazyLinear(64),
        relu4=nn.ReLU(),
        logits=nn.Linear(64, classes),
    )


def lenet(input_shape=(28, 28, 1), classes=10):
    """S4's LeNet (4.4.3): two 5×5 convolutions with max-pooling, three dense layers.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        44,426 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for two convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        conv1=nn.Conv2d(input_shape[-1], 6, 5),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        dense1=nn.LazyLinear(120),
        relu3=nn.ReLU(),
        dense2=nn.Linear(120, 84),
        relu4=nn.ReLU(),
        logits=nn.Linear(84, classes),
    )


def lenet_bn(input_shape=(28, 28, 1), classes=10):
    """A LeNet that learns faster: 16 and 32 filters in place of 6 and 16, batch norm, one hidden dense layer.

    Pooling comes right after each convolution, so that batch norm and ReLU handle a quarter of the numbers.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        80,250 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for two convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        conv1=nn.Conv2d(input_shape[-1], 16, 5, bias=False),
        pool1=nn.MaxPool2d(2),
        bn1=batch_norm(16),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(16, 32, 5, bias=False),
        pool2=nn.MaxPool2d(2),
        bn2=batch_norm(32),
        relu2=nn.ReLU(),
        flatten=nn.Flatten(),
        dense1=nn.LazyLinear(128),
        relu3=nn.ReLU(),
        logits=nn.Linear(128, classes),
    )


def count_parameters(model):
    """Number of trainable parameters of a built model, an int."""
    return sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
