"""From a source page to its editions: one notebook a framework, in plain Markdown, with stable ids and no outputs."""

import copy
import hashlib
import importlib.util
import json
import os
import re
from pathlib import Path

import jupytext.myst
import nbformat
from nbformat import NotebookNode

from tools import plain_markdown
from tools.errors import BuildError
from tools.paths import CHAPTERS, NOTEBOOKS
from tools.settings import repository_branch, repository_url

LABELS = {"keras": "Keras", "torch": "PyTorch"}
FRAMEWORKS = tuple(LABELS)
PACKAGES = {"keras": "tensorflow", "torch": "torch"}
TAGS = {"keras", "torch", "each", "volatile", "setup", "hide-input", "remove-cell"}
NBVAL_IGNORE = "nbval-ignore-output"

BOOTSTRAP = """\
# Finds the course's own modules: beside this notebook, in a clone above it, or (on Colab) fetched now.
import importlib.util, os, pathlib, subprocess, sys
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
if not importlib.util.find_spec("utils"):
    home = next((p for p in pathlib.Path.cwd().parents if (p / "utils" / "ops.py").is_file()), pathlib.Path("course"))
    if not home.is_dir():
        subprocess.run(["git", "clone", "--quiet", "--depth=1", "--branch={branch}", "{url}", home], check=True)
    sys.path.insert(0, str(home))
if importlib.util.find_spec("google.colab"):
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "pooch"], check=True)"""


def installed_frameworks() -> tuple[str, ...]:
    """The frameworks whose package this environment holds; $FRAMEWORK narrows them to one."""
    wanted = [os.environ["FRAMEWORK"]] if os.environ.get("FRAMEWORK") else FRAMEWORKS
    return tuple(name for name in wanted if importlib.util.find_spec(PACKAGES[name]))


def is_notebook(text: str) -> bool:
    """Whether a page has code to run (a jupytext header); pages without are prose only."""
    return text.startswith("---") and "format_name: myst" in text.split("\n---", 1)[0]


def read_page(text: str) -> NotebookNode:
    """A source page as a notebook; its metadata is the page's frontmatter, `source_map` its cells' first lines.

    Raises:
        BuildError: a code cell carries a tag that is not in the closed list, or the frontmatter lacks a slug.
    """
    notebook = jupytext.myst.myst_to_notebook(text, add_source_map=True)
    slug = notebook.metadata.get("slug")
    if not slug:
        raise BuildError("A page's frontmatter lacks its slug: add `slug: part/page`, the path under chapters/ without .md.")
    for index, cell in enumerate(notebook.cells):
        unknown = sorted(tags_of(cell) - TAGS) if cell.cell_type == "code" else []
        if unknown:
            raise BuildError(
                f"{slug}, line {notebook.metadata.source_map[index]}: the tag {unknown[0]!r} is unknown; "
                f"a cell may carry {', '.join(sorted(TAGS))}."
            )
    return notebook


def slug(text: str) -> str:
    """The page's name, `part/page`, from its frontmatter."""
    return read_page(text).metadata.slug


def tags_of(cell: NotebookNode) -> set[str]:
    """A cell's tags."""
    return set(cell.metadata.get("tags", []))


def frameworks_of(cell: NotebookNode) -> tuple[str, ...]:
    """The editions a cell stands in: its framework's only, or every one."""
    return tuple(name for name in FRAMEWORKS if name in tags_of(cell)) or FRAMEWORKS


def split(notebook: NotebookNode, framework: str) -> NotebookNode:
    """One framework's edition of a page read by `read_page`.

    Each cell remembers its place in the page as metadata `source_cell`; the first code cell, which finds the
    course's modules, has none.
    """
    cells = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and framework in frameworks_of(cell):
            cells.append(_code_cell(cell, index))
        elif cell.cell_type == "markdown":
            text = plain_markdown.convert(cell.source, notebook.metadata.slug)
            if text.strip():
                cells.append(_with_id(nbformat.v4.new_markdown_cell(text), f"text-{index:03d}", index))
    first_code = next((place for place, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    cells.insert(first_code, _with_id(_bootstrap(), "bootstrap", None))
    edition = nbformat.v4.new_notebook(cells=cells)
    edition.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    edition.metadata["language_info"] = {"name": "python"}
    edition.metadata["learning_to_see"] = {"slug": notebook.metadata.slug, "framework": framework}
    return edition


def _code_cell(cell: NotebookNode, index: int) -> NotebookNode:
    copied = nbformat.v4.new_code_cell(cell.source, metadata=copy.deepcopy(cell.metadata))
    if "volatile" in tags_of(cell):
        copied.metadata["tags"] = [*cell.metadata["tags"], NBVAL_IGNORE]
    return _with_id(copied, f"code-{index:03d}", index)


def _bootstrap() -> NotebookNode:
    source = BOOTSTRAP.format(url=repository_url(), branch=repository_branch())
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["setup"], "jupyter": {"source_hidden": True}})


def _with_id(cell: NotebookNode, name: str, index: int | None) -> NotebookNode:
    cell["id"] = name
    if index is not None:
        cell.metadata["source_cell"] = index
    return cell


def code_hash(edition: NotebookNode) -> str:
    """SHA-256 of what an edition runs: its code cells and their tags, not its prose."""
    code = [[cell.source, sorted(tags_of(cell))] for cell in edition.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()


def edition_path(framework: str, page: str) -> Path:
    """Where the edition of page `part/page` is written."""
    return NOTEBOOKS / framework / f"{page}.ipynb"


def pages(chapters: Path = CHAPTERS) -> dict[str, str]:
    """Every page with code: slug → text. A slug that is not its file's path is an error.

    Raises:
        BuildError: the slug in a page's frontmatter differs from its place under `chapters`.
    """
    found = {}
    for path in sorted(chapters.rglob("*.md")):
        text, place = path.read_text("utf8"), path.relative_to(chapters).with_suffix("").as_posix()
        if not is_notebook(text):
            continue
        named = re.search(r"^slug:\s*(\S+)", text, re.MULTILINE)
        if not named or named[1] != place:
            raise BuildError(f"{path.name}: its slug is {named and named[1]!r}, but its place says {place!r}: make them equal.")
        found[place] = text
    return found


def write(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook whole or not at all; an unchanged one is left alone, so that its time says when it changed."""
    text = nbformat.writes(notebook) + "\n"
    if path.is_file() and path.read_text("utf8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, "utf8")
    os.replace(partial, path)


def make(page: str, text: str, frameworks: tuple[str, ...]) -> dict[str, NotebookNode]:
    """Write the editions of one page under `_build/notebooks` and return them by framework."""
    notebook = read_page(text)
    editions = {framework: split(notebook, framework) for framework in frameworks}
    for framework, edition in editions.items():
        write(edition_path(framework, page), edition)
    return editions
