"""How fast our code is, as ratios: ours and theirs in one run, taking turns, one thread each, medians compared.

A ratio holds on other machines where seconds do not. To add one, write a function that returns a `Ratio` and name it
in `BENCHMARKS`; what it needs, it imports itself.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from tools.errors import BuildError
from utils import ops, runtime


@dataclass(frozen=True)
class Ratio:
    """Two ways to one result, of which ours may take `at_most` times as long as theirs."""

    what: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]
    at_most: float
    rounds: int = 30


def run(names: list[str] | None = None) -> None:
    """Measure the named benchmarks, or all, and print a row for each; BuildError for a name that is none."""
    unknown = set(names or ()) - set(BENCHMARKS)
    if unknown:
        raise BuildError(f"No benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    print(f"{'what':<52} {'ours':>11} {'theirs':>11} {'ratio':>8}   wanted")
    for name in names or BENCHMARKS:
        print(measure(BENCHMARKS[name]()), flush=True)
    print(f"{runtime.machine()}, one thread; {', '.join(map(' '.join, runtime.versions().items()))}")


def measure(ratio: Ratio) -> str:
    """One row of the table. AssertionError where the two ways do not lead to one result."""
    with threadpool_limits(1):
        np.testing.assert_allclose(ratio.ours(), ratio.theirs(), rtol=1e-3, atol=1e-3)
        pairs = [(seconds(ratio.ours), seconds(ratio.theirs)) for _ in range(ratio.rounds)]
    ours, theirs = map(statistics.median, zip(*pairs))
    verdict = "reached" if ours <= ratio.at_most * theirs else "MISSED"
    row = f"{ratio.what:<52} {1000 * ours:>8.2f} ms {1000 * theirs:>8.2f} ms {ours / theirs:>8.3g}"
    return f"{row}   ≤ {ratio.at_most:g}, {verdict}"


def seconds(call: Callable[[], object]) -> float:
    """What one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def im2col_against_torch() -> Ratio:
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


def im2col_against_loops() -> Ratio:
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


BENCHMARKS: dict[str, Callable[[], Ratio]] = {
    "im2col-torch": im2col_against_torch,
    "im2col-loops": im2col_against_loops,
}
