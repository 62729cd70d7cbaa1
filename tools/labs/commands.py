"""`python -m tools labs …`: what an author and an instructor do with labs. `tools.commands` registers them."""

from pathlib import Path
from typing import Annotated

import typer


def new(name: Annotated[str, typer.Argument(help="Such as edge-detection: lower case, words joined by -.")]) -> None:
    """Begin a lab: labs/NAME/lab.md, with one small exercise that passes its proof."""
    from tools.labs import drafts

    print(f"Begun: {drafts.new(name)}. Prove it with `python -m tools labs check {name}`.")


def check(names: Annotated[list[str] | None, typer.Argument(help="Labs; none means all.")] = None) -> None:
    """Prove that solutions pass, stubs fail, wrong answers are rejected and other right ones accepted."""
    from tools.labs import proofs

    proofs.run(names)


def release(
    name: str, out: Annotated[Path | None, typer.Option(help="Folder; _build/release if left out.")] = None
) -> None:
    """Prove a lab and write its student notebooks, one a framework."""
    from tools.labs.release import release

    for path in release(name, out):
        print(f"Released: {path}")
