import dataclasses
from functools import partial

import numpy as np
import pytest

from utils.augmentation import Augmentation
from utils.recipes import Recipe

PLAIN = {
    "epochs": 1,
    "batch_size": 8,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "momentum": 0.0,
    "weight_decay": 0.01,
    "schedule": "constant",
    "warm_up": None,
    "label_smoothing": 0.0,
    "average": 0.0,
    "patience": None,
    "augment": None,
    "mixed_precision": False,
    "seed": 0,
}


def halves(step, steps):
    return 0.5


def test_a_good_recipe_passes():
    recipe = Recipe(**PLAIN | {"momentum": 0.9, "schedule": "one-cycle", "warm_up": 0.1, "patience": 3})
    assert recipe.rate(0, 100) == pytest.approx(0.01)
    assert recipe.rate(9, 100) == pytest.approx(0.1)
    assert Recipe(**PLAIN | {"schedule": halves}).rate(3, 4) == 0.05


def test_the_rate_stays_at_its_last_where_a_framework_asks_for_one_step_more():
    recipe = Recipe(**PLAIN | {"schedule": "cosine"})
    assert recipe.rate(4, 4) == recipe.rate(3, 4) > 0


@pytest.mark.parametrize(
    ("changed", "soft"),
    [
        ({}, False),
        ({"label_smoothing": 0.1}, True),
        ({"augment": Augmentation(flip=0.5)}, False),
        ({"augment": Augmentation(mixup=0.2)}, True),
    ],
)
def test_soft_labels_are_for_smoothing_and_mixing(changed, soft):
    assert Recipe(**PLAIN | changed).soft_labels == soft


def test_every_argument_shows_in_the_description():
    others = {
        "epochs": 2,
        "batch_size": 9,
        "optimizer": "rmsprop",
        "learning_rate": 0.2,
        "momentum": 0.5,
        "weight_decay": 0.0,
        "schedule": halves,
        "warm_up": 0.5,
        "label_smoothing": 0.1,
        "average": 0.9,
        "patience": 2,
        "augment": Augmentation(flip=0.5),
        "mixed_precision": True,
        "seed": 1,
    }
    assert others.keys() == {field.name for field in dataclasses.fields(Recipe)}
    plain = Recipe(**PLAIN).described()
    for name, value in others.items():
        described = Recipe(**PLAIN | {name: value}).described()
        assert {key for key in plain if described[key] != plain[key]} == {name}


def test_another_augmentation_is_told_by_the_fields_that_differ():
    one, other = (Recipe(**PLAIN | {"augment": Augmentation(flip=0.5, zoom=zoom)}).described() for zoom in (0.1, 0.2))
    assert {key: (one[key], other[key]) for key in one if one[key] != other[key]} == {"augment's zoom": ("0.1", "0.2")}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"epochs": 1.5}, "whole number"),
        ({"epochs": "2"}, "epochs must be"),
        ({"batch_size": 8.0}, "batch_size is 8.0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"optimizer": "lion"}, "rmsprop, sgd, adam, adamw"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"momentum": 1.0}, "momentum is 1.0"),
        ({"optimizer": "adam", "momentum": 0.9}, "means nothing to adam"),
        ({"schedule": "triangle"}, "constant, cosine, one-cycle, or give a function"),
        ({"schedule": None}, "no schedule None"),
        ({"warm_up": 1}, "warm_up is 1: it is a share of all steps"),
        ({"warm_up": -0.1}, "warm_up is -0.1"),
        ({"label_smoothing": 1.0}, "label_smoothing is 1.0"),
        ({"label_smoothing": "much"}, "label_smoothing is 'much'"),
        ({"average": 1}, "average is 1"),
        ({"average": float("nan")}, "average is nan"),
        ({"patience": 0}, "patience must be a whole number of at least 1"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"optimizer": "sgd", "weight_decay": 5e-4}, "weight_decay=0.0005 means nothing to sgd"),
        ({"learning_rate": "0.1"}, "learning_rate is '0.1': give a positive number"),
        ({"learning_rate": True}, "learning_rate is True"),
        ({"momentum": None}, "momentum is None"),
        ({"weight_decay": None}, "weight_decay is None"),
        ({"schedule": []}, r"no schedule \[\]"),
        ({"seed": -1}, "seed must be a whole number of at least 0, not -1"),
        ({"seed": None}, "seed must be"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        Recipe(**PLAIN | wrong)


def test_equal_numbers_are_described_alike_whatever_their_type():
    numpys = {"epochs": np.int64(1), "batch_size": np.uint8(8), "learning_rate": np.float64(0.1), "momentum": 0}
    assert Recipe(**PLAIN | numpys).described() == Recipe(**PLAIN).described()
    assert Recipe(**PLAIN | {"warm_up": np.float32(0.5)}).warm_up == 0.5


def times(step, steps, by):
    return by


def test_a_schedule_is_described_by_what_it_is_and_not_by_where_it_lies_in_memory():
    halved, same, quartered = (Recipe(**PLAIN | {"schedule": partial(times, by=by)}) for by in (0.5, 0.5, 0.25))
    assert halved.described() == same.described() != quartered.described()
    assert " at 0x" not in halved.described()["schedule"]


@dataclasses.dataclass  # compares by value, so that it has no hash
class Falling:
    by: float

    def __call__(self, step, steps):
        return self.by**step


def test_objects_can_be_schedules():
    assert Recipe(**PLAIN | {"schedule": Falling(0.5)}).rate(2, 4) == pytest.approx(0.025)
    assert Recipe(**PLAIN | {"schedule": Falling(0.5), "warm_up": 0.5}).rate(2, 4) == pytest.approx(0.05)


def test_a_training_is_known_by_its_labels_validation_and_layers():
    images, labels = np.zeros((4, 2, 2, 1), "uint8"), np.array([0, 1, 1, 0])
    plain = Recipe(**PLAIN).training(images, labels, None, 1234)
    assert plain == Recipe(**PLAIN).training(images, labels.astype("uint8"), None, 1234)
    for changed, name in (
        ((images[:, :1], labels, None, 1234), "images"),
        ((images, 1 - labels, None, 1234), "labels of checksum"),
        ((images, labels, (images, labels), 1234), "validation"),
        ((images, labels, None, 1235), "trained parameters"),
    ):
        other = Recipe(**PLAIN).training(*changed)
        assert {key for key in plain if other[key] != plain[key]} == {name}
