"""Downloading from a server on this machine that behaves, breaks off, lies, stalls and refuses."""

import dataclasses
import hashlib
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from utils.data import fetch, files, load, registry, weights_file
from utils.provenance import ROOT

IMAGES = "train-images-idx3-ubyte.gz"
# What another process runs: downloads the data set whose facts it gets, in pieces so small that many are written.
OTHER_PROCESS = """
import json, resource, sys
from utils.data import fetch, registry
facts, most = json.loads(sys.argv[1]), int(sys.argv[2])
facts["files"] = tuple(registry.File(**file) for file in facts["files"])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
fetch.PIECE = 1000
try:
    fetch.download(registry.DataSet(**facts))
except fetch.DownloadError as error:
    sys.exit(str(error))
"""


def elsewhere(dataset, most=0):
    """Start the download in another process, whose files may have at most that many bytes (0: as many as they like)."""
    command = [sys.executable, "-c", OTHER_PROCESS, json.dumps(dataclasses.asdict(dataset)), str(most)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


class Server(ThreadingHTTPServer):
    """Serves `content` under /MIRROR/FILE as `behavior[MIRROR]` says; `asked` lists (mirror, file, range)."""

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.behavior, self.asked = content, {}, []
        self.released = threading.Event()

    def mirror(self, behavior):
        """The address of a new mirror with this behavior."""
        name = f"mirror{len(self.behavior)}"
        self.behavior[name] = behavior
        return f"http://127.0.0.1:{self.server_port}/{name}/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        mirror, name = self.path.strip("/").split("/")
        self.server.asked.append((mirror, name, self.headers.get("Range")))
        self.close_connection = True
        behavior = self.server.behavior[mirror]
        if isinstance(behavior, int):
            self.send_error(behavior)
        elif isinstance(behavior, dict):  # headers to refuse or to redirect with
            self.head(
                int(behavior["status"]), 0, **{name: value for name, value in behavior.items() if name != "status"}
            )
        else:
            getattr(self, behavior)(self.server.content[name])

    def head(self, status, length, kind="application/x-gzip", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")  # as it does: a client must not ask again on this connection
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def good(self, content):
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        ranged = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        self.head(206 if start else 200, len(content) - start, **ranged)
        self.wfile.write(content[start:])

    def no_ranges(self, content):
        self.head(200, len(content))
        self.wfile.write(content)

    def wrong_range(self, content):
        self.head(206, 5, Content_Range=f"bytes 0-4/{len(content)}")
        self.wfile.write(content[:5])

    def breaks_off(self, content):
        self.head(200, len(content))
        self.wfile.write(content[: len(content) // 2])

    def breaks_off_unannounced(self, content):
        self.head(200, None)
        self.wfile.write(content[: len(content) // 2])

    def endless(self, content):
        self.head(200, None)
        self.wfile.write(content + bytes(1 << 20))

    def other(self, content):
        self.head(200, len(content))
        self.wfile.write(bytes(len(content)))

    def longer(self, content):
        self.head(200, len(content) + 1)
        self.wfile.write(content + b"\0")

    def page(self, content):
        body = b"<!doctype html><title>Log in</title>"
        self.head(200, len(body), "text/html; charset=utf-8")
        self.wfile.write(body)

    def page_in_disguise(self, content):
        body = b"<!doctype html><title>Log in</title>".ljust(len(content))
        self.head(200, len(body))
        self.wfile.write(body)

    def page_without_a_name(self, content):
        self.head(200, None, "application/octet-stream")
        self.wfile.write(b"\r\n<!doctype html><title>Log in</title>")

    def in_chunks(self, content):
        self.head(200, None, Transfer_Encoding="chunked")
        for start in range(0, len(content), 1000):
            piece = content[start : start + 1000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def breaks_off_in_a_chunk(self, content):
        self.head(200, None, Transfer_Encoding="chunked")
        self.wfile.write(b"%x\r\n%s" % (len(content), content[: len(content) // 2]))

    def in_a_circle(self, content):
        self.head(302, 0, Location=self.path)

    def good_but_slow(self, content):
        time.sleep(0.2)
        self.good(content)

    def packed_once_more(self, content):
        self.head(200, len(content), Content_Encoding="gzip")
        self.wfile.write(content)

    def moved(self, content):
        self.head(302, 0, Location=self.server.mirror("good") + self.path.rsplit("/", 1)[1])

    def half_then_silence(self, content):
        self.head(200, len(content))
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.server.released.wait(30)

    def silence(self, content):
        self.server.released.wait(30)


@pytest.fixture
def server(tiny, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server(tiny.content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def offered(tiny, server):
    """A function: the small data set, offered by mirrors of these behaviors."""

    def by(*behaviors, only=None):
        mirrors = tuple(server.mirror(behavior) for behavior in behaviors)
        chosen = tuple(file for file in tiny.dataset.files if only in (None, file.name))
        return dataclasses.replace(tiny.dataset, mirrors=mirrors, files=chosen)

    return by


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_good_server_gives_files_that_load(tiny, offered):
    assert fetch.download(offered("good")) == tiny.folder
    assert names(tiny.folder) == sorted(tiny.content)
    assert load("mnist").source == "original"


def test_what_is_there_and_right_is_not_asked_for_again(tiny, offered, server):
    tiny.put()
    fetch.download(offered("good"))
    assert server.asked == []


def test_what_is_there_and_wrong_is_replaced(tiny, offered, server):
    tiny.put()
    (tiny.folder / IMAGES).write_bytes(b"broken")
    fetch.download(offered("good"))
    assert [name for _, name, _ in server.asked] == [IMAGES]
    assert (tiny.folder / IMAGES).read_bytes() == tiny.content[IMAGES]


def test_a_wrong_file_stays_until_the_right_one_is_here(tiny, offered):
    tiny.put()
    (tiny.folder / IMAGES).write_bytes(b"broken")
    with pytest.raises(fetch.DownloadError):
        fetch.download(offered(404))
    assert (tiny.folder / IMAGES).read_bytes() == b"broken"


@pytest.mark.parametrize(
    ("behavior", "said"),
    [
        (403, r"answered 403 \(Forbidden\)"),
        (404, r"answered 404 \(Not Found\)"),
        (429, r"answered 429 \(Too Many Requests\)"),
        (503, r"answered 503 \(Service Unavailable\)"),
        ("page", "sent a web page instead of the file"),
        ("page_in_disguise", "sent a web page instead of the file"),
        ("page_without_a_name", "sent a web page instead of the file"),
        ("other", "gave a file with a wrong checksum"),
        ("longer", r"offered \d+ bytes where \d+ were expected"),
        ("endless", r"sent more than the \d+ bytes"),
        ("breaks_off", "broke the connection off"),
        ("breaks_off_unannounced", r"broke off after \d+ of \d+ bytes"),
        ("breaks_off_in_a_chunk", "broke the connection off"),
        ("in_a_circle", r"redirects in a circle or to no address \(TooManyRedirects\)"),
        (
            {"status": 302, "Location": "file:///etc/passwd"},
            r"redirects in a circle or to no address \(InvalidSchema\)",
        ),
        (
            {"status": 302, "Location": "http://127.0.0.1:port/"},
            r"redirects in a circle or to no address \(InvalidURL\)",
        ),
        ({"status": 302, "Location": "\xff\xfe"}, r"redirects in a circle or to no address \(UnicodeDecodeError\)"),
        ({"status": 302}, r"answered 302 \(Found\)"),
        ({"status": 429, "Retry_After": "120"}, r"answered 429 \(Too Many Requests\) and wants .* in 120 seconds"),
        ({"status": 503, "Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}, r"answered 503 .* in 0 seconds"),
        ({"status": 429, "Retry_After": "soon"}, r"answered 429 \(Too Many Requests\)(?!.* wants)"),
        (
            {"status": 429, "Retry_After": "Wed, 21 Oct 99999999 07:28:00 GMT"},
            r"answered 429 \(Too Many Requests\)(?!.* wants)",
        ),
        ({"status": 599}, r"answered 599 \(no known answer\)"),
        ("half_then_silence", "sent nothing for 0.3 seconds"),
        ("silence", "sent nothing for 0.3 seconds"),
    ],
)
def test_a_bad_server_is_told_in_one_sentence_and_the_next_is_tried(tiny, offered, capsys, behavior, said):
    with pytest.raises(
        fetch.DownloadError, match=rf"^{IMAGES} could not be downloaded \(127.0.0.1:\d+ {said}.*\): look at"
    ):
        fetch.download(offered(behavior, only=IMAGES), timeout=(2, 0.3))
    assert not (tiny.folder / IMAGES).exists()
    assert load("mnist").source == "twin"
    capsys.readouterr()
    fetch.download(offered(behavior, "good"), timeout=(2, 0.3))
    assert names(tiny.folder) == sorted(tiny.content)
    assert load("mnist", source="original").source == "original"


def test_a_dead_address_is_told_and_the_next_is_tried(tiny, offered):
    dataset = offered("good")
    dead = dataclasses.replace(dataset, mirrors=("http://127.0.0.1:9/",))
    with pytest.raises(fetch.DownloadError, match=r"127.0.0.1:9 can not be reached"):
        fetch.download(dead)
    fetch.download(dataclasses.replace(dead, mirrors=dead.mirrors + dataset.mirrors))
    assert load("mnist").source == "original"


@pytest.mark.parametrize("behavior", ["moved", "packed_once_more", "no_ranges"])
def test_odd_but_honest_servers_will_do(tiny, offered, behavior):
    fetch.download(offered(behavior))
    assert load("mnist").source == "original"


def test_a_download_that_broke_off_is_continued_where_it_ended(tiny, offered, server):
    with pytest.raises(fetch.DownloadError):
        fetch.download(offered("breaks_off", only=IMAGES))
    arrived = (tiny.folder / f"{IMAGES}.part").stat().st_size
    assert arrived == len(tiny.content[IMAGES]) // 2
    fetch.download(offered("good", only=IMAGES))
    assert server.asked[-1] == ("mirror1", IMAGES, f"bytes={arrived}-")
    assert names(tiny.folder) == [IMAGES]


def test_the_next_mirror_continues_what_the_first_began(tiny, offered, server):
    fetch.download(offered("breaks_off", "good", only=IMAGES))
    half = len(tiny.content[IMAGES]) // 2
    assert server.asked == [("mirror0", IMAGES, None), ("mirror1", IMAGES, f"bytes={half}-")]


def test_a_server_that_can_not_continue_starts_over(tiny, offered):
    tiny.put(IMAGES)
    (tiny.folder / IMAGES).rename(tiny.folder / f"{IMAGES}.part")
    with (tiny.folder / f"{IMAGES}.part").open("r+b") as stream:
        stream.truncate(1000)
    fetch.download(offered("no_ranges", only=IMAGES))
    assert (tiny.folder / IMAGES).read_bytes() == tiny.content[IMAGES]


def test_a_server_that_continues_elsewhere_is_refused(tiny, offered):
    tiny.folder.mkdir(parents=True)
    (tiny.folder / f"{IMAGES}.part").write_bytes(tiny.content[IMAGES][:1000])
    with pytest.raises(fetch.DownloadError, match="another part of the file"):
        fetch.download(offered("wrong_range", only=IMAGES))
    assert (tiny.folder / f"{IMAGES}.part").read_bytes() == tiny.content[IMAGES][:1000]


@pytest.mark.parametrize("change", [-1000, 0, 1000])
def test_a_bad_beginning_costs_one_more_try_and_no_more(tiny, offered, server, change):
    tiny.folder.mkdir(parents=True)
    (tiny.folder / f"{IMAGES}.part").write_bytes(bytes(len(tiny.content[IMAGES]) + change))
    fetch.download(offered("good", only=IMAGES))
    assert (tiny.folder / IMAGES).read_bytes() == tiny.content[IMAGES]
    assert names(tiny.folder) == [IMAGES]
    assert len(server.asked) <= 2


@pytest.mark.parametrize("behavior", ["half_then_silence", "breaks_off_in_a_chunk"])
def test_a_connection_that_ends_early_loses_nothing_that_arrived(tiny, offered, server, monkeypatch, behavior):
    monkeypatch.setattr(fetch, "PIECE", 1000)
    with pytest.raises(fetch.DownloadError, match="which goes on where this ended"):
        fetch.download(offered(behavior, only=IMAGES), timeout=(2, 0.3))
    arrived = (tiny.folder / f"{IMAGES}.part").stat().st_size
    assert len(tiny.content[IMAGES]) // 2 - 1000 < arrived <= len(tiny.content[IMAGES]) // 2
    fetch.download(offered("good", only=IMAGES))
    assert server.asked[-1] == ("mirror1", IMAGES, f"bytes={arrived}-")


def test_a_redirected_download_is_continued_where_it_ended(tiny, offered, server):
    tiny.folder.mkdir(parents=True)
    (tiny.folder / f"{IMAGES}.part").write_bytes(tiny.content[IMAGES][:1000])
    fetch.download(offered("moved", only=IMAGES))
    assert server.asked == [("mirror0", IMAGES, "bytes=1000-"), ("mirror1", IMAGES, "bytes=1000-")]
    assert (tiny.folder / IMAGES).read_bytes() == tiny.content[IMAGES]


@pytest.mark.parametrize("behavior", ["page", "page_without_a_name", "longer", 403, 416, 429, "in_a_circle"])
def test_what_has_arrived_survives_a_bad_server(tiny, offered, behavior):
    tiny.folder.mkdir(parents=True)
    part = tiny.folder / f"{IMAGES}.part"
    part.write_bytes(tiny.content[IMAGES][:1000])
    with pytest.raises(fetch.DownloadError):
        fetch.download(offered(behavior, only=IMAGES))
    assert part.read_bytes() == tiny.content[IMAGES][:1000]


def test_a_killed_download_leaves_nothing_that_loads_and_is_continued(tiny, offered, server):
    process = elsewhere(offered("half_then_silence", only=IMAGES))
    part, half = tiny.folder / f"{IMAGES}.part", len(tiny.content[IMAGES]) // 2
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    arrived = part.stat().st_size
    assert 0 < arrived <= half
    assert names(tiny.folder) == [part.name]
    assert load("mnist").source == "twin"
    with pytest.raises(FileNotFoundError, match=IMAGES):
        load("mnist", source="original")
    fetch.download(offered("good"))
    assert ("mirror1", IMAGES, f"bytes={arrived}-") in server.asked
    assert names(tiny.folder) == sorted(tiny.content)
    assert load("mnist", source="original").source == "original"


def test_two_processes_at_once_get_each_file_once(tiny, offered, server):
    dataset = offered("good_but_slow")
    processes = [elsewhere(dataset) for _ in range(2)]
    assert [process.communicate(timeout=60)[1] for process in processes] == ["", ""]
    assert sorted(name for _, name, _ in server.asked) == sorted(tiny.content)
    assert all(files.verified(tiny.dataset, file) for file in tiny.dataset.files)


def test_two_downloads_at_once_both_end_well(tiny, offered):
    dataset, errors = offered("good"), []

    def run():
        try:
            fetch.download(dataset)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(files.verified(tiny.dataset, file) for file in tiny.dataset.files)


def test_a_folder_that_can_not_be_written_is_named(tiny, offered):
    tiny.folder.parent.mkdir()
    tiny.folder.write_text("a file where the folder should be")
    with pytest.raises(fetch.DownloadError, match=r"can not be written into .*mnist .*LEARNING_TO_SEE_DATA"):
        fetch.download(offered("good"))


def test_a_full_disk_is_told_and_keeps_what_has_arrived(tiny, offered, server):
    most = 10_000
    dataset = offered("good", only=IMAGES)
    said = elsewhere(dataset, most).communicate(timeout=60)[1]
    assert said.startswith(f"{IMAGES} can not be written into {tiny.folder} (File too large): make room or ")
    assert (tiny.folder / f"{IMAGES}.part").read_bytes() == tiny.content[IMAGES][:most]
    assert load("mnist").source == "twin"
    fetch.download(dataset)
    assert server.asked[-1] == ("mirror0", IMAGES, f"bytes={most}-")
    assert (tiny.folder / IMAGES).read_bytes() == tiny.content[IMAGES]


def test_a_device_without_room_is_told(tiny, offered):
    tiny.folder.mkdir(parents=True)
    (tiny.folder / f"{IMAGES}.part").symlink_to("/dev/full")
    with pytest.raises(fetch.DownloadError, match=r"No space left on device\): make room"):
        fetch.download(offered("good", only=IMAGES))


@pytest.fixture
def weights(tiny, server, monkeypatch):
    """A function: a small file of weights, of which an MD5 is published, in place of VGG16's, with these mirrors."""
    name, content = "vgg16.h5", bytes(range(256)) * 100
    server.content[name] = content

    def by(*behaviors):
        file = registry.File(name, len(content), f"md5:{hashlib.md5(content).hexdigest()}")
        mirrors = tuple(server.mirror(behavior) for behavior in behaviors)
        offered = dataclasses.replace(registry.WEIGHTS["vgg16"], files=(file,), mirrors=mirrors)
        monkeypatch.setitem(registry.WEIGHTS, "vgg16", offered)
        return offered

    return by


def test_weights_are_downloaded_into_their_folder_and_found(tiny, server, weights):
    folder = fetch.download(weights("breaks_off", "good"))
    assert folder == tiny.folder.parent / "weights"
    assert names(folder) == ["vgg16.h5"]
    assert server.asked[-1] == ("mirror1", "vgg16.h5", "bytes=12800-")
    assert weights_file("vgg16").read_bytes() == server.content["vgg16.h5"]
    fetch.download(weights("good"))
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("behavior", "said"),
    [("other", "gave a file with a wrong checksum"), ("longer", "offered 25601 bytes where 25600 were expected")],
)
def test_wrong_weights_are_refused_and_nothing_is_left_that_loads(tiny, weights, behavior, said):
    with pytest.raises(fetch.DownloadError, match=rf"^vgg16.h5 could not .*{said}.*`python -m utils.data download vgg"):
        fetch.download(weights(behavior))
    with pytest.raises(FileNotFoundError, match=r"`python -m utils.data download vgg16`"):
        weights_file("vgg16")
