"""Figures in the prose: the value and result roles and the result directive."""

import pytest

from tests.unit.tools.sphinx.conftest import Book
from tools import results as measuring
from tools.sphinx import results as shown
from utils.results import Result, Row, save

CELL = """```{code-cell} ipython3
:tags: [each]
print("accuracy:", {"keras": "98.9 %", "torch": "99.1 %"}[FRAMEWORK])
print("pixels = 784")
print("the pixels: many")
```
"""


def measure(book: Book, code: dict[str, str] | None = None) -> None:
    """A measurement among the results of this book, made by this code (file → SHA-256)."""
    rows = [Row("small_convnet", name, (0.98, 0.99), (0, 1), (60.0, 62.0)) for name in ("keras", "torch")]
    facts = {"name": "mnist", "source": "original", "checksum": "x"}
    versions = {"python": "3.11.2", "torch": "2.15.0"}
    place = ("x86_64, 2 cores", versions, "2026-11-23", "python -m tools results recipes", code or {})
    save(Result("recipes", "Two recipes", "test accuracy", "%", facts, tuple(rows), *place))


def test_a_value_is_what_the_cell_printed_for_each_edition_that_differs(book: Book) -> None:
    book.page("page", f"{CELL}\nIt reached {{value}}`accuracy` on {{value}}`pixels` pixels.")
    book.run("page")
    assert book.build() == ""
    assert "It reached 98.9 % Keras, 99.1 % PyTorch on 784 pixels." in book.words("page")


def test_with_one_framework_its_value_stands_alone(book: Book) -> None:
    book.page("page", f"{CELL}\nIt reached {{value}}`accuracy`.")
    book.run("page")
    assert book.build("torch") == ""
    assert "It reached 99.1 %." in book.words("page")


def test_a_value_of_the_framework_not_shown_says_where_it_is(book: Book) -> None:
    book.page("page", f"{CELL.replace('each', 'keras')}\nIt reached {{value}}`accuracy`.")
    book.run("page")
    assert book.build("torch") == ""
    assert "It reached (see the Keras notebook)." in book.words("page")


def test_an_edition_without_outputs_is_said_to_be_so(book: Book) -> None:
    book.page("page", f"{CELL}\nIt reached {{value}}`accuracy`.")
    book.run("page", "keras")
    assert book.build() == ""
    assert "It reached 98.9 % Keras, not run yet PyTorch." in book.words("page")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('print("loss: 1")', 'No cell of this page printed a line that begins "accuracy: "'),
        ('print("accuracy: 1")\nprint("accuracy: 2")', "printed several values 'accuracy' (1, 2)"),
    ],
)
def test_a_value_that_was_not_printed_once_warns_with_page_and_line(book: Book, cell: str, said: str) -> None:
    book.page("page", f"```{{code-cell}} ipython3\n{cell}\n```\n\n{{value}}`accuracy`")
    book.run("page")
    warning = book.build()
    assert "chapters/page.md:" in warning
    assert said in warning


def test_a_result_is_a_band_in_a_sentence_or_a_table(book: Book) -> None:
    measure(book)
    book.page("page", "Over seeds {result}`recipes small_convnet keras`.\n\n```{result} recipes\n```")
    assert book.build() == ""
    assert "Over seeds 98.50 ± 0.71 % (2 seeds)." in book.words("page")
    assert book.words("page", ".result tbody tr:last-child") == "small_convnet PyTorch 98.50 ± 0.71 % (2 seeds) 61"
    caption = book.words("page", ".result figcaption")
    assert "Two recipes." in caption
    assert "MNIST (original); 23 November 2026, x86_64, 2 cores, PyTorch 2.15.0, Python 3.11.2." in caption
    assert "python -m tools results recipes" in caption


def test_a_page_is_read_again_when_its_result_was_measured_again(book: Book) -> None:
    measure(book)
    book.page("page", "{result}`recipes small_convnet keras`")
    book.build()
    path = book.folder / "results/recipes.json"
    path.write_text(path.read_text("utf8").replace("0.98", "0.97"))
    assert book.build() == ""
    assert "98.00 ± 1.41 %" in book.words("page")


def test_the_caption_says_where_the_code_has_changed_since(book: Book, monkeypatch) -> None:
    for module in (measuring, shown):
        monkeypatch.setattr(module, "ROOT", book.folder)
    book.write("utils/recipe.py", "x = 1\n")
    measure(book, {"utils/recipe.py": measuring.code_hash(book.folder / "utils/recipe.py")})
    book.page("page", "```{result} recipes\n```")
    assert book.build() == ""
    assert book.words("page", ".result figcaption").endswith("Measured by python -m tools results recipes.")
    book.write("utils/recipe.py", "x = 2\n")
    assert book.build() == ""
    said = "Measured by python -m tools results recipes, with code that has changed since."
    assert book.words("page", ".result figcaption").endswith(said)


@pytest.mark.parametrize(
    "body", ["{result}`recipes small_convnet jax`", "{result}`nothing a keras`", "```{result} nothing\n```"]
)
def test_a_result_that_is_not_there_complains_with_the_page(book: Book, body: str) -> None:
    measure(book)
    book.page("page", f"Words.\n\n{body}")
    assert "chapters/page.md" in book.build()
