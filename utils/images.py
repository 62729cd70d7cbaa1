"""Pictures as NumPy arrays: from files of many formats upright RGB in 8 bits, or one sentence on what is wrong."""

import contextlib
import io
import os
import re
import warnings
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from utils import shapes

MAX_PIXELS = 50_000_000  # of a picture that is decoded: 150 MB as an array, and more than cameras make
# A pipe without a writer does not keep who opens it waiting, but is empty. (Windows has neither flag's counterpart.)
OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
AT_ONCE = 1 << 18  # bytes: smaller files are read in one go, which saves a tenth of the time for small photos
# How the files of each format begin. `Image.open` would do, but it warns of large pictures by its own rule.
SIGNATURES = tuple(
    (re.compile(signature, re.DOTALL), reader)
    for signature, reader in (
        (rb"\xff\xd8\xff", JpegImageFile),
        (rb"\x89PNG\r\n\x1a\n", PngImageFile),
        (rb"GIF8[79]a", GifImageFile),
        (rb"RIFF.{4}WEBP", WebPImageFile),
        (rb"II[*+]\0|MM\0[*+]", TiffImageFile),
        (rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", BmpImageFile),  # "BM" alone begins texts, too
        (rb"P[1-6]\s+[#\d]", PpmImageFile),
    )
)
PNG_END = b"IEND\xae\x42\x60\x82"
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture of this EXIF orientation upright (EXIF 2.32, tag 0x0112)."""
SIDEWAYS = (5, 6, 7, 8)  # the orientations that swap width and height

# Pillow's readers warn of damaged notes beside the pixels (EXIF, tags), as hundreds of the published cats and dogs have
# them; the picture is whole. Set for the process, because a filter around each call would not be thread-safe.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.\w+ImagePlugin")


class ImageError(ValueError):
    """A file that gives no picture; its text says in one sentence which file, and what is wrong.

    `kind` is "empty", "not an image", "truncated" (cut short or damaged), "huge" (more than `MAX_PIXELS`) or
    "unreadable" (its numbers stand for no known brightness); `problem` is the sentence without the file.
    """

    def __init__(self, kind: str, name: str, problem: str) -> None:
        super().__init__(f"{name or 'This picture'} {problem}.")
        self.kind, self.problem = kind, problem


def read(source: str | os.PathLike | bytes | BinaryIO, *, size: int | tuple[int, int] | None = None) -> np.ndarray:
    """The picture in a file: uint8 (height, width, 3), RGB, upright by its EXIF orientation.

    Transparency is laid over white, 16-bit gray is scaled to 8 bits, and of an animation the first frame is taken, even
    where later ones are cut off.
    `size=(height, width)` squashes: shrinking averages areas, enlarging is bilinear. Where a JPEG is at least twice as
    large, libjpeg first shrinks it by 2, 4 or 8 while decoding, which is faster and differs by a few gray levels.

    Args:
        source: a path, the file's bytes, or a binary stream, which is read to its end.
        size: one side for a square, or (height, width).

    Raises:
        ImageError: the file gives no picture, not even a truncated one.
        OSError: the file can not be opened or read.
    """
    size = None if size is None else shapes.pair("size", size)
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), "", size)
    if isinstance(source, str | os.PathLike):
        with os.fdopen(os.open(source, OPENING), "rb", buffering=0) as file:
            start = file.read(AT_ONCE)
            return _read(io.BytesIO(start) if len(start) < AT_ONCE else file, os.fspath(source), size)
    name = getattr(source, "name", "")
    return _read(io.BytesIO(source.read()), name if isinstance(name, str) else "", size)


def _read(stream: BinaryIO, name: str, size: tuple[int, int] | None) -> np.ndarray:
    return decoded(opened(stream, name), name, size)


def opened(stream: BinaryIO, name: str = "") -> ImageFile:
    """The picture in a seekable stream, of which only the header was read; `name` is for the errors.

    Raises:
        ImageError: this is no picture, or its header is damaged.
    """
    stream.seek(0)
    start = stream.read(32)
    stream.seek(0)
    if not start:
        raise ImageError("empty", name, "is empty")
    reader = next((reader for signature, reader in SIGNATURES if signature.match(start)), None)
    if reader is None:
        raise ImageError("not an image", name, f"is no picture of a known format: it begins with {start[:8]!r}")
    with _telling_damage(name):
        return reader(stream)


def decoded(picture: ImageFile, name: str = "", size: tuple[int, int] | None = None) -> np.ndarray:
    """The pixels of an opened picture, as `read` gives them, with the errors of `read`."""
    if picture.width * picture.height > MAX_PIXELS:
        sides = f"{picture.width:,} × {picture.height:,} pixels"
        raise ImageError("huge", name, f"has {sides}, more than the {MAX_PIXELS:,} that are decoded: shrink it")
    stream = picture.fp
    with _telling_damage(name):
        if size and isinstance(picture, JpegImageFile):
            picture.draft(None, size if orientation(picture) in SIDEWAYS else size[::-1])
        picture.load()
        if isinstance(picture, PngImageFile) and not _holds(stream, PNG_END):
            raise ImageError("truncated", name, "is cut short: it lacks the end that every PNG file has")
        image = _rgb(picture, name)
        if orientation(picture) in TURNS:  # asked anew: Pillow turns TIFF files by itself
            image = image.transpose(TURNS[orientation(picture)])
    return np.array(_squashed(image, size) if size else image)


def orientation(picture: Image.Image) -> int:
    """A picture's EXIF orientation, 1 to 8; 1, upright, where it has none or a damaged one."""
    try:
        found = picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged EXIF data raise whatever they lead to, and no other program refuses the picture
        return 1
    return found if found in TURNS else 1


def is_animated(picture: ImageFile) -> bool:
    """Whether an opened picture has several frames; not where what follows the first is damaged."""
    try:
        return bool(getattr(picture, "is_animated", False))
    except Exception:  # as above
        return False


def resize(images: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Squash uint8 images (N, H, W, C) or (H, W, C), C 1 or 3, to `size` as `read` does.

    Args:
        images: the images; they stay as they are.
        size: one side for a square, or (height, width).

    Raises:
        ValueError: the images are of another dtype or shape.
    """
    height, width = shapes.pair("size", size)
    fits = images.ndim in (3, 4) and images.shape[-1] in (1, 3) and 0 not in images.shape[-3:]
    if images.dtype != np.uint8 or not fits:
        raise ValueError(
            f"Images are {images.dtype} of shape {images.shape}: pass uint8 of shape (N, height, width, channels) "
            f"or (height, width, channels), with 1 or 3 channels."
        )
    result = np.empty((*images.shape[:-3], height, width, images.shape[-1]), np.uint8)
    flat = (-1, *result.shape[-3:])
    for image, place in zip(images.reshape(-1, *images.shape[-3:]), result.reshape(flat)):
        small = _squashed(Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image), (height, width))
        place[...] = np.asarray(small).reshape(place.shape)
    return result


def _squashed(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Shrunk by averaging areas, or enlarged bilinearly."""
    shrinks = image.width >= size[1] and image.height >= size[0]
    sampling = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return image if image.size == size[::-1] else image.resize(size[::-1], sampling)


def _rgb(picture: Image.Image, name: str) -> Image.Image:
    """A decoded picture of any mode in RGB."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode in ("F", "I") or picture.mode.startswith("I;16"):
        return _from_wide_gray(picture, name)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture)
    return paper


def _from_wide_gray(picture: Image.Image, name: str) -> Image.Image:
    """16-bit gray scaled to 8 bits. Pillow's own conversion would clip it at 255."""
    values = np.asarray(picture)
    if picture.mode == "F" or values.min() < 0 or values.max() > 65535:
        problem = "holds 32-bit numbers, which stand for no known brightness: save it with 8 or 16 bits a channel"
        raise ImageError("unreadable", name, problem)
    return Image.fromarray(np.rint(values / 257).astype(np.uint8)).convert("RGB")


def _holds(stream: BinaryIO, wanted: bytes) -> bool:
    """Whether these bytes stand anywhere in the stream."""
    stream.seek(0)
    before = b""
    while block := stream.read(1 << 20):
        if wanted in before + block:
            return True
        before = block[-len(wanted) :]
    return False


@contextlib.contextmanager
def _telling_damage(name: str) -> Iterator[None]:
    """Turn what Pillow raises for damaged files into ImageError, and leave what the disk or the memory raises."""
    try:
        yield
    except Image.DecompressionBombError:
        raise ImageError("huge", name, f"has more than the {MAX_PIXELS:,} pixels that are decoded: shrink it") from None
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # anything from SyntaxError to struct.error: each format has its own way to fail
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ImageError("truncated", name, f"is cut short or damaged ({error})") from error
