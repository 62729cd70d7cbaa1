"""Proves labs, each edition in a process of its own, two at a time, and shows what was found as a table."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tools import editions
from tools.errors import BuildError, quoted
from tools.labs import source
from tools.paths import ROOT
from utils.runtime import notebook_environment

AT_ONCE = 2
MOST_SECONDS = 900
HEAD = (
    f"  {'lab':24} {'edition':8} {'exercise':24} {'points':>6} {'checks':>6} {'wrong':>6} {'right':>6} {'seconds':>8}"
)


def run(names: list[str] | None) -> None:
    """Prove these labs (None: all) in every edition that is installed, and print a row an exercise.

    Raises:
        BuildError: something is not proved; one line for each.
    """
    labs = {name: source.exercises(source.load(name), None) for name in names or source.names()}
    # An open project has nothing to prove; that it runs is seen where pages run.
    jobs = [(name, framework) for name in labs if labs[name] for framework in editions.installed_frameworks()]
    problems = []
    print(HEAD)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (name, framework), (rows, failure, spent) in zip(jobs, pool.map(_prove, *zip(*jobs)) if jobs else ()):
            for row in rows:
                _show(name, framework, row)
                problems += [f"{name}, {framework}, {row['exercise']}: {problem}." for problem in row["problems"]]
            if failure:
                problems.append(f"{name}, {framework}: {failure}")
            outcome = "FAILED after" if failure else "proved in"
            print(f"  {name:24} {framework:8} {outcome} {spent:.0f} s", flush=True)
    if problems:
        raise BuildError("\n".join(problems))


def _show(name: str, framework: str, row: dict) -> None:
    counts = f"{row['points']:6g} {row['checks']:6} {row['wrong']:6} {row['right']:6} {row['seconds']:8.1f}"
    print(f"  {name:24} {framework:8} {row['exercise']:24} {counts}{'  FAILED' if row['problems'] else ''}")


def _prove(name: str, framework: str) -> tuple[list[dict], str | None, float]:
    """The rows of an edition's exercises; what kept them from being found, if anything did; seconds."""
    start = time.perf_counter()
    surroundings = {**os.environ, **notebook_environment(threads=1), "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    command = [sys.executable, "-m", "tools.labs.prove", name, framework]
    try:
        ended = subprocess.run(
            command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return [], f"it was not proved within {MOST_SECONDS} seconds.", time.perf_counter() - start
    spent = time.perf_counter() - start
    if ended.returncode:
        return [], f"a cell of the lab failed.\n\n{quoted(ended.stderr[-3000:])}", spent
    return json.loads(ended.stdout.splitlines()[-1]), None, spent
