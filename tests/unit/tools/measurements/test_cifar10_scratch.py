"""CIFAR-10 from scratch: the stages share one cycle, and the mirror image has its say."""

import numpy as np
import pytest

from tools.measurements import cifar10_scratch
from utils.data import Images
from utils.schedules import one_cycle


class Wing:
    """Notes what is trained on, and knows the class of a picture by the gray of its left edge."""

    def __init__(self):
        self.asked = []

    def small_resnet(self, shape, classes, stem_stride):
        return None

    def fit(self, model, pictures, labels, *, epochs, schedule, **recipe):
        steps = epochs * 7
        self.asked.append((pictures.shape[1:3], epochs, [schedule(step, steps) for step in range(steps)]))

    def predict(self, model, pictures):
        left = pictures[:, 0, 0, 0].astype(int)
        return np.stack([left, 150 - left], axis=1)


@pytest.fixture
def sets():
    pictures = np.zeros((4, 32, 32, 3), "uint8")
    pictures[:, :, :16] = np.array([200, 10, 100, 100])[:, None, None, None]
    pictures[:, :, 16:] = np.array([200, 10, 0, 150])[:, None, None, None]
    test = Images(pictures, np.array([0, 1, 1, 0]), ("light", "dark"), "cifar10", "test", "original")
    return pictures, test.labels, test


def test_the_stages_share_one_cycle(sets):
    wing = Wing()
    cifar10_scratch.train(wing, sets, "net", 0)
    assert [(size, epochs) for size, epochs, _ in wing.asked] == [((s, s), e) for s, e in cifar10_scratch.STAGES]
    steps = 7 * sum(epochs for _, epochs in cifar10_scratch.STAGES)
    assert [rate for *_, rates in wing.asked for rate in rates] == [one_cycle(step, steps) for step in range(steps)]


def test_the_mirror_image_has_its_say(sets):
    """The left half alone takes the third picture for light; with its right half, which is black, it is dark."""
    assert cifar10_scratch.train(Wing(), sets, "net", 0) == {"net": 0.75, "net, with the mirror image": 1.0}
