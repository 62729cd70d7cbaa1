"""Files of `torch.save`, put together here byte by byte: PyTorch is not needed, and anything can be wrong in them."""

import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from utils import state_dicts

ARRAYS = {
    "conv1.weight": np.arange(24, dtype="float32").reshape(2, 3, 2, 2),
    "bn1.running_mean": np.array([0.5, -1.5], "float64"),
    "bn1.num_batches_tracked": np.array(7, "int64"),
}
STORAGES = {"float32": "FloatStorage", "float64": "DoubleStorage", "int64": "LongStorage"}


def text(value: str) -> bytes:
    return pickle.BINUNICODE + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return pickle.BININT + struct.pack("<i", value)


def numbers(values) -> bytes:
    return pickle.MARK + b"".join(map(number, values)) + pickle.TUPLE


def imported(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def tensor(member: str, array: np.ndarray, *, offset=0, length=None, shape=None, strides=None, storage=None) -> bytes:
    """The call that makes a tensor, as torch.save writes it."""
    kind = imported("torch", storage or STORAGES[array.dtype.name])
    length = array.size if length is None else length
    reference = pickle.MARK + text("storage") + kind + text(member) + text("cpu") + number(length) + pickle.TUPLE
    strides = [step // array.itemsize for step in array.strides] if strides is None else strides
    layout = number(offset) + numbers(array.shape if shape is None else shape) + numbers(strides)
    hooks = imported("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE
    arguments = pickle.MARK + reference + pickle.BINPERSID + layout + pickle.NEWFALSE + hooks + pickle.TUPLE
    return imported("torch._utils", "_rebuild_tensor_v2") + arguments + pickle.REDUCE


def dictionary(items: dict[str, bytes]) -> bytes:
    entries = b"".join(text(key) + value for key, value in items.items())
    empty = imported("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE
    return empty + pickle.BINPUT + b"\0" + pickle.MARK + entries + pickle.SETITEMS


def program(content: bytes) -> bytes:
    return pickle.PROTO + b"\2" + content + pickle.STOP


def write(path, index: bytes, arrays=ARRAYS, *, packing=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("net/data.pkl", index)
        archive.writestr("net/version", "3\n")
        for number, array in enumerate(arrays.values()):
            archive.writestr(f"net/data/{number}", array.tobytes())
    return path


def tensors(**changes) -> dict[str, bytes]:
    """All of ARRAYS, the first with changes."""
    first, *rest = ARRAYS.items()
    made = {first[0]: tensor("0", first[1], **changes)}
    return made | {name: tensor(str(member), array) for member, (name, array) in enumerate(rest, start=1)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.pth"


def test_arrays_come_back_by_name(path):
    found = state_dicts.read(write(path, program(dictionary(tensors()))))
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_version_numbers_of_modules_and_parameters_are_passed_over(path):
    versions = pickle.EMPTY_DICT + text("_metadata") + pickle.EMPTY_DICT + pickle.SETITEM + pickle.BUILD
    hooks = imported("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.REDUCE
    wrapped = tensors()
    inner = wrapped["conv1.weight"] + pickle.NEWTRUE + hooks + pickle.TUPLE3 + pickle.REDUCE
    wrapped["conv1.weight"] = imported("torch._utils", "_rebuild_parameter") + inner
    found = state_dicts.read(write(path, program(dictionary(wrapped) + versions)))
    np.testing.assert_array_equal(found["conv1.weight"], ARRAYS["conv1.weight"])


def test_a_part_of_a_storage_is_cut_out(path):
    part = tensors(offset=6, shape=(3, 4), strides=(4, 1))
    found = state_dicts.read(write(path, program(dictionary(part))))
    np.testing.assert_array_equal(found["conv1.weight"], ARRAYS["conv1.weight"].ravel()[6:18].reshape(3, 4))


class Attack:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "wrap", [lambda attack: attack, lambda attack: {"conv1.weight": attack}], ids=["bare", "inside"]
)
def test_an_attack_is_not_carried_out(tmp_path, path, wrap, protocol):
    marker = tmp_path / "was here"
    with pytest.raises(ValueError, match=r"net\.pth is broken or no state dict"):
        state_dicts.read(write(path, pickle.dumps(wrap(Attack(marker)), protocol)))
    assert not marker.exists()
    pickle.loads(pickle.dumps(wrap(Attack(marker)), protocol))
    assert marker.exists(), "the attack is a real one"


def test_what_would_be_called_is_named(path):
    attack = imported("os", "system") + text("true") + pickle.TUPLE1 + pickle.REDUCE
    with pytest.raises(ValueError, match=r"asks to call os\.system, which no state dict needs"):
        state_dicts.read(write(path, program(attack)))


WRONG = {
    "no dict": (numbers([1, 2]), "holds something else than tensors"),
    "a number in the dict": (dictionary({"conv1.weight": number(3)}), "holds something else than tensors"),
    "a number as name": (pickle.EMPTY_DICT + number(3) + tensors()["conv1.weight"] + pickle.SETITEM, "something else"),
    "another storage": (dictionary(tensors(storage="QUInt8Storage")), "QUInt8Storage"),
    "a length that lies": (dictionary(tensors(length=23)), r"conv1\.weight, of shape \(2, 3, 2, 2\), does not fit"),
    "a shape too large": (dictionary(tensors(shape=(2, 3, 2, 3))), "does not fit"),
    "an offset too far": (dictionary(tensors(offset=1)), "does not fit"),
    "a negative offset": (dictionary(tensors(offset=-4)), "does not fit"),
    "transposed": (dictionary(tensors(strides=(1, 2, 6, 12))), "is not stored row by row"),
    "strides of 0": (dictionary(tensors(strides=(0, 0, 0, 0))), "is not stored row by row"),
    "strides too few": (dictionary(tensors(strides=(4, 2, 1))), "broken"),
    "no such part": (dictionary({"conv1.weight": tensor("9", ARRAYS["conv1.weight"])}), "net/data/9"),
    "an unknown instruction": (pickle.EMPTY_LIST, "EMPTY_LIST, which no state dict needs"),
    "an empty stack": (pickle.REDUCE, "broken"),
    "a mark that is missing": (pickle.SETITEMS, "broken"),
    "a memory that is empty": (pickle.BINGET + b"\7", "broken"),
    "a dict that is none": (number(1) + text("a") + number(2) + pickle.SETITEM, "broken"),
    "two results": (pickle.EMPTY_DICT + pickle.EMPTY_DICT, "broken"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_contents_are_refused(path, what):
    content, says = WRONG[what]
    with pytest.raises(ValueError, match=rf"net\.pth is broken or no state dict: .*{says}|{says}"):
        state_dicts.read(write(path, program(content)))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_truncated_files_are_refused(path, kept):
    content = write(path, program(dictionary(tensors()))).read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match=r"net\.pth is broken"):
        state_dicts.read(path)


def test_changed_numbers_are_noticed(path):
    content = bytearray(write(path, program(dictionary(tensors()))).read_bytes())
    content[content.index(ARRAYS["conv1.weight"].tobytes()) + 9] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.pth is broken.*CRC"):
        state_dicts.read(path)


def test_packed_parts_are_refused_before_they_are_unpacked(path):
    write(path, program(dictionary(tensors())), packing=zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"data\.pkl is compressed"):
        state_dicts.read(path)


def test_an_index_without_end_is_refused(path, monkeypatch):
    monkeypatch.setattr(state_dicts, "MOST_INSTRUCTIONS", 50)
    with pytest.raises(ValueError, match="more than 50 instructions"):
        state_dicts.read(write(path, program(pickle.NONE * 60)))


def test_other_archives_are_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no weights")
    with pytest.raises(ValueError, match=r"none that torch\.save made"):
        state_dicts.read(path)
