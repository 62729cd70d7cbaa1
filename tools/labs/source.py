"""A lab's source, read: its cells, its exercises with their checks and points, and its mutants."""

import ast
import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.errors import BuildError
from tools.paths import LABS, private_lab, written_in

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
CELL = re.compile(r"```\{code-cell\}.*")
TAGS = re.compile(r":tags: \[(?P<tags>[^\]]*)\]$")
BLOCK = re.compile(r"(?P<fence>`{3,}|:{3,})\{(?P<name>exercise|explanation|mutants)\} ?(?P<argument>.*)$")
BEGINNING = re.compile(rf"(?P<indent> *){BEGIN}(?P<stub>: .+)?$")
MUTANT = {"wrong", "right", "replace", "by", "code", "says", "only"}


@dataclass(frozen=True)
class Part:
    """A piece of a lab: `kind` is text, code, or the name of a block; `lines` as they stand, the fences included."""

    kind: str
    line: int
    lines: tuple[str, ...]
    tags: frozenset[str] = frozenset()
    argument: str = ""

    @property
    def body(self) -> str:
        """What stands between the fences, without a cell's line of tags."""
        inner = self.lines[1:-1]
        return "\n".join(inner[1:] if self.kind == "code" and self.tags else inner)


@dataclass(frozen=True)
class Mutant:
    """A wrong answer that the checks must reject, or (`right`) another way that they must accept.

    `says` is a part of the feedback that the wrong answer must get; `only` the one framework that it is for.
    """

    name: str
    right: bool
    change: tuple[str, str] | None
    code: str | None
    says: str | None
    only: str | None

    def of(self, solution: str) -> str:
        """The code of this answer, made of the solution's."""
        return solution.replace(*self.change) if self.change else self.code


@dataclass(frozen=True)
class Exercise:
    """An exercise: minutes, points in the checks shown and hidden, the cells of both and of its solution, mutants."""

    name: str
    minutes: int
    points: tuple[float, float]
    solution: tuple[Part, ...]
    checks: tuple[Part, ...]
    mutants: tuple[Mutant, ...]


@dataclass(frozen=True)
class Lab:
    """A lab as it is written; `where` is its path for messages."""

    name: str
    where: str
    text: str
    parts: tuple[Part, ...]


def names() -> list[str]:
    """Every lab's name, in alphabetical order."""
    return sorted(path.parent.name for path in LABS.glob("*/lab.md"))


def load(name: str) -> Lab:
    """A lab by its name; one in the folder $LABS_OVERLAY replaces ours of the same name.

    Raises:
        BuildError: there is no such lab, or it is not written as labs are.
    """
    overlay = os.environ.get("LABS_OVERLAY")
    if overlay and not Path(overlay).is_dir():
        raise BuildError(f"LABS_OVERLAY is {overlay!r}, and no such folder is there: mend the path, or unset it.")
    path = private_lab(name) or LABS / name / "lab.md"
    if not path.is_file():
        raise BuildError(f"There is no lab {name!r}; there are {', '.join(names()) or 'none yet'}.")
    return read(name, path.read_text("utf-8-sig"))


def read(name: str, text: str) -> Lab:
    """A lab of a source text; BuildError, with the line, where it is not written as labs are."""
    where = written_in(f"labs/{name}/lab")
    lab = Lab(name, where, text, tuple(_parts(text.split("\n"), where)))
    for part in lab.parts:
        _check(part, where)
    exercises(lab, None)
    return lab


def _parts(lines: list[str], where: str) -> list[Part]:
    parts, text, place = [], 0, 0
    while place < len(lines):
        cell, block = CELL.match(lines[place]), BLOCK.match(lines[place])
        if not cell and not block:
            place += 1
            continue
        fence = "```" if cell else block["fence"]
        end = next((row for row in range(place + 1, len(lines)) if lines[row].strip() == fence), None)
        if end is None:
            raise BuildError(f"{where}, line {place + 1}: {lines[place]!r} is never closed: end it with {fence!r}.")
        if text < place:
            parts.append(Part("text", text + 1, tuple(lines[text:place])))
        inside, tags = tuple(lines[place : end + 1]), TAGS.match(lines[place + 1]) if cell else None
        named = frozenset(re.split(r", *", tags["tags"])) if tags else frozenset()
        parts.append(
            Part("code" if cell else block["name"], place + 1, inside, named, block["argument"] if block else "")
        )
        text = place = end + 1
    return [*parts, Part("text", text + 1, tuple(lines[text:]))]


def _check(part: Part, where: str) -> None:
    """The marks of a solution stand in pairs, and in cells tagged so."""
    marks = [line.strip() for line in part.lines if line.strip().startswith((BEGIN, END))]
    solution = "solution" in part.tags
    paired = marks and all(mark.startswith(BEGIN if number % 2 == 0 else END) for number, mark in enumerate(marks))
    if solution != bool(marks) or (marks and (not paired or len(marks) % 2)):
        rule = f"a cell tagged solution holds {BEGIN} and {END} in pairs, and no other cell or text does"
        raise BuildError(f"{where}, line {part.line}: {rule}.")
    for line in part.lines:
        begins = BEGINNING.match(line)
        if begins and not begins["indent"] and not begins["stub"]:
            way = f"say what stands in for it, as in `{BEGIN}: answer = ...`"
            raise BuildError(f"{where}, line {part.line}: a solution outside of a function needs a stub: {way}.")


def exercises(lab: Lab, framework: str | None) -> list[Exercise]:
    """The exercises, with the cells and mutants of one framework's edition, or (None) of both.

    Raises:
        BuildError: a solution, check or list of mutants stands before the first exercise, an exercise lacks one of
            them, or a mutant is not written as mutants are.
    """
    groups: list[tuple[Part, list[Part]]] = []
    for part in lab.parts:
        if part.kind == "exercise":
            groups.append((part, []))
        elif part.kind == "mutants" or part.tags & {"solution", "check", "hidden-check"}:
            if not groups:
                raise BuildError(f"{lab.where}, line {part.line}: this belongs to an exercise: put it behind one.")
            if framework is None or not (part.tags & {"keras", "torch"}) or framework in part.tags:
                groups[-1][1].append(part)
    return [_exercise(lab, head, parts, framework) for head, parts in groups]


def _exercise(lab: Lab, head: Part, parts: list[Part], framework: str | None) -> Exercise:
    where = f"{lab.where}, line {head.line}: exercise {head.argument!r}"
    facts = _yaml(head, where)
    if not head.argument or not isinstance(facts, dict) or not isinstance(facts.get("minutes"), int):
        raise BuildError(f"{where}: an exercise has a name and minutes, as in `{{exercise}} window` and `minutes: 10`.")
    solution = tuple(part for part in parts if "solution" in part.tags)
    checks = tuple(part for part in parts if part.tags & {"check", "hidden-check"})
    found = [mutant for part in parts if part.kind == "mutants" for mutant in _mutants(part, lab.where)]
    mine = tuple(mutant for mutant in found if framework is None or mutant.only in (None, framework))
    hidden = [part for part in checks if "hidden-check" in part.tags]
    points = [sum(_points(part, lab.where) for part in checks if (part in hidden) == kind) for kind in (False, True)]
    if not solution or not hidden or len(hidden) == len(checks) or not mine:
        raise BuildError(f"{where} lacks its solution, a check, a hidden check, or its mutants.")
    return Exercise(head.argument, facts["minutes"], (points[0], points[1]), solution, checks, mine)


def _points(part: Part, where: str) -> float:
    """The points of the check in a cell."""
    where = f"{where}, line {part.line}"
    try:
        classes = [node for node in ast.parse(part.body).body if isinstance(node, ast.ClassDef)]
    except SyntaxError as error:
        raise BuildError(f"{where}: the cell is no Python ({error.msg}).") from None
    calls = [node for cls in classes for node in cls.decorator_list if ast.unparse(node).startswith("checks.check(")]
    if len(calls) != 1:
        raise BuildError(f"{where}: a cell of a check holds one class under `@checks.check(title, points=…)`.")
    options = {option.arg: ast.literal_eval(option.value) for option in calls[0].keywords}
    if options.get("hidden", False) != ("hidden-check" in part.tags):
        raise BuildError(f"{where}: `hidden=True` and the tag hidden-check go together.")
    return options.get("points", 1)


def _mutants(part: Part, where: str) -> list[Mutant]:
    where = f"{where}, line {part.line}"
    entries = _yaml(part, where)
    return [_mutant(entry, where) for entry in entries or []]


def _mutant(entry: dict, where: str) -> Mutant:
    rule = (
        "a mutant has `wrong` or `right` (its name), and `code`, or `replace` and `by`; it may have `says` and `only`"
    )
    if not isinstance(entry, dict) or entry.keys() - MUTANT or ("wrong" in entry) == ("right" in entry):
        raise BuildError(f"{where}: {rule}.")
    if ("code" in entry) == ("replace" in entry) or ("replace" in entry) != ("by" in entry):
        raise BuildError(f"{where}: {rule}; look at {entry.get('wrong') or entry.get('right')!r}.")
    change = (str(entry["replace"]), str(entry["by"])) if "replace" in entry else None
    name, right = entry.get("wrong") or entry["right"], "right" in entry
    return Mutant(name, right, change, entry.get("code"), entry.get("says"), entry.get("only"))


def _yaml(part: Part, where: str) -> object:
    try:
        return yaml.safe_load(part.body)
    except yaml.YAMLError as error:
        raise BuildError(f"{where}: this is no YAML ({error}).") from None
