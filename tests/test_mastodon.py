"""Hashtags, searches and accounts become posts, page by page; what a server keeps to its members is said."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Services, stored

from listening import conversations
from listening.collect import PAGES, FeedResult
from listening.collectors import _mastodon_walk, mastodon
from listening.collectors._mastodon_walk import BACKFILL_PAGES, MOST_PAGES, Step, request_of
from listening.collectors.protocols import Refreshed
from listening.errors import FeedError, FeedRefused, FeedUnreachable, FeedUnreadable, SettingsError
from listening.fetch import Client
from listening.models import Answer, Feed, Page, Post, Request
from listening.store import Store, conversing, feed_states

FEEDS = Path(__file__).parent / "feeds"
FEED = Feed(name="River", source="mastodon", options={"server": "river.example", "tag": "#quillhaven"})
API = "https://river.example/api/v1/timelines/tag/quillhaven"


def parse(
    data: Any, url: str = f"{API}?limit=40", status: int = 200, feed: Feed = FEED, request: Request | None = None
) -> Page:
    """The page that an answer gives, to this request or to a saved one."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    url = request.url if request is not None else url
    return mastodon.parse(Answer(status=status, headers={}, url=url, body=body, request=request), feed)


def statuses(*ids: int) -> list[dict[str, Any]]:
    """A timeline with these ids."""
    return [
        {
            "id": str(i),
            "uri": f"https://river.example/users/ada/statuses/{i}",
            "content": "<p>x</p>",
            "account": {"acct": "ada"},
        }
        for i in ids
    ]


def test_a_status_gives_every_field() -> None:
    """Warning, text and picture descriptions are the text; the handle has its host; the parent is known by its key."""
    page = parse((FEEDS / "tag.json").read_bytes())
    assert page.posts[0] == Post(
        source="mastodon",
        feed="River",
        key="https://river.example/users/ada/statuses/1103",
        url="https://river.example/@ada/1103",
        text="long\nThank you @city for #quillhaven\n"
        "https://herald.quillhaven.example/library/room\n[image: A reading room]",
        author="@ada@river.example",
        author_url="https://river.example/@ada",
        author_followers=120,
        language="en",
        published_at=datetime(2026, 11, 9, 8, tzinfo=UTC),
        edited_at=datetime(2026, 11, 9, 8, 30, tzinfo=UTC),
        likes=4,
        replies=2,
        reposts=3,
        reply_to="https://river.example/users/city/statuses/1102",
        sensitive=True,
    )


def test_what_is_not_meant_for_us_is_left_out_and_counted() -> None:
    """Private posts and authors who ask not to be indexed; posts outside the timelines are public and stay."""
    page = parse((FEEDS / "tag.json").read_bytes())
    assert [post.author for post in page.posts] == ["@ada@river.example", "@city@river.example"]
    assert page.skipped == ("1 post not public", "1 post by authors who ask not to be indexed")
    assert (page.posts[1].likes, page.posts[1].url) == (None, "https://river.example/users/city/statuses/1102")


def test_a_parent_elsewhere_is_named_by_the_server_that_knows_it() -> None:
    """A local parent has a known key; of a foreign one only this server's number is known."""
    (status,) = statuses(9)
    replied = status | {"in_reply_to_id": "5", "in_reply_to_account_id": "3"}
    known = replied | {"mentions": [{"id": "3", "acct": "city"}]}
    assert parse([replied]).posts[0].reply_to == "river.example:5"
    assert parse([known]).posts[0].reply_to == "https://river.example/users/city/statuses/5"


def test_a_shared_post_is_the_post_itself() -> None:
    """Account timelines wrap what was shared."""
    (inner,) = statuses(4)
    (outer,) = statuses(8)
    assert inner["uri"] == parse([outer | {"reblog": inner}]).posts[0].key


def walk(server_ids: list[int], cursor: str | None, limit: int = 40) -> tuple[list[str], str | None, int]:
    """Ask a small server of our own until there is no next page: keys, cursor and number of requests."""
    request, keys, pages = mastodon.locate(FEED, cursor, {}), [], 0
    found_cursor = cursor
    following: Any = request
    while following is not None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(following.url).query).items()}
        ids = sorted(server_ids)
        if "min_id" in asked:
            ids = [i for i in ids if i > int(asked["min_id"])][:limit]
        elif "max_id" in asked:
            ids = [i for i in ids if i < int(asked["max_id"])][-limit:]
        else:
            ids = ids[-limit:]
        page = parse(statuses(*reversed(ids)), request=following)
        keys += [post.key for post in page.posts]
        found_cursor = page.cursor or found_cursor
        following, pages = page.next, pages + 1
        assert pages < 50
    return keys, found_cursor, pages


def test_the_first_run_looks_back_and_remembers_the_newest() -> None:
    """Five pages back, no more; the cursor is the newest id, not that of the last page."""
    keys, cursor, pages = walk(list(range(1, 1001)), None)
    assert (len(keys), len(set(keys)), cursor, pages) == (200, 200, "1000", BACKFILL_PAGES)


@settings(max_examples=60)
@given(st.integers(0, 300), st.integers(0, 300))
def test_later_runs_leave_no_gap(before: int, after: int) -> None:
    """From the cursor on every post is met, also when more came than fit on one page."""
    known = [*range(1, before + 1)]
    _, cursor, _ = walk(known, None)
    keys, cursor, _ = walk([*range(1, before + after + 1)], cursor)
    expected = after if before else min(after, 200)
    assert expected == len(keys)
    assert (str(before + after) if before + after else None) == cursor


def test_a_server_that_does_not_know_min_id_does_not_trap_us() -> None:
    """The same page again and again ends the walk."""
    page = parse(statuses(*range(40, 0, -1)), request=mastodon.locate(FEED, "40", {}))
    assert (page.next, page.cursor) == (None, None)


def test_the_next_page_is_always_on_our_server() -> None:
    """Wherever the answer came from and whatever its links say."""
    body = json.dumps(statuses(*range(40, 0, -1))).encode()
    link = {"link": '<https://evil.example/api?max_id=1>; rel="next"'}
    page = mastodon.parse(
        Answer(status=200, headers=link, url="https://evil.example/api/v1/x?limit=40", body=body), FEED
    )
    assert page.next is not None
    assert page.next.url.startswith(f"{API}?")


def test_a_token_that_is_not_accepted_is_said() -> None:
    """It must be renewed, not passed over."""
    with pytest.raises(FeedRefused, match="access token"):
        parse({"error": "The access token is invalid"}, status=401)


def test_the_rss_feed_gives_the_same_keys() -> None:
    """A post met both ways is one mention; the author is in the address; warnings and adult pictures are sensitive."""
    ada, other = parse((FEEDS / "tag.rss").read_bytes(), "https://river.example/tags/quillhaven.rss?limit=200").posts
    assert parse((FEEDS / "tag.json").read_bytes()).posts[0].key == ada.key
    assert (ada.author, ada.text, ada.sensitive) == ("@ada@river.example", "Content warning: long\nThank you", True)
    assert (other.key, other.author, other.sensitive) == ("https://hill.example/notes/9x", None, True)
    assert datetime(2026, 11, 9, 8, tzinfo=UTC) == ada.published_at


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"error": "Record not found"}, FeedRefused),
        ([{"name": "quillhaven", "history": []}], FeedUnreadable),
        ({"title": "River", "uri": "river.example"}, FeedUnreadable),
        (b"<html><title>River</title></html>", FeedUnreadable),
        (b"", FeedUnreadable),
    ],
)
def test_an_answer_without_posts_is_explained(data: Any, error: type[FeedError]) -> None:
    """Errors with status 200, lists of hashtags, other objects and pages."""
    with pytest.raises(error) as caught:
        parse(data)
    assert caught.value.advice


def test_statuses_that_refuse_are_explained() -> None:
    """A host that is no Mastodon server, and a server in trouble."""
    with pytest.raises(FeedRefused, match="as Mastodon does"):
        parse(b"no", status=404)
    with pytest.raises(FeedUnreachable):
        parse(b"", status=503)


def test_an_empty_timeline_is_quiet() -> None:
    """Nothing new, the cursor stays."""
    assert Page(posts=()) == parse([])


@pytest.mark.parametrize(
    "field", ["id", "uri", "url", "created_at", "language", "mentions", "media_attachments", "favourites_count"]
)
@pytest.mark.parametrize("value", [None, 7, [], {}, "x", [None], True])
def test_other_software_may_leave_fields_out_or_fill_them_oddly(field: str, value: Any) -> None:
    """A status with any one field missing or of another type never raises."""
    (status,) = statuses(5)
    assert len(parse([status | {field: value}]).posts) <= 1


def test_a_token_goes_to_its_server_alone() -> None:
    """Never to another server, nor over http; a token that names no server is refused."""
    secrets = {mastodon.TOKEN: "abc@river.example def@hill.example"}
    assert mastodon.locate(FEED, None, secrets).headers["Authorization"] == "Bearer abc"
    lake = Feed(name="x", source="mastodon", options={"server": "lake.example", "tag": "a"})
    plain = Feed(name="x", source="mastodon", options={"server": "http://river.example", "tag": "a"})
    assert "Authorization" not in mastodon.locate(lake, None, secrets).headers
    assert "Authorization" not in mastodon.locate(plain, None, secrets).headers
    with pytest.raises(FeedRefused, match="which server"):
        mastodon.locate(FEED, None, {mastodon.TOKEN: "abc"})


# --- a server ---------------------------------------------------------------------------------------------------------

HOST = "river.example"
TAG = "/api/v1/timelines/tag/quillhaven"
INSTANCE = "/api/v2/instance"
RSS = "/tags/quillhaven.rss"
SEARCH = "/api/v2/search"
LOOKUP = "/api/v1/accounts/lookup"
TOKEN = "t0p-s3cret"
MEMBER = {mastodon.TOKEN: f"{TOKEN}@{HOST}"}
LOGIN = "This method requires an authenticated user"
SEARCHING = Feed(name="Words", source="mastodon", options={"server": HOST, "search": "Quillhaven ferry"})
TOWN = Feed(name="Our own", source="mastodon", options={"server": HOST, "account": "@town"})


def snowflake(seconds: float) -> int:
    """The id of a post that was written so many seconds from now."""
    return (int(NOW.timestamp() * 1000) + int(seconds * 1000)) << 16


def status(number: int, **more: Any) -> dict[str, Any]:
    """A post by Ada, of the server's own people."""
    return {
        "id": str(number),
        "uri": f"https://{HOST}/users/ada/statuses/{number}",
        "url": f"https://{HOST}/@ada/{number}",
        "created_at": NOW.isoformat(),
        "content": f"<p>The Quillhaven ferry, trip {number}.</p>",
        "visibility": "public",
        "in_reply_to_id": None,
        "account": {"id": "1", "acct": "ada", "url": f"https://{HOST}/@ada"},
        "replies_count": 0,
        "reblogs_count": 1,
        "favourites_count": 2,
        **more,
    }


def elsewhere(number: int) -> dict[str, Any]:
    """A post by Bo, who is on another server."""
    bo = {"id": "2", "acct": "bo@quay.example", "url": "https://quay.example/@bo"}
    return status(number, account=bo, uri=f"https://quay.example/users/bo/statuses/{number + 7}", url=None)


@dataclass
class River:
    """A server as Mastodon answers: ``access`` is to whom it shows hashtags (None: it is too old to tell)."""

    services: Services
    statuses: list[dict[str, Any]] = field(default_factory=list)
    access: dict[str, str] | None = field(default_factory=lambda: {"local": "public", "remote": "public"})
    closed: bool = False
    searches: bool = True
    account: dict[str, Any] = field(default_factory=lambda: {"id": "9", "acct": "town"})

    def __post_init__(self) -> None:
        for path, answer in (
            (TAG, self.timeline),
            (INSTANCE, self.instance),
            (RSS, self.rss),
            (SEARCH, self.search),
            (LOOKUP, self.lookup),
            ("/api/v1/accounts/*", self.account_statuses),
        ):
            self.services.on(HOST, path)(answer)

    def member(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    def open(self, half: str, *, member: bool) -> bool:
        level = (self.access or {}).get(half, "authenticated" if self.closed else "public")
        return level == "public" or (level == "authenticated" and member)

    def shown(self, *, member: bool) -> list[dict[str, Any]]:
        """The posts with the hashtag that somebody gets to see, newest first."""
        found = [
            s for s in self.statuses if self.open("remote" if "@" in s["account"]["acct"] else "local", member=member)
        ]
        return sorted(found, key=lambda each: -int(each["id"]))

    async def timeline(self, request: web.Request) -> web.Response:
        asked = [half for half in ("local", "remote") if request.query.get(half) == "true"]
        halves = asked or ["local", "remote"]
        if not self.member(request) and not all(self.open(half, member=False) for half in halves):
            return web.json_response({"error": LOGIN}, status=422 if self.access is None else 401)
        found = self.shown(member=self.member(request))
        if asked:
            found = [each for each in found if ("@" in each["account"]["acct"]) == (asked == ["remote"])]
        return web.json_response(self.page(found, request))

    def page(self, found: list[dict[str, Any]], request: web.Request) -> list[dict[str, Any]]:
        limit = min(int(request.query.get("limit", 20)), 40)
        if after := request.query.get("min_id"):
            return [each for each in found if int(each["id"]) > int(after)][-limit:]
        before = int(request.query.get("max_id", 2**70))
        return [each for each in found if int(each["id"]) < before][:limit]

    async def instance(self, request: web.Request) -> web.Response:
        access = {} if self.access is None else {"timelines_access": {"hashtag_feeds": self.access}}
        return web.json_response({"domain": HOST, "version": "4.5.0", "configuration": access})

    async def rss(self, request: web.Request) -> web.Response:
        shown = self.statuses if self.access is None else self.shown(member=False)
        items = "".join(
            f"<item><link>{each['url']}</link><description>{each['content']}</description></item>" for each in shown
        )
        body = f"<rss version='2.0'><channel><title>#quillhaven</title>{items}</channel></rss>"
        return web.Response(text=body, content_type="application/rss+xml")

    async def search(self, request: web.Request) -> web.Response:
        words = request.query["q"].split()
        after, offset = int(request.query.get("min_id", 0)), int(request.query.get("offset", 0))
        if offset and not self.member(request):
            return web.json_response({"error": LOGIN}, status=401)
        found = [each for each in self.statuses if all(word in each["content"] for word in words)]
        found = sorted((each for each in found if int(each["id"]) > after), key=lambda each: -int(each["id"]))
        shown = found[offset : offset + int(request.query["limit"])] if self.searches and self.member(request) else []
        shown = [each for each in shown if not each.get("blocked")]  # taken out after the page was cut
        return web.json_response({"accounts": [], "statuses": shown, "hashtags": []})

    async def lookup(self, request: web.Request) -> web.Response:
        if request.query["acct"] != self.account["acct"]:
            return web.json_response({"error": "Record not found"}, status=404)
        return web.json_response(self.account)

    async def account_statuses(self, request: web.Request) -> web.Response:
        if request.path != f"/api/v1/accounts/{self.account['id']}/statuses":
            return web.json_response({"error": "Record not found"}, status=404)
        found = [each for each in self.statuses if not (request.query.get("exclude_reblogs") and each.get("reblog"))]
        return web.json_response(self.page(sorted(found, key=lambda each: -int(each["id"])), request))


@pytest.fixture
def river() -> River:
    """A server that shows everything to everybody."""
    return River(Services())


def visit(
    river: River, store: Store, feed: Feed = FEED, *, secrets: dict[str, str] | None = None, hours: float = 1
) -> FeedResult:
    """One collection of a feed, some hours after the last one."""
    river.services.asked.clear()
    return river.services.collect(store, feed, secrets=secrets, after=timedelta(hours=hours), retry=True).results[0]


def cursor_in(store: Store, feed: Feed = FEED) -> str | None:
    with store.reading() as connection:
        return feed_states(connection)[feed.name].cursor


# --- hashtags ---------------------------------------------------------------------------------------------------------


def test_a_first_visit_looks_back_and_later_ones_read_up_to_what_is_known(river: River, store: Store) -> None:
    """Five pages at first; then all that is new, oldest first; nobody asks what the server shows while it shows all."""
    river.statuses = [status(n) for n in range(100_001, 100_261)]
    assert (visit(river, store).new, river.services.paths()) == (200, [TAG] * 5)
    river.statuses += [status(n) for n in range(100_261, 100_352)]
    assert (visit(river, store).new, river.services.paths()) == (91, [TAG] * 3)
    assert river.services.asked[0].query["min_id"] == "100260"


def test_a_walk_that_is_broken_off_leaves_no_gap(river: River, store: Store) -> None:
    """Neither the first look back, nor the way to now."""
    river.statuses = [status(n) for n in range(100_001, 100_201)]
    whole, answered = river.timeline, 2

    async def broken(request: web.Request) -> web.Response:
        nonlocal answered
        answered -= 1
        return await whole(request) if answered >= 0 else web.Response(status=503)

    river.services.on(HOST, TAG)(broken)
    assert (visit(river, store).new, cursor_in(store)) == (80, None)
    answered = 99
    assert visit(river, store).new == 120
    river.statuses += [status(n) for n in range(100_201, 100_331)]
    answered = 2
    assert visit(river, store).new == 80
    answered = 99
    assert visit(river, store).new == 50
    assert len(stored(store)) == 330


def test_an_older_server_that_is_closed_is_read_by_its_rss_feed(river: River, store: Store) -> None:
    """It does not tell what it shows; it is asked for that once, and the hashtag each time: it may open again."""
    river.access, river.closed = None, True
    river.statuses = [status(100_001), status(100_002)]
    first = visit(river, store)
    assert (first.state, first.new, river.services.paths()) == ("ok", 2, [TAG, INSTANCE, RSS])
    assert "members only" in first.skipped[0]
    assert mastodon.TOKEN in first.skipped[0]
    assert [post.likes for post in stored(store)] == [None, None]
    visit(river, store)
    assert river.services.paths() == [TAG, RSS]
    river.closed = False
    opened = visit(river, store)
    assert (opened.skipped, river.services.paths()) == ((), [TAG])
    assert [post.likes for post in stored(store)] == [2, 2]
    assert cursor_in(store) == "100002"


def test_a_closed_server_is_not_taken_for_a_silent_one(river: River, store: Store) -> None:
    """It says that it shows hashtags to members only, and its RSS feed holds nothing: a refusal, with what to do."""
    river.access = {"local": "authenticated", "remote": "authenticated"}
    river.statuses = [status(100_001)]
    result = visit(river, store)
    assert (result.state, "members only" in result.problem) == ("refused", True)
    assert "Preferences, Development, New application" in result.advice
    assert river.services.paths() == [TAG, INSTANCE, RSS]


@pytest.mark.parametrize(("half", "other", "number"), [("local", "remote", 100_001), ("remote", "local", 100_002)])
def test_the_half_that_is_open_is_read(river: River, store: Store, half: str, other: str, number: int) -> None:
    """Later visits know it; when the other half opens too, they go on from the newest post that is known."""
    river.access = {half: "public", other: "authenticated"}
    river.statuses = [status(100_001), elsewhere(100_002)]
    first = visit(river, store)
    assert (first.new, river.services.paths()) == (1, [TAG, INSTANCE, TAG])
    assert river.services.asked[-1].query[half] == "true"
    assert "so only these are read" in first.skipped[0]
    assert cursor_in(store) == f"{half}:{number}"
    river.statuses += [status(100_003), elsewhere(100_004)]
    assert (visit(river, store).new, river.services.paths()) == (1, [TAG, TAG])
    assert river.services.asked[-1].query["min_id"] == str(number)
    river.access[other] = "public"
    river.statuses += [status(100_005), elsewhere(100_006)]
    assert (visit(river, store).new, river.services.paths()) == ((2 if half == "remote" else 3), [TAG])


def test_a_half_that_has_closed_is_asked_about_again(river: River, store: Store) -> None:
    """What the last visit knew is old: the server tells once more."""
    river.access = {"local": "public", "remote": "authenticated"}
    river.statuses = [status(100_001), elsewhere(100_002)]
    visit(river, store)
    river.access = {"local": "authenticated", "remote": "public"}
    assert visit(river, store).new == 1
    assert river.services.paths() == [TAG, TAG, INSTANCE, TAG]
    assert river.services.asked[-1].query["remote"] == "true"


@pytest.mark.parametrize("secrets", [{}, MEMBER])
def test_a_server_that_has_switched_hashtags_off_is_no_silent_one(
    river: River, store: Store, secrets: dict[str, str]
) -> None:
    """Nor for a member, who gets an empty list."""
    river.access = {"local": "disabled", "remote": "disabled"}
    result = visit(river, store, secrets=secrets)
    assert (result.state, "switched its hashtags off" in result.problem) == ("refused", True)


def test_a_member_sees_all_and_hears_once_what_is_held_back(river: River, store: Store) -> None:
    """With a token the server answers 200 whatever it leaves out, so it is asked at the first visit."""
    river.access = {"local": "authenticated", "remote": "disabled"}
    river.statuses = [status(100_001), elsewhere(100_002)]
    first = visit(river, store, secrets=MEMBER)
    assert (first.state, first.new, river.services.paths()) == ("ok", 1, [TAG, INSTANCE])
    assert first.notes == (
        "This server shows posts of other servers with a hashtag to nobody: those of its own people are read.",
    )
    assert visit(river, store, secrets=MEMBER).state == "ok"
    assert river.services.paths() == [TAG]


def test_a_member_of_a_server_of_another_kind_is_read_all_the_same(river: River, store: Store) -> None:
    """It knows no such question."""
    river.services.answers(HOST, INSTANCE, "<h1>Not found</h1>", 404)
    river.statuses = [status(100_001)]
    result = visit(river, store, secrets=MEMBER)
    assert (result.state, result.new, result.notes) == ("ok", 1, ())


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        ("The access token is invalid", 401, "did not accept our access token"),
        ("The access token was revoked", 401, "did not accept our access token"),
        ("This action is outside the authorized scopes", 403, "may not read this"),
    ],
)
@pytest.mark.parametrize("feed", [FEED, SEARCHING, TOWN], ids=["hashtag", "search", "account"])
def test_a_token_that_does_not_do_is_said_and_shown_to_nobody(
    river: River, store: Store, feed: Feed, error: str, code: int, said: str
) -> None:
    """Whatever is asked for with it; it stands in no sentence and not in the store."""
    for path in (TAG, SEARCH, LOOKUP):
        river.services.answers(HOST, path, {"error": error}, code)
    result = visit(river, store, feed, secrets=MEMBER)
    assert (result.state, said in result.problem) == ("refused", True), result.problem
    assert TOKEN not in repr(result)
    assert TOKEN.encode() not in Path(store.engine.url.database or "").read_bytes()


def test_a_token_is_never_sent_to_another_server(river: River, store: Store) -> None:
    """Not where a post is looked up, nor where its conversation is read."""
    feed = replace(FEED, options={"server": "quay.example", "tag": "quillhaven"})
    river.services.answers("quay.example", TAG, [])
    river.services.collect(store, feed, secrets=MEMBER)
    assert "Authorization" not in river.services.asked[0].headers
    for ask in (mastodon.refresh([known()], FEED, MEMBER), mastodon.thread(known(), FEED, MEMBER)):
        assert ask is not None
        assert "Authorization" not in ask.headers


def test_a_token_without_a_server_fails_its_feed_and_not_the_run(river: River, store: Store) -> None:
    """The other feeds are read."""
    river.services.answers("news.example", "/feed", "<rss version='2.0'><channel></channel></rss>")
    paper = Feed(name="News", source="rss", options={"url": "https://news.example/feed"})
    results = river.services.collect(store, FEED, paper, secrets={mastodon.TOKEN: "abc"}).results
    assert [result.state for result in results] == ["refused", "ok"]
    assert "which server" in results[0].problem


# --- searching --------------------------------------------------------------------------------------------------------


def test_a_search_without_a_token_asks_nobody_and_says_how_to_get_one(river: River, store: Store) -> None:
    """The server would answer with an empty list."""
    result = visit(river, store, SEARCHING)
    assert (result.state, river.services.paths()) == ("refused", [])
    for each in ("Preferences", "read:search", f"{mastodon.TOKEN}=token@{HOST}"):
        assert each in result.advice


def test_a_search_reads_back_to_what_is_known(river: River, store: Store) -> None:
    """Five pages at first; then what is new, and hours before it again, for what comes into the index late."""
    river.statuses = [status(snowflake(-60 * n)) for n in range(1, 401)]
    first = visit(river, store, SEARCHING, secrets=MEMBER)
    assert (first.new, len(river.services.asked)) == (200, 5)
    river.statuses += [status(snowflake(60 * n)) for n in range(1, 51)]
    river.statuses.append(status(snowflake(-5 * 3600 - 1)))  # written hours ago, and heard of only now
    second = visit(river, store, SEARCHING, secrets=MEMBER, hours=5)
    assert second.new == 51 + 160  # what the first visit was too short for lies within these hours too
    assert int(river.services.asked[0].query["min_id"]) == snowflake(-60) - (6 * 3600 * 1000 << 16)
    assert [each.query.get("offset") for each in river.services.asked[:3]] == [None, "40", "80"]
    assert cursor_in(store, SEARCHING) == str(snowflake(3000))


def test_a_page_of_hits_that_is_not_full_is_not_the_last(river: River, store: Store) -> None:
    """Servers take out of a page what our account may not see."""
    river.statuses = [status(snowflake(-n), blocked=n % 3 == 0) for n in range(1, 100)]
    assert visit(river, store, SEARCHING, secrets=MEMBER).new == 66


def test_a_server_that_does_not_search_is_no_silent_one(river: River, store: Store) -> None:
    """It answers every search with an empty list: a word that is everywhere tells it apart."""
    river.searches = False
    result = visit(river, store, SEARCHING, secrets=MEMBER)
    assert (result.state, "seems not to search texts" in result.problem) == ("refused", True)
    river.searches = True
    river.statuses = [status(snowflake(-60), content="<p>Hello mastodon</p>")]
    quiet = visit(river, store, SEARCHING, secrets=MEMBER)
    assert (quiet.state, quiet.posts, len(river.services.asked)) == ("ok", 0, 2)
    visit(river, store, SEARCHING, secrets=MEMBER)
    assert len(river.services.asked) == 1
    river.statuses.append(status(snowflake(60)))
    assert visit(river, store, SEARCHING, secrets=MEMBER).new == 1


def test_a_search_that_has_no_end_ends(river: River, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a server knows no offset; and after as many pages as a run reads, which is said."""
    assert MOST_PAGES == PAGES
    for module in (mastodon, _mastodon_walk):
        monkeypatch.setattr(module, "MOST_PAGES", 3)  # in earnest twenty
    river.statuses = [status(snowflake(-60))]
    visit(river, store, SEARCHING, secrets=MEMBER)
    river.services.answers(HOST, SEARCH, {"statuses": [status(snowflake(n)) for n in range(40)]})
    visit(river, store, SEARCHING, secrets=MEMBER)
    assert len(river.services.asked) == 2
    river.services.on(HOST, SEARCH)(river.search)
    river.statuses += [status(snowflake(n)) for n in range(100, 300)]
    result = visit(river, store, SEARCHING, secrets=MEMBER)
    assert (len(river.services.asked), result.new) == (3, 120)
    assert result.notes == ("Only the newest 120 hits since the last visit are read.",)
    assert visit(river, store, SEARCHING, secrets=MEMBER).state == "ok"


@settings(max_examples=25)
@given(st.lists(st.integers(0, 5000), max_size=90), st.lists(st.integers(0, 5000), max_size=150), st.booleans())
def test_no_hit_is_lost_between_two_visits(before: list[int], after: list[int], anyhow: bool) -> None:
    """Whatever the times and wherever the pages end, also where hits are not in the order of their time."""
    hits = {snowflake(at - 10_000) for at in before}

    def walk(cursor: str | None) -> tuple[set[str], str | None]:
        keys: set[str] = set()
        following: Request | None = mastodon.locate(SEARCHING, cursor, MEMBER)
        while following is not None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(following.url).query).items()}
            found = sorted((hit for hit in hits if hit > int(asked.get("min_id", 0))), reverse=True)
            found = sorted(found, key=lambda hit: hit % 7) if anyhow else found
            offset = int(asked.get("offset", 0))
            shown = [status(each) for each in found[offset : offset + 40]] if asked["q"] != "mastodon" else [status(1)]
            page = parse({"statuses": shown}, feed=SEARCHING, request=following)
            keys |= {post.key for post in page.posts}
            cursor = page.cursor or cursor
            following = page.next
        return keys, cursor

    _, cursor = walk(None)
    new = {snowflake(at) for at in after}
    hits |= new
    keys, _ = walk(cursor)
    assert {f"https://{HOST}/users/ada/statuses/{each}" for each in new} <= keys


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_an_account_is_looked_up_once_and_its_answers_are_read(river: River, store: Store) -> None:
    """What it passes on of others is not its own; later visits need one request."""
    answer = status(100_002, in_reply_to_id="100001", in_reply_to_account_id="1", mentions=[{"id": "1", "acct": "ada"}])
    river.statuses = [answer, status(100_003, reblog=status(5)), status(100_004)]
    assert (visit(river, store, TOWN).new, len(river.services.asked)) == (2, 2)
    assert [each.query for each in river.services.asked] == [
        {"acct": "town"},
        {"limit": "40", "exclude_reblogs": "true"},
    ]
    assert f"https://{HOST}/users/ada/statuses/100001" in {post.reply_to for post in stored(store)}
    river.statuses.append(status(100_005))
    assert visit(river, store, TOWN).new == 1
    assert [each.query.get("min_id") for each in river.services.asked] == ["100004"]


def test_an_account_that_was_made_anew_is_found_again(river: River, store: Store) -> None:
    """Its number is another one; what is known stays known."""
    river.statuses = [status(100_001)]
    visit(river, store, TOWN)
    river.account["id"] = "10"
    river.statuses.append(status(100_002))
    assert (visit(river, store, TOWN).new, len(river.services.asked)) == (1, 3)


def test_another_account_under_the_same_name_is_another_account(river: River, store: Store) -> None:
    """The number of the old one is not asked for again."""
    river.statuses = [status(100_001)]
    visit(river, store, TOWN)
    visit(river, store, replace(TOWN, options={**TOWN.options, "account": "@works"}))
    assert river.services.asked[0].query == {"acct": "works"}


@pytest.mark.parametrize(
    ("account", "code", "said"),
    [
        ({"error": "Record not found"}, 404, "knows no account @town"),
        ({"error": "Gone"}, 410, "knows no account @town"),
        ({"id": "9", "acct": "town", "suspended": True}, 200, "has suspended"),
        ({"id": 9}, 200, "not with an account"),
        ([], 200, "not with an account"),
        ("<html>Not found</html>", 404, "does not answer as Mastodon does"),
    ],
)
def test_an_account_that_is_not_there_is_said(
    river: River, store: Store, account: object, code: int, said: str
) -> None:
    """And asked for again later: it may come back."""
    river.services.answers(HOST, LOOKUP, account, code)
    result = visit(river, store, TOWN)
    assert (result.state in ("refused", "unreadable"), said in result.problem) == (True, True), result.problem


def test_an_account_that_has_moved_is_said(river: River, store: Store) -> None:
    """Its old posts are read."""
    river.account["moved"] = {"acct": "town@quay.example"}
    river.statuses = [status(100_001)]
    result = visit(river, store, TOWN)
    assert (result.new, result.notes) == (
        1,
        ("The account @town has moved to @town@quay.example: listen to that one too.",),
    )


def test_an_account_of_a_closed_server_is_read_by_rss(river: River, store: Store) -> None:
    """With its answers to others."""
    river.services.answers(HOST, LOOKUP, {"error": LOGIN}, 401)
    item = f"<item><link>https://{HOST}/@town/5</link><description>Quillhaven says hello</description></item>"
    river.services.answers(HOST, "/@town/with_replies.rss", f"<rss version='2.0'><channel>{item}</channel></rss>")
    assert (visit(river, store, TOWN).new, [post.author for post in stored(store)]) == (1, ["@town@river.example"])


# --- answers that are none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "state", "said"),
    [
        ("<html><title>Just a moment...</title></html>", 200, "blocked", "browser"),
        ('[{"id": "1", "account": {', 200, "unreadable", "cut short"),
        ({"hits": []}, 200, "unreadable", "not with posts"),
        ([1, 2], 200, "unreadable", "not with posts"),
        ("null", 200, "unreadable", "plain text"),
        ({"error": "Too many requests"}, 429, "refused", "too often"),
        ({"error": "There was a temporary problem"}, 503, "unreachable", "503"),
        ("", 200, "unreadable", "empty"),
    ],
)
@pytest.mark.parametrize("feed", [FEED, SEARCHING, TOWN], ids=["hashtag", "search", "account"])
def test_what_is_no_answer_is_said_and_the_next_visit_brings_all(
    river: River, store: Store, feed: Feed, body: object, code: int, state: str, said: str
) -> None:
    """A page, half a JSON, wrong types, refusals: a sentence each; nothing is lost by them."""
    whole = dict(river.services.handlers)
    for path in (TAG, SEARCH, "/api/v1/accounts/*"):
        river.services.answers(HOST, path, body, code)
    result = visit(river, store, feed, secrets=MEMBER)
    assert (result.state, said in result.problem) == (state, True), result.problem
    river.services.handlers.update(whole)
    river.statuses = [status(snowflake(0))]
    assert visit(river, store, feed, secrets=MEMBER, hours=24).new == 1


def test_one_kind_of_answer_does_not_pass_for_the_other(river: River, store: Store) -> None:
    """An empty search in place of a timeline, an empty timeline in place of a search."""
    river.services.answers(HOST, TAG, {"statuses": []})
    river.services.answers(HOST, SEARCH, [])
    assert visit(river, store).state == "unreadable"
    assert visit(river, store, SEARCHING, secrets=MEMBER).state in ("unreadable", "refused")


def test_a_server_that_has_had_enough_is_left_alone(river: River, store: Store) -> None:
    """The last of what it allows is used: it is asked again when it says so."""
    river.services.answers(
        HOST, TAG, [], X_RateLimit_Remaining="0", X_RateLimit_Reset=(NOW + timedelta(hours=3)).isoformat()
    )
    assert visit(river, store, hours=0).state == "ok"
    assert (visit(river, store).state, river.services.paths()) == ("waiting", [])


def test_a_thing_that_is_no_post_is_counted() -> None:
    """It is left out, and that is said."""
    page = parse([status(5), {"id": "6"}])
    assert (len(page.posts), page.skipped) == (1, ("1 entry not understood",))


# --- posts that are known, and what was said around them --------------------------------------------------------------


def known(key: str = f"https://{HOST}/users/ada/statuses/77") -> Post:
    """A post that is stored."""
    return Post(source="mastodon", feed="River", key=key, text="Quillhaven")


def looked_up(data: Any, code: int = 200, post: Post | None = None, url: str = "") -> Refreshed:
    """What an answer of the post's own server says."""
    post = post or known()
    request = mastodon.refresh([post], FEED, {})
    assert request is not None
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return mastodon.refreshed(
        Answer(status=code, headers={}, url=url or request.url, body=body, request=request), [post], FEED
    )


def test_a_known_post_is_looked_up_where_it_is_from() -> None:
    """Its counts and its words as they are now; also under the other spelling of its address that RSS gives."""
    edited = status(77, content="<p>Quillhaven, edited</p>", edited_at="2026-03-04T18:00:00Z", favourites_count=9)
    (now,) = looked_up(edited).posts
    assert (now.key, now.text, now.likes, now.feed) == (known().key, "Quillhaven, edited", 9, "River")
    assert now.edited_at == datetime(2026, 3, 4, 18, tzinfo=UTC)
    by_number = status(77, uri=f"https://{HOST}/ap/users/12/statuses/77")
    assert [post.key for post in looked_up(by_number).posts] == [known().key]


@pytest.mark.parametrize(
    ("data", "code", "gone"),
    [
        ({"error": "Record not found"}, 404, True),
        ({"error": "Gone"}, 410, True),
        (b"<h1>Not found</h1>", 404, False),
        ({"error": LOGIN}, 401, False),
        ({"error": "Too many requests"}, 429, False),
        (status(78), 200, False),
        ([], 200, False),
        ({}, 200, False),
        (b"<html></html>", 200, False),
    ],
)
def test_only_the_servers_own_word_says_that_a_post_is_gone(data: Any, code: int, gone: bool) -> None:
    """Anything else says nothing, an answer about another post too."""
    assert looked_up(data, code) == Refreshed(gone=(known().key,) if gone else ())


def context(data: Any, code: int = 200, post: Post | None = None) -> Page:
    """What a conversation's answer gives."""
    post = post or known()
    request = mastodon.thread(post, FEED, MEMBER)
    assert request is not None
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return mastodon.conversation(
        Answer(status=code, headers={}, url=request.url, body=body, request=request), post, FEED
    )


def test_a_conversation_has_what_is_above_and_what_is_below() -> None:
    """Each with the key of the post that it answers, the known one too; from the server that the post is from."""
    at_home = "https://quay.example/users/bo/statuses/77"
    bo = {"id": "2", "acct": "bo", "url": "https://quay.example/@bo"}
    above = status(70, uri="https://quay.example/users/bo/statuses/70", account=bo)
    first = status(80, in_reply_to_id="77", in_reply_to_account_id="2")
    second = status(81, in_reply_to_id="80", in_reply_to_account_id="1", visibility="unlisted")
    shy = status(82, in_reply_to_id="80", account={"acct": "cy", "noindex": True})
    third = status(83, in_reply_to_id="82", account=bo)
    page = context({"ancestors": [above], "descendants": [first, second, shy, third]}, post=known(at_home))
    assert [(post.key.rpartition("/")[2], post.reply_to) for post in page.posts] == [
        ("70", None),
        ("80", at_home),
        ("81", f"https://{HOST}/users/ada/statuses/80"),
        ("83", f"https://{HOST}/users/ada/statuses/82"),
    ]
    assert [post.author for post in page.posts][::3] == ["@bo@quay.example"] * 2
    request = mastodon.thread(known(at_home), FEED, MEMBER)
    assert request is not None
    assert request.url == "https://quay.example/api/v1/statuses/77/context"
    assert mastodon.thread(known("https://harbor.example/objects/6f1c"), FEED, {}) is None
    assert context({"ancestors": [], "descendants": []}).posts == ()


def test_an_answer_of_ours_is_found_in_a_conversation(river: River, store: Store) -> None:
    """A run asks the server that a post is from, without our token, and notes who answered whom."""
    river.statuses = [status(100_001, content="<p>When does the Quillhaven ferry sail on Sunday?</p>")]
    visit(river, store, secrets=MEMBER)
    town = {"id": "9", "acct": "town", "url": f"https://{HOST}/@town"}
    ours = status(100_002, account=town, content="<p>At nine.</p>", in_reply_to_id="100001", in_reply_to_account_id="1")
    river.services.answers(HOST, "/api/v1/statuses/100001/context", {"ancestors": [], "descendants": [ours]})
    river.services.asked.clear()

    async def work(client: Client) -> None:
        own = ["@town@river.example"]
        await conversations.read(river.services.job(store, client, MEMBER, own=own), [FEED])

    river.services.use(work)
    (asked,) = river.services.asked
    assert "Authorization" not in asked.headers
    with store.reading() as connection:
        key = f"https://{HOST}/users/ada/statuses/100002"
        assert conversing.our_own(connection, {("mastodon", key)}) == {("mastodon", key)}


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ({"error": "Record not found"}, 404, "no longer shows it"),
        ({"error": LOGIN}, 401, "members only"),
        ({"error": "Too many requests"}, 429, "too often"),
        ([], 200, "not with a conversation"),
        ({"ancestors": [1], "descendants": []}, 200, "not with posts"),
        ({"ancestors": {}, "descendants": {}}, 200, "not with posts"),
        (b'{"ancestors": [', 200, "cut short"),
        (b"<html><title>Hello</title></html>", 200, "not a conversation"),
    ],
)
def test_a_conversation_that_cannot_be_read_is_explained(data: Any, code: int, said: str) -> None:
    """It does not pass for one without answers."""
    with pytest.raises(FeedError) as caught:
        context(data, code)
    assert said in caught.value.problem
    assert caught.value.problem.endswith(".")
    assert caught.value.advice.endswith(".")


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"tag": "a"}, "server"),
        ({"server": "river.example"}, "tag"),
        ({"server": "river.example/about", "tag": "a"}, "server"),
        ({"server": "river example", "tag": "a"}, "server"),
        ({"server": "river.example", "tag": "two words"}, "tag"),
        ({"server": "river.example", "tag": "123"}, "tag"),
        ({"server": "river.example", "tag": "a", "search": "b"}, "search"),
        ({"server": "river.example", "search": "b", "account": "@c"}, "account"),
        ({"server": "river.example", "search": "ferry from:@ada"}, "search"),
        ({"server": "river.example", "search": "#quillhaven"}, "search"),
        ({"server": "river.example", "search": "@town@river.example"}, "search"),
        ({"server": "river.example", "search": "?!"}, "search"),
        ({"server": "river.example", "account": "the town"}, "account"),
        ({"server": "river.example", "account": "https://river.example/@town"}, "account"),
    ],
)
def test_settings_that_cannot_be_asked_are_refused(options: dict[str, str], key: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(SettingsError) as caught:
        mastodon.check(options)
    assert key == caught.value.key
    assert caught.value.advice


@pytest.mark.parametrize(
    "options",
    [
        {"tag": "#quillhaven"},
        {"search": '"Town of Quillhaven" -boat'},
        {"search": "#quillhaven ferry"},
        {"account": "@town"},
        {"account": "town@river.example"},
    ],
)
def test_settings_that_can_be_asked_are_taken(options: dict[str, str]) -> None:
    """In each of the ways in which people write them."""
    mastodon.check({"server": "river.example", **options})


# --- real answers -----------------------------------------------------------------------------------------------------

NOT_INDEXED = "by authors who ask not to be indexed"
REAL = {
    "gesistsa__account_statuses_page1.json": (20, ()),
    "gesistsa__account_statuses_page2.json": (20, ()),
    "gesistsa__context.json": (0, (f"3 posts {NOT_INDEXED}",)),
    "gesistsa__public_local.json": (4, (f"6 posts {NOT_INDEXED}",)),
    "gesistsa__public_page1.json": (10, ()),
    "gesistsa__public_page2.json": (10, ()),
    "gesistsa__status.json": (1, ()),
    "gesistsa__tag_ichbinhanna_page1.json": (40, ()),
    "gesistsa__tag_ichbinhanna_page2.json": (39, (f"1 post {NOT_INDEXED}",)),
    "gesistsa__tag_rstats_fosstodon.json": (5, ()),
    "gesistsa__tag_rstats_mastodon_social_anonymous.json": (5, ()),
    "halcy__search_v2.json": (2, ()),
    "halcy__status_edited.json": (1, ()),
    "halcy__status_with_card.json": (0, ("1 post not public",)),
    "halcy__status_with_quote.json": (1, ()),
}
REFUSED = (
    "gesistsa__error_404_post_list_accounts.json",
    "halcy__error_400_test_log_in_password_incorrect.json",
    "halcy__error_422_test_account_update_credentials_too_many_fields.json",
    "halcy__trends_tags.json",
)
captures = pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")


def folder() -> Path:
    return Path(os.environ["LISTENING_CAPTURES"]) / "mastodon_json"


def saved(name: str) -> Answer:
    """A real answer with the address, the status and the headers that were recorded with it."""
    recorded = json.loads((folder() / "responses.json").read_text(encoding="utf-8"))[name]
    return Answer(
        status=recorded["status"], headers=recorded["headers"], url=recorded["url"], body=(folder() / name).read_bytes()
    )


@pytest.mark.captures
@captures
def test_every_real_answer_is_read() -> None:
    """Exactly so many posts, and why the others are left out; errors and other lists are refused."""
    assert {file.name for file in folder().iterdir()} == {*REAL, *REFUSED, "responses.json"}
    for name, (number, skipped) in REAL.items():
        page = mastodon.parse(saved(name), Feed(name="x", source="mastodon"))
        assert (len(page.posts), page.skipped) == (number, skipped), name
        assert all(post.author and post.published_at and post.key.startswith("https://") for post in page.posts), name
    assert sum(number for number, _ in REAL.values()) == 158
    for name in REFUSED:
        with pytest.raises(FeedError):
            mastodon.parse(saved(name), Feed(name="x", source="mastodon"))


@pytest.mark.captures
@captures
def test_real_answers_lead_on_as_they_did() -> None:
    """Timelines of a hashtag and of an account, a search, a post and a conversation, each as an answer to its kind."""

    def following(name: str, feed: Feed, step: Step) -> Page:
        return mastodon.parse(replace(saved(name), request=request_of(feed, step)), feed)

    tag = Feed(name="x", source="mastodon", options={"server": "mastodon.social", "tag": "ichbinhanna"})
    page = following("gesistsa__tag_ichbinhanna_page1.json", tag, Step())
    assert page.next is not None
    assert "max_id=114630169307317488" in page.next.url  # as the answer's own Link header says
    later = following("gesistsa__tag_ichbinhanna_page1.json", tag, Step(after="114630169307317488"))
    assert later.cursor == "114856169736898681"
    account = Feed(name="x", source="mastodon", options={"server": "fosstodon.org", "account": "schochastics"})
    page = following("gesistsa__account_statuses_page1.json", account, Step(account="109302436954721982"))
    assert page.cursor == "schochastics 109302436954721982 114739545367952761"
    assert (len(page.posts), sum(post.reply_to is not None for post in page.posts)) == (20, 8)
    words = Feed(name="x", source="mastodon", options={"server": "mastodon.social", "search": "halcy"})
    assert len(following("halcy__search_v2.json", words, Step()).posts) == 2
    post = Post(source="mastodon", feed="x", key="https://fosstodon.org/users/schochastics/statuses/114620457512351116")
    (now,) = mastodon.refreshed(saved("gesistsa__status.json"), [post], tag).posts
    assert (now.key, now.likes, now.reposts, now.author_followers) == (post.key, 12, 5, 1037)
    around = mastodon.conversation(saved("gesistsa__context.json"), post, tag)
    assert (around.posts, around.skipped) == ((), REAL["gesistsa__context.json"][1])
