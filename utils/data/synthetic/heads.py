"""Heads and coats of the drawn cats and dogs, seen from the front or from the side; lengths as in `animals`.

`t` holds the animals' traits, `blobs` and `hair` are coarse and fine noise (N, side, side), both also where only a
window around the heads is painted.
"""

from types import SimpleNamespace

import numpy as np

from utils.data.synthetic.animals import folded
from utils.data.synthetic.canvas import Frame, Number, joined, paint

Point = tuple[Number, Number]
INK = np.array([0.05, 0.04, 0.04], np.float32)
TONGUE = np.array([0.85, 0.42, 0.45], np.float32)
WHITE = np.array([0.93, 0.91, 0.88], np.float32)
WHISKERS_FROM = 0.25  # half the width of a head, as a part of half a picture: under it they would not be seen


def fur(frame: Frame, t: SimpleNamespace, blobs: np.ndarray, hair: np.ndarray, white: np.ndarray) -> np.ndarray:
    """The color of the coat at each pixel, (N, side, side, 3): stripes, patches or a saddle, white where told."""
    along = frame.x * np.cos(t.grain)[:, None, None] + frame.y * np.sin(t.grain)[:, None, None]
    stripes = 1.5 * np.sin(t.stripes[:, None, None] * along + 1.2 * blobs) - 0.2
    patches, saddle = 4 * (blobs - 0.3), 4 * (t.saddle[:, None, None] - frame.y) + blobs
    mark = sum(share * field for share, field in zip(t.pattern.T[..., None, None], (stripes, patches, saddle)))
    mark, tone, color = np.clip(mark, 0, 1), 1 + 0.05 * hair, np.empty((3, *mark.shape), np.float32)
    for plane, own, other, pale in zip(color, t.color.T[..., None, None], t.marking.T[..., None, None], WHITE):
        plane[:] = own + mark * (other - own)
        plane += white * (pale - plane)
        plane *= tone
    return color.transpose(1, 2, 3, 0)  # planes in memory: NumPy paints them faster


def facing(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, blobs: np.ndarray, hair: np.ndarray) -> None:
    """Paint heads seen more or less from the front; what stands out farther from the skull moves more with the yaw."""
    fluff = hair * t.fluff[:, None, None]
    nose = (t.yaw * (0.25 + 0.7 * t.muzzle), 0.26 + 0.45 * t.muzzle * (1 + 1.4 * t.pitch) + 0.15 * t.pitch)
    muzzle = frame.stroke((0.12 * t.yaw, 0.24 + 0.15 * t.pitch), nose, t.muzzle_r, 0.9) + 0.025 * fluff
    round_face = (frame.ellipse(0, 0, t.skull_x, t.skull_y), frame.ellipse(0.1 * t.yaw, 0.32, t.jaw, 0.5))
    skull = joined(*round_face, muzzle, smooth=0.2) + 0.035 * fluff
    blaze = frame.stroke((0.1 * t.yaw, -0.9), (0.12 * t.yaw, 0.2), 0.05 + 0.2 * t.blaze, 1.5)
    coat = _coat(frame, t, blobs, hair, muzzle, blaze)
    ears = _ears(frame, t) + 0.025 * fluff
    _layers(pictures, frame, t, coat, skull, behind=ears, front=ears, opacity=t.hanging)
    _eye(pictures, folded(frame, 0.22 * t.yaw), t, t.eye_x * (1 - 0.15 * np.abs(t.yaw)), t.eye_y + 0.2 * t.pitch, 1.0)
    _snout(pictures, frame, t, *nose)


def aside(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, blobs: np.ndarray, hair: np.ndarray) -> None:
    """Paint heads seen from the side, looking to the right."""
    fluff = hair * t.fluff[:, None, None]
    tip = (0.38 + 0.85 * t.muzzle, 0.26 + 0.08 * t.muzzle)
    muzzle = frame.stroke((0.3, 0.2), tip, t.muzzle_r, 0.8) + 0.025 * fluff
    skull = joined(frame.ellipse(0, 0, 0.45 + 0.45 * t.skull_x, t.skull_y), muzzle, smooth=0.15) + 0.035 * fluff
    coat = _coat(frame, t, blobs, hair, muzzle, muzzle)
    near = _ear_aside(frame, t) + 0.025 * fluff
    far = _ear_aside(frame.moved(0.32, -0.06), t) + 0.025 * fluff
    _layers(pictures, frame, t, coat, skull, behind=far, front=near, opacity=1.0)
    _eye(pictures, frame, t, 0.36, -0.12, 0.7)
    _snout_aside(pictures, frame, t, *tip)


def _coat(frame: Frame, t: SimpleNamespace, blobs, hair, muzzle, blaze) -> np.ndarray:
    """Fur of a head: the muzzle set off by a crease, on some white with a blaze, on some under a dark mask."""
    white = t.bib[:, None, None] * np.clip(0.5 - joined(muzzle, blaze, smooth=0.2) / 0.1, 0, 1)
    mask = t.mask[:, None, None] * np.clip(0.7 - muzzle / 0.25, 0, 0.7)
    crease = 0.2 * np.clip(1 - np.abs(muzzle - 0.02) / 0.07, 0, 1)
    coat = fur(frame, t, blobs, hair, white)
    coat *= ((1 - mask) * (1 - crease))[..., None]
    return coat


def _layers(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, coat, skull, *, behind, front, opacity) -> None:
    """Paint, one over the other: a shadow, pricked ears, the skull, ears in front of it (as opaque as told)."""
    paint(pictures, frame.cover(skull, soft=14), INK, 0.35)
    _ear(pictures, frame, t, coat, behind, 1 - t.hanging)
    shade = 1.04 - 0.3 * np.clip(1 + skull / 0.3, 0, 1) ** 2
    paint(pictures, frame.cover(skull), coat * shade[..., None])
    paint(pictures, np.clip(0.6 - front / 0.12, 0, 1), INK, (0.15 + 0.3 * t.hanging) * opacity)
    _ear(pictures, frame, t, coat, front, opacity)


def _ear(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, coat, distance, opacity: Number) -> None:
    """Paint ears: of pricked ones the inside is seen, hanging ones are darker than the head."""
    paint(pictures, frame.cover(distance), (0.86 - 0.18 * t.hanging)[:, None, None, None] * coat, opacity)
    inside = np.clip(0.5 - (distance + 0.32 * t.ear_r[:, None, None]) / 0.1, 0, 1)
    paint(pictures, inside, t.lining, 0.8 * (1 - t.hanging) * opacity)


def _ears(frame: Frame, t: SimpleNamespace) -> np.ndarray:
    """Distance to both ears of heads seen from the front, the left ones held a little otherwise than the right ones."""
    left, both = frame.x < (-0.12 * t.yaw)[:, None, None], folded(frame, -0.12 * t.yaw)
    angles = [np.deg2rad(angle)[:, None] + 0.12 * t.skew for angle in (t.angle_1, t.angle_2)]
    first, second = (np.where(left, *(side[:, None, None] for side in angle.T)) for angle in angles)
    base = (t.ear_x[:, None, None], (t.ear_y - 0.12 * t.pitch)[:, None, None])
    middle = _onward(base, first, t.ear_1[:, None, None])
    end = _onward(middle, second, t.ear_2[:, None, None])
    return _lobes(both, t, base, middle, end, t.ear_r)


def _ear_aside(frame: Frame, t: SimpleNamespace) -> np.ndarray:
    """Distance to one ear of heads seen from the side, where hanging ones look larger."""
    base, longer = (-0.22, t.ear_y + 0.1), 1 + 0.4 * t.hanging
    middle = _onward(base, np.deg2rad(t.angle_1), t.ear_1, across=-0.4)
    end = _onward(middle, np.deg2rad(t.angle_2), t.ear_2 * longer, across=-0.5)
    return _lobes(frame, t, base, middle, end, t.ear_r * (1 + 0.2 * t.hanging))


def _onward(start: Point, angle: Number, length: Number, across: float = 1.0) -> Point:
    """Where one comes from `start` at an angle from straight up; `across` stretches the way to the side."""
    return start[0] + across * length * np.sin(angle), start[1] - length * np.cos(angle)


def _lobes(frame: Frame, t: SimpleNamespace, base: Point, middle: Point, end: Point, wide: Number) -> np.ndarray:
    """Distance to an ear of two halves."""
    root = frame.stroke(base, middle, wide, t.ear_mid)
    return joined(root, frame.stroke(middle, end, wide * t.ear_mid, t.ear_tip / t.ear_mid), smooth=0.05)


def _eye(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, x: Number, y: Number, narrow: float) -> None:
    """Paint an eye with its rim, iris, pupil and glint; asleep, only a line is left."""
    wide, down, awake = narrow * t.eye, t.eye * t.lid, t.lid > 0.3
    inside = frame.cover(frame.ellipse(x, y, wide, down, angle=t.slant))
    pupil = frame.cover(frame.ellipse(x, y, wide * t.pupil, 0.95 * t.eye))
    paint(pictures, frame.cover(frame.ellipse(x, y, wide + 0.035, down + 0.035, angle=t.slant)), INK, 0.9)
    paint(pictures, inside, t.iris, awake)
    paint(pictures, inside * pupil, INK, awake)
    paint(pictures, frame.cover(frame.ellipse(x - 0.25 * t.eye, y - 0.3 * down, 0.04, 0.04)), WHITE, 0.9 * awake)


def _snout(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, x: Number, y: Number) -> None:
    """Paint tongue, mouth, whiskers and nose onto a muzzle that ends at (x, y), seen from the front."""
    top, lip, sides = y - 0.45 * t.muzzle_r, y + 0.42 * t.muzzle_r, folded(frame, x)
    tongue = frame.stroke((x, lip), (x, lip + 1.1 * t.muzzle_r), 0.38 * t.muzzle_r)
    paint(pictures, frame.cover(tongue - 0.03), INK, 0.7 * t.tongue)
    paint(pictures, frame.cover(tongue), TONGUE, t.tongue)
    lips = sides.stroke((0, lip), (0.62 * t.muzzle_r, lip + 0.02), 0.025)
    paint(pictures, frame.cover(joined(frame.stroke((x, top), (x, lip), 0.025), lips)), INK, 0.7)
    if t.scale.max() > WHISKERS_FROM:
        rays = [sides.stroke((0.2, y + 0.1 * ray), (1.0, y + 0.05 + 0.2 * ray), 0.014, 0.4) for ray in (-1, 0, 1)]
        paint(pictures, frame.cover(joined(*rays)), WHITE, t.whiskers)
    nose = sides.stroke((0.35 * t.nose, top), (0, top + 0.6 * t.nose), 0.65 * t.nose, 0.4)
    paint(pictures, frame.cover(nose), t.nose_color)


def _snout_aside(pictures: np.ndarray, frame: Frame, t: SimpleNamespace, x: Number, y: Number) -> None:
    """Paint tongue, mouth and nose onto a muzzle that ends at (x, y), seen from the side."""
    reach, lip = x + 0.8 * t.muzzle_r, y + 0.35 * t.muzzle_r
    tongue = frame.stroke((reach - 0.15, lip), (reach - 0.05, lip + 0.8 * t.muzzle_r), 0.3 * t.muzzle_r)
    paint(pictures, frame.cover(tongue), TONGUE, t.tongue)
    paint(pictures, frame.cover(frame.stroke((reach - 0.12, lip), (0.55 * reach, lip + 0.04), 0.025)), INK, 0.7)
    nose = frame.ellipse(reach - 0.5 * t.nose, y - 0.4 * t.muzzle_r, 0.8 * t.nose, 0.75 * t.nose)
    paint(pictures, frame.cover(nose), t.nose_color)
