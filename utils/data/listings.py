"""Which photos belong to a split: in the published archive of cats and dogs, in class folders, in a zip of these.

Class folders are `train/cat/….jpg`, `test/dog/….jpg` and so on. Where there is no `validation`, the last pictures of
each class of `train`, by name, are held out for it.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from utils.data import files
from utils.data.archives import Archive
from utils.data.photos import Listed, Photo
from utils.data.registry import DataSet

ORDER_SEED = 2012  # of the order in which the pictures of class folders come


@contextmanager
def published_photos(dataset: DataSet, name: str, path: Path) -> Iterator[Listed]:
    """The published archive holds `PetImages/Cat/0.jpg` and so on; S0's split takes them in the order of numbers.

    An empty file (there is one among those that S0 takes) is listed, so that it is reported, but does not count: the
    next photo makes up for it.
    """
    start, stop = _places(dataset, name)
    with Archive(files.verified(dataset, dataset.files[0])) as archive:
        chosen = []
        for label, title in enumerate(dataset.classes):
            good = 0
            for member, length in _by_number(archive.members, f"PetImages/{title.title()}/"):
                if start <= good < stop:
                    chosen.append((member, label))
                good += bool(length)
        yield _mixed(chosen), archive.read


def _places(dataset: DataSet, name: str) -> tuple[int, int]:
    """Where a split starts and stops among the photos of each class."""
    counts = [count // len(dataset.classes) for count in dataset.splits.values()]
    index = list(dataset.splits).index(name)
    return sum(counts[:index]), sum(counts[: index + 1])


def _by_number(members: dict[str, int], folder: str) -> list[tuple[str, int]]:
    """The photos of a folder of the archive and their bytes, in the order of the numbers that are their names."""
    found = [(name, length) for name, length in members.items() if re.fullmatch(rf"{folder}\d+\.jpg", name)]
    return sorted(found, key=lambda member: int(member[0].removeprefix(folder).removesuffix(".jpg")))


@contextmanager
def in_folders(dataset: DataSet, name: str, path: Path) -> Iterator[Listed]:
    """Class folders, below one folder a split."""
    chosen = _of_split(dataset, name, files.names_below(path))
    yield _mixed(chosen), lambda photo: f"{path}/{photo}"


@contextmanager
def in_zip(dataset: DataSet, name: str, path: Path) -> Iterator[Listed]:
    """A zip of class folders, below one folder a split."""
    with Archive(path) as archive:
        seen = [member for member in sorted(archive.members) if not files.is_hidden(member)]
        yield _mixed(_of_split(dataset, name, seen)), archive.read


def in_class_folders(folder: Path, chosen: Sequence[str] | None) -> tuple[tuple[str, ...], list[Photo]]:
    """The classes of a folder of class folders, sorted, and all its photos or those named, with their labels.

    Raises:
        FileNotFoundError: there is no such folder, or a named file is not in it.
        ValueError: it has fewer than two class folders, or no file is named.
    """
    if chosen is not None and not len(chosen):
        raise ValueError("files is empty: name at least one, as in 'cat/1.jpg', or leave it out for all.")
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}: give one that has a folder for each class.")
    names = [name for name in files.names_below(folder) if "/" in name]
    classes = tuple(sorted({name.split("/")[0] for name in names}))
    if len(classes) < 2:
        raise ValueError(
            f"{folder} has pictures in {len(classes)} class folders, and a classifier needs at least 2: give the "
            "folder above the class folders."
        )
    missing = sorted(set(chosen or ()) - set(names))
    if missing:
        raise FileNotFoundError(f"{folder} has no file {missing[0]!r} in a class folder: name files as in 'cat/1.jpg'.")
    return classes, [(name, classes.index(name.split("/")[0])) for name in (names if chosen is None else chosen)]


def _of_split(dataset: DataSet, name: str, names: list[str]) -> list[Photo]:
    """The photos of a split among all files, sorted, with the labels that their folders give them."""
    own_folder = name == "test" or any(file.startswith("validation/") for file in names)
    folder = name if own_folder else "train"
    photos = [(file, _label(dataset, file)) for file in names if file.startswith(f"{folder}/")]
    if own_folder:
        return photos
    held_out = dataset.splits["validation"] / (dataset.splits["train"] + dataset.splits["validation"])
    chosen = []
    for label in range(len(dataset.classes)):
        of_class = [photo for photo in photos if photo[1] == label]
        stop = len(of_class) - round(len(of_class) * held_out)
        chosen += of_class[stop:] if name == "validation" else of_class[:stop]
    return chosen


def _label(dataset: DataSet, file: str) -> int:
    """The label of `train/cat/cat.0.jpg`."""
    folder = file.split("/")[1].lower()
    if folder not in dataset.classes or file.count("/") < 2:
        raise ValueError(
            f"{dataset.name} has a file {file!r} that is in no folder of its classes, {', '.join(dataset.classes)}: "
            "take it away, or rename its folder."
        )
    return dataset.classes.index(folder)


def _mixed(chosen: list[Photo]) -> list[Photo]:
    """In an order in which the first few have pictures of all classes; always the same."""
    return [chosen[index] for index in np.random.default_rng(ORDER_SEED).permutation(len(chosen))]


FORMS = {"published": published_photos, "folders": in_folders, "zip": in_zip}
