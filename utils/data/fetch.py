"""Downloading the originals: resumable, checked, moved into place only when whole, and only by command.

What arrives goes into a file with the suffix `.part`, which no loader looks at and which the next try, from whichever
mirror, continues. When it has its full size, pooch compares its checksum and moves it to its name.
"""

import sys
from http import HTTPStatus, client
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
import urllib3
from filelock import FileLock
from tqdm import tqdm

from utils.data import files
from utils.data.publications import File, Publication

TIMEOUT = (10.0, 30.0)  # seconds to wait for a connection, and for the next piece
PIECE = 1 << 16  # bytes
WEB_PAGE = "sent a web page instead of the file (a login or a filter in between?)"


class DownloadError(OSError):
    """A published file could not be had; its text says why, and what to do."""


class _Refused(Exception):  # noqa: N818 (it never leaves this module)
    """Why this mirror will not do."""


class _NoMirror(Exception):  # noqa: N818
    """Why none will do."""


def download(dataset: Publication, *, timeout: tuple[float, float] = TIMEOUT) -> Path:
    """Bring all published files of a data set or a network into the data directory, except those there and right.

    Args:
        dataset: what to get.
        timeout: seconds to wait for a connection, and for the next piece of data, before the next mirror is tried.

    Returns:
        The folder they are in.

    Raises:
        DownloadError: no mirror gives a file, or it can not be written.
    """
    pooch.get_logger().setLevel("WARNING")
    folder = files.directory(dataset)
    for file in dataset.files:
        if not _is_here(dataset, file):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with FileLock(folder.with_name(f"{dataset.name}.lock")):
                    _download(dataset, file, timeout)
            except (OSError, _NoMirror) as error:
                raise _failure(dataset, file, error) from error
    return folder


def _is_here(dataset: Publication, file: File) -> bool:
    try:
        return files.verified(dataset, file).is_file()
    except (FileNotFoundError, ValueError):
        return False


def _download(dataset: Publication, file: File, timeout: tuple[float, float]) -> None:
    """Try one mirror after the other, unless another process has just got the file."""
    part = files.directory(dataset) / f"{file.name}.part"
    # A beginning left by an earlier try may be bad, as only its checksum shows: then the first mirror counts again.
    mirrors = () if _is_here(dataset, file) else (*(dataset.mirrors[:1] if part.exists() else ()), *dataset.mirrors)
    reasons = []
    for mirror in mirrors:
        try:
            _receive(mirror + file.name, part, file, timeout)
            _put_in_place(part, file)
            return
        except (_Refused, requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
            reasons.append(f"{urlsplit(mirror).netloc} {_reason(error, timeout)}")
            print(f"{file.name}: {reasons[-1]}.", file=sys.stderr)
    if reasons:
        raise _NoMirror("; ".join(dict.fromkeys(reasons)))


def _failure(dataset: Publication, file: File, error: Exception) -> DownloadError:
    """What went wrong, and what to do, in one sentence."""
    folder = files.directory(dataset)
    if isinstance(error, _NoMirror):
        return DownloadError(
            f"{file.name} could not be downloaded ({error}): look at the network and give `{dataset.download_command}` "
            f"again, which goes on where this ended, or put the file into {folder} by hand."
        )
    return DownloadError(
        f"{file.name} can not be written into {folder} ({error.strerror}): make room or get the right to write there, "
        "or set LEARNING_TO_SEE_DATA to another folder."
    )


def _receive(url: str, part: Path, file: File, timeout: tuple[float, float]) -> None:
    """Continue the `.part` file to its full size."""
    have = part.stat().st_size if part.exists() else 0
    if have > file.size:
        part.unlink()
        have = 0
    part.touch()
    if have == file.size:
        return
    # "identity": a server that packs what is packed already would send other bytes than those published.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
        start = _start(response, have)
        _check_offer(response, file.size - start)
        _write(response, part, start, file)


def _start(response: requests.Response, have: int) -> int:
    """The byte at which the answer starts: where we are, or 0 from servers that can not continue."""
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise _Refused("sent another part of the file than the one asked for")
        return have
    if response.status_code != HTTPStatus.OK:
        phrase = client.responses.get(response.status_code, "no known answer")
        raise _Refused(f"answered {response.status_code} ({phrase}){_wish(response)}")
    return 0


def _wish(response: requests.Response) -> str:
    """When the server wants to be asked again. We do not wait for it: other mirrors may be free, and people decide."""
    try:
        seconds = urllib3.Retry().parse_retry_after(response.headers.get("Retry-After", ""))
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return ""
    return f" and wants to be asked again in {seconds:.0f} seconds"


def _check_offer(response: requests.Response, expected: int) -> None:
    """Refuse a web page, or another length than the `expected` bytes, before anything is written."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise _Refused(WEB_PAGE)
    offered = response.headers.get("Content-Length")
    if offered is not None and offered != str(expected):
        raise _Refused(f"offered {offered} bytes where {expected} were expected")


def _write(response: requests.Response, part: Path, start: int, file: File) -> None:
    """Write what arrives, as it was sent, to its place in the `.part` file, with a progress bar on terminals."""
    bar = tqdm(initial=start, total=file.size, desc=file.name, unit="B", unit_scale=True, disable=None)
    with part.open("r+b") as stream, bar:
        stream.seek(start)
        for piece in response.raw.stream(PIECE, decode_content=False):
            if stream.tell() == 0 and piece.lstrip().startswith(b"<"):  # whatever it is called
                raise _Refused(WEB_PAGE)
            if stream.tell() + len(piece) > file.size:
                raise _Refused(f"sent more than the {file.size} bytes of the file")
            stream.write(piece)
            bar.update(len(piece))
        if stream.tell() < file.size:
            raise _Refused(f"broke off after {stream.tell()} of {file.size} bytes")


def _put_in_place(part: Path, file: File) -> None:
    """Compare the checksum and move; a wrong file is thrown away, since no continuation could mend it."""
    try:
        pooch.retrieve(
            url=str(part),
            known_hash=file.checksum,
            fname=file.name,
            path=part.parent,
            downloader=lambda _url, output, _pooch: part.replace(output),
        )
    except ValueError as error:
        raise _Refused("gave a file with a wrong checksum, which is thrown away") from error


def _reason(error: Exception, timeout: tuple[float, float]) -> str:
    """What the mirror did, in a few words."""
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, requests.TooManyRedirects | ValueError):  # that is what requests makes of a bad address
        return f"redirects in a circle or to no address ({type(error).__name__})"
    if isinstance(error, requests.ConnectTimeout):
        return f"did not answer within {timeout[0]:g} seconds"
    if isinstance(error, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError):
        return f"sent nothing for {timeout[1]:g} seconds"
    if isinstance(error, requests.ConnectionError):
        return "can not be reached"
    return f"broke the connection off ({type(error).__name__})"
