"""The review page in a real browser: the Monday from the first story to the closed week, alone and in company."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from pytest_httpserver import HTTPServer

from listening import door, retag
from listening import settings as settings_files
from listening.models import Mention
from listening.pages import answering
from listening.pages.review import TIMES, times
from listening.query import parse
from listening.review import Desk
from listening.store import Reader, Store, View, open_store, reviewing
from listening.store.queues import Asked, Queue

if TYPE_CHECKING:
    from browser_kit import MakeStage, OpenPage, Server, Stage, Tab

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"

[[topics]]
name = "Buses"
query = "bus OR bridge"
department = "Public Works"

[[topics]]
name = "Library"
query = "library"
department = "Library"

[[feeds]]
name = "Millbrook Herald"
source = "rss"
url = "https://herald.millbrook.example/feed"
outlet = true
"""

TEXTS = (
    "The bus was late again and nobody told us.",
    "When does the library open on Sunday?",
    "What a lovely new bridge, thank you all!",
    "The bus shelter at the mill is dry and warm now.",
    "A bus in Millbrook, another town of that name, has a new paint.",
    "Is the bridge open tonight? I have to drive my mother home.",
    "The library has the best story hour in the valley.",
    "Bridge works are announced for the spring.",
)


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage) -> Stage:
    """The page of most of this file's tests."""
    return make_stage(SETTINGS)


@pytest.fixture
def office(stage: Stage, tmp_path: Path, make_mention: Callable[..., Mention]) -> tuple[Server, Store]:
    """A store with last week's posts, and a page that shows it."""
    file = tmp_path / "listening.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    settings = settings_files.load(file)
    store = open_store(settings.store_url, settings.agency.timezone)
    start, _, _ = times(TIMES[0], door.now(), settings.agency.timezone)
    fill(store, make_mention, start, TEXTS)
    stage.file.with_name("listening-learned.json").unlink(missing_ok=True)
    stage.show(store)
    return stage.server, store


@pytest.fixture
def make_mention(mention: Callable[..., Mention]) -> Callable[..., Mention]:
    return mention


def fill(store: Store, make: Callable[..., Mention], start: object, texts: tuple[str, ...]) -> None:
    from listening.store.writing import save

    with store.writing() as connection:
        save(
            store,
            connection,
            [
                make(
                    text=text,
                    topics=("Library",) if "library" in text else ("Buses",),
                    question="?" in text,
                    tag="neutral",
                    confidence=0.4 + n / 20,
                    tagger="an older one",
                    published_at=start + timedelta(hours=10 + n),  # type: ignore[operator]
                )
                for n, text in enumerate(texts)
            ],
        )


ALL = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))


def held(store: Store) -> dict[str, Mention]:
    with store.reading() as connection:
        now = door.now()
        view = View(start=now - timedelta(days=60), end=now + timedelta(days=60))
        found = {mention.text: mention for mention in Reader(store, connection).stream(view)}
        away = Asked(store, connection, Queue(view=view, show="not about us"), now).cards(limit=-1)
        return found | {card.first.text: card.first for card in away}


def test_what_nobody_has_read_is_said_once() -> None:
    """By the headline where nothing else waits, else behind the numbers."""
    assert answering.unread_words(25, waiting=0) == "" == answering.unread_words(0, waiting=3)
    assert answering.unread_words(25, waiting=3) == " 25 are not read yet."
    assert answering.unread_words(1, waiting=1) == " 1 is not read yet."


NEXT_CARD = """before => {
  const cards = [...document.querySelectorAll("[class*=st-key-say_G_]")];
  if (!cards.length) return !!document.querySelector(".empty");
  return cards.length === 1 && cards[0].className.match(/say_G_\\d+/)[0] !== before;
}"""


@contextmanager
def moving_on(tab: Tab) -> Iterator[None]:
    """What is done within leads to another story."""
    tab.settle()  # a page that is still being drawn may have no card for a moment, and takes no key
    before = card(tab)
    yield
    tab.until(NEXT_CARD, before)
    tab.settle()


def card(tab: Tab) -> str:
    """Which card's buttons are there: "" where there is no card."""
    found = tab.page.locator("[class*=st-key-say_G_]")
    names = re.search(r"say_G_\d+", found.first.get_attribute("class") or "") if found.count() else None
    return names[0] if names else ""


def saved(tab: Tab, store: Store, entries: int) -> None:
    """Wait until the log has so many entries."""
    for _ in range(1200):
        with store.reading() as connection:
            if reviewing.latest_entry(connection) >= entries:
                break
        tab.page.wait_for_timeout(50)
    tab.settle()
    with store.reading() as connection:
        assert entries == reviewing.latest_entry(connection)


def begin(open_page: OpenPage, server: Server, name: str = "Ana", path: str = "/review") -> Tab:
    tab = open_page(server, f"{path}{'&' if '?' in path else '?'}by={name}")
    tab.page.locator(".before-you").wait_for()
    return tab


def test_a_name_is_asked_for_once_and_kept_in_the_address(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Typed and Enter: the page goes on, and its address says who reads."""
    tab = open_page(office[0], "/review")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Who is reading?")
    tab.page.get_by_label("Your name").fill("  Ana   Lind ")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("0 of 8 read")
    assert "by=Ana+Lind" in tab.page.url


def test_one_key_a_verdict_saved_at_once_and_the_next_story_comes_by_itself(
    office: tuple[Server, Store], open_page: OpenPage
) -> None:
    """Bad, good, yes as it is, not about us: four keys, four stories; the least certain came first."""
    server, store = office
    tab = begin(open_page, server)
    expect(tab.page.locator(".before-you")).to_contain_text(TEXTS[0])
    for key, text in (("b", TEXTS[0]), ("y", TEXTS[1]), ("g", TEXTS[2])):
        expect(tab.page.locator(".before-you")).to_contain_text(text)
        with moving_on(tab):
            tab.page.keyboard.press(key)
    with moving_on(tab):
        tab.page.keyboard.press("j")
    expect(tab.page.locator(".before-you")).to_contain_text(TEXTS[4])
    with moving_on(tab):
        tab.page.keyboard.press("x")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("4 of 8 read")
    found = {text: mention.verdict for text, mention in held(store).items() if mention.verdict}
    assert {TEXTS[0]: "bad", TEXTS[1]: "neutral", TEXTS[2]: "good", TEXTS[4]: None} == {
        text: verdict.tag for text, verdict in found.items()
    }
    asked = found[TEXTS[1]]
    assert ("open", "Library", "Ana") == (asked.status, asked.department, asked.reviewer)
    assert found[TEXTS[4]].relevant is False


def test_a_key_pressed_twice_in_haste_judges_one_story(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Two strokes before the next story has come: one of them counts, and nothing is judged that nobody has read."""
    server, store = office
    tab = begin(open_page, server)
    with moving_on(tab):
        tab.page.keyboard.press("b")
        tab.page.keyboard.press("g")
    tab.page.wait_for_timeout(500)
    tab.settle()
    assert [TEXTS[0]] == [text for text, mention in held(store).items() if mention.verdict]
    with store.reading() as connection:
        assert 1 == reviewing.latest_entry(connection)


def test_undo_brings_the_story_back(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Two keys, taken back one after the other: everything is as before, and the first story is there again."""
    server, store = office
    tab = begin(open_page, server)
    for key in "bg":
        with moving_on(tab):
            tab.page.keyboard.press(key)
    for text in (TEXTS[1], TEXTS[0]):
        tab.page.keyboard.press("u")
        expect(tab.page.locator(".before-you")).to_contain_text(text)
        tab.settle()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("0 of 8 read")
    assert {"neutral"} == {mention.tag for mention in held(store).values()}
    expect(tab.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_after_a_reload_the_last_click_is_told_and_can_be_taken_back(
    office: tuple[Server, Store], open_page: OpenPage
) -> None:
    """Not about us by a slip, then a reload: the page says what was saved last, and Undo brings it back."""
    server, store = office
    tab = begin(open_page, server)
    with moving_on(tab):
        tab.page.keyboard.press("x")
    tab.go("/review?by=Ana")
    expect(tab.page.locator(".others")).to_contain_text(f"Saved last: not about us, of “{TEXTS[0]}”.")
    tab.page.keyboard.press("u")
    expect(tab.page.locator(".before-you")).to_contain_text(TEXTS[0])
    assert 8 == len([one for one in held(store).values() if one.verdict is None or one.verdict.relevant is not False])


def test_several_are_selected_by_keys_alone(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Select, next, next, select: two are selected, and the story that the keys have come to can be read."""
    server, store = office
    tab = begin(open_page, server)
    tab.page.keyboard.press("s")
    expect(tab.page.get_by_role("heading", name="1 story is selected")).to_be_visible()
    tab.settle()
    for text in (TEXTS[1], TEXTS[2]):
        tab.page.keyboard.press("j")
        expect(tab.page.locator(".before-you").filter(has_text=text)).to_be_visible()
        tab.settle()
    tab.page.keyboard.press("s")
    expect(tab.page.get_by_role("heading", name="2 stories are selected")).to_be_visible()
    tab.settle()
    tab.page.keyboard.press("b")
    saved(tab, store, 2)
    assert {TEXTS[0], TEXTS[2]} == {text for text, mention in held(store).items() if mention.tag == "bad"}


def test_letters_in_a_note_are_letters(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Who writes "bad bug" into the note judges nothing."""
    server, store = office
    tab = begin(open_page, server)
    tab.page.get_by_label("Note for the team").fill("")
    tab.page.get_by_label("Note for the team").press_sequentially("bad bug, ask Roads")
    tab.page.keyboard.press("Enter")
    saved(tab, store, 1)
    verdict = held(store)[TEXTS[0]].verdict
    assert verdict is not None
    assert ("bad bug, ask Roads", None) == (verdict.note, verdict.tag)


def test_several_are_judged_at_once_and_taken_back_at_once(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Two boxes ticked, one key: both are bad; one Undo: neither is. All that the filters find is one click more."""
    server, store = office
    tab = begin(open_page, server)
    tab.page.keyboard.press("s")
    expect(tab.page.get_by_role("heading", name="1 story is selected")).to_be_visible()
    tab.settle()
    tab.page.locator(".st-key-list [data-testid=stCheckbox] label").nth(2).click()
    expect(tab.page.get_by_role("heading", name="2 stories are selected")).to_be_visible()
    tab.settle()
    tab.page.keyboard.press("b")
    saved(tab, store, 2)
    assert {TEXTS[0], TEXTS[2]} == {text for text, mention in held(store).items() if mention.tag == "bad"}
    tab.page.keyboard.press("u")
    saved(tab, store, 4)
    assert {"neutral"} == {mention.tag for mention in held(store).values()}
    tab.page.get_by_role("button", name="Select all 8").click()
    expect(tab.page.get_by_role("heading", name="8 stories are selected")).to_be_visible()
    tab.page.get_by_placeholder("Only with these words").fill("bridge")
    tab.page.keyboard.press("Enter")
    listed = tab.page.locator(".st-key-list [class*=st-key-go_]")
    expect(listed).to_have_count(3)
    # Another list: nothing of it is selected.
    expect(tab.page.get_by_role("heading", name="selected")).to_have_count(0)
    tab.settle()
    tab.page.get_by_placeholder("Only with these words").fill("")
    tab.page.keyboard.press("Enter")
    expect(listed).to_have_count(8)
    tab.settle()
    tab.page.get_by_role("button", name="Select all 8").click()
    expect(tab.page.get_by_role("heading", name="8 stories are selected")).to_be_visible()
    tab.settle()
    tab.page.get_by_role("heading", level=1).click()
    tab.page.keyboard.press("g")  # all of a list is not judged by one slip of a finger
    tab.page.wait_for_timeout(500)
    saved(tab, store, 4)
    tab.page.locator(".st-key-all_G button").click()
    saved(tab, store, 12)
    assert {"good"} == {mention.tag for mention in held(store).values()}
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("All 8 read")


def test_filters_stand_in_the_address_and_narrow_the_queue(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """A topic, a department that the rules propose, words, and a question that cannot be read."""
    server, _ = office
    listed = ".st-key-list [class*=st-key-go_]"
    for path, count in (
        ("/review?in_topic=Library", 2),
        ("/review?for=Library", 2),
        ("/review?for=Public+Works", 6),
        ("/review?words=bridge", 3),
        ("/review?asks=true", 2),
        ("/review?turn=Newest+first", 8),
    ):
        tab = begin(open_page, server, path=path)
        expect(tab.page.locator(listed)).to_have_count(count)
        if "turn=" in path:
            expect(tab.page.locator(listed).first).to_contain_text("Bridge works are announced")
        tab.page.close()  # each tab that is open looks now and then whether others have read
    tab = begin(open_page, server, path="/review?words=bridge+AND")
    expect(tab.page.locator("div.trouble")).to_contain_text("cannot be read")


def test_a_question_is_routed_answered_and_timed(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Judged, it is on its department's list, which has an address; answered, by whom, how, and in how many minutes."""
    server, store = office
    tab = begin(open_page, server, path="/review?asks=true")
    for _ in range(2):
        with moving_on(tab):
            tab.page.keyboard.press("n")
    tab.go("/review?step=Answer&for=Public+Works&by=Ana")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("1 post waits for an answer for Public Works")
    expect(tab.page.locator(".before-you")).to_contain_text("Is the bridge open tonight?")
    tab.page.get_by_label("Answered by").fill("Ben")
    tab.page.get_by_label("Answered by").press("Enter")
    tab.page.get_by_label("Minutes of work").fill("5")
    tab.page.get_by_label("Minutes of work").press("Enter")
    saved(tab, store, 4)
    tab.page.get_by_role("heading", level=1).click()
    tab.page.keyboard.press("w")
    saved(tab, store, 5)
    verdict = held(store)[TEXTS[5]].verdict
    assert verdict is not None
    assert ("answered", "Ben", 5) == (verdict.status, verdict.answered_by, verdict.minutes)
    assert verdict.answered_at is not None
    expect(tab.page.locator("p.deck")).to_contain_text("The one question was answered.")
    tab.go("/review?step=Answer&is=Answered&by=Ana")
    expect(tab.page.locator("p.deck")).to_contain_text("1 of 2 questions was answered.")
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Export this post as CSV").click()
    assert "Is the bridge open tonight?" in download.value.path().read_text(encoding="utf-8-sig")


# --- in company -----------------------------------------------------------------------------------------------------


def test_two_people_never_read_the_same_batch_and_see_what_the_other_does(
    office: tuple[Server, Store], open_page: OpenPage
) -> None:
    """Ana takes what there is; Ben is told so and has nothing to read; she gives it back, and he sees it by itself."""
    server, store = office
    ana, ben = begin(open_page, server, "Ana"), begin(open_page, server, "Ben")
    ana.page.keyboard.press("t")
    expect(ana.page.locator(".st-key-batch")).to_contain_text("8 stories of your batch")
    expect(ben.page.locator(".others")).to_contain_text("Ana has taken 8 until")
    expect(ben.page.locator(".empty")).to_contain_text("what waits is taken by somebody else")
    with moving_on(ana):
        ana.page.keyboard.press("g")
    expect(ben.page.locator(".others")).to_contain_text("Ana, just now: good")
    expect(ben.page.get_by_role("heading", level=1)).to_contain_text("1 of 8 read")
    ana.page.get_by_role("button", name="Give back").click()
    expect(ben.page.locator(".st-key-list [class*=st-key-go_]")).to_have_count(7)
    assert {"Ana"} == {mention.verdict.reviewer for mention in held(store).values() if mention.verdict}


def test_two_verdicts_at_the_same_moment_are_both_kept_and_said(
    office: tuple[Server, Store], open_page: OpenPage
) -> None:
    """Ben judges what Ana judged half a second ago and he could not have seen: the page tells, and both decide anew."""
    server, store = office
    ben = begin(open_page, server, "Ben")
    desk = Desk.of(store, settings_files.load(Path(re.sub("^sqlite:///", "", store.url)).parent / "listening.toml"))
    for turn in range(5):  # his page looks every few seconds: it may just have seen what she said
        expect(ben.page.locator(".before-you")).to_contain_text(TEXTS[turn])
        with store.reading() as connection:
            seen = reviewing.latest_entry(connection)
            before = Asked(store, connection, Queue(view=ALL), door.now()).cards()[0]
        desk.judge(before.numbers, {"tag": "bad"}, reviewer="Ana", at=door.now(), seen=seen)
        ben.page.keyboard.press("g")
        saved(ben, store, 2 * turn + 2)
        with store.reading() as connection:
            if any(entry.against for entry in reviewing.since(connection, seen)):
                break
    expect(ben.page.locator(".others")).to_contain_text("at the same time")
    tab = begin(open_page, server, "Cleo", "/review?show=Judged+in+two+ways")
    expect(tab.page.locator(".opened-box .trouble")).to_contain_text("Two of you judged this")
    with moving_on(tab):
        tab.page.keyboard.press("n")
    assert "neutral" == held(store)[TEXTS[turn]].tag


def test_a_second_reading_hides_what_the_first_reader_said(office: tuple[Server, Store], open_page: OpenPage) -> None:
    """Ben reads what Ana read without seeing her verdict or the machine's, and decides nothing by it."""
    server, store = office
    ana = begin(open_page, server, "Ana")
    with moving_on(ana):
        ana.page.keyboard.press("b")
    ben = begin(open_page, server, "Ben", "/review?show=Second+reading")
    expect(ben.page.locator(".before-you")).to_contain_text(TEXTS[0])
    expect(ben.page.locator(".st-key-step_body")).not_to_contain_text("Bad ·")
    expect(ben.page.locator(".before-you .tone, .before-you .moved")).to_have_count(0)
    ben.page.keyboard.press("g")
    expect(ben.page.locator(".empty")).to_contain_text("nothing that somebody else has read and you have not")
    assert "bad" == held(store)[TEXTS[0]].tag
    with store.reading() as connection:
        assert [{"Ana": "bad", "Ben": "good"}] == list(reviewing.read_twice(connection).values())


# --- for everybody --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "/review",
        "/review?by=Ana",
        "/review?by=Ana&step=Answer",
        "/review?by=Ana&step=Learn",
        "/review?by=Ana&step=Close+the+week",
    ],
)
def test_nothing_on_the_review_page_keeps_anybody_out(
    office: tuple[Server, Store], open_page: OpenPage, path: str, scheme: str
) -> None:
    """axe finds nothing, in light and dark; nothing is wider than a small window."""
    tab = open_page(office[0], path, scheme=scheme)  # type: ignore[arg-type]
    assert [] == tab.barriers()
    narrow = open_page(office[0], path, width=320, height=700)
    assert 0 >= narrow.beyond_the_edge()


def test_hostile_words_are_words(office: tuple[Server, Store], open_page: OpenPage, make_mention: object) -> None:
    """Markup, scripts, formulas and a name with markup in it: shown as they were written, nothing runs."""
    server, store = office
    start, _, _ = times(TIMES[0], door.now(), store.timezone)
    bad = "<script>alert(1)</script> **bus** <img src=x onerror=alert(2)> [a](javascript:alert(3)) =1+1 " + "w" * 3_000
    fill(store, make_mention, start, (bad,))  # type: ignore[arg-type]
    tab = begin(open_page, server, "%3Cb%3EEve%3C%2Fb%3E", "/review?words=alert")
    expect(tab.page.locator(".before-you")).to_contain_text("<script>alert(1)</script> **bus**")
    expect(tab.page.locator(".masthead")).to_contain_text("<b>Eve</b>")
    assert 0 >= tab.beyond_the_edge()


def test_a_store_that_is_locked_says_so_and_the_verdict_can_be_given_again(
    office: tuple[Server, Store], open_page: OpenPage, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    """Another program holds the file: no traceback, the words of what to do, and the same key works afterwards."""
    _, store = office
    short = "from listening.store import sqlite, opening; sqlite.WAIT_SECONDS = 0.3"
    patch = f"{short}; opening.open_store.__kwdefaults__['wait_seconds'] = 0.3"
    file = re.sub("^sqlite:///", "", store.url)
    server = serve(
        {"LISTENING_SETTINGS": str(Path(file).parent / "listening.toml"), "LISTENING_STORE": store.url}, before=patch
    )
    tab = begin(open_page, server)
    with store.writing():
        tab.page.keyboard.press("b")
        expect(tab.page.get_by_role("alert")).to_contain_text("That was not saved")
        expect(tab.page.get_by_role("alert")).to_contain_text("in use by another program")
    with moving_on(tab):
        tab.page.keyboard.press("b")
    assert "bad" == held(store)[TEXTS[0]].tag


# --- learn and close ------------------------------------------------------------------------------------------------


def test_a_word_behind_repeated_corrections_is_proposed_and_made_neutral(
    office: tuple[Server, Store], stage: Stage, open_page: OpenPage, make_mention: Callable[..., Mention]
) -> None:
    """Four posts that a word had called bad, corrected: the page proposes it, says what would change, and does it."""
    server, store = office
    start, _, _ = times(TIMES[0], door.now(), store.timezone)
    settings = settings_files.load(stage.file)
    tagger = door.tagger_of(settings)
    named = ("Elm Street", "Mill Lane", "Harbor Road", "Oak Square", "Rose Alley")
    texts = tuple(f"The bus to {name} has a terrible number of seats" for name in named)
    fill(store, make_mention, start, texts)
    assert "bad" == tagger.tag(texts[0], kind="post").tag
    retag.carry_out(store, tagger, lambda source: "post")
    desk = Desk.of(store, settings)
    with store.reading() as connection:
        view = replace(ALL, query=parse("seats"))
        cards = Asked(store, connection, Queue(view=view), door.now()).cards()
    for card in cards[:4]:
        desk.judge(card.numbers, {"tag": "neutral"}, reviewer="Ana", at=door.now(), seen=10**9)
    tab = open_page(server, "/review?by=Ana&step=Learn")
    expect(tab.page.locator(".proposal").first).to_contain_text("“terrible”")
    tab.page.get_by_role("button", name="Make “terrible” neutral").click()
    expect(tab.page.locator(".st-key-taught")).to_contain_text("“terrible” counts as neutral.")
    tab.settle()
    assert ("terrible",) == settings_files.load(settings.path).tags.neutral  # type: ignore[arg-type]
    assert {"neutral"} == {mention.tag for mention in held(store).values() if "seats" in mention.text}


def test_a_week_is_closed_its_numbers_stand_and_late_posts_are_told(
    office: tuple[Server, Store], open_page: OpenPage, make_mention: Callable[..., Mention]
) -> None:
    """Closed by Ana with eight posts; a ninth comes late: the table has both numbers, and the log says who did what."""
    server, store = office
    tab = open_page(server, "/review?by=Ana&step=Close+the+week")
    expect(tab.page.locator("p.deck")).to_contain_text("8 stories are not read yet.")
    tab.page.get_by_role("button", name="Close the week").last.click()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("was closed by Ana")
    start, _, _ = times(TIMES[0], door.now(), store.timezone)
    fill(store, make_mention, start, ("A late word about the bus, kind as it is.",))
    tab.go("/review?by=Ben&step=Close+the+week")
    expect(tab.page.locator("p.deck")).to_have_text("Public posts: 8 when it was closed, 9 now: 1 late post.")
    leaders = open_page(server, "/?period=week")
    expect(leaders.page.get_by_text("public posts 8 when it was closed, 9 now: 1 late post.")).to_be_visible()
    tab.page.get_by_role("button", name="Open it again").click()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("is open")
    expect(tab.page.locator("ul.log")).to_contain_text("opened again by Ben")


def test_dozens_of_posts_are_reviewed_by_keyboard_alone(
    office: tuple[Server, Store], open_page: OpenPage, make_mention: Callable[..., Mention]
) -> None:
    """A key a story, without the mouse: forty-eight verdicts, forty-eight keys."""
    server, store = office
    start, _, _ = times(TIMES[0], door.now(), store.timezone)
    places = ("Elm Street", "Rose Alley")
    what = ("is warm", "was early", "smells of bread", "has a new clock", "hums along")
    when = ("on Monday", "at noon", "after school", "in the rain")
    fill(
        store,
        make_mention,
        start,
        tuple(f"Bus stop {place} {said} {at}" for place in places for said in what for at in when),
    )
    tab = begin(open_page, server)
    keys = 0
    begun = time.monotonic()
    while card(tab):
        before = card(tab)
        tab.page.keyboard.press("gnby"[keys % 4])
        keys += 1
        tab.until(NEXT_CARD, before)
        tab.settle()  # while a page is being drawn it may have no card for a moment
    print(f"{keys} stories, {keys} keys, {time.monotonic() - begun:.0f} seconds")
    tab.settle()
    with store.reading() as connection:
        found = Asked(store, connection, Queue(view=ALL), door.now()).progress()
        assert 48 == keys == found.stories == found.read == reviewing.latest_entry(connection)


# --- all of it ------------------------------------------------------------------------------------------------------


def test_the_monday(tmp_path: Path, httpserver: HTTPServer, serve: Callable[..., Server], open_page: OpenPage) -> None:
    """Collected from a feed, read by keyboard, two at once, one taken back, routed, answered, learned from, closed."""
    zone = ZoneInfo("America/New_York")
    start, _, _ = times(TIMES[0], door.now(), zone)
    said = (*TEXTS, *(f"The bus from {name} was kind and warm today" for name in ("Elm", "Mill", "Oak", "Rose")))
    items = "".join(
        f"<item><guid>https://herald.example/{n}</guid><title>{escape(text)}</title>"
        f"<pubDate>{format_datetime(start + timedelta(hours=10 + n))}</pubDate></item>"
        for n, text in enumerate(said)
    )
    feed = f'<rss version="2.0"><channel><title>Herald</title>{items}</channel></rss>'
    httpserver.expect_request("/feed").respond_with_data(feed, content_type="application/rss+xml")
    file = tmp_path / "listening.toml"
    file.write_text(
        SETTINGS.replace("https://herald.millbrook.example/feed", httpserver.url_for("/feed")), encoding="utf-8"
    )
    settings = settings_files.load(file)
    with ThreadPoolExecutor(1) as elsewhere:  # the browser occupies this thread's event loop
        assert len(said) == elsewhere.submit(door.listen, settings).result().new
    store = door.store_of(settings)
    server = serve({"LISTENING_SETTINGS": str(file), "LISTENING_STORE": settings.store_url})

    tab = begin(open_page, server, path="/review?turn=Newest+first&words=kind")
    tab.page.get_by_role("button", name="Select all 4").click()
    expect(tab.page.get_by_role("heading", name="4 stories are selected")).to_be_visible()
    tab.page.locator(".st-key-all_G button").click()
    saved(tab, store, 4)

    tab.go("/review?by=Ana")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("4 of 12 read")
    read = 4
    while card(tab):
        words = tab.page.locator(".before-you").inner_text()
        key = "x" if "another town" in words else "b" if "late" in words else "n"
        if "?" in words:  # a headline in question form asks nobody, so the machine leaves it; the team does not
            tab.page.keyboard.press("a")
            expect(tab.page.get_by_role("button", name="Needs no answer")).to_be_visible()
            tab.settle()
        with moving_on(tab):
            tab.page.keyboard.press(key)
        read += 1
    assert len(said) == read
    tab.page.keyboard.press("u")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("11 of 12 read")
    tab.page.locator("[class*=st-key-say_N_]").wait_for()
    tab.settle()
    with moving_on(tab):
        tab.page.keyboard.press("n")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("All 12 read")

    tab.go("/review?step=Answer&for=Library&by=Ana")
    expect(tab.page.locator(".before-you")).to_contain_text("When does the library open on Sunday?")
    tab.page.get_by_label("Answered by").fill("Ben")
    with tab.rerunning():
        tab.page.get_by_label("Answered by").press("Enter")
    tab.page.locator("[class*=st-key-say_W_] button").click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Nothing waits for an answer for Library")

    tab.go("/review?step=Learn&by=Ana")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("had the right tag")

    tab.go("/review?step=Close+the+week&by=Ana")
    expect(tab.page.locator("p.deck")).to_contain_text("Everything is read.")
    tab.page.get_by_role("button", name="Close the week").last.click()
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("was closed by Ana")

    tab.go("/?period=week")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("11 public posts")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text("one was answered")
    assert "1" == tab.number("waiting")  # the question about the bridge still waits
