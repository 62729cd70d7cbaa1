"""Photos in folders, in zips and in the published archive: what `load` and `load_folder` make of them."""

import dataclasses
import hashlib
import importlib
import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from utils import data
from utils.data import files, listings, originals, photos, registry

LOAD = importlib.import_module("utils.data.load")


def jpeg(color, side=(20, 30)) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((*side, 3), color, np.uint8)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Cats and dogs with 8, 4 and 4 photos; nothing is on disk yet. Returns the folder of the original."""
    dataset = dataclasses.replace(
        registry.DATASETS["cats_vs_dogs"], splits={"train": 8, "validation": 4, "test": 4}, files=published(b"")
    )
    monkeypatch.setitem(registry.DATASETS, "cats_vs_dogs", dataset)
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", "original")
    monkeypatch.setattr(files, "cache_directory", lambda: tmp_path / "cache")
    monkeypatch.setattr(LOAD, "_announced", set())
    folder = tmp_path / "data" / "cats_vs_dogs"
    folder.mkdir(parents=True)
    return folder


def published(content: bytes) -> tuple:
    name = "kagglecatsanddogs_5340.zip"
    return (registry.File(name, len(content), hashlib.sha256(content).hexdigest()),)


def archive(pictures: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in pictures.items():
            file.writestr(name, content)
    return stream.getvalue()


def publish(folder, monkeypatch, pictures):
    """Put an archive there, and say that this is the published one."""
    content = archive(pictures)
    dataset = dataclasses.replace(registry.DATASETS["cats_vs_dogs"], files=published(content))
    monkeypatch.setitem(registry.DATASETS, "cats_vs_dogs", dataset)
    (folder / dataset.files[0].name).write_bytes(content)


def put(folder, names):
    """A photo under each name, whose gray is its place in the list."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(10 * number % 250))


SPLITS = [
    f"{split}/{kind}/{kind}.{number}.jpg"
    for split, count in (("train", 4), ("validation", 2), ("test", 2))
    for kind in ("cat", "dog")
    for number in range(count)
]


def grays(images: data.Images) -> list[int]:
    return sorted(round(float(image.mean()) / 10) for image in images.images)


@pytest.mark.parametrize(("split", "expected"), [("train", range(8)), ("validation", range(8, 12))])
def test_class_folders_are_an_original(small, split, expected):
    put(small, SPLITS)
    loaded = data.load("cats_vs_dogs", split=split, size=(12, 16))
    assert grays(loaded) == list(expected)
    assert loaded.images.shape == (len(expected), 12, 16, 3)
    assert loaded.source == "original"
    for image, label in zip(loaded.images, loaded.labels):
        assert ("/dog/" in SPLITS[round(float(image.mean()) / 10)]) == label


def test_a_zip_of_class_folders_is_the_same_original(small):
    put(small, SPLITS)
    from_folders = data.load("cats_vs_dogs", size=(12, 16))
    hidden = {"train/.ipynb_checkpoints/1.jpg": b"", "train/cat/.DS_Store": b""}
    content = archive({name: (small / name).read_bytes() for name in SPLITS} | hidden)
    (small / "train").rename(small / "away")
    (small / "photos.zip").write_bytes(content)
    from_zip = data.load("cats_vs_dogs", size=(12, 16))
    np.testing.assert_array_equal(from_zip.images, from_folders.images)
    np.testing.assert_array_equal(from_zip.labels, from_folders.labels)


def test_without_a_validation_folder_the_end_of_each_class_is_held_out(small):
    put(small, [name for name in SPLITS if not name.startswith("validation")])
    held_out = data.load("cats_vs_dogs", split="validation", size=(12, 16))
    training = data.load("cats_vs_dogs", size=(12, 16))
    assert grays(held_out) == [3, 7]
    assert grays(training) == [0, 1, 2, 4, 5, 6]
    assert sorted(held_out.labels) == [0, 1]


def test_the_first_pictures_are_of_both_classes_and_always_the_same(small):
    dataset = registry.DATASETS["cats_vs_dogs"]
    names = [f"train/{kind}/{number}.jpg" for kind in dataset.classes for number in range(100)]
    put(small, [*names, "validation/cat/1.jpg", "test/cat/1.jpg"])
    few = data.load("cats_vs_dogs", size=(8, 8), limit=20)
    assert 4 < few.labels.sum() < 16
    np.testing.assert_array_equal(few.images, data.load("cats_vs_dogs", size=(8, 8)).images[:20])


def test_files_that_are_no_pictures_are_left_out_and_named_each_time(small, capsys):
    put(small, SPLITS)
    (small / "train/cat/cat.1.jpg").write_bytes(jpeg(10)[:-300])
    (small / "train/dog/.DS_Store").write_bytes(b"not looked at")
    for _ in range(2):
        assert len(data.load("cats_vs_dogs", size=(12, 16))) == 7
        said = capsys.readouterr().out
        assert "1 of 8 files can not be read" in said
        assert "train/cat/cat.1.jpg" in said


def test_a_changed_folder_is_read_anew(small):
    put(small, SPLITS)
    before = data.load("cats_vs_dogs", size=(12, 16))
    (small / "train/cat/cat.1.jpg").write_bytes(jpeg(250, (40, 40)))
    assert grays(data.load("cats_vs_dogs", size=(12, 16))) != grays(before)


def test_decoded_photos_come_from_the_cache(small, monkeypatch):
    put(small, SPLITS)
    first = data.load("cats_vs_dogs", size=(12, 16))
    monkeypatch.setattr(photos, "_decoded", lambda *_: pytest.fail("decoded again"))
    np.testing.assert_array_equal(data.load("cats_vs_dogs", size=(12, 16)).images, first.images)


def test_a_folder_of_no_class_is_refused_by_name(small):
    put(small, [*SPLITS, "train/horse/1.jpg"])
    with pytest.raises(ValueError, match=r"'train/horse/1.jpg' that is in no folder of its classes, cat, dog: take it"):
        data.load("cats_vs_dogs", size=(12, 16))


def test_a_split_whose_folders_are_empty_is_refused_by_name(small):
    put(small, [name for name in SPLITS if not name.startswith("test")])
    (small / "test" / "cat").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"There are no photos for cats_vs_dogs, test: its folders are empty"):
        data.load("cats_vs_dogs", split="test", size=(12, 16))


def test_the_split_of_the_sources_goes_by_the_numbers_in_the_published_archive(small, monkeypatch, capsys):
    names = [f"PetImages/{kind}/{number}.jpg" for kind in ("Cat", "Dog") for number in range(12)]
    pictures = {name: jpeg(10 * number) for number, name in enumerate(names)}
    pictures |= {"PetImages/Cat/2.jpg": b"", "PetImages/Cat/Thumbs.db": b"thumbs", "readme.txt": b"read me"}
    publish(small, monkeypatch, pictures)
    found = {split: grays(data.load("cats_vs_dogs", split=split, size=(12, 16))) for split in LOAD.registry.SPLITS}
    assert found["train"] == [0, 1, 3, 4, 12, 13, 14, 15]
    assert found["validation"] == [5, 6, 16, 17]
    assert found["test"] == [7, 8, 18, 19]
    said = capsys.readouterr().out
    assert said.count("left out") == 1
    assert "cats_vs_dogs, train: 1 of 9 files can not be read as pictures and are left out: PetImages/Cat/2.jpg" in said


def test_a_damaged_published_archive_is_refused_by_name(small, monkeypatch):
    publish(small, monkeypatch, {"PetImages/Cat/0.jpg": jpeg(0)})
    path = small / "kagglecatsanddogs_5340.zip"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ValueError, match=r"kagglecatsanddogs_5340.zip is broken \(its checksum"):
        data.load("cats_vs_dogs", size=(12, 16))


def test_the_cache_does_not_answer_for_an_archive_that_changed(small, monkeypatch):
    names = [f"PetImages/{kind}/{number}.jpg" for kind in ("Cat", "Dog") for number in range(12)]
    for shade in (0, 100):
        publish(small, monkeypatch, {name: jpeg(shade) for name in names})
        assert abs(float(data.load("cats_vs_dogs", size=(12, 16)).images.mean()) - shade) < 2


@pytest.mark.parametrize(
    ("size", "complaint"),
    [
        (None, r"differ in size: say size=\(height, width\)"),
        ((0, 5), r"size is \(0, 5\)"),
        ((5,), r"size is \(5,\)"),
        ((5.0, 5.0), r"size is \(5.0, 5.0\)"),
        ("big", "size is 'big'"),
        ((5, 100_000), "size is .*100000"),
        ((True, True), "size is "),
    ],
)
def test_a_wrong_size_is_refused(small, size, complaint):
    with pytest.raises(ValueError, match=complaint):
        data.load("cats_vs_dogs", size=size)


def test_a_missing_original_names_the_command(small):
    with pytest.raises(FileNotFoundError, match=r"python -m utils.data download cats_vs_dogs"):
        data.load("cats_vs_dogs", size=(12, 16))


def test_the_twin_is_resized_too(small, monkeypatch):
    drawn = {"images": np.full((5, 20, 20, 3), 77, np.uint8), "labels": np.arange(5)}
    monkeypatch.setattr(LOAD.twins, "split", lambda *_: drawn)
    loaded = data.load("cats_vs_dogs", source="twin", size=(6, 9), limit=3)
    assert loaded.images.shape == (3, 6, 9, 3)
    assert (loaded.images == 77).all()


@pytest.fixture
def own(small, tmp_path):
    """A folder of one's own photos."""
    folder = tmp_path / "my photos"
    put(folder, ["Große Hunde/a b.jpg", "Große Hunde/old/deep.jpg", "猫/1.jpg", "猫/2.jpg", "loose.jpg"])
    return folder


def test_a_folder_of_class_folders_loads(own):
    loaded = data.load_folder(own, size=(10, 10))
    assert loaded.classes == ("Große Hunde", "猫")
    assert loaded.labels.tolist() == [0, 0, 1, 1]
    assert grays(loaded) == [0, 1, 2, 3]
    assert (loaded.name, loaded.split, loaded.source) == ("my photos", "all", "folder")


def test_chosen_files_of_a_folder_load_in_their_order(own):
    loaded = data.load_folder(str(own), size=(10, 10), files=["猫/2.jpg", "Große Hunde/a b.jpg"])
    assert [round(float(image.mean()) / 10) for image in loaded.images] == [3, 0]
    assert loaded.labels.tolist() == [1, 0]
    assert len(data.load_folder(own, size=(10, 10), limit=1)) == 1


def test_a_photo_that_was_replaced_is_shown_anew(own):
    assert grays(data.load_folder(own, size=(10, 10))) == [0, 1, 2, 3]
    photo = own / "猫" / "1.jpg"
    before = photo.stat()
    photo.write_bytes(jpeg(200))
    assert photo.stat().st_size == before.st_size, "only the time tells the two apart"
    os.utime(photo, (before.st_mtime + 1, before.st_mtime + 1))
    assert grays(data.load_folder(own, size=(10, 10))) == [0, 1, 3, 20]


def test_links_that_go_in_circles_are_not_followed(own):
    (own / "猫" / "again").symlink_to(own, target_is_directory=True)
    assert len(data.load_folder(own, size=(10, 10))) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_what_is_no_file_does_not_hang_it(own, capsys):
    os.mkfifo(own / "猫" / "pipe.jpg")
    assert len(data.load_folder(own, size=(10, 10))) == 4
    assert "猫/pipe.jpg" in capsys.readouterr().out


def test_wrong_folders_are_refused(own, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*nowhere"):
        data.load_folder(tmp_path / "nowhere", size=(10, 10))
    with pytest.raises(ValueError, match=r"has pictures in 1 class folders, and a classifier needs at least 2"):
        data.load_folder(own / "Große Hunde", size=(10, 10))
    with pytest.raises(FileNotFoundError, match=r"has no file '../x.jpg' in a class folder"):
        data.load_folder(own, size=(10, 10), files=["../x.jpg"])
    with pytest.raises(ValueError, match=r"files is empty: name at least one, as in 'cat/1.jpg', or leave it out"):
        data.load_folder(own, size=(10, 10), files=[])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"has pictures in 0 class folders"):
        data.load_folder(tmp_path / "empty", size=(10, 10))


def test_a_folder_without_any_picture_is_refused(tmp_path, small):
    for name in ("a/1.txt", "b/2.txt"):
        (tmp_path / "texts" / name).parent.mkdir(parents=True)
        (tmp_path / "texts" / name).write_text("no picture")
    with pytest.raises(ValueError, match=r"None of the 2 files in .*texts can be read as a picture"):
        data.load_folder(tmp_path / "texts", size=(10, 10))


def test_identity_of_class_folders_changes_with_their_files(small):
    put(small, SPLITS)
    dataset = registry.DATASETS["cats_vs_dogs"]
    before = originals.find(dataset).checksum
    assert originals.find(dataset).checksum == before
    put(small, ["train/cat/new.jpg"])
    assert originals.find(dataset).checksum != before


def test_photos_are_listed_without_opening_them(small):
    put(small, SPLITS)
    with listings.in_folders(registry.DATASETS["cats_vs_dogs"], "train", small) as (listed, opened):
        pass
    assert sorted(listed) == [(name, int("/dog/" in name)) for name in SPLITS if name.startswith("train")]
    assert opened("train/cat/cat.0.jpg") == f"{small}/train/cat/cat.0.jpg"
