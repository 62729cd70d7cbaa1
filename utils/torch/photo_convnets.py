"""Networks for photos that are trained from scratch, in PyTorch. Layer names are those of the Keras wing."""

from torch import nn

from utils import guards, shapes
from utils.torch.building import batch_norm, deep, sequential
from utils.torch.layers import GlobalAveragePool2d
from utils.torch.resnets import BasicBlock


def catdog_convnet(input_shape=(150, 150, 3), classes=2):
    """S0's network for cats and dogs (5.1): four convolutions with max-pooling, one hidden dense layer.

    S0 ends in one sigmoid unit; two logits with softmax mean the same.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        3,453,634 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for four convolutions.
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
        conv3=nn.Conv2d(64, 128, 3),
        relu3=nn.ReLU(),
        pool3=nn.MaxPool2d(2),
        conv4=nn.Conv2d(128, 128, 3),
        relu4=nn.ReLU(),
        pool4=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        dense1=nn.LazyLinear(512),
        relu5=nn.ReLU(),
        logits=nn.Linear(512, classes),
    )


def gap_convnet(input_shape=(300, 300, 3), classes=2):
    """S1's network for cats and dogs (3.8): four convolutions, global average pooling, logits.

    S1 ends in one sigmoid unit; two logits with softmax mean the same.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        97,698 parameters with the defaults.

    Raises:
        ValueError: a size is impossible, or the images are too small for three poolings.
    """
    guards.check_architecture(input_shape, classes)
    return sequential(
        input_shape,
        conv1=nn.Conv2d(input_shape[-1], 16, 3, padding=1),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(16, 32, 3, padding=1),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        conv3=nn.Conv2d(32, 64, 3, padding=1),
        relu3=nn.ReLU(),
        pool3=nn.MaxPool2d(2),
        conv4=nn.Conv2d(64, 128, 3, padding=1),
        relu4=nn.ReLU(),
        gap=GlobalAveragePool2d(),
        logits=nn.Linear(128, classes),
    )


def small_resnet(input_shape=(96, 96, 3), classes=2, stem_stride=2):
    """A residual network small enough for two cores: three times a convolution that halves, and a residual block.

    `load_pretrained` gives it weights that come with this course: `utils/pretrained/small_resnet.md`.

    Args:
        input_shape: (height, width, channels).
        classes: number of logits.
        stem_stride: stride of the first convolution; 1 suits small pictures, such as CIFAR-10's.

    Returns:
        nn.Sequential: images float32 (N, channels, height, width) → logits float32 (N, classes).
        861,082 parameters with the defaults. In the Keras wing running variances are those of a batch, in PyTorch's
        n / (n - 1) times as much, n being its pixels.

    Raises:
        ValueError: a size is impossible.
    """
    guards.check_architecture(input_shape, classes)
    shapes.whole("stem_stride", stem_stride)
    return deep(
        input_shape,
        conv1=nn.Conv2d(input_shape[-1], 24, 3, stride=stem_stride, padding=1, bias=False),
        bn1=batch_norm(24),
        relu1=nn.ReLU(),
        **_stage(2, 24, 48),
        **_stage(3, 48, 96),
        **_stage(4, 96, 160),
        gap=GlobalAveragePool2d(),
        logits=nn.Linear(160, classes),
    )


def _stage(number, inputs, filters):
    return {
        f"conv{number}": nn.Conv2d(inputs, filters, 3, stride=2, padding=1, bias=False),
        f"bn{number}": batch_norm(filters),
        f"relu{number}": nn.ReLU(),
        f"block{number}": BasicBlock(filters, filters),
    }
