"""Notebooks that a learner works in: given once, and never written over."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from tools import desk, editions
from tools.paths import ROOT

JUPYTER = """\
import os, pathlib, time
print(os.getcwd(), os.environ["PYTHONPATH"], flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    print("Are you sure? Saved.", flush=True)
"""


@pytest.fixture
def laid_out(book, monkeypatch):
    """A book whose page is on the desk, and in one edition has been worked on."""
    monkeypatch.setattr(desk.editions, "installed_frameworks", lambda: editions.FRAMEWORKS)
    book.page("Words.\n\n", book.cell("x = 1"))
    assert desk.lay_out() == []
    mine = book.root / "my-notebooks" / "keras" / "part" / "page.ipynb"
    notebook = nbformat.read(mine, as_version=4)
    notebook.cells[-1].source = "x = 'my answer'"
    nbformat.write(notebook, mine)
    return book


def test_a_notebook_that_is_there_is_never_replaced(laid_out):
    mine, other = (laid_out.root / "my-notebooks" / name / "part" / "page.ipynb" for name in editions.FRAMEWORKS)
    before = mine.read_bytes(), other.read_bytes()
    assert desk.lay_out() == []
    laid_out.page("Words.\n\n", laid_out.cell("x = 2"))
    assert desk.lay_out() == ["keras/part/page.ipynb", "torch/part/page.ipynb"]
    assert (mine.read_bytes(), other.read_bytes()) == before


def test_one_that_was_put_away_is_given_anew(laid_out):
    laid_out.page("Words.\n\n", laid_out.cell("x = 2"))
    mine = laid_out.root / "my-notebooks" / "keras" / "part" / "page.ipynb"
    mine.rename(mine.with_name("kept.ipynb"))
    assert desk.lay_out() == ["torch/part/page.ipynb"]
    assert "x = 2" in mine.read_text("utf8") and "my answer" in mine.with_name("kept.ipynb").read_text("utf8")


@pytest.mark.parametrize("content", ["no notebook", '{"cells": [], "metadata": {}}'])
def test_a_file_of_another_making_stays_without_a_word(laid_out, content):
    mine = laid_out.root / "my-notebooks" / "keras" / "part" / "page.ipynb"
    mine.write_text(content)
    assert desk.lay_out() == []
    assert mine.read_text() == content


def test_jupyterlab_ends_by_itself_after_ctrl_c(laid_out):
    (laid_out.root / "jupyter.py").write_text(JUPYTER)
    laid_out.page("Other words.\n\n", laid_out.cell("x = 1"))
    code = (
        "import sys; from pathlib import Path; from tools import desk, editions; root = Path(sys.argv[1])\n"
        "desk.ROOT, desk.DESK = root, root / 'my-notebooks'\n"
        "editions.CHAPTERS, editions.NOTEBOOKS = root / 'chapters', root / '_build' / 'notebooks'\n"
        "editions.lab_pages.pages = dict\n"
        "desk.open_lab(); print('after JupyterLab')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(laid_out.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    said, place = process.stdout.readline(), process.stdout.readline()
    assert said.startswith("Pages have changed since you got keras/part/page.ipynb, torch/part/page.ipynb. Yours stay")
    assert place.strip().endswith(str(laid_out.root))
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert rest == "Are you sure? Saved.\nafter JupyterLab\n"
    assert process.returncode == 0
