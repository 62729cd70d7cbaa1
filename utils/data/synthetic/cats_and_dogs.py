"""Drawn cats and dogs, the twin of their photos: 150×150, in many poses, coats, rooms and gardens.

What tells a cat from a dog is shape: ears, muzzle, nose, eyes, proportions, whiskers, a tongue. Coats, colors, sizes,
places, poses, surroundings and the light come from the same distributions for both. `animals` knows the breeds and
poses, `heads` paints heads and fur, `scenery` what is around the animals and the camera.
"""

from types import SimpleNamespace

import numpy as np

from utils.data.synthetic import animals, heads, scenery
from utils.data.synthetic.canvas import Frame, noise, paint, to_bytes

SEED = 2013
SIDE = 150  # pixels
COUNTS = {"train": 2_000, "validation": 1_000, "test": 1_000}
CHUNK = 100  # pictures that share random numbers
BATCH = 4  # pictures painted at once, few enough for the processor's cache

# The poses: how often; the middle of the whole animal and half its size, in half widths of a head; from which to which
# part of the picture it fills; how often its head is seen from the side.
POSES = {
    animals.portrait: (0.60, 0.0, 0.2, 1.5, 0.80, 1.20, 0.08),
    animals.sit: (0.12, 0.0, 1.1, 2.1, 0.80, 1.25, 0.00),
    animals.sit_aside: (0.08, -0.4, 1.2, 2.1, 0.80, 1.25, 0.30),
    animals.stand: (0.09, -1.3, 0.9, 2.4, 0.80, 1.25, 0.35),
    animals.lie: (0.07, -1.0, 0.6, 2.0, 0.75, 1.20, 0.25),
    animals.curl: (0.04, -0.6, 0.3, 1.8, 0.75, 1.15, 0.00),
}
FURS = np.array(
    [
        [0.10, 0.09, 0.09],  # black
        [0.35, 0.35, 0.38],  # dark gray
        [0.62, 0.61, 0.60],  # gray
        [0.92, 0.90, 0.87],  # white
        [0.78, 0.47, 0.20],  # ginger
        [0.62, 0.40, 0.22],  # tan
        [0.36, 0.23, 0.14],  # brown
        [0.85, 0.74, 0.56],  # cream
        [0.50, 0.42, 0.34],  # gray-brown
    ]
)
IRISES = np.array([[0.72, 0.75, 0.25], [0.85, 0.65, 0.15], [0.45, 0.65, 0.85], [0.50, 0.30, 0.12], [0.35, 0.20, 0.10]])
NOSES = np.array([[0.08, 0.07, 0.07], [0.75, 0.48, 0.45], [0.35, 0.20, 0.16]])


def generate(split: str, progress=iter) -> dict[str, np.ndarray]:
    """Draw a split, always the same: "images" uint8 (N, 150, 150, 3) and "labels" int64 (N,), in random order.

    0 is a cat, 1 a dog. `progress` wraps the loop over the chunks.
    """
    number, count = list(COUNTS).index(split), COUNTS[split]
    labels = np.arange(count, dtype=np.int64) % 2
    np.random.default_rng([SEED, number]).shuffle(labels)
    images = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for start in progress(range(0, count, CHUNK)):
        part = slice(start, start + CHUNK)
        images[part] = draw(labels[part], np.random.default_rng([SEED, number, start]))
    return {"images": images, "labels": labels}


def draw(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One picture a label: uint8 (N, 150, 150, 3). Animals in one pose and of about one size are painted together."""
    traits = {**animals.born(labels, rng), **animals.held(labels, rng), **dressed(len(labels), rng)}
    traits |= placed(len(labels), rng)
    images = np.empty((len(labels), SIDE, SIDE, 3), np.uint8)
    for which in _batches(traits):
        some = SimpleNamespace(**{name: values[which].astype(np.float32) for name, values in traits.items()})
        images[which] = _painted(some, rng)
    return images


def dressed(count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Coats, colors and collars, (count,) or (count, 3) each."""
    own, other = rng.integers(len(FURS), size=(2, count))
    color = FURS[own] * np.exp(rng.normal(0, 0.12, (count, 1)))
    darker = color * rng.uniform(0.35, 0.7, (count, 1))
    return {
        "color": color,
        "marking": np.where(rng.random((count, 1)) < 0.6, darker, FURS[other]),
        "pattern": np.eye(4)[rng.choice(4, count, p=[0.28, 0.22, 0.15, 0.35])][:, :3],  # stripes, patches, saddle, none
        "stripes": rng.uniform(6, 14, count),
        "grain": rng.normal(0, 0.5, count),
        "saddle": rng.uniform(-0.4, 0.8, count),
        "bib": np.where(rng.random(count) < 0.35, 0.95, 0),
        "blaze": rng.random(count),
        "mask": np.where(rng.random(count) < 0.2, rng.random(count), 0),
        "fluff": 1.4 * rng.beta(1, 2, count),
        "lining": np.array([0.72, 0.50, 0.46]) * rng.uniform(0.6, 1.15, (count, 1)),
        "iris": IRISES[rng.choice(len(IRISES), count, p=[0.25, 0.25, 0.15, 0.2, 0.15])],
        "nose_color": NOSES[rng.choice(len(NOSES), count, p=[0.6, 0.25, 0.15])],
        "collar": rng.random(count) < 0.25,
        "collar_color": scenery.colors(rng, count),
    }


def placed(count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Poses, and where in the pictures the animals are, how large, how much turned, to which side; (count,) each."""
    facts = np.array(list(POSES.values()))
    pose = rng.choice(len(facts), count, p=facts[:, 0])
    _, middle_x, middle_y, half, least, most, sideways = facts[pose].T
    size = rng.uniform(least, most)
    left, top = rng.uniform(-1, 1, (2, count)) * (0.12 + 0.5 * np.maximum(1 - size, 0))
    turn, mirror = rng.normal(0, 0.08, count), rng.choice([-1, 1], count)
    places = {"middle_x": middle_x, "middle_y": middle_y, "left": left, "top": top}
    view = {"pose": pose, "aside": rng.random(count) < sideways, "scale": size / half, "turn": turn, "mirror": mirror}
    return places | view


def _batches(traits: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Numbers of the pictures that one run of the drawing program paints."""
    program = 2 * traits["pose"] + traits["aside"]
    groups = [np.flatnonzero(program == number) for number in np.unique(program)]
    groups = [group[np.argsort(traits["scale"][group], kind="stable")] for group in groups]
    return [group[start : start + BATCH] for group in groups for start in range(0, len(group), BATCH)]


def _painted(t: SimpleNamespace, rng: np.random.Generator) -> np.ndarray:
    """Pictures of animals in one pose: uint8 (N, 150, 150, 3)."""
    count, pose = len(t.pose), list(POSES)[int(t.pose[0])]
    pictures = np.empty((3, count, SIDE, SIDE), np.float32).transpose(1, 2, 3, 0)  # in planes: NumPy paints them faster
    scenery.behind(pictures, rng)
    frame = Frame.whole(count, SIDE).moved(t.left, t.top, angle=t.turn, scale=t.scale, mirror=t.mirror)
    frame = frame.moved(-t.middle_x, -t.middle_y)
    blobs, hair = noise(rng, count, SIDE, 5), noise(rng, count, SIDE, 75)
    _paint_bodies(pictures, frame, t, *pose(frame, t), blobs, hair)
    cut = _around_heads(t)
    part = pictures.transpose(3, 0, 1, 2)[:, *cut].transpose(1, 2, 3, 0)
    head = Frame(frame.x[cut], frame.y[cut], frame.pixel).moved(angle=t.tilt)
    paint_heads = heads.aside if t.aside[0] else heads.facing
    paint_heads(part, head, t, blobs[cut], hair[cut])
    pictures[cut] = part
    scenery.before(pictures, rng)
    scenery.photograph(pictures, rng)
    return to_bytes(pictures)


def _around_heads(t: SimpleNamespace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of a window of each picture that holds the head: there is no need to paint ears elsewhere."""
    across, down = -t.middle_x * t.mirror * t.scale, -t.middle_y * t.scale
    x = t.left + np.cos(t.turn) * across - np.sin(t.turn) * down
    y = t.top + np.sin(t.turn) * across + np.cos(t.turn) * down
    wide = min(SIDE, int(2.1 * SIDE * t.scale.max()))
    starts = [np.clip((SIDE * (1 + middle) - wide) / 2, 0, SIDE - wide).astype(int) for middle in (y, x)]
    rows, columns = (start[:, None] + np.arange(wide) for start in starts)
    return np.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None]


def _paint_bodies(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, far, near, blobs, hair) -> None:
    """Paint a shadow, what of the bodies lies farther back, what lies nearer, and collars."""
    fluff = 0.04 * hair * t.fluff[:, None, None]
    whole = np.minimum(far, near) + fluff
    bib = t.bib[:, None, None] * np.clip(0.5 - frame.ellipse(0, 1.1, 0.4, 0.9) / 0.15 + 0.3 * blobs, 0, 1)
    coat = heads.fur(frame, t, blobs, hair, bib)
    paint(pictures, frame.cover(whole, soft=16), heads.INK, 0.35)
    for distance, light in ((far, 0.95), (near, 1.03)):
        paint(pictures, np.clip(0.5 - distance / 0.15, 0, 1), heads.INK, 0.25)
        shade = light - 0.3 * np.clip(1 + distance / 0.4, 0, 1) ** 2
        paint(pictures, frame.cover(distance + fluff), coat * shade[..., None])
    collar = frame.cover(frame.stroke((-0.6, 0.95), (0.6, 0.95), 0.1)) * frame.cover(whole)
    paint(pictures, collar, t.collar_color, t.collar)
