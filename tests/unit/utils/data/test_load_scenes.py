"""What `load_scenes` gives: scenes, masks, boxes and labels that belong together."""

import importlib

import numpy as np
import pytest

from utils import data, provenance
from utils.data import files

LOAD = importlib.import_module("utils.data.load")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache folder of these tests' own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "cache_directory", lambda: folder)
        yield folder


@pytest.fixture(scope="module")
def few(cache):
    return data.load_scenes(split="validation", limit=40)


def test_arrays_have_the_documented_shapes_and_types(few):
    count, most = few.labels.shape
    assert (len(few), count) == (40, 40)
    assert (few.images.shape, few.images.dtype) == ((40, 96, 96, 3), np.uint8)
    assert (few.masks.shape, few.masks.dtype) == ((40, 96, 96), np.uint8)
    assert (few.boxes.shape, few.boxes.dtype) == ((40, most, 4), np.int16)
    assert few.labels.dtype == np.int64
    assert few.split == "validation"


def test_boxes_hold_their_masks_tightly(few):
    for mask, boxes, labels in zip(few.masks, few.boxes, few.labels):
        for number, (box, label) in enumerate(zip(boxes, labels), start=1):
            rows, columns = np.nonzero(mask == number)
            assert (len(rows) > 0) == (label >= 0)
            if label >= 0:
                assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_pixel_classes_are_the_labels_of_the_things_there(few):
    found = few.pixel_classes()
    for classes, mask, labels in zip(found, few.masks, few.labels):
        expected = [0 if thing == 0 else labels[thing - 1] + 1 for thing in mask.ravel()]
        assert classes.ravel().tolist() == expected
    assert found.max() == len(few.classes)


def test_what_they_are_is_said_and_noted(capsys, monkeypatch):
    monkeypatch.setattr(LOAD, "_announced", set())
    loaded = data.load_scenes(split="validation", limit=3)
    assert capsys.readouterr().out == "scenes: drawn by this course\n"
    assert provenance.report()["data"]["scenes"]["checksum"] == data.identity("scenes")[1]
    assert repr(loaded).startswith("<scenes, validation: 3 images of 96×96×3, ")


@pytest.mark.parametrize("variable", ["twin", "original", "auto"])
def test_they_are_the_same_whatever_is_preferred(monkeypatch, variable):
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", variable)
    assert data.identity("scenes")[0] == "twin"
    assert len(data.load_scenes(split="validation", limit=2)) == 2


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: data.load_scenes(split="dev"), "scenes has no split 'dev'"),
        (lambda: data.load_scenes(limit=0), "limit is 0"),
        (lambda: data.load("scenes"), "use load_scenes, which gives boxes and masks"),
    ],
    ids=["split", "limit", "load"],
)
def test_wrong_arguments_are_refused(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()


def test_they_are_kept_beside_the_other_twins(few):
    (kept,) = files.twin_directory().iterdir()
    assert kept.name == f"scenes-validation-{data.identity('scenes')[1][:16]}.npz"
