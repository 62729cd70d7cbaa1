"""Whether the twin of CIFAR-10 teaches what CIFAR-10 does: see `tools.measurements.lessons`."""

from tools.measurements import lessons
from tools.measurements.lessons import METRIC, RUNS, SEEDS, UNIT, train  # noqa: F401

TITLE = "The twin of CIFAR-10: 2,500 images, 32 epochs"
SETTING = lessons.Setting("cifar10", images=2_500, epochs=32, few=500, mirror=True)
FILES = SETTING.files


def load():
    """The twin's images for training and test."""
    return SETTING.load()
