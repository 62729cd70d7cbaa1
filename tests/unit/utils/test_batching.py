"""The plan of batches, and the thread that prepares them: no framework."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest

from utils import inputs
from utils.augmentation import Augmentation
from utils.batching import Plan, ahead

ROOT = Path(__file__).resolve().parents[3]
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 6, 8, 3), dtype=np.uint8)
LABELS = np.arange(10) % 4
MIXING = Augmentation(flip=0.5, rotation=20, mixup=0.4)


def plan(images=IMAGES, labels=LABELS, batch_size=4, shuffle=True, seed=5, augment=None, classes=None):
    return Plan(images, labels, batch_size, shuffle, seed, augment, classes)


def preparing():
    return [thread for thread in threading.enumerate() if thread.name.startswith("batch ")]


def wait_for(condition):
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


# The plan


def test_a_pass_takes_every_image_once_with_its_label_in_the_order_of_seed_and_epoch():
    for epoch in (0, 3):
        take = plan().begin(epoch)
        batches = [take(index) for index in range(3)]
        order = inputs.epoch_order(10, 5, epoch)
        np.testing.assert_array_equal(np.concatenate([images for images, _, _ in batches]), IMAGES[order])
        np.testing.assert_array_equal(np.concatenate([labels for _, labels, _ in batches]), LABELS[order])
        assert [parameters for _, _, parameters in batches] == [None] * 3


def test_parameters_depend_on_seed_epoch_and_batch_and_on_nothing_else():
    augment = Augmentation(rotation=90)

    def angles(seed, epoch, index):
        return plan(seed=seed, augment=augment).begin(epoch)(index)[2].matrices[0, 0].tolist()

    keys = [(seed, epoch, index) for seed in (0, 1) for epoch in (0, 1) for index in (0, 1, 2)]
    first = [angles(*key) for key in keys]
    assert first == [angles(*key) for key in keys]
    assert len({tuple(row) for row in first}) == len(keys)


def test_parameters_are_not_drawn_from_the_numbers_that_shuffled():
    shuffling = Augmentation(rotation=90).draw(np.random.default_rng([5, 2]), 4, (6, 8))
    taken = plan(augment=Augmentation(rotation=90)).begin(2)(0)[2]
    assert not np.allclose(taken.matrices, shuffling.matrices)


def test_the_last_batch_has_parameters_for_as_many_images_as_are_left():
    images, labels, parameters = plan(augment=MIXING, classes=4).begin(0)(2)
    assert (len(images), labels.shape, parameters.count, parameters.size) == (2, (2, 4), 2, (6, 8))


def test_labels_are_soft_only_with_classes():
    whole = plan().begin(0)(0)[1]
    hot = plan(classes=5).begin(0)(0)[1]
    mixed = plan(augment=MIXING, classes=5).begin(0)(0)[1]
    assert (whole.dtype, hot.dtype, mixed.dtype) == (np.int64, np.float32, np.float32)
    np.testing.assert_array_equal(hot, np.eye(5)[whole])
    np.testing.assert_allclose(mixed.sum(axis=1), 1, atol=1e-6)
    assert ((mixed > 0) & (mixed < 1)).any()


def test_a_read_only_memory_map_is_taken_without_a_warning_and_without_copying_the_set(tmp_path):
    np.save(tmp_path / "set.npy", np.zeros((500, 100, 100, 3), np.uint8))
    images = np.load(tmp_path / "set.npy", mmap_mode="r")
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mapped = plan(images, np.zeros(500, int), batch_size=10, augment=Augmentation(flip=0.5, brightness=0.5))
        take = mapped.begin(0)
        for index in range(len(mapped)):
            take(index)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes / 10


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "There are no images"),
        ({"images": [image[: 6 - n] for n, image in enumerate(IMAGES[:3])]}, "Images differ in shape"),
        ({"images": IMAGES / 255}, "Images are float64"),
        ({"images": np.full((10, 6, 8, 3), np.nan, "float32")}, "10 of 10 images hold NaN"),
        ({"labels": LABELS[:9]}, "10 images but 9 labels"),
        ({"labels": np.eye(4)[LABELS], "classes": 4, "augment": MIXING}, r"Labels are of shape \(10, 4\)"),
        ({"labels": LABELS / 1, "classes": 4, "augment": MIXING}, "Labels are float64"),
        ({"augment": MIXING}, "say by classes="),
        ({"augment": MIXING, "classes": 3}, "Label 3 is not one of 3 classes"),
        ({"augment": "flip"}, "augment is 'flip'"),
        ({"augment": Augmentation}, "augment is <class"),
        ({"augment": Augmentation(crop=6)}, "crop is 6"),
        ({"augment": Augmentation(hue=0.1), "images": IMAGES[..., :2]}, "Images of 2 channels"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said) as refused:
        plan(**wrong)
    assert str(refused.value).count(". ") == 0 and str(refused.value).endswith(".")


# The thread


def test_results_come_in_order_from_other_threads():
    used = list(ahead(lambda index: (index, threading.current_thread()), 5))
    assert [index for index, _ in used] == list(range(5))
    assert threading.current_thread() not in {thread for _, thread in used}
    assert not preparing()
    assert list(ahead(print, 0)) == []


def test_one_is_prepared_while_the_one_before_is_used_and_no_more():
    begun = []
    source = ahead(lambda index: begun.append(index) or index, 5)
    assert begun == []  # nothing before it is asked for
    for used in source:
        expected = list(range(min(used + 2, 5)))
        wait_for(lambda expected=expected: begun == expected)
        time.sleep(0.02)
        assert begun == expected


@pytest.mark.parametrize("error", [ValueError("third"), SystemExit("third"), KeyboardInterrupt("third")], ids=repr)
def test_an_error_is_raised_in_its_turn_where_the_batch_is_asked_for(error):
    def prepare(index):
        if index == 2:
            raise error
        return index

    source, used = ahead(prepare, 5), []
    with pytest.raises(type(error), match="third") as raised:
        for index in source:
            used.append(index)
    assert used == [0, 1]
    assert "prepare" in [entry.name for entry in raised.traceback]
    assert not preparing()
    assert list(source) == []


def slow(index):
    time.sleep(0.05)
    return index


def test_breaking_off_leaves_no_thread():
    for _ in ahead(slow, 100):
        break
    gc.collect()
    assert not preparing()


def test_an_error_of_the_consumer_leaves_no_thread():
    def consume():
        for _ in ahead(slow, 100):
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):  # whose traceback keeps the generator
        consume()
    assert wait_for(lambda: not preparing())


def test_who_stops_asking_but_keeps_the_generator_leaves_no_thread():
    source = ahead(slow, 100)
    next(source)
    assert wait_for(lambda: not preparing())
    assert next(source) == 1


def test_a_hundred_passes_broken_off_leave_no_thread():
    before = threading.active_count()
    for _ in range(100):
        next(ahead(lambda index: index, 10))
    gc.collect()
    assert wait_for(lambda: threading.active_count() == before)


INTERRUPTED = """
import signal, threading, time
from utils.batching import ahead
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background may have it ignored
try:
    for index in ahead(lambda index: time.sleep(0.2) or index, 1000):
        print(index, flush=True)
        time.sleep(CONSUMES)
except KeyboardInterrupt as error:
    kept = error  # and with it the generator, as a notebook keeps it
    time.sleep(0.5)
    print([thread.name for thread in threading.enumerate()])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("consumes", [0, 10], ids=["while it waits", "while it computes"])
def test_ctrl_c_ends_the_loop_and_leaves_no_thread(consumes):
    code = INTERRUPTED.replace("CONSUMES", str(consumes))
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], env=surroundings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "0\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=8)
    assert said.splitlines()[-1] == "['MainThread']"
    assert process.returncode == 0
