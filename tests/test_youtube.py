"""YouTube: searches and channels give videos, then their numbers, then the comments below them; within what a key may
ask in a day."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Asked, Services, stored

from listening.collect import RunResult, reserve, state_of
from listening.collectors import _fast, _thorough, check, youtube
from listening.collectors._youtube_api import BUDGETS, HEADER, SEARCHES, UNITS
from listening.collectors._youtube_walk import Memory, Watched, remembered
from listening.errors import BudgetSpent, FeedError, FeedRefused, SettingsError
from listening.models import Answer, Feed, Page, Post, Request
from listening.store import Store, feed_states, spending

HOST, SITE = "www.googleapis.com", "www.youtube.com"
KEY = "invented-key-of-quillhaven-0123456789"
SECRETS = {"LISTENING_YOUTUBE_KEY": KEY}
CHANNEL = "UCquillhaven_town_0000000"[:24]
FEED = Feed(name="Videos", source="youtube", options={"search": "Quillhaven"})
OURS = Feed(name="Our channel", source="youtube", options={"channel": CHANNEL})
AT = int(NOW.timestamp())


def rfc(at: int) -> str:
    """A time as YouTube writes it."""
    return datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> int:
    """The same back."""
    return int(datetime.fromisoformat(text).timestamp())


def vid(number: int) -> str:
    """The id of a video."""
    return f"video{number:06d}"


@dataclass(kw_only=True)
class Said:
    """A comment as the fake service keeps it."""

    id: str
    at: int
    text: str = "The Quillhaven ferry is lovely."
    answers: list[Said] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def resource(self, parent: str = "") -> dict[str, Any]:
        """As the API gives it."""
        snippet = {
            "textDisplay": self.text,
            "textOriginal": self.text,
            "authorDisplayName": "@ada",
            "authorChannelUrl": "http://www.youtube.com/@ada",
            "authorChannelId": {"value": "UCada_lives_in_quillhaven"[:24]},
            "likeCount": 3,
            "publishedAt": rfc(self.at),
            "updatedAt": rfc(self.at),
            **({"parentId": parent} if parent else {}),
            **self.more,
        }
        return {"kind": "youtube#comment", "id": self.id, "snippet": snippet}

    def thread(self, video: str) -> dict[str, Any]:
        """With the first five answers to it."""
        top = self.resource()
        top["snippet"]["videoId"] = video
        answers = [answer.resource(self.id) for answer in self.answers[:5]]
        snippet = {"videoId": video, "topLevelComment": top, "totalReplyCount": len(self.answers)}
        said: dict[str, Any] = {"kind": "youtube#commentThread", "id": self.id, "snippet": snippet}
        return said | ({"replies": {"comments": answers}} if answers else {})


@dataclass(kw_only=True)
class Clip:
    """A video as the fake service keeps it."""

    id: str
    at: int
    title: str = "A walk through Quillhaven"
    comments: list[Said] = field(default_factory=list)
    closed: bool = False
    hidden: bool = False

    def snippet(self) -> dict[str, Any]:
        """What is told of it."""
        return {
            "publishedAt": rfc(self.at),
            "channelId": CHANNEL,
            "channelTitle": "Town of Quillhaven",
            "title": self.title,
            "description": "By the river, over the bridge & back. All the way to the old mill.",
        }

    def resource(self) -> dict[str, Any]:
        """As a list of videos gives it: numbers are texts, and absent where they are hidden."""
        numbers = {"viewCount": "1200"} | ({} if self.hidden else {"likeCount": "41"})
        if not self.closed:
            numbers["commentCount"] = str(sum(1 + len(said.answers) for said in self.comments))
        return {"kind": "youtube#video", "id": self.id, "snippet": self.snippet(), "statistics": numbers}


def refused(status: int, reason: str, message: str = "No.", domain: str = "youtube.api") -> tuple[int, dict[str, Any]]:
    """An error as the API words it."""
    errors = [{"message": message, "domain": domain, "reason": reason}]
    return status, {"error": {"code": status, "message": message, "errors": errors}}


@dataclass(kw_only=True)
class Tube:
    """The API as it answers, over what is published on it."""

    clips: list[Clip] = field(default_factory=list)

    def reply(self, method: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The status and the body of an answer."""
        kinds = {"search": "searchList", "videos": "videoList", "playlistItems": "playlistItemList"}
        kinds |= {"commentThreads": "commentThreadList", "comments": "commentList"}
        if method == "commentThreads":
            clip = next((each for each in self.clips if each.id == query["videoId"]), None)
            if clip is None:
                return refused(404, "videoNotFound", domain="youtube.commentThread")
            if clip.closed:
                return refused(403, "commentsDisabled", domain="youtube.commentThread")
        items = list(getattr(self, f"_{method}")(query))
        assert not {"pageToken", "maxResults"} & query.keys() or "id" not in query  # as it is documented
        start, size = int(query.get("pageToken", "0")), int(query.get("maxResults", "50"))
        body: dict[str, Any] = {"kind": f"youtube#{kinds[method]}Response", "items": items[start : start + size]}
        if start + size < len(items):
            body["nextPageToken"] = str(start + size)
        return 200, body

    def _newest(self) -> list[Clip]:
        return sorted(self.clips, key=lambda clip: (-clip.at, clip.id))

    def _search(self, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        after, before = query.get("publishedAfter"), query.get("publishedBefore")
        found = [
            clip
            for clip in self._newest()
            if (not after or clip.at >= seconds(after)) and (not before or clip.at <= seconds(before))
        ]
        for clip in found[:500]:
            snippet = clip.snippet() | {"description": "By the river, over the ...", "title": clip.title}
            snippet["title"] = snippet["title"].replace("&", "&amp;").replace("'", "&#39;")
            yield {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": clip.id}} | {
                "snippet": snippet
            }

    def _playlistItems(self, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        assert query["playlistId"] == f"UU{CHANNEL[2:]}"
        for clip in self._newest():
            snippet = clip.snippet() | {"resourceId": {"kind": "youtube#video", "videoId": clip.id}}
            details = {"videoId": clip.id, "videoPublishedAt": rfc(clip.at)}
            yield {"kind": "youtube#playlistItem", "id": f"UU{clip.id}", "snippet": snippet, "contentDetails": details}

    def _videos(self, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        wanted = query["id"].split(",")
        assert len(wanted) <= 50
        yield from (clip.resource() for clip in self.clips if clip.id in wanted)

    def _commentThreads(self, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        clip = next(each for each in self.clips if each.id == query["videoId"])
        yield from (said.thread(clip.id) for said in sorted(clip.comments, key=lambda each: -each.at))

    def _comments(self, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        for clip in self.clips:
            for said in clip.comments:
                if "parentId" in query and query["parentId"] == said.id:
                    yield from (answer.resource(said.id) for answer in said.answers)
                for each, parent in [(said, ""), *((answer, said.id) for answer in said.answers)]:
                    if each.id in query.get("id", "").split(","):
                        yield each.resource(parent)

    def up(self, services: Services) -> Tube:
        """Answer at the API's own address, to the one key that there is."""

        async def handle(request: web.Request) -> web.Response:
            if request.headers.get(HEADER) != KEY:
                said = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
                return web.json_response({"error": {"code": 400, "details": [said]}}, status=400)
            status, body = self.reply(request.path.rpartition("/")[2], request.query)
            return web.json_response(body, status=status)

        services.on(HOST, "/youtube/v3/*")(handle)
        return self

    def ask(self, request: Request) -> Answer:
        """The same without a network."""
        parts = urlsplit(request.url)
        status, body = self.reply(parts.path.rpartition("/")[2], dict(parse_qsl(parts.query)))
        asked = replace(request, headers={HEADER: KEY})
        return Answer(status=status, headers={}, url=request.url, body=json.dumps(body).encode(), request=asked)


def methods(asked: Sequence[Asked]) -> list[str]:
    """What was asked for, in order."""
    return [each.path.rpartition("/")[2] for each in asked]


def collect(services: Services, store: Store, feed: Feed = FEED, **more: Any) -> RunResult:
    """A collection with a key."""
    return services.collect(store, feed, secrets=SECRETS, **more)


def parsed(body: object, status: int = 200, **headers: str) -> Page:
    """What a saved answer gives."""
    return youtube.parse(Answer(status=status, headers=headers, url="", body=json.dumps(body).encode()), FEED)


def answering(body: object, status: int = 200) -> Page:
    """What the answer to a search gives, in the course of a visit."""
    raw = body if isinstance(body, str) else json.dumps(body)
    request = youtube.locate(FEED, None, SECRETS)
    return youtube.parse(Answer(status=status, headers={}, url=request.url, body=raw.encode(), request=request), FEED)


# --- what is read -----------------------------------------------------------------------------------------------------


def test_a_video_gives_every_field() -> None:
    """Its whole description; numbers that are written as texts; those that are hidden are not zero."""
    clip = Clip(id=vid(1), at=AT)
    item = clip.resource()
    item["snippet"]["defaultAudioLanguage"] = "en-us"
    item["contentDetails"] = {"contentRating": {"ytRating": "ytAgeRestricted"}}
    (post,) = parsed({"kind": "youtube#videoListResponse", "items": [item]}).posts
    assert post == Post(
        source="youtube",
        feed="Videos",
        key=vid(1),
        url=f"https://www.youtube.com/watch?v={vid(1)}",
        title="A walk through Quillhaven",
        text="By the river, over the bridge & back. All the way to the old mill.",
        author="Town of Quillhaven",
        author_url=f"https://www.youtube.com/channel/{CHANNEL}",
        language="en-US",
        published_at=NOW,
        likes=41,
        replies=0,
        views=1200,
        sensitive=True,
    )
    (silent,) = parsed({"items": [Clip(id=vid(1), at=AT, hidden=True, closed=True).resource()]}).posts
    assert (silent.likes, silent.replies, silent.views) == (None, None, 1200)


def test_titles_are_unescaped_in_searches_and_nowhere_else() -> None:
    """There "&amp;" is an ampersand; in a list of videos it is what somebody wrote."""
    tube = Tube(clips=[Clip(id=vid(1), at=AT, title="Ada's Quillhaven & more &lt;3")])
    search, videos = tube.reply("search", {})[1], tube.reply("videos", {"id": vid(1)})[1]
    search["items"][0]["snippet"]["title"] = "Ada&#39;s Quillhaven &amp; more"
    assert [parsed(body).posts[0].title for body in (search, videos)] == [
        "Ada's Quillhaven & more",
        "Ada's Quillhaven & more &lt;3",
    ]


def test_a_comment_gives_every_field_and_the_answers_to_it_are_posts_too() -> None:
    """Each names what it answers: the video, or the comment above it."""
    said = Said(id="UgxComment0000000000000000", at=AT, more={"updatedAt": rfc(AT + 60)})
    said.answers = [Said(id=f"{said.id}.answer", at=AT + 30, text="I <3 it & you", more={"likeCount": None})]
    top, answer = parsed({"kind": "youtube#commentThreadListResponse", "items": [said.thread(vid(1))]}).posts
    assert top == Post(
        source="youtube",
        feed="Videos",
        key=said.id,
        url=f"https://www.youtube.com/watch?v={vid(1)}&lc={said.id}",
        text="The Quillhaven ferry is lovely.",
        author="@ada",
        author_url="https://www.youtube.com/channel/UCada_lives_in_quillhave",
        published_at=NOW,
        edited_at=NOW + timedelta(minutes=1),
        likes=3,
        replies=1,
        reply_to=vid(1),
    )
    assert (answer.text, answer.reply_to, answer.likes, answer.replies) == ("I <3 it & you", said.id, None, None)
    assert answer.url == f"https://www.youtube.com/watch?v={vid(1)}&lc={said.id}.answer"


def test_markup_in_a_comment_becomes_plain_text() -> None:
    """Where only what is displayed is given; an author who has left has no name and no address."""
    said = Said(id="UgxComment0000000000000000", at=AT).resource()
    for name in ("textOriginal", "authorDisplayName", "authorChannelId", "authorChannelUrl"):
        del said["snippet"][name]
    said["snippet"]["textDisplay"] = "It&#39;s <b>kind</b><br>in Quillhaven"
    (post,) = parsed({"items": [said]}).posts
    assert (post.text, post.author, post.author_url) == ("It's kind\nin Quillhaven", None, None)


def test_uploads_that_are_private_or_deleted_are_no_posts() -> None:
    """They stand in the list without a time of publication."""
    items = Tube(clips=[Clip(id=vid(1), at=AT), Clip(id=vid(2), at=AT)]).reply(
        "playlistItems", {"playlistId": f"UU{CHANNEL[2:]}"}
    )[1]
    items["items"][1]["snippet"]["title"] = "Private video"
    del items["items"][1]["contentDetails"]["videoPublishedAt"]
    assert [post.key for post in parsed(items).posts] == [vid(1)]


ENTRY = f"""<entry><id>yt:video:{vid(1)}</id><yt:videoId>{vid(1)}</yt:videoId><title>Ada &amp; Bo in Quillhaven</title>
<link rel="alternate" href="https://www.youtube.com/watch?v={vid(1)}"/>
<author><name>Town of Quillhaven</name><uri>https://www.youtube.com/channel/{CHANNEL}</uri></author>
<published>2026-03-04T17:00:00+00:00</published><updated>2026-03-04T19:00:00+00:00</updated>
<media:group><media:title>Ada &amp; Bo in Quillhaven</media:title><media:description>By the river.</media:description>
<media:community><media:starRating count="STARS" average="5.00" min="1" max="5"/><media:statistics views="1200"/>
</media:community></media:group></entry>"""


def channel_feed(entries: str) -> str:
    """A channel's feed."""
    return f"""<?xml version="1.0" encoding="UTF-8"?><feed xmlns:yt="http://www.youtube.com/xml/schemas/2015"
xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom"><id>yt:channel:{CHANNEL}</id>
<title>Town of Quillhaven</title>{entries}</feed>"""


@pytest.mark.parametrize(("stars", "likes"), [("41", 41), ("0", None), ("many", None)])
def test_a_channels_feed_gives_the_same_video_as_the_api(stars: str, likes: int | None) -> None:
    """The same key, words, author and address, so that both ways are one mention; "updated" is no edit."""
    body = channel_feed(ENTRY.replace("STARS", stars)).encode()
    (post,) = youtube.parse(Answer(status=200, headers={}, url="", body=body), OURS).posts
    clip = Clip(id=vid(1), at=AT, title="Ada & Bo in Quillhaven").resource()
    clip["snippet"]["description"] = "By the river."
    (same,) = parsed({"items": [clip]}).posts
    assert post == replace(same, feed="Our channel", likes=likes, replies=None)


# --- visits -----------------------------------------------------------------------------------------------------------


def test_a_visit_finds_videos_then_their_numbers_then_their_comments(store: Store) -> None:
    """In this order, each once; the second visit reads what is new, and the comments of whom has new ones."""
    services = Services()
    said = [Said(id=f"UgxComment00000000000000{n:02d}", at=AT + n) for n in range(3)]
    tube = Tube(clips=[Clip(id=vid(n), at=AT - 3600 * n) for n in range(1, 4)]).up(services)
    tube.clips[0].comments = said[:2]
    tube.clips[1].closed = True
    first = collect(services, store)
    assert methods(services.asked) == ["search", "videos", "commentThreads"]
    assert (first.new, first.results[0].state) == (5, "ok")
    video = next(each for each in stored(store) if each.key == vid(1))
    assert (video.views, video.likes, video.replies) == (1200, 41, 2)
    assert video.text.endswith("the old mill.")
    services.asked.clear()
    tube.clips[0].comments.append(said[2])
    tube.clips.append(Clip(id=vid(9), at=AT + 60))
    second = collect(services, store, after=timedelta(hours=1))
    assert second.new == 2
    assert methods(services.asked) == ["search", "videos", "commentThreads"]
    assert services.asked[0].query["publishedAfter"] == rfc(AT - 3600 - 6 * 3600)
    services.asked.clear()
    assert collect(services, store, after=timedelta(hours=1)).new == 0
    assert methods(services.asked) == ["search", "videos"]


def test_a_search_is_asked_as_it_is_documented(store: Store) -> None:
    """Newest first, videos only, in the region and the language of the settings; the key stands in a header."""
    services = Services()
    Tube().up(services)
    feed = replace(FEED, options={**FEED.options, "region": "US", "language": "en"})
    collect(services, store, feed)
    (asked,) = services.asked
    assert dict(asked.query) == {
        "part": "snippet",
        "q": "Quillhaven",
        "type": "video",
        "order": "date",
        "maxResults": "50",
        "safeSearch": "none",
        "regionCode": "US",
        "relevanceLanguage": "en",
    }
    assert asked.headers[HEADER] == KEY


def walk(tube: Tube, cursor: str | None, feed: Feed = FEED) -> tuple[set[str], str | None]:
    """A visit without a network: the keys that it gave, and the cursor it left."""
    keys: set[str] = set()
    request: Request | None = youtube.locate(feed, cursor, SECRETS)
    for _ in range(20):
        if request is None:
            break
        page = youtube.parse(tube.ask(request), feed)
        keys |= {post.key for post in page.posts}
        cursor, request = page.cursor or cursor, page.next
    assert request is None
    return keys, cursor


def test_a_first_visit_reads_two_pages_and_a_burst_is_read_over_several_visits() -> None:
    """Two searches at one visit; what is left is found by the next ones, before what came after it."""
    tube = Tube(clips=[Clip(id=vid(n), at=AT - 60 * n) for n in range(300)])
    found, cursor = walk(tube, None)
    assert found == {vid(n) for n in range(100)}
    tube.clips += [Clip(id=vid(1000 + n), at=AT + 60 + n) for n in range(230)]
    found, cursor = walk(tube, cursor)
    assert vid(1229) in found
    assert vid(1129) not in found
    tube.clips.append(Clip(id=vid(5000), at=AT + 3600))
    for _ in range(2):
        keys, cursor = walk(tube, cursor)
        assert vid(5000) not in found
        found |= keys
    keys, cursor = walk(tube, cursor)
    assert {vid(1000 + n) for n in range(230)} | {vid(5000)} <= found | keys


def test_more_than_youtube_shows_of_a_search_is_said() -> None:
    """After ten pages the search is given up, with a note, and the next visit begins with the newest."""
    tube = Tube(clips=[Clip(id=vid(1), at=AT)])
    _, cursor = walk(tube, None)
    tube.clips += [Clip(id=vid(1000 + n), at=AT + 60 + n) for n in range(700)]
    visits, notes = 0, list[str]()
    while not notes:
        visits += 1
        request: Request | None = youtube.locate(FEED, cursor, SECRETS)
        while request is not None:
            page = youtube.parse(tube.ask(request), FEED)
            cursor, request = page.cursor, page.next
            notes += page.notes
    assert (visits, notes) == (
        5,
        ["More than 450 videos are new since the last visit; the oldest of them were not read."],
    )
    memory = remembered(cursor)
    assert (memory.since, memory.before) == (AT + 60 + 699, None)
    asked: list[Request] = []
    ask = tube.ask
    tube.ask = lambda request: asked.append(request) or ask(request)  # type: ignore[method-assign, func-returns-value]
    walk(tube, cursor)
    assert len([each for each in asked if "/search" in each.url]) == 1


@st.composite
def times(draw: st.DrawFn, most: int) -> list[int]:
    """Up to so many times, crowded together or hours apart."""
    number, span = draw(st.integers(0, most)), draw(st.sampled_from([1, 90, 2_000, 30_000]))
    return [(each * 7919 + draw(st.integers(0, 5))) % (span + 1) for each in range(number)]


@settings(max_examples=25)
@given(times(120), st.lists(times(90), min_size=1, max_size=3), st.sampled_from([FEED, OURS]))
def test_no_video_is_lost_between_visits(before: list[int], later: list[list[int]], feed: Feed) -> None:
    """Whatever the times and wherever pages and visits end: all that is published after a first visit is found."""
    tube = Tube(clips=[Clip(id=vid(n), at=AT + at) for n, at in enumerate(before)])
    found, cursor = walk(tube, None, feed)
    number = 1_000
    wanted: set[str] = set()
    for batch in later:
        newest = max((clip.at + 1 for clip in tube.clips), default=AT)
        tube.clips += [Clip(id=vid(number + n), at=newest + at) for n, at in enumerate(batch)]
        wanted |= {vid(number + n) for n in range(len(batch))}
        number += 1_000
        keys, cursor = walk(tube, cursor, feed)
        found |= keys
    for _ in range(6):  # what one visit leaves, the next ones find
        keys, cursor = walk(tube, cursor, feed)
        found |= keys
    assert wanted <= found


@settings(max_examples=25)
@given(st.lists(times(190), min_size=2, max_size=4))
def test_no_comment_is_lost_between_visits(visits: list[list[int]]) -> None:
    """Below a video that is watched, up to 500 new ones at a visit."""
    clip = Clip(id=vid(1), at=AT)
    tube, cursor = Tube(clips=[clip]), None
    start, wanted, found = AT, set[str](), set[str]()
    for number, said_at in enumerate(visits):
        new = [Said(id=f"UgxComment{number:06d}{n:010d}", at=start + at) for n, at in enumerate(said_at)]
        clip.comments += new
        wanted |= {said.id for said in new}
        start = max((said.at + 1 for said in clip.comments), default=start)
        keys, cursor = walk(tube, cursor)
        found |= keys
    assert wanted <= found


def test_a_channel_with_a_key_gives_its_videos_and_the_comments_below_them(store: Store) -> None:
    """By the list of its uploads; no search is used up."""
    services = Services()
    tube = Tube(clips=[Clip(id=vid(n), at=AT - 3600 * n) for n in range(70)]).up(services)
    tube.clips[3].comments = [Said(id="UgxComment0000000000000000", at=AT)]
    assert collect(services, store, OURS).new == 71
    assert methods(services.asked) == ["playlistItems", "playlistItems", "videos", "videos", "commentThreads"]
    with store.reading() as connection:
        assert [spending.used(connection, budget, services.now) for budget in BUDGETS] == [0, 5]


def test_a_channel_without_a_key_is_read_by_its_feed(store: Store) -> None:
    """At www.youtube.com, with no key, also where there is one and nobody wants comments."""
    services = Services()
    services.answers(SITE, "/feeds/videos.xml", channel_feed(ENTRY.replace("STARS", "4")))
    assert services.collect(store, OURS).new == 1
    quiet = replace(OURS, options={**OURS.options, "comments": "false"})
    assert collect(services, store, quiet, after=timedelta(hours=2)).failed == ()
    assert {each.host for each in services.asked} == {SITE}
    assert not any(HEADER in each.headers for each in services.asked)
    assert services.asked[0].query == {"channel_id": CHANNEL}
    loud = replace(OURS, options={**OURS.options, "comments": "true"}, name="Loud")
    assert "only with a key" in services.collect(store, loud).results[0].notes[0]


def test_comments_can_be_left_out(store: Store) -> None:
    """Then none are asked for."""
    services = Services()
    tube = Tube(clips=[Clip(id=vid(1), at=AT)]).up(services)
    tube.clips[0].comments = [Said(id="UgxComment0000000000000000", at=AT)]
    assert collect(services, store, replace(FEED, options={**FEED.options, "comments": "false"})).new == 1
    assert methods(services.asked) == ["search", "videos"]


def test_a_search_that_is_unchanged_keeps_no_comments_from_being_read(store: Store) -> None:
    """What the service says of the first answer ("not modified") says nothing of the ones after it."""
    services = Services()
    tube = Tube(clips=[Clip(id=vid(1), at=AT)]).up(services)
    good = services.handlers[HOST, "/youtube/v3/*"]

    async def tagged(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"same"':
            return web.Response(status=304)
        answer = await good(request)
        answer.headers["ETag"] = '"same"'
        return answer

    services.on(HOST, "/youtube/v3/search")(tagged)
    for visit in range(3):
        tube.clips[0].comments.append(Said(id=f"UgxComment000000000000000{visit}", at=AT + visit))
        collect(services, store, after=timedelta(hours=1))
    assert len(stored(store)) == 4


def test_a_video_without_comments_is_passed_over_and_the_others_are_read(store: Store) -> None:
    """Switched off between two requests, private, or kept from us: it is said where it matters."""
    services = Services()
    tube = Tube(clips=[Clip(id=vid(n), at=AT - n) for n in range(4)]).up(services)
    for n, clip in enumerate(tube.clips):
        clip.comments = [Said(id=f"UgxComment00000000000000{n:02d}", at=AT)]
    good = tube.reply

    def reply(method: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        trouble = {vid(0): (403, "commentsDisabled"), vid(1): (404, "videoNotFound"), vid(2): (403, "forbidden")}
        if method == "commentThreads" and query["videoId"] in trouble:
            return refused(*trouble[query["videoId"]], domain="youtube.commentThread")
        return good(method, query)

    tube.reply = reply  # type: ignore[method-assign]
    (result,) = collect(services, store).results
    assert (result.state, result.new) == ("ok", 5)
    assert result.notes == ("The comments below a video could not be read this time.",)
    tube.reply = good  # type: ignore[method-assign]
    assert collect(services, store, after=timedelta(hours=1)).new == 1  # the one that was kept from us


def test_a_walk_that_is_broken_off_leaves_no_gap(store: Store) -> None:
    """The numbers cannot be had, and then the comments: the next visit has all of them."""
    services = Services()
    tube = Tube(clips=[Clip(id=vid(n), at=AT - n) for n in range(5)]).up(services)
    collect(services, store)
    tube.clips += [Clip(id=vid(100 + n), at=AT + 60 + n) for n in range(8)]
    tube.clips[0].comments = [Said(id="UgxComment0000000000000000", at=AT)]
    good = tube.reply
    for broken in ("videos", "commentThreads"):

        def reply(method: str, query: Mapping[str, str], broken: str = broken) -> tuple[int, dict[str, Any]]:
            return refused(503, "backendError") if method == broken else good(method, query)

        tube.reply = reply  # type: ignore[method-assign]
        (result,) = collect(services, store, after=timedelta(hours=8), retry=True).results
        assert (result.state, "problem of its own" in result.problem) == ("unreachable", True)
    tube.reply = good  # type: ignore[method-assign]
    collect(services, store, after=timedelta(hours=8), retry=True)
    assert len(stored(store)) == 14


def test_what_is_watched_is_bounded() -> None:
    """Fifty videos, the newest and those with the most comments; twelve requests for comments at a visit."""
    tube = Tube(clips=[Clip(id=vid(n), at=AT - n) for n in range(90)])
    for n, clip in enumerate(tube.clips):
        clip.comments = [Said(id=f"UgxComment{n:06d}{m:010d}", at=AT) for m in range(n % 45)]
    asked: list[str] = []
    ask = tube.ask

    def counting(request: Request) -> Answer:
        asked.append(urlsplit(request.url).path.rpartition("/")[2])
        return ask(request)

    tube.ask = counting  # type: ignore[method-assign]
    _, cursor = walk(tube, None)
    watched = remembered(cursor).videos
    assert (len(watched), asked.count("commentThreads"), len(asked)) == (50, 12, 16)
    assert {vid(n) for n in range(25)} | {vid(89), vid(44)} <= watched.keys()
    assert len(cursor or "") < 3_000


@pytest.mark.parametrize("cursor", ["1103", "{", "[]", '{"videos": {"x": [1, 2, 3]}}', '{"since": "x"}', "null"])
def test_an_odd_cursor_is_no_cursor(cursor: str) -> None:
    """Then it is as at a first visit."""
    assert remembered(cursor) == Memory()


def test_the_cursor_says_what_it_was_told() -> None:
    """Also of a search that is not at its end."""
    memory = Memory(since=5, before=9, newest=12, pages=3, videos={vid(1): Watched(published=4, counted=0, newest=0)})
    assert remembered(memory.written()) == memory


# --- budgets ----------------------------------------------------------------------------------------------------------


def test_searches_and_all_else_are_counted_and_days_begin_in_california(store: Store) -> None:
    """Every page is one; on the next day of Los Angeles there is as much again."""
    services = Services()
    Tube(clips=[Clip(id=vid(n), at=AT - n) for n in range(60)]).up(services)
    collect(services, store)
    midnight = datetime(2026, 3, 5, 8, tzinfo=UTC)
    with store.reading() as connection:
        used = [
            [spending.used(connection, budget, at) for budget in BUDGETS]
            for at in (NOW, midnight - timedelta(seconds=1), midnight)
        ]
    assert used == [[2, 2], [2, 2], [0, 0]]


def test_where_the_searches_are_used_up_the_rest_comes_later(store: Store) -> None:
    """In the middle of a visit: what was found is kept, and no search is made twice."""
    services = Services()
    tube = Tube(clips=[Clip(id=vid(n), at=AT - n) for n in range(120)]).up(services)
    reserve(store, BUDGETS, {SEARCHES: 41}, NOW)  # of the 42 that the morning may use
    (result,) = collect(services, store).results
    assert (result.state, result.new) == ("waiting", 50)
    assert "search 100 times a day; 42 of 100 searches are used today" in result.problem
    services.asked.clear()
    assert (
        collect(services, store, after=timedelta(hours=1)).new == 48
    )  # two of these stood at the end of the page before
    assert services.asked[0].query["publishedBefore"] == rfc(AT - 49 + 1)
    assert methods(services.asked).count("search") == 1
    assert tube.clips


def test_where_all_else_is_used_up_nothing_that_was_found_is_lost(store: Store) -> None:
    """The videos that a search found are looked at by the next visit, whole."""
    services = Services()
    Tube(clips=[Clip(id=vid(1), at=AT)]).up(services)
    reserve(store, BUDGETS, {UNITS: 4000}, NOW)
    with store.reading() as connection:
        left = BUDGETS[1].most - spending.used(connection, BUDGETS[1], NOW)
    assert left == 6000
    full = datetime(2026, 3, 5, 7, 59, tzinfo=UTC)
    reserve(store, BUDGETS, {UNITS: left}, full)
    services.now = full
    assert collect(services, store).results[0].state == "waiting"
    (mention,) = stored(store)
    assert mention.views is None
    collect(services, store, after=timedelta(minutes=2))
    (mention,) = stored(store)
    assert (mention.views, mention.text.endswith("old mill.")) == (1200, True)


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_search_without_a_key_says_how_to_get_one(store: Store) -> None:
    """In three steps; nothing of the budgets is used."""
    services = Services()
    Tube().up(services)
    (result,) = services.collect(store, FEED).results
    assert (result.state, "have a key" in result.problem) == ("refused", True)
    for step in ("console.cloud.google.com", "YouTube Data API v3", "LISTENING_YOUTUBE_KEY", "“channel”"):
        assert step in result.advice
    with store.reading() as connection:
        assert [spending.used(connection, budget, NOW) for budget in BUDGETS] == [0, 0]


GOOGLE = "googleapis.com"


@pytest.mark.parametrize(
    ("status", "error", "state", "said"),
    [
        (400, {"details": [{"reason": "API_KEY_INVALID", "domain": GOOGLE}]}, "refused", "does not know this key"),
        (400, {"errors": [{"reason": "keyInvalid", "domain": "usageLimits"}]}, "refused", "does not know this key"),
        (403, {"errors": [{"reason": "accessNotConfigured"}]}, "refused", "may not use YouTube yet"),
        (403, {"details": [{"reason": "SERVICE_DISABLED"}]}, "refused", "may not use YouTube yet"),
        (403, {"errors": [{"reason": "ipRefererBlocked"}]}, "refused", "restricted"),
        (403, {"details": [{"reason": "CONSUMER_SUSPENDED"}]}, "refused", "suspended"),
        (403, {"errors": [{"reason": "rateLimitExceeded"}], "message": "per minute"}, "refused", "too often"),
        (429, {"status": "RESOURCE_EXHAUSTED"}, "refused", "too often"),
        (403, {"message": "Method doesn't allow unregistered callers"}, "refused", "have a key"),
        (404, {"errors": [{"reason": "playlistNotFound"}]}, "refused", "no such channel"),
        (400, {"errors": [{"reason": "invalidParameter"}]}, "refused", "did not accept the question (400, invalid"),
        (403, {"errors": [{"reason": "forbidden"}]}, "refused", "refused to answer (403, forbidden)"),
        (500, {"errors": [{"reason": "backendError"}]}, "unreachable", "problem of its own (500, backendError)"),
        (200, "something is wrong", "refused", "refused to answer"),
    ],
)
def test_each_refusal_is_said_in_words(status: int, error: object, state: str, said: str) -> None:
    """With advice."""
    with pytest.raises(FeedError) as caught:
        answering({"error": error}, status)
    assert (state_of(caught.value), said in caught.value.problem) == (state, True), caught.value.problem
    assert caught.value.advice.endswith(".")


def test_after_a_refusal_all_is_there(store: Store) -> None:
    """Nothing is lost by it."""
    services = Services()
    services.answers(HOST, "/youtube/v3/search", {"error": {"errors": [{"reason": "backendError"}]}}, 500)
    (result,) = collect(services, store).results
    assert (result.state, result.advice.endswith(".")) == ("unreachable", True)
    Tube(clips=[Clip(id=vid(1), at=AT)]).up(services)
    del services.handlers[HOST, "/youtube/v3/search"]
    assert collect(services, store, after=timedelta(days=1), retry=True).new == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, {"errors": [{"reason": "quotaExceeded", "domain": "youtube.quota"}]}),
        (403, {"errors": [{"reason": "dailyLimitExceeded", "domain": "usageLimits"}]}),
        (
            429,
            {
                "status": "RESOURCE_EXHAUSTED",
                "message": "Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries per day'.",
                "errors": [{"reason": "rateLimitExceeded"}],
            },
        ),
        (429, {"details": [{"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit": "DefaultPerDayPerProject"}}]}),
    ],
)
def test_a_spent_quota_rests_until_midnight_in_california(store: Store, status: int, error: object) -> None:
    """By the date in the answer; it is no failure, and not even --retry asks before."""
    services = Services()
    services.answers(HOST, "/youtube/v3/search", {"error": error}, status, Date="Wed, 04 Mar 2026 17:00:00 GMT")
    (result,) = collect(services, store).results
    assert (result.state, "used up" in result.problem) == ("waiting", True)
    with store.reading() as connection:
        state = feed_states(connection)["Videos"]
    assert (state.not_before, state.failures) == (datetime(2026, 3, 5, 8, tzinfo=UTC), 0)
    services.asked.clear()
    collect(services, store, after=timedelta(hours=14), retry=True)
    assert services.asked == []
    collect(services, store, after=timedelta(hours=2))
    assert len(services.asked) == 1


@pytest.mark.parametrize("date", ["", "soon"])
def test_a_spent_quota_without_a_date_is_a_refusal(date: str) -> None:
    """Then the run's own back-off does."""
    with pytest.raises(FeedRefused, match="used up") as caught:
        parsed({"error": {"errors": [{"reason": "quotaExceeded"}]}}, 403, date=date)
    assert not isinstance(caught.value, BudgetSpent)


@pytest.mark.parametrize(
    ("body", "state", "said"),
    [
        ("<html><title>Just a moment...</title></html>", "blocked", "browser"),
        ("<html><title>Sorry</title></html>", "unreadable", "web page"),
        ('{"kind": "youtube#searchListResponse", "items": [{"id"', "unreadable", "cut short"),
        ({"kind": "youtube#searchListResponse", "items": "none"}, "unreadable", "not with what was asked"),
        ({"kind": "youtube#videoListResponse", "items": []}, "unreadable", "not with what was asked"),
        ({"kind": "youtube#searchListResponse", "items": [{"id": 7}, 8]}, "unreadable", "not with what was asked"),
        ({"message": "hello"}, "unreadable", "not with what was asked"),
        ([1, 2], "unreadable", "not with videos"),
        ("", "unreadable", "empty"),
        (channel_feed(""), "unreadable", "not videos or comments"),
    ],
)
def test_what_is_no_answer_never_passes_for_silence(body: object, state: str, said: str) -> None:
    """A page, half a JSON, wrong types, another list, a feed in place of JSON."""
    with pytest.raises(FeedError) as caught:
        answering(body)
    assert (state_of(caught.value), said in caught.value.problem) == (state, True), caught.value.problem


def test_wrong_types_within_an_answer_cost_no_more_than_themselves() -> None:
    """Entries that are no objects, ids that are numbers, times that are none."""
    good = Clip(id=vid(1), at=AT).resource()
    odd = [7, None, {"id": 5}, {"id": {"videoId": 3}, "snippet": {}}, {"id": vid(2), "snippet": {"publishedAt": 9}}]
    page = parsed({"kind": "youtube#videoListResponse", "items": [*odd, good]})
    assert [(post.key, post.published_at) for post in page.posts] == [(vid(2), None), (vid(1), NOW)]


def test_no_results_are_no_failure() -> None:
    """A list without items, also where the items are left out."""
    for body in ({"kind": "youtube#searchListResponse"}, {"kind": "youtube#searchListResponse", "items": []}):
        page = answering(body)
        assert (page.posts, page.next) == ((), None)


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (404, "<html><title>Error 404 (Not Found)!!1</title></html>", "refused", "does not find the feed"),
        (500, "", "unreachable", "500"),
        (429, "", "refused", "too often"),
        (200, "<html><title>Before you continue to YouTube</title></html>", "refused", "login page"),
        (200, '<rss version="2.0"><channel><item><title>A</title></item></channel></rss>', "unreadable", "not one of"),
        (200, '{"items": []}', "unreadable", "JSON"),
    ],
)
def test_a_channels_feed_that_fails_says_so(status: int, body: str, state: str, said: str) -> None:
    """YouTube's feeds do, for hours."""
    request = youtube.locate(OURS, None, {})
    with pytest.raises(FeedError) as caught:
        youtube.parse(Answer(status=status, headers={}, url=request.url, body=body.encode(), request=request), OURS)
    assert (state_of(caught.value), said in caught.value.problem) == (state, True), caught.value.problem


def test_a_page_on_cookies_in_place_of_a_feed_is_said() -> None:
    """As it is shown in the European Union."""
    answer = Answer(status=200, headers={}, url="https://consent.youtube.com/m?continue=x", body=b"<html></html>")
    with pytest.raises(FeedError, match="cookies"):
        youtube.parse(answer, OURS)


def test_the_key_goes_to_the_api_alone_and_is_told_to_nobody(store: Store) -> None:
    """Not in an address, not in an error that names it, not in the store, and not where a redirect leads."""
    services = Services()
    consumer = f"Permission denied: Consumer 'api_key:{KEY}' has been suspended."
    services.answers(HOST, "/youtube/v3/search", {"error": {"message": consumer, "status": KEY}}, 403)
    (result,) = collect(services, store).results
    assert KEY not in repr(result)
    services.answers(HOST, "/youtube/v3/search", "", 302, Location="https://elsewhere.example/youtube/v3/search")
    services.answers("elsewhere.example", "/youtube/v3/search", {"kind": "youtube#searchListResponse"})
    collect(services, store, after=timedelta(days=1), retry=True)
    for asked in services.asked:
        assert KEY not in json.dumps(dict(asked.query))
        assert (HEADER in asked.headers) == (asked.host == HOST), asked.host
    for file in Path(urlsplit(store.url).path).parent.iterdir():
        assert KEY.encode() not in file.read_bytes()


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"search": "a", "channel": CHANNEL}, "channel"),
        ({"channel": "@quillhaven"}, "channel"),
        ({"channel": f"https://www.youtube.com/channel/{CHANNEL}"}, "channel"),
        ({"search": '""'}, "search"),
        ({"search": "a", "comments": "some"}, "comments"),
        ({"search": "a", "region": "USA"}, "region"),
        ({"search": "a", "language": "english"}, "language"),
        ({"channel": CHANNEL, "region": "US"}, "region"),
        ({}, "search"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(options: dict[str, str], key: str) -> None:
    """With the key and what to write."""
    with pytest.raises(SettingsError) as caught:
        check("youtube", options)
    assert (caught.value.key, bool(caught.value.advice)) == (key, True)


def test_settings_that_can_be_used_are_taken() -> None:
    """All of them."""
    check("youtube", {"search": "Quillhaven", "comments": "false", "region": "US", "language": "zh-Hans"})
    check("youtube", {"channel": CHANNEL, "comments": "true"})


# --- posts that are known, and conversations --------------------------------------------------------------------------

COMMENT = "UgxComment0000000000000000"


def known(key: str, **more: Any) -> Post:
    """A post that is stored."""
    return Post(source="youtube", feed="Videos", key=key, text="Quillhaven", **more)


def test_known_videos_are_looked_up_together() -> None:
    """Their numbers and words as they are now; those that are not there may come back."""
    tube = Tube(clips=[Clip(id=vid(n), at=AT, title="Quillhaven, edited") for n in range(3)])
    posts = [known(vid(n)) for n in range(5)]
    request = youtube.refresh(posts, FEED, SECRETS)
    assert request is not None
    assert (request.headers, dict(request.costs)) == ({HEADER: KEY}, {UNITS: 1})
    found = youtube.refreshed(tube.ask(request), posts, FEED)
    assert [(post.key, post.title, post.views) for post in found.posts] == [
        (vid(n), "Quillhaven, edited", 1200) for n in range(3)
    ]
    assert (found.gone, found.missing) == ((), (vid(3), vid(4)))


def test_known_comments_are_looked_up_together_and_keep_their_place() -> None:
    """A comment that is asked for by its id does not say below which video it stands."""
    said = Said(id=COMMENT, at=AT, text="Edited.", answers=[Said(id=f"{COMMENT}.answer", at=AT)])
    tube = Tube(clips=[Clip(id=vid(1), at=AT, comments=[said])])
    url = f"https://www.youtube.com/watch?v={vid(1)}&lc="
    posts = [
        known(COMMENT, url=url + COMMENT, reply_to=vid(1)),
        known(f"{COMMENT}.answer", url=f"{url}{COMMENT}.answer", reply_to=COMMENT),
        known(vid(1)),
        known("UgxDeleted0000000000000000"),
    ]
    request = youtube.refresh(posts, FEED, SECRETS)
    assert request is not None
    assert urlsplit(request.url).path == "/youtube/v3/comments"
    found = youtube.refreshed(tube.ask(request), posts, FEED)
    assert [(post.text, post.url, post.reply_to) for post in found.posts] == [
        ("Edited.", url + COMMENT, vid(1)),
        ("The Quillhaven ferry is lovely.", f"{url}{COMMENT}.answer", COMMENT),
    ]
    assert found.missing == ("UgxDeleted0000000000000000",)


def test_a_look_up_that_fails_says_nothing_of_deletions() -> None:
    """Nor does an answer of another kind; one post that is not found is missing."""
    posts = [known(vid(1)), known(vid(2))]
    for status, body in ((500, {}), (200, {"kind": "youtube#commentListResponse"}), refused(403, "quotaExceeded")):
        with pytest.raises(FeedError):
            youtube.refreshed(Answer(status=status, headers={}, url="", body=json.dumps(body).encode()), posts, FEED)
    answer = Answer(status=404, headers={}, url="", body=json.dumps(refused(404, "commentNotFound")[1]).encode())
    assert youtube.refreshed(answer, [known(COMMENT)], FEED).missing == (COMMENT,)
    with pytest.raises(FeedError):
        youtube.refreshed(answer, [known(COMMENT), known(f"{COMMENT}.answer")], FEED)


def test_without_a_key_nobody_is_asked() -> None:
    """Neither for known posts nor for a conversation."""
    assert youtube.refresh([known(vid(1))], FEED, {}) is None
    assert youtube.thread(known(vid(1)), FEED, {}) is None


def talk(tube: Tube, post: Post) -> list[tuple[str, str | None]]:
    """The posts around one, each with what it answers."""
    request = youtube.thread(post, FEED, SECRETS)
    found: list[tuple[str, str | None]] = []
    while request is not None:
        page = youtube.conversation(tube.ask(request), post, FEED)
        found += [(each.key, each.reply_to) for each in page.posts]
        request = page.next
    return found


def test_a_conversation_has_what_is_below_and_what_is_above() -> None:
    """Of a video its comments, over several pages; of a comment the answers and the video; of an answer all of them."""
    answers = [Said(id=f"{COMMENT}.answer{n}", at=AT) for n in range(2)]
    clip = Clip(id=vid(1), at=AT, comments=[Said(id=COMMENT, at=AT, answers=answers)])
    clip.comments += [Said(id=f"UgxOther{n:018d}", at=AT - 1 - n) for n in range(150)]
    tube = Tube(clips=[clip])
    below = talk(tube, known(vid(1)))
    assert len(below) == 153
    assert below[:2] == [(COMMENT, vid(1)), (f"{COMMENT}.answer0", COMMENT)]
    url = f"https://www.youtube.com/watch?v={vid(1)}&lc="
    assert talk(tube, known(COMMENT, url=url + COMMENT)) == [
        (f"{COMMENT}.answer0", COMMENT),
        (f"{COMMENT}.answer1", COMMENT),
        (vid(1), None),
    ]
    assert talk(tube, known(f"{COMMENT}.answer0", url=f"{url}{COMMENT}.answer0")) == [
        (f"{COMMENT}.answer1", COMMENT),
        (COMMENT, vid(1)),
        (vid(1), None),
    ]


def test_a_conversation_below_a_video_without_comments_is_empty_and_says_so() -> None:
    """A refusal of another kind is one."""
    request = youtube.thread(known(vid(1)), FEED, SECRETS)
    assert request is not None
    closed = youtube.conversation(Tube(clips=[Clip(id=vid(1), at=AT, closed=True)]).ask(request), known(vid(1)), FEED)
    assert (closed.posts, closed.notes) == ((), ("The comments below this video are switched off.",))
    answer = Answer(status=403, headers={}, url="", body=json.dumps(refused(403, "forbidden")[1]).encode())
    with pytest.raises(FeedError):
        youtube.conversation(answer, known(vid(1)), FEED)


# --- real answers -----------------------------------------------------------------------------------------------------

captures = pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")


def real(kind: str) -> list[Path]:
    """The real answers of one kind."""
    folder = Path(os.environ["LISTENING_CAPTURES"]) / kind
    return sorted(file for file in folder.iterdir() if file.name != "responses.json")


@pytest.mark.captures
@captures
def test_real_answers_of_the_api_are_read() -> None:
    """55 posts of searches, 5 of lists of videos, 14 comments; lists of channels and errors are none."""
    counted = {"search": 0, "videos": 0, "comment": 0}
    failed = []
    for file in real("youtube_json"):
        try:
            page = youtube.parse(Answer(status=200, headers={}, url="", body=file.read_bytes()), FEED)
        except FeedError:
            failed.append(file.name.removeprefix("sns-sdks__"))
            continue
        assert all(post.published_at and post.author and post.author_url for post in page.posts)
        counted[next(kind for kind in counted if f"__{kind}" in file.name)] += len(page.posts)
    assert counted == {"search": 55, "videos": 5, "comment": 14}
    assert failed == ["channels_info_multiple.json", "channels_update_resp.json", "error_response_simple.json"]


@pytest.mark.captures
@captures
def test_real_feeds_of_channels_are_read() -> None:
    """119 videos with views, all but two with ratings; by the fast reader as by the thorough one."""
    total = liked = 0
    for file in real("youtube_rss"):
        body = file.read_bytes()
        page = youtube.parse(Answer(status=200, headers={}, url="", body=body), OURS)
        assert all(post.views is not None and post.author and len(post.key) == 11 for post in page.posts)
        total += len(page.posts)
        liked += sum(post.likes is not None for post in page.posts)
        fast, thorough = _fast.read(body), _thorough.read(body, "")
        assert thorough is not None
        assert fast is None or [each.ratings for each in fast.entries] == [each.ratings for each in thorough.entries]
    assert (total, liked) == (119, 117)
