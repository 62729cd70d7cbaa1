"""The published files themselves, where $LEARNING_TO_SEE_DATA has them: `make test-originals` runs this."""

import hashlib
import shutil

import numpy as np
import pytest

from utils import published
from utils.data import files, folders, identity, load, originals, registry
from utils.data.synthetic import digits

pytestmark = pytest.mark.originals

MNIST = registry.DATASETS["mnist"]
MD5 = {  # as torchvision publishes them
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}


@pytest.fixture(autouse=True)
def automatic(monkeypatch):
    monkeypatch.delenv("LEARNING_TO_SEE_SOURCE", raising=False)


@pytest.mark.parametrize("file", MNIST.files, ids=lambda file: file.name)
def test_registry_and_torchvision_mean_the_same_file(file):
    content = files.verified(MNIST, file).read_bytes()
    assert hashlib.md5(content).hexdigest() == MD5[file.name]


def test_auto_takes_them():
    assert identity("mnist") == ("original", MNIST.checksum)
    assert load("mnist", limit=1).source == "original"


@pytest.mark.parametrize(
    ("split", "count", "first"),
    [("train", 55_000, [5, 0, 4, 1, 9]), ("validation", 5_000, [1, 2, 8, 7, 4]), ("test", 10_000, [7, 2, 1, 0, 4])],
)
def test_splits_are_whole(split, count, first):
    data = load("mnist", split=split)
    assert (data.images.shape, data.images.dtype) == ((count, 28, 28, 1), np.uint8)
    assert data.labels[:5].tolist() == first
    assert tuple(np.bincount(data.labels)) == digits.COUNTS[split], "the twin is balanced like this"


def test_mean_and_spread_are_the_well_known_ones():
    images = np.concatenate([load("mnist", split=split).images for split in ("train", "validation")]) / 255
    assert (round(images.mean(), 4), round(images.std(), 4)) == (0.1307, 0.3081)


@pytest.mark.parametrize("file", MNIST.files, ids=lambda file: file.name)
@pytest.mark.parametrize("damage", ["truncated", "changed"])
def test_a_damaged_copy_is_refused_by_name(tmp_path, monkeypatch, file, damage):
    shutil.copytree(files.directory(MNIST), tmp_path / "mnist", copy_function=shutil.copyfile)
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path))
    content = bytearray((tmp_path / "mnist" / file.name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "mnist" / file.name).write_bytes(content[:-100] if damage == "truncated" else content)
    with pytest.raises(ValueError, match=f"{file.name} is broken .*python -m utils.data download mnist"):
        load("mnist", split="test" if file.name.startswith("t10k") else "train")


@pytest.fixture
def photos():
    """Cats and dogs, in whatever form they are on disk."""
    if originals.find(registry.DATASETS["cats_vs_dogs"]) is None:
        pytest.skip("the photos of cats and dogs are not on disk")


@pytest.fixture
def cifar10():
    """CIFAR-10, in whatever form it is on disk."""
    if originals.find(registry.DATASETS["cifar10"]) is None:
        pytest.skip("CIFAR-10 is not on disk")


@pytest.mark.parametrize(("split", "count"), [("train", 2_000), ("validation", 1_000), ("test", 1_000)])
def test_photos_are_divided_as_the_sources_do(photos, split, count):
    loaded = load("cats_vs_dogs", split=split, size=(32, 32))
    assert (loaded.images.shape, loaded.source) == ((count, 32, 32, 3), "original")
    assert np.bincount(loaded.labels).tolist() == [count // 2, count // 2]
    assert 60 < loaded.images.mean() < 180


def test_no_photo_is_in_two_splits(photos):
    parts = [load("cats_vs_dogs", split=split, size=(32, 32)).images for split in registry.SPLITS]
    seen = [{picture.tobytes() for picture in part} for part in parts]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_scanning_the_photos_finds_the_one_that_the_sources_have_twice(photos):
    original = originals.find(registry.DATASETS["cats_vs_dogs"])
    if original.form != "folders":
        pytest.skip("the photos are not in class folders")
    scanned = folders.scan(original.path / "train")
    doubled = [record.path for record in scanned if "near-duplicate" in record.findings]
    assert len(doubled) == 1
    assert {"dog/dog.180.jpg", "dog/dog.74.jpg"} >= set(doubled)
    assert len(list(scanned)) == 2_000


@pytest.mark.parametrize(("split", "count"), [("train", 45_000), ("validation", 5_000), ("test", 10_000)])
def test_cifar10_is_whole_and_balanced(cifar10, split, count):
    loaded = load("cifar10", split=split)
    assert loaded.images.shape == (count, 32, 32, 3)
    assert np.bincount(loaded.labels).min() > 0.09 * count
    blue = loaded.images[loaded.labels == loaded.classes.index("ship"), ..., 2].mean()
    red = loaded.images[loaded.labels == loaded.classes.index("ship"), ..., 0].mean()
    assert blue > red, "channels are red, green, blue: ships are on water"


@pytest.mark.parametrize("name", registry.WEIGHTS)
def test_weights_are_the_published_ones(name):
    weights = registry.WEIGHTS[name]
    if not files.on_disk(weights):
        pytest.skip(f"the weights of {name} are not on disk")
    path = files.verified(weights, weights.files[0])
    if name == "squeezenet":  # as its port publishes it
        assert hashlib.md5(path.read_bytes()).hexdigest() == "80b66c92d79d4310e07fb60a297bf0d1"


def test_weights_in_other_layouts_are_the_same():
    weights = registry.WEIGHTS["mobilenet_v2"]
    paths = [files.directory(weights) / name for name in weights.conversions]
    if not all(path.is_file() for path in paths):
        pytest.skip("the weights of MobileNetV2 are not on disk in both other layouts")
    one, other = (
        {
            f"{layer.replace('.', '_')}/{role}": array
            for layer, arrays in published.read(path).items()
            for role, array in arrays.items()
        }
        for path in paths
    )
    assert one.keys() == other.keys()
    assert all(np.array_equal(array, other[key]) for key, array in one.items())
