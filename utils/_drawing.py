"""What every figure of `utils.plots` is made of: the colors, an empty drawing, and a finished picture with its text."""

import base64
import html
import io

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Drawing

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":")
SIGNED = LinearSegmentedColormap.from_list("signed", [COLORS[0], "#ffffff", COLORS[1]], N=257)  # odd: 0 is white
UNSIGNED = LinearSegmentedColormap.from_list("unsigned", ["#8c8c8c", "#ffffff"])
WIDTH = 7.2  # inches: as wide as the text of a page
PIXELS_PER_INCH = 100  # on the page; stored at twice that, for sharp screens
STYLE = {"font.size": 10, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False}


class Figure:
    """A finished picture with its alternative text. `png`: bytes; `width`, `height`: size on the page in pixels."""

    def __init__(self, png: bytes, alt: str):
        self.png, self.alt = png, alt
        # A PNG keeps its size in bytes 16 to 24, big endian.
        self.width, self.height = (int.from_bytes(png[start : start + 4]) // 2 for start in (16, 20))

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        """What Jupyter shows: the picture as PNG and as HTML, both with the alternative text, and the text alone."""
        encoded, alt = base64.b64encode(self.png).decode(), html.escape(self.alt)
        image = f'<img src="data:image/png;base64,{encoded}" alt="{alt}" width="{self.width}" style="height: auto">'
        bundle = {"image/png": encoded, "text/html": image, "text/plain": repr(self)}
        return bundle, {"image/png": {"alt": self.alt, "width": self.width}}


def subplots(
    rows: int = 1, columns: int = 1, *, width: float = WIDTH, height: float = 3.0
) -> tuple[Drawing, np.ndarray]:
    """An empty drawing in the style of the book, to hand to `figure`, and its axes (rows, columns). Sizes in inches."""
    with matplotlib.rc_context(STYLE):
        drawing = Drawing(figsize=(width, height), layout="constrained")
        return drawing, drawing.subplots(rows, columns, squeeze=False)


def figure(drawing: Drawing, *, alt: str) -> Figure:
    """Render your own Matplotlib drawing and attach its alternative text. ValueError if `alt` says nothing."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f'alt is {alt!r}, but every figure must say what it shows: pass a sentence, alt="…".')
    stream = io.BytesIO()
    # Without the "Software" entry the bytes do not change with Matplotlib's version.
    options = {"metadata": {"Software": None}, "bbox_inches": "tight", "pad_inches": 0.06, "facecolor": "white"}
    FigureCanvasAgg(drawing)
    drawing.savefig(stream, format="png", dpi=2 * PIXELS_PER_INCH, **options)
    return Figure(stream.getvalue(), " ".join(alt.split()))
