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


def walk(root: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Each folder, from this one ("") down, with the names of its files; and the folders that can not be opened.

    Folders are relative names with "/"; hidden ones are among them. A link to a folder is followed once, and never to
    one that is read anyway or that holds this one. Real folders are read first, then what links lead to, so that no
    link takes another class's files.
    """
    seen = {_identity(folder) for folder in root.resolve().parents}
    found, failed, waiting = {}, [], [root]
    while waiting:
        links = []
        for start in waiting:
            if not _is_new(start, seen):
                continue
            for place, names, files in os.walk(start, onerror=failed.append):
                folder = Path(place)
                found[_below(root, folder)] = files
                links += [folder / name for name in names if _is_link(folder / name)]
                names[:] = [n for n in names if not _is_link(folder / n) and _is_new(folder / n, seen)]
        waiting = sorted(links)
    return found, [_below(root, Path(error.filename)) for error in failed]


def names_in(found: dict[str, list[str]]) -> list[str]:
    """The files that `walk` found, as relative names with "/"."""
    return [f"{folder}/{name}" if folder else name for folder, names in found.items() for name in names]


def is_hidden(name: str) -> bool:
    """Whether a relative name with "/" is that of a hidden file or folder, or of one in a hidden folder."""
    return name.startswith(".") or "/." in name


def names_below(folder: Path) -> list[str]:
    """The files in a folder and in those below it, links to folders included (see `walk`), as sorted relative names.

    Neither hidden files nor those in hidden folders are among them.
    """
    return sorted(name for name in names_in(walk(folder)[0]) if not is_hidden(name))


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


def _below(root: Path, folder: Path) -> str:
    relative = folder.relative_to(root).as_posix()
    return "" if relative == "." else relative


def _is_link(folder: Path) -> bool:
    try:
        return folder.is_symlink()
    except OSError:
        return False


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether this folder was not seen before, under whatever name; now it was."""
    try:
        identity = _identity(folder)
    except OSError:
        return True  # it is reported when it can not be opened
    new = identity not in seen
    seen.add(identity)
    return new


def _identity(folder: Path) -> tuple[int, int]:
    """What is the same for a folder under all its names."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def _digits(path: Path, algorithm: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _broken(dataset: Publication, path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} is broken ({reason}): replace it with `{dataset.download_command}`.")
