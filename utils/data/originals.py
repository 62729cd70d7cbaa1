"""What is on disk of an original, in any of its forms: the published files, class folders, a zip, converted weights."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import provenance
from utils.data import files
from utils.data.publications import DataSet, Weights


@dataclass(frozen=True)
class Original:
    """An original on disk: its form, where it is, and a checksum of what it holds.

    The form is "published", "folders" or "zip", or of weights "published" or "converted". The checksum of published
    files is the published one, that of class folders is made from names and sizes.
    """

    form: str
    path: Path
    checksum: str


def find(dataset: DataSet | Weights) -> Original | None:
    """What there is of this original, judged by names alone; None where it is not on disk."""
    folder = files.directory(dataset)
    if dataset.files and len(files.on_disk(dataset)) == len(dataset.files):
        return Original("published", folder, dataset.checksum)
    if isinstance(dataset, Weights):
        return _converted(dataset)
    if not dataset.files or dataset.shape[2] != 3:
        return None
    if all((folder / split).is_dir() for split in ("train", "test")):
        return Original("folders", folder, files.listing_checksum(folder))
    archives = [path for path in sorted(folder.glob("*.zip")) if path.name not in {file.name for file in dataset.files}]
    if len(archives) == 1:
        return Original("zip", archives[0], _archive_checksum(archives[0], archives[0].stat().st_mtime_ns))
    return None


def _converted(weights: Weights) -> Original | None:
    """The first file there is of those that hold the published numbers in another layout."""
    for name in weights.conversions:
        path = files.directory(weights) / name
        if path.is_file():
            return Original("converted", path, files.sha256(path))
    return None


def split(
    dataset: DataSet, name: str, original: Original, size: tuple[int, int] | None, limit: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """One split, or its first `limit` pictures: images uint8 (N, height, width, channels), labels int64 (N,).

    What is slow to unpack or to decode is done once (for each size), and read from the cache after that. The readers
    are imported where they are needed, so that no page depends on the code of those that it does not use.

    Raises:
        ValueError: a file is not what was published, or the folders are not those of this data set.
    """
    if original.form == "published" and dataset.layout == "idx":
        from utils.data import idx

        arrays = idx.split(dataset, name, _verified(dataset))
        return np.array(arrays["images"][:limit]), arrays["labels"][:limit]
    key = f"{original.form} {original.checksum} {dataset.splits} {name}"
    if original.form == "published" and dataset.layout == "cifar":
        block = _unpacked(dataset, name, key)
    else:
        block = _decoded(dataset, name, key, original, size or dataset.shape[:2])
    return block.images[:limit], block.labels[:limit]


def _decoded(dataset: DataSet, name: str, key: str, original: Original, size: tuple[int, int]):
    """Photos, decoded once for each size."""
    from utils.data import listings, photos

    listed = functools.partial(listings.FORMS[original.form], dataset, name, original.path)
    return photos.decode(f"{dataset.name}, {name}", key, size, listed)


def _unpacked(dataset: DataSet, name: str, key: str):
    """CIFAR-10's archive, unpacked once: that takes seconds."""
    from utils.data import cache, cifar

    code = provenance.file_hash(Path(cifar.__file__))
    read = functools.partial(cifar.split, dataset, name, _verified(dataset))
    return cache.kept(f"{dataset.name}, {name}", f"{key} {code}", lambda: iter([cache.Block(**read())]))


def _verified(dataset: DataSet) -> Callable[[str], Path]:
    """A function from the name of a published file to its path, which refuses missing and broken files."""
    published = {file.name: file for file in dataset.files}
    return lambda name: files.verified(dataset, published[name])


@functools.lru_cache
def _archive_checksum(path: Path, changed: int) -> str:
    """SHA-256 of an archive; `changed`, when it was last written, makes the memory of it void."""
    return files.sha256(path)
