"""One wing that augments what test_augmentation_wings.py sends: `augmentation_worker.py FRAMEWORK`.

It reads pickled (task, arguments) from its input and writes pickled answers, until its input ends.
"""

import importlib
import os
import pickle
import sys

import numpy as np


def augmented(wing, images, parameters):
    return wing("augmentation").augment(images, parameters)


def passes(wing, images, labels, settings, count):
    """Every batch of `count` passes: (images NHWC, labels)."""
    source = wing("batches").batches(images, labels, **settings)
    return [(_last(batch), np.array(rows)) for _ in range(count) for batch, rows in source]


def refused(wing, images, labels, settings):
    try:
        wing("batches").batches(images, labels, **settings)
    except ValueError as error:
        return str(error)
    return "no error"


def _last(batch):
    """Channels last, as NumPy."""
    return np.array(batch.permute(0, 2, 3, 1) if hasattr(batch, "permute") else batch)


TASKS = {"augmented": augmented, "passes": passes, "refused": refused}


def main(framework):
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the framework prints goes among the errors

    def wing(module):
        return importlib.import_module(f"utils.{framework}.{module}")

    while True:
        try:
            task, arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(TASKS[task](wing, *arguments), answers)
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
