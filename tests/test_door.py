"""The door for notebooks: settings, a collection over real HTTP, mentions as a frame; and what a post is taken for."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd
import pytest
from conftest import NOON, MakeMention, MakeStore, Save
from pytest_httpserver import HTTPServer

import listening
from listening import door
from listening.accounts import OwnAccounts
from listening.conclude import Concluder, dated
from listening.errors import InputError, QueryError, SettingsError
from listening.models import COLUMNS, REVIEW_COLUMNS, Mention, Post, Topic, Verdict
from listening.sentiment import Tagger
from listening.settings import Settings
from listening.store.frame import frame

PROJECT = Path(listening.__file__).resolve().parent.parent

SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "America/Chicago"
contact = "press@midvale.example"
own_accounts = ["@town@midvale.example", "https://www.midvale.example/news"]

[[topics]]
name = "The town"
query = "midvale"

[[topics]]
name = "Buses"
query = "midvale AND bus"

[[feeds]]
name = "Herald"
source = "rss"
url = "{url}"
outlet = true
"""


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has an empty working directory and no settings of the machine's own."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def rss(**entries: timedelta) -> str:
    """A feed with an entry for each name, so old as it says; an underscore is a blank."""
    now = datetime.now(UTC)
    items = "".join(
        f"<item><title>{escape(title.replace('_', ' '))}</title><link>https://herald.example/{number}</link>"
        f"<pubDate>{format_datetime(now - age)}</pubDate></item>"
        for number, (title, age) in enumerate(entries.items())
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Herald</title>{items}</channel></rss>'


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEWS = {
    "Midvale_loves_its_wonderful_new_park": HOUR,
    "Midvale_bus_late_again,_riders_are_angry": 2 * DAY,
    "Weather": HOUR,
    "Midvale_town_hall_opens_at_nine": 10 * DAY,
}


@pytest.fixture
def settings(tmp_path: Path, httpserver: HTTPServer) -> Settings:
    """Settings with one feed on a real little server: four entries, three of them about the town."""
    httpserver.expect_request("/feed.xml").respond_with_data(rss(**NEWS), content_type="application/rss+xml")
    file = tmp_path / "listening.toml"
    file.write_text(SETTINGS.format(url=httpserver.url_for("/feed.xml")), encoding="utf-8")
    return listening.load(file)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_settings_are_found_as_the_command_finds_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A named file, else the one of LISTENING_SETTINGS, else listening.toml here; text and path are both fine."""
    assert (
        settings == listening.load() == listening.load("listening.toml") == listening.load(tmp_path / "listening.toml")
    )
    other = tmp_path / "other.toml"
    other.write_text(SETTINGS.format(url="https://h.example/f").replace("Midvale", "Fenland"), encoding="utf-8")
    monkeypatch.setenv("LISTENING_SETTINGS", str(other))
    assert "Town of Fenland" == listening.load().agency.name
    assert "Town of Midvale" == listening.load("listening.toml").agency.name


def test_without_settings_it_says_what_to_do(tmp_path: Path) -> None:
    """Not with an error of Python's; a file that is not there, or that cannot be used, is named."""
    with pytest.raises(InputError, match="listening init"):
        listening.load()
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        listening.load("nowhere.toml")
    bad = SETTINGS.format(url="https://herald.example/feed.xml").replace("America/Chicago", "Chicago")
    (tmp_path / "bad.toml").write_text(bad, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"bad\.toml, line 3"):
        listening.load(tmp_path / "bad.toml")


def test_the_door_has_three_handles_and_no_more() -> None:
    """A word that is not there is said as Python says it."""
    assert ["__version__", "listen", "load", "mentions"] == sorted(listening.__all__)
    assert (listening.load, listening.listen, listening.mentions) == (door.load, door.listen, door.mentions)
    with pytest.raises(AttributeError, match="listning"):
        listening.listning  # noqa: B018


def test_the_package_opens_without_its_page() -> None:
    """`import listening` loads neither pandas nor streamlit; settings and a run need them neither."""
    code = (
        "import sys, listening; before = len([name for name in sys.modules if name.startswith('listening')]); "
        "listening.listen; print(before, sorted({'streamlit', 'altair', 'pandas'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1 []\n" == ended.stdout


# --- listen and mentions ----------------------------------------------------------------------------------------------


def test_listen_asks_every_feed_once(settings: Settings, httpserver: HTTPServer) -> None:
    """It says how each did, names itself to the server, and a second time adds nothing."""
    heard: list[str] = []
    result = listening.listen(settings, progress=lambda one: heard.append(one.feed))
    assert (3, [], ["Herald"]) == (result.new, list(result.failed), heard)
    assert [("ok", 4, 3, 3)] == [(one.state, one.posts, one.matched, one.new) for one in result.results]
    assert 0 == listening.listen(settings).new
    agents = {request.headers["User-Agent"] for request, _ in httpserver.log}
    assert {f"Listening/{listening.__version__} (+press@midvale.example)"} == agents


def test_a_feed_that_fails_is_a_result(settings: Settings, httpserver: HTTPServer) -> None:
    """Not an exception: a notebook goes on with what there is."""
    httpserver.clear()
    httpserver.expect_request("/feed.xml").respond_with_data("gone fishing", 503)
    result = listening.listen(settings)
    assert (0, ["Herald"]) == (result.new, [one.feed for one in result.failed])
    assert result.failed[0].problem
    assert listening.mentions(settings).empty


def test_nobody_is_asked_without_a_contact(settings: Settings, httpserver: HTTPServer) -> None:
    """As on the command line."""
    with pytest.raises(SettingsError, match=r"agency\.contact"):
        listening.listen(replace(settings, agency=replace(settings.agency, contact="")))
    assert [] == httpserver.log


def test_mentions_are_a_frame_of_the_last_seven_days(settings: Settings) -> None:
    """A row each, newest first, with the columns of the data dictionary, in its order."""
    listening.listen(settings)
    found = listening.mentions(settings)
    assert [*COLUMNS, *REVIEW_COLUMNS] == list(found.columns)
    titles = ["Midvale loves its wonderful new park", "Midvale bus late again, riders are angry"]
    assert titles == list(found["title"])
    assert ["good", "bad"] == list(found["tag"])
    assert ["Herald", "Herald"] == list(found["feed"])
    assert [["The town"], ["The town", "Buses"]] == list(found["topics"])
    assert [["Midvale"], ["Midvale", "bus"]] == list(found["matched"])


def test_mentions_of_other_days_topics_and_words(settings: Settings) -> None:
    """Each asks for less; days that are named count from their first moment up to their last."""
    listening.listen(settings)
    now = datetime.now(UTC)
    old = listening.mentions(settings, since=now - 30 * DAY, until=now - 3 * DAY)
    assert ["Midvale town hall opens at nine"] == list(old["title"])
    assert 3 == len(listening.mentions(settings, since=now - 30 * DAY))
    assert ["Midvale bus late again, riders are angry"] == list(listening.mentions(settings, topic="Buses")["title"])
    assert ["Midvale loves its wonderful new park"] == list(listening.mentions(settings, query="park OR hall")["title"])
    assert listening.mentions(settings, query="park", topic="Buses").empty
    with pytest.raises(QueryError, match="Column 6"):
        listening.mentions(settings, query="park OR OR")


def test_another_store_can_be_used(settings: Settings, new_store: MakeStore, save: Save, mention: MakeMention) -> None:
    """One that is open already, for tests and for copies; the settings' own is then not even made."""
    other = new_store()
    save(other, mention(published_at=NOON), mention(published_at=NOON - 8 * DAY))
    assert 1 == len(listening.mentions(settings, store=other, until=NOON + HOUR))
    listening.listen(settings, store=other)
    assert 2 == len(listening.mentions(settings, store=other))
    assert 2 == len(listening.mentions(settings, store=other, since=NOON - 9 * DAY, until=NOON + HOUR))
    assert not Path("mentions.db").exists()


def test_the_frame_keeps_unknown_apart_from_zero(mention: MakeMention) -> None:
    """Counts are whole numbers or <NA>, times are aware UTC or NaT, texts and lists stay what they are."""
    full = mention(likes=0, views=2**53, edited_at=NOON + HOUR, sensitive=True, score=-0.5, topics=("a", "b"))
    table = frame([full, mention(text="Only this.")])
    for name in ("author_followers", "likes", "replies", "reposts", "views"):
        assert "Int64" == str(table[name].dtype)
    for name in ("published_at", "edited_at", "collected_at", "withdrawn_at"):
        assert isinstance(table[name].dtype, pd.DatetimeTZDtype)
        assert "UTC" == str(table[name].dt.tz)
    assert (0, 2**53) == (table["likes"][0], table["views"][0])
    assert [False, True] == list(table["likes"].isna())
    assert NOON + HOUR == table["edited_at"][0]
    assert [False, True] == list(table["edited_at"].isna())
    assert ["a", "b"] == table["topics"][0]
    assert "Only this." == table["text"][1]


def test_the_frame_holds_what_people_said(mention: MakeMention) -> None:
    """Typed as in the file that is exported, with names: it is for the team. Where nobody reviewed it is empty."""
    said = Verdict(entry=1, reviewer="Ana", at=NOON, machine="bad", status="answered", minutes=5, answered_at=NOON)
    table = frame([mention(verdict=said), mention()])
    assert ["Int64", "datetime64[ns, UTC]"] == [
        str(table["minutes"].dtype),
        str(table["answered_at"].dtype).replace("[us", "[ns").replace("[s", "[ns"),
    ]
    assert ["Ana", "bad", "answered", 5] == [
        table[name][0] for name in ("reviewed_by", "machine_tag", "status", "minutes")
    ]
    assert NOON == table["answered_at"][0]
    assert ["", True, True] == [table["status"][1], pd.isna(table["minutes"][1]), pd.isna(table["reviewed_by"][1])]


def test_an_empty_frame_has_every_column(settings: Settings) -> None:
    """So that a notebook's next line works: nothing to count is no error."""
    found = listening.mentions(settings)
    assert (0, [*COLUMNS, *REVIEW_COLUMNS]) == (len(found), list(found.columns))
    assert "Int64" == str(found["likes"].dtype)
    assert found.groupby("tag").size().empty


# --- what a post is taken for -----------------------------------------------------------------------------------------

TOPICS = (Topic(name="Town", query="midvale"), Topic(name="Buses", query="topic:Town bus"))


@pytest.fixture(scope="module")
def concluder() -> Concluder:
    """Two topics of a town whose name sounds good, and its accounts."""
    return Concluder(
        topics=TOPICS,
        own_accounts=["@town@midvale.example", "u/midvale", "https://www.midvale.example/news"],
        tagger=Tagger(names=["Happy Valley of Midvale"], neutral=["late"], engine="rules"),
    )


def post(text: str, **more: Any) -> Post:
    values: dict[str, Any] = {"source": "mastodon", "feed": "Harbor", "key": "1", "published_at": NOON - HOUR}
    return Post(text=text, **{**values, **more})


def concluded(concluder: Concluder, one: Post) -> Mention:
    found = concluder.mention(one, kind="post", now=NOON)
    assert found is not None
    return found


def test_a_post_without_a_topic_is_no_mention(concluder: Concluder) -> None:
    """Not kept at all."""
    assert None is concluder.mention(post("Sunny tomorrow."), kind="post", now=NOON)


def test_a_mention_is_the_post_and_what_we_concluded(concluder: Concluder) -> None:
    """All that the source said stays as it was; topics, words that matched, tag and reasons stand beside it."""
    said = post(
        "The Midvale bus driver was wonderful.",
        url="https://harbor.example/@ada/1",
        author="@ada@harbor.example",
        likes=4,
        reply_to="0",
        language="en",
    )
    found = concluded(concluder, said)
    for field in fields(Post):
        assert getattr(said, field.name) == getattr(found, field.name), field.name
    assert ("Town", "Buses") == found.topics
    assert {("Town", "Midvale"), ("Buses", "Midvale"), ("Buses", "bus")} == {
        (span.topic, span.words) for span in found.matched
    }
    assert [said.text[span.start : span.end] for span in found.matched] == [span.words for span in found.matched]
    assert ("good", NOON, "source", False, False) == (
        found.tag,
        found.collected_at,
        found.date_from,
        found.own,
        found.question,
    )
    assert [("wonderful", "moved")] == [(reason.words, reason.role) for reason in found.why]
    assert found.score is not None
    assert 0.4 < found.score <= 1


def test_names_and_neutral_words_have_no_tone(concluder: Concluder) -> None:
    """They are said among the reasons all the same."""
    found = concluded(concluder, post("Happy Valley of Midvale: the bus is late.", language="en"))
    assert "neutral" == found.tag
    assert ("Happy Valley of Midvale", "masked") in [(reason.words, reason.role) for reason in found.why]


def test_the_same_post_has_the_same_id(concluder: Concluder) -> None:
    """From another feed too, but not from another source."""
    first = concluded(concluder, post("Midvale"))
    assert first.id == concluded(concluder, post("Midvale, edited", feed="Tram", likes=3)).id
    assert first.id != concluded(concluder, post("Midvale", key="2")).id
    assert first.id != concluded(concluder, post("Midvale", source="reddit")).id


def test_a_post_that_is_wrongly_declared_english_is_not_scored(concluder: Concluder) -> None:
    """Accounts often declare English and write German, where "die" is no death."""
    found = concluded(
        concluder, post("Midvale: die neue Brücke ist fertig, und die Leute sind froh darüber.", language="en")
    )
    assert ("unscored", None) == (found.tag, found.score)


def test_what_it_cannot_read_is_not_tagged(concluder: Concluder) -> None:
    """Another language is unscored, and which one it is stands there."""
    found = concluded(
        concluder, post("Midvale: der Bus war schon wieder furchtbar spät, das ist schrecklich.", language="de")
    )
    assert ("unscored", None, "de") == (found.tag, found.score, found.language)


@pytest.mark.parametrize(
    ("said", "when", "where"),
    [
        (NOON - HOUR, NOON - HOUR, "source"),
        (NOON, NOON, "source"),
        (NOON + 10 * MINUTE, NOON + 10 * MINUTE, "source"),
        (NOON + 11 * MINUTE, NOON, "clamped"),
        (NOON + 400 * DAY, NOON, "clamped"),
        (None, NOON, "fetched"),
        (datetime(1970, 1, 1, tzinfo=UTC), NOON, "fetched"),
        (datetime(1989, 12, 31, 23, tzinfo=UTC), NOON, "fetched"),
        (datetime(1990, 1, 1, tzinfo=UTC), datetime(1990, 1, 1, tzinfo=UTC), "source"),
    ],
)
def test_a_time_that_cannot_be_is_replaced_and_said(
    said: datetime | None, when: datetime, where: str, concluder: Concluder
) -> None:
    """The future is now, no time at all is when we saw it; a clock that runs a little ahead is kept."""
    assert (when, where) == dated(said, NOON)
    found = concluded(concluder, post("Midvale", published_at=said))
    assert (when, where) == (found.published_at, found.date_from)


@pytest.mark.parametrize(
    ("own", "fields_"),
    [
        (True, {"author": "@town@midvale.example"}),
        (True, {"author": "@Town@Midvale.example"}),
        (True, {"author": "u/Midvale", "source": "reddit"}),
        (True, {"author": "/u/midvale", "source": "reddit"}),
        (True, {"url": "https://midvale.example/news/2026/bridge"}),
        (True, {"url": "http://www.midvale.example/News"}),
        (True, {"author": "Press office", "author_url": "https://www.midvale.example/news/"}),
        (False, {"author": "@town@evil.example"}),
        (False, {"author": "@town2@midvale.example"}),
        (False, {"author": None}),
        (False, {"url": "https://midvale.example/newsletter"}),
        (False, {"url": "https://midvale.example/"}),
        (False, {"url": "https://midvale.example.evil.example/news"}),
        (False, {"url": "https://herald.example/?u=https://www.midvale.example/news"}),
    ],
)
def test_our_own_posts_are_known(own: bool, fields_: dict[str, Any], concluder: Concluder) -> None:
    """By account, however it is written, or by standing on our own pages; nobody else's are taken for ours."""
    assert own == concluded(concluder, post("Midvale", **fields_)).own


def test_a_whole_site_can_be_ours() -> None:
    """An address without path and www. is all of it, its subdomains too; without accounts nothing is ours."""
    only = OwnAccounts(["https://www.midvale.example"])
    assert only.wrote(post("", url="https://midvale.example/any/page"))
    assert not only.wrote(post("", url="https://library.midvale.example/"))
    site = OwnAccounts(["https://midvale.example"])
    assert site.wrote(post("", url="https://www.midvale.example/"))
    assert site.wrote(post("", url="https://midvale.example/any/page"))
    assert site.wrote(post("", url="https://library.midvale.example/"))
    assert not site.wrote(post("", url="https://not-midvale.example/"))
    assert not OwnAccounts(["https://pages.example/midvale"]).wrote(post("", url="https://a.pages.example/midvale"))
    assert not OwnAccounts([]).wrote(post("", author="", url=""))


@pytest.mark.parametrize(
    "make",
    [
        lambda **given: Concluder(**given, tagger=Tagger()),
        lambda **given: Concluder(**given, tagger=Tagger(), listed_authors=[]),
    ],
    ids=["free", "listed"],
)
def test_a_concluder_without_topics_keeps_nothing(make: Callable[..., Concluder]) -> None:
    """And refuses a query that cannot be read, or that asks for one person."""
    assert None is make(topics=[]).mention(post("Midvale"), kind="post", now=NOON)
    with pytest.raises(QueryError):
        make(topics=[Topic(name="Town", query="midvale OR")])


def test_no_topic_is_about_one_person() -> None:
    """author: finds listed accounts only."""
    about = Topic(name="Ada", query="author:ada")
    with pytest.raises(QueryError, match="not a listed account"):
        Concluder(topics=[about], listed_authors=["@town@midvale.example"], tagger=Tagger())
    Concluder(topics=[about], listed_authors=["ada"], tagger=Tagger())


def test_a_frame_is_asked_as_the_page_is(tmp_path: Path) -> None:
    """A query may reuse topics, may not look for a person, and a topic that there is not is said."""
    (tmp_path / "listening.toml").write_text(
        '[agency]\nname = "Town of Midvale"\ntimezone = "America/Chicago"\n'
        '[[topics]]\nname = "Buses"\nquery = "midvale AND bus"\n',
        encoding="utf-8",
    )
    found = listening.load(tmp_path / "listening.toml")
    assert listening.mentions(found, query="topic:Buses late").empty
    with pytest.raises(QueryError, match="not a listed account"):
        listening.mentions(found, query="author:ada")
    with pytest.raises(InputError, match="no topic “Busses”"):
        listening.mentions(found, topic="Busses")
