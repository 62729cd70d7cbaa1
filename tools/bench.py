"""How fast our code is, as ratios: ours and theirs in one run, taking turns, one thread each, medians compared.

A ratio holds on other machines where seconds do not. To add one, write a function in `tools.benchmarks` that returns a
`Ratio` or, for two trainings, a `Race`, and name it in `BENCHMARKS`.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from tools import results
from tools.benchmarks import Race, Ratio, Runner, augmentation, convolution, photos, training
from tools.errors import BuildError
from tools.paths import ROOT
from utils import runtime


def run(names: list[str] | None = None) -> None:
    """Measure the named benchmarks, or all, and print a row for each.

    Raises:
        BuildError: a name is none, or some could not be measured; the others were.
    """
    unknown = set(names or ()) - set(BENCHMARKS)
    if unknown:
        raise BuildError(f"No benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    print(f"{'what':<74} {'ours':>11} {'theirs':>11} {'ratio':>8}   wanted", flush=True)
    left_out = []
    for name in names or BENCHMARKS:
        try:
            in_own_process(name)
        except BuildError as error:
            print(error, file=sys.stderr, flush=True)
            left_out.append(name)
    print(f"{runtime.machine()}, one thread where a row does not say otherwise, all cores where something is trained")
    if left_out:
        raise BuildError(f"Not measured, for the reasons above: {', '.join(left_out)}.")


def in_own_process(name: str) -> None:
    """Print the row of one benchmark. Each has its own process, since TensorFlow and PyTorch do not share one."""
    done = subprocess.run([sys.executable, "-m", "tools.bench", name], cwd=ROOT, check=False)
    if done.returncode:
        raise BuildError(f"The benchmark {name} failed (exit code {done.returncode}); its error stands above.")


def row(name: str) -> str:
    """What to print of one benchmark."""
    try:
        benchmark = BENCHMARKS[name]()
        return measure(benchmark) if isinstance(benchmark, Ratio) else race(benchmark)
    except ModuleNotFoundError as error:
        return f"{name}: needs {error.name}, which is not installed"


def measure(ratio: Ratio) -> str:
    """One row of the table. AssertionError where the two ways do not lead to one result."""
    with threadpool_limits(ratio.threads):
        pairs = [(timed(ratio.ours), timed(ratio.theirs)) for _ in range(ratio.rounds)]
    (_, our_result), (_, their_result) = pairs[0]
    np.testing.assert_allclose(our_result, their_result, rtol=ratio.tolerance, atol=ratio.tolerance)
    ours, theirs = (statistics.median(seconds for seconds, _ in side) for side in zip(*pairs))
    return _row(ratio.what, ours, ratio.times * theirs, ratio.at_most)


def race(race: Race) -> str:
    """One row of the table, for two trainings on all cores."""
    return _row(race.what, _seconds(race.ours), _seconds(race.theirs), race.at_most)


def timed(call: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """The seconds that one call takes, and its result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def _seconds(runner: Runner) -> float:
    """What a training takes: what surrounds its epochs, which one and three of them tell apart, and the epochs."""

    def trained(label: str) -> float:
        *_, last = results.work(runner.measurement, label, runner.framework, [0])
        return last["seconds"]

    if runner.epochs is None:
        return trained(runner.label)
    one, three = trained(f"{runner.label}, 1 epoch"), trained(f"{runner.label}, 3 epochs")
    return one + (runner.epochs - 1) * (three - one) / 2


def _row(what: str, ours: float, theirs: float, at_most: float) -> str:
    verdict = "reached" if ours <= at_most * theirs else "MISSED"
    times = "".join(f" {1000 * s:>8.2f} ms" if s < 1 else f" {s:>8.1f} s " for s in (ours, theirs))
    return f"{what:<74}{times} {ours / theirs:>8.3g}   ≤ {at_most:.3g}, {verdict}"


BENCHMARKS: dict[str, Callable[[], Ratio | Race]] = {
    "im2col-torch": convolution.against_torch,
    "im2col-loops": convolution.against_loops,
    "photos-keras": photos.against_keras,
    "photos-torchvision": photos.against_torchvision,
    "photos-cache": photos.from_cache,
    "augment-torchvision": augmentation.against_torchvision,
    "augment-torchvision-each": augmentation.against_torchvision_each,
    "augment-keras": augmentation.against_keras,
    "mnist-torch": training.mnist_in_torch,
    "mnist-keras": training.mnist_in_keras,
    "photos-scratch": training.photos_from_scratch,
    "photos-frozen": training.cached_features_against_frozen_base,
}


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # ≤ is more than a Latin-1 terminal knows
    try:
        print(row(sys.argv[1]))
    except BuildError as error:  # a training failed, and said why
        sys.exit(str(error))
    except FileNotFoundError as error:
        if error.errno is not None:  # not our own word that data or weights are missing
            raise
        sys.exit(str(error))
