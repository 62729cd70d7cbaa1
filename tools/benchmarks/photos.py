"""How fast folders of photos are decoded and resized, for the first time and later."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tools.benchmarks import Ratio
from utils import data
from utils.data import files, originals, photos, registry

PHOTOS, SIDE, WORKERS = 2_000, 150, 2
_scratch = tempfile.TemporaryDirectory()


def against_keras() -> Ratio:
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


def against_torchvision() -> Ratio:
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


def from_cache() -> Ratio:
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
