"""The benchmark table on benchmarks whose result is known."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from tools import bench
from tools.errors import BuildError


@pytest.fixture
def taking(monkeypatch):
    """A function that makes calls, which take so many seconds on a clock that nothing else moves."""
    now = [0.0]
    monkeypatch.setattr(bench, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def made(seconds, result=1.0):
        def call():
            now[0] += seconds
            return np.array(result)

        return call

    return made


def test_a_row_names_times_ratio_and_verdict(taking):
    slow, fast = taking(0.02), taking(0.005)
    said = bench.measure(bench.Ratio("slow / fast", slow, fast, at_most=3.9, rounds=3))
    assert said.split() == ["slow", "/", "fast", "20.00", "ms", "5.00", "ms", "4", "≤", "3.9,", "MISSED"]
    assert bench.measure(bench.Ratio("slow / fast", slow, fast, at_most=4.1, rounds=3)).endswith("≤ 4.1, reached")


def test_a_disturbed_round_does_not_count(taking):
    seconds = iter([1.0, 50.0, 1.0])
    disturbed = bench.Ratio("ours / theirs", lambda: taking(next(seconds))(), taking(1), at_most=1, rounds=3)
    assert bench.measure(disturbed).endswith(" 1   ≤ 1, reached")


def test_a_fast_wrong_answer_is_no_answer(taking):
    with pytest.raises(AssertionError):
        bench.measure(bench.Ratio("wrong", taking(1, 1.0), taking(1, 2.0), at_most=1))


def test_one_call_may_stand_for_several(taking):
    once = bench.Ratio("once / 10 times", taking(0.02), taking(0.004), at_most=0.9, rounds=3, times=10)
    assert bench.measure(once).endswith("≤ 0.9, reached")
    assert bench.measure(dataclasses.replace(once, times=1)).endswith("≤ 0.9, MISSED")


@pytest.fixture
def trainings(monkeypatch):
    """Trainings that take as many seconds as are written here, and the labels that were asked for."""
    asked = []
    seconds = {"all": 20.0, "net, 1 epoch": 7.0, "net, 3 epochs": 11.0}

    def work(measurement, label, framework, seeds):
        asked.append((measurement, label, framework, seeds))
        yield {"versions": {}}
        yield {"seed": 0, "values": {}, "seconds": seconds[label]}

    monkeypatch.setattr(bench.results, "work", work)
    return asked


def test_a_race_is_between_two_trainings_and_extrapolates(trainings):
    whole, part = bench.Runner("one", "all", "keras"), bench.Runner("two", "net", "torch", epochs=100)
    said = bench.race(bench.Race("net / all", part, whole, at_most=10.3))
    # 5 s around the epochs, and 2 s for each: 205 s
    assert " 205.0 s " in said and " 20.0 s " in said and "10.2" in said and said.endswith("≤ 10.3, reached")
    assert bench.race(bench.Race("all / net", whole, part, at_most=0.09)).endswith("MISSED")
    assert trainings[:3] == [
        ("two", "net, 1 epoch", "torch", [0]),
        ("two", "net, 3 epochs", "torch", [0]),
        ("one", "all", "keras", [0]),
    ]


@pytest.mark.parametrize("name", [name for name in bench.BENCHMARKS if name.startswith(("mnist", "photos-scratch"))])
def test_every_runner_is_a_recipe_that_is_measured(name):
    race = bench.BENCHMARKS[name]()
    for runner in (race.ours, race.theirs):
        assert (runner.label, runner.framework) in bench.results._module(runner.measurement).RUNS


def test_run_prints_one_row_for_each_name(monkeypatch, capsys, taking):
    def harmless():
        return bench.Ratio("nothing / nothing", taking(1), taking(1), at_most=10, rounds=1)

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


def test_one_that_fails_does_not_keep_the_others_from_being_measured(monkeypatch, capsys):
    def fail_first(name):
        if name == "first":
            raise BuildError("The benchmark first failed.")
        print(f"row of {name}")

    monkeypatch.setattr(bench, "BENCHMARKS", {"first": None, "second": None})
    monkeypatch.setattr(bench, "in_own_process", fail_first)
    with pytest.raises(BuildError, match=r"^Not measured, for the reasons above: first\.$"):
        bench.run()
    said = capsys.readouterr()
    assert "row of second" in said.out and said.err == "The benchmark first failed.\n"


def test_a_benchmark_without_its_data_says_so_in_one_sentence(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path))
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", "auto")
    with pytest.raises(BuildError):
        bench.in_own_process("mnist-torch")
    said = capfd.readouterr().err
    assert "python -m utils.data download mnist" in said and "Traceback" not in said


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    def lacking():
        raise ModuleNotFoundError("no keras here", name="keras")

    monkeypatch.setattr(bench, "BENCHMARKS", {"lacking": lacking})
    assert bench.row("lacking") == "lacking: needs keras, which is not installed"


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(BuildError, match="called winograd; there are im2col-torch, im2col-loops"):
        bench.run(["winograd"])
