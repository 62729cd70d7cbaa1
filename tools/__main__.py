"""`python -m tools …`: enters the course's environment (making it on first use), then hands over to the commands."""

from __future__ import annotations  # read by old Pythons too, which `environment` sends away with a sentence

import os
import sys

from tools import environment
from tools.errors import STOPPED

NEED_LITTLE = {"--help", "clean", "serve"}  # no reason to install gigabytes first


def framework() -> str | None:
    """The one framework asked for, by --framework or $FRAMEWORK; None where none is."""
    for place, word in enumerate(sys.argv):
        if word == "--framework" and place + 1 < len(sys.argv):
            os.environ["FRAMEWORK"] = sys.argv[place + 1]
        elif word.startswith("--framework="):
            os.environ["FRAMEWORK"] = word.partition("=")[2]
    asked = os.environ.get("FRAMEWORK") or None
    if asked not in (None, "keras", "torch"):
        sys.exit(f"FRAMEWORK is {asked!r}; it may be keras or torch, or be left out.")
    return asked


def packages() -> list[str]:
    """What the command at hand needs to be installed."""
    needed = environment.needed(framework() or environment.only_framework())
    if len(sys.argv) == 1 or NEED_LITTLE & set(sys.argv):
        return [pin for pin in needed if pin.startswith("typer==")]
    return needed


def main() -> None:
    """Enter the environment and run the command."""
    environment.enter(packages())
    from tools.commands import app

    app(prog_name="python -m tools")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # … and ≤ are more than a Latin-1 terminal knows
    try:
        main()
    except KeyboardInterrupt:
        print(f"\n{STOPPED}", file=sys.stderr)
        sys.exit(130)
