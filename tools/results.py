"""Measures result bands over seeds into `results/`, each framework in its own process; goes on where it stopped."""

import ast
import datetime
import hashlib
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from tools.errors import BuildError
from tools.paths import BUILD, ROOT
from utils import results, runtime
from utils.data import registry

UNFINISHED = BUILD / "results"
MEASUREMENTS = ROOT / "tools" / "measurements"
# What every training goes through, in utils and in the wing; what else a number depends on, its measurement names.
SHARED = ("defaults", "inputs", "schedules", "recipes", "batching", "augmentation", "_parameters", "_transforms")
WING = (
    *("batches", "augmentation", "models", "photo_convnets", "resnets", "building", "optimizers", "training"),
    *("callbacks", "inference"),
)
# glibc would give each step's maps back to the system and ask for them again: 4,000 page faults, 6 % of the time
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
NOT_MEASUREMENTS = {"__init__", "lessons", "worker"}


def names() -> list[str]:
    """The measurements that can be run, sorted."""
    return sorted(
        path.stem.replace("_", "-") for path in MEASUREMENTS.glob("*.py") if path.stem not in NOT_MEASUREMENTS
    )


def run(wanted: list[str] | None = None) -> None:
    """Measure these, or all, and write `results/NAME.json` for each that is complete.

    Before all are measured, those there are whose code has changed since are named.

    Seeds already measured by the same code are kept, so that an interrupted run goes on where it stopped.

    One that fails, as where its data are missing, does not keep the others from being measured.

    Raises:
        BuildError: there is no such measurement, or some could not be measured.
    """
    for name in wanted or names():
        if name not in names():
            raise BuildError(f"There is no measurement {name!r}; choose among {', '.join(names())}.")
    for name in [] if wanted else results.names():
        if changed := outdated(name):
            print(f"{name} was measured with earlier code; changed since: {', '.join(changed)}", flush=True)
    left_out = []
    for name in wanted or names():
        try:
            _measure(name)
        except BuildError as error:
            print(error, file=sys.stderr, flush=True)
            left_out.append(name)
    if left_out:
        raise BuildError(f"Not measured, for the reasons above: {', '.join(left_out)}.")


def _measure(name: str) -> None:
    measurement = _module(name)
    runs = [_finish(name, measurement, label, framework) for label, framework in measurement.RUNS]
    path = results.save(_result(name, measurement, runs))
    for facts in runs:
        _forget(name, facts["label"], facts["framework"])
    print(f"{name}: wrote {path.relative_to(ROOT)}")


def outdated(name: str) -> list[str]:
    """Files whose code changed since `results/NAME.json` was measured; empty where the result is current."""
    return [file for file, checksum in results.load(name).code.items() if code_hash(ROOT / file) != checksum]


def code_hash(path: Path) -> str:
    """SHA-256 of a module's code without comments, docstrings and layout; of a missing file: of nothing."""
    tree = ast.parse(path.read_text("utf8")) if path.is_file() else ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _code(name: str, framework: str) -> dict[str, str]:
    """The files that a framework's rows depend on."""
    own = [f"tools/measurements/{name.replace('-', '_')}.py", *getattr(_module(name), "FILES", ())]
    shared = [f"utils/{module}.py" for module in SHARED]
    wing = [f"utils/{framework}/{module}.py" for module in WING]
    return {file: code_hash(ROOT / file) for file in (*own, *shared, *wing) if (ROOT / file).is_file()}


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tools.measurements.{name.replace('-', '_')}")


def _finish(name: str, measurement: ModuleType, label: str, framework: str) -> dict:
    """All seeds of one run, those measured before and those still to do: what `_result` makes rows of."""
    facts = _before(name, label, framework)
    missing = [seed for seed in measurement.SEEDS if str(seed) not in facts["seeds"]]
    for said in work(name, label, framework, missing) if missing else ():
        if "seed" not in said:
            facts |= said
            continue
        facts["seeds"][str(said["seed"])] = {"values": said["values"], "seconds": said["seconds"]}
        results.write_atomically(_unfinished(name, label, framework), json.dumps(facts))
        shown = ", ".join(f"{row} {value:.4f}" for row, value in said["values"].items())
        count = f"[{len(facts['seeds'])}/{len(measurement.SEEDS)}]"
        print(f"  {count} {framework:5}  {shown}  {said['seconds']:.0f} s (seed {said['seed']})", flush=True)
    return facts


def _before(name: str, label: str, framework: str) -> dict:
    path, code = _unfinished(name, label, framework), _code(name, framework)
    if path.is_file() and (facts := json.loads(path.read_text("utf8")))["code"] == code:
        return facts
    return {"label": label, "framework": framework, "code": code, "seeds": {}}


def _unfinished(name: str, label: str, framework: str) -> Path:
    return UNFINISHED / name / f"{label}.{framework}.json"


def _forget(name: str, label: str, framework: str) -> None:
    _unfinished(name, label, framework).unlink(missing_ok=True)


def work(name: str, label: str, framework: str, seeds: list[int]):
    """Run these seeds in a process of their own: what the worker says, as it says it."""
    command = [sys.executable, "-m", "tools.measurements.worker", name, label, framework, *map(str, seeds)]
    threads = getattr(_module(name), "THREADS", 1)
    surroundings = {**os.environ, **runtime.notebook_environment(threads), **KEEP_MEMORY, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True) as worker:
        try:
            for line in worker.stdout:
                if line.startswith("@"):
                    yield json.loads(line[1:])
        except BaseException:  # nobody waits for what comes: without this, leaving would wait for the last seed
            worker.terminate()
            raise
    if worker.returncode:
        raise BuildError(
            f"{name}: {label} in {framework} failed (exit code {worker.returncode}); its error stands above."
        )


def _result(name: str, measurement: ModuleType, runs: list[dict]) -> results.Result:
    (data,) = {json.dumps(facts["data"], sort_keys=True) for facts in runs}
    # weights that a measurement loads are no data set: its title names them
    ((data_name, identity),) = ((key, facts) for key, facts in json.loads(data).items() if key in registry.DATASETS)
    return results.Result(
        name=name,
        title=measurement.TITLE,
        metric=measurement.METRIC,
        unit=measurement.UNIT,
        data={"name": data_name, **identity},
        rows=tuple(row for facts in runs for row in _rows(facts, measurement.SEEDS, measurement.UNIT)),
        machine=runtime.machine(),
        versions={key: value for facts in runs for key, value in facts["versions"].items()},
        date=datetime.date.today().isoformat(),
        command=f"python -m tools results {name}",
        code={file: checksum for facts in runs for file, checksum in facts["code"].items()},
    )


def _rows(facts: dict, seeds: tuple[int, ...], unit: str):
    by_seed = [facts["seeds"][str(seed)] for seed in seeds]
    seconds = tuple(measured["seconds"] for measured in by_seed)
    for label in by_seed[0]["values"]:
        values = tuple(measured["values"][label] for measured in by_seed)
        yield results.Row(label, facts["framework"], values, tuple(seeds), seconds, unit)
