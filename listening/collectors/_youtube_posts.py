"""Videos and comments of YouTube as posts, from every form in which its API and its feeds give them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from listening.collectors import _dates, rss
from listening.collectors._entry import Entry
from listening.collectors._values import count, identity, mapping, mappings, text
from listening.models import Feed, Post
from listening.text import canonical_url, plain, tidy

SITE = "https://www.youtube.com"
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_WATCHED = re.compile(r"[?&]v=([A-Za-z0-9_-]{11})(?:&|$)")


def is_video(key: str) -> bool:
    """Whether a key is a video's: those have eleven characters, and a comment's are longer."""
    return _VIDEO.fullmatch(key) is not None


def video_of(post: Post) -> str:
    """The video that a post is, or stands below; "" where that is not known."""
    if is_video(post.key):
        return post.key
    found = _WATCHED.search(post.url)
    return found[1] if found else ""


def video(item: Mapping[str, Any], feed: Feed) -> Post | None:
    """A video as a search, a list of videos or a list of uploads gives it; None for what is no public video."""
    snippet, details, numbers = (mapping(item.get(name)) for name in ("snippet", "contentDetails", "statistics"))
    found = isinstance(item.get("id"), dict)
    key = text(mapping(item.get("id")).get("videoId")) if found else identity(item.get("id"))
    published = snippet.get("publishedAt")
    if resource := mapping(snippet.get("resourceId")):  # an entry of a playlist: its own id and time say nothing
        key = text(resource.get("videoId"))
        published = details.get("videoPublishedAt") if details else published
        if published is None:
            return None  # deleted or private
    if not is_video(key) or not snippet:
        return None
    title = text(snippet.get("title"))
    channel = text(snippet.get("channelTitle"))
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=f"{SITE}/watch?v={key}",
        # Titles are escaped in the answers of searches, and nowhere else.
        title=" ".join(tidy(html.unescape(title) if found else title).split()),
        text=tidy(text(snippet.get("description"))),
        author=tidy(channel) or None,
        author_url=_channel(snippet.get("channelId")),
        language=feed.language
        or rss.language_tag(text(snippet.get("defaultLanguage")) or text(snippet.get("defaultAudioLanguage"))),
        published_at=_dates.iso(published),
        likes=count(numbers.get("likeCount")),
        replies=count(numbers.get("commentCount")),
        views=count(numbers.get("viewCount")),
        sensitive=mapping(details.get("contentRating")).get("ytRating") == "ytAgeRestricted",
    )


def thread(item: Mapping[str, Any], feed: Feed, video: str = "") -> Iterator[Post]:
    """A comment with those of the answers to it that stand beside it."""
    snippet = mapping(item.get("snippet"))
    video = text(snippet.get("videoId")) or video
    top = comment(mapping(snippet.get("topLevelComment")), feed, video, answers=count(snippet.get("totalReplyCount")))
    if top is not None:
        yield top
    for reply in mappings(mapping(item.get("replies")).get("comments")):
        if (post := comment(reply, feed, video)) is not None:
            yield post


def comment(item: Mapping[str, Any], feed: Feed, video: str = "", *, answers: int | None = None) -> Post | None:
    """One comment below a video, or an answer to one; None for what is none."""
    key = identity(item.get("id"))
    snippet = mapping(item.get("snippet"))
    if not key or is_video(key) or not ("textOriginal" in snippet or "textDisplay" in snippet):
        return None
    video = text(snippet.get("videoId")) or video
    published, updated = _dates.iso(snippet.get("publishedAt")), _dates.iso(snippet.get("updatedAt"))
    author = tidy(text(snippet.get("authorDisplayName")))
    said = mapping(snippet.get("authorChannelId")).get("value")
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=f"{SITE}/watch?v={video}&lc={quote(key, safe='')}" if is_video(video) else "",
        # What is displayed may be markup also where plain text was asked for.
        text=tidy(text(snippet.get("textOriginal"))) or plain(text(snippet.get("textDisplay"))),
        author=author or None,
        author_url=_channel(said) or canonical_url(text(snippet.get("authorChannelUrl"))) or None,
        language=feed.language,
        published_at=published,
        edited_at=updated if published and updated and updated > published else None,
        likes=count(snippet.get("likeCount")),
        replies=answers,
        reply_to=text(snippet.get("parentId")) or video or None,
    )


def entry(found: Entry, feed: Feed, language: str) -> Post | None:
    """A video as the feed of its channel gives it; None for an entry that is no video."""
    key = found.id.removeprefix("yt:video:")
    if not is_video(key):
        watched = _WATCHED.search(found.link)
        key = watched[1] if watched else ""
    if not key:
        return None
    author = tidy(found.authors[0]) if found.authors else ""
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=f"{SITE}/watch?v={key}",
        title=" ".join(tidy(found.title).split()),
        text=tidy(max(found.texts, key=len, default="")),
        author=author or None,
        author_url=canonical_url(found.author_url) or None,
        language=feed.language or rss.language_tag(language),
        # The feed's "updated" moves with the counts: it tells nothing of an edit.
        published_at=found.published or found.updated,
        # Those who rated it: since YouTube tells no dislikes, likes alone. 0 stands also where they are hidden.
        likes=count(found.ratings.strip()) or None,
        views=count(found.views.strip()),
    )


def _channel(identity: object) -> str | None:
    """The address of a channel by its id."""
    return f"{SITE}/channel/{identity}" if isinstance(identity, str) and _CHANNEL.fullmatch(identity) else None
