"""The reader of IDX files against files made by hand, and against files damaged at random."""

import gzip
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.data import idx

NAME = "some-idx3-ubyte"
SHAPE = (3, 4, 5)
VALUES = np.arange(60, dtype=np.uint8).reshape(SHAPE)
HEADER = struct.pack(">HBB3I", 0, 8, 3, *SHAPE)
PACKED = gzip.compress(HEADER + VALUES.tobytes(), mtime=0)
examples = settings(max_examples=200)


def read(content: bytes, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(content)
        return idx.read(path, shape)


def test_a_whole_file_is_read():
    np.testing.assert_array_equal(read(PACKED), VALUES)


def test_labels_have_one_axis():
    content = gzip.compress(struct.pack(">HBBI", 0, 8, 1, 3) + bytes([7, 8, 9]))
    assert read(content, (3,)).tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "begins with nothing"),
        (b"<!doctype html><html></html>", "cut short or damaged"),
        (HEADER + VALUES.tobytes(), "cut short or damaged"),  # not packed
        (PACKED[:-10], "cut short or damaged"),
        (PACKED[: len(PACKED) // 2], "cut short or damaged"),
        (gzip.compress(b"P5 3 4 255"), "begins with 50352033, an IDX file of this kind with 00000803"),
        (gzip.compress(b"\0\0\x0d\3" + HEADER[4:] + VALUES.tobytes()), "begins with 00000d03"),  # floats
        (gzip.compress(b"\0\0\x08\1" + HEADER[4:] + VALUES.tobytes()), "begins with 00000801"),  # labels
        (gzip.compress(HEADER[:10]), r"shape \(3,\), where \(3, 4, 5\)"),
        (gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 3, 5, 4) + VALUES.tobytes()), r"shape \(3, 5, 4\)"),
        (gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**31, 7)), r"shape \(4294967295, 2147483648, 7\)"),
        (gzip.compress(HEADER + VALUES.tobytes()[:-1]), "holds fewer than the 60 values"),
        (gzip.compress(HEADER + VALUES.tobytes() + b"\0"), "holds more than the 60 values"),
    ],
    ids=[  # the packed bytes hold the time, and would give every process other names
        *("empty", "HTML", "not packed", "ten bytes short", "half", "another format"),
        *("floats", "labels", "header cut", "axes swapped", "enormous", "a value short", "a value long"),
    ],
)
def test_a_wrong_file_is_refused_by_name(content, complaint):
    with pytest.raises(ValueError, match=f"{NAME} .*{complaint}"):
        read(content)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(HEADER + bytes(50_000_000)))
    assert len(idx._unpacked(path, 100)) == 100
    with pytest.raises(ValueError, match=r"bomb.gz holds more"):
        idx.read(path, SHAPE)


@examples
@given(st.integers(0, len(PACKED) - 1))
def test_a_truncated_file_never_loads(length):
    with pytest.raises(ValueError, match=NAME):
        read(PACKED[:length])


@examples
@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_a_damaged_byte_never_changes_what_is_read(place, change):
    damaged = bytearray(PACKED)
    damaged[place] ^= change
    try:
        values = read(bytes(damaged))  # gzip's own header holds bytes that mean nothing to the values, such as its date
    except ValueError as error:
        assert NAME in str(error)
    else:
        np.testing.assert_array_equal(values, VALUES)


@examples
@given(st.binary(max_size=200))
def test_random_bytes_never_load(content):
    with pytest.raises(ValueError, match=NAME):
        read(content)


@examples
@given(st.binary(max_size=100))
def test_random_values_never_load_unless_they_fit(content):
    with pytest.raises(ValueError, match=NAME):
        read(gzip.compress(content), (200,))
