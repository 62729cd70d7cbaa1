"""How fast our code is, as ratios: ours and theirs in one run, taking turns, one thread each, medians compared.

A ratio holds on other machines where seconds do not. To add one, write a function in `tools.benchmarks` that returns a
`Ratio`, and name it in `BENCHMARKS`.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from tools.benchmarks import Ratio, augmentation, convolution, photos
from tools.errors import BuildError
from tools.paths import ROOT
from utils import runtime


def run(names: list[str] | None = None) -> None:
    """Measure the named benchmarks, or all, and print a row for each; BuildError for a name that is none."""
    unknown = set(names or ()) - set(BENCHMARKS)
    if unknown:
        raise BuildError(f"No benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    print(f"{'what':<74} {'ours':>11} {'theirs':>11} {'ratio':>8}   wanted", flush=True)
    for name in names or BENCHMARKS:
        in_own_process(name)
    print(f"{runtime.machine()}, one thread where a row does not say otherwise")


def in_own_process(name: str) -> None:
    """Print the row of one benchmark. Each has its own process, since TensorFlow and PyTorch do not share one."""
    done = subprocess.run([sys.executable, "-m", "tools.bench", name], cwd=ROOT, check=False)
    if done.returncode:
        raise BuildError(f"The benchmark {name} failed (exit code {done.returncode}); its error stands above.")


def row(name: str) -> str:
    """What to print of one benchmark."""
    try:
        return measure(BENCHMARKS[name]())
    except ModuleNotFoundError as error:
        return f"{name}: needs {error.name}, which is not installed"


def measure(ratio: Ratio) -> str:
    """One row of the table. AssertionError where the two ways do not lead to one result."""
    with threadpool_limits(1):
        np.testing.assert_allclose(ratio.ours(), ratio.theirs(), rtol=ratio.tolerance, atol=ratio.tolerance)
        pairs = [(seconds(ratio.ours), seconds(ratio.theirs)) for _ in range(ratio.rounds)]
    ours, theirs = map(statistics.median, zip(*pairs))
    verdict = "reached" if ours <= ratio.at_most * theirs else "MISSED"
    figures = f"{ratio.what:<74} {1000 * ours:>8.2f} ms {1000 * theirs:>8.2f} ms {ours / theirs:>8.3g}"
    return f"{figures}   ≤ {ratio.at_most:g}, {verdict}"


def seconds(call: Callable[[], object]) -> float:
    """What one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


BENCHMARKS: dict[str, Callable[[], Ratio]] = {
    "im2col-torch": convolution.against_torch,
    "im2col-loops": convolution.against_loops,
    "photos-keras": photos.against_keras,
    "photos-torchvision": photos.against_torchvision,
    "photos-cache": photos.from_cache,
    "augment-torchvision": augmentation.against_torchvision,
    "augment-torchvision-each": augmentation.against_torchvision_each,
    "augment-keras": augmentation.against_keras,
}


if __name__ == "__main__":
    print(row(sys.argv[1]))
