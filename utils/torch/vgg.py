"""VGG16 (Simonyan and Zisserman 2015) and a narrow copy of it, in PyTorch. Layer names are Keras'."""

from torch import nn

from utils import preprocessing
from utils.torch.building import pretrainable


def vgg16(input_shape=(224, 224, 3), classes=None):
    """The thirteen convolutions of VGG16; `load_pretrained` takes Keras' file without top, from 2016:
    vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5.

    Each convolution and the ReLU behind it are layers of their own, `block1_conv1` and `block1_relu1`.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits behind global average pooling; None ends in the last feature map, `block5_pool`.

    Returns:
        nn.Sequential: RGB images float32 in [0, 1], (N, 3, height, width) → logits float32 (N, classes), or features
        (N, 512, height / 32, width / 32), rounded down. Turns pictures to BGR and subtracts ImageNet's mean itself.
        14,714,688 parameters without classifier.

    Raises:
        ValueError: a size is impossible, below 32; when called, pictures that do not lie in [0, 1].
    """
    return _vgg(input_shape, classes, preprocessing.CAFFE, width=64)


def vgg16_small(input_shape=(96, 96, 3), classes=None):
    """VGG16 at a quarter of its width: same layers, same names, 1/16 of the parameters and the work.

    `load_pretrained` takes the weights that come with this course: utils/pretrained/vgg16_small.md describes them.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits behind global average pooling; None ends in the last feature map, `block5_pool`.

    Returns:
        nn.Sequential: RGB images float32 in [0, 1], (N, 3, height, width) → logits float32 (N, classes), or features
        (N, 128, height / 32, width / 32), rounded down. Scales pictures to [-1, 1] itself.
        920,784 parameters without classifier.

    Raises:
        ValueError: a size is impossible, below 32; when called, pictures that do not lie in [0, 1].
    """
    return _vgg(input_shape, classes, preprocessing.CENTERED, width=16)


def _vgg(input_shape, classes, facts, width):
    stack, inputs = {}, 3
    for block, (convolutions, filters) in enumerate(zip((2, 2, 3, 3, 3), (1, 2, 4, 8, 8)), start=1):
        for number in range(1, convolutions + 1):
            stack[f"block{block}_conv{number}"] = nn.Conv2d(inputs, filters * width, 3, padding=1)
            stack[f"block{block}_relu{number}"] = nn.ReLU()
            inputs = filters * width
        stack[f"block{block}_pool"] = nn.MaxPool2d(2)
    return pretrainable(input_shape, classes, facts, inputs, **stack)
