"""HTML elements that docutils has no node for (details, summary, aside …), as nodes that hold ordinary nodes."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


class element(nodes.General, nodes.Element):  # noqa: N801 (docutils names its nodes in lower case)
    """An HTML element that holds other nodes; attributes `tag` and `html` (its HTML attributes)."""


class text_element(nodes.General, nodes.TextElement):  # noqa: N801
    """An HTML element that holds text and inline nodes; translators find its text as they find a paragraph's."""


def block(tag: str, *children: nodes.Node, **html: str) -> element:
    """An element with children; `class_` and `aria_label` stand for the attributes class and aria-label."""
    return element("", *children, tag=tag, html=_attributes(html))


def text(tag: str, *children: nodes.Node | str, **html: str) -> text_element:
    """An element of inline content; strings become text."""
    inline = [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return text_element("", "", *inline, tag=tag, html=_attributes(html))


def _attributes(html: str) -> dict[str, str]:
    return {name.rstrip("_").replace("_", "-"): value for name, value in html.items()}


def _visit(self: HTML5Translator, node: element | text_element) -> None:
    self.body.append(self.starttag(node, node["tag"], "", **node["html"]))


def _depart(self: HTML5Translator, node: element | text_element) -> None:
    self.body.append(f"</{node['tag']}>")


def setup(app: Sphinx) -> None:
    """Register the two nodes."""
    app.add_node(element, html=(_visit, _depart))
    app.add_node(text_element, html=(_visit, _depart))
