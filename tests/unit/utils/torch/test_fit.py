import pytest

import utils.torch
from tests.unit.utils import fit_cases


@pytest.mark.parametrize("case", fit_cases.CASES, ids=lambda case: case.__name__)
def test_fit(case, tmp_path):
    case(utils.torch, tmp_path)
