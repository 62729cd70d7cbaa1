"""Every page of the built site in a real browser: tabs, requests, console, accessibility, pictures, phone, formulas."""

import urllib.parse
from pathlib import Path

import bs4
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.book.watched import Watched, pages, source
from tools.editions import FRAMEWORKS
from tools.paths import HTML

WITHOUT_CONTRAST = {"color-contrast": {"enabled": False}}
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

EVERY = pytest.mark.parametrize("name", pages())
WITH_TABS = pytest.mark.parametrize("name", [name for name in pages() if "framework-tabs" in source(name)])


def test_there_is_a_book_to_look_at() -> None:
    assert (HTML / "index.html").is_file() and len(pages()) > 1, "The book is not built: give `make book` first."


@EVERY
def test_shows_what_its_code_prints_now(name: str) -> None:
    assert [notice.get_text(" ", strip=True) for notice in html(name).select(".out-of-date")] == []


@EVERY
def test_asks_no_foreign_host_and_has_no_console_message(site: Watched, name: str) -> None:
    page = site.open(name)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert site.trouble == []


@WITH_TABS
def test_tabs_switch_everywhere_and_survive_a_reload(site: Watched, name: str) -> None:
    page = site.open(name)
    there = [name for name in FRAMEWORKS if page.locator(f"label[data-sync-id={name}]").count()]
    tries = 4 if site.home.startswith("file:") else 1
    for framework in [*there[1:], *there[:1]]:
        assert any(survives_a_reload(page, framework) for _ in range(tries))


def survives_a_reload(page: Page, framework: str) -> bool:
    """Whether all tab sets show a framework's cells that was chosen in the last of them, and still do after a reload.

    Under load Chromium gives a file one reload in twenty or so another local storage than before; http never.
    """
    page.locator(f"label[data-sync-id={framework}]").last.click()
    assert not_shown(page, framework) == 0
    page.reload()
    return not_shown(page, framework) == 0


def not_shown(page: Page, framework: str) -> int:
    """How many of the page's tab sets that have this framework do not show its cells."""
    return page.evaluate(
        """framework => [...document.querySelectorAll(`label[data-sync-id=${framework}]`)].filter(label => {
            const input = document.getElementById(label.htmlFor);
            return !(input.checked && label.nextElementSibling.checkVisibility());
        }).length""",
        framework,
    )


@EVERY
def test_axe_finds_nothing_serious(files: Watched, name: str) -> None:
    page = files.open(name)
    page.add_style_tag(content="* { transition: none !important; animation: none !important }")
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    contrast = {"runOnly": ["color-contrast"]}
    # Colors differ by mode, the layout by width.
    looks = [(DESKTOP, "light", {}), (DESKTOP, "dark", contrast), (PHONE, "light", {"rules": WITHOUT_CONTRAST})]
    assert [(mode, size["width"], found) for size, mode, rules in looks for found in axe(page, size, mode, rules)] == []


def axe(page: Page, size: dict, mode: str, rules: dict) -> list[str]:
    """Serious and critical problems with the page at this size and in this mode."""
    page.set_viewport_size(size)
    page.evaluate("mode => document.documentElement.dataset.theme = mode", mode)
    page.wait_for_timeout(400)  # the theme and our script wait before they answer to a new size
    found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    return [
        f"{problem['id']}: {node['target']}: {node['failureSummary']}"
        for problem in found
        if problem["impact"] in ("serious", "critical")
        for node in problem["nodes"]
    ]


@EVERY
def test_every_picture_is_there_and_says_what_it_shows(name: str) -> None:
    for picture in html(name).select("article img"):
        text, file = picture.get("alt", "").strip(), HTML / Path(name).parent / urllib.parse.unquote(picture["src"])
        assert file.is_file(), f"{file.name} is not there"
        assert len(text) > 10 and text != file.name, f"{file.name}: {text!r}"


def html(name: str) -> bs4.BeautifulSoup:
    """A page as it was written, before any script."""
    return bs4.BeautifulSoup(source(name), "html.parser")


@EVERY
def test_a_phone_shows_it_without_scrolling_sideways(files: Watched, name: str) -> None:
    files.page.set_viewport_size(PHONE)
    page = files.open(name)
    for framework in FRAMEWORKS:
        if (labels := page.locator(f"label[data-sync-id={framework}]")).count():
            labels.first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert overflowing(page) == []


def overflowing(page: Page) -> list[str]:
    """Elements of the text that stick out of the window, other than inside a box that scrolls by itself."""
    return page.evaluate(
        """() => [...document.querySelectorAll("article *")].filter(element => {
            if (element.getBoundingClientRect().right <= innerWidth + 1 || !element.checkVisibility()) return false;
            if (element.closest("mjx-assistive-mml, .visually-hidden")) return false;
            for (let box = element.parentElement; box; box = box.parentElement)
                if (["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX)) return false;
            return true;
        }).map(element => element.outerHTML.slice(0, 120))"""
    )


@EVERY
def test_formulas_are_drawn(files: Watched, name: str) -> None:
    page = files.open(name)
    formulas = page.locator("article .math").count()
    assert page.locator("article .math mjx-container svg").count() >= formulas
    assert page.locator("article mjx-container [data-mjx-error], article mjx-merror").count() == 0


@EVERY
def test_links_within_the_site_lead_somewhere(name: str) -> None:
    here = (HTML / f"{name}.html").resolve()
    for link in html(name).select("a[href]"):
        address = urllib.parse.urlparse(link["href"])
        if address.scheme or link["href"] == "#":
            continue
        path = (here.parent / urllib.parse.unquote(address.path)).resolve() if address.path else here
        assert path.is_file(), f"{link['href']} is not there"
        if address.fragment and path.suffix == ".html":
            target = source(path.relative_to(HTML.resolve()).with_suffix("").as_posix())
            assert f'id="{urllib.parse.unquote(address.fragment)}"' in target, f"{link['href']} is not there"
