"""Which images each batch of each pass takes, what is done to them, and a thread that prepares the next batch."""

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from utils import guards, inputs
from utils._parameters import Parameters, soft_labels
from utils.augmentation import Augmentation, check_augment, check_classes

Batch = TypeVar("Batch")


@dataclass(frozen=True, eq=False)
class Plan:
    """What both wings' `batches` were asked for, with their arguments; refuses what makes no sense."""

    images: np.ndarray
    labels: np.ndarray
    batch_size: int
    shuffle: bool
    seed: int
    augment: Augmentation | None
    classes: int | None

    def __post_init__(self) -> None:
        """Check everything before anything is trained."""
        guards.check_images(self.images)
        guards.check_labels(self.labels, len(self.images))
        guards.check_batch_size(self.batch_size)
        check_augment(self.augment, self.images)
        check_classes(self.classes, self.augment, self.labels)

    def __len__(self) -> int:
        """The number of batches in one pass."""
        return math.ceil(len(self.images) / self.batch_size)

    def begin(self, epoch: int) -> Callable[[int], tuple[np.ndarray, np.ndarray, Parameters | None]]:
        """A pass: a function from a batch's number to its images as they are, its labels, and what to do to the images.

        The order depends on seed and epoch, parameters also on the batch's number; on nothing else.
        """
        count = len(self.images)
        order = inputs.epoch_order(count, self.seed, epoch) if self.shuffle else np.arange(count)

        def take(index: int) -> tuple[np.ndarray, np.ndarray, Parameters | None]:
            rows = order[index * self.batch_size : (index + 1) * self.batch_size]
            images, parameters = self.images[rows], None
            if self.augment is not None:
                # from 1: NumPy takes [seed, epoch] and [seed, epoch, 0] for the same seed, and the first is the order's
                rng = np.random.default_rng([self.seed, epoch, index + 1])
                parameters = self.augment.draw(rng, len(images), images.shape[1:3])
            return images, self._labels(rows, parameters), parameters

        return take

    def _labels(self, rows: np.ndarray, parameters: Parameters | None) -> np.ndarray:
        labels = self.labels[rows].astype("int64")
        return labels if self.classes is None else soft_labels(labels, self.classes, parameters)


def ahead(prepare: Callable[[int], Batch], count: int) -> Iterator[Batch]:
    """prepare(0), …, prepare(count - 1): while one is used, a thread prepares the next.

    Each has a thread of its own, which ends with it. So there is none to stop: whoever turns away early, by `break`,
    an error or Ctrl-C, leaves at most one, which ends by itself. What `prepare` raises is raised here, in its turn.
    """
    job = None
    try:
        for index in range(count + 1):
            done, job = job, _Job(prepare, index) if index < count else None
            if done is not None:
                yield done.result()
    finally:
        if job is not None:
            job.join()


class _Job(threading.Thread):
    """One call in the background, begun at once."""

    def __init__(self, prepare: Callable[[int], Batch], index: int) -> None:
        super().__init__(name=f"batch {index}")
        self._prepare, self._index = prepare, index
        self._value, self._error = None, None
        self.start()

    def run(self) -> None:
        try:
            self._value = self._prepare(self._index)
        except BaseException as error:  # whatever it is, whoever asks for the result is told
            self._error = error

    def result(self) -> Batch:
        """What the call returned, once it has; or what it raised."""
        self.join()
        if self._error is not None:
            raise self._error
        return self._value
