"""Everything there is to test, part by part, with the seconds of each: what `make test` runs."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools import editions, execute, site
from tools.errors import BuildError
from tools.paths import ROOT

PROCESSES = 2
PYTEST = [sys.executable, "-m", "pytest"]


def run(wanted: list[str] | None) -> None:
    """Run these parts (None: all) on the twins; a failed part does not keep the others from running.

    Raises:
        BuildError: a part failed, or (with $CI) could not be run; or there is no such part.
    """
    os.environ["LEARNING_TO_SEE_SOURCE"] = "twin"
    for name in wanted or PARTS:
        if name not in PARTS:
            raise BuildError(f"There is no part {name!r} to test; there are {', '.join(PARTS)}.")
    seconds, failed, left_out = {}, [], []
    for name in wanted or PARTS:
        print(f"\n== {name} ==", flush=True)
        start = time.perf_counter()
        try:
            if reason := PARTS[name]():
                left_out.append(f"{name}: {reason}")
        except BuildError as error:
            print(error, file=sys.stderr, flush=True)
            failed.append(name)
        seconds[name] = time.perf_counter() - start
    _report(seconds, failed, left_out)


def _report(seconds: dict[str, float], failed: list[str], left_out: list[str]) -> None:
    print("\n== seconds ==")
    for name, spent in seconds.items():
        print(f"  {name:10} {spent:7.1f}  {'FAILED' if name in failed else ''}")
    for reason in left_out:
        print(f"  not run: {reason}")
    print(f"parts: {len(seconds) - len(failed) - len(left_out)} passed, {len(failed)} failed, {len(left_out)} skipped")
    if failed or (left_out and os.environ.get("CI")):
        raise BuildError(f"Not everything passed: {', '.join(failed + left_out)}.")


def _call(command: list[str], **surroundings: str) -> None:
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **surroundings}, check=False).returncode
    if code == 130:
        raise KeyboardInterrupt
    if code:
        raise BuildError(f"It ended with exit code {code}: {' '.join(command[1:6])} …")


def _sources() -> None:
    _call([sys.executable, "-m", "ruff", "check", "."])
    _call([sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."])
    _call([sys.executable, "-m", "codespell_lib", "."])
    _call([sys.executable, "-m", "tools.sources"])


def _unit() -> None:
    """Tests of `utils` and `tools`; TensorFlow's and PyTorch's run in processes of their own."""
    groups: dict[str, list[str]] = {"neither": [], "keras": [], "torch": []}
    for path in sorted((ROOT / "tests" / "unit").rglob("test_*.py")):
        groups[_framework_of(path)].append(str(path.relative_to(ROOT)))
    failures = []
    for framework, files in groups.items():
        if files and (framework == "neither" or framework in editions.installed_frameworks()):
            print(f"-- tests that load {framework} framework --" if framework == "neither" else f"-- {framework} --", flush=True)
            try:
                _call([*PYTEST, "-n", str(PROCESSES), "-m", "not originals", *files], **_one_thread())
            except BuildError as error:
                failures.append(str(error))
    if failures:
        raise BuildError("\n".join(failures))


def _framework_of(path: Path) -> str:
    """The framework a test file imports: its name or its folder says it."""
    words = {*path.relative_to(ROOT).parts[:-1], *path.stem.split("_")}
    return next((name for name in editions.FRAMEWORKS if name in words), "neither")


def _one_thread() -> dict[str, str]:
    from utils.runtime import notebook_environment

    return {**notebook_environment(threads=1), "PYTHONPATH": str(ROOT)}


def _editions() -> None:
    frameworks = editions.installed_frameworks()
    execute.run(editions.pages(), frameworks)
    print("seconds by edition, as it was run last:")
    for page in editions.pages():
        for framework in frameworks:
            notes = json.loads(execute.executed_path(framework, page).read_text("utf8"))["metadata"]["learning_to_see"]
            print(f"  {notes['seconds']:6.1f}  {framework:5}  {page}")


def _notebooks() -> None:
    """nbval: each executed edition again, in a fresh kernel; what it prints must be what is shown."""
    paths = [
        str(execute.executed_path(framework, page))
        for framework in editions.installed_frameworks()
        for page in editions.pages()
    ]
    rules = ["--nbval", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg", "--nbval-cell-timeout", "300"]
    plugin = ["-p", "tests.notebooks.comparison", "--nbval-current-env"]
    _call([*PYTEST, "-n", str(PROCESSES), "--dist", "loadfile", *rules, *plugin, *paths], **_one_thread())


def _book() -> str | None:
    site.build(os.environ.get("FRAMEWORK") or None)
    lacking = [name for name in _system_packages() if not shutil.which(name)]
    if lacking:
        return f"the program {lacking[0]} is not on this machine: install the packages of apt.txt"
    _call([*PYTEST, "-n", str(PROCESSES), "tests/book"], **_one_thread())
    return None


def _system_packages() -> list[str]:
    return re.findall(r"^[\w-]+", (ROOT / "apt.txt").read_text("utf8"), re.MULTILINE)


def run_originals() -> None:
    """Run every page and the tests marked `originals` on the published data sets; where one is missing, it says so."""
    os.environ["LEARNING_TO_SEE_SOURCE"] = "original"
    execute.run(editions.pages(), editions.installed_frameworks())
    _call([*PYTEST, "-m", "originals", "tests/unit"], **_one_thread())


PARTS: dict[str, Callable[[], str | None]] = {
    "sources": _sources,
    "unit": _unit,
    "editions": _editions,
    "notebooks": _notebooks,
    "book": _book,
}
