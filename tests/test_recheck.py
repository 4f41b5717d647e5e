"""What was deleted at its source is noticed, emptied and still counted; an unclear answer changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import NOON, MakeMention, Save
from keeping_kit import assert_whole, found_in_files
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from listening import demo, door, importing
from listening.collect import RunResult
from listening.collectors import COLLECTORS, rechecker, refresher, rss
from listening.collectors.protocols import Refreshed
from listening.models import Answer, Feed, Mention
from listening.settings import load
from listening.store import Reader, Store, View, reviewing
from listening.store.schema import mentions, rechecks

DAY = timedelta(days=1)
MONTH = View(start=NOON - 30 * DAY, end=NOON + 30 * DAY)
STATUS = {"id": "77", "account": {"acct": "ada"}, "content": "<p>Hello Millbrook</p>"}

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"

[[topics]]
name = "The town"
query = "millbrook"

[fetch]
allow_private_redirects = {inside}
recheck = {recheck}

[[feeds]]
name = "Herald"
source = "rss"
url = "{url}"

[[feeds]]
name = "Quillhaven social"
source = "mastodon"
server = "{social}"
tag = "millbrook"
"""


class Millbrook:
    """Settings with two feeds without posts, and posts whose servers are the little server too."""

    def __init__(self, folder: Path, server: HTTPServer, save: Save, mention: MakeMention) -> None:
        self.folder, self.server, self._save, self._mention = folder, server, save, mention
        self.asked: Counter[str] = Counter()
        self.inside = self.recheck = True

    @property
    def store(self) -> Store:
        self._write()
        return door.store_of(load(self.folder / "listening.toml", {}))

    def _write(self) -> None:
        said = {"inside": str(self.inside).lower(), "recheck": str(self.recheck).lower()}
        # By another name, so that the settings do not name the server that the posts are from.
        social = self.server.url_for("").replace("localhost", "127.0.0.1")
        text = SETTINGS.format(url=self.server.url_for("/feed"), social=social, **said)
        (self.folder / "listening.toml").write_text(text, encoding="utf-8")

    def status(self, number: int = 77, **changes: object) -> Mention:
        """A stored Mastodon post of this server."""
        key = self.server.url_for(f"/users/ada/statuses/{number}")
        values = {"key": key, "url": self.server.url_for(f"/@ada/{number}"), "author": "@ada@harbor.example"}
        made = self._mention(**{**values, "published_at": NOON - 2 * DAY, **changes})
        self._save(self.store, made)
        return made

    def article(self, name: str = "bridge", **changes: object) -> Mention:
        """A stored article of this server."""
        url = self.server.url_for(f"/news/{name}")
        values = {"source": "rss", "feed": "Herald", "key": url, "url": url, "published_at": NOON - 2 * DAY}
        made = self._mention(**{**values, **changes})
        self._save(self.store, made)
        return made

    def answers(self, path: str, body: object = "", status: int = 200, **headers: str) -> None:
        """Answer there from now on, and count how often that is asked for."""

        def answer(request: Request) -> Response:
            self.asked[request.path] += 1
            kind = "text/html" if isinstance(body, str) else "application/json"
            text = body if isinstance(body, str) else json.dumps(body)
            return Response(text, status=status, content_type=kind, headers=headers)

        self.server.expect_request(path).respond_with_handler(answer)

    def run(self, at: datetime = NOON) -> RunResult:
        """A collection whose feeds have nothing new."""
        self._write()
        self.server.expect_request("/api/v1/timelines/tag/millbrook").respond_with_json([])
        self.server.expect_request("/feed").respond_with_data(
            f"<rss version='2.0'><channel><title>{at}</title></channel></rss>", content_type="application/rss+xml"
        )
        return door.listen(load(self.folder / "listening.toml", {}), clock=lambda: at, environ={})

    def withdrawn(self) -> set[str]:
        with self.store.reading() as connection:
            gone = select(mentions.c.id).where(mentions.c.withdrawn_at.is_not(None))
            return set(connection.execute(gone).scalars())


@pytest.fixture
def millbrook(tmp_path: Path, httpserver: HTTPServer, save: Save, mention: MakeMention) -> Millbrook:
    return Millbrook(tmp_path, httpserver, save, mention)


API = "/api/v1/statuses/77"
NOT_FOUND = {"error": "Record not found"}


def test_a_deleted_post_is_emptied_and_still_counts(millbrook: Millbrook) -> None:
    """Words, names and addresses go, out of the index and the file too; its tag and its place in every number stay."""
    post = millbrook.status(text="Quokkas at the millpond, jubilantly.", title="Xylograph", tag="good")
    millbrook.status(78)
    store = millbrook.store
    with store.writing() as connection:
        number = connection.execute(select(mentions.c.n).where(mentions.c.id == post.id)).scalar_one()
        reviewing.review(store, connection, {number: {"note": "jubilantly said"}}, reviewer="Ana", at=NOON, seen=0)
    millbrook.answers(API, NOT_FOUND, 404)
    millbrook.answers("/api/v1/statuses/78", STATUS)
    millbrook.run()
    assert millbrook.withdrawn() == {post.id}
    with store.reading() as connection:
        reader = Reader(store, connection)
        shown = reader.find(post.id)
        assert reader.total(MONTH) == 2
        assert connection.exec_driver_sql("SELECT count(*) FROM search WHERE search MATCH 'quokkas'").scalar() == 0
    assert shown is not None
    assert (shown.title, shown.text, shown.url, shown.key, shown.author, shown.author_url) == (
        "",
        "",
        "",
        "",
        None,
        None,
    )
    assert (shown.tag, shown.matched, shown.why, shown.withdrawn_at) == ("good", (), (), NOON)
    assert_whole(store)
    store.engine.dispose()
    assert found_in_files(millbrook.folder, ["quokkas", "xylograph", "jubilantly"]) == []


def test_a_post_that_was_edited_is_kept_as_it_is_now(millbrook: Millbrook) -> None:
    """Its words, tagged anew, and its counts, where the server that it is from knows them best."""
    post = millbrook.status(text="Hello Millbrook", tag="good", likes=3)
    edited = STATUS | {"content": "<p>Millbrook is awful, terrible, horrible!</p>", "favourites_count": 12}
    millbrook.answers(API, edited | {"edited_at": "2026-03-04T12:00:00Z"})
    millbrook.run()
    with millbrook.store.reading() as connection:
        shown = Reader(millbrook.store, connection).find(post.id)
    assert shown is not None
    assert (shown.text, shown.tag, shown.likes) == ("Millbrook is awful, terrible, horrible!", "bad", 12)
    assert (shown.key, shown.feed, shown.published_at) == (post.key, post.feed, post.published_at)
    assert shown.edited_at is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (STATUS, 200),
        ("<h1>Not found</h1>", 404),
        ([], 404),
        ({"error": "This method requires an authenticated user"}, 401),
        ({"error": "Not allowed"}, 403),
        ({"error": "Too many requests"}, 429),
        ({"error": "Down for a while"}, 503),
        ("<html>Welcome</html>", 200),
        ({}, 200),
    ],
    ids=["there", "a page", "a list", "login", "forbidden", "too many", "down", "another site", "nothing"],
)
def test_an_unclear_answer_changes_nothing(millbrook: Millbrook, body: object, status: int) -> None:
    """A server that is not asked rightly, or not at its best, says nothing about a post."""
    millbrook.status()
    millbrook.answers(API, body, status)
    millbrook.run()
    assert millbrook.asked == {API: 1}
    assert millbrook.withdrawn() == set()


def test_a_server_that_does_not_answer_says_nothing(millbrook: Millbrook) -> None:
    """Nobody listens there."""
    millbrook.status(key="http://127.0.0.1:9/users/ada/statuses/77")
    millbrook.run()
    assert millbrook.withdrawn() == set()


def test_an_article_is_gone_at_once_or_on_the_second_day(millbrook: Millbrook) -> None:
    """410 is a word; 404 may be a mishap, and is one when the page is back."""
    gone, lost, back, _ = (millbrook.article(name) for name in ("gone", "lost", "back", "here"))
    millbrook.answers("/news/here", "Here I am")
    millbrook.answers("/news/gone", "", 410)
    millbrook.answers("/news/lost", "", 404)
    millbrook.answers("/news/back", "", 404)
    millbrook.run()
    assert millbrook.withdrawn() == {gone.id}
    millbrook.server.clear()
    millbrook.answers("/news/lost", "", 404)
    millbrook.answers("/news/back", "Here I am")
    millbrook.run(NOON + DAY)
    assert millbrook.withdrawn() == {gone.id, lost.id}
    millbrook.server.clear()
    millbrook.answers("/news/back", "", 404)
    millbrook.run(NOON + 2 * DAY)
    assert back.id not in millbrook.withdrawn()


def test_a_post_is_asked_for_once_a_day(millbrook: Millbrook) -> None:
    """And not on the day on which it was collected."""
    millbrook.status()
    fresh = NOON - timedelta(hours=3)
    millbrook.status(78, collected_at=fresh)
    millbrook.answers(API, STATUS)
    millbrook.answers("/api/v1/statuses/78", STATUS)
    for hours in (0, 1, 23, 24):
        millbrook.run(NOON + timedelta(hours=hours))
    assert millbrook.asked == {API: 2, "/api/v1/statuses/78": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"own": True},
        {"published_at": NOON - 15 * DAY},
        {"source": "reddit"},
        {"key": "https://harbor.example/objects/6f1c"},
        {"key": "https://harbor.example/users/ada/statuses/01HXQ7K3ZB"},
        {"key": "tag:harbor.example,2026:77"},
        {"source": "rss", "url": "ftp://herald.example/77"},
        {"source": "rss", "url": ""},
    ],
    ids=["our own", "old", "Reddit", "another program", "yet another", "no address", "no web page", "no url"],
)
def test_what_cannot_or_need_not_be_asked_is_left_alone(millbrook: Millbrook, changes: dict[str, object]) -> None:
    """The server hears nothing."""
    millbrook.status(**changes)  # type: ignore[arg-type]
    millbrook.answers(API, NOT_FOUND, 404)
    millbrook.run()
    assert not millbrook.asked
    assert millbrook.withdrawn() == set()


def test_what_was_imported_is_never_looked_up_also_where_a_feed_has_its_source(millbrook: Millbrook) -> None:
    """Only the post and the article that the feeds themselves brought are asked for, on the same servers."""
    home = millbrook.server.url_for("").replace("localhost", "127.0.0.1").rstrip("/")
    at = NOON - 2 * DAY
    names = {"mastodon": "/@ada/{}", "rss": "/news/{}"}
    store = millbrook.store
    settings = load(millbrook.folder / "listening.toml", {})
    for source, path in names.items():
        file = millbrook.folder / f"{source}.csv"
        file.write_text(f"url,text,date\n{home}{path.format(112233)},Hello Millbrook,{at:%Y-%m-%d %H:%M:%S}\n")
        table = importing.opened(file)
        columns = {name: (name,) for name in ("url", "text", "date")}
        layout = importing.Layout(columns=columns, source=source, timezone="UTC")
        reading = importing.Reading(layout=layout, header=table.header, name=source, zone=ZoneInfo("UTC"), now=at)
        with door.import_job(settings, store, clock=lambda: at) as job:
            assert importing.run(job, table, reading, rows=1, mark=source).tally.new == 1
    millbrook.status(112244)
    millbrook.article("112244")
    for path in ("/api/v1/statuses/{}", "/news/{}"):
        millbrook.answers(path.format(112233), "", 410)
        millbrook.answers(path.format(112244), STATUS | {"id": "112244"})
    for days in (0, 1, 2):
        millbrook.run(NOON + days * DAY)
    assert millbrook.asked == {"/api/v1/statuses/112244": 3, "/news/112244": 3}
    assert millbrook.withdrawn() == set()


def test_one_server_is_asked_a_few_times_a_run_and_all_in_turn(
    millbrook: Millbrook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight of one server; the next run goes on with those that have waited longest."""
    monkeypatch.setattr(rss, "RECHECK_PAUSE", 0.05)  # seconds between two questions; in earnest they are two
    for number in range(20):
        millbrook.article(f"n{number}")
        millbrook.answers(f"/news/n{number}", "here")
    counts = []
    for minutes in (0, 15):
        millbrook.run(NOON + timedelta(minutes=minutes))
        counts.append(sum(millbrook.asked.values()))
    assert counts == [8, 16]
    assert set(millbrook.asked.values()) == {1}


def test_a_server_with_very_many_posts_keeps_no_other_waiting(
    millbrook: Millbrook, save: Save, mention: MakeMention, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine hundred younger ones of it stand before the one of another."""
    monkeypatch.setattr(rss, "RECHECK_PAUSE", 0.0)
    busy = millbrook.server.url_for("/news/").replace("localhost", "127.0.0.1")
    posts = [
        mention(source="rss", feed="Herald", key=f"{busy}{n}", url=f"{busy}{n}", published_at=NOON - DAY)
        for n in range(900)
    ]
    save(millbrook.store, *posts)
    other = millbrook.article("other", url=busy.replace("127.0.0.1", "localhost") + "other")
    millbrook.answers("/news/other", "", 410)
    millbrook.run(NOON + DAY)
    assert millbrook.withdrawn() == {other.id}


def test_a_server_that_has_none_of_its_posts_any_more_has_changed(millbrook: Millbrook) -> None:
    """Nothing is emptied while every answer of it is that: a site that moved is no deletion of all it wrote."""
    for number in (77, 78, 79):
        millbrook.status(number)
        millbrook.answers(f"/api/v1/statuses/{number}", NOT_FOUND, 404)
    millbrook.run()
    assert sum(millbrook.asked.values()) == 3
    assert millbrook.withdrawn() == set()
    millbrook.status(80)
    millbrook.answers("/api/v1/statuses/80", {**STATUS, "id": "80"})
    millbrook.run(NOON + DAY)
    assert len(millbrook.withdrawn()) == 3


def test_an_article_that_leads_to_another_site_is_unclear(millbrook: Millbrook) -> None:
    """A parked domain says of every page that it is gone."""
    found = rechecker("rss")
    assert found is not None
    request = found.recheck(millbrook.article(url="https://herald.example/bridge"))
    assert request is not None
    for url, said in (
        ("https://parking.example/bridge", "unknown"),
        ("https://www.herald.example/bridge", "gone"),
        ("http://herald.example/bridge", "gone"),
    ):
        assert found.presence(Answer(status=410, headers={}, url=url, body=b""), request) == said


def test_a_store_that_cannot_note_it_fails_no_collection(millbrook: Millbrook) -> None:
    """It is said with the run's notes, and what is too old is removed all the same."""
    millbrook.status()
    millbrook.answers(API, NOT_FOUND, 404)
    with millbrook.store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE rechecks RENAME TO lost")
    notes = millbrook.run().notes
    assert any("deleted at their source could not be noted" in note for note in notes)


def test_a_server_that_has_had_enough_is_left_alone_for_as_long_as_it_says(millbrook: Millbrook) -> None:
    """For a run that comes sooner too."""
    for number in (77, 78, 79):
        millbrook.status(number)
        millbrook.answers(f"/api/v1/statuses/{number}", {"error": "Slow down"}, 429, **{"Retry-After": "7200"})
    millbrook.run()
    millbrook.run(NOON + timedelta(hours=1))
    assert sum(millbrook.asked.values()) == 1
    millbrook.run(NOON + timedelta(hours=3))
    assert sum(millbrook.asked.values()) == 2


def test_a_page_that_cannot_be_read_keeps_the_others_from_nothing(millbrook: Millbrook) -> None:
    """It sends us round in a circle; the next article of this server is asked for all the same."""
    millbrook.article("circle", published_at=NOON - DAY)
    gone = millbrook.article("gone")
    millbrook.answers("/news/circle", "", 302, Location=millbrook.server.url_for("/news/circle"))
    millbrook.answers("/news/gone", "", 410)
    millbrook.run(NOON + DAY)
    assert millbrook.withdrawn() == {gone.id}


def test_a_post_leads_nobody_into_our_own_network(millbrook: Millbrook) -> None:
    """Its address was written by a stranger: the rules of a redirect hold for it."""
    millbrook.status()
    millbrook.answers(API, NOT_FOUND, 404)
    millbrook.inside = False
    millbrook.run()
    assert not millbrook.asked
    assert millbrook.withdrawn() == set()


def test_it_can_be_left_out(millbrook: Millbrook) -> None:
    """By the settings."""
    millbrook.status()
    millbrook.answers(API, NOT_FOUND, 404)
    millbrook.recheck = False
    millbrook.run()
    assert not millbrook.asked


def test_a_withdrawn_post_is_not_brought_back_by_its_feed(millbrook: Millbrook, save: Save) -> None:
    """Nor asked for again."""
    post = millbrook.status()
    millbrook.answers(API, NOT_FOUND, 404)
    millbrook.run()
    assert save(millbrook.store, post) == 0
    millbrook.run(NOON + 2 * DAY)
    assert millbrook.asked == {API: 1}
    with millbrook.store.reading() as connection:
        assert connection.execute(select(mentions.c.text)).scalar() == ""


def test_a_post_that_was_removed_meanwhile_leaves_no_trace(millbrook: Millbrook) -> None:
    """Between the question and the answer somebody forgot it."""
    from listening.store.rechecking import Looked, note_looked

    millbrook.status()
    with millbrook.store.writing() as connection:
        note_looked(connection, [Looked(n=1, missing_at=None), Looked(n=99, missing_at=None)], NOON)
        assert list(connection.execute(select(rechecks.c.n)).scalars()) == [1]


def test_the_demo_asks_nobody(tmp_path: Path) -> None:
    """Its servers are files; days later too."""
    settings = demo.build(tmp_path, door.now)
    store = door.store_of(settings)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE mentions SET collected_at = collected_at - 400000")
    door.listen(settings, store=store)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM rechecks").scalar() == 0


def test_collectors_that_can_look_up_say_so(mention: MakeMention) -> None:
    """Articles of the news post by post, services many at once; who cannot look up at all says so."""
    assert [module.SOURCE for module in COLLECTORS if rechecker(module.SOURCE)] == ["rss", "gdelt", "news"]
    assert {"mastodon", "hackernews"} <= {module.SOURCE for module in COLLECTORS if refresher(module.SOURCE)}
    for module in COLLECTORS:
        looks = rechecker(module.SOURCE) or refresher(module.SOURCE)
        assert ("not noticed" in module.DELETIONS) == (looks is None)


def test_an_answer_of_another_server_says_nothing(mention: MakeMention) -> None:
    """A redirect may lead to a server that knows no such post."""
    found = refresher("mastodon")
    assert found is not None
    post = mention(key="https://harbor.example/ap/users/12/statuses/77")
    feed = Feed(name="Quillhaven social", source="mastodon", options={"server": "quay.example", "tag": "millbrook"})
    asked = found.refresh([post], feed, {})
    assert asked is not None
    assert asked.url == "https://harbor.example/api/v1/statuses/77"
    body = json.dumps(NOT_FOUND).encode()
    here = Answer(status=404, headers={}, url=asked.url, body=body)
    there = Answer(status=404, headers={}, url="https://parking.example/api/v1/statuses/77", body=body)
    assert found.refreshed(here, [post], feed).gone == (post.key,)
    assert found.refreshed(there, [post], feed) == Refreshed()
