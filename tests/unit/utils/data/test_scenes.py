"""The scenes: the same every time, with boxes, masks and labels that agree, and colors that give no class away."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from utils.data.synthetic import scenes
from utils.data.synthetic.canvas import Frame
from utils.provenance import ROOT

CAR, BUS, TREE, POLE, PERSON = range(5)


@pytest.fixture(scope="module")
def drawn():
    return scenes.generate("test")


@pytest.fixture(scope="module")
def there(drawn):
    """(N, 6): whether the picture has a k-th object."""
    return drawn["labels"] >= 0


def pixels_of(drawn, number):
    """Visible pixels of the objects of this number, (N,)."""
    return (drawn["masks"] == number + 1).sum(axis=(1, 2))


def test_a_split_is_of_the_shapes_and_types_announced(drawn):
    assert {name: (array.shape, array.dtype.name) for name, array in drawn.items()} == {
        "images": ((500, 96, 96, 3), "uint8"),
        "masks": ((500, 96, 96), "uint8"),
        "boxes": ((500, 6, 4), "int16"),
        "labels": ((500, 6), "int64"),
    }


@pytest.mark.parametrize(("split", "count"), [("train", 2_000), ("validation", 500), ("test", 500)])
def test_splits_have_the_sizes_announced(split, count):
    assert scenes.COUNTS[split] == count


def test_a_split_is_the_same_in_every_process(monkeypatch):
    monkeypatch.setattr(scenes, "COUNTS", {"train": 0, "validation": 70})
    code = (
        "import hashlib; from utils.data.synthetic import scenes; scenes.COUNTS = {'train': 0, 'validation': 70}\n"
        "arrays = scenes.generate('validation').values()\n"
        "print(hashlib.sha256(b''.join(array.tobytes() for array in arrays)).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    arrays = scenes.generate("validation").values()
    assert done.stdout.strip() == hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def test_progress_sees_every_chunk(monkeypatch):
    monkeypatch.setattr(scenes, "COUNTS", {"train": 70})
    seen = []

    def progress(chunks):
        for chunk in chunks:
            seen.append(chunk)
            yield chunk

    assert len(scenes.generate("train", progress)["images"]) == 70
    assert seen == [0, 50]


def test_splits_and_pictures_differ(drawn, monkeypatch):
    monkeypatch.setattr(scenes, "COUNTS", scenes.COUNTS | {"validation": 50})
    pictures = np.concatenate([drawn["images"], scenes.generate("validation")["images"]])
    assert len({picture.tobytes() for picture in pictures}) == 550


def test_every_scene_has_one_to_six_objects_numbered_without_a_gap(there):
    counts = there.sum(axis=1)
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    np.testing.assert_array_equal(there, np.arange(6) < counts[:, None])


def test_masks_hold_the_objects_of_the_labels_and_no_others(drawn, there):
    pixels = np.stack([pixels_of(drawn, number) for number in range(6)], axis=1)
    np.testing.assert_array_equal(pixels > 0, there)
    assert pixels[there].min() >= scenes.VISIBLE
    assert drawn["masks"].max() == 6


def test_boxes_are_tight_around_what_is_visible(drawn, there):
    for picture, number in zip(*np.nonzero(there)):
        rows, columns = np.nonzero(drawn["masks"][picture] == number + 1)
        wanted = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_array_equal(drawn["boxes"][picture, number], wanted)
    assert not drawn["boxes"][~there].any()


def test_a_box_reaches_the_pictures_edges_and_holds_a_single_pixel():
    masks = np.zeros((2, 96, 96), np.uint8)
    masks[0, 95, 3], masks[1, :, :] = 2, 6
    boxes = scenes.boxes_of(masks)
    assert boxes[0].tolist() == [[0] * 4, [3, 95, 4, 96], *[[0] * 4] * 4]
    assert boxes[1].tolist() == [*[[0] * 4] * 5, [0, 0, 96, 96]]


def test_all_classes_are_about_equally_frequent(drawn, there):
    counts = np.bincount(drawn["labels"][there], minlength=5)
    assert counts.min() > 0.6 * counts.max()


def test_poles_are_one_to_three_pixels_wide(drawn, there):
    widths = []
    for picture, number in zip(*np.nonzero(drawn["labels"] == POLE)):
        rows = (drawn["masks"][picture] == number + 1).sum(axis=1)
        widths.append(np.median(rows[rows > 0]))
    assert 1 <= min(widths) < 1.5
    assert 2.5 < np.quantile(widths, 0.98) <= 4, "4 where three pixels' width lies across four"
    assert 1.3 < np.mean(widths) < 2.7


def test_classes_have_shapes_of_their_own_and_any_size(drawn, there):
    x0, y0, x1, y1 = drawn["boxes"].T.astype(int)
    wide, high, labels = (x1 - x0).T, (y1 - y0).T, drawn["labels"]
    for label in (CAR, BUS):
        assert np.median(wide[labels == label] / high[labels == label]) > 1.3
    for label in (TREE, POLE, PERSON):
        assert np.median(high[labels == label] / wide[labels == label]) > 1.3
    for label in range(5):
        small, large = np.quantile(high[labels == label], [0.1, 0.9])
        assert large > 1.8 * small, scenes.CLASSES[label]


def test_near_objects_hide_far_ones():
    rng = np.random.default_rng(0)
    shape = (4, 96, 96)
    far, near = (scenes.Layer(rng.random((*shape, 3)), np.zeros(shape), np.zeros(shape)) for _ in range(2))
    far.cover[:, 10:50, 10:50], near.cover[:, 30:70, 30:70] = 1, 0.6
    seen = scenes._visible([far, near])
    assert (seen == 1).sum() == 4 * (1600 - 400)
    assert (seen == 2).sum() == 4 * 1600
    near.cover[:] = 0.4
    assert (scenes._visible([far, near]) == 2).sum() == 0, "half a pixel is needed"


def test_what_is_hidden_leaves_picture_and_labels(monkeypatch):
    """With a threshold above any size nothing is left, neither painted nor labeled; with none, every object stays."""
    monkeypatch.setattr(scenes, "VISIBLE", 96 * 96 + 1)
    empty = scenes.draw(20, np.random.default_rng(1))
    assert not empty["masks"].any()
    assert not empty["boxes"].any()
    assert (empty["labels"] == -1).all()
    monkeypatch.setattr(scenes, "VISIBLE", 12)
    full = scenes.draw(20, np.random.default_rng(1))
    away = np.abs(full["images"].astype(int) - empty["images"]).max(axis=3)
    assert np.median(away[full["masks"] > 0]) > 30
    assert np.median(away[full["masks"] == 0]) < 4, "the background is the same"


def test_what_has_no_label_leaves_neither_paint_nor_shadow(monkeypatch):
    """Where every object is too small to stay, the picture is the one of a scene that never had any."""
    monkeypatch.setattr(scenes, "VISIBLE", 400)
    some = scenes.draw(40, np.random.default_rng(2))
    layer_of = scenes._layer

    def nothing(*arguments):
        layer = layer_of(*arguments)
        return scenes.Layer(layer.colors, 0 * layer.cover, 0 * layer.shadow)

    monkeypatch.setattr(scenes, "_layer", nothing)
    none = scenes.draw(40, np.random.default_rng(2))
    bare = (some["labels"] == -1).all(axis=1)
    assert 3 < bare.sum() < 37
    np.testing.assert_array_equal(some["images"][bare], none["images"][bare])


def test_colors_come_from_one_range_for_every_class(drawn):
    classes = np.concatenate([np.full((500, 1), -1), drawn["labels"]], axis=1)
    of_pixel = np.take_along_axis(classes, drawn["masks"].reshape(500, -1).astype(int), axis=1).reshape(500, 96, 96)
    colors = [drawn["images"][of_pixel == label].astype(float) for label in range(5)]
    means, spread = np.stack([color.mean(axis=0) for color in colors]), np.mean([color.std() for color in colors])
    assert np.ptp(means, axis=0).max() < spread
    assert spread > 40


def test_color_alone_does_not_find_the_objects(drawn):
    """Least squares from a pixel's color (and its products) to its class, in closed form, on pixels of objects."""
    classes = np.concatenate([np.full((500, 1), -1), drawn["labels"]], axis=1)
    of_pixel = np.take_along_axis(classes, drawn["masks"].reshape(500, -1).astype(int), axis=1)
    chosen = of_pixel >= 0
    halves = [chosen & (np.arange(500) % 2 == half)[:, None] for half in (0, 1)]

    def features(half):
        color = drawn["images"].reshape(500, -1, 3)[half] / 255
        products = color[:, [0, 0, 0, 1, 1, 2]] * color[:, [0, 1, 2, 1, 2, 2]]
        return np.c_[np.ones(len(color)), color, products]

    weights = np.linalg.lstsq(features(halves[0]), np.eye(5)[of_pixel[halves[0]]], rcond=None)[0]
    found = (features(halves[1]) @ weights).argmax(axis=1)
    recalls = [(found[of_pixel[halves[1]] == label] == label).mean() for label in range(5)]
    assert np.mean(recalls) < 0.35, "one in five is chance"


@pytest.mark.parametrize("label", range(5), ids=scenes.CLASSES)
def test_a_thing_stands_on_the_ground_and_is_as_high_as_its_frame(label):
    frame = Frame.whole(30, 96).moved(0.0, 0.8, scale=1.4)
    thing = scenes.Thing(frame, np.random.default_rng(0))
    wide = scenes._MAKERS[label](thing)
    rows = np.nonzero((thing.cover > 0.5).any(axis=(0, 2)))[0]
    assert abs(frame.y[0, rows[0], 48] + 1) < 0.12
    assert abs(frame.y[0, rows[-1], 48]) < 0.12
    assert (np.asarray(wide) > 0).all()
    assert thing.colors[thing.cover > 0].max() <= 1
