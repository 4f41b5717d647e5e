"""Hacker News: hits become posts, page by page back to what is known; deleted ones are noticed, threads are read."""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Services, stored

from listening.collectors import hackernews
from listening.errors import FeedError
from listening.models import Answer, Feed, Page, Post
from listening.store import Store

HOST = "hn.algolia.com"
PATH = "/api/v1/search_by_date"
FEED = Feed(name="Hacker News", source="hackernews", options={"search": '"Quillhaven"'})
AT = int(NOW.timestamp())


def hit(number: int, at: int, **more: Any) -> dict[str, Any]:
    """A comment that mentions the town."""
    return {
        "objectID": str(number),
        "created_at_i": at,
        "author": "ada",
        "comment_text": f"I took the Quillhaven ferry, trip {number}.",
        "parent_id": 7,
        "points": None,
        "num_comments": None,
        "_tags": ["comment", "author_ada", "story_7"],
        **more,
    }


class Index:
    """The search as it answers: newest first, pages of what was asked for, a thousand hits at most."""

    def __init__(self, services: Services, hits: Sequence[dict[str, Any]]) -> None:
        self.hits = list(hits)
        services.on(HOST, PATH)(self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        found = sorted(self.hits, key=lambda each: -each["created_at_i"])
        for limit in filter(None, request.query.get("numericFilters", "").split(",")):
            sign, bound = limit[len("created_at_i")], int(limit[len("created_at_i") + 1 :])
            compare = {">": operator.gt, "<": operator.lt}[sign]
            found = [each for each in found if compare(each["created_at_i"], bound)]
        size, page = int(request.query["hitsPerPage"]), int(request.query["page"])
        shown = found[:1000][page * size : (page + 1) * size]
        pages = -(-min(len(found), 1000) // size)
        return web.json_response(
            {"hits": shown, "nbHits": len(found), "page": page, "nbPages": pages, "hitsPerPage": size}
        )


def test_a_hit_gives_every_field() -> None:
    """A story has its title and numbers; a comment has neither, for the title over it is somebody else's."""
    body = {
        "hits": [
            {
                "objectID": "9",
                "created_at": "2026-03-04T16:00:00.000Z",
                "created_at_i": AT - 3600,
                "title": "Quillhaven opens its timetable data",
                "url": "https://herald.quillhaven.example/open",
                "author": "ada",
                "points": 41,
                "num_comments": 5,
                "story_text": None,
                "_tags": ["story"],
            },
            hit(10, AT, comment_text="It&#x27;s a <i>kind</i> town.<p>Quillhaven!", story_title="Quillhaven opens"),
        ]
    }
    story, comment = hackernews.parse(
        Answer(status=200, headers={}, url="", body=json.dumps(body).encode()), FEED
    ).posts
    assert story == Post(
        source="hackernews",
        feed="Hacker News",
        key="9",
        url="https://news.ycombinator.com/item?id=9",
        title="Quillhaven opens its timetable data",
        author="ada",
        author_url="https://news.ycombinator.com/user?id=ada",
        published_at=datetime(2026, 3, 4, 16, tzinfo=UTC),
        likes=41,
        replies=5,
    )
    assert (comment.title, comment.text, comment.likes, comment.reply_to) == (
        "",
        "It's a kind town.\nQuillhaven!",
        None,
        "7",
    )


def test_a_first_visit_looks_back_and_later_ones_read_up_to_what_is_known(store: Store) -> None:
    """Five pages at first; then only what is new, however many pages that is, and an hour again for late arrivals."""
    services = Services()
    index = Index(services, [hit(n, AT - 60 * n) for n in range(1, 801)])
    first = services.collect(store, FEED)
    assert (first.new, len(services.asked)) == (500, 5)
    index.hits += [hit(10_000 + n, AT + n) for n in range(1, 251)]
    index.hits.append(hit(20_000, AT - 600))  # came late into the index
    services.asked.clear()
    second = services.collect(store, FEED, after=timedelta(hours=1))
    assert (second.new, len(services.asked)) == (251, 4)
    assert f"created_at_i>{AT - 60 - 3600}" in services.asked[0].query["numericFilters"]


def test_more_than_a_thousand_new_hits_are_read_by_their_time(store: Store) -> None:
    """The search shows the first thousand only; none is lost, and none is counted twice."""
    services = Services()
    index = Index(services, [hit(1, AT - 100)])
    services.collect(store, FEED)
    index.hits += [hit(100 + n, AT + n // 3) for n in range(1700)]
    assert services.collect(store, FEED, after=timedelta(hours=2)).new == 1700
    assert len(stored(store)) == 1701


@settings(max_examples=15)
@given(st.lists(st.integers(0, 40), max_size=60), st.lists(st.integers(0, 40), max_size=60))
def test_no_hit_is_lost_between_two_visits(before: list[int], after: list[int]) -> None:
    """Whatever the times and wherever the pages end: the second walk ends at the newest hit of the first."""
    hits = [hit(n, AT + at) for n, at in enumerate(before)]

    def walk(cursor: str | None) -> tuple[set[str], str | None]:
        keys: set[str] = set()
        request = hackernews.locate(FEED, cursor, {})
        found = sorted(hits, key=lambda each: -each["created_at_i"])
        while True:
            page_number = request.carry.pages  # type: ignore[attr-defined]
            shown = found[page_number * 100 : (page_number + 1) * 100]
            body = {"hits": shown, "nbHits": len(found), "page": page_number, "nbPages": -(-len(found) // 100)}
            page = hackernews.parse(
                Answer(status=200, headers={}, url="", body=json.dumps(body).encode(), request=request), FEED
            )
            keys |= {post.key for post in page.posts}
            if page.next is None:
                return keys, page.cursor or cursor
            request = page.next

    _, cursor = walk(None)
    hits += [hit(1_000 + n, AT + 100 + at) for n, at in enumerate(after)]
    keys, _ = walk(cursor)
    assert {str(1_000 + n) for n in range(len(after))} <= keys


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        ("<html><title>Just a moment...</title></html>", 200, "blocked", "browser"),
        ('{"hits": [{"objectID": "1"', 200, "unreadable", "cut short"),
        ({"hits": "none"}, 200, "unreadable", "not with posts"),
        ([1, 2], 200, "unreadable", "not with"),
        ({"message": "Invalid numericFilters"}, 400, "refused", "400"),
        ("slow down", 429, "refused", "too often"),
        ("", 502, "unreachable", "502"),
        ("", 200, "unreadable", "empty"),
    ],
)
def test_what_is_no_answer_is_said_and_the_next_visit_brings_all(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """A page, half a JSON, wrong types, refusals: a sentence each, and nothing is lost by them."""
    services = Services()
    services.answers(HOST, PATH, body, status)
    (result,) = services.collect(store, FEED).results
    assert (result.state, said in result.problem) == (state, True), result.problem
    Index(services, [hit(1, AT)])
    assert services.collect(store, FEED, after=timedelta(days=1), retry=True).new == 1


def test_a_walk_that_is_broken_off_leaves_no_gap(store: Store) -> None:
    """The third page fails: what was read stays, and the next visit reads down to what was known before."""
    services = Services()
    index = Index(services, [hit(1, AT)])
    services.collect(store, FEED)
    index.hits += [hit(100 + n, AT + 1 + n) for n in range(350)]
    whole = index.answer

    async def broken(request: web.Request) -> web.Response:
        return web.Response(status=503) if request.query["page"] == "2" else await whole(request)

    services.on(HOST, PATH)(broken)
    assert services.collect(store, FEED, after=timedelta(hours=2)).new == 200
    services.on(HOST, PATH)(whole)
    assert services.collect(store, FEED, after=timedelta(hours=2), retry=True).new == 150


def known(key: str = "10") -> Post:
    """A comment that is stored."""
    return Post(source="hackernews", feed="Hacker News", key=key, text="Quillhaven", reply_to="7")


@pytest.mark.parametrize(
    ("item", "posts", "gone", "missing"),
    [
        ({"id": 10, "type": "comment", "by": "ada", "text": "Quillhaven, edited", "time": AT, "parent": 7}, 1, 0, 0),
        ({"id": 10, "deleted": True}, 0, 1, 0),
        ({"id": 10, "dead": True, "by": "ada"}, 0, 1, 0),
        (None, 0, 0, 1),
        ({"id": 11, "deleted": True}, 0, 0, 0),
    ],
)
def test_a_known_post_is_looked_up(item: object, posts: int, gone: int, missing: int) -> None:
    """As it is now, deleted, taken down, unknown; an answer about another post says nothing."""
    answer = Answer(status=200, headers={}, url="", body=json.dumps(item).encode())
    found = hackernews.refreshed(answer, [known()], FEED)
    assert (len(found.posts), len(found.gone), len(found.missing)) == (posts, gone, missing)


def test_a_look_up_that_fails_says_nothing() -> None:
    """It is not a deletion."""
    with pytest.raises(FeedError):
        hackernews.refreshed(Answer(status=500, headers={}, url="", body=b""), [known()], FEED)


def test_a_conversation_has_what_is_below_and_the_post_above() -> None:
    """Each with the post that it answers; deleted comments have no author and are left out."""
    tree = {
        "id": 10,
        "type": "comment",
        "author": "ada",
        "parent_id": 7,
        "children": [
            {
                "id": 11,
                "type": "comment",
                "author": "town",
                "text": "Thank you!",
                "parent_id": 10,
                "created_at_i": AT,
                "children": [{"id": 12, "type": "comment", "author": None, "parent_id": 11, "children": []}],
            }
        ],
    }
    request = hackernews.thread(known(), FEED, {})
    assert request is not None
    answer = Answer(status=200, headers={}, url="", body=json.dumps(tree).encode(), request=request)
    below = hackernews.conversation(answer, known(), FEED)
    assert [(post.key, post.reply_to, post.author) for post in below.posts] == [("11", "10", "town")]
    assert below.next is not None
    story = {"id": 7, "type": "story", "author": "bo", "title": "A ferry", "children": [], "parent_id": None}
    answer = Answer(status=200, headers={}, url="", body=json.dumps(story).encode(), request=below.next)
    above = hackernews.conversation(answer, known(), FEED)
    assert [(post.key, post.title) for post in above.posts] == [("7", "A ferry")]


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_answer_is_read() -> None:
    """All twenty hits."""
    total = 0
    for file in sorted((Path(os.environ["LISTENING_CAPTURES"]) / "hn_algolia").glob("*.json")):
        if file.name != "responses.json":
            page: Page = hackernews.parse(Answer(status=200, headers={}, url="", body=file.read_bytes()), FEED)
            assert all(post.published_at and post.author for post in page.posts)
            total += len(page.posts)
    assert total == 20
