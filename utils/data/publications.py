"""What is noted of published files: of a data set and of a network's weights. The facts are in `registry`."""

import hashlib
from dataclasses import dataclass

WEIGHTS_FOLDER = "weights"


@dataclass(frozen=True)
class File:
    """A published file: its name, its size in bytes, and the checksum of its bytes.

    The checksum is written as pooch takes it: hex digits of SHA-256, or "md5:" and those of MD5 where nobody publishes
    another.
    """

    name: str
    size: int
    checksum: str

    @property
    def algorithm(self) -> str:
        """The checksum's algorithm, by hashlib's name."""
        return self.checksum.rpartition(":")[0] or "sha256"

    @property
    def digits(self) -> str:
        """The checksum's hex digits."""
        return self.checksum.rpartition(":")[2]


@dataclass(frozen=True)
class Publication:
    """Published files, where they come from and on what terms.

    `mirrors` are the addresses (each with a slash at its end) under which all `files` lie, in the order in which to try
    them; `citation` is a key of references.bib.
    """

    name: str
    title: str
    files: tuple[File, ...]
    mirrors: tuple[str, ...]
    license: str
    citation: str

    @property
    def folder(self) -> str:
        """The folder in the data directory that the files belong in."""
        return self.name

    @property
    def size(self) -> int:
        """Bytes of all published files together."""
        return sum(file.size for file in self.files)

    @property
    def checksum(self) -> str:
        """One SHA-256 for all published files together, made from theirs."""
        return hashlib.sha256("\n".join(f"{file.checksum}  {file.name}" for file in self.files).encode()).hexdigest()

    @property
    def download_command(self) -> str:
        """What to type to get the original."""
        return f"python -m utils.data download {self.name}"


@dataclass(frozen=True)
class DataSet(Publication):
    """A data set: its published files, and what is in it.

    `shape` is (height, width, channels), None where pictures differ in it; `splits` the pictures in each split,
    `layout` names the reader of the files, `twin` the module in utils/data/synthetic that draws it, and after it those
    that it draws with. A set without files is drawn only.
    """

    classes: tuple[str, ...]
    shape: tuple[int | None, int | None, int]
    splits: dict[str, int]
    layout: str
    twin: tuple[str, ...]


@dataclass(frozen=True)
class Weights(Publication):
    """A network's weights, trained on ImageNet: one published file.

    `tensor` is the name and shape, as in `utils.weights`, of a tensor that of our networks only this one has;
    `conversions` are names of files that hold the same numbers in another layout, and do as well.
    """

    tensor: tuple[str, tuple[int, ...]]
    conversions: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Those of all networks lie together."""
        return WEIGHTS_FOLDER
