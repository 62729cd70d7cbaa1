"""Everything there is to test, part by part, with the seconds of each: what `make test` runs."""

import os
import re
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tools import editions, execute, outputs
from tools.errors import BuildError
from tools.labs import proofs
from tools.paths import ROOT
from utils.data import identity, registry
from utils.runtime import notebook_environment

PROCESSES = 2
PYTEST = [sys.executable, "-m", "pytest"]
NO_TESTS = 5  # pytest's exit code


def run(wanted: list[str] | None) -> None:
    """Run these parts (None: all) on the twins; a failed part does not keep the others from running.

    Raises:
        BuildError: a part failed, or (with $CI) could not be run; or there is no such part.
    """
    for name in wanted or PARTS:
        if name not in PARTS:
            raise BuildError(f"There is no part {name!r} to test; there are {', '.join(PARTS)}.")
    os.environ["LEARNING_TO_SEE_SOURCE"] = "twin"
    seconds, failed, left_out = {}, [], {}
    for name in wanted or PARTS:
        print(f"\n== {name} ==", flush=True)
        start = time.perf_counter()
        try:
            if reason := PARTS[name]():
                left_out[name] = reason
        except BuildError as error:
            print(error, file=sys.stderr, flush=True)
            failed.append(name)
        except Exception:
            traceback.print_exc()
            failed.append(name)
        seconds[name] = time.perf_counter() - start
    _report(seconds, failed, left_out)


def _report(seconds: dict[str, float], failed: list[str], left_out: dict[str, str]) -> None:
    """Print what became of each part; the last line counts them."""
    print("\n== seconds ==")
    for name, spent in seconds.items():
        outcome = "FAILED" if name in failed else "" if name not in left_out else f"not run: {left_out[name]}"
        print(f"  {name:10} {spent:7.1f}  {outcome}".rstrip())
    if {"editions", "book"} & seconds.keys():
        print("The pages and the book are those of the twins now; `make book` takes the originals that you have again.")
    passed = len(seconds) - len(failed) - len(left_out)
    print(f"parts: {passed} passed, {len(failed)} failed, {len(left_out)} not run", flush=True)
    if wrong := failed + (list(left_out) if os.environ.get("CI") == "true" else []):
        raise BuildError(f"Not everything passed: {', '.join(wrong)}.")


def _call(command: list[str], fine: tuple[int, ...] = (0,)) -> None:
    """Run a command from the root, with one thread for each of its processes, as a kernel has."""
    surroundings = {**os.environ, **notebook_environment(threads=1), "PYTHONPATH": str(ROOT)}
    code = subprocess.run(command, cwd=ROOT, env=surroundings, check=False).returncode
    if code not in fine:
        raise BuildError(f"It ended with exit code {code}: python {' '.join(command[1:6])} …")


def _sources() -> None:
    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "--quiet", "."], ["codespell_lib", "."])
    _all_of([[sys.executable, "-m", *check] for check in (*checks, ["tools.sources"])])


def _all_of(commands: list[list[str]], fine: tuple[int, ...] = (0,)) -> None:
    """Run them all, whatever becomes of one."""
    failures = []
    for command in commands:
        try:
            _call(command, fine)
        except BuildError as error:
            failures.append(str(error))
    if failures:
        raise BuildError("\n".join(failures))


def _unit() -> None:
    """Tests of `utils` and `tools`."""
    _all_of(_unit_tests("not originals"))


def _unit_tests(marked: str) -> list[list[str]]:
    """Commands that run the unit tests with these marks: TensorFlow and PyTorch never share a process."""
    groups: dict[str, list[str]] = {"": [], **{name: [] for name in editions.installed_frameworks()}}
    for path in sorted((ROOT / "tests" / "unit").rglob("test_*.py")):
        if (framework := _framework_of(path)) in groups:
            groups[framework].append(str(path.relative_to(ROOT)))
    return [[*PYTEST, "-n", str(PROCESSES), "-m", marked, *files] for files in groups.values() if files]


def _framework_of(path: Path) -> str:
    """The framework that a test file imports, if any: its name or its folder says so."""
    words = {*path.relative_to(ROOT).parts[:-1], *path.stem.split("_")}
    return next((name for name in editions.FRAMEWORKS if name in words), "")


def _labs() -> None:
    """Every solution, stub, wrong and other right answer of every lab."""
    proofs.run(None)


def _editions() -> None:
    frameworks, pages = editions.installed_frameworks(), editions.pages()
    execute.run(pages, frameworks)
    print("seconds by edition, as it was run last:")
    for page in pages:
        for framework in frameworks:
            print(f"  {outputs.notes(framework, page)['seconds']:6.1f}  {framework:5}  {page}")


def _notebooks() -> None:
    """nbval: each executed edition again, in a fresh kernel; what it prints must be what is shown."""
    frameworks, pages = editions.installed_frameworks(), editions.pages()
    paths = [str(outputs.executed_path(framework, page)) for framework in frameworks for page in pages]
    rules = ["--nbval", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg", "--nbval-cell-timeout", "300"]
    plugin = ["-p", "tests.notebooks.comparison", "--nbval-current-env"]
    _call([*PYTEST, "-n", str(PROCESSES), "--dist", "loadfile", *rules, *plugin, *paths])


def _book() -> str | None:
    from tools import site

    site.build(os.environ.get("FRAMEWORK") or None)
    lacking = [name for name in _system_programs() if not shutil.which(name)]
    if lacking:
        return f"{', '.join(lacking)} of apt.txt not found on this machine"
    _call([*PYTEST, "-n", str(PROCESSES), "tests/book"])
    return None


def _system_programs() -> list[str]:
    """The programs of apt.txt's packages, which bear the packages' names."""
    return re.findall(r"^[\w-]+", (ROOT / "apt.txt").read_text("utf8"), re.MULTILINE)


def run_originals() -> None:
    """Run every page and the tests marked `originals` on the published data sets; where one is missing, it says so."""
    os.environ["LEARNING_TO_SEE_SOURCE"] = "auto"
    for dataset in registry.DATASETS.values():
        if dataset.files and identity(dataset.name)[0] != "original":
            print(f"{dataset.name} is not on disk: pages run on its twin. Get it with `{dataset.download_command}`.")
    execute.run(editions.pages(), editions.installed_frameworks())
    _all_of(_unit_tests("originals"), fine=(0, NO_TESTS))


PARTS: dict[str, Callable[[], str | None]] = {
    "sources": _sources,
    "unit": _unit,
    "labs": _labs,
    "editions": _editions,
    "notebooks": _notebooks,
    "book": _book,
}
