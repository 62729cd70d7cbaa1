"""Reading pictures: against Pillow's own steps, and against files that are cut, damaged, enormous or none."""

import functools
import io
import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from utils import images, provenance

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pytest undoes the filter that `images` sets
examples = settings(max_examples=150)
rng = np.random.default_rng(0)
PHOTO = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).resize((64, 48), Image.Resampling.BICUBIC)
PIXELS = np.asarray(PHOTO)
FORMATS = {
    "JPEG": {"quality": 95},
    "progressive JPEG": {"format": "JPEG", "quality": 95, "progressive": True},
    "CMYK JPEG": {"format": "JPEG", "quality": 95, "mode": "CMYK"},
    "PNG": {},
    "palette PNG": {"format": "PNG", "mode": "P"},
    "animated PNG": {"format": "PNG", "save_all": True, "append_images": [PHOTO.rotate(90)]},
    "GIF": {},
    "BMP": {},
    "WEBP": {"lossless": True},
    "animated WEBP": {"format": "WEBP", "lossless": True, "save_all": True, "append_images": [PHOTO.rotate(90)]},
    "TIFF": {},
    "packed TIFF": {"format": "TIFF", "compression": "tiff_lzw"},
    "PPM": {},
}


@functools.cache
def encoded(name: str) -> bytes:
    options = {"format": name} | FORMATS[name]
    stream = io.BytesIO()
    PHOTO.convert(options.pop("mode", "RGB")).save(stream, **options)
    return stream.getvalue()


def saved(picture: Image.Image, format: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of one row of pixels whose header claims another size, with right checksums."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1 + 3 * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_gives_what_pillow_gives(name):
    expected = np.asarray(Image.open(io.BytesIO(encoded(name))).convert("RGB"))
    image = images.read(encoded(name))
    assert image.dtype == np.uint8
    assert image.flags.writeable
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("GIF", "palette PNG")])
def test_what_is_read_is_the_photo(name):
    assert np.abs(images.read(encoded(name)).astype(int) - PIXELS).mean() < 4


@pytest.mark.parametrize("source", ["str", "path", "bytes", "stream", "pipe"])
def test_every_source_gives_the_same(source, tmp_path):
    path = tmp_path / "a photo.png"
    path.write_bytes(encoded("PNG"))

    class Pipe(io.RawIOBase):  # can not be wound back, as a download can not
        def read(self, size=-1):
            return content.read(size)

    content = io.BytesIO(encoded("PNG"))
    sources = {"str": str(path), "path": path, "bytes": encoded("PNG"), "stream": content, "pipe": Pipe()}
    np.testing.assert_array_equal(images.read(sources[source]), PIXELS)


def test_a_large_file_is_read_from_the_disk_in_pieces(tmp_path, monkeypatch):
    for name in FORMATS:
        path = tmp_path / name
        path.write_bytes(encoded(name))
        expected = images.read(path)
        monkeypatch.setattr(images, "AT_ONCE", 64)
        np.testing.assert_array_equal(images.read(path), expected)
        monkeypatch.undo()


def test_files_are_closed_and_streams_are_left_open(tmp_path):
    path = tmp_path / "cut.jpg"
    path.write_bytes(encoded("JPEG")[:-100])
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        with pytest.raises(images.ImageError):
            images.read(path)
        path.write_bytes(encoded("TIFF"))
        images.read(path)
    stream = io.BytesIO(encoded("GIF"))
    images.read(stream)
    assert not stream.closed


@pytest.mark.parametrize(
    ("size", "sampling"),
    [((24, 32), "BOX"), ((48, 10), "BOX"), (16, "BOX"), ((100, 90), "BILINEAR"), ((100, 10), "BILINEAR")],
    ids=str,
)
def test_shrinking_averages_areas_and_enlarging_is_bilinear(size, sampling):
    height, width = size if isinstance(size, tuple) else (size, size)
    expected = PHOTO.resize((width, height), Image.Resampling[sampling])
    np.testing.assert_array_equal(images.read(encoded("PNG"), size=size), np.asarray(expected))
    np.testing.assert_array_equal(images.resize(PIXELS, size), np.asarray(expected))


def test_shrinking_by_two_is_the_mean_of_four_pixels():
    expected = PIXELS.reshape(PIXELS.shape[0] // 2, 2, PIXELS.shape[1] // 2, 2, 3).mean(axis=(1, 3))
    half = images.resize(PIXELS, (PIXELS.shape[0] // 2, PIXELS.shape[1] // 2))
    assert np.abs(half - expected).max() <= 1, "each direction rounds once"


@pytest.mark.parametrize("shrunk", [2, 3, 5, 9])
def test_a_jpeg_shrunk_while_decoding_looks_the_same(shrunk):
    large = PHOTO.resize((576, 432), Image.Resampling.BICUBIC)
    size = (432 // shrunk, 576 // shrunk)
    drafted = images.read(saved(large, "JPEG", quality=95), size=size)
    assert np.abs(drafted.astype(int) - images.resize(np.asarray(large), size)).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_sets_upright(format, orientation):
    shown = PHOTO.resize((160, 120))  # taken by a camera held in each of the eight ways
    undo = {0: shown, **{k: shown.transpose(turn) for k, turn in images.TURNS.items()}}
    undo[6], undo[8] = undo[8], undo[6]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"lossless": True} if format == "WEBP" else {}
    content = saved(undo.get(orientation, shown), format, exif=exif, **options)
    assert np.abs(images.read(content).astype(int) - np.asarray(shown)).mean() < 3
    small = images.read(content, size=(30, 40))
    assert np.abs(small.astype(int) - np.asarray(shown.resize((40, 30), Image.Resampling.BILINEAR))).mean() < 3


def test_a_sideways_jpeg_is_not_shrunk_too_much():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    noise = Image.fromarray(rng.integers(0, 256, (120, 480), np.uint8))  # shown 120 wide and 480 high
    content = saved(noise, "JPEG", quality=95, exif=exif)
    np.testing.assert_array_equal(images.read(content, size=(60, 120)), images.resize(images.read(content), (60, 120)))


def with_exif(exif: bytes) -> bytes:
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + encoded("JPEG")[2:]


CUT_EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12"


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0nonsense", CUT_EXIF, b"x" * 99], ids=range(4))
def test_damaged_exif_leaves_the_picture_as_it_is(exif):
    np.testing.assert_array_equal(images.read(with_exif(exif)), images.read(encoded("JPEG")))


def test_damaged_exif_is_nothing_to_warn_of():
    code = "import sys; from utils import images; images.read(sys.stdin.buffer)"
    command = [sys.executable, "-W", "error", "-c", code]
    outcome = subprocess.run(command, input=with_exif(CUT_EXIF), capture_output=True, cwd=provenance.ROOT)
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    with pytest.warns(UserWarning, match="Corrupt EXIF"):  # pytest sets its own filters: there was something to hide
        images.read(with_exif(CUT_EXIF))


def test_transparency_is_laid_over_white():
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    alpha[:8, :8] = 51
    clear = Image.fromarray(np.dstack([PIXELS, alpha]))
    image = images.read(saved(clear))
    assert (image[8:, :32] == 255).all()
    np.testing.assert_array_equal(image[:, 32:], PIXELS[:, 32:])
    np.testing.assert_allclose(image[:8, :8], 255 - (255.0 - PIXELS[:8, :8]) / 5, atol=1)


@pytest.mark.parametrize("mode", ["P", "L", "LA", "RGB"])
def test_transparency_of_other_modes_is_laid_over_white(mode):
    picture = Image.new(mode, (9, 9), 0)
    content = saved(picture, **({} if mode == "LA" else {"transparency": (0, 0, 0) if mode == "RGB" else 0}))
    assert (images.read(content) == 255).all()


def test_16_bit_gray_is_scaled_and_not_clipped():
    values = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)  # 0 … 65535 in 256 steps
    expected = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, 2)
    np.testing.assert_array_equal(images.read(saved(Image.fromarray(values))), expected)
    np.testing.assert_array_equal(images.read(saved(Image.fromarray(values), "TIFF")), expected)
    np.testing.assert_array_equal(images.read(b"P5 16 16 65535\n" + values.astype(">u2").tobytes()), expected)


@pytest.mark.parametrize("values", [np.float32([[0.5]]), np.int32([[70_000]]), np.int32([[-1]])], ids=str)
def test_numbers_without_a_known_brightness_are_refused(values):
    with pytest.raises(images.ImageError, match="no known brightness") as caught:
        images.read(saved(Image.fromarray(values), "TIFF"))
    assert caught.value.kind == "unreadable"


@pytest.mark.parametrize("name", FORMATS)
def test_a_truncated_file_is_never_read(name):
    content = encoded(name)
    end = len(content) - (2 if name == "GIF" else 0)  # these two end the file, not the picture
    cuts = {*range(0, end, max(1, end // 60)), *range(max(0, end - 20), end)}
    for length in sorted(cuts):
        for size in (None, (12, 16)):
            with pytest.raises(images.ImageError):
                images.read(content[:length], size=size)


def test_the_end_of_a_png_is_found_across_the_blocks_that_are_read():
    for place in range((1 << 20) - 10, (1 << 20) + 2):
        assert images._holds(io.BytesIO(bytes(place) + images.PNG_END), images.PNG_END)
    assert not images._holds(io.BytesIO(bytes(1 << 21) + images.PNG_END[:-1]), images.PNG_END)


def test_an_animation_cut_after_its_first_frame_gives_that():
    whole = saved(PHOTO, "GIF", save_all=True, append_images=[PHOTO.rotate(90)])
    np.testing.assert_array_equal(images.read(whole[:-500]), images.read(whole))


@examples
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "PPM", "BMP"]), st.data())
def test_a_damaged_byte_gives_a_picture_or_an_image_error(name, data):
    content = bytearray(encoded(name))
    place = data.draw(st.integers(0, min(len(content), 400) - 1))
    content[place] = data.draw(st.integers(0, 255))
    try:
        image = images.read(bytes(content))
    except images.ImageError as error:
        assert str(error).endswith(".")
    else:
        assert image.dtype == np.uint8
        assert image.ndim == 3


@examples
@given(st.binary(max_size=200))
def test_random_bytes_never_read(content):
    with pytest.raises(images.ImageError):
        images.read(content)


@pytest.mark.parametrize(
    ("content", "kind", "complaint"),
    [
        (b"", "empty", "is empty"),
        (b"JFIF is what this text says", "not an image", "known format: it begins with b'JFIF is '"),
        (b"<!doctype html><html></html>", "not an image", "no picture"),
        (b"BMWs and other cars, a list of them", "not an image", "no picture"),
        (b"\xff\xd8\xff", "truncated", "cut short or damaged"),
        (png_claiming(60_000, 60_000), "huge", "has 60,000 × 60,000 pixels, more than the 50,000,000"),
        (png_claiming(50_000_001, 1), "huge", "50,000,001 × 1"),
        (b"P6 90000 90000 255\n", "huge", "90,000 × 90,000"),
        (b"GIF89a\xff\xff\xff\xff" + bytes(200), "truncated", "cut short or damaged"),
    ],
    ids=["empty", "JFIF", "HTML", "BM", "start", "huge", "long", "PPM", "GIF"],
)
def test_a_wrong_file_is_refused_by_name(content, kind, complaint, tmp_path):
    path = tmp_path / "cat 1.jpg"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow warns of large pictures by itself
        with pytest.raises(images.ImageError, match=f"cat 1.jpg .*{complaint}") as caught:
            images.read(path)
    assert caught.value.kind == kind


def test_most_pixels_are_read_and_one_more_is_not(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 48 * 64)
    assert images.read(encoded("JPEG")).shape == (48, 64, 3)
    monkeypatch.setattr(images, "MAX_PIXELS", 48 * 64 - 1)
    with pytest.raises(images.ImageError, match="48") as caught:
        images.read(encoded("JPEG"), size=(4, 4))
    assert caught.value.kind == "huge"


def test_a_missing_file_is_no_image_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        images.read(tmp_path / "none.jpg")


def test_a_failing_disk_is_no_image_error():
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 100:
                raise OSError(5, "Input/output error")
            return super().read(min(size, 64))

    picture = images.opened(Failing(encoded("PPM")))
    with pytest.raises(OSError, match="Input/output"):
        images.decoded(picture)


def test_resize_takes_stacks_and_gray():
    stack = np.stack([PIXELS, PIXELS[::-1]])
    small = images.resize(stack, (20, 30))
    assert small.shape == (2, 20, 30, 3)
    np.testing.assert_array_equal(small[1], images.resize(PIXELS[::-1], (20, 30)))
    gray = images.resize(stack[..., :1], (20, 30))
    np.testing.assert_array_equal(gray, small[..., :1])
    assert images.resize(stack[:0], 5).shape == (0, 5, 5, 3)
    np.testing.assert_array_equal(images.resize(PIXELS, (48, 64)), PIXELS)
    assert images.resize(PIXELS, (48, 64)) is not PIXELS


@pytest.mark.parametrize(
    ("array", "size", "complaint"),
    [
        (PIXELS / 255, 5, "Images are float64"),
        (PIXELS[..., 0], 5, r"shape \(48, 64\)"),
        (PIXELS[..., :2], 5, r"shape \(48, 64, 2\)"),
        (PIXELS[:0], 5, r"shape \(0, 64, 3\)"),
        (PIXELS, 0, "size must be a whole number of at least 1"),
        (PIXELS, (5, 5, 5), "pair"),
    ],
    ids=["float", "2-D", "two channels", "no rows", "zero", "three"],
)
def test_resize_refuses(array, size, complaint):
    with pytest.raises(ValueError, match=complaint):
        images.resize(array, size)


def test_animations_are_told_apart():
    assert images.is_animated(images.opened(io.BytesIO(encoded("animated PNG"))))
    assert images.is_animated(images.opened(io.BytesIO(encoded("animated WEBP"))))
    assert not images.is_animated(images.opened(io.BytesIO(encoded("GIF"))))
    assert not images.is_animated(images.opened(io.BytesIO(encoded("JPEG"))))
