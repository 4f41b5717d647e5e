"""The leaders' page on paper: one sheet, A4 or Letter, whatever the window was."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from browser_kit import OpenPage, Scheme, Server, Tab

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser

LIGHT = 200
"""Of 255: paper is at least so light."""


def sheets(pdf: bytes) -> int:
    """How many pages a PDF of Chromium has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def printed(tab: Tab, paper: str) -> bytes:
    return tab.page.pdf(format=paper, print_background=True)


@pytest.mark.parametrize(
    ("path", "scheme", "width"),
    [
        ("/", "light", 1280),
        ("/", "dark", 390),
        ("/?view=room", "dark", 1920),
        ("/?audience=cautious", "light", 1280),
        ("/?audience=numbers&period=90d", "light", 1280),
    ],
)
def test_the_page_is_one_sheet(town_page: Server, open_page: OpenPage, path: str, scheme: Scheme, width: int) -> None:
    """Also from a telephone, from a projector's dark screen, and for each audience; with room for longer sentences."""
    tab = open_page(town_page, path, scheme=scheme, width=width, height=844)
    tab.page.locator(".foot").evaluate("foot => { foot.style.paddingBottom = '3.5rem'; }")
    assert [1, 1] == [sheets(printed(tab, paper)) for paper in ("A4", "Letter")]


def test_paper_shows_what_cannot_be_clicked_and_nothing_that_only_could(town_page: Server, open_page: OpenPage) -> None:
    """The headline, the numbers, the quotes and how it was counted; no menus, no buttons; dark on white."""
    tab = open_page(town_page, "/", scheme="dark")
    tab.page.emulate_media(media="print", color_scheme="dark")
    for there in (
        "h1.headline",
        "p.deck",
        ".st-key-days_chart",
        ".st-key-quote_good_0",
        ".st-key-quote_bad_0",
        ".foot",
    ):
        assert tab.page.locator(there).is_visible(), there
    for gone in ("[data-testid=stHeader]", ".st-key-controls", ".st-key-actions", "[data-testid=stExpander]"):
        assert not tab.page.locator(gone).first.is_visible(), gone
    assert 0 == tab.page.get_by_role("button", name=re.compile("^See the")).filter(visible=True).count()
    colours = tab.page.evaluate(
        """() => [getComputedStyle(document.querySelector("h1.headline")).color,
                  getComputedStyle(document.querySelector("dl.metric dd.value")).color,
                  getComputedStyle(document.body).backgroundColor]"""
    )
    dark, also_dark, ground = [max(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]
    assert max(dark, also_dark) < 60
    assert LIGHT < ground
