import gc
import threading
import warnings

import keras
import numpy as np
import pytest

from utils import inputs
from utils.augmentation import Augmentation
from utils.keras import batches
from utils.keras.augmentation import augment

IMAGES = np.arange(10 * 3 * 4 * 2, dtype="uint8").reshape(10, 3, 4, 2)
LABELS = np.arange(10)
MOVING = Augmentation(flip=0.5, rotation=30, shift=0.2, zoom=0.2)
MIXING = Augmentation(rotation=30, mixup=1, cutmix=1)


def labels_of(source):
    return [label for _, labels in source for label in labels.numpy().tolist()]


def test_batches_are_float_tensors_in_keras_layout():
    images, labels = next(iter(batches(IMAGES, LABELS, 4, shuffle=False)))
    assert images.shape == (4, 3, 4, 2)
    assert (images.dtype, labels.dtype) == ("float32", "int64")
    np.testing.assert_allclose(images.numpy(), IMAGES[:4] / 255, rtol=1e-6)


def test_the_last_batch_may_be_smaller_and_nothing_is_lost():
    source = batches(IMAGES, LABELS, 4)
    assert len(source) == 3
    assert [len(labels) for _, labels in source] == [4, 4, 2]
    assert sorted(labels_of(source)) == list(range(10))


def test_every_pass_shuffles_anew_by_seed_and_pass():
    source = batches(IMAGES, LABELS, 4, seed=5)
    for epoch in range(3):
        assert labels_of(source) == inputs.epoch_order(10, 5, epoch).tolist()


def test_images_stay_with_their_labels():
    for images, labels in batches(IMAGES, LABELS, 3):
        np.testing.assert_allclose(images.numpy(), IMAGES[labels.numpy()] / 255, rtol=1e-6)


def test_without_shuffling_every_pass_is_in_order():
    source = batches(IMAGES, LABELS, 4, shuffle=False)
    assert labels_of(source) == labels_of(source) == list(range(10))


def test_wrong_inputs_are_refused():
    with pytest.raises(ValueError, match="10 images but 9 labels"):
        batches(IMAGES, LABELS[:9])
    with pytest.raises(ValueError, match="batch_size is 0"):
        batches(IMAGES, LABELS, 0)


def test_each_pass_augments_anew_and_the_seed_says_how():
    first, second = (batches(IMAGES, LABELS, 10, shuffle=False, seed=1, augment=MOVING) for _ in range(2))
    passes = [images.numpy() for source in (first, first, second, second) for images, _ in source]
    assert not np.array_equal(passes[0], passes[1])
    np.testing.assert_array_equal(passes[0], passes[2])
    np.testing.assert_array_equal(passes[1], passes[3])


def test_a_batch_is_what_augment_makes_of_its_images():
    (images, _), *_ = batches(IMAGES, LABELS, 4, shuffle=False, seed=6, augment=MOVING)
    parameters = MOVING.draw(np.random.default_rng([6, 0, 1]), 4, (3, 4))
    np.testing.assert_array_equal(images.numpy(), augment(IMAGES[:4], parameters))


class Seen(keras.losses.Loss):
    """Keeps the labels that `fit` hands over."""

    def __init__(self):
        super().__init__()
        self.labels = []

    def call(self, labels, logits):
        self.labels.append(np.array(labels))
        return keras.losses.categorical_crossentropy(labels, logits, from_logits=True)


def test_fit_trains_on_the_batches_of_this_epoch_with_their_soft_labels():
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    seen = Seen()
    model.compile("sgd", seen, run_eagerly=True)
    source = batches(IMAGES, LABELS, 4, seed=2, augment=MIXING, classes=10)
    source.start(1)
    model.fit(source, shuffle=False, verbose=0)
    expected = batches(IMAGES, LABELS, 4, seed=2, augment=MIXING, classes=10)
    list(expected)
    for found, (_, labels) in zip(seen.labels[-3:], expected, strict=True):
        np.testing.assert_allclose(found, labels, atol=1e-6)


def test_augmenting_leaves_the_images_as_they_are():
    images = (IMAGES / 255).astype("float32")
    for given in (IMAGES.copy(), images.copy()):
        before = given.copy()
        list(batches(given, LABELS, 4, augment=MIXING, classes=10))
        np.testing.assert_array_equal(given, before)


def test_a_read_only_memory_map_is_augmented_without_a_warning(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for augmentation in (None, MOVING, Augmentation(crop=1)):
            assert len(list(batches(images, LABELS, 4, augment=augmentation))) == 3


def test_breaking_off_leaves_no_thread_and_the_next_pass_begins_anew():
    source = batches(IMAGES, LABELS, 2, seed=5, augment=MOVING)
    before = threading.active_count()
    for _ in source:
        break
    gc.collect()
    assert threading.active_count() == before
    assert labels_of(source) == inputs.epoch_order(10, 5, 0).tolist()


def test_wrong_augmentations_are_refused():
    with pytest.raises(ValueError, match="augment is 'flip'"):
        batches(IMAGES, LABELS, augment="flip")
    with pytest.raises(ValueError, match="say by classes="):
        batches(IMAGES, LABELS, augment=MIXING)
    with pytest.raises(ValueError, match="There are no images"):
        augment(IMAGES[:0], MOVING.draw(np.random.default_rng(0), 1, (3, 4)))
    with pytest.raises(ValueError, match="4 images of 3 by 4, but these are 10"):
        augment(IMAGES, MOVING.draw(np.random.default_rng(0), 4, (3, 4)))
