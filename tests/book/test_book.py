"""Every page of the built site in a real browser: tabs, requests, console, accessibility, pictures, phone, formulas."""

import functools
import itertools
import urllib.parse
from pathlib import Path

import bs4
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.book.watched import Watched, pages
from tools.paths import HTML

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

pytestmark = pytest.mark.parametrize("name", pages())


def test_asks_no_foreign_host_and_has_no_console_message(site: Watched, name: str) -> None:
    page = site.open(name)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert site.trouble == []


def test_tabs_switch_everywhere_and_survive_a_reload(site: Watched, name: str) -> None:
    page = site.open(name)
    for framework in ("torch", "keras", "torch"):
        labels = page.locator(f"label[data-sync-id={framework}]")
        if not labels.count():
            pytest.skip("this page has no framework tabs")
        labels.last.click()
        assert shown(page, framework)
    page.reload()
    assert shown(page, "torch")


def shown(page: Page, framework: str) -> bool:
    """Whether every tab set that has this framework shows it, and its content with it."""
    sets = page.locator(f".sd-tab-set:has(label[data-sync-id={framework}])")
    chosen = page.locator(f".sd-tab-set > input:checked + label[data-sync-id={framework}] + .sd-tab-content")
    return chosen.count() == sets.count() and all(content.is_visible() for content in chosen.all())


def test_axe_finds_nothing_serious(files: Watched, name: str) -> None:
    page = files.open(name)
    page.add_style_tag(content="* { transition: none !important; animation: none !important }")
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    serious = []
    for size, mode in itertools.product([DESKTOP, PHONE], ["light", "dark"]):
        page.set_viewport_size(size)
        page.evaluate("mode => document.documentElement.dataset.theme = mode", mode)
        for problem in Axe().run(page).response["violations"]:
            if problem["impact"] in ("serious", "critical"):
                where = [f"{node['target']}: {node['failureSummary']}" for node in problem["nodes"]]
                serious.append((mode, size["width"], problem["id"], where))
    assert serious == []


def test_every_picture_is_there_and_says_what_it_shows(name: str) -> None:
    for picture in html(name).select("article img"):
        text, file = picture.get("alt", "").strip(), HTML / Path(name).parent / urllib.parse.unquote(picture["src"])
        assert file.is_file(), f"{file.name} is not there"
        assert len(text) > 10 and text != file.name, f"{file.name}: {text!r}"


def html(name: str) -> bs4.BeautifulSoup:
    """A page as it was written, before any script."""
    return bs4.BeautifulSoup((HTML / f"{name}.html").read_text("utf8"), "html.parser")


def test_a_phone_shows_it_without_scrolling_sideways(files: Watched, name: str) -> None:
    files.page.set_viewport_size(PHONE)
    page = files.open(name)
    for framework in ("keras", "torch"):
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


def test_formulas_are_drawn(files: Watched, name: str) -> None:
    page = files.open(name)
    formulas = page.locator("article .math").count()
    assert page.locator("article .math mjx-container svg").count() >= formulas
    assert page.locator("article mjx-container [data-mjx-error], article mjx-merror").count() == 0


def test_links_within_the_site_lead_somewhere(name: str) -> None:
    here = HTML / f"{name}.html"
    for link in html(name).select("a[href]"):
        address = urllib.parse.urlparse(link["href"])
        if address.scheme or link["href"] == "#":
            continue
        path = here.parent / urllib.parse.unquote(address.path) if address.path else here
        assert path.is_file(), f"{link['href']} is not there"
        if address.fragment and path.suffix == ".html":
            assert f'id="{urllib.parse.unquote(address.fragment)}"' in text(path), f"{link['href']} is not there"


@functools.cache
def text(path: Path) -> str:
    """A file of the site."""
    return path.read_text("utf8")
