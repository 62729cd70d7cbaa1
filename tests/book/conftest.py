"""A browser over the built site, as files and through a web server; tests of the book need nothing else."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.book.watched import Watched
from tools.paths import HTML

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a web server over the built site."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=HTML)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Debian's Chromium with a profile of its own."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.fail("There is no program chromium: install the packages of apt.txt.")
    profile = tmp_path_factory.mktemp("profile")
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            profile, executable_path=chromium, headless=True, args=FLAGS, viewport={"width": 1280, "height": 900}
        )
        yield context
        context.close()


@pytest.fixture(params=["http", "file"])
def site(request: pytest.FixtureRequest, browser: BrowserContext) -> Iterator[Watched]:
    """A fresh tab on the site, once through the server and once over file://."""
    home = HTML.as_uri() if request.param == "file" else request.getfixturevalue("server")
    yield from _tab(browser, home)


@pytest.fixture
def files(browser: BrowserContext) -> Iterator[Watched]:
    """A fresh tab on the site over file://."""
    yield from _tab(browser, HTML.as_uri())


def _tab(browser: BrowserContext, home: str) -> Iterator[Watched]:
    tab = browser.new_page()
    tab.set_default_timeout(120_000)  # a machine under load is slow, not broken
    yield Watched(tab, home)
    tab.close()
