"""Images in batches, as PyTorch takes them: channels first."""

import math

import numpy as np
import torch

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
        A sequence that can be iterated again and again: tensors float32 (B, channels, height, width), int64 (B,).

    Raises:
        ValueError: images or labels are empty, of wrong shape or type, not finite, or not equally many.
    """
    guards.check_images(images)
    guards.check_labels(labels, len(images))
    guards.check_batch_size(batch_size)
    return Batches(images, labels, batch_size, shuffle, seed)


class Batches:
    """What `batches` returns. It picks a whole batch at once, where a DataLoader would pick image by image."""

    def __init__(self, images, labels, batch_size, shuffle, seed):
        self.images, self.labels = images, labels
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.epoch = 0

    def __len__(self):
        return math.ceil(len(self.images) / self.batch_size)

    def __iter__(self):
        count = len(self.images)
        order = inputs.epoch_order(count, self.seed, self.epoch) if self.shuffle else np.arange(count)
        for start in range(0, count, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield to_tensor(self.images[rows]), torch.from_numpy(self.labels[rows].astype("int64"))
        self.epoch += 1


def to_tensor(images):
    """NumPy images (N, height, width, channels) as a float32 tensor (N, channels, height, width)."""
    own = np.require(inputs.to_float(images), requirements=["C", "W"])  # PyTorch takes no mirrored or read-only arrays
    return torch.from_numpy(own).permute(0, 3, 1, 2)
