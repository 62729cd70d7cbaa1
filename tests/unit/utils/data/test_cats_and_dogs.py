"""The twin of the cats and dogs: the same every time, and only the shape of an animal tells what it is."""

import hashlib
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from utils.data.synthetic import animals, cats_and_dogs, heads, scenery
from utils.data.synthetic.canvas import Frame
from utils.provenance import ROOT

SMALL = 32  # pixels: enough for colors, and quickly drawn


@pytest.fixture(scope="module")
def splits():
    """Shorter splits than the twin's, otherwise drawn like them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cats_and_dogs, "COUNTS", {"train": 120, "validation": 20, "test": 20})
        return {split: cats_and_dogs.generate(split) for split in cats_and_dogs.COUNTS}


@pytest.fixture(scope="module")
def small():
    """Many small pictures in the order cat, dog, cat, dog, …"""
    labels = np.arange(1_200) % 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cats_and_dogs, "SIDE", SMALL)
        return cats_and_dogs.draw(labels, np.random.default_rng(5)), labels


def test_a_split_is_of_the_photos_shape_and_type(splits):
    assert (splits["train"]["images"].shape, splits["train"]["images"].dtype) == ((120, 150, 150, 3), np.uint8)
    assert (splits["train"]["labels"].shape, splits["train"]["labels"].dtype) == ((120,), np.int64)


def test_splits_have_the_photos_sizes():
    assert cats_and_dogs.COUNTS == {"train": 2_000, "validation": 1_000, "test": 1_000}


def test_classes_are_balanced_and_in_random_order(splits):
    for arrays in splits.values():
        assert tuple(np.bincount(arrays["labels"])) == (len(arrays["labels"]) // 2,) * 2
        assert 0.2 < (arrays["labels"][1:] == arrays["labels"][:-1]).mean() < 0.8, "neither sorted nor alternating"


def test_no_picture_comes_twice_in_or_between_splits(splits):
    pictures = [image.tobytes() for arrays in splits.values() for image in arrays["images"]]
    assert len(set(pictures)) == len(pictures) == 160


def test_a_chunk_depends_on_nothing_but_its_labels_and_numbers(splits):
    arrays, start = splits["train"], cats_and_dogs.CHUNK
    rng = np.random.default_rng([cats_and_dogs.SEED, 0, start])
    np.testing.assert_array_equal(cats_and_dogs.draw(arrays["labels"][start:], rng), arrays["images"][start:])


def test_pictures_are_the_same_in_every_process():
    code = (
        "import hashlib, numpy; from utils.data.synthetic import cats_and_dogs\n"
        "images = cats_and_dogs.draw(numpy.arange(8) % 2, numpy.random.default_rng(7))\n"
        "print(hashlib.sha256(images.tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    here = cats_and_dogs.draw(np.arange(8) % 2, np.random.default_rng(7))
    assert done.stdout.strip() == hashlib.sha256(here.tobytes()).hexdigest()


def test_progress_sees_every_chunk(monkeypatch):
    monkeypatch.setattr(cats_and_dogs, "COUNTS", {"train": 250})
    monkeypatch.setattr(cats_and_dogs, "SIDE", SMALL)
    seen = []

    def progress(chunks):
        for chunk in chunks:
            seen.append(chunk)
            yield chunk

    cats_and_dogs.generate("train", progress)
    assert seen == [0, 100, 200]


def by_color(images, labels):
    """Accuracy, on every third picture, of a logistic regression on a histogram of 64 colors and on mean and spread."""
    pixels = images.reshape(len(images), -1, 3)
    bins = (pixels // 64).astype(int) @ [16, 4, 1]
    histograms = np.stack([np.bincount(picture, minlength=64) for picture in bins])
    features = np.c_[histograms, pixels.mean(axis=1), pixels.std(axis=1)]
    tests = np.arange(len(images)) % 3 == 0
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    return model.fit(features[~tests], labels[~tests]).score(features[tests], labels[tests])


def by_mean_color(images, labels):
    """Accuracy of the nearest of the classes' mean colors."""
    colors = images.mean(axis=(1, 2))
    means = np.stack([colors[labels == label].mean(axis=0) for label in (0, 1)])
    return (((colors[:, None] - means) ** 2).sum(axis=2).argmin(axis=1) == labels).mean()


def test_colors_do_not_tell_cats_from_dogs(small):
    assert by_color(*small) < 0.6
    assert by_mean_color(*small) < 0.56


def test_colors_would_tell_if_dogs_were_a_little_redder(small):
    images, labels = small
    redder = images + (labels[:, None, None, None] * [40, 0, 0]).clip(max=255 - images.astype(int))
    assert by_color(redder, labels) > 0.7


def test_neither_brightness_nor_its_changes_from_pixel_to_pixel_tell_them(small):
    images, labels = small
    gray = images.mean(axis=3)
    for feature in (gray.mean(axis=(1, 2)), np.abs(np.diff(gray, axis=2)).mean(axis=(1, 2))):
        assert ((feature > np.median(feature)) == labels).mean() == pytest.approx(0.5, abs=0.06)


def test_a_cat_and_a_dog_of_the_same_numbers_differ_only_where_they_are():
    kinds = [np.full(20, label) for label in (0, 1)]
    cats, dogs = (cats_and_dogs.draw(kind, np.random.default_rng(11)) for kind in kinds)
    differs = (cats != dogs).any(axis=3).mean(axis=(1, 2))
    assert differs.min() > 0.02
    assert np.median(differs) < 0.7, "the same surroundings, light and grain"
    means = [animals_.mean(axis=(0, 1, 2)) for animals_ in (cats, dogs)]
    np.testing.assert_allclose(*means, atol=4, err_msg="the same coats")


def test_breeds_overlap_in_every_feature_but_differ_in_ears_and_muzzle():
    labels = np.arange(2_000) % 2
    traits = animals.born(labels, np.random.default_rng(3))
    cats, dogs = ({name: values[labels == label] for name, values in traits.items()} for label in (0, 1))
    for feature in animals.FEATURES:
        assert cats[feature].max() > dogs[feature].min(), feature
        assert dogs[feature].max() > cats[feature].min(), feature
    assert np.median(dogs["muzzle"]) > 2 * np.median(cats["muzzle"])
    assert (cats["hanging"] > 0.5).mean() < 0.1 < 0.15 < (dogs["hanging"] < 0.5).mean() < 0.5, "some of each are hard"


def test_every_breed_has_every_feature():
    for label, breeds in animals.BREEDS.items():
        assert label in (0, 1)
        assert {len(row) for row in breeds.values()} == {1 + len(animals.FEATURES)}
        assert len(breeds) >= 5


def posed(labels, seed=2):
    """Traits as the drawing program takes them."""
    rng = np.random.default_rng(seed)
    traits = {**animals.born(labels, rng), **animals.held(labels, rng), **cats_and_dogs.dressed(len(labels), rng)}
    traits |= cats_and_dogs.placed(len(labels), rng)
    return SimpleNamespace(**{name: values.astype(np.float32) for name, values in traits.items()})


@pytest.mark.parametrize("pose", cats_and_dogs.POSES, ids=lambda pose: pose.__name__)
def test_a_pose_lies_around_the_middle_that_its_facts_name(pose):
    traits = posed(np.arange(20) % 2)
    _, x, y, half, *_ = cats_and_dogs.POSES[pose]
    frame = Frame.whole(20, 80).moved(scale=1 / (1.6 * half)).moved(-x, -y)  # 1.6 times as far as the animal reaches
    far, near = pose(frame, traits)
    inside = np.minimum.reduce([far, near, np.hypot(frame.x, frame.y) - 1]) < 0
    assert inside.any(axis=(1, 2)).all()
    for axis in (1, 2):
        profile = inside.any(axis=axis) @ np.linspace(-1, 1, 80) / inside.any(axis=axis).sum(axis=1)
        assert np.abs(profile.mean()) < 0.35
    assert 0.1 < inside.mean() < 0.6


def test_the_window_around_a_head_changes_nothing(monkeypatch):
    labels = np.arange(16) % 2
    windowed = cats_and_dogs.draw(labels, np.random.default_rng(9))
    whole = np.ix_(np.arange(cats_and_dogs.SIDE), np.arange(cats_and_dogs.SIDE))
    monkeypatch.setattr(cats_and_dogs, "_around_heads", lambda t: (np.arange(len(t.pose))[:, None, None], *whole))
    np.testing.assert_array_equal(windowed, cats_and_dogs.draw(labels, np.random.default_rng(9)))


def test_heads_are_seen_from_both_views_and_every_pose_comes():
    traits = cats_and_dogs.placed(2_000, np.random.default_rng(1))
    assert np.bincount(traits["pose"], minlength=6).min() > 60
    assert 0.08 < traits["aside"].mean() < 0.3
    assert traits["scale"].max() > 2 * traits["scale"].min()
    assert np.unique(traits["mirror"]).tolist() == [-1, 1]


def test_eyes_asleep_show_no_iris():
    traits = posed(np.zeros(2, int))
    traits.eye[:], traits.lid[:], traits.pupil[:] = 0.3, [1.0, 0.08], 0.3
    traits.iris[:] = [0, 1, 0]
    pictures = np.full((2, 60, 60, 3), 0.5, np.float32)
    heads._eye(pictures, Frame.whole(2, 60), traits, 0.0, 0.0, 1.0)
    green = (pictures[..., 1] > 0.8) & (pictures[..., 0] < 0.2)
    assert green[0].sum() > 50
    assert green[1].sum() == 0
    assert (pictures[1] < 0.2).any(), "a dark line is left"


@pytest.mark.parametrize("scene", scenery.SCENES, ids=lambda scene: scene.__name__)
def test_a_scene_fills_its_pictures_each_in_its_own_way(scene):
    pictures = np.full((8, 50, 50, 3), np.nan, np.float32)
    scene(pictures, Frame.whole(8, 50), np.random.default_rng(4))
    assert np.isfinite(pictures).all()
    assert 0 <= np.quantile(pictures, 0.01) <= np.quantile(pictures, 0.99) <= 1.3
    assert np.unique(pictures[:, 25, 25], axis=0).shape[0] >= 7
    assert pictures.std(axis=(1, 2)).max() > 0.05


def test_most_pictures_have_nothing_before_the_animal_but_some_do():
    pictures = np.zeros((200, 30, 30, 3), np.float32)
    scenery.before(pictures, np.random.default_rng(6))
    assert 0.05 < (pictures > 0).any(axis=(1, 2, 3)).mean() < 0.3


def test_the_camera_varies_light_blur_and_grain():
    pictures = np.full((60, 30, 30, 3), 0.5, np.float32)
    scenery.photograph(pictures, np.random.default_rng(8))
    assert pictures.mean(axis=(1, 2, 3)).std() > 0.04
    steps = np.abs(np.diff(pictures[..., 0], axis=2)).mean(axis=(1, 2))
    assert np.percentile(steps, 90) > 2 * np.percentile(steps, 10)
