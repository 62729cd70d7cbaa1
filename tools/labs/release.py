"""Student notebooks of a lab: one an edition, without solutions, hidden checks or outputs, and searched for them."""

import re
from pathlib import Path

from nbformat import NotebookNode

from tools import editions
from tools.errors import BuildError
from tools.labs import proofs, source
from tools.labs.pages import exercise_page
from tools.labs.source import BEGIN, END, Lab
from tools.paths import BUILD

# Characters that a secret line has at least: shorter ones, such as `return maps + bias`, also come up by themselves,
WHOLE = 20  # as a line of its own,
WITHIN = 30  # within a line: as the call of a function that is given, or of the library


def release(name: str, folder: Path | None) -> list[Path]:
    """Prove a lab, then write its student notebooks, `<lab>-<framework>.ipynb`, into a folder (None: _build/release).

    Raises:
        BuildError: something of the lab is not proved, or `refuse_traces` finds something in what would be released.
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
    """BuildError where a line that `secrets` gives, or the mark of what is secret, stands in a notebook.

    A line counts where it is a line there too, or, from WITHIN characters on, where a cell holds it anywhere: spaces
    and ends of lines make no difference.
    """
    lines = {line for cell in notebook.cells for line in _lines(cell.source)}
    texts = [_normal(cell.source) for cell in notebook.cells]
    for line in sorted(secrets(lab)):
        if line in lines or (len(line) >= WITHIN and any(line in text for text in texts)):
            what = "a line of a solution, an explanation or a hidden check: say it there in other words"
            raise BuildError(f"{lab.where}: the {framework} notebook would show {line!r}, {what}.")
    for cell in notebook.cells:
        if cell.get("outputs") or re.search(rf"hidden=True|{BEGIN}|{{mutants}}", cell.source):
            raise BuildError(f"{lab.where}: the {framework} notebook would show {cell.source[:60]!r}.")


def secrets(lab: Lab) -> set[str]:
    """The lines of solutions and explanations, and those of hidden checks that no visible cell shares.

    Only those that are long enough to be told from others.
    """
    found: set[str] = set()
    visible = [
        _normal(part.body) for part in lab.parts if part.kind == "code" and not part.tags & {"solution", "hidden-check"}
    ]
    for part in lab.parts:
        if "solution" in part.tags:
            for piece in re.findall(rf"{BEGIN}.*?\n(.*?){END}", part.body, re.DOTALL):
                found |= _lines(piece)
        elif part.kind == "explanation":
            found |= _lines(part.body)
        elif "hidden-check" in part.tags:
            found |= {line for line in _lines(part.body) if not any(line in text for text in visible)}
    return {line for line in found if len(line) >= WHOLE}


def _lines(text: str) -> set[str]:
    return {_normal(line) for line in text.split("\n")}


def _normal(text: str) -> str:
    return " ".join(text.split())
