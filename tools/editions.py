"""From a source page to its editions: one notebook a framework, in plain Markdown, with stable ids and no outputs."""

import copy
import functools
import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import jupytext.myst
import nbformat
import yaml
from nbformat import NotebookNode

from tools import plain_markdown
from tools.errors import BuildError
from tools.labs import pages as lab_pages
from tools.paths import CHAPTERS, NOTEBOOKS, ROOT, written_in
from tools.settings import repository_branch, repository_url
from utils import results

LABELS = {"keras": "Keras", "torch": "PyTorch"}
FRAMEWORKS = tuple(LABELS)
PACKAGES = {"keras": "tensorflow", "torch": "torch"}
WHOSE = {"keras", "torch", "each"}  # a cell carries one of these at most
TAGS = WHOSE | {"volatile", "setup", "hide-input", "remove-cell", "check"}
NBVAL_IGNORE = "nbval-ignore-output"
# What an edition is made of beside its page; results/*.json come in addition.
INGREDIENTS = (
    *("tools/editions.py", "tools/plain_markdown.py", "tools/quizzes.py", "tools/settings.py", "utils/results.py"),
    *("_config.yml", "references.bib", "requirements.txt"),
)

BOOTSTRAP = """\
# Finds the course's own modules: beside this notebook, in a clone above it, or (on Colab) fetched now.
import os, pathlib, subprocess, sys
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
here = pathlib.Path.cwd()
places = [*map(pathlib.Path, sys.path), here, *here.parents, here / "course"]
home = next((folder for folder in places if os.path.isfile(folder / "utils" / "provenance.py")), None)
if home is None:
    home = here / "course"
    try:
        subprocess.run(["git", "clone", "--quiet", "--depth=1", "--branch={branch}", "{url}", home], check=True)
    except (OSError, subprocess.CalledProcessError):
        raise ModuleNotFoundError(
            f"The course's modules are not here, and git could not fetch them into {{home}}: put this notebook "
            "into a clone of {url}, or see that git and the network are there and that nothing else is in that folder."
        ) from None
sys.path.insert(0, str(home))  # first: modules of yours may be called utils, too
if "google.colab" in sys.modules:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", {packages}], check=True)"""
# What Colab's image lacks of what editions import: module → package. Through utils.data, every edition wants pooch.
NOT_ON_COLAB = {"pooch": "pooch", "captum": "captum"}
IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)


def installed_frameworks() -> tuple[str, ...]:
    """The frameworks whose package this environment holds; $FRAMEWORK narrows them to one."""
    wanted = [os.environ["FRAMEWORK"]] if os.environ.get("FRAMEWORK") else FRAMEWORKS
    return tuple(name for name in wanted if importlib.util.find_spec(PACKAGES[name]))


def is_notebook(text: str) -> bool:
    """Whether a page has code to run (a jupytext header); pages without are prose only."""
    return text.startswith("---") and "format_name: myst" in text.split("\n---", 1)[0]


def pages() -> dict[str, str]:
    """Every page with code, those made of labs included: slug → text.

    Raises:
        BuildError: the slug in a page's frontmatter is missing, or differs from its place under `chapters`.
    """
    found = {}
    for path in sorted(CHAPTERS.rglob("*.md")):
        text, place = path.read_text("utf-8-sig"), path.relative_to(CHAPTERS).with_suffix("").as_posix()
        if ".ipynb_checkpoints" in path.parts or not is_notebook(text):
            continue
        try:
            named = slug(text)
        except BuildError as error:
            raise BuildError(f"chapters/{place}.md: {error}") from None
        if named != place:
            raise BuildError(f"chapters/{place}.md: its slug is {named!r}: make it {place!r}, as its place says.")
        found[place] = text
    return found | lab_pages.pages()


def slug(text: str) -> str:
    """The name of a page with code, `part/page`, as its frontmatter gives it.

    Raises:
        BuildError: the frontmatter is no YAML, or has no slug.
    """
    try:
        facts = yaml.safe_load(text.split("\n---", 1)[0])
    except yaml.YAMLError as error:
        raise BuildError(f"the frontmatter cannot be read: {error}") from None
    if not facts.get("slug"):
        raise BuildError("the frontmatter has no slug: add `slug: part/page`, the path under chapters/ without .md.")
    return facts["slug"]


def read_page(text: str) -> NotebookNode:
    """A source page as a notebook; its metadata is the page's frontmatter.

    It also has a `source_map`: for every code cell the line of its opening fence, counted from 1.

    Raises:
        BuildError: the frontmatter cannot be read; a code cell carries a tag that is not in the closed list, or two
            that exclude each other.
    """
    return copy.deepcopy(_parsed(text))


@functools.lru_cache(maxsize=256)  # parsing a long page takes 60 ms
def _parsed(text: str) -> NotebookNode:
    page = slug(text)
    try:
        notebook = jupytext.myst.myst_to_notebook(text, add_source_map=True)
    except jupytext.myst.MystMetadataParsingError as error:
        raise BuildError(f"{written_in(page)}: {error}") from None
    for cell, line in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        if cell.cell_type == "code":
            _check_tags(tags_of(cell), f"{written_in(page)}, line {line}")
    return notebook


def _check_tags(tags: set[str], where: str) -> None:
    if unknown := sorted(tags - TAGS):
        raise BuildError(f"{where}: the tag {unknown[0]!r} is none of {', '.join(sorted(TAGS))}.")
    if len(tags & WHOSE) > 1:
        both = " and ".join(sorted(tags & WHOSE))
        raise BuildError(f"{where}: the tags {both} exclude each other: keep one of them.")


def place(text: str, cell: int | None) -> str:
    """File and line of a page's cell, for messages; an edition's first cell (None) stands in no page."""
    line = "" if cell is None else f", line {_parsed(text).metadata.source_map[cell]}"
    return f"{written_in(slug(text))}{line}"


def tags_of(cell: NotebookNode) -> set[str]:
    """A cell's tags."""
    return set(cell.metadata.get("tags", []))


def frameworks_of(cell: NotebookNode) -> tuple[str, ...]:
    """The editions a cell stands in: its framework's only, or every one."""
    return tuple(name for name in FRAMEWORKS if name in tags_of(cell)) or FRAMEWORKS


def code_cells(notebook: NotebookNode, framework: str) -> dict[int, NotebookNode]:
    """The code cells of a page read by `read_page` that run in this framework's edition, by their place in the page."""
    return {
        index: cell
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and framework in frameworks_of(cell)
    }


def split(notebook: NotebookNode, framework: str) -> NotebookNode:
    """One framework's edition of a page read by `read_page`.

    Each cell remembers its place in the page as metadata `source_cell`; the first code cell, which finds the
    course's modules, has none.
    """
    page, code, cells = notebook.metadata.slug, code_cells(notebook, framework), []
    for index, cell in enumerate(notebook.cells):
        if index in code:
            if index == min(code):
                cells.append(_bootstrap(code.values()))
            cells.append(_code_cell(cell, index))
        elif cell.cell_type == "markdown" and (text := plain_markdown.convert(cell.source, page)):
            cells.append(nbformat.v4.new_markdown_cell(text, id=f"text-{index:03d}", metadata={"source_cell": index}))
    edition = nbformat.v4.new_notebook(cells=cells)
    edition.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    edition.metadata["language_info"] = {"name": "python"}
    edition.metadata["learning_to_see"] = {"slug": page, "framework": framework}
    return edition


def _code_cell(cell: NotebookNode, index: int) -> NotebookNode:
    metadata = {**copy.deepcopy(cell.metadata), "source_cell": index}
    if "volatile" in tags_of(cell):
        metadata["tags"] = [*metadata["tags"], NBVAL_IGNORE]
    if "check" in tags_of(cell):  # what it finds is of interest, not its code
        metadata["jupyter"] = {"source_hidden": True}
    return nbformat.v4.new_code_cell(cell.source, id=f"code-{index:03d}", metadata=metadata)


def _bootstrap(code: Iterable[NotebookNode]) -> NotebookNode:
    """The first cell of an edition with these code cells."""
    imported = {"pooch"} | {name for cell in code for name in IMPORT.findall(cell.source)}
    packages = ", ".join(f'"{package}"' for name, package in NOT_ON_COLAB.items() if name in imported)
    source = BOOTSTRAP.format(url=repository_url(), branch=repository_branch(), packages=packages)
    metadata = {"tags": ["setup"], "jupyter": {"source_hidden": True}}
    return nbformat.v4.new_code_cell(source, id="bootstrap", metadata=metadata)


def code_hash(text: str, framework: str) -> str:
    """SHA-256 of what a page's edition runs: its code cells and their tags, not its prose."""
    noted = notes(edition_path(framework, slug(text)))
    if noted.get("made_of") == _made_of(text):  # saves parsing the page
        return noted["code"]
    cells = code_cells(_parsed(text), framework).values()
    code = [[cell.source, sorted(tags_of(cell))] for cell in (_bootstrap(cells), *cells)]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()


def edition_path(framework: str, page: str) -> Path:
    """Where the edition of page `part/page` is written."""
    return NOTEBOOKS / framework / f"{page}.ipynb"


def make(page: str, text: str, frameworks: tuple[str, ...]) -> None:
    """Write those editions of a page, under `_build/notebooks`, that are missing or would be others today."""
    for framework in frameworks:
        path = edition_path(framework, page)
        if notes(path).get("made_of") != _made_of(text):
            edition = split(_parsed(text), framework)
            cells = hashlib.sha256(json.dumps([cell.source for cell in edition.cells]).encode()).hexdigest()
            made_of, code = _made_of(text), code_hash(text, framework)
            edition.metadata["learning_to_see"] |= {"made_of": made_of, "code": code, "cells": cells}
            write(path, edition)


def _made_of(text: str) -> str:
    """SHA-256 of a page and of all else that its editions are made of."""
    return hashlib.sha256(_ingredients() + text.encode()).hexdigest()


@functools.cache
def _ingredients() -> bytes:
    paths = [*(ROOT / name for name in INGREDIENTS), *sorted((ROOT / "results").glob("*.json"))]
    return b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)


def notes(path: Path) -> dict:
    """What a notebook written here notes of itself; nothing where there is none."""
    if not path.is_file():
        return {}
    written = path.stat()
    return _notes(path, written.st_mtime_ns, written.st_ino)


@functools.lru_cache(maxsize=1024)
def _notes(path: Path, _time: int, _inode: int) -> dict:
    return json.loads(path.read_text("utf8"))["metadata"]["learning_to_see"]


def write(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook whole or not at all."""
    results.write_atomically(path, nbformat.writes(notebook) + "\n")
