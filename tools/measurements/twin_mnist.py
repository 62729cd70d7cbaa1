"""Whether the twin of MNIST teaches what MNIST does: see `tools.measurements.lessons`."""

from tools.measurements import lessons
from tools.measurements.lessons import METRIC, RUNS, SEEDS, UNIT, train  # noqa: F401

TITLE = "The twin of MNIST: 10,000 images, 3 epochs"
SETTING = lessons.Setting("mnist", images=10_000, epochs=3, few=1_000, mirror=False)
FILES = SETTING.files


def load():
    """The twin's images for training and test."""
    return SETTING.load()
