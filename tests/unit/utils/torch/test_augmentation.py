import pytest

from tests.unit.utils import augmentation_cases
from utils.torch.augmentation import augment


@pytest.mark.parametrize("case", augmentation_cases.CASES, ids=lambda case: case.__name__)
def test_augmentation(case):
    case(augment)
