"""The scan of a folder that holds one of everything, and of folders made to trap it."""

import io
import os
import socket
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from utils import data, images
from utils.data import files, folders, scans

pytestmark = pytest.mark.filterwarnings("error")


def photo(seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    """Spots of color, different for every seed."""
    cells = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)


def put(path: Path, picture: Image.Image | bytes, format: str = "JPEG", **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(picture, bytes):
        path.write_bytes(picture)
    else:
        picture.save(path, format, **options)
    return path


def huge_png() -> bytes:
    """A PNG whose header claims 60,000 × 60,000 pixels, 10.8 GB if it were decoded."""
    header = struct.pack(">2I5B", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    packed = [struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def jpeg(picture: Image.Image, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.fixture
def zoo(tmp_path) -> Path:
    """Two classes and a file of every kind."""
    root = tmp_path / "zoo"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    put(root / "cat" / "good.jpg", photo(1))
    put(root / "cat" / "good.png", photo(2), "PNG")
    put(root / "cat" / "deeper" / "still" / "good.webp", photo(3), "WEBP")
    put(root / "cat" / "cut.jpg", jpeg(photo(4))[:-50])
    put(root / "cat" / "says JFIF.jpg", b"....JFIF is what this text says")
    put(root / "cat" / "Thumbs.db", b"\xd0\xcf\x11\xe0 a database")
    put(root / "cat" / ".hidden", b"settings")
    put(root / "cat" / "empty.jpg", b"")
    put(root / "cat" / "a PNG.jpg", photo(5), "PNG")
    put(root / "cat" / "CMYK.jpg", photo(6).convert("CMYK"))
    put(root / "cat" / "huge.png", huge_png())
    put(root / "dog" / "palette.png", photo(7).quantize(64), "PNG")
    put(root / "dog" / "turned.jpg", photo(8), exif=exif)
    put(root / "dog" / "turned.tif", photo(9), "TIFF", exif=exif)
    put(root / "dog" / "moving.png", photo(10), "PNG", save_all=True, append_images=[photo(11)])
    put(root / "dog" / "tiny.jpg", photo(12, (80, 31)))
    put(root / "dog" / "good.bmp", photo(13), "BMP")
    put(root / "dog" / "same.jpg", (root / "cat" / "good.jpg").read_bytes())
    put(root / "dog" / "zoomed.jpg", photo(2, (160, 120)))
    put(root / "dog" / "tiny palette.txt", photo(14, (20, 20)).quantize(8), "GIF")
    put(root / "dog" / "numbers.tif", Image.fromarray(np.ones((40, 40), np.float32)), "TIFF")
    put(root / "README.txt", b"Photos of two classes.")
    put(root / "left.jpg", photo(15))
    put(root / ".git" / "cat.jpg", photo(16))
    (root / "dog" / "gone.jpg").symlink_to("nowhere.jpg")
    return root


FINDINGS = {
    "cat/.hidden": ("not an image", "outside any class"),
    "cat/CMYK.jpg": ("CMYK",),
    "cat/Thumbs.db": ("not an image",),
    "cat/a PNG.jpg": ("wrong suffix",),
    "cat/cut.jpg": ("truncated",),
    "cat/deeper/still/good.webp": (),
    "cat/empty.jpg": ("empty",),
    "cat/good.jpg": (),
    "cat/good.png": (),
    "cat/huge.png": ("huge",),
    "cat/says JFIF.jpg": ("not an image",),
    "dog/gone.jpg": ("unreadable",),
    "dog/good.bmp": (),
    "dog/moving.png": ("animated",),
    "dog/numbers.tif": ("unreadable",),
    "dog/palette.png": ("palette",),
    "dog/same.jpg": ("duplicate",),
    "dog/tiny palette.txt": ("tiny", "wrong suffix", "palette"),
    "dog/tiny.jpg": ("tiny",),
    "dog/turned.jpg": ("EXIF-rotated",),
    "dog/turned.tif": ("EXIF-rotated",),
    "dog/zoomed.jpg": ("near-duplicate",),
    ".git/cat.jpg": ("outside any class",),
    "README.txt": ("not an image", "outside any class"),
    "left.jpg": ("outside any class",),
}


def test_every_file_is_classified(zoo):
    scan = folders.scan(zoo)
    assert {record.path: record.findings for record in scan} == FINDINGS
    assert {kind for record in scan for kind in (record.kind, *record.findings)} == set(folders.KINDS)
    assert scan.classes == ("cat", "dog")
    assert [record.class_name for record in scan] == [
        "" if "outside any class" in FINDINGS[path] else path.split("/")[0]
        for path in sorted(FINDINGS, key=lambda p: Path(p))
    ]


def test_records_say_what_is_in_a_file(zoo):
    records = {record.path: record for record in folders.scan(zoo)}
    good = records["cat/good.jpg"]
    assert (good.kind, good.format, good.width, good.height) == ("good", "JPEG", 80, 60)
    assert good.bytes == (zoo / "cat" / "good.jpg").stat().st_size
    assert (records["cat/huge.png"].width, records["cat/huge.png"].height) == (60_000, 60_000)
    assert "60,000 × 60,000" in records["cat/huge.png"].detail
    for name in ("dog/turned.jpg", "dog/turned.tif"):  # as they are shown
        assert (records[name].width, records[name].height) == (60, 80)
        assert images.read(zoo / name).shape == (80, 60, 3)
    assert records["dog/same.jpg"].detail == "same bytes as cat/good.jpg"
    assert records["dog/zoomed.jpg"].detail == "nearly the same as cat/good.png"
    assert records["cat/a PNG.jpg"].detail == "is PNG"
    assert "begins with b'....JFIF'" in records["cat/says JFIF.jpg"].detail


def test_usable_is_what_can_be_read(zoo):
    for record in folders.scan(zoo):
        try:
            shape = images.read(zoo / record.path).shape
        except (images.ImageError, OSError):
            assert not record.usable
        else:
            assert record.usable == (record.class_name != "")
            assert shape == (record.height, record.width, 3)


def test_the_number_of_threads_changes_nothing(zoo, monkeypatch):
    found = []
    for processors in (1, 2, 7):
        monkeypatch.setattr(os, "cpu_count", lambda processors=processors: processors)
        found.append(folders.scan(zoo))
    assert found[0] == found[1] == found[2]


def test_nothing_is_changed(zoo):
    def state():
        return sorted((str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in zoo.rglob("*"))

    before = state()
    folders.split(folders.scan(zoo), validation=0)
    assert state() == before


def test_the_whole_way_from_a_folder_to_a_split(zoo):
    scan = folders.scan(zoo)
    split = folders.split(scan, validation=0.25, test=0.25)
    assert split.left_out == (("cat/good.jpg", "dog/same.jpg"), ("cat/good.png", "dog/zoomed.jpg"))
    dealt = {*split.train, *split.validation, *split.test}
    assert dealt == {r.path for r in scan if r.usable} - {path for group in split.left_out for path in group}


def test_many_copies_name_the_first(tmp_path):
    for number in range(3):
        put(tmp_path / "a" / f"{number}.jpg", photo(1), quality=80)
        put(tmp_path / "b" / f"{number}.jpg", photo(1), quality=60)
    scan = folders.scan(tmp_path)
    assert [record.kind for record in scan] == [
        "good",
        "duplicate",
        "duplicate",
        "near-duplicate",
        "duplicate",
        "duplicate",
    ]
    assert scan.records[5].detail == "same bytes as b/0.jpg"
    assert scan.records[3].detail == "nearly the same as a/0.jpg"
    assert scan.groups == (tuple(record.path for record in scan),)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_truncated_picture_is_never_good(tmp_path, format):
    stream = io.BytesIO()
    photo(1).save(stream, format)
    content = stream.getvalue()
    for length in {*range(0, len(content), len(content) // 90), *range(len(content) - 15, len(content))}:
        put(tmp_path / "a" / f"{length}.{format.lower()}", content[:length])
    scan = folders.scan(tmp_path)
    assert len(scan) > 90
    assert {record.kind for record in scan} <= {"truncated", "not an image", "empty"}
    assert {record.kind for record in scan if Path(record.path).stem not in "0123456789"} <= {"truncated"}


def test_links_are_followed_once_and_never_in_a_circle(tmp_path):
    root = tmp_path / "photos"
    for number, name in enumerate(["b cats", "dogs"]):
        put(root / name / "1.jpg", photo(number))
    put(tmp_path / "elsewhere" / "deep" / "2.jpg", photo(3))
    put(tmp_path / "elsewhere" / "3.jpg", photo(4))
    (root / "b cats" / "loop").symlink_to(root / "b cats")
    (root / "b cats" / "up").symlink_to(tmp_path)
    (root / "a link to dogs").symlink_to(root / "dogs")
    (root / "birds").symlink_to(tmp_path / "elsewhere")
    (root / "dogs" / "again").symlink_to(tmp_path / "elsewhere" / "deep")
    (root / "dogs" / "itself.jpg").symlink_to("itself.jpg")
    (root / "dogs" / "linked.jpg").symlink_to(root / "dogs" / "1.jpg")
    scan = folders.scan(root)
    assert [(record.path, record.kind) for record in scan] == [
        ("b cats/1.jpg", "good"),
        ("birds/3.jpg", "good"),
        ("birds/deep/2.jpg", "good"),
        ("dogs/1.jpg", "good"),
        ("dogs/itself.jpg", "unreadable"),
        ("dogs/linked.jpg", "duplicate"),
    ]
    assert scan.classes == ("b cats", "birds", "dogs")


def test_what_scan_finds_usable_is_what_load_folder_loads(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "cache_directory", lambda: tmp_path / "cache")
    root = tmp_path / "photos"
    for number, name in enumerate(["photos/cat/1.jpg", "photos/cat/.x.jpg", "photos/.git/2.jpg", "elsewhere/3.jpg"]):
        put(tmp_path / name, photo(number))
    put(root / "cat" / ".ipynb_checkpoints" / "1.jpg", photo(5))
    (root / "birds").symlink_to(tmp_path / "elsewhere")
    (root / "cat" / "up").symlink_to(root)
    scan = folders.scan(root)
    assert scan.classes == ("birds", "cat")
    usable = [record.path for record in scan if record.usable]
    assert usable == ["birds/3.jpg", "cat/1.jpg"]
    for chosen in (None, usable):
        loaded = data.load_folder(root, size=(8, 8), files=chosen)
        assert (loaded.classes, loaded.labels.tolist()) == (("birds", "cat"), [0, 1])


def test_pipes_and_sockets_are_never_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path may have 107 bytes
    put(Path("a/1.jpg"), photo(1))
    os.mkfifo("a/pipe.jpg")  # to open it would wait for ever
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("a/socket.jpg")
        found = {record.path: (record.kind, record.detail) for record in folders.scan(".")}
    assert found == {
        "a/1.jpg": ("good", ""),
        "a/pipe.jpg": ("unreadable", "is a named pipe"),
        "a/socket.jpg": ("unreadable", "is a socket"),
    }


def test_what_may_not_be_opened_is_listed(tmp_path, monkeypatch):
    for name in ("open/1.jpg", "open/secret.jpg", "open/closed/2.jpg", "locked/3.jpg"):
        put(tmp_path / name, photo(1))
    opening, listing = Path.open, os.scandir

    def refuse(function, names):  # permissions would not stop the superuser, who may run this
        def guarded(path, *arguments, **options):
            if Path(path).name in names:
                raise PermissionError(13, "Permission denied", str(path))
            return function(path, *arguments, **options)

        return guarded

    monkeypatch.setattr(Path, "open", refuse(opening, {"secret.jpg"}))
    monkeypatch.setattr(os, "scandir", refuse(listing, {"closed", "locked"}))
    scan = folders.scan(tmp_path)
    assert [(record.path, record.class_name, record.kind) for record in scan] == [
        ("locked", "locked", "unreadable"),
        ("open/1.jpg", "open", "good"),
        ("open/closed", "open", "unreadable"),
        ("open/secret.jpg", "open", "unreadable"),
    ]
    assert [record.detail for record in scan][2:] == [
        "is a folder that can not be opened",
        "can not be read: Permission denied",
    ]
    assert scan.classes == ("locked", "open")


HOSTILE = [
    "line\nbreak",
    '"quoted"',
    "Höhlenlöwe 猫 ",
    "<script>alert(1)</script>",
    "-rf",
    "a & b",
    "%s{}",
    os.fsdecode(b"\xff\xfe"),
]


class Tags(HTMLParser):
    """What the browser would see: the elements, and the text of each cell."""

    def __init__(self, page: str):
        super().__init__()
        self.names, self.cells, self.open = set(), [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.open = tag in ("td", "th")
        self.cells += [""] * self.open

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            self.cells[-1] += data


def test_names_of_any_letters_are_shown_safely(tmp_path):
    for number, name in enumerate(HOSTILE):
        put(tmp_path / name.replace("/", "_") / f"{name.replace('/', '_')}.jpg", photo(number, (20, 20)))
    scan = folders.scan(tmp_path)
    assert set(scan.classes) == {name.replace("/", "_") for name in HOSTILE}
    assert {record.kind for record in scan} == {"tiny"}
    text, page = repr(scan), Tags(scan._repr_html_())
    text.encode()  # a terminal takes it
    assert len(text.splitlines()) == 2 + len(HOSTILE)
    assert page.names == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    for name in HOSTILE:
        shown = scans.printable(name.replace("/", "_"))
        assert shown in text
        assert shown in page.cells
        assert f"{shown}/{shown}.jpg" in page.cells


def test_tables_count_each_file_once(zoo):
    scan = folders.scan(zoo)
    assert len(scan) == len(FINDINGS)
    counts = scan.counts()
    assert counts["cat"].total() == 10
    assert counts["dog"]["tiny"] == 2
    assert counts[""] == {"outside any class": 2, "not an image": 2}
    lines = repr(scan).splitlines()
    assert lines[0].endswith("zoo: 25 files in 2 classes, 14 usable")
    assert [line.split("  ")[0] for line in lines[1:]] == ["class", "cat", "dog", "(outside any class)"]
    assert len({len(line) for line in lines[1:]}) == 1
    assert str(scan) == repr(scan)
    cells = Tags(scan._repr_html_()).cells
    assert {"dog/same.jpg", "near-duplicate", "tiny, wrong suffix, palette", "60000 × 60000"} <= set(cells)
    assert "cat/good.jpg" not in cells


def test_long_tables_are_cut_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(scans, "MOST_ROWS", 2)
    for number in range(5):
        put(tmp_path / "a" / f"{number}.jpg", b"")
    page = folders.scan(tmp_path)._repr_html_()
    assert "the first 2; 3 more are in the scan" in page
    assert "a/1.jpg" in page
    assert "a/2.jpg" not in page


def test_no_bar_is_drawn_where_no_terminal_is(zoo, capfd):
    folders.scan(zoo)
    assert capfd.readouterr() == ("", "")


def test_one_class_is_scanned_and_not_split(tmp_path):
    put(tmp_path / "cat" / "1.jpg", photo(1))
    scan = folders.scan(tmp_path)
    assert "1 file in 1 class, 1 usable" in repr(scan)
    with pytest.raises(ValueError, match="holds 1 class: a split needs two"):
        folders.split(scan)


def test_a_flat_folder_has_no_class(tmp_path):
    put(tmp_path / "1.jpg", photo(1))
    scan = folders.scan(tmp_path)
    assert scan.classes == ()
    assert [record.findings for record in scan] == [("outside any class",)]
    with pytest.raises(ValueError, match="holds 0 classes"):
        folders.split(scan)


def test_an_empty_class_is_a_class(tmp_path):
    put(tmp_path / "cat" / "1.jpg", photo(1))
    (tmp_path / "dog").mkdir()
    scan = folders.scan(tmp_path)
    assert scan.classes == ("cat", "dog")
    assert "dog" in repr(scan)


@pytest.mark.parametrize(
    ("make", "error", "complaint"),
    [
        (lambda path: None, FileNotFoundError, "There is no folder .*photos: give one"),
        (lambda path: path.write_bytes(b""), NotADirectoryError, "photos is a file: give the folder"),
        (lambda path: path.mkdir(), ValueError, "photos is empty: give a folder"),
    ],
    ids=["missing", "file", "empty"],
)
def test_a_wrong_path_is_refused(tmp_path, make, error, complaint):
    make(tmp_path / "photos")
    with pytest.raises(error, match=complaint):
        folders.scan(tmp_path / "photos")


def test_the_jfif_rule_keeps_bad_files_and_throws_away_good_ones(zoo):
    kept = {path: folders.keeps_by_jfif_rule(zoo / path) for path in FINDINGS if path != "dog/gone.jpg"}
    usable = {record.path: record.usable for record in folders.scan(zoo)}
    assert kept["cat/good.jpg"] and kept["cat/cut.jpg"] and kept["cat/says JFIF.jpg"]
    assert not (kept["cat/good.png"] or kept["cat/deeper/still/good.webp"] or kept["cat/empty.jpg"])
    assert sum(kept[path] != usable[path] for path in kept) >= 10
    exif_first = put(zoo / "cat" / "camera.jpg", b"\xff\xd8\xff\xe1\0\x08Exif\0\0" + jpeg(photo(20))[2:])
    assert not folders.keeps_by_jfif_rule(exif_first)
    assert images.read(exif_first).shape == (60, 80, 3)
    with exif_first.open("rb") as file:
        assert b"JFIF" in file.peek(10)  # as S1 writes it, the listing looks further than its ten bytes


def test_the_jfif_rule_deletes_nothing(zoo):
    before = sorted(zoo.rglob("*"))
    for path in before:
        if path.is_file():
            folders.keeps_by_jfif_rule(path)
    assert sorted(zoo.rglob("*")) == before
