"""Figures that say what they show: every drawing asks for `alt`, the text read out where no picture can be seen.

No function here touches pyplot's global state, and the same input gives the same bytes. All is drawn on white, to read
alike on light and dark pages; the colors keep their differences for color-blind readers (Okabe and Ito's palette), and
no line is told from another by color alone. In signed pictures orange is positive, blue negative, white zero.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from utils._drawing import COLORS, LINES, PIXELS_PER_INCH, SIGNED, UNSIGNED, WIDTH, Figure, figure, subplots

__all__ = [
    "COLORS",
    "PIXELS_PER_INCH",
    "WIDTH",
    "Figure",
    "bars",
    "curves",
    "draw_image",
    "draw_numbers",
    "figure",
    "frame_window",
    "show_images",
    "show_numbers",
    "subplots",
]

MOST_IMAGES = 200


def show_images(
    images: Sequence[np.ndarray] | np.ndarray,
    *,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    limits: tuple[float, float] | None = None,
    alt: str,
) -> Figure:
    """Show pictures in a grid, at most 8 to a row unless `columns` says otherwise.

    `images`: a list of pictures or an array (N, H, W) or (N, H, W, C); each picture (H, W), or with 1, 3 or 4 channels
    last. One (H, W) picture alone is taken too. uint8 is shown as it is, bool as black and white. Gray floats that hold
    negative numbers are drawn from blue (negative) over white (0) to orange (positive), others from black (0) to
    white (1, or their largest value); each picture on its own scale, or all on `limits`, (lowest, highest) value.
    ValueError for anything that is not a picture.
    """
    pictures = _pictures(images)
    _check_titles(titles, len(pictures), "images")
    columns = columns or min(len(pictures), 8)
    rows = math.ceil(len(pictures) / columns)
    width = min(WIDTH / columns, 3.6)
    height = width * max(picture.shape[0] / picture.shape[1] for picture in pictures) + (0.3 if titles else 0.1)
    drawing, axes = subplots(rows, columns, width=width * columns, height=height * rows)
    for index, axis in enumerate(axes.flat):
        axis.set_axis_off()
        if index < len(pictures):
            draw_image(axis, pictures[index], limits=limits, title=titles[index] if titles else None)
    return figure(drawing, alt=alt)


def draw_image(
    axis: Axes, picture: np.ndarray, *, limits: tuple[float, float] | None = None, title: str | None = None
) -> None:
    """Draw one picture (H, W) or (H, W, 3) on an axis of your own drawing, by the rules of `show_images`."""
    low, high = limits or _limits(picture)
    signed = picture.ndim == 2 and low < 0
    few_pixels = max(picture.shape[:2]) < 100  # so few that each should be seen as a square
    if picture.ndim == 3 and picture.dtype != np.uint8:
        picture = np.clip((picture - low) / (high - low), 0, 1)
    interpolation = "nearest" if few_pixels else "auto"
    axis.imshow(picture, cmap=SIGNED if signed else "gray", vmin=low, vmax=high, interpolation=interpolation)
    axis.set_axis_off()
    axis.set_title(title)


def show_numbers(
    arrays: np.ndarray | Sequence[np.ndarray],
    *,
    titles: Sequence[str] | None = None,
    signs: Sequence[str] | None = None,
    windows: Sequence[tuple[int, int, int, int] | None] | None = None,
    limits: tuple[float, float] | None = None,
    decimals: int | None = None,
    alt: str,
) -> Figure:
    """Show arrays as grids of cells with their numbers written in them, several side by side.

    `arrays`: one array (H, W) or (W,), or a list of them. Cells are colored as in `show_images`, only lighter. `signs`
    are written between the arrays (["×", "="] for three). `windows` frames a part of each, (top row, left column, rows,
    columns), or None. `limits` gives all one scale of colors, signed if the lowest is negative. Whole numbers are
    written as such, others with `decimals` places, two unless told. ValueError for an empty array, one of another rank,
    or more than 600 cells.
    """
    tables = _tables(arrays)
    _check_titles(titles, len(tables), "arrays")
    _check_titles(signs, len(tables) - 1, "gaps between arrays", "signs")
    _check_titles(windows, len(tables), "arrays", "windows")
    widths = [table.shape[1] for table in tables]
    gap = 0.35 if signs else 0.25
    cell = min(0.46, (WIDTH - gap * len(tables)) / sum(widths))
    height = cell * max(table.shape[0] for table in tables)
    drawing, axes = subplots(1, len(tables), width=cell * sum(widths) + gap * len(tables), height=height + 0.4)
    longest = max(len(text) for table in tables for text in _texts(table, decimals).values())
    size, left = min(10.0, 72 * cell * 0.88 / (0.62 * longest)), 0.0
    for index, (axis, table) in enumerate(zip(axes[0], tables)):
        axis.set_position(_box(left, cell * table.shape[1], cell * table.shape[0], drawing))
        title = titles[index] if titles else None
        draw_numbers(axis, table, limits=limits, decimals=decimals, size=size, title=title)
        if windows and windows[index]:
            frame_window(axis, *windows[index])
        if signs and index:
            x, y = (left - gap / 2) / drawing.get_figwidth(), axis.get_position().y0 + axis.get_position().height / 2
            drawing.text(x, y, signs[index - 1], ha="center", va="center", fontsize=13)
        left += cell * table.shape[1] + gap
    return figure(drawing, alt=alt)


def draw_numbers(
    axis: Axes,
    table: np.ndarray,
    *,
    limits: tuple[float, float] | None = None,
    decimals: int | None = None,
    size: float = 10.0,
    title: str | None = None,
) -> None:
    """Draw one (H, W) array as cells with numbers on an axis of your own drawing; `size` is the text's, in points."""
    top = float(np.abs(table).max()) or 1.0
    low, high = limits or (-top if table.min() < 0 else 0, top)
    if low < 0:  # the strongest colors stay light enough for black text
        low, high = 1.4 * low, 1.4 * high
    axis.imshow(table, cmap=SIGNED if low < 0 else UNSIGNED, vmin=low, vmax=high)
    for (row, column), text in _texts(table, decimals).items():
        axis.text(column, row, text, ha="center", va="center", fontsize=size)
    axis.set_xticks(np.arange(table.shape[1] + 1) - 0.5, [])
    axis.set_yticks(np.arange(table.shape[0] + 1) - 0.5, [])
    axis.grid(True, color="#b0b0b0", linewidth=0.8)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_title(title)


def frame_window(axis: Axes, top: int, left: int, rows: int, columns: int, *, color: str = "black") -> None:
    """Draw a frame around some pixels or cells of a picture or grid on an axis of your own drawing."""
    axis.add_patch(
        Rectangle((left - 0.5, top - 0.5), columns, rows, fill=False, edgecolor=color, linewidth=2.5, zorder=3)
    )


def curves(
    series: Mapping[str, Sequence[float] | np.ndarray],
    *,
    x: Sequence[float] | np.ndarray | None = None,
    xlabel: str,
    ylabel: str,
    log: str = "",
    alt: str,
) -> Figure:
    """Draw lines over a common x (0, 1, 2 … unless given); `log`: the axes to draw logarithmically, "x", "y" or "xy".

    `series`: name -> values (points,), or (runs, points): their mean, with a shaded band of one sample standard
    deviation to each side. ValueError for no series, other shapes, or another number of points than `x` has.
    """
    if not series:
        raise ValueError("There are no series to draw: pass at least one name with its values.")
    drawing, [[axis]] = subplots(height=3.2)
    for index, (name, values) in enumerate(series.items()):
        runs = np.atleast_2d(np.asarray(values, "float64"))
        points = np.arange(runs.shape[-1]) if x is None else np.asarray(x)
        if runs.ndim != 2 or len(points) != runs.shape[-1]:
            rule = f"x has {len(points)} points: pass (points,) or (runs, points)"
            raise ValueError(f"Series {name!r} has shape {np.shape(values)}, and {rule}.")
        mean, color = runs.mean(axis=0), COLORS[index % len(COLORS)]
        marker = "o" if len(points) <= 30 else None
        style = {"color": color, "linewidth": 2, "marker": marker, "markersize": 4}
        axis.plot(points, mean, LINES[index % len(LINES)], label=name, **style)
        if len(runs) > 1:
            spread = runs.std(axis=0, ddof=1)
            axis.fill_between(points, mean - spread, mean + spread, color=color, alpha=0.2, linewidth=0)
    _finish_axis(axis, xlabel, ylabel, log)
    if "x" in log and len(points) <= 12:  # powers of ten alone would leave most of so few points without a number
        axis.set_xticks(points, [f"{point:g}" for point in points])
        axis.minorticks_off()
    elif "x" not in log and np.issubdtype(points.dtype, np.integer):
        axis.xaxis.get_major_locator().set_params(integer=True)  # there is no epoch 2.5
    if len(series) > 1:
        axis.legend(frameon=False)
    return figure(drawing, alt=alt)


def bars(values: Mapping[str, float | Sequence[float]], *, xlabel: str, log: bool = False, alt: str) -> Figure:
    """Draw horizontal bars, the first on top, each with its number at the end.

    `values`: name -> a number, or several runs: their mean, with a line of one sample standard deviation to each side.
    ValueError for no bars, or a bar without numbers.
    """
    if not values or any(np.size(value) == 0 for value in values.values()):
        raise ValueError(f"Every bar needs at least one number, and there must be a bar: got {dict(values)!r}.")
    means = [float(np.mean(value)) for value in values.values()]
    spreads = [float(np.std(value, ddof=1)) if np.size(value) > 1 else 0.0 for value in values.values()]
    drawing, [[axis]] = subplots(height=0.5 + 0.38 * len(values))
    axis.barh(list(values), means, color=COLORS[0], height=0.65)
    for row, (mean, spread) in enumerate(zip(means, spreads)):
        if spread:
            axis.errorbar(mean, row, xerr=spread, color="black", capsize=3, linewidth=1.2)
        text = (f"{mean:,.0f}" if mean >= 100 else f"{mean:.3g}") + (f" ± {spread:.2g}" if spread else "")
        axis.annotate(text, (mean + spread, row), (5, 0), textcoords="offset points", va="center")
    axis.margins(x=0.15)
    axis.invert_yaxis()
    _finish_axis(axis, xlabel, "", "x" if log else "")
    axis.grid(False, axis="y")
    return figure(drawing, alt=alt)


def _texts(table: np.ndarray, decimals: int | None) -> dict[tuple[int, int], str]:
    """The number of each cell, (row, column), as it is written."""
    places = decimals if decimals is not None else 0 if np.all(table == np.round(table)) else 2
    # "+ 0.0" turns the -0 that rounding leaves into 0.
    rounded = np.round(table, places) + 0.0
    return {place: f"{value:.{places}f}".replace("-", "−") for place, value in np.ndenumerate(rounded)}


def _box(left: float, width: float, height: float, drawing: Drawing) -> tuple[float, float, float, float]:
    """Where an axis stands, from inches to fractions of its drawing; centered from top to bottom."""
    whole_width, whole_height = drawing.get_size_inches()
    return left / whole_width, 0.5 - height / whole_height / 2, width / whole_width, height / whole_height


def _finish_axis(axis: Axes, xlabel: str, ylabel: str, log: str) -> None:
    axis.set(xlabel=xlabel, ylabel=ylabel)
    if "x" in log:
        axis.set_xscale("log")
    if "y" in log:
        axis.set_yscale("log")
    axis.grid(True, color="#dddddd")
    axis.set_axisbelow(True)


def _check_titles(titles: Sequence | None, count: int, what: str, name: str = "titles") -> None:
    if titles is not None and (isinstance(titles, str) or len(titles) != count):
        raise ValueError(f"There are {count} {what}, but {name} is {titles!r}: pass a list with one entry for each.")


def _pictures(images: Sequence[np.ndarray] | np.ndarray) -> list[np.ndarray]:
    """Check and unify: each (H, W), or (H, W, 3 or 4); dtype uint8 or float."""
    arrays = [images] if isinstance(images, np.ndarray) and images.ndim == 2 else list(images)
    if not 0 < len(arrays) <= MOST_IMAGES:
        way_out = "pass a list, [image] for a single picture"
        raise ValueError(f"A figure shows 1 to {MOST_IMAGES} pictures, not {len(arrays)}: {way_out}.")
    return [_picture(np.asarray(array), index) for index, array in enumerate(arrays)]


def _picture(array: np.ndarray, index: int) -> np.ndarray:
    if array.ndim not in (2, 3) or array.size == 0 or (array.ndim == 3 and array.shape[-1] not in (1, 3, 4)):
        rule = "a picture is (height, width) or has 1, 3 or 4 channels last; np.moveaxis(image, 0, -1) moves them there"
        raise ValueError(f"Image {index} has shape {array.shape}, but {rule}.")
    if array.dtype.kind not in "uifb" or not np.isfinite(array).all():
        raise ValueError(
            f"Image {index} ({array.dtype}) holds something other than finite numbers: look for NaN in it."
        )
    array = array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array
    return array if array.dtype == np.uint8 else array.astype("float64")


def _limits(picture: np.ndarray) -> tuple[float, float]:
    """The values drawn with the darkest and the brightest color."""
    if picture.dtype == np.uint8:
        return 0, 255
    top = float(np.abs(picture).max()) or 1.0
    return (-top, top) if picture.min() < 0 else (0, max(top, 1.0))


def _tables(arrays: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
    """Check and unify: each (H, W) float64."""
    given = [arrays] if isinstance(arrays, np.ndarray) and arrays.ndim <= 2 else list(arrays)
    tables = [np.atleast_2d(np.asarray(array, "float64")) for array in given]
    for index, table in enumerate(tables):
        if table.ndim != 2 or not 0 < table.size <= 600:
            rule = "a grid of numbers has 1 to 600 cells, (H, W) or (W,): show a part of it"
            raise ValueError(f"Array {index} has shape {table.shape}, but {rule}.")
    if not tables:
        raise ValueError("There are no arrays to show: pass an array (H, W) or a list of them.")
    return tables
