"""The page of the invented town in a real browser: what leaders see, open, search, take away, and who can use it."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import TIMEZONE
from playwright.sync_api import Locator, WebSocket, expect

from listening import door
from listening import store as stores
from listening.export import csv
from listening.insights import sentences
from listening.insights.feeds import STATE_WORDS, health, sentence
from listening.insights.numbers import Numbers, numbers
from listening.insights.periods import CHOICES, day_words, period
from listening.insights.reach import reach
from listening.insights.tables import bars
from listening.models import TAGS, Mention, Tag
from listening.pages.markup import headline
from listening.query import parse
from listening.settings import audiences
from listening.store import Reader, Store, View

if TYPE_CHECKING:
    from browser_kit import OpenPage, Scheme, Server, Tab, Town

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
PER_SCREEN = 20
IN_SIGHT = ("title", "text")
CONFIG = Path(__file__).resolve().parent.parent / ".streamlit" / "config.toml"


def numbers_of(store: Store, key: str, at: datetime) -> Numbers:
    """What the page should count at a moment."""
    chosen = period(key, at, TIMEZONE)
    with store.reading() as connection:
        reader = Reader(store, connection)
        return numbers(reader, View(start=chosen.start, end=chosen.end), chosen, reader.listening_since())


def range_of(town: Town, key: str, at: datetime) -> str:
    """The reach that the page should show at a moment."""
    chosen = period(key, at, TIMEZONE)
    with town.store.reading() as connection:
        known = reach(
            Reader(town.store, connection), View(start=chosen.start, end=chosen.end), audiences(town.settings)
        )
    assert known is not None
    return sentences.reach_range(known)


def minute() -> datetime:
    """The minute that the page speaks of when it is opened now."""
    return door.now().astimezone(TIMEZONE).replace(second=0)


def full_week(topic: str = "", tag: Tag | None = None) -> View:
    """The last full week: a period that stands still while a test runs."""
    chosen = period("week", minute(), TIMEZONE)
    return View(start=chosen.start, end=chosen.end, topic=topic, tag=tag)


def rows(store: Store, view: View) -> list[Mention]:
    with store.reading() as connection:
        return list(Reader(store, connection).stream(view))


def number_in(words: str) -> int:
    found = re.search(r"[\d,]+", words)
    return int(found[0].replace(",", "")) if found else 1


def title_number(tab: Tab) -> int:
    """The number in the title of what was opened."""
    return number_in(tab.dialog.get_by_role("heading", level=2).inner_text().rpartition(":")[2])


def see(tab: Tab, key: str) -> Locator:
    """The way to the mentions behind a number. Streamlit draws a button with a hint twice and hides one of them."""
    return tab.page.locator(f".st-key-open_{key}").get_by_role("button").first


def close(tab: Tab) -> None:
    tab.page.keyboard.press("Escape")
    expect(tab.dialog).to_have_count(0)


def items(tab: Tab) -> Locator:
    return tab.dialog.locator("ul.opened > li")


# --- what leaders see -----------------------------------------------------------------------------------------------


@SCHEMES
def test_the_first_screen_has_the_headline_the_numbers_and_the_chart(
    town: Town, town_page: Server, open_page: OpenPage, scheme: Scheme
) -> None:
    """At 1280 x 720, in light and dark, nobody has to scroll to see that it's already happening, and how it is."""
    before = minute()
    tab = open_page(town_page, scheme=scheme)
    page = tab.page
    # The page was opened in one of these minutes: usually they are the same.
    told = {
        (
            sentences.headline(found.now, period("7d", at, TIMEZONE), "us"),
            f"{found.now.mentions:,}",
            *(f"{found.now.percent(tag)}%" for tag in TAGS[::2]),
            range_of(town, "7d", at),
        )
        for at in (before, minute())
        for found in [numbers_of(town.store, "7d", at)]
    }
    shown = (page.get_by_role("heading", level=1).inner_text(), *map(tab.number, ("plain", "good", "bad", "reach")))
    assert shown in told

    expect(page).to_have_title("What people are saying")
    expect(page.get_by_text("Made-up data", exact=True)).to_be_visible()
    expect(page.get_by_text("Not answering now: Harbor Trail Blog (has not answered yet).")).to_be_attached()
    chart = page.locator("h2.section").first
    for seen in (page.get_by_role("heading", level=1), *page.locator("dl.metric dd.value").all(), chart):
        expect(seen).to_be_in_viewport(ratio=1)
    assert 0 == tab.beyond_the_edge()


@SCHEMES
def test_nothing_on_the_leaders_page_keeps_anybody_out(town_page: Server, open_page: OpenPage, scheme: Scheme) -> None:
    """axe-core finds nothing, the table unfolded; the chart says its numbers in words and has the room's colours."""
    tab = open_page(town_page, scheme=scheme)
    tab.page.get_by_text("These numbers as a table").click()
    expect(tab.page.locator("table.plain")).to_be_visible()
    assert [] == tab.barriers()
    assert 1 == tab.page.get_by_role("heading", level=1).count()
    assert tab.page.get_by_test_id("stVegaLiteChart").get_attribute("aria-label")
    told = tab.page.get_by_text("Bars: public posts a day").text_content() or ""
    assert f": {max(tab.bars().values())}, of which" in told
    good, neutral, bad, _, _, untagged = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][scheme][
        "chartCategoricalColors"
    ]
    said = ("bad post", "neutral post", "good post", "not tagged")
    parts = [tab.page.locator(f"svg.marks path[aria-label*='{words}']").first for words in said]
    assert [bad, neutral, good, untagged] == [(part.get_attribute("fill") or "").upper() for part in parts]


def test_in_the_meeting_room_everything_is_larger_and_fits(town_page: Server, open_page: OpenPage) -> None:
    """?view=room can be read from the last row, on a wide wall and on a small projector."""
    tab = open_page(town_page, width=1920, height=1080)
    headline = tab.page.get_by_role("heading", level=1)
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    finding = tab.page.locator("h2.section").first
    usual = finding.evaluate(size)
    tab.go("/?view=room&topic=Library+and+parks")
    assert usual < finding.evaluate(size) < headline.evaluate(size)
    assert 24 <= tab.page.locator("ul.newest li").first.evaluate(size)
    expect(headline).to_be_in_viewport(ratio=1)
    expect(tab.page.locator("h2.section").first).to_be_in_viewport(ratio=1)
    expect(tab.page.locator("svg.marks")).to_be_in_viewport(ratio=0.95)
    cut = (
        "boxes => boxes.filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth).map(box => box.value)"
    )
    assert [] == tab.page.get_by_role("combobox").evaluate_all(cut)
    assert 0 == tab.beyond_the_edge()
    tab.page.set_viewport_size({"width": 1280, "height": 720})
    assert 0 == tab.beyond_the_edge()
    for days in ("7d", "90d"):
        tab.go(f"/?view=room&period={days}")
        expect(tab.page.locator("svg.marks")).to_be_in_viewport(ratio=0.9)


@pytest.mark.parametrize("room", ["room", "wall"])
def test_a_long_headline_takes_two_lines_in_a_room(town_page: Server, open_page: OpenPage, room: str) -> None:
    """It is written smaller instead: a third line would push the days off the screen."""
    tab = open_page(town_page, f"/?view={room}", width=1920, height=1080)
    words = (
        "It’s already happening: 1,412 public posts about us under “Library and parks” in the last 365 days, in "
        "12 places, and 131 of them ask for something; 14 were answered"
    )
    said = tab.page.get_by_role("heading", level=1)
    said.evaluate("(it, html) => { it.outerHTML = html; }", headline(words))
    for width, height in ((1920, 1080), (1366, 768), (1280, 720)):
        tab.page.set_viewport_size({"width": width, "height": height})
        lines = said.evaluate("it => it.clientHeight / parseFloat(getComputedStyle(it).lineHeight)")
        assert 2 <= lines < 2.5, width


@pytest.mark.parametrize("path", ["/", "/sources"])
def test_on_a_phone_nothing_is_pushed_off_the_side(town_page: Server, open_page: OpenPage, path: str) -> None:
    """390 and 320 pixels are enough: nothing scrolls sideways, and nothing sticks out of the window."""
    tab = open_page(town_page, path, scheme="dark", width=390, height=844)
    for width in (390, 320):
        tab.page.set_viewport_size({"width": width, "height": 844})
        assert 0 == tab.beyond_the_edge()
        # A wide table may scroll, within its own edges.
        assert [] == tab.page.locator("h1, h2, li, td, th, button, dl.metric").evaluate_all(
            """(parts, width) => parts.filter(part => part.checkVisibility() && !part.closest(".scroll")
                                                      && part.getBoundingClientRect().right > width + 1)
                                      .map(part => part.outerHTML.slice(0, 200))""",
            width,
        )


# --- every number opens ---------------------------------------------------------------------------------------------


def test_every_number_opens_exactly_the_posts_behind_it(town: Town, town_page: Server, open_page: OpenPage) -> None:
    """The title repeats the number that was clicked, the list holds so many posts of that kind, Escape closes it."""
    tab = open_page(town_page, "/?period=week")
    places = tab.page.locator("[class*='st-key-open_place_']").get_by_role("button")
    known = frozenset(audiences(town.settings))
    numbers_: tuple[tuple[str, Tag | None, View], ...] = (
        ("plain", None, full_week()),
        ("good", "good", full_week(tag="good")),
        ("bad", "bad", full_week(tag="bad")),
        ("asking", None, replace(full_week(), asking=True)),
        ("reach", None, replace(full_week(), audience_known=known)),
    )
    for key, tag, view in numbers_:
        button = see(tab, key)
        clicked = number_in(button.inner_text())
        button.click()
        expect(items(tab)).to_have_count(min(PER_SCREEN, clicked))
        assert clicked == title_number(tab) == len(rows(town.store, view))
        if tag is not None:
            assert {sentences.TAG_LABELS[tag]} == set(items(tab).locator(".tone").all_inner_texts())
        close(tab)
    assert places.count()
    button = see(tab, "place_1")
    clicked = number_in(button.inner_text())
    button.click()
    expect(items(tab)).to_have_count(min(PER_SCREEN, clicked))
    assert clicked == title_number(tab)
    close(tab)
    for quoted in ("quote_good_0", "quote_bad_1"):
        words = tab.page.locator(f".st-key-{quoted} blockquote").inner_text().strip("“”…")
        see(tab, quoted).click()
        expect(items(tab)).to_have_count(1)
        expect(items(tab)).to_contain_text(words[:60])
        expect(items(tab).locator(".why-line")).to_contain_text("Score")
        close(tab)


def test_a_long_list_is_read_to_its_end_without_a_jump(town: Town, town_page: Server, open_page: OpenPage) -> None:
    """All posts behind a number can be reached, each once; those that were read stay where they are."""
    tab = open_page(town_page, "/?period=week")
    see(tab, "bad").click()
    expected = rows(town.store, full_week(tag="bad"))
    assert len(expected) > PER_SCREEN
    for shown in range(PER_SCREEN, len(expected), PER_SCREEN):
        expect(items(tab)).to_have_count(shown)
        expect(tab.dialog).to_contain_text(f"The newest {shown:,} of {len(expected):,}")
        more = tab.dialog.get_by_role("button", name=f"Show {min(PER_SCREEN, len(expected) - shown)} more", exact=True)
        more.scroll_into_view_if_needed()
        place = items(tab).last.bounding_box()
        assert place is not None
        last = items(tab).nth(shown - 1)
        more.click()
        expect(items(tab)).to_have_count(min(shown + PER_SCREEN, len(expected)))
        moved = last.bounding_box()
        assert moved is not None
        assert abs(moved["y"] - place["y"]) < 3
    texts = items(tab).all_inner_texts()
    assert len(expected) == len(texts)
    for mention, text in zip(expected, texts, strict=True):
        assert mention.published_at is not None
        assert f"{mention.published_at.astimezone(TIMEZONE):%H:%M}" in text
    expect(tab.dialog.get_by_role("button", name="Show")).to_have_count(0)


def stands_in(words: str, mention: Mention) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", f"{mention.title}\n{mention.text}".casefold()) is not None


def test_matched_words_are_marked_and_words_that_moved_the_score_underlined(
    town: Town, town_page: Server, open_page: OpenPage
) -> None:
    """In each post: what brought it in, and what made it good or bad, where it stands in the text."""
    tab = open_page(town_page, "/?period=week")
    both: tuple[tuple[Tag, int], ...] = (("good", 1), ("bad", -1))
    underlined = 0
    for tag, sign in both:
        see(tab, tag).click()
        shown = rows(town.store, full_week(tag=tag))[:PER_SCREEN]
        expect(items(tab)).to_have_count(len(shown))
        for mention, item in zip(shown, items(tab).all(), strict=True):
            marked = "".join(item.locator("mark.hit").all_text_contents()).casefold()
            assert [] == [
                span for span in mention.matched if span.field in IN_SIGHT and span.words.casefold() not in marked
            ]
            pieces = [piece.casefold() for piece in item.locator(f".moved.{tag}").all_text_contents()]
            moved = [reason.words.casefold() for reason in mention.why if reason.effect * sign > 0]
            # A reason may also be said in words that do not stand so in the post: these cannot be underlined.
            said = [words for words in moved if stands_in(words, mention)]
            assert [] == [words for words in said if words not in "".join(pieces)]
            underlined += len(said)
            assert [] == [piece for piece in pieces if not any(piece in words for words in moved)]
        line, mark = (tab.dialog.locator(f"ul.opened {part}").first for part in (f".moved.{tag}", "mark.hit"))
        assert "underline" in line.evaluate("element => getComputedStyle(element).textDecorationLine")
        ground = "element => getComputedStyle(element).backgroundColor"
        assert mark.evaluate(ground) != tab.dialog.evaluate(ground)
        close(tab)
    assert underlined > PER_SCREEN


def test_another_topic_or_period_is_drawn_into_the_chart_that_is_there(town_page: Server, open_page: OpenPage) -> None:
    """The browser gets new data only: to make the chart anew would take it twice as long.

    Of six choices at least four: now and then Streamlit makes a chart anew by itself.
    """
    tab = open_page(town_page)
    before, kept = tab.bars(), 0
    for label, option in (
        ("Topic", "Library and parks"),
        ("Period", CHOICES["90d"]),
        ("Topic", "All topics"),
        ("Period", CHOICES["30d"]),
        ("Topic", "Buses and roads"),
        ("Period", CHOICES["365d"]),
    ):
        headline = tab.page.get_by_role("heading", level=1).inner_text()
        tab.page.evaluate("() => { document.querySelector('svg.marks').kept = true; }")
        choose(tab, label, option)
        expect(tab.page.get_by_role("heading", level=1)).not_to_have_text(headline)
        tab.settle()
        kept += bool(tab.page.evaluate("() => document.querySelector('svg.marks').kept"))
    assert kept >= 4
    expect(tab.page.locator("svg.marks path[aria-label^='Week of']").first).to_be_attached()
    assert before != tab.bars()


def test_what_is_seen_first_is_sent_first(town_page: Server, open_page: OpenPage) -> None:
    """Numbers and chart, then the ways to the posts behind them and what lies below; opened posts before all that."""
    tab = open_page(town_page)
    sent: list[bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: sent.append(frame if isinstance(frame, bytes) else frame.encode()))

    tab.page.on("websocket", listen)
    tab.page.reload()
    tab.settle()

    def places(*marks: bytes) -> list[int]:
        return [next(place for place, frame in enumerate(sent) if mark in frame) for mark in marks]

    number, chart, way, below = places(b'<dl class="metric"', b"days_0", b"-open_plain", b"-open_story_0")
    assert number < chart < way < below
    sent.clear()
    tab.page.locator(".st-key-open_plain button").click()
    expect(items(tab)).to_have_count(PER_SCREEN)
    tab.settle()
    posts, number = places(b'<ul class="opened"', b'<dl class="metric"')
    assert posts < number


def test_a_click_on_a_part_of_a_bar_opens_just_its_posts(town: Town, town_page: Server, open_page: OpenPage) -> None:
    """The bad part of the busiest day opens that day's bad posts, and can be clicked again."""
    tab = open_page(town_page, "/?period=week")
    chosen = period("week", minute(), TIMEZONE)
    with town.store.reading() as connection:
        table = bars(Reader(town.store, connection), full_week(), chosen, TIMEZONE)
    busiest = max(table.bars, key=lambda bar: bar.tags["bad"])
    day = day_words(busiest.first)
    for _ in range(2):
        part = tab.page.locator(f"svg.marks path[aria-label^='{day}: '][aria-label*=' bad ']")
        assert busiest.tags["bad"] == number_in((part.get_attribute("aria-label") or "").partition(": ")[2])
        part.click()
        expect(items(tab)).to_have_count(busiest.tags["bad"])
        assert busiest.tags["bad"] == title_number(tab)
        expect(tab.dialog.get_by_role("heading", level=2)).to_contain_text(day)
        for text in items(tab).all_inner_texts():
            assert f"{day_words(busiest.first, year=True)}, " in text
            assert "Bad ·" in text
        close(tab)
        tab.settle()


# --- period, topic and words ----------------------------------------------------------------------------------------


def choose(tab: Tab, label: str, option: str) -> None:
    """Choose in one of the boxes at the top, as a person does."""
    tab.page.get_by_role("combobox", name=label).click()
    tab.page.get_by_role("option", name=option, exact=True).click()


def choose_by_key(tab: Tab, label: str, option: str) -> None:
    """Without a click, which scrolls to the box; and a list closes where the page scrolls."""
    box = tab.page.get_by_role("combobox", name=label)
    box.focus()
    box.press("ArrowDown")
    tab.page.get_by_role("option", name=option, exact=True).click()
    expect(box).to_have_value(option)


def test_what_is_chosen_stands_in_the_address_and_a_link_brings_it_back(
    town: Town, town_page: Server, open_page: OpenPage
) -> None:
    """Period, topic and words are in the link that somebody sends on, and whoever opens it sees the same page."""
    tab = open_page(town_page)
    headline = tab.page.get_by_role("heading", level=1)
    choose(tab, "Period", CHOICES["week"])
    expect(headline).to_contain_text("full week")
    choose(tab, "Topic", "Buses and roads")
    count = len(rows(town.store, full_week("Buses and roads")))
    expect(headline).to_contain_text(f"{count:,} public post")
    box = tab.page.get_by_role("textbox", name="Ask about a word")
    box.fill("bridge")
    box.press("Enter")
    expect(headline).to_contain_text("“bridge”")

    asked = parse_qs(urlsplit(tab.page.url).query)
    assert {"period": ["week"], "topic": ["Buses and roads"], "q": ["bridge"]} == asked
    shown, told = tab.number("plain"), headline.inner_text()
    tab.go(tab.page.url.removeprefix(town_page.url))
    assert (shown, told) == (tab.number("plain"), headline.inner_text())
    expect(tab.page.get_by_role("textbox", name="Ask about a word")).to_have_value("bridge")
    expect(tab.page.get_by_role("combobox", name="Topic")).to_have_value("Buses and roads")

    choose(tab, "Topic", "All topics")
    choose(tab, "Period", CHOICES["7d"])
    expect(headline).to_contain_text("7 days")
    assert {"q"} == set(parse_qs(urlsplit(tab.page.url).query))


def test_the_day_picked_below_the_chart_stays_under_another_topic(
    town: Town, town_page: Server, open_page: OpenPage
) -> None:
    """A browser knows what was picked by its words, which are the same under each topic that was heard on that day."""
    topics = ("Buses and roads", "Library and parks")
    chosen = period("week", minute(), TIMEZONE)
    with town.store.reading() as connection:
        reader = Reader(town.store, connection)
        tables = [bars(reader, full_week(topic), chosen, TIMEZONE).bars for topic in topics]
    # Not the newest day, which is picked before anybody has picked one.
    heard = [together[0].first for together in zip(*tables, strict=True) if all(bar.count for bar in together)]
    picked = day_words(heard[-2])
    tab = open_page(town_page, "/?period=week")
    tab.page.get_by_text("These numbers as a table").click()
    day = tab.page.get_by_role("combobox", name="Open a day")
    expect(day).not_to_have_value(picked)
    tab.settle()
    choose_by_key(tab, "Open a day", picked)
    tab.settle()
    headline = tab.page.get_by_role("heading", level=1)
    for topic in topics:
        before = headline.inner_text()
        choose_by_key(tab, "Topic", topic)
        expect(headline).not_to_have_text(before)
        tab.settle()
        expect(day).to_have_value(picked)


def test_the_box_finds_a_word_and_says_where_a_wrong_question_is_wrong(
    town: Town, town_page: Server, open_page: OpenPage
) -> None:
    """A word counts the posts that have it; a slip is shown with its column, and the page goes on with everything."""
    tab = open_page(town_page, "/?period=week")
    headline = tab.page.get_by_role("heading", level=1)
    everything = headline.inner_text()
    box = tab.page.get_by_role("textbox", name="Ask about a word")
    box.fill("bridge OR ferry")
    box.press("Enter")
    expect(headline).to_contain_text("“bridge OR ferry”")
    week = full_week()
    found = rows(town.store, View(start=week.start, end=week.end, query=parse("bridge OR ferry")))
    assert f"{len(found):,}" == tab.number("plain")
    expect(tab.page.locator("p.deck")).to_contain_text(re.compile(r"^First said on \d{1,2} \w+( \d{4})?\."))
    assert all("bridge" in text or "ferry" in text for text in (f"{one.title} {one.text}".casefold() for one in found))

    box.fill("bridge AND (closed")
    box.press("Enter")
    trouble = tab.page.get_by_role("alert")
    expect(trouble).to_contain_text("Column 12")
    expect(trouble).to_contain_text("bridge AND (closed\n           ^", use_inner_text=True)
    expect(headline).to_have_text(everything)


# --- taking it away -------------------------------------------------------------------------------------------------


def test_the_file_has_exactly_the_rows_that_the_view_counted(
    town: Town, town_page: Server, open_page: OpenPage, tmp_path: Path
) -> None:
    """The CSV of a topic's week: the same posts as the store's, in order, and as many as the button says."""
    tab = open_page(town_page, "/?period=week&topic=Buses+and+roads")
    button = tab.page.locator(".st-key-export").get_by_role("button")
    with tab.page.expect_download() as download:
        button.click()
    file = tmp_path / "mentions.csv"
    download.value.save_as(file)
    assert download.value.suggested_filename.endswith(".csv")
    expected = rows(town.store, full_week("Buses and roads"))
    with file.open(encoding="utf-8-sig", newline="") as opened:
        assert [mention.id for mention in expected] == [row["id"] for row in csv.read(opened)]
    assert len(expected) == number_in(button.inner_text()) == number_in(tab.number("plain"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_gives_reports_and_other_files(scheme: Scheme, town_page: Server, open_page: OpenPage) -> None:
    """Behind one button, by the keyboard too: briefs, slides, workbook, JSON lines, Parquet; axe finds nothing."""
    tab = open_page(town_page, "/?period=30d", scheme=scheme)
    tab.page.get_by_role("button", name="Other files").focus()
    tab.page.keyboard.press("Enter")
    box = tab.page.get_by_test_id("stPopoverBody")
    expect(box.get_by_role("button")).to_have_count(7)
    assert [] == tab.barriers()
    starts = {
        "Brief for a browser": ("report-", ".html", b"<!doctype html>"),
        "Brief (Word)": ("report-", ".docx", b"PK"),
        "Slides": ("report-", ".pptx", b"PK"),
        "Excel workbook": ("report-", ".xlsx", b"PK"),
        "JSON lines": ("mentions-", ".json", b'{"id": "'),
        "Parquet": ("mentions-", ".parquet", b"PAR1"),
        "Read me": ("mentions-", "-readme.txt", b"Public posts about Town of Quillhaven"),
    }
    for name, (first, last, content) in starts.items():
        with tab.page.expect_download() as download:
            box.get_by_role("button", name=name).click()
        file = download.value
        assert file.suggested_filename.startswith(first)
        assert file.suggested_filename.endswith(last)
        assert Path(file.path()).read_bytes().startswith(content)


# --- without a mouse ------------------------------------------------------------------------------------------------


FOCUSED = """() => {
    const stop = document.activeElement;
    if (!stop || stop === document.body) return null;
    let seen = false;
    for (let part = stop, steps = 0; part && steps < 4; part = part.parentElement, steps++) {
        const style = getComputedStyle(part);
        seen ||= style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    }
    const name = stop.labels?.[0]?.innerText || stop.getAttribute("aria-label") || stop.innerText || "";
    return {name: name.trim(), seen, html: stop.outerHTML.slice(0, 200)};
}"""
"""The stop of the keyboard: its name, and whether it, or the box around it, is outlined."""


def test_the_keyboard_reaches_everything_and_shows_where_it_is(town_page: Server, open_page: OpenPage) -> None:
    """Tab goes to pages, choices, every number, the table, the reasons and the export, and each stop is seen."""
    tab = open_page(town_page, "/?period=week")
    stops = []
    for _ in range(80):
        tab.page.keyboard.press("Tab")
        stop = tab.page.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    assert [] == [stop["html"] for stop in stops if not stop["seen"]]
    reached = "\n".join(stop["name"] for stop in stops)
    numbers_ = [button.inner_text() for button in tab.page.get_by_role("button", name="See the").all()]
    for wanted in (
        "Sources",
        "Period",
        "Topic",
        "Ask about a word",
        *numbers_,
        "These numbers as a table",
        "See the post and why",
    ):
        assert wanted in reached
    places = tab.page.locator("[class*='st-key-open_place_']").get_by_role("button").all_inner_texts()
    assert set(places) <= {stop["name"] for stop in stops}
    assert "Export these" in reached
    assert "For whom this page is" in stops[-1]["name"]


def test_the_table_of_the_chart_is_reached_and_opened_with_the_keyboard(town_page: Server, open_page: OpenPage) -> None:
    """Who cannot click a bar unfolds the table, reads the same numbers, and opens a day from there."""
    tab = open_page(town_page, "/?period=week")
    unfold = tab.page.locator("summary", has_text="These numbers as a table")
    unfold.focus()
    tab.page.keyboard.press("Enter")
    table = tab.page.get_by_role("region", name="as a table").get_by_role("table")
    expect(table).to_be_visible()
    told = {
        row.get_by_role("rowheader").inner_text().removesuffix(" (so far)"): number_in(
            row.get_by_role("cell").last.inner_text()
        )
        for row in table.get_by_role("row").all()[1:]
    }
    drawn = tab.bars()
    assert {day: count for day, count in told.items() if count} == {day: n for day, n in drawn.items() if n}

    button = tab.page.get_by_role("button", name="Show its posts", exact=True)
    for _ in range(6):
        tab.page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    tab.page.keyboard.press("Enter")
    last = [count for count in told.values() if count][-1]
    expect(items(tab)).to_have_count(min(PER_SCREEN, last))
    assert last == title_number(tab)
    close(tab)
    expect(button).to_be_focused()


# --- the sources page -----------------------------------------------------------------------------------------------


@SCHEMES
def test_the_sources_page_says_what_failed_and_what_to_do(
    town: Town, town_page: Server, open_page: OpenPage, scheme: Scheme
) -> None:
    """The place that gave nothing stands first, with what happened and what to do; nobody is kept out."""
    tab = open_page(town_page, "/sources", scheme=scheme)
    with town.store.reading() as connection:
        found = health(town.settings.feeds, stores.feed_states(connection), minute())
    expect(tab.page).to_have_title("Sources")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text(sentence(found))
    lines = tab.page.get_by_role("table").get_by_role("row").all()[1:]
    assert [one.feed.name for one in found] == [
        line.get_by_role("rowheader").inner_text().partition("\n")[0] for line in lines
    ]
    assert [one.trouble for one in found] == [True] + [False] * (len(found) - 1)
    expect(lines[0]).to_contain_text(STATE_WORDS["refused"])
    expect(lines[0]).to_contain_text(found[0].problem)
    expect(lines[0]).to_contain_text(found[0].advice)
    assert 0 == tab.beyond_the_edge()
    assert [] == tab.barriers()


def test_a_number_of_the_sources_page_opens_its_mentions(town: Town, town_page: Server, open_page: OpenPage) -> None:
    """As everywhere: exactly as many as it says, of that place; reloading afterwards opens nothing."""
    tab = open_page(town_page, "/sources")
    link = tab.page.get_by_role("table").get_by_role("link").first
    clicked = number_in(link.inner_text())
    place = link.locator("xpath=ancestor::tr").get_by_role("rowheader").inner_text().partition("\n")[0]
    link.focus()
    tab.page.keyboard.press("Enter")
    expect(items(tab)).to_have_count(min(PER_SCREEN, clicked))
    assert clicked == title_number(tab)
    assert all(place in text for text in items(tab).locator(".about").all_inner_texts())
    close(tab)
    tab.page.reload()
    tab.settle()
    expect(tab.dialog).to_have_count(0)


class Feeds:
    """A little server with two feeds that answer at once and one that answers only when it is let go."""

    def __init__(self) -> None:
        self.held, self.asked = Event(), Event()
        now = format_datetime(datetime.now(UTC) - timedelta(minutes=30))
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/")
                if name == "slow":
                    feeds.asked.set()
                    feeds.held.wait(60)
                body = (
                    f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title><item><title>The bus of '
                    f"{name} was on time</title><guid>https://{name}.example/1</guid><pubDate>{now}</pubDate></item>"
                    "</channel></rss>"
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
        self.threads = [Thread(target=server.serve_forever, daemon=True) for server in self.servers]

    def settings(self) -> str:
        """Settings with these feeds; the slow one has a host and port of its own, and so holds no other up."""
        text = (
            '[agency]\nname = "Town of Millbrook"\ntimezone = "America/New_York"\ncontact = "press@millbrook.example"\n'
            '\n[[topics]]\nname = "Buses"\nquery = "bus"\n'
        )
        for name, server in (("quick", 0), ("quicker", 0), ("slow", 1)):
            port = self.servers[server].server_address[1]
            text += f'\n[[feeds]]\nname = "{name}"\nsource = "rss"\nurl = "http://127.0.0.1:{port}/{name}"\n'
        return text


@contextmanager
def feeds_of_millbrook() -> Iterator[Feeds]:
    feeds = Feeds()
    for thread in feeds.threads:
        thread.start()
    try:
        yield feeds
    finally:
        feeds.held.set()
        for server, thread in zip(feeds.servers, feeds.threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def test_collect_now_runs_beside_the_page(serve: Callable[..., Server], open_page: OpenPage, tmp_path: Path) -> None:
    """While one place keeps us waiting, progress is shown, what has come is read, and the end is told."""
    with feeds_of_millbrook() as feeds:
        (tmp_path / "listening.toml").write_text(feeds.settings(), encoding="utf-8")
        server = serve({"LISTENING_SETTINGS": str(tmp_path / "listening.toml")})
        tab = open_page(server, "/sources")
        page = tab.page
        page.get_by_role("button", name="Collect now", exact=True).click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text(re.compile(r"\b2 of 3 places"))).to_be_visible()
        expect(page.get_by_role("button", name="Collect now", exact=True)).to_have_count(0)
        assert feeds.asked.is_set()

        page.get_by_role("link", name="What people are saying", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("2 public posts")
        see(tab, "plain").click()
        expect(items(tab)).to_have_count(2)
        close(tab)
        page.get_by_role("link", name="Sources", exact=True).click()
        expect(page.get_by_text(re.compile(r"\b2 of 3 places"))).to_be_visible()

        feeds.held.set()
        expect(page.get_by_role("button", name="Collect now", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile(r"\b3 new mentions"))).to_be_visible()
        expect(page.locator(".state")).to_have_text([STATE_WORDS["ok"]] * 3)
        page.get_by_role("link", name="What people are saying", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("3 public posts")
