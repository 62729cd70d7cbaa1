"""Where CIFAR-10's twin puts its things: sky, water, fields, roads, woods, rooms, bare walls, and clutter."""

import functools

import numpy as np
from scipy import ndimage

from utils.data.synthetic.canvas import Frame, Number, noise, paint
from utils.data.synthetic.things_colors import each, picked

PLACES = ("sky", "water", "field", "road", "wood", "room", "plain", "clutter")

SKIES = "#6fa4dd #9cc3ea #3f74c4 #c9d6e2 #e9edf0 #8f9aa8 #f0c79a #b9c4cf #41506e #d9e6f2"
CLOUDS = "#ffffff #f4f4f4 #c9ced6"
WATERS = "#2f5f86 #3b7f93 #54707f #23405e #7fa3b5 #4a6a5c #9fb8bf #6a7f8c"
FIELDS = "#5f8a3a #7fa04a #3f6b2c #a8a35a #c9b27a #b58e62 #e6e8ea #8c7a50 #93a861"
ROADS = "#7d7d80 #5a5a5f #a09c97 #8d867c #b9b6b2 #4a4a4e #c8bda9"
WOODS = "#2f4a26 #4b6a33 #1f3220 #6d7f45 #6a5a3a #3a3328 #86904f #554a35"
GAPS = "#b8c878 #e2e6c8 #c8d6e4 #d0b060"
WALLS = "#c9b79a #e3ddd0 #8a6f58 #a9b4bd #6f7f92 #b98a6a #5c4a44 #d8c7c0 #93a48c #f0efec #7a3f3a #4f5f78"
FLOORS = "#8a6644 #b79a77 #6b5d55 #c9c2b8 #4c4038 #9a3f3a #5a6a7d #d9d0c2"
STUDIOS = "#ffffff #f6f6f4 #ffffff #e8e8e6 #cfd4d8 #20242a #b8a890 #7f9fc0 #4f7a50"
CLUTTER = "#ffffff #222222 #b03a34 #33569b #3f7a42 #c9a24a #8a8a8a #7a5236 #d6c3a8 #5a7f8a #a3703a #d8d8d8"


def draw(places: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A picture of each place, given as numbers into PLACES: float32 (N, side, side, 3)."""
    pictures = np.empty((len(places), side, side, 3), np.float32)
    for number, place in enumerate(PLACES):
        chosen = np.flatnonzero(places == number)
        pictures[chosen] = _DRAWN[place](Frame.whole(len(chosen), side), rng)
    return pictures


def _sky(frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """A clear or cloudy sky, brighter towards one side."""
    count, side = frame.x.shape[:2]
    fade = frame.moved(angle=rng.normal(0, 0.5, count)).y * each(rng.normal(0.08, 0.08, count))
    pictures = _varied(picked(rng, count, SKIES), fade)
    clouds = np.clip(noise(rng, count, side, 4) + 0.5 * noise(rng, count, side, 9) - 0.2, 0, 1)
    thick = rng.uniform(0, 0.8, count) * (rng.random(count) < 0.6)
    paint(pictures, clouds, picked(rng, count, CLOUDS), thick)
    return pictures


def _outside(colors: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Water or ground of these colors: two in three with a horizon, the others looking down on it."""
    pictures = _ground(colors, frame, rng)
    wide = np.flatnonzero(rng.random(len(pictures)) < 0.67)
    pictures[wide] = _landscape(colors, Frame.whole(len(wide), frame.x.shape[1]), rng)
    return pictures


def _ground(colors: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Nothing but water or ground, in streaks."""
    count, side = frame.x.shape[:2]
    streaks = _streaks(count, side, 18, 5, rng) * each(rng.uniform(0.02, 0.14, count))
    slope = frame.y * each(rng.normal(0, 0.1, count))
    return _varied(picked(rng, count, colors), slope + streaks + 0.05 * noise(rng, count, side, 4))


def _landscape(colors: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Sky above the horizon, often with trees on it, and below it water or ground."""
    count, side = frame.x.shape[:2]
    pictures = _sky(frame, rng)
    down = frame.moved(0, rng.uniform(-0.7, 0.45, count), angle=rng.normal(0, 0.05, count)).y
    waves = noise(rng, count, side, 5)
    trees = down + each(rng.uniform(0, 0.35, count)) * (1 + 0.6 * waves)
    leaves = _rough(frame, picked(rng, count, WOODS), 14, 0.07, rng)
    paint(pictures, frame.cover(-trees), leaves, rng.random(count) < 0.6)
    nearer = np.clip(down, 0, 1) * each(rng.uniform(-0.25, 0.3, count))
    shade = 0.11 * _streaks(count, side, 22, 7, rng) + nearer + 0.03 * waves
    paint(pictures, frame.cover(-down), _varied(picked(rng, count, colors), shade))
    return pictures


def _wood(frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Leaves, light between them, and trunks."""
    count, side = frame.x.shape[:2]
    pictures = _rough(frame, picked(rng, count, WOODS), 8, rng.uniform(0.03, 0.1, count), rng)
    light = np.clip(noise(rng, count, side, 7) - 0.7, 0, 1)
    paint(pictures, light, picked(rng, count, GAPS), rng.uniform(0, 0.9, count))
    for _ in range(2):
        foot, lean = rng.uniform(-1, 1, count), rng.normal(0, 0.2, count)
        trunk = frame.stroke((foot, 1.2), (foot + lean, -1.2), rng.uniform(0.02, 0.16, count))
        paint(pictures, frame.cover(trunk), picked(rng, count, WOODS), rng.random(count) < 0.5)
    return pictures


def _room(frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """A wall, a floor, and a few pieces of furniture."""
    count = len(frame.x)
    pictures = _rough(frame, picked(rng, count, WALLS), 3, 0.04, rng)
    floor = -frame.moved(0, rng.uniform(-0.4, 0.8, count), angle=rng.normal(0, 0.12, count)).y
    carpet = _rough(frame, picked(rng, count, FLOORS), 16, rng.uniform(0.01, 0.08, count), rng)
    paint(pictures, frame.cover(floor), carpet)
    _furnish(pictures, frame, f"{WALLS} {FLOORS}", 3, rng)
    return pictures


def _plain(frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """A bare background, as in a studio or a catalog."""
    count = len(frame.x)
    return _rough(frame, picked(rng, count, STUDIOS, spread=0.03), 2, rng.uniform(0, 0.04, count), rng)


def _clutter(frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Things of all colors, most of them out of focus."""
    count = len(frame.x)
    pictures = _rough(frame, picked(rng, count, CLUTTER), 12, rng.uniform(0.02, 0.14, count), rng)
    _furnish(pictures, frame, CLUTTER, 6, rng)
    return pictures


def _furnish(pictures: np.ndarray, frame: Frame, colors: str, number: int, rng: np.random.Generator) -> None:
    """Lay boxes and disks over the pictures, in place, some sharp, some out of focus."""
    count = len(pictures)
    for _ in range(number):
        turned = frame.moved(*rng.uniform(-1.1, 1.1, (2, count)), angle=rng.normal(0, 0.3, count))
        across, down = np.exp(rng.normal(-1.2, 0.5, (2, count)))
        shape = turned.box(0, 0, across, down, corner=np.minimum(across, down) * rng.choice([0, 0.5, 1], count))
        cover = frame.cover(shape, soft=rng.choice([1, 3, 6], count))
        paint(pictures, cover, picked(rng, count, colors), rng.random(count) < 0.6)


def _rough(frame: Frame, colors: np.ndarray, cells: int, strength: Number, rng: np.random.Generator) -> np.ndarray:
    """These colors, uneven in brightness: coarsely, and finely with about `cells` spots across a picture."""
    count, side = frame.x.shape[:2]
    spots = noise(rng, count, side, cells) + 0.7 * noise(rng, count, side, 3)
    return _varied(colors, spots * each(np.broadcast_to(strength, count)))


def _streaks(count: int, side: int, cells: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Noise drawn out from side to side over `length` pixels: (N, side, side)."""
    return ndimage.uniform_filter1d(noise(rng, count, side, cells), length, axis=2)


def _varied(colors: np.ndarray, shade: np.ndarray) -> np.ndarray:
    """Pictures of one color each, (N, 3), brighter by `shade`, (N, side, side)."""
    return (colors[:, None, None] + shade[..., None]).astype(np.float32)


_DRAWN = {
    "sky": _sky,
    "water": functools.partial(_outside, WATERS),
    "field": functools.partial(_outside, FIELDS),
    "road": functools.partial(_outside, ROADS),
    "wood": _wood,
    "room": _room,
    "plain": _plain,
    "clutter": _clutter,
}
