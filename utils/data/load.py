"""`load`: the pictures of a data set, from the original or from its twin; `load_folder`: one's own."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import provenance
from utils.data import files, originals, pretrained, registry, twins
from utils.data.files import listing_checksum
from utils.data.publications import DataSet, Weights

LARGEST = 4096  # pixels a side to which pictures may be resized
SOURCES = ("auto", "original", "twin")
_announced: set[str] = set()


@dataclass(frozen=True, eq=False)
class Images:
    """The pictures of one split of a data set.

    `images` is uint8 (N, height, width, channels), `labels` int64 (N,), an index into `classes`; `source` is
    "original", "twin" or, for one's own pictures, "folder".
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
        name: "mnist", "fashion_mnist", "cats_vs_dogs" or "cifar10".
        split: "train", "validation" or "test". Where the published data have no validation split, the end of their
            training pictures is held out for it.
        source: "original" (the published data), "twin" (drawn by this course, of the same shapes), or "auto": the
            original where it is on disk, else the twin, with one line that says so. $LEARNING_TO_SEE_SOURCE, where it
            is set, stands in for "auto".
        size: (height, width), needed for data sets whose pictures differ in size and only for them; pictures are
            resized to it without regard to their shape.
        limit: at most that many pictures, from the start of the split.

    Returns:
        Images. Photos and unpacked archives are read-only memory maps: copy what is to be changed.

    Raises:
        ValueError: an argument is not one of those, or a file is broken.
        FileNotFoundError: source="original", and it is not on disk.
    """
    dataset = registry.find(name)
    if isinstance(dataset, Weights):
        raise ValueError(f"{name} are weights of a network and no pictures: use its builder, and load_pretrained.")
    if dataset.layout == "scenes":
        raise ValueError(
            f"The pictures of {name} hold several things each: use load_scenes, which gives boxes and masks."
        )
    _check(dataset, split, size, limit)
    chosen, checksum, original = _choice(dataset, source)
    if original is not None:
        arrays = originals.split(dataset, split, original, size, limit)
    else:
        arrays = _twin(dataset, split, size, limit)
    provenance.note_data(name, chosen, checksum)
    if source == "auto":
        announce(dataset, chosen)
    return Images(*arrays, dataset.classes, name, split, chosen)


def load_folder(
    path: str | os.PathLike, *, size: tuple[int, int], files: Sequence[str] | None = None, limit: int | None = None
) -> Images:
    """Load a folder of class folders, such as one's own photos.

    Args:
        path: the folder; each folder in it is a class, with all pictures below it, sorted by name. Links to folders
            are followed, and hidden files and folders left out, as `folders.scan` does.
        size: (height, width) to which pictures are resized without regard to their shape.
        files: names relative to `path`, such as a part of `folders.split`, if not all are wanted.
        limit: at most that many pictures, from the start.

    Returns:
        Images, whose split is "all" or "chosen" and whose source is "folder"; its images are a read-only memory map.
        Files that are no pictures are left out, with a line that names them.

    Raises:
        FileNotFoundError: there is no such folder, or a file is not in it.
        ValueError: it has fewer than two class folders, nothing in it can be read, files is empty, or size or limit
            make no sense.
    """
    from utils.data import listings, photos

    folder = Path(path)
    check_size(size)
    check_limit(limit)
    classes, chosen = listings.in_class_folders(folder, files)
    key = f"{folder.resolve()} {listing_checksum(folder, times=True)} {chosen} {limit}"
    block = photos.decode(
        folder.name, key, size, lambda: nullcontext((chosen[:limit], lambda photo: f"{folder}/{photo}"))
    )
    if not len(block.images):
        raise ValueError(
            f"None of the {len(chosen[:limit]):,} files in {folder} can be read as a picture: give others."
        )
    return Images(block.images, block.labels, classes, folder.name, "all" if files is None else "chosen", "folder")


def identity(name: str) -> tuple[str, str]:
    """What `load(name)` would use now, without loading it: "original" or "twin", and its checksum.

    The checksum is made from those of the published files, or is that of the source file that draws the twin. Of a
    network's weights it says what `weights_file(name)` would find: "original" or "missing".
    """
    published = registry.find(name)
    return pretrained.identity(published) if isinstance(published, Weights) else _choice(published, "auto")[:2]


def check_size(size: object) -> None:
    """Refuse what is not (height, width).

    Raises:
        ValueError: with the rule.
    """
    whole = isinstance(size, tuple | list) and len(size) == 2 and all(type(side) is int for side in size)
    if not whole or not all(1 <= side <= LARGEST for side in size):
        raise ValueError(
            f"size is {size!r}: give (height, width) in whole pixels from 1 to {LARGEST:,}, for example (150, 150)."
        )


def check_split(dataset: DataSet, split: object) -> None:
    """Refuse a split that the data set does not have."""
    if split not in dataset.splits:
        raise ValueError(f"{dataset.name} has no split {split!r}: choose from {', '.join(dataset.splits)}.")


def check_limit(limit: object) -> None:
    """Refuse what is neither None nor a whole number from 1."""
    if limit is not None and (not isinstance(limit, int | np.integer) or isinstance(limit, bool) or limit < 1):
        raise ValueError(f"limit is {limit!r}: give a whole number of pictures from 1, or leave it out for all.")


def _check(dataset: DataSet, split: object, size: object, limit: object) -> None:
    check_split(dataset, split)
    height, width, _ = dataset.shape
    if height is not None and size is not None:
        raise ValueError(f"size is {size!r}, but all pictures of {dataset.name} are {height}×{width}: leave it out.")
    if height is None:
        if size is None:
            raise ValueError(
                f"The pictures of {dataset.name} differ in size: say size=(height, width), for example (150, 150)."
            )
        check_size(size)
    check_limit(limit)


def _choice(dataset: DataSet, source: str) -> tuple[str, str, originals.Original | None]:
    """The source to use, its checksum, and the original if that is it."""
    wanted = (os.environ.get("LEARNING_TO_SEE_SOURCE") or "auto") if source == "auto" else source
    if wanted not in SOURCES:
        where = "source" if source == wanted else "LEARNING_TO_SEE_SOURCE"
        raise ValueError(f"{where} is {wanted!r}: choose from {', '.join(SOURCES)}.")
    original = originals.find(dataset) if wanted != "twin" and dataset.files else None
    if original is None and wanted == "original" and (dataset.files or source == "original"):
        raise _no_original(dataset)
    if original is None:
        return "twin", twins.checksum(dataset), None
    return "original", original.checksum, original


def _no_original(dataset: DataSet) -> Exception:
    if not dataset.files:
        return ValueError(f"{dataset.name} has no original, this course draws it: leave source out.")
    missing = next(file.name for file in dataset.files if file not in files.on_disk(dataset))
    return FileNotFoundError(
        f"{files.directory(dataset) / missing} is missing: get it with `{dataset.download_command}`."
    )


def _twin(
    dataset: DataSet, split: str, size: tuple[int, int] | None, limit: int | None
) -> tuple[np.ndarray, np.ndarray]:
    arrays = twins.split(dataset, split)
    pictures, labels = arrays["images"][:limit], arrays["labels"][:limit]
    if size is not None and pictures.shape[1:3] != tuple(size):
        from utils import images

        pictures = images.resize(pictures, size)
    return pictures, labels


def announce(dataset: DataSet, chosen: str) -> None:
    """Say once a process which of the two is used. No path in it: this line is printed in notebooks."""
    if dataset.name in _announced:
        return
    _announced.add(dataset.name)
    if not dataset.files:
        print(f"{dataset.name}: drawn by this course")
        return
    twin = f"a drawn twin; original: `{dataset.download_command}`"
    print(f"{dataset.name}: {'the original' if chosen == 'original' else twin}")
