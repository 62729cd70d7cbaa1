"""Street scenes with a box and a mask for every object: 96×96, the course's own set for detection and segmentation.

Cars, buses, trees, poles and people stand on the ground, small by the horizon and large in front, and hide each other.
Their colors are drawn from one range, whatever the class. An object's own coordinates have the ground at y = 0 and its
top at y = -1. What differs from picture to picture is of shape (N, 1, 1), a color (N, 3).
"""

from dataclasses import dataclass

import numpy as np

from utils.data.synthetic.canvas import Frame, joined, noise, paint, to_bytes

SEED = 2015
SIDE = 96  # pixels
OBJECTS = 6  # at most in a picture
VISIBLE = 12  # pixels of an object that must be seen; else it is not in the picture
CHUNK = 50  # pictures drawn at once; each chunk has its own random numbers
COUNTS = {"train": 2_000, "validation": 500, "test": 500}
CLASSES = ("car", "bus", "tree", "pole", "person")
HEIGHTS = (0.42, 0.75, 1.35, 1.35, 0.66)  # of each class in front, where the picture is 2 high


def generate(split: str, progress=iter) -> dict[str, np.ndarray]:
    """Draw a split, always the same.

    "images" uint8 (N, 96, 96, 3). "masks" uint8 (N, 96, 96): k where the k-th object of the picture is seen, counted
    from 1 and from the farthest, 0 elsewhere. "boxes" int16 (N, 6, 4): x0, y0, x1, y1 around what is seen of each
    object, x1 and y1 the first column and row behind it; zeros where there is none. "labels" int64 (N, 6): the classes
    of the objects, numbers of `CLASSES`; -1 where there is none. `progress` wraps the loop over the chunks.
    """
    number, chunks = list(COUNTS).index(split), []
    for start in progress(range(0, COUNTS[split], CHUNK)):
        chunks.append(draw(min(CHUNK, COUNTS[split] - start), np.random.default_rng([SEED, number, start])))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def draw(count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """So many scenes, as `generate` describes them."""
    horizon = _between(rng, count, -0.4, 0.1)
    kinds = rng.integers(0, len(CLASSES), (OBJECTS, count))
    kinds[np.arange(OBJECTS)[:, None] >= rng.integers(1, OBJECTS + 1, count)] = -1
    nearness = np.sort(rng.random((OBJECTS, count), np.float32), axis=0)
    layers = [_layer(kind, near[:, None, None], horizon, rng) for kind, near in zip(kinds, nearness)]
    seen = [(_visible(layers) == slot).sum(axis=(1, 2)) for slot in range(1, OBJECTS + 1)]
    for slot, layer in enumerate(layers):  # what goes leaves more to see of the others
        gone = seen[slot] < VISIBLE
        layer.cover[gone] = layer.shadow[gone] = 0
        kinds[slot, gone] = -1
    numbers = np.where(kinds >= 0, np.cumsum(kinds >= 0, axis=0), 0).astype(np.uint8)
    masks = np.take_along_axis(np.vstack([0 * numbers[:1], numbers]).T, _visible(layers).reshape(count, -1), axis=1)
    masks, labels = masks.reshape(count, SIDE, SIDE), np.full((count, OBJECTS), -1, np.int64)
    slots, places = np.nonzero(numbers)
    labels[places, numbers[slots, places] - 1] = kinds[slots, places]
    return {"images": _composed(layers, horizon, rng), "masks": masks, "boxes": boxes_of(masks), "labels": labels}


def boxes_of(masks: np.ndarray) -> np.ndarray:
    """The tight boxes int16 (N, 6, 4) around the pixels 1 to 6 of masks uint8 (N, 96, 96); zeros for none."""
    boxes = np.zeros((len(masks), OBJECTS, 4), np.int16)
    for number in range(OBJECTS):
        for start, axis in ((0, 1), (1, 2)):
            hit = (masks == number + 1).any(axis=axis)
            boxes[:, number, start] = hit.argmax(axis=1)
            boxes[:, number, start + 2] = np.where(hit.any(axis=1), SIDE - hit[:, ::-1].argmax(axis=1), 0)
    return boxes


@dataclass
class Layer:
    """One object in each picture: its colors (N, 96, 96, 3), how much of each pixel it covers, and its shadow."""

    colors: np.ndarray
    cover: np.ndarray
    shadow: np.ndarray


class Thing:
    """Objects of one class being painted, one a picture."""

    def __init__(self, frame: Frame, rng: np.random.Generator):
        self.frame, self.rng, self.count = frame, rng, len(frame.x)
        self.colors, self.cover = np.zeros((*frame.x.shape, 3), np.float32), np.zeros_like(frame.x)

    def between(self, low: float, high: float) -> np.ndarray:
        """Numbers from a range, (N, 1, 1)."""
        return _between(self.rng, self.count, low, high)

    def add(self, distance: np.ndarray, color: np.ndarray) -> None:
        """A part that the object's outline reaches around."""
        cover = self.frame.cover(distance)
        paint(self.colors, np.maximum(cover, self.cover == 0), color)  # the color under soft edges is its own
        self.cover = np.maximum(self.cover, cover)

    def mark(self, distance: np.ndarray, color: np.ndarray) -> None:
        """Something on parts that are there already."""
        paint(self.colors, self.frame.cover(distance), color)


def _layer(kinds: np.ndarray, near: np.ndarray, horizon: np.ndarray, rng: np.random.Generator) -> Layer:
    """The objects of these classes, one a picture, none where the class is -1, at their places on the ground."""
    shape = (len(kinds), SIDE, SIDE)
    layer = Layer(np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    x, y = _between(rng, len(kinds), -0.95, 0.95), horizon + 0.05 + (0.9 - horizon) * near
    size = (0.25 + 0.75 * near) * _between(rng, len(kinds), 0.8, 1.25)
    mirror = np.where(rng.random(near.shape) < 0.5, np.float32(-1), np.float32(1))
    for kind, (make, height) in enumerate(zip(_MAKERS, HEIGHTS)):
        at = np.flatnonzero(kinds == kind)
        frame = Frame.whole(len(at), SIDE).moved(x[at], y[at], scale=size[at] * height, mirror=mirror[at])
        thing = Thing(frame, rng)
        wide = make(thing)
        light = 1 + 0.1 * noise(rng, len(at), SIDE, 16) - thing.between(0, 0.3) * (frame.y + 0.5)
        layer.colors[at], layer.cover[at] = thing.colors * light[..., None], thing.cover
        layer.shadow[at] = frame.cover(frame.ellipse(0.1, 0, wide, 0.06), soft=3)
    return layer


def _visible(layers: list[Layer]) -> np.ndarray:
    """In which layer, counted from 1 and from the farthest, each pixel's object is; 0 where there is none."""
    seen = np.zeros(layers[0].cover.shape, np.uint8)
    for number, layer in enumerate(layers, start=1):
        seen[layer.cover >= 0.5] = number
    return seen


def _composed(layers: list[Layer], horizon: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Everything over each other, lit from somewhere, with the noise of a camera: uint8 (N, 96, 96, 3)."""
    count = len(horizon)
    pictures, frame = _background(horizon, rng), Frame.whole(count, SIDE)
    depth = _between(rng, count, 0, 0.5)
    for layer in layers:
        paint(pictures, layer.shadow * (1 - layer.cover), np.zeros(3), depth)
        pictures += layer.cover[..., None] * (layer.colors - pictures)
    slope = [_between(rng, count, -0.2, 0.2) for _ in range(2)]
    pictures *= (_between(rng, count, 0.75, 1.15) + slope[0] * frame.x + slope[1] * frame.y)[..., None]
    return to_bytes(pictures + 0.015 * rng.standard_normal(pictures.shape, np.float32))


def _background(horizon: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sky with clouds, hills or roofs, and ground with a grain, of any colors: float32 (N, 96, 96, 3)."""
    count, frame = len(horizon), Frame.whole(len(horizon), SIDE)
    pictures = np.empty((count, SIDE, SIDE, 3), np.float32)
    pictures[:] = _colors(rng, count)[:, None, None]
    down = (frame.y + 1) / (horizon + 1)
    paint(pictures, np.clip(down, 0, 1) * _between(rng, count, 0, 1), _colors(rng, count))
    paint(pictures, np.clip(0.5 * noise(rng, count, SIDE, 5), 0, 0.6), _colors(rng, count))
    skyline = horizon - np.abs(_between(rng, count, 0, 0.2) * noise(rng, count, SIDE, 6)[:, :1])
    paint(pictures, frame.cover(skyline - frame.y), _colors(rng, count))
    ground = frame.cover(horizon - frame.y)
    paint(pictures, ground, _colors(rng, count))
    below = np.clip((frame.y - horizon) / (1 - horizon), 0, 1)
    paint(pictures, ground * below * _between(rng, count, 0, 1), _colors(rng, count))
    grain = _between(rng, count, 0, 0.08) * noise(rng, count, SIDE, 40) + 0.06 * noise(rng, count, SIDE, 7)
    return pictures * (1 + grain * ground)[..., None]


def _car(car: Thing) -> np.ndarray:
    """A car from the side: a body, a cabin with windows, two wheels. Each maker returns half the width of a shadow."""
    frame, color, half = car.frame, _colors(car.rng, car.count), car.between(1.0, 1.4)
    back, roof, front = -half * car.between(0.5, 0.95), car.between(0.25, 0.55) * half, half * car.between(0.5, 0.7)
    slope = car.between(0.05, 0.3) * half
    car.add(frame.polygon([(back, -0.5), (back + slope, -1), (front - roof, -1), (front, -0.5)]), color)
    car.add(frame.box(0, -0.38, half, 0.24, corner=0.12), color)
    window = [(back + 0.12, -0.58), (back + slope + 0.06, -0.9), (front - roof - 0.05, -0.9), (front - 0.16, -0.58)]
    glass = np.maximum(frame.polygon(window), 0.05 - np.abs(frame.x - (back + front) / 2))
    car.mark(glass, _colors(car.rng, car.count))
    tire, hub = _colors(car.rng, car.count) * 0.4, _colors(car.rng, car.count)
    for x in (-0.6 * half, 0.6 * half):
        car.add(frame.ellipse(x, -0.2, 0.2, 0.2), tire)
        car.mark(frame.ellipse(x, -0.2, 0.09, 0.09), hub)
    return half


def _bus(bus: Thing) -> np.ndarray:
    """A bus from the side: a long box with a row of windows, a door, a stripe, two wheels."""
    frame, color, half = bus.frame, _colors(bus.rng, bus.count), bus.between(0.8, 1.35)
    bus.add(frame.box(0, -0.55, half, 0.45, corner=0.07), color)
    pillars = np.abs(np.mod(frame.x, bus.between(0.25, 0.45)) - 0.1) - 0.03
    row = frame.box(0, -0.72, half - 0.08, bus.between(0.1, 0.16))
    bus.mark(np.maximum(row, -pillars), _colors(bus.rng, bus.count))
    bus.mark(frame.box(0, -0.35, half - 0.02, bus.between(0.0, 0.08)), _colors(bus.rng, bus.count))
    bus.mark(frame.box(half * 0.78, -0.48, 0.09, 0.34), _colors(bus.rng, bus.count))
    tire = _colors(bus.rng, bus.count) * 0.4
    for x in (-0.6 * half, 0.5 * half):
        bus.add(frame.ellipse(x, -0.12, 0.12, 0.12), tire)
    return half


def _tree(tree: Thing) -> np.ndarray:
    """A trunk under a crown: round, in clumps, or a cone."""
    wave = [0.03 * noise(tree.rng, tree.count, SIDE, 14) for _ in range(2)]
    frame, half, low = tree.frame.bent(*wave), tree.between(0.2, 0.36), tree.between(0.2, 0.45)
    middle, tall = -(1 + low) / 2, (1 - low) / 2
    ball = frame.ellipse(0, middle, half, tall)
    sides = [frame.ellipse(side * half * 0.7, middle + tall * 0.3, half * 0.6, tall * 0.6) for side in (-1, 1)]
    cone = frame.polygon([(0 * half, -1), (half, -low), (-half, -low)])
    kind = tree.rng.integers(0, 3, (tree.count, 1, 1))
    crown = np.where(kind == 0, ball, np.where(kind == 1, joined(ball + 0.05, *sides, smooth=0.05), cone))
    tree.add(frame.stroke((0, 0), (0, middle), tree.between(0.03, 0.06), 0.7), _colors(tree.rng, tree.count))
    color = _colors(tree.rng, tree.count)
    tree.add(crown, color)
    leaves = noise(tree.rng, tree.count, SIDE, 30) > 0.4
    paint(tree.colors, tree.frame.cover(crown) * leaves, color * 0.75)
    return half


def _pole(pole: Thing) -> np.ndarray:
    """A pole of one to three pixels' width, some with an arm and a lamp."""
    frame, color = pole.frame, _colors(pole.rng, pole.count)
    thick = frame.pixel * pole.between(0.5, 1.5)
    pole.add(frame.box(0, -0.5, thick, 0.5), color)
    reach = pole.between(0.06, 0.2) * (pole.rng.random((pole.count, 1, 1)) < 0.5)
    pole.add(frame.box(reach / 2, -1 + thick, reach / 2 + thick, thick), color)
    return thick + 0.03


def _person(person: Thing) -> np.ndarray:
    """Head, trunk, arms and legs, standing or walking."""
    frame, shirt, skin = person.frame, _colors(person.rng, person.count), _colors(person.rng, person.count)
    trousers, pace, broad = _colors(person.rng, person.count), person.between(0.03, 0.17), person.between(0.09, 0.14)
    for side in (-1, 1):
        person.add(frame.stroke((side * 0.05, -0.45), (side * pace, -0.04), 0.055), trousers)
        hand = (side * (broad + person.between(0, 0.14)), person.between(-0.55, -0.42))
        person.add(frame.stroke((side * broad, -0.74), hand, 0.04), shirt)
    person.add(frame.box(0, -0.6, broad, 0.19, corner=0.06), shirt)
    person.add(frame.ellipse(0, -0.9, 0.085, 0.1), skin)
    person.mark(np.maximum(frame.ellipse(0, -0.9, 0.085, 0.1), frame.y + 0.93), _colors(person.rng, person.count))
    return broad + 0.05


def _between(rng: np.random.Generator, count: int, low: float, high: float) -> np.ndarray:
    """Numbers from a range, float32 (N, 1, 1)."""
    return rng.uniform(low, high, (count, 1, 1)).astype(np.float32)


def _colors(rng: np.random.Generator, count: int) -> np.ndarray:
    """Any colors from gray to bright, (N, 3), from one range for all there is."""
    colors, strength = rng.uniform(0.05, 0.95, (count, 3)), rng.uniform(0.1, 1, (count, 1))
    return (strength * colors + (1 - strength) * colors.mean(axis=1, keepdims=True)).astype(np.float32)


_MAKERS = (_car, _bus, _tree, _pole, _person)  # in the order of CLASSES
