"""`load`: the pictures of a data set, from the original or from its twin."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from utils import provenance
from utils.data import files, idx, registry, twins
from utils.data.registry import DataSet

SOURCES = ("auto", "original", "twin")
_READERS: dict[str, Callable[..., dict[str, np.ndarray]]] = {"idx": idx.split}
_announced: set[str] = set()


@dataclass(frozen=True, eq=False)
class Images:
    """The pictures of one split of a data set.

    `images` is uint8 (N, height, width, channels), `labels` int64 (N,), an index into `classes`; `source` is "original"
    or "twin".
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    name: str
    split: str
    source: str

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.images)

    def __repr__(self) -> str:
        """In one line, without the pixels."""
        size = "×".join(str(length) for length in self.images.shape[1:])
        return (
            f"<{self.name}, {self.split}: {len(self):,} images of {size}, {len(self.classes)} classes, {self.source}>"
        )


def load(
    name: str,
    *,
    split: str = "train",
    source: str = "auto",
    size: tuple[int, int] | None = None,
    limit: int | None = None,
) -> Images:
    """Load a split of a data set, or its first `limit` pictures.

    Args:
        name: "mnist".
        split: "train", "validation" or "test"; MNIST's are the first 55,000 and the last 5,000 pictures of its training
            file, and its 10,000 of test.
        source: "original" (the published data), "twin" (drawn by this course, of the same shapes), or "auto": the
            original where it is on disk, else the twin, with one line that says so. $LEARNING_TO_SEE_SOURCE, where it
            is set, stands in for "auto".
        size: (height, width) for data sets whose pictures differ in size; MNIST's do not.
        limit: at most that many pictures, from the start of the split.

    Returns:
        Images, whose arrays are the caller's own.

    Raises:
        ValueError: an argument is not one of those, or a published file is broken.
        FileNotFoundError: source="original", and it is not on disk.
    """
    dataset = registry.find(name)
    _check(dataset, split, size, limit)
    chosen, checksum = _choice(dataset, source)
    if chosen == "original":
        arrays = _READERS[dataset.layout](dataset, split, _verified(dataset))
    else:
        arrays = twins.split(dataset, split)
    provenance.note_data(name, chosen, checksum)
    if source == "auto":
        _announce(dataset, chosen)
    images, labels = (np.array(arrays[kind][:limit]) for kind in ("images", "labels"))
    return Images(images, labels, dataset.classes, name, split, chosen)


def identity(name: str) -> tuple[str, str]:
    """What `load(name)` would use now, without loading it: "original" or "twin", and its checksum.

    The checksum is made from those of the published files, or is that of the source file that draws the twin.
    """
    return _choice(registry.find(name), "auto")


def _check(dataset: DataSet, split: str, size: object, limit: object) -> None:
    if split not in dataset.splits:
        raise ValueError(f"{dataset.name} has no split {split!r}: choose from {', '.join(dataset.splits)}.")
    if size is not None:
        height, width, _ = dataset.shape
        raise ValueError(f"size is {size!r}, but all pictures of {dataset.name} are {height}×{width}: leave it out.")
    if limit is not None and (not isinstance(limit, int | np.integer) or isinstance(limit, bool) or limit < 1):
        raise ValueError(f"limit is {limit!r}: give a whole number of pictures from 1, or leave it out for all.")


def _choice(dataset: DataSet, source: str) -> tuple[str, str]:
    """The source to use, and its checksum."""
    wanted = (os.environ.get("LEARNING_TO_SEE_SOURCE") or "auto") if source == "auto" else source
    if wanted not in SOURCES:
        where = "source" if source == wanted else "LEARNING_TO_SEE_SOURCE"
        raise ValueError(f"{where} is {wanted!r}: choose from {', '.join(SOURCES)}.")
    complete = len(files.on_disk(dataset)) == len(dataset.files)
    if wanted == "original" or (wanted == "auto" and complete):
        return "original", dataset.checksum
    return "twin", twins.checksum(dataset)


def _verified(dataset: DataSet) -> Callable:
    """A function from the name of a published file to its path, which refuses missing and broken files."""
    published = {file.name: file for file in dataset.files}
    return lambda name: files.verified(dataset, published[name])


def _announce(dataset: DataSet, chosen: str) -> None:
    """Say once a process which of the two is used. No path in it: this line is printed in notebooks."""
    if dataset.name not in _announced:
        _announced.add(dataset.name)
        twin = f"a twin drawn by this course, not the original (which `{dataset.download_command}` gets)"
        print(f"{dataset.name}: {'the original' if chosen == 'original' else twin}")
