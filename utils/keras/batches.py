"""Images in batches, as Keras takes them: channels last."""

import keras

from utils.batching import Plan, ahead
from utils.keras.augmentation import changed, to_tensor


def batches(images, labels, batch_size=64, *, shuffle=True, seed=0, augment=None, classes=None):
    """Cut images and labels into batches; every full pass over them shuffles anew.

    While one batch is used, a thread prepares the next. Order and augmentation depend on `seed`, the pass and the batch
    alone, and are the same in `utils.torch`.

    Args:
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels). Memory maps stay on disk: only
            the batch is copied.
        labels: integers (N,).
        batch_size: images a batch; the last batch may be smaller.
        shuffle: whether the order changes with each pass.
        seed: of the shuffling and the augmentation.
        augment: a `utils.augmentation.Augmentation`, drawn anew for each image in each pass, or None.
        classes: how many classes there are; MixUp and CutMix need it. With it, labels come as float32 (B, classes),
            whose rows sum to 1: one-hot, or mixed as the images are. Losses: `CategoricalCrossentropy`
            takes them so, `SparseCategoricalCrossentropy` as integers.

    Returns:
        Batches that can be iterated again and again, and have a length: tensors float32 (B, height, width, channels),
        and int64 (B,) or, with `classes`, float32 (B, classes).

    Raises:
        ValueError: images or labels are empty, of wrong shape or type, not finite, or not equally many; or augment or
            classes do not suit them.
    """
    return Batches(Plan(images, labels, batch_size, shuffle, seed, augment, classes))


class Batches(keras.utils.PyDataset):
    """What `batches` returns; `model.fit` takes it as it is, and prepares batches ahead in a way of its own."""

    def __init__(self, plan):
        super().__init__()
        self.plan = plan
        self.start(0)

    def start(self, epoch):
        """Take up the order of this epoch."""
        self.epoch, self.take = epoch, self.plan.begin(epoch)

    def __len__(self):
        return len(self.plan)

    def __getitem__(self, index):
        return _tensors(*self.take(index))

    def __iter__(self):
        epoch, take = self.epoch, self.take
        yield from ahead(lambda index: _tensors(*take(index)), len(self))
        self.start(epoch + 1)


def _tensors(images, labels, parameters):
    pictures = to_tensor(images) if parameters is None else changed(images, parameters)
    return pictures, keras.ops.convert_to_tensor(labels)
