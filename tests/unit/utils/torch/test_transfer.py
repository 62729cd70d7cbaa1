import pytest

import utils.torch
from tests.unit.utils import transfer_cases


@pytest.mark.parametrize("case", transfer_cases.CASES, ids=lambda case: case.__name__)
def test_transfer(case):
    case(utils.torch)
