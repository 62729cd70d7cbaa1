"""What the tests of the book look at: its pages, and a browser tab that keeps what goes wrong in it."""

import functools

from playwright.sync_api import Page, Request

from tools.paths import HTML


def pages() -> list[str]:
    """Every page of the book, as a path under the site without its suffix."""
    paths = [
        *HTML.glob("search.html"),
        *sorted(path for part in ("chapters", "labs") for path in (HTML / part).rglob("*.html")),
    ]
    return [path.relative_to(HTML).with_suffix("").as_posix() for path in paths]


@functools.cache
def source(name: str) -> str:
    """The HTML of a page as it was written, before any script."""
    return (HTML / f"{name}.html").read_text("utf8")


class Watched:
    """A browser page that keeps what went wrong: requests to other hosts, failed ones, and console messages."""

    def __init__(self, page: Page, home: str):
        self.page, self.home, self.trouble = page, home, []
        page.on("request", self._note_request)
        page.on("requestfailed", lambda request: self.trouble.append(f"failed: {request.url}"))
        page.on("response", lambda r: self.trouble.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        page.on("console", lambda m: self.trouble.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.trouble.append(f"foreign: {request.url}")

    def open(self, name: str) -> Page:
        """Go to a page of the book and wait until its formulas are drawn."""
        self.page.goto(f"{self.home}/{name}.html", wait_until="load")
        self.page.wait_for_function("!window.MathJax || (MathJax.startup?.promise && MathJax.startup.document)")
        self.page.evaluate("window.MathJax?.startup.promise")
        return self.page
