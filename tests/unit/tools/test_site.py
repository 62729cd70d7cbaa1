"""Building the site in a checkout of its own: as `python -m tools` does it, and by plain jupyter-book."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.paths import ROOT

PAGE = """---
slug: {slug}
minutes: 5
jupytext: {{text_representation: {{extension: .md, format_name: myst}}}}
kernelspec: {{name: python3, display_name: Python 3}}
---

# Page {slug}

{body}

```{{code-cell}} ipython3
print(1)
```
"""
TOC = "format: jb-book\nroot: chapters/intro\nchapters:\n  - file: chapters/page\n"
BY_TOOLS = [sys.executable, "-c", "from tools import site; site.build()"]
BY_JUPYTER_BOOK = [str(Path(sys.executable).with_name("jupyter-book")), "build", "."]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what builds the site, with two pages, in a folder whose path has a space."""
    folder = tmp_path / "a checkout"
    for name in ("tools", "utils", "_static"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "pretrained"))
    for name in ("_config.yml", "references.bib", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "_toc.yml").write_text(TOC)
    write(folder, "intro", "Welcome.")
    write(folder, "page", "A formula: $x^2$.")
    return folder


def write(folder: Path, slug: str, body: str) -> None:
    path = folder / "chapters" / f"{slug}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(PAGE.format(slug=slug, body=body), "utf8")


def build(folder: Path, command: list[str]) -> subprocess.CompletedProcess:
    surroundings = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "FRAMEWORK")}
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)


def test_jupyter_book_builds_the_same_site_and_says_what_was_not_run(checkout: Path) -> None:
    page = checkout / "_build/html/chapters/page.html"
    plain = build(checkout, BY_JUPYTER_BOOK)
    assert plain.returncode == 0, plain.stderr
    assert "WARNING" not in plain.stderr
    assert "it has not been run yet" in page.read_text("utf8")
    assert (checkout / "_build/html/index.html").is_file()
    assert (checkout / "_build/html/_static/tex-svg-full.js").is_file()
    assert not (checkout / "_build/html/_sources").exists()
    assert (checkout / "_build/html/notebooks/torch/page.ipynb").is_file()
    written = page.stat().st_mtime_ns
    for command in (BY_JUPYTER_BOOK, BY_TOOLS):
        again = build(checkout, command)
        assert again.returncode == 0, again.stderr
        assert page.stat().st_mtime_ns == written, "nothing changed, yet the page was written again"


def test_a_warning_fails_the_build_until_it_is_mended(checkout: Path) -> None:
    write(checkout, "page", "[nowhere](nowhere.md)")
    for _ in range(2):
        failed = build(checkout, BY_TOOLS)
        assert failed.returncode == 1
        assert "chapters/page.md:10: WARNING" in failed.stderr
        assert "nowhere.md" in failed.stderr
        assert f"{checkout}/chapters" not in failed.stderr
    write(checkout, "page", "Nothing to complain of.")
    assert build(checkout, BY_TOOLS).returncode == 0
