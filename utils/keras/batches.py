"""Images in batches, as Keras takes them: channels last."""

import math

import keras
import numpy as np

from utils import guards, inputs


def batches(images, labels, batch_size=64, *, shuffle=True, seed=0):
    """Cut images and labels into batches; every full pass over them shuffles anew.

    Args:
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        labels: integers (N,).
        batch_size: images a batch; the last batch may be smaller.
        shuffle: whether the order changes with each pass; it depends on `seed` and the pass alone.
        seed: of the shuffling.

    Returns:
        A sequence that can be iterated again and again: tensors float32 (B, height, width, channels), int64 (B,).

    Raises:
        ValueError: images or labels are empty, of wrong shape or type, not finite, or not equally many.
    """
    guards.check_images(images)
    guards.check_labels(labels, len(images))
    guards.check_batch_size(batch_size)
    return Batches(images, labels, batch_size, shuffle, seed)


class Batches(keras.utils.PyDataset):
    """What `batches` returns; `model.fit` takes it as it is."""

    def __init__(self, images, labels, batch_size, shuffle, seed):
        super().__init__()
        self.images, self.labels = images, labels
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.start(0)

    def start(self, epoch):
        """Take up the order of this epoch."""
        count = len(self.images)
        self.epoch = epoch
        self.order = inputs.epoch_order(count, self.seed, epoch) if self.shuffle else np.arange(count)

    def __len__(self):
        return math.ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images = keras.ops.convert_to_tensor(inputs.to_float(self.images[rows]))
        return images, keras.ops.convert_to_tensor(self.labels[rows].astype("int64"))

    def __iter__(self):
        yield from super().__iter__()
        self.start(self.epoch + 1)
