"""Reads the files that `torch.save` makes of a state dict, without PyTorch and without running anything in them.

Such a file is a zip archive: each tensor's numbers are a member of their own, and a pickle says which is which. A
pickle is a program for a small stack machine, which can be made to call anything. Here its instructions are read one
by one as data: what would be called stays a name, and only the three names a state dict is made of mean something.
"""

import math
import pickletools
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}
MOST_INSTRUCTIONS = 1_000_000


@dataclass(frozen=True)
class _Name:
    """Something the pickle would import: "module name"."""

    text: str


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor's numbers are: which member, its type and length, and what part of it."""

    member: str
    dtype: str
    length: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read(path: Path) -> dict[str, np.ndarray]:
    """The state dict in a file: arrays by PyTorch's names, as PyTorch lays them out.

    Raises:
        ValueError: the file is broken, or holds anything but a dict of tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            pickles = [name for name in archive.namelist() if name.endswith("data.pkl")]
            if len(pickles) != 1:
                raise ValueError("it is a zip archive, but none that torch.save made")
            tensors = _interpret(_member(archive, pickles[0]))
            folder = pickles[0].removesuffix("data.pkl") + "data/"
            members = {member: _member(archive, folder + member) for member in {t.member for t in tensors.values()}}
            return {name: _array(name, tensor, members[tensor.member]) for name, tensor in tensors.items()}
    except (zipfile.BadZipFile, KeyError, IndexError, EOFError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is broken or no state dict: {error}; download it again.") from error


def _interpret(program: bytes) -> dict[str, _Tensor]:
    """What the pickle's instructions describe. Nothing is imported and nothing is called."""
    stack, marks, memo = [], [], {}
    for count, (opcode, argument, _) in enumerate(pickletools.genops(program)):
        if count > MOST_INSTRUCTIONS:
            raise ValueError(f"its index has more than {MOST_INSTRUCTIONS:,} instructions")
        name = opcode.name
        if name in ("PROTO", "STOP"):
            continue
        if name == "MARK":
            marks.append(len(stack))
        elif name in _LITERALS:
            stack.append(_LITERALS[name](argument))
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name in ("TUPLE", "SETITEMS"):
            _collect(name, stack, marks.pop())
        elif name in _TAKES:
            operands = [stack.pop() for _ in range(_TAKES[name])][::-1]
            stack.append(_OPERATIONS[name](*operands))
        else:
            raise ValueError(f"its index has the instruction {name}, which no state dict needs")
    (result,) = stack
    if not isinstance(result, dict) or not all(
        isinstance(k, str) and isinstance(v, _Tensor) for k, v in result.items()
    ):
        raise ValueError("it holds something else than tensors by name")
    return result


_LITERALS = {
    "EMPTY_DICT": lambda _: {},
    "EMPTY_TUPLE": lambda _: (),
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "GLOBAL": _Name,
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1"), lambda value: value),
}


def _collect(name: str, stack: list, start: int) -> None:
    """TUPLE and SETITEMS: what lies on the stack since the last mark becomes a tuple, or entries of the dict below."""
    items = stack[start:]
    del stack[start:]
    if name == "TUPLE":
        stack.append(tuple(items))
    else:
        stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _call(function: _Name, arguments: tuple) -> object:
    """What the call would give, for those that a state dict is made of; any other is refused."""
    match function, arguments:
        case _Name("collections OrderedDict"), ():
            return {}
        case _Name("torch._utils _rebuild_tensor_v2"), (_Tensor() as storage, offset, shape, strides, *_):
            return _Tensor(storage.member, storage.dtype, storage.length, offset, shape, strides)
        case _Name("torch._utils _rebuild_parameter"), (_Tensor() as tensor, *_):
            return tensor
    name = function.text.replace(" ", ".") if isinstance(function, _Name) else function
    raise ValueError(f"it asks to call {name}, which no state dict needs, and may be an attack")


def _storage(reference: tuple) -> _Tensor:
    """What BINPERSID names: a member of the archive."""
    kind, storage, member, _, length = reference
    if kind != "storage" or not isinstance(storage, _Name) or storage.text.removeprefix("torch ") not in DTYPES:
        raise ValueError(f"it holds numbers of the kind {storage}")
    return _Tensor(member, DTYPES[storage.text.removeprefix("torch ")], length, 0, (length,), (1,))


def _with_item(items: dict, key: object, value: object) -> dict:
    items[key] = value
    return items


_OPERATIONS = {
    "TUPLE1": lambda *items: items,
    "TUPLE2": lambda *items: items,
    "TUPLE3": lambda *items: items,
    "REDUCE": _call,
    "BINPERSID": _storage,
    "SETITEM": _with_item,
    "BUILD": lambda value, state: value,  # the state is a state dict's version numbers
}
_TAKES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "REDUCE": 2, "BINPERSID": 1, "SETITEM": 3, "BUILD": 2}


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member's bytes; none may be packed, so that no file is larger than it looks."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"its part {name} is compressed, which torch.save never does")
    return archive.read(name)


def _array(name: str, tensor: _Tensor, content: bytes) -> np.ndarray:
    dtype = np.dtype(tensor.dtype)
    count = math.prod(tensor.shape)
    if len(content) != tensor.length * dtype.itemsize or not 0 <= tensor.offset <= tensor.length - count:
        raise ValueError(f"{name}, of shape {tensor.shape}, does not fit into its {len(content)} bytes")
    if not _row_by_row(tensor):
        raise ValueError(f"{name}, of shape {tensor.shape}, is not stored row by row")
    return np.frombuffer(content, dtype, count, tensor.offset * dtype.itemsize).reshape(tensor.shape)


def _row_by_row(tensor: _Tensor) -> bool:
    steps = [math.prod(tensor.shape[axis + 1 :]) for axis in range(len(tensor.shape))]
    return all(
        size == 1 or step == stride for size, step, stride in zip(tensor.shape, steps, tensor.strides, strict=True)
    )
