"""Fashion-MNIST's twin: the same every time, of its shape and balance, diverse, and neither trivial nor hopeless."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from utils.data.synthetic import clothes
from utils.data.synthetic.canvas import Frame
from utils.provenance import ROOT

NAMES = ("tshirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
TSHIRT, TROUSER, PULLOVER, DRESS, COAT, SANDAL, SHIRT, SNEAKER, BAG, BOOT = range(10)
PLACES = (np.arange(28) + 0.5) / 14 - 1


@pytest.fixture(scope="module")
def drawn_test():
    return clothes.generate("test")


@pytest.fixture(scope="module")
def by_class(drawn_test):
    """The test pictures of each class, 0 to 1."""
    return [drawn_test["images"][drawn_test["labels"] == label, ..., 0] / np.float32(255) for label in range(10)]


@pytest.fixture(scope="module")
def displayed():
    """One display of 100 garments without patterns or print: white cloth in an upright frame."""
    frame = Frame.whole(100, clothes.SIDE)
    return clothes.Display(frame, np.ones_like(frame.x))


def test_a_split_is_of_the_originals_shape_and_type(drawn_test):
    assert (drawn_test["images"].shape, drawn_test["images"].dtype) == ((10_000, 28, 28, 1), np.uint8)
    assert (drawn_test["labels"].shape, drawn_test["labels"].dtype) == ((10_000,), np.int64)


@pytest.mark.parametrize(("split", "count"), [("train", 55_000), ("validation", 5_000), ("test", 10_000)])
def test_splits_have_the_originals_sizes_and_are_balanced(split, count):
    assert sum(clothes.COUNTS[split]) == count
    assert set(clothes.COUNTS[split]) == {count // 10}


def test_classes_are_as_balanced_as_announced_and_in_random_order(drawn_test):
    assert tuple(np.bincount(drawn_test["labels"])) == clothes.COUNTS["test"]
    assert np.bincount(drawn_test["labels"][:1000], minlength=10).min() > 60


def test_a_split_is_the_same_in_every_process():
    code = (
        "import hashlib; from utils.data.synthetic import clothes; split = clothes.generate('validation')\n"
        "print(hashlib.sha256(split['images'].tobytes() + split['labels'].tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    split = clothes.generate("validation")
    here = hashlib.sha256(split["images"].tobytes() + split["labels"].tobytes()).hexdigest()
    assert done.stdout.strip() == here


def test_no_picture_comes_twice_in_or_between_splits(drawn_test):
    pictures = np.concatenate([drawn_test["images"], clothes.generate("validation")["images"]])
    assert len({picture.tobytes() for picture in pictures}) == len(pictures) == 15_000


def test_progress_sees_every_chunk():
    seen = []

    def progress(chunks):
        for chunk in chunks:
            seen.append(chunk)
            yield chunk

    clothes.generate("validation", progress)
    assert seen == list(range(0, 5000, clothes.CHUNK))


def test_one_picture_alone_can_be_drawn():
    assert clothes.draw(np.array([BAG]), np.random.default_rng(0)).shape == (1, 28, 28)


def test_clothes_are_light_on_black(by_class):
    for name, pictures in zip(NAMES, by_class):
        assert 0.4 < (pictures < 0.02).mean() < 0.9, name
        assert pictures[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean() < 0.05, f"{name}: corners are black"
        assert np.quantile(pictures.max(axis=(1, 2)), 0.02) > 0.25, f"{name}: there is something in every picture"


def test_there_are_many_grays(drawn_test):
    shares = np.bincount(drawn_test["images"].ravel(), minlength=256)[20:236] / drawn_test["images"].size
    assert shares.min() > 0.0002, "no gap from dark to light"


def test_brightness_of_the_cloth_tells_no_two_tops_apart(by_class):
    tones = [np.array([picture[picture > 0.1].mean() for picture in by_class[top]]) for top in (0, 2, 3, 4, 6)]
    means, spread = [tone.mean() for tone in tones], np.mean([tone.std() for tone in tones])
    assert np.ptp(means) < spread, "the classes differ less than the pictures in them"


def test_boots_stand_with_their_legs_to_either_side(by_class):
    lit = by_class[BOOT] > 0.1
    middle = (lit.any(axis=1) * PLACES).sum(axis=1) / lit.any(axis=1).sum(axis=1)
    top = lit[np.arange(len(lit)), lit.any(axis=2).argmax(axis=1)]  # the uppermost row with something in it
    aside = (top * PLACES).sum(axis=1) / top.sum(axis=1) - middle
    assert 0.4 < (aside > 0).mean() < 0.6
    assert np.abs(aside).mean() > 0.15, "and not in the middle"


def test_each_kind_of_thing_is_as_high_and_wide_as_it_should_be(by_class):
    ink = [pictures > 0.1 for pictures in by_class]
    high = [pictures.any(axis=2).sum(axis=1).mean() for pictures in ink]
    wide = [pictures.any(axis=1).sum(axis=1).mean() for pictures in ink]
    for label in (TSHIRT, TROUSER, PULLOVER, DRESS, COAT, SHIRT):
        assert high[label] > wide[label], NAMES[label]
    for label in (SANDAL, SNEAKER):
        assert wide[label] > 1.3 * high[label], NAMES[label]
    assert high[BOOT] > 1.4 * high[SNEAKER]
    assert max(wide[TROUSER], wide[DRESS]) < min(wide[TSHIRT], wide[PULLOVER], wide[SHIRT])


def test_trousers_have_two_legs(by_class):
    def gaps(pictures):
        """How many pictures have black between light in a row of their lower half."""
        lit = pictures[:, 16:24] > 0.1
        changes = np.diff(lit.astype(int), axis=2) == 1
        return (changes.sum(axis=2) >= 2).any(axis=1).mean()

    assert gaps(by_class[TROUSER]) > 0.8
    assert gaps(by_class[TROUSER]) > gaps(by_class[SNEAKER]) + 0.4


def test_sizes_and_places_differ(by_class):
    for name, pictures in zip(NAMES, by_class):
        areas = (pictures > 0.1).sum(axis=(1, 2))
        small, large = np.quantile(areas, [0.05, 0.95])
        assert large > 1.35 * small, name
        for axis in (1, 2):
            profile = (pictures > 0.1).sum(axis=axis)
            assert 0.6 < ((profile * np.arange(28)).sum(axis=1) / profile.sum(axis=1)).std() < 3.6, name


def test_a_display_lays_shades_and_lines(displayed):
    frame = displayed.frame
    displayed.lay(frame.box(0, 0, 0.5, 0.5), 0.8, np.arange(100)[:, None, None] < 50)
    np.testing.assert_allclose(displayed.gray[0, 14, 14], 0.8, rtol=1e-5)
    assert displayed.gray[0, 2, 2] == displayed.gray[99].max() == 0
    displayed.shade(frame.box(0, 0, 0.2, 0.2), 0.5)
    np.testing.assert_allclose(displayed.gray[0, 14, 14], 0.4, rtol=1e-5)
    np.testing.assert_allclose(displayed.gray[0, 14, 8], 0.8, rtol=1e-5)
    displayed.line(frame.x - PLACES[9], 0.0)
    assert displayed.gray[0, 14, 9] < 0.1 < displayed.gray[0, 14, 8 - 1]


def test_softening_moves_light_but_loses_none():
    spot = np.zeros((2, 9, 9), np.float32)
    spot[:, 4, 4] = 1
    soft = clothes._softened(spot.copy(), np.float32([0, 0.4])[:, None, None])
    np.testing.assert_array_equal(soft[0], spot[0])
    np.testing.assert_allclose(soft[1].sum(), 1, rtol=1e-5)
    np.testing.assert_allclose([soft[1, 4, 4], soft[1, 4, 5], soft[1, 3, 3]], [0.36, 0.12, 0.04], rtol=1e-5)


def test_dice_keep_to_their_ranges_and_weights():
    dice = clothes.Dice(np.random.default_rng(0), 4000)
    numbers = dice.between(2, 3)
    assert numbers.shape == (4000, 1, 1)
    assert numbers.dtype == np.float32
    assert 2 <= numbers.min() < 2.01 < 2.99 < numbers.max() <= 3
    either = dice.either((0, 1), (5, 6), 0.25)
    assert 0.2 < (either <= 1).mean() < 0.3
    assert not ((either > 1) & (either < 5)).any()
    kinds = dice.kind({"often": 3, "seldom": 1, "never": 0})
    assert 0.7 < (kinds == "often").mean() < 0.8
    assert set(kinds.ravel()) == {"often", "seldom"}
    assert 0.05 < dice.often(0.1).mean() < 0.15


@pytest.mark.parametrize("name", ["TSHIRT", "PULLOVER", "DRESS", "COAT", "SHIRT"])
def test_a_top_names_only_kinds_that_are_sewn(name):
    top = getattr(clothes, name)
    assert set(top.sleeves) <= {"none", *clothes.SLEEVES}
    assert set(top.necks) <= {"round", "wide", "pointed", "high", "collar", "lapels", "hood"}
    assert set(top.fronts) <= {"closed", "buttons", "zip", "open"}
    assert sum(top.sleeves.values()) == sum(top.necks.values()) == sum(top.fronts.values()) == 100


def test_a_shirt_can_look_like_the_other_tops():
    for other in (clothes.TSHIRT, clothes.PULLOVER, clothes.COAT):
        assert set(other.sleeves) & set(clothes.SHIRT.sleeves)
        assert set(other.necks) & set(clothes.SHIRT.necks)
        assert set(other.fronts) & set(clothes.SHIRT.fronts)
        assert other.chest[0] < clothes.SHIRT.chest[1]
        assert clothes.SHIRT.chest[0] < other.chest[1]


def test_pixels_alone_do_not_solve_it(drawn_test):
    """Least squares on pixels, in closed form; on Fashion-MNIST, with as many pictures, it reaches about 80 %."""
    pictures = drawn_test["images"].reshape(-1, 784) / np.float32(255)
    with_bias, labels = np.c_[pictures, np.ones(len(pictures), np.float32)], drawn_test["labels"]
    seen, unseen = with_bias[:8000], with_bias[8000:]
    weights = np.linalg.solve(seen.T @ seen + 10 * np.eye(785), seen.T @ np.eye(10)[labels[:8000]])
    accuracy = ((unseen @ weights).argmax(axis=1) == labels[8000:]).mean()
    assert 0.5 < accuracy < 0.75
