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

    `shape` is (height, width, channels), None where pictures differ in it; `splits` the pictures in each split, and
    `mirrors` the addresses (each with a slash at its end) under which all `files` lie, in the order in which to try
    them. `citation` is a key of references.bib, `layout` names the reader of the files, `twin` the module in
    utils/data/synthetic that draws it, and after it those that it draws with. A set without files is drawn only.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int | None, int | None, int]
    splits: dict[str, int]
    files: tuple[File, ...]
    mirrors: tuple[str, ...]
    license: str
    citation: str
    layout: str
    twin: tuple[str, ...]

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
# 9fb629c4…, ec29112d…. Those of Fashion-MNIST stand in several public projects beside the MD5 of its README, that of
# CIFAR-10 in the loader of Keras, that of the photos in TensorFlow Datasets.
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
        twin=("digits",),
    ),
    DataSet(
        name="fashion_mnist",
        title="Fashion-MNIST",
        classes=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        shape=(28, 28, 1),
        splits={"train": 55_000, "validation": 5_000, "test": 10_000},
        files=(
            File(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            File(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            File(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            File(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        ),
        license="MIT",
        citation="xiao2017fashion",
        layout="idx",
        twin=("clothes", "canvas"),
    ),
    DataSet(
        name="cats_vs_dogs",
        title="Cats and dogs",
        classes=("cat", "dog"),
        shape=(None, None, 3),
        splits={"train": 2_000, "validation": 1_000, "test": 1_000},
        files=(
            File(
                "kagglecatsanddogs_5340.zip",
                824_887_076,
                "b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
            ),
        ),
        mirrors=("https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/",),
        license="not to be passed on",
        citation="elson2007asirra",
        layout="photos",
        twin=("cats_and_dogs", "animals", "heads", "scenery", "canvas"),
    ),
    DataSet(
        name="cifar10",
        title="CIFAR-10",
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        shape=(32, 32, 3),
        splits={"train": 45_000, "validation": 5_000, "test": 10_000},
        files=(
            File(
                "cifar-10-python.tar.gz",
                170_498_071,
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
        ),
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        license="none stated",
        citation="krizhevsky2009tiny",
        layout="cifar",
        twin=(
            "things",
            "things_animals",
            "things_vehicles",
            "things_views",
            "things_places",
            "things_colors",
            "canvas",
        ),
    ),
    DataSet(
        name="scenes",
        title="Scenes",
        classes=("car", "bus", "tree", "pole", "person"),
        shape=(96, 96, 3),
        splits={"train": 2_000, "validation": 500, "test": 500},
        files=(),
        mirrors=(),
        license="CC BY 4.0",
        citation="",
        layout="scenes",
        twin=("scenes", "canvas"),
    ),
)

DATASETS = {dataset.name: dataset for dataset in _ALL}
