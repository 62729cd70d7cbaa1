"""The first networks of the course, in Keras. Each ends in logits; layer names are those of the PyTorch wing.

Keras draws kernels by Glorot's uniform rule and starts biases at zero; the PyTorch wing does as Keras does.
"""

from keras import layers

from utils import guards, shapes
from utils.keras.building import batch_norm, sequential


def dense_net(input_shape=(28, 28, 1), classes=10, units=512):
    """The dense network of the book that S2 quotes: one hidden layer.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.
        units: width of the hidden layer.

    Returns:
        keras.Sequential: images float32 (N, height, width, channels) → logits float32 (N, classes).
        407,050 parameters with the defaults.

    Raises:
        ValueError: a size is impossible.
    """
    guards.check_architecture(input_shape, classes)
    shapes.whole("units", units)
    return sequential(
        input_shape,
        layers.Flatten(name="flatten"),
        layers.Dense(units, name="dense1"),
        layers.ReLU(name="relu1"),
        layers.Dense(classes, name="logits"),
    )


def small_convnet(input_shape=(28, 28, 1), classes=10):
    """S2's convnet, listings 5-1 and 5-2: three convolutions, two max-poolings, one hidden dense layer.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        keras.Sequential: images float32 (N, height, width, channels) → logits float32 (N, classes).
        93,322 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for three convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        layers.Conv2D(32, 3, name="conv1"),
        layers.ReLU(name="relu1"),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Conv2D(64, 3, name="conv2"),
        layers.ReLU(name="relu2"),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Conv2D(64, 3, name="conv3"),
        layers.ReLU(name="relu3"),
        layers.Flatten(name="flatten"),
        layers.Dense(64, name="dense1"),
        layers.ReLU(name="relu4"),
        layers.Dense(classes, name="logits"),
    )


def small_convnet_without_pooling(input_shape=(28, 28, 1), classes=10):
    """`small_convnet` with its two poolings left out: the ablation S2 announces in 5.1.2.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        keras.Sequential: images float32 (N, height, width, channels) → logits float32 (N, classes).
        2,038,922 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for three convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        layers.Conv2D(32, 3, name="conv1"),
        layers.ReLU(name="relu1"),
        layers.Conv2D(64, 3, name="conv2"),
        layers.ReLU(name="relu2"),
        layers.Conv2D(64, 3, name="conv3"),
        layers.ReLU(name="relu3"),
        layers.Flatten(name="flatten"),
        layers.Dense(64, name="dense1"),
        layers.ReLU(name="relu4"),
        layers.Dense(classes, name="logits"),
    )


def lenet(input_shape=(28, 28, 1), classes=10):
    """S4's LeNet (4.4.3): two 5×5 convolutions with max-pooling, three dense layers.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        keras.Sequential: images float32 (N, height, width, channels) → logits float32 (N, classes).
        44,426 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for two convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        layers.Conv2D(6, 5, name="conv1"),
        layers.ReLU(name="relu1"),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Conv2D(16, 5, name="conv2"),
        layers.ReLU(name="relu2"),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Flatten(name="flatten"),
        layers.Dense(120, name="dense1"),
        layers.ReLU(name="relu3"),
        layers.Dense(84, name="dense2"),
        layers.ReLU(name="relu4"),
        layers.Dense(classes, name="logits"),
    )


def lenet_bn(input_shape=(28, 28, 1), classes=10):
    """A LeNet that learns faster: 16 and 32 filters in place of 6 and 16, batch norm, one hidden dense layer.

    Pooling comes right after each convolution, so that batch norm and ReLU handle a quarter of the numbers.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        keras.Sequential: images float32 (N, height, width, channels) → logits float32 (N, classes).
        80,250 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for two convolutions.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        layers.Conv2D(16, 5, use_bias=False, name="conv1"),
        layers.MaxPooling2D(2, name="pool1"),
        batch_norm("bn1"),
        layers.ReLU(name="relu1"),
        layers.Conv2D(32, 5, use_bias=False, name="conv2"),
        layers.MaxPooling2D(2, name="pool2"),
        batch_norm("bn2"),
        layers.ReLU(name="relu2"),
        layers.Flatten(name="flatten"),
        layers.Dense(128, name="dense1"),
        layers.ReLU(name="relu3"),
        layers.Dense(classes, name="logits"),
    )


def count_parameters(model):
    """Number of trainable parameters of a built model, an int."""
    return sum(int(weights.numpy().size) for weights in model.trainable_weights)
