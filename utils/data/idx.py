"""The IDX format of MNIST: gzip around two zeros, a type, the number of axes, their lengths, and then the values."""

import gzip
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from utils.data.registry import DataSet

UNSIGNED_BYTE = 8  # the type code, and the only type that MNIST and its relatives use


def split(dataset: DataSet, name: str, path_of: Callable[[str], Path]) -> dict[str, np.ndarray]:
    """The pictures and labels of one split: "images" uint8 (N, height, width, channels), "labels" int64 (N,).

    The validation split is the end of the published training file. `path_of` gives the path of a published file.
    """
    part = "t10k" if name == "test" else "train"
    whole = dataset.splits["test"] if name == "test" else dataset.splits["train"] + dataset.splits["validation"]
    start = dataset.splits["train"] if name == "validation" else 0
    chosen = slice(start, start + dataset.splits[name])
    images = read(path_of(f"{part}-images-idx3-ubyte.gz"), (whole, *dataset.shape[:2]))
    labels = _labels(path_of(f"{part}-labels-idx1-ubyte.gz"), whole, len(dataset.classes))
    return {"images": images[chosen].reshape(-1, *dataset.shape), "labels": labels[chosen].astype(np.int64)}


def read(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The values of a gzipped IDX file of unsigned bytes: read-only uint8 of this shape.

    Never unpacks more than that shape needs, and one byte.

    Raises:
        ValueError: the file is cut short, too long, damaged, of another format or of another shape.
    """
    header = struct.pack(f">HBB{len(shape)}I", 0, UNSIGNED_BYTE, len(shape), *shape)
    content = _unpacked(path, len(header) + math.prod(shape) + 1)
    if content[:4] != header[:4]:
        raise ValueError(
            f"{path} begins with {content[:4].hex() or 'nothing'}, an IDX file of this kind with {header[:4].hex()}."
        )
    if content[: len(header)] != header:
        lengths = len(content[4 : len(header)]) // 4
        found = struct.unpack_from(f">{lengths}I", content, 4)
        raise ValueError(f"{path} says that it holds values of shape {found}, where {shape} is needed.")
    if len(content) != len(header) + math.prod(shape):
        problem = "fewer" if len(content) < len(header) + math.prod(shape) else "more"
        raise ValueError(f"{path} holds {problem} than the {math.prod(shape):,} values that its header promises.")
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)


def _unpacked(path: Path, most: int) -> bytes:
    """At most that many bytes of what the gzip file holds."""
    try:
        with gzip.open(path) as stream:
            return stream.read(most)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is cut short or damaged: {error}.") from error


def _labels(path: Path, count: int, classes: int) -> np.ndarray:
    labels = read(path, (count,))
    if labels.max(initial=0) >= classes:
        raise ValueError(f"{path} holds the label {labels.max()}, but there are only {classes} classes.")
    return labels
