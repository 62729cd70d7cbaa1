"""The published files themselves, where $LEARNING_TO_SEE_DATA has them: `make test-originals` runs this."""

import hashlib
import shutil

import numpy as np
import pytest

from utils.data import files, identity, load, registry
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
