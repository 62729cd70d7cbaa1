"""The learner's desk: JupyterLab on notebooks of their own, copies of the editions that no command writes over."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat

from tools import editions
from tools.paths import DESK, ROOT


def lay_out() -> list[str]:
    """Put a copy of every edition on the desk where none is yet; what is there stays as it is.

    Returns the notebooks there, by their paths on the desk, whose page has changed since they were copied.
    """
    changed, frameworks = [], editions.installed_frameworks()
    for page, text in editions.pages().items():
        editions.make(page, text, frameworks)
        for framework in frameworks:
            edition = editions.edition_path(framework, page)
            copy = DESK / edition.relative_to(editions.NOTEBOOKS)
            if not copy.exists():
                editions.write(copy, nbformat.read(edition, as_version=4))
            elif _cells(copy) not in (None, _cells(edition)):
                changed.append(copy.relative_to(DESK).as_posix())
    return changed


def _cells(path: Path) -> str | None:
    """SHA-256 of the cells that a notebook was written with; None where it was not written here."""
    try:
        return editions.notes(path).get("cells")
    except (ValueError, KeyError):
        return None


def open_lab() -> None:
    """Open JupyterLab on the desk, with the course's modules at hand, until it is ended."""
    if changed := lay_out():
        print(
            f"Pages have changed since you got {', '.join(changed)}. Yours stay as they are; to get the new ones, "
            f"rename or delete yours in {DESK.name}/ and give `make lab` again.",
            flush=True,
        )
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "tensorflow"}
    with subprocess.Popen([sys.executable, "-m", "jupyter", "lab"], cwd=DESK, env=surroundings) as jupyter:
        # Ctrl-C reaches JupyterLab too, which asks whether it is meant, and ends by itself.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            jupyter.wait()
        finally:
            signal.signal(signal.SIGINT, before)
