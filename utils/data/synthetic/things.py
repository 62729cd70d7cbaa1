"""Ten kinds of things in small color pictures, CIFAR-10's twin: 32×32, drawn from many sides, anywhere, in any light.

A picture is a place (`things_places`) and in it a thing seen from one of its sides (`things_vehicles`,
`things_animals`), every point of which is moved a little (`things_views`); then light, now and then something in
front, and a camera. Places and colors (`things_colors`) hint at the class, as in photographs; shape tells it.
"""

import numpy as np
from scipy import ndimage

from utils.data.synthetic import canvas, things_places, things_views
from utils.data.synthetic.things_animals import ANIMALS
from utils.data.synthetic.things_colors import each, picked
from utils.data.synthetic.things_vehicles import VEHICLES

SEED = 2009
SIDE = 32  # pixels
CHUNK = 1000  # pictures drawn at once; each chunk has its own random numbers
SIZES = {"train": 45_000, "validation": 5_000, "test": 10_000}

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TURNING = ("airplane", "bird", "frog")  # these lie, fly or sit at any slant, the others stand upright

# How often each class is in each place, in the order of things_places.PLACES.
WEIGHTS = {
    "airplane": (20, 2, 2, 3, 1, 1, 4, 1),
    "automobile": (1, 1, 3, 14, 2, 2, 6, 2),
    "bird": (9, 3, 4, 1, 10, 1, 2, 2),
    "cat": (1, 1, 2, 1, 1, 18, 4, 5),
    "deer": (1, 1, 12, 1, 14, 1, 2, 1),
    "dog": (1, 1, 6, 2, 2, 12, 5, 4),
    "frog": (1, 4, 5, 2, 9, 2, 3, 6),
    "horse": (1, 1, 18, 3, 5, 1, 2, 1),
    "ship": (3, 22, 1, 1, 1, 1, 2, 1),
    "truck": (1, 1, 2, 15, 2, 1, 5, 4),
}


def generate(split: str, progress=iter) -> dict[str, np.ndarray]:
    """Draw a split, always the same: "images" uint8 (N, 32, 32, 3) and "labels" int64 (N,), in random order.

    `progress` wraps the loop over the chunks.
    """
    number, size = list(SIZES).index(split), SIZES[split]
    labels = np.repeat(np.arange(len(CLASSES), dtype=np.int64), size // len(CLASSES))
    np.random.default_rng([SEED, number]).shuffle(labels)
    images = np.empty((size, SIDE, SIDE, 3), np.uint8)
    for start in progress(range(0, size, CHUNK)):
        part = slice(start, start + CHUNK)
        images[part] = draw(labels[part], np.random.default_rng([SEED, number, start]))
    return {"images": images, "labels": labels}


def draw(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One picture a label: uint8 (N, 32, 32, 3)."""
    pictures = things_places.draw(_places(labels, rng), SIDE, rng)
    bodies = np.zeros(pictures.shape[:3], np.float32)
    seen = np.floor(rng.random(len(labels)) * [len(_VIEWS[label]) for label in labels]).astype(int)
    for label, name in enumerate(CLASSES):
        for number, view in enumerate(_VIEWS[label]):
            chosen = np.flatnonzero((labels == label) & (seen == number))
            part = pictures[chosen]
            bodies[chosen] = things_views.put(part, view, name, 0.17 if name in TURNING else 0.06, rng)
            pictures[chosen] = part
    _light(pictures, bodies, rng)
    _hide(pictures, rng)
    return canvas.to_bytes(_photograph(pictures, rng))


def _places(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Where each thing is: numbers into things_places.PLACES, (N,), as often as WEIGHTS says."""
    weights = np.array([WEIGHTS[name] for name in CLASSES])[labels].cumsum(axis=1)
    return (weights <= rng.random((len(labels), 1)) * weights[:, -1:]).sum(axis=1)


def _light(pictures: np.ndarray, bodies: np.ndarray, rng: np.random.Generator) -> None:
    """Let things look round and rough, in place: lit from one side, spots on their skin, a little shade around them."""
    count = len(pictures)
    soft = ndimage.uniform_filter(bodies, (0, 5, 5), mode="nearest")
    down, across = (each(rng.normal(mean, 0.5, count)) for mean in (0.7, 0))  # mostly from above
    slope = down * np.gradient(soft, axis=1) + across * np.gradient(soft, axis=2)
    spots = canvas.noise(rng, count, SIDE, 9) * each(rng.uniform(0, 0.14, count))
    pictures *= (1 + bodies * (1.6 * slope + spots) - 0.45 * (1 - bodies) * soft)[..., None]


def _hide(pictures: np.ndarray, rng: np.random.Generator) -> None:
    """Put something in front of a few things, in place: grass along the lower edge, or a twig or bar."""
    for share, front, colors in ((0.12, _grass, things_places.FIELDS), (0.08, _bar, things_places.CLUTTER)):
        chosen = np.flatnonzero(rng.random(len(pictures)) < share)
        part = pictures[chosen]
        cover = front(canvas.Frame.whole(len(part), SIDE), rng)
        canvas.paint(part, cover, picked(rng, len(part), colors))
        pictures[chosen] = part


def _grass(frame: canvas.Frame, rng: np.random.Generator) -> np.ndarray:
    count = len(frame.x)
    level = each(rng.uniform(0.5, 1, count)) - 0.12 * canvas.noise(rng, count, SIDE, 14)
    return frame.cover(level - frame.y, soft=2)


def _bar(frame: canvas.Frame, rng: np.random.Generator) -> np.ndarray:
    start, end = rng.uniform(-1.2, 1.2, (2, 2, len(frame.x)))
    return frame.cover(frame.stroke(tuple(start), tuple(end), np.exp(rng.normal(-3, 0.5, len(frame.x)))))


def _photograph(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a camera makes of it: sharpness, how vivid the colors are and how warm, exposure, and noise."""
    count = len(pictures)
    blurred = ndimage.uniform_filter(pictures, (0, 3, 3, 0), mode="nearest")
    pictures = pictures + _layers(rng.uniform(0, 0.8, count)) * (blurred - pictures)
    gray = pictures.mean(axis=3, keepdims=True)
    vivid = rng.choice([0, 0.5, 0.75, 0.95, 1.1], count, p=[0.03, 0.17, 0.3, 0.3, 0.2])
    pictures = gray + (pictures - gray) * _layers(vivid)
    pictures *= np.exp(rng.normal(0, 0.035, (count, 1, 1, 3))).astype(np.float32)
    pictures = _exposed(pictures, rng)
    return pictures + rng.standard_normal(pictures.shape, dtype=np.float32) * _layers(rng.uniform(0.003, 0.012, count))


def _exposed(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another gamma and contrast for each picture; automatic exposure takes half of its mean brightness away."""
    count = len(pictures)
    pictures = np.clip(pictures, 0, 1) ** _layers(np.exp(rng.normal(0, 0.2, count)))
    middle = pictures.mean(axis=(1, 2, 3), keepdims=True)
    level = 0.45 * middle + 0.55 * _layers(rng.normal(0.47, 0.04, count))
    return (pictures - middle) * _layers(rng.uniform(0.9, 1.35, count)) + level


def _layers(values: np.ndarray) -> np.ndarray:
    """One number a picture, (N,), shaped to stretch over its pixels and their colors."""
    return each(values)[..., None]


_VIEWS = [[things_views.parsed(text) for text in (VEHICLES | ANIMALS)[name]] for name in CLASSES]
