"""What both wings do alike with NumPy images (N, height, width, channels) and integer labels (N,)."""

from collections.abc import Iterable

import numpy as np
from tqdm import tqdm


def to_float(images: np.ndarray) -> np.ndarray:
    """Images as float32: uint8 becomes [0, 1], float32 stays as it is."""
    return images.astype("float32") / 255 if images.dtype == np.uint8 else images


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of `count` images in this epoch: int64 (count,), the same in both frameworks."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def bar(batches: Iterable, epoch: int, epochs: int, progress: bool) -> tqdm:
    """The batches of one epoch, with a bar that fills as they are taken: on terminals, and if `progress` is wanted."""
    return tqdm(batches, f"epoch {epoch + 1}/{epochs}", leave=False, unit="step", disable=None if progress else True)


def epoch_line(epoch: int, epochs: int, values: dict[str, float]) -> str:
    """One epoch's line of progress, such as "epoch 1/5: loss 0.1712, accuracy 0.9474"."""
    return f"epoch {epoch + 1}/{epochs}: " + ", ".join(
        f"{name.replace('_', ' ')} {value:.4f}" for name, value in values.items()
    )
