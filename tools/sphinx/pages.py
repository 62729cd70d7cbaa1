"""What the site knows of a page as it reads it: its cells, its editions' outputs, and why they are out of date."""

import difflib
import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError

from tools import editions, outputs
from tools.errors import BuildError
from tools.labs import pages as lab_pages
from tools.paths import document, slug, written_in


@dataclass(frozen=True)
class Edition:
    """One framework's executed edition: `notes` of its run and its code `cells`, both empty where it was never run."""

    framework: str
    stale: str | None
    notes: dict
    cells: list[NotebookNode]


@dataclass(frozen=True)
class Page:
    """A page with code: its notebook as written, and its editions in the order of the tabs."""

    slug: str
    notebook: NotebookNode
    editions: dict[str, Edition]

    def outputs(self, framework: str) -> dict[int, list[NotebookNode]]:
        """Outputs by the cell's place in the page. Cells are matched by their code: changed ones have none."""
        written = editions.code_cells(self.notebook, framework)
        places, ran = list(written), self.editions[framework].cells
        sources = [cell.source for cell in written.values()], [cell.source for cell in ran]
        matcher = difflib.SequenceMatcher(None, *sources, autojunk=False)
        return {
            places[match.a + offset]: ran[match.b + offset].outputs
            for match in matcher.get_matching_blocks()
            for offset in range(match.size)
        }

    def printed(self, framework: str) -> list[str]:
        """The lines that the page's cells printed in an edition."""
        return [line for cell in self.editions[framework].cells for line in outputs.text_of(cell).splitlines()]


@functools.lru_cache(maxsize=1)  # one page is read at a time, but asked for here by the reader and every role in it
def load(text: str, frameworks: tuple[str, ...]) -> Page:
    """A page's notebook and editions; BuildError where the page cannot be read."""
    notebook = editions.read_page(text)
    slug = notebook.metadata.slug
    return Page(slug, notebook, {name: _edition(text, slug, name) for name in frameworks})


def _edition(text: str, slug: str, framework: str) -> Edition:
    stale, path = outputs.staleness(text, framework), outputs.executed_path(framework, slug)
    if not path.is_file():
        return Edition(framework, stale, {}, [])
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "source_cell" in cell.metadata]
    return Edition(framework, stale, notebook.metadata["learning_to_see"], cells)


def current(env: BuildEnvironment) -> Page | None:
    """The page being read, or None where it has no code."""
    return env.temp_data.get("book_page")


def _begin(app: Sphinx, docname: str, source: list[str]) -> None:
    load.cache_clear()
    source[0] = _as_shown(docname, source[0])
    if not editions.is_notebook(source[0]):
        return
    try:
        frameworks = tuple(app.config.book_frameworks)
        page = load(source[0], frameworks)
        if docname != document(page.slug):
            raise BuildError(f"its slug is {page.slug!r}: make it {slug(docname)!r}, its place.")
        if not page.notebook.metadata.get("minutes"):
            raise BuildError("its frontmatter has no minutes: say how long it takes, as in `minutes: 60`.")
        editions.make(page.slug, source[0], frameworks)  # the page's head offers them
    except (BuildError, ValueError, KeyError, FileNotFoundError) as error:
        where = "" if docname in str(error) else f"{docname}.md: "
        raise SphinxError(f"{where}{error}") from None
    if written_in(page.slug) != f"{docname}.md":  # a solution's page, whose own file is empty
        app.env.note_dependency(str(Path(app.srcdir, written_in(page.slug))))
    app.env.temp_data["book_page"] = page
    _states(app.env)[docname] = _state(source[0], page.slug, app.config.book_frameworks)


def _as_shown(docname: str, written: str) -> str:
    """A document's text; that of a lab's is made of the lab's source."""
    return lab_pages.pages()[docname] if docname.startswith("labs/") else written


def _states(env: BuildEnvironment) -> dict[str, list]:
    """What each page's text and outputs were when it was read; kept in the environment from build to build."""
    if not hasattr(env, "book_states"):
        env.book_states = {}
    return env.book_states


def _state(text: str, slug: str, frameworks: list[str]) -> list:
    paths = [outputs.executed_path(name, slug) for name in frameworks]
    written = [path.stat().st_mtime_ns if path.is_file() else None for path in paths]
    return [hashlib.sha256(text.encode()).hexdigest(), written, [outputs.staleness(text, name) for name in frameworks]]


def _outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Pages whose text (a lab's is made elsewhere) or outputs changed, or went stale, since they were read."""
    found = []
    for docname, before in _states(env).items():
        path = Path(env.doc2path(docname))
        if docname in env.found_docs - added - changed and path.is_file():
            text = _as_shown(docname, path.read_text("utf-8-sig"))
            if _state(text, slug(docname), app.config.book_frameworks) != before:
                found.append(docname)
    return found


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _states(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    _states(env).update({name: state for name, state in _states(other).items() if name in docnames})


def setup(app: Sphinx) -> None:
    """Follow the pages' outputs."""
    app.connect("source-read", _begin)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
