"""Members of zip and tar files from anywhere, read without unpacking: names and bytes come out, never a path.

An archive is checked as a whole when it is opened, and refused as a whole. What zipfile and tarfile leave open is
closed here: how much they read at once, ends that are missing, members that are longer than they say.
"""

import contextlib
import gzip
import math
import posixpath
import stat
import struct
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

MAX_MEMBERS = 100_000  # folders included
MAX_MEMBER_BYTES = 1 << 28
MAX_BYTES = 1 << 32  # of all members together, unpacked
ZIP_ENTRY = 160  # bytes for each member in a zip's own list of them, its name included
ZIP_END = 1 << 18  # bytes: zipfile reads the last 64 KiB twice, we once more
TAR_HEADERS = 1 << 13  # bytes before a member of a tar file; no path on Linux is longer than half of that
TAR_END = 1 << 20  # bytes of zeros after the last member of a tar file, which is padded to the block of a tape
NO_FILE = "is neither a file nor a folder, but a link or a device"
DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error, EOFError),
    *(NotImplementedError, ValueError, OverflowError),
)


class ArchiveError(ValueError):
    """An archive is refused; the text names it and the rule that it breaks."""


class _Flaw(Exception):  # noqa: N818 (it never leaves this module)
    """The rule that an archive breaks."""


class _Entry(NamedTuple):
    """What an archive says about a member; `flaw` is what forbids reading it, if anything."""

    name: str
    size: int
    is_folder: bool
    flaw: str | None


class Archive:
    """A zip file, or a tar file, gzipped or not; a context manager.

    `members` maps the names of its files to their sizes in bytes, in the order of the archive; folders are left out.
    Several threads may read one archive. A zip file has a checksum for each member, a gzipped tar file one for all,
    which is compared on opening; a plain tar file has none for what its members hold.

    Args:
        path: the file.
        max_member_bytes: at most that many bytes in one of its members, unpacked.

    Raises:
        ArchiveError: it is no archive, cut short, damaged, or larger than that, `MAX_MEMBERS` or `MAX_BYTES`; or a
            member is encrypted, is neither a file nor a folder, or has a name that is there twice, is absolute, or
            holds `..`, a backslash or NUL.
        OSError: the file can not be read.
    """

    def __init__(self, path: str | Path, *, max_member_bytes: int = MAX_MEMBER_BYTES) -> None:
        """Read the list of members and check it: for a gzipped tar file, a pass through all of it."""
        self.path = Path(path)
        with contextlib.ExitStack() as stack, _told(self.path):
            stream = stack.enter_context(self.path.open("rb"))
            start = stream.read(2)
            self._kind = _Zip(stream) if start == b"PK" else _Tar(self.path, start == b"\x1f\x8b")
            self.members = _checked(self._kind.entries(), max_member_bytes)
            self._open = stack.pop_all()

    def __enter__(self) -> "Archive":
        """The archive itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._open.close()

    def read(self, name: str) -> bytes:
        """What one member holds. In a tar file all before it is read too: `items` is the way to many.

        Raises:
            ArchiveError: there is no such member, or it is damaged or not of the size that the archive says.
        """
        self._check_known([name])
        with _told(self.path):
            [(_, content)] = self._kind.contents({name: self.members[name]})
        return content

    def items(self, names: Collection[str] | None = None) -> Iterator[tuple[str, bytes]]:
        """These members, or all, as (name, content), in the order of the archive and in one pass.

        Raises:
            ArchiveError: as `read` does, each when it is met.
        """
        chosen = self.members.keys() if names is None else set(names)
        self._check_known(chosen)
        with _told(self.path):
            yield from self._kind.contents({name: size for name, size in self.members.items() if name in chosen})

    def _check_known(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.members:
                raise ArchiveError(f"{self.path} has no member {_shown(name)}: choose from its {len(self.members):,}.")


class _Frugal:
    """A stream that gives no more than `allowance` bytes until that is set again.

    zipfile and tarfile take lists and headers into memory at whatever length these claim to have.
    """

    def __init__(self, stream: BinaryIO, allowance: float) -> None:
        self.allowance, self._stream = allowance, stream
        self.tell, self.seekable = stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self.allowance:
            raise _Flaw("holds longer lists of names, or headers, than a real archive has")
        content = self._stream.read(size)
        self.allowance -= len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0 and offset < 0:
            raise ValueError("it points before its start")
        return self._stream.seek(offset, whence)


class _Zip:
    def __init__(self, stream: BinaryIO) -> None:
        stream = _Frugal(stream, ZIP_ENTRY * MAX_MEMBERS + ZIP_END)
        self._zip, self._lock = zipfile.ZipFile(stream), threading.Lock()
        self._infos = {info.orig_filename: info for info in self._zip.infolist()}
        self._check_count(stream)
        stream.allowance = math.inf

    def _check_count(self, stream: _Frugal) -> None:
        """Compare with the number of members at the end of the file, as zipfile does not."""
        stream.seek(max(0, stream.seek(0, 2) - (1 << 16) - 22))
        end, found = stream.read(), len(self._zip.infolist())
        (count,) = struct.unpack_from("<H", end, end.rfind(b"PK\5\6") + 10)
        if count not in (found & 0xFFFF, 0xFFFF):  # the latter means that the number stands elsewhere
            raise _Flaw(f"lists {found:,} members where it says that it has {count:,}")

    def entries(self) -> Iterator[_Entry]:
        for info in self._zip.infolist():
            name = info.orig_filename  # as it is stored; `filename` ends at a NUL, and is changed on Windows
            yield _Entry(name, info.file_size, name.endswith("/"), self._flaw(info))
            info.file_size += 1  # so that reading shows what comes after the bytes that the list promises

    @staticmethod
    def _flaw(info: zipfile.ZipInfo) -> str | None:
        if info.flag_bits & 0x41:  # two ways of encryption
            return "is encrypted"
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            return NO_FILE
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile does not bound the others
            return f"is packed by method {info.compress_type}, where only storing and deflating are known"
        return None

    def contents(self, wanted: dict[str, int]) -> Iterator[tuple[str, bytes]]:
        for name, size in wanted.items():
            with self._lock:
                stream = self._zip.open(self._infos[name])
            content = _exactly(stream, name, size)
            with self._lock:
                stream.close()
            yield name, content


class _Tar:
    def __init__(self, path: Path, is_packed: bool) -> None:
        self._path, self._opener = path, gzip.open if is_packed else open

    def entries(self) -> Iterator[_Entry]:
        with self._opener(self._path, "rb") as file:
            stream, end = _Frugal(file, TAR_HEADERS), 0
            for _, info in _tar_members(stream):
                is_plain = (info.isfile() and not info.issparse()) or info.isdir()
                yield _Entry(info.name, info.size, info.isdir(), None if is_plain else NO_FILE)
                blocks = 0 if info.isdir() else -(-info.size // tarfile.BLOCKSIZE)
                end = info.offset_data + blocks * tarfile.BLOCKSIZE
            self._check_end(stream, end)

    @staticmethod
    def _check_end(stream: _Frugal, end: int) -> None:
        """Refuse a file that does not end in zeros, where tarfile stops in silence; here gzip compares its checksum."""
        stream.allowance = math.inf
        stream.seek(end)
        rest = stream.read(TAR_END + 1)
        if not tarfile.BLOCKSIZE <= len(rest) <= TAR_END or any(rest):
            raise _Flaw("is cut short or damaged (nothing that can be read follows its first members)")

    def contents(self, wanted: dict[str, int]) -> Iterator[tuple[str, bytes]]:
        missing = dict(wanted)
        with self._opener(self._path, "rb") as file:
            stream = _Frugal(file, TAR_HEADERS)
            for tar, info in _tar_members(stream):
                if not missing:
                    return
                if info.name in missing:
                    stream.allowance = info.size
                    yield info.name, _exactly(tar.extractfile(info), info.name, missing.pop(info.name))
        if missing:
            raise _Flaw("was changed while it was being read")


def _tar_members(stream: _Frugal) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Each member as soon as its header is read."""
    with tarfile.open(fileobj=stream, mode="r:", encoding="utf-8") as tar:
        while (info := tar.next()) is not None:
            yield tar, info
            stream.allowance = TAR_HEADERS


def _checked(entries: Iterable[_Entry], max_member_bytes: int) -> dict[str, int]:
    """The sizes of the files by name, if all members keep the rules."""
    members, paths, total = {}, set(), 0
    for entry in entries:
        path, total = posixpath.normpath(entry.name), total + entry.size
        flaw = entry.flaw or _flaw_of_name(entry.name) or ("is there twice" if path in paths else None)
        if not 0 <= entry.size <= max_member_bytes:
            flaw = flaw or f"says that it has {entry.size:,} bytes, where at most {max_member_bytes:,} are read"
        if flaw:
            raise _Flaw(f"holds a member that is not accepted ({_shown(entry.name)} {flaw})")
        paths.add(path)
        if len(paths) > MAX_MEMBERS or total > MAX_BYTES:
            raise _Flaw(f"holds more than the {MAX_MEMBERS:,} members or {MAX_BYTES:,} bytes that are read at most")
        if not entry.is_folder:
            members[entry.name] = entry.size
    return members


def _flaw_of_name(name: str) -> str | None:
    if name.startswith("/") or (name[1:2] == ":" and name[0].isalpha()):
        return "is an absolute path"
    if ".." in name.split("/"):
        return "leads out of its folder by '..'"
    return "has a backslash or NUL in its name, or no name" if not name or {"\\", "\0"} & set(name) else None


def _exactly(stream: BinaryIO, name: str, size: int) -> bytes:
    content = stream.read(size + 1)
    if len(content) != size:
        problem = "fewer" if len(content) < size else "more"
        raise _Flaw(f"holds {problem} than the {size:,} bytes that it promises of {_shown(name)}")
    return content


def _shown(name: str) -> str:
    """A name as it can be printed anywhere."""
    return ascii(name if len(name) <= 100 else f"{name[:100]}...")


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what is wrong in one sentence that names the file."""
    try:
        yield
    except _Flaw as error:
        raise ArchiveError(f"{path} {error}: get it again from where it was published.") from error
    except DAMAGE as error:
        reason = ascii(str(error) or type(error).__name__)[1:200].rstrip("'\"")
        problem = f"is no zip or tar file, or is cut short or damaged ({reason})"
        raise ArchiveError(f"{path} {problem}: get it again from where it was published.") from error
