"""The head of a page."""

import contextlib
from pathlib import Path

import nbformat

from tests.unit.tools.sphinx.conftest import Book
from tools.sphinx import site_files

CELL = "```{code-cell} ipython3\nprint(1)\n```"


def test_it_tells_minutes_prerequisites_versions_and_date(book: Book) -> None:
    book.page("part/first", CELL)
    book.page("part/second", CELL, minutes=75, prerequisites=["intro", "part/first"])
    book.run("part/second")
    assert book.build() == ""
    head = book.words("part/second", ".page-head")
    assert "75 minutes · read first: Intro, Part/First" in head
    assert "Run on 23 November 2026 with Keras 3.1.4, PyTorch 3.1.4, Python 3.11.2." in head
    links = book.soup("part/second").select(".page-head p:first-child a")
    assert [link["href"] for link in links] == ["../intro.html", "first.html"]


def test_it_tells_the_original_from_the_twin(book: Book) -> None:
    book.page("page", CELL, datasets=["mnist"])
    book.run("page", used={"files": {}, "data": {"mnist": {"source": "twin", "checksum": "x"}}})
    book.build()
    head = book.words("page", ".page-head")
    assert "MNIST: its drawn twin; python -m utils.data download mnist gets the original." in head
    book.run("page", used={"files": {}, "data": {"mnist": {"source": "original", "checksum": "x"}}})
    book.build()
    assert "MNIST: the original." in book.words("page", ".page-head")
    book.run("page", used={"files": {}, "data": {"scenes": {"source": "twin", "checksum": "x"}}})
    book.build()
    assert "Scenes: drawn for this course." in book.words("page", ".page-head")
    book.run("page", used={"files": {}, "data": {"vgg16": {"source": "missing", "checksum": ""}}})
    book.build()
    missing = "ImageNet weights of VGG16: not on disk; python -m utils.data download vgg16 gets them."
    assert missing in book.words("page", ".page-head")


def test_it_offers_each_edition_to_download_and_in_colab(book: Book) -> None:
    book.page("part/page", CELL)
    book.run("part/page")
    assert book.build() == ""
    links = [link["href"] for link in book.soup("part/page").select("a.page-head-button")]
    assert links == [
        "../../notebooks/keras/part/page.ipynb",
        "https://colab.research.google.com/github/learning-to-see/learning-to-see/blob/notebooks/keras/part/page.ipynb",
        "../../notebooks/torch/part/page.ipynb",
        "https://colab.research.google.com/github/learning-to-see/learning-to-see/blob/notebooks/torch/part/page.ipynb",
    ]
    downloaded = nbformat.read(book.html / "notebooks/keras/part/page.ipynb", as_version=4)
    assert any(cell.source == "print(1)" for cell in downloaded.cells)


def test_the_download_follows_an_edit_of_prose(book: Book) -> None:
    book.page("page", CELL)
    book.build()
    book.page("page", f"A new sentence.\n\n{CELL}")
    book.build()
    assert "A new sentence." in (book.html / "notebooks/torch/page.ipynb").read_text("utf8")


def test_a_copy_that_was_interrupted_is_made_again(book: Book, monkeypatch) -> None:
    book.page("page", CELL)
    copy = site_files.shutil.copyfile

    def interrupt(source, target, **options):
        if ".ipynb" not in Path(target).name:
            return copy(source, target, **options)
        Path(target).write_text("half a noteb")
        raise RuntimeError("stopped")

    monkeypatch.setattr(site_files.shutil, "copyfile", interrupt)
    with contextlib.suppress(RuntimeError):
        book.build()
    monkeypatch.setattr(site_files.shutil, "copyfile", copy)
    book.build()
    for framework in ("keras", "torch"):
        copies = sorted((book.html / "notebooks" / framework).iterdir())
        assert [path.name for path in copies] == ["intro.ipynb", "page.ipynb"]
        assert all(nbformat.read(path, as_version=4).cells for path in copies)


def test_a_missing_prerequisite_warns(book: Book) -> None:
    book.page("page", CELL, prerequisites=["part/nowhere"])
    assert "part/nowhere" in book.build()


def test_a_page_must_say_how_long_it_takes(book: Book) -> None:
    book.page("page", CELL, minutes=None)
    assert "chapters/page.md: its frontmatter has no minutes" in book.build()


def test_pages_without_code_have_no_head(book: Book) -> None:
    book.build()
    assert not book.soup("appendix/errata").select(".page-head")


def test_what_is_no_longer_in_the_book_leaves_the_site(book: Book) -> None:
    book.page("page", CELL)
    book.build()
    assert (book.html / "notebooks/keras/page.ipynb").is_file()
    (book.folder / "chapters/page.md").unlink()
    book.pages.remove("page")
    book.page("intro", "Welcome again.")
    assert book.build("torch") == ""
    assert not (book.html / "chapters/page.html").exists()
    assert sorted(path.name for path in (book.html / "notebooks").rglob("*.ipynb")) == ["intro.ipynb"]
