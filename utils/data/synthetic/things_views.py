"""How CIFAR-10's twin draws a thing from one of its sides: parts in a small notation, and one individual a picture.

A view is written for a box from -1 to 1, x to the right (where the thing looks), y down, in the order in which its
parts are laid over each other, with "|" between them. A part is `kind color sizes: points`:

- `line paint .1 .05: -.7 0, .7 0` a bent line; half its width at its start and at its end;
- `oval tire .2 .2 30: -.5 .3, .5 .3` the same ellipse at each point; half axes and, if turned, its angle in degrees;
- `flat glass: -.4 0, .2 -.3, .3 0` a convex polygon of three corners or more.

`glass?.3` is there in three pictures of ten. A point `x y*` moves about more than others: feet, tips of wings and
tails. The same point twice is one point, so that parts stay joined. The colors are those of `things_colors`.
"""

from dataclasses import dataclass

import numpy as np

from utils.data.synthetic import canvas, things_colors


@dataclass(frozen=True)
class Part:
    """One part of a view: which of its points it goes through, how thick, and how often it is there at all."""

    kind: str
    color: str
    chance: float
    sizes: tuple[float, ...]
    points: tuple[int, ...]


@dataclass(frozen=True)
class View:
    """A thing seen from one side."""

    points: np.ndarray  # (points, 2), x and y
    loose: np.ndarray  # (points,), whether each moves about more than others
    parts: tuple[Part, ...]


def parsed(text: str) -> View:
    """Read the notation."""
    places, parts = {}, []
    for line in text.split("|"):
        head, _, tail = line.partition(":")
        kind, color, *sizes = head.split()
        color, _, chance = color.partition("?")
        numbers = tuple(places.setdefault(" ".join(point.split()), len(places)) for point in tail.split(","))
        parts.append(Part(kind, color, float(chance or 1), tuple(map(float, sizes)), numbers))
    points = np.array([[float(value.rstrip("*")) for value in place.split()] for place in places])
    return View(points, np.array([place.endswith("*") for place in places]), tuple(parts))


def put(pictures: np.ndarray, view: View, name: str, turn: float, rng: np.random.Generator) -> np.ndarray:
    """Paint a thing of class `name` into each of the pictures, in place: other points, colors, place, size and angle.

    `turn` is the spread of the angles, in radians. Gives how much of each pixel the things fill, float32 (N, side,
    side).
    """
    count, side = pictures.shape[:2]
    frame = canvas.Frame.whole(count, side).moved(
        *rng.normal(0, 0.065, (2, count)),
        angle=rng.normal(0, turn, count),
        scale=np.exp(rng.normal(-0.04, 0.11, count)),
        mirror=rng.choice([-1, 1], count),
    )
    colors = things_colors.chosen(name, {part.color for part in view.parts}, count, rng)
    points, girth = _posed(view, count, rng), np.exp(rng.normal(0, 0.14, count))
    body = np.zeros(pictures.shape[:3], np.float32)
    for part in view.parts:
        cover = frame.cover(_SHAPES[part.kind](frame, points[:, part.points], part.sizes, girth))
        cover *= (rng.random(count) < part.chance)[:, None, None]
        if part.color == "shadow":  # dims the ground, but is not part of the thing
            canvas.paint(pictures, cover, colors["shadow"], rng.uniform(0, 0.6, count))
        else:
            canvas.paint(pictures, cover, colors[part.color] * np.exp(rng.normal(0, 0.07, (count, 1))))
            np.maximum(body, cover, out=body)
    return body


def _posed(view: View, count: int, rng: np.random.Generator) -> np.ndarray:
    """The points of `count` individuals, (count, points, 2): moved apart, bent, drawn out and foreshortened."""
    spread = np.where(view.loose, 0.09, 0.025)[:, None]
    points = view.points + spread * rng.standard_normal((count, *view.points.shape))
    frequencies, strengths = rng.normal(0, 1.3, (count, 2, 2)), rng.normal(0, 0.06, (count, 2, 2))
    points = points + np.sin(points @ frequencies + rng.uniform(0, 2 * np.pi, (count, 1, 2))) @ strengths
    points = points * np.exp(rng.normal(-0.05, 0.12, (count, 1, 2)))
    return points / (1 + rng.normal(0, 0.12, (count, 1, 1)) * points[..., :1])


def _line(frame: canvas.Frame, points: np.ndarray, sizes: tuple[float, ...], girth: np.ndarray) -> np.ndarray:
    ends = [points[:, number].T for number in range(points.shape[1])]
    thick = np.linspace(*sizes, len(ends))
    pieces = zip(ends, ends[1:], thick, thick[1:])
    return canvas.joined(*(frame.stroke(start, end, girth * at, then / at) for start, end, at, then in pieces))


def _oval(frame: canvas.Frame, points: np.ndarray, sizes: tuple[float, ...], girth: np.ndarray) -> np.ndarray:
    across, down, degrees = (*sizes, 0)[:3]
    places, angle = (points[:, number].T for number in range(points.shape[1])), np.radians(degrees)
    return canvas.joined(*(frame.ellipse(*place, across * girth, down * girth, angle=angle) for place in places))


def _flat(frame: canvas.Frame, points: np.ndarray, sizes: tuple[float, ...], girth: np.ndarray) -> np.ndarray:
    return frame.convex([tuple(points[:, number].T) for number in range(points.shape[1])])


_SHAPES = {"line": _line, "oval": _oval, "flat": _flat}
