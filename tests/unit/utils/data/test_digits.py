"""MNIST's twin: the same every time, of MNIST's shape and balance, and neither trivial nor hopeless."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from utils.data.synthetic import digits
from utils.provenance import ROOT


@pytest.fixture(scope="module")
def drawn_test():
    return digits.generate("test")


@pytest.fixture(scope="module")
def drawn_training():
    return digits.generate("train")


def test_a_split_is_of_mnists_shape_and_type(drawn_test):
    assert (drawn_test["images"].shape, drawn_test["images"].dtype) == ((10_000, 28, 28, 1), np.uint8)
    assert (drawn_test["labels"].shape, drawn_test["labels"].dtype) == ((10_000,), np.int64)


@pytest.mark.parametrize(("split", "count"), [("train", 55_000), ("validation", 5_000), ("test", 10_000)])
def test_splits_have_mnists_sizes(split, count):
    assert sum(digits.COUNTS[split]) == count


def test_classes_are_balanced_like_mnists(drawn_test):
    assert tuple(np.bincount(drawn_test["labels"])) == digits.COUNTS["test"]


def test_labels_come_in_random_order(drawn_test):
    assert np.bincount(drawn_test["labels"][:1000], minlength=10).min() > 60


def test_a_split_is_the_same_in_every_process(drawn_test):
    code = (
        "import hashlib; from utils.data.synthetic import digits; split = digits.generate('test')\n"
        "print(hashlib.sha256(split['images'].tobytes() + split['labels'].tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    here = hashlib.sha256(drawn_test["images"].tobytes() + drawn_test["labels"].tobytes()).hexdigest()
    assert done.stdout.strip() == here


def test_no_picture_comes_twice_in_or_between_splits(drawn_test, drawn_training):
    pictures = np.concatenate([split["images"].reshape(-1, 28 * 28) for split in (drawn_test, drawn_training)])
    assert len({picture.tobytes() for picture in pictures}) == len(pictures) == 65_000


def test_pictures_are_white_strokes_in_the_middle_of_black(drawn_test):
    images = drawn_test["images"][..., 0] / 255
    assert 0.08 < images.mean() < 0.16, "MNIST: 0.13"
    assert 0.78 < (images == 0).mean() < 0.88, "MNIST: 0.81"
    assert images.max(axis=(1, 2)).min() > 0.6, "every digit has ink"
    assert images[:, [0, -1]].mean() < 0.002
    assert images[:, :, [0, -1]].mean() < 0.002
    rows, columns = images.sum(axis=2), images.sum(axis=1)
    for profile in (rows, columns):
        centers = profile @ np.arange(28) / profile.sum(axis=1)
        assert abs(centers.mean() - 13.5) < 0.1
        assert 0.8 < centers.std() < 1.6


def test_edges_are_gray(drawn_test):
    gray = (drawn_test["images"] > 0) & (drawn_test["images"] < 255)
    assert 0.05 < gray.mean() < 0.2, "MNIST: 0.19 of all pixels are neither black nor white"


def test_stroke_widths_differ(drawn_test):
    ones = drawn_test["images"][drawn_test["labels"] == 1].sum(axis=(1, 2, 3)) / 255
    thin, thick = np.percentile(ones, [5, 95])
    assert thick > 1.8 * thin


def test_every_digit_is_written_in_several_ways():
    assert all(len(set(variants)) >= 3 for variants in digits.GLYPHS.values())
    assert list(digits.GLYPHS) == list(range(10))


@pytest.mark.parametrize("text", [text for variants in digits.GLYPHS.values() for text in variants])
def test_a_glyph_is_drawn_along_its_control_points(text):
    glyph = digits._glyph(text)
    assert glyph.positions.shape == glyph.steps.shape == (digits.SAMPLES, len(glyph.controls))
    places = glyph.positions @ glyph.controls
    distances = np.linalg.norm(glyph.controls[:, None] - places[None], axis=2).min(axis=1)
    assert distances.max() < 0.5, "the pen passes by every control point"
    np.testing.assert_allclose(glyph.positions.sum(axis=1), 1, atol=1e-5, err_msg="a shift moves the whole glyph")


def test_the_pen_goes_as_far_as_its_steps_say():
    glyph = digits._glyph("0 0, 3 0, 6 0 / 6 8")
    np.testing.assert_allclose(np.linalg.norm(glyph.steps @ glyph.controls, axis=1).sum(), 14, rtol=1e-5)


def test_a_corner_continues_and_a_lifted_pen_does_not():
    assert digits._strokes("0 0, 1 1 / 2 0 | 5 5, 6 6") == [[(0, 0), (1, 1)], [(1, 1), (2, 0)], [(5, 5), (6, 6)]]


def test_progress_sees_every_chunk():
    seen = []

    def progress(chunks):
        for chunk in chunks:
            seen.append(chunk)
            yield chunk

    digits.generate("validation", progress)
    assert seen == list(range(0, 5000, digits.CHUNK))


def test_pixels_alone_do_not_solve_it(drawn_training, drawn_test):
    """Nearest class mean, and least squares on pixels, both closed forms; on MNIST they reach 82 % and 86 %."""
    pictures, tests = (split["images"].reshape(-1, 784) / np.float32(255) for split in (drawn_training, drawn_test))
    labels, wanted = drawn_training["labels"], drawn_test["labels"]
    means = np.stack([pictures[labels == digit].mean(axis=0) for digit in range(10)])
    nearest = ((tests[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert 0.45 < (nearest == wanted).mean() < 0.80
    with_bias = np.c_[pictures, np.ones(len(pictures), np.float32)]
    gram = with_bias.T @ with_bias + 10 * np.eye(785)
    weights = np.linalg.solve(gram, with_bias.T @ np.eye(10)[labels])
    linear = (np.c_[tests, np.ones(len(tests))] @ weights).argmax(axis=1)
    assert 0.65 < (linear == wanted).mean() < 0.85
