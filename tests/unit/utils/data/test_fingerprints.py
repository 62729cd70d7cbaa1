"""Near-duplicates: the same picture saved again is one, and what merely looks as empty or as dark is none."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from utils import images
from utils.data import fingerprints

examples = settings(max_examples=60)


def photo(seed: int) -> Image.Image:
    """Spots of color, smooth as photos are: 240 × 180."""
    cells = np.random.default_rng(seed).integers(0, 256, (7, 9, 3), np.uint8)
    return Image.fromarray(cells).resize((240, 180), Image.Resampling.BICUBIC)


def copies(*pictures: Image.Image | np.ndarray | bytes) -> np.ndarray:
    arrays = [
        images.read(p, size=fingerprints.SIZE)
        if isinstance(p, bytes)
        else images.resize(np.asarray(p), fingerprints.SIZE)
        for p in pictures
    ]
    return np.stack([fingerprints.small_copy(array) for array in arrays])


def saved(picture: Image.Image, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", **options)
    return stream.getvalue()


CHANGES = {
    "saved badly": lambda picture: saved(picture, quality=20),
    "half the size": lambda picture: saved(picture.resize((120, 90))),
    "a third of the size": lambda picture: saved(picture.resize((80, 60), Image.Resampling.NEAREST)),
    "twice the size": lambda picture: saved(picture.resize((480, 360), Image.Resampling.BICUBIC)),
    "another shape": lambda picture: saved(picture.resize((200, 200))),
    "a little brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.05),
    "a little more contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.1),
    "cut by 1 %": lambda picture: picture.crop((2, 2, 238, 178)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_photo_changed_a_little_is_near(change):
    for seed in range(5):
        pair = copies(photo(seed), CHANGES[change](photo(seed)))
        assert fingerprints.near_pairs(pair).tolist() == [[0, 1]]


def noise(seed: int, brightest: int) -> np.ndarray:
    return np.asarray(photo(seed)).astype(np.float32) / 255 * brightest


DIFFERENT = {
    "two photos": (photo(1), photo(2)),
    "mirrored": (photo(1), photo(1).transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "other colors": (photo(1), np.asarray(photo(1))[..., ::-1].copy()),
    "a negative": (photo(1), 255 - np.asarray(photo(1))),
    "two blank pages": (np.full((90, 90, 3), 255, np.uint8), np.full((90, 90, 3), 250, np.uint8)),
    "red and green": (np.full((90, 90, 3), (200, 0, 0), np.uint8), np.full((90, 90, 3), (0, 200, 0), np.uint8)),
    "two dark photos": (noise(1, 25).astype(np.uint8), noise(2, 25).astype(np.uint8)),
    "two bright photos": (255 - noise(1, 25).astype(np.uint8), 255 - noise(2, 25).astype(np.uint8)),
}


@pytest.mark.parametrize("pair", DIFFERENT)
def test_different_pictures_are_not_near(pair):
    assert fingerprints.near_pairs(copies(*DIFFERENT[pair])).tolist() == []


def test_two_black_frames_are_near_though_they_differ_by_noise():
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 3, (90, 90, 3), np.uint8) for _ in range(2)]
    assert fingerprints.near_pairs(copies(*frames)).tolist() == [[0, 1]]


def test_no_pictures_have_no_pairs():
    assert fingerprints.near_pairs(np.empty((0, 16, 18, 3), np.uint8)).shape == (0, 2)
    assert fingerprints.near_pairs(copies(photo(0))).shape == (0, 2)


def test_pairs_are_found_across_the_blocks_in_which_they_are_compared(monkeypatch):
    several = copies(*(photo(seed) for seed in range(20)), *(saved(photo(seed), quality=30) for seed in range(20)))
    order = np.random.default_rng(0).permutation(40)
    expected = {
        tuple(sorted((int(np.flatnonzero(order == n)[0]), int(np.flatnonzero(order == n + 20)[0])))) for n in range(20)
    }
    for rows, pairs in ((256, 4096), (3, 2), (1, 1)):
        monkeypatch.setattr(fingerprints, "ROWS", rows)
        monkeypatch.setattr(fingerprints, "PAIRS", pairs)
        assert set(map(tuple, fingerprints.near_pairs(several[order]).tolist())) == expected


def test_thousands_of_equal_pages_make_one_group_at_once():
    pages = np.zeros((5000, 16, 18, 3), np.uint8)
    pairs = fingerprints.near_pairs(pages)
    assert pairs[:, 0].tolist() == [0] * 4999
    assert fingerprints.groups(5000, pairs) == [list(range(5000))]


@examples
@given(st.integers(0, 12), st.data())
def test_the_search_finds_what_comparing_all_pairs_finds(count, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    stack = copies(*(photo(seed) for seed in range(3)))[rng.integers(0, 3, count)]
    stack = np.clip(stack + rng.normal(0, rng.choice([0, 2, 8, 20], (count, 1, 1, 1)), stack.shape), 0, 255).astype(
        np.uint8
    )
    found = fingerprints.groups(count, fingerprints.near_pairs(stack))
    hashes, contrasts = fingerprints._hashes(stack), fingerprints._contrasts(stack)
    every = [
        (i, j)
        for j in range(count)
        for i in range(j)
        if (hashes[i] ^ hashes[j]).bit_count() <= fingerprints.HASH_BITS
        and np.sqrt(np.mean((stack[i].astype(float) - stack[j]) ** 2))
        <= max(fingerprints.FAINTEST, fingerprints.DIFFERENCE * min(contrasts[i], contrasts[j]))
    ]
    assert found == fingerprints.groups(count, np.array(every, np.int64).reshape(-1, 2))


@examples
@given(st.integers(1, 15), st.data())
def test_groups_are_what_pairs_connect(count, data):
    number = st.integers(0, count - 1)
    pairs = data.draw(st.lists(st.tuples(number, number), max_size=12))
    reached = [{n} for n in range(count)]
    for _ in range(count):
        for first, second in pairs:
            reached[first] = reached[second] = reached[first] | reached[second]
    expected = sorted({tuple(sorted(group)) for group in reached if len(group) > 1})
    found = fingerprints.groups(count, np.array(pairs, np.int64).reshape(-1, 2))
    assert [tuple(group) for group in found] == expected
