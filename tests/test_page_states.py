"""The page when things are not as usual: nothing heard, one post, hostile words, a great many, a broken store.

One server shows all of them: it reads its settings file anew when that changes, and each test names another store.
"""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import TIMEZONE, MakeMention, MakeStore, Save
from playwright.sync_api import expect
from sqlalchemy import text

from listening import door
from listening import store as stores
from listening.insights import sentences
from listening.insights.feeds import health, sentence
from listening.insights.numbers import Tally
from listening.insights.periods import period
from listening.models import Mention, Reason, Span, Tag
from listening.settings import load
from listening.store import Store

if TYPE_CHECKING:
    from browser_kit import MakeStage, OpenPage, Stage, Tab

pytest_plugins = ["browser_kit"]
pytestmark = pytest.mark.browser

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"
own_accounts = ["@townhall@millbrook.example"]

[privacy]
listed_accounts = ["@mayor@millbrook.example"]

[[topics]]
name = "Buses"
query = "bus"

[[feeds]]
name = "Millbrook Herald"
source = "rss"
url = "http://127.0.0.1:9/feed"
outlet = true
"""

HURRY = """
from listening.store.opening import open_store
open_store.__kwdefaults__["wait_seconds"] = 0.5
"""
"""The page waits half a minute for a store that is in use; these tests have not so much time."""


@pytest.fixture(scope="module")
def stage(make_stage: MakeStage) -> Stage:
    """The page of this file's tests."""
    return make_stage(SETTINGS, before=HURRY)


def headline(tab: Tab) -> str:
    return tab.page.get_by_role("heading", level=1).inner_text()


def expected_headline(tags: dict[Tag, int], places: int = 1) -> str:
    return sentences.headline(Tally(tags=tags, places=places), period("7d", door.now(), TIMEZONE), "us")


def open_all(tab: Tab) -> None:
    """Open the posts behind the first number."""
    tab.page.locator(".st-key-open_plain").get_by_role("button").click()
    expect(tab.dialog.locator("ul.opened > li").first).to_be_visible()


# --- little or nothing ----------------------------------------------------------------------------------------------


def test_an_empty_store_says_how_to_begin(stage: Stage, open_page: OpenPage, new_store: MakeStore) -> None:
    """Nothing was collected yet: no zeros, but the two ways to begin, on a wide window and on a narrow one."""
    store = new_store()
    stage.show(store)
    tab = open_page(stage.server)
    page = tab.page
    expect(page.get_by_text("Collect now")).to_be_visible()
    expect(page.get_by_role("code").filter(has_text="listening collect")).to_be_visible()
    expect(page.locator("dl.metric")).to_have_count(0)
    assert [] == tab.barriers()
    page.set_viewport_size({"width": 320, "height": 700})
    assert 0 == tab.beyond_the_edge()

    page.locator(".empty").get_by_role("link", name="Sources").click()
    expect(page).to_have_title("Sources")
    tab.settle()
    with store.reading() as connection:
        found = health(load(stage.file, {}).feeds, stores.feed_states(connection), door.now().astimezone(TIMEZONE))
    assert sentence(found) == headline(tab)
    expect(page.get_by_role("button", name="Collect now", exact=True)).to_be_visible()
    assert 0 == tab.beyond_the_edge()


def test_a_collection_that_found_nothing_is_told_from_none_at_all(
    stage: Stage, open_page: OpenPage, new_store: MakeStore
) -> None:
    """The feeds were asked and nothing matched: pressing the button again is not the advice."""
    store = new_store()
    stores.finish_run(store, stores.start_run(store, at=door.now(), feeds_to_ask=1), at=door.now())
    stage.show(store)
    tab = open_page(stage.server)
    expect(tab.page.get_by_text("matched a topic")).to_be_visible()
    expect(tab.page.get_by_text("Collect now")).to_have_count(0)
    expect(tab.page.locator("dl.metric")).to_have_count(0)
    tab.page.locator(".empty").get_by_role("link", name="Set up").click()
    expect(tab.page).to_have_title("Set up")
    tab.settle()


@pytest.mark.parametrize("path", ["/", "/sources", "/?view=room"])
def test_without_a_place_the_pages_lead_to_set_up(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, path: str
) -> None:
    """Nobody is sent into a file to add one."""
    stage.show(new_store(), SETTINGS.split("[[feeds]]")[0])
    tab = open_page(stage.server, path)
    assert "listening.toml" not in tab.page.get_by_test_id("stMain").inner_text()
    expect(tab.page.get_by_role("button", name="Collect now")).to_have_count(0)
    assert [] == tab.barriers()
    tab.page.locator(".empty").get_by_role("link", name="Set up").click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("What we listen for, and where")
    tab.settle()


def test_one_post_is_one_post(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """No plural, no percentage, one quote with nothing invented beside it, and it opens."""
    store = new_store()
    at = door.now() - timedelta(hours=2)
    save(store, mention(text="The bus waited for my grandmother, how kind!", published_at=at, topics=("Buses",)))
    stage.show(store)
    tab = open_page(stage.server, scheme="dark", width=320, height=700)
    assert expected_headline({"good": 1}) == headline(tab)
    assert ["1", "1", "0", "1"] == [tab.number(name) for name in ("plain", "good", "bad", "places")]
    expect(tab.page.locator("dl.metric").get_by_text("%")).to_have_count(0)
    expect(tab.page.locator(".quote")).to_have_count(1)
    expect(tab.page.get_by_text("1 posts")).to_have_count(0)
    expect(tab.page.locator(".st-key-open_bad")).to_have_count(0)
    assert 0 == tab.beyond_the_edge()
    open_all(tab)
    expect(tab.dialog.locator("ul.opened > li")).to_have_count(1)


@pytest.mark.parametrize(("tag", "other"), [("good", "bad"), ("bad", "good")])
def test_when_all_is_good_or_all_is_bad_the_other_side_says_so(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save, tag: Tag, other: Tag
) -> None:
    """One side has everything: the other shows 0%, opens nothing, and has words instead of an empty column."""
    store = new_store()
    at = door.now() - timedelta(hours=2)
    save(
        store,
        *(
            mention(text=f"Bus number {n} went by.", tag=tag, published_at=at - timedelta(hours=n), topics=("Buses",))
            for n in range(30)
        ),
    )
    stage.show(store)
    tab = open_page(stage.server)
    assert expected_headline({tag: 30}) == headline(tab)
    assert {tag: "100%", other: "0%"} == {one: tab.number(one) for one in (tag, other)}
    expect(tab.page.locator(f".st-key-open_{other}")).to_have_count(0)
    expect(tab.page.locator(f"[class*=st-key-quote_{tag}_]")).not_to_have_count(0)
    expect(tab.page.locator(f"[class*=st-key-quote_{other}_]")).to_have_count(0)
    expect(tab.page.get_by_text(f"No {other} posts")).to_be_visible()


def test_a_word_longer_than_its_line_is_broken_and_stays_in_its_column(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """In a place's name, which stands in a heading, beside a bar, and under each quote; at the desk and on a phone."""
    store, long = new_store(), "Hafenverwaltungsoberinspektorenanwärterversammlung" * 2
    at = door.now() - timedelta(hours=2)
    save(
        store,
        mention(text=f"The bus was kind. {long}", feed=long, published_at=at, topics=("Buses",), tag="good"),
        mention(text=f"The bus was late. {long}", feed=long, published_at=at, topics=("Buses",), tag="bad"),
    )
    stage.show(store)
    for width in (1280, 320):
        tab = open_page(stage.server, width=width)
        assert f"All of it happens on {long}" in tab.page.locator("h2.section").all_inner_texts()
        assert [] == tab.page.locator(
            "h2.section, .place-name, .quote p, .quote blockquote, ul.newest li"
        ).evaluate_all(
            """parts => parts.filter(part => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1)
                             .map(part => part.outerHTML.slice(0, 200))"""
        )


# --- hostile words --------------------------------------------------------------------------------------------------

RAN = "window.ran = true"
MARKUP = (
    f"<b data-hostile>bold</b><script>{RAN}</script><img src=x onerror='{RAN}'><svg onload='{RAN}'></svg>"
    f"<style>body {{ display: none }}</style><iframe srcdoc='<script>parent.{RAN}</script>'></iframe>"
    f"</li></ul></div> **bold** [press](javascript:{RAN}) ![x](x.png) $x^2$ :red[red] &lt;b&gt; {{{{ 1 }}}} ${{1}}"
)
FORMULA = '=HYPERLINK("http://127.0.0.1:9/","press") bus'
CONTROLS = "bus \x00\x07\x08\x1b[31m\x7f\x9b \u2028\u2029\ufeff\ufffe stop"
TURNED = "\u202eteerts a ni sub \u2067 \u2066"
LONG = "w" * 100_000
SCRIPT_ADDRESS = f"javascript:{RAN}"


def hostile(mention: MakeMention) -> list[Mention]:
    """A post for each kind of trouble, and one that has it in every field."""
    at = door.now() - timedelta(hours=1)
    texts = (MARKUP, FORMULA, CONTROLS, TURNED, LONG, f"{'w ' * 50_000}")
    found = [
        mention(
            title=said if number % 2 else "",
            text=said,
            author=said[:300],
            author_url=SCRIPT_ADDRESS,
            url=SCRIPT_ADDRESS,
            feed="Millbrook Herald",
            source="rss",
            published_at=at - timedelta(minutes=number),
            topics=("Buses",),
            tag=("good", "bad")[number % 2],
            score=0.5,
            likes=number,
            why=(Reason(words=said[:40], effect=1.0), Reason(words="<b data-hostile>", effect=-1.0)),
            matched=(Span(topic="Buses", field="text", start=0, end=8, words=said[:8]),),
        )
        for number, said in enumerate(texts)
    ]
    everywhere = mention(
        source="mastodon",
        feed="<b data-hostile>Herald</b>",
        key=MARKUP,
        title=MARKUP,
        text=MARKUP,
        author=MARKUP,
        author_url=SCRIPT_ADDRESS,
        url=SCRIPT_ADDRESS,
        language="<b>",
        reply_to=MARKUP,
        tagger=MARKUP,
        topics=("Buses", "<i data-hostile>Trains</i>"),
        matched=(Span(topic="<i data-hostile>Trains</i>", field="text", start=3, end=60, words=MARKUP[3:60]),),
        published_at=at,
    )
    return [*found, everywhere]


def test_hostile_words_neither_run_nor_break_the_page(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """Markup, scripts, formulas, control signs, turned writing, a word of 100 kB: all of it is only words."""
    store = new_store()
    save(store, *hostile(mention))
    stage.show(store)
    tab = open_page(stage.server)
    page = tab.page

    def unharmed() -> None:
        assert page.evaluate("() => window.ran") is None
        expect(page).to_have_title("What people are saying")
        expect(page.locator("[data-hostile], a[href^='javascript'], iframe[srcdoc], img[src='x']")).to_have_count(0)
        expect(tab.problem).to_have_count(0)

    assert "7 public posts" in headline(tab)
    expect(page.get_by_text("<b data-hostile>bold</b>").first).to_be_visible()
    expect(page.get_by_text(FORMULA).first).to_be_visible()
    assert [] == tab.barriers()
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert 0 == tab.beyond_the_edge()
        unharmed()

    open_all(tab)
    expect(tab.dialog.locator("ul.opened > li")).to_have_count(7)
    expect(tab.dialog.get_by_text("<b data-hostile>bold</b>").first).to_be_visible()
    expect(tab.dialog.get_by_text("Open the original")).to_have_count(0)  # none of them is on the web
    assert 0 >= tab.dialog.evaluate("element => element.scrollWidth - element.clientWidth")
    unharmed()


def test_a_place_and_a_search_may_hold_markup_too(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """The title of an opened place, and the words of a search or of a wrong one, are shown as they were written."""
    store = new_store()
    save(store, *hostile(mention))
    stage.show(store)
    tab = open_page(stage.server, "/?q=%3Cb+data-hostile%3E+AND+%3Cimg%3E")
    assert "“<b data-hostile> AND <img>”" in headline(tab)
    box = tab.page.get_by_role("textbox", name="Ask about a word")
    box.fill("<b data-hostile> AND (")
    box.press("Enter")
    expect(tab.page.get_by_role("alert")).to_contain_text("<b data-hostile> AND (")
    place = tab.page.get_by_text("<b data-hostile>Herald</b>", exact=True).first
    expect(place).to_be_visible()
    tab.settle()  # until then the places are still those of the first search
    tab.page.locator(".st-key-open_place_1").get_by_role("button").first.click()
    expect(tab.dialog.get_by_role("heading", level=2)).to_have_text("Public posts, <b data-hostile>Herald</b>: 1")
    expect(tab.page.locator("[data-hostile]")).to_have_count(0)


def test_private_people_are_masked_wherever_they_are_named(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """No handle, mail or profile of a private person is anywhere in the page; the mayor's and an outlet's are."""
    store = new_store()
    at = door.now() - timedelta(hours=2)
    said = (
        "@mayor@millbrook.example thanks @ada.private@social.example, u/ada_private and ada.private@mail.example, who "
        "made the bus stop so pretty"
    )
    who = "@berta.private@social.example"
    private = {"author": who, "author_url": "https://social.example/@berta.private", "published_at": at}
    save(
        store,
        mention(text=said, title="", url="https://social.example/@berta.private/7", topics=("Buses",), **private),
        mention(
            text="A bus for the fair, says the paper.",
            source="rss",
            feed="Millbrook Herald",
            url="https://herald.example/fair",
            published_at=at,
            topics=("Buses",),
        ),
    )
    stage.show(store)
    tab = open_page(stage.server)
    expect(tab.page.get_by_text("@mayor@millbrook.example").first).to_be_visible()
    assert "private" not in tab.page.content().replace("private people", "").replace("private groups", "")
    open_all(tab)
    expect(tab.dialog.get_by_text("@mayor@millbrook.example")).to_be_visible()
    assert "private" not in tab.dialog.inner_html()
    links = [link.get_attribute("href") for link in tab.dialog.get_by_role("link").all()]
    assert ["https://herald.example/fair"] == links


# --- a great many ---------------------------------------------------------------------------------------------------

MANY = 100_000
PLACES = 40
TAGS_IN_TURN: tuple[Tag, ...] = ("good", "neutral", "bad", "unscored")


@pytest.fixture(scope="module")
def many(new_store: MakeStore, mention: MakeMention, save: Save) -> Store:
    """100,000 mentions over 300 days: a few are saved as usual, the others are copied from them within the database."""
    store = new_store()
    now = door.now()
    few = PLACES * len(TAGS_IN_TURN)
    save(
        store,
        *(
            mention(
                text=f"The bus of place {number % PLACES} waited for everybody.",
                tag=TAGS_IN_TURN[number // PLACES],
                feed=f"Place {number % PLACES}",
                topics=("Buses",),
                published_at=now - timedelta(minutes=1 + number),
                likes=number,
            )
            for number in range(few)
        ),
    )
    step = int(timedelta(days=300).total_seconds()) // MANY
    numbers = f"WITH RECURSIVE copy(n) AS (SELECT {few + 1} UNION ALL SELECT n + 1 FROM copy WHERE n < {MANY}) "
    with store.writing() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.create_function("local_day", 1, store.local_day, deterministic=True)
        columns = [row.name for row in connection.execute(text("SELECT name FROM pragma_table_info('mentions')")).all()]
        changed = {
            "n": "copy.n",
            "id": "'copy-' || copy.n",
            "key": "copy.n",
            "published_at": f"published_at - copy.n * {step}",
        }
        source = ", ".join(changed.get(name, f"mentions.{name}") for name in columns)
        connection.execute(
            text(
                f"INSERT INTO mentions ({', '.join(columns)}) {numbers} SELECT {source} FROM copy "
                f"JOIN mentions ON mentions.n = 1 + copy.n % {few}"
            )
        )
        connection.execute(
            text(
                "INSERT INTO links (topic, published_at, n, day, feed, tag, score, engagement) "
                "SELECT links.topic, new.published_at, new.n, local_day(new.published_at), links.feed, links.tag, "
                f"links.score, links.engagement FROM mentions AS new JOIN links ON links.n = 1 + new.n % {few} "
                f"WHERE new.n > {few}"
            )
        )
        connection.execute(
            text(
                "INSERT INTO search (rowid, title, text, marks) "
                f"SELECT n, '', lower(text), '' FROM mentions WHERE n > {few}"
            )
        )
    return store


def test_a_hundred_thousand_posts_are_counted_opened_and_searched(
    stage: Stage, open_page: OpenPage, many: Store
) -> None:
    """A year of a busy agency: the numbers are whole, lists open screen by screen, words are found."""
    stage.show(many)
    tab = open_page(stage.server, "/?period=365d")
    assert f"{MANY:,} public posts" in headline(tab)
    assert [f"{MANY:,}", "33%", "33%", f"{PLACES}"] == [tab.number(name) for name in ("plain", "good", "bad", "places")]
    assert 0 == tab.beyond_the_edge()
    open_all(tab)
    expect(tab.dialog.get_by_role("heading", level=2)).to_contain_text(f"{MANY:,}")
    expect(tab.dialog.locator("ul.opened > li")).to_have_count(20)
    tab.page.keyboard.press("Escape")
    expect(tab.dialog).to_have_count(0)
    expect(tab.page.locator(".st-key-export")).to_have_count(0)
    expect(tab.page.get_by_text("listening export")).to_be_visible()

    box = tab.page.get_by_role("textbox", name="Ask about a word")
    box.fill('"place 7"')
    box.press("Enter")
    expect(tab.page.get_by_role("heading", level=1)).to_contain_text(f"{MANY // PLACES:,} public posts")
    expect(tab.page.locator(".st-key-export")).to_have_count(1)


# --- trouble --------------------------------------------------------------------------------------------------------


def assert_said(tab: Tab, *words: str) -> None:
    """The page says in words what is wrong, shows no number beside it, and no traceback."""
    alert = tab.page.get_by_role("alert")
    expect(alert).to_have_count(1)
    for word in words:
        expect(tab.page.get_by_text(word)).to_be_visible()
    expect(tab.problem).to_have_count(0)
    expect(tab.page.locator("dl.metric")).to_have_count(0)
    expect(tab.page.get_by_text("Traceback")).to_have_count(0)
    assert 0 == tab.beyond_the_edge()


@pytest.mark.parametrize("path", ["/", "/sources"])
def test_settings_that_cannot_be_read_are_explained(stage: Stage, open_page: OpenPage, path: str) -> None:
    """File and line of what is wrong; the page comes back by itself once that is mended."""
    stage.write("[agency\nname = 3\n")
    tab = open_page(stage.server, path, width=320, height=700)
    assert_said(tab, f"{stage.file}, line 1")
    assert [] == tab.barriers()


def test_a_store_of_a_newer_program_is_left_alone(stage: Stage, open_page: OpenPage, new_store: MakeStore) -> None:
    """It says so, says what to do, and changes nothing in the file."""
    store = new_store()
    stores.note(store, "schema", "99")
    file = stores.file_of(store.url)
    before = file.read_bytes()
    stage.show(store)
    assert_said(open_page(stage.server), "newer version")
    assert_said(open_page(stage.server, "/sources"), "newer version")
    assert before == file.read_bytes()


def test_a_file_that_is_no_store_is_explained(stage: Stage, open_page: OpenPage, tmp_path: Path) -> None:
    """Another file, or a damaged one, is named and left as it is."""
    file = tmp_path / "notes.db"
    file.write_text("Minutes of the garden club. " * 100, encoding="utf-8")
    stage.show(f"sqlite:///{file}")
    assert_said(open_page(stage.server), "is not a Listening store")


def test_a_store_that_another_program_keeps_is_explained_and_comes_back(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """While it is locked the page says so; when it is free the next look shows it."""
    store = new_store()
    save(store, mention(published_at=door.now() - timedelta(hours=2), topics=("Buses",)))
    with closing(sqlite3.connect(stores.file_of(store.url), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        stage.show(store)
        tab = open_page(stage.server)
        assert_said(tab, "in use by another program")
    tab.go("/")
    assert expected_headline({"good": 1}) == headline(tab)


@pytest.mark.parametrize("path", ["/", "/sources"])
def test_trouble_that_comes_later_is_explained_too(
    stage: Stage, open_page: OpenPage, new_store: MakeStore, mention: MakeMention, save: Save, path: str
) -> None:
    """The page had opened its store; then another program kept it, and then it was damaged."""
    store = new_store()
    save(store, mention(published_at=door.now() - timedelta(hours=2), topics=("Buses",)))
    stage.show(store)
    tab = open_page(stage.server, path)
    file = stores.file_of(store.url)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        tab.go(path)
        assert_said(tab, "in use by another program")
    for beside in file.parent.glob(f"{file.name}-*"):
        beside.unlink()
    file.write_text("Minutes of the garden club. " * 1_000, encoding="utf-8")
    tab.go(path)
    assert_said(tab, "is not a Listening store")
