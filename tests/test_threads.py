"""Threads: what Meta's search finds, back to what is known; its errors in words, its token nowhere.

No real answer was at hand: all shapes here are made up after Meta's documentation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Services, stored

from listening.collect import FeedResult
from listening.collectors import check, threads
from listening.collectors.protocols import Budgeted, Converser, Rechecker, Refresher
from listening.errors import FeedError, SettingsError
from listening.models import Answer, Feed, Post, Request
from listening.store import Store, spending

HOST = "graph.threads.net"
PATH = "/v1.0/keyword_search"
FEED = Feed(name="Threads", source="threads", options={"search": "Quillhaven"})
TOKEN = {"LISTENING_THREADS_TOKEN": "THAA-token-of-the-town"}
AT = int(NOW.timestamp())
HOUR = timedelta(hours=1)


def item(number: int, at: int = AT, **more: Any) -> dict[str, Any]:
    """A post that mentions the town."""
    return {
        "id": str(18_000_000 + number),
        "text": f"Quillhaven has the nicest ferry, trip {number}.",
        "media_type": "TEXT_POST",
        "permalink": f"https://www.threads.net/@ada/post/C{number}",
        "timestamp": datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "username": "ada",
        "has_replies": False,
        "is_quote_post": False,
        "is_reply": False,
        **more,
    }


class Search:
    """The search as it is documented: newest first, pages behind a cursor, which leads on behind the last page too."""

    def __init__(self, items: Sequence[dict[str, Any]]) -> None:
        self.items = list(items)
        self.counted = 0

    def serve(self, services: Services) -> Search:
        """Answer at Meta's own host."""
        services.on(HOST, PATH)(self.handle)
        return self

    async def handle(self, request: web.Request) -> web.Response:
        if request.query.get("access_token") != TOKEN["LISTENING_THREADS_TOKEN"]:
            error = {"message": "Malformed access token THAA-token-of-the-town", "type": "OAuthException", "code": 190}
            return web.json_response({"error": error}, status=400)
        return web.json_response(self.answer(request.query))

    def answer(self, query: Mapping[str, str]) -> dict[str, Any]:
        """One page."""
        size = int(query.get("limit", "25"))
        assert size <= 100
        assert query["search_type"] == "RECENT"
        since, until = int(query.get("since", "0")), int(query.get("until", str(1 << 40)))
        assert since == 0 or 1_688_540_400 <= since < until
        found = sorted(
            (each for each in self.items if since <= seconds(each) < until),
            key=lambda each: (-seconds(each), each["id"]),
        )
        start = int(query.get("after", "c0")[1:])
        shown = found[start : start + size]
        self.counted += bool(shown)
        paging = {"cursors": {"before": f"c{start}", "after": f"c{start + size}"}}
        return {"data": shown, "paging": paging} if shown else {"data": []}


def seconds(each: Mapping[str, Any]) -> int:
    """When a post was made."""
    return int(datetime.fromisoformat(each["timestamp"]).timestamp())


def answer_with(body: object, status: int = 200, request: Request | None = None) -> Answer:
    """An answer as the run hands it over."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={}, url=f"https://{HOST}{PATH}", body=raw, request=request)


@pytest.mark.parametrize(
    ("options", "key"),
    [({}, "search"), ({"search": "a", "tag": "b"}, "tag"), ({"search": "?"}, "search"), ({"tag": "#!"}, "tag")],
)
def test_a_feed_searches_for_words_or_for_a_tag(options: dict[str, str], key: str) -> None:
    """For one of them, with a word in it."""
    with pytest.raises(SettingsError) as caught:
        check("threads", options)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"search": "Quillhaven ferry"}, ("Quillhaven ferry", "KEYWORD")),
        ({"tag": "#quillhaven"}, ("quillhaven", "TAG")),
    ],
)
def test_what_is_searched_for(options: dict[str, str], asked: tuple[str, str]) -> None:
    """The newest posts, with the documented fields; the token is a parameter that is kept secret."""
    check("threads", options)
    request = threads.locate(replace(FEED, options=options), None, TOKEN)
    query = dict(parse_qsl(urlsplit(request.url).query))
    assert (query["q"], query["search_mode"]) == asked
    assert (query["search_type"], query["limit"], query["access_token"]) == ("RECENT", "100", "THAA-token-of-the-town")
    assert "is_reply" in query["fields"]
    assert request.secret == ("access_token",)
    assert request.costs == {"threads queries": 1}


def test_a_post_gives_what_meta_tells() -> None:
    """No numbers: they are unknown, not zero."""
    (post,) = threads.parse(answer_with({"data": [item(1, text="Bread & ferries <3 in Quillhaven")]}), FEED).posts
    assert post == Post(
        source="threads",
        feed="Threads",
        key="18000001",
        url="https://www.threads.net/@ada/post/C1",
        text="Bread & ferries <3 in Quillhaven",
        author="@ada",
        author_url="https://www.threads.com/@ada",
        published_at=NOW,
    )
    (bare,) = threads.parse(answer_with({"data": [{"id": 5}]}), FEED).posts
    assert (bare.key, bare.url, bare.text, bare.author, bare.author_url, bare.published_at) == (
        "5",
        "",
        "",
        None,
        None,
        None,
    )


def test_it_says_what_it_cannot() -> None:
    """Single posts of other people cannot be asked for: no deletions, no conversations."""
    assert isinstance(threads, Budgeted)
    assert not isinstance(threads, Rechecker | Refresher | Converser)
    assert "not noticed" in threads.DELETIONS
    assert "reviewed" in threads.CANNOT_SEE


def test_a_first_visit_looks_back_and_later_ones_read_up_to_what_is_known(store: Store) -> None:
    """Five pages at first; then only what is new and an hour again; what finds nothing is not counted."""
    services = Services()
    search = Search([item(n, AT - 60 * n) for n in range(600)]).serve(services)
    first = services.collect(store, FEED, secrets=TOKEN)
    assert (first.new, len(services.asked)) == (500, 5)
    search.items += [item(10_000 + n, AT + n) for n in range(1, 131)]
    search.items.append(item(20_000, AT - 600))  # came late into the search
    services.asked.clear()
    second = services.collect(store, FEED, secrets=TOKEN, after=HOUR)
    assert second.new == 131
    assert {asked.query["since"] for asked in services.asked} == {str(AT - 3600)}
    assert [asked.query.get("after") for asked in services.asked] == [None, "c100", "c200"]
    with store.reading() as connection:
        assert spending.used(connection, threads.budgets(FEED)[0], services.now) == search.counted == 7


def test_a_walk_too_long_for_a_visit_is_gone_on_with_by_the_next(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read stays, the rest comes with the next visit, then what came in between."""
    monkeypatch.setattr(threads, "MOST_PAGES", 2)
    services = Services()
    search = Search([item(1, AT - 7200)]).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    search.items += [item(1000 + n, AT + n) for n in range(250)]
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 200
    search.items += [item(5000 + n, AT + 3600 + n) for n in range(7)]
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 50
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 7
    assert len(stored(store)) == 258


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 3599), max_size=250, unique=True), min_size=1, max_size=4), st.integers(2, 4))
def test_nothing_is_lost_between_visits(visits: list[list[int]], most_pages: int) -> None:
    """Whatever the times and wherever the pages end: if not by the next visit, a post is read by those after it."""
    search = Search([item(0, AT - 100)])
    cursor: str | None = None
    read: set[str] = set()

    def visit() -> None:
        nonlocal cursor
        request: Request | None = threads.locate(FEED, cursor, TOKEN)
        while request is not None:
            query = dict(parse_qsl(urlsplit(request.url).query))
            page = threads.parse(answer_with(search.answer(query), request=request), FEED)
            read.update(post.key for post in page.posts)
            cursor, request = page.cursor or cursor, page.next

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "MOST_PAGES", most_pages)
        patch.setattr(threads, "FIRST_PAGES", 1)
        visit()
        for hour, times in enumerate(visits):
            search.items += [item(1000 * (hour + 1) + n, AT + 3600 * hour + at) for n, at in enumerate(times)]
            visit()
        for _ in range(30):
            visit()
    assert read == {each["id"] for each in search.items}


def test_a_walk_that_is_broken_off_leaves_no_gap(store: Store) -> None:
    """The second page fails: the next visit reads down to what was known before."""
    services = Services()
    search = Search([item(1, AT - 7200)]).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    search.items += [item(1000 + n, AT + n) for n in range(250)]

    async def broken(request: web.Request) -> web.Response:
        return web.Response(status=503) if "after" in request.query else await search.handle(request)

    services.on(HOST, PATH)(broken)
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 100
    search.serve(services)
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR, retry=True).new == 150


def test_a_server_that_leads_on_for_ever_or_passes_over_times_is_left() -> None:
    """The same cursor again, or posts from long before what is known, end the walk."""
    request = threads.locate(FEED, str(AT), TOKEN)
    paging = {"cursors": {"after": "again"}}
    page = threads.parse(answer_with({"data": [item(1)], "paging": paging}, request=request), FEED)
    assert page.next is not None
    same = threads.parse(answer_with({"data": [item(1)], "paging": paging}, request=page.next), FEED)
    assert (same.next, same.cursor) == (None, str(AT))
    old = threads.parse(answer_with({"data": [item(1, AT - 9000)], "paging": paging}, request=request), FEED)
    assert old.next is None


def test_more_posts_in_a_second_than_a_visit_reads_do_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next visit goes on below that second."""
    monkeypatch.setattr(threads, "MOST_PAGES", 1)
    paging = {"cursors": {"after": "c1"}}
    cursor: str | None = str(AT - 9000)
    seen = []
    for _ in range(3):
        request = threads.locate(FEED, cursor, TOKEN)
        seen.append(dict(parse_qsl(urlsplit(request.url).query)).get("until"))
        cursor = threads.parse(answer_with({"data": [item(1)], "paging": paging}, request=request), FEED).cursor
    assert seen == [None, str(AT + 1), str(AT)]


def test_a_first_visit_that_finds_nothing_says_what_that_may_mean(store: Store) -> None:
    """Silence, or an app that Meta has not reviewed yet."""
    services = Services()
    Search([]).serve(services)
    (result,) = services.collect(store, FEED, secrets=TOKEN).results
    assert (result.state, result.posts) == ("ok", 0)
    assert "reviewed" in result.notes[0]


def test_the_searches_of_a_day_are_shared_out_over_it(store: Store) -> None:
    """Where too many are used for the hour it waits, and says so."""
    services = Services()
    Search([item(1)]).serve(services)
    (budget,) = threads.budgets(FEED)
    with store.writing() as connection:
        assert spending.reserve(connection, replace(budget, spread=False), 2_150, NOW) is None
    (result,) = services.collect(store, FEED, secrets=TOKEN).results
    assert (result.state, services.asked) == ("waiting", [])
    assert "2,200 times a day; 2,150 of 2,200 searches are used today" in result.problem
    assert services.collect(store, FEED, secrets=TOKEN, after=timedelta(days=1)).new == 1


def error(code: object, message: str = "Something", **more: Any) -> dict[str, Any]:
    """An error of Meta's."""
    return {"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1", **more}}


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        (error(4), 403, "refused", "too often"),
        (error(17), 400, "refused", "too often"),
        (error(32), 200, "refused", "too often"),
        (error(613), 400, "refused", "too often"),
        (error(190, "Session has expired", error_subcode=463), 400, "refused", "60 days"),
        (error(10), 500, "refused", "threads_keyword_search"),
        (error(200), 403, "refused", "your own posts only"),
        (error(2, is_transient=True), 500, "unreachable", "of its own"),
        (error(100, "Param since must be lower"), 400, "refused", "“Param since must be lower”"),
        (error("x", "Odd"), 200, "refused", "“Odd”"),
        ({"error": "x"}, 200, "unreadable", "not with posts"),
        ("slow down", 429, "refused", "too often"),
        ("", 502, "unreachable", "502"),
        ("<html><title>Log in</title></html>", 200, "refused", "login"),
        ('{"data": [{"id": "1"', 200, "unreadable", "cut short"),
        ({"data": "none"}, 200, "unreadable", "not with posts"),
        ({"data": [1, {"text": "no id"}]}, 200, "unreadable", "not with posts"),
        ([1, 2], 200, "unreadable", "not with"),
        ("", 200, "unreadable", "empty"),
    ],
)
def test_what_is_no_answer_is_said_and_the_next_visit_brings_all(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """Meta's errors, pages, half a JSON, wrong types: a sentence each, and nothing is lost by them."""
    services = Services()
    services.answers(HOST, PATH, body, status)
    (result,) = services.collect(store, FEED, secrets=TOKEN).results
    assert (result.state, said in f"{result.problem} {result.advice}") == (state, True), result
    Search([item(1)]).serve(services)
    assert services.collect(store, FEED, secrets=TOKEN, after=timedelta(days=1), retry=True).new == 1


def test_the_token_goes_to_meta_only_and_is_written_down_nowhere(store: Store, tmp_path: Path) -> None:
    """Not to where an answer leads, not in a sentence even where Meta repeats it, not in the store."""
    services = Services()
    Search([item(n) for n in range(150)]).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    assert {asked.query["access_token"] for asked in services.asked} == {"THAA-token-of-the-town"}
    assert len(services.asked) == 3
    said: list[FeedResult] = []
    for body in (error(190, "Malformed access token THAA-token-of-the-town"), error(7, "No THAA-token-of-the-town")):
        services.answers(HOST, PATH, body, 400)
        said += services.collect(store, FEED, secrets=TOKEN, after=timedelta(days=1)).results
    services.asked.clear()
    away = "https://elsewhere.example/search?access_token=THAA-token-of-the-town&x=THAA-token-of-the-town"
    services.answers(HOST, PATH, "", 302, location=away)
    services.answers("elsewhere.example", "/*", {"data": []})
    said += services.collect(store, FEED, secrets=TOKEN, after=timedelta(days=1)).results
    assert [asked.host for asked in services.asked] == [HOST, "elsewhere.example"]
    assert services.asked[1].query == {}
    assert "“No …”" in f"{said}"
    assert "THAA" not in f"{said}"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(b"THAA-token" in path.read_bytes() for path in files)


def test_without_a_token_it_is_said_which_one_is_missing(store: Store) -> None:
    """The advice names the secret."""
    services = Services()
    Search([item(1)]).serve(services)
    (result,) = services.collect(store, FEED).results
    assert (result.state, "LISTENING_THREADS_TOKEN" in result.advice) == ("refused", True)


@pytest.mark.parametrize("body", [error(190), {"error": {}}, {"data": None}])
def test_a_saved_answer_without_its_request_is_read_too(body: object) -> None:
    """It has no token and no next page."""
    with pytest.raises(FeedError):
        threads.parse(answer_with(body), FEED)
    page = threads.parse(answer_with({"data": [item(1)], "paging": {"cursors": {"after": "c1"}}}), FEED)
    assert (page.next, page.cursor) == (None, str(AT))
