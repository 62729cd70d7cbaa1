import math

import numpy as np
import pytest

from utils import preprocessing


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.2, 0.2), (-0.25, 1.25), (0, 0)])
def test_pictures_in_range_pass(low, high):
    preprocessing.check_range(low, high)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0, 255, "go from 0 to 255, .* divide them by 255"),
        (3, 3, "go from 3 to 3"),
        (-1, 1, "go from -1 to 1, .* leave them as they were read"),
        (-2.1179, 2.64, "leave them as they were read"),
        (-123.68, 151.061, "leave them as they were read"),
        (0, math.inf, "go from 0 to inf"),
        (math.nan, math.nan, "hold NaN"),
        (0, math.nan, "hold NaN"),
    ],
)
def test_other_ranges_are_named(low, high, says):
    with pytest.raises(ValueError, match=says):
        preprocessing.check_range(low, high)


def test_means_are_the_published_ones():
    """Caffe's mean is torchvision's times 255, in reverse: two routes to one measurement of ImageNet."""
    mean = -np.divide(preprocessing.TORCHVISION.offset, preprocessing.TORCHVISION.scale)
    np.testing.assert_allclose(mean, [0.485, 0.456, 0.406])
    np.testing.assert_allclose(np.negative(preprocessing.CAFFE.offset)[::-1], 255 * mean, atol=0.5)
