"""Workers: each wing answers in a process of its own, for TensorFlow and PyTorch never share one."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from utils import provenance, runtime

both_installed = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in runtime.FRAMEWORKS), reason="only one framework is installed"
)


def start(worker, *arguments, **pipes):
    """Start a worker, a module of this folder, with one thread, as a kernel has."""
    surroundings = {**os.environ, **runtime.notebook_environment(threads=1), "PYTHONPATH": str(provenance.ROOT)}
    command = [sys.executable, str(Path(__file__).with_name(f"{worker}.py")), *map(str, arguments)]
    return subprocess.Popen(command, env=surroundings, **pipes)


def run(worker, folder, *tasks, frameworks=runtime.FRAMEWORKS):
    """Run a worker for each framework, all at once, until they have left their files in the folder."""
    outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    for started in [start(worker, framework, folder, *tasks, **outputs) for framework in frameworks]:
        said, _ = started.communicate()
        assert started.returncode == 0, said
