"""The replay: the period's posts come in again as they came, in sixty seconds, and whoever watches can hold it."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from conftest import NOON, TIMEZONE, MakeMention, Save
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from listening.insights import sentences
from listening.insights.periods import period
from listening.insights.tables import bars
from listening.pages.opened import PER_SCREEN
from listening.pages.replay import SECONDS, STEP, moment_of, until
from listening.store import Reader, Store, View

if TYPE_CHECKING:
    from browser_kit import OpenPage, Server, Tab, Town

pytest_plugins = ["browser_kit"]

WEEK = View(start=NOON - timedelta(days=7), end=NOON)


@given(st.floats(0, SECONDS * 2), st.floats(0, SECONDS * 2))
def test_the_clock_of_the_replay_goes_forward_and_ends_with_the_period(first: float, later: float) -> None:
    """Never before its beginning, never after its end, never back."""
    first, later = sorted((first, later))
    assert WEEK.start <= moment_of(WEEK, first) <= moment_of(WEEK, later) <= WEEK.end
    assert moment_of(WEEK, SECONDS) == WEEK.end


def test_halfway_it_shows_half_the_period() -> None:
    """To the step of its clock, which can be read."""
    assert abs(moment_of(WEEK, SECONDS / 2) - (NOON - timedelta(days=3.5))) <= STEP


def test_the_days_grow_and_are_in_the_end_what_the_page_counts(store: Store, save: Save, mention: MakeMention) -> None:
    """No post before its time, and every one at the end; those before the period are in no day."""
    hours = (1, 5, 30, 31, 80, 150, 167, 169)
    save(store, *(mention(published_at=NOON - timedelta(hours=each), tag="bad") for each in hours))
    chosen = period("7d", NOON.astimezone(TIMEZONE), TIMEZONE)
    view = View(start=chosen.start, end=chosen.end)
    with store.reading() as connection:
        reader = Reader(store, connection)
        table = bars(reader, view, chosen, TIMEZONE)
        for back in (170, 100, 30.5, 0):
            moment = NOON - timedelta(hours=back)
            shown = until(table.bars, reader, view, moment)
            assert sum(back < each <= 168 for each in hours) == sum(bar.count for bar in shown)
    assert 7 == sum(bar.tags["bad"] for bar in shown)
    assert all(bar.end > view.start for bar in shown)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({}, "Wednesday 4 March, 12:00: no public posts so far"),
        ({"neutral": 1}, "Wednesday 4 March, 12:00: 1 public post so far"),
        ({"good": 1, "bad": 1_200}, "Wednesday 4 March, 12:00: 1,201 public posts so far, 1 good and 1,200 bad"),
    ],
)
def test_what_is_on_is_said_in_a_sentence(tags: dict[str, int], said: str) -> None:
    """Small numbers too."""
    assert said == sentences.replayed(NOON.astimezone(TIMEZONE), tags)  # type: ignore[arg-type]
    chosen = period("week", datetime(2026, 3, 4, tzinfo=UTC), TIMEZONE)
    assert "The last full week in sixty seconds" == sentences.replay_title(chosen)


def so_far(tab: Tab) -> int:
    found = re.search(r"([\d,]+) public posts? so far", tab.page.locator(".replay h2").inner_text())
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.browser
def test_from_the_page_into_the_replay_and_back(town_page: Server, open_page: OpenPage) -> None:
    """It runs, can be held and goes on; nobody is kept out; nothing is beside the window; back is where it began."""
    tab = open_page(town_page, "/?topic=Library+and+parks")
    tab.page.get_by_role("button", name="Play the last 7 days in sixty seconds").click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("The last 7 days in sixty seconds")
    tab.until("() => /[1-9]\\d* public posts? so far/.test(document.body.innerText)")
    assert 0 == tab.page.get_by_test_id("stMain").evaluate("main => main.scrollTop")
    tab.page.get_by_role("button", name="Hold", exact=True).click()
    expect(tab.page.get_by_role("button", name="Go on", exact=True)).to_be_visible()
    held = so_far(tab)
    assert 0 < held
    assert [] == tab.barriers()
    assert 0 == tab.beyond_the_edge()
    tab.page.wait_for_timeout(2_500)
    assert held == so_far(tab)
    tab.page.locator(".st-key-open_so_far").get_by_role("button").click()
    expect(tab.dialog.locator("ul.opened > li")).to_have_count(min(held, PER_SCREEN))
    expect(tab.dialog.get_by_role("heading", level=2)).to_contain_text(f": {held:,}")
    tab.page.keyboard.press("Escape")
    expect(tab.dialog).to_have_count(0)
    tab.page.get_by_role("button", name="Go on", exact=True).click()
    tab.until(f"() => !document.querySelector('.replay h2').innerText.includes('{held} public')")
    expect(tab.page.get_by_role("button", name="Hold", exact=True)).to_be_visible()
    tab.page.get_by_role("button", name="Back to the page", exact=True).click()
    expect(tab.page.locator("svg.marks")).to_be_visible()
    assert tab.page.url.endswith("/?topic=Library+and+parks")


@pytest.mark.browser
def test_at_its_end_it_stands_still_and_can_be_seen_once_more(
    town: Town, serve: Callable[..., Server], open_page: OpenPage
) -> None:
    """All posts are there, and nothing moves by itself any more. Here after ten seconds instead of sixty."""
    server = serve(town.environment, before="from listening.pages import replay\nreplay.SECONDS = 10")
    tab = open_page(server, "/?view=replay&period=24h")
    expect(tab.page.get_by_role("button", name="Hold", exact=True)).to_have_count(0)
    expect(tab.page.get_by_role("button", name="Go on", exact=True)).to_have_count(0)
    assert "100%" in (tab.page.locator(".gone div").get_attribute("style") or "").replace("100.0%", "100%")
    tab.page.get_by_role("button", name="Once more", exact=True).click()
    expect(tab.page.get_by_role("button", name="Hold", exact=True)).to_be_visible()
