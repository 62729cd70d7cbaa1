"""The table of contents; without the labs' solutions where the site does not show them."""

from pathlib import Path

import yaml
from sphinx.application import Sphinx
from sphinx.config import Config

from tools import settings
from tools.labs import pages


def without_solutions(contents: dict) -> dict:
    """A table of contents, or an entry of one, with all that is below it except solutions."""
    kept = {}
    for name, value in contents.items():
        if isinstance(value, list):
            value = [without_solutions(entry) for entry in value if not pages.is_solution(entry.get("file", ""))]
        if value != []:
            kept[name] = value
    return kept


def _use(app: Sphinx, config: Config) -> None:
    """Give the extension that reads the table of contents ours instead."""
    if settings.solutions():
        return
    written = yaml.safe_load(Path(app.srcdir, "_toc.yml").read_text("utf8"))
    shown = Path(app.outdir).parent / "toc.yml"
    shown.write_text(yaml.safe_dump(without_solutions(written), sort_keys=False), "utf8")
    config.external_toc_path = str(shown)


def setup(app: Sphinx) -> None:
    """Come before sphinx_external_toc, which reads the table at priority 900."""
    app.connect("config-inited", _use, priority=400)
