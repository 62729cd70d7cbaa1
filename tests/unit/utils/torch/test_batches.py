import gc
import threading
import warnings

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from utils import inputs
from utils.augmentation import Augmentation
from utils.torch import batches
from utils.torch.augmentation import augment

IMAGES = np.arange(10 * 3 * 4 * 2, dtype="uint8").reshape(10, 3, 4, 2)
LABELS = np.arange(10)
MOVING = Augmentation(flip=0.5, rotation=30, shift=0.2, zoom=0.2)
MIXING = Augmentation(rotation=30, mixup=1, cutmix=1)


def labels_of(source):
    return [label for _, labels in source for label in labels.tolist()]


def test_batches_are_float_tensors_in_pytorchs_layout():
    images, labels = next(iter(batches(IMAGES, LABELS, 4, shuffle=False)))
    assert images.shape == (4, 2, 3, 4)
    assert (images.dtype, labels.dtype) == (torch.float32, torch.int64)
    np.testing.assert_allclose(images.permute(0, 2, 3, 1).numpy(), IMAGES[:4] / 255, rtol=1e-6)


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
        np.testing.assert_allclose(images.permute(0, 2, 3, 1).numpy(), IMAGES[labels.numpy()] / 255, rtol=1e-6)


def test_without_shuffling_every_pass_is_in_order():
    source = batches(IMAGES, LABELS, 4, shuffle=False)
    assert labels_of(source) == labels_of(source) == list(range(10))


def test_mirrored_and_read_only_arrays_are_taken():
    images = (IMAGES / 255).astype("float32")
    images.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for view in (images, images[:, :, ::-1]):
            first, _ = next(iter(batches(view, LABELS, 10, shuffle=False)))
            np.testing.assert_array_equal(first.permute(0, 2, 3, 1).numpy(), view)


def test_wrong_inputs_are_refused():
    with pytest.raises(ValueError, match="10 images but 9 labels"):
        batches(IMAGES, LABELS[:9])
    with pytest.raises(ValueError, match="batch_size is 0"):
        batches(IMAGES, LABELS, 0)


def test_augmented_batches_are_float_tensors_channels_last_in_memory():
    for augmentation in (MOVING, MIXING, Augmentation(flip=1)):
        images, labels = next(iter(batches(IMAGES, LABELS, 4, augment=augmentation, classes=10)))
        assert images.shape == (4, 2, 3, 4)
        assert images.is_contiguous(memory_format=torch.channels_last)
        assert (images.dtype, labels.dtype, labels.shape) == (torch.float32, torch.float32, (4, 10))


def test_each_pass_augments_anew_and_the_seed_says_how():
    first, second = (batches(IMAGES, LABELS, 10, shuffle=False, seed=1, augment=MOVING) for _ in range(2))
    passes = [images for source in (first, first, second, second) for images, _ in source]
    assert not torch.equal(passes[0], passes[1])
    assert torch.equal(passes[0], passes[2]) and torch.equal(passes[1], passes[3])


def test_a_batch_is_what_augment_makes_of_its_images():
    (images, _), *_ = batches(IMAGES, LABELS, 4, shuffle=False, seed=6, augment=MOVING)
    parameters = MOVING.draw(np.random.default_rng([6, 0, 1]), 4, (3, 4))
    np.testing.assert_array_equal(images.permute(0, 2, 3, 1).numpy(), augment(IMAGES[:4], parameters))


def test_large_pictures_which_are_taken_few_at_a_time_come_out_as_small_ones_do():
    images = np.random.default_rng(0).integers(0, 256, (5, 300, 301, 3), dtype=np.uint8)
    parameters = Augmentation(rotation=30, contrast=0.5).draw(np.random.default_rng(0), 5, (300, 301))
    together = augment(images, parameters)
    for n in range(5):
        alone = type(parameters)(1, (300, 301), parameters.matrices[n : n + 1], colors=parameters.colors[n : n + 1])
        np.testing.assert_allclose(augment(images[n : n + 1], alone)[0], together[n], atol=1e-5)


def test_cross_entropy_takes_soft_labels():
    images, labels = next(iter(batches(IMAGES, LABELS, 4, augment=MIXING, classes=10)))
    assert F.cross_entropy(images.flatten(1)[:, :10], labels).isfinite()


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
