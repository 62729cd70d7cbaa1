"""The benchmark table on benchmarks whose result is known."""

import time

import numpy as np
import pytest

from tools import bench
from tools.errors import BuildError


def sleeping(seconds, result=1.0):
    def call():
        time.sleep(seconds)
        return np.array(result)

    return call


def test_a_row_names_times_ratio_and_verdict():
    slow, fast = sleeping(0.02), sleeping(0.001)
    assert bench.measure(bench.Ratio("slow / fast", slow, fast, at_most=3, rounds=3)).endswith("≤ 3, MISSED")
    assert bench.measure(bench.Ratio("fast / slow", fast, slow, at_most=0.5, rounds=3)).endswith("≤ 0.5, reached")


def test_a_fast_wrong_answer_is_no_answer():
    with pytest.raises(AssertionError):
        bench.measure(bench.Ratio("wrong", sleeping(0, 1.0), sleeping(0, 2.0), at_most=1))


def test_run_prints_one_row_for_each_name(monkeypatch, capsys):
    def harmless():
        return bench.Ratio("nothing / nothing", sleeping(0), sleeping(0), at_most=10, rounds=1)

    monkeypatch.setattr(bench, "BENCHMARKS", {"first": harmless, "second": harmless})
    monkeypatch.setattr(bench, "in_own_process", lambda name: print(bench.row(name)))
    bench.run(None)
    assert capsys.readouterr().out.count("nothing / nothing") == 2
    bench.run(["second"])
    assert capsys.readouterr().out.count("nothing / nothing") == 1


def test_a_benchmark_has_a_process_of_its_own(capfd):
    bench.in_own_process("im2col-loops")
    assert capfd.readouterr().out.startswith("conv2d 8×64×32×32, 64 filters 3×3: im2col / loops")


def test_a_benchmark_that_fails_says_so(monkeypatch):
    monkeypatch.setattr(bench.sys, "executable", "false")
    with pytest.raises(BuildError, match=r"The benchmark im2col-loops failed \(exit code 1\)"):
        bench.in_own_process("im2col-loops")


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    def lacking():
        raise ModuleNotFoundError("no keras here", name="keras")

    monkeypatch.setattr(bench, "BENCHMARKS", {"lacking": lacking})
    assert bench.row("lacking") == "lacking: needs keras, which is not installed"


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(BuildError, match="called winograd; there are im2col-torch, im2col-loops"):
        bench.run(["winograd"])
