"""Posts of X (API v2) as it gives them: escaped, shortened, and spread over several lists."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from listening.collectors import _dates
from listening.collectors._values import count, identity, mapping, mappings, text
from listening.models import Feed, Post
from listening.text import canonical_url, tidy

SITE = "https://x.com"

_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_NAME = re.compile(r"\w{1,50}", re.ASCII)
_SHORT = re.compile(r"https?://t\.co/\w+", re.ASCII)
_PICTURE = re.compile(r"https?://(?:www\.)?(?:twitter|x)\.com/[^?#]+/status/[0-9]+/(?:photo|video)/[0-9]+", re.ASCII)
_REPOSTED = re.compile(r"RT @\w{1,20}: ")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?", re.ASCII)

_NO_LANGUAGE = ("und", "zxx", "art", "qam", "qct", "qht", "qme", "qst")
"""Undetermined, and what X says of posts without words: only mentions, cashtags, hashtags, media, or too short."""
_OLD_NAMES = {"in": "id", "iw": "he", "ji": "yi"}

_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
_FIRST_WITH_TIME = 1 << 35
"""Ids from here on hold the millisecond that the post was made in; older ones were counted up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What an answer gives beside its posts: who wrote them, and the posts that they pass on, by id."""

    users: Mapping[str, Mapping[str, Any]]
    posts: Mapping[str, Mapping[str, Any]]


def around(data: Mapping[str, Any]) -> Around:
    """The accounts and posts in an answer's ``includes``."""
    includes = mapping(data.get("includes"))
    return Around(users=_by_id(includes.get("users")), posts=_by_id(includes.get("tweets")))


def _by_id(values: object) -> Mapping[str, Mapping[str, Any]]:
    return {key: value for value in mappings(values) if (key := identity(value.get("id")))}


def number(value: object) -> int | None:
    """An id of X as the number that it is; None for anything else."""
    said = identity(value)
    return int(said) if _ID.fullmatch(said) else None


def post_of(data: Mapping[str, Any], beside: Around, feed: Feed) -> Post | None:
    """Turn one post of the API into ours, known by the id of its first version; None where it has no id."""
    latest = identity(data.get("id"))
    if not _ID.fullmatch(latest):
        return None
    user = beside.users.get(identity(data.get("author_id")), {})
    name = said if _NAME.fullmatch(said := text(user.get("username"))) else ""
    references = _references(data)
    is_repost = "retweeted" in references
    first = history(data, latest)[0]
    made = _dates.iso(data.get("created_at")) or moment(latest)
    # What a repost is said to have are the numbers of the post that it passes on, which are nobody's twice.
    numbers = {} if is_repost else mapping(data.get("public_metrics"))
    return Post(
        source=feed.source,
        feed=feed.name,
        key=first,
        url=f"{SITE}/{name or 'i/web'}/status/{latest}",
        text=_words(data, beside, references.get("retweeted", "")),
        author=f"@{name}" if name else None,
        author_url=f"{SITE}/{name}" if name else None,
        author_followers=count(mapping(user.get("public_metrics")).get("followers_count")),
        language=_language(text(data.get("lang"))) if "lang" in data else feed.language,
        published_at=made if first == latest else moment(first) or made,
        edited_at=None if first == latest else made,
        likes=count(numbers.get("like_count")),
        replies=count(numbers.get("reply_count")),
        reposts=_passed_on(numbers),
        views=count(numbers.get("impression_count")),
        reply_to=references.get("replied_to"),
        sensitive=data.get("possibly_sensitive") is True,
    )


def history(data: Mapping[str, Any], latest: str) -> list[str]:
    """The ids of all versions of a post, oldest first: an edit gives it a new one."""
    versions = data.get("edit_history_tweet_ids")
    ids = {identity(value) for value in versions} if isinstance(versions, list) else set()
    return sorted((key for key in {*ids, latest} if _ID.fullmatch(key)), key=int)


def moment(key: str) -> datetime | None:
    """When a post was made, as its id tells; None for ids that do not."""
    if not _ID.fullmatch(key) or int(key) < _FIRST_WITH_TIME:
        return None
    return _EPOCH + timedelta(milliseconds=int(key) >> 22)


def _references(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Which posts it answers, quotes or passes on: ids by kind."""
    return {
        text(reference.get("type")): key
        for reference in mappings(data.get("referenced_tweets"))
        if _ID.fullmatch(key := identity(reference.get("id")))
    }


def _passed_on(numbers: Mapping[str, Any]) -> int | None:
    """How often it was passed on, without words or with some."""
    reposts = count(numbers.get("retweet_count"))
    return None if reposts is None else reposts + (count(numbers.get("quote_count")) or 0)


def _language(said: str) -> str | None:
    said = _OLD_NAMES.get(said, said)
    return said if said not in _NO_LANGUAGE and _LANGUAGE.fullmatch(said) else None


def _words(data: Mapping[str, Any], beside: Around, original: str) -> str:
    """The whole text as its author wrote it; of a repost that of the post which it passes on, where it was given."""
    shown = _text(data)
    passed_on = beside.posts.get(original)
    prefix = _REPOSTED.match(shown)
    if passed_on is None or prefix is None:
        return shown
    return tidy(prefix[0] + _text(passed_on))


def _text(data: Mapping[str, Any]) -> str:
    # Posts beyond the usual length are cut in ``text`` and stand whole in ``note_tweet``.
    note = mapping(data.get("note_tweet"))
    words = text(note.get("text")) or text(data.get("text"))
    links = dict([*_links(data), *_links(note)])
    written = _SHORT.sub(lambda found: links.get(found[0], found[0]), html.unescape(words))
    return tidy(written)


def _links(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What X's short links stand for; those to a post's own pictures and films stand for no words."""
    for link in mappings(mapping(data.get("entities")).get("urls")):
        address = text(link.get("expanded_url"))
        if address:
            yield text(link.get("url")), "" if _PICTURE.fullmatch(address) else canonical_url(address) or address
