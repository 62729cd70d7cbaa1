"""Zip and tar files made by hand, made to harm, and made and damaged at random: read right or refused in a sentence."""

import gzip
import io
import random
import stat
import struct
import tarfile
import tempfile
import threading
import tracemalloc
import warnings
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.data import archives
from utils.data.archives import Archive, ArchiveError

CONTENT = {"a/1.jpg": b"one" * 400, "a/2.jpg": b"", "b/ä 3.jpg": bytes(range(256)) * 9, "readme[1].txt": b"x"}
examples = settings(max_examples=60)


def zipped(content, *, method=zipfile.ZIP_DEFLATED, change=lambda info: None, folders=()):
    """A zip file of these (name, content) pairs; `change` is called with each member's facts before it is written."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in (*((folder, b"") for folder in folders), *content):
            info = zipfile.ZipInfo(name)
            info.filename = info.orig_filename = name  # as given: the constructor cuts names at a NUL
            info.compress_type = method
            change(info)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of names that are there twice
                archive.writestr(info, data)
    return stream.getvalue()


def tarred(content, *, kind=tarfile.REGTYPE, form=tarfile.GNU_FORMAT, folders=()):
    """A tar file of these (name, content) pairs."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for folder in folders:
            info = tarfile.TarInfo(folder)
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
        for name, data in content:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind, "elsewhere"
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def gzipped(content, **kind):
    return gzip.compress(tarred(content, **kind), mtime=0)


MAKERS = {"zip": zipped, "tar": tarred, "tar.gz": gzipped}
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """A function from an archive's bytes to the archive, read with other limits of the module where they are given."""

    def open_(data, *, max_members=archives.MAX_MEMBERS, max_bytes=archives.MAX_BYTES, **limits):
        monkeypatch.setattr(archives, "MAX_MEMBERS", max_members)
        monkeypatch.setattr(archives, "MAX_BYTES", max_bytes)
        path = tmp_path / "some.archive"
        path.write_bytes(data)
        return Archive(path, **limits)

    return open_


def refused(opened, data, said, **limits):
    """Nothing is read, and the reason is told in one sentence that names the file."""
    with pytest.raises(ArchiveError, match=rf"some\.archive .*{said}") as caught, opened(data, **limits) as archive:
        dict(archive.items())
    assert str(caught.value).count("\n") == 0
    assert len(str(caught.value)) < 600


@every_kind
def test_what_was_written_is_read(opened, make):
    with opened(make(CONTENT.items(), folders=("a/", "b/"))) as archive:
        assert archive.members == {name: len(data) for name, data in CONTENT.items()}
        assert list(archive.members) == list(CONTENT)
        assert list(archive.items()) == list(CONTENT.items())
        assert {name: archive.read(name) for name in reversed(CONTENT)} == CONTENT


@every_kind
def test_chosen_members_come_in_the_order_of_the_archive(opened, make):
    with opened(make(CONTENT.items())) as archive:
        assert [name for name, _ in archive.items(["b/ä 3.jpg", "a/1.jpg"])] == ["a/1.jpg", "b/ä 3.jpg"]
        assert list(archive.items([])) == []


@every_kind
def test_an_empty_archive_has_no_members(opened, make):
    with opened(make([])) as archive:
        assert archive.members == {}
        assert list(archive.items()) == []


@every_kind
def test_a_member_that_is_not_there_is_told(opened, make):
    with opened(make(CONTENT.items())) as archive:
        with pytest.raises(ArchiveError, match=r"has no member 'a/9.jpg': choose from its 4\.$"):
            archive.read("a/9.jpg")
        with pytest.raises(ArchiveError, match=r"has no member '\.\./a"):
            list(archive.items(["../a/1.jpg"]))


@every_kind
def test_many_threads_read_at_once(opened, make):
    content = {f"{number}.bin": random.Random(number).randbytes(3000) for number in range(40)}
    with opened(make(content.items())) as archive, ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(archive.read, content)) == list(content.values())


def test_the_published_zip_files_layout_is_read(opened):
    names = ("PetImages/Cat/0.jpg", "PetImages/Dog/0.jpg", "PetImages/Cat/Thumbs.db", "MSR-LA - 3467.docx")
    with opened(zipped([(name, b"..") for name in names], method=zipfile.ZIP_STORED)) as archive:
        assert tuple(archive.members) == names


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_of_tar_is_read_with_long_names(opened, form):
    content = {"long/" * 19 + "name.jpg": b"1", "./plain.jpg": b"2"}
    if form != tarfile.USTAR_FORMAT:
        content["ü" * 300] = b"3"
    with opened(gzipped(content.items(), form=form)) as archive:
        assert dict(archive.items()) == content


def test_the_file_is_closed_when_it_is_refused_and_when_it_is_left(opened, recwarn):
    warnings.simplefilter("always", ResourceWarning)
    with opened(zipped(CONTENT.items())):
        pass
    refused(opened, zipped([("../a", b"")]), "leads out")
    assert [warning for warning in recwarn if warning.category is ResourceWarning] == []


def test_a_missing_file_is_no_damage(tmp_path):
    with pytest.raises(FileNotFoundError):
        Archive(tmp_path / "none.zip")


# Names, kinds and limits


@every_kind
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/passwd", "'/etc/passwd' is an absolute path"),
        ("//host/share", "'//host/share' is an absolute path"),
        ("C:/Windows/a.dll", "'C:/Windows/a.dll' is an absolute path"),
        ("c:a.dll", "'c:a.dll' is an absolute path"),
        ("../a", r"'\.\./a' leads out of its folder by '\.\.'"),
        ("a/../../b", r"'a/\.\./\.\./b' leads out of its folder by '\.\.'"),
        ("a/..", r"'a/\.\.' leads out of its folder by '\.\.'"),
        ("a\\..\\b", r"'a\\\\\.\.\\\\b' has a backslash or NUL"),
    ],
    ids=["root", "two slashes", "drive", "drive only", "up", "up later", "up last", "backslash"],
)
def test_a_name_that_is_no_name_in_the_archive_is_refused(opened, make, name, said):
    refused(opened, make([("good", b"1"), (name, b"2")]), rf"holds a member that is not accepted \({said}.*\): get it")


@every_kind
@pytest.mark.parametrize("name", ["a..b.jpg", "...", ".hidden", "a/.b/..c", "1: one"])
def test_a_name_that_only_looks_wrong_is_read(opened, make, name):
    with opened(make([(name, b"1")])) as archive:
        assert dict(archive.items()) == {name: b"1"}


def test_a_nul_in_a_name_is_refused(opened):
    refused(opened, zipped([("a.jpg\0.exe", b"1")]), r"'a\.jpg\\x00\.exe' has a backslash or NUL")
    entry = tarfile.TarInfo("a")
    entry.pax_headers = {"path": "a.jpg\0.exe"}
    data = entry.tobuf(tarfile.PAX_FORMAT) + bytes(1024)
    refused(opened, data, r"\\x00\.exe' has a backslash or NUL")


@every_kind
@pytest.mark.parametrize("second", ["a/1", "./a/1", "a//1", "a/./1"])
def test_a_name_that_is_there_twice_is_refused(opened, make, second):
    refused(opened, make([("a/1", b"1"), ("b", b""), (second, b"2")]), "is there twice")


@every_kind
def test_a_name_full_of_control_characters_is_shown_harmlessly(opened, make):
    with pytest.raises(ArchiveError) as caught:
        opened(make([("../\x1b[2J\n\u202eé" + "x" * 200, b"")]))
    assert str(caught.value).isprintable()
    assert str(caught.value).isascii()
    assert "x..." in str(caught.value)


@pytest.mark.parametrize(
    "kind",
    [
        *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE),
        *(tarfile.GNUTYPE_SPARSE, b"Z"),
    ],
    ids=["symbolic link", "hard link", "character device", "block device", "FIFO", "sparse", "unknown"],
)
def test_a_tar_member_that_is_no_file_is_refused(opened, kind):
    refused(opened, gzipped([("a", b""), ("b", b"")], kind=kind), "'a' is neither a file nor a folder")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_a_zip_member_that_is_no_file_is_refused(opened, kind):
    def change(info):
        info.external_attr = (kind | 0o777) << 16

    refused(opened, zipped([("a", b"/etc/passwd")], change=change), "'a' is neither a file nor a folder")


@pytest.mark.parametrize("flag", [0x01, 0x40])
def test_an_encrypted_member_is_refused(opened, flag):
    data = bytearray(zipped([("a", b"1")]))
    data[data.index(b"PK\1\2") + 8] |= flag
    refused(opened, bytes(data), "'a' is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_whose_bombs_can_not_be_bounded_is_refused(opened, method):
    refused(opened, zipped([("a", bytes(100))], method=method), f"'a' is packed by method {method}")


@every_kind
def test_more_members_than_allowed_are_refused(opened, make):
    data = make([(str(number), b"") for number in range(10)], folders=("f/",))
    assert len(opened(data, max_members=11).members) == 10
    refused(opened, data, "holds more than the 10 members", max_members=10)


@every_kind
def test_more_bytes_than_allowed_are_refused(opened, make):
    data = make([("a", bytes(600)), ("b", bytes(500))])
    assert len(opened(data, max_member_bytes=600, max_bytes=1100).members) == 2
    refused(opened, data, "'a' says that it has 600 bytes, where at most 599 are read", max_member_bytes=599)
    refused(opened, data, "members or 1,099 bytes that are read at most", max_bytes=1099)


# Bombs and lies


def peak(action):
    """The most bytes that Python held at once meanwhile."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@every_kind
def test_a_bomb_is_refused_before_it_goes_off(opened, make):
    data = make([("bomb", bytes(20_000_000))])
    assert peak(lambda: refused(opened, data, "'bomb' says", max_member_bytes=1000)) < len(data) + 3_000_000


def lying_zip(content, *, says, method=zipfile.ZIP_DEFLATED):
    """A zip whose one member says it has another size, with the checksum of as many of its bytes."""
    data = bytearray(zipped([("a", content)], method=method))
    for place, offset in ((data.index(b"PK\1\2"), 16), (0, 14)):
        struct.pack_into("<I", data, place + offset, zlib.crc32(content[:says]))
        struct.pack_into("<I", data, place + offset + 8, says)
    return bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_member_longer_than_it_says_is_refused_and_not_unpacked(opened, method):
    data = lying_zip(bytes(20_000_000), says=10, method=method)
    assert peak(lambda: refused(opened, data, "more than the 10 bytes|damaged")) < len(data) + 3_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_member_shorter_than_it_says_is_refused(opened, method):
    refused(opened, lying_zip(b"12345", says=50, method=method), "fewer than the 50 bytes")


def test_a_zip_whose_list_is_a_bomb_is_refused_before_it_is_read(opened):
    whole = zipped([("x", b"")])
    entry = whole[whole.index(b"PK\1\2") : whole.index(b"PK\5\6")]
    data = b"PK" + entry * 60_000 + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 60_000, 60_000, 60_000 * len(entry), 0, 0)
    assert peak(lambda: refused(opened, data, "longer lists of names", max_members=1000)) < 3_000_000


@pytest.mark.parametrize("before", [b"", tarfile.TarInfo("good").tobuf()], ids=["first", "second"])
@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g"])
def test_a_tar_whose_header_is_a_bomb_is_refused_before_it_is_read(opened, kind, before):
    header = tarfile.TarInfo("name")
    header.type, header.size = kind, 20_000_000
    data = gzip.compress(before + header.tobuf() + b"a" * header.size)
    assert peak(lambda: refused(opened, data, "longer lists of names, or headers")) < 3_000_000


def test_a_tar_with_headers_without_end_is_refused(opened):
    header = tarfile.TarInfo("name")
    header.type, header.size = b"L", 1
    refused(opened, gzip.compress((header.tobuf() + b"a".ljust(512, b"\0")) * 5000), "longer lists of names")


def test_a_sparse_map_without_end_is_refused(opened):
    inner = tarfile.TarInfo("a")
    inner.size = 50_000_000
    inner.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    data = gzip.compress(inner.tobuf(tarfile.PAX_FORMAT) + b"99999999\n" + b"1\n" * (inner.size // 2))
    assert peak(lambda: refused(opened, data, "longer lists of names")) < 3_000_000


@pytest.mark.parametrize("size", [-512, -1, 2**63, 2**70])
def test_a_tar_member_of_an_impossible_size_is_refused(opened, size):
    header = bytearray(tarfile.TarInfo("a").tobuf())
    header[124:136] = (size % (1 << 96)).to_bytes(12, "big")
    header[124] = 0xFF if size < 0 else 0x80
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    refused(opened, bytes(header) + bytes(1024), rf"'a' says that it has {size:,} bytes")


@pytest.mark.parametrize("opener", [bytes, gzip.compress], ids=["tar", "tar.gz"])
def test_zeros_without_end_after_the_last_member_are_not_read(opened, opener):
    padded = tarred(CONTENT.items())
    assert len(opened(opener(padded + bytes(500_000))).members) == 4  # a tape's block may be that large
    data = opener(padded + bytes(50_000_000))
    assert peak(lambda: refused(opened, data, "cut short or damaged")) < 6_000_000


# Damage


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"\x1f\x8b", b"<!doctype html>" * 200, b"PK\3\4" * 500, bytes(600) + b"1"],
    ids=["empty", "zip's first bytes", "gzip's first bytes", "HTML", "zip's beginnings", "zeros and a one"],
)
def test_what_is_no_archive_is_refused(opened, data):
    refused(opened, data, "cut short or damaged")


def test_a_wrong_checksum_in_a_zip_is_refused(opened):
    data = bytearray(zipped([("a", b"12345")], method=zipfile.ZIP_STORED))
    data[data.index(b"12345")] ^= 1
    refused(opened, bytes(data), "Bad CRC-32")


def test_a_wrong_checksum_of_gzip_is_refused_on_opening(opened):
    data = bytearray(gzipped(CONTENT.items()))
    data[-8] ^= 1
    with pytest.raises(ArchiveError, match="CRC check failed"):
        opened(bytes(data))


def test_a_list_that_is_shorter_than_the_zip_says_is_refused(opened):
    data = bytearray(zipped([("a", b"12345")]))
    struct.pack_into("<I", data, len(data) - 10, 0)  # the list has 0 bytes: zipfile finds an archive without members
    refused(opened, bytes(data), "lists 0 members where it says that it has 1")


def test_a_damaged_header_in_the_middle_of_a_tar_is_refused(opened):
    data = bytearray(tarred(CONTENT.items()))
    data[2048 + 20] ^= 1  # in the second header: tarfile takes it for the end
    refused(opened, bytes(data), "nothing that can be read follows")


def test_a_tar_that_changes_between_two_passes_is_refused(opened, tmp_path):
    with opened(gzipped(CONTENT.items())) as archive:
        (tmp_path / "some.archive").write_bytes(gzipped([("a/1.jpg", b"other")]))
        with pytest.raises(ArchiveError, match=r"fewer than the 1,200 bytes that it promises of 'a/1\.jpg'"):
            archive.read("a/1.jpg")
        with pytest.raises(ArchiveError, match="was changed while it was being read"):
            list(archive.items(["a/2.jpg"]))


parts = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=12).filter(
    lambda part: part not in (".", "..") and part[1:2] != ":"
)
names = st.lists(parts, min_size=1, max_size=3).map("/".join)
contents = st.dictionaries(names, st.binary(max_size=600), max_size=6)


def read(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.archive"
        path.write_bytes(data)
        with Archive(path) as archive:
            return dict(archive.items())


@every_kind
@examples
@given(content=contents)
def test_any_names_and_contents_are_read_as_written(make, content):
    assert read(make(content.items())) == content


@every_kind
@examples
@given(st.data())
def test_a_cut_archive_is_never_read(make, data):
    whole = make(CONTENT.items())
    length = data.draw(st.integers(0, len(whole) - 1))
    if make is tarred and length >= len(tarred(CONTENT.items()).rstrip(b"\0")) // 512 * 512 + 1024:
        assert read(whole[:length]) == CONTENT  # only the padding after the end is cut
    else:
        with pytest.raises(ArchiveError, match=r"some\.archive"):
            read(whole[:length])


@pytest.mark.parametrize("make", [zipped, gzipped], ids=["zip", "tar.gz"])
@settings(max_examples=250)
@given(st.data())
def test_a_damaged_byte_never_changes_what_is_read(make, data):
    damaged = bytearray(make(CONTENT.items()))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = read(bytes(damaged))
    except ArchiveError as error:
        assert "some.archive" in str(error)
    else:
        assert found == CONTENT


@examples
@given(st.sampled_from([b"", b"PK", b"PK\5\6", b"\x1f\x8b\x08\0"]), st.binary(max_size=1500))
def test_random_bytes_are_never_read(start, data):
    with pytest.raises(ArchiveError, match=r"some\.archive"):
        read(start + data)


@settings(max_examples=150)
@given(st.integers(0, 511), st.binary(min_size=1, max_size=24), st.sampled_from([b"0", b"5", b"x", b"g", b"L", b"S"]))
def test_random_tar_headers_end_well(place, noise, kind):
    header = bytearray(tarfile.TarInfo("a").tobuf())
    header[156:157] = kind
    header[place : place + len(noise)] = noise
    header = header[:512]
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    try:
        found = read(bytes(header) + b"30 path=../../etc/passwd\n".ljust(512, b"\0") * 2 + bytes(1024))
    except ArchiveError as error:
        assert "some.archive" in str(error)
    else:
        assert not any(name.startswith("/") or ".." in name.split("/") for name in found)


def test_reading_leaves_no_thread_and_no_file_behind(opened, tmp_path):
    with opened(zipped(CONTENT.items())) as archive:
        dict(archive.items())
    assert threading.active_count() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["some.archive"]
