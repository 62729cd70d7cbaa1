"""The one exception a tool raises when the reader of its message can mend what is wrong."""


class BuildError(Exception):
    """Something in a page, a notebook or the environment is wrong; the message says what, where, and the way out."""
