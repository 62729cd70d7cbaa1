"""Pictures that filters of networks want: what both wings have in common, and what this one leaves alone."""

import keras
import numpy as np
import pytest
from keras import layers

import utils.keras
from tests.unit.utils import maximize_cases
from utils import runtime
from utils.keras import get_weights, maximize_filter


@pytest.mark.parametrize("case", maximize_cases.CASES, ids=lambda case: case.__name__)
def test_maximize(case):
    case(utils.keras)


def test_the_model_stays_as_it_is():
    model = maximize_cases.net(utils.keras)
    before = get_weights(model)
    maximize_filter(model, "conv3", 0, steps=2)
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, before[key])
    assert not any("call" in vars(layer) for layer in model.layers)


def test_a_network_that_does_not_say_its_size_is_asked_for_one():
    runtime.seed_everything(0)
    images = keras.Input((None, None, 3))
    model = keras.Model(images, layers.Conv2D(5, 3, name="conv2")(layers.Conv2D(4, 3, activation="relu")(images)))
    assert maximize_filter(model, "conv2", 1, size=(20, 24), steps=3).shape == (20, 24, 3)
    with pytest.raises(ValueError, match=r"size=96 or \(height, width\)"):
        maximize_filter(model, "conv2", 1)
    with pytest.raises(ValueError, match="The model does not say what it takes"):
        maximize_filter(keras.Sequential([layers.Conv2D(4, 3, name="conv1")]), "conv1", 1, size=9)
