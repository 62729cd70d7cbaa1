"""Reads a page for MyST-NB: lays its editions' outputs in, and gives each framework's cells their own place."""

import copy
import re

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from nbformat import NotebookNode

from tools import editions
from tools.labs.pages import is_exercise
from tools.sphinx import pages

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def read(text: str, frameworks: tuple[str, ...]) -> NotebookNode:
    """A page as shown: a cell tagged `each` stands there once a framework, other frameworks' cells not at all.

    MyST-NB calls this (`nb_custom_formats`) with a page's text and, of our configuration, the frameworks shown.
    """
    if not editions.is_notebook(text):
        return read_myst_markdown_notebook(text, add_source_map=True)
    page = pages.load(text, frameworks)
    outputs = {name: page.outputs(name) for name in frameworks}
    shown, lines = [], []
    for index, (cell, line) in enumerate(zip(page.notebook.cells, page.notebook.metadata.source_map, strict=True)):
        open_check = "check" in editions.tags_of(cell) and is_exercise(page.slug)
        for variant in _variants(cell, index, {name: {} for name in outputs} if open_check else outputs):
            shown.append(variant)
            lines.append(line)
    facts = {key: value for key, value in page.notebook.metadata.items() if key not in ("jupytext", "kernelspec")}
    facts |= {"source_map": lines, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    return nbformat.v4.new_notebook(cells=shown, metadata=facts)


def _variants(cell: NotebookNode, index: int, outputs: dict[str, dict[int, list[NotebookNode]]]) -> list[NotebookNode]:
    """The cells that stand in the page for one of its source: one, one a framework, or none."""
    if cell.cell_type != "code":
        return [cell]
    tags = editions.tags_of(cell)
    if tags & {*editions.FRAMEWORKS, "each"}:
        return [
            _filled(cell, outputs[name].get(index, []), sorted(tags - {"each", *editions.FRAMEWORKS} | {name}))
            for name in outputs
            if name in editions.frameworks_of(cell)
        ]
    found = next((outputs[name][index] for name in outputs if index in outputs[name]), [])
    return [_filled(cell, found, sorted(tags))]


def _filled(cell: NotebookNode, outputs: list[NotebookNode], tags: list[str]) -> NotebookNode:
    """A copy of a code cell with these tags and outputs; its pictures' alternative texts go into its metadata."""
    kept = [_clean(output) for output in outputs if output.get("name") != "stderr"]
    pictures = [(o.metadata, mime) for o in kept for mime in o.get("data", {}) if mime.startswith("image/")]
    metadata = {**cell.metadata, "tags": tags, "alternatives": [m.get(mime, {}).get("alt", "") for m, mime in pictures]}
    if "check" in tags:
        metadata["mystnb"] = {"code_prompt_show": "Show the check", "code_prompt_hide": "Hide the check"}
    return nbformat.v4.new_code_cell(cell.source, metadata=metadata, outputs=kept)


def _clean(output: NotebookNode) -> NotebookNode:
    """An output without terminal colors; a picture with alternative text needs no HTML copy of itself beside it."""
    output = copy.deepcopy(output)
    if "text" in output:
        output.text = ANSI.sub("", output.text)
    if "text/plain" in output.get("data", {}):
        output.data["text/plain"] = ANSI.sub("", output.data["text/plain"])
    if output.get("metadata", {}).get("image/png", {}).get("alt"):
        output.data.pop("text/html", None)
    return output
