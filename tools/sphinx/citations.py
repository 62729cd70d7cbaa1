"""Citations and the bibliography: author and year in round brackets, as the editions write them, and a plain list."""

import dataclasses

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from tools.sphinx.elements import block


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")")


@dataclasses.dataclass
class RoundBrackets(AuthorYearReferenceStyle):
    """sphinxcontrib-bibtex's author_year with other brackets: LeCun et al. (1998)."""

    bracket_parenthetical: BracketStyle = dataclasses.field(default_factory=_round)
    bracket_textual: BracketStyle = dataclasses.field(default_factory=_round)


class PlainBibliography(SphinxPostTransform):
    """Entries as a list without numbers, which nothing refers to; docutils' own markup has roles that axe refuses."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Replace each run of citations by one list."""
        for parent in {id(node.parent): node.parent for node in self.document.findall(nodes.citation)}.values():
            entries = [child for child in parent.children if isinstance(child, nodes.citation)]
            place = parent.index(entries[0])
            parent[:] = [child for child in parent.children if child not in entries]
            parent.insert(place, block("ul", *map(_entry, entries), class_="bibliography"))


def _entry(citation: nodes.citation) -> nodes.Element:
    entry = block("li", *[child for child in citation.children if not isinstance(child, nodes.label)])
    entry["ids"] = citation["ids"]
    return entry


def setup(app: Sphinx) -> None:
    """Register the style as `author_year_round`, and the list."""
    register_plugin("sphinxcontrib.bibtex.style.referencing", "author_year_round", RoundBrackets)
    app.add_post_transform(PlainBibliography)
