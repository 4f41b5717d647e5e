"""The page on a bad day: a busy store in the middle of a click, names that are markup, writing from right to left."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from conftest import MakeMention, MakeStore, Save
from playwright.sync_api import expect
from test_page_states import HURRY, SETTINGS, open_all

from listening import door
from listening import store as stores

if TYPE_CHECKING:
    from browser_kit import MakeStage, OpenPage, Scheme, Server, Stage

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser


NOTING = """
import gc, os, pathlib, threading, time
def note():
    while True:
        pathlib.Path(os.environ["LISTENING_SETTINGS"] + ".kept").write_text(str(gc.get_freeze_count()))
        time.sleep(0.2)
threading.Thread(target=note, daemon=True).start()
"""
"""Writes beside the settings how many of the server's objects the garbage collector leaves alone."""


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage) -> Stage:
    return make_stage(SETTINGS, before=HURRY + NOTING)


def test_the_server_does_not_look_through_all_it_has_loaded_after_each_click(
    stage: Stage, open_page: OpenPage, new_store: MakeStore
) -> None:
    """Streamlit collects garbage after each run; what the first look has loaded stays, and is left out of it."""
    stage.show(new_store())
    for _ in range(2):
        open_page(stage.server)
    kept = stage.file.with_name(f"{stage.file.name}.kept")
    for _ in range(100):
        if int(kept.read_text() or 0) > 100_000:
            return
        time.sleep(0.1)
    pytest.fail("nothing is left out")


def test_the_next_screen_of_a_list_survives_a_locked_store(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """A click inside of what was opened runs alone, outside of what catches the page's troubles."""
    store = new_store()
    save(store, *(mention(published_at=door.now() - timedelta(hours=2), topics=("Buses",)) for _ in range(25)))
    stage.show(store)
    tab = open_page(stage.server)
    open_all(tab)
    with closing(sqlite3.connect(stores.file_of(store.url), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        tab.dialog.get_by_role("button", name="Show 5 more", exact=True).click()
        expect(tab.page.get_by_text("in use by another program")).to_be_visible()
        expect(tab.problem).to_have_count(0)


def test_collect_now_survives_a_locked_store(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """A click beside a locked store: said in words, once, and without a traceback."""
    store = new_store()
    stage.show(store)
    tab = open_page(stage.server, "/sources")
    with closing(sqlite3.connect(stores.file_of(store.url), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        tab.page.get_by_role("button", name="Collect now", exact=True).click()
        expect(tab.page.get_by_text("in use by another program")).to_be_visible()
        expect(tab.problem).to_have_count(0)


def test_a_search_does_not_need_to_write(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """While another program writes for long (or the disk is full) reading goes on, searching and exporting too."""
    store = new_store()
    save(store, mention(text="The bus was early.", published_at=door.now() - timedelta(hours=2), topics=("Buses",)))
    stage.show(store)
    tab = open_page(stage.server)
    with closing(sqlite3.connect(stores.file_of(store.url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        box = tab.page.get_by_role("textbox", name="Ask about a word")
        box.fill("bus")
        box.press("Enter")
        expect(tab.page.get_by_role("heading", level=1)).to_contain_text("“bus”")
        expect(tab.problem).to_have_count(0)
        tab.settle()
        with tab.page.expect_download(timeout=10_000):
            tab.page.locator(".st-key-export").get_by_role("button").click()


def test_a_places_name_is_never_markdown(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """Its title and its hint show it as it is written, and fetch no picture from elsewhere."""
    name = "Tips *and* more $5 to $6 ![map](http://203.0.113.9/map.png)"
    store = new_store()
    save(store, mention(feed=name, published_at=door.now() - timedelta(hours=2), topics=("Buses",)))
    stage.show(store)
    tab = open_page(stage.server)
    tab.page.locator(".st-key-open_place_0").get_by_role("button").first.click()
    expect(tab.dialog.get_by_role("heading", level=2)).to_have_text(f"Public posts, {name}: 1")


def test_turned_writing_turns_nothing_of_ours(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """A right-to-left sign in a post or a place's name leaves the date beside it as it is."""
    store = new_store()
    at = door.now() - timedelta(hours=2)
    save(
        store, mention(text="\u202eteerts eht no sub A", feed="\u202eweN", published_at=at, topics=("Buses",), likes=3)
    )
    stage.show(store)
    tab = open_page(stage.server)
    open_all(tab)
    lefts = tab.dialog.locator("ul.opened p.about").evaluate(
        """line => { const text = line.lastChild.textContent, at = text.indexOf("reactions");
                     return [at, at + 8].map(place => { const range = document.createRange();
                       range.setStart(line.lastChild, place); range.setEnd(line.lastChild, place + 1);
                       return range.getBoundingClientRect().left; }); }"""
    )
    assert lefts[0] < lefts[1]


def test_no_change_is_cut_off_on_a_phone(town_page: Server, open_page: OpenPage) -> None:
    """What stands under a number can be read to its end."""
    tab = open_page(town_page, "/?period=365d", width=390, height=844)
    assert [] == tab.page.locator("dl.metric dd.change").evaluate_all(
        "parts => parts.filter(part => part.scrollWidth > part.clientWidth + 1 && part.clientWidth)"
        ".map(part => part.outerHTML.slice(0, 200))"
    )


@pytest.mark.parametrize(("path", "width"), [("/?view=room", 1280), ("/", 1280), ("/", 640), ("/", 320)])
def test_no_number_is_cut_and_all_stand_on_one_line(
    town_page: Server, open_page: OpenPage, path: str, width: int
) -> None:
    """Reach, which is a range and so the longest, neither; half the width is what a zoom of 200 % leaves."""
    tab = open_page(town_page, path, width=width, height=720)
    assert "–" in tab.number("reach")
    assert [] == tab.page.locator("dl.metric dd.value").evaluate_all(
        "parts => parts.filter(part => part.scrollWidth > part.clientWidth + 1 && part.clientWidth)"
        ".map(part => part.outerHTML.slice(0, 200))"
    )
    with_its_way, without = (
        tab.page.evaluate(
            """gone => [...document.querySelectorAll("[class*=st-key-metric_]")].map(cell => {
                 if (gone) cell.querySelector("[class*=st-key-open_]").style.display = "none";
                 return cell.getBoundingClientRect().height; })""",
            gone,
        )
        for gone in (False, True)
    )
    assert with_its_way == pytest.approx(without, abs=1.5), "a number has room for its way, which comes later"
    if width < 640:  # then they stand below each other
        return
    first, reach = (tab.page.locator(f".st-key-metric_{name}").locator("dd.change") for name in ("plain", "reach"))
    assert abs(first.bounding_box()["y"] - reach.bounding_box()["y"]) <= 1  # type: ignore[index]
    assert 0 == tab.beyond_the_edge()


@pytest.mark.parametrize(
    ("path", "width"),
    [("/?view=room", 1920), ("/?view=wall&audience=cautious", 1920), ("/?topic=Library+and+parks", 1280)],
)
def test_the_choices_can_be_read(town_page: Server, open_page: OpenPage, path: str, width: int) -> None:
    """Period and topic are not cut."""
    tab = open_page(town_page, path, width=width, height=width * 9 // 16)
    assert [] == tab.page.get_by_role("combobox").evaluate_all(
        "boxes => boxes.filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth).map(box => box.value)"
    )


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        ("/?view=room", "dark"),
        ("/?view=room&q=bridge&period=30d", "light"),
        ("/?audience=cautious", "light"),
        ("/?audience=curious", "dark"),
        ("/?audience=numbers", "dark"),
    ],
)
def test_no_view_keeps_anybody_out(town_page: Server, open_page: OpenPage, path: str, scheme: Scheme) -> None:
    """axe-core finds nothing on any of them."""
    assert [] == open_page(town_page, path, scheme=scheme).barriers()


def test_nothing_in_the_meeting_room_is_under_24_pixels(town_page: Server, open_page: OpenPage) -> None:
    """On a projector of 1920 x 1080."""
    tab = open_page(town_page, "/?view=room", width=1920, height=1080)
    small = tab.page.locator("[data-testid=stMain] *").evaluate_all(
        """parts => [...new Set(parts.filter(part => part.checkVisibility() && [...part.childNodes].some(
                 child => child.nodeType === 3 && child.textContent.trim())
               && parseFloat(getComputedStyle(part).fontSize) < 23.5)
             .map(part => getComputedStyle(part).fontSize + " " + part.textContent.slice(0, 30)))]"""
    )
    assert [] == small


def test_the_weeks_of_a_year_keep_their_months(town_page: Server, open_page: OpenPage) -> None:
    """Of the days under the chart each is followed by its month, or stands in the month that was named before it."""
    tab = open_page(town_page, "/?period=365d")
    labels = tab.page.locator("svg.marks .role-axis-label text").all_text_contents()
    days = [label.split("from")[-1].strip() for label in labels if "from" in label]
    assert [] == [day for day in days if day.isdecimal()]


@pytest.mark.parametrize("broken", ["[agency\nname = 3\n"])
def test_a_page_that_cannot_be_shown_has_a_heading(stage: Stage, open_page: OpenPage, broken: str) -> None:
    stage.write(broken)
    tab = open_page(stage.server)
    expect(tab.page.get_by_role("heading", level=1)).to_have_count(1)
