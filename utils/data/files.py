"""Where data lie on this machine, and whether they are what was published."""

import hashlib
import os
from pathlib import Path

from utils.data.publications import File, Publication


def cache_directory() -> Path:
    """The user's cache folder for this course (what `pooch.os_cache` gives), whether or not it exists yet."""
    import platformdirs  # importing pooch for it takes 0.1 s, which every page would pay

    return Path(platformdirs.user_cache_dir("learning-to-see"))


def data_directory() -> Path:
    """Where originals are looked for and put: $LEARNING_TO_SEE_DATA, else the user's cache folder."""
    chosen = os.environ.get("LEARNING_TO_SEE_DATA")
    return Path(chosen).expanduser() if chosen else cache_directory()


def twin_directory() -> Path:
    """Where twins are kept once they are drawn."""
    return cache_directory() / "twins"


def decoded_directory() -> Path:
    """Where photos are kept once they are decoded."""
    return cache_directory() / "decoded"


def directory(dataset: Publication) -> Path:
    """The folder of a data set's or a network's published files."""
    return data_directory() / dataset.folder


def on_disk(dataset: Publication) -> list[File]:
    """Those of the published files that are in their place, judged by their names alone."""
    return [file for file in dataset.files if (directory(dataset) / file.name).is_file()]


def verified(dataset: Publication, file: File) -> Path:
    """The path of a published file, after reading it through and comparing (6 ms for 10 MB).

    Raises:
        FileNotFoundError: it is not there.
        ValueError: its size or its checksum is not the published one.
    """
    path = directory(dataset) / file.name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: get it with `{dataset.download_command}`.")
    if path.stat().st_size != file.size:
        raise _broken(dataset, path, f"it has {path.stat().st_size:,} bytes, the published file {file.size:,}")
    if _digits(path, file.algorithm) != file.digits:
        raise _broken(dataset, path, "its checksum is not that of the published file")
    return path


def names_below(folder: Path) -> list[str]:
    """The files in a folder and in those below it, as sorted relative names with "/".

    Hidden ones are not looked at, nor is what lies behind links to folders.
    """
    found = []
    for place, _, names in os.walk(folder):
        below = Path(place).relative_to(folder).as_posix()
        found += [name if below == "." else f"{below}/{name}" for name in names if not name.startswith(".")]
    return sorted(found)


def listing_checksum(folder: Path, *, times: bool = False) -> str:
    """SHA-256 of the names and sizes of all files below a folder, and of the times of their last change if wanted."""
    listing = hashlib.sha256()
    for name in names_below(folder):
        facts = os.lstat(f"{folder}/{name}")  # a Path for each of many thousand files would take longer than all else
        facts = f"{name}\n{facts.st_size} {facts.st_mtime_ns if times else ''}\n"
        listing.update(facts.encode("utf8", "surrogateescape"))
    return listing.hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hex."""
    return _digits(path, "sha256")


def _digits(path: Path, algorithm: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _broken(dataset: Publication, path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} is broken ({reason}): replace it with `{dataset.download_command}`.")
