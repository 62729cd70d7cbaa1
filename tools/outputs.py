"""What editions printed when they were run: where that is kept, whether it still holds, whether the two agree."""

import functools
import hashlib
import json
import platform
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import editions, environment
from tools.errors import BuildError, quoted
from tools.paths import EXECUTED, ROOT
from utils import data, provenance

# What `execute` notes of a run: SHA-256 of the code cells, of the pinned versions and of what shared cells printed; the
# files and data the kernel used, with theirs; its versions; seconds and date.
NOTED = {"code", "pins", "printed", "used", "versions", "seconds", "date"}


def executed_path(framework: str, page: str) -> Path:
    """Where the executed edition of page `part/page` is kept."""
    return EXECUTED / framework / f"{page}.ipynb"


def notes(framework: str, page: str) -> dict:
    """What an executed edition notes of its run, by the names in NOTED; {} where there is none."""
    return editions.notes(executed_path(framework, page))


def staleness(text: str, framework: str) -> str | None:
    """Why the executed edition of a page no longer shows what it would print now, or None where it does.

    Runs nothing: compares what the edition noted after its run with the files as they are.
    """
    noted = notes(framework, editions.slug(text))
    if not noted.keys() >= NOTED:
        return "it has not been run yet"
    if noted["code"] != editions.code_hash(text, framework):
        return "its code changed"
    if noted["pins"] != pins_hash(framework):
        return "Python or the pinned versions changed"
    for name, checksum in noted["used"]["files"].items():
        if provenance.file_hash(ROOT / name) != checksum:
            return f"{name} changed"
    for name, facts in noted["used"]["data"].items():
        source, checksum = _identity(name)
        if (source, checksum) != (facts["source"], facts["checksum"]):
            return f"its data changed: {name} is now {source}"
    return None


def _identity(name: str) -> tuple[str, str]:
    try:
        return data.identity(name)
    except FileNotFoundError as error:  # $LEARNING_TO_SEE_SOURCE asks for originals, and this one is not there
        raise BuildError(str(error)) from error


@functools.cache
def pins_hash(framework: str) -> str:
    """SHA-256 of the Python version and the pinned packages that an edition of this framework can see."""
    return _hash([platform.python_version(), *environment.pins(("both", framework))])


def printed_hash(edition: NotebookNode) -> str:
    """SHA-256 of what the shared cells of an executed edition printed."""
    return _hash([text_of(cell) for cell in edition.cells if _is_shared(cell)])


def _hash(texts: list[str]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def text_of(cell: NotebookNode) -> str:
    """The text a code cell printed or returned, pictures and stderr left out."""
    printed = [
        output.text if output.output_type == "stream" else output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
        if output.output_type != "error"
    ]
    return re.sub(r"0x[0-9a-f]{6,}", "0xADDRESS", "".join(printed))


def check_equal(page: str, text: str, frameworks: tuple[str, ...]) -> None:
    """Untagged cells must print the same in both editions: that is what shown without a tab means.

    Raises:
        BuildError: a cell printed differently, with its source and both texts.
    """
    if len({notes(name, page)["printed"] for name in frameworks}) < 2:
        return
    notebook = editions.read_page(text)
    printed = {editions.LABELS[name]: _printed(notebook, page, name) for name in frameworks}
    for index, cell in enumerate(notebook.cells):
        said = {label: texts[index] for label, texts in printed.items() if index in texts}
        if _is_shared(cell) and len(set(said.values())) > 1:
            both = "\n".join(f"  {label}:\n{quoted(words)}" for label, words in said.items())
            raise BuildError(
                f"{editions.place(text, index)}: an untagged cell prints differently in the two editions; tag it "
                f"`each`, or `volatile` if it measures time.\n\n{quoted(cell.source)}\n\n{both}"
            )


def _is_shared(cell: NotebookNode) -> bool:
    """Whether a cell is shown once for both editions, and must print the same in both."""
    return cell.cell_type == "code" and not editions.tags_of(cell) & {*editions.WHOSE, "volatile"}


def _printed(notebook: NotebookNode, page: str, framework: str) -> dict[int, str]:
    """What each code cell of a page printed, by its place in the page as it is now: prose may have come or gone."""
    ran = nbformat.read(executed_path(framework, page), as_version=4)
    code = [cell for cell in ran.cells if cell.cell_type == "code" and "source_cell" in cell.metadata]
    return {index: text_of(cell) for index, cell in zip(editions.code_cells(notebook, framework), code, strict=True)}
