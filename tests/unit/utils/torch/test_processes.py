import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from utils import runtime
from utils.torch import devices, processes

ROOT = Path(__file__).resolve().parents[4]
WORKER = ROOT / "tests/unit/utils/torch/process_worker.py"


def trained(folder, name, *launcher):
    surroundings = {**os.environ, **runtime.notebook_environment(threads=1), "PYTHONPATH": str(ROOT)}
    files = [str(folder / f"{name}.safetensors"), str(folder / f"{name}.json")]
    command = [sys.executable, *launcher, str(WORKER), *files]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return load_file(files[0]), json.loads(Path(files[1]).read_text())


def test_two_processes_train_as_one_does(tmp_path):
    pytest.importorskip("lightning_fabric")
    one, history = trained(tmp_path, "one")
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    two, shared = trained(tmp_path, "two", *launcher)
    for key, array in one.items():
        np.testing.assert_allclose(two[key], array, atol=1e-5, err_msg=key)
    assert history.keys() == shared.keys()
    for name, values in history.items():
        assert shared[name] == pytest.approx(values, rel=1e-4)


def test_alone_it_is_one_process_on_the_best_device(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    process = processes.this_process()
    assert (process.rank, process.count, process.device) == (0, 1, devices.best_device())


def test_sums_are_precise_where_the_device_can():
    assert devices.sums_precisely_in(torch.device("cpu")) == torch.float64
    assert devices.sums_precisely_in(torch.device("mps")) == torch.float32


@pytest.mark.parametrize(
    ("features", "gains"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_bf16": False, "avx2": True}, False)],
)
def test_bfloat16_gains_where_the_processor_multiplies_it(monkeypatch, features, gains):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {**features, "cpu_name": "x"})
    assert devices.gains_from_bfloat16(torch.device("cpu")) == gains
    assert not devices.gains_from_bfloat16(torch.device("meta"))
