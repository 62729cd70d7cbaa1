"""Cats and dogs in parts, for the twin of their photos: what breeds differ in, how they hold themselves, their bodies.

Cats and dogs are drawn by the same program; a breed is a row of numbers, and an animal a mix of two. Lengths are in
half widths of a head, whose middle is the origin, and y points down. Each pose is a function that gives distances to
what lies farther back and to what lies nearer; the head itself is painted over them by `heads`.
"""

from types import SimpleNamespace

import numpy as np

from utils.data.synthetic.canvas import Frame, Number, joined

# Radii of skull, jaw and muzzle; eyes: place, slant (radians), the pupil's part of the width; ears: where they begin,
# the radius there and its multiples in the middle and at the tip, length and angle (degrees from up, outwards) of the
# two halves; the thickness of the body; the tail's last radius as a multiple of its first.
FACE = "skull_x skull_y jaw muzzle muzzle_r nose eye eye_x eye_y slant pupil"
EARS = "ear_x ear_y ear_r ear_mid ear_tip ear_1 ear_2 angle_1 angle_2"
BODY = "body length leg leg_r neck tail tail_r tail_tip"
FEATURES = f"{FACE} {EARS} {BODY}".split()
# fmt: off
BREEDS = {  # of each class: how common a breed is, then its face, ears and body
    0: {
        "house cat": [
            5, 0.96, 0.80, 0.74, 0.22, 0.28, 0.11, 0.21, 0.42, -0.04, 0.30, 0.40,
            0.56, -0.46, 0.36, 0.60, 0.10, 0.42, 0.38, 18, 20, 0.95, 2.0, 0.75, 0.19, 0.35, 2.0, 0.15, 0.85,
        ],
        "oriental": [
            2, 0.82, 0.84, 0.58, 0.36, 0.25, 0.11, 0.20, 0.38, -0.06, 0.50, 0.35,
            0.60, -0.42, 0.42, 0.62, 0.08, 0.52, 0.50, 34, 34, 0.80, 2.3, 1.00, 0.16, 0.50, 2.3, 0.11, 0.70,
        ],
        "Persian": [
            2, 1.06, 0.86, 0.90, 0.10, 0.32, 0.11, 0.23, 0.46, 0.02, 0.10, 0.60,
            0.62, -0.52, 0.33, 0.66, 0.20, 0.28, 0.26, 26, 26, 1.15, 1.8, 0.55, 0.23, 0.20, 1.6, 0.28, 0.95,
        ],
        "kitten": [
            2, 0.98, 0.84, 0.70, 0.16, 0.25, 0.09, 0.25, 0.43, 0.04, 0.12, 0.70,
            0.56, -0.48, 0.38, 0.62, 0.14, 0.42, 0.36, 20, 16, 0.72, 1.3, 0.60, 0.17, 0.25, 1.3, 0.12, 0.60,
        ],
        "fold": [
            0.3, 1.02, 0.86, 0.84, 0.16, 0.30, 0.11, 0.24, 0.44, 0.00, 0.10, 0.60,
            0.60, -0.54, 0.30, 0.80, 0.40, 0.22, 0.22, 30, 110, 1.05, 1.8, 0.65, 0.20, 0.25, 1.8, 0.18, 0.85,
        ],
    },
    1: {
        "retriever": [
            3, 0.82, 0.84, 0.62, 0.85, 0.40, 0.20, 0.12, 0.35, -0.10, -0.05, 0.72,
            0.66, -0.48, 0.24, 1.00, 0.55, 0.36, 0.52, 105, 172, 1.05, 2.3, 1.25, 0.22, 0.70, 1.5, 0.18, 0.70,
        ],
        "hound": [
            2, 0.76, 0.84, 0.56, 0.95, 0.38, 0.21, 0.12, 0.34, -0.08, -0.15, 0.72,
            0.68, -0.30, 0.26, 1.10, 0.70, 0.46, 0.80, 125, 178, 1.00, 2.5, 1.00, 0.22, 0.70, 1.6, 0.12, 0.45,
        ],
        "shepherd": [
            2, 0.78, 0.82, 0.58, 1.10, 0.34, 0.18, 0.12, 0.34, -0.12, 0.20, 0.72,
            0.48, -0.56, 0.28, 0.70, 0.15, 0.48, 0.44, 14, 8, 1.00, 2.4, 1.35, 0.20, 0.75, 1.7, 0.24, 0.75,
        ],
        "terrier": [
            2, 0.80, 0.82, 0.66, 0.78, 0.42, 0.18, 0.12, 0.34, -0.10, 0.00, 0.72,
            0.56, -0.58, 0.24, 0.85, 0.30, 0.30, 0.40, 22, 138, 0.92, 1.7, 0.95, 0.20, 0.55, 0.9, 0.14, 0.70,
        ],
        "pug": [
            0.7, 0.98, 0.86, 0.86, 0.34, 0.48, 0.19, 0.17, 0.47, -0.04, -0.05, 0.72,
            0.72, -0.50, 0.22, 0.95, 0.35, 0.28, 0.40, 70, 160, 1.15, 1.7, 0.80, 0.23, 0.35, 0.8, 0.15, 0.80,
        ],
        "toy": [
            0.8, 0.86, 0.84, 0.60, 0.52, 0.29, 0.15, 0.17, 0.40, -0.04, 0.05, 0.72,
            0.58, -0.48, 0.34, 0.75, 0.15, 0.48, 0.42, 36, 32, 0.75, 1.6, 0.90, 0.15, 0.45, 1.1, 0.14, 0.70,
        ],
    },
}
# fmt: on


def born(labels: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The features of animals, (N,) each: those of one breed or of a mix of two, and no two animals quite the same."""
    count = len(labels)
    features = np.empty((count, len(FEATURES)))
    for label, breeds in BREEDS.items():
        rows, mine = np.array(list(breeds.values())), np.flatnonzero(labels == label)
        mother, father = rng.choice(len(rows), (2, len(mine)), p=rows[:, 0] / rows[:, 0].sum())
        share = 0.5 * rng.beta(0.5, 1.0, (len(mine), 1))
        features[mine] = (1 - share) * rows[mother, 1:] + share * rows[father, 1:]
    features *= np.exp(rng.normal(0, 0.07, features.shape))
    traits = dict(zip(FEATURES, features.T))
    traits["angle_1"] = traits["angle_1"] + rng.normal(0, 7, count)
    traits["angle_2"] = traits["angle_2"] + rng.normal(0, 9, count)
    traits["hanging"] = np.clip((traits["angle_2"] - 60) / 30, 0, 1)  # whether the ears are in front of the head
    traits["pupil"] = np.minimum(traits["pupil"] * np.where(labels == 0, rng.uniform(0.5, 2, count), 1), 0.85)
    traits["whiskers"] = np.where(labels == 0, 0.7, 0.1)
    return traits


def held(labels: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """How animals hold head, ears, tail and feet, (N,) or (N, several) each: alike for cats and dogs, but dogs pant."""
    count = len(labels)
    return {
        "yaw": np.clip(rng.normal(0, 0.28, count), -0.6, 0.6),  # to the right, 1 is a quarter turn
        "pitch": np.clip(rng.normal(0, 0.2, count), -0.5, 0.4),  # down
        "tilt": rng.normal(0, 0.13, count),  # clockwise, radians
        "lid": np.where(rng.random(count) < 0.07, 0.08, rng.uniform(0.65, 1.0, count)),  # how open; 0.08 is asleep
        "skew": rng.normal(0, 1, (count, 2)),  # how the left ear is held otherwise, and the right one
        "tongue": rng.random(count) < np.where(labels == 1, 0.35, 0.04),
        "wag": rng.uniform(-1, 1, (count, 2)),  # where the two halves of the tail go
        "step": rng.uniform(-1, 1, (count, 4)),  # where the feet stand
    }


def portrait(frame: Frame, t: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Shoulders under a large head."""
    lean = 0.8 * t.wag[:, 0]
    neck = frame.stroke((0, 0.4), (lean, 2.8), 0.62 * t.body, 1.7)
    return neck, neck


def sit(frame: Frame, t: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Sitting, seen from the front."""
    sides, foot = folded(frame, 0.0), 1.9 + 0.6 * t.leg + 0.4 * t.neck
    trunk = joined(
        frame.stroke((0, 0.4), (0, foot - 0.75), 0.48 * t.body, 1.4),
        sides.ellipse(0.55 * t.body, foot - 0.3, 0.45 * t.body, 0.42),
        tail(frame, t, 0.4 * np.sign(t.wag[:, 0]), foot - 0.1, 90 * np.sign(t.wag[:, 0]), 0.7),
        smooth=0.2,
    )
    return trunk, sides.stroke((0.24 * t.body, foot - 1.2), (0.27 * t.body, foot), t.leg_r, 1.05)


def sit_aside(frame: Frame, t: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Sitting, seen from the side, chest to the right."""
    foot = 1.5 + t.leg + 0.4 * t.neck
    back, rump = -0.35 - 0.4 * t.length, foot - 0.6 * t.body
    far = joined(
        frame.stroke((-0.1, 0.3), (back, rump), 0.45 * t.body, 1.35),
        frame.stroke((-0.15, 1.2), (0.05 + 0.2 * t.step[:, 0], foot - 0.05), 0.9 * t.leg_r),
        tail(frame, t, back - 0.5 * t.body, foot - 0.25, -80, 1),
        smooth=0.25,
    )
    near = joined(
        frame.ellipse(back + 0.1, foot - 0.5, 0.7 * t.body, 0.52, angle=-0.3),
        frame.stroke((back + 0.3, foot - 0.08), (back + 0.95, foot - 0.03), 0.8 * t.leg_r),
        frame.stroke((-0.35, 1.3), (-0.15 + 0.3 * t.step[:, 1], foot), t.leg_r),
        smooth=0.1,
    )
    return far, near


def stand(frame: Frame, t: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Standing, seen from the side, head to the right."""
    level = 0.55 + t.neck
    front, rear, foot = -0.75, -0.75 - t.length, level + 0.35 * t.body + 1.15 * t.leg
    stride = 0.45 * t.leg[:, None] * t.step
    far = joined(
        frame.stroke((front + 0.1, level), (front + 0.2 + stride[:, 0], foot - 0.1), 0.9 * t.leg_r, 0.9),
        frame.stroke((rear + 0.1, level), (rear + 0.2 + stride[:, 1], foot - 0.1), 0.9 * t.leg_r, 0.9),
    )
    near = joined(
        frame.stroke((0, 0.1), (front, level), 0.42, 1.2),
        frame.stroke((front, level), (rear, level + 0.03), 0.56 * t.body, 0.85),
        frame.stroke((front - 0.05, level), (front - 0.1 + stride[:, 2], foot), 1.2 * t.leg_r, 0.75),
        frame.stroke((rear - 0.05, level + 0.1), (rear - 0.15 + stride[:, 3], foot), 1.5 * t.leg_r, 0.6),
        tail(frame, t, rear - 0.35, level - 0.2, -60, 1),
        smooth=0.25,
    )
    return far, near


def lie(frame: Frame, t: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Lying with the head up, seen from the side, paws to the right."""
    level, rear = 1.0 + 0.5 * t.neck, -0.5 - 0.85 * t.length
    far = joined(
        frame.stroke((-0.05, 0.3), (-0.5, level), 0.5, 1.2),
        frame.stroke((-0.5, level), (rear, level + 0.1), 0.56 * t.body, 0.95),
        tail(frame, t, rear - 0.4, level + 0.4, -85, 1),
        frame.stroke((-0.2, level + 0.4), (0.75 + 0.2 * t.step[:, 0], level + 0.42), 0.9 * t.leg_r),
        smooth=0.25,
    )
    near = joined(
        frame.ellipse(rear + 0.1, level + 0.2, 0.6 * t.body, 0.45 * t.body),
        frame.stroke((rear + 0.2, level + 0.5), (rear + 0.9, level + 0.55), 0.9 * t.leg_r),
        frame.stroke((-0.4, level + 0.45), (0.45 + 0.3 * t.step[:, 1], level + 0.55), t.leg_r),
        smooth=0.1,
    )
    return far, near


def curl(frame: Frame, t: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Rolled up, the tail around it."""
    wide = 0.9 + 0.35 * t.length
    far = joined(
        frame.ellipse(-0.75 * wide, 0.25, 1.05 * wide, 1.05 * t.body), frame.ellipse(0, 0.4, 0.8, 0.6), smooth=0.3
    )
    near = joined(
        frame.stroke((-1.6 * wide, 0.7), (-0.8 * wide, 1.05 * t.body + 0.15), 1.1 * t.tail_r),
        frame.stroke((-0.8 * wide, 1.05 * t.body + 0.15), (-1.3 * wide + t.tail, 0.95), 1.1 * t.tail_r, t.tail_tip),
        frame.stroke((-0.6, 0.85), (0.35, 0.9), t.leg_r),
    )
    return far, near


def tail(frame: Frame, t: SimpleNamespace, x: Number, y: Number, angle: Number, lift: float) -> np.ndarray:
    """Distance to a tail of two halves from (x, y); `angle` is its first half's, degrees from up, wagging about."""
    first = np.deg2rad(angle + 35 * t.wag[:, 0])
    second = first + lift * t.wag[:, 1] * 1.1
    half = 0.5 * t.tail
    bend = (x + half * np.sin(first), y - half * np.cos(first))
    end = (bend[0] + half * np.sin(second), bend[1] - half * np.cos(second))
    middle = (1 + t.tail_tip) / 2
    return joined(
        frame.stroke((x, y), bend, t.tail_r, middle),
        frame.stroke(bend, end, t.tail_r * middle, t.tail_tip / middle),
        smooth=0.1,
    )


def folded(frame: Frame, x: Number) -> Frame:
    """A frame whose left half is the mirror image of its right: what is placed once appears on both sides of `x`."""
    return Frame(np.abs(frame.moved(x).x), frame.y, frame.pixel)
