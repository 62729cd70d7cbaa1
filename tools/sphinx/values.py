"""The `value` role: a figure in the prose that a cell of the same page printed, so that nobody types it."""

import re

from docutils import nodes
from docutils.nodes import Node, system_message
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from tools import editions
from tools.editions import LABELS
from tools.sphinx import pages
from tools.sphinx.elements import text
from tools.sphinx.pages import Page

LOGGER = logging.getLogger(__name__)
NOT_RUN = "not run yet"


class Value(SphinxRole):
    """``{value}`test accuracy` ``: what follows "test accuracy: " (or " = ") at the start of a printed line."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Return the figure, or one a framework where the editions printed different ones."""
        page = pages.current(self.env)
        try:
            figures = find(page, self.text)
        except ValueError as problem:
            LOGGER.warning("%s", problem, location=self.get_location())
            return [nodes.strong("", f"[no value “{self.text}”]")], []
        return [text("span", *_parts(figures), class_="value")], []


def find(page: Page | None, name: str) -> dict[str, str]:
    """The figure of this name by framework; NOT_RUN for editions without outputs; those that lack it left out.

    Raises:
        ValueError: no line begins so, or one edition printed several that differ.
    """
    line = re.compile(rf"{re.escape(name)}(?:: *| = )(?P<figure>.*\S)")
    if page is None:
        raise ValueError(f"The value {name!r} stands on a page without code: move it to the page that prints it.")
    figures: dict[str, str] = {}
    for framework, edition in page.editions.items():
        printed = {match["figure"] for text in page.printed(framework) if (match := line.match(text))}
        if len(printed) > 1:
            said = ", ".join(sorted(printed))
            raise ValueError(
                f"{LABELS[framework]} printed several values {name!r} ({said}): print each under its own name."
            )
        if printed:
            figures[framework] = printed.pop()
        elif edition.stale:
            figures[framework] = NOT_RUN
    figures = figures or _elsewhere(page, name)
    if not figures:
        raise ValueError(f'No cell of this page printed a line that begins "{name}: " or "{name} = ".')
    return figures


def _elsewhere(page: Page, name: str) -> dict[str, str]:
    """Where a figure is to be found that only cells of a framework print which this build does not show."""
    return {
        framework: f"(see the {label} notebook)"
        for framework, label in LABELS.items()
        if framework not in page.editions
        and any(name in cell.source for cell in editions.code_cells(page.notebook, framework).values())
    }


def _parts(figures: dict[str, str]) -> list[nodes.Node | str]:
    if len(set(figures.values())) == 1:
        return [next(iter(figures.values()))]
    parts: list[nodes.Node | str] = []
    for framework, figure in figures.items():
        parts += [", " if parts else "", figure, text("small", f" {LABELS[framework]}")]
    return parts


def setup(app: Sphinx) -> None:
    """Register the role."""
    app.add_role("value", Value())
