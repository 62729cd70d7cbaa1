"""Checks of what is committed, beyond what ruff and codespell see: `python -m tools.sources`, also run by pre-commit."""

import re
import subprocess
import sys

from tools import editions
from tools.errors import BuildError
from tools.paths import ROOT

LARGEST_FILE = 1_000_000
LONGEST_CELL = 15
# Written in two parts, so that this file does not find itself.
FORBIDDEN = {
    "a package registry's host": r"(pypi|pythonhosted|npmjs)\.(org" + "|com)|deb" + r"ian\.org",
    "a path of one machine": r"(?<![\w.])/(home/\w+|ro" + "ot|Use" + r"rs/\w+)/",
}


def committed() -> list[str]:
    """Paths of the files that git tracks or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]


def file_problems(names: list[str]) -> list[str]:
    """What is wrong with single files: notebooks, large ones, forbidden words."""
    problems = []
    for name in names:
        path = ROOT / name
        if name.endswith(".ipynb"):
            problems.append(f"{name}: notebooks are generated; commit the page's .md instead.")
        if not path.is_file() or name.startswith("utils/pretrained/"):
            continue
        if path.stat().st_size > LARGEST_FILE:
            problems.append(f"{name}: {path.stat().st_size:,} bytes; no file may have more than {LARGEST_FILE:,}.")
            continue
        text = path.read_text("utf8", errors="ignore")
        problems += [f"{name}: names {what}; leave it out." for what, word in FORBIDDEN.items() if re.search(word, text)]
    return problems


def page_problems() -> list[str]:
    """What is wrong with pages: tags outside the closed list, cells too long to be one idea."""
    problems = []
    for page, text in editions.pages().items():
        try:
            notebook = editions.read_page(text)
        except BuildError as error:
            problems.append(str(error))
            continue
        for cell, line in zip(notebook.cells, notebook.metadata.source_map, strict=True):
            lines = len(cell.source.splitlines())
            if cell.cell_type == "code" and lines > LONGEST_CELL:
                problems.append(f"chapters/{page}.md, line {line}: a cell of {lines} lines; {LONGEST_CELL} is the most.")
    return problems


def check() -> list[str]:
    """Every problem found, one sentence each."""
    return file_problems(committed()) + page_problems()


if __name__ == "__main__":
    found = check()
    print("\n".join(found))
    sys.exit(bool(found))
