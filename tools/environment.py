"""The course's own Python environment: made on first use, checked on every use. Standard library only.

`.venv` in the checkout holds the packages of requirements.txt. With $LEARNING_TO_SEE_ENVIRONMENTS set to a folder,
`.venv` is a link into it, to an environment kept under the hash of requirements.txt, which other checkouts share.

Python 3.8 can still read this file, so that it is told that it is too old instead of failing over the syntax.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
VENV = ROOT / ".venv"
OLDEST, NEWEST = (3, 11), (3, 13)
OTHER = {"keras": "torch", "torch": "keras"}


def sections() -> dict[str, list[str]]:
    """Pinned packages of requirements.txt by their heading: {"both": ["numpy==…", …], "keras": […], …}."""
    found: dict[str, list[str]] = {}
    for line in REQUIREMENTS.read_text("utf8").splitlines():
        pin = line.split("#")[0].strip()
        if heading := re.match(r"# \[(\w+)\]", line):
            current = found.setdefault(heading[1], [])
        elif pin:
            current.append(pin)
    return found


def pins(wanted: tuple[str, ...]) -> list[str]:
    """The pinned packages under these headings."""
    found = sections()
    return [pin for name in wanted for pin in found[name]]


def needed(framework: str | None) -> list[str]:
    """What the course needs for one framework, or (None) for both."""
    return pins(tuple(name for name in sections() if name != OTHER.get(framework)))


def only_framework() -> str | None:
    """The one framework that this interpreter has all of and nothing of the other, in whatever versions; else None.

    An installation of both that was interrupted has not all of either.
    """
    there = {name: [_version(pin.split("==")[0]) is not None for pin in pins((name,))] for name in OTHER}
    return next((name for name, other in OTHER.items() if all(there[name]) and not any(there[other])), None)


def missing(packages: list[str]) -> list[str]:
    """Those of the pinned packages that this interpreter lacks or has in another version."""
    return [pin for pin in packages if _version(pin.split("==")[0]) != pin.split("==")[1]]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name).split("+")[0]  # 2.15.0+cpu is a 2.15.0
    except importlib.metadata.PackageNotFoundError:
        return None


def enter(packages: list[str]) -> None:
    """Go on in an interpreter that has these packages: this one, or the course's own, made where needed."""
    lacking = missing(packages)
    if not lacking:
        return
    home = _home()
    if _inside(home):
        _install(packages, lacking)
    else:
        _make(home)
        _again(home)


def check_python() -> None:
    """Leave with one sentence where this Python is too old or too new for the pinned packages."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit(
            f"This is Python {platform.python_version()}; the course needs 3.{OLDEST[1]} to 3.{NEWEST[1]}: "
            f"install one of them and name it, as in `make book PYTHON=python3.{OLDEST[1]}`."
        )


def _home() -> Path:
    """The environment's folder: `.venv`, or one kept under the hash of requirements.txt and of this Python."""
    kept = os.environ.get("LEARNING_TO_SEE_ENVIRONMENTS")
    if kept:
        interpreter = f"{platform.python_version()} {platform.machine()}"
        name = hashlib.sha256(REQUIREMENTS.read_bytes() + interpreter.encode()).hexdigest()[:16]
        return Path(kept).expanduser().resolve() / name
    if VENV.is_symlink() and (_inside(VENV) or not _python(VENV).is_file()):
        sys.exit(
            f".venv is a link to {VENV.resolve()}, kept for other requirements, into which nothing is installed from "
            "here: set LEARNING_TO_SEE_ENVIRONMENTS again, or delete the link to get an environment of its own."
        )
    return VENV


def _make(home: Path) -> None:
    """Make the environment where it is not there yet, and `.venv` a link to it; a real folder `.venv` stays."""
    if sys.executable == str(_python(home)):
        sys.exit(f"The environment {home} is broken: delete that folder and give the same command again.")
    if not _python(home).is_file():
        check_python()
        print(f"Making the course's Python environment in {home} …", flush=True)
        if subprocess.run([sys.executable, "-m", "venv", home], check=False).returncode:
            sys.exit(
                "Python could not make the environment (it says why above). Mend that and give the same command again."
            )
    if VENV.is_symlink() and VENV.resolve() != home.resolve():
        VENV.unlink()
    if not VENV.exists():
        VENV.symlink_to(home)


def _install(packages: list[str], lacking: list[str]) -> None:
    check_python()
    many = f"{len(lacking)} packages (once; up to 8 GB, some minutes)"
    print(f"Installing {many if len(lacking) > 3 else ', '.join(lacking)} …", flush=True)
    commands = [["pip", "install", "--disable-pip-version-check", *packages]]
    if not importlib.util.find_spec("pip"):  # making the environment was interrupted
        commands.insert(0, ["ensurepip"])
    for command in commands:
        if subprocess.run([sys.executable, "-m", *command], check=False).returncode:
            sys.exit(
                "The packages could not be installed (it says why above). Mend that and give the same command again."
            )


def _inside(home: Path) -> bool:
    return Path(sys.prefix).resolve() == home.resolve()


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _again(home: Path) -> None:
    """Start the same command over in the environment's interpreter."""
    arguments = [str(_python(home)), "-m", "tools", *sys.argv[1:]]
    if os.name == "nt":  # there, exec returns to the shell before the command is done
        sys.exit(subprocess.run(arguments, check=False).returncode)
    os.execv(arguments[0], arguments)
