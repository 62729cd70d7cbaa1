"""Proves one edition of a lab in one warm process: `python -m tools.labs.prove LAB FRAMEWORK` prints a row an exercise.

The solution must get full marks, the stub none, each wrong answer must be rejected and each other right one accepted.
Hidden checks are tried with several seeds: a rejection must not be luck.
"""

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from tools.labs import source
from tools.labs.pages import stub, unmarked
from tools.labs.source import Exercise, Lab, Mutant, Part
from utils import checks, runtime
from utils.checks import Check, Outcome

SEEDS = (1, 2, 3)
SLIPS = ("NameError", "SyntaxError", "IndentationError")  # these reject a mutant for its own misprint


@dataclass
class Row:
    """What was found of an exercise; `problems` are sentences, and there should be none."""

    exercise: str
    points: float
    checks: int
    wrong: int
    right: int
    seconds: float = 0
    problems: list[str] = field(default_factory=list)


def prove(lab: Lab, framework: str) -> list[Row]:
    """One row for each exercise of this edition. The lab's cells run here, in order, once with its solutions."""
    scope: dict = {"__name__": "__main__"}
    groups: list[list[Part]] = [[]]
    for part in lab.parts:
        if part.kind == "exercise":
            groups.append([])
        elif part.kind == "code" and (framework in part.tags or not part.tags & set(runtime.FRAMEWORKS)):
            groups[-1].append(part)
    _run(groups[0], scope, unmarked)
    rows = []
    for exercise, parts in zip(source.exercises(lab, framework), groups[1:], strict=True):
        rows.append(_prove(exercise, parts, scope))
    return rows


def _run(parts: list[Part], scope: dict, solution: Callable[[str], str]) -> list[Check]:
    """Run cells in a scope, the solution's changed; the checks among them are only collected."""
    with checks.recording() as found, contextlib.redirect_stdout(io.StringIO()):
        if len(sys.modules.keys() & set(runtime.FRAMEWORKS)) == 1:
            runtime.seed_everything(0)
        for part in parts:
            code = solution(part.body) if "solution" in part.tags else part.body
            exec(compile(code, f"<line {part.line}>", "exec"), scope)
    return found


def _prove(exercise: Exercise, parts: list[Part], scope: dict) -> Row:
    start = time.perf_counter()
    before = dict(scope)
    mine = _run(parts, scope, unmarked)
    solved = {check.title: check.probe for check in mine}
    failed = [outcome for outcome in _outcomes(mine, solved, SEEDS) if not outcome.passed]
    kinds = [sum(mutant.right == kind for mutant in exercise.mutants) for kind in (False, True)]
    row = Row(exercise.name, sum(exercise.points), len(mine), *kinds)
    row.problems += [f"the solution fails: {outcome}" for outcome in failed]
    if not failed:
        row.problems += _titled(mine)
        row.problems += _stub_problems(_run(parts, dict(before), stub), solved)
        for mutant in exercise.mutants:
            row.problems += _mutant_problems(mutant, parts, before, solved)
    row.seconds = round(time.perf_counter() - start, 1)
    return row


def _outcomes(found: list[Check], solved: dict[str, Callable], seeds: tuple[int, ...]) -> list[Outcome]:
    with contextlib.redirect_stdout(io.StringIO()):
        return [check.run(seed, solved[check.title]) for check in found for seed in (seeds if check.hidden else (0,))]


def _titled(found: list[Check]) -> list[str]:
    titles = [check.title for check in found]
    return [f"two checks are called {title!r}" for title in sorted({t for t in titles if titles.count(t) > 1})]


def _stub_problems(found: list[Check], solved: dict[str, Callable]) -> list[str]:
    passed = [outcome for outcome in _outcomes(found, solved, SEEDS) if outcome.passed]
    return sorted({f"the stub passes {outcome.title!r}" for outcome in passed})


def _mutant_problems(mutant: Mutant, parts: list[Part], before: dict, solved: dict[str, Callable]) -> list[str]:
    solution = "\n".join(unmarked(part.body) for part in parts if "solution" in part.tags)
    name = f"{'the other right way' if mutant.right else 'the wrong answer'} {mutant.name!r}"
    if mutant.change and solution.count(mutant.change[0]) != 1:
        return [f"{name}: {mutant.change[0]!r} stands {solution.count(mutant.change[0])} times in the solution"]
    answer = iter([mutant.of(solution)])
    try:
        found = _run(parts, dict(before), lambda _: next(answer, ""))
    except Exception as error:
        return [f"{name} does not run: {type(error).__name__}: {error}"]
    outcomes = {seed: _outcomes(found, solved, (seed,)) for seed in SEEDS}
    failed = {seed: [outcome for outcome in each if not outcome.passed] for seed, each in outcomes.items()}
    said = [outcome.feedback for each in failed.values() for outcome in each]
    if mutant.right:
        return [f"{name} is rejected: {said[0]}"] if said else []
    if not all(failed.values()):
        return [f"{name} is accepted"]
    if all(any(slip in feedback for slip in SLIPS) for feedback in said):
        return [f"{name} has a misprint: {said[0]}"]
    if mutant.says and not any(mutant.says in feedback for feedback in said):
        return [f"{name} is not told {mutant.says!r}, but: {said[0]}"]
    return []


def main() -> None:
    """Print the rows as JSON, in the last line."""
    name, framework = sys.argv[1:]
    print(json.dumps([asdict(row) for row in prove(source.load(name), framework)]))


if __name__ == "__main__":
    main()
