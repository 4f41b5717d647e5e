"""What Reddit's feeds and its API call posts and comments, as posts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from listening.collectors import _dates
from listening.collectors._entry import Entry
from listening.collectors._values import count, text
from listening.models import Feed, Post
from listening.text import canonical_url, plain, tidy

SITE = "https://www.reddit.com"
_DEPTH = 20  # answers to answers to answers

KEY = re.compile(r"t[13]_[a-z0-9]+")
_PLACE = re.compile(r"/comments/([a-z0-9]+)(?:/[^/]*(?:/([a-z0-9]+))?)?/?$")
_TAIL = re.compile(r"\s*\[link\]\s*\[(?:([0-9]{1,7}) )?comments?\]\s*")
_FRAME = re.compile(r"<!-- SC_OFF -->(.*?)<!-- SC_ON -->", re.DOTALL)
_FIRST_LINE = "submitted by"
_TAKEN_AWAY = ("[removed]", "[deleted]")


def is_reddit(origin: str) -> bool:
    """Whether an address is Reddit's own, over a connection that nobody else reads."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    return parts.scheme == "https" and (host == "reddit.com" or host.endswith(".reddit.com"))


def place(url: str) -> tuple[str, str]:
    """The ids of the post and of the comment that an address on Reddit leads to; "" for what it does not name."""
    found = _PLACE.search(urlsplit(url).path)
    return (found[1], found[2] or "") if found else ("", "")


# --- entries of feeds -------------------------------------------------------------------------------------------------


def entry_post(entry: Entry, feed: Feed) -> Post | None:
    """Turn one entry of a feed into a post; None if it has no address to know it by."""
    url = _address(entry.link or entry.id)
    link, comment = place(url)
    key = entry.id if KEY.fullmatch(entry.id) else ""
    if not key and link:
        key = f"t1_{comment}" if comment else f"t3_{link}"
    if not key:
        return None
    is_comment = key.startswith("t1_")
    words, comments = _without_tail(max(entry.texts, key=len, default=""))
    author = plain(entry.authors[0]).removeprefix("/").removeprefix("u/") if entry.authors else ""
    edited = entry.updated if entry.updated and entry.published and entry.updated > entry.published else None
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=url,
        # The title of a comment is its author's name and the title of the post, which others wrote.
        title="" if is_comment else plain(entry.title),
        text=words,
        **_author(author),
        language=feed.language,
        published_at=entry.published or entry.updated,
        edited_at=edited,
        replies=comments,
        reply_to=f"t3_{link}" if is_comment and link else None,
    )


def _author(name: str) -> dict[str, Any]:
    """The author's handle and page; nobody for those who have left."""
    if not name or name == "[deleted]":
        return {"author": None, "author_url": None}
    return {"author": f"u/{name}", "author_url": f"{SITE}/user/{quote(name, safe='')}"}


def _address(link: str) -> str:
    """An address on Reddit, whichever of its hosts or relays named it."""
    url = canonical_url(link, SITE)
    parts = urlsplit(url)
    return canonical_url(parts.path, SITE) if is_reddit(f"https://{parts.netloc}") else url


def _without_tail(markup: str) -> tuple[str, int | None]:
    """The text that the author wrote, without "submitted by ... [link] [12 comments]", and that number."""
    words = plain(markup)
    start = words.rfind(_FIRST_LINE)
    tail = _TAIL.search(words, start) if start >= 0 else None
    comments = int(tail[1]) if tail and tail[1] else None
    if found := _FRAME.search(markup):
        return plain(found[1]), comments
    if tail and tail.end() == len(words) and tail.start() - start < 400:
        words = words[:start].rstrip()
    return words, comments


# --- listings of the API ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Listed:
    """What a listing holds: posts, the keys of those that were taken away, how many had no id, and their times."""

    posts: dict[str, Post] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    unusable: int = 0
    times: list[int] = field(default_factory=list)


def listed(data: Any, feed: Feed) -> Listed | None:
    """Read a listing, or the two of a post with its comments; None if it is none."""
    if not _is_listing(data):
        return None
    found = Listed()
    for kind, thing in _things(data, 0):
        key = _key(kind, thing)
        if (moment := _dates.epoch(thing.get("created_utc"))) is not None:
            found.times.append(int(moment.timestamp()))
        if not key:
            found.unusable += 1
        elif _is_gone(kind, thing):
            found.gone.append(key)
        else:
            found.posts.setdefault(key, _thing_post(kind, thing, key, feed))
    return found


def after(data: Any) -> str:
    """Where a listing goes on; "" at its end."""
    said = text(data["data"].get("after")) if _is_listing(data) and isinstance(data, dict) else ""
    return said if KEY.fullmatch(said) else ""


def _is_listing(data: Any) -> bool:
    """Whether it is a listing; one that holds only other things than posts and comments (subreddits) is none."""
    listings = data if isinstance(data, list) else [data]
    for item in listings:
        if not isinstance(item, dict) or item.get("kind") != "Listing" or not isinstance(item.get("data"), dict):
            return False
        children = item["data"].get("children")
        if not isinstance(children, list):
            return False
        kinds = {text(child.get("kind")) if isinstance(child, dict) else "" for child in children}
        if kinds and kinds.isdisjoint(("t1", "t3", "more")):
            return False
    return bool(listings)


def _things(data: Any, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All posts (t3) and comments (t1) in an answer, also the answers to comments."""
    if depth > _DEPTH:
        return
    if isinstance(data, list):
        for item in data:
            yield from _things(item, depth)
    elif isinstance(data, dict) and isinstance(inner := data.get("data"), dict):
        if data.get("kind") in ("t1", "t3"):
            yield data["kind"], inner
            yield from _things(inner.get("replies"), depth + 1)
        elif data.get("kind") == "Listing":
            yield from _things(inner.get("children"), depth)


def _key(kind: str, thing: Mapping[str, Any]) -> str:
    return text(thing.get("name")) or (f"{kind}_{thing['id']}" if thing.get("id") else "")


def _is_gone(kind: str, thing: Mapping[str, Any]) -> bool:
    """Whether it was taken away, by its author or by others. An author may leave and let the words stay."""
    if thing.get("removed_by_category"):
        return True
    if kind == "t1":
        return text(thing.get("body")) in _TAKEN_AWAY
    return text(thing.get("author")) == "[deleted]" and text(thing.get("selftext")) in _TAKEN_AWAY


def _thing_post(kind: str, thing: Mapping[str, Any], key: str, feed: Feed) -> Post:
    """Turn a post or a comment of the API into a post."""
    is_comment = kind == "t1"
    words = "body" if is_comment else "selftext"
    written = text(thing.get(words))
    link = text(thing.get("permalink"))
    if not link and is_comment:
        link = f"/comments/{text(thing.get('link_id')).removeprefix('t3_')}/_/{key.removeprefix('t1_')}"
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=_address(link or text(thing.get("url"))),
        title="" if is_comment else plain(text(thing.get("title"))),
        text="" if written in _TAKEN_AWAY else plain(text(thing.get(f"{words}_html"))) or tidy(written),
        **_author(text(thing.get("author"))),
        language=feed.language,
        published_at=_dates.epoch(thing.get("created_utc")),
        edited_at=_dates.epoch(thing.get("edited")),
        # Scores can be below zero, which is no number of likes but counts as none of them.
        likes=None if thing.get("score_hidden") or thing.get("hide_score") else count(thing.get("score")),
        replies=count(thing.get("num_comments")),
        reply_to=text(thing.get("parent_id")) or None,
        sensitive=thing.get("over_18") is True,
    )
