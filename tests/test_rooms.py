"""Where the page is shown: the menu names the rooms, and the corridor's screen goes through the page by itself."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import MakeMention, Save
from playwright.sync_api import TimeoutError, expect
from streamlit.testing.v1 import AppTest

from listening import door
from listening.pages import rooms
from listening.pages.rooms import ROOMS, SCENES
from listening.settings import load

if TYPE_CHECKING:
    from browser_kit import OpenPage, Server, Tab, Town

pytest_plugins = ["browser_kit"]

APP = Path(__file__).resolve().parent.parent / "app.py"
HURRY = "from listening.pages import rooms\nrooms.SECONDS = 2"
TITLES = {
    "trend": "was the busiest day",
    "quotes": "What people are upset about",
    "questions": "questions wait for an answer|posts ask for something",  # as far as answers are known
    "newest": "Newest",
}


def wall(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The corridor's page, its first part on."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    page = AppTest.from_file(str(APP))
    page.default_timeout = 60
    page.query_params["view"] = "wall"
    page.run()
    return page


def words(page: AppTest) -> str:
    assert [] == [problem.message for problem in page.exception]
    return "\n".join(piece.proto.body for piece in page.get("html") if "<style" not in piece.proto.body)


def test_the_corridor_shows_every_part_in_turn_and_begins_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The headline stays; of the parts one is on at a time."""
    monkeypatch.setattr(rooms, "SECONDS", 3_600)  # only the key goes on
    page = wall(dict(town.environment), monkeypatch)
    shown = []
    for turn in range(len(SCENES) + 1):
        said = words(page)
        assert 'class="headline"' in said
        assert f"Part {turn % len(SCENES) + 1} of {len(SCENES)}" in said
        shown.append({part for part, title in TITLES.items() if re.search(title, said)})
        page.button(key="next_scene").click().run()
    assert [{scene} & set(TITLES) for scene in (*SCENES, SCENES[0])] == shown


def test_a_part_that_has_nothing_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Save, mention: MakeMention
) -> None:
    """One post: there are no stories, no questions and no themes."""
    (tmp_path / "listening.toml").write_text(
        '[agency]\nname = "Town of Millbrook"\ntimezone = "America/New_York"\n\n[[topics]]\nname = "Buses"\n'
        'query = "bus"\n',
        encoding="utf-8",
    )
    monkeypatch.delenv("LISTENING_STORE", raising=False)
    store = door.store_of(load(tmp_path / "listening.toml", {}))
    save(store, mention(topics=("Buses",), published_at=door.now() - timedelta(hours=1)))
    page = wall({"LISTENING_SETTINGS": str(tmp_path / "listening.toml")}, monkeypatch)
    parts = []
    for _ in range(5):
        parts.append(words(page).partition("Part ")[2][0])
        page.button(key="next_scene").click().run()
    assert ["1", "2", "3", "7", "1"] == parts


def test_it_goes_on_after_a_while_and_not_before(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody presses anything; "Stay here" keeps it. Here after an hour, so that a busy machine is not taken for it."""
    monkeypatch.setattr(rooms, "SECONDS", 3_600)
    page = wall(dict(town.environment), monkeypatch)
    page.run()
    assert "Part 1 of" in words(page)
    page.session_state["turned_at"] -= rooms.SECONDS
    page.run()
    assert "Part 2 of" in words(page)
    page.toggle(key="stopped").set_value(True).run()
    page.session_state["turned_at"] -= rooms.SECONDS
    page.run()
    assert "Part 2 of" in words(page)


def test_the_menu_leads_to_each_room_and_back(town_page: Server, open_page: OpenPage) -> None:
    """It is written into the address, so that a screen can be told to open it."""
    tab = open_page(town_page)
    choose(tab, ROOMS["wall"].label)
    expect(tab.page.get_by_text("Part 1 of")).to_be_visible()
    assert "view=wall" in tab.page.url
    choose(tab, ROOMS[""].label)
    expect(tab.page.get_by_text("Part 1 of")).to_have_count(0)
    tab.settle()
    assert "view=" not in tab.page.url


def choose(tab: Tab, label: str) -> None:
    box = tab.page.get_by_role("combobox", name="Where this page is shown")
    option = tab.page.get_by_role("option", name=label, exact=True)

    def opened_and_chosen() -> None:
        # A page that still draws itself, or scrolls, closes the list again: then it is opened once more.
        box.focus()
        box.press("ArrowDown")
        option.click(timeout=3_000)

    tab.settle()
    again(opened_and_chosen)
    tab.settle()


def again(step: Callable[[], None], times: int = 10) -> None:
    """Take a step until the browser does it."""
    for left in reversed(range(times)):
        try:
            return step()
        except TimeoutError:
            if not left:
                raise


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
def test_every_part_fits_on_the_screen_and_keeps_nobody_out(
    town_page: Server, open_page: OpenPage, width: int, height: int
) -> None:
    """Nobody can scroll in a corridor; axe finds nothing."""
    tab = open_page(town_page, "/?view=wall", width=width, height=height)
    with tab.rerunning():
        tab.page.get_by_text("Stay here", exact=True).click()  # a slow machine would still be looking when it turns
    shown = re.search(r"Part (\d+) of", tab.page.locator("body").inner_text())
    assert shown
    for turn in range(len(SCENES)):
        part = (int(shown[1]) - 1 + turn) % len(SCENES) + 1
        expect(tab.page.get_by_text(f"Part {part} of")).to_be_attached()
        tab.settle()
        bottoms = tab.page.evaluate(
            """() => [...document.querySelectorAll(
                 ".headline, .deck, .section, [class*=st-key-quote_], ul.newest > li, ul.questions > li, "
                 + ".st-key-days_chart, [class*=st-key-story_], [class*=st-key-theme_], [class*=st-key-metric_], "
                 + ".st-key-places"
               )].filter(part => part.checkVisibility()).map(part => part.getBoundingClientRect().bottom)"""
        )
        assert max(bottoms) <= height, part
        if part in (1, 3):
            assert [] == tab.barriers()
        tab.page.get_by_role("button", name="Next", exact=True).click()


def test_it_turns_by_itself_and_comes_back_after_the_server_was_restarted(
    town: Town, browser: object, tmp_path: Path, open_page: OpenPage
) -> None:
    """A screen in the corridor has no keyboard: whatever happens to the server, it goes on."""
    from browser_kit import free_port, serving

    port = free_port()
    with serving(tmp_path, town.environment, before=HURRY, port=port) as server:
        tab = open_page(server, "/?view=wall")
        expect(tab.page.get_by_text("Part 2 of")).to_be_attached()
        expect(tab.page.get_by_text("Part 3 of")).to_be_attached()
    tab.faults.clear()
    with serving(tmp_path, town.environment, before=HURRY, port=port):
        expect(tab.page.get_by_text("Part 2 of")).to_be_attached()
        expect(tab.page.get_by_text("What people like")).to_be_visible()
        tab.page.close()
    tab.faults.clear()  # while there was no server, asking for it failed


def test_an_address_that_names_no_room_is_the_desk() -> None:
    """So is none at all."""
    assert rooms.of("balcony") == rooms.of(None) == ROOMS[""]
    assert {word: room.large for word, room in ROOMS.items()} == {"": False, "room": True, "wall": True, "replay": True}
