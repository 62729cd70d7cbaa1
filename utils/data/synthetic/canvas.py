"""Painting many pictures at once: shapes known by their signed distance, laid over each other with soft edges.

A picture reaches from -1 to 1, x to the right, y down. What belongs to all pictures together has them on its first
axis: pictures float32 (N, side, side, 3) in [0, 1], distances and coverages float32 (N, side, side), colors (N, 3). A
number that differs from picture to picture is an array (N,); one that does not is just a number.
"""

from dataclasses import dataclass

import numpy as np

Number = float | np.ndarray  # one for all pictures, or (N,)


@dataclass(frozen=True)
class Frame:
    """Coordinates in which to place shapes: those of the pictures, or moved, turned, scaled and bent with an object."""

    x: np.ndarray  # (N, side, side)
    y: np.ndarray
    pixel: np.ndarray  # (N, 1, 1), the width of a pixel in these coordinates

    @classmethod
    def whole(cls, count: int, side: int) -> "Frame":
        """The coordinates of `count` pictures of `side` × `side` pixels."""
        centers = (np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1
        x, y = np.meshgrid(centers, centers)
        shape = (count, side, side)
        return cls(
            np.broadcast_to(x, shape), np.broadcast_to(y, shape), np.full((count, 1, 1), 2 / side, dtype=np.float32)
        )

    def moved(
        self, x: Number = 0.0, y: Number = 0.0, *, angle: Number = 0.0, scale: Number = 1.0, mirror: Number = 1.0
    ) -> "Frame":
        """The frame of an object: its origin at (x, y), turned clockwise by `angle` (radians), `scale` times as large.

        `mirror` is -1 where left and right change sides, else 1.
        """
        x, y, angle, scale, mirror = (_column(number) for number in (x, y, angle, scale, mirror))
        dx, dy, cos, sin = self.x - x, self.y - y, np.cos(angle), np.sin(angle)
        across, down = (cos * dx + sin * dy) / scale * mirror, (cos * dy - sin * dx) / scale
        return Frame(across, down, (self.pixel / scale).astype(np.float32))

    def bent(self, dx: np.ndarray, dy: np.ndarray) -> "Frame":
        """The same frame with each of its points moved by (dx, dy), both (N, side, side): outlines begin to waver."""
        return Frame(self.x + dx, self.y + dy, self.pixel)

    def ellipse(self, x: Number, y: Number, across: Number, down: Number, *, angle: Number = 0.0) -> np.ndarray:
        """Distance to an ellipse with these half axes (good near its edge, which is all that painting needs)."""
        frame = self.moved(x, y, angle=angle)
        across, down = _column(across), _column(down)
        radius = np.sqrt((frame.x / across) ** 2 + (frame.y / down) ** 2)
        return (radius - 1) * np.minimum(across, down)

    def stroke(
        self, start: tuple[Number, Number], end: tuple[Number, Number], thick: Number, taper: Number = 1.0
    ) -> np.ndarray:
        """Distance to a line with round ends: `thick` from its middle to its edge, at the end `taper` times that."""
        (x0, y0), (x1, y1) = ((_column(number) for number in point) for point in (start, end))
        dx, dy, thick = x1 - x0, y1 - y0, _column(thick)
        along = ((self.x - x0) * dx + (self.y - y0) * dy) / np.maximum(dx * dx + dy * dy, 1e-9)
        along = np.clip(along, 0, 1)
        gap = np.hypot(self.x - x0 - along * dx, self.y - y0 - along * dy)
        return gap - thick * (1 + along * (_column(taper) - 1))

    def polygon(self, corners: list[tuple[Number, Number]]) -> np.ndarray:
        """Distance to a polygon, whose corners may move from picture to picture."""
        points = [(_column(x), _column(y)) for x, y in corners]
        nearest, inside = np.full(self.x.shape, np.inf, np.float32), np.zeros(self.x.shape, bool)
        for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1]):
            dx, dy, px, py = x1 - x0, y1 - y0, self.x - x0, self.y - y0
            along = np.clip((px * dx + py * dy) / np.maximum(dx * dx + dy * dy, 1e-9), 0, 1)
            nearest = np.minimum(nearest, (px - along * dx) ** 2 + (py - along * dy) ** 2)
            crosses = (y0 > self.y) != (y1 > self.y)
            inside ^= crosses & ((dy * px - dx * py) * np.sign(dy) < 0)
        return np.sqrt(nearest) * np.where(inside, np.float32(-1), np.float32(1))

    def convex(self, corners: list[tuple[Number, Number]]) -> np.ndarray:
        """Distance to a convex polygon, in a quarter of `polygon`'s time; a corner that goes in is cut off straight."""
        points = [(_column(x), _column(y)) for x, y in corners]
        edges = list(zip(points, points[1:] + points[:1]))
        clockwise = np.copysign(1, sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in edges))
        sides = []
        for (x0, y0), (x1, y1) in edges:
            length = np.maximum(np.hypot(x1 - x0, y1 - y0), 1e-9) * clockwise
            sides.append((self.x - x0) * ((y1 - y0) / length) - (self.y - y0) * ((x1 - x0) / length))
        return np.maximum.reduce(sides)

    def box(self, x: Number, y: Number, across: Number, down: Number, *, corner: Number = 0.0) -> np.ndarray:
        """Distance to an upright rectangle of these half sides, whose corners are rounded by a radius of `corner`."""
        corner = _column(corner)
        dx = np.abs(self.x - _column(x)) - _column(across) + corner
        dy = np.abs(self.y - _column(y)) - _column(down) + corner
        return np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - corner

    def cover(self, distance: np.ndarray, *, soft: Number = 1.0) -> np.ndarray:
        """How much of each pixel a shape covers, 0 to 1; its edge is `soft` pixels wide."""
        return np.clip(0.5 - distance / (self.pixel * _column(soft)), 0, 1)


def joined(*distances: np.ndarray, smooth: Number = 0.0) -> np.ndarray:
    """Distance to several shapes together, the joints filled as with clay over a length of about `smooth`."""
    whole, smooth = distances[0], _column(smooth)
    for distance in distances[1:]:
        near = np.maximum(smooth - np.abs(whole - distance), 0)
        whole = np.minimum(whole, distance) - near * near / (4 * np.maximum(smooth, 1e-9))
    return whole


def paint(pictures: np.ndarray, cover: np.ndarray, color: np.ndarray, opacity: Number = 1.0) -> None:
    """Lay a color, (3,), (N, 3) or one a pixel, over the pictures, in place, where `cover` says."""
    color = np.asarray(color, np.float32)
    weight = (cover * _column(opacity)).astype(np.float32)
    for channel in range(pictures.shape[-1]):  # one after another: NumPy is four times as slow on an axis of only three
        layer, value = pictures[..., channel], color[..., channel]
        layer += weight * ((value[:, None, None] if color.ndim == 2 else value) - layer)


def noise(rng: np.random.Generator, count: int, side: int, cells: int) -> np.ndarray:
    """Smooth random fields (N, side, side) with about `cells` hills across a picture, mean about 0, spread about 1."""
    knots = np.arange(-1, cells + 2)
    gaps = (np.arange(side)[:, None] + 0.5) * cells / side - knots
    weights = np.exp(-2 * gaps**2)
    weights = (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(np.float32)
    return weights @ rng.standard_normal((count, len(knots), len(knots)), dtype=np.float32) @ weights.T


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """As uint8, cut off at black and white."""
    return np.rint(255 * np.clip(pictures, 0, 1)).astype(np.uint8)


def _column(number: Number) -> np.ndarray:
    """Shaped so that it stretches over the pixels of its picture."""
    number = np.asarray(number, np.float32)
    return number[:, None, None] if number.ndim == 1 else number
