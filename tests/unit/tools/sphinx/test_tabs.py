"""Which cells become tabs."""

from tests.unit.tools.sphinx.conftest import Book

PAIR = """
```{code-cell} ipython3
:tags: [torch]
print("torch first in the source")
```

```{code-cell} ipython3
:tags: [keras]
print("keras second")
```
"""


def tabs(book: Book) -> list[list[str]]:
    """The labels of each tab set of the page."""
    return [
        [label.get_text().strip() for label in tab.select("label")] for tab in book.soup("page").select(".sd-tab-set")
    ]


def test_adjacent_cells_become_tabs_in_one_order_and_synchronized(book: Book) -> None:
    book.page("page", PAIR)
    book.run("page")
    assert book.build() == ""
    assert tabs(book) == [["Keras", "PyTorch"]]
    labels = book.soup("page").select(".sd-tab-set label")
    assert [(label["data-sync-group"], label["data-sync-id"]) for label in labels] == [
        ("framework", "keras"),
        ("framework", "torch"),
    ]


def test_prose_ends_a_run_of_tabs_and_a_comment_does_not(book: Book) -> None:
    book.page("page", f"{PAIR}\n% a comment\n{PAIR}\nWords.\n{PAIR}")
    book.run("page")
    assert book.build() == ""
    assert tabs(book) == [["Keras", "PyTorch"], ["Keras", "PyTorch"]]
    assert len(book.soup("page").select(".sd-tab-set")[0].select("div.cell")) == 4


def test_one_frameworks_cell_alone_says_whose_it_is(book: Book) -> None:
    book.page("page", PAIR.split("\n\n")[0])
    book.run("page")
    assert book.build() == ""
    assert tabs(book) == [["PyTorch"]]


def test_cells_inside_sections_are_grouped_too(book: Book) -> None:
    book.page("page", f"## One\n{PAIR}\n## Two\n\n### Three\n{PAIR}")
    book.run("page")
    assert book.build() == ""
    assert len(tabs(book)) == 2
