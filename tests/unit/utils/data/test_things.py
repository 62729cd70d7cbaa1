"""CIFAR-10's twin: the same every time, of CIFAR-10's shape and balance, diverse, and neither trivial nor hopeless."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from utils.data import registry
from utils.data.synthetic import things, things_colors, things_places, things_views
from utils.data.synthetic.things_animals import ANIMALS
from utils.data.synthetic.things_vehicles import VEHICLES
from utils.provenance import ROOT

NOTATION = VEHICLES | ANIMALS
TEXTS = [pytest.param(name, text, id=f"{name}-{n}") for name, texts in NOTATION.items() for n, text in enumerate(texts)]


@pytest.fixture(scope="module")
def drawn():
    return things.generate("validation")


def test_a_split_is_of_cifar10s_shape_and_type(drawn):
    assert (drawn["images"].shape, drawn["images"].dtype) == ((5_000, 32, 32, 3), np.uint8)
    assert (drawn["labels"].shape, drawn["labels"].dtype) == ((5_000,), np.int64)


def test_splits_and_classes_are_those_of_the_registry():
    cifar10 = registry.find("cifar10")
    assert cifar10.splits == things.SIZES
    assert cifar10.classes == things.CLASSES


def test_every_module_that_decides_pixels_enters_the_checksum():
    modules = {name.rpartition(".")[2] for name in _modules_of_the_project()}
    assert set(registry.find("cifar10").twin) == modules


def test_classes_are_balanced(drawn):
    assert np.bincount(drawn["labels"]).tolist() == [500] * 10


def test_labels_come_in_random_order(drawn):
    assert np.bincount(drawn["labels"][:1000], minlength=10).min() > 60


def test_a_split_is_the_same_in_every_process(monkeypatch):
    monkeypatch.setattr(things, "SIZES", {"train": 400})
    code = (
        "import hashlib; from utils.data.synthetic import things; things.SIZES = {'train': 400}\n"
        "split = things.generate('train')\n"
        "print(hashlib.sha256(split['images'].tobytes() + split['labels'].tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    here = things.generate("train")
    assert done.stdout.strip() == hashlib.sha256(here["images"].tobytes() + here["labels"].tobytes()).hexdigest()


def test_splits_and_chunks_differ(drawn, monkeypatch):
    monkeypatch.setattr(things, "SIZES", {"train": 400, "validation": 200, "test": 200})
    monkeypatch.setattr(things, "CHUNK", 200)
    pictures = np.concatenate([things.generate(split)["images"] for split in things.SIZES])
    assert len({picture.tobytes() for picture in pictures}) == 800


def test_progress_sees_every_chunk(monkeypatch):
    monkeypatch.setattr(things, "SIZES", {"train": 50})
    monkeypatch.setattr(things, "CHUNK", 20)
    seen = []

    def progress(chunks):
        for chunk in chunks:
            seen.append(chunk)
            yield chunk

    things.generate("train", progress)
    assert seen == [0, 20, 40]


def test_any_number_of_any_class_can_be_drawn():
    for labels in ([3], [9] * 7, [0, 1, 9]):
        assert things.draw(np.array(labels), np.random.default_rng(0)).shape == (len(labels), 32, 32, 3)


def test_pictures_are_lit_like_cifar10s(drawn):
    images = drawn["images"] / 255
    assert 0.43 < images.mean() < 0.55, "CIFAR-10: 0.47"
    assert 0.20 < images.std() < 0.28, "CIFAR-10: 0.25"
    assert images.std(axis=(1, 2)).mean() > 0.15, "CIFAR-10: 0.20 within a picture"
    assert 0.08 < np.ptp(images, axis=3).mean() < 0.22, "CIFAR-10: 0.13 between the colors of a pixel"


def test_no_picture_is_nearly_empty(drawn):
    assert (drawn["images"] / 255).std(axis=(1, 2)).mean(axis=1).min() > 0.02


def test_every_class_is_in_every_place():
    assert set(things.WEIGHTS) == set(things.CLASSES)
    for weights in things.WEIGHTS.values():
        assert len(weights) == len(things_places.PLACES)
        assert min(weights) / sum(weights) > 0.02
        assert max(weights) / sum(weights) < 0.7


def test_places_come_as_often_as_they_should():
    labels = np.repeat(things.CLASSES.index("ship"), 20_000)
    counts = np.bincount(things._places(labels, np.random.default_rng(0)), minlength=8)
    np.testing.assert_allclose(
        counts / 20_000, np.array(things.WEIGHTS["ship"]) / sum(things.WEIGHTS["ship"]), atol=0.012
    )


@pytest.mark.parametrize("place", things_places.PLACES)
def test_a_place_is_never_the_same_twice(place):
    numbers = np.full(50, things_places.PLACES.index(place))
    pictures = things_places.draw(numbers, 32, np.random.default_rng(0))
    assert pictures.dtype == np.float32
    assert np.isfinite(pictures).all()
    gaps = np.abs(pictures[:, None] - pictures).mean(axis=(2, 3, 4)) + np.eye(50)
    assert gaps.min() > 0.001


def test_every_class_is_seen_from_several_sides():
    assert set(NOTATION) == set(things.CLASSES)
    assert all(len(set(texts)) >= 5 for texts in NOTATION.values())


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_a_view_is_well_written(name, text):
    view = things_views.parsed(text)
    colors = things_colors.chosen(name, {part.color for part in view.parts}, 3, np.random.default_rng(0))
    numbers = {"line": (2, 2), "oval": (2, 3), "flat": (0, 0)}
    for part in view.parts:
        low, high = numbers[part.kind]
        assert low <= len(part.sizes) <= high
        assert len(part.points) >= {"line": 2, "oval": 1, "flat": 3}[part.kind]
        assert 0 < part.chance <= 1
        assert colors[part.color].shape == (3, 3)
        assert part.kind != "flat" or _is_convex(view.points[list(part.points)]), part
    assert np.abs(view.points).max() <= 1.3
    assert np.ptp(view.points, axis=0).max() > 1, "it fills the box"


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_a_thing_is_in_the_picture_and_leaves_room_around_it(name, text):
    pictures = np.full((40, 32, 32, 3), 0.5, np.float32)
    body = things_views.put(pictures, things_views.parsed(text), name, 0.05, np.random.default_rng(0))
    assert np.isfinite(pictures).all()
    assert 0.04 < body.mean() < 0.75
    assert np.quantile(body.mean(axis=(1, 2)), 0.1) > 0.03
    changed = np.abs(pictures - 0.5).max(axis=3) > 0.02
    assert changed[body > 0.9].mean() > 0.7, "it is painted where it says that it is"


def test_a_view_is_read_as_it_is_written():
    view = things_views.parsed("line coat?.5 .1 .2: 0 0, 1 -.5* | oval eye .2 .1 30: 1  -.5*")
    line, oval = view.parts
    assert (line.kind, line.color, line.chance, line.sizes, line.points) == ("line", "coat", 0.5, (0.1, 0.2), (0, 1))
    assert (oval.kind, oval.chance, oval.sizes, oval.points) == ("oval", 1, (0.2, 0.1, 30), (1,)), "the same point"
    np.testing.assert_array_equal(view.points, [[0, 0], [1, -0.5]])
    assert view.loose.tolist() == [False, True]


def test_loose_points_move_more():
    view = things_views.parsed("line coat .1 .1: " + ", ".join(f"{n / 100} 0*, {n / 100} .001" for n in range(50)))
    moved = things_views._posed(view, 400, np.random.default_rng(0)).std(axis=0).mean(axis=1)
    assert moved[view.loose].mean() > 1.2 * moved[~view.loose].mean()


def test_a_part_is_there_as_often_as_it_says():
    pictures = np.zeros((2000, 8, 8, 3), np.float32)
    body = things_views.put(
        pictures, things_views.parsed("oval coat?.3 .5 .5: 0 0"), "cat", 0, np.random.default_rng(0)
    )
    assert (body.max(axis=(1, 2)) > 0.5).mean() == pytest.approx(0.3, abs=0.04)


def test_a_shadow_dims_the_ground_but_is_not_the_thing():
    pictures = np.ones((50, 16, 16, 3), np.float32)
    body = things_views.put(pictures, things_views.parsed("oval shadow .8 .8: 0 0"), "cat", 0, np.random.default_rng(0))
    assert body.max() == 0
    assert pictures.mean() < 0.95


def test_the_mean_color_does_not_tell_the_class(drawn):
    """A nearest class mean on each picture's mean color; on CIFAR-10 it is right in about a sixth."""
    colors = drawn["images"].mean(axis=(1, 2))
    assert 0.1 < _nearest_mean(colors, drawn["labels"]) < 0.25


def test_pixels_alone_do_not_solve_it(drawn):
    """A nearest class mean on pixels; on CIFAR-10 it is right in 28 %."""
    assert 0.18 < _nearest_mean(drawn["images"].reshape(5000, -1) / 255, drawn["labels"]) < 0.40


def _nearest_mean(vectors, labels):
    """Share of the second half that is nearest to the right class's mean in the first half."""
    half = len(labels) // 2
    means = np.stack([vectors[:half][labels[:half] == number].mean(axis=0) for number in range(10)])
    scores = 2 * vectors[half:] @ means.T - (means**2).sum(axis=1)
    return (scores.argmax(axis=1) == labels[half:]).mean()


def _is_convex(corners):
    edges = np.roll(corners, -1, axis=0) - corners
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    return (turns > -1e-9).all() or (turns < 1e-9).all()


def _modules_of_the_project():
    """The modules of utils.data.synthetic that `things` brings with it, in a process of its own."""
    code = (
        "import sys; from utils.data.synthetic import things\n"
        "print(*(module for module in sys.modules if module.startswith('utils.data.synthetic.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()
