"""Networks for photos that are trained from scratch, in Keras. Layer names are those of the PyTorch wing."""

from keras import layers

from utils import guards, shapes
from utils.keras.building import batch_norm, functional, he, pad, sequential
from utils.keras.resnets import basic_block


def catdog_convnet(input_shape=(150, 150, 3), classes=2):
    """S0's network for cats and dogs (5.1): four convolutions with max-pooling, one hidden dense layer.

    S0 ends in one sigmoid unit; two logits with softmax mean the same.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        keras.Sequential: images float32 (N, height, width, channels) → logits float32 (N, classes).
        3,453,634 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for four convolutions.
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
        layers.Conv2D(128, 3, name="conv3"),
        layers.ReLU(name="relu3"),
        layers.MaxPooling2D(2, name="pool3"),
        layers.Conv2D(128, 3, name="conv4"),
        layers.ReLU(name="relu4"),
        layers.MaxPooling2D(2, name="pool4"),
        layers.Flatten(name="flatten"),
        layers.Dense(512, name="dense1"),
        layers.ReLU(name="relu5"),
        layers.Dense(classes, name="logits"),
    )


def gap_convnet(input_shape=(300, 300, 3), classes=2):
    """S1's network for cats and dogs (3.8): four convolutions, global average pooling, logits.

    S1 ends in one sigmoid unit; two logits with softmax mean the same.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        keras.Sequential: images float32 (N, height, width, channels) → logits float32 (N, classes).
        97,698 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for three poolings.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        layers.Conv2D(16, 3, padding="same", name="conv1"),
        layers.ReLU(name="relu1"),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Conv2D(32, 3, padding="same", name="conv2"),
        layers.ReLU(name="relu2"),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Conv2D(64, 3, padding="same", name="conv3"),
        layers.ReLU(name="relu3"),
        layers.MaxPooling2D(2, name="pool3"),
        layers.Conv2D(128, 3, padding="same", name="conv4"),
        layers.ReLU(name="relu4"),
        layers.GlobalAveragePooling2D(name="gap"),
        layers.Dense(classes, name="logits"),
    )


def small_resnet(input_shape=(96, 96, 3), classes=2, stem_stride=2):
    """A residual network small enough for two cores: three times a convolution that halves, and a residual block.

    `load_pretrained` gives it weights that come with this course: `utils/pretrained/small_resnet.md`.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.
        stem_stride: stride of the first convolution; 1 suits small pictures, such as CIFAR-10's.

    Returns:
        keras.Model: images float32 (N, height, width, channels) → logits float32 (N, classes).
        861,082 parameters with the defaults. In the Keras wing running variances are those of a batch, in PyTorch's
        n / (n - 1) times as much, n being its pixels.

    Raises:
        ValueError: a size is impossible.
    """
    guards.check_architecture(input_shape, classes)
    shapes.whole("stem_stride", stem_stride)

    def body(images):
        x = _halved(images, 1, 24, stem_stride)
        for number, filters in ((2, 48), (3, 96), (4, 160)):
            x = basic_block(_halved(x, number, filters), f"block{number}", filters)
        return x

    return functional(input_shape, classes, body)


def _halved(x, number, filters, stride=2):
    conv = layers.Conv2D(filters, 3, strides=stride, use_bias=False, kernel_initializer=he(), name=f"conv{number}")
    return layers.ReLU(name=f"relu{number}")(batch_norm(f"bn{number}")(conv(pad(x))))
