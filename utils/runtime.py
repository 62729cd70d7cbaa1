"""Where and how a notebook runs: seeds, threads, versions. Importing this module loads no framework."""

import os
import platform
import random
import sys

import numpy as np

FRAMEWORKS = ("keras", "torch")


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and the imported framework's random numbers; call it after the framework's import.

    Args:
        seed: 0 … 2³² − 1.

    Raises:
        ValueError: the seed is no such integer.
    """
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"The seed is {seed!r}: give an integer from 0 to {2**32 - 1}.")
    random.seed(int(seed))
    np.random.seed(int(seed))
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(int(seed))  # seeds the TensorFlow back end as well
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(int(seed))


def framework() -> str:
    """The framework this process has imported: "keras" or "torch".

    Raises:
        RuntimeError: none was imported, or both were (they can not share a process).
    """
    imported = [name for name in FRAMEWORKS if name in sys.modules]
    if len(imported) != 1:
        found = "both Keras and PyTorch are" if imported else "neither Keras nor PyTorch is"
        raise RuntimeError(f"In this process {found} imported: import exactly one, `import keras` or `import torch`.")
    return imported[0]


def versions() -> dict[str, str]:
    """Versions of Python, NumPy and whatever of the frameworks this process has imported."""
    imported = [name for name in ("keras", "tensorflow", "torch") if name in sys.modules]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        **{name: sys.modules[name].__version__ for name in imported},
    }


def machine() -> str:
    """The machine in a few words, such as "x86_64, 2 cores"."""
    cores = os.cpu_count() or 1
    return f"{platform.machine()}, {cores} core{'s' if cores != 1 else ''}"


def notebook_environment(threads: int = 1) -> dict[str, str]:
    """Environment variables of every kernel and worker we start: thread limits, deterministic operations, few logs.

    They only count if they are set before the process imports its framework, which is why the runner sets them.
    """
    return {
        "OMP_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "TF_DETERMINISTIC_OPS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        "PYTHONHASHSEED": "0",
    }
