"""What must not go wrong in the room: no network, several viewers, a day that ends while the page is open."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import clock_kit
import pytest
from conftest import TIMEZONE, MakeMention, MakeStore, Save
from playwright.sync_api import expect
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listening import door
from listening.insights.periods import day_words

if TYPE_CHECKING:
    from browser_kit import OpenPage, Server, Tab

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser

SETTINGS = """
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
url = "{url}"
"""

CLOCK = """
from datetime import datetime
from pathlib import Path
from listening import door
door.now = lambda: datetime.fromisoformat(Path({file!r}).read_text())
"""
"""The page's clock shows what stands in a file."""


def headline(tab: Tab) -> str:
    return tab.page.get_by_role("heading", level=1).inner_text()


def items(tab: Tab) -> int:
    expect(tab.dialog.locator("ul.opened > li").first).to_be_visible()
    tab.settle()  # for a moment a list that was opened before may still stand there
    return tab.dialog.locator("ul.opened > li").count()


def opened(tab: Tab, key: str) -> int:
    """How many posts a number opens; closed again."""
    tab.page.locator(f".st-key-open_{key}").get_by_role("button").first.click()
    found = items(tab)
    tab.page.keyboard.press("Escape")
    expect(tab.dialog).to_have_count(0)
    return found


def busy_days(tab: Tab) -> dict[str, int]:
    """Each day of the chart with posts, and how many."""
    return {day: count for day, count in tab.bars().items() if count}


# --- no network -----------------------------------------------------------------------------------------------------


@contextmanager
def herald() -> Iterator[tuple[HTTPServer, list[str]]]:
    """A paper with a feed at /feed; the names of its articles, which may grow."""
    articles = ["one", "two"]

    def feed(_request: Request) -> Response:
        now = format_datetime(door.now() - timedelta(hours=1))
        entries = "".join(
            f"<item><title>The bus was on time again, thank you ({name})</title>"
            f"<guid>https://herald.example/{name}</guid><pubDate>{now}</pubDate></item>"
            for name in list(articles)
        )
        body = f'<rss version="2.0"><channel><title>Herald</title>{entries}</channel></rss>'
        return Response(body, content_type="application/rss+xml")

    with HTTPServer() as server:
        server.expect_request("/feed").respond_with_handler(feed)
        yield server, articles


def test_when_the_network_is_cut_the_page_goes_on_with_what_it_has(
    serve: Callable[..., Server], open_page: OpenPage, tmp_path: Path
) -> None:
    """Numbers, lists, other periods and searches work as before; only the place says when it was last heard."""
    with herald() as (paper, _):
        (tmp_path / "listening.toml").write_text(SETTINGS.format(url=paper.url_for("/feed")), encoding="utf-8")
        tab = open_page(serve({"LISTENING_SETTINGS": str(tmp_path / "listening.toml")}), "/sources")
        page = tab.page
        page.get_by_role("button", name="Collect now", exact=True).click()
        expect(page.get_by_text(re.compile(r"\b2 new mentions"))).to_be_visible()
        paper.stop()
        page.get_by_role("button", name="Collect now", exact=True).click()
        expect(page.locator(".state")).to_contain_text(["No answer"])

        page.get_by_role("link", name="What people are saying", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("2 public posts")
        day = r"\w.*" if clock_kit.HOURS else "today"  # whoever collects keeps the true clock
        expect(page.locator(".place-name")).to_contain_text(re.compile(rf"last heard {day} \d\d:\d\d"))
        assert 2 == opened(tab, "plain")
        page.get_by_role("textbox", name="Ask about a word").fill("thank")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("about “thank”")
        assert 2 == opened(tab, "plain")
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_one_switch_asks_the_places_and_brings_in_what_is_new(
    serve: Callable[..., Server], open_page: OpenPage, tmp_path: Path
) -> None:
    """Without a reload; the numbers above wait, and what was read stays where it was. Here every second."""
    hurry = "from datetime import timedelta\nfrom listening.pages import collecting, newest_posts\n"
    hurry += "collecting.LIVE_EVERY = timedelta(seconds=1)\nnewest_posts.LIVE_EVERY = '1s'"
    with herald() as (paper, articles):
        (tmp_path / "listening.toml").write_text(SETTINGS.format(url=paper.url_for("/feed")), encoding="utf-8")
        tab = open_page(serve({"LISTENING_SETTINGS": str(tmp_path / "listening.toml")}, before=hurry), "/sources")
        page = tab.page
        page.get_by_role("button", name="Collect now", exact=True).click()
        expect(page.get_by_text(re.compile(r"\b2 new mentions"))).to_be_visible()
        page.get_by_role("link", name="What people are saying", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("2 public posts")
        page.get_by_test_id("stCheckbox").get_by_text("Keep updating").click()
        expect(page.get_by_role("heading", name="Happening right now")).to_be_visible()
        articles.append("three")
        expect(page.locator("ul.newest")).to_contain_text("(three)")
        assert "2 public posts" in headline(tab)


# --- several viewers ------------------------------------------------------------------------------------------------


def test_two_viewers_do_not_disturb_each_other_and_see_the_same_choice_of_quotes(
    serve: Callable[..., Server],
    open_page: OpenPage,
    new_store: MakeStore,
    mention: MakeMention,
    save: Save,
    tmp_path: Path,
) -> None:
    """Period, topic and open lists are each viewer's own; what the team chooses is everybody's."""
    store = new_store()
    now = door.now()
    for n in range(8):
        said = {"text": f"The bus was kind to me on day {n}, thank you all.", "topics": ("Buses",)}
        save(store, mention(**said, feed=f"Place {n}", published_at=now - timedelta(days=4 * n, hours=1)))
    settings = tmp_path / "listening.toml"
    settings.write_text(SETTINGS.format(url="http://127.0.0.1:9/feed"), encoding="utf-8")
    server = serve({"LISTENING_SETTINGS": str(settings), "LISTENING_STORE": store.url})
    first, second = open_page(server), open_page(server, "/?period=30d")
    mine, theirs = headline(first), headline(second)
    assert "2 public posts" in mine
    assert "8 public posts" in theirs
    first.page.locator(".st-key-open_plain").get_by_role("button").click()
    assert 2 == items(first)
    assert 8 == opened(second, "plain")
    expect(second.dialog).to_have_count(0)
    assert 2 == items(first)
    first.page.keyboard.press("Escape")

    first.page.locator("summary", has_text="Choose what is quoted").click()
    left_out = first.page.locator(".st-key-quote_good_0 blockquote").inner_text()
    first.page.get_by_role("button", name="Leave out").first.click()
    expect(first.page.get_by_text("left out one post of this period")).to_be_visible()
    second.page.get_by_role("combobox", name="Period").click()
    second.page.get_by_role("option", name="Last 7 days", exact=True).click()
    expect(second.page.get_by_text("left out one post of this period")).to_be_visible()
    expect(second.page.get_by_text(left_out)).to_have_count(0)


# --- days that end, and days of another length ----------------------------------------------------------------------


@pytest.fixture
def at(
    serve: Callable[..., Server], new_store: MakeStore, tmp_path: Path
) -> Callable[..., tuple[Server, Callable[[str], None], object]]:
    """A page whose clock the test sets: ``at("2026-03-08T23:56")`` in New York."""
    file = tmp_path / "clock"

    def set_clock(moment: str) -> None:
        file.write_text(datetime.fromisoformat(moment).replace(tzinfo=TIMEZONE).isoformat(), encoding="utf-8")

    def start(moment: str) -> tuple[Server, Callable[[str], None], object]:
        set_clock(moment)
        store = new_store()
        settings = tmp_path / "listening.toml"
        settings.write_text(SETTINGS.format(url="http://127.0.0.1:9/feed"), encoding="utf-8")
        environment = {"LISTENING_SETTINGS": str(settings), "LISTENING_STORE": store.url}
        return serve(environment, before=CLOCK.format(file=str(file))), set_clock, store

    return start


def local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=TIMEZONE)


def test_a_page_that_is_open_over_midnight_begins_the_new_day(
    at: Callable[..., tuple[Server, Callable[[str], None], object]],
    open_page: OpenPage,
    mention: MakeMention,
    save: Save,
) -> None:
    """On the night to Monday: a new bar, a new full week, and every number still opens its own posts."""
    server, set_clock, store = at("2026-03-15T23:56")
    said = ("2026-03-09T00:01", "2026-03-15T12:00", "2026-03-15T23:50", "2026-03-16T00:05")
    save(store, *(mention(topics=("Buses",), published_at=local(moment)) for moment in said))
    tab = open_page(server)
    sunday, monday = (day_words(local(moment).date()) for moment in ("2026-03-15T12:00", "2026-03-16T12:00"))
    assert {"Monday 9 March": 1, sunday: 2} == busy_days(tab)
    assert "3 public posts" in headline(tab)

    set_clock("2026-03-16T00:07")
    assert 3 == opened(tab, "plain")  # a number and its list speak of one moment, also when the clock has gone on
    tab.page.get_by_role("combobox", name="Period").click()
    tab.page.get_by_role("option", name="Last full week", exact=True).click()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("in the last full week")
    tab.settle()
    assert "3 public posts" in headline(tab)
    assert 3 == opened(tab, "plain")
    tab.page.get_by_role("combobox", name="Period").click()
    tab.page.get_by_role("option", name="Last 24 hours", exact=True).click()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("3 public posts about us in the last 24 hours")
    tab.settle()
    assert {"Monday 9 March": 1, sunday: 2, monday: 1} == busy_days(tab)
    assert 3 == opened(tab, "plain")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        # The hour from one to two comes twice, once in summer time (fold 0) and once in winter time (fold 1).
        ("2026-11-01", ("00:10", "01:30", "01:30+", "02:30", "23:50")),
        # The hour from two to three does not come at all.
        ("2026-03-08", ("00:10", "01:59", "03:00", "23:50")),
    ],
)
def test_the_day_on_which_the_clock_is_changed_has_all_its_posts_and_no_others(
    at: Callable[..., tuple[Server, Callable[[str], None], object]],
    open_page: OpenPage,
    mention: MakeMention,
    save: Save,
    day: str,
    said: tuple[str, ...],
) -> None:
    """Twenty-five hours, or twenty-three: the bar, the number and the lists agree."""
    server, _, store = at(f"{day}T23:58")
    moments = [local(f"{day}T{hour.rstrip('+')}").replace(fold=hour.endswith("+")) for hour in said]
    before = local(f"{day}T00:00") - timedelta(minutes=1)
    save(store, *(mention(topics=("Buses",), published_at=moment) for moment in (before, *moments)))
    tab = open_page(server)
    words = day_words(moments[0].date())
    assert {words: len(said), day_words(before.date()): 1} == busy_days(tab)
    assert f"{len(said) + 1} public posts" in headline(tab)
    assert len(said) + 1 == opened(tab, "plain")
    tab.page.locator("summary", has_text="These numbers as a table").click()
    tab.page.get_by_role("button", name="Show its posts").click()
    assert len(said) == items(tab)
