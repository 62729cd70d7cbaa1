"""Augmentation in numbers: its description, from which the parameters of each batch are drawn.

The wings apply such parameters to a batch in their framework's operations, so that one drawing gives one picture in
both. All that moves a picture is composed to one matrix and sampled once, bilinearly; all that colors it is composed
to one more matrix, and clipped once.
"""

import math
from dataclasses import dataclass

import numpy as np

from utils import _parameters, shapes
from utils._parameters import OPERATIONS, Parameters, check_colors

__all__ = ["COLORS", "FILLS", "OPERATIONS", "Augmentation", "Parameters", "RandAugment"]

FILLS = ("nearest", "constant", "reflect")
MOVES = ("flip", "rotation", "shear", "zoom", "crop")
COLORS = ("brightness", "contrast", "saturation", "hue")
RULES = {
    "flip": (1, "a probability from 0 to 1, such as 0.5"),
    "rotation": (180, "degrees from 0 to 180, such as 20"),
    "shear": (80, "degrees from 0 to 80, such as 10"),
    "zoom": (0.9, "a part from 0 to 0.9, such as 0.2"),
    "brightness": (1, "a part from 0 to 1, such as 0.2"),
    "contrast": (1, "a part from 0 to 1, such as 0.2"),
    "saturation": (1, "a part from 0 to 1, such as 0.2"),
    "hue": (0.5, "a part of a turn from 0 to 0.5, such as 0.05"),
    "mixup": (100, "the α of a Beta(α, α) from 0 to 100, such as 0.2, or 0 for none"),
    "cutmix": (100, "the α of a Beta(α, α) from 0 to 100, such as 1, or 0 for none"),
    "magnitude": (30, "a number from 0 to 30, such as 9"),
}


@dataclass(frozen=True)
class RandAugment:
    """`count` operations, drawn anew for each image, each in a random direction (Cubuk et al. 2020).

    Of the paper's fourteen, these are the nine of `OPERATIONS`, which a matrix can write; what the others do
    (posterize, solarize, equalize, autocontrast, sharpness) none can. `magnitude` goes from 0 to 30.
    """

    count: int = 2
    magnitude: float = 9

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        shapes.whole("count", self.count)
        _check_number("magnitude", self.magnitude)


@dataclass(frozen=True)
class Augmentation:
    """What to do to each image of a batch, each time with other numbers; the defaults do nothing.

    A picture is mirrored, zoomed, sheared, turned, shifted and cropped, in this order, and by RandAugment, all as one
    move; then its colors change, in any order, for all these changes commute; last, pictures are mixed.

    Attributes:
        flip: the probability of mirroring left and right.
        rotation: degrees: the angle is drawn from -rotation to rotation.
        shift: a part of height and width, or (vertical, horizontal): drawn from -shift to shift.
        shear: degrees by which upright lines lean, drawn from -shear to shear.
        zoom: a part: the scale is drawn from 1 - zoom to 1 + zoom, the same for height and width.
        crop: pixels: pad by so many on each side, then cut the old size out at a random place.
        fill: what stands beyond the border: "nearest" repeats its pixels, "reflect" mirrors there (edge pixels twice),
            "constant" is `fill_value`.
        fill_value: for "constant", on the scale of the float images: 0 is black.
        brightness: a part: the factor is drawn from 1 - brightness to 1 + brightness.
        contrast: the same, away from or towards the picture's mean gray.
        saturation: the same, away from or towards the pixel's own gray.
        hue: a part of a full turn of the colors around gray, drawn from -hue to hue. It keeps luma, as a turn in YIQ
            does and one in HSV does not.
        rand_augment: a `RandAugment`, or None.
        mixup: α of Beta(α, α), from which the share of the image that stays is drawn (Zhang et al. 2018); 0 for none.
        cutmix: the same for the area (Yun et al. 2019). With both, each image has one of them, by a coin.
    """

    flip: float = 0.0
    rotation: float = 0.0
    shift: float | tuple[float, float] = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    crop: int = 0
    fill: str = "nearest"
    fill_value: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    rand_augment: RandAugment | None = None
    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        for name in ("flip", "rotation", "shear", "zoom", *COLORS, "mixup", "cutmix"):
            _check_number(name, getattr(self, name))
        if len(self.shifts) != 2 or not all(_is_number(part, 0, 1) for part in self.shifts):
            raise ValueError(
                f"shift is {self.shift!r}: give a part from 0 to 1, such as 0.2, or (vertical, horizontal)."
            )
        shapes.whole("crop", self.crop, 0)
        if self.fill not in FILLS:
            raise ValueError(f"There is no fill {self.fill!r}: choose one of {', '.join(FILLS)}.")
        if not _is_number(self.fill_value, -math.inf, math.inf):
            raise ValueError(f"fill_value is {self.fill_value!r}: give a finite number, such as 0 for black.")
        if not isinstance(self.rand_augment, RandAugment | None):
            raise ValueError(f"rand_augment is {self.rand_augment!r}: give RandAugment(), or None for none of it.")

    @property
    def shifts(self) -> tuple[float, ...]:
        """(vertical, horizontal) of `shift`."""
        return tuple(self.shift) if isinstance(self.shift, tuple | list) else (self.shift, self.shift)

    @property
    def moves(self) -> bool:
        """Whether any image is moved."""
        return self.rand_augment is not None or any((*self.shifts, *(getattr(self, name) for name in MOVES)))

    @property
    def colors(self) -> bool:
        """Whether any image changes its colors."""
        return self.rand_augment is not None or any(getattr(self, name) for name in COLORS)

    @property
    def mixes(self) -> bool:
        """Whether images, and so labels, are mixed."""
        return bool(self.mixup or self.cutmix)

    def draw(self, rng: np.random.Generator, count: int, size: tuple[int, int]) -> Parameters:
        """Draw what happens to each image of one batch.

        What a setting of moves or colors draws does not depend on the others: to switch one off leaves them as they
        were.

        Args:
            rng: where random numbers come from; the same state gives the same parameters.
            count: images in the batch.
            size: (height, width) of the images, in pixels.

        Raises:
            ValueError: an argument makes no sense, or the padding of `crop` is as large as the images.
        """
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng is a {type(rng).__name__}: pass a generator, such as np.random.default_rng(0).")
        count, size = shapes.whole("count", count), shapes.pair("size", size)
        check_crop(self, size)
        return _parameters.draw(self, rng, count, size)


def check_crop(augmentation: Augmentation, size: tuple[int, int]) -> None:
    """Refuse a padding of which a whole picture could be cut out."""
    if augmentation.crop >= min(size):
        raise ValueError(
            f"crop is {augmentation.crop}: pad by fewer pixels than the images have, {size[0]} by {size[1]}."
        )


def check_kind(augmentation: Augmentation | None) -> None:
    """Refuse what is neither an `Augmentation` nor None."""
    if not isinstance(augmentation, Augmentation | None):
        raise ValueError(f"augment is {augmentation!r}: pass an Augmentation, such as Augmentation(flip=0.5), or None.")


def check_augment(augmentation: Augmentation | None, images: np.ndarray) -> None:
    """Refuse what is no `Augmentation`, or none for these images, uint8 or float32 (N, height, width, channels)."""
    check_kind(augmentation)
    if augmentation is None:
        return
    check_crop(augmentation, images.shape[1:3])
    if augmentation.colors:
        check_colors(images)
    if images.shape[3] == 1 and (augmentation.saturation or augmentation.hue):
        raise ValueError("Images of 1 channel have neither saturation nor hue: leave both 0.")


def check_classes(classes: int | None, augmentation: Augmentation | None, labels: np.ndarray) -> None:
    """Refuse a number of classes that does not suit the labels, and MixUp or CutMix without one."""
    if classes is None:
        if augmentation is not None and augmentation.mixes:
            raise ValueError("MixUp and CutMix mix labels, too: say by classes=… how many classes there are.")
        return
    shapes.whole("classes", classes, 2)
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise ValueError(f"Label {wrong[0]} is not one of {classes} classes, 0 to {classes - 1}: correct one of them.")


def _check_number(name: str, value: float) -> None:
    most, rule = RULES[name]
    if not _is_number(value, 0, most):
        raise ValueError(f"{name} is {value!r}: give {rule}.")


def _is_number(value: object, least: float, most: float) -> bool:
    """Whether this is a finite number in these bounds. True and False are none: a flip of True would be every image."""
    is_real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return is_real and math.isfinite(value) and least <= value <= most
