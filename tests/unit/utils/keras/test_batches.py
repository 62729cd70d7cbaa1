import numpy as np
import pytest

from utils import inputs
from utils.keras import batches

IMAGES = np.arange(10 * 3 * 4 * 2, dtype="uint8").reshape(10, 3, 4, 2)
LABELS = np.arange(10)


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
