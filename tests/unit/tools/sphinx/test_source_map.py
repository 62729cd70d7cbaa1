"""The source role, and the two pages made of its uses."""

import yaml

from tests.unit.tools.sphinx.conftest import SOURCES, Book
from tools.paths import ROOT
from tools.sphinx.source_map import SOURCES as REAL_SOURCES

BODY = (
    "## By hand\n\nValid. {source}`S1 2.1`\n\n## At last\n\nThird. {source}`S1 erratum third-padding` {source}`S1 2.1`"
)


def test_uses_link_to_the_entry_and_the_entry_back_to_each_section(book: Book) -> None:
    book.page("part/page", BODY)
    assert book.build() == ""
    first, erratum, _ = book.soup("part/page").select("a.source")
    assert first.get_text() == "S1 2.1"
    assert erratum.get_text() == "S1 erratum"
    for link, page in ((first, "source-map"), (erratum, "errata")):
        path, _, place = link["href"].partition("#")
        assert path == f"../appendix/{page}.html"
        assert book.soup(f"appendix/{page}").find(id=place)
    back = book.soup("appendix/source-map").select(".source-uses a")
    assert [link.get_text() for link in back] == ["Part/Page: By hand", "Part/Page: At last"]
    for link in back:
        assert book.soup("part/page").find(id=link["href"].partition("#")[2])
    assert "Three kinds are announced" in book.words("appendix/errata")
    assert "Not in the book yet." in book.words("appendix/source-map")


def test_titles_are_given_in_both_languages(book: Book) -> None:
    book.build()
    assert book.words("appendix/source-map", "article h2") == "S1: Convolution#"
    assert book.words("appendix/source-map", "p[lang=zh]") == "卷积"


def test_the_map_follows_its_pages(book: Book) -> None:
    book.page("part/page", BODY)
    book.build()
    book.page("part/page", "Nothing of the sources.")
    assert book.build() == ""
    assert not book.soup("appendix/source-map").select(".source-uses a")


def test_an_unknown_key_warns_with_page_and_line(book: Book) -> None:
    wrong = "Two. {source}`S1 listing 9` {source}`S1 erratum 2.1`"
    book.page("page", f"One.\n\n{wrong}")
    warning = book.build()
    line = (book.folder / "chapters/page.md").read_text("utf8").split("\n").index(wrong) + 1
    assert f"chapters/page.md:{line}: WARNING: the source 'S1 listing 9'" in warning
    assert f"chapters/page.md:{line}: WARNING: the source 'S1 erratum 2.1'" in warning


def test_a_key_that_went_away_is_noticed(book: Book) -> None:
    book.page("page", "{source}`S1 2.1`")
    assert book.build() == ""
    book.write("chapters/appendix/sources.yml", yaml.safe_dump({"S1": SOURCES["S1"] | {"items": {"2.2": "Same"}}}))
    assert "'S1 2.1'" in book.build()


def test_no_key_stands_twice() -> None:
    """YAML takes the last of two equal keys without a word, and what the first said is lost."""
    root = yaml.compose((ROOT / REAL_SOURCES).read_text("utf8"))
    nodes = [root]
    for node in nodes:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)
            nodes += [value for _, value in node.value]
    assert len(nodes) > 10
