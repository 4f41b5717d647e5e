"""The page as one file: its numbers are the store's, each leads to exactly its posts, and nothing private is in it."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import MakeMention, Save
from sqlalchemy import select
from test_page_states import hostile

from listening import door
from listening.asking import WhoAsks
from listening.cli import main
from listening.leaflet import MOST_POSTS, Leaflet, leaflet
from listening.models import Mention
from listening.settings import Settings, load
from listening.store import Reader, Store, View, reviewing
from listening.store.schema import mentions
from listening.upkeep import catch_up

if TYPE_CHECKING:
    from browser_kit import Town
    from playwright.sync_api import BrowserContext

pytest_plugins = ["browser_kit"]

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"

[[topics]]
name = "Buses"
query = "bus OR buses"

[[feeds]]
name = "Millbrook Herald"
source = "rss"
url = "https://herald.example/feed"
outlet = true

[[asks]]
what = "An account on <Mastodon>"
risk = "Late answers"
"""


@dataclass
class Seen(HTMLParser):
    """What a browser would make of the file: its elements, where its links lead, and the words that stand in it."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    elements: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    words: str = ""
    lists: dict[str, list[str]] = field(default_factory=dict)
    _open: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it; inside a number's list also whereto it leads."""
        given = dict(attrs)
        self.elements.add(tag)
        self.attributes |= set(given)
        if (name := given.get("id")) is not None:
            self.ids.append(name)
            if tag == "details":
                self._open = name
                self.lists[name] = []
        if tag == "a" and (address := given.get("href")) is not None:
            self.links.append(address)
            if self._open:
                self.lists[self._open].append(address.removeprefix("#"))

    def handle_endtag(self, tag: str) -> None:
        """A list ends."""
        if tag == "details":
            self._open = ""

    def handle_data(self, data: str) -> None:
        """Words."""
        self.words += data


def seen(page: Leaflet) -> Seen:
    parser = Seen()
    parser.feed(page.html)
    parser.close()
    return parser


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a town with one feed and one ask."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return load(tmp_path / "listening.toml", {})


@pytest.fixture
def filled(settings: Settings) -> Store:
    """Its store, which is still empty."""
    return door.store_of(settings)


def written(town: Town, key: str = "30d") -> Leaflet:
    return leaflet(town.settings, town.store, now=door.now(), key=key)


def posts_of(store: Store, start: datetime, end: datetime) -> Iterator[Mention]:
    with store.reading() as connection:
        yield from Reader(store, connection).stream(View(start=start, end=end))


def test_every_link_of_a_number_leads_to_as_many_posts_as_it_says(town: Town) -> None:
    """ "See the 12 posts" opens a list of twelve, all of which are in the file, and no list is without its link."""
    page = written(town)
    found = seen(page)
    assert len(found.ids) == len(set(found.ids))
    told = dict(re.findall(r'<a href="#([\w-]+)">See the (?:([\d,]+) )?posts?</a>', page.html))
    assert set(told) == set(found.lists)
    assert {"posts", "good", "bad", "waiting", "answered", "place-0", "story-0", "theme-0"} <= set(told)
    for name, count in told.items():
        listed = found.lists[name]
        assert int(count.replace(",", "") or 1) == len(listed) == len(set(listed))
        assert set(listed) <= set(found.ids)
    assert page.held == page.counted == len(found.lists["posts"])


def test_what_waits_and_what_was_answered_leads_to_just_those(
    settings: Settings, filled: Store, save: Save, mention: MakeMention
) -> None:
    """Once there are reviews; before, the file says nothing of answers. What the team noted does not stand in it."""
    at = door.now() - timedelta(hours=30)
    asks = [
        mention(
            text=f"When does bus {n} run?", question=True, topics=("Buses",), published_at=at + timedelta(minutes=n)
        )
        for n in range(5)
    ]
    save(filled, *asks, mention(text="A lovely bus", question=False, topics=("Buses",), published_at=at))
    catch_up(filled, WhoAsks(lambda source: "post"))
    page = leaflet(settings, filled, now=door.now()).html
    assert "answered" not in page.partition("<body")[2]
    with filled.writing() as connection:
        numbers = [row.n for row in connection.execute(select(mentions.c.n).order_by(mentions.c.n))]
        said = {"status": "answered", "answered_at": at + timedelta(hours=2), "note": "Rang Ada", "answered_by": "Ben"}
        changes = dict.fromkeys(numbers[:3], said)
        reviewing.review(filled, connection, changes, reviewer="Ana", at=door.now(), seen=0)
    written_ = leaflet(settings, filled, now=door.now())
    page, found = written_.html, seen(written_)
    assert "five of them ask for something; three were answered</h1>" in page
    assert "Questions waiting<strong>2</strong><span>3 of 5 answered</span>" in page
    assert "Three of 5 were answered; half of the answers went out within 2 hours." in page
    assert (2, 3) == (len(found.lists["waiting"]), len(found.lists["answered"]))
    for name, which in (("waiting", {"3", "4"}), ("answered", {"0", "1", "2"})):
        inside = page.split(f'<details id="{name}">')[1].split("</details>")[0]
        assert which == set(re.findall(r"bus (\d) run", inside))
    assert not {word for word in ("Ana", "Ben", "Rang") if word in page}


def test_a_list_holds_the_posts_that_its_number_counts(town: Town) -> None:
    """Good posts under "good", a place's under the place: known by their first words."""
    page = written(town)
    today = door.now().astimezone(town.settings.agency.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = [
        post for post in posts_of(town.store, today - timedelta(days=30), today + timedelta(days=1)) if post.text
    ]
    good = page.html.split('<details id="good">')[1].split("</details>")[0]
    bad = page.html.split('<details id="bad">')[1].split("</details>")[0]
    beginnings = {
        tag: {re.sub(r"\W+", " ", post.title or post.text)[:20] for post in counted if post.tag == tag}
        for tag in ("good", "bad")
    }
    for shown, tag in ((good, "good"), (bad, "bad")):
        words = [re.sub(r"\W+", " ", text) for text in re.findall(r'<a href="#p\d+">([^<]*)</a>', shown)]
        assert words
        known = [word for word in words if word[:20] in beginnings[tag]]
        assert len(known) >= 0.8 * len(words)  # handles are masked, marks are written otherwise
    assert good != bad


def test_it_says_what_the_page_says(town: Town) -> None:
    """The metric's number is the store's, and the town's name and asks stand in it."""
    page = written(town)
    words = seen(page).words
    assert town.settings.agency.name in words
    assert "What would help" in words
    assert f"<div>Public posts<strong>{page.counted:,}</strong>" in page.html
    assert "Snapshot of" in words
    assert "made up" in words.lower()


def test_nothing_is_loaded_from_elsewhere_and_nothing_can_run(town: Town) -> None:
    """No script, picture, frame or style of another place; the browser is told to refuse them as well."""
    page = written(town)
    found = seen(page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page.html
    assert set() == found.elements & {"script", "img", "iframe", "link", "object", "embed", "form", "video", "audio"}
    assert [] == [name for name in found.attributes if name.startswith("on") or name in ("src", "srcset", "srcdoc")]
    assert re.search(r"url\(|@import", page.html) is None


def test_private_people_and_strong_words_are_masked_and_hidden_posts_stay_hidden(
    settings: Settings, filled: Store, save: Save, mention: MakeMention
) -> None:
    """As on the page, since the file is sent to others."""
    now = door.now()
    said = {"source": "mastodon", "feed": "Social", "topics": ("Buses",)}
    save(
        filled,
        mention(**said, author="@anna@harbor.example", text="This fucking bus is late", published_at=now),
        mention(**said, author="@ben@harbor.example", text="secretly @anna@harbor.example", published_at=now),
        mention(**said, text="told under the lid", sensitive=True, published_at=now),
        mention(**said, text="regretted words", withdrawn_at=now, published_at=now),
    )
    page = leaflet(settings, filled, now=now + timedelta(minutes=1))
    assert page.counted >= 3
    for hidden in ("anna", "@ben", "fucking", "under the lid", "regretted words"):
        assert hidden not in page.html
    assert "f••••••" in page.html
    assert "not in this file" in page.html


def test_hostile_words_are_shown_as_words(settings: Settings, filled: Store, save: Save, mention: MakeMention) -> None:
    """Markup in every field of a post becomes no markup of the file."""
    save(filled, *hostile(mention))
    page = leaflet(settings, filled, now=door.now())
    found = seen(page)
    assert page.counted == page.held == 7
    assert "data-hostile" not in found.attributes
    assert set() == found.elements & {"script", "img", "iframe", "svg"}
    assert [] == [link for link in found.links if not link.startswith(("#", "https://", "http://"))]
    assert "<b data-hostile>bold</b>" in found.words
    assert "An account on <Mastodon>" in found.words


def test_of_very_many_posts_it_holds_the_newest_and_says_so(
    settings: Settings, filled: Store, save: Save, mention: MakeMention
) -> None:
    """The numbers are those of all; no number leads to a list that is not whole."""
    now = door.now()
    save(
        filled,
        *(mention(text=f"bus {n}", published_at=now - timedelta(seconds=n)) for n in range(MOST_POSTS + 5)),
    )
    page = leaflet(settings, filled, now=now + timedelta(seconds=1))
    assert (page.counted, page.held) == (MOST_POSTS + 5, MOST_POSTS)
    assert f"The newest {MOST_POSTS:,} of {MOST_POSTS + 5:,}" in page.html
    assert "See the" not in page.html
    assert f"<strong>{MOST_POSTS + 5:,}</strong>" in page.html


def test_an_empty_store_says_so(settings: Settings, filled: Store) -> None:
    """A sentence, no zero chart that breaks."""
    page = leaflet(settings, filled, now=door.now())
    assert (page.counted, page.held) == (0, 0)
    assert 'class="headline"' in page.html
    assert "The posts behind" not in page.html


def test_a_snapshot_holds_the_file_of_the_same_moment(
    settings: Settings, filled: Store, save: Save, mention: MakeMention, capsys: pytest.CaptureFixture[str]
) -> None:
    """``listening snapshot`` writes it beside the store, and says so."""
    save(filled, mention(topics=("Buses",), text="The bus was on time", published_at=door.now() - timedelta(hours=1)))
    assert settings.path is not None
    folder = settings.path.with_name("meeting")
    assert main(["snapshot", "-o", str(folder), "--settings", str(settings.path)]) == 0
    assert "page.html is the page as one file" in capsys.readouterr().out
    assert "The bus was on time" in (folder / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_a_browser_opens_it_from_the_disk(
    town: Town, browser: BrowserContext, tmp_path: Path, width: int, scheme: str
) -> None:
    """Without a server: nothing is asked for, nothing said, nothing sticks out, axe finds nothing; a click shows."""
    file = tmp_path / "page.html"
    file.write_text(written(town, "7d").html, encoding="utf-8")  # of a month it would take axe twice as long
    page = browser.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(file.as_uri())
    assert 0 >= page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if (width, scheme) in ((1280, "light"), (390, "dark")):  # each width of layout and each scheme once: it takes long
        found = Axe().run(page).response["violations"]
        assert [] == [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
    page.locator("a[href='#good']").click()
    first = page.locator("#good a").first
    if not first.is_visible():  # older browsers do not unfold what a link leads to
        page.locator("#good summary").click()
    first.click()
    assert page.locator("li:target").count() == 1
    page.close()
    assert [file.as_uri()] == asked
    assert [] == said


def test_a_topic_has_its_own_file(town: Town) -> None:
    """Only its posts are counted."""
    topic = town.settings.topics[0].name
    every = leaflet(town.settings, town.store, now=door.now())
    own = leaflet(town.settings, town.store, now=door.now(), topic=topic)
    assert 0 < own.counted < every.counted
    none = replace(town.settings, topics=())
    assert leaflet(none, town.store, now=door.now()).counted == every.counted
