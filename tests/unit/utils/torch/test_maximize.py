"""Pictures that filters of networks want: what both wings have in common, and what this one leaves alone."""

import numpy as np
import pytest
import torch
from torch import nn

import utils.torch
from tests.unit.utils import maximize_cases
from utils.torch import get_weights, maximize_filter


@pytest.mark.parametrize("case", maximize_cases.CASES, ids=lambda case: case.__name__)
def test_maximize(case):
    case(utils.torch)


def test_the_model_stays_as_it_is():
    model = maximize_cases.net(utils.torch)
    before = get_weights(model)
    maximize_filter(model, "conv3", 0, steps=2)
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, before[key])
    assert all(weights.requires_grad and weights.grad is None for weights in model.parameters())
    assert all(part.training and not part._forward_hooks for part in model.modules())


def test_a_network_that_does_not_say_its_size_is_asked_for_one():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 5, 3), nn.ReLU(inplace=True))
    with torch.no_grad():
        assert maximize_filter(model, "2", 1, size=(20, 24), steps=3).shape == (20, 24, 3)
    with pytest.raises(ValueError, match=r"size=96 or \(height, width\)"):
        maximize_filter(model, "2", 1)
    with pytest.raises(ValueError, match="The model does not say what it takes"):
        maximize_filter(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), "1", 1, size=2)
