"""How fast the reference convolution of `utils.ops` is."""

import numpy as np

from tools.benchmarks import Ratio
from utils import ops


def against_torch() -> Ratio:
    """Our fastest convolution beside PyTorch's."""
    import torch

    torch.set_num_threads(1)
    x, w = _images_and_filters()
    tensors = torch.from_numpy(x), torch.from_numpy(w)
    return Ratio(
        "conv2d 8×64×32×32, 64 filters 3×3: im2col / torch",
        lambda: ops.conv2d(x, w, padding=1),
        lambda: torch.nn.functional.conv2d(*tensors, padding=1).numpy(),
        at_most=3,
    )


def against_loops() -> Ratio:
    """The same convolution, all of it, beside the one that is written to be read."""
    x, w = _images_and_filters()
    return Ratio(
        "conv2d 8×64×32×32, 64 filters 3×3: im2col / loops",
        lambda: ops.conv2d(x, w, padding=1),
        lambda: ops.conv2d(x, w, padding=1, method="loops"),
        at_most=0.01,
        rounds=5,
    )


def _images_and_filters() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((8, 64, 32, 32), np.float32), rng.standard_normal((64, 64, 3, 3), np.float32)
