"""The sources page while a collector runs by itself, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from listening import door, lock, pace, unattended
from listening import store as stores
from listening.settings import load
from listening.store import FeedState
from listening.unattended import state

if TYPE_CHECKING:
    from browser_kit import OpenPage, Server

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"

[[topics]]
name = "Buses"
query = "bus"

[[feeds]]
name = "Millbrook Herald"
source = "rss"
url = "http://127.0.0.1:9/herald"

[[feeds]]
name = "Harbor Gazette"
source = "rss"
url = "http://127.0.0.1:9/gazette"
"""


def test_the_sources_page_tells_how_often_each_place_is_asked(
    serve: Callable[..., Server], open_page: OpenPage, tmp_path: Path
) -> None:
    """A collector runs: since when, what it last did; each place with how often and why; one that overflowed."""
    file = tmp_path / "listening.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    settings = load(file, {})
    store, now = door.store_of(settings), door.now()
    asked = FeedState(
        name="Millbrook Herald",
        source="rss",
        state="ok",
        last_asked_at=now - timedelta(minutes=9),
        last_answer_at=now - timedelta(minutes=9),
        due_at=now + timedelta(minutes=9),
        pace=pace.written(pace.Pace(posts=180, ours=40, days=6, every=1080)),
    )
    full = pace.Pace(posts=18, ours=1, days=6, every=5400, missed_at=int(now.timestamp()))
    with store.writing() as connection:
        gazette = replace(asked, name="Harbor Gazette", pace=pace.written(full))
        stores.save_feeds(connection, [(asked, True), (gazette, True)])
    since = now - timedelta(days=6)
    state.write(store, state.Collector(pid=1, since=since, every=900, looked_at=now, asked_at=now, asked=2, new=3))
    with lock.held(unattended.loop_file(store), now=now, what="A collector"):
        tab = open_page(serve({"LISTENING_SETTINGS": str(file)}), "/sources")
        page = tab.page
        expect(page.get_by_text("Collecting by itself since")).to_contain_text("2 places were due today")
        rows = page.locator("table.plain tbody tr")
        expect(rows.nth(0)).to_contain_text("About every 18 minutes")
        expect(rows.nth(0)).to_contain_text("About 30 new posts a day, 7 of them about you. Due ")
        expect(rows.nth(1)).to_contain_text("its page was full of new posts: some may have been missed")
        expect(page.get_by_role("button", name="Collect now", exact=True)).to_be_visible()
        assert tab.barriers() == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert tab.beyond_the_edge() == 0
    page.reload()
    expect(page.get_by_text("The collector ended without being told to.")).to_be_visible()
