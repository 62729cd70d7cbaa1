"""A small data set in MNIST's layout and a folder for it: these tests need neither the originals nor a network."""

import dataclasses
import gzip
import hashlib
import importlib
import struct
from pathlib import Path

import numpy as np
import pytest

from utils.data import files, registry
from utils.data.synthetic import digits

# `utils.data.load` is the function; its module is found by name.
LOAD = importlib.import_module("utils.data.load")


def idx_bytes(values: np.ndarray, *, kind: int = 8) -> bytes:
    """What an IDX file of these unsigned bytes looks like before packing."""
    return struct.pack(f">HBB{values.ndim}I", 0, kind, values.ndim, *values.shape) + values.tobytes()


@dataclasses.dataclass
class Tiny:
    """The small data set: its registry entry, the bytes of its files, and the folder they belong in."""

    dataset: registry.DataSet
    content: dict[str, bytes]
    folder: Path

    def put(self, *names: str) -> None:
        """Write these files, or all of them, into the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in names or self.content:
            (self.folder / name).write_bytes(self.content[name])

    def images(self, part: str) -> np.ndarray:
        """The pictures of the file "train" or "t10k"."""
        return np.frombuffer(gzip.decompress(self.content[f"{part}-images-idx3-ubyte.gz"])[16:], np.uint8).reshape(
            -1, 28, 28
        )


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Registered as "mnist" in place of the real one: 30, 10 and 20 pictures; nothing of it is on disk yet."""
    rng = np.random.default_rng(0)
    content = {}
    for part, count in (("train", 40), ("t10k", 20)):
        images, labels = rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count, dtype=np.uint8) % 10
        content[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx_bytes(images), mtime=0)
        content[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx_bytes(labels), mtime=0)
    published = tuple(
        registry.File(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in content.items()
    )
    splits = {"train": 30, "validation": 10, "test": 20}
    dataset = dataclasses.replace(registry.DATASETS["mnist"], files=published, splits=splits)
    monkeypatch.setitem(registry.DATASETS, "mnist", dataset)
    monkeypatch.setattr(digits, "COUNTS", {name: (count // 10,) * 10 for name, count in splits.items()})
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("LEARNING_TO_SEE_SOURCE", raising=False)
    monkeypatch.setattr(files, "cache_directory", lambda: tmp_path / "cache")
    monkeypatch.setattr(LOAD, "_announced", set())
    return Tiny(dataset, content, tmp_path / "data" / "mnist")
