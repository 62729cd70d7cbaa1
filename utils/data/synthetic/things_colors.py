"""What color things are in CIFAR-10's twin. Every class may have almost any; some are a little more likely."""

import numpy as np

PAINT = "#c8202a #f0f0f0 #e8e8ea #1d1f24 #2f5fae #8fa0b0 #b8bcc0 #e0b020 #2f7a4a #6a3a2a #58a0c8 #46505c"
COAT = "#7a4f2c #a8713f #c99a5f #e6d3ae #efeeea #3a2a20 #1c1a1a #6f6a66"

# The paint or coat of each class; a color that stands there twice is twice as likely.
PAINTED = {
    "airplane": PAINT + " #f0f0f0 #e8e8ea #f4f4f4 #d8dce0 #b8bcc0 #c8ccd2 #8fa0b0 #e8ecf0",
    "automobile": PAINT + " #c8202a #a01c20 #1d1f24 #b8bcc0 #d8d2c0 #2a3a6a",
    "ship": PAINT + " #f0f0f0 #f4f4f4 #e8e8ea #3a4656 #6a7684 #1d2a44 #8a3a2a",
    "truck": PAINT + " #c8202a #e0b020 #f0f0f0 #e07a28 #c8202a #f4f4f4 #e0b020",
}
COATED = {
    "bird": COAT + " #6f5a40 #8a6a4a #5a4a3a #e6c52a #3f6fb0 #b02a2a #f4f4f2 #2a2a2e #7f9a4a",
    "cat": COAT + " #efeeea #1c1a1a #6f6a66 #a39d96 #8f8a86 #d08a48 #8f8a86 #a39d96",
    "deer": COAT + " #a8713f #b5793f #9a6a3c #8a5a34 #c08a55 #a8713f #8f6a48 #b08048 #a06c3a",
    "dog": COAT + " #c99a5f #e6d3ae #efeeea #d8b078 #1c1a1a #e6d3ae #c99a5f",
    "frog": COAT + " #5f8a2a #7fae3a #3f5f2a #86803a #c8502a #4f7a6a #9a9a4a #6f9a3a #8fae4a #7a7a30 #6a6a3a",
    "horse": COAT + " #5a3420 #6f3f22 #3a241a #1c1614 #8a4f2a #5a3420 #4a2c1c #2a1c16",
}

# What has the same color whatever it belongs to.
FIXED = {
    "bill": "#e0a030 #4a4640 #d8702a #8a8070",
    "dark": "#16161a",
    "eye": "#a8b83a #d8a83a #7fb0c8 #8a9a3a #5a4a2a",
    "glass": "#2c3a48 #56697a #1c2228 #93a8b8",
    "horn": "#8a7050 #5a4630 #b8a080",
    "inner": "#d8a8a0 #b88a7f #e0c0b0",
    "lamp": "#f4e8b0 #fff6e0 #e8e8e8",
    "nose": "#d8909a #3a2a2a #a86a6a",
    "red": "#a01c1c #c83a2a",
    "rim": "#b9bcc0 #8a8d92 #d8dade",
    "sail": "#f4f2ea #e6e0d0 #f8f8f8 #c8502a #d8e4ee #e0c89a",
    "shadow": "#1a1a1a",
    "skin": "#e0b090 #8a5f48 #c89070",
    "tire": "#1a1a1c",
    "tongue": "#d8707a",
    "twig": "#5a4632 #3a2e24 #7d6a50",
    "white": "#f4f4f4",
}


def picked(rng: np.random.Generator, count: int, colors: str, *, spread: float = 0.06) -> np.ndarray:
    """`count` colors, (count, 3) in [0, 1], each near one of these hexadecimal ones."""
    table = np.array([list(bytes.fromhex(color[1:])) for color in colors.split()]) / 255
    shared, own = rng.normal(0, spread, (count, 1)), rng.normal(0, spread / 3, (count, 3))
    return np.clip(table[rng.integers(len(table), size=count)] + shared + own, 0, 1)


def each(values: np.ndarray) -> np.ndarray:
    """One number a picture, (N,), shaped to stretch over its pixels: float32 (N, 1, 1)."""
    return np.asarray(values, np.float32)[:, None, None]


def chosen(name: str, used: set[str], count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What the colors `used` by a view of the class `name` are in each of `count` pictures, (count, 3)."""
    colors = {role: picked(rng, count, table) for role, table in FIXED.items() if role in used}
    colors |= _paints(PAINTED.get(name, PAINT), count, rng)
    if name in COATED:
        colors |= _coats(COATED[name], count, rng)
    return colors


def _paints(table: str, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What is painted, or worn by a rider: of one color or two, darker where it looks away from the light."""
    paint, second, trim = (picked(rng, count, table) for _ in range(3))
    second = np.where(_often(0.5, count, rng), 0.8 * paint, second)
    return {
        "paint": paint,
        "side": 0.75 * paint,
        "second": second,
        "trim": np.where(_often(0.4, count, rng), paint, trim),
    }


def _coats(table: str, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Fur, feathers or skin: what lies further away is darker, a belly often pale, other parts may differ or not."""
    coat, other = (picked(rng, count, table) for _ in range(2))
    pale = coat + (1 - coat) * rng.uniform(0.2, 0.8, (count, 1))
    colors = {"coat": coat, "far": 0.72 * coat, "stripe": 0.55 * coat}
    colors["belly"] = np.where(_often(0.3, count, rng), other, pale)
    for role in ("ear", "mane", "wing", "head", "spot"):
        shade = coat * rng.uniform(0.5, 1.05, (count, 1))
        colors[role] = np.where(_often(0.4, count, rng), other, shade)
    return colors


def _often(share: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """True in about this share of (count, 1)."""
    return rng.random((count, 1)) < share
