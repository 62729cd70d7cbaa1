"""Where things are: every path of the project that a tool needs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
LABS = ROOT / "labs"
BUILD = ROOT / "_build"
NOTEBOOKS = BUILD / "notebooks"
EXECUTED = BUILD / "executed"
HTML = BUILD / "html"
DESK = ROOT / "my-notebooks"  # the learner's; no command removes it


def document(slug: str) -> str:
    """A page's place under the root, without suffix: labs have a folder of their own beside the chapters."""
    return slug if slug.startswith("labs/") else f"chapters/{slug}"


def slug(document: str) -> str:
    """The page of a document, the other way around."""
    return document.removeprefix("chapters/")


def written_in(slug: str) -> str:
    """The file that a page is written in: a lab's exercises and their solution are one."""
    if slug.startswith("labs/"):
        return f"{slug.rpartition('/')[0]}/lab.md"
    return f"{document(slug)}.md"
