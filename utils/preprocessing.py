"""How the published networks want their pictures: facts for the `Preprocess` layer that both wings put first.

At our boundary pictures are always RGB, uint8 or float32 from 0 to 1; the layer turns them into what the weights were
trained on. `scale` and `offset` are one number for each channel, in the order that the network reads them.
"""

import math
from dataclasses import dataclass

import numpy as np

# Slightly wider than [0, 1]: bicubic resizing and color augmentation overshoot. Pictures scaled from -1 to 1, by mean
# and standard deviation, or not at all lie far outside.
LOWEST, HIGHEST = -0.25, 1.25


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a picture in [0, 1]: channels reversed to BGR or not, times `scale`, plus `offset`."""

    scale: tuple[float, float, float]
    offset: tuple[float, float, float]
    bgr: bool = False


# From -1 to 1: TensorFlow's own nets (MobileNetV2).
CENTERED = Preprocessing(scale=(2.0,) * 3, offset=(-1.0,) * 3)

# From 0 to 255, BGR, less ImageNet's mean: Caffe's habit (VGG16 by its authors, SqueezeNet).
CAFFE = Preprocessing(scale=(255.0,) * 3, offset=(-103.939, -116.779, -123.68), bgr=True)

# Less ImageNet's mean, divided by its standard deviation, both for pictures in [0, 1]: torchvision (ResNet-18).
TORCHVISION = Preprocessing(
    scale=(1 / 0.229, 1 / 0.224, 1 / 0.225), offset=(-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225)
)


def check_range(low: float, high: float) -> None:
    """Refuse pictures that go from `low` to `high` where they should be scaled to [0, 1]: ValueError.

    Darker pictures than 0 or brighter ones than 1 can not be told from right ones if they stay within `LOWEST` and
    `HIGHEST`; nor can pictures in BGR.
    """
    if low >= LOWEST and high <= HIGHEST:
        return
    if math.isnan(low) or math.isnan(high):
        raise ValueError("The pictures hold NaN: find them with np.isnan.")
    if low < LOWEST:
        way_out = "leave them as they were read, because this network does its own preprocessing"
    else:
        way_out = "divide them by 255, or give uint8 to predict, evaluate or fit, which scale it"
    raise ValueError(
        f"The pictures go from {low:.4g} to {high:.4g}, and this network wants them from 0 to 1: {way_out}."
    )


def check_images(images: np.ndarray) -> None:
    """The same for all images (N, height, width, channels) at once; uint8 images are scaled later, and always right."""
    if images.dtype != np.uint8:
        check_range(float(images.min()), float(images.max()))
