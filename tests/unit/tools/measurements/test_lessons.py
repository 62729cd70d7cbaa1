"""Each lesson shows on each twin, in results that belong to the code that draws it now."""

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from tools import results as measuring
from tools.measurements import lessons, twin_scenes
from utils import results
from utils.data import registry, twins
from utils.provenance import ROOT

TWINS = ("mnist", "fashion_mnist", "cifar10", "cats_vs_dogs")
every = pytest.mark.parametrize("name", TWINS)


def rows(name):
    """The rows of a twin's measurement, by label."""
    return {row.label: row for row in results.load(f"twin-{name.replace('_', '-')}").rows}


def beyond_the_bands(better, worse):
    return better.mean - better.spread > worse.mean + worse.spread


def test_every_twin_with_labels_is_measured():
    drawn = {dataset.name for dataset in registry.DATASETS.values() if dataset.layout != "scenes"}
    assert drawn == set(TWINS)


@every
def test_the_result_belongs_to_the_code_that_draws_the_twin(name):
    result = results.load(f"twin-{name.replace('_', '-')}")
    dataset = registry.find(name)
    assert result.data == {"name": name, "source": "twin", "checksum": twins.checksum(dataset)}
    drawing = {path.relative_to(ROOT).as_posix() for path in twins.modules(dataset)}
    assert drawing <= set(result.code)
    assert drawing.isdisjoint(measuring.outdated(result.name))


def test_the_scenes_result_belongs_to_the_code_that_draws_them():
    drawing = {path.relative_to(ROOT).as_posix() for path in twins.modules(registry.find("scenes"))}
    assert drawing <= set(results.load("twin-scenes").code)
    assert drawing.isdisjoint(measuring.outdated("twin-scenes"))


def test_color_alone_does_not_find_things_in_scenes():
    found = rows("scenes")
    assert found["small convolutional net"].mean - found["linear on color"].mean >= 0.10
    assert len(found["small convolutional net"].values) == 5


def test_overlaps_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 4, (2, 5, 8, 8))
    wanted = jaccard_score(true.ravel(), predicted.ravel(), average=None, labels=range(5), zero_division=0)
    np.testing.assert_allclose(twin_scenes.overlaps(predicted, true, 5), wanted)


@every
def test_five_seeds_were_measured(name):
    assert {len(row.values) for row in rows(name).values()} == {5}


@every
def test_pixels_alone_do_not_solve_it(name):
    assert rows(name)["small_convnet"].mean - rows(name)["linear"].mean >= 0.10


@every
def test_the_dense_net_falls_behind_the_convnet(name):
    assert beyond_the_bands(rows(name)["small_convnet"], rows(name)["dense_net"])


@every
def test_many_images_teach_more_than_few(name):
    assert beyond_the_bands(rows(name)["small_convnet"], rows(name)["small_convnet, few images"])


@every
def test_there_is_room_to_the_top(name):
    assert max(row.mean for label, row in rows(name).items() if "training" not in label) < 0.99


@pytest.mark.parametrize("name", ["cifar10", "cats_vs_dogs"])
def test_augmentation_gains(name):
    assert beyond_the_bands(rows(name)["small_convnet, augmented"], rows(name)["small_convnet"])


@pytest.mark.parametrize("name", ["cifar10", "cats_vs_dogs"])
def test_augmentation_closes_the_gap_between_training_and_test(name):
    gaps = {
        label: rows(name)[f"{label}, on its training images"].mean - rows(name)[label].mean
        for label in ("small_convnet", "small_convnet, augmented")
    }
    assert gaps["small_convnet, augmented"] < gaps["small_convnet"]


def test_few_photos_are_memorized():
    of = rows("cats_vs_dogs")
    assert of["small_convnet, on its training images"].mean - of["small_convnet"].mean >= 0.10


def test_augmented_images_are_moved_copies():
    image = np.zeros((1, 40, 40, 3), np.uint8)
    image[0, 12:20, 10:22] = (200, 100, 50)
    rng = np.random.default_rng(0)
    copies = np.concatenate([lessons.augmented(image, rng, mirror=False) for _ in range(60)])
    assert (copies.shape, copies.dtype) == ((60, 40, 40, 3), np.uint8)
    assert len({copy.tobytes() for copy in copies}) == 60
    areas = (copies[..., 0] > 100).sum(axis=(1, 2))
    assert 96 / 1.3 < areas.min() < areas.max() < 96 * 1.3
    across = np.array([(copy[..., 0] > 100).any(axis=0).nonzero()[0].mean() for copy in copies])
    assert np.abs(across - 15.5).max() < 0.08 * 40 + 3
    assert across.std() > 1


@pytest.mark.parametrize(("mirror", "sides"), [(False, {"left"}), (True, {"left", "right"})])
def test_augmentation_mirrors_only_where_it_may(mirror, sides):
    image = np.zeros((1, 30, 30, 1), np.uint8)
    image[0, 13:17, 4:8] = 255
    rng = np.random.default_rng(0)
    copies = np.concatenate([lessons.augmented(image, rng, mirror=mirror) for _ in range(30)])
    middles = copies[..., 0].any(axis=1) @ np.arange(30) / copies[..., 0].any(axis=1).sum(axis=1)
    assert {"left" if middle < 15 else "right" for middle in middles} == sides
