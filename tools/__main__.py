"""`python -m tools …`: enters the course's environment (making it on first use), then hands over to the commands."""

import os
import sys

from tools import environment


def framework() -> str | None:
    """The one framework asked for, by --framework or $FRAMEWORK; None for both."""
    for place, word in enumerate(sys.argv):
        if word == "--framework" and place + 1 < len(sys.argv):
            os.environ["FRAMEWORK"] = sys.argv[place + 1]
        elif word.startswith("--framework="):
            os.environ["FRAMEWORK"] = word.partition("=")[2]
    asked = os.environ.get("FRAMEWORK") or None
    if asked not in (None, "keras", "torch"):
        sys.exit(f"FRAMEWORK is {asked!r}; it may be keras or torch, or be left out for both.")
    return asked


if __name__ == "__main__":
    environment.enter(framework())
    from tools.commands import app

    app(prog_name="python -m tools")
