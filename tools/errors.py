"""What a tool says when something cannot go on."""

STOPPED = "Stopped. What was finished is kept, nothing is half-written; the same command goes on."


class BuildError(Exception):
    """Something in a page, a notebook or the environment is wrong; the message says what, where, and the way out."""
