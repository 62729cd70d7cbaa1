"""Pictures that took long to decode or to unpack, kept as plain arrays in the user's cache folder and memory-mapped.

An entry is a folder with `images.npy`, `labels.npy` and `left_out.json`. It is filled under another name, by one
process while others wait, and moved into place when it is whole: what has the right name is right, whatever happened.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from utils.data import files


@dataclass(frozen=True)
class Block:
    """Some pictures of a set, in order: images uint8 (n, height, width, channels), labels int64 (n,).

    `left_out` names the files between them that could not be read.
    """

    images: np.ndarray
    labels: np.ndarray
    left_out: tuple[str, ...] = ()


def kept(title: str, key: str, blocks: Callable[[], Iterator[Block]]) -> Block:
    """All blocks as one, from the cache, or made now and put there.

    Args:
        title: what the entry's name begins with, letters and digits of it.
        key: everything that decides what is in the blocks.
        blocks: makes them, one after the other; called only if they are not in the cache.

    Returns:
        The whole; its images are a read-only memory map, so that they may be more than the memory holds. Where the
        cache can not be written, they are in memory, and a line says so.
    """
    name = "".join(letter if letter.isalnum() else "-" for letter in title[:40])
    entry = files.decoded_directory() / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    block = _opened(entry)
    if block is not None:
        return block
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(entry.with_suffix(".lock")):
            block = _opened(entry)
            return block if block is not None else _filled(entry, blocks)
    except OSError as error:
        reason = error.strerror or error
        print(f"{entry.parent} can not be written ({reason}): {title} is kept in memory only.", file=sys.stderr)
    return _together(list(blocks()))


def _opened(entry: Path) -> Block | None:
    """What the cache holds; nothing where there is no such entry, or a damaged one."""
    try:
        images = np.load(entry / "images.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(entry / "labels.npy", allow_pickle=False)
        left_out = tuple(json.loads((entry / "left_out.json").read_text("utf8")))
    except (OSError, ValueError, EOFError):
        return None
    return Block(images.view(np.ndarray), labels, left_out) if len(images) == len(labels) else None


def _filled(entry: Path, blocks: Callable[[], Iterator[Block]]) -> Block:
    """Fill the entry beside its place and move it there. Called by one process at a time."""
    part = entry.with_suffix(".part")
    for rest in (part, entry):  # of a process that was killed, or damaged
        if rest.exists():
            shutil.rmtree(rest)
    part.mkdir()
    try:
        _write(part, blocks())
        part.replace(entry)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    block = _opened(entry)
    if block is None:
        raise OSError(f"{entry} was written and can not be read")
    return block


def _write(folder: Path, blocks: Iterator[Block]) -> None:
    """Append the images block by block, and mend the header when their number is known."""
    labels, left_out, header = [], [], None
    with (folder / "images.npy").open("wb") as stream:
        for block in blocks:
            if header is None:
                header = np.lib.format.header_data_from_array_1_0(block.images)
                np.lib.format.write_array_header_1_0(stream, header)
            stream.write(np.ascontiguousarray(block.images).data)
            labels.append(block.labels)
            left_out += block.left_out
        total = np.concatenate(labels)
        stream.seek(0)
        # NumPy leaves room in its headers for the first length to grow.
        np.lib.format.write_array_header_1_0(stream, header | {"shape": (len(total), *header["shape"][1:])})
    np.save(folder / "labels.npy", total)
    (folder / "left_out.json").write_text(json.dumps(left_out), "utf8")


def _together(blocks: list[Block]) -> Block:
    return Block(
        np.concatenate([block.images for block in blocks]),
        np.concatenate([block.labels for block in blocks]),
        tuple(name for block in blocks for name in block.left_out),
    )
