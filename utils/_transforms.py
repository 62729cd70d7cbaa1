"""The matrices that move and color pictures: the inside of `utils.augmentation`.

A move is 3×3 and acts on places (x, y, 1): x pixels to the right and y down from the picture's middle. A coloring is
4×4 and acts on (red, green, blue, mean), where mean is the mean luma of the whole picture: so it can say what contrast
does. Of several one after the other, the product is one such matrix. Arguments are float64 (N,), results (N, 3, 3) or
(N, 4, 4).
"""

import numpy as np

YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
"""NTSC's way from RGB to luma and two coordinates of chroma; gray has no chroma."""
LUMA = (*YIQ[0], 0)
# What a factor below 1 pulls a picture towards, and one above 1 away from (Haeberli and Voorhies 1994, "Image
# processing by linear interpolation and extrapolation"): black, its mean gray, itself in gray.
BLENDS = {
    "brightness": np.zeros((4, 4)),
    "contrast": np.array([(0, 0, 0, 1)] * 4),
    "saturation": np.array([LUMA, LUMA, LUMA, (0, 0, 0, 1)]),
}


def scaling(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Stretched by these factors; -1 mirrors."""
    return _stacked([[x, 0, 0], [0, y, 0], [0, 0, 1]])


def shearing(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Each row slides by x times its height, then each column by y times its place."""
    return _stacked([[1, 0, 0], [y, 1, 0], [0, 0, 1]]) @ _stacked([[1, x, 0], [0, 1, 0], [0, 0, 1]])


def rotation(degrees: np.ndarray) -> np.ndarray:
    """Turned counterclockwise."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return _stacked([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])  # y points down


def translation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Moved by so many pixels to the right and down."""
    return _stacked([[1, 0, x], [0, 1, y], [0, 0, 1]])


def blend(kind: str, factor: np.ndarray) -> np.ndarray:
    """Brightness, contrast or saturation times a factor; 1 changes nothing."""
    factor = factor[:, None, None]
    return factor * np.eye(4) + (1 - factor) * BLENDS[kind]


def hue_turn(turns: np.ndarray) -> np.ndarray:
    """Chroma turned around gray by parts of a full turn, which keeps each pixel's luma."""
    cosine, sine = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
    colors = np.tile(np.eye(4), (len(turns), 1, 1))
    colors[:, :3, :3] = np.linalg.inv(YIQ) @ _stacked([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]) @ YIQ
    return colors


def sources(moves: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """From moves to where each new pixel comes from: (N, 2, 3), applied to (x, y, 1) counted from the first pixel."""
    height, width = size
    middle = np.array([[1, 0, (width - 1) / 2], [0, 1, (height - 1) / 2], [0, 0, 1]])
    return (middle @ np.linalg.inv(moves) @ np.linalg.inv(middle))[:, :2]


def _stacked(rows: list) -> np.ndarray:
    """3×3 matrices (N, 3, 3) whose cells are numbers or arrays (N,)."""
    cells = np.broadcast_arrays(*(np.asarray(cell, float) for row in rows for cell in row))
    return np.stack(cells, axis=-1).reshape(-1, 3, 3)
