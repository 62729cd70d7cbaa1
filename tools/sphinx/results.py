"""The `result` role and directive: measured bands of results/*.json, in a sentence or as the whole table."""

import statistics

from docutils import nodes
from docutils.nodes import Node, system_message
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools.editions import FRAMEWORKS, LABELS
from tools.paths import ROOT
from tools.results import outdated
from tools.sphinx.elements import block, text
from tools.sphinx.header import day, software
from utils import results
from utils.data import registry
from utils.results import Result, Row

LOGGER = logging.getLogger(__name__)


class ResultRole(SphinxRole):
    """``{result}`mnist-recipes small_convnet keras` ``: one row's band; the framework last, where rows have one."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Return the band, or a warning where there is no such measurement."""
        name, *words = self.text.split()
        framework = words.pop() if words and words[-1] in FRAMEWORKS else None
        try:
            self.env.note_dependency(str(results.FOLDER / f"{name}.json"))
            band = results.load(name).row(" ".join(words), framework).band()
        except (ValueError, KeyError, FileNotFoundError) as problem:
            LOGGER.warning("%s", problem.args[0], location=self.get_location())
            return [nodes.strong("", f"[no result “{self.text}”]")], []
        return [text("span", band, class_="value")], []


class ResultDirective(SphinxDirective):
    """A measurement's rows as a table, with what it was measured on and the command that measures it again."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the figure of table and caption."""
        name = self.arguments[0]
        try:
            result = results.load(name)
        except (ValueError, KeyError, FileNotFoundError) as problem:
            raise self.error(problem.args[0]) from None
        self.env.note_dependency(str(results.FOLDER / f"{name}.json"))
        for path in (ROOT / file for file in result.code):
            if path.is_file():
                self.env.note_dependency(str(path))  # the caption says whether it has changed
        caption = text("figcaption", *_caption(result))
        self.set_source_info(caption)
        return [block("figure", table(result), caption, class_="result")]


def table(result: Result) -> nodes.table:
    """Rows as a table: what was measured, in which framework, its band, and what one seed took."""
    head = ["What", "Framework", result.metric.capitalize(), "Seconds a seed"]
    group = nodes.tgroup("", *[nodes.colspec(colwidth=1) for _ in head], cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *[_row(_cells(row)) for row in result.rows])
    return nodes.table("", group, classes=["colwidths-auto"])


def _cells(row: Row) -> list[str]:
    return [row.label, LABELS.get(row.framework, ""), row.band(), f"{statistics.fmean(row.seconds):.0f}"]


def _row(texts: list[str]) -> nodes.row:
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", words)) for words in texts])


def _caption(result: Result) -> list[nodes.Node | str]:
    data = f"{registry.find(result.data['name']).title} ({result.data['source']})"
    how = f"Mean ± sample standard deviation over seeds, on {data}"
    where = f"{day(result.date)}, {result.machine}, {software(result.versions)}"
    since = ", with code that has changed since." if outdated(result.name) else "."
    return [f"{result.title}. {how}; {where}. Measured by ", nodes.literal("", result.command), since]


def setup(app: Sphinx) -> None:
    """Register both."""
    app.add_role("result", ResultRole())
    app.add_directive("result", ResultDirective)
