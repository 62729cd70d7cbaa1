"""Clothes as a shop shows them, Fashion-MNIST's twin: 28×28, light on black, cut out of simple outlines.

A garment's own coordinates reach from about -1 to 1. Tops, trousers and bags are laid out by their right half, in a
frame folded along the middle; shoes are seen from the side, their toes to the left. Every measure of a cut is drawn
anew for every picture, from ranges that overlap between classes: a shirt may be as plain as a pullover, as long as a
coat, or as short in its sleeves as a T-shirt. What differs from picture to picture is of shape (N, 1, 1).
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from utils.data.synthetic.canvas import Frame, noise, to_bytes

SEED = 2017
SIDE = 28  # pixels
CHUNK = 1000  # pictures drawn at once; each chunk has its own random numbers
COUNTS = {"train": (5_500,) * 10, "validation": (500,) * 10, "test": (1_000,) * 10}  # as balanced as Fashion-MNIST
CLOTHS = {"plain": 60, "across": 8, "down": 5, "checked": 6, "flowered": 8, "woven": 7, "two tones": 6}  # weights
SLEEVES = {"short": (0.36, 0.62), "half": (0.6, 0.95), "long": (1.25, 1.7)}  # lengths, in half heights of the top
BAGS = {"handle": 40, "strap": 25, "clutch": 35}  # weights

Range = tuple[float, float]
Weights = dict[str, int]


@dataclass(frozen=True)
class Top:
    """How the tops of a class are cut: weights of kinds, ranges in half heights, and how often something is there."""

    sleeves: Weights
    necks: Weights
    fronts: Weights
    chest: Range
    waist: Range = (0.86, 1.02)  # this and `hem` times the chest
    hem: Range = (0.9, 1.1)
    gap: Range = (-0.03, 0.16)  # between the trunk and the cuff of a long sleeve
    logo: float = 0.05
    ribs: float = 0.02
    pockets: float = 0.1
    belt: float = 0.0


@dataclass(frozen=True)
class Shoe:
    """How the closed shoes of a class are made: ranges in half lengths, and how often something is there."""

    top: Range
    sole: Range
    heel: Range
    front: Range  # where the opening begins, from -1 at the toe to 1 at the heel
    dip: Range  # how far the opening's rim sinks behind the tongue
    instep: float  # how much of the height lies below the bend from foot to leg
    laces: float
    stripes: float
    light_sole: float


TSHIRT = Top(
    sleeves={"none": 12, "short": 72, "half": 12, "long": 4},
    necks={"round": 60, "wide": 16, "pointed": 21, "collar": 3},
    fronts={"closed": 97, "buttons": 3},
    chest=(0.48, 0.68),
    logo=0.45,
    pockets=0.12,
)
PULLOVER = Top(
    sleeves={"half": 6, "long": 94},
    necks={"round": 48, "wide": 8, "pointed": 14, "high": 19, "collar": 1, "hood": 10},
    fronts={"closed": 95, "buttons": 1, "zip": 4},
    chest=(0.45, 0.64),
    logo=0.15,
    ribs=0.75,
)
DRESS = Top(
    sleeves={"none": 48, "short": 26, "half": 10, "long": 16},
    necks={"round": 42, "wide": 24, "pointed": 24, "high": 4, "collar": 4, "lapels": 2},
    fronts={"closed": 90, "buttons": 7, "zip": 3},
    chest=(0.22, 0.4),
    waist=(0.7, 0.98),
    hem=(0.95, 2.1),
    belt=0.3,
)
COAT = Top(
    sleeves={"half": 2, "long": 98},
    necks={"round": 4, "pointed": 5, "high": 17, "collar": 14, "lapels": 44, "hood": 16},
    fronts={"closed": 3, "buttons": 26, "zip": 39, "open": 32},
    chest=(0.36, 0.58),
    gap=(-0.06, 0.1),
    ribs=0.08,
    pockets=0.7,
    belt=0.2,
)
SHIRT = Top(
    sleeves={"none": 5, "short": 20, "half": 14, "long": 61},
    necks={"round": 6, "wide": 6, "pointed": 10, "high": 2, "collar": 76},
    fronts={"closed": 14, "buttons": 84, "open": 2},
    chest=(0.44, 0.66),
    pockets=0.25,
)
SNEAKER = Shoe(
    top=(0.45, 0.8),
    sole=(0.08, 0.2),
    heel=(0.0, 0.06),
    front=(-0.2, 0.25),
    dip=(0.05, 0.28),
    instep=0.6,
    laces=0.85,
    stripes=0.6,
    light_sole=0.7,
)
BOOT = Shoe(
    top=(1.0, 1.75),
    sole=(0.05, 0.16),
    heel=(0.0, 0.45),
    front=(-0.1, 0.3),
    dip=(-0.06, 0.06),
    instep=0.36,
    laces=0.35,
    stripes=0.08,
    light_sole=0.25,
)


def generate(split: str, progress=iter) -> dict[str, np.ndarray]:
    """Draw a split, always the same: "images" uint8 (N, 28, 28, 1) and "labels" int64 (N,), in random order.

    `progress` wraps the loop over the chunks.
    """
    number = list(COUNTS).index(split)
    labels = np.repeat(np.arange(10, dtype=np.int64), COUNTS[split])
    np.random.default_rng([SEED, number]).shuffle(labels)
    images = np.empty((len(labels), SIDE, SIDE, 1), np.uint8)
    for start in progress(range(0, len(labels), CHUNK)):
        part = slice(start, start + CHUNK)
        images[part, ..., 0] = draw(labels[part], np.random.default_rng([SEED, number, start]))
    return {"images": images, "labels": labels}


def draw(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One picture a label: uint8 (N, 28, 28)."""
    images = np.empty((len(labels), SIDE, SIDE), np.uint8)
    for label, make in enumerate(_MAKERS):
        chosen = np.flatnonzero(labels == label)
        dice = Dice(rng, len(chosen))
        images[chosen] = to_bytes(_softened(make(dice).gray, dice.between(0, 0.35)))
    return images


def _softened(gray: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Each pixel gives a share of its light to its neighbors, in place: small photos differ in how sharp they are."""
    for axis in (1, 2):
        rows = np.moveaxis(gray, axis, 1)
        rows[:, 1:-1] += share / 2 * (rows[:, 2:] + rows[:, :-2] - 2 * rows[:, 1:-1])
    return gray


@dataclass(frozen=True)
class Dice:
    """Random numbers for `count` pictures, (count, 1, 1)."""

    rng: np.random.Generator
    count: int

    def between(self, low: float, high: float) -> np.ndarray:
        """Numbers from a range."""
        return self.rng.uniform(low, high, (self.count, 1, 1)).astype(np.float32)

    def normal(self, spread: float) -> np.ndarray:
        """Numbers around zero."""
        return self.rng.normal(0, spread, (self.count, 1, 1)).astype(np.float32)

    def often(self, probability: float) -> np.ndarray:
        """True so often."""
        return self.rng.random((self.count, 1, 1)) < probability

    def either(self, one: Range, other: Range, probability: float = 0.5) -> np.ndarray:
        """Numbers from one range with this probability, else from the other."""
        return np.where(self.often(probability), self.between(*one), self.between(*other))

    def kind(self, weights: Weights) -> np.ndarray:
        """Names, drawn by weight."""
        shares = np.array(list(weights.values())) / sum(weights.values())
        return self.rng.choice(list(weights), (self.count, 1, 1), p=shares)

    def pixels(self) -> np.ndarray:
        """A normal number for every pixel."""
        return self.rng.standard_normal((self.count, SIDE, SIDE), np.float32)

    def hills(self, cells: int) -> np.ndarray:
        """A smooth random field over every picture."""
        return noise(self.rng, self.count, SIDE, cells)


@dataclass
class Display:
    """Garments being painted in gray onto black: what is seen of them so far, and how bright their cloth is."""

    frame: Frame
    cloth: np.ndarray
    gray: np.ndarray = field(init=False)

    def __post_init__(self):
        self.gray = np.zeros_like(self.cloth)
        self.fold = Frame(np.abs(self.frame.x), self.frame.y, self.frame.pixel)

    def lay(self, distance: np.ndarray, shade=1.0, opacity=1.0) -> None:
        """Put a piece of cloth, `shade` times as bright as the rest of it, over what lies there."""
        self.gray += self.frame.cover(distance) * opacity * (self.cloth * shade - self.gray)

    def shade(self, distance: np.ndarray, shade, opacity=1.0) -> None:
        """Make what is inside an outline `shade` times as bright; 0 cuts it out."""
        self.gray *= 1 + self.frame.cover(distance) * opacity * (shade - 1)

    def line(self, distance: np.ndarray, shade, opacity=1.0) -> None:
        """Draw a seam or an edge, about a pixel wide, where the distance is zero."""
        self.shade(np.abs(distance) - 0.7 * self.frame.pixel, shade, opacity)


def _display(dice: Dice, reach, mirrored: float = 0.0) -> Display:
    """An empty display for garments that reach so far from their middle: a little off, a little turned and bent."""
    size = dice.between(0.78, 0.96) / np.maximum(reach, 1)
    room = np.maximum(1 - size, 0.1)
    x, y = dice.between(-1, 1) * room, dice.between(-1, 1) * room
    mirror = np.where(dice.often(mirrored), -1, 1)
    frame = Frame.whole(dice.count, SIDE).moved(x, y, angle=dice.normal(0.11), scale=size, mirror=mirror)
    frame = frame.bent(0.035 * dice.hills(3), 0.035 * dice.hills(3))
    return Display(frame, _cloth(frame, dice))


def _cloth(frame: Frame, dice: Dice) -> np.ndarray:
    """How bright the cloth is at every pixel, with its pattern, folds, and light from somewhere."""
    kind, across, down = dice.kind(CLOTHS), _stripes(frame.y, dice), _stripes(frame.x, dice)
    patterns = {
        "across": across,
        "down": down,
        "checked": (across + down) / 2,
        "flowered": np.clip(1.5 * dice.hills(9), -1, 1),
        "woven": np.clip(0.6 * dice.pixels(), -1, 1),
        "two tones": np.tanh((frame.y - dice.between(-0.5, 0.6)) * 12) * np.where(dice.often(0.5), 1, -1),
    }
    darker = sum((kind == name) * (1 - pattern) for name, pattern in patterns.items())
    light = 1 + dice.normal(0.1) * frame.x + dice.normal(0.12) * frame.y + 0.07 * dice.hills(6) + 0.03 * dice.pixels()
    return (0.3 + 0.75 * dice.between(0, 1) ** 0.7) * (1 - dice.between(0.08, 0.36) * darker) * light


def _stripes(place: np.ndarray, dice: Dice) -> np.ndarray:
    """Stripes along a coordinate, -1 to 1: from fine to broad, from soft to sharp."""
    return np.tanh(np.sin(place * dice.between(6, 24) + dice.between(0, 6.3)) * dice.between(0.7, 4))


def _top(top: Top, dice: Dice) -> Display:
    """Sleeves, the trunk over them, then what is on it; shoulders are at y = -1, the hem at y = 1."""
    chest, slope, kind = dice.between(*top.chest), dice.between(0.05, 0.2), dice.kind(top.sleeves)
    tip = (chest * np.where(kind == "none", dice.between(0.45, 0.95), dice.between(0.86, 1)), slope - 1)
    armpit = (chest, slope - 1 + dice.between(0.34, 0.5))
    neck, waist = chest * dice.between(0.3, 0.5), (chest * dice.between(*top.waist), dice.between(-0.25, 0.25))
    hem = chest * dice.between(*top.hem)
    outer, inner, spread = _cuff(top, dice, kind, chest, tip)
    display = _display(dice, np.maximum(np.maximum(outer[0], inner[1]), hem))
    fold, ribs, rib = display.fold, dice.often(top.ribs), dice.between(0.55, 1.2)
    trunk = fold.polygon([(-0.1, -1), (neck, -1), tip, armpit, waist, (hem, 1), (-0.1, 1)])
    display.lay(fold.polygon([tip, outer, inner, armpit]), dice.between(0.8, 1.1), kind != "none")
    along = (fold.x - outer[0]) * np.sin(spread) + (fold.y - outer[1]) * np.cos(spread)
    display.shade(-0.14 - along, rib, ribs)
    display.shade(trunk - 0.06, dice.between(0.25, 0.75))  # the trunk's shadow on the sleeves
    display.lay(trunk)
    display.shade(np.maximum(trunk, 1 - dice.between(0.06, 0.16) - fold.y), rib, ribs)
    _logo(display, dice, top, chest)
    _front(display, dice, dice.kind(top.fronts))
    _neck(display, dice, dice.kind(top.necks), neck)
    _pockets(display, dice, top, chest)
    return display


def _cuff(top: Top, dice: Dice, kind: np.ndarray, chest: np.ndarray, tip: tuple) -> tuple[tuple, tuple, np.ndarray]:
    """Where the sleeve from this shoulder ends, outside and inside, and its angle: long sleeves hang by the trunk."""
    length = sum((kind == name) * dice.between(*lengths) for name, lengths in SLEEVES.items())
    width = dice.between(0.14, 0.23) + 0.08 * (kind == "short")
    hanging = np.arctan((chest + width + dice.between(*top.gap) - tip[0]) / np.maximum(length, 1))
    spread = np.where(kind == "long", hanging, dice.between(0.25, 1.0))
    outer = (tip[0] + length * np.sin(spread), tip[1] + length * np.cos(spread))
    return outer, (outer[0] - width * np.cos(spread), outer[1] + width * np.sin(spread)), spread


def _logo(display: Display, dice: Dice, top: Top, chest: np.ndarray) -> None:
    """Something printed on the chest: a scribble the size of a word or of a picture."""
    y, across = dice.between(-0.5, 0.1), chest * dice.between(0.2, 0.75)
    area = display.frame.box(dice.normal(0.03), y, across, dice.between(0.06, 0.35), corner=0.05)
    scribble = dice.hills(12) > dice.between(-1.5, 0.5)
    display.shade(area, dice.either((0.3, 0.3), (1.7, 1.7), 0.6), dice.often(top.logo) * scribble)


def _front(display: Display, dice: Dice, kind: np.ndarray) -> None:
    """Nothing, a row of buttons with a seam beside it, a zip, or a coat hanging open."""
    x, y, below = display.frame.x - dice.normal(0.02), display.frame.y, -0.75 - display.frame.y
    apart, bright = dice.between(0.24, 0.4), dice.either((0.3, 0.3), (1.6, 1.6), 0.6)
    button = np.hypot(x, np.mod(y, apart) - apart / 2) - 0.065
    wedge = np.abs(x) - dice.between(0, 0.08) - dice.between(0, 0.14) * (y + 0.6)
    display.line(np.maximum(np.abs(x - 0.05), below), dice.between(0.6, 0.95), kind == "buttons")
    display.shade(np.maximum(button, below), bright, kind == "buttons")
    display.line(np.maximum(np.abs(x), below), bright, kind == "zip")
    display.shade(np.maximum(wedge, below), dice.between(0, 0.4), kind == "open")


def _neck(display: Display, dice: Dice, kind: np.ndarray, neck: np.ndarray) -> None:
    """The opening, with what is seen of the back in it; then a high neck, a collar, lapels or a hood."""
    fold, depth, lining = display.fold, dice.between(0.08, 0.28), dice.between(0.3, 0.7)
    point = np.where(kind == "lapels", dice.between(0.4, 0.9), depth + np.where(kind == "collar", 0.08, 0.2)) - 1
    curved = fold.ellipse(0, -1, neck * np.where(kind == "wide", 1.35, 1), depth)
    pointed = fold.polygon([(-0.1, -1.1), (neck, -1.1), (neck, -1), (0, point), (-0.1, point)])
    opening = np.where((kind == "round") | (kind == "wide"), curved, pointed)
    folded, bare = (kind == "collar") | (kind == "lapels"), (kind != "high") & (kind != "hood")
    display.shade(opening, lining, bare)
    display.shade(fold.ellipse(0, -1.02, neck, depth * 0.5), 0, bare & ~folded)
    display.line(opening, dice.between(0.5, 1.1), bare & ~folded)
    display.lay(fold.box(0, -1, neck * 0.85, 0.08), lining * 0.7, folded)
    display.shade(pointed, lining * 0.6, folded)
    _collar(display, dice, kind, neck, point)
    display.lay(
        fold.box(0, -1, neck * 0.9, dice.between(0.06, 0.14), corner=0.03), dice.between(0.6, 1.1), kind == "high"
    )
    display.lay(fold.ellipse(0, -0.96, neck * 1.3, dice.between(0.14, 0.24)), dice.between(0.8, 1.1), kind == "hood")
    display.shade(fold.ellipse(0, -0.94, neck * 0.75, dice.between(0.06, 0.12)), lining, kind == "hood")


def _collar(display: Display, dice: Dice, kind: np.ndarray, neck: np.ndarray, point: np.ndarray) -> None:
    """The turned-down tabs of a collar, or lapels, from the neck to where the two sides meet."""
    start, end = (neck * 0.9, -1.07), (neck * 1.22, -0.98)
    collar = display.fold.polygon([(0.02, point), start, end, (0.24, point + 0.2)])
    lapels = display.fold.polygon([(0, point), start, end, (0.34, -0.68), (0.3, -0.5)])
    for name, shape in (("collar", collar), ("lapels", lapels)):
        display.lay(shape, dice.either((0.6, 0.85), (1.1, 1.5)), kind == name)
        display.line(shape, dice.between(0.4, 0.8), kind == name)


def _pockets(display: Display, dice: Dice, top: Top, chest: np.ndarray) -> None:
    """Pockets on both sides or one on the breast, and a belt."""
    both = dice.often(0.6)
    x = np.where(both, display.fold.x, display.frame.x) - chest * dice.between(0.4, 0.6)
    y = display.frame.y - np.where(both, dice.between(0.3, 0.6), -0.4)
    edge = np.maximum(np.abs(x) - 0.14, np.abs(y) - dice.between(0.05, 0.16))
    display.line(edge, dice.between(0.4, 0.8), dice.often(top.pockets))
    belt = np.abs(display.frame.y - dice.between(-0.25, 0.15)) - dice.between(0.03, 0.07)
    display.shade(belt, dice.either((0.45, 0.45), (1.5, 1.5), 0.7), dice.often(top.belt))


def _trousers(dice: Dice) -> Display:
    """Two legs and a waistband, from skin-tight to flared."""
    waist, crotch, stance = dice.between(0.2, 0.34), dice.between(-0.5, -0.22), dice.between(0.04, 0.24)
    hip, knee, ankle = dice.between(0.04, 0.12), dice.between(0.2, 0.36), dice.between(0.12, 0.3)
    display = _display(dice, 1)
    fold, mend = display.fold, (stance + ankle / 2, 1)
    outside = [(waist, -1), (waist + hip, crotch - 0.05), (knee, 0.2), (stance + ankle, 1)]
    legs = fold.polygon([(-0.1, -1), *outside, (stance, 1), (0.015, crotch), (-0.1, crotch)])
    display.lay(legs)
    display.line(np.maximum(fold.x, crotch - fold.y), dice.between(0.2, 0.7))
    display.shade(np.maximum(legs, fold.y + dice.between(0.84, 0.94)), dice.between(0.5, 1.3), dice.often(0.7))
    display.line(np.maximum(fold.x, np.abs(fold.y + 0.7) - 0.25), 0.6, dice.often(0.6))  # the fly
    display.line(fold.stroke((waist * 0.5, -0.85), (waist + 0.05, -0.6), 0.0), 0.6, dice.often(0.6))  # pockets
    crease = fold.stroke((waist * 0.6, -0.4), mend, dice.between(0.02, 0.1))
    display.shade(crease, dice.between(0.7, 1.5), dice.often(0.5))
    return display


@dataclass(frozen=True)
class Last:
    """What a shoe is built on: the height at which it stands on the ground, its sole's thickness and its heel's."""

    ground: np.ndarray
    sole: np.ndarray
    heel: np.ndarray

    def bottom(self, x) -> np.ndarray:
        """Where the sole's lower side is at x: on the ground in front, rising over the heel."""
        return self.ground - self.heel * np.clip((x + 0.35) / 1.1, 0, 1) ** 1.3

    def bed(self, x) -> np.ndarray:
        """Where the sole's upper side is, on which the foot stands."""
        return self.bottom(x) - self.sole


def _sole(display: Display, dice: Dice, last: Last, shade: np.ndarray, wedges: float) -> None:
    """The sole, and below its raised part a block, a stiletto, or a wedge as long as the foot."""
    frame, places = display.frame, (-0.95, -0.35, 0.1, 0.5, 0.93)
    display.lay(frame.polygon([(x, last.bed(x)) for x in places] + [(x, last.bottom(x)) for x in places[::-1]]), shade)
    front = np.where(dice.often(wedges), -0.3, dice.between(0.35, 0.8))
    block = [(front, last.ground), (0.9, last.ground), (0.93, last.bottom(0.93)), (front - 0.06, last.bottom(front))]
    display.lay(frame.polygon(block) - 0.02, shade * dice.between(0.7, 1.1), last.heel > 0.05)


def _shoe(shoe: Shoe, dice: Dice) -> Display:
    """Sneakers and boots: an upper on a sole, with an opening for the foot."""
    top, sole = dice.between(*shoe.top), dice.between(*shoe.sole)
    heel = dice.between(*shoe.heel) * np.where(dice.often(0.4), 1, 0.3)
    display, last, rim = _display(dice, 1, mirrored=0.5), Last(top / 2, sole, heel), -top / 2
    front, dip, back = dice.between(*shoe.front), dice.between(*shoe.dip), dice.between(0.82, 0.95)
    vamp = np.minimum(dice.between(0.2, 0.34), top * 0.5)
    instep = last.bed(0) - np.maximum(vamp * 1.4, shoe.instep * (top - sole))
    toe = [(-0.94, last.bed(-0.9)), (-0.93, last.bed(-0.9) - vamp * dice.between(0.25, 0.5))]
    toe += [(-0.7, last.bed(-0.7) - vamp * 0.9), (-0.4, last.bed(-0.4) - vamp * 1.1)]
    opening = [(front - dice.between(0.02, 0.16), instep), (front, rim), (front * 0.5 + 0.45, rim + dip)]
    behind = [(back - 0.04, rim + dip * dice.between(0, 0.8)), (back, last.bed(0.9) - 0.2), (0.9, last.bed(0.9))]
    upper = display.frame.polygon([*toe, *opening, *behind, (0.1, last.bed(0.1))]) - 0.02
    display.lay(upper)
    _upper(display, dice, shoe, upper, (front, rim), (-0.4, last.bed(-0.4) - vamp))
    _sole(display, dice, last, dice.either((1.1, 2.2), (0.3, 0.9), shoe.light_sole), wedges=0.1)
    return display


def _upper(display: Display, dice: Dice, shoe: Shoe, upper: np.ndarray, tongue: tuple, vamp: tuple) -> None:
    """What a shoe's upper has on it: other leather at an end, stripes, laces, a rim, elastic."""
    frame = display.frame
    patch = np.where(dice.often(0.5), frame.x - dice.between(0.4, 0.7), -frame.x - dice.between(0.3, 0.7))
    display.shade(np.maximum(upper, patch), dice.either((0.65, 0.65), (1.35, 1.35)), dice.often(0.5))
    stripes = np.abs(np.mod(frame.x + dice.between(-0.8, 0.8) * frame.y, 0.2) - 0.1) - 0.045
    stripes = np.maximum(stripes, np.abs(frame.x - dice.between(0, 0.3)) - dice.between(0.1, 0.3))
    display.shade(np.maximum(stripes, upper + 0.08), dice.either((0.35, 0.7), (1.3, 1.8)), dice.often(shoe.stripes))
    lacing = frame.stroke(vamp, tongue, dice.between(0.05, 0.1))
    display.shade(lacing, 0.4 + 0.8 * (np.sin(frame.y * 40) > 0), dice.often(shoe.laces))
    display.line(frame.y - tongue[1] - dice.between(0.06, 0.14), dice.between(0.4, 0.9), dice.often(0.6))
    elastic = frame.polygon([(tongue[0] + 0.3, tongue[1]), (tongue[0] + 0.6, tongue[1]), (0.35, 0.1), (0.25, 0.1)])
    display.shade(np.maximum(elastic, upper), dice.between(0.3, 0.6), dice.often(0.5 - shoe.laces / 2))


def _sandal(dice: Dice) -> Display:
    """A sole with straps over the toes, and mostly others to and around the ankle; flat, or on a heel of any height."""
    heel, height = dice.either((0.2, 1.0), (0, 0.1), 0.45), dice.between(0.35, 0.75)
    display, last = _display(dice, 1, mirrored=0.5), Last((heel + height) / 2, dice.between(0.07, 0.15), heel)
    arch, held = dice.between(0.16, 0.3), dice.often(0.75)
    ankle, knot = (dice.between(0.2, 0.4), last.bed(0.6) - height + 0.1), (-0.3, last.bed(-0.5) - arch)

    def strap(start, end, there, wide=1):
        thick = dice.between(0.035, 0.09) * wide
        display.lay(display.frame.stroke(start, end, thick), dice.between(0.75, 1.2), there)

    for x, probability in ((-0.75, 0.8), (-0.5, 0.6), (-0.2, 0.45)):
        x = x + dice.normal(0.05)
        over = (x + dice.between(0.05, 0.3), last.bed(x) - arch * (1.2 + x * 0.5))
        strap((x, last.bed(x)), over, dice.often(probability), wide=dice.between(0.8, 2))
    strap((-0.8, last.bed(-0.8)), knot, dice.often(0.7))
    strap(knot, (0.1, last.bed(0.1)), dice.often(0.5))
    strap(knot, ankle, held & dice.often(0.5))
    strap(ankle, (0.85, ankle[1] + dice.between(0, 0.15)), held)
    strap((0.88, last.bed(0.88)), (0.85, ankle[1] + 0.05), held, wide=dice.between(0.8, 2))
    _sole(display, dice, last, dice.between(0.5, 1.3), wedges=0.35)
    return display


def _bag(dice: Dice) -> Display:
    """Totes, satchels, clutches and shoulder bags: a handle, and the bag before it."""
    kind, width, body = dice.kind(BAGS), dice.between(0.5, 0.98), dice.between(0.8, 1.6)
    rise = (kind == "handle") * dice.between(0.25, 0.6) + (kind == "strap") * dice.between(0.5, 1.1)
    ground, upper, corner = (body + rise) / 2, width * dice.between(0.6, 1.05), dice.between(0.02, 0.3)
    rim, display = ground - body, _display(dice, np.maximum(ground, width))
    fold, across = display.fold, upper * np.where(kind == "handle", dice.between(0.3, 0.65), 0.9)
    handle = np.abs(fold.ellipse(0, rim + 0.05, across, rise + 0.05)) - dice.between(0.03, 0.07)
    display.lay(np.maximum(handle, fold.y - rim - 0.1), dice.between(0.6, 1.3), kind != "clutch")
    right = [(upper - corner, rim + corner), (width - corner, ground - corner)]
    bag = fold.polygon([(-0.5, rim + corner), *right, (-0.5, ground - corner)]) - corner
    display.lay(bag)
    _closure(display, dice, bag, rim, body)
    display.line(bag + dice.between(0.08, 0.16), 0.7, dice.often(0.3))  # a seam along the edge
    display.line(fold.x - width * dice.between(0.3, 0.6), 0.55, dice.often(0.25))  # belts from top to bottom
    return display


def _closure(display: Display, dice: Dice, bag: np.ndarray, rim: np.ndarray, body: np.ndarray) -> None:
    """A flap, or a zip below the rim, and a clasp."""
    fold, flapped = display.fold, dice.often(0.45)
    edge = fold.y - rim - body * dice.between(0.2, 0.65) + dice.between(0, 0.4) * fold.x
    flap = np.maximum(edge, bag)
    display.shade(flap, dice.between(0.7, 1.25), flapped)
    display.line(flap, 0.5, flapped)
    display.line(fold.y - rim - dice.between(0.08, 0.3), 0.5, dice.often(0.4) & ~flapped)
    clasp = fold.box(0, rim + body * dice.between(0.2, 0.6), dice.between(0.04, 0.12), dice.between(0.03, 0.1))
    display.shade(clasp, dice.either((0.3, 0.3), (1.8, 1.8)), dice.often(0.5))


_MAKERS = (  # in the order of the labels
    partial(_top, TSHIRT),
    _trousers,
    partial(_top, PULLOVER),
    partial(_top, DRESS),
    partial(_top, COAT),
    _sandal,
    partial(_top, SHIRT),
    partial(_shoe, SNEAKER),
    _bag,
    partial(_shoe, BOOT),
)
