"""Folders of class folders: what is in them, file by file, before a network is trained on them.

`scan` looks and tells, `split` makes lists; neither moves, changes or deletes a file.
"""

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL.ImageFile import ImageFile

from utils import images
from utils.data import files, fingerprints
from utils.data.scans import KINDS, TINY, Record, Scan
from utils.data.splits import Split, split

__all__ = ["KINDS", "Record", "Scan", "Split", "keeps_by_jfif_rule", "scan", "split"]

SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
SPECIAL = {
    stat.S_ISFIFO: "a named pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


@dataclass(frozen=True)
class Look:
    """What one file gave: its record, and of a picture the SHA-256 of the file and the small copy for comparison."""

    record: Record
    digest: bytes = b""
    copy: np.ndarray | None = None


def scan(path: str | os.PathLike) -> Scan:
    """Look at every file below a folder of class folders: each first-level folder is a class, with all that is in it.

    Every picture is decoded, as many at a time as there are processors, with a progress bar on terminals. A link to a
    folder is followed once, and never to a folder that is read anyway or that holds this one.

    Raises:
        FileNotFoundError, NotADirectoryError: there is no such folder.
        ValueError: nothing is in it.
    """
    from tqdm import tqdm

    root = Path(path)
    _check(root)
    found, closed, classes = _listed(root)
    if not found and not classes:
        raise ValueError(f"{root} is empty: give a folder that holds one folder of pictures for each class.")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = pool.map(lambda file: _look(root, file, file in closed), found)
        looks = list(tqdm(looks, f"Scanning {root.name}", len(found), leave=False, disable=None))
    records, groups = _compared(looks)
    classes |= {record.class_name for record in records} - {""}
    return Scan(root, tuple(sorted(classes)), tuple(records), groups)


def keeps_by_jfif_rule(path: str | os.PathLike) -> bool:
    """Whether S1's rule keeps this file: its first 10 bytes say "JFIF" (S1 section 3.3; S1 deletes all others).

    It is here to be compared with `scan`, and deletes nothing. It throws away good files (JPEGs that begin with EXIF
    instead, PNGs) and keeps bad ones (truncated JPEGs, a text that says JFIF). S1 writes `peek(10)`, for which Python
    gives as much as its buffer holds, usually 8,192 bytes: run, the listing keeps a few files more than it says.
    """
    with Path(path).open("rb") as file:
        return b"JFIF" in file.read(10)


def _check(root: Path) -> None:
    if not root.exists():
        raise FileNotFoundError(f"There is no folder {root}: give one that holds a folder of pictures for each class.")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file: give the folder that holds a folder of pictures for each class.")


def _listed(root: Path) -> tuple[list[Path], set[Path], set[str]]:
    """All files below a folder and the folders that can not be opened, sorted; the latter; and the names of classes."""
    found, failed = files.walk(root)
    closed = {root / name for name in failed}
    classes = {name for name in found if name and "/" not in name and not files.is_hidden(name)}
    return sorted([*(root / name for name in files.names_in(found)), *closed]), closed, classes


def _look(root: Path, file: Path, is_closed_folder: bool) -> Look:
    """What there is to say of one file by itself."""
    relative = file.relative_to(root)
    folders = relative.parts if is_closed_folder else relative.parts[:-1]
    record = Record(relative.as_posix(), folders[0] if folders else "")
    if not folders or files.is_hidden(relative.as_posix()):
        record = replace(record, class_name="").with_finding("outside any class")
    if is_closed_folder:
        return Look(record.with_finding("unreadable", "is a folder that can not be opened"))
    try:
        status = file.stat()
        for is_special, name in SPECIAL.items():
            if is_special(status.st_mode):
                return Look(record.with_finding("unreadable", f"is {name}"))
        with file.open("rb") as stream:
            return _examined(replace(record, bytes=status.st_size), stream)
    except OSError as error:
        return Look(record.with_finding("unreadable", f"can not be read: {error.strerror}"))


def _examined(record: Record, stream: BinaryIO) -> Look:
    try:
        picture = images.opened(stream)
        record = _judged_by_header(record, picture)
        turned_by_pillow = picture.format == "TIFF" and images.orientation(picture) != 1  # forgotten in decoding
        image = images.decoded(picture, size=fingerprints.SIZE)
    except images.ImageError as error:
        return Look(record.with_finding(error.kind, error.problem))
    turn = images.orientation(picture)
    if turn in images.SIDEWAYS:
        record = replace(record, width=record.height, height=record.width)
    if turn != 1 or turned_by_pillow:
        record = record.with_finding("EXIF-rotated")
    stream.seek(0)
    return Look(record, hashlib.file_digest(stream, "sha256").digest(), fingerprints.small_copy(image))


def _judged_by_header(record: Record, picture: ImageFile) -> Record:
    record = replace(record, format=picture.format, width=picture.width, height=picture.height)
    if Path(record.path).suffix.lower() not in SUFFIXES[picture.format]:
        record = record.with_finding("wrong suffix", f"is {picture.format}")
    if min(picture.size) < TINY:
        record = record.with_finding("tiny")
    if images.is_animated(picture):
        record = record.with_finding("animated")
    if picture.mode == "CMYK":
        record = record.with_finding("CMYK")
    return record.with_finding("palette") if picture.mode in ("P", "PA") else record


def _compared(looks: Sequence[Look]) -> tuple[list[Record], tuple[tuple[str, ...], ...]]:
    """The records with what is to say of files beside each other, and the paths of each group that shows the same."""
    records = [look.record for look in looks]
    usable = [number for number, record in enumerate(records) if record.usable]
    first = {}
    same = [(first.setdefault(looks[number].digest, number), number) for number in usable]
    different = np.array(sorted(first.values()), np.int64)
    near = different[fingerprints.near_pairs(np.array([looks[number].copy for number in different]))]
    for earlier, number in same:
        if earlier != number:
            records[number] = records[number].with_finding("duplicate", f"same bytes as {records[earlier].path}")
    like = {number: other for pair in near.tolist() for number, other in (pair, pair[::-1])}
    groups = fingerprints.groups(len(records), np.concatenate([np.array(same).reshape(-1, 2), near]))
    for number in (number for group in groups for number in group[1:] if "duplicate" not in records[number].findings):
        detail = f"nearly the same as {records[like[number]].path}"
        records[number] = records[number].with_finding("near-duplicate", detail)
    return records, tuple(tuple(records[number].path for number in group) for group in groups)
