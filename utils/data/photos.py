"""Photos in folders and archives: decoded by all cores to one size, once, and from then on read from the cache."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import numpy as np
import PIL

from utils import images, provenance
from utils.data import cache
from utils.data.cache import Block

TASK = 32  # photos that a thread is given at a time: handing out single ones would cost as much as reading a header
AHEAD = 4  # tasks begun for each thread before the first of them is written: this bounds the memory
# One more than cores: threads wait for the interpreter several times a photo.
THREADS = 1 + (os.cpu_count() or 1)

Photo = tuple[str, int]  # its name in the folder or archive, and its label
Listed = tuple[list[Photo], Callable[[str], str | bytes]]  # photos, and how to get from a name to a path or to bytes


def decode(
    title: str,
    key: str,
    size: tuple[int, int],
    listed: Callable[[], AbstractContextManager[Listed]],
) -> Block:
    """Photos resized to (height, width) without regard to their shape, from the cache where they are in it.

    Args:
        title: the set and the split, for the progress bar and the messages.
        key: what decides which photos those are, and what is in their files.
        size: (height, width) in pixels.
        listed: opens the photos in their order, and a function from a photo's name to its path or its bytes; called
            only where the cache does not have them.

    Returns:
        images uint8 (N, height, width, 3), labels int64 (N,), and the names of files that could not be read.
    """
    decoder = f"{provenance.file_hash(Path(images.__file__))} {PIL.__version__}"
    block = cache.kept(f"{title} {size[0]}x{size[1]}", f"{key} {size} {decoder}", lambda: _blocks(title, size, listed))
    if block.left_out:
        count = f"{len(block.left_out):,} of {len(block.images) + len(block.left_out):,} files"
        names = ", ".join(block.left_out[:3]) + (", …" if len(block.left_out) > 3 else "")
        print(f"{title}: {count} can not be read as pictures and are left out: {names}")
    return block


def _blocks(
    title: str,
    size: tuple[int, int],
    listed: Callable[[], AbstractContextManager[Listed]],
) -> Iterator[Block]:
    """Decode task by task, the next ones while one is written; Pillow leaves the interpreter free meanwhile."""
    from tqdm import tqdm

    with ExitStack() as stack:
        photos, opened = stack.enter_context(listed())
        if not photos:
            raise ValueError(f"There are no photos for {title}: its folders are empty; put the photos back into them.")
        bar = stack.enter_context(tqdm(total=len(photos), desc=f"Decoding {title}", delay=2, leave=False, disable=None))
        pool = stack.enter_context(ThreadPoolExecutor(THREADS))
        begun = deque()
        for start in range(0, len(photos), TASK):
            begun.append(pool.submit(_decoded, opened, size, photos[start : start + TASK]))
            if len(begun) > AHEAD * THREADS:
                yield _counted(begun.popleft().result(), bar)
        yield from (_counted(block.result(), bar) for block in begun)


def _counted(block: Block, bar) -> Block:
    bar.update(len(block.labels) + len(block.left_out))
    return block


def _decoded(opened: Callable[[str], str | bytes], size: tuple[int, int], some: list[Photo]) -> Block:
    """The photos of a task that could be decoded."""
    pictures = np.empty((len(some), *size, 3), np.uint8)
    good = np.array([_put(place, opened, name) for place, (name, _) in zip(pictures, some)])
    labels = np.array([label for _, label in some], np.int64)
    left_out = tuple(name for (name, _), fine in zip(some, good) if not fine)
    return Block(pictures if good.all() else pictures[good], labels[good], left_out)


def _put(place: np.ndarray, opened: Callable[[str], str | bytes], name: str) -> bool:
    """Decode one photo into its place; whether that could be done."""
    try:
        source = opened(name)
        place[...] = images.read(source, size=place.shape[:2])
    except (images.ImageError, OSError):
        return False
    return True
