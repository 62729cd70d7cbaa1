"""A small book in a temporary folder, with editions "executed" in an instant, built as the real one is."""

import base64
import contextlib
import io
import re
import shutil
import zlib
from pathlib import Path

import bs4
import nbformat
import pytest
import yaml
from jupyter_book.sphinx import build_sphinx

from tools import editions, outputs
from tools.paths import ROOT
from utils import results

FACTS = {
    "jupytext": {"text_representation": {"extension": ".md", "format_name": "myst"}},
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
}
SOURCES = {
    "S1": {
        "title": "卷积 (Convolution)",
        "items": {"2.1": "Valid padding", "2.2": "Same padding"},
        "errata": {"third-padding": "Three kinds are announced and two shown."},
    }
}


def _png(width: int = 2, height: int = 2) -> str:
    """A white picture as base64."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress(b"".join(b"\0" + b"\xff" * width for _ in range(height)))
    signature = b"\x89PNG\r\n\x1a\n"
    return base64.b64encode(signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")).decode()


class Book:
    """Pages are written with `page`, run with `run`, and the site is built with `build`, which returns the warnings."""

    def __init__(self, folder: Path):
        self.folder, self.html = folder, folder / "_build" / "html"
        self.pages: list[str] = []
        for name in ("_config.yml", "_static"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        (folder / "references.bib").write_text("@book{knuth, author={Knuth, Donald}, title={Art}, year={1968}}\n")
        self.write("chapters/appendix/sources.yml", yaml.safe_dump(SOURCES, allow_unicode=True))
        self.write("chapters/appendix/source-map.md", "# Source map\n\n```{source-map}\n```\n")
        self.write("chapters/appendix/errata.md", "# Errata\n\n```{errata}\n```\n")
        self.page("intro", "Welcome.")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")

    def page(self, slug: str, body: str, **facts: object) -> None:
        """Write (or write again) a page with code."""
        front = yaml.safe_dump({"slug": slug, "minutes": 5, "prerequisites": [], "datasets": [], **facts, **FACTS})
        self.write(f"chapters/{slug}.md", f"---\n{front}---\n\n# {slug.title()}\n\n{body}\n")
        if slug not in self.pages:
            self.pages.append(slug)
        root, *others = self.pages
        files = [{"file": f"chapters/{name}"} for name in [*others, "appendix/source-map", "appendix/errata"]]
        self.write("_toc.yml", yaml.safe_dump({"format": "jb-book", "root": f"chapters/{root}", "chapters": files}))

    def run(self, slug: str, *frameworks: str, **notes: object) -> None:
        """Run a page's editions here, without a kernel; `notes` stand beside what a real run notes."""
        self.run_text(slug, (self.folder / f"chapters/{slug}.md").read_text("utf8"), *frameworks, **notes)

    def run_text(self, slug: str, text: str, *frameworks: str, **notes: object) -> None:
        """The same for a page that is made of something else, by its text."""
        for framework in frameworks or editions.FRAMEWORKS:
            edition = editions.split(editions.read_page(text), framework)
            names: dict[str, object] = {"FRAMEWORK": framework}
            for cell in edition.cells:
                if cell.cell_type == "code" and "source_cell" in cell.metadata:
                    cell.outputs = _outputs(cell.source, names)
            edition.metadata["learning_to_see"] |= {
                "code": editions.code_hash(text, framework),
                "pins": outputs.pins_hash(framework),
                "printed": outputs.printed_hash(edition),
                "used": {"files": {}, "data": {}},
                "versions": {"python": "3.11.2", framework: "3.1.4"},
                "seconds": 1.0,
                "date": "2026-11-23",
                **notes,
            }
            editions.write(outputs.executed_path(framework, slug), edition)

    def build(self, *frameworks: str) -> str:
        """Build the site as `tools.site` does and return what Sphinx complained of."""
        said = io.StringIO()
        overrides = {
            "book_frameworks": list(frameworks or editions.FRAMEWORKS),
            "external_toc_path": str(self.folder / "_toc.yml"),
            "latex_individualpages": False,
        }
        places = {"path_config": self.folder / "_config.yml", "noconfig": True}
        with contextlib.redirect_stderr(said):
            build_sphinx(self.folder, self.html, **places, confoverrides=overrides, quiet=True)
        return re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue())

    def soup(self, slug: str) -> bs4.BeautifulSoup:
        """A built page."""
        return bs4.BeautifulSoup((self.html / f"chapters/{slug}.html").read_text("utf8"), "html.parser")

    def words(self, slug: str, selector: str = "article") -> str:
        """The words of a built page, or of what a selector finds in it."""
        return " ".join(" ".join(node.get_text() for node in self.soup(slug).select(selector)).split())


def _outputs(source: str, names: dict[str, object]) -> list[nbformat.NotebookNode]:
    """Run a cell: what it prints, and what it shows with `picture(alt)`, `table()` or `complain(text)`."""
    printed, outputs = io.StringIO(), []

    def show(data: dict, metadata: dict) -> None:
        outputs.append(nbformat.v4.new_output("display_data", data=data, metadata=metadata))

    def picture(alt: str) -> None:
        data = {"image/png": _png(), "text/html": f'<img alt="{alt}">', "text/plain": f"Figure: {alt}"}
        show(data, {"image/png": {"alt": alt, "width": 2}} if alt else {})

    def table() -> None:
        show({"text/html": "<table><tr><td>cell of a table</td></tr></table>", "text/plain": "a table"}, {})

    def complain(text: str) -> None:
        outputs.append(nbformat.v4.new_output("stream", name="stderr", text=text))

    with contextlib.redirect_stdout(printed):
        exec(source, names | {"picture": picture, "table": table, "complain": complain}, names)
    if printed.getvalue():
        outputs.insert(0, nbformat.v4.new_output("stream", name="stdout", text=printed.getvalue()))
    return outputs


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """An empty book; what it runs and measures lies in its own folder."""
    monkeypatch.setattr(outputs, "EXECUTED", tmp_path / "_build" / "executed")
    monkeypatch.setattr(editions, "NOTEBOOKS", tmp_path / "_build" / "notebooks")
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    monkeypatch.syspath_prepend(str(ROOT))
    return Book(tmp_path)
