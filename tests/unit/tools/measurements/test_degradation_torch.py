"""The chains that are compared differ in their additions and in nothing else."""

import torch

from tools.measurements import degradation
from utils.torch import count_parameters


def test_plain_and_residual_chains_have_the_same_parameters():
    plain, residual = (degradation.chain(3, each) for each in (False, True))
    assert count_parameters(plain) == count_parameters(residual)
    residual.load_state_dict(plain.state_dict())
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(plain.eval()(images), residual.eval()(images))


def test_a_residual_chain_that_is_silent_at_the_start_is_one_without_blocks():
    torch.manual_seed(0)
    chain = degradation.chain(3, True).eval()
    silenced = [weights for name, weights in chain.named_parameters() if name.endswith("body.4.weight")]
    assert len(silenced) == 3
    for weights in silenced:
        weights.data.zero_()
    short = degradation.chain(0, True).eval()
    short.load_state_dict({name: value for name, value in chain.state_dict().items() if not name.startswith("block")})
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(chain(images), short(images))
