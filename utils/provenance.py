"""What a notebook used: modules, files and data behind its outputs, so that a change in one of them makes it stale."""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_files: set[Path] = set()
_data: dict[str, dict[str, str]] = {}


def note_file(path: Path) -> None:
    """Remember that a result came from this file of the project (a result band, embedded weights)."""
    _files.add(Path(path).resolve())


def note_data(name: str, source: str, checksum: str) -> None:
    """Remember that the data set `name` was loaded from `source` ("original" or "twin"), with its checksum."""
    _data[name] = {"source": source, "checksum": checksum}


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes in hex, or "missing": a file that went away makes stale whatever used it."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"


def report() -> dict:
    """Everything this process used of the project: {"files": {path from the root: SHA-256}, "data": {name: facts}}."""
    modules = {
        Path(module.__file__).resolve() for module in list(sys.modules.values()) if getattr(module, "__file__", None)
    }
    used = sorted(path for path in modules | _files if path.is_relative_to(ROOT / "utils") or path in _files)
    return {
        "files": {path.relative_to(ROOT).as_posix(): file_hash(path) for path in used if path.is_relative_to(ROOT)},
        "data": dict(_data),
    }
