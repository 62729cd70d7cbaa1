"""CIFAR-10 as it was published: a gzipped tar file of pickles, which are read without running them.

A pickle is a program. What follows knows the few instructions that make lists, dictionaries, numbers, texts and one
array, as Python 2 wrote them (and as Python 3 does with protocol 2), and refuses every other by its name. It imports
nothing and calls nothing: the functions that make an array are names here, and what they would get is looked at.
"""

import io
import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from utils.data.archives import Archive
from utils.data.registry import DataSet

ARCHIVE = "cifar-10-python.tar.gz"
FOLDER = "cifar-10-batches-py"
TRAINING = tuple(f"{FOLDER}/data_batch_{number}" for number in range(1, 6))
TEST, META = f"{FOLDER}/test_batch", f"{FOLDER}/batches.meta"
EXTRA = 256  # bytes at most for a picture's label and file name, which take about 32
MAKERS = {  # what makes an array, its type, and bytes, which Python 3 writes as a text that is to be encoded
    "numpy.core.multiarray _reconstruct": "array",
    "numpy._core.multiarray _reconstruct": "array",
    "numpy ndarray": "class",
    "numpy dtype": "type",
    "_codecs encode": "bytes",
}


def split(dataset: DataSet, name: str, path_of: Callable[[str], Path]) -> dict[str, np.ndarray]:
    """The pictures and labels of one split: "images" uint8 (N, 32, 32, 3), "labels" int64 (N,).

    The validation split is the end of the five training batches. `path_of` gives the path of a published file.

    Raises:
        ValueError: the archive is refused (see `Archive`), or a batch is missing or is not what was published.
    """
    if name == "test":
        members, size, start = (TEST,), dataset.splits["test"], 0
    else:
        size = (dataset.splits["train"] + dataset.splits["validation"]) // len(TRAINING)
        first = dataset.splits["train"] if name == "validation" else 0
        members, start = TRAINING[first // size : -(-(first + dataset.splits[name]) // size)], first % size
    images, labels = _batches(dataset, path_of(ARCHIVE), members, size)
    chosen = slice(start, start + dataset.splits[name])
    return {"images": images[chosen], "labels": labels[chosen]}


def _batches(dataset: DataSet, path: Path, members: tuple[str, ...], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The pictures and labels of these batches of `size` pictures, one batch after the other."""
    images = np.empty((len(members), size, *dataset.shape), np.uint8)
    labels = np.empty((len(members), size), np.int64)
    largest = max((dataset.splits["train"] + dataset.splits["validation"]) // len(TRAINING), dataset.splits["test"])
    with Archive(path, max_member_bytes=largest * (math.prod(dataset.shape) + EXTRA) + (1 << 16)) as archive:
        for member, content in archive.items((META, *members)):
            try:
                batch = unpickle(content)
                if member == META:
                    _check_classes(batch, dataset.classes)
                else:
                    place = members.index(member)
                    images[place] = _images(batch, size, dataset.shape)
                    labels[place] = _labels(batch, size, len(dataset.classes))
            except ValueError as error:
                problem = f"{member} in {path} is not what was published ({error})"
                raise ValueError(f"{problem}: get it again with `{dataset.download_command}`.") from error
    return images.reshape(-1, *dataset.shape), labels.reshape(-1)


def _check_classes(meta: dict[str, object], classes: tuple[str, ...]) -> None:
    if meta.get("label_names") != list(classes):
        raise ValueError(f"its label_names are not {', '.join(classes)}")


def _images(batch: dict[str, object], size: int, shape: tuple[int, int, int]) -> np.ndarray:
    """The pictures, which lie in rows: a red, a green and a blue plane each."""
    data, wanted = batch.get("data"), (size, math.prod(shape))
    if not isinstance(data, _Array) or data.shape != wanted:
        raise ValueError(f"its data are not a byte array of shape {wanted}")
    values = data.text.encode("latin-1")
    if len(values) != math.prod(wanted):
        raise ValueError(f"its data are {len(values):,} bytes, where shape {wanted} needs {math.prod(wanted):,}")
    rows = np.frombuffer(values, np.uint8).reshape(wanted, order="F" if data.by_columns else "C")
    return rows.reshape(size, shape[2], *shape[:2]).transpose(0, 2, 3, 1)


def _labels(batch: dict[str, object], size: int, classes: int) -> list[int]:
    labels = batch.get("labels")
    if type(labels) is not list or len(labels) != size:
        raise ValueError(f"its labels are not a list of {size:,}")
    if not all(type(label) is int and 0 <= label < classes for label in labels):
        raise ValueError(f"its labels are not all whole numbers from 0 to {classes - 1}")
    return labels


def unpickle(content: bytes) -> dict[str, object]:
    """The dictionary in a pickle, with byte strings as texts of the same code points.

    Takes time and memory in proportion to the bytes: nothing in it is followed, copied or compared.

    Raises:
        ValueError: it is cut short, holds something else, or asks for anything beyond that.
    """
    machine, stream, name = _Machine(), io.BytesIO(content), ""
    try:
        while name != "STOP":
            code = stream.read(1)
            name, read_argument = INSTRUCTIONS.get(code, (str(code), None))
            if name not in STEPS:
                raise ValueError(f"its pickle asks for {name}, which no picture needs" if code else "it ends too early")
            STEPS[name](machine, read_argument(stream) if read_argument else None)
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError("its instructions do not fit together") from error
    if machine.marks or len(machine.stack) != 1 or type(machine.stack[0]) is not dict:
        raise ValueError("it does not hold one dictionary")
    return machine.stack[0]


@dataclass(frozen=True)
class _Maker:
    """The name of something that could be called, of a kind in MAKERS."""

    kind: str


@dataclass(eq=False)
class _Array:
    """What an array of bytes is made from."""

    shape: tuple[int, ...] = ()
    by_columns: bool = False
    text: str = ""


class _Machine:
    """The pickle machine's stack, the stacks below it that marks have put aside, and its memory."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.marks: list[list[object]] = []
        self.memory: dict[int, object] = {}

    def push(self, value: object) -> None:
        self.stack.append(value)

    def take(self, count: int | None) -> list[object]:
        """Take the topmost values; None: those above the last mark."""
        if count is not None:
            return [self.stack.pop() for _ in range(count)][::-1]
        values, self.stack = self.stack, self.marks.pop()
        return values

    def mark(self, _: None) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def remember(self, number: int) -> None:
        self.memory[number] = self.stack[-1]

    def recall(self, number: int) -> None:
        self.push(self.memory[number])

    def append(self, values: list[object]) -> None:
        list.extend(self.stack[-1], values)

    def set_items(self, values: list[object]) -> None:
        keys = values[::2]
        if len(values) % 2 or not all(type(key) is str for key in keys):  # to hash anything else may take forever
            raise ValueError("its pickle has a dictionary whose keys are not texts")
        dict.update(self.stack[-1], zip(keys, values[1::2]))

    def name(self, name: str) -> None:
        if name not in MAKERS:
            raise ValueError(f"its pickle asks for {name[:100]!a}, which no picture needs")
        self.push(_Maker(MAKERS[name]))

    def call(self, maker: object, arguments: object) -> None:
        """Push what a call would have made; an array is empty until it is built."""
        match maker, arguments:
            case _Maker("array"), (_Maker("class"), _, _):
                self.push(_Array())
            case _Maker("type"), ("u1", _, _):
                self.push(_Maker("byte"))
            case _Maker("bytes"), (str() as text, "latin1"):
                self.push(text)
            case _:
                raise ValueError("its pickle makes something other than an array of bytes")

    def build(self, target: object, state: object) -> None:
        """Fill in an array; what is filled in for the type of a byte, such as its order, means nothing."""
        match target, state:
            case _Array(), (_, tuple() as shape, _Maker("byte"), by_columns, str() as text):
                target.shape, target.by_columns, target.text = shape, bool(by_columns), text
            case _Maker("byte"), _:
                pass
            case _:
                raise ValueError("its pickle fills in something other than an array of bytes")
        self.push(target)


# The bytes of all instructions, each with its name and what reads its argument; and what those do that are followed.
INSTRUCTIONS = {
    opcode.code.encode("latin-1"): (opcode.name, opcode.arg and opcode.arg.reader) for opcode in pickletools.opcodes
}
STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "STOP"), lambda machine, _: None),
    **dict.fromkeys(("BININT1", "BININT2", "BININT"), _Machine.push),
    **dict.fromkeys(("SHORT_BINSTRING", "BINSTRING", "BINUNICODE"), _Machine.push),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _Machine.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.recall),
    "NONE": _Machine.push,
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "MARK": _Machine.mark,
    "TUPLE": lambda machine, _: machine.push(tuple(machine.take(None))),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.take(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.take(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.take(3))),
    "APPEND": lambda machine, _: machine.append(machine.take(1)),
    "APPENDS": lambda machine, _: machine.append(machine.take(None)),
    "SETITEM": lambda machine, _: machine.set_items(machine.take(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.take(None)),
    "GLOBAL": _Machine.name,
    "REDUCE": lambda machine, _: machine.call(*machine.take(2)),
    "BUILD": lambda machine, _: machine.build(*machine.take(2)),
}
