"""Videos on YouTube that hold some words, or those of one channel, and the comments below them.

With a key by YouTube's Data API (developers.google.com/youtube/v3); a channel also without one, by its feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from listening.collectors import _options, rss
from listening.collectors._answers import not_a_feed, refuse, several
from listening.collectors._values import mapping, mappings, text
from listening.collectors._youtube_api import BUDGETS, KEY, answered, call, in_words, listed, refusal
from listening.collectors._youtube_posts import SITE, comment, entry, is_video, video, video_of
from listening.collectors._youtube_posts import thread as with_answers
from listening.collectors._youtube_walk import CLOSED, Visit, look_up, start, step, threads
from listening.collectors.protocols import Refreshed
from listening.errors import FeedBlocked, FeedRefused, FeedUnreadable, SettingsError
from listening.models import NO_COSTS, Answer, Budget, Feed, Page, Post, Request, TextKind

SOURCE = "youtube"
LABEL = "YouTube"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "search": "The words to search for in all of YouTube; a phrase in quotes: '\"Town of Quillhaven\"'. Needs a key.",
    "channel": "In place of search: the id of one channel, which begins with UC.",
    "comments": "Whether the comments below the videos are read too, true or false; without it true. Needs a key.",
    "region": "Only what can be watched in this country, by two letters: US.",
    "language": "Rather what is in this language, by two letters: en.",
}
CANNOT_SEE = (
    "Sees videos whose title or description holds the words, not what is said in them; comments only below these "
    "videos, and up to five answers to each; without a key only the newest 15 videos of single channels. YouTube's "
    "search leaves some videos out."
)
DELETIONS = (
    "With a key, a video or comment that YouTube does not have any more on two different days is emptied, for two "
    "weeks after it was published; without a key nobody can be asked."
)
EMPTY_MEANS_BLOCKED = False

AT_ONCE = 50
_PAUSE = 2.0
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_TALK_PAGES = 3
_WHERE = (
    "On the channel's page open its description (“more”), then “Share channel” and “Copy channel ID”: it begins with "
    "UC and has 24 characters."
)


def check(options: Mapping[str, str]) -> None:
    """Refuse options that name neither words nor a channel, or both."""
    search, channel = options.get("search", "").strip(), options.get("channel", "").strip()
    if search and channel:
        raise SettingsError(
            "A YouTube feed takes “search” or “channel”, not both.", "Make two feeds of it.", key="channel"
        )
    if channel and not _CHANNEL.fullmatch(channel):
        raise SettingsError(f"“{channel}” is not the id of a channel.", _WHERE, key="channel")
    if not channel and not any(letter.isalnum() for letter in _options.required(options, "search", "Quillhaven")):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")
    if options.get("comments", "true").strip().lower() not in ("true", "false", ""):
        raise SettingsError(
            "“comments” is neither true nor false.", "Write comments = true, or leave it out.", key="comments"
        )
    for key, form, example in (("region", "[A-Za-z]{2}", "US"), ("language", "[A-Za-z]{2}(?:-[A-Za-z]{4})?", "en")):
        value = options.get(key, "").strip()
        if value and not re.fullmatch(form, value):
            raise SettingsError(f"“{value}” is no {key} in two letters.", f'For example: {key} = "{example}"', key=key)
        if value and channel:
            raise SettingsError(f"“{key}” only works with “search”.", f"Leave “{key}” out.", key=key)


def budgets(feed: Feed) -> Sequence[Budget]:
    """What a key may ask in a day: searches, and all else."""
    return BUDGETS


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest videos: by the API, or a channel's feed where there is no key or comments are not wanted."""
    key = secrets.get(KEY, "").strip()
    channel = feed.options.get("channel", "").strip()
    if channel and (not key or feed.options.get("comments", "").strip().lower() == "false"):
        return Request(url=f"{SITE}/feeds/videos.xml?{urlencode({'channel_id': channel})}", pause=_PAUSE)
    request = start(feed, cursor, key)
    return request if key else replace(request, costs=NO_COSTS)  # it is refused, and uses nothing up


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn an answer into posts; a refusal is raised as a FeedError."""
    carried = answer.request.carry if answer.request is not None else None
    if isinstance(carried, Visit):
        return step(answer, feed, carried)
    if answer.request is None and answer.body.lstrip()[:1] in (b"{", b"["):
        return _saved(answer, feed)
    return _channel(answer, feed)


def _channel(answer: Answer, feed: Feed) -> Page:
    """The videos in a channel's feed."""
    if (urlsplit(answer.url).hostname or "").startswith("consent."):
        raise FeedBlocked(
            "YouTube shows a page on cookies in place of the channel's feed.",
            f"Set a key ({KEY}): the API has no such page.",
        )
    if answer.status == 404:
        raise FeedRefused(
            "YouTube does not find the feed of this channel (404).",
            "Check the channel's id. If it is right, wait: YouTube's feeds fail for hours at times, and it is tried "
            "again.",
        )
    refuse(answer)
    document = rss.read(answer)
    if document is None:
        raise not_a_feed(answer, "the feed of a channel")
    posts: dict[str, Post] = {}
    for each in document.entries:
        if (post := entry(each, feed, each.language or document.language)) is not None:
            posts.setdefault(post.key, post)
    unusable = len(document.entries) - len(posts)
    if unusable and not posts:
        raise FeedUnreadable("This is a feed, but not one of videos on YouTube.", _WHERE)
    wanted = feed.options.get("comments", "").strip().lower() == "true" and answer.request is not None
    return Page(
        posts=tuple(posts.values()),
        skipped=(f"{several(unusable, 'entry', 'entries')} twice or without a video",) if unusable else (),
        notes=(f"Comments are read only with a key ({KEY}).",) if wanted else (),
    )


def _saved(answer: Answer, feed: Feed) -> Page:
    """The posts in a saved answer of any of the API's lists, or in one item of them."""
    data = answered(answer)
    items = [data] if "snippet" in data and "items" not in data else listed(data)
    posts: dict[str, Post] = {}
    for item in mappings(items):
        for post in _posts(item, feed):
            posts.setdefault(post.key, post)
    if items and not posts:
        raise FeedUnreadable(
            "This is an answer of YouTube, but not one with videos or comments.",
            "Try a saved answer of search, videos, playlistItems, commentThreads or comments.",
        )
    return Page(posts=tuple(posts.values()))


def _posts(item: Mapping[str, Any], feed: Feed) -> Iterator[Post]:
    if "topLevelComment" in mapping(item.get("snippet")):
        yield from with_answers(item, feed)
    elif (post := comment(item, feed) or video(item, feed)) is not None:
        yield post


# --- posts that are known ---------------------------------------------------------------------------------------------


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for the videos, or for the comments, among these posts: those of the kind that the first one is."""
    key = secrets.get(KEY, "").strip()
    if not key or not posts:
        return None
    keys = _of_a_kind(posts)
    if is_video(keys[0]):
        return look_up(keys, key=key)
    return _by_id(keys, key=key)


def _of_a_kind(posts: Sequence[Post]) -> tuple[str, ...]:
    return tuple(post.key for post in posts if is_video(post.key) == is_video(posts[0].key))[:AT_ONCE]


def _by_id(keys: Sequence[str], *, key: str = "", carry: object = None) -> Request:
    asked = {"part": "snippet", "id": ",".join(keys), "textFormat": "plainText"}
    return call("comments", asked, key=key, carry=carry)


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """These as they are now. YouTube leaves out what was deleted, and what is private for a while."""
    asked = _of_a_kind(posts)
    said = refusal(answer)
    if said is not None and len(asked) == 1 and said.reasons & {"videoNotFound", "commentNotFound"}:
        return Refreshed(missing=asked)
    data = answered(answer)
    known = {post.key: post for post in posts if post.key in asked}
    now: dict[str, Post] = {}
    there: set[str] = set()
    for item in mappings(listed(data, "video" if is_video(asked[0]) else "comment")):
        there.add(text(item.get("id")))
        post = video(item, feed) if is_video(asked[0]) else comment(item, feed)
        if post is not None and post.key in known:
            before = known[post.key]
            # A comment that is asked for by its id does not say below which video it stands.
            now[post.key] = replace(post, url=post.url or before.url, reply_to=post.reply_to or before.reply_to)
    return Refreshed(posts=tuple(now.values()), missing=tuple(key for key in asked if key not in there))


# --- conversations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Talk:
    """Where the reading of a conversation stands: around which comment, below which video."""

    step: Literal["threads", "answers", "top", "video"]
    video: str
    top: str = ""
    page: int = 0


def thread(post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for the comments below a video; of a comment for the answers to it, then for what stands above it.

    YouTube keeps answers to an answer beside it, below the same comment: so these belong to it as well.
    """
    key = secrets.get(KEY, "").strip()
    if not key:
        return None
    below = video_of(post)
    if is_video(post.key):
        return _talk(_Talk(step="threads", video=below), key=key)
    return _talk(_Talk(step="answers", video=below, top=post.key.partition(".")[0]), key=key)


def _talk(talk: _Talk, token: str = "", key: str = "") -> Request:
    if talk.step == "threads":
        return threads(talk.video, token, key=key, carry=talk)
    if talk.step == "video":
        return look_up((talk.video,), key=key, carry=talk)
    if talk.step == "top":
        return _by_id((talk.top,), key=key, carry=talk)
    asked = {"part": "snippet", "parentId": talk.top, "maxResults": "100", "textFormat": "plainText"}
    return call("comments", asked | ({"pageToken": token} if token else {}), key=key, carry=talk)


def conversation(answer: Answer, post: Post, feed: Feed) -> Page:
    """The comments and answers around a post, then the comment and the video above it."""
    carried = answer.request.carry if answer.request is not None else None
    talk = carried if isinstance(carried, _Talk) else _Talk(step="threads", video=video_of(post))
    said = refusal(answer)
    if said is not None and talk.step == "threads" and "commentsDisabled" in said.reasons:
        return Page(posts=(), notes=("The comments below this video are switched off.",))
    if said is not None and not said.reasons & (CLOSED | {"commentNotFound"}):
        raise in_words(said, answer)
    if said is not None:  # what was asked for is gone; what stands above it may be there
        return Page(posts=(), next=_above(talk, post))
    data = answered(answer)
    items = listed(data)
    posts = {found.key: found for item in mappings(items) for found in _around(item, talk, feed)}
    posts.pop(post.key, None)
    token = text(data.get("nextPageToken"))
    if token and items and talk.page + 1 < _TALK_PAGES and talk.step in ("threads", "answers"):
        return Page(posts=tuple(posts.values()), next=_talk(replace(talk, page=talk.page + 1), token))
    return Page(posts=tuple(posts.values()), next=_above(talk, post))


def _above(talk: _Talk, post: Post) -> Request | None:
    if talk.step == "answers" and talk.top != post.key:
        return _talk(replace(talk, step="top"))
    if talk.step in ("answers", "top") and talk.video:
        return _talk(replace(talk, step="video"))
    return None


def _around(item: Mapping[str, Any], talk: _Talk, feed: Feed) -> Iterator[Post]:
    if talk.step == "threads":
        yield from with_answers(item, feed, talk.video)
    elif (found := video(item, feed) if talk.step == "video" else comment(item, feed, talk.video)) is not None:
        yield found
