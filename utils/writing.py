"""Files that are written whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: str | os.PathLike) -> Iterator[Path]:
    """Where to write a file that takes the place of `path` at the end of this context.

    Whatever ends the context before, a full disk or Ctrl-C, leaves `path` as it was and nothing beside it. Several
    processes and threads may do this at once, the last one's file stays.

    Yields:
        The name of a file that is not there yet, in the same folder; write it and close it.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
