"""What training is asked for: the arguments of both wings' `fit`, checked before anything is trained."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from utils import guards, shapes
from utils.augmentation import Augmentation, check_kind
from utils.schedules import SCHEDULES, factor

OPTIMIZERS = ("rmsprop", "sgd", "adam", "adamw")


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
        """Refuse what makes no sense."""
        shapes.whole("epochs", self.epochs)
        guards.check_batch_size(self.batch_size)
        _check_optimizer(self)
        if not callable(self.schedule) and self.schedule not in SCHEDULES:
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

    @property
    def soft_labels(self) -> bool:
        """Whether the loss needs a row of class shares for each image, not a class number."""
        return self.label_smoothing > 0 or (self.augment is not None and self.augment.mixes)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step, 0 … steps - 1."""
        return self.learning_rate * factor(self.schedule, self.warm_up, min(step, steps - 1), steps)

    def described(self) -> dict[str, str]:
        """The arguments as text, by which a checkpoint knows whether it belongs to this recipe."""
        named = asdict(self) | {"schedule": getattr(self.schedule, "__qualname__", self.schedule)}
        return {name: repr(value) for name, value in named.items()}


def _check_optimizer(recipe: Recipe) -> None:
    name, rate, momentum = recipe.optimizer, recipe.learning_rate, recipe.momentum
    if name not in OPTIMIZERS:
        raise ValueError(f"There is no optimizer {name!r}: choose one of {', '.join(OPTIMIZERS)}.")
    if not 0 < rate < float("inf"):
        raise ValueError(f"learning_rate is {rate}: give a positive number, such as 0.001.")
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum is {momentum}: give a number from 0 up to, but not including, 1.")
    if momentum and name not in ("sgd", "rmsprop"):
        raise ValueError(f"momentum={momentum} means nothing to {name}: leave it 0, or use sgd or rmsprop.")
    if not 0 <= recipe.weight_decay < float("inf"):
        raise ValueError(f"weight_decay is {recipe.weight_decay}: give a number of at least 0, such as 0.01.")


def _check_part(name: str, value: float, meaning: str) -> None:
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError(f"{name} is {value!r}: it is {meaning}, from 0 up to, but not including, 1.")
