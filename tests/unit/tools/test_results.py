import json
from types import SimpleNamespace

import pytest

from tools import results as measuring
from tools.errors import BuildError
from tools.paths import ROOT
from utils import results

FACTS = {"versions": {"python": "3.11.2", "numpy": "2.4.6"}, "data": {"mnist": {"source": "twin", "checksum": "ab"}}}
TINY = SimpleNamespace(
    TITLE="Tiny nets", METRIC="accuracy on test", UNIT="%", SEEDS=(0, 1, 2), RUNS=(("net", "keras"), ("net", "torch"))
)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A measurement named `tiny` whose workers only pretend: what they were asked for is in `.asked`."""
    state = SimpleNamespace(asked=[], code="1", stop_at=None, folder=tmp_path)

    def work(name, label, framework, seeds):
        state.asked.append((framework, tuple(seeds)))
        yield {**FACTS, "versions": {**FACTS["versions"], framework: "9.9"}}
        for seed in seeds:
            if (framework, seed) == state.stop_at:
                raise KeyboardInterrupt
            yield {"seed": seed, "values": {label: 0.9 + seed / 100, "bar": 0.5}, "seconds": 2.0 + seed}

    monkeypatch.setattr(measuring, "names", lambda: ["tiny"])
    monkeypatch.setattr(measuring, "UNFINISHED", tmp_path / "unfinished")
    monkeypatch.setattr(measuring, "work", work)
    monkeypatch.setattr(measuring, "_code", lambda name, framework: {f"utils/{framework}/models.py": state.code * 64})
    monkeypatch.setattr(measuring, "_module", lambda name: TINY)
    monkeypatch.setattr(measuring, "ROOT", tmp_path)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    return state


def test_a_measurement_is_written_with_every_row_and_fact(bench):
    measuring.run(["tiny"])
    result = results.load("tiny")
    assert [(row.label, row.framework) for row in result.rows] == [
        ("net", "keras"),
        ("bar", "keras"),
        ("net", "torch"),
        ("bar", "torch"),
    ]
    assert result.row("net", "torch").values == pytest.approx((0.9, 0.91, 0.92))
    assert result.row("net", "torch").seconds == (2.0, 3.0, 4.0)
    assert result.data == {"name": "mnist", "source": "twin", "checksum": "ab"}
    assert result.versions == {"python": "3.11.2", "numpy": "2.4.6", "keras": "9.9", "torch": "9.9"}
    assert result.command == "python -m tools results tiny"
    assert set(result.code) == {"utils/keras/models.py", "utils/torch/models.py"}
    assert not list((bench.folder / "unfinished").rglob("*.json"))


def test_an_interrupted_measurement_keeps_its_seeds_and_goes_on(bench):
    bench.stop_at = ("torch", 1)
    with pytest.raises(KeyboardInterrupt):
        measuring.run(["tiny"])
    assert results.names() == []
    bench.stop_at, bench.asked[:] = None, []
    measuring.run(["tiny"])
    assert bench.asked == [("torch", (1, 2))]
    assert results.load("tiny").row("net", "torch").seeds == (0, 1, 2)


def test_changed_code_starts_anew(bench):
    bench.stop_at = ("torch", 1)
    with pytest.raises(KeyboardInterrupt):
        measuring.run(["tiny"])
    bench.stop_at, bench.code, bench.asked[:] = None, "2", []
    measuring.run(["tiny"])
    assert bench.asked == [("keras", (0, 1, 2)), ("torch", (0, 1, 2))]


def test_each_seed_is_a_line_of_progress(bench, capsys):
    measuring.run(["tiny"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert lines[0] == "  [1/3] keras  net 0.9000, bar 0.5000  2 s (seed 0)"
    assert lines[-1] == "tiny: wrote results/tiny.json"


def test_an_unknown_measurement_is_refused_before_anything_runs(bench):
    with pytest.raises(BuildError, match="There is no measurement 'huge'; choose among tiny"):
        measuring.run(["tiny", "huge"])
    assert bench.asked == []


def test_a_measurement_without_its_data_does_not_keep_the_others_from_being_measured(bench, monkeypatch, capsys):
    work = measuring.work

    def lacking(name, *given):
        if name == "huge":
            raise BuildError("huge: net in keras failed (exit code 1); its error stands above.")
        return work(name, *given)

    monkeypatch.setattr(measuring, "names", lambda: ["huge", "tiny"])
    monkeypatch.setattr(measuring, "work", lacking)
    with pytest.raises(BuildError, match=r"^Not measured, for the reasons above: huge\.$"):
        measuring.run()
    assert results.names() == ["tiny"] and "huge: net in keras failed" in capsys.readouterr().err


def test_a_worker_without_its_data_says_so_in_one_sentence(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path))
    monkeypatch.delenv("LEARNING_TO_SEE_SOURCE", raising=False)
    with pytest.raises(BuildError, match="exit code 1"):
        list(measuring.work("mnist-recipes", "lenet", "torch", [0]))
    said = capfd.readouterr().err
    assert "python -m utils.data download mnist" in said and "Traceback" not in said


def test_a_failing_worker_stops_the_measurement(capfd, monkeypatch):
    monkeypatch.setattr(measuring, "_module", lambda name: TINY)
    with pytest.raises(BuildError, match="exit code 1"):
        list(measuring.work("never-written", "net", "torch", [0]))
    assert "never_written" in capfd.readouterr().err


def test_an_abandoned_worker_is_ended(monkeypatch):
    waiting = "import time; print('@{}', flush=True); time.sleep(600)"
    started, popen = [], measuring.subprocess.Popen

    def start(command, **settings):
        assert settings["env"]["OMP_NUM_THREADS"] == "2"
        started.append(popen([measuring.sys.executable, "-c", waiting], **settings))
        return started[0]

    monkeypatch.setattr(measuring.subprocess, "Popen", start)
    monkeypatch.setattr(measuring, "_module", lambda name: SimpleNamespace(THREADS=2))
    said = measuring.work("tiny", "net", "torch", [0])
    assert next(said) == {}
    said.close()
    assert started[0].returncode is not None


def test_every_measurement_says_what_it_measures():
    assert {"mnist-recipes", "mnist-ablation"} <= set(measuring.names())
    for name in measuring.names():
        module = measuring._module(name)
        assert module.TITLE and module.METRIC and module.UNIT and len(set(module.SEEDS)) == len(module.SEEDS)
        assert len(set(module.RUNS)) == len(module.RUNS)
        assert {framework for _, framework in module.RUNS} <= {"keras", "torch"}
        for _, framework in module.RUNS:
            assert all((ROOT / file).is_file() for file in measuring._code(name, framework))


def test_the_hash_of_code_overlooks_words_and_layout(tmp_path):
    path = tmp_path / "module.py"
    hashes = []
    for text in ('"""One."""\nx = 1\n', '"""Two."""\n\nx = (1)  # why\n', "x = 2\n"):
        path.write_text(text)
        hashes.append(measuring.code_hash(path))
    assert hashes[0] == hashes[1] != hashes[2]
    assert measuring.code_hash(tmp_path / "missing.py") not in hashes


def test_outdated_names_what_changed(bench, capsys):
    measuring.run(["tiny"])
    path = results.FOLDER / "tiny.json"
    facts = json.loads(path.read_text("utf8"))
    (bench.folder / "same.py").write_text("x = 1")
    facts["code"] = {"same.py": measuring.code_hash(bench.folder / "same.py"), "gone.py": "0" * 64}
    path.write_text(json.dumps(facts))
    assert measuring.outdated("tiny") == ["gone.py"]
    capsys.readouterr()
    measuring.run()
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "tiny was measured with earlier code; changed since: gone.py"


def test_a_result_depends_on_what_computes_its_accuracy():
    assert {f"utils/torch/{name}.py" for name in ("inference", "resnets", "training")} <= measuring._code(
        "cats-and-dogs-scratch", "torch"
    ).keys()
