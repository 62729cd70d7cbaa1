"""The two pages made of a lab's source: the exercises, with stubs and what is shown, and the solution for afterwards.

Both have as many lines as the source, so that a line number means the same in all three.
"""

import re
from collections.abc import Callable

from tools import settings
from tools.errors import BuildError
from tools.labs.source import BEGIN, BEGINNING, END, Lab, Part, exercises, load, names
from utils.runtime import FRAMEWORKS

PLACEHOLDER = 'raise NotImplementedError("Your code goes here.")'


def is_exercise(slug: str) -> bool:
    """Whether a page is a lab's exercises."""
    return slug.startswith("labs/") and slug.endswith("/lab")


def is_solution(slug: str) -> bool:
    """Whether a page is a lab's solution."""
    return slug.startswith("labs/") and slug.endswith("/solution")


def pages() -> dict[str, str]:
    """The pages of the book that are made of labs: slug → text.

    Solutions are among them where the settings show them; an open project, which has no exercises, has none.
    """
    made = {}
    for name in names():
        lab = load(name)
        made[f"labs/{name}/lab"] = exercise_page(lab)
        if settings.solutions() and exercises(lab, None):
            made[f"labs/{name}/solution"] = solution_page(lab)
    return made


def stub(code: str) -> str:
    """A solution's code with what is between its marks replaced by what stands in for it."""
    kept, inside = [], False
    for line in code.split("\n"):
        if begins := BEGINNING.match(line):
            kept.append(begins["indent"] + (begins["stub"][2:] if begins["stub"] else PLACEHOLDER))
            inside = True
        elif inside and line.strip() == END:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def unmarked(code: str) -> str:
    """A solution's code without the marks."""
    return "\n".join(line for line in code.split("\n") if not line.strip().startswith((BEGIN, END)))


def exercise_page(lab: Lab) -> str:
    """The page that a learner sees: stubs for solutions; no hidden checks, explanations or mutants."""

    def shown(part: Part) -> list[str]:
        return _cell(part, stub(part.body)) if "solution" in part.tags else []

    return _page(lab, "lab", "# ", shown)


def solution_page(lab: Lab) -> str:
    """The page for afterwards: the same with solutions and explanations."""

    def shown(part: Part) -> list[str]:
        if part.kind == "explanation":
            return ["", *part.lines[1:-1], ""]
        return _cell(part, unmarked(part.body)) if "solution" in part.tags else []

    return _page(lab, "solution", "# Solution: ", shown)


def _page(lab: Lab, kind: str, title: str, secret: Callable[[Part], list[str]]) -> str:
    """The lab with what only some may see replaced by `secret(part)`, its exercises introduced, and its slug set."""
    lines = []
    for part in lab.parts:
        if part.kind in ("explanation", "mutants") or part.tags & {"solution", "hidden-check"}:
            made = secret(part)
        elif part.kind == "exercise":
            made = [_introduction(lab, part.argument)]
        elif "check" in part.tags:
            made = _cell(part, part.body)
        else:
            made = list(part.lines)
        lines += made + [""] * (len(part.lines) - len(made))
    text = re.sub(
        rf"^slug: labs/{lab.name}/lab$", f"slug: labs/{lab.name}/{kind}", "\n".join(lines), count=1, flags=re.M
    )
    return re.sub("^# ", title, text, count=1, flags=re.MULTILINE)


def _cell(part: Part, code: str) -> list[str]:
    """A code cell with this code, and with the tags that pages know; a check is folded."""
    tags = sorted((part.tags - {"solution"}) | ({"hide-input"} if "check" in part.tags else set()))
    return [part.lines[0], *([f":tags: [{', '.join(tags)}]"] if tags else []), *code.split("\n"), part.lines[-1]]


def _introduction(lab: Lab, name: str) -> str:
    """An exercise's points and minutes, in one line."""
    found = [each for framework in FRAMEWORKS for each in exercises(lab, framework) if each.name == name]
    if len({each.points for each in found}) != 1:
        raise BuildError(f"{lab.where}: the editions of exercise {name!r} give different points.")
    shown, hidden = found[0].points
    unit = "point" if shown == 1 else "points"
    return f"*{shown:g} {unit} in the checks you see, {hidden:g} in hidden ones; about {found[0].minutes} minutes*"
