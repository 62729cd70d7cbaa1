"""Alternative text in the built page."""

from tests.unit.tools.sphinx.conftest import Book


def test_a_pictures_text_is_carried_from_the_output_into_the_page(book: Book) -> None:
    body = '```{code-cell} ipython3\n:tags: [each]\npicture("Two white pixels")\npicture("Two more")\n```'
    book.page("page", body)
    book.run("page")
    assert book.build() == ""
    pictures = book.soup("page").select("article img")
    assert [picture["alt"] for picture in pictures] == ["Two white pixels", "Two more"] * 2
    assert all(picture["src"].endswith(".png") for picture in pictures)


def test_a_table_that_has_only_html_is_shown(book: Book) -> None:
    book.page("page", "```{code-cell} ipython3\ntable()\n```")
    book.run("page")
    assert book.build() == ""
    assert book.words("page", ".cell_output table") == "cell of a table"


def test_a_picture_without_text_warns_with_page_line_and_cell(book: Book) -> None:
    book.page("page", '```{code-cell} ipython3\npicture("")\n```')
    book.run("page")
    warning = book.build()
    assert "chapters/page.md:" in warning
    assert 'picture("")' in warning
    assert "no alternative text" in warning


def test_a_picture_written_into_the_page_needs_its_text_too(book: Book) -> None:
    (book.folder / "chapters" / "eye.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    book.page("page", "![](eye.svg)")
    warning = book.build()
    assert "chapters/page.md:" in warning
    assert "eye.svg has no alternative text" in warning
    book.page("page", "![An eye](eye.svg)")
    assert book.build() == ""
