"""Small books in temporary folders (with spaces and an umlaut in their names) for the build tools to work on."""

import shutil
from pathlib import Path

import pytest

from tools import desk, editions, environment, execute, outputs, paths, plain_markdown, sources
from tools.labs import source
from utils import results

BOTH = ("keras", "torch")
FRONTMATTER = """\
---
slug: {slug}
minutes: 5
prerequisites: []
datasets: []
lab:
jupytext: {{text_representation: {{extension: .md, format_name: myst}}}}
kernelspec: {{name: python3, display_name: Python 3}}
---

# A page

"""


class Book:
    """A copy of the project's `utils` and requirements, and the pages written into it."""

    def __init__(self, root: Path):
        self.root = root
        if not root.is_dir():
            shutil.copytree(paths.ROOT / "utils", root / "utils", ignore=shutil.ignore_patterns("__pycache__"))
            for name in ("requirements.txt", "references.bib", "_config.yml"):
                shutil.copy(paths.ROOT / name, root / name)

    def point_tools_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every tool work on this book instead of the real one."""
        for module in (execute, outputs, plain_markdown, sources):
            monkeypatch.setattr(module, "ROOT", self.root)
        monkeypatch.setattr(editions, "CHAPTERS", self.root / "chapters")
        monkeypatch.setattr(source, "LABS", self.root / "labs")
        monkeypatch.setattr(editions, "NOTEBOOKS", self.root / "_build" / "notebooks")
        monkeypatch.setattr(desk, "DESK", self.root / "my-notebooks")
        monkeypatch.setattr(outputs, "EXECUTED", self.root / "_build" / "executed")
        monkeypatch.setattr(environment, "REQUIREMENTS", self.root / "requirements.txt")
        monkeypatch.setattr(results, "FOLDER", self.root / "results")
        for cached in (outputs.pins_hash, plain_markdown._bibliography):
            cached.cache_clear()

    @staticmethod
    def cell(source: str, *tags: str) -> str:
        """A code cell as a page writes it."""
        option = f":tags: [{', '.join(tags)}]\n" if tags else ""
        return f"```{{code-cell}} ipython3\n{option}{source}\n```\n\n"

    def page(self, *parts: str, slug: str = "part/page", newline: str = "\n") -> str:
        """Write a page of these parts, and return its text as the tools read it."""
        path = self.root / "chapters" / f"{slug}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FRONTMATTER.format(slug=slug) + "".join(parts), "utf8", newline=newline)
        return editions.pages()[slug]

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in one of the book's files."""
        path = self.root / name
        text = path.read_text("utf8")
        assert old in text
        path.write_text(text.replace(old, new), "utf8")

    def run(self, frameworks: tuple[str, ...] = BOTH) -> None:
        """What `python -m tools execute` does with all pages."""
        execute.run(editions.pages(), frameworks)

    def built(self) -> list[str]:
        """All files under _build/executed, however they are called."""
        folder = self.root / "_build" / "executed"
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def book(tmp_path, monkeypatch):
    """An empty book, with every tool pointed at it."""
    made = Book(tmp_path / "a book über vision")
    made.point_tools_here(monkeypatch)
    yield made
    outputs.pins_hash.cache_clear()
    plain_markdown._bibliography.cache_clear()


SHAPES = """\
import json, os, pathlib, time
from utils import plots, provenance, shapes
provenance.note_file(provenance.ROOT / "results" / "measured.json")
provenance.note_data("mnist", "twin", "checksum")
"""
MEETING = """\
folder = pathlib.Path(os.environ["MEETING"])
(folder / f"{os.getpid()}").touch()
until = time.monotonic() + 60
while len(list(folder.iterdir())) < 2 and time.monotonic() < until:
    time.sleep(0.05)
print("kernels that met:", len(list(folder.iterdir())))
"""


@pytest.fixture(scope="session")
def executed_once(tmp_path_factory) -> Path:
    """The folder of a book of two pages, executed once; in the first the two editions wait for each other."""
    book = Book(tmp_path_factory.mktemp("executed") / "a book über vision")
    meeting = tmp_path_factory.mktemp("meeting")
    (book.root / "results").mkdir()
    (book.root / "results" / "measured.json").write_text("{}")
    (book.root / "utils" / "unused.py").write_text('"""Nobody imports this."""\n')
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MEETING", str(meeting))
        book.point_tools_here(monkeypatch)
        book.page(
            book.cell(SHAPES, "setup"),
            "Some prose.\n\n",
            book.cell('print("size:", shapes.output_size(7, 3), "≥ 5, größer")'),
            book.cell(MEETING),
            book.cell(
                'print(json.dumps([os.environ["OMP_NUM_THREADS"], os.environ["PYTHONPATH"], os.getcwd()]))', "each"
            ),
            book.cell('print("Keras only")', "keras"),
            book.cell('print("PyTorch only")', "torch"),
            book.cell("print(time.time())\nassert time.time() > 0", "volatile"),
            book.cell(
                'print("a", end="", flush=True)\ntime.sleep(0.3)\nimport sys\nprint("!", file=sys.stderr)\nprint("b")'
            ),
            book.cell('plots.show_numbers(__import__("numpy").eye(2), alt="Two ones on the diagonal")'),
            slug="part/shapes",
        )
        book.page(book.cell("sum(range(4))"), slug="part/plain", newline="\r\n")
        book.run()
    return book.root


@pytest.fixture
def executed(executed_once, tmp_path, monkeypatch) -> Book:
    """A copy of the executed book, to be changed at will. Its data are what they were when it ran."""
    root = tmp_path / "a copy über vision"
    shutil.copytree(executed_once, root)
    made = Book(root)
    made.point_tools_here(monkeypatch)
    monkeypatch.setattr(outputs.data, "identity", lambda name: ("twin", "checksum"))
    yield made
    outputs.pins_hash.cache_clear()
    plain_markdown._bibliography.cache_clear()
