"""What training is asked for: the arguments of both wings' `fit`, checked before anything is trained."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from numbers import Real
from zlib import crc32

import numpy as np

from utils import defaults, guards, shapes
from utils.augmentation import Augmentation, check_kind
from utils.schedules import SCHEDULES, factor

OPTIMIZERS = ("rmsprop", "sgd", "adam", "adamw")
KINDS = {
    **dict.fromkeys(("epochs", "batch_size", "patience", "seed"), int),
    **dict.fromkeys(("learning_rate", "momentum", "weight_decay", "warm_up", "label_smoothing", "average"), float),
}


@dataclass(frozen=True)
class Recipe:
    """How to train. The attributes are the arguments of `fit`, which says what they mean.

    Raises:
        ValueError: one of them makes no sense; or the others leave it without effect.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    momentum: float
    weight_decay: float
    schedule: str | Callable[[int, int], float]
    warm_up: float | None
    label_smoothing: float
    average: float
    patience: int | None
    augment: Augmentation | None
    mixed_precision: bool
    seed: int

    def __post_init__(self) -> None:
        """Refuse what makes no sense, and keep numbers as Python's: frameworks and checkpoints tell 1 from 1.0."""
        shapes.whole("epochs", self.epochs)
        guards.check_batch_size(self.batch_size)
        shapes.whole("seed", self.seed, 0)
        _check_optimizer(self)
        if not callable(self.schedule) and (not isinstance(self.schedule, str) or self.schedule not in SCHEDULES):
            raise ValueError(
                f"There is no schedule {self.schedule!r}: choose one of {', '.join(SCHEDULES)}, or give a function of "
                f"step and steps."
            )
        if self.warm_up is not None:
            _check_part("warm_up", self.warm_up, "a share of all steps")
        _check_part("label_smoothing", self.label_smoothing, "the share of each label that all classes divide")
        _check_part("average", self.average, "the share of the averaged weights that each step keeps")
        if self.patience is not None:
            shapes.whole("patience", self.patience)
        check_kind(self.augment)
        for name, of_kind in KINDS.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, of_kind(getattr(self, name)))

    @property
    def soft_labels(self) -> bool:
        """Whether the loss needs a row of class shares for each image, not a class number."""
        return self.label_smoothing > 0 or (self.augment is not None and self.augment.mixes)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step, 0 … steps - 1."""
        times = factor(self.schedule, self.warm_up, min(step, steps - 1), steps)
        if not _is_number(times) or not 0 <= times < float("inf"):
            raise ValueError(
                f"At step {step} the schedule gives {times!r}: it has to return what to multiply learning_rate by, a "
                f"number of at least 0."
            )
        return self.learning_rate * float(times)

    def described(self) -> dict[str, str]:
        """The arguments as text, by which a checkpoint knows whether it belongs to this recipe.

        A schedule of your own goes by its name: another function of the same name counts as the same.
        """
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        named["schedule"] = getattr(self.schedule, "__qualname__", self.schedule)
        if self.augment is not None:  # field by field, for a refusal that names the one that differs
            named |= {f"augment's {name}": value for name, value in vars(self.augment).items()}
            named["augment"] = "Augmentation"
        return {name: re.sub(" at 0x[0-9a-f]+", "", repr(value)) for name, value in named.items()}

    def training(
        self, images: np.ndarray, labels: np.ndarray, validation: tuple | None, trained: int
    ) -> dict[str, str]:
        """The same, and what is trained on what: `trained` is the number of parameters that are not frozen."""
        return self.described() | {
            "images": repr(images.shape),
            "labels of checksum": f"{crc32(labels.astype('int64').tobytes()):08x}",
            "validation": repr(validation and validation[0].shape),
            "trained parameters": f"{trained:,}",
        }


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_optimizer(recipe: Recipe) -> None:
    name, rate, momentum = recipe.optimizer, recipe.learning_rate, recipe.momentum
    if name not in OPTIMIZERS:
        raise ValueError(f"There is no optimizer {name!r}: choose one of {', '.join(OPTIMIZERS)}.")
    if not _is_number(rate) or not 0 < rate < float("inf"):
        raise ValueError(f"learning_rate is {rate!r}: give a positive number, such as 0.001.")
    if not _is_number(momentum) or not 0 <= momentum < 1:
        raise ValueError(f"momentum is {momentum!r}: give a number from 0 up to, but not including, 1.")
    if momentum and name not in ("sgd", "rmsprop"):
        raise ValueError(f"momentum={momentum} means nothing to {name}: leave it 0, or use sgd or rmsprop.")
    if not _is_number(recipe.weight_decay) or not 0 <= recipe.weight_decay < float("inf"):
        raise ValueError(f"weight_decay is {recipe.weight_decay!r}: give a number of at least 0, such as 0.01.")
    if name != "adamw" and recipe.weight_decay not in (0, defaults.WEIGHT_DECAY):
        raise ValueError(f"weight_decay={recipe.weight_decay} means nothing to {name}: leave it out, or use adamw.")


def _check_part(name: str, value: float, meaning: str) -> None:
    if not _is_number(value) or not 0 <= value < 1:
        raise ValueError(f"{name} is {value!r}: it is {meaning}, from 0 up to, but not including, 1.")
