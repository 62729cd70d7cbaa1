"""The contract of augmentation: the same parameters give the same picture in both wings, and the same seed batches.

Each wing answers in a process of its own, which lives as long as this file's tests.
"""

import pickle
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from tests.unit.utils import wings
from utils import runtime
from utils._parameters import Parameters
from utils.augmentation import FILLS, Augmentation, RandAugment

LEVEL = 1 / 255  # a gray level
MODES = {"nearest": "nearest", "constant": "grid-constant", "reflect": "reflect"}  # what SciPy calls our fills

pytestmark = wings.both_installed
examples = settings(max_examples=60)


@pytest.fixture(scope="module")
def both():
    """A function (task, *arguments) -> [Keras' answer, PyTorch's answer]."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    workers = [wings.start("augmentation_worker", framework, **pipes) for framework in runtime.FRAMEWORKS]

    def ask(task, *arguments):
        for worker in workers:
            pickle.dump((task, arguments), worker.stdin)
            worker.stdin.flush()
        return [pickle.load(worker.stdout) for worker in workers]

    yield ask
    for worker in workers:
        worker.stdin.close()
        worker.wait()
        worker.stdout.close()


def noise(count, height, width, channels=3, seed=0):
    """Of all pictures those in which a misplaced pixel shows most."""
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


OPERATIONS = {
    "flip": {"flip": 0.5},
    "rotation": {"rotation": 180},
    "shift": {"shift": 1.0},
    "shear": {"shear": 70},
    "zoom": {"zoom": 0.9},
    "crop": {"crop": 5},
    "brightness": {"brightness": 1.0},
    "contrast": {"contrast": 1.0},
    "saturation": {"saturation": 1.0},
    "hue": {"hue": 0.5},
    "RandAugment": {"rand_augment": RandAugment(3, 30)},
    "MixUp": {"mixup": 1.0},
    "CutMix": {"cutmix": 1.0},
}
OPERATIONS["all"] = {name: setting for chosen in OPERATIONS.values() for name, setting in chosen.items()}


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_gives_the_same_picture_in_both_wings(both, name, fill):
    images = noise(16, 13, 10)
    augmentation = Augmentation(fill=fill, fill_value=0.3, **OPERATIONS[name])
    parameters = augmentation.draw(np.random.default_rng(1), 16, (13, 10))
    keras, torch = both("augmented", images, parameters)
    assert keras.dtype == torch.dtype == np.float32
    assert keras.shape == torch.shape == images.shape
    assert np.abs(keras - torch).max() < LEVEL / 10
    assert min(keras.min(), torch.min()) >= 0 and max(keras.max(), torch.max()) <= 1
    assert np.abs(keras - images / 255).max() > 10 * LEVEL  # it did something


parts = st.floats(0, 1)
descriptions = st.builds(
    Augmentation,
    flip=parts,
    rotation=st.floats(0, 180),
    shift=parts | st.tuples(parts, parts),
    shear=st.floats(0, 80),
    zoom=st.floats(0, 0.9),
    fill=st.sampled_from(FILLS),
    fill_value=st.floats(-1, 2, width=32),
    brightness=parts,
    contrast=parts,
    rand_augment=st.none() | st.builds(RandAugment, st.integers(1, 4), st.floats(0, 30)),
    mixup=st.floats(0, 2),
    cutmix=st.floats(0, 2),
)


@given(descriptions, st.integers(1, 5), st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3]), st.booleans())
@examples
def test_any_parameters_give_the_same_picture_in_both_wings(both, augmentation, count, height, width, channels, bright):
    images = noise(count, height, width, channels)
    if bright:
        images = (images / 255).astype("float32")
    parameters = augmentation.draw(np.random.default_rng(count), count, (height, width))
    keras, torch = both("augmented", images, parameters)
    assert np.abs(keras - torch).max() < LEVEL


def moved_by_scipy(images, matrices, fill, value):
    result = np.empty(images.shape)
    for image, matrix, place in zip(images, matrices, result):
        rows_first = matrix[::-1, 1::-1], matrix[::-1, 2]
        for channel in range(images.shape[-1]):
            settings = {"order": 1, "mode": MODES[fill], "cval": value}
            place[..., channel] = ndimage.affine_transform(image[..., channel], *rows_first, **settings)
    return result


@given(
    st.sampled_from(FILLS),
    st.integers(2, 12),
    st.integers(2, 12),
    st.lists(st.tuples(*[st.floats(-2, 2)] * 4, *[st.floats(-30, 30)] * 2), min_size=1, max_size=4),
)
@examples
def test_any_matrix_moves_a_picture_as_scipy_does(both, fill, height, width, rows):
    matrices = np.array(rows)[:, [0, 1, 4, 2, 3, 5]].reshape(-1, 2, 3)
    images = (noise(len(rows), height, width) / 255).astype("float32")
    parameters = Parameters(len(rows), (height, width), matrices, fill, 0.25)
    expected = moved_by_scipy(images, matrices, fill, 0.25)
    for answer in both("augmented", images, parameters):
        np.testing.assert_allclose(answer, expected, rtol=0, atol=LEVEL / 4)


CORNERS = {  # matrix, and what the first row and the last row of (0 … 11) / 11 in 3 rows of 4 become
    "half a pixel to the left of the border": ([1, 0, -0.5, 0, 1, 0], ([0, 0.5, 1.5, 2.5], [8, 8.5, 9.5, 10.5])),
    "mirrored": ([-1, 0, 3, 0, 1, 0], ([3, 2, 1, 0], [11, 10, 9, 8])),
    "upside down and mirrored": ([-1, 0, 3, 0, -1, 2], ([11, 10, 9, 8], [3, 2, 1, 0])),
    "half a pixel past the last": ([1, 0, 0.5, 0, 1, 0], ([0.5, 1.5, 2.5, 3], [8.5, 9.5, 10.5, 11])),
}


@pytest.mark.parametrize("name", CORNERS)
def test_corners_are_where_a_pencil_puts_them(both, name):
    numbers, rows = CORNERS[name]
    images = (np.arange(12, dtype="float32") / 11).reshape(1, 3, 4, 1)
    for answer in both("augmented", images, Parameters(1, (3, 4), np.array(numbers, float).reshape(1, 2, 3))):
        np.testing.assert_allclose(answer[0, [0, 2], :, 0] * 11, rows, atol=1e-4)


@pytest.mark.parametrize("fill", FILLS)
def test_fills_beyond_the_border_are_where_a_pencil_puts_them(both, fill):
    images = np.array([[1, 2, 3, 4]], "float32").reshape(1, 1, 4, 1) / 4
    two_to_the_right = Parameters(1, (1, 4), np.array([[[1.0, 0, -2.5], [0, 1, 0]]]), fill, 0.5)
    expected = {"nearest": [1, 1, 1, 1.5], "constant": [2, 2, 1.5, 1.5], "reflect": [2.5, 1.5, 1, 1.5]}[fill]
    for answer in both("augmented", images, two_to_the_right):
        np.testing.assert_allclose(answer.ravel() * 4, expected, atol=1e-4)


@pytest.mark.parametrize("place", [0, 1])
def test_pictures_of_one_scale_stay_on_it(both, place):
    images = np.full((2, 5, 5, 3), [-3, 300][place], "float32")
    parameters = Augmentation(rotation=20, mixup=1).draw(np.random.default_rng(0), 2, (5, 5))
    for answer in both("augmented", images, parameters):
        np.testing.assert_allclose(answer, images, rtol=1e-5)


EVERYTHING = Augmentation(**OPERATIONS["all"])


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(
    ("augment", "classes"),
    [(None, None), (None, 5), (Augmentation(flip=0.5, shift=0.1), None), (EVERYTHING, 5)],
    ids=["plain", "one-hot", "moved", "everything"],
)
def test_the_same_seed_gives_the_same_batches_in_both_wings(both, augment, classes, shuffle):
    images, labels = noise(22, 12, 9), np.arange(22) % 5
    chosen = {"batch_size": 8, "seed": 3, "shuffle": shuffle, "augment": augment, "classes": classes}
    keras, torch = both("passes", images, labels, chosen, 2)
    assert [len(rows) for _, rows in keras] == [8, 8, 6] * 2
    for ours, theirs in zip(keras, torch, strict=True):
        np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=LEVEL / 10)
        np.testing.assert_array_equal(ours[1], theirs[1])
        assert ours[1].dtype == theirs[1].dtype == (np.int64 if classes is None else np.float32)
    again = np.array_equal(keras[0][0], keras[3][0])
    assert again == (augment is None and not shuffle)  # a new pass gives new parameters


@pytest.mark.parametrize(
    "wrong",
    [{"augment": "flip"}, {"augment": EVERYTHING}, {"classes": 2}, {"augment": Augmentation(crop=30)}],
    ids=["no description", "no classes", "too few classes", "crop"],
)
def test_both_wings_refuse_with_the_same_sentence(both, wrong):
    keras, torch = both("refused", noise(4, 6, 6), np.arange(4), wrong)
    assert keras == torch != "no error"
