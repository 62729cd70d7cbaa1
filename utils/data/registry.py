"""What there is to know about each data set, and nothing but facts: no reading, no fetching."""

import hashlib
from dataclasses import dataclass

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class File:
    """A published file: its name, its size in bytes, and the SHA-256 of its bytes in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """A data set: its published files, where they come from and on what terms, and what is in it.

    `shape` is (height, width, channels), `splits` the pictures in each split, `mirrors` the addresses (each with a
    slash at its end) under which all `files` lie, in the order in which to try them. `citation` is a key of
    references.bib, `layout` names the reader of the files, `twin` the module in utils/data/synthetic that draws it.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    splits: dict[str, int]
    files: tuple[File, ...]
    mirrors: tuple[str, ...]
    license: str
    citation: str
    layout: str
    twin: str

    @property
    def size(self) -> int:
        """Bytes of all published files together."""
        return sum(file.size for file in self.files)

    @property
    def checksum(self) -> str:
        """One SHA-256 for all published files together, made from theirs."""
        return hashlib.sha256("\n".join(f"{file.sha256}  {file.name}" for file in self.files).encode()).hexdigest()

    @property
    def download_command(self) -> str:
        """What to type to get the original."""
        return f"python -m utils.data download {self.name}"


def find(name: str) -> DataSet:
    """The data set of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in DATASETS:
        raise ValueError(f"There is no data set {name!r}: choose from {', '.join(DATASETS)}.")
    return DATASETS[name]


# The SHA-256 of MNIST's files were taken from files with the MD5 that torchvision publishes: f68b3c2d…, d53e105e…,
# 9fb629c4…, ec29112d….
_ALL = (
    DataSet(
        name="mnist",
        title="MNIST",
        classes=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
        shape=(28, 28, 1),
        splits={"train": 55_000, "validation": 5_000, "test": 10_000},
        files=(
            File(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            File(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            File(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            File(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        license="CC BY-SA 3.0",
        citation="lecun1998gradient",
        layout="idx",
        twin="digits",
    ),
)

DATASETS = {dataset.name: dataset for dataset in _ALL}
