"""The head of a page: how long, what to read before, what its outputs were run on, and where to get its notebooks."""

import datetime

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

from tools.editions import LABELS
from tools.labs.pages import is_exercise, is_solution
from tools.paths import document
from tools.settings import NOTEBOOK_BRANCH, repository_url
from tools.sphinx import pages
from tools.sphinx.elements import block, element, text, text_element
from tools.sphinx.pages import Page
from utils.data import registry

PACKAGES = {"keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch", "numpy": "NumPy", "python": "Python"}


class PageHeader(SphinxTransform):
    """Put the head under the title of every page with code."""

    default_priority = 310

    def apply(self, **kwargs: object) -> None:
        """Change nothing on pages without code."""
        page = pages.current(self.env)
        title = next(iter(self.document.findall(nodes.title)), None)
        if page is None or title is None:
            return
        parts = [_reading(page, self.env.docname), *_lab(page.slug, self.env), *_ran_on(page)]
        parts.append(_notebooks(page, self.env.docname))
        head = block("aside", *parts, class_="page-head", aria_label="About this page")
        place = title.parent.index(title) + 1
        title.parent.insert(place, [head, *_notice(page)])


def _reading(page: Page, docname: str) -> text_element:
    """Minutes, and links to the pages to read before and to the lab for afterwards."""
    facts = page.notebook.metadata
    line: list[nodes.Node | str] = [nodes.strong("", f"{facts['minutes']} minutes")]
    for index, slug in enumerate(facts.get("prerequisites") or []):
        line += [", " if index else " · read first: ", _link_to_page(slug, docname)]
    if facts.get("lab"):
        line += [" · afterwards: ", _link_to_page(f"labs/{facts['lab']}/lab", docname)]
    return text("p", *line)


def _link_to_page(slug: str, docname: str) -> nodes.Node:
    target = {"refdomain": "std", "reftype": "doc", "reftarget": f"/{document(slug)}", "refdoc": docname}
    return addnodes.pending_xref("", nodes.inline(), refexplicit=False, refwarn=True, **target)


def _lab(slug: str, env: BuildEnvironment) -> list[text_element]:
    """Where a lab's solution is; on the solution, the advice to try first."""
    if is_solution(slug):
        link = _link_to_page(f"{slug.removesuffix('/solution')}/lab", env.docname)
        return [text("p", nodes.strong("", "Try first: "), "an answer that you found stays. The exercises: ", link)]
    solution = f"{slug.removesuffix('/lab')}/solution"
    if is_exercise(slug) and solution in env.found_docs:
        return [text("p", "For afterwards: ", _link_to_page(solution, env.docname))]
    return []


def _ran_on(page: Page) -> list[text_element]:
    """What the outputs on the page were made on: date, data, versions; nothing where no edition was ever run."""
    notes = [edition.notes for edition in page.editions.values() if edition.notes]
    if not notes:
        return []
    versions = {name: version for note in notes for name, version in note["versions"].items()}
    made = f"Run on {day(max(note['date'] for note in notes))} with {software(versions)}."
    used = {name: facts["source"] for note in notes for name, facts in note["used"]["data"].items()}
    data = [part for name in sorted(used) for part in _data(name, used[name])]
    return [text("p", made, *data)]


def day(iso: str) -> str:
    """A date in words: 23 November 2026."""
    date = datetime.date.fromisoformat(iso)
    return f"{date.day} {date:%B %Y}"


def software(versions: dict[str, str]) -> str:
    """Versions in words, the frameworks first; which hardware a package was compiled for (+cu132) is left out."""
    named = [(label, versions[name].partition("+")[0]) for name, label in PACKAGES.items() if name in versions]
    return ", ".join(f"{label} {version}" for label, version in named)


def _data(name: str, source: str) -> list[nodes.Node | str]:
    """What a data set was, the published one or its twin, and whether weights were there; the command for the rest."""
    facts = registry.find(name)
    title = nodes.strong("", facts.title)
    if source == "original":
        return [" ", title, ": the original."]
    if source == "missing":
        return [" ", title, ": not on disk; ", nodes.literal("", facts.download_command), " gets them."]
    if not facts.files:
        return [" ", title, ": drawn for this course."]
    return [" ", title, ": its drawn twin; ", nodes.literal("", facts.download_command), " gets the original."]


def _notebooks(page: Page, docname: str) -> element:
    """Links to this page's notebooks, for one's own machine and for Colab."""
    up = "../" * docname.count("/")
    owner = repository_url().removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{owner}/blob/{NOTEBOOK_BRANCH}"
    groups = []
    for name in page.editions:
        file = f"{name}/{page.slug}.ipynb"
        hidden = text("span", f" the {LABELS[name]} notebook", class_="visually-hidden")
        download = text("a", "Download", hidden, href=f"{up}notebooks/{file}", download="", class_="page-head-button")
        hidden = text("span", f" the {LABELS[name]} notebook", class_="visually-hidden")
        opened = text("a", "Open", hidden, " in Colab", href=f"{colab}/{file}", class_="page-head-button")
        groups.append(text("span", f"{LABELS[name]} ", download, " ", opened, class_="page-head-framework"))
    return block("p", *groups, class_="page-head-notebooks")


def _notice(page: Page) -> list[nodes.Node]:
    """A warning where outputs are missing or no longer what the code would print."""
    reasons = {LABELS[name]: edition.stale for name, edition in page.editions.items() if edition.stale}
    if not reasons:
        return []
    said = "; ".join(f"{label}: {reason}" for label, reason in reasons.items())
    command = nodes.literal("", f"python -m tools book {page.slug}")
    body = nodes.paragraph("", "", nodes.Text(f"{said}. To bring them up to date: "), command)
    title = nodes.title("", "Outputs on this page are missing or out of date")
    return [nodes.admonition("", title, body, classes=["warning", "out-of-date"])]


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(PageHeader)
