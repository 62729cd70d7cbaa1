"""Builds the site into _build/html; any warning is an error."""

import contextlib
import io
import re

from jupyter_book.sphinx import build_sphinx
from sphinx.util.console import nocolor

from tools.errors import BuildError
from tools.paths import HTML, ROOT

CACHE = HTML.parent / ".doctrees"
COMPLAINT = re.compile(r"^(?P<place>.*?)\b(WARNING|ERROR|CRITICAL|SEVERE): ", re.MULTILINE)
PAGE = re.compile(rf"{re.escape(str(ROOT))}/(?P<name>.+?)\.md\b")


def build(framework: str | None = None) -> None:
    """Build what changed since the last build, with one framework's editions or (None) all that are installed.

    Raises:
        BuildError: Sphinx warned or failed; the message holds all that it said.
    """
    shown = {"book_frameworks": [framework]} if framework else {}
    overrides = {**shown, "external_toc_path": str(ROOT / "_toc.yml"), "latex_individualpages": False}
    places = {"path_config": ROOT / "_config.yml", "noconfig": True}
    said = io.StringIO()
    nocolor()
    with contextlib.redirect_stderr(said):
        outcome = build_sphinx(ROOT, HTML, **places, confoverrides=overrides, quiet=True)
    if isinstance(outcome, KeyboardInterrupt):
        _forget_everything()  # a page may be half-written, and its time would say that it is up to date
        raise outcome
    if complaints := said.getvalue().strip():
        _forget(complaints)
        raise BuildError(f"The site is not in order:\n\n{complaints.replace(f'{ROOT}/', '')}")
    if outcome:
        raise BuildError(f"Sphinx could not build the site: {outcome}.")


def _forget(complaints: str) -> None:
    """See to it that the next build reads the pages at fault again: a second try must not pass by looking away."""
    for complaint in COMPLAINT.finditer(complaints):
        if page := PAGE.match(complaint["place"]):
            (CACHE / f"{page['name']}.doctree").unlink(missing_ok=True)
        else:
            _forget_everything()


def _forget_everything() -> None:
    (CACHE / "environment.pickle").unlink(missing_ok=True)
