import random
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from utils import runtime


def test_the_same_seed_gives_the_same_numbers():
    draws = []
    for _ in range(2):
        runtime.seed_everything(5)
        draws.append((random.random(), np.random.rand()))
    assert draws[0] == draws[1]


def test_it_seeds_an_imported_framework(monkeypatch):
    seeded = []
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(manual_seed=seeded.append))
    runtime.seed_everything(np.int64(3))
    assert seeded == [3]


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", None])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match="give an integer from 0"):
        runtime.seed_everything(seed)


def test_framework_tells_which_one_is_imported(monkeypatch):
    for name in ("keras", "torch"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(RuntimeError, match="neither Keras nor PyTorch"):
        runtime.framework()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())
    assert runtime.framework() == "torch"
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace())
    with pytest.raises(RuntimeError, match="both Keras and PyTorch"):
        runtime.framework()


def test_versions_name_only_what_is_imported(monkeypatch):
    for name in ("keras", "tensorflow", "torch"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert set(runtime.versions()) == {"python", "numpy"}
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(__version__="9.9"))
    assert runtime.versions()["torch"] == "9.9"


def test_machine_is_short_and_names_the_cores():
    assert "core" in runtime.machine()
    assert len(runtime.machine()) < 40


def test_the_environment_limits_threads_and_holds_only_text():
    surroundings = runtime.notebook_environment(threads=2)
    assert surroundings["OMP_NUM_THREADS"] == surroundings["TF_NUM_INTRAOP_THREADS"] == "2"
    assert surroundings["TF_DETERMINISTIC_OPS"] == "1"
    assert surroundings["KERAS_BACKEND"] == "tensorflow"
    assert all(isinstance(value, str) for value in surroundings.values())


def test_our_wings_are_not_taken_for_the_frameworks():
    code = "import utils, sys; sys.modules['utils.torch'] = utils; from utils import runtime; runtime.framework()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "neither Keras nor PyTorch" in done.stderr
