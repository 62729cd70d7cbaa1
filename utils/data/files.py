"""Where data lie on this machine, and whether they are what was published."""

import hashlib
import os
from pathlib import Path

from utils.data.registry import DataSet, File


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


def directory(dataset: DataSet) -> Path:
    """The folder of a data set's published files."""
    return data_directory() / dataset.name


def on_disk(dataset: DataSet) -> list[File]:
    """Those of the data set's published files that are in their place, judged by their names alone."""
    return [file for file in dataset.files if (directory(dataset) / file.name).is_file()]


def verified(dataset: DataSet, file: File) -> Path:
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
    if sha256(path) != file.sha256:
        raise _broken(dataset, path, "its checksum is not that of the published file")
    return path


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _broken(dataset: DataSet, path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} is broken ({reason}): replace it with `{dataset.download_command}`.")
