"""What an augmentation draws for one batch: the inside of `utils.augmentation`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from utils import _transforms

if TYPE_CHECKING:
    from utils.augmentation import Augmentation

OPERATIONS = {
    "identity": 0.0,
    "rotate": 30.0,
    "shear_x": 0.3,
    "shear_y": 0.3,
    "translate_x": 0.45,
    "translate_y": 0.45,
    "brightness": 0.9,
    "contrast": 0.9,
    "saturation": 0.9,
}
"""RandAugment's operations and how far each goes at magnitude 30: degrees, slopes, parts of the side, of the factor."""


@dataclass(frozen=True, eq=False)
class Parameters:
    """What `Augmentation.draw` drew for a batch; None stands for what is not done.

    Attributes:
        count: the images of the batch, N below.
        size: (height, width) of each, in pixels.
        matrices: float64 (N, 2, 3). Pixel (x, y) of the new picture shows what was at matrix @ (x, y, 1) in the old
            one, in pixels from the center of the first one, to the right and down; between centers, bilinearly.
        fill: one of `augmentation.FILLS`, with `fill_value`: what is shown from beyond the border.
        fill_value: for "constant".
        colors: float64 (N, 3, 4). A pixel (red, green, blue) becomes colors @ (red, green, blue, mean), clipped to 0-1;
            mean is the mean luma of the picture, after it was moved. The one channel of gray images is all three.
        partners: int64 (N,): the image of the batch that is mixed in, after all the rest.
        weights: float64 (N,): the share of its own label that an image keeps.
        boxes: int64 (N, 4): top, left, bottom, right (the last two excluded) of what the partner replaces by CutMix.
            Where the box is empty, all pixels are mixed by the weight, as MixUp does.
    """

    count: int
    size: tuple[int, int]
    matrices: np.ndarray | None = None
    fill: str = "nearest"
    fill_value: float = 0.0
    colors: np.ndarray | None = None
    partners: np.ndarray | None = None
    weights: np.ndarray | None = None
    boxes: np.ndarray | None = None

    def shares(self) -> np.ndarray:
        """The share of each pixel that stays an image's own: float32 (N, height, width), or (N, 1, 1) without boxes."""
        top, left, bottom, right = self.boxes.T[..., None, None]
        mixed = np.where((bottom - top) * (right - left) > 0, 1, self.weights[:, None, None])
        if not self.boxes.any():
            return mixed.astype(np.float32)
        y, x = np.ogrid[: self.size[0], : self.size[1]]
        inside = (top <= y) & (y < bottom) & (left <= x) & (x < right)
        return np.where(inside, 0, mixed).astype(np.float32)


def draw(augmentation: "Augmentation", rng: np.random.Generator, count: int, size: tuple[int, int]) -> Parameters:
    """What `Augmentation.draw` gives, once it has checked its arguments."""
    moves, colors = _own_moves(augmentation, rng, count, size), _own_colors(augmentation, rng, count)
    for _ in range(augmentation.rand_augment.count if augmentation.rand_augment else 0):
        next_move, next_color = _operation(augmentation.rand_augment.magnitude, rng, count, size)
        moves, colors = next_move @ moves, next_color @ colors
    return Parameters(
        count,
        size,
        _transforms.sources(moves, size) if augmentation.moves else None,
        augmentation.fill,
        augmentation.fill_value,
        colors[:, :3] if augmentation.colors else None,
        *(_mixing(augmentation, rng, count, size) if augmentation.mixes else ()),
    )


def _own_moves(augmentation: "Augmentation", rng: np.random.Generator, count: int, size: tuple[int, int]) -> np.ndarray:
    def within(limit: float) -> np.ndarray:
        return limit * rng.uniform(-1, 1, count)

    mirrored = np.where(rng.random(count) < augmentation.flip, -1, 1)
    turned = _transforms.rotation(within(augmentation.rotation))
    down, right = (within(part * side) for part, side in zip(augmentation.shifts, size))
    sheared = _transforms.shearing(np.tan(np.radians(within(augmentation.shear))), np.zeros(count))
    zoomed = 1 + within(augmentation.zoom)
    crop = augmentation.crop
    cut_y, cut_x = rng.random((2, count))  # not integers: their number would change what is drawn next
    down, right = (moved + np.floor(cut * (2 * crop + 1)) - crop for moved, cut in ((down, cut_y), (right, cut_x)))
    return _transforms.translation(right, down) @ turned @ sheared @ _transforms.scaling(zoomed * mirrored, zoomed)


def _own_colors(augmentation: "Augmentation", rng: np.random.Generator, count: int) -> np.ndarray:
    colors = _transforms.hue_turn(augmentation.hue * rng.uniform(-1, 1, count))
    for kind in _transforms.BLENDS:
        colors = _transforms.blend(kind, 1 + getattr(augmentation, kind) * rng.uniform(-1, 1, count)) @ colors
    return colors


def _operation(
    magnitude: float, rng: np.random.Generator, count: int, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """One operation of RandAugment for each image, as moves and colors; one of the two changes nothing."""
    chosen, sign = rng.integers(len(OPERATIONS), size=count), rng.choice([-1, 1], count)
    amounts = {
        name: np.where(chosen == number, sign * most * magnitude / 30, 0)
        for number, (name, most) in enumerate(OPERATIONS.items())
    }
    height, width = size
    moves = _transforms.translation(amounts["translate_x"] * width, amounts["translate_y"] * height)
    moves = moves @ _transforms.rotation(amounts["rotate"])
    moves = moves @ _transforms.shearing(amounts["shear_x"], amounts["shear_y"])
    colors = np.eye(4)
    for kind in _transforms.BLENDS:
        colors = _transforms.blend(kind, 1 + amounts[kind]) @ colors
    return moves, colors


def _mixing(
    augmentation: "Augmentation", rng: np.random.Generator, count: int, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Partners, weights and boxes. CutMix's area is counted after the border and whole pixels have changed it."""
    partners, coins = rng.permutation(count), rng.random(count)
    cut = coins < (0.5 if augmentation.mixup else 1) if augmentation.cutmix else np.zeros(count, bool)
    kept = np.where(
        cut, *(rng.beta(alpha or 1, alpha or 1, count) for alpha in (augmentation.cutmix, augmentation.mixup))
    )
    sides = np.array(size)
    middles, halves = rng.random((count, 2)) * sides, np.sqrt(1 - kept)[:, None] * sides / 2
    corners = np.rint(np.clip([middles - halves, middles + halves], 0, sides)) * cut[:, None]
    area = (corners[1] - corners[0]).prod(axis=1) / sides.prod()
    return partners, np.where(cut, 1 - area, kept), np.concatenate(corners, axis=1).astype(np.int64)


def soft_labels(labels: np.ndarray, classes: int, parameters: Parameters | None = None) -> np.ndarray:
    """Class numbers (N,) as rows float32 (N, classes) that sum to 1: one-hot, or mixed as their images are."""
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = 1
    if parameters is None or parameters.partners is None:
        return rows
    own = parameters.weights[:, None].astype(np.float32)
    return own * rows + (1 - own) * rows[parameters.partners]


def check_parameters(parameters: Parameters, images: np.ndarray) -> None:
    """Refuse what is no `Parameters`, and those that were drawn for other images."""
    if not isinstance(parameters, Parameters):
        raise ValueError(
            f"parameters are of type {type(parameters).__name__}: draw them first, by "
            f"augmentation.draw(rng, len(images), images.shape[1:3])."
        )
    if (parameters.count, *parameters.size) != images.shape[:3]:
        height, width = parameters.size
        raise ValueError(
            f"The parameters are for {parameters.count} images of {height} by {width}, but these are {len(images)} of "
            f"{images.shape[1]} by {images.shape[2]}: draw them anew."
        )
    if parameters.colors is not None:
        check_colors(images)


def check_colors(images: np.ndarray) -> None:
    """Refuse images whose colors can not be changed."""
    if images.shape[3] not in (1, 3):
        raise ValueError(
            f"Images of {images.shape[3]} channels have no colors to change: leave out brightness, contrast, "
            f"saturation, hue and RandAugment."
        )
    if images.dtype != np.uint8 and (images.min() < 0 or images.max() > 1):
        raise ValueError(
            f"Images go from {images.min():.3g} to {images.max():.3g}, but colors are changed between 0 and 1: pass "
            f"uint8 or that scale, and normalize afterwards."
        )
