"""The `source` role, and the source map and errata pages that are made of all its uses."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from docutils import nodes
from docutils.nodes import Node, system_message
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools.sphinx.elements import text

LOGGER = logging.getLogger(__name__)
SOURCES = "chapters/appendix/sources.yml"
ERRATUM = "erratum "
ORIGINAL = re.compile(r"(?:([^()]+) \()?(.+?)\)?")  # a source's title, "original (translated)" or one of them
KINDS = {"items": "chapters/appendix/source-map", "errata": "chapters/appendix/errata"}
Key = tuple[str, str, str]  # source, kind (items or errata), name


class SourceLink(nodes.reference):
    """A mention of a source's listing, formula, figure or mistake; its address is known once all pages are read."""


class Uses(nodes.General, nodes.Element):
    """Stands in the source map and the errata page where the links to an entry's places will be."""


class Source(SphinxRole):
    """``{source}`S2 listing 5-1` `` or ``{source}`S4 erratum test-selection` ``: a small link to the appendix."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Return the link, or a warning where the key is not in sources.yml."""
        self.env.note_dependency(SOURCES)
        source, _, name = self.text.partition(" ")
        kind = "errata" if name.startswith(ERRATUM) else "items"
        name = name.removeprefix(ERRATUM)
        known = read(self.env).get(source, {}).get(kind, {})
        if name not in known:
            LOGGER.warning(
                "the source %r is not in %s: write an existing key of %s under %s, or add this one",
                *(self.text, SOURCES, source, kind),
                location=self.get_location(),
            )
            return [nodes.emphasis("", self.text)], []
        label = f"{source} {ERRATUM}".strip() if kind == "errata" else self.text
        place = f"source-{self.env.new_serialno('source')}"
        link = SourceLink("", label, classes=["source"], ids=[place], key=(source, kind, name), reftitle=known[name])
        return [link], []


class Entries(SphinxDirective):
    """All entries of one kind, by source, each with the places of the book that mention it."""

    kind: str

    def run(self) -> list[nodes.Node]:
        """Return a section for each source."""
        self.env.note_dependency(SOURCES)
        return [self._section(name, source) for name, source in read(self.env).items() if source.get(self.kind)]

    def _section(self, name: str, source: dict) -> nodes.section:
        original, translated = ORIGINAL.fullmatch(source["title"]).groups()
        entries = [self._entry((name, self.kind, key), said) for key, said in source[self.kind].items()]
        parts = [nodes.title("", f"{name}: {translated}"), nodes.definition_list("", *entries, classes=["entries"])]
        if original:
            parts.insert(1, text("p", original, lang="zh"))
        section = nodes.section("", *parts, ids=[nodes.make_id(f"{self.kind} {name}")])
        section.source, section.line = self.get_source_info()
        return section

    def _entry(self, key: Key, said: str) -> nodes.definition_list_item:
        name = key[2].replace("-", " ").capitalize() if self.kind == "errata" else key[2]
        term = nodes.term("", name, ids=[anchor(key)])
        definition = nodes.definition()
        self.state.nested_parse(StringList([said], SOURCES), self.content_offset, definition)
        definition += Uses(key=key)
        return nodes.definition_list_item("", term, definition)


class SourceMap(Entries):
    """``{source-map}``: every listing, formula, figure and section of the sources, and where it is answered."""

    kind = "items"


class Errata(Entries):
    """``{errata}``: every mistake of the sources, and where it is shown."""

    kind = "errata"


def read(env: BuildEnvironment) -> dict[str, dict]:
    """The list of sources: {"S2": {"title": …, "items": {name: what it is}, "errata": {name: what is wrong}}}."""
    path = Path(env.srcdir, SOURCES)
    return yaml.safe_load(path.read_text("utf8")) if path.is_file() else {}


def anchor(key: Key) -> str:
    """The id of an entry on its page."""
    return nodes.make_id(" ".join(key))


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember each mention on the page just read: (key, its id, the title of its section)."""
    found = [(link["key"], link["ids"][0], _section_title(link)) for link in doctree.findall(SourceLink)]
    _uses(app.env)[app.env.docname] = found


def _section_title(node: nodes.Node) -> str:
    while not isinstance(node, nodes.section | nodes.document):
        node = node.parent
    return next((child.astext() for child in node.children if isinstance(child, nodes.title)), "")


def _uses(env: BuildEnvironment) -> dict[str, list[tuple[Key, str, str]]]:
    if not hasattr(env, "book_source_uses"):
        env.book_source_uses = {}
    return env.book_source_uses


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for link in list(doctree.findall(SourceLink)):
        page = KINDS[link["key"][1]]
        if page in app.env.found_docs:
            link["refuri"] = f"{app.builder.get_relative_uri(docname, page)}#{anchor(link['key'])}"
        else:
            link.replace_self(nodes.inline("", link.astext(), classes=["source"], ids=link["ids"]))
    for uses in list(doctree.findall(Uses)):
        uses.replace_self(_backlinks(app, docname, uses["key"]))


def _backlinks(app: Sphinx, docname: str, key: Key) -> nodes.paragraph:
    """Links to the places that mention an entry, in the book's order, or the word that there is none yet."""
    line = nodes.paragraph("", classes=["source-uses"])
    for page, place, section in _places(app.env, key):
        title = app.env.titles[page].astext()
        words = title if section == title else f"{title}: {section}"
        uri = f"{app.builder.get_relative_uri(docname, page)}#{place}"
        line += [nodes.Text(" · " if len(line) else "→ "), nodes.reference("", words, refuri=uri, internal=True)]
    return line if len(line) else nodes.paragraph("", "Not in the book yet.", classes=["source-uses", "source-unused"])


def _places(env: BuildEnvironment, key: Key) -> Iterator[tuple[str, str, str]]:
    """Page, id and section of an entry's mentions, one a section."""
    seen = set()
    order = [name for included in env.toctree_includes.values() for name in included]
    for page in sorted(_uses(env), key=lambda name: order.index(name) if name in order else -1):
        for used, place, section in _uses(env)[page]:
            if used == key and (page, section) not in seen:
                seen.add((page, section))
                yield page, place, section


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _uses(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    _uses(env).update({name: found for name, found in _uses(other).items() if name in docnames})


def _appendix(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages made of other pages are written again whenever any page was read."""
    return [page for page in KINDS.values() if page in env.found_docs] if env.book_read else []


def _note_read(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    env.book_read = bool(docnames)


def setup(app: Sphinx) -> None:
    """Register role, directives and the collecting of uses."""
    app.add_role("source", Source())
    app.add_directive("source-map", SourceMap)
    app.add_directive("errata", Errata)
    app.connect("doctree-read", _collect)
    app.connect("doctree-resolved", _resolve)
    app.connect("env-before-read-docs", _note_read)
    app.connect("env-updated", _appendix)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
