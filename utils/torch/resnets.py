"""Residual networks in PyTorch. Layer names are torchvision's, and those of the Keras wing."""

from torch import nn

from utils import preprocessing
from utils.torch.building import batch_norm, pretrainable
from utils.torch.layers import Add


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut past them (He et al. 2016, "Deep residual learning for image recognition").

    Where the shapes differ, a 1×1 convolution fits the shortcut to them.
    """

    def __init__(self, inputs, filters, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters, 3, stride, padding=1, bias=False)
        self.bn1 = batch_norm(filters)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = batch_norm(filters)
        self.downsample = None
        if stride != 1 or inputs != filters:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), batch_norm(filters))
        self.add = Add()
        self.relu2 = nn.ReLU()

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu1(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return self.relu2(self.add(x, shortcut))


def resnet18(input_shape=(224, 224, 3), classes=1000):
    """ResNet-18 as torchvision builds it; `load_pretrained` takes torchvision's file, resnet18-f37072fd.pth.

    Args:
        input_shape: (height, width, 3).
        classes: number of logits; 1000 takes the published classifier too; None ends in the last feature map.

    Returns:
        nn.Sequential: RGB images float32 in [0, 1], (N, 3, height, width) → logits float32 (N, classes), or features
        (N, 512, height / 32, width / 32), rounded up. Normalizes by ImageNet's mean and deviation itself.
        11,689,512 parameters with 1000 classes, 11,176,512 without classifier.

    Raises:
        ValueError: a size is impossible; when called, pictures that do not lie in [0, 1].
    """
    return pretrainable(
        input_shape,
        classes,
        preprocessing.TORCHVISION,
        512,
        conv1=nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
        bn1=batch_norm(64),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, stride=2, padding=1),
        layer1=nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64)),
        layer2=nn.Sequential(BasicBlock(64, 128, stride=2), BasicBlock(128, 128)),
        layer3=nn.Sequential(BasicBlock(128, 256, stride=2), BasicBlock(256, 256)),
        layer4=nn.Sequential(BasicBlock(256, 512, stride=2), BasicBlock(512, 512)),
    )
