"""Rooms, gardens and fabrics behind the drawn animals, what stands in front of them, and the camera.

None of this knows what animal is in the picture.
"""

import numpy as np
from scipy import ndimage

from utils.data.synthetic.canvas import Frame, noise, paint

Pictures = np.ndarray  # float32 (N, side, side, 3)


def colors(rng: np.random.Generator, count: int) -> np.ndarray:
    """Colors of things, (N, 3): any hue, from dull to vivid, from dark to light."""
    hue, vivid = rng.random((count, 1)), rng.beta(1.0, 1.8, (count, 1))
    waves = 0.5 + 0.5 * np.cos(2 * np.pi * (hue + np.array([0, 1 / 3, 2 / 3])))
    return (rng.uniform(0.15, 0.95, (count, 1)) * (1 - vivid * (1 - waves))).astype(np.float32)


def tinted(rng: np.random.Generator, count: int, red: float, green: float, blue: float) -> np.ndarray:
    """Variants of a color, (N, 3), lighter or darker."""
    return np.clip([red, green, blue] * np.exp(rng.normal(0, 0.25, (count, 1)) + rng.normal(0, 0.08, (count, 3))), 0, 1)


def room(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """A wall, a floor of boards, a window or picture, furniture."""
    count = len(pictures)
    level = rng.uniform(-0.3, 0.6, count)
    pictures[:] = colors(rng, count)[:, None, None]
    paint(
        pictures,
        frame.cover(frame.box(*rng.uniform(-0.9, 0.9, (2, count)), *rng.uniform(0.15, 0.5, (2, count)))),
        colors(rng, count),
    )
    ground = frame.moved(0, level)
    paint(
        pictures,
        ground.cover(-ground.y),
        np.where(rng.random((count, 1)) < 0.5, tinted(rng, count, 0.55, 0.38, 0.22), colors(rng, count)),
    )
    boards = np.sin(
        _spread(rng, 6, 20, count) * (ground.x + _spread(rng, -0.6, 0.6, count)) / (0.6 + np.maximum(ground.y, 0))
    )
    paint(pictures, ground.cover(-ground.y) * np.clip(6 * boards - 5, 0, 1), np.zeros(3), rng.uniform(0, 0.6, count))
    paint(pictures, ground.cover(np.abs(ground.y) - 0.04), colors(rng, count), rng.random(count) < 0.6)
    clutter(pictures, frame, rng, 1)


def garden(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """Sky or bushes over a lawn or sand."""
    count, side = pictures.shape[:2]
    pictures[:] = tinted(rng, count, 0.6, 0.72, 0.85)[:, None, None]
    level = _spread(rng, -0.9, 0.2, count)
    bushes = frame.y - level + 0.35 * noise(rng, count, side, 7)
    paint(pictures, frame.cover(-bushes - 0.3, soft=6), tinted(rng, count, 0.25, 0.34, 0.18))
    lawn = np.where(
        rng.random((count, 1)) < 0.7, tinted(rng, count, 0.38, 0.50, 0.2), tinted(rng, count, 0.62, 0.55, 0.45)
    )
    paint(pictures, frame.cover(level + 0.25 - frame.y + 0.03 * noise(rng, count, side, 40)), lawn)
    pictures *= (1 + 0.09 * noise(rng, count, side, 45) * (frame.y > level))[..., None]


def fabric(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """A sofa, blanket or carpet seen from near: stripes, checks or dots, folds and cushions."""
    count, side = pictures.shape[:2]
    turned = frame.moved(angle=rng.uniform(-1, 1, count))
    pictures[:] = colors(rng, count)[:, None, None]
    cells = _spread(rng, 4, 22, count)
    across, down = np.sin(cells * turned.x), np.sin(cells * turned.y)
    kind = rng.integers(0, 4, (count, 1, 1))
    weave = np.select([kind == 0, kind == 1, kind == 2], [across, np.maximum(across, down), across * down], -1)
    paint(
        pictures, np.clip(4 * weave - _spread(rng, 0, 2, count), 0, 1), colors(rng, count), rng.uniform(0.2, 0.9, count)
    )
    cushion = frame.box(*rng.uniform(-0.8, 0.8, (2, count)), *rng.uniform(0.4, 0.9, (2, count)), corner=0.2)
    paint(pictures, np.clip(1 - np.abs(cushion) / 0.1, 0, 1), np.zeros(3), rng.uniform(0, 0.5, count))
    pictures *= (1 + 0.12 * noise(rng, count, side, 6))[..., None]


def tiles(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """A floor seen from above, or a wall: tiles or boards with joints, and a rug."""
    count = len(pictures)
    turned = frame.moved(angle=rng.normal(0, 0.4, count))
    pictures[:] = np.where(rng.random((count, 1)) < 0.5, tinted(rng, count, 0.6, 0.45, 0.3), colors(rng, count))[
        :, None, None
    ]
    wide, long = _spread(rng, 0.1, 0.5, count), _spread(rng, 0.1, 0.5, count)
    long = long * rng.choice(np.float32([1, 6]), (count, 1, 1))
    joints = np.minimum(np.abs(turned.x / wide % 1 - 0.5) * wide, np.abs(turned.y / long % 1 - 0.5) * long)
    paint(pictures, frame.cover(joints - 0.01), colors(rng, count), 0.7)
    paint(
        pictures,
        frame.cover(turned.box(*rng.uniform(-0.6, 0.6, (2, count)), 0.6, 0.5)),
        colors(rng, count),
        rng.random(count) < 0.5,
    )
    clutter(pictures, frame, rng, 1)


def backdrop(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """Almost nothing: a wall out of focus."""
    count, side = pictures.shape[:2]
    pictures[:] = colors(rng, count)[:, None, None]
    paint(pictures, np.clip(noise(rng, count, side, 3), 0, 1), colors(rng, count))


def jumble(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """Boxes, balls and bars of all colors."""
    backdrop(pictures, frame, rng)
    clutter(pictures, frame, rng, 3)


def clutter(pictures: Pictures, frame: Frame, rng: np.random.Generator, pieces: int) -> None:
    """`pieces` times a box, a ball and a bar."""
    count = len(pictures)
    for _ in range(pieces):
        turned = frame.moved(*rng.uniform(-1, 1, (2, count)), angle=rng.normal(0, 0.3, count))
        paint(pictures, frame.cover(turned.box(0, 0, *rng.uniform(0.1, 0.4, (2, count)))), colors(rng, count))
        turned = frame.moved(*rng.uniform(-1, 1, (2, count)))
        paint(pictures, frame.cover(turned.ellipse(0, 0, *rng.uniform(0.08, 0.35, (2, count)))), colors(rng, count))
        paint(
            pictures,
            frame.cover(frame.stroke(*rng.uniform(-1.2, 1.2, (2, 2, count)), rng.uniform(0.02, 0.1, count))),
            colors(rng, count),
        )


SCENES = {room: 0.25, garden: 0.2, fabric: 0.18, tiles: 0.12, backdrop: 0.18, jumble: 0.07}  # and how common they are


def behind(pictures: Pictures, rng: np.random.Generator) -> None:
    """Fill pictures with scenes."""
    _each(pictures, list(SCENES), list(SCENES.values()), rng)


def before(pictures: Pictures, rng: np.random.Generator) -> None:
    """Put bars in front of some of the pictures, an arm in front of others."""
    _each(pictures, [None, bars, arm], [0.88, 0.06, 0.06], rng)


def _each(pictures: Pictures, painters: list, shares: list[float], rng: np.random.Generator) -> None:
    """Let one of the painters, or none, work on each picture."""
    count, side = pictures.shape[:2]
    kinds = rng.choice(len(painters), count, p=shares)
    for kind in np.unique(kinds):
        if painters[kind] is not None:
            which = np.flatnonzero(kinds == kind)
            part = pictures[which]
            painters[kind](part, Frame.whole(len(which), side), rng)
            pictures[which] = part


def bars(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """A fence or cage."""
    count = len(pictures)
    turned = frame.moved(
        rng.uniform(-1, 1, count), angle=rng.normal(0, 0.15, count) + rng.choice([0, np.pi / 2], count)
    )
    gap = _spread(rng, 0.2, 0.5, count)
    wires = np.abs(turned.x / gap % 1 - 0.5) * gap - _spread(rng, 0.008, 0.025, count)
    paint(pictures, frame.cover(wires), colors(rng, count))


def arm(pictures: Pictures, frame: Frame, rng: np.random.Generator) -> None:
    """An arm, from the border towards the middle."""
    count = len(pictures)
    angle, reach = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.3, 0.7, count)
    start, end = (
        (1.6 * np.cos(angle), 1.6 * np.sin(angle)),
        (reach * np.cos(angle + 0.4), reach * np.sin(angle + 0.4)),
    )
    skin = tinted(rng, count, 0.78, 0.55, 0.44)
    paint(pictures, frame.cover(frame.stroke(start, end, rng.uniform(0.12, 0.2, count), 0.7)), skin)


def photograph(pictures: Pictures, rng: np.random.Generator) -> None:
    """Light from a side, exposure, color cast, contrast, blur on some, grain; in place."""
    count, side = pictures.shape[:2]
    frame, tilt = Frame.whole(1, side), rng.normal(0, 0.12, (2, count, 1, 1)).astype(np.float32)
    light = np.exp(_spread(rng, -0.3, 0.3, count) + tilt[0] * frame.x + tilt[1] * frame.y)
    cast = rng.normal(0, 0.05, (count, 1, 1, 3)).astype(np.float32)
    contrast = _spread(rng, 0.75, 1.1, count)
    veil = np.maximum(1 - contrast, 0) * _spread(rng, 0, 1, count) + _spread(rng, -0.05, 0.05, count)
    pictures *= (light * contrast)[..., None] * np.exp(cast)
    pictures += veil[..., None]
    for number in np.flatnonzero(rng.random(count) < 0.25):
        blur = rng.uniform(0.5, 1.5)
        ndimage.gaussian_filter(pictures[number], blur, axes=(0, 1), output=pictures[number], truncate=2)
    grain = _spread(rng, 0, 0.04, count) * rng.standard_normal((count, side, side), dtype=np.float32)
    pictures += grain[..., None]


def _spread(rng: np.random.Generator, low: float, high: float, count: int) -> np.ndarray:
    """A number a picture, shaped (N, 1, 1) to meet its pixels."""
    return rng.uniform(low, high, (count, 1, 1)).astype(np.float32)
