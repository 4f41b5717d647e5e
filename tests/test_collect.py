"""A run over real HTTP: what is kept, what is remembered, and how each failure is said."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler

from listening import door
from listening import store as stores
from listening.collect import FeedResult, RunResult
from listening.settings import Settings, load
from listening.store import Reader, Store, View

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def entry(number: int, title: str, *, text: str = "", when: datetime = NOW - timedelta(hours=2)) -> str:
    """An RSS item of the Herald."""
    return (
        f"<item><title>{title}</title><link>https://herald.example/{number}</link>"
        f"<guid>https://herald.example/{number}</guid><description>{text}</description>"
        f"<pubDate>{format_datetime(when)}</pubDate></item>"
    )


def feed(*items: str) -> str:
    """An RSS 2.0 document."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Quillhaven Herald</title>'
        f"<link>https://herald.example/</link><description>News</description>{''.join(items)}</channel></rss>"
    )


BRIDGE = entry(1, "Quillhaven bridge opens early, residents love it", text="Great work by the crew.")
BUS = entry(2, "Quillhaven bus late again", text="Riders are angry and frustrated about the terrible delays.")
ELSEWHERE = entry(3, "Somewhere else entirely", text="Nothing about us.")


class Town:
    """Settings and store in a folder, and runs at a chosen time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.feeds: list[str] = []
        self.topics = '[[topics]]\nname = "The town"\nquery = "quillhaven"\n'

    def add(self, name: str, source: str, **options: object) -> None:
        """Add a feed to the settings."""
        lines = [f"{key} = {json.dumps(value)}" for key, value in options.items()]
        self.feeds.append("\n".join(["[[feeds]]", f'name = "{name}"', f'source = "{source}"', *lines]))

    @property
    def file(self) -> Path:
        """The settings, written."""
        path, new = self.folder / "listening.toml", self.folder / "listening.toml.new"
        new.write_text(
            '[agency]\nname = "Town of Quillhaven"\ntimezone = "America/New_York"\n'
            'contact = "press@quillhaven.example"\nown_accounts = ["@townhall@harbor.example"]\n'
            + self.topics
            + "\n".join(self.feeds)
            + "\n",
            encoding="utf-8",
        )
        return new.replace(path)  # whole at any moment: another process may be reading it

    @property
    def settings(self) -> Settings:
        """The settings, read."""
        return load(self.file, {})

    @property
    def store(self) -> Store:
        """The store, opened."""
        return door.store_of(self.settings)

    def listen(self, **options: object) -> RunResult:
        """One run at the town's time."""
        return door.listen(self.settings, clock=lambda: self.now, environ={}, **options)  # type: ignore[arg-type]

    def one(self, **options: object) -> FeedResult:
        """The only feed's result of a run."""
        (result,) = self.listen(**options).results
        return result

    def titles(self) -> list[str]:
        """The titles of all mentions, newest first."""
        with self.store.reading() as connection:
            view = View(start=NOW - timedelta(days=3650), end=NOW + timedelta(days=3650))
            return [mention.title for mention in Reader(self.store, connection).stream(view)]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture
def herald(town: Town, httpserver: HTTPServer) -> HTTPServer:
    """A town that listens to one feed, served by a real server."""
    town.add("Quillhaven Herald", "rss", url=httpserver.url_for("/feed.xml"), outlet=True)
    return httpserver


def serve(server: HTTPServer, body: str, **headers: str) -> None:
    """Answer from now on with this document."""
    server.clear()
    server.expect_request("/feed.xml").respond_with_data(body, content_type="application/rss+xml", headers=headers)


def test_a_run_keeps_what_mentions_us_and_nothing_else(town: Town, herald: HTTPServer) -> None:
    """Posts that match a topic are stored with their tag and reasons; others are not stored at all."""
    serve(herald, feed(BRIDGE, BUS, ELSEWHERE))
    result = town.one()
    assert (result.state, result.posts, result.matched, result.new) == ("ok", 3, 2, 2)
    with town.store.reading() as connection:
        view = View(start=NOW - timedelta(days=7), end=NOW)
        found = {mention.title: mention for mention in Reader(town.store, connection).stream(view)}
    good = found["Quillhaven bridge opens early, residents love it"]
    bad = found["Quillhaven bus late again"]
    assert (good.tag, bad.tag) == ("good", "bad")
    assert "love" in {reason.words for reason in good.why}
    assert [span.words for span in bad.matched] == ["Quillhaven"]
    assert bad.topics == ("The town",)


def test_listening_twice_adds_nothing(town: Town, herald: HTTPServer) -> None:
    """The same document again: nothing is new, nothing is lost."""
    serve(herald, feed(BRIDGE, BUS))
    assert [town.one().new, town.one().new] == [2, 0]
    assert len(town.titles()) == 2


def test_an_unchanged_feed_is_not_sent_again(town: Town, herald: HTTPServer) -> None:
    """The validators of the last good answer are sent back as they came, and 304 means unchanged."""
    seen: list[str | None] = []

    def answer(request: Request) -> Response:
        seen.append(request.headers.get("If-None-Match"))
        if seen[-1] == 'W/"a,b"':
            return Response(status=304)
        return Response(feed(BRIDGE), content_type="application/rss+xml", headers={"ETag": 'W/"a,b"'})

    herald.expect_request("/feed.xml").respond_with_handler(answer)
    assert [town.one().state, town.one().state] == ["ok", "unchanged"]
    assert seen == [None, 'W/"a,b"']


def test_the_same_bytes_without_an_etag_are_not_read_again(town: Town, herald: HTTPServer) -> None:
    """Where a server sends no validators, the hash of the body tells."""
    serve(herald, feed(BRIDGE))
    assert [town.one().state, town.one().state] == ["ok", "unchanged"]


def test_a_changed_topic_reads_an_unchanged_feed_again(town: Town, herald: HTTPServer) -> None:
    """Otherwise a new topic would only hear what is written after it."""
    serve(herald, feed(BRIDGE, ELSEWHERE))
    assert town.one().new == 1
    town.topics += '[[topics]]\nname = "Elsewhere"\nquery = "somewhere"\n'
    assert town.one().new == 1
    assert len(town.titles()) == 2


def test_a_mention_joins_a_new_topic(town: Town, herald: HTTPServer) -> None:
    """A stored mention that matches a new topic is counted under it too."""
    serve(herald, feed(BUS))
    town.one()
    town.topics += '[[topics]]\nname = "Buses"\nquery = "bus"\n'
    town.one()
    with town.store.reading() as connection:
        view = View(start=NOW - timedelta(days=7), end=NOW, topic="Buses")
        assert Reader(town.store, connection).total(view) == 1


def test_an_edited_headline_changes_the_mention_and_its_tag(town: Town, herald: HTTPServer) -> None:
    """One id, new words: the mention follows, and stays one."""
    serve(herald, feed(entry(1, "Quillhaven bus line wonderful, riders happy")))
    town.one()
    serve(herald, feed(entry(1, "Quillhaven bus line terrible, riders angry")))
    assert town.one().new == 0
    with town.store.reading() as connection:
        (mention,) = Reader(town.store, connection).stream(View(start=NOW - timedelta(days=7), end=NOW))
    assert (mention.title, mention.tag) == ("Quillhaven bus line terrible, riders angry", "bad")


def test_a_post_without_a_date_or_from_the_future_says_so(
    town: Town, herald: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is when we saw it, and the row tells why."""
    agreeing = lambda handler, timestamp=None: format_datetime(NOW, usegmt=True)  # noqa: E731
    monkeypatch.setattr(WSGIRequestHandler, "date_time_string", agreeing)
    undated = "<item><guid>https://herald.example/9</guid><title>Quillhaven undated</title></item>"
    serve(herald, feed(undated, entry(8, "Quillhaven tomorrow", when=NOW + timedelta(days=1))))
    town.one()
    with town.store.reading() as connection:
        stream = Reader(town.store, connection).stream(View(start=NOW, end=NOW + timedelta(days=1)))
        found = {mention.title: (mention.date_from, mention.published_at) for mention in stream}
    assert found == {"Quillhaven undated": ("fetched", NOW), "Quillhaven tomorrow": ("clamped", NOW)}


def test_our_own_posts_are_not_conversation(town: Town, httpserver: HTTPServer) -> None:
    """A post by an own account is kept, marked, and counted in no view."""
    status = {
        "id": "1",
        "uri": "https://harbor.example/users/townhall/statuses/1",
        "url": "https://harbor.example/@townhall/1",
        "created_at": "2026-03-04T12:00:00.000Z",
        "content": "<p>Quillhaven council meets tonight</p>",
        "visibility": "public",
        "account": {"acct": "townhall@harbor.example", "url": "https://harbor.example/@townhall"},
    }
    httpserver.expect_request("/api/v1/timelines/tag/quillhaven").respond_with_json([status])
    town.add("#quillhaven", "mastodon", server=httpserver.url_for(""), tag="quillhaven")
    assert town.one().new == 1
    assert town.titles() == []
    with town.store.reading() as connection:
        assert Reader(town.store, connection).own_count(NOW - timedelta(days=1), NOW) == 1


# --- failures -------------------------------------------------------------------------------------------------------


def test_one_dead_feed_does_not_stop_the_others(town: Town, herald: HTTPServer) -> None:
    """The good one is stored, the dead one is a result with words and advice."""
    serve(herald, feed(BRIDGE))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    town.add("Dead Letter", "rss", url=f"http://127.0.0.1:{port}/feed")
    good, dead = town.listen().results
    assert (good.state, good.new) == ("ok", 1)
    assert dead.state == "unreachable"
    assert dead.problem
    assert dead.advice


def test_a_feed_that_turns_into_a_web_page_is_said_and_keeps_what_it_gave(town: Town, herald: HTTPServer) -> None:
    """HTML instead of a feed is a failure, not silence."""
    serve(herald, feed(BRIDGE))
    town.one()
    herald.clear()
    herald.expect_request("/feed.xml").respond_with_data(
        "<html><head><title>Our new home page</title></head><body><h1>Welcome</h1></body></html>",
        content_type="text/html",
    )
    result = town.one()
    assert result.state == "unreadable"
    assert "Our new home page" in result.problem
    assert len(town.titles()) == 1


def test_a_login_wall_is_a_refusal(town: Town, herald: HTTPServer) -> None:
    """401 tells the team to look."""
    herald.expect_request("/feed.xml").respond_with_data("no", status=401)
    result = town.one()
    assert result.state == "refused"
    assert result.advice


def test_what_a_server_orders_holds_over_runs_and_against_impatience(town: Town, herald: HTTPServer) -> None:
    """429 with Retry-After: not asked before its time, not even with retry; afterwards it is."""
    herald.expect_ordered_request("/feed.xml").respond_with_data("", status=429, headers={"Retry-After": "3600"})
    assert not town.one().good
    town.now += timedelta(minutes=59)
    assert town.one(retry=True).state == "waiting"
    assert len(herald.log) == 1
    town.now += timedelta(minutes=2)
    serve(herald, feed(BRIDGE))
    assert town.one().state == "ok"


def test_our_own_back_off_gives_way_when_a_person_asks(town: Town, herald: HTTPServer) -> None:
    """After a server error we wait longer each time, but a person may try at once."""
    good = "/other.xml"
    town.add("Other", "rss", url=herald.url_for(good))
    herald.expect_request(good).respond_with_data(feed(BUS), content_type="application/rss+xml")
    herald.expect_request("/feed.xml").respond_with_data("", status=500)
    town.listen()
    town.now += timedelta(minutes=1)
    assert town.listen().results[0].state == "waiting"
    herald.clear()
    herald.expect_request(good).respond_with_data(feed(BUS), content_type="application/rss+xml")
    herald.expect_request("/feed.xml").respond_with_data(feed(BRIDGE), content_type="application/rss+xml")
    assert town.listen(retry=True).results[0].state == "ok"


def test_a_feed_that_has_ended_is_not_asked_again(town: Town, herald: HTTPServer) -> None:
    """410 stops the feed for good, and says so each time."""
    herald.expect_request("/feed.xml").respond_with_data("", status=410)
    assert [town.one().state, town.one(retry=True).state] == ["gone", "gone"]
    assert len(herald.log) == 1


def test_a_feed_with_a_new_address_is_asked_again_after_it_had_ended(town: Town, herald: HTTPServer) -> None:
    """When the team mends the address of an ended feed, it is a new place to ask."""
    herald.expect_request("/feed.xml").respond_with_data("", status=410)
    town.one()
    town.feeds.clear()
    town.add("Quillhaven Herald", "rss", url=herald.url_for("/new.xml"))
    herald.expect_request("/new.xml").respond_with_data(feed(BRIDGE), content_type="application/rss+xml")
    assert town.one().state == "ok"


def test_a_permanent_redirect_is_remembered_only_after_three_days(town: Town, herald: HTTPServer) -> None:
    """A captive portal says "moved for good" once; a real move says it for days."""

    def asked() -> list[str]:
        paths = [request.path for request, _ in herald.log]
        herald.clear_log()
        return paths

    herald.expect_request("/feed.xml").respond_with_data("", status=301, headers={"Location": "/new.xml"})
    herald.expect_request("/new.xml").respond_with_data(feed(BRIDGE), content_type="application/rss+xml")
    town.one()
    assert asked() == ["/feed.xml", "/new.xml"]
    town.now += timedelta(days=2)
    town.one()
    assert asked() == ["/feed.xml", "/new.xml"]
    town.now += timedelta(days=2)
    town.one()
    asked()
    town.now += timedelta(hours=1)
    town.one()
    assert asked() == ["/new.xml"]


def test_an_empty_list_where_there_were_posts_is_blocked_not_quiet(town: Town, httpserver: HTTPServer) -> None:
    """Reddit turns programs away with an empty list: the page must not read it as silence."""
    town.add("r/quillhaven", "reddit", subreddit="quillhaven", server=httpserver.url_for("").rstrip("/"))
    full = (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>quillhaven</title><id>/r/q</id>'
        "<entry><author><name>/u/mapleknits</name></author><id>t3_a1</id><title>Quillhaven market</title>"
        '<link href="https://www.reddit.com/r/quillhaven/comments/a1/x/"/><updated>2026-03-04T10:00:00+00:00</updated>'
        '<published>2026-03-04T10:00:00+00:00</published><content type="html">Lovely stalls</content></entry></feed>'
    )
    empty = (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>quillhaven</title><id>/r/q</id></feed>'
    )
    httpserver.expect_ordered_request("/r/quillhaven/new.rss").respond_with_data(
        full, content_type="application/atom+xml"
    )
    httpserver.expect_ordered_request("/r/quillhaven/new.rss").respond_with_data(
        empty, content_type="application/atom+xml"
    )
    assert [town.one().state, town.one().state] == ["ok", "blocked"]
    assert town.titles() == ["Quillhaven market"]


def test_without_a_network_no_feed_is_blamed(town: Town) -> None:
    """Everything unreachable means that we are offline: said once, and nobody has to wait afterwards."""
    for number in range(3):
        town.add(f"Feed {number}", "rss", url=f"http://nowhere{number}.invalid/feed")
    result = town.listen()
    assert [one.state for one in result.results] == ["unreachable"] * 3
    assert "offline" in " ".join(result.notes)
    assert all(one.state != "waiting" for one in town.listen().results)


def test_a_wrong_clock_is_noticed(town: Town, herald: HTTPServer) -> None:
    """When the servers' clocks agree against ours, the run says so; the posts are kept."""
    serve(herald, feed(BRIDGE))  # the server's own clock is right
    town.now = datetime.now(UTC) - timedelta(days=400)
    result = town.listen()
    assert "400 days behind" in " ".join(result.notes)
    assert result.new == 1


def test_entries_that_cannot_be_used_are_counted_not_hidden(town: Town, herald: HTTPServer) -> None:
    """Two items under one guid: one is kept, and the result says what was left out."""
    serve(herald, feed(BRIDGE, entry(1, "Quillhaven twice")))
    result = town.one()
    assert result.skipped


# --- two at once, killed, full --------------------------------------------------------------------------------------


@pytest.fixture
def crowd(town: Town, httpserver: HTTPServer) -> Town:
    """Forty feeds of five mentions each, in which each mention stands in two feeds."""
    for number in range(40):
        items = [entry(1000 + (number // 2) * 5 + place, f"Quillhaven item {place}") for place in range(5)]
        httpserver.expect_request(f"/{number}.xml").respond_with_data(feed(*items), content_type="application/rss+xml")
        town.add(f"Feed {number}", "rss", url=httpserver.url_for(f"/{number}.xml"))
    return town


def command(town: Town, *words: str) -> list[str]:
    return [sys.executable, "-m", "listening", "--settings", str(town.file), *words]


ENVIRONMENT = {**os.environ, "NO_COLOR": "1"}


def test_two_collections_at_once_double_and_lose_nothing(crowd: Town) -> None:
    """Two processes over the same feeds and store: each post is one row."""
    crowd.file  # noqa: B018 - written before both start
    both = [
        subprocess.Popen(command(crowd, "collect", "--json"), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        for _ in range(2)
    ]
    found = [json.loads(one.communicate(timeout=60)[0]) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum(one["new"] for one in found) == 100
    assert len(crowd.titles()) == 100


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_killed_collection_leaves_a_store_that_the_next_one_completes(crowd: Town) -> None:
    """Killed without warning while it saves: the store opens, and the next run brings the rest."""
    path = crowd.file
    for delay in (0.0, 0.05, 0.2):
        process = subprocess.Popen(command(crowd, "collect"), env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while time.monotonic() < end and process.poll() is None:
            with crowd.store.reading() as connection:
                run = Reader(crowd.store, connection).latest_run()
            if run is not None and run.done > 0:
                break
            time.sleep(0.01)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with crowd.store.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert path.exists()
    subprocess.run(command(crowd, "collect"), check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    assert len(crowd.titles()) == 100
    with crowd.store.reading() as connection:
        counted = connection.exec_driver_sql("SELECT sum(count) FROM daily WHERE topic = 0").scalar()
    assert counted == 100


def test_a_run_that_finds_no_room_on_the_disk_says_so_and_keeps_what_was_there(town: Town, herald: HTTPServer) -> None:
    """A full disk ends the run in words; what was stored can still be read."""
    from sqlalchemy import Engine, event

    from listening.errors import StoreFull

    serve(herald, feed(BRIDGE))
    town.one()
    many = [entry(100 + n, f"Quillhaven news {n}", text="word " * 2000) for n in range(200)]
    serve(herald, feed(*many))

    def no_room(raw: object, record: object) -> None:
        raw.execute("PRAGMA max_page_count = 80")  # type: ignore[attr-defined]

    event.listen(Engine, "connect", no_room)  # a run opens connections of its own
    try:
        with pytest.raises(StoreFull, match="no room left"):
            door.listen(town.settings, clock=lambda: town.now, environ={})
    finally:
        event.remove(Engine, "connect", no_room)
    assert town.titles() == ["Quillhaven bridge opens early, residents love it"]


def test_a_feed_state_survives_between_processes(town: Town, herald: HTTPServer) -> None:
    """What was learned of a feed is in the store, not in memory."""
    serve(herald, feed(BRIDGE), ETag='"x"')
    town.one()
    with town.store.reading() as connection:
        state = stores.feed_states(connection)["Quillhaven Herald"]
    assert (state.etag, state.first_answer_at, state.last_answer_at, state.failures) == ('"x"', NOW, NOW, 0)
