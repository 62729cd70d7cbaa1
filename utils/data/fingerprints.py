"""Which pictures are nearly the same: a perceptual hash proposes pairs, and small copies of the two decide.

The hash is the difference hash (N. Krawetz, "Kind of like that", The Hacker Factor Blog, 2013): of eight rows of nine
cells, whether each cell is darker than the next. Alone it takes two blank pages of different colors for one.
"""

import numpy as np
from scipy import sparse

SIZE = (64, 72)
"""The height and width to which pictures are squashed for `small_copy`."""
# Of 64 bits, how many may differ: two unrelated photos differ in 32 or so, one compressed or shrunk again in 0 to 8.
HASH_BITS = 10
# What may remain between two small copies, as a share of the fainter one's contrast. Among 4,000 photos two pairs are
# below 0.1, which are the same photos, and the next one is at 0.69. The same photo compressed hard, shrunk to a third,
# 5 % brighter, or without 1 % at each side is below 0.25; so are few pairs of different pictures of one digit.
DIFFERENCE = 0.25
FAINTEST = 2.0  # gray levels that may remain even where there is no contrast, such as between two black frames
ROWS = 256  # hashes that are compared with all others at once: 51 MB for 25,000
PAIRS = 4096  # pairs of small copies that are compared at once: 28 MB


def small_copy(image: np.ndarray) -> np.ndarray:
    """What is kept of a picture squashed to `SIZE`, uint8 (64, 72, 3): the means of 4×4 pixels, uint8 (16, 18, 3)."""
    return image.reshape(16, 4, 18, 4, 3).mean((1, 3), dtype=np.float32).round().astype(np.uint8)


def near_pairs(copies: np.ndarray) -> np.ndarray:
    """The pairs of nearly equal pictures among small copies, uint8 (N, 16, 18, 3): their numbers, int64 (pairs, 2).

    The smaller number stands first. Of several equal copies, only the first is compared with the others: the rest are
    paired with it alone, so that 25,000 blank pages do not make 300 million pairs.
    """
    if not len(copies):
        return np.empty((0, 2), np.int64)
    flat = copies.reshape(len(copies), -1)
    _, firsts, same_as = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    equal = np.stack([firsts[same_as], np.arange(len(copies))], axis=1)
    firsts = np.sort(firsts)
    near = firsts[_near_pairs_of_different(copies[firsts])]
    return np.concatenate([equal[equal[:, 0] != equal[:, 1]], near])


def groups(count: int, pairs: np.ndarray) -> list[list[int]]:
    """The numbers below `count` that pairs connect, directly or over others: groups of two at least, all sorted."""
    links = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, label = sparse.csgraph.connected_components(links, directed=False)
    order = np.argsort(label, kind="stable")
    ends = np.flatnonzero(np.diff(label[order])) + 1
    return sorted(group.tolist() for group in np.split(order, ends) if len(group) > 1)


def _near_pairs_of_different(copies: np.ndarray) -> np.ndarray:
    """Compared in the order of their brightness: what differs in the mean differs as much in the root mean square."""
    brightness = copies.mean((1, 2, 3), dtype=np.float32)
    order = np.argsort(brightness, kind="stable")
    copies, brightness = copies[order], brightness[order]
    hashes, allowed = _hashes(copies), np.maximum(FAINTEST, DIFFERENCE * _contrasts(copies))
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(copies), ROWS):
        rows = slice(start, start + ROWS)
        end = np.searchsorted(brightness, (brightness[rows] + allowed[rows]).max(), side="right")
        pairs = np.argwhere(np.bitwise_count(hashes[rows, None] ^ hashes[None, start:end]) <= HASH_BITS) + start
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        found += [_alike(part, copies, allowed) for part in np.split(pairs, range(PAIRS, len(pairs), PAIRS))]
    return np.sort(order[np.concatenate(found)], axis=1)


def _alike(pairs: np.ndarray, copies: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Those of the proposed pairs whose small copies differ (root mean square) by no more than both allow."""
    first, second = pairs.T
    difference = copies[first].astype(np.float32) - copies[second]
    remaining = np.sqrt(np.square(difference).mean((1, 2, 3)))
    return pairs[remaining <= np.minimum(allowed[first], allowed[second])]


def _hashes(copies: np.ndarray) -> np.ndarray:
    """The difference hash of each small copy: uint64 (N,)."""
    gray = copies @ np.array([0.299, 0.587, 0.114], np.float32)
    cells = gray.reshape(-1, 8, 2, 9, 2).mean((2, 4))
    brighter = cells[:, :, 1:] > cells[:, :, :-1] + 0.5  # half a level, so that rounding sets no bits where all is flat
    return np.packbits(brighter.reshape(-1, 64), axis=1).view(np.uint64)[:, 0]


def _contrasts(copies: np.ndarray) -> np.ndarray:
    """The standard deviation over a small copy's places, mean of the three colors: float32 (N,)."""
    return copies.std((1, 2), dtype=np.float32).mean(1)
