"""Handwritten-looking digits, MNIST's twin: 28×28, white on black, drawn by a pen that follows splines.

A digit is a handful of control points. Each picture moves them about (jitter, a smooth warp, aspect, slant, rotation),
runs a spline through them, and lets a pen of its own width, wavering in pressure, leave a spot of ink at every sample.
A spot is a Gaussian, hence separable: all spots of a picture together are one matrix product.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

SEED = 1998
SIDE = 28  # pixels
SAMPLES = 72  # spots of ink in a picture
CHUNK = 500  # pictures drawn at once; each chunk has its own random numbers

# How often MNIST itself has each digit, in the same splits.
COUNTS = {
    "train": (5434, 6212, 5465, 5622, 5343, 4963, 5436, 5702, 5357, 5466),
    "validation": (489, 530, 493, 509, 499, 458, 482, 563, 494, 483),
    "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
}

# The ways to write each digit: control points "x y" in a box about 6 wide and 10 high, y downwards. The pen turns a
# corner at "/" (and goes on from there), is lifted at "|"; the same point twice is one point, so strokes stay joined.
BAR = "2.1 0, 2 3.3, 1.9 6.7, 2 10"
GLYPHS = {
    0: (
        "3.5 .1, 1.2 1.6, 0 5, 1.1 8.7, 3 10, 5 8.6, 6 5, 5 1.5, 3.2 0, 2 .7",  # closed, the end drawn past the start
        "4.6 1.2, 3 0, 1 1.6, 0 5.2, 1 8.8, 3 10, 5.2 8.2, 5.8 4.5, 4.8 1.6, 3.6 .6",  # not quite closed
        "2.6 .4, .4 2.8, 0 6, 1.8 9.4, 4.2 9.8, 6.4 7, 6.6 3.4, 5 .6, 2.6 .4",  # round and leaning
    ),
    1: (  # most people write a bare stroke
        *(BAR, BAR, BAR, BAR),
        "0 2.4, 1.4 1.4, 2.6 0 / 2.5 3.3, 2.6 6.7, 2.6 10",  # with a serif
        "0 2.4, 1.4 1.4, 2.6 0 / 2.5 3.3, 2.6 6.7, 2.6 10 | .6 10, 2.6 10, 4.8 9.9",  # and a foot
    ),
    2: (
        ".4 2.2, 1.4 .5, 3.2 0, 5 1, 5.2 3.2, 3.6 6, 1.6 8.4, 0 10 / 2 9.8, 4 9.9, 6 9.8",
        ".2 2.2, 1.6 .3, 3.6 .1, 5 1.8, 4.6 4.2, 3 7, 1.2 9, .1 9.4, .2 8.2, 1.4 8, 3 9.2, 4.6 9.9, 6.2 9.2",  # a loop
        ".8 3, .4 1.6, 1.8 .2, 4 .1, 5.4 1.6, 5 3.8, 3 6.6, .4 9.4 / 1.6 9, 3 9.4, 4.6 10, 6.2 9.4",  # a wavy base
        "0 .6, 2.4 .2, 5.2 .2 / 3.4 4, 1.8 7, 0 9.8 / 3 9.7, 5.8 9.8",  # like a Z
    ),
    3: (
        ".4 1.4, 2 .1, 4.2 .3, 5 2, 4 4, 2.2 4.8 / 4.4 5.4, 5.6 7.4, 4.6 9.4, 2.4 10, .2 8.8",
        ".2 .3, 2.6 .1, 5.2 0 / 3.8 2.2, 2.2 4.2 / 4.2 4.6, 5.6 6.6, 5 8.8, 2.8 10, 0 9",  # a flat top
        ".4 1.2, 2.2 0, 4.4 .6, 4.6 2.6, 3 4.6, 1.8 5, 1.9 4.2, 3.2 4.5, 5 5.6, 5.6 7.8, 4 9.8, 1.8 10, 0 8.6",
        ".4 1, 2.4 0, 4.6 1.2, 4.2 3.4, 2.8 4.7, 4.6 5.8, 5.6 7.8, 4 9.8, 1.6 9.8, 0 8.8",  # no cusp
    ),
    4: (
        ".8 .4, .5 2.4, 0 5.6 / 2 5.6, 4 5.3, 6 5 | 4.8 0, 4.6 3.3, 4.4 6.6, 4.2 10",  # open
        "4.6 0, 2.4 3, 0 6.6 / 2.2 6.6, 4.4 6.5, 6.4 6.4 | 4.6 0, 4.5 3.4, 4.4 6.5, 4.4 10",  # closed
        ".6 0, .1 2.8, .6 4.8, 2.4 5.2, 4.7 4.4 | 5.2 .2, 4.8 3.4, 4.5 6.6, 4.4 10",  # like a u with a tail
    ),
    5: (
        "1.2 .2, .9 2.2, .6 4.4 / 2.4 3.8, 4.6 4.6, 5.4 6.8, 4.4 9.2, 2 10, 0 9.2 | 1.2 .2, 3.2 .1, 5.6 0",
        "5.6 0, 3.4 .2, 1.2 .3 / 1 2.2, .6 4.2 / 2.6 3.7, 4.8 4.8, 5.2 7.2, 3.8 9.6, 1.6 10, 0 9",  # in one stroke
        "5.4 .2, 3 .2, 1.4 1.4, 1.2 3.4, 2.8 4.6, 4.6 5.8, 4.8 8, 3.2 9.8, 1.2 9.9, 0 9",  # like an S
    ),
    6: (
        "4 0, 2 1.6, .5 4.4, 0 7.2, 1 9.5, 3 10, 4.9 8.6, 4.8 6.4, 3.2 5.4, 1.2 6.4, .2 8",
        "3 0, 1.8 2.8, .6 5.6, .2 8.2, 1.4 10, 3.4 9.6, 4 7.8, 2.8 6.6, 1 7.4, .3 8.6",  # straight, a small loop
        "4.8 1, 3.6 0, 1.6 1.2, .3 4, 0 7, 1.2 9.6, 3.4 9.9, 5 8, 4.4 5.8, 2.4 5.3, .6 6.8",  # curled
    ),
    7: (
        "0 .8, 2.6 .4, 5.4 .2 / 4.2 3.4, 3 6.7, 2 10",
        "0 .8, 2.6 .4, 5.4 .2 / 4.2 3.4, 3 6.7, 2 10 | 1.4 5.4, 3.2 5.2, 5 5",  # with a bar
        "0 2, .2 .6 / 2.6 .5, 5.6 .1 / 4 3.2, 2.8 6.6, 2.4 10",  # with a hook
        "0 .6, 2 .8, 4.2 .3, 5.4 .6, 4.6 3.2, 3.2 6, 2.6 10",  # round
    ),
    8: (
        "4.8 1.4, 3 0, 1 1, 1 3, 3 4.8, 5 7, 4.6 9.2, 2.6 10, .5 9, .4 7, 2.4 5, 4.6 3, 4.8 1.4, 3.4 .1",
        "3 0, 1.2 .8, 1 2.8, 2.8 4.6, 4.6 3.2, 4.8 1.2, 3 0 | 2.8 4.6, .6 6, .2 8.4, 2.4 10, 5 9, 5.2 6.4, 2.8 4.6",
        "5.2 .6, 3.2 0, 1.2 1, 1.4 3, 3.2 4.6, 4.8 6.6, 4.2 9.2, 2 10, .2 8.6, 1 6.4, 3.2 4.4, 5 2.2, 5.6 .8",  # open
    ),
    9: (
        "4.8 2, 3.2 .1, 1 .8, .2 3, 1.4 5, 3.4 4.6, 4.8 2 / 4.7 4.6, 4.6 7, 4.4 10",
        "4.9 1.8, 3.2 0, 1 .8, .3 3.2, 1.8 5.2, 4 4.2, 5 1.6, 5 5, 4.2 8.4, 2.4 10, .6 9.2",  # with a tail
        "5 1, 2.6 .1, .3 2, .8 4.6, 3 4.8, 4.8 2.6, 5.2 .4, 4.8 3.6, 4.4 6.8, 4 10",  # open
    ),
}


@dataclass(frozen=True)
class Glyph:
    """One way to write a digit. Splines are linear in their control points, so two matrices hold everything."""

    controls: np.ndarray  # (points, 2), x and y
    positions: np.ndarray  # (SAMPLES, points): positions @ controls are the pen's places
    steps: np.ndarray  # (SAMPLES, points): steps @ controls are its steps from one place to the next


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
    variants = np.floor(rng.random(len(labels)) * [len(GLYPHS[digit]) for digit in labels]).astype(int)
    places, steps = (np.empty((len(labels), SAMPLES, 2), np.float32) for _ in range(2))
    for digit, glyphs in _FONT.items():
        for variant, glyph in enumerate(glyphs):
            chosen = np.flatnonzero((labels == digit) & (variants == variant))
            controls = _handwritten(glyph.controls, len(chosen), rng)
            places[chosen], steps[chosen] = glyph.positions @ controls, glyph.steps @ controls
    return _inked(places, steps, rng)


def _handwritten(controls: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` hands writing the same control points: (count, points, 2)."""
    points = controls - [3, 5] + rng.normal(0, 0.15, (count, *controls.shape))
    frequencies, strengths = rng.normal(0, 0.45, (count, 2, 3)), rng.normal(0, 0.36, (count, 3, 2))
    points = points + np.sin(points @ frequencies + rng.uniform(0, 2 * np.pi, (count, 1, 3))) @ strengths
    width, slant = np.exp(rng.normal(0.12, 0.17, count)), rng.normal(0.12, 0.27, count)
    angle = rng.normal(0, 0.13, count)
    cos, sin, zero, one = np.cos(angle), np.sin(angle), np.zeros(count), np.ones(count)
    slanted = np.array([[width, -slant], [zero, one]]).transpose(2, 0, 1)
    rotated = np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)
    return (points @ (rotated @ slanted).transpose(0, 2, 1)).astype(np.float32)


def _inked(places: np.ndarray, steps: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fit what was written into the middle of the picture and let the pen go along it: uint8 (N, 28, 28)."""
    count = len(places)
    half = (0.72 + 1.03 * rng.beta(1.6, 2.2, (count, 1))).astype(np.float32)  # the stroke's, in pixels
    scale = (20 - 2 * half) * rng.uniform(0.80, 1.03, (count, 1)) / np.ptp(places, axis=1).max(axis=1, keepdims=True)
    lengths = np.linalg.norm(steps, axis=2) * scale
    places = places * scale[..., None]
    center = (places * lengths[..., None]).sum(axis=1) / lengths.sum(axis=1, keepdims=True)
    shift = (SIDE - 1) / 2 + rng.uniform(-2, 2, (count, 2)) - center
    return _exposed(places + shift[:, None], lengths * _pressure(count, rng), half, rng)


def _pressure(count: int, rng: np.random.Generator) -> np.ndarray:
    """Ink along each stroke, up to a third more or less, in a slow wave: (count, SAMPLES)."""
    waves, start = rng.uniform(0.3, 1.5, (count, 1)), rng.random((count, 1))
    return np.exp(0.3 * np.sin(2 * np.pi * (waves * np.linspace(0, 1, SAMPLES) + start)))


def _exposed(places: np.ndarray, ink: np.ndarray, half: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sum the spots of ink, roughen the paper, and cut off at black and white: uint8 (N, 28, 28).

    The amount of ink is set so that a straight stroke falls to one half at `half` pixels from its middle line.
    """
    sigma = 0.42 + 0.3 * half
    spots = (places[..., None] - np.arange(SIDE)).astype(np.float32) / sigma[..., None, None]
    spots = np.exp(-0.5 * spots**2)  # (N, SAMPLES, x and y, SIDE)
    ink = ink * 0.5 * np.exp((half / sigma) ** 2 / 2) / (np.sqrt(2 * np.pi) * sigma)
    columns, rows = spots[:, :, 0], spots[:, :, 1] * ink.astype(np.float32)[..., None]
    density = rows.transpose(0, 2, 1) @ columns
    density *= np.exp(0.16 * rng.standard_normal(density.shape, dtype=np.float32))
    return np.rint(255 * np.clip((density - 0.08) / 0.92, 0, 1)).astype(np.uint8)


def _glyph(text: str) -> Glyph:
    """Read the notation of GLYPHS."""
    strokes = _strokes(text)
    controls = list(dict.fromkeys(point for stroke in strokes for point in stroke))
    lengths = [np.r_[0, np.linalg.norm(np.diff(stroke, axis=0), axis=1).cumsum()] for stroke in strokes]
    ends = np.rint(
        SAMPLES * np.cumsum([0] + [length[-1] for length in lengths]) / sum(length[-1] for length in lengths)
    )
    positions, steps = [], []
    for stroke, length, samples in zip(strokes, lengths, np.diff(ends).astype(int)):
        spline = CubicSpline(
            length, np.eye(len(controls))[[controls.index(point) for point in stroke]], bc_type="natural"
        )
        times = (np.arange(samples) + 0.5) / samples * length[-1]
        positions.append(spline(times))
        steps.append(spline(times, 1) * length[-1] / samples)
    return Glyph(np.array(controls), *(np.concatenate(parts).astype(np.float32) for parts in (positions, steps)))


def _strokes(text: str) -> list[list[tuple[float, float]]]:
    """The smooth strokes of a glyph, each a list of points; a stroke after a corner begins where the last one ended."""
    strokes = []
    for line in text.split("|"):
        for number, smooth in enumerate(line.split("/")):
            points = [tuple(float(value) for value in point.split()) for point in smooth.split(",")]
            strokes.append(strokes[-1][-1:] + points if number else points)
    return strokes


_FONT = {digit: [_glyph(text) for text in texts] for digit, texts in GLYPHS.items()}
