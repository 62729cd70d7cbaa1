"""Where things are: every path of the project that a tool needs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
RESULTS = ROOT / "results"
BUILD = ROOT / "_build"
NOTEBOOKS = BUILD / "notebooks"
EXECUTED = BUILD / "executed"
HTML = BUILD / "html"
