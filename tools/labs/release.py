"""Student notebooks of a lab: one an edition, without solutions, hidden checks, outputs, or any trace of them."""

import re
from pathlib import Path

from nbformat import NotebookNode

from tools import editions
from tools.errors import BuildError
from tools.labs import proofs, source
from tools.labs.pages import exercise_page
from tools.labs.source import BEGIN, END, Lab
from tools.paths import BUILD

SHORTEST = 20  # characters; shorter lines, such as `return maps + bias`, also come up by themselves


def release(name: str, folder: Path | None) -> list[Path]:
    """Prove a lab, then write its student notebooks, `<lab>-<framework>.ipynb`, into a folder (None: _build/release).

    Raises:
        BuildError: something of the lab is not proved, or a line of a solution stands in what would be released.
    """
    lab = source.load(name)
    proofs.run([name])
    page = editions.read_page(exercise_page(lab))
    notebooks = {framework: editions.split(page, framework) for framework in editions.installed_frameworks()}
    for framework, notebook in notebooks.items():
        refuse_traces(lab, notebook, framework)
    paths = [(folder or BUILD / "release") / f"{name}-{framework}.ipynb" for framework in notebooks]
    for path, notebook in zip(paths, notebooks.values()):
        editions.write(path, notebook)
    return paths


def refuse_traces(lab: Lab, notebook: NotebookNode, framework: str) -> None:
    """BuildError where a line of a solution or an explanation, or anything of a hidden check, stands in a notebook."""
    released = {line for cell in notebook.cells for line in _lines(cell.source)}
    if found := sorted(secrets(lab) & released):
        way = "say it there in other words"
        raise BuildError(f"{lab.where}: the {framework} notebook would show {found[0]!r}, a line of a solution: {way}.")
    for cell in notebook.cells:
        if cell.get("outputs") or re.search(rf"hidden=True|{BEGIN}|{{mutants}}", cell.source):
            raise BuildError(f"{lab.where}: the {framework} notebook would show {cell.source[:60]!r}.")


def secrets(lab: Lab) -> set[str]:
    """The lines of solutions and explanations, those that are long enough to be told from others."""
    found: set[str] = set()
    for part in lab.parts:
        if "solution" in part.tags:
            for piece in re.findall(rf"{BEGIN}.*?\n(.*?){END}", part.body, re.DOTALL):
                found |= _lines(piece)
        elif part.kind == "explanation":
            found |= _lines(part.body)
    return {line for line in found if len(line) >= SHORTEST}


def _lines(text: str) -> set[str]:
    return {" ".join(line.split()) for line in text.split("\n")}
