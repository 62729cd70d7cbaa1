"""`load_scenes`: drawn scenes of several things each, with a box and a mask around every one of them."""

from dataclasses import dataclass

import numpy as np

from utils import provenance
from utils.data import registry, twins
from utils.data.load import announce, check_limit, check_split


@dataclass(frozen=True, eq=False)
class Scenes:
    """One split of the scenes; there are up to K things in a scene.

    `images` is uint8 (N, height, width, 3). `masks`, uint8 (N, height, width), says to which thing a pixel belongs: 0
    is the background, k the k-th thing of the scene as far as it is visible. `boxes`, int16 (N, K, 4), holds x0, y0,
    x1, y1 of the visible part, in pixels, the last two exclusive, and zeros where there is no such thing. `labels`,
    int64 (N, K), is an index into `classes`, or -1 where there is none.
    """

    images: np.ndarray
    masks: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    split: str

    def __len__(self) -> int:
        """The number of scenes."""
        return len(self.images)

    def __repr__(self) -> str:
        """In one line, without the pixels."""
        size = "×".join(str(length) for length in self.images.shape[1:])
        things = int((self.labels >= 0).sum())
        return (
            f"<scenes, {self.split}: {len(self):,} images of {size}, {things:,} things of {len(self.classes)} classes>"
        )

    def pixel_classes(self) -> np.ndarray:
        """What each pixel belongs to, uint8 (N, height, width): 0 is the background, 1 + c a thing of class c."""
        of_thing = np.pad(self.labels + 1, ((0, 0), (1, 0))).astype(np.uint8)
        return np.take_along_axis(of_thing, self.masks.reshape(len(self), -1), axis=1).reshape(self.masks.shape)


def load_scenes(*, split: str = "train", limit: int | None = None) -> Scenes:
    """Load a split of the scenes, or its first `limit`; they have no original, this course draws them.

    Args:
        split: "train", "validation" or "test".
        limit: at most that many scenes, from the start of the split.

    Returns:
        Scenes, whose arrays are the caller's own.

    Raises:
        ValueError: an argument is not one of those.
    """
    dataset = registry.find("scenes")
    check_split(dataset, split)
    check_limit(limit)
    arrays = twins.split(dataset, split)
    provenance.note_data("scenes", "twin", twins.checksum(dataset))
    announce(dataset, "twin")
    kinds = ("images", "masks", "boxes", "labels")
    return Scenes(*(arrays[kind][:limit] for kind in kinds), dataset.classes, split)
