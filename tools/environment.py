"""The course's own Python environment: made on first use, checked on every use. Standard library only.

`.venv` in the checkout holds the packages of requirements.txt. With $LEARNING_TO_SEE_ENVIRONMENTS set to a folder,
`.venv` is a link into it, to an environment kept under the hash of requirements.txt, which other checkouts share.
"""

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


def sections() -> dict[str, list[str]]:
    """Pinned packages of requirements.txt by the heading they stand under: {"both": ["numpy==…", …], "keras": […], …}."""
    found: dict[str, list[str]] = {}
    for line in REQUIREMENTS.read_text("utf8").splitlines():
        if heading := re.match(r"# \[(\w+)\]", line):
            found[heading[1]] = current = []
        elif line and not line.startswith("#"):
            current.append(line.split("#")[0].strip())
    return found


def pins(wanted: tuple[str, ...]) -> list[str]:
    """The pinned packages under these headings."""
    found = sections()
    return [line for name in wanted for line in found[name]]


def needed(framework: str | None) -> list[str]:
    """What the course needs for one framework, or (None) for both."""
    other = {"keras": "torch", "torch": "keras"}.get(framework or "")
    return pins(tuple(name for name in sections() if name != other))


def missing(packages: list[str]) -> list[str]:
    """Those of the pinned packages that this interpreter lacks or has in another version."""
    return [pin for pin in packages if not _installed(*pin.split("=="))]


def _installed(name: str, version: str) -> bool:
    try:
        return importlib.metadata.version(name) == version
    except importlib.metadata.PackageNotFoundError:
        return False


def enter(framework: str | None) -> None:
    """Go on in an interpreter that has what the course needs: this one, or the course's own, made where needed."""
    lacking = missing(needed(framework))
    if not lacking:
        return
    check_python()
    running, home = Path(sys.prefix).resolve(), _home()
    if running != home.resolve():
        if not _python(home).is_file():
            print(f"Making the course's Python environment in {home} …", flush=True)
            subprocess.run([sys.executable, "-m", "venv", home], check=True)
        _link(home)
        _again(home)
    print(f"Installing {len(lacking)} packages (once; up to 8 GB, some minutes) …", flush=True)
    if not importlib.util.find_spec("pip"):  # making the environment was interrupted
        subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
    try:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *needed(framework)], check=True)
    except subprocess.CalledProcessError:
        sys.exit("The packages could not be installed (pip says why above). Mend that and give the same command again.")


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
    if not kept:
        return VENV
    interpreter = f"{platform.python_version()} {platform.machine()}"
    name = hashlib.sha256(REQUIREMENTS.read_bytes() + interpreter.encode()).hexdigest()[:16]
    return Path(kept).expanduser().resolve() / name


def _link(home: Path) -> None:
    """Make `.venv` a link to an environment kept elsewhere; a real `.venv` is left as it is."""
    if VENV.is_symlink() and VENV.resolve() != home.resolve():
        VENV.unlink()
    if not VENV.exists():
        VENV.symlink_to(home)


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _again(home: Path) -> None:
    """Start the same command over in the environment's interpreter."""
    arguments = [str(_python(home)), "-m", "tools", *sys.argv[1:]]
    if os.name == "nt":  # there, exec returns to the shell before the command is done
        sys.exit(subprocess.run(arguments, check=False).returncode)
    os.execv(arguments[0], arguments)
