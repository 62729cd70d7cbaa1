"""Our Sphinx extensions: outputs laid into pages, framework tabs, directives, page header, and what the site needs.

`_config.yml` registers this package as one extension, so plain `jupyter-book build .` uses it too.
"""

import hashlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from tools import editions
from tools.paths import ROOT
from tools.sphinx import (
    citations,
    contents,
    elements,
    figures,
    header,
    pages,
    quiz,
    results,
    site_files,
    source_map,
    tabs,
    values,
)

PARTS = (citations, contents, elements, pages, figures, tabs, header, quiz, source_map, values, results, site_files)
# Modules elsewhere whose words stand in pages.
SHOWN = ("tools/labs/pages.py", "tools/quizzes.py", "utils/data/registry.py", "utils/results.py")


def use_reader(app: Sphinx, config: Config) -> None:
    """Let MyST-NB read every page through our reader, with the frameworks that this build shows."""
    shown = config.book_frameworks or editions.installed_frameworks() or editions.FRAMEWORKS
    config.book_frameworks = [name for name in editions.FRAMEWORKS if name in shown]
    config.nb_custom_formats = {
        ".md": ["tools.sphinx.reader.read", {"frameworks": tuple(config.book_frameworks)}, False]
    }


def use_templates(app: Sphinx, config: Config) -> None:
    """Put our templates before the theme's."""
    config.templates_path = [str(Path(__file__).parent / "templates"), *config.templates_path]


def setup(app: Sphinx) -> dict[str, object]:
    """Register everything; called by Sphinx."""
    app.add_config_value("book_frameworks", [], "env", [list, tuple])
    app.add_config_value("book_solutions", True, "env", [bool])
    app.connect("config-inited", use_reader, priority=400)
    app.connect("config-inited", use_templates)
    for part in PARTS:
        part.setup(app)
    return {"env_version": _version(), "parallel_read_safe": True, "parallel_write_safe": True}


def _version() -> int:
    """A number that changes with these modules, and those they show: Sphinx then reads every page again."""
    paths = [*sorted(Path(__file__).parent.glob("*.py")), *(ROOT / name for name in SHOWN)]
    code = b"".join(path.read_bytes() for path in paths)
    return int(hashlib.sha256(code).hexdigest()[:12], 16)
