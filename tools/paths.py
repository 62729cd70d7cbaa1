"""Where things are: every path of the project that a tool needs."""

import os
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


def private_lab(name: str) -> Path | None:
    """The source that replaces our lab of this name: the one in the folder $LABS_OVERLAY, where there is one."""
    overlay = os.environ.get("LABS_OVERLAY")
    path = Path(overlay, name, "lab.md").absolute() if overlay else None
    return path if path and path.is_file() else None


def written_in(slug: str) -> str:
    """The file that a page is written in: a lab's exercises and their solution are one."""
    if slug.startswith("labs/"):
        private = private_lab(slug.split("/")[1])
        return str(private) if private else f"{slug.rpartition('/')[0]}/lab.md"
    return f"{document(slug)}.md"
