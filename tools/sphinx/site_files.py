"""Files the site needs beside its pages: MathJax, taken from an installed package, and the notebooks to download."""

import importlib.util
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from tools import editions
from tools.paths import slug
from utils import writing

# One file that draws formulas as SVG: unlike MathJax's fonts, it works in every browser over file:// too.
MATHJAX = "tex-svg-full.js"


def use_mathjax(app: Sphinx, config: Config) -> None:
    """Serve MathJax from the site itself."""
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    script = Path(package.origin).parent / "static" / "mathjax" / MATHJAX
    config.html_static_path = [*config.html_static_path, str(script)]
    config.mathjax_path = MATHJAX


def update_files(app: Sphinx, exception: Exception | None) -> None:
    """Put every page's editions where its head links to them; remove pages and notebooks that are no longer."""
    if exception or app.builder.name != "html":
        return
    pages = {Path(app.outdir, f"{docname}.html") for docname in app.env.found_docs}
    left_over = {path for part in ("chapters", "labs") for path in Path(app.outdir, part).rglob("*.html")} - pages
    left_over |= {*Path(app.outdir, "notebooks").rglob("*.ipynb")} - _copied_notebooks(app)
    for path in left_over:
        path.unlink()


def _copied_notebooks(app: Sphinx) -> set[Path]:
    copies = set()
    for docname in app.env.book_states:
        for framework in app.config.book_frameworks:
            source = editions.edition_path(framework, slug(docname))
            target = Path(app.outdir, "notebooks", source.relative_to(editions.NOTEBOOKS))
            if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
                target.parent.mkdir(parents=True, exist_ok=True)
                with writing.whole(target) as part:
                    shutil.copyfile(source, part)
            copies.add(target)
    return copies


def follow_titles(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write all pages again when a title or the order of pages changed: every page's side bar shows them."""
    outline = [env.toctree_includes, {name: title.astext() for name, title in env.titles.items()}]
    changed = getattr(env, "book_outline", outline) != outline
    env.book_outline = outline
    return sorted(env.found_docs) if changed else []


def setup(app: Sphinx) -> None:
    """Register the three."""
    app.connect("config-inited", use_mathjax)
    app.connect("env-updated", follow_titles)
    app.connect("build-finished", update_files)
