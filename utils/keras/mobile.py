"""Networks made for phones, in Keras: MobileNetV2 and SqueezeNet. Layer names are those of the PyTorch wing."""

from keras import layers

from utils import defaults, preprocessing
from utils.keras.building import batch_norm, he, pretrainable

# MobileNetV2's bottlenecks at 0.35 of their width: expansion, filters, how many, stride of the first
# (Sandler et al. 2018, table 2; widths rounded to multiples of 8, but by no more than a tenth down).
BOTTLENECKS = ((1, 8, 1, 1), (6, 8, 2, 2), (6, 16, 3, 2), (6, 24, 4, 2), (6, 32, 3, 1), (6, 56, 3, 2), (6, 112, 1, 1))


def bottleneck(x, name, filters, expansion, stride):
    """An inverted residual: 1×1 convolution to `expansion` times the channels, 3×3 in each channel, 1×1 to `filters`.

    Where input and output have the same shape, they are added.

    Args:
        x: feature maps (N, height, width, channels) of a model being built.
        name: of the block; its layers are called `name.expand` and so on.
        filters, expansion, stride: numbers.
    """
    shortcut, channels = x, x.shape[-1] * expansion
    if expansion > 1:
        x = _normed(_conv(channels, 1, f"{name}.expand")(x), f"{name}.expand_BN", f"{name}.expand_relu")
    depthwise = layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding="same",
        use_bias=False,
        depthwise_initializer=he(channels),
        name=f"{name}.depthwise",
    )
    x = _normed(depthwise(x), f"{name}.depthwise_BN", f"{name}.depthwise_relu")
    x = batch_norm(f"{name}.project_BN", defaults.MOBILENET_EPSILON)(_conv(filters, 1, f"{name}.project")(x))
    return layers.Add(name=f"{name}.add")([x, shortcut]) if x.shape == shortcut.shape else x


def _normed(x, norm, relu):
    return layers.ReLU(6, name=relu)(batch_norm(norm, defaults.MOBILENET_EPSILON)(x))


def _conv(filters, size, name, stride=1):
    return layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=False, kernel_initializer=he(), name=name
    )


def fire(x, name, squeeze, expand):
    """SqueezeNet's block: few 1×1 filters, then 1×1 and 3×3 filters beside each other on what they give."""
    x = _activated(x, f"{name}.squeeze1x1", f"{name}.relu_squeeze1x1", squeeze, 1)
    ones = _activated(x, f"{name}.expand1x1", f"{name}.relu_expand1x1", expand, 1)
    threes = _activated(x, f"{name}.expand3x3", f"{name}.relu_expand3x3", expand, 3)
    return layers.Concatenate(name=f"{name}.concat")([ones, threes])


def _activated(x, conv, relu, filters, size):
    x = layers.Conv2D(filters, size, padding="same", kernel_initializer=he(), name=conv)(x)
    return layers.ReLU(name=relu)(x)


def mobilenet_v2(input_shape=(224, 224, 3), classes=None):
    """MobileNetV2 (Sandler et al. 2018) at 0.35 of its width, as Keras builds it; `load_pretrained` takes Keras' file
    without top, mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits behind global average pooling; None ends in the last feature map, `out_relu`.

    Returns:
        keras.Model: RGB images float32 in [0, 1], (N, height, width, 3) → logits float32 (N, classes), or features
        (N, height / 32, width / 32, 1280), rounded up. Scales pictures to [-1, 1] itself.
        396,128 parameters without classifier.

    Raises:
        ValueError: a size is impossible; when called, pictures that do not lie in [0, 1].
    """

    def body(x):
        x = _normed(_conv(16, 3, "Conv1", stride=2)(x), "bn_Conv1", "Conv1_relu")
        block = 0
        for expansion, filters, repeats, stride in BOTTLENECKS:
            for number in range(repeats):
                name = f"block_{block}" if block else "expanded_conv"
                x = bottleneck(x, name, filters, expansion, 1 if number else stride)
                block += 1
        return _normed(_conv(1280, 1, "Conv_1")(x), "Conv_1_bn", "out_relu")

    return pretrainable(input_shape, classes, preprocessing.CENTERED, body)


def squeezenet(input_shape=(227, 227, 3), classes=None):
    """SqueezeNet 1.1 (Iandola et al. 2016); `load_pretrained` takes the file without top of its Keras port,
    squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits behind global average pooling; None ends in the last feature map, `fire9.concat`.

    Returns:
        keras.Model: RGB images float32 in [0, 1], (N, height, width, 3) → logits float32 (N, classes), or features
        (N, about height / 16, about width / 16, 512). Turns pictures to BGR and subtracts ImageNet's mean itself.
        722,496 parameters without classifier.

    Raises:
        ValueError: a size is impossible, below 31; when called, pictures that do not lie in [0, 1].
    """

    def body(x):
        x = layers.Conv2D(64, 3, strides=2, kernel_initializer=he(), name="conv1")(x)
        x = layers.ReLU(name="relu_conv1")(x)
        x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
        x = fire(fire(x, "fire2", 16, 64), "fire3", 16, 64)
        x = layers.MaxPooling2D(3, strides=2, name="pool3")(x)
        x = fire(fire(x, "fire4", 32, 128), "fire5", 32, 128)
        x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
        x = fire(fire(x, "fire6", 48, 192), "fire7", 48, 192)
        return fire(fire(x, "fire8", 64, 256), "fire9", 64, 256)

    return pretrainable(input_shape, classes, preprocessing.CAFFE, body)
