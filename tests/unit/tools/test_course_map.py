"""The introduction's map of the course tells the truth about which pages there are."""

import re

import yaml

from tools import paths
from tools.paths import CHAPTERS, ROOT

ROW = re.compile(r"^\| [IV]+\. (?P<part>\w+) \| (?P<here>.*?) ?\| (?P<planned>.*?) ?\|$", re.MULTILINE)
INTRO = (CHAPTERS / "intro.md").read_text("utf8")
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))


def pages_of_the_book() -> set[str]:
    """Slugs of the table of contents, without labs and the appendix."""
    files = [chapter["file"] for part in CONTENTS["parts"] for chapter in part["chapters"]]
    return {slug for slug in map(paths.slug, files) if not slug.startswith(("appendix/", "labs/"))}


def slug(name: str) -> str:
    """A page's name as the map writes it, as the end of its slug."""
    return name.strip().lower().replace(" on cifar-10", "-cifar10").replace(" ", "-")


def test_links_are_exactly_the_pages_of_the_book():
    linked = {link for row in ROW.finditer(INTRO) for link in re.findall(r"\]\(([\w/-]+)\.md\)", row["here"])}
    assert linked == pages_of_the_book()


def test_what_is_called_planned_is_not_there_yet():
    planned = {f"{row['part']}/{slug(name)}" for row in ROW.finditer(INTRO) for name in row["planned"].split(",")}
    assert planned.isdisjoint(pages_of_the_book())


def test_drawing_and_table_show_the_same_course():
    drawn = dict(re.findall(r'^    "(\w+)": "([a-z0-9 -]+)",$', INTRO, re.MULTILINE))
    for row in ROW.finditer(INTRO):
        names = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", cell) for cell in (row["here"], row["planned"]) if cell]
        assert {slug(name) for cell in names for name in cell.split(",")} == set(drawn[row["part"]].split())
    assert len(drawn) == len(ROW.findall(INTRO)) == 5
