"""Whether the twin of the cats and dogs teaches what the cats and dogs does: see `tools.measurements.lessons`."""

from tools.measurements import lessons
from tools.measurements.lessons import METRIC, RUNS, SEEDS, UNIT, train  # noqa: F401

TITLE = "The twin of the cats and dogs: 2,000 pictures of 64×64, 20 epochs"
SETTING = lessons.Setting("cats_vs_dogs", images=2_000, epochs=20, few=200, mirror=True, size=(64, 64))
FILES = SETTING.files


def load():
    """The twin's images for training and test."""
    return SETTING.load()
