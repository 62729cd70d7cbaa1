"""Adjacent cells of the two frameworks become tabs; whoever chooses one sees it everywhere, on the next visit too."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_design.shared import create_component

from tools.editions import LABELS
from tools.sphinx.figures import is_cell


class FrameworkTabs(SphinxTransform):
    """Group framework cells into sphinx-design's tabs, which synchronize and remember by themselves."""

    default_priority = 300

    def apply(self, **kwargs: object) -> None:
        """Regroup the children of every section that holds framework cells."""
        if len(self.config.book_frameworks) < 2:
            return
        for parent in {id(node.parent): node.parent for node in self.document.findall(_framework)}.values():
            parent[:] = _grouped(parent.children)


def _framework(node: nodes.Node) -> str | None:
    """The framework a code cell belongs to, if any."""
    tags = node["cell_metadata"].get("tags", ()) if is_cell(node) else ()
    return next((name for name in LABELS if name in tags), None)


def _grouped(children: list[nodes.Node]) -> list[nodes.Node]:
    """The same nodes, each run of framework cells replaced by a tab set; comments do not end a run."""
    grouped: list[nodes.Node] = []
    run: dict[str, list[nodes.Node]] = {}
    for child in children:
        if name := _framework(child):
            run.setdefault(name, []).append(child)
        elif run and isinstance(child, nodes.comment):
            continue
        else:
            grouped += _tab_set(run)
            run = {}
            grouped.append(child)
    return grouped + _tab_set(run)


def _tab_set(run: dict[str, list[nodes.Node]]) -> list[nodes.Node]:
    """One tab set for a run of cells; a single framework's cells get one too: its tab says whose they are."""
    if not run:
        return []
    tab_set = create_component("tab-set", classes=["sd-tab-set", "framework-tabs"])
    for name in LABELS:
        if name in run:
            label = nodes.rubric("", "", nodes.Text(LABELS[name]), classes=["sd-tab-label"])
            label["sync_group"], label["sync_id"] = "framework", name
            content = create_component("tab-content", children=run[name], classes=["sd-tab-content"])
            tab_set += create_component("tab-item", children=[label, content], classes=["sd-tab-item"])
    return [tab_set]


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(FrameworkTabs)
