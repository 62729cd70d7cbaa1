"""How fast our code is, as ratios: ours and theirs in one run, taking turns, one thread each, medians compared.

A ratio holds on other machines where seconds do not. To add one, write a function that returns a `Ratio` and name it
in `BENCHMARKS`; what it needs, it imports itself.
"""

import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from tools.errors import BuildError
from tools.paths import ROOT
from utils import data, ops, runtime
from utils.data import files, originals, photos, registry


@dataclass(frozen=True)
class Ratio:
    """Two ways to one result, of which ours may take `at_most` times as long as theirs."""

    what: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]
    at_most: float
    rounds: int = 30
    tolerance: float = 1e-3  # by which the two results may differ


def run(names: list[str] | None = None) -> None:
    """Measure the named benchmarks, or all, and print a row for each; BuildError for a name that is none."""
    unknown = set(names or ()) - set(BENCHMARKS)
    if unknown:
        raise BuildError(f"No benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    print(f"{'what':<52} {'ours':>11} {'theirs':>11} {'ratio':>8}   wanted", flush=True)
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
    figures = f"{ratio.what:<52} {1000 * ours:>8.2f} ms {1000 * theirs:>8.2f} ms {ours / theirs:>8.3g}"
    return f"{figures}   ≤ {ratio.at_most:g}, {verdict}"


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


PHOTOS, SIDE, WORKERS = 2_000, 150, 2
_scratch = tempfile.TemporaryDirectory()


def photos_against_keras() -> Ratio:
    """Decoding and resizing a folder of photos for the first time, beside Keras."""
    import keras
    import tensorflow as tf

    folder = _photo_folder()

    def theirs() -> np.ndarray:
        loaded = keras.utils.image_dataset_from_directory(
            folder, image_size=(SIDE, SIDE), batch_size=64, shuffle=False, verbose=False
        )
        options = tf.data.Options()
        options.threading.private_threadpool_size = WORKERS
        return np.concatenate([_brightness(images.numpy()) for images, _ in loaded.with_options(options)])

    return _photo_ratio(folder, "load_folder / Keras", theirs)


def photos_against_torchvision() -> Ratio:
    """The same beside torchvision's folder and PyTorch's loader."""
    import torch
    from torchvision import datasets, transforms

    folder = _photo_folder()
    prepared = transforms.Compose([transforms.Resize((SIDE, SIDE)), transforms.PILToTensor()])

    def theirs() -> np.ndarray:
        loaded = datasets.ImageFolder(folder, prepared)
        batches = torch.utils.data.DataLoader(loaded, batch_size=64, num_workers=WORKERS)
        return np.concatenate([_brightness(images.permute(0, 2, 3, 1).numpy()) for images, _ in batches])

    return _photo_ratio(folder, "load_folder / torchvision", theirs)


def photos_from_cache() -> Ratio:
    """The second time, beside the first: every byte is read."""
    folder = _photo_folder()
    once = _photo_ratio(folder, "load_folder, from its cache / the first time", lambda: _loaded(folder))
    return Ratio(once.what, once.theirs, once.ours, at_most=0.1, rounds=once.rounds)


def _photo_ratio(folder: Path, what: str, theirs: Callable[[], np.ndarray]) -> Ratio:
    """Our first pass beside theirs. Two ways to resize differ far less than two pictures do."""
    photos.THREADS = 1 + WORKERS
    cache = Path(_scratch.name) / "cache"
    files.cache_directory = lambda: cache

    def ours() -> np.ndarray:
        shutil.rmtree(cache, ignore_errors=True)
        return _loaded(folder)

    what = f"{PHOTOS:,} photos to {SIDE}×{SIDE}, {WORKERS} cores: {what}"
    return Ratio(what, ours, theirs, at_most=1, rounds=5, tolerance=0.02)


def _loaded(folder: Path) -> np.ndarray:
    with contextlib.redirect_stdout(sys.stderr):
        return _brightness(data.load_folder(folder, size=(SIDE, SIDE)).images)


def _brightness(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).sum(axis=1, dtype=np.float32) / (255 * images[0].size)


def _photo_folder() -> Path:
    """The training photos of cats and dogs, where class folders of them are on disk; else their twin, as JPEG files."""
    from PIL import Image

    original = originals.find(registry.find("cats_vs_dogs"))
    if original is not None and original.form == "folders":
        return original.path / "train"
    folder = Path(_scratch.name) / "photos"
    twin = data.load("cats_vs_dogs", source="twin", size=(SIDE, SIDE), limit=PHOTOS)
    for number, (image, label) in enumerate(zip(twin.images, twin.labels)):
        path = folder / twin.classes[label] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, quality=87)
    return folder


BENCHMARKS: dict[str, Callable[[], Ratio]] = {
    "im2col-torch": im2col_against_torch,
    "im2col-loops": im2col_against_loops,
    "photos-keras": photos_against_keras,
    "photos-torchvision": photos_against_torchvision,
    "photos-cache": photos_from_cache,
}


if __name__ == "__main__":
    print(row(sys.argv[1]))
