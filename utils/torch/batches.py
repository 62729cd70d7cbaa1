"""Images in batches, as PyTorch takes them: channels first, and last in memory."""

import torch

from utils.batching import Plan, ahead
from utils.torch.augmentation import changed, to_tensor


def batches(images, labels, batch_size=64, *, shuffle=True, seed=0, augment=None, classes=None):
    """Cut images and labels into batches; every full pass over them shuffles anew.

    While one batch is used, a thread prepares the next. Order and augmentation depend on `seed`, the pass and the batch
    alone, and are the same in `utils.keras`.

    Args:
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels). Memory maps stay on disk: only
            the batch is copied.
        labels: integers (N,).
        batch_size: images a batch; the last batch may be smaller.
        shuffle: whether the order changes with each pass.
        seed: of the shuffling and the augmentation.
        augment: a `utils.augmentation.Augmentation`, drawn anew for each image in each pass, or None.
        classes: how many classes there are; MixUp and CutMix need it. With it, labels come as float32 (B, classes),
            whose rows sum to 1: one-hot, or mixed as the images are. Losses: `F.cross_entropy` takes either.

    Returns:
        Batches that can be iterated again and again, and have a length: tensors float32 (B, channels, height, width),
        and int64 (B,) or, with `classes`, float32 (B, classes).

    Raises:
        ValueError: images or labels are empty, of wrong shape or type, not finite, or not equally many; or augment or
            classes do not suit them.
    """
    return Batches(Plan(images, labels, batch_size, shuffle, seed, augment, classes))


class Batches:
    """What `batches` returns. It picks a whole batch at once, where a DataLoader would pick image by image."""

    def __init__(self, plan):
        self.plan, self.epoch = plan, 0

    def __len__(self):
        return len(self.plan)

    def __iter__(self):
        epoch = self.epoch
        take = self.plan.begin(epoch)
        yield from ahead(lambda index: _tensors(*take(index)), len(self))
        self.epoch = epoch + 1


def _tensors(images, labels, parameters):
    pictures = to_tensor(images) if parameters is None else changed(images, parameters)
    return pictures, torch.from_numpy(labels)
