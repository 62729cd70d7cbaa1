"""What a tool says when something cannot go on."""

from __future__ import annotations

import textwrap

STOPPED = "Stopped. What was finished is kept, nothing is half-written; the same command goes on."


class BuildError(Exception):
    """Something in a page, a notebook or the environment is wrong; the message says what, where, and the way out."""


def quoted(text: str) -> str:
    """Lines of code or output as they stand in a message: indented."""
    return textwrap.indent(text, "    ")
