"""The twins: drawn once, a few seconds a split, then kept in the user's cache folder."""

import functools
import hashlib
import importlib
import sys
import zipfile
from pathlib import Path

import numpy as np

from utils import provenance, writing
from utils.data import files
from utils.data.registry import DataSet


def checksum(dataset: DataSet) -> str:
    """SHA-256 of the source of the module that draws this twin, together with that of those it draws with."""
    own, *others = (provenance.file_hash(path) for path in modules(dataset))
    return hashlib.sha256("".join((own, *others)).encode()).hexdigest() if others else own


def modules(dataset: DataSet) -> list[Path]:
    """The source files that decide this twin's pixels."""
    return [Path(__file__).parent / "synthetic" / f"{module}.py" for module in dataset.twin]


def split(dataset: DataSet, name: str) -> dict[str, np.ndarray]:
    """The arrays of one split by name, "images" and "labels" at least; from the cache, or drawn and put there.

    Several processes may do this at once: each draws for itself, and the last one's file, equal to the others', stays.
    """
    path = files.twin_directory() / f"{dataset.name}-{name}-{checksum(dataset)[:16]}.npz"
    arrays = _kept(path)
    if arrays is None:
        arrays = _drawn(dataset, name)
        _keep(path, arrays)
    return arrays


def _kept(path: Path) -> dict[str, np.ndarray] | None:
    """What the cache holds; nothing where there is no such file, or a damaged one."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _drawn(dataset: DataSet, name: str) -> dict[str, np.ndarray]:
    """Draw a split, with a progress bar on terminals if that takes longer than two seconds."""
    from tqdm import tqdm

    module = importlib.import_module(f"utils.data.synthetic.{dataset.twin[0]}")
    progress = functools.partial(tqdm, desc=f"Drawing {dataset.name}, {name}", delay=2, leave=False, disable=None)
    return module.generate(name, progress)


def _keep(path: Path, arrays: dict[str, np.ndarray]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing.whole(path) as part, part.open("wb") as stream:  # savez would put a suffix to a name
            np.savez(stream, **arrays)
    except OSError as error:
        print(f"{path} can not be written ({error.strerror}); it will be drawn again next time.", file=sys.stderr)
