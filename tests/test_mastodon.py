"""Hashtag timelines become posts, page by page, and closed servers are read by their RSS feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.collectors import mastodon
from listening.errors import FeedError, FeedRefused, FeedUnreachable, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post

FEEDS = Path(__file__).parent / "feeds"
FEED = Feed(name="River", source="mastodon", options={"server": "river.example", "tag": "#quillhaven"})
API = "https://river.example/api/v1/timelines/tag/quillhaven"


def parse(data: Any, url: str = f"{API}?limit=40", status: int = 200, feed: Feed = FEED) -> Page:
    """The page that an answer gives."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return mastodon.parse(Answer(status=status, headers={}, url=url, body=body), feed)


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
        page = parse(statuses(*reversed(ids)), following.url)
        keys += [post.key for post in page.posts]
        found_cursor = page.cursor or found_cursor
        following, pages = page.next, pages + 1
        assert pages < 50
    return keys, found_cursor, pages


def test_the_first_run_looks_back_and_remembers_the_newest() -> None:
    """Five pages back, no more; the cursor is the newest id, not that of the last page."""
    keys, cursor, pages = walk(list(range(1, 1001)), None)
    assert (len(keys), len(set(keys)), cursor, pages) == (200, 200, "1000", mastodon.BACKFILL_PAGES)


@settings(max_examples=60, deadline=None)
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
    page = parse(statuses(*range(40, 0, -1)), f"{API}?limit=40&min_id=40")
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


@pytest.mark.parametrize("status", [401, 403, 422])
def test_a_closed_timeline_is_read_by_rss(status: int) -> None:
    """And says so, because counts are missing there."""
    page = parse({"error": "This method requires an authenticated user"}, status=status)
    assert page.next is not None
    assert (page.next.url, page.posts) == ("https://river.example/tags/quillhaven.rss?limit=200", ())
    assert "members only" in page.skipped[0]


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


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"tag": "a"}, "server"),
        ({"server": "river.example"}, "tag"),
        ({"server": "river.example/about", "tag": "a"}, "server"),
        ({"server": "river example", "tag": "a"}, "server"),
        ({"server": "river.example", "tag": "two words"}, "tag"),
        ({"server": "river.example", "tag": "123"}, "tag"),
    ],
)
def test_settings_that_cannot_be_asked_are_refused(options: dict[str, str], key: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(SettingsError) as caught:
        mastodon.check(options)
    assert key == caught.value.key
