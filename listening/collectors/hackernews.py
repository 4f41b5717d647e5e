"""Stories and comments on Hacker News that hold some words, from the search of Algolia (hn.algolia.com/api)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from listening.collectors import _dates, _options
from listening.collectors._answers import several
from listening.collectors._values import answered, count, identity, mappings, text
from listening.collectors._walk import Walk, walk_of
from listening.collectors.protocols import Refreshed
from listening.errors import FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post, Request, TextKind
from listening.text import plain

SOURCE = "hackernews"
LABEL = "Hacker News"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "search": "The words to search for; a phrase in quotes: '\"Town of Quillhaven\"'.",
}
CANNOT_SEE = (
    "Sees stories and comments of one site on technology that hold the words themselves; comments have no numbers of "
    "points."
)
DELETIONS = (
    "A post that was deleted or taken down is emptied, mostly within a day, for two weeks after it was published."
)
EMPTY_MEANS_BLOCKED = False

SERVER = "https://hn.algolia.com"
ITEMS = "https://hacker-news.firebaseio.com/v0/item"
SITE = "https://news.ycombinator.com"
AT_ONCE = 1
LIMIT = 100
MOST_PAGES = 10
"""Of one search 1,000 hits can be read; what is older is asked for by its time."""
BACKFILL_PAGES = 5
OVERLAP = 3600
"""Seconds before the newest post that are read again: the index is not always in order."""
_PAUSE = 1.0
_DEPTH = 20  # answers to answers


def check(options: Mapping[str, str]) -> None:
    """Refuse a feed without words to search for."""
    if not any(letter.isalnum() for letter in _options.required(options, "search", "Quillhaven")):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest hits, back to the newest one that is known."""
    since = int(cursor) - OVERLAP if cursor and cursor.isdigit() else None
    return _search(feed, Walk(since=since))


def _search(feed: Feed, walk: Walk) -> Request:
    asked = {
        "query": feed.options.get("search", "").strip(),
        "tags": "(story,comment)",
        "hitsPerPage": str(LIMIT),
        "page": str(walk.pages),
        "typoTolerance": "false",
        "advancedSyntax": "true",
    }
    limits = [f"created_at_i>{walk.since}"] if walk.since is not None else []
    limits += [f"created_at_i<{walk.before}"] if walk.before is not None else []
    if limits:
        asked["numericFilters"] = ",".join(limits)
    return Request(url=f"{SERVER}/api/v1/search_by_date?{urlencode(asked)}", pause=_PAUSE, carry=walk)


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn hits into posts; a refusal is raised as a FeedError."""
    data = answered(answer, "posts of Hacker News")
    if not isinstance(data.get("hits"), list):
        raise FeedUnreadable("The search answered, but not with posts.", "Nothing to do: it is tried again later.")
    hits = list(mappings(data["hits"]))
    posts = {post.key: post for hit in hits if (post := _post(hit, feed)) is not None}
    unusable = len(data["hits"]) - len(posts)
    following, cursor = _onward(data, hits, answer, feed)
    return Page(
        posts=tuple(posts.values()),
        next=following,
        cursor=cursor,
        skipped=(f"{several(unusable)} without an id or twice",) if unusable else (),
    )


def _onward(
    data: Mapping[str, Any], hits: Sequence[Mapping[str, Any]], answer: Answer, feed: Feed
) -> tuple[Request | None, str | None]:
    """The next page, back to what is known; with the last one the newest time as the cursor."""
    walk = walk_of(answer)
    times = [at for hit in hits if (at := count(hit.get("created_at_i"))) is not None]
    newest = max([walk.newest, *times])
    done = str(newest) if newest else None
    pages = walk.pages + 1
    if not times or (walk.since is None and pages >= BACKFILL_PAGES):
        return None, done
    if pages < min(MOST_PAGES, count(data.get("nbPages")) or 0):
        return _search(feed, replace(walk, pages=pages, newest=newest)), None
    if (count(data.get("nbHits")) or 0) <= MOST_PAGES * LIMIT:
        return None, done
    # Only the first thousand hits of a search are shown: what is older is asked for by its time.
    oldest = min(times)
    if walk.before is not None and oldest + 1 >= walk.before:
        return None, done  # a thousand in one second; or a server that passes over the limit
    return _search(feed, Walk(since=walk.since, before=oldest + 1, newest=newest)), None


def _post(hit: Mapping[str, Any], feed: Feed) -> Post | None:
    key = identity(hit.get("objectID"))
    if not key:
        return None
    is_comment = bool(text(hit.get("comment_text"))) or "comment" in (hit.get("_tags") or ())
    author = text(hit.get("author"))
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=f"{SITE}/item?id={quote(key, safe='')}",
        # The title over a comment is that of the story, which others wrote.
        title="" if is_comment else plain(text(hit.get("title"))),
        text=plain(text(hit.get("comment_text")) or text(hit.get("story_text"))),
        author=author or None,
        author_url=f"{SITE}/user?id={quote(author, safe='')}" if author else None,
        language=feed.language,
        published_at=_dates.epoch(hit.get("created_at_i")) or _dates.iso(hit.get("created_at")),
        likes=count(hit.get("points")),
        replies=count(hit.get("num_comments")),
        reply_to=identity(hit.get("parent_id")) or None if is_comment else None,
    )


# --- posts that are known ---------------------------------------------------------------------------------------------


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask the site's own interface for one post as it is now."""
    return Request(url=f"{ITEMS}/{quote(posts[0].key, safe='')}.json", pause=_PAUSE)


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """Its points, its number of comments, its words; or that it was deleted or taken down."""
    (post,) = posts
    if answer.status == 200 and answer.body.strip() == b"null":
        return Refreshed(missing=(post.key,))
    item = answered(answer, "a post of Hacker News")
    if identity(item.get("id")) != post.key:
        return Refreshed()
    if item.get("deleted") is True or item.get("dead") is True:
        return Refreshed(gone=(post.key,))
    said = {
        "objectID": post.key,
        "author": item.get("by"),
        "title": item.get("title"),
        "created_at_i": item.get("time"),
    }
    is_comment = item.get("type") == "comment"
    said |= {"comment_text" if is_comment else "story_text": item.get("text"), "parent_id": item.get("parent")}
    said |= {"points": item.get("score"), "num_comments": item.get("descendants")}
    said |= {"_tags": ["comment"]} if is_comment else {}
    now = _post(said, feed)
    return Refreshed(posts=(now,)) if now is not None else Refreshed()


# --- conversations ----------------------------------------------------------------------------------------------------


def thread(post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for a post with the comments below it; of a comment, then for what it answers."""
    return Request(url=f"{SERVER}/api/v1/items/{quote(post.key, safe='')}", pause=_PAUSE)


def conversation(answer: Answer, post: Post, feed: Feed) -> Page:
    """The comments below a post, or the one post above it."""
    item = answered(answer, "a post of Hacker News")
    if answer.request is not None and answer.request.carry == "above":
        above = _item(item, feed)
        return Page(posts=(above,) if above is not None else ())
    following = None
    if post.reply_to:
        following = Request(url=f"{SERVER}/api/v1/items/{quote(post.reply_to, safe='')}", pause=_PAUSE, carry="above")
    return Page(posts=tuple(_below(item, feed, 0)), next=following)


def _below(item: Mapping[str, Any], feed: Feed, depth: int) -> list[Post]:
    found: list[Post] = []
    for child in mappings(item.get("children")) if depth < _DEPTH else ():
        if (post := _item(child, feed)) is not None:
            found.append(post)
        found += _below(child, feed, depth + 1)
    return found


def _item(item: Mapping[str, Any], feed: Feed) -> Post | None:
    """One item with its comments, in the form that a hit has."""
    is_comment = item.get("type") == "comment"
    words = {"comment_text": item.get("text")} if is_comment else {"story_text": item.get("text")}
    said = {**item, **words, "objectID": identity(item.get("id")), "_tags": ["comment"] if is_comment else []}
    return _post(said, feed) if text(item.get("author")) else None
