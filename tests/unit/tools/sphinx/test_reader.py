"""What is laid into a page as it is read."""

import shutil

import pytest

from tests.unit.tools.sphinx.conftest import Book
from tools import sphinx as extensions

EACH = """
```{code-cell} ipython3
print("shared by both")
```

```{code-cell} ipython3
:tags: [keras]
print("only keras")
```

```{code-cell} ipython3
:tags: [torch]
print("only torch")
```

```{code-cell} ipython3
:tags: [each]
print("run in", FRAMEWORK)
```
"""


def cells(book: Book, slug: str) -> list[tuple[str, str]]:
    """Every cell shown: its code and its output."""
    shown = book.soup(slug).select("div.cell")
    return [
        (
            cell.select_one(".cell_input").get_text().strip(),
            " ".join(o.get_text().strip() for o in cell.select(".output")),
        )
        for cell in shown
    ]


def test_outputs_are_laid_in_and_each_stands_once_a_framework(book: Book) -> None:
    book.page("page", EACH)
    book.run("page")
    assert book.build() == ""
    assert cells(book, "page") == [
        ('print("shared by both")', "shared by both"),
        ('print("only keras")', "only keras"),
        ('print("run in", FRAMEWORK)', "run in keras"),
        ('print("only torch")', "only torch"),
        ('print("run in", FRAMEWORK)', "run in torch"),
    ]


def test_one_framework_is_shown_without_tabs(book: Book) -> None:
    book.page("page", EACH)
    book.run("page", "torch")
    assert book.build("torch") == ""
    assert [output for _, output in cells(book, "page")] == ["shared by both", "only torch", "run in torch"]
    assert not book.soup("page").select(".sd-tab-set")
    assert "Keras" not in book.words("page")


def test_an_untagged_cell_takes_the_output_of_whichever_edition_was_run(book: Book) -> None:
    book.page("page", EACH)
    book.run("page", "torch")
    book.build()
    assert cells(book, "page")[0] == ('print("shared by both")', "shared by both")
    assert cells(book, "page")[1] == ('print("only keras")', "")


def test_colors_of_a_terminal_and_stderr_are_left_out(book: Book) -> None:
    book.page("page", '```{code-cell} ipython3\nprint("\\x1b[31mred\\x1b[0m")\ncomplain("a warning")\n```')
    book.run("page")
    assert book.build() == ""
    assert cells(book, "page")[0][1] == "red"


def test_removed_cells_are_not_shown_and_hidden_ones_are_folded(book: Book) -> None:
    body = """
```{code-cell} ipython3
:tags: [remove-cell]
print("not shown")
```

```{code-cell} ipython3
:tags: [hide-input]
print("folded")
```
"""
    book.page("page", body)
    book.run("page")
    assert book.build() == ""
    assert "not shown" not in book.words("page")
    assert book.soup("page").select_one("details.hide .cell_input")


def test_a_page_that_was_not_run_says_so(book: Book) -> None:
    book.page("page", EACH)
    assert book.build() == ""
    notice = book.words("page", ".out-of-date")
    assert "Keras: it has not been run yet" in notice
    assert "PyTorch: it has not been run yet" in notice
    assert "python -m tools book page" in notice


def test_a_stale_page_says_why_and_shows_outputs_of_unchanged_cells_only(book: Book) -> None:
    book.page("page", EACH)
    book.run("page")
    book.page("page", EACH.replace('print("only keras")', 'print("KERAS")'))
    assert book.build() == ""
    assert "Keras: its code changed" in book.words("page", ".out-of-date")
    assert "PyTorch:" not in book.words("page", ".out-of-date")
    shown = dict(cells(book, "page"))
    assert shown['print("KERAS")'] == ""
    assert shown['print("shared by both")'] == "shared by both"


def test_prose_between_cells_changes_nothing(book: Book) -> None:
    book.page("page", EACH)
    book.run("page")
    book.page("page", "A sentence more.\n" + EACH.replace("```\n\n```", "```\n\nWords between.\n\n```"))
    assert book.build() == ""
    assert not book.soup("page").select(".out-of-date")
    assert ('print("run in", FRAMEWORK)', "run in torch") in cells(book, "page")


def test_a_page_is_read_again_when_its_outputs_appear_or_go_stale(book: Book) -> None:
    book.page("page", EACH)
    book.build()
    assert book.soup("page").select(".out-of-date")
    book.run("page")
    book.build()
    assert not book.soup("page").select(".out-of-date")
    book.run("page", "keras", used={"files": {"utils/ops.py": "another hash"}, "data": {}})
    book.build()
    assert "Keras: utils/ops.py changed" in book.words("page", ".out-of-date")


def test_other_pages_show_a_changed_title_in_their_side_bar(book: Book) -> None:
    book.page("page", EACH)
    book.build()
    text = (book.folder / "chapters/page.md").read_text("utf8")
    book.write("chapters/page.md", text.replace("# Page", "# A new title"))
    book.build()
    assert "A new title" in book.soup("intro").select_one(".bd-sidebar-primary").get_text()


@pytest.mark.parametrize(
    ("facts", "said"), [({"slug": "elsewhere"}, "its slug is 'elsewhere': make it 'page'"), ({"slug": ""}, "no slug")]
)
def test_a_wrong_slug_stops_the_build_with_the_page(book: Book, facts: dict, said: str) -> None:
    book.page("page", EACH)
    text = (book.folder / "chapters/page.md").read_text("utf8")
    book.write("chapters/page.md", text.replace("slug: page", f"slug: {facts['slug']}"))
    complaint = book.build()
    assert "chapters/page.md" in complaint
    assert said in complaint


def test_an_unknown_tag_stops_the_build_with_page_and_line(book: Book) -> None:
    book.page("page", "```{code-cell} ipython3\n:tags: [jax]\nprint(1)\n```")
    complaint = book.build()
    assert "chapters/page.md" in complaint
    assert "'jax'" in complaint


def test_pages_are_read_again_when_a_module_changes_that_they_show(tmp_path, monkeypatch) -> None:
    for name in extensions.SHOWN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(extensions.ROOT / name, tmp_path / name)
    monkeypatch.setattr(extensions, "ROOT", tmp_path)
    versions = {extensions._version()}
    for name in extensions.SHOWN:
        (tmp_path / name).write_text("x = 1\n")
        versions.add(extensions._version())
    assert len(versions) == 1 + len(extensions.SHOWN)
