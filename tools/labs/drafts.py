"""The beginning of a lab: a source with one exercise that passes its proof, to be replaced piece by piece."""

import re
import tempfile
from pathlib import Path

from tools.errors import BuildError
from tools.labs import source

DRAFT = Path(__file__).with_name("draft.md")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SOLUTION = "<!-- The page of the solution: made of lab.md beside it. -->\n"


def new(name: str) -> Path:
    """Write labs/<name>/lab.md, and beside it the file in whose place the book has the solution's page.

    Raises:
        BuildError: the name is none for a folder, or there is such a lab already.
    """
    if not NAME.fullmatch(name):
        raise BuildError(f"A lab can not be called {name!r}: take lower-case words joined by -, as in edge-detection.")
    folder = source.LABS / name
    if folder.exists():
        raise BuildError(f"labs/{name} is there already: choose another name, or remove it first.")
    text = DRAFT.read_text("utf8").replace("NAME", name).replace("TITLE", name.replace("-", " "))
    with tempfile.TemporaryDirectory(prefix=".", dir=source.LABS) as unfinished:
        whole = Path(unfinished) / name
        whole.mkdir()
        (whole / "lab.md").write_text(text, "utf8")
        (whole / "solution.md").write_text(SOLUTION, "utf8")
        whole.rename(folder)
    return folder / "lab.md"
