"""Checks of what is committed, beyond ruff's and codespell's: `python -m tools.sources`, also run by pre-commit."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from nbformat import NotebookNode

from tools import editions
from tools.errors import BuildError
from tools.paths import ROOT, written_in

LARGEST_FILE = 1_000_000
WEIGHTS, MOST_WEIGHTS = "utils/pretrained/", 8_000_000
LONGEST_CELL = 15
# Written in two parts, so that this file does not find itself.
FORBIDDEN = {
    "a package registry's host": r"(pypi|pythonhosted|npmjs)\.(org" + "|com)|deb" + r"ian\.org",
    "a path of one machine": r"(?<![\w.])/(home/\w+|roo" + "t|Use" + r"rs/\w+)/",
}


def committed() -> list[str]:
    """Paths of the files that git tracks or would add; where git cannot say, of those that .gitignore does not name."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):  # no git, or a copy without its history
        listed = _found()
    return [name for name in listed if (ROOT / name).is_file()]


def _found() -> Iterator[str]:
    ignored = [".git", *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text("utf8").splitlines())]
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [name for name in inner if not any(fnmatch(name, pattern) for pattern in ignored)]
        kept = [name for name in files if not any(fnmatch(name, pattern) for pattern in ignored)]
        yield from (Path(folder, name).relative_to(ROOT).as_posix() for name in kept)


def file_problems(names: list[str]) -> list[str]:
    """What is wrong with files: notebooks, large ones, forbidden words; of weights, how large they are together."""
    size = sum((ROOT / name).stat().st_size for name in names if name.startswith(WEIGHTS))
    heavy = [f"{WEIGHTS}: {size:,} bytes; embedded weights may have {MOST_WEIGHTS:,} in all."]
    others = [problem for name in names if not name.startswith(WEIGHTS) for problem in _file_problems(name)]
    return (heavy if size > MOST_WEIGHTS else []) + others


def _file_problems(name: str) -> list[str]:
    if name.endswith(".ipynb"):
        return [f"{name}: notebooks are generated; commit the page's .md instead."]
    size = (ROOT / name).stat().st_size
    if size > LARGEST_FILE:
        return [f"{name}: {size:,} bytes; no file may have more than {LARGEST_FILE:,}."]
    text = (ROOT / name).read_text("utf8", errors="ignore")
    return [f"{name}: names {what}; leave it out." for what, words in FORBIDDEN.items() if re.search(words, text)]


def page_problems() -> list[str]:
    """What is wrong with pages: slugs, tags, cells too long to be one idea, volatile cells that assert nothing."""
    try:
        texts = editions.pages()
    except BuildError as error:
        return [str(error)]
    return [problem for page, text in texts.items() for problem in _page_problems(page, text)]


def _page_problems(page: str, text: str) -> list[str]:
    try:
        notebook = editions.read_page(text)
    except BuildError as error:
        return [str(error)]
    cells = zip(notebook.cells, notebook.metadata.source_map, strict=True)
    code = [(cell, line) for cell, line in cells if cell.cell_type == "code"]
    return [f"{written_in(page)}, line {line}: {problem}" for cell, line in code for problem in _cell_problems(cell)]


def _cell_problems(cell: NotebookNode) -> list[str]:
    problems, lines = [], len(cell.source.splitlines())
    if lines > LONGEST_CELL and "check" not in editions.tags_of(cell):
        problems.append(f"a cell of {lines} lines; {LONGEST_CELL} is the most.")
    try:
        asserts = any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))
    except SyntaxError as error:
        return [*problems, f"the cell is no Python ({error.msg})."]
    if "volatile" in editions.tags_of(cell) and not asserts:
        problems.append("a volatile cell is compared with nothing: let it assert something about its result.")
    return problems


def check() -> list[str]:
    """Every problem found, one sentence each."""
    return file_problems(committed()) + page_problems()


if __name__ == "__main__":
    found = check()
    print("\n".join(found))
    sys.exit(bool(found))
