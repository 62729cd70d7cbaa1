"""Layers that PyTorch's users write as expressions: as modules they have names, and hooks see what they give."""

import torch
from torch import nn

from utils import preprocessing


class Add(nn.Module):
    """The sum of two feature maps."""

    def forward(self, first, second):
        return first + second


class Concatenate(nn.Module):
    """Feature maps on top of one another: channels of the first, then of the second."""

    def forward(self, first, second):
        return torch.cat([first, second], dim=1)


class GlobalAveragePool2d(nn.Module):
    """The mean of each channel: (N, channels, height, width) → (N, channels)."""

    def forward(self, maps):
        return maps.mean(dim=(2, 3))


class Preprocess(nn.Module):
    """Turns RGB pictures in [0, 1] into what a published network was trained on; ValueError for another range.

    Args:
        facts: `utils.preprocessing.Preprocessing`.
    """

    def __init__(self, facts):
        super().__init__()
        self.bgr = facts.bgr
        self.register_buffer("scale", torch.tensor(facts.scale).view(3, 1, 1), persistent=False)
        self.register_buffer("offset", torch.tensor(facts.offset).view(3, 1, 1), persistent=False)

    def forward(self, images):
        if images.numel() and not torch.compiler.is_compiling():  # a compiled graph can not raise
            preprocessing.check_range(*(value.item() for value in images.detach().aminmax()))
        return (images.flip(1) if self.bgr else images) * self.scale + self.offset
