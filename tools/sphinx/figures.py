"""Alternative text: carried from the outputs into the page, and missed aloud where it is lacking."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


class AlternativeTexts(SphinxTransform):
    """Give every picture of a cell the text that its output carries."""

    default_priority = 290  # before cells are grouped into tabs

    def apply(self, **kwargs: object) -> None:
        """Walk the page's code cells."""
        for cell in self.document.findall(is_cell):
            for picture, text in zip(_pictures(cell), cell["cell_metadata"].get("alternatives", ()), strict=True):
                if text:
                    picture["alt"] = text
                else:
                    place = f"the cell that begins with {_first_line(cell)!r}"
                    rule = "draw it through utils.plots, with alt= saying what it shows"
                    LOGGER.warning("a picture of %s has no alternative text: %s", place, rule, location=cell)
                    picture["alt"] = "A picture without a description."


class WrittenPictures(SphinxTransform):
    """Pictures that a page names itself need their text too."""

    default_priority = 295

    def apply(self, **kwargs: object) -> None:
        """Walk the page's pictures."""
        for picture in self.document.findall(nodes.image):
            if not picture.get("alt", "").strip():
                rule = "write what it shows, as in ![what it shows](file)"
                where = picture if picture.line else picture.parent
                LOGGER.warning("the picture %s has no alternative text: %s", picture["uri"], rule, location=where)


def is_cell(node: nodes.Node) -> bool:
    """Whether a node is one of MyST-NB's code cells."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _pictures(cell: nodes.Element) -> list[nodes.image]:
    kinds = cell.findall(lambda node: isinstance(node, nodes.container) and "image/" in node.get("mime_type", ""))
    return [picture for kind in kinds for picture in kind.findall(nodes.image)]


def _first_line(cell: nodes.Element) -> str:
    return next((block.astext().split("\n")[0] for block in cell.findall(nodes.literal_block)), "")


def setup(app: Sphinx) -> None:
    """Register the transforms."""
    app.add_transform(AlternativeTexts)
    app.add_transform(WrittenPictures)
