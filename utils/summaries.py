"""What `summary` of both wings returns, and what they share to make it: a model's layers as a table. No framework.

What is counted, for one picture:

- parameters: kernels, biases, gamma, beta; not the running statistics of batch norm, which are no gradient's to change.
- FLOPs: a multiplication and an addition count 2 (`utils.shapes`). Convolutions and dense layers alone are counted;
  what batch norms, activations, poolings and additions do beside them is left out.
- receptive field: how many pixels of the picture one number of the output depends on, along the longest path (Araujo,
  Norris and Sim 2019, "Computing receptive fields of convolutional neural networks"). Branches take the largest.
  Padding counts as if there were pixels, so it can be larger than the picture. Statistics that a normalization takes
  of the whole map do not count. Behind an upsampling or a transposed convolution, whose numbers see differently much,
  it is the mean, rounded up.
"""

import html
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from utils import shapes

HEADS = ("layer", "kind", "output", "parameters", "trainable", "FLOPs", "receptive field")
NOTES = (
    "FLOPs: of convolutions and dense layers, a multiplication and an addition count 2.",
    "Receptive field: pixels of the picture that one number depends on, along the longest path, padding included.",
)
UNKNOWN = "?: not known for layers of this kind; the total leaves such FLOPs out."


@dataclass(frozen=True)
class Row:
    """One layer: `shape` of its output is (height, width, channels) or (units,); FLOPs and field are None if unknown.

    `parameters` are 0 where an earlier row has counted them; `trainable` is how many of them training changes.
    `receptive_field` is one number, or (height, width) where the two differ.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    trainable: int
    flops: int | None
    receptive_field: int | tuple[int, int] | None

    def cells(self) -> tuple[str, ...]:
        """The row as text, one for each of `HEADS`."""
        field = self.receptive_field
        seen = _times(field) if isinstance(field, tuple) else _number(field)
        counts = map(_number, (self.parameters, self.trainable, self.flops))
        return (self.name, self.kind, _times(self.shape), *counts, seen)


@dataclass(frozen=True, repr=False)
class Summary:
    """The table of a model's layers for pictures of `input_shape`, (height, width, channels).

    Rows follow the pictures through the model, each layer behind those it takes from, the first branch first; a layer
    that is used twice has two rows. Printed, it is text; notebooks show it as a table.
    """

    input_shape: tuple[int, int, int]
    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        """Of all layers."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """Parameters that training changes: all but those of frozen layers."""
        return sum(row.trainable for row in self.rows)

    @property
    def flops(self) -> int:
        """Of all layers whose FLOPs are known, for one picture."""
        return sum(row.flops or 0 for row in self.rows)

    def __repr__(self) -> str:
        table = [HEADS, *(row.cells() for row in self.rows), self._totals()]
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = [
            "  ".join(
                text.ljust(width) if i < 2 else text.rjust(width) for i, (text, width) in enumerate(zip(t, widths))
            )
            for t in table
        ]
        rule = "─" * max(map(len, lines))
        lines = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
        return "\n".join([self._title(), *(line.rstrip() for line in lines), *self._notes()])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{text}</th>' for text in HEADS)
        body = "".join(_html_row(row.cells()) for row in self.rows)
        caption = f"<caption>{self._title()}</caption>"
        parts = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{_html_row(self._totals())}</tfoot>"
        return f"<table>{caption}{parts}</table>" + "".join(f"<p>{note}</p>" for note in self._notes())

    def _title(self) -> str:
        layers = f"{len(self.rows)} layer{'s' if len(self.rows) != 1 else ''}"
        return f"{layers}, for one picture of {_times(self.input_shape)}"

    def _totals(self) -> tuple[str, ...]:
        return ("total", "", "", *map(_number, (self.parameters, self.trainable, self.flops)), "")

    def _notes(self) -> tuple[str, ...]:
        known = all(None not in (row.flops, row.receptive_field) for row in self.rows)
        return NOTES if known else (*NOTES, UNKNOWN)


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _times(sizes: Iterable[int]) -> str:
    return " × ".join(map(str, sizes))


def _html_row(cells: Sequence[str]) -> str:
    name, kind, *numbers = map(html.escape, cells)
    right = "".join(f'<td style="text-align: right">{text}</td>' for text in numbers)
    return f'<tr><th scope="row">{name}</th><td>{kind}</td>{right}</tr>'


@dataclass(frozen=True)
class View:
    """What a number of a feature map of `cells` sees of the picture; all pairs are (height, width), in pixels.

    `field` is the receptive field, `step` how far what one cell sees lies from what the next one sees: 0 where all see
    the same. A vector keeps the cells of the map that it was.
    """

    cells: tuple[int, int]
    field: tuple[int | Fraction, int | Fraction] = (1, 1)
    step: tuple[int | Fraction, int | Fraction] = (1, 1)

    def through(
        self, kernel: Sequence[int], stride: Sequence[int] = (1, 1), dilation: Sequence[int] = (1, 1)
    ) -> "View":
        """Behind a convolution or pooling."""
        return self._grown([span - 1 for span in _spans(kernel, dilation)], stride)

    def spread(self, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int] = (1, 1)) -> "View":
        """Behind a transposed convolution: in the mean a number takes from kernel / stride cells, and at least one."""
        taken = [max(Fraction(span, by), 1) for span, by in zip(_spans(kernel, dilation), stride)]
        return self._grown([cells - 1 for cells in taken], [Fraction(1, by) for by in stride])

    def whole(self) -> "View":
        """Behind a layer whose every number takes from all cells: a dense layer, a global pooling."""
        return self._grown([cells - 1 for cells in self.cells], (0, 0))

    def _grown(self, cells: Sequence[int | Fraction], stride: Sequence[int | Fraction]) -> "View":
        field = tuple(old + step * more for old, step, more in zip(self.field, self.step, cells))
        return replace(self, field=field, step=tuple(step * by for step, by in zip(self.step, stride)))

    @property
    def receptive_field(self) -> int | tuple[int, int]:
        """As a row has it: one whole number, or two that differ."""
        height, width = map(math.ceil, self.field)
        return height if height == width else (height, width)


def _spans(kernel: Sequence[int], dilation: Sequence[int]) -> list[int]:
    """Cells that a dilated kernel covers."""
    return [shapes.receptive_field([(size, 1, by)]) for size, by in zip(kernel, dilation)]


def together(views: Sequence[View | None]) -> View | None:
    """Behind a layer that takes from several, such as an addition: the largest. None where one of them is unknown."""
    if not views or None in views:
        return None
    return View(*(tuple(map(max, zip(*pairs))) for pairs in zip(*((v.cells, v.field, v.step) for v in views))))


def flops(kind: str, given: Sequence[int], made: Sequence[int], kernel: Sequence[int] = (1, 1), groups: int = 1) -> int:
    """FLOPs of a layer of a known kind that makes `made` of `given`: (height, width, channels), (units,) or alike."""
    if kind in ("convolution", "depthwise convolution"):
        return shapes.conv2d_flops(given[-1], made[-1], kernel, tuple(made[:2]), groups=groups)
    if kind == "transposed convolution":  # each cell that goes in meets the kernel
        return shapes.conv2d_flops(made[-1], given[-1], kernel, tuple(given[:2]), groups=groups)
    if kind == "dense":
        return math.prod(made[:-1]) * shapes.dense_flops(given[-1], made[-1])
    return 0


def in_order(outputs: Sequence[Hashable], inputs_of: Callable[[Hashable], Iterable[Hashable]]) -> list[Hashable]:
    """The nodes of a graph that lead to `outputs`, each behind its inputs, the first input's branch first."""
    order, stack = {}, list(reversed(outputs))
    while stack:
        waiting = next((node for node in inputs_of(stack[-1]) if node not in order), None)
        if waiting is None:
            order[stack.pop()] = None
        else:
            stack.append(waiting)
    return list(order)


def checked_size(size: tuple[int, int] | None, built: Sequence[int | None]) -> tuple[int, int]:
    """`size` as a pair of ints, or where it is None that of `built`, (height, width, …) as far as it is known."""
    if size is None and (len(built) < 2 or None in built[:2]):
        raise ValueError("The model does not say for what size of pictures it is: give size=(height, width).")
    if size is None:
        return tuple(built[:2])
    try:
        return tuple(shapes.whole("size", number) for number in _two(size))
    except ValueError:
        raise ValueError(
            f"size is {size!r}: give (height, width) of the pictures, two whole numbers of at least 1."
        ) from None


def _two(size: object) -> Sequence[int]:
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise ValueError
    return size


def unbuilt(name: str) -> ValueError:
    """The error for a layer that waits for pictures to know its sizes."""
    return ValueError(f"Layer {name} has no weights yet: call the model on images once.")


def misfit(name: str, takes: int, gets: int, size: tuple[int, int]) -> ValueError:
    """The error for a dense layer that pictures of another size give too many or too few numbers."""
    return ValueError(
        f"Layer {name} takes {takes:,} numbers, and {gets:,} reach it from pictures of size {size}: a model that "
        f"flattens takes only the size it was built for; leave size out, or build it anew for this one."
    )


def too_small(size: tuple[int, int]) -> ValueError:
    """The error for a size at which layers fail; raise it `from` what the framework said."""
    return ValueError(
        f"The model can not take pictures of size {size}: its layers leave nothing of them, or branches no longer "
        f"match; give a larger size."
    )
