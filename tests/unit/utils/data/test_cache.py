"""What was made once is read after that; what was interrupted, damaged or could not be written harms nobody."""

import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from utils.data import cache, files
from utils.data.cache import Block
from utils.provenance import ROOT


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "cache_directory", lambda: tmp_path / "cache")


def blocks(*sizes, left_out=()):
    """Blocks of so many 2×3 images, numbered through."""
    ends = np.cumsum(sizes)
    for size, end in zip(sizes, ends):
        numbers = np.arange(end - size, end)
        images = np.broadcast_to(numbers[:, None, None, None], (size, 2, 3, 3)).astype(np.uint8)
        yield Block(images, numbers.astype(np.int64), tuple(left_out) if end == ends[-1] else ())


def never():
    pytest.fail("made again")


def entries():
    return sorted(path.name for path in files.decoded_directory().iterdir() if path.suffix != ".lock")


def test_blocks_become_one_array_and_are_made_once():
    made = cache.kept("some set", "key", lambda: blocks(4, 0, 7, left_out=["a b.jpg"]))
    again = cache.kept("some set", "key", never)
    for block in (made, again):
        np.testing.assert_array_equal(block.labels, np.arange(11))
        np.testing.assert_array_equal(block.images[:, 1, 2, 0], np.arange(11))
        assert (block.images.shape, block.images.dtype) == ((11, 2, 3, 3), np.uint8)
        assert block.left_out == ("a b.jpg",)
        assert type(block.images) is np.ndarray


def test_images_are_read_only_so_that_nobody_changes_the_cache():
    made = cache.kept("set", "key", lambda: blocks(3))
    with pytest.raises(ValueError, match="read-only"):
        made.images[0] = 0


def test_another_key_is_another_entry():
    assert len(cache.kept("set", "key", lambda: blocks(3)).labels) == 3
    assert len(cache.kept("set", "other", lambda: blocks(5)).labels) == 5


@pytest.mark.parametrize("file", ["images.npy", "labels.npy", "left_out.json"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut"])
def test_a_damaged_entry_is_made_anew(file, damage):
    cache.kept("set", "key", lambda: blocks(300))
    (entry,) = entries()
    path = files.decoded_directory() / entry / file
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(b"" if damage == "empty" else content[: len(content) - 1])
    assert len(cache.kept("set", "key", lambda: blocks(300)).labels) == 300
    assert cache.kept("set", "key", never).labels[-1] == 299


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_half_made_stays(error):
    def broken():
        yield from blocks(3)
        raise error("now")

    with pytest.raises(error):
        cache.kept("set", "key", broken)
    assert entries() == []


def test_a_folder_that_can_not_be_written_costs_memory_and_a_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "occupied").write_text("a file where the folder should be")
    monkeypatch.setattr(files, "cache_directory", lambda: tmp_path / "occupied")
    assert len(cache.kept("set", "key", lambda: blocks(3, 4)).labels) == 7
    assert "can not be written" in capsys.readouterr().err


def test_a_full_disk_costs_memory_and_a_line(monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache, "_write", full)
    assert cache.kept("set", "key", lambda: blocks(3, 4)).labels.tolist() == list(range(7))
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "kept in memory only" in said
    assert entries() == []


def test_a_really_full_disk_is_noticed_by_the_writer():
    """A limit on the size of files does what a full disk does: the write that crosses it fails."""
    code = """
import resource, signal, sys
import numpy as np
from utils.data import cache, files
files.cache_directory = lambda: __import__("pathlib").Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
block = cache.kept("set", "key", lambda: iter([cache.Block(np.ones((100, 40, 40, 3), np.uint8), np.arange(100))] * 2))
print(block.images.sum(), len(block.labels))
"""
    folder = files.cache_directory()
    done = subprocess.run([sys.executable, "-c", code, folder], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(2 * 100 * 40 * 40 * 3), "200"]
    assert "kept in memory only" in done.stderr
    assert entries() == []


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background may have it ignored
import numpy as np
from pathlib import Path
from utils.data import cache, files
files.cache_directory = lambda: Path(sys.argv[1])
def slow():
    print("begun", flush=True)
    for number in range(int(sys.argv[2])):
        yield cache.Block(np.full((10, 8, 8, 3), number, np.uint8), np.full(10, number, np.int64))
        time.sleep(0.05)
block = cache.kept("set", "key", slow)
print(len(block.labels), block.images[-1, 0, 0, 0])
"""


def slow_process(steps):
    command = [sys.executable, "-c", SLOW, files.cache_directory(), str(steps)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_fill_one_entry_once():
    first, second = slow_process(10), slow_process(10)
    said = [process.communicate(timeout=60)[0].split() for process in (first, second)]
    assert sorted(said) == [["100", "9"], ["begun", "100", "9"]]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_leaves_nothing_that_is_taken_for_whole(number):
    process = slow_process(1000)
    assert process.stdout.readline() == "begun\n"
    deadline = time.monotonic() + 30
    while not list(files.decoded_directory().glob("*.part/images.npy")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert not [name for name in entries() if not name.endswith(".part")]
    assert len(cache.kept("set", "key", lambda: blocks(5)).labels) == 5
    assert not [name for name in entries() if name.endswith(".part")]


def test_a_set_larger_than_memory_is_filled_and_read():
    """Of 400 MB, with 250 MB for everything that is not a file: plain arrays would not fit."""
    code = """
import resource, sys
import numpy as np
from pathlib import Path
from utils.data import cache, files
files.cache_directory = lambda: Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (250_000_000, 250_000_000))
def blocks():
    for number in range(40):
        yield cache.Block(np.full((100, 316, 316), number, np.uint8)[..., None], np.full(100, number, np.int64))
images = cache.kept("large", "key", blocks).images
print(images.nbytes, sum(int(images[start:start + 100].mean()) for start in range(0, len(images), 100)))
try:
    np.array(images)
except MemoryError:
    print("does not fit")
"""
    folder = files.cache_directory()
    done = subprocess.run([sys.executable, "-c", code, folder], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=2) == [str(4000 * 316 * 316), str(sum(range(40))), "does not fit\n"]
