"""How fast batches are augmented."""

import importlib
from collections.abc import Callable
from types import ModuleType

import numpy as np

from tools.benchmarks import Ratio
from utils import data
from utils.augmentation import Augmentation

AUGMENTED = 256  # pictures of 96×96, in batches of 64


def against_torchvision() -> Ratio:
    """Augmenting batches beside torchvision's transforms on batches, which change all their pictures alike."""
    import torch
    from torchvision.transforms import v2

    tensors = torch.from_numpy(_pictures()).permute(0, 3, 1, 2)
    return _augmentation_ratio(
        "torch",
        "torchvision v2, a batch at a time",
        lambda rows: _torchvision(v2)(tensors[rows]).permute(0, 2, 3, 1).numpy(),
    )


def against_torchvision_each() -> Ratio:
    """The same where torchvision changes each picture in its own way, as ours does."""
    import torch
    from torchvision.transforms import v2

    tensors = torch.from_numpy(_pictures()).permute(0, 3, 1, 2)

    def theirs(rows: slice) -> np.ndarray:
        return torch.stack([_torchvision(v2)(picture) for picture in tensors[rows]]).permute(0, 2, 3, 1).numpy()

    return _augmentation_ratio("torch", "torchvision v2, an image at a time", theirs)


def against_keras() -> Ratio:
    """The same beside Keras' random layers, compiled to one graph."""
    import tensorflow as tf
    from keras import Sequential, layers

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    random = Sequential(
        [
            layers.Rescaling(1 / 255),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(20 / 360, fill_mode="nearest"),
            layers.RandomTranslation(0.2, 0.2, fill_mode="nearest"),
            layers.RandomShear(0.2, 0.0, fill_mode="nearest"),
            layers.RandomZoom((-0.2, 0.2), fill_mode="nearest"),
            layers.RandomBrightness(0.2, value_range=(0, 1)),
            layers.RandomContrast(0.2, value_range=(0, 1)),
            layers.RandomSaturation((0.4, 0.6), value_range=(0, 1)),
        ]
    )
    pictures, compiled = _pictures(), tf.function(lambda images: random(images, training=True))
    return _augmentation_ratio("keras", "keras.layers.Random*", lambda rows: compiled(pictures[rows]).numpy())


def _augmentation_ratio(framework: str, whose: str, theirs: Callable[[slice], np.ndarray]) -> Ratio:
    """Our batches beside theirs. Chance differs, so that only mean and contrast of all pictures are compared."""
    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    augment = importlib.import_module(f"utils.{framework}").augment
    described = Augmentation(
        flip=0.5, rotation=20, shift=0.2, shear=11, zoom=0.2, brightness=0.2, contrast=0.2, saturation=0.2
    )
    pictures, rng = _pictures(), np.random.default_rng(1)

    def ours(rows: slice) -> np.ndarray:
        images = pictures[rows]
        return augment(images, described.draw(rng, len(images), images.shape[1:3]))

    def all_of(change: Callable[[slice], np.ndarray]) -> np.ndarray:
        changed = np.concatenate([change(slice(start, start + 64)) for start in range(0, AUGMENTED, 64)])
        return np.array([changed.mean(), changed.std()])

    what = f"augment {AUGMENTED} images of 96×96: ours / {whose}"
    return Ratio(what, lambda: all_of(ours), lambda: all_of(theirs), at_most=1, rounds=10, tolerance=0.1)


def _torchvision(v2: ModuleType) -> Callable:
    import torch

    return v2.Compose(
        [
            v2.ToDtype(torch.float32, scale=True),
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(20, (0.2, 0.2), (0.8, 1.2), 11, v2.InterpolationMode.BILINEAR),
            v2.ColorJitter(0.2, 0.2, 0.2),
        ]
    )


def _pictures() -> np.ndarray:
    return data.load("cats_vs_dogs", source="twin", size=(96, 96), limit=AUGMENTED).images
