"""Networks made for phones, in PyTorch: MobileNetV2 and SqueezeNet. Layer names are those of the Keras wing."""

from torch import nn
from torch.nn import functional as F

from utils import defaults, preprocessing, shapes
from utils.torch.building import batch_norm, pretrainable
from utils.torch.layers import Add, Concatenate

# MobileNetV2's bottlenecks at 0.35 of their width: expansion, filters, how many, stride of the first
# (Sandler et al. 2018, table 2; widths rounded to multiples of 8, but by no more than a tenth down).
BOTTLENECKS = ((1, 8, 1, 1), (6, 8, 2, 2), (6, 16, 3, 2), (6, 24, 4, 2), (6, 32, 3, 1), (6, 56, 3, 2), (6, 112, 1, 1))


class SameConv2d(nn.Conv2d):
    """A convolution padded by TensorFlow's "same" rule: the odd cell goes to the bottom and right."""

    def forward(self, x):
        rows, columns = (
            shapes.axis(size, kernel, stride, "same")
            for size, kernel, stride in zip(x.shape[2:], self.kernel_size, self.stride)
        )
        return super().forward(F.pad(x, (columns.before, columns.after, rows.before, rows.after)))


class Bottleneck(nn.Module):
    """An inverted residual: 1×1 convolution to `expansion` times the channels, 3×3 in each channel, 1×1 to `filters`.

    Where input and output have the same shape, they are added.
    """

    def __init__(self, inputs, filters, expansion, stride):
        super().__init__()
        channels = inputs * expansion
        self.widens, self.adds = expansion > 1, stride == 1 and inputs == filters
        if self.widens:
            self.expand = nn.Conv2d(inputs, channels, 1, bias=False)
            self.expand_BN = batch_norm(channels, defaults.MOBILENET_EPSILON)
            self.expand_relu = nn.ReLU6()
        self.depthwise = SameConv2d(channels, channels, 3, stride, groups=channels, bias=False)
        self.depthwise_BN = batch_norm(channels, defaults.MOBILENET_EPSILON)
        self.depthwise_relu = nn.ReLU6()
        self.project = nn.Conv2d(channels, filters, 1, bias=False)
        self.project_BN = batch_norm(filters, defaults.MOBILENET_EPSILON)
        if self.adds:
            self.add = Add()

    def forward(self, x):
        shortcut = x
        if self.widens:
            x = self.expand_relu(self.expand_BN(self.expand(x)))
        x = self.depthwise_relu(self.depthwise_BN(self.depthwise(x)))
        x = self.project_BN(self.project(x))
        return self.add(x, shortcut) if self.adds else x


class Fire(nn.Module):
    """SqueezeNet's block: few 1×1 filters, then 1×1 and 3×3 filters beside each other on what they give."""

    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(inputs, squeeze, 1)
        self.relu_squeeze1x1 = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.relu_expand1x1 = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)
        self.relu_expand3x3 = nn.ReLU()
        self.concat = Concatenate()

    def forward(self, x):
        x = self.relu_squeeze1x1(self.squeeze1x1(x))
        return self.concat(self.relu_expand1x1(self.expand1x1(x)), self.relu_expand3x3(self.expand3x3(x)))


def mobilenet_v2(input_shape=(224, 224, 3), classes=None):
    """MobileNetV2 (Sandler et al. 2018) at 0.35 of its width, as Keras builds it; `load_pretrained` takes Keras' file
    without top, mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits behind global average pooling; None ends in the last feature map, `out_relu`.

    Returns:
        nn.Sequential: RGB images float32 in [0, 1], (N, 3, height, width) → logits float32 (N, classes), or features
        (N, 1280, height / 32, width / 32), rounded up. Scales pictures to [-1, 1] itself.
        396,128 parameters without classifier.

    Raises:
        ValueError: a size is impossible; when called, pictures that do not lie in [0, 1].
    """
    blocks, inputs = {}, 16
    for expansion, filters, repeats, stride in BOTTLENECKS:
        for number in range(repeats):
            name = f"block_{len(blocks)}" if blocks else "expanded_conv"
            blocks[name] = Bottleneck(inputs, filters, expansion, 1 if number else stride)
            inputs = filters
    return pretrainable(
        input_shape,
        classes,
        preprocessing.CENTERED,
        1280,
        Conv1=SameConv2d(3, 16, 3, stride=2, bias=False),
        bn_Conv1=batch_norm(16, defaults.MOBILENET_EPSILON),
        Conv1_relu=nn.ReLU6(),
        **blocks,
        Conv_1=nn.Conv2d(inputs, 1280, 1, bias=False),
        Conv_1_bn=batch_norm(1280, defaults.MOBILENET_EPSILON),
        out_relu=nn.ReLU6(),
    )


def squeezenet(input_shape=(227, 227, 3), classes=None):
    """SqueezeNet 1.1 (Iandola et al. 2016); `load_pretrained` takes the file without top of its Keras port,
    squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits behind global average pooling; None ends in the last feature map, `fire9.concat`.

    Returns:
        nn.Sequential: RGB images float32 in [0, 1], (N, 3, height, width) → logits float32 (N, classes), or features
        (N, 512, about height / 16, about width / 16). Turns pictures to BGR and subtracts ImageNet's mean itself.
        722,496 parameters without classifier.

    Raises:
        ValueError: a size is impossible, below 31; when called, pictures that do not lie in [0, 1].
    """
    return pretrainable(
        input_shape,
        classes,
        preprocessing.CAFFE,
        512,
        conv1=nn.Conv2d(3, 64, 3, stride=2),
        relu_conv1=nn.ReLU(),
        pool1=nn.MaxPool2d(3, stride=2),
        fire2=Fire(64, 16, 64),
        fire3=Fire(128, 16, 64),
        pool3=nn.MaxPool2d(3, stride=2),
        fire4=Fire(128, 32, 128),
        fire5=Fire(256, 32, 128),
        pool5=nn.MaxPool2d(3, stride=2),
        fire6=Fire(256, 48, 192),
        fire7=Fire(384, 48, 192),
        fire8=Fire(384, 64, 256),
        fire9=Fire(512, 64, 256),
    )
