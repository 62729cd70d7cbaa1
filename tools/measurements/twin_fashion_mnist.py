"""Whether the twin of Fashion-MNIST teaches what Fashion-MNIST does: see `tools.measurements.lessons`."""

from tools.measurements import lessons
from tools.measurements.lessons import METRIC, RUNS, SEEDS, UNIT, train  # noqa: F401

TITLE = "The twin of Fashion-MNIST: 2,000 images, 15 epochs"
SETTING = lessons.Setting("fashion_mnist", images=2_000, epochs=15, few=500, mirror=True)
FILES = SETTING.files


def load():
    """The twin's images for training and test."""
    return SETTING.load()
